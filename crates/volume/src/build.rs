//! From files to all that a client is sent, in stages so that the coarse picture comes at once.

use std::sync::atomic::AtomicBool;

use crate::{
    AIR_BELOW_HU, BRICK, Brick, Preview, Segment, Series, Structures, VolumeError, VolumeManifest,
    bricks, build_structures, preview,
    series::{self, Files},
    structures::Surface,
};

/// The first stage: enough to show the coarse picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Coarse {
    /// The voxels and what is to be known about them.
    pub series: Series,
    /// The manifest, without bricks, surfaces and lesions as yet.
    pub manifest: VolumeManifest,
    /// The encoded coarse picture.
    pub preview: Vec<u8>,
}

/// All that a client is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// The whole manifest.
    pub manifest: VolumeManifest,
    /// The encoded coarse picture.
    pub preview: Vec<u8>,
    /// The encoded bricks, as the manifest lists them.
    pub bricks: Vec<Brick>,
    /// The encoded surfaces, as the manifest lists them.
    pub surfaces: Vec<Surface>,
}

/// First stage: the volume of a series, its manifest and its coarse picture.
pub fn build_volume<F: Files + ?Sized>(
    files: &F,
    patient: &str,
    cancelled: &AtomicBool,
) -> Result<Coarse, VolumeError> {
    coarse_of(series::read_from(files, cancelled)?, patient)
}

/// The first stage for a series that is a volume already.
pub fn coarse_of(series: Series, patient: &str) -> Result<Coarse, VolumeError> {
    let Preview { entry, bytes } = preview(&series.volume)?;
    let grid = &series.volume.grid;
    let [[a, b, c], [d, e, f], [g, h, i]] = grid.direction_lps;
    let manifest = VolumeManifest {
        series: series.series_uid.clone(),
        patient: patient.to_owned(),
        size: grid.size.map(crate::bricks::small),
        spacing_mm: grid.spacing_mm,
        origin_lps_mm: grid.origin_lps_mm,
        direction_lps: [a, b, c, d, e, f, g, h, i],
        hu_range: series.volume.range(),
        air_below_hu: AIR_BELOW_HU,
        is_hu: series.is_hu,
        slice_thickness_mm: series.slice_thickness_mm,
        missing_planes: series
            .missing_planes
            .iter()
            .map(|z| crate::bricks::small(*z))
            .collect(),
        notices: series.notices.clone(),
        brick: crate::bricks::small(BRICK),
        preview: entry,
        bricks: Vec::new(),
        surfaces: Vec::new(),
        lesions: Vec::new(),
        chest: None,
    };
    Ok(Coarse {
        series,
        manifest,
        preview: bytes,
    })
}

/// Second stage: the volume in full, in bricks.
pub fn build_bricks(series: &Series, cancelled: &AtomicBool) -> Result<Vec<Brick>, VolumeError> {
    bricks(&series.volume, cancelled)
}

impl VolumeManifest {
    /// Lists the bricks of the second stage.
    pub fn add_bricks(&mut self, bricks: &[Brick]) {
        self.bricks = bricks.iter().map(|brick| brick.entry.clone()).collect();
    }

    /// Lists the surfaces, lesions and notices of the third stage.
    pub fn add_structures(&mut self, structures: &Structures) {
        self.surfaces = structures
            .surfaces
            .iter()
            .map(|s| s.entry.clone())
            .collect();
        self.lesions.clone_from(&structures.lesions);
        self.chest = Some(structures.chest.clone());
        self.notices.extend_from_slice(&structures.notices);
    }
}

/// All stages at once. `progress` gets the share done (0 to 1) and the step's name.
pub fn build<B: AsRef<[u8]> + Sync>(
    files: &[B],
    segments: &[Segment],
    patient: &str,
    progress: &dyn Fn(f32, &str),
    cancelled: &AtomicBool,
) -> Result<Built, VolumeError> {
    progress(0.0, "volume");
    let Coarse {
        series,
        mut manifest,
        preview,
    } = build_volume(files, patient, cancelled)?;
    progress(0.2, "bricks");
    let bricks = build_bricks(&series, cancelled)?;
    manifest.add_bricks(&bricks);
    let later = |share: f32, name: &str| progress(0.3 + share * 0.7, name);
    let structures = build_structures(&series, segments, &later, cancelled)?;
    manifest.add_structures(&structures);
    Ok(Built {
        manifest,
        preview,
        bricks,
        surfaces: structures.surfaces,
    })
}
