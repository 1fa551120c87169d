//! Words for those who read along.

use vocabulary::Timestamp;

use super::{Reply, Room};
use crate::{limits, wire::ServerFrame};

impl Room {
    /// Words for those who read along: whoever is heard in the room may write them, and they leave no trace in
    /// it.
    /// Words that no honest client sends are dropped.
    pub(super) fn caption(&mut self, now: Timestamp, participant: u16, text: String) -> Reply {
        let sitter = self.sitters.get(&participant);
        let is_heard = sitter.is_some_and(|sitter| self.is_heard(sitter));
        let rated = self.rated(participant).filter(|_| is_heard);
        let may_say = rated.is_some_and(|(_, rates)| rates.acts.take(now));
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
