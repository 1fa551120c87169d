//! Referrals between levels of care: up to a named doctor, who sees the patient from then on; down again with
//! advice, which ends that.

use policy::{Action, Object};
use record::{NewFact, Precondition};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use crate::{
    alert::said,
    course::FollowUp,
    facts::{self, own},
    open::must_be_doctor,
    plans::Direction,
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
    pub at: Timestamp,
    /// When the other level answered: it is over then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    direction: Direction,
    criterion: String,
    reason: String,
    /// To whom; a referral down goes back to who asked.
    to: Option<ActorId>,
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
    let object = Object::Patient(course.patient.clone());
    let from = Person::from(&request.actor);
    let now = context.now();
    let mut new: Vec<(NewFact, Precondition)> = Vec::new();
    let to = match (wish.direction, course.open_referral()) {
        (Direction::Up, None) => {
            context
                .permit(&request.actor, Action::GrantAccess, &object)
                .await?;
            let wanted = wish
                .to
                .ok_or_else(|| Problem::invalid("请写明转给谁", "say to whom"))?;
            if wanted == from.id {
                return Err(Problem::invalid(
                    "不能转给自己",
                    "a patient is not referred to oneself",
                ));
            }
            must_be_doctor(context, &wanted).await?
        }
        (Direction::Down, Some((n, before))) => {
            context
                .permit(&request.actor, Action::AnswerAlert, &object)
                .await?;
            if before.of.to.id != from.id {
                return Err(Problem::out_of_order(
                    "只有接诊的医生可以转回",
                    "only who was asked refers back",
                ));
            }
            let answered = Referral {
                answered: Some(now),
                ..before.of.clone()
            };
            let key = facts::referral_key(&course.id, n);
            let fact = facts::put(key, &course.patient, request_of(course, &answered));
            new.push((fact, before.unchanged()));
            before.of.from.clone()
        }
        (Direction::Up, Some(_)) => {
            return Err(Problem::out_of_order(
                "已转诊，尚未答复",
                "the patient was referred already, and nobody answered yet",
            ));
        }
        (Direction::Down, None) => {
            return Err(Problem::out_of_order(
                "没有待答复的转诊",
                "no referral waits for an answer",
            ));
        }
    };
    let referral = Referral {
        direction: wish.direction,
        criterion: wish.criterion,
        reason,
        from,
        to,
        at: now,
        // A referral down is the answer itself: nothing waits for it.
        answered: (wish.direction == Direction::Down).then_some(now),
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
