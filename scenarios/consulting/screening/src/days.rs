//! Days and months: when the scan was, and when something is due.

use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};
use twin::{PatientTwin, demographics};

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
pub fn origin(twin: Option<&PatientTwin>, assessed_on: Date) -> Origin {
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
            day: assessed_on,
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
}
