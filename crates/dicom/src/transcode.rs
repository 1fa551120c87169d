//! The same object in another transfer syntax, where its pixel data is not compressed.

use dicom_dictionary_std::{tags, uids};
use dicom_encoding::TransferSyntaxIndex as _;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use crate::{ParseError, parse::open};

/// Transfer syntaxes whose pixel data is written plainly, so that a data set can be put into another of them.
#[expect(
    deprecated,
    reason = "big endian is retired, and old archives still send it"
)]
const NATIVE: &[&str] = &[
    uids::IMPLICIT_VR_LITTLE_ENDIAN,
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    uids::EXPLICIT_VR_BIG_ENDIAN,
    uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
];

/// What a native data set is put into for a peer that does not take it as it is kept.
pub const FALLBACK: &[&str] = &[
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    uids::IMPLICIT_VR_LITTLE_ENDIAN,
];

/// Whether pixel data in this transfer syntax is not compressed.
pub fn is_native(transfer_syntax: &str) -> bool {
    NATIVE.contains(&transfer_syntax)
}

/// Why an object was not put into another transfer syntax.
#[derive(Debug, thiserror::Error)]
pub enum TranscodeError {
    /// Its pixel data is compressed, or the wanted syntax compresses.
    #[error("put the object into another transfer syntax: its pixel data is compressed")]
    Compressed,
    /// The object could not be read.
    #[error(transparent)]
    Read(#[from] ParseError),
    /// The object could not be written.
    #[error("write the object in another transfer syntax")]
    Write,
}

/// The data set of a file in another native transfer syntax. Text is written in UTF-8 where the object
/// declares another character set: the values are the same, and so is what they say.
pub fn data_set_in(file: &[u8], transfer_syntax: &str) -> Result<Vec<u8>, TranscodeError> {
    let object = open(file, None)?;
    let kept = object.meta().transfer_syntax().trim_end_matches('\0');
    if !is_native(kept) || !is_native(transfer_syntax) {
        return Err(TranscodeError::Compressed);
    }
    let mut object: InMemDicomObject = object.into_inner();
    let declared = object
        .get(tags::SPECIFIC_CHARACTER_SET)
        .and_then(|element| element.to_str().ok().map(|text| text.trim().to_owned()));
    if declared.is_some_and(|set| !set.is_empty() && set != "ISO_IR 192") {
        object.convert_to_utf8();
    }
    let syntax = TransferSyntaxRegistry
        .get(transfer_syntax)
        .ok_or(TranscodeError::Write)?;
    let mut bytes = Vec::new();
    object
        .write_dataset_with_ts(&mut bytes, syntax)
        .map_err(|_| TranscodeError::Write)?;
    Ok(bytes)
}
