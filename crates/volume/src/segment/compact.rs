//! What is dense in the lungs, parted into vessels and what is compact and stands by itself.

use std::f64::consts::PI;

use crate::{Component, Components, Connection, Grid, Mask, Volume};

use super::lungs::{PLEURA_MM, SPECK_MM3, VESSEL_HU};

/// Radii of the balls that are sought, mm.
const RADII_MM: [f64; 10] = [1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0, 10.0, 13.0];
/// det(C) / (tr(C) / 3)³ of the second moments C: 1 for a ball, below this where one axis is some
/// 2.4 times as long as the others.
const ROUNDNESS: f64 = 0.35;
/// A piece fills at least this share of the ellipsoid with its second moments; a bush of vessels does not.
const SOLIDITY: f64 = 0.6;
/// A vessel goes on at its ends: more of the surface than this is where it does.
const CONTACT: f64 = 0.2;
/// At least this share of the surface must be inside the lungs to be judged.
const SEEN: f64 = 0.4;

/// Dense tissue in the lungs.
#[derive(Clone, Debug, PartialEq)]
pub struct InLungs {
    /// Long, or joined to others at both ends: vessels, and what cannot be told from them.
    pub vessels: Mask,
    /// Round and joined to little: nodules and other spots.
    pub compact: Mask,
}

/// Parts what is dense in the lungs by shape at several scales.
///
/// Opened by a ball of each radius in turn, a vessel leaves long pieces, or pieces that go on at
/// their ends and at branches; a nodule leaves one round piece that touches its vessels with a small
/// share of its surface. Engineering conventions, need confirmation.
pub fn in_lungs(volume: &Volume, lungs: &Mask) -> InLungs {
    let grid = &volume.grid;
    let inner = lungs.erode(PLEURA_MM, grid.spacing_mm).without_end_planes();
    let dense = Mask::where_hu(volume, |v| v > VESSEL_HU).and(&inner);
    let least = SPECK_MM3 / grid.voxel_mm3();
    let dense = Components::of(&dense, Connection::Faces).mask_of(|_, c| c.voxels as f64 >= least);
    let pixel = f64::midpoint(grid.spacing_mm[0], grid.spacing_mm[1]);
    let mut vessels = dense;
    let mut compact = Mask::empty(grid.size);
    for radius in RADII_MM.into_iter().filter(|&radius| radius > pixel) {
        let opened = vessels.open(radius, grid.spacing_mm);
        if opened.is_empty() {
            break;
        }
        // Opening cuts corners, growing gives them back.
        let grown = opened.grow_within(&vessels, steps(0.35 * radius, pixel));
        let parts = Components::of(&grown, Connection::Faces);
        let measures = measures(&parts, &vessels, lungs, &inner, grid);
        let is_compact = |i: usize, c: &Component| {
            c.voxels as f64 >= least && measures.get(i).is_some_and(Measures::is_compact)
        };
        let found = parts.mask_of(is_compact);
        vessels = vessels.without(&found);
        compact = compact.or(&found);
    }
    let vessels =
        Components::of(&vessels, Connection::Faces).mask_of(|_, c| c.voxels as f64 >= least);
    InLungs { vessels, compact }
}

/// Vessels in the lungs, without what is compact.
pub fn vessels(volume: &Volume, lungs: &Mask) -> Mask {
    in_lungs(volume, lungs).vessels
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn steps(mm: f64, pixel: f64) -> usize {
    1 + (mm / pixel).ceil() as usize
}

/// Sums over one part.
#[derive(Clone, Default)]
struct Measures {
    count: f64,
    volume_mm3: f64,
    first: [f64; 3],
    /// xx, yy, zz, xy, xz, yz.
    second: [f64; 6],
    /// Surface, mm²: all of it, what is inside the lungs, and of that where dense tissue goes on.
    surface: f64,
    seen: f64,
    contact: f64,
}

impl Measures {
    fn is_compact(&self) -> bool {
        self.seen >= SEEN * self.surface && self.contact <= CONTACT * self.seen && self.is_round()
    }

    fn is_round(&self) -> bool {
        let n = self.count.max(1.0);
        let [x, y, z] = self.first.map(|sum| sum / n);
        let [xx, yy, zz, xy, xz, yz] = self.second.map(|sum| sum / n);
        let (xx, yy, zz) = (xx - x * x, yy - y * y, zz - z * z);
        let (xy, xz, yz) = (xy - x * y, xz - x * z, yz - y * z);
        let det = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
        let third = (xx + yy + zz) / 3.0;
        // A solid ellipsoid has half axes of √5 times the roots of its second moments.
        let ellipsoid = 4.0 / 3.0 * PI * (125.0 * det.max(0.0)).sqrt();
        det >= ROUNDNESS * third.powi(3) && self.volume_mm3 >= SOLIDITY * ellipsoid
    }

    fn add_voxel(&mut self, [x, y, z]: [f64; 3]) {
        self.count += 1.0;
        for (sum, value) in self.first.iter_mut().zip([x, y, z]) {
            *sum += value;
        }
        let products = [x * x, y * y, z * z, x * y, x * z, y * z];
        for (sum, value) in self.second.iter_mut().zip(products) {
            *sum += value;
        }
    }
}

fn measures(
    parts: &Components,
    dense: &Mask,
    lungs: &Mask,
    inner: &Mask,
    grid: &Grid,
) -> Vec<Measures> {
    let [dx, dy, dz] = grid.spacing_mm;
    let mut found = vec![Measures::default(); parts.list.len()];
    let own = parts.mask_of(|_, _| true);
    let nx = grid.size[0];
    // Beyond the lungs, between them, vessels go on; elsewhere that is pleura.
    let between = |[x, y, z]: [usize; 3]| {
        y < grid.size[1]
            && z < grid.size[2]
            && x < nx
            && lungs.any_in_run(y, z, 0, x)
            && lungs.any_in_run(y, z, x, nx)
    };
    parts.for_each_run(|part, y, z, from, to| {
        let Some(sums) = found.get_mut(part) else {
            return;
        };
        let centre = parts.list.get(part).map_or([0.0; 3], |c| c.centre);
        for x in from..to {
            // About the part's own centre, or small differences drown in large sums.
            let at = [
                (x as f64 - centre[0]) * dx,
                (y as f64 - centre[1]) * dy,
                (z as f64 - centre[2]) * dz,
            ];
            sums.add_voxel(at);
            sums.volume_mm3 += dx * dy * dz;
            let sides = [
                ([x.wrapping_sub(1), y, z], dy * dz),
                ([x + 1, y, z], dy * dz),
                ([x, y.wrapping_sub(1), z], dx * dz),
                ([x, y + 1, z], dx * dz),
                ([x, y, z.wrapping_sub(1)], dx * dy),
                ([x, y, z + 1], dx * dy),
            ];
            for (side, area) in sides {
                if own.get(side) {
                    continue;
                }
                sums.surface += area;
                let goes_on = dense.get(side) || (!lungs.get(side) && between(side));
                if goes_on || inner.get(side) {
                    sums.seen += area;
                }
                if goes_on {
                    sums.contact += area;
                }
            }
        }
    });
    found
}
