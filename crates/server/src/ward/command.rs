//! Who and what is where, what they do, and what was sent for: for the plan of the ward and for dispatch.

use std::collections::BTreeMap;

use alarms::{PlanRun, Priority};
use policy::Permit;
use record::{RecordError, SeriesQuery, SpanQuery};
use serde::Serialize;
use serde_json::{Value, json};
use vocabulary::{DeviceId, PatientId, Timestamp};

use super::{
    Mission, State, kept, missions, routing,
    tags::{self, Position},
};
use crate::{hospital::Hospital, http::Caller};

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
    /// By its tag, on the floor of the building.
    position: Option<Position>,
    /// The tag that says so, where the caller may see its trace.
    tag: Option<String>,
    free: bool,
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
    /// Steps of the exercised plan that should be done by now.
    overdue: Vec<String>,
}

/// The ward for those who send.
#[derive(Serialize)]
pub struct Command {
    now: Timestamp,
    id: String,
    name: String,
    drawn: Vec<Drawn>,
    people: Vec<Placed>,
    equipment: Vec<Placed>,
    /// Patients with a tag whom the caller may see.
    patients: Vec<Placed>,
    missions: Vec<MissionView>,
    /// The duties and the kinds of things that can be sent for.
    roles: Vec<String>,
    kinds: BTreeMap<String, vocabulary::Text>,
    /// What people and things that were sent are called.
    names: BTreeMap<String, String>,
}

/// The ward as somebody who sends may see it: people on duty there, things, and those patients whom the permit
/// covers. Where people are who are not on duty is nobody's business.
pub fn command(
    state: &State,
    ward: &str,
    caller: &Caller,
    permit: Option<&Permit>,
    now: Timestamp,
) -> Option<Command> {
    let name = state.places.wards.get(ward)?.clone();
    let me = caller.actor.id.as_str();
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
    let roles = ["bed-nurse", "ward-nurse", "charge-nurse", "doctor-on-duty"];
    Some(Command {
        now,
        id: ward.to_owned(),
        name,
        drawn: drawn(state, ward),
        people: people(state, ward, me, now),
        equipment: equipment(state, ward, now),
        patients: patients(state, ward, permit, now),
        missions: open.map(|one| mission_view(state, one, me, now)).collect(),
        roles: roles.map(str::to_owned).to_vec(),
        kinds,
        names,
    })
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
    state.places.rooms.get(room?).cloned()
}

fn tag_of(state: &State, carrier: &str) -> Option<String> {
    let mut tags = state.places.devices.values();
    let found = tags.find(|device| device.carrier.as_deref() == Some(carrier));
    found.map(|device| device.id.clone())
}

fn people(state: &State, ward: &str, me: &str, now: Timestamp) -> Vec<Placed> {
    let mut found: Vec<Placed> = Vec::new();
    for duty in state.places.staff_of(ward, now) {
        let id = duty.account.as_str();
        let carrier = format!("Practitioner/{id}");
        let position = state.position_of(&carrier, now);
        let around = position.and_then(|position| state.places.room_around(position.floor_m));
        let listed = routing::where_is(state, duty);
        let room = match position {
            Some(_) => around.cloned(),
            None => listed.room,
        };
        found.push(Placed {
            id: id.to_owned(),
            name: duty.name.clone(),
            role: duty.role.clone(),
            room: room_name(state, room.as_ref()),
            position,
            tag: tag_of(state, &carrier).filter(|_| id == me),
            free: routing::is_free(state, id, "", None),
            outside: state.is_outside(ward, position),
            alarm: None,
        });
    }
    found
}

