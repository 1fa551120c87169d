//! A box of voxels cut out of a volume, small enough to work on voxel by voxel.
//!
//! Indices are made here and stay inside the box, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use crate::{Mask, Volume};

/// A box of voxels with the place of its first voxel in the volume.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Index of its first voxel in the volume, x, y, z.
    pub lo: [usize; 3],
    /// Voxels along x, y, z.
    pub size: [usize; 3],
    /// Distance of voxel centres, mm.
    pub spacing_mm: [f64; 3],
    /// The values, x fastest.
    pub hu: Vec<f32>,
}

impl Block {
    /// The voxels `lo..hi` of a volume, as far as it has them.
    pub fn cut(volume: &Volume, lo: [usize; 3], hi: [usize; 3]) -> Self {
        let mut size = [0; 3];
        for (axis, size) in size.iter_mut().enumerate() {
            *size = hi[axis]
                .min(volume.grid.size[axis])
                .saturating_sub(lo[axis]);
        }
        let mut hu = Vec::with_capacity(size.iter().product());
        for z in lo[2]..lo[2] + size[2] {
            for y in lo[1]..lo[1] + size[1] {
                let row = volume.row(y, z);
                let row = row.get(lo[0]..lo[0] + size[0]).unwrap_or_default();
                hu.extend(row.iter().map(|&v| f32::from(v)));
            }
        }
        Self {
            lo,
            size,
            spacing_mm: volume.grid.spacing_mm,
            hu,
        }
    }

    /// The voxels within `reach_mm` of a voxel along each axis.
    pub fn around(volume: &Volume, at: [usize; 3], reach_mm: f64) -> Self {
        let (mut lo, mut hi) = (at, at);
        for axis in 0..3 {
            let steps = steps(reach_mm, volume.grid.spacing_mm[axis]);
            lo[axis] = at[axis].saturating_sub(steps);
            hi[axis] = at[axis].saturating_add(steps + 1);
        }
        Self::cut(volume, lo, hi)
    }

    /// The box around a mask with so many millimetres on each side; `None` where the mask is empty.
    pub fn around_mask(volume: &Volume, mask: &Mask, margin_mm: f64) -> Option<Self> {
        let [mut lo, mut hi] = mask.bounds()?;
        for axis in 0..3 {
            let steps = steps(margin_mm, volume.grid.spacing_mm[axis]);
            lo[axis] = lo[axis].saturating_sub(steps);
            hi[axis] = hi[axis].saturating_add(steps);
        }
        Some(Self::cut(volume, lo, hi))
    }

    /// Number of voxels.
    pub fn len(&self) -> usize {
        self.hu.len()
    }

    /// The place in the arrays of a voxel of the box.
    pub fn place(&self, [x, y, z]: [usize; 3]) -> usize {
        (z * self.size[1] + y) * self.size[0] + x
    }

    /// The voxel of the box at a place in the arrays.
    pub fn voxel(&self, place: usize) -> [usize; 3] {
        let [nx, ny, _] = self.size;
        [place % nx, place / nx % ny, place / (nx * ny)]
    }

    /// The place of a voxel of the volume, if it is in the box.
    pub fn place_of(&self, at: [usize; 3]) -> Option<usize> {
        let mut inside = [0; 3];
        for axis in 0..3 {
            inside[axis] = at[axis].checked_sub(self.lo[axis])?;
            if inside[axis] >= self.size[axis] {
                return None;
            }
        }
        Some(self.place(inside))
    }

    /// Squared distance between two voxels of the box, mm².
    pub fn distance2(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (self.voxel(a), self.voxel(b));
        (0..3)
            .map(|axis| ((a[axis] as f64 - b[axis] as f64) * self.spacing_mm[axis]).powi(2))
            .sum()
    }

    /// Volume of one voxel, mm³.
    pub fn voxel_mm3(&self) -> f64 {
        self.spacing_mm.iter().product()
    }

    /// Calls `each` with the six neighbours of a place that are in the box.
    pub fn neighbours(&self, place: usize, mut each: impl FnMut(usize)) {
        let [x, y, z] = self.voxel(place);
        let [nx, ny, nz] = self.size;
        let plane = nx * ny;
        if x > 0 {
            each(place - 1);
        }
        if x + 1 < nx {
            each(place + 1);
        }
        if y > 0 {
            each(place - nx);
        }
        if y + 1 < ny {
            each(place + nx);
        }
        if z > 0 {
            each(place - plane);
        }
        if z + 1 < nz {
            each(place + plane);
        }
    }

