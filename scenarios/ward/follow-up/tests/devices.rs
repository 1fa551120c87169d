//! What devices of the patient's own measure: which readings count, and what comes of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod home;

use std::collections::BTreeMap;

use follow_up::FollowUpAtHome;
use home::{DAY_MS, LI, MINUTE_MS, as_patient, opened, report, send};
use record::{Arrived, QualityMark, Readings, StreamKey};
use scenario::{
    Context as _, Method, Scenario as _, Topic,
    testing::{Way, kinds},
};
use serde_json::{Value, json};
use vocabulary::{ActorId, Coding, DeviceId, Digest, PatientId, Timestamp};

const SPO2: (&str, &str) = ("150456", "%");
const PULSE: (&str, &str) = ("149530", "/min");
const PEF: (&str, &str) = ("152584", "L/min");

/// Registers a device as the hospital's registry writes it.
async fn device(way: &Way, id: &str, kind: &str, place: Option<&str>) {
    let mut body = json!({
        "status": "active",
        "type": {"coding": [{"system": "urn:yuanyi:device-profile", "code": kind}]},
        "deviceName": [{"name": format!("My {kind}"), "type": "user-friendly-name"}],
        "patient": {"reference": "Patient/p1"},
    });
    if let Some(place) = place {
        body["location"] = json!({"reference": format!("Location/{place}")});
    }
    way.hospital.put("Device", id, Some("p1"), body).await;
}

fn reading(
    device: &str,
    whose: &str,
    (code, unit): (&str, &str),
    at: Timestamp,
    value: f64,
) -> Arrived {
    Arrived {
        stream: StreamKey {
            device: DeviceId::new(device).unwrap(),
            stream: code.to_owned(),
        },
        subject: Some(PatientId::new(whose).unwrap()),
        coding: Coding::new("urn:iso:std:iso:11073:10101", code),
        unit: unit.to_owned(),
        readings: Readings::One { at, value },
        received: at,
        quality: vec![],
        message: None,
    }
}

fn own(device: &str, code: (&str, &str), at: Timestamp, value: f64) -> Arrived {
    reading(device, "p1", code, at, value)
}

/// Keeps readings and lets the scenario take them up, as the hospital does.
async fn measure(way: &Way, arrived: Vec<Arrived>) {
    let mut heard = BTreeMap::new();
    for one in &arrived {
        let at = one.readings.start();
        let first = heard.entry(one.subject.clone().unwrap()).or_insert(at);
        *first = at.min(*first);
    }
    way.hospital.measure(arrived).await;
    take(way, Some(&heard)).await;
}

async fn take(way: &Way, heard: Option<&BTreeMap<PatientId, Timestamp>>) {
    let permit = way.hospital.own_permit();
    FollowUpAtHome
        .measured(&way.hospital, permit, heard)
        .await
        .unwrap();
}

async fn of_patient(way: &Way) -> Value {
    let all = as_patient(way, "p1", Method::Get, "courses", Value::Null).await;
    all.unwrap()[0].clone()
}

fn told(way: &Way, who: &str) -> bool {
    let announced = std::mem::take(&mut *way.hospital.announced.lock().unwrap());
    let who = ActorId::new(who).unwrap();
    let mut all = announced.iter();
    all.any(|(topic, _, people)| *topic == Topic::Waiting && people.contains(&who))
}

