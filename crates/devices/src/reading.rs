//! What comes out: a reading of one stream, with what a person must know before relying on it.

use serde::{Deserialize, Serialize};
use vocabulary::{Coding, Readings};

/// A reading of one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The stream of the profile.
    pub stream: String,
    /// What was measured.
    pub coding: Coding,
    /// The unit (UCUM) of all samples.
    pub unit: String,
    /// The samples.
    pub samples: Readings,
    /// What a person must know before relying on it.
    pub marks: Vec<Mark>,
    /// What was sent.
    pub raw: Raw,
}

/// What was sent, before anything was done with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Raw {
    /// The code.
    pub code: String,
    /// The unit.
    pub unit: String,
    /// The value, where it was a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The device's own time, in milliseconds since 1970, where it sent one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t_ms: Option<i64>,
    /// The measurement status, as the device sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u64>,
}

/// What a person must know before relying on a reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "mark")]
pub enum Mark {
    /// The device's clock was wrong: its time was moved.
    ClockCorrected {
        /// By so much.
        by_ms: i64,
        /// And may still be off by so much.
        doubt_ms: u64,
    },
    /// The device sent no time: that of arrival stands for it.
    ClockAbsent,
    /// The device's clock may be off by so much; its time was left as it is.
    ClockInDoubt {
        /// By so much.
        by_ms: i64,
    },
    /// The device's clock is slow by so much, as its live measurements agree; its time was left as it is.
    ClockSlow {
        /// By so much.
        by_ms: i64,
    },
    /// The device had nothing to say for so many samples: they are gaps.
    NotMeasured {
        /// How many.
        samples: u32,
    },
    /// So many samples cannot be true: they are gaps.
    OutOfRange {
        /// How many.
        samples: u32,
    },
    /// It was sent in another unit.
    Converted {
        /// Which.
        from: String,
        /// The value in that unit, where it was a single one.
        #[serde(skip_serializing_if = "Option::is_none")]
        raw: Option<f64>,
    },
    /// A later reading had come before.
    Late,
    /// Another value had come for the same time.
    Conflicting,
    /// It stands in the place of what was sent for the same time before.
    Correction,
    /// The device itself has a reservation.
    Status {
        /// As it sent it.
        bits: u64,
    },
}

impl Mark {
    /// Its short name, as counts are kept by it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ClockCorrected { .. } => "clock-corrected",
            Self::ClockAbsent => "clock-absent",
            Self::ClockInDoubt { .. } => "clock-in-doubt",
            Self::ClockSlow { .. } => "clock-slow",
            Self::NotMeasured { .. } => "not-measured",
            Self::OutOfRange { .. } => "out-of-range",
            Self::Converted { .. } => "converted",
            Self::Late => "late",
            Self::Conflicting => "conflicting",
            Self::Correction => "correction",
            Self::Status { .. } => "status",
        }
    }
}
