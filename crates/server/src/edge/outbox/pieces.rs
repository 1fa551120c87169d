//! What goes out: readings, steps of alarms, what people wrote down. Each kind has a door of its own at the cloud.

use anyhow::Result;
use record::Arrived;
use serde::de::DeserializeOwned;

use crate::ward::{Told, Written};

/// As how many readings an alarm, or what somebody wrote down, counts in what goes out at once: an alarm has its samples
/// and its steps.
pub const STEP_WEIGHS: usize = 20;

/// What goes out at once.
#[derive(Debug)]
pub struct Batch {
    /// Its rows.
    pub rows: Vec<i64>,
    /// What it is, in its order.
    pub what: What,
    /// Readings that stay in its only row, since these were too many to go out at once.
    pub rest: Vec<Arrived>,
    /// Whether it cannot be made smaller: it is one piece.
    pub is_least: bool,
}

/// Of one kind, so that each door of the cloud gets its own.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Readings.
    Readings(Vec<Arrived>),
    /// Versions of alarms.
    Alarms(Vec<Told>),
    /// What people wrote down.
    Written(Vec<Written>),
}

/// What is told of an entry of the journal.
#[derive(Debug)]
pub enum Step {
    /// A version of an alarm.
    Alarm(Box<Told>),
    /// What somebody wrote down.
    Written(Written),
}

/// What a row of the outbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Readings.
    Readings,
    /// A step of an alarm.
    Alarm,
    /// What somebody wrote down.
    Written,
}

/// A row of the outbox as it lies there.
#[derive(Debug)]
pub struct Row {
    /// Its place in the order of all.
    pub sequence: i64,
    /// What it holds.
    pub kind: Kind,
    /// That, packed.
    pub body: Vec<u8>,
}

impl Batch {
    /// What rows of one kind hold; nothing where there are none. Of a single row with more readings than may go out at
    /// once, some stay there.
    pub fn of(rows: &[Row], most: usize) -> Result<Option<Self>> {
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let mut rest = Vec::new();
        let what = match first.kind {
            Kind::Readings => {
                let mut all: Vec<Arrived> = unpacked(rows)?;
                if rows.len() == 1 {
                    rest = all.split_off(fitting(&all, most));
                }
                What::Readings(all)
            }
            Kind::Alarm => What::Alarms(unpacked(rows)?),
            Kind::Written => What::Written(unpacked(rows)?),
        };
        Ok(Some(Self {
            rows: rows.iter().map(|row| row.sequence).collect(),
            is_least: what.len() == 1,
            what,
            rest,
        }))
    }
}

fn unpacked<T: DeserializeOwned>(rows: &[Row]) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for row in rows {
        let pieces: Vec<T> = serde_json::from_slice(&zstd::decode_all(&*row.body)?)?;
        all.extend(pieces);
    }
    Ok(all)
}

/// How many pieces, from the first on, have about so many readings.
fn fitting(all: &[Arrived], most: usize) -> usize {
    let mut count = 0;
    let fit = all.iter().take_while(|one| {
        let has_room = count < most;
        count += one.readings.count().max(1);
        has_room
    });
    fit.count()
}

impl What {
    /// How many readings these are; an alarm is none.
    pub fn readings(&self) -> i64 {
        match self {
            Self::Readings(all) => all.iter().map(readings_of).sum(),
            Self::Alarms(_) | Self::Written(_) => 0,
        }
    }

    /// The piece at a place, as it is kept aside, and how many readings it has.
    pub fn piece(&self, index: usize) -> Option<(Result<Vec<u8>, serde_json::Error>, i64)> {
        match self {
            Self::Readings(all) => {
                let one = all.get(index)?;
                Some((serde_json::to_vec(one), readings_of(one)))
            }
            Self::Alarms(all) => Some((serde_json::to_vec(all.get(index)?), 0)),
            Self::Written(all) => Some((serde_json::to_vec(all.get(index)?), 0)),
        }
    }

    /// How many pieces it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Readings(all) => all.len(),
            Self::Alarms(all) => all.len(),
            Self::Written(all) => all.len(),
        }
    }

    /// It as the cloud reads it.
    pub fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Readings(all) => serde_json::to_vec(all),
            Self::Alarms(all) => serde_json::to_vec(all),
            Self::Written(all) => serde_json::to_vec(all),
        }
    }
}

fn readings_of(arrived: &Arrived) -> i64 {
    i64::try_from(arrived.readings.count()).unwrap_or(0)
}

/// What a piece is that was put aside: how many readings, whether a step of an alarm, whether it was written down.
pub fn kind_of(piece: &[u8]) -> Option<(i64, bool, bool)> {
    if let Ok(arrived) = serde_json::from_slice::<Arrived>(piece) {
        return Some((readings_of(&arrived), false, false));
    }
    let is_alarm = serde_json::from_slice::<Told>(piece).is_ok();
    let is_written = !is_alarm && serde_json::from_slice::<Written>(piece).is_ok();
    (is_alarm || is_written).then_some((0, is_alarm, is_written))
}
