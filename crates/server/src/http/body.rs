//! Large bodies, counted with all else that arrives.

use std::{error::Error, ops::Deref, sync::Arc};

use axum::{
    RequestExt as _,
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use dicom::receive::Held;
use futures::StreamExt as _;
use http_body_util::LengthLimitError;

use crate::{hospital::Hospital, http::Problem};

/// A whole body within the route's limit. Where many arrive at the same time they wait in files.
///
/// It comes after whoever sends it: name them, and ask for their permit, before.
pub struct Counted(Held);

impl Deref for Counted {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.0.bytes
    }
}

impl FromRequest<Arc<Hospital>> for Counted {
    type Rejection = Problem;

    async fn from_request(request: Request, hospital: &Arc<Hospital>) -> Result<Self, Problem> {
        let mut pieces = request.into_limited_body().into_data_stream();
        let mut arriving = hospital.memory.arriving();
        while let Some(piece) = pieces.next().await {
            arriving.push(&piece.map_err(|error| broken(&error))?);
            arriving.settle().await;
        }
        let held = arriving.whole(&[]).await;
        held.map(Self).map_err(|error| Problem::internal(&error))
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
