//! Readings of devices, asked for over HTTP: who may see them, at any zoom, as readings, bytes and FHIR.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod hospital;

use std::{path::Path, sync::Arc};

use hospital::{Hospital, run, yuanyi};
use record::{Arrived, Readings, Signals as _, StreamKey};
use serde_json::Value;
use storage::{Embedded, EmbeddedSignals, SignalOptions, SystemClock};
use vocabulary::{Coding, DeviceId, PatientId, Timestamp};

const START_MS: i64 = 1_790_000_000_000;
const LOINC: &str = "http://loinc.org";
const MDC: &str = "urn:iso:std:iso:11073:10101";

fn arrived(
    stream: &str,
    patient: Option<&str>,
    coding: (&str, &str),
    unit: &str,
    readings: Readings,
) -> Arrived {
    Arrived {
        stream: StreamKey {
            device: DeviceId::new("monitor-1").unwrap(),
            stream: stream.to_owned(),
        },
        subject: patient.map(|patient| PatientId::new(patient).unwrap()),
        coding: Coding::new(coding.0, coding.1),
        unit: unit.to_owned(),
        readings,
        received: Timestamp(START_MS),
        quality: vec![],
        message: None,
    }
}

/// An hour of saturation and ten seconds of a waveform of patient `p`, and the temperature of the room.
#[tokio::main(flavor = "current_thread")]
async fn measure(data: &Path) {
    let clock = Arc::new(SystemClock);
    let indexer = Arc::new(fhir::SearchIndexer);
    let record = Embedded::open(data, indexer, clock.clone()).unwrap();
    let signals = EmbeddedSignals::open(Arc::new(record), clock, SignalOptions::default()).unwrap();
    let one = |second: i64, value: f64| Readings::One {
        at: Timestamp(START_MS + second * 1000),
        value,
    };
    let mut all: Vec<Arrived> = (0..3600)
        // Ten minutes are missing.
        .filter(|second| !(1200..1800).contains(second))
        .map(|second| {
            let value = 95.0 + f64::from(i32::try_from(second % 4).unwrap());
            arrived("spo2", Some("p"), (MDC, "150456"), "%", one(second, value))
        })
        .collect();
    all.push(arrived(
        "room",
        None,
        (LOINC, "60832-3"),
        "Cel",
        one(0, 21.5),
    ));
    let wave = Readings::Regular {
        start: Timestamp(START_MS),
        period_us: 2000,
        values: (0..5000).map(|n| f64::from(n % 250)).collect(),
    };
    all.push(arrived("ecg", Some("p"), (MDC, "131330"), "mV", wave));
    signals.append(all).await.unwrap();
    // Half of what is asked for is in the journal, half of it not.
    signals.seal().await.unwrap();
    let late = arrived("spo2", Some("p"), (MDC, "150456"), "%", one(3600, 99.0));
    signals.append(vec![late]).await.unwrap();
}

fn get(hospital: &Hospital, who: &str, path: &str) -> (u16, Value) {
    hospital.send(who, "GET", path, &Value::Null)
}

fn series<'a>(rows: &'a Value, stream: &str) -> &'a Value {
    let rows = rows.as_array().unwrap();
    rows.iter().find(|row| row["stream"] == stream).unwrap()
}

fn refuses_what_cannot_be_asked_for(hospital: &Hospital, place: &str) {
    let no = "0".repeat(32);
    for (path, expected) in [
        (format!("/api/patients/p/signals/{no}"), 404),
        ("/api/patients/p/signals/x".to_owned(), 404),
        (format!("{place}?from=yesterday"), 400),
        (format!("{place}?zoom=3"), 400),
    ] {
        assert_eq!(get(hospital, "wang.nurse", &path).0, expected, "{path}");
    }
}

/// What a client of FHIR alone finds: each series of the span, by each of its codes.
fn sampled_by_fhir(hospital: &Hospital) {
    let end = Timestamp(START_MS + 3_600_000);
    let span = format!("start={}&end={end}", Timestamp(START_MS));
    let ask = |who: &str, more: &str| {
        let path = format!("/fhir/Observation/$sampled?{span}{more}");
        get(hospital, who, &path)
    };
    let (status, all) = ask("wang.nurse", "&patient=p");
    assert_eq!((status, &all["total"]), (200, &2.into()), "{all}");
    let of = |code: &str| {
        let (status, found) = ask("wang.nurse", &format!("&patient=Patient/p&code={code}"));
        assert_eq!(status, 200, "{found}");
        found
    };
    let wave = of("131330");
    let wave = &wave["entry"][0]["resource"];
    assert_eq!(wave["valueSampledData"]["period"], 2.0);
    assert_eq!(wave["subject"]["reference"], "Patient/p");
    assert_eq!(of("http://loinc.org%7C59408-5")["total"], 0);
    // The profile of the device says by which codes else its readings are known.
    let device = serde_json::json!({"profile": "pulse-oximeter"});
    let path = "/api/devices/monitor-1";
    assert_eq!(hospital.send("admin", "PUT", path, &device).0, 200);
    let found = of("http://loinc.org%7C59408-5");
    assert_eq!(found["total"], 1, "{found}");
    let data = &found["entry"][0]["resource"]["valueSampledData"]["data"];
    assert_eq!(data.as_str().unwrap().split(' ').count(), 3601);
    assert_eq!(ask("chen.expert", "&patient=p").0, 403);
    assert_eq!(ask("wang.nurse", "").0, 400);
    let no_day = "/fhir/Observation/$sampled?patient=p&start=yesterday";
    assert_eq!(get(hospital, "wang.nurse", no_day).0, 400);
}

