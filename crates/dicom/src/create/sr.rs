//! Measurement reports: Comprehensive 3D SR by template TID 1500 of PS3.16.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{
    Code, CreateError, MadeHere, Mark, MarkKind, MarkedImage, MarkedSeries, Person, Study, common,
    decimal, derived_uid, file,
    marks::{images_of, reference, series, series_item},
    put, put_items,
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
    for (tag, vr, value) in [
        (tags::COMPLETION_FLAG, VR::CS, "PARTIAL"),
        (tags::VERIFICATION_FLAG, VR::CS, "UNVERIFIED"),
    ] {
        put(&mut object, tag, vr, value);
    }
    for tag in [
        tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE,
        tags::PERFORMED_PROCEDURE_CODE_SEQUENCE,
    ] {
        put_items(&mut object, tag, vec![]);
    }
    let mut evidence = InMemDicomObject::new_empty();
    put(
        &mut evidence,
        tags::STUDY_INSTANCE_UID,
        VR::UI,
        study.uid.as_str(),
    );
    let item = series_item(of, &images, tags::REFERENCED_SOP_SEQUENCE);
    put_items(&mut evidence, tags::REFERENCED_SERIES_SEQUENCE, vec![item]);
    put_items(
        &mut object,
        tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
        vec![evidence],
    );
    root(&mut object, of, marks, &images);
    file(object)
}

fn code(scheme: &str, value: &str, meaning: &str) -> Code {
    Code {
        scheme: scheme.to_owned(),
        value: value.to_owned(),
        meaning: meaning.to_owned(),
    }
}

fn dcm(value: &str, meaning: &str) -> Code {
    code("DCM", value, meaning)
}

/// The root of the content tree is the object itself.
fn root(object: &mut InMemDicomObject, of: &MarkedSeries, marks: &[Mark], images: &[&MarkedImage]) {
    put(object, tags::VALUE_TYPE, VR::CS, "CONTAINER");
    put(object, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    let title = dcm("126000", "Imaging Measurement Report");
    put_items(object, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![title.item()]);
    template(object, "1500");
    let language = concept(
        "HAS CONCEPT MOD",
        &dcm("121049", "Language of Content Item and Descendants"),
        &code("RFC5646", "en-US", "English (United States)"),
    );
    let procedure = concept(
        "HAS CONCEPT MOD",
        &dcm("121058", "Procedure reported"),
        &Code::snomed("363679005", "Imaging procedure"),
    );
    let mut children = vec![language];
    children.extend(observers(marks));
    children.push(procedure);
    children.push(library(images));
    let groups = marks.iter().map(|mark| group(of, mark)).collect();
    let measurements = dcm("126010", "Imaging Measurements");
    children.push(container("CONTAINS", &measurements, groups));
    put_items(object, tags::CONTENT_SEQUENCE, children);
}

/// Who took part (TID 1001): a report of a room may have several observers.
fn observers(marks: &[Mark]) -> Vec<InMemDicomObject> {
    let mut people: Vec<&str> = marks.iter().map(|mark| mark.by.as_str()).collect();
    people.sort_unstable();
    people.dedup();
    let mut items = Vec::new();
    for person in people {
        items.push(concept(
            "HAS OBS CONTEXT",
            &dcm("121005", "Observer Type"),
            &dcm("121006", "Person"),
        ));
        let mut name = node(
            "HAS OBS CONTEXT",
            "PNAME",
            &dcm("121008", "Person Observer Name"),
        );
        put(&mut name, tags::PERSON_NAME, VR::PN, person);
        items.push(name);
    }
    items
}

/// The images that are spoken of (TID 1600).
fn library(images: &[&MarkedImage]) -> InMemDicomObject {
    let entries = images.iter().map(|image| {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS");
        put(&mut item, tags::VALUE_TYPE, VR::CS, "IMAGE");
        let references = vec![reference(image)];
        put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, references);
        item
    });
    let group = dcm("126200", "Image Library Group");
    let group = container("CONTAINS", &group, entries.collect());
    let mut library = container("CONTAINS", &dcm("111028", "Image Library"), vec![group]);
    template(&mut library, "1600");
    library
}

