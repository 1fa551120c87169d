//! The airway as branches with generations, lengths and diameters.
//!
//! Numbers of branches are made here and used here, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

use super::{
    section::{Section, sections},
    tree::{Line, Lines, lines},
};
use crate::{Grid, Mask, Volume, grid};

/// Branches shorter than this are bumps of the wall, mm. Engineering convention.
const LEAST_MM: f64 = 8.0;
/// What leaves the windpipe with less than this share of the whole tree's length is larynx or a bump.
const LEAST_SHARE: f64 = 0.12;
/// Distance of the points that are kept of a centre line, mm.
const POINTS_MM: f64 = 2.0;
/// Centre lines are smoothed over this much on either side, mm.
const SMOOTH_MM: f64 = 3.0;

/// Windpipe and bronchi as a tree of centre lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct AirwayTree {
    /// The branches; each comes after the one it leaves.
    pub branches: Vec<AirwayBranch>,
    /// How they were found and what that is worth.
    #[ts(type = "{ zh: string; en: string }")]
    pub method: Text,
}

/// One branch, from where it leaves another one to where it divides or ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct AirwayBranch {
    /// Its place in the list.
    pub id: u32,
    /// The branch that it leaves; none for the windpipe.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub parent: Option<u32>,
    /// How many divisions lie above it: 0 for the windpipe, 1 for main bronchi.
    pub generation: u32,
    /// What people call it, where that is certain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional, type = "{ zh: string; en: string }")]
    pub label: Option<Text>,
    /// Its centre line, LPS, mm, from the windpipe outwards.
    pub points_lps_mm: Vec<[f64; 3]>,
    /// Length of its centre line, mm.
    pub length_mm: f64,
    /// Mean inner diameter outside the branch that it leaves, mm: of circles as wide as the lumen is
    /// on average, its wall half-way between inside and wall.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub mean_diameter_mm: Option<f64>,
    /// Mean thickness of its wall, mm, where the scan can show it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub wall_mm: Option<f64>,
    /// Why there is no thickness.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional, type = "{ zh: string; en: string }")]
    pub wall_not_assessed: Option<Text>,
}

/// The tree of an airway; `None` where the mask has no centre line.
pub fn airway_tree(volume: &Volume, airway: &Mask) -> Option<AirwayTree> {
    let root = top_of(airway)?;
    let mut lines = lines(airway, &volume.grid, root, LEAST_MM);
    drop_bumps_of_windpipe(&mut lines, &volume.grid);
    let mut parts = parts_of(&lines, &volume.grid);
    number(&mut parts);
    let mut branches: Vec<AirwayBranch> = parts
        .iter()
        .enumerate()
        .map(|(id, part)| branch(volume, part, id))
        .collect();
    name_main_bronchi(&mut branches);
    (!branches.is_empty()).then(|| AirwayTree {
        branches,
        method: Text::new(
            "气道掩膜的中心线（最小代价路径），代数自气管起为 0；直径取垂直截面内气腔与管壁信号之半处。阈值为工程惯例，有待确认；细小支气管未能显示，末端并非解剖末端",
            "centre lines of the airway mask (paths of least cost), generations counted from the windpipe as 0; diameters in perpendicular sections, half-way between lumen and wall. Thresholds are engineering conventions and need confirmation; small bronchi are not seen, and where a branch ends here is not where it ends",
        ),
    })
}

/// The voxel in the middle of the uppermost plane.
fn top_of(airway: &Mask) -> Option<[usize; 3]> {
    let [lo, hi] = airway.bounds()?;
    let z = hi[2] - 1;
    let (mut sum, mut all) = ([0; 2], Vec::new());
    for y in lo[1]..hi[1] {
        for x in (lo[0]..hi[0]).filter(|&x| airway.get([x, y, z])) {
            sum = [sum[0] + x, sum[1] + y];
            all.push([x, y, z]);
        }
    }
    let middle = sum.map(|sum| sum / all.len().max(1));
    all.into_iter()
        .min_by_key(|[x, y, _]| x.abs_diff(middle[0]).pow(2) + y.abs_diff(middle[1]).pow(2))
}

