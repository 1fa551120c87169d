//! Further experts: who takes part asks them in, each by a task of their own; they vote blind like everyone.

use policy::{Action, Object, Role};
use record::NewFact;
use scenario::{Context, Problem, Request};
use serde::Deserialize;
use serde_json::json;
use vocabulary::{ActorId, RoomId, Timestamp};

use crate::{
    answers,
    body::{self, Ended},
    case::{Case, Person, Standing},
    facts,
    minutes::{self, Act, Entry},
    step::{self, TaskChange},
    vote,
};

/// The most people of one case.
pub const MOST_PEOPLE: usize = 12;

/// `POST cases/{id}/invite`.
#[derive(Debug, Deserialize)]
struct Wish {
    expert: ActorId,
    reason: String,
}

/// Asks a further expert in, until the votes are opened: who joins votes as blind as the others.
pub async fn invite(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let why = body::said(
        &wish.reason,
        body::SHORT,
        "邀请的原因",
        "why you invite them",
    )?;
    let object = Object::Room {
        room: RoomId::new(case.id.as_str()).map_err(|_| Problem::not_found())?,
        patient: Some(case.patient.clone()),
    };
    context
        .permit(&request.actor, Action::InviteExpert, &object)
        .await?;
    step::must_go_on(case)?;
    must_be_blind(case)?;
    if case.people.len() >= MOST_PEOPLE {
        return Err(Problem::invalid(
            format!("一次会诊最多 {MOST_PEOPLE} 人"),
            format!("a consultation has {MOST_PEOPLE} people at most"),
        ));
    }
    let known = context.account(&wish.expert).await;
    let expert = known.filter(|account| {
        account.roles.contains(&Role::Expert) && case.place_of(&account.id).is_none()
    });
    let expert = expert.as_ref().map(Person::from).ok_or_else(|| {
        Problem::invalid(
            "没有这位专家，或已在会诊中；请从专家列表中选择",
            "there is no such expert, or they take part already: choose one from the list of experts",
        )
    })?;
    let by = case.person(&request.actor.id)?;
    let now = context.now();
    let task = json!({
        "status": "requested",
        "intent": "order",
        "code": {"text": "Invitation to a consultation"},
        "description": why,
        "focus": {"reference": facts::reference(&facts::request_key(&case.id))},
        "for": facts::patient(case),
        "authoredOn": now,
        "lastModified": now,
        "requester": facts::practitioner(by),
        "owner": facts::practitioner(&expert),
    });
    let key = facts::invite_key(&case.id, case.people.len());
    let entry = Entry::act(Act::Invited, format!("{}: {why}", expert.name), by, now);
    let new = vec![
        facts::put(key, &case.patient, task),
        minutes::noted(case, [entry], now),
    ];
    let actor = &request.actor.id;
    step::commit(context, case, actor, new, TaskChange::GOING_ON).await?;
    // They are not of the case as it was read.
    context.notify(scenario::Topic::Waiting, &case.id, &[expert.id]);
    Ok(())
}

fn must_be_blind(case: &Case) -> Result<(), Problem> {
    if case.is_revealed() {
        return Err(Problem::out_of_order(
            "投票已公开，不能再邀请；可另行申请会诊",
            "the votes are open: nobody can vote blind any more. Ask for another consultation",
        ));
    }
    Ok(())
}

/// An invited expert comes in. Coming again changes nothing.
pub async fn accept(
    context: &dyn Context,
    case: &Case,
    request: &Request,
    place: usize,
) -> Result<(), Problem> {
    if case.standing.get(place) == Some(&Standing::TakesPart) {
        return Ok(());
    }
    step::must_go_on(case)?;
    answer(context, case, request, place, "in-progress", None).await
}

/// An invited expert cannot, and says why.
pub async fn decline(
    context: &dyn Context,
    case: &Case,
    request: &Request,
    place: usize,
) -> Result<(), Problem> {
    let ended: Ended = request.body_as()?;
    let why = body::said(&ended.reason, body::SHORT, "谢绝的原因", "why you decline")?;
    if case.standing.get(place) != Some(&Standing::Asked) {
        return Err(Problem::out_of_order(
            "邀请已接受，不能再谢绝",
            "the invitation was accepted; it can no longer be declined",
        ));
    }
    answer(context, case, request, place, "rejected", Some(&why)).await
}

