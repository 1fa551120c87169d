//! Recorded signals. Pure: bytes in, values out.

mod annotations;
mod deidentify;
mod header;

pub use deidentify::{Options, SignalError, deidentify};
