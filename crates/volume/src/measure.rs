//! Measurements of a scan on disk, for the command line.

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use serde_json::{Value, json};

use crate::{
    Lesion, Series, Structure, Volume, VolumeError, find_chest,
    formats::{read_nifti, read_nrrd},
    measure_lesion,
    series::{self, Files},
    structures::{lesion_of, mesh_of, plain},
    to_glb,
};

/// What to measure besides the volume's own structures.
#[derive(Clone, Debug, Default)]
pub struct MeasureOptions {
    /// A label volume (NRRD or NIfTI): its voxels above 0 are measured as a lesion.
    pub seg: Option<PathBuf>,
    /// A folder for the structures' surfaces as `.glb`.
    pub mesh: Option<PathBuf>,
}

/// Measures a folder of DICOM files, a NRRD file or a NIfTI file.
pub fn measure_path(path: &Path, options: &MeasureOptions) -> Result<Value, VolumeError> {
    let series = read_series(path)?;
    let mut lesions = Vec::new();
    if let Some(seg) = &options.seg {
        let labels = read_volume(seg)?;
        lesions.push(Lesion::of_labels("lesion-1", &labels, &series.volume.grid)?);
    }
    measure_series(&series, &lesions, options.mesh.as_deref())
}

/// Measures the structures of a series and the lesions marked in it; writes surfaces to `mesh`.
pub fn measure_series(
    series: &Series,
    lesions: &[Lesion],
    mesh: Option<&Path>,
) -> Result<Value, VolumeError> {
    let chest = find_chest(series, &|_, _| {}, &AtomicBool::new(false))?;
    let structures = chest.structures;
    let notices: Vec<_> = series.notices.iter().chain(&chest.notices).collect();
    let grid = &series.volume.grid;
    let volumes: Vec<Value> = structures
        .iter()
        .map(|s| {
            json!({
                "name": s.name,
                "label": s.label,
                "voxels": s.mask.count(),
                "volume_ml": s.mask.count() as f64 * grid.voxel_mm3() / 1000.0,
                "method": s.method,
            })
        })
        .collect();
    let measured: Vec<_> = lesions
        .iter()
        .map(|lesion| measure_lesion(series, lesion))
        .collect::<Result<_, _>>()?;
    if let Some(folder) = mesh {
        fs::create_dir_all(folder).map_err(io)?;
        let marks = lesions.iter().cloned().map(|lesion| Structure {
            name: plain(&lesion.id),
            ..lesion_of(lesion)
        });
        for structure in structures.into_iter().chain(marks) {
            if let Some(mesh) = mesh_of(&structure, series) {
                let file = folder.join(format!("{}.glb", structure.name));
                fs::write(file, to_glb(&mesh, &structure.name)?).map_err(io)?;
            }
        }
    }
    Ok(json!({
        "size": grid.size,
        "spacing_mm": grid.spacing_mm,
        "origin_lps_mm": grid.origin_lps_mm,
        "direction_lps": grid.direction_lps,
        "hu_range": series.volume.range(),
        "notices": notices,
        "structures": volumes,
        "chest": chest.entry,
        "lesions": measured,
    }))
}

/// Reads a folder of DICOM files, a NRRD file or a NIfTI file.
pub fn read_series(path: &Path) -> Result<Series, VolumeError> {
    if path.is_dir() {
        let mut paths: Vec<PathBuf> = fs::read_dir(path)
            .map_err(io)?
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|path| path.is_file())
            .collect();
        paths.sort();
        return series::read_from(&Folder(paths), &AtomicBool::new(false));
    }
    read_volume(path).map(Series::of_volume)
}

/// The files of a folder; what cannot be read counts as broken.
struct Folder(Vec<PathBuf>);

impl Files for Folder {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn read(&self, file: usize) -> Result<Cow<'_, [u8]>, VolumeError> {
        let bytes = self.0.get(file).and_then(|path| fs::read(path).ok());
        Ok(Cow::Owned(bytes.unwrap_or_default()))
    }
}

/// Reads a NRRD or NIfTI file, whichever it is.
pub fn read_volume(path: &Path) -> Result<Volume, VolumeError> {
    let bytes = fs::read(path).map_err(io)?;
    if bytes.starts_with(b"NRRD") {
        read_nrrd(&bytes)
    } else {
        read_nifti(&bytes)
    }
}

/// The kind of the error only: paths may hold names of patients.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn io(error: std::io::Error) -> VolumeError {
    VolumeError::Io(error.kind().to_string())
}
