//! The same nodule in another scan of the patient: where it lay before, moved as the lung around it has moved.

use std::fs;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use volume::{
    MOST_BOX_VOXELS, Piece, VolumeError, VoxelBox,
    nodule::{LocalShift, register},
};

use super::{LUNGS, NoduleProposal, WholeVolume};
use crate::volumes::{self, mask_file};

/// What is read of the earlier scan around the nodule, mm: what is compared, and a little more.
const BEFORE_MM: f64 = 30.0;
/// What is read of this scan around the expected place, mm: as far as the search reaches, where that fits.
const NOW_MM: f64 = 68.0;

/// A nodule found again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct FoundAgain {
    /// How the lung around it lies now against the earlier scan.
    pub shift: LocalShift,
    /// The nodule at that place, as the program outlines it. Nothing of it is kept.
    pub proposal: NoduleProposal,
}

impl WholeVolume {
    /// Proposes the nodule that lay at a point of an earlier scan.
    ///
    /// # Errors
    /// If the lung around it cannot be found again with any certainty, or there is no nodule at that place.
    pub fn find_again(
        &self,
        before: &Self,
        centre_lps_mm: [f64; 3],
    ) -> Result<FoundAgain, VolumeError> {
        let expected = self.shift_of_lungs(before)?;
        let prior = before.around(centre_lps_mm, BEFORE_MM)?;
        let mut current = self.around(sum(centre_lps_mm, expected), NOW_MM)?;
        // The search begins where both scans agree about the lungs.
        let grid = &mut current.series.volume.grid;
        grid.origin_lps_mm = sum(grid.origin_lps_mm, expected.map(|mm| -mm));
        let mut shift = register(&prior.series, &current.series, None, None, centre_lps_mm)?;
        shift.shift_lps_mm = sum(shift.shift_lps_mm, expected);
        if !shift.is_reliable {
            return Err(VolumeError::Nodule {
                why_zh: "与既往检查在该处不够相似，无法确定位置，请手动点选",
                why: "the scans are too unlike there to tell the place; click on it instead",
            });
        }
        let proposal = self.propose(shift.current_of(centre_lps_mm), None)?;
        Ok(FoundAgain { shift, proposal })
    }

    /// What lies around a point, as much of it as a box may hold.
    fn around(&self, at_lps_mm: [f64; 3], reach_mm: f64) -> Result<Piece, VolumeError> {
        let grid = self.manifest.grid();
        let side_mm = (MOST_BOX_VOXELS as f64 * grid.voxel_mm3()).cbrt();
        let of = VoxelBox::around(&grid, at_lps_mm, reach_mm.min(0.47 * side_mm));
        let of = of.ok_or(VolumeError::Nodule {
            why_zh: "该处不在此次扫描范围内",
            why: "that place was not scanned this time",
        })?;
        volumes::read_piece(&self.folder, &self.manifest, of)
    }

    /// How the middle of the lungs moved from an earlier scan; not at all where it is not known of both.
    fn shift_of_lungs(&self, before: &Self) -> Result<[f64; 3], VolumeError> {
        let both = before.middle_of_lungs()?.zip(self.middle_of_lungs()?);
        Ok(both.map_or([0.0; 3], |(before, now)| sum(now, before.map(|mm| -mm))))
    }

    fn middle_of_lungs(&self) -> Result<Option<[f64; 3]>, VolumeError> {
        let mut corners: Option<[[usize; 3]; 2]> = None;
        let found = self.manifest.surfaces.iter();
        for entry in found.filter(|entry| LUNGS.contains(&entry.name.as_str())) {
            let bytes = fs::read(self.folder.join(mask_file(&entry.name)));
            let bytes = bytes.map_err(|error| VolumeError::Io(error.to_string()))?;
            let Some([low, high]) = volume::from_ymk1(&bytes)?.bounds() else {
                continue;
            };
            corners = Some(corners.map_or([low, high], |[l, h]| {
                [each(l, low, usize::min), each(h, high, usize::max)]
            }));
        }
        let middle = |[low, high]: [[usize; 3]; 2]| {
            let index = each(low, high, |low, high| low + high);
            self.manifest
                .grid()
                .point_lps_mm(index.map(|twice| (twice as f64 - 1.0) / 2.0))
        };
        Ok(corners.map(middle))
    }
}

/// Both axis by axis.
fn each<T: Copy, U>(one: [T; 3], other: [T; 3], of: impl Fn(T, T) -> U) -> [U; 3] {
    let ([x, y, z], [to_x, to_y, to_z]) = (one, other);
    [of(x, to_x), of(y, to_y), of(z, to_z)]
}

fn sum(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    each(a, b, |a, b| a + b)
}
