//! WADO-RS: objects, frames, metadata, bulk data and pictures.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use dicom::web::{self, DICOM, DICOM_JSON, MediaRange, Multipart, Rendering, WebError};
use fhir::decode_query;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use policy::{Action, Object, Permit};
use record::{ImagingLevel, ImagingQuery, Instance};
use serde_json::Value;
use tokio::task::spawn_blocking;
use vocabulary::Uid;

use super::{base, uid};
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
};

const INSTANCE: &str = "/studies/{study}/series/{series}/instances/{instance}";

/// What is retrieved of a study, series or instance.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/studies/{study}/metadata", get(study_metadata))
        .route("/studies/{study}/series/{series}", get(series))
        .route(
            "/studies/{study}/series/{series}/metadata",
            get(series_metadata),
        )
        .route(INSTANCE, get(instance))
        .route(&format!("{INSTANCE}/metadata"), get(instance_metadata))
        .route(&format!("{INSTANCE}/frames/{{frames}}"), get(frames))
        .route(&format!("{INSTANCE}/rendered"), get(rendered))
        .route(&format!("{INSTANCE}/bulkdata/{{*path}}"), get(bulk_data))
}

/// Stored objects, and the permit to read them.
struct Found {
    permit: Permit,
    objects: Vec<Instance>,
}

fn refused() -> Problem {
    Problem::not_found("there is no such study, series or instance, or you may not see it")
}

/// The objects of a study or one of its series; a permit is asked for the patient whom they show.
async fn find(
    hospital: &Hospital,
    caller: &Caller,
    study: &str,
    series: Option<&str>,
) -> Result<Found, Problem> {
    let study = uid(study)?;
    let series = series.map(uid).transpose()?;
    let patient = hospital
        .patient_of_images(Some(&study), series.as_ref())
        .await?
        .ok_or_else(refused)?;
    let permit = hospital
        .permit(caller, Action::ReadImaging, &Object::Patient(patient))
        .await?;
    let wanted = match series {
        Some(series) => vec![series],
        None => series_of(hospital, &permit, &study).await?,
    };
    let mut objects = Vec::new();
    for series in wanted {
        let of_series = hospital.record.series_instances(&permit, &series).await?;
        objects.extend(of_series.into_iter().filter(|object| object.study == study));
    }
    if objects.is_empty() {
        Err(refused())
    } else {
        Ok(Found { permit, objects })
    }
}

async fn series_of(hospital: &Hospital, permit: &Permit, study: &Uid) -> Result<Vec<Uid>, Problem> {
    let query = ImagingQuery {
        level: ImagingLevel::Series,
        subject: None,
        study: Some(study.clone()),
        series: None,
        matching: vec![],
        limit: 10_000,
        offset: 0,
    };
    let rows = hospital.record.imaging(permit, &query).await?.rows;
    let uid = |value: &Value| {
        value
            .pointer("/Value/0")
            .and_then(Value::as_str)
            .and_then(|uid| Uid::new(uid).ok())
    };
    Ok(rows
        .iter()
        .filter_map(|row| uid(row.attributes.get("0020000E")?))
        .collect())
}

/// One object and its bytes.
async fn find_one(
    hospital: &Hospital,
    caller: &Caller,
    [study, series, instance]: [&str; 3],
) -> Result<(Instance, Bytes), Problem> {
    let [study, series, sop] = [uid(study)?, uid(series)?, uid(instance)?];
    let patient = hospital
        .patient_of_images(Some(&study), Some(&series))
        .await?
        .ok_or_else(refused)?;
    let permit = hospital
        .permit(caller, Action::ReadImaging, &Object::Patient(patient))
        .await?;
    let object = hospital.record.instance(&permit, &sop).await?;
    let object = object
        .filter(|found| found.study == study && found.series == series)
        .ok_or_else(refused)?;
    let bytes = hospital.record.object(&permit, &object, None).await?;
    Ok((object, bytes))
}

fn accepted(headers: &HeaderMap) -> Vec<MediaRange> {
    web::ranges(
        headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .unwrap_or(""),
    )
}

fn boundary() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Work on an object's bytes, outside of the async threads.
async fn work<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, WebError> + Send + 'static,
) -> Result<T, Problem> {
    Ok(spawn_blocking(job)
        .await
        .map_err(|error| Problem::internal(&error))??)
}

/// How many objects are read ahead of the client.
const AHEAD: usize = 4;

/// Streams objects as parts; only those read ahead are in memory.
fn objects(hospital: Arc<Hospital>, found: Found, ranges: Vec<MediaRange>) -> Response {
    let multipart = Multipart::new(DICOM, boundary());
    let kind = multipart.content_type();
    let end = multipart.end();
    let parts = parts(hospital, found, ranges, multipart);
    let body = parts.chain(stream::once(async { Ok(end) }));
    ([(header::CONTENT_TYPE, kind)], Body::from_stream(body)).into_response()
}

