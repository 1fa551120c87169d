use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Coding, Text};

/// Why a model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// The file is not well formed, or has a field that no model has.
    #[error("read the model file: {0}")]
    NotWellFormed(#[from] toml::de::Error),
    /// A file that a hospital added cannot be used.
    #[error("use the guideline in {file}: {why}")]
    InFile {
        /// Its name.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Guidelines were asked for before the hospital's own were added.
    #[error("add guidelines: add them before any is asked for")]
    TooLate,
    /// The file contradicts itself or the list of inputs.
    #[error("use the model `{model}`: {why}")]
    Inconsistent {
        /// The model's id.
        model: String,
        /// What is wrong with it.
        why: String,
    },
}

impl KnowledgeError {
    pub(crate) fn in_file(file: &str, why: &impl ToString) -> Self {
        Self::InFile {
            file: file.to_owned(),
            why: why.to_string(),
        }
    }
}

/// How well a source was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub enum Confidence {
    /// Checked against an independent published implementation or a published table.
    C,
    /// One secondary source.
    S,
    /// Derived by hand from the stated definition.
    D,
    /// From memory: needs confirmation.
    M,
    /// What was published does not suffice to compute it.
    #[serde(rename = "not-reproducible")]
    NotReproducible,
}

impl Confidence {
    /// Whether the screen must say that a person with the source has yet to confirm it.
    pub fn needs_confirmation(self) -> bool {
        matches!(self, Self::S | Self::M)
    }
}

/// A source, as `docs/evidence/<key>.toml` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Evidence {
    /// Authors, title, journal, year, pages.
    pub citation: String,
    /// Digital object identifier.
    pub doi: Option<String>,
    /// Year of publication.
    pub year: u16,
    /// Under which terms it is used.
    pub licence: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// Against what.
    pub checked_against: String,
}

/// One of the answers that a question offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct ChoiceOption {
    /// What the formula calls it.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
}

/// What kind of answer a question takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub enum Kind {
    /// A number in a UCUM unit.
    Number {
        /// The unit that the formula takes.
        unit: String,
        /// Whether only whole numbers make sense.
        #[serde(default)]
        whole: bool,
    },
    /// Yes or no.
    YesNo,
    /// One of a list.
    Choice(Vec<ChoiceOption>),
}

/// A result of the laboratory whose number is the answer to a question, as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LabResult {
    /// Its LOINC code.
    pub loinc: String,
    /// The UCUM unit in which it comes.
    pub unit: String,
}

/// A question that models ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Input {
    /// What people call it.
    pub label: Text,
    /// How to answer it.
    pub help: Option<Text>,
    /// What kind of answer it takes.
    pub kind: Kind,
    /// How people write its unit, where not as UCUM does.
    pub unit_shown: Option<Text>,
    /// Its code in a terminology, where there is one.
    pub coding: Option<Coding>,
    /// Where the record usually holds the answer.
    pub source: String,
    /// Results of the laboratory that answer it.
    #[serde(default)]
    pub lab: Vec<LabResult>,
    /// Whether what was said holds until somebody says otherwise.
    #[serde(default)]
    pub stands: bool,
    /// Nothing below this can be, whoever measured it.
    pub least: Option<f64>,
    /// Nothing above this can be.
    pub most: Option<f64>,
    /// Must be 0 unless the answer to this question is yes.
    pub zero_unless: Option<String>,
    /// Must not exceed the answer to this question.
    pub at_most: Option<String>,
}

/// One term of a formula. An answer `a` contributes `times * ((a / divided_by) ^ to_the_power - minus)`,
/// a yes contributes `times`, a choice the number beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Term {
    /// The question.
    pub input: String,
    /// The coefficient; not for choices.
    pub times: Option<f64>,
    /// First step.
    pub divided_by: Option<f64>,
    /// Second step.
    pub to_the_power: Option<f64>,
    /// Third step: the centring.
    pub minus: Option<f64>,
    /// For a choice: what each contributes.
    pub choices: Option<BTreeMap<String, f64>>,
    /// Outside of this the answer is refused.
    pub allowed: Option<[f64; 2]>,
    /// Below this the answer is refused.
    pub at_least: Option<f64>,
    /// Outside of this there is a warning.
    pub validated: Option<[f64; 2]>,
    /// The model that computes the answer where none is given.
    pub computed_by: Option<String>,
}

/// A warning about the population, given when an answer says that the patient is not of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Caution {
    /// The question.
    pub input: String,
    /// Given at this answer.
    pub when: Option<crate::AnswerValue>,
    /// Given at numbers below this.
    pub below: Option<f64>,
    /// What to say.
    pub text: Text,
}

/// A band of probabilities; the first that fits is taken, the last has no limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Band {
    /// Its name.
    pub id: String,
    /// Holds probabilities smaller than this.
    pub below: Option<f64>,
    /// Holds probabilities up to and including this.
    pub up_to: Option<f64>,
    /// What people call it.
    pub label: Text,
}

impl Band {
    /// Whether a probability lies below the band's end. Nothing is rounded before this comparison.
    pub fn holds(&self, probability: f64) -> bool {
        self.below.is_none_or(|end| probability < end)
            && self.up_to.is_none_or(|end| probability <= end)
    }
}

/// The source of the bands, where it is not the model's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandsFrom {
    /// Key of `docs/evidence`.
    pub evidence: String,
}

/// A risk model, as its file says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Model {
    /// Its name in paths, commands and records.
    pub id: String,
    /// Version of the file: counts up when its content changes.
    pub version: String,
    /// Year of the publication.
    pub year: u16,
    /// Key of `docs/evidence`.
    pub evidence: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// What people call it.
    pub title: Text,
    /// On whom it was made and validated.
    pub population: Text,
    /// On whom it must not be used.
    pub not_for: Vec<Text>,
    /// Mistakes found in public code and tables.
    pub traps: Vec<String>,
    /// Questions of a model that has no formula.
    #[serde(default)]
    pub asks: Vec<String>,
    /// Why there is no formula.
    pub no_formula: Option<Text>,
    /// The constant of the linear part.
    pub intercept: Option<f64>,
    /// The terms of the linear part.
    #[serde(rename = "term", default)]
    pub terms: Vec<Term>,
    /// Warnings about the population.
    #[serde(rename = "caution", default)]
    pub cautions: Vec<Caution>,
    /// The source of the bands.
    pub bands_from: Option<BandsFrom>,
    /// Bands of probability.
    #[serde(rename = "band", default)]
    pub bands: Vec<Band>,
}

impl Model {
    /// The names of all questions, in the order of the formula.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        let terms = self.terms.iter().map(|term| term.input.as_str());
        terms.chain(self.asks.iter().map(String::as_str))
    }
}
