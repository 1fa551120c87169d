//! What a room shows as surfaces, put beside the images as a binary segmentation.

use std::{fs, path::Path};

use dicom::{
    create::{
        Algorithm, Code, CreateError, MarkedSeries, Moment, NewSegment, NewSegmentation, Person,
        SegmentCoding, SegmentedSeries, SegmentedSlice, Study, Voxels, derived_uid, segmentation,
    },
    pcs_of_colour,
};
use room::{Hologram, Mode};
use serde_json::Value;
use volume::{Cut, Plane, SurfaceEntry, VolumeManifest};

use crate::volumes::mask_file;

/// Manufacturer's Model Name of segmentations that are made here of volumes.
const MODEL: &str = "volume masks to DICOM";
/// Manufacturer's Model Name of segmentations of nodules that people kept.
pub const NODULE_MODEL: &str = "nodule mask to DICOM";
/// Shown only where somebody wants to see it.
const HIDDEN_AT_FIRST: &str = "skin";
/// Less than this cannot be seen.
const LEAST_OPACITY: f64 = 0.01;

/// Whether a segmentation was made here of a volume: then the volume is not made of it again.
pub fn is_own(attributes: &Value) -> bool {
    model(attributes) == Some(MODEL) || is_nodule(attributes)
}

/// Whether a segmentation is a nodule that somebody kept: it is laid on the volume once that is made.
pub fn is_nodule(attributes: &Value) -> bool {
    model(attributes) == Some(NODULE_MODEL)
}

fn model(attributes: &Value) -> Option<&str> {
    attributes.pointer("/00081090/Value/0")?.as_str()
}

/// The surfaces of a volume that a hologram shows, as the client decides it.
pub fn shown<'a>(hologram: &Hologram, manifest: &'a VolumeManifest) -> Vec<&'a SurfaceEntry> {
    let is_lesion = |entry: &SurfaceEntry| {
        let mut lesions = manifest.lesions.iter();
        lesions.any(|lesion| lesion.surface.as_ref() == Some(&entry.name))
    };
    let is_shown = |entry: &&SurfaceEntry| {
        let visible = match hologram.layers.get(&entry.name) {
            Some(layer) => layer.visible && layer.opacity > LEAST_OPACITY,
            None => entry.name != HIDDEN_AT_FIRST,
        };
        let isolated = hologram
            .only
            .as_ref()
            .is_none_or(|only| *only == entry.name);
        isolated && visible && (hologram.mode != Mode::Volume || is_lesion(entry))
    };
    manifest.surfaces.iter().filter(is_shown).collect()
}

/// The images of a series that lie like most of them, in the order of their places; `None` where they are no
/// stack.
pub fn segmented(of: &MarkedSeries) -> Option<SegmentedSeries> {
    let middle = of.images.get(of.images.len() / 2)?;
    let alike = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    let images = of.images.iter().filter(|image| {
        image.grid.size == middle.grid.size
            && alike(&image.grid.direction_lps, &middle.grid.direction_lps)
            && alike(&image.grid.spacing_mm, &middle.grid.spacing_mm)
    });
    let slices: Vec<SegmentedSlice> = images
        .map(|image| SegmentedSlice {
            sop: image.sop.clone(),
            frame: image.frame,
            position_lps_mm: image.grid.origin_lps_mm,
        })
        .collect();
    let [x, y, _] = middle.grid.axes();
    let [columns, rows, _] = middle.grid.size;
    (slices.len() > 1).then(|| SegmentedSeries {
        uid: of.uid.clone(),
        frame_of_reference: of.frame_of_reference.clone(),
        class: middle.class.to_string(),
        slices,
        size: [columns, rows],
        spacing_mm: middle.grid.spacing_mm,
        axes_lps: [x, y],
    })
}

