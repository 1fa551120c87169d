//! The log of arrivals, `signals/00000001.log` and so on: readings from their acknowledgement until the journal
//! has them in a sealed chunk. Its frames are those of the journal; each holds what was written together.
//!
//! A segment whose readings are all sealed is removed; by what messages in it are known stands in a later one. A crash may leave readings both here and in a chunk; they
//! are the same readings, and are one when the log is read again.

use std::{borrow::Cow, collections::HashMap, path::Path, sync::Arc};

use bytes::Bytes;
use record::{Arrived, MessageId, QualityMark, Readings, StreamKey};
use serde::{Deserialize, Serialize};
use vocabulary::{Coding, DeviceId, Digest, PatientId, Timestamp};

use crate::{
    StorageError, TornTail,
    diagnose::{self, Payload},
    frame::{self, Header, Kind, SEGMENT_HEADER},
    log::{Found, Log, Position},
    replay,
    verify::{Fault, Stop},
};

use super::lately::{Carried, Lately};

/// The folder of this log, below the data folder.
pub const FOLDER: &str = "signals";

/// What a frame holds; borrowed where it is written, since everything that devices send goes through here.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    /// Each stream once.
    #[serde(borrow)]
    streams: Vec<WrittenStream<'a>>,
    pieces: Vec<WrittenPiece<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct WrittenStream<'a> {
    device: &'a str,
    stream: &'a str,
    subject: Option<&'a str>,
    system: &'a str,
    code: &'a str,
    display: Option<&'a str>,
    unit: &'a str,
}

#[derive(Serialize, Deserialize)]
struct WrittenPiece<'a> {
    /// Which of the streams.
    stream: u32,
    received_ms: i64,
    start_ms: i64,
    /// `None` for a single value.
    period_us: Option<u64>,
    values: Cow<'a, [f64]>,
    quality: Cow<'a, [QualityMark]>,
}

/// A frame as it is read.
#[derive(Debug, PartialEq)]
pub struct Held {
    /// Readings.
    pub arrived: Vec<Arrived>,
    /// Messages that came in segments before.
    pub carried: Vec<Carried>,
}

/// What stands in the log, in the order in which it came.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Readings; they may be sealed already.
    Arrived(&'a Arrived),
    /// By what a message of a device is known whose readings are sealed.
    Message(&'a DeviceId, MessageId),
}

/// The bytes of a frame that holds no readings, but by what messages of before are known.
fn encode_carried(carried: &[Carried]) -> Option<Bytes> {
    let nothing = Written {
        streams: Vec::new(),
        pieces: Vec::new(),
    };
    let mut bytes = postcard::to_stdvec(&nothing).ok()?;
    // Where messages of readings stand, of which there are none: programs of before read no further.
    bytes.extend(postcard::to_stdvec::<[(u32, MessageId)]>(&[]).ok()?);
    bytes.extend(postcard::to_stdvec(carried).ok()?);
    Some(Bytes::from(bytes))
}

/// The bytes of a frame that holds all of this.
pub fn encode<'a>(arrived: impl IntoIterator<Item = &'a Arrived>) -> Option<Bytes> {
    let mut streams: Vec<WrittenStream<'a>> = Vec::new();
    let mut places: HashMap<WrittenStream<'a>, u32> = HashMap::new();
    let mut pieces = Vec::new();
    let mut messages: Vec<(u32, MessageId)> = Vec::new();
    for one in arrived {
        if let Some(message) = one.message {
            messages.push((u32::try_from(pieces.len()).ok()?, message));
        }
        let stream = WrittenStream {
            device: one.stream.device.as_str(),
            stream: &one.stream.stream,
            subject: one.subject.as_ref().map(PatientId::as_str),
            system: &one.coding.system,
            code: &one.coding.code,
            display: one.coding.display.as_deref(),
            unit: &one.unit,
        };
        let next = u32::try_from(streams.len()).ok()?;
        let place = *places.entry(stream).or_insert_with_key(|stream| {
            streams.push(*stream);
            next
        });
        let (start, period_us, values) = match &one.readings {
            Readings::One { at, value } => (at, None, std::slice::from_ref(value)),
            Readings::Regular {
                start,
                period_us,
                values,
            } => (start, Some(*period_us), values.as_slice()),
        };
        pieces.push(WrittenPiece {
            stream: place,
            received_ms: one.received.0,
            start_ms: start.0,
            period_us,
            values: Cow::Borrowed(values),
            quality: Cow::Borrowed(&one.quality),
        });
    }
    let mut bytes = postcard::to_stdvec(&Written { streams, pieces }).ok()?;
    // Behind the rest: few devices have no clock, and programs of before do not look there.
    if !messages.is_empty() {
        bytes.extend(postcard::to_stdvec(&messages).ok()?);
    }
    Some(Bytes::from(bytes))
}

