//! Volumes of stored series, piece by piece.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use policy::{Action, Object, Permit};
use vocabulary::Uid;

use crate::{
    hospital::Hospital,
    http::{Caller, Problem, not_yet},
    volumes::{Stage, mask_file},
};

/// `/series/{uid}/volume` and what lies below it.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/series/{uid}/volume", get(manifest))
        .route("/series/{uid}/volume/{*piece}", get(piece))
}

/// How far the volume of a series has come, for who may see its images.
pub async fn stage(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    uid: &str,
) -> Result<(Stage, Permit), Problem> {
    let refused = || Problem::forbidden("there is no such series, or you may not see it");
    let series = Uid::new(uid).map_err(|_| refused())?;
    let patient = hospital
        .patient_of_series(&series)
        .await?
        .ok_or_else(refused)?;
    let permit = hospital
        .permit(caller, Action::ReadImaging, &Object::Patient(patient))
        .await?;
    let stage = hospital.volumes.stage(hospital, &permit, &series).await;
    let stage = stage.map_err(|error| Problem::internal(&error))?;
    hospital.volumes.want(&series);
    Ok((stage.ok_or_else(refused)?, permit))
}

async fn manifest(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(uid): Path<String>,
) -> Result<Response, Problem> {
    match stage(&hospital, &caller, &uid).await?.0 {
        Stage::Making { progress, step } => Ok(not_yet(progress, &step)),
        Stage::Ready { manifest, .. } => Ok(Json(&*manifest).into_response()),
        Stage::Failed { why } => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This series makes no volume",
            format!("{} · {}", why.text.zh, why.text.en),
        )),
    }
}

/// How much of each voxel of the preview lies inside of a surface: bytes from 0 to 255, x fastest, then y, then z.
async fn inside(
    folder: &std::path::Path,
    manifest: &volume::VolumeManifest,
    surface: &str,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("the volume has no such surface, or not its inside");
    if !manifest.surfaces.iter().any(|entry| entry.name == surface) {
        return Err(missing());
    }
    let file = tokio::fs::read(folder.join(mask_file(surface))).await;
    let file = file.map_err(|_| missing())?;
    let factor = manifest.preview.factor.map(|side| side as usize);
    let share = tokio::task::spawn_blocking(move || {
        volume::from_ymk1(&file).map(|mask| mask.coverage(factor))
    });
    let share = share.await.map_err(|error| Problem::internal(&error))?;
    let share = share.map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, share).into_response())
}

async fn piece(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((uid, piece)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (
        Stage::Ready {
            folder, manifest, ..
        },
        _,
    ) = stage(&hospital, &caller, &uid).await?
    else {
        return Err(Problem::not_found(
            "the volume is still being made; ask for the volume again",
        ));
    };
    if let Some(surface) = piece.strip_prefix("inside/") {
        return inside(&folder, &manifest, surface).await;
    }
    // Only names of the manifest are files, so no path leads elsewhere.
    let is_voxels =
        piece == manifest.preview.url || manifest.bricks.iter().any(|brick| brick.url == piece);
    if !is_voxels && !manifest.surfaces.iter().any(|surface| surface.url == piece) {
        return Err(Problem::not_found("the volume has no such piece"));
    }
    let bytes = tokio::fs::read(folder.join(&piece))
        .await
        .map_err(|error| Problem::internal(&error))?;
    let mut response =
        ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response();
    let headers = response.headers_mut();
    if is_voxels {
        headers.insert(
            header::CONTENT_ENCODING,
            header::HeaderValue::from_static("zstd"),
        );
    }
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("private, no-store"),
    );
    Ok(response)
}
