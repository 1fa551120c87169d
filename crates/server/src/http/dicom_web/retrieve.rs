//! WADO-RS: whole objects and their metadata.

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
use dicom::web::{self, DICOM, DICOM_JSON, MediaRange, Multipart, WebError};
use futures::{StreamExt, stream};
use policy::{Action, Object, Permit};
use record::StoredObject;

use super::{
    base, delete, frames, rendered,
    stream::{Piece, Sender, is_known, not_modified, part_head, pieces, whole_or_part},
    uid,
};
use crate::{
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
    pixels::PixelsError,
};

/// The path of one instance.
pub const INSTANCE: &str = "/studies/{study}/series/{series}/instances/{instance}";
/// How many objects' heads are read ahead for metadata.
const AHEAD: usize = 4;

/// What is retrieved of a study, series or instance.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/studies/{study}/metadata", get(study_metadata))
        .route(
            "/studies/{study}/series/{series}",
            get(series).delete(delete::series),
        )
        .route(
            "/studies/{study}/series/{series}/metadata",
            get(series_metadata),
        )
        .route(INSTANCE, get(instance).delete(delete::instance))
        .route(&format!("{INSTANCE}/metadata"), get(instance_metadata))
        .merge(frames::routes())
        .merge(rendered::routes())
}

/// Stored objects, and the permit to read them.
pub struct Found {
    pub permit: Permit,
    pub objects: Vec<StoredObject>,
}

pub fn refused() -> Problem {
    Problem::not_found("there is no such study, series or instance, or you may not see it")
}

impl From<PixelsError> for Problem {
    fn from(error: PixelsError) -> Self {
        match error {
            PixelsError::Record(error) => error.into(),
            PixelsError::Object(error) => error.into(),
        }
    }
}

/// The objects of a study, series or instance; a permit is asked for the patient whom they show.
pub async fn find(
    hospital: &Hospital,
    caller: &Caller,
    study: &str,
    series: Option<&str>,
    instance: Option<&str>,
) -> Result<Found, Problem> {
    let study = uid(study)?;
    let [series, instance] = [series.map(uid).transpose()?, instance.map(uid).transpose()?];
    let mut objects = hospital
        .find_images(&study, series.as_ref(), instance.as_ref())
        .await?;
    let patient = objects.first().ok_or_else(refused)?.subject.clone();
    let permit = hospital
        .permit(caller, Action::ReadImaging, &Object::Patient(patient))
        .await?;
    // A study's UID may have been given twice by mistake: what shows someone else is not given.
    objects.retain(|object| permit.covers(Some(&object.subject)));
    Ok(Found { permit, objects })
}

/// One object.
pub async fn find_one(
    hospital: &Hospital,
    caller: &Caller,
    [study, series, instance]: [&str; 3],
) -> Result<(Permit, Arc<StoredObject>), Problem> {
    let found = find(hospital, caller, study, Some(series), Some(instance)).await?;
    let object = found.objects.into_iter().next().ok_or_else(refused)?;
    Ok((found.permit, Arc::new(object)))
}

/// What the client accepts. The query parameter `accept` stands for the header where it is given (PS3.18
/// section 8.3.3.1), since a link cannot carry headers.
pub fn accepted(headers: &HeaderMap, query: Option<&str>) -> Vec<MediaRange> {
    let parameters = fhir::decode_query(query.unwrap_or_default());
    let given = parameters
        .iter()
        .find(|(name, _)| name == "accept")
        .map(|(_, value)| value.as_str());
    let header = || {
        headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
    };
    web::ranges(given.or_else(header).unwrap_or(""))
}

pub fn boundary() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Work on an object's bytes, outside of the async threads, when it is its turn.
pub async fn work<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, WebError> + Send + 'static,
) -> Result<T, Problem> {
    Ok(in_turn(job).await??)
}

/// Streams objects as parts.
async fn objects(
    hospital: Arc<Hospital>,
    found: Found,
    ranges: Vec<MediaRange>,
) -> Result<Response, Problem> {
    // What cannot be given is refused before the answer begins.
    let forms: Result<Vec<_>, _> = found
        .objects
        .iter()
        .map(|object| web::made_as(object.transfer_syntax.as_str(), &ranges))
        .collect();
    let forms = forms?;
    let multipart = Multipart::new(DICOM, boundary());
    let kind = multipart.content_type();
    let sender = Sender {
        hospital,
        permit: Arc::new(found.permit),
        ranges: Arc::new(ranges),
        multipart: multipart.clone(),
    };
    let all: Vec<_> = found.objects.into_iter().map(Arc::new).zip(forms).collect();
    // Whether an image fits into a transfer syntax shows once it is put there: the first one stands for
    // those like it.
    let mut first = None;
    if let Some((object, _)) = all.iter().find(|(_, form)| form.is_some()) {
        first = Some((object.sequence, sender.anew(object).await?));
    }
    let end = multipart.end();
    let parts = all.into_iter().flat_map(move |(object, form)| {
        let parts: Box<dyn Iterator<Item = Piece> + Send> = if form.is_none() {
            let head = part_head(&multipart, object.transfer_syntax.as_str(), object.size);
            Box::new(
                std::iter::once(Piece::Ready(head))
                    .chain(pieces(&object, 0..object.size))
                    .chain([Piece::Ready(multipart.foot())]),
            )
        } else if let Some((_, made)) = first.take_if(|(made, _)| *made == object.sequence) {
            Box::new(made.into_iter().map(Piece::Ready))
        } else {
            Box::new(std::iter::once(Piece::Anew(object)))
        };
        parts
    });
    let body = sender.body(parts.chain([Piece::Ready(end)]));
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}

