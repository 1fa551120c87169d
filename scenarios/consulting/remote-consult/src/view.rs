//! The case as one participant may see it now. What is blind is not sent.

use knowledge::{
    Answers, CardInput, Recommendation, Verdict,
    guideline::{Agreement, agreement},
    quality,
};
use policy::{Actor, Permit};
use scenario::{Context, Problem};
use serde_json::{Value, json};
use vocabulary::Assessed;

use crate::{
    answers,
    case::{Case, GUIDELINES, Invitation, MODELS, Standing, text},
    facts, minutes, turn, vote,
};

/// The case for this actor.
pub async fn of(
    context: &dyn Context,
    permit: &Permit,
    case: &Case,
    actor: &Actor,
) -> Result<Value, Problem> {
    let place = case.place_of(&actor.id).ok_or_else(Problem::not_found)?;
    let in_force = answers::in_force(context, permit, case).await?;
    let people: Vec<Value> = case
        .people
        .iter()
        .enumerate()
        .map(|(at, person)| {
            json!({
                "id": person.id,
                "name": person.name,
                "part": match at { 0 => "asks", 1 => "expert", _ => "invited" },
                "standing": case.standing.get(at).copied().map(standing),
                "voted": case.votes.get(at).is_some_and(Option::is_some),
                "signed": case.signatures.get(at).is_some_and(Option::is_some),
            })
        })
        .collect();
    let today = context.day_of(context.now()).to_string();
    Ok(json!({
        "id": case.id,
        "room": case.id,
        "patient": {"id": case.patient, "name": case.patient_name},
        "series": case.series,
        "reason": case.reason,
        "at": case.asked_at,
        "step": step(case),
        "ended_because": case.ended_because,
        "participants": people,
        "questions": questions(context, permit, case, &in_force).await?,
        "answers_locked": case.has_votes(),
        "models": models(case, &in_force),
        "guidelines": guidelines(case, &in_force),
        "agreement": agreement_of(case),
        "own_vote": vote::open(context, case, place)?,
        "votes": votes(context, case)?,
        "plan": plan(case),
        "turn": turn::view(case, context.now()),
        "minutes": minutes::view(case),
        "outcome": case.outcome,
        "outcome_due": outcome_due(case),
        "outcome_asked": outcome_due(case).is_some_and(|due| due <= today),
        "settings": settings(case),
        "proof": proof(case),
    }))
}

/// What the hospital has set, since no source gives it: how long a reply is waited for, and after how many months
/// of the plan it is asked what came of it.
fn settings(case: &Case) -> Value {
    let management = case.plan.as_ref().map(|plan| plan.management.code());
    json!({
        "reply": quality::patience(quality::Awaited::Reply),
        "outcome_months": management.map(|code| quality::outcome_months(&code)),
        "outcome_needs_confirmation": quality::outcome_needs_confirmation(),
    })
}

/// The case for one who has just declined: that it is over for them, and nothing of the patient.
pub fn left(case: &Case) -> Value {
    json!({
        "id": case.id,
        "room": case.id,
        "patient": {"id": "", "name": ""},
        "reason": "",
        "step": "declined",
        "participants": [],
        "questions": [],
        "answers_locked": true,
        "models": [],
        "guidelines": [],
        "agreement": null,
        "turn": null,
        "minutes": {"entries": [], "final": false},
        "outcome": null,
        "outcome_due": null,
        "outcome_asked": false,
        "settings": {"reply": null, "outcome_months": null, "outcome_needs_confirmation": false},
        "proof": [],
    })
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Asked => "asked",
        Standing::TakesPart => "takes-part",
        Standing::Left => "left",
    }
}

/// The day from which on it is asked what came of the case.
fn outcome_due(case: &Case) -> Option<String> {
    let asked = case.resource(&facts::outcome_request_key(&case.id))?;
    let body = asked.body.as_ref()?;
    let is_open = text(body, "/status").as_deref() == Some("active");
    is_open.then(|| text(body, "/occurrenceDateTime"))?
}

fn step(case: &Case) -> &'static str {
    match case.invitation {
        Invitation::Open => "asked",
        Invitation::Declined => "declined",
        Invitation::Withdrawn => "withdrawn",
        Invitation::Done => "signed",
        Invitation::Accepted if case.is_revealed() => "planning",
        Invitation::Accepted => "voting",
    }
}

/// The questions, each with the answer that counts now, or why the record has none.
async fn questions(
    context: &dyn Context,
    permit: &Permit,
    case: &Case,
    in_force: &Answers,
) -> Result<Vec<Value>, Problem> {
    let twin = context.twin(permit, &case.patient).await?;
    let cards: Vec<_> = MODELS
        .iter()
        .filter_map(|model| knowledge::find(model))
        .map(knowledge::card)
        .chain(
            GUIDELINES
                .iter()
                .filter_map(|guideline| knowledge::find_guideline(guideline))
                .map(knowledge::guideline_card),
        )
        .collect();
    let question = |name: String| {
        let asking: Vec<(&str, &CardInput)> = cards
            .iter()
            .filter_map(|card| {
                Some((
                    card.id.as_str(),
                    card.inputs.iter().find(|input| input.name == name)?,
                ))
            })
            .collect();
        let (_, input) = asking.first()?;
        let mut question = json!({
            "name": input.name,
            "label": input.label,
            "help": input.help,
            "kind": input.kind,
            "unit": input.unit,
            "choices": input.choices,
            "asked_by": asking.iter().map(|(model, input)| {
                json!({"model": model, "range": input.range, "validated": input.validated})
            }).collect::<Vec<_>>(),
            "answer": in_force.get(&name),
        });
        let known = twin.as_ref().and_then(|twin| twin.answers.get(&name));
        if let (Some(twin::TwinAnswer::Unknown(unknown)), None) = (known, in_force.get(&name)) {
            facts::set(&mut question, "unknown", json!(unknown.why));
        }
        Some(question)
    };
    Ok(answers::questions()
        .into_iter()
        .filter_map(question)
        .collect())
}

