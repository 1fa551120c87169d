//! How decisions compare: probabilities with what came of them ([`calibration`]), deciders with each other
//! ([`agreement`]), and a process with itself over time ([`chart`], [`cusum`]).
//!
//! Everything here is counting. No number of it says what is good care; how few cases are too few to speak
//! of, and how far is too far, are settings that the caller names and shows.

pub mod agreement;
pub mod calibration;
pub mod chart;
pub mod cusum;
mod interval;

pub use interval::{Interval, proportion};
