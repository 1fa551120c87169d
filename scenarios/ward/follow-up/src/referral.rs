//! Referrals between levels of care, up or down: to a named doctor, who sees the patient from then on; back again with
//! advice, which ends that. Who is handed a follow-up that was referred down to them has answered, too.

use knowledge::Direction;
use policy::{Action, Object};
use record::{NewFact, Precondition};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use crate::{
    alert::said,
    course::{FollowUp, Versioned},
    facts::{self, own},
    open::must_be_doctor,
};

/// A referral.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Referral {
    pub direction: Direction,
    /// The criterion's id.
    pub criterion: String,
    pub reason: String,
    pub from: Person,
    pub to: Person,
    /// The ids of the levels; what was written before they were asked for has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to_level: Option<String>,
    pub at: Timestamp,
    /// When the other level answered: it is over then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered: Option<Timestamp>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    direction: Direction,
    criterion: String,
    reason: String,
    /// To whom, and between which levels; who was asked refers back to who asked.
    to: Option<ActorId>,
    from_level: Option<String>,
    to_level: Option<String>,
}

/// `POST courses/{id}/refer`.
pub async fn refer(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let reason = said(&wish.reason, "转诊的原因", "why the patient is referred")?;
    let is_one = course
        .plan
        .criteria()
        .any(|one| one.id == wish.criterion && one.direction == wish.direction);
    if !is_one {
        return Err(Problem::invalid(
            "没有这条转诊标准",
            "there is no such criterion for this direction",
        ));
    }
    course.must_be_active()?;
    let from = Person::from(&request.actor);
    let now = context.now();
    let mut new: Vec<(NewFact, Precondition)> = Vec::new();
    let asked = course.open_referral();
    let (to, from_level, to_level) = match asked {
        None => {
            new.push(course.goes_on());
            named(context, course, request, wish.clone()).await?
        }
        Some((_, before)) if before.of.direction == wish.direction => {
            return Err(Problem::out_of_order(
                "已转诊，尚未答复",
                "the patient was referred already, and nobody answered yet",
            ));
        }
        Some((n, before)) => {
            let object = Object::Patient(course.patient.clone());
            context
                .permit(&request.actor, Action::AnswerAlert, &object)
                .await?;
            if before.of.to.id != from.id {
                return Err(Problem::out_of_order(
                    "只有接诊的医生可以转回",
                    "only who was asked refers back",
                ));
            }
            new.push(answered(course, n, before, now));
            let before = before.of.clone();
            (before.from, before.to_level, before.from_level)
        }
    };
    let referral = Referral {
        direction: wish.direction,
        criterion: wish.criterion,
        reason,
        from,
        to,
        from_level,
        to_level,
        at: now,
        // One that goes back is the answer itself: nothing waits for it.
        answered: asked.is_some().then_some(now),
    };
    let key = facts::referral_key(&course.id, course.referrals.len());
    let fact = facts::put(key, &course.patient, request_of(course, &referral));
    new.push((fact, Precondition::Version(0)));
    facts::commit(context, &request.actor.id, new).await?;
    let both = [referral.to.id, referral.from.id];
    context.notify(Topic::Waiting, &course.id, &both);
    context.notify(Topic::Case, &course.id, &both);
    Ok(())
}

/// Who is asked by one who was not, and between which levels.
async fn named(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
    wish: Wish,
) -> Result<(Person, Option<String>, Option<String>), Problem> {
    let object = Object::Patient(course.patient.clone());
    context
        .permit(&request.actor, Action::GrantAccess, &object)
        .await?;
    let levels = wish.from_level.as_deref().zip(wish.to_level.as_deref());
    let direction = levels.and_then(|(from, to)| Direction::between(from, to));
    if direction != Some(wish.direction) {
        return Err(Problem::invalid(
            "请选择从哪一级转到哪一级，并与转诊方向一致",
            "choose from which level to which: they must fit the direction",
        ));
    }
    let wanted = wish
        .to
        .ok_or_else(|| Problem::invalid("请写明转给谁", "say to whom"))?;
    if wanted == request.actor.id {
        return Err(Problem::invalid(
            "不能转给自己",
            "a patient is not referred to oneself",
        ));
    }
    let to = must_be_doctor(context, &wanted).await?;
    Ok((to, wish.from_level, wish.to_level))
}

/// The referral down that is answered because who was asked is one of those who answer for the follow-up from now on.
pub fn taken_over(
    course: &FollowUp,
    told: &[Person],
    at: Timestamp,
) -> Option<(NewFact, Precondition)> {
    let (n, asked) = course.open_referral()?;
    let is_told = told.iter().any(|one| one.id == asked.of.to.id);
    let is_taken = asked.of.direction == Direction::Down && is_told;
    is_taken.then(|| answered(course, n, asked, at))
}

/// The referral with this number as it is when it was answered.
fn answered(
    course: &FollowUp,
    n: usize,
    before: &Versioned<Referral>,
    at: Timestamp,
) -> (NewFact, Precondition) {
    let answered = Referral {
        answered: Some(at),
        ..before.of.clone()
    };
    let key = facts::referral_key(&course.id, n);
    let fact = facts::put(key, &course.patient, request_of(course, &answered));
    (fact, before.unchanged())
}

/// One that is active lets its performer see the patient: see the policies.
fn request_of(course: &FollowUp, referral: &Referral) -> Value {
    let status = if referral.answered.is_some() {
        "completed"
    } else {
        "active"
    };
    json!({
        "extension": own(referral),
        "basedOn": facts::based_on(&course.id),
        "status": status,
        "intent": "order",
        "code": {"text": "Referral between levels of care"},
        "subject": facts::patient(&course.patient),
        "authoredOn": referral.at,
        "requester": referral.from.reference(),
        "performer": [referral.to.reference()],
        "reasonCode": [{"text": referral.reason}],
    })
}
