//! What presentation states are made of: areas, windows, graphics and texts.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{MadeHere, decimal, decimals, put, put_items};

/// The one layer that marks are drawn on.
pub(super) const LAYER: &str = "MARKS";

/// What identifies a state; `by` drew it.
pub(super) fn identification(
    object: &mut InMemDicomObject,
    label: &str,
    by: &str,
    made: &MadeHere,
) {
    for (tag, vr, value) in [
        (tags::CONTENT_LABEL, VR::CS, label),
        (tags::CONTENT_DESCRIPTION, VR::LO, &made.description),
        (tags::CONTENT_CREATOR_NAME, VR::PN, by),
        (tags::PRESENTATION_CREATION_DATE, VR::DA, &made.at.date),
        (tags::PRESENTATION_CREATION_TIME, VR::TM, &made.at.time),
    ] {
        put(object, tag, vr, value);
    }
}

/// The whole of an image, fitted to the window. `references` name the images.
pub(super) fn area(
    references: Vec<InMemDicomObject>,
    [columns, rows]: [usize; 2],
    spacing_mm: Option<[f64; 2]>,
) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put_items(&mut item, tags::REFERENCED_IMAGE_SEQUENCE, references);
    let last = [columns, rows].map(|size| i32::try_from(size).unwrap_or(i32::MAX));
    for (tag, corner) in [
        (tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, [1, 1]),
        (tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, last),
    ] {
        let value = PrimitiveValue::I32(corner.as_slice().into());
        put(&mut item, tag, VR::SL, value);
    }
    let mode = "SCALE TO FIT";
    put(&mut item, tags::PRESENTATION_SIZE_MODE, VR::CS, mode);
    if let Some([sx, sy]) = spacing_mm {
        let spacing = decimals(&[sy, sx]);
        put(&mut item, tags::PRESENTATION_PIXEL_SPACING, VR::DS, spacing);
    } else {
        // One of both must be there.
        let square = PrimitiveValue::Strs(["1", "1"].map(str::to_owned).into_iter().collect());
        put(
            &mut item,
            tags::PRESENTATION_PIXEL_ASPECT_RATIO,
            VR::IS,
            square,
        );
    }
    item
}

/// A window in the units of the measured values.
pub(super) fn window([centre, width]: [f64; 2]) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::WINDOW_CENTER, VR::DS, decimal(centre));
    put(&mut item, tags::WINDOW_WIDTH, VR::DS, decimal(width));
    item
}

/// What is drawn on the images that `references` name.
pub(super) fn annotation(
    references: Vec<InMemDicomObject>,
    texts: Vec<InMemDicomObject>,
    graphics: Vec<InMemDicomObject>,
) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put_items(&mut item, tags::REFERENCED_IMAGE_SEQUENCE, references);
    put(&mut item, tags::GRAPHIC_LAYER, VR::CS, LAYER);
    for (tag, items) in [
        (tags::TEXT_OBJECT_SEQUENCE, texts),
        (tags::GRAPHIC_OBJECT_SEQUENCE, graphics),
    ] {
        if !items.is_empty() {
            put_items(&mut item, tag, items);
        }
    }
    item
}

/// The annotations of a state, and the layer that they are on.
pub(super) fn annotations(object: &mut InMemDicomObject, annotations: Vec<InMemDicomObject>) {
    if annotations.is_empty() {
        return;
    }
    put_items(object, tags::GRAPHIC_ANNOTATION_SEQUENCE, annotations);
    let mut layer = InMemDicomObject::new_empty();
    put(&mut layer, tags::GRAPHIC_LAYER, VR::CS, LAYER);
    put(&mut layer, tags::GRAPHIC_LAYER_ORDER, VR::IS, "1");
    put_items(object, tags::GRAPHIC_LAYER_SEQUENCE, vec![layer]);
}

/// A point in the coordinates of graphics: the corner of the first pixel is (0, 0), and not its centre
/// (PS3.3 C.10.5.1.2 and C.18.6).
pub(super) fn from_corner([x, y]: [f64; 2]) -> [f32; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "pixels need no more")]
    let pixel = [(x + 0.5) as f32, (y + 0.5) as f32];
    pixel
}

/// Words at a point.
pub(super) fn text(words: &str, anchor: [f32; 2]) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::UNFORMATTED_TEXT_VALUE, VR::ST, words);
    let units = "PIXEL";
    put(
        &mut item,
        tags::ANCHOR_POINT_ANNOTATION_UNITS,
        VR::CS,
        units,
    );
    let anchor = PrimitiveValue::F32(anchor.as_slice().into());
    put(&mut item, tags::ANCHOR_POINT, VR::FL, anchor);
    put(&mut item, tags::ANCHOR_POINT_VISIBILITY, VR::CS, "Y");
    item
}

/// A line, a point or an ellipse.
pub(super) fn graphic(kind: &str, points: &[[f32; 2]]) -> InMemDicomObject {
    let count = u16::try_from(points.len()).unwrap_or(u16::MAX);
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, "PIXEL");
    for (tag, value) in [
        (tags::GRAPHIC_DIMENSIONS, 2),
        (tags::NUMBER_OF_GRAPHIC_POINTS, count),
    ] {
        put(&mut item, tag, VR::US, PrimitiveValue::from(value));
    }
    let data = PrimitiveValue::F32(points.iter().flatten().copied().collect());
    put(&mut item, tags::GRAPHIC_DATA, VR::FL, data);
    put(&mut item, tags::GRAPHIC_TYPE, VR::CS, kind);
    put(&mut item, tags::GRAPHIC_FILLED, VR::CS, "N");
    item
}
