//! Files of nights: what happened is listed, and what breaks off is told and counted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod home;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use home::{LI, as_patient, opened};
use scenario::{Method, testing::Way};
use serde_json::{Value, json};

/// A night of a saturation, a value a second, that says how many seconds it has.
fn recording(promised: i64, spo2: &[i16]) -> Vec<u8> {
    let pad = |text: &str, length: usize| format!("{text:<length$}");
    let fields: [(&str, usize); 10] = [
        ("0", 8),
        ("Nobody", 80),
        ("Startdate 20-NOV-2026", 80),
        ("20.11.2623.00.00", 16),
        ("512", 8),
        ("", 44),
        (&promised.to_string(), 8),
        ("1", 8),
        ("1", 4),
        ("SpO2", 16),
    ];
    let mut head: String = fields
        .iter()
        .map(|(text, length)| pad(text, *length))
        .collect();
    for (text, length) in [
        ("", 80),
        ("%", 8),
        ("0", 8),
        ("100", 8),
        ("0", 8),
        ("100", 8),
        ("", 80),
        ("1", 8),
        ("", 32),
    ] {
        head += &pad(text, length);
    }
    let mut file = head.into_bytes();
    file.extend(spo2.iter().flat_map(|value| value.to_le_bytes()));
    file
}

/// Ten minutes at 95 %, with twenty seconds at 88 % after five.
fn falling() -> Vec<i16> {
    (0..600)
        .map(|second| if (300..320).contains(&second) { 88 } else { 95 })
        .collect()
}

fn body(file: &[u8]) -> Value {
    json!({"files": [{"path": "Zhao Min.edf", "base64": STANDARD.encode(file)}]})
}

fn faults(way: &Way) -> Vec<(&'static str, &'static str)> {
    let all = way.hospital.file_faults.lock().unwrap();
    all.iter().map(|one| (one.code, one.part)).collect()
}

#[tokio::test]
async fn what_happened_in_a_night_is_listed_with_its_time() {
    let way = opened("osa").await;
    let seen = way
        .do_it(
            LI,
            Method::Post,
            "/nights",
            body(&recording(600, &falling())),
        )
        .await;
    assert_eq!(seen["read"], json!({"broken": []}));
    let night = &seen["nights"]["oximetry"];
    assert_eq!(night["has_events"], true);
    assert_eq!(night["incomplete_s"], 0.0);
    let events = way
        .do_it(LI, Method::Get, "/nights/2026-11-20", Value::Null)
        .await;
    assert_eq!(events["scored"], Value::Null);
    assert_eq!(
        events["falls"],
        json!([{"at": "2026-11-20T23:05:00", "lasts_s": 20, "baseline": 95.0, "lowest": 88.0}])
    );
    assert_eq!(
        events["recorded"],
        json!([["2026-11-20T23:00:00", "2026-11-20T23:10:00"]])
    );
    for (path, status) in [("/nights/2026-11-19", 404), ("/nights/yesterday", 404)] {
        assert_eq!(
            way.refused(LI, Method::Get, path, Value::Null).await,
            status
        );
    }
    assert!(faults(&way).is_empty());
}

#[tokio::test]
async fn a_patient_sends_a_night_of_their_own_and_nobody_else_s() {
    let way = opened("osa-suspected").await;
    let path = format!("courses/{}/nights", way.id);
    let night = body(&recording(600, &falling()));
    assert!(
        as_patient(&way, "p2", Method::Post, &path, night.clone())
            .await
            .is_err()
    );
    let seen = as_patient(&way, "p1", Method::Post, &path, night).await;
    let seen = seen.unwrap();
    assert_eq!(seen["read"], json!({"broken": []}));
    assert_eq!(seen["nights"]["oximetry"]["date"], "2026-11-20");
    assert_eq!(way.see(LI).await["nights"], seen["nights"]);
}

#[tokio::test]
async fn half_a_file_is_told_to_who_sent_it_and_counted_without_a_name() {
    let way = opened("osa").await;
    let whole = recording(600, &falling());
    let seen = way
        .do_it(
            LI,
            Method::Post,
            "/nights",
            body(&whole[..whole.len() - 21]),
        )
        .await;
    let broken = &seen["read"]["broken"];
    assert_eq!(broken.as_array().unwrap().len(), 1);
    assert_eq!(broken[0]["path"], "Zhao Min.edf");
    let why = broken[0]["why"]["en"].as_str().unwrap();
    assert!(
        why.contains("11 s that its header promises are missing"),
        "{why}"
    );
    assert!(why.contains("0.5 s are left out"), "{why}");
    assert_eq!(seen["nights"]["oximetry"]["incomplete_s"], 11.0);

    // What did not come as it is, is said by who sent it; what nobody can believe is left aside.
    let mut said = body(&recording(600, &falling()));
    said["cut"] = json!([
        {"path": "Zhao Min.edf", "missing_s": null, "left_out_s": 0.25},
        {"path": "20231120_230000_BRP.edf", "missing_s": 60, "left_out_s": 0},
        {"path": "x.edf", "left_out_s": -1},
    ]);
    let seen = way.do_it(LI, Method::Post, "/nights", said).await;
    assert_eq!(seen["read"]["broken"].as_array().unwrap().len(), 2);

    // Nothing of it can be read.
    let refused = way
        .refused(LI, Method::Post, "/nights", body(&whole[..300]))
        .await;
    assert_eq!(refused, 422);
    assert_eq!(
        faults(&way),
        [
            ("file-cut", "recording"),
            ("file-cut", "recording"),
            ("file-cut", "_BRP.edf"),
            ("file-unreadable", "recording"),
        ]
    );
    let all = way.hospital.file_faults.lock().unwrap();
    assert!(
        all.iter()
            .all(|one| !format!("{:?}", one.why).contains("Zhao"))
    );
}
