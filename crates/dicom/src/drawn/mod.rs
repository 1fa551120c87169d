//! Marks that people drew on pictures, to be kept beside them: what a client sends, and what is measured of it.
//!
//! Coordinates are pixels, x to the right, y down, the centre of the first pixel being (0, 0). Every value is
//! measured here, from the pixels as they are stored; no number comes from outside.

mod check;
mod measure;
mod sheet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use check::DrawnError;
pub use measure::measure;
pub use sheet::Sheet;

/// Marks, key images and windows of one study, to be kept with it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct NewMarks {
    /// The marks, in the order in which they are to be listed.
    #[serde(default)]
    pub marks: Vec<NewMark>,
    /// Pictures that are of interest.
    #[serde(default)]
    pub key_images: Vec<MarkedFrame>,
    /// How the marked series were shown; a series without one is shown as its images say.
    #[serde(default)]
    pub windows: Vec<ShownWindow>,
}

/// A picture: one frame of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct MarkedFrame {
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub sop: String,
    /// From 1.
    pub frame: u32,
}

/// A mark on one picture.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct NewMark {
    /// The client's name for it, unique within the request; at most 64 characters.
    pub id: String,
    /// What it is.
    pub kind: NewMarkKind,
    /// What to call it, such as `Length 1`; at most 64 characters.
    pub label: String,
    /// The picture on which it stands.
    pub at: MarkedFrame,
    /// Length: both ends. Angle: end, corner, end. Rectangle and ellipse: two opposite corners. Else one point.
    pub points: Vec<[f64; 2]>,
    /// The words of a text, or a remark to another mark; at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub text: Option<String>,
}

/// What a mark is, by the names of the viewer's tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum NewMarkKind {
    /// A distance.
    Length,
    /// An angle.
    Angle,
    /// A region with straight sides.
    Rectangle,
    /// A round region.
    Ellipse,
    /// The value of one pixel.
    Probe,
    /// Words at a point.
    Text,
}

/// How a series was shown.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct ShownWindow {
    /// Series Instance UID.
    pub series: String,
    /// The middle, in the units of the measured values.
    pub centre: f64,
    /// From black to white.
    pub width: f64,
}

/// What was kept.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct SavedMarks {
    /// The objects: one report, one presentation state for each marked series, one key object selection; each
    /// only where there is something for it to say.
    pub objects: Vec<SavedObject>,
    /// What was measured, mark by mark.
    pub measured: Vec<MeasuredMark>,
}

/// An object that was kept with the study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct SavedObject {
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub object: String,
    /// SOP Class UID.
    pub class: String,
}

/// What was measured at a mark.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct MeasuredMark {
    /// The client's name for the mark.
    pub id: String,
    /// The values; none for a text, and none where nothing can be measured.
    pub values: Vec<MeasuredValue>,
}

/// A measured value.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct MeasuredValue {
    /// What it is.
    pub name: ValueName,
    /// How much.
    pub value: f64,
    /// `mm`, `mm²`, `px`, `px²`, `°`, `HU`, another that the object names, or empty for a value without one.
    pub unit: String,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum ValueName {
    /// A distance.
    Length,
    /// An angle.
    Angle,
    /// The area of a region.
    Area,
    /// The mean over all pixels whose centre lies in the region.
    Mean,
    /// Their standard deviation, divided by their number.
    Deviation,
    /// The least of them.
    Minimum,
    /// The greatest of them.
    Maximum,
    /// The value of one pixel.
    Value,
}
