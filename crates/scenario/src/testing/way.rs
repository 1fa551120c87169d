use serde_json::Value;

use super::TestHospital;
use crate::{Method, Problem, Scenario};

/// One hospital with one case of a scenario on its way.
pub struct Way {
    /// The hospital.
    pub hospital: TestHospital,
    /// The case.
    pub id: String,
    scenario: &'static dyn Scenario,
    /// What the scenario calls its cases, in its addresses.
    cases: &'static str,
}

impl Way {
    /// Opens a hospital, and a case in it by `who`'s request.
    pub async fn open(
        scenario: &'static dyn Scenario,
        (requests, cases): (&str, &'static str),
        who: &str,
        body: Value,
    ) -> Self {
        let hospital = TestHospital::open().await;
        let made = hospital
            .ask(scenario, who, Method::Post, requests, body)
            .await
            .unwrap();
        assert_eq!(made.status, 201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        Self {
            hospital,
            id,
            scenario,
            cases,
        }
    }

    /// The same case after the hospital was closed and opened again.
    pub async fn reopen(mut self) -> Self {
        self.hospital = self.hospital.reopen().await;
        self
    }

    /// Asks for a step of the case.
    pub async fn act(
        &self,
        who: &str,
        method: Method,
        step: &str,
        body: Value,
    ) -> Result<Value, Problem> {
        let path = format!("{}/{}{step}", self.cases, self.id);
        let reply = self
            .hospital
            .ask(self.scenario, who, method, &path, body)
            .await?;
        Ok(reply.body)
    }

    /// The case as this person sees it.
    pub async fn see(&self, who: &str) -> Value {
        self.do_it(who, Method::Get, "", Value::Null).await
    }

    /// A step that must be taken.
    pub async fn do_it(&self, who: &str, method: Method, step: &str, body: Value) -> Value {
        self.act(who, method, step, body)
            .await
            .unwrap_or_else(|problem| panic!("{step}: {problem}"))
    }

    /// A step that must be refused in both languages; the status.
    pub async fn refused(&self, who: &str, method: Method, step: &str, body: Value) -> u16 {
        let problem = self.act(who, method, step, body).await.expect_err(step);
        assert!(!problem.detail.zh.is_empty() && !problem.detail.en.is_empty());
        problem.status
    }

    /// The kinds of things that wait for this person, as they are told.
    pub async fn waiting(&self, who: &str) -> Vec<Value> {
        let actor = self.hospital.actor(who);
        let all = self.scenario.waiting(&self.hospital, &actor).await.unwrap();
        all.iter()
            .map(|one| serde_json::to_value(one).unwrap())
            .collect()
    }

    /// Who is called by what nobody has taken, and by which fact.
    pub async fn called(&self) -> Vec<(String, String)> {
        let permit = self.hospital.own_permit();
        let all = self.scenario.called(&self.hospital, permit).await.unwrap();
        all.into_iter()
            .map(|one| (one.to.to_string(), one.about))
            .collect()
    }
}

/// The kinds of what waits.
pub fn kinds(waiting: &[Value]) -> Vec<&str> {
    waiting
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect()
}
