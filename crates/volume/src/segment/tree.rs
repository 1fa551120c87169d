//! The centre lines of a branching mask, as a tree from a root.
//!
//! Paths of least cost from the farthest tips to the root, where cost falls with the distance from
//! the wall (TEASAR, Sato 2000). A path is a branch where it leaves the tube of the one it joins.
//! Numbers of voxels are made here and used here, so indexing is allowed.
#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a mask has fewer voxels than 2³²"
)]

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{Grid, Mask};

/// How strongly centre lines keep away from walls.
const CENTRING: i32 = 3;
/// Around a centre line, what lies within this many times its distance from the wall and this
/// much more belongs to its tube, mm.
const TUBE_FACTOR: f64 = 1.6;
const TUBE_MORE_MM: f64 = 1.0;
/// A line stands out of the tube it leaves by at least this many times that tube's distance from the
/// wall there, since lumens are oval.
const OUT_FACTOR: f64 = 1.3;
/// That distance is taken where the tube is widest so many points to either side, since it narrows at ends.
const BESIDE: usize = 8;
/// A line that comes within this many times another one's distance from the wall joins it there.
const CORE_FACTOR: f64 = 0.6;

/// Centre lines, each from where it leaves another one to its tip.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lines {
    /// The lines; the first one starts at the root.
    pub list: Vec<Line>,
}

/// One centre line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// The line that it leaves and the place of its first point there; none for the first line.
    pub from: Option<[usize; 2]>,
    /// Voxel centres as indices x, y, z.
    pub points: Vec<[f64; 3]>,
    /// Distance of each point to the wall, mm.
    pub wall_mm: Vec<f64>,
    /// Numbers of the points' voxels.
    pub voxels: Vec<usize>,
}

/// The centre lines of the part of `mask` that hangs together with `root`.
///
/// Lines that stand out of the tube they leave by less than `least_mm`, by little more than half
/// its width or by less than their own width are bumps of the wall.
pub(super) fn lines(mask: &Mask, grid: &Grid, root: [usize; 3], least_mm: f64) -> Lines {
    let voxels = Numbered::of(mask);
    let Some(root) = voxels.number(root) else {
        return Lines::default();
    };
    let steps = steps(grid.spacing_mm);
    let wall_mm = wall_distances(&voxels, grid.spacing_mm, &steps);
    let (far_mm, _) = paths(&voxels, root, &steps, |_| 1.0);
    let (_, towards_root) = paths(&voxels, root, &steps, |to| wall_mm[to].powi(-CENTRING));
    let mut tips: Vec<usize> = (0..voxels.at.len())
        .filter(|&i| far_mm[i].is_finite())
        .collect();
    tips.sort_unstable_by(|&a, &b| far_mm[b].total_cmp(&far_mm[a]).then(a.cmp(&b)));
    let mut lines = Lines::default();
    // For each voxel the point of a line whose core it lies in.
    let mut core: Vec<Option<[u32; 2]>> = vec![None; voxels.at.len()];
    let mut covered = vec![false; voxels.at.len()];
    for tip in tips {
        if covered[tip] {
            continue;
        }
        let mut path = vec![tip];
        let mut here = tip;
        while core[here].is_none() && here != root {
            here = towards_root[here] as usize;
            path.push(here);
        }
        let from = core[here].map(|at| at.map(|i| i as usize));
        path.extend(from.map(|[line, point]| lines.list[line].voxels[point]));
        path.reverse();
        for &voxel in &path {
            let radius = wall_mm[voxel] * TUBE_FACTOR + TUBE_MORE_MM;
            ball(&voxels, voxel, radius, grid.spacing_mm, |i| {
                covered[i] = true;
            });
        }
        let joint_mm = wall_mm[path[0]];
        let tube_mm = from.map_or(joint_mm, |[line, point]| {
            let walls = &lines.list[line].wall_mm;
            let beside = point.saturating_sub(BESIDE)..(point + BESIDE + 1).min(walls.len());
            walls[beside].iter().copied().fold(0.0, f64::max)
        });
        let out_mm = length(&voxels, &path, grid) - joint_mm;
        let width_mm = 2.0 * path.iter().map(|&i| wall_mm[i]).sum::<f64>() / path.len() as f64;
        if from.is_some() && out_mm < least_mm.max(OUT_FACTOR * tube_mm).max(width_mm) {
            continue;
        }
        let number = lines.list.len() as u32;
        for (i, &voxel) in path.iter().enumerate() {
            let mark = [number, i as u32];
            core[voxel].get_or_insert(mark);
            let radius = wall_mm[voxel] * CORE_FACTOR;
            ball(&voxels, voxel, radius, grid.spacing_mm, |i| {
                core[i].get_or_insert(mark);
            });
        }
        lines.list.push(Line {
            from,
            points: path.iter().map(|&i| voxels.at[i].map(f64::from)).collect(),
            wall_mm: path.iter().map(|&i| wall_mm[i]).collect(),
            voxels: path,
        });
    }
    lines
}

