//! The work list is read for all follow-ups together: a line of it says what the follow-up itself says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod home;

use follow_up::FollowUpAtHome;
use home::{DAY_MS, HU, LI, MINUTE_MS, WANG, as_patient, opened, report, send};
use scenario::{
    Method,
    testing::{Way, kinds},
};
use serde_json::{Value, json};

async fn list(way: &Way) -> Vec<Value> {
    let hospital = &way.hospital;
    let all = hospital.ask(&FollowUpAtHome, LI, Method::Get, "courses", Value::Null);
    all.await.unwrap().body.as_array().unwrap().clone()
}

async fn begin(way: &Way, plan: &str) -> String {
    let wish = json!({"patient": "p1", "plan": plan});
    let hospital = &way.hospital;
    let made = hospital.ask(&FollowUpAtHome, LI, Method::Post, "courses", wish);
    let body = made.await.unwrap().body;
    body["id"].as_str().unwrap().to_owned()
}

async fn act(way: &Way, who: &str, path: String, body: Value) -> Value {
    let hospital = &way.hospital;
    let done = hospital.ask(&FollowUpAtHome, who, Method::Post, &path, body);
    done.await.unwrap().body
}

/// Answers on each of these days.
async fn answer(way: &Way, id: &str, days_ago: std::ops::Range<i64>, answers: Value) {
    let all: Vec<Value> = days_ago
        .map(|days| report(way, &format!("report{days:04}"), days, answers.clone()))
        .collect();
    let path = format!("courses/{id}/reports");
    let sent = as_patient(way, "p1", Method::Put, &path, json!({"reports": all}));
    sent.await.unwrap();
}

#[tokio::test]
async fn a_line_of_the_work_list_says_what_the_follow_up_itself_says() {
    let way = opened("copd").await;
    let begun = async |plan: &str| begin(&way, plan).await;
    let (diary, apnoea, suspected) = (
        begun("asthma-peak-flow").await,
        begun("osa").await,
        begun("osa-suspected").await,
    );
    let (surgery, asthma) = (begun("after-surgery").await, begun("asthma").await);
    begun("nodule").await;
    let late = json!({
        "status": "active", "intent": "order", "subject": {"reference": "Patient/p1"},
        "code": {"text": "CT"}, "occurrencePeriod": {"start": "2026-09-01", "end": "2026-10-01"},
    });
    let hospital = &way.hospital;
    hospital.put("ServiceRequest", "ct", Some("p1"), late).await;
    way.hospital.pass(65 * DAY_MS);
    // More days than are read at once, and a hole in them.
    answer(&way, &surgery, 0..25, json!({"feels_worse": false})).await;
    answer(&way, &surgery, 27..59, json!({"feels_worse": false})).await;
    let ill = json!({"dyspnoea_vas": 7, "spo2_percent": 82});
    answer(&way, &way.id, 3..45, ill).await;
    answer(&way, &apnoea, 1..2, json!({"sleepy_while_driving": true})).await;
    answer(&way, &diary, 55..60, json!({"feels_worse": false})).await;
    answer(&way, &suspected, 0..1, json!({"feels_worse": false})).await;
    let taken = json!({"alert": way.see(LI).await["alert"]["id"]});
    act(&way, WANG, format!("courses/{}/take", way.id), taken).await;
    let wish = json!({"direction": "up", "from_level": "community", "to_level": "centre", "criterion": "osa-severe", "reason": "AHI", "to": HU});
    act(&way, LI, format!("courses/{suspected}/refer"), wish).await;
    act(&way, LI, format!("courses/{surgery}/visit"), json!({})).await;
    let reason = json!({"reason": "moved away"});
    act(&way, LI, format!("courses/{asthma}/end"), reason).await;
    // Nobody took what the driver said.
    way.hospital.pass(20 * MINUTE_MS);
    let all = list(&way).await;
    let states: Vec<&str> = all
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        [
            "alert", "taken", "referred", "overdue", "over", "fine", "ended"
        ]
    );
    for row in &all {
        let path = format!("courses/{}", row["id"].as_str().unwrap());
        let seen = hospital.ask(&FollowUpAtHome, LI, Method::Get, &path, Value::Null);
        let seen = seen.await.unwrap().body;
        for (name, value) in row.as_object().unwrap() {
            assert_eq!(value, &seen[name], "{} {name}", row["plan"]["id"]);
        }
    }
    let line = |id: &str| all.iter().find(|row| row["id"] == id).unwrap();
    assert_eq!(
        line(&surgery)["adherence"],
        json!({"periods": 29, "reported": 27}),
        "two days of the last thirty are missing, and today is not over"
    );
    assert_eq!(
        line(&diary)["adherence"],
        json!({"periods": 14, "reported": 5}),
        "nothing is expected after two weeks"
    );
    let waiting = way.waiting(LI).await;
    let mut waits = kinds(&waiting);
    waits.sort_unstable();
    assert_eq!(waits, ["alert", "follow-up-overdue", "follow-up-overdue"]);
    assert_eq!(kinds(&way.waiting(HU).await), ["referral"]);
}

