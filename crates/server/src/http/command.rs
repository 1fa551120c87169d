//! The ward for those who send: the plan with who and what is where, traces, errands, exercises, plans, and how
//! the wards ran week by week.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use policy::{Action, Object, Permit, Role};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::{DeviceId, PatientId, Timestamp};

use super::ward::{Moment, permit, treats, why_not};
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
    ward::{self, MissionAct, MissionWish},
};

/// The longest trace that is given at once: a day, in milliseconds.
const TRACE_MS: i64 = 86_400_000;
/// The most metres within which people are asked for: a technical bound.
const NEAR_M: f64 = 100.0;
/// How far back runs of plans are listed: a year, in milliseconds.
const PLANS_MS: i64 = 31_536_000_000;
/// The most weeks of figures.
const WEEKS: usize = 26;

/// `/wards/{ward}/command`, `/missions`, `/tags`, `/plans` and `/ward-figures/weeks`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/wards/{ward}/command", get(command))
        .route("/wards/{ward}/missions", post(begin))
        .route("/missions/{id}/act", post(act))
        .route("/tags/{id}/trace", get(trace))
        .route("/tags/{id}/contacts", get(contacts))
        .route("/plans", get(plans))
        .route("/ward-figures/weeks", get(weeks))
}

async fn shown(hospital: &Hospital, caller: &Caller, ward: &str) -> Result<Json<Value>, Problem> {
    let permit = permit(hospital, caller).await;
    let me = caller.actor.id.as_str();
    let view = hospital
        .ward
        .look(|state| ward::command(state, ward, me, permit.as_ref(), clock::now()));
    Ok(Json(json!(view.ok_or_else(no_such_ward)?)))
}

fn no_such_ward() -> Problem {
    Problem::not_found("there is no such ward")
}

/// The ward for those who run the hospital: its floor, and nobody's name.
async fn floor(hospital: &Hospital, caller: &Caller, ward: &str) -> Result<Json<Value>, Problem> {
    hospital
        .permit(caller, Action::ReadFigures, &Object::Hospital)
        .await?;
    let me = caller.actor.id.as_str();
    let now = clock::now();
    let view = hospital
        .ward
        .look(|state| ward::command(state, ward, me, None, now));
    Ok(Json(json!(view.ok_or_else(no_such_ward)?.nameless())))
}

