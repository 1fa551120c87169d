//! The wards as a caller may see them.

use std::collections::BTreeMap;

use alarms::{
    Alarm, Change, Dispatch, Escalation, Forecast, Limit, Plan, PlanRun, Priority, Stepped,
    VitalNow, escalation, forecast_of, plan, plan_of,
};
use knowledge::ScoreFound;
use policy::Permit;
use record::Room;
use serde::Serialize;
use vocabulary::{Text, Timestamp};

use super::{
    Bed, BedState, Kept, State, Tie, in_order::in_order, kept::Source, places::Standing, routing,
    tags,
};
use crate::{
    clock,
    edges::{AsOf, LineNow},
    http::Caller,
};

/// The signals that are forecast, how many minutes ahead, and with which probability the value lies inside.
const FORECAST: &[&str] = &["heart-rate", "pulse", "spo2", "respiratory-rate"];
const AHEAD: &[usize] = &[5, 15];
const INSIDE: f64 = 0.8;
const MINUTE_MS: i64 = 60_000;
/// The scores that stand beside NEWS2.
const SCORES: &[&str] = &["mews", "ed-triage-cn-2018", "qsofa", "curb-65", "psi"];
/// How many points a line beside a value has at most.
const SPARK: usize = 60;
/// A device that measures when asked is called offline where it was silent for longer, in milliseconds.
const SILENT_MS: i64 = 300_000;

/// A ward that there is.
#[derive(Serialize)]
pub struct WardName {
    id: String,
    name: String,
    beds: usize,
}

/// Who lies in a bed, for those who may know.
#[derive(Serialize)]
pub struct LyingView {
    id: String,
    name: String,
    age: Option<i16>,
    sex: Option<String>,
}

/// A point of a line: milliseconds since 1970, and the value.
type Point = (f64, f64);

/// A device at a bed or in its room.
#[derive(Serialize)]
pub struct DeviceView {
    id: String,
    name: String,
    tie: Tie,
    /// Whether it was heard lately, by the time of its own profile, and did not say that it is gone.
    online: bool,
    heard: Option<Timestamp>,
}

/// A value that was not believed.
#[derive(Serialize)]
pub struct Doubt {
    title: Text,
    change: Change,
}

/// A bed.
#[derive(Serialize)]
pub struct BedView {
    id: String,
    name: String,
    room: Option<String>,
    /// Whether somebody lies in it.
    occupied: bool,
    /// Who; none where the caller may not know, or nobody does.
    patient: Option<LyingView>,
    /// The newest value of each signal that there ever was.
    vitals: Vec<VitalNow>,
    /// The last hour of each signal, thinned out.
    lines: BTreeMap<String, Vec<Point>>,
    /// The limits that rules set for each signal.
    limits: BTreeMap<String, Vec<Limit>>,
    /// Where each signal may be in five minutes and in a quarter of an hour.
    forecasts: BTreeMap<String, Vec<Forecast>>,
    /// NEWS2 now, or what is missing for it.
    news2: Option<ScoreFound>,
    /// The other scores of the bedside, each with what is missing for it.
    scores: Vec<ScoreFound>,
    /// Where the newest value of each signal came from.
    sources: BTreeMap<String, Source>,
    /// What the patient measured at home: not in the ward, and in no score of it.
    from_home: Vec<FromHome>,
    devices: Vec<DeviceView>,
    /// What was not believed lately, the newest first.
    doubts: Vec<Doubt>,
    /// Samples that came after their moment had been judged.
    late: u64,
    /// The signals whose newest value is not kept, since there is no room.
    unkept: Vec<String>,
}

/// The newest value of a signal that a patient measured at home.
#[derive(Serialize)]
pub struct FromHome {
    signal: String,
    label: Text,
    unit: String,
    decimals: u8,
    value: f64,
    at: Timestamp,
}

/// An alarm with what was started from it.
#[derive(Serialize)]
pub struct AlarmView {
    /// The id of its fact.
    id: String,
    alarm: Alarm,
    bed_name: String,
    /// Whether its light and sound call for somebody now.
    calls: bool,
    /// Whom it calls.
    called: Vec<Person>,
    /// Whether it calls the caller.
    mine: bool,
    /// Since when nothing is heard of the edge that leads it: it goes on here, and may have been taken there.
    last_known: Option<Timestamp>,
    /// What happened to it here while nothing was heard of that edge before.
    here: Vec<Stepped>,
    sources: BTreeMap<String, Source>,
    plan: Option<Plan>,
    run: Option<PlanRun>,
    /// Steps of the plan that should be done by now.
    overdue: Vec<String>,
    sent: Vec<Dispatch>,
    /// Whether the caller is asked to come.
    asked: bool,
    /// Equipment of the plan, and where the nearest stands.
    equipment: Vec<Equipment>,
}

