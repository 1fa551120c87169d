//! The answers to the models' questions: what the record knows, and what people say.

use knowledge::{Answers, Source};
use policy::{Action, Object, Permit};
use record::{Match, ResourceQuery, Term};
use scenario::{Context, Problem, Request, is_of};

use crate::{
    body::Given,
    case::{Case, GUIDELINES, MODELS},
    facts,
    step::{self, TaskChange},
};

/// The most questionnaires of one patient that are looked at, the newest first.
const MOST_RESPONSES: usize = 20;

/// The questions of all models and guidelines, each once, in their order. What a model computes for another
/// or for a guideline is not asked: an estimate told to the other before the vote would not be blind.
pub fn questions() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for model in MODELS.iter().filter_map(|model| knowledge::find(model)) {
        let asked = model.terms.iter().filter(|term| term.computed_by.is_none());
        for term in asked {
            if !names.contains(&term.input) {
                names.push(term.input.clone());
            }
        }
    }
    for guideline in GUIDELINES
        .iter()
        .filter_map(|guideline| knowledge::find_guideline(guideline))
    {
        for name in guideline.input_names() {
            if !guideline.computed_by.contains_key(name) && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// The answers that count now: those of the case once someone has answered, else what the record knows.
pub async fn in_force(
    context: &dyn Context,
    permit: &Permit,
    case: &Case,
) -> Result<Answers, Problem> {
    match &case.answers {
        Some(answers) => Ok(answers.clone()),
        None => from_record(context, permit, case).await,
    }
}

async fn from_record(
    context: &dyn Context,
    permit: &Permit,
    case: &Case,
) -> Result<Answers, Problem> {
    let twin = context.twin(permit, &case.patient).await?;
    let mut known = twin.map(|twin| twin.known_answers()).unwrap_or_default();
    known.extend(being_answered(context, permit, case).await?);
    let asked = questions();
    known.retain(|name, _| asked.contains(name));
    Ok(known)
}

/// What was answered in another questionnaire about the patient that is being filled in, such as that of the
/// programme from which the consultation was asked for. What is finished may be of an older scan: it is not taken.
async fn being_answered(
    context: &dyn Context,
    permit: &Permit,
    case: &Case,
) -> Result<Answers, Problem> {
    let term = |parameter: &str, value| Term {
        parameter: parameter.to_owned(),
        any_of: vec![value],
    };
    let in_progress = Match::Token {
        system: None,
        code: Some("in-progress".to_owned()),
    };
    let subject = Match::Reference(format!("Patient/{}", case.patient));
    let query = ResourceQuery {
        kind: "QuestionnaireResponse".to_owned(),
        terms: vec![term("patient", subject), term("status", in_progress)],
        sort: vec![],
        limit: MOST_RESPONSES,
        offset: 0,
    };
    let found = context.record().search(permit, &query).await?;
    let others = found.rows.iter().filter(|row| !is_of(facts::SCENARIO, row));
    let newest = others.max_by_key(|row| row.at);
    let Some((row, body)) = newest.and_then(|row| Some((row, row.body.as_ref()?))) else {
        return Ok(Answers::new());
    };
    let reference = facts::reference(&row.key);
    let from_there = |(name, mut answer): (String, knowledge::Answer)| {
        let at = answer.source.and_then(|source| source.at);
        answer.source = Some(Source {
            reference: reference.clone(),
            how: Some("answered before the consultation".to_owned()),
            at,
        });
        (name, answer)
    };
    let answers = knowledge::questionnaire::answers_of(body);
    Ok(answers.into_iter().map(from_there).collect())
}

/// `PUT cases/{id}/answers`: takes these answers; the others stay as they are.
pub async fn put(
    context: &dyn Context,
    permit: &Permit,
    case: &Case,
    request: &Request,
) -> Result<(), Problem> {
    let given: Given = request.body_as()?;
    context
        .permit(
            &request.actor,
            Action::Vote,
            &Object::Patient(case.patient.clone()),
        )
        .await?;
    step::must_go_on(case)?;
    if case.has_votes() {
        return Err(Problem::out_of_order(
            "已有人投票，答案不能再改",
            "someone has voted: the answers can no longer change",
        ));
    }
    let asked = questions();
    let mut answers = in_force(context, permit, case).await?;
    let now = context.now();
    for (name, answer) in given.answers {
        if !asked.contains(&name) {
            return Err(Problem::invalid(
                "有未知的问题；请使用病例中列出的问题",
                "there is an answer to a question that is not asked: use the questions of the case",
            ));
        }
        let Some(answer) = answer else {
            answers.remove(&name);
            continue;
        };
        // The same answer as before keeps its source: confirming what the record knows adds nothing.
        if answers
            .get(&name)
            .is_some_and(|known| known.value == answer.value)
        {
            continue;
        }
        let input = knowledge::inputs()
            .get(&name)
            .ok_or_else(Problem::not_found)?;
        let value = input.take(&name, &answer).map_err(|missing| {
            Problem::invalid(
                format!("{}：{}", input.label.zh, missing.why.zh),
                format!("{}: {}", input.label.en, missing.why.en),
            )
        })?;
        let source = Source {
            reference: format!("Practitioner/{}", request.actor.id),
            how: Some("answered in the consultation".to_owned()),
            at: Some(now.to_string()),
        };
        answers.insert(name, knowledge::Answer::new(value).from_source(source));
    }
    let place = case
        .place_of(&request.actor.id)
        .ok_or_else(Problem::not_found)?;
    let by = case.people.get(place).ok_or_else(Problem::not_found)?;
    let fact = facts::answers(case, &answers, by, now, false);
    step::commit(
        context,
        case,
        &request.actor.id,
        vec![fact],
        TaskChange::GOING_ON,
    )
    .await?;
    Ok(())
}
