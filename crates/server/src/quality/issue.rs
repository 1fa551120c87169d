//! A deviation as a fact: a FHIR `Flag` about the patient, active while it is open.

use knowledge::quality::{Deviation, rules};
use policy::Permit;
use record::{NewFact, RecordError, ResourceKey, ResourceQuery, mark_written_by, written_by};
use scenario::Person;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Digest, PatientId, Text, Timestamp};

use crate::hospital::Hospital;

/// By which the facts are tagged.
const WRITER: &str = "quality";
const KIND: &str = "Flag";
const OWN_URI: &str = "urn:yuanyi:quality";
/// How many are read at a time.
const PAGE: usize = 500;
/// How much of the digest an id is made of.
const ID_LENGTH: usize = 40;

/// Where a deviation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Neither mended nor overridden.
    Open,
    /// Somebody said why it is right here.
    Overridden,
    /// It is not there any more.
    Mended,
}

/// A deviation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    pub id: String,
    pub scenario: String,
    pub case: String,
    pub patient: PatientId,
    pub patient_name: String,
    /// Where it is mended.
    pub path: String,
    pub rule: String,
    pub place: String,
    pub detail: Text,
    /// Whose case it is.
    pub doctor: Person,
    /// Who else can mend it.
    pub by: Option<ActorId>,
    /// The site's id.
    pub site: String,
    pub state: State,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub reason: Option<String>,
    pub reason_by: Option<String>,
}

/// The id of a deviation: the same whenever it is found again. It does not tell the case.
pub fn id(case: &str, deviation: &Deviation) -> String {
    let what = format!("{case} {} {}", deviation.rule, deviation.place);
    let mut digest = Digest::of(what.as_bytes()).to_string();
    digest.truncate(ID_LENGTH);
    format!("q-{digest}")
}

impl Issue {
    fn read(body: &Value) -> Option<Self> {
        let own = body.pointer("/extension/0/valueString")?.as_str()?;
        serde_json::from_str(own).ok()
    }

    /// Whether it is this account's to mend.
    pub fn is_of(&self, account: &ActorId) -> bool {
        self.by.as_ref().unwrap_or(&self.doctor.id) == account
    }

    /// It as a resource.
    pub fn fact(&self) -> NewFact {
        let rule = rules().iter().find(|rule| rule.id == self.rule);
        let words = |text: &Text| format!("{}\n{}", text.zh, text.en);
        let mut body = json!({
            "resourceType": KIND,
            "id": self.id,
            "extension": [{
                "url": OWN_URI,
                "valueString": serde_json::to_string(self).unwrap_or_default(),
            }],
            "status": if self.state == State::Open { "active" } else { "inactive" },
            "category": [{"text": "Quality of care"}],
            "code": {
                "coding": [{"system": OWN_URI, "code": self.rule}],
                "text": format!(
                    "{}\n{}",
                    rule.map(|rule| words(&rule.title)).unwrap_or_default(),
                    words(&self.detail)
                ),
            },
            "subject": {"reference": format!("Patient/{}", self.patient), "display": self.patient_name},
            "period": {"start": self.opened_at},
        });
        if let Some(closed_at) = self.closed_at
            && let Some(period) = body.get_mut("period").and_then(Value::as_object_mut)
        {
            period.insert("end".to_owned(), json!(closed_at));
        }
        if let Some(fields) = body.as_object_mut() {
            mark_written_by(fields, WRITER);
        }
        NewFact::PutResource {
            key: ResourceKey {
                kind: KIND.to_owned(),
                id: self.id.clone(),
            },
            subject: Some(self.patient.clone()),
            body,
        }
    }
}

/// Reads all deviations from the record.
pub async fn load(hospital: &Hospital, permit: &Permit) -> Result<(), RecordError> {
    let mut offset = 0;
    loop {
        let query = ResourceQuery {
            kind: KIND.to_owned(),
            terms: vec![],
            sort: vec![],
            limit: PAGE,
            offset,
        };
        let rows = hospital.record.search(permit, &query).await?.rows;
        let read = rows.len();
        let ours = rows
            .into_iter()
            .filter_map(|row| row.body)
            .filter(|body| written_by(body) == Some(WRITER));
        let found = ours.filter_map(|body| Issue::read(&body));
        let found: Vec<Issue> = found.collect();
        let known = found.into_iter().map(|issue| (issue.id.clone(), issue));
        hospital.quality.issues.lock().extend(known);
        if read < PAGE {
            return Ok(());
        }
        offset += read;
    }
}
