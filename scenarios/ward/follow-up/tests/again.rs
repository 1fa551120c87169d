//! Alerts that somebody took: what is worse tells again, what is left lapses, and without a second person everybody who
//! treats the patient is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod home;

use follow_up::FollowUpAtHome;
use home::{CHEN, DAY_MS, HU, LI, MINUTE_MS, WANG, opened, report, send};
use scenario::{
    Context as _, Method, OwnFile, Scenario as _, Topic,
    testing::{Way, kinds},
};
use serde_json::{Value, json};
use vocabulary::Timestamp;

fn ill() -> Value {
    json!({"dyspnoea_vas": 7, "spo2_percent": 89, "pulse_per_min": 104, "respiratory_rate_per_min": 26})
}

/// The people whose lists were said to have changed since this was asked.
fn told(way: &Way) -> Vec<String> {
    let announced = std::mem::take(&mut *way.hospital.announced.lock().unwrap());
    let waiting = announced
        .into_iter()
        .filter(|(topic, ..)| *topic == Topic::Waiting);
    let mut people: Vec<String> = waiting
        .flat_map(|(_, _, people)| people)
        .map(|who| who.to_string())
        .collect();
    people.sort();
    people.dedup();
    people
}

async fn says(way: &Way, id: &str, answers: Value) {
    told(way);
    send(way, &[report(way, id, 0, answers)]).await.unwrap();
}

async fn remind(way: &Way, since: Timestamp) -> Timestamp {
    let until = way.hospital.now();
    let permit = way.hospital.own_permit();
    let reminded = FollowUpAtHome.remind(&way.hospital, permit, since, until);
    reminded.await.unwrap();
    until
}

async fn called(way: &Way) -> Vec<String> {
    let permit = way.hospital.own_permit();
    let all = FollowUpAtHome.called(&way.hospital, permit).await.unwrap();
    all.into_iter().map(|one| one.to.to_string()).collect()
}

async fn take(way: &Way, who: &str) -> Value {
    let alert = way.see(who).await["alert"]["id"].clone();
    way.do_it(who, Method::Post, "/take", json!({"alert": alert}))
        .await
}

#[tokio::test]
async fn what_is_worse_than_an_alert_that_was_taken_tells_again() {
    let way = opened("copd").await;
    says(&way, "report0001", ill()).await;
    assert_eq!(told(&way), [CHEN, LI]);
    take(&way, WANG).await;
    // The same again belongs to what is taken.
    says(&way, "report0002", ill()).await;
    assert!(told(&way).is_empty());
    assert_eq!(way.see(LI).await["state"], "taken");
    let mut worse = ill();
    worse["spo2_percent"] = json!(80);
    says(&way, "report0003", worse.clone()).await;
    assert_eq!(told(&way), [CHEN, LI, WANG]);
    let seen = way.see(LI).await;
    assert_eq!(
        (&seen["state"], &seen["alert"]["escalated"]),
        (&json!("alert"), &json!(true))
    );
    assert_eq!(seen["alerts"].as_array().unwrap().len(), 1);
    let again = &seen["alert"]["again"];
    assert_eq!(again[0]["held_by"]["id"], WANG);
    assert_eq!(again[0]["why"][0]["en"], "Saturation of 83 % or less");
    for who in [LI, WANG, CHEN] {
        assert_eq!(kinds(&way.waiting(who).await), ["alert"], "{who}");
    }
    assert_eq!(called(&way).await, [CHEN, LI, WANG]);
    // It was said: once more is nothing new.
    let taken = take(&way, WANG).await;
    assert_eq!(taken["alert"]["again"].as_array().unwrap().len(), 1);
    says(&way, "report0004", worse).await;
    assert!(told(&way).is_empty());
    let done = json!({"alert": taken["alert"]["id"], "outcome": "sent to the ward"});
    let seen = way.do_it(WANG, Method::Post, "/close", done).await;
    assert_eq!(seen["alert"], Value::Null);
    let task = seen["alerts"][0]["id"].as_str().unwrap();
    let body = way.hospital.body("Task", task).await.unwrap();
    assert_eq!(fhir::validate(&body), []);
}

#[tokio::test]
async fn an_alert_that_somebody_took_and_left_is_open_again() {
    let way = opened("copd").await;
    says(&way, "report0001", ill()).await;
    take(&way, LI).await;
    let since = remind(&way, way.hospital.now()).await;
    way.hospital.pass(DAY_MS - 2 * MINUTE_MS);
    let soon = remind(&way, since).await;
    assert!(called(&way).await.is_empty());
    assert!(!kinds(&way.waiting(CHEN).await).contains(&"alert"));
    told(&way);
    way.hospital.pass(3 * MINUTE_MS);
    remind(&way, soon).await;
    assert_eq!(told(&way), [CHEN, LI]);
    for who in [LI, CHEN] {
        assert!(kinds(&way.waiting(who).await).contains(&"alert"), "{who}");
    }
    assert_eq!(called(&way).await, [CHEN, LI]);
    let taken = take(&way, CHEN).await;
    assert_eq!(taken["alert"]["taken_by"]["id"], CHEN);
    // Who had left it stays written down.
    assert_eq!(taken["alert"]["again"][0]["held_by"]["id"], LI);
    assert!(taken["alert"]["lapses_at"].is_string());
}

