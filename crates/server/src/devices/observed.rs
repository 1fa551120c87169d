//! Observations that others wrote about what a device of the registry measured: each becomes a reading as well.
//!
//! The observation is on disk before its writer hears that it was taken; its reading follows from it. How far this
//! has come is kept, and the same reading is kept once, so that a crash loses none and doubles none.

use std::sync::Arc;

use ::devices::{Refusal, Remembered, Said};
use policy::{Action, Permit};
use record::{Arrived, FactBody, QualityMark, RecordError, written_by};
use serde_json::{Value, json};
use tokio::sync::watch;
use vocabulary::{DeviceId, PatientId, Timestamp};

use super::{Registered, registry::load_one};
use crate::{clock, hospital::Hospital};

/// Under this name it is kept how far the journal was read.
const POSITION: &str = "observations";
/// Entries are read so many at a time.
const PAGE: usize = 500;
/// Where refusals of observations are said to have been sent to.
const TOPIC: &str = "Observation";
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
            let FactBody::Resource { key, body, .. } = &entry.fact.body else {
                continue;
            };
            // A device may have come just before what it measured.
            if key.kind == "Device" {
                load_one(hospital, permit, key).await;
            }
            if let ("Observation", Some(patient), Some(body)) =
                (key.kind.as_str(), &entry.fact.subject, body)
            {
                take_in(hospital, patient, body).await?;
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

/// Takes in the readings that an observation holds. What cannot be taken stays as it was written, and is counted as
/// refused.
async fn take_in(
    hospital: &Hospital,
    patient: &PatientId,
    body: &Value,
) -> Result<(), RecordError> {
    let text = |path: &str| body.pointer(path).and_then(Value::as_str);
    // What the hospital wrote itself came from readings, or from people.
    let is_ours = written_by(body).is_some();
    let holds = matches!(
        text("/status"),
        Some("final" | "amended" | "corrected" | "preliminary")
    );
    let device = text("/device/reference")
        .and_then(|reference| reference.strip_prefix("Device/"))
        .and_then(|id| DeviceId::new(id).ok())
        .and_then(|id| hospital.devices.find(&id));
    let (Some(device), true, false) = (device, holds, is_ours) else {
        return Ok(());
    };
    let parts = body.get("component").and_then(Value::as_array);
    let parts: Vec<&Value> = std::iter::once(body)
        .chain(parts.into_iter().flatten())
        .filter(|part| VALUES.iter().any(|value| part.get(value).is_some()))
        .collect();
    let refuse = |part: &Value, refusal: &Refusal| {
        hospital.devices.with_quality(&device.id, |quality| {
            let bytes = part.to_string().len();
            let (code, why) = (refusal.code(), refusal.text());
            quality.refused(clock::now(), TOPIC, bytes, code, why);
        });
    };
    let at = [
        "/effectiveDateTime",
        "/effectiveInstant",
        "/effectivePeriod/start",
    ]
    .iter()
    .find_map(|path| text(path)?.parse::<Timestamp>().ok());
    // Where registry and observation name two patients, nobody can know whose value it is.
    let registered = device.patient.as_ref();
    let of_another = registered.is_some_and(|registered| registered != patient);
    let Some(at) = at.filter(|_| !of_another) else {
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
    // Who wrote it says whose value it is, whenever the device came to them.
    let device = Registered {
        patient: Some(patient.clone()),
        since: None,
        ..Registered::clone(&device)
    };
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
    // Who wrote it vouches for its time: it is no matter how long ago that was.
    let now = clock::now();
    let payload = sent.to_string();
    let (devices, said) = (&hospital.devices, Said::Vouched);
    let taken = devices.take_said(device, &stream.name, payload.as_bytes(), now, said);
    let mut arrived = taken.arrived;
    for one in &mut arrived {
        one.received = now;
        one.quality.push(QualityMark::FromObservation);
    }
    Ok((arrived, taken.remembered))
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
