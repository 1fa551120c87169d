//! `POST /api/rooms/{id}/export`: what was measured and noted, and what is shown as surfaces, goes beside the
//! images.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use bytes::Bytes;
use dicom::{
    create::{CreateError, MarkedSeries, Person, Study},
    drawn::SavedObject,
};
use policy::{Action, Object, Permit};
use room::{Entity, Hologram, Room, World};
use scenario::Stage;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use vocabulary::{PatientId, RoomId, Text};

use super::{conduct, door, enter};
use crate::{
    clock,
    derived::{self, Origin},
    hospital::Hospital,
    http::{Caller, Problem},
    marked::{self, Marked},
    masks,
    rooms::kept_act,
};

/// What is to be written; all of it where nothing is said.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Measurements and notes.
    marks: bool,
    /// Surfaces, as masks.
    masks: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            marks: true,
            masks: true,
        }
    }
}

/// A room in which somebody is at work, and what they may take out of it.
pub struct AtWork {
    /// What the room is about.
    pub stage: Stage,
    /// Whose twin stands in it.
    pub patient: PatientId,
    /// What stands in it.
    pub world: World,
    /// To read the images.
    pub read: Permit,
    /// To put others beside them.
    pub store: Permit,
    /// To be in the room.
    pub entered: Permit,
}

/// What stands in a room, for those who may be at work in it.
pub async fn at_work(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    id: &str,
) -> Result<AtWork, Problem> {
    let (_, stage, entered) = enter(hospital, caller, id).await?;
    let Some(patient) = stage.patient.clone() else {
        return Err(Problem::forbidden("this room shows no patient's images"));
    };
    let object = Object::Patient(patient.clone());
    let store = hospital.permit(caller, Action::StoreImaging, &object);
    let store = store.await?;
    let read = hospital
        .permit(caller, Action::ReadImaging, &object)
        .await?;
    let acts = hospital
        .record
        .room_acts(&entered, &stage.id, Some(&patient), 0)
        .await?;
    let world = Room::replay(acts.into_iter().map(kept_act));
    let world = world.map_err(|error| Problem::internal(&error))?;
    let person = door::person(hospital, &caller.actor, &stage).await?;
    let has_agreed = conduct::agreed(hospital, &caller.actor).await?.is_some();
    if !has_agreed || !world.lets_work(&person, clock::now()) {
        return Err(Problem::forbidden(
            "export what stands in a room that lets you in to work",
        ));
    }
    Ok(AtWork {
        stage,
        patient,
        world,
        read,
        store,
        entered,
    })
}

/// Writes a measurement report and a presentation state for each hologram that has marks, and a segmentation of
/// what each hologram shows as surfaces, as objects of its study. Writing the same again adds nothing.
pub async fn export(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    wanted: Option<Json<Wanted>>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let wanted = wanted.map(|Json(wanted)| wanted).unwrap_or_default();
    let AtWork {
        stage,
        patient,
        world,
        read,
        store,
        ..
    } = at_work(&hospital, &caller, &id).await?;
    let mut export = Export {
        hospital: &hospital,
        caller: &caller,
        room: stage.id.clone(),
        patient,
        read,
        _store: store,
        objects: Vec::new(),
        left_out: Vec::new(),
    };
    if wanted.marks {
        for marked in marked::marked(&stage.id, &world) {
            export.marks(marked).await?;
        }
    }
    if wanted.masks {
        for placed in world.entities().values() {
            if let Entity::Hologram(hologram) = &placed.entity {
                export.masks(hologram).await?;
            }
        }
    }
    if export.objects.is_empty() {
        return Err(export.nothing());
    }
    let answer = json!({"objects": export.objects, "left_out": export.left_out});
    Ok((StatusCode::CREATED, Json(answer)))
}

/// An export while it is made.
struct Export<'a> {
    hospital: &'a Arc<Hospital>,
    caller: &'a Caller,
    room: RoomId,
    patient: PatientId,
    read: Permit,
    /// Held, so that nothing is written without it.
    _store: Permit,
    objects: Vec<SavedObject>,
    left_out: Vec<Text>,
}

/// A series of a room, with what its new objects take over.
struct Of {
    series: MarkedSeries,
    person: Person,
    study: Study,
}

