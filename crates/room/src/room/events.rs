//! What has happened, as it goes out with the ticks.

use vocabulary::{ActorId, Timestamp};

use super::Room;
use crate::{ActKind, Deed, Event, Pictured, limits};

impl Room {
    /// Notes that somebody has kept a picture of the stage beside the images; answers the act's number.
    pub fn pictured(&mut self, now: Timestamp, actor: ActorId, pictured: Pictured) -> u64 {
        let deed = Deed {
            pictured: Some(pictured),
            ..Deed::of(ActKind::Picture)
        };
        self.stage(now, actor, deed, None)
    }

    pub(super) fn events_to_send(&mut self) -> Option<Vec<Event>> {
        let from = self.next_to_send;
        let unsent = self.recent.iter().filter(|event| event.number >= from);
        let events: Vec<_> = unsent.take(limits::EVENTS_PER_TICK).cloned().collect();
        self.next_to_send = events.last().map_or(from, |event| event.number + 1);
        // What has been sent is kept for those who come back, but not without end.
        while self.recent.len() > limits::MISSED_EVENTS
            && self
                .recent
                .front()
                .is_some_and(|event| event.number < self.next_to_send)
        {
            self.recent.pop_front();
        }
        (!events.is_empty()).then_some(events)
    }
}
