//! When a patient goes up or down between the levels of graded care.

use std::sync::LazyLock;

use knowledge::{Confidence, Direction, guideline::Step as Kind};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::Text;

use crate::{facts::text, programme::Programme};

static ALL: LazyLock<Levels> = LazyLock::new(|| {
    toml::from_str(include_str!("../guidelines/levels.toml"))
        .unwrap_or_else(|error| unreachable!("the levels: {error}"))
});

/// `guidelines/levels.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    #[serde(rename = "criterion")]
    pub criteria: Vec<Criterion>,
    pub source: SourceOf,
}

/// When a referral is due.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    pub id: String,
    pub direction: Direction,
    pub confidence: Confidence,
    pub label: Text,
    /// Suggested where the probability by the Mayo model lies in one of these bands.
    #[serde(default)]
    pub bands: Vec<String>,
    /// Suggested where the followed guideline arranges one of these.
    #[serde(default)]
    pub steps: Vec<Kind>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceOf {
    pub evidence: String,
}

/// The criteria.
pub fn all() -> &'static Levels {
    &ALL
}

impl Levels {
    /// The criterion with this id.
    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == id)
    }
}

/// What people call a level.
pub fn label(id: &str) -> Option<&'static Text> {
    let level = knowledge::levels().iter().find(|level| level.id == id)?;
    Some(&level.label)
}

/// The levels and criteria as they are shown, with those that the assessment suggests.
pub fn view(programme: &Programme, arranged: &[Kind]) -> Value {
    let mayo = programme
        .assessments
        .iter()
        .find(|one| text(one, "/model").as_deref() == Some("mayo"));
    let band = mayo.and_then(|mayo| text(mayo, "/band/id"));
    let criteria: Vec<Value> = ALL
        .criteria
        .iter()
        .map(|criterion| {
            let by_band = band.as_ref().is_some_and(|b| criterion.bands.contains(b));
            let by_step = criterion.steps.iter().any(|step| arranged.contains(step));
            json!({
                "id": criterion.id,
                "direction": criterion.direction,
                "label": criterion.label,
                "needs_confirmation": criterion.confidence.needs_confirmation(),
                "suggested": by_band || by_step,
            })
        })
        .collect();
    json!({
        "levels": knowledge::levels(),
        "criteria": criteria,
        "citation": knowledge::evidence(&ALL.source.evidence).map(|source| &source.citation),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_criterion_is_named_once_and_its_source_is_known() {
        let levels = all();
        for criterion in &levels.criteria {
            let same = levels.criteria.iter().filter(|one| one.id == criterion.id);
            assert_eq!(same.count(), 1, "{}", criterion.id);
            // Nothing here was read in its source.
            assert!(criterion.confidence.needs_confirmation());
        }
        assert!(knowledge::evidence(&levels.source.evidence).is_some());
    }
}
