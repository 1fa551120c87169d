//! Where voxels lie in the patient.
//!
//! Axes are numbered 0 to 2 by this module itself, so indexing by them is allowed.
#![allow(clippy::indexing_slicing)]

/// A regular grid of voxels in the patient frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Voxels along x, y, z.
    pub size: [usize; 3],
    /// Distance between voxel centres along x, y, z, in mm.
    pub spacing_mm: [f64; 3],
    /// Centre of voxel (0, 0, 0), LPS, mm.
    pub origin_lps_mm: [f64; 3],
    /// Unit vectors of the x, y and z axes, each LPS.
    pub direction_lps: [[f64; 3]; 3],
}

impl Grid {
    /// A grid whose axes are left, posterior and superior.
    pub fn axis_aligned(size: [usize; 3], spacing_mm: [f64; 3], origin_lps_mm: [f64; 3]) -> Self {
        Self {
            size,
            spacing_mm,
            origin_lps_mm,
            direction_lps: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        }
    }

    /// Number of voxels.
    pub fn voxels(&self) -> usize {
        self.size.iter().product()
    }

    /// Volume of one voxel, mm³.
    pub fn voxel_mm3(&self) -> f64 {
        self.spacing_mm.iter().product()
    }

    /// The point (LPS, mm) at a continuous voxel index (x, y, z).
    pub fn point_lps_mm(&self, index: [f64; 3]) -> [f64; 3] {
        let mut point = self.origin_lps_mm;
        for ((axis, i), spacing) in self.direction_lps.iter().zip(index).zip(self.spacing_mm) {
            for (p, a) in point.iter_mut().zip(axis) {
                *p += a * i * spacing;
            }
        }
        point
    }

    /// The continuous voxel index (x, y, z) of a point (LPS, mm). Axes must be perpendicular.
    pub fn index_of(&self, point_lps_mm: [f64; 3]) -> [f64; 3] {
        let from_origin = subtract(point_lps_mm, self.origin_lps_mm);
        let mut index = [0.0; 3];
        for ((i, axis), spacing) in index
            .iter_mut()
            .zip(self.direction_lps)
            .zip(self.spacing_mm)
        {
            *i = dot(from_origin, axis) / spacing;
        }
        index
    }
}

/// Voxels of a scan with their place in the patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Hounsfield units (other modalities: stored values); x fastest, then y, then z.
    pub voxels: Vec<i16>,
}

impl Volume {
    /// Lowest and highest value.
    pub fn range(&self) -> [i16; 2] {
        use rayon::prelude::*;
        self.voxels
            .par_chunks(1 << 16)
            .map(|part| {
                part.iter()
                    .fold([i16::MAX, i16::MIN], |[lo, hi], &v| [lo.min(v), hi.max(v)])
            })
            .reduce(
                || [i16::MAX, i16::MIN],
                |a, b| [a[0].min(b[0]), a[1].max(b[1])],
            )
    }

    /// The row of voxels at (y, z); empty outside the grid.
    pub fn row(&self, y: usize, z: usize) -> &[i16] {
        let [nx, ny, _] = self.grid.size;
        let start = (z * ny + y) * nx;
        self.voxels.get(start..start + nx).unwrap_or_default()
    }

    /// The value at a voxel, if it is inside.
    pub fn at(&self, [x, y, z]: [usize; 3]) -> Option<i16> {
        let [_, ny, nz] = self.grid.size;
        if y >= ny || z >= nz {
            return None;
        }
        self.row(y, z).get(x).copied()
    }

