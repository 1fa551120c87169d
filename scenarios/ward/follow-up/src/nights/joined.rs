//! What is known of one night from several sides: recordings of files that do not overlap are added up, of others the
//! longer counts, and what a file tells stands above what a device sent.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use signals::oximetry::Oximetry;

use super::{HOUR_S, HoursFrom, Night};
use crate::plans::plans;

/// From when to when, by the device's clock.
pub type Span = [DateTime; 2];

/// Spans in order, those that overlap or touch as one.
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut all: Vec<Span> = Vec::new();
    for [from, to] in spans {
        match all.last_mut() {
            Some([_, last]) if from <= *last => *last = to.max(*last),
            _ => all.push([from, to]),
        }
    }
    all
}

/// Whether these are the same spans as the others as far as they go: each began as one of the others did, and ended no
/// later.
fn are_part(spans: &[Span], of: &[Span]) -> bool {
    let is_there = |[from, to]: &Span| of.iter().any(|[first, last]| first == from && to <= last);
    !spans.is_empty() && spans.iter().all(is_there)
}

fn seconds(spans: &[Span]) -> i64 {
    let lasts = |[from, to]: &Span| to.duration_since(*from).as_secs();
    spans.iter().map(lasts).sum()
}

/// Which saturation of a night counts where files tell of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    New,
    Before,
    Both,
}

/// What adds up of one recording of a saturation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saturation {
    /// When it was recorded.
    spans: Vec<Span>,
    valid_s: u64,
    /// Falls by 3 points or more, and those of them by 4.
    falls: usize,
    deeper: usize,
    /// Valid seconds below 90 %.
    below_90_s: f64,
    mean: f64,
    lowest: f64,
}

impl Saturation {
    pub fn of(found: &Oximetry, spans: Vec<Span>) -> Self {
        Self {
            spans: merged(spans),
            valid_s: found.valid_s,
            falls: found.falls.len(),
            deeper: found.falls.iter().filter(|fall| fall.by_four).count(),
            below_90_s: (found.t90_min * 60.0).round(),
            mean: found.mean,
            lowest: found.lowest,
        }
    }

    /// Whether nothing of both was recorded at the same time; not where nobody knows when one was.
    fn is_apart(&self, other: &Self) -> bool {
        let overlaps = |[from, to]: &Span| {
            let mut others = other.spans.iter();
            others.any(|[first, last]| from < last && first < to)
        };
        let are_known = !self.spans.is_empty() && !other.spans.is_empty();
        are_known && !self.spans.iter().any(overlaps)
    }

    /// All of some that are apart as one.
    fn of_all(all: &[Self]) -> Option<Self> {
        let (first, others) = all.split_first()?;
        let sum = others.iter().fold(first.clone(), |sum, one| sum.and(one));
        Some(sum)
    }

    fn and(&self, other: &Self) -> Self {
        let valid_s = self.valid_s + other.valid_s;
        let sum = self.mean * self.valid_s as f64 + other.mean * other.valid_s as f64;
        Self {
            spans: merged([self.spans.as_slice(), other.spans.as_slice()].concat()),
            valid_s,
            falls: self.falls + other.falls,
            deeper: self.deeper + other.deeper,
            below_90_s: self.below_90_s + other.below_90_s,
            mean: sum / valid_s as f64,
            lowest: self.lowest.min(other.lowest),
        }
    }

    /// Whether it is the same recording as the other as far as it goes.
    fn is_part_of(&self, other: &Self) -> bool {
        are_part(&self.spans, &other.spans)
    }
}

/// Which recording of files it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it was recorded; none where nobody knows.
    spans: Vec<Span>,
    /// Whole seconds.
    valid_s: f64,
}

impl Recorded {
    fn of(one: &Saturation) -> Self {
        Self {
            spans: one.spans.clone(),
            valid_s: one.valid_s as f64,
        }
    }

    fn of_hours(hours: f64) -> Self {
        Self {
            spans: Vec::new(),
            valid_s: (hours * HOUR_S).round(),
        }
    }

    /// Whether it is the same recording as the other as far as it goes. Of what was kept without its spans only the
    /// length tells whether it is the same.
    fn is_part_of(&self, other: &Self) -> bool {
        if self.spans.is_empty() || other.spans.is_empty() {
            return self.valid_s.total_cmp(&other.valid_s).is_eq();
        }
        are_part(&self.spans, &other.spans)
    }
}

