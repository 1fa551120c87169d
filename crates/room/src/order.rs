use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, Timestamp};

use crate::{
    EntityId, Grade, Sanction, Showing, limits,
    sanction::{Answer, Appeal, Sanctions},
};

/// What somebody is in a room, which says what they may do there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Standing {
    /// Lets people in and keeps order, besides all that a speaker does. There is at most one.
    Host,
    /// Keeps order for the host, and changes nothing that stands in the room.
    Supervisor,
    /// Works with what stands in the room.
    #[default]
    Speaker,
    /// Whose twin stands there: points, and notes what hurts; the images stay as the doctors have them.
    Patient,
    /// Watches, neither heard nor seen, and may ask for the word.
    Observer,
}

impl Standing {
    /// Whether they may work with what stands in the room.
    pub fn works(self) -> bool {
        matches!(self, Self::Host | Self::Speaker)
    }

    /// Whether others hear them and see them by camera without having been given the word.
    pub fn speaks(self) -> bool {
        self != Self::Observer
    }

    /// Whether they may let people in and put them out.
    pub fn keeps_order(self) -> bool {
        matches!(self, Self::Host | Self::Supervisor)
    }
}

/// How the hospital sends somebody to the door of a room. All of it is the server's to say, never a client's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own, and all answers occur together"
)]
pub struct Door {
    /// What they are once inside, unless the host makes them something else.
    pub standing: Standing,
    /// Whether they were asked in; who was not waits for the host.
    pub is_asked: bool,
    /// Whether they may be the host.
    pub may_host: bool,
    /// Whether they treat the patient, and so may come in at any time by saying why.
    pub treats: bool,
    /// Whether they may look after somebody who may be in the room only beside one who does.
    pub may_accompany: bool,
    /// Whether they may be in a room only beside somebody who looks after them.
    pub needs_companion: bool,
    /// Whether they have yet to earn the licence without which they meet nobody in a room.
    pub needs_licence: bool,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            standing: Standing::Speaker,
            is_asked: true,
            may_host: true,
            treats: true,
            may_accompany: true,
            needs_companion: false,
            needs_licence: false,
        }
    }
}

/// An act by which order is kept, as the journal has it: whom it is about, and what was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Ordered {
    /// Whom it is about.
    #[ts(type = "string")]
    pub whom: ActorId,
    /// Their name.
    pub name: String,
    /// What was done.
    #[serde(flatten)]
    pub did: Did,
}

/// What was done to keep order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "did", rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Did {
    /// They were let in, and come and go from then on.
    Admitted {
        /// Who looks after them inside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(type = "string", optional)]
        companion: Option<ActorId>,
    },
    /// They were not let in.
    TurnedAway {
        /// Why.
        reason: String,
    },
    /// They were told to mind the rules.
    Warned {
        /// Why.
        reason: String,
    },
    /// They are heard no more.
    Muted {
        /// Why.
        reason: String,
    },
    /// They are heard again.
    Unmuted,
    /// What they showed was ended, and they show it no more.
    ShowingEnded {
        /// What.
        what: Showing,
        /// Why.
        reason: String,
    },
    /// They may show it again.
    ShowingLet {
        /// What.
        what: Showing,
    },
    /// They were put out, and have to be let in anew.
    PutOut {
        /// Why.
        reason: String,
    },
    /// They were put out and may not come back before a time.
    Blocked {
        /// Why.
        reason: String,
        /// When it ends.
        #[ts(type = "string")]
        until: Timestamp,
    },
    /// Being put out or blocked was taken back.
    Lifted,
    /// They stay for longer than a stay lasts, because the patient needs it.
    Stays {
        /// Why.
        reason: String,
        /// Until when.
        #[ts(type = "string")]
        until: Timestamp,
    },
    /// They are something else from now on.
    Appointed {
        /// What.
        standing: Standing,
    },
    /// What they held was taken out of their hands.
    TakenFrom {
        /// The hologram.
        entity: EntityId,
    },
    /// They asked for a sanction to be taken back.
    Appealed {
        /// Which; none in older journals, in which only what kept somebody outside could be spoken against.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        against: Option<Grade>,
        /// In their words.
        reason: String,
    },
    /// Their appeal was granted: the sanction was taken back.
    AppealGranted {
        /// Against which.
        against: Grade,
        /// Why.
        reason: String,
        /// The name of who decided.
        decider: String,
    },
    /// Their appeal was refused: the sanction stays.
    AppealRefused {
        /// Against which.
        against: Grade,
        /// Why.
        reason: String,
        /// The name of who decided.
        decider: String,
    },
    /// They came in because the patient needed it, whoever had or had not let them in.
    CameInUrgently {
        /// Why.
        reason: String,
    },
}

