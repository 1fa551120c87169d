//! Lung that is not full of air: as far as it can be told from what is no lung.

use crate::{Component, Components, Connection, Mask, Volume, segment::ml};

/// Dense lung is tissue up to this; above it is bone, chalk or contrast medium. Engineering convention.
const MOST_HU: i16 = 150;
/// How far away the lung that encloses it may be, mm.
const REACH_MM: f64 = 60.0;
/// Sheets thinner than twice this lie between ribs, not in the lung, mm.
const SHEET_MM: f64 = 2.0;
/// Smaller parts are noise, ml.
const LEAST_ML: f64 = 0.2;

/// Dense tissue that one lung encloses: that lung lies above it, below it and between it and the
/// middle of the body, so that it can be neither diaphragm nor mediastinum.
///
/// Consolidation, nodules and masses at the chest wall, and encapsulated fluid there, alike.
pub(super) fn enclosed(volume: &Volume, body: &Mask, lung: &Mask, is_left: bool) -> Mask {
    let spacing = volume.grid.spacing_mm;
    let tissue = Mask::where_hu(volume, |v| (super::LUNG_HU..MOST_HU).contains(&v))
        .and(body)
        .without(lung);
    // x runs to the left: the middle of the body lies at lower x of the left lung.
    let [across, .., along] = spacing.map(|mm| voxels(REACH_MM, mm));
    let enclosed = tissue
        .and(&lung.spread_along_x(across, is_left))
        .and(&lung.spread_along_z(along, true))
        .and(&lung.spread_along_z(along, false));
    let thick = enclosed.open(SHEET_MM, spacing);
    let large = |_: usize, c: &Component| ml(c.voxels, &volume.grid) >= LEAST_ML;
    Components::of(&thick, Connection::Faces).mask_of(large)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn voxels(mm: f64, spacing_mm: f64) -> usize {
    (mm / spacing_mm) as usize
}
