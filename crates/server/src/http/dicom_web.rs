//! `/dicom-web`: puts the messages of `dicom::web` on the wire (PS3.18).

mod capabilities;
mod delete;
mod frames;
mod rendered;
mod retrieve;
mod store;
mod stream;
mod subscribers;
mod workitems;

pub use subscribers::WorkItemEvents;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, options},
};
use dicom::web::{self, WebError};
use fhir::decode_query;
use policy::{Action, Object};
use record::ImagingLevel;
use vocabulary::Uid;

use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
};

/// The routes below `/dicom-web`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/", options(capabilities::tell))
        .route("/studies", get(studies).post(store::any))
        .route("/series", get(all_series))
        .route("/instances", get(all_instances))
        .route(
            "/studies/{study}",
            get(retrieve::study)
                .post(store::of_study)
                .delete(delete::study),
        )
        .route("/studies/{study}/series", get(series))
        .route("/studies/{study}/instances", get(instances_of_study))
        .route("/studies/{study}/series/{series}/instances", get(instances))
        .merge(retrieve::routes())
        .layer(DefaultBodyLimit::disable())
        .merge(workitems::routes())
}

impl From<WebError> for Problem {
    fn from(error: WebError) -> Self {
        let status =
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            return Self::internal(&error);
        }
        Self::new(
            status,
            "The DICOMweb request was refused",
            format!("could not {error}"),
        )
    }
}

/// The address that retrieve URLs begin with.
fn base(hospital: &Hospital, headers: &HeaderMap) -> String {
    format!("{}/dicom-web", super::origin(hospital, headers))
}

fn uid(text: &str) -> Result<Uid, Problem> {
    Uid::new(text).map_err(|_| Problem::bad_input("a UID in the address is not well formed"))
}

/// A search (QIDO-RS).
async fn search(
    hospital: &Hospital,
    caller: &Caller,
    headers: &HeaderMap,
    query: Option<String>,
    level: ImagingLevel,
    parents: [Option<Uid>; 2],
) -> Result<Response, Problem> {
    let [study, series] = parents;
    let qido = web::qido(
        level,
        study,
        series,
        &decode_query(&query.unwrap_or_default()),
    )?;
    let permit = hospital
        .permit(caller, Action::ReadImaging, &Object::Everyone)
        .await?;
    let page = hospital.record.imaging(&permit, &qido.query).await?;
    if page.rows.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let given = page.rows.len();
    let answer = web::qido_answer(level, page.rows, &base(hospital, headers));
    let mut response = (
        [(header::CONTENT_TYPE, web::DICOM_JSON)],
        answer.to_string(),
    )
        .into_response();
    if let Some(warning) = qido
        .warning(given, page.total)
        .and_then(|text| HeaderValue::from_str(&text).ok())
    {
        response
            .headers_mut()
            .insert(HeaderName::from_static("warning"), warning);
    }
    Ok(response)
}

async fn studies(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    search(
        &hospital,
        &caller,
        &headers,
        query,
        ImagingLevel::Study,
        [None, None],
    )
    .await
}

async fn all_series(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    search(
        &hospital,
        &caller,
        &headers,
        query,
        ImagingLevel::Series,
        [None, None],
    )
    .await
}

async fn all_instances(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    search(
        &hospital,
        &caller,
        &headers,
        query,
        ImagingLevel::Instance,
        [None, None],
    )
    .await
}

async fn series(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(study): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    search(
        &hospital,
        &caller,
        &headers,
        query,
        ImagingLevel::Series,
        [Some(uid(&study)?), None],
    )
    .await
}

async fn instances_of_study(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(study): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    search(
        &hospital,
        &caller,
        &headers,
        query,
        ImagingLevel::Instance,
        [Some(uid(&study)?), None],
    )
    .await
}

async fn instances(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((study, series)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parents = [Some(uid(&study)?), Some(uid(&series)?)];
    search(
        &hospital,
        &caller,
        &headers,
        query,
        ImagingLevel::Instance,
        parents,
    )
    .await
}
