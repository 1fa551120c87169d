//! The slot filled by tiny models that are made here, as ONNX files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Helpers of tests fail the test.

use std::{fs, path::Path};

use inference::{Card, InferenceError, Known, Model, Outcome, models_in};
use sha2::{Digest as _, Sha256};
use volume::{Grid, Mask, Series, Volume, nodule::NoduleKind};

/// A field of a protocol buffer that holds bytes.
fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = value.len();
    while length > 127 {
        out.push(u8::try_from(length & 127).unwrap() | 128);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend(value);
    out
}

/// A field that holds a small number.
fn number(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

/// An ONNX model of one operation from `x`, a tensor of rank 5, to `y`.
fn onnx(operation: &str, attributes: &[u8]) -> Vec<u8> {
    let node = [
        bytes(1, b"x"),
        bytes(2, b"y"),
        bytes(4, operation.as_bytes()),
        attributes.to_vec(),
    ]
    .concat();
    let dimension = bytes(1, &bytes(2, b"n"));
    let shape = bytes(2, &dimension.repeat(5));
    let tensor = [number(1, 1), shape].concat();
    let input = [bytes(1, b"x"), bytes(2, &bytes(1, &tensor))].concat();
    let any = bytes(2, &bytes(1, &number(1, 1)));
    let output = [bytes(1, b"y"), any].concat();
    let graph = [
        bytes(1, &node),
        bytes(2, b"graph"),
        bytes(11, &input),
        bytes(12, &output),
    ]
    .concat();
    [number(1, 7), bytes(7, &graph), bytes(8, &number(2, 13))].concat()
}

/// The mean of all values.
fn mean() -> Vec<u8> {
    let keep_dims = [bytes(1, b"keepdims"), number(3, 0), vec![0xa0, 1, 2]].concat();
    onnx("ReduceMean", &bytes(5, &keep_dims))
}

fn card_of(onnx: &[u8], changes: &[(&str, &str)]) -> String {
    let digest = hex::encode(Sha256::digest(onnx));
    let card = include_str!("card.toml").replace("SHA256", &digest);
    changes.iter().fold(card, |card, (from, to)| {
        assert!(card.contains(from), "{from}");
        card.replace(from, to)
    })
}

fn model(onnx: &[u8], changes: &[(&str, &str)]) -> Model {
    Model::of(Card::read(&card_of(onnx, changes)).unwrap(), onnx).unwrap()
}

const MASKS: &[(&str, &str)] = &[
    ("nodule-probability", "nodule-mask"),
    ("size = [4, 4, 4]", "size = [9, 9, 9]"),
    ("[output]", "[output]\nthreshold = 0.5"),
];

/// A ball of 0 HU, 6 mm wide, in the middle of lung of −800 HU.
fn scan(slice_mm: f64) -> (Series, Mask) {
    let size = [20, 20, 20];
    let grid = Grid::axis_aligned(size, [1.0, 1.0, slice_mm], [-10.0, -10.0, -10.0 * slice_mm]);
    let mut ball = Mask::empty(size);
    let mut voxels = Vec::new();
    for z in 0..20 {
        for y in 0..20 {
            for x in 0..20 {
                let point = grid.point_lps_mm([x, y, z].map(f64::from));
                let inside = point.iter().map(|mm| mm * mm).sum::<f64>() <= 9.0;
                if inside {
                    ball.set([x, y, z].map(|i| usize::try_from(i).unwrap()));
                }
                voxels.push(if inside { 0 } else { -800 });
            }
        }
    }
    (Series::of_volume(Volume { grid, voxels }), ball)
}

fn known() -> Known {
    Known {
        diameter_mm: Some(6.0),
        kind: Some(NoduleKind::Solid),
    }
}

#[test]
fn a_model_gives_the_probability_that_can_be_worked_out_by_hand() {
    let (series, _) = scan(1.0);
    // Eight voxels around the origin, 2 mm wide, all of 0 HU: (0 + 1000) / 2000.
    let small = [("size = [4, 4, 4]", "size = [2, 2, 2]")];
    let result = model(&mean(), &small)
        .run(&series, [0.0; 3], &known(), None)
        .unwrap();
    assert_eq!(result.outcome, Outcome::Probability { value: 0.5 });
    // All of lung: (−800 + 1000) / 2000.
    let result = model(&mean(), &small)
        .run(&series, [7.0, 7.0, 7.0], &known(), None)
        .unwrap();
    let Outcome::Probability { value } = result.outcome else {
        unreachable!("{:?}", result.outcome)
    };
    assert!((value - 0.1).abs() < 1e-6, "{value}");
    // What the model gives is no probability yet.
    let scaled = [small[0], ("[output]", "[output]\nscaling = \"sigmoid\"")];
    let result = model(&mean(), &scaled)
        .run(&series, [0.0; 3], &known(), None)
        .unwrap();
    let Outcome::Probability { value } = result.outcome else {
        unreachable!("{:?}", result.outcome)
    };
    assert!(
        (value - 1.0 / (1.0 + (-0.5_f64).exp())).abs() < 1e-6,
        "{value}"
    );
}

#[test]
fn a_mask_is_laid_on_the_scan_and_compared_with_the_classical_one() {
    let (series, ball) = scan(1.0);
    let model = model(&onnx("Identity", &[]), MASKS);
    let run = |classical: &Mask| {
        model
            .run(&series, [0.0; 3], &known(), Some(classical))
            .unwrap()
    };
    let result = run(&ball);
    assert_eq!(result.mask.as_ref(), Some(&ball));
    let Outcome::Mask {
        volume_mm3,
        compared: Some(compared),
    } = result.outcome
    else {
        unreachable!("{:?}", result.outcome)
    };
    assert_eq!((volume_mm3, compared.dice), (ball.count() as f64, 1.0));
    // A classical mask of one voxel of it.
    let mut one = Mask::empty([20, 20, 20]);
    one.set([10, 10, 10]);
    let Outcome::Mask {
        compared: Some(compared),
        ..
    } = run(&one).outcome
    else {
        unreachable!("it was compared before")
    };
    let expected = 2.0 / (1.0 + ball.count() as f64);
    assert!((compared.dice - expected).abs() < 1e-12, "{compared:?}");
}

#[test]
fn what_the_card_does_not_allow_is_not_assessable_and_says_why() {
    let model = model(&mean(), &[]);
    let check = |series: &Series, at: [f64; 3], known: &Known, expect: &str| {
        let result = model.run(series, at, known, None).unwrap();
        assert_eq!(result.outcome, Outcome::NotAssessable);
        let said: Vec<&str> = result
            .checks
            .iter()
            .filter(|check| !check.holds)
            .map(|check| check.text.en.as_str())
            .collect();
        assert_eq!(said, [expect]);
    };
    let (series, _) = scan(1.0);
    check(
        &scan(3.0).0,
        [0.0; 3],
        &known(),
        "slices of at most 2.5 mm (here 3.00 mm)",
    );
    check(
        &series,
        [9.0, 0.0, 0.0],
        &known(),
        "all that the model looks at was scanned",
    );
    let with = |diameter_mm: Option<f64>, kind: NoduleKind| Known {
        diameter_mm,
        kind: Some(kind),
    };
    check(
        &series,
        [0.0; 3],
        &with(Some(2.0), NoduleKind::Solid),
        "mean diameter of 3 to 30 mm (here 2.0 mm)",
    );
    check(
        &series,
        [0.0; 3],
        &with(None, NoduleKind::Solid),
        "mean diameter of 3 to 30 mm (here not measured)",
    );
    check(
        &series,
        [0.0; 3],
        &with(Some(6.0), NoduleKind::GroundGlass),
        "kind solid or part-solid (here ground glass)",
    );
    let gap = Series {
        missing_planes: vec![10],
        ..series.clone()
    };
    check(
        &gap,
        [0.0; 3],
        &known(),
        "all that the model looks at was scanned",
    );
    let no_hu = Series {
        is_hu: false,
        ..series
    };
    check(&no_hu, [0.0; 3], &known(), "values are Hounsfield units");
}

#[test]
fn a_model_that_does_not_keep_its_word_is_refused() {
    let (series, _) = scan(1.0);
    // It gives a crop where one value was said.
    let many = model(&onnx("Identity", &[]), &[]);
    let refused = many.run(&series, [0.0; 3], &known(), None).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "use what the model gave: one value was expected, 64 came"
    );
    // It gives values that are no probabilities.
    let negative = model(&onnx("Neg", &[]), MASKS);
    let refused = negative.run(&series, [0.0; 3], &known(), None).unwrap_err();
    assert!(refused.to_string().contains("no probability"), "{refused}");
}

