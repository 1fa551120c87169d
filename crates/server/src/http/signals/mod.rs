//! Readings of devices: which series there are, a span of one at any zoom, and what is measured now.

mod live;
mod marked;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use fhir::Unsampled;
use jiff::tz::TimeZone;
use policy::{Action, Object, Permit};
use record::{
    QualityMark, Reading, ReadingPage, RollUp, SeriesId, SeriesQuery, SeriesSummary, SpanQuery,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ts_rs::TS;
use twin::timeline::{end_in, start_in};
use vocabulary::{DeviceId, PatientId, Text};

use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
};

/// The most points of one answer.
const MOST_POINTS: usize = 10_000;
/// Points where none are asked for.
const POINTS: usize = 800;
/// The most readings of one answer.
const MOST_READINGS: usize = 100_000;
/// The span where none is asked for: an hour, in milliseconds.
const SPAN_MS: i64 = 3_600_000;

/// `/patients/{id}/signals`, `/devices/{id}/streams`, one series of each, and `/signals/live`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/patients/{id}/signals", get(of_patient))
        .route("/patients/{id}/signals/{series}", get(span_of_patient))
        .route("/patients/{id}/signals/{series}/observation", get(sampled))
        .route("/devices/{id}/streams", get(of_device))
        .route("/devices/{id}/streams/{series}", get(span_of_device))
        .route("/signals/live", get(live::live))
}

/// A mark on a reading, by its name; what it says more stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/signals.ts")]
pub struct SignalMark {
    /// Such as `late`, `conflicting`, `out-of-range` or `clock-corrected`.
    pub code: &'static str,
    /// What was added to the device's time, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub by_ms: Option<i64>,
    /// How far the true time may lie from the corrected one, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub doubt_ms: Option<u64>,
    /// In the words of who said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub text: Option<String>,
}

impl From<&QualityMark> for SignalMark {
    fn from(mark: &QualityMark) -> Self {
        let (mut by, mut doubt, mut text) = (None, None, None);
        let code = match mark {
            QualityMark::ClockCorrected { by_ms, doubt_ms } => {
                (by, doubt) = (Some(*by_ms), Some(*doubt_ms));
                "clock-corrected"
            }
            QualityMark::ClockSlow { by_ms } => {
                doubt = Some(*by_ms);
                "clock-slow"
            }
            QualityMark::ClockUnknown => "clock-unknown",
            QualityMark::ArrivalTime => "arrival-time",
            QualityMark::Correction { .. } => "correction",
            QualityMark::Superseded => "superseded",
            QualityMark::OutOfRange => "out-of-range",
            QualityMark::Conflicting => "conflicting",
            QualityMark::Late => "late",
            QualityMark::Artefact => "artefact",
            QualityMark::Questionable => "questionable",
            QualityMark::Early => "early",
            QualityMark::Calibrating => "calibrating",
            QualityMark::Test => "test",
            QualityMark::Validated => "validated",
            QualityMark::FromObservation => "from-observation",
            QualityMark::LeftBehind => "left-behind",
            QualityMark::Profile { version } => {
                text = Some(version.to_string());
                "profile"
            }
            QualityMark::Converted { from, sent } => {
                let sent = sent.as_ref().map(|sent| format!("{sent} {from}"));
                text = Some(sent.unwrap_or_else(|| from.clone()));
                "converted"
            }
            QualityMark::Other(said) => {
                text = Some(said.clone());
                "other"
            }
        };
        Self {
            code,
            by_ms: by,
            doubt_ms: doubt,
            text,
        }
    }
}

/// A reading on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/signals.ts")]
pub struct SignalReading {
    /// When it was measured, in milliseconds since 1970; waveforms have fractions.
    pub at_ms: f64,
    /// The value, in the unit of its series.
    pub value: f64,
    /// What is to be known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<SignalMark>>")]
    pub marks: Vec<SignalMark>,
}

impl From<&Reading> for SignalReading {
    fn from(reading: &Reading) -> Self {
        Self {
            at_ms: ms(reading.at_us),
            value: reading.value,
            marks: reading.marks.iter().map(SignalMark::from).collect(),
        }
    }
}

fn ms(us: i64) -> f64 {
    us as f64 / 1000.0
}

