//! Objects derived from images: reports, presentation states, documents, structure sets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::fs;

use dicom::{
    create::{
        CreateError, DocumentKind, MarkKind, NewDocument, NewPicture, context_of, derived_uid,
        document, measurement_report, picture, presentation_state,
    },
    file_of_data_set, read_report, read_structures,
};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{
    DefaultDicomObject, InMemDicomObject, OpenFileOptions, meta::FileMetaTableBuilder,
};

fn read(file: &[u8]) -> DefaultDicomObject {
    OpenFileOptions::new().from_reader(file).unwrap()
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object.get(tag).unwrap().items().unwrap()
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    object
        .get(tag)
        .unwrap()
        .to_str()
        .unwrap()
        .trim_matches([' ', '\0'])
        .to_owned()
}

use support::{made, marked_series as series, marks};

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let of = series();
    let marks = marks(&of);
    let file = measurement_report(
        &support::person(),
        &support::study(),
        &of,
        &marks,
        &made("sr"),
    )
    .unwrap();
    let report = read_report(&file).unwrap();
    assert_eq!(report.title.unwrap().value, "126000");
    assert_eq!(report.groups.len(), marks.len());
    for (group, mark) in report.groups.iter().zip(&marks) {
        assert_eq!(
            (&group.label, group.tracking_uid.as_str()),
            (&mark.label, mark.uid.as_str())
        );
        match &mark.kind {
            MarkKind::Note(note) => assert_eq!(&group.comments, std::slice::from_ref(note)),
            MarkKind::LengthMm(number)
            | MarkKind::Hu(number)
            | MarkKind::AngleDeg(number)
            | MarkKind::VolumeMl(number) => {
                let measured = &group.measurements[0];
                assert_eq!(measured.value, Some(*number));
                assert_eq!(measured.points_lps_mm.len(), mark.points_lps_mm.len());
                for (read, written) in measured.points_lps_mm.iter().zip(&mark.points_lps_mm) {
                    let far = read.iter().zip(written).map(|(a, b)| (a - b).abs());
                    assert!(far.sum::<f64>() < 1e-3);
                }
            }
        }
    }
    let object = read(&file);
    let evidence = &items(&object, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    let referred = &items(evidence, tags::REFERENCED_SERIES_SEQUENCE)[0];
    assert_eq!(text(referred, tags::SERIES_INSTANCE_UID), of.uid.as_str());
    assert_eq!(items(referred, tags::REFERENCED_SOP_SEQUENCE).len(), 3);
    let (person, study) = context_of(&file).unwrap();
    assert_eq!(
        (person.name, study.uid),
        (support::person().name, support::study().uid)
    );
}

#[test]
fn a_presentation_state_draws_marks_on_their_own_slices() {
    let of = series();
    let file = presentation_state(
        &support::person(),
        &support::study(),
        &of,
        &marks(&of),
        [-600.0, 1500.0],
        &made("pr"),
    )
    .unwrap();
    let object = read(&file);
    let annotations = items(&object, tags::GRAPHIC_ANNOTATION_SEQUENCE);
    assert_eq!(
        annotations.len(),
        2,
        "one slice with a length, one with two points"
    );
    let on = |annotation: &InMemDicomObject| {
        let image = &items(annotation, tags::REFERENCED_IMAGE_SEQUENCE)[0];
        text(image, tags::REFERENCED_SOP_INSTANCE_UID)
    };
    assert_eq!(on(&annotations[0]), of.images[1].sop.as_str());
    let line = &items(&annotations[0], tags::GRAPHIC_OBJECT_SEQUENCE)[0];
    let data = line.get(tags::GRAPHIC_DATA).unwrap();
    // The centre of the pixel in column 2 and row 3, both counted from 0.
    assert_eq!(data.to_multi_float32().unwrap(), [2.5, 3.5, 9.5, 3.5]);
    let window = &items(&object, tags::SOFTCOPY_VOILUT_SEQUENCE)[0];
    assert_eq!(text(window, tags::WINDOW_CENTER), "-600");
    assert_eq!(text(&object, tags::RESCALE_SLOPE), "1");
}

#[test]
fn marks_outside_of_all_images_make_no_object() {
    let of = series();
    let mut marks = marks(&of);
    marks.truncate(1);
    for point in &mut marks[0].points_lps_mm {
        point[2] += 1000.0;
    }
    let (person, study) = (support::person(), support::study());
    let report = measurement_report(&person, &study, &of, &marks, &made("sr"));
    assert!(matches!(report, Err(CreateError::Nothing)));
}

