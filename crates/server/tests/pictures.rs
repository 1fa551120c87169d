//! Pictures of a room, kept over the door of a running hospital.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::collections::BTreeSet;

use hospital::Hospital;
use serde_json::{Value, json};

/// Two pictures of one pixel, red and blue.
const RED: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4IScHAAK2AQUKW6YGAAAAAElFTkSuQmCC";
const BLUE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mPgqrgDAAHuAV/SYPBkAAAAAElFTkSuQmCC";

#[test]
fn a_room_about_a_patient_without_images_has_its_pictures_in_a_study_of_that_patient() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(&folder.path().join("data"));
    hospital.admit_patient();
    let patient = json!({
        "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1961-02-03",
        "identifier": [{"system": "urn:mrn", "value": "MRN-7"}], "name": [{"text": "赵敏"}],
    });
    assert_eq!(hospital.put("importer", &patient), 200);
    let room = hospital.consult();
    hospital.agree("li.terminal");
    let keep = |room: &str, png: &str| {
        let path = format!("/api/rooms/{room}/snapshots");
        let picture = json!({"title": "The plan on the board", "png": png});
        hospital.send("li.terminal", "POST", &path, &picture)
    };
    let (status, red) = keep(&room, RED);
    assert_eq!(status, 201, "{red}");
    assert_eq!(keep(&room, RED), (201, red.clone()), "it is kept once");
    let (status, blue) = keep(&room, BLUE);
    assert_eq!(status, 201, "{blue}");
    assert_ne!(red["series"], blue["series"]);
    // Nobody's record has a picture of a room that is about nobody.
    assert_eq!(keep("patients-circle", RED).0, 403);

    // Each says whose it is by what the record knows, and both are of one study.
    let read = |study: &str| {
        let path = format!("/dicom-web/studies/{study}/metadata");
        hospital.send("li.terminal", "GET", &path, &Value::Null)
    };
    let mut objects = Vec::new();
    let studies = [&red, &blue].map(|kept| kept["study"].as_str().unwrap());
    let studies = BTreeSet::from(studies);
    for study in &studies {
        let (status, found) = read(study);
        assert_eq!(status, 200, "{found}");
        objects.extend(found.as_array().unwrap().clone());
    }
    assert_eq!(objects.len(), 2);
    for object in &objects {
        let said = |tag: &str| &object[tag]["Value"][0];
        assert_eq!(said("00080016"), "1.2.840.10008.5.1.4.1.1.7");
        assert_eq!(said("00081030"), "Pictures of a room");
        assert_eq!(said("0008103E"), "The plan on the board");
        assert_eq!(said("00100020"), "MRN-7");
        assert_eq!(said("00100010")["Alphabetic"], "赵敏");
        assert_eq!(said("00100030"), "19610203");
        assert_eq!(said("00100040"), "F");
        assert!(said("00080020").is_string() && said("00080030").is_string());
    }
    // Unless midnight fell between them.
    if studies.len() == 1 {
        assert_eq!(
            objects[0]["00080030"], objects[1]["00080030"],
            "a study has one time"
        );
    }
    // They lie among the patient's images.
    let twin = hospital.send("li.terminal", "GET", "/api/patients/p/twin", &Value::Null);
    let of_record = twin.1["studies"].as_array().unwrap().iter();
    let kept: BTreeSet<_> = of_record
        .map(|study| study["uid"].as_str().unwrap())
        .collect();
    assert_eq!(kept, studies);
}
