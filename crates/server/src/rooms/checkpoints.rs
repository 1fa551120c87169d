//! Checkpoints of rooms: what opening a long room costs less for. They lie below `derived/`, and can be thrown away.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use policy::Permit;
use record::Record;
use room::{Checkpoint, Room, World};
use tokio::task::{JoinHandle, spawn_blocking};
use vocabulary::{Digest, RoomId};

use super::{About, EnterError, Host, kept_act};

/// So many acts later a room has another one made: to replay them takes no time that anybody notices.
const EVERY: u64 = 1_000;

/// Where checkpoints lie.
pub struct Checkpoints {
    folder: PathBuf,
}

/// What a room has of its checkpoints.
pub(super) struct Kept {
    all: Arc<Checkpoints>,
    /// The first act that the last one does not hold.
    next: u64,
    /// One that is being written.
    writing: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Those below the hospital's data folder.
    pub fn new(data: &Path) -> Self {
        Self {
            folder: data.join("derived/rooms"),
        }
    }

    /// Opens a room by its checkpoint and the acts that came later, or by all its acts.
    pub(super) async fn open(
        self: &Arc<Self>,
        record: &dyn Record,
        permit: &Permit,
        about: &About,
    ) -> Result<(Room, Kept), EnterError> {
        let (room, patient) = (&about.id, about.patient.as_ref());
        let acts = async |from| {
            let acts = record.room_acts(permit, room, patient, from).await?;
            Ok::<_, EnterError>(acts.into_iter().map(kept_act))
        };
        let kept = |next| Kept {
            all: Arc::clone(self),
            next,
            writing: None,
        };
        if let Some(checkpoint) = self.find(record, permit, about).await? {
            let world = checkpoint.into_world();
            let next = world.next_number();
            match world.replay(acts(next).await?) {
                Ok(world) => return Ok((Room::holding(room.clone(), world), kept(next))),
                Err(error) => tracing::warn!(%error, "the checkpoint of a room is not taken"),
            }
        }
        let opened = Room::open(room.clone(), acts(0).await?)?;
        let mut kept = kept(0);
        if let Some(last) = opened.world().next_number().checked_sub(1)
            && let Some(sealed) = record.room_act_sealed(permit, room, patient, last).await?
        {
            kept.keep_up(about, sealed.digest, opened.world());
        }
        Ok((opened, kept))
    }

    /// The room's checkpoint, if its last act is the one of that number in the journal. A journal that was put back
    /// from a backup has other acts from there on.
    async fn find(
        &self,
        record: &dyn Record,
        permit: &Permit,
        about: &About,
    ) -> Result<Option<Checkpoint>, EnterError> {
        let file = self.file(&about.id);
        let read = move || Some((Checkpoint::decode(&fs::read(&file).ok()?), file));
        let Some((found, file)) = spawn_blocking(read).await.ok().flatten() else {
            return Ok(None);
        };
        let found = found.filter(|one| one.room == about.id && one.patient == about.patient);
        let Some((last, found)) = found.and_then(|one| Some((one.last()?, one))) else {
            tracing::warn!(file = %file.display(), "a checkpoint is damaged or of another version");
            return Ok(None);
        };
        let sealed = record
            .room_act_sealed(permit, &about.id, about.patient.as_ref(), last)
            .await?;
        let is_its = sealed.is_some_and(|sealed| sealed.digest == found.entry);
        Ok(is_its.then_some(found))
    }

    /// A room's name may be no name of a file.
    fn file(&self, room: &RoomId) -> PathBuf {
        let name = Digest::of(room.as_str().as_bytes());
        self.folder.join(name.to_string())
    }

    /// Writes one, whole or not at all.
    fn write(&self, checkpoint: &Checkpoint) -> std::io::Result<()> {
        let file = self.file(&checkpoint.room);
        let unfinished = file.with_extension("unfinished");
        fs::create_dir_all(&self.folder)?;
        fs::write(&unfinished, checkpoint.encode())?;
        fs::rename(unfinished, file)
    }
}

impl Kept {
    /// Has another checkpoint made where enough acts have come since the last one. `entry` is that of the last act.
    fn keep_up(&mut self, about: &About, entry: Digest, world: &World) {
        let next = world.next_number();
        let is_writing = self.writing.as_ref().is_some_and(|one| !one.is_finished());
        if is_writing || next < self.next.saturating_add(EVERY) {
            return;
        }
        self.next = next;
        let (all, room) = (Arc::clone(&self.all), about.id.clone());
        let made = Checkpoint::new(room, about.patient.clone(), entry, world.clone());
        self.writing = Some(spawn_blocking(move || {
            if let Err(error) = all.write(&made) {
                tracing::warn!(%error, "the checkpoint of a room could not be kept");
            }
        }));
    }
}

