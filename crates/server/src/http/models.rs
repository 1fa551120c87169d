//! Surfaces of volumes as models that other programs open: GLB and STL to take away, STL kept with the study.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use dicom::{
    create::{
        CreateError, DocumentKind, MadeHere, Moment, NewDocument, context_of, derived_uid, document,
    },
    drawn::SavedObject,
};
use policy::{Action, Object, Permit};
use record::Instance;
use serde::Deserialize;
use vocabulary::Uid;
use volume::{Mesh, SurfaceEntry, from_ysf1, to_glb, to_stl};

use super::volumes::stage;
use crate::{
    derived::{self, Origin},
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
    volumes::Stage,
};

/// `/series/{uid}/volume/models` and what lies below it.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/series/{uid}/volume/models", post(keep))
        .route("/series/{uid}/volume/models/{file}", get(model))
}

/// A surface of a volume, found for a caller who may see the images.
struct Found {
    permit: Permit,
    folder: PathBuf,
    entry: SurfaceEntry,
}

async fn find(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    series: &str,
    surface: &str,
) -> Result<Found, Problem> {
    let (stage, permit) = stage(hospital, caller, series).await?;
    let Stage::Ready { folder, manifest } = stage else {
        return Err(Problem::not_found(
            "the volume is still being made; ask for the volume again",
        ));
    };
    // Only names of the manifest are files, so no path leads elsewhere.
    let mut surfaces = manifest.surfaces.iter();
    let entry = surfaces.find(|entry| entry.name == surface).cloned();
    let entry = entry.ok_or_else(|| Problem::not_found("the volume has no such surface"))?;
    Ok(Found {
        permit,
        folder,
        entry,
    })
}

impl Found {
    /// The surface, as its file has it.
    async fn mesh(&self) -> Result<Mesh, Problem> {
        let bytes = tokio::fs::read(self.folder.join(&self.entry.url)).await;
        let bytes = bytes.map_err(|error| Problem::internal(&error))?;
        let mesh = in_turn(move || from_ysf1(&bytes)).await?;
        mesh.map_err(|error| Problem::internal(&error))
    }
}

/// A surface as `{surface}.glb`, in metres with Y up, or as `{surface}.stl`, in millimetres of the patient's frame.
async fn model(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((series, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (surface, is_glb) = match file.rsplit_once('.') {
        Some((surface, "glb")) => (surface, true),
        Some((surface, "stl")) => (surface, false),
        _ => return Err(Problem::not_found("models come as .glb and .stl")),
    };
    let found = find(&hospital, &caller, &series, surface).await?;
    let (mesh, name) = (found.mesh().await?, found.entry.name.clone());
    let written = in_turn(move || {
        if is_glb {
            to_glb(&mesh, &name)
        } else {
            to_stl(&mesh)
        }
    });
    let bytes = written.await?.map_err(|error| Problem::internal(&error))?;
    let kind = if is_glb {
        "model/gltf-binary"
    } else {
        "model/stl"
    };
    let mut response = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    let headers = response.headers_mut();
    let name = format!("attachment; filename=\"{file}\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    let private = HeaderValue::from_static("private, no-store");
    headers.insert(header::CACHE_CONTROL, private);
    Ok(response)
}

/// Which surface is to be kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    surface: String,
}

/// Keeps a surface with its study, as an Encapsulated STL object. The same surface again adds nothing.
async fn keep(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(series): Path<String>,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Json<SavedObject>), Problem> {
    let found = find(&hospital, &caller, &series, &wanted.surface).await?;
    let uid = Uid::new(series).map_err(|_| Problem::not_found("there is no such series"))?;
    let instances = hospital
        .record
        .series_instances(&found.permit, &uid)
        .await?;
    let first = instances
        .first()
        .ok_or_else(|| Problem::not_found("there is no such series"))?;
    let patient = first.subject.clone();
    let object = Object::Patient(patient.clone());
    hospital
        .permit(&caller, Action::StoreImaging, &object)
        .await?;
    let image = hospital.record.object(&found.permit, first, None).await?;
    let mesh = found.mesh().await?;
    let new = new_document(&found, &instances);
    let made = made_here(&found, &uid, hospital.moment());
    let made = in_turn(move || {
        let mut new = new;
        new.bytes = to_stl(&mesh).map_err(|error| CreateError::Write(error.to_string()))?;
        let context = context_of(&image);
        let (person, study) = context.map_err(|error| CreateError::Write(error.to_string()))?;
        document(&person, &study, new, &made)
    });
    let file = made.await?.map_err(|error| Problem::internal(&error))?;
    let origin = Origin {
        series: std::slice::from_ref(&uid),
        activity: "Surface of a volume",
    };
    let kept = derived::keep(&hospital, &caller.actor, &patient, file, &origin).await?;
    let status = if kept.was_there {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(kept.into())))
}

/// What is said of the model; its bytes follow.
fn new_document(found: &Found, instances: &[Instance]) -> NewDocument {
    let frame = instances.first().and_then(|first| {
        let frame = first.attributes.pointer("/00200052/Value/0")?.as_str()?;
        Uid::new(frame).ok()
    });
    let sources = instances.iter();
    let sources = sources.map(|image| [image.class.clone(), image.sop.clone()]);
    NewDocument {
        kind: DocumentKind::Stl,
        title: format!("{}. {}", found.entry.label.en, found.entry.method.en),
        bytes: Vec::new(),
        frame_of_reference: frame,
        sources: sources.collect(),
    }
}

/// The series that the model is in: one for each surface of each making of the volume.
fn made_here(found: &Found, series: &Uid, at: Moment) -> MadeHere {
    let made_of = found
        .folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let name = found.entry.name.as_str();
    MadeHere {
        series: derived_uid(&["surface", series.as_str(), &made_of, name]),
        number: 9_005,
        description: format!("Surface: {}", found.entry.label.en)
            .chars()
            .take(64)
            .collect(),
        at,
    }
}
