//! The words every other crate speaks.
//!
//! Nothing here reads a clock, a socket or a disk, and nothing here knows a wire format.
//! Identifiers are checked when they are made, so a value that exists is well formed.

mod assessed;
mod coding;
mod digest;
mod id;
mod place;
mod readings;
mod text;
mod time;

pub use assessed::{Assessed, Missing};
pub use coding::{Coding, Quantity};
pub use digest::Digest;
pub use id::{ActorId, DeviceId, IdError, PatientId, ProjectId, RoomId, Uid};
pub use place::Place;
pub use readings::Readings;
pub use text::{Language, Text};
pub use time::Timestamp;
