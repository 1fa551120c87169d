//! Who has hold of what: how holds end, and what is left where.

use std::collections::BTreeMap;

use vocabulary::{ActorId, Timestamp};

use super::{Hold, Room};
use crate::{Deed, Entity, EntityId, Probe, Transform, limits, seat::Seat, wire::Holding};

impl Room {
    /// Lets go of what somebody held who does not hold it any more, and leaves it where it was last seen.
    pub(super) fn leave_in_place(&mut self, now: Timestamp, actor: &ActorId, seats: &[Seat]) {
        // A hold that ends with an act goes when the record has the act, as ever.
        let is_theirs = |hold: &Hold| {
            let mut seats = seats.iter();
            hold.ends_with.is_none() && seats.any(|seat| seat.participant == hold.participant)
        };
        let theirs = self.holds.iter().filter(|(_, hold)| is_theirs(hold));
        let theirs: Vec<_> = theirs.map(|(entity, hold)| (*entity, *hold)).collect();
        for (entity, hold) in theirs {
            let case = self.case(now, actor, Some(hold.participant), &NoProbe);
            let deed = case.moved(entity, hold.transform);
            self.let_go(now, actor.clone(), entity, deed, None);
        }
    }

    /// Takes what somebody holds out of their hands where they do not work with it any more.
    pub(super) fn take_from_hands(&mut self, now: Timestamp, actor: &ActorId) {
        let order = self.durable.order();
        let idle = self.sitters.values().filter(|sitter| {
            sitter.person.actor == *actor && !self.standing(&sitter.person, order).works()
        });
        let seats: Vec<Seat> = idle.map(|sitter| sitter.seat).collect();
        self.leave_in_place(now, actor, &seats);
    }

    pub(super) fn transforms_in_hand(&self) -> BTreeMap<EntityId, Transform> {
        let holograms = self.holds.keys().filter_map(|id| {
            let placed = self.staged.entities().get(id)?;
            match &placed.entity {
                Entity::Hologram(hologram) => Some((*id, hologram.transform)),
                _ => None,
            }
        });
        holograms.collect()
    }

    /// Ends holds in which nothing has moved for a while, and leaves the holograms where they are.
    pub(super) fn let_go_of_the_forgotten(&mut self, now: Timestamp) {
        let is_over = |hold: &Hold| {
            hold.ends_with.is_none() && now.0.saturating_sub(hold.moved_at.0) >= limits::HOLD_MS
        };
        let over = self.holds.iter().filter(|(_, hold)| is_over(hold));
        let over: Vec<_> = over.map(|(entity, hold)| (*entity, *hold)).collect();
        for (entity, hold) in over {
            let Some(holder) = self.sitters.get(&hold.participant) else {
                self.holds.remove(&entity);
                self.holds_changed = true;
                continue;
            };
            let actor = holder.person.actor.clone();
            let case = self.case(now, &actor, Some(hold.participant), &NoProbe);
            let deed = case.moved(entity, hold.transform);
            self.let_go(now, actor, entity, deed, None);
        }
    }

    /// Ends a hold: at once where the hologram has not moved, else when the record has the move.
    pub(super) fn let_go(
        &mut self,
        now: Timestamp,
        actor: ActorId,
        entity: EntityId,
        deed: Option<Deed>,
        from: Option<(u16, u32)>,
    ) -> Option<u64> {
        let number = deed.map(|deed| self.stage(now, actor, deed, from));
        if number.is_none() {
            self.holds.remove(&entity);
            self.holds_changed = true;
        } else if let Some(hold) = self.holds.get_mut(&entity) {
            hold.ends_with = number;
        }
        number
    }

    pub(super) fn holdings(&self) -> Vec<Holding> {
        let holdings = self.holds.iter();
        let holdings = holdings.map(|(entity, hold)| (*entity, hold.participant));
        holdings
            .map(|(entity, participant)| Holding {
                entity,
                participant,
            })
            .collect()
    }
}

/// For what needs no look at a series.
struct NoProbe;

impl Probe for NoProbe {
    fn layers(&self, _: &vocabulary::Uid) -> Vec<String> {
        Vec::new()
    }

    fn inside_of(&self, _: &vocabulary::Uid, _: &str) -> Option<(f64, [f64; 3])> {
        None
    }

    fn bounds(&self, _: &vocabulary::Uid) -> Option<crate::Bounds> {
        None
    }

    fn hu_at(&self, _: &vocabulary::Uid, _: [f64; 3]) -> Option<i16> {
        None
    }
}
