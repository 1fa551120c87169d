//! Large bodies, counted with all else that arrives.

use std::{convert::Infallible, error::Error, sync::Arc};

use axum::{
    RequestExt as _,
    body::Body,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use dicom::receive::{Held, Memory};
use futures::StreamExt as _;
use http_body_util::LengthLimitError;

use crate::http::Problem;

/// A body within the route's limit that is not read yet: whoever takes it asks for its sender's permit before.
pub struct LargeBody(Body);

impl<S: Sync> FromRequest<S> for LargeBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(request.into_limited_body()))
    }
}

impl LargeBody {
    /// All of it, in memory that is counted; where many arrive at the same time they wait in files.
    pub async fn whole(self, memory: &Arc<Memory>) -> Result<Held, Problem> {
        let mut pieces = self.0.into_data_stream();
        let mut arriving = memory.arriving();
        while let Some(piece) = pieces.next().await {
            arriving.push(&piece.map_err(|error| broken(&error))?);
            arriving.settle().await;
        }
        let held = arriving.whole(&[]).await;
        held.map_err(|error| Problem::internal(&error))
    }
}

fn broken(error: &axum::Error) -> Problem {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    if causes.any(<dyn Error>::is::<LengthLimitError>) {
        return Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Too large",
            "the body is larger than this call takes",
        );
    }
    Problem::new(
        StatusCode::BAD_REQUEST,
        "Broken off",
        "the body did not come whole: send it again",
    )
}
