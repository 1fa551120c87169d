//! Reading both halves of a series together: what the journal has in chunks, and what is still in memory.
//!
//! Memory is looked at first. A chunk that was sealed after that is left out by its number, so that nothing is
//! missed and nothing comes twice.

use std::collections::{BTreeSet, HashMap};

use policy::Permit;
use record::{
    QualityMark, Reading, ReadingPage, RecordError, RollUp, SeriesId, SeriesQuery, SeriesSummary,
    SignalSeries, SpanQuery,
};

use crate::{index::scope, reader::Reader};

use super::{
    chunks::{self, Chunk, Known},
    rollups::Spans,
    unsealed::{Tail, Unsealed, slice},
};

/// What memory has of a series.
pub struct InMemory {
    series: SignalSeries,
    /// How many chunks were sealed by then.
    chunks: u64,
    readings: Vec<Reading>,
}

/// What memory has of a span of time.
pub fn in_memory(unsealed: &Unsealed, span: &SpanQuery) -> Option<InMemory> {
    let tail = unsealed.tails().find(|tail| tail.id == span.id)?;
    Some(InMemory {
        series: tail.series.clone(),
        chunks: tail.chunks,
        readings: tail.within(span.from_us, span.to_us),
    })
}

/// What memory knows of all series that match and that the permit covers.
pub fn summaries(
    unsealed: &Unsealed,
    permit: &Permit,
    query: &SeriesQuery,
) -> HashMap<SeriesId, SeriesSummary> {
    let matches = |tail: &&Tail| {
        let series = &tail.series;
        query.id.as_ref().is_none_or(|id| tail.id == *id)
            && query
                .subject
                .as_ref()
                .is_none_or(|patient| series.subject.as_ref() == Some(patient))
            && query
                .device
                .as_ref()
                .is_none_or(|device| series.stream.device == *device)
            && permit.covers(series.subject.as_ref())
    };
    let summary = |tail: &Tail| {
        Some(SeriesSummary {
            id: tail.id.clone(),
            series: tail.series.clone(),
            display: tail.display.clone(),
            count: tail.sealed_count + tail.unsealed() as u64,
            first_us: tail.first_us()?,
            last: tail.last()?.clone(),
        })
    };
    let found = unsealed.tails().filter(matches).filter_map(summary);
    found.map(|found| (found.id.clone(), found)).collect()
}

/// The series that match, by the names of their devices and streams.
pub fn series(
    reader: &Reader<'_>,
    permit: &Permit,
    query: &SeriesQuery,
    mut in_memory: HashMap<SeriesId, SeriesSummary>,
) -> Result<Vec<SeriesSummary>, RecordError> {
    for known in chunks::series(reader.connection, query, scope(permit))? {
        in_memory.entry(known.id.clone()).or_insert(SeriesSummary {
            id: known.id,
            series: known.series,
            display: known.display,
            count: known.count,
            first_us: known.first_us,
            last: known.last,
        });
    }
    let mut all: Vec<SeriesSummary> = in_memory.into_values().collect();
    all.sort_by(|a, b| a.series.cmp(&b.series));
    Ok(all)
}

/// A series that may be read: its row in the index where it has chunks, and how many of these count.
struct Found {
    row: Option<i64>,
    before: u64,
}

fn find(
    reader: &Reader<'_>,
    permit: &Permit,
    id: &SeriesId,
    in_memory: Option<&InMemory>,
) -> Result<Found, RecordError> {
    let query = SeriesQuery {
        id: Some(id.clone()),
        ..SeriesQuery::default()
    };
    let known = chunks::series(reader.connection, &query, None)?;
    let known: Option<&Known> = known.first();
    let series = in_memory
        .map(|memory| &memory.series)
        .or(known.map(|known| &known.series));
    if series.is_some_and(|series| !permit.covers(series.subject.as_ref())) {
        return Err(RecordError::NotPermitted);
    }
    Ok(Found {
        row: known.map(|known| known.row),
        before: in_memory.map_or(u64::MAX >> 1, |memory| memory.chunks),
    })
}

fn chunks_within(
    reader: &Reader<'_>,
    found: &Found,
    span: &SpanQuery,
) -> Result<Vec<Chunk>, RecordError> {
    match found.row {
        None => Ok(Vec::new()),
        Some(row) => {
            let times = (span.from_us, span.to_us);
            Ok(chunks::within(reader.connection, row, times, found.before)?)
        }
    }
}

/// Readings of a span of time.
pub fn read(
    reader: &Reader<'_>,
    permit: &Permit,
    span: &SpanQuery,
    limit: usize,
    in_memory: Option<InMemory>,
) -> Result<ReadingPage, RecordError> {
    let found = find(reader, permit, &span.id, in_memory.as_ref())?;
    let chunks = chunks_within(reader, &found, span)?;
    let mut readings = in_memory.map_or_else(Vec::new, |memory| memory.readings);
    let mut purged = false;
    let mut coming = chunks.iter().peekable();
    // Chunks come by their first readings: once enough readings are from before the next chunk, all that come
    // first are there.
    while let Some(chunk) = coming.next() {
        match chunks::readings(reader.connection, reader.log, chunk)? {
            Some(all) => readings.extend_from_slice(slice(&all, span.from_us, span.to_us)),
            None => purged = true,
        }
        if let Some(next) = coming.peek()
            && readings.len() > limit
        {
            let before = readings.iter().filter(|one| one.at_us < next.first_us);
            if before.count() > limit {
                break;
            }
        }
    }
    put_in_order(&mut readings);
    let mut next_us = None;
    if let Some(last) = limit
        .max(1)
        .checked_sub(1)
        .and_then(|place| readings.get(place))
    {
        let last_us = last.at_us;
        let end = readings.partition_point(|reading| reading.at_us <= last_us);
        if end < readings.len() {
            next_us = Some(last_us.saturating_add(1));
            readings.truncate(end);
        }
    }
    Ok(ReadingPage {
        readings,
        next_us,
        purged,
    })
}

