//! Readings of devices: acknowledged when they are on disk, kept in compressed chunks that the journal proves.
//!
//! The files' names read as the way of a reading: `writer` makes it durable in the log of `arrivals` and takes it
//! into memory (`unsealed`, which asks what there was `earlier`); `sealer` makes a `chunk` of it with its
//! `rollups`, which the journal keeps as it keeps an image; `chunks` finds them again, and `reading` reads both
//! halves together. `check` looks for damage.

pub mod arrivals;
pub mod check;
mod chunk;
pub mod chunks;
mod earlier;
mod lately;
mod packed;
mod reading;
mod rollups;
mod sealer;
mod unsealed;
mod writer;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::{Condvar, Mutex};
use policy::{Permit, Scope};
use record::{
    Arrived, ReadingPage, RecordError, RollUp, Room, SeriesQuery, SeriesSummary, Signals,
    SpanQuery, Taken,
};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};

use crate::{Clock, Embedded, StorageError, TornTail, log::Log, space};

use arrivals::Arrivals;
pub use arrivals::Shown;
use earlier::Earlier;
use sealer::{Ask, Sealer};
use unsealed::Unsealed;
use writer::{Request, Shared, Writer};

/// How many appends may wait.
const WAITING: usize = 1024;
/// The most readings in appends that wait.
const WAITING_READINGS: u32 = 1 << 22;
/// The most readings in one append.
const MOST_READINGS: usize = 1 << 20;
/// The longest name of a stream, code or unit, in bytes.
const NAME: usize = 256;
/// The years 1900 to 2200, in microseconds since 1970.
const TIMES_US: std::ops::Range<i64> = -2_208_988_800_000_000..7_258_118_400_000_000;

/// What an operator can choose about signals.
#[derive(Clone, Debug)]
pub struct SignalOptions {
    /// A segment of the log of arrivals that has this many bytes is followed by a new one.
    pub segment_bytes: u64,
    /// With more segments than this, what the oldest holds is sealed, so that it can go.
    pub segments: u32,
    /// Readings are sealed at the latest after this time.
    pub seal_after: Duration,
    /// The most readings in a chunk; a series with as many is sealed at once.
    pub chunk_readings: usize,
    /// With more unsealed readings in memory than this, the longest series are sealed; with twice as many,
    /// appends wait. A reading takes about 40 bytes.
    pub unsealed_readings: usize,
    /// What one who listens may be behind, in arrivals, before they miss some.
    pub live: usize,
    /// With less room than this before readings are refused, [`Signals::room`] says that it is little, in bytes; on a
    /// small disk with less than a sixteenth of it.
    pub told_below: u64,
}

impl Default for SignalOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 16 << 20,
            segments: 8,
            seal_after: Duration::from_hours(1),
            chunk_readings: 1 << 16,
            unsealed_readings: 2_000_000,
            live: 8192,
            told_below: 4 << 30,
        }
    }
}

/// The signals of an [`Embedded`] record, in its folder.
///
/// Dropping it, or [`EmbeddedSignals::close`], finishes what was begun. The record must be closed after it.
pub struct EmbeddedSignals {
    record: Arc<Embedded>,
    shared: Arc<Shared>,
    log: Arc<Log>,
    appends: Mutex<Option<mpsc::Sender<Request>>>,
    asks: Mutex<Option<mpsc::Sender<Ask>>>,
    waiting: Arc<Semaphore>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    torn: Option<TornTail>,
}

impl fmt::Debug for EmbeddedSignals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedSignals").finish_non_exhaustive()
    }
}

impl EmbeddedSignals {
    /// Opens the signals of a record, or makes them. What a crash left unsealed is read again.
    pub fn open(
        record: Arc<Embedded>,
        clock: Arc<dyn Clock>,
        options: SignalOptions,
    ) -> Result<Self, StorageError> {
        Self::open_with(record, clock, options, |_| {})
    }

