//! A hospital with a case on its way, for the tests of this scenario.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

use std::ops::Deref;

use remote_consult::RemoteConsult;
use scenario::{Method, Scenario, testing, testing::TestHospital};
use serde_json::{Value, json};

pub const LI: &str = "li.terminal";
pub const CHEN: &str = "chen.expert";
pub const HU: &str = "hu.expert";

/// One hospital with one case on its way.
pub struct Way(testing::Way);

impl Deref for Way {
    type Target = testing::Way;

    fn deref(&self) -> &testing::Way {
        &self.0
    }
}

impl Way {
    pub async fn open() -> Self {
        let body = json!({"patient": "p1", "expert": CHEN, "reason": "9 mm nodule: what next?"});
        Self(testing::Way::open(&RemoteConsult, ("requests", "cases"), LI, body).await)
    }

    pub async fn reopen(self) -> Self {
        Self(self.0.reopen().await)
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
