//! The aorta, where contrast medium fills it.

use crate::{Component, Components, Connection, Mask, Volume, components::connected_to};

/// Noise and the flap of a dissection leave gaps this wide, mm.
const GAP_MM: f64 = 2.5;
/// Side branches are thinner than twice this, the aorta is not, mm. Engineering convention.
const THICK_MM: f64 = 5.0;
/// Cross-section of an aorta, mm²: from narrow to dilated, some 14 to 65 mm of diameter.
const AREA_MM2: [f64; 2] = [150.0, 3300.0];
/// How far a section may lie beside the one above it, mm for each mm of height, and at least.
const DRIFT: f64 = 1.2;
const DRIFT_LEAST_MM: f64 = 4.0;
/// From one section to the next the area changes by less than this factor.
const AREA_STEP: f64 = 1.5;
/// The descending aorta is followed at least this far, mm.
const LEAST_MM: f64 = 60.0;
/// The spine lies so near behind or beside it, mm.
const SPINE_MM: f64 = 15.0;
/// The arch rises so far above the highest round section, mm.
const ARCH_MM: f64 = 40.0;

/// The descending aorta and, as far as it is joined to it from above, the arch and the ascending
/// aorta; `None` where no such vessel is full of contrast medium.
///
/// Round sections of what is thick and full of contrast medium, one under another beside the spine,
/// are the descending aorta. Over its upper end the arch is what is joined to it there; on the other
/// side of the arch, round sections one under another again are the ascending aorta.
pub fn aorta(volume: &Volume, contrast: &Mask, skeleton: &Mask) -> Option<Mask> {
    let spacing = volume.grid.spacing_mm;
    let dz = spacing[2];
    let filled = contrast.close(GAP_MM, spacing).without(skeleton);
    let thick = filled.open(THICK_MM, spacing);
    let sections = Components::of(&thick, Connection::Plane);
    let beside_spine = sections.touched_by(&skeleton.dilate(SPINE_MM, spacing));
    let chains = chains(&sections, spacing);
    let long = |chain: &&Vec<usize>| chain.len() as f64 * dz >= LEAST_MM;
    let at_spine = |chain: &&Vec<usize>| {
        let near = chain
            .iter()
            .filter(|&&i| beside_spine.get(i) == Some(&true));
        near.count() * 4 >= chain.len() * 3
    };
    let down = chains
        .iter()
        .filter(long)
        .filter(at_spine)
        .max_by_key(|chain| chain.len())?;
    let descending = sections.mask_of(|i, _| down.contains(&i));
    let top = down.first().and_then(|&i| sections.list.get(i))?;
    let arch = arch(&thick, &descending, top.lo[2], dz);
    let touched = sections.touched_by(&arch.spread_along_z(1, false));
    let whole = chains
        .iter()
        .filter(|chain| {
            chain
                .first()
                .is_some_and(|&i| touched.get(i) == Some(&true))
        })
        .max_by_key(|chain| chain.len())
        .filter(|chain| !std::ptr::eq(*chain, down))
        .map(|chain| sections.mask_of(|i, _| chain.contains(&i)));
    let parts = descending.or(&arch);
    Some(match whole {
        Some(ascending) => parts.or(&ascending),
        None => parts,
    })
}

/// What is joined to the descending aorta's upper end in the planes above it.
fn arch(thick: &Mask, descending: &Mask, top: usize, dz: f64) -> Mask {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let height = (ARCH_MM / dz) as usize;
    let above = thick.clone().in_planes(top..top + height);
    connected_to(&above, &descending.clone().in_planes(top..top + 1))
}

/// Round sections one under another, from the top.
fn chains(sections: &Components, [dx, dy, dz]: [f64; 3]) -> Vec<Vec<usize>> {
    let area = |c: &Component| c.voxels as f64 * dx * dy;
    let round = |c: &Component| {
        let (width, height) = (
            (c.hi[0] - c.lo[0]) as f64 * dx,
            (c.hi[1] - c.lo[1]) as f64 * dy,
        );
        (AREA_MM2[0]..AREA_MM2[1]).contains(&area(c))
            && width.max(height) < 1.8 * width.min(height)
            && area(c) > 0.6 * width * height
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
        let follows = |chain: &&mut Vec<usize>| {
            let above = chain.last().and_then(|&last| sections.list.get(last));
            above.is_some_and(|above| {
                let aside = ((here.centre[0] - above.centre[0]) * dx)
                    .hypot((here.centre[1] - above.centre[1]) * dy);
                let ratio = area(here) / area(above);
                above.lo[2] == here.lo[2] + 1
                    && aside < (DRIFT * dz).max(DRIFT_LEAST_MM)
                    && (1.0 / AREA_STEP..AREA_STEP).contains(&ratio)
            })
        };
        match chains.iter_mut().find(follows) {
            Some(chain) => chain.push(i),
            None => chains.push(vec![i]),
        }
    }
    chains
}
