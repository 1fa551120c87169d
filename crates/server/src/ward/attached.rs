//! Which devices measure who lies in a bed. A device is its patient's by the registry, and at its bed only as long as
//! that patient lies there: whose it is after that somebody says.

use std::collections::{BTreeMap, BTreeSet};

use alarms::{Presence, RuleSet};
use serde::Serialize;
use vocabulary::Timestamp;

use super::{
    Bed, BedState, Places, State, TAG,
    at_bed::{BATTERY, STATE},
    places::Standing,
};
use crate::devices::Registered;

/// The signals by which rules look at devices that nobody connected with who lies here now.
const OF_ANOTHER: &str = "device-of-another";
const ELSEWHERE: &str = "device-elsewhere";

/// The signals that are awaited at a bed, each with the devices that should send it or stand there as another's.
pub(super) type Awaited = BTreeMap<String, BTreeSet<String>>;

/// How a device belongs to a bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tie {
    /// It measures who lies there.
    Connected,
    /// It stands there, and is no patient's.
    OfBed,
    /// It stands there, and is still another patient's.
    OfAnother,
    /// It is of who lies there, and stands at another bed.
    Elsewhere,
    /// It stands there or in the room, and is nothing to connect.
    Beside,
}

/// A bed for who connects or disconnects a device there, without who lies in it.
#[derive(Debug, PartialEq, Serialize)]
pub struct BedFor {
    ward: String,
    ward_name: String,
    bed: String,
    name: String,
    /// How the device belongs to it.
    tie: Option<Tie>,
    /// Whether it could be connected with who lies there.
    may_connect: bool,
}

/// A place where a device may stand.
#[derive(Debug, PartialEq, Serialize)]
pub struct PlaceFor {
    id: String,
    name: String,
    /// The ward that it is, or lies in.
    ward_name: Option<String>,
    kind: &'static str,
}

impl Places {
    /// How a device belongs to a bed; none where it does not.
    pub fn tie(&self, device: &Standing, bed: &Bed) -> Option<Tie> {
        let is_here = device.place.as_ref() == Some(&bed.id);
        let lies = bed.patient.as_ref().map(|lying| &lying.id);
        let is_theirs = device.patient.is_some() && device.patient.as_ref() == lies;
        // What is out of service measures nobody.
        let is_theirs = is_theirs && device.active;
        let at_a_bed = device.place.as_ref();
        let at_a_bed = at_a_bed.is_some_and(|place| self.beds.contains_key(place));
        // A tag goes where its carrier goes.
        let stays = device.active && device.kind.as_deref() != Some(TAG);
        if is_theirs && !is_here && at_a_bed && stays {
            Some(Tie::Elsewhere)
        } else if is_theirs {
            Some(Tie::Connected)
        } else if is_here && device.patient.is_some() && stays {
            Some(Tie::OfAnother)
        } else if is_here && stays && !device.codes.is_empty() {
            Some(Tie::OfBed)
        } else {
            let in_room = device.place.is_some() && device.place == bed.room;
            (is_here || in_room).then_some(Tie::Beside)
        }
    }

    /// The signals that should come at a bed in which somebody lies, each with its device: all of a device that is
    /// connected there, and those of one that is no patient's which are about the bed. Whether somebody in a bed is
    /// monitored at all nobody knows by what stands beside it, and of what measures when asked nothing is awaited.
    fn awaited(&self, bed: &Bed, rules: &RuleSet) -> Awaited {
        let mut awaited = Awaited::new();
        let mut await_of = |signal: &str, device: &Standing| {
            let devices = awaited.entry(signal.to_owned()).or_default();
            devices.insert(device.id.clone());
        };
        for device in self.devices.values() {
            let is_here = device.active && device.place.as_ref() == Some(&bed.id);
            let sends_unasked = device.silent_after_s.is_some();
            let tie = self.tie(device, bed);
            match tie {
                Some(Tie::OfAnother) => await_of(OF_ANOTHER, device),
                Some(Tie::Elsewhere) => await_of(ELSEWHERE, device),
                Some(Tie::Connected | Tie::OfBed) if is_here && sends_unasked => {
                    let signals = device.codes.iter();
                    let signals = signals.filter_map(|code| rules.signal_of_code(code));
                    let counts = |signal: &&alarms::Signal| {
                        tie == Some(Tie::Connected) || signal.answers.is_none()
                    };
                    let signals = signals.filter(counts);
                    signals.for_each(|signal| await_of(&signal.id, device));
                }
                _ => {}
            }
        }
        awaited
    }
}

