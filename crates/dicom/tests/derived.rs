//! Objects derived from images: reports, presentation states, documents, structure sets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::fs;

use dicom::{
    create::{
        CreateError, DocumentKind, MarkKind, NewDocument, context_of, derived_uid, document,
        measurement_report, presentation_state,
    },
    file_of_data_set, read_report, read_structures,
};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject, OpenFileOptions};

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
            MarkKind::LengthMm(number) | MarkKind::Hu(number) => {
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
