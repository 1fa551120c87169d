use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    EntityId, Transform,
    hand::{Fingers, Hand},
    limits,
    wire::{Reader, WireError},
};

/// Position and rotation of a head. On the wire a position is three `i16` in millimetres, a
/// rotation the smallest three components in 15 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Placement {
    /// Position `[x, y, z]` in metres, room frame.
    pub position_m: [f64; 3],
    /// Rotation as a unit quaternion `[x, y, z, w]`.
    pub rotation: [f64; 4],
}

/// Where somebody points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Pointer {
    /// Where the ray begins, in metres, room frame.
    pub origin_m: [f64; 3],
    /// Where it ends, in metres, room frame.
    pub hit_m: [f64; 3],
    /// Whether it is meant to be seen.
    pub on: bool,
}

/// A hologram in somebody's hold, and where it is now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Held {
    /// The hologram, board or page.
    pub entity: EntityId,
    /// Where it is.
    pub transform: Transform,
}

/// Where somebody is and what they move: sent often, never kept, the latest wins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Pose {
    /// The sender's own clock, in milliseconds; it may begin anywhere and wrap round.
    pub at_ms: u32,
    /// The head.
    pub head: Placement,
    /// The left hand.
    pub left: Option<Hand>,
    /// The right hand.
    pub right: Option<Hand>,
    /// The pointer.
    pub pointer: Option<Pointer>,
    /// What the sender has hold of.
    pub held: Option<Held>,
    /// How far the mouth is open, from 0 to 1, where a camera sees it; in 256 steps on the wire.
    pub mouth: Option<f64>,
}

const LEFT: u8 = 1;
const RIGHT: u8 = 1 << 1;
const POINTER: u8 = 1 << 2;
const POINTER_ON: u8 = 1 << 3;
const HELD: u8 = 1 << 4;
const LEFT_FINGERS: u8 = 1 << 5;
const RIGHT_FINGERS: u8 = 1 << 6;
const MOUTH: u8 = 1 << 7;

impl Pose {
    /// The pose as it can be believed: `None` where the head is outside of the room; hands that no arm reaches, and
    /// a pointer in none of them, are left out.
    pub(crate) fn within_reach(mut self) -> Option<Self> {
        let centre = [0.0; 3];
        if distance_m(self.head.position_m, centre) > limits::POSITION_M {
            return None;
        }
        let head = self.head.position_m;
        let reaches = |hand: &Hand| distance_m(hand.position_m, head) <= limits::REACH_M;
        self.left = self.left.filter(reaches);
        self.right = self.right.filter(reaches);
        let is_theirs = |pointer: &Pointer| distance_m(pointer.origin_m, head) <= limits::REACH_M;
        self.pointer = self.pointer.filter(is_theirs);
        Some(self)
    }

    /// Whether one of the sender's times comes before another; it may have wrapped round in between.
    pub fn is_older(at_ms: u32, other_ms: u32) -> bool {
        other_ms.wrapping_sub(at_ms).wrapping_sub(1) < 1 << 31
    }

    /// Whether nothing has moved from one pose to another.
    pub fn is_still(&self, other: &Self) -> bool {
        Self {
            at_ms: other.at_ms,
            ..*self
        } == *other
    }

    /// Appends the packed pose: at most 82 bytes. Fingers at rest take none.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.at_ms.to_le_bytes());
        let mut flags = 0;
        for (hand, there, fingers) in [
            (self.left, LEFT, LEFT_FINGERS),
            (self.right, RIGHT, RIGHT_FINGERS),
        ] {
            flags |= match hand {
                Some(Hand {
                    fingers: Some(_), ..
                }) => there | fingers,
                Some(_) => there,
                None => 0,
            };
        }
        flags |= if self.held.is_some() { HELD } else { 0 };
        flags |= if self.mouth.is_some() { MOUTH } else { 0 };
        flags |= match self.pointer {
            Some(Pointer { on: true, .. }) => POINTER | POINTER_ON,
            Some(Pointer { on: false, .. }) => POINTER,
            None => 0,
        };
        out.push(flags);
        write_position(out, self.head.position_m);
        write_rotation(out, self.head.rotation);
        for hand in [self.left, self.right].into_iter().flatten() {
            write_position(out, hand.position_m);
            write_rotation(out, hand.rotation);
            if let Some(fingers) = hand.fingers {
                fingers.write(out);
            }
        }
        if let Some(pointer) = self.pointer {
            write_position(out, pointer.origin_m);
            write_position(out, pointer.hit_m);
        }
        if let Some(Held { entity, transform }) = self.held {
            out.extend(entity.to_le_bytes());
            write_position(out, transform.position_m);
            write_rotation(out, transform.rotation);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a scale needs no more digits"
            )]
            out.extend((transform.scale as f32).to_le_bytes());
        }
        if let Some(mouth) = self.mouth {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the cast saturates, which is meant; what is no number is shut"
            )]
            out.push((mouth * 255.0).round() as u8);
        }
    }

    /// Reads a packed pose.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let at_ms = reader.u32()?;
        let flags = reader.u8()?;
        let head = read_placement(reader)?;
        let left = read_hand(reader, flags & LEFT != 0, flags & LEFT_FINGERS != 0)?;
        let right = read_hand(reader, flags & RIGHT != 0, flags & RIGHT_FINGERS != 0)?;
        let pointer = if flags & POINTER == 0 {
            None
        } else {
            Some(Pointer {
                origin_m: read_position(reader)?,
                hit_m: read_position(reader)?,
                on: flags & POINTER_ON != 0,
            })
        };
        let held = (flags & HELD != 0).then(|| read_held(reader)).transpose()?;
        let mouth = (flags & MOUTH != 0).then(|| reader.u8()).transpose()?;
        Ok(Self {
            at_ms,
            head,
            left,
            right,
            pointer,
            held,
            mouth: mouth.map(|step| f64::from(step) / 255.0),
        })
    }
}

