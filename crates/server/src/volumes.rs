//! Volumes made from stored series, kept below `derived/` and made again whenever they are gone.
//!
//! A series is built once it has been quiet for a moment: coarse picture and bricks first, structures and
//! lesions after them. A change of the series or of a segmentation beside it makes a new one.

mod build;
mod kept;
mod probe;

pub use build::{LUNGS, mask_file, read_candidates};
pub use kept::{KeptNodule, measured, read_piece};

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use policy::{Action, Permit};
use record::{FactBody, Instance, RecordError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use vocabulary::{PatientId, Uid};
use volume::VolumeManifest;

use crate::{hospital::Hospital, masks};

/// How many boxes of volumes are looked at together: each takes some tens of megabytes.
const MOST_NEAR: usize = 2;
/// A series that has not changed for this long is whole.
const QUIET: Duration = Duration::from_millis(1500);
/// How often arrivals are looked at.
const LOOK: Duration = Duration::from_millis(300);
/// How long a volume waits for the doors to be quiet before it is made all the same.
const PATIENCE: Duration = Duration::from_mins(2);
/// CT Image Storage and its enhanced and legacy converted forms.
const CT_CLASSES: &[&str] = &[
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.2.2",
];
/// Segmentation Storage and Label Map Segmentation Storage.
const SEG_CLASSES: &[&str] = &[
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.66.7",
];

fn is_segmentation(class: &str) -> bool {
    SEG_CLASSES.contains(&class)
}

/// How far a volume has come.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Work goes on; nothing to show yet.
    Making {
        /// From 0 to 1.
        progress: f32,
        /// What is being done.
        step: String,
    },
    /// The picture is there; structures may still follow.
    Ready {
        /// Where its files lie.
        folder: PathBuf,
        /// What it holds so far; structures and lesions come last.
        manifest: Arc<VolumeManifest>,
    },
    /// It cannot be made.
    Failed {
        /// Why, in words for the person who asked.
        why: volume::Notice,
    },
}

/// Where to look first.
#[derive(Clone, Copy, Debug)]
pub struct FirstLook {
    /// The point at which the slices meet, patient LPS frame, millimetres.
    pub at_lps_mm: [f64; 3],
    /// The longest side of the volume, in millimetres.
    pub largest_mm: f64,
}

