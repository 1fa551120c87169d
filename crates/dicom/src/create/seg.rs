use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use super::{
    CreateError, MadeSeries, Person, Study, common, decimal, decimals, derived_uid, file, put,
    put_items,
};
use crate::Grid;

/// A concept as DICOM writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Coding scheme designator, such as `SCT`.
    pub scheme: String,
    /// Code value.
    pub value: String,
    /// Code meaning.
    pub meaning: String,
}

impl Code {
    /// A code of SNOMED CT.
    pub fn snomed(value: &str, meaning: &str) -> Self {
        Self {
            scheme: "SCT".to_owned(),
            value: value.to_owned(),
            meaning: meaning.to_owned(),
        }
    }

    pub(super) fn item(&self) -> InMemDicomObject {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::CODE_VALUE, VR::SH, self.value.as_str());
        put(
            &mut item,
            tags::CODING_SCHEME_DESIGNATOR,
            VR::SH,
            self.scheme.as_str(),
        );
        put(&mut item, tags::CODE_MEANING, VR::LO, self.meaning.as_str());
        item
    }
}

/// Who or what drew a segment.
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// A person.
    Manual,
    /// A person with a program's help.
    SemiAutomatic(String),
    /// A program.
    Automatic(String),
}

/// One segment to be written.
#[derive(Clone, Debug)]
pub struct NewSegment {
    /// What to call it.
    pub label: String,
    /// What kind of thing it is.
    pub category: Code,
    /// What it is.
    pub kind: Code,
    /// On which side, where there are two.
    pub side: Option<Code>,
    /// Where it is, for a thing that can be in several places.
    pub region: Option<Code>,
    /// Who or what drew it.
    pub algorithm: Algorithm,
    /// The colour to show it in, `CIELab` as DICOM encodes it (PS3.3 C.10.7.1.1).
    pub colour_cielab: [u16; 3],
    /// Which voxels belong to it, on the grid of the series (x fastest, then y, then z).
    pub mask: Vec<bool>,
}

/// A segmentation to be written.
#[derive(Clone, Debug)]
pub struct NewSegmentation {
    /// Series instance UID; the SOP instance UID is derived from it.
    pub uid: Uid,
    /// Series number.
    pub number: u32,
    /// Description of the series and of the content.
    pub description: String,
    /// The segments.
    pub segments: Vec<NewSegment>,
}

/// One frame: the segment's number from 1, its slice from 0, and its bits.
struct Frame<'a> {
    segment: u16,
    slice: usize,
    mask: &'a [bool],
}

/// Makes a binary segmentation of a series, as a whole file. Slices in which a segment has no voxel are
/// left out.
pub fn segmentation(
    person: &Person,
    study: &Study,
    of: &MadeSeries,
    new: &NewSegmentation,
) -> Result<Vec<u8>, CreateError> {
    let frames = frames(&of.grid, &new.segments)?;
    let instance = derived_uid(&[new.uid.as_str(), "1"]);
    let mut object = common(person, study, uids::SEGMENTATION_STORAGE, &instance);
    describe(&mut object, study, of, new);
    let mut segments = Vec::new();
    for (number, segment) in (1_u16..).zip(&new.segments) {
        segments.push(segment_item(number, segment));
    }
    put_items(&mut object, tags::SEGMENT_SEQUENCE, segments);
    refer(&mut object, of);
    dimensions(&mut object, new);
    put_items(
        &mut object,
        tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
        vec![shared_groups(&of.grid)],
    );
    let per_frame = frames.iter().map(|frame| frame_groups(frame, of)).collect();
    put_items(
        &mut object,
        tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        per_frame,
    );
    picture(&mut object, &of.grid, &frames)?;
    file(object)
}

