//! What was done while rooms were recorded: in one recording, and in all of a patient's.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use policy::{Action, Object, Permit};
use record::RecordingFound;
use room::{ActKind, Change, Deed, Ordered, RecordingStep};
use scenario::Stage;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, PatientId, Place, RoomId, Text};

use super::recordings::{RecordingCard, audit, card, seal_of};
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    pseudonyms,
};

/// An answer ends with the recording that brings it to so many acts: an engineering number.
const ACTS: usize = 2_000;

/// An act that was done while the room was recorded.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export_to = "recordings.ts")]
pub struct RecordedAct {
    /// Its number in the room's journal.
    #[ts(type = "number")]
    pub(super) number: u64,
    /// Whose it was.
    #[ts(type = "string")]
    pub(super) actor: ActorId,
    /// Their name.
    pub(super) name: String,
    /// When, in milliseconds since the recording began.
    #[ts(type = "number")]
    pub(super) at_ms: i64,
    /// What kind of act it was.
    pub(super) act: ActKind,
    /// What became of each entity that it touched.
    pub(super) changes: Vec<Change>,
    /// What was done to keep order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub(super) order: Option<Ordered>,
    /// The step of a recording that was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub(super) recording: Option<RecordingStep>,
    /// The place of the hospital that the room became.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub(super) place: Option<Place>,
}

/// A recording with what was done meanwhile.
#[derive(Debug, Serialize, TS)]
#[ts(export_to = "recordings.ts")]
pub struct RecordedRoom {
    /// The room.
    #[ts(type = "string")]
    room: RoomId,
    /// What it was about.
    #[ts(type = "{ zh: string, en: string }")]
    title: Text,
    /// What is found of the recording.
    card: RecordingCard,
    /// What was done, in order.
    acts: Vec<RecordedAct>,
}

/// What was done in the recorded rooms of a patient.
#[derive(Debug, Serialize, TS)]
#[ts(export_to = "recordings.ts")]
pub struct RecordedActs {
    /// Whole recordings, the latest first.
    rooms: Vec<RecordedRoom>,
    /// Whether there are older ones: they are asked for by `before` the last one.
    has_older: bool,
}

/// From where on it is told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// When the recording began that the answer before ended with, in milliseconds since 1970.
    before: Option<i64>,
}

/// `GET /api/patients/{id}/recordings`: what was done in all recorded rooms of a patient, for who may see the patient.
/// What somebody looks for among it is no part of the question: an act is found by the words in which it is shown,
/// which are the client's, and words that are never sent stand in no address and no log.
pub async fn of_patient(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(Asked { before }): Query<Asked>,
) -> Result<Json<RecordedActs>, Problem> {
    let refused = |_| Problem::forbidden("there is no such patient, or you may not see the record");
    let patient = PatientId::new(id).map_err(refused)?;
    let object = Object::Patient(patient.clone());
    let permit = hospital
        .permit(&caller, Action::ReadRecord, &object)
        .await?;
    let mut found = hospital.record.recordings(&permit, None).await?;
    // Of what was erased there is no moment to go to.
    found.retain(|one| {
        let is_earlier = before.is_none_or(|before| one.started.0 < before);
        one.subject.as_ref() == Some(&patient) && one.erased.is_none() && is_earlier
    });
    found.sort_by_key(|one| Reverse(one.started));
    audit(&hospital, &caller, &object, "searched").await?;
    let (mut rooms, mut count) = (Vec::new(), 0);
    let mut left = found.into_iter();
    while count < ACTS
        && let Some(one) = left.next()
    {
        let Some((_, stage)) = hospital.room(&caller.actor, &one.room).await? else {
            continue;
        };
        let sealed = seal_of(&hospital, &permit, &one).await?;
        let acts = acts(&hospital, &permit, (&stage, &one)).await?;
        count += acts.len();
        rooms.push(RecordedRoom {
            room: stage.id,
            title: stage.title,
            card: card(&one, sealed.as_ref()),
            acts,
        });
    }
    Ok(Json(RecordedActs {
        rooms,
        has_older: left.next().is_some(),
    }))
}

/// What was done from the beginning of a recording to its end.
pub(super) async fn acts(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    (stage, found): (&Stage, &RecordingFound),
) -> Result<Vec<RecordedAct>, Problem> {
    let patient = stage.patient.as_ref();
    let acts = hospital
        .record
        .room_acts(permit, &stage.id, patient, found.recording)
        .await?;
    let mut names: BTreeMap<ActorId, String> = BTreeMap::new();
    let mut done = Vec::new();
    for act in acts {
        let at_ms = act.at.0.saturating_sub(found.started.0);
        if at_ms < 0 || at_ms > i64::from(found.duration_ms) {
            continue;
        }
        let deed: Deed =
            serde_json::from_value(act.act).map_err(|error| Problem::internal(&error))?;
        let name = match names.entry(act.actor.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(pseudonyms::shown(hospital, &act.actor)?),
        };
        done.push(RecordedAct {
            number: act.number,
            actor: act.actor,
            name: name.clone(),
            at_ms,
            act: deed.act,
            changes: deed.changes,
            order: deed.order,
            recording: deed.recording,
            place: deed.place,
        });
    }
    Ok(done)
}