fn parts(
    hospital: Arc<Hospital>,
    Found { permit, objects }: Found,
    ranges: Vec<MediaRange>,
    multipart: Multipart,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    let (permit, ranges) = (Arc::new(permit), Arc::new(ranges));
    stream::iter(objects)
        .map(move |object| {
            let (hospital, permit, ranges) = (
                Arc::clone(&hospital),
                Arc::clone(&permit),
                Arc::clone(&ranges),
            );
            async move {
                let file = hospital
                    .record
                    .object(&permit, &object, None)
                    .await
                    .map_err(std::io::Error::other)?;
                let stored = object.transfer_syntax.to_string();
                let made = spawn_blocking(move || web::as_accepted(file, &stored, &ranges)).await;
                made.map_err(std::io::Error::other)?
                    .map_err(std::io::Error::other)
            }
        })
        .buffered(AHEAD)
        .map_ok(move |(bytes, syntax): (Bytes, String)| {
            let kind = format!("{DICOM}; transfer-syntax={syntax}");
            let pieces = [
                multipart.head(&kind, None, bytes.len()),
                bytes,
                multipart.foot(),
            ];
            stream::iter(pieces.map(Ok))
        })
        .try_flatten()
}

/// A whole study.
pub async fn study(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(study): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&hospital, &caller, &study, None).await?;
    Ok(objects(hospital, found, accepted(&headers)))
}

async fn series(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let found = find(&hospital, &caller, &study, Some(&series)).await?;
    Ok(objects(hospital, found, accepted(&headers)))
}

type ThreeUids = Path<(String, String, String)>;

async fn instance(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series, sop)): ThreeUids,
) -> Result<Response, Problem> {
    let (object, file) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let ranges = accepted(&headers);
    let single = ranges.first().is_some_and(|range| range.media == DICOM);
    let stored = object.transfer_syntax.to_string();
    let (bytes, syntax) = work(move || web::as_accepted(file, &stored, &ranges)).await?;
    let kind = format!("{DICOM}; transfer-syntax={syntax}");
    if single {
        return Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response());
    }
    let multipart = Multipart::new(DICOM, boundary());
    Ok((
        [(header::CONTENT_TYPE, multipart.content_type())],
        multipart.whole(&[(kind, bytes)]),
    )
        .into_response())
}

/// The metadata of objects as one DICOM JSON array.
async fn metadata_of(hospital: &Hospital, found: Found, base: &str) -> Result<Response, Problem> {
    let mut all = Vec::with_capacity(found.objects.len());
    for object in &found.objects {
        let file = hospital.record.object(&found.permit, object, None).await?;
        let url = format!(
            "{base}/studies/{}/series/{}/instances/{}",
            object.study, object.series, object.sop
        );
        all.push(work(move || web::metadata(&file, &url)).await?);
    }
    Ok((
        [(header::CONTENT_TYPE, DICOM_JSON)],
        Value::Array(all).to_string(),
    )
        .into_response())
}

async fn study_metadata(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(study): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&hospital, &caller, &study, None).await?;
    metadata_of(&hospital, found, &base(&hospital, &headers)).await
}

async fn series_metadata(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let found = find(&hospital, &caller, &study, Some(&series)).await?;
    metadata_of(&hospital, found, &base(&hospital, &headers)).await
}

async fn instance_metadata(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series, sop)): ThreeUids,
) -> Result<Response, Problem> {
    let (object, file) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let base = base(&hospital, &headers);
    let url = format!(
        "{base}/studies/{}/series/{}/instances/{}",
        object.study, object.series, object.sop
    );
    let metadata = work(move || web::metadata(&file, &url)).await?;
    Ok((
        [(header::CONTENT_TYPE, DICOM_JSON)],
        Value::Array(vec![metadata]).to_string(),
    )
        .into_response())
}

async fn frames(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series, sop, frames)): Path<(String, String, String, String)>,
) -> Result<Response, Problem> {
    let numbers: Result<Vec<u32>, _> = frames.split(',').map(str::parse).collect();
    let numbers = numbers.map_err(|_| Problem::bad_input("write frame numbers as 1,2,3"))?;
    let (_, file) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let ranges = accepted(&headers);
    let found = work(move || web::frames(&file, &numbers, &ranges)).await?;
    let inner = found.first().map_or("application/octet-stream", |frame| {
        frame
            .content_type
            .split(';')
            .next()
            .unwrap_or("application/octet-stream")
    });
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

async fn rendered(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series, sop)): ThreeUids,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let rendering = Rendering::of(&decode_query(&query.unwrap_or_default()))?;
    let (_, file) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let ranges = accepted(&headers);
    let (kind, picture) = work(move || web::rendered(&file, &rendering, &ranges)).await?;
    Ok(([(header::CONTENT_TYPE, kind)], picture).into_response())
}

async fn bulk_data(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((study, series, sop, path)): Path<(String, String, String, String)>,
) -> Result<Response, Problem> {
    let (_, file) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let bytes = work(move || web::bulk_data(&file, &path)).await?;
    let multipart = Multipart::new("application/octet-stream", boundary());
    let body = multipart.whole(&[("application/octet-stream".to_owned(), bytes)]);
    Ok(([(header::CONTENT_TYPE, multipart.content_type())], body).into_response())
}