#[test]
fn readings_are_shown_to_who_may_see_the_patient_at_any_zoom_and_as_fhir() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(folder.path());
    hospital.admit_patient();
    hospital.kill();
    measure(folder.path());
    let hospital = Hospital::open(folder.path());

    // Who may not see the patient sees the room only.
    for who in ["chen.expert", "admin"] {
        assert_eq!(
            get(&hospital, who, "/api/patients/p/signals").0,
            403,
            "{who}"
        );
    }
    let (status, rows) = get(&hospital, "wang.nurse", "/api/patients/p/signals");
    assert_eq!(
        (status, rows.as_array().map(Vec::len)),
        (200, Some(2)),
        "{rows}"
    );
    let (_, of_device) = get(&hospital, "wang.nurse", "/api/devices/monitor-1/streams");
    assert_eq!(of_device.as_array().unwrap().len(), 3, "{of_device}");
    let saturation = series(&rows, "spo2");
    assert_eq!(
        (&saturation["count"], &saturation["last"]["value"]),
        (&3001.into(), &99.0.into())
    );

    // Buckets, with the gap.
    let place = format!(
        "/api/patients/p/signals/{}",
        saturation["series"].as_str().unwrap()
    );
    let span = format!("from={START_MS}&to={}", START_MS + 3_600_000);
    let (_, answer) = get(
        &hospital,
        "wang.nurse",
        &format!("{place}?{span}&points=60"),
    );
    let buckets = answer["buckets"].as_array().unwrap();
    assert!(buckets.len() <= 60, "{answer}");
    let count: u64 = buckets
        .iter()
        .map(|bucket| bucket[4].as_u64().unwrap())
        .sum();
    assert_eq!(count, 3001);
    let in_gap = |bucket: &&Value| {
        let start = bucket[0].as_f64().unwrap() - START_MS as f64;
        (1_280_000.0..1_660_000.0).contains(&start)
    };
    assert_eq!(buckets.iter().filter(in_gap).count(), 0, "{answer}");
    let (_, answer) = get(
        &hospital,
        "wang.nurse",
        &format!("{place}?{span}&readings=100"),
    );
    assert_eq!(answer["readings"].as_array().unwrap().len(), 100);
    let next_ms = 1000.0f64.mul_add(99.0, START_MS as f64) + 0.001;
    assert!(
        (answer["next_ms"].as_f64().unwrap() - next_ms).abs() < 0.01,
        "{answer}"
    );

    // FHIR.
    let (status, sampled) = get(
        &hospital,
        "wang.nurse",
        &format!("{place}/observation?{span}"),
    );
    assert_eq!(status, 200, "{sampled}");
    let data = sampled["valueSampledData"]["data"].as_str().unwrap();
    assert_eq!(data.split(' ').count(), 3601);
    assert_eq!(data.split(' ').filter(|value| *value == "E").count(), 600);
    let (status, last) = get(
        &hospital,
        "wang.nurse",
        "/fhir/Observation/$lastn?patient=p&category=vital-signs",
    );
    assert_eq!((status, &last["total"]), (200, &1.into()), "{last}");
    assert_eq!(last["entry"][0]["resource"]["valueQuantity"]["value"], 99.0);
    assert_eq!(
        get(
            &hospital,
            "chen.expert",
            "/fhir/Observation/$lastn?patient=p"
        )
        .0,
        403
    );
    assert_eq!(
        get(&hospital, "wang.nurse", "/fhir/Observation/$lastn").0,
        400
    );

    sampled_by_fhir(&hospital);
    refuses_what_cannot_be_asked_for(&hospital, &place);
    hospital.kill();
    let said = run(yuanyi()
        .args(["verify", "--deep", "--data"])
        .arg(folder.path()));
    println!("{said}");
}
