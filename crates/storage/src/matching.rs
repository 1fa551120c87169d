//! Attribute matching by PS3.4 section C.2.2.2: what a pattern asks for, and whether a value is that.
//!
//! Both are compared in the form of [`comparable`], so that an index of such values answers as this does.

use serde_json::{Map, Value as Json};

use crate::image_terms::{comparable, forms, value_text};

/// One alternative of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This text.
    Exact(String),
    /// Texts from `low` on, and before `below` where there is one.
    Range {
        /// The first.
        low: String,
        /// The first that is too large.
        below: Option<String>,
    },
    /// Texts of this form, with `*` and `?`.
    Wildcard(String),
}

impl Wanted {
    /// Whether a value in its comparable form is this.
    pub fn is(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => text == wanted,
            Self::Range { low, below } => {
                text >= low.as_str() && below.as_ref().is_none_or(|below| text < below.as_str())
            }
            Self::Wildcard(pattern) => wildcard(text, pattern),
        }
    }
}

/// The alternatives of a pattern for values of this representation.
pub fn wanted(vr: &str, pattern: &str) -> Vec<Wanted> {
    match vr {
        "DA" | "TM" | "DT" => vec![time(vr, pattern)],
        // The groups of a name are told apart by `=`; a backslash would be part of the name.
        "PN" => vec![text(comparable(vr, pattern))],
        "UI" => pattern
            .split(['\\', ','])
            .map(|one| Wanted::Exact(comparable(vr, one)))
            .collect(),
        "IS" | "DS" | "US" | "SS" | "UL" | "SL" | "FL" | "FD" | "SV" | "UV" => pattern
            .split('\\')
            .map(|one| Wanted::Exact(comparable(vr, one)))
            .collect(),
        _ => pattern
            .split('\\')
            .map(|one| text(comparable(vr, one)))
            .collect(),
    }
}

fn text(pattern: String) -> Wanted {
    if pattern.contains(['*', '?']) {
        Wanted::Wildcard(pattern)
    } else {
        Wanted::Exact(pattern)
    }
}

/// Dates and times compare as text: a shorter bound counts for all that starts with it.
fn time(vr: &str, pattern: &str) -> Wanted {
    let plain = |text: &str| comparable(vr, text.trim());
    match pattern.split_once('-') {
        Some((low, high)) => {
            let high = plain(high);
            Wanted::Range {
                low: plain(low),
                below: (!high.is_empty()).then(|| after(&high)),
            }
        }
        None if vr == "DA" => Wanted::Exact(plain(pattern)),
        None => starting_with(&plain(pattern)),
    }
}

/// Texts that start with this.
pub fn starting_with(front: &str) -> Wanted {
    Wanted::Range {
        low: front.to_owned(),
        below: Some(after(front)),
    }
}

/// The text behind all that start with this one.
pub fn after(front: &str) -> String {
    format!("{front}{}", char::MAX)
}

/// Whether an attribute, named by its tag or path, matches a pattern. An empty pattern, or `*`, matches all.
pub fn matches(attributes: &Map<String, Json>, path: &str, pattern: &str) -> bool {
    if is_universal(pattern) {
        return true;
    }
    let (tag, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(element) = attributes.get(tag) else {
        return false;
    };
    let Some(values) = element.get("Value").and_then(Json::as_array) else {
        return false;
    };
    if !rest.is_empty() {
        let mut items = values.iter().filter_map(Json::as_object);
        return items.any(|item| matches(item, rest, pattern));
    }
    let vr = element.get("vr").and_then(Json::as_str).unwrap_or("");
    let wanted = wanted(vr, pattern);
    values
        .iter()
        .filter_map(value_text)
        .flat_map(|value| forms(vr, &value))
        .any(|form| wanted.iter().any(|wanted| wanted.is(&form)))
}

/// Whether a pattern matches everything, absent values too.
pub fn is_universal(pattern: &str) -> bool {
    pattern.chars().all(|c| c == '*')
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
