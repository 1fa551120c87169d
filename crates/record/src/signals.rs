//! Readings of devices over time: what arrives, how it is kept, and how it is read.
//!
//! Times within a signal are whole microseconds since 1970, since waveforms are sampled at fractions of a
//! millisecond. A reading is a finite number: what was not measured is a gap, never a number.

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;
use policy::Permit;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use vocabulary::{Coding, DeviceId, Digest, IdError, PatientId, Timestamp};

pub use vocabulary::Readings;

use crate::RecordError;

/// A stream of a device, as the MQTT topic `yuanyi/v1/{device}/{stream}` names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamKey {
    /// The device.
    pub device: DeviceId,
    /// Its stream: one level of a topic.
    pub stream: String,
}

/// What is to be known of a reading before it is believed. The log writes marks by their place in this list:
/// a new one goes to the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QualityMark {
    /// The device's clock was wrong; the time of the reading is corrected.
    ClockCorrected {
        /// What was added to the device's time, in milliseconds.
        by_ms: i64,
        /// The true time lies within this many milliseconds of the corrected one.
        doubt_ms: u64,
    },
    /// The device said no time, and may have held the value back: the time is that of arrival.
    ClockUnknown,
    /// The value lies outside what the device's profile takes for plausible. It is kept as it came.
    OutOfRange,
    /// The stream has another value at the same time. Both are kept.
    Conflicting,
    /// It came after later readings of its stream.
    Late,
    /// The device or a rule takes it for disturbed.
    Artefact,
    /// The device itself calls the value questionable or unstable.
    Questionable,
    /// An early estimate, before the value had settled.
    Early,
    /// The device was being calibrated.
    Calibrating,
    /// Test or demonstration data.
    Test,
    /// A person confirmed it.
    Validated,
    /// Something else, in the words of who said it.
    Other(String),
    /// It was written down as an `Observation`, of which it was made.
    FromObservation,
    /// It was read by this version of its device's profile, which is not the one that came with the program.
    Profile {
        /// The version.
        version: u32,
    },
    /// It was sent in another unit, and converted once, at the door.
    Converted {
        /// Which, as the device wrote it.
        from: String,
        /// The value in that unit, where it was a single one.
        #[serde(default)]
        sent: Option<String>,
    },
    /// The device's clock is slow by so much, as its live readings agree; the time of the reading is the device's.
    ClockSlow {
        /// By so much, in milliseconds.
        by_ms: u64,
    },
    /// The device has no clock and sends as it measures: its time is that of arrival.
    ArrivalTime,
    /// It stands in the place of what its stream had at the same time.
    Correction {
        /// When it came, in milliseconds since 1970: of several the newest stands.
        received_ms: i64,
    },
    /// A correction stands in its place. The store marks it when it is read; on a correction as it comes it says that
    /// what stood at that time is taken back, and nothing stands in its place.
    Superseded,
    /// Its device stood at a bed that its patient had left: nobody said whose it is.
    LeftBehind,
}

impl QualityMark {
    /// How much later than its time a reading with these marks was measured, in milliseconds: by as much as the device's
    /// clock is known to be slow.
    pub fn slow_ms(marks: &[Self]) -> i64 {
        let slow = marks.iter().find_map(|mark| match mark {
            Self::ClockSlow { by_ms } => i64::try_from(*by_ms).ok(),
            _ => None,
        });
        slow.unwrap_or(0)
    }

    /// Whether the device said no time.
    pub fn is_without_time(&self) -> bool {
        matches!(self, Self::ClockUnknown | Self::ArrivalTime)
    }

    /// Whether a reading with these marks measured nothing of what its series is about: a test, a calibration, or what
    /// is disturbed. It is kept and shown as marked, and no figure is made of it.
    pub fn is_unmeasured(marks: &[Self]) -> bool {
        let is_one = |mark: &Self| matches!(mark, Self::Artefact | Self::Calibrating | Self::Test);
        marks.iter().any(is_one)
    }

    /// When it came, where it is a correction.
    pub fn correction(marks: &[Self]) -> Option<i64> {
        marks.iter().find_map(|mark| match mark {
            Self::Correction { received_ms } => Some(*received_ms),
            _ => None,
        })
    }