impl State {
    /// A bed of a ward.
    pub fn bed(&self, ward: &str, bed: &str) -> Option<Bed> {
        let bed = self.places.beds.get(bed);
        bed.filter(|bed| bed.ward == ward).cloned()
    }

    /// How a device of the registry belongs to a bed.
    pub fn tie(&self, device: &Registered, bed: &Bed) -> Option<Tie> {
        let known = self.places.devices.get(device.id.as_str())?;
        self.places.tie(known, bed)
    }

    /// Whether a device may be connected at a bed though it does not stand there: it is nobody's, in no room, and at no
    /// bed in which somebody else lies.
    pub fn is_free(&self, device: &Registered, bed: &Bed) -> bool {
        if !device.is_free() {
            return false;
        }
        let Some(place) = &device.location else {
            return true;
        };
        let is_here = self
            .places
            .is_within(place, std::slice::from_ref(&bed.ward));
        let at = self.places.beds.get(place);
        let is_taken = at.is_some_and(|at| at.id != bed.id && at.patient.is_some());
        is_here && !is_taken && !self.places.rooms.contains_key(place)
    }

    /// The beds at which a device is, or could be connected. Where a tag goes nobody asks here.
    pub fn beds_for(&self, device: &Registered) -> Vec<BedFor> {
        let beds = self.places.beds.values();
        let beds = beds.filter(|_| device.profile.id != TAG);
        let row = |bed: &Bed| {
            let tie = self.tie(device, bed).filter(|tie| *tie != Tie::Beside);
            let may_be = tie.is_some() || self.is_free(device, bed);
            let may_connect = may_be && bed.patient.is_some() && tie != Some(Tie::Connected);
            (tie.is_some() || may_connect).then(|| BedFor {
                ward: bed.ward.clone(),
                ward_name: self.places.name_of(&bed.ward).unwrap_or(&bed.ward).clone(),
                bed: bed.id.clone(),
                name: bed.name.clone(),
                tie,
                may_connect,
            })
        };
        beds.filter_map(row).collect()
    }

    /// The wards, rooms and beds where a device may stand, each ward with what is in it.
    pub fn places_for_devices(&self) -> Vec<PlaceFor> {
        let places = &self.places;
        let wards = places.wards.iter().map(|(id, name)| (id, name, "ward"));
        let rooms = places.rooms.iter().map(|(id, name)| (id, name, "room"));
        let beds = places.beds.iter().map(|(id, bed)| (id, &bed.name, "bed"));
        let all = wards.chain(rooms).chain(beds);
        let all = all.map(|(id, name, kind)| {
            let ward = places.ward_of(id);
            PlaceFor {
                id: id.clone(),
                name: name.clone(),
                ward_name: ward.and_then(|ward| places.wards.get(&ward).cloned()),
                kind,
            }
        });
        let mut all: Vec<PlaceFor> = all.collect();
        // What is in no ward comes last; a ward comes before its rooms and beds.
        all.sort_by_cached_key(|place| {
            let of_ward = (place.ward_name.is_none(), place.ward_name.clone());
            (of_ward, place.kind != "ward", place.name.clone())
        });
        all
    }

    /// Whether a device stands at a bed of a ward.
    pub fn stands_at_bed(&self, device: &Registered) -> bool {
        let place = device.location.as_ref();
        place.is_some_and(|place| self.places.beds.contains_key(place))
    }

    /// What the bed or the ward is called in which a device stands.
    pub fn place_of(&self, device: &Registered) -> Option<&str> {
        let place = device.location.as_ref()?;
        let bed = self.places.beds.get(place).map(|bed| &bed.name);
        bed.or_else(|| self.places.wards.get(place))
            .map(String::as_str)
    }

