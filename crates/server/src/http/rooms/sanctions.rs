//! Sanctions over all rooms: one's own, and all of them for those who decide about appeals where nobody in a room may.
//!
//! They are what the rooms' journals have: it is read here as in a room, and nothing is kept twice.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use policy::{Action, Object};
use record::{Match, ResourceQuery, Term};
use room::{OpenError, Refusal, Sanction, SanctionHistory};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;
use vocabulary::{PatientId, RoomId, Text};

use super::about;
use crate::{
    gatherings,
    hospital::{Hospital, program},
    http::{Caller, Problem},
    pseudonyms,
    rooms::kept_act,
};

/// What the audit calls the acts by which a sanction is given.
const GIVEN: [&str; 4] = ["muted", "showing-ended", "put-out", "blocked"];
const SYSTEM: &str = "urn:yuanyi:room-order";
const PAGE: usize = 500;
/// An answer has so many at most, the newest: an engineering number.
const MOST: usize = 500;

/// The sanctions of rooms, as far as their journals were read.
#[derive(Default)]
pub struct Sanctioned(Mutex<HashMap<RoomId, SanctionHistory>>);

/// A sanction with where it was given.
#[derive(Serialize)]
pub struct InRoom {
    /// The room.
    room: RoomId,
    /// What the room is for, without whom it is about.
    place: Option<Text>,
    /// The name of who gave it.
    by_name: String,
    /// Whether an appeal waits for an answer.
    is_open: bool,
    /// Whether the caller may give it: neither whom it is about nor who gave the sanction decides.
    may_answer: bool,
    #[serde(flatten)]
    sanction: Sanction,
}

