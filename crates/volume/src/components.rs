//! Connected components, found on runs of voxels so that memory follows the surface, not the volume.
//!
//! Run and row numbers are made here and used here, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use crate::{Mask, Volume};

/// Which neighbours connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Faces, in all three directions.
    Faces,
    /// Faces, edges and corners: all 26 neighbours.
    Corners,
    /// Faces within a z plane; planes stay apart.
    Plane,
}

/// One connected component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Number of voxels.
    pub voxels: usize,
    /// Smallest index on x, y, z.
    pub lo: [usize; 3],
    /// One past the largest index on x, y, z.
    pub hi: [usize; 3],
    /// Mean index on x, y, z.
    pub centre: [f64; 3],
}

struct Run {
    from: u32,
    to: u32,
    label: u32,
}

/// The connected components of a mask.
pub struct Components {
    size: [usize; 3],
    rows: Vec<u32>,
    runs: Vec<Run>,
    /// The components, in the order of their first voxel.
    pub list: Vec<Component>,
}

impl Components {
    /// Finds the components of `mask`.
    pub fn of(mask: &Mask, connection: Connection) -> Self {
        let size = mask.size();
        let (rows, mut runs) = runs_of(mask);
        let mut parent: Vec<u32> = (0..to_u32(runs.len())).collect();
        let (ny, corners) = (size[1], connection == Connection::Corners);
        let reach = u32::from(corners);
        for row in 0..rows.len() - 1 {
            let y = row % ny;
            let mut with = |other: usize| join(&rows, &runs, &mut parent, [row, other], reach);
            if y > 0 {
                with(row - 1);
            }
            if connection == Connection::Plane || row < ny {
                continue;
            }
            with(row - ny);
            if corners && y > 0 {
                with(row - ny - 1);
            }
            if corners && y + 1 < ny {
                with(row - ny + 1);
            }
        }
        let list = number(&mut runs, &mut parent, &rows, size[1]);
        Self {
            size,
            rows,
            runs,
            list,
        }
    }

    /// The voxels of the components that pass `keep`.
    pub fn mask_of(&self, keep: impl Fn(usize, &Component) -> bool) -> Mask {
        let kept: Vec<bool> = self
            .list
            .iter()
            .enumerate()
            .map(|(i, c)| keep(i, c))
            .collect();
        let mut mask = Mask::empty(self.size);
        self.each_run(|y, z, run| {
            if kept[run.label as usize] {
                mask.set_run(y, z, run.from as usize, run.to as usize);
            }
        });
        mask
    }

    /// For each component, whether it holds a voxel of `seeds`.
    pub fn touched_by(&self, seeds: &Mask) -> Vec<bool> {
        let mut touched = vec![false; self.list.len()];
        if seeds.size() == self.size {
            self.each_run(|y, z, run| {
                let touched = &mut touched[run.label as usize];
                *touched |= seeds.any_in_run(y, z, run.from as usize, run.to as usize);
            });
        }
        touched
    }

    /// The component with most voxels.
    pub fn largest(&self) -> Option<usize> {
        (0..self.list.len()).max_by_key(|&i| (self.list[i].voxels, usize::MAX - i))
    }

    /// Mean value of each component.
    pub fn means(&self, volume: &Volume) -> Vec<f64> {
        let mut sums = vec![(0_i64, 0_i64); self.list.len()];
        self.for_each_run(|i, y, z, from, to| {
            let values = volume.row(y, z).get(from..to).unwrap_or_default();
            for &value in values {
                sums[i].0 += i64::from(value);
                sums[i].1 += 1;
            }
        });
        sums.into_iter()
            .map(|(sum, n)| sum as f64 / n.max(1) as f64)
            .collect()
    }

    /// Calls `each` with (component, y, z, from x, to x) for every run of voxels.
    pub fn for_each_run(&self, mut each: impl FnMut(usize, usize, usize, usize, usize)) {
        self.each_run(|y, z, run| {
            each(run.label as usize, y, z, run.from as usize, run.to as usize);
        });
    }

