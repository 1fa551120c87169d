//! Identifiers of queries and retrievals, and the answers made for them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use dicom::{
    Tag,
    commitment::{CommitmentReport, CommitmentRequest, Reference},
    data_set_in, is_native,
    query::{self, IdentifierError, Keys, Level, Root},
    tags,
};
use dicom_core::{DataElement, PrimitiveValue, VR, value::DataSetSequence};
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::{
    EXPLICIT_VR_LITTLE_ENDIAN as EXPLICIT, IMPLICIT_VR_LITTLE_ENDIAN as IMPLICIT,
};
use serde_json::{Map, Value, json};

const IMPLICIT_UID: &str = "1.2.840.10008.1.2";
const EXPLICIT_UID: &str = "1.2.840.10008.1.2.1";

fn bytes(object: &InMemDicomObject) -> Vec<u8> {
    let mut bytes = Vec::new();
    object
        .write_dataset_with_ts(&mut bytes, &IMPLICIT.erased())
        .unwrap();
    bytes
}

/// An identifier with a level in its own words, which may be wrong.
fn identifier(level: &str, keys: &[(Tag, &str)]) -> Vec<u8> {
    let keys: Vec<(Tag, String)> = keys.iter().map(|(t, v)| (*t, (*v).to_owned())).collect();
    let mut object = query::own_identifier(Level::Study, &keys);
    object.put(DataElement::new(
        tags::QUERY_RETRIEVE_LEVEL,
        VR::CS,
        PrimitiveValue::from(level),
    ));
    bytes(&object)
}

const STUDY: (Tag, &str) = (tags::STUDY_INSTANCE_UID, "1.2.3");
const SERIES: (Tag, &str) = (tags::SERIES_INSTANCE_UID, "1.2.3.4");
const ID: (Tag, &str) = (tags::PATIENT_ID, "MRN-1");

#[test]
fn levels_above_are_named_unless_relational_queries_were_agreed_on() {
    let key = IdentifierError::UniqueKey;
    for (root, relational, level, keys, expected) in [
        (Root::Study, false, "STUDY", vec![], None),
        (Root::Study, false, "SERIES", vec![STUDY], None),
        (Root::Study, false, "IMAGE", vec![STUDY, SERIES], None),
        (Root::Patient, false, "PATIENT", vec![], None),
        (Root::Patient, false, "STUDY", vec![ID], None),
        (Root::Study, true, "IMAGE", vec![], None),
        (
            Root::Study,
            false,
            "PATIENT",
            vec![],
            Some(IdentifierError::Level),
        ),
        (
            Root::Patient,
            false,
            "FRAME",
            vec![],
            Some(IdentifierError::Level),
        ),
        (Root::Study, false, "", vec![], Some(IdentifierError::Level)),
        (
            Root::Study,
            false,
            "SERIES",
            vec![],
            Some(key(tags::STUDY_INSTANCE_UID)),
        ),
        (
            Root::Study,
            false,
            "SERIES",
            vec![(tags::STUDY_INSTANCE_UID, "1.2\\1.3")],
            Some(key(tags::STUDY_INSTANCE_UID)),
        ),
        (
            Root::Patient,
            false,
            "STUDY",
            vec![],
            Some(key(tags::PATIENT_ID)),
        ),
        (
            Root::Patient,
            false,
            "STUDY",
            vec![(tags::PATIENT_ID, "MRN*")],
            Some(key(tags::PATIENT_ID)),
        ),
        (
            Root::Study,
            false,
            "IMAGE",
            vec![STUDY],
            Some(key(tags::SERIES_INSTANCE_UID)),
        ),
    ] {
        let found = query::search(root, relational, &identifier(level, &keys), IMPLICIT_UID);
        assert_eq!(
            found.err(),
            expected,
            "{root:?} {relational} {level} {keys:?}"
        );
    }
}

