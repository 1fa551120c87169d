//! Assisting: what was explained to the patient by their own picture, and whether it was understood.

use knowledge::Answers;
use policy::{Action, Object};
use scenario::{Context, Problem, Request};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocabulary::Timestamp;

use crate::{
    deviation, facts,
    programme::{Person, Programme, Step},
    step,
};

/// How well the patient said it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Understood {
    Yes,
    Partly,
    No,
}

/// That the patient was taught.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taught {
    pub understood: Understood,
    pub note: String,
    pub by: Person,
    pub at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Wish {
    understood: Understood,
    #[serde(default)]
    note: String,
}

/// `POST programmes/{id}/assist`: nurses teach too.
pub async fn post(
    context: &dyn Context,
    programme: &Programme,
    in_force: &Answers,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let object = Object::Patient(programme.patient.clone());
    context
        .permit(&request.actor, Action::WriteRecord, &object)
        .await?;
    step::must_be_signed(programme)?;
    step::must_follow(programme, in_force, Step::Assist)?;
    let taught = Taught {
        understood: wish.understood,
        note: deviation::short_enough(&wish.note, "补充说明", "the note")?,
        by: Person::from(&request.actor),
        at: context.now(),
    };
    let said = match taught.understood {
        Understood::Yes => "The patient said it back in their own words",
        Understood::Partly => "The patient said a part of it back",
        Understood::No => "The patient could not say it back yet",
    };
    let mut payload = vec![json!({"contentString": said})];
    if !taught.note.is_empty() {
        payload.push(json!({"contentString": taught.note}));
    }
    let body = json!({
        "extension": facts::own(facts::OWN_URI, &taught),
        "basedOn": [facts::refer(&facts::plan_key(&programme.id))],
        "status": "completed",
        "topic": {"text": "Teaching about the lung nodule and the plan"},
        "subject": facts::patient(programme),
        "recipient": [facts::patient(programme)],
        "sender": facts::practitioner(&taught.by),
        "sent": taught.at,
        "payload": payload,
    });
    let key = facts::teaching_key(&programme.id);
    let mut new = vec![facts::put(key, &programme.patient, body)];
    new.extend(deviation::taken_back(programme, Step::Assist.as_str()));
    step::commit(context, programme, &request.actor.id, new, None).await
}
