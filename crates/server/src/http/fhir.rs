//! `/fhir`: puts the interactions of crate `fhir` on the wire, with the permits that each needs.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequestParts, Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use fhir::{Granting, Issue, Reply, Rest, decode_query};
use policy::{Action, Object, Permit, Refusal};
use record::{ResourceKey, SeriesId, SeriesQuery, SeriesSummary};
use serde_json::{Value, json};
use vocabulary::PatientId;

use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, LargeBody, Problem, signals::all_sampled},
    vitals::Shown,
};

/// The largest body that is taken: Synthea's transaction bundles have some megabytes.
const LARGEST: usize = 64 << 20;
/// The largest form of a search.
const LARGEST_FORM: usize = 1 << 20;
const MEDIA_TYPE: &str = "application/fhir+json; fhirVersion=4.0; charset=utf-8";

/// The routes below `/fhir`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/", get(metadata).post(bundle))
        .route("/metadata", get(metadata))
        .route("/Observation/$lastn", get(last_n))
        .route("/Observation/$sampled", get(sampled))
        .route("/{kind}", get(search).post(create))
        .route(
            "/{kind}/_search",
            post(search_by_form).layer(DefaultBodyLimit::max(LARGEST_FORM)),
        )
        .route("/{kind}/{id}", get(read).put(update).delete(delete))
        .route("/{kind}/{id}/_history", get(history))
        .route("/{kind}/{id}/_history/{version}", get(read_version))
        .layer(DefaultBodyLimit::max(LARGEST))
}

/// Who asks at which address; refusals are `OperationOutcome`s. They are known before a body is read.
struct Door {
    hospital: Arc<Hospital>,
    caller: Caller,
    base: String,
}

/// The permits of one request, as far as the gate gives them.
#[derive(Default)]
struct Permits {
    read: Option<Permit>,
    write: Option<Permit>,
    hospital: Option<Permit>,
}

impl Permits {
    fn rest<'a>(&'a self, door: &'a Door) -> Rest<'a> {
        Rest {
            record: &*door.hospital.record,
            read: self.read.as_ref(),
            write: self.write.as_ref(),
            hospital: self.hospital.as_ref(),
            grant: door,
            base: &door.base,
        }
    }
}

/// The address of this door, as who asks calls it.
pub fn address(hospital: &Hospital, headers: &HeaderMap) -> String {
    format!("{}/fhir", super::origin(hospital, headers))
}

impl Door {
    /// To read one resource: on whom it is about, so that the ledger says whose record was opened.
    async fn to_read(&self, kind: &str, id: &str) -> Result<Permits, Wire> {
        let key = ResourceKey {
            kind: kind.to_owned(),
            id: id.to_owned(),
        };
        let subject = self
            .hospital
            .subject_of(&key)
            .await
            .map_err(|problem| outcome(&problem))?;
        let object = subject.map_or(Object::Hospital, Object::Patient);
        let asked = self
            .hospital
            .permit(&self.caller, Action::ReadRecord, &object)
            .await;
        let read = asked.map_err(|problem| match problem.status() {
            // What is not there and what is not for the caller look the same.
            StatusCode::FORBIDDEN => hidden(),
            _ => outcome(&problem),
        })?;
        Ok(Permits {
            read: Some(read),
            ..Permits::default()
        })
    }

    /// To search: on all whom the caller may see.
    async fn to_search(&self) -> Result<Permits, Wire> {
        match self.ask(Action::ReadRecord, &Object::Everyone).await {
            Ok(read) => Ok(Permits {
                read: Some(read),
                ..Permits::default()
            }),
            // Who sees no patient may still look up organisations and practitioners.
            Err(refusal) => {
                let read = self
                    .hospital
                    .permit(&self.caller, Action::ReadRecord, &Object::Hospital)
                    .await;
                read.map(|read| Permits {
                    read: Some(read),
                    ..Permits::default()
                })
                .map_err(|_| refusal)
            }
        }
    }

