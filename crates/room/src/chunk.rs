//! Parts of a recording: frames of the room as everybody inside saw them, and packets of voices, each with its
//! time. A part begins with everything that is in the room, so that it can be shown without those before it.

use std::collections::BTreeSet;

use vocabulary::RoomId;

use crate::{
    limits::CHUNK_BYTES,
    wire::{Reader, WireError},
};

const MAGIC: [u8; 4] = *b"YYRC";
const VERSION: u8 = 1;
const KEY: u8 = 1;
const FRAME: u8 = 2;
const VOICE: u8 = 3;

/// What a part is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkHead {
    /// The room.
    pub room: RoomId,
    /// The recording.
    pub recording: u64,
    /// Counts from 0 within the recording.
    pub number: u64,
}

/// Something that was seen or heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A frame from the server that says what is in the room at the beginning of the part.
    Key(Vec<u8>),
    /// A frame from the server, as everybody inside got it.
    Frame(Vec<u8>),
    /// A packet of somebody's voice (Opus, RFC 6716), as it was sent.
    Voice {
        /// The speaker's seat.
        participant: u16,
        /// The sender's own clock, 48,000 a second; it may begin anywhere and wrap round.
        clock: u32,
        /// The packet.
        packet: Vec<u8>,
    },
}

/// A part of a recording, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What it is of.
    pub head: ChunkHead,
    /// What was seen and heard, in the order in which it came, each with its time in milliseconds since the
    /// recording began.
    pub moments: Vec<(u32, Moment)>,
}

impl Chunk {
    /// Reads a part.
    pub fn read(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        if reader.array()? != MAGIC || reader.u8()? != VERSION {
            return Err(reader.error("no part of a recording, or of another version"));
        }
        let length = usize::from(reader.u16()?);
        let name = std::str::from_utf8(reader.take(length)?).ok();
        let room = name.and_then(|name| RoomId::new(name).ok());
        let head = ChunkHead {
            room: room.ok_or_else(|| reader.error("no name of a room"))?,
            recording: reader.u64()?,
            number: reader.u64()?,
        };
        let mut moments = Vec::new();
        while !reader.is_at_end() {
            let kind = reader.u8()?;
            let at_ms = reader.u32()?;
            let voice = (kind == VOICE).then(|| Ok((reader.u16()?, reader.u32()?)));
            let voice = voice.transpose()?;
            let length = reader.u32()? as usize;
            let bytes = reader.take(length)?.to_vec();
            let moment = match (kind, voice) {
                (KEY, _) => Moment::Key(bytes),
                (FRAME, _) => Moment::Frame(bytes),
                (VOICE, Some((participant, clock))) => Moment::Voice {
                    participant,
                    clock,
                    packet: bytes,
                },
                _ => return Err(reader.error("an unknown kind of moment")),
            };
            moments.push((at_ms, moment));
        }
        Ok(Self { head, moments })
    }
}

/// A part of a recording, as it is written.
#[derive(Debug)]
pub struct ChunkWriter {
    bytes: Vec<u8>,
    from_ms: u32,
    to_ms: u32,
    speakers: BTreeSet<u16>,
}

impl ChunkWriter {
    /// Begins a part at a time since the recording began.
    pub fn new(head: &ChunkHead, from_ms: u32) -> Self {
        let mut bytes = Vec::with_capacity(64 << 10);
        bytes.extend(MAGIC);
        bytes.push(VERSION);
        let name = head.room.as_str().as_bytes();
        bytes.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend(name.iter().take(usize::from(u16::MAX)));
        bytes.extend(head.recording.to_le_bytes());
        bytes.extend(head.number.to_le_bytes());
        Self {
            bytes,
            from_ms,
            to_ms: from_ms,
            speakers: BTreeSet::new(),
        }
    }

    /// Adds what was seen or heard; `false` where the part is as long as one may be.
    pub fn add(&mut self, at_ms: u32, moment: &Moment) -> bool {
        let (kind, payload) = match moment {
            Moment::Key(frame) => (KEY, frame),
            Moment::Frame(frame) => (FRAME, frame),
            Moment::Voice { packet, .. } => (VOICE, packet),
        };
        let Ok(length) = u32::try_from(payload.len()) else {
            return false;
        };
        if self.bytes.len() + payload.len() > CHUNK_BYTES {
            return false;
        }
        self.to_ms = self.to_ms.max(at_ms);
        self.bytes.push(kind);
        self.bytes.extend(at_ms.to_le_bytes());
        if let Moment::Voice {
            participant, clock, ..
        } = moment
        {
            self.speakers.insert(*participant);
            self.bytes.extend(participant.to_le_bytes());
            self.bytes.extend(clock.to_le_bytes());
        }
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(payload);
        true
    }

    /// From when to when it goes, in milliseconds since the recording began.
    pub fn span_ms(&self) -> (u32, u32) {
        (self.from_ms, self.to_ms)
    }

    /// Ends it: the bytes, and who is heard.
    pub fn finish(self) -> (Vec<u8>, Vec<u16>) {
        (self.bytes, self.speakers.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment() -> impl Strategy<Value = Moment> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..40);
        prop_oneof![
            bytes().prop_map(Moment::Key),
            bytes().prop_map(Moment::Frame),
            (any::<u16>(), any::<u32>(), bytes()).prop_map(|(participant, clock, packet)| {
                Moment::Voice {
                    participant,
                    clock,
                    packet,
                }
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(moments in prop::collection::vec((any::<u32>(), moment()), 0..20)) {
            let head = ChunkHead {
                room: RoomId::new("consult-1").unwrap(),
                recording: 7,
                number: 3,
            };
            let mut writer = ChunkWriter::new(&head, 0);
            for (at_ms, moment) in &moments {
                prop_assert!(writer.add(*at_ms, moment));
            }
            let (bytes, _) = writer.finish();
            prop_assert_eq!(Chunk::read(&bytes).unwrap(), Chunk { head, moments });
            // A part that was cut off is not taken for a whole one, unless it ends between two moments.
            for end in 0..bytes.len() {
                if let Ok(cut) = Chunk::read(&bytes[..end]) {
                    prop_assert!(cut.moments.len() < Chunk::read(&bytes).unwrap().moments.len());
                }
            }
        }
    }

    #[test]
    fn a_part_takes_no_more_than_it_may() {
        let head = ChunkHead {
            room: RoomId::new("r").unwrap(),
            recording: 1,
            number: 0,
        };
        let mut writer = ChunkWriter::new(&head, 0);
        let frame = Moment::Frame(vec![0; CHUNK_BYTES / 2]);
        assert!(writer.add(1, &frame));
        assert!(!writer.add(2, &frame));
        assert_eq!(writer.span_ms(), (0, 1));
    }
}
