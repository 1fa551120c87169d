//! Measurement reports by TID 1500, read.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::{ParseError, create::Code, parse};

/// Why a report could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The object could not be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The object is no structured report.
    #[error("read the report: it has no content tree")]
    NoTree,
}

/// A measurement report as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasurementReport {
    /// The title of the report.
    pub title: Option<Code>,
    /// Its measurement groups.
    pub groups: Vec<MeasurementGroup>,
}

/// Measurements that belong together (TID 1410, 1411 and 1501).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MeasurementGroup {
    /// Tracking identifier; empty where there is none.
    pub label: String,
    /// Tracking unique identifier; empty where there is none.
    pub tracking_uid: String,
    /// What was found, as coded evaluations: concept and value.
    pub evaluations: Vec<(Code, Code)>,
    /// Comments.
    pub comments: Vec<String>,
    /// What was measured.
    pub measurements: Vec<Measurement>,
    /// SOP instance UIDs of images and segmentations that the group refers to.
    pub references: Vec<String>,
}

/// A measured number.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What was measured.
    pub concept: Code,
    /// The number; `None` where the report says why there is none.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Option<Code>,
    /// The points that it was inferred from: DICOM LPS in millimetres.
    pub points_lps_mm: Vec<[f64; 3]>,
}

const MEASUREMENT_GROUP: &str = "125007";
const TRACKING_IDENTIFIER: &str = "112039";
const TRACKING_UID: &str = "112040";

/// Reads the measurement groups of a structured report from a whole file, at whatever depth they lie.
pub fn read_report(file: &[u8]) -> Result<MeasurementReport, ReportError> {
    let object = parse::open(file, None)?;
    let content = items(&object, tags::CONTENT_SEQUENCE);
    if content.is_empty() {
        return Err(ReportError::NoTree);
    }
    let mut groups = Vec::new();
    find_groups(content, &mut groups);
    Ok(MeasurementReport {
        title: code(&object, tags::CONCEPT_NAME_CODE_SEQUENCE),
        groups,
    })
}

fn find_groups(content: &[InMemDicomObject], groups: &mut Vec<MeasurementGroup>) {
    for item in content {
        let children = items(item, tags::CONTENT_SEQUENCE);
        if name_of(item).is_some_and(|name| name.value == MEASUREMENT_GROUP) {
            groups.push(group(children));
        } else {
            find_groups(children, groups);
        }
    }
}

fn group(children: &[InMemDicomObject]) -> MeasurementGroup {
    let mut group = MeasurementGroup::default();
    for item in children {
        let name = name_of(item);
        let concept = name.as_ref().map_or("", |name| name.value.as_str());
        match (text(item, tags::VALUE_TYPE).as_str(), concept) {
            ("TEXT", TRACKING_IDENTIFIER) => group.label = text(item, tags::TEXT_VALUE),
            ("UIDREF", TRACKING_UID) => group.tracking_uid = text(item, tags::UID),
            ("TEXT", _) => group.comments.push(text(item, tags::TEXT_VALUE)),
            ("CODE", _) => {
                let value = code(item, tags::CONCEPT_CODE_SEQUENCE);
                group.evaluations.extend(name.zip(value));
            }
            ("NUM", _) => group
                .measurements
                .extend(name.map(|name| measurement(name, item))),
            _ => {}
        }
        references(item, &mut group.references);
    }
    group
}

fn measurement(concept: Code, item: &InMemDicomObject) -> Measurement {
    let measured = items(item, tags::MEASURED_VALUE_SEQUENCE).first();
    let number = |tag: Tag| measured?.get(tag)?.to_float64().ok();
    let value = number(tags::FLOATING_POINT_VALUE).or_else(|| number(tags::NUMERIC_VALUE));
    let mut points_lps_mm = Vec::new();
    for child in items(item, tags::CONTENT_SEQUENCE) {
        if text(child, tags::VALUE_TYPE) == "SCOORD3D" {
            points_lps_mm.extend(points(child));
        }
    }
    Measurement {
        concept,
        value: value.filter(|value| value.is_finite()),
        unit: measured.and_then(|item| code(item, tags::MEASUREMENT_UNITS_CODE_SEQUENCE)),
        points_lps_mm,
    }
}

fn points(item: &InMemDicomObject) -> Vec<[f64; 3]> {
    let data = item
        .get(tags::GRAPHIC_DATA)
        .and_then(|data| data.to_multi_float64().ok());
    let data = data.unwrap_or_default();
    let (points, _) = data.as_chunks::<3>();
    points.to_vec()
}

fn references(item: &InMemDicomObject, out: &mut Vec<String>) {
    for reference in items(item, tags::REFERENCED_SOP_SEQUENCE) {
        let uid = text(reference, tags::REFERENCED_SOP_INSTANCE_UID);
        if !uid.is_empty() && !out.contains(&uid) {
            out.push(uid);
        }
    }
    for child in items(item, tags::CONTENT_SEQUENCE) {
        references(child, out);
    }
}

fn name_of(item: &InMemDicomObject) -> Option<Code> {
    code(item, tags::CONCEPT_NAME_CODE_SEQUENCE)
}

fn code(item: &InMemDicomObject, sequence: Tag) -> Option<Code> {
    let code = items(item, sequence).first()?;
    Some(Code {
        scheme: text(code, tags::CODING_SCHEME_DESIGNATOR),
        value: text(code, tags::CODE_VALUE),
        meaning: text(code, tags::CODE_MEANING),
    })
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object
        .get(tag)
        .and_then(|element| element.items())
        .unwrap_or_default()
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}
