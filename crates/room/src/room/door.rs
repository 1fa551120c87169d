//! Who comes in, who waits, who goes: the room's door, and the host who stands at it.
//!
//! What was decided is in the journal; what follows from it is worked out here at each tick, from the order
//! that is kept and from who is there, so that a room that is opened again comes to the same.

use vocabulary::{ActorId, Timestamp};

use super::Room;
use crate::{
    AtDoor, Farewell, Knocking, Order, Refusal, Sanction, Sending, Showing, Standing, Threshold,
    limits,
    seat::{Person, Seat, Sitter},
    wire::{News, Participant, ResumeToken, ServerFrame},
};

/// Somebody at the door.
#[derive(Debug)]
pub(super) struct Knock {
    pub sitter: Sitter,
    pub since: Timestamp,
    told: Option<Threshold>,
}

/// A frame for one connection, beside the packets of the ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Whose it is.
    pub seat: Seat,
    /// The frame.
    pub frame: Vec<u8>,
    /// Whether the connection is closed after it.
    pub is_last: bool,
}

impl Room {
    /// Frames for single connections, to be sent before the packets of the tick that was just made.
    pub fn take_parcels(&mut self) -> Vec<Parcel> {
        std::mem::take(&mut self.parcels)
    }

    /// Who waits at the door.
    pub fn knocking(&self, now: Timestamp) -> Vec<Knocking> {
        let all = self.at_door.iter();
        all.map(|(id, knock)| {
            let person = &knock.sitter.person;
            let block = self.durable.order().block(&person.actor, now);
            Knocking {
                id: *id,
                actor: person.actor.clone(),
                name: person.name.clone(),
                role: person.role.clone(),
                since: knock.since,
                needs_companion: person.door.needs_companion,
                needs_licence: self.durable.lacks_licence(person, now),
                blocked_until: block.map(|(_, until)| until),
            }
        })
        .collect()
    }

    /// The sanctions that stand, and those that somebody still speaks against.
    pub fn sanctions(&self, now: Timestamp) -> Vec<Sanction> {
        self.durable.order().sanctions(now)
    }

    /// Whether somebody is not to be heard in this room.
    pub(super) fn is_muted(&self, actor: &ActorId) -> bool {
        self.durable.order().is_muted(actor)
    }

    /// What of what somebody sends goes to the others; nothing of one who is not inside.
    pub fn lets_through(&self, seat: Seat, sending: Sending) -> Option<Sending> {
        let sitter = self.sitters.get(&seat.participant);
        let sitter = sitter.filter(|sitter| sitter.seat == seat && sitter.away_since.is_none())?;
        let (order, actor) = (self.durable.order(), &sitter.person.actor);
        let works = self.standing(&sitter.person, order).works();
        Some(Sending {
            microphone: sending.microphone && self.is_heard(sitter),
            camera: sending.camera
                && self.has_word(sitter)
                && !order.is_ended(actor, Showing::Camera),
            screen: sending.screen && works && !order.is_ended(actor, Showing::Screen),
            around: sending.around && self.shows_around == Some(seat.participant),
            echo: sending.echo,
        })
    }

    /// Whether somebody is let speak: by what they are, or because they were given the word.
    fn has_word(&self, sitter: &Sitter) -> bool {
        sitter.has_word || self.standing(&sitter.person, self.durable.order()).speaks()
    }

    /// Whether others hear somebody, and read what they say.
    pub(super) fn is_heard(&self, sitter: &Sitter) -> bool {
        self.has_word(sitter) && !self.is_muted(&sitter.person.actor)
    }

    /// What somebody is, as far as `order` has it.
    pub(super) fn standing(&self, person: &Person, order: &Order) -> Standing {
        if self.host.as_ref() == Some(&person.actor) {
            return Standing::Host;
        }
        if !person.may_act {
            return Standing::Observer;
        }
        let appointed = order.appointed(&person.actor);
        appointed
            .filter(|standing| *standing != Standing::Host)
            .unwrap_or(person.door.standing)
    }

