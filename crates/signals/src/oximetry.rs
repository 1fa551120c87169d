//! Oxygen saturation over a night: desaturations by hour, time below a limit.

use std::collections::VecDeque;

use serde::Serialize;

use crate::Trace;

/// The seconds before a fall whose mean is the baseline.
const BASELINE_S: usize = 120;
/// How long a fall must last.
const LASTS_S: usize = 10;
/// How far it must recover to be over, in per cent points.
const RECOVERS: f64 = 1.0;
/// How far a fall goes below what was before it, and one that counts for the index of 4 %, in per cent points.
const FALLS: f64 = 3.0;
const DEEPER: f64 = 4.0;

/// A fall of the saturation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Desaturation {
    /// When it began, in seconds from the start of the recording.
    pub start_s: u64,
    /// How long it lasted, in seconds.
    pub lasts_s: u64,
    /// The mean before it, in per cent.
    pub baseline: f64,
    /// The lowest saturation in it, in per cent.
    pub lowest: f64,
    /// Whether it lies 4 per cent points or more below for as long as a fall must last.
    pub by_four: bool,
}

/// What a night's oximetry says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Oximetry {
    /// Seconds with a valid saturation; artefact is not among them.
    pub valid_s: u64,
    /// Seconds marked as artefact, or out of range.
    pub artefact_s: u64,
    /// Falls by 3 per cent points or more in an hour of valid recording.
    pub odi3: f64,
    /// Falls by 4 per cent points or more in an hour of valid recording.
    pub odi4: f64,
    /// Valid time below 90 %, in per cent of the valid time.
    pub t90_percent: f64,
    /// Valid time below 90 %, in minutes.
    pub t90_min: f64,
    /// Mean saturation, in per cent.
    pub mean: f64,
    /// Lowest saturation, in per cent.
    pub lowest: f64,
    /// The falls of 3 per cent points or more.
    pub falls: Vec<Desaturation>,
}

/// A saturation outside of this is no saturation: no oximeter is calibrated below 50 %.
const POSSIBLE: std::ops::RangeInclusive<f64> = 50.0..=100.0;

/// Desaturations and time below 90 %, by the rules for 1 Hz signals
///
/// Equation: a fall begins when the saturation lies 3 points or more below the mean of the 120 valid seconds before it,
/// falls excluded; it counts when that lasts 10 s, and ends when the saturation has risen by 1 point or more from its
/// lowest value. What has risen only in part must fall anew to count again: by 3 points from the highest value since.
/// A fall is one by 4 points where it lies so deep for 10 s. Artefact is passed over; of what lies beyond a gap the
/// source says nothing, and it is chosen that a fall ends where for 10 s nothing is valid, since a whole fall could lie
/// there, and that after 120 s without a value nothing is left of the seconds before · Inputs: oxygen saturation (%, one
/// value a second, `None` for artefact) · Result: events per hour of valid recording; per cent · Not for: averaged
/// values of a minute, which hide falls. `None` where nothing valid was recorded.
/// Source: `aasm-scoring`
pub fn oximetry(seconds: &[Option<f64>]) -> Option<Oximetry> {
    of_parts(&[seconds])
}

/// The same of parts between which nothing is known, such as a night's sessions: no fall begins in one and ends in the
/// next, and each has its own baseline. Times are counted as if the parts followed each other without a break.
pub fn of_parts<Part: AsRef<[Option<f64>]>>(parts: &[Part]) -> Option<Oximetry> {
    let mut seconds: Vec<Option<f64>> = Vec::new();
    let mut falls = Vec::new();
    for part in parts {
        let first = seconds.len();
        let all = part.as_ref().iter();
        seconds.extend(all.map(|value| value.filter(|value| POSSIBLE.contains(value))));
        let of_part = self::falls(seconds.get(first..).unwrap_or_default());
        falls.extend(of_part.into_iter().map(|fall| Desaturation {
            start_s: fall.start_s + first as u64,
            ..fall
        }));
    }
    let valid: Vec<f64> = seconds.iter().copied().flatten().collect();
    if valid.is_empty() {
        return None;
    }
    let hours = valid.len() as f64 / 3600.0;
    let low = valid.iter().filter(|value| **value < 90.0).count() as f64;
    let deeper = falls.iter().filter(|fall| fall.by_four).count();
    Some(Oximetry {
        valid_s: valid.len() as u64,
        artefact_s: (seconds.len() - valid.len()) as u64,
        odi3: falls.len() as f64 / hours,
        odi4: deeper as f64 / hours,
        t90_percent: 100.0 * low / valid.len() as f64,
        t90_min: low / 60.0,
        mean: valid.iter().sum::<f64>() / valid.len() as f64,
        lowest: valid.iter().copied().fold(f64::INFINITY, f64::min),
        falls,
    })
}