/// The frames of all segments, segment by segment, slice by slice.
fn frames<'a>(grid: &Grid, segments: &'a [NewSegment]) -> Result<Vec<Frame<'a>>, CreateError> {
    let mut frames = Vec::new();
    if segments.len() >= usize::from(u16::MAX) {
        return Err(CreateError::TooLarge("the number of segments"));
    }
    for (number, segment) in (1_u16..).zip(segments) {
        if segment.mask.len() != grid.len() {
            return Err(CreateError::WrongLength {
                got: segment.mask.len(),
                want: grid.len(),
            });
        }
        for (slice, mask) in segment
            .mask
            .chunks_exact(grid.slice_len().max(1))
            .enumerate()
        {
            if mask.contains(&true) {
                frames.push(Frame {
                    segment: number,
                    slice,
                    mask,
                });
            }
        }
    }
    if frames.is_empty() {
        Err(CreateError::Empty)
    } else {
        Ok(frames)
    }
}

/// The attributes of series, equipment and content.
fn describe(object: &mut InMemDicomObject, study: &Study, of: &MadeSeries, new: &NewSegmentation) {
    put(
        object,
        tags::IMAGE_TYPE,
        VR::CS,
        PrimitiveValue::Strs(
            ["DERIVED", "PRIMARY"]
                .iter()
                .map(ToString::to_string)
                .collect(),
        ),
    );
    let number = new.number.to_string();
    for (tag, vr, value) in [
        (tags::MODALITY, VR::CS, "SEG"),
        (tags::SERIES_INSTANCE_UID, VR::UI, new.uid.as_str()),
        (tags::SERIES_NUMBER, VR::IS, &number),
        (tags::SERIES_DESCRIPTION, VR::LO, &new.description),
        (tags::SERIES_DATE, VR::DA, &study.date),
        (tags::SERIES_TIME, VR::TM, &study.time),
        (
            tags::FRAME_OF_REFERENCE_UID,
            VR::UI,
            of.frame_of_reference.as_str(),
        ),
        (tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
        (tags::MANUFACTURER, VR::LO, "Yuanyi"),
        (tags::MANUFACTURER_MODEL_NAME, VR::LO, "mask to DICOM"),
        (tags::DEVICE_SERIAL_NUMBER, VR::LO, "1"),
        (tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION")),
        (tags::INSTANCE_NUMBER, VR::IS, "1"),
        (tags::CONTENT_LABEL, VR::CS, "SEGMENTATION"),
        (tags::CONTENT_DESCRIPTION, VR::LO, &new.description),
        (tags::CONTENT_CREATOR_NAME, VR::PN, ""),
        (tags::CONTENT_DATE, VR::DA, &study.date),
        (tags::CONTENT_TIME, VR::TM, &study.time),
        (tags::SEGMENTATION_TYPE, VR::CS, "BINARY"),
        (tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00"),
        (tags::BURNED_IN_ANNOTATION, VR::CS, "NO"),
    ] {
        put(object, tag, vr, value);
    }
}

fn segment_item(number: u16, segment: &NewSegment) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(
        &mut item,
        tags::SEGMENT_NUMBER,
        VR::US,
        PrimitiveValue::from(number),
    );
    put(
        &mut item,
        tags::SEGMENT_LABEL,
        VR::LO,
        segment.label.as_str(),
    );
    let (kind, name) = match &segment.algorithm {
        Algorithm::Manual => ("MANUAL", None),
        Algorithm::SemiAutomatic(name) => ("SEMIAUTOMATIC", Some(name)),
        Algorithm::Automatic(name) => ("AUTOMATIC", Some(name)),
    };
    put(&mut item, tags::SEGMENT_ALGORITHM_TYPE, VR::CS, kind);
    if let Some(name) = name {
        put(
            &mut item,
            tags::SEGMENT_ALGORITHM_NAME,
            VR::LO,
            name.as_str(),
        );
    }
    put_items(
        &mut item,
        tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE,
        vec![segment.category.item()],
    );
    let mut kind = segment.kind.item();
    if let Some(side) = &segment.side {
        put_items(
            &mut kind,
            tags::SEGMENTED_PROPERTY_TYPE_MODIFIER_CODE_SEQUENCE,
            vec![side.item()],
        );
    }
    put_items(
        &mut item,
        tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE,
        vec![kind],
    );
    if let Some(region) = &segment.region {
        put_items(
            &mut item,
            tags::ANATOMIC_REGION_SEQUENCE,
            vec![region.item()],
        );
    }
    let colour = segment.colour_cielab.iter().copied().collect();
    put(
        &mut item,
        tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE,
        VR::US,
        PrimitiveValue::U16(colour),
    );
    item
}

/// A reference to one instance.
fn instance_item(class: &str, instance: &Uid) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, class);
    put(
        &mut item,
        tags::REFERENCED_SOP_INSTANCE_UID,
        VR::UI,
        instance.as_str(),
    );
    item
}

