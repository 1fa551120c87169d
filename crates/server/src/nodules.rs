//! The lung nodule at the doors: proposed at a point, measured as somebody edits it, kept, and followed.
//!
//! Nothing of a volume is held open for it: each request reads the box that it needs from the volume's bricks.

mod again;
mod candidates;
mod follow;
mod objects;
mod scans;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Text, Uid};
use volume::{
    BoxedMask, Grid, Mask, Notice, Piece, VolumeError, VolumeManifest, VoxelBox,
    nodule::{self, Attachment, FeatureSettings, Features, NoduleMeasures, Seed},
};

pub use again::FoundAgain;
pub use candidates::{Suggestion, dismiss, suggestions, take_back};
pub use follow::{FollowedNodule, GrowthBetween, Scan, followed};
pub use objects::{Drawn, KeepError, files};
pub use scans::{followed_lesions, scans};

use crate::volumes::{self, LUNGS, mask_file};

/// What lies around a nodule and is read with it when it is measured, mm.
const AROUND_MM: f64 = 6.0;
/// Beyond its reach, segmentation looks at the lung around, mm.
const BEYOND_MM: f64 = 4.0;
/// The longest way that a nodule is looked for around a point, mm.
const FARTHEST_MM: f64 = 40.0;
/// The shortest.
const NEAREST_MM: f64 = 10.0;

/// Where the voxels of a volume lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct VolumeGrid {
    /// Voxels along x, y, z.
    pub size: [u32; 3],
    /// Distance of voxel centres along x, y, z, mm.
    pub spacing_mm: [f64; 3],
    /// Centre of voxel (0, 0, 0), LPS, mm.
    pub origin_lps_mm: [f64; 3],
    /// Unit vectors of the x, then y, then z axis, each LPS.
    pub direction_lps: [f64; 9],
}

impl VolumeGrid {
    /// A grid as it travels.
    pub fn of(grid: &Grid) -> Self {
        let [x, y, z] = grid.direction_lps;
        let ([xl, xp, xs], [yl, yp, ys], [zl, zp, zs]) = (x, y, z);
        Self {
            size: grid.size.map(|n| u32::try_from(n).unwrap_or(u32::MAX)),
            spacing_mm: grid.spacing_mm,
            origin_lps_mm: grid.origin_lps_mm,
            direction_lps: [xl, xp, xs, yl, yp, ys, zl, zp, zs],
        }
    }
}

/// A nodule as a program proposes it. Nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct NoduleProposal {
    /// The volume that the mask is of.
    pub volume: VolumeGrid,
    /// Its voxels.
    pub mask: BoxedMask,
    /// What is measured on them.
    pub measures: NoduleMeasures,
    /// What it hung on before it was cut off.
    pub attached: Vec<Attachment>,
    /// What a person who uses the outline must know.
    pub notices: Vec<Notice>,
    /// How it was found and what that is worth.
    #[ts(type = "{ zh: string; en: string }")]
    pub method: Text,
}

/// A volume whose files are all there.
#[derive(Clone, Debug)]
pub struct WholeVolume {
    /// Its series.
    pub series: Uid,
    /// Where its files lie.
    pub folder: PathBuf,
    /// What it holds.
    pub manifest: Arc<VolumeManifest>,
}

impl WholeVolume {
    /// Where its voxels lie.
    pub fn grid(&self) -> VolumeGrid {
        VolumeGrid::of(&self.manifest.grid())
    }

    /// Proposes the nodule at a point.
    ///
    /// # Errors
    /// If the point lies outside the volume, in no lung, or on nothing that could be a nodule.
    pub fn propose(
        &self,
        at_lps_mm: [f64; 3],
        reach_mm: Option<f64>,
    ) -> Result<NoduleProposal, VolumeError> {
        let usual = Seed::at(at_lps_mm);
        let reach_mm = reach_mm.unwrap_or(usual.reach_mm);
        let reach_mm = reach_mm.clamp(NEAREST_MM, FARTHEST_MM);
        let grid = self.manifest.grid();
        let of = VoxelBox::around(&grid, at_lps_mm, reach_mm + BEYOND_MM);
        let of = of.ok_or(VolumeError::Nodule {
            why_zh: "该点在图像之外",
            why: "the point lies outside the scan",
        })?;
        let piece = volumes::read_piece(&self.folder, &self.manifest, of)?;
        let lungs = lungs(&self.folder, &self.manifest, &piece)?;
        let seed = Seed { reach_mm, ..usual };
        let found = nodule::segment(&piece.series, lungs.as_ref(), seed)?;
        let measures = volumes::measured(&piece, &found.mask)?;
        Ok(NoduleProposal {
            volume: self.grid(),
            mask: cut_to_box(&found.mask, &piece.of),
            measures,
            attached: found.attached,
            notices: found.notices,
            method: found.method,
        })
    }

    /// Measures a mask that somebody drew.
    ///
    /// # Errors
    /// If it does not lie in the volume, is empty, or lies where slices are missing.
    pub fn measure(&self, mask: &BoxedMask) -> Result<NoduleMeasures, VolumeError> {
        let (piece, mask) = self.drawn(mask)?;
        volumes::measured(&piece, &mask)
    }

    /// Features of a mask as IBSI names them, on the voxels as they are.
    ///
    /// # Errors
    /// As [`WholeVolume::measure`].
    pub fn features(&self, mask: &BoxedMask) -> Result<Features, VolumeError> {
        let (piece, mask) = self.drawn(mask)?;
        nodule::features(&piece.series, &mask, FeatureSettings::default())
    }

    /// The voxels under a mask that somebody drew, with some around them, and the mask on them.
    fn drawn(&self, mask: &BoxedMask) -> Result<(Piece, Mask), VolumeError> {
        let grid = self.manifest.grid();
        let (of, mask) = mask.mask_within(&grid)?;
        let around = of.grown(&grid, AROUND_MM);
        let piece = volumes::read_piece(&self.folder, &self.manifest, around)?;
        let mask = piece.part_of_box(&of, &mask);
        Ok((piece, mask))
    }
}

/// The lungs within a piece, as far as they were found.
fn lungs(
    folder: &Path,
    manifest: &VolumeManifest,
    piece: &Piece,
) -> Result<Option<Mask>, VolumeError> {
    let mut both: Option<Mask> = None;
    let found = manifest.surfaces.iter();
    for entry in found.filter(|entry| LUNGS.contains(&entry.name.as_str())) {
        let bytes = fs::read(folder.join(mask_file(&entry.name)));
        let bytes = bytes.map_err(|error| VolumeError::Io(error.to_string()))?;
        let part = piece.part_of(&volume::from_ymk1(&bytes)?);
        both = Some(match both {
            Some(both) => both.or(&part),
            None => part,
        });
    }
    Ok(both)
}

/// A mask on a piece as it travels, cut to the voxels that are set.
pub fn cut_to_box(mask: &Mask, of: &VoxelBox) -> BoxedMask {
    let [low, high] = mask.bounds().unwrap_or_default();
    let mut size = [0; 3];
    let mut origin = [0; 3];
    let axes = size.iter_mut().zip(&mut origin);
    for ((size, origin), ((low, high), of)) in axes.zip(low.into_iter().zip(high).zip(of.origin)) {
        (*size, *origin) = (high - low, of + low);
    }
    let mut part = Mask::empty(size);
    let [x0, y0, z0] = low;
    mask.for_each(|[x, y, z]| part.set([x - x0, y - y0, z - z0]));
    BoxedMask::of(&part, origin)
}
