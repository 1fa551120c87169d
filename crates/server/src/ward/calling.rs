//! Whom alarms call that nobody has taken, and who is asked to come: for the way to those who have no page open.

use alarms::{Dispatch, OfferState, Priority};
use vocabulary::{ActorId, Timestamp};

use super::{Bed, State, routing};
use crate::gateway::Calling;

/// An errand that no alarm sends has no priority of its own: FHIR takes it for this one.
const ERRAND: &str = "routine";

fn word(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
    }
}

fn path(ward: &str) -> String {
    format!("/scenarios/ward-twin/{ward}")
}

/// Everybody who is called now. Exercises call nobody out of the house. An alarm calls also where an edge leads it: its
/// steps come from there, and who is on duty is the same.
///
/// Where nobody is on duty on a ward, its alarms call `fallback`, whom the hospital named for that, or else who is on
/// duty elsewhere for the last step of their escalation.
pub fn calling(state: &State, now: Timestamp, fallback: &[ActorId]) -> Vec<Calling> {
    let mut found = Vec::new();
    for alarm in state.board.open() {
        let whole = state.whole(&alarm.id);
        let (Some(kept), Some(bed)) = (whole, state.places.about(&alarm.bed)) else {
            continue;
        };
        let (about, priority) = (kept.id(), word(alarm.priority));
        let path = format!("{}#alarm-{about}", path(&bed.ward));
        if alarm.calls(now) {
            let mut called = routing::called(state, alarm, now);
            if called.is_empty() {
                called = fallback.to_vec();
            }
            if called.is_empty() {
                called = routing::on_duty_elsewhere(state, alarm, now);
            }
            found.extend(called.into_iter().map(|to| Calling {
                kind: "alarm".to_owned(),
                about: about.clone(),
                to,
                since: alarm.untaken_since,
                priority: priority.to_owned(),
                place: Some(bed.name.clone()),
                path: path.clone(),
            }));
        }
        if !kept.run.as_ref().is_some_and(|run| run.drill) {
            found.extend(asked(&kept.sent, (about.as_str(), priority), &bed, &path));
        }
    }
    let errands = state.missions.values();
    for errand in errands.filter(|one| one.ended.is_none() && !one.is_drill()) {
        if let Some(bed) = state.places.beds.get(&errand.bed) {
            let path = format!("{}?part=command", path(&errand.ward));
            found.extend(asked(
                &errand.sent,
                (errand.id.as_str(), ERRAND),
                bed,
                &path,
            ));
        }
    }
    found
}

/// Those who have not answered yet whether they come. Things answer at once, and are nobody.
fn asked(
    sent: &[Dispatch],
    (about, priority): (&str, &str),
    bed: &Bed,
    path: &str,
) -> Vec<Calling> {
    let offers = sent.iter().flat_map(|dispatch| &dispatch.offers);
    let open = offers.filter(|offer| offer.state == OfferState::Offered);
    open.filter_map(|offer| {
        Some(Calling {
            kind: "errand".to_owned(),
            about: about.to_owned(),
            to: ActorId::new(offer.to.as_str()).ok()?,
            since: offer.at,
            priority: priority.to_owned(),
            place: Some(bed.name.clone()),
            path: path.to_owned(),
        })
    })
    .collect()
}
