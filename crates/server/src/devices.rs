//! The hospital's devices: which there are, what they send, and how good that is.

mod again;
mod commands;
mod kept;
pub mod observed;
mod quality;
mod registry;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

use ::devices::{
    Intake, Mark, Profile, Profiles, Reading, Refusal, Remembered, Said, Stream, StreamCode,
};
use anyhow::Result;
use parking_lot::{Mutex, RwLock};
use record::{Arrived, QualityMark, Readings, StreamKey};
use scenario::FileFault;
use tokio::sync::{OwnedMutexGuard, broadcast};
use vocabulary::{ActorId, Coding, DeviceId, PatientId, Text, Timestamp};

use crate::{clock, ward::TAG};

use again::{Before, Message};
pub use again::{Recalled, Sent};
pub use commands::CommandError;
pub use kept::{Command, CommandState, Credential, Kept, ORDER, new_token};
use quality::Strangers;
pub use quality::{Quality, Stranger};
pub use registry::{
    NewDevice, RegistryError, as_registered, as_retired, carrier_of, follow, load, register,
    reinstate, retire, said_by, set_profile, since_of, take_said,
};

/// Of so many patients of one device the latest values are remembered.
const SUBJECTS: usize = 1000;
/// A device may send at once what it may send in so many seconds; more is read later, not lost.
const BURST_S: f64 = 20.0;

/// A device of the registry.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Its id, which is its MQTT client id.
    pub id: DeviceId,
    /// What people call it.
    pub name: String,
    /// What kind it is of.
    pub profile: Arc<Profile>,
    /// Whose values it measures.
    pub patient: Option<PatientId>,
    /// Since when: what it measured before is another's.
    pub since: Option<Timestamp>,
    /// Where it is: the id of a `Location`.
    pub location: Option<String>,
    /// Its maker's number.
    pub serial: Option<String>,
    /// Who or what carries it, where it is a tag.
    pub carrier: Option<String>,
    /// Whether it may send.
    pub active: bool,
    /// It stands at a bed that its patient has left: what it measures there is nobody's, until somebody says whose.
    pub is_left_behind: bool,
}

/// What is known of a device from what it sent.
#[derive(Default)]
struct Live {
    /// One for each patient whom it measures: the gateway of a ward measures many at the same moment.
    intakes: HashMap<Option<PatientId>, Intake>,
    quality: Quality,
    /// Held while what it sent is on its way into the record.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// What it may send at once, in messages, and when that was so.
    bucket: Option<(f64, Timestamp)>,
    /// By what its latest messages are known when they come again.
    before: Before,
}

impl Live {
    fn intake(&mut self, subject: Option<&PatientId>) -> &mut Intake {
        let subject = subject.cloned();
        // A memory, not the truth: what it has forgotten the record still knows.
        if self.intakes.len() >= SUBJECTS && !self.intakes.contains_key(&subject) {
            self.intakes.clear();
        }
        self.intakes.entry(subject).or_default()
    }
}

/// What became of a message.
pub struct Taken {
    /// What is to be kept.
    pub arrived: Vec<Arrived>,
    /// What to forget where it cannot be kept.
    pub remembered: Remembered,
    /// Why nothing of it is taken.
    pub refused: Option<Refusal>,
}

impl Taken {
    fn nothing(refused: Option<Refusal>) -> Self {
        Self {
            arrived: Vec::new(),
            remembered: Remembered::default(),
            refused,
        }
    }
}

/// The devices of one hospital.
pub struct Devices {
    profiles: Profiles,
    /// Further versions of profiles that were published, by id and version.
    versions: RwLock<HashMap<(String, u32), Arc<Profile>>>,
    /// Tokens, states and commands.
    pub kept: Kept,
    known: RwLock<HashMap<DeviceId, Arc<Registered>>>,
    /// The beds of the wards, and who lies in each.
    lying: RwLock<HashMap<String, Option<PatientId>>>,
    live: RwLock<HashMap<DeviceId, Arc<Mutex<Live>>>>,
    /// Held from looking at whose a device is until it is somebody's: two who connect it do so one after the other.
    pub connecting: tokio::sync::Mutex<()>,
    /// Of files of which nobody knows what device wrote them.
    files: Mutex<Quality>,
    strangers: Mutex<Strangers>,
    revoked: broadcast::Sender<DeviceId>,
    commanded: broadcast::Sender<Command>,
}

