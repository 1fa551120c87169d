use crate::{
    Component, Components, Connection, Mask, Volume, components::connected_to, segment::ml,
};

/// The lumen of the windpipe is below this where slices do not blur it. Engineering convention.
const LUMEN_HU: i16 = -880;
/// Cross-section of a windpipe, mm²: generous bounds around 10 to 27 mm of diameter.
const AREA_MM2: [f64; 2] = [60.0, 700.0];
/// How far it may move sideways from one plane to the next, mm for each mm of height, and at least.
const DRIFT: f64 = 1.0;
const DRIFT_LEAST_MM: f64 = 4.0;
/// A windpipe is followed at least this far before it counts as one, mm.
const LEAST_LENGTH_MM: f64 = 25.0;
/// Thresholds that are tried for growing, HU: the first, the last, the step.
const GROW_HU: [i16; 2] = [-980, -800];
const GROW_STEP_HU: usize = 10;
/// Growth beyond this factor from one threshold to the next is a leak into the lung.
const LEAK_FACTOR: f64 = 1.6;
/// Less than this is no leak however fast it grew: windpipe and main bronchi, ml.
const SMALL_ML: f64 = 45.0;
/// More than this is no airway, ml.
const MOST_ML: f64 = 180.0;

/// The air in windpipe and large bronchi; `None` where no windpipe is found.
///
/// Region growing whose threshold rises until it leaks into the lung (explosion control, Mori 1996).
pub fn airway(volume: &Volume, body: &Mask) -> Option<Mask> {
    let seed = windpipe(volume, body)?;
    let mut best: Option<(Mask, usize)> = None;
    for hu in (GROW_HU[0]..=GROW_HU[1]).step_by(GROW_STEP_HU) {
        let air = Mask::where_hu(volume, |v| v < hu).and(body);
        let start = seed.clone().and(&air);
        if start.is_empty() {
            continue;
        }
        let grown = connected_to(&air, &start);
        let count = grown.count();
        let leaks = best.as_ref().is_some_and(|(_, before)| {
            ml(count, &volume.grid) > SMALL_ML && count as f64 > LEAK_FACTOR * *before as f64
        });
        if leaks || ml(count, &volume.grid) > MOST_ML {
            break;
        }
        best = Some((grown, count));
    }
    let (grown, _) = best?;
    Some(grown.or(&seed))
}

/// A round pipe of air near the middle, followed from the top downwards.
fn windpipe(volume: &Volume, body: &Mask) -> Option<Mask> {
    let [dx, dy, dz] = volume.grid.spacing_mm;
    let [[lo_x, ..], [hi_x, ..]] = body.bounds()?;
    let middle = f64::midpoint(lo_x as f64, hi_x as f64);
    let quarter = (hi_x - lo_x) as f64 / 4.0;
    let air = Mask::where_hu(volume, |v| v < LUMEN_HU).and(body);
    let sections = Components::of(&air, Connection::Plane);
    let round = |c: &Component| {
        let area = c.voxels as f64 * dx * dy;
        let (width, height) = (
            (c.hi[0] - c.lo[0]) as f64 * dx,
            (c.hi[1] - c.lo[1]) as f64 * dy,
        );
        (AREA_MM2[0]..AREA_MM2[1]).contains(&area)
            && width.max(height) < 2.2 * width.min(height)
            && area > 0.55 * width * height
            && (c.centre[0] - middle).abs() < quarter
    };
    let mut candidates: Vec<usize> = (0..sections.list.len())
        .filter(|&i| sections.list.get(i).is_some_and(round))
        .collect();
    let plane = |i: usize| sections.list.get(i).map_or(0, |c| c.lo[2]);
    candidates.sort_by_key(|&i| std::cmp::Reverse(plane(i)));
    // Chains of sections that lie over one another, from the top; the longest is the windpipe.
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for i in candidates {
        let Some(here) = sections.list.get(i) else {
            continue;
        };
        let follows = |chain: &&mut Vec<usize>| {
            let above = chain.last().and_then(|&last| sections.list.get(last));
            above.is_some_and(|above| {
                let aside = ((here.centre[0] - above.centre[0]) * dx)
                    .hypot((here.centre[1] - above.centre[1]) * dy);
                above.lo[2] == here.lo[2] + 1 && aside < (DRIFT * dz).max(DRIFT_LEAST_MM)
            })
        };
        match chains.iter_mut().find(follows) {
            Some(chain) => chain.push(i),
            None => chains.push(vec![i]),
        }
    }
    let chain = chains.into_iter().rev().max_by_key(Vec::len)?;
    (chain.len() as f64 * dz >= LEAST_LENGTH_MM)
        .then(|| sections.mask_of(|i, _| chain.contains(&i)))
}
