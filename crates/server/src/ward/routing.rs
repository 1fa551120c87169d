//! Who hears of an alarm, and who can be sent.

use std::collections::BTreeSet;

use alarms::{Alarm, AlarmId, Candidate, Dispatch, Level, Place, PlanRun, escalation, plan};
use policy::Role;
use serde::Serialize;
use vocabulary::{ActorId, Timestamp};

use super::{Bed, Kept, Places, State, tags::Position};
use crate::hospital::Hospital;

/// Whom an alarm calls now: those on duty for the level of its escalation. Where nobody has that duty, those of
/// the next level are called at once; where nobody has any duty, everybody on the ward.
pub fn called(state: &State, alarm: &Alarm, now: Timestamp) -> Vec<ActorId> {
    let Some(bed) = state.places.about(&alarm.bed) else {
        return Vec::new();
    };
    let mut called: Vec<ActorId> = Vec::new();
    let levels = &escalation().of(alarm.priority).levels;
    for (number, level) in levels.iter().enumerate() {
        let before = called.len();
        for duty in state.places.on_duty(&level.to, &bed, now) {
            if !called.contains(&duty.account) {
                called.push(duty.account.clone());
            }
        }
        if number >= alarm.level && called.len() > before {
            break;
        }
    }
    if called.is_empty() {
        called = staff(state, &bed, now);
    }
    called
}

/// Who is on duty in other wards for the last level of an alarm's escalation that anybody is on duty for: whom an alarm
/// of a ward without staff calls.
pub fn on_duty_elsewhere(state: &State, alarm: &Alarm, now: Timestamp) -> Vec<ActorId> {
    let levels = &escalation().of(alarm.priority).levels;
    let of_level = |level: &Level| {
        let duties = state.places.duties.iter();
        let its = duties.filter(|duty| duty.role == level.to && duty.holds(now));
        its.map(|duty| duty.account.clone())
            .collect::<BTreeSet<_>>()
    };
    let mut last_first = levels.iter().rev().map(of_level);
    let found = last_first.find(|people| !people.is_empty());
    found.unwrap_or_default().into_iter().collect()
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
    let Some(bed) = state.places.about(&kept.alarm.bed) else {
        return Vec::new();
    };
    let mut people = staff(state, &bed, now);
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

/// Everybody on duty at a bed, each once for each of their roles, and all equipment of the hospital by its kind.
/// Who answers for another alarm, or comes to another bed already, is not free; nor is a thing that was sent
/// elsewhere. `here` is the alarm or mission that is sent for.
pub fn candidates(state: &State, bed: &Bed, here: &str, now: Timestamp) -> Vec<Candidate> {
    let staff = state.places.staff_of(&bed.ward, now).into_iter();
    let people = staff.map(|duty| {
        let tagged = state.position_of(&format!("Practitioner/{}", duty.account), now);
        Candidate {
            id: duty.account.to_string(),
            role: duty.role.clone(),
            seen_at: tagged.as_ref().map(|tagged| tagged.at),
            place: place_with(state, where_is(state, duty), tagged),
            free: is_free(state, duty.account.as_str(), here, Some(&bed.id)),
        }
    });
    people
        .chain(equipment(state, here, Some(&bed.id), now))
        .collect()
}

/// The equipment of the hospital: what is of a kind that some plan needs.
pub fn equipment(state: &State, here: &str, bed: Option<&str>, now: Timestamp) -> Vec<Candidate> {
    let kinds = equipment_kinds();
    let all = state.places.devices.values();
    let wanted = all.filter_map(|device| {
        let kind = device.kind.clone().filter(|kind| kinds.contains(kind))?;
        Some((device, kind))
    });
    wanted
        .map(|(device, kind)| {
            let tagged = state.position_of(&format!("Device/{}", device.id), now);
            let stands = stands_at(state, device.place.as_deref());
            Candidate {
                id: device.id.clone(),
                role: kind,
                seen_at: tagged.as_ref().map(|tagged| tagged.at),
                place: place_with(state, stands, tagged),
                free: is_free(state, &device.id, here, bed),
            }
        })
        .collect()
}

/// The kinds of equipment that plans need.
pub fn equipment_kinds() -> Vec<String> {
    let all = alarms::plans().iter().flat_map(|plan| &plan.equipment);
    all.map(|one| one.id.clone()).collect()
}

/// Which of the candidates are things: nobody asks these whether they come.
fn things(candidates: &[Candidate]) -> Vec<String> {
    let kinds = equipment_kinds();
    let things = candidates.iter().filter(|one| kinds.contains(&one.role));
    things.map(|one| one.id.clone()).collect()
}

/// Lets all go on that are sent for one plan or errand. Whoever is asked for one of them, or comes for it, is not asked
/// for another. A thing that was chosen is kept at once. `among` gives the duties among which somebody is looked for.
/// Whether something happened is said.
pub fn ask(
    sent: &mut [Dispatch],
    all: &[Candidate],
    now: Timestamp,
    among: impl Fn(&str) -> Vec<String>,
) -> bool {
    let things = things(all);
    let before = sent.to_vec();
    for at in 0..sent.len() {
        let others = sent.iter().enumerate().filter(|(other, _)| *other != at);
        let taken: Vec<&str> = others
            .flat_map(|(_, dispatch)| &dispatch.offers)
            .filter(|offer| offer.state.holds())
            .map(|offer| offer.to.as_str())
            .collect();
        let free = all.iter().filter(|one| !taken.contains(&one.id.as_str()));
        let free: Vec<Candidate> = free.cloned().collect();
        let Some(dispatch) = sent.get_mut(at) else {
            continue;
        };
        let roles = among(&dispatch.role);
        if dispatch.tick_among(&roles, &free, now) {
            let chosen = dispatch.offers.last().map(|offer| offer.to.clone());
            if let Some(thing) = chosen.filter(|to| things.contains(to)) {
                dispatch.answer(&thing, true);
            }
        }
    }
    *sent != *before
}

/// Only those of the duty that is wanted.
pub fn only(role: &str) -> Vec<String> {
    vec![role.to_owned()]
}

/// Why somebody or something cannot be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Answers for an alarm.
    Alarm,
    /// Was sent for an alarm or an errand.
    Errand,
    /// Measures or treats another patient.
    Patient,
    /// Says of itself that it is broken.
    Fault,
    /// Is out of service.
    Retired,
}

