//! `/api/series/{uid}/nodules` and `/api/patients/{id}/nodules`: the lung nodule from a point to what is kept of it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::StatusCode,
    routing::{get, post, put},
};
use dicom::drawn::SavedObject;
use policy::{Action, Object, Permit};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{PatientId, Uid};
use volume::{
    BoxedMask, LesionEntry, VolumeError,
    nodule::{Features, NoduleMeasures},
};

use super::{imaging::person_name, volumes::stage};
use crate::{
    derived::{self, Origin},
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
    marked,
    nodules::{
        self, Drawn, FollowedNodule, FoundAgain, KeepError, NoduleProposal, Suggestion, VolumeGrid,
        WholeVolume,
    },
    volumes::{KeptNodule, Stage, VolumesError, read_candidates},
};

/// Longest name of a nodule: a segment's label holds no more.
const LONGEST_LABEL: usize = 64;
/// Longest reason for putting a candidate aside.
const LONGEST_REASON: usize = 200;

/// The doors of nodules.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/series/{uid}/nodules", get(of_series))
        .route("/series/{uid}/nodules/segment", post(segment))
        .route("/series/{uid}/nodules/again", post(again))
        .route("/series/{uid}/nodules/measure", post(measure))
        .route("/series/{uid}/nodules/features", post(features))
        .route("/series/{uid}/nodules/keep", post(keep))
        .route(
            "/series/{uid}/nodules/candidates/{candidate}",
            put(dismiss).delete(take_back),
        )
        .route("/patients/{id}/nodules", get(of_patient))
}

/// The nodules of a series.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct SeriesNodules {
    /// The volume that their masks are of.
    volume: VolumeGrid,
    /// What people kept, as it is measured now.
    kept: Vec<KeptNodule>,
    /// What others marked, without an identity over time.
    marked: Vec<LesionEntry>,
    /// What a program suggests to look at, but for what is kept or marked already.
    candidates: Vec<Suggestion>,
}

/// Where a nodule is to be looked for.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct At {
    /// A point on it, LPS, mm.
    at_lps_mm: [f64; 3],
    /// How far around it, mm.
    #[serde(default)]
    #[ts(optional)]
    reach_mm: Option<f64>,
}

/// A nodule that was kept of an earlier scan.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct Again {
    /// What it is known by.
    tracking_uid: String,
}

/// A mask that somebody edited.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct Edited {
    /// Its voxels.
    mask: BoxedMask,
}

/// Features of a nodule, with what a person who compares them must know.
#[derive(Debug, Serialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct NoduleFeatures {
    /// The features and their settings.
    features: Features,
    /// How many voxels they were computed from.
    #[ts(type = "number")]
    voxels: u64,
    /// The distance of those voxels along x, y, z, mm: nothing is resampled.
    spacing_mm: [f64; 3],
    /// Where the definitions stand.
    definitions: &'static str,
}

/// The reference of the names and definitions.
const IBSI: &str = "Image Biomarker Standardisation Initiative (IBSI), reference manual; Zwanenburg A, Vallières M, \
                    Abdalah MA, et al. Radiology 2020;295:328-338";

/// A nodule that is to be kept.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct NewNodule {
    /// Its voxels.
    mask: BoxedMask,
    /// What to call it.
    label: String,
    /// What it is known by, where it is one that was seen before of this patient.
    #[serde(default)]
    #[ts(optional)]
    same_as: Option<String>,
    /// Whether somebody changed what the program proposed.
    #[serde(default)]
    by_hand: bool,
}

/// Why a candidate is put aside.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct Reason {
    /// In words.
    reason: String,
}

/// What was kept.
#[derive(Debug, Serialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct SavedNodule {
    /// The segmentation, then the measurement report.
    #[ts(type = "{ study: string; series: string; object: string; class: string }[]")]
    objects: Vec<SavedObject>,
    /// What the nodule is known by.
    tracking_uid: String,
}

/// All nodules of a patient over time.
#[derive(Debug, Serialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
struct PatientNodules {
    /// Each once, the one seen last first.
    nodules: Vec<FollowedNodule>,
}

