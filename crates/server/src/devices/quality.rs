//! How good what a device sends is: counts and reasons, for the device-quality page.

use std::collections::{BTreeMap, VecDeque};

use ::devices::{Mark, State};
use serde::{Deserialize, Serialize};
use vocabulary::{Text, Timestamp};

/// So many of the latest refusals of a device are kept with their reason.
const REFUSALS: usize = 20;

/// The reason's short name where there was no room.
const NO_ROOM: &str = "no-room";

/// So many refused connections are remembered.
const STRANGERS: usize = 100;

/// How good what a device sends is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Quality {
    /// When it was heard first.
    pub first_heard: Option<Timestamp>,
    /// When it was heard last.
    pub last_heard: Option<Timestamp>,
    /// The edge that its values came by last; none where it sent here itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge: Option<vocabulary::ActorId>,
    /// Whether it is connected.
    #[serde(skip_deserializing)]
    pub connected: bool,
    /// Messages.
    pub messages: u64,
    /// Values that were taken.
    pub accepted: u64,
    /// Measurements that had come before.
    pub duplicates: u64,
    /// Values that the record had already, with the same time.
    pub known: u64,
    /// How often it was read more slowly, since it sent more than its kind may.
    pub slowed: u64,
    /// Readings with a mark, by mark.
    pub marks: BTreeMap<String, u64>,
    /// Messages that were refused, by reason.
    pub refusals: BTreeMap<String, u64>,
    /// The latest refusals.
    pub latest: VecDeque<Refused>,
    /// What it says of itself.
    pub state: Option<State>,
    /// When it said so.
    pub state_at: Option<Timestamp>,
}

/// A message that was refused. What was in it is not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refused {
    /// When it came.
    pub at: Timestamp,
    /// Where it was sent to, below the device's id.
    pub topic: String,
    /// How many bytes it had.
    pub bytes: usize,
    /// The reason's short name.
    pub code: String,
    /// The reason for people.
    pub why: Text,
}

/// A connection that was turned away.
#[derive(Clone, Debug, Serialize)]
pub struct Stranger {
    /// When.
    pub at: Timestamp,
    /// The device that it said it was, where there is such a device.
    pub claimed: Option<vocabulary::DeviceId>,
    /// From where.
    pub from: String,
    /// The reason's short name.
    pub code: &'static str,
    /// The reason for people.
    pub why: Text,
    /// How often lately: what comes again and again takes no place from others.
    pub times: u64,
}

impl Stranger {
    /// One that was turned away now.
    pub fn new(
        claimed: Option<vocabulary::DeviceId>,
        from: std::net::IpAddr,
        code: &'static str,
        why: Text,
    ) -> Self {
        Self {
            at: crate::clock::now(),
            claimed,
            from: from.to_string(),
            code,
            why,
            times: 1,
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        (&self.claimed, &self.from, self.code) == (&other.claimed, &other.from, other.code)
    }
}

/// Connections that were turned away lately, the newest last.
#[derive(Default)]
pub struct Strangers(VecDeque<Stranger>);

impl Strangers {
    /// Notes one; where it came before, it is that one again.
    pub fn note(&mut self, mut stranger: Stranger) {
        let before = self.0.iter().position(|known| known.is_like(&stranger));
        if let Some(before) = before.and_then(|before| self.0.remove(before)) {
            stranger.times += before.times;
        } else if self.0.len() == STRANGERS {
            self.0.pop_front();
        }
        self.0.push_back(stranger);
    }

    /// The newest first.
    pub fn all(&self) -> Vec<Stranger> {
        self.0.iter().rev().cloned().collect()
    }
}

impl Quality {
    /// A message came.
    pub fn heard(&mut self, at: Timestamp) {
        self.first_heard.get_or_insert(at);
        self.last_heard = Some(at);
        self.messages += 1;
    }

    /// The record had values already that were counted as taken.
    pub fn were_known(&mut self, values: u64) {
        self.known += values;
        self.accepted = self.accepted.saturating_sub(values);
    }

