//! A visit in a room: the doctor opens it by one click, the patient is called.

use policy::{Action, Object};
use record::{NewFact, Precondition};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{RoomId, Timestamp};

use crate::{
    course::{FollowUp, Versioned},
    facts::{self, own},
};

/// A visit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Visit {
    pub by: Person,
    pub began: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<Timestamp>,
}

/// `POST courses/{id}/visit`: calls the patient into the room of the follow-up.
pub async fn open(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    may_meet(context, course, request).await?;
    course.must_be_active()?;
    // Who clicks twice is in the same room.
    if course.open_visit().is_some() {
        return Ok(());
    }
    let visit = Visit {
        by: Person::from(&request.actor),
        began: context.now(),
        ended: None,
    };
    let key = facts::visit_key(&course.id, course.visits.len());
    let fact = facts::put(key, &course.patient, encounter(course, &visit));
    facts::commit(
        context,
        &request.actor.id,
        vec![(fact, Precondition::Version(0)), course.goes_on()],
    )
    .await?;
    call(context, course);
    Ok(())
}

/// `POST courses/{id}/visit/end`.
pub async fn end(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    may_meet(context, course, request).await?;
    let (n, before) = course
        .open_visit()
        .ok_or_else(|| Problem::out_of_order("没有进行中的见面", "no visit goes on"))?;
    let new = vec![ended(course, n, before, context.now())];
    facts::commit(context, &request.actor.id, new).await?;
    call(context, course);
    Ok(())
}

/// The visit with this number as it is when it has ended.
pub fn ended(
    course: &FollowUp,
    n: usize,
    before: &Versioned<Visit>,
    at: Timestamp,
) -> (NewFact, Precondition) {
    let visit = Visit {
        ended: Some(at),
        ..before.of.clone()
    };
    let key = facts::visit_key(&course.id, n);
    let fact = facts::put(key, &course.patient, encounter(course, &visit));
    (fact, before.unchanged())
}

/// A visit is called by whoever answers the patient's alerts and may enter the room.
async fn may_meet(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let about = Object::Patient(course.patient.clone());
    context
        .permit(&request.actor, Action::AnswerAlert, &about)
        .await?;
    let room = RoomId::new(course.id.as_str()).map_err(|_| Problem::not_found())?;
    let room = Object::Room {
        room,
        patient: Some(course.patient.clone()),
    };
    context
        .permit(&request.actor, Action::EnterRoom, &room)
        .await?;
    Ok(())
}

/// The scenario does not know the patient's account: everyone's browser looks whether something waits for them.
pub fn call(context: &dyn Context, course: &FollowUp) {
    context.notify(Topic::Waiting, &course.id, &[]);
    context.notify(Topic::Case, &course.id, &[]);
}

fn encounter(course: &FollowUp, visit: &Visit) -> Value {
    let mut period = json!({"start": visit.began});
    if let (Some(ended), Some(fields)) = (visit.ended, period.as_object_mut()) {
        fields.insert("end".to_owned(), json!(ended));
    }
    json!({
        "extension": own(visit),
        "status": if visit.ended.is_some() { "finished" } else { "in-progress" },
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "VR",
            "display": "virtual",
        },
        "subject": facts::patient(&course.patient),
        "participant": [{"individual": visit.by.reference()}],
        "period": period,
    })
}
