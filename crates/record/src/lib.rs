//! The hospital's facts.
//!
//! Facts are committed in batches and never changed. Each becomes one [`Entry`] of the journal; the
//! entry's bytes are what the ledger proves. Everything else, such as the current version of a resource or
//! the list of a patient's studies, is an index derived from the journal and can be made again from it.
//!
//! This crate holds the words and the [`Record`] trait; `storage` keeps the promise.

mod fact;
pub mod matching;
mod query;
mod recording;
mod signals;
mod written;

use async_trait::async_trait;
use bytes::Bytes;
use ledger::{Checkpoint, ConsistencyProof, InclusionProof};
use policy::Permit;
use std::ops::Range;
use tokio::sync::watch;
use vocabulary::{Digest, PatientId, RoomId, Timestamp, Uid};

pub use fact::{
    Batch, DeletedImages, DeletedObject, Entry, Fact, FactBody, Images, Instance, NewFact,
    Precondition, PurgedImages, PurgedObject, ResourceKey, ResourceVersion, RoomAct, Sealed,
    tells_of_accounts,
};
pub use query::{
    Fields, ImagingLevel, ImagingQuery, ImagingRow, IndexTerm, Indexer, Match, Page, ResourceQuery,
    Sort, StoredObject, Term, TermValue,
};
pub use recording::{ErasedRecording, RecordedChunk, RecordingFound, SealedRecording};
pub use signals::{
    Arrived, Bucket, Gaps, LATELY, MessageId, PurgedSignals, QualityMark, Reading, ReadingPage,
    Readings, RollUp, Room, SealedSignals, SeriesId, SeriesQuery, SeriesSummary, SignalKind,
    SignalPart, SignalSeries, Signals, SpanQuery, StreamKey, Taken,
};
pub use written::{WRITTEN_BY, mark_written_by, written_by};

/// Why a record could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The permit does not cover whom the facts are about.
    #[error("the permit does not cover this patient")]
    NotPermitted,
    /// A precondition of the batch does not hold; nothing of the batch was written.
    #[error("commit fact {index} of the batch: {why}")]
    Conflict {
        /// Which fact of the batch.
        index: usize,
        /// What does not hold.
        why: &'static str,
    },
    /// There is no room for new facts. What is kept stays readable.
    #[error("keep new facts: the disk is full")]
    Full,
    /// What is on disk is not what was written.
    #[error("read the record: {0}")]
    Damaged(String),
    /// The store below failed.
    #[error("reach the record's store: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The hospital's record. What [`Record::commit`] has acknowledged is on disk.
