//! Reads what the record has of a patient and makes the twin of it.

pub mod over_time;

use std::{collections::HashMap, sync::Arc};

use policy::Permit;
use record::{
    ImagingLevel, ImagingQuery, ImagingRow, Match, RecordError, ResourceKey, ResourceQuery, Term,
};
use serde_json::Value;
use twin::{Facts, Lesion, PatientTwin, Series, Study};
use vocabulary::{PatientId, Uid};

use crate::{hospital::Hospital, volumes::Stage};

/// The resource types that a twin is made of.
const KINDS: &[&str] = &[
    "Observation",
    "Condition",
    "FamilyMemberHistory",
    "DiagnosticReport",
    "CarePlan",
];
/// The most resources of one type that are looked at, the newest first.
const MOST: usize = 2000;

/// The twin of a patient, from what the permit covers.
pub async fn of(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Option<PatientTwin>, RecordError> {
    let key = ResourceKey {
        kind: "Patient".to_owned(),
        id: patient.as_str().to_owned(),
    };
    let found = hospital.record.resource(permit, &key, None).await?;
    let Some(body) = found.and_then(|version| version.body) else {
        return Ok(None);
    };
    let mut resources = Vec::new();
    let mut sequences: HashMap<String, u64> = HashMap::new();
    for kind in KINDS {
        let subject = Match::Reference(format!("Patient/{patient}"));
        let query = ResourceQuery {
            kind: (*kind).to_owned(),
            terms: vec![Term {
                parameter: "patient".to_owned(),
                any_of: vec![subject],
            }],
            sort: vec![],
            limit: MOST,
            offset: 0,
        };
        let page = hospital.record.search(permit, &query).await?;
        for row in page.rows {
            sequences.insert(format!("{}/{}", row.key.kind, row.key.id), row.sequence);
            resources.extend(row.body);
        }
    }
    let studies = studies(hospital, permit, patient).await?;
    let lesions = lesions(hospital, permit, patient).await?;
    let facts = Facts {
        patient: &body,
        resources: &resources,
        studies: &studies,
        lesions: &lesions,
        today: hospital.today(),
    };
    let mut twin = PatientTwin::from_facts(&facts);
    let zone = hospital.config.time_zone.rules();
    twin.time_zone = zone.iana_name().map(str::to_owned);
    for finding in &mut twin.findings {
        finding.sequence = sequences.get(&finding.reference).copied();
    }
    Ok(Some(twin))
}

/// The imaging studies of one patient, with their series.
pub async fn studies(
    hospital: &Hospital,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Vec<Study>, RecordError> {
    let series = rows(hospital, permit, patient, ImagingLevel::Series, vec![]).await?;
    let of = |uid: &str| {
        series
            .iter()
            .filter(|row| text(row, "0020000D") == uid)
            .map(|row| Series {
                uid: text(row, "0020000E"),
                modality: text(row, "00080060"),
                description: text(row, "0008103E"),
                images: number(row, "00201209"),
            })
            .collect()
    };
    let study = |row: &ImagingRow| {
        let uid = text(row, "0020000D");
        Study {
            series: of(&uid),
            modality: text(row, "00080061"),
            description: text(row, "00081030"),
            date: text(row, "00080020"),
            uid,
        }
    };
    let studies = rows(hospital, permit, patient, ImagingLevel::Study, vec![]).await?;
    Ok(studies.iter().map(study).collect())
}

/// The lesions marked on a patient's CT series, as far as their volumes have been made.
async fn lesions(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Vec<Lesion>, RecordError> {
    let mut found = Vec::new();
    let matching = vec![("00080060".to_owned(), "CT".to_owned())];
    for row in rows(hospital, permit, patient, ImagingLevel::Series, matching).await? {
        let Ok(series) = Uid::new(text(&row, "0020000E")) else {
            continue;
        };
        let Ok(Some(Stage::Ready { manifest, .. })) =
            hospital.volumes.stage(hospital, permit, &series).await
        else {
            continue;
        };
        found.extend(manifest.lesions.iter().map(|lesion| Lesion {
            series: series.to_string(),
            id: lesion.id.clone(),
            label: lesion.label.clone(),
            source: lesion.source.clone(),
            centre_lps_mm: lesion.centre_lps_mm,
            volume_mm3: lesion.volume_mm3,
            long_axis_mm: lesion.long_axis_mm,
            short_axis_mm: lesion.short_axis_mm,
            mean_diameter_mm: lesion.mean_diameter_mm,
        }));
    }
    Ok(found)
}

async fn rows(
    hospital: &Hospital,
    permit: &Permit,
    patient: &PatientId,
    level: ImagingLevel,
    matching: Vec<(String, String)>,
) -> Result<Vec<ImagingRow>, RecordError> {
    let query = ImagingQuery {
        subject: Some(patient.clone()),
        matching,
        limit: MOST,
        ..ImagingQuery::at(level)
    };
    Ok(hospital.record.imaging(permit, &query).await?.rows)
}

/// The first value of an attribute as text, or nothing.
pub fn text(row: &ImagingRow, tag: &str) -> String {
    let value = row
        .attributes
        .get(tag)
        .and_then(|attribute| attribute.pointer("/Value/0"));
    value.and_then(Value::as_str).unwrap_or("").to_owned()
}

/// The first value of an attribute as a count.
pub fn number(row: &ImagingRow, tag: &str) -> u32 {
    let value = row
        .attributes
        .get(tag)
        .and_then(|attribute| attribute.pointer("/Value/0"));
    value
        .and_then(Value::as_u64)
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(0)
}
