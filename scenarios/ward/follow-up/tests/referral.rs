//! Referrals between levels of care: which level asks which, down from where the follow-up was begun, and who takes over
//! there.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod home;

use home::{CHEN, HU, LI, WANG, opened, report, send};
use scenario::{Method, Topic, testing::kinds};
use serde_json::{Value, json};

fn down() -> Value {
    json!({
        "direction": "down", "criterion": "follow-up-only", "reason": "stable for a year", "to": HU,
        "from_level": "centre", "to_level": "county",
    })
}

fn back(direction: &str, criterion: &str) -> Value {
    json!({"direction": direction, "criterion": criterion, "reason": "as agreed"})
}

#[tokio::test]
async fn levels_are_asked_for_kept_and_shown_and_turn_round_on_the_way_back() {
    let way = opened("copd").await;
    let up = json!({
        "direction": "up", "criterion": "not-controlled", "reason": "no better", "to": HU,
        "from_level": "community", "to_level": "county",
    });
    for (name, value) in [
        ("from_level", Value::Null),
        ("to_level", Value::Null),
        ("to_level", json!("community")),
        ("to_level", json!("moon")),
        ("from_level", json!("centre")),
    ] {
        let mut wrong = up.clone();
        wrong[name] = value;
        let refused = way.refused(LI, Method::Post, "/refer", wrong.clone()).await;
        assert_eq!(refused, 422, "{wrong}");
    }
    let seen = way.do_it(LI, Method::Post, "/refer", up).await;
    assert_eq!(seen["levels"][2]["id"], "centre");
    let levels = |one: &Value| [one["from_level"].clone(), one["to_level"].clone()];
    assert_eq!(levels(&seen["referral"]), ["community", "county"]);
    let answer = back("down", "plan-stable");
    way.do_it(HU, Method::Post, "/refer", answer).await;
    let way = way.reopen().await;
    let seen = way.see(LI).await;
    assert_eq!(levels(&seen["referrals"][1]), ["county", "community"]);
}

#[tokio::test]
async fn who_is_asked_at_a_lower_level_sees_the_patient_and_may_send_them_back() {
    let way = opened("copd").await;
    let mut to_nobody = down();
    to_nobody["to"] = Value::Null;
    let refused = way.refused(LI, Method::Post, "/refer", to_nobody).await;
    assert_eq!(refused, 422);
    let seen = way.do_it(LI, Method::Post, "/refer", down()).await;
    assert_eq!(seen["state"], "referred");
    assert_eq!(kinds(&way.waiting(HU).await), ["referral"]);
    assert_eq!(way.see(HU).await["referral"]["reason"], "stable for a year");
    // Nobody is asked twice, and who asked does not answer.
    let up = back("up", "not-controlled");
    for wish in [down(), up.clone()] {
        let refused = way.refused(LI, Method::Post, "/refer", wish.clone()).await;
        assert_eq!(refused, 409, "{wish}");
    }
    let seen = way.do_it(HU, Method::Post, "/visit", Value::Null).await;
    assert_eq!(seen["visit"]["by"]["id"], HU);
    let gone = way.do_it(HU, Method::Post, "/refer", up).await;
    assert_eq!(gone, json!({"id": way.id, "gone": true}));
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    let seen = way.see(LI).await;
    let answer = &seen["referrals"][1];
    assert_eq!(
        [
            &answer["direction"],
            &answer["to"]["id"],
            &answer["to_level"]
        ],
        ["up", LI, "centre"]
    );
    assert_eq!(seen["state"], "fine");
    // The patient is called to nobody.
    assert_eq!(seen["visit"], Value::Null);
}

#[tokio::test]
async fn who_was_asked_at_a_lower_level_takes_over_where_it_is_handed_to_them() {
    let way = opened("copd").await;
    way.do_it(LI, Method::Post, "/refer", down()).await;
    let end = json!({"reason": "moved"});
    assert_eq!(way.refused(LI, Method::Post, "/end", end).await, 409);
    let hand = json!({"first": HU, "reason": "nearer to their home"});
    let seen = way.do_it(LI, Method::Post, "/handover", hand).await;
    assert_eq!(
        (&seen["referral"], &seen["state"]),
        (&Value::Null, &json!("fine"))
    );
    assert!(seen["referrals"][0]["answered"].is_string());
    // They see the patient as long as they are named, and nothing waits for an answer.
    assert_eq!(way.see(HU).await["first"]["id"], HU);
    assert!(way.waiting(HU).await.is_empty());
    assert!(way.called().await.is_empty());
    let id = format!("{}-f0", way.id);
    let body = way.hospital.body("ServiceRequest", &id).await.unwrap();
    assert_eq!(body["status"], "completed");
    assert_eq!(fhir::validate(&body), []);
}

