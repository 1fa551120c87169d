//! The programme as those who treat the patient see it now.

use std::{collections::BTreeMap, sync::LazyLock};

use knowledge::{Answers, CardInput};
use scenario::{Context, Problem};
use serde::Deserialize;
use serde_json::{Value, json};
use twin::{Finding, PatientTwin, TwinAnswer};
use vocabulary::{Text, Timestamp};

use crate::{
    answers::{self, READY},
    arrange::{self, Decision},
    assess, days, deviation, facts, letter, levels, orders,
    programme::{GUIDELINES, MODELS, Programme, State},
    sign, step,
    waiting::due,
};

/// How a question is put, and to whom.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    to: String,
    plain: Text,
}

static PLAIN: LazyLock<BTreeMap<String, Put>> = LazyLock::new(|| {
    toml::from_str(include_str!("../guidelines/questions.toml"))
        .unwrap_or_else(|error| unreachable!("the questions: {error}"))
});

/// The programme, whole.
pub fn of(
    context: &dyn Context,
    twin: Option<&PatientTwin>,
    programme: &Programme,
    in_force: &Answers,
) -> Result<Value, Problem> {
    let states = step::states(programme, in_force);
    let steps: Vec<Value> = states
        .iter()
        .map(|(step, state)| {
            let skipped = programme.deviations.get(step.as_str());
            json!({"name": step, "state": state, "reason": skipped.map(|one| &one.reason)})
        })
        .collect();
    let plan = programme.resources.first().ok_or_else(Problem::not_found)?;
    Ok(json!({
        "id": programme.id,
        "patient": {"id": programme.patient, "name": programme.patient_name},
        "at": programme.opened_at,
        "by": programme.opened_by,
        "state": programme.state,
        "version": plan.version,
        "steps": steps,
        "questions": questions(twin, programme, in_force),
        "smoking": smoking(programme, in_force),
        "assessed": programme.course.assessed,
        "models": models(programme, in_force),
        "guidelines": guidelines(programme, in_force),
        "advice": programme.advice,
        "decided": decided(twin, programme),
        "arrangement": arrangement(context, twin, programme),
        "referral": programme.referral,
        "letter": letter::sections(programme, in_force),
        "deviations": deviations(programme),
        "digest": sign::digest(programme),
        "signature": programme.signature,
        "taught": programme.taught,
        "proof": proof(programme),
    }))
}

fn deviations(programme: &Programme) -> Vec<Value> {
    let shown = |one: &deviation::Deviation| {
        let mut shown = json!(one);
        let label = deviation::label(programme, &one.place);
        facts::set(&mut shown, "label", json!(label));
        shown
    };
    programme.deviations.values().map(shown).collect()
}

/// The questions in their order, each with the answer that counts now, what the record says, and whether it
/// matters still.
fn questions(twin: Option<&PatientTwin>, programme: &Programme, in_force: &Answers) -> Vec<Value> {
    let open = step::open_questions(programme, in_force);
    let cards: Vec<_> = GUIDELINES
        .iter()
        .filter_map(|id| knowledge::find_guideline(id))
        .map(knowledge::guideline_card)
        .chain(
            MODELS
                .iter()
                .filter_map(|id| knowledge::find(id))
                .map(knowledge::card),
        )
        .collect();
    let question = |name: String| {
        let asking: Vec<(&str, &CardInput)> = cards
            .iter()
            .filter_map(|card| {
                let input = card.inputs.iter().find(|input| input.name == name)?;
                Some((card.id.as_str(), input))
            })
            .collect();
        let (_, input) = asking.first()?;
        let put = PLAIN.get(&name);
        let said = programme.given.answers.get(&name);
        let mut question = json!({
            "name": input.name,
            "label": input.label,
            "plain": put.map_or(&input.label, |put| &put.plain),
            "to": put.map_or("images", |put| put.to.as_str()),
            "help": input.help,
            "kind": input.kind,
            "unit": input.unit,
            "choices": input.choices,
            "asked_by": asking.iter().map(|(id, _)| id).collect::<Vec<_>>(),
            "answer": in_force.get(&name),
            "not_known": said.is_some_and(|said| said.value.is_none()),
            "matters": open.contains(&name),
        });
        match twin.and_then(|twin| twin.answers.get(&name)) {
            Some(TwinAnswer::Known(known)) => {
                facts::set(&mut question, "record", json!(known));
            }
            Some(TwinAnswer::Unknown(unknown)) => {
                facts::set(&mut question, "unknown", json!(unknown.why));
            }
            None => {}
        }
        Some(question)
    };
    answers::questions()
        .into_iter()
        .filter_map(question)
        .collect()
}

/// The smoking history, the dependence and what is said about tobacco.
fn smoking(programme: &Programme, in_force: &Answers) -> Value {
    let smokes = assess::smokes_now(in_force);
    let scale = knowledge::scale("ftnd");
    let items = scale.map(|scale| {
        let item = |item: &knowledge::ScaleItem| {
            json!({
                "name": item.name,
                "label": item.label,
                "choices": item.choices,
                "answer": in_force.get(&item.name),
            })
        };
        scale.items.iter().map(item).collect::<Vec<_>>()
    });
    json!({
        "smokes_now": smokes,
        "phases": programme.given.phases,
        "pack_years": in_force.get("pack_years"),
        "items": items,
        "score": assess::dependence(in_force),
        "five_a": (smokes == Some(true)).then(knowledge::five_a),
        "ready_to_quit": in_force.get(READY).map(|answer| &answer.value),
    })
}

