use std::{
    fs::{File, TryLockError},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use ledger::{Checkpoint, ConsistencyProof, InclusionProof, Verifier};
use parking_lot::Mutex;
use policy::Permit;
use record::{
    Batch, Entry, ImagingQuery, ImagingRow, Indexer, Instance, NewFact, Page, Record, RecordError,
    RecordedChunk, RecordingFound, ResourceKey, ResourceQuery, ResourceVersion, RoomAct, Sealed,
    StoredObject,
};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use vocabulary::{Digest, PatientId, RoomId, Timestamp, Uid};

use crate::{
    Clock, Options, StorageError, TornTail,
    folder::own_folder,
    imaging_query, index,
    index::{IndexNodes, scope, to_sql},
    keys,
    log::Log,
    purge,
    reader::{Reader, Readers},
    replay,
    signing::Signing,
    stage::Prepared,
    writer::{Request, Writer},
};

/// Objects of at least this many bytes are hashed outside of the async threads.
const HASH_ELSEWHERE: usize = 64 << 10;
/// What waiting commits may hold in memory, in KiB.
const WAITING_KIB: u32 = 256 << 10;
/// How many commits may wait.
const WAITING_COMMITS: usize = 1024;

/// The record on one append-only log and an index, in a folder of this machine.
///
/// Dropping it, or [`Embedded::close`], finishes what was begun and signs a last checkpoint.
#[derive(Debug)]
pub struct Embedded {
    root: PathBuf,
    readers: Arc<Readers>,
    signing: Arc<Signing>,
    feed: watch::Receiver<u64>,
    commits: Mutex<Option<mpsc::Sender<Request>>>,
    waiting: Arc<Semaphore>,
    writer: Mutex<Option<JoinHandle<()>>>,
    torn: Option<TornTail>,
    /// Held as long as this process works on the folder.
    lock: File,
}

impl Embedded {
    /// Opens the data folder `dir`, or makes it, with the default [`Options`].
    pub fn open(
        dir: impl AsRef<Path>,
        indexer: Arc<dyn Indexer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StorageError> {
        Self::open_with(dir, indexer, clock, Options::default())
    }

    /// Opens the data folder `dir`, or makes it.
    pub fn open_with(
        dir: impl AsRef<Path>,
        indexer: Arc<dyn Indexer>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, StorageError> {
        let root = dir.as_ref().to_owned();
        let lock = lock(&root)?;
        let signer = keys::signer(&root, &options.origin)?;
        let checkpoint = keys::checkpoint(&root, &signer.verifier())?;
        let log = Arc::new(Log::open(&root, true)?);
        replay::check_segment_headers(&log)?;
        // The index is brought up to the log; what a crash left behind the last whole group is cut off,
        // unless it was acknowledged.
        let (connection, _) = index::open(&root)?;
        let end = replay::catch_up(&log, &connection, &*indexer)?;
        if let Some(checkpoint) = &checkpoint {
            replay::check_checkpoint(&connection, &end, checkpoint)?;
        }
        if let Some(torn) = &end.torn {
            tracing::warn!(
                file = torn.file,
                offset = torn.offset,
                bytes = torn.bytes,
                "cut off what a crash left"
            );
            log.truncate(end.applied.position)?;
        }
        // A crash may have come between a purge's entry and its deed.
        let purged = purge::all(&connection)?;
        log.erase(&purged)?;
        let erased: u64 = purged.iter().map(|(_, length)| *length).sum();
        let (feed_sender, feed) = watch::channel(end.applied.size);
        let signing = Arc::new(Signing::new(root.clone(), signer, checkpoint));
        signing.sign_if_due(&end.frontier, Duration::ZERO);
        let writer = Writer {
            used: log.total_length()?.saturating_sub(erased),
            to_erase: Vec::new(),
            log: Arc::clone(&log),
            connection,
            applied: end.applied,
            frontier: end.frontier,
            indexer,
            clock,
            options,
            feed: feed_sender,
            signing: Arc::clone(&signing),
            stopped: false,
        };
        let (commits, requests) = mpsc::channel(WAITING_COMMITS);
        let thread = start(writer, requests).map_err(StorageError::io(&root))?;
        Ok(Self {
            readers: Readers::new(root.clone(), log),
            root,
            signing,
            feed,
            commits: Mutex::new(Some(commits)),
            waiting: Arc::new(Semaphore::new(WAITING_KIB as usize)),
            writer: Mutex::new(Some(thread)),
            torn: end.torn,
            lock,
        })
    }

    /// Finishes all commits that were begun, signs a last checkpoint and gives the folder free. Commits
    /// after this are refused.
    pub fn close(&self) {
        drop(self.commits.lock().take());
        if let Some(thread) = self.writer.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the writing thread did not end well");
        }
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the folder's lock was not given back");
        }
    }

    /// What a crash had left at the end of the log when it was opened, and was cut off.
    pub fn torn_tail(&self) -> Option<&TornTail> {
        self.torn.as_ref()
    }

    /// What others check the checkpoints' signatures with.
    pub fn verifier(&self) -> Verifier {
        self.signing.verifier()
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// The hashes of one tile of the ledger (C2SP `tlog-tiles`) for a tree of `size` entries; `None` where
    /// there is no such tile.
    pub async fn tile(
        &self,
        level: u8,
        position: u64,
        size: u64,
    ) -> Result<Option<Vec<Digest>>, RecordError> {
        if size > *self.feed.borrow() {
            return Ok(None);
        }
        self.readers
            .read(move |reader| {
                let nodes = IndexNodes(reader.connection);
                Ok(ledger::tile(level, position, size, &nodes).map_err(StorageError::from)?)
            })
            .await
    }

    pub(crate) fn readers(&self) -> &Arc<Readers> {
        &self.readers
    }

    async fn read<T: Send + 'static>(
        &self,
        permit: &Permit,
        work: impl FnOnce(&Reader<'_>, &Permit) -> Result<T, RecordError> + Send + 'static,
    ) -> Result<T, RecordError> {
        let permit = permit.clone();
        self.readers.read(move |reader| work(reader, &permit)).await
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.close();
    }
}

/// Takes the folder for this process.
pub(crate) fn lock(root: &Path) -> Result<File, StorageError> {
    own_folder(root)?;
    let path = root.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StorageError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse(root.to_owned())),
        Err(TryLockError::Error(error)) => Err(StorageError::io(&path)(error)),
    }
}