    /// Awaits at each bed in which somebody lies what its devices should send, and no longer what was awaited of one
    /// that was taken from there. The beds of an edge are watched there.
    pub(super) fn await_devices(&mut self, now: Timestamp) {
        let of_edges: BTreeSet<String> = self
            .works_for
            .values()
            .flat_map(|locations| self.places.wards_of(locations))
            .collect();
        // What an open alarm looks at was awaited before the program was started.
        let open = self.board.open().into_iter().filter(|alarm| {
            alarm.presence == Presence::Present && !self.board.is_led_elsewhere(&alarm.id)
        });
        let alarmed: BTreeSet<(String, String)> = open
            .flat_map(|alarm| {
                let (signals, _) = self.rules.looks_at(&alarm.rule);
                let signals = signals.into_iter().map(str::to_owned);
                signals.map(|signal| (alarm.bed.clone(), signal))
            })
            .collect();
        for (id, state) in &mut self.beds {
            let Some(bed) = self.places.beds.get(id) else {
                continue;
            };
            let is_of_edge = of_edges.contains(&bed.ward);
            let awaited = if bed.patient.is_some() && !is_of_edge {
                self.places.awaited(bed, &self.rules)
            } else {
                Awaited::new()
            };
            let no_more = |(signal, _): &(&String, _)| !awaited.contains_key(*signal);
            for (signal, devices) in state.awaited.iter().filter(no_more) {
                let source = state.sources.get(signal);
                let is_theirs = source.is_none_or(|source| devices.contains(&source.device));
                // What devices of an edge sent is shown here still, and what somebody else measured or wrote down counts.
                if is_theirs && (!is_of_edge || is_own(signal) || source.is_none()) {
                    state.watch.forget(signal);
                    state.sources.remove(signal);
                }
            }
            let is_new = |signal: &&String| !state.awaited.contains_key(*signal);
            for signal in awaited.keys().filter(is_new) {
                let is_alarmed = alarmed.contains(&(id.clone(), signal.clone()));
                let since = if is_alarmed { Timestamp(0) } else { now };
                state.watch.expect(signal, since);
            }
            state.awaited = awaited;
        }
    }
}

impl BedState {
    /// Of devices that send something, what they do not send is awaited no more: which of their probes are in use they
    /// alone know. What one says of its own state is no measurement.
    pub(super) fn hear(&mut self) {
        let sources = self.sources.iter();
        let measured = sources.filter(|(signal, one)| *signal != BATTERY && one.stream != STATE);
        let speak: BTreeSet<&String> = measured.map(|(_, one)| &one.device).collect();
        for (signal, devices) in &self.awaited {
            let all_speak = devices.iter().all(|device| speak.contains(device));
            if all_speak && !self.sources.contains_key(signal) && !is_own(signal) {
                self.watch.dismiss(signal);
            }
        }
    }
}

/// Whether a signal is what the hospital says of a bed's devices, and none of theirs.
fn is_own(signal: &str) -> bool {
    [OF_ANOTHER, ELSEWHERE].contains(&signal)
}

#[cfg(test)]
mod tests {
    use alarms::Sample;
    use vocabulary::PatientId;

    use super::*;
    use crate::ward::{kept::Source, places::Lying};

    const NOW: i64 = 1_790_000_000_000;

    fn after(seconds: i64) -> Timestamp {
        Timestamp(NOW + seconds * 1000)
    }

    fn patient(id: &str) -> PatientId {
        PatientId::new(id).unwrap()
    }

    fn lies(id: &str) -> Lying {
        Lying {
            id: patient(id),
            name: String::new(),
            birth_date: None,
            sex: None,
        }
    }

    fn monitor(of: Option<&str>, place: Option<&str>) -> Standing {
        Standing {
            name: "Monitor".to_owned(),
            kind: Some("bedside-monitor".to_owned()),
            place: place.map(str::to_owned),
            patient: of.map(patient),
            codes: vec!["147842".to_owned(), "150456".to_owned()],
            ..Standing::somewhere("monitor", "bed")
        }
    }

