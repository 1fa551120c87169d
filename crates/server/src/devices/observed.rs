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
            let corrects = (*version > 1).then_some(entry.at);
            if let Some(at) = corrects {
                take_back(hospital, permit, (key, version - 1), said, at).await?;
            }
            if let (Some(patient), Some(body)) = said {
                take_in(hospital, patient, body, corrects).await?;
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
    let said = readings_of(hospital, &patient, &body, at);
    let said_next = match next {
        (Some(patient), Some(body)) => readings_of(hospital, patient, body, at),
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

/// What an observation says, part by part, as it would have come at this time and however often it was said.
fn readings_of(
    hospital: &Hospital,
    patient: &PatientId,
    body: &Value,
    at: Timestamp,
) -> Vec<(Vec<Arrived>, Remembered)> {
    let (Some(device), Some(measured)) = (device_of(hospital, body), time_of(body)) else {
        return Vec::new();
    };
    let device = of_patient(&device, patient);
    let read_by = hospital.devices.read_by(&device);
    let each = parts_of(body).into_iter().filter_map(|part| {
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

/// Whether the record has these readings, and from observations alone: what the device itself sent for that time is not
/// for who writes observations to take back.
async fn is_of_observations(
    hospital: &Hospital,
    permit: &Permit,
    arrived: &Arrived,
) -> Result<bool, RecordError> {
    let said: Vec<(i64, f64)> = arrived
        .readings
        .timed()
        .filter_map(|(at_us, value)| Some((at_us?, value)))
        .collect();
    let (Some((first_us, _)), Some((last_us, _))) = (said.first(), said.last()) else {
        return Ok(false);
    };
    let span = SpanQuery {
        id: SignalSeries::of(arrived).id(),
        from_us: *first_us,
        to_us: last_us.saturating_add(1),
    };
    let page = hospital.signals.read(permit, &span, MOST).await?;
    // Both are in the order of their times, and readings of one time in that of their values.
    let is_there = |(at_us, value): &(i64, f64)| {
        let order = |one: &Reading| one.at_us.cmp(at_us).then(one.value.total_cmp(value));
        page.readings.binary_search_by(order).is_ok()
    };
    let is_at_one = |one: &&Reading| said.binary_search_by_key(&one.at_us, |(at, _)| *at).is_ok();
    let mut at_these = page.readings.iter().filter(is_at_one);
    Ok(said.iter().all(is_there)
        && at_these.all(|one| one.marks.contains(&QualityMark::FromObservation)))
}

/// Takes in the readings that an observation holds, in the place of others where it was corrected at this time. What
/// cannot be taken stays as it was written, and is counted as refused.
async fn take_in(
    hospital: &Hospital,
    patient: &PatientId,
    body: &Value,
    corrects: Option<Timestamp>,
) -> Result<(), RecordError> {
    let Some(device) = device_of(hospital, body) else {
        return Ok(());
    };
    let parts = parts_of(body);
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
    let _turn = hospital.devices.turn(&device.id).await;
    let (mut arrived, mut remembered) = (Vec::new(), Vec::new());
    for part in parts {
        match one(hospital, &device, part, at) {
            Ok((mut values, of_part)) => {
                for value in &mut values {
                    let correction =
                        corrects.map(|at| QualityMark::Correction { received_ms: at.0 });
                    value.quality.extend(correction);
                }
                arrived.extend(values);
                remembered.push(of_part);
            }
            Err(refusal) => refuse(part, &refusal),
        }
    }
    let kept = keep(hospital, arrived).await;
    if kept.is_err() {
        // It is read again, and is new then.
        for one in &remembered {
            hospital.devices.forget(&device.id, Some(patient), one);
        }
    }
    kept
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
    use super::*;

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
