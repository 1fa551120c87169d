//! Heart beats in an electrocardiogram.

use serde::Serialize;

use crate::{Run, Trace};

/// After a beat no other can follow within this, in seconds: the ventricles cannot be excited again.
const REFRACTORY_S: f64 = 0.2;
/// A wave this close behind a beat may be its T wave, in seconds.
const T_WAVE_S: f64 = 0.36;
/// The window in which energy is summed, in seconds: about the width of a QRS complex.
const WINDOW_S: f64 = 0.15;

/// The times of the beats, in seconds from the start, by the method of Pan and Tompkins
///
/// Equation: band-pass of 5 to 15 Hz, derivative, square, moving sum over 150 ms; peaks are taken against a
/// threshold between the running levels of beats and noise, with a look back where a beat is due, no beat within
/// 200 ms of another, and no wave within 360 ms that rises less than half as steeply as the beat before · Inputs:
/// one lead (any unit, 100 samples a second or more) · Result: times of beats, to within the width of a QRS ·
/// Not for: telling which kind of beat it is.
/// Source: `pan-1985`
pub fn beats(lead: &Trace) -> Vec<f64> {
    if lead.per_second < 100.0 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for run in &lead.runs {
        // Levels are learnt anew behind each gap: what changed during it is not known.
        let start = run.first as f64 / lead.per_second;
        let places = beats_of(run, lead.per_second);
        found.extend(
            places
                .into_iter()
                .map(|place| start + place as f64 / lead.per_second),
        );
    }
    found
}

/// The places of the beats of a run.
fn beats_of(run: &Run, per_second: f64) -> Vec<usize> {
    let samples = |seconds: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a short time at a positive rate"
        )]
        let count = (seconds * per_second).round() as usize;
        count.max(1)
    };
    if run.values.len() < samples(2.0) {
        return Vec::new();
    }
    // 1. What is steep at the rates of a QRS complex has energy.
    let passed = band_pass(&run.values, per_second);
    let slope: Vec<f64> = differences(&passed);
    let energy = centred_sum(&slope, samples(WINDOW_S));
    // 2. Each peak of the energy is a beat or noise.
    let peaks = peaks(&energy, samples(REFRACTORY_S));
    let mut judge = Judge::new(&energy, samples(2.0));
    let mut beats: Vec<(usize, f64)> = Vec::new();
    let steep = |place: usize| {
        let around =
            place.saturating_sub(samples(0.075))..(place + samples(0.075)).min(slope.len());
        let part = slope.get(around).unwrap_or_default();
        part.iter()
            .copied()
            .fold(0.0_f64, |most, slope| most.max(slope.abs()))
    };
    for (number, &(place, height)) in peaks.iter().enumerate() {
        let last = beats.last().copied();
        let since = last.map(|(before, _)| place - before);
        let is_t_wave = since.is_some_and(|since| since < samples(T_WAVE_S))
            && last.is_some_and(|(before, _)| steep(place) < steep(before) * 0.5);
        if height > judge.threshold() && !is_t_wave {
            look_back(
                &mut beats,
                &mut judge,
                peaks.get(..number).unwrap_or_default(),
                place,
            );
            judge.beat(height);
            beats.push((place, height));
        } else {
            judge.noise(height);
        }
    }
    // 3. The beat is where the lead itself is farthest from its mean.
    beats
        .iter()
        .map(|(place, _)| farthest(&passed, *place, samples(0.1)))
        .collect()
}

/// Where a beat is long overdue, the highest peak since the last one that reaches half the threshold is one.
fn look_back(beats: &mut Vec<(usize, f64)>, judge: &mut Judge, peaks: &[(usize, f64)], now: usize) {
    let &[.., (before, _), (last, _)] = beats.as_slice() else {
        return;
    };
    let recent: Vec<usize> = beats
        .iter()
        .rev()
        .take(9)
        .map(|(place, _)| *place)
        .collect();
    let usual = match recent.as_slice() {
        [newest, .., oldest] => (newest - oldest) / (recent.len() - 1),
        _ => last - before,
    };
    if now - last <= usual * 166 / 100 {
        return;
    }
    let missed = peaks
        .iter()
        .filter(|(place, height)| {
            *place > last + usual / 3
                && *place + usual / 3 < now
                && *height > judge.threshold() / 2.0
        })
        .max_by(|one, other| one.1.total_cmp(&other.1));
    if let Some(&(place, height)) = missed {
        judge.beat(height);
        beats.push((place, height));
    }
}

