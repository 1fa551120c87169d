//! The wards while they run: samples come in, rules look at them, alarms go to the person on duty and on to the
//! next until somebody takes them.
//!
//! What is known of a bed now is derived, and comes again from what arrives. Each step of an alarm is a fact
//! before anybody hears of it.

mod at_bed;
mod attached;
mod calling;
mod charted;
mod command;
mod contacts;
mod corrected;
mod counts;
mod elsewhere;
mod heard;
mod in_order;
mod kept;
mod lines;
mod missions;
mod past;
mod places;
mod routing;
mod stored;
mod tags;
mod unkept;
mod view;
mod weeks;
mod written;

pub use attached::Tie;
pub use calling::{calling, sounding};
pub use charted::Entered;
pub use command::{command, duties_called, plans_held, traced};
pub use contacts::contacts;
pub use counts::{Counts, counts};
pub use elsewhere::{Acted, NotDone, Told, Version, Wish, act, do_asked, take_told};
pub use heard::written_about;
pub use kept::Kept;
pub use missions::{
    Mission, MissionAct, Wish as MissionWish, act as act_on_mission, begin as begin_mission,
};
pub use past::past;
pub use places::{
    Bed, DUTY_URI, Duty, Places, TAG, all as all_of, duties, kind as kind_of, now as places_now,
    referred, stays,
};
pub use tags::{is_position, place_said, saying_place};
pub use view::{WardFigures, alarm_view, figures, ward, wards};
pub use weeks::weeks;
pub use written::{Written, as_taken_back, stays_as_written, take_written, written_for};

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use alarms::{
    About, Act, AlarmId, Board, Change, Changed, Dispatch, PlanRun, Presence, Refused, RuleSet,
    Stepped, Watch, escalation, ward_rules,
};
use anyhow::Result;
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use policy::{Action, Permit};
use record::{Batch, Precondition, Room};
use tokio::{
    sync::{Mutex as Turn, broadcast::error::RecvError, watch},
    time::MissedTickBehavior,
};
use vocabulary::{ActorId, PatientId, Timestamp};

use crate::{
    clock,
    edges::LineNow,
    hospital::{Hospital, hospital_actor},
};

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);
/// What browsers hear.
const TOPIC: &str = "alarm";
/// How much of a bed's values is kept in memory, and how far apart at least, in milliseconds.
const RECENT_MS: i64 = 3_600_000;
const RECENT_EVERY_MS: i64 = 5_000;
/// How long an alarm that ended stays on the board, in milliseconds.
const CLOSED_MS: i64 = 86_400_000;
/// How many values that were not believed are remembered of a bed.
const DISBELIEVED: usize = 20;

/// All wards.
pub struct Ward {
    state: Mutex<State>,
    /// Whether it is known by now what was so when the program started.
    is_read: AtomicBool,
    /// One writes at a time, so that facts come in the order of the steps.
    writing: Turn<()>,
    /// Held from looking whether a bed is empty until somebody lies there: two who say so do it one after the other.
    pub lying_down: Turn<()>,
}

/// What is known now.
pub struct State {
    rules: Arc<RuleSet>,
    places: Places,
    beds: BTreeMap<String, BedState>,
    /// Things with a tag, by `Device/…`, and lines to edges, by `Edge/…`.
    things: BTreeMap<String, Thing>,
    /// Devices at beds of which something was found.
    at_beds: BTreeMap<at_bed::AtBed, Thing>,
    /// At which bed the battery of a device counted last, and when the device said what it holds.
    batteries: BTreeMap<String, at_bed::BatterySaid>,
    board: Board,
    beside: BTreeMap<AlarmId, Beside>,
    /// Alarms whose last steps are not facts yet.
    unkept: BTreeSet<AlarmId>,
    /// When a device or an edge was heard last.
    heard: BTreeMap<String, Timestamp>,
    /// When a device said that it is gone, where it said nothing of itself later.
    gone: BTreeMap<String, Timestamp>,
    /// What comes by which edge, which looks at it itself: devices, and by `Observation/…` what was written down there.
    by_edge: BTreeMap<String, ActorId>,
    /// What each edge has of what was written down about who lies in its beds, as it said last.
    left_to: BTreeMap<ActorId, BTreeSet<String>>,
    /// The locations that edges work for, as far as they are known by now.
    works_for: BTreeMap<ActorId, Vec<String>>,
    /// How the lines to edges are.
    lines: Vec<LineNow>,
    /// How much room there is for readings.
    room: Room,
    /// By which days are counted.
    zone: TimeZone,
    /// Where location tags were last.
    tags: BTreeMap<String, tags::Tag>,
    /// Errands and exercises that are not over.
    missions: BTreeMap<String, Mission>,
    unkept_missions: BTreeSet<String>,
    /// Devices that say that they have a fault, or failed their self-check.
    faulty: BTreeSet<String>,
}

