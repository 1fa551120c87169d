//! The scans of a patient with the nodules that were kept of them.

use std::{collections::HashMap, sync::Arc};

use policy::Permit;
use record::{ImagingLevel, ImagingQuery};
use twin::{FollowedLesion, LesionChange, SeenLesion};
use vocabulary::{PatientId, Uid};

use super::{FollowedNodule, GrowthBetween, Scan, follow::SeenNodule, followed};
use crate::{hospital::Hospital, twins::text, volumes::VolumesError};

/// The most series of one patient that are looked at, the newest first.
const MOST_SERIES: usize = 200;

/// The CT series of a patient that nodules were kept of, as far as their volumes are there.
///
/// # Errors
/// If the record cannot be read, or a nodule cannot be laid on its volume.
pub async fn scans(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Vec<Scan>, VolumesError> {
    let query = |level, matching| ImagingQuery {
        subject: Some(patient.clone()),
        matching,
        limit: MOST_SERIES,
        ..ImagingQuery::at(level)
    };
    let studies = query(ImagingLevel::Study, vec![]);
    let studies = hospital.record.imaging(permit, &studies).await?.rows;
    let dates: HashMap<String, String> = studies
        .iter()
        .map(|row| (text(row, "0020000D"), text(row, "00080020")))
        .collect();
    let ct = vec![("00080060".to_owned(), "CT".to_owned())];
    let series = query(ImagingLevel::Series, ct);
    let mut scans = Vec::new();
    for row in hospital.record.imaging(permit, &series).await?.rows {
        let Ok(series) = Uid::new(text(&row, "0020000E")) else {
            continue;
        };
        let nodules = hospital.volumes.nodules(hospital, permit, &series).await?;
        let nodules = nodules.unwrap_or_default();
        if !nodules.is_empty() {
            let study = text(&row, "0020000D");
            scans.push(Scan {
                date: dates.get(&study).cloned().unwrap_or_default(),
                study,
                series: series.to_string(),
                nodules,
            });
        }
    }
    Ok(scans)
}

/// The kept nodules of a patient as the twin tells of lesions.
///
/// # Errors
/// As [`scans`].
pub async fn followed_lesions(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Vec<FollowedLesion>, VolumesError> {
    let scans = scans(hospital, permit, patient).await?;
    Ok(followed(&scans).into_iter().map(lesion).collect())
}

fn lesion(nodule: FollowedNodule) -> FollowedLesion {
    FollowedLesion {
        tracking_uid: nodule.tracking_uid,
        label: nodule.label,
        seen: nodule.seen.iter().map(seen).collect(),
        change: nodule.growth.into_iter().last().map(change),
    }
}

fn seen(seen: &SeenNodule) -> SeenLesion {
    let measures = &seen.nodule.measures;
    SeenLesion {
        study: seen.study.clone(),
        series: seen.series.clone(),
        segmentation: seen.nodule.source.clone(),
        day: seen.date.clone(),
        kind: measures.kind,
        mean_diameter_mm: measures.mean_diameter_mm,
        volume_mm3: measures.volume_mm3,
    }
}

fn change(between: GrowthBetween) -> LesionChange {
    LesionChange {
        prior: between.prior,
        current: between.current,
        growth: between.growth,
        why: between.why,
    }
}
