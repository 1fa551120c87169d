use knowledge::quality::Observed;
use policy::Permit;
use record::{Fields, ImagingLevel, ImagingQuery, Record, RecordError};
use serde_json::Value;
use vocabulary::{PatientId, Timestamp, Uid};

use crate::Person;

/// A case as quality control sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Its id.
    pub case: String,
    /// Whom it is about.
    pub patient: PatientId,
    /// What people call them.
    pub patient_name: String,
    /// The page or room where it is mended.
    pub path: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// Whose case it is, and whose site.
    pub doctor: Person,
    /// Whether nothing more is done in it: new images change nothing.
    pub is_over: bool,
    /// What is observed of it.
    pub observed: Observed,
}

const SLICE_THICKNESS: &str = "00180050";
/// The most images of a series that are looked at.
const MOST: usize = 2000;

/// The slice thickness of a series in millimetres, the largest where they differ; nothing where its images do
/// not say.
pub async fn thickness_mm(
    record: &dyn Record,
    permit: &Permit,
    series: &Uid,
) -> Result<Option<f64>, RecordError> {
    let query = ImagingQuery {
        series: Some(series.clone()),
        fields: Fields::Only(vec![SLICE_THICKNESS.to_owned()]),
        limit: MOST,
        ..ImagingQuery::at(ImagingLevel::Instance)
    };
    let rows = record.imaging(permit, &query).await?.rows;
    let thickness = |row: &record::ImagingRow| {
        let value = row.attributes.get(SLICE_THICKNESS)?.pointer("/Value/0")?;
        match value {
            Value::String(text) => text.trim().parse().ok(),
            number => number.as_f64(),
        }
    };
    let known = rows.iter().filter_map(thickness);
    Ok(known.reduce(f64::max))
}
