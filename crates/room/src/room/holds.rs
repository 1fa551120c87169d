//! Who has hold of what: how holds end, and what is left where.

use std::collections::BTreeMap;

use vocabulary::{ActorId, Timestamp};

use super::{Hold, Room};
use crate::{Deed, EntityId, Probe, Transform, limits, seat::Seat, wire::Holding};

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

    /// Whether somebody inside could take hold of what stands there.
    pub(super) fn can_hold(&self, participant: u16) -> bool {
        let sitter = self.sitters.get(&participant);
        let sitter = sitter.filter(|sitter| sitter.away_since.is_none());
        sitter.is_some_and(|sitter| {
            let standing = self.standing(&sitter.person, self.staged.order());
            standing.works()
        })
    }

    pub(super) fn ask(&mut self, entity: EntityId, participant: u16) {
        let asked = self.asks.entry(entity).or_default();
        if !asked.contains(&participant) {
            asked.push(participant);
            self.holds_changed = true;
        }
    }

    /// Nobody asks for what is not held any more, or could not have it.
    pub(super) fn settle_asks(&mut self) {
        let asks = std::mem::take(&mut self.asks);
        let settled = asks.iter().filter_map(|(entity, asked)| {
            let hold = self.holds.get(entity)?;
            let still = asked.iter().copied();
            let still = still.filter(|who| *who != hold.participant && self.can_hold(*who));
            let still: Vec<u16> = still.collect();
            (!still.is_empty()).then_some((*entity, still))
        });
        let settled: BTreeMap<_, _> = settled.collect();
        self.holds_changed |= settled != asks;
        self.asks = settled;
    }

    /// Has a hold go over to another. Where the thing is by then is kept as the work of who held it.
    pub(super) fn pass(
        &mut self,
        now: Timestamp,
        holder: ActorId,
        (entity, to): (EntityId, u16),
        deed: Option<Deed>,
        from: Option<(u16, u32)>,
    ) -> Option<u64> {
        let number = deed.map(|deed| self.stage(now, holder, deed, from));
        if let Some(hold) = self.holds.get_mut(&entity) {
            hold.participant = to;
            hold.moved_at = now;
        }
        self.holds_changed = true;
        number
    }

    /// Takes something out of somebody's hold, for one who works with what stands there; else it is left in place.
    pub(super) fn take_over(
        &mut self,
        now: Timestamp,
        holder: &ActorId,
        entity: EntityId,
        to: Option<u16>,
    ) {
        let hold = self.holds.get(&entity).copied();
        let Some(hold) = hold.filter(|hold| hold.ends_with.is_none()) else {
            return;
        };
        let sitter = self.sitters.get(&hold.participant);
        if sitter.is_none_or(|sitter| sitter.person.actor != *holder) {
            return;
        }
        let case = self.case(now, holder, Some(hold.participant), &NoProbe);
        let deed = case.moved(entity, hold.transform);
        match to.filter(|to| self.can_hold(*to)) {
            Some(to) => self.pass(now, holder.clone(), (entity, to), deed, None),
            None => self.let_go(now, holder.clone(), entity, deed, None),
        };
    }

    pub(super) fn transforms_in_hand(&self) -> BTreeMap<EntityId, Transform> {
        let held = self.holds.keys().filter_map(|id| {
            let placed = self.staged.entities().get(id)?;
            Some((*id, placed.entity.transform()?))
        });
        held.collect()
    }

    /// Ends holds in which nothing has moved for a while, and leaves the things where they are.
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

    /// Ends a hold: at once where the thing has not moved, else when the record has the move.
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

    /// Who has hold of what at this moment, and who asks for it.
    pub fn holdings(&self) -> Vec<Holding> {
        let holdings = self.holds.iter();
        holdings
            .map(|(entity, hold)| Holding {
                entity: *entity,
                participant: hold.participant,
                asked: self.asks.get(entity).cloned().unwrap_or_default(),
                transform: Some(hold.transform),
            })
            .collect()
    }
}

/// For what needs no look at a series, and for who may not look at any.
pub(super) struct NoProbe;

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