    /// To write: on all whom the caller may write about, and on the hospital where the caller runs it.
    async fn to_write(&self) -> Result<Permits, Wire> {
        let write = self.ask(Action::WriteRecord, &Object::Everyone).await;
        let hospital = match &write {
            Ok(_) => None,
            Err(_) => self
                .hospital
                .permit(&self.caller, Action::WriteRecord, &Object::Hospital)
                .await
                .ok(),
        };
        match (write, &hospital) {
            (Err(refusal), None) => Err(refusal),
            (write, _) => {
                let read = self.ask(Action::ReadRecord, &Object::Everyone).await.ok();
                Ok(Permits {
                    read,
                    write: write.ok(),
                    hospital,
                })
            }
        }
    }

    /// What is sent, once its sender is known.
    async fn parse(&self, body: LargeBody) -> Result<Value, Wire> {
        let body = body.whole(&self.hospital.memory).await;
        let body = body.map_err(|problem| outcome(&problem))?;
        serde_json::from_slice(&body.bytes).map_err(|_| bad_json())
    }

    async fn ask(&self, action: Action, object: &Object) -> Result<Permit, Wire> {
        self.hospital
            .permit(&self.caller, action, object)
            .await
            .map_err(|problem| outcome(&problem))
    }
}

impl FromRequestParts<Arc<Hospital>> for Door {
    type Rejection = Wire;

    async fn from_request_parts(parts: &mut Parts, hospital: &Arc<Hospital>) -> Result<Self, Wire> {
        let caller = Caller::from_request_parts(parts, hospital).await;
        Ok(Self {
            caller: caller.map_err(|problem| outcome(&problem))?,
            base: address(hospital, &parts.headers),
            hospital: Arc::clone(hospital),
        })
    }
}

/// Somebody who may write, before what they write is read.
struct Writer(Door, Permits);

impl Writer {
    /// What is sent, and what its sender may write now that all of it is there: it may have been long on its way.
    async fn whole(self, body: LargeBody) -> Result<(Door, Permits, Value), Wire> {
        let Self(mut door, _) = self;
        let body = door.parse(body).await?;
        let actor = door.hospital.accounts.who_came_by(door.caller.session);
        let actor = actor.map_err(|error| outcome(&Problem::internal(&error)))?;
        door.caller.actor = actor.ok_or_else(|| outcome(&Problem::unauthorized()))?;
        let permits = door.to_write().await?;
        Ok((door, permits, body))
    }
}

impl FromRequestParts<Arc<Hospital>> for Writer {
    type Rejection = Wire;

    async fn from_request_parts(parts: &mut Parts, hospital: &Arc<Hospital>) -> Result<Self, Wire> {
        let door = Door::from_request_parts(parts, hospital).await?;
        let permits = door.to_write().await?;
        Ok(Self(door, permits))
    }
}

#[async_trait]
impl Granting for Door {
    async fn grant(&self, patient: &PatientId) -> Result<Permit, Refusal> {
        let object = Object::Patient(patient.clone());
        let actor = &self.caller.actor;
        self.hospital.ask(actor, Action::GrantAccess, &object).await
    }
}

/// A reply on its way to the wire.
struct Wire(Box<Reply>);

impl Wire {
    fn of(reply: Reply) -> Self {
        Self(Box::new(reply))
    }
}

