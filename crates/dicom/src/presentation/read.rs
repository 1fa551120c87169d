use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{
    DisplayedArea, ImageFrames, ModalityTransform, PresentationState, Shown, Shutter, SizeMode,
    StateWindow, Table, WindowShape, graphics,
};
use crate::{ParseError, parse, pixels::Lut};

/// Why a presentation state could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The object could not be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The object is none.
    #[error("read the presentation state: it is of another SOP class")]
    Class,
}

/// Grayscale, colour and pseudo-colour softcopy presentation states.
const CLASSES: &[&str] = &[
    uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE,
    uids::COLOR_SOFTCOPY_PRESENTATION_STATE_STORAGE,
    uids::PSEUDO_COLOR_SOFTCOPY_PRESENTATION_STATE_STORAGE,
];

/// Whether objects of a class are presentation states that are read.
pub fn is_presentation_state(class: &str) -> bool {
    CLASSES.contains(&class)
}

/// Reads a presentation state from a whole file.
pub fn read_presentation_state(file: &[u8]) -> Result<PresentationState, StateError> {
    let object = parse::open(file, None)?;
    let class = text(&object, tags::SOP_CLASS_UID);
    if !is_presentation_state(&class) {
        return Err(StateError::Class);
    }
    let mut left_out = Vec::new();
    let images = images(&object);
    let on = |item: &InMemDicomObject| on_images(item, &images);
    for (tag, what) in NOT_DRAWN {
        if object.get(*tag).is_some() {
            graphics::note(&mut left_out, what);
        }
    }
    let modality = modality(&object, &mut left_out);
    // A table's first value has a sign where measured values can be below zero.
    let signed = matches!(
        &modality,
        Some(ModalityTransform::Rescale { intercept, .. }) if *intercept < 0.0
    );
    let mut windows = Vec::new();
    for item in items(&object, tags::SOFTCOPY_VOILUT_SEQUENCE) {
        match window(item, signed) {
            Some((shown, name)) => windows.push(StateWindow {
                on: on(item),
                shown,
                name,
            }),
            None => graphics::note(&mut left_out, "a window that is not well formed"),
        }
    }
    let areas = items(&object, tags::DISPLAYED_AREA_SELECTION_SEQUENCE).iter();
    let areas = areas.filter_map(|item| area(item, on(item))).collect();
    let presentation = items(&object, tags::PRESENTATION_LUT_SEQUENCE).first();
    let presentation = presentation.and_then(|item| table(item, false));
    let rotation_deg = number(&object, tags::IMAGE_ROTATION)
        .filter(|turn| [0.0, 90.0, 180.0, 270.0].contains(turn));
    // One of four whole numbers by the filter.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let rotation_deg = rotation_deg.unwrap_or_default() as u16;
    Ok(PresentationState {
        study: text(&object, tags::STUDY_INSTANCE_UID),
        series: text(&object, tags::SERIES_INSTANCE_UID),
        sop: text(&object, tags::SOP_INSTANCE_UID),
        class,
        label: text(&object, tags::CONTENT_LABEL),
        description: text(&object, tags::CONTENT_DESCRIPTION),
        creator: text(&object, tags::CONTENT_CREATOR_NAME),
        created: created(&object),
        modality,
        windows,
        inverse: text(&object, tags::PRESENTATION_LUT_SHAPE) == "INVERSE",
        presentation,
        rotation_deg,
        flipped: text(&object, tags::IMAGE_HORIZONTAL_FLIP) == "Y",
        areas,
        shutters: shutters(&object, &mut left_out),
        shutter_shade: number(&object, tags::SHUTTER_PRESENTATION_VALUE).unwrap_or_default()
            / 65535.0,
        layers: graphics::layers(&object),
        annotations: graphics::annotations(&object, on, &mut left_out),
        images,
        left_out,
    })
}

/// Overlay Data of the first overlay.
const OVERLAY_DATA: Tag = Tag(0x6000, 0x3000);

/// Parts of a state that are not drawn.
const NOT_DRAWN: &[(Tag, &str)] = &[
    (
        tags::COMPOUND_GRAPHIC_SEQUENCE,
        "compound graphics; the plain ones that stand for them are drawn",
    ),
    (tags::MASK_SUBTRACTION_SEQUENCE, "subtraction of a mask"),
    (
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        "a palette of pseudo-colours",
    ),
    (OVERLAY_DATA, "overlays of the state itself"),
];

