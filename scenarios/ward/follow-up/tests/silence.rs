//! Who falls silent at home: somebody is told once, whoever is there, and it is over when the patient answers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod home;

use follow_up::FollowUpAtHome;
use home::{CHEN, DAY_MS, LI, MINUTE_MS, WANG, as_patient, opened, report, send};
use record::{Arrived, QualityMark, Readings, StreamKey};
use scenario::{
    Context as _, Method, Scenario as _, Topic,
    testing::{Way, kinds},
};
use serde_json::{Value, json};
use vocabulary::{ActorId, Coding, DeviceId, PatientId, Timestamp};

fn well() -> Value {
    json!({"dyspnoea_vas": 1, "spo2_percent": 96, "pulse_per_min": 72, "respiratory_rate_per_min": 14})
}

fn ill() -> Value {
    json!({"dyspnoea_vas": 7, "spo2_percent": 89, "pulse_per_min": 104, "respiratory_rate_per_min": 26})
}

/// Goes on to an hour of the hospital's day, so many days from now, and lets the clock bring what it brings.
async fn until(way: &Way, days: i64, hour: i64) {
    let since = way.hospital.now();
    let midnight = (since.0 + 8 * 60 * MINUTE_MS).div_euclid(DAY_MS) * DAY_MS - 8 * 60 * MINUTE_MS;
    let there = midnight + days * DAY_MS + hour * 60 * MINUTE_MS;
    way.hospital.pass(there - since.0);
    remind(way, since).await;
}

async fn remind(way: &Way, since: Timestamp) {
    let permit = way.hospital.own_permit();
    let now = way.hospital.now();
    let reminded = FollowUpAtHome.remind(&way.hospital, permit, since, now);
    reminded.await.unwrap();
}

async fn alerts(way: &Way) -> Vec<Value> {
    way.see(LI).await["alerts"].as_array().unwrap().clone()
}

/// A patient with COPD, who answers each day, and did so this morning.
async fn answered() -> Way {
    let way = opened("copd").await;
    until(&way, 1, 7).await;
    send(&way, &[report(&way, "report0001", 0, well())])
        .await
        .unwrap();
    way
}

#[tokio::test]
async fn a_patient_who_falls_silent_is_told_of_once_and_it_is_over_when_they_answer() {
    let way = answered().await;
    // The next day a report is due, and two days later two are missing.
    for (days, hour) in [(1, 23), (1, 23), (1, 7)] {
        until(&way, days, hour).await;
        assert_eq!(alerts(&way).await, Vec::<Value>::new(), "{days} {hour}");
    }
    assert_eq!(kinds(&way.waiting(LI).await), ["follow-up-overdue"]);
    way.hospital.announced.lock().unwrap().clear();
    let before = way.hospital.now();
    until(&way, 0, 8).await;
    let told = way.hospital.announced.lock().unwrap().clone();
    let li = ActorId::new(LI).unwrap();
    assert!(
        told.iter()
            .any(|(topic, _, who)| *topic == Topic::Waiting && who.contains(&li))
    );
    let all = alerts(&way).await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
    let heard = &way.see(LI).await["reports"][0]["day"];
    let said = format!("Nothing was heard since {}", heard.as_str().unwrap());
    assert_eq!(all[0]["why"][0]["en"], json!(said));
    assert_eq!(kinds(&way.waiting(LI).await), ["alert"]);
    let id = all[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(way.called().await, [(LI.to_owned(), id.clone())]);
    let task = way.hospital.body("Task", &id).await.unwrap();
    assert_eq!(fhir::validate(&task), []);
    // Not anew each day, nor after a restart that looks back; on to the next where nobody takes it.
    let closed = way.hospital.now();
    let way = way.reopen().await;
    way.hospital.pass(closed.0 - way.hospital.now().0);
    remind(&way, before).await;
    until(&way, 3, 9).await;
    assert_eq!(alerts(&way).await.len(), 1);
    assert_eq!(kinds(&way.waiting(CHEN).await), ["alert"]);
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null).await;
    assert_eq!(own.unwrap()[0]["told"]["silent"], true);
    let alert = json!({"alert": id});
    way.do_it(CHEN, Method::Post, "/take", alert).await;
    let seen = send(&way, &[report(&way, "report0002", 0, well())])
        .await
        .unwrap();
    assert_eq!(seen["told"], Value::Null);
    let all = alerts(&way).await;
    assert_eq!(
        (&all[0]["state"], &all[0]["outcome"]),
        (&json!("closed"), &Value::Null)
    );
    assert_eq!(all[0]["taken_by"]["id"], CHEN);
    assert!(!all[0]["closed_at"].is_null() && way.called().await.is_empty());
    assert_eq!(kinds(&way.waiting(CHEN).await), Vec::<&str>::new());
    // The next silence is another one.
    until(&way, 4, 9).await;
    let all = alerts(&way).await;
    assert_eq!((all.len(), &all[0]["state"]), (2, &json!("open")));
}

