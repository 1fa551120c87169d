//! By what studies and series are found: each value of each attribute, in a form that compares as text.

use serde_json::{Map, Value as Json};
use unicode_normalization::UnicodeNormalization as _;

/// Sequences nested deeper than this are not searched.
const DEEPEST: usize = 3;

/// One value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The tag, or the path of tags to an attribute within a sequence: `00400275.00400009`.
    pub path: String,
    /// The value in its comparable form.
    pub text: String,
    /// The value representation.
    pub vr: String,
}

/// What the words of a name are kept under, besides the name itself.
pub fn words_path(path: &str) -> String {
    format!("{path}~")
}

/// All values of a data set.
pub fn terms(attributes: &Map<String, Json>) -> Vec<Term> {
    let mut found = Vec::new();
    collect(attributes, "", 0, &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(attributes: &Map<String, Json>, front: &str, depth: usize, found: &mut Vec<Term>) {
    for (tag, element) in attributes {
        let vr = element.get("vr").and_then(Json::as_str).unwrap_or("");
        let Some(values) = element.get("Value").and_then(Json::as_array) else {
            continue;
        };
        let path = format!("{front}{tag}");
        if vr == "SQ" {
            if depth < DEEPEST {
                for item in values.iter().filter_map(Json::as_object) {
                    collect(item, &format!("{path}."), depth + 1, found);
                }
            }
            continue;
        }
        for value in values.iter().filter_map(value_text) {
            let term = |path: &str, text: String| Term {
                path: path.to_owned(),
                text,
                vr: vr.to_owned(),
            };
            found.extend(forms(vr, &value).into_iter().map(|form| term(&path, form)));
            if vr == "PN" {
                let path = words_path(&path);
                found.extend(words(&value).into_iter().map(|word| term(&path, word)));
            }
        }
    }
}

/// One value of an attribute as text; a person name's groups joined by `=`.
pub fn value_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.trim_end_matches([' ', '\0']).to_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Object(name) => {
            let group = |key: &str| name.get(key).and_then(Json::as_str).unwrap_or("");
            let whole = [group("Alphabetic"), group("Ideographic"), group("Phonetic")].join("=");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_each_group_and_word() {
        let attributes = serde_json::json!({
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Müller^Jörg", "Ideographic": "赵^敏"}]},
        });
        let found = terms(attributes.as_object().unwrap());
        let texts = |path: &str| -> Vec<&str> {
            found
                .iter()
                .filter(|term| term.path == path)
                .map(|term| term.text.as_str())
                .collect()
        };
        assert_eq!(
            texts("00100010"),
            ["muller^jorg", "muller^jorg=赵^敏", "赵^敏"]
        );
        assert_eq!(
            texts("00100010~"),
            ["jorg", "muller", "mullerjorg", "敏", "赵", "赵敏"]
        );
    }

    #[test]
    fn values_within_sequences_have_a_path() {
        let attributes = serde_json::json!({
            "00400275": {"vr": "SQ", "Value": [
                {"00400009": {"vr": "SH", "Value": ["STEP 1"]}},
                {"00400009": {"vr": "SH", "Value": ["STEP 2"]}},
            ]},
            "00200011": {"vr": "IS", "Value": ["03"]},
            "00080030": {"vr": "TM", "Value": ["10:15:00"]},
        });
        let found: Vec<(String, String)> = terms(attributes.as_object().unwrap())
            .into_iter()
            .map(|term| (term.path, term.text))
            .collect();
        let expected = [
            ("00080030", "101500"),
            ("00200011", "3"),
            ("00400275.00400009", "STEP 1"),
            ("00400275.00400009", "STEP 2"),
        ];
        assert_eq!(
            found,
            expected.map(|(path, text)| (path.to_owned(), text.to_owned()))
        );
    }

    #[test]
    fn marks_that_make_other_letters_stay() {
        assert_eq!(fold_name("ＹＡＭＡＤＡ^ "), "yamada");
        assert_ne!(fold_name("やまだ"), fold_name("やまた"));
        assert_eq!(fold_name("Nuñez^José"), "nunez^jose");
    }
}
