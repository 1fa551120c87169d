//! The outline of what lies between the lungs.

use crate::{Mask, Volume, components::largest_of};

use super::{Dense, TISSUE_HU};

/// Passages narrower than twice this part it from the chest wall, mm.
const OPENING_MM: f64 = 5.0;

/// Heart, great vessels and all else between the lungs, as one outline; `None` where there are no
/// two lungs, or nothing between them.
///
/// Without contrast medium the heart does not stand out from what lies around it, and is not parted
/// from it here. Below, the outline takes in the top of the diaphragm and of what lies under it.
pub fn mediastinum(
    volume: &Volume,
    [left, right]: [&Mask; 2],
    airway: Option<&Mask>,
    dense: &Dense,
) -> Option<Mask> {
    let spacing = volume.grid.spacing_mm;
    let mut between = left.between_along_x(right);
    if let Some(airway) = airway {
        between = between.without(airway);
    }
    let tissue = Mask::where_hu(volume, |v| v > TISSUE_HU);
    let soft = between
        .and(&tissue)
        .without(&dense.skeleton)
        .without(left)
        .without(right);
    let whole = largest_of(&soft.open(OPENING_MM, spacing));
    (!whole.is_empty()).then_some(whole)
}
