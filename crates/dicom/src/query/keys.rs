use std::io::Cursor;

use dicom_core::{DataDictionary as _, Tag, VR, dictionary::DataDictionaryEntry as _};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_encoding::TransferSyntaxIndex as _;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use crate::{bounds, tag_key, text};

/// Why an identifier cannot be answered. The words go to the peer: they hold no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The data set is not well formed.
    #[error("identifier is not well formed")]
    Malformed,
    /// The level is missing, or none of the information model.
    #[error("Query/Retrieve Level is not one of this model")]
    Level,
    /// A unique key is missing, or not a single value where it must be.
    #[error("({:04X},{:04X}) must be a single value", .0.group(), .0.element())]
    UniqueKey(Tag),
    /// There are more keys than any peer needs.
    #[error("too many keys")]
    TooMany,
}

/// An attribute that a peer asks for, and what it must match.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The attribute.
    pub tag: Tag,
    /// Its value representation.
    pub vr: VR,
    /// What to match; empty: anything. Several values stand with backslashes between.
    pub value: String,
    /// The keys within a sequence.
    pub items: Keys,
}

/// The keys of an identifier, in the order of their tags.
pub type Keys = Vec<Key>;

/// The most keys on one level of an identifier.
const MOST_KEYS: usize = 512;
/// Sequences within sequences that are looked into.
const DEEPEST: usize = 4;

/// Reads the keys of an identifier as it came over the network. Text is decoded by its character set.
pub(crate) fn read(data_set: &[u8], transfer_syntax: &str) -> Result<Keys, IdentifierError> {
    keys(&read_object(data_set, transfer_syntax)?, 0)
}

/// Reads a data set of an identifier, bounded as objects are.
pub(crate) fn read_object(
    data_set: &[u8],
    transfer_syntax: &str,
) -> Result<InMemDicomObject, IdentifierError> {
    let malformed = |_| IdentifierError::Malformed;
    bounds::check_arriving(data_set, transfer_syntax).map_err(malformed)?;
    let syntax = TransferSyntaxRegistry
        .get(transfer_syntax)
        .ok_or(IdentifierError::Malformed)?;
    let mut object = InMemDicomObject::read_dataset_with_ts(Cursor::new(data_set), syntax)
        .map_err(|_| IdentifierError::Malformed)?;
    text::decode(&mut object);
    Ok(object)
}

fn keys(object: &InMemDicomObject, depth: usize) -> Result<Keys, IdentifierError> {
    let mut keys = Vec::new();
    for element in object {
        let tag = element.header().tag;
        // Group lengths are retired; the character set is about the identifier itself.
        if tag.element() == 0 || tag == tags::SPECIFIC_CHARACTER_SET {
            continue;
        }
        if keys.len() == MOST_KEYS {
            return Err(IdentifierError::TooMany);
        }
        let items = match element.items().and_then(|items| items.first()) {
            Some(item) if depth < DEEPEST => self::keys(item, depth + 1)?,
            _ => Vec::new(),
        };
        let value = element.to_multi_str().ok().map(|values| {
            let values: Vec<&str> = values
                .iter()
                .map(|value| value.trim_matches([' ', '\0']))
                .collect();
            values.join("\\")
        });
        keys.push(Key {
            tag,
            vr: vr_of(tag, element.vr()),
            value: value.unwrap_or_default(),
            items,
        });
    }
    Ok(keys)
}

/// The representation by the dictionary, where the peer's encoding does not tell it.
fn vr_of(tag: Tag, given: VR) -> VR {
    if given != VR::UN {
        return given;
    }
    StandardDataDictionary
        .by_tag(tag)
        .map_or(VR::UN, |entry| entry.vr().relaxed())
}

impl Key {
    /// A key that asks for an attribute, matching `value`.
    pub fn new(tag: Tag, value: &str) -> Self {
        Self {
            tag,
            vr: vr_of(tag, VR::UN),
            value: value.to_owned(),
            items: Vec::new(),
        }
    }

    /// Whether it matches anything.
    pub fn is_universal(&self) -> bool {
        record::matching::is_universal(&self.value)
    }

    /// Whether it is one plain value.
    pub fn is_single(&self) -> bool {
        !self.value.is_empty() && !self.value.contains(['*', '?', '\\'])
    }

    /// The tag as DICOM JSON writes it.
    pub fn name(&self) -> String {
        tag_key(self.tag)
    }
}
