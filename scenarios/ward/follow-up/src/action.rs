//! The action plan in plain words: what a patient does on usual days, on worse ones, and in an emergency.

use policy::{Action, Object};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::Timestamp;

use crate::{
    course::FollowUp,
    facts::{self, own},
    plans::LEVELS,
};

/// The longest words for one level, in bytes.
const LONGEST: usize = 2000;

/// What the doctor wrote for this patient, beside what the plan says to all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// For each of [`LEVELS`], in their order; empty where nothing was written.
    pub words: [String; 3],
    pub by: Person,
    pub at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    usual: String,
    worse: String,
    emergency: String,
}

/// `PUT courses/{id}/action`: writes the patient's own part of the action plan. The last one counts.
pub async fn put(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let object = Object::Patient(course.patient.clone());
    context
        .permit(&request.actor, Action::WriteRecord, &object)
        .await?;
    course.must_be_active()?;
    let words = [wish.usual, wish.worse, wish.emergency].map(|words| words.trim().to_owned());
    if words.iter().any(|words| words.len() > LONGEST) {
        return Err(Problem::invalid(
            format!("每一级不超过 {LONGEST} 字节"),
            format!("at most {LONGEST} bytes for each level"),
        ));
    }
    let written = Written {
        words,
        by: Person::from(&request.actor),
        at: context.now(),
    };
    let changed = crate::course::Course {
        action: Some(written),
        ..course.course.clone()
    };
    let mut body = course.body.of.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.insert("extension".to_owned(), own(&changed));
    }
    let fact = facts::put(facts::plan_key(&course.id), &course.patient, body);
    facts::commit(
        context,
        &request.actor.id,
        vec![(fact, course.body.unchanged())],
    )
    .await?;
    course.tell(context, Topic::Case);
    Ok(())
}

/// Level by level: what the plan says to all, and what the doctor wrote for this patient.
pub fn view(course: &FollowUp) -> Value {
    let written = course.course.action.as_ref();
    let general = &course.plan.action;
    let levels = LEVELS
        .iter()
        .zip(general.levels())
        .enumerate()
        .map(|(n, (level, general))| {
            let own = written
                .and_then(|written| written.words.get(n))
                .filter(|words| !words.is_empty());
            json!({"level": level, "general": general, "own": own})
        });
    json!({
        "levels": levels.collect::<Vec<_>>(),
        "by": written.map(|written| &written.by),
        "at": written.map(|written| written.at),
    })
}
