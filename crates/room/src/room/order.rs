//! Acts by which order is kept: who may do them to whom, and what they come to.

use vocabulary::{ActorId, Timestamp};

use super::Room;
use crate::{
    Act, ActKind, Deed, Did, Entity, EntityId, Grade, NewEntity, Ordered, Refusal, Sanction,
    Standing, limits,
    seat::{Outcome, Person},
};

impl Room {
    /// Carries out an act by which order is kept; `None` where the act is another.
    pub(super) fn keep_order(
        &mut self,
        now: Timestamp,
        from: (u16, u32),
        act: &Act,
    ) -> Option<Result<Outcome, Refusal>> {
        let (participant, _) = from;
        let ordered = match act {
            Act::RaiseHand => return Some(self.raise_hand(now, participant)),
            Act::LowerHand { participant: whose } => {
                return Some(self.lower_hand(participant, whose.unwrap_or(participant)));
            }
            Act::Wear { colour } => return Some(self.wear(participant, colour)),
            Act::LookLike { figure } => return Some(self.look_like(participant, *figure)),
            Act::Lead { view } => return Some(self.lead(participant, *view)),
            Act::Gather { view } => return Some(self.gather(participant, *view)),
            Act::GiveWord { participant: whose } => {
                return Some(self.give_word(participant, *whose, true));
            }
            Act::TakeWord { participant: whose } => {
                return Some(self.give_word(participant, *whose, false));
            }
            Act::ShowAround { shows } => return Some(self.show_around(participant, *shows)),
            Act::ComeUrgently { reason } => self.come_urgently(participant, reason),
            Act::Appeal { against, reason } => self.appeal(participant, *against, reason),
            Act::AnswerAppeal {
                whom,
                against,
                grants,
                reason,
            } => self.answer_appeal(participant, (whom, *against), *grants, reason),
            Act::Admit { .. } | Act::TurnAway { .. } => self.at_the_door(now, participant, act),
            Act::Lift { whom } => self.lift(participant, whom),
            Act::TakeOver { id } => self.takes_over(participant, *id),
            Act::Warn { .. }
            | Act::Mute { .. }
            | Act::Unmute { .. }
            | Act::EndShowing { .. }
            | Act::LetShow { .. }
            | Act::PutOut { .. }
            | Act::Block { .. }
            | Act::LetStay { .. }
            | Act::Appoint { .. } => self.inside(now, participant, act),
            _ => return None,
        };
        Some(ordered.map(|ordered| match ordered {
            Some(ordered) => self.write_down(now, from, ordered),
            None => Outcome::Done(None),
        }))
    }

    fn write_down(&mut self, now: Timestamp, from: (u16, u32), ordered: Ordered) -> Outcome {
        let deed = deed_of(ordered);
        let actor = self.person(from.0).map(|(person, _)| person.actor.clone());
        if let Ok(actor) = actor {
            self.stage(now, actor, deed, Some(from));
        }
        Outcome::Waiting
    }

    /// Whether what somebody is lets them do an act on what stands in the room.
    pub(super) fn may_do(&self, person: &Person, act: &Act) -> Result<(), Refusal> {
        let is_note = |id: &u32| {
            let placed = self.staged.entities().get(id);
            placed.is_some_and(|placed| {
                matches!(placed.entity, Entity::Annotation(_) | Entity::Landmark(_))
            })
        };
        match self.standing(person, self.staged.order()) {
            // What is stuck to a hand helps nobody.
            _ if matches!(act, Act::Release { .. }) => Ok(()),
            standing if standing.works() => Ok(()),
            standing if standing.keeps_order() && matches!(act, Act::Unlock { .. }) => Ok(()),
            Standing::Observer => Err(Refusal::WatchingOnly),
            Standing::Patient => match act {
                Act::Add {
                    entity: NewEntity::Annotation(_) | NewEntity::Landmark(_),
                }
                | Act::Undo => Ok(()),
                Act::Set { id, .. } | Act::Remove { id } if is_note(id) => Ok(()),
                _ => Err(Refusal::NotForYourStanding),
            },
            _ => Err(Refusal::NotForYourStanding),
        }
    }