fn put_in_order(readings: &mut [Reading]) {
    readings.sort_by(|a, b| a.at_us.cmp(&b.at_us).then(a.value.total_cmp(&b.value)));
    supersede(readings);
}

/// Marks what was corrected: of the readings of one time the newest correction stands, but where that takes back.
fn supersede(readings: &mut [Reading]) {
    let correction = |reading: &Reading| QualityMark::correction(&reading.marks);
    for at_once in readings.chunk_by_mut(|a, b| a.at_us == b.at_us) {
        let newest = at_once.iter().filter_map(correction).max();
        if newest.is_none() {
            continue;
        }
        for reading in at_once {
            if correction(reading) != newest && !takes_back(reading) {
                let marks = reading.marks.iter().cloned();
                reading.marks = marks.chain([QualityMark::Superseded]).collect();
            }
        }
    }
}

/// The span made of the whole buckets that the given one touches.
pub fn whole(span: &SpanQuery, length_us: i64) -> SpanQuery {
    let floor = |us: i64| us.div_euclid(length_us).saturating_mul(length_us);
    let to_us = floor(span.to_us.saturating_add(length_us - 1));
    SpanQuery {
        id: span.id.clone(),
        from_us: floor(span.from_us),
        to_us: to_us.max(floor(span.from_us)),
    }
}

/// Whether a reading says that what stood at its time is taken back.
fn takes_back(reading: &Reading) -> bool {
    reading.marks.contains(&QualityMark::Superseded)
}

/// Those readings that stand, of some in the order of their times: all but what was corrected or taken back.
fn standing(readings: &[Reading]) -> impl Iterator<Item = &Reading> {
    let correction = |reading: &Reading| QualityMark::correction(&reading.marks);
    let each = readings.chunk_by(|a, b| a.at_us == b.at_us);
    each.flat_map(move |at_once| {
        let newest = at_once.iter().filter_map(correction).max();
        at_once
            .iter()
            .filter(move |reading| correction(reading) == newest && !takes_back(reading))
    })
}

/// Those that stand and measured something: what figures are made of.
pub fn measured(readings: &[Reading]) -> impl Iterator<Item = &Reading> {
    standing(readings).filter(|reading| !QualityMark::is_unmeasured(&reading.marks))
}

/// A span of time in buckets of `length_us` microseconds, or longer ones where only those are left. What measured nothing
/// is left out, but of chunks that were rolled up with it before it was: these stay as they are. What was corrected is
/// left out: a chunk of which something was corrected after it was sealed is read, as long as it is there.
pub fn rollup(
    reader: &Reader<'_>,
    permit: &Permit,
    span: &SpanQuery,
    length_us: i64,
    in_memory: Option<&InMemory>,
) -> Result<RollUp, RecordError> {
    let found = find(reader, permit, &span.id, in_memory)?;
    let chunks = chunks_within(reader, &found, span)?;
    let coarsest = chunks
        .iter()
        .filter(|chunk| !chunk.has_readings && chunk.has_rollup)
        .map(|chunk| chunk.rollup_us)
        .max();
    let mut spans = Spans::new(coarsest.unwrap_or(0).max(length_us));
    let mut readings = in_memory.map_or_else(Vec::new, |memory| memory.readings.clone());
    let of = |chunk: &Chunk| -> Result<Vec<Reading>, RecordError> {
        let all = chunks::readings(reader.connection, reader.log, chunk)?;
        let all = all.unwrap_or_default();
        Ok(slice(&all, span.from_us, span.to_us).to_vec())
    };
    // What corrects comes first: it says which other chunks are not as they were rolled up.
    let (correcting, others): (Vec<&Chunk>, Vec<&Chunk>) = chunks
        .iter()
        .partition(|chunk| chunk.corrects && chunk.has_readings);
    for chunk in correcting {
        readings.extend(of(chunk)?);
    }
    let corrected: BTreeSet<i64> = readings
        .iter()
        .filter(|reading| QualityMark::correction(&reading.marks).is_some())
        .map(|reading| reading.at_us)
        .collect();
    for chunk in others {
        let times = chunk.first_us..=chunk.last_us;
        let as_rolled = chunk.rollup_us <= length_us && corrected.range(times).next().is_none();
        if as_rolled || !chunk.has_readings {
            let rolled = chunks::rollup(reader.connection, reader.log, chunk)?;
            if let Some(rolled) = rolled {
                spans.spans(&rolled, span.from_us, span.to_us);
                continue;
            }
        }
        readings.extend(of(chunk)?);
    }
    readings.sort_by_key(|reading| reading.at_us);
    for reading in measured(&readings) {
        spans.reading(reading.at_us, reading.value);
    }
    Ok(RollUp {
        bucket_us: spans.length_us,
        buckets: spans.buckets(),
    })
}