/// Why a volume cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VolumesError {
    /// The record could not be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its files could not be read or written.
    #[error("keep a volume's files")]
    Files(#[from] std::io::Error),
    /// A file of it is not what was written.
    #[error("read a volume's manifest")]
    Manifest(#[from] serde_json::Error),
    /// A nodule cannot be laid on its volume.
    #[error(transparent)]
    Nodule(#[from] volume::VolumeError),
    /// The work broke off.
    #[error("make a volume: the work broke off")]
    BrokeOff,
}

/// The volumes of a hospital.
pub struct Volumes {
    folder: PathBuf,
    stages: Arc<Mutex<HashMap<Uid, (String, Stage)>>>,
    /// Series that somebody looks for.
    wanted: Arc<Mutex<HashSet<Uid>>>,
    /// One at a time: building takes all cores as it is.
    turn: Arc<Semaphore>,
    kept: kept::OnVolumes,
    /// How many boxes of volumes may be in memory at once.
    near: Arc<Semaphore>,
}

impl Volumes {
    /// The volumes below a hospital's data folder.
    pub fn new(data: &Path) -> Self {
        Self {
            folder: data.join("derived/volumes"),
            stages: Arc::default(),
            wanted: Arc::default(),
            turn: Arc::new(Semaphore::new(1)),
            kept: kept::OnVolumes::default(),
            near: Arc::new(Semaphore::new(MOST_NEAR)),
        }
    }

    /// How far the volume of a series has come, the nodules that were kept of it included; starts making it where
    /// nobody has.
    pub async fn stage(
        &self,
        hospital: &Arc<Hospital>,
        permit: &Permit,
        series: &Uid,
    ) -> Result<Option<Stage>, VolumesError> {
        let Some((made, kept)) = self.looked(hospital, permit, series).await? else {
            return Ok(None);
        };
        match made {
            Stage::Ready { folder, manifest } if !kept.is_empty() => {
                let on = kept::On {
                    series,
                    folder: &folder,
                    manifest: &manifest,
                };
                let found = self.kept.of(hospital, permit, &on, &kept).await?;
                let manifest = Arc::clone(&found.manifest);
                Ok(Some(Stage::Ready { folder, manifest }))
            }
            stage => Ok(Some(stage)),
        }
    }

    /// The nodules that were kept of a series; `None` while its volume is not there.
    pub async fn nodules(
        &self,
        hospital: &Arc<Hospital>,
        permit: &Permit,
        series: &Uid,
    ) -> Result<Option<Vec<KeptNodule>>, VolumesError> {
        let Some((Stage::Ready { folder, manifest }, kept)) =
            self.looked(hospital, permit, series).await?
        else {
            return Ok(None);
        };
        let on = kept::On {
            series,
            folder: &folder,
            manifest: &manifest,
        };
        let found = self.kept.of(hospital, permit, &on, &kept).await?;
        Ok(Some(found.nodules.clone()))
    }

    /// How far the volume by itself has come, and the segmentations of nodules that were kept of the series.
    async fn looked(
        &self,
        hospital: &Arc<Hospital>,
        permit: &Permit,
        series: &Uid,
    ) -> Result<Option<(Stage, Vec<Instance>)>, VolumesError> {
        let Some(mut source) = build::Source::of(&*hospital.record, permit, series).await? else {
            return Ok(None);
        };
        let kept = std::mem::take(&mut source.kept);
        let made = self.made(hospital, permit, series, source)?;
        Ok(Some((made, kept)))
    }

    /// How far the volume has come that is made of these objects.
    fn made(
        &self,
        hospital: &Arc<Hospital>,
        permit: &Permit,
        series: &Uid,
        source: build::Source,
    ) -> Result<Stage, VolumesError> {
        let known = self.stages.lock().get(series).cloned();
        if let Some((fingerprint, stage)) = known
            && fingerprint == source.fingerprint
        {
            return Ok(stage);
        }
        let folder = self.folder.join(series.as_str()).join(&source.fingerprint);
        if let Some(manifest) = build::read_manifest(&folder)? {
            let stage = Stage::Ready {
                folder,
                manifest: Arc::new(manifest),
            };
            self.stages
                .lock()
                .insert(series.clone(), (source.fingerprint, stage.clone()));
            return Ok(stage);
        }
        let first = Stage::Making {
            progress: 0.0,
            step: "waiting".to_owned(),
        };
        self.stages
            .lock()
            .insert(series.clone(), (source.fingerprint.clone(), first.clone()));
        self.start(hospital, permit, series, source, folder);
        Ok(first)
    }

    /// The folder and the manifest of a volume of which all is made; `None` while something still follows.
    pub async fn whole(
        &self,
        hospital: &Arc<Hospital>,
        permit: &Permit,
        series: &Uid,
    ) -> Result<Option<(PathBuf, VolumeManifest)>, VolumesError> {
        let Some((
            Stage::Ready {
                folder,
                mut manifest,
            },
            kept,
        )) = self.looked(hospital, permit, series).await?
        else {
            return Ok(None);
        };
        // The manifest on disk comes last; what is in memory may be of a moment before.
        let Some(written) = build::read_manifest(&folder)? else {
            return Ok(None);
        };
        if *manifest != written {
            manifest = Arc::new(written);
        }
        let on = kept::On {
            series,
            folder: &folder,
            manifest: &manifest,
        };
        let found = self.kept.of(hospital, permit, &on, &kept).await?;
        let whole = (*found.manifest).clone();
        Ok(Some((folder, whole)))
    }

    /// Waits for its turn to look at a box of a volume; the turn ends when the answer is dropped.
    pub async fn near(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes it.
        Arc::clone(&self.near).acquire_owned().await.ok()
    }

    /// Notes that somebody waits for the volume of a series: it need not wait for the doors to be quiet.
    pub fn want(&self, series: &Uid) {
        if let Some((_, Stage::Making { .. })) = self.stages.lock().get(series) {
            self.wanted.lock().insert(series.clone());
        }
    }

    /// Removes what was made of a series; what is left of it is made again when it is asked for.
    pub async fn forget(&self, series: &Uid) {
        self.stages.lock().remove(series);
        self.kept.forget(series);
        let folder = self.folder.join(series.as_str());
        match tokio::fs::remove_dir_all(&folder).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "what was made of a deleted series was not removed");
            }
            _ => {}
        }
    }

    fn start(
        &self,
        hospital: &Arc<Hospital>,
        permit: &Permit,
        series: &Uid,
        source: build::Source,
        folder: PathBuf,
    ) {
        let (hospital, permit, series) = (Arc::clone(hospital), permit.clone(), series.clone());
        let (stages, turn) = (Arc::clone(&self.stages), Arc::clone(&self.turn));
        let wanted = Arc::clone(&self.wanted);
        tokio::spawn(async move {
            let Ok(_turn) = turn.acquire_owned().await else {
                return;
            };
            // What is being stored comes first: volumes take memory and all cores.
            let since = Instant::now();
            let is_wanted = || wanted.lock().contains(&series);
            while !hospital.arrivals.are_over() && !is_wanted() && since.elapsed() < PATIENCE {
                tokio::time::sleep(LOOK).await;
            }
            let fingerprint = source.fingerprint.clone();
            let is_newest = |stages: &HashMap<Uid, (String, Stage)>| {
                let newest = stages.get(&series);
                newest.is_some_and(|(newest, _)| *newest == fingerprint)
            };
            // The series may have grown meanwhile; then another one waits to be made.
            if !is_newest(&stages.lock()) {
                return;
            }
            let key = series.clone();
            let report = move |stage: Stage| {
                if let Some(entry) = stages.lock().get_mut(&key)
                    && entry.0 == fingerprint
                {
                    entry.1 = stage;
                }
            };
            let made = build::make(&hospital, &permit, &series, source, &folder, &report).await;
            if let Err(error) = made {
                tracing::error!(cause = %error, "a volume could not be made");
                report(Stage::Failed {
                    why: volume::Notice::new(
                        "internal",
                        "服务器内部错误，请稍后重试",
                        "the server failed; try again later",
                    ),
                });
            }
            wanted.lock().remove(&series);
            hospital
                .changes
                .announce("imaging", series.as_str(), vec![]);
        });
    }

    /// Where to look first in a series whose volume has been made: at its first lesion, else its middle.
    pub fn first_look(&self, series: &Uid) -> Option<FirstLook> {
        let manifest = match self.stages.lock().get(series) {
            Some((_, Stage::Ready { manifest, .. })) => Arc::clone(manifest),
            _ => return None,
        };
        let grid = manifest.grid();
        let extent = grid
            .size
            .iter()
            .zip(grid.spacing_mm)
            .map(|(&count, spacing)| count as f64 * spacing);
        let middle = grid.size.map(|count| count.saturating_sub(1) as f64 / 2.0);
        let lesion = manifest.lesions.first().map(|lesion| lesion.centre_lps_mm);
        Some(FirstLook {
            at_lps_mm: lesion.unwrap_or_else(|| grid.point_lps_mm(middle)),
            largest_mm: extent.fold(1.0, f64::max),
        })
    }

    /// What a room about a patient may ask of a series: of that patient's, and of nobody else's.
    pub fn probe(&self, patient: Option<PatientId>) -> Arc<dyn room::Probe + Send + Sync> {
        let stages = Arc::clone(&self.stages);
        Arc::new(probe::SeriesProbe::new(patient, stages))
    }
}