/// The models side by side: as they were when the machine was asked, else as they would be now.
fn models(programme: &Programme, in_force: &Answers) -> Vec<Value> {
    if programme.course.assessed.is_some() {
        return programme.assessments.clone();
    }
    MODELS
        .iter()
        .filter_map(|model| knowledge::assess(model, in_force))
        .map(|said| json!(said))
        .collect()
}

fn guidelines(programme: &Programme, in_force: &Answers) -> Vec<Value> {
    if programme.course.assessed.is_some() {
        return programme.recommendations.clone();
    }
    GUIDELINES
        .iter()
        .filter_map(|guideline| knowledge::find_guideline(guideline))
        .map(|guideline| json!(guideline.recommend(in_force)))
        .collect()
}

/// What was concluded about the patient since the programme was opened, such as in a consultation; the newest first.
fn decided<'a>(twin: Option<&'a PatientTwin>, programme: &Programme) -> Vec<&'a Finding> {
    let findings = twin.into_iter().flat_map(|twin| &twin.findings);
    let since = |finding: &&Finding| {
        let at = finding.at.as_deref().and_then(|at| at.parse().ok());
        let is_later = at.is_some_and(|at: Timestamp| at >= programme.opened_at);
        is_later && finding.kind == "DiagnosticReport" && finding.conclusion.is_some()
    };
    findings.filter(since).collect()
}

/// What is proposed, what was decided, and when it is due.
fn arrangement(context: &dyn Context, twin: Option<&PatientTwin>, programme: &Programme) -> Value {
    let today = context.day_of(context.now());
    let arranged = programme.course.arranged.as_ref();
    let assessed_at = programme.course.assessed.as_ref().map(|asked| asked.at);
    let assessed_on = assessed_at.map_or(today, |at| context.day_of(at));
    let origin = match (arranged, programme.state) {
        (Some(arranged), State::Active | State::Completed) => arranged.origin,
        _ => days::origin(twin, assessed_on),
    };
    let proposals = if programme.state == State::Draft {
        arrange::proposals(programme, origin.day, today)
    } else {
        Vec::new()
    };
    let shown = |(n, decision): (usize, &Decision)| {
        let mut shown = json!(decision);
        facts::set(&mut shown, "n", json!(n));
        facts::set(&mut shown, "label", json!(orders::label(decision.step)));
        facts::set(&mut shown, "due", json!(due(decision, today)));
        shown
    };
    let decisions = arranged.map(|arranged| &arranged.decisions);
    let kinds: Vec<_> = proposals
        .iter()
        .chain(decisions.into_iter().flatten())
        .map(|decision| decision.step)
        .collect();
    json!({
        "origin": origin,
        "today": today,
        "proposals": proposals.iter().enumerate().map(shown).collect::<Vec<_>>(),
        "decisions": decisions.map(|all| all.iter().enumerate().map(shown).collect::<Vec<_>>()),
        "by": arranged.map(|arranged| &arranged.by),
        "levels": levels::view(programme, &kinds),
    })
}

/// Where each fact of the programme stands in the ledger, the newest first.
fn proof(programme: &Programme) -> Vec<Value> {
    let mut all: Vec<_> = programme.resources.iter().collect();
    all.sort_by_key(|resource| std::cmp::Reverse(resource.sequence));
    let shown = |resource: &&record::ResourceVersion| {
        json!({
            "reference": facts::reference(&resource.key),
            "version": resource.version,
            "sequence": resource.sequence,
            "at": resource.at,
        })
    };
    all.iter().map(shown).collect()
}

/// A programme in a list.
pub fn row(context: &dyn Context, programme: &Programme) -> Value {
    let today = context.day_of(context.now());
    let arranged = programme.course.arranged.iter();
    let orders: Vec<Value> = arranged
        .flat_map(|arranged| &arranged.decisions)
        .filter(|decision| decision.is_open())
        .map(|decision| {
            json!({
                "label": orders::label(decision.step),
                "from": decision.window.from,
                "until": decision.window.until,
                "due": due(decision, today),
            })
        })
        .collect();
    json!({
        "id": programme.id,
        "patient": {"id": programme.patient, "name": programme.patient_name},
        "at": programme.opened_at,
        "by": programme.opened_by,
        "state": programme.state,
        "orders": if programme.state == State::Draft { Vec::new() } else { orders },
    })
}

#[cfg(test)]
mod tests {
    use super::PLAIN;

    #[test]
    fn every_question_is_put_in_plain_words_to_somebody() {
        for name in crate::answers::questions() {
            let put = PLAIN.get(&name).map(|put| put.to.as_str());
            assert!(
                matches!(put, Some("patient" | "images" | "record")),
                "{name}: {put:?}"
            );
        }
        for name in PLAIN.keys() {
            assert!(crate::answers::questions().contains(name), "{name}");
        }
    }
}
