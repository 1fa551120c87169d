//! Reads what the record has of a patient at all times, and makes the timeline of it.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use policy::Permit;
use record::{Entry, FactBody, RecordError, StoredObject};
use serde_json::Value;
use tokio::task::spawn_blocking;
use twin::{
    History, Study, Timeline, View,
    timeline::{
        FoundLesion, FoundOrgan, Lane, Measure, Reported, StoredStudy, Version, collection,
    },
};
use vocabulary::{PatientId, Uid};
use volume::VolumeManifest;

use crate::{clock, hospital::Hospital, twins, volumes::Stage};

/// Segmentation Storage and Label Map Segmentation Storage.
const SEGMENTATIONS: &[&str] = &[
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.66.7",
];
/// Enhanced, Comprehensive and Comprehensive 3D SR Storage.
const REPORTS: &[&str] = &[
    "1.2.840.10008.5.1.4.1.1.88.22",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.34",
];
/// A larger object is no report that a timeline is made of.
const LARGEST_BYTES: u64 = 64 << 20;

/// All that a timeline is made of, read with a permit.
#[derive(Default)]
pub struct Read {
    versions: Vec<Version>,
    studies: Vec<StoredStudy>,
    organs: Vec<FoundOrgan>,
    lesions: Vec<FoundLesion>,
    reports: Vec<Reported>,
}

impl Read {
    fn history<'a>(&'a self, patient: &'a PatientId) -> History<'a> {
        History {
            patient: patient.as_str(),
            versions: &self.versions,
            studies: &self.studies,
            organs: &self.organs,
            lesions: &self.lesions,
            reports: &self.reports,
        }
    }

    /// All versions of the patient's resources.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The timeline of one view.
    pub fn view(&self, patient: &PatientId, view: &View) -> Timeline {
        Timeline::of(&self.history(patient), view)
    }

    /// What a view sees, as a FHIR collection.
    pub fn collection(
        &self,
        (id, patient): (&PatientId, &Value),
        view: &View,
        base: &str,
    ) -> Value {
        let history = self.history(id);
        let timeline = Timeline::of(&history, view);
        collection(patient, &history, (view, &timeline), base, clock::now())
    }
}

/// Reads everything about a patient; images only where they are permitted.
pub async fn read(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    imaging: Option<&Permit>,
    patient: &PatientId,
) -> Result<Read, RecordError> {
    let entries = hospital
        .record
        .versions_about(permit, patient, Lane::KINDS)
        .await?;
    let mut read = Read {
        versions: entries.into_iter().filter_map(version).collect(),
        ..Read::default()
    };
    if let Some(imaging) = imaging {
        for study in twins::studies(hospital, imaging, patient).await? {
            read_study(hospital, imaging, study, &mut read).await?;
        }
    }
    Ok(read)
}

fn version(entry: Entry) -> Option<Version> {
    let FactBody::Resource { key, version, body } = entry.fact.body else {
        return None;
    };
    Some(Version {
        kind: key.kind,
        id: key.id,
        version,
        body,
        recorded: entry.at,
        entered_by: entry.actor.to_string(),
        sequence: entry.sequence,
    })
}

async fn read_study(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    study: Study,
    read: &mut Read,
) -> Result<(), RecordError> {
    let Ok(uid) = Uid::new(study.uid.clone()) else {
        return Ok(());
    };
    let stored = hospital.record.stored(permit, &uid, None, None).await?;
    let Some(first) = stored.iter().min_by_key(|object| object.at) else {
        return Ok(());
    };
    let mut outlines: HashMap<String, (StoredObject, Option<String>)> = HashMap::new();
    for object in &stored {
        let class = object.class.as_str();
        if SEGMENTATIONS.contains(&class) {
            let by = account(hospital, permit, object.sequence).await?;
            outlines.insert(object.sop.to_string(), (object.clone(), by));
        } else if REPORTS.contains(&class) && object.size <= LARGEST_BYTES {
            let file = hospital.record.bytes_of(permit, object, None).await?;
            let by = account(hospital, permit, object.sequence).await?;
            let groups = groups(file).await;
            let found = groups
                .into_iter()
                .map(|group| reported(object, by.as_ref(), group));
            read.reports.extend(found);
        }
    }
    for series in study.series.iter().filter(|series| series.modality == "CT") {
        let Some(manifest) = manifest(hospital, permit, &series.uid).await else {
            continue;
        };
        let found = lesions(&study.uid, &manifest, &outlines);
        read.lesions.extend(found);
        read.organs.extend(organs(&study.uid, &manifest));
    }
    read.studies.push(StoredStudy {
        recorded: first.at,
        entered_by: account(hospital, permit, first.sequence).await?,
        sequence: Some(first.sequence),
        study,
    });
    Ok(())
}

