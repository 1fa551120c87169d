//! Signing: the doctor signs what was read; the plan and its orders hold from then on.

use knowledge::Answers;
use scenario::{Context, Problem, Request, STATEMENT_URI, signed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Digest, Timestamp};

use crate::{
    answers,
    deviation::{self, Deviation},
    facts, letter,
    programme::{Person, Programme, Step},
    step::{self, StepState},
};

/// What the hospital attests: this account, signed in, signed this plan at this time. Its JSON bytes, with
/// the fields in this order, are what the signature is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub programme: String,
    /// Digest of the plan's content.
    pub plan: String,
    pub actor: ActorId,
    pub name: String,
    pub at: Timestamp,
}

impl Statement {
    /// Reads the statement from its Provenance.
    pub fn read(provenance: &Value) -> Option<Self> {
        facts::read_own(provenance, STATEMENT_URI)
    }
}

/// What is signed: the digest of the plan's content in JSON, with fixed keys in a fixed order. That an order
/// is done later changes nothing in what was signed, so it is not part of it.
pub fn digest(programme: &Programme) -> Digest {
    let decisions: Vec<Value> = programme
        .course
        .arranged
        .iter()
        .flat_map(|arranged| &arranged.decisions)
        .map(|decision| {
            json!({
                "step": decision.step,
                "from": decision.window.from,
                "until": decision.window.until,
                "every": decision.every_months,
                "last": decision.last,
                "ordered": decision.ordered,
                "reason": decision.reason,
            })
        })
        .collect();
    let deviations: Vec<Value> = programme
        .deviations
        .values()
        .filter(|deviation| deviation.place != Step::Assist.as_str())
        .map(|Deviation { place, reason, .. }| json!({"place": place, "reason": reason}))
        .collect();
    let content = json!({
        "programme": programme.id,
        "assessed": programme.course.assessed.as_ref().map(|asked| &asked.answers),
        "advice": programme.advice.as_ref().map(|advice| json!({
            "guideline": advice.guideline,
            "outcome": advice.outcome,
            "note": advice.note,
        })),
        "decisions": decisions,
        "referral": programme.referral,
        "deviations": deviations,
    });
    Digest::of(content.to_string().as_bytes())
}

/// `POST programmes/{id}/sign`: the digest that was read.
#[derive(Debug, Deserialize)]
struct Read {
    digest: String,
}

/// Signs the plan.
pub async fn post(
    context: &dyn Context,
    programme: &Programme,
    in_force: &Answers,
    request: &Request,
) -> Result<(), Problem> {
    let read: Read = request.body_as()?;
    deviation::may_decide(context, programme, request).await?;
    step::must_be_draft(programme)?;
    step::must_follow(programme, in_force, Step::Arrange)?;
    let states = step::states(programme, in_force);
    let arrange = states.iter().find(|(step, _)| *step == Step::Arrange);
    let is_decided = |state: StepState| matches!(state, StepState::ToSign | StepState::Skipped);
    if !arrange.is_some_and(|(_, state)| is_decided(*state)) {
        return Err(Problem::out_of_order(
            "尚未安排；请先决定每一项，或写明跳过的原因",
            "nothing is arranged yet: decide about each order, or say why the step is left out",
        ));
    }
    if read.digest != digest(programme).to_string() {
        return Err(Problem::changed(
            "内容在您阅读之后已变；请重新阅读再签署",
            "it was changed after you read it: read it again, then sign",
        ));
    }
    let signer = Person::from(&request.actor);
    let statement = Statement {
        programme: programme.id.clone(),
        plan: read.digest,
        actor: signer.id.clone(),
        name: signer.name.clone(),
        at: context.now(),
    };
    let new = facts_of(context, programme, in_force, &signer, &statement)?;
    step::commit_with_plan(context, programme, &request.actor.id, new).await
}

/// The signature, and everything that holds with it.
fn facts_of(
    context: &dyn Context,
    programme: &Programme,
    in_force: &Answers,
    signer: &Person,
    statement: &Statement,
) -> Result<Vec<record::NewFact>, Problem> {
    let id = &programme.id;
    let mut new = vec![provenance(context, programme, signer, statement)];
    let mut activity: Vec<Value> = Vec::new();
    let decisions = programme.course.arranged.iter().flat_map(|a| &a.decisions);
    for (n, decision) in decisions.enumerate().filter(|(_, one)| one.ordered) {
        activity.push(json!({"reference": facts::refer(&facts::order_key(id, n))}));
        // What is arranged for a time that has passed is due at once; it holds all the same.
        let status = if decision.is_open() {
            "active"
        } else {
            "completed"
        };
        new.extend(crate::orders::with_status(programme, n, status));
    }
    if programme.referral.is_some() {
        let key = facts::referral_key(id);
        if let Some(mut body) = programme.current(&key) {
            facts::set(&mut body, "status", json!("active"));
            activity.push(json!({"reference": facts::refer(&key)}));
            new.push(facts::put(key, &programme.patient, body));
        }
        new.push(letter::fact(programme, in_force, signer, statement.at));
    }
    new.push(answers::fact(
        programme,
        &programme.given,
        signer,
        statement.at,
        true,
    ));
    let mut plan = step::plan(programme)?;
    // Where nothing is left to be done, the plan is at its end with the signature.
    let status = if activity.is_empty() {
        "completed"
    } else {
        "active"
    };
    facts::set(&mut plan, "status", json!(status));
    facts::set(&mut plan, "description", json!(description(programme)));
    if !activity.is_empty() {
        facts::set(&mut plan, "activity", json!(activity));
    }
    new.push(facts::put(facts::plan_key(id), &programme.patient, plan));
    Ok(new)
}

/// What the plan says, for those who read it without this scenario.
fn description(programme: &Programme) -> String {
    let Some(advice) = &programme.advice else {
        let skipped = programme.deviations.get(Step::Advise.as_str());
        return skipped.map(|one| one.reason.clone()).unwrap_or_default();
    };
    let words = advice.doctor.as_ref().map(facts::both);
    let parts = words.into_iter().chain([advice.note.clone()]);
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn provenance(
    context: &dyn Context,
    programme: &Programme,
    signer: &Person,
    statement: &Statement,
) -> record::NewFact {
    let written = serde_json::to_string(statement).unwrap_or_default();
    let target = facts::refer(&facts::plan_key(&programme.id));
    let body = signed(context, &target, signer, &written, statement.at);
    let key = facts::signature_key(&programme.id);
    facts::put(key, &programme.patient, body)
}