    /// As [`EmbeddedSignals::open`], and shows what lies in the log of arrivals, in the order in which it came.
    pub fn open_with(
        record: Arc<Embedded>,
        clock: Arc<dyn Clock>,
        options: SignalOptions,
        mut show: impl FnMut(Shown<'_>),
    ) -> Result<Self, StorageError> {
        let mut unsealed = Unsealed::default();
        let mut earlier = Earlier::new(Arc::clone(record.readers()));
        let take = |shown: Shown<'_>, segment| {
            show(shown);
            match shown {
                Shown::Arrived(arrived) => unsealed.take(arrived, segment, &mut earlier).map(drop),
                Shown::Message(..) => Ok(()),
            }
        };
        let (arrivals, torn) = Arrivals::open(record.folder(), options.segment_bytes, take)?;
        let log = Arc::clone(&arrivals.log);
        let shared = Arc::new(Shared {
            unsealed: Mutex::new(unsealed),
            room: Condvar::new(),
            stuck: AtomicBool::new(false),
            full: AtomicBool::new(false),
            known_from: AtomicU32::new(arrivals.known_from()),
            live: broadcast::channel(options.live.max(1)).0,
            unkept: broadcast::channel(options.live.max(1)).0,
            options,
        });
        let (appends, requests) = mpsc::channel(WAITING);
        let (asks, asked) = mpsc::channel(WAITING);
        let writer = Writer {
            arrivals,
            earlier,
            shared: Arc::clone(&shared),
            asks: asks.clone(),
            stopped: false,
        };
        let sealer = Sealer {
            record: Arc::clone(&record),
            log: Arc::clone(&log),
            shared: Arc::clone(&shared),
            clock,
        };
        let threads =
            start(writer, requests, sealer, asked).map_err(StorageError::io(record.folder()))?;
        Ok(Self {
            record,
            shared,
            log,
            appends: Mutex::new(Some(appends)),
            asks: Mutex::new(Some(asks)),
            waiting: Arc::new(Semaphore::new(WAITING_READINGS as usize)),
            threads: Mutex::new(threads),
            torn,
        })
    }

    /// Finishes all appends that were begun. Appends after this are refused. What is not sealed stays in the log
    /// of arrivals and is read again at the next start.
    pub fn close(&self) {
        drop(self.appends.lock().take());
        drop(self.asks.lock().take());
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the signals did not end well");
            }
        }
    }

    /// What a crash had left at the end of the log of arrivals when it was opened, and was cut off.
    pub fn torn_tail(&self) -> Option<&TornTail> {
        self.torn.as_ref()
    }

    /// How many readings are in memory, waiting to be sealed.
    pub fn unsealed(&self) -> usize {
        self.shared.unsealed.lock().count
    }
}

impl Drop for EmbeddedSignals {
    fn drop(&mut self) {
        self.close();
    }
}

fn start(
    writer: Writer,
    requests: mpsc::Receiver<Request>,
    sealer: Sealer,
    asked: mpsc::Receiver<Ask>,
) -> std::io::Result<Vec<JoinHandle<()>>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
    Ok(vec![
        thread("arrivals").spawn(move || writer.run(requests))?,
        thread("sealing").spawn(move || runtime.block_on(sealer.run(asked)))?,
    ])
}

/// Says why something that arrived cannot be kept.
fn refusal(arrived: &Arrived) -> Option<&'static str> {
    let names = [
        &arrived.stream.stream,
        &arrived.coding.system,
        &arrived.coding.code,
        &arrived.unit,
    ];
    let display = arrived.coding.display.as_ref().map_or(0, String::len);
    if names
        .iter()
        .any(|name| name.is_empty() || name.len() > NAME)
        || display > NAME
    {
        return Some("a name is empty or longer than 256 bytes");
    }
    if arrived.quality.len() > 32 {
        return Some("there are more than 32 quality marks");
    }
    if arrived.readings.count() == 0 {
        return Some("there is no reading");
    }
    let mut timed = arrived.readings.timed();
    timed.find_map(|(at_us, value)| {
        if !value.is_finite() {
            return Some("a value is no finite number");
        }
        let is_time = at_us.is_some_and(|at_us| TIMES_US.contains(&at_us));
        (!is_time).then_some("a time is not between the years 1900 and 2200")
    })
}

