use std::borrow::Cow;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use crate::{Grid, ParseError, create::Code, parse, pixels::PixelFile};

/// Why a segmentation could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SegError {
    /// The object could not be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The object is no segmentation, or its pixels cannot be decoded.
    #[error("read the segmentation: {0}")]
    Unsupported(&'static str),
    /// An attribute is missing or contradicts another.
    #[error("read the segmentation: {0} is missing or not well formed")]
    Malformed(&'static str),
}

/// A segmentation as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    /// SOP instance UID.
    pub sop: Uid,
    /// Frame of reference; empty where it is not given.
    pub frame_of_reference: String,
    /// The series that was segmented, where the object says so.
    pub of_series: Option<Uid>,
    /// The segments, in the order of their numbers.
    pub segments: Vec<Segment>,
}

/// One segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Segment number.
    pub number: u16,
    /// What it is called.
    pub label: String,
    /// What sort of thing it is, such as an anatomical structure.
    pub category: Option<Code>,
    /// What it is.
    pub kind: Option<Code>,
    /// `MANUAL`, `SEMIAUTOMATIC` or `AUTOMATIC`.
    pub algorithm_type: String,
    /// Which program drew it; empty for a person.
    pub algorithm_name: String,
    /// What the one thing that it shows is known by across studies; empty where nobody says.
    pub tracking_uid: String,
    /// The frames, in the order of the object.
    pub frames: Vec<SegmentFrame>,
    /// Columns and rows of each frame, and their distances; the origin is that of the first frame, and the
    /// third axis is normal to the frames.
    pub geometry: Grid,
}

/// One frame of a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentFrame {
    /// Centre of the first voxel, DICOM LPS.
    pub position_lps_mm: [f64; 3],
    /// Whether each voxel belongs to the segment, x fastest, then y.
    pub bits: Vec<bool>,
}

impl Segment {
    /// The segment as a mask on a grid: each voxel takes the value of the nearest voxel of the nearest frame
    /// that lies within half a slice of it.
    pub fn mask_on(&self, grid: &Grid) -> Vec<bool> {
        let mut out = vec![false; grid.len()];
        for frame in &self.frames {
            let plane = Grid {
                origin_lps_mm: frame.position_lps_mm,
                ..self.geometry.clone()
            };
            let part = grid.resample_nearest(&plane, &frame.bits);
            for (voxel, set) in out.iter_mut().zip(part) {
                *voxel |= set;
            }
        }
        out
    }
}

/// How a segmentation says which voxels belong to a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// One bit a voxel.
    Binary,
    /// How much of a voxel, or how surely: it counts from half of this value on.
    Fractional(u32),
    /// The number of the segment that a voxel belongs to; each frame is of all segments.
    LabelMap,
}

fn coding(object: &InMemDicomObject) -> Result<Coding, SegError> {
    let class = text(object, tags::SOP_CLASS_UID);
    if class != uids::SEGMENTATION_STORAGE && class != uids::LABEL_MAP_SEGMENTATION_STORAGE {
        return Err(SegError::Unsupported("it is of another SOP class"));
    }
    match text(object, tags::SEGMENTATION_TYPE).as_str() {
        "BINARY" => Ok(Coding::Binary),
        "FRACTIONAL" => {
            let most = number(object, tags::MAXIMUM_FRACTIONAL_VALUE)?;
            let most = u32::try_from(most).ok().filter(|most| *most > 0);
            most.map(Coding::Fractional)
                .ok_or(SegError::Malformed("Maximum Fractional Value"))
        }
        "LABELMAP" => Ok(Coding::LabelMap),
        _ => Err(SegError::Unsupported("its type is not known")),
    }
}