/// A series of readings.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/signals.ts")]
pub struct SignalRow {
    /// Names it.
    pub series: String,
    /// The device.
    pub device: String,
    /// Its stream.
    pub stream: String,
    /// What people call the stream, where the device's profile has it.
    #[ts(type = "{ zh: string, en: string } | null")]
    pub title: Option<Text>,
    /// Whom it is about; nobody for the sensors of a room.
    pub patient: Option<String>,
    /// The code system of what is measured.
    pub system: String,
    /// The code of what is measured.
    pub code: String,
    /// What the code means.
    pub display: Option<String>,
    /// The unit, by UCUM.
    pub unit: String,
    /// How many readings there are, or were.
    #[ts(type = "number")]
    pub count: u64,
    /// When the first was measured, in milliseconds since 1970.
    pub first_ms: f64,
    /// The reading with the latest time.
    pub last: SignalReading,
}

impl SignalRow {
    fn of(hospital: &Hospital, summary: SeriesSummary) -> Self {
        let series = summary.series;
        let devices = &hospital.devices;
        Self {
            series: summary.id.into(),
            title: devices.title_of(&series.stream, &series.code, &series.unit),
            device: series.stream.device.into(),
            stream: series.stream.stream,
            patient: series.subject.map(PatientId::into),
            system: series.system,
            code: series.code,
            display: summary.display,
            unit: series.unit,
            count: summary.count,
            first_ms: ms(summary.first_us),
            last: SignalReading::from(&summary.last),
        }
    }
}

/// Start in milliseconds since 1970, least, greatest and mean value, count.
type BucketRow = (f64, f64, f64, f64, u64);

/// A span of one series at a zoom: `buckets` or, where readings were asked for, `readings`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/signals.ts")]
pub struct SignalSpan {
    /// The series.
    pub row: SignalRow,
    /// Where the span begins, in milliseconds since 1970.
    pub from_ms: f64,
    /// Where it ends, in milliseconds since 1970.
    pub to_ms: f64,
    /// How long a bucket is, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub bucket_ms: Option<f64>,
    /// Each as `[start in milliseconds since 1970, least, greatest, mean, count]`; where there is no bucket nothing
    /// was measured. Tests, calibrations and artefact are not in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "[number, number, number, number, number][]")]
    pub buckets: Option<Vec<BucketRow>>,
    /// Readings beside the buckets that bear marks of which a person must know, each as `[start of the bucket in
    /// milliseconds since 1970, how many are marked, their marks each once]`; not there where the span has too many
    /// readings to look for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "[number, number, SignalMark[]][]")]
    pub marked: Option<Vec<marked::Row>>,
    /// The readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub readings: Option<Vec<SignalReading>>,
    /// Where to read on, in milliseconds since 1970, where these are not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub next_ms: Option<f64>,
    /// Readings of this span were removed when their time was over; their roll-ups may be left.
    pub purged: bool,
}

/// A permit for everything about a patient.
async fn patient(
    hospital: &Hospital,
    caller: &Caller,
    id: String,
) -> Result<(PatientId, Permit), Problem> {
    let refused = || Problem::forbidden("there is no such patient, or you may not see the record");
    let patient = PatientId::new(id).map_err(|_| refused())?;
    let object = Object::Patient(patient.clone());
    let permit = hospital.permit(caller, Action::ReadRecord, &object).await?;
    Ok((patient, permit))
}

