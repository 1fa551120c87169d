//! Rooms of the hospital itself, in which people meet and nobody's twin stands.

use scenario::Stage;
use vocabulary::{RoomId, Text};

/// Where patients learn about illness and treatment together. Whoever looks after it lets them in.
const PATIENT_EDUCATION: &str = "patient-education";

/// What such a room is about; `None` for every other room.
pub fn stage(id: &RoomId) -> Option<Stage> {
    (id.as_str() == PATIENT_EDUCATION).then(|| Stage {
        id: id.clone(),
        patient: None,
        series: None,
        case: PATIENT_EDUCATION.to_owned(),
        title: Text::new("患者课堂", "Patient education"),
        participants: Vec::new(),
    })
}
