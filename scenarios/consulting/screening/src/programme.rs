//! Reads a programme from the record's facts.

use std::collections::BTreeMap;

use policy::Permit;
use record::{RecordError, ResourceKey, ResourceVersion};
pub use scenario::Person;
use scenario::{Context, is_of, read};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::{PatientId, Timestamp};

use crate::{
    advise::Advice,
    answers::{self, Given},
    arrange::{Arranged, Referral},
    assist::Taught,
    deviation::Deviation,
    facts::{self, read_own, text},
    sign::Statement,
};

/// The models that are run side by side, in the order in which they are shown. The last is a card without a
/// formula.
pub const MODELS: [&str; 6] = ["mayo", "va", "brock-2b", "herder", "pkuph", "lcbp"];

/// The guidelines that speak beside the models.
pub const GUIDELINES: [&str; 3] = ["fleischner-2017", "consensus-2024", "c-lung-rads-2024"];

/// How far the programme has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Being worked on; nothing of it holds yet.
    Draft,
    /// Signed: its orders hold.
    Active,
    /// All its orders are done.
    Completed,
    /// Given up before it was signed.
    Revoked,
}

/// The five steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    Ask,
    Assess,
    Advise,
    Arrange,
    Assist,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Ask,
        Self::Assess,
        Self::Advise,
        Self::Arrange,
        Self::Assist,
    ];

    /// The name in requests and keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Assess => "assess",
            Self::Advise => "advise",
            Self::Arrange => "arrange",
            Self::Assist => "assist",
        }
    }
}

/// That the machine was asked, and on which answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Digest of the answers.
    pub answers: String,
    pub at: Timestamp,
    pub by: Person,
}

/// What the plan itself holds of the programme's course.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assessed: Option<Asked>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arranged: Option<Arranged>,
}

/// A programme, as the record's facts tell it.
pub struct Programme {
    pub id: String,
    pub patient: PatientId,
    pub patient_name: String,
    pub opened_by: Person,
    pub opened_at: Timestamp,
    pub state: State,
    pub course: Course,
    /// What people answered.
    pub given: Given,
    /// The models' assessments, as they were when the machine was asked.
    pub assessments: Vec<Value>,
    /// The guidelines' recommendations then.
    pub recommendations: Vec<Value>,
    pub advice: Option<Advice>,
    pub referral: Option<Referral>,
    /// By their place: a step, or `order-3`.
    pub deviations: BTreeMap<String, Deviation>,
    pub taught: Option<Taught>,
    pub signature: Option<Statement>,
    /// All current resources of the programme.
    pub resources: Vec<ResourceVersion>,
    /// The version at each key as it was read, also of what is deleted or came by another door.
    versions: BTreeMap<ResourceKey, u64>,
}

impl Programme {
    /// The programme with this id, as far as the permit covers it.
    pub async fn find(
        context: &dyn Context,
        permit: &Permit,
        id: &str,
    ) -> Result<Option<Self>, RecordError> {
        let record = context.record();
        let Some(plan) = read(record, permit, facts::plan_key(id)).await? else {
            return Ok(None);
        };
        let orders = plan
            .body
            .as_ref()
            .and_then(|body| read_own::<Course>(body, facts::OWN_URI))
            .and_then(|course| course.arranged)
            .map_or(0, |arranged| arranged.decisions.len());
        let mut found = vec![plan];
        for key in keys(id, orders) {
            found.extend(read(record, permit, key).await?);
        }
        Ok(Self::from_resources(id, found))
    }