#[tokio::test]
async fn a_reading_is_an_answer_and_tells_at_once() {
    let way = opened("copd").await;
    device(&way, "ox", "pulse-oximeter", None).await;
    way.hospital.pass(2 * DAY_MS);
    assert_eq!(way.see(LI).await["state"], "overdue");
    let at = way.hospital.now();
    measure(
        &way,
        vec![own("ox", SPO2, at, 95.6), own("ox", PULSE, at, 72.0)],
    )
    .await;
    // The silence is over; what the device cannot say is still asked.
    let seen = way.see(LI).await;
    assert_eq!(
        (&seen["state"], &seen["last_device"]),
        (&json!("fine"), &json!("My pulse-oximeter"))
    );
    let first = &seen["reports"][0];
    assert_eq!(
        first["answers"],
        json!({"pulse_per_min": 72.0, "spo2_percent": 96.0})
    );
    assert_eq!(first["by"], "My pulse-oximeter");
    assert_eq!(first["device"]["measured"]["spo2_percent"]["at"], json!(at));
    let page = of_patient(&way).await;
    assert_eq!(page["next_report"]["due"], "now");
    assert_eq!(page["received"].as_array().unwrap().len(), 2);
    assert_eq!(page["received"][1]["device"], "My pulse-oximeter");
    let periods = seen["periods"].as_array().unwrap();
    assert_eq!(
        periods
            .iter()
            .map(|one| one["reports"].as_i64().unwrap())
            .sum::<i64>(),
        1
    );
    let id = seen["reports"].as_array().unwrap().len();
    // Taken up again it is the same.
    take(&way, None).await;
    assert_eq!(way.see(LI).await["reports"].as_array().unwrap().len(), id);
    // Two signs by the device and one by the patient are three: whoever comes last tells.
    send(
        &way,
        &[report(
            &way,
            "report0001",
            0,
            json!({"dyspnoea_vas": 7, "spo2_percent": 96}),
        )],
    )
    .await
    .unwrap();
    // Nobody counted breaths: whether it is worse stays open.
    assert_eq!(way.see(LI).await["state"], "unclear");
    told(&way, LI);
    let at = way.hospital.now();
    measure(
        &way,
        vec![own("ox", SPO2, at, 88.0), own("ox", PULSE, at, 110.0)],
    )
    .await;
    assert!(told(&way, LI));
    assert!(way.hospital.now().0 - at.0 < MINUTE_MS);
    assert_eq!(kinds(&way.waiting(LI).await), ["alert"]);
    let seen = way.see(LI).await;
    assert_eq!(seen["state"], "alert");
    // What was typed and what was measured stand side by side.
    let mut values: Vec<(bool, f64)> = seen["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["device"].is_null(),
                one["answers"]["spo2_percent"].as_f64().unwrap(),
            )
        })
        .collect();
    values.sort_by_key(|(typed, _)| *typed);
    assert_eq!(values, [(false, 88.0), (true, 96.0)]);
    let plan = way.id.clone();
    let kept = way
        .hospital
        .body("Task", &format!("{plan}-ad-{:x}", at.0))
        .await
        .unwrap();
    assert_eq!(fhir::validate(&kept), []);
}

#[tokio::test]
async fn the_patient_s_words_complete_what_a_device_sent_before() {
    let way = opened("copd").await;
    device(&way, "ox", "pulse-oximeter", None).await;
    let at = way.hospital.now();
    measure(
        &way,
        vec![own("ox", SPO2, at, 88.0), own("ox", PULSE, at, 110.0)],
    )
    .await;
    assert_eq!(way.see(LI).await["state"], "fine", "two signs are too few");
    told(&way, LI);
    send(
        &way,
        &[report(&way, "report0001", 0, json!({"dyspnoea_vas": 7}))],
    )
    .await
    .unwrap();
    assert!(told(&way, LI));
    let page = of_patient(&way).await;
    assert_eq!(
        (&page["next_report"]["due"], &page["told"]["state"]),
        (&json!("planned"), &json!("open"))
    );
}

#[tokio::test]
async fn what_is_not_good_not_theirs_or_not_from_home_is_no_answer() {
    let way = opened("copd").await;
    for (id, kind, place) in [
        ("ox", "pulse-oximeter", None),
        ("bed-ox", "pulse-oximeter", Some("bed-1")),
        ("monitor", "bedside-monitor", None),
    ] {
        device(&way, id, kind, place).await;
    }
    let at = way.hospital.now();
    let with = |mark: QualityMark| Arrived {
        quality: vec![mark],
        ..own("ox", SPO2, at, 85.0)
    };
    for (not, why) in [
        (with(QualityMark::OutOfRange), "out of range"),
        (with(QualityMark::Artefact), "disturbed"),
        (with(QualityMark::Questionable), "questionable"),
        (with(QualityMark::ClockUnknown), "at an unknown time"),
        (with(QualityMark::Test), "a test"),
        (
            with(QualityMark::Other("held back".to_owned())),
            "held back",
        ),
        (
            own("ox", SPO2, at, 20.0),
            "beyond the limits of the question",
        ),
        (own("ox", (SPO2.0, "1"), at, 0.9), "in another unit"),
        (own("ox", PEF, at, 400.0), "not asked"),
        (
            own("ox", SPO2, Timestamp(at.0 - DAY_MS), 85.0),
            "before it began",
        ),
        (reading("ox", "p2", SPO2, at, 85.0), "of another patient"),
        (own("bed-ox", SPO2, at, 85.0), "of the ward"),
        (own("monitor", SPO2, at, 85.0), "of a monitor"),
        (
            own("nobody", SPO2, at, 85.0),
            "of a device that is not registered",
        ),
    ] {
        measure(&way, vec![not]).await;
        take(&way, None).await;
        assert_eq!(way.see(LI).await["reports"], json!([]), "{why}");
    }
    let late = Arrived {
        quality: vec![QualityMark::Late, QualityMark::FromObservation],
        ..own("ox", SPO2, Timestamp(way.hospital.now().0), 94.0)
    };
    measure(&way, vec![late]).await;
    let seen = way.see(LI).await;
    assert_eq!(
        seen["reports"][0]["device"]["measured"]["spo2_percent"]["marks"],
        json!(["late", "from-observation"])
    );
}