/// A bed while it is watched.
struct BedState {
    watch: Watch,
    patient: Option<PatientId>,
    /// The last hour of each signal.
    recent: BTreeMap<String, VecDeque<(Timestamp, f64)>>,
    /// Where the newest value of each signal came from.
    sources: BTreeMap<String, kept::Source>,
    /// The newest value of each signal that the patient measured at home.
    from_home: BTreeMap<String, (Timestamp, f64)>,
    /// The newest value of each device, of signals of which the lowest counts.
    of_devices: BTreeMap<String, BTreeMap<String, OfDevice>>,
    disbelieved: VecDeque<Change>,
    /// By which `Observation/…` what rules ask people was answered last.
    answered: BTreeMap<String, String>,
    awaited: attached::Awaited,
    unkept: unkept::Unkept,
}

/// The newest that a device says of a signal.
struct OfDevice {
    at: Timestamp,
    value: f64,
    stream: String,
}

/// A thing with a tag, or a line to an edge, while it is watched.
struct Thing {
    watch: Watch,
    sources: BTreeMap<String, kept::Source>,
}

/// What was started from an alarm.
#[derive(Clone, Default)]
struct Beside {
    sources: BTreeMap<String, kept::Source>,
    run: Option<PlanRun>,
    sent: Vec<Dispatch>,
    /// Set where the alarm is led at an edge.
    led: Option<kept::Led>,
    /// It as that edge told it last, while nothing is heard of the edge and it goes on here.
    told: Option<Box<Kept>>,
    /// What happened here while nothing was heard of its edge.
    here: Vec<Stepped>,
}

impl From<Kept> for Beside {
    fn from(kept: Kept) -> Self {
        Self {
            sources: kept.sources,
            run: kept.run,
            sent: kept.sent,
            led: kept.led,
            told: kept.told,
            here: kept.here,
        }
    }
}

impl Default for Ward {
    fn default() -> Self {
        Self {
            state: Mutex::new(State::new(ward_rules())),
            is_read: AtomicBool::new(false),
            writing: Turn::default(),
            lying_down: Turn::default(),
        }
    }
}

impl Ward {
    /// Looks at what is known now.
    pub fn look<T>(&self, at: impl FnOnce(&State) -> T) -> T {
        at(&self.state.lock())
    }

    /// Whether it is known by now what was so when the program started.
    pub fn is_read(&self) -> bool {
        self.is_read.load(Ordering::Acquire)
    }
}

impl State {
    /// Nothing is known yet.
    fn new(rules: Arc<RuleSet>) -> Self {
        Self {
            rules,
            places: Places::default(),
            beds: BTreeMap::new(),
            things: BTreeMap::new(),
            at_beds: BTreeMap::new(),
            batteries: BTreeMap::new(),
            board: Board::new(escalation().clone()),
            beside: BTreeMap::new(),
            unkept: BTreeSet::new(),
            heard: BTreeMap::new(),
            gone: BTreeMap::new(),
            by_edge: BTreeMap::new(),
            left_to: BTreeMap::new(),
            works_for: BTreeMap::new(),
            lines: Vec::new(),
            room: Room::default(),
            zone: TimeZone::UTC,
            tags: BTreeMap::new(),
            missions: BTreeMap::new(),
            unkept_missions: BTreeSet::new(),
            faulty: BTreeSet::new(),
        }
    }

