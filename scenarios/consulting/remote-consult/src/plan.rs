//! The joint plan: one text that all can edit, with each one's dissent beside it.

use policy::{Action, Object};
use record::ResourceVersion;
use scenario::{Context, Problem, Request};
use serde_json::{Value, json};
use vocabulary::{ActorId, Digest, Timestamp};

use crate::{
    body::{self, Draft, Management},
    case::{Case, text},
    facts,
    minutes::{self, Act, Entry},
    step::{self, TaskChange},
};

/// Where someone does not agree with the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissent {
    pub by: ActorId,
    pub name: String,
    pub text: String,
}

/// The plan as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub case: String,
    pub version: u64,
    pub text: String,
    pub management: Management,
    pub dissents: Vec<Dissent>,
    pub edited_by: String,
    pub edited_at: Timestamp,
}

impl Plan {
    /// Reads the plan from its `CarePlan`.
    pub fn read(case: &str, resource: &ResourceVersion) -> Option<Self> {
        let body = resource.body.as_ref()?;
        let code = text(body, "/activity/0/detail/code/coding/0/code")?;
        let notes = body.get("note").and_then(Value::as_array);
        let dissent = |note: &Value| {
            let by = text(note, "/authorReference/reference")?;
            Some(Dissent {
                by: ActorId::new(by.strip_prefix("Practitioner/")?).ok()?,
                name: text(note, "/authorReference/display").unwrap_or_default(),
                text: text(note, "/text")?,
            })
        };
        Some(Self {
            case: case.to_owned(),
            version: resource.version,
            text: text(body, "/description")?,
            management: serde_json::from_value(json!(code)).ok()?,
            dissents: notes.into_iter().flatten().filter_map(dissent).collect(),
            edited_by: text(body, "/author/display").unwrap_or_default(),
            edited_at: resource.at,
        })
    }

    /// What is signed: the digest of the plan's content in JSON, with fixed keys in a fixed order.
    pub fn digest(&self) -> Digest {
        let dissents: Vec<Value> = self
            .dissents
            .iter()
            .map(|d| json!({"by": d.by, "text": d.text}))
            .collect();
        let content = json!({
            "case": self.case,
            "text": self.text,
            "management": self.management,
            "dissents": dissents,
        });
        Digest::of(content.to_string().as_bytes())
    }
}

/// `PUT cases/{id}/plan`: writes the plan, if nobody has changed it since it was read.
pub async fn put(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    let draft: Draft = request.body_as()?;
    let plan_text = body::said(&draft.text, body::LONG, "方案", "the plan")?;
    let dissent = draft.dissent.as_deref().unwrap_or_default();
    let dissent = body::short_enough(dissent, body::SHORT, "不同意见", "the dissent")?;
    context
        .permit(
            &request.actor,
            Action::Vote,
            &Object::Patient(case.patient.clone()),
        )
        .await?;
    step::must_go_on(case)?;
    if !case.is_revealed() {
        return Err(Problem::out_of_order(
            "所有人投票后才能写方案",
            "the plan is written after all have voted",
        ));
    }
    let now_at = case.plan.as_ref().map_or(0, |plan| plan.version);
    if draft.version.unwrap_or(0) != now_at {
        return Err(Problem::changed(
            "方案已被他人修改；请先阅读新的方案再修改",
            "someone else has changed the plan: read the new one, then edit it",
        ));
    }
    let place = case
        .place_of(&request.actor.id)
        .ok_or_else(Problem::not_found)?;
    let author = case.people.get(place).ok_or_else(Problem::not_found)?;

    // A dissent is its author's own: others' stay as they are.
    let kept = case
        .plan
        .iter()
        .flat_map(|plan| &plan.dissents)
        .filter(|d| d.by != author.id);
    let mut dissents: Vec<Dissent> = kept.cloned().collect();
    if !dissent.is_empty() {
        dissents.push(Dissent {
            by: author.id.clone(),
            name: author.name.clone(),
            text: dissent,
        });
    }
    let note = |d: &Dissent| {
        json!({
            "authorReference": {"reference": format!("Practitioner/{}", d.by), "display": d.name},
            "text": d.text,
        })
    };
    let now = context.now();
    let mut body = json!({
        "status": "draft",
        "intent": "plan",
        "title": "Joint plan of the consultation",
        "description": plan_text,
        "subject": facts::patient(case),
        "created": now,
        "author": facts::practitioner(author),
        "supportingInfo": [{"reference": facts::reference(&facts::request_key(&case.id))}],
        "contributor": case.voters().map(|(_, person)| facts::practitioner(person)).collect::<Vec<_>>(),
        "activity": [{"detail": {
            "code": {"coding": [{"system": "urn:yuanyi:management", "code": draft.management.code()}]},
            "status": "not-started",
        }}],
    });
    if !dissents.is_empty() {
        facts::set(&mut body, "note", dissents.iter().map(note).collect());
    }
    let entry = Entry::act(Act::PlanChanged, draft.management.code(), author, now);
    let new = vec![
        facts::put(facts::plan_key(&case.id), &case.patient, body),
        minutes::noted(case, [entry], now),
    ];
    step::commit(context, case, &request.actor.id, new, TaskChange::GOING_ON).await?;
    Ok(())
}
