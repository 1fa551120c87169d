//! How long people were in rooms since they last rested, over all rooms of the hospital.

use std::collections::HashMap;

use parking_lot::Mutex;
use room::{Stay, Stays};
use vocabulary::{ActorId, Timestamp};

use super::Host;
use crate::clock;

/// What every room of a hospital keeps to.
#[derive(Clone, Copy)]
pub struct HouseRules {
    /// How long people stay and rest.
    pub stays: Stays,
    /// How many seats one account may have in one room.
    pub seats_each: usize,
}

/// By account, whatever name a room knows it by. A restart forgets it; nobody is harmed by coming back early.
#[derive(Default)]
pub(super) struct Stayed(Mutex<HashMap<ActorId, Stay>>);

impl Stayed {
    fn of(&self, account: &ActorId) -> Option<Stay> {
        self.0.lock().get(account).copied()
    }

    fn note<'a>(
        &self,
        stays: impl Iterator<Item = (&'a ActorId, Stay)>,
        rules: Stays,
        now: Timestamp,
    ) {
        let mut all = self.0.lock();
        for (account, stay) in stays {
            let known = all.entry(account.clone()).or_insert(stay);
            *known = known.and(stay, rules);
        }
        all.retain(|_, stay| !stay.is_rested(now, rules));
    }
}

impl Host {
    /// Tells the room how long somebody was in others who comes in.
    pub(super) fn tell_stay(&mut self, account: &ActorId, known_as: &ActorId) {
        if let Some(stay) = self.stayed.of(account) {
            self.room.has_stayed(known_as, stay);
        }
    }

    /// Notes how long those have been in rooms who are here.
    pub(super) fn note_stays(&self) {
        let mut stays = self.room.stayed().peekable();
        if stays.peek().is_none() {
            return;
        }
        let accounts = self.pseudonyms.iter();
        let accounts: HashMap<_, _> = accounts
            .map(|(account, known_as)| (known_as, account))
            .collect();
        let stays = stays.map(|(actor, stay)| (*accounts.get(actor).unwrap_or(&actor), stay));
        self.stayed.note(stays, self.stays, clock::now());
    }
}

#[cfg(test)]
mod tests {
    use room::Room;
    use vocabulary::RoomId;

    use super::*;

    #[test]
    fn what_one_room_noted_another_is_told() {
        let rules = Stays {
            stay_ms: 1_000,
            rest_ms: 500,
        };
        let who = ActorId::new("zhao.patient").unwrap();
        let (stayed, now) = (Stayed::default(), Timestamp(1_000_000));
        let mut room = Room::open(RoomId::new("r1").unwrap(), []).unwrap();
        room.keep_stays(rules);
        let person = room::Person {
            actor: who.clone(),
            name: String::new(),
            role: String::new(),
            may_act: true,
            licence: room::Licence::NotRecorded,
            sees_images: false,
            door: room::Door {
                treats: false,
                ..room::Door::default()
            },
        };
        let hello = room::wire::ClientFrame::Hello {
            version: room::wire::VERSION,
            resume: None,
            next_event: 0,
        };
        let token = room::ResumeToken([1; 16]);
        room.join(now, person.clone(), &hello.encode(), token)
            .unwrap();
        let over = Timestamp(now.0 + rules.stay_ms);
        room.tick(over);
        assert!(room.is_empty(), "alone, they are put out");
        stayed.note(room.stayed(), rules, over);
        // The room is dropped in the same moment.
        let join = |at: i64| {
            let mut next = Room::open(RoomId::new("r2").unwrap(), []).unwrap();
            next.keep_stays(rules);
            if let Some(stay) = stayed.of(&who) {
                next.has_stayed(&who, stay);
            }
            let at = Timestamp(at);
            next.join(at, person.clone(), &hello.encode(), token)
                .is_ok()
        };
        assert!(!join(over.0 + rules.rest_ms - 1));
        assert!(join(over.0 + rules.rest_ms));
        let nobody = std::iter::empty();
        stayed.note(nobody, rules, Timestamp(over.0 + rules.rest_ms));
        assert_eq!(stayed.of(&who), None, "nothing is kept of who has rested");
    }
}
