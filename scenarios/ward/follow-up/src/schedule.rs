//! When something is due, and how faithfully it was done.

use jiff::{
    Span,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};
use vocabulary::Timestamp;

/// Periods that are looked back on.
pub const PERIODS: u8 = 30;

/// Whether it is time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    Planned,
    Now,
    Overdue,
    /// The plan has an end, and nothing comes before it any more.
    Over,
}

/// When the next report is due; where the schedule is over, since when.
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

/// How often a report is due, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rhythm {
    /// Days from one report to the next.
    pub every_days: i64,
    /// For so many days; none: without an end.
    pub lasts_days: Option<i64>,
}

/// A stretch of a schedule with one rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// Its first day, on which a report is due.
    pub from: Date,
    /// The day after its last one; none where it has no end.
    pub until: Option<Date>,
    pub every_days: i64,
}

impl Phase {
    fn new(from: Date, rhythm: Rhythm) -> Self {
        Self {
            from,
            until: rhythm.lasts_days.map(|days| days_after(from, days)),
            every_days: rhythm.every_days.max(1),
        }
    }

    /// Its latest periods until a day, the newest first.
    fn periods(self, reports: &[Date], today: Date) -> impl Iterator<Item = Period> {
        let last = self.until.map_or(today, |until| days_after(until, -1));
        let newest = days_between(self.from, last.min(today)) / self.every_days;
        (0..=newest).rev().map(move |n| {
            let from = days_after(self.from, n * self.every_days);
            let next = days_after(from, self.every_days);
            let until = self.until.map_or(next, |until| until.min(next));
            let is_in = |day: &&Date| (from..until).contains(*day);
            Period {
                from,
                reports: reports.iter().filter(is_in).count(),
                goes_on: (from..until).contains(&today),
            }
        })
    }
}

/// The phases of a plan, one after the other, from the day of enrolment on.
pub struct Schedule {
    first: Phase,
    later: Vec<Phase>,
}

impl Schedule {
    /// By these rhythms; after one without an end comes none.
    pub fn new(opened: Date, first: Rhythm, later: &[Rhythm]) -> Self {
        let first = Phase::new(opened, first);
        let mut ends = first.until;
        let mut found = Vec::new();
        for rhythm in later {
            let Some(from) = ends else { break };
            let phase = Phase::new(from, *rhythm);
            ends = phase.until;
            found.push(phase);
        }
        Self {
            first,
            later: found,
        }
    }

    /// In their order.
    pub fn phases(&self) -> impl DoubleEndedIterator<Item = &Phase> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// The phase of a day; before all of them the first, after them the last.
    pub fn on(&self, day: Date) -> Phase {
        let later = self.later.iter().rev().find(|phase| phase.from <= day);
        *later.unwrap_or(&self.first)
    }

    /// The day from which on nothing is due any more; none where it has no end.
    pub fn until(&self) -> Option<Date> {
        self.later.last().unwrap_or(&self.first).until
    }

    /// The next report is due so many days after the last one, and on the first day of each phase; the first on the day
    /// of enrolment. Once the last phase has ended none is.
    pub fn next_report(&self, last: Option<Date>, today: Date) -> NextReport {
        let day = last.map_or(self.first.from, |last| {
            let phase = self.on(last);
            let next = days_after(last, phase.every_days);
            phase.until.map_or(next, |until| next.min(until))
        });
        if let Some(until) = self.until().filter(|until| day.max(today) >= *until) {
            return NextReport {
                day: until,
                due: Due::Over,
            };
        }
        let due = match today.cmp(&day) {
            std::cmp::Ordering::Less => Due::Planned,
            std::cmp::Ordering::Equal => Due::Now,
            std::cmp::Ordering::Greater => Due::Overdue,
        };
        NextReport { day, due }
    }

    /// The latest periods since enrolment, the oldest first, with the reports that lie in each.
    pub fn periods(&self, reports: &[Date], today: Date) -> Vec<Period> {
        let today = today.max(self.first.from);
        let begun = self.phases().rev().filter(|phase| phase.from <= today);
        let newest_first = begun.flat_map(|phase| phase.periods(reports, today));
        let mut found: Vec<Period> = newest_first.take(usize::from(PERIODS)).collect();
        found.reverse();
        found
    }

    /// A day before all the periods that are looked back on.
    pub fn looks_back_to(&self, today: Date) -> Date {
        let newest = self.until().map_or(today, |until| until.min(today));
        let longest = self.phases().map(|phase| phase.every_days).max();
        let periods = i64::from(PERIODS) + 1;
        days_after(newest, -periods * longest.unwrap_or(1) - 1)
    }
}