    pub(super) fn as_seen(&self, sitter: &Sitter) -> Participant {
        let person = &sitter.person;
        let standing = self.standing(person, self.durable.order());
        Participant {
            id: sitter.seat.participant,
            actor: person.actor.clone(),
            name: person.name.clone(),
            role: person.role.clone(),
            licence: person.licence,
            colour: sitter.colour().to_owned(),
            figure: sitter.figure,
            place: sitter.place,
            may_act: standing.works(),
            standing,
            hand_since: sitter.hand_since,
            has_word: sitter.has_word,
            muted: self.is_muted(&person.actor),
            ended: self.durable.order().ended(&person.actor).collect(),
            may_accompany: person.door.may_accompany,
            stays_until: self.stays_until(sitter),
            unrested_since: Some(self.unrested_since(sitter)),
            joined: sitter.joined,
            away: sitter.away_since.is_some(),
        }
    }

    /// Why somebody has to wait at the door; `None` where they come in.
    pub(super) fn waits(&self, person: &Person, now: Timestamp) -> Option<AtDoor> {
        let is_held = self.is_held_by_recording(person);
        let held = if person.door.needs_companion {
            AtDoor::WhileRecorded
        } else {
            AtDoor::Recorded
        };
        self.is_outside(person, now)
            .or_else(|| is_held.then_some(held))
    }

    /// Why the order of the room has somebody wait at the door.
    fn is_outside(&self, person: &Person, now: Timestamp) -> Option<AtDoor> {
        let (order, who, door) = (self.durable.order(), &person.actor, &person.door);
        if let Some(why) = self.is_kept_out(person, now) {
            return Some(why);
        }
        if door.needs_companion {
            // Nobody is let in for another day by who was let in beside them once.
            let comes_in = order.is_admitted(who, now) && self.is_accompanied(who, now);
            return (!comes_in).then_some(AtDoor::Companion);
        }
        let comes_in = door.is_asked
            || order.is_admitted(who, now)
            // Where nobody can let anybody in, one who may be the host is not kept waiting.
            || (self.host.is_none() && person.may_act && door.may_host);
        (!comes_in).then_some(AtDoor::Waiting)
    }

    /// Why somebody is outside whoever would let them in.
    fn is_kept_out(&self, person: &Person, now: Timestamp) -> Option<AtDoor> {
        let (order, who) = (self.durable.order(), &person.actor);
        if order.block(who, now).is_some() {
            return Some(AtDoor::Blocked);
        }
        if order.put_out(who).is_some() {
            return Some(AtDoor::PutOut);
        }
        let lacks_licence = self.durable.lacks_licence(person, now);
        lacks_licence.then_some(AtDoor::Licence)
    }

    /// Whether the one is here beside whom somebody was let in.
    fn is_accompanied(&self, who: &ActorId, now: Timestamp) -> bool {
        let companion = self.durable.order().companion(who);
        companion.is_some_and(|companion| {
            let mut sitters = self.sitters.values();
            sitters.any(|sitter| sitter.person.actor == *companion && is_about(sitter, now))
        })
    }

    /// Takes a place at the door, instead of an older one of the same account.
    pub(super) fn knock(
        &mut self,
        now: Timestamp,
        person: Person,
        token: ResumeToken,
    ) -> Result<(Seat, Vec<u8>), Farewell> {
        let is_theirs = |knock: &Knock| knock.sitter.person.actor == person.actor;
        let older = self.at_door.values().find(|knock| is_theirs(knock));
        if let Some(older) = older.map(|knock| knock.sitter.seat) {
            self.at_door.remove(&older.participant);
            self.post_last(older, &ServerFrame::bye(Farewell::Replaced));
        }
        let kept_free = if person.door.treats {
            limits::URGENT_PLACES
        } else {
            0
        };
        if self.at_door.len() >= limits::WAITING + kept_free {
            return Err(Farewell::RoomFull);
        }
        let id = self.free_number();
        let sitter = Sitter::new(person, id, token, now);
        let seat = sitter.seat;
        let mut knock = Knock {
            sitter,
            since: now,
            told: None,
        };
        let threshold = self.threshold(&knock, now);
        knock.told = Some(threshold.clone());
        self.at_door.insert(id, knock);
        Ok((seat, ServerFrame::Threshold { threshold }.encode()))
    }

