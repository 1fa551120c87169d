//! Devices at beds in which somebody lies: what is found of each of them has an alarm of its own at the bed.

use alarms::{About, Change, Changed, Sample};
use record::QualityMark;
use vocabulary::{DeviceId, Timestamp};

use super::{Places, State, Thing, kept::Source};

/// The signal by which rules look at the clock of a device.
const CLOCK: &str = "device-clock";
/// Those by which rules look at what a device says of itself, which are also the names of these rules.
const FAULT: &str = "device-fault";
const SELF_CHECK: &str = "device-self-check";
pub(super) const BATTERY: &str = "battery";
/// What stands for the stream where a value's source is named.
pub(super) const STATE: &str = "state";
/// What a connected device said of its battery counts anew so often, in milliseconds, until it says something else.
const SAID_AGAIN_MS: i64 = 60_000;

/// What a device said of its battery.
pub(super) struct BatterySaid {
    pub(super) bed: String,
    said: Timestamp,
    /// When it counted last.
    counted: Timestamp,
}

/// A device at a bed: the bed, and the device.
pub(super) type AtBed = (String, String);

impl Places {
    /// The bed of a device in service where somebody lies in it: where it stands, or else its patient's.
    pub(super) fn bed_of_device(&self, device: &str) -> Option<&str> {
        let device = self.devices.get(device)?;
        let device = Some(device).filter(|device| device.active)?;
        let stands = device.place.as_ref();
        let stands = stands.and_then(|place| self.beds.get(place));
        let theirs = || self.bed_of(device.patient.as_ref()?);
        let bed = stands.or_else(theirs)?;
        bed.patient.as_ref().map(|_| bed.id.as_str())
    }

    /// Whether a device in service measures at a bed: its own, or one of its room.
    fn measures_at(&self, device: &str, bed: &str) -> bool {
        let is_active = self.devices.get(device).is_some_and(|one| one.active);
        let of_room = || self.beds_of_device(device).iter().any(|id| id == bed);
        is_active && (self.bed_of_device(device) == Some(bed) || of_room())
    }
}

impl State {
    /// Takes something that is found of a device, for the rules of its bed; until something is, nothing is watched.
    fn find(&mut self, device: &str, (signal, stream): (&str, &str), value: f64, at: Timestamp) {
        if value <= 0.0 && !self.at_beds.keys().any(|(_, known)| known == device) {
            return;
        }
        let Some(bed) = self.places.bed_of_device(device) else {
            return;
        };
        let key = (bed.to_owned(), device.to_owned());
        let rules = &self.rules;
        let found = self.at_beds.entry(key);
        let found = found.or_insert_with(|| Thing::begin(rules, at));
        let source = Source {
            device: device.to_owned(),
            stream: stream.to_owned(),
        };
        found.sources.insert(signal.to_owned(), source);
        // That it came late is counted there; it still counts from now on.
        let _ = found.watch.sample(Sample {
            signal: signal.to_owned(),
            at,
            value,
        });
    }

    /// Takes what devices say of themselves now, and when each said it.
    pub(super) fn hear_states(
        &mut self,
        states: &[(DeviceId, devices::State, Option<Timestamp>)],
        now: Timestamp,
    ) {
        self.faulty.clear();
        for (device, state, said_at) in states {
            let device = device.as_str();
            if state.is_faulty() {
                self.faulty.insert(device.to_owned());
            }
            let failed = state.self_check.as_ref().filter(|check| !check.passed);
            let reason: Vec<String> = failed
                .and_then(|check| check.reason.clone())
                .into_iter()
                .collect();
            self.find(device, (FAULT, STATE), state.faults.len() as f64, now);
            self.say(device, FAULT, &state.faults, now);
            self.find(
                device,
                (SELF_CHECK, STATE),
                f64::from(failed.is_some()),
                now,
            );
            self.say(device, SELF_CHECK, &reason, now);
            if let (Some(battery), Some(at)) = (state.battery, said_at) {
                self.hear_battery(device, battery.percent, (*at, now));
            }
        }
    }

