//! Voice and picture between people in a room.
//!
//! What a browser sends by WebRTC is forwarded to the others in the same room, and to nobody else. Nothing is
//! decoded, mixed or kept. The forwarder has no socket and no clock: datagrams and the time come in, datagrams
//! and what is to be told come out; the server carries them. Who may take part is the room's affair: the server
//! lets a connection in only for somebody whom the room has seated, and takes it out when they leave it.
//!
//! A client offers one section for each source that it may send, and so many empty ones as it wants to hear and
//! see at once. Who speaks is laid into these by turns, so that nothing is negotiated again when people come,
//! go or speak.
//!
//! Beside that a client may have a line for poses: datagrams that carry the room's own frames, where they need not
//! all arrive.

mod budget;
mod clock;
mod connection;
mod forwarder;
pub mod limits;
mod poses;
mod slots;
mod track;
mod turn;

pub use connection::{JoinError, Offer};
pub use forwarder::{Attendance, Datagram, Forwarder, Heard, Told};
pub use track::{Spoken, Track, track};
pub use turn::{Relay, RelayPass};