/// The order that was kept in a room: all that follows from its kept acts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Who was let in, when, and who looks after them.
    admitted: BTreeMap<ActorId, (Timestamp, Option<ActorId>)>,
    turned_away: BTreeMap<ActorId, (Timestamp, String)>,
    sanctions: Sanctions,
    appointed: BTreeMap<ActorId, Standing>,
    /// Who came in because the patient needed it, and when.
    urgent: BTreeMap<ActorId, Timestamp>,
    /// How often somebody was blocked: each time it is for longer.
    times_blocked: BTreeMap<ActorId, usize>,
    /// Who stays for longer, and until when.
    stays: BTreeMap<ActorId, Timestamp>,
}

impl Order {
    /// Carries out what was judged before, by its number in the journal and by whom it was done.
    pub(crate) fn fold(&mut self, (number, by): (u64, &ActorId), at: Timestamp, ordered: &Ordered) {
        let Ordered { whom: who, did, .. } = ordered;
        let whom = || who.clone();
        match did {
            Did::Admitted { companion } => {
                self.admitted.insert(whom(), (at, companion.clone()));
                self.sanctions.end(who, &Grade::OUTSIDE, at);
            }
            Did::TurnedAway { reason } => {
                self.admitted.remove(who);
                self.turned_away.insert(whom(), (at, reason.clone()));
            }
            Did::Muted { .. } | Did::ShowingEnded { .. } => {
                self.sanction((number, by), at, ordered);
            }
            Did::Unmuted => self.sanctions.end(who, &[Grade::Muted], at),
            Did::ShowingLet { what } => self.sanctions.end(who, &[Grade::of_showing(*what)], at),
            Did::PutOut { .. } | Did::Blocked { .. } => {
                self.admitted.remove(who);
                self.urgent.remove(who);
                self.keeps_order_no_more(who);
                self.sanctions.end(who, &Grade::OUTSIDE, at);
                self.sanction((number, by), at, ordered);
            }
            Did::Lifted => self.sanctions.end(who, &Grade::OUTSIDE, at),
            Did::Stays { until, .. } => {
                self.stays.insert(whom(), *until);
            }
            Did::Appointed { standing } => {
                self.appointed.insert(whom(), *standing);
            }
            Did::Appealed { against, reason } => {
                let against = against.unwrap_or(Grade::Blocked);
                if let Some(sanction) = self.sanctions.standing_mut(who, against) {
                    sanction.appeal = Some(Appeal {
                        reason: reason.clone(),
                        at,
                        answer: None,
                    });
                }
            }
            Did::AppealGranted { against, .. } | Did::AppealRefused { against, .. } => {
                self.answer(by, at, (who, *against), did);
            }
            Did::CameInUrgently { .. } => {
                self.admitted.insert(whom(), (at, None));
                // Nothing that was decided before keeps them from what they came for.
                self.appointed.remove(who);
                self.sanctions.end(who, &Grade::ALL, at);
                self.urgent.insert(whom(), at);
            }
            Did::Warned { .. } | Did::TakenFrom { .. } => {}
        }
    }

    fn sanction(&mut self, (number, by): (u64, &ActorId), at: Timestamp, ordered: &Ordered) {
        let (grade, reason, until) = match &ordered.did {
            Did::Muted { reason } => (Grade::Muted, reason, None),
            Did::ShowingEnded { what, reason } => (Grade::of_showing(*what), reason, None),
            Did::PutOut { reason } => (Grade::PutOut, reason, None),
            Did::Blocked { reason, until } => {
                let times = self.times_blocked.entry(ordered.whom.clone());
                *times.or_default() += 1;
                (Grade::Blocked, reason, Some(*until))
            }
            _ => return,
        };
        self.sanctions.give(Sanction {
            number,
            actor: ordered.whom.clone(),
            name: ordered.name.clone(),
            grade,
            reason: reason.clone(),
            by: by.clone(),
            since: at,
            until,
            over: None,
            appeal: None,
        });
    }