/// What keeps somebody or something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Keeps {
    pub why: Why,
    /// What the bed is called that it is about.
    pub place: Option<String>,
}

/// What keeps somebody or something from a bed: what they do there already does not.
pub fn keeps(state: &State, id: &str, here: &str, bed: Option<&str>) -> Option<Keeps> {
    let keeps = |why, place: Option<&str>| {
        let about = |id| state.places.about(id).or_else(|| state.places.goal(id));
        let place = place.and_then(about).map(|place| place.name);
        Some(Keeps { why, place })
    };
    if let Some(device) = state.places.devices.get(id) {
        let lies = bed.and_then(|bed| state.places.beds.get(bed)?.patient.as_ref());
        if !device.active {
            return keeps(Why::Retired, None);
        }
        if state.faulty.contains(id) {
            return keeps(Why::Fault, None);
        }
        if device.patient.is_some() && device.patient.as_ref() != lies.map(|lying| &lying.id) {
            return keeps(Why::Patient, None);
        }
    }
    let open = state.board.open();
    let others = || open.iter().filter(|alarm| Some(alarm.bed.as_str()) != bed);
    let is_taken = |alarm: &&&Alarm| alarm.taken.as_ref().is_some_and(|taken| taken.by == id);
    if let Some(alarm) = others().find(is_taken) {
        return keeps(Why::Alarm, Some(&alarm.bed));
    }
    if let Some(alarm) = others().find(|alarm| comes(state, alarm, id)) {
        return keeps(Why::Errand, Some(&alarm.bed));
    }
    let is_sent = |mission: &&super::missions::Mission| {
        mission.id != here
            && mission.ended.is_none()
            && !mission.is_drill()
            && is_among(&mission.sent, id)
    };
    let mission = state.missions.values().find(is_sent)?;
    keeps(Why::Errand, Some(&mission.bed))
}

/// Whether nothing keeps somebody or something from a bed.
pub fn is_free(state: &State, id: &str, here: &str, bed: Option<&str>) -> bool {
    keeps(state, id, here, bed).is_none()
}

fn is_among(sent: &[Dispatch], id: &str) -> bool {
    let mut accepted = sent.iter().filter_map(Dispatch::accepted);
    accepted.any(|offer| offer.to == id)
}

/// An exercise keeps nobody from what is true.
fn comes(state: &State, alarm: &Alarm, id: &str) -> bool {
    let beside = state.beside.get(&alarm.id);
    beside.is_some_and(|beside| {
        !beside.run.as_ref().is_some_and(|run| run.drill) && is_among(&beside.sent, id)
    })
}