fn start(writer: Writer, requests: mpsc::Receiver<Request>) -> std::io::Result<JoinHandle<()>> {
    let timer = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    std::thread::Builder::new()
        .name("journal".to_owned())
        .spawn(move || writer.run(requests, &timer))
}

fn object_bytes(facts: &[(NewFact, record::Precondition)]) -> usize {
    let of = |fact: &NewFact| match fact {
        NewFact::StoreInstance { bytes, .. } | NewFact::RecordChunk { bytes, .. } => bytes.len(),
        NewFact::SealSignals {
            readings, rollup, ..
        } => readings.len() + rollup.len(),
        _ => 0,
    };
    facts.iter().map(|(fact, _)| of(fact)).sum()
}

#[async_trait]
impl Record for Embedded {
    async fn commit(&self, batch: Batch) -> Result<Vec<Sealed>, RecordError> {
        let closed = || RecordError::from(StorageError::Closed);
        let commits = self.commits.lock().clone().ok_or_else(closed)?;
        let bytes = object_bytes(&batch.facts);
        let kib = u32::try_from(bytes >> 10)
            .unwrap_or(u32::MAX)
            .clamp(1, WAITING_KIB);
        let waiting = Arc::clone(&self.waiting);
        let memory = waiting
            .acquire_many_owned(kib)
            .await
            .map_err(|_| closed())?;
        let Batch { actor, facts } = batch;
        let prepare = move || -> Vec<Prepared> {
            facts
                .into_iter()
                .map(|(fact, holds)| Prepared::new(fact, holds))
                .collect()
        };
        let facts = if bytes < HASH_ELSEWHERE {
            prepare()
        } else {
            let hashing = tokio::task::spawn_blocking(prepare);
            hashing
                .await
                .map_err(|error| RecordError::Store(Box::new(error)))?
        };
        let (answer, sealed) = oneshot::channel();
        let request = Request {
            actor,
            facts,
            bytes: bytes as u64,
            memory,
            answer,
        };
        commits.send(request).await.map_err(|_| closed())?;
        sealed.await.map_err(|_| closed())?
    }