    fn raise_hand(&mut self, now: Timestamp, participant: u16) -> Result<Outcome, Refusal> {
        let sitter = self.sitters.get_mut(&participant);
        let sitter = sitter.ok_or(Refusal::NotInside)?;
        if sitter.hand_since.is_none() {
            sitter.hand_since = Some(now);
            self.people_changed = true;
        }
        Ok(Outcome::Done(None))
    }

    fn lower_hand(&mut self, participant: u16, whose: u16) -> Result<Outcome, Refusal> {
        if participant != whose {
            self.keeper(participant)?;
        }
        let sitter = self.sitters.get_mut(&whose);
        let sitter = sitter.ok_or(Refusal::NobodyThere)?;
        self.people_changed |= sitter.hand_since.take().is_some();
        Ok(Outcome::Done(None))
    }

    fn come_urgently(&self, participant: u16, reason: &str) -> Result<Option<Ordered>, Refusal> {
        let (person, is_inside) = self.person(participant)?;
        let order = self.staged.order();
        let is_held_back = order.appointed(&person.actor) == Some(Standing::Observer)
            || order.is_muted(&person.actor);
        if is_inside && !is_held_back {
            return Ok(None);
        }
        if !person.door.treats {
            return Err(Refusal::NotInside);
        }
        let reason = said(reason)?;
        Ok(Some(about(person, Did::CameInUrgently { reason })))
    }

    fn appeal(
        &self,
        participant: u16,
        against: Grade,
        reason: &str,
    ) -> Result<Option<Ordered>, Refusal> {
        let (person, _) = self.person(participant)?;
        let order = self.staged.order();
        let sanction = order.standing_sanction(&person.actor, against);
        match sanction.map(|sanction| sanction.appeal.is_some()) {
            // One sanction is spoken against once.
            Some(true) | None => Ok(None),
            Some(false) => {
                let did = Did::Appealed {
                    against: Some(against),
                    reason: said(reason)?,
                };
                Ok(Some(about(person, did)))
            }
        }
    }

    fn answer_appeal(
        &self,
        participant: u16,
        (whom, against): (&ActorId, Grade),
        grants: bool,
        reason: &str,
    ) -> Result<Option<Ordered>, Refusal> {
        self.keeper(participant)?;
        let (person, _) = self.person(participant)?;
        let sanction = self.staged.order().standing_sanction(whom, against);
        let by = (&person.actor, person.name.as_str());
        answered(sanction, by, grants, reason).map(Some)
    }

    /// Answers an appeal for one who keeps order over all rooms of the hospital, whether they are in this one or not;
    /// the number of the act that is now to be kept.
    ///
    /// # Errors
    /// Where the sanction with this number has no open appeal, is their own, or was given by them.
    pub fn answer_from_outside(
        &mut self,
        now: Timestamp,
        (actor, name): (ActorId, &str),
        sanction: u64,
        (grants, reason): (bool, &str),
    ) -> Result<u64, Refusal> {
        let sanction = self.staged.order().sanction_by_number(sanction);
        let ordered = answered(sanction, (&actor, name), grants, reason)?;
        Ok(self.stage(now, actor, deed_of(ordered), None))
    }

    /// Who keeps order lets people in, or does not.
    fn at_the_door(
        &self,
        now: Timestamp,
        participant: u16,
        act: &Act,
    ) -> Result<Option<Ordered>, Refusal> {
        self.keeper(participant)?;
        let (Act::Admit { waiting, .. } | Act::TurnAway { waiting, .. }) = act else {
            return Err(Refusal::Malformed);
        };
        let knock = self.at_door.get(waiting).ok_or(Refusal::NobodyThere)?;
        let (person, order) = (&knock.sitter.person, self.staged.order());
        let is_blocked = order.block(&person.actor, now).is_some();
        let did = match act {
            Act::Admit { .. } if is_blocked => return Err(Refusal::StillBlocked),
            Act::Admit { companion, .. } => Did::Admitted {
                companion: self.companion(person, *companion)?,
            },
            Act::TurnAway { reason, .. } => Did::TurnedAway {
                reason: said(reason)?,
            },
            _ => return Err(Refusal::Malformed),
        };
        Ok(Some(about(person, did)))
    }