    /// Takes over when devices were heard last, whatever they said, and which of them are gone by their own word.
    pub(super) fn hear_devices(
        &mut self,
        all: &[(DeviceId, Option<Timestamp>, Option<Timestamp>)],
    ) {
        self.gone.clear();
        for (device, heard, gone) in all {
            let device = device.as_str();
            let heard = (*heard).filter(|heard| self.heard.get(device) < Some(heard));
            self.heard
                .extend(heard.map(|heard| (device.to_owned(), heard)));
            self.gone.extend(gone.map(|gone| (device.to_owned(), gone)));
        }
    }

    fn say(&mut self, device: &str, rule: &str, words: &[String], now: Timestamp) {
        if words.is_empty() {
            return;
        }
        let Some(bed) = self.places.bed_of_device(device).map(str::to_owned) else {
            return;
        };
        let about = About {
            bed: &bed,
            device: Some(device),
            patient: None,
        };
        self.unkept.extend(self.board.say(about, rule, words, now));
    }

    /// What a battery holds counts at the bed as if the device measured it: when it says so, and then again as long as
    /// it stays connected and measures nothing newer.
    fn hear_battery(&mut self, device: &str, percent: f64, (said, now): (Timestamp, Timestamp)) {
        let told = self.batteries.get(device);
        let told = told.filter(|told| told.said == said);
        if told.is_some_and(|told| now.0 - told.counted.0 < SAID_AGAIN_MS) {
            return;
        }
        let Some(bed) = self.places.bed_of_device(device).map(str::to_owned) else {
            return;
        };
        if let Some(told) = told {
            let state = self.beds.get(&bed);
            let counted = state.and_then(|bed| bed.of_devices.get(BATTERY)?.get(device));
            if counted.is_some_and(|one| one.at > told.counted) {
                return;
            }
        }
        let at = if told.is_some() { now } else { said };
        let counted = BatterySaid {
            bed: bed.clone(),
            said,
            counted: at,
        };
        self.batteries.insert(device.to_owned(), counted);
        let sample = Sample {
            signal: BATTERY.to_owned(),
            at,
            value: percent,
        };
        let source = Source {
            device: device.to_owned(),
            stream: STATE.to_owned(),
        };
        self.sample(&bed, sample, &source);
    }

    /// Takes by how much the clock of a device is slow that sent just now. At an edge the edge looks at it.
    pub(super) fn hear_clock(&mut self, device: &str, marks: &[QualityMark], received: Timestamp) {
        let slow_s = QualityMark::slow_ms(marks) / 1000;
        self.find(device, (CLOCK, "t"), slow_s as f64, received);
    }

    /// Of the values of which the lowest counts, those of devices that are gone from a bed since `was` count there no
    /// more. Those that stay send again; where none stays, what held by them is over.
    pub(super) fn settle_lowest(&mut self, was: &Places, now: Timestamp) {
        let mut over = Vec::new();
        for (id, bed) in &mut self.beds {
            for (signal, devices) in &mut bed.of_devices {
                let many = devices.len();
                devices.retain(|device, _| {
                    !was.measures_at(device, id) || self.places.measures_at(device, id)
                });
                if devices.len() == many || !devices.is_empty() {
                    continue;
                }
                bed.watch.forget(signal);
                bed.sources.remove(signal);
                let looks = |rule: &str| self.rules.looks_at(rule).0 == [signal.as_str()].into();
                let rules = self.rules.rules.iter().map(|rule| &rule.id);
                for rule in rules.filter(|rule| looks(rule)) {
                    bed.watch.look_again(rule);
                    over.push((id.clone(), rule.clone()));
                }
            }
        }
        for (bed, rule) in over {
            let over = Change {
                at: now,
                rule,
                changed: Changed::Ended,
            };
            self.take_up(&bed, None, &over, now);
        }
    }