    fn answer(&mut self, by: &ActorId, at: Timestamp, of: (&ActorId, Grade), did: &Did) {
        let (who, against) = of;
        let (granted, reason, decider) = match did {
            Did::AppealGranted {
                reason, decider, ..
            } => (true, reason, decider),
            Did::AppealRefused {
                reason, decider, ..
            } => (false, reason, decider),
            _ => return,
        };
        let Some(sanction) = self.sanctions.standing_mut(who, against) else {
            return;
        };
        if let Some(appeal) = &mut sanction.appeal {
            appeal.answer = Some(Answer {
                granted,
                reason: reason.clone(),
                by: by.clone(),
                name: decider.clone(),
                at,
            });
        }
        if granted {
            sanction.over = Some(at);
            // A block that should not have been makes the next one no longer.
            if let Some(times) = self.times_blocked.get_mut(who)
                && against == Grade::Blocked
            {
                *times = times.saturating_sub(1);
            }
        }
    }

    fn keeps_order_no_more(&mut self, who: &ActorId) {
        if self.appointed.get(who).is_some_and(|is| is.keeps_order()) {
            self.appointed.remove(who);
        }
    }

    /// Whether somebody came in because the patient needed it, no longer ago than who was let in comes and goes.
    pub(crate) fn came_urgently(&self, who: &ActorId, now: Timestamp) -> bool {
        let at = self.urgent.get(who);
        at.is_some_and(|at| now.0.saturating_sub(at.0) < limits::ADMITTED_MS)
    }

    /// Whether somebody came in since then because the patient needed it.
    pub(crate) fn came_urgently_since(&self, who: &ActorId, since: Timestamp) -> bool {
        self.urgent.get(who).is_some_and(|at| *at >= since)
    }

    /// The block that keeps somebody out now, and when it ends.
    pub(crate) fn block(&self, who: &ActorId, now: Timestamp) -> Option<(&Sanction, Timestamp)> {
        let block = self.sanctions.standing(who, Grade::Blocked)?;
        let until = block.until.filter(|until| now < *until)?;
        Some((block, until))
    }

    /// By what somebody has to be let in anew.
    pub(crate) fn put_out(&self, who: &ActorId) -> Option<&Sanction> {
        self.sanctions.outside(who)
    }

    /// One that was not taken back.
    pub(crate) fn standing_sanction(&self, who: &ActorId, grade: Grade) -> Option<&Sanction> {
        self.sanctions.standing(who, grade)
    }

    /// The sanctions that stand now, and those that somebody still speaks against.
    pub(crate) fn sanctions(&self, now: Timestamp) -> Vec<Sanction> {
        let all = self.sanctions.all();
        all.filter(|one| one.stands(now)).cloned().collect()
    }

    /// The one whose appeal somebody is to answer.
    pub(crate) fn sanction_by_number(&self, number: u64) -> Option<&Sanction> {
        self.sanctions.all().find(|one| one.number == number)
    }

    /// The last one of each grade that somebody had.
    pub(crate) fn sanctions_of(&self, who: &ActorId) -> impl Iterator<Item = &Sanction> {
        self.sanctions.of(who)
    }

    /// What somebody at the door is to know: by what they are outside, or that it was taken back since they came.
    pub(crate) fn told_at_door(&self, who: &ActorId, since: Timestamp) -> Option<&Sanction> {
        let is_news = |one: &&Sanction| {
            let answer = one
                .appeal
                .as_ref()
                .and_then(|appeal| appeal.answer.as_ref());
            Grade::OUTSIDE.contains(&one.grade)
                && answer.is_some_and(|answer| answer.granted && answer.at >= since)
        };
        let granted = || {
            self.sanctions_of(who)
                .filter(is_news)
                .max_by_key(|one| one.number)
        };
        self.put_out(who).or_else(granted)
    }

