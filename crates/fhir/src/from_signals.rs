//! `Observation`s made of readings of devices: single vital signs and other measures, and spans as `SampledData`.

use std::{collections::HashMap, sync::LazyLock};

use record::{QualityMark, Reading, SeriesSummary, SignalSeries};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::{Coding, DeviceId, PatientId, Timestamp};

use crate::date::range_ms;

const UCUM: &str = "http://unitsofmeasure.org";
const LOINC: &str = "http://loinc.org";
/// The most samples in one `SampledData`.
const MOST: i64 = 200_000;

/// A vital sign of the FHIR profile, and by which codes devices send it (LOINC, or ISO/IEEE 11073 in its
/// context-free form).
#[derive(Clone, Debug, Deserialize)]
pub struct VitalSign {
    /// The code of the profile.
    pub loinc: String,
    /// What LOINC calls it.
    pub display: String,
    /// The only unit in which it is one, by UCUM.
    pub unit: String,
    /// Codes of devices.
    codes: Vec<String>,
    /// A second code that says more.
    also: Option<Also>,
    /// The panel that it is only a part of.
    pub panel: Option<String>,
}

/// What a device measures that is no vital sign of the FHIR profile, as its own profile has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Its codes; the first names it.
    pub codes: Vec<Coding>,
    /// What people call it, in both languages, each on a line.
    pub title: String,
    /// The unit, by UCUM.
    pub unit: String,
    /// Whether one of the codes was not confirmed with its standard.
    pub needs_confirmation: bool,
}

/// What is to be an `Observation` of what a device measures.
#[derive(Clone, Debug)]
pub enum Sign {
    /// A vital sign.
    Vital(&'static VitalSign),
    /// Something else.
    Other(Measure),
}

#[derive(Clone, Debug, Deserialize)]
struct Also {
    loinc: String,
    display: String,
}

static VITAL_SIGNS: LazyLock<Vec<VitalSign>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../definitions/vital-signs.json"))
        .unwrap_or_else(|_| unreachable!("the definitions are read in a test"))
});

/// The vital sign that a device's code in this unit is, if it is one.
pub fn vital_sign(code: &str, unit: &str) -> Option<&'static VitalSign> {
    VITAL_SIGNS
        .iter()
        .find(|sign| sign.unit == unit && sign.codes.iter().any(|known| known == code))
}

fn coding(sign: &VitalSign) -> Vec<Value> {
    let first = json!({"system": LOINC, "code": sign.loinc, "display": sign.display});
    let also = sign
        .also
        .iter()
        .map(|also| json!({"system": LOINC, "code": also.loinc, "display": also.display}));
    std::iter::once(first).chain(also).collect()
}

fn quantity(value: f64, unit: &str) -> Value {
    json!({"value": value, "unit": unit, "system": UCUM, "code": unit})
}

fn category() -> Value {
    let system = "http://terminology.hl7.org/CodeSystem/observation-category";
    json!([{"coding": [{"system": system, "code": "vital-signs"}]}])
}

/// A vital sign that a device measured, as the FHIR vital-signs profile has it; the pressures as the panel that
/// they are parts of.
pub fn vital_observation(
    patient: &PatientId,
    device: &DeviceId,
    at: Timestamp,
    values: &[(&VitalSign, f64)],
) -> Option<Value> {
    let (first, value) = values.first()?;
    let mut observation = bare(patient, device, at);
    let parts = observation.as_object_mut()?;
    parts.insert("category".to_owned(), category());
    parts.insert("code".to_owned(), json!({"coding": coding(first)}));
    if first.panel.is_some() {
        let panel = json!({
            "system": LOINC, "code": "85354-9",
            "display": "Blood pressure panel with all children optional",
        });
        let component = |(sign, value): &(&VitalSign, f64)| {
            json!({
                "code": {"coding": coding(sign)},
                "valueQuantity": quantity(*value, &sign.unit),
            })
        };
        let components: Vec<Value> = values.iter().map(component).collect();
        parts.insert("code".to_owned(), json!({"coding": [panel]}));
        parts.insert("component".to_owned(), Value::Array(components));
    } else {
        let quantity = quantity(*value, &first.unit);
        parts.insert("valueQuantity".to_owned(), quantity);
    }
    Some(observation)
}

/// What a device measured at one moment: a value, or the parts of a panel. What a person must know of it stands in
/// notes.
pub fn observation_of(
    patient: &PatientId,
    device: &DeviceId,
    at: Timestamp,
    values: &[(Sign, f64)],
    marks: &[QualityMark],
) -> Option<Value> {
    let vital = |(sign, value): &(Sign, f64)| match sign {
        Sign::Vital(sign) => Some((*sign, *value)),
        Sign::Other(_) => None,
    };
    let mut observation = match values.first()? {
        (Sign::Other(measure), value) => {
            measured_observation(patient, device, at, (measure, *value))
        }
        (Sign::Vital(_), _) => {
            let values: Vec<_> = values.iter().filter_map(vital).collect();
            vital_observation(patient, device, at, &values)?
        }
    };
    if marks.contains(&QualityMark::ArrivalTime) {
        let text =
            "设备没有时钟，时间为到达时间。\nThe device has no clock: the time is that of arrival.";
        add_note(&mut observation, text);
    }
    Some(observation)
}

