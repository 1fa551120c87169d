//! Nights at home that lie in files go into a patient's follow-up by `yuanyi import`, as its page sends them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{ffi::OsStr, io::Write as _, path::Path};

use hospital::{Hospital, yuanyi};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

const WHO: &str = "https://hospital.example/mrn|7";
/// Nights that the machine of the demo's card counted.
const COUNTED: u64 = 17;
const SECONDS: u32 = 16_200;

/// Four and a half hours of a saturation of 95 % with a fall to 88 % for half a minute in each ten: EDF of 1992.
fn night_of_falls() -> Vec<u8> {
    night_of_falls_on(20)
}

/// The same on a day of November.
fn night_of_falls_on(day: u32) -> Vec<u8> {
    let long = format!("Startdate {day}-NOV-2026");
    let short = format!("{day}.11.26");
    let head = [
        ("0", 8),
        ("Nobody at all", 80),
        (long.as_str(), 80),
        (short.as_str(), 8),
        ("23.00.00", 8),
        ("512", 8),
        ("", 44),
        ("16200", 8),
        ("1", 8),
        ("1", 4),
    ];
    let signal = [
        ("SpO2", 16),
        ("", 80),
        ("%", 8),
        ("0", 8),
        ("100", 8),
        ("0", 8),
        ("1000", 8),
        ("", 80),
        ("1", 8),
        ("", 32),
    ];
    let fields = head.iter().chain(&signal);
    let header = fields.fold(String::new(), |header, &(text, length)| {
        header + &format!("{text:<length$}")
    });
    let tenths = |second: u32| -> i16 {
        let falls = (300..330).contains(&(second % 600));
        if falls { 880 } else { 950 }
    };
    let mut file = header.into_bytes();
    file.extend((0..SECONDS).flat_map(|second| tenths(second).to_le_bytes()));
    file
}

/// A ZIP archive of files.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The places of a sequence of bytes.
fn places(bytes: &[u8], sought: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(sought.len()).enumerate();
    let found = windows.filter(|(_, window)| *window == sought);
    found.map(|(at, _)| at).collect()
}

/// Local headers of a ZIP archive, and where they say how a file is packed; the same of its directory.
const LOCAL: (&[u8], usize) = (b"PK\x03\x04", 6);
const LISTED: (&[u8], usize) = (b"PK\x01\x02", 8);

/// As if its files had a password.
fn with_password(mut archive: Vec<u8>) -> Vec<u8> {
    for (signature, flags) in [LOCAL, LISTED] {
        for at in places(&archive, signature) {
            archive[at + flags] |= 1;
        }
    }
    archive
}

/// As if its files unpacked to fewer bytes than they do.
fn that_says(size: u32, mut archive: Vec<u8>) -> Vec<u8> {
    for (signature, at_size) in [(LOCAL.0, 22), (LISTED.0, 24)] {
        for at in places(&archive, signature) {
            archive[at + at_size..at + at_size + 4].copy_from_slice(&size.to_le_bytes());
        }
    }
    archive
}

/// Whether an import took something, and what it said.
fn import(words: &[&OsStr]) -> (bool, String) {
    let out = yuanyi().arg("import").args(words).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    (
        out.status.success(),
        said + &String::from_utf8_lossy(&out.stderr),
    )
}

fn nights_of(hospital: &Hospital, course: &str) -> Option<u64> {
    let path = format!("/fhir/Observation?based-on=CarePlan/{course}&_summary=count");
    let (status, found) = hospital.send("li.terminal", "GET", &path, &Value::Null);
    assert_eq!(status, 200, "{found}");
    found["total"].as_u64()
}

