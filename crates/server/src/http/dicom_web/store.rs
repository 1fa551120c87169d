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
    web::{self, StowAnswer, StowBody, StowReason, WebError},
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
const LARGEST_METADATA_REQUEST: usize = 256 << 20;
/// The most objects of one request that are stored at a time: those that wait for the disk together are
/// written together.
const AT_ONCE: usize = 16;
/// The next object is read only once those being stored are no larger than this.
const ROOM: usize = 32 << 20;

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
    hospital
        .permit(&caller, Action::StoreImaging, &Object::Everyone)
        .await?;
    let (parts, body) = request.into_parts();
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("");
    let mut body = StowBody::new(kind, body.into_data_stream(), LARGEST_OBJECT)?;
    let mut answer = StowAnswer::new(base(&hospital, &parts.headers));
    let one = Arc::new(One {
        hospital,
        actor: caller.actor,
        study,
    });
    let mut storing = JoinSet::new();
    let mut in_memory = 0;
    let mut made = of_metadata(&mut body).await?.map(Vec::into_iter);
    loop {
        // A broken object costs that object only; a lost ledger or a failing disk ends the request.
        while storing.len() >= AT_ONCE || in_memory > ROOM {
            in_memory -= take(&mut storing, &mut answer).await?;
        }
        let next = match &mut made {
            // Objects that could not be made are noted as not understood, as broken ones are.
            Some(made) => made.next().map(Option::unwrap_or_default),
            None => body.next().await?,
        };
        let Some(file) = next else {
            break;
        };
        let (one, size) = (Arc::clone(&one), file.len());
        in_memory += size;
        storing.spawn(async move { (size, one.store(file).await) });
    }
    while !storing.is_empty() {
        take(&mut storing, &mut answer).await?;
    }
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::OK);
    let mut response = (status, Json(answer.json())).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(web::DICOM_JSON),
    );
    Ok(response)
}

/// The objects of a request that brings metadata and bulk data apart. It is in memory whole, since bulk
/// data may come in any order.
async fn of_metadata(body: &mut StowBody) -> Result<Option<Vec<Option<Bytes>>>, Problem> {
    if !body.is_json() {
        return Ok(None);
    }
    let mut parts = Vec::new();
    let mut size = 0;
    while let Some(part) = body.next_part().await? {
        size += part.bytes.len();
        if size > LARGEST_METADATA_REQUEST {
            return Err(WebError::TooLarge.into());
        }
        parts.push(part);
    }
    work(move || web::files_of_metadata(parts)).await.map(Some)
}

/// Waits for one object and notes what came of it; answers its size.
async fn take(
    storing: &mut JoinSet<(usize, Result<Outcome, Problem>)>,
    answer: &mut StowAnswer,
) -> Result<usize, Problem> {
    let Some(done) = storing.join_next().await else {
        return Ok(0);
    };
    let (size, outcome) = done.map_err(|error| Problem::internal(&error))?;
    match outcome? {
        Outcome::Stored(object) => answer.stored(&object),
        Outcome::Failed { class, sop, reason } => answer.failed(&class, &sop, reason),
    }
    Ok(size)
}

/// What all objects of a request have in common.
struct One {
    hospital: Arc<Hospital>,
    actor: Actor,
    study: Option<Uid>,
}

impl One {
    async fn store(&self, file: Bytes) -> Result<Outcome, Problem> {
        let parsed = tokio::task::spawn_blocking(move || dicom::parse(file)).await;
        let Ok(object) = parsed.map_err(|error| Problem::internal(&error))? else {
            return Ok(Outcome::Failed {
                class: String::new(),
                sop: String::new(),
                reason: StowReason::NotUnderstood,
            });
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
