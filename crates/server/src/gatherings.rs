//! Rooms of the hospital itself, in which people meet and nobody's twin stands.

use policy::{Actor, Role};
use scenario::Stage;
use serde::Serialize;
use vocabulary::{Place, RoomId, Text};

use crate::pseudonyms;

/// Such a room.
struct Gathering {
    id: &'static str,
    /// Where it is until its host moves everybody elsewhere.
    place: Place,
    /// What is written over its door, in Chinese and in English.
    title: (&'static str, &'static str),
    /// Who may be its host: the first of them comes in by themselves, and lets others in.
    hosts: &'static [Role],
}

/// Who may be the host of a room, where nothing else is said.
const DOCTORS: &[Role] = &[Role::Expert, Role::TerminalDoctor];

/// Where patients talk with each other and with those who teach them. In all others staff are among themselves: the
/// policies keep patients out of them by their names (`staff-meet-without-patients`).
const PATIENTS_CIRCLE: &str = "patients-circle";

const ALL: [Gathering; 5] = [
    Gathering {
        id: "operating-briefing",
        place: Place::Operating,
        title: ("手术讨论室", "Operating briefing"),
        hosts: DOCTORS,
    },
    Gathering {
        id: "research-round",
        place: Place::Research,
        title: ("科研讨论室", "Research round"),
        hosts: &[Role::Expert, Role::TerminalDoctor, Role::Researcher],
    },
    Gathering {
        id: PATIENTS_CIRCLE,
        place: Place::Teaching,
        title: ("病友交流室", "Patients’ circle"),
        hosts: DOCTORS,
    },
    Gathering {
        id: "teaching-round",
        place: Place::Teaching,
        title: ("教学讨论室", "Teaching round"),
        hosts: DOCTORS,
    },
    Gathering {
        id: "management-meeting",
        place: Place::Management,
        title: ("管理会议室", "Management meeting"),
        hosts: &[Role::Expert, Role::TerminalDoctor, Role::Manager],
    },
];

/// A room as the page shows it that somebody sees first.
#[derive(Serialize)]
pub struct Card {
    id: &'static str,
    room: Place,
    title: Text,
}

/// Those in which somebody may be.
pub fn cards(actor: &Actor) -> Vec<Card> {
    let is_patient = pseudonyms::is_patient(actor);
    // Relatives are where the patient is met whom they accompany.
    let accompanies = actor.roles.iter().all(|role| *role == Role::RelatedPerson);
    let open = ALL
        .iter()
        .filter(|one| !accompanies && (!is_patient || one.id == PATIENTS_CIRCLE));
    open.map(|one| Card {
        id: one.id,
        room: one.place,
        title: one.title(),
    })
    .collect()
}

/// Those in which patients may be.
pub fn of_patients() -> impl Iterator<Item = Stage> {
    let circle = RoomId::new(PATIENTS_CIRCLE).ok();
    circle.and_then(|id| stage(&id)).into_iter()
}

/// Whether patients may be in a room that is about no patient.
pub fn is_for_patients(id: &RoomId) -> bool {
    id.as_str() == PATIENTS_CIRCLE
}

/// What such a room is about; `None` for every other room.
pub fn stage(id: &RoomId) -> Option<Stage> {
    find(id).map(|one| Stage {
        id: id.clone(),
        patient: None,
        series: None,
        case: one.id.to_owned(),
        title: one.title(),
        participants: Vec::new(),
    })
}

/// Where such a room is until its host moves everybody elsewhere; `None` for every other room.
pub fn place(id: &RoomId) -> Option<Place> {
    find(id).map(|one| one.place)
}

/// Who may be the host of a room.
pub fn hosts(id: &RoomId) -> &'static [Role] {
    find(id).map_or(DOCTORS, |one| one.hosts)
}

fn find(id: &RoomId) -> Option<&'static Gathering> {
    ALL.iter().find(|one| one.id == id.as_str())
}

impl Gathering {
    fn title(&self) -> Text {
        let (zh, en) = self.title;
        Text::new(zh, en)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use policy::{Action, DEFAULT_POLICIES, Gate, Object, Relations};
    use vocabulary::{ActorId, Timestamp};

    use super::*;

    /// What is shown to somebody is what the policies let them into.
    #[test]
    fn staff_meet_in_all_of_them_and_patients_in_their_circle_alone() {
        let gate = Gate::new(DEFAULT_POLICIES, Arc::new(|| Timestamp(0))).unwrap();
        let enters = |roles: &[Role]| {
            let actor = Actor {
                id: ActorId::new("a").unwrap(),
                name: "A".to_owned(),
                roles: roles.iter().copied().collect::<BTreeSet<_>>(),
                patient: None,
            };
            let permitted = ALL.iter().filter(|one| {
                let room = Object::Room {
                    room: RoomId::new(one.id).unwrap(),
                    patient: None,
                };
                let relations = Relations::default();
                gate.explain(&actor, Action::EnterRoom, &room, &relations)
                    .granted
            });
            let permitted: Vec<_> = permitted.map(|one| one.id).collect();
            let shown: Vec<_> = cards(&actor).into_iter().map(|one| one.id).collect();
            assert_eq!(shown, permitted, "{roles:?}");
            shown
        };
        assert_eq!(enters(&[Role::Patient]), [PATIENTS_CIRCLE]);
        assert_eq!(enters(&[Role::RelatedPerson]), [""; 0]);
        assert_eq!(
            enters(&[Role::Patient, Role::RelatedPerson]),
            [PATIENTS_CIRCLE]
        );
        let all = ALL.map(|one| one.id);
        for role in [
            Role::Expert,
            Role::TerminalDoctor,
            Role::Nurse,
            Role::Manager,
            Role::Researcher,
            Role::Trainee,
            Role::Technician,
            Role::Admin,
        ] {
            assert_eq!(enters(&[role]), all, "{role:?}");
        }
        // Who cares for others here and is treated here is among colleagues.
        assert_eq!(enters(&[Role::Patient, Role::Nurse]), all);
    }

    #[test]
    fn each_has_a_place_and_hosts_and_every_other_room_has_doctors() {
        for one in &ALL {
            let id = RoomId::new(one.id).unwrap();
            assert_eq!(place(&id), Some(one.place));
            assert_eq!(stage(&id).unwrap().title, one.title());
            assert!(DOCTORS.iter().all(|role| hosts(&id).contains(role)));
        }
        let other = RoomId::new("consult-1").unwrap();
        assert_eq!((place(&other), hosts(&other)), (None, DOCTORS));
        assert!(stage(&other).is_none());
    }
}