#[tokio::test]
async fn of_one_patient_who_treats_sees_what_goes_on() {
    let way = opened("copd").await;
    let over = begin(&way, "asthma").await;
    let reason = json!({"reason": "moved away"});
    act(&way, LI, format!("courses/{over}/end"), reason).await;
    let hospital = &way.hospital;
    let of = async |who: &str, patient: &str| {
        let path = format!("patients/{patient}/courses");
        hospital
            .ask(&FollowUpAtHome, who, Method::Get, &path, Value::Null)
            .await
    };
    let rows = of(LI, "p1").await.unwrap().body;
    let ids: Vec<&Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(ids, [&json!(way.id)]);
    assert_eq!(rows[0], list(&way).await[0]);
    assert_eq!(of(LI, "p2").await.unwrap().body, json!([]));
    let path = "patients/p1/courses";
    let own = as_patient(&way, "p1", Method::Get, path, Value::Null).await;
    assert!(own.is_err(), "those who treat have another view of it");
}

/// Thirty days with less than four hours of use on each night.
fn short_nights(way: &Way, round: u8) -> Vec<Value> {
    let answers = json!({"cpap_hours": 3.9, "sleepy_while_driving": false, "feels_worse": false});
    let each = (0..30).map(|days| {
        let id = format!("round{round}night{days:02}");
        report(way, &id, days, answers.clone())
    });
    each.collect()
}

#[tokio::test]
async fn a_step_that_is_a_reason_to_refer_calls_until_the_patient_was_referred_by_it() {
    let way = opened("osa").await;
    way.hospital.pass(30 * DAY_MS);
    send(&way, &short_nights(&way, 0)).await.unwrap();
    let suspected = begin(&way, "osa-suspected").await;
    let copd = begin(&way, "copd").await;
    let ahi = json!({"answers": {"ahi_per_hour": 32}});
    act(&way, LI, format!("courses/{suspected}/assess"), ahi).await;
    // What is only to be done here, such as a missing spirometry, does not call.
    let all = list(&way).await;
    let state = |id: &str| all.iter().find(|row| row["id"] == id).unwrap()["state"].clone();
    assert_eq!(
        [state(&way.id), state(&suspected), state(&copd)],
        ["step", "step", "fine"]
    );
    assert_eq!(all[2]["state"], "fine", "it comes after both");
    for row in &all {
        let path = format!("courses/{}", row["id"].as_str().unwrap());
        let hospital = &way.hospital;
        let seen = hospital.ask(&FollowUpAtHome, LI, Method::Get, &path, Value::Null);
        let seen = seen.await.unwrap().body;
        for (name, value) in row.as_object().unwrap() {
            assert_eq!(value, &seen[name], "{} {name}", row["plan"]["id"]);
        }
    }
    let row = all.iter().find(|row| row["id"] == json!(way.id)).unwrap();
    let words = row["steps"][0]["en"].as_str().unwrap();
    assert!(words.starts_with("Not adherent over 30 days"), "{words}");

    // Referred by it and sent back with advice it rests; where nights stay as they are it calls again.
    let up = json!({"direction": "up", "from_level": "community", "to_level": "centre", "criterion": "osa-not-adherent", "reason": "mask mended", "to": HU});
    act(&way, LI, format!("courses/{}/refer", way.id), up.clone()).await;
    assert_eq!(way.see(LI).await["state"], "referred");
    let stays = json!({"reason": "another mask first"});
    act(&way, LI, format!("courses/{}/withdraw", way.id), stays).await;
    assert_eq!(way.see(LI).await["state"], "step", "it was taken back");
    act(&way, LI, format!("courses/{}/refer", way.id), up).await;
    let down = json!({"direction": "down", "criterion": "plan-stable", "reason": "a smaller mask"});
    act(&way, HU, format!("courses/{}/refer", way.id), down).await;
    let seen = way.see(LI).await;
    assert_eq!(
        (&seen["state"], &seen["steps"]),
        (&json!("fine"), &json!([]))
    );
    assert_eq!(seen["next"][0]["id"], "not-adherent");
    let all = list(&way).await;
    let row = all.iter().find(|row| row["id"] == json!(way.id)).unwrap();
    assert_eq!(row["state"], "fine", "the list knows of the referral, too");
    way.hospital.pass(31 * DAY_MS);
    send(&way, &short_nights(&way, 1)).await.unwrap();
    assert_eq!(way.see(LI).await["state"], "step");
}
