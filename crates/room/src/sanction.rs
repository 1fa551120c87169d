//! Sanctions: what was done to somebody who broke the rules, what they say against it, and what came of that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, Timestamp};

use crate::{Deed, Did, KeptAct, OpenError, Order, Ordered, Showing};

/// How hard a sanction is, the mildest first. A warning has nothing that could be taken back, and is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Grade {
    /// They are heard no more.
    Muted,
    /// They show their camera no more.
    CameraEnded,
    /// They share their screen no more.
    ScreenEnded,
    /// They were put out, and have to be let in anew.
    PutOut,
    /// They were put out and may not come back before a time.
    Blocked,
}

impl Grade {
    /// All of them, the mildest first.
    pub const ALL: [Self; 5] = [
        Self::Muted,
        Self::CameraEnded,
        Self::ScreenEnded,
        Self::PutOut,
        Self::Blocked,
    ];
    /// Those by which somebody is outside.
    pub(crate) const OUTSIDE: [Self; 2] = [Self::PutOut, Self::Blocked];

    pub(crate) fn of_showing(what: Showing) -> Self {
        match what {
            Showing::Camera => Self::CameraEnded,
            Showing::Screen => Self::ScreenEnded,
        }
    }
}

/// What was done to somebody who broke the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Sanction {
    /// The number of the act by which it was given, in the room's journal.
    #[ts(type = "number")]
    pub number: u64,
    /// Whom it is about.
    #[ts(type = "string")]
    pub actor: ActorId,
    /// Their name.
    pub name: String,
    /// How hard it is.
    pub grade: Grade,
    /// Why.
    pub reason: String,
    /// Who gave it.
    #[ts(type = "string")]
    pub by: ActorId,
    /// When it was given.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// When it ends by itself; `null` where it lasts until it is taken back.
    #[ts(type = "string | null")]
    pub until: Option<Timestamp>,
    /// When it was taken back; `null` as long as it stands.
    #[ts(type = "string | null")]
    pub over: Option<Timestamp>,
    /// What they say against it.
    pub appeal: Option<Appeal>,
}

/// What somebody says against a sanction, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Appeal {
    /// In their words.
    pub reason: String,
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What came of it; `null` as long as nobody has answered.
    pub answer: Option<Answer>,
}

/// What came of an appeal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Answer {
    /// Whether the sanction was taken back by it.
    pub granted: bool,
    /// Why.
    pub reason: String,
    /// Who decided: never who gave the sanction.
    #[ts(type = "string")]
    pub by: ActorId,
    /// Their name.
    pub name: String,
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
}

impl Sanction {
    /// Whether somebody waits for an answer to their appeal.
    pub fn is_open(&self) -> bool {
        let appeal = self.appeal.as_ref();
        self.over.is_none() && appeal.is_some_and(|appeal| appeal.answer.is_none())
    }

    /// Whether it is to be shown among what stands now. One that has run out is, as long as its appeal is open.
    pub(crate) fn stands(&self, now: Timestamp) -> bool {
        let runs = self.until.is_none_or(|until| now < until);
        self.over.is_none() && (runs || self.is_open())
    }
}

/// The last sanction of each grade that everybody had.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sanctions(BTreeMap<ActorId, BTreeMap<Grade, Sanction>>);

impl Sanctions {
    pub(crate) fn give(&mut self, sanction: Sanction) {
        let theirs = self.0.entry(sanction.actor.clone()).or_default();
        theirs.insert(sanction.grade, sanction);
    }

    /// Ends those of these grades that stand.
    pub(crate) fn end(&mut self, who: &ActorId, grades: &[Grade], at: Timestamp) {
        for grade in grades {
            if let Some(sanction) = self.standing_mut(who, *grade) {
                sanction.over = Some(at);
            }
        }
    }

    /// One that was not taken back.
    pub(crate) fn standing(&self, who: &ActorId, grade: Grade) -> Option<&Sanction> {
        let sanction = self.0.get(who)?.get(&grade);
        sanction.filter(|sanction| sanction.over.is_none())
    }

    pub(crate) fn standing_mut(&mut self, who: &ActorId, grade: Grade) -> Option<&mut Sanction> {
        let sanction = self.0.get_mut(who)?.get_mut(&grade);
        sanction.filter(|sanction| sanction.over.is_none())
    }

    /// The one by which somebody is outside.
    pub(crate) fn outside(&self, who: &ActorId) -> Option<&Sanction> {
        let mut grades = Grade::OUTSIDE.into_iter();
        grades.find_map(|grade| self.standing(who, grade))
    }

    pub(crate) fn of(&self, who: &ActorId) -> impl Iterator<Item = &Sanction> {
        self.0.get(who).into_iter().flat_map(BTreeMap::values)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Sanction> {
        self.0.values().flat_map(BTreeMap::values)
    }
}

/// All sanctions that were ever given in a room, read from its journal without opening it.
#[derive(Clone, Debug, Default)]
pub struct SanctionHistory {
    order: Order,
    all: BTreeMap<u64, Sanction>,
    next: u64,
}

impl SanctionHistory {
    /// The number of the act to be read next.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// Reads one more act; they come in order.
    ///
    /// # Errors
    /// Where it is not the next one, or makes no sense.
    pub fn read(&mut self, act: KeptAct) -> Result<(), OpenError> {
        if act.number != self.next {
            return Err(OpenError::Gap {
                expected: self.next,
                found: act.number,
            });
        }
        let number = act.number;
        let deed: Deed =
            serde_json::from_value(act.act).map_err(|_| OpenError::Unreadable { number })?;
        self.next += 1;
        let Some(ordered) = deed.order else {
            return Ok(());
        };
        self.order.fold((number, &act.actor), act.at, &ordered);
        // What came in the place of an older one has ended it.
        if let Ordered {
            whom,
            did: Did::PutOut { .. } | Did::Blocked { .. },
            ..
        } = &ordered
        {
            let outside = |one: &&mut Sanction| Grade::OUTSIDE.contains(&one.grade);
            let theirs = self.all.values_mut().filter(|one| one.actor == *whom);
            for one in theirs.filter(outside) {
                one.over.get_or_insert(act.at);
            }
        }
        for sanction in self.order.sanctions_of(&ordered.whom) {
            self.all.insert(sanction.number, sanction.clone());
        }
        Ok(())
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Sanction> {
        self.all.values()
    }
}
