//! Recordings of a room: which there are, what is seen and heard in them, and how they go.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use media::{Spoken, track};
use policy::{Action, Object, Permit};
use record::{
    Batch, FactBody, NewFact, Precondition, RecordedChunk, RecordingFound, ResourceKey,
    SealedRecording,
};
use room::{Chunk, Moment, limits::CHUNK_BYTES};
use scenario::Stage;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{PatientId, RoomId, Text, Timestamp};

use super::{
    object_of,
    recorded_acts::{RecordedAct, acts},
};
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
};

/// How far a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "recordings.ts")]
pub enum RecordingCardState {
    /// It goes on.
    Running,
    /// It is whole, and proven by the ledger.
    Sealed,
    /// Its bytes were removed.
    Erased,
}

/// A recording of a room, as it is found.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export_to = "recordings.ts")]
pub struct RecordingCard {
    /// The recording: the number of the room's act that asked for it.
    #[ts(type = "number")]
    recording: u64,
    /// When it began.
    #[ts(type = "string")]
    started: Timestamp,
    /// How long it is, in milliseconds.
    duration_ms: u32,
    /// How many bytes are kept of it.
    #[ts(type = "number")]
    bytes: u64,
    /// How far it is.
    state: RecordingCardState,
    /// Why it ended.
    why: Option<String>,
    /// The journal entry that seals it.
    #[ts(type = "number | null")]
    entry: Option<u64>,
    /// The journal entry that removed its bytes.
    #[ts(type = "number | null")]
    erased: Option<u64>,
}

/// The recordings of a room, oldest first, and what the caller may do with them.
#[derive(Debug, Serialize, TS)]
#[ts(export_to = "recordings.ts")]
pub struct RoomRecordings {
    /// Which there are.
    recordings: Vec<RecordingCard>,
    /// Who may see the room's patient.
    may_replay: bool,
    /// Who runs the archive.
    may_erase: bool,
}

/// A part of a recording.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export_to = "recordings.ts")]
pub struct RecordingPart {
    /// Counts from 0.
    #[ts(type = "number")]
    pub(super) number: u64,
    /// What it begins with, in milliseconds since the recording began.
    from_ms: u32,
    /// What it ends with.
    to_ms: u32,
    /// The seats of those who are heard in it.
    pub(super) speakers: Vec<u16>,
    /// The digest of its bytes as they are kept.
    digest: String,
    /// How many bytes these are.
    #[ts(type = "number")]
    size: u64,
    /// The journal entry that keeps it.
    #[ts(type = "number")]
    entry: u64,
}

/// All of a recording but its parts' bytes.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export_to = "recordings.ts")]
pub struct RecordingWhole {
    /// What the room was about.
    #[ts(type = "{ zh: string, en: string }")]
    pub(super) title: Text,
    /// The scenario that the room belongs to, and with it the place; `null` where it belongs to none.
    #[ts(type = "string | null")]
    pub(super) scenario: Option<&'static str>,
    /// The patient met there; `null` where nobody's twin stood.
    #[ts(type = "string | null")]
    patient: Option<PatientId>,
    /// What is found of it.
    pub(super) card: RecordingCard,
    /// Packets of voices that could not be taken in.
    #[ts(type = "number")]
    pub(super) lost_packets: u64,
    /// Its parts, in order.
    pub(super) parts: Vec<RecordingPart>,
    /// What was done meanwhile, in order.
    pub(super) acts: Vec<RecordedAct>,
}

/// Why a recording is erased.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "recordings.ts")]
pub struct Erasure {
    /// In the words of whoever does it.
    reason: String,
}

/// A recording with a permit to read it.
pub(super) struct Opened {
    pub scenario: Option<&'static str>,
    pub stage: Stage,
    pub permit: Permit,
    pub found: RecordingFound,
    pub sealed: Option<SealedRecording>,
}

