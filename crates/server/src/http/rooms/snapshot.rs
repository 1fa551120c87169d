//! `POST /api/rooms/{id}/snapshots`: a picture of the stage, kept beside the images that stand there.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use dicom::{
    create::{CreateError, MadeHere, NewPicture, context_of, derived_uid, picture},
    drawn::SavedObject,
};
use room::{Entity, Hologram, Pictured, World};
use serde::Deserialize;
use tokio::task::spawn_blocking;
use vocabulary::Digest;

use super::{
    about,
    export::{AtWork, at_work},
};
use crate::{
    derived::{self, Origin},
    hospital::Hospital,
    http::{Caller, LargeBody, Problem},
};

/// What a request may hold: a picture in base64, and its title.
pub const LARGEST_BODY: usize = 24 << 20;
/// The most characters of a title.
const LONGEST_TITLE: usize = 200;

/// A picture of the stage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSnapshot {
    /// What it shows.
    title: String,
    /// The picture as PNG, in base64.
    png: String,
}

fn unkept(why: &str) -> Problem {
    let title = "This picture cannot be kept";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, title, why)
}

/// The hologram that stands in a room.
fn on_the_table(world: &World) -> Option<&Hologram> {
    let entities = world.entities().values();
    let mut holograms = entities.filter_map(|placed| match &placed.entity {
        Entity::Hologram(hologram) if !hologram.shelved => Some(hologram),
        _ => None,
    });
    holograms.next()
}

/// Keeps a picture with the study whose images stand in the room, with a `Provenance` that says who took it where.
/// The same picture again adds nothing.
pub async fn keep(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    body: LargeBody,
) -> Result<(StatusCode, Json<SavedObject>), Problem> {
    let AtWork {
        stage,
        patient,
        world,
        read,
        // Held, so that nothing is written without it.
        store: _store,
        entered,
    } = at_work(&hospital, &caller, &id).await?;
    let body = body.whole(&hospital.memory).await;
    let body = body.map_err(|problem| match problem.status() {
        StatusCode::PAYLOAD_TOO_LARGE => unkept("it is larger than 16 MiB"),
        _ => problem,
    })?;
    let new: NewSnapshot = serde_json::from_slice(&body.bytes)
        .map_err(|_| Problem::bad_input("send JSON with the fields `title` and `png` (base64)"))?;
    drop(body);
    let title: String = new
        .title
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    if title.is_empty() || title.chars().count() > LONGEST_TITLE {
        return Err(unkept("give it a title of at most 200 characters"));
    }
    let png = BASE64_STANDARD.decode(new.png);
    let png = png.map_err(|_| Problem::bad_input("`png` is not base64"))?;
    let hologram = on_the_table(&world).ok_or_else(|| unkept("no images stand in the room"))?;
    let series = hologram.series.clone();
    let instances = hospital.record.series_instances(&read, &series).await?;
    let first = instances.first();
    let first = first.ok_or_else(|| unkept("the images of the room are gone"))?;
    let head = hospital.record.object(&read, first, None).await?;
    let digest = Digest::of(&png).to_string();
    let made = MadeHere {
        series: derived_uid(&["snapshot", stage.id.as_str(), series.as_str(), &digest]),
        number: 9_007,
        description: title.chars().take(64).collect(),
        at: hospital.moment(),
    };
    let new = NewPicture {
        title: title.clone(),
        png,
    };
    let file = spawn_blocking(move || {
        let context = context_of(&head);
        let (person, study) = context.map_err(|error| CreateError::Write(error.to_string()))?;
        picture(&person, &study, &new, &made)
    });
    let file = match file.await.map_err(|error| Problem::internal(&error))? {
        Ok(file) => file,
        Err(CreateError::NotThatKind(_)) => return Err(unkept("it is no whole PNG")),
        Err(error) => return Err(Problem::internal(&error)),
    };
    let activity = format!("Pictured in room {}", stage.id);
    let origin = Origin {
        series: std::slice::from_ref(&series),
        activity: &activity,
    };
    let kept = derived::keep(&hospital, &caller.actor, &patient, file, &origin).await?;
    if !kept.was_there {
        let pictured = Pictured {
            title,
            study: kept.study.clone(),
            series: kept.series.clone(),
            object: kept.sop.clone(),
        };
        let (room, who) = (about(&hospital, &stage), caller.actor.id);
        let noted = hospital
            .rooms
            .pictured(&hospital.record, &entered, &room, (who, pictured));
        noted.await.map_err(|error| Problem::internal(&error))?;
    }
    Ok((StatusCode::CREATED, Json(kept.into())))
}
