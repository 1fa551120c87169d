//! Nodes of a structured report's content tree, and what every report carries beside it.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{Code, Study, decimal, put, put_items};

/// Flags and references of an unsigned report about objects of one study; `series` lists those by series.
pub(super) fn report(object: &mut InMemDicomObject, study: &Study, series: Vec<InMemDicomObject>) {
    for (tag, vr, value) in [
        (tags::COMPLETION_FLAG, VR::CS, "PARTIAL"),
        (tags::VERIFICATION_FLAG, VR::CS, "UNVERIFIED"),
    ] {
        put(object, tag, vr, value);
    }
    for tag in [
        tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE,
        tags::PERFORMED_PROCEDURE_CODE_SEQUENCE,
    ] {
        put_items(object, tag, vec![]);
    }
    evidence(object, study, series);
}

/// The objects that a document speaks of.
pub(super) fn evidence(
    object: &mut InMemDicomObject,
    study: &Study,
    series: Vec<InMemDicomObject>,
) {
    let mut evidence = InMemDicomObject::new_empty();
    let uid = study.uid.as_str();
    put(&mut evidence, tags::STUDY_INSTANCE_UID, VR::UI, uid);
    put_items(&mut evidence, tags::REFERENCED_SERIES_SEQUENCE, series);
    put_items(
        object,
        tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
        vec![evidence],
    );
}

/// The root of a measurement report (TID 1500), which is the object itself.
pub(super) fn measurement_root(
    object: &mut InMemDicomObject,
    observers: &[&str],
    library: Vec<InMemDicomObject>,
    groups: Vec<InMemDicomObject>,
) {
    put(object, tags::VALUE_TYPE, VR::CS, "CONTAINER");
    put(object, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    let title = Code::dcm("126000", "Imaging Measurement Report");
    put_items(object, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![title.item()]);
    template(object, "1500");
    let mut children = vec![concept(
        "HAS CONCEPT MOD",
        &Code::dcm("121049", "Language of Content Item and Descendants"),
        &Code::of("RFC5646", "en-US", "English (United States)"),
    )];
    for observer in observers {
        children.extend(person(observer));
    }
    children.push(concept(
        "HAS CONCEPT MOD",
        &Code::dcm("121058", "Procedure reported"),
        &Code::snomed("363679005", "Imaging procedure"),
    ));
    let group = Code::dcm("126200", "Image Library Group");
    let group = container("CONTAINS", &group, library);
    let library = Code::dcm("111028", "Image Library");
    let mut library = container("CONTAINS", &library, vec![group]);
    template(&mut library, "1600");
    children.push(library);
    let measurements = Code::dcm("126010", "Imaging Measurements");
    children.push(container("CONTAINS", &measurements, groups));
    put_items(object, tags::CONTENT_SEQUENCE, children);
}

/// Who took part (TID 1001).
pub(super) fn person(name: &str) -> [InMemDicomObject; 2] {
    let kind = concept(
        "HAS OBS CONTEXT",
        &Code::dcm("121005", "Observer Type"),
        &Code::dcm("121006", "Person"),
    );
    let concept = Code::dcm("121008", "Person Observer Name");
    let mut item = node("HAS OBS CONTEXT", "PNAME", &concept);
    put(&mut item, tags::PERSON_NAME, VR::PN, name);
    [kind, item]
}

/// One measurement group (TID 1410 or 1501) with what identifies it.
pub(super) fn group(
    identifier: &str,
    label: &str,
    uid: &str,
    content: Vec<InMemDicomObject>,
) -> InMemDicomObject {
    let tracking = Code::dcm("112039", "Tracking Identifier");
    let mut label_item = node("HAS OBS CONTEXT", "TEXT", &tracking);
    put(&mut label_item, tags::TEXT_VALUE, VR::UT, label);
    let tracking = Code::dcm("112040", "Tracking Unique Identifier");
    let mut uid_item = node("HAS OBS CONTEXT", "UIDREF", &tracking);
    put(&mut uid_item, tags::UID, VR::UI, uid);
    let mut children = vec![label_item, uid_item];
    children.extend(content);
    let name = Code::dcm("125007", "Measurement Group");
    let mut group = container("CONTAINS", &name, children);
    template(&mut group, identifier);
    group
}

/// A remark.
pub(super) fn comment(text: &str) -> InMemDicomObject {
    let mut item = node("CONTAINS", "TEXT", &Code::dcm("121106", "Comment"));
    put(&mut item, tags::TEXT_VALUE, VR::UT, text);
    item
}

pub(super) fn number(name: &Code, value: f64, unit: &Code) -> InMemDicomObject {
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

pub(super) fn concept(relation: &str, name: &Code, value: &Code) -> InMemDicomObject {
    let mut item = node(relation, "CODE", name);
    put_items(&mut item, tags::CONCEPT_CODE_SEQUENCE, vec![value.item()]);
    item
}

pub(super) fn container(
    relation: &str,
    name: &Code,
    children: Vec<InMemDicomObject>,
) -> InMemDicomObject {
    let mut item = node(relation, "CONTAINER", name);
    put(&mut item, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    put_items(&mut item, tags::CONTENT_SEQUENCE, children);
    item
}

pub(super) fn node(relation: &str, value_type: &str, name: &Code) -> InMemDicomObject {
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

pub(super) fn template(item: &mut InMemDicomObject, identifier: &str) {
    let mut template = InMemDicomObject::new_empty();
    put(&mut template, tags::MAPPING_RESOURCE, VR::CS, "DCMR");
    put(&mut template, tags::TEMPLATE_IDENTIFIER, VR::CS, identifier);
    put_items(item, tags::CONTENT_TEMPLATE_SEQUENCE, vec![template]);
}
