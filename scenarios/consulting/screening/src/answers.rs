//! The answers: what the record knows, what people say, and what follows from them.

use std::collections::BTreeMap;

use knowledge::{Answer, AnswerValue, Answers, SmokingPhase, Source};
use policy::{Action, Object};
use scenario::{Context, Problem, Request};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use twin::PatientTwin;
use vocabulary::{Digest, Text, Timestamp};

use crate::{
    facts::{self, text},
    programme::{GUIDELINES, MODELS, Person, Programme},
    step,
};

const SOURCE_URI: &str = "urn:yuanyi:answer-source";
const QUESTIONNAIRE: &str = "urn:yuanyi:questionnaire:pnapp5a";
/// The name under which the smoking history is sent.
pub const PHASES: &str = "smoking_phases";
/// Whether a person who smokes wants to stop now.
pub const READY: &str = "ready_to_quit";
/// The most phases of a smoking history.
const MOST_PHASES: usize = 12;

/// What people answered. A question that was asked and whose answer is not known has no value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    pub answers: BTreeMap<String, Said>,
    pub phases: Vec<SmokingPhase>,
}

/// One answer of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub value: Option<AnswerValue>,
    pub source: Source,
}

/// The questions of all models and guidelines, each once; what a model computes for a guideline is not asked.
pub fn questions() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    for guideline in GUIDELINES
        .iter()
        .filter_map(|id| knowledge::find_guideline(id))
    {
        let names = guideline.input_names().into_iter();
        names
            .filter(|name| !guideline.computed_by.contains_key(*name))
            .for_each(&mut add);
    }
    for model in MODELS.iter().filter_map(|id| knowledge::find(id)) {
        // What has no formula need not be asked for.
        let terms = model.terms.iter().filter(|_| model.no_formula.is_none());
        terms
            .filter(|term| term.computed_by.is_none())
            .for_each(|term| add(&term.input));
    }
    names
}

/// The answers that count now: what people said, else what the record knows, and what follows from them.
pub fn in_force(programme: &Programme, twin: Option<&PatientTwin>) -> Answers {
    let asked = questions();
    let mut answers = twin.map(PatientTwin::known_answers).unwrap_or_default();
    answers.retain(|name, _| asked.contains(name));
    for (name, said) in &programme.given.answers {
        match &said.value {
            Some(value) => {
                let answer = Answer::new(value.clone()).from_source(said.source.clone());
                answers.insert(name.clone(), answer);
            }
            None => {
                answers.remove(name);
            }
        }
    }
    let here = facts::reference(&facts::answers_key(&programme.id));
    let said = |name: &str| programme.given.answers.contains_key(name);
    let follows = |value: f64, how: &str| {
        Answer::from(value).from_source(Source {
            reference: here.clone(),
            how: Some(how.to_owned()),
            at: None,
        })
    };
    let never =
        answers.get("ever_smoker").map(|answer| &answer.value) == Some(&AnswerValue::YesNo(false));
    if never {
        for name in ["years_since_quit", "pack_years"] {
            if !said(name) {
                answers.insert(name.to_owned(), follows(0.0, "never smoked"));
            }
        }
    } else if !said("pack_years")
        && let Some(pack_years) = knowledge::pack_years(&programme.given.phases).value()
    {
        let how = "computed from cigarettes a day and years";
        answers.insert("pack_years".to_owned(), follows(*pack_years, how));
    }
    answers
}

/// What the machine is asked with, whoever said it. Whether somebody wants to stop smoking is for people.
pub fn digest(answers: &Answers) -> Digest {
    let values: BTreeMap<&String, &AnswerValue> = answers
        .iter()
        .filter(|(name, _)| *name != READY)
        .map(|(name, answer)| (name, &answer.value))
        .collect();
    Digest::of(json!(values).to_string().as_bytes())
}

/// `PUT programmes/{id}/answers`.
#[derive(Debug, Deserialize)]
struct Changes {
    #[serde(default)]
    answers: BTreeMap<String, Change>,
    #[serde(default)]
    phases: Option<PhasesChange>,
}

