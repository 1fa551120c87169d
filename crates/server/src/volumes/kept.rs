//! Nodules that people kept, laid on the volume of their series without making that anew.
//!
//! What is made of one kept segmentation lies in a file of its own below the volume's folder; what a client is told
//! is the volume's manifest with all of them. A volume that is made again finds them again.

use std::{collections::HashMap, fs, io::ErrorKind, path::Path, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use policy::Permit;
use record::Instance;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use ts_rs::TS;
use vocabulary::{Digest, Text, Uid};
use volume::{
    BoxedMask, LesionEntry, Mask, Notice, Piece, SurfaceEntry, VolumeError, VolumeManifest,
    VoxelBox, nodule,
};

use super::{VolumesError, build};
use crate::hospital::Hospital;

/// What lies around a nodule and is read with it, mm.
const AROUND_MM: f64 = 6.0;

/// A nodule that somebody kept, as it is measured now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct KeptNodule {
    /// Its lesion in the manifest of the volume.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// What it is known by across studies (Tracking UID).
    pub tracking_uid: String,
    /// SOP instance UID of its segmentation.
    pub source: String,
    /// `MANUAL`, `SEMIAUTOMATIC` or `AUTOMATIC`, as the segmentation says.
    pub drawn: String,
    /// Its voxels.
    pub mask: BoxedMask,
    /// What is measured on them.
    pub measures: nodule::NoduleMeasures,
}

/// What was made of one kept segmentation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Laid {
    nodule: Option<KeptNodule>,
    lesion: Option<LesionEntry>,
    surface: Option<SurfaceEntry>,
    notices: Vec<Notice>,
}

/// A volume that kept nodules are laid on.
pub struct On<'a> {
    /// Its series.
    pub series: &'a Uid,
    /// Where its files lie.
    pub folder: &'a Path,
    /// Its own manifest.
    pub manifest: &'a Arc<VolumeManifest>,
}

/// A volume with the nodules that were kept of it.
pub struct Found {
    base: Arc<VolumeManifest>,
    sops: Vec<Uid>,
    /// The manifest with them.
    pub manifest: Arc<VolumeManifest>,
    /// The nodules; of several segmentations of one the newest.
    pub nodules: Vec<KeptNodule>,
}

/// Kept nodules on the volumes that were asked for lately.
#[derive(Default)]
pub struct OnVolumes {
    found: Mutex<HashMap<Uid, Arc<Found>>>,
    /// One at a time: two would write the same files.
    turn: tokio::sync::Mutex<()>,
}

impl OnVolumes {
    /// Drops what is remembered of a series.
    pub fn forget(&self, series: &Uid) {
        self.found.lock().remove(series);
    }

    /// A volume with its kept nodules, the oldest segmentation first.
    pub async fn of(
        &self,
        hospital: &Arc<Hospital>,
        permit: &Permit,
        on: &On<'_>,
        kept: &[Instance],
    ) -> Result<Arc<Found>, VolumesError> {
        let known = |found: &Arc<Found>| {
            let same = found.sops.iter().eq(kept.iter().map(|object| &object.sop));
            (same && Arc::ptr_eq(&found.base, on.manifest)).then(|| Arc::clone(found))
        };
        if let Some(found) = self.found.lock().get(on.series).and_then(known) {
            return Ok(found);
        }
        let _turn = self.turn.lock().await;
        if let Some(found) = self.found.lock().get(on.series).and_then(known) {
            return Ok(found);
        }
        let mut all = Vec::with_capacity(kept.len());
        for object in kept {
            all.push(laid(hospital, permit, on, object).await?);
        }
        let found = Arc::new(found(on, kept, &all));
        self.found
            .lock()
            .insert(on.series.clone(), Arc::clone(&found));
        Ok(found)
    }
}

/// The manifest with what was laid on it. A later segmentation of the same thing stands for the earlier ones.
fn found(on: &On<'_>, kept: &[Instance], all: &[Laid]) -> Found {
    let mut manifest = (**on.manifest).clone();
    let mut nodules = Vec::new();
    for (at, laid) in all.iter().enumerate() {
        manifest.notices.extend_from_slice(&laid.notices);
        let Some(nodule) = &laid.nodule else {
            continue;
        };
        let mut later = all
            .iter()
            .skip(at + 1)
            .filter_map(|one| one.nodule.as_ref());
        if later.any(|later| later.tracking_uid == nodule.tracking_uid) {
            continue;
        }
        manifest.lesions.extend(laid.lesion.clone());
        manifest.surfaces.extend(laid.surface.clone());
        nodules.push(nodule.clone());
    }
    Found {
        base: Arc::clone(on.manifest),
        sops: kept.iter().map(|object| object.sop.clone()).collect(),
        manifest: Arc::new(manifest),
        nodules,
    }
}

