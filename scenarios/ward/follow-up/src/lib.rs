//! Follow-up at home (虚拟智能随访): see README.md.
//!
//! A follow-up is nothing but facts of the record: the plan, reports, alerts, referrals and visits. Each act checks
//! what the follow-up allows and commits its facts with what they build on; `course` reads them again.

mod action;
mod alert;
mod assess;
mod calendar;
mod course;
mod facts;
mod figures;
mod handover;
mod listed;
mod measured;
mod nights;
mod open;
mod orders;
mod own;
mod plans;
mod referral;
mod report;
mod schedule;
mod silence;
mod spirometry;
mod stay;
mod view;
mod visit;
mod waiting;
mod warned;

use std::{collections::BTreeMap, sync::LazyLock};

use async_trait::async_trait;
use policy::{Action, Actor, Object, Permit};
use record::{Match, ResourceVersion};
use scenario::{
    Called, Context, Figure, Manifest, Method, OwnFault, OwnFile, Problem, Reply, Request,
    Scenario, Stage, Waiting, again_if_raced,
};
use serde_json::{Value, json};
use vocabulary::{PatientId, RoomId, Text, Timestamp};

use crate::course::{FollowUp, is_only_patient};

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    Manifest::read(include_str!("../scenario.toml")).unwrap_or_else(|error| unreachable!("{error}"))
});

/// The server part; it holds no state of its own.
#[derive(Default)]
pub struct FollowUpAtHome;

/// The scenario, for the registry.
pub fn scenario() -> Box<dyn Scenario> {
    Box::new(FollowUpAtHome)
}

#[async_trait]
impl Scenario for FollowUpAtHome {
    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    fn own_folder(&self) -> Option<&'static str> {
        Some("follow-up")
    }

    fn own_settings(&self, files: &[OwnFile], takes: bool) -> Result<Vec<String>, Vec<OwnFault>> {
        let (plans, lines) = own::with(files)?;
        if takes {
            plans.adopt();
        }
        Ok(lines)
    }

    async fn handle(&self, context: &dyn Context, request: Request) -> Result<Reply, Problem> {
        again_if_raced(|| route(context, &request)).await
    }

    async fn waiting(&self, context: &dyn Context, actor: &Actor) -> Result<Vec<Waiting>, Problem> {
        waiting::waiting(context, actor).await
    }

    async fn stage(
        &self,
        context: &dyn Context,
        actor: &Actor,
        room: &RoomId,
    ) -> Result<Option<Stage>, Problem> {
        let Ok(permit) = reading(context, actor).await else {
            return Ok(None);
        };
        let Some(course) = FollowUp::find(context, &permit, room.as_str()).await? else {
            return Ok(None);
        };
        let name = course.patient_name.as_str();
        let mut participants = vec![course.course.first.id.clone()];
        participants.extend(course.course.second.iter().map(|second| second.id.clone()));
        let asked = course.open_referral();
        participants.extend(asked.map(|(_, referral)| referral.of.to.id.clone()));
        // Who was called is expected, and does not wait at the door.
        let is_called = course.open_visit().is_some();
        if is_called && actor.patient.as_ref() == Some(&course.patient) {
            participants.push(actor.id.clone());
        }
        Ok(Some(Stage {
            id: room.clone(),
            title: Text::new(format!("随访：{name}"), format!("Follow-up: {name}")),
            participants,
            series: None,
            patient: Some(course.patient),
            case: course.id,
        }))
    }

    async fn remind(
        &self,
        context: &dyn Context,
        permit: &Permit,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<(), Problem> {
        let reminded = waiting::remind(context, permit, since, until).await;
        reminded.and(nights::sent::remind(context, permit, since, until).await)
    }

    async fn called(&self, context: &dyn Context, permit: &Permit) -> Result<Vec<Called>, Problem> {
        waiting::called(context, permit).await
    }

    async fn figures(
        &self,
        context: &dyn Context,
        permit: &Permit,
    ) -> Result<Vec<Figure>, Problem> {
        figures::of_facts(context, permit).await
    }

    async fn measured(
        &self,
        context: &dyn Context,
        permit: &Permit,
        heard: Option<&BTreeMap<PatientId, Timestamp>>,
    ) -> Result<(), Problem> {
        measured::take(context, permit, heard).await
    }
}

/// A permit to read whatever the actor may read; what it does not cover looks as if it did not exist.
async fn reading(context: &dyn Context, actor: &Actor) -> Result<Permit, Problem> {
    Ok(context
        .permit(actor, Action::ReadRecord, &Object::Everyone)
        .await?)
}

async fn route(context: &dyn Context, request: &Request) -> Result<Reply, Problem> {
    match (request.method, request.segments().as_slice()) {
        (Method::Get, ["plans"]) => Ok(Reply::ok(view::all_plans())),
        (Method::Get, ["figures"]) => figures::get(context, &request.actor).await,
        (Method::Get, ["courses"]) => list(context, request).await,
        (Method::Get, ["patients", patient, "courses"]) => {
            of_patient(context, request, patient).await
        }
        (Method::Post, ["courses"]) => {
            let (id, is_new) = open::open(context, request).await?;
            let body = shown(context, request, &id).await?;
            let status = if is_new { 201 } else { 200 };
            Ok(Reply { status, body })
        }
        (Method::Get, ["courses", id, "nights", date]) => {
            let (permit, course) = found(context, request, id).await?;
            let events = nights::events::get(context, &permit, &course, date).await?;
            Ok(Reply::ok(events))
        }
        (Method::Get, ["courses", id, "spirometry", "sent"]) => {
            let (permit, course) = found(context, request, id).await?;
            let sent = spirometry::sent_lately(context, &permit, &course).await?;
            Ok(Reply::ok(sent))
        }
        // What could not be taken of files is told once, to who sent them.
        (Method::Post, ["courses", id, "nights"]) => {
            let (permit, course) = found(context, request, id).await?;
            let read = nights::post(context, &permit, &course, request).await?;
            let mut body = shown(context, request, id).await?;
            if let Some(fields) = body.as_object_mut() {
                fields.insert("read".to_owned(), read);
            }
            Ok(Reply::ok(body))
        }
        (_, ["courses", id, act @ ..]) => {
            do_act(context, request, id, act).await?;
            Ok(Reply::ok(shown(context, request, id).await?))
        }
        _ => Err(Problem::not_found()),
    }
}

