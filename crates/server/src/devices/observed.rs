//! Observations that others wrote about what a device of the registry measured: each becomes a reading as well, and what
//! a later version does not say any more is taken back.
//!
//! The observation is on disk before its writer hears that it was taken; its reading follows from it. How far this
//! has come is kept, and the same reading is kept once, so that a crash loses none and doubles none.

use std::sync::Arc;

use ::devices::{Intake, Refusal, Remembered, Said};
use policy::{Action, Permit};
use record::{
    Arrived, FactBody, QualityMark, Reading, RecordError, ResourceKey, ResourceVersion,
    SignalSeries, SpanQuery, written_by,
};
use serde_json::{Value, json};
use tokio::sync::watch;
use vocabulary::{DeviceId, PatientId, Timestamp};

use super::{Registered, arrived, registry::load_one};
use crate::{clock, hospital::Hospital};

/// Under this name it is kept how far the journal was read.
const POSITION: &str = "observations";
/// Entries are read so many at a time.
const PAGE: usize = 500;
/// Where refusals of observations are said to have been sent to.
const TOPIC: &str = "Observation";
/// So many readings at the times of one observation are looked at.
const MOST: usize = 1 << 20;
/// The values that may be readings.
const VALUES: [&str; 2] = ["valueQuantity", "valueSampledData"];

/// Follows what is written until the hospital closes.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let work = hospital.own_permit("make readings of observations", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    let mut feed = hospital.record.feed();
    loop {
        if let Err(error) = catch_up(&hospital, &permit).await {
            tracing::error!(%error, "observations of devices could not become readings; they will");
        }
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            changed = feed.changed() => if changed.is_err() { return },
        }
    }
}

async fn catch_up(hospital: &Hospital, permit: &Permit) -> anyhow::Result<()> {
    let mut next = hospital.devices.kept.position(POSITION)?;
    loop {
        let entries = hospital.record.entries(permit, next, PAGE).await?;
        let Some(last) = entries.last() else {
            return Ok(());
        };
        let after = last.sequence + 1;
        for entry in &entries {
            let FactBody::Resource { key, version, body } = &entry.fact.body else {
                continue;
            };
            // A device may have come just before what it measured.
            if key.kind == "Device" {
                load_one(hospital, permit, key).await;
            }
            if key.kind != "Observation" {
                continue;
            }
            let said = (entry.fact.subject.as_ref(), body.as_ref());
            let is_later = *version > 1;
            if is_later {
                take_back(hospital, permit, (key, version - 1), said, entry.at).await?;
            }
            if let (Some(patient), Some(body)) = said {
                take_in(hospital, permit, (patient, body), (entry.at, is_later)).await?;
            }
        }
        hospital.devices.kept.put_position(POSITION, after)?;
        next = after;
    }
}

async fn keep(hospital: &Hospital, arrived: Vec<Arrived>) -> Result<(), RecordError> {
    if arrived.is_empty() {
        return Ok(());
    }
    let from: Vec<DeviceId> = arrived
        .iter()
        .map(|one| one.stream.device.clone())
        .collect();
    let taken = hospital.signals.append(arrived).await?;
    hospital.devices.were_known(&from, &taken);
    Ok(())
}

/// The device of the registry by which others say in an observation that something was measured, as long as it holds.
fn device_of(hospital: &Hospital, body: &Value) -> Option<Arc<Registered>> {
    let text = |path: &str| body.pointer(path).and_then(Value::as_str);
    let holds = matches!(
        text("/status"),
        Some("final" | "amended" | "corrected" | "preliminary")
    );
    // What the hospital wrote itself came from readings, or from people.
    if !holds || written_by(body).is_some() {
        return None;
    }
    let id = text("/device/reference")?.strip_prefix("Device/")?;
    hospital.devices.find(&DeviceId::new(id).ok()?)
}

/// Who wrote it says whose value it is, whenever the device came to them.
fn of_patient(device: &Registered, patient: &PatientId) -> Registered {
    Registered {
        patient: Some(patient.clone()),
        since: None,
        ..device.clone()
    }
}

fn parts_of(body: &Value) -> Vec<&Value> {
    let parts = body.get("component").and_then(Value::as_array);
    std::iter::once(body)
        .chain(parts.into_iter().flatten())
        .filter(|part| VALUES.iter().any(|value| part.get(value).is_some()))
        .collect()
}

