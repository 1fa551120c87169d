use std::io::Cursor;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::tags;
use dicom_encoding::TransferSyntaxIndex as _;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use serde_json::{Map, Value};

use super::{
    identifier::{Level, Root, unique_down_to, word},
    keys::{IdentifierError, Key, Keys, read_object},
};
use crate::tag_key;

/// The answer for one row: every key that was asked for, empty where the row has no value; the unique keys
/// down to the level; and where to retrieve it.
pub fn data_set(
    root: Root,
    level: Level,
    keys: &Keys,
    row: &Map<String, Value>,
    retrieve_ae: &str,
) -> InMemDicomObject {
    let mut answer = filtered(keys, row);
    for tag in unique_down_to(root, level) {
        put(&mut answer, &Key::new(tag, ""), row);
    }
    answer.put(text(tags::QUERY_RETRIEVE_LEVEL, VR::CS, word(level)));
    answer.put(text(tags::RETRIEVE_AE_TITLE, VR::AE, retrieve_ae));
    if keys
        .iter()
        .any(|key| key.tag == tags::INSTANCE_AVAILABILITY)
    {
        answer.put(text(tags::INSTANCE_AVAILABILITY, VR::CS, "ONLINE"));
    }
    answer
}

/// The keys that were asked for, with the row's values, in UTF-8.
pub(super) fn filtered(keys: &Keys, row: &Map<String, Value>) -> InMemDicomObject {
    let mut answer = InMemDicomObject::new_empty();
    answer.put(text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"));
    for key in keys {
        put(&mut answer, key, row);
    }
    answer
}

fn text(tag: Tag, vr: VR, value: &str) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, vr, PrimitiveValue::from(value))
}

fn put(answer: &mut InMemDicomObject, key: &Key, row: &Map<String, Value>) {
    let found = row.get(&key.name());
    if key.vr == VR::SQ {
        answer.put(DataElement::new(
            key.tag,
            VR::SQ,
            DataSetSequence::from(items(key, found)),
        ));
        return;
    }
    let element = found.and_then(|element| element_of(key.tag, element));
    answer.put(element.unwrap_or_else(|| DataElement::new(key.tag, key.vr, PrimitiveValue::Empty)));
}

/// The items of a sequence, cut down to the keys that were asked for; whole where none was named.
fn items(key: &Key, found: Option<&Value>) -> Vec<InMemDicomObject> {
    let items = found
        .and_then(|element| element.get("Value")?.as_array())
        .map(Vec::as_slice)
        .unwrap_or_default();
    let one = |item: &Value| {
        let item = item.as_object()?;
        if key.items.is_empty() {
            return object_of(item);
        }
        let mut kept = InMemDicomObject::new_empty();
        for key in &key.items {
            put(&mut kept, key, item);
        }
        Some(kept)
    };
    items.iter().filter_map(one).collect()
}

fn element_of(tag: Tag, element: &Value) -> Option<DataElement<InMemDicomObject>> {
    let one = Map::from_iter([(tag_key(tag), element.clone())]);
    object_of(&one)?.take_element(tag).ok()
}

fn object_of(attributes: &Map<String, Value>) -> Option<InMemDicomObject> {
    let mut attributes = Value::Object(attributes.clone());
    with_strings(&mut attributes);
    dicom_json::from_value(attributes).ok()
}

/// Writes numbers of decimal and integer strings as the text that they are in a data set.
fn with_strings(attributes: &mut Value) {
    let Some(attributes) = attributes.as_object_mut() else {
        return;
    };
    for element in attributes.values_mut() {
        let vr = element.get("vr").and_then(Value::as_str).unwrap_or("");
        let is_number_text = matches!(vr, "DS" | "IS");
        let is_sequence = vr == "SQ";
        let Some(values) = element.get_mut("Value").and_then(Value::as_array_mut) else {
            continue;
        };
        for value in values {
            if is_sequence {
                with_strings(value);
            } else if let (true, Value::Number(number)) = (is_number_text, &*value) {
                let text = number.to_string();
                *value = Value::String(text);
            }
        }
    }
}

/// An identifier or answer as bytes.
pub(crate) fn encode(object: &InMemDicomObject, transfer_syntax: &str) -> Option<Vec<u8>> {
    let syntax = TransferSyntaxRegistry.get(transfer_syntax)?;
    let mut bytes = Cursor::new(Vec::new());
    object.write_dataset_with_ts(&mut bytes, syntax).ok()?;
    Some(bytes.into_inner())
}

/// An identifier of our own, for a query to another application entity, from keyword or tag and value.
/// An attribute that is asked for and matches anything has an empty value.
pub fn own_identifier(level: Level, keys: &[(Tag, String)]) -> InMemDicomObject {
    let mut identifier = InMemDicomObject::new_empty();
    identifier.put(text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"));
    identifier.put(text(tags::QUERY_RETRIEVE_LEVEL, VR::CS, word(level)));
    for (tag, value) in keys {
        let key = Key::new(*tag, value);
        let value = if key.vr == VR::SQ {
            DataElement::new(*tag, VR::SQ, DataSetSequence::from(Vec::new()))
        } else if value.is_empty() {
            DataElement::new(*tag, key.vr, PrimitiveValue::Empty)
        } else {
            text(*tag, key.vr, value)
        };
        identifier.put(value);
    }
    identifier
}

/// What another application entity answered, as DICOM JSON.
pub fn rows_of(
    data_set: &[u8],
    transfer_syntax: &str,
) -> Result<Map<String, Value>, IdentifierError> {
    let object = read_object(data_set, transfer_syntax)?;
    Ok(crate::json::data_set(&object, "", &|_| String::new()))
}