async fn of_patient(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<SignalRow>>, Problem> {
    let (patient, permit) = patient(&hospital, &caller, id).await?;
    let query = SeriesQuery {
        subject: Some(patient),
        ..SeriesQuery::default()
    };
    let found = hospital.signals.series(&permit, &query).await?;
    let row = |summary| SignalRow::of(&hospital, summary);
    Ok(Json(found.into_iter().map(row).collect()))
}

/// The streams of a device, as far as the caller may see the patients who wore it.
async fn of_device(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<SignalRow>>, Problem> {
    let device = shown_device(&hospital, &caller, id)?;
    let permit = everyone(&hospital, &caller).await?;
    let query = SeriesQuery {
        device: Some(device),
        ..SeriesQuery::default()
    };
    let found = hospital.signals.series(&permit, &query).await?;
    let row = |summary| SignalRow::of(&hospital, summary);
    Ok(Json(found.into_iter().map(row).collect()))
}

/// A device whose streams may be asked for: where one of the staff is, and was, is theirs to see.
fn shown_device(hospital: &Hospital, caller: &Caller, id: String) -> Result<DeviceId, Problem> {
    let none = || Problem::not_found("there is no such device");
    let device = DeviceId::new(id).map_err(|_| none())?;
    if hospital.devices.is_of_another(&device, &caller.actor.id) {
        return Err(none());
    }
    Ok(device)
}

async fn everyone(hospital: &Hospital, caller: &Caller) -> Result<Permit, Problem> {
    hospital
        .permit(caller, Action::ReadRecord, &Object::Everyone)
        .await
}

/// What of a series is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// A day by the hospital's clocks or a moment, as FHIR writes them, or milliseconds since 1970.
    from: Option<String>,
    to: Option<String>,
    /// Into how many buckets.
    points: Option<usize>,
    /// At most so many readings, as they are, instead of buckets.
    readings: Option<usize>,
}

impl Asked {
    fn span(&self, id: SeriesId, zone: &TimeZone) -> Result<SpanQuery, Problem> {
        let bad = || {
            Problem::bad_input(
                "write from and to as YYYY-MM-DD, RFC 3339 or milliseconds since 1970",
            )
        };
        let bound = |text: &Option<String>, read: fn(&str, &TimeZone) -> Option<i64>| match text {
            None => Ok(None),
            Some(text) => match text.parse::<i64>() {
                // A year is a number too.
                Ok(ms) if text.len() > 4 => Ok(Some(ms)),
                _ => read(text, zone).map(Some).ok_or_else(bad),
            },
        };
        let to_ms = bound(&self.to, end_in)?.unwrap_or(clock::now().0);
        let from_ms = bound(&self.from, start_in)?.unwrap_or(to_ms.saturating_sub(SPAN_MS));
        Ok(SpanQuery {
            id,
            from_us: from_ms.saturating_mul(1000),
            to_us: to_ms.saturating_add(1).saturating_mul(1000),
        })
    }
}

async fn span_of_patient(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, series)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (patient, permit) = patient(&hospital, &caller, id).await?;
    let query = SeriesQuery {
        subject: Some(patient),
        id: Some(named(&series)?),
        ..SeriesQuery::default()
    };
    span(&hospital, &permit, &query, &asked, &headers).await
}

async fn span_of_device(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, series)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let device = shown_device(&hospital, &caller, id)?;
    let permit = everyone(&hospital, &caller).await?;
    let query = SeriesQuery {
        device: Some(device),
        id: Some(named(&series)?),
        ..SeriesQuery::default()
    };
    span(&hospital, &permit, &query, &asked, &headers).await
}

fn no_series() -> Problem {
    Problem::not_found("there is no such series of readings")
}

fn named(series: &str) -> Result<SeriesId, Problem> {
    series.parse().map_err(|_| no_series())
}

async fn span(
    hospital: &Hospital,
    permit: &Permit,
    query: &SeriesQuery,
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let found = hospital.signals.series(permit, query).await?;
    let row = found.into_iter().next().ok_or_else(no_series)?;
    let query = asked.span(row.id.clone(), hospital.config.time_zone.rules())?;
    let mut span = SignalSpan {
        row: SignalRow::of(hospital, row),
        from_ms: ms(query.from_us),
        to_ms: ms(query.to_us),
        bucket_ms: None,
        buckets: None,
        marked: None,
        readings: None,
        next_ms: None,
        purged: false,
    };
    if let Some(readings) = asked.readings {
        let limit = readings.clamp(1, MOST_READINGS);
        let page = hospital.signals.read(permit, &query, limit).await?;
        let wants_bytes = headers
            .get(header::ACCEPT)
            .is_some_and(|accept| accept == "application/octet-stream");
        if wants_bytes {
            let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
            return Ok((kind, bytes(&page)).into_response());
        }
        span.readings = Some(page.readings.iter().map(SignalReading::from).collect());
        span.next_ms = page.next_us.map(ms);
        span.purged = page.purged;
    } else {
        let points = asked.points.unwrap_or(POINTS).clamp(2, MOST_POINTS);
        let rolled: RollUp = hospital.signals.rollup(permit, &query, points).await?;
        let measured = rolled.buckets.iter().map(|bucket| bucket.count).sum();
        let of = (rolled.bucket_us, measured);
        span.marked = marked::of_span(hospital, permit, &query, of).await?;
        span.bucket_ms = Some(ms(rolled.bucket_us));
        let buckets = rolled.buckets.iter().map(|bucket| {
            let start_ms = ms(bucket.start_us);
            (start_ms, bucket.min, bucket.max, bucket.mean, bucket.count)
        });
        span.buckets = Some(buckets.collect());
    }
    Ok(Json(span).into_response())
}