fn time_of(body: &Value) -> Option<Timestamp> {
    let mut said = [
        "/effectiveDateTime",
        "/effectiveInstant",
        "/effectivePeriod/start",
    ]
    .iter();
    said.find_map(|path| body.pointer(path)?.as_str()?.parse().ok())
}

/// Takes back those readings of a version of an observation that the next one, written at this time, does not say.
async fn take_back(
    hospital: &Hospital,
    permit: &Permit,
    (key, version): (&ResourceKey, u64),
    next: (Option<&PatientId>, Option<&Value>),
    at: Timestamp,
) -> Result<(), RecordError> {
    let Some(ResourceVersion {
        subject: Some(patient),
        body: Some(body),
        ..
    }) = hospital.record.resource(permit, key, Some(version)).await?
    else {
        return Ok(());
    };
    let Some(device) = device_of(hospital, &body) else {
        return Ok(());
    };
    let said = readings_of(hospital, (&patient, &body), at, false);
    let said_next = match next {
        (Some(patient), Some(body)) => readings_of(hospital, (patient, body), at, true),
        _ => Vec::new(),
    };
    let _turn = hospital.devices.turn(&device.id).await;
    for (arrived, remembered) in said {
        if said_next.iter().any(|(next, _)| *next == arrived) {
            continue;
        }
        let mut taken_back = Vec::new();
        for one in arrived {
            if is_of_observations(hospital, permit, &one).await? {
                taken_back.push(one);
            }
        }
        for one in &mut taken_back {
            let received_ms = at.0;
            one.quality.extend([
                QualityMark::FromObservation,
                QualityMark::Correction { received_ms },
                QualityMark::Superseded,
            ]);
        }
        keep(hospital, taken_back).await?;
        // Said once more it is no duplicate.
        let devices = &hospital.devices;
        devices.forget(&device.id, Some(&patient), &remembered);
    }
    Ok(())
}

/// What an observation says, part by part, as it would have come at this time and however often it was said. Of the next
/// version without what contradicts itself; of one that was there already the record knows what was taken.
fn readings_of(
    hospital: &Hospital,
    (patient, body): (&PatientId, &Value),
    at: Timestamp,
    is_next: bool,
) -> Vec<(Vec<Arrived>, Remembered)> {
    let (Some(device), Some(measured)) = (device_of(hospital, body), time_of(body)) else {
        return Vec::new();
    };
    let device = of_patient(&device, patient);
    let read_by = hospital.devices.read_by(&device);
    let mut parts = parts_of(body);
    if is_next && let Some((_, those)) = contradicting(&device, &parts, measured) {
        parts.retain(|part| !those.contains(part));
    }
    let each = parts.into_iter().filter_map(|part| {
        let (stream, payload) = sent(&device, part, measured).ok()?;
        let payload = payload.as_bytes();
        let mut intake = Intake::default();
        let taken = intake.take_as(&device.profile, stream, payload, at, Said::Vouched);
        let taken = taken.ok()?;
        let readings = taken.readings.into_iter();
        let all = readings.map(|reading| arrived(&device, reading, at, read_by.clone()));
        Some((all.collect(), taken.remembered))
    });
    each.collect()
}

/// What the record has at the times of these readings.
async fn at_times_of(
    hospital: &Hospital,
    permit: &Permit,
    arrived: &Arrived,
) -> Result<Vec<Reading>, RecordError> {
    let times: Vec<i64> = arrived
        .readings
        .timed()
        .filter_map(|(at_us, _)| at_us)
        .collect();
    let (Some(first_us), Some(last_us)) = (times.first(), times.last()) else {
        return Ok(Vec::new());
    };
    let span = SpanQuery {
        id: SignalSeries::of(arrived).id(),
        from_us: *first_us,
        to_us: last_us.saturating_add(1),
    };
    let page = hospital.signals.read(permit, &span, MOST).await?;
    let mut found = page.readings;
    found.retain(|one| times.binary_search(&one.at_us).is_ok());
    Ok(found)
}

/// Whether these came from observations alone: what the device itself sent for that time is not for who writes
/// observations to take back or to put right.
fn are_of_observations(known: &[Reading]) -> bool {
    known
        .iter()
        .all(|one| one.marks.contains(&QualityMark::FromObservation))
}