/// What was made of a kept segmentation; made now where it has not been.
async fn laid(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    on: &On<'_>,
    object: &Instance,
) -> Result<Laid, VolumesError> {
    let name = format!("kept/{}.json", object.sop);
    match fs::read(on.folder.join(&name)) {
        Ok(bytes) => return Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let bytes = hospital.record.object(permit, object, None).await?;
    let (series, folder) = (on.series.clone(), on.folder.to_owned());
    let manifest = Arc::clone(on.manifest);
    let made = spawn_blocking(move || {
        let laid = match lay(&bytes, &series, &folder, &manifest) {
            Ok(laid) => laid,
            Err(VolumesError::Nodule(error)) => Laid {
                notices: vec![error.notice()],
                ..Laid::default()
            },
            Err(error) => return Err(error),
        };
        build::write(&folder, &name, &serde_json::to_vec(&laid)?)?;
        Ok(laid)
    });
    made.await.map_err(|_| VolumesError::BrokeOff)?
}

/// Puts the one segment of a kept segmentation on the volume: measures it and makes its surface.
fn lay(
    file: &Bytes,
    series: &Uid,
    folder: &Path,
    manifest: &VolumeManifest,
) -> Result<Laid, VolumesError> {
    let Ok(read) = dicom::read_seg(file) else {
        return Ok(Laid::default());
    };
    let drawn = read.segments.first().map(|one| one.algorithm_type.clone());
    // It may be one of another series of the study.
    let Some(mut segment) = build::segments(&read, series).into_iter().next() else {
        return Ok(Laid::default());
    };
    let digest = Digest::of(read.sop.as_str().as_bytes()).to_string();
    segment.id = format!("nodule-{}", digest.get(..12).unwrap_or_default());
    // People's own name stands in every language.
    segment.label = Text::new(segment.label.en.clone(), segment.label.en.clone());
    let tracking_uid = segment.tracking_uid.clone().unwrap_or_default();
    let grid = manifest.grid();
    let lesion = segment.on_grid(&grid)?;
    let of = box_of(&lesion.mask);
    let piece = read_piece(folder, manifest, of.grown(&grid, AROUND_MM))?;
    let whole = lesion.mask;
    let mask = piece.part_of(&whole);
    let measures = measured(&piece, &mask)?;
    let lesion = volume::Lesion { mask, ..lesion };
    let mut entry = piece.lesion(&lesion)?;
    let nodule = KeptNodule {
        id: entry.id.clone(),
        label: segment.label.en.clone(),
        tracking_uid,
        source: entry.source.clone(),
        drawn: drawn.unwrap_or_default(),
        mask: boxed(&whole, of),
        measures,
    };
    let surface = piece.surface(lesion, &whole)?;
    if let Some(surface) = &surface {
        build::write(folder, &surface.entry.url, &surface.bytes)?;
        build::write(
            folder,
            &build::mask_file(&surface.entry.name),
            &surface.mask,
        )?;
        entry.surface = Some(surface.entry.name.clone());
    }
    Ok(Laid {
        nodule: Some(nodule),
        lesion: Some(entry),
        surface: surface.map(|surface| surface.entry),
        notices: Vec::new(),
    })
}

/// The smallest box around a mask that is not empty.
fn box_of(mask: &Mask) -> VoxelBox {
    let [low, high] = mask.bounds().unwrap_or_default();
    let mut size = [0; 3];
    for ((size, low), high) in size.iter_mut().zip(low).zip(high) {
        *size = high - low;
    }
    VoxelBox { origin: low, size }
}

/// A mask of a whole volume as it travels, cut to its box.
fn boxed(whole: &Mask, of: VoxelBox) -> BoxedMask {
    let mut part = Mask::empty(of.size);
    let [x0, y0, z0] = of.origin;
    whole.for_each(|[x, y, z]| part.set([x - x0, y - y0, z - z0]));
    BoxedMask::of(&part, of.origin)
}

/// Measures a nodule on a piece; planes are counted in the volume.
pub fn measured(piece: &Piece, mask: &Mask) -> Result<nodule::NoduleMeasures, VolumeError> {
    let mut measures = nodule::measures(&piece.series, mask)?;
    measures.plane += u32::try_from(piece.of.origin[2]).unwrap_or(0);
    Ok(measures)
}

/// Reads a box of a volume from its files.
pub fn read_piece(
    folder: &Path,
    manifest: &VolumeManifest,
    of: VoxelBox,
) -> Result<Piece, VolumeError> {
    Piece::read(manifest, of, &|brick| {
        fs::read(folder.join(&brick.url)).map_err(|error| VolumeError::Io(error.to_string()))
    })
}
