//! Scores of points: parameters whose answers give points, a sum, and the band that it lies in.
//!
//! A score is a TOML file in `scores/`. As with models, an answer that is missing leaves the sum open and is
//! named; nothing counts as zero because nobody measured it.

mod card;
mod score;
mod sum;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use vocabulary::Text;

use crate::{AnswerValue, Confidence, Kind, KnowledgeError, catalogue};

pub use card::score_card;
pub use score::{AtLeast, ParameterPoints, PointsBandFound, ScoreFound};

/// In the order in which they are shown.
const FILES: &[&str] = &[
    include_str!("../../scores/news2.toml"),
    include_str!("../../scores/mews.toml"),
    include_str!("../../scores/ed-triage-cn-2018.toml"),
    include_str!("../../scores/qsofa.toml"),
    include_str!("../../scores/curb-65.toml"),
    include_str!("../../scores/psi.toml"),
    include_str!("../../scores/bode.toml"),
    include_str!("../../scores/stop-bang.toml"),
    include_str!("../../scores/nosas.toml"),
];

static ALL: LazyLock<Vec<PointScore>> = LazyLock::new(|| {
    let read = |text: &&str| PointScore::read(text).unwrap_or_else(|error| unreachable!("{error}"));
    let mut all: Vec<PointScore> = FILES.iter().map(read).collect();
    let known = all.clone();
    for score in &mut all {
        let Some(from) = &score.parameters_of else {
            continue;
        };
        let shared = known.iter().find(|other| other.id == *from);
        score.parameters = shared
            .map(|other| other.parameters.clone())
            .unwrap_or_default();
    }
    all
});

/// All scores of points, in the order in which they are shown.
pub fn point_scores() -> &'static [PointScore] {
    &ALL
}

/// The score of points with this id.
pub fn point_score(id: &str) -> Option<&'static PointScore> {
    ALL.iter().find(|score| score.id == id)
}

/// Numbers up to an end, and what they are worth. Of a list the first that holds a number is taken.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PointsBand {
    /// Holds numbers up to and including this.
    pub up_to: Option<f64>,
    /// Holds numbers smaller than this.
    pub below: Option<f64>,
    /// What they are worth.
    pub points: i64,
}

/// One question of a parameter, and what its answers are worth.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PointsItem {
    /// The question.
    pub input: String,
    /// Holds only where these questions are answered so.
    #[serde(default)]
    pub when: BTreeMap<String, AnswerValue>,
    /// Outside of this the answer is refused.
    pub allowed: Option<[f64; 2]>,
    /// Below this the answer is refused.
    pub at_least: Option<f64>,
    /// To how many decimals the score's table is printed: an answer with more lies between its rows.
    pub decimals: Option<u32>,
    /// For numbers: the rows of the table.
    #[serde(default)]
    pub bands: Vec<PointsBand>,
    /// For numbers: each whole unit is worth this.
    pub points_each: Option<i64>,
    /// For yes or no: what a yes is worth.
    pub yes: Option<i64>,
    /// For choices: what each is worth.
    pub choices: Option<BTreeMap<String, i64>>,
}

/// How several questions make one parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// The one question whose conditions hold.
    #[default]
    Case,
    /// All are asked, and the highest points count.
    Highest,
    /// The same in different units: one answer suffices.
    Either,
}

/// A parameter of a score.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub id: String,
    /// What people call it.
    pub label: Text,
    /// How its questions make one.
    #[serde(default)]
    pub combine: Combine,
    /// Its questions.
    #[serde(rename = "item")]
    pub items: Vec<PointsItem>,
}

/// Sums up to an end, and what is to be done there. Of a list the first that holds the sum is taken.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SumBand {
    /// Its name.
    pub id: String,
    /// Holds sums up to and including this.
    pub up_to: Option<i64>,
    /// Holds only where at least one parameter alone has so many points.
    pub single: Option<i64>,
    /// What people call it.
    pub label: Text,
    /// What the source asks for.
    pub response: Option<Text>,
}

/// How often to measure at least.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Observe {
    /// Holds sums up to and including this.
    pub up_to: Option<i64>,
    /// Holds only where at least one parameter alone has so many points.
    pub single: Option<i64>,
    /// How often.
    pub text: Text,
}

/// For whom the score says nothing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outside {
    /// The question.
    pub input: String,
    /// Numbers below this are outside.
    pub below: Option<f64>,
    /// This answer is outside.
    pub when: Option<AnswerValue>,
    /// Why.
    pub why: Text,
}

/// A step before the sum: a band that is given where a number is small and some parameters have no points.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct First {
    /// The band's name.
    pub band: String,
    /// What people call it.
    pub label: Text,
    /// The question.
    pub input: String,
    /// Its answer is at most this.
    pub up_to: f64,
    /// These parameters have no points.
    pub without_points: Vec<String>,
}