#[tokio::test]
async fn a_silence_that_somebody_ended_is_not_told_again_and_late_reports_end_one() {
    let way = answered().await;
    until(&way, 3, 8).await;
    let alert = json!({"alert": alerts(&way).await[0]["id"]});
    way.do_it(WANG, Method::Post, "/take", alert.clone()).await;
    let ended = json!({"alert": alert["alert"], "outcome": "in hospital"});
    way.do_it(WANG, Method::Post, "/close", ended).await;
    until(&way, 5, 8).await;
    assert_eq!(alerts(&way).await.len(), 1);
    assert_eq!(way.see(LI).await["state"], "overdue");
    // What waited on the phone is heard today, though it is of days ago: the patient is there.
    send(&way, &[report(&way, "report0002", 6, well())])
        .await
        .unwrap();
    until(&way, 1, 8).await;
    assert_eq!(alerts(&way).await.len(), 1);
    until(&way, 1, 8).await;
    assert_eq!(alerts(&way).await.len(), 2);
    send(&way, &[report(&way, "report0003", 6, well())])
        .await
        .unwrap();
    assert_eq!(alerts(&way).await[0]["state"], "closed");
}

#[tokio::test]
async fn silence_after_getting_worse_opens_that_alert_again_and_an_answer_does_not_end_it() {
    let way = answered().await;
    send(&way, &[report(&way, "report0002", 0, ill())])
        .await
        .unwrap();
    let alert = json!({"alert": alerts(&way).await[0]["id"]});
    way.do_it(WANG, Method::Post, "/take", alert).await;
    until(&way, 3, 8).await;
    let all = alerts(&way).await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
    let again = all[0]["again"].as_array().unwrap();
    let said = |one: &Value| {
        let first = one["why"][0]["en"].as_str();
        first.is_some_and(|why| why.starts_with("Nothing was heard"))
    };
    assert!(again.iter().any(said), "{again:?}");
    send(&way, &[report(&way, "report0003", 0, well())])
        .await
        .unwrap();
    assert_eq!(alerts(&way).await[0]["state"], "open");
}

#[tokio::test]
async fn a_silent_patient_who_answers_that_it_is_worse_is_told_of_by_the_same_alert() {
    let way = answered().await;
    until(&way, 3, 8).await;
    send(&way, &[report(&way, "report0002", 0, ill())])
        .await
        .unwrap();
    let all = alerts(&way).await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
    assert_eq!(all[0]["again"].as_array().unwrap().len(), 1);
    send(&way, &[report(&way, "report0003", 0, well())])
        .await
        .unwrap();
    assert_eq!(alerts(&way).await[0]["state"], "open", "it was worse");
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null).await;
    assert_eq!(own.unwrap()[0]["told"]["silent"], false);
}

/// A patient who answered this morning and has an oximeter.
async fn answered_with_oximeter() -> Way {
    let way = answered().await;
    let body = json!({
        "status": "active",
        "type": {"coding": [{"system": "urn:yuanyi:device-profile", "code": "pulse-oximeter"}]},
        "patient": {"reference": "Patient/p1"},
    });
    way.hospital.put("Device", "ox", Some("p1"), body).await;
    way
}

fn spo2(at: Timestamp, value: f64, quality: Vec<QualityMark>) -> Arrived {
    Arrived {
        stream: StreamKey {
            device: DeviceId::new("ox").unwrap(),
            stream: "spo2".to_owned(),
        },
        subject: Some(PatientId::new("p1").unwrap()),
        coding: Coding::new("urn:iso:std:iso:11073:10101", "150456"),
        unit: "%".to_owned(),
        readings: Readings::One { at, value },
        received: at,
        quality,
        message: None,
    }
}

async fn measure(way: &Way, arrived: Arrived) {
    way.hospital.measure(vec![arrived]).await;
    let permit = way.hospital.own_permit();
    let taken = FollowUpAtHome.measured(&way.hospital, permit, None);
    taken.await.unwrap();
}

#[tokio::test]
async fn a_device_of_the_patient_ends_a_silence() {
    let way = answered_with_oximeter().await;
    until(&way, 3, 8).await;
    assert_eq!(alerts(&way).await[0]["state"], "open");
    let at = way.hospital.now();
    let correction = QualityMark::Correction { received_ms: 1 };
    for quality in [vec![], vec![correction, QualityMark::Superseded]] {
        measure(&way, spo2(at, 96.0, quality)).await;
        assert_eq!(alerts(&way).await[0]["state"], "closed");
    }
    // What ended it was none: it goes on, and an answer ends it.
    until(&way, 1, 8).await;
    let all = alerts(&way).await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
    send(&way, &[report(&way, "report0002", 0, well())])
        .await
        .unwrap();
    assert_eq!(alerts(&way).await[0]["state"], "closed");
}

#[tokio::test]
async fn what_is_put_right_of_a_day_before_ends_no_silence() {
    let way = answered_with_oximeter().await;
    let at = way.hospital.now();
    measure(&way, spo2(at, 96.0, vec![])).await;
    until(&way, 3, 8).await;
    assert_eq!(alerts(&way).await[0]["state"], "open");
    let correction = QualityMark::Correction { received_ms: 1 };
    measure(&way, spo2(at, 97.0, vec![correction])).await;
    let seen = way.see(LI).await;
    let mut reports = seen["reports"].as_array().unwrap().iter();
    let of_device = reports.find(|one| !one["device"].is_null()).unwrap();
    assert_eq!(of_device["answers"], json!({"spo2_percent": 97.0}));
    assert_eq!(seen["alerts"][0]["state"], "open");
}