#[test]
fn recordings_and_a_card_become_nights_of_the_patient_who_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/at-home/STR.edf");
    // A card lies among other things, and holds flow that stays on it.
    let card = folder.path().join("from the patient/card");
    let flow = card.join("DATALOG/20230821");
    std::fs::create_dir_all(&flow).unwrap();
    std::fs::copy(demo, card.join("STR.edf")).unwrap();
    std::fs::write(flow.join("20230822_001118_BRP.edf"), b"flow").unwrap();
    let recording = folder.path().join("night.EDF");
    std::fs::write(&recording, night_of_falls()).unwrap();

    let hospital = Hospital::found(&data);
    hospital.admit_patient();
    let patient = json!({
        "resourceType": "Patient", "id": "p", "name": [{"text": "赵敏"}],
        "identifier": [{"system": "https://hospital.example/mrn", "value": "7"}],
    });
    assert_eq!(hospital.put("importer", &patient), 200);
    let to = format!("http://{}", hospital.address);
    let token = hospital.token("li.terminal");
    let there = |who: Option<&str>| {
        let mut words: Vec<&OsStr> = vec![recording.as_os_str()];
        words.extend(["--to", to.as_str(), "--token", token.as_str()].map(OsStr::new));
        words.extend(
            who.into_iter()
                .flat_map(|who| ["--patient", who])
                .map(OsStr::new),
        );
        import(&words)
    };

    // Nobody is guessed, and nothing is begun.
    let refusals = [
        (None, "give --patient"),
        (
            Some("8"),
            "no patient whom you may see has the identifier 8",
        ),
        (Some(WHO), "begin one before"),
    ];
    for (who, why) in refusals {
        let (took, said) = there(who);
        assert!(!took && said.contains(why), "{who:?}: {said}");
    }
    let wish = json!({"patient": "p", "plan": "osa"});
    let courses = "/api/scenarios/follow-up/courses";
    let (status, begun) = hospital.send("li.terminal", "POST", courses, &wish);
    assert_eq!(status, 201, "{begun}");
    let course = begun["id"].as_str().unwrap();

    let (took, said) = there(Some("7"));
    assert!(took && said.contains("taken: 1, refused: 0"), "{said}");
    assert_eq!(nights_of(&hospital, course), Some(1));
    hospital.kill();

    // Into a hospital that does not run, and once more, which is no news.
    let above = card.parent().unwrap();
    let here = [
        above.as_os_str(),
        OsStr::new("--data"),
        data.as_os_str(),
        OsStr::new("--patient"),
        OsStr::new(WHO),
    ];
    for _ in 0..2 {
        let (took, said) = import(&here);
        assert!(took && said.contains("taken: 1, refused: 0"), "{said}");
    }
    // A card without nights is refused, and what does not belong to it is not passed over.
    let empty = folder.path().join("another patient");
    std::fs::create_dir_all(empty.join("DATALOG/20230821")).unwrap();
    std::fs::write(empty.join("Identification.crc"), b"of the card").unwrap();
    std::fs::write(empty.join("letter.txt"), b"not of the card").unwrap();
    let (took, said) = import(&[empty.as_os_str(), here[1], here[2]]);
    assert!(!took && said.contains("taken: 0, refused: 2"), "{said}");
    assert!(
        said.contains("there are no nights on this card") && said.contains("letter.txt"),
        "{said}"
    );
    let hospital = Hospital::open(&data);
    assert_eq!(nights_of(&hospital, course), Some(1 + COUNTED));
    hospital.kill();
}

#[test]
fn a_zip_of_nights_is_what_lies_in_it_and_a_bad_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/at-home/STR.edf");
    let statistics = std::fs::read(demo).unwrap();
    let hospital = Hospital::found(&data);
    hospital.admit_patient();
    let patient = json!({
        "resourceType": "Patient", "id": "p", "name": [{"text": "赵敏"}],
        "identifier": [{"system": "https://hospital.example/mrn", "value": "7"}],
    });
    assert_eq!(hospital.put("importer", &patient), 200);
    let wish = json!({"patient": "p", "plan": "osa"});
    let courses = "/api/scenarios/follow-up/courses";
    let (status, begun) = hospital.send("li.terminal", "POST", courses, &wish);
    assert_eq!(status, 201, "{begun}");
    let course = begun["id"].as_str().unwrap();
    let to = format!("http://{}", hospital.address);
    let token = hospital.token("li.terminal");
    let send = |archive: &[u8]| {
        let file = folder.path().join("nights.ZIP");
        std::fs::write(&file, archive).unwrap();
        let mut words: Vec<&OsStr> = vec![file.as_os_str()];
        words.extend(["--to", to.as_str(), "--token", token.as_str()].map(OsStr::new));
        words.extend(["--patient", WHO].map(OsStr::new));
        import(&words)
    };

    let [one, two] = [20, 21].map(night_of_falls_on);
    let whole = packed(&[("1.edf", &one)]);
    let refused = [
        (whole[..whole.len() / 2].to_vec(), "unpack it"),
        (with_password(whole.clone()), "it has a password"),
        (that_says(100, whole.clone()), "unpack file 1 of"),
        (packed(&[("more.zip", &whole)]), "lies in another"),
    ];
    for (archive, why) in refused {
        let (took, said) = send(&archive);
        assert!(!took && said.contains(why), "{why}: {said}");
    }
    assert_eq!(nights_of(&hospital, course), Some(0));

    // A card with flow that stays on it, two nights of an oximeter, and what a computer put beside.
    let all = packed(&[
        ("card\\STR.edf", &statistics),
        ("card/DATALOG/20230821/20230822_001118_BRP.edf", b"flow"),
        ("__MACOSX/card/._STR.edf", b"of the computer"),
        ("oximeter/1.edf", &one),
        ("oximeter/2.EDF", &two),
    ]);
    for _ in 0..2 {
        let (took, said) = send(&all);
        assert!(took && said.contains("taken: 3, refused: 0"), "{said}");
    }
    assert_eq!(nights_of(&hospital, course), Some(2 + COUNTED));
    // One that is damaged keeps nothing of the others back.
    let bad = packed(&[("1.edf", &one), ("2.edf", b"no recording")]);
    let (took, said) = send(&bad);
    assert!(took && said.contains("taken: 1, refused: 1"), "{said}");
    hospital.kill();
}
