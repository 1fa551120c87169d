//! Grayscale softcopy presentation states: window and marks as they were shown.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{
    CreateError, MadeHere, Mark, MarkKind, MarkedImage, MarkedSeries, Person, Study, common,
    decimal, derived_uid, file,
    marks::{images_of, reference, series, series_item},
    put, put_items,
};

/// The one layer that marks are drawn on.
const LAYER: &str = "MARKS";

/// Makes a presentation state of a series with its window and marks, as a whole file. A length that runs
/// through several slices cannot be drawn on one of them and is left out; the measurement report has it.
pub fn presentation_state(
    person: &Person,
    study: &Study,
    of: &MarkedSeries,
    marks: &[Mark],
    window_hu: [f64; 2],
    made: &MadeHere,
) -> Result<Vec<u8>, CreateError> {
    let images = images_of(of, marks)?;
    let instance = derived_uid(&[made.series.as_str(), "presentation state"]);
    let class = uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE;
    let mut object = common(person, study, class, &instance);
    series(&mut object, "PR", made);
    for (tag, vr, value) in [
        (tags::CONTENT_LABEL, VR::CS, "ROOM"),
        (tags::CONTENT_DESCRIPTION, VR::LO, &made.description),
        (tags::CONTENT_CREATOR_NAME, VR::PN, ""),
        (tags::PRESENTATION_CREATION_DATE, VR::DA, &made.at.date),
        (tags::PRESENTATION_CREATION_TIME, VR::TM, &made.at.time),
        (tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY"),
    ] {
        put(&mut object, tag, vr, value);
    }
    // What a state leaves out is not applied, so it repeats how HU come from stored values (PS3.4 N.2).
    if let Some([slope, intercept]) = of.rescale {
        put(
            &mut object,
            tags::RESCALE_INTERCEPT,
            VR::DS,
            decimal(intercept),
        );
        put(&mut object, tags::RESCALE_SLOPE, VR::DS, decimal(slope));
        put(&mut object, tags::RESCALE_TYPE, VR::LO, "HU");
    }
    let item = series_item(of, &images, tags::REFERENCED_IMAGE_SEQUENCE);
    put_items(&mut object, tags::REFERENCED_SERIES_SEQUENCE, vec![item]);
    let areas = images.iter().map(|image| area(image)).collect();
    put_items(&mut object, tags::DISPLAYED_AREA_SELECTION_SEQUENCE, areas);
    put_items(
        &mut object,
        tags::SOFTCOPY_VOILUT_SEQUENCE,
        vec![window(window_hu)],
    );
    let annotations = images
        .iter()
        .filter_map(|image| annotation(of, image, marks));
    let annotations: Vec<_> = annotations.collect();
    if !annotations.is_empty() {
        put_items(&mut object, tags::GRAPHIC_ANNOTATION_SEQUENCE, annotations);
        let mut layer = InMemDicomObject::new_empty();
        put(&mut layer, tags::GRAPHIC_LAYER, VR::CS, LAYER);
        put(&mut layer, tags::GRAPHIC_LAYER_ORDER, VR::IS, "1");
        put_items(&mut object, tags::GRAPHIC_LAYER_SEQUENCE, vec![layer]);
    }
    file(object)
}

/// The whole image, fitted to the window.
fn area(image: &MarkedImage) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put_items(
        &mut item,
        tags::REFERENCED_IMAGE_SEQUENCE,
        vec![reference(image)],
    );
    let [columns, rows, _] = image
        .grid
        .size
        .map(|size| i32::try_from(size).unwrap_or(i32::MAX));
    for (tag, corner) in [
        (tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, [1, 1]),
        (
            tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER,
            [columns, rows],
        ),
    ] {
        let value = PrimitiveValue::I32(corner.as_slice().into());
        put(&mut item, tag, VR::SL, value);
    }
    put(
        &mut item,
        tags::PRESENTATION_SIZE_MODE,
        VR::CS,
        "SCALE TO FIT",
    );
    let [sx, sy, _] = image.grid.spacing_mm;
    put(
        &mut item,
        tags::PRESENTATION_PIXEL_SPACING,
        VR::DS,
        super::decimals(&[sy, sx]),
    );
    item
}

