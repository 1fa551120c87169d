//! `POST /api/rooms/{id}/snapshots`: a picture of the stage, kept beside the images that stand there, or with the
//! patient where none do.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use dicom::{
    create::{CreateError, MadeHere, NewPicture, Person, Study, context_of, derived_uid, picture},
    drawn::SavedObject,
};
use record::ResourceKey;
use room::{Entity, Hologram, Pictured, World};
use serde::Deserialize;
use tokio::task::spawn_blocking;
use vocabulary::{Digest, PatientId, Uid};

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
/// What a study says of itself that holds no more than pictures of a room.
const STUDY: &str = "Pictures of a room";

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

/// What a picture goes with.
struct Beside {
    person: Person,
    study: Study,
    /// The images that stand in the room, where any do.
    series: Option<Uid>,
}

/// Where images stand in the room, their study; else one of the pictures that are taken in this room on this day.
async fn beside(hospital: &Hospital, at: &AtWork) -> Result<Beside, Problem> {
    let record = &hospital.record;
    if let Some(hologram) = on_the_table(&at.world) {
        let series = hologram.series.clone();
        let instances = record.series_instances(&at.read, &series).await?;
        let first = instances.first();
        let first = first.ok_or_else(|| unkept("the images of the room are gone"))?;
        let (person, study) = context(record.object(&at.read, first, None).await?).await?;
        return Ok(Beside {
            person,
            study,
            series: Some(series),
        });
    }
    let now = hospital.moment();
    let (room, patient) = (at.stage.id.as_str(), at.patient.as_str());
    let uid = derived_uid(&["pictures", room, patient, &now.date]);
    let stored = record.stored(&at.read, &uid, None, None).await?;
    let (person, study) = if let Some(first) = stored.first() {
        context(record.bytes_of(&at.read, first, None).await?).await?
    } else {
        let study = Study {
            uid,
            date: now.date,
            time: now.time,
            id: String::new(),
            accession: String::new(),
            description: STUDY.to_owned(),
        };
        (person(hospital, &at.patient).await?, study)
    };
    Ok(Beside {
        person,
        study,
        series: None,
    })
}

/// The person and study of an object of the record.
async fn context(object: Bytes) -> Result<(Person, Study), Problem> {
    let context = spawn_blocking(move || context_of(&object)).await;
    let context = context.map_err(|error| Problem::internal(&error))?;
    context.map_err(|error| Problem::internal(&error))
}

/// The patient as the record knows them, of whom no image of the room says who it is.
async fn person(hospital: &Hospital, patient: &PatientId) -> Result<Person, Problem> {
    let key = ResourceKey {
        kind: "Patient".to_owned(),
        id: patient.to_string(),
    };
    let finding = hospital.finding().await?;
    let found = hospital.record.resource(finding, &key, None).await?;
    let body = found.and_then(|version| version.body);
    let body = body.ok_or_else(|| unkept("the patient of the room is not in the record"))?;
    let issuer = |system: &str| hospital.config.issuer_of(system);
    let known = fhir::patient_in_dicom(&body, &issuer);
    Ok(Person {
        id: known.id,
        issuer: known.issuer,
        name: known.name,
        birth_date: known.birth_date,
        sex: known.sex,
    })
}

/// Keeps a picture with the study whose images stand in the room, or in one of its own where none do, with a
/// `Provenance` that says who took it where. The same picture again adds nothing.
pub async fn keep(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    body: LargeBody,
) -> Result<(StatusCode, Json<SavedObject>), Problem> {
    // Its permits are held, so that nothing is written without them.
    let at = at_work(&hospital, &caller, &id).await?;
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
    let Beside {
        person,
        study,
        series,
    } = beside(&hospital, &at).await?;
    let of = series.as_ref().unwrap_or(&study.uid);
    let digest = Digest::of(&png).to_string();
    let made = MadeHere {
        series: derived_uid(&["snapshot", at.stage.id.as_str(), of.as_str(), &digest]),
        number: 9_007,
        description: title.chars().take(64).collect(),
        at: hospital.moment(),
    };
    let new = NewPicture {
        title: title.clone(),
        png,
    };
    let file = spawn_blocking(move || picture(&person, &study, &new, &made));
    let file = match file.await.map_err(|error| Problem::internal(&error))? {
        Ok(file) => file,
        Err(CreateError::NotThatKind(_)) => return Err(unkept("it is no whole PNG")),
        Err(error) => return Err(Problem::internal(&error)),
    };
    let activity = format!("Pictured in room {}", at.stage.id);
    let origin = Origin {
        series: series.as_slice(),
        activity: &activity,
    };
    let kept = derived::keep(&hospital, &caller.actor, &at.patient, file, &origin).await?;
    if !kept.was_there {
        let pictured = Pictured {
            title,
            study: kept.study.clone(),
            series: kept.series.clone(),
            object: kept.sop.clone(),
        };
        let (room, who) = (about(&hospital, &at.stage), caller.actor.id);
        let noted = hospital
            .rooms
            .pictured(&hospital.record, &at.entered, &room, (who, pictured));
        noted.await.map_err(|error| Problem::internal(&error))?;
    }
    Ok((StatusCode::CREATED, Json(kept.into())))
}
