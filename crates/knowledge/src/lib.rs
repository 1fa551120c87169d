//! Risk models and guidelines as data files, and the engine that assesses answers by them.
//!
//! A model is a TOML file in `models/` that a clinician can read: its questions, coefficients, ranges,
//! population and source. The engine knows no model. It reads the file, checks every answer against kind,
//! unit and range, and gives a probability with its trace, or names everything that is missing. Absent is
//! never zero: no answer has a default.

mod answer;
mod assess;
mod catalogue;
mod check;
mod model;
mod result;

pub use answer::{Answer, AnswerValue, Answers, Source};
pub use catalogue::{Card, CardInput, assess, card, cards, evidence, find, inputs, models};
pub use model::{
    Band, Caution, ChoiceOption, Confidence, Evidence, Input, Kind, KnowledgeError, Model, Term,
};
pub use result::{Assessment, BandFound, InputUsed, TraceTerm, Warning};
