//! Writes one object of each derived kind into a folder, for programs of others to read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shares its data with the tests, and fails as they do"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use dicom::{
    create::{
        DocumentKind, DrawnMark, Fraction, Masks, NewDocument, SegmentCoding, SegmentedSeries,
        document, drawn_report, drawn_state, key_objects, measurement_report, presentation_state,
        segmentation,
    },
    drawn::{Sheet, measure},
    pixels::PixelFile,
};

fn main() {
    let folder = PathBuf::from(env::args().nth(1).expect("name the folder"));
    let (person, study) = (support::person(), support::study());
    let of = support::marked_series();
    let marks = support::marks(&of);
    let report = measurement_report(&person, &study, &of, &marks, &support::made("sr")).unwrap();
    fs::write(folder.join("sr.dcm"), report).unwrap();
    let window_hu = [-600.0, 1500.0];
    let state = presentation_state(
        &person,
        &study,
        &of,
        &marks,
        window_hu,
        &support::made("pr"),
    );
    fs::write(folder.join("pr.dcm"), state.unwrap()).unwrap();
    let pdf = NewDocument {
        kind: DocumentKind::Pdf,
        title: "Report".to_owned(),
        bytes: b"%PDF-1.7\n%%EOF\n".to_vec(),
        frame_of_reference: None,
        sources: vec![],
    };
    let pdf = document(&person, &study, pdf, &support::made("pdf")).unwrap();
    fs::write(folder.join("pdf.dcm"), pdf).unwrap();
    segmentations(&folder);
    drawn(&folder);
}

/// The same masks in every coding, and the images that they are of.
fn segmentations(folder: &Path) {
    let series = support::series([16, 12, 4]);
    for (number, (_, file)) in series.files.iter().enumerate() {
        fs::write(folder.join(format!("ct-{number}.dcm")), file).unwrap();
    }
    let masks: Vec<Vec<bool>> = (0..2)
        .map(|own| (0..768).map(|at| at % 7 == own && at >= 192).collect())
        .collect();
    let voxels = Masks::on(&series.grid, &masks).unwrap();
    for (name, coding) in [
        ("seg-binary", SegmentCoding::Binary),
        (
            "seg-probability",
            SegmentCoding::Fractional(Fraction::Probability),
        ),
        (
            "seg-occupancy",
            SegmentCoding::Fractional(Fraction::Occupancy),
        ),
        ("seg-label-map", SegmentCoding::LabelMap),
    ] {
        let (person, study) = (support::person(), support::study());
        let new = support::segments(coding, masks.len());
        let of = SegmentedSeries::from(&series);
        let file = segmentation(&person, &study, &of, &new, &voxels).unwrap();
        fs::write(folder.join(format!("{name}.dcm")), file).unwrap();
    }
}

/// Marks of the viewer as report, presentation state and key images.
fn drawn(folder: &Path) {
    let (person, study) = (support::person(), support::study());
    let series = support::series([16, 12, 4]);
    let marks = support::drawn(&series);
    let file = PixelFile::open(&series.files[1].1).unwrap();
    let sheet = Sheet::of(&file, marks[0].at.clone(), true).unwrap();
    let values: Vec<_> = marks.iter().map(|mark| measure(mark, &sheet)).collect();
    let uids: Vec<_> = marks
        .iter()
        .map(|mark| dicom::create::derived_uid(&["mark", &mark.id]))
        .collect();
    let marks: Vec<DrawnMark<'_>> = marks
        .iter()
        .zip(&uids)
        .zip(&values)
        .map(|((mark, uid), values)| DrawnMark {
            mark,
            uid,
            on: &sheet,
            values,
        })
        .collect();
    let by = "陈 Chen";
    let made = support::made;
    let report = drawn_report(&person, &study, by, &marks, &made("drawn sr")).unwrap();
    fs::write(folder.join("drawn-sr.dcm"), report).unwrap();
    let window = Some([-600.0, 1500.0]);
    let state = drawn_state(&person, &study, by, &marks, window, &made("drawn pr")).unwrap();
    fs::write(folder.join("drawn-pr.dcm"), state).unwrap();
    let keys = key_objects(&person, &study, by, &[&sheet], &made("drawn ko")).unwrap();
    fs::write(folder.join("drawn-ko.dcm"), keys).unwrap();
}
