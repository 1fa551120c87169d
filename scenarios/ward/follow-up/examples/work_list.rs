//! How long the work list, what waits, who is called and who fell silent take in a hospital of many follow-ups:
//! `cargo run --release --example work_list -- 500 30` for so many follow-ups with so many daily reports each.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program to measure with"
)]

use std::time::Instant;

use follow_up::FollowUpAtHome;
use policy::{Actor, Role};
use scenario::{Context as _, Method, Request, Scenario as _, testing::TestHospital};
use serde_json::{Value, json};
use vocabulary::{ActorId, PatientId, Timestamp};

const LI: &str = "li.terminal";
const DAY_MS: i64 = 24 * 3_600_000;
const PLANS: [&str; 4] = ["copd", "after-surgery", "osa", "nodule"];

#[tokio::main]
async fn main() {
    let mut sizes = std::env::args().skip(1).map(|one| one.parse().unwrap());
    let (courses, reports): (usize, i64) = (
        sizes.next().unwrap_or(500),
        i64::try_from(sizes.next().unwrap_or(30)).unwrap(),
    );
    let hospital = TestHospital::open().await;
    let mut ids = Vec::new();
    for n in 0..courses {
        ids.push(begin(&hospital, n).await);
    }
    hospital.pass(reports * DAY_MS);
    for (n, id) in ids.iter().enumerate() {
        report(&hospital, n, id, reports).await;
    }
    let li = hospital.actor(LI);
    let permit = hospital.own_permit();
    for _ in 0..2 {
        let began = Instant::now();
        let list = hospital.ask(&FollowUpAtHome, LI, Method::Get, "courses", Value::Null);
        let rows = list.await.unwrap().body.as_array().unwrap().len();
        println!("work list of {rows}: {} ms", began.elapsed().as_millis());
        let began = Instant::now();
        let waits = FollowUpAtHome.waiting(&hospital, &li).await.unwrap().len();
        println!("{waits} wait: {} ms", began.elapsed().as_millis());
        let began = Instant::now();
        let called = FollowUpAtHome
            .called(&hospital, permit)
            .await
            .unwrap()
            .len();
        println!("{called} are called: {} ms", began.elapsed().as_millis());
        let began = Instant::now();
        let since = Timestamp(hospital.now().0 - DAY_MS);
        let now = hospital.now();
        let reminded = FollowUpAtHome.remind(&hospital, permit, since, now);
        reminded.await.unwrap();
        println!("a day begins: {} ms", began.elapsed().as_millis());
    }
}

async fn begin(hospital: &TestHospital, n: usize) -> String {
    let patient = format!("many-{n}");
    let body = json!({"gender": "male", "birthDate": "1950-01-01", "name": [{"text": patient}]});
    hospital
        .put("Patient", &patient, Some(&patient), body)
        .await;
    let team = json!({
        "status": "active", "subject": {"reference": format!("Patient/{patient}")},
        "participant": [{"member": {"reference": format!("Practitioner/{LI}")}}],
    });
    hospital
        .put("CareTeam", &format!("team-{n}"), Some(&patient), team)
        .await;
    let wish = json!({"patient": patient, "plan": PLANS.get(n % PLANS.len())});
    let made = hospital.ask(&FollowUpAtHome, LI, Method::Post, "courses", wish);
    let body = made.await.unwrap().body;
    body.get("id").and_then(Value::as_str).unwrap().to_owned()
}

/// What a patient answered each day; one in ten is worse today, and one in ten has answered nothing for three days.
async fn report(hospital: &TestHospital, n: usize, id: &str, reports: i64) {
    let all: Vec<Value> = (0..reports)
        .filter(|days_ago| n % 10 != 5 || *days_ago > 3)
        .map(|days_ago| {
            let at = Timestamp(hospital.now().0 - days_ago * DAY_MS);
            let mut day = Timestamp(at.0 + DAY_MS / 3).to_string();
            day.truncate(10);
            let is_worse = n.is_multiple_of(10) && days_ago == 0;
            let answers = json!({"feels_worse": is_worse});
            json!({"id": format!("report{days_ago:04}"), "at": at, "day": day, "answers": answers})
        })
        .collect();
    let request = Request {
        method: Method::Put,
        path: ["courses", id, "reports"].map(str::to_owned).to_vec(),
        actor: Actor {
            id: ActorId::new("many.patient").unwrap(),
            name: "many.patient".to_owned(),
            roles: [Role::Patient].into(),
            patient: Some(PatientId::new(format!("many-{n}")).unwrap()),
        },
        body: json!({"reports": all}),
    };
    FollowUpAtHome.handle(hospital, request).await.unwrap();
}