/// `GET /api/sanctions/own`: what was done to the caller, in whatever room, the newest first.
pub async fn own(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Vec<InRoom>>, Problem> {
    let mut found = Vec::new();
    for (room, sanction) in all(&hospital).await? {
        if is_about(&hospital, &caller, (&room, &sanction)).await? {
            found.push(in_room(&hospital, room, sanction, false)?);
        }
    }
    Ok(Json(found))
}

/// `GET /api/sanctions`: all that was done in all rooms, those with an open appeal first, then the newest.
pub async fn list(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Vec<InRoom>>, Problem> {
    reviews(&hospital, &caller).await?;
    let mut found = Vec::new();
    for (room, sanction) in all(&hospital).await?.into_iter().take(MOST) {
        let is_party = sanction.by == caller.actor.id
            || is_about(&hospital, &caller, (&room, &sanction)).await?;
        found.push(in_room(&hospital, room, sanction, !is_party)?);
    }
    Ok(Json(found))
}

/// What comes of an appeal, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answering {
    grants: bool,
    reason: String,
}

/// `POST /api/sanctions/{room}/{number}/answer`: grants or refuses an appeal. It is an act of the room, of which those
/// inside hear, whether the caller is there or not.
pub async fn answer(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((room, number)): Path<(String, u64)>,
    Json(Answering { grants, reason }): Json<Answering>,
) -> Result<StatusCode, Problem> {
    reviews(&hospital, &caller).await?;
    let nowhere = || Problem::not_found("there is no such sanction");
    let room = RoomId::new(room).map_err(|_| nowhere())?;
    let mut known = all(&hospital).await?.into_iter();
    let known = known.find(|(at, one)| *at == room && one.number == number);
    let (_, sanction) = known.ok_or_else(nowhere)?;
    if is_about(&hospital, &caller, (&room, &sanction)).await? {
        return Err(refused(Refusal::NotYourself));
    }
    // The room is the hospital's to open: whoever decides sees no patient by it.
    let (_, stage) = hospital
        .room(&program("order"), &room)
        .await?
        .ok_or_else(nowhere)?;
    let about = about(&hospital, &stage);
    let permit = hospital.finding().await?;
    let who = (caller.actor.id, caller.actor.name);
    let answered = hospital.rooms.answer_appeal(
        (&hospital.record, permit, &about),
        who,
        number,
        (grants, reason),
    );
    let answered = answered.await.map_err(|error| Problem::internal(&error))?;
    answered.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(refusal: Refusal) -> Problem {
    let Text { zh, en } = refusal.text();
    let detail = format!("{zh} · {en}");
    match refusal {
        Refusal::ReasonNeeded | Refusal::TextTooLong => Problem::bad_input(detail),
        Refusal::NoAppeal => Problem::new(StatusCode::CONFLICT, "No open appeal", detail),
        _ => Problem::forbidden(detail),
    }
}

async fn reviews(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    let asked = hospital.permit(caller, Action::ReviewSanctions, &Object::Hospital);
    asked.await.map(drop)
}

/// Whether a sanction is about the caller, by name or by a pseudonym.
async fn is_about(
    hospital: &Hospital,
    caller: &Caller,
    (room, sanction): (&RoomId, &Sanction),
) -> Result<bool, Problem> {
    let me = &caller.actor.id;
    if sanction.actor == *me {
        return Ok(true);
    }
    if pseudonyms::code(&sanction.actor).is_none() {
        return Ok(false);
    }
    let known_as = pseudonyms::of(hospital, room, me).await?;
    Ok(known_as.as_ref() == Some(&sanction.actor))
}

fn in_room(
    hospital: &Hospital,
    room: RoomId,
    sanction: Sanction,
    may_answer: bool,
) -> Result<InRoom, Problem> {
    Ok(InRoom {
        place: gatherings::stage(&room).map(|stage| stage.title),
        by_name: pseudonyms::shown(hospital, &sanction.by)?,
        is_open: sanction.is_open(),
        may_answer: may_answer && sanction.is_open(),
        room,
        sanction,
    })
}

/// All sanctions, those with an open appeal first, then the newest. Of a journal only what has been added since the
/// last time is read.
async fn all(hospital: &Hospital) -> Result<Vec<(RoomId, Sanction)>, Problem> {
    let permit = hospital.finding().await?;
    let mut found = Vec::new();
    let mut read = hospital.sanctioned.0.lock().await;
    for (room, patient) in rooms(hospital).await? {
        let history = read.entry(room.clone()).or_default();
        let acts = hospital
            .record
            .room_acts(permit, &room, patient.as_ref(), history.next_number())
            .await?;
        for act in acts {
            let added: Result<(), OpenError> = history.read(kept_act(act));
            added.map_err(|error| Problem::internal(&error))?;
        }
        found.extend(history.all().map(|one| (room.clone(), one.clone())));
    }
    found.sort_by_key(|(_, one)| std::cmp::Reverse((one.is_open(), one.since, one.number)));
    Ok(found)
}

/// The rooms in which somebody was ever sanctioned, by the audit, and whom they are about.
async fn rooms(hospital: &Hospital) -> Result<BTreeMap<RoomId, Option<PatientId>>, Problem> {
    let given = |did: &&str| Match::Token {
        system: Some(SYSTEM.to_owned()),
        code: Some((*did).to_owned()),
    };
    let permit = hospital.finding().await?;
    let mut rooms = BTreeMap::new();
    let mut offset = 0;
    loop {
        let query = ResourceQuery {
            kind: "AuditEvent".to_owned(),
            terms: vec![Term {
                parameter: "subtype".to_owned(),
                any_of: GIVEN.iter().map(given).collect(),
            }],
            sort: vec![],
            limit: PAGE,
            offset,
        };
        let rows = hospital.record.search(permit, &query).await?.rows;
        offset += rows.len();
        let is_last = rows.len() < PAGE;
        for row in rows {
            let room = row.body.as_ref().and_then(room_of);
            rooms.extend(room.map(|room| (room, row.subject)));
        }
        if is_last {
            return Ok(rooms);
        }
    }
}

/// In which room an event of the audit was.
fn room_of(event: &Value) -> Option<RoomId> {
    let entities = event.get("entity")?.as_array()?;
    let mut names = entities.iter().filter_map(|one| one.get("name")?.as_str());
    let room = names.find_map(|name| name.strip_prefix("room "))?;
    RoomId::new(room).ok()
}

#[cfg(test)]
mod tests {
    use vocabulary::{ActorId, Timestamp};

    use super::*;

    #[test]
    fn the_room_of_an_act_of_order_is_found_in_its_event() {
        let actor = |name: &str| ActorId::new(name).unwrap();
        for patient in [None, Some(PatientId::new("p").unwrap())] {
            let room = RoomId::new("r-1").unwrap();
            let object = Object::Room {
                room: room.clone(),
                patient,
            };
            let whom = actor("wang.nurse");
            let event = fhir::order_event(&actor("li"), ("muted", &whom), &object, Timestamp(0));
            assert_eq!(room_of(&event), Some(room));
        }
        let object = Object::Hospital;
        let event = fhir::order_event(&actor("li"), ("muted", &actor("x")), &object, Timestamp(0));
        assert_eq!(room_of(&event), None);
    }
}
