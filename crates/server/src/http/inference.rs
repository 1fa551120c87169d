//! `/api/models` and `/api/series/{uid}/nodules/models`: what models that others trained say of a nodule.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    routing::{get, post},
};
use inference::Card;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use ts_rs::TS;
use volume::BoxedMask;

use super::nodules::{body, open};
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    inference::{Broken, ModelAnswer},
};

/// The doors of models.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/models", get(list))
        .route("/series/{uid}/nodules/models", post(ask))
}

/// The models that are installed.
#[derive(Serialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
struct InstalledModels {
    /// The cards of those that can be used.
    models: Vec<Card>,
    /// The folders that hold none that can be used.
    broken: Vec<Broken>,
}

/// The nodule that the models are asked about: as it is outlined.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/models.ts")]
struct Outlined {
    /// Its voxels.
    mask: BoxedMask,
}

/// What the models say of a nodule.
#[derive(Serialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
struct ModelAnswers {
    /// One for each model.
    answers: Vec<ModelAnswer>,
    /// Those that failed.
    failed: Vec<Broken>,
}

async fn list(State(hospital): State<Arc<Hospital>>, _caller: Caller) -> Json<InstalledModels> {
    let usable = hospital.models.usable.iter();
    Json(InstalledModels {
        models: usable.map(|model| model.card().clone()).collect(),
        broken: hospital.models.broken.clone(),
    })
}

/// Nothing is kept, and nobody is told: what a model says is for the one who asked.
async fn ask(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(uid): Path<String>,
    outlined: Result<Json<Outlined>, JsonRejection>,
) -> Result<Json<ModelAnswers>, Problem> {
    let opened = open(&hospital, &caller, &uid).await?;
    let Outlined { mask } = body(outlined)?;
    let _turn = hospital.volumes.near().await;
    let (volume, models) = (opened.volume, Arc::clone(&hospital.models));
    let asked = spawn_blocking(move || models.ask(&volume, &mask)).await;
    let (answers, failed) = asked.map_err(|error| Problem::internal(&error))??;
    Ok(Json(ModelAnswers { answers, failed }))
}
