//! By what studies and series are found: each value of each attribute, in a form that compares as text.

use record::matching::{forms, value_text, words};
use serde_json::{Map, Value as Json};

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
}
