//! Where the programme stands, and how a step is committed: all of it or nothing.

use knowledge::{Answers, Verdict};
use record::{Batch, NewFact, Precondition};
use scenario::{Context, Problem, Topic};
use serde::Serialize;
use serde_json::{Value, json};
use vocabulary::{ActorId, Assessed};

use crate::{
    answers, facts,
    facts::text,
    programme::{Course, GUIDELINES, MODELS, Programme, State, Step},
};

/// What is to be done about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    Open,
    /// What it was done on has changed since.
    Stale,
    /// Decided, and waits for the signature.
    ToSign,
    Done,
    /// Left out, with a reason.
    Skipped,
}

/// The questions that matter with the answers that are there and still have none, those of the guidelines
/// first. What was asked and is not known is not asked again.
pub fn open_questions(programme: &Programme, in_force: &Answers) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let asked = answers::questions();
    let mut add = |name: &str| {
        let is_new = !open.iter().any(|known| known == name);
        let is_asked = asked.iter().any(|known| known == name);
        if is_new && is_asked && !programme.given.answers.contains_key(name) {
            open.push(name.to_owned());
        }
    };
    for guideline in GUIDELINES
        .iter()
        .filter_map(|id| knowledge::find_guideline(id))
    {
        if let Verdict::NotAssessable { missing } = guideline.recommend(in_force).result {
            for one in &missing {
                add(&one.input);
            }
        }
    }
    for model in MODELS.iter().filter_map(|id| knowledge::find(id)) {
        if let Assessed::NotAssessable { missing } = model.assess(in_force).result {
            for one in &missing {
                add(&one.input);
            }
        }
    }
    open
}

/// The state of each step, in their order.
pub fn states(programme: &Programme, in_force: &Answers) -> [(Step, StepState); 5] {
    Step::ALL.map(|step| {
        let state = match step {
            Step::Ask => ask(programme, in_force),
            Step::Assess => assess(programme, in_force),
            Step::Advise => advise(programme),
            Step::Arrange => arrange(programme),
            Step::Assist if programme.taught.is_some() => StepState::Done,
            Step::Assist => StepState::Open,
        };
        let is_undone = matches!(state, StepState::Open | StepState::Stale);
        if is_undone && programme.deviations.contains_key(step.as_str()) {
            return (step, StepState::Skipped);
        }
        (step, state)
    })
}

fn ask(programme: &Programme, in_force: &Answers) -> StepState {
    if programme.state == State::Draft && !open_questions(programme, in_force).is_empty() {
        return StepState::Open;
    }
    StepState::Done
}

fn assess(programme: &Programme, in_force: &Answers) -> StepState {
    match &programme.course.assessed {
        None => StepState::Open,
        // What was signed was signed on those answers.
        Some(asked)
            if programme.state == State::Draft
                && asked.answers != answers::digest(in_force).to_string() =>
        {
            StepState::Stale
        }
        Some(_) => StepState::Done,
    }
}

fn advise(programme: &Programme) -> StepState {
    let Some(advice) = &programme.advice else {
        return StepState::Open;
    };
    let said_now = advice
        .guideline
        .as_deref()
        .and_then(|guideline| text(programme.recommendation(guideline)?, "/result/outcome"));
    if said_now == advice.outcome {
        StepState::Done
    } else {
        StepState::Stale
    }
}

fn arrange(programme: &Programme) -> StepState {
    let Some(arranged) = &programme.course.arranged else {
        return StepState::Open;
    };
    let followed = programme
        .advice
        .as_ref()
        .map(|advice| (advice.guideline.as_ref(), advice.outcome.as_ref()));
    if followed.unwrap_or_default() != (arranged.guideline.as_ref(), arranged.outcome.as_ref()) {
        StepState::Stale
    } else if programme.state == State::Draft {
        StepState::ToSign
    } else {
        StepState::Done
    }
}

