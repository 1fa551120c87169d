//! What those who treat ask and find beside the reports, or the patient is asked once: questionnaires of screening, groups,
//! the next step.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use knowledge::{Answer, AnswerValue, Answers, CardInput, Direction, Said, Source, lung_function};
use policy::{Action, Object};
use record::{Precondition, ResourceVersion};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::PatientTwin;
use vocabulary::Timestamp;

use crate::{
    course::{FollowUp, is_only_patient},
    facts::{self, own, read_own},
    nights,
    plans::{Plan, Step, plans},
    report::{author, must_lie_within, refused},
    schedule::days_after,
};

/// The days of a diary of peak flow that its variability is taken over.
const DIARY_DAYS: i64 = 14;
const DAY_MS: i64 = 24 * 3_600_000;

/// What was asked at one time.
#[derive(Clone, Debug)]
pub struct Assessment {
    pub at: Timestamp,
    pub by: Person,
    pub answers: Answers,
}

/// What an assessment says beside the elements of FHIR.
#[derive(Serialize, Deserialize)]
struct Words {
    assessed_at: Timestamp,
    by: Person,
}

/// Reads an assessment again.
pub fn of_row(row: &ResourceVersion) -> Option<Assessment> {
    let body = row.body.as_ref()?;
    let Words { assessed_at, by } = read_own(body)?;
    Some(Assessment {
        at: assessed_at,
        by,
        answers: knowledge::questionnaire::answers_of(body),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    answers: BTreeMap<String, AnswerValue>,
}

/// `POST courses/{id}/assess`: keeps what was asked; what follows from it is reckoned anew whenever it is shown. A patient
/// answers what they are asked once.
pub async fn post(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let object = Object::Patient(course.patient.clone());
    let mut by = Person::from(&request.actor);
    let (action, asked): (_, Vec<String>) = if is_only_patient(&request.actor) {
        by.name.clone_from(&course.patient_name);
        (Action::ReportOwn, once(course).cloned().collect())
    } else {
        let questions = questions(course.plan).into_iter();
        (Action::WriteRecord, questions.map(|one| one.name).collect())
    };
    context.permit(&request.actor, action, &object).await?;
    course.must_be_active()?;
    let mut answers = Answers::new();
    for (name, value) in wish.answers {
        let is_asked = asked.contains(&name);
        let Some(input) = knowledge::inputs().get(&name).filter(|_| is_asked) else {
            return Err(Problem::invalid(
                "回答了没有问的问题",
                "this answers what was not asked",
            ));
        };
        let value = input
            .take(&name, &Answer::new(value))
            .map_err(|missing| refused(&input.label, &missing.why))?;
        must_lie_within(&name, &input.label, &value)?;
        let source = Source {
            reference: format!("actor/{}", by.id),
            how: None,
            at: Some(context.now().to_string()),
        };
        answers.insert(name, Answer::new(value).from_source(source));
    }
    if answers.is_empty() {
        return Err(Problem::invalid("没有回答", "nothing was answered"));
    }
    let body = json!({
        "extension": own(&Words { assessed_at: context.now(), by: by.clone() }),
        "basedOn": facts::based_on(&course.id),
        "status": "completed",
        "subject": facts::patient(&course.patient),
        "authored": context.now(),
        "author": author(course, &request.actor),
        "item": knowledge::questionnaire::items(&answers),
    });
    let key = facts::assessment_key(&course.id, course.assessments.len());
    let fact = facts::put(key, &course.patient, body);
    facts::commit(
        context,
        &request.actor.id,
        vec![(fact, Precondition::Version(0))],
    )
    .await?;
    course.tell(context, Topic::Case);
    Ok(())
}

/// What the lists of the plan ask of a person; what the program reckons itself is not asked.
pub fn questions(plan: &Plan) -> Vec<CardInput> {
    let mut found: Vec<CardInput> = Vec::new();
    let cards = knowledge::cards();
    for id in &plan.assess {
        let inputs = cards.iter().find(|card| card.id == *id);
        for input in inputs.into_iter().flat_map(|card| &card.inputs) {
            let is_new = found.iter().all(|known| known.name != input.name);
            if is_new && !plans().computed.contains(&input.name) {
                found.push(input.clone());
            }
        }
    }
    found
}

/// What the patient is asked once and nobody has answered in this follow-up.
pub fn once(course: &FollowUp) -> impl Iterator<Item = &'static String> {
    let plan: &'static Plan = course.plan;
    let answered = course.assessments.iter();
    let known: BTreeSet<&String> = answered.flat_map(|one| one.answers.keys()).collect();
    plan.asks_once
        .iter()
        .filter(move |name| !known.contains(name))
}

/// All that is known for the lists of the plan: what the record and the follow-up say, then what was answered last.
fn answers(course: &FollowUp, twin: Option<&PatientTwin>, today: Date) -> Answers {
    let mut all = twin.map(PatientTwin::known_answers).unwrap_or_default();
    let is_male = twin.and_then(|twin| match twin.sex.as_deref() {
        Some("male") => Some(true),
        Some("female") => Some(false),
        _ => None,
    });
    if let Some(is_male) = is_male {
        let source = Source {
            reference: format!("Patient/{}", course.patient),
            how: None,
            at: None,
        };
        all.insert("male".to_owned(), Answer::from(is_male).from_source(source));
    }
    let reckoned = |value: f64, how: &str| {
        Answer::from(value).from_source(Source {
            reference: format!("CarePlan/{}", course.id),
            how: Some(how.to_owned()),
            at: None,
        })
    };
    if let Some(mean) = nights::oximetry(course, today).and_then(|night| night.mean_spo2_percent) {
        let answer = reckoned(mean, "the newest night with oximetry");
        all.insert("night_mean_spo2_percent".to_owned(), answer);
    }
    if let Some(session) = course.sessions.last() {
        all.extend(session.answers(lung_function::FOR_CLASSES));
    }
    if let Some(percent) = peak_flow_percent(course, today) {
        let answer = reckoned(percent, "the diary of the last two weeks");
        all.insert("pef_variability_percent".to_owned(), answer);
    }
    // What was said last counts, whoever was asked.
    let report = course.by_person().next().or(course.reports.first());
    let reported = report.map(|report| (report.at, course.on_its_day(report)));
    let asked = course.assessments.iter();
    let asked = asked.map(|asked| (asked.at, asked.answers.clone()));
    let mut said: Vec<(Timestamp, Answers)> = reported.into_iter().chain(asked).collect();
    said.sort_by_key(|(at, _)| *at);
    all.extend(said.into_iter().flat_map(|(_, answers)| answers));
    all
}

/// How much peak flow differs between morning and evening, from the reports of two weeks.
fn peak_flow_percent(course: &FollowUp, today: Date) -> Option<f64> {
    let first = days_after(today, 1 - DIARY_DAYS);
    let mut days: BTreeMap<Date, [Option<f64>; 2]> = BTreeMap::new();
    // The newest report comes first: what a day was said to have last counts.
    for report in course.reports.iter().filter(|report| report.day >= first) {
        let day = days.entry(report.day).or_default();
        for (value, name) in day
            .iter_mut()
            .zip(["pef_morning_l_min", "pef_evening_l_min"])
        {
            if let Some(AnswerValue::Number(number)) =
                report.answers.get(name).map(|answer| &answer.value)
            {
                value.get_or_insert(*number);
            }
        }
    }
    let both: Vec<(f64, f64)> = days
        .values()
        .filter_map(|[morning, evening]| morning.zip(*evening))
        .collect();
    lung_function::pef_variability_percent(&both)
        .value()
        .copied()
}

/// The class or band that a list found, where it found one.
fn found(said: &Said) -> Option<&str> {
    match said {
        Said::Class(class) => class.result.value().map(|found| found.id.as_str()),
        Said::Score(score) => score.band.as_ref().map(|band| band.id.as_str()),
        Said::Model(_) | Said::Guideline(_) => None,
    }
}

/// What is asked and found, and what comes next; for those who treat.
pub fn view(course: &FollowUp, twin: Option<&PatientTwin>, today: Date) -> (Value, Value) {
    let known = answers(course, twin, today);
    let said = ask(course, &known);
    let next: Vec<Value> = next(course, &said, today).into_iter().map(shown).collect();
    if course.plan.assess.is_empty() {
        return (Value::Null, json!(next));
    }
    let questions = questions(course.plan);
    let shown: BTreeMap<&String, &Answer> = questions
        .iter()
        .filter_map(|question| Some((&question.name, known.get(&question.name)?)))
        .collect();
    let last = course.assessments.last();
    let whole = json!({
        "questions": questions,
        "answers": shown,
        "of_patient": once(course).collect::<Vec<_>>(),
        "results": said.iter().map(|(id, said)| json!({"id": id, "found": found(said), "said": said})).collect::<Vec<_>>(),
        "at": last.map(|last| last.at),
        "by": last.map(|last| &last.by),
    });
    (whole, json!(next))
}

/// What the lists of the plan say.
fn ask<'a>(course: &'a FollowUp, known: &Answers) -> Vec<(&'a String, Said)> {
    let lists = course.plan.assess.iter();
    lists
        .filter_map(|id| Some((id, knowledge::ask(id, known)?)))
        .collect()
}

