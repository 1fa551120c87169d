//! Referrals between levels of care, up or down: to a named doctor, who sees the patient from then on; back again with
//! advice, which ends that. Who is handed a follow-up that was referred down to them has answered, too. Until it is
//! answered, who asked may take it back, or who is told first by then.

use knowledge::Direction;
use policy::{Action, Object};
use record::{NewFact, Precondition};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use crate::{
    alert::{handed_over, said},
    course::{FollowUp, Versioned},
    facts::{self, own},
    open::must_be_doctor,
    visit,
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
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub withdrawn: Option<Withdrawn>,
}

/// It was taken back before it was answered: it is over then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Withdrawn {
    pub at: Timestamp,
    pub by: Person,
    pub reason: String,
}

impl Referral {
    /// Whether it waits for an answer.
    pub fn is_open(&self) -> bool {
        self.answered.is_none() && self.withdrawn.is_none()
    }
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
    let visit = asked.and_then(|_| visit_left(course, &from, now));
    let has_left = visit.is_some();
    new.extend(visit);
    let (to, from_level, to_level) = match asked {
        None => named(context, course, request, wish.clone()).await?,
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
        withdrawn: None,
    };
    let key = facts::referral_key(&course.id, course.referrals.len());
    let fact = facts::put(key, &course.patient, request_of(course, &referral));
    new.push((fact, Precondition::Version(0)));
    new.extend(asked.is_none().then(|| course.goes_on()));
    facts::commit(context, &request.actor.id, new).await?;
    let both = [referral.to.id, referral.from.id];
    context.notify(Topic::Waiting, &course.id, &both);
    context.notify(Topic::Case, &course.id, &both);
    if has_left {
        visit::call(context, course);
    }
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
    ended(course, n, before, &answered)
}

/// The referral with this number as it is from now on.
fn ended(
    course: &FollowUp,
    n: usize,
    before: &Versioned<Referral>,
    after: &Referral,
) -> (NewFact, Precondition) {
    let key = facts::referral_key(&course.id, n);
    let fact = facts::put(key, &course.patient, request_of(course, after));
    (fact, before.unchanged())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    reason: String,
}

/// `POST courses/{id}/withdraw`: who asked, or is told first, takes the referral back, so that who was asked does not see
/// the patient by it any more.
pub async fn withdraw(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Withdrawal = request.body_as()?;
    let reason = said(&wish.reason, "撤回的原因", "why the referral is taken back")?;
    let object = Object::Patient(course.patient.clone());
    context
        .permit(&request.actor, Action::AnswerAlert, &object)
        .await?;
    let (n, asked) = course.open_referral().ok_or_else(|| {
        Problem::out_of_order("没有等待答复的转诊", "no referral waits for an answer")
    })?;
    let by = Person::from(&request.actor);
    if by.id != asked.of.from.id && by.id != course.course.first.id {
        return Err(Problem::out_of_order(
            "只有转诊的医生或现在负责随访的人可以撤回",
            "only who referred the patient, or is told first now, takes it back",
        ));
    }
    let now = context.now();
    let withdrawn = Referral {
        withdrawn: Some(Withdrawn {
            at: now,
            by,
            reason,
        }),
        ..asked.of.clone()
    };
    let mut new = vec![ended(course, n, asked, &withdrawn)];
    new.extend(alert_left(course, &asked.of.to, now));
    let visit = visit_left(course, &asked.of.to, now);
    let has_left = visit.is_some();
    new.extend(visit);
    facts::commit(context, &request.actor.id, new).await?;
    course.tell(context, Topic::Waiting);
    course.tell(context, Topic::Case);
    if has_left {
        visit::call(context, course);
    }
    Ok(())
}

/// Whether somebody has no part in the follow-up but the referral.
fn goes(course: &FollowUp, who: &Person) -> bool {
    let first = &course.course.first;
    let mut stay = course.team.iter().chain([first]).chain(course.second());
    stay.all(|one| one.id != who.id)
}

/// The alert that stands, open again where it was in the hands of one who goes: as its owner they would go on seeing the
/// patient. It is written also where it was not, since they may take it in the same instant.
fn alert_left(course: &FollowUp, who: &Person, now: Timestamp) -> Option<(NewFact, Precondition)> {
    let open = course.open_alert().filter(|_| goes(course, who))?;
    let fact = handed_over(course, &open.of, &course.course.first, &[&who.id], now);
    Some((fact, open.unchanged()))
}

/// The visit of one who goes, ended: the patient would be called to nobody.
fn visit_left(course: &FollowUp, who: &Person, now: Timestamp) -> Option<(NewFact, Precondition)> {
    let (n, open) = course.open_visit()?;
    (open.of.by.id == who.id && goes(course, who)).then(|| visit::ended(course, n, open, now))
}

/// One that is active lets its performer see the patient: see the policies.
fn request_of(course: &FollowUp, referral: &Referral) -> Value {
    let status = match (&referral.withdrawn, referral.answered) {
        (Some(_), _) => "revoked",
        (None, Some(_)) => "completed",
        (None, None) => "active",
    };
    let mut body = json!({
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
    });
    if let (Some(withdrawn), Some(fields)) = (&referral.withdrawn, body.as_object_mut()) {
        let note = json!([{
            "authorReference": withdrawn.by.reference(),
            "time": withdrawn.at,
            "text": withdrawn.reason,
        }]);
        fields.insert("note".to_owned(), note);
    }
    body
}