    fn each_run(&self, mut each: impl FnMut(usize, usize, &Run)) {
        for row in 0..self.rows.len() - 1 {
            for run in &self.runs[self.rows[row] as usize..self.rows[row + 1] as usize] {
                each(row % self.size[1], row / self.size[1], run);
            }
        }
    }
}

/// The part of `mask` connected to `seeds`.
pub fn connected_to(mask: &Mask, seeds: &Mask) -> Mask {
    let components = Components::of(mask, Connection::Faces);
    let touched = components.touched_by(seeds);
    components.mask_of(|i, _| touched[i])
}

/// `mask` with the holes filled that are enclosed within their z plane.
pub fn fill_plane_holes(mask: &Mask) -> Mask {
    let [nx, ny, _] = mask.size();
    let outside = Components::of(&mask.clone().complement(), Connection::Plane)
        .mask_of(|_, c| c.lo[0] == 0 || c.lo[1] == 0 || c.hi[0] == nx || c.hi[1] == ny);
    outside.complement()
}

/// `mask` with its holes filled: those that are enclosed on all sides, and those that are enclosed
/// within their z plane by no more than `most` voxels.
pub fn fill_holes(mask: &Mask, most: usize) -> Mask {
    let [nx, ny, nz] = mask.size();
    let open = Components::of(&mask.clone().complement(), Connection::Plane).mask_of(|_, c| {
        c.voxels > most || c.lo[0] == 0 || c.lo[1] == 0 || c.hi[0] == nx || c.hi[1] == ny
    });
    let outside = Components::of(&open, Connection::Faces)
        .mask_of(|_, c| c.lo.contains(&0) || c.hi[0] == nx || c.hi[1] == ny || c.hi[2] == nz);
    outside.complement()
}

