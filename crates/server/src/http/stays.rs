//! Who lies in a bed, as those who treat say it: somebody comes, moves or leaves. It is their `Encounter` that says so.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::put,
};
use policy::{Action, Object};
use record::{Batch, Match, NewFact, Precondition, ResourceKey, ResourceVersion, Term};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::{PatientId, Timestamp};

use super::ward::treats;
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
    ward::{self, Bed, referred},
};

const KIND: &str = "Encounter";

/// `/wards/{ward}/beds/{bed}/patient`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new().route("/wards/{ward}/beds/{bed}/patient", put(lie).delete(leave))
}

fn not_now(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "It cannot be done now", detail)
}

fn bed_of(hospital: &Hospital, caller: &Caller, (ward, bed): (&str, &str)) -> Result<Bed, Problem> {
    treats(caller)?;
    if hospital.edge.is_some() {
        return Err(not_now(
            "请在医院的页面上登记 · an edge is told who lies where: say it on the page of its hospital",
        ));
    }
    let found = hospital.ward.look(|state| state.bed(ward, bed));
    found.ok_or_else(|| Problem::not_found("there is no such bed"))
}

/// The stays of a patient that go on, for who may write about them. What is no stay in a bed, such as a call, is none.
async fn stays_of(
    hospital: &Hospital,
    caller: &Caller,
    patient: &PatientId,
) -> Result<Vec<ResourceVersion>, Problem> {
    let object = Object::Patient(patient.clone());
    hospital
        .permit(caller, Action::WriteRecord, &object)
        .await?;
    let permit = hospital.permit(caller, Action::ReadRecord, &object).await?;
    let theirs = Term {
        parameter: "patient".to_owned(),
        any_of: vec![Match::Reference(format!("Patient/{patient}"))],
    };
    let terms = vec![theirs, fhir::status(&["in-progress"])];
    let mut found = fhir::find(&*hospital.record, &permit, KIND, terms).await?;
    found.retain(|row| {
        let class = row
            .body
            .as_ref()
            .and_then(|body| body.pointer("/class/code"));
        class.and_then(Value::as_str) == Some("IMP")
    });
    Ok(found)
}

/// Ends that somebody lies where they do by this stay.
fn end_places(stay: &mut Value, now: Timestamp) {
    let places = stay.get_mut("location").and_then(Value::as_array_mut);
    for place in places
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        let status = place.get("status").and_then(Value::as_str);
        if status.is_none_or(|status| status == "active") {
            place.insert("status".to_owned(), json!("completed"));
            end(place, now);
        }
    }
}

/// Sets the end of what has a period.
fn end(of: &mut serde_json::Map<String, Value>, now: Timestamp) {
    let period = of.entry("period").or_insert_with(|| json!({}));
    if let Some(period) = period.as_object_mut() {
        period.insert("end".to_owned(), json!(now));
    }
}

fn lies_in(stay: &Value, bed: &str) -> bool {
    let places = stay.get("location").and_then(Value::as_array);
    let places = places.into_iter().flatten();
    let is_active = |place: &&Value| {
        let status = place.get("status").and_then(Value::as_str);
        status.is_none_or(|status| status == "active")
    };
    let mut beds = places
        .filter(is_active)
        .filter_map(|place| referred(place, "/location/reference", "Location"));
    beds.any(|one| one == bed)
}

/// Whether somebody lies in a bed by the record itself: what the ward knows comes a moment later.
async fn is_taken(hospital: &Hospital, bed: &Bed) -> Result<bool, Problem> {
    let all = ward::stays(hospital, hospital.finding().await?).await?;
    Ok(all.iter().any(|stay| lies_in(stay, &bed.id)))
}

async fn keep(
    hospital: &Hospital,
    caller: &Caller,
    patient: &PatientId,
    facts: Vec<(ResourceKey, Value, Precondition)>,
) -> Result<StatusCode, Problem> {
    let facts = facts.into_iter().map(|(key, body, unchanged)| {
        let subject = Some(patient.clone());
        (NewFact::PutResource { key, subject, body }, unchanged)
    });
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: facts.collect(),
    };
    hospital.record.commit(batch).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whom {
    patient: PatientId,
}

/// Somebody lies in an empty bed from now on; who lay in another has moved.
async fn lie(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, bed)): Path<(String, String)>,
    Json(Whom { patient }): Json<Whom>,
) -> Result<StatusCode, Problem> {
    let bed = bed_of(&hospital, &caller, (&ward, &bed))?;
    let _turn = hospital.ward.lying_down.lock().await;
    let stays = stays_of(&hospital, &caller, &patient).await?;
    if is_taken(&hospital, &bed).await? {
        return Err(not_now("此床有人 · somebody lies in this bed"));
    }
    let now = clock::now();
    let here = json!({
        "location": {"reference": format!("Location/{}", bed.id)},
        "status": "active",
        "period": {"start": now},
    });
    let mut facts = Vec::new();
    for stay in stays {
        let Some(mut body) = stay.body else { continue };
        end_places(&mut body, now);
        facts.push((stay.key, body, Precondition::Version(stay.version)));
    }
    if facts.is_empty() {
        let key = ResourceKey {
            kind: KIND.to_owned(),
            id: uuid::Uuid::now_v7().to_string(),
        };
        let body = json!({
            "resourceType": KIND,
            "id": key.id,
            "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "subject": {"reference": format!("Patient/{patient}")},
            "period": {"start": now},
        });
        facts.push((key, body, Precondition::None));
    }
    // The first of them goes on here.
    if let Some(fields) = facts
        .first_mut()
        .and_then(|(_, body, _)| body.as_object_mut())
    {
        let places = fields.entry("location").or_insert_with(|| json!([]));
        if let Some(places) = places.as_array_mut() {
            places.push(here);
        }
    }
    keep(&hospital, &caller, &patient, facts).await
}

/// Who lies in a bed leaves the hospital: their stay is over.
async fn leave(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, bed)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let bed = bed_of(&hospital, &caller, (&ward, &bed))?;
    let lying = bed.patient.map(|lying| lying.id);
    let patient = lying.ok_or_else(|| not_now("此床无人 · nobody lies in this bed"))?;
    let now = clock::now();
    let mut facts = Vec::new();
    for stay in stays_of(&hospital, &caller, &patient).await? {
        let Some(mut body) = stay.body.filter(|body| lies_in(body, &bed.id)) else {
            continue;
        };
        end_places(&mut body, now);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("status".to_owned(), json!("finished"));
            end(fields, now);
        }
        facts.push((stay.key, body, Precondition::Version(stay.version)));
    }
    if facts.is_empty() {
        return Err(not_now(
            "住院记录由其他系统管理 · what says that somebody lies here is no stay that can be ended here",
        ));
    }
    keep(&hospital, &caller, &patient, facts).await
}
