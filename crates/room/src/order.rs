use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, Timestamp};

use crate::{EntityId, Showing, limits};

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
    /// They asked for a block to be taken back.
    Appealed {
        /// In their words.
        reason: String,
    },
    /// They came in because the patient needed it, whoever had or had not let them in.
    CameInUrgently {
        /// Why.
        reason: String,
    },
}

/// A block that stands until a time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    pub name: String,
    pub reason: String,
    pub until: Timestamp,
    pub appeal: Option<String>,
}

/// Why somebody is to be outside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outside {
    Blocked(Block),
    PutOut(String),
}

/// The order that was kept in a room: all that follows from its kept acts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// Who was let in, when, and who looks after them.
    admitted: BTreeMap<ActorId, (Timestamp, Option<ActorId>)>,
    turned_away: BTreeMap<ActorId, (Timestamp, String)>,
    muted: BTreeMap<ActorId, String>,
    /// Who shows what no more.
    ended: BTreeMap<ActorId, BTreeSet<Showing>>,
    outside: BTreeMap<ActorId, Outside>,
    appointed: BTreeMap<ActorId, Standing>,
    /// Who came in because the patient needed it, and when.
    urgent: BTreeMap<ActorId, Timestamp>,
    /// How often somebody was blocked: each time it is for longer.
    times_blocked: BTreeMap<ActorId, usize>,
    /// Who stays for longer, and until when.
    stays: BTreeMap<ActorId, Timestamp>,
}

impl Order {
    /// Carries out what was judged before.
    pub(crate) fn fold(&mut self, at: Timestamp, Ordered { whom, name, did }: &Ordered) {
        let whom = || whom.clone();
        match did {
            Did::Admitted { companion } => {
                self.admitted.insert(whom(), (at, companion.clone()));
                self.outside.remove(&whom());
            }
            Did::TurnedAway { reason } => {
                self.admitted.remove(&whom());
                self.turned_away.insert(whom(), (at, reason.clone()));
            }
            Did::Muted { reason } => {
                self.muted.insert(whom(), reason.clone());
            }
            Did::Unmuted => {
                self.muted.remove(&whom());
            }
            Did::ShowingEnded { what, .. } => {
                self.ended.entry(whom()).or_default().insert(*what);
            }
            Did::ShowingLet { what } => {
                if let Some(ended) = self.ended.get_mut(&whom()) {
                    ended.remove(what);
                }
            }
            Did::PutOut { reason } => {
                self.admitted.remove(&whom());
                self.urgent.remove(&whom());
                self.keeps_order_no_more(&whom());
                self.outside.insert(whom(), Outside::PutOut(reason.clone()));
            }
            Did::Blocked { reason, until } => {
                self.admitted.remove(&whom());
                self.urgent.remove(&whom());
                self.keeps_order_no_more(&whom());
                let block = Block {
                    name: name.clone(),
                    reason: reason.clone(),
                    until: *until,
                    appeal: None,
                };
                self.outside.insert(whom(), Outside::Blocked(block));
                *self.times_blocked.entry(whom()).or_default() += 1;
            }
            Did::Lifted => {
                self.outside.remove(&whom());
            }
            Did::Stays { until, .. } => {
                self.stays.insert(whom(), *until);
            }
            Did::Appointed { standing } => {
                self.appointed.insert(whom(), *standing);
            }
            Did::Appealed { reason } => {
                if let Some(Outside::Blocked(block)) = self.outside.get_mut(&whom()) {
                    block.appeal = Some(reason.clone());
                }
            }
            Did::CameInUrgently { .. } => {
                self.admitted.insert(whom(), (at, None));
                self.outside.remove(&whom());
                // Nothing that was decided before keeps them from what they came for.
                self.appointed.remove(&whom());
                self.muted.remove(&whom());
                self.ended.remove(&whom());
                self.urgent.insert(whom(), at);
            }
            Did::Warned { .. } | Did::TakenFrom { .. } => {}
        }
    }

    fn keeps_order_no_more(&mut self, who: &ActorId) {
        if self.appointed.get(who).is_some_and(|is| is.keeps_order()) {
            self.appointed.remove(who);
        }
    }

    /// Whether somebody came in because the patient needed it.
    pub(crate) fn came_urgently(&self, who: &ActorId) -> bool {
        self.urgent.contains_key(who)
    }

    /// Whether somebody came in since then because the patient needed it.
    pub(crate) fn came_urgently_since(&self, who: &ActorId, since: Timestamp) -> bool {
        self.urgent.get(who).is_some_and(|at| *at >= since)
    }

    /// The block that keeps somebody out now.
    pub(crate) fn block(&self, who: &ActorId, now: Timestamp) -> Option<&Block> {
        match self.outside.get(who)? {
            Outside::Blocked(block) if now < block.until => Some(block),
            _ => None,
        }
    }

    /// Whether somebody has to be let in anew, and why they were put out.
    pub(crate) fn put_out(&self, who: &ActorId) -> Option<&str> {
        Some(match self.outside.get(who)? {
            Outside::PutOut(reason) => reason,
            Outside::Blocked(block) => &block.reason,
        })
    }

    /// Whom a block keeps out now.
    pub(crate) fn kept_out(&self, now: Timestamp) -> Vec<KeptOut> {
        let blocked = self.outside.keys();
        let blocked = blocked.filter_map(|who| Some((who, self.block(who, now)?)));
        let blocked = blocked.map(|(who, block)| KeptOut {
            actor: who.clone(),
            name: block.name.clone(),
            reason: block.reason.clone(),
            until: block.until,
            appeal: block.appeal.clone(),
        });
        blocked.collect()
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
        self.muted.contains_key(who)
    }

    /// What somebody shows no more, because it was ended.
    pub(crate) fn ended(&self, who: &ActorId) -> impl Iterator<Item = Showing> {
        self.ended.get(who).into_iter().flatten().copied()
    }

    /// Whether somebody may not show something, because it was ended.
    pub(crate) fn is_ended(&self, who: &ActorId, what: Showing) -> bool {
        self.ended(who).any(|ended| ended == what)
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
    /// What they say against the block.
    pub appeal: Option<String>,
}

/// Somebody whom a block keeps out, whether they stand at the door or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct KeptOut {
    /// The account.
    #[ts(type = "string")]
    pub actor: ActorId,
    /// The name to show.
    pub name: String,
    /// Why.
    pub reason: String,
    /// When it ends.
    #[ts(type = "string")]
    pub until: Timestamp,
    /// What they say against it.
    pub appeal: Option<String>,
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
    /// Whether they have spoken against a block.
    pub has_appealed: bool,
}