/// A new answer, or null for "not known". `base` is the answer that the person saw when they gave it.
#[derive(Debug, Deserialize)]
struct Change {
    value: Option<AnswerValue>,
    #[serde(default)]
    base: Base,
}

#[derive(Debug, Deserialize)]
struct PhasesChange {
    value: Vec<SmokingPhase>,
    #[serde(default)]
    base: Option<Vec<SmokingPhase>>,
}

/// What the person saw. That there was no answer is something else than not to say what there was.
#[derive(Debug, Default)]
enum Base {
    #[default]
    Unsaid,
    Was(Option<AnswerValue>),
}

impl<'de> Deserialize<'de> for Base {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Was)
    }
}

/// An answer that was not taken, because another was given since the person looked.
#[derive(Debug, Serialize)]
pub struct Conflict {
    pub name: String,
    pub yours: Value,
    pub theirs: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs_from: Option<Source>,
}

/// Takes each answer whose basis still holds; the others stay as the record has them and are told.
pub async fn put(
    context: &dyn Context,
    twin: Option<&PatientTwin>,
    programme: &Programme,
    request: &Request,
) -> Result<Vec<Conflict>, Problem> {
    let changes: Changes = request.body_as()?;
    let object = Object::Patient(programme.patient.clone());
    context
        .permit(&request.actor, Action::WriteRecord, &object)
        .await?;
    step::must_be_draft(programme)?;
    let now_in_force = in_force(programme, twin);
    let mut given = programme.given.clone();
    let mut conflicts = Vec::new();
    let source = Source {
        reference: format!("Practitioner/{}", request.actor.id),
        how: Some("answered in the programme".to_owned()),
        at: Some(context.now().to_string()),
    };
    for (name, change) in changes.answers {
        let value = checked(&name, change.value)?;
        let current = now_in_force.get(&name);
        let current_value = current.map(|answer| answer.value.clone());
        let moved = matches!(change.base, Base::Was(base) if base != current_value);
        if moved && value != current_value {
            conflicts.push(Conflict {
                yours: json!(value),
                theirs: json!(current_value),
                theirs_from: current.and_then(|answer| answer.source.clone()),
                name,
            });
            continue;
        }
        // The same answer as before keeps its source: confirming what the record knows adds nothing.
        if value.is_some() && value == current_value {
            continue;
        }
        let source = source.clone();
        given.answers.insert(name, Said { value, source });
    }
    if let Some(change) = changes.phases {
        let phases = checked_phases(change.value)?;
        let moved = change
            .base
            .is_some_and(|base| base != programme.given.phases);
        if moved && phases != programme.given.phases {
            conflicts.push(Conflict {
                name: PHASES.to_owned(),
                yours: json!(phases),
                theirs: json!(programme.given.phases),
                theirs_from: None,
            });
        } else {
            given.phases = phases;
            // A number that somebody gave before steps back behind the history.
            given.answers.remove("pack_years");
        }
    }
    if given != programme.given {
        let by = Person::from(&request.actor);
        let fact = fact(programme, &given, &by, context.now(), false);
        step::commit(context, programme, &request.actor.id, vec![fact], None).await?;
    }
    Ok(conflicts)
}

/// The value in the question's own kind; or why it cannot be used.
fn checked(name: &str, value: Option<AnswerValue>) -> Result<Option<AnswerValue>, Problem> {
    let unknown = || {
        Problem::invalid(
            "有未知的问题；请使用列出的问题",
            "there is an answer to a question that is not asked: use those of the programme",
        )
    };
    let Some(value) = value else {
        let known = questions().iter().any(|one| one == name) || scale_item(name).is_some();
        return if known || name == READY {
            Ok(None)
        } else {
            Err(unknown())
        };
    };
    if let Some(item) = scale_item(name) {
        let offered = |id: &String| item.choices.iter().any(|choice| choice.id == *id);
        return match value {
            AnswerValue::Choice(id) if offered(&id) => Ok(Some(AnswerValue::Choice(id))),
            _ => Err(refused(
                &item.label,
                &Text::new("请选择列出的答案", "choose one of its answers"),
            )),
        };
    }
    if name == READY {
        return match value {
            AnswerValue::YesNo(_) => Ok(Some(value)),
            _ => Err(unknown()),
        };
    }
    if !questions().iter().any(|one| one == name) {
        return Err(unknown());
    }
    let input = knowledge::inputs().get(name).ok_or_else(unknown)?;
    let taken = input.take(name, &Answer::new(value));
    taken
        .map(Some)
        .map_err(|missing| refused(&input.label, &missing.why))
}

