//! The same series in other forms: compressed, and as one enhanced object of many frames.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

mod phantom;

use dicom::pixels::{TARGETS, transcode};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject, from_reader};
use volume::series::from_files;

fn item(elements: &[(Tag, &InMemDicomObject)]) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    for (tag, from) in elements {
        item.put(from.element(*tag).unwrap().clone());
    }
    item
}

fn sequence(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

/// One Enhanced CT object of the slices, in their order: what differs in groups of each frame, what does not
/// in those that are shared.
fn enhanced(slices: &[DefaultDicomObject]) -> Vec<u8> {
    let mut object = (*slices[0]).clone();
    let mut frames = Vec::new();
    let mut pixels = Vec::new();
    for slice in slices {
        let mut frame = InMemDicomObject::new_empty();
        let position = item(&[(tags::IMAGE_POSITION_PATIENT, slice)]);
        sequence(&mut frame, tags::PLANE_POSITION_SEQUENCE, vec![position]);
        let rescale = item(&[
            (tags::RESCALE_SLOPE, slice),
            (tags::RESCALE_INTERCEPT, slice),
        ]);
        sequence(
            &mut frame,
            tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE,
            vec![rescale],
        );
        frames.push(frame);
        pixels.extend(
            slice
                .element(tags::PIXEL_DATA)
                .unwrap()
                .to_multi_int::<u16>()
                .unwrap(),
        );
    }
    let mut shared = InMemDicomObject::new_empty();
    let measures = item(&[
        (tags::PIXEL_SPACING, &object),
        (tags::SLICE_THICKNESS, &object),
    ]);
    sequence(&mut shared, tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
    let orientation = item(&[(tags::IMAGE_ORIENTATION_PATIENT, &object)]);
    sequence(
        &mut shared,
        tags::PLANE_ORIENTATION_SEQUENCE,
        vec![orientation],
    );
    for moved in [
        tags::IMAGE_POSITION_PATIENT,
        tags::IMAGE_ORIENTATION_PATIENT,
        tags::PIXEL_SPACING,
        tags::SLICE_THICKNESS,
        tags::RESCALE_SLOPE,
        tags::RESCALE_INTERCEPT,
    ] {
        object.remove_element(moved);
    }
    let class = PrimitiveValue::from(uids::ENHANCED_CT_IMAGE_STORAGE);
    object.put(DataElement::new(tags::SOP_CLASS_UID, VR::UI, class));
    let count = PrimitiveValue::from(frames.len().to_string());
    object.put(DataElement::new(tags::NUMBER_OF_FRAMES, VR::IS, count));
    sequence(
        &mut object,
        tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
        vec![shared],
    );
    sequence(
        &mut object,
        tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        frames,
    );
    let pixels = PrimitiveValue::U16(pixels.into());
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, pixels));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(uids::ENHANCED_CT_IMAGE_STORAGE)
        .media_storage_sop_instance_uid("1.2.3.9");
    let mut bytes = Vec::new();
    object
        .with_meta(meta)
        .unwrap()
        .write_all(&mut bytes)
        .unwrap();
    bytes
}

#[test]
fn compressed_series_make_the_same_volume() {
    let plain = phantom::files(&phantom::series_of(6));
    let expect = from_files(&plain).unwrap();
    assert_eq!(expect.volume.at([3, 2, 1]), Some(phantom::hu(3, 2, 1)));
    for syntax in TARGETS {
        let coded: Vec<_> = plain
            .iter()
            .map(|file| transcode(&file.clone().into(), syntax).unwrap())
            .collect();
        assert_eq!(from_files(&coded).unwrap(), expect, "{syntax}");
    }
}

#[test]
fn an_enhanced_object_makes_the_volume_of_its_frames() {
    let plain = phantom::files(&phantom::series_of(6));
    let expect = from_files(&plain).unwrap();
    let slices: Vec<_> = plain
        .iter()
        .map(|file| from_reader(&file[..]).unwrap())
        .collect();
    let one = enhanced(&slices);
    let found = from_files(&[&one]).unwrap();
    assert_eq!(found, expect);
    // Compressed as well, and in two objects of which each holds a part.
    let coded = transcode(&one.into(), uids::RLE_LOSSLESS).unwrap();
    assert_eq!(from_files(&[coded]).unwrap(), expect);
    let parts = [enhanced(&slices[..2]), enhanced(&slices[2..])];
    assert_eq!(from_files(&parts).unwrap(), expect);
    // A frame without a place is left out, and the gap is said.
    let mut torn = slices;
    torn[3].remove_element(tags::IMAGE_POSITION_PATIENT);
    let without = PrimitiveValue::from("1\\2");
    torn[3].put(DataElement::new(
        tags::IMAGE_POSITION_PATIENT,
        VR::DS,
        without,
    ));
    let found = from_files(&[enhanced(&torn)]).unwrap();
    assert_eq!(found.missing_planes, [3]);
}
