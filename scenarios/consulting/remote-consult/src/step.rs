//! Commits what a step of the case decides, all of it or nothing.

use record::{Batch, NewFact, Precondition, ResourceKey, Sealed};
use scenario::{Context, Problem, Topic};
use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use crate::{case::Case, facts};

/// What becomes of the case's Task with a step.
pub struct TaskChange<'a> {
    /// `in-progress`, `rejected` or `cancelled`.
    pub status: &'a str,
    /// Why, for a refusal.
    pub reason: Option<&'a str>,
    /// Until when the expert may still read; from then on nothing of the patient is open to them.
    pub open_until: Option<Timestamp>,
}

impl TaskChange<'_> {
    /// The consultation goes on.
    pub const GOING_ON: TaskChange<'static> = TaskChange {
        status: "in-progress",
        reason: None,
        open_until: None,
    };
}

/// Commits the facts of one step together with the case's Task, if the case is still as it was read.
pub async fn commit(
    context: &dyn Context,
    case: &Case,
    actor: &ActorId,
    mut new: Vec<NewFact>,
    change: TaskChange<'_>,
) -> Result<Vec<Sealed>, Problem> {
    new.push(task(context, case, &change)?);
    let conditioned = |fact: NewFact| {
        let condition = match &fact {
            NewFact::PutResource { key, .. } => Precondition::Version(case.version(key)),
            _ => Precondition::None,
        };
        (fact, condition)
    };
    let batch = Batch {
        actor: actor.clone(),
        facts: new.into_iter().map(conditioned).collect(),
    };
    let sealed = context.record().commit(batch).await?;
    context.notify(Topic::Case, &case.id, &case.accounts());
    context.notify(Topic::Waiting, &case.id, &case.accounts());
    Ok(sealed)
}

/// The Task with its new status; also where the status stays, so that each step is seen by the next.
fn task(context: &dyn Context, case: &Case, change: &TaskChange<'_>) -> Result<NewFact, Problem> {
    let mut body = current(case, &facts::task_key(&case.id))?;
    facts::set(&mut body, "status", json!(change.status));
    facts::set(&mut body, "lastModified", json!(context.now()));
    if let Some(reason) = change.reason {
        facts::set(&mut body, "statusReason", json!({"text": reason}));
    }
    if let Some(end) = change.open_until {
        facts::set(&mut body, "restriction", json!({"period": {"end": end}}));
    }
    Ok(facts::put(facts::task_key(&case.id), &case.patient, body))
}

/// The `ServiceRequest` with a new status.
pub fn request_with_status(case: &Case, status: &str) -> Result<NewFact, Problem> {
    let key = facts::request_key(&case.id);
    let mut body = current(case, &key)?;
    facts::set(&mut body, "status", json!(status));
    Ok(facts::put(key, &case.patient, body))
}

/// The body of a resource that the case was read from, without what the record writes into it.
pub fn current(case: &Case, key: &ResourceKey) -> Result<Value, Problem> {
    let found = case
        .resource(key)
        .and_then(|resource| resource.body.clone());
    let mut body = found.ok_or_else(Problem::not_found)?;
    if let Some(fields) = body.as_object_mut() {
        for written in ["meta", "resourceType", "id"] {
            fields.shift_remove(written);
        }
    }
    Ok(body)
}

/// Refuses acts on a case that is not going on.
pub fn must_go_on(case: &Case) -> Result<(), Problem> {
    use crate::case::Invitation;
    match case.invitation {
        Invitation::Accepted => Ok(()),
        Invitation::Open => Err(Problem::out_of_order(
            "专家尚未接受会诊；请等待",
            "the expert has not accepted yet: wait for that",
        )),
        Invitation::Declined => Err(Problem::out_of_order(
            "专家已谢绝；请另行申请会诊",
            "the expert declined: ask for another consultation",
        )),
        Invitation::Withdrawn => Err(Problem::out_of_order(
            "会诊申请已撤回；请另行申请会诊",
            "the request was taken back: ask for another consultation",
        )),
        Invitation::Done => Err(Problem::out_of_order(
            "会诊已签署并结束；如需更改请另行申请会诊",
            "the consultation is signed and closed: ask for another one to change the plan",
        )),
    }
}
