//! UPS-RS: work items are made, looked for and carried on (PS3.18 chapter 11).
//!
//! A work item is a resource of the record of a kind of its own, so that every change of it is a fact with its
//! author, and FHIR does not change it behind the state machine's back.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use dicom::{
    PatientIdentity,
    web::{
        self, CancelRequest, DICOM_JSON, EventType, StateChange, WebError, WorkItem, WorkItemSearch,
    },
};
use fhir::decode_query;
use policy::{Action, Object};
use record::{
    Batch, NewFact, Precondition, RecordError, ResourceKey, ResourceQuery, matching::first_text,
};
use serde_json::Value;
use vocabulary::{PatientId, Uid};

use super::{base, subscribers, uid};
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
    intake,
};

/// The kind of resource that a work item is in the record.
pub const KIND: &str = "UnifiedProcedureStep";
/// The largest work item.
const LARGEST: usize = 4 << 20;
/// Work items that one search goes through at most.
const MOST: usize = 10_000;

/// The routes of the worklist.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/workitems", get(search).post(create))
        .route("/workitems/{item}", get(retrieve).post(update))
        .route("/workitems/{item}/state", put(change_state))
        .route("/workitems/{item}/cancelrequest", post(cancel))
        .merge(subscribers::routes())
        .layer(DefaultBodyLimit::max(LARGEST))
}

/// A work item in the record.
pub struct Kept {
    pub uid: Uid,
    pub item: WorkItem,
    pub subject: Option<PatientId>,
    version: u64,
}

/// Whom something about a work item is asked for.
pub fn object_of(subject: Option<&PatientId>) -> Object {
    subject.map_or(Object::Hospital, |subject| Object::Patient(subject.clone()))
}

fn now() -> String {
    let digits = clock::now().to_string();
    let digits: String = digits
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .collect();
    format!("{digits}+0000")
}

fn key(uid: &Uid) -> ResourceKey {
    ResourceKey {
        kind: KIND.to_owned(),
        id: uid.to_string(),
    }
}

fn unknown() -> Problem {
    Problem::not_found("there is no such work item, or you may not see it")
}

/// The work item of a path, for one who may do this with it.
pub async fn find(
    hospital: &Hospital,
    caller: &Caller,
    action: Action,
    item: &str,
) -> Result<Kept, Problem> {
    let uid = uid(item)?;
    let key = key(&uid);
    let found = hospital
        .record
        .resource(hospital.finding().await?, &key, None);
    let found = found.await?.ok_or_else(unknown)?;
    hospital
        .permit(caller, action, &object_of(found.subject.as_ref()))
        .await?;
    let Some(Value::Object(body)) = found.body else {
        return Err(unknown());
    };
    Ok(Kept {
        uid,
        item: attributes(body),
        subject: found.subject,
        version: found.version,
    })
}

/// The data set of a resource: its members that are tags.
pub fn attributes(mut body: WorkItem) -> WorkItem {
    body.retain(|name, _| dicom::tag_of_key(name).is_some());
    body
}

/// Keeps a work item, if nobody changed it meanwhile, and tells subscribers.
async fn keep(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    before: Option<&Kept>,
    (uid, subject): (&Uid, Option<&PatientId>),
    item: WorkItem,
) -> Result<(), Problem> {
    let fact = NewFact::PutResource {
        key: key(uid),
        subject: subject.cloned(),
        body: Value::Object(item.clone()),
    };
    let version = before.map_or(0, |kept| kept.version);
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![(fact, Precondition::Version(version))],
    };
    match hospital.record.commit(batch).await {
        Ok(_) => {}
        Err(RecordError::Conflict { .. }) => {
            return Err(conflict(if before.is_some() {
                "somebody changed the work item meanwhile"
            } else {
                "a work item with this UID is there already"
            }));
        }
        Err(error) => return Err(error.into()),
    }
    let kinds = web::work_item_events(before.map(|kept| &kept.item), &item);
    subscribers::tell(hospital, uid, subject, &item, &kinds).await
}

fn conflict(why: &str) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "The work item is not in that state",
        why,
    )
}

/// An answer without a body, that warns where there is a reason to.
fn done(status: StatusCode, warning: Option<&str>) -> Response {
    let mut response = status.into_response();
    let text = warning.map(|text| format!("299 yuanyi \"{text}\""));
    if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("warning"), value);
    }
    response
}