    /// Where everything is.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The alarm with this id of its fact.
    pub fn kept(&self, id: &str) -> Option<Kept> {
        let mut all = self.board.all().map(|alarm| self.whole(&alarm.id));
        all.find_map(|kept| kept.filter(|kept| kept.id() == id))
    }

    /// The bed that an alarm is about, or the ward of the thing or of the edge.
    fn location_of(&self, alarm: &alarms::Alarm) -> String {
        if self.places.beds.contains_key(&alarm.bed) {
            return alarm.bed.clone();
        }
        let about = self.places.about(&alarm.bed);
        about.map_or_else(|| alarm.bed.clone(), |about| about.ward)
    }

    fn whole(&self, id: &str) -> Option<Kept> {
        let beside = self.beside.get(id).cloned().unwrap_or_default();
        Some(Kept {
            alarm: self.board.alarm(id)?.clone(),
            sources: beside.sources,
            run: beside.run,
            sent: beside.sent,
            led: beside.led,
            told: beside.told,
            here: beside.here,
        })
    }

    /// Puts back an alarm that was kept.
    fn restore(&mut self, kept: Kept) {
        let id = kept.alarm.id.clone();
        match kept.led {
            None => self.board.restore(kept.alarm.clone()),
            Some(_) => self.board.show(kept.alarm.clone()),
        }
        self.beside.insert(id, kept.into());
    }

    /// Takes new places: a bed in which somebody else lies begins anew; open alarms stay. Which beds began anew
    /// is answered.
    fn settle(&mut self, mut places: Places, now: Timestamp) -> Vec<String> {
        let mut begun = Vec::new();
        let is_gone = |id: &String, _: &mut BedState| !places.beds.contains_key(id);
        for (id, _) in self.beds.extract_if(.., is_gone) {
            self.unkept.extend(self.board.leave(&id, now));
        }
        let open = self.board.open().into_iter();
        places.keep(open.map(|alarm| alarm.bed.as_str()), &self.places);
        for (id, bed) in &places.beds {
            let patient = bed.patient.as_ref().map(|lying| lying.id.clone());
            let is_same = self
                .beds
                .get(id)
                .is_some_and(|state| state.patient == patient);
            if is_same {
                continue;
            }
            if self.beds.contains_key(id) {
                self.unkept.extend(self.board.leave(id, now));
            }
            let mut watch = Watch::new(self.rules.clone());
            watch.begin_at(Timestamp(now.0 - i64::from(self.rules.lateness_s) * 1000));
            let birth = bed
                .patient
                .as_ref()
                .and_then(|lying| lying.birth_date.as_deref());
            let today = scenario::day_of(now, &self.zone);
            let age = birth.and_then(|birth| twin::demographics::age_years(birth, today));
            if let Some(age) = age {
                watch.see(
                    "age_years",
                    knowledge::AnswerValue::Number(f64::from(age)),
                    now,
                );
            }
            let sex = bed.patient.as_ref().and_then(|lying| lying.sex.as_deref());
            if let Some(sex @ ("female" | "male")) = sex {
                watch.see(
                    "female",
                    knowledge::AnswerValue::YesNo(sex == "female"),
                    now,
                );
            }
            let state = BedState {
                watch,
                patient,
                recent: BTreeMap::new(),
                sources: BTreeMap::new(),
                from_home: BTreeMap::new(),
                of_devices: BTreeMap::new(),
                disbelieved: VecDeque::new(),
                answered: BTreeMap::new(),
                awaited: BTreeMap::new(),
                unkept: unkept::Unkept::default(),
            };
            self.beds.insert(id.clone(), state);
            begun.push(id.clone());
        }
        self.at_beds.retain(|(bed, _), _| !begun.contains(bed));
        let was = std::mem::replace(&mut self.places, places);
        let places = &self.places;
        self.batteries.retain(|device, said| {
            !begun.contains(&said.bed) && places.bed_of_device(device) == Some(said.bed.as_str())
        });
        self.settle_lowest(&was, now);
        self.settle_things(now);
        self.settle_at_beds(now);
        routing::let_go(self, Some(&was), now);
        begun
    }

