//! Readings that are on disk in the log of arrivals and not sealed yet, in memory: what is new among what
//! arrives, and what is due to be sealed.

use std::{collections::HashMap, sync::Arc};

use record::{Arrived, QualityMark, Reading, SeriesId, SignalSeries, StreamKey, Taken};
use vocabulary::Timestamp;

use crate::StorageError;

use super::chunks::Known;

/// Says what was sealed before.
pub trait SealedBefore {
    /// All series of the same stream, kind and unit that have chunks.
    fn of_channel(&mut self, series: &SignalSeries) -> Result<Vec<Known>, StorageError>;

    /// The readings of a series at a time in its chunks before number `before`; `None` where those of that time were
    /// removed, when it was over.
    fn readings_at(
        &mut self,
        series: &SignalSeries,
        at_us: i64,
        before: u64,
    ) -> Result<Option<Vec<Reading>>, StorageError>;
}

/// Readings of one series that wait to be sealed.
#[derive(Debug)]
pub struct Tail {
    /// What it is.
    pub series: SignalSeries,
    /// Its name.
    pub id: SeriesId,
    /// What the code means.
    pub display: Option<String>,
    /// How many chunks it has.
    pub chunks: u64,
    /// How many readings these have.
    pub sealed_count: u64,
    /// The time of the first of these.
    pub sealed_first_us: Option<i64>,
    /// The latest of these.
    pub sealed_last: Option<Reading>,
    /// In the order of their times; those of one time in the order in which they came.
    pub waiting: Vec<Reading>,
    /// What is being sealed now.
    pub sealing: Arc<[Reading]>,
    /// The first segment of the log of arrivals that holds something of `waiting`.
    pub waiting_segment: Option<u32>,
    /// The same for `sealing`.
    pub sealing_segment: Option<u32>,
    /// When the first of `waiting` came.
    pub since: Timestamp,
    /// Which of all pieces that arrived was the first of `waiting`.
    pub ticket: u64,
    /// The combination of marks of what came last, so that thousands share one.
    marks: Arc<[QualityMark]>,
}

impl Tail {
    fn new(series: SignalSeries, known: Option<&Known>) -> Self {
        Self {
            id: series.id(),
            series,
            display: known.and_then(|known| known.display.clone()),
            chunks: known.map_or(0, |known| known.chunks),
            sealed_count: known.map_or(0, |known| known.count),
            sealed_first_us: known.map(|known| known.first_us),
            sealed_last: known.map(|known| known.last.clone()),
            waiting: Vec::new(),
            sealing: Arc::from([]),
            waiting_segment: None,
            sealing_segment: None,
            since: Timestamp(0),
            ticket: 0,
            marks: Arc::from([]),
        }
    }

    /// How many readings are in memory.
    pub fn unsealed(&self) -> usize {
        self.waiting.len() + self.sealing.len()
    }

    /// The latest reading.
    pub fn last(&self) -> Option<&Reading> {
        let all = [
            self.sealed_last.as_ref(),
            self.sealing.last(),
            self.waiting.last(),
        ];
        all.into_iter()
            .flatten()
            .max_by_key(|reading| reading.at_us)
    }

    /// The time of the first reading.
    pub fn first_us(&self) -> Option<i64> {
        let waiting = self.waiting.first().map(|reading| reading.at_us);
        let sealing = self.sealing.first().map(|reading| reading.at_us);
        [self.sealed_first_us, sealing, waiting]
            .into_iter()
            .flatten()
            .min()
    }

    /// Readings in memory within a span of time.
    pub fn within(&self, from_us: i64, to_us: i64) -> Vec<Reading> {
        [&*self.sealing, &*self.waiting]
            .into_iter()
            .flat_map(|part| slice(part, from_us, to_us))
            .cloned()
            .collect()
    }

    fn readings_at(&self, at_us: i64) -> impl Iterator<Item = &Reading> {
        [&*self.sealing, &*self.waiting]
            .into_iter()
            .flat_map(move |part| slice(part, at_us, at_us.saturating_add(1)))
    }

    fn may_have_sealed(&self, at_us: i64) -> bool {
        let first = self.sealed_first_us.is_some_and(|first| first <= at_us);
        first
            && self
                .sealed_last
                .as_ref()
                .is_some_and(|last| at_us <= last.at_us)
    }

