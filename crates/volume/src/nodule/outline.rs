//! From a point to the voxels of a nodule.
//!
//! Places come from the box itself, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use vocabulary::Text;

use super::{
    Attachment, Nodule, NoduleKind, Seed,
    block::Block,
    distance::distance_mm,
    kind::{is_rimmed, kind_of},
    lung::LungAround,
    parameters::{
        EDGE_BLUR_MM, FIRST_SOLID_HU, GROUND_GLASS_EDGE_HU, GROUND_GLASS_HU, LEAST_CONTRAST_HU,
        SMOOTHING_MM, SOLID_EDGE_HU, SOLID_HU,
    },
    region::{Region, nearest, region},
};
use crate::{Mask, Notice, Series, VolumeError};

/// Outlines the nodule at a point.
///
/// Solid nodules are cut half-way between their own density and the lung's, faint ones half-way in
/// smoothed values; vessels and the wall are then cut off by shape ([`region`]). Which of both
/// outlines is taken follows from the width of the rim between them.
/// Inputs: HU; a point within [`SNAP_MM`](super::parameters::SNAP_MM) of the nodule, LPS, mm; a reach
/// that holds the nodule and some lung, 10 to 60 mm. Result: voxels on the grid of the series.
/// Typical error: `docs/conformance/nodule-phantoms.md`. Not for: masses beyond the reach, nodules in
/// consolidated lung, slices that are missing.
/// Source: hospital's clinical notes, nodule management, section 1 (conventions, need confirmation).
///
/// # Errors
/// If the point lies outside the scan, in no lung, or on nothing denser than lung.
pub fn segment(series: &Series, lungs: Option<&Mask>, seed: Seed) -> Result<Nodule, VolumeError> {
    let volume = &series.volume;
    if !series.is_hu {
        return Err(refused(
            "数值不是 HU",
            "the values are not Hounsfield units",
        ));
    }
    let at = voxel_of(series, seed.at_lps_mm)?;
    let block = Block::around(volume, at, seed.reach_mm.clamp(10.0, 60.0));
    let start = block
        .place_of(at)
        .ok_or_else(|| refused("该点在图像之外", "the point lies outside the scan"))?;
    let lungs = lungs.filter(|lungs| lungs.size() == volume.grid.size);
    let lung = LungAround::of(&block, lungs)
        .ok_or_else(|| refused("该点附近没有肺", "there is no lung around the point"))?;
    let solid = solid_at(&block, &lung, start);
    let faint = faint_at(&block, &lung, start);
    let chosen = match (solid, faint) {
        (Some(solid), Some(faint)) => {
            let rimmed = !faint.is_broad && is_rimmed(&block, &faint.set, &solid.set);
            // A tube of which the solid outline is a piece is a vessel that crosses faint tissue.
            if rimmed || (solid.is_broad && !faint.is_broad) {
                faint
            } else {
                solid
            }
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => {
            return Err(refused(
                "该点附近没有比肺更致密的组织",
                "nothing denser than lung is near the point",
            ));
        }
    };
    let missing = series.missing_planes.iter().any(|&z| {
        z.checked_sub(block.lo[2]).is_some_and(|z| {
            let plane = block.size[0] * block.size[1];
            chosen
                .set
                .get(z * plane..(z + 1) * plane)
                .is_some_and(|plane| plane.contains(&true))
        })
    });
    if missing {
        return Err(refused(
            "结节处缺少层面",
            "slices are missing within the nodule",
        ));
    }
    Ok(finish(series, &block, &chosen))
}

fn finish(series: &Series, block: &Block, found: &Region) -> Nodule {
    let kind = kind_of(block, &found.set);
    let mut attached = Vec::new();
    if found.on_pleura {
        attached.push(Attachment::Pleura);
    }
    if found.on_vessel {
        attached.push(Attachment::Vessel);
    }
    Nodule {
        mask: block.mask_of(&found.set, series.volume.grid.size),
        kind,
        attached,
        notices: notices_of(block, found),
        method: method(kind),
    }
}

fn notices_of(block: &Block, found: &Region) -> Vec<Notice> {
    let mut notices = Vec::new();
    if found.is_broad {
        notices.push(Notice::new(
            "nodule-attached-broadly",
            "结节与血管或胸壁的连接处与结节等宽，边界不可靠，请核对并修正",
            "The nodule hangs on a vessel or the wall as broadly as it is wide: check and mend its outline",
        ));
    }
    let cut_off = found
        .set
        .iter()
        .enumerate()
        .any(|(place, &inside)| inside && block.is_border(place));
    if cut_off {
        notices.push(Notice::new(
            "nodule-beyond-reach",
            "结节超出所查看的范围，轮廓可能不完整",
            "The nodule reaches beyond the box that was looked at: its outline may be incomplete",
        ));
    }
    notices
}

/// A nodule of solid density at a place.
fn solid_at(block: &Block, lung: &LungAround, start: usize) -> Option<Region> {
    let above =
        |edge: f64| -> Vec<bool> { block.hu.iter().map(|&hu| f64::from(hu) >= edge).collect() };
    // Something near the point must be as dense as solid tissue is.
    nearest(block, &above(SOLID_HU), start)?;
    let first = region(block, lung, &above(FIRST_SOLID_HU), start)?;
    let core = core_hu(&block.hu, block, &first);
    let [least, most] = SOLID_EDGE_HU;
    let edge = f64::midpoint(core, lung.background_hu).clamp(least, most);
    region(block, lung, &above(edge), first.core)
}

/// A nodule of any density above the lung's at a place, by smoothed values.
fn faint_at(block: &Block, lung: &LungAround, start: usize) -> Option<Region> {
    let smooth = block.smoothed(SMOOTHING_MM);
    let above =
        |edge: f64| -> Vec<bool> { smooth.iter().map(|&hu| f64::from(hu) >= edge).collect() };
    let [least, most] = GROUND_GLASS_EDGE_HU;
    let first_edge = (lung.background_hu + LEAST_CONTRAST_HU)
        .max(GROUND_GLASS_HU)
        .min(most);
    let first = region(block, lung, &above(first_edge), start)?;
    let Some(core) = faint_hu(&smooth, block, &first) else {
        return Some(first);
    };
    let edge = f64::midpoint(core, lung.background_hu).clamp(least, most);
    region(block, lung, &above(edge), first.core)
}

/// Mean value of the faint part of a region, away from its edge and from what is solid in it, HU.
fn faint_hu(values: &[f32], block: &Block, found: &Region) -> Option<f64> {
    let is_solid = |place: usize| found.set[place] && f64::from(values[place]) >= SOLID_HU;
    let to_solid = distance_mm(block, is_solid);
    let depth = (0.5 * found.radius_mm).min(1.5);
    let (mut n, mut sum) = (0, 0.0);
    for (place, _) in found.set.iter().enumerate().filter(|&(_, &inside)| inside) {
        if f64::from(found.depth_mm[place]) >= depth && f64::from(to_solid[place]) > EDGE_BLUR_MM {
            n += 1;
            sum += f64::from(values[place]);
        }
    }
    (n >= 8).then(|| sum / f64::from(n))
}

/// Mean value of the deep half of a region around its core, HU.
fn core_hu(values: &[f32], block: &Block, found: &Region) -> f64 {
    let (mut n, mut sum) = (0.0, 0.0);
    let reach = found.radius_mm * found.radius_mm;
    for (place, _) in found.set.iter().enumerate().filter(|&(_, &inside)| inside) {
        let deep = f64::from(found.depth_mm[place]) >= 0.5 * found.radius_mm;
        if deep && block.distance2(place, found.core) <= reach {
            n += 1.0;
            sum += f64::from(values[place]);
        }
    }
    if n > 0.0 {
        sum / n
    } else {
        f64::from(values[found.core])
    }
}

fn voxel_of(series: &Series, at_lps_mm: [f64; 3]) -> Result<[usize; 3], VolumeError> {
    let grid = &series.volume.grid;
    let index = grid.index_of(at_lps_mm).map(f64::round);
    let inside = index
        .iter()
        .zip(grid.size)
        .all(|(&i, n)| i >= 0.0 && i < n as f64);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked"
    )]
    inside
        .then(|| index.map(|i| i as usize))
        .ok_or_else(|| refused("该点在图像之外", "the point lies outside the scan"))
}

fn refused(why_zh: &'static str, why: &'static str) -> VolumeError {
    VolumeError::Nodule { why_zh, why }
}

fn method(kind: NoduleKind) -> Text {
    match kind {
        NoduleKind::Solid => Text::new(
            "从所点位置出发：以结节与肺密度的中间值为界，再按形状去除血管与胸壁。各阈值为工程约定，需要确认",
            "from the point: cut half-way between the densities of nodule and lung, vessels and wall then cut off by shape. The thresholds are engineering conventions and need confirmation",
        ),
        NoduleKind::PartSolid | NoduleKind::GroundGlass => Text::new(
            "从所点位置出发：在平滑后的数值上以磨玻璃与肺密度的中间值为界，再按形状去除血管与胸壁。各阈值为工程约定，需要确认",
            "from the point: cut half-way between the densities of ground glass and lung in smoothed values, vessels and wall then cut off by shape. The thresholds are engineering conventions and need confirmation",
        ),
    }
}