/// Refuses a step while an earlier one is neither done nor left out with a reason.
pub fn must_follow(programme: &Programme, in_force: &Answers, wanted: Step) -> Result<(), Problem> {
    let before = states(programme, in_force)
        .into_iter()
        .filter(|(step, _)| *step < wanted);
    for (step, state) in before {
        let (zh, en) = name(step);
        match state {
            StepState::Done | StepState::Skipped => {}
            StepState::ToSign => {
                return Err(Problem::out_of_order(
                    "安排尚未签署；请先签署",
                    "what was arranged is not signed yet: sign it first",
                ));
            }
            StepState::Open | StepState::Stale => {
                return Err(Problem::out_of_order(
                    format!("“{zh}”尚未完成；请先完成，或写明跳过的原因"),
                    format!("“{en}” is still open: do it, or say why it is left out"),
                ));
            }
        }
    }
    Ok(())
}

pub fn name(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::Ask => ("询问", "Ask"),
        Step::Assess => ("评估", "Assess"),
        Step::Advise => ("建议", "Advise"),
        Step::Arrange => ("安排", "Arrange"),
        Step::Assist => ("辅助", "Assist"),
    }
}

/// Refuses to change what was signed or given up.
pub fn must_be_draft(programme: &Programme) -> Result<(), Problem> {
    match programme.state {
        State::Draft => Ok(()),
        State::Active | State::Completed => Err(Problem::out_of_order(
            "方案已签署；如需更改请新开一轮",
            "the plan is signed: open a new round to change it",
        )),
        State::Revoked => Err(Problem::out_of_order(
            "该轮已放弃；请新开一轮",
            "this round was given up: open a new one",
        )),
    }
}

/// Refuses what only makes sense once the plan is signed.
pub fn must_be_signed(programme: &Programme) -> Result<(), Problem> {
    match programme.state {
        State::Active | State::Completed => Ok(()),
        State::Draft | State::Revoked => Err(Problem::out_of_order(
            "方案尚未签署；请先签署",
            "the plan is not signed yet: sign it first",
        )),
    }
}

/// Commits the facts of one step together with the plan, if the programme is still as it was read. The plan
/// is written with each step, so that two acts on one programme never pass each other.
pub async fn commit(
    context: &dyn Context,
    programme: &Programme,
    actor: &ActorId,
    mut new: Vec<NewFact>,
    course: Option<&Course>,
) -> Result<(), Problem> {
    let mut plan = plan(programme)?;
    let course = course.unwrap_or(&programme.course);
    facts::set(&mut plan, "extension", facts::own(facts::OWN_URI, course));
    new.push(facts::put(
        facts::plan_key(&programme.id),
        &programme.patient,
        plan,
    ));
    commit_with_plan(context, programme, actor, new).await
}

/// The plan's body as it was read.
pub fn plan(programme: &Programme) -> Result<Value, Problem> {
    programme
        .current(&facts::plan_key(&programme.id))
        .ok_or_else(Problem::not_found)
}

/// Commits facts among which the plan is.
pub async fn commit_with_plan(
    context: &dyn Context,
    programme: &Programme,
    actor: &ActorId,
    new: Vec<NewFact>,
) -> Result<(), Problem> {
    let conditioned = |fact: NewFact| {
        let condition = match &fact {
            NewFact::PutResource { key, .. } => Precondition::Version(programme.version(key)),
            _ => Precondition::None,
        };
        (fact, condition)
    };
    let batch = Batch {
        actor: actor.clone(),
        facts: new.into_iter().map(conditioned).collect(),
    };
    context.record().commit(batch).await?;
    let mut told = vec![programme.opened_by.id.clone()];
    if *actor != programme.opened_by.id {
        told.push(actor.clone());
    }
    context.notify(Topic::Case, &programme.id, &told);
    context.notify(Topic::Waiting, &programme.id, &told);
    Ok(())
}

/// The bodies that all acts answer with have this beside the programme.
pub fn with(mut view: Value, name: &str, value: impl Serialize) -> Value {
    if let Some(fields) = view.as_object_mut() {
        fields.insert(name.to_owned(), json!(value));
    }
    view
}
