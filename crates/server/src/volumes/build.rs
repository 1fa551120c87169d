//! Makes the files of one volume, stage by stage.

use std::{
    borrow::Cow,
    fs,
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use bytes::Bytes;
use policy::Permit;
use record::{ImagingLevel, ImagingQuery, Instance, Record, RecordError};
use tokio::{runtime::Handle, task::spawn_blocking};
use vocabulary::{Digest, Text, Uid};
use volume::{
    Mask, Segment, SegmentFrame, VolumeError, VolumeManifest,
    nodule::{self, Candidate},
    series::Files,
};

use super::{CT_CLASSES, Stage, VolumesError, is_segmentation};
use crate::{hospital::Hospital, masks};

/// Categories of what is shown and not measured, in SNOMED CT: anatomical structure, by the code of today and
/// by that of before, and tissue.
const ANATOMY: &[&str] = &["91723000", "123037004", "85756007"];
/// The file of the places where nodules may be.
const CANDIDATES: &str = "candidates.json";
/// Surfaces whose masks are the lungs.
pub const LUNGS: &[&str] = &["lung-left", "lung-right", "lungs"];
/// The surface whose mask is the vessels in the lungs.
const VESSELS: &str = "lung-vessels";
/// Changes when the same objects would make other files.
const MAKING: &str = "volume 5";

/// The stored objects that a volume is made from.
pub struct Source {
    /// Digest over the objects: another series, another volume.
    pub fingerprint: String,
    images: Vec<Instance>,
    segmentations: Vec<Instance>,
    /// Segmentations of nodules that people kept: the volume is not made of them.
    pub kept: Vec<Instance>,
}

impl Source {
    /// The objects of a series and the segmentations of its study; `None` where there is no such series.
    pub async fn of(
        record: &dyn Record,
        permit: &Permit,
        series: &Uid,
    ) -> Result<Option<Self>, RecordError> {
        let images = record.series_instances(permit, series).await?;
        let Some(first) = images.first() else {
            return Ok(None);
        };
        let (mut segmentations, mut kept) = (Vec::new(), Vec::new());
        for other in series_of(record, permit, &first.study, "SEG").await? {
            let found = record.series_instances(permit, &other).await?;
            let found = found.into_iter();
            for object in found.filter(|object| is_segmentation(object.class.as_str())) {
                if masks::is_nodule(&object.attributes) {
                    kept.push(object);
                } else if !masks::is_own(&object.attributes) {
                    segmentations.push(object);
                }
            }
        }
        kept.sort_by_key(|object| object.sequence);
        let mut text = MAKING.to_owned();
        for object in images.iter().chain(&segmentations) {
            text.push_str(&object.digest.to_string());
        }
        let fingerprint = Digest::of(text.as_bytes()).to_string();
        Ok(Some(Self {
            fingerprint: fingerprint.chars().take(32).collect(),
            images,
            segmentations,
            kept,
        }))
    }
}

/// The series of a study that have this modality.
async fn series_of(
    record: &dyn Record,
    permit: &Permit,
    study: &Uid,
    modality: &str,
) -> Result<Vec<Uid>, RecordError> {
    let query = ImagingQuery {
        study: Some(study.clone()),
        matching: vec![("00080060".to_owned(), modality.to_owned())],
        limit: 1000,
        ..ImagingQuery::at(ImagingLevel::Series)
    };
    let uid = |row: &record::ImagingRow| {
        Uid::new(
            row.attributes
                .get("0020000E")?
                .pointer("/Value/0")?
                .as_str()?,
        )
        .ok()
    };
    Ok(record
        .imaging(permit, &query)
        .await?
        .rows
        .iter()
        .filter_map(uid)
        .collect())
}

/// The CT series of a study.
pub async fn ct_series_of(
    record: &dyn Record,
    permit: &Permit,
    study: &Uid,
) -> Result<Vec<Uid>, RecordError> {
    let mut found = Vec::new();
    for series in series_of(record, permit, study, "CT").await? {
        let objects = record.series_instances(permit, &series).await?;
        if objects
            .first()
            .is_some_and(|object| CT_CLASSES.contains(&object.class.as_str()))
        {
            found.push(series);
        }
    }
    Ok(found)
}

/// The manifest of a volume that is complete on disk.
pub fn read_manifest(folder: &Path) -> Result<Option<VolumeManifest>, VolumesError> {
    match fs::read(folder.join("manifest.json")) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes all files of a volume below `folder`, reporting each stage. The manifest is written last, so that
/// a folder with a manifest is whole.
pub async fn make(
    hospital: &Hospital,
    permit: &Permit,
    series: &Uid,
    source: Source,
    folder: &Path,
    report: &(impl Fn(Stage) + Clone + Send + 'static),
) -> Result<(), VolumesError> {
    let making = |progress, step: &str| Stage::Making {
        progress,
        step: step.to_owned(),
    };
    report(making(0.05, "reading"));
    let patient = source
        .images
        .first()
        .map(|image| image.subject.to_string())
        .unwrap_or_default();
    let marks = read_all(hospital, permit, &source.segmentations).await?;
    let files = Stored {
        record: Arc::clone(&hospital.record),
        permit: permit.clone(),
        images: source.images,
        runtime: Handle::current(),
    };
    let (folder, series, report) = (folder.to_owned(), series.clone(), report.clone());
    let work = move || make_here(&series, &patient, &files, &marks, &folder, &report);
    spawn_blocking(work)
        .await
        .map_err(|_| VolumesError::BrokeOff)?
}

/// The images of a series where the record has them. Each is read when it is needed, and dropped.
struct Stored {
    record: Arc<dyn Record>,
    permit: Permit,
    images: Vec<Instance>,
    runtime: Handle,
}

impl Files for Stored {
    fn count(&self) -> usize {
        self.images.len()
    }

    fn read(&self, file: usize) -> Result<Cow<'_, [u8]>, VolumeError> {
        let Some(image) = self.images.get(file) else {
            return Ok(Cow::Borrowed(&[]));
        };
        let read = self.record.object(&self.permit, image, None);
        match self.runtime.block_on(read) {
            Ok(bytes) => Ok(Cow::Owned(bytes.into())),
            Err(error) => Err(VolumeError::Io(error.to_string())),
        }
    }
}

async fn read_all(
    hospital: &Hospital,
    permit: &Permit,
    objects: &[Instance],
) -> Result<Vec<Bytes>, VolumesError> {
    let mut files = Vec::with_capacity(objects.len());
    for object in objects {
        files.push(hospital.record.object(permit, object, None).await?);
    }
    Ok(files)
}

fn make_here(
    series: &Uid,
    patient: &str,
    files: &Stored,
    marks: &[Bytes],
    folder: &Path,
    report: &impl Fn(Stage),
) -> Result<(), VolumesError> {
    let go_on = AtomicBool::new(false);
    report(Stage::Making {
        progress: 0.1,
        step: "volume".to_owned(),
    });
    let coarse = match volume::build_volume(files, patient, &go_on) {
        Ok(coarse) => coarse,
        // That the record cannot be read says nothing about the series.
        Err(error @ VolumeError::Io(_)) => return Err(other(error)),
        Err(error) => {
            report(Stage::Failed {
                why: error.notice(),
            });
            return Ok(());
        }
    };
    let mut manifest = coarse.manifest;
    write(folder, &manifest.preview.url, &coarse.preview)?;
    report(Stage::Making {
        progress: 0.3,
        step: "bricks".to_owned(),
    });
    let keep = |brick: volume::Brick| {
        let written = write(folder, &brick.entry.url, &brick.bytes);
        written.map_err(|error| VolumeError::Io(error.to_string()))?;
        Ok(brick.entry)
    };
    let bricks = volume::each_brick(&coarse.series.volume, &go_on, keep);
    manifest.bricks = bricks.map_err(other)?;
    let ready = |manifest: &VolumeManifest| Stage::Ready {
        folder: folder.to_owned(),
        manifest: Arc::new(manifest.clone()),
    };
    report(ready(&manifest));

    let segments: Vec<Segment> = marks
        .iter()
        .filter_map(|mark| dicom::read_seg(mark).ok())
        .flat_map(|mark| segments(&mark, series))
        .collect();
    let structures =
        volume::build_structures(&coarse.series, &segments, &|_, _| {}, &go_on).map_err(other)?;
    for surface in &structures.surfaces {
        write(folder, &surface.entry.url, &surface.bytes)?;
        write(folder, &mask_file(&surface.entry.name), &surface.mask)?;
    }
    manifest.add_structures(&structures);
    let found = candidates(&coarse.series, &structures).map_err(other)?;
    write(folder, CANDIDATES, &serde_json::to_vec(&found)?)?;
    write(folder, "manifest.json", &serde_json::to_vec(&manifest)?)?;
    report(ready(&manifest));
    Ok(())
}

/// Where nodules may be, within the lungs as far as they were found.
fn candidates(
    series: &volume::Series,
    structures: &volume::Structures,
) -> Result<Vec<Candidate>, VolumeError> {
    let of = |names: &[&str]| -> Result<Option<Mask>, VolumeError> {
        let mut all: Option<Mask> = None;
        let surfaces = structures.surfaces.iter();
        for surface in surfaces.filter(|one| names.contains(&one.entry.name.as_str())) {
            let part = volume::from_ymk1(&surface.mask)?;
            all = Some(match all {
                Some(all) => all.or(&part),
                None => part,
            });
        }
        Ok(all)
    };
    let vessels = of(&[VESSELS])?;
    let lungs = of(LUNGS)?;
    Ok(lungs.map_or_else(Vec::new, |lungs| {
        nodule::candidates(series, &lungs, vessels.as_ref())
    }))
}

/// The candidates that were found when a volume was made.
pub fn read_candidates(folder: &Path) -> Result<Vec<Candidate>, VolumesError> {
    Ok(serde_json::from_slice(&fs::read(folder.join(CANDIDATES))?)?)
}

/// Where the mask of a surface lies in the folder of its volume.
pub fn mask_file(surface: &str) -> String {
    format!("masks/{surface}.ymk")
}

fn other(error: VolumeError) -> VolumesError {
    VolumesError::Files(Error::other(error))
}

/// Writes a file whole or not at all.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), VolumesError> {
    let file: PathBuf = folder.join(name);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent)?;
    }
    let unfinished = file.with_extension("unfinished");
    fs::write(&unfinished, bytes)?;
    Ok(fs::rename(unfinished, file)?)
}

