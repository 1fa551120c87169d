//! Reads a case from the record's facts.

use std::collections::BTreeMap;

use knowledge::Answers;
use policy::Permit;
use record::{RecordError, ResourceKey, ResourceVersion};
use scenario::{Context, Problem, is_of, read};
pub use scenario::{Person, text};
use serde_json::Value;
use vocabulary::{ActorId, PatientId, Timestamp, Uid};

use crate::{
    body::Vote, facts, invite::MOST_PEOPLE, minutes::Minutes, outcome::Outcome, plan::Plan,
    sign::Statement,
};

/// The models that are run side by side, in the order in which they are shown.
pub const MODELS: [&str; 5] = ["mayo", "va", "brock-2b", "herder", "pkuph"];

/// The guidelines that speak beside the models.
pub const GUIDELINES: [&str; 3] = ["fleischner-2017", "consensus-2024", "c-lung-rads-2024"];

/// Where the case stands with the expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invitation {
    Open,
    Accepted,
    Declined,
    /// Taken back by the doctor who asked.
    Withdrawn,
    Done,
}

/// How somebody stands to the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Asked in, and has not answered.
    Asked,
    TakesPart,
    /// Declined, was let go, or did not answer in time.
    Left,
}

/// A vote, as far as the record shows it.
pub enum Cast {
    /// Hidden until all have voted; the sealed text.
    Sealed(String),
    Open(Vote),
}

/// A case, as the record's facts tell it.
pub struct Case {
    pub id: String,
    pub patient: PatientId,
    pub patient_name: String,
    pub series: Option<Uid>,
    pub reason: String,
    pub asked_at: Timestamp,
    /// Who asks, who was asked first, then all who were invited.
    pub people: Vec<Person>,
    /// How each of them stands to the case.
    pub standing: Vec<Standing>,
    pub invitation: Invitation,
    /// Why the expert declined, or the asking doctor took the request back.
    pub ended_because: Option<String>,
    /// What people answered, and whether it can still change.
    pub answers: Option<Answers>,
    pub votes: Vec<Option<Cast>>,
    /// The models' assessments, as they were when all had voted.
    pub assessments: Vec<Value>,
    /// The guidelines' recommendations, as they were when all had voted.
    pub recommendations: Vec<Value>,
    pub plan: Option<Plan>,
    /// Signatures of the plan as it is now.
    pub signatures: Vec<Option<Statement>>,
    pub minutes: Minutes,
    /// What came of it, where somebody has said so.
    pub outcome: Option<Outcome>,
    /// All current resources of the case.
    pub resources: Vec<ResourceVersion>,
    /// The version at each of the case's keys as it was read, also of what is deleted or came by another door.
    versions: BTreeMap<ResourceKey, u64>,
}

impl Case {
    /// The case with this id, as far as the permit covers it.
    pub async fn find(
        context: &dyn Context,
        permit: &Permit,
        id: &str,
    ) -> Result<Option<Self>, RecordError> {
        let record = context.record();
        let Some(request) = read(record, permit, facts::request_key(id)).await? else {
            return Ok(None);
        };
        let mut found = vec![request];
        let mut people = 2;
        while people < MOST_PEOPLE {
            match read(record, permit, facts::invite_key(id, people)).await? {
                Some(invitation) => found.push(invitation),
                None => break,
            }
            people += 1;
        }
        for key in facts::keys(id, people) {
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
            resources
                .iter()
                .find(|r| r.key == *key)
                .and_then(|r| r.body.as_ref())
        };
        let request = body(&facts::request_key(id))?;
        let task = body(&facts::task_key(id))?;
        if text(request, "/instantiatesUri/0")? != facts::SCENARIO_URI {
            return None;
        }
        let invitation = invitation(request, task)?;
        let mut people = vec![
            Person::referred(request.get("requester")?)?,
            Person::referred(request.pointer("/performer/0")?)?,
        ];
        let mut standing = vec![Standing::TakesPart; 2];
        if invitation == Invitation::Open {
            standing = vec![Standing::TakesPart, Standing::Asked];
        }
        while let Some(invited) = body(&facts::invite_key(id, people.len())) {
            people.push(Person::referred(invited.get("owner")?)?);
            standing.push(match text(invited, "/status")?.as_str() {
                "requested" => Standing::Asked,
                "in-progress" => Standing::TakesPart,
                _ => Standing::Left,
            });
        }
        let places = 0..people.len();
        let plan_key = facts::plan_key(id);
        let plan = resources
            .iter()
            .find(|r| r.key == plan_key)
            .and_then(|r| Plan::read(id, r));
        let signature = |place: usize| {
            let statement = Statement::read(body(&facts::signature_key(id, place))?)?;
            let plan = plan.as_ref()?;
            (statement.plan == plan.digest().to_string()).then_some(statement)
        };
        let vote = |place: usize| cast(body(&facts::vote_key(id, place))?);
        let kept = |key: ResourceKey| {
            serde_json::from_str(&text(body(&key)?, "/extension/0/valueString")?).ok()
        };
        Some(Self {
            id: id.to_owned(),
            patient: PatientId::new(text(request, "/subject/reference")?.strip_prefix("Patient/")?)
                .ok()?,
            patient_name: text(request, "/subject/display").unwrap_or_default(),
            series: text(request, "/supportingInfo/0/identifier/value")
                .and_then(|value| Uid::new(value.strip_prefix("urn:oid:")?).ok()),
            reason: text(request, "/reasonCode/0/text")?,
            asked_at: text(request, "/authoredOn")?.parse().ok()?,
            invitation,
            ended_because: text(task, "/statusReason/text"),
            answers: body(&facts::answers_key(id)).map(knowledge::questionnaire::answers_of),
            votes: places.clone().map(vote).collect(),
            assessments: MODELS
                .iter()
                .map(|model| facts::risk_key(id, model))
                .filter_map(kept)
                .collect(),
            recommendations: GUIDELINES
                .iter()
                .map(|guideline| facts::guidance_key(id, guideline))
                .filter_map(kept)
                .collect(),
            signatures: places.map(signature).collect(),
            minutes: body(&facts::minutes_key(id))
                .and_then(Minutes::read)
                .unwrap_or_default(),
            outcome: body(&facts::outcome_key(id)).and_then(Outcome::read),
            plan,
            people,
            standing,
            resources,
            versions,
        })
    }