/// Equipment and where it stands.
#[derive(Serialize)]
pub struct Equipment {
    id: String,
    label: Text,
    device: Option<String>,
    place: Option<String>,
}

/// Somebody by account and name.
#[derive(Serialize)]
pub struct Person {
    id: String,
    name: String,
}

/// Somebody on duty.
#[derive(Serialize)]
pub struct StaffView {
    id: String,
    name: String,
    role: String,
    /// The names of the beds and wards that the duty is for.
    places: Vec<String>,
    /// Open alarms that this person answers for.
    holds: usize,
}

/// What people call a signal, and its UCUM unit.
#[derive(Serialize)]
pub struct SignalView {
    label: Text,
    unit: String,
}

/// An edge of a ward of which not all is known here until now.
#[derive(Serialize)]
pub struct OldView {
    pub edge: String,
    /// Whether nothing is heard of it. Where it was not heard since this program was started, nobody knows since when.
    is_silent: bool,
    #[serde(flatten)]
    as_of: AsOf,
}

/// A ward.
#[derive(Serialize)]
pub struct WardView {
    now: Timestamp,
    id: String,
    name: String,
    rooms: BTreeMap<String, String>,
    /// Of which edges what is shown is old.
    old: Vec<OldView>,
    /// How much room there is for readings; of a moment that is looked back to, enough.
    room: Room,
    beds: Vec<BedView>,
    /// Open alarms, the most urgent first.
    alarms: Vec<AlarmView>,
    staff: Vec<StaffView>,
    escalation: Escalation,
    plans: Vec<Plan>,
    /// What rules look at.
    signals: BTreeMap<String, SignalView>,
    /// What can be sent for, and what people call it.
    equipment: BTreeMap<String, String>,
}

/// All wards.
pub fn wards(state: &State) -> Vec<WardName> {
    let places = &state.places;
    let ward = |(id, name): (&String, &String)| WardName {
        id: id.clone(),
        name: name.clone(),
        beds: places.beds.values().filter(|bed| bed.ward == *id).count(),
    };
    places.wards.iter().map(ward).collect()
}

/// One ward as a caller with this permit may see it. Of whom the permit does not cover only the bed and that it
/// is occupied are shown, and its alarms, so that nobody who is called goes without.
pub fn ward(
    state: &State,
    id: &str,
    caller: &Caller,
    permit: Option<&Permit>,
    now: Timestamp,
) -> Option<WardView> {
    let name = state.places.wards.get(id)?.clone();
    let mut beds: Vec<&Bed> = state
        .places
        .beds
        .values()
        .filter(|bed| bed.ward == id)
        .collect();
    beds.sort_by(|a, b| in_order(&a.name, &b.name));
    let alarms = state.board.open().into_iter().filter(|alarm| {
        let about = state.places.about(&alarm.bed);
        about.is_some_and(|bed| bed.ward == id)
    });
    let rooms = state.places.rooms.iter();
    let has_bed = |room: &String| beds.iter().any(|bed| bed.room.as_ref() == Some(room));
    Some(WardView {
        now,
        id: id.to_owned(),
        name,
        rooms: rooms
            .filter(|(room, _)| has_bed(room))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect(),
        old: old(state, id),
        room: state.room,
        beds: beds
            .iter()
            .map(|bed| bed_view(state, bed, permit, now))
            .collect(),
        alarms: alarms
            .filter_map(|alarm| state.whole(&alarm.id))
            .map(|kept| alarm_view(state, &kept, caller, permit, now))
            .collect(),
        staff: staff(state, id, now),
        escalation: escalation().clone(),
        plans: alarms::plans().to_vec(),
        signals: state
            .rules
            .signals
            .iter()
            .map(|signal| {
                let label = signal.label.clone();
                let unit = signal.unit.clone();
                (signal.id.clone(), SignalView { label, unit })
            })
            .collect(),
        equipment: state
            .places
            .devices
            .values()
            .map(|device| (device.id.clone(), device.name.clone()))
            .collect(),
    })
}

