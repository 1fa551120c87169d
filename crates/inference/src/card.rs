use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;
use volume::nodule::NoduleKind;

use crate::InferenceError;

/// What a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// A probability about the nodule in the middle of the crop.
    NoduleProbability,
    /// Which voxels of the crop belong to the nodule in its middle.
    NoduleMask,
}

/// What makes a probability of what the model gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// It is one already.
    #[default]
    None,
    /// 1 / (1 + e^−x).
    Sigmoid,
}

/// What a model takes: a crop around a point, axes left, posterior, superior, as a tensor
/// `[1, 1, z, y, x]` of 32-bit floats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
#[serde(deny_unknown_fields)]
pub struct InputCard {
    /// Voxels along x (left), y (posterior), z (superior).
    pub size: [usize; 3],
    /// Their distance along x, y, z, mm.
    pub spacing_mm: [f64; 3],
    /// HU that become 0 and 1; what is beyond them is cut off.
    pub hu: [f64; 2],
}

/// What a model gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
#[serde(deny_unknown_fields)]
pub struct OutputCard {
    /// What the probability is of; both languages.
    #[ts(type = "{ zh: string; en: string }")]
    pub means: Text,
    /// What makes a probability of it.
    #[serde(default)]
    pub scaling: Scaling,
    /// For masks: voxels at least this probable belong to the nodule.
    pub threshold: Option<f64>,
}

/// The scans and nodules that a model was made for. What is not said is not checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
#[serde(deny_unknown_fields, default)]
pub struct ValidFor {
    /// Thickest slices, mm.
    pub slice_mm_most: Option<f64>,
    /// Smallest and largest mean diameter, mm.
    pub diameter_mm: Option<[f64; 2]>,
    /// Kinds of nodules.
    pub kinds: Option<Vec<NoduleKind>>,
}

/// The card of a model: what it is, whom it is for and what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// A name that is unique in the hospital: letters, digits and hyphens.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What people call it.
    #[ts(type = "{ zh: string; en: string }")]
    pub title: Text,
    /// What it answers.
    pub task: Task,
    /// What it is to be used for, and what not.
    #[ts(type = "{ zh: string; en: string }")]
    pub intended_use: Text,
    /// Who made it.
    pub author: String,
    /// Under which licence.
    pub licence: String,
    /// Where it is described, such as a DOI.
    pub source: String,
    /// What it learned from.
    #[ts(type = "{ zh: string; en: string }")]
    pub trained_on: Text,
    /// How well it did, on what, with intervals.
    #[ts(type = "{ zh: string; en: string }")]
    pub performance: Text,
    /// Where it is known to fail.
    #[ts(type = "{ zh: string; en: string }")]
    pub limits: Text,
    /// The model's file beside the card.
    pub file: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// What goes in.
    pub input: InputCard,
    /// What comes out.
    pub output: OutputCard,
    /// The scans and nodules that it was made for.
    #[serde(default)]
    pub valid_for: ValidFor,
}

/// Most voxels along one side of a crop, so that no card makes the hospital run out of memory.
const MOST_SIDE: usize = 160;

impl Card {
    /// Reads `card.toml`.
    pub fn read(text: &str) -> Result<Self, InferenceError> {
        let card: Self = toml::from_str(text).map_err(|error| InferenceError::Card {
            why: error.to_string().trim_end().to_owned(),
        })?;
        card.checked().map_err(|why| InferenceError::Card {
            why: why.to_owned(),
        })?;
        Ok(card)
    }

    fn checked(&self) -> Result<(), &'static str> {
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || !self.id.chars().all(is_word) {
            return Err("`id` may have small letters, digits and hyphens only");
        }
        if self.file.contains(['/', '\\']) || self.file.starts_with('.') {
            return Err("`file` must name a file beside the card");
        }
        let InputCard {
            size,
            spacing_mm,
            hu,
        } = &self.input;
        if size.iter().any(|&n| n == 0 || n > MOST_SIDE) {
            return Err("`input.size` must have 1 to 160 voxels on each side");
        }
        if spacing_mm.iter().any(|mm| !(0.1..=10.0).contains(mm)) {
            return Err("`input.spacing_mm` must lie between 0.1 and 10");
        }
        let [low, high] = hu;
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err("`input.hu` must name the lower value first");
        }
        match (self.task, self.output.threshold) {
            (Task::NoduleMask, Some(threshold)) if threshold > 0.0 && threshold < 1.0 => Ok(()),
            (Task::NoduleMask, _) => Err("a mask needs `output.threshold` between 0 and 1"),
            (Task::NoduleProbability, None) => Ok(()),
            (Task::NoduleProbability, Some(_)) => Err("a probability has no `output.threshold`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) const CARD: &str = include_str!("../tests/card.toml");

    fn check(from: &str, to: &str, expect: &str) {
        let said = Card::read(&CARD.replace(from, to)).unwrap_err().to_string();
        assert!(said.contains(expect), "{said}");
    }

    #[test]
    fn a_card_is_read_or_says_what_is_wrong() {
        let card = Card::read(CARD).unwrap();
        assert_eq!(
            (card.id.as_str(), card.task),
            ("mean-of-crop", Task::NoduleProbability)
        );
        check("id = \"mean-of-crop\"", "id = \"../x\"", "small letters");
        check(
            "file = \"model.onnx\"",
            "file = \"../model.onnx\"",
            "beside the card",
        );
        check("[4, 4, 4]", "[4, 4, 4000]", "1 to 160");
        check(
            "hu = [-1000.0, 1000.0]",
            "hu = [1000.0, -1000.0]",
            "lower value first",
        );
        check("licence", "license", "license");
        check(
            "task = \"nodule-probability\"",
            "task = \"nodule-mask\"",
            "threshold",
        );
    }
}
