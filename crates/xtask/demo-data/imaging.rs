//! The two studies: chest CT with a nodule, and CT angiogram of a dissected aorta.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use dicom::create::{
    Algorithm, Code, CtSeries, MadeSeries, Masks, Moment, NewSegment, NewSegmentation,
    SegmentCoding, SegmentedSeries, Study, ct_series, derived_uid, segmentation,
};

use crate::{
    originals::{Volume, nifti, nrrd},
    patients::{AORTA, NODULE, Patient, find},
};

/// A study's name and its files.
type Packed = (&'static str, Vec<(String, Vec<u8>)>);

/// Makes both studies.
pub fn studies(folder: &Path, patients: &[Patient]) -> Result<Vec<Packed>> {
    Ok(vec![
        (
            "chest-nodule",
            chest_nodule(&folder.join("ct-chest-nodule"), find(patients, NODULE)?)?,
        ),
        (
            "thorax-cta",
            thorax_cta(&folder.join("ct-thorax-cta"), find(patients, AORTA)?)?,
        ),
    ])
}

fn chest_nodule(folder: &Path, patient: &Patient) -> Result<Vec<(String, Vec<u8>)>> {
    let image = nrrd(&folder.join("lung1_image.nrrd"))?;
    let study = study("chest-nodule", "20200608", "101500", "CT chest");
    let series = CtSeries {
        uid: derived_uid(&["yuanyi demo", "chest-nodule", "series 2"]),
        number: 2,
        description: "Chest 5 mm".to_owned(),
        derivation: "Made from lung1_image.nrrd of pyradiomics 3.0.1, voxel by voxel".to_owned(),
        window_hu: [-500, 1500],
    };
    let ct = ct_series(&patient.person, &study, &series, &image.grid, &image.voxels)?;
    let label = nrrd(&folder.join("lung1_label.nrrd"))?;
    ensure!(
        label.grid == image.grid,
        "the label lies on another grid than its image"
    );
    let segments = NewSegmentation {
        uid: derived_uid(&["yuanyi demo", "chest-nodule", "series 100"]),
        number: 100,
        description: "Nodule, from pyradiomics lung1_label".to_owned(),
        segments: vec![NewSegment {
            label: "Nodule".to_owned(),
            category: Code::snomed("49755003", "Morphologically Abnormal Structure"),
            kind: Code::snomed("27925004", "Nodule"),
            side: None,
            region: Some(Code::snomed("39607008", "Lung")),
            algorithm: Algorithm::Manual,
            colour_cielab: [53897, 34900, 54448],
            tracking: None,
        }],
        ..of_masks(&study)
    };
    pack(patient, &study, ct, &segments, &[label.mask()])
}

/// File, label, kind, side and colour of each mask. Masks without any voxel are left out, and so is the
/// model's second drawing of the aorta.
const AORTA_MASKS: &[(&str, &str, Kind, bool, [u16; 3])] = &[
    (
        "aorta",
        "Aorta",
        Kind::Snomed("15825003", "Aorta"),
        false,
        [33047, 48658, 42538],
    ),
    (
        "aorta_true_lumen",
        "Aorta, true lumen",
        Kind::Own("TRUE-LUMEN", "True lumen of dissected aorta"),
        false,
        [41889, 44146, 42590],
    ),
    (
        "aorta_false_lumen",
        "Aorta, false lumen",
        Kind::Own("FALSE-LUMEN", "False lumen of dissected aorta"),
        false,
        [32824, 39422, 17803],
    ),
    (
        "brachiocephalic_trunk",
        "Brachiocephalic trunk",
        Kind::Snomed("12691009", "Brachiocephalic trunk"),
        false,
        [44323, 41683, 36665],
    ),
    (
        "common_carotid_artery_left",
        "Left common carotid artery",
        Kind::Snomed("32062004", "Common carotid artery"),
        true,
        [48071, 38016, 42834],
    ),
    (
        "subclavian_artery_left",
        "Left subclavian artery",
        Kind::Snomed("36765005", "Subclavian artery"),
        true,
        [49283, 33972, 45882],
    ),
    (
        "celiac_trunk",
        "Celiac trunk",
        Kind::Snomed("57850000", "Celiac artery"),
        false,
        [35499, 46226, 28530],
    ),
    (
        "superior_mesenteric_artery",
        "Superior mesenteric artery",
        Kind::Snomed("42258001", "Superior mesenteric artery"),
        false,
        [30938, 44299, 28750],
    ),
    (
        "vertebrae_T12",
        "Vertebra T12",
        Kind::Snomed("23215003", "T12 vertebra"),
        false,
        [57564, 32526, 37004],
    ),
];

/// What a mask shows.
enum Kind {
    /// A concept of SNOMED CT.
    Snomed(&'static str, &'static str),
    /// A concept that this project names itself, since no code list that DICOM refers to has it.
    Own(&'static str, &'static str),
}

fn thorax_cta(folder: &Path, patient: &Patient) -> Result<Vec<(String, Vec<u8>)>> {
    let image = nifti(&folder.join("example_ct.nii.gz"))?;
    let study = study(
        "thorax-cta",
        "20210111",
        "143000",
        "CT angiogram of the thorax",
    );
    let series = CtSeries {
        uid: derived_uid(&["yuanyi demo", "thorax-cta", "series 2"]),
        number: 2,
        description: "Thorax CTA 1.5 mm".to_owned(),
        derivation: "Made from example_ct.nii.gz of TotalSegmentator 2.18.0, voxel by voxel"
            .to_owned(),
        window_hu: [200, 700],
    };
    let ct = ct_series(&patient.person, &study, &series, &image.grid, &image.voxels)?;
    let (mut segments, mut masks) = (Vec::new(), Vec::new());
    for (file, label, kind, left, colour) in AORTA_MASKS {
        let mask = nifti(&folder.join("models").join(format!("{file}.nii.gz")))?;
        masks
            .push(aorta_mask(&image, &mask).with_context(|| format!("take over the mask {file}"))?);
        segments.push(aorta_segment(label, kind, *left, *colour));
    }
    let segments = NewSegmentation {
        uid: derived_uid(&["yuanyi demo", "thorax-cta", "series 100"]),
        number: 100,
        description: "Aorta and branches, from TotalSegmentator".to_owned(),
        segments,
        ..of_masks(&study)
    };
    pack(patient, &study, ct, &segments, &masks)
}

/// A segmentation of masks, made when its study was.
fn of_masks(study: &Study) -> NewSegmentation {
    NewSegmentation {
        uid: study.uid.clone(),
        number: 0,
        description: String::new(),
        model: "mask to DICOM",
        at: Moment {
            date: study.date.clone(),
            time: study.time.clone(),
        },
        coding: SegmentCoding::Binary,
        segments: Vec::new(),
    }
}

/// One mask, taken over to the grid of its image.
fn aorta_mask(image: &Volume, mask: &Volume) -> Result<Vec<bool>> {
    let there = mask.mask();
    let here = image.grid.resample_nearest(&mask.grid, &there);
    let count = |mask: &[bool]| mask.iter().filter(|set| **set).count();
    // The masks lie on a part of the image's own grid, so that no voxel may get lost or be drawn twice.
    ensure!(
        count(&here) == count(&there) && count(&here) > 0,
        "voxels got lost on the way"
    );
    Ok(here)
}

fn aorta_segment(label: &str, kind: &Kind, left: bool, colour_cielab: [u16; 3]) -> NewSegment {
    let kind = match kind {
        Kind::Snomed(code, meaning) => Code::snomed(code, meaning),
        Kind::Own(code, meaning) => Code {
            scheme: "99YUANYI".to_owned(),
            value: (*code).to_owned(),
            meaning: (*meaning).to_owned(),
        },
    };
    NewSegment {
        label: label.to_owned(),
        category: Code::snomed("123037004", "Anatomical Structure"),
        kind,
        side: left.then(|| Code::snomed("7771000", "Left")),
        region: None,
        algorithm: Algorithm::Automatic("TotalSegmentator".to_owned()),
        colour_cielab,
        tracking: None,
    }
}

fn study(name: &str, date: &str, time: &str, description: &str) -> Study {
    Study {
        uid: derived_uid(&["yuanyi demo", name]),
        date: date.to_owned(),
        time: time.to_owned(),
        id: "1".to_owned(),
        accession: format!("DEMO{date}"),
        description: description.to_owned(),
    }
}

/// All files of a study, with names that sort as they were made.
fn pack(
    patient: &Patient,
    study: &Study,
    ct: MadeSeries,
    segments: &NewSegmentation,
    masks: &[Vec<bool>],
) -> Result<Vec<(String, Vec<u8>)>> {
    let voxels = Masks::on(&ct.grid, masks)?;
    let of = SegmentedSeries::from(&ct);
    let drawn = segmentation(&patient.person, study, &of, segments, &voxels)?;
    let mut files: Vec<_> = (1..)
        .zip(ct.files)
        .map(|(number, (_, bytes))| (format!("ct-{number:04}.dcm"), bytes))
        .collect();
    files.push(("seg.dcm".to_owned(), drawn));
    Ok(files)
}
