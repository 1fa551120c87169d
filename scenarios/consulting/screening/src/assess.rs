//! Asking the machine: models and guidelines on the answers in force, each said kept with its trace.

use knowledge::{Answers, Assessment, Recommendation, Score, Verdict};
use policy::{Action, Object};
use record::NewFact;
use scenario::{Context, Problem, Request};
use serde_json::json;
use vocabulary::{Assessed, Timestamp};

use crate::{
    answers, deviation, facts,
    programme::{Asked, Course, GUIDELINES, MODELS, Person, Programme, Step},
    step,
};

/// `POST programmes/{id}/assess`.
pub async fn post(
    context: &dyn Context,
    programme: &Programme,
    in_force: &Answers,
    request: &Request,
) -> Result<(), Problem> {
    let object = Object::Patient(programme.patient.clone());
    context
        .permit(&request.actor, Action::WriteRecord, &object)
        .await?;
    step::must_be_draft(programme)?;
    step::must_follow(programme, in_force, Step::Assess)?;
    let now = context.now();
    let mut new: Vec<NewFact> = MODELS
        .iter()
        .filter_map(|model| knowledge::assess(model, in_force))
        .map(|said| risk(programme, &said, now))
        .collect();
    new.extend(
        GUIDELINES
            .iter()
            .filter_map(|guideline| knowledge::find_guideline(guideline))
            .map(|guideline| guidance(programme, &guideline.recommend(in_force), now)),
    );
    new.extend(dependence(in_force).and_then(|score| dependence_fact(programme, &score, now)));
    new.extend(pack_years(programme, in_force, now));
    new.extend(deviation::taken_back(programme, Step::Assess.as_str()));
    let by = Person::from(&request.actor);
    if !programme.has(&facts::answers_key(&programme.id)) {
        // Where the record knew everything, that is what the assessment is based on.
        new.push(answers::fact(programme, &programme.given, &by, now, false));
    }
    let course = Course {
        assessed: Some(Asked {
            answers: answers::digest(in_force).to_string(),
            at: now,
            by,
        }),
        ..programme.course.clone()
    };
    step::commit(context, programme, &request.actor.id, new, Some(&course)).await
}

/// Whether the person smokes now, as far as the answers say.
pub fn smokes_now(in_force: &Answers) -> Option<bool> {
    use knowledge::AnswerValue::{Number, YesNo};
    let value = |name: &str| in_force.get(name).map(|answer| &answer.value);
    match (value("ever_smoker"), value("years_since_quit")) {
        (Some(YesNo(false)), _) => Some(false),
        (Some(YesNo(true)), Some(Number(years))) => Some(*years == 0.0),
        _ => None,
    }
}

/// How dependent on nicotine a person is, where they smoke now.
pub fn dependence(in_force: &Answers) -> Option<Score> {
    let smokes = smokes_now(in_force)?;
    smokes.then(|| Some(knowledge::scale("ftnd")?.score(in_force)))?
}

/// What a model says. Without a number it has no prediction, and a note that names what is missing.
fn risk(programme: &Programme, said: &Assessment, at: Timestamp) -> NewFact {
    let mut body = json!({
        "extension": facts::own(facts::ASSESSMENT_URI, said),
        "basedOn": facts::refer(&facts::plan_key(&programme.id)),
        "status": "final",
        "method": {"text": format!("{} (version {})", said.title.en, said.version)},
        "subject": facts::patient(programme),
        "occurrenceDateTime": at,
        "basis": [facts::refer(&facts::answers_key(&programme.id))],
        "mitigation": said.notice.en,
    });
    let note = match &said.result {
        Assessed::Assessed { value } => {
            let prediction = json!([{
                "outcome": {"text": "Malignancy of the pulmonary nodule"},
                "probabilityDecimal": value * 100.0,
            }]);
            facts::set(&mut body, "prediction", prediction);
            said.interval.en.clone()
        }
        Assessed::NotAssessable { missing } => {
            let names: Vec<&str> = missing.iter().map(|one| one.input.as_str()).collect();
            format!("Not assessable: {}", names.join(", "))
        }
    };
    let note = json!([{"text": note}, {"text": said.citation}]);
    facts::set(&mut body, "note", note);
    let key = facts::risk_key(&programme.id, &said.model);
    facts::put(key, &programme.patient, body)
}

/// What a guideline says: its advice with the rule that led to it, or why it says nothing.
fn guidance(programme: &Programme, said: &Recommendation, at: Timestamp) -> NewFact {
    let (status, note) = match &said.result {
        Verdict::Recommended { advice, .. } => {
            let rule = said.trace.last().map_or("", |decided| &decided.rule);
            ("success", format!("{} (rule: {rule})", advice.en))
        }
        Verdict::NotApplicable { why } => {
            let why: Vec<&str> = why.iter().map(|why| why.en.as_str()).collect();
            ("success", format!("Not applicable: {}", why.join("; ")))
        }
        Verdict::NotAssessable { missing } => {
            let names: Vec<&str> = missing.iter().map(|one| one.input.as_str()).collect();
            (
                "data-required",
                format!("Not assessable: {}", names.join(", ")),
            )
        }
    };
    let body = json!({
        "extension": facts::own(facts::ASSESSMENT_URI, said),
        "moduleUri": format!("urn:yuanyi:guideline:{}:{}", said.guideline, said.version),
        "status": status,
        "subject": facts::patient(programme),
        "occurrenceDateTime": at,
        "reasonReference": [facts::refer(&facts::answers_key(&programme.id))],
        "note": [{"text": note}, {"text": said.citation}],
    });
    let key = facts::guidance_key(&programme.id, &said.guideline);
    facts::put(key, &programme.patient, body)
}

/// The dependence as an observation, where it could be summed.
fn dependence_fact(programme: &Programme, score: &Score, at: Timestamp) -> Option<NewFact> {
    let sum = score.result.value()?;
    let band = score.band.as_ref().map(|band| band.label.en.as_str());
    let body = json!({
        "extension": facts::own(facts::ASSESSMENT_URI, score),
        "basedOn": [facts::refer(&facts::plan_key(&programme.id))],
        "status": "final",
        "code": {
            "coding": [{"system": "urn:yuanyi:scale", "code": score.scale}],
            "text": score.title.en,
        },
        "subject": facts::patient(programme),
        "effectiveDateTime": at,
        "valueInteger": sum,
        "interpretation": [{"text": band.unwrap_or_default()}],
        "derivedFrom": [facts::refer(&facts::answers_key(&programme.id))],
        "note": [{"text": score.citation}],
    });
    let key = facts::dependence_key(&programme.id);
    Some(facts::put(key, &programme.patient, body))
}

/// The amount smoked as an observation, where it is known.
fn pack_years(programme: &Programme, in_force: &Answers, at: Timestamp) -> Option<NewFact> {
    let answer = in_force.get("pack_years")?;
    let knowledge::AnswerValue::Number(value) = answer.value else {
        return None;
    };
    let pack = knowledge::pack();
    let body = json!({
        "basedOn": [facts::refer(&facts::plan_key(&programme.id))],
        "status": "final",
        "code": {
            "coding": [{"system": "urn:yuanyi:scale", "code": pack.id}],
            "text": pack.title.en,
        },
        "subject": facts::patient(programme),
        "effectiveDateTime": at,
        "valueQuantity": {"value": value, "unit": "pack-years"},
        "derivedFrom": [facts::refer(&facts::answers_key(&programme.id))],
    });
    let key = facts::pack_years_key(&programme.id);
    Some(facts::put(key, &programme.patient, body))
}
