//! How often two deciders say the same, beyond what chance alone would give.

use std::collections::BTreeSet;

use serde::Serialize;
use ts_rs::TS;

use crate::{Interval, interval::z95, proportion};

/// How two deciders agree on the same cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Agreement {
    /// The cases that both decided.
    pub cases: u32,
    /// In how many they said the same.
    pub same: u32,
    /// The share in which they said the same.
    pub share: f64,
    /// The share's 95 per cent interval (Wilson).
    pub share_interval: Interval,
    /// Cohen's kappa; nothing where there are too few cases, or where both always say one and the same
    /// thing, so that chance alone would give as much.
    pub kappa: Option<Kappa>,
}

/// Cohen's kappa: 1 is full agreement, 0 is that of chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Kappa {
    /// The value.
    pub value: f64,
    /// Its 95 per cent interval, by the standard error for large numbers of cases.
    pub interval: Interval,
}

/// How two deciders agree; nothing where no case was decided by both.
///
/// Equation: `κ = (p_o − p_e) / (1 − p_e)`, with `p_o` the share said the same and `p_e = Σ p_i· p_·i`.
/// Standard error (Fleiss, Cohen, Everitt 1969, eq. 13): `√((A + B − C) / n) / (1 − p_e)` with
/// `A = Σ p_ii (1 − (p_i· + p_·i)(1 − κ))²`, `B = (1 − κ)² Σ_{i≠j} p_ij (p_·i + p_j·)²`,
/// `C = (κ − p_e (1 − κ))²`. The interval is `κ ± z·SE`, cut at −1 and 1.
/// Inputs: what each said, case by case. Result: from −1 to 1.
/// Not for: ordered opinions where being near counts; it says nothing about who is right.
/// Source: `fleiss-1969` equation 13
pub fn agreement<T: Ord>(said: &[(T, T)], least: u32) -> Option<Agreement> {
    let cases = u32::try_from(said.len()).ok()?;
    let same = u32::try_from(said.iter().filter(|(a, b)| a == b).count()).ok()?;
    let share_interval = proportion(same, cases)?;
    Some(Agreement {
        cases,
        same,
        share: f64::from(same) / f64::from(cases),
        share_interval,
        kappa: (cases >= least).then(|| kappa(said)).flatten(),
    })
}

fn kappa<T: Ord>(said: &[(T, T)]) -> Option<Kappa> {
    let n = said.len() as f64;
    let words: BTreeSet<&T> = said.iter().flat_map(|(a, b)| [a, b]).collect();
    let share =
        |holds: &dyn Fn(&(T, T)) -> bool| said.iter().filter(|pair| holds(pair)).count() as f64 / n;
    let first = |word: &T| share(&|(a, _)| a == word);
    let second = |word: &T| share(&|(_, b)| b == word);
    let both = |one: &T, other: &T| share(&|(a, b)| a == one && b == other);

    // The value: what was said the same, beyond what chance gives.
    let observed = share(&|(a, b)| a == b);
    let chance: f64 = words.iter().map(|word| first(word) * second(word)).sum();
    if chance >= 1.0 {
        return None;
    }
    let value = (observed - chance) / (1.0 - chance);

    // Its standard error.
    let rest = 1.0 - value;
    let on_diagonal: f64 = words
        .iter()
        .map(|word| both(word, word) * (1.0 - (first(word) + second(word)) * rest).powi(2))
        .sum();
    let mut beside = 0.0;
    for one in &words {
        for other in words.iter().filter(|other| *other != one) {
            beside += both(one, other) * (second(one) + first(other)).powi(2);
        }
    }
    let centre = (value - chance * rest).powi(2);
    let variance = ((on_diagonal + rest * rest * beside - centre) / n).max(0.0);
    let half = z95() * variance.sqrt() / (1.0 - chance);
    Some(Kappa {
        value,
        interval: Interval {
            low: (value - half).max(-1.0),
            high: (value + half).min(1.0),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs from a table of counts: rows are the first decider's words, columns the second's.
    fn pairs(table: &[&[usize]]) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        for (row, counts) in table.iter().enumerate() {
            for (column, count) in counts.iter().enumerate() {
                all.extend(std::iter::repeat_n((row, column), *count));
            }
        }
        all
    }

    #[test]
    fn the_published_table_of_two_raters() {
        // Fleiss, Levin, Paik 2003, table 18.1. The package statsmodels gives κ = 0.67647 with error 0.08770.
        let found = agreement(&pairs(&[&[75, 1, 4], &[5, 4, 1], &[0, 0, 10]]), 2).unwrap();
        let kappa = found.kappa.unwrap();
        assert_eq!(format!("{:.3}", kappa.value), "0.676");
        let error = (kappa.interval.high - kappa.interval.low) / (2.0 * z95());
        assert_eq!(format!("{error:.3}"), "0.088");
        assert_eq!((found.cases, found.same), (100, 89));
    }

    #[test]
    fn full_and_chance_agreement() {
        let full = agreement(&pairs(&[&[3, 0], &[0, 2]]), 2).unwrap();
        let kappa = full.kappa.unwrap();
        assert_eq!((kappa.value, kappa.interval.low), (1.0, 1.0));
        // Each word as often with either: chance alone.
        let chance = agreement(&pairs(&[&[2, 2], &[2, 2]]), 2).unwrap();
        assert!(chance.kappa.unwrap().value.abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_told_is_no_number() {
        // Both always say the same one thing.
        let one_word = agreement(&pairs(&[&[5]]), 2).unwrap();
        assert_eq!((one_word.share, one_word.kappa), (1.0, None));
        assert_eq!(
            agreement(&pairs(&[&[1, 0], &[0, 1]]), 3).unwrap().kappa,
            None
        );
        assert_eq!(agreement::<u8>(&[], 0), None);
    }
}
