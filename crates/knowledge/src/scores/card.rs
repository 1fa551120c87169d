//! A score's card: what it asks, for whom, and where it comes from.

use super::PointScore;
use crate::{
    Card, CardInput,
    catalogue::{card_input, evidence, notice},
};

/// The card of one score of points.
pub fn score_card(score: &PointScore) -> Card {
    let source = evidence(&score.evidence);
    let inputs = score.input_names().into_iter().filter_map(|name| {
        let mut items = score
            .parameters
            .iter()
            .flat_map(|parameter| &parameter.items);
        let item = items.find(|item| item.input == name);
        let allowed = item.and_then(|item| item.allowed);
        Some(CardInput {
            range: [
                allowed
                    .map(|[low, _]| low)
                    .or(item.and_then(|item| item.at_least)),
                allowed.map(|[_, high]| high),
            ],
            ..card_input(name, None)?
        })
    });
    let outside = score.outside.iter();
    let outside = outside.filter(|outside| !score.input_names().contains(&outside.input.as_str()));
    let inputs = inputs.chain(outside.filter_map(|outside| card_input(&outside.input, None)));
    Card {
        id: score.id.clone(),
        version: score.version.clone(),
        title: score.title.clone(),
        population: score.population.clone(),
        not_for: score.not_for.clone(),
        inputs: inputs.collect(),
        computable: true,
        citation: source.map(|e| e.citation.clone()).unwrap_or_default(),
        doi: source.and_then(|e| e.doi.clone()),
        year: score.year,
        confidence: score.confidence,
        needs_confirmation: score.confidence.needs_confirmation(),
        traps: score.traps.clone(),
        notice: notice(),
    }
}
