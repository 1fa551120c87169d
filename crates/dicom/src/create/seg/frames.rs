//! The frames of a segmentation: which there are, where they lie, and their bytes.

use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{NewSegmentation, SegmentCoding, SegmentedSeries, SegmentedSlice, Voxels};
use crate::create::{Code, CreateError, decimal, decimals, derived_uid, put, put_items};

/// The share of a voxel that belongs to a segment wholly.
pub(super) const MOST_FRACTION: u16 = 255;

/// The frames of an object.
pub(super) struct Frames {
    /// The segment's number from 1 and the slice from 0; of all segments in a label map, where it is 0.
    places: Vec<(u16, usize)>,
    /// Their pixels, one frame after the other: bits of several frames share a byte.
    bytes: Vec<u8>,
    /// Bits written so far.
    bits: usize,
    /// Bits of a pixel.
    allocated: u16,
}

/// Collects the frames of all segments, segment by segment, slice by slice; those of a label map slice by slice.
pub(super) fn collect(
    of: &SegmentedSeries,
    new: &NewSegmentation,
    voxels: &dyn Voxels,
) -> Result<Frames, CreateError> {
    let segments =
        u16::try_from(new.segments.len()).map_err(|_| CreateError::TooLarge("the segments"))?;
    let mut frames = Frames {
        places: Vec::new(),
        bytes: Vec::new(),
        bits: 0,
        allocated: match new.coding {
            SegmentCoding::Binary => 1,
            SegmentCoding::LabelMap if segments > 255 => 16,
            _ => 8,
        },
    };
    let want = of.size[0] * of.size[1];
    let slice_of = |segment: u16, slice: usize| -> Result<Option<Vec<u8>>, CreateError> {
        let values = voxels.slice(usize::from(segment) - 1, slice);
        match values {
            Some(values) if values.len() != want => Err(CreateError::WrongLength {
                got: values.len(),
                want,
            }),
            // A frame without any voxel says nothing.
            values => Ok(values.filter(|values| values.iter().any(|value| *value > 0))),
        }
    };
    if new.coding == SegmentCoding::LabelMap {
        for slice in 0..of.slices.len() {
            frames.label(
                slice,
                (1..=segments).map(|segment| slice_of(segment, slice)),
            )?;
        }
    } else {
        for segment in 1..=segments {
            for slice in 0..of.slices.len() {
                if let Some(values) = slice_of(segment, slice)? {
                    frames.places.push((segment, slice));
                    frames.add(new.coding, &values);
                }
            }
        }
    }
    if frames.places.is_empty() {
        return Err(CreateError::Empty);
    }
    Ok(frames)
}

impl Frames {
    fn add(&mut self, coding: SegmentCoding, values: &[u8]) {
        if coding != SegmentCoding::Binary {
            self.bytes.extend_from_slice(values);
            return;
        }
        // Least significant bit first, and no gap between frames.
        for value in values {
            let place = self.bits % 8;
            if place == 0 {
                self.bytes.push(0);
            }
            if let (Some(last), true) = (self.bytes.last_mut(), *value > 0) {
                *last |= 1 << place;
            }
            self.bits += 1;
        }
    }

    /// Adds a slice of a label map: each voxel has the number of the one segment that it belongs to.
    fn label(
        &mut self,
        slice: usize,
        segments: impl Iterator<Item = Result<Option<Vec<u8>>, CreateError>>,
    ) -> Result<(), CreateError> {
        let mut labels: Vec<u16> = Vec::new();
        for (number, values) in (1_u16..).zip(segments) {
            let Some(values) = values? else { continue };
            labels.resize(values.len(), 0);
            for (label, value) in labels.iter_mut().zip(values) {
                if value == 0 {
                    continue;
                }
                if *label != 0 {
                    return Err(CreateError::Overlap);
                }
                *label = number;
            }
        }
        if labels.is_empty() {
            return Ok(());
        }
        self.places.push((0, slice));
        for label in labels {
            let [low, high] = label.to_le_bytes();
            self.bytes.push(low);
            if self.allocated == 16 {
                self.bytes.push(high);
            }
        }
        Ok(())
    }
}