    /// What was found of a device is over at a bed where it is no more, or where nobody lies any more.
    pub(super) fn settle_at_beds(&mut self, now: Timestamp) {
        let is_gone = |(bed, device): &&AtBed| self.places.bed_of_device(device) != Some(bed);
        let gone: Vec<AtBed> = self.at_beds.keys().filter(is_gone).cloned().collect();
        for at_bed in gone {
            self.at_beds.remove(&at_bed);
            let (bed, device) = &at_bed;
            let open = self.board.open().into_iter();
            let its = open.filter(|alarm| {
                alarm.bed == *bed && alarm.device.as_deref() == Some(device.as_str())
            });
            let rules: Vec<String> = its.map(|alarm| alarm.rule.clone()).collect();
            for rule in rules {
                let over = Change {
                    at: now,
                    rule,
                    changed: Changed::Ended,
                };
                self.take_up(bed, Some(device), &over, now);
            }
        }
    }

    /// Lets time pass for what was found of devices, until nothing is found of one any more.
    pub(super) fn tick_at_beds(&mut self, now: Timestamp) {
        let mut changes = Vec::new();
        for (at_bed, found) in &mut self.at_beds {
            let all = found.watch.advance(now).into_iter();
            changes.extend(all.map(|change| (at_bed.clone(), change)));
        }
        for ((bed, device), change) in changes {
            self.take_up(&bed, Some(&device), &change, now);
        }
        self.at_beds.retain(|_, found| !found.watch.is_at_rest());
    }
}

#[cfg(test)]
mod tests {
    use alarms::{Presence, Step};
    use record::{Arrived, Readings, StreamKey};
    use serde_json::json;
    use vocabulary::{Coding, PatientId};

    use super::*;
    use crate::ward::places::{Lying, Standing};

