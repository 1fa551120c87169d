//! What devices measured and the record has no room for. It is judged as all else is, once, however often it comes
//! again; where it is shown it says that it is not kept.

use std::{collections::BTreeSet, sync::Arc};

use alarms::{Sample, VitalNow};
use record::Arrived;
use tokio::sync::broadcast::error::RecvError;
use vocabulary::{ActorId, Timestamp};

use super::{State, kept::Source};
use crate::hospital::Hospital;

/// So many samples of a bed are remembered that were judged and not kept, the latest.
const MOST: usize = 4096;

/// A sample by when it was measured, its signal, its device and the bits of its value.
type Judged = (Timestamp, String, String, u64);

/// The samples of a bed that were judged and not kept.
#[derive(Default)]
pub(super) struct Unkept(BTreeSet<Judged>);

impl Unkept {
    /// Whether a sample is to be judged: one that was, and comes again, is not. One that is kept is forgotten here.
    pub fn is_news(&mut self, sample: &Sample, device: &str, is_kept: bool) -> bool {
        if is_kept {
            return self.0.is_empty() || !self.0.remove(&judged(sample, device));
        }
        let is_news = self.0.insert(judged(sample, device));
        while self.0.len() > MOST {
            self.0.pop_first();
        }
        is_news
    }

    /// The signals whose newest value is not kept.
    pub fn of(&self, vitals: &[VitalNow]) -> Vec<String> {
        let unkept = vitals
            .iter()
            .filter(|vital| vital.at.is_some_and(|at| self.holds(&vital.signal, at)));
        unkept.map(|vital| vital.signal.clone()).collect()
    }

    /// Whether what was measured of a signal at a moment is not kept.
    fn holds(&self, signal: &str, at: Timestamp) -> bool {
        let since = (at, signal.to_owned(), String::new(), 0);
        let mut since = self.0.range(since..);
        since
            .next()
            .is_some_and(|(its, of, ..)| *its == at && of == signal)
    }
}

fn judged(sample: &Sample, device: &str) -> Judged {
    let bits = sample.value.to_bits();
    (sample.at, sample.signal.clone(), device.to_owned(), bits)
}

/// Hears what could not be kept; whether there is more to hear.
pub(super) fn hear(hospital: &Hospital, heard: Result<Arc<Arrived>, RecvError>) -> bool {
    match heard {
        Ok(arrived) => {
            let edge = hospital.devices.edge_of(&arrived.stream.device);
            let mut state = hospital.ward.state.lock();
            state.arrive_unkept(&arrived, edge.as_ref());
        }
        // It is nowhere, and comes again.
        Err(RecvError::Lagged(missed)) => {
            tracing::warn!(missed, "readings without room came too fast for the wards");
        }
        Err(RecvError::Closed) => return false,
    }
    true
}

impl State {
    /// Takes what a device measured and could not be kept.
    pub(super) fn arrive_unkept(&mut self, arrived: &Arrived, by_edge: Option<&ActorId>) {
        self.arrive_as(arrived, by_edge, false);
    }

    /// Whether a sample was not judged at a bed when it had no room.
    pub(super) fn is_news(
        &mut self,
        bed: &str,
        sample: &Sample,
        source: &Source,
        is_kept: bool,
    ) -> bool {
        let bed = self.beds.get_mut(bed);
        bed.is_none_or(|bed| bed.unkept.is_news(sample, &source.device, is_kept))
    }
}

#[cfg(test)]
mod tests {
    use record::{Readings, StreamKey};
    use vocabulary::{Coding, DeviceId, PatientId};

    use super::*;
    use crate::ward::places::Lying;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn after(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 + seconds * 1000)
    }

    fn one_bed() -> State {
        State::one_bed(NOW, |places| {
            places.beds.get_mut("bed").unwrap().patient = Some(Lying {
                id: PatientId::new("p").unwrap(),
                name: String::new(),
                birth_date: None,
                sex: None,
            });
        })
    }

    fn heart_rate(second: i64, value: f64) -> Arrived {
        let at = after(second);
        Arrived {
            stream: StreamKey {
                device: DeviceId::new("monitor").unwrap(),
                stream: "heart-rate".to_owned(),
            },
            subject: PatientId::new("p").ok(),
            coding: Coding::new("urn:iso:std:iso:11073:10101", "147842"),
            unit: "/min".to_owned(),
            readings: Readings::One { at, value },
            received: at,
            quality: vec![],
            message: None,
        }
    }

    fn open(state: &State) -> Vec<&str> {
        let open = state.board.open().into_iter();
        open.map(|alarm| alarm.rule.as_str()).collect()
    }

    #[test]
    fn what_has_no_room_raises_its_alarm_to_time_and_once() {
        let (mut kept, mut full) = (one_bed(), one_bed());
        let mut raised = None;
        for second in 1..=60 {
            let value = if second > 20 { 0.0 } else { 72.0 };
            let arrived = heart_rate(second, value);
            kept.arrive(&arrived, None);
            // From the tenth second on there is no room, and all of it comes again and again.
            for before in 10..=second {
                let value = if before > 20 { 0.0 } else { 72.0 };
                full.arrive_unkept(&heart_rate(before, value), None);
            }
            if second < 10 {
                full.arrive(&arrived, None);
            }
            kept.tick(after(second));
            full.tick(after(second));
            assert_eq!(open(&full), open(&kept), "second {second}");
            if raised.is_none() && !open(&full).is_empty() {
                raised = Some(second);
            }
        }
        assert!(raised.is_some());
        assert_eq!(full.beds["bed"].watch.late(), 0);
        let vitals = full.beds["bed"].watch.vitals(after(60));
        assert_eq!(full.beds["bed"].unkept.of(&vitals), ["heart-rate"]);
        // There is room: what comes now was judged, and is kept.
        for second in 10..=60 {
            let value = if second > 20 { 0.0 } else { 72.0 };
            full.arrive(&heart_rate(second, value), None);
        }
        kept.tick(after(61));
        full.tick(after(61));
        assert_eq!(full.beds["bed"].watch.late(), 0);
        assert_eq!(full.board.all().count(), kept.board.all().count());
        assert!(full.beds["bed"].unkept.0.is_empty());
    }

    #[test]
    fn no_more_is_remembered_than_is_of_use() {
        let mut unkept = Unkept::default();
        let sample = |second: i64| Sample {
            signal: "spo2".to_owned(),
            at: after(second),
            value: 97.0,
        };
        for second in 0..10_000 {
            assert!(unkept.is_news(&sample(second), "monitor", false));
        }
        assert_eq!(unkept.0.len(), MOST);
        assert!(!unkept.is_news(&sample(9_999), "monitor", false));
        assert!(unkept.is_news(&sample(9_999), "oximeter", false));
        assert!(unkept.holds("spo2", after(9_999)) && !unkept.holds("pulse", after(9_999)));
        assert!(!unkept.is_news(&sample(9_999), "monitor", true));
        assert!(unkept.holds("spo2", after(9_999)));
        assert!(!unkept.is_news(&sample(9_999), "oximeter", true));
        assert!(!unkept.holds("spo2", after(9_999)));
    }
}