#[tokio::test]
async fn who_asked_takes_a_referral_back_that_nobody_has_answered() {
    let way = opened("copd").await;
    let wish = json!({"reason": "stays with us after all"});
    let withdraw = |who: &'static str, wish: &Value| {
        let wish = wish.clone();
        way.refused(who, Method::Post, "/withdraw", wish)
    };
    assert_eq!(withdraw(LI, &wish).await, 409);
    way.do_it(LI, Method::Post, "/refer", down()).await;
    // Who was asked refers back, and nobody else takes back what they did not send.
    for who in [HU, WANG] {
        assert_eq!(withdraw(who, &wish).await, 409, "{who}");
    }
    assert_eq!(withdraw(LI, &json!({"reason": " "})).await, 422);
    // Who was asked has an alert in hand.
    let low = report(&way, "report0001", 0, json!({"spo2_percent": 80}));
    send(&way, &[low]).await.unwrap();
    let alert = json!({"alert": way.see(HU).await["alert"]["id"]});
    way.do_it(HU, Method::Post, "/take", alert).await;
    way.hospital.announced.lock().unwrap().clear();
    let seen = way.do_it(LI, Method::Post, "/withdraw", wish.clone()).await;
    let past = &seen["referrals"][0];
    assert_eq!(past["withdrawn"]["reason"], "stays with us after all");
    assert!(past["withdrawn"]["at"].is_string() && past["answered"].is_null());
    assert_eq!(seen["referral"], Value::Null);
    // The alert is theirs again who answer for the follow-up.
    assert_eq!(
        (&seen["state"], &seen["alert"]["taken_by"]),
        (&json!("alert"), &Value::Null)
    );
    let called: Vec<String> = way.called().await.into_iter().map(|one| one.0).collect();
    assert!(
        called.contains(&LI.to_owned()) && !called.contains(&HU.to_owned()),
        "{called:?}"
    );
    // Who was asked is told at once, sees the patient no more, and nothing waits for them.
    let told = way.hospital.announced.lock().unwrap().clone();
    for topic in [Topic::Waiting, Topic::Case] {
        let hears = |(of, _, to): &(Topic, String, Vec<vocabulary::ActorId>)| {
            *of == topic && to.iter().any(|one| one.as_str() == HU)
        };
        assert!(told.iter().any(hears), "{told:?}");
    }
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    assert!(way.waiting(HU).await.is_empty());
    let id = format!("{}-f0", way.id);
    let body = way.hospital.body("ServiceRequest", &id).await.unwrap();
    assert_eq!(body["status"], "revoked");
    assert_eq!(body["note"][0]["text"], "stays with us after all");
    assert_eq!(fhir::validate(&body), []);
    assert_eq!(withdraw(LI, &wish).await, 409);
    // Of what comes later they hear nothing.
    way.hospital.announced.lock().unwrap().clear();
    let later = report(&way, "report0002", 0, json!({"spo2_percent": 95}));
    send(&way, &[later]).await.unwrap();
    let told = way.hospital.announced.lock().unwrap().clone();
    let hears = |who: &str| {
        let to = |told: &(Topic, String, Vec<vocabulary::ActorId>)| told.2.clone();
        told.iter().flat_map(to).any(|one| one.as_str() == who)
    };
    assert!(hears(LI) && !hears(HU), "{told:?}");
    // Nothing stands in the way of another one.
    way.do_it(LI, Method::Post, "/refer", down()).await;
    assert_eq!(way.see(HU).await["referral"]["reason"], "stable for a year");
}

#[tokio::test]
async fn who_is_told_first_by_then_takes_it_back_too_and_a_visit_of_who_was_asked_is_over() {
    let way = opened("copd").await;
    way.do_it(LI, Method::Post, "/refer", down()).await;
    let hand = json!({"first": CHEN, "reason": "on leave until March"});
    way.do_it(LI, Method::Post, "/handover", hand).await;
    let seen = way.do_it(HU, Method::Post, "/visit", Value::Null).await;
    assert_eq!(seen["visit"]["by"]["id"], HU);
    way.hospital.announced.lock().unwrap().clear();
    let wish = json!({"reason": "stays with us after all"});
    let seen = way.do_it(CHEN, Method::Post, "/withdraw", wish).await;
    assert_eq!(seen["referrals"][0]["withdrawn"]["by"]["id"], CHEN);
    assert_eq!(seen["visit"], Value::Null);
    // The patient's browser, too, looks again.
    let told = way.hospital.announced.lock().unwrap().clone();
    assert!(told.contains(&(Topic::Waiting, way.id.clone(), vec![])));
    let request = format!("{}-f0", way.id);
    let visit = format!("{}-v0", way.id);
    for (kind, id, status) in [
        ("ServiceRequest", &request, "revoked"),
        ("Encounter", &visit, "finished"),
    ] {
        let body = way.hospital.body(kind, id).await.unwrap();
        assert_eq!(body["status"], status);
        assert_eq!(fhir::validate(&body), [], "{kind}");
    }
    let body = way.hospital.body("ServiceRequest", &request).await;
    let author = body.unwrap()["note"][0]["authorReference"]["reference"].clone();
    assert_eq!(author, format!("Practitioner/{CHEN}"));
}