    const NOW: i64 = 1_790_000_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp(NOW + second * 1000)
    }

    /// A ward with one bed, in which a patient lies with a monitor.
    fn monitored() -> State {
        let patient = PatientId::new("p").unwrap();
        State::one_bed(at(0), |places| {
            places.beds.get_mut("bed").unwrap().patient = Some(Lying {
                id: patient.clone(),
                name: String::new(),
                birth_date: None,
                sex: None,
            });
            let monitor = Standing {
                name: "Monitor".to_owned(),
                patient: Some(patient),
                place: None,
                ..Standing::somewhere("monitor", "bed")
            };
            places.devices.insert(monitor.id.clone(), monitor);
        })
    }

    /// A heart that stands still at a second, as a device says that is so many seconds slow, and whether that is known.
    fn no_beat(state: &mut State, second: i64, slow_s: i64, is_known: bool) {
        let by_ms = u64::try_from(slow_s * 1000).unwrap();
        let mark = QualityMark::ClockSlow { by_ms };
        let arrived = Arrived {
            stream: StreamKey {
                device: DeviceId::new("monitor").unwrap(),
                stream: "heart-rate".to_owned(),
            },
            subject: PatientId::new("p").ok(),
            coding: Coding::new("urn:iso:std:iso:11073:10101", "147842"),
            unit: "/min".to_owned(),
            readings: Readings::One {
                at: at(second - slow_s),
                value: 0.0,
            },
            received: at(second),
            quality: is_known.then_some(mark).into_iter().collect(),
            message: None,
        };
        state.arrive(&arrived, None);
        state.tick(at(second));
    }

    /// What the monitor says of itself at a second; then time passes.
    fn say(state: &mut State, second: i64, said: serde_json::Value) {
        let said: devices::State = serde_json::from_value(said).unwrap();
        let states = [(DeviceId::new("monitor").unwrap(), said, Some(at(second)))];
        state.tick(at(second));
        state.hear_states(&states, at(second));
    }

    fn present(state: &State) -> Vec<&str> {
        let open = state.board.open().into_iter();
        let present = open.filter(|alarm| alarm.presence == Presence::Present);
        present.map(|alarm| alarm.rule.as_str()).collect()
    }

    #[test]
    fn a_bed_is_watched_by_a_device_whose_clock_is_slow_and_its_clock_is_an_alarm_of_its_own() {
        for slow_s in [130, 200] {
            let mut state = monitored();
            for second in 1..=600 {
                no_beat(&mut state, second, slow_s, second > 90);
            }
            let mut rules = present(&state);
            rules.sort_unstable();
            assert_eq!(rules, ["device-clock-slow", "no-heart-beat"], "{slow_s}");
            assert!(
                state
                    .board
                    .all()
                    .all(|alarm| alarm.rule != "heart-rate-absent")
            );
            let found = state
                .board
                .all()
                .find(|one| one.rule == "device-clock-slow");
            let clock = found.unwrap().clone();
            let about = (clock.bed.as_str(), clock.device.as_deref());
            assert_eq!(about, ("bed", Some("monitor")));
            let Step::Raised { read } = &clock.steps[0].step else {
                panic!("it was raised");
            };
            assert!((read[0].value - slow_s as f64).abs() < 0.001);
            let source = &state.whole(&clock.id).unwrap().sources["device-clock"];
            assert_eq!(source.device, "monitor");
            // Set right, it is over; the heart is not.
            for second in 601..=680 {
                no_beat(&mut state, second, 0, false);
            }
            assert_eq!(present(&state), ["no-heart-beat"]);
            assert!(state.at_beds.is_empty(), "nothing is found of it");
        }
    }

    #[test]
    fn what_only_comes_late_is_of_when_it_was_measured() {
        let mut state = monitored();
        for second in 1..=300 {
            no_beat(&mut state, second, 130, false);
        }
        let newest = state.beds["bed"].watch.newest_at("heart-rate");
        assert_eq!(newest, Some(at(170)));
        assert!(
            present(&state)
                .iter()
                .all(|rule| *rule == "heart-rate-absent")
        );
    }

    #[test]
    fn a_fault_is_an_alarm_in_the_devices_words_until_it_is_gone() {
        let mut state = monitored();
        for second in 1..=60 {
            let faults: &[&str] = if second > 20 { &["leads off"] } else { &[] };
            say(&mut state, second, json!({"faults": faults}));
        }
        assert_eq!(present(&state), [FAULT]);
        let alarm = state.board.open()[0].clone();
        let about = (alarm.bed.as_str(), alarm.device.as_deref());
        assert_eq!(about, ("bed", Some("monitor")));
        assert_eq!(alarm.said, ["leads off"]);
        // That it stays connected and complains no more ends it; silence would not.
        state.tick(at(200));
        assert_eq!(present(&state), [FAULT]);
        for second in 201..=250 {
            say(&mut state, second, json!({"faults": []}));
        }
        assert!(present(&state).is_empty());
        assert_eq!(state.board.open()[0].said, ["leads off"]);
    }

    #[test]
    fn a_flood_of_changing_faults_is_one_alarm() {
        let mut state = monitored();
        for second in 1..=600 {
            let faults = match second % 3 {
                0 => json!([]),
                _ => json!([format!("pressure {second}")]),
            };
            say(&mut state, second, json!({"faults": faults}));
        }
        let all: Vec<_> = state.board.all().collect();
        assert_eq!(all.len(), 1);
        let came_back = |stepped: &&alarms::Stepped| matches!(stepped.step, Step::Back { .. });
        assert_eq!(all[0].steps.iter().filter(came_back).count(), 0);
        let said = all[0]
            .steps
            .iter()
            .filter(|one| matches!(one.step, Step::Said { .. }));
        assert!((10..=21).contains(&said.count()));
    }

    #[test]
    fn a_self_check_that_failed_is_told_with_and_without_a_reason() {
        for (reason, said) in [
            (json!("valve stuck"), vec!["valve stuck"]),
            (json!(null), vec![]),
        ] {
            let mut state = monitored();
            for second in 1..=20 {
                let check = json!({"passed": false, "reason": reason});
                say(&mut state, second, json!({"self_check": check}));
            }
            assert_eq!(present(&state), [SELF_CHECK]);
            assert_eq!(state.board.open()[0].said, said);
        }
    }

    #[test]
    fn a_battery_that_a_device_tells_of_counts_as_one_that_is_measured() {
        let mut state = monitored();
        for second in 1..=120 {
            let said = json!({"battery": {"percent": 15}});
            let said: devices::State = serde_json::from_value(said).unwrap();
            let states = [(DeviceId::new("monitor").unwrap(), said, Some(at(1)))];
            state.hear_states(&states, at(second));
            state.tick(at(second));
        }
        assert_eq!(present(&state), ["battery-low"]);
        let source = &state.beds["bed"].sources[BATTERY];
        assert_eq!(
            (source.device.as_str(), source.stream.as_str()),
            ("monitor", "state")
        );
    }

    #[test]
    fn a_battery_stays_low_as_long_as_its_device_is_connected_and_is_over_once_it_is_gone() {
        let mut state = monitored();
        let said = json!({"battery": {"percent": 15}});
        let said: devices::State = serde_json::from_value(said).unwrap();
        let states = [(DeviceId::new("monitor").unwrap(), said, Some(at(1)))];
        let pump = Source {
            device: "pump".to_owned(),
            stream: BATTERY.to_owned(),
        };
        let full = |second: i64| Sample {
            signal: BATTERY.to_owned(),
            at: at(second),
            value: 80.0,
        };
        for second in (1..=7_500).step_by(10) {
            state.hear_states(&states, at(second));
            state.sample("bed", full(second), &pump);
            state.tick(at(second));
        }
        assert_eq!(present(&state), ["battery-low"]);
        let mut alone = monitored();
        for second in 1..=120 {
            alone.hear_states(&states, at(second));
            alone.tick(at(second));
        }
        assert_eq!(present(&alone), ["battery-low"]);
        for (state, second) in [(&mut state, 7_501), (&mut alone, 121)] {
            let mut places = state.places.clone();
            places.devices.get_mut("monitor").unwrap().patient = None;
            state.settle(places, at(second));
            assert!(!state.beds["bed"].of_devices[BATTERY].contains_key("monitor"));
        }
        assert!(present(&alone).is_empty());
        alone.tick(at(200));
        assert!(present(&alone).is_empty());
        for second in 7_502..=7_600 {
            state.sample("bed", full(second), &pump);
            state.tick(at(second));
        }
        assert!(present(&state).is_empty());
    }

    #[test]
    fn a_fault_of_a_device_that_goes_out_of_service_is_over() {
        let mut state = monitored();
        for second in 1..=20 {
            say(&mut state, second, json!({"faults": ["leads off"]}));
        }
        assert_eq!(present(&state), [FAULT]);
        let mut places = state.places.clone();
        places.devices.get_mut("monitor").unwrap().active = false;
        state.settle(places, at(21));
        assert!(present(&state).is_empty());
    }

    #[test]
    fn devices_of_an_empty_bed_call_nobody() {
        let mut state = monitored();
        let mut places = state.places.clone();
        places.devices.get_mut("monitor").unwrap().patient = None;
        places.devices.get_mut("monitor").unwrap().place = Some("bed".to_owned());
        for second in 1..=20 {
            say(&mut state, second, json!({"faults": ["leads off"]}));
        }
        assert_eq!(present(&state), [FAULT]);
        // It stays where it stands, and the patient leaves.
        places.beds.get_mut("bed").unwrap().patient = None;
        state.settle(places, at(21));
        for second in 21..=60 {
            say(
                &mut state,
                second,
                json!({"faults": ["leads off"], "battery": {"percent": 5}}),
            );
        }
        assert!(present(&state).is_empty());
        assert!(state.at_beds.is_empty());
    }

    #[test]
    fn an_open_alarm_of_a_device_ends_after_a_restart_too() {
        let mut state = monitored();
        for second in 1..=20 {
            say(&mut state, second, json!({"faults": ["leads off"]}));
        }
        let open = state.board.open()[0].clone();
        let kept = state.whole(&open.id).unwrap();
        let mut again = monitored();
        again.restore(kept);
        again.stand(at(30));
        for second in 31..=80 {
            say(&mut again, second, json!({"faults": []}));
        }
        assert!(present(&again).is_empty());
        assert_eq!(again.board.all().count(), 1);
    }
}
