//! Writes one object of each derived kind into a folder, for programs of others to read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shares its data with the tests, and fails as they do"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{env, fs, path::PathBuf};

use dicom::create::{DocumentKind, NewDocument, document, measurement_report, presentation_state};

fn main() {
    let folder = PathBuf::from(env::args().nth(1).expect("name the folder"));
    let (person, study) = (support::person(), support::study());
    let of = support::marked_series();
    let marks = support::marks(&of);
    let report = measurement_report(&person, &study, &of, &marks, &support::made("sr")).unwrap();
    fs::write(folder.join("sr.dcm"), report).unwrap();
    let window_hu = [-600.0, 1500.0];
    let state = presentation_state(
        &person,
        &study,
        &of,
        &marks,
        window_hu,
        &support::made("pr"),
    );
    fs::write(folder.join("pr.dcm"), state.unwrap()).unwrap();
    let pdf = NewDocument {
        kind: DocumentKind::Pdf,
        title: "Report".to_owned(),
        bytes: b"%PDF-1.7\n%%EOF\n".to_vec(),
        frame_of_reference: None,
    };
    let pdf = document(&person, &study, pdf, &support::made("pdf")).unwrap();
    fs::write(folder.join("pdf.dcm"), pdf).unwrap();
}
