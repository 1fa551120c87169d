//! Documents that objects carry: PDF and the like.

use dicom_dictionary_std::tags;

use crate::parse::{self, ParseError};

/// Why an object's document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The object could not be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The object carries no document.
    #[error("read the document: the object carries none")]
    None,
}

/// A document as an object carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its title; empty where the object has none.
    pub title: String,
    /// Its media type, such as `application/pdf`, as the object says.
    pub media_type: String,
    /// Its bytes, without the byte that made their number even.
    pub bytes: Vec<u8>,
}

/// Reads the document that a whole file carries.
pub fn read_document(file: &[u8]) -> Result<Document, DocumentError> {
    let object = parse::open(file, None)?;
    let element = object.get(tags::ENCAPSULATED_DOCUMENT);
    let element = element.ok_or(DocumentError::None)?;
    let mut bytes = element
        .to_bytes()
        .map_err(|_| DocumentError::None)?
        .into_owned();
    let length = object.get(tags::ENCAPSULATED_DOCUMENT_LENGTH);
    let length = length.and_then(|length| length.to_int::<usize>().ok());
    if let Some(length) = length {
        bytes.truncate(length);
    }
    let text = |tag| {
        let text = object.get(tag).and_then(|element| element.to_str().ok());
        text.map(|text| text.trim_matches([' ', '\0']).to_owned())
            .unwrap_or_default()
    };
    Ok(Document {
        title: text(tags::DOCUMENT_TITLE),
        media_type: text(tags::MIME_TYPE_OF_ENCAPSULATED_DOCUMENT),
        bytes,
    })
}
