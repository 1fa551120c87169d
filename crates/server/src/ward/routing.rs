//! Who hears of an alarm, and who can be sent.

use alarms::{Alarm, Candidate, Dispatch, Place, PlanRun, escalation, plan};
use policy::Role;
use vocabulary::{ActorId, Timestamp};

use super::{Bed, Kept, State};
use crate::hospital::Hospital;

/// Whom an alarm calls now: those on duty for the level of its escalation. Where nobody has that duty, those of
/// the next level are called at once; where nobody has any duty, everybody on the ward.
pub fn called(state: &State, alarm: &Alarm, now: Timestamp) -> Vec<ActorId> {
    let Some(bed) = state.places.beds.get(&alarm.bed) else {
        return Vec::new();
    };
    let mut called: Vec<ActorId> = Vec::new();
    let levels = &escalation().of(alarm.priority).levels;
    for (number, level) in levels.iter().enumerate() {
        let before = called.len();
        for duty in state.places.on_duty(&level.to, bed, now) {
            if !called.contains(&duty.account) {
                called.push(duty.account.clone());
            }
        }
        if number >= alarm.level && called.len() > before {
            break;
        }
    }
    if called.is_empty() {
        called = staff(state, bed, now);
    }
    called
}

fn staff(state: &State, bed: &Bed, now: Timestamp) -> Vec<ActorId> {
    let mut staff: Vec<ActorId> = Vec::new();
    for duty in state.places.staff_of(&bed.ward, now) {
        if !staff.contains(&duty.account) {
            staff.push(duty.account.clone());
        }
    }
    staff
}

/// Whose screens show the alarm: all staff of its ward, and whoever was sent.
pub fn concerned(state: &State, kept: &Kept, now: Timestamp) -> Vec<ActorId> {
    let Some(bed) = state.places.beds.get(&kept.alarm.bed) else {
        return Vec::new();
    };
    let mut people = staff(state, bed, now);
    let taken = kept.alarm.taken.iter().map(|taken| taken.by.clone());
    let asked = kept
        .sent
        .iter()
        .flat_map(|d| d.offers.iter().map(|offer| offer.to.clone()));
    for account in taken.chain(asked).filter_map(|id| ActorId::new(id).ok()) {
        if !people.contains(&account) {
            people.push(account);
        }
    }
    people
}

/// Everybody who treats: for an alarm of a ward that has no staff.
pub fn anybody(hospital: &Hospital) -> Vec<ActorId> {
    let treats = [Role::Nurse, Role::TerminalDoctor, Role::Expert];
    let all = hospital.accounts.list().unwrap_or_default().into_iter();
    all.filter(|account| treats.iter().any(|role| account.roles.contains(role)))
        .map(|account| account.id)
        .collect()
}

/// Everybody on duty at a bed, each once for each of their roles. Who answers for another alarm, or comes to
/// another bed already, is not free.
pub fn candidates(state: &State, bed: &Bed, now: Timestamp) -> Vec<Candidate> {
    let is_free = |account: &ActorId| {
        let holds = |alarm: &&Alarm| {
            alarm.bed != bed.id
                && (alarm
                    .taken
                    .as_ref()
                    .is_some_and(|taken| taken.by == account.as_str())
                    || comes(state, alarm, account))
        };
        !state.board.open().iter().any(holds)
    };
    let staff = state.places.staff_of(&bed.ward, now).into_iter();
    staff
        .map(|duty| Candidate {
            id: duty.account.to_string(),
            role: duty.role.clone(),
            place: where_is(state, duty),
            seen_at: None,
            free: is_free(&duty.account),
        })
        .collect()
}

fn comes(state: &State, alarm: &Alarm, account: &ActorId) -> bool {
    let sent = state
        .beside
        .get(&alarm.id)
        .into_iter()
        .flat_map(|beside| &beside.sent);
    let mut accepted = sent.filter_map(Dispatch::accepted);
    accepted.any(|offer| offer.to == account.as_str())
}

/// The room of one's beds, where these are all in one; else the ward that one's duty is for.
fn where_is(state: &State, duty: &super::places::Duty) -> Place {
    let beds = duty
        .places
        .iter()
        .filter_map(|place| state.places.beds.get(place));
    let rooms: Vec<Option<String>> = beds.clone().map(|bed| bed.room.clone()).collect();
    let one_room = rooms.first().cloned().flatten();
    let one_room = one_room.filter(|room| rooms.iter().all(|other| other.as_ref() == Some(room)));
    let ward = beds.map(|bed| bed.ward.clone()).next();
    let named = duty
        .places
        .iter()
        .find(|place| state.places.wards.contains_key(*place));
    Place {
        ward: ward.or_else(|| named.cloned()),
        room: one_room,
        floor_m: None,
    }
}