impl Export<'_> {
    fn nothing(&self) -> Problem {
        let why = self.left_out.first();
        let why = why.map_or_else(
            || "measure, note or show something on an image of the room first".to_owned(),
            |text| format!("{} · {}", text.zh, text.en),
        );
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Nothing to write", why)
    }

    fn leave_out(&mut self, zh: &str, en: &str) {
        self.left_out.push(Text::new(zh, en));
    }

    /// The series of a hologram; `None` where its images are no stack in the patient.
    async fn of(&self, hologram: &Hologram) -> Result<Option<Of>, Problem> {
        let (record, uid) = (&self.hospital.record, hologram.series.clone());
        let instances = record.series_instances(&self.read, &uid).await?;
        let Some(first) = instances.first() else {
            return Ok(None);
        };
        let file = record.object(&self.read, first, None).await?;
        let of = spawn_blocking(move || of_file(&file, marked::marked_series(&uid, &instances)));
        of.await.map_err(|error| Problem::internal(&error))
    }

    async fn marks(&mut self, marked: Marked) -> Result<(), Problem> {
        if marked.has_lines {
            self.leave_out(
                "用画笔画的线条留在房间内，未写出",
                "lines drawn with the pen stay in the room and are not written out",
            );
        }
        if marked.marks.is_empty() {
            return Ok(());
        }
        let Some(of) = self.of(&marked.hologram).await? else {
            self.leave_out(
                "标记所在序列的图像不是患者坐标系中的断层，未写出",
                "the marked series is no stack of images in the patient",
            );
            return Ok(());
        };
        let (room, series) = (self.room.clone(), of.series.uid.clone());
        let zone = self.hospital.config.time_zone.rules().clone();
        let made = spawn_blocking(move || {
            let context = (&of.person, &of.study);
            marked::files(&room, context, &of.series, &marked, &zone)
        });
        let files = match made.await.map_err(|error| Problem::internal(&error))? {
            Ok(files) => files,
            Err(CreateError::Nothing) => {
                self.leave_out("没有标记位于图像上", "no mark lies on an image");
                return Ok(());
            }
            Err(error) => return Err(Problem::internal(&error)),
        };
        for file in files {
            self.keep(file, &series, "Measured and noted in a room")
                .await?;
        }
        Ok(())
    }

    async fn masks(&mut self, hologram: &Hologram) -> Result<(), Problem> {
        let volumes = &self.hospital.volumes;
        let whole = volumes
            .whole(self.hospital, &self.read, &hologram.series)
            .await;
        let whole = whole.map_err(|error| Problem::internal(&error))?;
        let Some((folder, manifest)) = whole else {
            self.leave_out(
                "容积结构尚未生成，请稍后再导出分割",
                "the volume's structures are not made yet; export its masks later",
            );
            return Ok(());
        };
        if masks::shown(hologram, &manifest).is_empty() {
            return Ok(());
        }
        let Some(of) = self.of(hologram).await? else {
            self.leave_out(
                "该序列的图像不是患者坐标系中的断层，未写出分割",
                "the series is no stack of images in the patient, so it has no segmentation",
            );
            return Ok(());
        };
        let (series, hologram) = (of.series.uid.clone(), hologram.clone());
        let at = self.hospital.moment();
        let made = spawn_blocking(move || {
            let shown = masks::shown(&hologram, &manifest);
            let (of, context) = (&of.series, (&of.person, &of.study));
            masks::file(context, of, (&folder, &manifest), &shown, at)
        });
        let made = made.await.map_err(|error| Problem::internal(&error))?;
        if let Some(file) = made.map_err(|error| Problem::internal(&error))? {
            self.keep(
                file,
                &series,
                "Structures of a volume, as a room showed them",
            )
            .await?;
        }
        Ok(())
    }

    /// Keeps a new object under the patient of the room.
    async fn keep(
        &mut self,
        file: Vec<u8>,
        of: &vocabulary::Uid,
        activity: &str,
    ) -> Result<(), Problem> {
        let origin = Origin {
            series: std::slice::from_ref(of),
            activity,
        };
        let actor = &self.caller.actor;
        let kept = derived::keep(self.hospital, actor, &self.patient, file, &origin).await?;
        self.objects.push(kept.into());
        Ok(())
    }
}

fn of_file(file: &Bytes, series: Option<MarkedSeries>) -> Option<Of> {
    let (series, person, study) = marked::in_study(file, series)?;
    Some(Of {
        series,
        person,
        study,
    })
}
