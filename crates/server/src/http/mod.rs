//! HTTP: the client, its calls, FHIR, DICOMweb and the ledger.

mod bedside;
mod body;
mod caller;
mod cds_services;
mod client_files;
mod command;
mod devices;
mod dicom_web;
mod duty;
mod edge;
mod fhir;
mod functions;
mod gateway;
mod home;
mod imaging;
mod inference;
mod ledger;
mod licences;
mod models;
mod nodules;
mod openapi;
mod pacs;
mod patients;
mod problem;
mod quality;
mod research;
pub mod rooms;
mod scenarios;
mod security;
mod session;
mod settings;
mod signals;
mod stays;
mod teaching;
mod turns;
mod upgrades;
mod volumes;
mod ward;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, CompressionLevel,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
};

pub use body::LargeBody;
pub use caller::Caller;
pub use dicom_web::WorkItemEvents;
pub use problem::Problem;
pub use rooms::{Named, Sanctioned, Streams};

use crate::{hospital::Hospital, transport};

tokio::task_local! {
    static REQUEST_ID: String;
    static ENCRYPTED: bool;
}

/// The id of the request being answered; it stands in errors and in the log.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// Whether the request being answered came encrypted: by the door with TLS, or by a proxy that the operator names.
fn is_encrypted(hospital: &Hospital) -> bool {
    hospital.config.secure_cookies || ENCRYPTED.try_with(|encrypted| *encrypted).unwrap_or(false)
}

/// Where the hospital is, as who asks calls it.
fn origin(hospital: &Hospital, headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    let scheme = if is_encrypted(hospital) {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{host}")
}

/// All routes of the hospital.
pub fn routes(hospital: Arc<Hospital>) -> Router {
    let api = Router::new()
        .merge(session::routes())
        .merge(devices::routes())
        .merge(upgrades::routes())
        .merge(edge::routes())
        .merge(functions::routes())
        .merge(gateway::routes())
        .merge(home::routes())
        .merge(imaging::routes())
        .merge(inference::routes())
        .merge(licences::routes())
        .merge(volumes::routes())
        .merge(models::routes())
        .merge(nodules::routes())
        .merge(openapi::routes())
        .merge(pacs::routes())
        .merge(patients::routes())
        .merge(quality::routes())
        .merge(rooms::routes())
        .merge(scenarios::routes())
        .merge(signals::routes())
        .merge(ward::routes())
        .merge(duty::routes())
        .merge(stays::routes())
        .merge(bedside::routes())
        .merge(command::routes())
        .merge(security::routes())
        .merge(settings::routes())
        .nest("/ledger", ledger::routes())
        .nest("/research", research::routes())
        .nest("/teaching", teaching::routes())
        .fallback(|| async {
            Problem::not_found("there is no such call; GET /api/openapi.json describes all")
        })
        .layer(DefaultBodyLimit::max(1 << 20));
    Router::new()
        .nest("/api", api)
        .nest("/cds-services", cds_services::routes())
        .nest("/fhir", fhir::routes())
        .nest("/dicom-web", dicom_web::routes())
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(client_files::serve)
        .layer(compression())
        .layer(CatchPanicLayer::custom(|_| {
            Problem::internal(&"a handler panicked").into_response()
        }))
        .layer(middleware::from_fn(with_request_id))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&hospital),
            with_security_headers,
        ))
        .with_state(hospital)
}

/// The same for what comes by the door with TLS.
pub fn encrypted(routes: Router) -> Router {
    routes.layer(middleware::from_fn(async |request: Request, next: Next| {
        ENCRYPTED.scope(true, next.run(request)).await
    }))
}

/// Volumes carry their own encoding, images are compressed already.
fn compression() -> CompressionLayer<impl Predicate> {
    let worthwhile = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::const_new("multipart/related"))
        .and(NotForContentType::const_new("application/dicom"))
        .and(NotForContentType::const_new("model/gltf-binary"));
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(5))
        .compress_when(worthwhile)
}

async fn ready(State(hospital): State<Arc<Hospital>>) -> Response {
    match hospital.record.checkpoint().await {
        Ok(_) => "ready".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the record cannot be read").into_response(),
    }
}

/// Figures about the server itself, in the `OpenMetrics` text format.
async fn metrics(State(hospital): State<Arc<Hospital>>) -> impl IntoResponse {
    let entries = *hospital.record.feed().borrow();
    let rooms = hospital.rooms.open_count();
    let text = format!(
        "# TYPE yuanyi_journal_entries counter\nyuanyi_journal_entries_total {entries}\n\
         # TYPE yuanyi_open_rooms gauge\nyuanyi_open_rooms {rooms}\n# EOF\n"
    );
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text)
}

async fn with_request_id(request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let method = request.method().clone();
    let started = std::time::Instant::now();
    let mut response = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    // The path is left out: below /fhir it may hold what a search asked for.
    tracing::debug!(request = %id, %method, status = response.status().as_u16(),
        ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX), "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// By which name or address the page was opened that asks, without its port.
fn page_host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let asked = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST)?.to_str().ok()?,
    };
    transport::outer(asked).map(|(host, _)| host)
}

/// What pages may load, and where they may connect to: the hospital, and its door for poses beside it.
fn content_security_policy(poses: Option<&str>) -> String {
    let poses = poses.map_or_else(String::new, |at| format!(" https://{at}"));
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; \
         img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; connect-src 'self' blob:{poses}; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
}

const SECURITY_HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    // A room shows pages of its own hospital beside the stage; nobody else shows them in a frame.
    ("x-frame-options", "SAMEORIGIN"),
    ("referrer-policy", "no-referrer"),
    (
        "permissions-policy",
        "xr-spatial-tracking=(self), microphone=(self), camera=(self), geolocation=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
];

async fn with_security_headers(
    State(hospital): State<Arc<Hospital>>,
    request: Request,
    next: Next,
) -> Response {
    let page = page_host(request.uri(), request.headers());
    let poses = hospital.transport.authority(page.as_deref());
    let health_data = ["/api", "/cds-services", "/fhir", "/dicom-web"]
        .iter()
        .any(|part| request.uri().path().starts_with(part));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(poses.as_deref())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in SECURITY_HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if health_data && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// A JSON answer with status 202: not yet, come again.
fn not_yet(progress: f32, step: &str) -> Response {
    (
        StatusCode::ACCEPTED,
        Json(json!({"progress": progress, "step": step, "again_after_ms": 250})),
    )
        .into_response()
}