/// The set voxels of a mask with numbers, in its order.
struct Numbered<'a> {
    mask: &'a Mask,
    /// How many are set before each word.
    before: Vec<u32>,
    at: Vec<[u16; 3]>,
}

impl<'a> Numbered<'a> {
    fn of(mask: &'a Mask) -> Self {
        let mut count = 0;
        let before = mask
            .words()
            .iter()
            .map(|word| {
                let before = count;
                count += word.count_ones();
                before
            })
            .collect();
        let mut at = Vec::with_capacity(count as usize);
        mask.for_each(|voxel| at.push(voxel.map(|i| u16::try_from(i).unwrap_or(u16::MAX))));
        Self { mask, before, at }
    }

    fn number(&self, at: [usize; 3]) -> Option<usize> {
        if !self.mask.get(at) {
            return None;
        }
        let [x, y, z] = at;
        let [nx, ny, _] = self.mask.size();
        let word = (z * ny + y) * nx.div_ceil(64) + x / 64;
        let lower = self.mask.words()[word] & ((1 << (x % 64)) - 1);
        Some((self.before[word] + lower.count_ones()) as usize)
    }

    fn beside(&self, from: usize, by: [isize; 3]) -> Option<usize> {
        self.number(moved(self.at[from], by))
    }
}

/// What lies beyond the grid's lower end wraps round and so beyond its upper end.
fn moved(at: [u16; 3], by: [isize; 3]) -> [usize; 3] {
    let mut to = at.map(usize::from);
    for (to, by) in to.iter_mut().zip(by) {
        *to = to.wrapping_add_signed(by);
    }
    to
}

/// The 26 steps to neighbours with their lengths, mm.
fn steps(spacing_mm: [f64; 3]) -> Vec<([isize; 3], f64)> {
    let mut all = Vec::with_capacity(26);
    for z in -1..=1_isize {
        for y in -1..=1_isize {
            for x in -1..=1_isize {
                if [x, y, z] != [0; 3] {
                    all.push(([x, y, z], size_of([x, y, z], spacing_mm)));
                }
            }
        }
    }
    all
}

fn size_of(by: [isize; 3], spacing_mm: [f64; 3]) -> f64 {
    let squares = by
        .into_iter()
        .zip(spacing_mm)
        .map(|(n, mm)| (n as f64 * mm).powi(2));
    squares.sum::<f64>().sqrt()
}

/// Keys of a queue that gives the least first; distances are never negative, so their bits sort as they do.
type Queue = BinaryHeap<Reverse<(u64, u32)>>;

