//! Conditions with three outcomes: they hold, they do not, or an answer that decides is missing.

use serde::Deserialize;
use vocabulary::Missing;

use super::Allowed;
use crate::{AnswerValue, Answers, catalogue, check};

/// A condition on answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Condition {
    /// At least one of these.
    Any {
        /// The conditions.
        any: Vec<Condition>,
    },
    /// Each of these.
    All {
        /// The conditions.
        all: Vec<Condition>,
    },
    /// At least so many of these.
    Count {
        /// How many.
        at_least: usize,
        /// The conditions.
        of: Vec<Condition>,
    },
    /// One answer.
    One(One),
}

/// A condition on one answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct One {
    /// The question.
    pub input: String,
    /// This number or a larger one.
    pub from: Option<f64>,
    /// A larger number.
    pub above: Option<f64>,
    /// A smaller number.
    pub below: Option<f64>,
    /// This number or a smaller one.
    pub up_to: Option<f64>,
    /// This answer.
    pub is: Option<AnswerValue>,
}

/// Whether a condition holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It depends on these.
    Open(Vec<Missing>),
}

impl Condition {
    /// Adds the names of its questions, each once.
    pub fn names(&self, names: &mut Vec<String>) {
        match self {
            Self::Any { any: parts } | Self::All { all: parts } | Self::Count { of: parts, .. } => {
                for part in parts {
                    part.names(names);
                }
            }
            Self::One(one) if names.contains(&one.input) => {}
            Self::One(one) => names.push(one.input.clone()),
        }
    }

    /// Whether it holds for these answers.
    pub fn holds(&self, answers: &Answers, allowed: &[Allowed]) -> Held {
        match self {
            Self::Any { any } => counted(1, any, answers, allowed),
            Self::All { all } => counted(all.len(), all, answers, allowed),
            Self::Count { at_least, of } => counted(*at_least, of, answers, allowed),
            Self::One(one) => one.holds(answers, allowed),
        }
    }
}

/// Whether at least so many hold: yes where enough do, no where even all that are open would not suffice.
fn counted(at_least: usize, parts: &[Condition], answers: &Answers, allowed: &[Allowed]) -> Held {
    let (mut yes, mut open, mut missing) = (0, 0, Vec::new());
    for part in parts {
        match part.holds(answers, allowed) {
            Held::Yes => yes += 1,
            Held::No => {}
            Held::Open(why) => {
                open += 1;
                for one in why {
                    if !missing.contains(&one) {
                        missing.push(one);
                    }
                }
            }
        }
    }
    if yes >= at_least {
        Held::Yes
    } else if yes + open < at_least {
        Held::No
    } else {
        Held::Open(missing)
    }
}

impl One {
    fn holds(&self, answers: &Answers, allowed: &[Allowed]) -> Held {
        let value = match self.value(answers, allowed) {
            Ok(value) => value,
            Err(why) => return Held::Open(vec![why]),
        };
        let holds = match &value {
            AnswerValue::Number(number) => {
                self.from.is_none_or(|from| *number >= from)
                    && self.above.is_none_or(|above| *number > above)
                    && self.below.is_none_or(|below| *number < below)
                    && self.up_to.is_none_or(|up_to| *number <= up_to)
                    && self.is.as_ref().is_none_or(|is| *is == value)
            }
            _ => self.is.as_ref() == Some(&value),
        };
        if holds { Held::Yes } else { Held::No }
    }

    fn value(&self, answers: &Answers, allowed: &[Allowed]) -> Result<AnswerValue, Missing> {
        let name = &self.input;
        let Some(input) = catalogue::inputs().get(name) else {
            return Err(check::unusable(
                name,
                "未知的问题",
                "is no question that is known",
            ));
        };
        let Some(answer) = answers.get(name) else {
            let (zh, en) = (&input.label.zh, &input.label.en);
            return Err(check::unusable(
                name,
                format!("缺少：{zh}"),
                format!("not answered: {en}"),
            ));
        };
        let value = input.take(name, answer)?;
        let range = allowed.iter().find(|allowed| allowed.input == *name);
        if let (Some(allowed), AnswerValue::Number(number)) = (range, &value) {
            let range @ [low, high] = allowed.range;
            if !(low..=high).contains(number) {
                return Err(check::outside(name, *number, range, check::ALLOWED));
            }
        }
        Ok(value)
    }
}