/// A value that a device measured and that is no vital sign. A code that was not confirmed says so.
fn measured_observation(
    patient: &PatientId,
    device: &DeviceId,
    at: Timestamp,
    (measure, value): (&Measure, f64),
) -> Value {
    let mut observation = bare(patient, device, at);
    if let Some(parts) = observation.as_object_mut() {
        let code = json!({"coding": measure.codes, "text": measure.title});
        parts.insert("code".to_owned(), code);
        parts.insert("valueQuantity".to_owned(), quantity(value, &measure.unit));
    }
    if measure.needs_confirmation {
        add_note(
            &mut observation,
            "编码待与标准核对。\nThe code needs confirmation.",
        );
    }
    observation
}

/// An observation of this moment with the value that stands in the place of a wrong one, or without one where that was
/// taken back: then it is entered in error, until each of its parts has a value again. None where it is of another moment
/// or says so already.
pub fn corrected(
    mut observation: Value,
    device: &DeviceId,
    at: Timestamp,
    (sign, value): (&Sign, Option<f64>),
) -> Option<Value> {
    if !is_of_moment(&observation, device, at) {
        return None;
    }
    let (part, unit) = match sign {
        Sign::Vital(sign) if sign.panel.is_some() => {
            let parts = observation.get_mut("component")?.as_array_mut()?;
            let part = parts
                .iter_mut()
                .find(|part| is_asked(codes_of(part), &sign.loinc))?;
            (part, &sign.unit)
        }
        Sign::Vital(sign) => (&mut observation, &sign.unit),
        Sign::Other(measure) => (&mut observation, &measure.unit),
    };
    let stands = value.map(|value| json!(value));
    if part.pointer("/valueQuantity/value") == stands.as_ref() {
        return None;
    }
    let part = part.as_object_mut()?;
    if let Some(value) = value {
        part.shift_remove("dataAbsentReason");
        part.insert("valueQuantity".to_owned(), quantity(value, unit));
    } else {
        let system = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
        let reason = json!({"coding": [{"system": system, "code": "error"}]});
        part.shift_remove("valueQuantity");
        part.insert("dataAbsentReason".to_owned(), reason);
    }
    let has_value = |part: &Value| part.get("valueQuantity").is_some();
    let is_whole = match observation.get("component").and_then(Value::as_array) {
        Some(parts) => parts.iter().all(has_value),
        None => has_value(&observation),
    };
    let status = if is_whole {
        "corrected"
    } else {
        "entered-in-error"
    };
    observation
        .as_object_mut()?
        .insert("status".to_owned(), status.into());
    Some(observation)
}

/// Whether an observation is of what a device measured at this time.
pub fn is_of_moment(observation: &Value, device: &DeviceId, at: Timestamp) -> bool {
    let says = |path: &str| observation.pointer(path).and_then(Value::as_str);
    says("/effectiveDateTime") == Some(at.to_string().as_str())
        && says("/device/reference") == Some(format!("Device/{device}").as_str())
}

/// Adds what a person must know before relying on an observation.
fn add_note(observation: &mut Value, text: &str) {
    let Some(parts) = observation.as_object_mut() else {
        return;
    };
    let notes = parts.entry("note").or_insert_with(|| json!([]));
    if let Some(notes) = notes.as_array_mut() {
        notes.push(json!({"text": text}));
    }
}

/// An observation of a device without what was observed.
fn bare(patient: &PatientId, device: &DeviceId, at: Timestamp) -> Value {
    json!({
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": format!("Patient/{patient}")},
        "effectiveDateTime": at.to_string(),
        "device": {"reference": format!("Device/{device}")},
    })
}

/// The newest reading of each series, with what it measures, as entries of a `Bundle`; of these codes only, where some
/// are asked for as FHIR searches write them (`system|code,code`). Pressures are the newest that were measured together.
pub fn measured_last(series: &[(SeriesSummary, Sign)], codes: Option<&str>) -> Vec<Value> {
    let good: Vec<_> = series
        .iter()
        .filter(|(summary, _)| is_trustworthy(&summary.last.marks))
        .collect();
    let entry = |(summary, sign): &&(SeriesSummary, Sign)| {
        let at = Timestamp(summary.last.at_us.div_euclid(1000));
        let patient = summary.series.subject.as_ref()?;
        let device = &summary.series.stream.device;
        let values = measured_together(&good, summary, sign)?;
        let resource = observation_of(patient, device, at, &values, &summary.last.marks)?;
        if !codes.is_none_or(|codes| is_asked(codes_of(&resource), codes)) {
            return None;
        }
        let url = format!("urn:yuanyi:signal:{}:{}", summary.id, at.0);
        Some(json!({"fullUrl": url, "resource": resource, "search": {"mode": "match"}}))
    };
    good.iter().filter_map(entry).collect()
}

