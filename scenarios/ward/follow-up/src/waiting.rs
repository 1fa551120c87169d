//! What waits for whom: alerts, referrals and visits; for the patient what is due, for the doctor what is overdue.

use policy::{Actor, Permit};
use scenario::{Called, Context, Named, Person, Problem, Topic, Waiting, WaitingKind};
use vocabulary::{ActorId, RoomId, Text, Timestamp};

use crate::{
    alert::{Alert, State},
    course::{FollowUp, is_only_patient},
    facts, listed, reading,
    schedule::Due,
    silence,
};

/// What waits for this actor.
pub async fn waiting(context: &dyn Context, actor: &Actor) -> Result<Vec<Waiting>, Problem> {
    let Ok(permit) = reading(context, actor).await else {
        return Ok(Vec::new());
    };
    let now = context.now();
    let mut found = Vec::new();
    let plans = facts::active_plans(context, &permit).await?;
    for course in listed::of_plans(context, &permit, plans).await? {
        if is_only_patient(actor) {
            found.extend(for_patient(&course, now));
        } else {
            found.extend(for_staff(&course, &actor.id, now));
        }
    }
    Ok(found)
}

fn for_patient(course: &FollowUp, now: Timestamp) -> Vec<Waiting> {
    let mut found = Vec::new();
    if let Some((_, visit)) = course.open_visit() {
        let reason = Text::new("医生在房间里等您", "The doctor waits for you in the room");
        found.extend(course.waits(WaitingKind::Visit, &visit.of.by, &reason, visit.of.began));
    }
    let next = course.next_report(course.day_of(now));
    let kind = match next.due {
        // Their page says that nobody waits for their answers.
        _ if course.in_hospital.is_some() => return found,
        Due::Planned | Due::Over => return found,
        Due::Now => WaitingKind::FollowUpDue,
        Due::Overdue => WaitingKind::FollowUpOverdue,
    };
    let since = course.start_of(next.day);
    let one = course.waits(kind, &course.course.first, &course.plan.title, since);
    found.extend(one.map(|one| Waiting {
        path: Some("/scenarios/follow-up".to_owned()),
        ..one
    }));
    found
}

fn for_staff(course: &FollowUp, me: &ActorId, now: Timestamp) -> Vec<Waiting> {
    let mut found = Vec::new();
    let is = |person: Option<&Person>| person.is_some_and(|person| person.id == *me);
    let asked = course.open_referral().map(|(_, referral)| &referral.of);
    let is_first = is(Some(&course.course.first));
    if let Some(alert) = course.open_alert().map(|alert| &alert.of) {
        let is_mine = match alert.state {
            State::Open => {
                is_first
                    || is(asked.map(|referral| &referral.to))
                    || is(alert.held_by())
                    || (alert.escalated && course.others().any(|one| is(Some(one))))
            }
            State::Taken => is(alert.taken_by.as_ref()),
            State::Closed => false,
        };
        if is_mine {
            let first = Text::new("", "");
            // What is new about it says why it is told now.
            let newest = alert.again.iter().rev().find_map(|again| again.why.first());
            let why = newest.or(alert.why.first()).unwrap_or(&first);
            let from = patient_of(course);
            found.extend(course.waits(WaitingKind::Alert, &from, why, alert.told_at()));
        }
    }
    if let Some(referral) = asked.filter(|referral| is(Some(&referral.to))) {
        let reason = Text::new(referral.reason.as_str(), referral.reason.as_str());
        found.extend(course.waits(WaitingKind::Referral, &referral.from, &reason, referral.at));
    }
    // What an alert tells of is not told a second time, and nothing is awaited from home of who lies in hospital.
    let rests = course
        .open_alert()
        .is_some_and(|open| open.of.silent.is_some())
        || course.in_hospital.is_some();
    let next = course.next_report(course.day_of(now));
    if is_first && !rests && next.due == Due::Overdue {
        let from = patient_of(course);
        let since = course.start_of(next.day);
        found.extend(course.waits(
            WaitingKind::FollowUpOverdue,
            &from,
            &course.plan.title,
            since,
        ));
    }
    found
}

/// The patient as who waits. Their account is not known here, and nothing is sent to it.
fn patient_of(course: &FollowUp) -> Person {
    Person {
        id: course.course.first.id.clone(),
        name: course.patient_name.clone(),
    }
}

impl FollowUp {
    fn waits(
        &self,
        kind: WaitingKind,
        from: &Person,
        reason: &Text,
        at: Timestamp,
    ) -> Option<Waiting> {
        let in_room = kind == WaitingKind::Visit;
        Some(Waiting {
            kind,
            id: self.id.clone(),
            room: RoomId::new(self.id.as_str()).ok()?,
            path: (!in_room).then(|| format!("/scenarios/follow-up/{}", self.id)),
            patient: Named {
                id: self.patient.to_string(),
                name: self.patient_name.clone(),
            },
            from: Named {
                id: from.id.to_string(),
                name: from.name.clone(),
            },
            reason: if reason.zh == reason.en {
                reason.zh.clone()
            } else {
                format!("{} · {}", reason.zh, reason.en)
            },
            at,
        })
    }
}

/// Tells of each alert that went on to others or is open again, everyone that a day began, since what was due may be
/// overdue, and somebody of each patient who fell silent.
pub async fn remind(
    context: &dyn Context,
    permit: &Permit,
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Problem> {
    if context.day_of(since) != context.day_of(until) {
        context.notify(Topic::Waiting, facts::SCENARIO, &[]);
    }
    let today = silence::day_of(context, until);
    // One follow-up that fails here keeps nobody from being reminded.
    let looked = if silence::day_of(context, since) == today {
        Ok(())
    } else {
        silence::look(context, permit, today).await
    };
    for (row, id) in facts::standing(context, permit, "Task", facts::NOT_ENDED).await? {
        let told = |at| Alert::of_row(&row, at).map(|one| (one.state, one.escalated));
        if told(since) == told(until) {
            continue;
        }
        if let Some(course) = FollowUp::find(context, permit, &id).await? {
            course.tell(context, Topic::Waiting);
        }
    }
    looked
}

/// Whom alerts that nobody has taken and referrals that nobody has answered call: those for whom they wait. It is asked
/// each few seconds: of a follow-up nothing is read that does not call.
pub async fn called(context: &dyn Context, permit: &Permit) -> Result<Vec<Called>, Problem> {
    let mut found = Vec::new();
    for (course, referral) in listed::calling(context, permit).await? {
        let path = format!("/scenarios/follow-up/{}", course.id);
        let asked = referral.as_ref().map(|(_, referral)| &referral.to.id);
        let open = course.open_alert().map(|alert| &alert.of);
        if let Some(alert) = open.filter(|alert| alert.state == State::Open) {
            let mut people = vec![&course.course.first.id];
            people.extend(asked);
            people.extend(alert.held_by().map(|one| &one.id));
            let others = course.others().filter(|_| alert.escalated);
            people.extend(others.map(|one| &one.id));
            people.sort();
            people.dedup();
            found.extend(people.into_iter().map(|person| Called {
                about: alert.id.clone(),
                to: person.clone(),
                since: alert.told_at(),
                priority: "urgent",
                path: path.clone(),
            }));
        }
        found.extend(referral.map(|(about, referral)| Called {
            about,
            to: referral.to.id,
            since: referral.at,
            priority: "routine",
            path,
        }));
    }
    Ok(found)
}