/// A reference to one image.
fn image_item(of: &SegmentedSeries, slice: &SegmentedSlice, with_frame: bool) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    let class = of.class.as_str();
    put(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, class);
    let sop = slice.sop.as_str();
    put(&mut item, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, sop);
    if let (Some(frame), true) = (slice.frame, with_frame) {
        let frame = frame.to_string();
        put(&mut item, tags::REFERENCED_FRAME_NUMBER, VR::IS, frame);
    }
    item
}

/// The series that was segmented (Common Instance Reference): each object once.
pub(super) fn refer(object: &mut InMemDicomObject, of: &SegmentedSeries) {
    let mut named = std::collections::BTreeSet::new();
    let slices = of.slices.iter().filter(|slice| named.insert(&slice.sop));
    let instances = slices.map(|slice| image_item(of, slice, false)).collect();
    let mut series = InMemDicomObject::new_empty();
    put(
        &mut series,
        tags::SERIES_INSTANCE_UID,
        VR::UI,
        of.uid.as_str(),
    );
    put_items(&mut series, tags::REFERENCED_INSTANCE_SEQUENCE, instances);
    put_items(object, tags::REFERENCED_SERIES_SEQUENCE, vec![series]);
}

/// What orders the frames: the segment, where frames have one, then the position.
pub(super) fn dimensions(object: &mut InMemDicomObject, new: &NewSegmentation) {
    let organization = derived_uid(&[new.uid.as_str(), "dimensions"]);
    let uid = organization.as_str();
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::DIMENSION_ORGANIZATION_UID, VR::UI, uid);
    put_items(object, tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![item]);
    let index = |pointer: Tag, group: Tag, label: &str| {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::DIMENSION_ORGANIZATION_UID, VR::UI, uid);
        for (tag, value) in [
            (tags::DIMENSION_INDEX_POINTER, pointer),
            (tags::FUNCTIONAL_GROUP_POINTER, group),
        ] {
            put(&mut item, tag, VR::AT, PrimitiveValue::from(value));
        }
        put(&mut item, tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, label);
        item
    };
    let position = index(
        tags::IMAGE_POSITION_PATIENT,
        tags::PLANE_POSITION_SEQUENCE,
        "Position",
    );
    let segment = index(
        tags::REFERENCED_SEGMENT_NUMBER,
        tags::SEGMENT_IDENTIFICATION_SEQUENCE,
        "Segment",
    );
    let all = match new.coding {
        SegmentCoding::LabelMap => vec![position],
        _ => vec![segment, position],
    };
    put_items(object, tags::DIMENSION_INDEX_SEQUENCE, all);
}

/// What all frames share, and what each has of its own.
pub(super) fn groups(
    object: &mut InMemDicomObject,
    of: &SegmentedSeries,
    coding: SegmentCoding,
    frames: &Frames,
) {
    let shared = vec![shared_groups(of)];
    put_items(object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared);
    let places = frames.places.iter();
    let own = places.filter_map(|(segment, slice)| {
        let place = of.slices.get(*slice)?;
        Some(frame_groups(of, coding, *segment, *slice, place))
    });
    let own = own.collect();
    put_items(object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, own);
}

/// What all frames share: orientation and spacing.
fn shared_groups(of: &SegmentedSeries) -> InMemDicomObject {
    let [sx, sy, sz] = of.spacing_mm;
    let mut orientation = InMemDicomObject::new_empty();
    let axes = decimals(&of.axes_lps.concat());
    put(
        &mut orientation,
        tags::IMAGE_ORIENTATION_PATIENT,
        VR::DS,
        axes,
    );
    let mut measures = InMemDicomObject::new_empty();
    let spacing = decimals(&[sy, sx]);
    put(&mut measures, tags::PIXEL_SPACING, VR::DS, spacing);
    for tag in [tags::SLICE_THICKNESS, tags::SPACING_BETWEEN_SLICES] {
        put(&mut measures, tag, VR::DS, decimal(sz));
    }
    let mut groups = InMemDicomObject::new_empty();
    for (tag, item) in [
        (tags::PLANE_ORIENTATION_SEQUENCE, orientation),
        (tags::PIXEL_MEASURES_SEQUENCE, measures),
    ] {
        put_items(&mut groups, tag, vec![item]);
    }
    groups
}

