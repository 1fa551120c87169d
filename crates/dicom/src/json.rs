//! DICOM JSON (PS3.18 annex F), with numbers where the standard prefers them.

use dicom_core::VR;
use dicom_object::{InMemDicomObject, mem::InMemElement};
use serde_json::{Map, Value, json};

use crate::tag_key;

/// Binary values longer than this are referred to, not written out.
const INLINE_BYTES: usize = 1024;

/// One element; `None` where its value cannot be written as JSON.
pub(crate) fn element(element: &InMemElement) -> Option<Value> {
    let mut value = dicom_json::to_value(element).ok()?;
    with_numbers(&mut value);
    Some(value)
}

/// A data set. Long binary values become `BulkDataURI`, made by `bulk` from the path of tags and item
/// numbers to the element, such as `54000100/1/54001010`.
pub(crate) fn data_set(
    object: &InMemDicomObject,
    path: &str,
    bulk: &dyn Fn(&str) -> String,
) -> Map<String, Value> {
    let mut out = Map::new();
    for item in object {
        let key = tag_key(item.header().tag);
        let at = format!("{path}{key}");
        let vr = item.vr();
        let value = if let Some(items) = item.items() {
            let items: Vec<Value> = (1..)
                .zip(items)
                .map(|(number, item): (u32, _)| {
                    Value::Object(data_set(item, &format!("{at}/{number}/"), bulk))
                })
                .collect();
            if items.is_empty() {
                json!({"vr": "SQ"})
            } else {
                json!({"vr": "SQ", "Value": items})
            }
        } else if is_binary(vr) && length(item) > INLINE_BYTES {
            json!({"vr": vr.to_string(), "BulkDataURI": bulk(&at)})
        } else if let Some(value) = element(item) {
            value
        } else {
            continue;
        };
        out.insert(key, value);
    }
    out
}

fn length(element: &InMemElement) -> usize {
    element
        .value()
        .primitive()
        .map_or(usize::MAX, dicom_core::PrimitiveValue::calculate_byte_len)
}

fn is_binary(vr: VR) -> bool {
    matches!(
        vr,
        VR::OB | VR::OD | VR::OF | VR::OL | VR::OV | VR::OW | VR::UN
    )
}

/// Writes decimal and integer strings as numbers, where they are numbers, in items too.
fn with_numbers(element: &mut Value) {
    let vr = element
        .get("vr")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Some(values) = element.get_mut("Value").and_then(Value::as_array_mut) else {
        return;
    };
    for value in values {
        if vr == "DS" || vr == "IS" {
            let number = value.as_str().map(str::trim).and_then(|text| {
                let whole = text.parse::<i64>().ok().map(Value::from);
                whole.or_else(|| {
                    text.parse::<f64>()
                        .ok()
                        .filter(|n| n.is_finite())
                        .map(Value::from)
                })
            });
            if let Some(number) = number {
                *value = number;
            }
        } else if let Some(item) = value.as_object_mut().filter(|_| vr == "SQ") {
            item.values_mut().for_each(with_numbers);
        }
    }
}
