//! Scales: questions whose answers have points, and bands that the sum lies in.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Assessed, Missing, Text};

use crate::{AnswerValue, Answers, Confidence, KnowledgeError, catalogue, check};

const SCALES: &[&str] = &[include_str!("../scales/ftnd.toml")];

static ALL: LazyLock<Vec<Scale>> = LazyLock::new(|| {
    let read = |text: &&str| Scale::read(text).unwrap_or_else(|error| unreachable!("{error}"));
    SCALES.iter().map(read).collect()
});

/// The scale with this id.
pub fn scale(id: &str) -> Option<&'static Scale> {
    ALL.iter().find(|scale| scale.id == id)
}

/// An answer that a question offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Grade {
    /// Its name in answers.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// What it adds to the sum.
    pub points: u16,
}

/// A question of a scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct ScaleItem {
    /// The name that answers use.
    pub name: String,
    /// The question, in words for the person who is asked.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// The answers that it offers.
    pub choices: Vec<Grade>,
}

/// A part of the range of sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct ScaleBand {
    /// Its name.
    pub id: String,
    /// The largest sum that lies in it; the smallest is one more than the largest of the band before.
    pub up_to: u16,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
}

/// A scale, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scale {
    /// Its name.
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
    /// For whom it was made.
    pub population: Text,
    /// Its questions.
    #[serde(rename = "item")]
    pub items: Vec<ScaleItem>,
    /// Its bands, from the lowest.
    #[serde(rename = "band")]
    pub bands: Vec<ScaleBand>,
}

/// What a scale says about one person's answers.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Score {
    /// The scale's id.
    pub scale: String,
    /// Version of its file.
    pub version: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// The sum of the points; or every question that is not answered.
    #[ts(
        type = "{ state: \"assessed\", value: number } | { state: \"not-assessable\", missing: { input: string, why: { zh: string, en: string } }[] }"
    )]
    pub result: Assessed<u16>,
    /// The largest sum that there can be.
    pub most: u16,
    /// The band that the sum lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub band: Option<ScaleBand>,
    /// For whom the scale was made.
    #[ts(type = "{ zh: string, en: string }")]
    pub population: Text,
    /// Authors, title, journal, year, pages.
    pub citation: String,
    /// How well the points were checked.
    pub confidence: Confidence,
    /// Whether a person with the source has yet to confirm the points.
    pub needs_confirmation: bool,
}

impl Scale {
    /// Reads a scale's file and checks that every sum lies in a band.
    pub fn read(text: &str) -> Result<Self, KnowledgeError> {
        let scale: Self = toml::from_str(text)?;
        let rising = scale
            .bands
            .iter()
            .zip(scale.bands.iter().skip(1))
            .all(|(one, next)| one.up_to < next.up_to);
        let why = if catalogue::evidence(&scale.evidence).is_none() {
            format!("its source `{}` is not known", scale.evidence)
        } else if !rising || scale.bands.last().map(|band| band.up_to) != Some(scale.most()) {
            "its bands must rise and end at the largest sum".to_owned()
        } else {
            return Ok(scale);
        };
        Err(KnowledgeError::Inconsistent {
            model: scale.id,
            why,
        })
    }

    /// The largest sum that there can be.
    pub fn most(&self) -> u16 {
        let best = |item: &ScaleItem| item.choices.iter().map(|choice| choice.points).max();
        self.items.iter().filter_map(best).sum()
    }

    /// The question with this name.
    pub fn item(&self, name: &str) -> Option<&ScaleItem> {
        self.items.iter().find(|item| item.name == name)
    }

    /// Sums the points of the answers. One question without an answer leaves the sum open; all such
    /// questions are named.
    pub fn score(&self, answers: &Answers) -> Score {
        let mut missing = Vec::new();
        let mut sum = 0;
        for item in &self.items {
            match item.points(answers) {
                Ok(points) => sum += points,
                Err(why) => missing.push(why),
            }
        }
        let band = self.bands.iter().find(|band| sum <= band.up_to).cloned();
        let whole = missing.is_empty();
        Score {
            scale: self.id.clone(),
            version: self.version.clone(),
            title: self.title.clone(),
            most: self.most(),
            band: band.filter(|_| whole),
            result: if whole {
                Assessed::Assessed { value: sum }
            } else {
                Assessed::NotAssessable { missing }
            },
            population: self.population.clone(),
            citation: catalogue::evidence(&self.evidence)
                .map(|source| source.citation.clone())
                .unwrap_or_default(),
            confidence: self.confidence,
            needs_confirmation: self.confidence.needs_confirmation(),
        }
    }
}

impl ScaleItem {
    /// The points of the answer to this question.
    fn points(&self, answers: &Answers) -> Result<u16, Missing> {
        let Some(answer) = answers.get(&self.name) else {
            let (zh, en) = (&self.label.zh, &self.label.en);
            return Err(check::unusable(
                &self.name,
                format!("未回答：{zh}"),
                format!("not answered: {en}"),
            ));
        };
        let chosen = match &answer.value {
            AnswerValue::Choice(id) => self.choices.iter().find(|choice| choice.id == *id),
            _ => None,
        };
        chosen.map(|choice| choice.points).ok_or_else(|| {
            check::unusable(
                &self.name,
                "不是该题的选项",
                "is none of the answers that the question offers",
            )
        })
    }
}
