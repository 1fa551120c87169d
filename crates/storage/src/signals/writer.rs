//! The thread that writes arrivals. It takes all appends that wait, makes them durable as one frame, takes them
//! into memory, and only then acknowledges them and tells who listens.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use record::{Arrived, RecordError, Taken};
use tokio::sync::{OwnedSemaphorePermit, broadcast, mpsc, oneshot};

use crate::{StorageError, space::Wanted};

use super::{
    SignalOptions,
    arrivals::{self, Arrivals},
    earlier::Earlier,
    sealer::Ask,
    unsealed::Unsealed,
};

/// The most appends in one frame.
const GROUP: usize = 1024;
/// A frame takes no more appends once it has this many readings.
const GROUP_READINGS: usize = 1 << 20;
/// How long an append waits at a time for readings to be sealed.
const WAIT: Duration = Duration::from_millis(100);
/// Streams without anything in memory that are remembered.
const IDLE: usize = 100_000;

/// An append on its way to the disk.
pub struct Request {
    /// What arrived, checked.
    pub arrived: Vec<Arrived>,
    /// Its part of the memory for waiting appends.
    pub memory: OwnedSemaphorePermit,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<Vec<Taken>, RecordError>>,
}

/// What the threads share.
pub struct Shared {
    /// Readings that are not sealed.
    pub unsealed: Mutex<Unsealed>,
    /// Woken when readings were sealed.
    pub room: Condvar,
    /// Set while nothing can be sealed.
    pub stuck: AtomicBool,
    /// Set while what comes has no room.
    pub full: AtomicBool,
    /// The segments of the log of arrivals before this one are not needed to know messages again.
    pub known_from: AtomicU32,
    /// Who listens.
    pub live: broadcast::Sender<Arc<Arrived>>,
    /// Who listens to what has no room.
    pub unkept: broadcast::Sender<Arc<Arrived>>,
    /// What an operator can choose.
    pub options: SignalOptions,
}

/// All that the writing thread owns.
pub struct Writer {
    /// The log.
    pub arrivals: Arrivals,
    /// What was sealed before.
    pub earlier: Earlier,
    /// What the threads share.
    pub shared: Arc<Shared>,
    /// Wakes the sealing thread.
    pub asks: mpsc::Sender<Ask>,
    /// Set where the disk failed in a way after which nothing more may be acknowledged.
    pub stopped: bool,
}

impl Writer {
    /// Serves appends until all senders are gone.
    pub fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.blocking_recv() {
            let count = |request: &Request| -> usize {
                let counts = request.arrived.iter().map(|one| one.readings.count());
                counts.sum()
            };
            let mut readings = count(&first);
            let mut group = vec![first];
            while group.len() < GROUP && readings < GROUP_READINGS {
                let Ok(next) = requests.try_recv() else { break };
                readings += count(&next);
                group.push(next);
            }
            self.group(group);
        }
    }

    fn group(&mut self, requests: Vec<Request>) {
        if let Err(error) = self.write(&requests) {
            self.refuse(requests, &error);
            return;
        }
        if self.shared.full.swap(false, Ordering::Relaxed) {
            tracing::info!("there is room for readings again");
        }
        let segment = self.arrivals.segment();
        for request in requests {
            let taken = self.take(&request.arrived, segment);
            if let Ok(taken) = &taken {
                for (arrived, taken) in request.arrived.into_iter().zip(taken) {
                    if taken.new > 0 {
                        // Nobody listening is no failure.
                        let _ = self.shared.live.send(Arc::new(arrived));
                    }
                }
            }
            let _ = request.answer.send(taken.map_err(RecordError::from));
            drop(request.memory);
        }
        let count = {
            let mut unsealed = self.shared.unsealed.lock();
            unsealed.forget_idle(IDLE);
            unsealed.count
        };
        if count > self.shared.options.unsealed_readings {
            self.look();
        }
    }

    /// Answers those whose readings were not written. What has no room is told to who judges it: its device sends it
    /// again, but what it says is so now.
    fn refuse(&self, requests: Vec<Request>, error: &StorageError) {
        let full = error.is_full();
        // Said once: a log fills the disk as well.
        if !(full && self.shared.full.swap(true, Ordering::Relaxed)) {
            tracing::error!(%error, full, "readings were not written");
        }
        for request in requests {
            let answer = if full {
                for arrived in request.arrived {
                    // Nobody listening is no failure.
                    let _ = self.shared.unkept.send(Arc::new(arrived));
                }
                RecordError::Full
            } else {
                StorageError::Closed.into()
            };
            // A caller that has gone needs no answer.
            let _ = request.answer.send(Err(answer));
            drop(request.memory);
        }
    }

    fn look(&self) {
        // Where it is being looked already, it will be looked again.
        let _ = self.asks.try_send(Ask::Look);
    }

    /// Makes a group durable.
    fn write(&mut self, requests: &[Request]) -> Result<(), StorageError> {
        if self.stopped {
            return Err(StorageError::Closed);
        }
        self.wait_for_room()?;
        let all = requests.iter().flat_map(|request| &request.arrived);
        let payload = arrivals::encode(all).ok_or(StorageError::Closed)?;
        // Readings leave what images leave: who reads must be written down, however full the disk is.
        let wanted = Wanted {
            used: 0,
            pending: 0,
            more: payload.len() as u64,
            holds_images: true,
        };
        if !wanted.fits(&self.arrivals.log, None) {
            return Err(StorageError::Full);
        }
        let all = requests.iter().flat_map(|request| &request.arrived);
        let written = self.arrivals.append(payload, all);
        let known_from = self.arrivals.known_from();
        self.shared.known_from.store(known_from, Ordering::Release);
        written.map_err(|(error, unknown)| {
            self.stopped |= unknown;
            error
        })
    }

    /// Waits until readings are sealed, where too many are not. Where none can be sealed there is no room.
    fn wait_for_room(&self) -> Result<(), StorageError> {
        let options = &self.shared.options;
        let most = options.unsealed_readings.saturating_mul(2);
        loop {
            let mut unsealed = self.shared.unsealed.lock();
            let stuck = self.shared.stuck.load(Ordering::Relaxed);
            let too_long = self.arrivals.segments() > options.segments.saturating_mul(4);
            if unsealed.count <= most && !(stuck && too_long) {
                return Ok(());
            }
            if stuck {
                self.look();
                return Err(StorageError::Full);
            }
            self.look();
            self.shared.room.wait_for(&mut unsealed, WAIT);
        }
    }

    fn take(&mut self, arrived: &[Arrived], segment: u32) -> Result<Vec<Taken>, StorageError> {
        let mut unsealed = self.shared.unsealed.lock();
        let earlier = &mut self.earlier;
        arrived
            .iter()
            .map(|one| unsealed.take(one, segment, earlier))
            .collect()
    }
}
