//! What is measured now, for screens: a few times a second the latest value of each series and the pieces of
//! waveforms that came. Who is slow gets the latest values all the same, and is told what was left out. What has no room
//! in the record is shown too, marked as such.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{RawQuery, State},
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt as _, stream};
use policy::{Action, Actor, Object, Scope};
use record::{Arrived, Readings, SeriesId, SignalSeries};
use serde::Serialize;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};
use ts_rs::TS;
use vocabulary::{DeviceId, PatientId, Text};

use crate::{
    access,
    hospital::Hospital,
    http::{Caller, Problem},
};

use super::{SignalMark, SignalReading};

/// How often an event is sent, at most.
const EVERY: Duration = Duration::from_millis(250);
/// The most values of waveforms in one event: four seconds of 16 channels at 500 Hz. Older ones are left out.
const WAVE_VALUES: usize = 32_000;
/// How often it is looked whether one who listens still may.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// What had no room, and comes again: it is not kept.
const UNKEPT: SignalMark = SignalMark {
    code: "unkept",
    by_ms: None,
    doubt_ms: None,
    text: None,
};
/// The most patients and devices that one listens to by name.
const NAMED: usize = 512;

/// The latest value of a series.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export, export_to = "../../../contract/signals.ts")]
pub struct LiveValue {
    /// The series.
    pub series: String,
    /// The device.
    pub device: String,
    /// Its stream.
    pub stream: String,
    /// Whom it is about.
    pub patient: Option<String>,
    /// The code of what is measured.
    pub code: String,
    /// The unit, by UCUM.
    pub unit: String,
    /// The reading.
    pub reading: SignalReading,
}

/// A piece of a waveform.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export, export_to = "../../../contract/signals.ts")]
pub struct LiveWave {
    /// The series.
    pub series: String,
    /// The device.
    pub device: String,
    /// Its stream.
    pub stream: String,
    /// What people call the stream, where the device's profile has it.
    #[ts(type = "{ zh: string, en: string } | null")]
    pub title: Option<Text>,
    /// Whom it is about.
    pub patient: Option<String>,
    /// The code of what is measured.
    pub code: String,
    /// The unit, by UCUM.
    pub unit: String,
    /// When the first value was measured, in milliseconds since 1970.
    #[ts(type = "number")]
    pub start_ms: i64,
    /// From one value to the next, in microseconds.
    #[ts(type = "number")]
    pub period_us: u64,
    /// The values.
    pub values: Vec<f64>,
    /// What holds for all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<SignalMark>>")]
    pub marks: Vec<SignalMark>,
}

/// What came since the last event.
#[derive(Clone, Debug, Default, Serialize, TS)]
#[ts(export, export_to = "../../../contract/signals.ts")]
pub struct LiveEvent {
    /// The latest value of each series that has a new one.
    pub values: Vec<LiveValue>,
    /// Pieces of waveforms, in the order in which they came.
    pub waves: Vec<LiveWave>,
    /// Values of waveforms that were left out, since this screen is slow.
    pub cut: usize,
    /// Arrivals that were missed altogether, values among them: read the series again.
    #[ts(type = "number")]
    pub missed: u64,
}

/// Whom and what one listens to; everything that one may see where nothing is named.
#[derive(Debug, Default)]
struct Wanted {
    patients: BTreeSet<PatientId>,
    devices: BTreeSet<DeviceId>,
    without_waves: bool,
}

impl Wanted {
    /// Reads `patient=…&patient=…&device=…&waves=false`. Identifiers need no escapes.
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut wanted = Self::default();
        let bad = || Problem::bad_input("listen by patient=, device= and waves=false");
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').ok_or_else(bad)? {
                ("patient", id) => {
                    wanted
                        .patients
                        .insert(PatientId::new(id).map_err(|_| bad())?);
                }
                ("device", id) => {
                    wanted.devices.insert(DeviceId::new(id).map_err(|_| bad())?);
                }
                ("waves", says) => wanted.without_waves = says == "false",
                _ => return Err(bad()),
            }
        }
        if wanted.patients.len() + wanted.devices.len() > NAMED {
            return Err(Problem::bad_input(
                "listen to at most 512 patients and devices",
            ));
        }
        Ok(wanted)
    }

    fn wants(&self, arrived: &Arrived) -> bool {
        let anything = self.patients.is_empty() && self.devices.is_empty();
        anything
            || self.devices.contains(&arrived.stream.device)
            || arrived
                .subject
                .as_ref()
                .is_some_and(|patient| self.patients.contains(patient))
    }
}

