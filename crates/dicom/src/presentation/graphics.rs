//! What is drawn: layers, lines and texts.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{
    Align, Anchor, Annotation, Graphic, GraphicKind, GraphicLayer, GraphicText, ImageFrames,
    TextBox, Units,
    read::{items, number, numbers, text},
};
use crate::cielab::{colour_of_pcs, hexadecimal};

/// The most points and texts that a state is drawn with: more is no drawing, and would stall a screen.
const MOST_POINTS: usize = 200_000;

/// The layers, the lowest first.
pub(super) fn layers(object: &InMemDicomObject) -> Vec<GraphicLayer> {
    let mut layers: Vec<GraphicLayer> = items(object, tags::GRAPHIC_LAYER_SEQUENCE)
        .iter()
        .map(|item| GraphicLayer {
            name: text(item, tags::GRAPHIC_LAYER),
            order: item
                .get(tags::GRAPHIC_LAYER_ORDER)
                .and_then(|element| element.to_int().ok())
                .unwrap_or_default(),
            description: text(item, tags::GRAPHIC_LAYER_DESCRIPTION),
            colour: colour(item, tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_CIE_LAB_VALUE).or_else(
                || {
                    grey(
                        item,
                        tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_GRAYSCALE_VALUE,
                    )
                },
            ),
        })
        .collect();
    layers.sort_by_key(|layer| layer.order);
    layers
}

/// What is drawn, in the object's order. `on` says which images an item is about.
pub(super) fn annotations(
    object: &InMemDicomObject,
    on: impl Fn(&InMemDicomObject) -> Vec<ImageFrames>,
    left_out: &mut Vec<String>,
) -> Vec<Annotation> {
    let mut points = 0;
    let mut found = Vec::new();
    for item in items(object, tags::GRAPHIC_ANNOTATION_SEQUENCE) {
        let mut graphics = Vec::new();
        for one in items(item, tags::GRAPHIC_OBJECT_SEQUENCE) {
            match graphic(one) {
                Ok(graphic) if points + graphic.points.len() <= MOST_POINTS => {
                    points += graphic.points.len();
                    graphics.push(graphic);
                }
                Ok(_) => note(left_out, "graphics with too many points"),
                Err(why) => note(left_out, why),
            }
        }
        let mut texts = Vec::new();
        for one in items(item, tags::TEXT_OBJECT_SEQUENCE) {
            match words(one) {
                Some(words) if points < MOST_POINTS => {
                    points += 1;
                    texts.push(words);
                }
                _ => note(left_out, "texts without words or place"),
            }
        }
        found.push(Annotation {
            on: on(item),
            layer: text(item, tags::GRAPHIC_LAYER),
            graphics,
            texts,
        });
    }
    found
}

/// Notes once what is not drawn.
pub(super) fn note(left_out: &mut Vec<String>, what: &str) {
    if !left_out.iter().any(|known| known == what) {
        left_out.push(what.to_owned());
    }
}

/// Units of a coordinate. Those of a whole slide are pixels as long as there is one frame to a picture.
fn units(item: &InMemDicomObject, tag: Tag) -> Option<Units> {
    match text(item, tag).as_str() {
        "PIXEL" | "MATRIX" => Some(Units::Pixel),
        "DISPLAY" => Some(Units::Display),
        _ => None,
    }
}

/// A coordinate in this program's form.
fn placed(units: Units, [x, y]: [f64; 2]) -> [f64; 2] {
    match units {
        Units::Pixel => [x - 0.5, y - 0.5],
        Units::Display => [x, y],
    }
}

