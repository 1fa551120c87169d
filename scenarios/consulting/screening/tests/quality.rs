//! What quality control sees of a programme: what was left out, and what was not done in time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod way;

use knowledge::quality::{Deviation, check};
use scenario::{Context, Scenario};
use screening::Screening;
use serde_json::json;

use crate::way::{LI, Way};

const DAY_MS: i64 = 24 * 3600 * 1000;

async fn found(way: &Way) -> Vec<Deviation> {
    let permit = way.hospital.own_permit();
    let case = Some(way.id.as_str());
    let watched = Screening
        .watched(&way.hospital, permit, case)
        .await
        .unwrap();
    let [one] = watched.as_slice() else {
        panic!("one programme: {watched:?}");
    };
    assert_eq!((one.doctor.id.as_str(), one.patient.as_str()), (LI, "p1"));
    // All of them are this one.
    let all = Screening
        .watched(&way.hospital, permit, None)
        .await
        .unwrap();
    assert_eq!(all.len(), 1);
    check(&one.observed, way.hospital.now()).deviations
}

#[tokio::test]
async fn a_step_that_is_left_out_is_a_deviation_with_its_reason() {
    let way = Way::asked().await;
    let before = found(&way).await;
    assert!(!before.iter().any(|one| one.rule == "step-skipped"));
    way.post(
        "/skip",
        json!({"step": "assess", "reason": "The expert is in the room."}),
    )
    .await;
    let after = found(&way).await;
    let skipped: Vec<_> = after
        .iter()
        .filter(|one| one.rule == "step-skipped")
        .collect();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].place, "assess");
    let (reason, _) = skipped[0].reason.as_ref().unwrap();
    assert_eq!(reason, "The expert is in the room.");
}

#[tokio::test]
async fn an_order_whose_window_has_passed_is_overdue() {
    let way = Way::signed().await;
    let overdue = async |way: &Way| {
        let found = found(way).await;
        found
            .iter()
            .filter(|one| one.rule == "follow-up-overdue")
            .count()
    };
    assert_eq!(overdue(&way).await, 0);
    // Every window of the plan has an end, or is due at once.
    way.hospital.pass(20 * 366 * DAY_MS);
    let view = way.see(LI).await;
    let decisions = view["arrangement"]["decisions"].as_array().unwrap();
    let late = decisions
        .iter()
        .filter(|one| one["due"] == "overdue")
        .count();
    assert_eq!(overdue(&way).await, late);
    assert!(late > 0, "{decisions:?}");
}
