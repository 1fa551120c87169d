//! Whom alarms call that nobody has taken, and who is asked to come: for the way to those who have no page open.

use alarms::{Dispatch, Offer, OfferState, Priority, Signalling, escalation};
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
            let waits = |_: &Dispatch, offer: &Offer| offer.state == OfferState::Offered;
            let about = (about.as_str(), priority);
            found.extend(asked(&kept.sent, about, (&bed, &path), waits));
        }
    }
    let errands = state.missions.values();
    for errand in errands.filter(|one| one.ended.is_none() && !one.is_drill()) {
        if let Some(bed) = state.places.goal(&errand.bed) {
            let path = path(&errand.ward);
            let path = format!("{path}?part=command#errand-{}", errand.id);
            // Nothing else calls for it: who did not answer is called until somebody comes.
            let waits = |dispatch: &Dispatch, offer: &Offer| dispatch.asks(&offer.to);
            let about = (errand.id.as_str(), ERRAND);
            found.extend(asked(&errand.sent, about, (&bed, &path), waits));
        }
    }
    found
}

/// How the most urgent alarm is heard that calls this person now. One of a ward on which nobody is on duty is everybody's.
pub fn sounding(state: &State, who: &ActorId, now: Timestamp) -> Option<Signalling> {
    let open = state.board.open().into_iter();
    let theirs = open.filter(|alarm| {
        let called = routing::called(state, alarm, now);
        alarm.calls(now) && (called.is_empty() || called.contains(who))
    });
    let priority = theirs.map(|alarm| alarm.priority).max()?;
    Some(escalation().of(priority).signalling.clone())
}

/// Those whose answer is waited for, whether they come. Things answer at once, and are nobody.
fn asked(
    sent: &[Dispatch],
    (about, priority): (&str, &str),
    (bed, path): (&Bed, &str),
    waits: impl Fn(&Dispatch, &Offer) -> bool,
) -> Vec<Calling> {
    let open = sent.iter().flat_map(|dispatch| {
        let offers = dispatch.offers.iter();
        offers.filter(|offer| waits(dispatch, offer))
    });
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