/// What plans need, and what of the ward carries a tag besides.
fn equipment(state: &State, ward: &str, now: Timestamp) -> Vec<Placed> {
    let open = state.board.open();
    let placed = |id: &str, role: String, room: Option<&String>, free: bool| {
        let carrier = format!("{}{id}", tags::THING);
        let device = state.places.devices.get(id);
        let position = state.position_of(&carrier, now);
        Placed {
            id: id.to_owned(),
            name: device.map_or_else(|| id.to_owned(), |device| device.name.clone()),
            role,
            room: room_name(state, room),
            position,
            tag: tag_of(state, &carrier),
            free,
            outside: state.is_outside(ward, position),
            alarm: open
                .iter()
                .find(|alarm| alarm.bed == carrier)
                .map(|alarm| alarm.priority),
        }
    };
    let needed = routing::equipment(state, "", None, now);
    let tagged = state.things.keys().filter_map(|carrier| {
        let id = carrier.strip_prefix(tags::THING)?;
        let about = state.places.about(carrier)?;
        let is_new = about.ward == ward && needed.iter().all(|one| one.id != id);
        let device = state.places.devices.get(id).filter(|_| is_new)?;
        let position = state.position_of(carrier, now);
        let around = position.and_then(|position| state.places.room_around(position.floor_m));
        let room = match position {
            Some(_) => around.cloned(),
            None => about.room,
        };
        let kind = device.kind_name.clone().unwrap_or_default();
        let free = routing::is_free(state, id, "", None);
        Some(placed(id, kind, room.as_ref(), free))
    });
    let needed = needed
        .iter()
        .map(|one| placed(&one.id, one.role.clone(), one.place.room.as_ref(), one.free));
    needed.chain(tagged).collect()
}

fn patients(state: &State, ward: &str, permit: Option<&Permit>, now: Timestamp) -> Vec<Placed> {
    let beds = state.places.beds.values().filter(|bed| bed.ward == ward);
    let lying = beds.filter_map(|bed| bed.patient.as_ref().map(|lying| (bed, lying)));
    let seen = lying.filter(|(_, lying)| permit.is_some_and(|p| p.covers(Some(&lying.id))));
    seen.filter_map(|(bed, lying)| {
        let carrier = format!("Patient/{}", lying.id);
        let tag = tag_of(state, &carrier)?;
        let position = state.position_of(&carrier, now);
        let around = position.and_then(|position| state.places.room_around(position.floor_m));
        Some(Placed {
            id: lying.id.to_string(),
            name: lying.name.clone(),
            role: bed.name.clone(),
            room: room_name(state, around),
            position,
            tag: Some(tag),
            free: false,
            outside: state.is_outside(ward, position),
            alarm: None,
        })
    })
    .collect()
}

fn mission_view(state: &State, mission: &Mission, me: &str, now: Timestamp) -> MissionView {
    let has = |wanted: alarms::OfferState| {
        let mut offers = mission.sent.iter().flat_map(|dispatch| &dispatch.offers);
        offers.any(|offer| offer.to == me && offer.state == wanted)
    };
    let bed = state.places.beds.get(&mission.bed);
    let overdue = mission.run.iter().flat_map(|run| run.overdue(now));
    MissionView {
        bed_name: bed.map_or_else(|| mission.bed.clone(), |bed| bed.name.clone()),
        asked: has(alarms::OfferState::Offered),
        comes: has(alarms::OfferState::Accepted),
        overdue: overdue.map(|step| step.id.clone()).collect(),
        mission: mission.clone(),
    }
}

impl State {
    /// Who or what carries a tag.
    pub fn carrier_of(&self, tag: &str) -> Option<String> {
        self.places.devices.get(tag)?.carrier.clone()
    }
}

/// Where a tag was over a span of time, about whom it says so, and since when. `permit` covers whom it is about.
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
    let mut is_cut = false;
    for series in hospital.signals.series(permit, &query).await? {
        // A tag that went from one patient to another tells of each to those who may see that one.
        if series.series.subject.as_ref() != patient {
            continue;
        }
        let axis = match series.series.code.as_str() {
            "tag-x" => "x",
            "tag-y" => "y",
            _ => continue,
        };
        let span = SpanQuery {
            id: series.id.clone(),
            from_us: from.0.saturating_mul(1000),
            to_us: to.0.saturating_add(1).saturating_mul(1000),
        };
        let page = hospital.signals.read(permit, &span, TRACE).await?;
        is_cut |= page.next_us.is_some();
        let readings = page.readings.into_iter();
        let points = readings.map(|reading| (reading.at_us.div_euclid(1000), reading.value));
        axes.entry(axis).or_default().extend(points);
    }
    let (x, y) = (axes.remove("x"), axes.remove("y"));
    let points: Vec<Value> = x
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(at, x)| {
            let (_, y) = y.as_ref()?.range(at - 2_000..=at + 2_000).next()?;
            Some(json!([at, x, y]))
        })
        .collect();
    Ok(json!({"tag": tag, "from": from, "to": to, "points": points, "is_cut": is_cut}))
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
            if let Some(bed) = state.places.about(&one.bed) {
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
