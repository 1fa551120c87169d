//! Who and what is where, what they do, and what was sent for: for the plan of the ward and for dispatch.

use std::collections::{BTreeMap, BTreeSet};

use alarms::{PlanRun, Priority};
use policy::Permit;
use record::{RecordError, SeriesQuery, SpanQuery};
use serde::Serialize;
use serde_json::{Value, json};
use vocabulary::{DeviceId, PatientId, Text, Timestamp};

use super::{
    Mission, State,
    contacts::{carried_then, carriers},
    kept, missions,
    routing::{self, Keeps},
    tags::{self, Position},
    view::{self, OldView},
};
use crate::hospital::Hospital;

/// The most points of a trace.
const TRACE: usize = 5_000;

/// Somebody or something on the plan.
#[derive(Serialize)]
pub struct Placed {
    id: String,
    name: String,
    /// The duty, or the kind of thing.
    role: String,
    /// The room, as a tag or a list has it.
    room: Option<String>,
    /// By its tag, or as it says itself.
    position: Option<Position>,
    /// The tag that says so, where the caller may see its trace.
    tag: Option<String>,
    free: bool,
    /// What keeps it, where it is not free.
    keeps: Option<Keeps>,
    /// Whether the tag is outside of the ward's outline.
    outside: bool,
    /// The most urgent open alarm about a thing; a patient's is their bed's.
    alarm: Option<Priority>,
}

/// A bed, a room or the ward on the plan.
#[derive(Serialize)]
pub struct Drawn {
    id: String,
    name: String,
    kind: &'static str,
    /// An outline in metres, or one point.
    floor_m: Option<Vec<[f64; 2]>>,
    /// The most urgent open alarm of a bed.
    alarm: Option<Priority>,
}

/// A mission as it is shown.
#[derive(Serialize)]
pub struct MissionView {
    #[serde(flatten)]
    mission: Mission,
    bed_name: String,
    /// Whether the caller is asked to come.
    asked: bool,
    /// Whether the caller is on the way.
    comes: bool,
    /// Whether nobody comes for some of it, though the time to answer is over.
    late: bool,
    /// Steps of the exercised plan that should be done by now.
    overdue: Vec<String>,
}

/// The ward for those who send.
#[derive(Serialize)]
pub struct Command {
    now: Timestamp,
    id: String,
    name: String,
    /// Of which edges what is shown is old.
    old: Vec<OldView>,
    drawn: Vec<Drawn>,
    /// Where of the ward besides beds somebody can be sent, with what people call it.
    places: BTreeMap<String, String>,
    people: Vec<Placed>,
    equipment: Vec<Placed>,
    /// Patients with a tag whom the caller may see.
    patients: Vec<Placed>,
    missions: Vec<MissionView>,
    /// The duties and the kinds of things that can be sent for, and what the hospital calls duties of its own.
    roles: Vec<String>,
    role_names: BTreeMap<String, String>,
    kinds: BTreeMap<String, Text>,
    /// What people and things that were sent are called.
    names: BTreeMap<String, String>,
}

/// The ward as somebody who sends, `me`, may see it: people on duty there, things, and those patients whom the permit
/// covers. Where people are who are not on duty is nobody's business.
pub fn command(
    state: &State,
    ward: &str,
    me: &str,
    permit: Option<&Permit>,
    now: Timestamp,
) -> Option<Command> {
    let name = state.places.wards.get(ward)?.clone();
    let kinds = alarms::plans().iter().flat_map(|plan| &plan.equipment);
    let kinds: BTreeMap<_, _> = kinds
        .map(|one| (one.id.clone(), one.label.clone()))
        .collect();
    let mut names: BTreeMap<String, String> = state
        .places
        .devices
        .values()
        .map(|device| (device.id.clone(), device.name.clone()))
        .collect();
    let duties = state.places.duties.iter();
    names.extend(duties.map(|duty| (duty.account.to_string(), duty.name.clone())));
    let open = state
        .missions
        .values()
        .filter(|one| one.ward == ward && one.ended.is_none());
    Some(Command {
        now,
        id: ward.to_owned(),
        name,
        old: view::old(state, ward),
        drawn: drawn(state, ward),
        places: places(state, ward),
        people: people(state, ward, me, now),
        equipment: equipment(state, ward, permit, now),
        patients: patients(state, ward, permit, now),
        missions: open.map(|one| mission_view(state, one, me, now)).collect(),
        roles: roles(state),
        role_names: role_names(state),
        kinds,
        names,
    })
}

