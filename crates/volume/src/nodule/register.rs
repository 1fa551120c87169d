//! Where a place of one study lies in another: a local shift, and how far it may be off.
//!
//! Places come from the boxes themselves, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Mask, Series, Volume, VolumeError, grid};

/// How to get from a prior study to the current one around a place.
///
/// It is a shift only: lungs turn little between scans in one posture, and what they stretch between
/// breaths shows in `residual_mm`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct LocalShift {
    /// Current less prior, LPS, mm.
    pub shift_lps_mm: [f64; 3],
    /// Root mean square by which the shifts of the parts of the box differ from that of the whole, mm.
    pub residual_mm: f64,
    /// Normalised correlation of both boxes after the shift, −1 to 1.
    pub correlation: f64,
    /// Whether it can be relied on: enough likeness, and the parts agree.
    pub is_reliable: bool,
}

impl LocalShift {
    /// Where a point of the prior study lies in the current one, LPS, mm.
    pub fn current_of(&self, prior_lps_mm: [f64; 3]) -> [f64; 3] {
        grid::add_scaled(prior_lps_mm, 1.0, self.shift_lps_mm)
    }

    /// Where a point of the current study lies in the prior one, LPS, mm.
    pub fn prior_of(&self, current_lps_mm: [f64; 3]) -> [f64; 3] {
        grid::add_scaled(current_lps_mm, -1.0, self.shift_lps_mm)
    }
}

/// Half the side of the box that is compared, mm.
const HALF_MM: f64 = 24.0;
/// The searches of the whole box, from coarse to fine.
const SEARCHES: [Search; 4] = [
    Search::of(6.0, 7, 1),
    Search::of(3.0, 2, 1),
    Search::of(1.5, 2, 1),
    Search::of(0.75, 2, 2),
];
/// The search of each eighth of the box.
const PART_SEARCH: Search = Search::of(1.5, 4, 1);
/// What differs less within the box has no structure to compare, HU.
const LEAST_SPREAD_HU: f64 = 60.0;
/// Values are compared within this range, HU: lung, vessels and the soft tissue around them.
const RANGE_HU: [f64; 2] = [-1000.0, 200.0];
/// Below this correlation the places are not alike.
const LEAST_CORRELATION: f64 = 0.6;
/// Parts that differ by more than this do not move as one, mm.
const MOST_RESIDUAL_MM: f64 = 5.0;

