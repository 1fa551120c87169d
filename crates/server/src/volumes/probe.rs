//! What a room may ask of a series: where it lies, and the value at a point.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use parking_lot::Mutex;
use room::{Bounds, Probe};
use vocabulary::{PatientId, Uid};
use volume::VolumeManifest;

use super::{Stage, mask_file};

/// How much is inside of a surface (mm³) and its middle (LPS, mm), where that is known.
type Inside = Option<(f64, [f64; 3])>;

/// The probe of the series that one room may show.
pub struct SeriesProbe {
    /// Whose series they are; none may be shown where nobody's twin stands.
    patient: Option<PatientId>,
    /// What was found inside of surfaces, by folder and name: reading a mask takes long.
    insides: Mutex<HashMap<(PathBuf, String), Inside>>,
    stages: Arc<Mutex<HashMap<Uid, (String, Stage)>>>,
}

impl SeriesProbe {
    /// A probe that looks at the volume as far as it has come.
    pub fn new(
        patient: Option<PatientId>,
        stages: Arc<Mutex<HashMap<Uid, (String, Stage)>>>,
    ) -> Self {
        Self {
            patient,
            insides: Mutex::default(),
            stages,
        }
    }

    fn ready(&self, series: &Uid) -> Option<(PathBuf, Arc<VolumeManifest>)> {
        match self.stages.lock().get(series) {
            Some((
                _,
                Stage::Ready {
                    folder, manifest, ..
                },
            )) if self.patient.as_ref().map(PatientId::as_str)
                == Some(manifest.patient.as_str()) =>
            {
                Some((folder.clone(), Arc::clone(manifest)))
            }
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

    fn layers(&self, series: &Uid) -> Vec<String> {
        let manifest = self.ready(series).map(|(_, manifest)| manifest);
        let surfaces = manifest.iter().flat_map(|manifest| &manifest.surfaces);
        surfaces.map(|entry| entry.name.clone()).collect()
    }

    fn inside_of(&self, series: &Uid, layer: &str) -> Option<(f64, [f64; 3])> {
        let (folder, manifest) = self.ready(series)?;
        let key = (folder, layer.to_owned());
        if let Some(known) = self.insides.lock().get(&key) {
            return *known;
        }
        let found = inside(&key.0.join(mask_file(layer)), &manifest);
        self.insides.lock().insert(key, found);
        found
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

/// How much a mask holds (mm³), and its middle (LPS, mm).
fn inside(file: &std::path::Path, manifest: &VolumeManifest) -> Inside {
    let mask = volume::from_ymk1(&std::fs::read(file).ok()?).ok()?;
    let (middle, voxels) = mask.middle()?;
    let voxel_mm3: f64 = manifest.spacing_mm.iter().product();
    let grid = manifest.grid();
    Some((voxels as f64 * voxel_mm3, grid.point_lps_mm(middle)))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A volume of air, 10 mm on each side.
    fn ready(series: &str, patient: &str) -> (Uid, (String, Stage)) {
        let manifest = json!({
            "series": series, "patient": patient, "size": [10, 10, 10], "spacing_mm": [1.0, 1.0, 1.0],
            "origin_lps_mm": [0.0, 0.0, 0.0],
            "direction_lps": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            "hu_range": [-1024, -1024], "air_below_hu": -900, "is_hu": true, "missing_planes": [], "notices": [],
            "brick": 64, "preview": {"size": [10, 10, 10], "factor": [1, 1, 1], "url": "preview"},
            "bricks": [], "surfaces": [], "lesions": [],
        });
        let stage = Stage::Ready {
            folder: PathBuf::from("nowhere"),
            manifest: Arc::new(serde_json::from_value(manifest).unwrap()),
        };
        (Uid::new(series).unwrap(), (String::new(), stage))
    }

    #[test]
    fn a_room_may_ask_of_its_own_patient_and_of_nobody_else() {
        let stages = [ready("1.2.3", "p"), ready("1.2.4", "q")];
        let stages = Arc::new(Mutex::new(HashMap::from(stages)));
        let probe = SeriesProbe::new(PatientId::new("p").ok(), stages);
        let [own, other] = ["1.2.3", "1.2.4"].map(|uid| Uid::new(uid).unwrap());
        assert!(probe.bounds(&own).is_some());
        assert_eq!(probe.hu_at(&own, [5.0; 3]), Some(volume::AIR_FILL_HU));
        assert_eq!(probe.bounds(&other), None);
        assert_eq!(probe.hu_at(&other, [5.0; 3]), None);
        assert_eq!(probe.layers(&other), Vec::<String>::new());
        assert_eq!(probe.inside_of(&other, "lungs"), None);
    }
}
