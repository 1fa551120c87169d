//! What edges send: readings and alarms that are on their disks already, and leave their outboxes once they are on
//! ours; and what they are handed and asked.

use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow::{self, Break, Continue},
    sync::Arc,
};

use ::devices::Package;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::HeaderMap,
    response::Response,
    routing::{get, post, put},
};
use policy::{Action, Actor, Object, PasswordHash, PasswordRule, Permit, Scope, random_password};
use record::{Arrived, QualityMark, Readings, RecordError, ResourceKey};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use vocabulary::{ActorId, DeviceId, Digest, PatientId};

use crate::{
    clock,
    edge::{CloudAnswer, EdgeState, NotTaken},
    edges::{Down, Up},
    hospital::Hospital,
    http::{Caller, LargeBody, Problem, upgrades},
    ward::{self, Told, Written},
};

/// A batch may have so many bytes, as it is sent and as it is read.
const MOST_BYTES: usize = 8 << 20;
const MOST_BYTES_READ: usize = 64 << 20;
/// How long the token of an edge lives: a year, after which somebody looks at it again.
const TOKEN_MS: i64 = 365 * 24 * 3_600_000;

/// `/edge`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/edge", get(state))
        .route("/edge/again", post(again))
        .route(
            "/edge/readings",
            post(readings).layer(DefaultBodyLimit::max(MOST_BYTES)),
        )
        .route(
            "/edge/alarms",
            post(alarms).layer(DefaultBodyLimit::max(MOST_BYTES)),
        )
        .route(
            "/edge/written",
            post(written).layer(DefaultBodyLimit::max(MOST_BYTES)),
        )
        .route(
            "/edge/line",
            post(line).layer(DefaultBodyLimit::max(MOST_BYTES)),
        )
        .route("/edge/packages/{id}", get(package))
        .route("/edges", get(all))
        .route("/edges/{id}", put(register).delete(remove))
}

/// How this edge stands with its cloud.
async fn state(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<EdgeState>, Problem> {
    administers(&hospital, &caller).await?;
    let edge = hospital.edge.as_ref();
    let edge = edge.ok_or_else(|| Problem::not_found("this hospital is no edge"))?;
    Ok(Json(edge.stands(hospital.signals.room()).await?))
}

/// Tries once more what the cloud did not take of this edge.
async fn again(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    let edge = hospital.edge.clone();
    let edge = edge.ok_or_else(|| Problem::not_found("this hospital is no edge"))?;
    let again = tokio::task::spawn_blocking(move || edge.try_again()).await;
    let again = again.map_err(|error| Problem::internal(&error))??;
    Ok(Json(json!({"again": again})))
}

/// Takes a batch: all of it is on disk when this is answered, but for what the answer names.
async fn readings(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    body: LargeBody,
) -> Result<Json<CloudAnswer>, Problem> {
    let is_edge = is_edge(&hospital, &caller).await?;
    if is_edge {
        hospital.edges.hear(&caller.actor.id);
    }
    let sent: Vec<Arrived> = unpacked(&hospital, body).await?;
    let mut patients = Patients {
        hospital: &hospital,
        permit: hospital.for_edges().await?,
        edge: is_edge.then_some(&caller.actor.id),
        known: HashMap::new(),
    };
    let mut refused = Vec::new();
    let mut taken = Vec::new();
    for (index, arrived) in sent.into_iter().enumerate() {
        match refusal(&hospital, &mut patients, &arrived).await? {
            Some(why) => refused.push(NotTaken { index, why }),
            None => taken.push(alone(arrived)),
        }
    }
    if !taken.is_empty() {
        let from: Vec<_> = taken.iter().map(|one| one.stream.device.clone()).collect();
        if is_edge {
            hospital.devices.come_by_edge(&from, &caller.actor.id);
        }
        let counts: Vec<_> = taken.iter().map(|one| one.readings.count()).collect();
        let kept = hospital.signals.append(taken).await?;
        hospital.devices.came_by_edge(&from, &counts);
        hospital.devices.were_known(&from, &kept);
    }
    let edge = is_edge.then_some(&caller.actor.id);
    Ok(answered(&hospital, edge, refused))
}

/// Says what is not taken, and notes it for who administers here.
fn answered(
    hospital: &Hospital,
    edge: Option<&ActorId>,
    refused: Vec<NotTaken>,
) -> Json<CloudAnswer> {
    if let Some(edge) = edge {
        hospital.edges.note_not_taken(edge, &refused);
    }
    Json(CloudAnswer { refused })
}

/// Whether an edge sends, or else a program of the hospital: nobody else speaks for devices of all patients.
async fn is_edge(hospital: &Hospital, caller: &Caller) -> Result<bool, Problem> {
    if hospital.edges.is_edge(&caller.actor.id) {
        return Ok(true);
    }
    let asked = hospital.permit(caller, Action::WriteRecord, &Object::Everyone);
    if *asked.await?.scope() == Scope::All {
        return Ok(false);
    }
    Err(Problem::forbidden(
        "edges and programs of the hospital send here: `yuanyi edge put` makes an edge",
    ))
}

async fn unpacked<T: DeserializeOwned>(hospital: &Hospital, body: LargeBody) -> Result<T, Problem> {
    let body = body.whole(&hospital.memory).await?;
    let sent = zstd::bulk::decompress(&body.bytes, MOST_BYTES_READ)
        .map_err(|_| Problem::bad_input("send JSON, compressed with zstd"))?;
    serde_json::from_slice(&sent)
        .map_err(|_| Problem::bad_input("send it as this program writes it"))
}

/// Takes alarms of an edge, as [`readings`] takes readings.
async fn alarms(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    body: LargeBody,
) -> Result<Json<CloudAnswer>, Problem> {
    match told::<Told>(&hospital, &caller, body).await? {
        Break(none) => Ok(none),
        Continue((told, permit)) => {
            let edge = &caller.actor.id;
            let refused = ward::take_told(&hospital, permit, edge, told).await?;
            Ok(answered(&hospital, Some(edge), refused))
        }
    }
}

/// Takes what people wrote down at an edge, as [`readings`] takes readings.
async fn written(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    body: LargeBody,
) -> Result<Json<CloudAnswer>, Problem> {
    match told::<Written>(&hospital, &caller, body).await? {
        Break(none) => Ok(none),
        Continue((told, permit)) => {
            let edge = &caller.actor.id;
            let refused = ward::take_written(&hospital, permit, edge, told).await?;
            Ok(answered(&hospital, Some(edge), refused))
        }
    }
}

/// What an edge tells of its journal, with the permit to take it. Who sends readings as a program of the hospital may go
/// on with that, and nothing else of theirs is taken: their alarms are found here by the same rules.
async fn told<'h, T: DeserializeOwned>(
    hospital: &'h Hospital,
    caller: &Caller,
    body: LargeBody,
) -> Result<ControlFlow<Json<CloudAnswer>, (Vec<T>, &'h Permit)>, Problem> {
    let is_edge = is_edge(hospital, caller).await?;
    let told: Vec<T> = unpacked(hospital, body).await?;
    if !is_edge {
        return Ok(Break(none_of(told.len())));
    }
    hospital.edges.hear(&caller.actor.id);
    Ok(Continue((told, hospital.for_edges().await?)))
}