#[async_trait]
impl Signals for EmbeddedSignals {
    async fn append(&self, arrived: Vec<Arrived>) -> Result<Vec<Taken>, RecordError> {
        let closed = || RecordError::from(StorageError::Closed);
        let appends = self.appends.lock().clone().ok_or_else(closed)?;
        for (index, one) in arrived.iter().enumerate() {
            if let Some(why) = refusal(one) {
                return Err(RecordError::Conflict { index, why });
            }
        }
        let readings: usize = arrived.iter().map(|one| one.readings.count()).sum();
        if readings == 0 {
            return Ok(Vec::new());
        }
        if readings > MOST_READINGS {
            let why = "there are more than 1048576 readings in one append";
            return Err(RecordError::Conflict { index: 0, why });
        }
        // Who appends waits here where the disk is slower than the devices.
        let room = u32::try_from(readings).unwrap_or(WAITING_READINGS);
        let waiting = Arc::clone(&self.waiting);
        let memory = waiting
            .acquire_many_owned(room)
            .await
            .map_err(|_| closed())?;
        let (answer, taken) = oneshot::channel();
        let request = Request {
            arrived,
            memory,
            answer,
        };
        appends.send(request).await.map_err(|_| closed())?;
        drop(appends);
        taken.await.map_err(|_| closed())?
    }

    fn live(&self, permit: &Permit) -> Result<broadcast::Receiver<Arc<Arrived>>, RecordError> {
        if *permit.scope() == Scope::All {
            Ok(self.shared.live.subscribe())
        } else {
            Err(RecordError::NotPermitted)
        }
    }

    fn unkept(&self, permit: &Permit) -> Result<broadcast::Receiver<Arc<Arrived>>, RecordError> {
        if *permit.scope() == Scope::All {
            Ok(self.shared.unkept.subscribe())
        } else {
            Err(RecordError::NotPermitted)
        }
    }

    fn room(&self) -> Room {
        let on_disk = space::room(self.log.disk(), self.shared.options.told_below);
        // Where none can be sealed, since the journal has a limit of its own, they are refused in the end as well.
        let stuck = self.shared.stuck.load(Ordering::Relaxed);
        let refused = self.shared.full.load(Ordering::Relaxed);
        match on_disk {
            Room::Enough if !stuck => Room::Enough,
            // Once somebody has made room, nobody waits for the next reading to say so.
            Room::Enough | Room::Little if !refused => Room::Little,
            _ => Room::Full,
        }
    }

    async fn series(
        &self,
        permit: &Permit,
        query: &SeriesQuery,
    ) -> Result<Vec<SeriesSummary>, RecordError> {
        let in_memory = reading::summaries(&self.shared.unsealed.lock(), permit, query);
        let (permit, query) = (permit.clone(), query.clone());
        self.record
            .readers()
            .read(move |reader| reading::series(reader, &permit, &query, in_memory))
            .await
    }

    async fn read(
        &self,
        permit: &Permit,
        span: &SpanQuery,
        limit: usize,
    ) -> Result<ReadingPage, RecordError> {
        let in_memory = reading::in_memory(&self.shared.unsealed.lock(), span);
        let (permit, span) = (permit.clone(), span.clone());
        self.record
            .readers()
            .read(move |reader| reading::read(reader, &permit, &span, limit, in_memory))
            .await
    }

    async fn rollup(
        &self,
        permit: &Permit,
        span: &SpanQuery,
        points: usize,
    ) -> Result<RollUp, RecordError> {
        let length_us = rollups::length_for_points(span.from_us, span.to_us, points);
        let span = reading::whole(span, length_us);
        let in_memory = reading::in_memory(&self.shared.unsealed.lock(), &span);
        let permit = permit.clone();
        self.record
            .readers()
            .read(move |reader| {
                reading::rollup(reader, &permit, &span, length_us, in_memory.as_ref())
            })
            .await
    }

    async fn seal(&self) -> Result<(), RecordError> {
        let closed = || RecordError::from(StorageError::Closed);
        let asks = self.asks.lock().clone().ok_or_else(closed)?;
        let (answer, done) = oneshot::channel();
        asks.send(Ask::All(answer)).await.map_err(|_| closed())?;
        drop(asks);
        done.await.map_err(|_| closed())?
    }
}