/// One who listens.
struct Listener {
    hospital: Arc<Hospital>,
    actor: Actor,
    scope: Scope,
    looked: Instant,
    wanted: Wanted,
    heard: Receiver<Arc<Arrived>>,
    without_room: Receiver<Arc<Arrived>>,
}

/// Server-sent events `readings`, each a [`LiveEvent`].
pub async fn live(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let wanted = Wanted::parse(query.as_deref().unwrap_or_default())?;
    let permit = hospital
        .permit(&caller, Action::ReadRecord, &Object::Everyone)
        .await?;
    let over = access::is_over(Arc::clone(&hospital), caller.session);
    // The feeds are the hospital's own; what leaves them is what this permit covers.
    let own = hospital.finding().await?;
    let listener = Listener {
        heard: hospital.signals.live(own)?,
        without_room: hospital.signals.unkept(own)?,
        scope: permit.scope().clone(),
        actor: caller.actor,
        looked: Instant::now(),
        wanted,
        hospital,
    };
    let events = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        let event = Event::default().event("readings").json_data(&event);
        Some((event.unwrap_or_default(), listener))
    });
    let events = events.map(Ok).take_until(Box::pin(over));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Listener {
    /// Collects what comes until it is time for the next event; ends with the hospital, or once the listener may
    /// not listen any more. With their session it ends from outside.
    async fn next(&mut self) -> Option<LiveEvent> {
        let mut gathered = Gathered::default();
        let mut due = Instant::now() + EVERY;
        loop {
            if self.looked.elapsed() >= LOOK_AGAIN {
                self.scope = self
                    .hospital
                    .scope_now(&self.actor.id, Action::ReadRecord, &Object::Everyone)
                    .await?;
                self.looked = Instant::now();
            }
            let came = async {
                tokio::select! {
                    heard = self.heard.recv() => (heard, true),
                    heard = self.without_room.recv() => (heard, false),
                }
            };
            match tokio::time::timeout_at(due, came).await {
                Ok((Ok(arrived), is_kept)) => self.take(&arrived, is_kept, &mut gathered),
                // What had no room is in no series that could be read again.
                Ok((Err(RecvError::Lagged(missed)), is_kept)) => {
                    gathered.missed += if is_kept { missed } else { 0 };
                }
                Ok((Err(RecvError::Closed), _)) => return None,
                Err(_) if gathered.is_empty() => due = Instant::now() + EVERY,
                Err(_) => return Some(gathered.event()),
            }
        }
    }

    fn take(&self, arrived: &Arrived, is_kept: bool, gathered: &mut Gathered) {
        let may_see = arrived
            .subject
            .as_ref()
            .is_none_or(|patient| self.scope.covers(patient));
        // Where one of the staff is, is theirs to see.
        let device = &arrived.stream.device;
        let may_see = may_see && !self.hospital.devices.is_of_another(device, &self.actor.id);
        if may_see && self.wanted.wants(arrived) {
            let (code, unit) = (&arrived.coding.code, &arrived.unit);
            let title = || {
                let devices = &self.hospital.devices;
                devices.title_of(&arrived.stream, code, unit)
            };
            gathered.take(arrived, is_kept, self.wanted.without_waves, title);
        }
    }
}

