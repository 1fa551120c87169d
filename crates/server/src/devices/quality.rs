//! How good what a device sends is: counts and reasons, for the device-quality page.

use std::collections::{BTreeMap, VecDeque};

use ::devices::{Mark, State};
use serde::{Deserialize, Serialize};
use vocabulary::{Text, Timestamp};

/// So many of the latest refusals of a device are kept with their reason.
const REFUSALS: usize = 20;

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

    /// A reading has a mark.
    pub fn marked(&mut self, mark: &Mark) {
        *self.marks.entry(mark.code().to_owned()).or_default() += 1;
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