fn window([centre, width]: [f64; 2]) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::WINDOW_CENTER, VR::DS, decimal(centre));
    put(&mut item, tags::WINDOW_WIDTH, VR::DS, decimal(width));
    item
}

/// The marks on one image; `None` where there are none that can be drawn.
fn annotation(of: &MarkedSeries, image: &MarkedImage, marks: &[Mark]) -> Option<InMemDicomObject> {
    let here = |mark: &&Mark| {
        let mut points = mark.points_lps_mm.iter();
        points.all(|at| of.image_at(*at).is_some_and(|found| found.sop == image.sop))
    };
    let marks: Vec<&Mark> = marks.iter().filter(here).collect();
    if marks.is_empty() {
        return None;
    }
    let mut item = InMemDicomObject::new_empty();
    let references = vec![reference(image)];
    put_items(&mut item, tags::REFERENCED_IMAGE_SEQUENCE, references);
    put(&mut item, tags::GRAPHIC_LAYER, VR::CS, LAYER);
    let texts = marks.iter().map(|mark| text(image, mark)).collect();
    put_items(&mut item, tags::TEXT_OBJECT_SEQUENCE, texts);
    let graphics = marks.iter().map(|mark| graphic(image, mark)).collect();
    put_items(&mut item, tags::GRAPHIC_OBJECT_SEQUENCE, graphics);
    Some(item)
}

/// A point in pixels: column and row, the corner of the first pixel being (0, 0) (PS3.3 C.10.5.1.2).
fn pixel(image: &MarkedImage, point_lps_mm: [f64; 3]) -> [f32; 2] {
    let [column, row, _] = image.grid.voxel(point_lps_mm);
    #[expect(clippy::cast_possible_truncation, reason = "pixels need no more")]
    let pixel = [(column + 0.5) as f32, (row + 0.5) as f32];
    pixel
}

fn text(image: &MarkedImage, mark: &Mark) -> InMemDicomObject {
    let words = match &mark.kind {
        MarkKind::LengthMm(length) => format!("{}: {length:.1} mm", mark.label),
        MarkKind::Hu(value) => format!("{}: {value:.0} HU", mark.label),
        MarkKind::Note(note) => note.clone(),
    };
    let at = mark.points_lps_mm.last().copied().unwrap_or_default();
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::UNFORMATTED_TEXT_VALUE, VR::ST, words);
    put(
        &mut item,
        tags::ANCHOR_POINT_ANNOTATION_UNITS,
        VR::CS,
        "PIXEL",
    );
    let anchor = PrimitiveValue::F32(pixel(image, at).as_slice().into());
    put(&mut item, tags::ANCHOR_POINT, VR::FL, anchor);
    put(&mut item, tags::ANCHOR_POINT_VISIBILITY, VR::CS, "Y");
    item
}

fn graphic(image: &MarkedImage, mark: &Mark) -> InMemDicomObject {
    let points: Vec<f32> = mark
        .points_lps_mm
        .iter()
        .flat_map(|at| pixel(image, *at))
        .collect();
    let count = u16::try_from(mark.points_lps_mm.len()).unwrap_or(u16::MAX);
    let kind = if count > 1 { "POLYLINE" } else { "POINT" };
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, "PIXEL");
    for (tag, value) in [
        (tags::GRAPHIC_DIMENSIONS, 2),
        (tags::NUMBER_OF_GRAPHIC_POINTS, count),
    ] {
        put(&mut item, tag, VR::US, PrimitiveValue::from(value));
    }
    let data = PrimitiveValue::F32(points.into());
    put(&mut item, tags::GRAPHIC_DATA, VR::FL, data);
    put(&mut item, tags::GRAPHIC_TYPE, VR::CS, kind);
    put(&mut item, tags::GRAPHIC_FILLED, VR::CS, "N");
    item
}