async fn answer(
    context: &dyn Context,
    case: &Case,
    request: &Request,
    place: usize,
    status: &str,
    why: Option<&str>,
) -> Result<(), Problem> {
    let by = case.person(&request.actor.id)?;
    let now = context.now();
    let (act, text) = match why {
        None => (Act::Joined, ""),
        Some(why) => (Act::Declined, why),
    };
    let new = vec![
        with_status(case, place, status, why, now)?,
        minutes::noted(case, [Entry::act(act, text, by, now)], now),
    ];
    let actor = &request.actor.id;
    step::commit(context, case, actor, new, TaskChange::GOING_ON).await?;
    Ok(())
}

/// `POST cases/{id}/release`.
#[derive(Debug, Deserialize)]
struct Release {
    person: ActorId,
    reason: String,
}

/// The doctor who asked lets an invited expert go who has not voted, so that the others need not wait.
pub async fn release(
    context: &dyn Context,
    permit: &policy::Permit,
    case: &Case,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Release = request.body_as()?;
    let why = body::said(&wish.reason, body::SHORT, "原因", "why they are let go")?;
    let object = Object::Patient(case.patient.clone());
    context
        .permit(&request.actor, Action::RequestConsult, &object)
        .await?;
    step::must_go_on(case)?;
    must_be_blind(case)?;
    let place = case.place_of(&wish.person).filter(|place| *place >= 2);
    let place = place.filter(|place| case.votes.get(*place).is_none_or(Option::is_none));
    let place = place.ok_or_else(|| {
        Problem::invalid(
            "只能让尚未投票的受邀专家退出",
            "only an invited expert who has not voted can be let go",
        )
    })?;
    let by = case.person(&request.actor.id)?;
    let now = context.now();
    let person = case.people.get(place).ok_or_else(Problem::not_found)?;
    let text = format!("{}: {why}", person.name);
    let mut entries = vec![Entry::act(Act::Released, text, by, now)];
    let mut new = vec![with_status(case, place, "cancelled", Some(&why), now)?];
    // Where all the others have voted already, nobody is waited for any more.
    let open = case.voters().filter(|(at, _)| *at != place);
    let mut all = open.map(|(at, _)| case.votes.get(at).is_some_and(Option::is_some));
    if all.all(|has_voted| has_voted) {
        let answers = answers::in_force(context, permit, case).await?;
        new.extend(vote::opened(context, case)?);
        new.extend(vote::machine(case, &answers, now));
        new.extend(lapsed(case, Some(place), now));
        entries.push(Entry::act(Act::VotesOpened, "", by, now));
    }
    new.push(minutes::noted(case, entries, now));
    let actor = &request.actor.id;
    step::commit(context, case, actor, new, TaskChange::GOING_ON).await?;
    Ok(())
}

/// Invitations that nobody answered end when the votes are opened.
pub fn lapsed(case: &Case, but: Option<usize>, at: Timestamp) -> Vec<NewFact> {
    let why = "the votes were opened";
    let asked = |place: &usize| {
        case.standing.get(*place) == Some(&Standing::Asked) && *place >= 2 && Some(*place) != but
    };
    (0..case.people.len())
        .filter(asked)
        .filter_map(|place| with_status(case, place, "cancelled", Some(why), at).ok())
        .collect()
}

/// All invitations end with the case; who took part can read until `until`, if they are given time.
pub fn ended(case: &Case, until: Option<Timestamp>, at: Timestamp) -> Vec<NewFact> {
    let open =
        (2..case.people.len()).filter(|place| case.standing.get(*place) != Some(&Standing::Left));
    open.filter_map(|place| {
        let Some(until) = until else {
            return with_status(case, place, "cancelled", None, at).ok();
        };
        let key = facts::invite_key(&case.id, place);
        let mut body = step::current(case, &key).ok()?;
        facts::set(&mut body, "restriction", json!({"period": {"end": until}}));
        Some(facts::put(key, &case.patient, body))
    })
    .collect()
}

fn with_status(
    case: &Case,
    place: usize,
    status: &str,
    why: Option<&str>,
    at: Timestamp,
) -> Result<NewFact, Problem> {
    let key = facts::invite_key(&case.id, place);
    let mut body = step::current(case, &key)?;
    facts::set(&mut body, "status", json!(status));
    facts::set(&mut body, "lastModified", json!(at));
    if let Some(why) = why {
        facts::set(&mut body, "statusReason", json!({"text": why}));
    }
    Ok(facts::put(key, &case.patient, body))
}