pub(crate) fn distance_m(a: [f64; 3], b: [f64; 3]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

fn read_held(reader: &mut Reader<'_>) -> Result<Held, WireError> {
    let entity = reader.u32()?;
    let Placement {
        position_m,
        rotation,
    } = read_placement(reader)?;
    let scale = f64::from(f32::from_le_bytes(reader.array()?));
    if !scale.is_finite() {
        return Err(reader.error("a scale that is no number"));
    }
    Ok(Held {
        entity,
        transform: Transform {
            position_m,
            rotation,
            scale,
        },
    })
}

fn read_placement(reader: &mut Reader<'_>) -> Result<Placement, WireError> {
    Ok(Placement {
        position_m: read_position(reader)?,
        rotation: read_rotation(reader)?,
    })
}

fn read_hand(
    reader: &mut Reader<'_>,
    is_there: bool,
    has_fingers: bool,
) -> Result<Option<Hand>, WireError> {
    if !is_there {
        return if has_fingers {
            Err(reader.error("fingers without a hand"))
        } else {
            Ok(None)
        };
    }
    let Placement {
        position_m,
        rotation,
    } = read_placement(reader)?;
    let fingers = has_fingers.then(|| Fingers::read(reader)).transpose()?;
    Ok(Some(Hand {
        position_m,
        rotation,
        fingers,
    }))
}

fn write_position(out: &mut Vec<u8>, position_m: [f64; 3]) {
    for metres in position_m {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the cast saturates, which is meant"
        )]
        let millimetres = (metres * 1000.0).round() as i16;
        out.extend(millimetres.to_le_bytes());
    }
}

fn read_position(reader: &mut Reader<'_>) -> Result<[f64; 3], WireError> {
    let mut position_m = [0.0; 3];
    for metres in &mut position_m {
        *metres = f64::from(i16::from_le_bytes(reader.array()?)) / 1000.0;
    }
    Ok(position_m)
}

/// The largest value that one of the three smaller components of a unit quaternion can have.
const SMALL: f64 = std::f64::consts::FRAC_1_SQRT_2;
const STEPS: f64 = 32767.0;

/// Smallest three: bits 0–1 name the largest component, then 15 bits for each other one, in order.
fn write_rotation(out: &mut Vec<u8>, rotation: [f64; 4]) {
    let length = rotation.iter().map(|c| c * c).sum::<f64>().sqrt();
    let unit = if length.is_normal() {
        rotation.map(|c| c / length)
    } else {
        [0.0, 0.0, 0.0, 1.0]
    };
    // The first of equally large components is taken, so that the same rotation packs to the same bytes.
    let (mut largest, mut value) = (0, 0.0_f64);
    for (index, component) in unit.into_iter().enumerate() {
        if component.abs() > value.abs() {
            (largest, value) = (index, component);
        }
    }
    // A quaternion and its negative are the same rotation: the largest component is made positive.
    let sign = if value < 0.0 { -1.0 } else { 1.0 };
    let mut packed = largest as u64;
    let mut shift = 2;
    for (index, component) in unit.into_iter().enumerate() {
        if index != largest {
            let share = f64::midpoint(sign * component / SMALL, 1.0).clamp(0.0, 1.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 32767"
            )]
            let step = (share * STEPS).round() as u64;
            packed |= step << shift;
            shift += 15;
        }
    }
    out.extend(packed.to_le_bytes().into_iter().take(6));
}

fn read_rotation(reader: &mut Reader<'_>) -> Result<[f64; 4], WireError> {
    let packed = u64::from(reader.u16()?) | u64::from(reader.u32()?) << 16;
    let largest = (packed & 3) as usize;
    let (mut rotation, mut squares, mut shift) = ([0.0; 4], 0.0, 2);
    for (index, component) in rotation.iter_mut().enumerate() {
        if index != largest {
            let step = (packed >> shift) & 0x7fff;
            *component = (step as f64 / STEPS * 2.0 - 1.0) * SMALL;
            squares += *component * *component;
            shift += 15;
        }
    }
    // Bytes that no sender packs may say more than length 1; they are brought back to it.
    let rest = (1.0 - squares).max(0.0).sqrt();
    let length = squares.max(1.0).sqrt();
    if let Some(component) = rotation.get_mut(largest) {
        *component = rest;
    }
    Ok(rotation.map(|component| component / length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_rotation_comes_back_within_a_hundredth_of_a_degree(
            q in prop::array::uniform4(-1.0_f64..1.0)
        ) {
            let length = q.iter().map(|c| c * c).sum::<f64>().sqrt();
            prop_assume!(length > 1e-3);
            let mut bytes = Vec::new();
            write_rotation(&mut bytes, q);
            let back = read_rotation(&mut Reader::new(&bytes)).unwrap();
            let cosine = q.iter().zip(back).map(|(a, b)| a / length * b).sum::<f64>().abs();
            // cos(0.01° / 2) is 1 − 3.8e-9.
            prop_assert!(cosine > 1.0 - 3.8e-9, "{q:?} {back:?}");
        }

        #[test]
        fn any_bytes_make_a_unit_rotation(bytes in prop::array::uniform6(any::<u8>())) {
            let q = read_rotation(&mut Reader::new(&bytes)).unwrap();
            let length = q.iter().map(|c| c * c).sum::<f64>().sqrt();
            prop_assert!((length - 1.0).abs() < 1e-9);
        }
    }
}
