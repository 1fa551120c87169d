//! The twin of a patient: what the record knows, each with its source, and what it does not know.
//!
//! Pure: facts and the time come in, a value comes out. What the record does not say stays unknown, with
//! the reason; it never becomes a no or a zero.

mod answers;
pub mod demographics;
mod findings;
mod followed;
mod imaging;
mod patient;
mod smoking;
pub mod timeline;

pub use answers::{Certainty, KnownAnswer, TwinAnswer, UnknownAnswer};
pub use findings::Finding;
pub use followed::{FollowedLesion, LesionChange, SeenLesion};
pub use imaging::{Lesion, Series, Study};
pub use patient::{Facts, PatientTwin};
pub use timeline::{History, Timeline, View};