/// None of so many is taken, since who tells them is no edge.
fn none_of(count: usize) -> Json<CloudAnswer> {
    let why = "take this of an edge that is none of this hospital: `yuanyi edge put`";
    let refused = (0..count).map(|index| NotTaken {
        index,
        why: why.to_owned(),
    });
    Json(CloudAnswer {
        refused: refused.collect(),
    })
}

/// Hears an edge, and answers as soon as there is something for it, or a little later with nothing.
async fn line(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    body: LargeBody,
) -> Result<Json<Down>, Problem> {
    if !hospital.edges.is_edge(&caller.actor.id) {
        return Err(Problem::forbidden(
            "this account is no edge: `yuanyi edge put` makes it one",
        ));
    }
    let body = body.whole(&hospital.memory).await?;
    let up: Up = serde_json::from_slice(&body.bytes)
        .map_err(|_| Problem::bad_input("send it as this program writes it"))?;
    // The answer may take a while.
    drop(body);
    Ok(Json(hospital.hear_edge(&caller.actor.id, up).await?))
}

/// The file of a package for devices, or a part of it, for an edge that looks at its signature itself.
async fn package(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<Digest>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let none = || Problem::not_found("there is no such package");
    if !hospital.edges.is_edge(&caller.actor.id) {
        return Err(none());
    }
    let published = hospital.upgrades.package(&id).ok_or_else(none)?;
    let note = Package::file(&published.package.note, &[]);
    upgrades::give(&hospital, &headers, (&published, &note), &id).await
}

async fn administers(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    let asked = hospital.permit(caller, Action::Administer, &Object::Hospital);
    asked.await.map(drop)
}

