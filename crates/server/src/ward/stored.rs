//! What the signal store knows of the beds: the last hour when the program starts, and any hour for who looks back.

use std::{collections::BTreeMap, sync::Arc};

use alarms::{RuleSet, Sample};
use policy::Permit;
use record::{QualityMark, Reading, RecordError, SeriesQuery, SeriesSummary, Signals, SpanQuery};
use vocabulary::{ActorId, DeviceId, PatientId, Timestamp};

use super::{
    RECENT_MS, State,
    contacts::{carried_then, carriers},
    heard::is_doubtful,
    kept::Source,
    tags,
};
use crate::hospital::Hospital;

/// A series with more readings than these in an hour is a waveform. Rules look at none.
const AT_MOST: usize = 8_000;
/// Into how many points the hour before a moment is rolled up, so that each of its minutes has one.
const POINTS: usize = 128;
/// Into how many pieces a span is cut in which the newest reading is looked for.
const PIECES: usize = 256;
/// A device that was silent for longer before a moment is not looked for further back, in milliseconds.
const HEARD_WITHIN_MS: i64 = 86_400_000;

/// A series of the store as the signal that the rules know it by.
struct Series {
    summary: SeriesSummary,
    signal: String,
    fresh_ms: i64,
    source: Source,
}

impl Series {
    fn sample(&self, at_us: i64, value: f64) -> Sample {
        Sample {
            signal: self.signal.clone(),
            at: Timestamp(at_us.div_euclid(1000)),
            value,
        }
    }

    /// A reading, by when it arrived where its device's clock is slow.
    fn read(&self, reading: &Reading) -> Sample {
        self.sample(measured_us(reading), reading.value)
    }

    fn span(&self, from_ms: i64, to_ms: i64) -> SpanQuery {
        SpanQuery {
            id: self.summary.id.clone(),
            from_us: from_ms.saturating_mul(1000),
            to_us: to_ms.saturating_add(1).saturating_mul(1000),
        }
    }
}

/// Whether a reading says something of the patient. What was made of an observation is charted by itself.
fn counts(reading: &Reading) -> bool {
    let says_nothing =
        |mark: &QualityMark| is_doubtful(mark) || *mark == QualityMark::FromObservation;
    !reading.marks.iter().any(says_nothing)
}

/// When a reading was measured, by the hospital's clock where the device's is known to be slow, in microseconds.
fn measured_us(reading: &Reading) -> i64 {
    reading.at_us + QualityMark::slow_ms(&reading.marks) * 1000
}

/// The series of a patient and of the sensors at a bed, with the signals that these are for the rules.
async fn series_of(
    hospital: &Hospital,
    permit: &Permit,
    rules: &Arc<RuleSet>,
    patient: Option<&PatientId>,
    sensors: &[String],
) -> Result<Vec<Series>, RecordError> {
    let mut found = Vec::new();
    if let Some(patient) = patient.filter(|patient| permit.covers(Some(patient))) {
        let query = SeriesQuery {
            subject: Some(patient.clone()),
            ..SeriesQuery::default()
        };
        found.extend(hospital.signals.series(permit, &query).await?);
    }
    for device in sensors.iter().filter_map(|id| DeviceId::new(id).ok()) {
        let query = SeriesQuery {
            device: Some(device),
            ..SeriesQuery::default()
        };
        let all = hospital.signals.series(permit, &query).await?;
        found.extend(all.into_iter().filter(|one| one.series.subject.is_none()));
    }
    let known = found.into_iter().filter_map(|summary| {
        let signal = rules.signal_of_code(&summary.series.code)?;
        (signal.unit == summary.series.unit).then(|| Series {
            signal: signal.id.clone(),
            fresh_ms: i64::from(signal.fresh_s) * 1000,
            source: Source {
                device: summary.series.stream.device.to_string(),
                stream: summary.series.stream.stream.clone(),
            },
            summary,
        })
    });
    Ok(known.collect())
}

/// What is watched at a bed, by the places that a state knows.
struct AtBed {
    bed: String,
    patient: Option<PatientId>,
    sensors: Vec<String>,
}

