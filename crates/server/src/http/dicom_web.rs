//! `/dicom-web`: puts the messages of crate `dicom` on the wire.

use std::sync::Arc;

use axum::Router;

use crate::hospital::Hospital;

/// The routes below `/dicom-web`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
}
