use serde::{Deserialize, Serialize};
use vocabulary::{Digest, PatientId, RoomId, Timestamp};

use crate::PurgedObject;

/// A part of a recording of a room: what was seen and heard there for some seconds, in the words of crate
/// `room`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedChunk {
    /// The room.
    pub room: RoomId,
    /// The recording: the number of the room's act that asked for it.
    pub recording: u64,
    /// Counts from 0 within the recording, without gaps.
    pub number: u64,
    /// When the recording began.
    pub started: Timestamp,
    /// What it begins with, in milliseconds since the recording began.
    pub from_ms: u32,
    /// What it ends with, in milliseconds since the recording began.
    pub to_ms: u32,
    /// The seats of those who are heard in it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub speakers: Vec<u16>,
    /// Digest of its bytes.
    pub digest: Digest,
    /// How many bytes these are.
    pub size: u64,
}

/// The end of a recording: what it consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRecording {
    /// The room.
    pub room: RoomId,
    /// The recording.
    pub recording: u64,
    /// When the recording began.
    pub started: Timestamp,
    /// How long it is, in milliseconds.
    pub duration_ms: u32,
    /// Why it ended, in the words of crate `room`.
    pub why: String,
    /// Packets of voices that could not be taken in.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub lost_packets: u64,
    /// The digests of its chunks, in order.
    pub chunks: Vec<Digest>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "this is how serde asks it"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A recording whose bytes were removed for good. The entries that kept and sealed it stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedRecording {
    /// The room.
    pub room: RoomId,
    /// The recording.
    pub recording: u64,
    /// Why, in the words of the one who did it.
    pub reason: String,
    /// What was removed.
    pub objects: Vec<PurgedObject>,
}

/// A recording as it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingFound {
    /// The room.
    pub room: RoomId,
    /// The recording.
    pub recording: u64,
    /// Whom it is about.
    pub subject: Option<PatientId>,
    /// When it began.
    pub started: Timestamp,
    /// How long it is so far, in milliseconds.
    pub duration_ms: u32,
    /// How many chunks it has.
    pub chunks: u64,
    /// How many bytes these are.
    pub bytes: u64,
    /// The journal entry that sealed it; `None` while it goes on, or where a crash has ended it.
    pub sealed: Option<u64>,
    /// The journal entry that removed its bytes.
    pub erased: Option<u64>,
}
