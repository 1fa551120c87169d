use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, Timestamp};

use crate::{
    Door, Pose, Refusal,
    limits::{
        ACTS_PER_SECOND, CHANGES_AT_ONCE, CHANGES_PER_SECOND, FRAMES_PER_SECOND, OFFERS_AT_ONCE,
        OFFERS_PER_SECOND, OUTCOMES, RESUME_MS, SEATS_EACH,
    },
    wire::{Ack, ResumeToken},
};

/// Who comes in, as the server has let them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub actor: ActorId,
    /// The name to show.
    pub name: String,
    /// The role to show, in the words of crate `policy`.
    pub role: String,
    /// Whether they may act, or only watch, whatever the host makes them.
    pub may_act: bool,
    /// Their licence to practise in virtual rooms.
    pub licence: Licence,
    /// Whether they may see the images of the room's patient; what the room may ask of them, it asks for no others.
    pub sees_images: bool,
    /// How they come to the door.
    pub door: Door,
}

/// A licence to practise in virtual rooms, as others see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Licence {
    /// It holds.
    Valid,
    /// It has expired or was withdrawn.
    Ended,
    /// None is recorded.
    #[default]
    NotRecorded,
}

/// One connection of one participant. After they have connected anew, the old one is good for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seat {
    /// The participant.
    pub participant: u16,
    /// Counts the connections of this participant, from 1.
    pub connection: u32,
}

/// Colours that people with any colour vision tell apart (Okabe and Ito), the two that read worst on a
/// dark stage left to the last.
const PALETTE: [&str; COLOURS as usize] = [
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2", "#999999",
];

/// How many colours there are.
const COLOURS: u8 = 8;

/// What became of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It waits to be written to the record.
    Waiting,
    /// It is done; the number of its event, if it made one.
    Done(Option<u64>),
    /// It was refused.
    Refused(Refusal),
}

/// A participant and all that the room knows of them.
#[derive(Debug)]
pub(crate) struct Sitter {
    pub person: Person,
    pub seat: Seat,
    pub token: ResumeToken,
    pub colour: u8,
    /// The figure that they chose to look like, if they chose one.
    pub figure: Option<u8>,
    /// Which place at the table is theirs: the nearest ones have the lowest numbers.
    pub place: u16,
    pub joined: Timestamp,
    /// When their connection broke; `None` while they are here.
    pub away_since: Option<Timestamp>,
    pub media_offers: Bucket,
    pub line_offers: Bucket,
    pub acks: Vec<Ack>,
    pub pose: Option<Pose>,
    /// What is added to their clock, so that others see it go on though their page was loaded anew.
    pub clock_shift_ms: u32,
    /// The time of the last pose that was shown, and when it was.
    pub shown_at: Option<(u32, Timestamp)>,
    /// The tick with which the pose was sent first.
    pub pose_tick: u32,
    pub last_seq: u32,
    /// Since when they ask to speak.
    pub hand_since: Option<Timestamp>,
    /// Whether they were given the word.
    pub has_word: bool,
    outcomes: VecDeque<(u32, Outcome)>,
}

impl Sitter {
    pub fn new(person: Person, id: u16, token: ResumeToken, now: Timestamp) -> Self {
        Self {
            person,
            seat: Seat {
                participant: id,
                connection: 1,
            },
            token,
            colour: 0,
            figure: None,
            place: 0,
            joined: now,
            away_since: None,
            media_offers: Bucket::of(OFFERS_PER_SECOND, OFFERS_AT_ONCE, now),
            line_offers: Bucket::of(OFFERS_PER_SECOND, OFFERS_AT_ONCE, now),
            acks: Vec::new(),
            pose: None,
            clock_shift_ms: 0,
            shown_at: None,
            pose_tick: 0,
            last_seq: 0,
            hand_since: None,
            has_word: false,
            outcomes: VecDeque::new(),
        }
    }

    pub fn is_gone(&self, now: Timestamp) -> bool {
        self.away_since
            .is_some_and(|since| now.0.saturating_sub(since.0) >= RESUME_MS)
    }

    /// The colour of the avatar, as `#rrggbb`.
    pub fn colour(&self) -> &'static str {
        PALETTE
            .get(usize::from(self.colour))
            .copied()
            .unwrap_or("#999999")
    }

    /// A time of their clock as others see it. The clock of a page that was loaded anew begins anew: others, who may
    /// not have heard of it, would take all its poses for old ones.
    pub fn shown_time(&mut self, now: Timestamp, at_ms: u32) -> u32 {
        if self.pose.is_none()
            && let Some((shown_ms, when)) = self.shown_at
            && !Pose::is_older(shown_ms, at_ms.wrapping_add(self.clock_shift_ms))
        {
            let since_ms = now.0.saturating_sub(when.0).max(1);
            let goes_on_ms = shown_ms.wrapping_add(u32::try_from(since_ms).unwrap_or(1));
            self.clock_shift_ms = goes_on_ms.wrapping_sub(at_ms);
        }
        at_ms.wrapping_add(self.clock_shift_ms)
    }

    /// What became of an act that was seen before; `None` for a new one.
    pub fn seen_before(&self, seq: u32) -> Option<Outcome> {
        if seq > self.last_seq {
            return None;
        }
        let known = self.outcomes.iter().rev().find(|(s, _)| *s == seq);
        Some(
            known.map_or(Outcome::Refused(Refusal::Forgotten), |(_, outcome)| {
                *outcome
            }),
        )
    }

    /// Notes the outcome of a new act.
    pub fn note(&mut self, seq: u32, outcome: Outcome) {
        self.last_seq = self.last_seq.max(seq);
        self.outcomes.push_back((seq, outcome));
        if self.outcomes.len() > OUTCOMES {
            self.outcomes.pop_front();
        }
    }

    /// Notes what became of an act that had waited.
    pub fn settle(&mut self, seq: u32, settled: Outcome) {
        if let Some((_, outcome)) = self.outcomes.iter_mut().rev().find(|(s, _)| *s == seq) {
            *outcome = settled;
        }
    }
}

