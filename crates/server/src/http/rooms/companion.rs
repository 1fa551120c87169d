//! Who needs somebody beside them in a room, because those who treat them say so.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use policy::{Action, Object};
use record::{Batch, NewFact, Precondition, ResourceKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{Digest, PatientId};

use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
};

/// The longest reason, in characters.
const REASON_CHARACTERS: usize = 300;

/// Where it lies that a patient needs somebody beside them.
fn key(patient: &PatientId) -> ResourceKey {
    let digest = Digest::of(patient.as_str().as_bytes()).to_string();
    let digest = digest.get(..32).unwrap_or_default();
    ResourceKey {
        kind: "Flag".to_owned(),
        id: format!("companion-{digest}"),
    }
}

async fn flag(hospital: &Hospital, patient: &PatientId) -> Result<Option<Value>, Problem> {
    let permit = hospital.finding().await?;
    let found = hospital
        .record
        .resource(permit, &key(patient), None)
        .await?;
    let body = found.and_then(|version| version.body);
    Ok(body.filter(|body| body["status"] == "active"))
}

/// Whether those who treat a patient ask for somebody beside them.
pub async fn asked_for(hospital: &Hospital, patient: &PatientId) -> Result<bool, Problem> {
    Ok(flag(hospital, patient).await?.is_some())
}

/// Whether a patient needs somebody beside them in a room.
#[derive(Serialize)]
pub struct Companion {
    needed: bool,
    reason: Option<String>,
    /// Whether the caller may change it.
    may_change: bool,
}

fn patient(id: String) -> Result<PatientId, Problem> {
    let refused = |_| Problem::forbidden("there is no such patient, or you may not see the record");
    PatientId::new(id).map_err(refused)
}

/// `GET /api/patients/{id}/companion`.
pub async fn read(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Companion>, Problem> {
    let patient = patient(id)?;
    let object = Object::Patient(patient.clone());
    hospital
        .permit(&caller, Action::ReadRecord, &object)
        .await?;
    let flag = flag(&hospital, &patient).await?;
    let reason = flag
        .as_ref()
        .and_then(|flag| flag.pointer("/code/text")?.as_str());
    Ok(Json(Companion {
        needed: flag.is_some(),
        reason: reason.map(str::to_owned),
        may_change: hospital
            .would_permit(&caller, Action::WriteRecord, &object)
            .await?,
    }))
}

/// What those who treat a patient say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    needed: bool,
    reason: String,
}

/// `PUT /api/patients/{id}/companion`.
pub async fn write(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(Said { needed, reason }): Json<Said>,
) -> Result<StatusCode, Problem> {
    let patient = patient(id)?;
    let object = Object::Patient(patient.clone());
    hospital
        .permit(&caller, Action::WriteRecord, &object)
        .await?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS {
        return Err(Problem::bad_input("say why, in at most 300 characters"));
    }
    let key = key(&patient);
    let body = json!({
        "resourceType": "Flag",
        "id": key.id,
        "status": if needed { "active" } else { "inactive" },
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/flag-category", "code": "safety", "display": "Safety",
        }]}],
        "code": {
            "coding": [{"system": "urn:yuanyi:flag", "code": "companion", "display": "Needs somebody beside them in virtual rooms"}],
            "text": reason,
        },
        "subject": {"reference": format!("Patient/{patient}")},
        "period": {"start": clock::now().to_string()},
        "author": {"reference": format!("Practitioner/{}", caller.actor.id), "display": caller.actor.name},
    });
    let fact = NewFact::PutResource {
        key,
        subject: Some(patient),
        body,
    };
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![(fact, Precondition::None)],
    };
    hospital.record.commit(batch).await?;
    Ok(StatusCode::NO_CONTENT)
}
