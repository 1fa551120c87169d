//! `/api/research`: projects, releases, de-identified copies, and the opening of identities by two people.

mod images;
pub mod openings;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use dicom::deidentify::Refused;
use policy::{Action, Object};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::Uid;

use self::openings::Of;
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
    research::{self, Project, Release, copies},
};

/// The routes below `/api/research`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/projects", get(list).post(found))
        .route("/projects/{project}", get(card))
        .route("/projects/{project}/releases", post(release))
        .route(
            "/projects/{project}/releases/{study}",
            axum::routing::delete(revoke),
        )
        .nest("/projects/{project}", images::routes())
        .nest(
            "/projects/{project}/openings",
            openings::routes(Of::Project),
        )
}

async fn list(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let mut own = research::projects(&hospital).await?;
    let me = &caller.actor.id;
    own.retain(|project| project.members.contains(me) || project.custodians.contains(me));
    Ok(Json(json!(own)))
}

async fn found(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Json(project): Json<Project>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    research::found(&hospital, &caller, &project).await?;
    Ok((StatusCode::CREATED, Json(json!(project))))
}

async fn card(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<Value>, Problem> {
    let project = research::project_for(&hospital, &caller, &project, Action::ReadResearch).await?;
    Ok(Json(json!(project)))
}

/// What is released.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    study: Uid,
    #[serde(default)]
    pixels_vouched_for: bool,
}

/// Releases a study: each object is tried, and those that cannot be de-identified are named with the reason.
async fn release(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(project): Path<String>,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let refused = || Problem::forbidden("there is no such study, or you may not release it");
    let patient = hospital
        .patient_of_images(Some(&wanted.study), None)
        .await?
        .ok_or_else(refused)?;
    let permit = hospital
        .permit(
            &caller,
            Action::ReleaseToResearch,
            &Object::Patient(patient.clone()),
        )
        .await?;
    if copies::refusals(&hospital).await?.contains(&patient) {
        return Err(Problem::forbidden(
            "the patient refuses that research sees these data (FHIR Consent)",
        ));
    }
    let id = vocabulary::ProjectId::new(project);
    let id = id.map_err(|_| Problem::not_found("there is no such project"))?;
    let project = research::named(&hospital, &id)
        .await?
        .ok_or_else(|| Problem::not_found("there is no such project"))?;
    let mut objects = Vec::new();
    let mut refusals = Vec::new();
    for object in copies::objects(&hospital, &permit, &wanted.study).await? {
        let vouched = wanted.pixels_vouched_for;
        let copy = copies::copy(&hospital, &permit, &project, &patient, vouched, &object);
        match copy.await? {
            Ok(_) => objects.push(object.sop),
            Err(why) => refusals.push(refusal(&object.sop, &why)),
        }
    }
    if objects.is_empty() {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Nothing could be released",
            first_reason(&refusals),
        ));
    }
    let answer = json!({"released": objects.len(), "refused": refusals});
    let release = Release {
        study: wanted.study,
        by: caller.actor.id.clone(),
        at: clock::now(),
        pixels_vouched_for: wanted.pixels_vouched_for,
        objects,
        revoked: None,
    };
    research::keep_release(&hospital, &caller.actor.id, &project, &patient, &release).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

fn refusal(object: &Uid, why: &Refused) -> Value {
    json!({"object": object, "why": format!("could not {why}")})
}

fn first_reason(refusals: &[Value]) -> String {
    let why = refusals.first().and_then(|refusal| refusal["why"].as_str());
    why.unwrap_or("the study has no objects").to_owned()
}

/// Takes a release back: from then on nobody reads its copies here.
async fn revoke(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, study)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let refused = || Problem::forbidden("there is no such release, or you may not take it back");
    let study = Uid::new(study).map_err(|_| refused())?;
    let project = vocabulary::ProjectId::new(project).map_err(|_| refused())?;
    let release = research::release_of(&hospital, &project, &study).await?;
    let release = release.ok_or_else(refused)?;
    let patient = release.subject.ok_or_else(refused)?;
    hospital
        .permit(
            &caller,
            Action::ReleaseToResearch,
            &Object::Patient(patient.clone()),
        )
        .await?;
    let project = research::named(&hospital, &project)
        .await?
        .ok_or_else(refused)?;
    let release = Release {
        revoked: Some((caller.actor.id.clone(), clock::now())),
        ..release.content
    };
    research::keep_release(&hospital, &caller.actor.id, &project, &patient, &release).await?;
    Ok(StatusCode::NO_CONTENT)
}
