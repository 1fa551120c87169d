//! By what the latest messages are known that have no time of their own, or one that cannot be true. It outlives the
//! segments that they came in: each new segment of the log of arrivals begins with it.

use std::collections::{HashMap, VecDeque};

use record::{LATELY, MessageId};
use serde::{Deserialize, Serialize};
use vocabulary::{DeviceId, Timestamp};

/// Of so many messages of all devices together it is carried on, the latest.
const MOST: usize = 1 << 15;
/// A message that came longer before the latest one is not waited for any more, in milliseconds.
const OLDEST_MS: i64 = 7 * 86_400_000;

/// The latest messages of each device, the oldest first.
#[derive(Debug, Default)]
pub struct Lately(HashMap<DeviceId, VecDeque<(MessageId, Timestamp)>>);

/// A message that is carried on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Who sent it.
    pub device: String,
    /// By what it is known.
    pub message: MessageId,
    /// When it came.
    pub received_ms: i64,
}

impl Lately {
    /// Takes a message up, in the order in which they came.
    pub fn hear(&mut self, device: &DeviceId, message: MessageId, received: Timestamp) {
        let all = self.0.entry(device.clone()).or_default();
        // What came in one message, and what was carried on, is one.
        all.retain(|(known, _)| *known != message);
        if all.len() == LATELY {
            all.pop_front();
        }
        all.push_back((message, received));
    }

    /// What is to be carried on, in the order in which it came; the rest is forgotten.
    pub fn carry(&mut self) -> Vec<Carried> {
        let times = self.0.values().flatten().map(|(_, received)| received.0);
        let since = times.max().unwrap_or(0).saturating_sub(OLDEST_MS);
        let mut carried: Vec<Carried> = Vec::new();
        self.0.retain(|device, all| {
            all.retain(|(_, received)| received.0 >= since);
            carried.extend(all.iter().map(|(message, received)| Carried {
                device: device.to_string(),
                message: *message,
                received_ms: received.0,
            }));
            !all.is_empty()
        });
        carried.sort_by_key(|one| one.received_ms);
        let more = carried.len().saturating_sub(MOST);
        carried.split_off(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_on_is_bounded_by_device_and_by_age() {
        let mut lately = Lately::default();
        let (often, once) = (
            DeviceId::new("often").unwrap(),
            DeviceId::new("once").unwrap(),
        );
        let message = |packet: u16| MessageId { packet, payload: 1 };
        lately.hear(&once, message(1), Timestamp(0));
        for packet in 0..200 {
            // Two streams of one message.
            for _ in 0..2 {
                lately.hear(&often, message(packet), Timestamp(i64::from(packet)));
            }
        }
        let carried = lately.carry();
        assert_eq!(carried.len(), LATELY + 1);
        assert_eq!(carried[0].device, "once");
        assert_eq!(carried[LATELY].message, message(199));
        lately.hear(&once, message(2), Timestamp(OLDEST_MS + 150));
        let left: Vec<_> = lately.carry().iter().map(|one| one.received_ms).collect();
        let wanted: Vec<_> = (150..200).chain([OLDEST_MS + 150]).collect();
        assert_eq!(left, wanted);
    }
}