impl Opened {
    /// What the audit says that something was done with.
    pub fn about(&self) -> Object {
        Object::Room {
            room: self.stage.id.clone(),
            patient: self.stage.patient.clone(),
        }
    }
}

/// What somebody must be allowed to see: the room's patient, or the room where it is about none.
fn seen(stage: &Stage) -> Object {
    match &stage.patient {
        Some(patient) => Object::Patient(patient.clone()),
        None => object_of(stage),
    }
}

/// Who may see the room's patient may see what was recorded there; the decision stands in the ledger.
async fn may_see(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    id: &str,
) -> Result<(Option<&'static str>, Stage, Permit), Problem> {
    let refused =
        || Problem::forbidden("there is no such room, or its patient is not yours to see");
    let id = RoomId::new(id).map_err(|_| refused())?;
    let found = hospital.room(&caller.actor, &id).await?;
    let (scenario, stage) = found.ok_or_else(refused)?;
    let object = seen(&stage);
    let permit = hospital.permit(caller, Action::ReadRecord, &object).await?;
    Ok((scenario, stage, permit))
}

pub(super) async fn open(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    (id, recording): (&str, u64),
) -> Result<Opened, Problem> {
    let (scenario, stage, permit) = may_see(hospital, caller, id).await?;
    let all = hospital.record.recordings(&permit, Some(&stage.id)).await?;
    let found = all.into_iter().find(|one| one.recording == recording);
    let found = found.ok_or_else(|| Problem::not_found("this room has no such recording"))?;
    let sealed = seal_of(hospital, &permit, &found).await?;
    Ok(Opened {
        scenario,
        stage,
        permit,
        found,
        sealed,
    })
}

pub(super) async fn seal_of(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    found: &RecordingFound,
) -> Result<Option<SealedRecording>, Problem> {
    let Some(sequence) = found.sealed else {
        return Ok(None);
    };
    let entries = hospital.record.entries(permit, sequence, 1).await?;
    let body = entries.into_iter().next().map(|entry| entry.fact.body);
    Ok(match body {
        Some(FactBody::SealedRecording(sealed)) => Some(sealed),
        _ => None,
    })
}

pub(super) fn card(found: &RecordingFound, sealed: Option<&SealedRecording>) -> RecordingCard {
    RecordingCard {
        recording: found.recording,
        started: found.started,
        duration_ms: found.duration_ms,
        bytes: found.erased.map_or(found.bytes, |_| 0),
        state: match (found.erased, found.sealed) {
            (Some(_), _) => RecordingCardState::Erased,
            (None, Some(_)) => RecordingCardState::Sealed,
            (None, None) => RecordingCardState::Running,
        },
        why: sealed.map(|sealed| sealed.why.clone()),
        entry: found.sealed,
        erased: found.erased,
    }
}

/// `GET /api/rooms/{id}/recordings`: for who may see the room's patient. Who runs the archive gets the same list, so
/// that there is something to erase by, and sees nothing of what was recorded.
pub async fn list(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RoomRecordings>, Problem> {
    let may_erase = hospital
        .ask_where_granted(&caller.actor, Action::DeleteImaging, &Object::Hospital)
        .await;
    let may_replay = !may_erase || is_seen(&hospital, &caller, &id).await?;
    let recordings = if may_replay {
        let (_, stage, permit) = may_see(&hospital, &caller, &id).await?;
        cards(&hospital, &permit, &stage.id).await?
    } else {
        let none = |_| Problem::not_found("there is no such room");
        let room = RoomId::new(&id).map_err(none)?;
        cards(&hospital, hospital.finding().await?, &room).await?
    };
    Ok(Json(RoomRecordings {
        recordings,
        may_replay,
        may_erase,
    }))
}

/// Whether the room's patient is the caller's to see, for one whom it is no attempt to be refused.
async fn is_seen(hospital: &Arc<Hospital>, caller: &Caller, id: &str) -> Result<bool, Problem> {
    let Ok(id) = RoomId::new(id) else {
        return Ok(false);
    };
    let Some((_, stage)) = hospital.room(&caller.actor, &id).await? else {
        return Ok(false);
    };
    let (actor, object) = (&caller.actor, seen(&stage));
    Ok(hospital
        .ask_where_granted(actor, Action::ReadRecord, &object)
        .await)
}

async fn cards(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    room: &RoomId,
) -> Result<Vec<RecordingCard>, Problem> {
    let mut cards = Vec::new();
    for found in hospital.record.recordings(permit, Some(room)).await? {
        let sealed = seal_of(hospital, permit, &found).await?;
        cards.push(card(&found, sealed.as_ref()));
    }
    Ok(cards)
}

/// `GET /api/rooms/{id}/recordings/{n}`: what it consists of, and what was done meanwhile. That somebody replays it
/// stands in the audit.
pub async fn whole(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, recording)): Path<(String, u64)>,
) -> Result<Json<RecordingWhole>, Problem> {
    let opened = open(&hospital, &caller, (&id, recording)).await?;
    audit(&hospital, &caller, &opened.about(), "replayed").await?;
    Ok(Json(describe(&hospital, &opened).await?))
}