    fn renew(&mut self, now: Timestamp) {
        self.rules = ward_rules();
        self.board.escalate_by(escalation().clone());
        let mut gone = Vec::new();
        let beds = self.beds.iter_mut();
        let beds = beds.map(|(id, bed)| ((id, None), &mut bed.watch));
        let things = self.things.iter_mut();
        let things = things.map(|(id, thing)| ((id, None), &mut thing.watch));
        let at_beds = self.at_beds.iter_mut();
        let at_beds = at_beds.map(|((bed, device), found)| ((bed, Some(device)), &mut found.watch));
        for ((id, device), watch) in beds.chain(things).chain(at_beds) {
            let rules = watch.follow(self.rules.clone()).into_iter();
            gone.extend(rules.map(|rule| (id.clone(), device.cloned(), rule)));
        }
        for (about, device, rule) in gone {
            let over = Change {
                at: now,
                rule,
                changed: Changed::Ended,
            };
            self.take_up(&about, device.as_deref(), &over, now);
        }
        self.await_devices(now);
    }

    /// What watches the bed, the device there or the thing that an alarm is about.
    fn watch_of(&mut self, about: &str, device: Option<&str>) -> Option<&mut Watch> {
        if let Some(device) = device {
            let at_bed = (about.to_owned(), device.to_owned());
            return Some(&mut self.at_beds.get_mut(&at_bed)?.watch);
        }
        match self.beds.get_mut(about) {
            Some(bed) => Some(&mut bed.watch),
            None => Some(&mut self.things.get_mut(about)?.watch),
        }
    }

    /// Says that a rule held when its watch began, since its alarm is still open.
    fn holds_still(&mut self, about: &str, device: Option<&str>, rule: &str, now: Timestamp) {
        if let Some(device) = device {
            let at_bed = (about.to_owned(), device.to_owned());
            let begin = || Thing::begin(&self.rules, now);
            self.at_beds.entry(at_bed).or_insert_with(begin);
        }
        if let Some(watch) = self.watch_of(about, device) {
            watch.stands(rule);
        }
    }

    /// The conditions of open alarms held when the program ended: they end when they are seen not to hold.
    fn stand(&mut self, now: Timestamp) {
        let open = self.board.open().into_iter();
        let present = open.filter(|alarm| {
            alarm.presence == Presence::Present && !self.board.is_led_elsewhere(&alarm.id)
        });
        for alarm in present.cloned().collect::<Vec<_>>() {
            self.holds_still(&alarm.bed, alarm.device.as_deref(), &alarm.rule, now);
        }
    }