#[test]
fn a_picture_becomes_a_secondary_capture_of_its_pixels() {
    let mut png = Vec::new();
    let mut drawn = image::RgbaImage::new(3, 1);
    drawn.put_pixel(0, 0, image::Rgba([200, 100, 50, 255]));
    drawn.put_pixel(1, 0, image::Rgba([200, 100, 50, 0]));
    let written = drawn.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png);
    written.unwrap();
    let new = NewPicture {
        title: "肺结节 nodule".to_owned(),
        png,
    };
    let (person, study) = (support::person(), support::study());
    let file = picture(&person, &study, &new, &made("picture")).unwrap();
    let object = read(&file);
    assert_eq!(
        text(&object, tags::SOP_CLASS_UID),
        "1.2.840.10008.5.1.4.1.1.7"
    );
    assert_eq!(text(&object, tags::IMAGE_COMMENTS), new.title);
    assert_eq!(text(&object, tags::STUDY_INSTANCE_UID), study.uid.as_str());
    let pixels = object.get(tags::PIXEL_DATA).unwrap().to_bytes().unwrap();
    // What is clear becomes black, and the bytes are even.
    assert_eq!(&pixels[..], [200, 100, 50, 0, 0, 0, 0, 0, 0, 0]);
    for broken in [&b"no picture"[..], &new.png[..20]] {
        let new = NewPicture {
            png: broken.to_vec(),
            ..new.clone()
        };
        let refused = picture(&person, &study, &new, &made("picture"));
        assert!(matches!(
            refused,
            Err(CreateError::NotThatKind("image/png"))
        ));
    }
}

#[test]
fn documents_are_kept_as_they_are_and_must_be_what_they_say() {
    let stl = {
        let mut bytes = vec![0; 80];
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend([7; 50]);
        bytes
    };
    let obj = b"# a point\nv 1 2 3\n".to_vec();
    for (kind, bytes, class) in [
        (
            DocumentKind::Pdf,
            b"%PDF-1.7\n%%EOF".to_vec(),
            uids::ENCAPSULATED_PDF_STORAGE,
        ),
        (DocumentKind::Stl, stl, uids::ENCAPSULATED_STL_STORAGE),
        (DocumentKind::Obj, obj, uids::ENCAPSULATED_OBJ_STORAGE),
    ] {
        let new = |bytes: Vec<u8>| NewDocument {
            kind,
            title: "Model".to_owned(),
            bytes,
            frame_of_reference: Some(derived_uid(&["frame"])),
            sources: vec![],
        };
        let (person, study) = (support::person(), support::study());
        let file = document(&person, &study, new(bytes.clone()), &made("doc")).unwrap();
        let object = read(&file);
        assert_eq!(text(&object, tags::SOP_CLASS_UID), class);
        let length = object.get(tags::ENCAPSULATED_DOCUMENT_LENGTH).unwrap();
        let length = length.to_int::<usize>().unwrap();
        let kept = object.get(tags::ENCAPSULATED_DOCUMENT).unwrap();
        assert_eq!(kept.to_bytes().unwrap()[..length], bytes);
        let wrong = document(&person, &study, new(b"<html>".to_vec()), &made("doc"));
        assert!(
            matches!(wrong, Err(CreateError::NotThatKind(_))),
            "{kind:?}"
        );
    }
}

#[test]
fn reports_and_structure_sets_of_others_are_read() {
    let Some(folder) = support::shared("dicom") else {
        return;
    };
    let file = fs::read(folder.join("highdicom/sr_document.dcm")).unwrap();
    let report = read_report(&file).unwrap();
    assert_eq!(report.title.unwrap().value, "126000");
    assert!(!report.groups.is_empty());
    let measured = report.groups.iter().flat_map(|group| &group.measurements);
    assert!(measured.count() > 0);
    let file = fs::read(folder.join("highdicom/sr_document_with_multiple_groups.dcm")).unwrap();
    assert!(read_report(&file).unwrap().groups.len() > 1);

    // This one is a bare data set, as it comes over the network.
    let data_set = fs::read(folder.join("pydicom/test_files/rtstruct.dcm")).unwrap();
    let class = uids::RT_STRUCTURE_SET_STORAGE;
    let syntax = uids::IMPLICIT_VR_LITTLE_ENDIAN;
    let file = file_of_data_set(class, "1.2.3", syntax, "TEST", &data_set).unwrap();
    let set = read_structures(&file).unwrap();
    assert!(!set.structures.is_empty());
    let contours: Vec<_> = set
        .structures
        .iter()
        .flat_map(|structure| &structure.contours)
        .collect();
    assert!(!contours.is_empty());
    assert!(
        contours
            .iter()
            .all(|contour| !contour.points_lps_mm.is_empty())
    );
    assert!(read_structures(&fs::read(folder.join("highdicom/sr_document.dcm")).unwrap()).is_err());
}

