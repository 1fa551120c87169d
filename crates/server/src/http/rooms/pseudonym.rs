//! The pseudonym under which a patient comes into a room.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
};
use policy::{Action, Object, Permit};
use scenario::Stage;
use serde::Serialize;
use tokio::sync::Mutex;
use vocabulary::{ActorId, RoomId, Text};

use super::enter;
use crate::{
    gatherings,
    hospital::Hospital,
    http::{Caller, Problem},
    pseudonyms,
};

/// How the caller may be known in a room, and is.
#[derive(Serialize)]
pub struct Known {
    /// Whether they may choose a pseudonym now.
    may_choose: bool,
    /// What they are called here from now on, where they have chosen one.
    code: Option<String>,
}

/// `GET /api/rooms/{id}/pseudonym`.
pub async fn read(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Known>, Problem> {
    Ok(Json(known(&hospital, &caller, &id).await?))
}

/// `POST /api/rooms/{id}/pseudonym`: from now on they are known by it in this room, and cannot go back.
pub async fn take(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Known>, Problem> {
    let known = known(&hospital, &caller, &id).await?;
    if known.code.is_some() {
        return Ok(Json(known));
    }
    if !known.may_choose {
        return Err(Problem::forbidden(
            "代号只用于不涉及本人病历的房间，且须在以实名留下记录之前选择 · a pseudonym is for patients in rooms that are not about their own record, before the room has heard of them by name",
        ));
    }
    let (_, stage, _) = enter(&hospital, &caller, &id).await?;
    let pseudonym = pseudonyms::give(&hospital, &stage.id, &caller.actor).await?;
    Ok(Json(Known {
        may_choose: false,
        code: pseudonyms::code(&pseudonym),
    }))
}

/// A room in which patients may be under a pseudonym, for those who may find out who somebody is.
#[derive(Serialize)]
pub struct Gathering {
    id: RoomId,
    title: Text,
    /// The codes that there are.
    pseudonyms: Vec<String>,
}

/// `GET /api/gatherings`.
pub async fn gatherings(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Vec<Gathering>>, Problem> {
    hospital
        .permit(&caller, Action::OpenIdentity, &Object::Hospital)
        .await?;
    let mut found = Vec::new();
    for stage in gatherings::of_patients() {
        found.push(Gathering {
            pseudonyms: pseudonyms::codes(&hospital, &stage.id).await?,
            id: stage.id,
            title: stage.title,
        });
    }
    Ok(Json(found))
}

async fn known(hospital: &Arc<Hospital>, caller: &Caller, id: &str) -> Result<Known, Problem> {
    let (_, stage, entered) = enter(hospital, caller, id).await?;
    let (room, me) = (&stage.id, &caller.actor.id);
    if !pseudonyms::is_open_to(room, &caller.actor) {
        return Ok(Known {
            may_choose: false,
            code: None,
        });
    }
    if let Some(pseudonym) = pseudonyms::of(hospital, room, me).await? {
        return Ok(Known {
            may_choose: false,
            code: pseudonyms::code(&pseudonym),
        });
    }
    // Whom the room knows by name cannot hide from what it decided about them.
    Ok(Known {
        may_choose: !is_named(hospital, &entered, &stage, me).await?,
        code: None,
    })
}

/// Whom rooms know by name, as far as their journals were read.
#[derive(Default)]
pub struct Named(Mutex<HashMap<RoomId, Read>>);

#[derive(Default)]
struct Read {
    /// The act to read next.
    next: u64,
    names: BTreeSet<String>,
}

/// Whether a room's journal has somebody by name. Only what has been added since the last time is read.
async fn is_named(
    hospital: &Hospital,
    entered: &Permit,
    stage: &Stage,
    who: &ActorId,
) -> Result<bool, Problem> {
    let mut all = hospital.named.0.lock().await;
    let read = all.entry(stage.id.clone()).or_default();
    let (room, patient) = (&stage.id, stage.patient.as_ref());
    let acts = hospital.record.room_acts(entered, room, patient, read.next);
    for act in acts.await? {
        let whom = act.act.pointer("/order/whom");
        let whom = whom.and_then(serde_json::Value::as_str);
        read.names.extend(whom.map(str::to_owned));
        read.names.insert(act.actor.to_string());
        read.next = act.number.saturating_add(1);
    }
    Ok(read.names.contains(who.as_str()))
}
