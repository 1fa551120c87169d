/// A regular grid of voxels in the patient frame. Voxel order is x fastest, then y, then z.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Voxels along x, y and z.
    pub size: [usize; 3],
    /// Distance of voxel centres along x, y and z, in millimetres.
    pub spacing_mm: [f64; 3],
    /// Centre of the first voxel, DICOM LPS.
    pub origin_lps_mm: [f64; 3],
    /// Unit vectors of x, y and z one after the other, DICOM LPS.
    pub direction_lps: [f64; 9],
}

impl Grid {
    /// The centre of voxel (x, y, z); fractions and voxels outside the grid are allowed.
    pub fn position_lps_mm(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let [sx, sy, sz] = self.spacing_mm;
        let steps = self.axes().into_iter().zip([x * sx, y * sy, z * sz]);
        steps.fold(self.origin_lps_mm, |[l, p, s], ([dl, dp, ds], length)| {
            [l + dl * length, p + dp * length, s + ds * length]
        })
    }

    /// The voxel coordinates of a point; the inverse of [`Grid::position_lps_mm`] for orthogonal axes.
    pub fn voxel(&self, position_lps_mm: [f64; 3]) -> [f64; 3] {
        let [left, posterior, superior] = position_lps_mm;
        let [ol, op, os] = self.origin_lps_mm;
        let along = |[dl, dp, ds]: [f64; 3]| {
            dl * (left - ol) + dp * (posterior - op) + ds * (superior - os)
        };
        let [x, y, z] = self.axes();
        let [sx, sy, sz] = self.spacing_mm;
        [along(x) / sx, along(y) / sy, along(z) / sz]
    }

    /// The unit vectors of x, y and z.
    pub fn axes(&self) -> [[f64; 3]; 3] {
        let [xl, xp, xs, yl, yp, ys, zl, zp, zs] = self.direction_lps;
        [[xl, xp, xs], [yl, yp, ys], [zl, zp, zs]]
    }

    /// Voxels in one slice.
    pub fn slice_len(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Voxels in all.
    pub fn len(&self) -> usize {
        self.slice_len() * self.size[2]
    }

    /// Whether there is no voxel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes a mask on another grid over to this one: each voxel here has the value of the nearest
    /// voxel there, and is unset where there is none.
    pub fn resample_nearest(&self, there: &Grid, mask: &[bool]) -> Vec<bool> {
        let mut out = Vec::with_capacity(self.len());
        for z in 0..self.size[2] {
            for y in 0..self.size[1] {
                for x in 0..self.size[0] {
                    let at = there.voxel(self.position_lps_mm([x as f64, y as f64, z as f64]));
                    out.push(
                        there
                            .index(at)
                            .and_then(|i| mask.get(i))
                            .is_some_and(|set| *set),
                    );
                }
            }
        }
        out
    }

    /// The place of the nearest voxel in voxel order, if it is within the grid.
    fn index(&self, voxel: [f64; 3]) -> Option<usize> {
        let mut place = 0;
        for (at, size) in voxel.iter().zip(self.size).rev() {
            let nearest = at.round();
            if nearest < 0.0 || nearest >= size as f64 {
                return None;
            }
            // In range by the check above.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let nearest = nearest as usize;
            place = place * size + nearest;
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(size: [usize; 3], origin_lps_mm: [f64; 3]) -> Grid {
        Grid {
            size,
            spacing_mm: [1.5; 3],
            origin_lps_mm,
            direction_lps: [0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        }
    }

    #[test]
    fn a_point_goes_to_voxels_and_back() {
        let grid = grid([4, 5, 6], [10.0, -20.0, 30.0]);
        let at = grid.position_lps_mm([1.0, 2.0, 3.0]);
        let near = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near(at, [7.0, -18.5, 34.5]));
        assert!(near(grid.voxel(at), [1.0, 2.0, 3.0]));
    }

    #[test]
    fn a_mask_on_a_part_of_the_grid_lands_where_it_was() {
        let whole = grid([4, 4, 2], [0.0, 0.0, 0.0]);
        let part = grid([1, 1, 1], whole.position_lps_mm([2.0, 3.0, 1.0]));
        let mask = whole.resample_nearest(&part, &[true]);
        assert_eq!(mask.iter().position(|set| *set), Some(2 + 3 * 4 + 16));
        assert_eq!(mask.iter().filter(|set| **set).count(), 1);
    }
}