    /// Puts a reading where it belongs.
    fn put(&mut self, reading: Reading) {
        let is_last = self
            .waiting
            .last()
            .is_none_or(|last| last.at_us <= reading.at_us);
        if is_last {
            self.waiting.push(reading);
        } else {
            let place = self
                .waiting
                .partition_point(|known| known.at_us <= reading.at_us);
            self.waiting.insert(place, reading);
        }
    }
}

/// The part of readings in order that lies within a span of time.
pub fn slice(readings: &[Reading], from_us: i64, to_us: i64) -> &[Reading] {
    let begin = readings.partition_point(|reading| reading.at_us < from_us);
    let end = readings.partition_point(|reading| reading.at_us < to_us);
    readings.get(begin..end).unwrap_or(&[])
}

/// What a stream measures in one unit: the same reading twice in it is one, even where the device has meanwhile been
/// given to somebody else.
#[derive(Debug)]
struct Channel {
    system: String,
    code: String,
    unit: String,
    tails: Vec<Tail>,
}

impl Channel {
    /// The channel of what arrived, with what was sealed of it before.
    fn open(arrived: &Arrived, sealed: &mut impl SealedBefore) -> Result<Self, StorageError> {
        let SignalSeries {
            system, code, unit, ..
        } = SignalSeries::of(arrived);
        let known = sealed.of_channel(&SignalSeries::of(arrived))?;
        let tails = known
            .iter()
            .map(|known| Tail::new(known.series.clone(), Some(known)));
        Ok(Self {
            system,
            code,
            unit,
            tails: tails.collect(),
        })
    }

    fn is_of(&self, arrived: &Arrived) -> bool {
        let coding = &arrived.coding;
        self.code == coding.code && self.unit == arrived.unit && self.system == coding.system
    }
}

/// All readings that are not sealed.
#[derive(Debug, Default)]
pub struct Unsealed {
    /// Nearly all streams have one channel. Whatever devices send is looked up here, so that looking copies nothing.
    streams: HashMap<StreamKey, Vec<Channel>>,
    /// How many readings are in memory.
    pub count: usize,
    /// How many pieces have arrived.
    pub tickets: u64,
}

impl Unsealed {
    /// Takes in what arrived and stands in `segment` of the log of arrivals.
    pub fn take(
        &mut self,
        arrived: &Arrived,
        segment: u32,
        sealed: &mut impl SealedBefore,
    ) -> Result<Taken, StorageError> {
        let channels = match self.streams.get_mut(&arrived.stream) {
            Some(known) => known,
            None => self.streams.entry(arrived.stream.clone()).or_default(),
        };
        if !channels.iter().any(|channel| channel.is_of(arrived)) {
            channels.push(Channel::open(arrived, sealed)?);
        }
        let mut channels = channels.iter_mut();
        let Some(channel) = channels.find(|channel| channel.is_of(arrived)) else {
            return Ok(Taken::default());
        };
        let tails = &mut channel.tails;
        let place = tails
            .iter()
            .position(|tail| tail.series.subject == arrived.subject);
        let place = place.unwrap_or_else(|| {
            tails.push(Tail::new(SignalSeries::of(arrived), None));
            tails.len() - 1
        });
        self.tickets += 1;
        let mut taken = Taken::default();
        for (at_us, value) in arrived.readings.timed() {
            let Some(at_us) = at_us else { continue };
            let found = find(tails, arrived, (at_us, value), sealed)?;
            if found == Found::Same {
                taken.known += 1;
                continue;
            }
            let Some(tail) = tails.get_mut(place) else {
                continue;
            };
            if tail.waiting.is_empty() {
                tail.since = arrived.received;
                tail.ticket = self.tickets;
            }
            tail.waiting_segment.get_or_insert(segment);
            let marks = marks(tail, arrived, at_us, found);
            tail.put(Reading {
                at_us,
                value,
                marks,
            });
            taken.new += 1;
            taken.conflicting += usize::from(found == Found::Other);
        }
        if let (Some(tail), Some(display)) = (tails.get_mut(place), &arrived.coding.display) {
            tail.display.get_or_insert_with(|| display.clone());
        }
        self.count += taken.new;
        Ok(taken)
    }