/// The images that the state is about, series by series.
fn images(object: &InMemDicomObject) -> Vec<ImageFrames> {
    let mut images = Vec::new();
    for series in items(object, tags::REFERENCED_SERIES_SEQUENCE) {
        let uid = text(series, tags::SERIES_INSTANCE_UID);
        for image in items(series, tags::REFERENCED_IMAGE_SEQUENCE) {
            images.push(ImageFrames {
                series: uid.clone(),
                ..image_frames(image)
            });
        }
    }
    images
}

fn image_frames(item: &InMemDicomObject) -> ImageFrames {
    let frames = item.get(tags::REFERENCED_FRAME_NUMBER);
    let frames = frames.and_then(|frames| frames.to_multi_int().ok());
    ImageFrames {
        series: String::new(),
        sop: text(item, tags::REFERENCED_SOP_INSTANCE_UID),
        frames: frames.unwrap_or_default(),
    }
}

/// The images that an item of the state is about; none where it is about all.
fn on_images(item: &InMemDicomObject, all: &[ImageFrames]) -> Vec<ImageFrames> {
    let references = items(item, tags::REFERENCED_IMAGE_SEQUENCE).iter();
    let found = references.map(|reference| {
        let image = image_frames(reference);
        let known = all.iter().find(|known| known.sop == image.sop);
        ImageFrames {
            series: known.map(|known| known.series.clone()).unwrap_or_default(),
            ..image
        }
    });
    found.collect()
}

/// Date and time as one text.
fn created(object: &InMemDicomObject) -> Option<String> {
    let date = text(object, tags::PRESENTATION_CREATION_DATE);
    let time = text(object, tags::PRESENTATION_CREATION_TIME);
    let digits = |text: &str, from: usize, to: usize| {
        let part = text.get(from..to)?;
        part.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| part.to_owned())
    };
    let [year, month, day] = [
        digits(&date, 0, 4)?,
        digits(&date, 4, 6)?,
        digits(&date, 6, 8)?,
    ];
    let [hour, minute, second] =
        [(0, 2), (2, 4), (4, 6)].map(|(from, to)| digits(&time, from, to).unwrap_or("00".into()));
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}"))
}

fn modality(object: &InMemDicomObject, left_out: &mut Vec<String>) -> Option<ModalityTransform> {
    if let Some(item) = items(object, tags::MODALITY_LUT_SEQUENCE).first() {
        let table = table(item, false);
        if table.is_none() {
            graphics::note(left_out, "a modality table that is not well formed");
        }
        return Some(ModalityTransform::Table {
            table: table?,
            unit: text(item, tags::MODALITY_LUT_TYPE),
        });
    }
    let slope = number(object, tags::RESCALE_SLOPE).filter(|slope| *slope != 0.0)?;
    Some(ModalityTransform::Rescale {
        slope,
        intercept: number(object, tags::RESCALE_INTERCEPT)?,
        unit: text(object, tags::RESCALE_TYPE),
    })
}

/// What is shown of an item of the Softcopy VOI LUT Sequence, and its name.
fn window(item: &InMemDicomObject, signed: bool) -> Option<(Shown, String)> {
    if let Some(entry) = items(item, tags::VOILUT_SEQUENCE).first() {
        let table = table(entry, signed)?;
        return Some((Shown::Table { table }, text(entry, tags::LUT_EXPLANATION)));
    }
    let shape = match text(item, tags::VOILUT_FUNCTION).as_str() {
        "SIGMOID" => WindowShape::Sigmoid,
        "LINEAR_EXACT" => WindowShape::LinearExact,
        _ => WindowShape::Linear,
    };
    let shown = Shown::Window {
        centre: number(item, tags::WINDOW_CENTER)?,
        width: number(item, tags::WINDOW_WIDTH).filter(|width| *width > 0.0)?,
        shape,
    };
    let names = text(item, tags::WINDOW_CENTER_WIDTH_EXPLANATION);
    let first = names.split('\\').next().unwrap_or_default();
    Some((shown, first.trim().to_owned()))
}

