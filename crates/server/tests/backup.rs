//! A copy made while people write holds all that was acknowledged before it began, and serves again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{
    collections::BTreeSet,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use hospital::{Hospital, run, send, yuanyi};
use serde_json::{Value, json};

fn observation(id: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/p"},
    })
}

/// Writes observations until told to stop; notes each once it is acknowledged.
fn write(
    hospital: &Hospital,
    name: &str,
    acknowledged: &Arc<Mutex<BTreeSet<String>>>,
    stop: &Arc<AtomicBool>,
) -> std::thread::JoinHandle<()> {
    let (address, token) = (hospital.address.clone(), hospital.token("importer"));
    let (acknowledged, stop) = (Arc::clone(acknowledged), Arc::clone(stop));
    let name = name.to_owned();
    std::thread::spawn(move || {
        for number in 0.. {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let id = format!("{name}-{number}");
            let path = format!("/fhir/Observation/{id}");
            let (status, said) = send(&address, &token, "PUT", &path, &observation(&id));
            assert_eq!(status, 201, "{said}");
            acknowledged.lock().unwrap().insert(id);
        }
    })
}

#[test]
fn a_copy_made_while_people_write_is_laid_down_whole() {
    let folder = tempfile::tempdir().unwrap();
    let [data, copy, laid] = ["data", "copy", "laid"].map(|name| folder.path().join(name));
    // As an earlier release left it.
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).unwrap();
    let hospital = Hospital::found(&data);
    hospital.admit_patient();
    let room = hospital.consult();
    let (acknowledged, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let writers = ["a", "b", "c"].map(|name| write(&hospital, name, &acknowledged, &stop));
    let count = || acknowledged.lock().unwrap().len();
    while count() < 60 {
        std::thread::yield_now();
    }
    let before = acknowledged.lock().unwrap().clone();
    let said = run(yuanyi().arg("backup").arg(&copy).arg("--data").arg(&data));
    assert!(said.starts_with("copied "), "{said}");
    // Writing went on all the while.
    let during = count();
    while count() < during + 10 {
        std::thread::yield_now();
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.join().unwrap();
    }
    hospital.kill();
    for folder in [&data, &copy] {
        let mode = folder.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "others look into {}", folder.display());
    }

    // Neither a copy nor a hospital is written over.
    let mut again = yuanyi();
    again.arg("backup").arg(&copy).arg("--data").arg(&data);
    assert_eq!(again.output().unwrap().status.code(), Some(1));
    let mut over = yuanyi();
    over.arg("restore").arg(&copy).arg("--data").arg(&data);
    assert_eq!(over.output().unwrap().status.code(), Some(1));

    let said = run(yuanyi().arg("restore").arg(&copy).arg("--data").arg(&laid));
    assert!(said.contains("sound"), "{said}");
    let mode = laid.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700, "others look into what was laid down");
    let said = run(yuanyi().args(["verify", "--deep", "--data"]).arg(&laid));
    assert!(said.ends_with("sound\n"), "{said}");
    // The people come back with their passwords' accounts, and find all that was acknowledged.
    let restored = Hospital::open(&laid);
    let token = restored.token("li.terminal");
    for id in &before {
        let path = format!("/fhir/Observation/{id}");
        let (status, _) = send(&restored.address, &token, "GET", &path, &Value::Null);
        assert_eq!(status, 200, "{id} was acknowledged before the copy began");
    }
    let case = format!("/api/scenarios/remote-consult/cases/{room}");
    assert_eq!(
        restored.send("chen.expert", "GET", &case, &Value::Null).0,
        200
    );
    assert_eq!(restored.put("importer", &observation("after")), 201);
}

#[test]
fn a_damaged_copy_is_not_laid_down() {
    let folder = tempfile::tempdir().unwrap();
    let [data, copy, laid] = ["data", "copy", "laid"].map(|name| folder.path().join(name));
    let hospital = Hospital::found(&data);
    hospital.admit_patient();
    hospital.kill();
    // What a kill left behind is no hindrance.
    run(yuanyi().arg("backup").arg(&copy).arg("--data").arg(&data));
    let journal = copy.join("journal/00000001.log");
    let mut bytes = std::fs::read(&journal).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 0x20;
    std::fs::write(&journal, bytes).unwrap();
    let mut restore = yuanyi();
    restore.arg("restore").arg(&copy).arg("--data").arg(&laid);
    let out = restore.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains(&at.to_string()), "byte {at}: {said}");
    assert!(!laid.exists());
    let nowhere = folder.path().join("nowhere");
    let mut backup = yuanyi();
    backup.arg("backup").arg(&laid).arg("--data").arg(&nowhere);
    assert_eq!(backup.output().unwrap().status.code(), Some(1));
    assert!(
        !laid.exists() && !nowhere.exists(),
        "a hospital that is not there is not made"
    );
}