/// The use of the therapy in a night, and of whom it is first.
struct Used<'a> {
    hours: Option<f64>,
    hours_from: Option<HoursFrom>,
    ahi: Option<f64>,
    by_rank: [&'a Night; 2],
}

impl Night {
    /// Takes over what a saturation says, as far as it is long enough to say something.
    pub(super) fn reckon(&mut self, of: &Saturation) {
        let valid_s = of.valid_s as f64;
        let hours = valid_s / HOUR_S;
        self.oximetry_h = Some(hours);
        if hours < plans().nights.least_valid_h {
            return;
        }
        self.odi3 = Some(of.falls as f64 / hours);
        self.odi4 = Some(of.deeper as f64 / hours);
        self.t90_percent = Some(100.0 * of.below_90_s / valid_s);
        self.lowest_spo2_percent = Some(of.lowest);
        self.mean_spo2_percent = Some(of.mean);
        self.falls = Some(of.falls);
    }

    /// Which saturation counts where files tell of the night again.
    pub(super) fn counts(&self, before: &Self) -> Counts {
        if self.oximetry_h.is_none() {
            return Counts::Before;
        }
        if before.oximetry_h.is_none() {
            return Counts::New;
        }
        if before.oximetry_sent_by.is_some() {
            let says_less = self.odi3.is_none() && before.odi3.is_some();
            return if says_less {
                Counts::Before
            } else {
                Counts::New
            };
        }
        if !self.joined(before).is_empty() {
            Counts::Both
        } else if self.oximetry_h >= before.oximetry_h {
            Counts::New
        } else {
            Counts::Before
        }
    }

    /// The recordings of both where they are all apart; these stand in the place of those before that are parts of them.
    fn joined(&self, before: &Self) -> Vec<Saturation> {
        let new = &self.recordings;
        let is_replaced = |one: &Saturation| new.iter().any(|new| one.is_part_of(new));
        let kept = before.recordings.iter().filter(|one| !is_replaced(one));
        let kept: Vec<&Saturation> = kept.collect();
        let is_apart = |one: &Saturation| kept.iter().all(|other| one.is_apart(other));
        if new.is_empty() || kept.is_empty() || !new.iter().all(is_apart) {
            return Vec::new();
        }
        let mut all: Vec<Saturation> = kept.into_iter().chain(new).cloned().collect();
        all.sort_by(|one, other| one.spans.cmp(&other.spans));
        all
    }

    /// Whether these files hold more of a recording that was known in part.
    fn completes(&self, before: &Self) -> bool {
        let is_more = |one: &Saturation| {
            let mut all = self.recordings.iter();
            all.any(|new| one.is_part_of(new) && one != new)
        };
        before.recordings.iter().any(is_more)
    }

    /// What is known of the night where files tell more of it now. Figures of one saturation stand together, and so do
    /// those of one use.
    pub(super) fn with(self, before: &Self) -> Self {
        let counts = self.counts(before);
        let of_oximetry = match counts {
            Counts::New => self.clone(),
            Counts::Before => before.clone(),
            Counts::Both => {
                let mut both = Self::of_nothing(self.date);
                both.recordings = self.joined(before);
                if let Some(sum) = Saturation::of_all(&both.recordings) {
                    both.reckon(&sum);
                }
                both
            }
        };
        let beside = match counts {
            Counts::New => before.counted(),
            Counts::Before => self.counted(),
            Counts::Both => Vec::new(),
        };
        let left_out = before.all_left_out(beside, &of_oximetry.counted());
        let longest_s = left_out.iter().map(|one| one.valid_s).reduce(f64::max);
        let (new_s, before_s) = (self.incomplete_s, before.incomplete_s);
        let incomplete_s = match counts {
            Counts::Both if self.completes(before) => new_s,
            Counts::Both => largest(new_s, before_s),
            Counts::Before if self.oximetry_h.is_some() => before_s.or(new_s),
            Counts::Before | Counts::New => new_s.or(before_s),
        };
        let used = self.used(before);
        let of_file = |one: &&Self| one.leak_p95_l_min.is_some() && one.leak_sent_by.is_none();
        let of_leak = used.by_rank.into_iter().find(of_file).unwrap_or(before);
        let is_long_enough = counts == Counts::Both && of_oximetry.odi3.is_some();
        Self {
            date: self.date,
            hours: used.hours,
            hours_from: used.hours_from,
            ahi: used.ahi,
            leak_p95_l_min: of_leak.leak_p95_l_min,
            leak_sent_by: of_leak.leak_sent_by.clone(),
            incomplete_s,
            has_events: self.has_events || before.has_events || is_long_enough,
            uncounted_h: longest_s.map(|seconds| seconds / HOUR_S),
            left_out,
            sessions: self.all_sessions(before),
            ..of_oximetry
        }
    }