/// What one frame has of its own: segment, position and the slice it was drawn on.
fn frame_groups(
    of: &SegmentedSeries,
    coding: SegmentCoding,
    segment: u16,
    slice: usize,
    place: &SegmentedSlice,
) -> InMemDicomObject {
    let mut groups = InMemDicomObject::new_empty();
    let position = u32::try_from(slice + 1).unwrap_or(u32::MAX);
    let indices = match coding {
        SegmentCoding::LabelMap => vec![position],
        _ => vec![u32::from(segment), position],
    };
    let mut content = InMemDicomObject::new_empty();
    let indices = PrimitiveValue::U32(indices.into());
    put(&mut content, tags::DIMENSION_INDEX_VALUES, VR::UL, indices);
    put_items(&mut groups, tags::FRAME_CONTENT_SEQUENCE, vec![content]);

    let mut plane = InMemDicomObject::new_empty();
    let at = decimals(&place.position_lps_mm);
    put(&mut plane, tags::IMAGE_POSITION_PATIENT, VR::DS, at);
    put_items(&mut groups, tags::PLANE_POSITION_SEQUENCE, vec![plane]);

    if coding != SegmentCoding::LabelMap {
        let mut item = InMemDicomObject::new_empty();
        let segment = PrimitiveValue::from(segment);
        put(&mut item, tags::REFERENCED_SEGMENT_NUMBER, VR::US, segment);
        let items = vec![item];
        put_items(&mut groups, tags::SEGMENT_IDENTIFICATION_SEQUENCE, items);
    }

    let mut source = image_item(of, place, true);
    let purpose = Code::dcm("121322", "Source image for image processing operation");
    put_items(
        &mut source,
        tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
        vec![purpose.item()],
    );
    let mut image = InMemDicomObject::new_empty();
    put_items(&mut image, tags::SOURCE_IMAGE_SEQUENCE, vec![source]);
    let derivation = Code::dcm("113076", "Segmentation").item();
    put_items(&mut image, tags::DERIVATION_CODE_SEQUENCE, vec![derivation]);
    put_items(&mut groups, tags::DERIVATION_IMAGE_SEQUENCE, vec![image]);
    groups
}

/// How pixels are written, and the pixels.
pub(super) fn picture(
    object: &mut InMemDicomObject,
    of: &SegmentedSeries,
    new: &NewSegmentation,
    frames: Frames,
) -> Result<(), CreateError> {
    let side = |size: usize| u16::try_from(size).map_err(|_| CreateError::TooLarge("the slice"));
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, side(of.size[1])?),
        (tags::COLUMNS, side(of.size[0])?),
        (tags::BITS_ALLOCATED, frames.allocated),
        (tags::BITS_STORED, frames.allocated),
        (tags::HIGH_BIT, frames.allocated - 1),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        put(object, tag, VR::US, PrimitiveValue::from(value));
    }
    if new.coding == SegmentCoding::LabelMap {
        let background = PrimitiveValue::from(0_u16);
        put(object, tags::PIXEL_PADDING_VALUE, VR::US, background);
    }
    let grey = "MONOCHROME2";
    put(object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, grey);
    let count = frames.places.len().to_string();
    put(object, tags::NUMBER_OF_FRAMES, VR::IS, count);
    let mut bytes = frames.bytes;
    if frames.allocated == 16 {
        let (words, _) = bytes.as_chunks::<2>();
        let words = words.iter().map(|word| u16::from_le_bytes(*word));
        let words = PrimitiveValue::U16(words.collect());
        put(object, tags::PIXEL_DATA, VR::OW, words);
        return Ok(());
    }
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    let bytes = PrimitiveValue::U8(bytes.into());
    put(object, tags::PIXEL_DATA, VR::OB, bytes);
    Ok(())
}
