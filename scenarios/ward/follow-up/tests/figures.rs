//! How follow-up runs is counted for those who run the hospital, and names nobody.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod home;

use std::collections::BTreeMap;

use follow_up::FollowUpAtHome;
use home::{DAY_MS, HU, LI, MINUTE_MS, WANG, opened, report, send};
use scenario::{Method, testing::Way};
use serde_json::{Value, json};

/// The figures as the manager has them, by name.
async fn figures(way: &Way) -> BTreeMap<String, Option<f64>> {
    let hospital = &way.hospital;
    let who = "sun.manager";
    let reply = hospital.ask(&FollowUpAtHome, who, Method::Get, "figures", Value::Null);
    let body = reply.await.unwrap().body;
    assert!(!body.to_string().contains("p1"), "{body}");
    let all = body["figures"].as_array().unwrap().iter();
    all.map(|one| {
        let name = one["name"].as_str().unwrap();
        (name.to_owned(), one["value"].as_f64())
    })
    .collect()
}

#[tokio::test]
async fn those_who_run_the_hospital_see_how_follow_up_runs_and_nobody_of_it() {
    let way = opened("copd").await;
    let before = figures(&way).await;
    assert_eq!(before["followed"], Some(1.0));
    assert_eq!(before["home-alerts"], Some(0.0));
    for unknown in ["minutes-to-taken", "hours-to-answer", "on-time", "adherent"] {
        assert_eq!(before[unknown], None, "{unknown}");
    }

    let ill = json!({"dyspnoea_vas": 7, "spo2_percent": 82});
    send(&way, &[report(&way, "report0001", 0, ill)])
        .await
        .unwrap();
    assert_eq!(figures(&way).await["home-alerts"], Some(1.0));
    way.hospital.pass(10 * MINUTE_MS);
    let alert = json!({"alert": way.see(LI).await["alert"]["id"]});
    way.do_it(LI, Method::Post, "/take", alert).await;
    let up = json!({
        "direction": "up", "criterion": "not-controlled", "reason": "no better", "to": HU,
        "from_level": "community", "to_level": "county",
    });
    way.do_it(LI, Method::Post, "/refer", up.clone()).await;
    let now = figures(&way).await;
    // The clock goes on a little between calls.
    assert!(now["minutes-to-taken"].is_some_and(|is| (10.0..11.0).contains(&is)));
    assert_eq!(
        (now["referred-up"], now["referred-down"]),
        (Some(1.0), Some(0.0))
    );
    assert_eq!(now["unanswered"], Some(1.0));
    way.hospital.pass(120 * MINUTE_MS);
    let back = json!({"direction": "down", "criterion": "plan-stable", "reason": "as agreed"});
    way.do_it(HU, Method::Post, "/refer", back).await;
    let now = figures(&way).await;
    assert!(now["hours-to-answer"].is_some_and(|is| (2.0..2.1).contains(&is)));
    assert_eq!(
        (now["referred-down"], now["unanswered"]),
        (Some(1.0), Some(0.0))
    );

    // What is long over counts no more; what was due since then does.
    way.hospital.pass(40 * DAY_MS);
    let later = figures(&way).await;
    assert_eq!(
        (later["minutes-to-taken"], later["referred-up"]),
        (None, Some(0.0))
    );
    assert!(later["on-time"].is_some_and(|percent| percent < 100.0));

    // One that was taken back referred nobody.
    way.do_it(LI, Method::Post, "/refer", up).await;
    assert_eq!(figures(&way).await["referred-up"], Some(1.0));
    let stays = json!({"reason": "stays with us"});
    way.do_it(LI, Method::Post, "/withdraw", stays).await;
    let last = figures(&way).await;
    assert_eq!(
        (last["referred-up"], last["unanswered"]),
        (Some(0.0), Some(0.0))
    );

    let hospital = &way.hospital;
    let refused = hospital.ask(&FollowUpAtHome, WANG, Method::Get, "figures", Value::Null);
    assert!(refused.await.is_err());
}
