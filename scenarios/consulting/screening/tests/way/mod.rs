//! One hospital with one programme on its way.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp
)]

use policy::{Actor, Role};
use scenario::{Method, Problem, Request, Scenario, testing::TestHospital};
use screening::Screening;
use serde_json::{Value, json};
use vocabulary::{ActorId, PatientId};

pub const LI: &str = "li.terminal";
pub const WANG: &str = "wang.nurse";
pub const CHEN: &str = "chen.expert";

/// One hospital with one programme on its way.
pub struct Way {
    pub hospital: TestHospital,
    pub id: String,
}

impl Way {
    pub async fn open() -> Self {
        let hospital = TestHospital::open().await;
        let made = hospital
            .ask(
                &Screening,
                LI,
                Method::Post,
                "programmes",
                json!({"patient": "p1"}),
            )
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
        let path = format!("programmes/{}{step}", self.id);
        let reply = self
            .hospital
            .ask(&Screening, who, method, &path, body)
            .await?;
        Ok(reply.body)
    }

    pub async fn see(&self, who: &str) -> Value {
        self.act(who, Method::Get, "", Value::Null).await.unwrap()
    }

    pub async fn post(&self, step: &str, body: Value) -> Value {
        self.act(LI, Method::Post, step, body)
            .await
            .unwrap_or_else(|problem| panic!("{step}: {problem}"))
    }

    pub async fn answer(&self, answers: Value) -> Value {
        self.act(LI, Method::Put, "/answers", json!({ "answers": answers }))
            .await
            .unwrap_or_else(|problem| panic!("{problem}"))
    }

    pub async fn refused(&self, who: &str, step: &str, body: Value) -> u16 {
        let problem = self
            .act(who, Method::Post, step, body)
            .await
            .expect_err(step);
        assert!(!problem.detail.zh.is_empty() && !problem.detail.en.is_empty());
        problem.status
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

    pub async fn waiting(&self, who: &str) -> Vec<Value> {
        let actor = self.hospital.actor(who);
        let all = Screening.waiting(&self.hospital, &actor).await.unwrap();
        all.iter()
            .map(|one| serde_json::to_value(one).unwrap())
            .collect()
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

pub fn kinds(waiting: &[Value]) -> Vec<&str> {
    waiting
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect()
}