    /// Values that were counted as taken could not be kept.
    pub fn were_not_kept(&mut self, values: u64) {
        self.accepted = self.accepted.saturating_sub(values);
    }

    /// Messages of so many bytes had no room. They are not acknowledged, and come again.
    pub fn had_no_room(&mut self, at: Timestamp, messages: u64, bytes: usize) {
        *self.refusals.entry(NO_ROOM.to_owned()).or_default() += messages;
        // What comes again and again takes no place from other reasons.
        self.latest.retain(|one| one.code != NO_ROOM);
        self.latest.truncate(REFUSALS - 1);
        self.latest.push_front(Refused {
            at,
            topic: String::new(),
            bytes,
            code: NO_ROOM.to_owned(),
            why: Text::new(
                "接收它的机器磁盘已满：未保存也未确认，应由设备重发",
                "The disk of the machine that took it is full: it is not kept and not acknowledged, and is to come again",
            ),
        });
    }

    /// A reading has a mark.
    pub fn marked(&mut self, mark: &Mark) {
        *self.marks.entry(mark.code().to_owned()).or_default() += 1;
    }

    /// It says that it is in a place that the hospital does not have.
    pub fn place_unknown(&mut self) {
        *self.marks.entry("place-unknown".to_owned()).or_default() += 1;
    }

    /// A reading has no patient, since its device was left behind by its own.
    pub fn was_left_behind(&mut self) {
        *self.marks.entry("left-behind".to_owned()).or_default() += 1;
    }

    /// A message was refused.
    pub fn refused(&mut self, at: Timestamp, topic: &str, bytes: usize, code: &str, why: Text) {
        *self.refusals.entry(code.to_owned()).or_default() += 1;
        if self.latest.len() == REFUSALS {
            self.latest.pop_back();
        }
        self.latest.push_front(Refused {
            at,
            topic: topic.chars().take(64).collect(),
            bytes,
            code: code.to_owned(),
            why,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_counted_as_refused_and_hides_no_other_reason() {
        let mut quality = Quality {
            accepted: 7,
            ..Quality::default()
        };
        let why = Text::new("", "");
        for at in 0..30 {
            quality.refused(Timestamp(at), "spo2", 9, "not-json", why.clone());
        }
        for at in 100..200 {
            quality.accepted += 2;
            quality.were_not_kept(2);
            quality.had_no_room(Timestamp(at), 2, 80);
        }
        assert_eq!(quality.accepted, 7);
        assert_eq!(quality.refusals["no-room"], 200);
        assert_eq!(quality.latest.len(), REFUSALS);
        let codes = quality.latest.iter().map(|one| one.code.as_str());
        let codes: Vec<_> = codes.collect();
        assert_eq!(codes[0], NO_ROOM);
        assert_eq!(quality.latest[0].at, Timestamp(199));
        assert!(codes[1..].iter().all(|code| *code == "not-json"));
    }

    #[test]
    fn what_is_turned_away_again_and_again_takes_one_place() {
        let came = |from: u8, code| {
            let why = Text::new("", "");
            Stranger::new(None, [10, 0, 0, from].into(), code, why)
        };
        let mut strangers = Strangers::default();
        strangers.note(came(1, "tls"));
        for _ in 0..300 {
            strangers.note(came(2, "tls"));
        }
        strangers.note(came(2, "not-known"));
        let seen: Vec<_> = strangers
            .all()
            .into_iter()
            .map(|one| (one.from, one.code, one.times))
            .collect();
        assert_eq!(
            seen,
            [
                ("10.0.0.2".to_owned(), "not-known", 1),
                ("10.0.0.2".to_owned(), "tls", 300),
                ("10.0.0.1".to_owned(), "tls", 1),
            ]
        );
        for from in 0..=150 {
            strangers.note(came(from, "cut-off"));
        }
        assert_eq!(strangers.all().len(), STRANGERS);
    }
}