/// Running levels of beats and of noise.
struct Judge {
    beats: f64,
    noise: f64,
}

impl Judge {
    /// Learns from the first seconds.
    fn new(energy: &[f64], learn: usize) -> Self {
        let part = energy.get(..learn.min(energy.len())).unwrap_or_default();
        let most = part.iter().copied().fold(0.0, f64::max);
        let mean = part.iter().sum::<f64>() / part.len().max(1) as f64;
        Self {
            beats: most * 0.5,
            noise: mean * 0.5,
        }
    }

    fn threshold(&self) -> f64 {
        self.noise + 0.25 * (self.beats - self.noise)
    }

    fn beat(&mut self, height: f64) {
        // One artefact as high as a wall must not hide the beats behind it.
        let height = height.min(self.beats * 4.0);
        self.beats = 0.125 * height + 0.875 * self.beats;
    }

    fn noise(&mut self, height: f64) {
        self.noise = 0.125 * height + 0.875 * self.noise;
    }
}

/// Peaks that are the highest within this distance, with their heights.
fn peaks(energy: &[f64], apart: usize) -> Vec<(usize, f64)> {
    let mut found: Vec<(usize, f64)> = Vec::new();
    for (place, three) in energy.windows(3).enumerate() {
        let &[before, height, after] = three else {
            continue;
        };
        if height <= before || height < after {
            continue;
        }
        match found.last_mut() {
            Some(last) if place + 1 - last.0 < apart => {
                if height > last.1 {
                    *last = (place + 1, height);
                }
            }
            _ => found.push((place + 1, height)),
        }
    }
    found
}

/// Butterworth sections of second order, forwards and backwards, so that nothing is moved in time.
fn band_pass(values: &[f64], per_second: f64) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let mut passed = centred;
    for (cut, is_high) in [(5.0, true), (15.0, false)] {
        for _ in 0..2 {
            passed = section(&passed, cut / per_second, is_high);
            passed.reverse();
        }
    }
    passed
}

/// A section of second order: high pass or low pass at this share of the sampling rate.
fn section(values: &[f64], cut: f64, is_high: bool) -> Vec<f64> {
    let k = (std::f64::consts::PI * cut).tan();
    let norm = 1.0 / (1.0 + std::f64::consts::SQRT_2 * k + k * k);
    let (b0, b1) = if is_high {
        (norm, -2.0 * norm)
    } else {
        (k * k * norm, 2.0 * k * k * norm)
    };
    let a1 = 2.0 * (k * k - 1.0) * norm;
    let a2 = (1.0 - std::f64::consts::SQRT_2 * k + k * k) * norm;
    let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
    values
        .iter()
        .map(|x| {
            let y = b0 * x + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2;
            (x2, x1, y2, y1) = (x1, *x, y1, y);
            y
        })
        .collect()
}

fn differences(values: &[f64]) -> Vec<f64> {
    let mut slope = vec![0.0];
    slope.extend(values.windows(2).map(|pair| match pair {
        [one, next] => next - one,
        _ => 0.0,
    }));
    slope
}

/// The sum of squares over a window around each place.
fn centred_sum(values: &[f64], window: usize) -> Vec<f64> {
    let mut until = vec![0.0];
    let mut sum = 0.0;
    for value in values {
        sum += value * value;
        until.push(sum);
    }
    let last = values.len();
    (0..last)
        .map(|place| {
            let from = place.saturating_sub(window / 2);
            let to = (place + window / 2 + 1).min(last);
            until.get(to).copied().unwrap_or(sum) - until.get(from).copied().unwrap_or(0.0)
        })
        .collect()
}

/// The place of the largest departure around a place.
fn farthest(values: &[f64], place: usize, reach: usize) -> usize {
    let from = place.saturating_sub(reach);
    let to = (place + reach + 1).min(values.len());
    let part = values.get(from..to).unwrap_or_default();
    let most = part
        .iter()
        .enumerate()
        .max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()));
    most.map_or(place, |(offset, _)| from + offset)
}

