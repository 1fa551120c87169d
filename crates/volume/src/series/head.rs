//! What the header of one image says about its place in the series.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dicom::pixels::functional_group;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use crate::grid;

/// Most rows or columns of a slice.
const MAX_SIDE: u32 = 4096;

/// The place and scale of one image.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a plain fact of the header"
)]
pub(super) struct Head {
    /// Which of the files it is.
    pub file: usize,
    /// Which of its frames, from 0.
    pub frame: usize,
    /// Whether the file holds more of the series than this image.
    pub of_many: bool,
    pub series_uid: String,
    pub frame_of_reference_uid: String,
    pub is_ct: bool,
    pub is_localizer: bool,
    pub number: i64,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Distance of columns and of rows, mm.
    pub spacing_mm: [f64; 2],
    /// Centre of the first pixel, LPS, mm.
    pub position_lps_mm: [f64; 3],
    /// Unit vectors along a row and along a column, LPS.
    pub axes_lps: [[f64; 3]; 2],
    pub thickness_mm: Option<f64>,
    pub kernel: Option<String>,
    pub slope: f64,
    pub intercept: f64,
    pub has_rescale: bool,
}

/// Reads the headers of one file's images that have a place in the patient: one, or one for each frame of an
/// enhanced object.
pub(super) fn read_heads(file: usize, bytes: &[u8]) -> Vec<Head> {
    // The parser is another's and its input anybody's: a panic in it costs this file only.
    let object = catch_unwind(AssertUnwindSafe(|| dicom::open_head(bytes)));
    let Ok(Ok(object)) = object else {
        return Vec::new();
    };
    let groups = object.get(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let Some(groups) = groups.and_then(|groups| groups.items()) else {
        let head = head_of(file, 0, &object).filter(|_| frames(&object) == 1);
        return head.into_iter().collect();
    };
    let in_file = usize::try_from(frames(&object)).unwrap_or_default();
    (0..groups.len().min(in_file))
        .filter_map(|frame| {
            let mut head = head_of(file, frame, &object)?;
            head.of_many = true;
            Some(head)
        })
        .collect()
}

/// The header of one frame: what an enhanced object says of it, else what it says of all.
fn head_of(file: usize, frame: usize, object: &DefaultDicomObject) -> Option<Head> {
    let side = |tag| -> Option<usize> {
        let n = object.get(tag)?.to_int::<u32>().ok()?;
        (1..=MAX_SIDE).contains(&n).then_some(n as usize)
    };
    let of = |group| functional_group(object, frame, group).unwrap_or(object);
    let &[x, y, z] = numbers(
        of(tags::PLANE_POSITION_SEQUENCE),
        tags::IMAGE_POSITION_PATIENT,
    )?
    .as_slice() else {
        return None;
    };
    let orientation = of(tags::PLANE_ORIENTATION_SEQUENCE);
    let &[a, b, c, d, e, f] = numbers(orientation, tags::IMAGE_ORIENTATION_PATIENT)?.as_slice()
    else {
        return None;
    };
    let measures = of(tags::PIXEL_MEASURES_SEQUENCE);
    let &[row_spacing, column_spacing] = numbers(measures, tags::PIXEL_SPACING)?.as_slice() else {
        return None;
    };
    let row = unit([a, b, c])?;
    let column = unit([d, e, f])?;
    let usable = |mm: f64| (1e-3..1e3).contains(&mm);
    if grid::dot(row, column).abs() > 1e-2 || !usable(row_spacing) || !usable(column_spacing) {
        return None;
    }
    if [x, y, z].iter().any(|v| v.abs() > 1e6) {
        return None;
    }
    let number = |object, tag| numbers(object, tag).and_then(|v| v.first().copied());
    let rescale = of(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
    let slope = number(rescale, tags::RESCALE_SLOPE);
    let intercept = number(rescale, tags::RESCALE_INTERCEPT);
    let thickness = number(measures, tags::SLICE_THICKNESS);
    let kernel = text(
        of(tags::CT_RECONSTRUCTION_SEQUENCE),
        tags::CONVOLUTION_KERNEL,
    );
    let kind = of(tags::CT_IMAGE_FRAME_TYPE_SEQUENCE);
    let kinds = [text(kind, tags::FRAME_TYPE), text(object, tags::IMAGE_TYPE)];
    Some(Head {
        file,
        frame,
        of_many: false,
        series_uid: text(object, tags::SERIES_INSTANCE_UID),
        frame_of_reference_uid: text(object, tags::FRAME_OF_REFERENCE_UID),
        is_ct: text(object, tags::MODALITY) == "CT",
        is_localizer: kinds
            .iter()
            .flat_map(|kinds| kinds.split('\\'))
            .any(|part| part == "LOCALIZER"),
        number: object
            .get(tags::INSTANCE_NUMBER)
            .and_then(|e| e.to_int().ok())
            .unwrap_or_default(),
        size: [side(tags::COLUMNS)?, side(tags::ROWS)?],
        spacing_mm: [column_spacing, row_spacing],
        position_lps_mm: [x, y, z],
        axes_lps: [row, column],
        thickness_mm: thickness.filter(|&mm| mm > 0.0),
        kernel: Some(kernel).filter(|kernel| !kernel.is_empty()),
        has_rescale: slope.is_some() && intercept.is_some(),
        slope: slope.filter(|&s| s != 0.0).unwrap_or(1.0),
        intercept: intercept.unwrap_or(0.0),
    })
}

/// Frames in the image: one, where it does not say.
fn frames(object: &DefaultDicomObject) -> i64 {
    object
        .get(tags::NUMBER_OF_FRAMES)
        .and_then(|e| e.to_int().ok())
        .unwrap_or(1)
}

/// All finite numbers of an element; none if one of them is no number.
fn numbers(object: &InMemDicomObject, tag: Tag) -> Option<Vec<f64>> {
    let values = object.get(tag)?.to_multi_float64().ok()?;
    values.iter().all(|v| v.is_finite()).then_some(values)
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    object
        .get(tag)
        .and_then(|e| e.to_str().ok())
        .map(|s| s.trim_end_matches(['\0', ' ']).to_owned())
        .unwrap_or_default()
}

/// The vector at length 1, if it is nearly that long already.
fn unit(v: [f64; 3]) -> Option<[f64; 3]> {
    let length = grid::length(v);
    ((0.9..1.1).contains(&length)).then(|| v.map(|c| c / length))
}