async fn create(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Problem> {
    let item = web::work_item(&body)?;
    // The UID stands in the query by itself, or as a parameter; one that is not given is made.
    let query = query.unwrap_or_default();
    let parameters = decode_query(&query);
    let named = parameters.iter().find(|(name, _)| name == "workitem");
    let named = named.map(|(_, value)| value.clone());
    let bare = (!query.is_empty() && !query.contains('=')).then(|| query.clone());
    let uid = match named.or(bare).or_else(|| first_text(&item, "00080018")) {
        Some(text) => uid(&text)?,
        None => uid(&format!("2.25.{}", uuid::Uuid::new_v4().as_u128()))?,
    };
    let subject = subject_of(&hospital, &item).await?;
    hospital
        .permit(&caller, Action::WriteRecord, &object_of(subject.as_ref()))
        .await?;
    let item = web::created_work_item(item, &uid, &now())?;
    keep(&hospital, &caller, None, (&uid, subject.as_ref()), item).await?;
    let place = format!("{}/workitems/{uid}", base(&hospital, &headers));
    let places = [
        (header::LOCATION, place.clone()),
        (header::CONTENT_LOCATION, place),
    ];
    Ok((StatusCode::CREATED, places).into_response())
}

/// The patient whom a work item is about; one that names none is about nobody.
async fn subject_of(hospital: &Hospital, item: &WorkItem) -> Result<Option<PatientId>, Problem> {
    let text = |tag| first_text(item, tag).unwrap_or_default();
    let identity = PatientIdentity {
        id: text("00100020"),
        issuer: text("00100021"),
        ..PatientIdentity::default()
    };
    if identity.id.is_empty() {
        return Ok(None);
    }
    let known = intake::find(hospital, hospital.finding().await?, &identity).await?;
    known.map(Some).ok_or_else(|| {
        Problem::bad_input("the patient is not known here: send an image or a Patient first")
    })
}

async fn retrieve(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(item): Path<String>,
) -> Result<Response, Problem> {
    let kept = find(&hospital, &caller, Action::ReadRecord, &item).await?;
    let told = [Value::Object(web::told_work_item(kept.item))];
    Ok(([(header::CONTENT_TYPE, DICOM_JSON)], Json(told)).into_response())
}

async fn update(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(item): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Problem> {
    let changes = web::work_item(&body)?;
    let query = query.unwrap_or_default();
    let parameters = decode_query(&query);
    let named = parameters
        .iter()
        .find(|(name, _)| name.starts_with("transaction"));
    let named = named.map(|(_, value)| value.clone());
    let bare = (!query.is_empty() && !query.contains('=')).then(|| query.clone());
    let transaction = named.or(bare);
    let kept = find(&hospital, &caller, Action::WriteRecord, &item).await?;
    let item = web::updated_work_item(&kept.item, changes, transaction.as_deref(), &now())?;
    let about = (&kept.uid, kept.subject.as_ref());
    keep(&hospital, &caller, Some(&kept), about, item).await?;
    Ok(done(StatusCode::OK, None))
}

async fn change_state(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(item): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let wanted = web::work_item(&body)?;
    let kept = find(&hospital, &caller, Action::WriteRecord, &item).await?;
    match web::work_item_with_state(&kept.item, &wanted, &now())? {
        StateChange::Already(why) => Ok(done(StatusCode::OK, Some(why))),
        StateChange::Done(item) => {
            let about = (&kept.uid, kept.subject.as_ref());
            keep(&hospital, &caller, Some(&kept), about, item).await?;
            Ok(done(StatusCode::OK, None))
        }
    }
}

async fn cancel(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(item): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let request = if body.is_empty() {
        WorkItem::new()
    } else {
        web::work_item(&body)?
    };
    let kept = find(&hospital, &caller, Action::WriteRecord, &item).await?;
    let about = (&kept.uid, kept.subject.as_ref());
    match web::cancel_requested(&kept.item, &request, &now())? {
        CancelRequest::Already(why) => return Ok(done(StatusCode::ACCEPTED, Some(why))),
        CancelRequest::Canceled(item) => {
            keep(&hospital, &caller, Some(&kept), about, item).await?;
        }
        CancelRequest::Asked => {
            let kinds = [EventType::CancelRequested];
            subscribers::tell(&hospital, about.0, about.1, &request, &kinds).await?;
        }
    }
    Ok(done(StatusCode::ACCEPTED, None))
}

async fn search(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let search = WorkItemSearch::of(&decode_query(&query.unwrap_or_default()))?;
    let permit = hospital
        .permit(&caller, Action::ReadRecord, &Object::Everyone)
        .await?;
    let all = ResourceQuery {
        kind: KIND.to_owned(),
        terms: search.terms(),
        sort: Vec::new(),
        limit: MOST,
        offset: 0,
    };
    let found = hospital.record.search(&permit, &all).await?;
    if found.total > MOST {
        return Err(WebError::TooLarge.into());
    }
    let items = found.rows.into_iter().filter_map(|row| match row.body {
        Some(Value::Object(body)) => Some(attributes(body)),
        _ => None,
    });
    let (rows, left) = search.page(items);
    if rows.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let warning =
        (left > 0).then(|| format!("There are {left} additional results that can be requested"));
    let mut response = done(StatusCode::OK, warning.as_deref());
    let kind = HeaderValue::from_static(DICOM_JSON);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    *response.body_mut() = Value::Array(rows).to_string().into();
    Ok(response)
}
