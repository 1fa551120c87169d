//! An alarm as a fact: a FHIR `Flag` with a version for each step, active until somebody ended it.

use std::collections::BTreeMap;

use alarms::{Alarm, Dispatch, PlanRun, Step, Stepped};
use policy::Permit;
use record::{
    Match, NewFact, RecordError, ResourceKey, ResourceQuery, Term, mark_written_by, written_by,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Digest, PatientId, Timestamp};

use crate::hospital::Hospital;

/// By which the facts are tagged.
pub(super) const WRITER: &str = "ward";
const KIND: &str = "Flag";
const OWN_URI: &str = "urn:yuanyi:alarm";
const PAGE: usize = 500;
const ID_LENGTH: usize = 40;

/// Where the samples of a signal came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The device, or `Observation/…`.
    pub device: String,
    /// Its stream.
    pub stream: String,
}

/// By which edge an alarm is led, and which of its versions this is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Led {
    /// The edge's account.
    pub edge: ActorId,
    /// The entry of the edge's journal that holds it.
    pub sequence: u64,
}

/// An alarm with what was started from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub alarm: Alarm,
    /// Where the samples that it stands on came from, by signal.
    #[serde(default)]
    pub sources: BTreeMap<String, Source>,
    /// The plan under way.
    #[serde(default)]
    pub run: Option<PlanRun>,
    /// Who was sent.
    #[serde(default)]
    pub sent: Vec<Dispatch>,
    /// Set where it is led at an edge.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub led: Option<Led>,
    /// Set while nothing is heard of that edge and it goes on here: it as the edge told it last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub told: Option<Box<Kept>>,
    /// What happened to it here while nothing was heard of its edge, now that something is.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub here: Vec<Stepped>,
}

impl Kept {
    /// The id of its fact: it tells neither the bed nor the rule.
    pub fn id(&self) -> String {
        let mut digest = Digest::of(self.alarm.id.as_bytes()).to_string();
        digest.truncate(ID_LENGTH);
        format!("a-{digest}")
    }

    /// Since when nothing is heard of its edge and it goes on here.
    pub(super) fn last_known(&self) -> Option<Timestamp> {
        self.told.as_ref()?;
        let mut steps = self.alarm.steps.iter();
        steps
            .find(|one| one.step == Step::Unheard)
            .map(|one| one.at)
    }

    /// What happened to it here while nothing was heard of its edge, once something is heard again.
    pub(super) fn meanwhile(&self, now: Timestamp) -> Vec<Stepped> {
        let mut here = self.here.clone();
        if self.told.is_some() {
            let steps = self.alarm.steps.iter();
            here.extend(steps.skip_while(|one| one.step != Step::Unheard).cloned());
            here.push(Stepped {
                at: now,
                step: Step::HeardAgain,
            });
        }
        here
    }

    /// The key of its fact.
    pub fn key(&self) -> ResourceKey {
        ResourceKey {
            kind: KIND.to_owned(),
            id: self.id(),
        }
    }

    /// What a fact holds, where it is an alarm.
    pub fn read(body: &Value) -> Option<Self> {
        if written_by(body) != Some(WRITER) {
            return None;
        }
        let own = body.pointer("/extension/0/valueString")?.as_str()?;
        serde_json::from_str(own).ok()
    }

    /// It as a resource; `location` is its bed, or the ward of the thing that it is about.
    pub fn fact(&self, location: &str) -> NewFact {
        let alarm = &self.alarm;
        let patient = alarm
            .patient
            .as_ref()
            .and_then(|id| PatientId::new(id).ok());
        let subject = match &patient {
            Some(patient) => format!("Patient/{patient}"),
            None => format!("Location/{location}"),
        };
        let mut period = json!({"start": alarm.raised_at});
        if let (Some(closed), Some(fields)) = (&alarm.closed, period.as_object_mut()) {
            fields.insert("end".to_owned(), json!(closed.at));
        }
        let mut body = json!({
            "resourceType": KIND,
            "id": self.id(),
            "extension": [{
                "url": OWN_URI,
                "valueString": serde_json::to_string(self).unwrap_or_default(),
            }],
            "status": if alarm.closed.is_none() { "active" } else { "inactive" },
            "category": [{"text": "Alarm"}],
            "code": {
                "coding": [{"system": OWN_URI, "code": alarm.rule, "version": alarm.version}],
                "text": format!("{}\n{}", alarm.title.zh, alarm.title.en),
            },
            "subject": {"reference": subject},
            "period": period,
        });
        if let Some(fields) = body.as_object_mut() {
            mark_written_by(fields, WRITER);
        }
        NewFact::PutResource {
            key: self.key(),
            subject: patient,
            body,
        }
    }
}

/// The alarms of the record, those that ended included: all, or those that were open at some time of a span.
pub async fn load(
    hospital: &Hospital,
    permit: &Permit,
    within: Option<(Timestamp, Timestamp)>,
) -> Result<Vec<Kept>, RecordError> {
    let within = within.map(|(from, to)| Term {
        parameter: "date".to_owned(),
        any_of: vec![Match::DateOverlaps {
            low: from.0,
            high: to.0,
        }],
    });
    let mut found = Vec::new();
    let mut offset = 0;
    loop {
        let query = ResourceQuery {
            kind: KIND.to_owned(),
            terms: within.clone().into_iter().collect(),
            sort: vec![],
            limit: PAGE,
            offset,
        };
        let rows = hospital.record.search(permit, &query).await?.rows;
        let read = rows.len();
        offset += read;
        let ours = rows.into_iter().filter_map(|row| row.body);
        found.extend(ours.filter_map(|body: Value| Kept::read(&body)));
        if read < PAGE {
            return Ok(found);
        }
    }
}
