//! Of what devices measure, what a person should see as a fact: the first trustworthy reading of each vital sign
//! in each hour becomes an `Observation`.
//!
//! Which codes are vital signs is data (`crates/fhir/definitions/vital-signs.json`); how often, a setting. It is made
//! as readings come. What was missed then (a program that was killed, a disk that was full, too much at once) is found
//! when the program opens, and in the end by the journal: each chunk that was sealed is looked through, and how far
//! is kept.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use policy::{Action, Permit};
use record::{
    Arrived, Batch, FactBody, NewFact, Precondition, Readings, RecordError, ResourceKey,
    SealedSignals, SeriesQuery, SeriesSummary, SpanQuery, mark_written_by,
};
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::MissedTickBehavior,
};
use vocabulary::{DeviceId, Digest, PatientId, Timestamp};

use crate::hospital::{Hospital, hospital_actor};

const MINUTE_MS: i64 = 60_000;
/// By whom these observations are tagged as written, so that no other door changes them.
pub const WRITTEN_BY: &str = "vital-signs";
/// Panels whose parts are waited for, and signs whose spans are remembered; older ones are forgotten.
const REMEMBERED: usize = 20_000;
/// Under this name it is kept how far the journal was read.
const POSITION: &str = "vital-signs";
/// Entries and readings are read so many at a time.
const PAGE: usize = 500;
const READINGS: usize = 8_000;
/// The position is kept at the latest after so many entries that hold nothing of it.
const KEPT_EVERY: u64 = 5_000;
/// How often what was missed is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Values that are closer than this are a waveform and no vital sign: the rules of the wards leave them out, too.
const WAVEFORM_US: u64 = 500_000;
const SYSTOLIC: &str = "8480-6";
const DIASTOLIC: &str = "8462-4";

/// A span of time of a vital sign of a patient, by the code of the profile.
type Span = (PatientId, String, i64);

/// Parts of a panel that belong together: one device, one patient, one moment.
type Moment = (PatientId, DeviceId, Timestamp);

/// Follows the readings until the hospital closes.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let minutes = hospital.config.vital_sign_minutes;
    if minutes == 0 {
        return;
    }
    let Ok(permit) = hospital
        .own_permit("make observations of vital signs", Action::ReadRecord)
        .await
    else {
        return;
    };
    let Ok(mut heard) = hospital.signals.live(&permit) else {
        return;
    };
    let mut signs = Signs::new(minutes);
    // What came before the hospital closed may not have been made a fact.
    let mut has_missed = true;
    // Where nothing can be kept now, nothing is tried before the next look.
    let mut is_held_up = false;
    let mut time = tokio::time::interval(LOOK_AGAIN);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let arrived = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            arrived = heard.recv() => Some(arrived),
            _ = time.tick() => None,
        };
        match arrived {
            Some(Ok(arrived)) if !is_held_up => {
                let found = signs.take(&arrived);
                if let Err(error) = keep(&hospital, &mut signs, found).await {
                    tracing::error!(%error, "a vital sign could not be kept as an observation; it will");
                    (has_missed, is_held_up) = (true, true);
                }
            }
            Some(Ok(_)) => {}
            Some(Err(RecvError::Lagged(_))) => has_missed = true,
            Some(Err(RecvError::Closed)) => return,
            None => {
                is_held_up = false;
                if let Err(error) = catch_up(&hospital, &permit, &mut signs, &mut has_missed).await
                {
                    tracing::error!(%error, "vital signs that were missed could not be looked for; they will");
                }
            }
        }
    }
}

