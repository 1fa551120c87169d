use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Missing, Text};

use super::Arrangement;
use crate::{AnswerValue, Confidence, InputUsed};

/// One condition that held, as a person reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Because {
    /// The question, derived value or table.
    pub name: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// Its value.
    pub value: AnswerValue,
    /// The value as people read it.
    #[ts(type = "{ zh: string, en: string }")]
    pub shown: Text,
    /// The limits of the condition, such as `≥ 6, < 8`; none for choices.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub limits: Option<String>,
}

/// What one table gave, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Decided {
    /// The table.
    pub table: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// The rule that held.
    pub rule: String,
    /// What it gave, as people read it.
    #[ts(type = "{ zh: string, en: string }")]
    pub gave: Text,
    /// Its conditions.
    pub because: Vec<Because>,
}

/// What a guideline says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub enum Verdict {
    /// One outcome follows from the answers.
    Recommended {
        /// The outcome's id.
        outcome: String,
        /// Its category, where the guideline has categories.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        #[ts(optional)]
        category: Option<String>,
        /// For the doctor.
        #[ts(type = "{ zh: string, en: string }")]
        advice: Text,
        /// For the patient, in plain words.
        #[ts(type = "{ zh: string, en: string }")]
        patient: Text,
        /// What to arrange, the first step first.
        arrange: Vec<Arrangement>,
    },
    /// The guideline was not made for this patient.
    NotApplicable {
        /// Why, each reason.
        #[ts(type = "{ zh: string, en: string }[]")]
        why: Vec<Text>,
    },
    /// An answer that matters is missing or cannot be used.
    NotAssessable {
        /// All such questions.
        #[ts(type = "{ input: string, why: { zh: string, en: string } }[]")]
        missing: Vec<Missing>,
    },
}

/// What a guideline says about one patient's answers, with all that is needed to judge it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Recommendation {
    /// The guideline's id.
    pub guideline: String,
    /// Version of its file.
    pub version: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// The outcome, or why there is none.
    pub result: Verdict,
    /// Each table's decision, in order; empty where there is no outcome.
    pub trace: Vec<Decided>,
    /// All answers that could be used, with their sources.
    pub inputs: Vec<InputUsed>,
    /// For whom the guideline was made.
    #[ts(type = "{ zh: string, en: string }")]
    pub population: Text,
    /// What the source at hand leaves open.
    #[ts(type = "{ zh: string, en: string }[]")]
    pub traps: Vec<Text>,
    /// Authors, title, journal, year, pages.
    pub citation: String,
    /// Digital object identifier.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub doi: Option<String>,
    /// Year of the publication.
    pub year: u16,
    /// Key of the source.
    pub evidence: String,
    /// How well the tables were checked.
    pub confidence: Confidence,
    /// Whether a person with the source has yet to confirm the tables.
    pub needs_confirmation: bool,
    /// That this is no medical device.
    #[ts(type = "{ zh: string, en: string }")]
    pub notice: Text,
}
