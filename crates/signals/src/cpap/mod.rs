//! The card of a therapy device: nights of positive airway pressure.
//!
//! A card of `ResMed` holds `Identification.tgt`, a file of daily statistics (`STR.edf`) and a folder `DATALOG` with
//! one folder a night: flow and pressure (`…_BRP.edf`), leak and breathing (`…_PLD.edf`), oximetry (`…_SAD.edf`)
//! of each session, scored events (`…_EVE.edf`). A night is named after the day on which it begins; days begin at
//! noon. What the machine counted itself is kept beside what is found in the signals, never in its place.

mod card;
mod machine;
mod night;

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
};
use serde::{Deserialize, Serialize};

use crate::{
    Cut,
    oximetry::{Desaturation, Oximetry},
};

pub use card::Card;
pub use machine::MachineDay;

/// A file of the card: its path below the card's folder, and its bytes.
pub type File = (String, Vec<u8>);

/// A file that was not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unused {
    /// Its path below the card's folder.
    pub path: String,
    /// Why.
    pub why: String,
    /// Whether it could not be read; else it holds nothing.
    #[serde(skip)]
    pub is_unreadable: bool,
}

/// A file that breaks off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrokenOff {
    /// Its path below the card's folder.
    pub path: String,
    /// The night that it belongs to, where it says one.
    pub date: Option<Date>,
    /// What is not there of it.
    #[serde(flatten)]
    pub cut: Cut,
}

/// What a scored event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The airway closed.
    ObstructiveApnea,
    /// No effort was made.
    CentralApnea,
    /// An apnoea of a kind that the machine could not tell.
    Apnea,
    /// Breathing became shallow.
    Hypopnea,
    /// An arousal by breathing effort.
    Arousal,
}

impl EventKind {
    /// Whether the apnoea–hypopnoea index counts it.
    pub fn is_counted(self) -> bool {
        self != Self::Arousal
    }

    fn named(text: &str) -> Option<Self> {
        Some(match text {
            "Obstructive Apnea" => Self::ObstructiveApnea,
            "Central Apnea" => Self::CentralApnea,
            "Apnea" => Self::Apnea,
            "Hypopnea" => Self::Hypopnea,
            "Arousal" => Self::Arousal,
            _ => return None,
        })
    }
}

/// An event that the machine scored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When the machine wrote it down.
    pub at: DateTime,
    /// How long it lasted, in seconds.
    pub lasts_s: f64,
    /// What it is.
    pub kind: EventKind,
}

/// How a signal was distributed over a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Median.
    pub median: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Largest value.
    pub largest: f64,
}

/// From mask on to mask off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Session {
    /// When it began, by the machine's clock.
    pub start: DateTime,
    /// How long signals were recorded, in minutes. Machines write whole minutes: the last one is cut off.
    pub minutes: f64,
    /// Mask leak, in litres a minute.
    pub leak_l_min: Option<Spread>,
    /// Pressure at the mask, in cmH2O.
    pub mask_pressure_cmh2o: Option<Spread>,
    /// Pressure that the machine set, in cmH2O.
    pub pressure_cmh2o: Option<Spread>,
    /// Apnoeas and hypopnoeas that the machine scored in it.
    pub counted_events: usize,
}

/// A night.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Night {
    /// The day on which it began; days begin at noon.
    pub date: Date,
    /// Its sessions in order.
    pub sessions: Vec<Session>,
    /// Recorded time of all sessions, in hours.
    pub recorded_h: f64,
    /// What the machine scored; `None` where the file is not there, which is not the same as no event.
    pub events: Option<Vec<Event>>,
    /// Apnoeas and hypopnoeas an hour of recorded time; `None` without events or time.
    pub ahi: Option<f64>,
    /// Mask leak, in litres a minute.
    pub leak_l_min: Option<Spread>,
    /// Pressure at the mask, in cmH2O.
    pub mask_pressure_cmh2o: Option<Spread>,
    /// Pressure that the machine set, in cmH2O.
    pub pressure_cmh2o: Option<Spread>,
    /// Oximetry, where an oximeter was connected.
    pub oximetry: Option<Oximetry>,
    /// When each part of the oximetry began, and at which of its seconds.
    #[serde(skip)]
    pub oximetry_parts: Vec<(u64, DateTime)>,
    /// What the machine's own daily statistics say of this day.
    pub machine: Option<MachineDay>,
}

impl Night {
    /// Hours of use: the machine's own count to the minute where there is one, else the recorded time.
    pub fn usage_h(&self) -> Option<f64> {
        let counted = self.machine.as_ref().and_then(|day| day.usage_h);
        counted.or((!self.sessions.is_empty()).then_some(self.recorded_h))
    }

    /// From when to when each part of the oximetry was recorded, by the machine's clock.
    pub fn oximetry_spans(&self) -> Vec<[DateTime; 2]> {
        let whole = self.oximetry.as_ref();
        let whole_s = whole.map_or(0, |found| found.valid_s + found.artefact_s);
        let firsts = self.oximetry_parts.iter().map(|(first, _)| *first);
        let ends = firsts.skip(1).chain([whole_s]);
        let parts = self.oximetry_parts.iter().zip(ends);
        parts
            .filter_map(|((first, start), end)| {
                let lasts_s = i64::try_from(end.checked_sub(*first)?).ok()?;
                Some([*start, start.checked_add(lasts_s.seconds()).ok()?])
            })
            .collect()
    }

    /// The falls of the saturation with the times at which they began, by the machine's clock.
    pub fn falls(&self) -> Vec<(DateTime, Desaturation)> {
        let falls = self.oximetry.iter().flat_map(|found| &found.falls);
        falls
            .filter_map(|fall| {
                let mut parts = self.oximetry_parts.iter().rev();
                let (first, start) = parts.find(|(first, _)| *first <= fall.start_s)?;
                let after_s = i64::try_from(fall.start_s - first).ok()?;
                Some((start.checked_add(after_s.seconds()).ok()?, *fall))
            })
            .collect()
    }
}