#[tokio::test]
async fn what_comes_without_a_time_is_said_at_the_day_and_of_a_live_device_counts() {
    let way = opened("copd").await;
    device(&way, "ox", "pulse-oximeter", None).await;
    assert_eq!(of_patient(&way).await["without_clock"], json!([]));
    let marked = |mark: QualityMark, at: Timestamp| Arrived {
        quality: vec![mark],
        ..own("ox", SPO2, at, 95.0)
    };
    let at = way.hospital.now();
    measure(&way, vec![marked(QualityMark::ClockUnknown, at)]).await;
    let page = of_patient(&way).await;
    assert_eq!(page["received"], json!([]));
    assert_eq!(page["without_clock"], json!(["My pulse-oximeter"]));
    let later = Timestamp(at.0 + MINUTE_MS);
    way.hospital.pass(MINUTE_MS);
    measure(&way, vec![marked(QualityMark::ArrivalTime, later)]).await;
    let page = of_patient(&way).await;
    assert_eq!(page["received"][0]["marks"], json!(["arrival-time"]));
    assert_eq!(page["without_clock"], json!([]));
    // What came yesterday says nothing about today.
    way.hospital.pass(MINUTE_MS);
    let last = Timestamp(later.0 + MINUTE_MS);
    measure(&way, vec![marked(QualityMark::ClockUnknown, last)]).await;
    way.hospital.pass(2 * DAY_MS);
    assert_eq!(of_patient(&way).await["without_clock"], json!([]));
}

#[tokio::test]
async fn what_was_sent_in_another_unit_is_an_answer() {
    let way = opened("after-surgery").await;
    device(&way, "fever", "thermometer", None).await;
    let at = way.hospital.now();
    let converted = QualityMark::Converted {
        from: "[degF]".to_owned(),
        sent: Some("98.6".to_owned()),
    };
    for (at, value, mark) in [
        (at, 37.0, converted),
        // As records of before have it.
        (
            Timestamp(at.0 + 60 * MINUTE_MS),
            37.5,
            QualityMark::Other("sent as 99.5 [degF]".to_owned()),
        ),
    ] {
        way.hospital.pass(60 * MINUTE_MS);
        let sent = Arrived {
            quality: vec![mark],
            ..own("fever", ("150364", "Cel"), at, value)
        };
        measure(&way, vec![sent]).await;
        let seen = way.see(LI).await;
        assert_eq!(seen["reports"][0]["answers"]["temperature_c"], value);
    }
}

