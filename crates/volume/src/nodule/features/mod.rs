//! Features of a marked region as the Image Biomarker Standardisation Initiative (IBSI) names and
//! defines them, in three dimensions.
//!
//! Values are discretised in bins of fixed width that begin at a whole multiple of it; co-occurrences
//! and runs are counted in 13 directions and the features averaged; zones and neighbourhoods take
//! all 26 neighbours at one voxel's distance, whatever the spacing. Nothing is resampled.
//! `docs/conformance/nodule-features.md` compares every value with another program's.
//!
//! Places come from the box itself, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

mod first_order;
mod matrices;
mod mesh;
mod neighbours;
mod shape;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::block::Block;
use crate::{Mask, Series, VolumeError};

/// How features are computed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct FeatureSettings {
    /// Width of the bins into which values are put, HU (or whatever the values are), above 0.
    pub bin_width: f64,
}

impl Default for FeatureSettings {
    fn default() -> Self {
        Self { bin_width: 25.0 }
    }
}

/// One feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct Feature {
    /// Its family, as IBSI has it, such as `grey level co-occurrence`.
    pub family: String,
    /// Its name within the family, as IBSI has it.
    pub name: String,
    /// Its value; lengths in mm.
    pub value: f64,
}

/// The features of a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct Features {
    /// How they were computed.
    pub settings: FeatureSettings,
    /// The features; those that are not defined for the region are left out.
    pub values: Vec<Feature>,
}

impl Features {
    /// A feature by family and name.
    pub fn get(&self, family: &str, name: &str) -> Option<f64> {
        let found = self
            .values
            .iter()
            .find(|f| f.family == family && f.name == name);
        found.map(|f| f.value)
    }
}

/// Most grey levels that are taken on; matrices grow with their square.
const MAX_LEVELS: usize = 2048;

/// Computes the features of a marked region.
///
/// Inputs: values and mask on one grid; bin width above 0. Result: see each family. Typical error:
/// texture depends strongly on slice thickness, noise and reconstruction: compare only what was
/// scanned alike. Not for: regions of less than a few dozen voxels, where most features mean little.
/// Source: hospital's clinical notes give no thresholds for features; definitions are those of IBSI.
///
/// # Errors
/// If the mask is empty or of another grid, or the bins so narrow that there are too many.
pub fn features(
    series: &Series,
    mask: &Mask,
    settings: FeatureSettings,
) -> Result<Features, VolumeError> {
    if mask.size() != series.volume.grid.size {
        return Err(VolumeError::Mask {
            why: "it is of another grid",
        });
    }
    let block = Block::around_mask(&series.volume, mask, 0.0)
        .ok_or(VolumeError::Mask { why: "it is empty" })?;
    let set = block.part_of(mask);
    let levels = levels(&block, &set, settings.bin_width)?;
    let mut values = Vec::new();
    let mut family = |family: &str, found: Vec<(&str, f64)>| {
        values.extend(
            found
                .into_iter()
                .filter(|(_, value)| value.is_finite())
                .map(|(name, value)| Feature {
                    family: family.to_owned(),
                    name: name.to_owned(),
                    value,
                }),
        );
    };
    family("morphology", shape::features(&block, &set));
    let grey: Vec<f64> = (0..block.len())
        .filter(|&place| set[place])
        .map(|place| f64::from(block.hu[place]))
        .collect();
    family("intensity statistics", first_order::statistics(&grey));
    family("intensity histogram", first_order::histogram(&levels));
    family("grey level co-occurrence", matrices::co_occurrence(&levels));
    family("grey level run length", matrices::run_length(&levels));
    family("grey level size zone", neighbours::size_zone(&levels));
    family(
        "neighbouring grey level dependence",
        neighbours::dependence(&levels),
    );
    family(
        "neighbourhood grey tone difference",
        neighbours::tone_difference(&levels),
    );
    Ok(Features { settings, values })
}

/// A region in grey levels counted from 1; 0 is outside.
struct Levels {
    size: [usize; 3],
    level: Vec<usize>,
    /// The highest level.
    most: usize,
    /// Voxels in the region.
    voxels: usize,
}

fn levels(block: &Block, set: &[bool], width: f64) -> Result<Levels, VolumeError> {
    let refused = || VolumeError::Nodule {
        why_zh: "灰度分箱过窄或无效",
        why: "the bins are too narrow or none",
    };
    if !(width.is_finite() && width > 0.0) {
        return Err(refused());
    }
    let bin = |hu: f32| (f64::from(hu) / width).floor();
    let inside = || block.hu.iter().zip(set).filter(|&(_, &inside)| inside);
    let least = inside()
        .map(|(&hu, _)| bin(hu))
        .fold(f64::INFINITY, f64::min);
    let most = inside()
        .map(|(&hu, _)| bin(hu))
        .fold(f64::NEG_INFINITY, f64::max);
    if most - least >= MAX_LEVELS as f64 {
        return Err(refused());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked"
    )]
    let level_of = |hu: f32| (bin(hu) - least) as usize + 1;
    let level: Vec<usize> = block
        .hu
        .iter()
        .zip(set)
        .map(|(&hu, &inside)| if inside { level_of(hu) } else { 0 })
        .collect();
    Ok(Levels {
        size: block.size,
        most: level.iter().copied().max().unwrap_or(0),
        voxels: level.iter().filter(|&&level| level > 0).count(),
        level,
    })
}

impl Levels {
    /// The level at a voxel, 0 outside the region and the box.
    fn at(&self, at: [isize; 3]) -> usize {
        let mut place = 0;
        for axis in [2, 1, 0] {
            let Ok(i) = usize::try_from(at[axis]) else {
                return 0;
            };
            if i >= self.size[axis] {
                return 0;
            }
            place = place * self.size[axis] + i;
        }
        self.level[place]
    }

    /// Calls `each` with every voxel of the region and its level.
    fn for_each(&self, mut each: impl FnMut([isize; 3], usize)) {
        let [nx, ny, _] = self.size;
        for (place, &level) in self.level.iter().enumerate() {
            if level > 0 {
                let at = [place % nx, place / nx % ny, place / (nx * ny)];
                each(at.map(usize::cast_signed), level);
            }
        }
    }
}

/// The 13 directions that are not each other's opposites.
fn directions() -> Vec<[isize; 3]> {
    all_26().into_iter().filter(|d| *d > [0, 0, 0]).collect()
}

/// The steps to all 26 neighbours.
fn all_26() -> Vec<[isize; 3]> {
    let mut steps = Vec::with_capacity(26);
    for x in -1..=1 {
        for y in -1..=1 {
            for z in -1..=1 {
                if [x, y, z] != [0, 0, 0] {
                    steps.push([x, y, z]);
                }
            }
        }
    }
    steps
}

fn moved([x, y, z]: [isize; 3], [dx, dy, dz]: [isize; 3]) -> [isize; 3] {
    [x + dx, y + dy, z + dz]
}

/// −p · log₂ p, 0 for what never happens.
fn bits(p: f64) -> f64 {
    if p > 0.0 { -p * p.log2() } else { 0.0 }
}
