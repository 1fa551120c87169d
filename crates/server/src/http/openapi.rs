//! What has no standard of its own, described for programs.

use std::sync::Arc;

use axum::{Router, http::header, response::IntoResponse, routing::get};

use crate::hospital::Hospital;

/// Written by `contract/openapi/write.mjs` from the calls and the types of the contract.
const DOCUMENT: &str = include_str!("../../../../contract/openapi.json");

/// `/openapi.json`; who may read it need not be signed in.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new().route("/openapi.json", get(document))
}

async fn document() -> impl IntoResponse {
    // The registered type of OpenAPI documents is no more than JSON to all tools that read them.
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