    fn feed(&self) -> watch::Receiver<u64> {
        self.feed.clone()
    }

    async fn entries(
        &self,
        permit: &Permit,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, RecordError> {
        self.read(permit, move |reader, permit| {
            reader.entries(permit, from, limit)
        })
        .await
    }

    async fn entry_bytes(
        &self,
        permit: &Permit,
        sequence: u64,
    ) -> Result<Option<Bytes>, RecordError> {
        self.read(permit, move |reader, permit| {
            reader.entry_bytes(permit, sequence)
        })
        .await
    }

    async fn resource(
        &self,
        permit: &Permit,
        key: &ResourceKey,
        version: Option<u64>,
    ) -> Result<Option<ResourceVersion>, RecordError> {
        let key = key.clone();
        self.read(permit, move |reader, permit| {
            reader.resource(permit, &key, version)
        })
        .await
    }

    async fn history(
        &self,
        permit: &Permit,
        key: &ResourceKey,
    ) -> Result<Vec<ResourceVersion>, RecordError> {
        let key = key.clone();
        self.read(permit, move |reader, permit| reader.history(permit, &key))
            .await
    }

    async fn versions_about(
        &self,
        permit: &Permit,
        subject: &PatientId,
        kinds: &[&str],
    ) -> Result<Vec<Entry>, RecordError> {
        let subject = subject.clone();
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        self.read(permit, move |reader, permit| {
            reader.versions_about(permit, &subject, &kinds)
        })
        .await
    }

    async fn as_of(
        &self,
        permit: &Permit,
        kind: &str,
        at: Timestamp,
    ) -> Result<Vec<ResourceVersion>, RecordError> {
        let kind = kind.to_owned();
        self.read(permit, move |reader, permit| {
            reader.as_of(permit, &kind, at)
        })
        .await
    }

    async fn changed_since(
        &self,
        permit: &Permit,
        kind: &str,
        from: u64,
    ) -> Result<Vec<ResourceVersion>, RecordError> {
        let kind = kind.to_owned();
        self.read(permit, move |reader, permit| {
            reader.changed_since(permit, &kind, from)
        })
        .await
    }

    async fn search(
        &self,
        permit: &Permit,
        query: &ResourceQuery,
    ) -> Result<Page<ResourceVersion>, RecordError> {
        let query = query.clone();
        self.read(permit, move |reader, permit| reader.search(permit, &query))
            .await
    }

    async fn imaging(
        &self,
        permit: &Permit,
        query: &ImagingQuery,
    ) -> Result<Page<ImagingRow>, RecordError> {
        let query = query.clone();
        self.read(permit, move |reader, permit| {
            Ok(imaging_query::run(reader, &query, scope(permit))?)
        })
        .await
    }

    async fn series_instances(
        &self,
        permit: &Permit,
        series: &Uid,
    ) -> Result<Vec<Instance>, RecordError> {
        let series = series.clone();
        self.read(permit, move |reader, permit| {
            reader.series_instances(permit, &series)
        })
        .await
    }

    async fn instance(&self, permit: &Permit, sop: &Uid) -> Result<Option<Instance>, RecordError> {
        let sop = sop.clone();
        self.read(permit, move |reader, permit| reader.instance(permit, &sop))
            .await
    }

    async fn object(
        &self,
        permit: &Permit,
        instance: &Instance,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, RecordError> {
        let (sop, digest) = (instance.sop.clone(), instance.digest);
        self.read(permit, move |reader, permit| {
            reader.object(permit, &sop, &digest, range)
        })
        .await
    }

    async fn stored(
        &self,
        permit: &Permit,
        study: &Uid,
        series: Option<&Uid>,
        instance: Option<&Uid>,
    ) -> Result<Vec<StoredObject>, RecordError> {
        let sql = imaging_query::stored(study, series, instance);
        self.read(permit, move |reader, permit| reader.stored(permit, &sql))
            .await
    }

    async fn bytes_of(
        &self,
        permit: &Permit,
        object: &StoredObject,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, RecordError> {
        let (sop, digest) = (object.sop.clone(), object.digest);
        self.read(permit, move |reader, permit| {
            reader.object(permit, &sop, &digest, range)
        })
        .await
    }

    async fn room_acts(
        &self,
        permit: &Permit,
        room: &RoomId,
        patient: Option<&PatientId>,
        from: u64,
    ) -> Result<Vec<RoomAct>, RecordError> {
        let (room, patient) = (room.clone(), patient.cloned());
        self.read(permit, move |reader, permit| {
            reader.room_acts(permit, &room, patient.as_ref(), from)
        })
        .await
    }

    async fn room_act_sealed(
        &self,
        permit: &Permit,
        room: &RoomId,
        patient: Option<&PatientId>,
        number: u64,
    ) -> Result<Option<Sealed>, RecordError> {
        let (room, patient) = (room.clone(), patient.cloned());
        self.read(permit, move |reader, permit| {
            reader.room_act_sealed(permit, &room, patient.as_ref(), number)
        })
        .await
    }

    async fn recordings(
        &self,
        permit: &Permit,
        room: Option<&RoomId>,
    ) -> Result<Vec<RecordingFound>, RecordError> {
        let room = room.cloned();
        self.read(permit, move |reader, permit| {
            reader.recordings(permit, room.as_ref())
        })
        .await
    }

    async fn recorded_chunks(
        &self,
        permit: &Permit,
        room: &RoomId,
        recording: u64,
    ) -> Result<Vec<(u64, RecordedChunk)>, RecordError> {
        let room = room.clone();
        self.read(permit, move |reader, permit| {
            reader.recorded_chunks(permit, &room, recording)
        })
        .await
    }

    async fn recorded_bytes(
        &self,
        permit: &Permit,
        room: &RoomId,
        recording: u64,
        number: u64,
    ) -> Result<Option<Bytes>, RecordError> {
        let room = room.clone();
        self.read(permit, move |reader, permit| {
            reader.recorded_bytes(permit, &room, recording, number)
        })
        .await
    }

    async fn checkpoint(&self) -> Result<Checkpoint, RecordError> {
        let signing = Arc::clone(&self.signing);
        self.readers
            .read(move |reader| {
                let size = index::applied(reader.connection)?.size;
                let root = ledger::root(size, &IndexNodes(reader.connection))
                    .map_err(StorageError::from)?;
                Ok(signing.checkpoint(size, root)?)
            })
            .await
    }

    async fn inclusion(
        &self,
        sequence: u64,
        size: u64,
    ) -> Result<Option<InclusionProof>, RecordError> {
        if sequence >= size || size > *self.feed.borrow() {
            return Ok(None);
        }
        self.readers
            .read(move |reader| {
                let nodes = IndexNodes(reader.connection);
                let proof = ledger::prove_inclusion(sequence, size, &nodes);
                Ok(Some(proof.map_err(StorageError::from)?))
            })
            .await
    }

    async fn consistency(
        &self,
        first: u64,
        second: u64,
    ) -> Result<Option<ConsistencyProof>, RecordError> {
        if first > second || second > *self.feed.borrow() {
            return Ok(None);
        }
        self.readers
            .read(move |reader| {
                let nodes = IndexNodes(reader.connection);
                let proof = ledger::prove_consistency(first, second, &nodes);
                Ok(Some(proof.map_err(StorageError::from)?))
            })
            .await
    }

    async fn leaves(&self, range: Range<u64>) -> Result<Vec<Digest>, RecordError> {
        self.readers
            .read(move |reader| {
                let find = || -> rusqlite::Result<Vec<Digest>> {
                    let sql = "SELECT digest FROM entries WHERE sequence >= ? AND sequence < ? ORDER BY sequence";
                    let mut statement = reader.connection.prepare_cached(sql)?;
                    let range = [to_sql(range.start), to_sql(range.end)];
                    statement.query_map(range, |row| Ok(Digest(row.get(0)?)))?.collect()
                };
                Ok(find().map_err(StorageError::from)?)
            })
            .await
    }
}
