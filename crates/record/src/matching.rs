//! Attribute matching by PS3.4 section C.2.2.2, on attributes in the DICOM JSON model: what a pattern asks
//! for, and whether a value is that.
//!
//! Both are compared in the form of [`comparable`], so that an index of such values answers as this does.

use serde_json::{Map, Value as Json};
use unicode_normalization::UnicodeNormalization as _;

/// The groups of a person name.
const GROUPS: [&str; 3] = ["Alphabetic", "Ideographic", "Phonetic"];

/// The first value of an attribute as text; a person name's groups joined by `=`.
pub fn first_text(attributes: &Map<String, Json>, tag: &str) -> Option<String> {
    value_text(attributes.get(tag)?.get("Value")?.get(0)?)
}

/// One value of an attribute as text; a person name's groups joined by `=`.
pub fn value_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.trim_end_matches([' ', '\0']).to_owned()),
        Json::Number(number) => Some(number.to_string()),
        // The item of a sequence is no name, and has no text.
        Json::Object(name) if name.keys().all(|key| GROUPS.contains(&key.as_str())) => {
            let group = |key: &str| name.get(key).and_then(Json::as_str).unwrap_or("");
            let whole = GROUPS.map(group).join("=");
            Some(whole.trim_end_matches('=').to_owned())
        }
        _ => None,
    }
}

/// A value so that equal ones are the same text, and dates and times stand in their order.
pub fn comparable(vr: &str, value: &str) -> String {
    match vr {
        "DA" => value.replace('.', ""),
        "TM" => value.replace(':', ""),
        "PN" => fold_name(value),
        "IS" | "DS" | "US" | "SS" | "UL" | "SL" | "FL" | "FD" | "SV" | "UV" => number(value),
        _ => value.trim().to_owned(),
    }
}

/// A number without what does not count: `03`, `3.0` and `3` are the same.
fn number(value: &str) -> String {
    let value = value.trim();
    value
        .parse::<f64>()
        .map_or_else(|_| value.to_owned(), |number| number.to_string())
}

/// A person name as it is matched: without case, accents, and empty components at the end of its groups.
pub fn fold_name(name: &str) -> String {
    name.split('=')
        .map(|group| fold(group.trim_end_matches(['^', ' '])))
        .collect::<Vec<_>>()
        .join("=")
}

/// Text without case, accents and differences of width. Only the marks of Latin, Greek and Cyrillic go:
/// those of kana and other scripts make other letters.
fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .nfc()
        .flat_map(char::to_lowercase)
        .collect()
}

/// The forms by which a value is found.
pub fn forms(vr: &str, value: &str) -> Vec<String> {
    if vr == "PN" {
        names(value)
    } else {
        vec![comparable(vr, value)]
    }
}

/// The forms by which a name is found: the whole, and each of its groups.
fn names(name: &str) -> Vec<String> {
    let whole = fold_name(name);
    let groups = whole.split('=').filter(|group| !group.is_empty());
    let mut forms: Vec<String> = groups.map(ToOwned::to_owned).collect();
    if whole.contains('=') {
        forms.push(whole);
    }
    forms
}

/// The words of a name, in all its groups. A group of several words is a word too, since ideographic names
/// are often written in one.
pub fn words(name: &str) -> Vec<String> {
    let folded = fold_name(name);
    let mut all = Vec::new();
    for group in folded.split('=') {
        let parts: Vec<&str> = group
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        if parts.len() > 1 {
            all.push(parts.concat());
        }
        all.extend(parts.into_iter().map(ToOwned::to_owned));
    }
    all
}

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

/// Attributes of a date, and of the time on that date, by their tags.
const DATES_AND_TIMES: [(&str, &str); 6] = [
    ("00080020", "00080030"),
    ("00080021", "00080031"),
    ("00080022", "00080032"),
    ("00080023", "00080033"),
    ("00400244", "00400245"),
    ("00400250", "00400251"),
];

/// A range of moments, from a range of dates and one of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moments {
    /// The tag of the date.
    pub date: &'static str,
    /// The tag of the time.
    pub time: &'static str,
    /// The dates alone, as a pattern.
    pub dates: String,
    /// The first moment: date and time in one text.
    pub low: String,
    /// The first moment that is too late.
    pub below: Option<String>,
}

