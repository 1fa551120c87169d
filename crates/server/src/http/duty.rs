//! Who is on duty on a ward: people come and go by their own word, and who is in charge there sends off who forgot.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{delete, get},
};
use policy::{Action, Object, Role};
use record::{Batch, Match, NewFact, Precondition, ResourceKey, ResourceVersion, Term};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use super::ward::treats;
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
    ward::{self, DUTY_URI, Duty},
};

const KIND: &str = "PractitionerRole";
/// Who has this duty on a ward sends others off it.
const IN_CHARGE: &str = "charge-nurse";

/// `/wards/{ward}/duty`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/wards/{ward}/duty", get(may).post(come))
        .route("/wards/{ward}/duty/{who}", delete(go))
}

/// What the caller may say of who is on duty on a ward.
#[derive(Default, Serialize)]
struct May {
    /// The duties that they may take.
    take: Vec<String>,
    /// Those on duty there whom they may send off, themselves included.
    end: Vec<ActorId>,
}

fn what_may(hospital: &Hospital, caller: &Caller, ward: &str) -> Result<May, Problem> {
    treats(caller)?;
    let roles = &caller.actor.roles;
    let is_doctor = roles.contains(&Role::TerminalDoctor) || roles.contains(&Role::Expert);
    let me = &caller.actor.id;
    let may = hospital.ward.look(|state| {
        let places = state.places();
        places.wards.get(ward)?;
        let on = places.staff_of(ward, clock::now());
        let mine: Vec<&str> = on
            .iter()
            .filter(|duty| duty.account == *me)
            .map(|duty| duty.role.as_str())
            .collect();
        let mut take = ward::duties_called();
        take.retain(|duty| {
            !mine.contains(&duty.as_str()) && (is_doctor || duty != "doctor-on-duty")
        });
        let mut end: Vec<ActorId> = on.iter().map(|duty| duty.account.clone()).collect();
        end.retain(|who| who == me || mine.contains(&IN_CHARGE));
        end.sort();
        end.dedup();
        Some(May { take, end })
    });
    let may = may.ok_or_else(|| Problem::not_found("there is no such ward"))?;
    // An edge is told who is on duty; what it would say itself would be lost.
    let is_edge = hospital.edge.is_some();
    Ok(if is_edge { May::default() } else { may })
}

async fn may(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(ward): Path<String>,
) -> Result<Json<May>, Problem> {
    Ok(Json(what_may(&hospital, &caller, &ward)?))
}

/// What the record says of somebody's roles.
async fn roles_of(
    hospital: &Hospital,
    caller: &Caller,
    who: &ActorId,
) -> Result<Vec<ResourceVersion>, Problem> {
    let permit = hospital
        .permit(caller, Action::ReadRecord, &Object::Hospital)
        .await?;
    let theirs = Term {
        parameter: "practitioner".to_owned(),
        any_of: vec![Match::Reference(format!("Practitioner/{who}"))],
    };
    Ok(fhir::find(&*hospital.record, &permit, KIND, vec![theirs]).await?)
}

fn duties_in(hospital: &Hospital, role: &ResourceVersion) -> Vec<Duty> {
    let (body, zone) = (role.body.as_ref(), hospital.config.time_zone.rules());
    body.map(|body| ward::duties(body, &BTreeMap::new(), zone))
        .unwrap_or_default()
}

