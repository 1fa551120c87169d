//! The open scans that the demo is made of. `YUANYI_TEST_DATA` names their folder.
#![allow(
    clippy::float_cmp,
    clippy::indexing_slicing,
    reason = "numbers compared here are exact, and a test may stop"
)]

use std::{path::PathBuf, sync::atomic::AtomicBool};

use volume::{
    Lesion, MeasureOptions, coarse_of, find_structures, measure_path, read_series, read_volume,
};

fn data(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("YUANYI_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(path);
    if !path.exists() {
        println!("skipped: no shared data");
        return None;
    }
    Some(path)
}

fn near(found: f64, expect: f64, within: f64) {
    assert!(
        (found - expect).abs() <= within,
        "{found} is not within {within} of {expect}"
    );
}

#[test]
fn the_marked_nodule_has_its_published_size_and_lies_in_the_right_lung() {
    let (Some(image), Some(label)) = (
        data("imaging/ct-chest-nodule/lung1_image.nrrd"),
        data("imaging/ct-chest-nodule/lung1_label.nrrd"),
    ) else {
        return;
    };
    let options = MeasureOptions {
        seg: Some(label.clone()),
        seed: Some([-22.0, -120.6, -611.5]),
        ..MeasureOptions::default()
    };
    let found = measure_path(&image, &options).unwrap();
    let lesion = &found["lesions"][0];
    assert_eq!(lesion["voxels"], 837);
    assert_eq!(lesion["nodule"]["kind"], "solid");
    assert_eq!(lesion["nodule"]["voxels"], 837);
    assert!(lesion["features"]["values"].as_array().unwrap().len() > 100);
    // The same nodule from a click, and unasked.
    let clicked = &found["nodule"]["measures"];
    assert!(clicked["voxels"].as_u64().unwrap().abs_diff(837) < 250);
    let of = |found: &serde_json::Value| -> [f64; 3] {
        serde_json::from_value(found["centre_lps_mm"].clone()).unwrap()
    };
    for (a, b) in of(&found["candidates"][0]).into_iter().zip(of(lesion)) {
        near(a, b, 3.0);
    }
    near(
        lesion["volume_mm3"].as_f64().unwrap(),
        837.0 * 0.570_312_5 * 0.570_312_5 * 5.0,
        0.01,
    );
    // 14.8 × 13.7 × 15 mm, centre voxel (217, 358, 33).
    let [l0, p0, s0, l1, p1, s1]: [f64; 6] =
        serde_json::from_value(lesion["box_lps_mm"].clone()).unwrap();
    near(p1 - p0, 14.8, 0.05);
    near(l1 - l0, 13.7, 0.05);
    near(s1 - s0, 15.0, 0.05);
    let series = read_series(&image).unwrap();
    let centre: [f64; 3] = serde_json::from_value(lesion["centre_lps_mm"].clone()).unwrap();
    let index = series.volume.grid.index_of(centre);
    for (found, expect) in index.into_iter().zip([217.0, 358.0, 33.0]) {
        near(found, expect, 1.0);
    }
    assert_eq!(found["notices"][0]["code"], "slices-thick");
    let structures = find_structures(&series, &|_, _| {}, &AtomicBool::new(false)).unwrap();
    let mask = Lesion::of_labels("1", &read_volume(&label).unwrap(), &series.volume.grid)
        .unwrap()
        .mask;
    let right = structures.iter().find(|s| s.name == "lung-right").unwrap();
    assert_eq!(mask.clone().and(&right.mask).count(), 837);
    // It is a spot and no vessel.
    let share = |name: &str| {
        let found = structures.iter().find(|s| s.name == name).unwrap();
        mask.clone().and(&found.mask).count()
    };
    assert!(share("lung-dense") > 800, "{}", share("lung-dense"));
    assert_eq!(share("lung-vessels"), 0);
    assert!(structures.iter().all(|s| s.name != "contrast"));
}

#[test]
fn the_angiogram_has_lungs_airway_and_bone_apart_from_contrast() {
    let Some(image) = data("imaging/ct-thorax-cta/example_ct.nii.gz") else {
        return;
    };
    let series = read_series(&image).unwrap();
    assert_eq!(series.volume.grid.size, [233, 167, 191]);
    let coarse = coarse_of(series, "p1").unwrap();
    assert_eq!(coarse.manifest.preview.size, [117, 84, 96]);
    let series = &coarse.series;
    let structures = find_structures(series, &|_, _| {}, &AtomicBool::new(false)).unwrap();
    let ml = |name: &str| {
        let found = structures.iter().find(|s| s.name == name);
        found.map_or(0.0, |s| {
            s.mask.count() as f64 * series.volume.grid.voxel_mm3() / 1000.0
        })
    };
    let lungs = ml("lung-left") + ml("lung-right");
    assert!((2000.0..8000.0).contains(&lungs), "{lungs}");
    assert!(ml("lung-right") > ml("lung-left") && ml("lung-left") > 1000.0);
    assert!((20.0..120.0).contains(&ml("airway")), "{}", ml("airway"));
    // What another program calls aorta is contrast, and hardly any of it bone.
    let aorta = data("imaging/ct-thorax-cta/models/aorta.nii.gz").unwrap();
    let aorta = Lesion::of_labels("aorta", &read_volume(&aorta).unwrap(), &series.volume.grid)
        .unwrap()
        .mask;
    let share = |name: &str| {
        let found = structures.iter().find(|s| s.name == name).unwrap();
        found.mask.clone().and(&aorta).count() as f64 / aorta.count() as f64
    };
    let (contrast, bone) = (share("contrast"), share("skeleton"));
    assert!(contrast > 0.6 && bone < 0.15, "{contrast} {bone}");
}

#[test]
fn a_series_in_jpeg_2000_is_decoded() {
    let Some(folder) = data("imaging/ct-dicom-20") else {
        return;
    };
    let series = read_series(&folder).unwrap();
    assert_eq!(series.volume.grid.size, [512, 512, 20]);
    assert!(series.is_hu);
    let [lo, hi] = series.volume.range();
    assert!((-2000..=-900).contains(&lo) && hi > 300, "{lo} {hi}");
}