/// What a frame holds; `None` where it is none of this log.
pub fn decode(bytes: &[u8]) -> Option<Held> {
    let (Written { streams, pieces }, behind) = postcard::take_from_bytes(bytes).ok()?;
    let mut messages: HashMap<u32, MessageId> = HashMap::new();
    let mut carried = Vec::new();
    if !behind.is_empty() {
        let (all, behind) = postcard::take_from_bytes::<Vec<(u32, MessageId)>>(behind).ok()?;
        messages.extend(all);
        if !behind.is_empty() {
            carried = postcard::from_bytes(behind).ok()?;
        }
    }
    let arrived = (0_u32..)
        .zip(pieces)
        .map(|(place, piece)| {
            let stream = streams.get(usize::try_from(piece.stream).ok()?)?;
            let start = Timestamp(piece.start_ms);
            let readings = match (piece.period_us, &*piece.values) {
                (None, [value]) => Readings::One {
                    at: start,
                    value: *value,
                },
                (None, _) => return None,
                (Some(period_us), _) => Readings::Regular {
                    start,
                    period_us,
                    values: piece.values.into_owned(),
                },
            };
            let subject = stream.subject.map(PatientId::new).transpose();
            Some(Arrived {
                stream: StreamKey {
                    device: DeviceId::new(stream.device).ok()?,
                    stream: stream.stream.to_owned(),
                },
                subject: subject.ok()?,
                coding: Coding {
                    system: stream.system.to_owned(),
                    code: stream.code.to_owned(),
                    display: stream.display.map(str::to_owned),
                },
                unit: stream.unit.to_owned(),
                readings,
                received: Timestamp(piece.received_ms),
                quality: piece.quality.into_owned(),
                message: messages.get(&place).copied(),
            })
        })
        .collect::<Option<_>>()?;
    Some(Held { arrived, carried })
}

/// The log, and where it ends.
#[derive(Debug)]
pub struct Arrivals {
    /// The files.
    pub log: Arc<Log>,
    end: Position,
    /// Number of the last frame.
    group: u64,
    segment_bytes: u64,
    lately: Lately,
    known_from: u32,
}

impl Arrivals {
    /// Opens the log below data folder `root`, gives all that stands in it to `take` with its segment, and cuts
    /// off what a crash has left behind the last whole frame.
    pub fn open(
        root: &Path,
        segment_bytes: u64,
        mut take: impl FnMut(Shown<'_>, u32) -> Result<(), StorageError>,
    ) -> Result<(Self, Option<TornTail>), StorageError> {
        let log = Arc::new(Log::open_in(root, FOLDER, true)?);
        replay::check_segment_headers(&log)?;
        let mut scan = Scan::new(&log);
        let mut lately = Lately::default();
        while let Some((segment, held)) = scan.next()? {
            for one in &held.carried {
                let Ok(device) = DeviceId::new(one.device.clone()) else {
                    continue;
                };
                take(Shown::Message(&device, one.message), segment)?;
                lately.hear(&device, one.message, Timestamp(one.received_ms));
            }
            for one in &held.arrived {
                take(Shown::Arrived(one), segment)?;
            }
            hear(&mut lately, &held.arrived);
        }
        let (end, group, torn) = (scan.at, scan.group, scan.torn);
        if let Some(torn) = &torn {
            tracing::warn!(
                file = torn.file,
                offset = torn.offset,
                bytes = torn.bytes,
                "cut off what a crash left"
            );
            log.truncate(end)?;
        }
        let arrivals = Self {
            // The next one that is written to begins with it.
            known_from: log.first(),
            log,
            end,
            group,
            segment_bytes,
            lately,
        };
        Ok((arrivals, torn))
    }

    /// The segment that is written to.
    pub fn segment(&self) -> u32 {
        self.end.segment
    }

    /// How many segments there are.
    pub fn segments(&self) -> u32 {
        (self.log.last() + 1).saturating_sub(self.log.first())
    }

    /// Begins a new segment.
    pub fn begin_segment(&mut self) -> Result<(), StorageError> {
        let segment = self.end.segment + 1;
        self.log.create(segment)?;
        self.end = Position {
            segment,
            offset: SEGMENT_HEADER,
        };
        Ok(())
    }

    /// The first segment that is needed to know messages again that came before.
    pub fn known_from(&self) -> u32 {
        self.known_from
    }

    /// Writes a frame with what arrived, and makes it durable. On an error nothing of it counts; where that is not
    /// certain, the second value of the error is set, and nothing more may be acknowledged.
    pub fn append<'a>(
        &mut self,
        payload: Bytes,
        arrived: impl IntoIterator<Item = &'a Arrived>,
    ) -> Result<(), (StorageError, bool)> {
        if self.end.offset >= self.segment_bytes {
            self.begin_segment().map_err(|error| (error, false))?;
        }
        if self.known_from < self.end.segment {
            let carried = self.lately.carry();
            if !carried.is_empty() {
                let payload = encode_carried(&carried).ok_or((StorageError::Closed, false))?;
                self.write(payload)?;
            }
            self.known_from = self.end.segment;
        }
        self.write(payload)?;
        hear(&mut self.lately, arrived);
        Ok(())
    }

