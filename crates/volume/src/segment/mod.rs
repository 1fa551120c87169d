//! Structures found in a chest CT by thresholds and shape.
//!
//! Every threshold is a named constant. They are engineering conventions, not guideline values
//! (the hospital's clinical notes mark HU conventions "needs confirmation"), and each structure's
//! `method` says so to whoever looks at it.

mod airway;
mod airway_tree;
mod aorta;
mod body;
mod bone;
mod compact;
mod dense_lung;
mod emphysema;
mod lungs;
mod mediastinum;
mod section;
mod tree;

pub use self::{
    airway::airway,
    airway_tree::{AirwayBranch, AirwayTree, airway_tree},
    aorta::aorta,
    body::{TISSUE_HU, body},
    bone::{DENSE_HU, Dense, dense},
    compact::{InLungs, in_lungs, vessels},
    emphysema::{Emphysema, EmphysemaRule, LungDensity, emphysema},
    lungs::{LUNG_HU, Lungs, VESSEL_HU, lungs},
    mediastinum::mediastinum,
};

/// Millilitres in a number of voxels.
pub(crate) fn ml(voxels: usize, grid: &crate::Grid) -> f64 {
    voxels as f64 * grid.voxel_mm3() / 1000.0
}
