//! Days and months: when the scan was, and when something is due.

use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};
use twin::{PatientTwin, demographics};
use vocabulary::Timestamp;

/// The day of a time, in UTC as everywhere in the record.
pub fn day_of(time: Timestamp) -> Date {
    jiff::Timestamp::from_millisecond(time.0)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
}

/// The first moment of a day.
pub fn start_of(day: Date) -> Timestamp {
    let start = day.to_zoned(jiff::tz::TimeZone::UTC);
    Timestamp(start.map_or(0, |zoned| zoned.timestamp().as_millisecond()))
}

/// The day so many months later; the last of the month where that has fewer days.
pub fn months_after(day: Date, months: u16) -> Date {
    day.saturating_add(Span::new().months(i32::from(months)))
}

/// The day from which a guideline counts its months, and what it is the day of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub day: Date,
    pub of: OriginOf,
}

/// What the day is the day of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginOf {
    /// The newest CT.
    Scan,
    /// The record knows no CT: the day on which the machine was asked.
    Assessment,
}

/// The day of the newest CT, else that of the assessment.
pub fn origin(twin: Option<&PatientTwin>, assessed_at: Timestamp) -> Origin {
    let scans = twin.iter().flat_map(|twin| &twin.studies);
    let newest = scans
        .filter(|study| study.modality.contains("CT"))
        .filter_map(|study| demographics::day(&study.date))
        .max();
    match newest {
        Some(day) => Origin {
            day,
            of: OriginOf::Scan,
        },
        None => Origin {
            day: day_of(assessed_at),
            of: OriginOf::Assessment,
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_are_calendar_months() {
        assert_eq!(months_after(date(2026, 8, 31), 6), date(2027, 2, 28));
        assert_eq!(months_after(date(2026, 11, 26), 3), date(2027, 2, 26));
        assert_eq!(months_after(date(2026, 11, 26), 0), date(2026, 11, 26));
    }

    #[test]
    fn a_day_and_its_first_moment_agree() {
        let day = day_of(Timestamp(1_790_000_000_000));
        assert_eq!(day_of(start_of(day)), day);
        assert!(day_of(Timestamp(start_of(day).0 - 1)) < day);
    }
}
