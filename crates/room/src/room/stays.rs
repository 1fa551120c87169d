//! How long people stay, and that they rest before they come back. It is reckoned by account, so that neither another
//! seat nor another room begins it anew.

use vocabulary::{ActorId, Timestamp};

use super::Room;
use crate::{
    Farewell, Stay, Stays,
    seat::{Person, Sitter},
    wire::ServerFrame,
};

impl Room {
    /// Has people stay for as long as the hospital wants it.
    pub fn keep_stays(&mut self, stays: Stays) {
        self.stays = stays;
    }

    /// Notes how long somebody was in other rooms, before they come into this.
    pub fn has_stayed(&mut self, actor: &ActorId, stay: Stay) {
        let stays = self.stays;
        let known = self.stayed.entry(actor.clone()).or_insert(stay);
        *known = known.and(stay, stays);
    }

    /// How long those were in rooms who have not rested since.
    pub fn stayed(&self) -> impl Iterator<Item = (&ActorId, Stay)> {
        self.stayed.iter().map(|(actor, stay)| (actor, *stay))
    }

    /// Somebody takes a seat.
    pub(super) fn begin_stay(&mut self, person: &Person, now: Timestamp) {
        let is_inside = self.seats_of(&person.actor).next().is_some();
        let (stays, treats) = (self.stays, person.door.treats);
        let stay = self.stayed.entry(person.actor.clone());
        let stay = stay.or_insert_with(|| Stay::begun(now));
        if is_inside {
            stay.goes_on(now, treats);
        } else {
            stay.comes(now, treats, stays);
        }
    }

    /// Since when somebody has been in rooms without a rest. Who treats the patient is reminded to rest, too, however
    /// often they go from room to room.
    pub(super) fn unrested_since(&self, sitter: &Sitter) -> Timestamp {
        let stay = self.stayed.get(&sitter.person.actor);
        stay.map_or(sitter.joined, Stay::since)
    }

    /// Until when somebody stays; `None` for those who treat the patient: they stay as long as it takes.
    pub(super) fn stays_until(&self, sitter: &Sitter) -> Option<Timestamp> {
        let person = &sitter.person;
        if person.door.treats {
            return None;
        }
        let (stay, stays) = (self.stayed.get(&person.actor), self.stays);
        let whole = Timestamp(sitter.joined.0.saturating_add(stays.stay_ms));
        let ends = stay.and_then(|stay| stay.ends(stays)).unwrap_or(whole);
        let longer = self.durable.order().stays(&person.actor);
        Some(longer.map_or(ends, |longer| longer.max(ends)))
    }

    /// Whose stay is over goes and rests.
    pub(super) fn end_stays(&mut self, now: Timestamp) {
        for sitter in self.sitters.values() {
            if let Some(stay) = self.stayed.get_mut(&sitter.person.actor) {
                stay.goes_on(now, sitter.person.door.treats);
            }
        }
        let stays = self.stays;
        self.stayed.retain(|_, stay| stay.forget_rested(now, stays));
        let over = self.sitters.values();
        let over = over.filter(|sitter| self.stays_until(sitter).is_some_and(|until| now >= until));
        let over: Vec<_> = over.map(|sitter| sitter.person.actor.clone()).collect();
        for actor in over {
            for seat in self.put_out(now, &actor) {
                self.post_last(seat, &ServerFrame::bye(Farewell::StayIsOver));
            }
        }
    }

    /// Whether somebody's stay is over and they have not rested yet.
    pub(super) fn rests(&self, person: &Person, now: Timestamp) -> bool {
        let stay = self.stayed.get(&person.actor);
        let longer = self.durable.order().stays(&person.actor);
        !person.door.treats
            && stay.is_some_and(|stay| stay.is_over(now, self.stays))
            && longer.is_none_or(|longer| now >= longer)
    }
}
