//! Devices at beds in which somebody lies: what is found of each of them has an alarm of its own at the bed.

use alarms::{About, Change, Changed, Sample};
use record::QualityMark;
use vocabulary::{DeviceId, Timestamp};

use super::{State, Thing, kept::Source};

/// The signal by which rules look at the clock of a device.
const CLOCK: &str = "device-clock";
/// Those by which rules look at what a device says of itself, which are also the names of these rules.
const FAULT: &str = "device-fault";
const SELF_CHECK: &str = "device-self-check";
const BATTERY: &str = "battery";
/// What stands for the stream where a value's source is named.
const STATE: &str = "state";

/// A device at a bed: the bed, and the device.
pub(super) type AtBed = (String, String);

impl State {
    /// The bed of a device where somebody lies in it: where it stands, or else its patient's.
    fn bed_of_device(&self, device: &str) -> Option<&str> {
        let device = self.places.devices.get(device)?;
        let stands = device.place.as_ref();
        let stands = stands.and_then(|place| self.places.beds.get(place));
        let theirs = || self.places.bed_of(device.patient.as_ref()?);
        let bed = stands.or_else(theirs)?;
        bed.patient.as_ref().map(|_| bed.id.as_str())
    }

    /// Takes something that is found of a device, for the rules of its bed; until something is, nothing is watched.
    fn find(&mut self, device: &str, (signal, stream): (&str, &str), value: f64, at: Timestamp) {
        if value <= 0.0 && !self.at_beds.keys().any(|(_, known)| known == device) {
            return;
        }
        let Some(bed) = self.bed_of_device(device) else {
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
        for (device, state, said_at) in states {
            let device = device.as_str();
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
                self.hear_battery(device, battery.percent, *at);
            }
        }
    }

    fn say(&mut self, device: &str, rule: &str, words: &[String], now: Timestamp) {
        if words.is_empty() {
            return;
        }
        let Some(bed) = self.bed_of_device(device).map(str::to_owned) else {
            return;
        };
        let about = About {
            bed: &bed,
            device: Some(device),
            patient: None,
        };
        self.unkept.extend(self.board.say(about, rule, words, now));
    }

    /// What a battery holds counts at the bed as if the device measured it.
    fn hear_battery(&mut self, device: &str, percent: f64, at: Timestamp) {
        let Some(bed) = self.bed_of_device(device).map(str::to_owned) else {
            return;
        };
        let said = (bed.clone(), at);
        if self.batteries.get(device) == Some(&said) {
            return;
        }
        self.batteries.insert(device.to_owned(), said);
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

    /// What was found of a device is over at a bed where it is no more, or where nobody lies any more.
    pub(super) fn settle_at_beds(&mut self, now: Timestamp) {
        let is_gone = |(bed, device): &&AtBed| self.bed_of_device(device) != Some(bed);
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

    /// Lets time pass for what was found of devices.
    pub(super) fn tick_at_beds(&mut self, now: Timestamp) {
        let mut changes = Vec::new();
        for (at_bed, found) in &mut self.at_beds {
            let all = found.watch.advance(now).into_iter();
            changes.extend(all.map(|change| (at_bed.clone(), change)));
        }
        for ((bed, device), change) in changes {
            self.take_up(&bed, Some(&device), &change, now);
        }
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
                id: "monitor".to_owned(),
                name: "Monitor".to_owned(),
                kind: None,
                kind_name: None,
                place: None,
                carrier: None,
                patient: Some(patient),
                active: true,
                codes: vec![],
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
            assert_eq!(read[0].value, slow_s as f64);
            let source = &state.whole(&clock.id).unwrap().sources["device-clock"];
            assert_eq!(source.device, "monitor");
            // Set right, it is over; the heart is not.
            for second in 601..=680 {
                no_beat(&mut state, second, 0, false);
            }
            assert_eq!(present(&state), ["no-heart-beat"]);
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