#[tokio::test]
async fn a_device_that_goes_on_counts_from_time_to_time_and_at_once_where_it_gets_worse() {
    let way = opened("copd").await;
    device(&way, "ox", "pulse-oximeter", None).await;
    // Early in the day at home: all of it lies on one.
    way.hospital.pass(10 * 60 * MINUTE_MS);
    send(
        &way,
        &[report(
            &way,
            "report0001",
            0,
            json!({"dyspnoea_vas": 7, "respiratory_rate_per_min": 28}),
        )],
    )
    .await
    .unwrap();
    let start = way.hospital.now();
    let counted = async |minutes: i64, value: f64| {
        let at = Timestamp(start.0 + minutes * MINUTE_MS);
        way.hospital.pass((at.0 - way.hospital.now().0).max(0));
        measure(&way, vec![own("ox", SPO2, at, value)]).await;
        let seen = way.see(LI).await;
        let mut reports = seen["reports"].as_array().unwrap().iter();
        let found = reports
            .find(|one| !one["device"].is_null())
            .unwrap()
            .clone();
        (
            found["answers"]["spo2_percent"].as_f64().unwrap(),
            seen["alerts"].as_array().unwrap().len(),
        )
    };
    assert_eq!(counted(0, 93.0).await, (93.0, 0));
    assert_eq!(counted(1, 96.0).await, (96.0, 0), "it settles");
    assert_eq!(counted(10, 97.0).await, (96.0, 0), "it goes on");
    assert_eq!(counted(20, 88.0).await, (88.0, 1), "worse");
    assert_eq!(counted(30, 87.0).await, (88.0, 1), "no news");
    assert_eq!(counted(90, 95.0).await, (95.0, 1), "an hour later");
}

#[tokio::test]
async fn peak_flow_counts_by_the_hour_of_the_day_and_takes_the_highest_blow() {
    let way = opened("asthma-peak-flow").await;
    device(&way, "pef", "peak-flow", None).await;
    way.hospital.pass(DAY_MS);
    // Midnight at home, eight hours before UTC's.
    let midnight = (way.hospital.now().0 / DAY_MS) * DAY_MS + 16 * 60 * MINUTE_MS;
    way.hospital.pass(DAY_MS);
    let at = |hours: i64| Timestamp(midnight + hours * 60 * MINUTE_MS);
    let after = |time: Timestamp, minutes: i64| Timestamp(time.0 + minutes * MINUTE_MS);
    measure(
        &way,
        vec![
            own("pef", PEF, at(-24 + 7), 380.0),
            own("pef", PEF, after(at(-24 + 7), 1), 420.0),
            own("pef", PEF, after(at(-24 + 7), 2), 400.0),
            own("pef", PEF, at(-24 + 20), 350.0),
        ],
    )
    .await;
    let seen = way.see(LI).await;
    assert_eq!(
        seen["reports"][0]["answers"],
        json!({"pef_morning_l_min": 420.0, "pef_evening_l_min": 350.0})
    );
    measure(&way, vec![own("pef", PEF, after(at(-24 + 7), 5), 430.0)]).await;
    measure(&way, vec![own("pef", PEF, after(at(-24 + 7), 6), 410.0)]).await;
    assert_eq!(
        way.see(LI).await["reports"][0]["answers"]["pef_morning_l_min"],
        430.0
    );
    // The highest blow was none: the highest of the others counts.
    let right = Arrived {
        quality: vec![QualityMark::Correction { received_ms: 1 }],
        ..own("pef", PEF, after(at(-24 + 7), 5), 330.0)
    };
    measure(&way, vec![right]).await;
    assert_eq!(
        way.see(LI).await["reports"][0]["answers"]["pef_morning_l_min"],
        420.0
    );
}

/// A reading that was made of an `Observation`.
fn observed(code: (&str, &str), at: Timestamp, value: f64) -> Arrived {
    Arrived {
        quality: vec![QualityMark::FromObservation],
        ..own("ox", code, at, value)
    }
}

/// The same as it is taken back where the `Observation` is entered in error.
fn taken_back(arrived: &Arrived, received_ms: i64) -> Arrived {
    Arrived {
        quality: vec![
            QualityMark::FromObservation,
            QualityMark::Correction { received_ms },
            QualityMark::Superseded,
        ],
        ..arrived.clone()
    }
}

/// The report of the device, as the page has it.
async fn of_device(way: &Way) -> Option<Value> {
    let seen = way.see(LI).await;
    let mut reports = seen["reports"].as_array().unwrap().iter();
    reports.find(|one| !one["device"].is_null()).cloned()
}