/// Keeps what is new of somebody's roles, after the ledger has who said so.
async fn keep(
    hospital: &Hospital,
    caller: &Caller,
    (did, who, ward): (&str, &ActorId, &str),
    facts: Vec<(NewFact, Precondition)>,
) -> Result<StatusCode, Problem> {
    let actor = caller.actor.id.clone();
    let event = fhir::duty_event(&actor, did, (who, ward), clock::now());
    hospital.note(&actor, event).await?;
    hospital.record.commit(Batch { actor, facts }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Coming {
    /// Such as `bed-nurse`.
    duty: String,
    /// The beds that it is for; none: the whole ward.
    #[serde(default)]
    beds: Vec<String>,
    /// When it ends by itself; none: when somebody says so.
    until: Option<Timestamp>,
}

/// A role that holds at these places from now on.
fn begun(
    mut role: Value,
    places: &[String],
    (now, until): (Timestamp, Option<Timestamp>),
) -> Value {
    let place = |place: &String| json!({"reference": format!("Location/{place}")});
    if let Some(fields) = role.as_object_mut() {
        let period = match until {
            Some(until) => json!({"start": now, "end": until}),
            None => json!({"start": now}),
        };
        fields.insert("location".to_owned(), places.iter().map(place).collect());
        fields.insert("period".to_owned(), period);
    }
    role
}

/// The caller is on duty from now on.
async fn come(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(ward): Path<String>,
    Json(Coming { duty, beds, until }): Json<Coming>,
) -> Result<StatusCode, Problem> {
    if !what_may(&hospital, &caller, &ward)?.take.contains(&duty) {
        return Err(Problem::forbidden(
            "您不能在此担任这一值班，或已在值班 · this duty is not yours to take here, or is yours already",
        ));
    }
    let has = |bed: &String| hospital.ward.look(|state| state.bed(&ward, bed).is_some());
    if !beds.iter().all(has) {
        return Err(Problem::not_found("there is no such bed on this ward"));
    }
    let now = clock::now();
    if until.is_some_and(|until| until <= now) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "It cannot be so",
            "值班结束时间已过 · a duty does not end before it begins",
        ));
    }
    let me = &caller.actor.id;
    let roles = roles_of(&hospital, &caller, me).await?;
    // Who has had this duty before has it again, by the same resource: its versions are the shifts.
    let over = |role: &&ResourceVersion| {
        let duties = duties_in(&hospital, role);
        let is_over = |duty: &Duty| duty.until.is_some_and(|until| until < now);
        duties.len() == 1 && duties.iter().all(|one| one.role == duty && is_over(one))
    };
    let before = roles.iter().find(over);
    let new = || ResourceKey {
        kind: KIND.to_owned(),
        id: uuid::Uuid::now_v7().to_string(),
    };
    let key = before.map_or_else(new, |role| role.key.clone());
    let role = before.and_then(|role| role.body.clone());
    let role = role.unwrap_or_else(|| {
        json!({
            "resourceType": KIND,
            "id": key.id,
            "active": true,
            "practitioner": {"reference": format!("Practitioner/{me}")},
            "code": [{"coding": [{"system": DUTY_URI, "code": duty}]}],
        })
    });
    let places = if beds.is_empty() {
        vec![ward.clone()]
    } else {
        beds
    };
    let unchanged = before.map_or(Precondition::None, |role| {
        Precondition::Version(role.version)
    });
    let fact = NewFact::PutResource {
        key,
        subject: None,
        body: begun(role, &places, (now, until)),
    };
    let facts = vec![(fact, unchanged)];
    keep(&hospital, &caller, ("come", me, &ward), facts).await
}

/// A role whose time is over now.
fn ended(mut role: Value, now: Timestamp) -> Option<Value> {
    let period = role.as_object_mut()?.entry("period");
    let period = period.or_insert_with(|| json!({}));
    period.as_object_mut()?.insert("end".to_owned(), json!(now));
    Some(role)
}

/// Somebody is on duty no more: whatever calls them here ends.
async fn go(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, who)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let mut may = what_may(&hospital, &caller, &ward)?.end.into_iter();
    let who = may.find(|one| one.as_str() == who).ok_or_else(|| {
        Problem::forbidden(
            "此人不在此值班，或须由本人或护士长结束 · who is not on duty here, or goes by their own word or that of the charge nurse",
        )
    })?;
    let now = clock::now();
    let roles = roles_of(&hospital, &caller, &who).await?;
    let calls_here = |role: &ResourceVersion| {
        let duties = duties_in(&hospital, role);
        hospital.ward.look(|state| {
            let is_here = |duty: &Duty| duty.holds(now) && state.places().is_of(duty, &ward);
            duties.iter().any(is_here)
        })
    };
    let facts = roles.into_iter().filter(calls_here).filter_map(|role| {
        let fact = NewFact::PutResource {
            key: role.key,
            subject: None,
            body: ended(role.body?, now)?,
        };
        Some((fact, Precondition::Version(role.version)))
    });
    let facts = facts.collect();
    keep(&hospital, &caller, ("go", &who, &ward), facts).await
}