/// One mark (TID 1501).
fn group(of: &MarkedSeries, mark: &Mark) -> InMemDicomObject {
    let mut label = node(
        "HAS OBS CONTEXT",
        "TEXT",
        &dcm("112039", "Tracking Identifier"),
    );
    put(&mut label, tags::TEXT_VALUE, VR::UT, mark.label.as_str());
    let mut tracking = node(
        "HAS OBS CONTEXT",
        "UIDREF",
        &dcm("112040", "Tracking Unique Identifier"),
    );
    put(&mut tracking, tags::UID, VR::UI, mark.uid.as_str());
    let mut observed = match &mark.kind {
        MarkKind::LengthMm(length) => number(
            &Code::snomed("410668003", "Length"),
            *length,
            &code("UCUM", "mm", "millimeter"),
        ),
        MarkKind::Hu(value) => number(
            &dcm("112031", "Attenuation Coefficient"),
            *value,
            &code("UCUM", "[hnsf'U]", "Hounsfield unit"),
        ),
        MarkKind::Note(text) => {
            let mut note = node("CONTAINS", "TEXT", &dcm("121106", "Comment"));
            put(&mut note, tags::TEXT_VALUE, VR::UT, text.as_str());
            note
        }
    };
    let place = place(of, mark);
    put_items(&mut observed, tags::CONTENT_SEQUENCE, vec![place]);
    let children = vec![label, tracking, observed];
    let name = dcm("125007", "Measurement Group");
    let mut group = container("CONTAINS", &name, children);
    template(&mut group, "1501");
    group
}

/// Where a mark lies, in the frame of reference of the series.
fn place(of: &MarkedSeries, mark: &Mark) -> InMemDicomObject {
    let mut item = node("INFERRED FROM", "SCOORD3D", &dcm("121055", "Path"));
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

fn number(name: &Code, value: f64, unit: &Code) -> InMemDicomObject {
    let mut measured = InMemDicomObject::new_empty();
    put(&mut measured, tags::NUMERIC_VALUE, VR::DS, decimal(value));
    put(
        &mut measured,
        tags::FLOATING_POINT_VALUE,
        VR::FD,
        PrimitiveValue::from(value),
    );
    put_items(
        &mut measured,
        tags::MEASUREMENT_UNITS_CODE_SEQUENCE,
        vec![unit.item()],
    );
    let mut item = node("CONTAINS", "NUM", name);
    put_items(&mut item, tags::MEASURED_VALUE_SEQUENCE, vec![measured]);
    item
}

fn concept(relation: &str, name: &Code, value: &Code) -> InMemDicomObject {
    let mut item = node(relation, "CODE", name);
    put_items(&mut item, tags::CONCEPT_CODE_SEQUENCE, vec![value.item()]);
    item
}

fn container(relation: &str, name: &Code, children: Vec<InMemDicomObject>) -> InMemDicomObject {
    let mut item = node(relation, "CONTAINER", name);
    put(&mut item, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    put_items(&mut item, tags::CONTENT_SEQUENCE, children);
    item
}

fn node(relation: &str, value_type: &str, name: &Code) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, relation);
    put(&mut item, tags::VALUE_TYPE, VR::CS, value_type);
    put_items(
        &mut item,
        tags::CONCEPT_NAME_CODE_SEQUENCE,
        vec![name.item()],
    );
    item
}

fn template(item: &mut InMemDicomObject, identifier: &str) {
    let mut template = InMemDicomObject::new_empty();
    put(&mut template, tags::MAPPING_RESOURCE, VR::CS, "DCMR");
    put(&mut template, tags::TEMPLATE_IDENTIFIER, VR::CS, identifier);
    put_items(item, tags::CONTENT_TEMPLATE_SEQUENCE, vec![template]);
}
