//! What a person sees first: the rooms, their patients, what waits.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
};
use futures::{Stream, StreamExt, stream};
use jiff::civil::Date;
use policy::{Action, Object, Permit, Role};
use record::{ImagingLevel, ImagingQuery, ResourceQuery, ResourceVersion};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use twin::demographics;
use vocabulary::PatientId;

use crate::{
    access, gatherings,
    hospital::Hospital,
    http::{Caller, Problem},
    twins::{number, text},
};

/// `/home`, `/events` and `/staff`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/home", get(home))
        .route("/events", get(events))
        .route("/staff", get(staff))
}

async fn home(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let patients = match hospital
        .permit(&caller, Action::ReadRecord, &Object::Everyone)
        .await
    {
        Ok(permit) => patient_rows(&hospital, &caller, &permit).await?,
        // Who may see no patient at all still has a home.
        Err(problem) if problem.status().is_client_error() => Vec::new(),
        Err(problem) => return Err(problem),
    };
    let waiting = hospital.waiting(&caller.actor).await?;
    Ok(Json(json!({
        "me": caller.actor,
        "patients": patients,
        "waiting": waiting,
        "scenarios": registry::cards(),
        "gatherings": gatherings::cards(&caller.actor),
    })))
}

/// The patients that the permit covers, those with images first.
async fn patient_rows(
    hospital: &Hospital,
    caller: &Caller,
    permit: &Permit,
) -> Result<Vec<Value>, Problem> {
    let query = ResourceQuery {
        kind: "Patient".into(),
        terms: vec![],
        sort: vec![],
        limit: 500,
        offset: 0,
    };
    let found = hospital.record.search(permit, &query).await?;
    let mut studies = studies_by_patient(hospital, permit).await?;
    let relations = hospital.relations(&caller.actor).await?;
    let today = hospital.today();
    let mut rows: Vec<Value> = Vec::new();
    for patient in &found.rows {
        let Ok(id) = PatientId::new(patient.key.id.as_str()) else {
            continue;
        };
        let relation = if caller.actor.patient.as_ref() == Some(&id) {
            "self"
        } else if relations.care_team.contains(&id) {
            "care-team"
        } else {
            "consult"
        };
        rows.push(patient_row(
            patient,
            today,
            relation,
            &studies.remove(&id).unwrap_or_default(),
        ));
    }
    rows.sort_by_key(|row| {
        row.get("studies")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty)
    });
    Ok(rows)
}

fn patient_row(patient: &ResourceVersion, today: Date, relation: &str, studies: &[Value]) -> Value {
    let body = patient.body.as_ref().unwrap_or(&Value::Null);
    let birth = body.get("birthDate").and_then(Value::as_str);
    json!({
        "id": patient.key.id,
        "name": demographics::name(body),
        "sex": body.get("gender"),
        "birth_date": birth,
        "age": birth.and_then(|birth| demographics::age_years(birth, today)),
        "mrn": demographics::record_number(body),
        "studies": studies,
        "relation": relation,
    })
}

async fn studies_by_patient(
    hospital: &Hospital,
    permit: &Permit,
) -> Result<BTreeMap<PatientId, Vec<Value>>, Problem> {
    let rows = async |level| {
        let query = ImagingQuery {
            limit: 5000,
            ..ImagingQuery::at(level)
        };
        hospital.record.imaging(permit, &query).await
    };
    let mut series: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows(ImagingLevel::Series).await?.rows {
        series
            .entry(text(&row, "0020000D"))
            .or_default()
            .push(json!({
                "uid": text(&row, "0020000E"),
                "modality": text(&row, "00080060"),
                "description": text(&row, "0008103E"),
                "images": number(&row, "00201209"),
            }));
    }
    let mut studies: BTreeMap<PatientId, Vec<Value>> = BTreeMap::new();
    for row in rows(ImagingLevel::Study).await?.rows {
        let uid = text(&row, "0020000D");
        let study = json!({
            "series": series.remove(&uid).unwrap_or_default(),
            "modality": text(&row, "00080061"),
            "description": text(&row, "00081030"),
            "date": text(&row, "00080020"),
            "uid": uid,
        });
        studies.entry(row.subject).or_default().push(study);
    }
    Ok(studies)
}

#[derive(Deserialize)]
struct OfRole {
    role: Option<Role>,
}

/// Colleagues, to be asked for an opinion.
async fn staff(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Query(OfRole { role }): Query<OfRole>,
) -> Result<Json<Value>, Problem> {
    let outsider = [Role::Patient, Role::RelatedPerson, Role::System];
    if caller
        .actor
        .roles
        .iter()
        .all(|role| outsider.contains(role))
    {
        return Err(Problem::forbidden("only staff see the list of staff"));
    }
    let all = hospital
        .accounts
        .list()
        .map_err(|error| Problem::internal(&error))?;
    let fits = |actor: &&policy::Actor| match role {
        // Who is treated here, and who comes with them, is on no list of colleagues.
        Some(role) => !outsider.contains(&role) && actor.roles.contains(&role),
        None => actor.roles.iter().any(|role| !outsider.contains(role)),
    };
    let rows: Vec<Value> = all
        .iter()
        .filter(fits)
        .map(|actor| json!({"id": actor.id, "name": actor.name}))
        .collect();
    Ok(Json(Value::Array(rows)))
}

async fn events(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let me = caller.actor.id;
    let over = access::is_over(Arc::clone(&hospital), caller.session);
    // While this is heard, a page of theirs is open.
    let page = hospital.gateway.as_ref().map(|one| one.page_of(&me));
    let listening = (hospital.changes.listen(), page);
    let heard = stream::unfold(listening, move |(mut listener, page)| {
        let me = me.clone();
        async move {
            loop {
                match listener.recv().await {
                    Ok(change) => {
                        let Some(change) = change.heard_by(&me) else {
                            continue;
                        };
                        let event = Event::default().event(change.topic).json_data(&change);
                        return Some((event.unwrap_or_default(), (listener, page)));
                    }
                    // Too slow to hear everything: read all again.
                    Err(RecvError::Lagged(_)) => {
                        let event = Event::default()
                            .event("record")
                            .data("{\"topic\":\"record\",\"id\":\"\"}");
                        return Some((event, (listener, page)));
                    }
                    Err(RecvError::Closed) => return None,
                }
            }
        }
    });
    Sse::new(heard.map(Ok).take_until(Box::pin(over))).keep_alive(KeepAlive::default())
}