/// A series whose volume is whole, for a caller who may see its images.
pub(super) struct Opened {
    pub(super) volume: WholeVolume,
    permit: Permit,
    patient: PatientId,
}

pub(super) async fn open(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    uid: &str,
) -> Result<Opened, Problem> {
    let (stage, permit) = stage(hospital, caller, uid).await?;
    if let Stage::Failed { why } = stage {
        let why = format!("{} · {}", why.text.zh, why.text.en);
        return Err(unusable(why));
    }
    let series = Uid::new(uid).map_err(|_| Problem::not_found("there is no such series"))?;
    let whole = hospital.volumes.whole(hospital, &permit, &series).await;
    let whole = whole.map_err(|error| Problem::internal(&error))?;
    let (folder, manifest) = whole.ok_or_else(|| {
        let detail = "its lungs are not found yet; try again in a moment";
        Problem::new(
            StatusCode::CONFLICT,
            "The volume is still being made",
            detail,
        )
        .retry_after(1)
    })?;
    let patient = PatientId::new(manifest.patient.as_str());
    let patient = patient.map_err(|error| Problem::internal(&error))?;
    Ok(Opened {
        volume: WholeVolume {
            series,
            folder,
            manifest: Arc::new(manifest),
        },
        permit,
        patient,
    })
}

fn unusable(why: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "No nodule can be made of this",
        why,
    )
}

impl From<VolumeError> for Problem {
    fn from(error: VolumeError) -> Self {
        match error {
            VolumeError::Io(_) | VolumeError::Codec { .. } => Self::internal(&error),
            refused => {
                let text = refused.notice().text;
                unusable(format!("{} · {}", text.zh, text.en))
            }
        }
    }
}

impl From<VolumesError> for Problem {
    fn from(error: VolumesError) -> Self {
        Self::internal(&error)
    }
}

impl From<KeepError> for Problem {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Volume(error) => error.into(),
            KeepError::NoStack => unusable(
                "该序列的图像不是患者坐标系中的断层 · its images are no stack in the patient",
            ),
            KeepError::Create(error) => Self::internal(&error),
        }
    }
}

/// The body of a request, or why it is none.
pub(super) fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    let Json(body) = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request is too large",
            "send the box around the nodule alone",
        ),
        _ => Problem::bad_input("the body is not what docs/contracts.md says of this call"),
    })?;
    Ok(body)
}

