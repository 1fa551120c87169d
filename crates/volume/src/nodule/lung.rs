//! The lung around a nodule: how dense it is, and where its surface would run without the nodule.
//!
//! Places come from the box itself, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use std::cell::OnceCell;

use super::{
    block::Block,
    distance::{closed, parts},
    parameters::{CLOSING_STEPS_MM, PARENCHYMA_HU},
};
use crate::{Mask, segment::LUNG_HU};

/// Pure gas, outside or in bowel, has a lower mean than any lung, HU.
const GAS_MEAN_HU: f64 = -960.0;
/// Air-filled spaces smaller than this are no lung, mm³.
const LEAST_LUNG_MM3: f64 = 500.0;

/// The lung within a box.
pub(crate) struct LungAround {
    /// Lung with air in it.
    air: Vec<bool>,
    /// Median value of the tissue around, HU.
    pub background_hu: f64,
    /// The closed lung for each step of [`CLOSING_STEPS_MM`] that was asked for.
    closed: [OnceCell<Vec<bool>>; CLOSING_STEPS_MM.len()],
}

impl LungAround {
    /// The lung in a box, by its mask or else by its air; `None` where there is none.
    pub fn of(block: &Block, lungs: Option<&Mask>) -> Option<Self> {
        let air = match lungs {
            Some(lungs) => block.part_of(lungs),
            None => air_of(block),
        };
        let mut tissue: Vec<f32> = block
            .hu
            .iter()
            .zip(&air)
            .filter(|&(&hu, &inside)| inside && f64::from(hu) < PARENCHYMA_HU)
            .map(|(&hu, _)| hu)
            .collect();
        if tissue.is_empty() {
            return None;
        }
        let middle = tissue.len() / 2;
        let (_, median, _) = tissue.select_nth_unstable_by(middle, f32::total_cmp);
        Some(Self {
            background_hu: f64::from(*median),
            air,
            closed: Default::default(),
        })
    }

    /// The lung with its surface closed by a ball of one of [`CLOSING_STEPS_MM`].
    pub fn closed(&self, block: &Block, step: usize) -> &[bool] {
        let step = step.min(CLOSING_STEPS_MM.len() - 1);
        self.closed[step].get_or_init(|| closed(block, &self.air, CLOSING_STEPS_MM[step]))
    }
}

/// Air-filled spaces that are large enough and not pure gas.
fn air_of(block: &Block) -> Vec<bool> {
    let edge = f32::from(LUNG_HU);
    let (number, sizes) = parts(block, |place| block.hu[place] < edge);
    let mut sums = vec![0.0; sizes.len() + 1];
    for (&number, &hu) in number.iter().zip(&block.hu) {
        sums[number as usize] += f64::from(hu);
    }
    let mut is_lung = vec![false; sizes.len() + 1];
    for (i, &n) in sizes.iter().enumerate() {
        let n = n as f64;
        is_lung[i + 1] = n * block.voxel_mm3() >= LEAST_LUNG_MM3 && sums[i + 1] / n > GAS_MEAN_HU;
    }
    number
        .iter()
        .map(|&number| is_lung[number as usize])
        .collect()
}
