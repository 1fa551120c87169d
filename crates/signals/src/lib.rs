//! Recorded signals. Pure: bytes in, values out.

mod annotations;
pub mod cpap;
mod deidentify;
pub mod ecg;
mod edf;
mod header;
mod measure;
pub mod oximetry;
pub mod spirometry;
mod thin;
mod trace;
mod wfdb;

pub use deidentify::{Options, SignalError, deidentify};
pub use edf::{Annotation, Continuity, Cut, Edf, EdfSignal};
pub use measure::{Found, Heart, Recording, SignalFacts, measure, measure_wfdb};
pub use thin::{Thin, saturation_only};
pub use trace::{Run, Trace, quantile};
pub use wfdb::{Mark, WfdbError, WfdbRecord, read_marks};
