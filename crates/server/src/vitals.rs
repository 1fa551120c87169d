//! Of what devices measure, what a person should see as a fact: the first trustworthy reading of each vital sign, and
//! of what else the profiles of devices name, in each hour becomes an `Observation`; of devices that measure when
//! somebody uses them, each.
//!
//! Which codes are vital signs is data (`crates/fhir/definitions/vital-signs.json`); how often, a setting. It is made
//! as readings come. What was missed then (a program that was killed, a disk that was full, too much at once) is found
//! when the program opens, and in the end by the journal: each chunk that was sealed is looked through, and how far
//! is kept.

mod sign;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use fhir::Sign;
use policy::{Action, Permit};
use record::{
    Arrived, Batch, FactBody, NewFact, Precondition, QualityMark, Reading, Readings, RecordError,
    ResourceKey, SealedSignals, SeriesQuery, SeriesSummary, SignalSeries, SpanQuery,
    mark_written_by,
};
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::MissedTickBehavior,
};
use vocabulary::{DeviceId, Digest, PatientId, Timestamp};

pub use sign::Shown;

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
                let shown = Shown::of(
                    &hospital.devices,
                    &arrived.stream,
                    &arrived.coding.code,
                    &arrived.unit,
                );
                let Some(shown) = shown else { continue };
                let kept = hear(&hospital, &permit, &mut signs, (&arrived, &shown));
                if let Err(error) = kept.await {
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

/// Keeps the observations that readings make, and puts right those of readings that they correct or take back.
async fn hear(
    hospital: &Hospital,
    permit: &Permit,
    signs: &mut Signs,
    (arrived, shown): (&Arrived, &Shown),
) -> Result<(), RecordError> {
    let found = signs.take(arrived, shown);
    keep(hospital, signs, found).await?;
    if QualityMark::correction(&arrived.quality).is_none() {
        return Ok(());
    }
    let times = arrived.readings.timed();
    let times: Vec<i64> = times.filter_map(|(at_us, _)| at_us).collect();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else {
        return Ok(());
    };
    // In whatever order corrections come, the newest stands: the store knows which that is.
    let of = SignalSeries::of(arrived);
    let span = SpanQuery {
        id: of.id(),
        from_us: *first,
        to_us: last + 1,
    };
    look_at(hospital, permit, signs, &of, span).await
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

/// Puts values that stand now in the place of wrong ones, and enters in error what was taken back.
async fn correct(
    hospital: &Hospital,
    permit: &Permit,
    corrections: Vec<Correction>,
) -> Result<(), RecordError> {
    for Correction {
        key,
        moment: (patient, device, at),
        sign,
        value,
    } in corrections
    {
        let found = hospital.record.resource(permit, &key, None).await?;
        let Some(found) = found else { continue };
        let body = found
            .body
            .and_then(|body| fhir::corrected(body, &device, at, (&sign, value)));
        let Some(body) = body else { continue };
        let fact = observation(key, &patient, body);
        let batch = Batch {
            actor: hospital_actor(),
            facts: vec![(fact, Precondition::Version(found.version))],
        };
        hospital.record.commit(batch).await?;
    }
    Ok(())
}

/// Makes observations of what was missed: of the newest readings at once, of all once they are sealed.
async fn catch_up(
    hospital: &Arc<Hospital>,
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
    let position = hospital.aside(|hospital| hospital.devices.kept.position(POSITION));
    let mut from = position.await?;
    let size = *hospital.record.feed().borrow();
    if from == 0 {
        // What came before this was looked for is what it is.
        return put_position(hospital, size.max(1)).await;
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
            put_position(hospital, after).await?;
            from = after;
        }
        next = after;
    }
    Ok(())
}

/// Keeps how far the journal was looked through.
async fn put_position(hospital: &Arc<Hospital>, next: u64) -> anyhow::Result<()> {
    let kept = hospital.aside(move |hospital| {
        let kept = &hospital.devices.kept;
        kept.put_position(POSITION, next)
    });
    kept.await
}

/// What of a series becomes an observation.
fn shown(hospital: &Hospital, of: &SignalSeries) -> Option<Shown> {
    Shown::of(&hospital.devices, &of.stream, &of.code, &of.unit)
}

/// Makes the observation of the newest reading of a series, where its span has none.
async fn newest(
    hospital: &Hospital,
    permit: &Permit,
    signs: &mut Signs,
    of: &SeriesSummary,
) -> Result<(), RecordError> {
    let (Some(shown), Some(patient)) = (shown(hospital, &of.series), &of.series.subject) else {
        return Ok(());
    };
    let every_ms = signs.every_ms(&shown);
    let number = of.last.at_us.div_euclid(1000 * every_ms);
    let (key, _) = key_of(patient, &shown.name, number);
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
        from_us: number * every_ms * 1000,
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
    if of.subject.is_none() || shown(hospital, of).is_none() {
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
    of: &SignalSeries,
    mut span: SpanQuery,
) -> Result<(), RecordError> {
    let (Some(shown), Some(patient)) = (shown(hospital, of), &of.subject) else {
        return Ok(());
    };
    // Pressures belong together: the diastolic one looks for the other.
    let is_systolic = matches!(&shown.sign, Sign::Vital(sign) if sign.loinc == SYSTOLIC);
    let systolic = match &shown.sign {
        _ if is_systolic => None,
        Sign::Vital(sign) if sign.panel.is_some() => {
            Some(systolic(hospital, permit, of, &span).await?)
        }
        _ => None,
    };
    let every_ms = signs.every_ms(&shown);
    let mut before = None;
    loop {
        let page = hospital.signals.read(permit, &span, READINGS).await?;
        let mut found = Vec::new();
        let mut corrections = signs.taken_back((patient, of), &shown, &page.readings);
        for reading in &page.readings {
            let gap_us = before.map_or(i64::MAX, |before| reading.at_us - before);
            before = Some(reading.at_us);
            let is_waveform = (1..WAVEFORM_US).contains(&gap_us.unsigned_abs());
            let at = Timestamp(reading.at_us.div_euclid(1000));
            let number = at.0.div_euclid(every_ms);
            let known = found
                .last()
                .is_some_and(|((_, _, last), _): &(Span, NewFact)| *last == number);
            if is_waveform || !fhir::is_trustworthy(&reading.marks) {
                continue;
            }
            let device = &of.stream.device;
            if QualityMark::correction(&reading.marks).is_some() {
                let moment = (patient.clone(), device.clone(), at);
                corrections.push(signs.correction(moment, &shown, Some(reading.value)));
            }
            if known || is_systolic {
                continue;
            }
            let mut values = vec![(shown.sign.clone(), reading.value)];
            if let Some(systolic) = &systolic {
                let Some((upper, value)) = systolic.get(&reading.at_us) else {
                    continue;
                };
                values.insert(0, (Sign::Vital(upper), *value));
            }
            if is_made(
                hospital,
                permit,
                signs.of_hour(patient, at, &shown),
                (device, at),
            )
            .await?
            {
                continue;
            }
            found.extend(signs.observation((patient, device, at), &shown, &values, &reading.marks));
        }
        signs.put_right(&corrections);
        keep(hospital, signs, found).await?;
        correct(hospital, permit, corrections).await?;
        match page.next_us {
            Some(next) => span.from_us = next,
            None => return Ok(()),
        }
    }
}

/// Whether this observation, where there can be one, is of what the device measured at this time.
async fn is_made(
    hospital: &Hospital,
    permit: &Permit,
    key: Option<ResourceKey>,
    (device, at): (&DeviceId, Timestamp),
) -> Result<bool, RecordError> {
    let Some(key) = key else { return Ok(false) };
    let found = hospital.record.resource(permit, &key, None).await?;
    let body = found.and_then(|found| found.body);
    Ok(body.is_some_and(|body| fhir::is_of_moment(&body, device, at)))
}

/// The systolic pressures that the same device measured of the same patient in a span.
async fn systolic(
    hospital: &Hospital,
    permit: &Permit,
    of: &SignalSeries,
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

/// A value that stands in the place of another of its moment, or nothing where that was taken back.
struct Correction {
    /// The observation that may have been made of the other.
    key: ResourceKey,
    moment: Moment,
    sign: Sign,
    value: Option<f64>,
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

    /// How long the spans are in each of which one reading becomes an observation.
    fn every_ms(&self, shown: &Shown) -> i64 {
        shown.every_ms.unwrap_or(self.every_ms)
    }

    /// The observation that a reading of a device became which measures when somebody uses it, while these too became
    /// one in each hour.
    fn of_hour(&self, patient: &PatientId, at: Timestamp, shown: &Shown) -> Option<ResourceKey> {
        shown.every_ms?;
        let number = at.0.div_euclid(self.every_ms);
        Some(key_of(patient, sign::name_of(&shown.sign), number).0)
    }

    /// What is left without a value among readings of a series, in the order of their times.
    fn taken_back(
        &self,
        (patient, of): (&PatientId, &SignalSeries),
        shown: &Shown,
        readings: &[Reading],
    ) -> Vec<Correction> {
        let is_superseded = |one: &Reading| one.marks.contains(&QualityMark::Superseded);
        let each = readings.chunk_by(|one, next| one.at_us == next.at_us);
        let nothing = each.filter(|at_once| at_once.iter().all(is_superseded));
        nothing
            .filter_map(|at_once| {
                let at = Timestamp(at_once.first()?.at_us.div_euclid(1000));
                let moment = (patient.clone(), of.stream.device.clone(), at);
                Some(self.correction(moment, shown, None))
            })
            .collect()
    }

    fn correction(&self, moment: Moment, shown: &Shown, value: Option<f64>) -> Correction {
        let (patient, _, at) = &moment;
        let number = at.0.div_euclid(self.every_ms(shown));
        Correction {
            key: key_of(patient, &shown.name, number).0,
            moment,
            sign: shown.sign.clone(),
            value,
        }
    }

    /// Of what waits for the other part of its panel, what stands now is what waits.
    fn put_right(&mut self, corrections: &[Correction]) {
        for correction in corrections {
            let Sign::Vital(sign) = &correction.sign else {
                continue;
            };
            let Some(parts) = self.parts.get_mut(&correction.moment) else {
                continue;
            };
            parts.retain(|part, stands| {
                if *part != sign.loinc {
                    return true;
                }
                *stands = correction.value.unwrap_or(*stands);
                correction.value.is_some()
            });
        }
    }

    /// The observations that readings make: at most one for each span of time.
    fn take(&mut self, arrived: &Arrived, shown: &Shown) -> Vec<(Span, NewFact)> {
        let none = Vec::new();
        let Some(patient) = &arrived.subject else {
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
            let number = at.0.div_euclid(self.every_ms(shown));
            if found
                .last()
                .is_some_and(|((_, _, last), _)| *last == number)
            {
                continue;
            }
            let span = (patient.clone(), shown.name.clone(), number);
            if self.done.contains(&span) {
                continue;
            }
            let values = match &shown.sign {
                Sign::Vital(sign) if sign.panel.is_some() => {
                    let moment = (patient.clone(), device.clone(), at);
                    self.panel(&moment, &sign.loinc, value)
                }
                sign => Some(vec![(sign.clone(), value)]),
            };
            let Some(values) = values else { continue };
            found.extend(self.observation((patient, device, at), shown, &values, &arrived.quality));
        }
        found
    }

    /// The observation of these values, where their span has none that is known.
    fn observation(
        &self,
        (patient, device, at): (&PatientId, &DeviceId, Timestamp),
        shown: &Shown,
        values: &[(Sign, f64)],
        marks: &[QualityMark],
    ) -> Option<(Span, NewFact)> {
        let number = at.0.div_euclid(self.every_ms(shown));
        let (key, span) = key_of(patient, &shown.name, number);
        if self.done.contains(&span) {
            return None;
        }
        let body = fhir::observation_of(patient, device, at, values, marks)?;
        Some((span, observation(key, patient, body)))
    }

    /// The parts of a panel, once both are there: first systolic, then diastolic.
    fn panel(&mut self, moment: &Moment, loinc: &str, value: f64) -> Option<Vec<(Sign, f64)>> {
        while self.parts.len() >= REMEMBERED {
            self.parts.pop_first();
        }
        let parts = self.parts.entry(moment.clone()).or_default();
        parts.insert(loinc.to_owned(), value);
        let found: Option<Vec<_>> = [SYSTOLIC, DIASTOLIC]
            .into_iter()
            .map(|part| {
                let sign = Sign::Vital(fhir::vital_sign(part, "mm[Hg]")?);
                Some((sign, *parts.get(part)?))
            })
            .collect();
        if found.is_some() {
            self.parts.remove(moment);
        }
        found
    }
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