#[tokio::test]
async fn whoever_never_answered_is_told_of_and_an_ended_follow_up_is_not() {
    let way = opened("asthma").await;
    // Due each week: a report and the week after it are missing.
    until(&way, 7, 8).await;
    assert_eq!(alerts(&way).await, Vec::<Value>::new());
    until(&way, 1, 8).await;
    assert_eq!(alerts(&way).await.len(), 1);
    let way = opened("copd").await;
    let reason = json!({"reason": "moved away"});
    way.do_it(LI, Method::Post, "/end", reason).await;
    until(&way, 9, 8).await;
    assert_eq!(alerts(&way).await, Vec::<Value>::new());
}

fn stay(status: &str, period: &Value) -> Value {
    json!({
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": period,
    })
}

#[tokio::test]
async fn silence_rests_while_the_patient_lies_in_hospital_and_counts_again_from_when_they_are_home()
{
    let way = answered().await;
    let start = way.hospital.now();
    let mut period = json!({"start": start});
    let hospital = &way.hospital;
    let body = stay("in-progress", &period);
    hospital.put("Encounter", "stay", Some("p1"), body).await;
    until(&way, 6, 8).await;
    assert_eq!(alerts(&way).await, Vec::<Value>::new());
    // Both the list and the follow-up say why.
    let day = home::day_at_home(start);
    let hospital = &way.hospital;
    let list = hospital.ask(&FollowUpAtHome, LI, Method::Get, "courses", Value::Null);
    let rows = list.await.unwrap().body;
    for seen in [&rows[0], &way.see(LI).await] {
        assert_eq!(
            (&seen["state"], &seen["in_hospital"]),
            (&json!("in-hospital"), &json!(day))
        );
    }
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null).await;
    assert_eq!(own.unwrap()[0]["in_hospital"], json!(day));
    assert_eq!(kinds(&way.waiting(LI).await), Vec::<&str>::new());
    let patient = home::patient("p1");
    let asked = FollowUpAtHome.waiting(&way.hospital, &patient).await;
    assert_eq!(asked.unwrap().len(), 0);
    // Home again, they have as long as after any report that was due.
    period["end"] = json!(way.hospital.now());
    let body = stay("finished", &period);
    let hospital = &way.hospital;
    hospital.put("Encounter", "stay", Some("p1"), body).await;
    until(&way, 1, 8).await;
    assert_eq!(alerts(&way).await, Vec::<Value>::new());
    assert_eq!(way.see(LI).await["state"], "overdue");
    let asked = FollowUpAtHome.waiting(&way.hospital, &patient).await;
    assert_eq!(asked.unwrap().len(), 1);
    until(&way, 1, 8).await;
    let all = alerts(&way).await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
}

#[tokio::test]
async fn a_stay_whose_end_is_still_to_come_by_mistake_keeps_nobody_from_being_told() {
    let way = answered().await;
    let period = json!({"start": way.hospital.now(), "end": "2126-11-28T08:00:00Z"});
    let hospital = &way.hospital;
    let body = stay("finished", &period);
    hospital.put("Encounter", "stay", Some("p1"), body).await;
    until(&way, 3, 8).await;
    let all = alerts(&way).await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
}

#[tokio::test]
async fn a_silence_that_was_handed_over_is_over_when_the_patient_answers() {
    let way = answered().await;
    until(&way, 3, 8).await;
    let alert = json!({"alert": alerts(&way).await[0]["id"]});
    way.do_it(LI, Method::Post, "/take", alert).await;
    let wish = json!({"first": WANG, "second": CHEN, "reason": "on leave"});
    way.do_it(LI, Method::Post, "/handover", wish).await;
    let all = alerts(&way).await;
    assert_eq!((all.len(), &all[0]["state"]), (1, &json!("open")));
    send(&way, &[report(&way, "report0002", 0, well())])
        .await
        .unwrap();
    assert_eq!(alerts(&way).await[0]["state"], "closed");
}

#[tokio::test]
async fn nobody_is_told_of_who_stops_when_the_plan_is_over() {
    let way = opened("asthma-peak-flow").await;
    way.hospital.pass(12 * DAY_MS);
    let well = report(&way, "report0001", 0, json!({"feels_worse": false}));
    send(&way, &[well]).await.unwrap();
    // Of the last day nothing came, and the diary is over before that is a silence.
    for days in [1, 1, 1, 9] {
        until(&way, days, 9).await;
        assert_eq!(alerts(&way).await, Vec::<Value>::new(), "{days}");
    }
    // Within its two weeks silence is told of.
    let way = opened("asthma-peak-flow").await;
    until(&way, 2, 9).await;
    assert_eq!(alerts(&way).await.len(), 1);
}
