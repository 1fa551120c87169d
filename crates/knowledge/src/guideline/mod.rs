//! Guidelines that branch: questions, derived values, decision tables, and what follows from them.
//!
//! A guideline is a TOML file in `guidelines/`. Its tables are gone through in order; what one gives, the
//! next may ask for. The last table gives the outcome. A table is checked when it is read: whatever the
//! answers are, exactly one rule holds.

mod agreement;
mod cells;
mod derive;
mod expression;
mod lint;
mod plan_definition;
mod recommend;
mod result;

use std::{collections::BTreeMap, sync::OnceLock};

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

pub use agreement::{Agreement, Conflict, Next, Position, agreement};
pub use derive::{Derivation, Derived};
pub use result::{Because, Decided, Recommendation, Verdict};

use crate::{Confidence, Evidence, Input, KnowledgeError};

/// In the order in which they are shown side by side.
const GUIDELINES: &[&str] = &[
    include_str!("../../guidelines/fleischner-2017.toml"),
    include_str!("../../guidelines/consensus-2024.toml"),
    include_str!("../../guidelines/consensus-2018.toml"),
    include_str!("../../guidelines/c-lung-rads-2024.toml"),
    include_str!("../../guidelines/lung-rads-2022.toml"),
    include_str!("../../guidelines/lung-rads-1.1.toml"),
    include_str!("../../guidelines/bts-2015-growth.toml"),
];

static ALL: OnceLock<Vec<Guideline>> = OnceLock::new();

/// Those that come with the program. One that cannot be used is a bug; a test checks each.
fn shipped() -> impl Iterator<Item = Guideline> {
    let read = |text: &&str| toml::from_str(text).unwrap_or_else(|error| unreachable!("{error}"));
    GUIDELINES.iter().map(read)
}

/// All guidelines, in the order in which they are shown side by side: those that come with the program, then
/// those that the hospital added.
pub fn guidelines() -> &'static [Guideline] {
    ALL.get_or_init(|| shipped().collect())
}

/// The guideline with this id.
pub fn guideline(id: &str) -> Option<&'static Guideline> {
    guidelines().iter().find(|guideline| guideline.id == id)
}

/// Reads a guideline that is being written: well formed, but perhaps with faults. Its questions and sources
/// are known from then on. Done once, before anything is asked.
///
/// # Errors
/// Where the text is no guideline, or says otherwise what is known.
pub fn draft(name: &str, text: &str) -> Result<Guideline, KnowledgeError> {
    let guideline: Guideline =
        toml::from_str(text).map_err(|error| KnowledgeError::in_file(name, &error))?;
    crate::catalogue::also_know(std::slice::from_ref(&guideline))?;
    Ok(guideline)
}

/// Adds a hospital's own guidelines to those that come with the program, before anything is asked.
///
/// Their questions and sources are known everywhere from then on.
///
/// # Errors
/// The first fault of the first file that has one, with its name. Nothing is added then.
pub fn add(files: &[(String, String)]) -> Result<(), KnowledgeError> {
    let mut added: Vec<Guideline> = Vec::new();
    for (name, text) in files {
        let guideline: Guideline =
            toml::from_str(text).map_err(|error| KnowledgeError::in_file(name, &error))?;
        let is_taken = added.iter().any(|other| other.id == guideline.id)
            || shipped().any(|other| other.id == guideline.id);
        if is_taken {
            let why = "there is one with this id already".to_owned();
            return Err(KnowledgeError::in_file(name, &why));
        }
        added.push(guideline);
    }
    crate::catalogue::also_know(&added)?;
    for (guideline, (name, _)) in added.iter().zip(files) {
        if let Some(why) = guideline.faults().into_iter().next() {
            return Err(KnowledgeError::in_file(name, &why));
        }
    }
    let all = shipped().chain(added).collect();
    ALL.set(all).map_err(|_| KnowledgeError::TooLate)
}

/// The part of the number line on which a condition holds. Without any limit it is the whole line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Interval {
    /// This and greater.
    pub from: Option<f64>,
    /// Greater than this.
    pub above: Option<f64>,
    /// This and smaller.
    pub up_to: Option<f64>,
    /// Smaller than this.
    pub below: Option<f64>,
}

impl Interval {
    /// Whether a number lies on it. Nothing is rounded before.
    pub fn holds(&self, number: f64) -> bool {
        self.from.is_none_or(|limit| number >= limit)
            && self.above.is_none_or(|limit| number > limit)
            && self.up_to.is_none_or(|limit| number <= limit)
            && self.below.is_none_or(|limit| number < limit)
    }

    /// Its limits.
    pub fn limits(&self) -> impl Iterator<Item = f64> {
        [self.from, self.above, self.up_to, self.below]
            .into_iter()
            .flatten()
    }