    /// The value at a continuous index by trilinear interpolation of what `of` makes of each voxel; `None`
    /// outside the middles of the outermost voxels.
    pub fn interpolated(&self, index: [f64; 3], of: impl Fn(i16) -> f64) -> Option<f64> {
        let mut low = [0; 3];
        let mut part = [0.0; 3];
        for axis in 0..3 {
            let last = self.grid.size[axis].checked_sub(1)?;
            if !(0.0..=last as f64).contains(&index[axis]) {
                return None;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it lies within the grid"
            )]
            let floor = (index[axis].floor() as usize).min(last.saturating_sub(1));
            low[axis] = floor;
            part[axis] = index[axis] - floor as f64;
        }
        let mut value = 0.0;
        for corner in 0..8_usize {
            let far: [usize; 3] = std::array::from_fn(|axis| corner >> axis & 1);
            let weights = std::iter::zip(far, part);
            let weight: f64 = weights
                .map(|(far, part)| if far == 1 { part } else { 1.0 - part })
                .product();
            // A voxel that weighs nothing need not be there.
            if weight > 0.0 {
                let voxel = std::array::from_fn(|axis| low[axis] + far[axis]);
                value += weight * of(self.at(voxel)?);
            }
        }
        Some(value)
    }

    /// The same voxels in the order whose axes come nearest to left, posterior, superior,
    /// so that z planes are axial wherever the scan was axial, coronal or sagittal.
    #[must_use]
    pub fn into_lps_order(self) -> Self {
        let Some((source, flip)) = nearest_axes(&self.grid.direction_lps) else {
            return self;
        };
        if source == [0, 1, 2] && flip == [false; 3] {
            return self;
        }
        let old = &self.grid;
        let stride = [1, old.size[0], old.size[0] * old.size[1]];
        let mut corner = [0.0; 3];
        let (mut size, mut spacing, mut direction) = ([0; 3], [0.0; 3], [[0.0; 3]; 3]);
        let (mut start, mut step) = (0_isize, [0_isize; 3]);
        for to in 0..3 {
            let from = source[to];
            size[to] = old.size[from];
            spacing[to] = old.spacing_mm[from];
            direction[to] = old.direction_lps[from];
            step[to] = stride[from].cast_signed();
            if flip[to] {
                let last = old.size[from] - 1;
                corner[from] = last as f64;
                start += step[to] * last.cast_signed();
                step[to] = -step[to];
                direction[to] = direction[to].map(|c| -c);
            }
        }
        let grid = Grid {
            size,
            spacing_mm: spacing,
            origin_lps_mm: old.point_lps_mm(corner),
            direction_lps: direction,
        };
        let mut voxels = Vec::with_capacity(self.voxels.len());
        for z in 0..size[2].cast_signed() {
            for y in 0..size[1].cast_signed() {
                let row = start + z * step[2] + y * step[1];
                voxels.extend((0..size[0].cast_signed()).map(|x| {
                    self.voxels
                        .get((row + x * step[0]).cast_unsigned())
                        .copied()
                        .unwrap_or_default()
                }));
            }
        }
        Self { grid, voxels }
    }
}

/// For each LPS axis the grid axis nearest to it, and whether that one runs the other way.
fn nearest_axes(direction_lps: &[[f64; 3]; 3]) -> Option<([usize; 3], [bool; 3])> {
    const ORDERS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let along = |from: usize, to: usize| direction_lps.get(from)?.get(to).copied();
    let score = |order: &[usize; 3]| -> Option<f64> {
        (0..3)
            .zip(order)
            .map(|(to, &from)| along(from, to).map(f64::abs))
            .sum()
    };
    let best = ORDERS.into_iter().max_by(|a, b| {
        score(a)
            .partial_cmp(&score(b))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then(b.cmp(a))
    })?;
    let mut flip = [false; 3];
    for ((to, from), flip) in best.into_iter().enumerate().zip(&mut flip) {
        *flip = along(from, to)? < 0.0;
    }
    Some((best, flip))
}

/// a · b.
pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// a × b.
pub(crate) fn cross([a0, a1, a2]: [f64; 3], [b0, b1, b2]: [f64; 3]) -> [f64; 3] {
    [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
}

/// a − b.
pub(crate) fn subtract([a0, a1, a2]: [f64; 3], [b0, b1, b2]: [f64; 3]) -> [f64; 3] {
    [a0 - b0, a1 - b1, a2 - b2]
}

/// a + s·b.
pub(crate) fn add_scaled([a0, a1, a2]: [f64; 3], s: f64, [b0, b1, b2]: [f64; 3]) -> [f64; 3] {
    [a0 + s * b0, a1 + s * b1, a2 + s * b2]
}

/// |a|.
pub(crate) fn length(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_and_point_are_inverse() {
        let grid = Grid {
            size: [4, 5, 6],
            spacing_mm: [0.5, 0.7, 2.0],
            origin_lps_mm: [-10.0, 20.0, 30.0],
            direction_lps: [[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]],
        };
        let back = grid.index_of(grid.point_lps_mm([1.25, 2.5, 3.75]));
        for (a, b) in back.iter().zip([1.25, 2.5, 3.75]) {
            assert!((a - b).abs() < 1e-9);
        }
    }

    #[test]
    fn reordering_keeps_every_voxel_at_its_place() {
        // A sagittal scan: x runs posterior, y runs inferior, z runs right.
        let volume = Volume {
            grid: Grid {
                size: [2, 3, 4],
                spacing_mm: [1.0, 2.0, 3.0],
                origin_lps_mm: [5.0, 6.0, 7.0],
                direction_lps: [[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]],
            },
            voxels: (0..24).collect(),
        };
        let ordered = volume.clone().into_lps_order();
        assert_eq!(ordered.grid.size, [4, 2, 3]);
        assert_eq!(
            ordered.grid.direction_lps,
            Grid::axis_aligned([1; 3], [1.0; 3], [0.0; 3]).direction_lps
        );
        for z in 0..4 {
            for y in 0..3 {
                for x in 0..2 {
                    let point = volume.grid.point_lps_mm([x as f64, y as f64, z as f64]);
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let index = ordered.grid.index_of(point).map(|i| i.round() as usize);
                    assert_eq!(ordered.at(index), volume.at([x, y, z]));
                }
            }
        }
    }
}