    /// Whether the value was sent in another unit. Before there was a mark for it, it stood in words.
    pub fn is_conversion(&self) -> bool {
        match self {
            Self::Converted { .. } => true,
            Self::Other(said) => said.starts_with("sent as ") || said.starts_with("sent in "),
            _ => false,
        }
    }
}

/// A message as its sender named it. It is known by this when it comes again, since its acknowledgement was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// The packet identifier.
    pub packet: u16,
    /// What tells its payload from others.
    pub payload: u64,
}

/// So many of the latest messages of a device are remembered, to know one by that comes again.
pub const LATELY: usize = 64;

/// Readings of one stream as they came through a door, checked there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrived {
    /// Where they come from.
    pub stream: StreamKey,
    /// Whom they are about; nobody for the sensors of a room.
    pub subject: Option<PatientId>,
    /// What was measured, by LOINC or ISO/IEEE 11073.
    pub coding: Coding,
    /// The unit of the values, by UCUM.
    pub unit: String,
    /// The values.
    pub readings: Readings,
    /// When they arrived, by the hospital's clock.
    pub received: Timestamp,
    /// What holds for all of them.
    pub quality: Vec<QualityMark>,
    /// The message that they came in, where nothing in them would tell a second one from the same one come again. It
    /// stays with them until they are sealed.
    #[serde(skip)]
    pub message: Option<MessageId>,
}

/// What became of what arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Readings that were not known before.
    pub new: usize,
    /// Readings that were there already, with the same time and value.
    pub known: usize,
    /// New readings at whose time there was another value; they are among `new`, and marked.
    pub conflicting: usize,
}

/// Names a [`SignalSeries`]: 32 lower-case hexadecimal digits that tell nothing about it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SeriesId(String);

impl SeriesId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SeriesId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for SeriesId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 32 && text.bytes().all(is_hex) {
            Ok(Self(text))
        } else {
            Err(IdError::new("series id"))
        }
    }
}

impl From<SeriesId> for String {
    fn from(id: SeriesId) -> Self {
        id.0
    }
}

impl fmt::Display for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeriesId({})", self.0)
    }
}

/// Readings that belong together: of one stream, of one kind, in one unit, about one patient or nobody.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignalSeries {
    /// Where they come from.
    pub stream: StreamKey,
    /// The code system of what was measured.
    pub system: String,
    /// The code of what was measured.
    pub code: String,
    /// The unit, by UCUM.
    pub unit: String,
    /// Whom they are about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<PatientId>,
}

impl SignalSeries {
    /// The series that something belongs to.
    pub fn of(arrived: &Arrived) -> Self {
        Self {
            stream: arrived.stream.clone(),
            system: arrived.coding.system.clone(),
            code: arrived.coding.code.clone(),
            unit: arrived.unit.clone(),
            subject: arrived.subject.clone(),
        }
    }

    /// Its name.
    pub fn id(&self) -> SeriesId {
        let subject = self.subject.as_ref().map_or("", PatientId::as_str);
        let device = self.stream.device.as_str();
        let parts = [
            device,
            &self.stream.stream,
            &self.system,
            &self.code,
            &self.unit,
            subject,
        ];
        // No part can hold a zero byte and pass for two: its length goes before it.
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part.as_bytes());
        }
        let mut text = Digest::of(&bytes).to_string();
        text.truncate(32);
        SeriesId(text)
    }
}

/// How much of a span of time has no readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gaps {
    /// How many gaps there are: places where the next reading came much later than the others do.
    pub count: u64,
    /// How long they are together, in microseconds.
    pub total_us: i64,
}