/// Of which edges what is shown of a ward is old.
pub(super) fn old(state: &State, ward: &str) -> Vec<OldView> {
    let view = |line: &LineNow| OldView {
        edge: line.edge.to_string(),
        is_silent: line.is_silent,
        as_of: line.as_of,
    };
    state.old_in(ward).map(view).collect()
}

fn bed_view(state: &State, bed: &Bed, permit: Option<&Permit>, now: Timestamp) -> BedView {
    let lying = bed.patient.as_ref();
    let may_see = lying.is_none_or(|lying| permit.is_some_and(|p| p.covers(Some(&lying.id))));
    let today = scenario::day_of(now, &state.zone);
    let known = state.beds.get(&bed.id).filter(|_| may_see);
    let watch = known.map(|known| &known.watch);
    let vitals: Vec<VitalNow> = watch
        .map(|watch| watch.vitals(now))
        .unwrap_or_default()
        .into_iter()
        .filter(|vital| vital.value.is_some())
        .collect();
    let limits = vitals.iter().filter_map(|vital| {
        let limits = watch?.limits(&vital.signal);
        (!limits.is_empty()).then(|| (vital.signal.clone(), limits))
    });
    let unkept = known.map(|known| known.unkept.of(&vitals));
    let doubts = known
        .into_iter()
        .flat_map(|known| known.disbelieved.iter().rev());
    BedView {
        id: bed.id.clone(),
        name: bed.name.clone(),
        room: bed.room.clone(),
        occupied: lying.is_some(),
        patient: lying.filter(|_| may_see).map(|lying| LyingView {
            id: lying.id.to_string(),
            name: lying.name.clone(),
            age: lying
                .birth_date
                .as_deref()
                .and_then(|birth| twin::demographics::age_years(birth, today)),
            sex: lying.sex.clone(),
        }),
        limits: limits.collect(),
        vitals,
        lines: known
            .map(|known| {
                let line = |(signal, line): (&String, &_)| (signal.clone(), thinned(line));
                known.recent.iter().map(line).collect()
            })
            .unwrap_or_default(),
        forecasts: known
            .map(|known| {
                let ahead = |(signal, line): (&String, &_)| {
                    let minutes = minutes(line, now)?;
                    let each = AHEAD.iter();
                    let each = each.filter_map(|one| forecast_of(signal, &minutes, *one, INSIDE));
                    Some((signal.clone(), each.collect()))
                };
                let lines = known.recent.iter();
                let lines = lines.filter(|(signal, _)| FORECAST.contains(&signal.as_str()));
                lines.filter_map(ahead).collect()
            })
            .unwrap_or_default(),
        news2: watch
            .filter(|_| lying.is_some())
            .and_then(|watch| watch.score("news2", now)),
        scores: watch
            .filter(|_| lying.is_some())
            .map(|watch| {
                let others = SCORES.iter();
                others.filter_map(|id| watch.score(id, now)).collect()
            })
            .unwrap_or_default(),
        sources: known.map(|known| known.sources.clone()).unwrap_or_default(),
        from_home: known
            .map(|known| from_home(state, known))
            .unwrap_or_default(),
        devices: devices(state, bed, now),
        doubts: doubts
            .filter_map(|change| {
                Some(Doubt {
                    title: state.rules.rule(&change.rule)?.title.clone(),
                    change: change.clone(),
                })
            })
            .collect(),
        late: watch.map_or(0, alarms::Watch::late),
        unkept: unkept.unwrap_or_default(),
    }
}

fn from_home(state: &State, bed: &BedState) -> Vec<FromHome> {
    let signals = state.rules.signals.iter();
    signals
        .filter_map(|signal| {
            let (at, value) = *bed.from_home.get(&signal.id)?;
            Some(FromHome {
                signal: signal.id.clone(),
                label: signal.label.clone(),
                unit: signal.unit.clone(),
                decimals: signal.decimals,
                value,
                at,
            })
        })
        .collect()
}

/// A line by its minutes; none where it ended.
fn minutes(
    line: &std::collections::VecDeque<(Timestamp, f64)>,
    now: Timestamp,
) -> Option<Vec<Option<f64>>> {
    let (first, last) = (line.front()?.0, line.back()?.0);
    // What ended a while ago says nothing about what comes.
    if now.0 - last.0 > 2 * MINUTE_MS {
        return None;
    }
    let count = usize::try_from((last.0 - first.0) / MINUTE_MS).ok()? + 1;
    let mut minutes: Vec<Option<f64>> = vec![None; count];
    for (at, value) in line {
        let minute = usize::try_from((at.0 - first.0) / MINUTE_MS).ok()?;
        // The last value of each minute stands for it.
        if let Some(place) = minutes.get_mut(minute) {
            *place = Some(*value);
        }
    }
    Some(minutes)
}

