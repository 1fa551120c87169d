//! `/api/patients/{id}`: the twin now, and over time.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use jiff::tz::TimeZone;
use policy::{Action, Object, Permit};
use record::ResourceKey;
use serde::Deserialize;
use twin::{
    PatientTwin, Timeline, View,
    timeline::{end_in, start_in},
};
use vocabulary::{PatientId, Timestamp};

use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem, fhir},
    twins::{
        self,
        over_time::{self, Read},
    },
};

/// `/patients/{id}/twin`, `/patients/{id}/timeline` and the timeline as a FHIR collection.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/patients/{id}/twin", get(now))
        .route("/patients/{id}/timeline", get(timeline))
        .route("/patients/{id}/timeline/bundle", get(bundle))
}

fn refused() -> Problem {
    Problem::forbidden("there is no such patient, or you may not see the record")
}

/// A patient whose record the caller may read, and the permit for it.
async fn permitted(
    hospital: &Hospital,
    caller: &Caller,
    id: String,
) -> Result<(PatientId, Permit), Problem> {
    let patient = PatientId::new(id).map_err(|_| refused())?;
    let object = Object::Patient(patient.clone());
    let permit = hospital.permit(caller, Action::ReadRecord, &object).await?;
    Ok((patient, permit))
}

async fn now(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<PatientTwin>, Problem> {
    let (patient, permit) = permitted(&hospital, &caller, id).await?;
    let twin = twins::of(&hospital, &permit, &patient).await?;
    twin.map(Json).ok_or_else(refused)
}

/// What is looked at: days or moments, as FHIR writes them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    at: Option<String>,
    recorded: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl Asked {
    fn view(&self, zone: &TimeZone) -> Result<View, Problem> {
        // A day is meant whole, as the hospital has it: until its last moment, from its first.
        let last = |text: &Option<String>| bound(text.as_deref(), |text| end_in(text, zone));
        let now = clock::now();
        Ok(View {
            at: last(&self.at)?.unwrap_or(now),
            recorded: last(&self.recorded)?.unwrap_or(now),
            from: bound(self.from.as_deref(), |text| start_in(text, zone))?,
            until: last(&self.to)?,
            zone: zone.clone(),
        })
    }
}

fn bound(
    text: Option<&str>,
    read: impl Fn(&str) -> Option<i64>,
) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let ms = read(text).ok_or_else(|| {
        Problem::bad_input("write at, recorded, from and to as YYYY-MM-DD or as RFC 3339")
    })?;
    Ok(Some(Timestamp(ms)))
}

/// All that the caller may see of a patient.
async fn read(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    id: String,
) -> Result<(PatientId, Permit, Read), Problem> {
    let (patient, permit) = permitted(hospital, caller, id).await?;
    let object = Object::Patient(patient.clone());
    // Who may not see images sees what the record says all the same.
    let imaging = hospital.permit(caller, Action::ReadImaging, &object).await;
    let read = over_time::read(hospital, &permit, imaging.as_ref().ok(), &patient).await?;
    Ok((patient, permit, read))
}

async fn timeline(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Timeline>, Problem> {
    let view = asked.view(hospital.config.time_zone.rules())?;
    let (patient, _, read) = read(&hospital, &caller, id).await?;
    Ok(Json(read.view(&patient, &view)))
}

/// The same as a file for other programs.
async fn bundle(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = asked.view(hospital.config.time_zone.rules())?;
    let (patient, permit, read) = read(&hospital, &caller, id).await?;
    let key = ResourceKey {
        kind: "Patient".to_owned(),
        id: patient.to_string(),
    };
    let found = hospital.record.resource(&permit, &key, None).await?;
    let body = found.and_then(|version| version.body).ok_or_else(refused)?;
    let base = fhir::address(&hospital, &headers);
    let collection = read.collection((&patient, &body), &view, &base);
    let headers = [
        (header::CONTENT_TYPE, "application/fhir+json"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"record.json\"",
        ),
    ];
    Ok((headers, collection.to_string()).into_response())
}
