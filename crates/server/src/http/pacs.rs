//! `/api/pacs`: the hospital's other DICOM application entities, as far as the caller may use them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use dicom::{
    Tag, attribute,
    query::Level,
    scp::Selected,
    scu::{self, Peer, SendError},
    tags,
};
use policy::{Action, Object, Scope};
use record::{ImagingLevel, ImagingQuery, ResourceKey, matching::first_text};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::{PatientId, Uid};

use crate::{
    dimse,
    entities::ApplicationEntity,
    hospital::Hospital,
    http::{Caller, Problem},
    intake,
    pacs::{self, Job, Task},
};

/// Rows of a query that are given at most.
const MOST_ROWS: usize = 500;
/// Objects that one job may send.
const MOST_OBJECTS: usize = 50_000;

/// The routes.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/pacs", get(list))
        .route("/pacs/jobs", get(jobs))
        .route("/pacs/jobs/{id}", get(job).delete(cancel))
        .route("/pacs/{title}/echo", post(echo))
        .route("/pacs/{title}/find", post(find))
        .route("/pacs/{title}/retrieve", post(retrieve))
        .route("/pacs/{title}/send", post(send))
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "The other system did not answer as it should",
            format!("could not {error}"),
        )
    }
}

/// The entity of a title, and how to call it.
fn called<'a>(
    hospital: &'a Hospital,
    title: &str,
) -> Result<(&'a ApplicationEntity, Peer), Problem> {
    let unknown = || Problem::not_found("no such application entity with an address is configured");
    let entity = hospital.config.entity(title).ok_or_else(unknown)?;
    let peer = pacs::peer(hospital, title).ok_or_else(unknown)?;
    Ok((entity, peer))
}

/// Those who work or are treated here may know which systems there are.
async fn member(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    let asked = hospital.permit(caller, Action::ReadRecord, &Object::Hospital);
    asked.await.map(drop)
}

/// Each call is a connection to another system: for those who bring images from there, and who run the system.
async fn may_call(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    // Who runs the system is asked first: what they may not do besides is no attempt.
    if runs_system(hospital, caller).await {
        return Ok(());
    }
    let permit = hospital
        .permit(caller, Action::StoreImaging, &Object::Everyone)
        .await?;
    if intake::may_bring(hospital, &caller.actor, &permit) {
        return Ok(());
    }
    Err(Problem::forbidden(
        "other systems are tried by those who store images or run the system",
    ))
}

async fn list(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    member(&hospital, &caller).await?;
    let all: Vec<Value> = hospital
        .config
        .entities()
        .filter(|entity| entity.address.is_some())
        .map(|entity| {
            json!({"title": entity.title, "tls": entity.tls, "model": entity.model,
                "retrieve_by": entity.retrieve_by})
        })
        .collect();
    Ok(Json(json!(all)))
}

async fn echo(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(title): Path<String>,
) -> Result<Json<Value>, Problem> {
    may_call(&hospital, &caller).await?;
    let (_, peer) = called(&hospital, &title)?;
    let status = scu::echo(&peer).await?;
    Ok(Json(json!({"status": format!("{:04X}", status.0)})))
}

