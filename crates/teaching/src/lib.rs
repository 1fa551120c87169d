//! A case for a teaching round: what is shown of a patient without saying who it is, what is asked, and how an
//! answer scores.
//!
//! Pure. Nothing that a person has written goes into a case: numbers, yes, no and choices of lists only, under
//! names that are ours. What may be said is listed; what is not listed is left out.

mod facts;
mod question;
mod score;

pub use facts::{CaseFacts, Known, Measured, facts};
pub use question::{AnswerKind, Choice, Hidden, Posed, Question, questions};
pub use score::{Attempt, Given, Judged, Score, score};
