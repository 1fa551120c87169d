//! Any bytes as the files of a recording: EDF and BDF, a record of WFDB with its annotations, the card of a CPAP machine.
//! Each is read as far as it goes, or is refused; nobody keeps more values than there are bytes for; and a de-identified
//! copy of what can be read can be read again.
#![no_main]

use dicom::deidentify::ProjectKey;
use libfuzzer_sys::fuzz_target;
use signals::{Edf, Options, deidentify, measure, read_marks};

/// What the files may be called; those of a card choose how they are read by their names.
const NAMES: [&str; 10] = [
    "night.edf",
    "Identification.tgt",
    "STR.edf",
    "DATALOG/20230824/20230824_235406_PLD.edf",
    "DATALOG/20230824/20230824_235406_BRP.edf",
    "DATALOG/20230824/20230824_235406_EVE.edf",
    "DATALOG/20230824/20230824_235407_SAD.edf",
    "r.hea",
    "r.dat",
    "r.atr",
];

/// Files one after the other: which name, the length in two bytes with the least first, the bytes.
fn files(mut data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    while let [name, low, high, rest @ ..] = data {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (file, rest) = rest.split_at(length);
        files.push((NAMES[usize::from(*name) % NAMES.len()].to_owned(), file.to_vec()));
        data = rest;
    }
    files
}

fn edf(file: &[u8]) {
    let Ok(read) = Edf::read(file) else { return };
    let stored: usize = read.signals.iter().map(|signal| signal.samples.len()).sum();
    assert!(stored * 2 <= file.len(), "a sample has two bytes or three");
    assert_eq!(read.record_onsets_s.len(), read.records);
    for signal in &read.signals {
        if let Some(trace) = read.trace(&signal.label) {
            assert!(trace.count() * 2 <= file.len());
            assert!(trace.values().all(f64::is_finite));
        }
    }
    let _ = read.cut();
    let key = ProjectKey::derive(&[7; 32], "fuzz");
    for all in [false, true] {
        let options = Options {
            shift_dates: all,
            retain_patient_characteristics: all,
            clean_descriptors: all,
        };
        if let Ok(copy) = deidentify(file, &key, "p", options) {
            let again = Edf::read(&copy).expect("a copy of what could be read");
            assert_eq!(again.records, read.records);
            assert_eq!(copy.len(), file.len());
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let files = files(data);
    for (name, file) in &files {
        if name.ends_with(".edf") {
            edf(file);
        }
        if name.ends_with(".atr") {
            let _ = read_marks(file);
        }
    }
    if let Some(Ok(found)) = measure(&files) {
        serde_json::to_string(&found).expect("what was found can be written");
    }
    // Each by itself, where a card would take all.
    for file in files {
        let _ = measure(&[file]);
    }
});