    /// Whether a place lies on the border of the box.
    pub fn is_border(&self, place: usize) -> bool {
        let at = self.voxel(place);
        (0..3).any(|axis| at[axis] == 0 || at[axis] + 1 == self.size[axis])
    }

    /// The part of a mask that lies in the box.
    pub fn part_of(&self, mask: &Mask) -> Vec<bool> {
        (0..self.len())
            .map(|place| {
                let [x, y, z] = self.voxel(place);
                mask.get([x + self.lo[0], y + self.lo[1], z + self.lo[2]])
            })
            .collect()
    }

    /// A set of the box as a mask of the whole volume.
    pub fn mask_of(&self, set: &[bool], size: [usize; 3]) -> Mask {
        let mut mask = Mask::empty(size);
        for (place, _) in set.iter().enumerate().filter(|&(_, &inside)| inside) {
            let [x, y, z] = self.voxel(place);
            mask.set([x + self.lo[0], y + self.lo[1], z + self.lo[2]]);
        }
        mask
    }

    /// The values smoothed by a Gaussian; along an axis whose voxels are wider than it, not at all.
    pub fn smoothed(&self, sigma_mm: f64) -> Vec<f32> {
        let mut values = self.hu.clone();
        let [nx, ny, _] = self.size;
        for (axis, stride) in [1, nx, nx * ny].into_iter().enumerate() {
            let kernel = kernel(sigma_mm, self.spacing_mm[axis]);
            if kernel.len() < 2 {
                continue;
            }
            let n = self.size[axis];
            let mut line = vec![0.0; n];
            for first in 0..self.len() {
                if self.voxel(first)[axis] != 0 {
                    continue;
                }
                for (i, value) in line.iter_mut().enumerate() {
                    *value = values[first + i * stride];
                }
                for i in 0..n {
                    // Beyond the box its last value goes on.
                    let sum: f32 = kernel
                        .iter()
                        .enumerate()
                        .map(|(k, weight)| {
                            let (before, after) =
                                (line[i.saturating_sub(k)], line[(i + k).min(n - 1)]);
                            if k == 0 {
                                weight * line[i]
                            } else {
                                weight * (before + after)
                            }
                        })
                        .sum();
                    values[first + i * stride] = sum;
                }
            }
        }
        values
    }
}

/// The weights of a Gaussian at its middle and to one side, which add up to one with the other.
fn kernel(sigma_mm: f64, spacing_mm: f64) -> Vec<f32> {
    let sigma = sigma_mm / spacing_mm;
    if sigma < 0.35 {
        return vec![1.0];
    }
    let weight = |k: usize| (-0.5 * (k as f64 / sigma).powi(2)).exp();
    let reach = steps(3.0 * sigma, 1.0);
    let sum = 1.0 + 2.0 * (1..=reach).map(weight).sum::<f64>();
    #[expect(clippy::cast_possible_truncation, reason = "weights below one")]
    (0..=reach).map(|k| (weight(k) / sum) as f32).collect()
}

/// The number of voxels that reach so far.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn steps(reach_mm: f64, spacing_mm: f64) -> usize {
    (reach_mm / spacing_mm).ceil().clamp(0.0, 4096.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;

    #[test]
    fn smoothing_keeps_a_constant_and_the_sum_of_a_point() {
        let grid = Grid::axis_aligned([15, 15, 15], [0.7, 0.7, 1.0], [0.0; 3]);
        let mut volume = Volume {
            voxels: vec![-800; grid.voxels()],
            grid,
        };
        let flat = Block::cut(&volume, [0; 3], [15; 3]).smoothed(1.0);
        assert!(flat.iter().all(|v| (v + 800.0).abs() < 0.01));
        volume.voxels.fill(0);
        volume.voxels[(7 * 15 + 7) * 15 + 7] = 1000;
        let point = Block::cut(&volume, [0; 3], [15; 3]).smoothed(1.0);
        assert!((point.iter().sum::<f32>() - 1000.0).abs() < 1.0);
    }
}
