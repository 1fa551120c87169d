//! An alert: raised by a report, taken by a named person, ended with what was done; a second person's as well
//! where nobody took it in time.

use policy::{Action, Object};
use record::{NewFact, ResourceKey, ResourceVersion};
use scenario::{Context, Person, Problem, Request, Topic, text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{Text, Timestamp};

use crate::{
    course::FollowUp,
    facts::{self, own, read_own},
    plans::plans,
};

/// The longest words, in bytes.
const LONGEST: usize = 2000;

/// How far an alert has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Open,
    Taken,
    Closed,
}

/// Somebody must be told.
#[derive(Clone, Debug, Serialize)]
pub struct Alert {
    pub id: String,
    /// Since when the hospital knows.
    pub raised_at: Timestamp,
    pub why: Vec<Text>,
    pub state: State,
    /// From when on it is, or would have been, a second person's as well.
    pub escalates_at: Timestamp,
    /// Whether it is by now.
    pub escalated: bool,
    pub taken_by: Option<Person>,
    pub taken_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub closed_at: Option<Timestamp>,
}

/// What an alert's task says beside the elements of FHIR.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Words {
    why: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    taken_by: Option<Person>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    taken_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    closed_at: Option<Timestamp>,
}

/// When an alert that was raised then goes on to a second person.
pub fn escalates_at(raised_at: Timestamp) -> Timestamp {
    Timestamp(raised_at.0 + plans().escalate_after_min * 60_000)
}

impl Alert {
    /// Reads an alert again.
    pub fn of_row(row: &ResourceVersion, now: Timestamp) -> Option<Self> {
        let body = row.body.as_ref()?;
        let words: Words = read_own(body)?;
        let state = match text(body, "/status")?.as_str() {
            "requested" => State::Open,
            "accepted" => State::Taken,
            _ => State::Closed,
        };
        let raised_at: Timestamp = text(body, "/authoredOn")?.parse().ok()?;
        let escalates_at = escalates_at(raised_at);
        // One that was taken later had gone on to the second person before.
        let waited_until = words.taken_at.unwrap_or(now);
        Some(Self {
            id: row.key.id.clone(),
            raised_at,
            why: words.why,
            state,
            escalates_at,
            escalated: waited_until >= escalates_at,
            taken_by: words.taken_by,
            taken_at: words.taken_at,
            outcome: words.outcome,
            closed_at: words.closed_at,
        })
    }

    /// Whether somebody still has to do something about it.
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }
}

/// A new alert, the first person's.
pub fn raised(course: &FollowUp, report: &str, why: Vec<Text>, now: Timestamp) -> NewFact {
    let words = Words {
        why,
        ..Words::default()
    };
    let body = task(course, &words, "requested", now);
    facts::put(facts::alert_key(&course.id, report), &course.patient, body)
}

fn task(course: &FollowUp, words: &Words, status: &str, raised_at: Timestamp) -> Value {
    let owner = words.taken_by.as_ref().unwrap_or(&course.course.first);
    json!({
        "extension": own(words),
        "basedOn": facts::based_on(&course.id),
        "status": status,
        "intent": "order",
        "priority": "urgent",
        "for": facts::patient(&course.patient),
        "authoredOn": raised_at,
        "owner": owner.reference(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    alert: String,
    #[serde(default)]
    outcome: String,
}

/// `POST courses/{id}/take` and `…/close`: an alert is taken by a named person, and ended by the one who took it,
/// with what was done.
pub async fn answer(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
    closes: bool,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let object = Object::Patient(course.patient.clone());
    context
        .permit(&request.actor, Action::AnswerAlert, &object)
        .await?;
    let found = course.alerts.iter().find(|alert| alert.of.id == wish.alert);
    let found = found.ok_or_else(Problem::not_found)?;
    let alert = &found.of;
    let mut words = Words {
        why: alert.why.clone(),
        taken_by: alert.taken_by.clone(),
        taken_at: alert.taken_at,
        ..Words::default()
    };
    let status = match (alert.state, closes) {
        (State::Open, false) => {
            words.taken_by = Some(Person::from(&request.actor));
            words.taken_at = Some(context.now());
            "accepted"
        }
        (State::Taken, true) => {
            if alert.taken_by.as_ref().map(|person| &person.id) != Some(&request.actor.id) {
                return Err(Problem::out_of_order(
                    "只有接手的人可以结束",
                    "only who took the alert ends it",
                ));
            }
            words.outcome = Some(said(&wish.outcome, "做了什么", "what was done")?);
            words.closed_at = Some(context.now());
            "completed"
        }
        (State::Open, true) => {
            return Err(Problem::out_of_order(
                "须先接手再结束",
                "take the alert before you end it",
            ));
        }
        (State::Taken, false) => {
            return Err(Problem::out_of_order(
                "已有人接手",
                "somebody took this alert already",
            ));
        }
        (State::Closed, _) => {
            return Err(Problem::out_of_order(
                "该警报已结束",
                "this alert has ended",
            ));
        }
    };
    let key = ResourceKey {
        kind: "Task".to_owned(),
        id: alert.id.clone(),
    };
    let body = task(course, &words, status, alert.raised_at);
    let fact = facts::put(key, &course.patient, body);
    facts::commit(context, &request.actor.id, vec![(fact, found.unchanged())]).await?;
    // The patient reads who takes care of it; their account is not known here.
    context.notify(Topic::Case, &course.id, &[]);
    course.tell(context, Topic::Waiting);
    Ok(())
}

/// Words that must be there and may not be endless.
pub fn said(words: &str, zh: &str, en: &str) -> Result<String, Problem> {
    let words = words.trim();
    if words.is_empty() || words.len() > LONGEST {
        return Err(Problem::invalid(
            format!("请写明{zh}（不超过 {LONGEST} 字节）"),
            format!("say {en}, in at most {LONGEST} bytes"),
        ));
    }
    Ok(words.to_owned())
}