fn at_beds(state: &State, wanted: impl Fn(&str) -> bool) -> Vec<AtBed> {
    let places = &state.places;
    let beds = places.beds.values().filter(|bed| wanted(&bed.id));
    beds.map(|bed| {
        let stands = |place: &Option<String>| {
            place.as_ref() == Some(&bed.id) || (place.is_some() && *place == bed.room)
        };
        let devices = places.devices.values();
        AtBed {
            bed: bed.id.clone(),
            patient: bed.patient.as_ref().map(|lying| lying.id.clone()),
            sensors: devices
                .filter(|device| stands(&device.place))
                .map(|device| device.id.clone())
                .collect(),
        }
    })
    .collect()
}

/// Gives beds that begin anew the hour that they had before, and the values that still count: what trends look at
/// and what screens draw is there at once, and nothing is raised about the past. Other beds are given what they missed
/// since a moment.
pub async fn refill(
    hospital: &Hospital,
    permit: &Permit,
    beds: &[String],
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), RecordError> {
    let (rules, at_beds) = hospital.ward.look(|state| {
        let wanted = |id: &str| beds.iter().any(|bed| bed == id);
        (state.rules.clone(), at_beds(state, wanted))
    });
    let from = Timestamp(now.0 - RECENT_MS).max(since.unwrap_or(Timestamp(i64::MIN)));
    for at_bed in at_beds {
        let (patient, sensors) = (at_bed.patient.as_ref(), &at_bed.sensors);
        for series in series_of(hospital, permit, &rules, patient, sensors).await? {
            let last = &series.summary.last;
            let span = series.span(from.0, now.0);
            let page = hospital.signals.read(permit, &span, AT_MOST).await?;
            let mut samples = Vec::new();
            let age_ms = now.0 - measured_us(last).div_euclid(1000);
            if counts(last) && (0..=series.fresh_ms).contains(&age_ms) {
                samples.push(series.read(last));
            }
            if page.next_us.is_some() {
                continue;
            }
            let readings = page.readings.iter().filter(|reading| counts(reading));
            samples.extend(readings.map(|reading| series.read(reading)));
            // Of several devices the lowest value counts, as it was then: in the order of time.
            samples.sort_by_key(|sample| sample.at);
            let mut state = hospital.ward.state.lock();
            for sample in samples {
                state.sample(&at_bed.bed, sample, &series.source);
            }
        }
    }
    Ok(())
}

/// Where tags were when the program ended, so that who is near is known before they speak again.
pub async fn relocate(hospital: &Hospital, permit: &Permit) -> Result<(), RecordError> {
    for series in of_tags(hospital, permit).await? {
        let (device, last) = (series.series.stream.device.as_str(), &series.last);
        let mut state = hospital.ward.state.lock();
        if state.places.devices.contains_key(device) {
            let at = Timestamp(last.at_us.div_euclid(1000));
            state.locate_one(device, &series.series.code, at, last.value);
        }
    }
    Ok(())
}

/// All series that say where something is.
async fn of_tags(hospital: &Hospital, permit: &Permit) -> Result<Vec<SeriesSummary>, RecordError> {
    let all = SeriesQuery::default();
    let mut all = hospital.signals.series(permit, &all).await?;
    all.retain(|series| tags::is_position(&series.series.code));
    Ok(all)
}

/// The newest reading of a series at a moment, not older than this. First where it lies, then itself: a year of
/// readings is not read for one.
async fn newest(
    signals: &dyn Signals,
    permit: &Permit,
    series: &SeriesSummary,
    at: Timestamp,
    within_ms: i64,
) -> Result<Option<Reading>, RecordError> {
    let to_us = at.0.saturating_add(1).saturating_mul(1000);
    let last = &series.last;
    if last.at_us < to_us {
        let since_ms = at.0 - last.at_us.div_euclid(1000);
        if since_ms > within_ms {
            return Ok(None);
        }
        if counts(last) {
            return Ok(Some(last.clone()));
        }
    }
    let span = SpanQuery {
        id: series.id.clone(),
        from_us: at.0.saturating_sub(within_ms).saturating_mul(1000),
        to_us,
    };
    let pieces = signals.rollup(permit, &span, PIECES).await?;
    let mut to_us = span.to_us;
    for piece in pieces.buckets.iter().rev() {
        let from_us = piece.start_us.max(span.from_us);
        let id = span.id.clone();
        let piece = SpanQuery { id, from_us, to_us };
        let page = signals.read(permit, &piece, AT_MOST).await?;
        if let Some(found) = page.readings.into_iter().rev().find(counts) {
            return Ok(Some(found));
        }
        to_us = from_us;
    }
    Ok(None)
}