fn unfit(why: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "No sampled data", why)
}

/// A span as a FHIR `Observation` with `SampledData`.
async fn sampled(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, series)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (patient, permit) = patient(&hospital, &caller, id).await?;
    let query = SeriesQuery {
        subject: Some(patient),
        id: Some(named(&series)?),
        ..SeriesQuery::default()
    };
    let found = hospital.signals.series(&permit, &query).await?;
    let summary = found.into_iter().next().ok_or_else(no_series)?;
    let made = as_sampled(&hospital, &permit, &summary, &asked).await?;
    let observation = made.map_err(|why| unfit(why_not(why)))?;
    let kind = "application/fhir+json; fhirVersion=4.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], observation.to_string()).into_response())
}

async fn as_sampled(
    hospital: &Hospital,
    permit: &Permit,
    summary: &SeriesSummary,
    asked: &Asked,
) -> Result<Result<Value, Unsampled>, Problem> {
    let query = asked.span(summary.id.clone(), hospital.config.time_zone.rules())?;
    let page = hospital.signals.read(permit, &query, MOST_READINGS);
    let page = page.await?;
    if page.next_us.is_some() {
        return Ok(Err(Unsampled::TooLong));
    }
    let (of, display) = (&summary.series, summary.display.as_deref());
    let mut made = fhir::sampled_observation(of, display, &page.readings);
    if let Ok(observation) = &mut made
        && let Some(Value::Array(codings)) = observation.pointer_mut("/code/coding")
    {
        let devices = &hospital.devices;
        let also = devices.also_coded(&of.stream, &of.code, &of.unit);
        codings.extend(also.iter().map(|coding| json!(coding)));
    }
    Ok(made)
}

fn why_not(why: Unsampled) -> &'static str {
    match why {
        Unsampled::TooFew => "there are fewer than two readings that are trusted",
        Unsampled::TooLong => "ask for a shorter span",
        Unsampled::Uneven => "the readings are not at equal distances",
    }
}

/// What was measured of a patient in a span, of these codes only where some are asked for: each series as an
/// `Observation` with `SampledData`, or why it cannot be one. What has no two readings in the span is left out.
pub async fn all_sampled(
    hospital: &Hospital,
    permit: &Permit,
    (patient, codes): (PatientId, Option<&str>),
    (from, to): (Option<String>, Option<String>),
) -> Result<Vec<(SeriesId, Result<Value, String>)>, Problem> {
    let asked = Asked {
        from,
        to,
        ..Asked::default()
    };
    let query = SeriesQuery {
        subject: Some(patient),
        ..SeriesQuery::default()
    };
    let mut all = Vec::new();
    for summary in hospital.signals.series(permit, &query).await? {
        let of = &summary.series;
        let devices = &hospital.devices;
        let also = devices.also_coded(&of.stream, &of.code, &of.unit);
        let also = also.iter().map(|coding| coding.code.as_str());
        let known = std::iter::once(of.code.as_str()).chain(also);
        if codes.is_some_and(|codes| !fhir::is_asked(known, codes)) {
            continue;
        }
        let made = as_sampled(hospital, permit, &summary, &asked).await?;
        match made {
            Ok(observation) => all.push((summary.id, Ok(observation))),
            Err(Unsampled::TooFew) => {}
            Err(why) => {
                let why = format!("{}: {}", summary.series.stream.stream, why_not(why));
                all.push((summary.id, Err(why)));
            }
        }
    }
    Ok(all)
}

/// Readings for waveforms: `YSW1`, the count as 32 bits, where to read on in microseconds since 1970 or the
/// least 64-bit number where these are all, all times in microseconds, all values; 64 bits each, little endian.
fn bytes(page: &ReadingPage) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + page.readings.len() * 16);
    bytes.extend(b"YSW1");
    let count = u32::try_from(page.readings.len()).unwrap_or(u32::MAX);
    bytes.extend(count.to_le_bytes());
    bytes.extend(page.next_us.unwrap_or(i64::MIN).to_le_bytes());
    for reading in &page.readings {
        bytes.extend(reading.at_us.to_le_bytes());
    }
    for reading in &page.readings {
        bytes.extend(reading.value.to_le_bytes());
    }
    bytes
}