/// A score of points, as its file says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PointScore {
    /// Its name in paths, commands and records.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// Year of the publication.
    pub year: u16,
    /// Key of `docs/evidence`.
    pub evidence: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// What people call it.
    pub title: Text,
    /// On whom it was made.
    pub population: Text,
    /// On whom it must not be used.
    pub not_for: Vec<Text>,
    /// What its owner wants said beside it.
    pub attribution: Option<Text>,
    /// Mistakes found in public code and tables.
    pub traps: Vec<String>,
    /// The score whose parameters it takes over.
    pub parameters_of: Option<String>,
    /// For whom it says nothing.
    #[serde(rename = "outside", default)]
    pub outside: Vec<Outside>,
    /// A step before the sum.
    pub first: Option<First>,
    /// Its parameters.
    #[serde(rename = "parameter", default)]
    pub parameters: Vec<Parameter>,
    /// Bands of the sum.
    #[serde(rename = "band")]
    pub bands: Vec<SumBand>,
    /// How often to measure at least, by the sum.
    #[serde(rename = "observe", default)]
    pub observe: Vec<Observe>,
}

impl PointScore {
    /// Reads a score's file and checks it against itself and the list of inputs.
    pub fn read(text: &str) -> Result<Self, KnowledgeError> {
        let score: Self = toml::from_str(text)?;
        match score.contradiction() {
            None => Ok(score),
            Some(why) => Err(KnowledgeError::Inconsistent {
                model: score.id,
                why,
            }),
        }
    }

    /// The names of all questions, each once, in the order in which they are asked.
    pub fn input_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let items = self.parameters.iter().flat_map(|p| &p.items);
        let asked = items.flat_map(|item| item.when.keys().chain([&item.input]));
        for name in asked.map(String::as_str) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn contradiction(&self) -> Option<String> {
        if catalogue::evidence(&self.evidence).is_none() {
            return Some(format!("its source `{}` is not known", self.evidence));
        }
        if self.parameters.is_empty() == self.parameters_of.is_none() {
            return Some("it needs parameters, or `parameters-of`, and not both".to_owned());
        }
        let open = |up_to: Option<i64>, single: Option<i64>| up_to.or(single).is_none();
        if !self.bands.last().is_some_and(|b| open(b.up_to, b.single)) {
            return Some("its last band must have no limit".to_owned());
        }
        if self
            .observe
            .last()
            .is_some_and(|o| !open(o.up_to, o.single))
        {
            return Some("the last line of `observe` must have no limit".to_owned());
        }
        let ids = |id: &String| self.parameters.iter().any(|p| p.id == *id);
        let first = self.first.as_ref();
        if let Some(id) = first.and_then(|f| f.without_points.iter().find(|id| !ids(id))) {
            return Some(format!("its first step names no parameter `{id}`"));
        }
        let outside = self.outside.iter().map(|outside| outside.input.as_str());
        let mut names = self.input_names().into_iter().chain(outside);
        if let Some(name) = names.find(|name| !catalogue::inputs().contains_key(*name)) {
            return Some(format!("its input `{name}` is not in the list of inputs"));
        }
        let mut items = self.parameters.iter().flat_map(|p| &p.items);
        items.find_map(item_contradiction)
    }
}

/// What is wrong with the table of one question.
fn item_contradiction(item: &PointsItem) -> Option<String> {
    let kind = &catalogue::inputs().get(&item.input)?.kind;
    let ways = [
        !item.bands.is_empty(),
        item.points_each.is_some(),
        item.yes.is_some(),
        item.choices.is_some(),
    ];
    let fits = match kind {
        Kind::Number { .. } => {
            ways == [true, false, false, false] || ways == [false, true, false, false]
        }
        Kind::YesNo => ways == [false, false, true, false],
        // A choice that the score does not know has no points, and says so.
        Kind::Choice(options) => {
            let known = |id: &String| options.iter().any(|option| option.id == *id);
            ways == [false, false, false, true]
                && item.choices.iter().flat_map(BTreeMap::keys).all(known)
        }
    };
    if !fits {
        return Some(format!(
            "its table for `{}` does not fit the question",
            item.input
        ));
    }
    let ends: Vec<Option<f64>> = item
        .bands
        .iter()
        .map(|band| band.up_to.or(band.below))
        .collect();
    if item.points_each.is_some_and(|each| each < 0) {
        return Some(format!(
            "what each unit of `{}` is worth must not be negative",
            item.input
        ));
    }
    let rising = ends.windows(2).all(|pair| match *pair {
        [Some(one), Some(next)] => one < next,
        [Some(_), None] => true,
        _ => false,
    });
    let one_end = item
        .bands
        .iter()
        .all(|band| band.up_to.is_none() || band.below.is_none());
    let closed = ends.last().is_some_and(Option::is_some);
    (!rising || !one_end || closed).then(|| {
        format!(
            "the rows for `{}` must rise, and the last must be open",
            item.input
        )
    })
}
