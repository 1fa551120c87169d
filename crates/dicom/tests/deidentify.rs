//! De-identification, tried on every object that is at hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Cursor,
};

use dicom::deidentify::{Deed, Options, ProjectKey, Refused, deidentify};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{
    DefaultDicomObject, InMemDicomObject, OpenFileOptions, meta::FileMetaTableBuilder,
};

fn key() -> ProjectKey {
    ProjectKey::derive(&[42; 32], "test")
}

fn most() -> Options {
    Options {
        shift_dates: true,
        retain_patient_characteristics: true,
        clean_descriptors: true,
        clean_structured_content: true,
        clean_pixel_data: true,
        retain_safe_private: true,
        pixels_vouched_for: true,
        ..Options::default()
    }
}

fn read(file: &[u8]) -> DefaultDicomObject {
    OpenFileOptions::new()
        .from_reader(Cursor::new(file))
        .unwrap()
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    object.get(tag).map_or_else(String::new, |element| {
        element.to_str().unwrap().trim().to_owned()
    })
}

/// An object full of what identifies, with a sequence and private attributes.
fn telling(changes: &[(Tag, VR, &str)]) -> Vec<u8> {
    let mut object = InMemDicomObject::new_empty();
    let mut put = |tag, vr, value: &str| object.put(DataElement::new(tag, vr, value));
    for (tag, vr, value) in [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
        (tags::SOP_INSTANCE_UID, VR::UI, "1.2.3.4.5"),
        (tags::STUDY_INSTANCE_UID, VR::UI, "1.2.3.4"),
        (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3.4.1"),
        (tags::STUDY_DATE, VR::DA, "20040119"),
        (tags::STUDY_TIME, VR::TM, "072731"),
        (tags::MODALITY, VR::CS, "CT"),
        (tags::PATIENT_NAME, VR::PN, "Zhang^Sanfeng=张^三丰"),
        (tags::PATIENT_ID, VR::LO, "MRN0815"),
        (tags::PATIENT_BIRTH_DATE, VR::DA, "19600229"),
        (tags::PATIENT_SEX, VR::CS, "F"),
        (tags::PATIENT_AGE, VR::AS, "097Y"),
        (tags::ACCESSION_NUMBER, VR::SH, "ACC4711"),
        (tags::STUDY_DESCRIPTION, VR::LO, "CT Chest of Sanfeng"),
        // Kept by the profile, and misused here.
        (tags::FILTER_TYPE, VR::SH, "for MRN0815"),
        (tags::CONVOLUTION_KERNEL, VR::SH, "STANDARD"),
        (tags::INSTITUTION_NAME, VR::LO, "County Hospital"),
        (Tag(0x0009, 0x0010), VR::LO, "ACME"),
        (Tag(0x0009, 0x1001), VR::LO, "Sanfeng"),
        (Tag(0x7053, 0x0010), VR::LO, "Philips PET Private Group"),
        (Tag(0x7053, 0x1000), VR::DS, "1.5"),
        (Tag(0x6000, 0x4000), VR::LT, "Sanfeng"),
    ] {
        put(tag, vr, value);
    }
    for (tag, vr, value) in changes {
        put(*tag, *vr, value);
    }
    let item = InMemDicomObject::from_element_iter([
        DataElement::new(
            tags::REFERENCED_SOP_CLASS_UID,
            VR::UI,
            uids::CT_IMAGE_STORAGE,
        ),
        DataElement::new(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, "1.2.3.4.5"),
        DataElement::new(tags::PATIENT_COMMENTS, VR::LT, "Sanfeng"),
    ]);
    object.put(DataElement::new(
        tags::REFERENCED_IMAGE_SEQUENCE,
        VR::SQ,
        DataSetSequence::from(vec![item]),
    ));
    object.put(DataElement::new(
        tags::PIXEL_DATA,
        VR::OW,
        PrimitiveValue::from([1_u16, 2, 3, 4]),
    ));
    for (tag, value) in [
        (tags::ROWS, 2),
        (tags::COLUMNS, 2),
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 16),
        (tags::HIGH_BIT, 15),
        (tags::PIXEL_REPRESENTATION, 0_u16),
    ] {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .source_application_entity_title("COUNTYCT1");
    let mut file = Vec::new();
    object
        .with_meta(meta)
        .unwrap()
        .write_all(&mut file)
        .unwrap();
    // Preambles hold what other programs left there.
    file[..7].copy_from_slice(b"Sanfeng");
    file
}

fn holds(file: &[u8], word: &str) -> bool {
    file.windows(word.len())
        .any(|window| window == word.as_bytes())
}

#[test]
fn nothing_that_identifies_is_left() {
    for options in [Options::default(), most()] {
        let copy = deidentify(&telling(&[]), &key(), "patient-1", &options).unwrap();
        for word in [
            "Sanfeng",
            "Zhang",
            "三丰",
            "MRN0815",
            "ACC4711",
            "19600229",
            "20040119",
            "County",
            "COUNTYCT1",
            "ACME",
            "1.2.3.4",
            "097Y",
        ] {
            assert!(!holds(&copy.file, word), "{word} with {options:?}");
        }
        let object = read(&copy.file);
        assert_eq!(
            text(&object, tags::PATIENT_ID),
            key().pseudonym("patient-1")
        );
        assert_eq!(text(&object, tags::PATIENT_IDENTITY_REMOVED), "YES");
        assert_eq!(
            copy.report.done[&Deed::Residue],
            ["00181160"],
            "the number that stood in another attribute"
        );
        assert_eq!(copy.report.methods[0], "113100");
        let referred = object.get(tags::REFERENCED_IMAGE_SEQUENCE).unwrap();
        let referred = &referred.items().unwrap()[0];
        assert_eq!(
            text(referred, tags::REFERENCED_SOP_INSTANCE_UID),
            text(&object, tags::SOP_INSTANCE_UID),
            "references go on fitting"
        );
        let report = serde_json::to_string(&copy.report).unwrap();
        assert!(!report.contains("Sanfeng") && !report.contains("0815"));
    }
}

#[test]
fn options_keep_what_they_say_and_no_more() {
    let least = deidentify(&telling(&[]), &key(), "p", &Options::default()).unwrap();
    let least = read(&least.file);
    let more = deidentify(&telling(&[]), &key(), "p", &most()).unwrap();
    let more = read(&more.file);
    for (tag, with_least, with_more) in [
        (tags::PATIENT_SEX, "", "F"),
        (tags::PATIENT_AGE, "", "090Y"),
        (tags::PATIENT_BIRTH_DATE, "", ""),
        (tags::STUDY_TIME, "", "072731"),
        (tags::STUDY_DESCRIPTION, "", "CT Chest of"),
        (tags::CONVOLUTION_KERNEL, "STANDARD", "STANDARD"),
        (Tag(0x7053, 0x1000), "", "1.5"),
        (Tag(0x0009, 0x1001), "", ""),
    ] {
        assert_eq!(text(&least, tag), with_least, "{tag}");
        assert_eq!(text(&more, tag), with_more, "{tag}");
    }
    // The same patient's dates move together, so that what lies between them stays.
    let days = |date: &str| {
        let copy = deidentify(
            &telling(&[(tags::STUDY_DATE, VR::DA, date)]),
            &key(),
            "p",
            &most(),
        )
        .unwrap();
        let moved: jiff::civil::Date = text(&read(&copy.file), tags::STUDY_DATE).parse().unwrap();
        moved
    };
    let between = days("20040219").since(days("20040119")).unwrap();
    assert_eq!(between.get_days(), 31);
}

#[test]
fn what_cannot_be_made_safe_is_refused() {
    let capture = uids::SECONDARY_CAPTURE_IMAGE_STORAGE;
    let class = |uid| (tags::SOP_CLASS_UID, VR::UI, uid);
    let burned = |says| (tags::BURNED_IN_ANNOTATION, VR::CS, says);
    let vouched = Options {
        pixels_vouched_for: true,
        ..Options::default()
    };
    for (changes, options, why) in [
        (vec![burned("YES")], vouched.clone(), "pixels"),
        (vec![class(capture)], Options::default(), "pixels"),
        (
            vec![class(capture), burned("YES")],
            vouched.clone(),
            "pixels",
        ),
        (vec![class(uids::ENCAPSULATED_PDF_STORAGE)], most(), "class"),
        (vec![class(uids::RAW_DATA_STORAGE)], most(), "class"),
        (vec![class("1.3.12.2.1107.5.9.1")], most(), "class"),
        (
            vec![(tags::IMAGE_TYPE, VR::CS, "DERIVED\\SECONDARY\\SCREEN SAVE")],
            Options::default(),
            "pixels",
        ),
    ] {
        let got = deidentify(&telling(&changes), &key(), "p", &options);
        let kind = match got {
            Err(Refused::Pixels(_)) => "pixels",
            Err(Refused::Class(_)) => "class",
            other => panic!("{changes:?}: {other:?}"),
        };
        assert_eq!(kind, why, "{changes:?}");
    }
    for changes in [vec![class(capture), burned("NO")], vec![class(capture)]] {
        deidentify(&telling(&changes), &key(), "p", &vouched).unwrap();
    }
}

#[test]
fn known_places_of_text_are_blanked() {
    let changes = [
        (tags::SOP_CLASS_UID, VR::UI, uids::ULTRASOUND_IMAGE_STORAGE),
        (tags::MODALITY, VR::CS, "US"),
        (tags::MANUFACTURER, VR::LO, "GE Healthcare"),
        (tags::MANUFACTURER_MODEL_NAME, VR::LO, "LOGIQ9"),
        (tags::BURNED_IN_ANNOTATION, VR::CS, "YES"),
    ];
    let file = telling(&changes);
    let refused = deidentify(&file, &key(), "p", &Options::default());
    assert!(matches!(refused, Err(Refused::Pixels(_))), "{refused:?}");
    let copy = deidentify(&file, &key(), "p", &most()).unwrap();
    let object = read(&copy.file);
    let pixels = object.get(tags::PIXEL_DATA).unwrap();
    assert_eq!(pixels.to_multi_int::<u16>().unwrap(), [0; 4]);
    assert_eq!(text(&object, tags::BURNED_IN_ANNOTATION), "NO");
    assert!(copy.report.methods.contains(&"113101".to_owned()));
    assert_eq!(copy.report.notes, ["pixels blanked by the rule `Logiq 9`"]);
}

/// Attributes whose values may not be found anywhere in a copy.
const IDENTIFYING: &[Tag] = &[
    tags::PATIENT_ID,
    Tag(0x0010, 0x1000),
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_ADDRESS,
    tags::PATIENT_TELEPHONE_NUMBERS,
    tags::PATIENT_COMMENTS,
    tags::ADDITIONAL_PATIENT_HISTORY,
    tags::ISSUER_OF_PATIENT_ID,
    tags::ACCESSION_NUMBER,
    tags::STUDY_ID,
    tags::STUDY_DATE,
    tags::SERIES_DATE,
    tags::ACQUISITION_DATE,
    tags::CONTENT_DATE,
    tags::INSTANCE_CREATION_DATE,
    tags::INSTITUTION_NAME,
    tags::INSTITUTION_ADDRESS,
    tags::INSTITUTIONAL_DEPARTMENT_NAME,
    tags::STATION_NAME,
    tags::DEVICE_SERIAL_NUMBER,
    tags::STUDY_INSTANCE_UID,
    tags::SERIES_INSTANCE_UID,
    tags::SOP_INSTANCE_UID,
    tags::FRAME_OF_REFERENCE_UID,
    tags::REFERENCED_SOP_INSTANCE_UID,
    tags::REQUESTED_PROCEDURE_ID,
    tags::PERFORMED_PROCEDURE_STEP_ID,
];

fn identifying(object: &InMemDicomObject, out: &mut BTreeSet<String>) {
    for element in object {
        for item in element.items().unwrap_or_default() {
            identifying(item, out);
        }
        let is_name = element.vr() == VR::PN;
        if !is_name && !IDENTIFYING.contains(&element.header().tag) {
            continue;
        }
        for value in element.to_multi_str().unwrap_or_default().iter() {
            let value = value.trim_matches([' ', '\0']).to_owned();
            let parts: Vec<String> = if is_name {
                value.split(['^', '=', ' ']).map(str::to_owned).collect()
            } else {
                vec![value]
            };
            out.extend(parts.into_iter().filter(|part| part.len() >= 4));
        }
    }
}

/// Values of the shared files that remain, and why that is right.
const LEGITIMATE: &[(&str, &str)] = &[
    (
        "Patient",
        "in `Retain Patient Characteristics Option`, which says what was done",
    ),
    (
        "Test",
        "names nobody, and stays in descriptions (`words.txt`)",
    ),
    ("text", "a word of coded concepts"),
    ("JPEG", "in the name of a compression method"),
    ("0010", "digits of other numbers; here an invented study id"),
    (
        "00000",
        "digits of other numbers; here an invented serial number",
    ),
];

#[test]
fn no_identifying_value_of_any_shared_object_is_in_its_copy() {
    let Some(folder) = support::shared("dicom") else {
        return;
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut left = Vec::new();
    for path in support::files(&folder) {
        let file = fs::read(&path).unwrap();
        let Ok(parsed) = dicom::parse(file.into()) else {
            continue;
        };
        let original = OpenFileOptions::new().from_reader(Cursor::new(parsed.file.as_ref()));
        let Ok(original) = original else { continue };
        for options in [Options::default(), most()] {
            let copy = match deidentify(&parsed.file, &key(), "somebody", &options) {
                Ok(copy) => copy,
                Err(why) => {
                    *counts.entry(why.to_string()).or_default() += 1;
                    continue;
                }
            };
            *counts.entry("copied".to_owned()).or_default() += 1;
            let mut values = BTreeSet::new();
            identifying(&original, &mut values);
            for value in values {
                let excused = LEGITIMATE.iter().any(|(word, _)| *word == value);
                if !excused && holds(&copy.file, &value) {
                    left.push(format!("{}: {value}", path.display()));
                }
            }
            let again = dicom::parse(copy.file.clone().into()).unwrap();
            assert_eq!(
                again.study,
                key().uid(parsed.study.as_str()),
                "one study stays one"
            );
            assert_eq!(again.sop.as_str(), copy.report.sop);
            let private = read(&copy.file).iter().any(|element| {
                element.header().tag.group() % 2 == 1 && !options.retain_safe_private
            });
            assert!(!private, "{}", path.display());
        }
    }
    for (what, count) in &counts {
        println!("{count:4} {what}");
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
    assert!(counts["copied"] > 150, "{counts:?}");
}

#[test]
fn graphics_stay_without_their_words_where_that_is_asked_for() {
    let of = support::marked_series();
    let mut marks = support::marks(&of);
    marks[2].kind = dicom::create::MarkKind::Note("Sanfeng, lung nodule 3 mm".to_owned());
    let (person, study, made) = (support::person(), support::study(), support::made("pr"));
    let state =
        dicom::create::presentation_state(&person, &study, &of, &marks, [40.0, 400.0], &made);
    let state = state.unwrap();
    let drawn = |options: &Options| {
        let copy = deidentify(&state, &key(), "patient", options).unwrap();
        dicom::presentation::read_presentation_state(&copy.file).unwrap()
    };
    let without = drawn(&Options::default());
    assert!(without.annotations.is_empty());
    let cleaned = drawn(&Options {
        clean_graphics: true,
        ..Options::default()
    });
    let before = dicom::presentation::read_presentation_state(&state).unwrap();
    for (clean, before) in cleaned.annotations.iter().zip(&before.annotations) {
        assert_eq!(clean.graphics, before.graphics);
    }
    let texts: Vec<&str> = cleaned
        .annotations
        .iter()
        .flat_map(|on| &on.texts)
        .map(|text| text.text.as_str())
        .collect();
    assert!(texts.contains(&"lung nodule 3 mm"), "{texts:?}");
    assert!(
        texts.iter().all(|text| !text.contains("Sanfeng")),
        "{texts:?}"
    );
    let copy = deidentify(
        &state,
        &key(),
        "patient",
        &Options {
            clean_graphics: true,
            ..Options::default()
        },
    );
    assert!(copy.unwrap().report.methods.contains(&"113103".to_owned()));
}

#[test]
fn overlays_stay_only_where_somebody_has_looked_at_them() {
    let overlay = |element| Tag(0x6000, element);
    let file = telling(&[(overlay(0x1500), VR::LO, "Sanfeng lung")]);
    let mut object = read(&file);
    object.put(DataElement::new(
        overlay(0x0010),
        VR::US,
        PrimitiveValue::from(1_u16),
    ));
    let bits = PrimitiveValue::from(vec![1_u8, 0]);
    object.put(DataElement::new(overlay(0x3000), VR::OB, bits));
    let mut file = Vec::new();
    object.write_all(&mut file).unwrap();
    let copy = |clean_graphics, pixels_vouched_for| {
        let options = Options {
            clean_graphics,
            pixels_vouched_for,
            ..Options::default()
        };
        read(&deidentify(&file, &key(), "patient", &options).unwrap().file)
    };
    for (clean, vouched) in [(false, false), (true, false), (false, true)] {
        let copy = copy(clean, vouched);
        assert!(
            copy.iter()
                .all(|element| element.header().tag.group() != 0x6000)
        );
    }
    let kept = copy(true, true);
    assert!(kept.get(overlay(0x3000)).is_some());
    assert_eq!(text(&kept, overlay(0x1500)), "lung");
}
