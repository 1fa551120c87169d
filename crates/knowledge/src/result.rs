use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Assessed, Text};

use crate::{AnswerValue, Confidence, Source};

/// An answer as the formula took it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct InputUsed {
    /// The question.
    pub input: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// The answer, in `unit`.
    pub value: AnswerValue,
    /// The unit that the formula takes, for numbers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub unit: Option<String>,
    /// Where the answer comes from, where that was said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub source: Option<Source>,
}

/// Something that a reader of the result must know.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Warning {
    /// The question that it is about.
    pub input: String,
    /// What to tell the reader.
    #[ts(type = "{ zh: string, en: string }")]
    pub text: Text,
}

/// One term of the linear part, so that a bar chart of contributions can be drawn.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct TraceTerm {
    /// The question, or `intercept`.
    pub term: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// The answer; none for the intercept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub answer: Option<AnswerValue>,
    /// The answer after division, power and centring: what the coefficient multiplies.
    pub value: f64,
    /// The coefficient.
    pub coefficient: f64,
    /// Coefficient times value: what the term adds to the logit.
    pub contribution: f64,
}

/// The band that a probability lies in.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct BandFound {
    /// Its name.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// Key of the source that sets the limits.
    pub evidence: String,
}

/// What a model says about one patient's answers, with all that is needed to judge it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Assessment {
    /// The model's id.
    pub model: String,
    /// Version of the model's file.
    pub version: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// Probability of malignancy, 0 to 1, unrounded; or everything that is missing.
    #[ts(
        type = "{ state: \"assessed\", value: number } | { state: \"not-assessable\", missing: { input: string, why: { zh: string, en: string } }[] }"
    )]
    pub result: Assessed<f64>,
    /// The probability as it is shown: per cent, one decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub percent: Option<String>,
    /// The band it lies in, where the sources set bands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub band: Option<BandFound>,
    /// Why there is no interval beside the probability.
    #[ts(type = "{ zh: string, en: string }")]
    pub interval: Text,
    /// All answers that could be used, with their sources.
    pub inputs: Vec<InputUsed>,
    /// Answers outside the validated range, and signs that the patient is not of the population.
    pub warnings: Vec<Warning>,
    /// Each term's contribution; empty where the result is not assessable.
    pub trace: Vec<TraceTerm>,
    /// On whom the model was made.
    #[ts(type = "{ zh: string, en: string }")]
    pub population: Text,
    /// On whom it must not be used.
    #[ts(type = "{ zh: string, en: string }[]")]
    pub not_for: Vec<Text>,
    /// Authors, title, journal, year, pages.
    pub citation: String,
    /// Digital object identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub doi: Option<String>,
    /// Year of the publication.
    pub year: u16,
    /// Key of the source.
    pub evidence: String,
    /// How well the coefficients were checked.
    pub confidence: Confidence,
    /// Whether a person with the source has yet to confirm the coefficients.
    pub needs_confirmation: bool,
    /// That this is no medical device.
    #[ts(type = "{ zh: string, en: string }")]
    pub notice: Text,
}
