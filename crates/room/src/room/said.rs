//! Words for those who read along.

use vocabulary::Timestamp;

use super::{Reply, Room};
use crate::{limits, wire::ServerFrame};

impl Room {
    /// Words for those who read along: everybody in the room may write them, and they leave no trace in it.
    /// Words that no honest client sends are dropped.
    pub(super) fn caption(&mut self, now: Timestamp, participant: u16, text: String) -> Reply {
        let order = self.durable.order();
        let sitter = self.sitters.get_mut(&participant);
        let sitter = sitter.filter(|sitter| !order.is_muted(&sitter.person.actor));
        let may_say = sitter.is_some_and(|sitter| sitter.acts.take(now));
        if !may_say || limits::text(&text).is_err() {
            return Reply::Nothing;
        }
        Reply::ToAll(
            ServerFrame::Said {
                participant,
                text,
                heard: false,
            }
            .encode(),
        )
    }
}