#[tokio::test]
async fn an_answer_that_is_taken_back_leaves_the_day_to_another_value_or_open_again() {
    let way = opened("copd").await;
    device(&way, "ox", "pulse-oximeter", None).await;
    // Early in the day at home: all of it lies on one.
    way.hospital.pass(2 * DAY_MS + 10 * 60 * MINUTE_MS);
    assert_eq!(way.see(LI).await["state"], "overdue");
    let first = way.hospital.now();
    let morning = observed(SPO2, first, 95.0);
    measure(&way, vec![morning.clone()]).await;
    way.hospital.pass(90 * MINUTE_MS);
    let later = way.hospital.now();
    let (low, pulse) = (observed(SPO2, later, 88.0), observed(PULSE, later, 110.0));
    measure(&way, vec![low.clone(), pulse.clone()]).await;
    let report = of_device(&way).await.unwrap();
    assert_eq!(
        report["answers"],
        json!({"pulse_per_min": 110.0, "spo2_percent": 88.0})
    );
    measure(&way, vec![taken_back(&low, 1)]).await;
    for _ in 0..2 {
        let report = of_device(&way).await.unwrap();
        assert_eq!(
            report["answers"],
            json!({"pulse_per_min": 110.0, "spo2_percent": 95.0})
        );
        let measured = &report["device"]["measured"]["spo2_percent"];
        assert_eq!(measured["at"], json!(first));
        // Taken up again it is the same.
        take(&way, None).await;
    }
    measure(&way, vec![taken_back(&pulse, 2)]).await;
    let report = of_device(&way).await.unwrap();
    assert_eq!(report["answers"], json!({"spo2_percent": 95.0}));
    assert_eq!(way.see(LI).await["state"], "fine");
    measure(&way, vec![taken_back(&morning, 3)]).await;
    take(&way, None).await;
    let seen = way.see(LI).await;
    assert_eq!(
        (&seen["state"], &seen["reports"], &seen["last_device"]),
        (&json!("overdue"), &json!([]), &Value::Null)
    );
    let page = of_patient(&way).await;
    assert_eq!(
        (&page["received"], &page["next_report"]["due"]),
        (&json!([]), &json!("overdue"))
    );
    let day = home::day_at_home(first).replace('-', "");
    let mut digest = Digest::of(b"ox").to_string();
    digest.truncate(8);
    let id = format!("{}-rd-{day}-{digest}", way.id);
    let kept = way.hospital.body("QuestionnaireResponse", &id).await;
    let kept = kept.unwrap();
    assert_eq!(kept["status"], "entered-in-error");
    assert_eq!(fhir::validate(&kept), []);
    // Said anew it is an answer again.
    let mut anew = observed(SPO2, later, 94.0);
    anew.quality
        .push(QualityMark::Correction { received_ms: 4 });
    measure(&way, vec![anew]).await;
    let report = of_device(&way).await.unwrap();
    assert_eq!(report["answers"], json!({"spo2_percent": 94.0}));
}

#[tokio::test]
async fn after_a_restart_what_was_put_right_before_lets_no_later_value_count_at_once() {
    let way = opened("copd").await;
    device(&way, "ox", "pulse-oximeter", None).await;
    // Early in the day at home: all of it lies on one.
    way.hospital.pass(10 * 60 * MINUTE_MS);
    let first = way.hospital.now();
    measure(&way, vec![own("ox", SPO2, first, 93.0)]).await;
    let right = Arrived {
        quality: vec![QualityMark::Correction { received_ms: 1 }],
        ..own("ox", SPO2, first, 95.0)
    };
    measure(&way, vec![right]).await;
    // Who opens anew does not know what is new, and looks at all of it. A device that goes on counts from time to time.
    for (minutes, value, counts) in [(10, 97.0, 95.0), (60, 96.0, 96.0)] {
        way.hospital.pass(minutes * MINUTE_MS);
        let at = way.hospital.now();
        way.hospital.measure(vec![own("ox", SPO2, at, value)]).await;
        take(&way, None).await;
        let report = of_device(&way).await.unwrap();
        assert_eq!(report["answers"], json!({"spo2_percent": counts}));
        let heard: Timestamp = report["heard"].as_str().unwrap().parse().unwrap();
        let is_new = value.total_cmp(&counts).is_eq();
        assert_eq!(heard >= at, is_new, "the patient is heard with what counts");
    }
}

