//! De-identified copies of what was released.

use std::collections::BTreeSet;

use bytes::Bytes;
use dicom::deidentify::{self, Deidentified, Options, Refused};
use policy::{Action, Permit};
use record::{ImagingLevel, ImagingQuery, ImagingRow, Instance};
use serde_json::Value;
use tokio::task::spawn_blocking;
use vocabulary::{PatientId, Uid};

use super::{
    Project, Release,
    facts::{self, Kind},
};
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
};

/// A released study with what its copy is called.
pub struct Released {
    /// The release.
    pub release: Release,
    /// Whom it shows.
    pub patient: PatientId,
    /// The UID of its copy.
    pub copy: Uid,
}

/// The patients who refuse that research sees them.
pub async fn refusals(hospital: &Hospital) -> Result<BTreeSet<PatientId>, Problem> {
    let permit = hospital.finding().await?;
    let refused = fhir::research_refusals(&*hospital.record, permit, clock::now()).await?;
    Ok(refused)
}

/// What the caller may see of a project: what is released and was not taken back, of patients who do not
/// refuse it, neither to the caller nor to research.
pub async fn released(
    hospital: &Hospital,
    caller: &Caller,
    project: &Project,
) -> Result<Vec<Released>, Problem> {
    let relations = hospital.relations(&caller.actor).await?;
    let refused = refusals(hospital).await?;
    let key = project.key(hospital);
    let found = facts::all::<Release>(hospital, Kind::Release, Some(&project.id)).await?;
    let released = found.into_iter().filter_map(|found| {
        let patient = found.subject?;
        let stands = found.content.revoked.is_none();
        let agreed = !relations.refused_consent.contains(&patient) && !refused.contains(&patient);
        (stands && agreed).then(|| Released {
            copy: key.uid(found.content.study.as_str()),
            release: found.content,
            patient,
        })
    });
    Ok(released.collect())
}

/// The hospital's own permit to read originals.
pub async fn permit(hospital: &Hospital) -> Result<Permit, Problem> {
    hospital
        .own_permit(
            "make de-identified copies for research",
            Action::ReadImaging,
        )
        .await
        .map_err(|error| Problem::internal(&error))
}

/// The objects of a study, in the order of their series.
pub async fn objects(
    hospital: &Hospital,
    permit: &Permit,
    study: &Uid,
) -> Result<Vec<Instance>, Problem> {
    let query = ImagingQuery {
        study: Some(study.clone()),
        ..ImagingQuery::at(ImagingLevel::Series)
    };
    let rows = hospital.record.imaging(permit, &query).await?.rows;
    let mut objects = Vec::new();
    for row in rows {
        let uid = row.attributes.get("0020000E");
        let uid = uid.and_then(|value| value.pointer("/Value/0"));
        let Some(series) = uid
            .and_then(Value::as_str)
            .and_then(|uid| Uid::new(uid).ok())
        else {
            continue;
        };
        let found = hospital.record.series_instances(permit, &series).await?;
        objects.extend(found.into_iter().filter(|object| object.study == *study));
    }
    Ok(objects)
}

/// The released objects of a study.
pub async fn released_objects(
    hospital: &Hospital,
    permit: &Permit,
    released: &Released,
) -> Result<Vec<Instance>, Problem> {
    let all = objects(hospital, permit, &released.release.study).await?;
    let listed: std::collections::HashSet<&Uid> = released.release.objects.iter().collect();
    Ok(all
        .into_iter()
        .filter(|object| listed.contains(&object.sop))
        .collect())
}

/// Makes the copy of one object.
pub async fn copy(
    hospital: &Hospital,
    permit: &Permit,
    project: &Project,
    patient: &PatientId,
    pixels_vouched_for: bool,
    object: &Instance,
) -> Result<Result<Deidentified, Refused>, Problem> {
    let file = hospital.record.object(permit, object, None).await?;
    let key = project.key(hospital);
    let options = Options {
        pixels_vouched_for,
        ..project.options.clone()
    };
    let subject = patient.to_string();
    // Decoders of pixels may panic on what is damaged; that object is then refused like any other.
    spawn_blocking(move || deidentify::deidentify(&file, &key, &subject, &options))
        .await
        .map_err(|error| Problem::internal(&error))
}

/// Makes the copy of one released object.
pub async fn copy_of(
    hospital: &Hospital,
    permit: &Permit,
    project: &Project,
    released: &Released,
    object: &Instance,
) -> Result<Deidentified, Problem> {
    let vouched = released.release.pixels_vouched_for;
    let copy = copy(
        hospital,
        permit,
        project,
        &released.patient,
        vouched,
        object,
    )
    .await?;
    // It could be made when it was released, so this is a fault of ours.
    copy.map_err(|error| Problem::internal(&error))
}

/// The row of a copy in a search, under its pseudonym.
pub fn row(
    project: &Project,
    hospital: &Hospital,
    released: &Released,
    copy: &[u8],
) -> Option<ImagingRow> {
    let parsed = dicom::parse(Bytes::copy_from_slice(copy)).ok()?;
    let pseudonym = project.key(hospital).pseudonym(released.patient.as_str());
    let Value::Object(attributes) = parsed.attributes else {
        return None;
    };
    Some(ImagingRow {
        subject: PatientId::new(pseudonym).ok()?,
        attributes,
    })
}