impl Devices {
    /// Opens what is kept below the hospital's data folder; it knows these kinds of devices.
    pub fn open(data: &Path, profiles: Profiles, mut recalled: Recalled) -> Result<Self> {
        let kept = Kept::open(data)?;
        for (device, quality) in kept.qualities()? {
            recalled.live.entry(device).or_default().quality = quality;
        }
        let live = recalled.live.into_iter();
        let live = live.map(|(device, live)| (device, Arc::new(Mutex::new(live))));
        let live = live.collect();
        let files = kept.quality_of_files()?;
        Ok(Self {
            profiles,
            versions: RwLock::default(),
            kept,
            known: RwLock::default(),
            lying: RwLock::default(),
            live: RwLock::new(live),
            connecting: tokio::sync::Mutex::default(),
            files: Mutex::new(files),
            strangers: Mutex::default(),
            revoked: broadcast::channel(64).0,
            commanded: broadcast::channel(256).0,
        })
    }

    /// The kinds of devices.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// A version of a kind's profile that was published; while it is not here, the newest before it, else the one that
    /// came with the program.
    pub fn profile(&self, id: &str, version: Option<u32>) -> Option<Arc<Profile>> {
        let shipped = self.profiles.get(id)?;
        let versions = self.versions.read();
        let published = versions.values().filter(|one| {
            let is_older = version.is_some_and(|version| one.version < version);
            one.id == id
                && (Some(one.version) == version || is_older && one.version > shipped.version)
        });
        let newest = published.max_by_key(|one| one.version).cloned();
        newest.or_else(|| Some(Arc::clone(shipped)))
    }

    /// Takes a version of a profile that was published.
    pub fn add_profile(&self, profile: Profile) {
        let of = (profile.id.clone(), profile.version);
        self.versions.write().insert(of, Arc::new(profile));
    }

    /// A device of the registry.
    pub fn find(&self, device: &DeviceId) -> Option<Arc<Registered>> {
        self.known.read().get(device).cloned()
    }

    /// What people call what comes on a stream, where the profile of its device has it.
    pub fn title_of(&self, of: &StreamKey, code: &str, unit: &str) -> Option<Text> {
        self.of_stream((of, code, unit), |stream| stream.title.clone())
    }

    /// Further codes of what comes on a stream, where the profile of its device has it.
    pub fn also_coded(&self, of: &StreamKey, code: &str, unit: &str) -> Vec<Coding> {
        let also = |stream: &Stream| stream.also.iter().map(StreamCode::coding).collect();
        self.of_stream((of, code, unit), also).unwrap_or_default()
    }

    fn of_stream<T>(
        &self,
        (of, code, unit): (&StreamKey, &str, &str),
        read: impl FnOnce(&Stream) -> T,
    ) -> Option<T> {
        let device = self.find(&of.device)?;
        let stream = device.profile.stream(&of.stream)?;
        // What a device of another kind measured under its id before is none of its own.
        let is_it = stream.unit == unit && stream.code.coding().code == code;
        is_it.then(|| read(stream))
    }

    /// Takes who lies in which bed.
    pub fn know_who_lies(&self, beds: HashMap<String, Option<PatientId>>) {
        *self.lying.write() = beds;
    }

    /// Whether a device stands at a bed in which its patient does not lie. A tag goes where its patient goes.
    pub fn is_left_behind(&self, device: &Registered) -> bool {
        let (Some(patient), Some(place)) = (&device.patient, &device.location) else {
            return false;
        };
        let lying = self.lying.read();
        let lies = lying.get(place).filter(|_| device.profile.id != TAG);
        lies.is_some_and(|lies| lies.as_ref() != Some(patient))
    }

    /// Whether a device is a patient's and stands at a bed in which nobody lies.
    pub fn is_at_empty_bed(&self, device: &Registered) -> bool {
        let place = device.location.as_ref();
        let lies = place.and_then(|place| self.lying.read().get(place).cloned());
        lies == Some(None) && self.is_left_behind(device)
    }