/// Whether the record has these readings, and from observations alone.
async fn is_of_observations(
    hospital: &Hospital,
    permit: &Permit,
    arrived: &Arrived,
) -> Result<bool, RecordError> {
    let known = at_times_of(hospital, permit, arrived).await?;
    // Both are in the order of their times, and readings of one time in that of their values.
    let is_there = |(at_us, value): (i64, f64)| {
        let order = |one: &Reading| one.at_us.cmp(&at_us).then(one.value.total_cmp(&value));
        known.binary_search_by(order).is_ok()
    };
    let timed = arrived.readings.timed();
    let mut said = timed.filter_map(|(at_us, value)| Some((at_us?, value)));
    Ok(!known.is_empty() && said.all(is_there) && are_of_observations(&known))
}

/// Whether what an observation says stands in the place of what the record has at that time: where it is a later version
/// of one, or all that others said before it was taken back.
async fn stands_in_place(
    hospital: &Hospital,
    permit: &Permit,
    arrived: &Arrived,
    (written, is_later): (Timestamp, bool),
) -> Result<bool, RecordError> {
    let known = at_times_of(hospital, permit, arrived).await?;
    let mut marks = known.iter().map(|one| &one.marks);
    let corrections = known
        .iter()
        .filter_map(|one| QualityMark::correction(&one.marks));
    let is_taken_back = corrections.max().is_some_and(|newest| newest <= written.0)
        && marks.all(|marks| marks.contains(&QualityMark::Superseded));
    Ok((is_later || is_taken_back) && are_of_observations(&known))
}

/// Takes in the readings that an observation holds, which was written at this time, as a later version or as the first.
/// What cannot be taken stays as it was written, and is counted as refused.
async fn take_in(
    hospital: &Hospital,
    permit: &Permit,
    (patient, body): (&PatientId, &Value),
    written: (Timestamp, bool),
) -> Result<(), RecordError> {
    let Some(device) = device_of(hospital, body) else {
        return Ok(());
    };
    let mut parts = parts_of(body);
    let refuse = |part: &Value, refusal: &Refusal| {
        hospital.devices.with_quality(&device.id, |quality| {
            let bytes = part.to_string().len();
            let (code, why) = (refusal.code(), refusal.text());
            quality.refused(clock::now(), TOPIC, bytes, code, why);
        });
    };
    // Where registry and observation name two patients, nobody can know whose value it is.
    let registered = device.patient.as_ref();
    let of_another = registered.is_some_and(|registered| registered != patient);
    let Some(at) = time_of(body).filter(|_| !of_another) else {
        let refusal = if of_another {
            Refusal::OfAnotherPatient
        } else {
            Refusal::TimeNotUnderstood
        };
        for part in parts {
            refuse(part, &refusal);
        }
        return Ok(());
    };
    let device = of_patient(&device, patient);
    if let Some((refusal, those)) = contradicting(&device, &parts, at) {
        for part in &those {
            refuse(part, &refusal);
        }
        parts.retain(|part| !those.contains(part));
    }
    let _turn = hospital.devices.turn(&device.id).await;
    let (mut arrived, mut remembered) = (Vec::new(), Vec::new());
    for part in parts {
        match one(hospital, &device, part, at) {
            Ok((values, of_part)) => {
                arrived.extend(values);
                remembered.push(of_part);
            }
            Err(refusal) => refuse(part, &refusal),
        }
    }
    let kept = keep_said(hospital, permit, arrived, written).await;
    if kept.is_err() {
        // It is read again, and is new then.
        for one in &remembered {
            hospital.devices.forget(&device.id, Some(patient), one);
        }
    }
    kept
}

/// Keeps what an observation said, as a correction where it stands in the place of what is there.
async fn keep_said(
    hospital: &Hospital,
    permit: &Permit,
    mut arrived: Vec<Arrived>,
    written: (Timestamp, bool),
) -> Result<(), RecordError> {
    for value in &mut arrived {
        if stands_in_place(hospital, permit, value, written).await? {
            let received_ms = written.0.0;
            value.quality.push(QualityMark::Correction { received_ms });
        }
    }
    keep(hospital, arrived).await
}

