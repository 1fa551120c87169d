//! A mask as a smooth field whose half-way level is the surface to draw.
//!
//! Indices are made from the field's own size, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use rayon::prelude::*;

use crate::{Grid, Mask, Volume};

/// Cells of nothing around the mask, so that every surface is closed.
const PADDING: usize = 3;
/// Planes farther apart than this are joined by distances, not by occupancy, mm.
const APART_MM: f64 = 2.0;

/// How a mask becomes a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Size of the cells, about, mm; never finer than the voxels within a plane.
    pub detail_mm: f64,
    /// How far shapes may shift sideways between planes that lie far apart, mm; thin shapes need
    /// less, or they break between planes.
    pub reach_mm: f64,
    /// Threshold by which the mask was found, and how far from it values are full or empty, HU:
    /// where given, the surface passes between voxels where their values say.
    pub ramp_hu: Option<[i16; 2]>,
    /// Passes of smoothing.
    pub passes: usize,
}

/// A scalar field on a grid: 0 outside, 255 inside, the surface half-way.
#[derive(Clone, Debug)]
pub struct Field {
    /// Where its cells lie.
    pub grid: Grid,
    /// Its values; x fastest.
    pub values: Vec<u8>,
}

impl Field {
    /// The field of a mask on the grid of its volume.
    ///
    /// Where planes lie far apart, shapes between them are interpolated by their signed distances
    /// in the planes (shape-based interpolation, Raya and Udupa 1990), not faded from one to the other.
    pub fn of_mask(mask: &Mask, volume: &Volume, style: Style) -> Option<Self> {
        let grid = &volume.grid;
        let Style {
            detail_mm,
            reach_mm,
            ramp_hu,
            passes,
        } = style;
        let [lo, hi] = mask.bounds().filter(|_| mask.size() == grid.size)?;
        let factor = [0, 1].map(|axis| reduction(detail_mm, grid.spacing_mm[axis]));
        let far = grid.spacing_mm[2] > APART_MM;
        // Between planes far apart nothing is known in detail, and values do not help.
        let (detail_mm, passes) = match ramp_hu {
            Some(_) if far => (detail_mm.max(grid.spacing_mm[2] / 3.0), 2),
            _ => (detail_mm, passes),
        };
        let between = if far {
            reduction(grid.spacing_mm[2], detail_mm.max(1.0))
        } else {
            1
        };
        let inner = [
            (hi[0] - lo[0]).div_ceil(factor[0]),
            (hi[1] - lo[1]).div_ceil(factor[1]),
        ];
        let planes = hi[2] - lo[2] + 2;
        let size = [
            inner[0] + 2 * PADDING,
            inner[1] + 2 * PADDING,
            (planes - 1) * between + 1 + 2 * PADDING,
        ];
        let pixel_mm = [0, 1].map(|axis| grid.spacing_mm[axis] * factor[axis] as f64);
        // One plane of nothing below and above the mask's own.
        let mut sections: Vec<Vec<u8>> = (0..planes)
            .into_par_iter()
            .map(|k| {
                let z = (lo[2] + k).checked_sub(1).filter(|&z| z < hi[2]);
                let section = section(mask, lo, factor, size, z);
                match ramp_hu {
                    _ if far => distances(&section, size[0], pixel_mm, reach_mm),
                    Some(ramp) if factor == [1, 1] => {
                        ramped(section, volume, lo, size, (lo[2] + k).checked_sub(1), ramp)
                    }
                    _ => section,
                }
            })
            .collect();
        if far {
            close_ends(&mut sections);
        }
        let values = stacked(&sections, size, between);
        let start = [
            lo[0] as f64 - 0.5 + (0.5 - PADDING as f64) * factor[0] as f64,
            lo[1] as f64 - 0.5 + (0.5 - PADDING as f64) * factor[1] as f64,
            lo[2] as f64 - 1.0 - PADDING as f64 / between as f64,
        ];
        let mut field = Self {
            grid: Grid {
                size,
                spacing_mm: [
                    pixel_mm[0],
                    pixel_mm[1],
                    grid.spacing_mm[2] / between as f64,
                ],
                origin_lps_mm: grid.point_lps_mm(start),
                direction_lps: grid.direction_lps,
            },
            values,
        };
        for _ in 0..passes {
            field.smooth();
        }
        Some(field)
    }

