//! Nights: what happened in those of files is listed, and what breaks off is told and counted; what devices at home send
//! of a night is one, too.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod home;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use follow_up::FollowUpAtHome;
use home::{DAY_MS, LI, MINUTE_MS, as_patient, day_at_home, opened};
use record::{Arrived, Readings, StreamKey};
use scenario::{Context as _, Method, Scenario as _, testing::Way};
use serde_json::{Value, json};
use vocabulary::{Coding, DeviceId, PatientId, Timestamp};

const HOUR_MS: i64 = 60 * MINUTE_MS;

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

/// Four and a half hours: a night by the settings.
const NIGHT_S: i64 = 16_200;

/// So many seconds at 95 %, with twenty at 88 % after five minutes.
fn falling_for(seconds: i64) -> Vec<i16> {
    (0..seconds)
        .map(|second| if (300..320).contains(&second) { 88 } else { 95 })
        .collect()
}

fn falling() -> Vec<i16> {
    falling_for(NIGHT_S)
}

/// A recording of so many seconds that began on this day of November at this time, as `23.00.00`.
fn begun_at(day: &str, clock: &str, seconds: i64) -> Vec<u8> {
    let mut file = recording(seconds, &falling_for(seconds));
    for place in [98, 168] {
        file[place..place + 2].copy_from_slice(day.as_bytes());
    }
    file[176..184].copy_from_slice(clock.as_bytes());
    file
}

