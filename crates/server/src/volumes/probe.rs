//! What a room may ask of a series: where it lies, and the value at a point.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use parking_lot::Mutex;
use room::{Bounds, Probe};
use vocabulary::Uid;
use volume::VolumeManifest;

use super::Stage;

/// The probe of one series.
pub struct SeriesProbe {
    series: Option<Uid>,
    stages: Arc<Mutex<HashMap<Uid, (String, Stage)>>>,
}

impl SeriesProbe {
    /// A probe that looks at the volume as far as it has come.
    pub fn new(series: Option<Uid>, stages: Arc<Mutex<HashMap<Uid, (String, Stage)>>>) -> Self {
        Self { series, stages }
    }

    fn ready(&self, series: &Uid) -> Option<(PathBuf, Arc<VolumeManifest>)> {
        if Some(series) != self.series.as_ref() {
            return None;
        }
        match self.stages.lock().get(series) {
            Some((
                _,
                Stage::Ready {
                    folder, manifest, ..
                },
            )) => Some((folder.clone(), Arc::clone(manifest))),
            _ => None,
        }
    }
}

impl Probe for SeriesProbe {
    fn bounds(&self, series: &Uid) -> Option<Bounds> {
        let (_, manifest) = self.ready(series)?;
        let grid = manifest.grid();
        let mut bounds = Bounds {
            min_lps_mm: [f64::INFINITY; 3],
            max_lps_mm: [f64::NEG_INFINITY; 3],
        };
        // The faces of the outermost voxels lie half a voxel beyond their centres.
        for corner in 0..8_u8 {
            let mut index = [-0.5; 3];
            for (axis, (at, size)) in index.iter_mut().zip(grid.size).enumerate() {
                if corner >> axis & 1 == 1 {
                    *at = size as f64 - 0.5;
                }
            }
            for ((min, max), at) in bounds
                .min_lps_mm
                .iter_mut()
                .zip(&mut bounds.max_lps_mm)
                .zip(grid.point_lps_mm(index))
            {
                *min = min.min(at);
                *max = max.max(at);
            }
        }
        Some(bounds)
    }

    fn hu_at(&self, series: &Uid, point_lps_mm: [f64; 3]) -> Option<i16> {
        let (folder, manifest) = self.ready(series)?;
        let index = manifest.grid().index_of(point_lps_mm);
        let mut voxel = [0_u32; 3];
        for ((to, from), size) in voxel.iter_mut().zip(index).zip(manifest.size) {
            let nearest = from.round();
            if !(0.0..f64::from(size)).contains(&nearest) {
                return None;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within the size"
            )]
            {
                *to = nearest as u32;
            }
        }
        value(&folder, &manifest, voxel)
    }
}

/// The value of one voxel, from the brick that holds it.
fn value(folder: &std::path::Path, manifest: &VolumeManifest, voxel: [u32; 3]) -> Option<i16> {
    let within = |origin: [u32; 3], size: [u32; 3]| {
        voxel
            .iter()
            .zip(origin)
            .zip(size)
            .all(|((at, from), n)| (from..from + n).contains(at))
    };
    let Some(brick) = manifest
        .bricks
        .iter()
        .find(|brick| within(brick.origin, brick.size))
    else {
        // Bricks of air only are left out.
        return Some(volume::AIR_FILL_HU);
    };
    let bytes = std::fs::read(folder.join(&brick.url)).ok()?;
    let [nx, ny, nz] = brick.size.map(|n| n as usize);
    let voxels = volume::decode(&bytes, nx, nx * ny * nz).ok()?;
    let mut at = voxel
        .iter()
        .zip(brick.origin)
        .map(|(at, from)| (at - from) as usize);
    let (x, y, z) = (at.next()?, at.next()?, at.next()?);
    voxels.get((z * ny + y) * nx + x).copied()
}