/// Reads a segmentation from a whole file: binary, fractional (a voxel counts from one half on) or label map.
pub fn read_seg(file: &[u8]) -> Result<Segmentation, SegError> {
    let object = parse::open(file, None)?;
    let coding = coding(&object)?;
    let size = [
        number(&object, tags::COLUMNS)?,
        number(&object, tags::ROWS)?,
        1,
    ];
    let shared = items(&object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
    let per_frame = items(&object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let frame_len = size[0] * size[1];
    let pixels = Pixels::of(file, &object, coding, frame_len, per_frame.len())?;
    let mut segments = Vec::new();
    for item in items(&object, tags::SEGMENT_SEQUENCE) {
        segments.push(segment(item, size)?);
    }
    if coding == Coding::LabelMap {
        // What belongs to no segment is described like one.
        let background = number(&object, tags::PIXEL_PADDING_VALUE).ok();
        segments.retain(|segment| Some(usize::from(segment.number)) != background);
    }
    for (index, groups) in per_frame.iter().enumerate() {
        let values = pixels.frame(index, frame_len)?;
        place_values(&mut segments, groups, shared, coding, &values)?;
    }
    segments.sort_by_key(|segment: &Segment| segment.number);
    let series = items(&object, tags::REFERENCED_SERIES_SEQUENCE).first();
    Ok(Segmentation {
        sop: Uid::new(text(&object, tags::SOP_INSTANCE_UID))
            .map_err(|_| SegError::Malformed("SOP Instance UID"))?,
        frame_of_reference: text(&object, tags::FRAME_OF_REFERENCE_UID),
        of_series: series.and_then(|item| Uid::new(text(item, tags::SERIES_INSTANCE_UID)).ok()),
        segments,
    })
}

/// A segment without frames yet.
fn segment(item: &InMemDicomObject, size: [usize; 3]) -> Result<Segment, SegError> {
    let code = |sequence| {
        items(item, sequence).first().map(|code| Code {
            scheme: text(code, tags::CODING_SCHEME_DESIGNATOR),
            value: text(code, tags::CODE_VALUE),
            meaning: text(code, tags::CODE_MEANING),
        })
    };
    Ok(Segment {
        number: u16::try_from(number(item, tags::SEGMENT_NUMBER)?)
            .map_err(|_| SegError::Malformed("Segment Number"))?,
        label: text(item, tags::SEGMENT_LABEL),
        category: code(tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE),
        kind: code(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE),
        algorithm_type: text(item, tags::SEGMENT_ALGORITHM_TYPE),
        algorithm_name: text(item, tags::SEGMENT_ALGORITHM_NAME),
        tracking_uid: text(item, tags::TRACKING_UID),
        frames: Vec::new(),
        geometry: Grid {
            size,
            spacing_mm: [1.0; 3],
            origin_lps_mm: [0.0; 3],
            direction_lps: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        },
    })
}

/// Adds a frame to the segment or segments that it is of.
fn place_values(
    segments: &mut [Segment],
    groups: &InMemDicomObject,
    shared: Option<&InMemDicomObject>,
    coding: Coding,
    values: &[u32],
) -> Result<(), SegError> {
    let threshold = match coding {
        Coding::Binary => 1,
        Coding::Fractional(most) => most.div_ceil(2),
        Coding::LabelMap => {
            for segment in segments.iter_mut() {
                let label = u32::from(segment.number);
                let bits: Vec<bool> = values.iter().map(|value| *value == label).collect();
                if bits.contains(&true) {
                    place(segment, groups, shared, &bits)?;
                }
            }
            return Ok(());
        }
    };
    let of = |groups: &InMemDicomObject| {
        let item = items(groups, tags::SEGMENT_IDENTIFICATION_SEQUENCE).first()?;
        number(item, tags::REFERENCED_SEGMENT_NUMBER).ok()
    };
    let segment_number = of(groups)
        .or_else(|| of(shared?))
        .ok_or(SegError::Malformed("Segment Identification"))?;
    let segment = segments
        .iter_mut()
        .find(|segment| usize::from(segment.number) == segment_number)
        .ok_or(SegError::Malformed("Referenced Segment Number"))?;
    let bits: Vec<bool> = values.iter().map(|value| *value >= threshold).collect();
    place(segment, groups, shared, &bits)
}

/// Adds a frame to a segment.
fn place(
    segment: &mut Segment,
    groups: &InMemDicomObject,
    shared: Option<&InMemDicomObject>,
    bits: &[bool],
) -> Result<(), SegError> {
    let group = |sequence: Tag| {
        items(groups, sequence)
            .first()
            .or_else(|| shared.and_then(|shared| items(shared, sequence).first()))
    };
    let numbers = |sequence: Tag, tag: Tag, name: &'static str| {
        let values = group(sequence).and_then(|item| item.get(tag)?.to_multi_float64().ok());
        values
            .filter(|values| values.iter().all(|v| v.is_finite()))
            .ok_or(SegError::Malformed(name))
    };
    let position = numbers(
        tags::PLANE_POSITION_SEQUENCE,
        tags::IMAGE_POSITION_PATIENT,
        "Image Position",
    )?;
    let position_lps_mm: [f64; 3] = position
        .try_into()
        .map_err(|_| SegError::Malformed("Image Position"))?;
    if segment.frames.is_empty() {
        let axes = numbers(
            tags::PLANE_ORIENTATION_SEQUENCE,
            tags::IMAGE_ORIENTATION_PATIENT,
            "Image Orientation",
        )?;
        let [xx, xy, xz, yx, yy, yz] = axes
            .as_slice()
            .try_into()
            .map_err(|_| SegError::Malformed("Image Orientation"))?;
        let normal = [xy * yz - xz * yy, xz * yx - xx * yz, xx * yy - xy * yx];
        let [zx, zy, zz] = normal;
        segment.geometry.direction_lps = [xx, xy, xz, yx, yy, yz, zx, zy, zz];
        segment.geometry.origin_lps_mm = position_lps_mm;
        let spacing = numbers(
            tags::PIXEL_MEASURES_SEQUENCE,
            tags::PIXEL_SPACING,
            "Pixel Spacing",
        )?;
        let [row, column] = spacing
            .as_slice()
            .try_into()
            .map_err(|_| SegError::Malformed("Pixel Spacing"))?;
        // The thickness is optional in the object; without it frames count as one millimetre thick.
        let slice = numbers(
            tags::PIXEL_MEASURES_SEQUENCE,
            tags::SPACING_BETWEEN_SLICES,
            "",
        )
        .or_else(|_| numbers(tags::PIXEL_MEASURES_SEQUENCE, tags::SLICE_THICKNESS, ""))
        .ok()
        .and_then(|values| values.first().copied())
        .unwrap_or(1.0);
        segment.geometry.spacing_mm = [column, row, slice];
    }
    segment.frames.push(SegmentFrame {
        position_lps_mm,
        bits: bits.to_vec(),
    });
    Ok(())
}

/// The stored values of all frames.
enum Pixels<'a> {
    Native {
        bytes: Cow<'a, [u8]>,
        allocated: usize,
    },
    Coded(Box<PixelFile>),
}