/// The follow-up with this id, as far as who asks may see it.
async fn found(
    context: &dyn Context,
    request: &Request,
    id: &str,
) -> Result<(Permit, FollowUp), Problem> {
    let permit = reading(context, &request.actor).await?;
    let course = FollowUp::find(context, &permit, id).await?;
    Ok((permit, course.ok_or_else(Problem::not_found)?))
}

async fn do_act(
    context: &dyn Context,
    request: &Request,
    id: &str,
    act: &[&str],
) -> Result<(), Problem> {
    if request.method == Method::Get && act.is_empty() {
        return Ok(());
    }
    let (_, course) = found(context, request, id).await?;
    match (request.method, act) {
        (Method::Put, ["reports"]) => report::put(context, &course, request).await,
        (Method::Post, ["assess"]) => assess::post(context, &course, request).await,
        (Method::Post, ["spirometry"]) => spirometry::post(context, &course, request).await,
        (Method::Put, ["action"]) => action::put(context, &course, request).await,
        (Method::Post, ["take"]) => alert::answer(context, &course, request, false).await,
        (Method::Post, ["close"]) => alert::answer(context, &course, request, true).await,
        (Method::Post, ["refer"]) => referral::refer(context, &course, request).await,
        (Method::Post, ["withdraw"]) => referral::withdraw(context, &course, request).await,
        (Method::Post, ["handover"]) => handover::post(context, &course, request).await,
        (Method::Post, ["visit"]) => visit::open(context, &course, request).await,
        (Method::Post, ["visit", "end"]) => visit::end(context, &course, request).await,
        (Method::Post, ["end"]) => open::end(context, &course, request).await,
        _ => Err(Problem::not_found()),
    }
}

/// What is shown is read again from the record, never from what was just written. Who referred a patient back may
/// not see them any more: that is an answer, too.
async fn shown(context: &dyn Context, request: &Request, id: &str) -> Result<Value, Problem> {
    let permit = reading(context, &request.actor).await?;
    let found = FollowUp::find(context, &permit, id).await?;
    match found {
        Some(course) if is_only_patient(&request.actor) => own(context, &permit, &course).await,
        Some(course) => {
            let twin = context.twin(&permit, &course.patient).await?;
            Ok(view::of(context, &course, twin.as_ref()))
        }
        None if request.method == Method::Post => Ok(json!({"id": id, "gone": true})),
        None => Err(Problem::not_found()),
    }
}

async fn own(context: &dyn Context, permit: &Permit, course: &FollowUp) -> Result<Value, Problem> {
    let without_clock = measured::without_clock(context, permit, course).await?;
    Ok(view::own(context, course, &without_clock))
}

/// `GET courses`: the patient's own, or the work list.
async fn list(context: &dyn Context, request: &Request) -> Result<Reply, Problem> {
    let permit = reading(context, &request.actor).await?;
    if is_only_patient(&request.actor) {
        let mut all = Vec::new();
        for plan in facts::active_plans(context, &permit).await? {
            if let Some(course) = FollowUp::find(context, &permit, &plan.key.id).await? {
                all.push(own(context, &permit, &course).await?);
            }
        }
        return Ok(Reply::ok(all.into()));
    }
    let plans = facts::plans(context, &permit, Vec::new()).await?;
    lines(context, &permit, plans).await
}

/// `GET patients/{patient}/courses`: those of one patient that go on, as the work list has them.
async fn of_patient(
    context: &dyn Context,
    request: &Request,
    patient: &str,
) -> Result<Reply, Problem> {
    if is_only_patient(&request.actor) {
        return Err(Problem::not_found());
    }
    let permit = reading(context, &request.actor).await?;
    let theirs = Match::Reference(format!("Patient/{patient}"));
    let go_on = facts::term("status", facts::code("active"));
    let terms = vec![facts::term("patient", theirs), go_on];
    let plans = facts::plans(context, &permit, terms).await?;
    lines(context, &permit, plans).await
}

/// Lines of the work list, the most urgent first.
async fn lines(
    context: &dyn Context,
    permit: &Permit,
    plans: Vec<ResourceVersion>,
) -> Result<Reply, Problem> {
    let mut found = listed::of_plans(context, permit, plans).await?;
    let now = context.now();
    for course in &mut found {
        // What steps stand on is read only where nothing more urgent is known.
        let known = view::rank(view::urgency(course, now).0);
        if course.is_active && known >= view::rank("step") {
            course.read_found(context, permit).await?;
        }
    }
    found.sort_by_cached_key(|course| {
        let (state, since) = view::urgency(course, now);
        (view::rank(state), since)
    });
    let rows = found.iter().map(|course| view::row(course, now));
    Ok(Reply::ok(rows.collect()))
}
