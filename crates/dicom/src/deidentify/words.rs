//! Descriptions, cut down to words that name nobody.

use std::{collections::HashSet, sync::LazyLock};

/// The words that may stay.
const LIST: &str = include_str!("words.txt");

static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    LIST.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .collect()
});

/// Units that may stand behind a number.
const UNITS: &[&str] = &[
    "", "mm", "cm", "ml", "kv", "kvp", "mas", "hz", "mhz", "min", "s", "sec", "ms", "t", "d", "%",
];

/// The harmless words of a text in their order, with one space between; empty where there are none.
pub fn harmless(text: &str) -> String {
    let words = text
        .split(|c: char| {
            c.is_whitespace() || c.is_control() || "^_,;:()[]{}\"'|\\=&@#!?<>*~`".contains(c)
        })
        .flat_map(parts)
        .filter(|word| is_harmless(word));
    words.collect::<Vec<_>>().join(" ")
}

/// The word itself where it is known with its hyphens and slashes, or else what stands between them.
fn parts(word: &str) -> Vec<&str> {
    let word = word.trim_matches(['.', '-', '/', '+']);
    if is_harmless(word) {
        return vec![word];
    }
    word.split(['-', '/', '+'])
        .map(|part| part.trim_matches('.'))
        .collect()
}

fn is_harmless(word: &str) -> bool {
    if word.is_empty() {
        return false;
    }
    let lower = word.to_lowercase();
    WORDS.contains(lower.as_str()) || is_measure(&lower) || is_run_of_words(&lower)
}

/// A number of at most three digits before the point, with or without a unit: longer ones may be those of a
/// record, an accession or a date.
fn is_measure(word: &str) -> bool {
    let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.'));
    let (number, unit) = word.split_at(end.unwrap_or(word.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    (1..=3).contains(&whole.len())
        && fraction.len() <= 3
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && UNITS.contains(&unit)
}

/// Whether a run of Chinese consists of known words through and through: one strange sign may be a name.
fn is_run_of_words(run: &str) -> bool {
    if run.is_ascii() {
        return false;
    }
    let mut rest = run;
    while !rest.is_empty() {
        let ends = rest.char_indices().skip(1).map(|(at, _)| at);
        let longest = ends
            .chain([rest.len()])
            .filter(|end| rest.get(..*end).is_some_and(|word| WORDS.contains(word)))
            .last();
        let Some(after) = longest.and_then(|end| rest.get(end..)) else {
            return false;
        };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_go_and_words_stay() {
        for (text, left) in [
            (
                "CT CHEST W/O CONTRAST for Dr. Miller",
                "CT CHEST W/O CONTRAST for Dr",
            ),
            ("T2W_TSE ax 1.25mm", "T2W TSE ax 1.25mm"),
            ("MRN 12345678 Zhang San", ""),
            ("head-neck, 4711", "head neck"),
            ("胸部平扫", "胸部平扫"),
            ("胸部平扫张三", ""),
            ("Lung 5.0 B70f", "Lung 5.0"),
            ("b1000 DWI 2.3.4", "b1000 DWI"),
        ] {
            // "dr" is a modality, digital radiography.
            assert_eq!(harmless(text), left, "{text}");
        }
    }
}