    /// Which place an account has in the case; none once it has left.
    pub fn place_of(&self, account: &ActorId) -> Option<usize> {
        let mut all = self.people.iter().zip(&self.standing);
        all.position(|(person, standing)| person.id == *account && *standing != Standing::Left)
    }

    /// All who have not left.
    pub fn present(&self) -> impl Iterator<Item = &Person> {
        let all = self.people.iter().zip(&self.standing);
        all.filter(|(_, standing)| **standing != Standing::Left)
            .map(|(person, _)| person)
    }

    /// Somebody of the case.
    pub fn person(&self, account: &ActorId) -> Result<&Person, Problem> {
        self.place_of(account)
            .and_then(|place| self.people.get(place))
            .ok_or_else(Problem::not_found)
    }

    /// Those who vote and sign, with their places: the two of the request, and who came of those invited.
    pub fn voters(&self) -> impl Iterator<Item = (usize, &Person)> {
        let all = self.people.iter().zip(&self.standing).enumerate();
        all.filter(|(place, (_, standing))| *place < 2 || **standing == Standing::TakesPart)
            .map(|(place, (person, _))| (place, person))
    }

    /// How many of those who vote have no vote, or no signature, in such a list.
    pub fn lacking<T>(&self, of: &[Option<T>]) -> usize {
        self.voters()
            .filter(|(place, _)| of.get(*place).is_none_or(Option::is_none))
            .count()
    }

    /// Whether all have voted, so that votes and machine may be seen.
    pub fn is_revealed(&self) -> bool {
        self.voters()
            .all(|(place, _)| matches!(self.votes.get(place), Some(Some(Cast::Open(_)))))
    }

    /// Whether anybody has voted: the answers stand fast from then on.
    pub fn has_votes(&self) -> bool {
        self.votes.iter().any(Option::is_some)
    }

    /// The version of a resource as this case was read; 0 where there is none.
    pub fn version(&self, key: &ResourceKey) -> u64 {
        self.versions.get(key).copied().unwrap_or_default()
    }

    /// A resource as this case was read.
    pub fn resource(&self, key: &ResourceKey) -> Option<&ResourceVersion> {
        self.resources.iter().find(|resource| resource.key == *key)
    }

    /// Everyone's accounts, to be told of a change.
    pub fn accounts(&self) -> Vec<ActorId> {
        self.people.iter().map(|person| person.id.clone()).collect()
    }
}

fn invitation(request: &Value, task: &Value) -> Option<Invitation> {
    let of_request = text(request, "/status")?;
    let of_task = text(task, "/status")?;
    Some(match (of_request.as_str(), of_task.as_str()) {
        ("active", "requested") => Invitation::Open,
        ("active", "in-progress") => Invitation::Accepted,
        ("revoked", "cancelled") => Invitation::Withdrawn,
        ("revoked", _) => Invitation::Declined,
        _ => Invitation::Done,
    })
}

fn cast(body: &Value) -> Option<Cast> {
    let content = text(body, "/extension/0/valueString")?;
    if text(body, "/status")? == "completed" {
        return Some(Cast::Open(serde_json::from_str(&content).ok()?));
    }
    Some(Cast::Sealed(content))
}