/// Why masks cannot go out.
#[derive(Debug, thiserror::Error)]
pub enum MasksError {
    /// A file of the volume is gone or damaged.
    #[error("read a mask: {0}")]
    Files(String),
    /// The object could not be made.
    #[error(transparent)]
    Create(#[from] CreateError),
}

/// The file of a segmentation of what is shown; `None` where nothing of it lies in the images. The same masks make
/// an object with the same UID.
pub fn file(
    (person, study): (&Person, &Study),
    of: &MarkedSeries,
    (folder, manifest): (&Path, &VolumeManifest),
    shown: &[&SurfaceEntry],
    at: Moment,
) -> Result<Option<Vec<u8>>, MasksError> {
    let Some(of) = segmented(of) else {
        return Ok(None);
    };
    let mut masks = Vec::new();
    for entry in shown {
        let read = fs::read(folder.join(mask_file(&entry.name)));
        let read = read.map_err(|error| MasksError::Files(error.to_string()))?;
        let mask = volume::from_ymk1(&read);
        masks.push(mask.map_err(|error| MasksError::Files(error.to_string()))?);
    }
    let grid = manifest.grid();
    // The folder is named after all that the volume was made of.
    let made_of = folder.file_name().unwrap_or_default().to_string_lossy();
    let names: Vec<&str> = shown.iter().map(|entry| entry.name.as_str()).collect();
    let new = NewSegmentation {
        uid: derived_uid(&["masks", of.uid.as_str(), &made_of, &names.join(" ")]),
        number: 9_004,
        description: "Structures of a volume".to_owned(),
        model: MODEL,
        at,
        coding: SegmentCoding::Binary,
        segments: shown.iter().map(|entry| described(entry)).collect(),
    };
    let voxels = InVolume {
        cuts: masks.iter().map(|mask| Cut::of(mask, &grid)).collect(),
        of: &of,
    };
    match segmentation(person, study, &of, &new, &voxels) {
        Ok(file) => Ok(Some(file)),
        Err(CreateError::Empty) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Masks on the grid of a volume, seen in the planes of the images.
struct InVolume<'a> {
    cuts: Vec<Cut<'a>>,
    of: &'a SegmentedSeries,
}

impl Voxels for InVolume<'_> {
    fn slice(&self, segment: usize, slice: usize) -> Option<Vec<u8>> {
        let place = self.of.slices.get(slice)?;
        let [dx, dy, _] = self.of.spacing_mm;
        self.cuts.get(segment)?.by(&Plane {
            size: self.of.size,
            spacing_mm: [dx, dy],
            origin_lps_mm: place.position_lps_mm,
            axes_lps: self.of.axes_lps,
        })
    }
}

/// What a surface is, in codes of PS3.16 CID 7150 and 7151 where they have one.
fn described(entry: &SurfaceEntry) -> NewSegment {
    let anatomy = Code::snomed("91723000", "Anatomical Structure");
    let lung = || Code::snomed("39607008", "Lung");
    let left = || Some(Code::snomed("7771000", "Left"));
    let right = || Some(Code::snomed("24028007", "Right"));
    let program = Algorithm::Automatic("Yuanyi thresholds".to_owned());
    let (category, kind, side, region, algorithm) = match entry.name.as_str() {
        "lung-left" => (anatomy, lung(), left(), None, program),
        "lung-right" => (anatomy, lung(), right(), None, program),
        "lungs" => (anatomy, lung(), None, None, program),
        "airway" => {
            let kind = Code::snomed("110726009", "Trachea and bronchus");
            (anatomy, kind, None, None, program)
        }
        "lung-vessels" => {
            let vessel = Code::snomed("59820001", "Blood vessel");
            (anatomy, vessel, None, Some(lung()), program)
        }
        "lung-dense" => {
            let tissue = Code::snomed("85756007", "Tissue");
            (tissue.clone(), tissue, None, Some(lung()), program)
        }
        "mediastinum" => {
            let kind = Code::snomed("72410000", "Mediastinum");
            (anatomy, kind, None, None, program)
        }
        "aorta" => {
            let kind = Code::snomed("15825003", "Aorta");
            (anatomy, kind, None, None, program)
        }
        "skeleton" => (
            anatomy,
            Code::snomed("272673000", "Bone"),
            None,
            None,
            program,
        ),
        "contrast" => {
            let category = Code::snomed("105590001", "Substance");
            let kind = Code::snomed("385420005", "Contrast media");
            (category, kind, None, None, program)
        }
        "skin" => (
            anatomy,
            Code::snomed("38266002", "Entire body"),
            None,
            None,
            program,
        ),
        // What others marked, as far as it is known here.
        name => {
            let taken = Algorithm::SemiAutomatic("taken over from a segmentation".to_owned());
            if name.starts_with("organ-") {
                let kind = Code::snomed("113343008", "Body organ structure");
                (anatomy, kind, None, None, taken)
            } else {
                let category = Code::snomed("49755003", "Morphologically Abnormal Structure");
                (
                    category,
                    Code::snomed("52988006", "Lesion"),
                    None,
                    None,
                    taken,
                )
            }
        }
    };
    NewSegment {
        label: entry.label.en.chars().take(64).collect(),
        category,
        kind,
        side,
        region,
        algorithm,
        colour_cielab: pcs_of_colour(&entry.colour),
        tracking: None,
    }
}
