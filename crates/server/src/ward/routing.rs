//! Who hears of an alarm, and who can be sent.

use alarms::{Alarm, Candidate, Dispatch, Place, PlanRun, escalation, plan};
use policy::Role;
use vocabulary::{ActorId, Timestamp};

use super::{Bed, Kept, State};
use crate::hospital::Hospital;

/// Whom an alarm calls now: those on duty for the level of its escalation. Where nobody has that duty, those of
/// the next level are called at once; where nobody has any duty, everybody on the ward.
pub fn called(state: &State, alarm: &Alarm) -> Vec<ActorId> {
    let Some(bed) = state.places.beds.get(&alarm.bed) else {
        return Vec::new();
    };
    let mut called: Vec<ActorId> = Vec::new();
    let levels = &escalation().of(alarm.priority).levels;
    for (number, level) in levels.iter().enumerate() {
        let before = called.len();
        for duty in state.places.on_duty(&level.to, bed) {
            if !called.contains(&duty.account) {
                called.push(duty.account.clone());
            }
        }
        if number >= alarm.level && called.len() > before {
            break;
        }
    }
    if called.is_empty() {
        called = staff(state, bed);
    }
    called
}

fn staff(state: &State, bed: &Bed) -> Vec<ActorId> {
    let mut staff: Vec<ActorId> = Vec::new();
    for duty in state.places.staff_of(&bed.ward) {
        if !staff.contains(&duty.account) {
            staff.push(duty.account.clone());
        }
    }
    staff
}

/// Whose screens show the alarm: all staff of its ward, and whoever was sent.
pub fn concerned(state: &State, kept: &Kept) -> Vec<ActorId> {
    let Some(bed) = state.places.beds.get(&kept.alarm.bed) else {
        return Vec::new();
    };
    let mut people = staff(state, bed);
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
pub fn candidates(state: &State, bed: &Bed) -> Vec<Candidate> {
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
    let staff = state.places.staff_of(&bed.ward).into_iter();
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
        let duties = state.places.on_duty(role, bed);
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
