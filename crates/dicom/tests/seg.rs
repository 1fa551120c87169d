//! Segmentations, written and read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::fs;

use dicom::{
    create::{Algorithm, Code, NewSegment, NewSegmentation, derived_uid, segmentation},
    read_seg,
};

fn segment(label: &str, mask: Vec<bool>) -> NewSegment {
    NewSegment {
        label: label.to_owned(),
        category: Code::snomed("49755003", "Morphologically Abnormal Structure"),
        kind: Code::snomed("27925004", "Nodule"),
        side: Some(Code::snomed("7771000", "Left")),
        region: Some(Code::snomed("39607008", "Lung")),
        algorithm: Algorithm::Automatic("test".to_owned()),
        colour_cielab: [1, 2, 3],
        mask,
    }
}

#[test]
fn masks_are_read_back_as_they_were_written() {
    // 15 pixels a slice, so that frames do not begin at bytes.
    let series = support::series([5, 3, 4]);
    let first: Vec<bool> = (0..60)
        .map(|i| i % 7 == 0 && !(15..30).contains(&i))
        .collect();
    let second: Vec<bool> = (0..60).map(|i| i >= 45).collect();
    let new = NewSegmentation {
        uid: derived_uid(&["seg"]),
        number: 100,
        description: "two".to_owned(),
        segments: vec![
            segment("one", first.clone()),
            segment("two", second.clone()),
        ],
    };
    let file = segmentation(&support::person(), &support::study(), &series, &new).unwrap();
    let read = read_seg(&file).unwrap();
    assert_eq!(read.frame_of_reference, series.frame_of_reference.as_str());
    assert_eq!(read.of_series.as_ref(), Some(&series.series));
    let [one, two] = read.segments.as_slice() else {
        panic!("not two segments")
    };
    assert_eq!(
        (one.label.as_str(), one.number, one.frames.len()),
        ("one", 1, 3)
    );
    assert_eq!(
        (two.label.as_str(), two.number, two.frames.len()),
        ("two", 2, 1)
    );
    assert_eq!(one.kind.as_ref().unwrap().value, "27925004");
    assert_eq!(one.mask_on(&series.grid), first);
    assert_eq!(two.mask_on(&series.grid), second);
    let distance: f64 = two.frames[0]
        .position_lps_mm
        .iter()
        .zip([-10.0, -20.0, 36.5])
        .map(|(a, b)| (a - b).abs())
        .sum();
    assert!(distance < 1e-9);
}

#[test]
fn nothing_to_write_and_wrong_sizes_are_refused() {
    let series = support::series([4, 4, 2]);
    let make = |mask| {
        let new = NewSegmentation {
            uid: derived_uid(&["seg"]),
            number: 100,
            description: String::new(),
            segments: vec![segment("one", mask)],
        };
        segmentation(&support::person(), &support::study(), &series, &new)
    };
    assert!(make(vec![false; 32]).is_err());
    assert!(make(vec![true; 31]).is_err());
}

#[test]
fn other_objects_are_no_segmentations() {
    for file in support::slices(1) {
        assert!(read_seg(&file).is_err());
    }
    let Some(folder) = support::shared("dicom/highdicom") else {
        return;
    };
    let mut read = 0;
    for path in support::files(&folder) {
        // Files of another program: read or refused, never a panic.
        if let Ok(seg) = read_seg(&fs::read(&path).unwrap()) {
            read += 1;
            println!("{}: {} segments", path.display(), seg.segments.len());
            assert!(!seg.segments.is_empty());
        }
    }
    assert!(read > 0, "no segmentation of highdicom could be read");
    let fractional = fs::read(folder.join("seg_image_ct_true_fractional.dcm")).unwrap();
    let binary = fs::read(folder.join("seg_image_ct_binary.dcm")).unwrap();
    let (fractional, binary) = (read_seg(&fractional).unwrap(), read_seg(&binary).unwrap());
    let set = |seg: &dicom::Segmentation| -> usize {
        let frames = seg.segments.iter().flat_map(|segment| &segment.frames);
        frames
            .map(|frame| frame.bits.iter().filter(|bit| **bit).count())
            .sum()
    };
    assert!(set(&fractional) > 0 && set(&binary) > 0);
}
