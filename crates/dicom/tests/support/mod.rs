//! What several tests need.
#![allow(dead_code, reason = "each test program uses a part")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use dicom::{
    Grid,
    create::{
        Algorithm, Code, CtSeries, MadeHere, MadeSeries, Mark, MarkKind, MarkedImage, MarkedSeries,
        Moment, NewSegment, NewSegmentation, Person, SegmentCoding, Study, ct_series, derived_uid,
    },
    drawn::{MarkedFrame, NewMark, NewMarkKind},
};
use vocabulary::Uid;

/// The folder of shared data, or nothing where it is absent.
pub fn shared(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("YUANYI_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = root.join(part);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no shared data");
    None
}

/// All files below a folder, in the order of their paths.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

pub fn person() -> Person {
    Person {
        id: "P1".to_owned(),
        issuer: "TEST".to_owned(),
        name: "Zhang^San=张^三".to_owned(),
        birth_date: "19600229".to_owned(),
        sex: "F".to_owned(),
    }
}

pub fn study() -> Study {
    Study {
        uid: derived_uid(&["test study"]),
        date: "20200102".to_owned(),
        time: "030405".to_owned(),
        id: "1".to_owned(),
        accession: "A1".to_owned(),
        description: "Chest".to_owned(),
    }
}

/// A small series whose voxels count up.
pub fn series(size: [usize; 3]) -> MadeSeries {
    let grid = Grid {
        size,
        spacing_mm: [0.5, 0.75, 2.0],
        origin_lps_mm: [-10.0, -20.0, 30.5],
        direction_lps: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
    };
    let voxels: Vec<i16> = (0..grid.len())
        .map(|i| i16::try_from(i % 3000).unwrap() - 1000)
        .collect();
    let series = CtSeries {
        uid: derived_uid(&["test series"]),
        number: 2,
        description: "Thin".to_owned(),
        derivation: String::new(),
        window_hu: [40, 400],
    };
    ct_series(&person(), &study(), &series, &grid, &voxels).unwrap()
}

/// The files of a small series.
pub fn slices(count: usize) -> Vec<Bytes> {
    series([16, 12, count])
        .files
        .into_iter()
        .map(|(_, file)| file.into())
        .collect()
}

/// A series made in a room.
pub fn made(what: &str) -> MadeHere {
    MadeHere {
        series: derived_uid(&["derived", what]),
        number: 9001,
        description: "Measurements".to_owned(),
        at: Moment {
            date: "20200102".to_owned(),
            time: "030405".to_owned(),
        },
    }
}

/// A small series as one that is marked.
pub fn marked_series() -> MarkedSeries {
    let series = series([16, 12, 4]);
    let images = series.files.iter().enumerate().map(|(z, (sop, _))| {
        let grid = Grid {
            size: [16, 12, 1],
            origin_lps_mm: series.grid.position_lps_mm([0.0, 0.0, z as f64]),
            ..series.grid.clone()
        };
        MarkedImage {
            class: Uid::new(series.class).unwrap(),
            sop: sop.clone(),
            frame: None,
            grid,
        }
    });
    MarkedSeries {
        uid: series.series.clone(),
        frame_of_reference: series.frame_of_reference.clone(),
        rescale: Some([1.0, 0.0]),
        images: images.collect(),
    }
}

/// Marks of every kind on that series.
pub fn marks(of: &MarkedSeries) -> Vec<Mark> {
    let at = |x: f64, y: f64, z: usize| of.images[z].grid.position_lps_mm([x, y, 0.0]);
    let mark = |label: &str, kind, points: Vec<[f64; 3]>| Mark {
        label: label.to_owned(),
        uid: derived_uid(&[label]),
        by: "chen.expert".to_owned(),
        kind,
        points_lps_mm: points,
    };
    vec![
        mark(
            "Length 1",
            MarkKind::LengthMm(3.5),
            vec![at(2.0, 3.0, 1), at(9.0, 3.0, 1)],
        ),
        mark("Value 2", MarkKind::Hu(-612.0), vec![at(4.0, 4.0, 2)]),
        mark(
            "Note 3",
            MarkKind::Note("与前片比较 grows".to_owned()),
            vec![at(5.0, 5.0, 2)],
        ),
        // Through two slices: the report has it, no slice can show it.
        mark(
            "Length 4",
            MarkKind::LengthMm(4.0),
            vec![at(5.0, 5.0, 0), at(5.0, 5.0, 2)],
        ),
        mark(
            "Angle 5",
            MarkKind::AngleDeg(90.0),
            vec![at(2.0, 2.0, 2), at(2.0, 6.0, 0), at(6.0, 6.0, 2)],
        ),
    ]
}

/// A segmentation of so many segments, without its voxels.
pub fn segments(coding: SegmentCoding, count: usize) -> NewSegmentation {
    let names = ["one", "two", "three"]
        .into_iter()
        .chain(std::iter::repeat("more"));
    let segment = |label: &str| NewSegment {
        label: label.to_owned(),
        category: Code::snomed("49755003", "Morphologically Abnormal Structure"),
        kind: Code::snomed("27925004", "Nodule"),
        side: Some(Code::snomed("7771000", "Left")),
        region: Some(Code::snomed("39607008", "Lung")),
        algorithm: Algorithm::Automatic("test".to_owned()),
        colour_cielab: [1, 2, 3],
        tracking: None,
    };
    NewSegmentation {
        uid: derived_uid(&["seg", &format!("{coding:?}")]),
        number: 100,
        description: "segments".to_owned(),
        model: "test",
        at: made("seg").at,
        coding,
        segments: names.take(count).map(segment).collect(),
    }
}

/// A mark of every kind of the viewer, on the second slice of that series.
pub fn drawn(series: &MadeSeries) -> Vec<NewMark> {
    let at = MarkedFrame {
        series: series.series.to_string(),
        sop: series.files[1].0.to_string(),
        frame: 1,
    };
    let mark = |id: &str, kind, points: &[[f64; 2]]| NewMark {
        id: id.to_owned(),
        kind,
        label: format!("Mark {id}"),
        at: at.clone(),
        points: points.to_vec(),
        text: None,
    };
    vec![
        mark("length", NewMarkKind::Length, &[[2.0, 3.0], [8.0, 3.0]]),
        mark(
            "angle",
            NewMarkKind::Angle,
            &[[2.0, 2.0], [2.0, 6.0], [8.0, 6.0]],
        ),
        mark(
            "rectangle",
            NewMarkKind::Rectangle,
            &[[1.0, 1.0], [3.0, 2.0]],
        ),
        mark("ellipse", NewMarkKind::Ellipse, &[[4.0, 2.0], [10.0, 6.0]]),
        mark("probe", NewMarkKind::Probe, &[[5.2, 4.4]]),
        NewMark {
            text: Some("与前片比较 grows".to_owned()),
            ..mark("text", NewMarkKind::Text, &[[12.0, 9.0]])
        },
    ]
}