    /// Lets time pass at all beds and on the board.
    fn tick(&mut self, now: Timestamp) {
        let mut changes = Vec::new();
        for (id, bed) in &mut self.beds {
            bed.hear();
            for change in bed.watch.advance(now) {
                if matches!(change.changed, Changed::Disbelieved { .. }) {
                    bed.disbelieved.push_back(change);
                    if bed.disbelieved.len() > DISBELIEVED {
                        bed.disbelieved.pop_front();
                    }
                    continue;
                }
                // A room raises one alarm, however many beds are in it.
                let is_rooms =
                    self.rules.is_of_room(&change.rule) && !self.places.is_first_of_room(id);
                let known = (&bed.sources, &bed.answered);
                if is_rooms || elsewhere::looks(&self.rules, &self.by_edge, known, &change) {
                    // Who looks at it now may do so no more while it still holds.
                    bed.watch.look_again(&change.rule);
                    continue;
                }
                changes.push((id.clone(), change));
            }
        }
        let nobody_asked = BTreeMap::new();
        for (id, thing) in &mut self.things {
            // An edge that hears the tag of a thing which stands elsewhere does not watch over it.
            let stands = id.strip_prefix(tags::THING);
            let stands = stands.and_then(|id| self.places.devices.get(id)?.place.as_ref());
            let is_theirs = thing.sources.values().all(|source| {
                let edge = self.by_edge.get(&source.device);
                let locations = edge.and_then(|edge| self.works_for.get(edge));
                let is_there =
                    |place: &String| locations.is_none_or(|all| self.places.is_within(place, all));
                stands.is_none_or(is_there)
            });
            for change in thing.watch.advance(now) {
                let known = (&thing.sources, &nobody_asked);
                if is_theirs && elsewhere::looks(&self.rules, &self.by_edge, known, &change) {
                    thing.watch.look_again(&change.rule);
                    continue;
                }
                changes.push((id.clone(), change));
            }
        }
        for (about, change) in changes {
            self.take_up(&about, None, &change, now);
        }
        self.tick_at_beds(now);
        routing::let_go(self, None, now);
        self.unkept.extend(self.board.tick(now));
        self.send(now);
        let before = Timestamp(now.0 - CLOSED_MS);
        self.board.forget_closed_before(before);
        let board = &self.board;
        self.beside.retain(|id, _| board.alarm(id).is_some());
        self.unkept.retain(|id| board.alarm(id).is_some());
    }

    /// Takes a change at a bed, of a device there or of a thing to the board.
    fn take_up(&mut self, about: &str, device: Option<&str>, change: &Change, now: Timestamp) {
        let bed = self.beds.get(about);
        let patient = bed.and_then(|bed| bed.patient.as_ref());
        let whole = About {
            bed: about,
            device,
            patient: patient.map(PatientId::as_str),
        };
        let touched = self.board.apply_about(whole, change, &self.rules, now);
        let Some(alarm) = touched else { return };
        let at_bed = device.and_then(|device| {
            let at_bed = (about.to_owned(), device.to_owned());
            self.at_beds.get(&at_bed)
        });
        let thing = at_bed.or_else(|| self.things.get(about));
        let sources = thing.map(|thing| &thing.sources);
        let sources = sources.or_else(|| Some(&bed?.sources));
        if let (Changed::Began { read }, Some(sources)) = (&change.changed, sources) {
            let beside = self.beside.entry(alarm.clone()).or_default();
            for reading in read {
                let source = sources.get(&reading.signal).cloned();
                beside
                    .sources
                    .extend(source.map(|s| (reading.signal.clone(), s)));
            }
        }
        self.unkept.insert(alarm);
    }

    /// Asks whoever is nearest and free, for every role that a plan wants.
    fn send(&mut self, now: Timestamp) {
        let open: Vec<AlarmId> = self
            .board
            .open()
            .iter()
            .map(|alarm| alarm.id.clone())
            .collect();
        for id in open {
            let Some(alarm) = self.board.alarm(&id) else {
                continue;
            };
            if !self.board.goes_on_here(&id) {
                continue;
            }
            let Some(bed) = self.places.about(&alarm.bed) else {
                continue;
            };
            let candidates = routing::candidates(self, &bed, &id, now);
            let Some(beside) = self.beside.get_mut(&id) else {
                continue;
            };
            if routing::ask(&mut beside.sent, &candidates, now, routing::only) {
                self.unkept.insert(id);
            }
        }
        self.send_missions(now);
    }
}

