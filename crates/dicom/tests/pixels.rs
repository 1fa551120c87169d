//! Pixels: the same image in many forms, what is damaged, and what is shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::fs;

use bytes::Bytes;
use dicom::{
    parse,
    pixels::{Frame, Picture, PixelError, PixelFile, Samples, TARGETS, transcode},
};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{InMemDicomObject, meta::FileMetaTableBuilder};
use proptest::prelude::*;

/// A file of a small image; `change` puts more into it.
fn file(syntax: &str, change: impl FnOnce(&mut InMemDicomObject)) -> Vec<u8> {
    let mut object = InMemDicomObject::new_empty();
    for (tag, vr, value) in [
        (
            tags::SOP_CLASS_UID,
            VR::UI,
            uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
        ),
        (tags::SOP_INSTANCE_UID, VR::UI, "1.2.3.1"),
        (tags::STUDY_INSTANCE_UID, VR::UI, "1.2.3.2"),
        (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3.3"),
        (tags::PATIENT_NAME, VR::PN, "A^B"),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
    ] {
        object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    }
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, 2),
        (tags::COLUMNS, 3),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 12),
        (tags::HIGH_BIT, 11),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        number(&mut object, tag, value);
    }
    change(&mut object);
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(uids::SECONDARY_CAPTURE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid("1.2.3.1")
        .transfer_syntax(syntax);
    let mut out = Vec::new();
    object.with_meta(meta).unwrap().write_all(&mut out).unwrap();
    out
}

fn number(object: &mut InMemDicomObject, tag: Tag, value: u16) {
    object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

fn text(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

fn words(object: &mut InMemDicomObject, words: &[u16]) {
    let value = PrimitiveValue::U16(words.into());
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, value));
}

fn bytes(object: &mut InMemDicomObject, bytes: &[u8]) {
    let value = PrimitiveValue::from(bytes);
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, value));
}

fn frame(file: &[u8], index: usize) -> Frame {
    PixelFile::open(file).unwrap().frame(index).unwrap()
}

fn shades(file: &[u8]) -> Vec<u8> {
    match PixelFile::open(file).unwrap().picture(0, None).unwrap().1 {
        Picture::Grey(shades) => shades,
        Picture::Rgb(colours) => colours,
    }
}

const PLAIN: &str = uids::EXPLICIT_VR_LITTLE_ENDIAN;

#[test]
fn bits_that_do_not_count_are_dropped() {
    let garbage = [0xf001, 0x7fff, 0x1800, 0xa7ff, 0x0000, 0xffff];
    let plain = file(PLAIN, |o| words(o, &garbage));
    let expect = [1, 0xfff, 0x800, 0x7ff, 0, 0xfff];
    assert_eq!(frame(&plain, 0).samples, Samples::U16(expect.into()));
    let signed = file(PLAIN, |o| {
        number(o, tags::PIXEL_REPRESENTATION, 1);
        words(o, &garbage);
    });
    let expect = [1, -1, -2048, 2047, 0, -1];
    assert_eq!(frame(&signed, 0).samples, Samples::I16(expect.into()));
    // The bits that count may lie at the top.
    let high = file(PLAIN, |o| {
        number(o, tags::HIGH_BIT, 15);
        words(o, &[0x001f, 0xfff0, 0x8000, 0x7ff5, 0, 0xffff]);
    });
    let expect = [1, 0xfff, 0x800, 0x7ff, 0, 0xfff];
    assert_eq!(frame(&high, 0).samples, Samples::U16(expect.into()));
    // What is answered uncompressed is as it is stored.
    let stored = PixelFile::open(&plain).unwrap().frame_bytes(0).unwrap();
    let expect: Vec<u8> = garbage.iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(stored, expect);
}

#[test]
fn single_bits_go_on_over_frames() {
    let bits = file(PLAIN, |o| {
        number(o, tags::BITS_ALLOCATED, 1);
        number(o, tags::BITS_STORED, 1);
        number(o, tags::HIGH_BIT, 0);
        text(o, tags::NUMBER_OF_FRAMES, VR::IS, "3");
        bytes(o, &[0b0111_0101, 0b1010_1110, 0b1111_1110, 0]);
    });
    let expect = [[1, 0, 1, 0, 1, 1], [1, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1]];
    for (index, expect) in expect.into_iter().enumerate() {
        assert_eq!(
            frame(&bits, index).samples,
            Samples::U8(expect.into()),
            "{index}"
        );
    }
    let one = PixelFile::open(&bits).unwrap().frame_bytes(1).unwrap();
    assert_eq!(one, [0b0011_1001]);
    let none = PixelFile::open(&bits).unwrap().frame(3);
    assert_eq!(
        none,
        Err(PixelError::NoFrame {
            number: 4,
            frames: 3
        })
    );
}

