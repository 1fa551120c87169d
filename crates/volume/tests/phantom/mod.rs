//! Small CT series made for tests, with every field that can go wrong in the hand of the test.
#![allow(
    clippy::unwrap_used,
    clippy::manual_midpoint,
    reason = "a test may stop"
)]

use dicom_core::{DataElement, PrimitiveValue, VR, dicom_value, smallvec::SmallVec};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

/// One slice of a phantom.
#[derive(Clone)]
pub struct Slice {
    pub number: usize,
    pub position: [f64; 3],
    pub orientation: [f64; 6],
    pub size: [u16; 2],
    pub thickness: String,
    pub modality: &'static str,
    pub rescale: Option<[&'static str; 2]>,
}

/// The value of the phantom at a voxel.
pub fn hu(x: usize, y: usize, z: usize) -> i16 {
    i16::try_from(x * 10 + y * 100 + z * 2).unwrap() - 1000
}

/// A regular series of `n` slices, 2 mm apart from −100 mm upwards.
pub fn series_of(n: usize) -> Vec<Slice> {
    (0..n)
        .map(|z| Slice {
            number: z,
            position: [-30.0, -40.0, -100.0 + 2.0 * z as f64],
            orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            size: [18, 16],
            thickness: "2".to_owned(),
            modality: "CT",
            rescale: Some(["2", "-1024"]),
        })
        .collect()
}

/// The slices as DICOM files, stored as (HU + 1024) / 2 where they have a rescale.
pub fn files(slices: &[Slice]) -> Vec<Vec<u8>> {
    slices.iter().map(file).collect()
}

fn file(slice: &Slice) -> Vec<u8> {
    let [columns, rows] = slice.size;
    let mut object = InMemDicomObject::new_empty();
    let instance = format!("1.2.3.{}", slice.number + 1);
    let decimals = |values: &[f64]| {
        values
            .iter()
            .map(|v| format!("{v}"))
            .collect::<Vec<_>>()
            .join("\\")
    };
    let texts = [
        (
            tags::SOP_CLASS_UID,
            VR::UI,
            uids::CT_IMAGE_STORAGE.to_owned(),
        ),
        (tags::SOP_INSTANCE_UID, VR::UI, instance.clone()),
        (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3".to_owned()),
        (tags::MODALITY, VR::CS, slice.modality.to_owned()),
        (tags::INSTANCE_NUMBER, VR::IS, format!("{}", slice.number)),
        (
            tags::IMAGE_POSITION_PATIENT,
            VR::DS,
            decimals(&slice.position),
        ),
        (
            tags::IMAGE_ORIENTATION_PATIENT,
            VR::DS,
            decimals(&slice.orientation),
        ),
        (tags::PIXEL_SPACING, VR::DS, "0.75\\0.5".to_owned()),
        (tags::SLICE_THICKNESS, VR::DS, slice.thickness.clone()),
        (
            tags::PHOTOMETRIC_INTERPRETATION,
            VR::CS,
            "MONOCHROME2".to_owned(),
        ),
    ];
    for (tag, vr, text) in texts {
        object.put(DataElement::new(tag, vr, dicom_value!(Str, text)));
    }
    if let Some([slope, intercept]) = slice.rescale {
        object.put(DataElement::new(
            tags::RESCALE_SLOPE,
            VR::DS,
            dicom_value!(Str, slope),
        ));
        object.put(DataElement::new(
            tags::RESCALE_INTERCEPT,
            VR::DS,
            dicom_value!(Str, intercept),
        ));
    }
    let numbers = [
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 12),
        (tags::HIGH_BIT, 11),
        (tags::PIXEL_REPRESENTATION, 0),
    ];
    for (tag, number) in numbers {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(number)));
    }
    let mut pixels: SmallVec<[u16; 2]> = SmallVec::new();
    for y in 0..usize::from(rows) {
        for x in 0..usize::from(columns) {
            pixels.push(u16::try_from((hu(x, y, slice.number) + 1024) / 2).unwrap());
        }
    }
    object.put(DataElement::new(
        tags::PIXEL_DATA,
        VR::OW,
        PrimitiveValue::U16(pixels),
    ));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(uids::CT_IMAGE_STORAGE)
        .media_storage_sop_instance_uid(instance);
    let mut bytes = Vec::new();
    object
        .with_meta(meta)
        .unwrap()
        .write_all(&mut bytes)
        .unwrap();
    bytes
}
