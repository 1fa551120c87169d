//! When something is due, and how faithfully it was done.

use jiff::{
    Span,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::Serialize;
use vocabulary::Timestamp;

/// Periods that are looked back on.
pub const PERIODS: i64 = 30;

/// Whether it is time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    Planned,
    Now,
    Overdue,
}

/// When the next report is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NextReport {
    pub day: Date,
    pub due: Due,
}

/// The day and hour of a time where the patients live.
pub fn at_home(time: Timestamp, zone: &TimeZone) -> DateTime {
    let instant = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    zone.to_datetime(instant)
}

/// So many days later.
pub fn days_after(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

/// The days from one day to another.
pub fn days_between(from: Date, until: Date) -> i64 {
    i64::from((until - from).get_days())
}

/// The next report is due so many days after the last one; the first on the day of enrolment.
pub fn next_report(opened: Date, last: Option<Date>, every_days: i64, today: Date) -> NextReport {
    let day = last.map_or(opened, |last| days_after(last, every_days));
    let due = match today.cmp(&day) {
        std::cmp::Ordering::Less => Due::Planned,
        std::cmp::Ordering::Equal => Due::Now,
        std::cmp::Ordering::Greater => Due::Overdue,
    };
    NextReport { day, due }
}

/// A period of the schedule: from one day to the next that is due, the latter not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    pub from: Date,
    pub reports: usize,
    /// Whether it goes on: what is not reported may still be.
    pub goes_on: bool,
}

/// The latest periods since enrolment, the oldest first, with the reports that lie in each.
pub fn periods(opened: Date, reports: &[Date], every_days: i64, today: Date) -> Vec<Period> {
    let every = every_days.max(1);
    let current = days_between(opened, today).max(0) / every;
    let first = (current - PERIODS + 1).max(0);
    (first..=current)
        .map(|n| {
            let from = days_after(opened, n * every);
            let until = days_after(from, every);
            let is_in = |day: &&Date| (from..until).contains(*day);
            Period {
                from,
                reports: reports.iter().filter(is_in).count(),
                goes_on: n == current,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use scenario::{day_of, start_of};

    use super::*;

    #[test]
    fn a_day_begins_where_the_patients_live() {
        let china = TimeZone::fixed(jiff::tz::offset(8));
        let midnight: Timestamp = "2026-03-08T16:00:00Z".parse().unwrap();
        let before = Timestamp(midnight.0 - 1);
        let (eighth, ninth) = (date(2026, 3, 8), date(2026, 3, 9));
        assert_eq!(day_of(before, &china), eighth);
        assert_eq!(day_of(midnight, &china), ninth);
        assert_eq!(day_of(midnight, &TimeZone::UTC), eighth);
        assert_eq!(start_of(ninth, &china), midnight);
        assert_eq!(at_home(before, &china).hour(), 23);
    }

    #[test]
    fn a_report_is_due_on_its_day_and_overdue_after_it() {
        let opened = date(2026, 3, 1);
        for (last, every, today, day, due) in [
            (None, 1, opened, opened, Due::Now),
            (None, 1, date(2026, 3, 2), opened, Due::Overdue),
            (Some(opened), 1, opened, date(2026, 3, 2), Due::Planned),
            (
                Some(opened),
                7,
                date(2026, 3, 8),
                date(2026, 3, 8),
                Due::Now,
            ),
            (
                Some(opened),
                7,
                date(2026, 3, 9),
                date(2026, 3, 8),
                Due::Overdue,
            ),
        ] {
            let next = next_report(opened, last, every, today);
            assert_eq!(next, NextReport { day, due }, "{last:?} {today}");
        }
    }

    #[test]
    fn periods_count_the_reports_that_lie_in_them() {
        let opened = date(2026, 3, 1);
        let reports = [
            date(2026, 3, 1),
            date(2026, 3, 7),
            date(2026, 3, 8),
            date(2026, 2, 28),
        ];
        let found = periods(opened, &reports, 7, date(2026, 3, 15));
        let counts: Vec<(usize, bool)> = found.iter().map(|p| (p.reports, p.goes_on)).collect();
        assert_eq!(counts, [(2, false), (1, false), (0, true)]);
        let long = periods(opened, &[], 1, date(2027, 3, 1));
        assert_eq!(long.len(), 30);
        assert_eq!(long.last().map(|p| p.from), Some(date(2027, 3, 1)));
    }
}
