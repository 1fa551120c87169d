use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::{ActorId, Digest, PatientId, RoomId, Timestamp, Uid};

use crate::{
    ErasedRecording, PurgedSignals, RecordedChunk, SealedRecording, SealedSignals, SignalKind,
    SignalPart,
};

/// The type and logical id of a FHIR resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceKey {
    /// The resource type, such as `Patient`.
    pub kind: String,
    /// The logical id.
    pub id: String,
}

/// Whether resources of a type that are about no patient tell who asked for what, or who agreed to what, and so who came
/// into a room under a pseudonym: they are for the hospital's programs only.
pub fn tells_of_accounts(kind: &str) -> bool {
    matches!(kind, "AuditEvent" | "Consent")
}

/// One version of a FHIR resource. `body` carries the same id, version and time in `meta`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceVersion {
    /// Type and id.
    pub key: ResourceKey,
    /// Counts from 1.
    pub version: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// Whom it is about.
    pub subject: Option<PatientId>,
    /// The resource; `None` where this version says that it was deleted.
    pub body: Option<Value>,
    /// The journal entry that holds it.
    pub sequence: u64,
}

/// A stored DICOM object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Whom it shows.
    pub subject: PatientId,
    /// Study instance UID.
    pub study: Uid,
    /// Series instance UID.
    pub series: Uid,
    /// SOP instance UID.
    pub sop: Uid,
    /// SOP class UID.
    pub class: Uid,
    /// Transfer syntax UID of the stored bytes.
    pub transfer_syntax: Uid,
    /// Digest of the stored bytes (a whole DICOM file, with preamble and file meta group).
    pub digest: Digest,
    /// Number of stored bytes.
    pub size: u64,
    /// Attributes to find it by, as a DICOM JSON object (PS3.18 annex F), without bulk data.
    pub attributes: Value,
    /// The journal entry that holds it; 0 until committed.
    #[serde(default)]
    pub sequence: u64,
}

/// Stored objects of one patient: a study, one of its series, or one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Images {
    /// Whom they show.
    pub subject: PatientId,
    /// Study instance UID.
    pub study: Uid,
    /// Only this series of the study.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub series: Option<Uid>,
    /// Only this instance of the series.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instance: Option<Uid>,
}

/// One object that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedObject {
    /// SOP instance UID.
    pub sop: Uid,
    /// Digest of its bytes.
    pub digest: Digest,
    /// The journal entry that stored it.
    pub sequence: u64,
}

/// Objects that are found and given out no more. The entries that stored them stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedImages {
    /// What was to be deleted.
    pub images: Images,
    /// Why, in the words of the one who did it.
    pub reason: String,
    /// The objects that this concerned.
    pub objects: Vec<DeletedObject>,
}

/// The bytes of one object that are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgedObject {
    /// Digest of what they were.
    pub digest: Digest,
    /// How many they were.
    pub size: u64,
}

/// Bytes of deleted objects that were removed for good. The entries that stored and deleted them stay, and
/// say whom they showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgedImages {
    /// All of them were deleted before this.
    pub deleted_before: Timestamp,
    /// The objects.
    pub objects: Vec<PurgedObject>,
}

/// Something that was done in a room and counts: placing, measuring, deciding. Poses are not acts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomAct {
    /// The room.
    pub room: RoomId,
    /// Counts from 0 within the room, without gaps.
    pub number: u64,
    /// Who did it.
    pub actor: ActorId,
    /// When it was accepted.
    pub at: Timestamp,
    /// What was done, in the words of crate `room`.
    pub act: Value,
}

/// What a fact says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactBody {
    /// A resource was created, updated or deleted (`body` is `None`).
    Resource {
        /// Type and id.
        key: ResourceKey,
        /// Counts from 1.
        version: u64,
        /// The resource.
        body: Option<Value>,
    },
    /// A DICOM object was stored.
    Instance(Instance),
    /// Something was done in a room.
    RoomAct(RoomAct),
    /// DICOM objects were deleted.
    DeletedImages(DeletedImages),
    /// The bytes of deleted objects were removed.
    PurgedImages(PurgedImages),
    /// Readings of devices were sealed into a chunk.
    SealedSignals(Box<SealedSignals>),
    /// Parts of sealed chunks were removed.
    PurgedSignals(PurgedSignals),
    /// A part of a recording of a room was kept.
    RecordedChunk(RecordedChunk),
    /// A recording of a room is whole, or all that there will be of it.
    SealedRecording(SealedRecording),
    /// The bytes of a recording of a room were removed.
    ErasedRecording(ErasedRecording),
}