#[tokio::test]
async fn an_alert_stays_where_its_answer_is_taken_back_and_is_open_again_where_it_is_said_anew() {
    let way = opened("copd").await;
    device(&way, "ox", "pulse-oximeter", None).await;
    way.hospital.pass(10 * 60 * MINUTE_MS);
    send(
        &way,
        &[report(&way, "report0001", 0, json!({"dyspnoea_vas": 7}))],
    )
    .await
    .unwrap();
    let at = way.hospital.now();
    let low = observed(SPO2, at, 88.0);
    measure(&way, vec![low.clone(), observed(PULSE, at, 110.0)]).await;
    let alerts = async || way.see(LI).await["alerts"].as_array().unwrap().clone();
    let all = alerts().await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
    measure(&way, vec![taken_back(&low, 1)]).await;
    let report = of_device(&way).await.unwrap();
    assert_eq!(report["answers"], json!({"pulse_per_min": 110.0}));
    // Whoever is told looks after the patient, and says what was done.
    assert_eq!(alerts().await[0]["state"], "open");
    let alert = json!({"alert": all[0]["id"]});
    way.do_it(LI, Method::Post, "/take", alert).await;
    let ended = json!({"alert": all[0]["id"], "outcome": "measured wrongly"});
    way.do_it(LI, Method::Post, "/close", ended).await;
    let mut anew = low.clone();
    anew.quality
        .push(QualityMark::Correction { received_ms: 2 });
    measure(&way, vec![anew]).await;
    let all = alerts().await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
    assert_eq!(all[0]["again"].as_array().unwrap().len(), 1);
    assert_eq!(all[0]["again"][0]["held_by"]["id"], LI);
}

#[tokio::test]
async fn a_calibration_and_what_was_taken_back_are_no_blows() {
    let way = opened("copd").await;
    let start = way.hospital.now();
    way.hospital.pass(10 * MINUTE_MS);
    // Breath that goes out as it does from a lung after half a second, at 100 a second.
    let flow = |n: i32| match n - 50 {
        ..0 => 0.0,
        n => 2.4 * (-f64::from(n) / 110.0).exp(),
    };
    let blow = |minutes: i64, quality: Vec<QualityMark>| {
        let at = Timestamp(start.0 + minutes * MINUTE_MS);
        Arrived {
            coding: Coding::new("urn:yuanyi:stream", "spirometry-flow"),
            readings: Readings::Regular {
                start: at,
                period_us: 10_000,
                values: (0..850).map(flow).collect(),
            },
            quality,
            ..own("spiro", ("spirometry-flow", "L/s"), at, 0.0)
        }
    };
    let correction = QualityMark::Correction { received_ms: 1 };
    for arrived in [
        blow(1, vec![]),
        blow(2, vec![QualityMark::Calibrating]),
        blow(3, vec![]),
        blow(3, vec![correction, QualityMark::Superseded]),
    ] {
        way.hospital.measure(vec![arrived]).await;
    }
    let sent = way
        .do_it(LI, Method::Get, "/spirometry/sent", Value::Null)
        .await;
    let blows = sent["blows"].as_array().unwrap();
    let first = Timestamp(start.0 + MINUTE_MS);
    assert_eq!((blows.len(), &blows[0]["at"]), (1, &json!(first)));
}

#[tokio::test]
async fn the_hours_that_a_machine_counted_are_the_night_s() {
    let way = opened("osa").await;
    device(&way, "cpap", "cpap", None).await;
    way.hospital.pass(2 * DAY_MS);
    // Six in the morning at home.
    let morning = Timestamp((way.hospital.now().0 / DAY_MS) * DAY_MS - 2 * 60 * MINUTE_MS);
    let hours = Arrived {
        coding: Coding::new("urn:yuanyi:stream", "therapy-use"),
        ..own("cpap", ("therapy-use", "h"), morning, 6.5)
    };
    measure(&way, vec![hours]).await;
    send(
        &way,
        &[report(
            &way,
            "report0001",
            0,
            json!({"cpap_hours": 8, "sleepy_while_driving": true}),
        )],
    )
    .await
    .unwrap();
    let seen = way.see(LI).await;
    let nights = seen["nights"]["nights"].as_array().unwrap();
    let known: Vec<&Value> = nights
        .iter()
        .filter(|one| !one["hours"].is_null())
        .collect();
    assert_eq!(known.len(), 1);
    assert_eq!(
        (&known[0]["hours"], &known[0]["hours_from"]),
        (&json!(6.5), &json!("machine"))
    );
    // What the patient said of the wheel is not hidden by what the machine sends.
    assert!(
        seen["next"]
            .as_array()
            .unwrap()
            .iter()
            .any(|step| step["criterion"] == "osa-sleepy-driver")
    );
}