pub(super) async fn describe(
    hospital: &Arc<Hospital>,
    opened: &Opened,
) -> Result<RecordingWhole, Problem> {
    let Opened {
        stage,
        permit,
        found,
        sealed,
        ..
    } = opened;
    let chunks = hospital
        .record
        .recorded_chunks(permit, &stage.id, found.recording)
        .await?;
    let parts = chunks.into_iter().map(|(entry, chunk)| {
        let RecordedChunk {
            number,
            from_ms,
            to_ms,
            speakers,
            digest,
            size,
            ..
        } = chunk;
        RecordingPart {
            number,
            from_ms,
            to_ms,
            speakers,
            digest: digest.to_string(),
            size,
            entry,
        }
    });
    Ok(RecordingWhole {
        title: stage.title.clone(),
        scenario: opened.scenario,
        patient: stage.patient.clone(),
        card: card(found, sealed.as_ref()),
        lost_packets: sealed.as_ref().map_or(0, |sealed| sealed.lost_packets),
        parts: parts.collect(),
        acts: acts(hospital, permit, (stage, found)).await?,
    })
}

/// `GET /api/rooms/{id}/recordings/{n}/parts/{k}`: frames of the room and packets of voices, as crate `room`
/// writes them.
pub async fn part(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, recording, number)): Path<(String, u64, u64)>,
) -> Result<Response, Problem> {
    let opened = open(&hospital, &caller, (&id, recording)).await?;
    let bytes = bytes_of(&hospital, &opened, number).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_ENCODING, "zstd"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, bytes).into_response())
}

async fn bytes_of(
    hospital: &Arc<Hospital>,
    opened: &Opened,
    number: u64,
) -> Result<Bytes, Problem> {
    let (record, room) = (&hospital.record, &opened.stage.id);
    let recording = opened.found.recording;
    let bytes = record
        .recorded_bytes(&opened.permit, room, recording, number)
        .await?;
    bytes.ok_or_else(|| {
        Problem::new(
            StatusCode::GONE,
            "Nothing is kept of it",
            "该段录制不存在或已被删除 · there is no such part, or its bytes were removed",
        )
    })
}

/// A part of a recording, read.
pub(super) async fn read(
    hospital: &Arc<Hospital>,
    opened: &Opened,
    number: u64,
) -> Result<Chunk, Problem> {
    let bytes = bytes_of(hospital, opened, number).await?;
    let read = tokio::task::spawn_blocking(move || {
        let raw = zstd::bulk::decompress(&bytes, CHUNK_BYTES + (1 << 20))?;
        Chunk::read(&raw).map_err(std::io::Error::other)
    });
    let read = read.await.map_err(|error| Problem::internal(&error))?;
    read.map_err(|error| Problem::internal(&error))
}

