//! The part of dense voxels that is the nodule, without the vessels and the wall that it hangs on.
//!
//! Places come from the box itself, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use std::collections::BinaryHeap;

use super::{
    block::Block,
    distance::{component, distance_mm, filled},
    lung::LungAround,
    parameters::{BROAD_SHARE, CLOSING_STEPS_MM, SNAP_MM, THIN_SHARE},
};

/// A nodule within a box.
pub(crate) struct Region {
    /// Its voxels.
    pub set: Vec<bool>,
    /// The place deepest inside it.
    pub core: usize,
    /// The distance of that place to the outside, mm.
    pub radius_mm: f64,
    /// The depth of each voxel of what it was cut from, mm; 0 outside.
    pub depth_mm: Vec<f32>,
    /// Whether it hangs on a vessel or on something else within the lung.
    pub on_vessel: bool,
    /// Whether it hangs on the surface of the lung.
    pub on_pleura: bool,
    /// Whether it could not be told from what it hangs on.
    pub is_broad: bool,
}

/// Cuts the nodule at a place out of the dense voxels of a box.
///
/// 1. What lies beyond the surface of the lung, closed by a ball twice as large as the nodule, goes.
/// 2. From the place uphill in depth lies the core of the nodule; its depth is the nodule's radius.
/// 3. The widest way from the core to anywhere far off shows how thick the thickest vessel is;
///    an opening by a ball just larger than that cuts all of them (after Kostis 2003, Kuhnigk 2006).
pub(crate) fn region(
    block: &Block,
    lung: &LungAround,
    dense: &[bool],
    at: usize,
) -> Option<Region> {
    let last = CLOSING_STEPS_MM.len() - 1;
    let step_for = |radius: f64| {
        let step = CLOSING_STEPS_MM.iter().position(|&mm| mm >= 2.0 * radius);
        step.unwrap_or(last)
    };
    let mut closing = 0;
    let mut found = within(block, lung, dense, at, closing);
    if found.is_none() {
        closing = last;
        found = within(block, lung, dense, at, closing);
    }
    let (mut limited, mut depth, mut core) = found?;
    let wanted = step_for(f64::from(depth[core]));
    if wanted > closing {
        (limited, depth, core) = within(block, lung, dense, at, wanted)?;
    }
    let radius = f64::from(depth[core]);
    let far = 2.5 * radius + 2.0;
    let neck = widest_way(block, &depth, core, far);
    let is_broad = neck.is_some_and(|neck| neck > BROAD_SHARE * radius);
    let cut = neck
        .unwrap_or(0.0)
        .max(THIN_SHARE * radius)
        .min(BROAD_SHARE * radius);
    let set = opened(block, &limited, &depth, core, cut);
    let beyond: Vec<bool> = dense
        .iter()
        .zip(&limited)
        .map(|(&dense, &inside)| dense && !inside)
        .collect();
    let on_pleura = touches(block, &set, &beyond);
    Some(Region {
        set,
        core,
        radius_mm: radius,
        depth_mm: depth,
        on_vessel: neck.is_some(),
        on_pleura,
        is_broad,
    })
}

/// The dense voxels at a place within the closed lung, their depths, and their core.
fn within(
    block: &Block,
    lung: &LungAround,
    dense: &[bool],
    at: usize,
    closing: usize,
) -> Option<(Vec<bool>, Vec<f32>, usize)> {
    let mut limited = lung.closed(block, closing).to_vec();
    for (inside, &dense) in limited.iter_mut().zip(dense) {
        *inside &= dense;
    }
    let start = nearest(block, &limited, at)?;
    let part = filled(block, &component(block, &limited, start));
    let depth = distance_mm(block, |place| !part[place]);
    let core = uphill(block, &depth, start);
    Some((part, depth, core))
}

/// The voxel of a set that is nearest to a place, if one is near enough.
pub(crate) fn nearest(block: &Block, set: &[bool], at: usize) -> Option<usize> {
    if set[at] {
        return Some(at);
    }
    let limit = SNAP_MM * SNAP_MM;
    (0..block.len())
        .filter(|&place| set[place])
        .map(|place| (place, block.distance2(place, at)))
        .filter(|&(_, d)| d <= limit)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(place, _)| place)
}

/// From a place to the deepest one that is reached by steps that never lead out.
fn uphill(block: &Block, depth: &[f32], start: usize) -> usize {
    let mut here = start;
    loop {
        let mut best = here;
        // Steps of two voxels pass over the dents that noise makes.
        block.neighbours(here, |near| {
            if depth[near] > depth[best] {
                best = near;
            }
            block.neighbours(near, |place| {
                if depth[place] > depth[best] {
                    best = place;
                }
            });
        });
        if best == here {
            return here;
        }
        here = best;
    }
}

/// How deep the widest way from a place to anywhere farther than `far_mm` is at its narrowest.
fn widest_way(block: &Block, depth: &[f32], core: usize, far_mm: f64) -> Option<f64> {
    let mut seen = vec![false; block.len()];
    // Depths in micrometres order as whole numbers do.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let key = |place: usize| (depth[place] * 1000.0) as u32;
    let mut open = BinaryHeap::from([(key(core), core)]);
    let mut narrowest = key(core);
    seen[core] = true;
    while let Some((deep, place)) = open.pop() {
        narrowest = narrowest.min(deep);
        if block.is_border(place) || block.distance2(place, core) > far_mm * far_mm {
            return Some(f64::from(narrowest) / 1000.0);
        }
        block.neighbours(place, |next| {
            if !seen[next] && depth[next] > 0.0 {
                seen[next] = true;
                open.push((key(next), next));
            }
        });
    }
    None
}

/// What of a set is left around a place when all that is thinner than a ball is gone.
fn opened(block: &Block, set: &[bool], depth: &[f32], core: usize, radius_mm: f64) -> Vec<bool> {
    let deep: Vec<bool> = depth
        .iter()
        .map(|&d| f64::from(d) > radius_mm + 1e-3)
        .collect();
    let kept = component(block, &deep, core);
    let to_kept = distance_mm(block, |place| kept[place]);
    // Half a voxel more gives the edge back its own shape.
    let reach = radius_mm + 0.5 * block.spacing_mm[0].max(block.spacing_mm[1]);
    let near: Vec<bool> = set
        .iter()
        .zip(&to_kept)
        .map(|(&inside, &d)| inside && f64::from(d) <= reach)
        .collect();
    component(block, &near, core)
}

/// Whether two sets have voxels side by side.
fn touches(block: &Block, a: &[bool], b: &[bool]) -> bool {
    (0..block.len()).filter(|&place| a[place]).any(|place| {
        let mut touched = false;
        block.neighbours(place, |next| touched |= b[next]);
        touched
    })
}
