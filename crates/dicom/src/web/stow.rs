use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde_json::{Map, Value, json};

use super::{DICOM, DICOM_JSON, WebError};
use crate::{
    ParsedObject,
    receive::{Arriving, Memory},
    tag_key,
};
use dicom_dictionary_std::tags;

/// 409: no object was stored.
pub const STOW_CONFLICT: u16 = 409;
/// The longest boundary of parts that is taken.
const LONGEST_BOUNDARY: usize = 200;

/// The parts of a STOW-RS request, one after the other.
pub struct StowBody {
    parts: Multipart<'static>,
    memory: Arc<Memory>,
    is_json: bool,
}

/// A part that has arrived, in memory or in a file.
pub struct ArrivedPart {
    /// Its media type, with parameters.
    pub content_type: String,
    /// What the metadata call it.
    pub location: Option<String>,
    /// Its bytes.
    pub body: Arriving,
}

/// One part of a request that brings metadata and bulk data apart.
pub struct StowPart {
    /// Its media type, with parameters.
    pub content_type: String,
    /// What the metadata call it.
    pub location: Option<String>,
    /// Its bytes.
    pub bytes: Bytes,
}

impl StowBody {
    /// Begins to read a body. `part_bytes` bounds each object; `memory` says what they take of memory.
    pub fn new<S, E>(
        content_type: &str,
        body: S,
        part_bytes: u64,
        memory: &Arc<Memory>,
    ) -> Result<Self, WebError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let ranges = super::ranges(content_type);
        let wanted = "multipart/related; type=\"application/dicom\"";
        let range = ranges
            .first()
            .filter(|range| range.media == "multipart/related");
        let range = range.ok_or(WebError::UnsupportedMedia(wanted))?;
        // Some clients leave the type of the root part out.
        let inner = range.parameter("type").unwrap_or(DICOM);
        let is_json = inner.eq_ignore_ascii_case(DICOM_JSON);
        if !is_json && !inner.eq_ignore_ascii_case(DICOM) {
            return Err(WebError::UnsupportedMedia(wanted));
        }
        // RFC 2046 has 70 letters at most; Orthanc uses 73.
        let boundary = range
            .parameter("boundary")
            .filter(|boundary| (1..=LONGEST_BOUNDARY).contains(&boundary.len()));
        let boundary = boundary
            .ok_or_else(|| WebError::BadRequest("the multipart boundary is missing".to_owned()))?;
        let limits = Constraints::new().size_limit(SizeLimit::new().per_field(part_bytes));
        Ok(Self {
            parts: Multipart::with_constraints(body, boundary, limits),
            memory: Arc::clone(memory),
            is_json,
        })
    }

    /// Whether the request brings metadata as DICOM JSON, and bulk data apart: then [`StowBody::next_part`]
    /// is to be asked, else [`StowBody::next`].
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// The next object; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Arriving>, WebError> {
        let Some(field) = self.field().await? else {
            return Ok(None);
        };
        if field
            .content_type()
            .is_some_and(|media| media.essence_str() != DICOM)
        {
            return Err(WebError::UnsupportedMedia(DICOM));
        }
        self.arrive(field).await.map(Some)
    }

    async fn arrive(&self, mut field: Field<'static>) -> Result<Arriving, WebError> {
        let mut arriving = self.memory.arriving();
        while let Some(bytes) = field.chunk().await.map_err(|error| bad(&error))? {
            arriving.push(&bytes);
            arriving.settle().await;
        }
        Ok(arriving)
    }

    /// The next part of a request with metadata; `None` after the last.
    pub async fn next_part(&mut self) -> Result<Option<ArrivedPart>, WebError> {
        let Some(field) = self.field().await? else {
            return Ok(None);
        };
        let text = |name: &str| {
            let value = field.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (content_type, location) = (text("content-type"), text("content-location"));
        Ok(Some(ArrivedPart {
            content_type: content_type.unwrap_or_default(),
            location,
            body: self.arrive(field).await?,
        }))
    }

    async fn field(&mut self) -> Result<Option<Field<'static>>, WebError> {
        self.parts.next_field().await.map_err(|error| bad(&error))
    }
}