/// A chunk of readings as the journal keeps it: a whole piece of one series, compressed. The bytes
/// themselves lie beside the entry, like those of an image; their digest is what the ledger proves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealedSignals {
    /// The series, with its subject.
    pub series: SignalSeries,
    /// What the code means, as the door was told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display: Option<String>,
    /// Counts the chunks of this series from 0.
    pub number: u64,
    /// The time of the first reading, in microseconds since 1970.
    pub first_us: i64,
    /// The time of the last reading, in microseconds since 1970.
    pub last_us: i64,
    /// The value of the last reading.
    pub last_value: f64,
    /// What is to be known of the last reading.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub last_marks: Vec<QualityMark>,
    /// How many readings there are.
    pub count: u64,
    /// Where readings are missing.
    pub gaps: Gaps,
    /// What is to be known of some of the readings.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub marks: Vec<QualityMark>,
    /// Digest of the compressed readings.
    pub digest: Digest,
    /// How many bytes these are.
    pub size: u64,
    /// Digest of the chunk's roll-up: least, greatest and mean value and count by short spans of time.
    pub rollup_digest: Digest,
    /// How many bytes that is.
    pub rollup_size: u64,
    /// How long these spans of time are, in microseconds.
    pub rollup_us: i64,
}

/// The two halves of a sealed chunk, which may be kept for different times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalPart {
    /// The readings themselves.
    Readings,
    /// Their roll-ups.
    RollUps,
}

/// Which series are meant, where each kind is kept for its own time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// All.
    Any,
    /// Waveforms of patients: those with one of these codes.
    Waveforms(Vec<String>),
    /// What else was measured of patients: those with none of these codes.
    Values {
        /// The codes of waveforms.
        but: Vec<String>,
    },
    /// What was measured of nobody, as sensors of rooms do.
    Environment,
}

/// Parts of sealed chunks whose bytes were removed for good, when their time was over. The entries that
/// sealed them stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgedSignals {
    /// Which part.
    pub part: SignalPart,
    /// All readings of these chunks are from before this.
    pub ended_before: Timestamp,
    /// What was removed.
    pub objects: Vec<crate::PurgedObject>,
}

/// A reading as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// When it was measured, in microseconds since 1970.
    pub at_us: i64,
    /// The value, in the unit of its series.
    pub value: f64,
    /// What is to be known of it; shared by many.
    pub marks: Arc<[QualityMark]>,
}

/// What is known of a series without reading all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSummary {
    /// Its name.
    pub id: SeriesId,
    /// What it is.
    pub series: SignalSeries,
    /// What the code means, where a door was told.
    pub display: Option<String>,
    /// Its readings, those included that were removed since.
    pub count: u64,
    /// The time of the first reading, in microseconds since 1970.
    pub first_us: i64,
    /// The reading with the latest time.
    pub last: Reading,
}

/// Which series are asked for. Conditions that are not given hold for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesQuery {
    /// Only this patient's.
    pub subject: Option<PatientId>,
    /// Only this device's.
    pub device: Option<DeviceId>,
    /// Only this one.
    pub id: Option<SeriesId>,
}

/// A span of time of one series, in microseconds since 1970: from `from_us` on, before `to_us`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanQuery {
    /// The series.
    pub id: SeriesId,
    /// Its first microsecond.
    pub from_us: i64,
    /// The first microsecond after it.
    pub to_us: i64,
}

/// Readings in the order of their times.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingPage {
    /// The readings.
    pub readings: Vec<Reading>,
    /// Where to read on, in microseconds since 1970; `None` where these are all.
    pub next_us: Option<i64>,
    /// Whether readings of this span were removed, when their time was over.
    pub purged: bool,
}

/// What was measured within a span of time that is one point on a screen. What was corrected is not in it, nor tests,
/// calibrations and artefact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Where it begins, in microseconds since 1970.
    pub start_us: i64,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The mean value.
    pub mean: f64,
    /// How many readings there are; at least one, since a bucket without any is a gap and is not there.
    pub count: u64,
}

/// A span of time at a zoom.
#[derive(Clone, Debug, PartialEq)]
pub struct RollUp {
    /// How long each bucket is, in microseconds: a power of two of milliseconds. Buckets begin at multiples
    /// of it.
    pub bucket_us: i64,
    /// The buckets in which something was measured, in order.
    pub buckets: Vec<Bucket>,
}

/// How much room readings have on their disk. What people do and alarms have more: that which images and readings leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Room {
    /// Enough.
    #[default]
    Enough,
    /// So little that somebody should make more.
    Little,
    /// None: they are not kept.
    Full,
}