impl IntoResponse for Wire {
    fn into_response(self) -> Response {
        let Self(reply) = self;
        let reply = *reply;
        let status =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let etag = reply.etag();
        let body = reply.body.map(|body| body.to_string()).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        for (name, value) in [(header::ETAG, etag), (header::LOCATION, reply.location)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        if let Some(at) = reply.last_modified
            && let Ok(value) = HeaderValue::from_str(&clock::http_date(at))
        {
            headers.insert(header::LAST_MODIFIED, value);
        }
        response
    }
}

fn outcome(problem: &Problem) -> Wire {
    let code = match problem.status() {
        StatusCode::UNAUTHORIZED => "login",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::PAYLOAD_TOO_LARGE => "too-long",
        StatusCode::BAD_REQUEST => "invalid",
        _ => "exception",
    };
    let issue = Issue::at(code, "", problem.detail(), problem.detail());
    Wire::of(Reply::refused(problem.status().as_u16(), &[issue]))
}

fn hidden() -> Wire {
    let zh = "资源不存在，或您无权读取。";
    let en = "there is no such resource, or you may not read it.";
    Wire::of(Reply::refused(404, &[Issue::at("not-found", "", zh, en)]))
}

fn bad_json() -> Wire {
    let issue = Issue::at(
        "structure",
        "",
        "请求内容不是 JSON。",
        "the body is not JSON; send application/fhir+json.",
    );
    Wire::of(Reply::refused(400, &[issue]))
}

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

type Answer = Result<Wire, Wire>;

async fn metadata(State(hospital): State<Arc<Hospital>>, headers: HeaderMap) -> Wire {
    let statement = fhir::capability_statement(
        &format!("{}/fhir", super::origin(&hospital, &headers)),
        env!("CARGO_PKG_VERSION"),
        hospital.started,
    );
    Wire::of(Reply {
        status: 200,
        version: None,
        last_modified: None,
        location: None,
        body: Some(statement),
    })
}

async fn search(door: Door, Path(kind): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let permits = door.to_search().await?;
    Ok(Wire::of(
        permits
            .rest(&door)
            .search(&kind, &decode_query(&query.unwrap_or_default()))
            .await,
    ))
}

/// The most observations of a kind that are given.
const MOST_LAST: usize = 100;

/// `Observation/$lastn`: the last observations of each kind about one patient, those of the record, and the newest
/// reading of each stream that its device's profile shows as a fact.
async fn last_n(door: Door, RawQuery(query): RawQuery) -> Answer {
    let mut asked = decode_query(&query.unwrap_or_default());
    let most = named(&asked, "max").and_then(|max| max.parse().ok());
    let most = most.unwrap_or(1_usize).clamp(1, MOST_LAST);
    let patient = patient_named(&asked)?;
    let category = named(&asked, "category").map(|value| value.ends_with("vital-signs"));
    let codes = named(&asked, "code").map(str::to_owned);
    let permit = door
        .ask(Action::ReadRecord, &Object::Patient(patient.clone()))
        .await?;
    asked.retain(|(name, _)| name != "max" && !name.starts_with('_'));
    for (name, value) in [("_sort", "-date"), ("_count", "1000")] {
        asked.push((name.to_owned(), value.to_owned()));
    }
    let query = SeriesQuery {
        subject: Some(patient),
        ..SeriesQuery::default()
    };
    let series = door.hospital.signals.series(&permit, &query).await;
    let series = series.map_err(|error| outcome(&Problem::from(error)))?;
    let permits = Permits {
        read: Some(permit),
        ..Permits::default()
    };
    let mut reply = permits.rest(&door).search("Observation", &asked).await;
    if reply.status == 200 {
        let shown = |summary: SeriesSummary| {
            let of = &summary.series;
            let devices = &door.hospital.devices;
            let sign = Shown::of(devices, &of.stream, &of.code, &of.unit)?.sign;
            let is_vital = matches!(sign, fhir::Sign::Vital(_));
            category
                .is_none_or(|asks_vital| asks_vital && is_vital)
                .then_some((summary, sign))
        };
        let series: Vec<_> = series.into_iter().filter_map(shown).collect();
        let measured = fhir::measured_last(&series, codes.as_deref());
        reply.body = reply
            .body
            .map(|bundle| fhir::last_of_each(bundle, measured, most));
    }
    Ok(Wire::of(reply))
}

fn named<'a>(asked: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut asked = asked.iter();
    let (_, value) = asked.find(|(found, _)| found == name)?;
    Some(value)
}

/// The one patient whom an operation is about.
fn patient_named(asked: &[(String, String)]) -> Result<PatientId, Wire> {
    let subject = named(asked, "patient").or_else(|| named(asked, "subject"));
    let subject = subject.map(|id| id.strip_prefix("Patient/").unwrap_or(id));
    let patient = subject.and_then(|id| PatientId::new(id).ok());
    patient.ok_or_else(|| {
        let zh = "请用 patient 或 subject 指明一位患者。";
        let en = "name one patient by patient or subject";
        let issue = Issue::at("required", "patient", zh, en);
        Wire::of(Reply::refused(400, &[issue]))
    })
}

