//! Presentation states, read: what others drew on pictures and how they want them shown, in a form that a
//! client can draw.
//!
//! Coordinates are turned into those of pictures in this program: pixels, x to the right, y down, the centre of
//! the first pixel being (0, 0). DICOM counts from that pixel's corner, and areas and shutters from one.

mod graphics;
mod read;

use serde::Serialize;
use ts_rs::TS;

pub use read::{StateError, is_presentation_state, read_presentation_state};

/// A softcopy presentation state as a client draws it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct PresentationState {
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub sop: String,
    /// SOP Class UID.
    pub class: String,
    /// Content Label; may be empty.
    pub label: String,
    /// Content Description; may be empty.
    pub description: String,
    /// Content Creator's Name; may be empty.
    pub creator: String,
    /// When it was made, `YYYY-MM-DDThh:mm:ss` without a zone, where the object says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub created: Option<String>,
    /// The images that it is about.
    pub images: Vec<ImageFrames>,
    /// From stored to measured values; without it stored values stand for themselves, whatever the images say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub modality: Option<ModalityTransform>,
    /// Which measured values are shown; the first that is about an image holds for it.
    pub windows: Vec<StateWindow>,
    /// Black and white change places, after all else.
    pub inverse: bool,
    /// From shown to presented values, where that is no straight line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub presentation: Option<Table>,
    /// By how much pictures are turned clockwise: 0, 90, 180 or 270.
    pub rotation_deg: u16,
    /// Whether they are then mirrored, left to right.
    pub flipped: bool,
    /// Which part of an image is shown, and how large; the first that is about an image holds for it.
    pub areas: Vec<DisplayedArea>,
    /// What is outside of any of these is not shown.
    pub shutters: Vec<Shutter>,
    /// The shade of what is not shown: 0 black, 1 white.
    pub shutter_shade: f64,
    /// The layers of what is drawn, the lowest first.
    pub layers: Vec<GraphicLayer>,
    /// What is drawn.
    pub annotations: Vec<Annotation>,
    /// What the object holds beyond this and is not drawn, in English, for who wonders.
    pub left_out: Vec<String>,
}

/// An image, and which of its frames are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct ImageFrames {
    /// Series Instance UID; empty where the state does not say.
    pub series: String,
    /// SOP Instance UID.
    pub sop: String,
    /// From 1; empty for all frames.
    pub frames: Vec<u32>,
}

/// From stored to measured values.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum ModalityTransform {
    /// In a line.
    Rescale {
        /// Times this,
        slope: f64,
        /// plus this.
        intercept: f64,
        /// Rescale Type, such as `HU`; empty where it is not given.
        unit: String,
    },
    /// By a table.
    Table {
        /// The table.
        table: Table,
        /// Modality LUT Type, such as `OD`; empty where it is not given.
        unit: String,
    },
}

/// A lookup table: values below its first have the first entry, values beyond its last the last.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct Table {
    /// The value that the first entry is for.
    pub first: f64,
    /// The greatest value that an entry can have.
    pub most: f64,
    /// The entries.
    pub entries: Vec<u16>,
}

/// Which measured values are shown.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct StateWindow {
    /// For these images; empty for all of the state.
    pub on: Vec<ImageFrames>,
    /// How.
    pub shown: Shown,
    /// What it is called; may be empty.
    pub name: String,
}

/// How measured values become shades.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum Shown {
    /// Between two values.
    Window {
        /// The middle.
        centre: f64,
        /// How far it is from black to white.
        width: f64,
        /// What lies between (VOI LUT Function).
        shape: WindowShape,
    },
    /// By a table.
    Table {
        /// The table.
        table: Table,
    },
}

/// VOI LUT Function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum WindowShape {
    /// In a line, by the formula with half a step.
    Linear,
    /// In a line.
    LinearExact,
    /// In an S.
    Sigmoid,
}