/// A fact as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Whom it is about, if anyone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<PatientId>,
    /// What it says.
    pub body: FactBody,
}

/// One line of the journal. Its JSON bytes, as written, are what the ledger proves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the journal, from 0.
    pub sequence: u64,
    /// When it was committed, by the server's clock.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: ActorId,
    /// 16 random bytes in hexadecimal, so that the leaf's digest tells nothing about the content.
    pub salt: String,
    /// The fact.
    pub fact: Fact,
}

/// A fact to be committed; the record assigns versions, times and positions.
#[derive(Clone, Debug)]
pub enum NewFact {
    /// Creates or updates a resource. The record sets `meta.versionId` and `meta.lastUpdated`.
    PutResource {
        /// Type and id.
        key: ResourceKey,
        /// Whom it is about.
        subject: Option<PatientId>,
        /// The resource.
        body: Value,
    },
    /// Deletes a resource. Its versions stay.
    DeleteResource {
        /// Type and id.
        key: ResourceKey,
    },
    /// Stores a DICOM object. One that is there already, with the same bytes, is acknowledged again
    /// without a new entry.
    StoreInstance {
        /// Its description.
        instance: Box<Instance>,
        /// Its bytes.
        bytes: Bytes,
    },
    /// Deletes DICOM objects: they are found no more, while the entries that stored them, and their bytes,
    /// stay. An object that is stored again afterwards is a new one.
    DeleteImages {
        /// Which.
        images: Images,
        /// Why.
        reason: String,
        /// All of them must have been stored before this; else none is deleted.
        stored_before: Timestamp,
    },
    /// Removes the bytes of objects that were deleted long enough ago and that nothing else keeps. There must
    /// be some. Once it is acknowledged they are gone.
    PurgeImages {
        /// Only those that were deleted before this.
        deleted_before: Timestamp,
        /// At most this many, the longest deleted first.
        most: usize,
    },
    /// Seals readings of devices. `number` must be the series' next.
    SealSignals {
        /// The chunk; the record sets the digests and sizes.
        sealed: Box<SealedSignals>,
        /// Its readings, compressed.
        readings: Bytes,
        /// Its roll-up.
        rollup: Bytes,
    },
    /// Removes a part of those chunks whose readings are all old enough. There must be some. Once it is
    /// acknowledged their bytes are gone.
    PurgeSignals {
        /// Which part.
        part: SignalPart,
        /// Of which series.
        of: SignalKind,
        /// Only chunks whose last reading is from before this.
        ended_before: Timestamp,
        /// At most this many, the oldest first.
        most: usize,
    },
    /// Keeps a part of a recording of a room. `number` must be the recording's next, and it must not be sealed.
    RecordChunk {
        /// What it is; the record sets digest and size.
        chunk: RecordedChunk,
        /// The patient met in the room.
        subject: Option<PatientId>,
        /// Its bytes.
        bytes: Bytes,
    },
    /// Ends a recording of a room: nothing is added to it any more. The record sets the digests.
    SealRecording {
        /// The recording.
        sealed: SealedRecording,
        /// The patient met in the room.
        subject: Option<PatientId>,
    },
    /// Removes the bytes of a recording that is sealed. Once it is acknowledged they are gone.
    EraseRecording {
        /// The room.
        room: RoomId,
        /// The recording.
        recording: u64,
        /// Why, in the words of the one who did it.
        reason: String,
    },
    /// Keeps an act of a room. `number` must be the room's next.
    RoomAct {
        /// The act.
        act: RoomAct,
        /// The patient met in the room.
        subject: Option<PatientId>,
    },
}

/// What must hold for a fact to be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Always.
    None,
    /// The resource's current version is this one; 0 means that there is none.
    Version(u64),
}

/// Facts that are committed together.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Who causes them.
    pub actor: ActorId,
    /// The facts, each with its precondition.
    pub facts: Vec<(NewFact, Precondition)>,
}

/// What the record answers for each committed fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Position in the journal.
    pub sequence: u64,
    /// Digest of the entry's bytes: the ledger's leaf.
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
    /// The resource's version, or 1.
    pub version: u64,
}