/// At most so many points, the last one among them.
fn thinned(line: &std::collections::VecDeque<(Timestamp, f64)>) -> Vec<Point> {
    let every = line.len().div_ceil(SPARK).max(1);
    let last = line.len().saturating_sub(1) % every;
    let points = line.iter().enumerate().filter(|(n, _)| n % every == last);
    points
        .map(|(_, (at, value))| (at.0 as f64, *value))
        .collect()
}

fn devices(state: &State, bed: &Bed, now: Timestamp) -> Vec<DeviceView> {
    let all = state.places.devices.values();
    let view = |device: &super::places::Standing| {
        let tie = state.places.tie(device, bed)?;
        let heard = state.heard.get(&device.id).copied();
        let own_ms = device.silent_after_s.map(|after| i64::from(after) * 1000);
        let is_silent = |at: Timestamp| now.0 - at.0 > own_ms.unwrap_or(SILENT_MS);
        // What it sent later says more than that it once was gone.
        let gone = state.gone.get(&device.id);
        let is_gone = gone.is_some_and(|gone| heard <= Some(*gone));
        Some(DeviceView {
            id: device.id.clone(),
            name: device.name.clone(),
            tie,
            online: !is_gone && heard.is_some_and(|at| !is_silent(at)),
            heard,
        })
    };
    all.filter_map(view).collect()
}

/// An alarm as a caller may see it: whose patient it is only where the permit covers that.
pub fn alarm_view(
    state: &State,
    kept: &Kept,
    caller: &Caller,
    permit: Option<&Permit>,
    now: Timestamp,
) -> AlarmView {
    let mut alarm = kept.alarm.clone();
    let bed = state.places.about(&alarm.bed);
    let bed = bed.as_ref();
    let names = |id: &str| {
        let duty = state
            .places
            .duties
            .iter()
            .find(|duty| duty.account.as_str() == id);
        duty.map_or_else(|| id.to_owned(), |duty| duty.name.clone())
    };
    let called: Vec<Person> = routing::called(state, &alarm, now)
        .into_iter()
        .map(|id| Person {
            name: names(id.as_str()),
            id: id.to_string(),
        })
        .collect();
    let me = caller.actor.id.as_str();
    let patient = alarm
        .patient
        .as_ref()
        .and_then(|id| vocabulary::PatientId::new(id).ok());
    let may_see = patient.is_none_or(|id| permit.is_some_and(|permit| permit.covers(Some(&id))));
    if !may_see {
        alarm.patient = None;
        for stepped in &mut alarm.steps {
            if let alarms::Step::Raised { read } | alarms::Step::Back { read } = &mut stepped.step {
                read.clear();
            }
        }
    }
    let offers = || plan(alarm.plan.as_deref()?);
    let plan = kept.run.as_ref().map_or_else(offers, plan_of).cloned();
    let offered = |dispatch: &Dispatch| {
        let open =
            |offer: &alarms::Offer| offer.state == alarms::OfferState::Offered && offer.to == me;
        dispatch.offers.iter().any(open)
    };
    AlarmView {
        id: kept.id(),
        bed_name: bed.map_or_else(|| alarm.bed.clone(), |bed| bed.name.clone()),
        calls: alarm.calls(now),
        mine: called.iter().any(|person| person.id == me),
        last_known: kept.last_known(),
        here: kept.here.clone(),
        called,
        sources: kept.sources.clone(),
        equipment: plan
            .as_ref()
            .map(|plan| equipment(state, plan, bed, now))
            .unwrap_or_default(),
        plan,
        overdue: kept
            .run
            .iter()
            .flat_map(|run| run.overdue(now))
            .map(|step| step.id.clone())
            .collect(),
        run: kept.run.clone(),
        asked: kept.sent.iter().any(offered),
        sent: kept.sent.clone(),
        alarm,
    }
}