/// Puts into a state of the past what its beds and devices had measured by then, as far as the permit covers it.
/// Lines are the means of short spans; the newest values are readings as they came.
pub async fn as_it_was(
    hospital: &Hospital,
    permit: &Permit,
    state: &mut State,
    at: Timestamp,
) -> Result<(), RecordError> {
    let rules = state.rules.clone();
    for at_bed in at_beds(state, |_| true) {
        let (patient, sensors) = (at_bed.patient.as_ref(), &at_bed.sensors);
        for series in series_of(hospital, permit, &rules, patient, sensors).await? {
            let signals = &*hospital.signals;
            let hour = series.span(at.0 - RECENT_MS, at.0);
            let line = signals.rollup(permit, &hour, POINTS).await?;
            let count: u64 = line.buckets.iter().map(|bucket| bucket.count).sum();
            if usize::try_from(count).is_ok_and(|count| count > AT_MOST) {
                continue;
            }
            for bucket in &line.buckets {
                state.remember(&at_bed.bed, &series.sample(bucket.start_us, bucket.mean));
            }
            let last = newest(signals, permit, &series.summary, at, series.fresh_ms).await?;
            if let Some(last) = last {
                let sample = series.sample(last.at_us, last.value);
                state.sample(&at_bed.bed, sample, &series.source);
            }
        }
    }
    let devices: Vec<String> = state.places.devices.keys().cloned().collect();
    for id in devices {
        let Ok(device) = DeviceId::new(&id) else {
            continue;
        };
        let query = SeriesQuery {
            device: Some(device),
            ..SeriesQuery::default()
        };
        let mut heard: Option<Timestamp> = None;
        for series in hospital.signals.series(permit, &query).await? {
            let last = newest(&*hospital.signals, permit, &series, at, HEARD_WITHIN_MS).await?;
            heard = heard.max(last.map(|last| Timestamp(last.at_us.div_euclid(1000))));
        }
        state.heard.extend(heard.map(|heard| (id, heard)));
    }
    Ok(())
}

