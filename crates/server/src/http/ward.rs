//! Wards: who lies where and how they are, alarms and what people do with them.

use std::sync::Arc;

use alarms::{Act, Refused};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{delete, get, post},
};
use policy::{Action, Object, Permit, Role};
use record::{Batch, NewFact, Precondition, ResourceKey};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vocabulary::{PatientId, Timestamp};

use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
    ward::{self, Entered, Kept, NotDone, Wish},
};

/// So many of what people wrote down at a bed are listed, the newest ones.
const ENTERED: usize = 50;

/// `/wards`, `/alarms` and `/ward-figures`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/wards", get(all))
        .route("/wards/{ward}", get(one))
        .route("/wards/{ward}/beds/{bed}/seen", get(entered).post(seen))
        .route("/wards/{ward}/beds/{bed}/seen/{id}", delete(take_back))
        .route("/alarms/sounding", get(sounding))
        .route("/alarms/{id}", get(alarm))
        .route("/alarms/{id}/act", post(act))
        .route("/alarms/{id}/steps/{step}", post(step))
        .route("/alarms/{id}/answer", post(answer))
        .route("/alarms/{id}/arrived", post(arrived))
        .route("/ward-figures", get(figures))
}

/// Wards are for those who treat.
pub(super) fn treats(caller: &Caller) -> Result<(), Problem> {
    let may = [Role::Nurse, Role::TerminalDoctor, Role::Expert];
    if may.iter().any(|role| caller.actor.roles.contains(role)) {
        return Ok(());
    }
    Err(Problem::forbidden("wards are for those who treat"))
}

pub(super) async fn permit(hospital: &Hospital, caller: &Caller) -> Option<Permit> {
    let asked = hospital.permit(caller, Action::ReadRecord, &Object::Everyone);
    asked.await.ok()
}

async fn all(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    Ok(Json(json!(hospital.ward.look(ward::wards))))
}

/// Now, or a moment that is looked back to.
#[derive(Deserialize)]
pub(super) struct Moment {
    pub at: Option<Timestamp>,
}

/// A ward now, or as it was at a moment.
async fn one(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(Moment { at }): Query<Moment>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    let permit = permit(&hospital, &caller).await;
    let permit = permit.as_ref();
    let view = match at {
        None => hospital
            .ward
            .look(|state| ward::ward(state, &id, &caller, permit, clock::now())),
        Some(at) => {
            // The past is read with the caller's own permit: who has none sees beds without patients.
            let state = ward::past(&hospital, permit, &caller.actor.id, at).await?;
            ward::ward(&state, &id, &caller, permit, at)
        }
    };
    let view = view.ok_or_else(|| Problem::not_found("there is no such ward"))?;
    Ok(Json(json!(view)))
}

fn gone() -> Problem {
    Problem::not_found("there is no such alarm")
}

async fn shown(hospital: &Hospital, caller: &Caller, kept: &Kept) -> Json<Value> {
    let permit = permit(hospital, caller).await;
    let view = hospital
        .ward
        .look(|state| ward::alarm_view(state, kept, caller, permit.as_ref(), clock::now()));
    Json(json!(view))
}

async fn alarm(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    let kept = hospital
        .ward
        .look(|state| state.kept(&id))
        .ok_or_else(gone)?;
    Ok(shown(&hospital, &caller, &kept).await)
}

/// How the most urgent alarm is heard that calls the caller, on whatever page they are.
async fn sounding(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    let me = &caller.actor.id;
    let heard = hospital
        .ward
        .look(|state| ward::sounding(state, me, clock::now()));
    Ok(Json(json!({"signalling": heard})))
}

/// Who may write about the patient may answer for the alarm. One that is about no patient is for all who treat.
async fn may_act(hospital: &Hospital, caller: &Caller, id: &str) -> Result<(), Problem> {
    treats(caller)?;
    let kept = hospital
        .ward
        .look(|state| state.kept(id))
        .ok_or_else(gone)?;
    let patient = kept.alarm.patient.and_then(|id| PatientId::new(id).ok());
    if let Some(patient) = patient {
        let object = Object::Patient(patient);
        hospital
            .permit(caller, Action::WriteRecord, &object)
            .await?;
    }
    Ok(())
}

/// Does what somebody wishes, here or at the edge that leads the alarm; what has become of it.
async fn done(
    hospital: &Hospital,
    caller: &Caller,
    id: &str,
    wish: Wish,
) -> Result<Json<Value>, Problem> {
    let done = ward::act(hospital, id, wish, &caller.actor.id).await;
    let kept = done.map_err(|not_done| why_not(not_done, gone))?;
    Ok(shown(hospital, caller, &kept).await)
}

/// Why something is not done; `none` where there is no such thing.
pub(super) fn why_not(not_done: NotDone, none: impl FnOnce() -> Problem) -> Problem {
    match not_done {
        NotDone::Refused(Refused::Unknown) => none(),
        NotDone::Refused(refused) => refusal(&refused),
        NotDone::NoLine => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The edge does not answer",
            "病区边缘节点没有应答，不知是否已执行：请再看一次，或致电病区 · \
             the ward's edge does not answer, whether it was done is not known: look again, or call the ward",
        ),
    }
}

async fn act(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(what): Json<Act>,
) -> Result<Json<Value>, Problem> {
    may_act(&hospital, &caller, &id).await?;
    done(&hospital, &caller, &id, Wish::Act { what }).await
}