/// The series that was segmented (Common Instance Reference).
fn refer(object: &mut InMemDicomObject, of: &MadeSeries) {
    let instances = of
        .files
        .iter()
        .map(|(instance, _)| instance_item(of.class, instance))
        .collect();
    let mut series = InMemDicomObject::new_empty();
    put(
        &mut series,
        tags::SERIES_INSTANCE_UID,
        VR::UI,
        of.series.as_str(),
    );
    put_items(&mut series, tags::REFERENCED_INSTANCE_SEQUENCE, instances);
    put_items(object, tags::REFERENCED_SERIES_SEQUENCE, vec![series]);
}

/// What orders the frames: the segment, then the position.
fn dimensions(object: &mut InMemDicomObject, new: &NewSegmentation) {
    let organization = derived_uid(&[new.uid.as_str(), "dimensions"]);
    let mut item = InMemDicomObject::new_empty();
    put(
        &mut item,
        tags::DIMENSION_ORGANIZATION_UID,
        VR::UI,
        organization.as_str(),
    );
    put_items(object, tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![item]);
    let index = |pointer: Tag, group: Tag, label: &str| {
        let mut item = InMemDicomObject::new_empty();
        put(
            &mut item,
            tags::DIMENSION_ORGANIZATION_UID,
            VR::UI,
            organization.as_str(),
        );
        put(
            &mut item,
            tags::DIMENSION_INDEX_POINTER,
            VR::AT,
            PrimitiveValue::from(pointer),
        );
        put(
            &mut item,
            tags::FUNCTIONAL_GROUP_POINTER,
            VR::AT,
            PrimitiveValue::from(group),
        );
        put(&mut item, tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, label);
        item
    };
    put_items(
        object,
        tags::DIMENSION_INDEX_SEQUENCE,
        vec![
            index(
                tags::REFERENCED_SEGMENT_NUMBER,
                tags::SEGMENT_IDENTIFICATION_SEQUENCE,
                "Segment",
            ),
            index(
                tags::IMAGE_POSITION_PATIENT,
                tags::PLANE_POSITION_SEQUENCE,
                "Position",
            ),
        ],
    );
}