/// The falls by 3 per cent points or more.
pub fn falls(seconds: &[Option<f64>]) -> Vec<Desaturation> {
    let mut found = Vec::new();
    // Valid seconds outside of falls, the latest last, and the highest of them since the last fall.
    let mut before: VecDeque<f64> = VecDeque::new();
    let mut highest = f64::INFINITY;
    let mut gap = 0;
    let mut at = 0;
    while let Some(value) = seconds.get(at) {
        let Some(value) = *value else {
            gap += 1;
            if gap >= BASELINE_S {
                before.clear();
                highest = f64::INFINITY;
            }
            at += 1;
            continue;
        };
        gap = 0;
        // 1. The baseline is the mean of the seconds before; after a fall, what has not risen to it falls from where
        // it has risen to.
        let baseline = before.iter().sum::<f64>() / before.len() as f64;
        let from = baseline.min(highest);
        // 2. How long it stays that deep; artefact within is passed over where it is shorter than a fall.
        if !before.is_empty()
            && let Some((end, lowest)) = extent(seconds, at, from)
        {
            found.push(Desaturation {
                start_s: at as u64,
                lasts_s: (end - at) as u64,
                baseline: from,
                lowest,
                by_four: lasts(seconds.get(at..end).unwrap_or_default(), from - DEEPER),
            });
            at = end;
            highest = f64::NEG_INFINITY;
            continue;
        }
        // 3. A second that belongs to no fall belongs to the baseline of those after it.
        highest = highest.max(value);
        before.push_back(value);
        if before.len() > BASELINE_S {
            before.pop_front();
        }
        at += 1;
    }
    found
}

/// Where a fall from a level that begins here ends, and its lowest value; none where it does not last. It ends at the
/// first second that has risen from the lowest, once it has lasted, or where a gap begins in which a fall could lie.
fn extent(seconds: &[Option<f64>], start: usize, from: f64) -> Option<(usize, f64)> {
    let mut lowest = f64::INFINITY;
    let mut lasted = 0;
    let mut gap = 0;
    for (place, value) in seconds.iter().enumerate().skip(start) {
        let Some(value) = *value else {
            gap += 1;
            if gap >= LASTS_S {
                return (lasted >= LASTS_S).then_some((place + 1 - gap, lowest));
            }
            continue;
        };
        gap = 0;
        if lasted < LASTS_S && !is_below(value, from - FALLS) {
            return None;
        }
        if lasted >= LASTS_S && value >= lowest + RECOVERS {
            return Some((place, lowest));
        }
        lasted += 1;
        lowest = lowest.min(value);
    }
    (lasted >= LASTS_S).then_some((seconds.len(), lowest))
}

/// Whether values stay at or below a limit for as long as a fall must last, artefact passed over.
fn lasts(seconds: &[Option<f64>], limit: f64) -> bool {
    let mut lasted = 0;
    seconds.iter().flatten().any(|value| {
        lasted = if is_below(*value, limit) {
            lasted + 1
        } else {
            0
        };
        lasted >= LASTS_S
    })
}

/// Whether a value is at most this, but for what is lost in a mean.
fn is_below(value: f64, limit: f64) -> bool {
    value <= limit + 1e-9
}

/// From the first to the last sample: what lasts longer is no night, but a mistake in the times of a file.
const LONGEST_S: f64 = 31.0 * 86_400.0;

