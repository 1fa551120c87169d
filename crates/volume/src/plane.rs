//! Masks as pixels of images: what of a mask lies in the plane of a slice.

use crate::{Grid, Mask, grid};

/// The pixels of an image in the patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Columns and rows.
    pub size: [usize; 2],
    /// Distance of columns and of rows, mm.
    pub spacing_mm: [f64; 2],
    /// Centre of the first pixel, LPS, mm.
    pub origin_lps_mm: [f64; 3],
    /// Unit vectors along a row and along a column, LPS.
    pub axes_lps: [[f64; 3]; 2],
}

/// A mask that is cut by planes.
pub struct Cut<'a> {
    mask: &'a Mask,
    grid: &'a Grid,
    bounds: Option<[[usize; 3]; 2]>,
}

impl<'a> Cut<'a> {
    /// Of a mask on its grid.
    pub fn of(mask: &'a Mask, grid: &'a Grid) -> Self {
        Self {
            mask,
            grid,
            bounds: mask.bounds(),
        }
    }

    /// Whether each pixel of a plane lies in the mask, row by row: 255 where its nearest voxel does. `None` where
    /// none does.
    pub fn by(&self, plane: &Plane) -> Option<Vec<u8>> {
        let [low, high] = self.bounds?;
        let [columns, rows] = plane.size;
        let start = self.grid.index_of(plane.origin_lps_mm);
        let [row, column] = plane.axes_lps;
        let step = |axis, length| {
            let there = grid::add_scaled(plane.origin_lps_mm, length, axis);
            grid::subtract(self.grid.index_of(there), start)
        };
        let (right, down) = (
            step(row, plane.spacing_mm[0]),
            step(column, plane.spacing_mm[1]),
        );
        let at = |x: usize, y: usize| {
            let along = grid::add_scaled(start, x as f64, right);
            grid::add_scaled(along, y as f64, down)
        };
        // A plane whose corners all lie on one side of the mask misses it.
        let (x, y) = (columns.saturating_sub(1), rows.saturating_sub(1));
        let corners = [at(0, 0), at(x, 0), at(0, y), at(x, y)];
        let ends = low.into_iter().zip(high);
        let misses = ends.enumerate().any(|(axis, (low, high))| {
            let of = |corner: &[f64; 3]| corner.get(axis).copied().unwrap_or_default().round();
            corners.iter().all(|corner| of(corner) < low as f64)
                || corners.iter().all(|corner| of(corner) >= high as f64)
        });
        if misses {
            return None;
        }
        let mut pixels = vec![0; columns * rows];
        let mut is_empty = true;
        for (y, line) in pixels.chunks_mut(columns.max(1)).enumerate() {
            for (x, pixel) in line.iter_mut().enumerate() {
                if nearest(at(x, y)).is_some_and(|voxel| self.mask.get(voxel)) {
                    *pixel = 255;
                    is_empty = false;
                }
            }
        }
        (!is_empty).then_some(pixels)
    }
}

fn nearest(index: [f64; 3]) -> Option<[usize; 3]> {
    let index = index.map(f64::round);
    // `as` saturates, and what lies beyond the grid is in no mask.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let voxel = index.map(|i| i as usize);
    index.iter().all(|i| *i >= 0.0).then_some(voxel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_along_and_across_the_grid_see_the_same_voxels() {
        let grid = Grid::axis_aligned([8, 6, 4], [0.5, 1.0, 2.0], [-3.0, 7.0, 11.0]);
        let mut mask = Mask::empty(grid.size);
        mask.set([5, 2, 3]);
        let cut = Cut::of(&mask, &grid);
        let axial = |z: f64| Plane {
            size: [8, 6],
            spacing_mm: [0.5, 1.0],
            origin_lps_mm: grid.point_lps_mm([0.0, 0.0, z]),
            axes_lps: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        };
        assert_eq!(cut.by(&axial(0.0)), None);
        let seen = cut.by(&axial(3.0)).unwrap();
        assert_eq!(seen.iter().position(|pixel| *pixel > 0), Some(2 * 8 + 5));
        assert_eq!(seen.iter().filter(|pixel| **pixel > 0).count(), 1);
        // Feet up and seen from the left: rows run to the front, columns down.
        let sagittal = Plane {
            size: [6, 4],
            spacing_mm: [1.0, 2.0],
            origin_lps_mm: grid.point_lps_mm([5.0, 5.0, 3.0]),
            axes_lps: [[0.0, -1.0, 0.0], [0.0, 0.0, -1.0]],
        };
        let seen = cut.by(&sagittal).unwrap();
        assert_eq!(seen.iter().position(|pixel| *pixel > 0), Some(3));
    }
}