/// Where what a plan needs stands, by its tag or as a list has it: on this ward before elsewhere.
fn equipment(state: &State, plan: &Plan, bed: Option<&Bed>, now: Timestamp) -> Vec<Equipment> {
    let stands = |device: &Standing| match state
        .position_of(&format!("{}{}", tags::THING, device.id), now)
    {
        Some(position) => state.places.room_at(&position),
        None => device.place.clone(),
    };
    let is_here = |place: &Option<String>| {
        let near = |place: &String| {
            bed.is_some_and(|bed| *place == bed.ward || bed.room.as_ref() == Some(place))
        };
        place.as_ref().is_some_and(near)
    };
    let wanted = plan.equipment.iter().map(|wanted| {
        let all = state.places.devices.values();
        let fits = all.filter(|device| device.kind.as_ref() == Some(&wanted.id));
        let placed = fits.map(|device| (device, stands(device)));
        let nearest = placed.min_by_key(|(_, place)| !is_here(place));
        let (device, place) = nearest.unzip();
        Equipment {
            id: wanted.id.clone(),
            label: wanted.label.clone(),
            device: device.map(|device| device.name.clone()),
            place: place.and_then(|place| state.places.name_of(&place?).cloned()),
        }
    });
    wanted.collect()
}

fn staff(state: &State, ward: &str, now: Timestamp) -> Vec<StaffView> {
    let duties = state.places.staff_of(ward, now).into_iter();
    duties
        .map(|duty| {
            let me = duty.account.as_str();
            let holds = |alarm: &&&Alarm| alarm.taken.as_ref().is_some_and(|taken| taken.by == me);
            let name = |place: &String| {
                let bed = state.places.beds.get(place).map(|bed| bed.name.clone());
                bed.or_else(|| state.places.wards.get(place).cloned())
                    .unwrap_or_else(|| place.clone())
            };
            StaffView {
                id: me.to_owned(),
                name: duty.name.clone(),
                role: duty.role.clone(),
                places: duty.places.iter().map(name).collect(),
                holds: state.board.open().iter().filter(holds).count(),
            }
        })
        .collect()
}

/// How the wards run, in figures that name nobody.
#[derive(Serialize)]
pub struct WardFigures {
    id: String,
    name: String,
    /// Of which edges what is counted is old.
    pub old: Vec<OldView>,
    pub beds: usize,
    pub occupied: usize,
    /// Open alarms by priority.
    open: BTreeMap<Priority, usize>,
    /// Open alarms that nobody has taken.
    untaken: usize,
    /// Alarms of the last 24 hours.
    pub alarms: usize,
    /// Those per occupied bed and day; none where no bed is occupied.
    alarms_per_bed_day: Option<f64>,
    /// From raised to taken, the middle one of the last 24 hours, in seconds.
    seconds_to_take: Option<f64>,
    /// How many alarms that ended in the last 24 hours were called false or technical.
    false_or_technical: usize,
    closed: usize,
    /// Occupied beds by the band of NEWS2. Where something is missing: `at-least-` and the band that the sum comes to at
    /// least, or `not-assessable`.
    news2: BTreeMap<String, usize>,
    devices: usize,
    devices_silent: usize,
}

/// The figures of each ward.
pub fn figures(state: &State) -> Vec<WardFigures> {
    let now = clock::now();
    let ward = |(id, name): (&String, &String)| {
        let beds: Vec<&Bed> = state
            .places
            .beds
            .values()
            .filter(|bed| bed.ward == *id)
            .collect();
        let here = |alarm: &&Alarm| {
            let about = state.places.about(&alarm.bed);
            about.is_some_and(|about| about.ward == *id)
        };
        let since = now.0 - 86_400_000;
        let lately: Vec<&Alarm> = state
            .board
            .all()
            .filter(here)
            .filter(|alarm| alarm.raised_at.0 >= since)
            .collect();
        let open: Vec<&Alarm> = state.board.open().into_iter().filter(here).collect();
        let occupied = beds.iter().filter(|bed| bed.patient.is_some()).count();
        let closed: Vec<_> = lately
            .iter()
            .filter_map(|alarm| alarm.closed.as_ref())
            .collect();
        let mut by_priority = BTreeMap::new();
        for alarm in &open {
            *by_priority.entry(alarm.priority).or_default() += 1;
        }
        let mut bands: BTreeMap<String, usize> = BTreeMap::new();
        for bed in beds.iter().filter(|bed| bed.patient.is_some()) {
            let found = state
                .beds
                .get(&bed.id)
                .and_then(|bed| bed.watch.score("news2", now));
            *bands
                .entry(found.map_or_else(not_assessable, band_of))
                .or_default() += 1;
        }
        let devices: Vec<DeviceView> = beds
            .iter()
            .flat_map(|bed| devices(state, bed, now))
            .collect();
        let untrue = [alarms::Outcome::FalseAlarm, alarms::Outcome::Technical];
        WardFigures {
            id: id.clone(),
            name: name.clone(),
            old: old(state, id),
            beds: beds.len(),
            occupied,
            open: by_priority,
            untaken: open.iter().filter(|alarm| alarm.taken.is_none()).count(),
            alarms: lately.len(),
            alarms_per_bed_day: (occupied > 0).then(|| lately.len() as f64 / occupied as f64),
            seconds_to_take: middle(lately.iter().filter_map(|alarm| to_take(alarm)).collect()),
            false_or_technical: closed
                .iter()
                .filter(|c| untrue.contains(&c.outcome))
                .count(),
            closed: closed.len(),
            news2: bands,
            devices_silent: devices.iter().filter(|device| !device.online).count(),
            devices: devices.len(),
        }
    };
    state.places.wards.iter().map(ward).collect()
}