/// What the times between beats say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rhythm {
    /// Beats.
    pub beats: usize,
    /// Times between beats that were used: those of 0.3 to 2 seconds.
    pub intervals: usize,
    /// Mean rate, in beats a minute.
    pub rate_per_min: f64,
    /// Mean time between beats, in milliseconds.
    pub mean_rr_ms: f64,
    /// Standard deviation of the times between beats, in milliseconds.
    pub sdnn_ms: f64,
    /// Root mean square of successive differences, in milliseconds.
    pub rmssd_ms: f64,
}

/// Times between beats within which a heart beats: 30 to 200 a minute.
const BETWEEN_S: std::ops::RangeInclusive<f64> = 0.3..=2.0;

/// Rate and variability; `None` where there are fewer than two usable times between beats.
pub fn rhythm(beats_s: &[f64]) -> Option<Rhythm> {
    let between: Vec<f64> = beats_s
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] => Some((next - one) * 1000.0),
            _ => None,
        })
        .collect();
    let is_used = |ms: f64| BETWEEN_S.contains(&(ms / 1000.0));
    let used: Vec<f64> = between.iter().copied().filter(|ms| is_used(*ms)).collect();
    if used.len() < 2 {
        return None;
    }
    let count = used.len() as f64;
    let mean = used.iter().sum::<f64>() / count;
    let spread = used.iter().map(|ms| (ms - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let steps: Vec<f64> = between
        .windows(2)
        .filter_map(|pair| match *pair {
            [one, next] if is_used(one) && is_used(next) => Some((next - one).powi(2)),
            _ => None,
        })
        .collect();
    Some(Rhythm {
        beats: beats_s.len(),
        intervals: used.len(),
        rate_per_min: 60_000.0 / mean,
        mean_rr_ms: mean,
        sdnn_ms: spread.sqrt(),
        rmssd_ms: (steps.iter().sum::<f64>() / steps.len().max(1) as f64).sqrt(),
    })
}

/// How found beats agree with those that people marked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Marked and found.
    pub both: usize,
    /// Marked and not found.
    pub missed: usize,
    /// Found and not marked.
    pub added: usize,
}

impl Agreement {
    /// Pairs each marked beat with the nearest found one within this time; each is used once.
    pub fn of(marked_s: &[f64], found_s: &[f64], within_s: f64) -> Self {
        let mut both = 0;
        let mut found = found_s.iter().peekable();
        for marked in marked_s {
            while found.next_if(|time| **time < marked - within_s).is_some() {}
            if found.next_if(|time| **time <= marked + within_s).is_some() {
                both += 1;
            }
        }
        Self {
            both,
            missed: marked_s.len() - both,
            added: found_s.len() - both,
        }
    }

    /// Share of the marked beats that were found.
    pub fn sensitivity(&self) -> f64 {
        self.both as f64 / (self.both + self.missed) as f64
    }

    /// Share of the found beats that were marked.
    pub fn precision(&self) -> f64 {
        self.both as f64 / (self.both + self.added) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spikes of 40 ms each second, on a slow wander.
    fn lead(height: f64) -> Trace {
        let samples = (0..250 * 60).map(|place| {
            let wander = (f64::from(place) / 500.0).sin() * 0.3 * height;
            let spike = if (place + 125) % 250 < 10 {
                height
            } else {
                0.0
            };
            Some(wander + spike)
        });
        Trace::from_samples(("II", "mV", 250.0), samples)
    }

    #[test]
    fn each_spike_is_one_beat_in_whatever_unit_and_direction() {
        for height in [1.0, -1.0, 0.001, 5000.0] {
            let found = beats(&lead(height));
            assert_eq!(found.len(), 60, "{height}");
            let said = rhythm(&found).unwrap();
            assert!((said.rate_per_min - 60.0).abs() < 0.2, "{said:?}");
        }
    }

    #[test]
    fn a_flat_line_and_a_gap_have_no_beats() {
        let flat = Trace::from_samples(("II", "mV", 250.0), (0..5000).map(|_| Some(0.5)));
        assert!(beats(&flat).is_empty());
        assert_eq!(rhythm(&[]), None);
        let mut gap = lead(1.0);
        gap.runs[0].values.truncate(250 * 10);
        assert_eq!(beats(&gap).len(), 10);
    }

    #[test]
    fn pairs_are_used_once() {
        let said = Agreement::of(&[1.0, 2.0, 3.0], &[1.05, 1.1, 2.9, 4.0], 0.15);
        assert_eq!((said.both, said.missed, said.added), (2, 1, 2));
    }
}