/// The newest value of a series; at the first part of a panel all its parts, where the same device measured them
/// of the same patient at the same moment.
fn measured_together(
    all: &[&(SeriesSummary, Sign)],
    summary: &SeriesSummary,
    sign: &Sign,
) -> Option<Vec<(Sign, f64)>> {
    let sign = match sign {
        Sign::Vital(sign) if sign.panel.is_some() => sign,
        _ => return Some(vec![(sign.clone(), summary.last.value)]),
    };
    let parts: Vec<_> = VITAL_SIGNS
        .iter()
        .filter(|part| part.panel == sign.panel)
        .collect();
    if parts.first()?.loinc != sign.loinc {
        return None;
    }
    let (of, at_us) = (&summary.series, summary.last.at_us);
    let value = |part: &'static VitalSign| {
        let found = all.iter().find(|(other, sign)| {
            matches!(sign, Sign::Vital(sign) if sign.loinc == part.loinc)
                && other.series.stream.device == of.stream.device
                && other.series.subject == of.subject
                && other.last.at_us == at_us
        });
        Some((Sign::Vital(part), found?.0.last.value))
    };
    parts.into_iter().map(value).collect()
}

/// The codes of an observation.
fn codes_of(observation: &Value) -> impl Iterator<Item = &str> {
    let known = observation
        .pointer("/code/coding")
        .and_then(Value::as_array);
    known
        .into_iter()
        .flatten()
        .filter_map(|coding| coding.get("code")?.as_str())
}

/// Whether one of these codes is asked for, as FHIR searches write it (`system|code,code`).
pub fn is_asked<'a>(mut known: impl Iterator<Item = &'a str>, asked: &str) -> bool {
    let asked: Vec<_> = asked
        .split(',')
        .map(|asked| asked.rsplit('|').next().unwrap_or(asked))
        .collect();
    known.any(|code| asked.contains(&code))
}

/// Whether readings with these marks are fit to stand as facts.
pub fn is_trustworthy(marks: &[QualityMark]) -> bool {
    marks.iter().all(|mark| {
        mark.is_conversion()
            || matches!(
                mark,
                QualityMark::ClockCorrected { .. }
                    | QualityMark::ClockSlow { .. }
                    | QualityMark::ArrivalTime
                    | QualityMark::Correction { .. }
                    | QualityMark::Late
                    | QualityMark::Validated
                    | QualityMark::Profile { .. }
            )
    })
}

/// A searchset of observations, cut to the `most` latest of each code, with further entries among them.
pub fn last_of_each(mut bundle: Value, more: Vec<Value>, most: usize) -> Value {
    let Some(parts) = bundle.as_object_mut() else {
        return bundle;
    };
    let found = parts.remove("entry");
    let mut entries = match found {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    entries.extend(more);
    let time = |entry: &Value| {
        let at = ["effectiveDateTime", "effectiveInstant"]
            .into_iter()
            .find_map(|name| entry.get("resource")?.get(name)?.as_str())
            .or_else(|| entry.pointer("/resource/effectivePeriod/start")?.as_str());
        at.and_then(range_ms).map_or(i64::MIN, |(low, _)| low)
    };
    // What was so latest comes first; of the same time, what the record has.
    entries.sort_by_key(|entry| std::cmp::Reverse(time(entry)));
    let mut counts: HashMap<String, usize> = HashMap::new();
    entries.retain(|entry| {
        let code = entry.pointer("/resource/code/coding/0");
        let part = |name: &str| code.and_then(|code| code.get(name)).map(Value::to_string);
        // A text names what no code does.
        let text = entry
            .pointer("/resource/code/text")
            .filter(|_| code.is_none());
        let key = format!("{:?} {:?} {text:?}", part("system"), part("code"));
        let count = counts.entry(key).or_default();
        *count += 1;
        *count <= most
    });
    parts.insert("total".to_owned(), entries.len().into());
    parts.remove("link");
    parts.insert("entry".to_owned(), Value::Array(entries));
    bundle
}

/// Why readings cannot be `SampledData`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsampled {
    /// There are fewer than two that stand and are trusted.
    TooFew,
    /// The span has more places than one resource should.
    TooLong,
    /// They are not at equal distances, or two are at the same time.
    Uneven,
}

