//! Whether a table has gaps or overlaps: each combination of answers that its conditions can tell apart is
//! tried once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Condition, HitPolicy, Interval, Table};
use crate::AnswerValue;

/// More combinations than this are not tried; such a table should be parted.
const MOST_CELLS: usize = 1_000_000;

/// The first fault of a table, in words; `domain` gives the choices of a name, or `None` for numbers and
/// yes-or-no questions.
pub(super) fn fault(table: &Table, domain: impl Fn(&str) -> Option<Vec<String>>) -> Option<String> {
    let axes = axes(table, domain);
    let count = axes.iter().try_fold(1_usize, |count, (_, values)| {
        count.checked_mul(values.len())
    });
    if count.is_none_or(|count| count > MOST_CELLS) {
        return Some(format!(
            "its table `{}` is too large to be checked",
            table.name
        ));
    }
    let mut cell = vec![0_usize; axes.len()];
    loop {
        // Which rules hold in this cell.
        let answers: BTreeMap<&str, &AnswerValue> = axes
            .iter()
            .zip(&cell)
            .filter_map(|((name, values), at)| Some((*name, values.get(*at)?)))
            .collect();
        let holding: Vec<&str> = table
            .rules
            .iter()
            .filter(|rule| {
                rule.when.iter().all(|(name, condition)| {
                    answers
                        .get(name.as_str())
                        .is_some_and(|value| condition.holds(value))
                })
            })
            .map(|rule| rule.id.as_str())
            .collect();
        if holding.is_empty() {
            return Some(format!(
                "no rule of its table `{}` holds where {}",
                table.name,
                words(&answers)
            ));
        }
        if table.hit == HitPolicy::Unique && holding.len() > 1 {
            return Some(format!(
                "the rules {} of its table `{}` hold at once where {}",
                holding.join(" and "),
                table.name,
                words(&answers)
            ));
        }
        // The next cell, like the digits of a number.
        let advanced = cell.iter_mut().zip(&axes).any(|(at, (_, values))| {
            *at += 1;
            let stays = *at < values.len();
            if !stays {
                *at = 0;
            }
            stays
        });
        if !advanced {
            return None;
        }
    }
}

/// The values of each name that the table's conditions can tell apart.
fn axes(
    table: &Table,
    domain: impl Fn(&str) -> Option<Vec<String>>,
) -> Vec<(&str, Vec<AnswerValue>)> {
    let mut limits: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (name, condition) in table.rules.iter().flat_map(|rule| &rule.when) {
        names.insert(name);
        if let Condition::Within(interval) = condition {
            limits.entry(name).or_default().extend(interval.limits());
        }
    }
    let values = |name: &str| match (domain(name), limits.get(name)) {
        (Some(choices), _) => choices.into_iter().map(AnswerValue::Choice).collect(),
        (None, Some(limits)) => numbers(limits.clone()),
        (None, None) => vec![AnswerValue::YesNo(false), AnswerValue::YesNo(true)],
    };
    names.iter().map(|name| (*name, values(name))).collect()
}

/// Each limit, and a number between each two and beyond the last ones.
fn numbers(mut limits: Vec<f64>) -> Vec<AnswerValue> {
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    let mut numbers = Vec::new();
    let mut before: Option<f64> = None;
    for limit in limits {
        numbers.push(before.map_or(limit - 1.0, |before| f64::midpoint(before, limit)));
        numbers.push(limit);
        before = Some(limit);
    }
    numbers.extend(before.map(|last| last + 1.0));
    numbers.into_iter().map(AnswerValue::Number).collect()
}

fn words(answers: &BTreeMap<&str, &AnswerValue>) -> String {
    let word = |value: &AnswerValue| match value {
        AnswerValue::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        AnswerValue::Number(number) => number.to_string(),
        AnswerValue::Choice(choice) => choice.clone(),
    };
    let parts: Vec<String> = answers
        .iter()
        .map(|(name, value)| format!("{name} = {}", word(value)))
        .collect();
    parts.join(", ")
}

impl Condition {
    /// Whether it holds for a value.
    pub(super) fn holds(&self, value: &AnswerValue) -> bool {
        match (self, value) {
            (Self::YesNo(wanted), AnswerValue::YesNo(found)) => wanted == found,
            (Self::Choice(wanted), AnswerValue::Choice(found)) => wanted == found,
            (Self::OneOf(wanted), AnswerValue::Choice(found)) => wanted.contains(found),
            (Self::Within(interval), AnswerValue::Number(number)) => interval.holds(*number),
            _ => false,
        }
    }

    /// Its limits as people write them.
    pub(super) fn limits(&self) -> Option<String> {
        match self {
            Self::Within(interval) if *interval != Interval::default() => Some(interval.shown()),
            _ => None,
        }
    }
}