    /// One pass of the kernel (1 2 1)/4 along each axis.
    fn smooth(&mut self) {
        let [nx, ny, nz] = self.grid.size;
        self.values.par_chunks_mut(nx * ny).for_each(|plane| {
            let mut old = plane.to_vec();
            for (row, out) in old.chunks(nx).zip(plane.chunks_mut(nx)) {
                for x in 1..nx - 1 {
                    out[x] = blurred(row[x - 1], row[x], row[x + 1]);
                }
            }
            old.copy_from_slice(plane);
            for y in 1..ny - 1 {
                for x in 0..nx {
                    let at = y * nx + x;
                    plane[at] = blurred(old[at - nx], old[at], old[at + nx]);
                }
            }
        });
        let plane = nx * ny;
        let mut before = self.values[..plane].to_vec();
        for z in 1..nz - 1 {
            let (this, after) = self.values[z * plane..(z + 2) * plane].split_at_mut(plane);
            for ((value, &after), before) in this.iter_mut().zip(after.iter()).zip(&mut before) {
                let old = *value;
                *value = blurred(*before, old, after);
                *before = old;
            }
        }
    }
}

/// The sections one over another, with `between` planes for each step from one to the next.
fn stacked(sections: &[Vec<u8>], size: [usize; 3], between: usize) -> Vec<u8> {
    let mut values = vec![0; size.iter().product()];
    values
        .par_chunks_mut(size[0] * size[1])
        .enumerate()
        .for_each(|(k, out)| {
            let Some(k) = k.checked_sub(PADDING) else {
                return;
            };
            let (below, part) = (k / between, k % between);
            let Some(first) = sections.get(below) else {
                return;
            };
            let second = sections.get(below + 1).unwrap_or(first);
            for ((out, &a), &b) in out.iter_mut().zip(first).zip(second) {
                *out = mixed(a, b, part, between);
            }
        });
    values
}

/// How many steps of `step_mm` come nearest below `detail_mm`, at least one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn reduction(detail_mm: f64, step_mm: f64) -> usize {
    (detail_mm / step_mm + 1e-6).floor().clamp(1.0, 64.0) as usize
}

fn blurred(a: u8, b: u8, c: u8) -> u8 {
    let sum = u16::from(a) + 2 * u16::from(b) + u16::from(c) + 2;
    u8::try_from(sum / 4).unwrap_or(u8::MAX)
}

fn mixed(a: u8, b: u8, part: usize, of: usize) -> u8 {
    let sum = usize::from(a) * (of - part) + usize::from(b) * part;
    u8::try_from(sum / of).unwrap_or(u8::MAX)
}

/// One plane of the mask as the share of each cell that is inside.
fn section(
    mask: &Mask,
    lo: [usize; 3],
    factor: [usize; 2],
    size: [usize; 3],
    z: Option<usize>,
) -> Vec<u8> {
    let mut counts = vec![0_u32; size[0] * size[1]];
    let Some(z) = z else {
        return vec![0; counts.len()];
    };
    let rows = (size[1] - 2 * PADDING) * factor[1];
    for dy in 0..rows {
        let y = lo[1] + dy;
        if y >= mask.size()[1] {
            break;
        }
        let row = (dy / factor[1] + PADDING) * size[0] + PADDING;
        for dx in 0..(size[0] - 2 * PADDING) * factor[0] {
            if mask.get([lo[0] + dx, y, z]) {
                counts[row + dx / factor[0]] += 1;
            }
        }
    }
    let whole = u32::try_from(factor[0] * factor[1]).unwrap_or(u32::MAX);
    counts
        .into_iter()
        .map(|n| u8::try_from(n * 255 / whole).unwrap_or(u8::MAX))
        .collect()
}

