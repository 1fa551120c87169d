//! The licence to practise in virtual rooms: an exam earns it, and the administrator can withdraw it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use policy::{Action, Actor, Licence, Object};
use record::{Batch, NewFact, Precondition, RecordError, ResourceKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Text, Timestamp};

use crate::{
    access::practises,
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
};

const EXAM: &str = include_str!("../../exam/virtual-room.toml");
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The longest reason, in characters.
const REASON_CHARACTERS: usize = 300;

/// `/licence` for everybody's own, `/licences` for the administrator.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/licence", get(own))
        .route("/licence/exam", post(sit))
        .route("/licences", get(all))
        .route("/licences/{account}/withdraw", post(withdraw))
        .route("/licences/{account}/lift", post(lift))
}

#[derive(Deserialize)]
struct Exam {
    version: String,
    good_days: i64,
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    id: String,
    #[serde(flatten)]
    text: Text,
    answer: String,
    choices: Vec<Choice>,
    because: Text,
}

#[derive(Deserialize, Serialize)]
struct Choice {
    id: String,
    #[serde(flatten)]
    text: Text,
}

fn exam() -> Result<Exam, Problem> {
    toml::from_str(EXAM).map_err(|error| Problem::internal(&error))
}

fn key(account: &ActorId) -> ResourceKey {
    ResourceKey {
        kind: fhir::LICENCE_TYPE.to_owned(),
        id: account.to_string(),
    }
}

/// What the record has of an account's person, and its version; 0 where it has nothing.
async fn practitioner(hospital: &Hospital, account: &ActorId) -> Result<(Value, u64), Problem> {
    let permit = hospital.finding().await?;
    let found = hospital
        .record
        .resource(permit, &key(account), None)
        .await?;
    Ok(match found {
        Some(version) => {
            let number = version.version;
            (version.body.unwrap_or(Value::Null), number)
        }
        None => (Value::Null, 0),
    })
}

/// How somebody stands.
#[derive(Serialize)]
struct Standing {
    state: &'static str,
    until: Option<String>,
    withdrawn: Option<fhir::Withdrawal>,
}

async fn standing(hospital: &Hospital, actor: &Actor, person: &Value) -> Result<Standing, Problem> {
    let licence = hospital.relations(actor).await?.licence;
    let until = fhir::licences(person).last();
    let until = until.and_then(|licence| licence.pointer("/period/end")?.as_str());
    Ok(Standing {
        state: match licence {
            Licence::Valid => "valid",
            Licence::Ended => "ended",
            Licence::NotRecorded => "not-recorded",
        },
        until: until.map(str::to_owned),
        withdrawn: fhir::withdrawal(person),
    })
}

/// `GET /api/licence`: how the caller stands, and the questions; not the answers.
async fn own(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let exam = exam()?;
    let (person, _) = practitioner(&hospital, &caller.actor.id).await?;
    let standing = standing(&hospital, &caller.actor, &person).await?;
    let questions: Vec<Value> = exam
        .questions
        .iter()
        .map(|question| json!({"id": question.id, "text": question.text, "choices": question.choices}))
        .collect();
    let may_administer = hospital
        .would_permit(&caller, Action::Administer, &Object::Hospital)
        .await?;
    Ok(Json(json!({
        "practises": practises(&caller.actor),
        "standing": standing,
        "exam": {"version": exam.version, "good_days": exam.good_days, "questions": questions},
        "may_administer": may_administer,
    })))
}

/// The answers of one who sits the exam: the question's id to the choice's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sitting {
    version: String,
    answers: BTreeMap<String, String>,
}

/// `POST /api/licence/exam`: who answers all questions rightly is licensed. Of a wrong answer it is said what the
/// rule is about, not which choice is right.
async fn sit(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Json(sitting): Json<Sitting>,
) -> Result<Json<Value>, Problem> {
    let exam = exam()?;
    if !practises(&caller.actor) {
        return Err(Problem::forbidden("the exam is for doctors and nurses"));
    }
    if sitting.version != exam.version {
        return Err(conflict("The exam has changed", "load it anew"));
    }
    let unknown = sitting
        .answers
        .keys()
        .find(|id| !exam.questions.iter().any(|one| one.id == **id));
    if let Some(id) = unknown.filter(|id| id.len() < 40) {
        return Err(Problem::bad_input(format!("there is no question {id:?}")));
    }
    let (mut person, version) = practitioner(&hospital, &caller.actor.id).await?;
    if let Some(withdrawn) = fhir::withdrawal(&person) {
        return Err(Problem::forbidden(format!(
            "执业许可已被撤销，请先联系管理员 · the licence was withdrawn ({}); the administrator must first let you earn it anew",
            withdrawn.at
        )));
    }
    let is_wrong =
        |question: &&Question| sitting.answers.get(&question.id) != Some(&question.answer);
    let wrong: Vec<&Question> = exam.questions.iter().filter(is_wrong).collect();
    let (now, of) = (clock::now(), exam.questions.len());
    let passed = wrong.is_empty();
    let mut facts = vec![];
    if passed {
        if person.is_null() {
            person = json!({
                "resourceType": fhir::LICENCE_TYPE, "id": caller.actor.id.as_str(), "active": true,
                "name": [{"text": caller.actor.name}],
            });
        }
        let until = Timestamp(now.0.saturating_add(exam.good_days.saturating_mul(DAY_MS)));
        fhir::give_licence(&mut person, &exam.version, now, until);
        facts.push((
            put(key(&caller.actor.id), person),
            Precondition::Version(version),
        ));
    }
    let did = if passed { "exam-passed" } else { "exam-failed" };
    keep(&hospital, &caller.actor.id, did, &caller.actor.id, facts).await?;
    let wrong: Vec<Value> = wrong
        .iter()
        .map(|question| json!({"id": question.id, "because": question.because}))
        .collect();
    Ok(Json(
        json!({"passed": passed, "right": of - wrong.len(), "of": of, "wrong": wrong}),
    ))
}

