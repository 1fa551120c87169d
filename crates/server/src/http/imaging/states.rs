//! `GET /api/imaging/studies/{study}/presentation-states`: what others drew on the pictures of a study.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use dicom::presentation::{PresentationState, is_presentation_state, read_presentation_state};
use policy::Action;
use record::StoredObject;

use super::study_of;
use crate::{
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
};

/// The most states that are given of one study; the newest come first.
const MOST: usize = 200;
/// A state that is larger is not drawn.
const LARGEST: u64 = 16 << 20;

/// The presentation states of a study, the newest first. One that cannot be read is left out.
pub async fn states(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(study): Path<String>,
) -> Result<Json<Vec<PresentationState>>, Problem> {
    let (study, _, permit) = study_of(&hospital, &caller, &study, Action::ReadImaging).await?;
    let mut objects = hospital.record.stored(&permit, &study, None, None).await?;
    let is_wanted = |object: &StoredObject| {
        is_presentation_state(object.class.as_str())
            && object.size <= LARGEST
            && permit.covers(Some(&object.subject))
    };
    objects.retain(is_wanted);
    objects.sort_by_key(|object| std::cmp::Reverse(object.sequence));
    let mut states = Vec::new();
    for object in objects.iter().take(MOST) {
        let bytes = hospital.record.bytes_of(&permit, object, None).await?;
        match in_turn(move || read_presentation_state(&bytes)).await? {
            Ok(state) => states.push(state),
            Err(error) => tracing::debug!(%error, "a presentation state is left out"),
        }
    }
    Ok(Json(states))
}
