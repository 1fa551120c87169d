use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Refusal, Transform};

/// From where somebody before a screen looks at the hologram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "room.ts")]
pub struct View {
    /// Around the hologram, in radians; 0 is the front.
    pub yaw_rad: f64,
    /// Above it, in radians; 0 is level with it.
    pub pitch_rad: f64,
    /// How far from its middle, in metres.
    pub distance_m: f64,
}

impl View {
    /// Checks that somebody can look from there.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let is_angle = |angle: f64| angle.is_finite() && angle.abs() <= 1000.0;
        let is_far = (0.0..=crate::limits::POSITION_M).contains(&self.distance_m);
        if is_angle(self.yaw_rad) && is_angle(self.pitch_rad) && is_far {
            Ok(())
        } else {
            Err(Refusal::ValueOutOfRange)
        }
    }
}

/// Who shows the others the way, or has brought them to a view.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Leading {
    /// The participant.
    pub participant: u16,
    /// From where they look.
    pub view: View,
}

/// Who has hold of which hologram, board or page, and who asks for it. Where it is comes with the holder's poses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Holding {
    /// The hologram, board or page.
    pub entity: u32,
    /// The participant.
    pub participant: u16,
    /// Who asks for it, the first one first.
    #[serde(default)]
    pub asked: Vec<u16>,
    /// Where it is, until a pose of the holder says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub transform: Option<Transform>,
}
