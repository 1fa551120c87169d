//! WADO-RS: frames and bulk data of an object.

use std::{ops::Range, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use dicom::web::{self, FrameForm, Multipart, Pixels};
use futures::{StreamExt, TryStreamExt, stream};
use policy::Permit;
use record::StoredObject;

use super::{
    retrieve::{INSTANCE, accepted, boundary, find_one, work},
    stream::{Sender, is_known, not_modified, pieces, whole_or_part},
};
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
};

const OCTETS: &str = "application/octet-stream";
/// The path of native pixel data among the bulk data.
const PIXEL_DATA: &str = "7FE00010";
/// How many frames are read ahead of the client.
const AHEAD: usize = 4;

pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route(&format!("{INSTANCE}/frames/{{frames}}"), get(frames))
        .route(&format!("{INSTANCE}/bulkdata/{{*path}}"), get(bulk_data))
}

/// The media type without its parameters.
fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or(OCTETS)
}

async fn frames(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series, sop, frames)): Path<(String, String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let numbers: Result<Vec<u32>, _> = frames.split(',').map(str::parse).collect();
    let numbers = numbers.map_err(|_| Problem::bad_input("write frame numbers as 1,2,3"))?;
    let (permit, object) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let ranges = accepted(&headers, query.as_deref());
    let places = hospital
        .pixels
        .of(&*hospital.record, &permit, &object)
        .await?;
    if let Some(pixels) = places
        && let FrameForm::AsStored { content_type } = pixels.form(&ranges)
    {
        let places: Result<Vec<_>, _> = numbers
            .iter()
            .map(|number| Ok::<_, web::WebError>((*number, pixels.frame(*number)?)))
            .collect();
        let stored = StoredFrames {
            hospital,
            permit,
            object,
            pixels,
            content_type,
        };
        let single = ranges
            .first()
            .is_some_and(|range| range.media == essence(&stored.content_type));
        return stored.answer(&headers, places?, single).await;
    }
    let file = hospital.record.bytes_of(&permit, &object, None).await?;
    let alone = ranges.first().map(|range| range.media.clone());
    let found = work(move || web::frames(&file, &numbers, &ranges)).await?;
    if let [frame] = found.as_slice()
        && alone.is_some_and(|media| media == essence(&frame.content_type))
    {
        let kind = frame.content_type.clone();
        return Ok(([(header::CONTENT_TYPE, kind)], frame.bytes.clone()).into_response());
    }
    let inner = found
        .first()
        .map_or(OCTETS, |frame| essence(&frame.content_type));
    let multipart = Multipart::new(inner, boundary());
    let parts: Vec<_> = found
        .into_iter()
        .map(|frame| (frame.content_type, frame.bytes))
        .collect();
    Ok((
        [(header::CONTENT_TYPE, multipart.content_type())],
        multipart.whole(&parts),
    )
        .into_response())
}

/// Frames that are given as they lie in the file.
struct StoredFrames {
    hospital: Arc<Hospital>,
    permit: Permit,
    object: Arc<StoredObject>,
    pixels: Arc<Pixels>,
    content_type: String,
}

impl StoredFrames {
    async fn read(&self, (number, at): (u32, Range<u64>)) -> Result<Bytes, Problem> {
        let bytes = self
            .hospital
            .record
            .bytes_of(&self.permit, &self.object, Some(at))
            .await?;
        Ok(self.pixels.cut(number, bytes)?)
    }

    /// One frame whole, several as they are read. `single` asks for one frame without a multipart body.
    async fn answer(
        self,
        headers: &HeaderMap,
        places: Vec<(u32, Range<u64>)>,
        single: bool,
    ) -> Result<Response, Problem> {
        let numbers: Vec<String> = places.iter().map(|(n, _)| n.to_string()).collect();
        let digest = self.object.digest;
        let tag = format!("W/\"{digest}-frames-{}\"", numbers.join("."));
        if is_known(headers, &tag) {
            return Ok(not_modified(&tag));
        }
        let multipart = Multipart::new(essence(&self.content_type), boundary());
        let (kind, end) = (multipart.content_type(), multipart.end());
        if let [place] = places.as_slice() {
            let frame = self.read(place.clone()).await?;
            if single {
                let kind = self.content_type;
                return Ok(
                    ([(header::CONTENT_TYPE, kind), (header::ETAG, tag)], frame).into_response()
                );
            }
            let head = multipart.head(&self.content_type, None, frame.len() as u64);
            let parts = [head, frame, multipart.foot(), end];
            let length: usize = parts.iter().map(Bytes::len).sum();
            let answer: [(HeaderName, String); 3] = [
                (header::CONTENT_TYPE, kind),
                (header::ETAG, tag),
                (header::CONTENT_LENGTH, length.to_string()),
            ];
            let body = Body::from_stream(stream::iter(parts.map(Ok::<_, std::io::Error>)));
            return Ok((answer, body).into_response());
        }
        let frames = Arc::new(self);
        let parts = stream::iter(places)
            .map(move |place| {
                let (frames, multipart) = (Arc::clone(&frames), multipart.clone());
                async move {
                    let frame = frames.read(place).await;
                    let frame = frame
                        .map_err(|problem| std::io::Error::other(problem.detail().to_owned()))?;
                    let head = multipart.head(&frames.content_type, None, frame.len() as u64);
                    Ok::<_, std::io::Error>([head, frame, multipart.foot()])
                }
            })
            .buffered(AHEAD)
            .map_ok(|parts| stream::iter(parts.map(Ok::<_, std::io::Error>)))
            .try_flatten();
        let body = Body::from_stream(parts.chain(stream::once(async { Ok(end) })));
        Ok(([(header::CONTENT_TYPE, kind), (header::ETAG, tag)], body).into_response())
    }
}

async fn bulk_data(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series, sop, path)): Path<(String, String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (permit, object) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let tag = format!("\"{}-bulk-{path}\"", object.digest);
    if is_known(&headers, &tag) {
        return Ok(not_modified(&tag));
    }
    let ranges = accepted(&headers, query.as_deref());
    let single = ranges.first().is_some_and(|range| range.media == OCTETS);
    let native = if path == PIXEL_DATA {
        let places = hospital.pixels.of(&*hospital.record, &permit, &object);
        places.await?.and_then(|pixels| pixels.native())
    } else {
        None
    };
    let multipart = Multipart::new(OCTETS, boundary());
    if let (Some(place), true) = (native, single) {
        let sender = Sender {
            hospital,
            permit: Arc::new(permit),
            ranges: Arc::default(),
            multipart,
        };
        let size = place.end - place.start;
        return Ok(whole_or_part(&headers, OCTETS, &tag, size, |range| {
            let at = place.start + range.start..place.start + range.end;
            sender.body(pieces(&object, at))
        }));
    }
    let file = hospital.record.bytes_of(&permit, &object, None).await?;
    let bytes = work(move || web::bulk_data(&file, &path)).await?;
    if single {
        let size = bytes.len() as u64;
        return Ok(whole_or_part(&headers, OCTETS, &tag, size, |range| {
            let bound = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
            Body::from(bytes.slice(bound(range.start)..bound(range.end)))
        }));
    }
    let body = multipart.whole(&[(OCTETS.to_owned(), bytes)]);
    Ok(([(header::CONTENT_TYPE, multipart.content_type())], body).into_response())
}