/// The ward for those who send, now or as it was at a moment.
async fn command(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(Moment { at }): Query<Moment>,
) -> Result<Json<Value>, Problem> {
    if at.is_none() && treats(&caller).is_err() {
        return floor(&hospital, &caller, &id).await;
    }
    treats(&caller)?;
    let Some(at) = at else {
        return shown(&hospital, &caller, &id).await;
    };
    let permit = permit(&hospital, &caller).await;
    let permit = permit.as_ref();
    let state = ward::past(&hospital, permit, &caller.actor.id, at).await?;
    let view = ward::command(&state, &id, caller.actor.id.as_str(), permit, at)
        .ok_or_else(no_such_ward)?;
    Ok(Json(json!(view)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    bed: String,
    send: MissionWish,
}

async fn begin(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<New>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    let none = || Problem::not_found("there is no such place or plan, or nobody to send");
    let begun = ward::begin_mission(&hospital, &id, &new.bed, &new.send, &caller.actor.id).await;
    begun.map_err(|not_done| why_not(not_done, none))?;
    shown(&hospital, &caller, &id).await
}

async fn act(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(act): Json<MissionAct>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    let none = || Problem::not_found("there is no such mission, or it is not yours");
    let changed = ward::act_on_mission(&hospital, &id, &act, &caller.actor.id).await;
    let changed = changed.map_err(|not_done| why_not(not_done, none))?;
    shown(&hospital, &caller, &changed.ward).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// The part of a span that is given at once, and where to ask on for the rest of it; the last hour where none is asked
/// for.
fn spanned(asked: &Span, now: Timestamp) -> ((Timestamp, Timestamp), Option<Timestamp>) {
    let to = asked.to.unwrap_or(now);
    let from = asked.from.unwrap_or(Timestamp(to.0 - 3_600_000));
    let most = Timestamp(from.0.saturating_add(TRACE_MS));
    let rest = (most < to).then(|| Timestamp(most.0.saturating_add(1)));
    ((from, to.min(most)), rest)
}

/// Where a patient was is for those who may see the patient, which the ledger notes; where one of the staff was
/// is for that person; where a thing was is for those who treat.
async fn trace(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<Span>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    let (device, carrier) = carried(&hospital, id)?;
    let (span, rest) = spanned(&asked, clock::now());
    let patient = patient_of(&carrier)?;
    let own: Permit;
    let permit = match &patient {
        Some(patient) => {
            let object = Object::Patient(patient.clone());
            own = hospital
                .permit(&caller, Action::ReadRecord, &object)
                .await?;
            &own
        }
        None if hospital.devices.is_of_another(&device, &caller.actor.id) => {
            return Err(Problem::forbidden("where a colleague was is theirs to see"));
        }
        None => hospital.finding().await?,
    };
    let mut found = ward::traced(&hospital, permit, &device, patient.as_ref(), span).await?;
    if let Some(next) = found.get_mut("next").filter(|next| next.is_null()) {
        *next = json!(rest);
    }
    Ok(Json(found))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    near_m: Option<f64>,
}

/// Who and what was with somebody or something in the same room, or within so many metres. With a patient for who may
/// trace that; where one of the staff was is their own to ask about. The ledger notes who asks.
async fn contacts(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(With { from, to, near_m }): Query<With>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    if near_m.is_some_and(|metres| !(metres > 0.0 && metres <= NEAR_M)) {
        let most = format!("ask for more than 0 and at most {NEAR_M} metres");
        return Err(Problem::bad_input(most));
    }
    let (device, carrier) = carried(&hospital, id)?;
    if hospital.devices.is_of_another(&device, &caller.actor.id) {
        return Err(Problem::forbidden("where a colleague was is theirs to see"));
    }
    let object = patient_of(&carrier)?.map_or(Object::Hospital, Object::Patient);
    hospital
        .permit(&caller, Action::TraceContacts, &object)
        .await?;
    let (span, rest) = spanned(&Span { from, to }, clock::now());
    let (own, seen) = (hospital.finding().await?, permit(&hospital, &caller).await);
    let asked = (span, near_m);
    let mut found = ward::contacts(&hospital, own, seen.as_ref(), &carrier, asked).await?;
    if let Some(fields) = found.as_object_mut() {
        let (from, to) = span;
        fields.extend([
            ("from".to_owned(), json!(from)),
            ("to".to_owned(), json!(to)),
            ("next".to_owned(), json!(rest)),
        ]);
    }
    Ok(Json(found))
}

/// A device, and who or what it tells the place of.
fn carried(hospital: &Hospital, id: String) -> Result<(DeviceId, String), Problem> {
    let none = || Problem::not_found("there is no such tag");
    let device = DeviceId::new(id).map_err(|_| none())?;
    let carrier = hospital
        .ward
        .look(|state| state.carrier_of(device.as_str()));
    Ok((device, carrier.ok_or_else(none)?))
}

/// The patient, where a tag tells of one.
fn patient_of(carrier: &str) -> Result<Option<PatientId>, Problem> {
    let id = carrier.strip_prefix("Patient/").map(PatientId::new);
    let id = id.transpose();
    id.map_err(|_| Problem::not_found("there is no such tag"))
}

/// Plans are for those who treat, and for those who run the hospital.
async fn plans(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    if !caller.actor.roles.contains(&Role::Manager) {
        treats(&caller)?;
    }
    let now = clock::now();
    let since = Timestamp(now.0 - PLANS_MS);
    let own = hospital.finding().await?;
    Ok(Json(ward::plans_held(&hospital, own, since, now).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weeks {
    weeks: Option<usize>,
}

async fn weeks(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Query(asked): Query<Weeks>,
) -> Result<Json<Value>, Problem> {
    hospital
        .permit(&caller, Action::ReadFigures, &Object::Hospital)
        .await?;
    let count = asked.weeks.unwrap_or(8).clamp(1, WEEKS);
    let own = hospital.finding().await?;
    let found = ward::weeks(&hospital, own, count, clock::now()).await?;
    Ok(Json(json!(found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_span_is_given_day_by_day() {
        let now = Timestamp(1_790_000_000_000);
        let ago = |ms: i64| Timestamp(now.0 - ms);
        let none = Span {
            from: None,
            to: None,
        };
        assert_eq!(spanned(&none, now), ((ago(3_600_000), now), None));
        let begin = ago(TRACE_MS + 10);
        let long = Span {
            from: Some(begin),
            to: None,
        };
        let (first, rest) = spanned(&long, now);
        assert_eq!((first, rest), ((begin, ago(10)), Some(ago(9))));
        let on = Span {
            from: rest,
            to: None,
        };
        assert_eq!(spanned(&on, now), ((ago(9), now), None));
    }
}