/// The hospital's signals. What [`Signals::append`] has acknowledged is on disk.
///
/// The same reading twice is one. Another value at the same time is kept too, and marked. Readings may come
/// in any order. What falls into a time whose readings were removed, when it was over, counts as known.
#[async_trait]
pub trait Signals: Send + Sync + 'static {
    /// Keeps all that arrived, or nothing of it. Returns once it is on disk; appends that wait at the same
    /// time share one write.
    ///
    /// A value that is no finite number, a time outside the years 1900 to 2200, or a name that is empty or
    /// longer than 256 bytes is a [`RecordError::Conflict`].
    async fn append(&self, arrived: Vec<Arrived>) -> Result<Vec<Taken>, RecordError>;

    /// Hears what is new from now on, once it is on disk, in the order in which it was acknowledged. One who
    /// is too slow misses the oldest, and is told how many. The permit must cover everyone: whoever passes on
    /// what is heard asks for whom.
    fn live(&self, permit: &Permit) -> Result<broadcast::Receiver<Arc<Arrived>>, RecordError>;

    /// Hears what could not be kept from now on, since there was no room ([`RecordError::Full`]): for who judges what is
    /// so now. It is in no answer of this trait, may come again as often as it is sent, and is heard by
    /// [`Signals::live`] once it is kept. The permit is as there.
    fn unkept(&self, permit: &Permit) -> Result<broadcast::Receiver<Arc<Arrived>>, RecordError>;

    /// How much room there is now.
    fn room(&self) -> Room;

    /// The series that match, as far as the permit covers them.
    async fn series(
        &self,
        permit: &Permit,
        query: &SeriesQuery,
    ) -> Result<Vec<SeriesSummary>, RecordError>;

    /// Readings of a span of time, at most `limit` and those that share their time with the last of them.
    /// Nothing where there is no such series.
    async fn read(
        &self,
        permit: &Permit,
        span: &SpanQuery,
        limit: usize,
    ) -> Result<ReadingPage, RecordError>;

    /// A span of time in at most `points` buckets.
    async fn rollup(
        &self,
        permit: &Permit,
        span: &SpanQuery,
        points: usize,
    ) -> Result<RollUp, RecordError>;

    /// Seals everything that arrived so far, so that the ledger proves it now instead of within the hour.
    async fn seal(&self) -> Result<(), RecordError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(device: &str, stream: &str, subject: Option<&str>) -> SignalSeries {
        SignalSeries {
            stream: StreamKey {
                device: DeviceId::new(device).unwrap(),
                stream: stream.to_owned(),
            },
            system: "http://loinc.org".to_owned(),
            code: "8867-4".to_owned(),
            unit: "/min".to_owned(),
            subject: subject.map(|subject| PatientId::new(subject).unwrap()),
        }
    }

    #[test]
    fn a_series_has_one_name_and_no_other_has_it() {
        let one = series("d1", "pulse", Some("p1"));
        assert_eq!(one.id(), one.clone().id());
        assert_eq!(one.id().as_str().parse(), Ok(one.id()));
        for other in [
            series("d1", "pulse", None),
            series("d1", "pulse", Some("p2")),
            series("d1p", "ulse", Some("p1")),
            series("d1", "puls", Some("p1")),
        ] {
            assert_ne!(one.id(), other.id());
        }
        for bad in ["", "x", &"G".repeat(32), &"A".repeat(32), &"0".repeat(33)] {
            assert!(bad.parse::<SeriesId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn values_at_equal_distances_have_times_between_milliseconds() {
        let piece = Readings::Regular {
            start: Timestamp(1000),
            period_us: 2_778,
            values: vec![1.0, 2.0, 3.0],
        };
        let timed: Vec<_> = piece.timed().collect();
        let expected = [1_000_000, 1_002_778, 1_005_556];
        assert_eq!(timed.len(), piece.count());
        for ((at_us, _), expected) in timed.iter().zip(expected) {
            assert_eq!(*at_us, Some(expected));
        }
        let never = Readings::One {
            at: Timestamp(i64::MAX),
            value: 1.0,
        };
        assert_eq!(never.timed().next(), Some((None, 1.0)));
    }
}