/// Finds where a place of the prior study lies in the current one.
///
/// A box of 48 mm around the place is moved over the current study, from 6 mm steps down to 0.75 mm,
/// to the highest normalised correlation of values; each eighth of the box is then moved by itself,
/// and how much the eighths differ is the residual. Where both lungs are known the search begins at
/// the shift between their middles. Reach: 42 mm from there. Inputs: HU; a point LPS, mm.
/// Result: mm; typical error below 1 mm on scans moved and resampled (`docs/conformance/nodule-ct.md`);
/// between breaths several mm, as the residual says. Not for: postures that differ, operated lungs.
/// Source: hospital's clinical notes ask for comparison with priors; the method is an engineering one.
///
/// # Errors
/// If the place lies outside the prior study, or nothing like it is found in the current one.
pub fn register(
    prior: &Series,
    current: &Series,
    prior_lungs: Option<&Mask>,
    current_lungs: Option<&Mask>,
    near_lps_mm: [f64; 3],
) -> Result<LocalShift, VolumeError> {
    let refused = |why_zh, why| VolumeError::Nodule { why_zh, why };
    let index = prior.volume.grid.index_of(near_lps_mm);
    let inside = index
        .iter()
        .zip(prior.volume.grid.size)
        .all(|(&i, n)| i >= -0.5 && i < n as f64);
    if !inside {
        return Err(refused("该点在图像之外", "the point lies outside the scan"));
    }
    let middles = prior_lungs
        .and_then(|lungs| middle_lps_mm(prior, lungs))
        .zip(current_lungs.and_then(|lungs| middle_lps_mm(current, lungs)));
    let mut shift = middles.map_or([0.0; 3], |(a, b)| grid::subtract(b, a));
    let mut correlation = -1.0;
    let place = Place {
        prior: &prior.volume,
        current: &current.volume,
        at_lps_mm: near_lps_mm,
    };
    for search in SEARCHES {
        (shift, correlation) = place.best(shift, search, [0; 3]).ok_or_else(|| {
            refused(
                "两次检查在该处没有重叠或没有可比较的结构",
                "the studies do not overlap there, or have no structure to compare",
            )
        })?;
    }
    let mut squares = Vec::new();
    for number in 0..8_usize {
        let sides = [number & 1, number >> 1 & 1, number >> 2 & 1];
        let part = sides.map(|bit| if bit == 0 { -1 } else { 1 });
        if let Some((own, _)) = place.best(shift, PART_SEARCH, part) {
            let off = grid::length(grid::subtract(own, shift));
            squares.push(off * off);
        }
    }
    let residual_mm = if squares.is_empty() {
        f64::INFINITY
    } else {
        (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
    };
    if !residual_mm.is_finite() {
        return Err(refused(
            "该处没有可比较的结构",
            "there is no structure to compare there",
        ));
    }
    Ok(LocalShift {
        shift_lps_mm: shift,
        residual_mm,
        correlation,
        is_reliable: correlation >= LEAST_CORRELATION && residual_mm <= MOST_RESIDUAL_MM,
    })
}

fn middle_lps_mm(series: &Series, lungs: &Mask) -> Option<[f64; 3]> {
    let [lo, hi] = lungs.bounds()?;
    let middle = std::array::from_fn(|a| f64::midpoint(lo[a] as f64, hi[a] as f64 - 1.0));
    Some(series.volume.grid.point_lps_mm(middle))
}

/// Values at the points of a lattice around a place; NaN outside the study.
struct Lattice {
    /// Points to each side of the middle one.
    half: isize,
    values: Vec<f64>,
}

impl Lattice {
    fn around(volume: &Volume, middle_lps_mm: [f64; 3], apart_mm: f64, half: isize) -> Self {
        let side = 2 * half + 1;
        let values = (0..side * side * side)
            .into_par_iter()
            .map(|number| {
                let off = steps_of(number, side).map(|i| (i - half) as f64 * apart_mm);
                let point = grid::add_scaled(middle_lps_mm, 1.0, off);
                value_at(volume, point, apart_mm).unwrap_or(f64::NAN)
            })
            .collect();
        Self { half, values }
    }

    fn at(&self, [i, j, k]: [isize; 3]) -> f64 {
        let side = 2 * self.half + 1;
        let place = ((k + self.half) * side + j + self.half) * side + i + self.half;
        self.values[place.cast_unsigned()]
    }
}

/// The steps along each axis that a number stands for.
fn steps_of(number: isize, side: isize) -> [isize; 3] {
    [number % side, number / side % side, number / (side * side)]
}

/// One search: steps between shifts, how many each way, and how many steps samples are apart.
#[derive(Clone, Copy)]
struct Search {
    step_mm: f64,
    reach: isize,
    every: isize,
}

impl Search {
    const fn of(step_mm: f64, reach: isize, every: isize) -> Self {
        Self {
            step_mm,
            reach,
            every,
        }
    }
}

/// A place of the prior study with the part of the box around it that is compared.
struct Place<'a> {
    prior: &'a Volume,
    current: &'a Volume,
    at_lps_mm: [f64; 3],
}

