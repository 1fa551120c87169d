//! Deviations: a step left out, or something arranged otherwise than the guideline says. Each has a reason
//! and is a fact of its own. Nobody is held up by one.

use policy::{Action, Object};
use record::NewFact;
use scenario::{Context, Problem, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{Text, Timestamp};

use crate::{
    facts, orders,
    programme::{Person, Programme, Step},
    step,
};

const SYSTEM: &str = "urn:yuanyi:deviation";
/// The most characters of a reason or note.
pub const LONGEST: usize = 1000;

/// A deviation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// A step of the programme, or `order-3`.
    pub place: String,
    pub reason: String,
    pub by: Person,
    pub at: Timestamp,
}

impl Deviation {
    /// Reads it again; none where it was taken back.
    pub fn read(body: &Value) -> Option<Self> {
        if body.get("resourceType")? != "ClinicalImpression" || body.get("status")? != "completed" {
            return None;
        }
        facts::read_own(body, facts::OWN_URI)
    }

    /// It as a resource.
    pub fn fact(&self, programme: &Programme) -> NewFact {
        let body = json!({
            "extension": facts::own(facts::OWN_URI, self),
            "status": "completed",
            "code": {
                "coding": [{"system": SYSTEM, "code": self.place}],
                "text": "Deviation from the programme, with its reason",
            },
            "description": self.reason,
            "subject": facts::patient(programme),
            "date": self.at,
            "assessor": facts::practitioner(&self.by),
            "supportingInfo": [facts::refer(&facts::plan_key(&programme.id))],
        });
        let key = facts::deviation_key(&programme.id, &self.place);
        facts::put(key, &programme.patient, body)
    }
}

/// What people call the place of a deviation: a step, or an order by its number and kind.
pub fn label(programme: &Programme, place: &str) -> Text {
    if let Some(step) = Step::ALL.into_iter().find(|step| step.as_str() == place) {
        let (zh, en) = step::name(step);
        return Text::new(zh, en);
    }
    let arranged = programme.course.arranged.as_ref();
    let found = place.strip_prefix("order-").and_then(|n| {
        let n: usize = n.parse().ok()?;
        Some((n, arranged?.decisions.get(n)?))
    });
    found.map_or_else(
        || Text::new(place, place),
        |(n, decision)| {
            let label = orders::label(decision.step);
            let n = n + 1;
            Text::new(format!("{n}. {}", label.zh), format!("{n}. {}", label.en))
        },
    )
}

/// The facts that take deviations back which are none any more.
pub fn taken_back(programme: &Programme, place: &str) -> Option<NewFact> {
    programme.deviations.get(place)?;
    let key = facts::deviation_key(&programme.id, place);
    let mut body = programme.current(&key)?;
    facts::set(&mut body, "status", json!("entered-in-error"));
    Some(facts::put(key, &programme.patient, body))
}

/// `POST programmes/{id}/skip`.
#[derive(Debug, Deserialize)]
struct Skip {
    step: Step,
    reason: String,
}

/// Leaves a step out, with a reason. The steps after it are open then.
pub async fn skip(
    context: &dyn Context,
    programme: &Programme,
    request: &Request,
) -> Result<(), Problem> {
    let skip: Skip = request.body_as()?;
    let reason = said(&skip.reason, "跳过的原因", "why the step is left out")?;
    may_decide(context, programme, request).await?;
    if skip.step == Step::Assist {
        step::must_be_signed(programme)?;
    } else {
        step::must_be_draft(programme)?;
    }
    let deviation = Deviation {
        place: skip.step.as_str().to_owned(),
        reason,
        by: Person::from(&request.actor),
        at: context.now(),
    };
    let new = vec![deviation.fact(programme)];
    step::commit(context, programme, &request.actor.id, new, None).await
}

/// Refuses those who do not decide about this patient.
pub async fn may_decide(
    context: &dyn Context,
    programme: &Programme,
    request: &Request,
) -> Result<(), Problem> {
    let object = Object::Patient(programme.patient.clone());
    context
        .permit(&request.actor, Action::Sign, &object)
        .await?;
    Ok(())
}

/// A text that must say something, and not too much.
pub fn said(text: &str, zh: &str, en: &str) -> Result<String, Problem> {
    let text = short_enough(text, zh, en)?;
    if text.is_empty() {
        return Err(Problem::invalid(
            format!("请填写{zh}"),
            format!("write {en}"),
        ));
    }
    Ok(text)
}

/// A text that may be empty, and must not be too long.
pub fn short_enough(text: &str, zh: &str, en: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return Err(Problem::invalid(
            format!("{zh}过长：最多 {LONGEST} 字"),
            format!("{en} is too long: {LONGEST} characters at most"),
        ));
    }
    Ok(text.to_owned())
}
