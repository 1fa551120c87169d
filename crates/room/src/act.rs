use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, Place, Timestamp, Uid};

use crate::{
    CropBox, EntityId, Grade, Hologram, Layer, MeasureKind, Mode, Ordered, Placed, Plane,
    RecordingStep, Showing, Standing, Transform, View, Window,
};

/// What a participant asks the room to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub enum Act {
    /// Place a new entity.
    Add {
        /// The entity, as far as a client may say what it is.
        entity: NewEntity,
    },
    /// Change fields of an entity.
    Set {
        /// The entity.
        id: EntityId,
        /// The fields to change.
        patch: Patch,
    },
    /// Take an entity away; a hologram takes its marks along.
    Remove {
        /// The entity.
        id: EntityId,
    },
    /// Take hold of a hologram, board or page, so that its transform can be streamed beside the poses.
    Grab {
        /// The hologram, board or page.
        id: EntityId,
    },
    /// Let it go where it was last seen, or at `transform`.
    Release {
        /// The hologram, board or page.
        id: EntityId,
        /// Where to leave it, more exactly than poses can say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        transform: Option<Transform>,
    },
    /// Ask whoever has hold of something to give it over.
    AskFor {
        /// The hologram, board or page.
        id: EntityId,
    },
    /// Give what one holds to somebody inside; it stays where it is, and is in their hold from then on.
    Give {
        /// The hologram, board or page.
        id: EntityId,
        /// Whom.
        to: u16,
    },
    /// Keep what one holds: nobody is asking for it any more.
    KeepHold {
        /// The hologram, board or page.
        id: EntityId,
    },
    /// Take something out of somebody's hold, which only those do who keep order. Who works with what stands there has
    /// hold of it then; else it is left where it is.
    TakeOver {
        /// The hologram, board or page.
        id: EntityId,
    },
    /// Have nobody move something or take it away until it is unlocked.
    Lock {
        /// The hologram, board or page.
        id: EntityId,
        /// Whether its marks stay as they are too.
        #[serde(default)]
        marks: bool,
    },
    /// Take a lock away: one's own, or anybody's by those who keep order.
    Unlock {
        /// The hologram, board or page.
        id: EntityId,
    },
    /// Take a series of the patient from the shelf; what stood there goes onto it.
    Take {
        /// The series.
        #[ts(type = "string")]
        series: Uid,
    },
    /// Wear another colour of the palette, which nobody else here wears.
    Wear {
        /// The colour, as `#rrggbb`.
        colour: String,
    },
    /// Look like another figure of those that there are; as many as like may look like the same.
    LookLike {
        /// The figure, from 1 to [`crate::limits::FIGURES`].
        figure: u8,
    },
    /// Take back one's own last step that can still be taken back.
    Undo,
    /// Show the others the way: their view follows one's own until one ends it.
    Lead {
        /// From where one looks; `null` ends it.
        view: Option<View>,
    },
    /// Bring everybody to one's own view, once.
    Gather {
        /// From where one looks.
        view: View,
    },
    /// Show a picture of all around, of which a room has one at a time, or end it. The host takes over from
    /// anybody; who keeps order ends anybody's.
    ShowAround {
        /// Whether one shows it from now on.
        shows: bool,
    },
    /// Have the room be another place of the hospital, for everybody who has not chosen one for themselves; the host
    /// does.
    SetPlace {
        /// Which.
        place: Place,
    },
    /// Ask to speak.
    RaiseHand,
    /// Ask no longer; who keeps order lowers the hands of others.
    LowerHand {
        /// Whose hand; one's own where nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        participant: Option<u16>,
    },
    /// Let somebody in who waits at the door.
    Admit {
        /// Their place at the door.
        waiting: u16,
        /// Who of those inside looks after them, where somebody must.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        companion: Option<u16>,
    },
    /// Do not let somebody in who waits at the door.
    TurnAway {
        /// Their place at the door.
        waiting: u16,
        /// Why; they are told.
        reason: String,
    },
    /// Take back that somebody was put out or blocked, whether they stand at the door or not.
    Lift {
        /// Whom.
        #[ts(type = "string")]
        whom: ActorId,
    },
    /// Have somebody stay for longer than a stay lasts, because the patient needs it.
    LetStay {
        /// Whom.
        participant: u16,
        /// Why; it is kept.
        reason: String,
    },
    /// Remind somebody of the rules: the mildest of the sanctions.
    Warn {
        /// Whom.
        participant: u16,
        /// Why; they are told.
        reason: String,
    },
    /// Have somebody heard no more.
    Mute {
        /// Whom.
        participant: u16,
        /// Why; they are told.
        reason: String,
    },
    /// Have somebody heard again.
    Unmute {
        /// Whom.
        participant: u16,
    },
    /// End what somebody shows, and have them show it no more.
    EndShowing {
        /// Whom.
        participant: u16,
        /// What.
        what: Showing,
        /// Why; they are told.
        reason: String,
    },
    /// Let somebody show again what was ended.
    LetShow {
        /// Whom.
        participant: u16,
        /// What.
        what: Showing,
    },
    /// Give the word to somebody who watches: they are heard, and seen by camera, until it is taken back.
    GiveWord {
        /// Whom.
        participant: u16,
    },
    /// Take the word back; everybody gives back their own.
    TakeWord {
        /// Whom.
        participant: u16,
    },
    /// Put somebody out; they have to be let in anew.
    PutOut {
        /// Whom.
        participant: u16,
        /// Why; they are told.
        reason: String,
    },
    /// Put somebody out and keep them out for a time, longer each time.
    Block {
        /// Whom.
        participant: u16,
        /// Why; they are told.
        reason: String,
    },
    /// Make somebody something else in this room.
    Appoint {
        /// Whom.
        participant: u16,
        /// What.
        standing: Standing,
    },
    /// Ask everybody inside whether the room may be recorded.
    AskToRecord,
    /// Say whether one agrees to the recording; who agreed takes it back by it, which ends the recording.
    AnswerRecording {
        /// Whether one agrees.
        agrees: bool,
    },
    /// End the recording, or take the question back.
    StopRecording,
    /// From the door: come in because the patient needs it.
    ComeUrgently {
        /// Why; everybody inside is told, and the record keeps it.
        reason: String,
    },
    /// Ask for a sanction that one has to be taken back; once for each.
    Appeal {
        /// Which.
        against: Grade,
        /// In one's own words.
        reason: String,
    },
    /// Say what comes of somebody's appeal against a sanction that another has given.
    AnswerAppeal {
        /// Whose.
        #[ts(type = "string")]
        whom: ActorId,
        /// Against which.
        against: Grade,
        /// Whether the sanction is taken back.
        grants: bool,
        /// Why; they are told.
        reason: String,
    },
}

