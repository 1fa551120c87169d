use serde::{Deserialize, Serialize};
use vocabulary::Text;
use volume::nodule::{Growth, NoduleKind};

/// A lesion that somebody kept, followed across studies by its DICOM Tracking UID and by nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowedLesion {
    /// What it is known by.
    pub tracking_uid: String,
    /// What it was called last.
    pub label: String,
    /// Each time that it was measured, the oldest first.
    pub seen: Vec<SeenLesion>,
    /// What became of it from the last study but one to the last; none where one study has it.
    pub change: Option<LesionChange>,
}

/// A lesion in one study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenLesion {
    /// Study instance UID.
    pub study: String,
    /// Series instance UID.
    pub series: String,
    /// SOP instance UID of the segmentation that it was measured on.
    pub segmentation: String,
    /// The day of the study, `YYYY-MM-DD`; none where the study has no day.
    pub day: Option<String>,
    /// How dense it is.
    pub kind: NoduleKind,
    /// Mean of the longest axis and the longest at right angles to it, mm, not rounded.
    pub mean_diameter_mm: f64,
    /// Volume, mm³.
    pub volume_mm3: f64,
}

/// How a lesion changed between two studies, or why nothing can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LesionChange {
    /// SOP instance UID of the earlier segmentation.
    pub prior: String,
    /// SOP instance UID of the later one.
    pub current: String,
    /// What was measured, and what the rules make of it; that it cannot be called is one of their answers.
    pub growth: Option<Growth>,
    /// Why nothing can be told.
    pub why: Option<Text>,
}
