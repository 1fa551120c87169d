//! Advising: which guideline is followed, what the patient is told, and tobacco where it applies.

use knowledge::{AnswerValue, Answers};
use scenario::{Context, Problem, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{Text, Timestamp};

use crate::{
    answers, assess,
    deviation::{self, Deviation},
    facts::{self, text},
    programme::{Person, Programme, Step},
    step,
};

/// What was advised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// The guideline that is followed; none where the doctor advises without one, and says why.
    pub guideline: Option<String>,
    /// Its outcome.
    pub outcome: Option<String>,
    /// Its category, where it has categories.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category: Option<String>,
    /// The rule that led to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    pub needs_confirmation: bool,
    /// For the doctor, from the guideline.
    pub doctor: Option<Text>,
    /// For the patient, in the guideline's plain words.
    pub patient: Option<Text>,
    /// What the doctor adds in their own words.
    pub note: String,
    /// Whether the patient was advised on tobacco.
    pub tobacco: bool,
    /// Whether they want to stop now, where they were asked.
    pub ready_to_quit: Option<bool>,
    pub by: Person,
    pub at: Timestamp,
}

/// `POST programmes/{id}/advise`.
#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(default)]
    guideline: Option<String>,
    #[serde(default)]
    note: String,
    /// Why no guideline is followed.
    #[serde(default)]
    reason: String,
}

/// Advises by a guideline, or by the doctor's own words with a reason.
pub async fn post(
    context: &dyn Context,
    programme: &Programme,
    in_force: &Answers,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let note = deviation::short_enough(&wish.note, "补充说明", "the note")?;
    deviation::may_decide(context, programme, request).await?;
    step::must_be_draft(programme)?;
    step::must_follow(programme, in_force, Step::Advise)?;
    let by = Person::from(&request.actor);
    let now = context.now();
    let ready = in_force.get(answers::READY).map(|answer| &answer.value);
    let mut advice = Advice {
        guideline: None,
        outcome: None,
        category: None,
        rule: None,
        needs_confirmation: false,
        doctor: None,
        patient: None,
        tobacco: assess::smokes_now(in_force) == Some(true),
        ready_to_quit: ready.map(|ready| *ready == AnswerValue::YesNo(true)),
        note,
        by: by.clone(),
        at: now,
    };
    let mut new = Vec::new();
    if let Some(guideline) = wish.guideline {
        follow(programme, &guideline, &mut advice)?;
        new.extend(deviation::taken_back(programme, Step::Advise.as_str()));
    } else {
        deviation::said(&advice.note, "您的建议", "what you advise")?;
        let reason = deviation::said(
            &wish.reason,
            "不按指南的原因",
            "why no guideline is followed",
        )?;
        let deviation = Deviation {
            place: Step::Advise.as_str().to_owned(),
            reason,
            by,
            at: now,
        };
        new.push(deviation.fact(programme));
    }
    new.push(fact(programme, &advice));
    step::commit(context, programme, &request.actor.id, new, None).await
}

/// Takes the outcome of a guideline as it was said when the machine was asked.
fn follow(programme: &Programme, guideline: &str, advice: &mut Advice) -> Result<(), Problem> {
    let no_advice = || {
        Problem::invalid(
            "该指南没有给出建议；请选择另一个，或不按指南并写明原因",
            "this guideline gives no advice here: choose another, or follow none and say why",
        )
    };
    let said = programme.recommendation(guideline).ok_or_else(no_advice)?;
    let words = |path: &str| {
        said.pointer(path)
            .and_then(|words| serde_json::from_value::<Text>(words.clone()).ok())
    };
    advice.outcome = Some(text(said, "/result/outcome").ok_or_else(no_advice)?);
    advice.guideline = Some(guideline.to_owned());
    advice.category = text(said, "/result/category");
    advice.rule = said
        .get("trace")
        .and_then(Value::as_array)
        .and_then(|trace| text(trace.last()?, "/rule"));
    advice.needs_confirmation = said.get("needs_confirmation") == Some(&json!(true));
    advice.doctor = words("/result/advice");
    advice.patient = words("/result/patient");
    Ok(())
}

fn fact(programme: &Programme, advice: &Advice) -> record::NewFact {
    let mut payload: Vec<Value> = Vec::new();
    let mut add = |text: &str| {
        if !text.is_empty() {
            payload.push(json!({"contentString": text}));
        }
    };
    for words in [&advice.doctor, &advice.patient].into_iter().flatten() {
        add(&facts::both(words));
    }
    add(&advice.note);
    if advice.tobacco {
        for step in &knowledge::five_a().steps {
            step.patient
                .iter()
                .for_each(|words| add(&facts::both(words)));
        }
    }
    let mut body = json!({
        "extension": facts::own(facts::OWN_URI, advice),
        "basedOn": [facts::refer(&facts::plan_key(&programme.id))],
        "status": "completed",
        "topic": {"text": "Advice about a lung nodule"},
        "subject": facts::patient(programme),
        "recipient": [facts::patient(programme)],
        "sender": facts::practitioner(&advice.by),
        "sent": advice.at,
        "payload": payload,
    });
    if let Some(guideline) = &advice.guideline {
        let about = facts::refer(&facts::guidance_key(&programme.id, guideline));
        facts::set(&mut body, "about", json!([about]));
    }
    let key = facts::advice_key(&programme.id);
    facts::put(key, &programme.patient, body)
}