    /// As people write it, such as `≥ 6, < 8`.
    pub fn shown(&self) -> String {
        let parts = [
            ("≥", self.from),
            (">", self.above),
            ("≤", self.up_to),
            ("<", self.below),
        ];
        let shown: Vec<String> = parts
            .iter()
            .filter_map(|(sign, limit)| Some(format!("{sign} {}", (*limit)?)))
            .collect();
        shown.join(", ")
    }
}

/// What one answer must be for a rule to hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// Yes or no.
    YesNo(bool),
    /// This choice.
    Choice(String),
    /// One of these choices.
    OneOf(Vec<String>),
    /// A number within these limits.
    Within(Interval),
}

/// One row of a table: holds where all its conditions do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name in traces.
    pub id: String,
    /// Conditions by the name of the question, derived value or earlier table.
    #[serde(default)]
    pub when: BTreeMap<String, Condition>,
    /// What it gives: a value of the table, or in the last table an outcome.
    pub is: String,
}

/// How many rules of a table may hold at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HitPolicy {
    /// Exactly one, whatever the answers.
    #[default]
    Unique,
    /// At least one; the first counts.
    First,
}

/// A decision table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Table {
    /// Its name, by which later tables ask for what it gives.
    pub name: String,
    /// What people call it.
    pub label: Text,
    /// How many rules may hold.
    #[serde(default)]
    pub hit: HitPolicy,
    /// What it may give, with labels; the last table gives outcomes instead.
    #[serde(default)]
    pub values: BTreeMap<String, Text>,
    /// Its rows.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

/// Answers for which the guideline was not made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// All of these hold then.
    pub when: BTreeMap<String, Condition>,
    /// What to say.
    pub why: Text,
}

/// What kind of step is arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub enum Step {
    /// Computed tomography.
    Ct,
    /// Positron emission tomography with CT.
    PetCt,
    /// Tissue: biopsy or resection.
    Tissue,
    /// Surgical removal.
    Surgery,
    /// Referral to a specialist or a team.
    Referral,
}

/// A step to be arranged, in months from the scan that was assessed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Arrangement {
    /// What to do.
    pub step: Step,
    /// Earliest and latest month; none means now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub months: Option<[u16; 2]>,
    /// Repeated each so many months after that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub every_months: Option<u16>,
    /// The guideline says "consider" or "optional".
    #[serde(default)]
    pub optional: bool,
}

/// What the guideline recommends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outcome {
    /// Its category, where the guideline has categories.
    pub category: Option<String>,
    /// For the doctor.
    pub advice: Text,
    /// For the patient, in plain words.
    pub patient: Text,
    /// What to arrange, the first step first. Alternatives to one another have the same time.
    #[serde(default)]
    pub arrange: Vec<Arrangement>,
}

/// A guideline, as its file says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Guideline {
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
    /// For whom it was made.
    pub population: Text,
    /// Mistakes found in public code, and what the source at hand leaves open.
    #[serde(default)]
    pub traps: Vec<Text>,
    /// For whom it was not made; asked first.
    #[serde(rename = "outside", default)]
    pub outside: Vec<Outside>,
    /// Questions that a model answers where nobody else did, by the model's id.
    #[serde(default)]
    pub computed_by: BTreeMap<String, String>,
    /// Values computed from answers.
    #[serde(rename = "derived", default)]
    pub derived: Vec<Derived>,
    /// Its tables, in order.
    #[serde(rename = "table")]
    pub tables: Vec<Table>,
    /// What the last table may give.
    #[serde(rename = "outcome")]
    pub outcomes: BTreeMap<String, Outcome>,
    /// Questions that the list of inputs does not have.
    #[serde(rename = "question", default)]
    pub questions: BTreeMap<String, Input>,
    /// The source, where `docs/evidence` does not have it.
    #[serde(default)]
    pub source: Option<Evidence>,
}

impl Guideline {
    /// Reads a guideline's file and checks it: against itself, the list of questions, and its tables for
    /// gaps and overlaps.
    pub fn read(text: &str) -> Result<Self, KnowledgeError> {
        let guideline: Self = toml::from_str(text)?;
        match guideline.faults().into_iter().next() {
            None => Ok(guideline),
            Some(why) => Err(KnowledgeError::Inconsistent {
                model: guideline.id,
                why,
            }),
        }
    }

    /// The names of all questions that its conditions or derived values need, each once, in the order in
    /// which they are asked.
    pub fn input_names(&self) -> Vec<&str> {
        let asked = self.outside.iter().flat_map(|outside| outside.when.keys());
        let ruled = self
            .tables
            .iter()
            .flat_map(|table| &table.rules)
            .flat_map(|rule| rule.when.keys());
        let mut names: Vec<&str> = Vec::new();
        for name in asked.chain(ruled) {
            let derived = self.derived.iter().find(|derived| derived.name == *name);
            let needed = derived.map_or_else(|| vec![name.as_str()], |derived| derived.needs());
            for name in needed {
                if !names.contains(&name) && !self.tables.iter().any(|table| table.name == name) {
                    names.push(name);
                }
            }
        }
        names
    }
}