    /// Who keeps order takes back that somebody is kept out, also when they have gone.
    fn lift(&self, participant: u16, whom: &ActorId) -> Result<Option<Ordered>, Refusal> {
        self.keeper(participant)?;
        let order = self.staged.order();
        let mut at_door = self.at_door.values().map(|knock| &knock.sitter.person);
        match order.put_out(whom) {
            Some(out) => Ok(Some(Ordered {
                whom: whom.clone(),
                name: out.name.clone(),
                did: Did::Lifted,
            })),
            None if at_door.any(|person| person.actor == *whom) => Ok(None),
            None => Err(Refusal::NobodyThere),
        }
    }

    /// Who keeps order takes something out of somebody's hold.
    fn takes_over(&self, participant: u16, entity: EntityId) -> Result<Option<Ordered>, Refusal> {
        let own = self.keeper(participant)?;
        let hold = self.holds.get(&entity);
        let hold = hold.filter(|hold| hold.ends_with.is_none());
        let hold = hold.ok_or(Refusal::NobodyHolds)?;
        if hold.participant == participant {
            return Ok(None);
        }
        let (holder, _) = self.person(hold.participant)?;
        if self.host.as_ref() == Some(&holder.actor) && own != Standing::Host {
            return Err(Refusal::AboveYou);
        }
        Ok(Some(about(holder, Did::TakenFrom { entity })))
    }

    /// Who is to look after somebody inside; nobody where nobody must.
    fn companion(
        &self,
        person: &Person,
        companion: Option<u16>,
    ) -> Result<Option<ActorId>, Refusal> {
        if !person.door.needs_companion {
            return Ok(None);
        }
        let sitter = companion.and_then(|id| self.sitters.get(&id));
        let sitter =
            sitter.filter(|sitter| sitter.person.door.may_accompany && sitter.away_since.is_none());
        let sitter = sitter.ok_or(Refusal::CompanionNeeded)?;
        Ok(Some(sitter.person.actor.clone()))
    }

    /// Who keeps order acts on somebody inside.
    fn inside(
        &self,
        now: Timestamp,
        participant: u16,
        act: &Act,
    ) -> Result<Option<Ordered>, Refusal> {
        let own = self.keeper(participant)?;
        let (Act::Warn {
            participant: whom, ..
        }
        | Act::Mute {
            participant: whom, ..
        }
        | Act::Unmute { participant: whom }
        | Act::EndShowing {
            participant: whom, ..
        }
        | Act::LetShow {
            participant: whom, ..
        }
        | Act::PutOut {
            participant: whom, ..
        }
        | Act::Block {
            participant: whom, ..
        }
        | Act::LetStay {
            participant: whom, ..
        }
        | Act::Appoint {
            participant: whom, ..
        }) = act
        else {
            return Err(Refusal::Malformed);
        };
        // Who knocks again and again can be kept out from the door; all else is about people inside.
        let (person, is_inside) = self.person(*whom)?;
        if !is_inside && !matches!(act, Act::Block { .. }) {
            return Err(Refusal::NobodyThere);
        }
        let order = self.staged.order();
        let is_muted = order.is_muted(&person.actor);
        if self.host.as_ref() == Some(&person.actor) && own != Standing::Host {
            return Err(Refusal::AboveYou);
        }
        let is_oneself = self.person(participant)?.0.actor == person.actor;
        // One who became the host while muted is heard again by their own word.
        let frees = matches!(act, Act::Unmute { .. } | Act::LetShow { .. });
        if is_oneself && !(own == Standing::Host && frees) {
            return Err(Refusal::NotYourself);
        }
        let did = match act {
            Act::Mute { reason, .. } => {
                let reason = said(reason)?;
                if is_muted {
                    return Ok(None);
                }
                Did::Muted { reason }
            }
            Act::Unmute { .. } if !is_muted => return Ok(None),
            Act::Unmute { .. } => Did::Unmuted,
            Act::EndShowing { what, reason, .. } => {
                let reason = said(reason)?;
                if order.is_ended(&person.actor, *what) {
                    return Ok(None);
                }
                Did::ShowingEnded {
                    what: *what,
                    reason,
                }
            }
            Act::LetShow { what, .. } if !order.is_ended(&person.actor, *what) => return Ok(None),
            Act::LetShow { what, .. } => Did::ShowingLet { what: *what },
            Act::PutOut { reason, .. } => Did::PutOut {
                reason: said(reason)?,
            },
            // Nobody takes the place of a sanction that somebody speaks against, and of the answer with it.
            Act::Block { .. } if order.put_out(&person.actor).is_some_and(Sanction::is_open) => {
                return Err(Refusal::AppealOpen);
            }
            Act::Block { reason, .. } => Did::Blocked {
                reason: said(reason)?,
                until: order.next_block_ends(&person.actor, now),
            },
            Act::Appoint { standing, .. } => {
                if own != Standing::Host {
                    return Err(Refusal::KeepsNoOrder);
                }
                let sitter = self.sitters.get(whom).ok_or(Refusal::NobodyThere)?;
                if !self.can_be(sitter, *standing) {
                    return Err(Refusal::CannotBe);
                }
                Did::Appointed {
                    standing: *standing,
                }
            }
            Act::LetStay { reason, .. } => Did::Stays {
                reason: said(reason)?,
                until: Timestamp(now.0.saturating_add(self.stays.stay_ms)),
            },
            Act::Warn { reason, .. } => Did::Warned {
                reason: said(reason)?,
            },
            _ => return Err(Refusal::Malformed),
        };
        Ok(Some(about(person, did)))
    }