    /// The recordings of files that its saturation is reckoned from.
    fn counted(&self) -> Vec<Recorded> {
        if self.oximetry_sent_by.is_some() {
            return Vec::new();
        }
        if self.recordings.is_empty() {
            let kept = self.oximetry_h.map(Recorded::of_hours);
            return kept.into_iter().collect();
        }
        self.recordings.iter().map(Recorded::of).collect()
    }

    /// The recordings that do not count: those of before and these, where they are not part of what counts now. Of one
    /// that an earlier version kept the hours alone are known.
    fn all_left_out(&self, beside: Vec<Recorded>, counted: &[Recorded]) -> Vec<Recorded> {
        let unknown = self.uncounted_h.filter(|_| self.left_out.is_empty());
        let before = unknown.map(Recorded::of_hours).into_iter();
        let before = before.chain(self.left_out.iter().cloned());
        let mut all: Vec<Recorded> = Vec::new();
        for one in beside.into_iter().chain(before) {
            let mut known = counted.iter().chain(&all);
            if known.any(|other| one.is_part_of(other)) {
                continue;
            }
            all.retain(|other| !other.is_part_of(&one));
            all.push(one);
        }
        all.sort_by(|one, other| one.spans.cmp(&other.spans));
        all
    }

    fn all_sessions(&self, before: &Self) -> Vec<Span> {
        merged([self.sessions.as_slice(), before.sessions.as_slice()].concat())
    }

    /// The machine's own count of use stands above what its signals show, since those are cut to whole minutes. Sessions
    /// that signals show add up; where nobody knows when they were, the longer use counts.
    fn used<'a>(&'a self, before: &'a Self) -> Used<'a> {
        let of = |one: &'a Self, other: &'a Self| Used {
            hours: one.hours,
            hours_from: one.hours_from,
            ahi: one.ahi.or(other.ahi),
            by_rank: [one, other],
        };
        let is_counted = |night: &Self| night.hours_from == Some(HoursFrom::Machine);
        if self.hours.is_none() || (is_counted(before) && !is_counted(self)) {
            return of(before, self);
        }
        if before.hours.is_none() || is_counted(self) {
            return of(self, before);
        }
        let longer = if self.hours >= before.hours {
            of(self, before)
        } else {
            of(before, self)
        };
        let sessions = self.all_sessions(before);
        if sessions == self.sessions || sessions == before.sessions {
            return longer;
        }
        let all_s = seconds(&sessions);
        let are_apart = seconds(&self.sessions) + seconds(&before.sessions) == all_s;
        let ahi = match (self.ahi.zip(self.hours), before.ahi.zip(before.hours)) {
            (Some((one, one_h)), Some((other, other_h))) if are_apart && one_h + other_h > 0.0 => {
                Some((one * one_h + other * other_h) / (one_h + other_h))
            }
            _ => longer.ahi,
        };
        Used {
            hours: Some(all_s as f64 / HOUR_S),
            ahi,
            ..longer
        }
    }