#[test]
fn planes_and_shared_chrominances_become_pixels() {
    let colour = |o: &mut InMemDicomObject, photometric| {
        number(o, tags::SAMPLES_PER_PIXEL, 3);
        number(o, tags::BITS_ALLOCATED, 8);
        number(o, tags::BITS_STORED, 8);
        number(o, tags::HIGH_BIT, 7);
        number(o, tags::ROWS, 1);
        text(o, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, photometric);
    };
    let planes = file(PLAIN, |o| {
        colour(o, "RGB");
        number(o, tags::PLANAR_CONFIGURATION, 1);
        bytes(o, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    });
    assert_eq!(shades(&planes), [1, 4, 7, 2, 5, 8, 3, 6, 9]);
    let shared = file(PLAIN, |o| {
        colour(o, "YBR_FULL_422");
        bytes(o, &[50, 60, 128, 128, 70, 80, 90, 240]);
    });
    assert_eq!(
        frame(&shared, 0).samples,
        Samples::U8(vec![50, 128, 128, 60, 128, 128, 70, 90, 240])
    );
    assert_eq!(shades(&shared), [50, 50, 50, 60, 60, 60, 227, 3, 3]);
}

/// The order of the standard: modality, values of interest, presentation.
#[test]
fn shades_follow_the_order_of_the_standard() {
    let values = [0, 10, 20, 30, 40, 50];
    let with = |change: &dyn Fn(&mut InMemDicomObject)| {
        shades(&file(PLAIN, |o| {
            words(o, &values);
            change(o);
        }))
    };
    assert_eq!(with(&|_| {}), [0, 51, 102, 153, 204, 255]);
    let rescaled = |o: &mut InMemDicomObject| {
        text(o, tags::RESCALE_SLOPE, VR::DS, "2");
        text(o, tags::RESCALE_INTERCEPT, VR::DS, "-50");
        text(o, tags::WINDOW_CENTER, VR::DS, "0");
        text(o, tags::WINDOW_WIDTH, VR::DS, "100");
        text(o, tags::VOILUT_FUNCTION, VR::CS, "LINEAR_EXACT");
    };
    assert_eq!(with(&rescaled), [0, 51, 102, 153, 204, 255]);
    let inverse = |o: &mut InMemDicomObject| {
        rescaled(o);
        text(o, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
        text(o, tags::PRESENTATION_LUT_SHAPE, VR::CS, "INVERSE");
    };
    assert_eq!(with(&inverse), [255, 204, 153, 102, 51, 0]);
    // Tables: stored values to measured ones, and those to shades.
    let table = |descriptor: [u16; 3], entries: &[u16]| {
        let mut item = InMemDicomObject::new_empty();
        let descriptor = PrimitiveValue::U16(descriptor.as_slice().into());
        item.put(DataElement::new(tags::LUT_DESCRIPTOR, VR::US, descriptor));
        let entries = PrimitiveValue::U16(entries.into());
        item.put(DataElement::new(tags::LUT_DATA, VR::OW, entries));
        DataSetSequence::from(vec![item])
    };
    let tables = |o: &mut InMemDicomObject| {
        let measured = table([4, 20, 16], &[3, 2, 1, 0]);
        o.put(DataElement::new(
            tags::MODALITY_LUT_SEQUENCE,
            VR::SQ,
            measured,
        ));
        let shown = table([4, 0, 8], &[255, 10, 20, 30]);
        o.put(DataElement::new(tags::VOILUT_SEQUENCE, VR::SQ, shown));
    };
    assert_eq!(with(&tables), [30, 30, 30, 255, 255, 255]);
}

#[test]
fn sizes_are_checked_before_memory_is_asked_for() {
    let large = file(uids::JPEGLS_LOSSLESS, |o| {
        number(o, tags::ROWS, 0xffff);
        number(o, tags::COLUMNS, 0xffff);
        number(o, tags::BITS_ALLOCATED, 32);
        bytes(o, &[0; 64]);
    });
    assert!(matches!(
        PixelFile::open(&large),
        Err(PixelError::TooLarge(_))
    ));
    let frames = file(PLAIN, |o| {
        text(o, tags::NUMBER_OF_FRAMES, VR::IS, "2147483647");
        words(o, &[0; 6]);
    });
    let frames = PixelFile::open(&frames).unwrap();
    assert!(frames.frame(0).is_ok());
    assert!(frames.frame(1).is_err());
    assert!(frames.frame(2_147_483_646).is_err());
}

/// Files of other programs that hold the same image.
#[test]
fn the_same_image_in_other_forms_has_the_same_pixels() {
    let Some(folder) = support::shared("dicom") else {
        return;
    };
    let samples = |name: &str, index: usize| {
        let file = fs::read(folder.join(name)).unwrap();
        frame(&file, index).samples
    };
    for (one, other, frames) in [
        ("pydicom-data/liver.dcm", "pydicom-data/liver_rle.dcm", 3),
        ("pydicom-data/liver.dcm", "pydicom-data/liver_j2k.dcm", 3),
        ("pydicom-data/liver.dcm", "pydicom-data/liver_expb.dcm", 3),
        (
            "pydicom-data/liver_nonbyte_aligned_j2k.dcm",
            "pydicom-data/liver_nonbyte_aligned_deflate.dcm",
            3,
        ),
        (
            "pydicom-data/liver_nonbyte_aligned_j2k.dcm",
            "pydicom-data/liver_nonbyte_aligned_rle.dcm",
            3,
        ),
        (
            "pydicom/test_files/rtdose.dcm",
            "pydicom/test_files/rtdose_rle.dcm",
            15,
        ),
        (
            "pydicom/test_files/rtdose.dcm",
            "pydicom/test_files/rtdose_expb.dcm",
            15,
        ),
        ("pydicom-data/color-px.dcm", "pydicom-data/color-pl.dcm", 1),
        (
            "pydicom-data/JLSL_RGB_ILV0.dcm",
            "pydicom-data/JLSL_RGB_ILV1.dcm",
            1,
        ),
        (
            "pydicom-data/JLSL_RGB_ILV0.dcm",
            "pydicom-data/JLSL_RGB_ILV2.dcm",
            1,
        ),
        (
            "highdicom/sm_image_jpegls.dcm",
            "highdicom/sm_image_jpegls_nobot.dcm",
            25,
        ),
    ] {
        for index in 0..frames {
            assert_eq!(
                samples(one, index),
                samples(other, index),
                "{one} {other} {index}"
            );
        }
    }
}

/// What is written in another transfer syntax has the same pixels, and the other elements are untouched.
#[test]
fn transcoded_objects_have_the_same_pixels() {
    let Some(folder) = support::shared("dicom") else {
        return;
    };
    let mut written = 0;
    for path in support::files(&folder) {
        let Ok(object) = parse(Bytes::from(fs::read(&path).unwrap())) else {
            continue;
        };
        let Ok(before) = PixelFile::open(&object.file) else {
            continue;
        };
        // Large images take long and show nothing that small ones do not.
        if before.form().samples() > 1 << 18 {
            continue;
        }
        for target in TARGETS {
            let name = format!("{} to {target}", path.display());
            let Ok(file) = transcode(&object.file, target) else {
                assert_ne!(*target, PLAIN, "{name}");
                continue;
            };
            let again = parse(file).expect(&name);
            assert_eq!(again.transfer_syntax.as_str(), *target, "{name}");
            assert_eq!(again.sop, object.sop, "{name}");
            let after = PixelFile::open(&again.file).expect(&name);
            for index in 0..before.form().frames.min(4) {
                let [a, b] = [&before, &after].map(|file| file.frame(index));
                assert_eq!(a, b, "{name} {index}");
            }
            written += 1;
        }
    }
    assert!(written > 250, "{written}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Streams in which bytes are changed or cut decode or fail, and never take the program down.
    #[test]
    fn damaged_streams_are_errors(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
        which in 0..5_usize,
    ) {
        let Some(folder) = support::shared("dicom") else {
            return Ok(());
        };
        let names = [
            "pydicom/test_files/JPEGLSNearLossless_16.dcm",
            "pydicom/test_files/SC_rgb_jls_lossy_sample.dcm",
            "pydicom/test_files/MR_small_RLE.dcm",
            "pynetdicom/MRImageStorage_JPG2000_Lossless.dcm",
            "pydicom/test_files/SC_rgb_jpeg_gdcm.dcm",
        ];
        let mut file = fs::read(folder.join(names[which])).unwrap();
        let start = file.len() / 2;
        for (place, byte) in changes {
            let place = start + place.index(file.len() - start);
            file[place] = byte;
        }
        for file in [&file[..], &file[..start + cut.index(file.len() - start)]] {
            if let Ok(file) = PixelFile::open(file) {
                let _ = file.frame(0);
            }
        }
    }
}