impl<'a> Pixels<'a> {
    fn of(
        file: &[u8],
        object: &'a InMemDicomObject,
        coding: Coding,
        frame_len: usize,
        frames: usize,
    ) -> Result<Self, SegError> {
        let allocated = number(object, tags::BITS_ALLOCATED)?;
        if !matches!(
            (coding, allocated),
            (Coding::Binary, 1) | (Coding::Fractional(_), 8) | (Coding::LabelMap, 8 | 16)
        ) {
            return Err(SegError::Malformed("Bits Allocated"));
        }
        let pixels = object
            .get(tags::PIXEL_DATA)
            .ok_or(SegError::Malformed("Pixel Data"))?;
        if pixels.fragments().is_some() {
            let file = PixelFile::open(file);
            let file = file.map_err(|_| SegError::Unsupported("its pixels cannot be decoded"))?;
            return Ok(Self::Coded(Box::new(file)));
        }
        let bytes = pixels
            .to_bytes()
            .map_err(|_| SegError::Malformed("Pixel Data"))?;
        let wanted = frame_len
            .checked_mul(frames)
            .and_then(|values| values.checked_mul(allocated))
            .ok_or(SegError::Malformed("Number of Frames"))?;
        if bytes.len().saturating_mul(8) < wanted {
            return Err(SegError::Malformed("Pixel Data"));
        }
        Ok(Self::Native { bytes, allocated })
    }

    /// The values of one frame. Frames of single bits need not begin at a byte.
    fn frame(&self, index: usize, frame_len: usize) -> Result<Vec<u32>, SegError> {
        let (bytes, allocated) = match self {
            Self::Native { bytes, allocated } => (bytes, *allocated),
            Self::Coded(file) => {
                let frame = file.frame(index);
                let frame =
                    frame.map_err(|_| SegError::Unsupported("its pixels cannot be decoded"))?;
                // Labels and shares are small whole numbers.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let values: Vec<u32> = frame.samples.to_f64().iter().map(|v| *v as u32).collect();
                let whole = values.len() == frame_len;
                return whole
                    .then_some(values)
                    .ok_or(SegError::Malformed("Pixel Data"));
            }
        };
        let first = index * frame_len;
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        let values = first..first + frame_len;
        Ok(match allocated {
            1 => values
                .map(|at| u32::from(byte(at / 8) >> (at % 8) & 1))
                .collect(),
            8 => values.map(|at| u32::from(byte(at))).collect(),
            // The library hands words out as they lie in memory.
            _ => values
                .map(|at| u32::from(u16::from_ne_bytes([byte(2 * at), byte(2 * at + 1)])))
                .collect(),
        })
    }
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object
        .get(tag)
        .and_then(|element| element.items())
        .unwrap_or_default()
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}

fn number(object: &InMemDicomObject, tag: Tag) -> Result<usize, SegError> {
    let value = object
        .get(tag)
        .and_then(|element| element.to_int::<u32>().ok());
    value
        .and_then(|value| usize::try_from(value).ok())
        .ok_or(SegError::Malformed("an attribute of the image"))
}
