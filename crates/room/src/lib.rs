//! A room where people meet around twins.
//!
//! The room decides: clients ask by *acts*, and hear of *events* or a refusal. It is pure: bytes, facts and
//! the time come in, bytes and facts go out. An act is first accepted (`staged`), then written to the
//! record by the server, and only then seen by anyone; see [`Room`].
//!
//! One round of the server, for each room, 20 times a second:
//!
//! ```
//! # use room::{Room, KeptAct, Seat};
//! # use vocabulary::Timestamp;
//! # fn write_to_record(_: &[KeptAct]) -> Result<(), ()> { Ok(()) }
//! # fn send(_: Seat, _: Vec<u8>) {}
//! # fn round(room: &mut Room, now: Timestamp) {
//! let unkept = room.take_unkept();
//! if let Some(last) = unkept.last() {
//!     match write_to_record(&unkept) {
//!         Ok(()) => room.kept(last.number),
//!         Err(_) => room.lost().into_iter().for_each(|(seat, frame)| send(seat, frame)),
//!     }
//! }
//! let tick = room.tick(now);
//! for parcel in room.take_parcels() {
//!     send(parcel.seat, parcel.frame);
//! }
//! for (seat, packet) in tick.packets() {
//!     send(seat, packet);
//! }
//! # }
//! ```

mod act;
mod checkpoint;
mod chunk;
mod entity;
mod hand;
mod judge;
mod lead;
pub mod limits;
mod order;
mod pace;
mod pose;
mod recording;
mod refusal;
pub mod requests;
mod room;
mod sanction;
mod seat;
mod stay;
mod tick;
mod voice;
pub mod wire;
mod world;

pub use act::{
    Act, ActKind, AnnotationPatch, BoardPatch, Change, Deed, Event, HologramPatch, KeptAct,
    MeasurePatch, NewEntity, NewMeasure, PagePatch, Patch, Pictured,
};
pub use checkpoint::Checkpoint;
pub use chunk::{Chunk, ChunkHead, ChunkWriter, Moment};
pub use entity::{
    Annotation, Board, BoardNote, Bounds, CropBox, Entity, EntityId, Hologram, Ink, Landmark,
    Layer, Line, Locked, Measure, MeasureKind, Mode, NoduleSeed, Page, Placed, Plane, Probe,
    Stroke, Transform, Window,
};
pub use hand::{Fingers, Hand};
pub use lead::{Leading, View};
pub use order::{AtDoor, Did, Door, Knocking, Order, Ordered, Standing, Threshold};
pub use pace::Pace;
pub use pose::{Held, Placement, Pointer, Pose};
pub use recording::{
    Agreement, Recording, RecordingNow, RecordingState, RecordingStep, StopReason,
};
pub use refusal::{Farewell, Refusal};
pub use room::{Joined, OpenError, Parcel, Reply, Room};
pub use sanction::{Answer, Appeal, Grade, Sanction, SanctionHistory};
pub use seat::{Licence, Person, Seat};
pub use stay::{Spent, Stay, Stays};
pub use tick::{Tick, Wants};
pub use voice::{Sending, Showing, Slot, Source, Voice};
pub use wire::ResumeToken;
pub use world::World;