async fn of_series(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(uid): Path<String>,
) -> Result<Json<SeriesNodules>, Problem> {
    let opened = open(&hospital, &caller, &uid).await?;
    let series = &opened.volume.series;
    let kept = hospital
        .volumes
        .nodules(&hospital, &opened.permit, series)
        .await;
    let kept = kept
        .map_err(|error| Problem::internal(&error))?
        .unwrap_or_default();
    let others = opened.volume.manifest.lesions.iter();
    let others = others.filter(|lesion| kept.iter().all(|kept| kept.id != lesion.id));
    let marked: Vec<LesionEntry> = others.cloned().collect();
    let mut candidates = suggested(&hospital, &caller, &opened).await?;
    let lesions = opened.volume.manifest.lesions.iter();
    let lesions: Vec<_> = lesions
        .map(|one| (one.centre_lps_mm, one.long_axis_mm))
        .collect();
    candidates.retain(|one| {
        let at = one.candidate.centre_lps_mm;
        let far = |to: [f64; 3]| {
            at.iter()
                .zip(to)
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        lesions
            .iter()
            .all(|(centre, long)| far(*centre) > long / 2.0)
    });
    Ok(Json(SeriesNodules {
        volume: opened.volume.grid(),
        marked,
        kept,
        candidates,
    }))
}

/// What a program suggests on a series, with what was put aside.
async fn suggested(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    opened: &Opened,
) -> Result<Vec<Suggestion>, Problem> {
    let object = Object::Patient(opened.patient.clone());
    let found = read_candidates(&opened.volume.folder);
    let found = found.map_err(|error| Problem::internal(&error))?;
    let of = (&opened.patient, &opened.volume.series);
    // Who sees images, but not the record, sees the suggestions without what became of them.
    let may = hospital
        .would_permit(caller, Action::ReadRecord, &object)
        .await?;
    let read = if may {
        Some(hospital.permit(caller, Action::ReadRecord, &object).await?)
    } else {
        None
    };
    Ok(nodules::suggestions(hospital, read.as_ref(), of, found).await?)
}

/// The suggestion of an address, for a caller who may write about the patient.
async fn suggestion(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    (uid, id): &(String, String),
) -> Result<(Opened, Suggestion), Problem> {
    let opened = open(hospital, caller, uid).await?;
    let object = Object::Patient(opened.patient.clone());
    hospital
        .permit(caller, Action::WriteRecord, &object)
        .await?;
    let all = suggested(hospital, caller, &opened).await?;
    let found = all.into_iter().find(|one| one.id == *id);
    let found = found.ok_or_else(|| Problem::not_found("the series has no such candidate"))?;
    Ok((opened, found))
}

/// Puts a candidate aside, with the reason.
async fn dismiss(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(address): Path<(String, String)>,
    reason: Result<Json<Reason>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let (opened, found) = suggestion(&hospital, &caller, &address).await?;
    let reason = body(reason)?.reason;
    let reason = reason.trim();
    let fits = (1..=LONGEST_REASON).contains(&reason.chars().count());
    if !fits || reason.chars().any(char::is_control) {
        return Err(Problem::bad_input("the reason needs 1 to 200 characters"));
    }
    let of = (&opened.patient, &opened.volume.series);
    nodules::dismiss(&hospital, &caller.actor, of, &found, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a candidate stand again that was put aside.
async fn take_back(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(address): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (opened, found) = suggestion(&hospital, &caller, &address).await?;
    if found.dismissed.is_some() {
        let of = (&opened.patient, &opened.volume.series);
        nodules::take_back(&hospital, &caller.actor, of, &found).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Proposes the nodule at a point. Nothing is kept.
async fn segment(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(uid): Path<String>,
    at: Result<Json<At>, JsonRejection>,
) -> Result<Json<NoduleProposal>, Problem> {
    let opened = open(&hospital, &caller, &uid).await?;
    let at = body(at)?;
    let _turn = hospital.volumes.near().await;
    let volume = opened.volume;
    let found = in_turn(move || volume.propose(at.at_lps_mm, at.reach_mm)).await;
    Ok(Json(found??))
}

/// Proposes a nodule that was kept of an earlier scan, where it lies in this one. Nothing is kept.
async fn again(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(uid): Path<String>,
    seen: Result<Json<Again>, JsonRejection>,
) -> Result<Json<FoundAgain>, Problem> {
    let opened = open(&hospital, &caller, &uid).await?;
    let seen = body(seen)?;
    let scans = nodules::scans(&hospital, &opened.permit, &opened.patient).await?;
    let mut followed = nodules::followed(&scans).into_iter();
    let nodule = followed.find(|nodule| nodule.tracking_uid == seen.tracking_uid);
    let last = nodule.and_then(|nodule| {
        let mut elsewhere = nodule.seen.into_iter().rev();
        elsewhere.find(|seen| seen.series != uid)
    });
    let last = last.ok_or_else(|| {
        unusable("该患者没有这个既往结节 · there is no such earlier nodule of this patient")
    })?;
    let before = open(&hospital, &caller, &last.series).await?.volume;
    let _turn = hospital.volumes.near().await;
    let (volume, centre) = (opened.volume, last.nodule.measures.centre_lps_mm);
    let found = in_turn(move || volume.find_again(&before, centre)).await;
    Ok(Json(found??))
}

async fn measure(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(uid): Path<String>,
    edited: Result<Json<Edited>, JsonRejection>,
) -> Result<Json<NoduleMeasures>, Problem> {
    let opened = open(&hospital, &caller, &uid).await?;
    let edited = body(edited)?;
    let _turn = hospital.volumes.near().await;
    let volume = opened.volume;
    let measured = in_turn(move || volume.measure(&edited.mask)).await;
    Ok(Json(measured??))
}

/// Features of a mask. Nothing is kept.
async fn features(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(uid): Path<String>,
    edited: Result<Json<Edited>, JsonRejection>,
) -> Result<Json<NoduleFeatures>, Problem> {
    let opened = open(&hospital, &caller, &uid).await?;
    let Edited { mask } = body(edited)?;
    let _turn = hospital.volumes.near().await;
    let volume = opened.volume;
    let spacing_mm = volume.manifest.spacing_mm;
    let voxels = mask
        .runs
        .iter()
        .skip(1)
        .step_by(2)
        .map(|&run| u64::from(run))
        .sum();
    let found = in_turn(move || volume.features(&mask)).await;
    Ok(Json(NoduleFeatures {
        features: found??,
        voxels,
        spacing_mm,
        definitions: IBSI,
    }))
}

/// Keeps a nodule as segmentation and measurement report. The same again adds nothing.
async fn keep(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(uid): Path<String>,
    new: Result<Json<NewNodule>, JsonRejection>,
) -> Result<(StatusCode, Json<SavedNodule>), Problem> {
    let opened = open(&hospital, &caller, &uid).await?;
    let object = Object::Patient(opened.patient.clone());
    hospital
        .permit(&caller, Action::StoreImaging, &object)
        .await?;
    let new = body(new)?;
    let label = label(&new.label)?;
    let tracking_uid = match &new.same_as {
        Some(uid) => Some(known(&hospital, &opened, uid).await?),
        None => None,
    };
    let instances = hospital
        .record
        .series_instances(&opened.permit, &opened.volume.series)
        .await?;
    let first = instances
        .first()
        .ok_or_else(|| Problem::not_found("there is no such series"))?;
    let image = hospital.record.object(&opened.permit, first, None).await?;
    let drawn = Drawn {
        mask: new.mask,
        label,
        tracking_uid,
        by_hand: new.by_hand,
        by: person_name(&caller),
        at: hospital.moment(),
    };
    let turn = hospital.volumes.near().await;
    let volume = opened.volume.clone();
    let made = in_turn(move || {
        let of = marked::marked_series(&volume.series, &instances);
        let of = marked::in_study(&image, of).ok_or(KeepError::NoStack)?;
        nodules::files(&volume, &of, &drawn)
    });
    let made = made.await??;
    drop(turn);
    let series = &opened.volume.series;
    let origin = Origin {
        series: std::slice::from_ref(series),
        activity: "Outlined and measured a nodule",
    };
    let (mut objects, mut is_new) = (Vec::new(), false);
    for file in made.files {
        let kept = derived::keep(&hospital, &caller.actor, &opened.patient, file, &origin).await?;
        is_new |= !kept.was_there;
        objects.push(kept.into());
    }
    hospital
        .changes
        .announce("imaging", series.as_str(), vec![]);
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let tracking_uid = made.tracking_uid.to_string();
    Ok((
        status,
        Json(SavedNodule {
            objects,
            tracking_uid,
        }),
    ))
}

/// A name that a segment may have.
fn label(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = !text.is_empty()
        && text.chars().count() <= LONGEST_LABEL
        && !text.chars().any(|c| c.is_control() || c == '\\');
    fits.then(|| text.to_owned())
        .ok_or_else(|| Problem::bad_input("the label needs 1 to 64 characters, and no backslash"))
}

/// What an earlier nodule of the same patient is known by.
async fn known(hospital: &Arc<Hospital>, opened: &Opened, uid: &str) -> Result<Uid, Problem> {
    let scans = nodules::scans(hospital, &opened.permit, &opened.patient).await?;
    let mut all = scans.iter().flat_map(|scan| &scan.nodules);
    let found = all.find(|nodule| nodule.tracking_uid == uid);
    let found = found.and_then(|nodule| Uid::new(nodule.tracking_uid.as_str()).ok());
    found.ok_or_else(|| {
        unusable("该患者没有这个既往结节 · there is no such earlier nodule of this patient")
    })
}

/// All nodules that were kept of a patient, over time.
async fn of_patient(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<PatientNodules>, Problem> {
    let refused = || Problem::forbidden("there is no such patient, or you may not see them");
    let patient = PatientId::new(id.as_str()).map_err(|_| refused())?;
    let object = Object::Patient(patient.clone());
    let permit = hospital
        .permit(&caller, Action::ReadImaging, &object)
        .await?;
    let scans = nodules::scans(&hospital, &permit, &patient).await?;
    Ok(Json(PatientNodules {
        nodules: nodules::followed(&scans),
    }))
}