    /// What is known of the night with what devices at home sent of it. What a file tells stands: no reading of it was
    /// lost on a line. One that is too short for an index stands back behind a saturation that is not.
    pub(super) fn with_sent(&self, sent: &Self) -> Self {
        let has_leak = self.leak_p95_l_min.is_some() && self.leak_sent_by.is_none();
        let has_oximetry = self.oximetry_h.is_some()
            && self.oximetry_sent_by.is_none()
            && (self.odi3.is_some() || sent.odi3.is_none());
        let of_leak = if has_leak || sent.leak_sent_by.is_none() {
            self
        } else {
            sent
        };
        let of_oximetry = if has_oximetry || sent.oximetry_sent_by.is_none() {
            self
        } else {
            sent
        };
        Self {
            date: self.date,
            hours: self.hours,
            hours_from: self.hours_from,
            ahi: self.ahi,
            leak_p95_l_min: of_leak.leak_p95_l_min,
            leak_sent_by: of_leak.leak_sent_by.clone(),
            incomplete_s: self.incomplete_s,
            has_events: self.has_events || of_oximetry.has_events,
            uncounted_h: self.uncounted_h,
            left_out: self.left_out.clone(),
            sessions: self.sessions.clone(),
            ..of_oximetry.clone()
        }
    }
}

