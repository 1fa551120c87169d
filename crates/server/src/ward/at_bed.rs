//! Devices at beds in which somebody lies: what is found of each of them has an alarm of its own at the bed.

use alarms::{Change, Changed, Sample};
use record::QualityMark;
use vocabulary::Timestamp;

use super::{State, Thing, kept::Source};

/// The signal by which rules look at the clock of a device.
const CLOCK: &str = "device-clock";

/// A device at a bed: the bed, and the device.
pub(super) type AtBed = (String, String);

impl State {
    /// The bed of a device where somebody lies in it: its patient's, or where it stands.
    fn bed_of_device(&self, device: &str) -> Option<&str> {
        let device = self.places.devices.get(device)?;
        let patient = device.patient.as_ref();
        let theirs = patient.and_then(|patient| self.places.bed_of(patient));
        let stands = || self.places.beds.get(device.place.as_ref()?);
        let bed = theirs.or_else(stands)?;
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
    use vocabulary::{Coding, DeviceId, PatientId};

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
            assert!(state.board.all().all(|alarm| alarm.rule != "heart-rate-absent"));
            let mut all = state.board.all();
            let clock = all.find(|alarm| alarm.rule == "device-clock-slow").unwrap();
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
        assert!(present(&state).iter().all(|rule| *rule == "heart-rate-absent"));
    }
}
