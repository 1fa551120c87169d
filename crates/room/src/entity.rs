use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, Assessed, Timestamp, Uid};

/// The number of an entity within its room; given by the server, counted from 1 and never used again.
pub type EntityId = u32;

/// Where an entity stands in the room: metres, Y up, right-handed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Transform {
    /// Position `[x, y, z]` in metres, room frame.
    pub position_m: [f64; 3],
    /// Rotation as a unit quaternion `[x, y, z, w]`.
    pub rotation: [f64; 4],
    /// Size; 1 is life-sized.
    pub scale: f64,
}

/// Which grey values are told apart, in Hounsfield units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Window {
    /// The value shown as middle grey.
    pub centre_hu: f64,
    /// The span from black to white.
    pub width_hu: f64,
}

/// What of a hologram is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Mode {
    /// The ray-cast volume.
    Volume,
    /// The surfaces.
    Surfaces,
    /// Both.
    Both,
}

/// How one surface of a hologram is shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Layer {
    /// Whether it is drawn at all.
    pub visible: bool,
    /// From 0 (clear) to 1 (solid).
    pub opacity: f64,
}

/// A cutting plane: the points `p` with `normal_lps · p = offset_mm`; what lies beyond is not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Plane {
    /// Unit normal `[l, p, s]`, patient LPS frame.
    pub normal_lps: [f64; 3],
    /// Distance from the frame's origin along the normal, in millimetres.
    pub offset_mm: f64,
}

/// The image of a patient's scan that people meet around.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Hologram {
    /// The DICOM series that it shows.
    #[ts(type = "string")]
    pub series: Uid,
    /// Where it stands.
    pub transform: Transform,
    /// Its window.
    pub window: Window,
    /// What of it is drawn.
    pub mode: Mode,
    /// Its surfaces by name; one that is not named is shown as the client thinks best.
    pub layers: BTreeMap<String, Layer>,
    /// The cutting plane, if any.
    pub clip: Option<Plane>,
    /// The point `[l, p, s]` at which the three slices meet, in millimetres, patient LPS frame.
    pub cursor_lps_mm: [f64; 3],
    /// The box outside which nothing is drawn, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub crop: Option<CropBox>,
    /// The surface whose inside alone is drawn, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub within: Option<String>,
    /// The one surface that is drawn while all else is hidden, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub only: Option<String>,
    /// How far the surfaces are moved apart from their middle: 0 leaves them, 1 doubles their distances.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(optional, as = "Option<f64>")]
    pub apart: f64,
    /// Whether it lies on the shelf: it is kept with its marks, and not drawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub shelved: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// A box along the patient's axes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct CropBox {
    /// The least corner `[l, p, s]`, in millimetres, patient LPS frame.
    pub min_lps_mm: [f64; 3],
    /// The greatest corner `[l, p, s]`, in millimetres, patient LPS frame.
    pub max_lps_mm: [f64; 3],
}

/// A board on which people write and draw, standing in the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Board {
    /// Where its middle stands; its front looks along its own z axis.
    pub transform: Transform,
    /// What it is about; may be empty.
    pub title: String,
}

/// A page of the client that stands in the room as a card. The room holds its address and nothing of what it shows:
/// everybody who opens it loads it by their own session and sees what they themselves may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Page {
    /// Where its middle stands; its front looks along its own z axis.
    pub transform: Transform,
    /// Its path in this hospital, with a query and the name of a part where it has them.
    pub path: String,
    /// What whoever put it there says of it; may be empty.
    pub title: String,
}

/// A line drawn on a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Ink {
    /// The board.
    pub board: EntityId,
    /// The points `[across, down]` one after the other, from 0 to 1 of the board.
    pub points: Vec<[f64; 2]>,
}

/// Words on a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct BoardNote {
    /// The board.
    pub board: EntityId,
    /// Where they begin: `[across, down]`, from 0 to 1 of the board.
    pub at: [f64; 2],
    /// What they say.
    pub text: String,
}

/// What a measure measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum MeasureKind {
    /// The distance between two points, in `mm`.
    Length,
    /// The Hounsfield value at one point, in `[hnsf'U]`.
    Hu,
    /// The angle at the middle one of three points, in `deg`.
    Angle,
    /// The volume of a surface's inside, in `mL`.
    Volume,
}

/// A measure as the server has taken it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Measure {
    /// The hologram that it was taken on.
    pub hologram: EntityId,
    /// What it measures.
    pub kind: MeasureKind,
    /// The points `[l, p, s]`, in millimetres, patient LPS frame: two for a length, one for a value, three for an
    /// angle with its corner in the middle, for a volume the middle of what was measured.
    pub points_lps_mm: Vec<[f64; 3]>,
    /// For a volume: the surface whose inside was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub layer: Option<String>,
    /// The result, by the server, or why there is none.
    #[ts(
        type = "{ state: \"assessed\", value: number } | { state: \"not-assessable\", missing: { input: string, why: { zh: string, en: string } }[] }"
    )]
    pub value: Assessed<f64>,
    /// The unit of the result (UCUM): `mm`, `[hnsf'U]`, `deg` or `mL`.
    pub unit: String,
}

/// A note that somebody put on a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Annotation {
    /// The hologram that it is put on.
    pub hologram: EntityId,
    /// The place `[l, p, s]`, in millimetres, patient LPS frame.
    pub at_lps_mm: [f64; 3],
    /// What it says.
    pub text: String,
}