fn one(
    hospital: &Hospital,
    device: &Registered,
    part: &Value,
    at: Timestamp,
) -> Result<(Vec<Arrived>, Remembered), Refusal> {
    let (stream, payload) = sent(device, part, at)?;
    // Who wrote it vouches for its time: it is no matter how long ago that was.
    let now = clock::now();
    let (devices, said) = (&hospital.devices, Said::Vouched);
    let taken = devices.take_said(device, stream, payload.as_bytes(), now, said);
    let mut arrived = taken.arrived;
    for one in &mut arrived {
        one.received = now;
        one.quality.push(QualityMark::FromObservation);
    }
    Ok((arrived, taken.remembered))
}

/// Which parts of an observation cannot be true together, such as the pressures of one measurement, and why. A pulse
/// beside them stands.
fn contradicting<'b>(
    device: &Registered,
    parts: &[&'b Value],
    at: Timestamp,
) -> Option<(Refusal, Vec<&'b Value>)> {
    let all = parts.iter().filter_map(|part| {
        let sent = sent(device, part, at).ok()?;
        Some((*part, sent))
    });
    let (parts, all): (Vec<&Value>, Vec<(&str, String)>) = all.unzip();
    let (refusal, group) = ::devices::together(&device.profile, &all).err()?;
    let those = parts.into_iter().zip(&all);
    let those = those.filter(|(_, (stream, _))| group.orders(stream));
    Some((refusal, those.map(|(part, _)| part).collect()))
}

/// A part of an observation as the device would have sent it, and on which stream.
fn sent<'d>(
    device: &'d Registered,
    part: &Value,
    at: Timestamp,
) -> Result<(&'d str, String), Refusal> {
    let mut sent = value(part)?;
    let codings = part.pointer("/code/coding").and_then(Value::as_array);
    let found = codings.into_iter().flatten().find_map(|coding| {
        let code = coding.get("code")?.as_str()?;
        let stream = device
            .profile
            .streams
            .iter()
            .find(|stream| stream.is_named(code))?;
        Some((code, stream))
    });
    let (code, stream) = found.ok_or_else(|| Refusal::StreamUnknown {
        profile: device.profile.id.clone(),
    })?;
    if let Some(fields) = sent.as_object_mut() {
        fields.insert("code".to_owned(), json!(code));
        fields.insert("t".to_owned(), json!(at.0));
    }
    Ok((&stream.name, sent.to_string()))
}

/// A quantity, or samples of one dimension, as a device would send them.
fn value(part: &Value) -> Result<Value, Refusal> {
    if let Some(quantity) = part.get("valueQuantity") {
        // Such as `<` before a value: it is none that was measured.
        if quantity.get("comparator").is_some() {
            return Err(Refusal::Compared);
        }
        let value = quantity.get("value").ok_or(Refusal::ValueMissing)?;
        let unit = quantity.get("code").ok_or(Refusal::UnitMissing)?;
        return Ok(json!({"value": value, "unit": unit}));
    }
    let samples = part.get("valueSampledData").ok_or(Refusal::ValueMissing)?;
    let unit = samples
        .pointer("/origin/code")
        .ok_or(Refusal::UnitMissing)?;
    sampled(samples, unit).ok_or(Refusal::SamplesNotUnderstood)
}

fn sampled(samples: &Value, unit: &Value) -> Option<Value> {
    let number = |name: &str| samples.get(name).and_then(Value::as_f64);
    let origin = samples.pointer("/origin/value")?.as_f64()?;
    let factor = number("factor").unwrap_or(1.0);
    if samples.get("dimensions").and_then(Value::as_u64) != Some(1) {
        return None;
    }
    let values: Option<Vec<Value>> = samples
        .get("data")?
        .as_str()?
        .split_ascii_whitespace()
        .map(|one| match one {
            "E" | "U" | "L" => Some(Value::Null),
            number => Some(json!(number.parse::<f64>().ok()? * factor + origin)),
        })
        .collect();
    Some(json!({
        "value": values?, "period_ms": number("period")?, "unit": unit,
    }))
}

#[cfg(test)]
mod tests {
    use record::{Batch, NewFact, Precondition, SeriesQuery};

    use super::*;
    use crate::{devices, hospital::hospital_actor};

    fn says(id: &str, status: &str, at: Timestamp, value: f64) -> Value {
        json!({
            "resourceType": "Observation", "id": id, "status": status,
            "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
            "subject": {"reference": "Patient/p"}, "device": {"reference": "Device/ox-p"},
            "effectiveDateTime": at,
            "valueQuantity": {"value": value, "unit": "%", "code": "%"},
        })
    }

