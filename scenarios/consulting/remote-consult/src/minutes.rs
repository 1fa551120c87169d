//! The minutes: what people said and decided, in their words, between what the case itself did. One FHIR
//! Composition, which is final with the last signature.

use policy::{Action, Object};
use record::NewFact;
use scenario::{Context, Problem, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{Digest, Timestamp};

use crate::{
    body,
    case::{Case, Person, text},
    facts,
    step::{self, TaskChange},
    turn::Turn,
};

/// The most entries that one case takes.
const MOST: usize = 500;

/// What kind of entry it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What somebody said.
    Said,
    /// What was decided.
    Decided,
    /// What the case did: it wrote this itself.
    Act,
}

/// What the case notes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    Accepted,
    Invited,
    Joined,
    Declined,
    Released,
    Voted,
    VotesOpened,
    PlanChanged,
    Signed,
    RoundStarted,
    RoundStopped,
}

impl Act {
    fn words(self) -> &'static str {
        match self {
            Self::Accepted => "accepted the consultation",
            Self::Invited => "invited",
            Self::Joined => "joined",
            Self::Declined => "declined",
            Self::Released => "was released from voting",
            Self::Voted => "voted",
            Self::VotesOpened => "all had voted; votes and the machine's results were opened",
            Self::PlanChanged => "changed the plan",
            Self::Signed => "signed the plan",
            Self::RoundStarted => "began a round of speaking",
            Self::RoundStopped => "ended the round of speaking",
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    #[serde(default)]
    pub text: String,
    pub by: Person,
    pub at: Timestamp,
}

impl Entry {
    /// What the case notes itself about an act, with what belongs to it.
    pub fn act(act: Act, text: impl Into<String>, by: &Person, at: Timestamp) -> Self {
        Self {
            kind: Kind::Act,
            act: Some(act),
            text: text.into(),
            by: by.clone(),
            at,
        }
    }

    fn line(&self) -> String {
        let what = match self.act {
            Some(act) => act.words(),
            None if self.kind == Kind::Decided => "decided:",
            None => "said:",
        };
        format!("{} {what} {}", self.by.name, self.text)
    }
}

/// The minutes of a case, and the round of speaking that is going on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Minutes {
    #[serde(default)]
    pub entries: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
}

/// The part of the minutes that stood there when somebody signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedMinutes {
    /// How many entries.
    pub entries: usize,
    /// Their digest.
    pub digest: String,
}

impl Minutes {
    /// Reads them from their Composition.
    pub fn read(body: &Value) -> Option<Self> {
        serde_json::from_str(&text(body, "/extension/0/valueString")?).ok()
    }

    /// What is signed with the plan: the entries so far.
    pub fn signed(&self) -> SignedMinutes {
        SignedMinutes {
            entries: self.entries.len(),
            digest: digest(&self.entries),
        }
    }

    /// Whether the entries that somebody signed stand there unchanged.
    pub fn hold(&self, signed: &SignedMinutes) -> bool {
        let then = self.entries.get(..signed.entries);
        then.is_some_and(|then| digest(then) == signed.digest)
    }

    /// These minutes with further entries.
    pub fn with(&self, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut minutes = self.clone();
        minutes.entries.extend(entries);
        minutes
    }
}

fn digest(entries: &[Entry]) -> String {
    let written = serde_json::to_vec(entries).unwrap_or_default();
    Digest::of(&written).to_string()
}

/// The minutes with what an act adds to them.
pub fn noted(case: &Case, entries: impl IntoIterator<Item = Entry>, at: Timestamp) -> NewFact {
    fact(case, &case.minutes.with(entries), at, false)
}

/// The minutes as a Composition: a section for each entry.
pub fn fact(case: &Case, minutes: &Minutes, at: Timestamp, is_final: bool) -> NewFact {
    let written = serde_json::to_string(minutes).unwrap_or_default();
    let section = |entry: &Entry| {
        json!({
            "title": entry.at,
            "author": [entry.by.reference()],
            "text": {
                "status": "generated",
                "div": format!(
                    "<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>",
                    escaped(&entry.line())
                ),
            },
        })
    };
    let authors: Vec<Value> = case.people.iter().map(facts::practitioner).collect();
    let mut body = json!({
        "extension": [{"url": facts::MINUTES_URI, "valueString": written}],
        "status": if is_final { "final" } else { "preliminary" },
        "type": {"text": "Minutes of a human-computer MDT"},
        "subject": facts::patient(case),
        "date": at,
        "author": authors,
        "title": "Minutes of the consultation",
    });
    if !minutes.entries.is_empty() {
        let sections = minutes.entries.iter().map(section).collect();
        facts::set(&mut body, "section", sections);
    }
    facts::put(facts::minutes_key(&case.id), &case.patient, body)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// `POST cases/{id}/minutes`.
#[derive(Debug, Deserialize)]
struct Saying {
    kind: Kind,
    text: String,
}

/// Notes what was said or decided. Entries are never changed.
pub async fn post(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    let saying: Saying = request.body_as()?;
    let said = body::said(&saying.text, body::SHORT, "记录内容", "what was said")?;
    if saying.kind == Kind::Act {
        return Err(Problem::invalid(
            "系统记录由系统自动生成",
            "what the case does is noted by the case itself",
        ));
    }
    let object = Object::Patient(case.patient.clone());
    context
        .permit(&request.actor, Action::Vote, &object)
        .await?;
    step::must_go_on(case)?;
    if case.minutes.entries.len() >= MOST {
        return Err(Problem::invalid(
            "会诊记录已满",
            "the minutes are full; what else there is goes into the plan",
        ));
    }
    let now = context.now();
    let entry = Entry {
        kind: saying.kind,
        act: None,
        text: said,
        by: case.person(&request.actor.id)?.clone(),
        at: now,
    };
    let fact = noted(case, [entry], now);
    let actor = &request.actor.id;
    step::commit(context, case, actor, vec![fact], TaskChange::GOING_ON).await?;
    Ok(())
}

/// The minutes as people read them.
pub fn view(case: &Case) -> Value {
    json!({
        "entries": case.minutes.entries,
        "final": case.resource(&facts::minutes_key(&case.id))
            .and_then(|resource| resource.body.as_ref())
            .and_then(|body| text(body, "/status")).as_deref() == Some("final"),
    })
}
