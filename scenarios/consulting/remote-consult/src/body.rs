//! What the requests carry.

use std::{collections::BTreeMap, sync::LazyLock};

use knowledge::Answer;
use scenario::Problem;
use serde::{Deserialize, Serialize};
use vocabulary::{ActorId, PatientId, Text, Uid};

/// The most characters of a reason or comment.
pub const SHORT: usize = 1000;
/// The most characters of a plan.
pub const LONG: usize = 4000;

/// `POST requests`.
#[derive(Debug, Deserialize)]
pub struct Ask {
    pub patient: PatientId,
    pub series: Option<Uid>,
    pub expert: ActorId,
    pub reason: String,
}

/// `POST cases/{id}/decline` and `withdraw`.
#[derive(Debug, Deserialize)]
pub struct Ended {
    pub reason: String,
}

/// `PUT cases/{id}/answers`: null takes an answer away, also one that the record knows.
#[derive(Debug, Deserialize)]
pub struct Given {
    pub answers: BTreeMap<String, Option<Answer>>,
}

/// What a person thinks the nodule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opinion {
    Benign,
    Indeterminate,
    Malignant,
}

/// What is to be done next; the words of the guidelines' tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Management {
    NoFollowUp,
    #[serde(rename = "ct-12-months")]
    Ct12Months,
    #[serde(rename = "ct-6-12-months")]
    Ct6To12Months,
    #[serde(rename = "ct-3-6-months")]
    Ct3To6Months,
    #[serde(rename = "ct-3-months")]
    Ct3Months,
    PetCt,
    Biopsy,
    Resection,
    NonSurgicalTreatment,
}

impl Management {
    /// The word in requests and records.
    pub fn code(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(code)) => code,
            _ => unreachable!("the enum has unit variants only"),
        }
    }

    /// What people call it: the words of the page, so that a report reads as its page does.
    pub fn label(self) -> Text {
        let code = self.code();
        let word = |words: &BTreeMap<String, String>| words.get(&code).unwrap_or(&code).clone();
        Text::new(word(&WORDS.zh), word(&WORDS.en))
    }
}

struct Words {
    zh: BTreeMap<String, String>,
    en: BTreeMap<String, String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let read = |words| {
        serde_json::from_str(words).unwrap_or_else(|error| unreachable!("the words: {error}"))
    };
    Words {
        zh: read(include_str!("../client/words.zh.json")),
        en: read(include_str!("../client/words.en.json")),
    }
});

/// `POST cases/{id}/vote`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    pub opinion: Opinion,
    pub management: Management,
    /// Probability of malignancy in per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    #[serde(default)]
    pub comment: String,
}

/// `PUT cases/{id}/plan`. `version` is that of the plan which the edit builds on; none for the first.
#[derive(Debug, Deserialize)]
pub struct Draft {
    pub text: String,
    pub management: Management,
    #[serde(default)]
    pub dissent: Option<String>,
    #[serde(default)]
    pub version: Option<u64>,
}

/// `POST cases/{id}/sign`: the version that was read.
#[derive(Debug, Deserialize)]
pub struct SignVersion {
    pub version: u64,
}

/// A text that must say something, and not too much.
pub fn said(text: &str, most: usize, zh: &str, en: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::invalid(
            format!("请填写{zh}"),
            format!("write {en}"),
        ));
    }
    short_enough(text, most, zh, en)
}

/// A text that may be empty, and must not be too long.
pub fn short_enough(text: &str, most: usize, zh: &str, en: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.chars().count() > most {
        return Err(Problem::invalid(
            format!("{zh}过长：最多 {most} 字"),
            format!("{en} is too long: {most} characters at most"),
        ));
    }
    Ok(text.to_owned())
}