/// What came since the last event.
#[derive(Default)]
struct Gathered {
    values: BTreeMap<SeriesId, LiveValue>,
    waves: std::collections::VecDeque<LiveWave>,
    wave_values: usize,
    cut: usize,
    missed: u64,
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.waves.is_empty() && self.missed == 0
    }

    fn take(
        &mut self,
        arrived: &Arrived,
        is_kept: bool,
        without_waves: bool,
        title: impl FnOnce() -> Option<Text>,
    ) {
        let id = SignalSeries::of(arrived).id();
        let marks = arrived.quality.iter().map(SignalMark::from);
        let marks = marks.chain((!is_kept).then_some(UNKEPT));
        let marks: Vec<SignalMark> = marks.collect();
        match &arrived.readings {
            Readings::One { at, value } => {
                let reading = SignalReading {
                    at_ms: at.0 as f64,
                    value: *value,
                    marks,
                };
                let is_older = |known: &LiveValue| known.reading.at_ms > reading.at_ms;
                // What comes late is no news for a screen.
                if !self.values.get(&id).is_some_and(is_older) {
                    let value = value_of(arrived, &id, reading);
                    self.values.insert(id, value);
                }
            }
            Readings::Regular { .. } if without_waves => {}
            Readings::Regular {
                start,
                period_us,
                values,
            } => {
                self.wave_values += values.len();
                self.waves.push_back(LiveWave {
                    series: id.into(),
                    device: arrived.stream.device.to_string(),
                    stream: arrived.stream.stream.clone(),
                    title: title(),
                    patient: arrived.subject.as_ref().map(ToString::to_string),
                    code: arrived.coding.code.clone(),
                    unit: arrived.unit.clone(),
                    start_ms: start.0,
                    period_us: *period_us,
                    values: values.clone(),
                    marks,
                });
                while self.wave_values > WAVE_VALUES {
                    let Some(oldest) = self.waves.pop_front() else {
                        break;
                    };
                    self.wave_values -= oldest.values.len();
                    self.cut += oldest.values.len();
                }
            }
        }
    }

    fn event(self) -> LiveEvent {
        LiveEvent {
            values: self.values.into_values().collect(),
            waves: self.waves.into(),
            cut: self.cut,
            missed: self.missed,
        }
    }
}

fn value_of(arrived: &Arrived, id: &SeriesId, reading: SignalReading) -> LiveValue {
    LiveValue {
        series: id.to_string(),
        device: arrived.stream.device.to_string(),
        stream: arrived.stream.stream.clone(),
        patient: arrived.subject.as_ref().map(ToString::to_string),
        code: arrived.coding.code.clone(),
        unit: arrived.unit.clone(),
        reading,
    }
}

#[cfg(test)]
mod tests {
    use record::StreamKey;
    use vocabulary::{Coding, Timestamp};

    use super::*;

    fn arrived(readings: Readings) -> Arrived {
        Arrived {
            stream: StreamKey {
                device: DeviceId::new("d").unwrap(),
                stream: "s".to_owned(),
            },
            subject: None,
            coding: Coding::new("x", "y"),
            unit: "%".to_owned(),
            readings,
            received: Timestamp(0),
            quality: vec![],
            message: None,
        }
    }

    #[test]
    fn the_latest_value_wins_and_waves_are_cut_and_say_so() {
        let mut gathered = Gathered::default();
        let title = || Some(Text::new("脉搏波", "Pulse wave"));
        for (at, value) in [(1, 95.0), (3, 97.0), (2, 96.0)] {
            let at = Timestamp(at);
            gathered.take(&arrived(Readings::One { at, value }), true, false, title);
        }
        for start in 0..5 {
            let piece = Readings::Regular {
                start: Timestamp(start),
                period_us: 2000,
                values: vec![0.0; 10_000],
            };
            gathered.take(&arrived(piece), start < 4, false, title);
        }
        let event = gathered.event();
        assert_eq!(event.values.len(), 1);
        assert_eq!(event.values[0].reading.value.to_string(), "97");
        assert_eq!((event.waves.len(), event.cut), (3, 20_000));
        assert_eq!(event.waves[0].start_ms, 2);
        assert_eq!(event.waves[0].title, title());
        // The last had no room.
        let marks = event.waves.iter().map(|wave| wave.marks.clone());
        assert_eq!(marks.collect::<Vec<_>>(), [vec![], vec![], vec![UNKEPT]]);
    }

    #[test]
    fn one_listens_to_patients_and_devices_by_name() {
        let wanted = Wanted::parse("patient=p1&device=d&waves=false").unwrap();
        let at = Timestamp(0);
        assert!(wanted.wants(&arrived(Readings::One { at, value: 1.0 })));
        assert!(wanted.without_waves);
        let wanted = Wanted::parse("patient=p1").unwrap();
        assert!(!wanted.wants(&arrived(Readings::One { at, value: 1.0 })));
        assert!(
            Wanted::parse("")
                .unwrap()
                .wants(&arrived(Readings::One { at, value: 1.0 }))
        );
        for bad in ["patient=a/b", "name=x", "patient"] {
            assert!(Wanted::parse(bad).is_err(), "{bad}");
        }
    }
}