/// A whole study.
pub async fn study(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(study): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let found = find(&hospital, &caller, &study, None, None).await?;
    objects(hospital, found, accepted(&headers, query.as_deref())).await
}

async fn series(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let found = find(&hospital, &caller, &study, Some(&series), None).await?;
    objects(hospital, found, accepted(&headers, query.as_deref())).await
}

/// The path of an instance, taken apart.
type ThreeUids = Path<(String, String, String)>;

async fn instance(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series, sop)): ThreeUids,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (permit, object) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let ranges = accepted(&headers, query.as_deref());
    let single = ranges.first().is_some_and(|range| range.media == DICOM);
    let as_stored = web::made_as(object.transfer_syntax.as_str(), &ranges)?.is_none();
    if !single {
        let found = Found {
            permit,
            objects: vec![StoredObject::clone(&object)],
        };
        return objects(hospital, found, ranges).await;
    }
    if !as_stored {
        let file = hospital.record.bytes_of(&permit, &object, None).await?;
        let stored = object.transfer_syntax.to_string();
        let (bytes, syntax) = work(move || web::as_accepted(file, &stored, &ranges)).await?;
        let kind = format!("{DICOM}; transfer-syntax={syntax}");
        return Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response());
    }
    let tag = format!("\"{}\"", object.digest);
    if is_known(&headers, &tag) {
        return Ok(not_modified(&tag));
    }
    let kind = format!("{DICOM}; transfer-syntax={}", object.transfer_syntax);
    let sender = Sender {
        hospital,
        permit: Arc::new(permit),
        ranges: Arc::default(),
        multipart: Multipart::new(DICOM, ""),
    };
    Ok(whole_or_part(&headers, &kind, &tag, object.size, |range| {
        sender.body(pieces(&object, range))
    }))
}

/// The metadata of objects as one DICOM JSON array, each read when it is its turn.
fn metadata_of(hospital: Arc<Hospital>, found: Found, base: String) -> Response {
    let permit = Arc::new(found.permit);
    let items = stream::iter(found.objects)
        .map(move |object| {
            let (hospital, permit) = (Arc::clone(&hospital), Arc::clone(&permit));
            let base = base.clone();
            async move {
                let metadata = metadata(&hospital, &permit, &object, &base).await;
                metadata.map_err(|problem| std::io::Error::other(problem.detail().to_owned()))
            }
        })
        .buffered(AHEAD)
        .enumerate()
        .map(|(number, item)| item.map(|text| Bytes::from(format!("{}{text}", comma(number)))));
    let end = stream::once(async { Ok(Bytes::from_static(b"]")) });
    let body = Body::from_stream(items.chain(end));
    ([(header::CONTENT_TYPE, DICOM_JSON)], body).into_response()
}

fn comma(number: usize) -> &'static str {
    if number == 0 { "[" } else { "," }
}

/// The metadata of one object as JSON. Of an object with pixel data only what stands before them is read.
async fn metadata(
    hospital: &Hospital,
    permit: &Permit,
    object: &StoredObject,
    base: &str,
) -> Result<String, Problem> {
    let places = hospital
        .pixels
        .of(&*hospital.record, permit, object)
        .await?;
    let head = places.map(|pixels| 0..pixels.value_at);
    let file = hospital.record.bytes_of(permit, object, head).await?;
    let url = format!(
        "{base}/studies/{}/series/{}/instances/{}",
        object.study, object.series, object.sop
    );
    work(move || Ok(web::metadata(&file, &url)?.to_string())).await
}

async fn study_metadata(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(study): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&hospital, &caller, &study, None, None).await?;
    let base = base(&hospital, &headers);
    Ok(metadata_of(hospital, found, base))
}

async fn series_metadata(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let found = find(&hospital, &caller, &study, Some(&series), None).await?;
    let base = base(&hospital, &headers);
    Ok(metadata_of(hospital, found, base))
}

async fn instance_metadata(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series, sop)): ThreeUids,
) -> Result<Response, Problem> {
    let (permit, object) = find_one(&hospital, &caller, [&study, &series, &sop]).await?;
    let base = base(&hospital, &headers);
    let text = metadata(&hospital, &permit, &object, &base).await?;
    Ok(([(header::CONTENT_TYPE, DICOM_JSON)], format!("[{text}]")).into_response())
}