    fn write(&mut self, payload: Bytes) -> Result<(), (StorageError, bool)> {
        let header = Header {
            kind: Kind::Readings,
            end_of_group: true,
            length: payload.len() as u64,
            digest: Digest::of(&payload),
            group: self.group + 1,
        };
        let table = Bytes::from(frame::table(&payload));
        let length = header.frame_length().unwrap_or(0);
        let pieces = [Bytes::copy_from_slice(&header.encode()), payload, table];
        if let Err(error) = self.log.append(self.end, &pieces) {
            let unknown = !error.is_full() || self.log.truncate(self.end).is_err();
            return Err((error, unknown));
        }
        self.end.offset += length;
        self.group += 1;
        Ok(())
    }
}

/// Takes up by what messages are known.
fn hear<'a>(lately: &mut Lately, arrived: impl IntoIterator<Item = &'a Arrived>) {
    for one in arrived {
        if let Some(message) = one.message {
            lately.hear(&one.stream.device, message, one.received);
        }
    }
}

/// Reads the log frame by frame.
pub struct Scan<'a> {
    log: &'a Log,
    /// Where the next frame starts; at the end, where the log ends.
    pub at: Position,
    /// Number of the last whole frame.
    pub group: u64,
    /// What is not whole at the end.
    pub torn: Option<TornTail>,
    /// Bytes of whole frames.
    pub bytes: u64,
}

impl<'a> Scan<'a> {
    /// Begins at the first segment.
    pub fn new(log: &'a Log) -> Self {
        Self {
            log,
            at: Position {
                segment: log.first(),
                offset: SEGMENT_HEADER,
            },
            group: 0,
            torn: None,
            bytes: 0,
        }
    }