/// The account that committed an entry.
async fn account(
    hospital: &Hospital,
    permit: &Permit,
    sequence: u64,
) -> Result<Option<String>, RecordError> {
    let found = hospital.record.entries(permit, sequence, 1).await?;
    let entry = found.into_iter().find(|entry| entry.sequence == sequence);
    Ok(entry.map(|entry| entry.actor.to_string()))
}

/// A report that cannot be read says nothing; the images themselves can still be looked at.
async fn groups(file: Bytes) -> Vec<dicom::MeasurementGroup> {
    let read = spawn_blocking(move || dicom::read_report(&file));
    let report = read.await.ok().and_then(Result::ok);
    report.map(|report| report.groups).unwrap_or_default()
}

fn reported(
    object: &StoredObject,
    by: Option<&String>,
    group: dicom::MeasurementGroup,
) -> Reported {
    let measures = group.measurements.iter().map(|one| {
        let concept = &one.concept;
        Measure::reported(
            (&concept.scheme, &concept.value, &concept.meaning),
            one.value,
            one.unit.as_ref().map(|unit| unit.value.as_str()),
            None,
        )
    });
    let findings = group.evaluations.iter();
    Reported {
        study: object.study.to_string(),
        object: object.sop.to_string(),
        measures: measures.collect(),
        findings: findings
            .map(|(concept, value)| [concept.meaning.clone(), value.meaning.clone()])
            .collect(),
        label: group.label,
        tracking_uid: group.tracking_uid,
        notes: group.comments,
        references: group.references,
        recorded: object.at,
        entered_by: by.cloned(),
        sequence: Some(object.sequence),
    }
}

/// What was made of a series, as far as it is ready.
async fn manifest(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    series: &str,
) -> Option<Arc<VolumeManifest>> {
    let series = Uid::new(series.to_owned()).ok()?;
    match hospital.volumes.stage(hospital, permit, &series).await {
        Ok(Some(Stage::Ready { manifest, .. })) => Some(manifest),
        _ => None,
    }
}

fn lesions(
    study: &str,
    manifest: &VolumeManifest,
    outlines: &HashMap<String, (StoredObject, Option<String>)>,
) -> Vec<FoundLesion> {
    let found = manifest.lesions.iter().filter_map(|lesion| {
        let (object, by) = outlines.get(&lesion.source)?;
        Some(FoundLesion {
            study: study.to_owned(),
            series: manifest.series.clone(),
            label: lesion.label.clone(),
            segmentation: lesion.source.clone(),
            tracking_uid: lesion.tracking_uid.clone(),
            surface: lesion.surface.clone(),
            volume_mm3: lesion.volume_mm3,
            long_axis_mm: lesion.long_axis_mm,
            short_axis_mm: lesion.short_axis_mm,
            mean_diameter_mm: lesion.mean_diameter_mm,
            method: lesion.method.clone(),
            recorded: object.at,
            entered_by: by.clone(),
            sequence: Some(object.sequence),
        })
    });
    found.collect()
}

fn organs(study: &str, manifest: &VolumeManifest) -> Vec<FoundOrgan> {
    let is_lesion = |name: &str| {
        let mut lesions = manifest.lesions.iter();
        lesions.any(|lesion| lesion.surface.as_deref() == Some(name))
    };
    let organs = manifest
        .surfaces
        .iter()
        .filter(|surface| !is_lesion(&surface.name));
    organs
        .map(|surface| FoundOrgan {
            study: study.to_owned(),
            series: manifest.series.clone(),
            name: surface.name.clone(),
            label: surface.label.clone(),
            volume_mm3: surface.volume_mm3,
            method: surface.method.clone(),
        })
        .collect()
}
