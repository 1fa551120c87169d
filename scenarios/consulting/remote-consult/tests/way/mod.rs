//! A hospital with a case on its way, for the tests of this scenario.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

use remote_consult::RemoteConsult;
use scenario::{Method, Problem, Scenario, testing::TestHospital};
use serde_json::{Value, json};

pub const LI: &str = "li.terminal";
pub const CHEN: &str = "chen.expert";
pub const HU: &str = "hu.expert";

/// One hospital with one case on its way.
pub struct Way {
    pub hospital: TestHospital,
    pub id: String,
}

impl Way {
    pub async fn open() -> Self {
        let hospital = TestHospital::open().await;
        let body = json!({"patient": "p1", "expert": CHEN, "reason": "9 mm nodule: what next?"});
        let made = hospital
            .ask(&RemoteConsult, LI, Method::Post, "requests", body)
            .await
            .unwrap();
        assert_eq!(made.status, 201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        Self { hospital, id }
    }

    pub async fn act(
        &self,
        who: &str,
        method: Method,
        step: &str,
        body: Value,
    ) -> Result<Value, Problem> {
        let path = format!("cases/{}{step}", self.id);
        let reply = self
            .hospital
            .ask(&RemoteConsult, who, method, &path, body)
            .await?;
        Ok(reply.body)
    }

    pub async fn see(&self, who: &str) -> Value {
        self.act(who, Method::Get, "", Value::Null).await.unwrap()
    }

    pub async fn do_it(&self, who: &str, method: Method, step: &str, body: Value) -> Value {
        self.act(who, method, step, body)
            .await
            .unwrap_or_else(|problem| panic!("{step}: {problem}"))
    }

    pub async fn refused(&self, who: &str, method: Method, step: &str, body: Value) -> u16 {
        let problem = self.act(who, method, step, body).await.expect_err(step);
        assert!(!problem.detail.zh.is_empty() && !problem.detail.en.is_empty());
        problem.status
    }

    pub async fn accepted() -> Self {
        let way = Self::open().await;
        way.do_it(CHEN, Method::Post, "/accept", Value::Null).await;
        way
    }

    pub async fn voted() -> Self {
        let way = Self::accepted().await;
        way.do_it(LI, Method::Put, "/answers", answers()).await;
        way.do_it(LI, Method::Post, "/vote", vote("benign")).await;
        way.do_it(CHEN, Method::Post, "/vote", vote("malignant"))
            .await;
        way
    }

    pub async fn planned() -> Self {
        let way = Self::voted().await;
        way.do_it(LI, Method::Put, "/plan", plan("CT in 3 months", None, None))
            .await;
        way
    }
}

pub fn answers() -> Value {
    json!({"answers": {
        "extrathoracic_cancer": false, "spiculated": true, "upper_lobe": true,
        "family_history_lung_cancer": false, "family_history_any_cancer": false, "emphysema_on_ct": true,
        "nodule_type": "solid", "nodule_count": 1, "calcified": false, "clear_border": false,
    }})
}

pub fn vote(opinion: &str) -> Value {
    json!({"opinion": opinion, "management": "pet-ct", "probability": 40, "comment": "seen"})
}

pub fn plan(text: &str, version: Option<u64>, dissent: Option<&str>) -> Value {
    json!({"text": text, "management": "ct-3-months", "version": version, "dissent": dissent})
}

pub async fn kinds_waiting(hospital: &TestHospital, who: &str) -> Vec<String> {
    let waiting = RemoteConsult
        .waiting(hospital, &hospital.actor(who))
        .await
        .unwrap();
    let kind = |one| {
        serde_json::to_value(one).unwrap()["kind"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    waiting.into_iter().map(kind).collect()
}
