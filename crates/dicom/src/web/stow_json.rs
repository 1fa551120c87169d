//! STOW-RS with metadata and bulk data apart (PS3.18 section 8.7.3.2): objects put together from DICOM JSON.

use std::collections::HashMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use dicom_core::{
    DataElement, VR,
    value::{PixelFragmentSequence, PrimitiveValue},
};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{InMemDicomObject, meta::FileMetaTableBuilder};
use serde_json::{Map, Value, json};

use super::{StowPart, WebError, frames::media_of, ranges};
use crate::{create, tag_key};

/// Files made from the parts of a request, in the order of the metadata; `None` for one that cannot be made
/// because bulk data are missing or an attribute is not well formed.
pub fn files_of_metadata(parts: Vec<StowPart>) -> Result<Vec<Option<Bytes>>, WebError> {
    let bad = |why: &str| WebError::BadRequest(why.to_owned());
    let mut parts = parts.into_iter();
    let root = parts.next().ok_or_else(|| bad("there are no metadata"))?;
    let metadata: Value =
        serde_json::from_slice(&root.bytes).map_err(|_| bad("the metadata are no JSON"))?;
    let objects = match metadata {
        Value::Array(objects) => objects,
        object @ Value::Object(_) => vec![object],
        _ => return Err(bad("the metadata are no data sets")),
    };
    let bulk: HashMap<String, StowPart> = parts
        .filter_map(|part| Some((part.location.clone()?, part)))
        .collect();
    Ok(objects
        .into_iter()
        .map(|object| file_of(object, &bulk))
        .collect())
}

fn file_of(metadata: Value, bulk: &HashMap<String, StowPart>) -> Option<Bytes> {
    let Value::Object(mut metadata) = metadata else {
        return None;
    };
    let pixels = match metadata.remove(&tag_key(tags::PIXEL_DATA)) {
        None => None,
        Some(element) => Some(Pixels::of(&element, bulk)?),
    };
    let told = metadata.remove(&tag_key(tags::AVAILABLE_TRANSFER_SYNTAX_UID));
    let told = told.and_then(|element| Some(element.pointer("/Value/0")?.as_str()?.to_owned()));
    let syntax = pixels
        .as_ref()
        .and_then(|pixels| pixels.syntax.clone())
        .or(told)
        .unwrap_or_else(|| uids::EXPLICIT_VR_LITTLE_ENDIAN.to_owned());
    metadata.retain(|tag, _| !tag.starts_with("0002"));
    let text = json!({"vr": "CS", "Value": ["ISO_IR 192"]});
    metadata.insert(tag_key(tags::SPECIFIC_CHARACTER_SET), text);
    inline(&mut metadata, bulk)?;
    let mut object: InMemDicomObject = dicom_json::from_value(Value::Object(metadata)).ok()?;
    if let Some(pixels) = pixels {
        let frames = object
            .get(tags::NUMBER_OF_FRAMES)
            .and_then(|element| element.to_int::<u32>().ok())
            .unwrap_or(1);
        pixels.put(&mut object, media_of(&syntax).is_some(), frames)?;
    }
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(syntax)
        .implementation_class_uid(create::IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(create::IMPLEMENTATION_VERSION);
    let mut file = Vec::new();
    object.with_meta(meta).ok()?.write_all(&mut file).ok()?;
    Some(file.into())
}

/// Writes bulk data into the metadata that name them, in items too.
fn inline(metadata: &mut Map<String, Value>, bulk: &HashMap<String, StowPart>) -> Option<()> {
    for element in metadata.values_mut() {
        let uri = element.get("BulkDataURI").and_then(Value::as_str);
        if let Some(uri) = uri {
            let bytes = BASE64_STANDARD.encode(&bulk.get(uri)?.bytes);
            let vr = element.get("vr").cloned().unwrap_or_else(|| json!("UN"));
            *element = json!({"vr": vr, "InlineBinary": bytes});
            continue;
        }
        if element.get("vr").and_then(Value::as_str) == Some("SQ")
            && let Some(items) = element.get_mut("Value").and_then(Value::as_array_mut)
        {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                inline(item, bulk)?;
            }
        }
    }
    Some(())
}

/// The pixel data of an object.
struct Pixels {
    vr: VR,
    syntax: Option<String>,
    bytes: Bytes,
}

impl Pixels {
    fn of(element: &Value, bulk: &HashMap<String, StowPart>) -> Option<Self> {
        let vr = match element.get("vr").and_then(Value::as_str) {
            Some("OB") => VR::OB,
            _ => VR::OW,
        };
        if let Some(inline) = element.get("InlineBinary").and_then(Value::as_str) {
            return Some(Self {
                vr,
                syntax: None,
                bytes: BASE64_STANDARD.decode(inline).ok()?.into(),
            });
        }
        let part = bulk.get(element.get("BulkDataURI")?.as_str()?)?;
        let media = ranges(&part.content_type);
        let syntax = media
            .first()
            .and_then(|media| media.parameter("transfer-syntax"));
        Some(Self {
            vr,
            syntax: syntax.map(ToOwned::to_owned),
            bytes: part.bytes.clone(),
        })
    }

    fn put(self, object: &mut InMemDicomObject, compressed: bool, frames: u32) -> Option<()> {
        if !compressed {
            let value = PrimitiveValue::U8(self.bytes.to_vec().into());
            object.put(DataElement::new(tags::PIXEL_DATA, self.vr, value));
            return Some(());
        }
        // Where one frame ends and the next begins is told by fragments, and there is one part only.
        if frames > 1 {
            return None;
        }
        let mut fragment = self.bytes.to_vec();
        if fragment.len() % 2 == 1 {
            fragment.push(0);
        }
        let fragments = PixelFragmentSequence::new_fragments(vec![fragment]);
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, fragments));
        Some(())
    }
}
