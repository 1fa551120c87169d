//! Where a connection leaves its poses and its room takes them, by whichever way they come.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use parking_lot::Mutex;
use room::wire::ClientFrame;

/// A client that hears by its line says so each second; one that is silent for so long hears nothing there.
const SILENCE: Duration = Duration::from_secs(3);

/// The latest pose of a connection, which waits for the next tick. Poses come from everybody all the time:
/// waking the room for each would cost more than all the rest.
#[derive(Default)]
pub struct LatestPose {
    frame: Option<Bytes>,
    /// Frames that came after the last tick and are not heard, since a later one has come.
    overtaken: u32,
    /// When the client last said that it hears by its line for poses.
    heard_at: Option<Instant>,
}

/// Where a connection leaves its poses and its room takes them.
pub type Poses = Arc<Mutex<LatestPose>>;

impl LatestPose {
    /// Leaves a pose that came by the socket.
    pub fn by_socket(&mut self, frame: Bytes) {
        self.leave(frame);
    }

    /// Leaves a frame that came by the line for poses. What is neither a pose nor a word about hearing is counted
    /// and not heard: acts have the socket, and nothing there ends by what comes here.
    pub fn by_line(&mut self, frame: Bytes) {
        match ClientFrame::decode(&frame) {
            Ok(ClientFrame::Pose { .. }) => self.leave(frame),
            Ok(ClientFrame::Ping { .. }) => {
                self.heard_at = Some(Instant::now());
                self.overtaken = self.overtaken.saturating_add(1);
            }
            _ => self.overtaken = self.overtaken.saturating_add(1),
        }
    }

    /// Counts what came and says nothing.
    pub fn sign(&mut self) {
        self.overtaken = self.overtaken.saturating_add(1);
    }

    /// The line for poses has opened; it is taken to be good until it shows otherwise.
    pub fn opened(&mut self) {
        self.heard_at = Some(Instant::now());
    }

    /// The line for poses is gone.
    pub fn line_ended(&mut self) {
        self.heard_at = None;
    }

    /// Whether the client hears by its line for poses.
    pub fn hears_by_line(&self) -> bool {
        self.heard_at.is_some_and(|at| at.elapsed() < SILENCE)
    }

    fn leave(&mut self, frame: Bytes) {
        let is_older = |waiting: &Bytes| ClientFrame::is_older_pose(&frame, waiting);
        self.overtaken = self
            .overtaken
            .saturating_add(u32::from(self.frame.is_some()));
        if !self.frame.as_ref().is_some_and(is_older) {
            self.frame = Some(frame);
        }
    }

    /// Takes the pose that waits, so that what is sent after it is heard after it.
    pub fn take_frame(&mut self) -> Option<Bytes> {
        self.frame.take()
    }

    /// Takes the pose that waits, and how many frames came and are not heard.
    pub fn take(&mut self) -> (Option<Bytes>, u32) {
        (self.frame.take(), std::mem::take(&mut self.overtaken))
    }
}

#[cfg(test)]
mod tests {
    use room::{Placement, Pose};

    use super::*;

    fn pose(at_ms: u32) -> Bytes {
        let head = Placement {
            position_m: [0.0, 1.6, 0.0],
            rotation: [0.0, 0.0, 0.0, 1.0],
        };
        let pose = Pose {
            at_ms,
            head,
            left: None,
            right: None,
            pointer: None,
            held: None,
            mouth: None,
        };
        ClientFrame::Pose { pose }.encode().into()
    }

    #[test]
    fn of_two_poses_the_newer_waits_whichever_way_and_in_whichever_order_they_come() {
        for (first, second) in [(10, 20), (20, 10), (u32::MAX - 5, 4), (4, u32::MAX - 5)] {
            let mut latest = LatestPose::default();
            latest.by_socket(pose(first));
            latest.by_line(pose(second));
            let newer = if second.wrapping_sub(first) < 1 << 31 {
                second
            } else {
                first
            };
            assert_eq!(latest.take(), (Some(pose(newer)), 1));
        }
    }

    #[test]
    fn by_the_line_for_poses_nothing_is_heard_but_poses() {
        let mut latest = LatestPose::default();
        let act = serde_json::json!({"act": "undo"});
        let act = ClientFrame::Act { seq: 1, act }.encode();
        for frame in [act, vec![2, 0], vec![], vec![0xff; 90]] {
            latest.by_line(frame.into());
        }
        assert_eq!(latest.take(), (None, 4));
        assert!(!latest.hears_by_line());
        latest.by_line(ClientFrame::Ping { nonce: 3 }.encode().into());
        assert!(latest.hears_by_line());
    }
}