    /// Whether somebody was let in not long ago.
    pub(crate) fn is_admitted(&self, who: &ActorId, now: Timestamp) -> bool {
        let at = self.admitted.get(who).map(|(at, _)| at);
        at.is_some_and(|at| now.0.saturating_sub(at.0) < limits::ADMITTED_MS)
    }

    /// Until when somebody stays for longer.
    pub(crate) fn stays(&self, who: &ActorId) -> Option<Timestamp> {
        self.stays.get(who).copied()
    }

    /// Who looks after somebody who was let in.
    pub(crate) fn companion(&self, who: &ActorId) -> Option<&ActorId> {
        self.admitted.get(who)?.1.as_ref()
    }

    /// Why somebody was turned away who waits since `since`.
    pub(crate) fn turned_away(&self, who: &ActorId, since: Timestamp) -> Option<&str> {
        let (at, reason) = self.turned_away.get(who)?;
        (*at >= since).then_some(reason.as_str())
    }

    /// Whether somebody is heard no more.
    pub fn is_muted(&self, who: &ActorId) -> bool {
        self.sanctions.standing(who, Grade::Muted).is_some()
    }

    /// What somebody shows no more, because it was ended.
    pub(crate) fn ended(&self, who: &ActorId) -> impl Iterator<Item = Showing> {
        let all = [Showing::Camera, Showing::Screen].into_iter();
        all.filter(|what| self.is_ended(who, *what))
    }

    /// Whether somebody may not show something, because it was ended.
    pub(crate) fn is_ended(&self, who: &ActorId, what: Showing) -> bool {
        let grade = Grade::of_showing(what);
        self.sanctions.standing(who, grade).is_some()
    }

    pub(crate) fn appointed(&self, who: &ActorId) -> Option<Standing> {
        self.appointed.get(who).copied()
    }

    /// When a block that is spoken now ends: each one of the same person lasts longer.
    pub(crate) fn next_block_ends(&self, who: &ActorId, now: Timestamp) -> Timestamp {
        let times = self.times_blocked.get(who).copied().unwrap_or(0);
        let last = limits::BLOCK_MS.len().saturating_sub(1);
        let lasts_ms = limits::BLOCK_MS.get(times.min(last)).copied().unwrap_or(0);
        Timestamp(now.0.saturating_add(lasts_ms))
    }
}

/// Somebody at the door, as those inside see them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Knocking {
    /// The number of their place at the door.
    pub id: u16,
    /// The account.
    #[ts(type = "string")]
    pub actor: ActorId,
    /// The name to show.
    pub name: String,
    /// The role to show, in the words of crate `policy`.
    pub role: String,
    /// When they came, by the server's clock.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// Whether somebody must look after them inside.
    pub needs_companion: bool,
    /// Whether they have yet to earn the licence to practise in virtual rooms: letting them in alone does not help.
    pub needs_licence: bool,
    /// Until when they are blocked.
    #[ts(type = "string | null")]
    pub blocked_until: Option<Timestamp>,
}

/// Why somebody is at the door and not inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum AtDoor {
    /// The host has not let them in yet.
    Waiting,
    /// Nobody who looks after them is inside.
    Companion,
    /// They were put out, and the host has not let them in anew.
    PutOut,
    /// They are blocked.
    Blocked,
    /// The room is recorded, and they have not agreed to it.
    Recorded,
    /// The room is recorded, and they are of those who cannot agree to it: they wait until that is over.
    WhileRecorded,
    /// The room is full.
    Full,
    /// They have yet to earn the licence to practise in virtual rooms.
    Licence,
}

/// What somebody at the door is told; nothing of what stands in the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Threshold {
    /// Why they are not inside.
    pub state: AtDoor,
    /// When they came, by the server's clock.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// The name of the host, who lets people in; `null` where there is none.
    pub host: Option<String>,
    /// Why they were put out or blocked.
    pub reason: Option<String>,
    /// When a block ends.
    #[ts(type = "string | null")]
    pub until: Option<Timestamp>,
    /// Whether they may come in by saying why the patient needs it.
    pub may_come_urgently: bool,
    /// By what they are outside, and what came of their appeal; one that was granted since they came, too.
    pub sanction: Option<Sanction>,
}