/// A stretch of a centre line between two divisions.
struct Part {
    parent: Option<usize>,
    generation: u32,
    points: Vec<[f64; 3]>,
    wall_mm: Vec<f64>,
    /// How far from its beginning the branch that it leaves reaches, mm.
    inside_mm: f64,
}

/// Cuts lines where others leave them.
fn parts_of(lines: &Lines, grid: &Grid) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    // For each line, its parts with the point at which each ends.
    let mut of_line: Vec<Vec<(usize, usize)>> = Vec::new();
    for (number, line) in lines.list.iter().enumerate() {
        let mut parent = line.from.and_then(|[line, point]| {
            let list = of_line.get(line)?;
            let (part, _) = list.iter().find(|(_, end)| *end >= point).or(list.last())?;
            // What leaves a branch where that one begins leaves the same division.
            let other = &lines.list[line];
            let begins = other.from.is_some() && begins(other, point, grid);
            if begins {
                parts[list.first()?.0].parent
            } else {
                Some(*part)
            }
        });
        let mut list = Vec::new();
        let mut start = 0;
        for end in cuts(lines, number, grid) {
            list.push((parts.len(), end));
            parts.push(Part {
                parent,
                generation: 0,
                inside_mm: if parent.is_some() {
                    line.wall_mm[start]
                } else {
                    0.0
                },
                points: line.points[start..=end].to_vec(),
                wall_mm: line.wall_mm[start..=end].to_vec(),
            });
            parent = Some(parts.len() - 1);
            start = end;
        }
        of_line.push(list);
    }
    parts
}

/// Leaves out what leaves the first line above its first large division and is small.
fn drop_bumps_of_windpipe(lines: &mut Lines, grid: &Grid) {
    let own = |line: &Line| arc(&line.points, grid);
    let mut below: Vec<f64> = lines.list.iter().map(own).collect();
    for (number, line) in lines.list.iter().enumerate().rev() {
        if let Some([parent, _]) = line.from {
            below[parent] += below[number];
        }
    }
    let all = below.first().copied().unwrap_or(0.0);
    let from_first = |line: &Line| {
        line.from
            .filter(|[parent, _]| *parent == 0)
            .map(|[_, at]| at)
    };
    let large = lines
        .list
        .iter()
        .zip(&below)
        .filter(|(_, length)| **length >= LEAST_SHARE * all);
    let carina = large.filter_map(|(line, _)| from_first(line)).min();
    let mut kept: Vec<Option<usize>> = Vec::new();
    let mut list: Vec<Line> = Vec::new();
    for (line, length) in std::mem::take(&mut lines.list).into_iter().zip(below) {
        let above = from_first(&line).is_some_and(|at| carina.is_none_or(|carina| at < carina));
        let from = line
            .from
            .map(|[parent, at]| kept.get(parent).copied().flatten().map(|p| [p, at]));
        // A line whose own beginning is left out goes with it.
        if (above && length < LEAST_SHARE * all) || from == Some(None) {
            kept.push(None);
            continue;
        }
        kept.push(Some(list.len()));
        list.push(Line {
            from: from.flatten(),
            ..line
        });
    }
    lines.list = list;
}

/// The points at which a line divides, and its last one. Divisions within one another's width are one.
fn cuts(lines: &Lines, number: usize, grid: &Grid) -> Vec<usize> {
    let line = &lines.list[number];
    let last = line.points.len() - 1;
    let leaving = lines.list.iter().filter_map(|other| other.from);
    let on_line = leaving.filter(|[from, _]| *from == number);
    let mut leaving: Vec<usize> = on_line.map(|[_, point]| point).collect();
    leaving.sort_unstable();
    let mut cuts: Vec<usize> = Vec::new();
    for point in leaving {
        let joint_mm = line.wall_mm[point];
        let near = cuts.last().is_some_and(|&cut| {
            arc(&line.points[cut..=point], grid) < line.wall_mm[cut].max(joint_mm)
        });
        let at_end = arc(&line.points[point..], grid) < joint_mm;
        let at_start = point == 0 || (line.from.is_some() && begins(line, point, grid));
        if !near && !at_end && !at_start {
            cuts.push(point);
        }
    }
    cuts.push(last);
    cuts
}