#[tokio::test]
async fn a_plan_may_have_times_of_its_own_after_which_an_alert_goes_on_and_is_open_again() {
    let text = "id = \"after-pneumonia\"\ntitle = { zh = \"肺炎出院后\", en = \"After pneumonia\" }\nsources = []\n\
        asks = [\"feels_worse\"]\nevery-days = 2\nescalate-after-min = 5\nlapse-after-min = 30\n\
        learn = [{ zh = \"多休息\", en = \"Rest\" }]\n\
        action.usual = { zh = \"照常\", en = \"As usual\" }\n\
        action.worse = { zh = \"告诉我们\", en = \"Tell us\" }\n\
        action.emergency = { zh = \"拨打 120\", en = \"Call 120\" }\n";
    let file = OwnFile {
        name: "follow-up/after-pneumonia.toml".to_owned(),
        text: text.to_owned(),
    };
    assert!(FollowUpAtHome.own_settings(&[file], true).is_ok());
    let way = opened("after-pneumonia").await;
    says(&way, "report0001", json!({"feels_worse": true})).await;
    let waits = async |who: &str| kinds(&way.waiting(who).await).contains(&"alert");
    way.hospital.pass(4 * MINUTE_MS);
    assert!(waits(LI).await && !waits(CHEN).await);
    let seen = way.see(LI).await;
    let times = (&seen["escalate_after_min"], &seen["lapse_after_min"]);
    assert_eq!(times, (&json!(5), &json!(30)));
    way.hospital.pass(2 * MINUTE_MS);
    assert!(waits(CHEN).await);
    take(&way, LI).await;
    way.hospital.pass(29 * MINUTE_MS);
    assert!(!waits(CHEN).await);
    let since = remind(&way, way.hospital.now()).await;
    told(&way);
    way.hospital.pass(2 * MINUTE_MS);
    remind(&way, since).await;
    assert_eq!(told(&way), [CHEN, LI]);
    assert!(waits(CHEN).await);
    // The others go on by the times that all have.
    let other = opened("copd").await.see(LI).await;
    let times = (&other["escalate_after_min"], &other["lapse_after_min"]);
    assert_eq!(times, (&json!(15), &json!(1440)));
}

#[tokio::test]
async fn where_the_second_person_has_left_everybody_who_treats_the_patient_is_told() {
    let way = opened("copd").await;
    let mut plan = way.hospital.body("CarePlan", &way.id).await.unwrap();
    let said = &mut plan["extension"][0]["valueString"];
    let mut own: Value = serde_json::from_str(said.as_str().unwrap()).unwrap();
    own["second"] = json!({"id": "gone.expert", "name": "Gone"});
    *said = json!(own.to_string());
    let hospital = &way.hospital;
    hospital.put("CarePlan", &way.id, Some("p1"), plan).await;
    let raised = way.hospital.now();
    says(&way, "report0001", ill()).await;
    way.hospital.pass(16 * MINUTE_MS);
    remind(&way, raised).await;
    assert_eq!(called(&way).await, [LI, WANG]);
    assert_eq!(kinds(&way.waiting(WANG).await), ["alert"]);
    let seen = way.see(LI).await;
    assert_eq!(
        (&seen["second"], &seen["team"][0]["id"]),
        (&Value::Null, &json!(WANG))
    );
}

#[tokio::test]
async fn without_a_second_person_everybody_who_treats_the_patient_is_told() {
    let body = json!({"patient": "p1", "plan": "after-surgery"});
    let way = Way::open(&FollowUpAtHome, ("courses", "courses"), LI, body).await;
    let seen = way.see(LI).await;
    assert_eq!(
        (&seen["second"], &seen["team"][0]["id"]),
        (&Value::Null, &json!(WANG))
    );
    // One value that is dangerous by itself.
    let at = way.hospital.now();
    says(&way, "report0001", json!({"spo2_percent": 70})).await;
    assert_eq!(way.see(LI).await["state"], "alert");
    assert!(kinds(&way.waiting(WANG).await).is_empty());
    assert_eq!(called(&way).await, [LI]);
    told(&way);
    way.hospital.pass(16 * MINUTE_MS);
    remind(&way, at).await;
    assert_eq!(told(&way), [LI, WANG]);
    assert_eq!(kinds(&way.waiting(WANG).await), ["alert"]);
    assert!(kinds(&way.waiting(HU).await).is_empty());
    assert_eq!(called(&way).await, [LI, WANG]);
    assert_eq!(take(&way, WANG).await["alert"]["taken_by"]["id"], WANG);
}