    async fn write(hospital: &Hospital, body: Value) {
        // Two versions of one millisecond cannot be told apart.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let key = ResourceKey {
            kind: text("resourceType"),
            id: text("id"),
        };
        let subject = PatientId::new("p").ok();
        let fact = NewFact::PutResource { key, subject, body };
        let batch = Batch {
            actor: hospital_actor(),
            facts: vec![(fact, Precondition::None)],
        };
        hospital.record.commit(batch).await.unwrap();
    }

    /// All readings of a moment, and those of them that stand.
    async fn readings(hospital: &Hospital, permit: &Permit, at: Timestamp) -> (usize, Vec<f64>) {
        let all = SeriesQuery::default();
        let stands = |one: &&Reading| !one.marks.contains(&QualityMark::Superseded);
        let (mut many, mut standing) = (0, Vec::new());
        for series in hospital.signals.series(permit, &all).await.unwrap() {
            let span = SpanQuery {
                id: series.id,
                from_us: at.0 * 1000,
                to_us: at.0 * 1000 + 1,
            };
            let page = hospital.signals.read(permit, &span, MOST).await.unwrap();
            many += page.readings.len();
            standing.extend(page.readings.iter().filter(stands).map(|one| one.value));
        }
        (many, standing)
    }

    /// A hospital with an oximeter of a patient.
    async fn with_an_oximeter() -> (tempfile::TempDir, Arc<Hospital>, Permit) {
        with_a("ox-p", "pulse-oximeter").await
    }

    /// A hospital with a device of this kind, of a patient.
    async fn with_a(id: &str, kind: &str) -> (tempfile::TempDir, Arc<Hospital>, Permit) {
        let (folder, hospital) = Hospital::of_test();
        let permit = hospital.own_permit("test", Action::ReadRecord);
        let permit = permit.await.unwrap();
        write(&hospital, json!({"resourceType": "Patient", "id": "p"})).await;
        let device = DeviceId::new(id).unwrap();
        let new = json!({"profile": kind, "patient": "p"});
        let new = serde_json::from_value(new).unwrap();
        let by = hospital_actor();
        let registered = devices::register(&hospital, &by, &device, &new);
        registered.await.unwrap();
        (folder, hospital, permit)
    }

    #[tokio::test]
    async fn what_is_said_anew_stands_where_all_before_it_was_taken_back() {
        let (_folder, hospital, permit) = with_an_oximeter().await;
        let at = Timestamp(clock::now().0 - 60_000);
        for (id, status, value, stands) in [
            ("first", "final", 96.0, vec![96.0]),
            ("first", "entered-in-error", 96.0, vec![]),
            ("second", "final", 95.0, vec![95.0]),
            ("second", "entered-in-error", 95.0, vec![]),
            ("third", "final", 95.0, vec![95.0]),
        ] {
            write(&hospital, says(id, status, at, value)).await;
            catch_up(&hospital, &permit).await.unwrap();
            let (_, standing) = readings(&hospital, &permit, at).await;
            assert_eq!(standing, stands, "{id} {status}");
        }
        // After a crash the same is read again, and nothing new is said.
        let before = readings(&hospital, &permit, at).await;
        hospital.devices.kept.put_position(POSITION, 0).unwrap();
        catch_up(&hospital, &permit).await.unwrap();
        assert_eq!(readings(&hospital, &permit, at).await, before);
    }

    #[tokio::test]
    async fn what_the_device_itself_sent_is_put_right_by_no_observation() {
        let (_folder, hospital, permit) = with_an_oximeter().await;
        let at = Timestamp(clock::now().0 - 60_000);
        let patient = PatientId::new("p").unwrap();
        let body = says("o", "final", at, 97.0);
        for (own, _) in readings_of(&hospital, (&patient, &body), at, false) {
            hospital.signals.append(own).await.unwrap();
        }
        write(&hospital, body).await;
        write(&hospital, says("o", "corrected", at, 93.0)).await;
        catch_up(&hospital, &permit).await.unwrap();
        let (_, standing) = readings(&hospital, &permit, at).await;
        assert_eq!(standing, [93.0, 97.0]);
    }

    fn part(code: &str, value: f64, unit: &str) -> Value {
        json!({
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "unit": unit, "code": unit},
        })
    }

    /// What a cuff measured, as somebody wrote it down.
    fn panel(id: &str, status: &str, at: Timestamp, component: &[Value]) -> Value {
        json!({
            "resourceType": "Observation", "id": id, "status": status,
            "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
            "subject": {"reference": "Patient/p"}, "device": {"reference": "Device/cuff-p"},
            "effectiveDateTime": at, "component": component,
        })
    }

    #[tokio::test]
    async fn pressures_that_cannot_be_true_together_are_no_readings() {
        let (_folder, hospital, permit) = with_a("cuff-p", "blood-pressure").await;
        let at = Timestamp(clock::now().0 - 60_000);
        let pressures = |[upper, mean, lower]: [f64; 3]| {
            [
                part("8480-6", upper, "mm[Hg]"),
                part("8478-0", mean, "mm[Hg]"),
                part("8462-4", lower, "mm[Hg]"),
                part("8867-4", 72.0, "/min"),
            ]
        };
        let device = DeviceId::new("cuff-p").unwrap();
        let counted = |hospital: &Hospital| {
            hospital.devices.with_quality(&device, |quality| {
                let refused = quality.refusals.get("contradiction").copied();
                (quality.accepted, refused.unwrap_or(0))
            })
        };
        for (id, status, values, expected) in [
            // The pulse beside them is taken, and comes again with each.
            ("equal", "final", [80.0, 80.0, 80.0], (1, 3)),
            ("mean", "final", [120.0, 125.0, 80.0], (1, 6)),
            ("good", "final", [120.0, 93.0, 80.0], (4, 6)),
            // A later version that cannot be true takes back what stood, and says nothing in its place.
            ("good", "corrected", [80.0, 93.0, 120.0], (4, 9)),
        ] {
            write(&hospital, panel(id, status, at, &pressures(values))).await;
            catch_up(&hospital, &permit).await.unwrap();
            assert_eq!(counted(&hospital), expected, "{id} {status}");
        }
        let (_, standing) = readings(&hospital, &permit, at).await;
        assert_eq!(standing, [72.0]);
    }

    #[tokio::test]
    async fn what_an_earlier_program_took_is_taken_back_though_it_contradicts_itself() {
        let (_folder, hospital, permit) = with_a("cuff-p", "blood-pressure").await;
        let at = Timestamp(clock::now().0 - 60_000);
        let turned = [
            part("8480-6", 80.0, "mm[Hg]"),
            part("8462-4", 120.0, "mm[Hg]"),
        ];
        let patient = PatientId::new("p").unwrap();
        let body = panel("turned", "final", at, &turned);
        for (mut own, _) in readings_of(&hospital, (&patient, &body), at, false) {
            for one in &mut own {
                one.quality.push(QualityMark::FromObservation);
            }
            keep(&hospital, own).await.unwrap();
        }
        assert_eq!(readings(&hospital, &permit, at).await.1, [120.0, 80.0]);
        write(&hospital, body).await;
        let withdrawn = panel("turned", "entered-in-error", at, &turned);
        write(&hospital, withdrawn).await;
        catch_up(&hospital, &permit).await.unwrap();
        assert!(readings(&hospital, &permit, at).await.1.is_empty());
    }

    #[test]
    fn a_quantity_and_samples_are_what_a_device_would_send() {
        let quantity = json!({"valueQuantity": {"value": 97, "code": "%"}});
        assert_eq!(value(&quantity), Ok(json!({"value": 97, "unit": "%"})));
        let below = json!({"valueQuantity": {"value": 70, "code": "%", "comparator": "<"}});
        assert_eq!(value(&below), Err(Refusal::Compared));
        let without = json!({"valueQuantity": {"value": 70, "unit": "percent"}});
        assert_eq!(value(&without), Err(Refusal::UnitMissing));
        let samples = |dimensions: u64, data: &str| {
            json!({"valueSampledData": {"origin": {"value": 1.0, "code": "mV"}, "period": 4, "factor": 0.5,
                "dimensions": dimensions, "data": data}})
        };
        let expected = json!({"value": [2.0, null, 0.5], "period_ms": 4.0, "unit": "mV"});
        assert_eq!(value(&samples(1, "2 E -1")), Ok(expected));
        let odd = Err(Refusal::SamplesNotUnderstood);
        assert_eq!(value(&samples(2, "2 E -1")), odd);
        assert_eq!(value(&samples(1, "2 x")), odd);
    }
}
