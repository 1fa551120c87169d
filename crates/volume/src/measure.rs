//! Measurements of a scan on disk, for the command line.

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use serde_json::{Value, json};

use crate::{
    Lesion, Mask, Series, Structure, Volume, VolumeError, find_chest,
    formats::{read_nifti, read_nrrd},
    measure_lesion,
    nodule::{FeatureSettings, Seed, candidates, features, measures, parameters, segment},
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
    /// A point on a nodule, LPS, mm: the nodule there is outlined and measured.
    pub seed: Option<[f64; 3]>,
}

/// Measures a folder of DICOM files, a NRRD file or a NIfTI file.
pub fn measure_path(path: &Path, options: &MeasureOptions) -> Result<Value, VolumeError> {
    let series = read_series(path)?;
    let mut lesions = Vec::new();
    if let Some(seg) = &options.seg {
        let labels = read_volume(seg)?;
        lesions.push(Lesion::of_labels("lesion-1", &labels, &series.volume.grid)?);
    }
    measure_series(&series, &lesions, options)
}

/// Measures the structures of a series, the lesions marked in it and the nodule at a point; writes surfaces.
pub fn measure_series(
    series: &Series,
    lesions: &[Lesion],
    options: &MeasureOptions,
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
    let lungs = lungs_of(&structures);
    let measured: Vec<Value> = lesions
        .iter()
        .map(|lesion| lesion_with_nodule(series, lesion))
        .collect::<Result<_, _>>()?;
    let nodule = options
        .seed
        .map(|at| nodule_at(series, lungs.as_ref(), at))
        .transpose()?;
    let vessels = structures.iter().find(|s| s.name == "lung-vessels");
    let vessels = vessels.map(|s| &s.mask);
    let candidates = lungs
        .as_ref()
        .map(|lungs| candidates(series, lungs, vessels))
        .unwrap_or_default();
    if let Some(folder) = &options.mesh {
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
        "nodule": nodule,
        "candidates": candidates,
    }))
}

/// Both lungs of the structures, if there are any.
fn lungs_of(structures: &[Structure]) -> Option<Mask> {
    structures
        .iter()
        .filter(|s| matches!(s.name.as_str(), "lung-left" | "lung-right" | "lungs"))
        .map(|s| s.mask.clone())
        .reduce(|a, b| a.or(&b))
}

/// A marked lesion, measured as a nodule too where that can be done, with its features.
fn lesion_with_nodule(series: &Series, lesion: &Lesion) -> Result<Value, VolumeError> {
    let mut entry = json!(measure_lesion(series, lesion)?);
    let as_nodule = match measures(series, &lesion.mask) {
        Ok(found) => json!(found),
        Err(error) => json!({ "not_assessable": error.notice() }),
    };
    let features = features(series, &lesion.mask, FeatureSettings::default());
    if let Some(entry) = entry.as_object_mut() {
        entry.insert("nodule".to_owned(), as_nodule);
        entry.insert("features".to_owned(), json!(features.ok()));
    }
    Ok(entry)
}

/// The nodule at a point, outlined and measured.
fn nodule_at(
    series: &Series,
    lungs: Option<&Mask>,
    at_lps_mm: [f64; 3],
) -> Result<Value, VolumeError> {
    let found = segment(series, lungs, Seed::at(at_lps_mm))?;
    Ok(json!({
        "seed_lps_mm": at_lps_mm,
        "kind": found.kind,
        "attached": found.attached,
        "notices": found.notices,
        "method": found.method,
        "measures": measures(series, &found.mask)?,
        "parameters": parameters(),
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
