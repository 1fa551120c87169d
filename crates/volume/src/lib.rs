//! CT series to volumes in patient coordinates: checks, masks, surfaces, bricks, measurements.
//!
//! Pure, but for [`measure_path`] and what it reads with: bytes in, values out. Everything is
//! millimetres and HU in the patient frame (LPS), voxels lie x fastest, and z planes are axial.
//! What cannot be relied on is said in notices.

#![allow(
    clippy::many_single_char_names,
    reason = "axes and corners are called x, y, z, a, b, c, as everywhere in the field"
)]
#![cfg_attr(
    test,
    allow(clippy::float_cmp, reason = "tests compare numbers that are exact")
)]

mod bricks;
mod build;
mod chest;
mod components;
mod error;
pub mod formats;
mod grid;
mod lesion;
mod manifest;
mod mask;
mod mask_file;
mod measure;
pub mod nodule;
mod notice;
mod piece;
mod plane;
mod rays;
pub mod segment;
pub mod series;
mod structures;
mod surface;
mod surface_file;

pub use bricks::{
    AIR_BELOW_HU, AIR_FILL_HU, BRICK, Brick, PREVIEW_SIDE, Preview, bricks, decode, each_brick,
    encode, preview,
};
pub use build::{Built, Coarse, build, build_bricks, build_volume, coarse_of};
pub use chest::{Chest, ChestEntry, find_chest};
pub use components::{Component, Components, Connection};
pub use error::VolumeError;
pub use grid::{Grid, Volume};
pub use lesion::{Lesion, Segment, SegmentFrame, measure_lesion};
pub use manifest::{BrickEntry, LesionEntry, PreviewEntry, SurfaceEntry, VolumeManifest};
pub use mask::Mask;
pub use mask_file::{from_ymk1, to_ymk1};
pub use measure::{MeasureOptions, measure_path, measure_series, read_series, read_volume};
pub use notice::Notice;
pub use piece::{BoxedMask, MOST_BOX_VOXELS, Piece, VoxelBox};
pub use plane::{Cut, Plane};
pub use segment::{AirwayBranch, AirwayTree, Emphysema, LungDensity, Lungs};
pub use series::Series;
pub use structures::{Structure, Structures, Surface, build_structures, find_structures, mesh_of};
pub use surface::{Field, Mesh, Style, to_glb, to_stl};
pub use surface_file::{from_ysf1, to_ysf1};