/// Distance of every voxel to the nearest face of the wall, mm.
fn wall_distances(
    voxels: &Numbered<'_>,
    spacing_mm: [f64; 3],
    steps: &[([isize; 3], f64)],
) -> Vec<f64> {
    let mut mm = vec![f64::INFINITY; voxels.at.len()];
    // The nearest face of each voxel, in halves of voxels.
    let mut face = vec![[0_i32; 3]; voxels.at.len()];
    let mut queue = Queue::new();
    let distance = |at: [u16; 3], face: [i32; 3]| {
        let halves = at.into_iter().zip(face).zip(spacing_mm);
        let squares =
            halves.map(|((i, f), mm)| (f64::from(i32::from(i) * 2 - f) / 2.0 * mm).powi(2));
        squares.sum::<f64>().sqrt()
    };
    for i in 0..voxels.at.len() {
        for (axis, way) in (0..3).flat_map(|axis| [(axis, -1), (axis, 1)]) {
            let mut by = [0; 3];
            by[axis] = way;
            if voxels.beside(i, by).is_some() {
                continue;
            }
            let mut at = voxels.at[i].map(|n| i32::from(n) * 2);
            at[axis] += i32::try_from(way).unwrap_or(0);
            let here = distance(voxels.at[i], at);
            if here < mm[i] {
                (mm[i], face[i]) = (here, at);
                queue.push(Reverse((here.to_bits(), i as u32)));
            }
        }
    }
    while let Some(Reverse((bits, from))) = queue.pop() {
        let from = from as usize;
        if f64::from_bits(bits) > mm[from] {
            continue;
        }
        for &(by, _) in steps {
            let Some(to) = voxels.beside(from, by) else {
                continue;
            };
            let there = distance(voxels.at[to], face[from]);
            if there < mm[to] {
                (mm[to], face[to]) = (there, face[from]);
                queue.push(Reverse((there.to_bits(), to as u32)));
            }
        }
    }
    mm
}

/// Least costs of the ways from the root, and for each voxel the one before it on its way.
fn paths(
    voxels: &Numbered<'_>,
    root: usize,
    steps: &[([isize; 3], f64)],
    cost_at: impl Fn(usize) -> f64,
) -> (Vec<f64>, Vec<u32>) {
    let mut cost = vec![f64::INFINITY; voxels.at.len()];
    let mut before = vec![root as u32; voxels.at.len()];
    let mut queue = Queue::new();
    cost[root] = 0.0;
    queue.push(Reverse((0, root as u32)));
    while let Some(Reverse((bits, from))) = queue.pop() {
        let here = f64::from_bits(bits);
        let from = from as usize;
        if here > cost[from] {
            continue;
        }
        for &(by, mm) in steps {
            let Some(to) = voxels.beside(from, by) else {
                continue;
            };
            let there = here + mm * cost_at(to);
            if there < cost[to] {
                (cost[to], before[to]) = (there, from as u32);
                queue.push(Reverse((there.to_bits(), to as u32)));
            }
        }
    }
    (cost, before)
}

/// Calls `each` with the voxels that lie within a radius of one.
fn ball(
    voxels: &Numbered<'_>,
    centre: usize,
    radius_mm: f64,
    spacing_mm: [f64; 3],
    mut each: impl FnMut(usize),
) {
    let [rx, ry, rz] = spacing_mm.map(|mm| (radius_mm / mm) as isize);
    for z in -rz..=rz {
        for y in -ry..=ry {
            for x in -rx..=rx {
                if size_of([x, y, z], spacing_mm) <= radius_mm
                    && let Some(voxel) = voxels.beside(centre, [x, y, z])
                {
                    each(voxel);
                }
            }
        }
    }
}

fn length(voxels: &Numbered<'_>, path: &[usize], grid: &Grid) -> f64 {
    path.windows(2)
        .map(|pair| {
            let [a, b] = [pair[0], pair[1]].map(|i| voxels.at[i].map(f64::from));
            let squares = (0..3).map(|axis| ((a[axis] - b[axis]) * grid.spacing_mm[axis]).powi(2));
            squares.sum::<f64>().sqrt()
        })
        .sum()
}