    /// A device as it measures now: nobody, where it is left behind.
    pub fn as_it_stands(&self, device: Arc<Registered>) -> Arc<Registered> {
        if !self.is_left_behind(&device) {
            return device;
        }
        Arc::new(Registered {
            patient: None,
            is_left_behind: true,
            ..Registered::clone(&device)
        })
    }

    /// Whether a device tells where one of the staff is, who is not this one: that is theirs to see.
    pub fn is_of_another(&self, device: &DeviceId, who: &ActorId) -> bool {
        let known = self.known.read();
        let carrier = known.get(device).and_then(|known| known.carrier.as_deref());
        let staff = carrier.and_then(|carrier| carrier.strip_prefix("Practitioner/"));
        staff.is_some_and(|staff| staff != who.as_str())
    }

    /// All devices of the registry, by their ids.
    pub fn all(&self) -> Vec<Arc<Registered>> {
        let mut all: Vec<_> = self.known.read().values().cloned().collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    fn live(&self, device: &DeviceId) -> Arc<Mutex<Live>> {
        if let Some(live) = self.live.read().get(device) {
            return Arc::clone(live);
        }
        let mut all = self.live.write();
        Arc::clone(all.entry(device.clone()).or_default())
    }

    /// Hears of devices whose tokens were revoked or that were retired.
    pub fn revocations(&self) -> broadcast::Receiver<DeviceId> {
        self.revoked.subscribe()
    }

    /// Says that a device may not stay.
    pub fn put_out(&self, device: &DeviceId) {
        // Nobody listening is no failure.
        let _ = self.revoked.send(device.clone());
    }

    /// Hears of new commands.
    pub fn commands(&self) -> broadcast::Receiver<Command> {
        self.commanded.subscribe()
    }

    /// Waits for a device's turn, which is over once its guard is dropped. It is held from [`Devices::take`] until
    /// what came of that is kept or forgotten: else the same message on another connection were a duplicate, and
    /// acknowledged, while the first is not on disk yet and may never be.
    pub async fn turn(&self, device: &DeviceId) -> OwnedMutexGuard<()> {
        let turn = Arc::clone(&self.live(device).lock().turn);
        turn.lock_owned().await
    }

    /// Whether a device may send, with what it has shown.
    pub fn may_send(&self, device: &DeviceId, shown: Credential) -> bool {
        let active = self.find(device).is_some_and(|known| known.active);
        // Where it cannot be decided nobody stays; who connects anew is answered at the door.
        let whose = self.kept.whose(shown).ok().flatten();
        active && whose.as_ref() == Some(device)
    }

    /// Takes a message of a device, whose turn it is. What comes of it must be kept, or forgotten by
    /// [`Devices::forget`].
    pub fn take(
        &self,
        device: &Registered,
        topic: &str,
        payload: &[u8],
        sent: Option<Sent>,
        received: Timestamp,
    ) -> Taken {
        let live = self.live(&device.id);
        let mut live = live.lock();
        live.quality.heard(received);
        live.quality.edge = None;
        let message = Message {
            subject: device.patient.as_ref(),
            topic,
            payload,
            sent,
        };
        if live.before.knows(&message) {
            live.quality.duplicates += 1;
            return Taken::nothing(None);
        }
        let received = live.before.came_first(&message).unwrap_or(received);
        let intake = live.intake(device.patient.as_ref());
        let taken = intake.take(&device.profile, topic, payload, received);
        let mut taken = self.taken(&mut live, device, taken, (topic, payload.len(), received));
        message.name(&mut taken.arrived);
        live.before.came(&taken.arrived);
        taken
    }

    /// Takes what another says in the place of a device, whose turn it is.
    pub fn take_said(
        &self,
        device: &Registered,
        topic: &str,
        payload: &[u8],
        received: Timestamp,
        said: Said,
    ) -> Taken {
        let live = self.live(&device.id);
        let mut live = live.lock();
        live.quality.heard(received);
        live.quality.edge = None;
        let intake = live.intake(device.patient.as_ref());
        let taken = intake.take_as(&device.profile, topic, payload, received, said);
        self.taken(&mut live, device, taken, (topic, payload.len(), received))
    }

    /// What became of a message that was looked at.
    fn taken(
        &self,
        live: &mut Live,
        device: &Registered,
        taken: Result<::devices::Taken, Refusal>,
        (topic, bytes, received): (&str, usize, Timestamp),
    ) -> Taken {
        let taken = taken.and_then(|taken| match device.since {
            Some(since) if taken.readings.iter().any(|one| began(one) < since) => {
                live.intake(device.patient.as_ref())
                    .forget(&taken.remembered);
                Err(Refusal::BeforeAssignment)
            }
            _ => Ok(taken),
        });
        let quality = &mut live.quality;
        match taken {
            Ok(taken) => {
                quality.duplicates += u64::from(taken.duplicates);
                if taken.not_measured > 0 {
                    quality.marked(&Mark::NotMeasured {
                        samples: taken.not_measured,
                    });
                }
                let read_by = self.read_by(device);
                let of = |reading| arrived(device, reading, received, read_by.clone());
                for reading in &taken.readings {
                    quality.accepted += reading.samples.count() as u64;
                    for mark in &reading.marks {
                        quality.marked(mark);
                    }
                    if device.is_left_behind {
                        quality.was_left_behind();
                    }
                }
                Taken {
                    arrived: taken.readings.into_iter().map(of).collect(),
                    remembered: taken.remembered,
                    refused: None,
                }
            }
            Err(refusal) => {
                quality.refused(received, topic, bytes, refusal.code(), refusal.text());
                Taken::nothing(Some(refusal))
            }
        }
    }

    /// Says by which version of its profile a device is read, where that is not the one of the program.
    fn read_by(&self, device: &Registered) -> Option<QualityMark> {
        let version = device.profile.version;
        let shipped = self.profiles.get(&device.profile.id);
        let other = shipped.is_none_or(|shipped| shipped.version != version);
        other.then_some(QualityMark::Profile { version })
    }

    /// Remembers that a message was acknowledged, so that it is known when it comes again.
    pub fn acknowledged(&self, device: &DeviceId, id: u16, payload: &[u8]) {
        let live = self.live(device);
        live.lock().before.acknowledged(id, payload);
    }

    /// Forgets what could not be kept: when it comes again, it is new.
    pub fn forget(&self, device: &DeviceId, subject: Option<&PatientId>, remembered: &Remembered) {
        let live = self.live(device);
        if let Some(intake) = live.lock().intakes.get_mut(&subject.cloned()) {
            intake.forget(remembered);
        }
    }

    /// Looks at or changes what is known of how good a device's messages are.
    pub fn with_quality<T>(&self, device: &DeviceId, look: impl FnOnce(&mut Quality) -> T) -> T {
        look(&mut self.live(device).lock().quality)
    }

    /// Counts what the record knew of what was appended, by the devices that it came from.
    pub fn were_known(&self, from: &[DeviceId], taken: &[record::Taken]) {
        for (device, taken) in from.iter().zip(taken) {
            let known = taken.known as u64;
            self.with_quality(device, |quality| quality.were_known(known));
        }
    }

    /// Counts values that were counted as taken and could not be kept, by the devices that they came from.
    pub fn were_not_kept(&self, from: &[DeviceId], values: &[u64], is_full: bool) {
        let mut told = BTreeSet::new();
        for (device, values) in from.iter().zip(values) {
            self.with_quality(device, |quality| {
                quality.were_not_kept(*values);
                // They came in one message.
                if is_full && told.insert(device) {
                    quality.had_no_room(clock::now(), 1, 0);
                }
            });
        }
    }

    /// Notes by which edge the values of devices come from now on: before anybody hears of these.
    pub fn come_by_edge(&self, from: &[DeviceId], edge: &ActorId) {
        for device in from {
            let changed = self.with_quality(device, |quality| {
                let before = quality.edge.replace(edge.clone());
                (before.as_ref() != Some(edge)).then(|| quality.clone())
            });
            // A program that is killed must know it when it comes back, and not only what is saved now and then.
            let Some(quality) = changed else { continue };
            if let Err(error) = self
                .kept
                .save_qualities(&[(device.clone(), quality)], &self.files())
            {
                tracing::error!(%error, "the edge of a device could not be saved");
            }
        }
    }

    /// The edge that a device's values come by; none where it sends here itself.
    pub fn edge_of(&self, device: &DeviceId) -> Option<ActorId> {
        let live = self.live.read().get(device).map(Arc::clone)?;
        live.lock().quality.edge.clone()
    }

    /// The devices whose values come by edges, each with its edge.
    pub fn of_edges(&self) -> BTreeMap<String, ActorId> {
        let live = self.live.read();
        let by_edge = live
            .iter()
            .filter_map(|(device, live)| Some((device, live.lock().quality.edge.clone()?)));
        by_edge
            .map(|(device, edge)| (device.to_string(), edge))
            .collect()
    }

    /// The devices that were heard at an edge last.
    pub fn at_edge(&self, edge: &ActorId) -> Vec<DeviceId> {
        let live = self.live.read();
        let there = live
            .iter()
            .filter(|(_, live)| live.lock().quality.edge.as_ref() == Some(edge));
        there.map(|(device, _)| device.clone()).collect()
    }

    /// Counts values that an edge took from a device and sent on.
    pub fn came_by_edge(&self, from: &[DeviceId], values: &[usize]) {
        let now = clock::now();
        for (device, values) in from.iter().zip(values) {
            self.with_quality(device, |quality| {
                quality.heard(now);
                quality.accepted += *values as u64;
            });
        }
    }

    /// How long a device that sent so many messages must wait until more are read from it, in milliseconds.
    pub fn pace(&self, device: &Registered, messages: usize, now: Timestamp) -> u64 {
        let live = self.live(&device.id);
        let mut live = live.lock();
        let rate = device.profile.messages_per_s;
        let most = rate * BURST_S;
        let (left, since) = live.bucket.unwrap_or((most, now));
        let earned = (now.0 - since.0).max(0) as f64 / 1000.0 * rate;
        let left = (left + earned).min(most) - messages as f64;
        live.bucket = Some((left, now));
        if left >= 0.0 {
            return 0;
        }
        live.quality.slowed += 1;
        // No longer than a keep-alive may be late; what is owed stays owed.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 30,000"
        )]
        let wait_ms = (-left / rate * 1000.0).clamp(1.0, 30_000.0) as u64;
        wait_ms
    }

    /// Notes a connection that was turned away.
    pub fn stranger(&self, stranger: Stranger) {
        self.strangers.lock().note(stranger);
    }

    /// Connections that were turned away lately, the newest first.
    pub fn strangers(&self) -> Vec<Stranger> {
        self.strangers.lock().all()
    }

    /// Counts a file of which not all could be taken: at the device of its patient that writes such files, where it is
    /// known which, else at the row of files.
    pub fn file_refused(&self, fault: FileFault, at: Timestamp) {
        let FileFault {
            patient,
            profile,
            serial,
            part,
            bytes,
            code,
            why,
        } = fault;
        let writers: Vec<_> = {
            let known = self.known.read();
            let writes = |device: &&Arc<Registered>| {
                device.active
                    && device.patient.as_ref() == Some(&patient)
                    && profile == Some(device.profile.id.as_str())
            };
            known.values().filter(writes).cloned().collect()
        };
        let of = writer(&writers, serial.as_deref());
        let count = |quality: &mut Quality| quality.refused(at, part, bytes, code, why);
        match of {
            Some(device) => self.with_quality(&device.id, count),
            None => count(&mut self.files.lock()),
        }
    }

    /// How good files are of which nobody knows what device wrote them.
    pub fn files(&self) -> Quality {
        self.files.lock().clone()
    }

    /// What devices say of themselves that are connected here, and when they said so. One that was cut off may be well
    /// again or not: nobody knows.
    pub fn states(&self) -> Vec<(DeviceId, ::devices::State, Option<Timestamp>)> {
        let live = self.live.read();
        let states = live.iter().filter_map(|(device, live)| {
            let quality = &live.lock().quality;
            let is_here = quality.connected && quality.edge.is_none();
            let state = quality.state.as_ref().filter(|_| is_here)?;
            (state.online != Some(false)).then(|| (device.clone(), state.clone(), quality.state_at))
        });
        states.collect()
    }

    /// When each device was heard last, and when it said that it is gone, by itself or by the will that it left, where
    /// that is the last that it said of itself.
    pub fn heard(&self) -> Vec<(DeviceId, Option<Timestamp>, Option<Timestamp>)> {
        let live = self.live.read();
        let all = live.iter().map(|(device, live)| {
            let quality = &live.lock().quality;
            let is_gone = |state: &::devices::State| state.online == Some(false);
            let gone = quality.state.as_ref().filter(|state| is_gone(state));
            let gone = gone.and(quality.state_at);
            (device.clone(), quality.last_heard, gone)
        });
        all.collect()
    }

    /// Writes the counts of all devices where they outlive the program.
    pub fn save(&self) -> Result<()> {
        let all: Vec<_> = {
            let live = self.live.read();
            live.iter()
                .map(|(device, live)| (device.clone(), live.lock().quality.clone()))
                .collect()
        };
        self.kept.save_qualities(&all, &self.files())
    }
}