/// A place where somebody asks for the nodule. What lies there is outlined and measured by the hospital for
/// everyone who looks, the same for all; nothing of it is kept with the images by that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct NoduleSeed {
    /// The hologram that it is put on.
    pub hologram: EntityId,
    /// The place `[l, p, s]`, in millimetres, patient LPS frame.
    pub at_lps_mm: [f64; 3],
}

/// A place that has a name, to be spoken of and found again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Landmark {
    /// The hologram that it is put on.
    pub hologram: EntityId,
    /// The place `[l, p, s]`, in millimetres, patient LPS frame.
    pub at_lps_mm: [f64; 3],
    /// Its name.
    pub name: String,
}

/// A line that somebody drew in space with the pen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Stroke {
    /// The hologram that it is drawn on.
    pub hologram: EntityId,
    /// The points `[l, p, s]` one after the other, in millimetres, patient LPS frame.
    pub points_lps_mm: Vec<[f64; 3]>,
}

/// A line that somebody drew in the air, in the room's own space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct Line {
    /// The points `[x, y, z]` one after the other, in metres, room frame.
    pub points_m: Vec<[f64; 3]>,
}

/// A thing in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Entity {
    /// An image of a patient's scan.
    Hologram(Hologram),
    /// A measure taken on it.
    Measure(Measure),
    /// A note put on it.
    Annotation(Annotation),
    /// A place where the nodule is asked for.
    Nodule(NoduleSeed),
    /// A place that has a name.
    Landmark(Landmark),
    /// A line that somebody drew on it.
    Stroke(Stroke),
    /// A line that somebody drew in the air.
    Line(Line),
    /// A board to write and draw on.
    Board(Board),
    /// A line on a board.
    Ink(Ink),
    /// Words on a board.
    BoardNote(BoardNote),
    /// A page of the client.
    Page(Page),
}

impl Entity {
    /// The hologram or board that this entity is a mark on, if it is one.
    pub fn on(&self) -> Option<EntityId> {
        match self {
            Self::Hologram(_) | Self::Board(_) | Self::Page(_) | Self::Line(_) => None,
            Self::Ink(ink) => Some(ink.board),
            Self::BoardNote(note) => Some(note.board),
            Self::Measure(measure) => Some(measure.hologram),
            Self::Annotation(annotation) => Some(annotation.hologram),
            Self::Nodule(seed) => Some(seed.hologram),
            Self::Landmark(landmark) => Some(landmark.hologram),
            Self::Stroke(stroke) => Some(stroke.hologram),
        }
    }

    /// Where it stands, if it is something that can be taken in hand and carried.
    pub fn transform(&self) -> Option<Transform> {
        match self {
            Self::Hologram(hologram) => Some(hologram.transform),
            Self::Board(board) => Some(board.transform),
            Self::Page(page) => Some(page.transform),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub(crate) fn transform_mut(&mut self) -> Option<&mut Transform> {
        match self {
            Self::Hologram(hologram) => Some(&mut hologram.transform),
            Self::Board(board) => Some(&mut board.transform),
            Self::Page(page) => Some(&mut page.transform),
            _ => None,
        }
    }
}

/// An entity with who placed it, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Placed {
    /// Who placed it.
    #[ts(type = "string")]
    pub by: ActorId,
    /// Their name, for those who come when they have gone; older journals have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// When, by the server's clock.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// The entity.
    pub entity: Entity,
    /// Who has locked it, if anybody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub locked: Option<Locked>,
}

impl Placed {
    /// The series that it shows, where it is a hologram.
    pub(crate) fn series(&self) -> Option<&Uid> {
        match &self.entity {
            Entity::Hologram(hologram) => Some(&hologram.series),
            _ => None,
        }
    }

    /// Where it stands, if it is something that stands in the room by itself, and whether it is there to be seen.
    pub fn stands(&self) -> Option<(Transform, bool)> {
        let lies = matches!(&self.entity, Entity::Hologram(hologram) if hologram.shelved);
        Some((self.entity.transform()?, !lies))
    }
}

/// A lock on a hologram, board or page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Locked {
    /// Who locked it.
    #[ts(type = "string")]
    pub by: ActorId,
    /// Their name, for when they have left.
    pub name: String,
    /// When, by the server's clock.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Whether its marks stay as they are too.
    pub marks: bool,
}

/// The box that a series fills, patient LPS frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The least corner `[l, p, s]`, in millimetres.
    pub min_lps_mm: [f64; 3],
    /// The greatest corner `[l, p, s]`, in millimetres.
    pub max_lps_mm: [f64; 3],
}

impl Bounds {
    /// Whether a point lies within, its faces included. A point that is no number does not.
    pub fn holds(&self, point_lps_mm: [f64; 3]) -> bool {
        let corners = self.min_lps_mm.into_iter().zip(self.max_lps_mm);
        point_lps_mm
            .into_iter()
            .zip(corners)
            .all(|(at, (min, max))| at >= min && at <= max)
    }
}

/// What the server knows of the series that may be shown in this room.
pub trait Probe {
    /// The box of a series; `None` where it is not kept or does not belong to this room's patient.
    fn bounds(&self, series: &Uid) -> Option<Bounds>;

    /// The surfaces of a series whose inside is known, by name; empty while there are none.
    fn layers(&self, series: &Uid) -> Vec<String>;

    /// How much is inside of a surface (cubic millimetres) and its middle `[l, p, s]` (millimetres, LPS); `None`
    /// where its inside is not known.
    fn inside_of(&self, series: &Uid, layer: &str) -> Option<(f64, [f64; 3])>;

    /// The value at a point `[l, p, s]` (millimetres, LPS); `None` where there is none to be had.
    fn hu_at(&self, series: &Uid, point_lps_mm: [f64; 3]) -> Option<i16>;
}
