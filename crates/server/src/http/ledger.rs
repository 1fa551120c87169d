//! `/api/ledger`: checkpoints, proofs and entries.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use ledger::{Checkpoint, ConsistencyProof, InclusionProof};
use policy::{Action, Object, Permit, Scope};
use record::FactBody;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    ward,
};

/// The routes below `/api/ledger`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/key", get(key))
        .route("/checkpoint", get(checkpoint))
        .route("/inclusion/{sequence}", get(inclusion))
        .route("/consistency", get(consistency))
        .route("/entry/{sequence}", get(entry))
}

/// What others check the checkpoints with, as a C2SP `signed-note` verifier key.
async fn key(State(hospital): State<Arc<Hospital>>) -> Json<Value> {
    Json(json!({"key": hospital.ledger_key}))
}

async fn checkpoint(State(hospital): State<Arc<Hospital>>) -> Result<Json<Checkpoint>, Problem> {
    Ok(Json(hospital.record.checkpoint().await?))
}

#[derive(Deserialize)]
struct TreeSize {
    size: Option<u64>,
}

async fn inclusion(
    State(hospital): State<Arc<Hospital>>,
    Path(sequence): Path<u64>,
    Query(TreeSize { size }): Query<TreeSize>,
) -> Result<Json<InclusionProof>, Problem> {
    let size = match size {
        Some(size) => size,
        None => hospital.record.checkpoint().await?.size,
    };
    let proof = hospital.record.inclusion(sequence, size).await?;
    proof.map(Json).ok_or_else(|| {
        Problem::not_found(format!("a tree of {size} entries has no entry {sequence}"))
    })
}

#[derive(Deserialize)]
struct TwoSizes {
    first: u64,
    second: u64,
}

async fn consistency(
    State(hospital): State<Arc<Hospital>>,
    Query(TwoSizes { first, second }): Query<TwoSizes>,
) -> Result<Json<ConsistencyProof>, Problem> {
    let proof = hospital.record.consistency(first, second).await?;
    proof.map(Json).ok_or_else(|| {
        Problem::not_found(format!(
            "there are no trees of {first} and {second} entries in this order"
        ))
    })
}

/// The exact bytes whose digest is the ledger's leaf. They hold the fact itself, so this takes a permit.
async fn entry(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(sequence): Path<u64>,
) -> Result<Response, Problem> {
    let permit = hospital
        .permit(&caller, Action::ReadLedger, &Object::Everyone)
        .await?;
    let absent = || Problem::not_found(format!("the journal has no entry {sequence}"));
    let found = hospital.record.entries(&permit, sequence, 1).await?;
    if let Some(entry) = found.first().filter(|entry| entry.sequence == sequence)
        && entry.fact.subject.is_none()
        && !sees_about_nobody(&hospital, &caller, &permit, &entry.fact.body).await?
    {
        return Err(absent());
    }
    let bytes = hospital.record.entry_bytes(&permit, sequence).await?;
    let bytes = bytes.ok_or_else(absent)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// Whether somebody sees a fact about no patient. Who asked for what, and who agreed to what, is for the hospital's
/// programs only, as by FHIR: it says who came into a room under a pseudonym. So is where tags were. What went on in a
/// room is for those who may see it again.
async fn sees_about_nobody(
    hospital: &Hospital,
    caller: &Caller,
    permit: &Permit,
    fact: &FactBody,
) -> Result<bool, Problem> {
    let room = match fact {
        FactBody::Resource { key, .. } if record::tells_of_accounts(&key.kind) => {
            return Ok(*permit.scope() == Scope::All);
        }
        FactBody::SealedSignals(sealed) => {
            // Who carries a tag now says nothing of who did then.
            return Ok(!ward::is_position(&sealed.series.code) || *permit.scope() == Scope::All);
        }
        FactBody::RoomAct(act) => &act.room,
        FactBody::RecordedChunk(chunk) => &chunk.room,
        FactBody::SealedRecording(recording) => &recording.room,
        _ => return Ok(true),
    };
    let object = Object::Room {
        room: room.clone(),
        patient: None,
    };
    hospital
        .would_permit(caller, Action::ReadRecord, &object)
        .await
}