/// `Observation/$sampled`: what devices measured of one patient between `start` and `end`, the last hour where they are
/// missing, each series as one `Observation` with `SampledData`.
async fn sampled(door: Door, RawQuery(query): RawQuery) -> Answer {
    let asked = decode_query(&query.unwrap_or_default());
    let patient = patient_named(&asked)?;
    let object = Object::Patient(patient.clone());
    let permit = door.ask(Action::ReadRecord, &object).await?;
    let of = (patient, named(&asked, "code"));
    let bound = |name: &str| named(&asked, name).map(str::to_owned);
    let span = (bound("start"), bound("end"));
    let found = all_sampled(&door.hospital, &permit, of, span).await;
    let found = found.map_err(|problem| outcome(&problem))?;
    let total = found.iter().filter(|(_, made)| made.is_ok()).count();
    let entry = |(series, made): (SeriesId, Result<Value, String>)| match made {
        Ok(resource) => {
            let url = format!("urn:yuanyi:signal:{series}");
            json!({"fullUrl": url, "resource": resource, "search": {"mode": "match"}})
        }
        Err(why) => {
            let issue = json!([{"severity": "warning", "code": "incomplete", "diagnostics": why}]);
            let resource = json!({"resourceType": "OperationOutcome", "issue": issue});
            json!({"resource": resource, "search": {"mode": "outcome"}})
        }
    };
    let entries: Vec<Value> = found.into_iter().map(entry).collect();
    let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "total": total});
    if let (false, Some(parts)) = (entries.is_empty(), bundle.as_object_mut()) {
        parts.insert("entry".to_owned(), entries.into());
    }
    Ok(Wire::of(Reply {
        status: 200,
        version: None,
        last_modified: None,
        location: None,
        body: Some(bundle),
    }))
}

/// The parameters in the body keep what is searched for out of addresses.
async fn search_by_form(door: Door, Path(kind): Path<String>, body: String) -> Answer {
    let permits = door.to_search().await?;
    Ok(Wire::of(
        permits
            .rest(&door)
            .search(&kind, &decode_query(&body))
            .await,
    ))
}

async fn read(door: Door, Path((kind, id)): Path<(String, String)>) -> Answer {
    let permits = door.to_read(&kind, &id).await?;
    Ok(Wire::of(permits.rest(&door).read(&kind, &id, None).await))
}

async fn read_version(
    door: Door,
    Path((kind, id, version)): Path<(String, String, String)>,
) -> Answer {
    let permits = door.to_read(&kind, &id).await?;
    Ok(Wire::of(
        permits.rest(&door).read(&kind, &id, Some(&version)).await,
    ))
}

async fn history(door: Door, Path((kind, id)): Path<(String, String)>) -> Answer {
    let permits = door.to_read(&kind, &id).await?;
    Ok(Wire::of(permits.rest(&door).history(&kind, &id).await))
}

async fn create(
    writer: Writer,
    headers: HeaderMap,
    Path(kind): Path<String>,
    body: LargeBody,
) -> Answer {
    let if_none_exist = text(&headers, "if-none-exist");
    let (door, permits, body) = writer.whole(body).await?;
    let reply = permits.rest(&door).create(&kind, body, if_none_exist).await;
    Ok(changed(&door, reply))
}

async fn update(
    writer: Writer,
    headers: HeaderMap,
    Path((kind, id)): Path<(String, String)>,
    body: LargeBody,
) -> Answer {
    let if_match = text(&headers, header::IF_MATCH);
    let (door, permits, body) = writer.whole(body).await?;
    let reply = permits.rest(&door).update(&kind, &id, body, if_match).await;
    Ok(changed(&door, reply))
}

async fn delete(
    Writer(door, permits): Writer,
    headers: HeaderMap,
    Path((kind, id)): Path<(String, String)>,
) -> Answer {
    let reply = permits
        .rest(&door)
        .delete(&kind, &id, text(&headers, header::IF_MATCH))
        .await;
    Ok(changed(&door, reply))
}

/// A transaction or batch.
async fn bundle(writer: Writer, body: LargeBody) -> Answer {
    let (door, permits, body) = writer.whole(body).await?;
    let reply = permits.rest(&door).bundle(body).await;
    Ok(changed(&door, reply))
}

fn changed(door: &Door, reply: Reply) -> Wire {
    if reply.status < 300 {
        door.hospital.changes.announce("record", "", vec![]);
    }
    Wire::of(reply)
}