/// A new entity as a client describes it; the server adds results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum NewEntity {
    /// An image of a patient's scan.
    Hologram(Hologram),
    /// A measure to be taken.
    Measure(NewMeasure),
    /// A note.
    Annotation(crate::Annotation),
    /// A place where the nodule is asked for.
    Nodule(crate::NoduleSeed),
    /// A place that has a name.
    Landmark(crate::Landmark),
    /// A line that was drawn on a hologram.
    Stroke(crate::Stroke),
    /// A line that was drawn in the air.
    Line(crate::Line),
    /// A board to write and draw on.
    Board(crate::Board),
    /// A line on a board.
    Ink(crate::Ink),
    /// Words on a board.
    BoardNote(crate::BoardNote),
    /// A page of the client.
    Page(crate::Page),
}

/// A measure to be taken by the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct NewMeasure {
    /// The hologram to measure on.
    pub hologram: EntityId,
    /// What to measure.
    pub kind: MeasureKind,
    /// The points `[l, p, s]`, in millimetres, patient LPS frame: two for a length, one for a value, three for an
    /// angle with its corner in the middle, none for a volume.
    pub points_lps_mm: Vec<[f64; 3]>,
    /// For a volume: the surface whose inside is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub layer: Option<String>,
}

/// Fields to change of one entity; those left out stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
#[expect(
    clippy::large_enum_variant,
    reason = "the largest, a hologram, is what the others lie on, and there are few of any"
)]
pub enum Patch {
    /// Of a hologram.
    Hologram(HologramPatch),
    /// Of a measure, which is then taken again.
    Measure(MeasurePatch),
    /// Of an annotation.
    Annotation(AnnotationPatch),
    /// Of a board.
    Board(BoardPatch),
    /// Of a page.
    Page(PagePatch),
}

/// Fields to change of a hologram.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields, default)]
#[ts(export_to = "room.ts", optional_fields)]
pub struct HologramPatch {
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Transform>,
    /// Its window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// What of it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Surfaces to show otherwise; those not named stay as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<BTreeMap<String, Layer>>,
    /// The cutting plane; `null` takes it away.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "null_is_a_value"
    )]
    #[ts(optional = nullable, as = "Option<Plane>")]
    pub clip: Option<Option<Plane>>,
    /// The point at which the slices meet, in millimetres, patient LPS frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor_lps_mm: Option<[f64; 3]>,
    /// The box outside which nothing is drawn; `null` takes it away.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "null_is_a_value"
    )]
    #[ts(optional = nullable, as = "Option<CropBox>")]
    pub crop: Option<Option<CropBox>>,
    /// The surface whose inside alone is drawn; `null` draws all.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "null_is_a_value"
    )]
    #[ts(optional = nullable, as = "Option<String>")]
    pub within: Option<Option<String>>,
    /// The one surface that is drawn; `null` draws all.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "null_is_a_value"
    )]
    #[ts(optional = nullable, as = "Option<String>")]
    pub only: Option<Option<String>>,
    /// How far the surfaces are moved apart, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<f64>,
}