/// Puts into a state of the past where tags were then: of things, of patients whom the permit covers, and the
/// caller's own.
pub async fn where_it_was(
    hospital: &Hospital,
    (own, permit): (&Permit, &Permit),
    me: &ActorId,
    state: &mut State,
    at: Timestamp,
) -> Result<(), RecordError> {
    let devices = state.places.devices.values();
    let me = format!("Practitioner/{me}");
    let carried: BTreeMap<String, String> = devices
        .filter_map(|device| {
            let itself = || format!("{}{}", tags::THING, device.id);
            let carrier = device.carrier.clone().unwrap_or_else(itself);
            let is_shown = !carrier.starts_with("Practitioner/") || carrier == me;
            is_shown.then(|| (device.id.clone(), carrier))
        })
        .collect();
    for series in of_tags(hospital, permit).await? {
        let device = series.series.stream.device.as_str();
        let Some(carrier) = carried.get(device) else {
            continue;
        };
        // A tag that went from one carrier to another tells of each only what is theirs.
        let subject = series.series.subject.as_ref();
        let subject = subject.map(|id| format!("Patient/{id}"));
        if subject.is_some_and(|subject| subject != *carrier) {
            continue;
        }
        let found = newest(&*hospital.signals, permit, &series, at, tags::FRESH_MS).await?;
        let Some(found) = found else { continue };
        let then = Timestamp(found.at_us.div_euclid(1000));
        if series.series.subject.is_none() {
            let carriers = carriers(hospital, own, device).await?;
            if carried_then(&carriers, then) != carried_then(&carriers, at) {
                continue;
            }
        }
        state.locate_one(device, &series.series.code, then, found.value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use policy::Action;
    use record::{Arrived, Readings, StreamKey};
    use vocabulary::Coding;

    use super::*;
    use crate::{
        clock,
        ward::{Bed, Places, heard, places::Lying},
    };

    #[tokio::test]
    async fn rules_are_given_what_a_ward_that_fell_behind_did_not_hear() {
        let (_folder, hospital) = Hospital::of_test();
        let permit = hospital.own_permit("test", Action::ReadRecord);
        let permit = permit.await.unwrap();
        let patient = PatientId::new("p").unwrap();
        let bed = Bed {
            id: "bed".to_owned(),
            name: "Bed".to_owned(),
            ward: "ward".to_owned(),
            room: None,
            patient: Some(Lying {
                id: patient.clone(),
                name: String::new(),
                birth_date: None,
                sex: None,
            }),
        };
        let places = Places {
            beds: BTreeMap::from([(bed.id.clone(), bed)]),
            ..Places::default()
        };
        let now = clock::now();
        let since = Timestamp(now.0 - 90_000);
        hospital.ward.state.lock().settle(places, since);
        let heart = |second: i64| Arrived {
            stream: StreamKey {
                device: DeviceId::new("monitor").unwrap(),
                stream: "heart-rate".to_owned(),
            },
            subject: Some(patient.clone()),
            coding: Coding::new("urn:iso:std:iso:11073:10101", "147842"),
            unit: "/min".to_owned(),
            readings: Readings::One {
                at: Timestamp(since.0 + second * 1000),
                value: 0.0,
            },
            received: now,
            quality: vec![],
            message: None,
        };
        // In the record, and heard by nobody.
        let all = (0..90).map(heart).collect();
        hospital.signals.append(all).await.unwrap();
        assert!(
            hospital
                .ward
                .look(|state| state.beds["bed"].recent.is_empty())
        );
        heard::missed(&hospital, &permit, since, now).await.unwrap();
        let mut state = hospital.ward.state.lock();
        state.tick(now);
        let open = state.board.open();
        assert!(
            open.iter().any(|alarm| alarm.rule == "no-heart-beat"),
            "{open:?}"
        );
        // And screens are given the line.
        let line = state.beds["bed"]
            .recent
            .values()
            .map(VecDeque::len)
            .sum::<usize>();
        assert!(line > 0);
    }

    #[tokio::test]
    async fn what_was_doubtful_does_not_hide_what_was_counted_just_before() {
        let (_folder, hospital) = Hospital::of_test();
        let permit = hospital.own_permit("test", Action::ReadRecord);
        let permit = permit.await.unwrap();
        let begin = Timestamp(clock::now().0 - 90_000);
        let heart = |second: i64, value: f64, quality: &[QualityMark]| Arrived {
            stream: StreamKey {
                device: DeviceId::new("monitor").unwrap(),
                stream: "heart-rate".to_owned(),
            },
            subject: None,
            coding: Coding::new("urn:iso:std:iso:11073:10101", "147842"),
            unit: "/min".to_owned(),
            readings: Readings::One {
                at: Timestamp(begin.0 + second * 1000),
                value,
            },
            received: clock::now(),
            quality: quality.to_vec(),
            message: None,
        };
        let doubtful = [QualityMark::Artefact];
        let all = vec![
            heart(0, 70.0, &[]),
            heart(20, 180.0, &doubtful),
            heart(40, 190.0, &doubtful),
        ];
        hospital.signals.append(all).await.unwrap();
        let all = SeriesQuery::default();
        let series = &hospital.signals.series(&permit, &all).await.unwrap()[0];
        let newest = async |second: i64, within_ms: i64| {
            let at = Timestamp(begin.0 + second * 1000);
            let found = newest(&*hospital.signals, &permit, series, at, within_ms).await;
            found.unwrap().map(|found| found.value)
        };
        // Between two that are doubtful, after the last, and where nothing that counts is new enough.
        assert_eq!(newest(30, 60_000).await, Some(70.0));
        assert_eq!(newest(45, 60_000).await, Some(70.0));
        assert_eq!(newest(45, 30_000).await, None);
    }
}