    fn threshold(&self, knock: &Knock, now: Timestamp) -> Threshold {
        let (order, person) = (self.durable.order(), &knock.sitter.person);
        let block = order.block(&person.actor, now);
        let host = self.host.as_ref();
        let host = host.and_then(|host| {
            let mut sitters = self.sitters.values();
            sitters.find(|sitter| sitter.person.actor == *host)
        });
        Threshold {
            // A room that is full keeps those at the door who would come in.
            state: self.waits(person, now).unwrap_or(AtDoor::Full),
            since: knock.since,
            host: host.map(|sitter| sitter.person.name.clone()),
            reason: order.put_out(&person.actor).map(|out| out.reason.clone()),
            until: block.map(|(_, until)| until),
            may_come_urgently: person.door.treats,
            sanction: order.told_at_door(&person.actor, knock.since).cloned(),
        }
    }

    /// Has everybody be where the order that was kept wants them.
    pub(super) fn keep_the_door(&mut self, now: Timestamp) {
        self.show_out(now);
        self.end_stays(now);
        self.settle_host(now);
        self.send_back(now);
        self.let_in(now);
        self.tell_those_who_wait(now);
    }

    /// Takes the seats of one who may not be here any more, those included that were kept for coming back,
    /// and leaves what they held where it is. What they did before stays done. Answers the connections to close.
    pub fn put_out(&mut self, now: Timestamp, actor: &ActorId) -> Vec<Seat> {
        let is_theirs = |sitter: &Sitter| sitter.person.actor == *actor;
        let at_door = self.at_door.values().map(|knock| &knock.sitter);
        let theirs = self.sitters.values().chain(at_door);
        let theirs = theirs.filter(|sitter| is_theirs(sitter));
        let seats: Vec<Seat> = theirs.map(|sitter| sitter.seat).collect();
        if seats.is_empty() {
            return seats;
        }
        self.sitters.retain(|_, sitter| !is_theirs(sitter));
        self.at_door.retain(|_, knock| !is_theirs(&knock.sitter));
        self.people_changed = true;
        self.leave_in_place(now, actor, &seats);
        seats
    }

    /// Who was put out or blocked goes, and is told why.
    fn show_out(&mut self, now: Timestamp) {
        let order = self.durable.order();
        let out = self.sitters.values().filter_map(|sitter| {
            let actor = &sitter.person.actor;
            Some((actor.clone(), order.put_out(actor)?.reason.clone()))
        });
        let out: Vec<_> = out.collect();
        for (actor, why) in out {
            for seat in self.put_out(now, &actor) {
                let bye = ServerFrame::bye_because(Farewell::PutOut, Some(why.clone()));
                self.post_last(seat, &bye);
            }
        }
    }

    /// Where the host has left, or their line is broken for long, the one takes over who has been here the
    /// longest of those who may.
    pub(super) fn settle_host(&mut self, now: Timestamp) {
        let is_host = |sitter: &&Sitter| Some(&sitter.person.actor) == self.host.as_ref();
        let mut hosts = self.sitters.values().filter(is_host);
        if hosts.any(|host| is_about(host, now)) {
            return;
        }
        let may = self.sitters.values();
        let may = may.filter(|sitter| {
            let person = &sitter.person;
            sitter.away_since.is_none() && person.may_act && person.door.may_host
        });
        // Whom a host handed over to comes first, also in a room that was opened again. Where nobody else is here,
        // one whom a host who has left made an observer takes over all the same.
        let next = may.min_by_key(|sitter| {
            let is = self.durable.order().appointed(&sitter.person.actor);
            let turn = match is {
                Some(Standing::Host) => 0,
                Some(Standing::Observer) => 2,
                _ => 1,
            };
            (turn, sitter.joined, sitter.seat.participant)
        });
        let next = next.map(|sitter| sitter.person.actor.clone());
        if next != self.host {
            self.host = next;
            self.people_changed = true;
        }
    }