/// The steps that call from the work list: what was found is a reason to refer up, and nobody did so lately. What else
/// the record knows of the patient is not asked for: it decides none of them.
pub fn calling(course: &FollowUp, now: Timestamp) -> Vec<&'static Step> {
    let today = course.day_of(now);
    let rests_since = Timestamp(now.0 - plans().step_rests_days * DAY_MS);
    let was_referred = |criterion: &str| {
        let mut up = course.referrals.iter().map(|referral| &referral.of);
        up.any(|one| {
            let is_by_it = one.direction == Direction::Up && one.criterion == criterion;
            is_by_it && one.at > rests_since && one.withdrawn.is_none()
        })
    };
    let said = ask(course, &answers(course, None, today));
    let mut steps = next(course, &said, today);
    steps.retain(|step| {
        let criterion = step.criterion.as_deref();
        criterion.is_some_and(|id| course.plan.is_up(id) && !was_referred(id))
    });
    steps
}

/// When what next steps stand on was asked or measured last.
pub fn found_at(course: &FollowUp, now: Timestamp) -> Timestamp {
    let today = course.day_of(now);
    let asked = course.assessments.last().map(|last| last.at);
    let said = course.reports.first().map(|report| report.at);
    let nights = course.nights.iter().map(|night| night.of.date);
    let days = nights.chain(course.sessions.last().map(|last| last.day));
    let measured = days
        .filter(|day| *day <= today)
        .max()
        .map(|day| course.start_of(day));
    let newest = [asked, said, measured].into_iter().flatten().max();
    newest.unwrap_or(course.opened_at)
}

