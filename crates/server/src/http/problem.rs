//! Errors as RFC 9457 problem documents: what, where and what to do; no Rust type, path or patient data.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use policy::{Refusal, RefusalKind};
use record::RecordError;
use serde_json::json;

use crate::http::request_id;

/// A refusal or failure, as the caller sees it.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// A problem with its status, a constant title, and what to do about it.
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            title,
            detail: detail.into(),
            retry_after_s: None,
        }
    }

    /// The input cannot be used.
    pub fn bad_input(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "The request cannot be used",
            detail,
        )
    }

    /// There is no such thing, or none that the caller may know of.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", detail)
    }

    /// The caller may not.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Not permitted", detail)
    }

    /// Nobody is signed in.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Not signed in",
            "sign in at /, or send a bearer token made by `yuanyi token new`",
        )
    }

    /// The server failed; the cause goes to the log, not to the caller.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(cause = %cause, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server failed",
            "nothing was changed; try again, and tell the operator the request id if it stays so",
        )
    }

    /// After this many seconds it may be tried again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What to do about it.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let reason = format!("{} · {}", refusal.reason.zh, refusal.reason.en);
        match refusal.kind {
            RefusalKind::NotPermitted => Self::forbidden(reason),
            RefusalKind::NotWitnessed => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The ledger cannot be written",
                reason,
            ),
        }
    }
}

impl From<scenario::Problem> for Problem {
    fn from(problem: scenario::Problem) -> Self {
        if let Some(cause) = &problem.cause {
            tracing::error!(%cause, "a scenario failed");
        }
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(
            status,
            "The scenario refused",
            format!("{} · {}", problem.detail.zh, problem.detail.en),
        )
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::NotPermitted => Self::forbidden("this permit does not cover the patient"),
            RecordError::Conflict { why, .. } => {
                Self::new(StatusCode::CONFLICT, "Changed meanwhile", why)
            }
            RecordError::Full => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "The disk is full",
                "nothing new can be kept; what is kept can be read; tell the operator to make room",
            ),
            other => Self::internal(&other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Json(json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "request_id": request_id(),
        }));
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
