//! The thread that writes readings. It takes all puts that wait, makes them durable together, and only then
//! acknowledges them.

use std::{sync::Arc, thread::JoinHandle};

use anyhow::{Context, Result};
use record::{Arrived, RecordError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{Shared, blocks::LOOSE};

/// How many puts may wait.
const WAITING: usize = 1024;
/// The most readings in puts that wait.
const WAITING_READINGS: u32 = 1 << 22;
/// The most puts in one transaction.
const GROUP: usize = 1024;
/// A transaction takes no more puts once it has this many readings.
const GROUP_READINGS: usize = 1 << 18;

/// A put on its way to the disk.
struct Request {
    arrived: Vec<Arrived>,
    readings: usize,
    /// Its part of the memory for waiting puts.
    memory: OwnedSemaphorePermit,
    answer: oneshot::Sender<Result<(), RecordError>>,
}

/// The way to the writing thread, which ends with it.
pub struct Writing {
    puts: Option<mpsc::Sender<Request>>,
    waiting: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

impl Writing {
    /// Starts the thread. Rows up to this one stay as they are.
    pub fn start(shared: &Arc<Shared>, joined: i64) -> Result<Self> {
        let (puts, requests) = mpsc::channel(WAITING);
        let writer = Writer {
            shared: Arc::clone(shared),
            loose: 0,
            joined,
            full: false,
        };
        let thread = std::thread::Builder::new().name("outbox".to_owned());
        let thread = thread
            .spawn(move || writer.run(requests))
            .context("start the outbox's thread")?;
        Ok(Self {
            puts: Some(puts),
            waiting: Arc::new(Semaphore::new(WAITING_READINGS as usize)),
            thread: Some(thread),
        })
    }

    /// Puts readings behind what waits; they are on disk when this is answered.
    pub async fn put(&self, arrived: Vec<Arrived>) -> Result<(), RecordError> {
        let closed = || RecordError::Store("the outbox is closed".into());
        let readings: usize = arrived.iter().map(|one| one.readings.count()).sum();
        if readings == 0 {
            return Ok(());
        }
        let puts = self.puts.as_ref().ok_or_else(closed)?;
        // Who puts waits here where the disk is slower than the devices.
        let room = u32::try_from(readings).unwrap_or(WAITING_READINGS);
        let waiting = Arc::clone(&self.waiting);
        let memory = waiting
            .acquire_many_owned(room.min(WAITING_READINGS))
            .await
            .map_err(|_| closed())?;
        let (answer, put) = oneshot::channel();
        let request = Request {
            arrived,
            readings,
            memory,
            answer,
        };
        puts.send(request).await.map_err(|_| closed())?;
        put.await.map_err(|_| closed())?
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // The thread ends once nobody can put any more.
        self.puts = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the outbox's thread did not end well");
        }
    }
}

/// All that the thread owns.
struct Writer {
    shared: Arc<Shared>,
    /// Rows that were put and not looked at since.
    loose: usize,
    /// Up to this row those that could become one have.
    joined: i64,
    /// Whether what came last had no room.
    full: bool,
}

impl Writer {
    /// Serves puts until all senders are gone.
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.blocking_recv() {
            let mut readings = first.readings;
            let mut group = vec![first];
            while group.len() < GROUP && readings < GROUP_READINGS {
                let Ok(next) = requests.try_recv() else { break };
                readings += next.readings;
                group.push(next);
            }
            self.group(group);
        }
    }

    fn group(&mut self, group: Vec<Request>) {
        let all = group.iter().flat_map(|request| &request.arrived);
        let put = self.shared.put(all);
        let full = put.as_ref().is_err_and(is_full);
        if let Err(error) = &put
            && !(full && self.full)
        {
            // Said once where there is no room: a log fills the disk as well.
            tracing::error!(%error, full, "readings could not be put into the outbox");
        }
        self.full = full;
        for Request { memory, answer, .. } in group {
            drop(memory);
            let put = put.as_ref().map(|_| ()).map_err(refusal);
            // A caller that has gone needs no answer.
            let _ = answer.send(put);
        }
        self.loose += put.unwrap_or(0);
        if self.loose >= LOOSE {
            self.loose = 0;
            match self.shared.join(self.joined) {
                Ok(joined) => self.joined = joined,
                // They wait as they are, and take more room.
                Err(error) => tracing::warn!(%error, "what waits could not be made smaller"),
            }
        }
    }
}

/// Why something was not put, as whoever put it is told.
fn refusal(error: &anyhow::Error) -> RecordError {
    if is_full(error) {
        RecordError::Full
    } else {
        RecordError::Store(format!("{error:#}").into())
    }
}

/// Whether there was no room.
fn is_full(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<rusqlite::Error>()
        .is_some_and(|error| {
            matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure)
            )
        })
}
