//! What an attempt is worth, and why.

use std::collections::BTreeMap;

use knowledge::AnswerValue;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, Timestamp};

use crate::{AnswerKind, Hidden, Posed, Question};

/// What somebody answered, by the questions' ids. A question without an answer is answered wrongly.
pub type Given = BTreeMap<String, AnswerValue>;

/// One question with what was answered and what is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub struct Judged {
    /// What was asked.
    pub question: Question,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional, type = "boolean | number | string")]
    pub given: Option<AnswerValue>,
    /// Whether it is right.
    pub is_right: bool,
    /// What is right, why, and who says so.
    pub right: Hidden,
}

/// What an attempt is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub struct Score {
    /// How many answers are right.
    pub points: u32,
    /// How many questions there are.
    pub of: u32,
    /// Each question.
    pub judged: Vec<Judged>,
}

/// Who answered what, and when. It is judged anew each time, so that nothing can be put into a score by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Who.
    pub by: ActorId,
    /// When.
    pub at: Timestamp,
    /// What they answered.
    pub given: Given,
}

/// Judges an attempt. A size in whole millimetres is right or it is not: the guideline's limits leave no tolerance.
pub fn score(posed: &[Posed], given: &Given) -> Score {
    let judged: Vec<Judged> = posed
        .iter()
        .map(|posed| {
            let answer = given.get(&posed.question.id);
            Judged {
                question: posed.question.clone(),
                given: answer.cloned(),
                is_right: answer.is_some_and(|answer| is_right(posed, answer)),
                right: posed.hidden.clone(),
            }
        })
        .collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Score {
        points: count(judged.iter().filter(|one| one.is_right).count()),
        of: count(judged.len()),
        judged,
    }
}

fn is_right(posed: &Posed, answer: &AnswerValue) -> bool {
    match (&posed.question.answer, answer, &posed.hidden.value) {
        (AnswerKind::Number { .. }, AnswerValue::Number(given), AnswerValue::Number(right)) => {
            // Both are whole numbers; what is given with a fraction is no whole millimetre.
            (given - right).abs() < 1e-9
        }
        (AnswerKind::Choice { .. }, AnswerValue::Choice(given), AnswerValue::Choice(right)) => {
            given == right
        }
        _ => false,
    }
}