impl Place<'_> {
    /// The shift near another with the highest correlation, and that correlation. Of the box only the
    /// eighth on these sides counts, or all of it where they are 0.
    ///
    /// `None` where too little overlaps, or where there is no structure in the prior study.
    fn best(&self, from: [f64; 3], search: Search, part: [isize; 3]) -> Option<([f64; 3], f64)> {
        let Search {
            step_mm,
            reach,
            every,
        } = search;
        #[expect(clippy::cast_possible_truncation, reason = "a few dozen")]
        let half = (HALF_MM / step_mm) as isize / every * every;
        let prior = Lattice::around(self.prior, self.at_lps_mm, step_mm, half);
        let middle = grid::add_scaled(self.at_lps_mm, 1.0, from);
        let current = Lattice::around(self.current, middle, step_mm, half + reach);
        let n = half / every;
        let range = |side: isize| (if side > 0 { 0 } else { -n })..=(if side < 0 { 0 } else { n });
        let mut samples = Vec::new();
        for k in range(part[2]) {
            for j in range(part[1]) {
                for i in range(part[0]) {
                    let at = [i, j, k].map(|i| i * every);
                    let value = prior.at(at);
                    if !value.is_nan() {
                        samples.push((at, value));
                    }
                }
            }
        }
        if spread(&samples) < LEAST_SPREAD_HU {
            return None;
        }
        let side = 2 * reach + 1;
        (0..side * side * side)
            .into_par_iter()
            .filter_map(|number| {
                let off = steps_of(number, side).map(|i| i - reach);
                let length: isize = off.iter().map(|i| i * i).sum();
                correlation(&samples, &current, off).map(|c| (off, c, length))
            })
            // Of equally good shifts the one nearest to where the search began.
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.2.cmp(&a.2)))
            .map(|(off, c, _)| (grid::add_scaled(from, step_mm, off.map(|i| i as f64)), c))
    }
}

/// Standard deviation of the values, HU.
fn spread(samples: &[([isize; 3], f64)]) -> f64 {
    let n = samples.len().max(1) as f64;
    let mean = samples.iter().map(|(_, v)| v).sum::<f64>() / n;
    (samples.iter().map(|(_, v)| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
}

/// Normalised correlation after a shift; none where less than half overlaps.
fn correlation(
    samples: &[([isize; 3], f64)],
    current: &Lattice,
    [di, dj, dk]: [isize; 3],
) -> Option<f64> {
    let (mut n, mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for &([i, j, k], a) in samples {
        let b = current.at([i + di, j + dj, k + dk]);
        if !b.is_nan() {
            n += 1.0;
            sa += a;
            sb += b;
            saa += a * a;
            sbb += b * b;
            sab += a * b;
        }
    }
    if n < 0.5 * samples.len() as f64 || n < 8.0 {
        return None;
    }
    let (va, vb) = (saa - sa * sa / n, sbb - sb * sb / n);
    (va > 0.0 && vb > 0.0).then(|| (sab - sa * sb / n) / (va * vb).sqrt())
}

/// The value at a point within the range that is compared: between voxels by straight lines, and for
/// points far apart the mean of the eight corners of a small cube, so that voxels between them count.
fn value_at(volume: &Volume, point_lps_mm: [f64; 3], apart_mm: f64) -> Option<f64> {
    let index = volume.grid.index_of(point_lps_mm);
    let reach: [f64; 3] = volume.grid.spacing_mm.map(|s| 0.25 * apart_mm / s);
    if reach.iter().all(|&r| r <= 0.5) {
        return interpolated(volume, index);
    }
    let mut sum = 0.0;
    for corner in 0..8_usize {
        let at = std::array::from_fn(|a| {
            index[a]
                + if corner >> a & 1 == 0 {
                    -reach[a]
                } else {
                    reach[a]
                }
        });
        sum += interpolated(volume, at)?;
    }
    Some(sum / 8.0)
}

fn interpolated(volume: &Volume, index: [f64; 3]) -> Option<f64> {
    let [least, most] = RANGE_HU;
    volume.interpolated(index, |hu| f64::from(hu).clamp(least, most))
}