/// Whether a reading stands in a span as a fact, be it that a person wrote it down.
fn is_sample(reading: &Reading) -> bool {
    reading.marks.iter().all(|mark| {
        *mark == QualityMark::FromObservation || is_trustworthy(std::slice::from_ref(mark))
    })
}

/// Readings of a series, in the order of their times, as an `Observation` with `SampledData`. Where one is missing, or is
/// not to be trusted, such as a test or artefact, stands `E`; what was corrected is left out, and its correction stands.
/// Times are moved to the nearest place, by less than half a period; how far stands in a note, and how many were not
/// trusted.
pub fn sampled_observation(
    series: &SignalSeries,
    display: Option<&str>,
    readings: &[Reading],
) -> Result<Value, Unsampled> {
    let samples: Vec<&Reading> = readings.iter().filter(|one| is_sample(one)).collect();
    let [first, .., last] = samples.as_slice() else {
        return Err(Unsampled::TooFew);
    };
    // What is not trusted was measured all the same: it tells at which distances.
    let mut times: Vec<i64> = readings.iter().map(|one| one.at_us).collect();
    times.dedup();
    let pairs = times.iter().zip(times.iter().skip(1));
    let mut distances: Vec<i64> = pairs.map(|(one, next)| next - one).collect();
    distances.sort_unstable();
    // Where there is none, all are of one time.
    let period_us = *distances
        .get(distances.len() / 2)
        .ok_or(Unsampled::Uneven)?;
    if period_us <= 0 {
        return Err(Unsampled::Uneven);
    }
    let places = (last.at_us - first.at_us + period_us / 2) / period_us + 1;
    if places > MOST {
        return Err(Unsampled::TooLong);
    }
    let mut data: Vec<String> = Vec::with_capacity(usize::try_from(places).unwrap_or(0));
    let mut moved_us = 0;
    for reading in &samples {
        let after = reading.at_us - first.at_us;
        let place = (after + period_us / 2) / period_us;
        let place = usize::try_from(place).map_err(|_| Unsampled::Uneven)?;
        if place < data.len() {
            return Err(Unsampled::Uneven);
        }
        data.resize(place, "E".to_owned());
        data.push(reading.value.to_string());
        let at = i64::try_from(place).unwrap_or(0) * period_us;
        moved_us = moved_us.max((after - at).abs());
    }
    let time = |us: i64| Timestamp(us.div_euclid(1000)).to_string();
    let mut code = json!({"system": series.system, "code": series.code});
    if let (Some(display), Some(code)) = (display, code.as_object_mut()) {
        code.insert("display".to_owned(), display.into());
    }
    let mut observation = json!({
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [code]},
        "effectivePeriod": {"start": time(first.at_us), "end": time(last.at_us)},
        "device": {"reference": format!("Device/{}", series.stream.device)},
        "valueSampledData": {
            "origin": quantity(0.0, &series.unit),
            "period": period_us as f64 / 1000.0,
            "dimensions": 1,
            "data": data.join(" "),
        },
    });
    if let (Some(parts), Some(patient)) = (observation.as_object_mut(), &series.subject) {
        let subject = json!({"reference": format!("Patient/{patient}")});
        parts.insert("subject".to_owned(), subject);
    }
    if moved_us > 0 {
        let text = format!(
            "Times are moved to equal distances, by at most {} ms. E: no reading.",
            moved_us as f64 / 1000.0
        );
        add_note(&mut observation, &text);
    }
    let within = first.at_us..=last.at_us;
    let is_doubted = |one: &&Reading| {
        let is_corrected = one.marks.contains(&QualityMark::Superseded);
        !is_sample(one) && !is_corrected && within.contains(&one.at_us)
    };
    let doubted = readings.iter().filter(is_doubted).count();
    if doubted > 0 {
        let text = format!(
            "有 {doubted} 个读数不可信（测试、校准、伪差等），未列入；其处为 E。\n{doubted} readings are not \
             trusted, such as tests, calibration and artefact, and are left out. E: no such reading."
        );
        add_note(&mut observation, &text);
    }
    Ok(observation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_converted_stands_as_a_fact_and_what_a_device_doubts_does_not() {
        let sent = |from: &str, sent: Option<&str>| QualityMark::Converted {
            from: from.to_owned(),
            sent: sent.map(str::to_owned),
        };
        let other = |said: &str| QualityMark::Other(said.to_owned());
        for mark in [
            sent("[degF]", Some("98.6")),
            sent("L/s", None),
            // As records of before say it.
            other("sent as 16.3 kPa"),
            other("sent in L/s"),
        ] {
            assert!(
                is_trustworthy(&[mark.clone(), QualityMark::Late]),
                "{mark:?}"
            );
            assert!(!is_trustworthy(&[mark, QualityMark::Questionable]));
        }
        assert!(!is_trustworthy(&[other("device status 4")]));
    }
}