/// The largest component of a mask.
pub fn largest_of(mask: &Mask) -> Mask {
    let components = Components::of(mask, Connection::Faces);
    let largest = components.largest();
    components.mask_of(|i, _| Some(i) == largest)
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The first run of each row (and the end), and all runs of set voxels.
fn runs_of(mask: &Mask) -> (Vec<u32>, Vec<Run>) {
    let [_, ny, nz] = mask.size();
    let mut rows = Vec::with_capacity(ny * nz + 1);
    let mut runs: Vec<Run> = Vec::new();
    for row in 0..ny * nz {
        rows.push(to_u32(runs.len()));
        let first = runs.len();
        for (i, &word) in mask.row(row % ny, row / ny).iter().enumerate() {
            let base = to_u32(i * 64);
            let mut left = word;
            while left != 0 {
                let start = left.trailing_zeros();
                let length = (!(left >> start)).trailing_zeros().min(64 - start);
                let (from, to) = (base + start, base + start + length);
                match runs[first..].last_mut() {
                    Some(run) if run.to == from => run.to = to,
                    _ => runs.push(Run { from, to, label: 0 }),
                }
                if start + length == 64 {
                    break;
                }
                left &= u64::MAX << (start + length);
            }
        }
    }
    rows.push(to_u32(runs.len()));
    (rows, runs)
}

fn root(parent: &mut [u32], mut run: u32) -> u32 {
    while parent[run as usize] != run {
        let above = parent[parent[run as usize] as usize];
        parent[run as usize] = above;
        run = above;
    }
    run
}

/// Joins the runs of two rows wherever they overlap, or lie no more than `reach` voxels beside that.
fn join(rows: &[u32], runs: &[Run], parent: &mut [u32], [a, b]: [usize; 2], reach: u32) {
    let (mut i, mut j) = (rows[a], rows[b]);
    while i < rows[a + 1] && j < rows[b + 1] {
        let (left, right) = (&runs[i as usize], &runs[j as usize]);
        if left.from < right.to + reach && right.from < left.to + reach {
            let (p, q) = (root(parent, i), root(parent, j));
            parent[p.max(q) as usize] = p.min(q);
        }
        if left.to < right.to { i += 1 } else { j += 1 }
    }
}

/// Gives each run the number of its component and measures the components.
fn number(runs: &mut [Run], parent: &mut [u32], rows: &[u32], ny: usize) -> Vec<Component> {
    let mut number_of_root = vec![u32::MAX; runs.len()];
    let mut list: Vec<Component> = Vec::new();
    for row in 0..rows.len() - 1 {
        let (y, z) = (row % ny, row / ny);
        for i in rows[row]..rows[row + 1] {
            let top = root(parent, i) as usize;
            if number_of_root[top] == u32::MAX {
                number_of_root[top] = to_u32(list.len());
                list.push(Component {
                    voxels: 0,
                    lo: [usize::MAX; 3],
                    hi: [0; 3],
                    centre: [0.0; 3],
                });
            }
            let run = &mut runs[i as usize];
            run.label = number_of_root[top];
            let (from, to) = (run.from as usize, run.to as usize);
            let component = &mut list[run.label as usize];
            let n = (to - from) as f64;
            component.voxels += to - from;
            for (axis, (lo, hi)) in [(from, to), (y, y + 1), (z, z + 1)].into_iter().enumerate() {
                component.lo[axis] = component.lo[axis].min(lo);
                component.hi[axis] = component.hi[axis].max(hi);
                component.centre[axis] += n * f64::midpoint(lo as f64, (hi - 1) as f64);
            }
        }
    }
    for component in &mut list {
        component.centre = component.centre.map(|c| c / component.voxels as f64);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_u_shape_is_one_component_and_its_parts_join_late() {
        let mut mask = Mask::empty([130, 4, 2]);
        for y in 0..4 {
            mask.set_run(y, 0, 0, 3);
            mask.set_run(y, 0, 127, 130);
        }
        mask.set_run(3, 0, 0, 130);
        mask.set([60, 0, 0]);
        let found = Components::of(&mask, Connection::Faces);
        let sizes: Vec<usize> = found.list.iter().map(|c| c.voxels).collect();
        assert_eq!(sizes, [mask.count() - 1, 1]);
        assert_eq!(found.list[0].hi, [130, 4, 1]);
        assert_eq!(found.mask_of(|_, _| true), mask);
    }

    #[test]
    fn voxels_that_touch_by_a_corner_are_one_component_only_where_corners_connect() {
        // A chain from corner to corner, across a word of the mask, and one voxel two steps away.
        let chain = [[62, 0, 0], [63, 1, 1], [64, 0, 2], [65, 0, 3], [66, 1, 3]];
        let mut mask = Mask::empty([130, 4, 4]);
        for voxel in chain {
            mask.set(voxel);
        }
        mask.set([68, 3, 3]);
        let sizes = |connection| {
            let found = Components::of(&mask, connection);
            found.list.iter().map(|c| c.voxels).collect::<Vec<_>>()
        };
        assert_eq!(sizes(Connection::Corners), [5, 1]);
        assert_eq!(sizes(Connection::Faces), [1; 6]);
    }

    #[test]
    fn holes_are_filled_where_small_or_enclosed_on_all_sides() {
        let mut mask = Mask::empty([12, 12, 6]).complement();
        let mut holes = Mask::empty([12, 12, 6]);
        // One of four voxels a plane that leads out of the last plane, one of nine, one enclosed.
        for (x, y, side, planes) in [(1, 1, 2, 1..6), (1, 6, 3, 1..6), (6, 1, 4, 2..4)] {
            for z in planes {
                for y in y..y + side {
                    holes.set_run(y, z, x, x + side);
                }
            }
        }
        mask = mask.without(&holes);
        let filled = fill_holes(&mask, 4);
        assert!(filled.get([1, 1, 3]) && filled.get([7, 2, 3]));
        assert!(!filled.get([2, 7, 3]));
        assert_eq!(filled.count(), 12 * 12 * 6 - 9 * 5);
    }

    #[test]
    fn holes_are_filled_within_their_plane_only_where_enclosed() {
        let mut ring = Mask::empty([9, 9, 1]).complement();
        let mut inner = Mask::empty([9, 9, 1]);
        for y in 3..6 {
            inner.set_run(y, 0, 3, 6);
        }
        ring = ring.without(&inner);
        assert_eq!(fill_plane_holes(&ring).count(), 81);
        let mut channel = Mask::empty([9, 9, 1]);
        channel.set_run(4, 0, 0, 4);
        assert_eq!(
            fill_plane_holes(&ring.without(&channel)).count(),
            81 - 9 - 3
        );
    }
}