    /// The next frame and its segment; `None` at the end. Damage before the end is an error; so is a frame at the
    /// end in which exactly one byte is wrong, since no crash does that.
    pub fn next(&mut self) -> Result<Option<(u32, Held)>, StorageError> {
        match self.step() {
            Ok(found) => Ok(found),
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::Fault(fault)) => Err(StorageError::damaged(
                fault.file,
                fault.offset.unwrap_or(0),
                fault.what,
            )),
        }
    }

    /// As [`Scan::next`], with the byte that is wrong.
    pub fn step(&mut self) -> Result<Option<(u32, Held)>, Stop> {
        loop {
            if self.log.last() == 0 {
                return Ok(None);
            }
            match self.log.frame_at(self.at)? {
                Found::Frame(header) => return self.frame(&header),
                Found::End if self.at.segment < self.log.last() => {
                    self.at = Position {
                        segment: self.at.segment + 1,
                        offset: SEGMENT_HEADER,
                    };
                }
                Found::End => return Ok(None),
                Found::Broken => {
                    let fault = diagnose::header(self.log, self.at)?;
                    return self.torn_or(fault);
                }
            }
        }
    }

    fn frame(&mut self, header: &Header) -> Result<Option<(u32, Held)>, Stop> {
        if let Err(stop) = Payload::new(self.log, self.at, header).check() {
            return match stop {
                Stop::Fault(fault) => self.torn_or(fault),
                other @ Stop::Error(_) => Err(other),
            };
        }
        let payload = self.log.payload(self.at, header.length)?;
        let wrong = |what: &str| {
            let file = self.log.name_of(self.at.segment);
            Stop::Fault(Fault::at(file, self.at.offset, what))
        };
        if header.kind != Kind::Readings {
            return Err(wrong("this frame belongs into the journal"));
        }
        let held = decode(&payload).ok_or_else(|| wrong("these are no readings"))?;
        let segment = self.at.segment;
        let length = header.frame_length().unwrap_or(0);
        self.at.offset = self.at.offset.saturating_add(length);
        self.bytes += length;
        self.group = header.group;
        Ok(Some((segment, held)))
    }

    /// Tells what a crash may leave, which is not acknowledged, from damage.
    fn torn_or(&mut self, fault: Fault) -> Result<Option<(u32, Held)>, Stop> {
        let is_last = self.at.segment == self.log.last();
        if !is_last
            || fault.byte.is_some()
            || replay::later_group(self.log, self.at, self.group + 1)?
        {
            return Err(Stop::Fault(fault));
        }
        let length = self.log.length(self.at.segment)?;
        self.torn = Some(TornTail {
            file: self.log.name_of(self.at.segment),
            offset: self.at.offset,
            bytes: length.saturating_sub(self.at.offset),
        });
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_keep_their_places_in_the_log() {
        let corrected = QualityMark::ClockCorrected {
            by_ms: 1,
            doubt_ms: 2,
        };
        for (mark, written) in [
            (corrected, &[0, 2, 2][..]),
            (QualityMark::Conflicting, &[3]),
            (QualityMark::Validated, &[10]),
            (QualityMark::Other("x".to_owned()), &[11, 1, b'x']),
            (QualityMark::FromObservation, &[12]),
            (QualityMark::Profile { version: 2 }, &[13, 2]),
            (
                QualityMark::Converted {
                    from: "K".to_owned(),
                    sent: None,
                },
                &[14, 1, b'K', 0],
            ),
            (QualityMark::ClockSlow { by_ms: 130 }, &[15, 130, 1]),
            (QualityMark::ArrivalTime, &[16]),
            (QualityMark::Correction { received_ms: 1 }, &[17, 2]),
            (QualityMark::Superseded, &[18]),
            (QualityMark::LeftBehind, &[19]),
        ] {
            assert_eq!(postcard::to_stdvec(&mark).unwrap(), written, "{mark:?}");
        }
    }

    #[test]
    fn what_arrived_is_read_as_written() {
        let one = |device: &str, subject: Option<&str>, readings: Readings, quality| Arrived {
            stream: StreamKey {
                device: DeviceId::new(device).unwrap(),
                stream: "s".to_owned(),
            },
            subject: subject.map(|subject| PatientId::new(subject).unwrap()),
            coding: Coding::new("x", "y").shown_as("z"),
            unit: "Cel".to_owned(),
            readings,
            received: Timestamp(7),
            quality,
            message: None,
        };
        let at = Timestamp(-5);
        let values = vec![1.5, -0.0, 3e300];
        let all = [
            one("a", None, Readings::One { at, value: 36.6 }, vec![]),
            one(
                "b",
                Some("p"),
                Readings::Regular {
                    start: at,
                    period_us: 2000,
                    values,
                },
                vec![
                    QualityMark::ClockCorrected {
                        by_ms: -4,
                        doubt_ms: 9,
                    },
                    QualityMark::Other("shaken".to_owned()),
                ],
            ),
            one(
                "a",
                None,
                Readings::One { at, value: 36.7 },
                vec![QualityMark::Early],
            ),
        ];
        let bytes = encode(&all).unwrap();
        assert_eq!(decode(&bytes).unwrap().arrived, all);
        for cut in 0..bytes.len() {
            assert_ne!(
                decode(&bytes[..cut]).map(|held| held.arrived).as_deref(),
                Some(all.as_slice()),
                "{cut}"
            );
        }
        // The message that one came in stays with it.
        let mut all = all;
        all[2].message = Some(MessageId {
            packet: 7,
            payload: u64::MAX,
        });
        let held = decode(&encode(&all).unwrap()).unwrap();
        assert_eq!((held.arrived, held.carried), (all.to_vec(), vec![]));
        // So do those of segments before.
        let carried = vec![Carried {
            device: "a".to_owned(),
            message: MessageId {
                packet: 7,
                payload: 9,
            },
            received_ms: -1,
        }];
        let held = decode(&encode_carried(&carried).unwrap()).unwrap();
        assert_eq!((held.arrived, held.carried), (vec![], carried));
    }
}