#[async_trait]
pub trait Record: Send + Sync + 'static {
    /// Appends all facts of the batch, or none. Returns one [`Sealed`] per fact once they are durable.
    async fn commit(&self, batch: Batch) -> Result<Vec<Sealed>, RecordError>;

    /// The number of entries so far; the receiver wakes on each commit. A follower keeps a cursor and
    /// reads from it with [`Record::entries`].
    fn feed(&self) -> watch::Receiver<u64>;

    /// Entries from `from` on, at most `limit`, leaving out those that the permit does not cover.
    async fn entries(
        &self,
        permit: &Permit,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, RecordError>;

    /// The exact bytes of one entry, whose [`Digest`] is the ledger's leaf.
    async fn entry_bytes(
        &self,
        permit: &Permit,
        sequence: u64,
    ) -> Result<Option<Bytes>, RecordError>;

    /// One version of a resource, or the current one.
    async fn resource(
        &self,
        permit: &Permit,
        key: &ResourceKey,
        version: Option<u64>,
    ) -> Result<Option<ResourceVersion>, RecordError>;

    /// All versions of a resource, newest first.
    async fn history(
        &self,
        permit: &Permit,
        key: &ResourceKey,
    ) -> Result<Vec<ResourceVersion>, RecordError>;

    /// The entries of all versions of the resources of these types that are about a patient, those that were
    /// deleted included, in the order in which they were committed: who said what, and when the record came to
    /// know it.
    async fn versions_about(
        &self,
        permit: &Permit,
        subject: &PatientId,
        kinds: &[&str],
    ) -> Result<Vec<Entry>, RecordError>;

    /// The resources of a type as they were at a moment, those that were deleted since included, in the order in
    /// which these versions were committed; versions that the permit does not cover are left out.
    async fn as_of(
        &self,
        permit: &Permit,
        kind: &str,
        at: Timestamp,
    ) -> Result<Vec<ResourceVersion>, RecordError>;

    /// The resources of a type as they are now of which a version was committed with entry `from` or later, those that
    /// were deleted included, in the order of these versions; those that the permit does not cover are left out.
    async fn changed_since(
        &self,
        permit: &Permit,
        kind: &str,
        from: u64,
    ) -> Result<Vec<ResourceVersion>, RecordError>;

    /// Current resources that match.
    async fn search(
        &self,
        permit: &Permit,
        query: &ResourceQuery,
    ) -> Result<Page<ResourceVersion>, RecordError>;

    /// Studies, series or instances that match. Where far more match than the page holds, the total may be
    /// the number up to which they were counted: it never is below what a next page would show.
    async fn imaging(
        &self,
        permit: &Permit,
        query: &ImagingQuery,
    ) -> Result<Page<ImagingRow>, RecordError>;

    /// The instances of a series, in the order they were stored.
    async fn series_instances(
        &self,
        permit: &Permit,
        series: &Uid,
    ) -> Result<Vec<Instance>, RecordError>;

    /// One instance by its SOP instance UID.
    async fn instance(&self, permit: &Permit, sop: &Uid) -> Result<Option<Instance>, RecordError>;

    /// The bytes of a stored object, or a range of them.
    async fn object(
        &self,
        permit: &Permit,
        instance: &Instance,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, RecordError>;

    /// The stored objects of a study, one of its series, or one instance, in the order they were stored.
    /// Costs less than [`Record::instance`]: no journal entry is read.
    async fn stored(
        &self,
        permit: &Permit,
        study: &Uid,
        series: Option<&Uid>,
        instance: Option<&Uid>,
    ) -> Result<Vec<StoredObject>, RecordError>;

    /// The bytes of a stored object, or a range of them; only these are read from the disk. An object that
    /// was deleted meanwhile is not permitted any more.
    async fn bytes_of(
        &self,
        permit: &Permit,
        object: &StoredObject,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, RecordError>;

    /// The acts of a room from number `from` on, in order.
    async fn room_acts(
        &self,
        permit: &Permit,
        room: &RoomId,
        patient: Option<&PatientId>,
        from: u64,
    ) -> Result<Vec<RoomAct>, RecordError>;

    /// What the ledger has of one act of a room; `None` where there is no such act.
    async fn room_act_sealed(
        &self,
        permit: &Permit,
        room: &RoomId,
        patient: Option<&PatientId>,
        number: u64,
    ) -> Result<Option<Sealed>, RecordError>;

    /// The recordings of a room, oldest first; those of all rooms that the permit covers where none is named.
    async fn recordings(
        &self,
        permit: &Permit,
        room: Option<&RoomId>,
    ) -> Result<Vec<RecordingFound>, RecordError>;

    /// The chunks of a recording in order, each with the journal entry that keeps it.
    async fn recorded_chunks(
        &self,
        permit: &Permit,
        room: &RoomId,
        recording: u64,
    ) -> Result<Vec<(u64, RecordedChunk)>, RecordError>;

    /// The bytes of one chunk; `None` where there is none, or its bytes were removed.
    async fn recorded_bytes(
        &self,
        permit: &Permit,
        room: &RoomId,
        recording: u64,
        number: u64,
    ) -> Result<Option<Bytes>, RecordError>;

    /// The newest signed checkpoint over all entries acknowledged so far.
    async fn checkpoint(&self) -> Result<Checkpoint, RecordError>;

    /// Proof that entry `sequence` is in the tree of `size` entries.
    async fn inclusion(
        &self,
        sequence: u64,
        size: u64,
    ) -> Result<Option<InclusionProof>, RecordError>;

    /// Proof that the tree of `first` entries is a prefix of the tree of `second`.
    async fn consistency(
        &self,
        first: u64,
        second: u64,
    ) -> Result<Option<ConsistencyProof>, RecordError>;

    /// The leaf digests `range`, for tiles and full verification.
    async fn leaves(&self, range: Range<u64>) -> Result<Vec<Digest>, RecordError>;
}
