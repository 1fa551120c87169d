use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What was answered to a question. JSON `true`, `12.5` or `"solid"`; 0 and 1 also serve as no and yes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub enum AnswerValue {
    /// Yes or no.
    YesNo(bool),
    /// A number.
    Number(f64),
    /// One of the question's choices, by its id.
    Choice(String),
}

/// Where an answer comes from, so that a person can open it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Source {
    /// The fact: `Patient/x`, `Observation/y`, `series/<uid>`, or `actor/<account>` who answered.
    pub reference: String,
    /// How it became the answer, in a few words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub how: Option<String>,
    /// When it was measured or said (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub at: Option<String>,
}

/// An answer, with the unit it was given in and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Answer {
    /// What was answered.
    pub value: AnswerValue,
    /// UCUM unit of a number; the question's own unit where none is given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub unit: Option<String>,
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub source: Option<Source>,
}

/// Answers by the names of the inputs. What is not in it is not known.
pub type Answers = BTreeMap<String, Answer>;

impl Answer {
    /// An answer in the question's own unit.
    pub fn new(value: AnswerValue) -> Self {
        Self {
            value,
            unit: None,
            source: None,
        }
    }

    /// The same answer, said to come from `source`.
    #[must_use]
    pub fn from_source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }
}

impl From<bool> for Answer {
    fn from(value: bool) -> Self {
        Self::new(AnswerValue::YesNo(value))
    }
}

impl From<f64> for Answer {
    fn from(value: f64) -> Self {
        Self::new(AnswerValue::Number(value))
    }
}

impl From<&str> for Answer {
    fn from(value: &str) -> Self {
        Self::new(AnswerValue::Choice(value.to_owned()))
    }
}

/// The two ways an answer is written: the bare value, or an object that also holds unit and source.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Bare(AnswerValue),
    Full {
        value: AnswerValue,
        #[serde(default)]
        unit: Option<String>,
        #[serde(default)]
        source: Option<Source>,
    },
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Bare(value) => Self::new(value),
            Written::Full {
                value,
                unit,
                source,
            } => Self {
                value,
                unit,
                source,
            },
        })
    }
}
