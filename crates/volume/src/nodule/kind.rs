//! Solid, part-solid or ground glass: how dense a nodule is, and how wide its faint rim.
//!
//! Places come from the box itself, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use super::{
    NoduleKind,
    block::Block,
    distance::{distance_mm, parts},
    parameters::{GROUND_GLASS_HU, LEAST_SOLID_MM, RIM_MM, SOLID_HU},
};

/// Which kind of nodule the voxels of a set are.
pub(crate) fn kind_of(block: &Block, set: &[bool]) -> NoduleKind {
    let Some(solid) = solid_part(block, set) else {
        return NoduleKind::GroundGlass;
    };
    if is_rimmed(block, set, &solid) {
        NoduleKind::PartSolid
    } else {
        NoduleKind::Solid
    }
}

/// The largest connected part of a set that is as dense as solid tissue; `None` where all are specks.
pub(crate) fn solid_part(block: &Block, set: &[bool]) -> Option<Vec<bool>> {
    let dense = |place: usize| set[place] && f64::from(block.hu[place]) >= SOLID_HU;
    let (number, sizes) = parts(block, dense);
    let (largest, &n) = sizes.iter().enumerate().max_by_key(|&(_, &n)| n)?;
    let part = number
        .iter()
        .map(|&number| number as usize == largest + 1)
        .collect();
    let volume = n as f64 * block.voxel_mm3();
    let least = std::f64::consts::PI / 6.0 * LEAST_SOLID_MM.powi(3);
    (n > 1 && volume >= least).then_some(part)
}

/// Whether a set has a rim of ground glass around its solid part that is wider than blur makes it.
///
/// Compares the radii of discs with the same areas in the plane where the set is largest.
pub(crate) fn is_rimmed(block: &Block, whole: &[bool], solid: &[bool]) -> bool {
    let plane = (block.size[0] * block.size[1]).max(1);
    let areas = |set: &[bool]| -> Vec<f64> {
        let pixel = block.spacing_mm[0] * block.spacing_mm[1];
        let count = |plane: &[bool]| plane.iter().filter(|&&inside| inside).count() as f64;
        set.chunks(plane)
            .map(|plane| count(plane) * pixel)
            .collect()
    };
    let (whole_mm2, solid_mm2) = (areas(whole), areas(solid));
    let largest = whole_mm2
        .iter()
        .zip(&solid_mm2)
        .max_by(|a, b| a.0.total_cmp(b.0));
    let Some((whole_mm2, solid_mm2)) = largest else {
        return false;
    };
    let radius = |mm2: f64| (mm2 / std::f64::consts::PI).sqrt();
    let [least, by_slice] = RIM_MM;
    if radius(*whole_mm2) - radius(*solid_mm2) < least + by_slice * block.spacing_mm[2] {
        return false;
    }
    // The rim itself, away from the solid part, has the density of ground glass.
    let to_solid = distance_mm(block, |place| solid[place]);
    let (mut n, mut sum) = (0.0, 0.0);
    for (place, _) in whole.iter().enumerate().filter(|&(_, &inside)| inside) {
        if to_solid[place] > 1.0 {
            n += 1.0;
            sum += f64::from(block.hu[place]);
        }
    }
    n > 0.0 && (GROUND_GLASS_HU..SOLID_HU).contains(&(sum / n))
}