fn table(item: &InMemDicomObject, signed: bool) -> Option<Table> {
    let lut = Lut::of_item(item, signed).ok()?;
    Some(Table {
        first: lut.first(),
        most: lut.most(),
        entries: lut.entries().to_vec(),
    })
}

fn area(item: &InMemDicomObject, on: Vec<ImageFrames>) -> Option<DisplayedArea> {
    let corner = |tag| {
        let [x, y] = <[f64; 2]>::try_from(numbers(item, tag)).ok()?;
        Some([x - 1.0, y - 1.0])
    };
    let mode = match text(item, tags::PRESENTATION_SIZE_MODE).as_str() {
        "TRUE SIZE" => SizeMode::TrueSize,
        "MAGNIFY" => SizeMode::Magnify,
        _ => SizeMode::Fit,
    };
    let spacing = numbers(item, tags::PRESENTATION_PIXEL_SPACING);
    Some(DisplayedArea {
        on,
        top_left: corner(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER)?,
        bottom_right: corner(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER)?,
        mode,
        magnification: number(item, tags::PRESENTATION_PIXEL_MAGNIFICATION_RATIO)
            .filter(|ratio| *ratio > 0.0),
        // DICOM names the distance between rows first; that is along y.
        spacing_mm: match spacing.as_slice() {
            [y, x] if *x > 0.0 && *y > 0.0 => Some([*x, *y]),
            _ => None,
        },
    })
}

/// The shutters of PS3.3 section C.7.6.11, whose rows and columns count from one.
fn shutters(object: &InMemDicomObject, left_out: &mut Vec<String>) -> Vec<Shutter> {
    let place = |tag| number(object, tag).map(|place| place - 1.0);
    let shapes = object
        .get(tags::SHUTTER_SHAPE)
        .and_then(|shapes| shapes.to_multi_str().ok())
        .map(|shapes| shapes.to_vec())
        .unwrap_or_default();
    let mut found = Vec::new();
    for shape in shapes {
        let shutter = match shape.trim() {
            "RECTANGULAR" => (|| {
                Some(Shutter::Rectangle {
                    left: place(tags::SHUTTER_LEFT_VERTICAL_EDGE)?,
                    top: place(tags::SHUTTER_UPPER_HORIZONTAL_EDGE)?,
                    right: place(tags::SHUTTER_RIGHT_VERTICAL_EDGE)?,
                    bottom: place(tags::SHUTTER_LOWER_HORIZONTAL_EDGE)?,
                })
            })(),
            "CIRCULAR" => (|| {
                let centre = numbers(object, tags::CENTER_OF_CIRCULAR_SHUTTER);
                let [row, column] = <[f64; 2]>::try_from(centre).ok()?;
                Some(Shutter::Circle {
                    centre: [column - 1.0, row - 1.0],
                    radius: number(object, tags::RADIUS_OF_CIRCULAR_SHUTTER)?,
                })
            })(),
            "POLYGONAL" => {
                let corners = numbers(object, tags::VERTICES_OF_THE_POLYGONAL_SHUTTER);
                let (pairs, _) = corners.as_chunks::<2>();
                let points: Vec<[f64; 2]> = pairs
                    .iter()
                    .map(|[row, column]| [column - 1.0, row - 1.0])
                    .collect();
                (points.len() >= 3).then_some(Shutter::Polygon { points })
            }
            _ => None,
        };
        match shutter {
            Some(shutter) => found.push(shutter),
            None => graphics::note(left_out, "a shutter that is not drawn"),
        }
    }
    found
}

pub(super) fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object
        .get(tag)
        .and_then(|element| element.items())
        .unwrap_or_default()
}

pub(super) fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}

/// All numbers of an element; none where one of them is no number.
pub(super) fn numbers(object: &InMemDicomObject, tag: Tag) -> Vec<f64> {
    let numbers = object
        .get(tag)
        .and_then(|element| element.to_multi_float64().ok());
    numbers.unwrap_or_default()
}

/// The first number of an element, if it is finite.
pub(super) fn number(object: &InMemDicomObject, tag: Tag) -> Option<f64> {
    let first = numbers(object, tag).first().copied();
    first.filter(|number| number.is_finite())
}