/// The duties that alarms call, in the order in which they do.
pub fn duties_called() -> Vec<String> {
    let called = alarms::escalation();
    let levels = [&called.high, &called.medium, &called.low];
    let mut duties: Vec<String> = Vec::new();
    for level in levels.into_iter().flat_map(|rules| &rules.levels) {
        if !duties.contains(&level.to) {
            duties.push(level.to.clone());
        }
    }
    duties
}

/// Who can be sent for: whom alarms call, and what duties there are besides.
fn roles(state: &State) -> Vec<String> {
    let mut roles = duties_called();
    let duties: BTreeSet<&String> = state.places.duties.iter().map(|duty| &duty.role).collect();
    for role in duties {
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    roles
}

fn role_names(state: &State) -> BTreeMap<String, String> {
    let named = state.places.duties.iter();
    let named = named.filter_map(|duty| Some((duty.role.clone(), duty.title.clone()?)));
    named.collect()
}

impl Command {
    /// As who runs the hospital may see it: rooms, alarms, things, duties and what is under way; of nobody who it is
    /// and where they are.
    pub fn nameless(mut self) -> Self {
        let things: BTreeSet<String> = self.equipment.iter().map(|one| one.id.clone()).collect();
        let is_thing = |id: &String| things.contains(id);
        self.names.retain(|id, _| is_thing(id));
        self.patients.clear();
        for one in &mut self.equipment {
            one.tag = None;
        }
        for one in &mut self.people {
            one.id.clear();
            one.name.clear();
            (one.room, one.position, one.tag, one.outside) = (None, None, None, false);
            // Where somebody was sent is where they are.
            if let Some(keeps) = &mut one.keeps {
                keeps.place = None;
            }
        }
        for MissionView { mission, .. } in &mut self.missions {
            mission.by.clear();
            let offers = mission.sent.iter_mut();
            let offers = offers.flat_map(|dispatch| &mut dispatch.offers);
            for offer in offers.filter(|offer| !is_thing(&offer.to)) {
                offer.to.clear();
                offer.why = Text::new("", "");
            }
            if let Some(run) = &mut mission.run {
                run.started_by.clear();
                run.done.iter_mut().for_each(|step| step.by.clear());
            }
        }
        self
    }
}

fn places(state: &State, ward: &str) -> BTreeMap<String, String> {
    let names = state.places.names.keys();
    let others = names.filter(|id| !state.places.beds.contains_key(*id));
    let goals = others.filter_map(|id| state.places.goal(id));
    let here = goals.filter(|goal| goal.ward == ward);
    here.map(|goal| (goal.id, goal.name)).collect()
}

fn drawn(state: &State, ward: &str) -> Vec<Drawn> {
    let places = &state.places;
    let floor = |id: &String| places.floor.get(id).cloned();
    let beds: Vec<_> = places
        .beds
        .values()
        .filter(|bed| bed.ward == ward)
        .collect();
    let has_bed = |room: &String| beds.iter().any(|bed| bed.room.as_ref() == Some(room));
    let rooms = places.rooms.iter().filter(|(id, _)| has_bed(id));
    let ward_itself = places.wards.get_key_value(ward);
    let open = state.board.open();
    let drawn = |id: &String, name: &String, kind, alarm| Drawn {
        id: id.clone(),
        name: name.clone(),
        kind,
        floor_m: floor(id),
        alarm,
    };
    // Open alarms come with the most urgent first.
    let alarm = |bed: &str| {
        let of_bed = open.iter().find(|alarm| alarm.bed == bed);
        of_bed.map(|alarm| alarm.priority)
    };
    ward_itself
        .map(|(id, name)| drawn(id, name, "ward", None))
        .into_iter()
        .chain(rooms.map(|(id, name)| drawn(id, name, "room", None)))
        .chain(
            beds.iter()
                .map(|bed| drawn(&bed.id, &bed.name, "bed", alarm(&bed.id))),
        )
        .collect()
}

fn room_name(state: &State, room: Option<&String>) -> Option<String> {
    state.places.name_of(room?).cloned()
}

/// What tells where somebody or something is: a tag before what a thing says itself.
fn tag_of(state: &State, carrier: &str) -> Option<String> {
    let mut tags = state.places.devices.values();
    let found = tags.find(|device| device.carrier.as_deref() == Some(carrier));
    let itself = || {
        let id = carrier.strip_prefix(tags::THING)?;
        state.tags.contains_key(id).then(|| id.to_owned())
    };
    found.map(|device| device.id.clone()).or_else(itself)
}

/// The room by a tag, else as a duty or a list has it.
fn room_by(state: &State, position: Option<&Position>, listed: Option<String>) -> Option<String> {
    let room = match position {
        Some(position) => state.places.room_at(position),
        None => listed,
    };
    room_name(state, room.as_ref())
}

fn people(state: &State, ward: &str, me: &str, now: Timestamp) -> Vec<Placed> {
    let mut found: Vec<Placed> = Vec::new();
    for duty in state.places.staff_of(ward, now) {
        let id = duty.account.as_str();
        let carrier = format!("Practitioner/{id}");
        let position = state.position_of(&carrier, now);
        let listed = routing::where_is(state, duty).room;
        let keeps = routing::keeps(state, id, "", None);
        found.push(Placed {
            id: id.to_owned(),
            name: duty.name.clone(),
            role: duty.role.clone(),
            room: room_by(state, position.as_ref(), listed),
            tag: tag_of(state, &carrier).filter(|_| id == me),
            free: keeps.is_none(),
            keeps,
            outside: state.is_outside(ward, position.as_ref()),
            position,
            alarm: None,
        });
    }
    found
}

/// What plans need, and what of the ward says where it is besides, by a tag or itself. Where a patient's device is, the
/// patient is: it is for whom the permit covers them.
fn equipment(state: &State, ward: &str, permit: Option<&Permit>, now: Timestamp) -> Vec<Placed> {
    let open = state.board.open();
    let placed = |id: &str, role: String, listed: Option<String>| {
        let keeps = routing::keeps(state, id, "", None);
        let carrier = format!("{}{id}", tags::THING);
        let device = state.places.devices.get(id);
        let position = state.position_of(&carrier, now);
        Placed {
            id: id.to_owned(),
            name: device.map_or_else(|| id.to_owned(), |device| device.name.clone()),
            role,
            room: room_by(state, position.as_ref(), listed),
            tag: tag_of(state, &carrier),
            free: keeps.is_none(),
            keeps,
            outside: state.is_outside(ward, position.as_ref()),
            position,
            alarm: open
                .iter()
                .find(|alarm| alarm.bed == carrier)
                .map(|alarm| alarm.priority),
        }
    };
    let needed = routing::equipment(state, "", None, now);
    let others = state.places.devices.values().filter_map(|device| {
        let id = device.id.as_str();
        let of = device.patient.as_ref();
        let is_seen = of.is_none() || permit.is_some_and(|permit| permit.covers(of));
        if !is_seen || device.carrier.is_some() || needed.iter().any(|one| one.id == id) {
            return None;
        }
        let carrier = format!("{}{id}", tags::THING);
        let says = || state.position_of(&carrier, now)?.place;
        let about = state.places.about(&carrier);
        let of = match &about {
            Some(about) => Some(about.ward.clone()),
            None => state.places.ward_of(&says()?),
        };
        let is_told = state.things.contains_key(&carrier) || says().is_some();
        if of.as_deref() != Some(ward) || !is_told {
            return None;
        }
        let kind = device.kind_name.clone().unwrap_or_default();
        Some(placed(id, kind, about.and_then(|about| about.room)))
    });
    let needed = needed.iter().map(|one| {
        let listed = one.place.room.clone();
        placed(&one.id, one.role.clone(), listed)
    });
    needed.chain(others).collect()
}

fn patients(state: &State, ward: &str, permit: Option<&Permit>, now: Timestamp) -> Vec<Placed> {
    let beds = state.places.beds.values().filter(|bed| bed.ward == ward);
    let lying = beds.filter_map(|bed| bed.patient.as_ref().map(|lying| (bed, lying)));
    let seen = lying.filter(|(_, lying)| permit.is_some_and(|p| p.covers(Some(&lying.id))));
    seen.filter_map(|(bed, lying)| {
        let carrier = format!("Patient/{}", lying.id);
        let tag = tag_of(state, &carrier)?;
        let position = state.position_of(&carrier, now);
        Some(Placed {
            id: lying.id.to_string(),
            name: lying.name.clone(),
            role: bed.name.clone(),
            room: room_by(state, position.as_ref(), None),
            tag: Some(tag),
            free: false,
            keeps: None,
            outside: state.is_outside(ward, position.as_ref()),
            position,
            alarm: None,
        })
    })
    .collect()
}

fn mission_view(state: &State, mission: &Mission, me: &str, now: Timestamp) -> MissionView {
    let mut offers = mission.sent.iter().flat_map(|dispatch| &dispatch.offers);
    let comes = offers.any(|offer| offer.to == me && offer.state == alarms::OfferState::Accepted);
    let bed = state.places.goal(&mission.bed);
    let overdue = mission.run.iter().flat_map(|run| run.overdue(now));
    MissionView {
        bed_name: bed.map_or_else(|| mission.bed.clone(), |bed| bed.name),
        asked: mission.asks(me),
        comes,
        late: mission.is_late(now),
        overdue: overdue.map(|step| step.id.clone()).collect(),
        mission: mission.clone(),
    }
}

impl State {
    /// Who or what a device tells the place of: its carrier where it is a tag, else its patient, else it is that itself.
    pub fn carrier_of(&self, tag: &str) -> Option<String> {
        let device = self.places.devices.get(tag)?;
        let patient = device.patient.as_ref().map(|id| format!("Patient/{id}"));
        let carrier = device.carrier.clone().or(patient);
        Some(carrier.unwrap_or_else(|| format!("{}{tag}", tags::THING)))
    }
}

/// Where a tag was over a span of time, about whom it says so: in metres, and at places by their names, while who has it
/// now had it. `permit` covers whom it is about. `next` is where to ask on: what is answered ends there.
pub async fn traced(
    hospital: &Hospital,
    permit: &Permit,
    tag: &DeviceId,
    patient: Option<&PatientId>,
    (from, to): (Timestamp, Timestamp),
) -> Result<Value, RecordError> {
    let query = SeriesQuery {
        device: Some(tag.clone()),
        ..SeriesQuery::default()
    };
    let mut axes: BTreeMap<&str, BTreeMap<i64, f64>> = BTreeMap::new();
    let mut said: Vec<(i64, String)> = Vec::new();
    let mut next: Option<i64> = None;
    for series in hospital.signals.series(permit, &query).await? {
        // A tag that went from one patient to another tells of each to those who may see that one.
        if series.series.subject.as_ref() != patient {
            continue;
        }
        let place = tags::place_said(&series.series.code);
        let axis = match series.series.code.as_str() {
            "tag-x" => "x",
            "tag-y" => "y",
            _ if place.is_some() => "",
            _ => continue,
        };
        let span = SpanQuery {
            id: series.id.clone(),
            from_us: from.0.saturating_mul(1000),
            to_us: to.0.saturating_add(1).saturating_mul(1000),
        };
        let page = hospital.signals.read(permit, &span, TRACE).await?;
        if let Some(on) = page.next_us.map(|us| us.div_euclid(1000)) {
            next = Some(next.map_or(on, |other| other.min(on)));
        }
        let readings = page.readings.into_iter();
        let points = readings.map(|reading| (reading.at_us.div_euclid(1000), reading.value));
        match place {
            Some(place) => said.extend(points.map(|(at, _)| (at, place.to_owned()))),
            None => axes.entry(axis).or_default().extend(points),
        }
    }
    // Of a patient the series says whose it is.
    let carriers = match patient {
        Some(_) => Vec::new(),
        None => carriers(hospital, permit, tag.as_str()).await?,
    };
    let has_it = carriers.last().map(|(_, who)| who);
    let is_theirs = |at: i64| carried_then(&carriers, Timestamp(at)) == has_it;
    let is_told = |at: i64| next.is_none_or(|next| at < next) && is_theirs(at);
    let (x, y) = (axes.remove("x"), axes.remove("y"));
    let points: Vec<Value> = x
        .unwrap_or_default()
        .into_iter()
        .filter(|(at, _)| is_told(*at))
        .filter_map(|(at, x)| {
            let (_, y) = y.as_ref()?.range(at - 2_000..=at + 2_000).next()?;
            Some(json!([at, x, y]))
        })
        .collect();
    said.retain(|(at, _)| is_told(*at));
    said.sort();
    let places: Vec<Value> = hospital.ward.look(|state| {
        let name = |id: &String| state.places.name_of(id).unwrap_or(id).clone();
        let told = said.iter();
        told.map(|(at, id)| json!({"at": at, "id": id, "name": name(id), "floor_m": state.places.middle(id)}))
            .collect()
    });
    Ok(json!({
        "tag": tag, "from": from, "to": to, "points": points, "places": places,
        "next": next.map(Timestamp),
    }))
}

/// One run of a plan.
#[derive(Serialize)]
struct Held {
    run: PlanRun,
    ward: Option<String>,
    bed: String,
    ended: Option<Timestamp>,
    /// How many steps there are, and how many were done.
    steps: usize,
    done: usize,
    /// Steps with a time that were done after it.
    late: usize,
}

fn held(run: PlanRun, ward: Option<String>, bed: String, ended: Option<Timestamp>) -> Held {
    let plan = alarms::plan_of(&run);
    let steps = plan.map(|plan| plan.steps.as_slice()).unwrap_or_default();
    let late = steps.iter().filter(|step| {
        let done = run.done.iter().find(|done| done.step == step.id);
        done.zip(step.within_s)
            .is_some_and(|(done, s)| done.at.0 - run.started_at.0 > i64::from(s) * 1000)
    });
    Held {
        late: late.count(),
        steps: steps.len(),
        done: run.done.len(),
        run,
        ward,
        bed,
        ended,
    }
}

/// All plans, and how they were run since a moment: in earnest and as exercises. Beside them the rules that call
/// for them, and which of all that is the hospital's own.
pub async fn plans_held(
    hospital: &Hospital,
    permit: &Permit,
    since: Timestamp,
    now: Timestamp,
) -> Result<Value, RecordError> {
    let mut all = Vec::new();
    for kept in kept::load(hospital, permit, Some((since, now))).await? {
        let ended = kept.alarm.closed.as_ref().map(|closed| closed.at);
        all.extend(kept.run.map(|run| held(run, None, kept.alarm.bed, ended)));
    }
    for mission in missions::load(hospital, permit, None).await? {
        let ended = mission.ended.as_ref().map(|ended| ended.at);
        let run = mission.run.filter(|run| run.started_at >= since);
        all.extend(run.map(|run| held(run, Some(mission.ward), mission.bed, ended)));
    }
    hospital.ward.look(|state| {
        for one in &mut all {
            let goal = || state.places.goal(&one.bed);
            if let Some(bed) = state.places.about(&one.bed).or_else(goal) {
                one.ward = Some(bed.ward);
                one.bed = bed.name;
            }
        }
    });
    all.sort_by_key(|one| std::cmp::Reverse(one.run.started_at));
    let rules = hospital.ward.look(|state| state.rules.clone());
    Ok(json!({
        "now": now, "since": since, "plans": alarms::plans(), "held": all,
        "rules": rules.rules, "off": rules.off, "version": rules.version,
        "escalation": alarms::escalation(),
    }))
}

#[cfg(test)]
mod tests {
    use alarms::{Dispatch, Offer, OfferState, Place};
    use serde_json::json;
    use vocabulary::ActorId;

    use super::*;
    use crate::ward::{Duty, places::Standing};

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn duty(who: &str, role: &str, title: Option<&str>) -> Duty {
        Duty {
            account: ActorId::new(who).unwrap(),
            name: format!("Name of {who}"),
            role: role.to_owned(),
            title: title.map(str::to_owned),
            places: vec!["ward".to_owned()],
            from: None,
            until: None,
        }
    }

    /// A nurse and a porter, a pump that names its room, and an errand on which both are.
    fn state() -> State {
        let mut state = State::one_bed(NOW, |places| {
            places.within = [("bed".to_owned(), "ward".to_owned())].into();
            places.duties = vec![
                duty("nurse", "bed-nurse", None),
                duty("porter", "porter", Some("Porter")),
            ];
            let pump = Standing::somewhere("pump", "bed");
            places.devices.insert(pump.id.clone(), pump);
        });
        state.locate_one("pump", "tag-place:bed", NOW, 1.0);
        let offer = |to: &str| Offer {
            to: to.to_owned(),
            why: Text::new("", ""),
            at: NOW,
            state: OfferState::Accepted,
            arrived_at: None,
        };
        let mut sent = Dispatch::new("porter", Place::default(), 60);
        sent.offers = vec![offer("porter"), offer("pump")];
        let mission = Mission {
            id: "m".to_owned(),
            ward: "ward".to_owned(),
            bed: "bed".to_owned(),
            by: "nurse".to_owned(),
            at: NOW,
            run: None,
            sent: vec![sent],
            ended: None,
            led: None,
        };
        state.missions.insert("m".to_owned(), mission);
        state
    }

    #[test]
    fn who_can_be_sent_for_is_whom_alarms_call_and_who_has_a_duty() {
        let view = command(&state(), "ward", "nurse", None, NOW).unwrap();
        assert_eq!(view.roles.first().map(String::as_str), Some("bed-nurse"));
        assert!(view.roles.contains(&"doctor-on-duty".to_owned()));
        assert_eq!(view.roles.last().map(String::as_str), Some("porter"));
        assert_eq!(view.role_names["porter"], "Porter");
    }

    #[test]
    fn a_thing_that_names_its_place_is_on_the_plan_with_its_own_trace() {
        let view = command(&state(), "ward", "nurse", None, NOW).unwrap();
        let [pump] = view.equipment.as_slice() else {
            panic!("one thing")
        };
        assert_eq!((pump.tag.as_deref(), pump.outside), (Some("pump"), false));
        let place = pump.position.as_ref().and_then(|at| at.place.as_deref());
        assert_eq!(place, Some("bed"));
    }

    #[test]
    fn why_somebody_or_something_is_not_free_is_said() {
        let mut state = state();
        state.places.beds.get_mut("bed").unwrap().name = "Bed 1".to_owned();
        // The thing was asked for by itself.
        let sent = &mut state.missions.get_mut("m").unwrap().sent;
        let mut thing = sent[0].clone();
        thing.offers = sent[0].offers.split_off(1);
        sent.push(thing);
        let keeps = |state: &State| {
            let view = json!(command(state, "ward", "nurse", None, NOW).unwrap());
            let of = |list: &str, n: usize| view[list][n]["keeps"].clone();
            (of("people", 0), of("people", 1), of("equipment", 0))
        };
        let errand = json!({"why": "errand", "place": "Bed 1"});
        assert_eq!(keeps(&state), (Value::Null, errand.clone(), errand));
        // To the bed for which they were sent they can be sent for the same.
        assert!(routing::is_free(&state, "porter", "m", None));
        let why = |state: &State| routing::keeps(state, "pump", "m", Some("bed")).map(|it| it.why);
        assert_eq!(why(&state), None);
        state.faulty.insert("pump".to_owned());
        assert_eq!(why(&state), Some(routing::Why::Fault));
        state.faulty.clear();
        let pump = state.places.devices.get_mut("pump").unwrap();
        pump.patient = PatientId::new("p").ok();
        assert_eq!(why(&state), Some(routing::Why::Patient));
        state.places.devices.get_mut("pump").unwrap().active = false;
        assert_eq!(why(&state), Some(routing::Why::Retired));
    }

    #[test]
    fn a_device_of_a_patient_whom_one_may_not_see_is_not_on_the_plan() {
        let mut state = state();
        let pump = state.places.devices.get_mut("pump").unwrap();
        pump.patient = PatientId::new("p").ok();
        let view = command(&state, "ward", "nurse", None, NOW).unwrap();
        assert!(view.equipment.is_empty());
        assert!(view.nameless().equipment.is_empty());
    }

    #[test]
    fn who_runs_the_hospital_sees_the_floor_and_nobody_on_it() {
        let view = command(&state(), "ward", "manager", None, NOW).unwrap();
        let seen = json!(view.nameless());
        let told = seen.to_string();
        assert!(!told.contains("Name of"), "{told}");
        assert!(!told.contains(r#""nurse""#), "{told}");
        assert_eq!(seen["people"][1]["role"], "porter");
        assert_eq!(seen["people"][1]["free"], false);
        let keeps = json!({"why": "errand", "place": null});
        assert_eq!(seen["people"][1]["keeps"], keeps);
        assert_eq!(seen["equipment"][0]["position"]["place"], "bed");
        let offers = &seen["missions"][0]["sent"][0]["offers"];
        assert_eq!(
            (&offers[0]["to"], &offers[1]["to"]),
            (&json!(""), &json!("pump"))
        );
    }
}
