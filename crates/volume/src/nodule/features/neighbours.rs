//! Features of zones of equal voxels and of the 26 neighbours of each voxel.
//!
//! Levels are at most the arrays' size, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use std::collections::BTreeMap;

use super::{Levels, all_26, bits, moved};

/// How often something of a level and a size was counted, and what such counts are made into.
#[derive(Default)]
pub(super) struct Emphasis(BTreeMap<(usize, usize), f64>);

impl Emphasis {
    pub(super) fn add(&mut self, level: usize, size: usize) {
        *self.0.entry((level, size)).or_insert(0.0) += 1.0;
    }

    /// The sixteen features that runs, zones and dependences have in common, by these names.
    pub(super) fn features(
        &self,
        names: [&'static str; 16],
        voxels: usize,
    ) -> Vec<(&'static str, f64)> {
        let total: f64 = self.0.values().sum();
        let over = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            self.0
                .iter()
                .map(|(&(level, size), n)| f(level as f64, size as f64) * n / total)
                .sum()
        };
        let mut by_level: BTreeMap<usize, f64> = BTreeMap::new();
        let mut by_size: BTreeMap<usize, f64> = BTreeMap::new();
        for (&(level, size), n) in &self.0 {
            *by_level.entry(level).or_insert(0.0) += n;
            *by_size.entry(size).or_insert(0.0) += n;
        }
        let squares = |of: &BTreeMap<usize, f64>| of.values().map(|n| n * n).sum::<f64>();
        let (level_squares, size_squares) = (squares(&by_level), squares(&by_size));
        let mean_level = over(&|i, _| i);
        let mean_size = over(&|_, j| j);
        let values = [
            over(&|_, j| 1.0 / (j * j)),
            over(&|_, j| j * j),
            over(&|i, _| 1.0 / (i * i)),
            over(&|i, _| i * i),
            over(&|i, j| 1.0 / (i * i * j * j)),
            over(&|i, j| i * i / (j * j)),
            over(&|i, j| j * j / (i * i)),
            over(&|i, j| i * i * j * j),
            level_squares / total,
            level_squares / (total * total),
            size_squares / total,
            size_squares / (total * total),
            total / voxels as f64,
            over(&|i, _| (i - mean_level).powi(2)),
            over(&|_, j| (j - mean_size).powi(2)),
            self.0.values().map(|n| bits(n / total)).sum(),
        ];
        names.into_iter().zip(values).collect()
    }
}

/// Grey level size zone: connected zones of one level, all 26 neighbours connecting.
pub(super) fn size_zone(levels: &Levels) -> Vec<(&'static str, f64)> {
    let steps = all_26();
    let [nx, ny, _] = levels.size.map(usize::cast_signed);
    let mut seen = vec![false; levels.level.len()];
    let place = |[x, y, z]: [isize; 3]| ((z * ny + y) * nx + x).cast_unsigned();
    let mut zones = Emphasis::default();
    levels.for_each(|start, level| {
        if seen[place(start)] {
            return;
        }
        seen[place(start)] = true;
        let (mut size, mut open) = (0, vec![start]);
        while let Some(at) = open.pop() {
            size += 1;
            for &step in &steps {
                let next = moved(at, step);
                if levels.at(next) == level && !seen[place(next)] {
                    seen[place(next)] = true;
                    open.push(next);
                }
            }
        }
        zones.add(level, size);
    });
    zones.features(
        [
            "small zone emphasis",
            "large zone emphasis",
            "low grey level zone emphasis",
            "high grey level zone emphasis",
            "small zone low grey level emphasis",
            "small zone high grey level emphasis",
            "large zone low grey level emphasis",
            "large zone high grey level emphasis",
            "grey level non-uniformity",
            "normalised grey level non-uniformity",
            "zone size non-uniformity",
            "normalised zone size non-uniformity",
            "zone percentage",
            "grey level variance",
            "zone size variance",
            "zone size entropy",
        ],
        levels.voxels,
    )
}

/// Neighbouring grey level dependence: how many of a voxel's neighbours have its level, itself counted.
pub(super) fn dependence(levels: &Levels) -> Vec<(&'static str, f64)> {
    let steps = all_26();
    let mut counts = Emphasis::default();
    levels.for_each(|at, level| {
        let same = steps.iter().filter(|&&s| levels.at(moved(at, s)) == level);
        counts.add(level, same.count() + 1);
    });
    counts.features(
        [
            "low dependence emphasis",
            "high dependence emphasis",
            "low grey level count emphasis",
            "high grey level count emphasis",
            "low dependence low grey level emphasis",
            "low dependence high grey level emphasis",
            "high dependence low grey level emphasis",
            "high dependence high grey level emphasis",
            "grey level non-uniformity",
            "normalised grey level non-uniformity",
            "dependence count non-uniformity",
            "normalised dependence count non-uniformity",
            "dependence count percentage",
            "grey level variance",
            "dependence count variance",
            "dependence count entropy",
        ],
        levels.voxels,
    )
}

/// A level, how often it occurs, and the sum of its differences.
type Tone = (f64, f64, f64);

/// Neighbourhood grey tone difference: how far voxels are from the mean of their neighbours.
pub(super) fn tone_difference(levels: &Levels) -> Vec<(&'static str, f64)> {
    let steps = all_26();
    let mut counts = vec![0.0; levels.most + 1];
    let mut differences = vec![0.0; levels.most + 1];
    levels.for_each(|at, level| {
        let others = steps
            .iter()
            .map(|&s| levels.at(moved(at, s)))
            .filter(|&other| other > 0);
        let (n, sum) = others.fold((0.0, 0.0), |(n, sum), o| (n + 1.0, sum + o as f64));
        if n > 0.0 {
            counts[level] += 1.0;
            differences[level] += (level as f64 - sum / n).abs();
        }
    });
    let total: f64 = counts.iter().sum();
    let of: Vec<Tone> = counts
        .iter()
        .zip(&differences)
        .enumerate()
        .filter(|&(_, (&n, _))| n > 0.0)
        .map(|(level, (n, s))| (level as f64, n / total, *s))
        .collect();
    let over = |f: &dyn Fn(&Tone, &Tone) -> f64| -> f64 {
        of.iter()
            .flat_map(|a| of.iter().map(move |b| (a, b)))
            .map(|(a, b)| f(a, b))
            .sum()
    };
    let kinds = of.len() as f64;
    let sum: f64 = of.iter().map(|(_, _, s)| s).sum();
    let weighted: f64 = of.iter().map(|(_, p, s)| p * s).sum();
    let spread = over(&|a, b| a.1 * b.1 * (a.0 - b.0).powi(2));
    let apart = over(&|a, b| (a.0 * a.1 - b.0 * b.1).abs());
    let complexity =
        over(&|a, b| (a.0 - b.0).abs() * (a.1 * a.2 + b.1 * b.2) / (a.1 + b.1)) / total;
    let strength = over(&|a, b| (a.1 + b.1) * (a.0 - b.0).powi(2)) / sum;
    vec![
        (
            "coarseness",
            if weighted > 0.0 { 1.0 / weighted } else { 1e6 },
        ),
        ("contrast", spread / (kinds * (kinds - 1.0)) * sum / total),
        ("busyness", weighted / apart),
        ("complexity", complexity),
        ("strength", strength),
    ]
}