/// Which of these devices wrote a file that says this serial number: the one that has it, else the only one that may.
fn writer<'d>(all: &'d [Arc<Registered>], serial: Option<&str>) -> Option<&'d Arc<Registered>> {
    let has_it = |device: &&Arc<Registered>| serial.is_some() && device.serial.as_deref() == serial;
    let may = |device: &&Arc<Registered>| serial.is_none() || device.serial.is_none();
    let only = |mut found: Vec<&'d Arc<Registered>>| {
        let one = found.pop();
        one.filter(|_| found.is_empty())
    };
    only(all.iter().filter(has_it).collect()).or_else(|| only(all.iter().filter(may).collect()))
}

/// When a reading began.
fn began(reading: &Reading) -> Timestamp {
    match reading.samples {
        Readings::One { at, .. } => at,
        Readings::Regular { start, .. } => start,
    }
}

/// A reading as the record keeps it.
fn arrived(
    device: &Registered,
    reading: Reading,
    received: Timestamp,
    read_by: Option<QualityMark>,
) -> Arrived {
    let is_live = device.profile.clock.live;
    let marks = reading.marks.iter();
    let marks = marks.filter_map(|mark| quality_mark(mark, is_live, received));
    let left_behind = device.is_left_behind.then_some(QualityMark::LeftBehind);
    let quality = marks.chain(read_by).chain(left_behind).collect();
    Arrived {
        stream: StreamKey {
            device: device.id.clone(),
            stream: reading.stream,
        },
        subject: device.patient.clone(),
        coding: reading.coding,
        unit: reading.unit,
        readings: reading.samples,
        received,
        quality,
        message: None,
    }
}