/// The colour of the palette that is written so.
pub(crate) fn colour_of(written: &str) -> Option<u8> {
    let at = PALETTE.iter().position(|one| *one == written)?;
    u8::try_from(at).ok()
}

/// The first colour that nobody has, or one by turns when all are taken.
pub(crate) fn free_colour(sitters: &BTreeMap<u16, Sitter>) -> u8 {
    let is_free = |colour: &u8| sitters.values().all(|sitter| sitter.colour != *colour);
    (0..COLOURS).find(is_free).unwrap_or_else(|| {
        let turn = sitters.len() % usize::from(COLOURS);
        u8::try_from(turn).unwrap_or(0)
    })
}

/// The nearest place at the table that nobody has.
pub(crate) fn free_place(sitters: &BTreeMap<u16, Sitter>) -> u16 {
    let is_free = |place: &u16| sitters.values().all(|sitter| sitter.place != *place);
    (0..=u16::MAX).find(is_free).unwrap_or(u16::MAX)
}

/// How fast one account sends, by whatever seats it does.
#[derive(Debug)]
pub(crate) struct Rates {
    pub acts: Bucket,
    pub frames: Bucket,
    pub changes: Bucket,
}

impl Rates {
    /// Where an account may have more seats than usual, it may send as much more.
    pub fn of(seats_each: usize, now: Timestamp) -> Self {
        let times = u32::try_from(seats_each.div_ceil(SEATS_EACH)).unwrap_or(1);
        let full = |per_second: u32| Bucket::full(per_second.saturating_mul(times), now);
        let per_second = CHANGES_PER_SECOND.saturating_mul(times);
        Self {
            acts: full(ACTS_PER_SECOND),
            frames: full(FRAMES_PER_SECOND),
            changes: Bucket::of(per_second, CHANGES_AT_ONCE.saturating_mul(times), now),
        }
    }

    /// Whether nothing of what was sent counts any more.
    pub fn are_full(&self, now: Timestamp) -> bool {
        let all = [&self.acts, &self.frames, &self.changes];
        all.into_iter().all(|bucket| bucket.is_full(now))
    }
}

/// A token bucket: so many a second, and so many at once. It counts in thousandths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    per_second: i64,
    at_once: i64,
    thousandths: i64,
    at: Timestamp,
}

impl Bucket {
    /// As many at once as in a second.
    pub fn full(per_second: u32, now: Timestamp) -> Self {
        Self::of(per_second, per_second, now)
    }

    pub fn of(per_second: u32, at_once: u32, now: Timestamp) -> Self {
        let at_once = i64::from(at_once);
        Self {
            per_second: i64::from(per_second),
            at_once,
            thousandths: at_once * 1000,
            at: now,
        }
    }

    /// Takes one, if there is one.
    pub fn take(&mut self, now: Timestamp) -> bool {
        self.take_all(1, now)
    }

    /// Takes so many, if there are as many; else none.
    pub fn take_all(&mut self, count: usize, now: Timestamp) -> bool {
        let thousandths = i64::try_from(count).unwrap_or(i64::MAX);
        let thousandths = thousandths.saturating_mul(1000);
        self.thousandths = self.filled(now);
        self.at = now;
        let enough = self.thousandths >= thousandths;
        if enough {
            self.thousandths -= thousandths;
        }
        enough
    }

    fn is_full(&self, now: Timestamp) -> bool {
        self.filled(now) >= self.at_once * 1000
    }

    fn filled(&self, now: Timestamp) -> i64 {
        // A clock that was set back gives nothing and takes nothing.
        let elapsed_ms = now.0.saturating_sub(self.at.0).max(0);
        let refill = elapsed_ms.saturating_mul(self.per_second);
        let filled = self.thousandths.saturating_add(refill);
        filled.min(self.at_once * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_fill_at_once_and_then_its_rate() {
        let mut bucket = Bucket::full(40, Timestamp(0));
        let at_once = (0..100).filter(|_| bucket.take(Timestamp(0))).count();
        assert_eq!(at_once, 40);
        let in_a_second = (1..=1000).filter(|ms| bucket.take(Timestamp(*ms))).count();
        assert_eq!(in_a_second, 40);
        assert!(
            !bucket.take(Timestamp(500)),
            "a clock set back gives nothing"
        );
    }

    #[test]
    fn a_bucket_may_hold_more_than_comes_in_a_second() {
        let mut bucket = Bucket::of(1, 5, Timestamp(0));
        let mut at_once = |at| (0..9).filter(|_| bucket.take(Timestamp(at))).count();
        assert_eq!(at_once(0), 5);
        assert_eq!(at_once(999), 0);
        assert_eq!(at_once(2_000), 2);
        assert_eq!(at_once(60_000), 5);
    }
}
