//! Bodies that are read from the record while they are sent: only what is read ahead is in memory.

use std::{io, ops::Range, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dicom::web::{self, DICOM, MediaRange, Multipart};
use futures::{StreamExt, TryStreamExt, stream};
use policy::Permit;
use record::StoredObject;

use super::retrieve::work;
use crate::{hospital::Hospital, http::Problem};

/// Objects are read in pieces of this many bytes.
const PIECE: u64 = 1 << 20;
/// How many pieces are read ahead of the client.
const AHEAD: usize = 4;

/// What a body is put together from.
pub enum Piece {
    /// These bytes.
    Ready(Bytes),
    /// A part of a stored object.
    Read(Arc<StoredObject>, Range<u64>),
    /// A whole part of a multipart body, with an object that is made anew in an accepted transfer syntax.
    Anew(Arc<StoredObject>),
}

/// The pieces of a range of an object.
pub fn pieces(
    object: &Arc<StoredObject>,
    range: Range<u64>,
) -> impl Iterator<Item = Piece> + Send + use<> {
    let object = Arc::clone(object);
    let (mut at, end) = (range.start, range.end);
    std::iter::from_fn(move || {
        let next = at.saturating_add(PIECE).min(end);
        let piece = (at < end).then(|| Piece::Read(Arc::clone(&object), at..next));
        at = next;
        piece
    })
}

/// Sends pieces one after the other.
pub struct Sender {
    /// The hospital that has them.
    pub hospital: Arc<Hospital>,
    /// The permit to read them.
    pub permit: Arc<Permit>,
    /// What the client accepts, for objects that are made anew.
    pub ranges: Arc<Vec<MediaRange>>,
    /// The form of the body, for the same.
    pub multipart: Multipart,
}

impl Sender {
    /// The body of these pieces.
    pub fn body(self, pieces: impl Iterator<Item = Piece> + Send + 'static) -> Body {
        let sender = Arc::new(self);
        let read = stream::iter(pieces).map(move |piece| {
            let sender = Arc::clone(&sender);
            async move { sender.read(piece).await }
        });
        let parts = read
            .buffered(AHEAD)
            .map_ok(|bytes| stream::iter(bytes.into_iter().map(Ok::<_, io::Error>)));
        Body::from_stream(parts.try_flatten())
    }

    async fn read(&self, piece: Piece) -> Result<Vec<Bytes>, io::Error> {
        match piece {
            Piece::Ready(bytes) => Ok(vec![bytes]),
            Piece::Read(object, range) => {
                let read = self
                    .hospital
                    .record
                    .bytes_of(&self.permit, &object, Some(range))
                    .await;
                Ok(vec![read.map_err(io::Error::other)?])
            }
            Piece::Anew(object) => {
                let made = self.anew(&object).await;
                made.map_err(|problem| io::Error::other(problem.detail().to_owned()))
            }
        }
    }

    /// A whole part with an object in an accepted transfer syntax.
    pub async fn anew(&self, object: &Arc<StoredObject>) -> Result<Vec<Bytes>, Problem> {
        let record = &self.hospital.record;
        let file = record.bytes_of(&self.permit, object, None).await?;
        let (stored, ranges) = (object.transfer_syntax.to_string(), Arc::clone(&self.ranges));
        let (bytes, syntax) = work(move || web::as_accepted(file, &stored, &ranges)).await?;
        let head = part_head(&self.multipart, &syntax, bytes.len() as u64);
        Ok(vec![head, bytes, self.multipart.foot()])
    }
}

/// What goes in front of an object in a multipart body.
pub fn part_head(multipart: &Multipart, syntax: &str, length: u64) -> Bytes {
    multipart.head(&format!("{DICOM}; transfer-syntax={syntax}"), None, length)
}

/// Whether the client has what this tag names already.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter();
    given
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one == tag.trim_start_matches("W/"))
}

/// The answer to a client who has it already.
pub fn not_modified(tag: &str) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response()
}

/// The one range that is asked for; `None` where the whole is, or several are. Ranges that cannot be given
/// are refused (RFC 9110 section 14).
pub fn asked(headers: &HeaderMap, size: u64) -> Result<Option<Range<u64>>, Box<Response>> {
    let text = headers.get(header::RANGE).and_then(|v| v.to_str().ok());
    let Some(spec) = text.and_then(|text| text.strip_prefix("bytes=")) else {
        return Ok(None);
    };
    let Some((first, last)) = spec.trim().split_once('-') else {
        return Ok(None);
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Ok(None),
    };
    if range.start < range.end {
        return Ok(Some(range));
    }
    let problem = Problem::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "The range cannot be given",
        "it lies behind the end",
    );
    let mut response = problem.into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Err(Box::new(response))
}

/// A body of `size` bytes, or the part of it that is asked for. `make` gives the body of a range.
pub fn whole_or_part(
    headers: &HeaderMap,
    content_type: &str,
    tag: &str,
    size: u64,
    make: impl FnOnce(Range<u64>) -> Body,
) -> Response {
    let range = match asked(headers, size) {
        Ok(range) => range,
        Err(refused) => return *refused,
    };
    let given = range.clone().unwrap_or(0..size);
    let mut answer = HeaderMap::new();
    let mut put = |name, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            answer.insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, content_type);
    put(header::ETAG, tag);
    put(header::ACCEPT_RANGES, "bytes");
    put(
        header::CONTENT_LENGTH,
        &(given.end - given.start).to_string(),
    );
    let status = if range.is_some() {
        let text = format!("bytes {}-{}/{size}", given.start, given.end - 1);
        put(header::CONTENT_RANGE, &text);
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    (status, answer, make(given)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_given_as_they_are_asked_for() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(text));
            asked(&headers, 100).map_err(|refused| refused.status().as_u16())
        };
        assert_eq!(of("bytes=0-9"), Ok(Some(0..10)));
        assert_eq!(of("bytes=90-"), Ok(Some(90..100)));
        assert_eq!(of("bytes=-5"), Ok(Some(95..100)));
        assert_eq!(of("bytes=50-500"), Ok(Some(50..100)));
        assert_eq!(of("bytes=100-"), Err(416));
        for whole in ["bytes=5-1", "bytes=0-1,5-6", "lines=1-2", "bytes=x"] {
            assert_eq!(of(whole), Ok(None), "{whole}");
        }
    }

    #[test]
    fn a_known_tag_is_known_in_either_form() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::IF_NONE_MATCH,
            HeaderValue::from_static("\"a\", W/\"b\""),
        );
        assert!(is_known(&headers, "\"b\"") && is_known(&headers, "W/\"a\""));
        assert!(!is_known(&headers, "\"c\""));
    }
}
