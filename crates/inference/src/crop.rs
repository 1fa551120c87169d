//! The voxels that a model looks at. Axes are numbered 0 to 2 by this module itself.
#![allow(clippy::indexing_slicing)]

use volume::Volume;

use crate::InputCard;

/// The place of a voxel of the crop, LPS, mm. The point lies in the middle of the crop.
fn place(input: &InputCard, at_lps_mm: [f64; 3], voxel: [usize; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| {
        let middle = (input.size[axis] as f64 - 1.0) / 2.0;
        at_lps_mm[axis] + (voxel[axis] as f64 - middle) * input.spacing_mm[axis]
    })
}

/// The eight corners of a crop, LPS, mm.
pub fn corners(input: &InputCard, at_lps_mm: [f64; 3]) -> [[f64; 3]; 8] {
    std::array::from_fn(|corner| {
        let far = std::array::from_fn(|axis| {
            if corner >> axis & 1 == 1 {
                input.size[axis] - 1
            } else {
                0
            }
        });
        place(input, at_lps_mm, far)
    })
}

/// The crop around a point as a model takes it, 0 to 1, x (left) fastest, then y (posterior), then z
/// (superior), whatever the directions of the scan. Between voxels by trilinear interpolation.
pub fn crop(volume: &Volume, input: &InputCard, at_lps_mm: [f64; 3]) -> Vec<f32> {
    let [nx, ny, nz] = input.size;
    let [low, high] = input.hu;
    let mut values = Vec::with_capacity(nx * ny * nz);
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                let index = volume.grid.index_of(place(input, at_lps_mm, [x, y, z]));
                let hu = value_at(volume, index);
                #[expect(clippy::cast_possible_truncation, reason = "the model takes 32 bits")]
                values.push((((hu - low) / (high - low)).clamp(0.0, 1.0)) as f32);
            }
        }
    }
    values
}

/// The value at an index; at the border the last voxel goes on.
fn value_at(volume: &Volume, index: [f64; 3]) -> f64 {
    let inside = std::array::from_fn(|axis| {
        let last = volume.grid.size[axis].saturating_sub(1);
        index[axis].clamp(0.0, last as f64)
    });
    volume.interpolated(inside, f64::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use volume::Grid;

    use super::*;

    /// HU = 10 x + 100 y + 200 z in mm, so that interpolation is exact everywhere.
    fn ramp(direction_lps: [[f64; 3]; 3], spacing_mm: [f64; 3]) -> Volume {
        let size = [9, 8, 7];
        let grid = Grid {
            size,
            spacing_mm,
            origin_lps_mm: [0.0; 3],
            direction_lps,
        };
        let mut voxels = Vec::new();
        for z in 0..7 {
            for y in 0..8 {
                for x in 0..9 {
                    let [l, p, s] = grid.point_lps_mm([f64::from(x), f64::from(y), f64::from(z)]);
                    #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
                    voxels.push((10.0 * l + 100.0 * p + 200.0 * s).round() as i16);
                }
            }
        }
        Volume { grid, voxels }
    }

    #[test]
    fn a_crop_lies_where_the_patient_lies_whatever_the_axes_of_the_scan() {
        let input = InputCard {
            size: [2, 3, 2],
            spacing_mm: [0.5, 1.0, 1.5],
            hu: [-5000.0, 5000.0],
        };
        let straight = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let turned = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]];
        for (direction, spacing) in [(straight, [1.0, 1.0, 2.0]), (turned, [1.0, 2.0, 1.0])] {
            let at = [3.0, 4.0, 3.0];
            let values = crop(&ramp(direction, spacing), &input, at);
            let mut expected = Vec::new();
            for z in [-0.75, 0.75] {
                for y in [-1.0, 0.0, 1.0] {
                    for x in [-0.25, 0.25] {
                        let hu = 10.0 * (at[0] + x) + 100.0 * (at[1] + y) + 200.0 * (at[2] + z);
                        expected.push((hu + 5000.0) / 10000.0);
                    }
                }
            }
            for (value, expected) in values.iter().zip(&expected) {
                assert!(
                    (f64::from(*value) - expected).abs() < 1e-5,
                    "{values:?} {expected:?}"
                );
            }
        }
    }
}
