//! What devices send: profiles as data, numbers and codes of ISO/IEEE 11073, payloads to typed readings.
//!
//! Pure: bytes and the time of their arrival in, readings or a reason out. Nothing here knows MQTT, a socket or
//! the record. A number that comes out has the unit of its stream, was converted at most once, and keeps what
//! was sent beside it.

mod catalogue;
mod clock;
mod intake;
mod nomenclature;
mod number;
mod package;
mod payload;
mod profile;
mod reading;
mod refusal;
mod rollout;
mod state;
mod unit;

pub use catalogue::{OwnProfile, ProfileError, Profiles, SHIPPED_PROFILES};
pub use clock::DeviceClock;
pub use intake::{Intake, Remembered, Said, Taken, together};
pub use nomenclature::{CodeError, ContextFree, LOINC, MDC, OWN, Partition, is_loinc, same_code};
pub use number::{Float, Number, SFloat};
pub use package::{Contents, MOST_NOTE, MOST_PACKAGE, Manifest, Package, PackageError, is_newer};
pub use payload::{MOST_BYTES, MOST_SAMPLES};
pub use profile::{Clock, Group, Profile, Sampling, Stream, StreamCode};
pub use reading::{Mark, Raw, Reading};
pub use refusal::Refusal;
pub use rollout::{
    Candidate, MOST_DEVICES, Member, MemberStanding, Order, Plan, Rollout, RolloutError, Seen,
    Stage, Standing, Step, StepKind,
};
pub use state::{Acknowledgement, Answer, Battery, SelfCheck, State};