fn largest(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan as _, civil::date};
    use signals::oximetry::oximetry;

    use super::*;

    /// A file that began so many minutes after ten in the evening and lasted for so many: 95 %, and in each ten minutes
    /// half a minute at a level.
    fn file(after_min: i64, lasts_min: usize, level: f64) -> Night {
        let day = date(2026, 3, 1);
        let seconds: Vec<Option<f64>> = (0..lasts_min * 60)
            .map(|second| {
                let falls = (300..330).contains(&(second % 600));
                Some(if falls { level } else { 95.0 })
            })
            .collect();
        let start = day.at(22, 0, 0, 0) + after_min.minutes();
        let end = start + i64::try_from(lasts_min).unwrap().minutes();
        let saturation = Saturation::of(&oximetry(&seconds).unwrap(), vec![[start, end]]);
        let mut night = Night::of_nothing(day);
        night.reckon(&saturation);
        night.recordings = vec![saturation];
        night
    }

    #[test]
    fn a_second_file_after_a_break_is_added_up_whichever_came_first() {
        let (first, second) = (file(0, 360, 88.0), file(370, 20, 91.0));
        assert_eq!(second.odi3, None);
        for both in [
            second.clone().with(&first),
            first.clone().with(&second),
            // The same once more is no news.
            second.clone().with(&second.clone().with(&first)),
            first.clone().with(&second.clone().with(&first)),
        ] {
            let hours = 380.0 / 60.0;
            assert_eq!((both.falls, both.uncounted_h), (Some(38), None));
            assert_eq!(both.lowest_spo2_percent, Some(88.0));
            for (is, expected) in [
                (both.oximetry_h, hours),
                (both.odi3, 38.0 / hours),
                (both.odi4, 38.0 / hours),
                (both.t90_percent, 100.0 * 36.0 * 0.5 / 380.0),
            ] {
                assert!((is.unwrap() - expected).abs() < 1e-9, "{is:?} {expected}");
            }
        }
        // The first had broken off, and is sent again whole: the second goes on counting.
        let torn = file(0, 351, 88.0);
        let whole = first.clone().with(&second.clone().with(&torn));
        assert_eq!((whole.falls, whole.uncounted_h), (Some(38), None));
        assert_eq!(whole.recordings.len(), 2);
        // Two that are too short alone are a night together.
        let both = file(200, 150, 88.0).with(&file(0, 150, 88.0));
        assert_eq!((both.oximetry_h, both.falls), (Some(5.0), Some(30)));
        assert!(both.has_events);
    }

    #[test]
    fn of_recordings_that_overlap_the_longer_counts_and_the_other_is_named() {
        let (long, short) = (file(0, 360, 88.0), file(300, 120, 80.0));
        for night in [short.clone().with(&long), long.clone().with(&short)] {
            assert_eq!((night.oximetry_h, night.falls), (Some(6.0), Some(36)));
            assert_eq!(night.uncounted_h, Some(2.0));
            assert_eq!(night.lowest_spo2_percent, Some(88.0));
        }
        // Nor is it part of the other because it was measured all within its time.
        let inner = file(30, 120, 80.0);
        for night in [inner.clone().with(&long), long.clone().with(&inner)] {
            assert_eq!(
                (night.oximetry_h, night.uncounted_h),
                (Some(6.0), Some(2.0))
            );
        }
        // The beginning of the same recording is no other one.
        let part = file(0, 300, 88.0);
        for night in [part.clone().with(&long), long.clone().with(&part)] {
            assert_eq!((night.oximetry_h, night.uncounted_h), (Some(6.0), None));
        }
    }

    #[test]
    fn what_was_kept_without_its_spans_is_not_replaced_by_less() {
        let mut kept = file(0, 360, 88.0);
        kept.recordings = Vec::new();
        let night = file(400, 20, 88.0).with(&kept);
        assert_eq!(night.oximetry_h, Some(6.0));
        assert!(night.uncounted_h.is_some());
    }

    #[test]
    fn what_counts_after_all_is_named_no_more_as_left_out() {
        let (first, second) = (file(0, 360, 88.0), file(370, 20, 91.0));
        let mut kept = first.clone();
        kept.recordings = Vec::new();
        // As long as nobody knows when the first was, the second is not added; it is not kept either.
        let apart = second.clone().with(&kept);
        let known = first.clone().with(&apart);
        for night in [&apart, &known, &second.clone().with(&apart)] {
            assert_eq!(night.uncounted_h, Some(20.0 / 60.0));
        }
        let by_hours = Night {
            left_out: Vec::new(),
            ..known.clone()
        };
        for before in [known.clone(), by_hours] {
            let both = second.clone().with(&before);
            assert_eq!((both.falls, both.uncounted_h), (Some(38), None));
        }
        // The same where it had broken off, and comes whole now.
        let whole = file(370, 40, 91.0).with(&known);
        assert_eq!((whole.falls, whole.uncounted_h), (Some(40), None));
        // Another one that does not count goes on being named.
        let third = file(300, 50, 91.0).with(&known);
        assert_eq!(third.uncounted_h, Some(50.0 / 60.0));
        let both = second.clone().with(&third);
        assert_eq!(
            (both.falls, both.uncounted_h),
            (Some(38), third.uncounted_h)
        );
        assert_eq!(second.with(&both), both);
    }

    #[test]
    fn a_file_that_is_too_short_takes_nothing_away_from_what_a_device_sent() {
        let sent = Night {
            odi3: Some(6.0),
            oximetry_h: Some(5.0),
            oximetry_sent_by: Some("Oximeter".to_owned()),
            ..Night::of_nothing(date(2026, 3, 1))
        };
        let short = file(0, 20, 88.0);
        for night in [short.clone().with(&sent), short.with_sent(&sent)] {
            assert_eq!((night.odi3, night.oximetry_h), (Some(6.0), Some(5.0)));
        }
    }

    /// Use as signals show it, from so many minutes after ten in the evening for so many.
    fn used(spans_min: &[(i64, i64)], ahi: Option<f64>, leak: f64) -> Night {
        let day = date(2026, 3, 1);
        let at = |minutes: i64| day.at(22, 0, 0, 0) + minutes.minutes();
        let spans = spans_min.iter();
        let spans = spans.map(|(after, lasts)| [at(*after), at(after + lasts)]);
        let sessions = merged(spans.collect());
        Night {
            hours: Some(seconds(&sessions) as f64 / HOUR_S),
            hours_from: Some(HoursFrom::Signals),
            ahi,
            leak_p95_l_min: Some(leak),
            sessions,
            ..Night::of_nothing(day)
        }
    }

    #[test]
    fn one_session_takes_no_hours_of_others_away() {
        let night = used(&[(0, 200), (220, 160)], Some(3.0), 12.0);
        let one = used(&[(220, 20)], None, 40.0);
        for both in [one.clone().with(&night), night.clone().with(&one)] {
            assert_eq!((both.hours, both.ahi), (Some(6.0), Some(3.0)));
            assert_eq!(both.leak_p95_l_min, Some(12.0));
        }
        // A session that was not known is added, and events with it.
        let more = used(&[(400, 120)], Some(7.0), 40.0);
        for both in [more.clone().with(&night), night.clone().with(&more)] {
            assert_eq!((both.hours, both.ahi), (Some(8.0), Some(4.0)));
            assert_eq!(both.leak_p95_l_min, Some(12.0));
            assert_eq!(more.clone().with(&both), both);
        }
        // What was kept without its sessions is not replaced by less.
        let kept = Night {
            sessions: Vec::new(),
            ..night
        };
        assert_eq!(one.with(&kept).hours, Some(6.0));
    }
}
