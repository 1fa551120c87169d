//! `/api/imaging`: what DICOMweb has no word for, such as what a person may do with images.

mod documents;
mod marks;
mod segmentations;
mod states;

pub(super) use marks::person_name;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    routing::{get, post},
};
use policy::{Action, Object, Permit};
use serde_json::{Value, json};
use vocabulary::{PatientId, Uid};

use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
};

/// `/imaging/permissions`, `/imaging/studies/{study}` and what lies below it.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/imaging/permissions", get(permissions))
        .route("/imaging/studies/{study}", get(study))
        .route(
            "/imaging/studies/{study}/presentation-states",
            get(states::states),
        )
        .route("/imaging/studies/{study}/marks", post(marks::keep))
        .route(
            "/imaging/studies/{study}/segmentations",
            get(segmentations::list),
        )
        .route(
            "/imaging/studies/{study}/segmentations/{object}",
            get(segmentations::masks),
        )
        .route(
            "/imaging/studies/{study}/documents",
            get(documents::list)
                .post(documents::keep)
                .layer(DefaultBodyLimit::max(documents::LARGEST_BODY)),
        )
        .route(
            "/imaging/studies/{study}/documents/{object}",
            get(documents::show),
        )
}

/// Whether the caller may read and store images at all, so that a screen can say so before anything is tried.
async fn permissions(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let read = hospital
        .would_permit(&caller, Action::ReadImaging, &Object::Everyone)
        .await?;
    let store = hospital
        .would_permit(&caller, Action::StoreImaging, &Object::Everyone)
        .await?;
    Ok(Json(json!({"read": read, "store": store})))
}

/// Whom a study shows, by the id that the record knows the patient by, and whether the caller may add to it.
async fn study(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(study): Path<String>,
) -> Result<Json<Value>, Problem> {
    let (_, patient, _) = study_of(&hospital, &caller, &study, Action::ReadImaging).await?;
    let object = Object::Patient(patient.clone());
    let store = hospital
        .would_permit(&caller, Action::StoreImaging, &object)
        .await?;
    Ok(Json(json!({"patient": patient, "store": store})))
}

/// A study, whom it shows, and the permit for what the caller wants to do.
async fn study_of(
    hospital: &Hospital,
    caller: &Caller,
    study: &str,
    action: Action,
) -> Result<(Uid, PatientId, Permit), Problem> {
    let study = Uid::new(study)
        .map_err(|_| Problem::bad_input("the UID in the address is not well formed"))?;
    let patient = hospital
        .patient_of_images(Some(&study), None)
        .await?
        .ok_or_else(|| Problem::not_found("there is no such study, or you may not see it"))?;
    let object = Object::Patient(patient.clone());
    let permit = hospital.permit(caller, action, &object).await?;
    Ok((study, patient, permit))
}
