//! STOW-RS: objects are parsed and stored while the next ones are still arriving.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dicom::{
    ParsedObject,
    web::{self, StowAnswer, StowBody, StowPart, StowReason, WebError},
};
use policy::{Action, Actor, Object};
use record::RecordError;
use tokio::task::JoinSet;
use vocabulary::Uid;

use super::{base, retrieve::work, uid};
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    intake::{self, IntakeError},
};

/// The largest object that is taken.
const LARGEST_OBJECT: u64 = 2 << 30;
/// The largest request with metadata and bulk data apart.
const LARGEST_METADATA_REQUEST: u64 = 256 << 20;
/// The most objects of one request that are stored at a time: those that wait for the disk together are
/// written together.
const AT_ONCE: usize = 16;
/// What came of one object.
enum Outcome {
    Stored(Box<ParsedObject>),
    Failed {
        class: String,
        sop: String,
        reason: StowReason,
    },
}

/// STOW-RS for any study.
pub async fn any(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    store(hospital, caller, None, request).await
}

/// STOW-RS for one study: objects of another are refused one by one.
pub async fn of_study(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(study): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let study = uid(&study)?;
    store(hospital, caller, Some(study), request).await
}

async fn store(
    hospital: Arc<Hospital>,
    caller: Caller,
    study: Option<Uid>,
    request: Request,
) -> Result<Response, Problem> {
    let permit = hospital
        .permit(&caller, Action::StoreImaging, &Object::Everyone)
        .await?;
    // Before the first byte of it is taken: nothing of what comes could be kept.
    if !intake::may_bring(&hospital, &caller.actor, &permit) {
        return Err(Problem::forbidden("you may store images of nobody"));
    }
    let (parts, body) = request.into_parts();
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("");
    let memory = &hospital.memory;
    let mut body = StowBody::new(kind, body.into_data_stream(), LARGEST_OBJECT, memory)?;
    let mut answer = StowAnswer::new(base(&hospital, &parts.headers));
    let one = Arc::new(One {
        hospital,
        actor: caller.actor,
        study,
    });
    if body.is_json() {
        one.made_of_metadata(&mut body, &mut answer).await?;
    } else {
        one.as_they_arrive(&mut body, &mut answer).await?;
    }
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::OK);
    let mut response = (status, Json(answer.json())).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(web::DICOM_JSON),
    );
    Ok(response)
}

/// Waits for one object and notes what came of it.
async fn take(
    storing: &mut JoinSet<Result<Outcome, Problem>>,
    answer: &mut StowAnswer,
) -> Result<(), Problem> {
    let Some(done) = storing.join_next().await else {
        return Ok(());
    };
    note(done.map_err(|error| Problem::internal(&error))??, answer);
    Ok(())
}

fn note(outcome: Outcome, answer: &mut StowAnswer) {
    match outcome {
        Outcome::Stored(object) => answer.stored(&object),
        Outcome::Failed { class, sop, reason } => answer.failed(&class, &sop, reason),
    }
}

/// An object of which nothing is known.
fn failed(reason: StowReason) -> Outcome {
    Outcome::Failed {
        class: String::new(),
        sop: String::new(),
        reason,
    }
}

/// What all objects of a request have in common.
struct One {
    hospital: Arc<Hospital>,
    actor: Actor,
    study: Option<Uid>,
}

impl One {
    /// Stores objects while the next ones are still arriving. A broken object costs that object only; a lost
    /// ledger or a failing disk ends the request.
    async fn as_they_arrive(
        self: Arc<Self>,
        body: &mut StowBody,
        answer: &mut StowAnswer,
    ) -> Result<(), Problem> {
        let mut storing = JoinSet::new();
        while let Some(arrived) = body.next().await? {
            while storing.len() >= AT_ONCE {
                take(&mut storing, answer).await?;
            }
            let one = Arc::clone(&self);
            storing.spawn(async move {
                match arrived.whole(&[]).await {
                    // Its room is held until it is on disk.
                    Ok(held) => one.store(held.bytes.clone()).await,
                    Err(error) => {
                        tracing::error!(%error, "an object could not be put by while it arrived");
                        Ok(failed(StowReason::OutOfResources))
                    }
                }
            });
        }
        while !storing.is_empty() {
            take(&mut storing, answer).await?;
        }
        Ok(())
    }

    /// The objects of a request that brings metadata and bulk data apart. It is in memory whole once all of
    /// it has arrived, since bulk data may come in any order.
    async fn made_of_metadata(
        &self,
        body: &mut StowBody,
        answer: &mut StowAnswer,
    ) -> Result<(), Problem> {
        let mut arrived = Vec::new();
        let mut size = 0;
        while let Some(part) = body.next_part().await? {
            size += part.body.length();
            if size > LARGEST_METADATA_REQUEST {
                return Err(WebError::TooLarge.into());
            }
            arrived.push(part);
        }
        // The parts, and the objects that are made of them.
        let _room = self.hospital.memory.room(size.saturating_mul(2)).await;
        let mut parts = Vec::with_capacity(arrived.len());
        for part in arrived {
            let bytes = part.body.uncounted().await;
            parts.push(StowPart {
                content_type: part.content_type,
                location: part.location,
                bytes: bytes.map_err(|error| Problem::internal(&error))?,
            });
        }
        for file in work(move || web::files_of_metadata(parts)).await? {
            // Objects that could not be made are noted as not understood, as broken ones are.
            note(self.store(file.unwrap_or_default()).await?, answer);
        }
        Ok(())
    }

    async fn store(&self, file: Bytes) -> Result<Outcome, Problem> {
        let Ok(object) = dicom::parse_within(file, &self.hospital.memory).await else {
            return Ok(failed(StowReason::NotUnderstood));
        };
        let failed = |reason| {
            Ok(Outcome::Failed {
                class: object.class.to_string(),
                sop: object.sop.to_string(),
                reason,
            })
        };
        if self
            .study
            .as_ref()
            .is_some_and(|study| *study != object.study)
        {
            return failed(StowReason::Mismatch);
        }
        match intake::store(&self.hospital, &self.actor, object.clone()).await {
            Ok(_) => Ok(Outcome::Stored(Box::new(object))),
            Err(IntakeError::Record(RecordError::Conflict { .. })) => failed(StowReason::Mismatch),
            Err(IntakeError::Record(RecordError::Full)) => failed(StowReason::OutOfResources),
            Err(IntakeError::Refused(_)) => failed(StowReason::NotAuthorized),
            Err(error) => Err(error.into()),
        }
    }
}
