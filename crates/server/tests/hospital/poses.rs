//! Where somebody is, for tests of who hears of it.
#![allow(dead_code, reason = "each that takes it in uses a part of it")]

use room::{Placement, Pose, wire::ClientFrame};

/// A pose of the head alone.
pub fn pose(at_ms: u32, position_m: [f64; 3]) -> Pose {
    let head = Placement {
        position_m,
        rotation: [0.0, 0.0, 0.0, 1.0],
    };
    Pose {
        at_ms,
        head,
        left: None,
        right: None,
        pointer: None,
        held: None,
        mouth: None,
    }
}

/// The frame of a pose that is told from others by how far aside it is.
pub fn aside(at_ms: u32, x_mm: i16) -> ClientFrame {
    let pose = pose(at_ms, [f64::from(x_mm) / 1000.0, 1.6, 0.0]);
    ClientFrame::Pose { pose }
}

/// How far aside a pose is.
#[allow(clippy::cast_possible_truncation)]
pub fn x_mm(pose: &Pose) -> i64 {
    (pose.head.position_m[0] * 1000.0).round() as i64
}