/// The segments of a segmentation, unless it is one of another series.
pub fn segments(mark: &dicom::Segmentation, series: &Uid) -> Vec<Segment> {
    if mark.of_series.as_ref().is_some_and(|of| of != series) {
        return Vec::new();
    }
    mark.segments
        .iter()
        .map(|segment| {
            let grid = &segment.geometry;
            let [columns, rows, _] = grid.size;
            let [dx, dy, _] = grid.spacing_mm;
            let [along_row, along_column, _] = grid.axes();
            let frames = segment.frames.iter().map(|frame| SegmentFrame {
                position_lps_mm: frame.position_lps_mm,
                inside: frame.bits.clone(),
            });
            Segment {
                id: format!("segment-{}", segment.number),
                label: Text::new(label_zh(segment), segment.label.clone()),
                source: mark.sop.to_string(),
                tracking_uid: Some(segment.tracking_uid.clone()).filter(|uid| !uid.is_empty()),
                is_organ: segment
                    .category
                    .as_ref()
                    .is_some_and(|category| ANATOMY.contains(&category.value.as_str())),
                size: [columns, rows],
                spacing_mm: [dx, dy],
                axes_lps: [along_row, along_column],
                frames: frames.collect(),
            }
        })
        .collect()
}

/// The Chinese name of what a segment shows, by its SNOMED CT code; its own label where it has another.
fn label_zh(segment: &dicom::Segment) -> String {
    let code = segment.kind.as_ref().map(|kind| kind.value.as_str());
    match code {
        Some("27925004") => "结节".to_owned(),
        _ => ARTERIES
            .iter()
            .find(|(en, _)| segment.label.eq_ignore_ascii_case(en))
            .map_or_else(|| segment.label.clone(), |(_, zh)| (*zh).to_owned()),
    }
}

/// Chinese names of marked vessels; what is not here is shown under its own label.
const ARTERIES: &[(&str, &str)] = &[
    ("Aorta", "主动脉"),
    ("Aorta, true lumen", "主动脉真腔"),
    ("Aorta, false lumen", "主动脉假腔"),
    ("Brachiocephalic trunk", "头臂干"),
    ("Left common carotid artery", "左颈总动脉"),
    ("Left subclavian artery", "左锁骨下动脉"),
    ("Celiac trunk", "腹腔干"),
    ("Superior mesenteric artery", "肠系膜上动脉"),
    ("Left renal artery", "左肾动脉"),
    ("Right renal artery", "右肾动脉"),
];