/// Makes volumes of what arrives, so that they are there when somebody comes to see them.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let Ok(permit) = hospital
        .own_permit("make volumes of new series", Action::ReadImaging)
        .await
    else {
        return;
    };
    let mut feed = hospital.record.feed();
    let mut next = *feed.borrow();
    let mut waiting: HashMap<Uid, Instant> = HashMap::new();
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            changed = feed.changed(), if waiting.is_empty() => if changed.is_err() { return },
            () = tokio::time::sleep(LOOK), if !waiting.is_empty() => {}
        }
        loop {
            let Ok(entries) = hospital.record.entries(&permit, next, 500).await else {
                break;
            };
            let Some(last) = entries.last() else { break };
            next = last.sequence + 1;
            for entry in entries {
                if let FactBody::Instance(instance) = entry.fact.body {
                    arrived(&hospital, &permit, &instance, &mut waiting).await;
                }
            }
        }
        let quiet: Vec<Uid> = waiting
            .iter()
            .filter(|(_, since)| since.elapsed() >= QUIET)
            .map(|(uid, _)| uid.clone())
            .collect();
        for series in quiet {
            waiting.remove(&series);
            hospital
                .changes
                .announce("imaging", series.as_str(), vec![]);
            if let Err(error) = hospital.volumes.stage(&hospital, &permit, &series).await {
                tracing::warn!(%error, "a new series could not be looked at");
            }
        }
    }
}

/// Notes which series a new object belongs to; a segmentation belongs to the CT series of its study.
async fn arrived(
    hospital: &Hospital,
    permit: &Permit,
    instance: &Instance,
    waiting: &mut HashMap<Uid, Instant>,
) {
    let class = instance.class.as_str();
    if CT_CLASSES.contains(&class) {
        waiting.insert(instance.series.clone(), Instant::now());
    } else if is_segmentation(class)
        && (masks::is_nodule(&instance.attributes) || !masks::is_own(&instance.attributes))
        && let Ok(series) = build::ct_series_of(&*hospital.record, permit, &instance.study).await
    {
        for series in series {
            waiting.insert(series, Instant::now());
        }
    }
}
