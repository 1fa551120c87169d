//! Frames that come by requests, from those who have no socket.

use crate::limits::CLIENT_FRAME_BYTES;

/// Takes the body of a request apart: frames, each after its length (`u16`, little endian). A body without a frame
/// says nothing, and is refused like one that breaks off.
pub fn split(body: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut frames, mut rest) = (Vec::new(), body);
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes(*length));
        if !(1..=CLIENT_FRAME_BYTES).contains(&length) {
            return None;
        }
        let (frame, after) = after.split_at_checked(length)?;
        frames.push(frame);
        rest = after;
    }
    (!frames.is_empty()).then_some(frames)
}

/// Whether a request is heard now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is the next one.
    Now,
    /// It was heard before: whatever carried it brought it twice.
    Before,
    /// One before it is missing.
    Early,
}

/// Keeps the requests of one line in order. Each goes by a connection of its own, and nothing else does: they may
/// overtake one another, and what carries them may send one again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Turns {
    heard: u32,
}

impl Turns {
    /// Whose turn it is: requests are numbered from 1.
    pub fn of(&self, number: u32) -> Turn {
        if number <= self.heard {
            Turn::Before
        } else if number - self.heard == 1 {
            Turn::Now
        } else {
            Turn::Early
        }
    }

    /// The one whose turn it was is heard.
    pub fn heard(&mut self) {
        self.heard = self.heard.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_whole_frames_or_nothing() {
        let frames = split(&[1, 0, 9, 2, 0, 7, 8]).unwrap();
        assert_eq!(frames, [&[9][..], &[7, 8]]);
        for broken in [&[][..], &[1], &[0, 0], &[2, 0, 9], &[1, 0, 9, 1]] {
            assert_eq!(split(broken), None);
        }
        let mut long = u16::MAX.to_le_bytes().to_vec();
        long.resize(2 + usize::from(u16::MAX), 1);
        assert_eq!(split(&long), None);
    }

    #[test]
    fn each_request_is_heard_once_and_in_its_turn() {
        let mut turns = Turns::default();
        assert_eq!(
            [0, 1, 2].map(|n| turns.of(n)),
            [Turn::Before, Turn::Now, Turn::Early]
        );
        turns.heard();
        assert_eq!(
            [1, 2, u32::MAX].map(|n| turns.of(n)),
            [Turn::Before, Turn::Now, Turn::Early]
        );
    }
}
