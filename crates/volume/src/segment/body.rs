use crate::{
    Mask, Volume,
    components::{fill_plane_holes, largest_of},
};

/// Tissue is above this, air and lung below. Engineering convention, needs confirmation.
pub const TISSUE_HU: i16 = -300;
/// Sheets thinner than twice this are not body: table, mattress, cables, mm.
const TABLE_MM: f64 = 5.0;

/// The body with all that it encloses, without table and cables.
pub fn body(volume: &Volume) -> Mask {
    let spacing = volume.grid.spacing_mm;
    // Tissue and whatever else is dense.
    let tissue = Mask::where_hu(volume, |hu| hu > TISSUE_HU);
    // The walls of a table are thin, the body is thick, and the largest thick thing.
    let thick = fill_plane_holes(&tissue)
        .open(TABLE_MM, spacing)
        .and(&tissue);
    let core = largest_of(&thick);
    // Lungs are holes of the body within each plane.
    fill_plane_holes(&core)
}
