//! Who speaks and shows what: words about media, which itself goes another way than the room's frames.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a picture or a voice comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Source {
    /// A microphone.
    Microphone,
    /// A screen that is shared.
    Screen,
    /// A camera.
    Camera,
    /// A picture of all that is around a place, every direction in it: equirectangular, twice as wide as high.
    Around,
}

/// A picture that who keeps order ends, and lets be shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Showing {
    /// The camera.
    Camera,
    /// The shared screen.
    Screen,
}

/// What a participant wants others to hear and see of them; nothing until they say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Sending {
    /// The microphone is open.
    pub microphone: bool,
    /// The camera is on.
    pub camera: bool,
    /// A screen is shared.
    pub screen: bool,
    /// A picture of all around is shown; who sends one asks for it first ([`crate::Act::ShowAround`]).
    #[serde(default)]
    pub around: bool,
    /// One's own voice comes back to oneself, and goes to nobody else, to check the way there and back.
    pub echo: bool,
}

/// A participant who takes part by voice or picture, as others see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Voice {
    /// The participant.
    pub participant: u16,
    /// Whether their microphone is closed.
    pub muted: bool,
    /// Whether they speak at this moment.
    pub speaking: bool,
    /// Whether their camera is on.
    pub camera: bool,
    /// Whether they share a screen.
    pub screen: bool,
    /// Whether they show a picture of all around.
    #[serde(default)]
    pub around: bool,
}

/// What comes by one of the places that a client has kept for the voices and pictures of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Slot {
    /// The media section of the client's own offer.
    pub mid: String,
    /// Whose it is at this moment.
    pub participant: u16,
    /// What it comes from.
    pub source: Source,
}
