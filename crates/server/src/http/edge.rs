//! What edges send: readings that are on their disks already, and leave their outboxes once they are on ours.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    routing::{get, post},
};
use policy::{Action, Object, Permit};
use record::{Arrived, QualityMark, Readings, RecordError, ResourceKey};
use vocabulary::PatientId;

use crate::{
    edge::{CloudAnswer, EdgeState, NotTaken},
    hospital::Hospital,
    http::{Caller, Problem},
};

/// A batch may have so many bytes, as it is sent and as it is read.
const MOST_BYTES: usize = 8 << 20;
const MOST_BYTES_READ: usize = 64 << 20;

/// `/edge`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new().route("/edge", get(state)).route(
        "/edge/readings",
        post(readings).layer(DefaultBodyLimit::max(MOST_BYTES)),
    )
}

/// How this edge stands with its cloud.
async fn state(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<EdgeState>, Problem> {
    hospital
        .permit(&caller, Action::Administer, &Object::Hospital)
        .await?;
    let edge = hospital.edge.as_ref();
    let edge = edge.ok_or_else(|| Problem::not_found("this hospital is no edge"))?;
    let state = edge.state().map_err(|error| Problem::internal(&error))?;
    Ok(Json(state))
}

/// Takes a batch: all of it is on disk when this is answered, but for what the answer names.
async fn readings(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    body: Bytes,
) -> Result<Json<CloudAnswer>, Problem> {
    hospital
        .permit(&caller, Action::WriteRecord, &Object::Everyone)
        .await?;
    let work = hospital.own_permit("know whom an edge sends about", Action::ReadRecord);
    let permit = work.await.map_err(|_| RecordError::NotPermitted)?;
    let sent = zstd::bulk::decompress(&body, MOST_BYTES_READ)
        .map_err(|_| Problem::bad_input("send readings as JSON, compressed with zstd"))?;
    let sent: Vec<Arrived> = serde_json::from_slice(&sent)
        .map_err(|_| Problem::bad_input("send readings as this program writes them"))?;
    let mut patients = Patients {
        hospital: &hospital,
        permit: &permit,
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
        let counts: Vec<_> = taken.iter().map(|one| one.readings.count()).collect();
        let kept = hospital.signals.append(taken).await?;
        hospital.devices.came_by_edge(&from, &counts);
        hospital.devices.were_known(&from, &kept);
    }
    Ok(Json(CloudAnswer { refused }))
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
    match &arrived.subject {
        Some(subject) if !patients.are_known(subject).await? => no("find the patient"),
        _ => Ok(None),
    }
}

/// Patients of one batch, each looked up once.
struct Patients<'a> {
    hospital: &'a Hospital,
    permit: &'a Permit,
    known: HashMap<PatientId, bool>,
}

impl Patients<'_> {
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
        let known = found.is_some_and(|version| version.body.is_some());
        self.known.insert(patient.clone(), known);
        Ok(known)
    }
}