impl Host {
    /// What was just kept ends with this entry of the journal.
    pub(super) fn mind_checkpoint(&mut self, entry: Digest) {
        let Self {
            room,
            about,
            checkpoints,
            ..
        } = self;
        checkpoints.keep_up(about, entry, room.world());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use policy::Action;
    use record::{Batch, NewFact, Precondition, RoomAct};
    use serde_json::json;
    use storage::{Embedded, SystemClock};
    use vocabulary::{ActorId, PatientId, Timestamp};

    use super::*;
    use crate::{hospital::hospital_actor, volumes::Volumes, witness::LedgerWitness};

    struct Hospital {
        data: tempfile::TempDir,
        record: Arc<dyn Record>,
        permit: Permit,
        about: About,
        acts: u64,
    }

    impl Hospital {
        async fn new() -> Self {
            let data = tempfile::tempdir().unwrap();
            let indexer = Arc::new(fhir::SearchIndexer);
            let record = Embedded::open(data.path(), indexer, Arc::new(SystemClock)).unwrap();
            let record: Arc<dyn Record> = Arc::new(record);
            let witness = LedgerWitness::new(Arc::clone(&record));
            let permit = Permit::for_hospital("open rooms", Action::EnterRoom, &witness);
            let patient = Some(PatientId::new("p1").unwrap());
            let about = About {
                id: RoomId::new("r1").unwrap(),
                host: hospital_actor(),
                furnish: Arc::new(|| None),
                probe: Volumes::new(data.path()).probe(patient.clone()),
                patient,
            };
            Self {
                permit: permit.await.unwrap(),
                data,
                record,
                about,
                acts: 0,
            }
        }

        /// Somebody of twenty sets the window of the images, so many times.
        async fn act(&mut self, times: u64) {
            let acts = (self.acts..self.acts + times).map(|number| {
                let actor = format!("doctor.{}", number % 20);
                let hologram = json!({
                    "type": "hologram", "series": "1.2.3", "mode": "both", "layers": {}, "clip": null,
                    "transform": {"position_m": [0.0, 1.36, 0.0], "rotation": [0.0, 0.0, 0.0, 1.0], "scale": 2.5},
                    "window": {"centre_hu": number, "width_hu": 400.0}, "cursor_lps_mm": [1.5, -20.25, 3.0],
                });
                let placed = json!({"by": "li.terminal", "at": "2026-03-02T08:00:00Z", "entity": hologram});
                let act = RoomAct {
                    room: self.about.id.clone(),
                    number,
                    actor: ActorId::new(actor).unwrap(),
                    at: Timestamp(1_000_000 + 100 * i64::try_from(number).unwrap()),
                    act: json!({"act": "set", "changes": [{"id": 1, "placed": placed}]}),
                };
                let subject = self.about.patient.clone();
                (NewFact::RoomAct { act, subject }, Precondition::None)
            });
            let facts: Vec<_> = acts.collect();
            for facts in facts.chunks(1_000) {
                let batch = Batch {
                    actor: hospital_actor(),
                    facts: facts.to_vec(),
                };
                self.record.commit(batch).await.unwrap();
            }
            self.acts += times;
        }

        /// Opens the room as the program does that has just started; up to which act by a checkpoint.
        async fn open(&self) -> (World, u64) {
            let all = Arc::new(Checkpoints::new(self.data.path()));
            let began = Instant::now();
            let opening = all.open(&*self.record, &self.permit, &self.about);
            let (room, kept) = opening.await.unwrap();
            println!("opened in {:?}", began.elapsed());
            let by = if kept.writing.is_some() { 0 } else { kept.next };
            if let Some(writing) = kept.writing {
                writing.await.unwrap();
            }
            (room.world().clone(), by)
        }

        /// What its whole journal makes of the room.
        async fn replayed(&self) -> World {
            let patient = self.about.patient.as_ref();
            let acts = self
                .record
                .room_acts(&self.permit, &self.about.id, patient, 0);
            Room::replay(acts.await.unwrap().into_iter().map(kept_act)).unwrap()
        }

        fn file(&self) -> PathBuf {
            Checkpoints::new(self.data.path()).file(&self.about.id)
        }
    }

    /// `ROOM_ACTS=100000` says how long a long room takes.
    #[tokio::test]
    async fn a_long_room_is_opened_by_its_checkpoint_and_what_came_later() {
        let mut hospital = Hospital::new().await;
        hospital.act(EVERY - 1).await;
        assert_eq!(hospital.open().await, (hospital.replayed().await, 0));
        assert!(!hospital.file().exists(), "a short one needs none");
        let acts = std::env::var("ROOM_ACTS").ok();
        let acts = acts.map_or(2 * EVERY, |acts| acts.parse().unwrap());
        hospital.act(acts - EVERY + 1).await;
        let whole = hospital.replayed().await;
        assert_eq!(hospital.open().await, (whole.clone(), 0));
        assert_eq!(hospital.open().await, (whole, acts));
        hospital.act(17).await;
        assert_eq!(hospital.open().await, (hospital.replayed().await, acts));
    }

    #[tokio::test]
    async fn of_a_damaged_one_and_of_one_of_another_journal_nothing_is_taken() {
        let mut hospital = Hospital::new().await;
        hospital.act(EVERY).await;
        hospital.open().await;
        let bytes = fs::read(hospital.file()).unwrap();
        for damaged in [
            &bytes[..bytes.len() / 2],
            b"",
            &[bytes.as_slice(), b" "].concat(),
        ] {
            fs::write(hospital.file(), damaged).unwrap();
            assert_eq!(hospital.open().await, (hospital.replayed().await, 0));
            assert_eq!(fs::read(hospital.file()).unwrap(), bytes, "it is made anew");
        }
        // A journal that is as long, of a hospital that was put back from a backup.
        let mut other = Hospital::new().await;
        other.act(EVERY).await;
        fs::create_dir_all(other.file().parent().unwrap()).unwrap();
        fs::write(other.file(), &bytes).unwrap();
        assert_eq!(other.open().await, (other.replayed().await, 0));
        assert_ne!(fs::read(other.file()).unwrap(), bytes);
        // One that is shorter.
        let mut short = Hospital::new().await;
        short.act(5).await;
        fs::create_dir_all(short.file().parent().unwrap()).unwrap();
        fs::write(short.file(), &bytes).unwrap();
        assert_eq!(short.open().await, (short.replayed().await, 0));
        // One about somebody else is none of this room.
        hospital.about.patient = None;
        assert_eq!(hospital.open().await, (hospital.replayed().await, 0));
    }
}
