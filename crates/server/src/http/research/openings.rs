//! Finding out who stands behind a pseudonym takes two custodians.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use policy::Action;
use record::Precondition;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
    research::{
        self, Project,
        escrow::{EscrowError, Opening, Part},
        facts::{self, Kind, New},
    },
};

/// The routes below `/api/research/projects/{project}/openings`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/", get(list).post(ask))
        .route("/{opening}", get(read))
        .route("/{opening}/confirm", post(confirm))
}

impl From<EscrowError> for Problem {
    fn from(error: EscrowError) -> Self {
        match error {
            EscrowError::Reason => Self::bad_input(error.to_string()),
            EscrowError::SamePerson => Self::forbidden(error.to_string()),
            EscrowError::Done | EscrowError::TooLate => Self::new(
                StatusCode::CONFLICT,
                "The identity was not opened",
                error.to_string(),
            ),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    pseudonym: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    reason: String,
}

async fn project(hospital: &Hospital, caller: &Caller, id: &str) -> Result<Project, Problem> {
    research::project_for(hospital, caller, id, Action::OpenIdentity).await
}

/// The first of two steps; it shows nothing to anyone.
async fn ask(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(ask): Json<Ask>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let project = project(&hospital, &caller, &id).await?;
    let now = clock::now();
    let part = Part::new(caller.actor.id.clone(), now, &ask.reason)?;
    if !research::is_pseudonym(&hospital, &project, &ask.pseudonym).await? {
        return Err(Problem::not_found("the project has no such pseudonym"));
    }
    let opening = Opening::new(project.id.clone(), ask.pseudonym, part);
    let id = format!("opening-{}", uuid::Uuid::now_v7().simple());
    let fact = fact(&hospital, &project, &id, &opening, 0)?;
    facts::commit(&hospital, &caller.actor.id, vec![fact]).await?;
    let shown = shown(&hospital, &project, &caller, &id, &opening).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// The second step, by another custodian. It is in the ledger, with both names and reasons, where the patient
/// can read it, before the answer is shown.
async fn confirm(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, opening)): Path<(String, String)>,
    Json(confirm): Json<Confirm>,
) -> Result<Json<Value>, Problem> {
    let project = project(&hospital, &caller, &id).await?;
    let found = find(&hospital, &project, &opening).await?;
    let now = clock::now();
    let part = Part::new(caller.actor.id.clone(), now, &confirm.reason)?;
    let opened = found.content.confirm(part)?;
    let me = &caller.actor.id;
    let patient = research::identity(&hospital, &project, &opened, me, now)
        .await?
        .ok_or_else(missing)?;
    let event = research::opened_event(&opened, &patient, &opening);
    let facts = vec![
        // The version that was read must still be the newest: two cannot confirm at once.
        fact(&hospital, &project, &opening, &opened, found.version)?,
        (event, Precondition::None),
    ];
    facts::commit(&hospital, me, facts).await?;
    let shown = shown(&hospital, &project, &caller, &opening, &opened).await?;
    Ok(Json(shown))
}

async fn read(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, opening)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let project = project(&hospital, &caller, &id).await?;
    let found = find(&hospital, &project, &opening).await?;
    let shown = shown(&hospital, &project, &caller, &opening, &found.content).await?;
    Ok(Json(shown))
}

async fn list(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let project = project(&hospital, &caller, &id).await?;
    let found = facts::all::<Opening>(&hospital, Kind::Opening, Some(&project.id)).await?;
    let mut all = Vec::with_capacity(found.len());
    for opening in found {
        all.push(shown(&hospital, &project, &caller, &opening.id, &opening.content).await?);
    }
    Ok(Json(Value::Array(all)))
}

fn missing() -> Problem {
    Problem::not_found("there is no such request in this project")
}

async fn find(
    hospital: &Hospital,
    project: &Project,
    id: &str,
) -> Result<facts::Found<Opening>, Problem> {
    if !id.starts_with("opening-") {
        return Err(missing());
    }
    let found = facts::get::<Opening>(hospital, id).await?;
    found
        .filter(|found| found.content.project == project.id)
        .ok_or_else(missing)
}

fn fact(
    hospital: &Hospital,
    project: &Project,
    id: &str,
    opening: &Opening,
    after: u64,
) -> Result<(record::NewFact, Precondition), Problem> {
    let new = New {
        kind: Kind::Opening,
        id: id.to_owned(),
        project: &project.id,
        // Whom it is about is what is asked; until two agree, the record does not say it.
        subject: None,
        content: opening,
        after,
    };
    facts::fact(hospital, &new)
}

/// A request as this caller may see it: with the patient only for the two who opened it.
async fn shown(
    hospital: &Hospital,
    project: &Project,
    caller: &Caller,
    id: &str,
    opening: &Opening,
) -> Result<Value, Problem> {
    let now = clock::now();
    let patient = research::identity(hospital, project, opening, &caller.actor.id, now).await?;
    Ok(json!({
        "id": id,
        "pseudonym": opening.pseudonym,
        "state": opening.state(now),
        "requested": opening.requested,
        "confirmed": opening.confirmed,
        "patient": patient,
    }))
}