/// What a tag says goes before what a duty or a list says.
fn place_with(state: &State, listed: Place, tagged: Option<Position>) -> Place {
    let Some(tagged) = tagged else { return listed };
    let said = tagged.place.as_ref();
    Place {
        room: state.places.room_at(&tagged),
        ward: said.map_or(listed.ward, |place| state.places.ward_of(place)),
        floor_m: tagged.floor_m,
    }
}

fn stands_at(state: &State, place: Option<&str>) -> Place {
    let Some(place) = place else {
        return Place::default();
    };
    if let Some(bed) = state.places.beds.get(place) {
        return place_of(state, bed);
    }
    let is_ward = state.places.wards.contains_key(place);
    let in_room = state
        .places
        .beds
        .values()
        .find(|bed| bed.room.as_deref() == Some(place));
    Place {
        ward: is_ward
            .then(|| place.to_owned())
            .or_else(|| in_room.map(|bed| bed.ward.clone())),
        room: (!is_ward).then(|| place.to_owned()),
        floor_m: state.places.middle(place),
    }
}

/// Where a bed is.
pub fn place_of(state: &State, bed: &Bed) -> Place {
    let room = bed.room.as_deref();
    Place {
        ward: Some(bed.ward.clone()),
        room: bed.room.clone(),
        floor_m: (state.places.middle(&bed.id)).or_else(|| state.places.middle(room?)),
    }
}

/// The room of one's beds, where these are all in one; else the ward that one's duty is for.
pub fn where_is(state: &State, duty: &super::places::Duty) -> Place {
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
        // Where nobody measures it, a duty is no point on the floor.
        floor_m: None,
    }
}

/// Whether who took an alarm was on duty on its ward then, by what is known or was known before, and is no more. Whoever
/// has its bed is on duty also when the record no longer says where that is.
fn went_off(state: &State, before: Option<&Places>, alarm: &Alarm, now: Timestamp) -> bool {
    let (Some(taken), Some(about)) = (&alarm.taken, state.places.about(&alarm.bed)) else {
        return false;
    };
    let is_on = |places: &Places, at: Timestamp| {
        let mut theirs = places.duties.iter().filter(|duty| {
            let is_here = duty.places.contains(&alarm.bed) || places.is_of(duty, &about.ward);
            is_here && duty.holds(at)
        });
        theirs.any(|duty| duty.account.as_str() == taken.by)
    };
    is_on(before.unwrap_or(&state.places), taken.at) && !is_on(&state.places, now)
}

/// What somebody holds calls again when they go off duty, by their own word, by the clock, or since the record gives them
/// their duty no more: then `before` is what was known until now.
pub fn let_go(state: &mut State, before: Option<&Places>, now: Timestamp) {
    let open = state.board.open().into_iter();
    let left = open.filter(|alarm| went_off(state, before, alarm, now));
    let left: Vec<AlarmId> = left.map(|alarm| alarm.id.clone()).collect();
    for id in left {
        if state.board.let_go(&id, now) {
            state.unkept.insert(id);
        }
    }
}

