//! What came of a case: asked for when the plan's own time has passed, so that opinions can be compared with it.

use jiff::{Span, civil::Date};
use policy::{Action, Object};
use record::NewFact;
use scenario::{Context, Named, Problem, Request, Waiting, WaitingKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{RoomId, Timestamp};

use crate::{
    body::{self, Management},
    case::{Case, Invitation, Person, text},
    facts,
    step::{self, TaskChange},
};

/// What the nodule turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    Benign,
    Malignant,
    /// Not known yet: it is asked again.
    Unknown,
}

/// What tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    Pathology,
    Resolved,
    StableOnImaging,
    GrowthOnImaging,
    ClinicalCourse,
    None,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub found: Found,
    pub evidence: Evidence,
    /// The day of the evidence.
    pub day: Date,
    #[serde(default)]
    pub note: String,
    pub by: Person,
    pub at: Timestamp,
}

impl Outcome {
    /// Reads it from its Observation.
    pub fn read(body: &Value) -> Option<Self> {
        serde_json::from_str(&text(body, "/extension/0/valueString")?).ok()
    }
}

/// The day on which the outcome of a plan is asked for: when the plan's own time has passed, or after as many
/// months as the hospital has set where the plan names none.
pub fn due(management: Management, from: Date) -> Date {
    let months = knowledge::quality::outcome_months(&management.code());
    from.saturating_add(Span::new().months(i64::from(months)))
}

/// The request for the outcome, with the day from which on it waits.
pub fn asked(case: &Case, due: Date, is_open: bool, at: Timestamp) -> Option<NewFact> {
    let asker = case.people.first()?;
    let body = json!({
        "instantiatesUri": [facts::OUTCOME_URI],
        "basedOn": [{"reference": facts::reference(&facts::request_key(&case.id))}],
        "status": if is_open { "active" } else { "completed" },
        "intent": "order",
        "code": {"text": "Say what came of the nodule"},
        "subject": facts::patient(case),
        "occurrenceDateTime": due.to_string(),
        "authoredOn": at,
        "requester": facts::practitioner(asker),
    });
    Some(facts::put(
        facts::outcome_request_key(&case.id),
        &case.patient,
        body,
    ))
}

/// What waits by a request for an outcome, once its day has come.
pub fn waits(context: &dyn Context, request: &Value) -> Option<Waiting> {
    let due: Date = text(request, "/occurrenceDateTime")?.parse().ok()?;
    if context.day_of(context.now()) < due {
        return None;
    }
    let case = text(request, "/basedOn/0/reference")?;
    let case = case.strip_prefix("ServiceRequest/")?.to_owned();
    let asker = Person::referred(request.get("requester")?)?;
    Some(Waiting {
        kind: WaitingKind::OutcomeDue,
        room: RoomId::new(case.as_str()).ok()?,
        id: case,
        path: None,
        patient: Named {
            id: text(request, "/subject/reference")?
                .strip_prefix("Patient/")?
                .to_owned(),
            name: text(request, "/subject/display").unwrap_or_default(),
        },
        from: Named {
            id: asker.id.to_string(),
            name: asker.name,
        },
        reason: due.to_string(),
        at: context.start_of(due),
    })
}

/// `PUT cases/{id}/outcome`.
#[derive(Debug, Deserialize)]
struct Wish {
    found: Found,
    evidence: Evidence,
    day: Date,
    #[serde(default)]
    note: String,
}

/// Keeps what came of a signed case. Saying it again replaces it; the record keeps both.
pub async fn put(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let note = body::short_enough(&wish.note, body::SHORT, "说明", "the note")?;
    let object = Object::Patient(case.patient.clone());
    context
        .permit(&request.actor, Action::Sign, &object)
        .await?;
    let (Invitation::Done, Some(plan)) = (case.invitation, &case.plan) else {
        return Err(Problem::out_of_order(
            "签署后才能填写结局",
            "what came of it is said after the plan is signed",
        ));
    };
    let now = context.now();
    let today = context.day_of(now);
    if wish.day > today {
        return Err(Problem::invalid(
            "日期不能晚于今天",
            "the day must not be later than today",
        ));
    }
    if wish.found != Found::Unknown && wish.evidence == Evidence::None {
        return Err(Problem::invalid(
            "请选择依据",
            "choose what tells whether it is benign or malignant",
        ));
    }
    let outcome = Outcome {
        found: wish.found,
        evidence: wish.evidence,
        day: wish.day,
        note,
        by: case.person(&request.actor.id)?.clone(),
        at: now,
    };
    let is_open = outcome.found == Found::Unknown;
    let mut new = vec![fact(case, &outcome)];
    new.extend(asked(case, due(plan.management, today), is_open, now));
    let actor = &request.actor.id;
    step::commit(context, case, actor, new, TaskChange::GOING_ON).await?;
    Ok(())
}

fn fact(case: &Case, outcome: &Outcome) -> NewFact {
    let written = serde_json::to_string(outcome).unwrap_or_default();
    let mut body = json!({
        "extension": [{"url": facts::OUTCOME_URI, "valueString": written}],
        "basedOn": [{"reference": facts::reference(&facts::request_key(&case.id))}],
        "status": if case.outcome.is_some() { "amended" } else { "final" },
        "code": {"text": "Outcome of the pulmonary nodule"},
        "subject": facts::patient(case),
        "effectiveDateTime": outcome.day.to_string(),
        "issued": outcome.at,
        "performer": [facts::practitioner(&outcome.by)],
        "valueCodeableConcept": {"coding": [{
            "system": "urn:yuanyi:outcome", "code": outcome.found,
        }]},
        "method": {"coding": [{
            "system": "urn:yuanyi:outcome-evidence", "code": outcome.evidence,
        }]},
    });
    if !outcome.note.is_empty() {
        facts::set(&mut body, "note", json!([{"text": outcome.note}]));
    }
    facts::put(facts::outcome_key(&case.id), &case.patient, body)
}
