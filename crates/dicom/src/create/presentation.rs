//! Grayscale softcopy presentation states: window and marks as they were shown in a room.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{
    CreateError, MadeHere, Mark, MarkKind, MarkedImage, MarkedSeries, Person, Study, common,
    decimal, derived_uid, file, graphic,
    marks::{images_of, reference, series, series_item},
    put, put_items,
};

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
    graphic::identification(&mut object, "ROOM", "", made);
    put(
        &mut object,
        tags::PRESENTATION_LUT_SHAPE,
        VR::CS,
        "IDENTITY",
    );
    // What a state leaves out is not applied, so it repeats how HU come from stored values (PS3.4 N.2).
    if let Some([slope, intercept]) = of.rescale {
        let intercept = decimal(intercept);
        put(&mut object, tags::RESCALE_INTERCEPT, VR::DS, intercept);
        put(&mut object, tags::RESCALE_SLOPE, VR::DS, decimal(slope));
        put(&mut object, tags::RESCALE_TYPE, VR::LO, "HU");
    }
    let references = images.iter().map(|image| reference(image)).collect();
    let item = series_item(of, references, tags::REFERENCED_IMAGE_SEQUENCE);
    put_items(&mut object, tags::REFERENCED_SERIES_SEQUENCE, vec![item]);
    let areas = images.iter().map(|image| {
        let ([columns, rows, _], [sx, sy, _]) = (image.grid.size, image.grid.spacing_mm);
        graphic::area(vec![reference(image)], [columns, rows], Some([sx, sy]))
    });
    let areas = areas.collect();
    put_items(&mut object, tags::DISPLAYED_AREA_SELECTION_SEQUENCE, areas);
    let window = graphic::window(window_hu);
    put_items(&mut object, tags::SOFTCOPY_VOILUT_SEQUENCE, vec![window]);
    let annotations = images.iter();
    let annotations = annotations.filter_map(|image| annotation(of, image, marks));
    graphic::annotations(&mut object, annotations.collect());
    file(object)
}

/// The marks on one image; `None` where there are none that can be drawn.
fn annotation(of: &MarkedSeries, image: &MarkedImage, marks: &[Mark]) -> Option<InMemDicomObject> {
    let here = |mark: &&Mark| {
        let mut points = mark.points_lps_mm.iter();
        points.all(|at| of.image_at(*at).is_some_and(|found| found.is(image)))
    };
    let marks: Vec<&Mark> = marks.iter().filter(here).collect();
    if marks.is_empty() {
        return None;
    }
    let texts = marks.iter().map(|mark| text(image, mark)).collect();
    let graphics = marks.iter().map(|mark| drawn(image, mark)).collect();
    Some(graphic::annotation(vec![reference(image)], texts, graphics))
}

/// A point of the patient as a graphic has it.
fn pixel(image: &MarkedImage, point_lps_mm: [f64; 3]) -> [f32; 2] {
    let [column, row, _] = image.grid.voxel(point_lps_mm);
    graphic::from_corner([column, row])
}

fn text(image: &MarkedImage, mark: &Mark) -> InMemDicomObject {
    let words = match &mark.kind {
        MarkKind::LengthMm(length) => format!("{}: {length:.1} mm", mark.label),
        MarkKind::Hu(value) => format!("{}: {value:.0} HU", mark.label),
        MarkKind::AngleDeg(angle) => format!("{}: {angle:.1}°", mark.label),
        MarkKind::VolumeMl(volume) => format!("{}: {volume:.0} mL", mark.label),
        MarkKind::Note(note) => note.clone(),
    };
    let at = mark.points_lps_mm.last().copied().unwrap_or_default();
    graphic::text(&words, pixel(image, at))
}

fn drawn(image: &MarkedImage, mark: &Mark) -> InMemDicomObject {
    let points = mark.points_lps_mm.iter().map(|at| pixel(image, *at));
    let points: Vec<[f32; 2]> = points.collect();
    let kind = if points.len() > 1 {
        "POLYLINE"
    } else {
        "POINT"
    };
    graphic::graphic(kind, &points)
}
