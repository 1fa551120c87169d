//! How fast people send. It is counted by account, so that more seats say no more than one.

use std::collections::BTreeSet;

use vocabulary::{ActorId, Timestamp};

use super::{Reply, Room};
use crate::{
    Farewell, limits,
    seat::{Rates, Seat, Sitter},
};

impl Room {
    /// Whether a participant may offer media now; who offers again and again waits.
    pub fn takes_media(&mut self, now: Timestamp, seat: Seat) -> bool {
        let sitter = self.sitters.get_mut(&seat.participant);
        sitter.is_some_and(|sitter| sitter.media_offers.take(now))
    }

    /// Whether a participant may offer a line for poses now. It is counted apart: whoever comes back offers both, and
    /// by each way that a pose may go.
    pub fn takes_line(&mut self, now: Timestamp, seat: Seat) -> bool {
        let sitter = self.sitters.get_mut(&seat.participant);
        sitter.is_some_and(|sitter| sitter.line_offers.take(now))
    }

    /// Counts from now on what an account sends.
    pub(super) fn rate(&mut self, actor: &ActorId, now: Timestamp) {
        if !self.rates.contains_key(actor) {
            let rates = Rates::of(self.seats_each, now);
            self.rates.insert(actor.clone(), rates);
        }
    }

    /// Somebody inside or at the door, and how fast they send.
    pub(super) fn rated(&mut self, participant: u16) -> Option<(&Sitter, &mut Rates)> {
        let at_door = self.at_door.get(&participant);
        let at_door = at_door.map(|knock| &knock.sitter);
        let sitter = self.sitters.get(&participant).or(at_door)?;
        let rates = self.rates.get_mut(&sitter.person.actor)?;
        Some((sitter, rates))
    }

    /// Counts poses of a connection that came and were overtaken by later ones before anybody read them.
    pub fn overtaken(&mut self, now: Timestamp, seat: Seat, poses: u32) -> Reply {
        let rated = self.rated(seat.participant);
        let Some((_, rates)) = rated.filter(|(sitter, _)| sitter.seat == seat) else {
            return Reply::Nothing;
        };
        let poses = usize::try_from(poses).unwrap_or(usize::MAX);
        if rates.frames.take_all(poses, now) {
            Reply::Nothing
        } else {
            Reply::close(Farewell::TooFast)
        }
    }

    /// Forgets how fast those sent who have left, once it does not count any more.
    pub(super) fn forget_rates(&mut self, now: Timestamp) {
        if !self.tick.is_multiple_of(limits::QUIET_TICKS) {
            return;
        }
        let at_door = self.at_door.values().map(|knock| &knock.sitter);
        let here = self.sitters.values().chain(at_door);
        let here: BTreeSet<_> = here.map(|sitter| &sitter.person.actor).collect();
        self.rates
            .retain(|actor, rates| here.contains(actor) || !rates.are_full(now));
    }
}
