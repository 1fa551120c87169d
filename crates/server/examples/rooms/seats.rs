//! Where people stand in a room, and how many poses of each other are due to them there.

use std::f64::consts::PI;

use room::limits::{POSE_FAR_M, POSE_NEAR_M};

/// The nearest places around a table, behind it and at its sides: how far out, and how far aside from its back
/// (`client/core/room-seats.ts`).
const NEAREST_M: f64 = 1.32;
const BEHIND_RAD: [f64; 3] = [0.74, 1.38, 2.02];
/// The rings around those: how far out, how many places, and how far from the front no place of the hospital has
/// furniture; the others come last.
const RINGS: [(f64, u32, f64); 3] = [(2.11, 16, 2.27), (2.9, 22, 1.05), (3.69, 28, 0.9)];

/// Where people stand, in the order in which they come in, as `[x, z]` in metres: where the client has them, or in a
/// square, each so far from the next.
pub fn spots(apart_m: Option<f64>) -> Vec<[f64; 2]> {
    apart_m.map_or_else(around_a_table, |apart_m| {
        let spot = |place: u32| [place % 8, place / 8].map(|at| (f64::from(at) - 3.5) * apart_m);
        (0..64).map(spot).collect()
    })
}

fn around_a_table() -> Vec<[f64; 2]> {
    let at = |angle: f64, radius_m: f64| [angle.sin() * radius_m, angle.cos() * radius_m];
    let behind = BEHIND_RAD.into_iter().flat_map(|aside| [-aside, aside]);
    let mut all: Vec<_> = behind.map(|aside| at(PI + aside, NEAREST_M)).collect();
    for is_free in [true, false] {
        for (radius_m, places, free_rad) in RINGS {
            let step = PI / f64::from(places);
            let angles = (0..places / 2).map(|ring| f64::from(places - 1 - 2 * ring) * step);
            let angles = angles.flat_map(|angle| [-angle, angle]);
            let angles = angles.filter(|angle| (angle.cos() >= free_rad.cos()) == is_free);
            all.extend(angles.map(|angle| at(angle, radius_m)));
        }
    }
    all
}

/// The share of all poses that are due in a room of so many: of who is farther away they come less often.
pub fn due(spots: &[[f64; 2]], people: usize) -> f64 {
    let there = spots.get(..people).unwrap_or(spots);
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (place, [x, z]) in there.iter().enumerate() {
        for [other_x, other_z] in there.iter().skip(place + 1) {
            sum += match (x - other_x).hypot(z - other_z) {
                far if far > POSE_FAR_M => 0.25,
                middle if middle > POSE_NEAR_M => 0.5,
                _ => 1.0,
            };
            pairs += 1.0;
        }
    }
    if pairs > 0.0 { sum / pairs } else { 1.0 }
}

#[test]
fn of_the_six_nearest_all_poses_are_due_and_of_a_full_room_some() {
    let around = spots(None);
    assert_eq!(around.len(), 72);
    let rounded = around[..3]
        .iter()
        .map(|spot| spot.map(|m| (m * 100.0).round()));
    assert!(rounded.eq([[89.0, -97.0], [-89.0, -97.0], [130.0, -25.0]]));
    assert!(due(&around, 6) > 0.999);
    let full = due(&around, 50);
    assert!((0.6..0.8).contains(&full), "{full}");
    // So near to each other that a server that passes on each pose has as much to do.
    assert!(due(&spots(Some(0.2)), 50) > 0.999);
}
