use dicom_core::VR;
use dicom_object::InMemDicomObject;
use record::matching;
use serde_json::{Map, Value};

use super::{answer::filtered, keys::Keys};

/// Whether a scheduled examination, in the DICOM JSON model, matches the keys of a worklist query. Keys
/// within a sequence match where one of its items matches them all.
pub fn matches(keys: &Keys, row: &Map<String, Value>) -> bool {
    keys.iter().all(|key| {
        if key.vr != VR::SQ {
            return key.is_universal() || matching::matches(row, &key.name(), &key.value);
        }
        let items = row
            .get(&key.name())
            .and_then(|element| element.get("Value")?.as_array())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let unbound = !key.items.iter().any(|key| !key.is_universal());
        unbound
            || items
                .iter()
                .filter_map(Value::as_object)
                .any(|item| matches(&key.items, item))
    })
}

/// The answers to a worklist query: the rows that match, each with what was asked for.
pub fn answers(keys: &Keys, rows: &[Map<String, Value>]) -> Vec<InMemDicomObject> {
    rows.iter()
        .filter(|row| matches(keys, row))
        .map(|row| filtered(keys, row))
        .collect()
}
