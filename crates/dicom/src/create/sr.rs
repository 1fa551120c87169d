//! Measurement reports: Comprehensive 3D SR by template TID 1500 of PS3.16.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{
    Code, CreateError, MadeHere, Mark, MarkKind, MarkedImage, MarkedSeries, Person, Study, common,
    derived_uid, file,
    marks::{images_of, objects_of, series, series_item},
    put, put_items, tree,
};

/// Makes a measurement report about marks on a series, as a whole file.
pub fn measurement_report(
    person: &Person,
    study: &Study,
    of: &MarkedSeries,
    marks: &[Mark],
    made: &MadeHere,
) -> Result<Vec<u8>, CreateError> {
    let images = images_of(of, marks)?;
    let instance = derived_uid(&[made.series.as_str(), "report"]);
    let mut object = common(person, study, uids::COMPREHENSIVE3_DSR_STORAGE, &instance);
    series(&mut object, "SR", made);
    let item = series_item(of, objects_of(&images), tags::REFERENCED_SOP_SEQUENCE);
    tree::report(&mut object, study, vec![item]);
    let groups = marks.iter().map(|mark| group(of, mark)).collect();
    tree::measurement_root(&mut object, &observers(marks), library(&images), groups);
    file(object)
}

/// A report of a room may have several observers.
fn observers(marks: &[Mark]) -> Vec<&str> {
    let mut people: Vec<&str> = marks.iter().map(|mark| mark.by.as_str()).collect();
    people.sort_unstable();
    people.dedup();
    people
}

/// The images that are spoken of (TID 1600).
fn library(images: &[&MarkedImage]) -> Vec<InMemDicomObject> {
    let entries = objects_of(images).into_iter().map(|object| {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS");
        put(&mut item, tags::VALUE_TYPE, VR::CS, "IMAGE");
        put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, vec![object]);
        item
    });
    entries.collect()
}

/// One mark (TID 1501).
fn group(of: &MarkedSeries, mark: &Mark) -> InMemDicomObject {
    let mut observed = match &mark.kind {
        MarkKind::LengthMm(length) => tree::number(
            &Code::snomed("410668003", "Length"),
            *length,
            &Code::ucum("mm", "millimeter"),
        ),
        MarkKind::Hu(value) => tree::number(
            &Code::dcm("112031", "Attenuation Coefficient"),
            *value,
            &Code::ucum("[hnsf'U]", "Hounsfield unit"),
        ),
        MarkKind::AngleDeg(angle) => tree::number(
            &Code::snomed("1483009", "Angle"),
            *angle,
            &Code::ucum("deg", "degree"),
        ),
        MarkKind::VolumeMl(volume) => tree::number(
            &Code::snomed("118565006", "Volume"),
            *volume,
            &Code::ucum("mL", "milliliter"),
        ),
        MarkKind::Note(text) => tree::comment(text),
    };
    let place = place(of, mark);
    put_items(&mut observed, tags::CONTENT_SEQUENCE, vec![place]);
    tree::group("1501", &mark.label, mark.uid.as_str(), vec![observed])
}

/// Where a mark lies, in the frame of reference of the series.
fn place(of: &MarkedSeries, mark: &Mark) -> InMemDicomObject {
    let mut item = tree::node("INFERRED FROM", "SCOORD3D", &Code::dcm("121055", "Path"));
    let kind = if mark.points_lps_mm.len() > 1 {
        "POLYLINE"
    } else {
        "POINT"
    };
    put(&mut item, tags::GRAPHIC_TYPE, VR::CS, kind);
    // Graphic Data are single precision: a micrometre at a metre's distance.
    #[expect(clippy::cast_possible_truncation)]
    let points: Vec<f32> = mark
        .points_lps_mm
        .iter()
        .flatten()
        .map(|millimetres| *millimetres as f32)
        .collect();
    put(
        &mut item,
        tags::GRAPHIC_DATA,
        VR::FL,
        PrimitiveValue::F32(points.into()),
    );
    put(
        &mut item,
        tags::REFERENCED_FRAME_OF_REFERENCE_UID,
        VR::UI,
        of.frame_of_reference.as_str(),
    );
    item
}