/// The edges of this hospital.
async fn all(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    let edges = hospital.edges.all()?;
    Ok(Json(json!({"edges": edges, "now": clock::now()})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEdge {
    /// The locations that it works for, with all that lies within them.
    locations: Vec<String>,
}

/// Makes an edge, or changes for which locations it works; its new token, which ends those before.
async fn register(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(NewEdge { locations }): Json<NewEdge>,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    let id = ActorId::new(id).map_err(|error| Problem::bad_input(error.to_string()))?;
    DeviceId::new(id.as_str()).map_err(|error| Problem::bad_input(error.to_string()))?;
    let known = hospital.accounts.find(&id)?;
    if known.is_some() && !hospital.edges.is_edge(&id) {
        return Err(Problem::bad_input(
            "use another name: an account has this one",
        ));
    }
    for location in &locations {
        let key = ResourceKey {
            kind: "Location".to_owned(),
            id: location.clone(),
        };
        let permit = hospital.for_edges().await?;
        let found = hospital.record.resource(permit, &key, None).await?;
        if found.is_none_or(|version| version.body.is_none()) {
            return Err(Problem::bad_input("could not find the location"));
        }
    }
    if locations.is_empty() {
        return Err(Problem::bad_input("name at least one location"));
    }
    let said = locations.join(" ");
    hospital
        .note_edge(&caller.actor.id, &id, "edge-put", &said)
        .await?;
    // Nobody knows this password: an edge comes by its token alone.
    let password = PasswordHash::of(&random_password(), PasswordRule::Hospital);
    let password = password.map_err(|error| Problem::internal(&error))?;
    let account = Actor {
        id: id.clone(),
        name: id.to_string(),
        roles: BTreeSet::new(),
        patient: None,
    };
    hospital.accounts.put(&account, &password)?;
    hospital.edges.put(&id, &locations)?;
    let token = hospital.accounts.issue(&id, TOKEN_MS, None)?;
    Ok(Json(json!({"token": token})))
}

/// Ends an edge: its token opens nothing any more, and who treats here leads its alarms.
async fn remove(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    let none = || Problem::not_found("there is no such edge");
    let id = ActorId::new(id).map_err(|_| none())?;
    if !hospital.edges.is_edge(&id) {
        return Err(none());
    }
    hospital
        .note_edge(&caller.actor.id, &id, "edge-remove", "")
        .await?;
    hospital.accounts.disable(&id)?;
    hospital.edges.remove(&id)?;
    Ok(Json(json!({})))
}

/// The observation that a reading was made of stayed at the edge: here it stands for itself.
fn alone(mut arrived: Arrived) -> Arrived {
    let stayed = QualityMark::FromObservation;
    arrived.quality.retain(|mark| *mark != stayed);
    arrived
}

/// Why something is not taken, also when it comes again.
async fn refusal(
    hospital: &Hospital,
    patients: &mut Patients<'_>,
    arrived: &Arrived,
) -> Result<Option<String>, RecordError> {
    let no = |why: &str| Ok(Some(why.to_owned()));
    let Some(device) = hospital.devices.find(&arrived.stream.device) else {
        return no("find the device in the registry");
    };
    if let Some(edge) = patients.edge
        && !hospital
            .was_given(edge, "Device", device.id.as_str())
            .await?
    {
        return no("find the device among those of this edge");
    }
    if let Some(place) = ward::place_said(&arrived.coding.code) {
        // No stream of a profile: what the device's state said, which the edge has read.
        if !hospital.is_location(patients.permit, place).await? {
            return no("find the location");
        }
        return patients.refuse_unknown(arrived).await;
    }
    let Some(stream) = device.profile.stream(&arrived.stream.stream) else {
        return no("find the stream in the device's profile");
    };
    if stream.unit != arrived.unit || !stream.is_named(&arrived.coding.code) {
        return no("use another code or unit than the stream's");
    }
    let can_be = match &arrived.readings {
        Readings::One { value, .. } => stream.is_plausible(*value),
        Readings::Regular { values, .. } => values.iter().all(|value| stream.is_plausible(*value)),
    };
    if !can_be {
        return no("believe a value outside the stream's range");
    }
    patients.refuse_unknown(arrived).await
}

/// Patients of one batch, each looked up once.
struct Patients<'a> {
    hospital: &'a Hospital,
    permit: &'a Permit,
    /// The edge that sends, where it is registered as one.
    edge: Option<&'a ActorId>,
    known: HashMap<PatientId, bool>,
}

impl Patients<'_> {
    async fn refuse_unknown(&mut self, arrived: &Arrived) -> Result<Option<String>, RecordError> {
        Ok(match &arrived.subject {
            Some(subject) if !self.are_known(subject).await? => Some("find the patient".to_owned()),
            _ => None,
        })
    }

    async fn are_known(&mut self, patient: &PatientId) -> Result<bool, RecordError> {
        if let Some(known) = self.known.get(patient) {
            return Ok(*known);
        }
        let key = ResourceKey {
            kind: "Patient".to_owned(),
            id: patient.to_string(),
        };
        let found = self
            .hospital
            .record
            .resource(self.permit, &key, None)
            .await?;
        let mut known = found.is_some_and(|version| version.body.is_some());
        if let Some(edge) = self.edge.filter(|_| known) {
            let (kind, id) = (&key.kind, &key.id);
            known = self.hospital.was_given(edge, kind, id).await?;
        }
        self.known.insert(patient.clone(), known);
        Ok(known)
    }
}
