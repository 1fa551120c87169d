//! A follow-up that was begun, and its patient's own account.

#![allow(dead_code, reason = "each test uses its own part of it")]

use follow_up::FollowUpAtHome;
use policy::{Actor, Role};
use scenario::{Context as _, Method, Problem, Request, Scenario as _, testing::Way};
use serde_json::{Value, json};
use vocabulary::{ActorId, PatientId, Timestamp};

pub const LI: &str = "li.terminal";
pub const WANG: &str = "wang.nurse";
pub const CHEN: &str = "chen.expert";
pub const HU: &str = "hu.expert";
pub const MINUTE_MS: i64 = 60_000;
pub const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

pub async fn opened(plan: &str) -> Way {
    let body = json!({"patient": "p1", "plan": plan, "second": CHEN, "usual": if plan == "copd" { json!({"spo2_percent": 96}) } else { json!({}) }});
    Way::open(&FollowUpAtHome, ("courses", "courses"), LI, body).await
}

pub fn patient(id: &str) -> Actor {
    Actor {
        id: ActorId::new("zhao.patient").unwrap(),
        name: "zhao.patient".to_owned(),
        roles: [Role::Patient].into(),
        patient: Some(PatientId::new(id).unwrap()),
    }
}

/// A request by the patient's own account.
pub async fn as_patient(
    way: &Way,
    whose: &str,
    method: Method,
    path: &str,
    body: Value,
) -> Result<Value, Problem> {
    let request = Request {
        method,
        path: path.split('/').map(str::to_owned).collect(),
        actor: patient(whose),
        body,
    };
    Ok(FollowUpAtHome.handle(&way.hospital, request).await?.body)
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "answers are written where they are given"
)]
pub fn report(way: &Way, id: &str, days_ago: i64, answers: Value) -> Value {
    let at = Timestamp(way.hospital.now().0 - days_ago * DAY_MS);
    json!({"id": id, "at": at, "day": day_at_home(at), "answers": answers})
}

/// The patient's day at a moment: the hospital is eight hours east of Greenwich.
pub fn day_at_home(at: Timestamp) -> String {
    let mut day = Timestamp(at.0 + 8 * 60 * MINUTE_MS).to_string();
    day.truncate(10);
    day
}

pub async fn send(way: &Way, reports: &[Value]) -> Result<Value, Problem> {
    let path = format!("courses/{}/reports", way.id);
    as_patient(way, "p1", Method::Put, &path, json!({"reports": reports})).await
}
