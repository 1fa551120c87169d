//! The air of windpipe and bronchi, grown level by level with a check of every part that is added.
//!
//! Indices of voxels are made here from the grid's own size, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use crate::{Component, Components, Connection, Mask, Volume, components::fill_holes};

/// The lumen of the windpipe is below this where slices do not blur it. Engineering convention.
const LUMEN_HU: i16 = -880;
/// Cross-section of a windpipe, mm²: generous bounds around 10 to 27 mm of diameter.
const AREA_MM2: [f64; 2] = [60.0, 700.0];
/// How far it may move sideways from one plane to the next, mm for each mm of height, and at least.
const DRIFT: f64 = 1.0;
const DRIFT_LEAST_MM: f64 = 4.0;
/// A windpipe is followed at least this far before it counts as one, mm.
const LEAST_LENGTH_MM: f64 = 25.0;
/// Levels of growing, HU: all below the first are one, and the last is as far as lumen goes.
const GROW_HU: [i16; 2] = [-980, -800];
const GROW_STEP_HU: i16 = 5;
/// What is added at once is lumen up to this size, ml: a side of the tree where all is as dark as
/// air, a bronchus where it is as bright as lung.
const AIR_HU: i16 = -900;
const AT_ONCE_IN_AIR_ML: f64 = 60.0;
const AT_ONCE_ML: f64 = 1.5;
/// Lumen has walls: around what is added values are higher by this much on average, HU. Around a
/// part of the lung that noise made dark they are not.
const WALL_CONTRAST_HU: i64 = 80;
/// More than this is no airway, ml.
const MOST_ML: f64 = 180.0;
/// Noise leaves holes in the lumen: gaps this wide, in voxels, and within a plane so large, mm².
const HOLE_VOXELS: f64 = 1.01;
const HOLE_MM2: f64 = 30.0;

/// The air in windpipe and bronchi; `None` where no windpipe is found.
///
/// Region growing by rising levels (after the explosion control of Mori 1996), but leaks are found
/// part by part: what a level adds is taken if it is small and has walls, else it is blocked, and
/// growing goes on elsewhere. Engineering conventions throughout.
pub fn airway(volume: &Volume, body: &Mask) -> Option<Mask> {
    let seed = windpipe(volume, body)?;
    let mut growth = Growth::of(volume, body, &seed);
    growth.run();
    let spacing = volume.grid.spacing_mm;
    let radius = HOLE_VOXELS * spacing.into_iter().fold(0.0, f64::max);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let hole = (HOLE_MM2 / (spacing[0] * spacing[1])) as usize;
    Some(fill_holes(&growth.lumen.close(radius, spacing), hole).and(body))
}

/// Growing lumen.
struct Growth<'a> {
    volume: &'a Volume,
    body: &'a Mask,
    /// What is taken.
    lumen: Mask,
    /// What is taken or refused.
    done: Mask,
    /// What was too large to be lumen.
    leaks: Mask,
    /// Voxels beside the lumen, by the level at which they are reached.
    levels: Vec<Vec<[u16; 3]>>,
    most: usize,
}

impl<'a> Growth<'a> {
    fn of(volume: &'a Volume, body: &'a Mask, seed: &Mask) -> Self {
        let levels = usize::try_from((GROW_HU[1] - GROW_HU[0]) / GROW_STEP_HU).unwrap_or(0) + 1;
        let mut growth = Self {
            volume,
            body,
            lumen: seed.clone(),
            done: seed.clone(),
            leaks: Mask::empty(volume.grid.size),
            levels: vec![Vec::new(); levels],
            most: voxels_of(MOST_ML, volume),
        };
        seed.for_each(|at| growth.queue_beside(at));
        growth
    }

    fn run(&mut self) {
        let mut taken = self.lumen.count();
        for level in 0..self.levels.len() {
            let below = GROW_HU[0] + GROW_STEP_HU * i16::try_from(level).unwrap_or(0);
            let at_once = if below <= AIR_HU {
                AT_ONCE_IN_AIR_ML
            } else {
                AT_ONCE_ML
            };
            let at_once = voxels_of(at_once, self.volume);
            while let Some(from) = self.levels[level].pop() {
                let part = self.part(from, level, at_once);
                if part.is_empty() || !self.has_walls(&part, level) {
                    continue;
                }
                taken += part.len();
                if taken > self.most {
                    return;
                }
                for at in part {
                    self.lumen.set(at.map(usize::from));
                    self.queue_beside(at.map(usize::from));
                }
            }
        }
    }

    /// The voxels up to this level that hang together with one; none if they are too many or touch
    /// what was. They count as done.
    fn part(&mut self, from: [u16; 3], level: usize, at_once: usize) -> Vec<[u16; 3]> {
        let mut part = Vec::new();
        if self.done.get(from.map(usize::from)) {
            return part;
        }
        self.done.set(from.map(usize::from));
        part.push(from);
        let (mut next, mut leaks) = (0, false);
        while next < part.len() && !leaks {
            for at in beside(part[next].map(usize::from)) {
                leaks |= self.leaks.get(at);
                if !self.done.get(at) && self.level_of(at).is_some_and(|other| other <= level) {
                    self.done.set(at);
                    part.push(small(at));
                }
            }
            next += 1;
            leaks |= part.len() > at_once;
        }
        if leaks {
            for at in part.drain(..) {
                self.leaks.set(at.map(usize::from));
            }
        }
        part
    }

    /// Whether values rise around a part.
    fn has_walls(&self, part: &[[u16; 3]], level: usize) -> bool {
        let (mut sum, mut count) = (0, 0);
        for at in part {
            for at in beside(at.map(usize::from)) {
                if !self.done.get(at)
                    && let Some(hu) = self.volume.at(at)
                {
                    sum += i64::from(hu);
                    count += 1;
                }
            }
        }
        let below =
            i64::from(GROW_HU[0]) + i64::from(GROW_STEP_HU) * i64::try_from(level).unwrap_or(0);
        count == 0 || sum >= (below + WALL_CONTRAST_HU) * count
    }

    fn queue_beside(&mut self, at: [usize; 3]) {
        for at in beside(at) {
            if !self.done.get(at)
                && let Some(level) = self.level_of(at)
            {
                self.levels[level].push(small(at));
            }
        }
    }

    /// The level at which a voxel is reached, if it may be lumen at all.
    fn level_of(&self, at: [usize; 3]) -> Option<usize> {
        let hu = self.volume.at(at)?;
        (hu < GROW_HU[1] && self.body.get(at)).then(|| {
            let above = (hu - GROW_HU[0]).max(0);
            usize::try_from((above + GROW_STEP_HU - 1) / GROW_STEP_HU).unwrap_or(0)
        })
    }
}

/// The voxels that share a face with one; what lies beyond the grid is in no mask.
fn beside([x, y, z]: [usize; 3]) -> [[usize; 3]; 6] {
    [
        [x.wrapping_sub(1), y, z],
        [x + 1, y, z],
        [x, y.wrapping_sub(1), z],
        [x, y + 1, z],
        [x, y, z.wrapping_sub(1)],
        [x, y, z + 1],
    ]
}

/// Sides of volumes are bounded far below 2¹⁶.
fn small(at: [usize; 3]) -> [u16; 3] {
    at.map(|i| u16::try_from(i).unwrap_or(u16::MAX))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn voxels_of(ml: f64, volume: &Volume) -> usize {
    (ml * 1000.0 / volume.grid.voxel_mm3()) as usize
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
