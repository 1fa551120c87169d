//! Finding out who stands behind a pseudonym of a research project or of a room takes two people.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use policy::{Action, Object};
use record::Precondition;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vocabulary::{ActorId, ProjectId, RoomId, Timestamp};

use crate::{
    clock, gatherings,
    hospital::Hospital,
    http::{Caller, Problem},
    pseudonyms::{self, Behind},
    research::{
        self, Project,
        escrow::{EscrowError, Opening, Part},
        facts::{self, Kind, New},
    },
};

/// To what the pseudonyms belong.
#[derive(Clone, Copy)]
pub enum Of {
    /// A research project.
    Project,
    /// A room.
    Room,
}

/// The routes below `…/openings`.
pub fn routes(of: Of) -> Router<Arc<Hospital>> {
    Router::new()
        .route("/", get(list).post(ask))
        .route("/{opening}", get(read))
        .route("/{opening}/confirm", post(confirm))
        .route("/{opening}/refuse", post(refuse))
        .layer(Extension(of))
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

/// A project or room, of which the caller may find out who stands behind a pseudonym.
enum Circle {
    Project(Box<Project>),
    Room(RoomId, ProjectId),
}

impl Circle {
    async fn open(hospital: &Hospital, caller: &Caller, of: Of, id: &str) -> Result<Self, Problem> {
        if let Of::Project = of {
            let project = research::project_for(hospital, caller, id, Action::OpenIdentity).await?;
            return Ok(Self::Project(Box::new(project)));
        }
        hospital
            .permit(caller, Action::OpenIdentity, &Object::Hospital)
            .await?;
        let room = RoomId::new(id).ok();
        let room = room.filter(gatherings::is_for_patients);
        let room = room.ok_or_else(|| Problem::not_found("there is no such room"))?;
        let circle = pseudonyms::circle(&room)?;
        Ok(Self::Room(room, circle))
    }

    fn id(&self) -> &ProjectId {
        match self {
            Self::Project(project) => &project.id,
            Self::Room(_, circle) => circle,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Project(_) => Kind::Opening,
            Self::Room(..) => Kind::RoomOpening,
        }
    }

    /// What the ids of its requests begin with: a project and a room of one name share none.
    fn prefix(&self) -> &'static str {
        match self {
            Self::Project(_) => "opening-",
            Self::Room(..) => "room-opening-",
        }
    }

    /// How the patient reads of it.
    fn words(&self) -> String {
        match self {
            Self::Project(project) => format!("research project {}", project.id),
            Self::Room(room, _) => format!("room {room}"),
        }
    }

    async fn behind(
        &self,
        hospital: &Hospital,
        pseudonym: &str,
    ) -> Result<Option<Behind>, Problem> {
        match self {
            Self::Project(project) => research::behind(hospital, project, pseudonym).await,
            Self::Room(room, _) => pseudonyms::behind(hospital, room, pseudonym).await,
        }
    }

    /// Who stands behind a pseudonym, for those two who opened it.
    async fn identity(
        &self,
        hospital: &Hospital,
        opening: &Opening,
        who: &ActorId,
        now: Timestamp,
    ) -> Result<Option<Behind>, Problem> {
        if !opening.shows_to(who, now) {
            return Ok(None);
        }
        self.behind(hospital, &opening.pseudonym).await
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
struct Answer {
    reason: String,
}

/// The first of two steps; it shows nothing to anyone.
async fn ask(
    State(hospital): State<Arc<Hospital>>,
    Extension(of): Extension<Of>,
    caller: Caller,
    Path(id): Path<String>,
    Json(ask): Json<Ask>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let circle = Circle::open(&hospital, &caller, of, &id).await?;
    let now = clock::now();
    let part = Part::new(caller.actor.id.clone(), now, &ask.reason)?;
    let behind = circle.behind(&hospital, &ask.pseudonym).await?;
    if behind.is_none() {
        return Err(Problem::not_found("there is no such pseudonym here"));
    }
    let opening = Opening::new(circle.id().clone(), ask.pseudonym, part);
    let id = format!("{}{}", circle.prefix(), uuid::Uuid::now_v7().simple());
    let fact = fact(&hospital, &circle, &id, &opening, 0)?;
    facts::commit(&hospital, &caller.actor.id, vec![fact]).await?;
    let shown = shown(&hospital, &circle, &caller, &id, &opening).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// The second step, by another person. It is in the ledger, with both names and reasons, where the patient
/// can read it, before the answer is shown.
async fn confirm(
    State(hospital): State<Arc<Hospital>>,
    Extension(of): Extension<Of>,
    caller: Caller,
    Path((id, opening)): Path<(String, String)>,
    Json(answer): Json<Answer>,
) -> Result<Json<Value>, Problem> {
    let circle = Circle::open(&hospital, &caller, of, &id).await?;
    let found = find(&hospital, &circle, &opening).await?;
    let now = clock::now();
    let part = Part::new(caller.actor.id.clone(), now, &answer.reason)?;
    let opened = found.content.confirm(part)?;
    let me = &caller.actor.id;
    let behind = circle.identity(&hospital, &opened, me, now).await?;
    let behind = behind.ok_or_else(missing)?;
    let name = format!("{}, opening {opening}", circle.words());
    let event = research::opened_event(&opened, &behind.patient, &name);
    let facts = vec![
        // The version that was read must still be the newest: two cannot confirm at once.
        fact(&hospital, &circle, &opening, &opened, found.version)?,
        (event, Precondition::None),
    ];
    facts::commit(&hospital, me, facts).await?;
    let shown = shown(&hospital, &circle, &caller, &opening, &opened).await?;
    Ok(Json(shown))
}

/// The second person does not agree: who asked is told why, and nobody is shown anything.
async fn refuse(
    State(hospital): State<Arc<Hospital>>,
    Extension(of): Extension<Of>,
    caller: Caller,
    Path((id, opening)): Path<(String, String)>,
    Json(answer): Json<Answer>,
) -> Result<Json<Value>, Problem> {
    let circle = Circle::open(&hospital, &caller, of, &id).await?;
    let found = find(&hospital, &circle, &opening).await?;
    let me = &caller.actor.id;
    let refused = found
        .content
        .refuse(Part::new(me.clone(), clock::now(), &answer.reason)?)?;
    let kept = fact(&hospital, &circle, &opening, &refused, found.version)?;
    facts::commit(&hospital, me, vec![kept]).await?;
    let shown = shown(&hospital, &circle, &caller, &opening, &refused).await?;
    Ok(Json(shown))
}

async fn read(
    State(hospital): State<Arc<Hospital>>,
    Extension(of): Extension<Of>,
    caller: Caller,
    Path((id, opening)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let circle = Circle::open(&hospital, &caller, of, &id).await?;
    let found = find(&hospital, &circle, &opening).await?;
    let shown = shown(&hospital, &circle, &caller, &opening, &found.content).await?;
    Ok(Json(shown))
}

async fn list(
    State(hospital): State<Arc<Hospital>>,
    Extension(of): Extension<Of>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let circle = Circle::open(&hospital, &caller, of, &id).await?;
    let found = facts::all::<Opening>(&hospital, circle.kind(), Some(circle.id())).await?;
    let mut all = Vec::with_capacity(found.len());
    for opening in found {
        all.push(shown(&hospital, &circle, &caller, &opening.id, &opening.content).await?);
    }
    Ok(Json(Value::Array(all)))
}

fn missing() -> Problem {
    Problem::not_found("there is no such request here")
}

async fn find(
    hospital: &Hospital,
    circle: &Circle,
    id: &str,
) -> Result<facts::Found<Opening>, Problem> {
    if !id.starts_with(circle.prefix()) {
        return Err(missing());
    }
    let found = facts::get::<Opening>(hospital, id).await?;
    found
        .filter(|found| found.content.project == *circle.id())
        .ok_or_else(missing)
}

fn fact(
    hospital: &Hospital,
    circle: &Circle,
    id: &str,
    opening: &Opening,
    after: u64,
) -> Result<(record::NewFact, Precondition), Problem> {
    let new = New {
        kind: circle.kind(),
        id: id.to_owned(),
        project: circle.id(),
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
    circle: &Circle,
    caller: &Caller,
    id: &str,
    opening: &Opening,
) -> Result<Value, Problem> {
    let now = clock::now();
    let me = &caller.actor.id;
    let behind = circle.identity(hospital, opening, me, now).await?;
    let parts = [
        Some(&opening.requested),
        opening.confirmed.as_ref(),
        opening.refused.as_ref(),
    ];
    let accounts = parts.into_iter().flatten().map(|part| &part.by);
    let account = behind.as_ref().and_then(|behind| behind.account.as_ref());
    let mut names = Map::new();
    for id in accounts.chain(account) {
        let known = hospital.accounts.find(id);
        let known = known.map_err(|error| Problem::internal(&error))?;
        if let Some(known) = known {
            names.insert(id.to_string(), known.name.into());
        }
    }
    Ok(json!({
        "id": id,
        "pseudonym": opening.pseudonym,
        "state": opening.state(now),
        "requested": opening.requested,
        "confirmed": opening.confirmed,
        "refused": opening.refused,
        "names": names,
        "patient": behind.as_ref().map(|behind| &behind.patient),
        "account": account,
    }))
}
