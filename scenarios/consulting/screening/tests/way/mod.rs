//! One hospital with one programme on its way.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp
)]

use std::ops::Deref;

use policy::{Actor, Role};
use scenario::{Method, Problem, Request, Scenario, testing};
use screening::Screening;
use serde_json::{Value, json};
use vocabulary::{ActorId, PatientId};

pub const LI: &str = "li.terminal";
pub const WANG: &str = "wang.nurse";
pub const CHEN: &str = "chen.expert";

/// One hospital with one programme on its way.
pub struct Way(testing::Way);

impl Deref for Way {
    type Target = testing::Way;

    fn deref(&self) -> &testing::Way {
        &self.0
    }
}

impl Way {
    pub async fn open() -> Self {
        let body = json!({"patient": "p1"});
        let cases = ("programmes", "programmes");
        Self(testing::Way::open(&Screening, cases, LI, body).await)
    }

    pub async fn reopen(self) -> Self {
        Self(self.0.reopen().await)
    }

    pub async fn post(&self, step: &str, body: Value) -> Value {
        self.do_it(LI, Method::Post, step, body).await
    }

    pub async fn answer(&self, answers: Value) -> Value {
        let body = json!({ "answers": answers });
        self.do_it(LI, Method::Put, "/answers", body).await
    }

    pub async fn refused(&self, who: &str, step: &str, body: Value) -> u16 {
        self.0.refused(who, Method::Post, step, body).await
    }

    pub async fn asked() -> Self {
        let way = Self::open().await;
        way.answer(answers()).await;
        way
    }

    pub async fn advised() -> Self {
        let way = Self::asked().await;
        way.post("/assess", Value::Null).await;
        way.post("/advise", json!({"guideline": "consensus-2024"}))
            .await;
        way
    }

    /// Signed as the guideline says: CT at 6 to 12 and 18 to 24 months.
    pub async fn signed() -> Self {
        let way = Self::advised().await;
        let view = way.post("/arrange", as_proposed(&way.see(LI).await)).await;
        way.post("/sign", json!({"digest": view["digest"]})).await;
        way
    }

    /// What the patient's own account is answered.
    pub async fn as_patient(&self, patient: &str) -> Result<Value, Problem> {
        let request = Request {
            method: Method::Get,
            path: vec!["programmes".to_owned(), self.id.clone()],
            actor: patient_account(patient),
            body: Value::Null,
        };
        Ok(Screening.handle(&self.hospital, request).await?.body)
    }
}

pub fn patient_account(patient: &str) -> Actor {
    Actor {
        id: ActorId::new("zhao.patient").unwrap(),
        name: "zhao.patient".to_owned(),
        roles: [Role::Patient].into(),
        patient: Some(PatientId::new(patient).unwrap()),
    }
}

/// A solid nodule of 7 mm in a smoker of 40 pack-years; the record knows age, sex and that he smokes.
pub fn answers() -> Value {
    json!({
        "diameter_mm": {"value": 7}, "mean_diameter_mm": {"value": 6.5}, "nodule_type": {"value": "solid"},
        "nodule_count": {"value": 1}, "spiculated": {"value": false}, "upper_lobe": {"value": true},
        "emphysema_on_ct": {"value": false}, "calcified": {"value": false}, "clear_border": {"value": true},
        "family_history_lung_cancer": {"value": false}, "family_history_any_cancer": {"value": false},
        "extrathoracic_cancer": {"value": false}, "known_cancer": {"value": false},
        "immunosuppressed": {"value": false}, "pack_years": {"value": 40},
        "carcinogen_exposure": {"value": false}, "copd_fibrosis_tuberculosis": {"value": false},
        "fdg_uptake": {"value": null},
    })
}

/// Each proposal as it is.
pub fn as_proposed(view: &Value) -> Value {
    let proposals = view["arrangement"]["proposals"].as_array().unwrap();
    let orders: Vec<Value> = proposals.iter().map(|_| json!({"ordered": true})).collect();
    json!({ "orders": orders })
}

pub fn step<'a>(view: &'a Value, name: &str) -> &'a str {
    let steps = view["steps"].as_array().unwrap();
    let found = steps.iter().find(|step| step["name"] == name).unwrap();
    found["state"].as_str().unwrap()
}

pub fn question(view: &Value, name: &str) -> Value {
    let questions = view["questions"].as_array().unwrap();
    questions
        .iter()
        .find(|q| q["name"] == name)
        .unwrap()
        .clone()
}