/// Follows what arrives, what is written down, and the clock.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let work = hospital.own_permit("watch the wards", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    // Listening begins before the first look, so that nothing falls between them.
    let signals = &hospital.signals;
    let (Ok(mut live), Ok(mut without_room)) = (signals.live(&permit), signals.unkept(&permit))
    else {
        return;
    };
    let mut feed = hospital.record.feed();
    let mut next = *feed.borrow();
    // What was written until then is read by nobody but who asks.
    hospital.edges.note_change();
    if let Err(error) = begin(&hospital, &permit).await {
        tracing::error!(%error, "the wards could not be read");
    }
    hospital.ward.is_read.store(true, Ordering::Release);
    let mut last_heard = clock::now();
    let mut missed_since = None;
    let mut time = tokio::time::interval(TICK);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_written = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            arrived = live.recv() => {
                match arrived {
                    Ok(arrived) => {
                        last_heard = arrived.received;
                        let edge = hospital.devices.edge_of(&arrived.stream.device);
                        hospital.ward.state.lock().arrive(&arrived, edge.as_ref());
                    }
                    // What was missed is in the record, and is read there with the next tick.
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "readings came too fast for the wards");
                        missed_since = missed_since.or(Some(last_heard));
                    }
                    Err(RecvError::Closed) => return,
                }
                continue;
            }
            heard = without_room.recv() => {
                if !unkept::hear(&hospital, heard) { return }
                continue;
            }
            changed = feed.changed() => {
                if changed.is_err() { return }
                true
            }
            _ = time.tick() => false,
        };
        if is_written {
            heard::written(&hospital, &permit, &mut next).await;
        } else {
            let lines = hospital.edges.lines();
            let states = hospital.devices.states();
            let last_of_all = hospital.devices.heard();
            let room = hospital.signals.room();
            let now = clock::now();
            if let Some(since) = missed_since {
                match heard::missed(&hospital, &permit, since, now).await {
                    Ok(()) => missed_since = None,
                    Err(error) => {
                        tracing::error!(%error, "what the wards missed could not be read; it is tried again");
                    }
                }
            }
            {
                let mut state = hospital.ward.state.lock();
                match lines {
                    Ok(lines) => state.hear_lines(&lines, now),
                    Err(error) => {
                        tracing::error!(%error, "the lines to edges could not be looked at");
                    }
                }
                state.room = room;
                state.tick(now);
                state.hear_states(&states, now);
                state.hear_devices(&last_of_all);
            }
            keep(&hospital).await;
        }
    }
}

/// What is so when the program starts: the places, the alarms that nobody ended, and what was written down last.
async fn begin(hospital: &Hospital, permit: &Permit) -> Result<()> {
    let now = clock::now();
    let places = places::now(hospital, permit).await?;
    // Where this cannot be looked at now, it is with the first tick.
    let lines = hospital.edges.lines().unwrap_or_default();
    let alarms = kept::load(hospital, permit, None).await?;
    let missions = missions::load(hospital, permit, None).await?;
    {
        let mut state = hospital.ward.state.lock();
        state.zone = hospital.config.time_zone.rules().clone();
        let works_for = lines.into_iter().map(|line| (line.edge, line.locations));
        state.works_for = works_for.collect();
        state.settle(places, now);
        for kept in alarms {
            state.restore(kept);
        }
        state.by_edge = hospital.devices.of_edges();
        state.stand(now);
        state.settle_at_beds(now);
        state.await_devices(now);
        let open = missions.into_iter().filter(|one| one.ended.is_none());
        state.missions = open.map(|one| (one.id.clone(), one)).collect();
    }
    heard::recent(hospital, permit, now).await
}

/// Makes facts of the steps that are none yet, and tells those whom they concern. What could not be kept now is
/// tried again with the next tick; nobody hears of it before.
async fn keep(hospital: &Hospital) {
    let _turn = hospital.ward.writing.lock().await;
    keep_all(hospital, &hospital_actor()).await;
    missions::keep_own(hospital).await;
}

async fn keep_all(hospital: &Hospital, actor: &ActorId) {
    let now = clock::now();
    let unkept: Vec<(Kept, String, Vec<ActorId>)> = hospital.ward.look(|state| {
        let ids = state.unkept.iter();
        ids.filter_map(|id| {
            let kept = state.whole(id)?;
            let people = routing::concerned(state, &kept, now);
            let location = state.location_of(&kept.alarm);
            Some((kept, location, people))
        })
        .collect()
    });
    for (kept, location, mut people) in unkept {
        let batch = Batch {
            actor: actor.clone(),
            facts: vec![(kept.fact(&location), Precondition::None)],
        };
        if let Err(error) = hospital.record.commit(batch).await {
            tracing::error!(%error, "a step of an alarm could not be kept");
            continue;
        }
        {
            let mut state = hospital.ward.state.lock();
            // A step that was made meanwhile is still to be kept.
            if state.whole(&kept.alarm.id).as_ref() == Some(&kept) {
                state.unkept.remove(&kept.alarm.id);
            }
        }
        if people.is_empty() {
            people = routing::anybody(hospital);
        }
        hospital.changes.announce(TOPIC, kept.id(), people);
    }
}

