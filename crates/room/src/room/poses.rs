//! Where people are: what is heard of it, and what a tick may show.

use vocabulary::Timestamp;

use super::Room;
use crate::{Pose, limits, tick::Shown};

impl Room {
    /// Has poses be sent less often, as a power of two, while the server has too much to do. Acts, their answers and
    /// events are not touched by it.
    pub fn shed(&mut self, shed: u32) {
        self.shed = shed.min(limits::SHED_MOST);
    }

    /// Takes in where somebody is.
    pub(super) fn pose(&mut self, now: Timestamp, participant: u16, mut pose: Pose) {
        // Poses come by more than one way, and a later one may have overtaken this.
        let Some(sitter) = self.sitters.get_mut(&participant) else {
            return;
        };
        pose.at_ms = sitter.shown_time(now, pose.at_ms);
        let last = sitter.pose;
        if last.is_some_and(|last| !Pose::is_older(last.at_ms, pose.at_ms)) {
            return;
        }
        // Nobody is farther away than a thing may stand, or has longer arms than people have. What such a pose holds
        // is not moved by it either.
        let Some(mut pose) = pose.within_reach() else {
            return;
        };
        // A hold that is not one's own, or that has ended meanwhile, is left out of the pose.
        if let Some(held) = pose.held {
            match self.holds.get_mut(&held.entity) {
                Some(hold)
                    if hold.participant == participant
                        && hold.ends_with.is_none()
                        && limits::transform(&held.transform).is_ok() =>
                {
                    hold.transform = held.transform;
                    hold.moved_at = now;
                }
                _ => pose.held = None,
            }
        }
        if let Some(sitter) = self.sitters.get_mut(&participant) {
            sitter.pose = Some(pose);
            sitter.shown_at = Some((pose.at_ms, now));
            // Somebody who has not moved is known to all already.
            if !last.is_some_and(|last| last.is_still(&pose)) {
                sitter.pose_tick = self.tick.wrapping_add(1);
            }
        }
    }

    /// Has everybody's pose be sent with the next tick, for one who has seen none.
    pub(super) fn show_all_poses(&mut self) {
        for sitter in self.sitters.values_mut() {
            sitter.pose_tick = self.tick.wrapping_add(1);
        }
    }

    /// Everybody's pose, and how many ticks ago it was new.
    pub(super) fn poses_shown(&self) -> Vec<Shown> {
        let shown = self.sitters.values().filter_map(|sitter| {
            let age = self.tick.wrapping_sub(sitter.pose_tick);
            let mut pose = sitter.pose?;
            let participant = sitter.seat.participant;
            let holds = |entity| self.holds.get(&entity).map(|hold| hold.participant);
            pose.held = pose
                .held
                .filter(|held| holds(held.entity) == Some(participant));
            Some(Shown {
                participant,
                pose,
                age,
            })
        });
        shown.collect()
    }
}
