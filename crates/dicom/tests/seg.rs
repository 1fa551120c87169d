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
    Segmentation,
    create::{
        CreateError, Fraction, MadeSeries, Masks, NewSegmentation, SegmentCoding, SegmentedSeries,
        Voxels, segmentation,
    },
    read_seg,
};

fn make(
    series: &MadeSeries,
    new: &NewSegmentation,
    voxels: &dyn Voxels,
) -> Result<Vec<u8>, CreateError> {
    let of = SegmentedSeries::from(series);
    segmentation(&support::person(), &support::study(), &of, new, voxels)
}

fn of_masks(series: &MadeSeries, coding: SegmentCoding, masks: &[Vec<bool>]) -> Segmentation {
    let new = support::segments(coding, masks.len());
    let voxels = Masks::on(&series.grid, masks).unwrap();
    read_seg(&make(series, &new, &voxels).unwrap()).unwrap()
}

#[test]
fn masks_are_read_back_as_they_were_written() {
    // 15 pixels a slice, so that frames do not begin at bytes.
    let series = support::series([5, 3, 4]);
    let first: Vec<bool> = (0..60)
        .map(|i| i % 7 == 0 && !(15..30).contains(&i))
        .collect();
    let second: Vec<bool> = (0..60).map(|i| i >= 45).collect();
    let masks = [first.clone(), second.clone()];
    let read = of_masks(&series, SegmentCoding::Binary, &masks);
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
    let new = support::segments(SegmentCoding::Binary, 1);
    let empty = [vec![false; 32]];
    let made = make(&series, &new, &Masks::on(&series.grid, &empty).unwrap());
    assert!(matches!(made, Err(CreateError::Empty)));
    assert!(Masks::on(&series.grid, &[vec![true; 31]]).is_err());
    let short = Shares(vec![vec![1; 15]; 2]);
    assert!(matches!(
        make(&series, &new, &short),
        Err(CreateError::WrongLength { got: 15, want: 16 })
    ));
}

#[test]
fn a_label_map_has_one_label_a_voxel() {
    let series = support::series([5, 3, 4]);
    let first: Vec<bool> = (0..60).map(|i| i % 7 == 0 && i < 45).collect();
    let second: Vec<bool> = (0..60).map(|i| i % 7 == 1).collect();
    let masks = [first.clone(), second.clone()];
    let read = of_masks(&series, SegmentCoding::LabelMap, &masks);
    let numbers: Vec<u16> = read.segments.iter().map(|segment| segment.number).collect();
    assert_eq!(numbers, [1, 2], "the background is no segment");
    let back = read.segments.iter();
    let back: Vec<_> = back.map(|segment| segment.mask_on(&series.grid)).collect();
    assert_eq!(back, [first.clone(), second]);

    // More segments than a byte has numbers for: one voxel each, counted in 16 bits.
    let series = support::series([20, 20, 1]);
    let masks: Vec<Vec<bool>> = (0..300)
        .map(|own| (0..400).map(|at| at == own + 7).collect())
        .collect();
    let read = of_masks(&series, SegmentCoding::LabelMap, &masks);
    let back = read.segments.iter();
    let back: Vec<_> = back.map(|segment| segment.mask_on(&series.grid)).collect();
    assert_eq!(back, masks);

    let new = support::segments(SegmentCoding::LabelMap, 2);
    let masks = [vec![true; 400], vec![true; 400]];
    let made = make(&series, &new, &Masks::on(&series.grid, &masks).unwrap());
    assert!(matches!(made, Err(CreateError::Overlap)));
}

/// Shares of one segment, slice by slice.
struct Shares(Vec<Vec<u8>>);

impl Voxels for Shares {
    fn slice(&self, _: usize, slice: usize) -> Option<Vec<u8>> {
        self.0.get(slice).cloned()
    }
}

#[test]
fn of_shares_those_of_a_half_and_more_belong_to_the_segment() {
    let series = support::series([4, 4, 2]);
    for fraction in [Fraction::Probability, Fraction::Occupancy] {
        let new = support::segments(SegmentCoding::Fractional(fraction), 1);
        let shares = Shares(vec![vec![0; 16], (0..16).map(|i| i * 17).collect()]);
        let read = read_seg(&make(&series, &new, &shares).unwrap()).unwrap();
        let want: Vec<bool> = (0..32).map(|i| i >= 16 && (i - 16) * 17 >= 128).collect();
        assert_eq!(
            read.segments[0].frames.len(),
            1,
            "an empty slice has no frame"
        );
        assert_eq!(read.segments[0].mask_on(&series.grid), want);
    }
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