fn graphic(item: &InMemDicomObject) -> Result<Graphic, &'static str> {
    const UNSOUND: &str = "graphics that are not well formed";
    let kind = match text(item, tags::GRAPHIC_TYPE).as_str() {
        "POINT" => GraphicKind::Point,
        "POLYLINE" => GraphicKind::Polyline,
        "INTERPOLATED" => GraphicKind::Interpolated,
        "CIRCLE" => GraphicKind::Circle,
        "ELLIPSE" => GraphicKind::Ellipse,
        _ => return Err("graphics of a type that is not known"),
    };
    let units = units(item, tags::GRAPHIC_ANNOTATION_UNITS).ok_or(UNSOUND)?;
    let dimensions = item.get(tags::GRAPHIC_DIMENSIONS);
    let dimensions = dimensions.and_then(|dimensions| dimensions.to_int::<u16>().ok());
    if dimensions.is_some_and(|dimensions| dimensions != 2) {
        return Err("graphics that do not lie in the picture");
    }
    let data = numbers(item, tags::GRAPHIC_DATA);
    let (pairs, rest) = data.as_chunks::<2>();
    let enough = match kind {
        GraphicKind::Point => pairs.len() == 1,
        GraphicKind::Circle => pairs.len() == 2,
        GraphicKind::Ellipse => pairs.len() == 4,
        GraphicKind::Polyline | GraphicKind::Interpolated => pairs.len() >= 2,
    };
    if !enough || !rest.is_empty() || data.iter().any(|number| !number.is_finite()) {
        return Err(UNSOUND);
    }
    let style = items(item, tags::LINE_STYLE_SEQUENCE).first();
    let filling = items(item, tags::FILL_STYLE_SEQUENCE).first();
    Ok(Graphic {
        kind,
        units,
        points: pairs.iter().map(|pair| placed(units, *pair)).collect(),
        filled: text(item, tags::GRAPHIC_FILLED) == "Y" || filling.is_some(),
        colour: style.and_then(|style| colour(style, tags::PATTERN_ON_COLOR_CIE_LAB_VALUE)),
        thickness: style
            .and_then(|style| number(style, tags::LINE_THICKNESS))
            .filter(|thickness| *thickness > 0.0),
        dashed: style.is_some_and(|style| text(style, tags::LINE_DASHING_STYLE) == "DASHED"),
    })
}

fn words(item: &InMemDicomObject) -> Option<GraphicText> {
    let words = text(item, tags::UNFORMATTED_TEXT_VALUE).replace("\r\n", "\n");
    let pair = |tag| <[f64; 2]>::try_from(numbers(item, tag)).ok();
    let within = units(item, tags::BOUNDING_BOX_ANNOTATION_UNITS).and_then(|units| {
        Some(TextBox {
            units,
            top_left: placed(units, pair(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER)?),
            bottom_right: placed(units, pair(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER)?),
            align: match text(item, tags::BOUNDING_BOX_TEXT_HORIZONTAL_JUSTIFICATION).as_str() {
                "CENTER" => Align::Center,
                "RIGHT" => Align::Right,
                _ => Align::Left,
            },
        })
    });
    let anchor = units(item, tags::ANCHOR_POINT_ANNOTATION_UNITS).and_then(|units| {
        Some(Anchor {
            units,
            at: placed(units, pair(tags::ANCHOR_POINT)?),
            line: text(item, tags::ANCHOR_POINT_VISIBILITY) == "Y",
        })
    });
    let style = items(item, tags::TEXT_STYLE_SEQUENCE).first();
    let sound = !words.is_empty() && (within.is_some() || anchor.is_some());
    sound.then(|| GraphicText {
        text: words.replace('\r', "\n"),
        within,
        anchor,
        colour: style.and_then(|style| colour(style, tags::TEXT_COLOR_CIE_LAB_VALUE)),
    })
}

/// A colour of a screen, as `#rrggbb`.
fn colour(item: &InMemDicomObject, tag: Tag) -> Option<String> {
    let encoded = <[f64; 3]>::try_from(numbers(item, tag)).ok()?;
    Some(colour_of_pcs(encoded))
}

/// A shade of a screen, as `#rrggbb`.
fn grey(item: &InMemDicomObject, tag: Tag) -> Option<String> {
    let shade = number(item, tag)? / 65535.0;
    Some(hexadecimal([shade; 3]))
}
