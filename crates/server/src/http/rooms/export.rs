//! `POST /api/rooms/{id}/export`: what was measured and noted goes beside the images.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use bytes::Bytes;
use dicom::create::{CreateError, context_of};
use policy::{Action, Object, Permit};
use record::{Batch, NewFact, Precondition};
use room::Room;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use vocabulary::PatientId;

use super::enter;
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    marked::{self, Marked},
    rooms::kept_act,
};

/// Writes a measurement report and a presentation state for each hologram that has marks, as objects of its
/// study. Writing the same marks again adds nothing.
pub async fn export(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (_, stage, entered) = enter(&hospital, &caller, &id).await?;
    let object = Object::Patient(stage.patient.clone());
    let permit = hospital
        .permit(&caller, Action::StoreImaging, &object)
        .await?;
    let acts = hospital
        .record
        .room_acts(&entered, &stage.id, Some(&stage.patient), 0)
        .await?;
    let world = Room::replay(acts.into_iter().map(kept_act));
    let world = world.map_err(|error| Problem::internal(&error))?;
    let marked = marked::marked(&stage.id, &world);
    if marked.is_empty() {
        return Err(nothing());
    }
    let mut written = Vec::new();
    for marked in marked {
        for file in files(&hospital, &permit, &stage.id, marked).await? {
            let kept = keep(&hospital, &caller, &stage.patient, file).await?;
            written.push(kept);
        }
    }
    Ok((StatusCode::CREATED, Json(json!({"objects": written}))))
}

fn nothing() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "Nothing to write",
        "measure or note something on an image of the room first",
    )
}

async fn files(
    hospital: &Hospital,
    permit: &Permit,
    room: &vocabulary::RoomId,
    marked: Marked,
) -> Result<Vec<Vec<u8>>, Problem> {
    let series = marked.hologram.series.clone();
    let instances = hospital.record.series_instances(permit, &series).await?;
    let first = instances.first().ok_or_else(nothing)?;
    let file = hospital.record.object(permit, first, None).await?;
    let room = room.clone();
    let made = spawn_blocking(move || {
        let of = marked::marked_series(&series, &instances).ok_or(CreateError::Nothing)?;
        let (person, study) =
            context_of(&file).map_err(|error| CreateError::Write(error.to_string()))?;
        marked::files(&room, (&person, &study), &of, &marked)
    });
    match made.await.map_err(|error| Problem::internal(&error))? {
        Ok(files) => Ok(files),
        Err(CreateError::Nothing) => Err(nothing()),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// Keeps a new object under the patient of the room.
async fn keep(
    hospital: &Hospital,
    caller: &Caller,
    patient: &PatientId,
    file: Vec<u8>,
) -> Result<Value, Problem> {
    let object = dicom::parse(Bytes::from(file)).map_err(|error| Problem::internal(&error))?;
    let answer = json!({
        "study": object.study, "series": object.series, "object": object.sop, "class": object.class,
    });
    let fact = NewFact::StoreInstance {
        instance: Box::new(object.instance(patient.clone())),
        bytes: object.file,
    };
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![(fact, Precondition::None)],
    };
    hospital.record.commit(batch).await?;
    Ok(answer)
}
