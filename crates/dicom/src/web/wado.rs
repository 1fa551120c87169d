use bytes::{BufMut as _, Bytes, BytesMut};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use serde_json::{Value, json};

use super::{DICOM, MediaRange, WebError};
use crate::{
    data_set_bytes, json, parse,
    pixels::{self, PixelError},
    tag_key, tag_of_key,
};

/// Writes a `multipart/related` body piece by piece, so that it need not be in memory as a whole.
#[derive(Clone, Debug)]
pub struct Multipart {
    boundary: String,
    inner: String,
}

impl Multipart {
    /// A body whose parts are of one media type. The boundary must not occur in the parts: give 16 random
    /// bytes in hexadecimal.
    pub fn new(inner: impl Into<String>, boundary: impl Into<String>) -> Self {
        Self {
            boundary: boundary.into(),
            inner: inner.into(),
        }
    }

    /// The `Content-Type` of the answer.
    pub fn content_type(&self) -> String {
        format!(
            "multipart/related; type=\"{}\"; boundary={}",
            self.inner, self.boundary
        )
    }

    /// What goes in front of a part.
    pub fn head(&self, content_type: &str, location: Option<&str>, length: u64) -> Bytes {
        let location = location.map_or_else(String::new, |location| {
            format!("Content-Location: {location}\r\n")
        });
        format!(
            "--{}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{location}\r\n",
            self.boundary
        )
        .into()
    }

    /// What goes behind a part.
    pub fn foot(&self) -> Bytes {
        Bytes::from_static(b"\r\n")
    }

    /// What ends the body.
    pub fn end(&self) -> Bytes {
        format!("--{}--\r\n", self.boundary).into()
    }

    /// A whole body from parts, each with its content type.
    pub fn whole(&self, parts: &[(String, Bytes)]) -> Bytes {
        let mut body = BytesMut::new();
        for (content_type, bytes) in parts {
            body.put(self.head(content_type, None, bytes.len() as u64));
            body.put(bytes.clone());
            body.put(self.foot());
        }
        body.put(self.end());
        body.freeze()
    }
}

/// In which transfer syntax an object is to be made anew for someone who accepts these ranges, the most
/// wanted first; `None` where it is given bit for bit as it is stored.
pub fn made_as(stored: &str, ranges: &[MediaRange]) -> Result<Option<&'static str>, WebError> {
    let can = |wanted: &str| {
        pixels::TARGETS
            .iter()
            .find(|target| **target == wanted && pixels::can_transcode(stored, target))
    };
    for range in ranges.iter().filter(|range| range.takes(DICOM)) {
        let wanted = match range.parameter("transfer-syntax") {
            Some("*") => return Ok(None),
            // A range that takes anything at all takes what there is.
            None if range.inner() == "*/*" => return Ok(None),
            // The default of PS3.18 section 8.7.3.5.2.
            None => uids::EXPLICIT_VR_LITTLE_ENDIAN,
            Some(syntax) => syntax,
        };
        if wanted == stored {
            return Ok(None);
        }
        if let Some(target) = can(wanted) {
            return Ok(Some(target));
        }
    }
    Err(no_syntax(stored, ""))
}

/// Says what else an object of this transfer syntax can be given in, besides one that failed.
fn no_syntax(stored: &str, failed: &str) -> WebError {
    let can = pixels::TARGETS.iter().copied();
    let can = can.filter(|target| *target != stored && *target != failed);
    WebError::NoSyntax {
        stored: stored.to_owned(),
        can: can
            .filter(|target| pixels::can_transcode(stored, target))
            .collect(),
    }
}

/// The stored file in a transfer syntax that is accepted, and that syntax. No sample of any pixel is changed
/// on the way.
pub fn as_accepted(
    file: Bytes,
    stored: &str,
    ranges: &[MediaRange],
) -> Result<(Bytes, String), WebError> {
    let Some(wanted) = made_as(stored, ranges)? else {
        return Ok((file, stored.to_owned()));
    };
    match pixels::transcode(&file, wanted) {
        Ok(made) => Ok((made, wanted.to_owned())),
        // Not every image fits into every transfer syntax.
        Err(PixelError::Target(..)) => Err(no_syntax(stored, wanted)),
        Err(error) => Err(error.into()),
    }
}

/// An object's metadata as DICOM JSON in UTF-8. Pixel data and long binary values are `BulkDataURI`s below
/// `instance_url`.
pub fn metadata(file: &[u8], instance_url: &str) -> Result<Value, WebError> {
    let object = parse::open(file, Some(Tag(0x7fe0, 0x0000)))?;
    let mut out = json::data_set(&object, "", &|path| {
        format!("{instance_url}/bulkdata/{path}")
    });
    out.insert(
        tag_key(tags::SPECIFIC_CHARACTER_SET),
        json!({"vr": "CS", "Value": ["ISO_IR 192"]}),
    );
    let syntax = object
        .meta()
        .transfer_syntax()
        .trim_end_matches('\0')
        .to_owned();
    out.insert(
        tag_key(tags::AVAILABLE_TRANSFER_SYNTAX_UID),
        json!({"vr": "UI", "Value": [syntax]}),
    );
    // Reading stopped in front of the pixel data; an object that has these attributes has them too.
    if object.get(tags::ROWS).is_some() && object.get(tags::BITS_ALLOCATED).is_some() {
        let uri = format!("{instance_url}/bulkdata/{}", tag_key(tags::PIXEL_DATA));
        out.insert(
            tag_key(tags::PIXEL_DATA),
            json!({"vr": "OW", "BulkDataURI": uri}),
        );
    }
    out.sort_keys();
    Ok(Value::Object(out))
}

/// The bytes of one binary element, by the path that [`metadata`] gave it: tags and item numbers from 1.
pub fn bulk_data(file: &[u8], path: &str) -> Result<Bytes, WebError> {
    const WHAT: WebError = WebError::NotFound("that bulk data");
    data_set_bytes(file).ok_or(WHAT)?;
    let object = parse::open(file, None)?;
    let mut here: &dicom_object::InMemDicomObject = &object;
    let mut steps = path.split('/');
    loop {
        let tag = steps.next().and_then(tag_of_key).ok_or(WHAT)?;
        let element = here.get(tag).ok_or(WHAT)?;
        let Some(number) = steps.next() else {
            if let Some(fragments) = element.fragments() {
                return Ok(fragments.concat().into());
            }
            return element
                .to_bytes()
                .map(|bytes| Bytes::from(bytes.into_owned()))
                .map_err(|_| WHAT);
        };
        let number: usize = number.parse().map_err(|_| WHAT)?;
        let index = number.checked_sub(1).ok_or(WHAT)?;
        here = element
            .items()
            .and_then(|items| items.get(index))
            .ok_or(WHAT)?;
    }
}
