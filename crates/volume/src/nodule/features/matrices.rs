//! Features of pairs of voxels and of runs of equal ones, averaged over 13 directions.
//!
//! Levels are at most the matrix' size, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use super::{Levels, bits, directions, moved, neighbours::Emphasis};

type Named = Vec<(&'static str, f64)>;

/// The mean of each feature over the directions that have any.
fn averaged(found: &[Named]) -> Named {
    let Some(first) = found.first() else {
        return Vec::new();
    };
    first
        .iter()
        .enumerate()
        .map(|(i, (name, _))| {
            let values = found.iter().map(|f| f[i].1).filter(|v| !v.is_nan());
            let (n, sum) = values.fold((0.0, 0.0), |(n, sum), v| (n + 1.0, sum + v));
            (*name, sum / n)
        })
        .collect()
}

/// Grey level co-occurrence: symmetric pairs of neighbours.
pub(super) fn co_occurrence(levels: &Levels) -> Named {
    let n = levels.most + 1;
    let found: Vec<Named> = directions()
        .into_iter()
        .filter_map(|direction| {
            let mut pairs = vec![0.0; n * n];
            let mut total = 0.0;
            levels.for_each(|at, level| {
                let other = levels.at(moved(at, direction));
                if other > 0 {
                    pairs[level * n + other] += 1.0;
                    pairs[other * n + level] += 1.0;
                    total += 2.0;
                }
            });
            (total > 0.0).then(|| {
                for pair in &mut pairs {
                    *pair /= total;
                }
                pair_features(&pairs, n)
            })
        })
        .collect();
    averaged(&found)
}

/// Marginal, difference and sum distributions of a matrix of pairs.
struct Marginals {
    single: Vec<f64>,
    difference: Vec<f64>,
    sum: Vec<f64>,
}

fn marginals(pairs: &[f64], n: usize) -> Marginals {
    let mut of = Marginals {
        single: vec![0.0; n],
        difference: vec![0.0; n],
        sum: vec![0.0; 2 * n],
    };
    for i in 1..n {
        for j in 1..n {
            let p = pairs[i * n + j];
            of.single[i] += p;
            of.difference[i.abs_diff(j)] += p;
            of.sum[i + j] += p;
        }
    }
    of
}

/// Σ f(k) · p(k).
fn expected(p: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    p.iter().enumerate().map(|(k, p)| f(k as f64) * p).sum()
}

fn pair_features(pairs: &[f64], n: usize) -> Named {
    let of = marginals(pairs, n);
    let levels = (n - 1) as f64;
    let over = |f: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
        (1..n)
            .flat_map(|i| (1..n).map(move |j| (i, j)))
            .map(|(i, j)| f(i as f64, j as f64, pairs[i * n + j]))
            .sum()
    };
    let mean = expected(&of.single, |i| i);
    let variance = expected(&of.single, |i| (i - mean).powi(2));
    let entropy = over(&|_, _, p| bits(p));
    let difference_mean = expected(&of.difference, |k| k);
    let sum_mean = expected(&of.sum, |k| k);
    let difference_variance = expected(&of.difference, |k| (k - difference_mean).powi(2));
    let correlation = if variance > 0.0 {
        over(&|i, j, p| (i - mean) * (j - mean) * p) / variance
    } else {
        1.0
    };
    let (first, second) = information(pairs, &of.single, n, entropy);
    let entropy_of = |p: &[f64]| p.iter().copied().map(bits).sum::<f64>();
    let inverse_variance = expected(
        &of.difference,
        |k| if k > 0.0 { 1.0 / (k * k) } else { 0.0 },
    );
    vec![
        ("joint maximum", pairs.iter().copied().fold(0.0, f64::max)),
        ("joint average", mean),
        ("joint variance", variance),
        ("joint entropy", entropy),
        ("difference average", difference_mean),
        ("difference variance", difference_variance),
        ("difference entropy", entropy_of(&of.difference)),
        ("sum average", sum_mean),
        (
            "sum variance",
            expected(&of.sum, |k| (k - sum_mean).powi(2)),
        ),
        ("sum entropy", entropy_of(&of.sum)),
        ("angular second moment", over(&|_, _, p| p * p)),
        ("contrast", expected(&of.difference, |k| k * k)),
        ("dissimilarity", difference_mean),
        (
            "inverse difference",
            expected(&of.difference, |k| 1.0 / (1.0 + k)),
        ),
        (
            "normalised inverse difference",
            expected(&of.difference, |k| 1.0 / (1.0 + k / levels)),
        ),
        (
            "inverse difference moment",
            expected(&of.difference, |k| 1.0 / (1.0 + k * k)),
        ),
        (
            "normalised inverse difference moment",
            expected(&of.difference, |k| 1.0 / (1.0 + (k / levels).powi(2))),
        ),
        ("inverse variance", inverse_variance),
        ("correlation", correlation),
        ("autocorrelation", over(&|i, j, p| i * j * p)),
        (
            "cluster tendency",
            expected(&of.sum, |k| (k - 2.0 * mean).powi(2)),
        ),
        (
            "cluster shade",
            expected(&of.sum, |k| (k - 2.0 * mean).powi(3)),
        ),
        (
            "cluster prominence",
            expected(&of.sum, |k| (k - 2.0 * mean).powi(4)),
        ),
        ("information correlation 1", first),
        ("information correlation 2", second),
    ]
}

/// Both information correlations of a symmetric matrix.
fn information(pairs: &[f64], single: &[f64], n: usize, entropy: f64) -> (f64, f64) {
    let own: f64 = single.iter().copied().map(bits).sum();
    let (mut first, mut second) = (0.0, 0.0);
    for i in 1..n {
        for j in 1..n {
            let apart = single[i] * single[j];
            if apart > 0.0 {
                first -= pairs[i * n + j] * apart.log2();
                second += bits(apart);
            }
        }
    }
    let one = if own > 0.0 {
        (entropy - first) / own
    } else {
        0.0
    };
    let two = (1.0 - (-2.0 * (second - entropy)).exp()).max(0.0).sqrt();
    (one, two)
}

/// Grey level run length: runs of one level along each direction.
pub(super) fn run_length(levels: &Levels) -> Named {
    let found: Vec<Named> = directions()
        .into_iter()
        .map(|direction| {
            let back = direction.map(|d| -d);
            let mut runs = Emphasis::default();
            levels.for_each(|at, level| {
                // A run begins where the voxel before it is another.
                if levels.at(moved(at, back)) == level {
                    return;
                }
                let (mut length, mut here) = (1, at);
                loop {
                    here = moved(here, direction);
                    if levels.at(here) != level {
                        break;
                    }
                    length += 1;
                }
                runs.add(level, length);
            });
            runs.features(
                [
                    "short runs emphasis",
                    "long runs emphasis",
                    "low grey level run emphasis",
                    "high grey level run emphasis",
                    "short run low grey level emphasis",
                    "short run high grey level emphasis",
                    "long run low grey level emphasis",
                    "long run high grey level emphasis",
                    "grey level non-uniformity",
                    "normalised grey level non-uniformity",
                    "run length non-uniformity",
                    "normalised run length non-uniformity",
                    "run percentage",
                    "grey level variance",
                    "run length variance",
                    "run entropy",
                ],
                levels.voxels,
            )
        })
        .collect();
    averaged(&found)
}