/// A plane whose voxels at the outline say by their values how near to it they are.
fn ramped(
    mut section: Vec<u8>,
    volume: &Volume,
    lo: [usize; 3],
    size: [usize; 3],
    z: Option<usize>,
    [threshold, width]: [i16; 2],
) -> Vec<u8> {
    let Some(z) = z.filter(|&z| z < volume.grid.size[2]) else {
        return section;
    };
    let level = |hu: i16| {
        let off = (i32::from(hu) - i32::from(threshold)) * 127 / i32::from(width.max(1));
        u8::try_from((128 + off).clamp(0, 255)).unwrap_or(u8::MAX)
    };
    for (row, line) in section.chunks_mut(size[0]).enumerate() {
        let Some(y) = (lo[1] + row).checked_sub(PADDING) else {
            continue;
        };
        if y >= volume.grid.size[1] {
            continue;
        }
        let values = volume.row(y, z);
        for (column, value) in line.iter_mut().enumerate() {
            let x = (lo[0] + column).checked_sub(PADDING);
            if let Some(&hu) = x.and_then(|x| values.get(x)) {
                // The mask decides which side a voxel is on; its value only how far.
                *value = if *value >= 128 {
                    level(hu).max(128)
                } else {
                    level(hu).min(127)
                };
            }
        }
    }
    section
}

/// Beyond the first and the last plane a shape ends half-way to the next one.
fn close_ends(sections: &mut [Vec<u8>]) {
    let mirrored = |plane: &Vec<u8>| plane.iter().map(|&v| (255 - v).min(v)).collect::<Vec<u8>>();
    if let [first, second, ..] = sections {
        *first = mirrored(second);
    }
    if let [.., second, last] = sections {
        *last = mirrored(second);
    }
}

/// A plane of occupancies as signed distances from its outline: 0 far outside, 255 far inside.
fn distances(section: &[u8], nx: usize, pixel_mm: [f64; 2], reach_mm: f64) -> Vec<u8> {
    let inside: Vec<bool> = section.iter().map(|&v| v >= 128).collect();
    let to_inside = chamfer(&inside, nx, pixel_mm, true, 2.0 * reach_mm);
    let to_outside = chamfer(&inside, nx, pixel_mm, false, 2.0 * reach_mm);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let level = |mm: f64| ((0.5 + mm / (2.0 * reach_mm)).clamp(0.0, 1.0) * 255.0).round() as u8;
    let half = pixel_mm[0] / 2.0;
    to_inside
        .iter()
        .zip(&to_outside)
        .zip(&inside)
        .map(|((&to_in, &to_out), &inside)| {
            level(if inside { to_out - half } else { half - to_in })
        })
        .collect()
}

/// Distance of every pixel to the nearest one that is `target`, mm: two passes over eight neighbours.
fn chamfer(inside: &[bool], nx: usize, [dx, dy]: [f64; 2], target: bool, far: f64) -> Vec<f64> {
    let mut mm: Vec<f64> = inside
        .iter()
        .map(|&i| if i == target { 0.0 } else { far })
        .collect();
    let diagonal = dx.hypot(dy);
    let ny = mm.len() / nx;
    let last = mm.len().saturating_sub(1);
    for forward in [true, false] {
        for n in 0..ny * nx {
            let at = if forward { n } else { last - n };
            let (x, y) = (n % nx, n / nx);
            let back = |step: usize| if forward { at - step } else { at + step };
            let mut best = mm[at];
            if x > 0 {
                best = best.min(mm[back(1)] + dx);
            }
            if y > 0 {
                best = best.min(mm[back(nx)] + dy);
                if x > 0 {
                    best = best.min(mm[back(nx + 1)] + diagonal);
                }
                if x + 1 < nx {
                    best = best.min(mm[back(nx - 1)] + diagonal);
                }
            }
            mm[at] = best;
        }
    }
    mm
}
