//! What waits: programmes that are open, and orders that are due or overdue; the patient hears of their own.

use jiff::civil::Date;
use policy::Actor;
use scenario::{Context, Named, Problem, Waiting, WaitingKind};
use serde::Serialize;
use vocabulary::{RoomId, Timestamp};

use crate::{
    arrange::{Decision, Window},
    open, orders,
    programme::{Programme, State},
    reading,
};

/// How an order stands to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    /// Not ordered, or done.
    None,
    /// Later.
    Planned,
    /// Its window is open.
    Now,
    /// Its window is over.
    Overdue,
}

/// How an order of a signed plan stands today.
pub fn due(decision: &Decision, today: Date) -> Due {
    let Window { from, until } = decision.window;
    if !decision.is_open() {
        Due::None
    } else if today < from {
        Due::Planned
    } else if until.is_some_and(|until| today > until) {
        Due::Overdue
    } else {
        Due::Now
    }
}

/// What waits for this actor.
pub async fn waiting(context: &dyn Context, actor: &Actor) -> Result<Vec<Waiting>, Problem> {
    let is_patient = open::is_only_patient(actor);
    if !is_patient && !open::follows_up(actor) {
        return Ok(Vec::new());
    }
    let Ok(permit) = reading(context, actor).await else {
        return Ok(Vec::new());
    };
    let today = context.day_of(context.now());
    let mut found = Vec::new();
    for programme in open::going_on(context, &permit, actor).await? {
        match programme.state {
            // Who opened it goes on with it.
            State::Draft if programme.opened_by.id == actor.id => {
                let at = programme.opened_at;
                let reason = "PNapp5A".to_owned();
                found.extend(one(&programme, WaitingKind::ProgrammeOpen, reason, at));
            }
            State::Active => {
                let arranged = programme.course.arranged.iter();
                for decision in arranged.flat_map(|arranged| &arranged.decisions) {
                    let since = context.start_of(decision.window.from);
                    found.extend(order(&programme, decision, today, since));
                }
            }
            State::Draft | State::Completed | State::Revoked => {}
        }
    }
    Ok(found)
}

fn order(
    programme: &Programme,
    decision: &Decision,
    today: Date,
    since: Timestamp,
) -> Option<Waiting> {
    let kind = match due(decision, today) {
        Due::Now => WaitingKind::FollowUpDue,
        Due::Overdue => WaitingKind::FollowUpOverdue,
        Due::None | Due::Planned => return None,
    };
    let label = orders::label(decision.step);
    let days = match decision.window.until {
        Some(until) => format!("{} – {until}", decision.window.from),
        None => decision.window.from.to_string(),
    };
    let reason = format!("{} · {} · {days}", label.zh, label.en);
    one(programme, kind, reason, since)
}

fn one(programme: &Programme, kind: WaitingKind, reason: String, at: Timestamp) -> Option<Waiting> {
    Some(Waiting {
        kind,
        id: programme.id.clone(),
        room: RoomId::new(programme.id.as_str()).ok()?,
        path: Some(format!("/scenarios/screening/{}", programme.id)),
        patient: Named {
            id: programme.patient.to_string(),
            name: programme.patient_name.clone(),
        },
        from: Named {
            id: programme.opened_by.id.to_string(),
            name: programme.opened_by.name.clone(),
        },
        reason,
        at,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use knowledge::guideline::Step;

    use super::*;

    fn ct(until: Option<Date>) -> Decision {
        Decision {
            step: Step::Ct,
            window: Window {
                from: date(2027, 2, 26),
                until,
            },
            every_months: None,
            last: None,
            optional: false,
            added: false,
            ordered: true,
            reason: None,
            done: Vec::new(),
            visit: None,
        }
    }

    #[test]
    fn an_order_is_due_on_both_ends_of_its_window() {
        let order = ct(Some(date(2027, 5, 26)));
        for (day, expected) in [
            (date(2027, 2, 25), Due::Planned),
            (date(2027, 2, 26), Due::Now),
            (date(2027, 5, 26), Due::Now),
            (date(2027, 5, 27), Due::Overdue),
        ] {
            assert_eq!(due(&order, day), expected, "{day}");
        }
        // Due at once has no end after which it would be overdue.
        assert_eq!(due(&ct(None), date(2030, 1, 1)), Due::Now);
    }

    #[test]
    fn what_is_done_or_not_ordered_is_never_due() {
        let today = date(2027, 6, 1);
        let mut order = ct(Some(date(2027, 5, 26)));
        order.done.push(today);
        assert_eq!(due(&order, today), Due::None);
        order.done.clear();
        order.ordered = false;
        assert_eq!(due(&order, today), Due::None);
        // A repeated one is due again until its last day.
        order.ordered = true;
        order.done.push(date(2027, 2, 26));
        order.every_months = Some(12);
        assert_eq!(due(&order, today), Due::Overdue);
        order.last = Some(date(2027, 1, 1));
        assert_eq!(due(&order, today), Due::None);
    }
}
