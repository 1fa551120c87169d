//! The thread that seals: it makes chunks of what has waited long enough, commits them to the journal, and lets
//! the log of arrivals go as far as it is not needed any more.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use record::{
    Batch, NewFact, Precondition, QualityMark, Reading, Record, RecordError, SealedSignals,
    SignalSeries,
};
use tokio::sync::{mpsc, oneshot};
use vocabulary::{ActorId, Digest};

use crate::{Clock, Embedded, StorageError, log::Log};

use super::{
    chunk,
    reading::measured,
    rollups::{self, Spans},
    unsealed::{Tail, Unsealed},
    writer::Shared,
};

/// How often it is looked for what is due.
const LOOK: Duration = Duration::from_secs(1);
/// The most chunks that are committed together …
const TOGETHER: usize = 64;
/// … and about the most readings in them.
const TOGETHER_READINGS: usize = 1 << 19;

/// What the sealing thread is asked.
pub enum Ask {
    /// To look now for what is due.
    Look,
    /// To seal everything, and say when that is done.
    All(oneshot::Sender<Result<(), RecordError>>),
}

/// All that the sealing thread owns.
pub struct Sealer {
    /// Where chunks go.
    pub record: Arc<Embedded>,
    /// The log of arrivals.
    pub log: Arc<Log>,
    /// What the threads share.
    pub shared: Arc<Shared>,
    /// The hospital's clock.
    pub clock: Arc<dyn Clock>,
}

/// A chunk to be committed.
struct Due {
    series: SignalSeries,
    display: Option<String>,
    number: u64,
    readings: Arc<[Reading]>,
}

impl Sealer {
    /// Seals until nobody asks any more.
    pub async fn run(self, mut asks: mpsc::Receiver<Ask>) {
        loop {
            match tokio::time::timeout(LOOK, asks.recv()).await {
                Ok(None) => return,
                Ok(Some(Ask::All(answer))) => {
                    // Who asked may have gone.
                    let _ = answer.send(self.seal(true).await);
                }
                Ok(Some(Ask::Look)) | Err(_) => {
                    if let Err(error) = self.seal(false).await {
                        tracing::error!(%error, "readings could not be sealed; they are kept, and it is tried again");
                    }
                }
            }
        }
    }

    /// Seals what is due, or everything.
    async fn seal(&self, all: bool) -> Result<(), RecordError> {
        // What arrives meanwhile is not waited for.
        let until = if all {
            self.shared.unsealed.lock().tickets
        } else {
            0
        };
        loop {
            let due = self.due(until);
            if due.is_empty() {
                return Ok(());
            }
            let sealed = self.commit(&due).await;
            self.shared.stuck.store(sealed.is_err(), Ordering::Relaxed);
            self.shared.room.notify_all();
            sealed?;
            let needed = {
                let mut unsealed = self.shared.unsealed.lock();
                for one in &due {
                    done(&mut unsealed, one);
                }
                // What stands in the last segment may not be in memory yet.
                let last = self.log.last();
                let known_from = self.shared.known_from.load(Ordering::Acquire);
                let needed = unsealed.first_segment().unwrap_or(last);
                needed.min(last).min(known_from)
            };
            self.shared.room.notify_all();
            self.log.remove_before(needed)?;
        }
    }

    /// Takes what is due out of what waits: what is old or long enough, and all that came up to ticket `until`.
    fn due(&self, until: u64) -> Vec<Due> {
        let options = &self.shared.options;
        let now = self.clock.now();
        let age_ms = i64::try_from(options.seal_after.as_millis()).unwrap_or(i64::MAX);
        let too_long = (self.log.last() + 1).saturating_sub(self.log.first()) > options.segments;
        let oldest = self.log.first();
        let mut unsealed = self.shared.unsealed.lock();
        let is_due = |tail: &Tail| {
            // What could not be sealed the last time comes first.
            !tail.sealing.is_empty()
                || (!tail.waiting.is_empty()
                    && (tail.ticket <= until
                        || tail.waiting.len() >= options.chunk_readings
                        || now.0.saturating_sub(tail.since.0) >= age_ms
                        || (too_long && tail.waiting_segment == Some(oldest))))
        };
        let over = unsealed.count > options.unsealed_readings;
        let least = if over { longest(&unsealed) } else { usize::MAX };
        let mut due = Vec::new();
        let mut readings = 0;
        for tail in unsealed.tails_mut() {
            if due.len() >= TOGETHER || readings >= TOGETHER_READINGS {
                break;
            }
            if is_due(tail) || tail.waiting.len() >= least {
                let one = begin(tail, options.chunk_readings);
                readings += one.readings.len();
                due.push(one);
            }
        }
        due
    }

