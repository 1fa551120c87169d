//! References between the entries of a bundle.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::reply::Failure;

/// References of the form `Practitioner?identifier=…`.
pub(crate) fn find_conditions(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| find_conditions(item, into)),
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(text) if name == "reference" && is_condition(text) => {
                        into.insert(text.clone());
                    }
                    value => find_conditions(value, into),
                }
            }
        }
        _ => {}
    }
}

fn is_condition(reference: &str) -> bool {
    reference
        .split_once('?')
        .is_some_and(|(kind, _)| crate::is_supported(kind))
}

/// Replaces what refers to entries: references by any full URL or condition, other URIs by `urn:` only.
pub(crate) fn rewrite(value: &mut Value, targets: &BTreeMap<String, String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, targets)),
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                if let Value::String(text) = value {
                    if (name == "reference" || text.starts_with("urn:"))
                        && let Some(target) = targets.get(text.as_str())
                    {
                        *text = target.clone();
                    }
                } else {
                    rewrite(value, targets);
                }
            }
        }
        _ => {}
    }
}

/// A `urn:uuid:` that no entry has leads nowhere; kept, it would hide whom a resource is about.
pub(crate) fn no_loose_references(value: &Value, place: &str) -> Result<(), Failure> {
    match value {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| no_loose_references(item, place)),
        Value::Object(object) => object
            .iter()
            .try_for_each(|(name, value)| match value.as_str() {
                Some(text) if name == "reference" && text.starts_with("urn:uuid:") => {
                    let (zh, en) = (
                        "引用所指的条目不在此 Bundle 中。",
                        "a reference leads to an entry that the bundle does not have.",
                    );
                    Err(Failure::new(400, "not-found", place, zh, en))
                }
                _ => no_loose_references(value, place),
            }),
        _ => Ok(()),
    }
}
