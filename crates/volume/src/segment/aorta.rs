//! The aorta, where contrast medium fills it.

use crate::{Component, Components, Connection, Mask, Volume, components::connected_to};

/// Noise, and the flap of a dissection, leave gaps this wide in what is found, mm.
const GAP_MM: f64 = 2.5;
/// So far inside its wall the aorta stands apart from vessels that touch it, and side branches are
/// no more, mm. Engineering convention.
const CORE_MM: f64 = 4.0;
/// Around its core the aorta reaches so much farther, mm.
const RIM_MM: f64 = CORE_MM + 1.0;
/// Cross-section of such a core, mm²: of aortas of some 13 to 65 mm of diameter.
const AREA_MM2: [f64; 2] = [20.0, 2600.0];
/// How far a section may lie beside the one above it, mm for each mm of height, and at least.
const DRIFT: f64 = 1.2;
const DRIFT_LEAST_MM: f64 = 5.0;
/// Sections that are not round may lie between two that are over this height, mm.
const SKIP_MM: f64 = 12.0;
/// The descending aorta is followed at least this far, mm.
const LEAST_MM: f64 = 40.0;
/// The spine lies so near behind or beside its core, mm.
const SPINE_MM: f64 = 20.0;
/// The arch rises so far above the highest round section, mm.
const ARCH_MM: f64 = 45.0;

/// The descending aorta and, as far as it is joined to it from above, the arch and the ascending
/// aorta; `None` where no such vessel is full of contrast medium.
///
/// Round sections of what is thick and full of contrast medium, one under another beside the spine,
/// are the descending aorta. Over its upper end the arch is what is joined to it there; on the other
/// side of the arch, round sections one under another again are the ascending aorta.
pub fn aorta(volume: &Volume, contrast: &Mask, skeleton: &Mask) -> Option<Mask> {
    let spacing = volume.grid.spacing_mm;
    let cores = contrast.erode(CORE_MM, spacing);
    let sections = Components::of(&cores, Connection::Plane);
    let beside_spine = sections.touched_by(&skeleton.dilate(SPINE_MM, spacing));
    let chains = chains(&sections, spacing);
    let plane = |i: Option<&usize>| i.and_then(|&i| sections.list.get(i)).map(|c| c.lo[2]);
    let height = |chain: &Vec<usize>| match (plane(chain.first()), plane(chain.last())) {
        (Some(top), Some(bottom)) => (top - bottom) as f64 * spacing[2],
        _ => 0.0,
    };
    let at_spine = |chain: &&Vec<usize>| {
        let near = chain
            .iter()
            .filter(|&&i| beside_spine.get(i) == Some(&true));
        near.count() * 4 >= chain.len() * 3
    };
    let down = chains
        .iter()
        .filter(|chain| height(chain) >= LEAST_MM)
        .filter(at_spine)
        .max_by(|a, b| height(a).total_cmp(&height(b)))?;
    let of = |chain: &Vec<usize>| sections.mask_of(|i, _| chain.contains(&i));
    let descending = of(down);
    let arch = arch(&cores, &descending, plane(down.first())?, spacing[2]);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let skipped = (SKIP_MM / spacing[2]).ceil() as usize;
    let under_arch = sections.touched_by(&arch.spread_along_z(skipped, false));
    let ascending = chains
        .iter()
        .filter(|chain| !std::ptr::eq(*chain, down))
        .filter(|chain| chain.iter().any(|&i| under_arch.get(i) == Some(&true)))
        .max_by(|a, b| height(a).total_cmp(&height(b)))
        .map(of);
    let mut core = descending.or(&arch);
    if let Some(ascending) = ascending {
        core = core.or(&ascending);
    }
    // Between round sections of a chain lie others that are part of it.
    let core = core.close(SKIP_MM / 2.0, spacing).and(&cores).or(&core);
    let filled = core.dilate(RIM_MM, spacing).and(contrast);
    Some(filled.close(GAP_MM, spacing).without(skeleton))
}

/// What is joined to the descending aorta's upper end in the planes above it.
fn arch(cores: &Mask, descending: &Mask, top: usize, dz: f64) -> Mask {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let height = (ARCH_MM / dz) as usize;
    let above = cores.clone().in_planes(top..top + height);
    connected_to(&above, &descending.clone().in_planes(top..top + 1))
}

/// Round sections one under another, from the top.
fn chains(sections: &Components, [dx, dy, dz]: [f64; 3]) -> Vec<Vec<usize>> {
    let round = |c: &Component| {
        let area = c.voxels as f64 * dx * dy;
        let (width, height) = (
            (c.hi[0] - c.lo[0]) as f64 * dx,
            (c.hi[1] - c.lo[1]) as f64 * dy,
        );
        (AREA_MM2[0]..AREA_MM2[1]).contains(&area)
            && width.max(height) < 2.0 * width.min(height)
            && area > 0.55 * width * height
    };
    let mut order: Vec<usize> = (0..sections.list.len())
        .filter(|&i| sections.list.get(i).is_some_and(round))
        .collect();
    order.sort_by_key(|&i| std::cmp::Reverse(sections.list.get(i).map_or(0, |c| c.lo[2])));
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for i in order {
        let Some(here) = sections.list.get(i) else {
            continue;
        };
        // How far beside the chain's last section, if this one follows it at all.
        let beside = |chain: &Vec<usize>| {
            let above = chain.last().and_then(|&last| sections.list.get(last))?;
            let aside = ((here.centre[0] - above.centre[0]) * dx)
                .hypot((here.centre[1] - above.centre[1]) * dy);
            let down = above.lo[2].checked_sub(here.lo[2])? as f64 * dz;
            let follows =
                down > 0.0 && down <= SKIP_MM.max(dz) && aside < (DRIFT * down).max(DRIFT_LEAST_MM);
            follows.then_some(aside)
        };
        let nearest = chains
            .iter_mut()
            .filter_map(|chain| beside(chain).map(|aside| (aside, chain)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match nearest {
            Some((_, chain)) => chain.push(i),
            None => chains.push(vec![i]),
        }
    }
    chains
}