/// A follow-up on therapy, some days after the night of the recording.
async fn after_the_night() -> Way {
    let way = opened("osa").await;
    way.hospital.pass(65 * DAY_MS);
    way
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
    let way = after_the_night().await;
    let seen = way
        .do_it(
            LI,
            Method::Post,
            "/nights",
            body(&recording(NIGHT_S, &falling())),
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
        json!([["2026-11-20T23:00:00", "2026-11-21T03:30:00"]])
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
    way.hospital.pass(65 * DAY_MS);
    let path = format!("courses/{}/nights", way.id);
    let night = body(&recording(NIGHT_S, &falling()));
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
async fn a_second_file_of_a_night_is_added_and_takes_nothing_away() {
    let way = after_the_night().await;
    let mut seen = Value::Null;
    // The oximeter began a second file after a break; then both are sent once more.
    for (day, clock, seconds) in [
        ("20", "23.00.00", NIGHT_S),
        ("21", "03.40.00", 1200),
        ("21", "03.40.00", 1200),
        ("20", "23.00.00", NIGHT_S),
    ] {
        let file = body(&begun_at(day, clock, seconds));
        seen = way.do_it(LI, Method::Post, "/nights", file).await;
    }
    assert_eq!(seen["read"], json!({"broken": []}));
    let night = &seen["nights"]["oximetry"];
    assert_eq!(
        (&night["falls"], &night["uncounted_h"]),
        (&json!(2), &Value::Null)
    );
    let hours = (NIGHT_S + 1200) as f64 / 3600.0;
    assert!((night["oximetry_h"].as_f64().unwrap() - hours).abs() < 1e-9);
    // What only adds it up is not shown.
    assert!(night.get("recordings").is_none() && night.get("sessions").is_none());
    let events = way
        .do_it(LI, Method::Get, "/nights/2026-11-20", Value::Null)
        .await;
    let at: Vec<&Value> = events["falls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fall| &fall["at"])
        .collect();
    assert_eq!(at, ["2026-11-20T23:05:00", "2026-11-21T03:45:00"]);
    assert_eq!(
        events["recorded"],
        json!([
            ["2026-11-20T23:00:00", "2026-11-21T03:30:00"],
            ["2026-11-21T03:40:00", "2026-11-21T04:00:00"]
        ])
    );

    // Another that was measured at the same time cannot be added: the longer counts, and the page says so.
    let other = body(&begun_at("20", "23.30.00", 7200));
    let seen = way.do_it(LI, Method::Post, "/nights", other).await;
    let after = &seen["nights"]["oximetry"];
    assert_eq!(
        (&after["falls"], &after["uncounted_h"]),
        (&json!(2), &json!(2.0))
    );
    assert!(after.get("left_out").is_none());
}

#[tokio::test]
async fn a_file_of_minutes_is_no_night_and_one_of_an_hour_has_no_index() {
    let way = after_the_night().await;
    let spot = begun_at("20", "23.00.00", 120);
    let path = "/nights";
    for file in [spot.as_slice(), &spot[..spot.len() - 21]] {
        let refused = way.refused(LI, Method::Post, path, body(file)).await;
        assert_eq!(refused, 422);
    }
    // That one of them broke off as well is counted.
    assert_eq!(faults(&way), [("file-cut", "recording")]);
    assert_eq!(way.see(LI).await["nights"]["oximetry"], Value::Null);

    let hour = body(&begun_at("20", "23.00.00", 3600));
    let seen = way.do_it(LI, Method::Post, path, hour).await;
    assert_eq!(seen["nights"]["oximetry"], Value::Null);
    assert_eq!(seen["nights"]["counted_h"], json!(knowledge::COUNTED_H));
    let short = &seen["read"]["short"][0];
    assert_eq!(short["date"], "2026-11-20");
    let why = short["why"]["en"].as_str().unwrap();
    let says_both = why.contains("only 60 min") && why.contains("less than 4 h");
    assert!(says_both, "{why}");
    let zh = short["why"]["zh"].as_str().unwrap();
    assert!(zh.contains("60 分钟") && zh.contains("4 小时"), "{zh}");
}

#[tokio::test]
async fn an_archive_is_refused_by_its_place_among_the_files() {
    let way = after_the_night().await;
    let files = json!({"files": [
        {"path": "card/Identification.tgt", "base64": STANDARD.encode("machine")},
        {"path": "Zhao Min.zip", "base64": STANDARD.encode(b"PK\x03\x04 and so on")},
    ]});
    let refused = way.act(LI, Method::Post, "/nights", files).await;
    let detail = refused.unwrap_err().detail;
    assert_eq!(
        detail.en,
        "file 2 is an archive: send the files that lie in it"
    );
    assert!(detail.zh.contains("第 2 个文件是压缩包"), "{}", detail.zh);
}

#[tokio::test]
async fn half_a_file_is_told_to_who_sent_it_and_counted_without_a_name() {
    let way = after_the_night().await;
    let whole = recording(NIGHT_S, &falling());
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
    let mut said = body(&recording(NIGHT_S, &falling()));
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

/// An oximeter that sends each second from eleven in the evening on for so many hours: 95 %, and in each ten minutes half
/// a minute at 88 %. It is the end of that time afterwards.
async fn sent(way: &Way, device: &str, hours: i64) -> Timestamp {
    let body = json!({
        "status": "active",
        "type": {"coding": [{"system": "urn:yuanyi:device-profile", "code": "pulse-oximeter"}]},
        "deviceName": [{"name": format!("My {device}"), "type": "user-friendly-name"}],
        "patient": {"reference": "Patient/p1"},
    });
    way.hospital.put("Device", device, Some("p1"), body).await;
    let now = way.hospital.now();
    let start = Timestamp(now.0 - now.0.rem_euclid(DAY_MS) + 15 * HOUR_MS);
    way.hospital.pass(start.0 + hours * HOUR_MS - now.0);
    let patient = PatientId::new("p1").unwrap();
    let ten_minutes: Vec<f64> = (0..600)
        .map(|second| {
            if (300..330).contains(&second) {
                88.0
            } else {
                95.0
            }
        })
        .collect();
    let arrived = (0..6 * hours).map(|part| Arrived {
        stream: StreamKey {
            device: DeviceId::new(device).unwrap(),
            stream: "spo2".to_owned(),
        },
        subject: Some(patient.clone()),
        coding: Coding::new("urn:iso:std:iso:11073:10101", "150456"),
        unit: "%".to_owned(),
        readings: Readings::Regular {
            start: Timestamp(start.0 + part * 10 * MINUTE_MS),
            period_us: 1_000_000,
            values: ten_minutes.clone(),
        },
        received: way.hospital.now(),
        quality: vec![],
        message: None,
    });
    way.hospital.measure(arrived.collect()).await;
    let heard = BTreeMap::from([(patient, start)]);
    let permit = way.hospital.own_permit();
    let taken = FollowUpAtHome.measured(&way.hospital, permit, Some(&heard));
    taken.await.unwrap();
    start
}

/// An hour later, as the hospital then looks.
async fn an_hour_later(way: &Way) -> Value {
    let since = way.hospital.now();
    way.hospital.pass(HOUR_MS);
    let until = way.hospital.now();
    let permit = way.hospital.own_permit();
    let reminded = FollowUpAtHome.remind(&way.hospital, permit, since, until);
    reminded.await.unwrap();
    way.see(LI).await["nights"].clone()
}

#[tokio::test]
async fn what_an_oximeter_sends_is_a_night_once_it_rests_and_a_file_of_it_stands_above() {
    let way = opened("osa-suspected").await;
    let start = sent(&way, "ox", 5).await;
    let date = day_at_home(start);
    assert_eq!(date, "2026-09-21");
    // The oximeter may go on: a part of a night is none yet.
    let seen = way.see(LI).await;
    assert_eq!(seen["nights"]["oximetry"], Value::Null);
    let night = an_hour_later(&way).await["oximetry"].clone();
    for (name, value) in [
        ("falls", 30.0),
        ("odi3", 6.0),
        ("odi4", 6.0),
        ("t90_percent", 5.0),
        ("mean_spo2_percent", 94.65),
        ("lowest_spo2_percent", 88.0),
        ("oximetry_h", 5.0),
    ] {
        assert!(
            (night[name].as_f64().unwrap() - value).abs() < 1e-9,
            "{name}"
        );
    }
    assert_eq!(
        (&night["date"], &night["oximetry_sent_by"]),
        (&json!(date), &json!("My ox"))
    );
    assert_eq!(night["incomplete_s"], Value::Null);
    let path = format!("/nights/{date}");
    let events = way.do_it(LI, Method::Get, &path, Value::Null).await;
    assert_eq!(events["falls"].as_array().unwrap().len(), 30);
    assert_eq!(events["falls"][0]["at"], "2026-09-21T23:05:00");
    assert_eq!(
        events["recorded"],
        json!([["2026-09-21T23:00:00", "2026-09-22T04:00:00"]])
    );
    let id = format!("{}-n20260921", way.id);
    let kept = way.hospital.body("Observation", &id).await.unwrap();
    assert_eq!(fhir::validate(&kept), []);
    assert_eq!(kept["note"][0]["text"], "Saturation sent by My ox");

    // The oximeter's own file of that night counts, and goes on counting.
    let mut file = recording(NIGHT_S, &falling());
    file[98..109].copy_from_slice(b"21-SEP-2026");
    file[168..184].copy_from_slice(b"21.09.2623.00.00");
    let seen = way.do_it(LI, Method::Post, "/nights", body(&file)).await;
    let of_file = seen["nights"]["oximetry"].clone();
    assert_eq!(
        (&of_file["falls"], &of_file["oximetry_sent_by"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(an_hour_later(&way).await["oximetry"], of_file);
}

#[tokio::test]
async fn of_a_night_that_is_too_short_no_index_is_reckoned() {
    let way = opened("osa-suspected").await;
    sent(&way, "ox", 3).await;
    way.hospital.pass(DAY_MS);
    let seen = an_hour_later(&way).await;
    assert_eq!(seen["oximetry"], Value::Null);
    assert_eq!(seen["least_valid_h"], 4.0);
    // It was over before it was looked at: what came of it makes it, whenever that is.
    let heard = BTreeMap::from([(
        PatientId::new("p1").unwrap(),
        Timestamp(way.hospital.now().0 - DAY_MS),
    )]);
    let permit = way.hospital.own_permit();
    let taken = FollowUpAtHome.measured(&way.hospital, permit, Some(&heard));
    taken.await.unwrap();
    let nights = way.see(LI).await["nights"]["nights"].clone();
    let short: Vec<&Value> = nights
        .as_array()
        .unwrap()
        .iter()
        .filter(|night| night["oximetry_h"] == 3.0)
        .collect();
    assert_eq!(short.len(), 1);
    assert_eq!(
        (&short[0]["odi3"], &short[0]["has_events"]),
        (&Value::Null, &json!(false))
    );
}