    async fn commit(&self, due: &[Due]) -> Result<(), RecordError> {
        let mut facts = Vec::with_capacity(due.len());
        for one in due {
            facts.push((fact(one)?, Precondition::None));
        }
        let actor = ActorId::new("hospital").unwrap_or_else(|_| unreachable!("a constant"));
        self.record.commit(Batch { actor, facts }).await.map(drop)
    }
}

/// Half of the most readings that any one series has in memory: those with as many are sealed first.
fn longest(unsealed: &Unsealed) -> usize {
    let most = unsealed.tails().map(|tail| tail.waiting.len()).max();
    most.unwrap_or(0).div_ceil(2).max(1)
}

/// Takes the oldest of what waits out, for a chunk.
fn begin(tail: &mut Tail, most: usize) -> Due {
    if tail.sealing.is_empty() {
        let count = tail.waiting.len().min(most.max(1));
        tail.sealing = tail.waiting.drain(..count).collect();
        tail.sealing_segment = tail.waiting_segment;
        if tail.waiting.is_empty() {
            tail.waiting = Vec::new();
            tail.waiting_segment = None;
        }
    }
    Due {
        series: tail.series.clone(),
        display: tail.display.clone(),
        number: tail.chunks,
        readings: Arc::clone(&tail.sealing),
    }
}

/// Lets go what is in the journal now.
fn done(unsealed: &mut Unsealed, one: &Due) {
    let Some(tail) = unsealed.tail_mut(&one.series) else {
        return;
    };
    tail.chunks += 1;
    tail.sealed_count += one.readings.len() as u64;
    let first = one.readings.first().map(|reading| reading.at_us);
    tail.sealed_first_us = [tail.sealed_first_us, first].into_iter().flatten().min();
    if let Some(last) = one.readings.last()
        && tail
            .sealed_last
            .as_ref()
            .is_none_or(|known| known.at_us <= last.at_us)
    {
        tail.sealed_last = Some(last.clone());
    }
    tail.sealing = Arc::from([]);
    tail.sealing_segment = None;
    unsealed.count = unsealed.count.saturating_sub(one.readings.len());
}

/// The fact that a chunk is.
fn fact(due: &Due) -> Result<NewFact, RecordError> {
    let readings = &*due.readings;
    let (Some(first), Some(last)) = (readings.first(), readings.last()) else {
        return Err(StorageError::Closed.into());
    };
    let unwritable = |_| {
        let what = "readings could not be packed".to_owned();
        RecordError::Damaged(what)
    };
    let bytes = chunk::encode(&due.series, due.number, readings).map_err(unwritable)?;
    let mut spans = Spans::new(rollups::length_for_chunk(first.at_us, last.at_us));
    for reading in measured(readings) {
        spans.reading(reading.at_us, reading.value);
    }
    let rollup = spans
        .encode(due.series.id().as_str(), due.number)
        .map_err(unwritable)?;
    let none = Digest([0; 32]);
    let sealed = SealedSignals {
        series: due.series.clone(),
        display: due.display.clone(),
        number: due.number,
        first_us: first.at_us,
        last_us: last.at_us,
        last_value: last.value,
        last_marks: last.marks.to_vec(),
        count: readings.len() as u64,
        gaps: chunk::gaps(readings),
        marks: all_marks(readings),
        digest: none,
        size: 0,
        rollup_digest: none,
        rollup_size: 0,
        rollup_us: spans.length_us,
    };
    Ok(NewFact::SealSignals {
        sealed: Box::new(sealed),
        readings: Bytes::from(bytes),
        rollup: Bytes::from(rollup),
    })
}

/// The most different marks that a fact names; the chunk itself has all of them. That something is corrected in it is
/// always named: other chunks are read by that. So is that something measured nothing: it is not rolled up.
const NAMED: usize = 32;

fn all_marks(readings: &[Reading]) -> Vec<QualityMark> {
    let find = |is_it: fn(&QualityMark) -> bool| {
        let mut marks = readings.iter().flat_map(|reading| reading.marks.iter());
        marks.find(|mark| is_it(mark)).cloned()
    };
    let corrects = find(|mark| matches!(mark, QualityMark::Correction { .. }));
    let unmeasured = find(|mark| QualityMark::is_unmeasured(std::slice::from_ref(mark)));
    let mut all: Vec<QualityMark> = corrects.into_iter().chain(unmeasured).collect();
    let mut before: Option<&Arc<[QualityMark]>> = None;
    for reading in readings {
        if before.is_some_and(|before| Arc::ptr_eq(before, &reading.marks)) {
            continue;
        }
        before = Some(&reading.marks);
        for mark in &*reading.marks {
            if all.len() < NAMED && !all.contains(mark) {
                all.push(mark.clone());
            }
        }
    }
    all.sort_unstable();
    all
}