/// Keeps observations; one that is there already stays as it is.
async fn keep(
    hospital: &Hospital,
    signs: &mut Signs,
    found: Vec<(Span, NewFact)>,
) -> Result<(), RecordError> {
    for (span, fact) in found {
        let batch = Batch {
            actor: hospital_actor(),
            facts: vec![(fact, Precondition::Version(0))],
        };
        match hospital.record.commit(batch).await {
            Ok(_) | Err(RecordError::Conflict { .. }) => signs.is_done(span),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes observations of what was missed: of the newest readings at once, of all once they are sealed.
async fn catch_up(
    hospital: &Hospital,
    permit: &Permit,
    signs: &mut Signs,
    has_missed: &mut bool,
) -> anyhow::Result<()> {
    if *has_missed {
        let all = hospital
            .signals
            .series(permit, &SeriesQuery::default())
            .await?;
        for series in &all {
            newest(hospital, permit, signs, series).await?;
        }
        *has_missed = false;
    }
    let kept = &hospital.devices.kept;
    let mut from = kept.position(POSITION)?;
    let size = *hospital.record.feed().borrow();
    if from == 0 {
        // What came before this was looked for is what it is.
        return kept.put_position(POSITION, size.max(1));
    }
    let mut next = from;
    while next < size {
        let entries = hospital.record.entries(permit, next, PAGE).await?;
        let Some(last) = entries.last() else {
            break;
        };
        let after = last.sequence + 1;
        let mut has_some = false;
        for entry in &entries {
            if let FactBody::SealedSignals(sealed) = &entry.fact.body {
                has_some |= look_through(hospital, permit, signs, sealed).await?;
            }
        }
        if has_some || after - from >= KEPT_EVERY {
            kept.put_position(POSITION, after)?;
            from = after;
        }
        next = after;
    }
    Ok(())
}

/// Makes the observation of the newest reading of a series, where its span has none.
async fn newest(
    hospital: &Hospital,
    permit: &Permit,
    signs: &mut Signs,
    of: &SeriesSummary,
) -> Result<(), RecordError> {
    let sign = fhir::vital_sign(&of.series.code, &of.series.unit);
    let (Some(sign), Some(patient)) = (sign, &of.series.subject) else {
        return Ok(());
    };
    let number = of.last.at_us.div_euclid(1000 * signs.every_ms);
    let (key, _) = key_of(patient, name_of(sign), number);
    if hospital
        .record
        .resource(permit, &key, None)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let span = SpanQuery {
        id: of.id.clone(),
        from_us: number * signs.every_ms * 1000,
        to_us: of.last.at_us + 1,
    };
    look_at(hospital, permit, signs, &of.series, span).await
}

/// Looks through a chunk that was sealed; whether there can be something in it.
async fn look_through(
    hospital: &Hospital,
    permit: &Permit,
    signs: &mut Signs,
    sealed: &SealedSignals,
) -> Result<bool, RecordError> {
    let of = &sealed.series;
    if of.subject.is_none() || fhir::vital_sign(&of.code, &of.unit).is_none() {
        return Ok(false);
    }
    let span = SpanQuery {
        id: of.id(),
        from_us: sealed.first_us,
        to_us: sealed.last_us + 1,
    };
    look_at(hospital, permit, signs, of, span).await?;
    Ok(true)
}

/// Makes the observations that readings of a span make and that are not there.
async fn look_at(
    hospital: &Hospital,
    permit: &Permit,
    signs: &mut Signs,
    of: &record::SignalSeries,
    mut span: SpanQuery,
) -> Result<(), RecordError> {
    let (Some(sign), Some(patient)) = (fhir::vital_sign(&of.code, &of.unit), &of.subject) else {
        return Ok(());
    };
    // Pressures belong together: the diastolic one looks for the other.
    if sign.loinc == SYSTOLIC {
        return Ok(());
    }
    let systolic = if sign.panel.is_some() {
        Some(systolic(hospital, permit, of, &span).await?)
    } else {
        None
    };
    let mut before = None;
    loop {
        let page = hospital.signals.read(permit, &span, READINGS).await?;
        let mut found = Vec::new();
        for reading in &page.readings {
            let gap_us = before.map_or(i64::MAX, |before| reading.at_us - before);
            before = Some(reading.at_us);
            let is_waveform = (1..WAVEFORM_US).contains(&gap_us.unsigned_abs());
            let at = Timestamp(reading.at_us.div_euclid(1000));
            let number = at.0.div_euclid(signs.every_ms);
            let known = found
                .last()
                .is_some_and(|((_, _, last), _): &(Span, NewFact)| *last == number);
            if known || is_waveform || !fhir::is_trustworthy(&reading.marks) {
                continue;
            }
            let values = match &systolic {
                None => vec![(sign, reading.value)],
                Some(systolic) => match systolic.get(&reading.at_us) {
                    Some((upper, value)) => vec![(*upper, *value), (sign, reading.value)],
                    None => continue,
                },
            };
            let device = &of.stream.device;
            found.extend(signs.observation(patient, device, sign, at, &values));
        }
        keep(hospital, signs, found).await?;
        match page.next_us {
            Some(next) => span.from_us = next,
            None => return Ok(()),
        }
    }
}

/// The systolic pressures that the same device measured of the same patient in a span.
async fn systolic(
    hospital: &Hospital,
    permit: &Permit,
    of: &record::SignalSeries,
    span: &SpanQuery,
) -> Result<BTreeMap<i64, (&'static fhir::VitalSign, f64)>, RecordError> {
    let query = SeriesQuery {
        subject: of.subject.clone(),
        device: Some(of.stream.device.clone()),
        id: None,
    };
    let mut found = BTreeMap::new();
    for other in hospital.signals.series(permit, &query).await? {
        let sign = fhir::vital_sign(&other.series.code, &other.series.unit);
        let Some(sign) = sign.filter(|sign| sign.loinc == SYSTOLIC) else {
            continue;
        };
        let mut span = SpanQuery {
            id: other.id.clone(),
            ..span.clone()
        };
        loop {
            let page = hospital.signals.read(permit, &span, READINGS).await?;
            let good = page.readings.iter();
            let good = good.filter(|reading| fhir::is_trustworthy(&reading.marks));
            found.extend(good.map(|reading| (reading.at_us, (sign, reading.value))));
            match page.next_us {
                Some(next) => span.from_us = next,
                None => break,
            }
        }
    }
    Ok(found)
}

/// What was seen lately.
struct Signs {
    every_ms: i64,
    /// Spans that have their observation.
    done: HashSet<Span>,
    /// Parts of panels that came, by the code of the part.
    parts: BTreeMap<Moment, BTreeMap<String, f64>>,
}

impl Signs {
    fn new(minutes: u32) -> Self {
        Self {
            every_ms: i64::from(minutes) * MINUTE_MS,
            done: HashSet::new(),
            parts: BTreeMap::new(),
        }
    }

    fn is_done(&mut self, span: Span) {
        if self.done.len() >= REMEMBERED {
            self.done.clear();
        }
        self.done.insert(span);
    }

    /// The observations that readings make: at most one for each span of time.
    fn take(&mut self, arrived: &Arrived) -> Vec<(Span, NewFact)> {
        let none = Vec::new();
        let Some(patient) = &arrived.subject else {
            return none;
        };
        let Some(sign) = fhir::vital_sign(&arrived.coding.code, &arrived.unit) else {
            return none;
        };
        let is_waveform = matches!(&arrived.readings, Readings::Regular { period_us, values, .. }
            if *period_us < WAVEFORM_US && values.len() > 1);
        if is_waveform || !fhir::is_trustworthy(&arrived.quality) {
            return none;
        }
        let device = &arrived.stream.device;
        let mut found: Vec<(Span, NewFact)> = Vec::new();
        for (at_us, value) in arrived.readings.timed() {
            let Some(at_us) = at_us else { continue };
            let at = Timestamp(at_us.div_euclid(1000));
            let number = at.0.div_euclid(self.every_ms);
            if found
                .last()
                .is_some_and(|((_, _, last), _)| *last == number)
            {
                continue;
            }
            let span = (patient.clone(), name_of(sign).to_owned(), number);
            if self.done.contains(&span) {
                continue;
            }
            let values = if sign.panel.is_some() {
                let moment = (patient.clone(), device.clone(), at);
                self.panel(&moment, &sign.loinc, value)
            } else {
                Some(vec![(sign, value)])
            };
            let Some(values) = values else { continue };
            found.extend(self.observation(patient, device, sign, at, &values));
        }
        found
    }

    /// The observation of these values, where their span has none that is known.
    fn observation(
        &self,
        patient: &PatientId,
        device: &DeviceId,
        sign: &fhir::VitalSign,
        at: Timestamp,
        values: &[(&fhir::VitalSign, f64)],
    ) -> Option<(Span, NewFact)> {
        let (key, span) = key_of(patient, name_of(sign), at.0.div_euclid(self.every_ms));
        if self.done.contains(&span) {
            return None;
        }
        let body = fhir::vital_observation(patient, device, at, values)?;
        Some((span, observation(key, patient, body)))
    }

    /// The parts of a panel, once both are there: first systolic, then diastolic.
    fn panel(
        &mut self,
        moment: &Moment,
        loinc: &str,
        value: f64,
    ) -> Option<Vec<(&'static fhir::VitalSign, f64)>> {
        while self.parts.len() >= REMEMBERED {
            self.parts.pop_first();
        }
        let parts = self.parts.entry(moment.clone()).or_default();
        parts.insert(loinc.to_owned(), value);
        let found: Option<Vec<_>> = [SYSTOLIC, DIASTOLIC]
            .into_iter()
            .map(|part| Some((fhir::vital_sign(part, "mm[Hg]")?, *parts.get(part)?)))
            .collect();
        if found.is_some() {
            self.parts.remove(moment);
        }
        found
    }
}

/// The panel that a sign is a part of, else itself.
fn name_of(sign: &fhir::VitalSign) -> &str {
    sign.panel.as_ref().unwrap_or(&sign.loinc)
}

/// The id says nothing: it is a digest of whom, what and which span, so that a restart makes no second one.
fn key_of(patient: &PatientId, name: &str, number: i64) -> (ResourceKey, Span) {
    let mut id = Digest::of(format!("{patient}|{name}|{number}").as_bytes()).to_string();
    id.truncate(32);
    let key = ResourceKey {
        kind: "Observation".to_owned(),
        id: format!("vs-{id}"),
    };
    (key, (patient.clone(), name.to_owned(), number))
}

fn observation(key: ResourceKey, patient: &PatientId, mut body: serde_json::Value) -> NewFact {
    if let Some(body) = body.as_object_mut() {
        mark_written_by(body, WRITTEN_BY);
    }
    NewFact::PutResource {
        key,
        subject: Some(patient.clone()),
        body,
    }
}

#[cfg(test)]
mod tests {
    use record::{QualityMark, StreamKey};
    use vocabulary::Coding;

    use super::*;

    fn reading(code: &str, unit: &str, minute: i64, value: f64) -> Arrived {
        Arrived {
            stream: StreamKey {
                device: DeviceId::new("monitor").unwrap(),
                stream: "vitals".to_owned(),
            },
            subject: PatientId::new("p").ok(),
            coding: Coding::new("urn:iso:std:iso:11073:10101", code),
            unit: unit.to_owned(),
            readings: Readings::One {
                at: Timestamp(minute * MINUTE_MS),
                value,
            },
            received: Timestamp(0),
            quality: vec![],
            message: None,
        }
    }

    /// The observations that a reading makes, which are then kept.
    fn kept(signs: &mut Signs, arrived: &Arrived) -> Vec<NewFact> {
        let found = signs.take(arrived);
        for (span, _) in &found {
            signs.is_done(span.clone());
        }
        found.into_iter().map(|(_, fact)| fact).collect()
    }

    fn id(fact: &NewFact) -> String {
        match fact {
            NewFact::PutResource { key, .. } => key.id.clone(),
            _ => String::new(),
        }
    }

    #[test]
    fn one_reading_of_an_hour_becomes_an_observation_and_again_after_a_restart_the_same() {
        let mut seen = Signs::new(60);
        let heart = |minute, value| reading("149530", "/min", minute, value);
        let first = kept(&mut seen, &heart(61, 72.0));
        assert!(kept(&mut seen, &heart(62, 90.0)).is_empty());
        let next = kept(&mut seen, &heart(120, 74.0));
        assert_ne!(id(&first[0]), id(&next[0]));
        let again = kept(&mut Signs::new(60), &heart(90, 71.0));
        assert_eq!(id(&first[0]), id(&again[0]));
        // An hour that came late has its own.
        assert_eq!(kept(&mut seen, &heart(30, 70.0)).len(), 1);
    }

    #[test]
    fn what_could_not_be_kept_is_tried_with_the_next_reading() {
        let mut seen = Signs::new(60);
        assert_eq!(seen.take(&reading("188736", "kg", 1, 70.0)).len(), 1);
        assert_eq!(seen.take(&reading("188736", "kg", 2, 70.0)).len(), 1);
    }

    #[test]
    fn samples_at_a_steady_rate_make_one_for_each_hour_and_a_waveform_none() {
        let regular = |period_us, count| Arrived {
            readings: Readings::Regular {
                start: Timestamp(30 * MINUTE_MS),
                period_us,
                values: vec![97.0; count],
            },
            ..reading("150456", "%", 0, 0.0)
        };
        let found = kept(&mut Signs::new(60), &regular(1_000_000, 2 * 3600));
        assert_eq!(found.len(), 3);
        assert!(kept(&mut Signs::new(60), &regular(4_000, 1000)).is_empty());
    }

    #[test]
    fn what_is_marked_or_of_nobody_or_no_vital_sign_makes_none() {
        let mut disturbed = reading("150456", "%", 1, 71.0);
        disturbed.quality = vec![QualityMark::Artefact];
        let mut nobody = reading("150456", "%", 1, 71.0);
        nobody.subject = None;
        let unit = reading("150364", "[degF]", 1, 98.0);
        for none in [disturbed, nobody, unit] {
            assert!(Signs::new(60).take(&none).is_empty());
        }
        for mark in [
            QualityMark::ClockCorrected {
                by_ms: 4000,
                doubt_ms: 100,
            },
            QualityMark::Converted {
                from: "1".to_owned(),
                sent: Some("0.97".to_owned()),
            },
        ] {
            let mut good = reading("150456", "%", 1, 97.0);
            good.quality = vec![mark];
            assert_eq!(Signs::new(60).take(&good).len(), 1);
        }
    }

    #[test]
    fn pressures_wait_for_one_another() {
        let mut seen = Signs::new(60);
        assert!(seen.take(&reading("150021", "mm[Hg]", 1, 121.0)).is_empty());
        // Another moment is another measurement.
        assert!(seen.take(&reading("150022", "mm[Hg]", 2, 80.0)).is_empty());
        let found = seen.take(&reading("150022", "mm[Hg]", 1, 79.0));
        let [(_, NewFact::PutResource { body, .. })] = &found[..] else {
            panic!("no resource");
        };
        let values: Vec<_> = body["component"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["valueQuantity"]["value"].to_string())
            .collect();
        assert_eq!(values, ["121.0", "79.0"]);
    }

    /// How many observations of vital signs there are.
    async fn made(hospital: &Hospital, permit: &Permit) -> usize {
        let query = record::ResourceQuery {
            kind: "Observation".to_owned(),
            terms: vec![],
            sort: vec![],
            limit: 100,
            offset: 0,
        };
        let found = hospital.record.search(permit, &query).await.unwrap();
        found.rows.len()
    }

    #[tokio::test]
    async fn what_was_missed_is_made_when_the_program_opens_and_once_it_is_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let config = crate::config::Config {
            data: folder.path().to_owned(),
            ..crate::config::Config::default()
        };
        let hospital = Hospital::open(config).unwrap();
        let work = hospital.own_permit("test", Action::ReadRecord);
        let permit = work.await.unwrap();
        let (mut signs, mut missed) = (Signs::new(60), false);
        catch_up(&hospital, &permit, &mut signs, &mut missed)
            .await
            .unwrap();
        // Nobody listened: the program was killed between the acknowledgement and the observation.
        let day = 24 * 60;
        let all = vec![
            reading("188736", "kg", day, 71.0),
            reading("188736", "kg", 2 * day, 70.5),
            reading("150021", "mm[Hg]", day, 121.0),
            reading("150022", "mm[Hg]", day, 79.0),
            reading("150022", "mm[Hg]", 3 * day, 80.0),
        ];
        hospital.signals.append(all).await.unwrap();
        assert_eq!(made(&hospital, &permit).await, 0);
        let (mut signs, mut missed) = (Signs::new(60), true);
        catch_up(&hospital, &permit, &mut signs, &mut missed)
            .await
            .unwrap();
        assert_eq!(made(&hospital, &permit).await, 1, "the newest weight");
        assert!(!missed);
        // What is older, and a pressure before the last, come with the chunk; half a pressure is none.
        hospital.signals.seal().await.unwrap();
        for _ in 0..2 {
            catch_up(&hospital, &permit, &mut signs, &mut missed)
                .await
                .unwrap();
            assert_eq!(made(&hospital, &permit).await, 3);
        }
        let next = hospital.devices.kept.position(POSITION).unwrap();
        assert!(
            next > 1,
            "what was looked through is not looked through again"
        );
    }
}