/// Which part of an image is shown, and how large.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct DisplayedArea {
    /// For these images; empty for all of the state.
    pub on: Vec<ImageFrames>,
    /// Centre of its first pixel; may lie outside of the image.
    pub top_left: [f64; 2],
    /// Centre of its last pixel.
    pub bottom_right: [f64; 2],
    /// How large it is shown.
    pub mode: SizeMode,
    /// Pixels of the screen for one of the image, where `mode` is `magnify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub magnification: Option<f64>,
    /// Millimetres between pixels along x and y, where they are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub spacing_mm: Option<[f64; 2]>,
}

/// Presentation Size Mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum SizeMode {
    /// As large as there is room.
    Fit,
    /// A millimetre of the image is one of the screen.
    TrueSize,
    /// By a factor.
    Magnify,
}

/// What may be seen of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum Shutter {
    /// What lies within four edges.
    Rectangle {
        /// Left edge.
        left: f64,
        /// Upper edge.
        top: f64,
        /// Right edge.
        right: f64,
        /// Lower edge.
        bottom: f64,
    },
    /// What lies within a circle.
    Circle {
        /// Its centre.
        centre: [f64; 2],
        /// Its radius, in pixels.
        radius: f64,
    },
    /// What lies within a polygon, whose last point is joined to its first.
    Polygon {
        /// Its corners.
        points: Vec<[f64; 2]>,
    },
}

/// A layer of what is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct GraphicLayer {
    /// Its name, unique within the state.
    pub name: String,
    /// Its order: higher ones lie above.
    pub order: i32,
    /// What it holds; may be empty.
    pub description: String,
    /// The colour to draw it in, as `#rrggbb`, where the state recommends one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub colour: Option<String>,
}

/// What is drawn on some images in one layer.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct Annotation {
    /// On these images; empty for all of the state.
    pub on: Vec<ImageFrames>,
    /// The layer's name.
    pub layer: String,
    /// Lines and points.
    pub graphics: Vec<Graphic>,
    /// Texts.
    pub texts: Vec<GraphicText>,
}

/// Where coordinates count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum Units {
    /// Pixels of the image; the centre of the first is (0, 0).
    Pixel,
    /// Parts of the displayed area as it is on the screen: (0, 0) is its upper left corner, (1, 1) its lower right.
    Display,
}

/// A line, a point or an area.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct Graphic {
    /// What it is.
    pub kind: GraphicKind,
    /// Where its points count from.
    pub units: Units,
    /// Its points, x and y. Circle: centre, a point on it. Ellipse: both ends of one axis, both of the other.
    pub points: Vec<[f64; 2]>,
    /// Whether it is filled.
    pub filled: bool,
    /// The colour of its line, as `#rrggbb`, where it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub colour: Option<String>,
    /// How thick its line is in pixels of the screen, where that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub thickness: Option<f64>,
    /// Whether its line is dashed.
    pub dashed: bool,
}

/// Graphic Type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum GraphicKind {
    /// One point.
    Point,
    /// Straight lines from point to point; closed where the last point is the first.
    Polyline,
    /// A smooth curve through all points.
    Interpolated,
    /// A circle.
    Circle,
    /// An ellipse.
    Ellipse,
}

/// A text on a picture.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct GraphicText {
    /// The words; lines are separated by a line feed.
    pub text: String,
    /// The box that the words stand in, where there is one.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    #[ts(rename = "box", optional)]
    pub within: Option<TextBox>,
    /// The point that the words are about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub anchor: Option<Anchor>,
    /// Their colour, as `#rrggbb`, where they have one of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub colour: Option<String>,
}

/// A box with words in it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct TextBox {
    /// Where its corners count from.
    pub units: Units,
    /// The corner where the words begin.
    pub top_left: [f64; 2],
    /// The opposite corner.
    pub bottom_right: [f64; 2],
    /// How the words stand in it.
    pub align: Align,
}

/// How words stand in their box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub enum Align {
    /// At its left side.
    Left,
    /// In its middle.
    Center,
    /// At its right side.
    Right,
}

/// The point that words are about.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/imaging.ts")]
pub struct Anchor {
    /// Where it counts from.
    pub units: Units,
    /// The point.
    pub at: [f64; 2],
    /// Whether a line leads from the words to it.
    pub line: bool,
}
