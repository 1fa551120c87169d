use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

/// An imaging study of the patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub struct Study {
    /// Study instance UID.
    pub uid: String,
    /// Modalities, such as `CT`.
    pub modality: String,
    /// What the modality wrote.
    pub description: String,
    /// `YYYY-MM-DD` or DICOM's `YYYYMMDD`; empty where unknown.
    pub date: String,
    /// Its series.
    pub series: Vec<Series>,
}

/// A series of images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub struct Series {
    /// Series instance UID.
    pub uid: String,
    /// Its modality, such as `CT` or `SEG`.
    #[serde(default)]
    pub modality: String,
    /// What the modality wrote.
    pub description: String,
    /// Number of images.
    pub images: u32,
}

/// A lesion as it was marked and measured in a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub struct Lesion {
    /// Series instance UID of the scan.
    pub series: String,
    /// Its id within the series.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// Who or what marked it.
    pub source: String,
    /// Centre in the patient frame (LPS), in millimetres: x, y, z.
    pub centre_lps_mm: [f64; 3],
    /// Volume in cubic millimetres.
    pub volume_mm3: f64,
    /// Longest axis in millimetres.
    pub long_axis_mm: f64,
    /// Longest axis at right angles to it, in millimetres.
    pub short_axis_mm: f64,
    /// Mean of both, in millimetres.
    pub mean_diameter_mm: f64,
}
