//! Objects that the hospital makes of others, kept beside them, with a word on where they come from.

use bytes::Bytes;
use dicom::drawn::SavedObject;
use policy::Actor;
use record::{NewFact, Precondition, RecordError, ResourceKey};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use vocabulary::{Digest, PatientId, Uid};

use crate::{
    clock,
    hospital::Hospital,
    http::Problem,
    intake::{self, IntakeError},
};

/// An object that is kept now.
pub struct Kept {
    /// Study, series and SOP instance UID, and SOP class UID.
    pub study: Uid,
    /// Series instance UID.
    pub series: Uid,
    /// SOP instance UID.
    pub sop: Uid,
    /// SOP class UID.
    pub class: Uid,
    /// Whether it was kept already, as it was made before.
    pub was_there: bool,
}

impl From<Kept> for SavedObject {
    fn from(kept: Kept) -> Self {
        Self {
            study: kept.study.to_string(),
            series: kept.series.to_string(),
            object: kept.sop.to_string(),
            class: kept.class.to_string(),
        }
    }
}

/// What a new object was made of.
pub struct Origin<'a> {
    /// The series that it was made of.
    pub series: &'a [Uid],
    /// What was done, in English.
    pub activity: &'a str,
}

/// Keeps a new object under its patient, together with the `Provenance` that says who made it, when and of
/// what. An object that is there already is left as it is: what makes it gives it the same UID only for the same
/// content.
pub async fn keep(
    hospital: &Hospital,
    actor: &Actor,
    patient: &PatientId,
    file: Vec<u8>,
    origin: &Origin<'_>,
) -> Result<Kept, Problem> {
    let parsed = spawn_blocking(move || dicom::parse(Bytes::from(file))).await;
    let parsed = parsed.map_err(|error| Problem::internal(&error))?;
    let object = parsed.map_err(|error| Problem::internal(&error))?;
    let mut kept = Kept {
        study: object.study.clone(),
        series: object.series.clone(),
        sop: object.sop.clone(),
        class: object.class.clone(),
        was_there: false,
    };
    let known = hospital
        .find_images(&kept.study, Some(&kept.series), Some(&kept.sop))
        .await?;
    if !known.is_empty() {
        kept.was_there = true;
        return Ok(kept);
    }
    let facts = vec![provenance(actor, patient, &kept, origin)];
    match intake::store_for(hospital, actor, patient, object, facts).await {
        Ok(_) => Ok(kept),
        // Somebody else was first, a moment ago.
        Err(IntakeError::Record(RecordError::Conflict { .. })) => {
            kept.was_there = true;
            Ok(kept)
        }
        Err(error) => Err(error.into()),
    }
}

fn provenance(
    actor: &Actor,
    patient: &PatientId,
    kept: &Kept,
    origin: &Origin<'_>,
) -> (NewFact, Precondition) {
    let digest = Digest::of(kept.sop.as_str().as_bytes()).to_string();
    let id: String = digest.chars().take(32).collect();
    let id = format!("made-{id}");
    let of_uid = |uid: &Uid| json!({"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")});
    let sources: Vec<Value> = origin
        .series
        .iter()
        .map(|series| json!({"role": "source", "what": {"identifier": of_uid(series)}}))
        .collect();
    let recorded = jiff::Timestamp::from_millisecond(clock::now().0).unwrap_or_default();
    let mut body = json!({
        "resourceType": "Provenance",
        "id": id,
        "target": [
            {"identifier": of_uid(&kept.sop)},
            {"reference": format!("Patient/{patient}")},
        ],
        "recorded": recorded.to_string(),
        "activity": {
            "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-DataOperation",
                "code": "CREATE",
            }],
            "text": origin.activity,
        },
        "agent": [{
            "type": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                "code": "author",
            }]},
            "who": {"identifier": {"system": "urn:yuanyi:account", "value": actor.id.as_str()}},
        }],
    });
    // FHIR knows no list without anything in it.
    if let Some(fields) = body.as_object_mut().filter(|_| !sources.is_empty()) {
        fields.insert("entity".to_owned(), Value::Array(sources));
    }
    let key = ResourceKey {
        kind: "Provenance".to_owned(),
        id,
    };
    let fact = NewFact::PutResource {
        key,
        subject: Some(patient.clone()),
        body,
    };
    (fact, Precondition::None)
}
