//! Signing: each signs the plan as it is; the last signature makes it the decision.

use policy::{Action, Object};
use record::NewFact;
use scenario::{Context, Problem, Request, signed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use crate::{
    body::SignVersion,
    case::{Case, Person, text},
    facts, invite,
    minutes::{self, Act, Entry, SignedMinutes},
    outcome,
    plan::Plan,
    step::{self, TaskChange},
};

/// How long the expert may read the case after it was signed.
const READABLE_MS: i64 = 7 * 24 * 3600 * 1000;

/// What the hospital attests: this account, signed in, signed this plan at this time. Its JSON bytes, with
/// the fields in this order, are what the signature is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub case: String,
    /// Digest of the plan's content.
    pub plan: String,
    pub actor: ActorId,
    pub at: Timestamp,
    /// The minutes as they stood then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<SignedMinutes>,
}

impl Statement {
    /// Reads the statement from its Provenance.
    pub fn read(provenance: &Value) -> Option<Self> {
        serde_json::from_str(&text(provenance, "/extension/0/valueString")?).ok()
    }
}

/// `POST cases/{id}/sign`.
pub async fn sign(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    let read: SignVersion = request.body_as()?;
    context
        .permit(
            &request.actor,
            Action::Sign,
            &Object::Patient(case.patient.clone()),
        )
        .await?;
    step::must_go_on(case)?;
    let plan = case.plan.as_ref().ok_or_else(|| {
        Problem::out_of_order(
            "尚无方案可签",
            "there is no plan to sign yet: write one first",
        )
    })?;
    if read.version != plan.version {
        return Err(Problem::changed(
            "方案在您阅读之后已被修改；请先阅读新的方案再签署",
            "the plan was changed after you read it: read the new one, then sign",
        ));
    }
    let place = case
        .place_of(&request.actor.id)
        .ok_or_else(Problem::not_found)?;
    if case.signatures.get(place).is_some_and(Option::is_some) {
        return Err(Problem::out_of_order(
            "您已签署此方案",
            "you have signed this plan already",
        ));
    }
    let now = context.now();
    let statement = Statement {
        case: case.id.clone(),
        plan: plan.digest().to_string(),
        actor: request.actor.id.clone(),
        at: now,
        minutes: Some(case.minutes.signed()),
    };
    let signer = case.people.get(place).ok_or_else(Problem::not_found)?;
    let mut new = vec![provenance(context, case, place, signer, &statement)?];
    let is_last = case.lacking(&case.signatures) == 1;
    let minutes = case
        .minutes
        .with([Entry::act(Act::Signed, "", signer, now)]);
    new.push(minutes::fact(case, &minutes, now, is_last));
    if !is_last {
        step::commit(context, case, &request.actor.id, new, TaskChange::GOING_ON).await?;
        return Ok(());
    }

    // The last signature makes the draft a decision: report, plan and the end of the request, together.
    let mut decided = step::current(case, &facts::plan_key(&case.id))?;
    facts::set(&mut decided, "status", json!("active"));
    new.push(facts::put(
        facts::plan_key(&case.id),
        &case.patient,
        decided,
    ));
    new.push(facts::report(case, &conclusion(case, plan), now));
    new.push(step::request_with_status(case, "completed")?);
    // The expert can still read what was signed, and check its proof, for some days.
    let until = Timestamp(now.0.saturating_add(READABLE_MS));
    new.extend(invite::ended(case, Some(until), now));
    // What came of it is asked for when the plan's time has passed.
    new.extend(outcome::asked(
        case,
        outcome::due(plan.management, context.day_of(now)),
        true,
        now,
    ));
    let done = TaskChange {
        open_until: Some(until),
        ..TaskChange::GOING_ON
    };
    step::commit(context, case, &request.actor.id, new, done).await?;
    Ok(())
}

fn provenance(
    context: &dyn Context,
    case: &Case,
    place: usize,
    signer: &Person,
    statement: &Statement,
) -> Result<NewFact, Problem> {
    let written = serde_json::to_string(statement).map_err(|_| Problem::not_found())?;
    let target = json!({"reference": facts::reference(&facts::plan_key(&case.id))});
    let body = signed(context, &target, signer, &written, statement.at);
    Ok(facts::put(
        facts::signature_key(&case.id, place),
        &case.patient,
        body,
    ))
}

/// The report's conclusion: the plan, and every dissent.
fn conclusion(case: &Case, plan: &Plan) -> String {
    let management = plan.management.label();
    let mut lines = vec![
        plan.text.clone(),
        format!("Management: {} · 处理：{}", management.en, management.zh),
    ];
    lines.extend(
        plan.dissents
            .iter()
            .map(|d| format!("Dissent of {}: {}", d.name, d.text)),
    );
    let names: Vec<&str> = case
        .voters()
        .map(|(_, person)| person.name.as_str())
        .collect();
    lines.push(format!("Signed by {}", names.join(", ")));
    lines.join("\n")
}
