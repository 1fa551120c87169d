//! Rooms of the hospital itself, in which people meet and nobody's twin stands.

use scenario::Stage;
use vocabulary::{RoomId, Text};

/// Where patients talk with each other and with those who teach them. Doctors are its hosts and let them in.
const PATIENTS_CIRCLE: &str = "patients-circle";

/// All such rooms.
pub fn all() -> impl Iterator<Item = Stage> {
    let ids = [PATIENTS_CIRCLE].into_iter();
    ids.filter_map(|id| stage(&RoomId::new(id).ok()?))
}

/// What such a room is about; `None` for every other room.
pub fn stage(id: &RoomId) -> Option<Stage> {
    (id.as_str() == PATIENTS_CIRCLE).then(|| Stage {
        id: id.clone(),
        patient: None,
        series: None,
        case: PATIENTS_CIRCLE.to_owned(),
        title: Text::new("病友交流室", "Patients’ circle"),
        participants: Vec::new(),
    })
}