/// A trace as one value a second: the mean of the samples of each second; a second without one is artefact. Nothing
/// where the trace lasts longer than a month.
pub fn by_second(trace: &Trace) -> Vec<Option<f64>> {
    // Parts of a damaged record may come in any order.
    let ends = trace.runs.iter();
    let ends = ends.map(|run| run.first + run.values.len() as u64);
    let last = ends.max().unwrap_or(0);
    if last as f64 / trace.per_second > LONGEST_S {
        return Vec::new();
    }
    let mut sums: Vec<(f64, u32)> = Vec::new();
    for run in &trace.runs {
        for (place, value) in (run.first..).zip(&run.values) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "places count from 0, and a recording has fewer seconds than there are numbers"
            )]
            let second = (place as f64 / trace.per_second) as usize;
            if sums.len() <= second {
                sums.resize(second + 1, (0.0, 0));
            }
            if let Some((sum, count)) = sums.get_mut(second) {
                *sum += value;
                *count += 1;
            }
        }
    }
    let mean = |(sum, count): (f64, u32)| (count > 0).then(|| sum / f64::from(count));
    sums.into_iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An hour at 95 % with ten falls of a minute, and a minute of artefact.
    fn hour(lowest: f64) -> Vec<Option<f64>> {
        let mut seconds = vec![Some(95.0); 3600];
        for fall in 0..10 {
            let from = 200 + fall * 300;
            seconds[from..from + 60].fill(Some(lowest));
        }
        seconds[3400..3460].fill(None);
        seconds
    }

    #[test]
    fn what_lasts_longer_than_a_month_is_nothing_in_whatever_order_its_parts_come() {
        let run = |first| crate::Run {
            first,
            values: vec![95.0],
        };
        let far = 1 << 52;
        for runs in [vec![run(0), run(far)], vec![run(far), run(0)]] {
            let mut trace = Trace::empty("SpO2", "%", 1.0);
            trace.runs = runs;
            assert!(by_second(&trace).is_empty());
        }
    }

    #[test]
    fn the_worked_hours() {
        for (lowest, odi3, odi4) in [(91.0, 10.17, 10.17), (92.0, 10.17, 0.0), (93.0, 0.0, 0.0)] {
            let said = oximetry(&hour(lowest)).unwrap();
            assert!((said.odi3 - odi3).abs() < 0.005, "{lowest}");
            assert!((said.odi4 - odi4).abs() < 0.005, "{lowest}");
            assert_eq!(
                (said.t90_percent, said.valid_s, said.artefact_s),
                (0.0, 3540, 60)
            );
        }
        let said = oximetry(&hour(88.0)).unwrap();
        assert_eq!((said.t90_min, said.lowest), (10.0, 88.0));
        assert!((said.t90_percent - 100.0 * 600.0 / 3540.0).abs() < 1e-9);
    }

    #[test]
    fn artefact_and_the_impossible_count_for_nothing() {
        assert_eq!(oximetry(&[]), None);
        assert_eq!(oximetry(&[None, Some(0.0), Some(127.0)]), None);
        let mut short = hour(95.0);
        short[300..309].fill(Some(80.0));
        assert!(oximetry(&short).unwrap().falls.is_empty());
        short[300..310].fill(Some(80.0));
        assert_eq!(oximetry(&short).unwrap().falls.len(), 1);
    }

    /// A calm hour, then falls to 85 % of 20 s each, between which it comes back for 15 s to this only.
    fn in_part(back: f64) -> Vec<Option<f64>> {
        let mut seconds = vec![Some(96.0); 600];
        for _ in 0..10 {
            seconds.extend([Some(85.0); 20]);
            seconds.extend([Some(back); 15]);
        }
        seconds.extend([Some(96.0); 600]);
        seconds
    }

    #[test]
    fn falls_from_which_it_comes_back_in_part_are_each_counted_once() {
        let hours = 1550.0 / 3600.0;
        for back in [90.0, 92.0, 93.0, 94.0, 96.0] {
            let said = oximetry(&in_part(back)).unwrap();
            assert_eq!(said.falls.len(), 10, "{back}");
            assert!((said.odi3 - 10.0 / hours).abs() < 1e-9, "{back}");
            assert!((said.odi4 - 10.0 / hours).abs() < 1e-9, "{back}");
            assert!(said.falls.iter().all(|fall| fall.lasts_s == 20), "{back}");
        }
        // Two points are no new fall of three.
        assert_eq!(oximetry(&in_part(87.0)).unwrap().falls.len(), 1);
        // An unsteady last digit is no fall, however long it is deep.
        let mut unsteady = vec![Some(96.0); 300];
        unsteady.extend((0..600).map(|second| Some(if second % 8 < 4 { 88.0 } else { 89.0 })));
        assert_eq!(oximetry(&unsteady).unwrap().falls.len(), 1);
    }

    /// So many calm seconds, twenty at 85 %, a gap, and so many at a level.
    fn with_gap(calm: usize, gap: usize, (level, after): (f64, usize)) -> Vec<Option<f64>> {
        let mut seconds = vec![Some(96.0); calm];
        seconds.extend([Some(85.0); 20]);
        seconds.resize(calm + 20 + gap, None);
        seconds.extend(std::iter::repeat_n(Some(level), after));
        seconds
    }

    #[test]
    fn nobody_knows_how_a_fall_goes_on_in_a_gap_as_long_as_a_fall() {
        // A probe that slips off is off for an hour: the fall was seen for twenty seconds.
        for gap in [10, 60, 3600] {
            for level in [85.0, 96.0] {
                let falls = falls(&with_gap(600, gap, (level, 600)));
                assert_eq!(falls.len(), 1, "{gap} {level}");
                assert_eq!((falls[0].start_s, falls[0].lasts_s), (600, 20), "{gap}");
            }
        }
        // What is shorter is passed over, and belongs to the fall.
        let falls_of = falls(&with_gap(600, 9, (85.0, 30)));
        assert_eq!((falls_of.len(), falls_of[0].lasts_s), (1, 59));
        // Ten seconds of a gap cannot make a fall of what lasted less.
        let mut short = with_gap(600, 30, (96.0, 60));
        short[605..620].fill(None);
        assert!(falls(&short).is_empty());
    }

    #[test]
    fn what_was_before_a_long_gap_is_no_baseline() {
        let deep = |gap: usize| {
            let mut seconds = vec![Some(96.0); 600];
            seconds.resize(600 + gap, None);
            seconds.extend([Some(88.0); 60]);
            falls(&seconds).len()
        };
        assert_eq!((deep(119), deep(120), deep(3600)), (1, 0, 0));
    }

    #[test]
    fn no_fall_and_no_baseline_goes_from_one_part_to_the_next() {
        let evening = vec![Some(96.0); 600];
        let mut night = vec![Some(88.0); 300];
        night.extend([Some(84.0); 20]);
        let said = of_parts(&[evening.as_slice(), night.as_slice()]).unwrap();
        // As one recording the whole of the second part were a fall.
        assert_eq!(said.falls.len(), 1);
        assert_eq!((said.falls[0].start_s, said.falls[0].baseline), (900, 88.0));
        assert_eq!((said.valid_s, said.artefact_s), (920, 0));
        let one: Vec<Option<f64>> = [evening, night].concat();
        assert_eq!(oximetry(&one).unwrap().falls[0].start_s, 600);
    }

    #[test]
    fn times_that_no_night_has_take_no_memory() {
        let mut trace = Trace::empty("SpO2", "%", 1.0);
        trace.extend(0, [Some(95.0)]);
        trace.extend(1 << 50, [Some(95.0)]);
        assert!(by_second(&trace).is_empty());
    }

    proptest! {
        #[test]
        fn deeper_falls_are_never_more_often(values in prop::collection::vec(prop::option::weighted(0.9, 70.0..100.0_f64), 1..2000)) {
            if let Some(said) = oximetry(&values) {
                prop_assert!((0.0..=100.0).contains(&said.t90_percent));
                prop_assert!(said.falls.iter().all(|fall| fall.baseline - fall.lowest >= 3.0 - 1e-6));
                prop_assert!(said.odi3 >= said.odi4);
            }
        }

        #[test]
        fn a_night_in_steps_has_no_more_deep_falls_than_falls(steps in prop::collection::vec((80_u8..=99, 1_usize..60), 1..120)) {
            let values: Vec<Option<f64>> = steps.iter()
                .flat_map(|(value, lasts)| std::iter::repeat_n(Some(f64::from(*value)), *lasts))
                .collect();
            let said = oximetry(&values).unwrap();
            prop_assert!(said.odi3 >= said.odi4);
            // No two falls overlap, and each lasts.
            for pair in said.falls.windows(2) {
                prop_assert!(pair[0].start_s + pair[0].lasts_s <= pair[1].start_s);
            }
            prop_assert!(said.falls.iter().all(|fall| fall.lasts_s >= 10));
        }
    }
}
