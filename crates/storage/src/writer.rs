//! The one thread that writes. It takes all commits that wait, appends them as one group, makes the group
//! durable, takes it into the index, and only then acknowledges.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use ledger::Frontier;
use record::{Indexer, RecordError, Sealed};
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use crate::{
    Clock, Options, StorageError,
    frame::{Header, Kind, SEGMENT_HEADER},
    index::{self, Applied},
    log::{Log, Position},
    purge::Erased,
    signing::Signing,
    space::Wanted,
    stage::{Prepared, Staging},
};

/// The most commits in one group.
const GROUP_COMMITS: usize = 1024;
/// A group takes no more commits once it has this many bytes.
const GROUP_BYTES: u64 = 32 << 20;
/// How often a checkpoint is signed while facts come in.
const SIGN_EVERY: Duration = Duration::from_secs(1);

/// A batch on its way to the log.
pub struct Request {
    /// Who causes it.
    pub actor: vocabulary::ActorId,
    /// Its facts, with the objects' digests and checksums.
    pub facts: Vec<Prepared>,
    /// Bytes of its objects.
    pub bytes: u64,
    /// Its part of the memory for waiting commits, given back when it is done.
    pub memory: OwnedSemaphorePermit,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<Vec<Sealed>, RecordError>>,
}

/// A frame that is not written yet.
pub struct NewFrame {
    /// Its fixed part.
    pub header: Header,
    /// Its payload.
    pub payload: Bytes,
    /// The payload's checksums.
    pub table: Bytes,
}

/// All that the writing thread owns.
pub struct Writer {
    /// The log.
    pub log: Arc<Log>,
    /// The index.
    pub connection: Connection,
    /// How far log and index are.
    pub applied: Applied,
    /// The edge of the ledger's tree.
    pub frontier: Frontier,
    /// Says by what resources are found.
    pub indexer: Arc<dyn Indexer>,
    /// The hospital's clock.
    pub clock: Arc<dyn Clock>,
    /// Limits.
    pub options: Options,
    /// Wakes the followers.
    pub feed: watch::Sender<u64>,
    /// Signs checkpoints.
    pub signing: Arc<Signing>,
    /// Bytes of the log, without what was erased.
    pub used: u64,
    /// What is to be erased once the group is on disk.
    pub to_erase: Vec<Erased>,
    /// Set where the disk failed in a way after which nothing more may be acknowledged.
    pub stopped: bool,
}

type Answers = Vec<(Request, Result<Vec<Sealed>, RecordError>)>;

impl Writer {
    /// Serves commits until all senders are gone.
    pub fn run(mut self, mut requests: mpsc::Receiver<Request>, timer: &tokio::runtime::Runtime) {
        loop {
            let waited =
                timer.block_on(async { tokio::time::timeout(SIGN_EVERY, requests.recv()).await });
            match waited {
                Ok(None) => break,
                Ok(Some(first)) => {
                    let mut bytes = first.bytes;
                    let mut group = vec![first];
                    while group.len() < GROUP_COMMITS && bytes < GROUP_BYTES {
                        let Ok(next) = requests.try_recv() else { break };
                        bytes += next.bytes;
                        group.push(next);
                    }
                    self.group(group);
                }
                Err(_) => {}
            }
            self.signing.sign_if_due(&self.frontier, SIGN_EVERY);
        }
        self.signing.sign_if_due(&self.frontier, Duration::ZERO);
    }

    fn group(&mut self, requests: Vec<Request>) {
        let before = (self.applied, self.frontier.clone());
        let (answers, failure) = match self.try_group(requests) {
            Ok(answers) => (answers, None),
            Err((answers, error)) => {
                (self.applied, self.frontier) = before;
                (answers, Some(error))
            }
        };
        let to_erase = std::mem::take(&mut self.to_erase);
        if failure.is_none() && !to_erase.is_empty() {
            self.erase(&to_erase);
        }
        let full = failure.as_ref().is_some_and(StorageError::is_full);
        match &failure {
            None => {
                let size = self.applied.size;
                self.feed
                    .send_if_modified(|known| std::mem::replace(known, size) != size);
            }
            Some(error) => tracing::error!(%error, full, "a group of commits was not written"),
        }
        for (request, answer) in answers {
            let answer = match (failure.is_some(), full, answer) {
                // What was refused for its content stays refused; what was accepted is not on disk.
                (true, true, Ok(_)) => Err(RecordError::Full),
                (true, false, Ok(_)) => Err(StorageError::Closed.into()),
                (_, _, answer) => answer,
            };
            // A caller that has gone needs no answer.
            let _ = request.answer.send(answer);
            drop(request.memory);
        }
    }

    /// Removes what the journal now says is gone. Where that fails, the next start does it.
    fn erase(&mut self, frames: &[Erased]) {
        if let Err(error) = self.log.erase(frames) {
            tracing::error!(%error, "purged bytes could not be removed; the next start tries again");
            return;
        }
        let bytes: u64 = frames.iter().map(|(_, length)| *length).sum();
        self.used = self.used.saturating_sub(bytes);
    }