/// Takes pairs of ranges of dates and times out of the keys; answers them and the keys that are left.
pub fn combined(matching: &[(String, String)]) -> (Vec<Moments>, Vec<(&str, &str)>) {
    let range = |tag: &str| {
        let key = matching.iter().find(|(path, _)| path == tag);
        key.and_then(|(_, pattern)| pattern.split_once('-'))
    };
    let mut moments = Vec::new();
    for (date, time) in DATES_AND_TIMES {
        if let (Some(dates), Some(times)) = (range(date), range(time)) {
            let plain = |(date, time): (&str, &str)| {
                comparable("DA", date.trim()) + &comparable("TM", time.trim())
            };
            let last = comparable("DA", dates.1.trim());
            moments.push(Moments {
                date,
                time,
                dates: format!("{}-{}", dates.0, dates.1),
                low: plain((dates.0, times.0)),
                below: (!last.is_empty()).then(|| after(&plain((dates.1, times.1)))),
            });
        }
    }
    let is_left = |tag: &str| moments.iter().all(|m| m.date != tag && m.time != tag);
    let left = matching
        .iter()
        .map(|(path, pattern)| (path.as_str(), pattern.as_str()))
        .filter(|(path, _)| is_left(path));
    let left = left.collect();
    (moments, left)
}

/// The value that asks for what is empty.
pub const EMPTY: &str = "\"\"";

/// Whether an attribute, named by its tag or path, is absent or has no value. Within a sequence it is enough
/// that one item lacks it.
pub fn is_empty(attributes: &Map<String, Json>, path: &str) -> bool {
    let (tag, rest) = path.split_once('.').unwrap_or((path, ""));
    let values = attributes.get(tag).and_then(|element| element.get("Value"));
    let Some(values) = values.and_then(Json::as_array) else {
        return true;
    };
    if rest.is_empty() {
        let mut texts = values.iter().filter_map(value_text);
        return texts.all(|text| text.is_empty());
    }
    let mut items = values.iter().filter_map(Json::as_object);
    values.is_empty() || items.any(|item| is_empty(item, rest))
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
        let item = || serde_json::json!({"00400009": {"vr": "SH", "Value": ["S"]}});
        for (vr, value, pattern, expected) in [
            ("LO", "CHEST CT".into(), "CHEST*", true),
            // The item of a sequence is not an empty name.
            ("SQ", item(), "a\\", false),
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

    #[test]
    fn a_range_of_dates_and_one_of_times_are_a_range_of_moments() {
        let key = |tag: &str, pattern: &str| (tag.to_owned(), pattern.to_owned());
        let keys = [
            key("00080020", "20260101-20260103"),
            key("00080060", "CT"),
            key("00080030", "1000-11:30"),
        ];
        let (moments, left) = combined(&keys);
        assert_eq!(left, [("00080060", "CT")]);
        let [found] = moments.as_slice() else {
            panic!("{moments:?}");
        };
        let within = Wanted::Range {
            low: found.low.clone(),
            below: found.below.clone(),
        };
        for (moment, expected) in [
            ("20260101095959", false),
            ("20260101100000", true),
            ("20260102030000", true),
            ("20260103113059", true),
            ("20260103113100", false),
            ("20260102", true),
        ] {
            assert_eq!(within.is(moment), expected, "{moment}");
        }
        // A day or a time that is no range stays a key of its own.
        for pattern in ["20260101", "-"] {
            let keys = [key("00080020", pattern), key("00080030", "10")];
            assert_eq!(combined(&keys).1.len(), 2, "{pattern}");
        }
    }

    #[test]
    fn what_has_no_value_is_empty() {
        let attributes = serde_json::json!({
            "00100020": {"vr": "LO"}, "00100010": {"vr": "PN", "Value": [{"Alphabetic": "A"}]},
            "00400275": {"vr": "SQ", "Value": [{"00400009": {"vr": "SH", "Value": ["S"]}}]},
        });
        for (path, expected) in [
            ("00100020", true),
            ("00100021", true),
            ("00100010", false),
            ("00400275.00400009", false),
            ("00400275.00400007", true),
        ] {
            assert_eq!(
                is_empty(attributes.as_object().unwrap(), path),
                expected,
                "{path}"
            );
        }
    }

    #[test]
    fn marks_that_make_other_letters_stay() {
        assert_eq!(fold_name("ＹＡＭＡＤＡ^ "), "yamada");
        assert_ne!(fold_name("やまだ"), fold_name("やまた"));
        assert_eq!(fold_name("Nuñez^José"), "nunez^jose");
    }
}
