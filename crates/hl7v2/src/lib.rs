//! HL7 v2 from devices: frames of MLLP, unsolicited results (ORU^R01) as measured values, acknowledgements.
//!
//! Pure: bytes in, values or a reason out. Whose values these are, whether they can be true and where they are kept
//! is for the caller; nothing here guesses a unit, a time or a patient.

mod acknowledgement;
mod file;
mod frame;
mod header;
mod moment;
mod results;

pub use acknowledgement::{Answer, Fault, acknowledge};
pub use file::messages;
pub use frame::{Frames, TooLong, framed};
pub use header::{Header, Sender};
pub use moment::Offset;
pub use results::{Identifier, LeftOut, Measured, Results, Standing};

/// Why a message is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// Where in the message, as ERR-2 has it: such as `OBX^2^6`.
    pub place: String,
    /// What kind of fault, by table 0357.
    pub fault: Fault,
    /// For people, as a fragment that completes "could not …".
    pub text: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(place: impl Into<String>, fault: Fault, text: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            fault,
            text: text.into(),
        }
    }
}