/// The models side by side. Before all have voted: only what each still misses, and no number.
fn models(case: &Case, in_force: &Answers) -> Vec<Value> {
    if case.is_revealed() {
        return case.assessments.clone();
    }
    let readiness = |assessment: knowledge::Assessment| {
        let missing = match assessment.result {
            Assessed::Assessed { .. } => Vec::new(),
            Assessed::NotAssessable { missing } => missing,
        };
        json!({
            "model": assessment.model,
            "title": assessment.title,
            "population": assessment.population,
            "not_for": assessment.not_for,
            "citation": assessment.citation,
            "year": assessment.year,
            "confidence": assessment.confidence,
            "needs_confirmation": assessment.needs_confirmation,
            "result": if missing.is_empty() {
                json!({"state": "sealed"})
            } else {
                json!({"state": "not-assessable", "missing": missing})
            },
        })
    };
    MODELS
        .iter()
        .filter_map(|model| knowledge::assess(model, in_force))
        .map(readiness)
        .collect()
}

/// The guidelines side by side. Before all have voted: only what each still misses, and no advice.
fn guidelines(case: &Case, in_force: &Answers) -> Vec<Value> {
    if case.is_revealed() {
        return case.recommendations.clone();
    }
    let readiness = |said: Recommendation| {
        let result = match said.result {
            Verdict::NotAssessable { missing } => {
                json!({"state": "not-assessable", "missing": missing})
            }
            // Whether it applies is no secret; what it advises is.
            Verdict::NotApplicable { why } => json!({"state": "not-applicable", "why": why}),
            Verdict::Recommended { .. } => json!({"state": "sealed"}),
        };
        json!({"guideline": said.guideline, "title": said.title, "result": result})
    };
    GUIDELINES
        .iter()
        .filter_map(|guideline| knowledge::find_guideline(guideline))
        .map(|guideline| readiness(guideline.recommend(in_force)))
        .collect()
}

/// Whether the guidelines agree on what comes next, once all have voted; before that nothing.
fn agreement_of(case: &Case) -> Option<Agreement> {
    let said: Vec<Recommendation> = case
        .recommendations
        .iter()
        .filter_map(|said| serde_json::from_value(said.clone()).ok())
        .collect();
    case.is_revealed().then(|| agreement(&said))
}

/// All votes, once all have voted; before that nothing.
fn votes(context: &dyn Context, case: &Case) -> Result<Option<Vec<Value>>, Problem> {
    if !case.is_revealed() {
        return Ok(None);
    }
    let mut all = Vec::new();
    for (place, person) in case.voters() {
        all.push(json!({
            "id": person.id,
            "name": person.name,
            "vote": vote::open(context, case, place)?,
        }));
    }
    Ok(Some(all))
}

fn plan(case: &Case) -> Option<Value> {
    let plan = case.plan.as_ref()?;
    let dissents = plan
        .dissents
        .iter()
        .map(|d| json!({"id": d.by, "name": d.name, "text": d.text}));
    let signatures = case
        .signatures
        .iter()
        .zip(&case.people)
        .filter_map(|(signed, person)| {
            let signed = signed.as_ref()?;
            // The entries that were signed, where they stand there unchanged.
            let minutes = signed
                .minutes
                .as_ref()
                .filter(|then| case.minutes.hold(then));
            Some(json!({
                "id": person.id,
                "name": person.name,
                "at": signed.at,
                "minutes": minutes.map(|then| then.entries),
            }))
        });
    Some(json!({
        "version": plan.version,
        "text": plan.text,
        "management": plan.management,
        "dissents": dissents.collect::<Vec<_>>(),
        "by": plan.edited_by,
        "at": plan.edited_at,
        "digest": plan.digest(),
        "signatures": signatures.collect::<Vec<_>>(),
    }))
}

/// Where each fact of the case stands in the ledger, the decision first. While votes are blind, they and
/// what follows from them are not listed.
fn proof(case: &Case) -> Vec<Value> {
    let mut facts: Vec<_> = case.resources.iter().collect();
    facts.sort_by_key(|resource| std::cmp::Reverse(resource.sequence));
    let shown = facts
        .iter()
        .filter(|r| case.is_revealed() || r.key.kind != "ClinicalImpression");
    shown
        .map(|resource| {
            json!({
                "reference": facts::reference(&resource.key),
                "version": resource.version,
                "sequence": resource.sequence,
                "at": resource.at,
            })
        })
        .collect()
}
