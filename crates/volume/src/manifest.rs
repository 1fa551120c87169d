//! What a client is told about a volume; `contract/` holds the same in TypeScript.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

use crate::{ChestEntry, Notice};

/// A volume as a client sees it first. URLs are relative to the manifest's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct VolumeManifest {
    /// Series Instance UID.
    pub series: String,
    /// The patient's id in the record.
    pub patient: String,
    /// Voxels along x, y, z.
    pub size: [u32; 3],
    /// Distance of voxel centres along x, y, z, mm.
    pub spacing_mm: [f64; 3],
    /// Centre of voxel (0, 0, 0), LPS, mm.
    pub origin_lps_mm: [f64; 3],
    /// Unit vectors of the x, then y, then z axis, each LPS.
    pub direction_lps: [f64; 9],
    /// Lowest and highest value, HU.
    pub hu_range: [i16; 2],
    /// Bricks that lie below this value as a whole are left out; fill with −1024.
    pub air_below_hu: i16,
    /// Whether the values are Hounsfield units.
    pub is_hu: bool,
    /// Thickness of the slices, mm, where the images say so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub slice_thickness_mm: Option<f64>,
    /// z planes for which there was no image; they read as air.
    pub missing_planes: Vec<u32>,
    /// What a person who looks at the volume must know.
    pub notices: Vec<Notice>,
    /// Voxels along the side of a whole brick.
    pub brick: u32,
    /// The coarse picture.
    pub preview: PreviewEntry,
    /// The bricks, z slowest.
    pub bricks: Vec<BrickEntry>,
    /// The surfaces, as far as they could be made.
    pub surfaces: Vec<SurfaceEntry>,
    /// The marked lesions.
    pub lesions: Vec<LesionEntry>,
    /// Figures of the chest, once its structures are there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub chest: Option<ChestEntry>,
}

/// The coarse picture of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct PreviewEntry {
    /// Voxels along x, y, z.
    pub size: [u32; 3],
    /// How many voxels of the volume one of the preview covers along x, y, z; the last may reach beyond.
    pub factor: [u32; 3],
    /// Where its bytes are.
    pub url: String,
}

/// One brick of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct BrickEntry {
    /// Index of its first voxel on x, y, z.
    pub origin: [u32; 3],
    /// Voxels along x, y, z.
    pub size: [u32; 3],
    /// Length of its encoded bytes.
    pub bytes: u32,
    /// Lowest and highest value in it, HU.
    pub hu_range: [i16; 2],
    /// Where its bytes are.
    pub url: String,
}

/// One surface made from a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct SurfaceEntry {
    /// A stable name, such as `lung-left`.
    pub name: String,
    /// What people call it.
    #[ts(type = "{ zh: string; en: string }")]
    pub label: Text,
    /// Colour as `#rrggbb`.
    pub colour: String,
    /// How it was found and what that is worth.
    #[ts(type = "{ zh: string; en: string }")]
    pub method: Text,
    /// Triangles in the file.
    pub triangles: u32,
    /// Volume of the structure, mm³, counted in voxels.
    pub volume_mm3: f64,
    /// Where its bytes are.
    pub url: String,
}

/// One marked lesion with its measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct LesionEntry {
    /// A name that is unique within the volume.
    pub id: String,
    /// What its mark is called.
    #[ts(type = "{ zh: string; en: string }")]
    pub label: Text,
    /// Where the mark comes from, such as the SOP Instance UID of a segmentation.
    pub source: String,
    /// What the lesion is known by across studies (Tracking UID), where somebody has said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub tracking_uid: Option<String>,
    /// Name of its surface, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub surface: Option<String>,
    /// Mean position of its voxels, LPS, mm.
    pub centre_lps_mm: [f64; 3],
    /// Smallest, then largest L, P, S of its voxels, faces included, mm.
    pub box_lps_mm: [f64; 6],
    /// Number of its voxels.
    pub voxels: u32,
    /// Its volume, mm³.
    pub volume_mm3: f64,
    /// Longest diameter in the axial plane where it is largest, mm.
    pub long_axis_mm: f64,
    /// Longest diameter perpendicular to that in the same plane, mm.
    pub short_axis_mm: f64,
    /// Mean of the two, mm, not rounded: each guideline rounds in its own way.
    pub mean_diameter_mm: f64,
    /// Mean value, HU.
    pub mean_hu: f64,
    /// The plane in which it was measured, counted from 0.
    pub plane: u32,
    /// How it was measured and how far that is off, typically.
    #[ts(type = "{ zh: string; en: string }")]
    pub method: Text,
}