/// Starts a plan: whom it needs is asked, the nearest first. Who started it need not be asked.
pub fn start(state: &mut State, alarm: &Alarm, run: PlanRun, now: Timestamp) {
    let Some(bed) = state.places.about(&alarm.bed) else {
        return;
    };
    let mut to = place_of(state, &bed);
    if let Some(tagged) = state.position_of(&bed.id, now) {
        to = place_with(state, to, Some(tagged));
    }
    let within = escalation().of(alarm.priority).accept_within_s;
    let here = |role: &str| {
        let duties = state.places.on_duty(role, &bed, now);
        duties
            .iter()
            .any(|duty| duty.account.as_str() == run.started_by)
    };
    let plan = plan(&run.plan);
    let people = plan.map(|plan| plan.people.as_slice()).unwrap_or_default();
    let things = plan
        .map(|plan| plan.equipment.as_slice())
        .unwrap_or_default();
    let wanted = people.iter().filter(|people| !here(&people.role));
    let wanted = wanted
        .flat_map(|people| std::iter::repeat_n(&people.role, usize::from(people.count)))
        .chain(things.iter().map(|thing| &thing.id));
    let sent = wanted
        .map(|role| Dispatch::new(role, to.clone(), within))
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
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::ward::places::duties;

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
        let names = BTreeMap::new();
        let shifts = [
            shift("by-day", "bed-nurse", at(-3600), at(-1)),
            shift("by-night", "bed-nurse", CHANGE_AT, at(7200)),
        ];
        let shifts = shifts
            .iter()
            .flat_map(|role| duties(role, &names, &TimeZone::UTC));
        let mut state = State::one_bed(at(-60), |places| places.duties.extend(shifts));
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
            candidates(&state, bed, &alarm.id, now)
                .first()
                .map(|one| one.id.clone())
        };
        assert_eq!(sent(at(-5)).as_deref(), Some("by-day"));
        assert_eq!(sent(at(5)).as_deref(), Some("by-night"));
        assert_eq!(state.places.staff_of("ward", at(5)).len(), 1);
    }

    #[test]
    fn an_alarm_is_heard_by_whom_it_calls_and_by_all_where_nobody_is_on_duty() {
        let mut state = handed_over();
        let priority = state.board.open().first().unwrap().priority;
        let heard = |state: &State, who: &str, now| {
            let who = ActorId::new(who).unwrap();
            crate::ward::sounding(state, &who, now)
        };
        let its = &escalation().of(priority).signalling;
        assert_eq!(heard(&state, "by-night", at(5)).as_ref(), Some(its));
        assert_eq!(heard(&state, "by-day", at(5)), None);
        // Nobody is on duty two hours later.
        assert_eq!(heard(&state, "by-day", at(7201)).as_ref(), Some(its));
        let alarm = state.board.open().first().unwrap().id.clone();
        state
            .board
            .act(&alarm, alarms::Act::Take, "by-night", at(6))
            .unwrap();
        assert_eq!(heard(&state, "by-night", at(7)), None);
    }

    #[test]
    fn one_person_is_asked_for_one_place_of_a_plan_though_they_have_both_its_roles() {
        let somebody = |id: &str, role: &str| Candidate {
            id: id.to_owned(),
            role: role.to_owned(),
            place: Place::default(),
            seen_at: None,
            free: true,
        };
        let all = [
            somebody("wang", "bed-nurse"),
            somebody("wang", "ward-nurse"),
            somebody("zhou", "ward-nurse"),
        ];
        let new = |role: &str| Dispatch::new(role, Place::default(), 60);
        let mut sent = [new("bed-nurse"), new("ward-nurse")];
        assert!(ask(&mut sent, &all, at(0), only));
        let asked = |sent: &[Dispatch]| -> Vec<Vec<String>> {
            let of = |one: &Dispatch| one.offers.iter().map(|offer| offer.to.clone()).collect();
            sent.iter().map(of).collect()
        };
        assert_eq!(asked(&sent), [["wang"], ["zhou"]]);
        // Who does not come for the one may be asked for the other.
        assert!(sent[0].answer("wang", false) && sent[1].answer("zhou", false));
        ask(&mut sent, &all, at(1), only);
        assert_eq!(asked(&sent), [vec!["wang"], vec!["zhou", "wang"]]);
    }

    #[test]
    fn what_somebody_holds_calls_the_next_shift_when_theirs_ends() {
        let mut state = handed_over();
        let alarm = state.board.open()[0].id.clone();
        let take = |state: &mut State, who, now| {
            let act = alarms::Act::Take;
            state.board.act(&alarm, act, who, now).unwrap();
        };
        take(&mut state, "by-day", at(-5));
        let_go(&mut state, None, at(-2));
        assert!(state.board.alarm(&alarm).unwrap().taken.is_some());
        let_go(&mut state, None, CHANGE_AT);
        assert!(state.board.alarm(&alarm).unwrap().calls(CHANGE_AT));
        assert!(state.unkept.contains(&alarm));
        // Who has no duty on the ward answers for what they took as long as anybody may.
        take(&mut state, "from-elsewhere", at(5));
        let_go(&mut state, None, at(6));
        assert!(state.board.alarm(&alarm).unwrap().taken.is_some());
    }

    #[test]
    fn what_somebody_holds_calls_again_when_the_record_gives_them_their_duty_no_more() {
        let names = BTreeMap::new();
        let role = shift("by-night", "bed-nurse", CHANGE_AT, at(7200));
        let with = |field: &str, value: serde_json::Value| {
            let mut role = role.clone();
            role[field] = value;
            Some(role)
        };
        let elsewhere = json!([{"reference": "Location/other"}]);
        for (role, is_left) in [
            (Some(role.clone()), false),
            (with("active", json!(false)), true),
            (with("location", elsewhere), true),
            (with("period", json!({"start": at(5), "end": at(6)})), true),
            (None, true),
        ] {
            let mut state = handed_over();
            let alarm = state.board.open()[0].id.clone();
            let take = alarms::Act::Take;
            state.board.act(&alarm, take, "by-night", at(5)).unwrap();
            let mut places = state.places.clone();
            let given = role.iter();
            let given = given.flat_map(|role| duties(role, &names, &TimeZone::UTC));
            places.duties = given.collect();
            state.settle(places, at(7));
            let calls = state.board.alarm(&alarm).unwrap().calls(at(7));
            let is_unkept = state.unkept.contains(&alarm);
            assert_eq!([calls, is_unkept], [is_left; 2], "{role:?}");
        }
    }

    #[test]
    fn what_the_nurse_of_a_bed_holds_stays_theirs_though_the_record_has_that_bed_no_more() {
        let mut role = shift("by-night", "bed-nurse", CHANGE_AT, at(7200));
        role["location"] = json!([{"reference": "Location/bed"}]);
        let given = duties(&role, &BTreeMap::new(), &TimeZone::UTC);
        let mut state = State::one_bed(at(-60), |places| places.duties.extend(given));
        let began = Change {
            at: at(1),
            rule: "no-heart-beat".to_owned(),
            changed: Changed::Began { read: vec![] },
        };
        let alarm = state.board.apply("bed", None, &began, &ward_rules(), at(1));
        let alarm = alarm.unwrap();
        let take = alarms::Act::Take;
        state.board.act(&alarm, take, "by-night", at(5)).unwrap();
        let mut places = state.places.clone();
        places.beds.clear();
        state.settle(places, at(6));
        let held = state.board.alarm(&alarm).unwrap();
        assert!(matches!(held.presence, alarms::Presence::Gone { .. }) && held.latching);
        assert_eq!(held.taken.as_ref().unwrap().by, "by-night");
    }

    #[test]
    fn an_alarm_outlives_its_bed_where_people_look_and_is_called_out() {
        let mut state = handed_over();
        let wards = state.places.wards.clone();
        let places = |wards| Places {
            wards,
            duties: state.places.duties.clone(),
            ..Places::default()
        };
        let (same, renamed) = (
            places(wards),
            places(BTreeMap::from([("other".to_owned(), "Other".to_owned())])),
        );
        state.settle(same, at(1));
        let alarm = state.board.open()[0];
        assert!(matches!(alarm.presence, alarms::Presence::Gone { .. }));
        let about = state.places.about("bed").unwrap();
        assert_eq!((about.name.as_str(), about.ward.as_str()), ("Bed", "ward"));
        assert!(!called(&state, alarm, at(1)).is_empty());
        // With its ward it stands in another one, also when nobody knows any more what it was about.
        state.settle(renamed.clone(), at(2));
        assert_eq!(state.places.about("bed").unwrap().ward, "other");
        state.places = Places::default();
        state.settle(renamed, at(3));
        let about = state.places.about("bed").unwrap();
        assert_eq!((about.name.as_str(), about.ward.as_str()), ("bed", "other"));
    }

    #[test]
    fn who_has_no_page_open_is_called_by_the_same_and_nobody_by_what_is_taken() {
        let mut state = handed_over();
        let alarm = state.board.open()[0].id.clone();
        let calling = |state: &State, now| {
            let all = crate::ward::calling(state, now, &[]).into_iter();
            all.map(|one| (one.to.to_string(), one.id()))
                .collect::<Vec<_>>()
        };
        let before = calling(&state, at(-5));
        assert_eq!(before, calling(&state, at(-4)), "it is the same call");
        let after = calling(&state, CHANGE_AT);
        assert_eq!(
            (before[0].0.as_str(), after[0].0.as_str()),
            ("by-day", "by-night")
        );
        assert_ne!(before[0].1, after[0].1);
        let act = |state: &mut State, act, now| {
            state.board.act(&alarm, act, "by-night", now).unwrap();
        };
        act(&mut state, alarms::Act::Take, at(1));
        assert!(calling(&state, at(1)).is_empty());
        act(&mut state, alarms::Act::GiveBack, at(2));
        assert_ne!(calling(&state, at(2)), after, "it calls anew");
    }

    #[test]
    fn what_somebody_took_calls_them_again_when_it_was_over_and_comes_back() {
        let mut state = handed_over();
        let rules = ward_rules();
        let heart = |state: &mut State, changed, now| {
            let change = Change {
                at: now,
                rule: "no-heart-beat".to_owned(),
                changed,
            };
            let touched = state.board.apply("bed", None, &change, &rules, now);
            touched.unwrap()
        };
        let take = |state: &mut State, id: &str, now| {
            let act = alarms::Act::Take;
            state.board.act(id, act, "by-night", now).unwrap();
        };
        let calling = |state: &State, now| {
            let all = crate::ward::calling(state, now, &[]).into_iter();
            all.map(|one| (one.to.to_string(), one.id()))
                .collect::<Vec<_>>()
        };
        let other = state.board.open()[0].id.clone();
        take(&mut state, &other, at(1));
        let began = || Changed::Began { read: vec![] };
        let id = heart(&mut state, began(), at(2));
        let first = calling(&state, at(2));
        take(&mut state, &id, at(5));
        heart(&mut state, Changed::Ended, at(20));
        heart(&mut state, began(), at(25));
        assert!(calling(&state, at(25)).is_empty(), "it flickers");
        heart(&mut state, Changed::Ended, at(30));
        assert_eq!(heart(&mut state, began(), at(330)), id);
        let again = calling(&state, at(330));
        assert_eq!((again.len(), again[0].0.as_str()), (1, "by-night"));
        assert_ne!(again, first, "it is another call");
        let who = ActorId::new("by-night").unwrap();
        let heard = crate::ward::sounding(&state, &who, at(330));
        assert_eq!(heard.as_ref(), Some(&escalation().high.signalling));
    }

    #[test]
    fn where_nobody_is_on_duty_an_alarm_calls_whom_the_hospital_named_for_it() {
        let mut state = handed_over();
        let late = at(7201);
        let called = |state: &State, named: &[ActorId]| {
            let all = crate::ward::calling(state, late, named).into_iter();
            all.map(|one| one.to.to_string()).collect::<Vec<_>>()
        };
        assert!(called(&state, &[]).is_empty());
        let named = ActorId::new("manager-on-duty").unwrap();
        assert_eq!(
            called(&state, std::slice::from_ref(&named)),
            ["manager-on-duty"]
        );
        // Who has the last step of the escalation elsewhere now is called where nobody is named.
        let names = BTreeMap::new();
        for (who, role) in [
            ("their-nurse", "bed-nurse"),
            ("their-charge", "charge-nurse"),
        ] {
            let mut theirs = shift(who, role, CHANGE_AT, at(9000));
            theirs["location"] = json!([{"reference": "Location/other"}]);
            let theirs = duties(&theirs, &names, &TimeZone::UTC);
            state.places.duties.extend(theirs);
        }
        assert_eq!(called(&state, &[]), ["their-charge"]);
        assert_eq!(
            called(&state, std::slice::from_ref(&named)),
            ["manager-on-duty"]
        );
        // Somebody on the ward goes before both.
        let here = shift("here", "bed-nurse", CHANGE_AT, at(9000));
        let here = duties(&here, &names, &TimeZone::UTC);
        state.places.duties.extend(here);
        assert_eq!(called(&state, &[named]), ["here"]);
    }

    #[test]
    fn a_shift_may_be_said_in_days_of_the_hospital_and_one_that_cannot_be_read_is_none() {
        let mut role = shift("nurse", "bed-nurse", CHANGE_AT, CHANGE_AT);
        role["period"] = json!({"start": "2026-09-21", "end": "2026-09-21"});
        let names = BTreeMap::new();
        let china = TimeZone::fixed(jiff::tz::offset(8));
        let holds = |role: &serde_json::Value, moment: &str| {
            let now = moment.parse().unwrap();
            let duties = duties(role, &names, &china);
            duties.iter().any(|duty| duty.holds(now))
        };
        assert!(!holds(&role, "2026-09-20T15:59:59Z"));
        assert!(holds(&role, "2026-09-20T16:00:00Z"));
        assert!(holds(&role, "2026-09-21T15:59:59Z"));
        assert!(!holds(&role, "2026-09-21T16:00:00Z"));
        role["period"]["end"] = json!("some day");
        assert!(!holds(&role, "2026-09-21T12:00:00Z"));
        role["period"] = json!(null);
        assert!(holds(&role, "2026-09-22T00:00:00Z"));
    }
}