    fn from_resources(id: &str, found: Vec<ResourceVersion>) -> Option<Self> {
        let versions = found.iter().map(|r| (r.key.clone(), r.version)).collect();
        let resources: Vec<_> = found
            .into_iter()
            .filter(|found| is_of(facts::SCENARIO, found))
            .collect();
        let body = |key: &ResourceKey| {
            let found = resources.iter().find(|r| r.key == *key);
            found.and_then(|r| r.body.as_ref())
        };
        let plan = body(&facts::plan_key(id))?;
        if text(plan, "/instantiatesUri/0")? != facts::PROGRAMME_URI {
            return None;
        }
        let deviations = resources
            .iter()
            .filter_map(|resource| Deviation::read(resource.body.as_ref()?))
            .map(|deviation| (deviation.place.clone(), deviation))
            .collect();
        let said = |key: ResourceKey| read_own(body(&key)?, facts::ASSESSMENT_URI);
        Some(Self {
            id: id.to_owned(),
            patient: PatientId::new(text(plan, "/subject/reference")?.strip_prefix("Patient/")?)
                .ok()?,
            patient_name: text(plan, "/subject/display").unwrap_or_default(),
            opened_by: Person::referred(plan.get("author")?)?,
            opened_at: text(plan, "/created")?.parse().ok()?,
            state: match text(plan, "/status")?.as_str() {
                "draft" => State::Draft,
                "active" => State::Active,
                "completed" => State::Completed,
                _ => State::Revoked,
            },
            course: read_own(plan, facts::OWN_URI).unwrap_or_default(),
            given: body(&facts::answers_key(id))
                .map(answers::read)
                .unwrap_or_default(),
            assessments: MODELS
                .iter()
                .filter_map(|model| said(facts::risk_key(id, model)))
                .collect(),
            recommendations: GUIDELINES
                .iter()
                .filter_map(|guideline| said(facts::guidance_key(id, guideline)))
                .collect(),
            advice: body(&facts::advice_key(id)).and_then(|b| read_own(b, facts::OWN_URI)),
            referral: body(&facts::referral_key(id))
                .filter(|b| text(b, "/status").as_deref() != Some("revoked"))
                .and_then(|b| read_own(b, facts::OWN_URI)),
            deviations,
            taught: body(&facts::teaching_key(id)).and_then(|b| read_own(b, facts::OWN_URI)),
            signature: body(&facts::signature_key(id)).and_then(Statement::read),
            resources,
            versions,
        })
    }

    /// The version of a resource as this programme was read; 0 where there is none.
    pub fn version(&self, key: &ResourceKey) -> u64 {
        self.versions.get(key).copied().unwrap_or_default()
    }

    /// Whether a fact of the programme is there.
    pub fn has(&self, key: &ResourceKey) -> bool {
        self.resources.iter().any(|resource| resource.key == *key)
    }

    /// The body of a fact, without what the record writes into it.
    pub fn current(&self, key: &ResourceKey) -> Option<Value> {
        let found = self.resources.iter().find(|r| r.key == *key)?;
        let mut body = found.body.clone()?;
        if let Some(fields) = body.as_object_mut() {
            for written in ["meta", "resourceType", "id"] {
                fields.shift_remove(written);
            }
        }
        Some(body)
    }

    /// What a guideline said when the machine was asked.
    pub fn recommendation(&self, guideline: &str) -> Option<&Value> {
        let is_it = |one: &&Value| text(one, "/guideline").as_deref() == Some(guideline);
        self.recommendations.iter().find(is_it)
    }
}

/// All keys of a programme but the plan's own, with those of so many orders.
fn keys(id: &str, orders: usize) -> Vec<ResourceKey> {
    let mut keys = vec![
        facts::answers_key(id),
        facts::dependence_key(id),
        facts::pack_years_key(id),
        facts::advice_key(id),
        facts::teaching_key(id),
        facts::referral_key(id),
        facts::letter_key(id),
        facts::signature_key(id),
    ];
    keys.extend(MODELS.iter().map(|model| facts::risk_key(id, model)));
    keys.extend(GUIDELINES.iter().map(|one| facts::guidance_key(id, one)));
    keys.extend(
        Step::ALL
            .iter()
            .map(|step| facts::deviation_key(id, step.as_str())),
    );
    for n in 0..orders {
        keys.push(facts::order_key(id, n));
        keys.push(facts::visit_key(id, n));
        keys.push(facts::deviation_key(id, &format!("order-{n}")));
    }
    keys
}