/// A period of the schedule: from one day to the next that is due, the latter not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    pub from: Date,
    pub reports: usize,
    /// Whether it goes on: what is not reported may still be.
    pub goes_on: bool,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use scenario::{day_of, start_of};

    use super::*;

    fn rhythm(every_days: i64, lasts_days: Option<i64>) -> Rhythm {
        Rhythm {
            every_days,
            lasts_days,
        }
    }

    fn endless(opened: Date, every_days: i64) -> Schedule {
        Schedule::new(opened, rhythm(every_days, None), &[])
    }

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
            let next = endless(opened, every).next_report(last, today);
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
        let found = endless(opened, 7).periods(&reports, date(2026, 3, 15));
        let counts: Vec<(usize, bool)> = found.iter().map(|p| (p.reports, p.goes_on)).collect();
        assert_eq!(counts, [(2, false), (1, false), (0, true)]);
        let long = endless(opened, 1).periods(&[], date(2027, 3, 1));
        assert_eq!(long.len(), 30);
        assert_eq!(long.last().map(|p| p.from), Some(date(2027, 3, 1)));
    }

    /// Each day for five days, each week for ten, then each 30 days for as long as it is said.
    fn in_three(opened: Date, lasts_days: Option<i64>) -> Schedule {
        let later = [rhythm(7, Some(10)), rhythm(30, lasts_days)];
        Schedule::new(opened, rhythm(1, Some(5)), &later)
    }

    #[test]
    fn each_phase_begins_with_a_report_and_none_is_due_after_the_last() {
        let day = |n: i64| days_after(date(2026, 3, 1), n);
        for (lasts, last, today, next, due) in [
            (None, Some(3), 3, 4, Due::Planned),
            (None, Some(4), 4, 5, Due::Planned),
            (None, Some(5), 6, 12, Due::Planned),
            // A week later would be in the next phase, which begins with a report.
            (None, Some(12), 12, 15, Due::Planned),
            (None, Some(3), 9, 4, Due::Overdue),
            (None, Some(15), 45, 45, Due::Now),
            (None, Some(900), 931, 930, Due::Overdue),
            (Some(40), Some(15), 45, 45, Due::Now),
            // The last report of all came, or did not: nothing more is due.
            (Some(40), Some(45), 45, 55, Due::Over),
            (Some(40), Some(15), 54, 45, Due::Overdue),
            (Some(40), Some(15), 55, 55, Due::Over),
            (Some(40), None, 100, 55, Due::Over),
            (Some(40), Some(70), 70, 55, Due::Over),
        ] {
            let next = NextReport {
                day: day(next),
                due,
            };
            let found = in_three(day(0), lasts).next_report(last.map(day), day(today));
            assert_eq!(found, next, "{lasts:?} {last:?} {today}");
        }
    }

    #[test]
    fn what_was_copied_from_paper_takes_no_time_from_a_plan_with_an_end() {
        let day = |n: i64| days_after(date(2026, 3, 1), n);
        let diary = Schedule::new(day(0), rhythm(1, Some(14)), &[]);
        let next = diary.next_report(Some(day(-2)), day(0));
        assert_eq!((next.day, next.due), (day(-1), Due::Overdue));
        assert_eq!(diary.next_report(Some(day(-2)), day(13)).due, Due::Overdue);
        assert_eq!(diary.next_report(Some(day(-2)), day(14)).due, Due::Over);
    }

    #[test]
    fn what_a_schedule_expects_is_counted_by_the_rhythm_of_its_phase_and_not_beyond_its_end() {
        let day = |n: i64| days_after(date(2026, 3, 1), n);
        let reports = [day(0), day(4), day(6), day(14), day(80)];
        let counts = |today: i64| -> Vec<(Date, usize, bool)> {
            let found = in_three(day(0), Some(40)).periods(&reports, day(today));
            found
                .iter()
                .map(|period| (period.from, period.reports, period.goes_on))
                .collect()
        };
        let weekly = [(day(5), 1, false), (day(12), 1, true)];
        assert_eq!(counts(14)[5..], weekly);
        let daily: Vec<usize> = counts(14).iter().take(5).map(|one| one.1).collect();
        assert_eq!(daily, [1, 0, 0, 0, 1]);
        let over = counts(90);
        assert_eq!(over.len(), 9);
        assert_eq!(over[7..], [(day(15), 0, false), (day(45), 0, false)]);
        assert_eq!(over, counts(900), "nothing is added to what is over");
    }

    #[test]
    fn all_that_is_looked_back_on_is_read() {
        let opened = date(2026, 3, 1);
        for today in [0, 3, 30, 400, 4000] {
            let today = days_after(opened, today);
            for schedule in [endless(opened, 7), in_three(opened, Some(40))] {
                let oldest = schedule.periods(&[], today)[0].from;
                assert!(schedule.looks_back_to(today) < oldest, "{today}");
            }
        }
    }
}