    /// A patient is a patient, or watches; nobody else becomes one; a host must be one who may.
    fn can_be(&self, sitter: &crate::seat::Sitter, standing: Standing) -> bool {
        let is_patient = sitter.person.door.standing == Standing::Patient;
        match standing {
            Standing::Observer => true,
            Standing::Patient => is_patient,
            Standing::Host => self.may_be_host(sitter),
            Standing::Speaker | Standing::Supervisor => !is_patient && sitter.person.may_act,
        }
    }

    pub(super) fn keeper(&self, participant: u16) -> Result<Standing, Refusal> {
        let (person, is_inside) = self.person(participant)?;
        if !is_inside {
            return Err(Refusal::NotInside);
        }
        let standing = self.standing(person, self.staged.order());
        if standing.keeps_order() {
            Ok(standing)
        } else {
            Err(Refusal::KeepsNoOrder)
        }
    }
}

fn deed_of(ordered: Ordered) -> Deed {
    Deed {
        order: Some(ordered),
        ..Deed::of(ActKind::Order)
    }
}

/// Nobody decides about what they have done themselves, or about what was done to them. Who gave a sanction can take
/// it back as before.
fn answered(
    sanction: Option<&Sanction>,
    (by, name): (&ActorId, &str),
    grants: bool,
    reason: &str,
) -> Result<Ordered, Refusal> {
    let sanction = sanction.filter(|sanction| sanction.is_open());
    let sanction = sanction.ok_or(Refusal::NoAppeal)?;
    if sanction.actor == *by {
        return Err(Refusal::NotYourself);
    }
    if sanction.by == *by {
        return Err(Refusal::OwnSanction);
    }
    let (against, reason, decider) = (sanction.grade, said(reason)?, name.to_owned());
    let did = if grants {
        Did::AppealGranted {
            against,
            reason,
            decider,
        }
    } else {
        Did::AppealRefused {
            against,
            reason,
            decider,
        }
    };
    Ok(Ordered {
        whom: sanction.actor.clone(),
        name: sanction.name.clone(),
        did,
    })
}

fn about(person: &Person, did: Did) -> Ordered {
    Ordered {
        whom: person.actor.clone(),
        name: person.name.clone(),
        did,
    }
}

fn said(reason: &str) -> Result<String, Refusal> {
    limits::reason(reason)?;
    Ok(reason.trim().to_owned())
}