/// What all frames share: orientation and spacing.
fn shared_groups(grid: &Grid) -> InMemDicomObject {
    let [x, y, _] = grid.axes();
    let [sx, sy, sz] = grid.spacing_mm;
    let mut orientation = InMemDicomObject::new_empty();
    put(
        &mut orientation,
        tags::IMAGE_ORIENTATION_PATIENT,
        VR::DS,
        decimals(&[x, y].concat()),
    );
    let mut measures = InMemDicomObject::new_empty();
    put(
        &mut measures,
        tags::PIXEL_SPACING,
        VR::DS,
        decimals(&[sy, sx]),
    );
    put(&mut measures, tags::SLICE_THICKNESS, VR::DS, decimal(sz));
    put(
        &mut measures,
        tags::SPACING_BETWEEN_SLICES,
        VR::DS,
        decimal(sz),
    );
    let mut groups = InMemDicomObject::new_empty();
    put_items(
        &mut groups,
        tags::PLANE_ORIENTATION_SEQUENCE,
        vec![orientation],
    );
    put_items(&mut groups, tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
    groups
}

/// What one frame has of its own: segment, position and the slice it was drawn on.
fn frame_groups(frame: &Frame<'_>, of: &MadeSeries) -> InMemDicomObject {
    let mut groups = InMemDicomObject::new_empty();
    let mut content = InMemDicomObject::new_empty();
    let position = u32::try_from(frame.slice + 1).unwrap_or(u32::MAX);
    let indices = [u32::from(frame.segment), position].into_iter().collect();
    put(
        &mut content,
        tags::DIMENSION_INDEX_VALUES,
        VR::UL,
        PrimitiveValue::U32(indices),
    );
    put_items(&mut groups, tags::FRAME_CONTENT_SEQUENCE, vec![content]);

    let mut plane = InMemDicomObject::new_empty();
    let at = of.grid.position_lps_mm([0.0, 0.0, frame.slice as f64]);
    put(
        &mut plane,
        tags::IMAGE_POSITION_PATIENT,
        VR::DS,
        decimals(&at),
    );
    put_items(&mut groups, tags::PLANE_POSITION_SEQUENCE, vec![plane]);

    let mut segment = InMemDicomObject::new_empty();
    put(
        &mut segment,
        tags::REFERENCED_SEGMENT_NUMBER,
        VR::US,
        PrimitiveValue::from(frame.segment),
    );
    put_items(
        &mut groups,
        tags::SEGMENT_IDENTIFICATION_SEQUENCE,
        vec![segment],
    );

    let Some((instance, _)) = of.files.get(frame.slice) else {
        return groups;
    };
    let mut source = instance_item(of.class, instance);
    let purpose = Code {
        scheme: "DCM".to_owned(),
        value: "121322".to_owned(),
        meaning: "Source image for image processing operation".to_owned(),
    };
    put_items(
        &mut source,
        tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
        vec![purpose.item()],
    );
    let derivation = Code {
        scheme: "DCM".to_owned(),
        value: "113076".to_owned(),
        meaning: "Segmentation".to_owned(),
    };
    let mut image = InMemDicomObject::new_empty();
    put_items(&mut image, tags::SOURCE_IMAGE_SEQUENCE, vec![source]);
    put_items(
        &mut image,
        tags::DERIVATION_CODE_SEQUENCE,
        vec![derivation.item()],
    );
    put_items(&mut groups, tags::DERIVATION_IMAGE_SEQUENCE, vec![image]);
    groups
}

/// The bits of all frames, one after the other without gaps, least significant bit first.
fn picture(
    object: &mut InMemDicomObject,
    grid: &Grid,
    frames: &[Frame<'_>],
) -> Result<(), CreateError> {
    let side = |size: usize| u16::try_from(size).map_err(|_| CreateError::TooLarge("the slice"));
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, side(grid.size[1])?),
        (tags::COLUMNS, side(grid.size[0])?),
        (tags::BITS_ALLOCATED, 1),
        (tags::BITS_STORED, 1),
        (tags::HIGH_BIT, 0),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        put(object, tag, VR::US, PrimitiveValue::from(value));
    }
    put(
        object,
        tags::PHOTOMETRIC_INTERPRETATION,
        VR::CS,
        "MONOCHROME2",
    );
    put(
        object,
        tags::NUMBER_OF_FRAMES,
        VR::IS,
        frames.len().to_string(),
    );
    let bits: Vec<bool> = frames
        .iter()
        .flat_map(|frame| frame.mask.iter().copied())
        .collect();
    let mut bytes: Vec<u8> = bits
        .chunks(8)
        .map(|eight| {
            eight
                .iter()
                .rev()
                .fold(0, |byte, bit| byte << 1 | u8::from(*bit))
        })
        .collect();
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    put(
        object,
        tags::PIXEL_DATA,
        VR::OB,
        PrimitiveValue::U8(bytes.into()),
    );
    Ok(())
}