    pub(super) fn may_be_host(&self, sitter: &Sitter) -> bool {
        let person = &sitter.person;
        person.may_act && person.door.may_host && !self.is_made_observer(sitter)
    }

    fn is_made_observer(&self, sitter: &Sitter) -> bool {
        let order = self.durable.order();
        order.appointed(&sitter.person.actor) == Some(Standing::Observer)
    }

    /// Has one account have so many seats here.
    pub fn keep_seats(&mut self, seats_each: usize) {
        self.seats_each = seats_each;
    }

    pub(super) fn seats_of(&self, actor: &ActorId) -> impl Iterator<Item = &Sitter> {
        let sitters = self.sitters.values();
        sitters.filter(move |sitter| sitter.person.actor == *actor)
    }

    /// Nobody fills a room by coming and going: where an account has all its seats, the one goes of those kept for
    /// coming back that was left the longest ago.
    pub(super) fn give_up_a_seat_of(&mut self, now: Timestamp, actor: &ActorId) {
        if self.seats_of(actor).count() < self.seats_each {
            return;
        }
        let left = self.seats_of(actor);
        let left = left.filter_map(|sitter| Some((sitter.away_since?, sitter.seat)));
        if let Some((_, longest)) = left.min() {
            self.sitters.remove(&longest.participant);
            self.people_changed = true;
            self.leave_in_place(now, actor, &[longest]);
        }
    }

    /// Whether the room is full for one who may still come in by saying why: they wait at the door, and are not sent
    /// away. A seat that they have left is free before.
    pub(super) fn keeps_at_full_door(&mut self, person: &Person, now: Timestamp) -> bool {
        self.give_up_a_seat_of(now, &person.actor);
        let has_seats_left = self.seats_of(&person.actor).count() < self.seats_each;
        person.door.treats && has_seats_left && self.is_full_for(&person.actor, now)
    }

    /// Whether the room holds as many as it may; a few places are kept for those who came urgently not long ago.
    pub(super) fn is_full_for(&self, actor: &ActorId, now: Timestamp) -> bool {
        let kept_free = if self.durable.order().came_urgently(actor, now) {
            limits::URGENT_PLACES
        } else {
            0
        };
        self.sitters.len() >= limits::PARTICIPANTS + kept_free
    }

    /// Makes somebody the host to whom the host has handed over, if they are still here.
    pub(super) fn hand_over(&mut self, to: &ActorId) {
        let mut theirs = self.sitters.values();
        if theirs.any(|sitter| sitter.person.actor == *to && self.may_be_host(sitter)) {
            self.host = Some(to.clone());
        }
    }

    /// Whoever may be inside only beside somebody goes back to the door when that one has left. How long ago they were
    /// let in is asked of those who come, not of those who are inside: the clock alone sends nobody away from among
    /// the others.
    fn send_back(&mut self, now: Timestamp) {
        let alone = self.sitters.iter().filter(|(_, sitter)| {
            let person = &sitter.person;
            person.door.needs_companion
                && (self.is_kept_out(person, now).is_some()
                    || !self.is_accompanied(&person.actor, now))
        });
        let alone: Vec<u16> = alone.map(|(id, _)| *id).collect();
        for id in alone {
            let Some(mut sitter) = self.sitters.remove(&id) else {
                continue;
            };
            self.people_changed = true;
            let actor = sitter.person.actor.clone();
            self.leave_in_place(now, &actor, &[sitter.seat]);
            // Whose line is broken knocks again by themselves.
            if sitter.away_since.is_none() {
                sitter.pose = None;
                sitter.hand_since = None;
                sitter.has_word = false;
                let knock = Knock {
                    sitter,
                    since: now,
                    told: None,
                };
                self.at_door.insert(id, knock);
            }
        }
    }