/// What one speaker said in a part.
pub(super) fn spoken(chunk: Chunk, speaker: u16) -> impl Iterator<Item = Spoken> {
    let moments = chunk.moments.into_iter();
    moments.filter_map(move |(at_ms, moment)| match moment {
        Moment::Voice {
            participant,
            clock,
            packet,
        } if participant == speaker => Some(Spoken {
            at_ms,
            clock,
            packet,
        }),
        _ => None,
    })
}

/// `GET /api/rooms/{id}/recordings/{n}/parts/{k}/voice/{participant}`: what one speaker said in a part, as Ogg Opus
/// that begins with the part.
pub async fn voice(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, recording, number, speaker)): Path<(String, u64, u64, u16)>,
) -> Result<Response, Problem> {
    let opened = open(&hospital, &caller, (&id, recording)).await?;
    let chunk = read(&hospital, &opened, number).await?;
    let from_ms = chunk.moments.first().map_or(0, |(at_ms, _)| *at_ms);
    let packets: Vec<Spoken> = spoken(chunk, speaker).collect();
    let file = track(&packets, from_ms, u32::from(speaker));
    let headers = [
        (header::CONTENT_TYPE, "audio/ogg"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, file).into_response())
}

/// `POST /api/rooms/{id}/recordings/{n}/erase`: its bytes are removed for good; that it was, stays.
pub async fn erase(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, recording)): Path<(String, u64)>,
    Json(Erasure { reason }): Json<Erasure>,
) -> Result<StatusCode, Problem> {
    // Who runs the archive takes things out of it, without seeing them.
    hospital
        .permit(&caller, Action::DeleteImaging, &Object::Hospital)
        .await?;
    let reason = reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > room::limits::REASON_CHARACTERS {
        return Err(Problem::bad_input("say why, in at most 300 characters"));
    }
    let none = || Problem::not_found("this room has no such recording");
    let room = RoomId::new(&id).map_err(|_| none())?;
    let permit = hospital.finding().await?;
    let all = hospital.record.recordings(permit, Some(&room)).await?;
    let found = all.into_iter().find(|one| one.recording == recording);
    let found = found.ok_or_else(none)?;
    if found.sealed.is_none() {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "Not erased",
            "录制尚未结束 · the recording still goes on",
        ));
    }
    if found.erased.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let about = Object::Room {
        room: room.clone(),
        patient: found.subject,
    };
    let fact = NewFact::EraseRecording {
        room,
        recording,
        reason,
    };
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![
            (fact, Precondition::None),
            audited(&caller, &about, "erased"),
        ],
    };
    hospital.record.commit(batch).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn audited(caller: &Caller, about: &Object, did: &str) -> (NewFact, Precondition) {
    let body = fhir::recording_event(&caller.actor.id, did, about, clock::now());
    let fact = NewFact::PutResource {
        key: ResourceKey {
            kind: "AuditEvent".into(),
            id: uuid::Uuid::now_v7().to_string(),
        },
        subject: fhir::patient_of(&body),
        body,
    };
    (fact, Precondition::None)
}

/// Writes into the audit what somebody does with a recording.
pub(super) async fn audit(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    about: &Object,
    did: &str,
) -> Result<(), Problem> {
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![audited(caller, about, did)],
    };
    hospital.record.commit(batch).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::recorded_acts::RecordedActs;
    use super::*;

    #[test]
    fn the_types_of_the_client_are_those_of_the_server() {
        let directory = tempfile::tempdir().unwrap();
        let config = ts_rs::Config::new().with_out_dir(directory.path());
        RecordingWhole::export_all(&config).unwrap();
        Erasure::export_all(&config).unwrap();
        RoomRecordings::export_all(&config).unwrap();
        RecordedActs::export_all(&config).unwrap();
        let types = std::fs::read_to_string(directory.path().join("recordings.ts")).unwrap();
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract/recordings.ts");
        if std::env::var_os("UPDATE_CONTRACT").is_some() {
            std::fs::write(&path, &types).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), types);
    }
}