/// A mark in the record's words. Gaps speak for themselves.
fn quality_mark(mark: &Mark, is_live: bool, received: Timestamp) -> Option<QualityMark> {
    Some(match mark {
        Mark::ClockCorrected { by_ms, doubt_ms } => QualityMark::ClockCorrected {
            by_ms: *by_ms,
            doubt_ms: *doubt_ms,
        },
        Mark::ClockInDoubt { by_ms } => QualityMark::ClockCorrected {
            by_ms: 0,
            doubt_ms: by_ms.unsigned_abs(),
        },
        Mark::ClockSlow { by_ms } => QualityMark::ClockSlow {
            by_ms: by_ms.unsigned_abs(),
        },
        // What is sent as it is measured was measured when it came.
        Mark::ClockAbsent if is_live => QualityMark::ArrivalTime,
        Mark::ClockAbsent => QualityMark::ClockUnknown,
        Mark::Converted { from, raw } => QualityMark::Converted {
            from: from.clone(),
            sent: raw.map(|raw| raw.to_string()),
        },
        Mark::Late => QualityMark::Late,
        Mark::Conflicting => QualityMark::Conflicting,
        Mark::Correction => QualityMark::Correction {
            received_ms: received.0,
        },
        Mark::Status { bits } => QualityMark::Other(format!("device status {bits}")),
        Mark::NotMeasured { .. } | Mark::OutOfRange { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient(id: &str) -> PatientId {
        PatientId::new(id).unwrap()
    }

    fn device(profile: &Arc<Profile>, of: &str, location: Option<&str>) -> Arc<Registered> {
        Arc::new(Registered {
            id: DeviceId::new("device").unwrap(),
            name: String::new(),
            profile: Arc::clone(profile),
            patient: Some(patient(of)),
            since: None,
            location: location.map(str::to_owned),
            serial: None,
            carrier: None,
            active: true,
            is_left_behind: false,
        })
    }

    #[test]
    fn a_stream_is_called_as_the_profile_of_its_device_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let profiles = Profiles::shipped().clone();
        let monitor = Arc::clone(profiles.get("bedside-monitor").unwrap());
        let devices = Devices::open(folder.path(), profiles, Recalled::default()).unwrap();
        let ecg = monitor.stream("ecg-ii").unwrap();
        let code = ecg.code.coding().code;
        let title_in = |device: &str, stream: &str, unit: &str| {
            let of = StreamKey {
                device: DeviceId::new(device).unwrap(),
                stream: stream.to_owned(),
            };
            devices.title_of(&of, &code, unit)
        };
        let title = |device: &str, stream: &str| title_in(device, stream, &ecg.unit);
        assert_eq!(title("device", "ecg-ii"), None, "it is not registered");
        let registered = device(&monitor, "a", None);
        let mut known = devices.known.write();
        known.insert(registered.id.clone(), registered);
        drop(known);
        assert_eq!(title("device", "ecg-ii"), Some(ecg.title.clone()));
        let other = title_in("device", "ecg-ii", "mm[Hg]");
        assert_eq!(other, None, "of another kind of device");
        assert_eq!(title("device", "ecg-99"), None);
        assert_eq!(title("other", "ecg-ii"), None);
    }

    #[test]
    fn a_device_at_a_bed_measures_its_patient_only_while_they_lie_there() {
        let folder = tempfile::tempdir().unwrap();
        let profiles = Profiles::shipped().clone();
        let profile = |id: &str| Arc::clone(profiles.get(id).unwrap());
        let (monitor, tag) = (profile("bedside-monitor"), profile(TAG));
        let devices = Devices::open(folder.path(), profiles.clone(), Recalled::default()).unwrap();
        let beds = [("bed", Some(patient("a"))), ("empty", None)];
        devices.know_who_lies(beds.map(|(bed, lies)| (bed.to_owned(), lies)).into());
        for (profile, of, location, is_left_behind) in [
            (&monitor, "a", Some("bed"), false),
            (&monitor, "b", Some("bed"), true),
            (&monitor, "a", Some("empty"), true),
            // Carried, in a room, or at a bed of which nobody says who lies there.
            (&monitor, "b", None, false),
            (&monitor, "b", Some("elsewhere"), false),
            (&tag, "b", Some("bed"), false),
        ] {
            let device = device(profile, of, location);
            let now = devices.as_it_stands(Arc::clone(&device));
            assert_eq!(now.is_left_behind, is_left_behind, "{of} {location:?}");
            let is_at_empty = devices.is_at_empty_bed(&device);
            assert_eq!(is_at_empty, location == Some("empty"), "{of} {location:?}");
            assert_eq!(now.patient, (!is_left_behind).then(|| patient(of)));
        }
        // What is sent goes to nobody, with its mark, and is counted; once its patient is back it goes to them.
        let at = clock::now();
        let take = |second: i64| {
            let sent = Timestamp(at.0 + second * 1000);
            let payload = format!(
                r#"{{"t": {}, "code": "150456", "value": 97, "unit": "%"}}"#,
                sent.0
            );
            let now = devices.as_it_stands(device(&monitor, "b", Some("bed")));
            let taken = devices.take(&now, "spo2", payload.as_bytes(), None, sent);
            let [arrived] = taken.arrived.try_into().unwrap();
            let is_marked = arrived.quality.contains(&QualityMark::LeftBehind);
            (arrived.subject, is_marked)
        };
        assert_eq!(take(1), (None, true));
        devices.know_who_lies(HashMap::from([("bed".to_owned(), Some(patient("b")))]));
        assert_eq!(take(2), (Some(patient("b")), false));
        let id = DeviceId::new("device").unwrap();
        let marks = devices.with_quality(&id, |quality| quality.marks.clone());
        assert_eq!(marks, BTreeMap::from([("left-behind".to_owned(), 1)]));
    }
}