fn lay(folder: &Path, card: &str, onnx: &[u8]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("card.toml"), card).unwrap();
    fs::write(folder.join("model.onnx"), onnx).unwrap();
}

#[test]
fn folders_of_models_are_opened_or_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let onnx = mean();
    lay(&folder.path().join("a-sound"), &card_of(&onnx, &[]), &onnx);
    lay(
        &folder.path().join("b-other-file"),
        &card_of(&onnx, &[]),
        b"other",
    );
    lay(
        &folder.path().join("c-no-model"),
        &card_of(b"other", &[]),
        b"other",
    );
    lay(&folder.path().join("d-no-card"), "id = 1", &onnx);
    fs::create_dir(folder.path().join("e-empty")).unwrap();
    let found = models_in(folder.path());
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "a-sound",
            "b-other-file",
            "c-no-model",
            "d-no-card",
            "e-empty"
        ]
    );
    assert_eq!(
        found[0]
            .1
            .as_ref()
            .map(|model| model.card().id.clone())
            .unwrap(),
        "mean-of-crop"
    );
    let failed = |at: usize| found[at].1.as_ref().err().unwrap();
    assert!(matches!(failed(1), InferenceError::OtherFile { .. }));
    assert!(matches!(failed(2), InferenceError::NotRunnable { .. }));
    assert!(matches!(failed(3), InferenceError::Card { .. }));
    assert!(matches!(failed(4), InferenceError::Unreadable { .. }));
    assert!(models_in(&folder.path().join("nowhere")).is_empty());
}
