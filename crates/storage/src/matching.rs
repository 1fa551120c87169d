//! Attribute matching by PS3.4 section C.2.2.2.

use serde_json::{Map, Value as Json};

use crate::imaging::{fold_name, value_text};

/// Whether an attribute matches a pattern. An empty pattern, or `*`, matches all.
pub fn matches(attributes: &Map<String, Json>, tag: &str, pattern: &str) -> bool {
    if is_universal(pattern) {
        return true;
    }
    let Some(element) = attributes.get(tag) else {
        return false;
    };
    let vr = element.get("vr").and_then(Json::as_str).unwrap_or("");
    let Some(values) = element.get("Value").and_then(Json::as_array) else {
        return false;
    };
    values
        .iter()
        .filter_map(value_text)
        .any(|value| value_matches(vr, &value, pattern))
}

/// Whether a pattern matches everything, absent values too.
pub fn is_universal(pattern: &str) -> bool {
    pattern.chars().all(|c| c == '*')
}

fn value_matches(vr: &str, value: &str, pattern: &str) -> bool {
    match vr {
        "UI" => pattern.split(['\\', ',']).any(|uid| uid.trim() == value),
        "DA" | "TM" | "DT" => in_range(vr, value, pattern),
        "PN" => name_matches(value, pattern),
        "IS" | "DS" | "US" | "SS" | "UL" | "SL" | "FL" | "FD" => {
            let number = |text: &str| text.trim().parse::<f64>().ok();
            value == pattern || number(value).is_some_and(|n| number(pattern) == Some(n))
        }
        _ => pattern.split('\\').any(|one| wildcard(value, one)),
    }
}

/// The parts of a range `a-b`, `-b` or `a-`; `None` where the pattern is a single value.
pub fn range(pattern: &str) -> Option<(&str, &str)> {
    pattern
        .split_once('-')
        .map(|(low, high)| (low.trim(), high.trim()))
}

/// Dates and times compare as text once both have the same precision: a shorter bound counts for all that
/// start with it.
fn in_range(vr: &str, value: &str, pattern: &str) -> bool {
    let plain = |text: &str| {
        if vr == "DA" {
            text.replace('.', "")
        } else {
            text.replace(':', "")
        }
    };
    let value = plain(value);
    let at_least = |low: &str| low.is_empty() || value.as_str() >= low;
    let at_most = |high: &str| high.is_empty() || value.as_str() <= high || value.starts_with(high);
    if let Some((low, high)) = range(pattern) {
        return at_least(&plain(low)) && at_most(&plain(high));
    }
    let single = plain(pattern);
    if vr == "DA" {
        value == single
    } else {
        value.starts_with(&single)
    }
}

/// Names match in any of their groups (alphabetic, ideographic, phonetic), whatever the case.
pub fn name_matches(value: &str, pattern: &str) -> bool {
    let (value, pattern) = (fold_name(value), fold_name(pattern));
    wildcard(&value, &pattern) || value.split('=').any(|group| wildcard(group, &pattern))
}

/// Whether `text` matches a pattern with `*` (any characters) and `?` (one character).
pub fn wildcard(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut t, mut p) = (0, 0);
    // Where the last star stood, and the text position up to which it has eaten.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == c => {
                t += 1;
                p += 1;
            }
            _ => {
                let Some((star_at, eaten)) = star else {
                    return false;
                };
                star = Some((star_at, eaten + 1));
                t = eaten + 1;
                p = star_at + 1;
            }
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_match_by_their_representation() {
        let check = |vr: &str, value: Json, pattern: &str, expected: bool| {
            let attributes = serde_json::json!({"00000000": {"vr": vr, "Value": [value]}});
            let seen = matches(attributes.as_object().unwrap(), "00000000", pattern);
            assert_eq!(seen, expected, "{vr} {value} against {pattern}");
        };
        let name = || serde_json::json!({"Alphabetic": "Zhao^Min^^", "Ideographic": "赵^敏"});
        for (vr, value, pattern, expected) in [
            ("LO", "CHEST CT".into(), "CHEST*", true),
            ("LO", "CHEST CT".into(), "chest*", false),
            ("LO", "CHEST CT".into(), "?HEST*T", true),
            ("LO", "a*b".into(), "a*", true),
            ("LO", "abc".into(), "", true),
            ("CS", "CT".into(), "MR\\CT", true),
            ("UI", "1.2.3".into(), "1.2.4\\1.2.3", true),
            ("UI", "1.2.3".into(), "1.2.*", false),
            ("DA", "20240215".into(), "20240101-20240229", true),
            ("DA", "20240215".into(), "-20240214", false),
            ("DA", "20240215".into(), "20240215-", true),
            ("DA", "20240215".into(), "20240215", true),
            ("TM", "101530.5".into(), "1000-1015", true),
            ("TM", "101530.5".into(), "1016-", false),
            ("IS", 3.into(), "3", true),
            ("IS", 3.into(), "03", true),
            ("PN", name(), "zhao^min", true),
            ("PN", name(), "ZHAO*", true),
            ("PN", name(), "赵*", true),
            ("PN", name(), "min*", false),
        ] {
            check(vr, value, pattern, expected);
        }
    }
}