#[test]
fn keys_are_matched_where_they_are_indexed_and_on_their_level() {
    let keys = [
        (tags::PATIENT_NAME, "zhao*"),
        (tags::STUDY_DATE, "20200101-"),
        (tags::MODALITIES_IN_STUDY, "CT\\MR"),
        (tags::STUDY_DESCRIPTION, ""),
        (tags::PATIENT_ID, "*"),
        (tags::RETRIEVE_AE_TITLE, "OTHER"),
    ];
    let found = query::search(
        Root::Study,
        false,
        &identifier("STUDY", &keys),
        IMPLICIT_UID,
    )
    .unwrap();
    let matching: Vec<(&str, &str)> = found
        .query
        .matching
        .iter()
        .map(|(tag, value)| (tag.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        matching,
        [
            ("00080020", "20200101-"),
            ("00080061", "CT\\MR"),
            ("00100010", "zhao*")
        ]
    );
    assert!(!found.ignores_some);
    // A key of a lower level, or one that nothing indexes, is not matched, and the peer is told.
    for key in [
        (tags::MODALITY, "CT"),
        (tags::ADMITTING_DIAGNOSES_DESCRIPTION, "x"),
    ] {
        let data = identifier("STUDY", &[key]);
        let found = query::search(Root::Study, false, &data, IMPLICIT_UID).unwrap();
        assert!(
            found.ignores_some && found.query.matching.is_empty(),
            "{key:?}"
        );
    }
    let data = identifier("STUDY", &[(tags::MODALITY, "CT")]);
    let found = query::search(Root::Study, true, &data, IMPLICIT_UID).unwrap();
    assert_eq!(found.query.matching.len(), 1, "relational");
}

#[test]
fn a_retrieval_names_unique_keys_and_no_patterns() {
    let key = IdentifierError::UniqueKey;
    let list = (tags::STUDY_INSTANCE_UID, "1.2.3\\1.2.4");
    for (root, level, keys, expected) in [
        (Root::Study, "STUDY", vec![list], Ok(1)),
        (Root::Study, "SERIES", vec![STUDY, SERIES], Ok(2)),
        (Root::Patient, "PATIENT", vec![ID], Ok(1)),
        (Root::Patient, "STUDY", vec![ID, STUDY], Ok(2)),
        (
            Root::Study,
            "STUDY",
            vec![],
            Err(key(tags::STUDY_INSTANCE_UID)),
        ),
        (
            Root::Study,
            "STUDY",
            vec![(tags::STUDY_INSTANCE_UID, "1.2.*")],
            Err(key(tags::STUDY_INSTANCE_UID)),
        ),
        (
            Root::Study,
            "SERIES",
            vec![list, SERIES],
            Err(key(tags::STUDY_INSTANCE_UID)),
        ),
        (
            Root::Patient,
            "PATIENT",
            vec![(tags::PATIENT_ID, "MRN?")],
            Err(key(tags::PATIENT_ID)),
        ),
        (
            Root::Study,
            "PATIENT",
            vec![ID],
            Err(IdentifierError::Level),
        ),
    ] {
        let found = query::selection(root, false, &identifier(level, &keys), IMPLICIT_UID);
        let found = found.map(|selection| selection.query.matching.len());
        assert_eq!(found, expected, "{root:?} {level} {keys:?}");
    }
}

#[test]
fn what_is_no_identifier_is_refused() {
    for data in [
        &b"no data set"[..],
        &[8, 0, 0x52, 0, 0xff, 0xff, 0xff, 0x7f],
        &[1],
    ] {
        let found = query::search(Root::Study, false, data, IMPLICIT_UID);
        assert_eq!(found.err(), Some(IdentifierError::Malformed));
    }
    let many: Vec<(Tag, &str)> = (0..600).map(|n| (Tag(0x0009, 0x1000 + n), "")).collect();
    let found = query::search(
        Root::Study,
        false,
        &identifier("STUDY", &many),
        IMPLICIT_UID,
    );
    assert_eq!(found.err(), Some(IdentifierError::TooMany));
}

fn row() -> Map<String, Value> {
    let row = json!({
        "00080020": {"vr": "DA", "Value": ["20200102"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Zhang^San", "Ideographic": "张^三"}]},
        "00100020": {"vr": "LO", "Value": ["P1"]},
        "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
        "00201208": {"vr": "IS", "Value": [191]},
    });
    row.as_object().unwrap().clone()
}

#[test]
fn an_answer_has_what_was_asked_for_in_utf_8() {
    let keys = [
        (tags::PATIENT_NAME, ""),
        (tags::NUMBER_OF_STUDY_RELATED_INSTANCES, ""),
        (tags::ACCESSION_NUMBER, ""),
        (tags::INSTANCE_AVAILABILITY, ""),
        (tags::REFERENCED_STUDY_SEQUENCE, ""),
    ];
    let search = query::search(
        Root::Study,
        false,
        &identifier("STUDY", &keys),
        IMPLICIT_UID,
    );
    let answer = query::data_set(
        Root::Study,
        Level::Study,
        &search.unwrap().keys,
        &row(),
        "YUANYI",
    );
    let mut written = Vec::new();
    answer
        .write_dataset_with_ts(&mut written, &EXPLICIT.erased())
        .unwrap();
    let text = String::from_utf8_lossy(&written);
    assert!(text.contains("Zhang^San=张^三"), "as UTF-8");
    let back = query::rows_of(&written, EXPLICIT_UID).unwrap();
    let names: Vec<&str> = back.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "00080005", "00080050", "00080052", "00080054", "00080056", "00081110", "00100010",
            "0020000D", "00201208"
        ],
        "what was asked for, the level, its unique key and where to retrieve it"
    );
    assert_eq!(back["00080005"]["Value"][0], "ISO_IR 192");
    assert_eq!(back["00080050"].get("Value"), None, "absent is empty");
    assert_eq!(back["00080054"]["Value"][0], "YUANYI");
    assert_eq!(back["00201208"]["Value"][0], 191);
}

fn worklist_keys(step: &[(Tag, &str)]) -> Keys {
    let mut item = InMemDicomObject::new_empty();
    for (tag, value) in step {
        let vr = if *tag == tags::MODALITY {
            VR::CS
        } else {
            VR::DA
        };
        item.put(DataElement::new(*tag, vr, PrimitiveValue::from(*value)));
    }
    let mut object = query::own_identifier(Level::Study, &[(tags::PATIENT_NAME, "*".into())]);
    object.put(DataElement::new(
        tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE,
        VR::SQ,
        DataSetSequence::from(vec![item]),
    ));
    let search = query::search(Root::Study, true, &bytes(&object), IMPLICIT_UID).unwrap();
    let about = [tags::QUERY_RETRIEVE_LEVEL];
    let keys = search.keys.into_iter();
    keys.filter(|key| !about.contains(&key.tag)).collect()
}

#[test]
fn a_worklist_matches_within_its_steps() {
    let mut scheduled = row();
    scheduled.insert(
        "00400100".to_owned(),
        json!({"vr": "SQ", "Value": [{
            "00080060": {"vr": "CS", "Value": ["CT"]},
            "00400002": {"vr": "DA", "Value": ["20260304"]},
            "00400007": {"vr": "LO", "Value": ["Chest"]},
        }]}),
    );
    let date = tags::SCHEDULED_PROCEDURE_STEP_START_DATE;
    for (step, expected) in [
        (vec![(tags::MODALITY, "CT")], 1),
        (vec![(tags::MODALITY, "MR")], 0),
        (vec![(tags::MODALITY, "CT"), (date, "20260301-20260331")], 1),
        (vec![(tags::MODALITY, "CT"), (date, "20260401-")], 0),
        (vec![(tags::MODALITY, "")], 1),
    ] {
        let keys = worklist_keys(&step);
        let answers = query::worklist_answers(&keys, &[scheduled.clone()]);
        assert_eq!(answers.len(), expected, "{step:?}");
        let Some(answer) = answers.first() else {
            continue;
        };
        let items = answer
            .element(tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE)
            .unwrap();
        let item = &items.items().unwrap()[0];
        assert_eq!(
            item.element(tags::MODALITY).unwrap().to_str().unwrap(),
            "CT"
        );
        assert_eq!(item.iter().count(), step.len(), "only what was asked for");
    }
}

#[test]
fn a_commitment_request_is_read_and_its_report_says_what_failed() {
    let reference = |instance: &str| {
        InMemDicomObject::from_element_iter([
            DataElement::new(
                tags::REFERENCED_SOP_CLASS_UID,
                VR::UI,
                PrimitiveValue::from("1.2.9"),
            ),
            DataElement::new(
                tags::REFERENCED_SOP_INSTANCE_UID,
                VR::UI,
                PrimitiveValue::from(instance),
            ),
        ])
    };
    let mut asked = InMemDicomObject::from_element_iter([DataElement::new(
        tags::TRANSACTION_UID,
        VR::UI,
        PrimitiveValue::from("1.2.7"),
    )]);
    assert!(
        CommitmentRequest::read(&bytes(&asked), IMPLICIT_UID).is_err(),
        "names nothing"
    );
    asked.put(DataElement::new(
        tags::REFERENCED_SOP_SEQUENCE,
        VR::SQ,
        DataSetSequence::from(vec![reference("1.1"), reference("1.2"), reference("1.3")]),
    ));
    let request = CommitmentRequest::read(&bytes(&asked), IMPLICIT_UID).unwrap();
    let mut report = CommitmentReport {
        transaction: request.transaction,
        committed: vec![],
        failed: vec![],
    };
    for (reference, kept) in
        request
            .references
            .into_iter()
            .zip([Some("1.2.9"), None, Some("1.2.8")])
    {
        report.note(reference, kept);
    }
    let named = |instance: &str| Reference {
        class: "1.2.9".to_owned(),
        instance: instance.to_owned(),
    };
    assert_eq!(
        (report.event(), &report.committed),
        (2, &vec![named("1.1")])
    );
    assert_eq!(
        report.failed,
        [(named("1.2"), 0x0112), (named("1.3"), 0x0119)]
    );
    let written = bytes(&report.data_set());
    let back = query::rows_of(&written, IMPLICIT_UID).unwrap();
    assert_eq!(back["00081195"]["Value"][0], "1.2.7");
    assert_eq!(back["00081198"]["Value"][1]["00081197"]["Value"][0], 0x0119);
}

/// Every native object comes out of another plain syntax with the same values; compressed ones are refused.
#[test]
fn native_objects_say_the_same_in_another_plain_syntax() {
    let Some(folder) = support::shared("dicom") else {
        return;
    };
    let mut native = 0;
    for path in support::files(&folder.join("pydicom")) {
        let Ok(file) = std::fs::read(&path) else {
            continue;
        };
        let Ok(object) = dicom::parse(file.into()) else {
            continue;
        };
        let syntax = object.transfer_syntax.as_str().to_owned();
        for wanted in [IMPLICIT_UID, EXPLICIT_UID] {
            let Ok(data) = data_set_in(&object.file, wanted) else {
                assert!(!is_native(&syntax), "{}", path.display());
                continue;
            };
            assert!(is_native(&syntax));
            native += 1;
            let again = dicom::file_of_data_set(
                object.class.as_str(),
                object.sop.as_str(),
                wanted,
                "TEST",
                &data,
            );
            let again = dicom::parse(again.unwrap()).unwrap();
            let without_syntax = |object: &dicom::ParsedObject| {
                let mut attributes = object.attributes.clone();
                attributes.as_object_mut().unwrap().remove("00083002");
                attributes
            };
            assert_eq!(
                without_syntax(&again),
                without_syntax(&object),
                "{} to {wanted}",
                path.display()
            );
            assert_eq!(again.patient, object.patient, "{}", path.display());
            let pixels =
                |object: &dicom::ParsedObject| dicom::web::bulk_data(&object.file, "7FE00010").ok();
            if !syntax.ends_with(".2.2") {
                assert_eq!(
                    pixels(&again),
                    pixels(&object),
                    "{} to {wanted}",
                    path.display()
                );
            }
        }
    }
    assert!(native > 20, "only {native} were looked at");
}
