use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::wire::{Reader, WireError};

/// A hand, and its fingers where a device tracks them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Hand {
    /// Position `[x, y, z]` in metres, room frame.
    pub position_m: [f64; 3],
    /// Rotation as a unit quaternion `[x, y, z, w]`.
    pub rotation: [f64; 4],
    /// How the fingers are; none where they rest, or nothing tracks them.
    pub fingers: Option<Fingers>,
}

/// How the fingers of a hand are bent and spread. On the wire each number is one of 32 steps; all six are four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Fingers {
    /// How far thumb, index, middle, ring and little finger are bent: 0 is straight, 1 a fist.
    pub curls: [f64; 5],
    /// How far the fingers are spread: 0 is beside one another, 1 as far as they go.
    pub spread: f64,
}

const STEPS: f64 = 31.0;
const BITS: u32 = 5;
const UNUSED: u32 = 0b11 << 30;

impl Fingers {
    /// Thumb in the lowest five bits, then the other fingers, then the spread; the two highest bits are zero.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut packed = 0;
        for share in self.shares().into_iter().rev() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 31; what is no number is packed as 0"
            )]
            let step = (share.clamp(0.0, 1.0) * STEPS).round() as u32;
            packed = (packed << BITS) | step;
        }
        out.extend(packed.to_le_bytes());
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let packed = reader.u32()?;
        if packed & UNUSED != 0 {
            return Err(reader.error("fingers bent beyond a fist"));
        }
        let share = |number: u32| f64::from((packed >> (number * BITS)) & 0x1f) / STEPS;
        Ok(Self {
            curls: [share(0), share(1), share(2), share(3), share(4)],
            spread: share(5),
        })
    }

    fn shares(&self) -> [f64; 6] {
        let [thumb, index, middle, ring, little] = self.curls;
        [thumb, index, middle, ring, little, self.spread]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(fingers: &Fingers) -> Vec<u8> {
        let mut bytes = Vec::new();
        fingers.write(&mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn fingers_come_back_within_half_a_step(
            curls in prop::array::uniform5(-0.5_f64..1.5), spread in -0.5_f64..1.5
        ) {
            let sent = Fingers { curls, spread };
            let bytes = packed(&sent);
            prop_assert_eq!(bytes.len(), 4);
            let back = Fingers::read(&mut Reader::new(&bytes)).unwrap();
            for (sent, back) in sent.shares().into_iter().zip(back.shares()) {
                prop_assert!((sent.clamp(0.0, 1.0) - back).abs() <= 0.5 / STEPS + 1e-12);
            }
            // What has been on the wire once stays as it is.
            prop_assert_eq!(packed(&back), bytes);
        }

        #[test]
        fn any_bytes_are_fingers_of_a_person_or_refused(bytes in prop::array::uniform4(any::<u8>())) {
            match Fingers::read(&mut Reader::new(&bytes)) {
                Ok(fingers) => {
                    prop_assert!(fingers.shares().iter().all(|share| (0.0..=1.0).contains(share)));
                    prop_assert_eq!(packed(&fingers), bytes);
                }
                Err(_) => prop_assert!(bytes[3] >= 0x40),
            }
        }
    }

    #[test]
    fn what_is_no_number_is_a_straight_finger() {
        let fingers = Fingers {
            curls: [f64::NAN; 5],
            spread: f64::NAN,
        };
        assert_eq!(packed(&fingers), [0; 4]);
    }
}