/// The DICOM Patient ID that a caller is bound to with another system: none for the hospital's programs, that
/// of one patient for everyone else, who must then be permitted that patient here.
async fn bound(
    hospital: &Hospital,
    caller: &Caller,
    action: Action,
    patient: Option<&PatientId>,
) -> Result<Option<String>, Problem> {
    let everyone = hospital.permit(caller, action, &Object::Everyone).await?;
    let Some(patient) = patient else {
        if *everyone.scope() == Scope::All {
            return Ok(None);
        }
        return Err(Problem::bad_input(
            "name the patient of this hospital whom it is about, as `patient`",
        ));
    };
    let object = Object::Patient(patient.clone());
    hospital.permit(caller, action, &object).await?;
    let permit = hospital.permit(caller, Action::ReadRecord, &object).await?;
    let key = ResourceKey {
        kind: "Patient".to_owned(),
        id: patient.as_str().to_owned(),
    };
    let found = hospital.record.resource(&permit, &key, None).await?;
    let body = found.and_then(|version| version.body);
    let number = body.as_ref().and_then(fhir::record_number);
    number.map(Some).ok_or_else(|| {
        Problem::bad_input("the patient has no record number that another system could know")
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Find {
    level: String,
    patient: Option<PatientId>,
    #[serde(default)]
    keys: BTreeMap<String, String>,
    #[serde(default = "usual_limit")]
    limit: usize,
}

fn usual_limit() -> usize {
    100
}

fn level(word: &str) -> Result<Level, Problem> {
    match word {
        "patient" => Ok(Level::Patient),
        "study" => Ok(Level::Study),
        "series" => Ok(Level::Series),
        "instance" => Ok(Level::Instance),
        _ => Err(Problem::bad_input(
            "`level` is one of patient, study, series, instance",
        )),
    }
}

/// What is asked for on each level besides what the caller names.
fn usual_keys(level: Level) -> &'static [Tag] {
    match level {
        Level::Patient => &[
            tags::PATIENT_ID,
            tags::PATIENT_NAME,
            tags::PATIENT_BIRTH_DATE,
            tags::PATIENT_SEX,
        ],
        Level::Study => &[
            tags::STUDY_INSTANCE_UID,
            tags::PATIENT_ID,
            tags::PATIENT_NAME,
            tags::STUDY_DATE,
            tags::STUDY_TIME,
            tags::ACCESSION_NUMBER,
            tags::STUDY_DESCRIPTION,
            tags::MODALITIES_IN_STUDY,
            tags::NUMBER_OF_STUDY_RELATED_INSTANCES,
        ],
        Level::Series => &[
            tags::STUDY_INSTANCE_UID,
            tags::SERIES_INSTANCE_UID,
            tags::MODALITY,
            tags::SERIES_NUMBER,
            tags::SERIES_DESCRIPTION,
            tags::NUMBER_OF_SERIES_RELATED_INSTANCES,
        ],
        Level::Instance => &[
            tags::STUDY_INSTANCE_UID,
            tags::SERIES_INSTANCE_UID,
            tags::SOP_INSTANCE_UID,
            tags::SOP_CLASS_UID,
            tags::INSTANCE_NUMBER,
        ],
    }
}

async fn find(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(title): Path<String>,
    Json(asked): Json<Find>,
) -> Result<Json<Value>, Problem> {
    let level = level(&asked.level)?;
    let bound = bound(
        &hospital,
        &caller,
        Action::ReadImaging,
        asked.patient.as_ref(),
    )
    .await?;
    let (entity, peer) = called(&hospital, &title)?;
    let mut keys: BTreeMap<Tag, String> = usual_keys(level)
        .iter()
        .map(|tag| (*tag, String::new()))
        .collect();
    for (name, value) in asked.keys {
        let tag = attribute(&name)
            .ok_or_else(|| Problem::bad_input("a key is the keyword or tag of no attribute"))?;
        keys.insert(tag, value);
    }
    if let Some(id) = &bound {
        keys.insert(tags::PATIENT_ID, id.clone());
    }
    let keys: Vec<(Tag, String)> = keys.into_iter().collect();
    let most = asked.limit.clamp(1, MOST_ROWS);
    let mut found = scu::find(&peer, entity.root(), level, &keys, most).await?;
    if let Some(id) = &bound {
        // Not every system matches exactly what it is asked for.
        found
            .rows
            .retain(|row| first_text(row, "00100020").as_ref() == Some(id));
    }
    Ok(Json(json!({"rows": found.rows, "is_cut": found.is_cut})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retrieve {
    study: Uid,
    series: Option<Uid>,
    patient: Option<PatientId>,
}

/// Puts a job by for who asks for it.
async fn accept(
    hospital: &Arc<Hospital>,
    title: String,
    task: Task,
    caller: Caller,
    items: Vec<Selected>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let added = hospital.aside(move |hospital| {
        let jobs = &hospital.pacs;
        jobs.add(&title, &task, &caller.actor, &items)
    });
    let id = added.await?.ok_or_else(|| {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many jobs",
            "some of yours must come to an end first",
        )
    })?;
    Ok((StatusCode::ACCEPTED, Json(json!({"job": id}))))
}

/// Fetches a study, or a series of it. Whoever is bound to a patient gets what the other system has under that
/// patient's number.
async fn retrieve(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(title): Path<String>,
    Json(asked): Json<Retrieve>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let action = Action::StoreImaging;
    let bound = bound(&hospital, &caller, action, asked.patient.as_ref()).await?;
    let (entity, peer) = called(&hospital, &title)?;
    let mut keys = vec![
        (tags::STUDY_INSTANCE_UID, asked.study.as_str().to_owned()),
        (tags::PATIENT_ID, bound.clone().unwrap_or_default()),
    ];
    keys.sort();
    let level = Level::Study;
    let found = scu::find(&peer, entity.root(), level, &keys, 1).await?;
    let known = found
        .rows
        .first()
        .and_then(|row| first_text(row, "00100020"));
    if found.rows.is_empty() || (bound.is_some() && known != bound) {
        return Err(Problem::not_found("the other system has no such study"));
    }
    let task = Task::Retrieve {
        study: asked.study.as_str().to_owned(),
        series: asked.series.map(|uid| uid.as_str().to_owned()),
        patient_id: known,
    };
    accept(&hospital, title, task, caller, Vec::new()).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    study: Uid,
    series: Option<Uid>,
}

/// Sends a study, or a series of it.
async fn send(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(title): Path<String>,
    Json(asked): Json<Send>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    called(&hospital, &title)?;
    let none = || Problem::not_found("no such images are there");
    let patient = hospital
        .patient_of_images(Some(&asked.study), asked.series.as_ref())
        .await?
        .ok_or_else(none)?;
    let object = Object::Patient(patient.clone());
    let permit = hospital
        .permit(&caller, Action::ReadImaging, &object)
        .await?;
    let query = ImagingQuery {
        subject: Some(patient.clone()),
        study: Some(asked.study),
        series: asked.series,
        limit: MOST_OBJECTS,
        ..ImagingQuery::at(ImagingLevel::Instance)
    };
    let page = hospital.record.imaging(&permit, &query).await?;
    if page.total > MOST_OBJECTS {
        return Err(Problem::bad_input("send so many images series by series"));
    }
    let items: Vec<Selected> = page.rows.iter().filter_map(dimse::of_row).collect();
    accept(&hospital, title, Task::Send { patient }, caller, items).await
}

/// Whether the caller runs the system, and sees everybody's jobs.
async fn runs_system(hospital: &Hospital, caller: &Caller) -> bool {
    let asked = hospital.permit(caller, Action::Administer, &Object::Hospital);
    asked.await.is_ok()
}

async fn jobs(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Vec<Job>>, Problem> {
    let mut all = hospital
        .pacs
        .list(1000)
        .map_err(|error| Problem::internal(&error))?;
    if !runs_system(&hospital, &caller).await {
        all.retain(|job| job.actor.id == caller.actor.id);
    }
    Ok(Json(all))
}

async fn own_job(hospital: &Hospital, caller: &Caller, id: &str) -> Result<Job, Problem> {
    let found = hospital.pacs.find(id);
    let job = found.map_err(|error| Problem::internal(&error))?;
    let none = || Problem::not_found("there is no such job of yours");
    let job = job.ok_or_else(none)?;
    if job.actor.id == caller.actor.id || runs_system(hospital, caller).await {
        Ok(job)
    } else {
        Err(none())
    }
}

async fn job(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Job>, Problem> {
    own_job(&hospital, &caller, &id).await.map(Json)
}

async fn cancel(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    own_job(&hospital, &caller, &id).await?;
    let cancelled = hospital.aside(move |hospital| hospital.pacs.cancel(&id));
    if cancelled.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::bad_input("the job is over already"))
    }
}