/// Goes on by the rules, plans and escalation that are in force now. Alarms that are open keep what they were raised
/// with; where their rule is none any more, nothing holds them, and somebody ends them.
pub async fn renew(hospital: &Hospital) {
    let _turn = hospital.ward.writing.lock().await;
    hospital.ward.state.lock().renew(clock::now());
    keep_all(hospital, &hospital_actor()).await;
}

/// What a person does with an alarm that is led here.
async fn act_on(hospital: &Hospital, id: &str, act: Act, by: &ActorId) -> Result<Kept, Refused> {
    let _turn = hospital.ward.writing.lock().await;
    let now = clock::now();
    {
        let mut state = hospital.ward.state.lock();
        let alarm = state.kept(id).ok_or(Refused::Unknown)?.alarm;
        let closes = matches!(act, Act::Close { .. });
        let plan = match &act {
            Act::StartPlan { plan, drill } => {
                let run = PlanRun::start(plan, &alarm.id, by.as_str(), *drill, now);
                Some(run.ok_or(Refused::Unknown)?)
            }
            _ => None,
        };
        state.board.act(&alarm.id, act, by.as_str(), now)?;
        if closes && let Some(watch) = state.watch_of(&alarm.bed, alarm.device.as_deref()) {
            watch.look_again(&alarm.rule);
        }
        if let Some(run) = plan {
            routing::start(&mut state, &alarm, run, now);
        }
        state.unkept.insert(alarm.id);
    }
    keep_all(hospital, by).await;
    hospital
        .ward
        .look(|state| state.kept(id))
        .ok_or(Refused::Unknown)
}

/// Ticks off a step of the plan that was started from an alarm.
async fn do_step(hospital: &Hospital, id: &str, step: &str, by: &ActorId) -> Option<Kept> {
    change(hospital, id, by, |beside| {
        let run = beside.run.as_mut()?;
        run.do_step(step, by.as_str(), clock::now()).then_some(())
    })
    .await
}

/// Who was sent, or a thing that was, is at the bed now.
async fn arrive(hospital: &Hospital, id: &str, who: Option<&str>, by: &ActorId) -> Option<Kept> {
    let is_thing = |who: &&str| {
        hospital
            .ward
            .look(|state| state.places.devices.contains_key(*who))
    };
    let who = who.filter(is_thing).unwrap_or(by.as_str());
    change(hospital, id, by, |beside| {
        let mut sent = beside.sent.iter_mut();
        sent.any(|dispatch| dispatch.arrive(who, clock::now()))
            .then_some(())
    })
    .await
}

/// Answers whether one comes.
async fn answer(hospital: &Hospital, id: &str, accepts: bool, by: &ActorId) -> Option<Kept> {
    change(hospital, id, by, |beside| {
        let mut sent = beside.sent.iter_mut();
        sent.any(|dispatch| dispatch.answer(by.as_str(), accepts))
            .then_some(())
    })
    .await
}

async fn change(
    hospital: &Hospital,
    id: &str,
    by: &ActorId,
    change: impl FnOnce(&mut Beside) -> Option<()>,
) -> Option<Kept> {
    let _turn = hospital.ward.writing.lock().await;
    {
        let mut state = hospital.ward.state.lock();
        let kept = state.kept(id).filter(|kept| kept.alarm.closed.is_none())?;
        change(state.beside.get_mut(&kept.alarm.id)?)?;
        state.unkept.insert(kept.alarm.id);
    }
    keep_all(hospital, by).await;
    hospital.ward.look(|state| state.kept(id))
}