/// Whether a point lies where its line begins, within the width of the branch that this one leaves.
fn begins(line: &Line, point: usize, grid: &Grid) -> bool {
    arc(&line.points[..=point], grid) < line.wall_mm[0]
}

/// Counts generations from the root.
fn number(parts: &mut [Part]) {
    for i in 0..parts.len() {
        parts[i].generation = parts[i]
            .parent
            .map_or(0, |parent| parts[parent].generation + 1);
    }
}

fn branch(volume: &Volume, part: &Part, id: usize) -> AirwayBranch {
    let points = smoothed(&part.points, &volume.grid);
    let sections = sections(volume, &points, &part.wall_mm, part.inside_mm);
    let Section {
        diameter_mm,
        wall_mm,
        wall_not_assessed,
    } = sections;
    AirwayBranch {
        id: crate::bricks::small(id),
        parent: part.parent.map(crate::bricks::small),
        generation: part.generation,
        label: (part.parent.is_none() && id == 0).then(|| Text::new("气管", "trachea")),
        points_lps_mm: thinned(&points, &volume.grid),
        length_mm: rounded(arc(&points, &volume.grid), 10.0),
        mean_diameter_mm: diameter_mm.map(|mm| rounded(mm, 100.0)),
        wall_mm: wall_mm.map(|mm| rounded(mm, 100.0)),
        wall_not_assessed,
    }
}

/// Two branches of the first generation, one to either side, are the main bronchi.
fn name_main_bronchi(branches: &mut [AirwayBranch]) {
    let firsts: Vec<usize> = (0..branches.len())
        .filter(|&i| branches[i].generation == 1)
        .collect();
    let longest = |side: fn(f64) -> bool| {
        firsts
            .iter()
            .copied()
            .filter(|&i| {
                let points = &branches[i].points_lps_mm;
                let ends = points.first().zip(points.last());
                ends.is_some_and(|(first, last)| side(last[0] - first[0]))
            })
            .collect::<Vec<_>>()
    };
    // L of LPS runs to the patient's left.
    if let ([left], [right]) = (&longest(|l| l > 0.0)[..], &longest(|l| l < 0.0)[..]) {
        branches[*left].label = Some(Text::new("左主支气管", "left main bronchus"));
        branches[*right].label = Some(Text::new("右主支气管", "right main bronchus"));
    }
}

/// Length of a chain of indices, mm.
fn arc(points: &[[f64; 3]], grid: &Grid) -> f64 {
    let step = |pair: &[[f64; 3]]| {
        let [a, b] = [pair[0], pair[1]].map(|index| grid.point_lps_mm(index));
        grid::length(grid::subtract(a, b))
    };
    points.windows(2).map(step).sum()
}

/// A chain of voxels as a smooth line between the same ends.
fn smoothed(points: &[[f64; 3]], grid: &Grid) -> Vec<[f64; 3]> {
    let step_mm = arc(points, grid) / (points.len().max(2) - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let reach = (SMOOTH_MM / step_mm.max(1e-3)).round() as usize;
    (0..points.len())
        .map(|i| {
            // Windows shrink towards the ends, so that these stay where they are.
            let reach = reach.min(i).min(points.len() - 1 - i);
            let window = &points[i - reach..=i + reach];
            let mut mean = [0.0; 3];
            for point in window {
                for (mean, value) in mean.iter_mut().zip(point) {
                    *mean += value / window.len() as f64;
                }
            }
            mean
        })
        .collect()
}

/// Points of a line at even distances, and its ends, LPS, rounded to what the picture holds.
fn thinned(points: &[[f64; 3]], grid: &Grid) -> Vec<[f64; 3]> {
    let mut kept: Vec<[f64; 3]> = Vec::new();
    let mut since = f64::INFINITY;
    for (i, &index) in points.iter().enumerate() {
        if i > 0 {
            since += arc(&points[i - 1..=i], grid);
        }
        if since >= POINTS_MM || i + 1 == points.len() {
            kept.push(grid.point_lps_mm(index).map(|mm| rounded(mm, 10.0)));
            since = 0.0;
        }
    }
    kept
}

fn rounded(mm: f64, parts: f64) -> f64 {
    (mm * parts).round() / parts
}