/// `GET /api/licences`: everybody who practises, and how they stand.
async fn all(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    let accounts = hospital
        .accounts
        .list()
        .map_err(|error| Problem::internal(&error))?;
    let mut rows = Vec::new();
    for actor in accounts.iter().filter(|actor| practises(actor)) {
        let (person, _) = practitioner(&hospital, &actor.id).await?;
        let roles: Vec<&str> = actor.roles.iter().map(|role| role.as_str()).collect();
        rows.push(json!({
            "account": actor.id, "name": actor.name, "roles": roles,
            "standing": standing(&hospital, actor, &person).await?,
        }));
    }
    Ok(Json(json!(rows)))
}

/// Why the administrator does something.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

/// `POST /api/licences/{account}/withdraw`: it ends now, in whatever room they are.
async fn withdraw(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(account): Path<String>,
    Json(Why { reason }): Json<Why>,
) -> Result<StatusCode, Problem> {
    administers(&hospital, &caller).await?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS {
        return Err(Problem::bad_input("say why, in at most 300 characters"));
    }
    let account = known(&hospital, account)?;
    let (mut person, version) = practitioner(&hospital, &account).await?;
    if !fhir::withdraw_licence(&mut person, &caller.actor.id, reason, clock::now()) {
        return Err(conflict(
            "No licence",
            "there is no licence that is good now",
        ));
    }
    let put = (put(key(&account), person), Precondition::Version(version));
    keep(
        &hospital,
        &caller.actor.id,
        "licence-withdrawn",
        &account,
        vec![put],
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/licences/{account}/lift`: they may sit the exam again.
async fn lift(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(account): Path<String>,
) -> Result<StatusCode, Problem> {
    administers(&hospital, &caller).await?;
    let account = known(&hospital, account)?;
    let (mut person, version) = practitioner(&hospital, &account).await?;
    if !fhir::lift_withdrawal(&mut person, clock::now()) {
        return Err(conflict("Not withdrawn", "the licence was not withdrawn"));
    }
    let put = (put(key(&account), person), Precondition::Version(version));
    keep(
        &hospital,
        &caller.actor.id,
        "licence-withdrawal-lifted",
        &account,
        vec![put],
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn administers(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    let asked = hospital.permit(caller, Action::Administer, &Object::Hospital);
    asked.await.map(drop)
}

fn known(hospital: &Hospital, account: String) -> Result<ActorId, Problem> {
    let nobody = || Problem::not_found("there is no such account");
    let account = ActorId::new(account).map_err(|_| nobody())?;
    let found = hospital
        .accounts
        .find(&account)
        .map_err(|error| Problem::internal(&error))?;
    found.map(|actor| actor.id).ok_or_else(nobody)
}

fn conflict(title: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::CONFLICT, title, detail)
}

fn put(key: ResourceKey, body: Value) -> NewFact {
    NewFact::PutResource {
        key,
        subject: None,
        body,
    }
}

/// Keeps what was done with what it changes, in one commit.
async fn keep(
    hospital: &Hospital,
    by: &ActorId,
    did: &str,
    whom: &ActorId,
    mut facts: Vec<(NewFact, Precondition)>,
) -> Result<(), Problem> {
    let audit = ResourceKey {
        kind: "AuditEvent".to_owned(),
        id: uuid::Uuid::now_v7().to_string(),
    };
    let event = fhir::licence_event(by, did, whom, clock::now());
    facts.push((put(audit, event), Precondition::None));
    let batch = Batch {
        actor: by.clone(),
        facts,
    };
    match hospital.record.commit(batch).await {
        Ok(_) => Ok(()),
        Err(RecordError::Conflict { .. }) => Err(conflict(
            "Changed meanwhile",
            "somebody else has changed it at this moment; try again",
        )),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_question_has_one_right_answer_among_its_choices() {
        let exam = exam().unwrap();
        let ids: BTreeSet<_> = exam.questions.iter().map(|question| &question.id).collect();
        assert_eq!(ids.len(), exam.questions.len());
        for question in &exam.questions {
            let choices: BTreeSet<_> = question.choices.iter().map(|choice| &choice.id).collect();
            assert_eq!(choices.len(), question.choices.len(), "{}", question.id);
            assert!(choices.contains(&question.answer), "{}", question.id);
        }
    }
}