    /// Writes a group. On an error nothing of it counts.
    fn try_group(&mut self, requests: Vec<Request>) -> Result<Answers, (Answers, StorageError)> {
        let refuse = |requests: Vec<Request>| -> Answers {
            requests
                .into_iter()
                .map(|request| (request, Ok(Vec::new())))
                .collect()
        };
        if self.stopped {
            return Err((refuse(requests), StorageError::Closed));
        }
        if let Err(error) = self.begin() {
            return Err((refuse(requests), error));
        }
        let mut answers = Answers::new();
        let mut frames: Vec<NewFrame> = Vec::new();
        let mut requests = requests.into_iter();
        for mut request in requests.by_ref() {
            let facts = std::mem::take(&mut request.facts);
            let answer = self.stage(&request.actor, facts, &mut frames);
            answers.push((request, answer));
            // SQLite ends the transaction by itself after some errors, a full disk among them. What was
            // staged is then gone from the index and must not reach the log.
            if self.connection.is_autocommit() {
                let full = matches!(answers.last(), Some((_, Err(RecordError::Full))));
                answers.extend(refuse(requests.collect()));
                let error = if full {
                    StorageError::Full
                } else {
                    StorageError::Closed
                };
                return Err((answers, error));
            }
        }
        match self.finish(frames) {
            Ok(()) => Ok(answers),
            Err(error) => Err((answers, error)),
        }
    }

    /// Opens the index's transaction, and a new segment where the last is full.
    fn begin(&mut self) -> Result<(), StorageError> {
        if self.applied.position.offset >= self.options.segment_bytes {
            let segment = self.applied.position.segment + 1;
            self.log.create(segment)?;
            self.applied.position = Position {
                segment,
                offset: SEGMENT_HEADER,
            };
            self.used += SEGMENT_HEADER;
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(())
    }

    /// Takes one batch into the open transaction and lines up its frames, or leaves both as they were.
    fn stage(
        &mut self,
        actor: &vocabulary::ActorId,
        facts: Vec<Prepared>,
        frames: &mut Vec<NewFrame>,
    ) -> Result<Vec<Sealed>, RecordError> {
        let savepoint = |sql: &str| {
            self.connection
                .execute_batch(sql)
                .map_err(StorageError::from)
        };
        savepoint("SAVEPOINT one_batch")?;
        let pending: u64 = frames
            .iter()
            .filter_map(|frame| frame.header.frame_length())
            .sum();
        let mut staging = Staging {
            connection: &self.connection,
            indexer: &*self.indexer,
            actor,
            now: self.clock.now().max(self.applied.at),
            group: self.applied.group + 1,
            position: Position {
                offset: self.applied.position.offset + pending,
                ..self.applied.position
            },
            size: self.frontier.size(),
            frontier: self.frontier.clone(),
            frames: Vec::new(),
            erased: Vec::new(),
        };
        let sealed = staging.batch(facts).and_then(|sealed| {
            let is_image = |frame: &NewFrame| frame.header.kind == Kind::Blob;
            let wanted = Wanted {
                used: self.used,
                pending,
                more: staging.length(),
                holds_images: staging.frames.iter().any(is_image),
            };
            // A batch that adds nothing can be acknowledged again on a full disk.
            if staging.frames.is_empty() || wanted.fits(&self.log, self.options.max_bytes) {
                Ok(sealed)
            } else {
                Err(RecordError::Full)
            }
        });
        if sealed.is_ok() {
            savepoint("RELEASE one_batch")?;
            (self.frontier, self.applied.at) = (staging.frontier, staging.now);
            frames.append(&mut staging.frames);
            self.to_erase.append(&mut staging.erased);
        } else {
            savepoint("ROLLBACK TO one_batch; RELEASE one_batch")?;
        }
        sealed
    }

    /// Makes the group durable: first the log, then the index.
    fn finish(&mut self, mut frames: Vec<NewFrame>) -> Result<(), StorageError> {
        let Some(last) = frames.last_mut() else {
            self.connection.execute_batch("ROLLBACK")?;
            return Ok(());
        };
        last.header.end_of_group = true;
        let start = self.applied.position;
        let length: u64 = frames
            .iter()
            .filter_map(|frame| frame.header.frame_length())
            .sum();
        let mut pieces = Vec::with_capacity(frames.len() * 3);
        for frame in frames {
            pieces.push(Bytes::copy_from_slice(&frame.header.encode()));
            pieces.extend([frame.payload, frame.table]);
        }
        self.applied.position.offset = start.offset + length;
        self.applied.size = self.frontier.size();
        self.applied.group += 1;
        let written = index::set_applied(&self.connection, &self.applied)
            .and_then(|()| self.log.append(start, &pieces));
        if let Err(error) = written {
            self.undo(start, !error.is_full());
            return Err(error);
        }
        if let Err(error) = self
            .connection
            .execute_batch("COMMIT")
            .map_err(StorageError::from)
        {
            self.undo(start, !error.is_full());
            return Err(error);
        }
        self.used += length;
        Ok(())
    }

    /// Takes a group back that could not be written. Where the disk failed for another reason than being
    /// full, nobody knows what is on it: then nothing more is acknowledged until the next start.
    fn undo(&mut self, start: Position, unknown: bool) {
        let rolled_back =
            self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
        let cut = !unknown && self.log.truncate(start).is_ok();
        if !(rolled_back && cut) {
            self.stopped = true;
        }
    }
}