    /// Two beds, in which `a` and `b` lie, with a monitor.
    fn two_beds(device: Standing) -> State {
        let mut state = State::one_bed(after(0), |_| {});
        let mut places = state.places.clone();
        for (id, who) in [("bed", "a"), ("bed-2", "b")] {
            let mut bed = places.beds["bed"].clone();
            bed.id = id.to_owned();
            bed.room = Some("room".to_owned());
            bed.patient = Some(lies(who));
            places.beds.insert(id.to_owned(), bed);
        }
        places.devices.insert(device.id.clone(), device);
        state.settle(places, after(0));
        state.await_devices(after(0));
        state
    }

    /// The places change, and seconds pass; what is open then, by bed and rule.
    fn pass(
        state: &mut State,
        seconds: std::ops::RangeInclusive<i64>,
        change: impl FnOnce(&mut Places),
    ) -> Vec<String> {
        let mut places = state.places.clone();
        change(&mut places);
        let now = after(*seconds.start());
        state.settle(places, now);
        state.await_devices(now);
        for second in seconds {
            state.tick(after(second));
        }
        let present = |alarm: &&alarms::Alarm| alarm.presence == Presence::Present;
        let open = state.board.open().into_iter().filter(present);
        let mut open: Vec<_> = open
            .map(|alarm| format!("{} {}", alarm.bed, alarm.rule))
            .collect();
        open.sort();
        open
    }

    #[test]
    fn a_device_belongs_to_a_bed_as_its_place_and_its_patient_say() {
        for (of, place, here, there) in [
            (Some("a"), Some("bed"), Some(Tie::Connected), None),
            (
                Some("b"),
                Some("bed"),
                Some(Tie::OfAnother),
                Some(Tie::Elsewhere),
            ),
            (Some("gone"), Some("bed"), Some(Tie::OfAnother), None),
            (None, Some("bed"), Some(Tie::OfBed), None),
            // One that is carried, or is at home.
            (Some("a"), None, Some(Tie::Connected), None),
            (Some("a"), Some("ward"), Some(Tie::Connected), None),
            (None, Some("room"), Some(Tie::Beside), Some(Tie::Beside)),
            (None, None, None, None),
        ] {
            let device = monitor(of, place);
            let state = two_beds(device.clone());
            let tie = |bed: &str| state.places.tie(&device, &state.places.beds[bed]);
            assert_eq!(
                (tie("bed"), tie("bed-2")),
                (here, there),
                "{of:?} {place:?}"
            );
            let mut retired = device.clone();
            retired.active = false;
            let tie = |bed: &str| state.places.tie(&retired, &state.places.beds[bed]);
            let tied = [tie("bed"), tie("bed-2")];
            assert!(
                tied.iter()
                    .all(|tie| tie.is_none_or(|tie| tie == Tie::Beside))
            );
            let mut tag = device;
            tag.kind = Some(TAG.to_owned());
            let tie = |bed: &str| state.places.tie(&tag, &state.places.beds[bed]);
            assert_ne!(tie("bed-2"), Some(Tie::Elsewhere));
        }
    }

