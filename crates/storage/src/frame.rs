//! The form of the log on disk. All numbers are little endian.
//!
//! ```text
//! segment  = header frame*
//! header   = "YUANYI01" number:u32 crc32c(of the 12 bytes before):u32
//! frame    = fixed payload table
//! fixed    = "YFR1" kind:u8 flags:u8 0:u16 length:u64 sha256:[32] group:u64 0:u32 crc32c(of the 60 before):u32
//! table    = crc32c:u32 for each 4096 bytes of the payload
//! ```

use vocabulary::Digest;

/// Length of a segment's header.
pub const SEGMENT_HEADER: u64 = 16;
/// Length of a frame's fixed part.
pub const FIXED: usize = 64;
/// Bytes of payload that one checksum covers.
pub const BLOCK: usize = 4096;

const SEGMENT_MAGIC: [u8; 8] = *b"YUANYI01";
/// How each frame starts.
pub const FRAME_MAGIC: [u8; 4] = *b"YFR1";
const END_OF_GROUP: u8 = 1;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The bytes of a stored object.
    Blob,
    /// The JSON bytes of a journal entry.
    Entry,
    /// Readings that are not sealed yet; they stand in the log of arrivals only.
    Readings,
}

/// The fixed part of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it holds.
    pub kind: Kind,
    /// The last frame of its group: without it, the group was never acknowledged and does not count.
    pub end_of_group: bool,
    /// Length of the payload in bytes.
    pub length: u64,
    /// Digest of the payload.
    pub digest: Digest,
    /// Counts the groups that were made durable together.
    pub group: u64,
}

impl Header {
    /// The bytes on disk.
    pub fn encode(&self) -> [u8; FIXED] {
        let kind = match self.kind {
            Kind::Blob => 1,
            Kind::Entry => 2,
            Kind::Readings => 3,
        };
        let flags = if self.end_of_group { END_OF_GROUP } else { 0 };
        let mut bytes = Vec::with_capacity(FIXED);
        bytes.extend(FRAME_MAGIC);
        bytes.extend([kind, flags, 0, 0]);
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.digest.0);
        bytes.extend(self.group.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        let mut fixed = [0; FIXED];
        fixed.copy_from_slice(&bytes);
        fixed
    }

    /// Reads the fixed part; `None` where it is not one.
    pub fn decode(bytes: &[u8; FIXED]) -> Option<Self> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (magic, body) = body.split_first_chunk::<4>()?;
        let ([kind, flags, 0, 0], body) = body.split_first_chunk::<4>()? else {
            return None;
        };
        let (length, body) = body.split_first_chunk::<8>()?;
        let (digest, body) = body.split_first_chunk::<32>()?;
        let (group, _) = body.split_first_chunk::<8>()?;
        let kind = match kind {
            1 => Kind::Blob,
            2 => Kind::Entry,
            3 => Kind::Readings,
            _ => return None,
        };
        (*magic == FRAME_MAGIC).then_some(Self {
            kind,
            end_of_group: flags & END_OF_GROUP != 0,
            length: u64::from_le_bytes(*length),
            digest: Digest(*digest),
            group: u64::from_le_bytes(*group),
        })
    }

    /// Length of the whole frame in bytes; `None` where no file could be that long.
    pub fn frame_length(&self) -> Option<u64> {
        frame_length(self.length)
    }
}

/// Length in bytes of the frame around a payload of `length` bytes.
pub fn frame_length(length: u64) -> Option<u64> {
    length
        .checked_add(table_length(length)?)?
        .checked_add(FIXED as u64)
        .filter(|total| *total < 1 << 62)
}

/// Length in bytes of the checksums of a payload of `length` bytes.
pub fn table_length(length: u64) -> Option<u64> {
    length.div_ceil(BLOCK as u64).checked_mul(4)
}

/// The checksums of a payload.
pub fn table(payload: &[u8]) -> Vec<u8> {
    payload
        .chunks(BLOCK)
        .flat_map(|block| crc32c::crc32c(block).to_le_bytes())
        .collect()
}

/// The header of segment `number`.
pub fn segment_header(number: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    let (magic, rest) = bytes.split_at_mut(8);
    magic.copy_from_slice(&SEGMENT_MAGIC);
    let (place, _) = rest.split_at_mut(4);
    place.copy_from_slice(&number.to_le_bytes());
    let crc = bytes
        .split_last_chunk::<4>()
        .map_or(0, |(body, _)| crc32c::crc32c(body));
    if let Some(place) = bytes.last_chunk_mut::<4>() {
        *place = crc.to_le_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_written_and_no_bit_of_it_can_change() {
        let header = Header {
            kind: Kind::Entry,
            end_of_group: true,
            length: 70_000,
            digest: Digest::of(b"x"),
            group: 9,
        };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Some(header));
        for bit in 0..FIXED * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&changed), None, "bit {bit}");
        }
        assert_eq!(header.frame_length(), Some(64 + 70_000 + 18 * 4));
    }
}