/// Starts a plan: whom it needs is asked, the nearest first. Who started it need not be asked.
pub fn start(state: &mut State, alarm: &Alarm, run: PlanRun, now: Timestamp) {
    let Some(bed) = state.places.beds.get(&alarm.bed) else {
        return;
    };
    let to = Place {
        ward: Some(bed.ward.clone()),
        room: bed.room.clone(),
        floor_m: None,
    };
    let within = escalation().of(alarm.priority).accept_within_s;
    let here = |role: &str| {
        let duties = state.places.on_duty(role, bed, now);
        duties
            .iter()
            .any(|duty| duty.account.as_str() == run.started_by)
    };
    let people = plan(&run.plan)
        .map(|plan| plan.people.as_slice())
        .unwrap_or_default();
    let wanted = people.iter().filter(|people| !here(&people.role));
    let sent = wanted
        .flat_map(|people| {
            (0..people.count).map(|_| Dispatch::new(&people.role, to.clone(), within))
        })
        .collect();
    let beside = state.beside.entry(alarm.id.clone()).or_default();
    beside.run = Some(run);
    beside.sent = sent;
    state.send(now);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alarms::{Change, Changed, ward_rules};
    use serde_json::json;

    use super::*;
    use crate::ward::{Places, Ward, places::duties};

    const CHANGE_AT: Timestamp = Timestamp(1_790_000_000_000);

    fn at(seconds: i64) -> Timestamp {
        Timestamp(CHANGE_AT.0 + seconds * 1000)
    }

    fn shift(who: &str, role: &str, from: Timestamp, until: Timestamp) -> serde_json::Value {
        json!({
            "resourceType": "PractitionerRole",
            "practitioner": {"reference": format!("Practitioner/{who}")},
            "code": [{"coding": [{"system": "urn:yuanyi:duty", "code": role}]}],
            "location": [{"reference": "Location/ward"}],
            "period": {"start": from, "end": until},
        })
    }

    /// An alarm at a bed whose nurses hand over, and on whose ward nobody has any duty two hours later.
    fn handed_over() -> State {
        let bed = Bed {
            id: "bed".to_owned(),
            name: "Bed".to_owned(),
            ward: "ward".to_owned(),
            room: None,
            patient: None,
        };
        let names = BTreeMap::new();
        let shifts = [
            shift("by-day", "bed-nurse", at(-3600), at(-1)),
            shift("by-night", "bed-nurse", CHANGE_AT, at(7200)),
        ];
        let places = Places {
            wards: BTreeMap::from([("ward".to_owned(), "Ward".to_owned())]),
            beds: BTreeMap::from([(bed.id.clone(), bed)]),
            duties: shifts
                .iter()
                .flat_map(|role| duties(role, &names))
                .collect(),
            ..Places::default()
        };
        let mut state = Ward::default().state.into_inner();
        state.settle(places, at(-60));
        let began = Change {
            at: at(-30),
            rule: "bed-left".to_owned(),
            changed: Changed::Began { read: vec![] },
        };
        let rules = ward_rules();
        state.board.apply("bed", None, &began, &rules, at(-30));
        state
    }

    #[test]
    fn the_clock_alone_hands_an_alarm_to_the_next_shift() {
        let state = handed_over();
        let alarm = state.board.open().into_iter().next().unwrap();
        let called = |now| {
            let called = called(&state, alarm, now).into_iter();
            called.map(|who| who.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(called(at(-5)), ["by-day"]);
        assert_eq!(called(CHANGE_AT), ["by-night"]);
        assert!(called(at(7201)).is_empty());
        // The same for those who can be sent, and for whose screens show it.
        let bed = &state.places.beds["bed"];
        let sent = |now| {
            candidates(&state, bed, now)
                .first()
                .map(|one| one.id.clone())
        };
        assert_eq!(sent(at(-5)).as_deref(), Some("by-day"));
        assert_eq!(sent(at(5)).as_deref(), Some("by-night"));
        assert_eq!(state.places.staff_of("ward", at(5)).len(), 1);
    }

    #[test]
    fn a_shift_may_be_said_in_days_and_one_that_cannot_be_read_is_none() {
        let mut role = shift("nurse", "bed-nurse", CHANGE_AT, CHANGE_AT);
        role["period"] = json!({"start": "2026-09-21", "end": "2026-09-21"});
        let names = BTreeMap::new();
        let holds = |role: &serde_json::Value, moment: &str| {
            let now = moment.parse().unwrap();
            duties(role, &names).iter().any(|duty| duty.holds(now))
        };
        assert!(holds(&role, "2026-09-21T23:59:59Z"));
        assert!(!holds(&role, "2026-09-22T00:00:00Z"));
        role["period"]["end"] = json!("some day");
        assert!(!holds(&role, "2026-09-21T12:00:00Z"));
        role["period"] = json!(null);
        assert!(holds(&role, "2026-09-22T00:00:00Z"));
    }
}