fn refused(label: &Text, why: &Text) -> Problem {
    Problem::invalid(
        format!("{}：{}", label.zh, why.zh),
        format!("{}: {}", label.en, why.en),
    )
}

fn scale_item(name: &str) -> Option<&'static knowledge::ScaleItem> {
    knowledge::scale("ftnd")?.item(name)
}

fn checked_phases(phases: Vec<SmokingPhase>) -> Result<Vec<SmokingPhase>, Problem> {
    if phases.len() <= MOST_PHASES
        && (phases.is_empty() || knowledge::pack_years(&phases).value().is_some())
    {
        return Ok(phases);
    }
    Err(Problem::invalid(
        "每天支数与年数须为不小于 0 的数，最多 12 段",
        "cigarettes a day and years are numbers from 0 on, in at most 12 phases",
    ))
}

/// The answers that people gave, as a resource.
pub fn fact(
    programme: &Programme,
    given: &Given,
    by: &Person,
    at: Timestamp,
    is_final: bool,
) -> record::NewFact {
    let item = |(name, said): (&String, &Said)| {
        let label = knowledge::inputs()
            .get(name)
            .map(|input| &input.label)
            .or(scale_item(name).map(|item| &item.label));
        let mut item = json!({
            "linkId": name,
            "extension": facts::own(SOURCE_URI, &said.source),
        });
        if let Some(label) = label {
            facts::set(&mut item, "text", json!(label.en));
        }
        // A question without an answer was asked, and the answer is not known.
        if let Some(value) = &said.value {
            let value = match value {
                AnswerValue::YesNo(yes) => json!({"valueBoolean": yes}),
                AnswerValue::Number(number) => json!({"valueDecimal": number}),
                AnswerValue::Choice(choice) => json!({"valueString": choice}),
            };
            facts::set(&mut item, "answer", json!([value]));
        }
        item
    };
    let phase = |phase: &SmokingPhase| {
        json!({"linkId": PHASES, "item": [
            {"linkId": "cigarettes_per_day", "answer": [{"valueDecimal": phase.cigarettes_per_day}]},
            {"linkId": "years", "answer": [{"valueDecimal": phase.years}]},
        ]})
    };
    let items: Vec<Value> = given
        .answers
        .iter()
        .map(item)
        .chain(given.phases.iter().map(phase))
        .collect();
    let mut body = json!({
        "questionnaire": QUESTIONNAIRE,
        "basedOn": [facts::refer(&facts::plan_key(&programme.id))],
        "status": if is_final { "completed" } else { "in-progress" },
        "subject": facts::patient(programme),
        "authored": at,
        "author": facts::practitioner(by),
    });
    // FHIR has no empty lists.
    if !items.is_empty() {
        facts::set(&mut body, "item", json!(items));
    }
    facts::put(facts::answers_key(&programme.id), &programme.patient, body)
}

/// Reads the answers again.
pub fn read(body: &Value) -> Given {
    let mut given = Given::default();
    let items = body.get("item").and_then(Value::as_array);
    for item in items.into_iter().flatten() {
        let Some(name) = text(item, "/linkId") else {
            continue;
        };
        if name == PHASES {
            let number = |at: &str| item.pointer(at).and_then(Value::as_f64);
            let phase = number("/item/0/answer/0/valueDecimal")
                .zip(number("/item/1/answer/0/valueDecimal"));
            given
                .phases
                .extend(phase.map(|(cigarettes_per_day, years)| SmokingPhase {
                    cigarettes_per_day,
                    years,
                }));
            continue;
        }
        let value = item
            .pointer("/answer/0")
            .and_then(Value::as_object)
            .and_then(|answer| serde_json::from_value(answer.values().next()?.clone()).ok());
        if let Some(source) = facts::read_own(item, SOURCE_URI) {
            given.answers.insert(name, Said { value, source });
        }
    }
    given
}