/// Fields to change of a board.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields, default)]
#[ts(export_to = "room.ts", optional_fields)]
pub struct BoardPatch {
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Transform>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Fields to change of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields, default)]
#[ts(export_to = "room.ts", optional_fields)]
pub struct PagePatch {
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Transform>,
    /// Which page it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What whoever put it there says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Fields to change of a measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct MeasurePatch {
    /// The points `[l, p, s]`, in millimetres, patient LPS frame.
    pub points_lps_mm: Vec<[f64; 3]>,
}

/// Fields to change of an annotation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields, default)]
#[ts(export_to = "room.ts", optional_fields)]
pub struct AnnotationPatch {
    /// The place, in millimetres, patient LPS frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_lps_mm: Option<[f64; 3]>,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Tells a field that is `null` from one that is not there.
fn null_is_a_value<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What kind of act an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum ActKind {
    /// Something was placed.
    Add,
    /// Fields were changed.
    Set,
    /// Something was taken away.
    Remove,
    /// A step was taken back.
    Undo,
    /// Something was locked.
    Lock,
    /// A lock was taken away.
    Unlock,
    /// Order was kept.
    Order,
    /// A recording went on.
    Recording,
    /// A picture of the stage was kept beside the images.
    Picture,
    /// The room became another place of the hospital.
    Place,
}

/// What became of one entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Change {
    /// The entity.
    pub id: EntityId,
    /// The entity as it is now; `null` where it is gone.
    pub placed: Option<Placed>,
}

/// A picture of the stage, kept as an object of its own beside the images that stand there, or with the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Pictured {
    /// What it shows, in the words of who took it.
    pub title: String,
    /// The study.
    #[ts(type = "string")]
    pub study: Uid,
    /// Its own series.
    #[ts(type = "string")]
    pub series: Uid,
    /// The object.
    #[ts(type = "string")]
    pub object: Uid,
}

/// An act that the room has accepted, by its effects, so that replaying it needs no judgement. This is
/// what the journal keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// What kind of act it was.
    pub act: ActKind,
    /// What became of each entity that it touched.
    pub changes: Vec<Change>,
    /// For `undo`: the number of the step taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// For `order`: what was done to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Ordered>,
    /// For `recording`: the step taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingStep>,
    /// For `picture`: the picture that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictured: Option<Pictured>,
    /// For `place`: which the room became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Deed {
    /// A deed of a kind that has done nothing yet.
    pub fn of(act: ActKind) -> Self {
        Self {
            act,
            changes: Vec::new(),
            undoes: None,
            order: None,
            recording: None,
            pictured: None,
            place: None,
        }
    }

    /// The deed as clients hear of it.
    pub(crate) fn told(self, number: u64, actor: ActorId, at: Timestamp) -> Event {
        let Self {
            act,
            changes,
            undoes: _,
            order,
            recording,
            pictured,
            place,
        } = self;
        Event {
            number,
            actor,
            at,
            act,
            changes,
            order,
            recording,
            pictured,
            place,
        }
    }
}

/// An accepted act, as clients hear of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Event {
    /// Counts from 0 within the room, without gaps; the number of the act in the journal.
    #[ts(type = "number")]
    pub number: u64,
    /// Whose act it was.
    #[ts(type = "string")]
    pub actor: ActorId,
    /// When it was accepted, by the server's clock.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What kind of act it was.
    pub act: ActKind,
    /// What became of each entity that it touched.
    pub changes: Vec<Change>,
    /// What was done to keep order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub order: Option<Ordered>,
    /// The step of a recording that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub recording: Option<RecordingStep>,
    /// The picture of the stage that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pictured: Option<Pictured>,
    /// The place of the hospital that the room became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub place: Option<Place>,
}

/// An accepted act as the record keeps it: the fields of `record::RoomAct` but the room.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptAct {
    /// Counts from 0 within the room, without gaps.
    pub number: u64,
    /// Whose act it was.
    pub actor: ActorId,
    /// When it was accepted.
    pub at: Timestamp,
    /// What was done: a [`Deed`] as JSON.
    pub act: serde_json::Value,
}