/// The band of a sum; of one that is open the band that it comes to at least, and says so.
fn band_of(found: ScoreFound) -> String {
    if let Some(band) = found.band {
        return band.id;
    }
    let least = found.at_least.and_then(|least| least.band);
    least.map_or_else(not_assessable, |band| format!("at-least-{}", band.id))
}

fn not_assessable() -> String {
    "not-assessable".to_owned()
}

pub(super) fn to_take(alarm: &Alarm) -> Option<f64> {
    let taken = alarm
        .steps
        .iter()
        .find(|s| matches!(s.step, alarms::Step::Taken { .. }))?;
    Some((taken.at.0 - alarm.raised_at.0) as f64 / 1000.0)
}

pub(super) fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use vocabulary::DeviceId;

    use super::*;

    #[test]
    fn a_device_is_online_by_its_own_time_and_not_where_it_said_that_it_is_gone() {
        let at = |second: i64| Timestamp(1_790_000_000_000 + second * 1000);
        let mut state = State::one_bed(at(0), |places| {
            for (id, silent_after_s) in [("monitor", Some(15)), ("scale", None)] {
                let device = Standing {
                    silent_after_s,
                    ..Standing::somewhere(id, "bed")
                };
                places.devices.insert(id.to_owned(), device);
            }
        });
        let said = |state: &mut State, heard: i64, gone: Option<i64>| {
            let last = |id: &str| (DeviceId::new(id).unwrap(), Some(at(heard)), gone.map(at));
            state.hear_devices(&["monitor", "scale"].map(last));
        };
        let online = |state: &State, second| {
            let all = devices(state, &state.places.beds["bed"], at(second));
            all.iter().map(|one| one.online).collect::<Vec<_>>()
        };
        said(&mut state, 0, None);
        assert_eq!(online(&state, 15), [true, true]);
        // What measures when asked is silent in between.
        assert_eq!(online(&state, 16), [false, true]);
        said(&mut state, 20, Some(20));
        assert_eq!(online(&state, 21), [false, false]);
        // What is heard of them later says that they are back.
        said(&mut state, 22, Some(20));
        assert_eq!(online(&state, 23), [true, true]);
    }

    #[test]
    fn what_a_plan_needs_is_where_its_tag_says_and_not_where_it_is_listed() {
        let now = Timestamp(1_790_000_000_000);
        let plans = alarms::plans().iter();
        let plan = plans.clone().find(|plan| !plan.equipment.is_empty());
        let plan = plan.unwrap();
        let kind = plan.equipment[0].id.clone();
        let mut state = State::one_bed(now, |places| {
            let named = [("ward", "Ward"), ("store", "Store"), ("room", "Room")];
            let named = named.map(|(id, name)| (id.to_owned(), name.to_owned()));
            places.names.extend(named);
            for (id, place) in [("a", "ward"), ("b", "store")] {
                let thing = Standing {
                    kind: Some(kind.clone()),
                    ..Standing::somewhere(id, place)
                };
                places.devices.insert(id.to_owned(), thing);
            }
        });
        let mut bed = state.places.beds["bed"].clone();
        bed.room = Some("room".to_owned());
        let found = |state: &State| {
            let all = equipment(state, plan, Some(&bed), now);
            (all[0].device.clone().unwrap(), all[0].place.clone())
        };
        assert_eq!(found(&state), ("a".to_owned(), Some("Ward".to_owned())));
        // The one of this ward was carried away, the other stands in the room of the bed.
        state.locate_one("a", "tag-place:store", now, 1.0);
        state.locate_one("b", "tag-place:room", now, 1.0);
        assert_eq!(found(&state), ("b".to_owned(), Some("Room".to_owned())));
    }
}
