//! Blind votes: each is sealed until all have voted; the last one opens them and lets the machine speak.

use knowledge::Answers;
use policy::{Action, Object, Permit};
use record::NewFact;
use scenario::{Context, Problem, Request};
use vocabulary::Timestamp;

use crate::{
    answers,
    body::{self, Vote},
    case::{Case, Cast, GUIDELINES, MODELS, Standing},
    facts, invite,
    minutes::{self, Act, Entry},
    step::{self, TaskChange},
};

/// `POST cases/{id}/vote`: once, and never changed.
pub async fn cast(
    context: &dyn Context,
    permit: &Permit,
    case: &Case,
    request: &Request,
) -> Result<(), Problem> {
    let vote = checked(request.body_as()?)?;
    context
        .permit(
            &request.actor,
            Action::Vote,
            &Object::Patient(case.patient.clone()),
        )
        .await?;
    step::must_go_on(case)?;
    let place = case
        .place_of(&request.actor.id)
        .ok_or_else(Problem::not_found)?;
    if case.votes.get(place).is_some_and(Option::is_some) {
        return Err(Problem::out_of_order(
            "您已投票；投票后不能更改",
            "you have voted: a vote cannot be changed",
        ));
    }
    let content = serde_json::to_string(&vote).map_err(|_| Problem::not_found())?;
    if case.standing.get(place) == Some(&Standing::Asked) {
        return Err(Problem::out_of_order(
            "请先接受邀请，再投票",
            "accept the invitation first, then vote",
        ));
    }
    let is_last = case.lacking(&case.votes) == 1;
    let mut new = Vec::new();
    let voter = case.people.get(place).ok_or_else(Problem::not_found)?;

    // With the first vote the answers stand fast, so that all vote on the same case.
    let answers = answers::in_force(context, permit, case).await?;
    let now = context.now();
    if !case.has_votes() {
        new.push(facts::answers(case, &answers, voter, now, true));
    }
    let mut entries = vec![Entry::act(Act::Voted, "", voter, now)];
    if is_last {
        new.extend(facts::vote(case, place, &content, true, now));
        new.extend(opened(context, case)?);
        new.extend(machine(case, &answers, now));
        new.extend(invite::lapsed(case, None, now));
        entries.push(Entry::act(Act::VotesOpened, "", voter, now));
    } else {
        let sealed = context
            .seal()
            .close(&seal_place(case, place), content.as_bytes());
        new.extend(facts::vote(case, place, &sealed, false, now));
    }
    new.push(minutes::noted(case, entries, now));
    step::commit(context, case, &request.actor.id, new, TaskChange::GOING_ON).await?;
    Ok(())
}

/// What models and guidelines say to these answers.
pub fn machine(case: &Case, answers: &Answers, now: Timestamp) -> Vec<NewFact> {
    let assessed = MODELS
        .iter()
        .filter_map(|model| knowledge::assess(model, answers))
        .map(|assessment| facts::risk(case, &assessment, now));
    let guided = GUIDELINES
        .iter()
        .filter_map(|guideline| knowledge::find_guideline(guideline))
        .map(|one| facts::guidance(case, &one.recommend(answers), now));
    assessed.chain(guided).collect()
}

/// What a vote is sealed for: its own resource.
fn seal_place(case: &Case, place: usize) -> String {
    facts::reference(&facts::vote_key(&case.id, place))
}

/// The vote of one place, opened by the hospital.
pub fn open(context: &dyn Context, case: &Case, place: usize) -> Result<Option<Vote>, Problem> {
    let unreadable = || {
        Problem::new(
            500,
            "密封的投票无法打开；请告知管理员核对医院密钥",
            "a sealed vote does not open: tell the operator to check the hospital's key",
        )
    };
    match case.votes.get(place).and_then(Option::as_ref) {
        None => Ok(None),
        Some(Cast::Open(vote)) => Ok(Some(vote.clone())),
        Some(Cast::Sealed(sealed)) => {
            let content = context
                .seal()
                .open(&seal_place(case, place), sealed)
                .map_err(|_| unreadable())?;
            serde_json::from_slice(&content)
                .map(Some)
                .map_err(|_| unreadable())
        }
    }
}

/// The votes that are there, open.
pub fn opened(context: &dyn Context, case: &Case) -> Result<Vec<NewFact>, Problem> {
    let mut new = Vec::new();
    for place in 0..case.votes.len() {
        if let Some(vote) = open(context, case, place)? {
            let content = serde_json::to_string(&vote).map_err(|_| Problem::not_found())?;
            // The time of the vote is that of its sealing.
            let cast_at = case
                .resource(&facts::vote_key(&case.id, place))
                .map_or_else(|| context.now(), |resource| resource.at);
            new.extend(facts::vote(case, place, &content, true, cast_at));
        }
    }
    Ok(new)
}

fn checked(mut vote: Vote) -> Result<Vote, Problem> {
    if vote
        .probability
        .is_some_and(|percent| !(0.0..=100.0).contains(&percent))
    {
        return Err(Problem::invalid(
            "概率须在 0 到 100 之间",
            "the probability must lie between 0 and 100 per cent",
        ));
    }
    vote.comment = body::short_enough(&vote.comment, body::SHORT, "意见", "the comment")?;
    Ok(vote)
}