    #[test]
    fn a_device_of_another_is_an_alarm_where_somebody_lies_until_it_is_connected() {
        let mut state = two_beds(monitor(Some("a"), Some("bed")));
        assert!(pass(&mut state, 1..=60, |_| {}).is_empty());
        // Nobody lies there: nobody is harmed.
        let open = pass(&mut state, 61..=120, |places| {
            places.beds.get_mut("bed").unwrap().patient = None;
        });
        assert!(open.is_empty(), "{open:?}");
        let open = pass(&mut state, 121..=150, |places| {
            places.beds.get_mut("bed").unwrap().patient = Some(lies("c"));
        });
        assert!(open.is_empty(), "{open:?}");
        let open = pass(&mut state, 151..=160, |_| {});
        assert_eq!(open, ["bed device-of-another"]);
        let alarm = state.board.open()[0];
        assert_eq!(alarm.patient.as_deref(), Some("c"));
        let open = pass(&mut state, 161..=170, |places| {
            places.devices.get_mut("monitor").unwrap().patient = Some(patient("c"));
        });
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn a_patient_who_was_moved_without_the_devices_is_told_of_at_the_new_bed() {
        let mut state = two_beds(monitor(Some("a"), Some("bed")));
        let open = pass(&mut state, 1..=60, |places| {
            places.beds.get_mut("bed").unwrap().patient = None;
            places.beds.get_mut("bed-2").unwrap().patient = Some(lies("a"));
        });
        assert_eq!(open, ["bed-2 device-elsewhere"]);
    }

    #[test]
    fn a_device_that_is_connected_and_never_sends_is_an_alarm_and_one_that_is_taken_away_none() {
        let mut state = two_beds(monitor(Some("a"), Some("bed")));
        let open = pass(&mut state, 1..=240, |_| {});
        let expected = ["heart-rate-absent", "nobody-watches", "spo2-absent"];
        assert_eq!(open, expected.map(|rule| format!("bed {rule}")));
        let open = pass(&mut state, 241..=250, |places| {
            let device = places.devices.get_mut("monitor").unwrap();
            (device.patient, device.place) = (None, Some("ward".to_owned()));
        });
        assert!(open.is_empty(), "{open:?}");
    }

    fn sample(state: &mut State, device: &str, signal: &str, second: i64) {
        let sample = Sample {
            signal: signal.to_owned(),
            at: after(second),
            value: if signal == "temperature" { 37.0 } else { 97.0 },
        };
        let source = Source {
            device: device.to_owned(),
            stream: signal.to_owned(),
        };
        state.sample("bed", sample, &source);
    }

    #[test]
    fn a_device_that_says_only_how_it_is_itself_is_awaited_still() {
        let mut state = two_beds(monitor(Some("a"), Some("bed")));
        let said: devices::State =
            serde_json::from_value(serde_json::json!({"battery": {"percent": 80}})).unwrap();
        let id = vocabulary::DeviceId::new("monitor").unwrap();
        state.hear_states(&[(id, said, Some(after(1)))], after(1));
        assert_eq!(state.beds["bed"].sources[BATTERY].device, "monitor");
        let open = pass(&mut state, 1..=240, |_| {});
        let expected = ["heart-rate-absent", "nobody-watches", "spo2-absent"];
        assert_eq!(open, expected.map(|rule| format!("bed {rule}")));
    }

    #[test]
    fn of_a_device_that_measures_when_asked_nothing_is_awaited() {
        let mut asked = monitor(Some("a"), Some("bed"));
        asked.silent_after_s = None;
        let mut state = two_beds(asked);
        let open = pass(&mut state, 1..=240, |_| {});
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn a_signal_of_two_devices_is_awaited_until_both_send_something_else() {
        let mut state = two_beds(monitor(Some("a"), Some("bed")));
        let oximeter = Standing {
            id: "oximeter".to_owned(),
            ..monitor(Some("a"), Some("bed"))
        };
        pass(&mut state, 1..=1, |places| {
            places.devices.insert(oximeter.id.clone(), oximeter);
        });
        for second in 2..=240 {
            sample(&mut state, "oximeter", "spo2", second);
            state.tick(after(second));
        }
        let open = pass(&mut state, 241..=241, |_| {});
        assert_eq!(open, ["bed heart-rate-absent"]);
    }

    #[test]
    fn what_a_nurse_wrote_down_stays_when_the_monitor_goes() {
        let mut device = monitor(Some("a"), Some("bed"));
        device.codes.push("150364".to_owned());
        let mut state = two_beds(device);
        assert!(state.beds["bed"].awaited.contains_key("temperature"));
        sample(&mut state, "monitor", "spo2", 1);
        sample(&mut state, "Observation/t", "temperature", 1);
        pass(&mut state, 2..=20, |_| {});
        pass(&mut state, 21..=30, |places| {
            places.devices.get_mut("monitor").unwrap().patient = None;
        });
        let bed = &state.beds["bed"];
        assert!(!bed.sources.contains_key("spo2"));
        assert_eq!(bed.sources["temperature"].device, "Observation/t");
        assert_eq!(bed.watch.newest_at("temperature"), Some(after(1)));
    }

    #[test]
    fn a_monitor_that_is_taken_away_while_it_sends_is_not_missed() {
        let mut state = two_beds(monitor(Some("a"), Some("bed")));
        for second in 1..=60 {
            sample(&mut state, "monitor", "spo2", second);
            state.tick(after(second));
        }
        let open = pass(&mut state, 61..=300, |places| {
            places.devices.get_mut("monitor").unwrap().patient = None;
        });
        assert!(open.is_empty(), "{open:?}");
    }

    fn registered(profile: &str, location: &str, active: bool) -> Registered {
        let profile = devices::Profiles::shipped().get(profile).unwrap();
        Registered {
            id: vocabulary::DeviceId::new("monitor").unwrap(),
            name: String::new(),
            profile: profile.clone(),
            patient: None,
            since: None,
            location: Some(location.to_owned()),
            carrier: None,
            serial: None,
            active,
            is_left_behind: false,
        }
    }

    #[test]
    fn who_looks_after_a_device_is_told_at_which_beds_it_could_be_and_not_of_whom() {
        let mut state = two_beds(monitor(None, Some("bed")));
        let mut places = state.places.clone();
        for bed in ["bed", "bed-2"] {
            places.within.insert(bed.to_owned(), "ward".to_owned());
        }
        let mut empty = places.beds["bed"].clone();
        (empty.id, empty.patient) = ("bed-3".to_owned(), None);
        places.beds.insert("bed-3".to_owned(), empty);
        state.settle(places, after(1));
        let beds = |state: &State, device: &Registered| -> Vec<_> {
            let beds = state.beds_for(device).into_iter();
            beds.map(|one| (one.bed, one.tie, one.may_connect))
                .collect()
        };
        let here = registered("bedside-monitor", "ward", true);
        let tied = |bed: &str, tie, may_connect| (bed.to_owned(), tie, may_connect);
        // What stands at a bed is of it, and could be connected with who lies there; at the empty bed nobody lies.
        assert_eq!(
            beds(&state, &here),
            [
                tied("bed", Some(Tie::OfBed), true),
                tied("bed-2", None, true)
            ]
        );
        let told = serde_json::to_string(&state.beds_for(&here)).unwrap();
        assert!(!told.contains("patient"), "{told}");
        let mut places = state.places.clone();
        places.devices.get_mut("monitor").unwrap().patient = Some(patient("a"));
        state.settle(places, after(2));
        let theirs = Registered {
            patient: Some(patient("a")),
            ..registered("bedside-monitor", "bed", true)
        };
        assert_eq!(
            beds(&state, &theirs),
            [tied("bed", Some(Tie::Connected), false)]
        );
        assert!(beds(&state, &registered(TAG, "ward", true)).is_empty());
    }

    #[test]
    fn a_device_may_stand_in_a_ward_and_what_is_in_it_or_in_a_room_of_its_own() {
        let state = State::one_bed(after(0), |places| {
            for (id, name) in [("room", "Room"), ("store", "A store")] {
                places.rooms.insert(id.to_owned(), name.to_owned());
            }
            for (id, parent) in [("room", "ward"), ("bed", "room")] {
                places.within.insert(id.to_owned(), parent.to_owned());
            }
        });
        let all = state.places_for_devices().into_iter();
        let all: Vec<_> = all
            .map(|place| (place.id, place.kind, place.ward_name))
            .collect();
        let of =
            |id: &str, kind, ward: Option<&str>| (id.to_owned(), kind, ward.map(str::to_owned));
        assert_eq!(
            all,
            [
                of("ward", "ward", Some("Ward")),
                of("bed", "bed", Some("Ward")),
                of("room", "room", Some("Ward")),
                of("store", "room", None)
            ]
        );
    }

    #[test]
    fn what_stands_where_somebody_else_lies_is_not_free() {
        let registered =
            |location: &str, active: bool| registered("bedside-monitor", location, active);
        let mut state = two_beds(monitor(None, Some("bed-2")));
        let mut places = state.places.clone();
        for bed in ["bed", "bed-2"] {
            places.within.insert(bed.to_owned(), "ward".to_owned());
        }
        state.settle(places, after(1));
        let bed = state.places.beds["bed"].clone();
        assert!(!state.is_free(&registered("bed-2", true), &bed));
        assert!(state.is_free(&registered("bed", true), &bed));
        let mut places = state.places.clone();
        places.beds.get_mut("bed-2").unwrap().patient = None;
        state.settle(places, after(2));
        assert!(state.is_free(&registered("bed-2", true), &bed));
        assert!(!state.is_free(&registered("bed-2", false), &bed));
    }

    #[test]
    fn a_monitor_of_which_one_probe_is_used_is_not_asked_for_the_others() {
        let mut state = two_beds(monitor(Some("a"), Some("bed")));
        for second in 1..=240 {
            let sample = Sample {
                signal: "spo2".to_owned(),
                at: after(second),
                value: 97.0,
            };
            let source = Source {
                device: "monitor".to_owned(),
                stream: "spo2".to_owned(),
            };
            state.sample("bed", sample, &source);
            let open = pass(&mut state, second..=second, |_| {});
            assert!(open.is_empty(), "{open:?}");
        }
        // That one is missed.
        let open = pass(&mut state, 241..=400, |_| {});
        assert_eq!(open, ["bed spo2-absent"]);
    }

    #[test]
    fn nobody_is_told_that_devices_are_silent_which_are_no_patients_or_carried() {
        for (of, place) in [(None, Some("bed")), (Some("a"), None), (None, Some("room"))] {
            let mut state = two_beds(monitor(of, place));
            let open = pass(&mut state, 1..=240, |_| {});
            assert!(open.is_empty(), "{of:?} {place:?}: {open:?}");
        }
        // A sensor of the bed is about the bed, whoever lies there.
        let mut sensor = monitor(None, Some("bed"));
        sensor.codes = vec!["bed-occupancy".to_owned()];
        let mut state = two_beds(sensor);
        let open = pass(&mut state, 1..=240, |_| {});
        assert_eq!(open, ["bed bed-sensor-silent"]);
    }

    #[test]
    fn what_was_awaited_when_the_program_ended_is_so_until_it_comes() {
        let mut before = two_beds(monitor(Some("gone"), Some("bed")));
        assert_eq!(pass(&mut before, 1..=60, |_| {}).len(), 1);
        let kept = before.whole(&before.board.open()[0].id).unwrap();
        let mut state = State::one_bed(after(100), |places| *places = before.places.clone());
        state.restore(kept.clone());
        state.stand(after(100));
        state.await_devices(after(100));
        for second in 101..=110 {
            state.tick(after(second));
            let [alarm] = state.board.open()[..] else {
                panic!("the alarm is open");
            };
            assert_eq!(
                (&alarm.id, alarm.presence),
                (&kept.alarm.id, Presence::Present)
            );
        }
    }

    #[test]
    fn the_beds_of_an_edge_are_watched_there() {
        let mut state = two_beds(monitor(Some("gone"), Some("bed")));
        let edge = vocabulary::ActorId::new("edge-1").unwrap();
        state = {
            let mut fresh = State::one_bed(after(0), |_| {});
            fresh.works_for.insert(edge, vec!["ward".to_owned()]);
            fresh.settle(state.places, after(0));
            fresh.await_devices(after(0));
            fresh
        };
        assert!(pass(&mut state, 1..=240, |_| {}).is_empty());
        // Once it is an edge no more, this program watches them at once.
        state.hear_lines(&[], after(241));
        assert!(state.beds["bed"].awaited.contains_key(OF_ANOTHER));
        // And once it is one, what never came is not missed here.
        let edge = vocabulary::ActorId::new("edge-1").unwrap();
        let mut state = two_beds(monitor(Some("a"), Some("bed")));
        state.works_for.insert(edge, vec!["ward".to_owned()]);
        state.await_devices(after(1));
        assert!(pass(&mut state, 1..=240, |_| {}).is_empty());
    }
}