fn bad(error: &multer::Error) -> WebError {
    match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            WebError::TooLarge
        }
        multer::Error::StreamReadFailed(_) => WebError::BadRequest("the body broke off".to_owned()),
        _ => WebError::BadRequest("the multipart body is not well formed".to_owned()),
    }
}

/// Why an object was not stored (PS3.18 table I.2-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StowReason {
    /// Refused: out of resources.
    OutOfResources,
    /// Error: data set does not match SOP class.
    Mismatch,
    /// Error: cannot understand.
    NotUnderstood,
    /// Refused: not authorized.
    NotAuthorized,
    /// Processing failure.
    Failed,
}

impl StowReason {
    fn code(self) -> u16 {
        match self {
            Self::OutOfResources => 0xa700,
            Self::Mismatch => 0xa900,
            Self::NotUnderstood => 0xc000,
            Self::NotAuthorized => 0x0124,
            Self::Failed => 0x0110,
        }
    }
}

/// What is answered to a STOW-RS request.
pub struct StowAnswer {
    base: String,
    stored: Vec<Value>,
    failed: Vec<Value>,
    study: Option<String>,
}

impl StowAnswer {
    /// An answer whose retrieve URLs begin with `base`, such as `https://host/dicom-web`.
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            stored: Vec::new(),
            failed: Vec::new(),
            study: None,
        }
    }

    /// Notes an object that was stored.
    pub fn stored(&mut self, object: &ParsedObject) {
        let study = format!("{}/studies/{}", self.base, object.study);
        let instance = format!("{study}/series/{}/instances/{}", object.series, object.sop);
        let mut item = reference(object.class.as_str(), object.sop.as_str());
        put(&mut item, tags::RETRIEVE_URL, "UR", instance);
        self.stored.push(Value::Object(item));
        self.study.get_or_insert(study);
    }

    /// Notes an object that was not; class and instance are empty where they are not known.
    pub fn failed(&mut self, class: &str, instance: &str, reason: StowReason) {
        let mut item = reference(class, instance);
        put(&mut item, tags::FAILURE_REASON, "US", reason.code());
        self.failed.push(Value::Object(item));
    }

    /// The HTTP status: 200 when all were stored, 202 when some were, 409 when none was.
    pub fn status(&self) -> u16 {
        match (self.stored.is_empty(), self.failed.is_empty()) {
            (false, true) => 200,
            (false, false) => 202,
            (true, _) => STOW_CONFLICT,
        }
    }

    /// The body, as DICOM JSON.
    pub fn json(self) -> Value {
        let mut body = Map::new();
        if let Some(study) = self.study {
            put(&mut body, tags::RETRIEVE_URL, "UR", study);
        }
        for (tag, items) in [
            (tags::REFERENCED_SOP_SEQUENCE, self.stored),
            (tags::FAILED_SOP_SEQUENCE, self.failed),
        ] {
            if !items.is_empty() {
                body.insert(tag_key(tag), json!({"vr": "SQ", "Value": items}));
            }
        }
        Value::Object(body)
    }
}

fn reference(class: &str, instance: &str) -> Map<String, Value> {
    let mut item = Map::new();
    for (tag, uid) in [
        (tags::REFERENCED_SOP_CLASS_UID, class),
        (tags::REFERENCED_SOP_INSTANCE_UID, instance),
    ] {
        if !uid.is_empty() {
            put(&mut item, tag, "UI", uid);
        }
    }
    item
}

fn put(item: &mut Map<String, Value>, tag: dicom_core::Tag, vr: &str, value: impl Into<Value>) {
    item.insert(tag_key(tag), json!({"vr": vr, "Value": [value.into()]}));
}