/// The steps that are next by what was found.
fn next(course: &FollowUp, said: &[(&String, Said)], today: Date) -> Vec<&'static Step> {
    let mut states: BTreeMap<&str, String> = said
        .iter()
        .map(|(id, said)| (id.as_str(), found(said).unwrap_or("open").to_owned()))
        .collect();
    let known = |is: bool| if is { "known" } else { "none" }.to_owned();
    states.insert("oximetry", known(nights::oximetry(course, today).is_some()));
    states.insert(
        "spirometry",
        known(
            course
                .sessions
                .last()
                .is_some_and(|last| last.after.is_some()),
        ),
    );
    if course.plan.asks_for_use() {
        let adherent = nights::adherent(course, today);
        states.insert(
            "cpap-adherence",
            adherent.unwrap_or_else(|| "open".to_owned()),
        );
    }
    let drives = course
        .by_person()
        .next()
        .and_then(|report| report.answers.get("sleepy_while_driving"));
    if drives.map(|answer| &answer.value) == Some(&AnswerValue::YesNo(true)) {
        states.insert("sleepy-while-driving", "yes".to_owned());
    }
    let is_next = |step: &&Step| {
        step.when.iter().all(|(name, wanted)| {
            let state = states.get(name.as_str());
            state.is_some_and(|state| wanted.contains(state))
        })
    };
    course.plan.steps().filter(is_next).collect()
}

/// A step as it is shown, with the criterion of referral that it is.
fn shown(step: &Step) -> Value {
    let source = step.source.as_deref().and_then(knowledge::evidence);
    json!({
        "id": step.id,
        "stage": step.stage,
        "say": step.say,
        "criterion": step.criterion,
        "citation": source.map(|source| &source.citation),
        "needs_confirmation": source.is_none_or(|source| source.confidence.needs_confirmation()),
    })
}
