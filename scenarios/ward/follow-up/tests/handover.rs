//! Who answers for a follow-up is handed over: to whom alerts go from then on, who sees the patient, and who may do it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod home;

use follow_up::FollowUpAtHome;
use home::{CHEN, HU, LI, MINUTE_MS, WANG, as_patient, opened, report, send};
use scenario::{
    Method, Scenario as _, Topic,
    testing::{Way, kinds},
};
use serde_json::{Value, json};

fn ill() -> Value {
    json!({"dyspnoea_vas": 7, "spo2_percent": 89, "pulse_per_min": 104, "respiratory_rate_per_min": 26})
}

fn to(first: &str, second: Option<&str>) -> Value {
    let mut wish = json!({"first": first, "reason": "on leave until March"});
    if let Some(second) = second {
        wish["second"] = json!(second);
    }
    wish
}

/// A patient with COPD, followed by Li and Chen, who has got worse.
async fn worse() -> Way {
    let way = opened("copd").await;
    send(&way, &[report(&way, "report0001", 0, ill())])
        .await
        .unwrap();
    way
}

async fn called(way: &Way) -> Vec<String> {
    let permit = way.hospital.own_permit();
    let all = FollowUpAtHome.called(&way.hospital, permit).await.unwrap();
    all.into_iter().map(|one| one.to.to_string()).collect()
}

async fn take(way: &Way, who: &str) {
    let alert = json!({"alert": way.see(who).await["alert"]["id"]});
    way.do_it(who, Method::Post, "/take", alert).await;
}

#[tokio::test]
async fn an_alert_that_stands_goes_to_whom_the_follow_up_is_handed() {
    let way = worse().await;
    assert_eq!(called(&way).await, [LI]);
    assert_eq!(way.see(CHEN).await["first"]["id"], LI);
    way.hospital.announced.lock().unwrap().clear();
    let seen = way
        .do_it(WANG, Method::Post, "/handover", to(WANG, None))
        .await;
    assert_eq!(
        (&seen["first"]["id"], &seen["second"]),
        (&json!(WANG), &Value::Null)
    );
    let before = &seen["handovers"][0];
    assert_eq!(before["reason"], "on leave until March");
    assert_eq!(
        (&before["by"]["id"], &before["first"]["id"]),
        (&json!(WANG), &json!(LI))
    );
    assert_eq!(before["second"]["id"], CHEN);
    // Nobody is called who answers no more, and the browsers of all look again.
    assert_eq!(called(&way).await, [WANG]);
    assert_eq!(kinds(&way.waiting(WANG).await), ["alert"]);
    assert_eq!(kinds(&way.waiting(LI).await), Vec::<&str>::new());
    let told = way.hospital.announced.lock().unwrap().clone();
    assert!(told.contains(&(Topic::Waiting, way.id.clone(), vec![])));
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null).await;
    assert_eq!(own.unwrap()[0]["doctor"], WANG);
    // Who was let in for it sees the patient no more.
    assert_eq!(way.refused(CHEN, Method::Get, "", Value::Null).await, 404);
    let task = format!("{}-areport0001", way.id);
    let second = format!("{}-second", way.id);
    for (kind, id) in [
        ("Task", &task),
        ("ServiceRequest", &second),
        ("CarePlan", &way.id),
    ] {
        let body = way.hospital.body(kind, id).await.unwrap();
        assert_eq!(fhir::validate(&body), [], "{kind}");
    }
    let owner = way.hospital.body("Task", &task).await.unwrap()["owner"].clone();
    assert_eq!(owner["reference"], format!("Practitioner/{WANG}"));
    let ended = way.hospital.body("ServiceRequest", &second).await.unwrap();
    assert_eq!(ended["status"], "completed");
    // The others of the team hear where she takes nothing.
    way.hospital.pass(16 * MINUTE_MS);
    assert_eq!(called(&way).await, [LI, WANG]);
    take(&way, WANG).await;
    assert!(called(&way).await.is_empty());
}

#[tokio::test]
async fn an_alert_that_was_taken_by_who_goes_is_open_again() {
    let way = worse().await;
    take(&way, LI).await;
    // Who goes on as the second person keeps what is in hand.
    let seen = way
        .do_it(LI, Method::Post, "/handover", to(WANG, Some(LI)))
        .await;
    assert_eq!(seen["alert"]["taken_by"]["id"], LI);
    assert!(called(&way).await.is_empty());
    let wish = to(WANG, Some(CHEN));
    let status = way.refused(WANG, Method::Post, "/handover", wish).await;
    assert_eq!(status, 403, "a nurse lets nobody in");
    let seen = way
        .do_it(LI, Method::Post, "/handover", to(WANG, Some(CHEN)))
        .await;
    assert_eq!(seen["state"], "alert");
    let again = &seen["alert"]["again"][0];
    assert_eq!(again["held_by"], Value::Null);
    assert!(again["at"].is_string() && again["why"].is_null());
    assert_eq!(called(&way).await, [CHEN, WANG]);
    assert_eq!(seen["handovers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_doctor_who_does_not_treat_the_patient_is_let_in_until_the_follow_up_ends() {
    let way = opened("copd").await;
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    way.do_it(LI, Method::Post, "/handover", to(HU, Some(CHEN)))
        .await;
    assert_eq!(way.see(CHEN).await["first"]["id"], HU);
    send(&way, &[report(&way, "report0001", 0, ill())])
        .await
        .unwrap();
    assert_eq!(kinds(&way.waiting(HU).await), ["alert"]);
    take(&way, HU).await;
    let alert = json!({"alert": way.see(HU).await["alert"]["id"], "outcome": "steroids"});
    way.do_it(HU, Method::Post, "/close", alert).await;
    // Who is named already is named again by anybody who treats the patient.
    way.do_it(WANG, Method::Post, "/handover", to(HU, None))
        .await;
    assert_eq!(way.refused(CHEN, Method::Get, "", Value::Null).await, 404);
    let reason = json!({"reason": "moved away"});
    way.do_it(LI, Method::Post, "/end", reason).await;
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    let wish = to(LI, None);
    assert_eq!(
        way.refused(LI, Method::Post, "/handover", wish).await,
        409,
        "it has ended"
    );
}

#[tokio::test]
async fn a_handover_is_refused_to_who_may_not_and_where_it_says_nothing() {
    let way = opened("copd").await;
    let silent = json!({"first": WANG, "reason": " "});
    for (who, wish, status) in [
        (HU, to(HU, None), 404),
        (CHEN, to(CHEN, None), 403),
        (WANG, to(HU, None), 403),
        (LI, silent, 422),
        (LI, to(WANG, Some(WANG)), 422),
        (LI, to("nobody.expert", None), 422),
        (LI, to(LI, Some(CHEN)), 409),
    ] {
        let got = way
            .refused(who, Method::Post, "/handover", wish.clone())
            .await;
        assert_eq!(got, status, "{who} {wish}");
    }
    let path = format!("courses/{}/handover", way.id);
    let by_patient = as_patient(&way, "p1", Method::Post, &path, to(WANG, None)).await;
    assert_eq!(by_patient.unwrap_err().status, 403);
    let seen = way.see(LI).await;
    assert_eq!(
        (&seen["first"]["id"], &seen["handovers"]),
        (&json!(LI), &json!([]))
    );
}