/// An enhanced CT of three frames, without pixels.
fn enhanced() -> Vec<u8> {
    let item = |elements: &[(Tag, VR, &str)]| {
        let elements = elements.iter().map(|(tag, vr, value)| {
            let value = value.split('\\').map(str::to_owned).collect();
            DataElement::new(*tag, *vr, PrimitiveValue::Strs(value))
        });
        InMemDicomObject::from_element_iter(elements)
    };
    let group = |tag: Tag, inner: InMemDicomObject| {
        DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![inner]))
    };
    let mut object = item(&[
        (tags::SOP_CLASS_UID, VR::UI, uids::ENHANCED_CT_IMAGE_STORAGE),
        (tags::SOP_INSTANCE_UID, VR::UI, "1.2.3.4"),
        (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3"),
        (tags::STUDY_INSTANCE_UID, VR::UI, "1.2"),
        (tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.9"),
    ]);
    for (tag, side) in [(tags::ROWS, 8_u16), (tags::COLUMNS, 10)] {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(side)));
    }
    let measures = item(&[
        (tags::PIXEL_SPACING, VR::DS, "0.75\\0.5"),
        (tags::SLICE_THICKNESS, VR::DS, "2"),
    ]);
    let orientation = item(&[(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0")]);
    let rescale = item(&[
        (tags::RESCALE_SLOPE, VR::DS, "1"),
        (tags::RESCALE_INTERCEPT, VR::DS, "-1024"),
    ]);
    let shared = InMemDicomObject::from_element_iter([
        group(tags::PIXEL_MEASURES_SEQUENCE, measures),
        group(tags::PLANE_ORIENTATION_SEQUENCE, orientation),
        group(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, rescale),
    ]);
    object.put(group(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared));
    let frames = ["1\\2\\3", "1\\2\\5", "1\\2\\7"].map(|position| {
        let position = item(&[(tags::IMAGE_POSITION_PATIENT, VR::DS, position)]);
        InMemDicomObject::from_element_iter([group(tags::PLANE_POSITION_SEQUENCE, position)])
    });
    object.put(DataElement::new(
        tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        VR::SQ,
        DataSetSequence::from(frames.to_vec()),
    ));
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let mut file = Vec::new();
    object
        .with_meta(meta)
        .unwrap()
        .write_all(&mut file)
        .unwrap();
    file
}

#[test]
fn marks_on_frames_of_one_object_name_their_frame() {
    let of = dicom::create::marked_frames(&enhanced()).unwrap();
    assert_eq!(of.rescale, Some([1.0, -1024.0]));
    let places: Vec<_> = of
        .images
        .iter()
        .map(|image| (image.frame, image.grid.origin_lps_mm))
        .collect();
    assert_eq!(places[1], (Some(2), [1.0, 2.0, 5.0]));
    assert_eq!(of.images[0].grid.spacing_mm, [0.5, 0.75, 2.0]);
    let mut marks = support::marks(&support::marked_series());
    marks.truncate(1);
    marks[0].points_lps_mm = vec![[2.0, 3.5, 5.0], [3.0, 3.5, 5.0]];
    let (person, study) = (support::person(), support::study());
    let state =
        presentation_state(&person, &study, &of, &marks, [40.0, 400.0], &made("pr")).unwrap();
    let state = dicom::presentation::read_presentation_state(&state).unwrap();
    assert_eq!(state.images[0].frames, [2]);
    assert_eq!(state.annotations[0].on[0].frames, [2]);
    assert_eq!(
        state.annotations[0].graphics[0].points,
        [[2.0, 2.0], [4.0, 2.0]]
    );
    let report = measurement_report(&person, &study, &of, &marks, &made("sr")).unwrap();
    let report = read(&report);
    let evidence = &items(&report, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    let series = &items(evidence, tags::REFERENCED_SERIES_SEQUENCE)[0];
    assert_eq!(items(series, tags::REFERENCED_SOP_SEQUENCE).len(), 1);
    assert!(dicom::create::marked_frames(&support::slices(1)[0]).is_none());
}