    /// Who may come in comes in; who was turned away is told so.
    fn let_in(&mut self, now: Timestamp) {
        let ids: Vec<u16> = self.at_door.keys().copied().collect();
        for id in ids {
            let Some(knock) = self.at_door.get(&id) else {
                continue;
            };
            let person = &knock.sitter.person;
            let turned = self.durable.order().turned_away(&person.actor, knock.since);
            if let Some(why) = turned.map(str::to_owned) {
                let seat = knock.sitter.seat;
                self.at_door.remove(&id);
                let bye = ServerFrame::bye_because(Farewell::TurnedAway, Some(why));
                self.post_last(seat, &bye);
                continue;
            }
            if self.is_full_for(&person.actor, now) || self.waits(person, now).is_some() {
                continue;
            }
            if let Some(Knock { mut sitter, .. }) = self.at_door.remove(&id) {
                sitter.joined = now;
                let seat = sitter.seat;
                self.seat(sitter, now);
                self.people_changed = true;
                self.settle_host(now);
                // They knew nothing of the room while they waited, and count their acts on.
                let frame = self.welcome(seat, true, None);
                self.post(seat, frame);
                self.show_all_poses();
            }
        }
    }

    fn tell_those_who_wait(&mut self, now: Timestamp) {
        let ids: Vec<u16> = self.at_door.keys().copied().collect();
        for id in ids {
            let Some(knock) = self.at_door.get(&id) else {
                continue;
            };
            let threshold = self.threshold(knock, now);
            let (seat, is_news) = (knock.sitter.seat, knock.told.as_ref() != Some(&threshold));
            if is_news {
                let frame = ServerFrame::Threshold {
                    threshold: threshold.clone(),
                };
                self.post(seat, frame.encode());
            }
            let is_due = self.tick.is_multiple_of(limits::QUIET_TICKS);
            let Some(knock) = self.at_door.get_mut(&id) else {
                continue;
            };
            knock.told = Some(threshold);
            let mut acks = std::mem::take(&mut knock.sitter.acks);
            if is_due || !acks.is_empty() {
                // The room's events are not theirs to see.
                for ack in &mut acks {
                    ack.event = None;
                }
                let quiet = ServerFrame::Tick {
                    tick: self.tick,
                    news: News::default(),
                    poses: Vec::new(),
                    acks,
                };
                self.post(seat, quiet.encode());
            }
        }
    }

    /// Whose reason a person at the door may give, and what it comes to, is judged with the other acts of
    /// order; here is who they are.
    pub(super) fn person(&self, participant: u16) -> Result<(&Person, bool), Refusal> {
        let inside = self.sitters.get(&participant);
        let inside = inside.map(|sitter| (&sitter.person, true));
        let outside = self.at_door.get(&participant);
        let outside = outside.map(|knock| (&knock.sitter.person, false));
        inside.or(outside).ok_or(Refusal::NobodyThere)
    }

    pub(super) fn post(&mut self, seat: Seat, frame: Vec<u8>) {
        self.parcels.push(Parcel {
            seat,
            frame,
            is_last: false,
        });
    }

    pub(super) fn post_last(&mut self, seat: Seat, bye: &ServerFrame) {
        self.parcels.push(Parcel {
            seat,
            frame: bye.encode(),
            is_last: true,
        });
    }
}

/// Whether somebody is here, or their line is broken for a moment only.
fn is_about(sitter: &Sitter, now: Timestamp) -> bool {
    let away = sitter.away_since;
    away.is_none_or(|since| now.0.saturating_sub(since.0) < limits::HOST_AWAY_MS)
}