    /// All series that have something in memory.
    pub fn tails(&self) -> impl Iterator<Item = &Tail> {
        let channels = self.streams.values().flatten();
        channels.flat_map(|channel| &channel.tails)
    }

    /// The same, to be changed.
    pub fn tails_mut(&mut self) -> impl Iterator<Item = &mut Tail> {
        let channels = self.streams.values_mut().flatten();
        channels.flat_map(|channel| &mut channel.tails)
    }

    /// One series, to be changed.
    pub fn tail_mut(&mut self, series: &SignalSeries) -> Option<&mut Tail> {
        let channels = self.streams.get_mut(&series.stream)?;
        let mut tails = channels.iter_mut().flat_map(|channel| &mut channel.tails);
        tails.find(|tail| tail.series == *series)
    }

    /// The first segment of the log of arrivals that is still needed; `None` where none is.
    pub fn first_segment(&self) -> Option<u32> {
        self.tails()
            .flat_map(|tail| [tail.waiting_segment, tail.sealing_segment])
            .flatten()
            .min()
    }

    /// Forgets streams that have nothing in memory, once there are more than `most`: the index knows them.
    pub fn forget_idle(&mut self, most: usize) {
        if self.streams.len() > most {
            self.streams.retain(|_, channels| {
                let mut tails = channels.iter().flat_map(|channel| &channel.tails);
                tails.any(|tail| tail.unsealed() > 0)
            });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    /// This reading.
    Same,
    /// Another value at the same time.
    Other,
    /// Other values at the same time, in whose place it stands.
    Corrected,
}

#[expect(
    clippy::float_cmp,
    reason = "the same number is meant, and none is not one"
)]
fn find(
    tails: &[Tail],
    arrived: &Arrived,
    (at_us, value): (i64, f64),
    sealed: &mut impl SealedBefore,
) -> Result<Found, StorageError> {
    let correction = QualityMark::correction(&arrived.quality);
    let takes_back = |marks: &[QualityMark]| marks.contains(&QualityMark::Superseded);
    let says = (value, takes_back(&arrived.quality));
    // What stands at that time, or was taken back: the newest correction, else what came.
    let mut standing: Option<(Option<i64>, (f64, bool))> = None;
    for tail in tails {
        // It corrects what was measured of the same patient.
        if correction.is_some() && tail.series.subject != arrived.subject {
            continue;
        }
        let before = if tail.may_have_sealed(at_us) {
            sealed.readings_at(&tail.series, at_us, tail.chunks)?
        } else {
            Some(Vec::new())
        };
        // What was removed because its time was over does not come back.
        let Some(before) = before else {
            return Ok(Found::Same);
        };
        for known in before.iter().chain(tail.readings_at(at_us)) {
            let corrects = QualityMark::correction(&known.marks);
            let known_says = (known.value, takes_back(&known.marks));
            let is_same = corrects == correction && known_says == says;
            if is_same || (known.value == value && correction.is_none()) {
                return Ok(Found::Same);
            }
            if standing.is_none_or(|(newest, _)| corrects >= newest) {
                standing = Some((corrects, known_says));
            }
        }
    }
    Ok(match (standing, correction) {
        (None, _) => Found::Nothing,
        (Some(_), None) => Found::Other,
        // A value that was corrected may be put right again.
        (Some((_, known)), Some(_)) if known == says => Found::Same,
        (Some(_), Some(_)) => Found::Corrected,
    })
}

/// The marks of a new reading; the same combination is kept once.
fn marks(tail: &mut Tail, arrived: &Arrived, at_us: i64, found: Found) -> Arc<[QualityMark]> {
    let is_late = tail.last().is_some_and(|last| at_us < last.at_us);
    let plain = found != Found::Other && !is_late;
    if plain && *tail.marks == *arrived.quality {
        return Arc::clone(&tail.marks);
    }
    let mut marks = arrived.quality.clone();
    marks.extend((found == Found::Other).then_some(QualityMark::Conflicting));
    marks.extend(is_late.then_some(QualityMark::Late));
    marks.sort_unstable();
    marks.dedup();
    if *tail.marks != *marks {
        tail.marks = marks.into();
    }
    Arc::clone(&tail.marks)
}