fn refusal(refused: &Refused) -> Problem {
    let (zh, en) = match refused {
        Refused::Unknown | Refused::Ended => ("报警已结束", "the alarm has ended"),
        Refused::NotTaken => ("请先接手报警", "take the alarm first"),
        Refused::NotYours => ("报警由他人接手", "somebody else has taken the alarm"),
        Refused::TooLong { .. } => ("暂停时间过长", "the pause is too long"),
        Refused::PausedBefore => (
            "已静音过一次：通知到下一级后才能再次静音",
            "it was paused once: it can be paused again when the next person is told",
        ),
    };
    let detail = format!("{zh} · {en}");
    Problem::new(StatusCode::CONFLICT, "It cannot be done now", detail)
}

async fn step(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, step)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    may_act(&hospital, &caller, &id).await?;
    done(&hospital, &caller, &id, Wish::Step { step }).await
}

#[derive(Deserialize)]
struct Answer {
    accepts: bool,
}

/// Whoever was asked to come answers, whether or not the patient is theirs: what they see is decided apart.
async fn answer(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(Answer { accepts }): Json<Answer>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    done(&hospital, &caller, &id, Wish::Answer { accepts }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrival {
    /// A thing that is there; none: the caller.
    who: Option<String>,
}

/// Who came says that they are there, or that a thing is.
async fn arrived(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(Arrival { who }): Json<Arrival>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    done(&hospital, &caller, &id, Wish::Arrive { who }).await
}

/// Who lies in a bed, for those who treat.
fn lying(
    hospital: &Hospital,
    caller: &Caller,
    ward: &str,
    bed: &str,
) -> Result<PatientId, Problem> {
    treats(caller)?;
    let lying = hospital.ward.look(|state| state.lying(ward, bed));
    lying.ok_or_else(|| Problem::not_found("nobody lies in such a bed"))
}

/// What people wrote down about who lies in a bed, the newest first.
async fn entered(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, bed)): Path<(String, String)>,
) -> Result<Json<Vec<Entered>>, Problem> {
    let patient = lying(&hospital, &caller, &ward, &bed)?;
    let object = Object::Patient(patient.clone());
    let permit = hospital
        .permit(&caller, Action::ReadRecord, &object)
        .await?;
    let rows = ward::written_about(&hospital, &permit, &patient).await?;
    let newest = rows.iter().rev();
    Ok(Json(hospital.ward.look(|state| {
        let entered = newest.filter_map(|(id, body)| state.entered(id, body));
        entered.take(ENTERED).collect()
    })))
}

/// Takes back what somebody wrote down at the bedside: it stays in the record as entered in error, and counts nowhere.
async fn take_back(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, bed, id)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let patient = lying(&hospital, &caller, &ward, &bed)?;
    let object = Object::Patient(patient.clone());
    let permit = hospital
        .permit(&caller, Action::WriteRecord, &object)
        .await?;
    let key = ResourceKey {
        kind: "Observation".to_owned(),
        id,
    };
    let known = hospital.record.resource(&permit, &key, None).await?;
    let taken_back = known.and_then(|known| {
        let body = ward::as_taken_back(known.body?, &patient)?;
        Some((body, Precondition::Version(known.version)))
    });
    let (body, unchanged) =
        taken_back.ok_or_else(|| Problem::not_found("nobody wrote that down at this bed"))?;
    let subject = Some(patient);
    let fact = NewFact::PutResource { key, subject, body };
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![(fact, unchanged)],
    };
    hospital.record.commit(batch).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody saw at the bedside becomes observations; the ward hears of these as of all others.
async fn seen(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, bed)): Path<(String, String)>,
    Json(seen): Json<Map<String, Value>>,
) -> Result<Json<Value>, Problem> {
    let patient = lying(&hospital, &caller, &ward, &bed)?;
    let object = Object::Patient(patient.clone());
    hospital
        .permit(&caller, Action::WriteRecord, &object)
        .await?;
    let mut facts = Vec::new();
    for (input, value) in &seen {
        let body = hospital.ward.look(|state| state.observation(input, value));
        let mut body = body.map_err(|why| {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "It cannot be written down",
                why,
            )
        })?;
        let id = uuid::Uuid::now_v7().to_string();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
            fields.insert(
                "subject".to_owned(),
                json!({"reference": format!("Patient/{patient}")}),
            );
            fields.insert("effectiveDateTime".to_owned(), json!(clock::now()));
            let who = json!([{"reference": format!("Practitioner/{}", caller.actor.id)}]);
            fields.insert("performer".to_owned(), who);
        }
        let key = ResourceKey {
            kind: "Observation".to_owned(),
            id,
        };
        let subject = Some(patient.clone());
        facts.push((
            NewFact::PutResource { key, subject, body },
            Precondition::None,
        ));
    }
    let written = facts.len();
    let actor = caller.actor.id.clone();
    hospital.record.commit(Batch { actor, facts }).await?;
    Ok(Json(json!({"written": written})))
}

async fn figures(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    hospital
        .permit(&caller, Action::ReadFigures, &Object::Hospital)
        .await?;
    Ok(Json(json!(hospital.ward.look(ward::figures))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_named_and_nothing_else_is_taken() {
        let read = |value: Value| serde_json::from_value::<Act>(value);
        assert!(read(json!({"act": "take"})).is_ok());
        assert!(read(json!({"act": "pause", "for_s": 60})).is_ok());
        assert!(read(json!({"act": "close", "outcome": "false-alarm"})).is_ok());
        assert!(read(json!({"act": "close", "outcome": "boring"})).is_err());
        assert!(read(json!({"act": "drop"})).is_err());
    }
}
