//! `GET /api/imaging/studies/{study}/segmentations` and below: what was outlined on the pictures of a study, as masks
//! that a viewer can cut by any plane.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use dicom::Segmentation;
use policy::Action;
use record::StoredObject;
use serde::Serialize;
use ts_rs::TS;
use vocabulary::Uid;
use volume::{BoxedMask, Grid, Mask};

use super::study_of;
use crate::{
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
    nodules::{VolumeGrid, cut_to_box},
};

/// Segmentation Storage and Label Map Segmentation Storage.
const CLASSES: &[&str] = &[
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.66.7",
];
/// The most segmentations that are listed of one study; the newest come first.
const MOST: usize = 50;
/// One that is larger is not drawn.
const LARGEST: u64 = 64 << 20;
/// Voxels of the box around a segment's frames; what is larger is not drawn.
const MOST_VOXELS: usize = 512 << 20;

/// A segmentation of a study.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct StudySegmentation {
    /// SOP instance UID.
    sop: String,
    /// Series instance UID of the segmentation itself.
    series: String,
    /// The series that was outlined, where the object says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    of_series: Option<String>,
    /// Its segments.
    segments: Vec<StudySegment>,
}

/// A segment of a segmentation.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct StudySegment {
    /// Segment number.
    number: u16,
    /// What it is called.
    label: String,
    /// `MANUAL`, `SEMIAUTOMATIC` or `AUTOMATIC`, as the object says.
    drawn: String,
    /// What it is known by across studies; empty where nobody says.
    tracking_uid: String,
}

/// The voxels of a segment.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct SegmentMask {
    /// Segment number.
    number: u16,
    /// Where its voxels lie: the frames, one above the other.
    volume: VolumeGrid,
    /// Which of them belong to it.
    mask: BoxedMask,
}

/// The segmentations of a study, the newest first. One that cannot be read is left out.
pub async fn list(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(study): Path<String>,
) -> Result<Json<Vec<StudySegmentation>>, Problem> {
    let (study, _, permit) = study_of(&hospital, &caller, &study, Action::ReadImaging).await?;
    let mut objects = hospital.record.stored(&permit, &study, None, None).await?;
    objects.retain(|object| is_drawn(object) && permit.covers(Some(&object.subject)));
    objects.sort_by_key(|object| std::cmp::Reverse(object.sequence));
    let mut found = Vec::new();
    for object in objects.iter().take(MOST) {
        let bytes = hospital.record.bytes_of(&permit, object, None).await?;
        let _turn = hospital.volumes.near().await;
        match in_turn(move || dicom::read_seg(&bytes)).await? {
            Ok(read) => found.push(listed(&read, &object.series)),
            Err(error) => tracing::debug!(%error, "a segmentation is left out"),
        }
    }
    Ok(Json(found))
}

/// The voxels of one segmentation.
pub async fn masks(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((study, object)): Path<(String, String)>,
) -> Result<Json<Vec<SegmentMask>>, Problem> {
    let (study, _, permit) = study_of(&hospital, &caller, &study, Action::ReadImaging).await?;
    let absent = || Problem::not_found("there is no such segmentation in this study");
    let sop = Uid::new(object).map_err(|_| absent())?;
    let objects = hospital
        .record
        .stored(&permit, &study, None, Some(&sop))
        .await?;
    let object = objects.into_iter().find(is_drawn).ok_or_else(absent)?;
    let bytes = hospital.record.bytes_of(&permit, &object, None).await?;
    let _turn = hospital.volumes.near().await;
    let read = in_turn(move || {
        let read = dicom::read_seg(&bytes).ok()?;
        Some(read.segments.iter().filter_map(mask_of).collect())
    });
    let read: Option<Vec<SegmentMask>> = read.await?;
    let read = read.ok_or_else(|| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The segmentation cannot be read",
            "its frames have no places, or its pixels cannot be decoded",
        )
    })?;
    Ok(Json(read))
}

fn is_drawn(object: &StoredObject) -> bool {
    CLASSES.contains(&object.class.as_str()) && object.size <= LARGEST
}

fn listed(read: &Segmentation, series: &Uid) -> StudySegmentation {
    let segments = read.segments.iter().map(|segment| StudySegment {
        number: segment.number,
        label: segment.label.clone(),
        drawn: segment.algorithm_type.clone(),
        tracking_uid: segment.tracking_uid.clone(),
    });
    StudySegmentation {
        sop: read.sop.to_string(),
        series: series.to_string(),
        of_series: read.of_series.as_ref().map(ToString::to_string),
        segments: segments.collect(),
    }
}

/// The frames of a segment, one above the other along their normal; `None` where there are none.
fn mask_of(segment: &dicom::Segment) -> Option<SegmentMask> {
    let geometry = &segment.geometry;
    let [x, y, normal] = geometry.axes();
    let along = |at: &[f64; 3]| at.iter().zip(normal).map(|(at, n)| at * n).sum::<f64>();
    let mut frames: Vec<_> = segment.frames.iter().collect();
    frames.sort_by(|a, b| along(&a.position_lps_mm).total_cmp(&along(&b.position_lps_mm)));
    let (first, last) = (frames.first()?, frames.last()?);
    let start = along(&first.position_lps_mm);
    let gaps = frames.iter().zip(frames.iter().skip(1));
    let gaps = gaps.map(|(a, b)| along(&b.position_lps_mm) - along(&a.position_lps_mm));
    let least = gaps.filter(|gap| *gap > 1e-3).min_by(f64::total_cmp);
    let spacing = least.unwrap_or(geometry.spacing_mm[2]).max(1e-3);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let plane = |at: &[f64; 3]| ((along(at) - start) / spacing).round() as usize;
    let [columns, rows, _] = geometry.size;
    let size = [columns, rows, plane(&last.position_lps_mm) + 1];
    if size
        .iter()
        .try_fold(1_usize, |all, n| all.checked_mul(*n))?
        > MOST_VOXELS
    {
        return None;
    }
    let mut mask = Mask::empty(size);
    for frame in &frames {
        let z = plane(&frame.position_lps_mm);
        let inside = frame.bits.iter().enumerate().filter(|(_, inside)| **inside);
        for (at, _) in inside {
            mask.set([at % columns, at / columns, z]);
        }
    }
    let grid = Grid {
        size,
        spacing_mm: [geometry.spacing_mm[0], geometry.spacing_mm[1], spacing],
        origin_lps_mm: first.position_lps_mm,
        direction_lps: [x, y, normal],
    };
    let whole = volume::VoxelBox {
        origin: [0; 3],
        size,
    };
    (!mask.is_empty()).then(|| SegmentMask {
        number: segment.number,
        volume: VolumeGrid::of(&grid),
        mask: cut_to_box(&mask, &whole),
    })
}
