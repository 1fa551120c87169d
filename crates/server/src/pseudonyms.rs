//! Patients who come into a room under a pseudonym. The room knows nothing but the pseudonym; who stands behind it
//! is sealed in the record, and two people together may find it out.

use policy::{Actor, Role};
use record::RecordError;
use serde::{Deserialize, Serialize};
use vocabulary::{ActorId, PatientId, ProjectId, RoomId};

use crate::{
    gatherings,
    hospital::{Hospital, hospital_actor},
    http::Problem,
    research::facts::{self, Found, Kind, New},
};

/// What the id of a pseudonym begins with; that of no account does.
pub const PREFIX: &str = "pseudonym.";
/// How many codes are tried before a room counts as having none left.
const TRIES: usize = 32;

/// Who stands behind a pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// The patient.
    pub patient: PatientId,
    /// The account by which they came into a room.
    pub account: Option<ActorId>,
}

/// Whether somebody comes into a room as a patient in whose record it is not: then it matters who learns their name.
pub fn is_open_to(room: &RoomId, actor: &Actor) -> bool {
    gatherings::is_for_patients(room) && is_patient(actor) && actor.patient.is_some()
}

/// Whether somebody is here as a patient and as nothing else.
pub fn is_patient(actor: &Actor) -> bool {
    let cares = [Role::Expert, Role::TerminalDoctor, Role::Nurse];
    actor.roles.contains(&Role::Patient) && actor.roles.is_disjoint(&cares.into())
}

/// What a pseudonym is called: three characters that mean nothing.
pub fn code(pseudonym: &ActorId) -> Option<String> {
    let code = pseudonym.as_str().strip_prefix(PREFIX)?;
    Some(code.to_ascii_uppercase())
}

/// The name to show of somebody whom a room's journal has: the code, where it has a pseudonym.
pub fn shown(hospital: &Hospital, actor: &ActorId) -> Result<String, Problem> {
    if let Some(code) = code(actor) {
        return Ok(code);
    }
    let known = hospital.accounts.find(actor);
    let known = known.map_err(|error| Problem::internal(&error))?;
    Ok(known.map_or_else(|| actor.to_string(), |known| known.name))
}

/// The facts of a room's pseudonyms, under its name as those of a project are under the project's.
pub fn circle(room: &RoomId) -> Result<ProjectId, Problem> {
    ProjectId::new(room.as_str()).map_err(|error| Problem::internal(&error))
}

/// Where who stands behind a code lies; there can be one in a room.
fn place(room: &RoomId, code: &str) -> String {
    format!("pseudonym-{room}-{}", code.to_ascii_lowercase())
}

/// The pseudonym under which an account is known in a room, if it is.
pub async fn of(
    hospital: &Hospital,
    room: &RoomId,
    account: &ActorId,
) -> Result<Option<ActorId>, Problem> {
    let all = facts::all::<Behind>(hospital, Kind::RoomIdentity, Some(&circle(room)?)).await?;
    let is_theirs = |one: &Found<Behind>| one.content.account.as_ref() == Some(account);
    let Some(own) = all.into_iter().find(is_theirs) else {
        return Ok(None);
    };
    let code = own.id.strip_prefix(&place(room, "")).unwrap_or_default();
    pseudonym(code).map(Some)
}

/// The codes of a room, in an order that says nothing of when they were made.
pub async fn codes(hospital: &Hospital, room: &RoomId) -> Result<Vec<String>, Problem> {
    let all = facts::all::<Behind>(hospital, Kind::RoomIdentity, Some(&circle(room)?)).await?;
    let begins = place(room, "");
    let codes = all.iter().filter_map(|one| one.id.strip_prefix(&begins));
    let mut codes: Vec<_> = codes.map(str::to_ascii_uppercase).collect();
    codes.sort();
    Ok(codes)
}

fn pseudonym(code: &str) -> Result<ActorId, Problem> {
    ActorId::new(format!("{PREFIX}{code}")).map_err(|error| Problem::internal(&error))
}

/// Who stands behind a code of a room.
pub async fn behind(
    hospital: &Hospital,
    room: &RoomId,
    code: &str,
) -> Result<Option<Behind>, Problem> {
    // What is no code names no fact.
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let found = facts::get::<Behind>(hospital, &place(room, code)).await?;
    Ok(found.map(|found| found.content))
}

/// Gives an account the pseudonym under which it is known in a room from now on.
pub async fn give(hospital: &Hospital, room: &RoomId, actor: &Actor) -> Result<ActorId, Problem> {
    if let Some(own) = of(hospital, room, &actor.id).await? {
        return Ok(own);
    }
    let Some(patient) = actor.patient.clone() else {
        return Err(Problem::forbidden("a pseudonym is for patients"));
    };
    let behind = Behind {
        patient,
        account: Some(actor.id.clone()),
    };
    let circle = circle(room)?;
    for _ in 0..TRIES {
        let code = format!("{:03x}", rand::random::<u16>() & 0xfff);
        let new = New {
            kind: Kind::RoomIdentity,
            id: place(room, &code),
            project: &circle,
            // Whose it is, is what is hidden: the record says it neither here nor by who wrote it.
            subject: None,
            content: &behind,
            after: 0,
        };
        let (fact, precondition) = facts::fact(hospital, &new)?;
        let batch = record::Batch {
            actor: hospital_actor(),
            facts: vec![(fact, precondition)],
        };
        match hospital.record.commit(batch).await {
            Ok(_) => return pseudonym(&code),
            // Somebody else has this one.
            Err(RecordError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(
        axum::http::StatusCode::CONFLICT,
        "No pseudonym left",
        "此房间已没有可用的代号 · this room has no pseudonym left",
    ))
}
