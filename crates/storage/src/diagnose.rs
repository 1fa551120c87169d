//! From "this does not fit" to the one byte that is wrong.

use sha2::{Digest as _, Sha256};
use vocabulary::Digest;

use crate::{
    StorageError,
    frame::{self, BLOCK, FIXED, Header},
    locate,
    log::{Log, Position},
    verify::{Fault, Stop},
};

/// Bytes that are read at a time.
const PIECE: u64 = 1 << 20;

/// A frame's payload and checksums.
pub struct Payload<'a> {
    log: &'a Log,
    at: Position,
    header: &'a Header,
}

impl<'a> Payload<'a> {
    /// The payload of the frame at `at`.
    pub fn new(log: &'a Log, at: Position, header: &'a Header) -> Self {
        Self { log, at, header }
    }

    fn start(&self) -> u64 {
        self.at.offset + FIXED as u64
    }

    /// Reads all of it and compares digest and checksums.
    pub fn check(&self) -> Result<(), Stop> {
        let mut hash = Sha256::new();
        let mut sums = Vec::new();
        let mut from = 0;
        while from < self.header.length {
            let piece = (self.header.length - from).min(PIECE);
            let bytes = self.read(self.start() + from, piece)?;
            hash.update(&bytes);
            sums.extend(frame::table(&bytes));
            from += piece;
        }
        let table = self.read(self.start() + self.header.length, sums.len() as u64)?;
        let whole = Digest(hash.finalize().into()) == self.header.digest;
        match (whole, sums == table) {
            (true, true) => Ok(()),
            (true, false) => Err(Stop::Fault(self.wrong_table(&table, &sums))),
            (false, _) => Err(Stop::Fault(self.wrong_payload(&table, &sums)?)),
        }
    }

    fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, StorageError> {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.log.read(Position { offset, ..self.at }, &mut bytes)?;
        Ok(bytes)
    }

    /// The payload is whole: a checksum itself was changed.
    fn wrong_table(&self, read: &[u8], expected: &[u8]) -> Fault {
        let file = self.log.name_of(self.at.segment);
        let start = self.start() + self.header.length;
        single_difference(&file, start, read, expected).unwrap_or_else(|| {
            Fault::at(
                file,
                start,
                "several bytes of the checksums are not as written",
            )
        })
    }

    /// The payload was changed: the first block whose checksum does not fit is searched for one byte.
    fn wrong_payload(&self, table: &[u8], sums: &[u8]) -> Result<Fault, StorageError> {
        let file = self.log.name_of(self.at.segment);
        let blocks = table.chunks(4).zip(sums.chunks(4));
        let Some(number) = blocks.into_iter().position(|(kept, seen)| kept != seen) else {
            let what = "the bytes fit their checksums and not their digest: they were rewritten";
            return Ok(Fault::at(file, self.start(), what));
        };
        let mut payload = self.read(self.start(), self.header.length)?;
        let first = number * BLOCK;
        let block = payload.get(first..).unwrap_or(&[]);
        let block = block.get(..BLOCK).unwrap_or(block);
        let kept = table
            .get(number * 4..)
            .and_then(|rest| rest.first_chunk::<4>());
        let kept = kept.map_or(0, |kept| u32::from_le_bytes(*kept));
        for candidate in locate::candidates(block, kept) {
            let place = first + candidate.offset;
            let Some(byte) = payload.get_mut(place) else {
                continue;
            };
            let read = std::mem::replace(byte, candidate.expected);
            if Digest::of(&payload) == self.header.digest {
                return Ok(Fault {
                    file,
                    offset: Some(self.start() + place as u64),
                    byte: Some((read, candidate.expected)),
                    what: "one byte was changed; with the value it should have, the digest fits"
                        .to_owned(),
                });
            }
            if let Some(byte) = payload.get_mut(place) {
                *byte = read;
            }
        }
        let what = format!("more than one byte is wrong within {BLOCK} bytes from here");
        Ok(Fault::at(file, self.start() + first as u64, what))
    }
}

/// What is wrong where a frame's header should be.
pub fn header(log: &Log, at: Position) -> Result<Fault, StorageError> {
    let file = log.name_of(at.segment);
    let length = log.length(at.segment)?;
    let mut fixed = [0; FIXED];
    if length.saturating_sub(at.offset) < FIXED as u64 {
        return Ok(Fault::at(
            file,
            at.offset,
            "the file ends within a frame's header",
        ));
    }
    log.read(at, &mut fixed)?;
    if Header::decode(&fixed).is_some() {
        return Ok(Fault::at(file, length, "the file ends within a frame"));
    }
    // The header's own checksum says which single byte, changed, makes it right.
    for place in 0..FIXED {
        let read = fixed.get(place).copied().unwrap_or(0);
        for expected in 0..=u8::MAX {
            if let Some(byte) = fixed.get_mut(place) {
                *byte = expected;
            }
            if expected == read || !is_frame(log, at, length, &fixed) {
                continue;
            }
            return Ok(Fault {
                file,
                offset: Some(at.offset + place as u64),
                byte: Some((read, expected)),
                what: "one byte of a frame's header was changed".to_owned(),
            });
        }
        if let Some(byte) = fixed.get_mut(place) {
            *byte = read;
        }
    }
    Ok(Fault::at(
        file,
        at.offset,
        "several bytes of a frame's header are not as written",
    ))
}

/// Whether these bytes are a header whose frame fits into its file.
fn is_frame(log: &Log, at: Position, length: u64, fixed: &[u8; FIXED]) -> bool {
    let Some(header) = Header::decode(fixed) else {
        return false;
    };
    let end = header
        .frame_length()
        .and_then(|frame| at.offset.checked_add(frame));
    end.is_some_and(|end| end <= length && Payload::new(log, at, &header).check().is_ok())
}

/// Names read and expected value of the wrong byte of a segment's header.
pub fn segment_header(log: &Log, fault: Fault) -> Fault {
    let number = (log.first()..=log.last()).find(|number| log.name_of(*number) == fault.file);
    let mut read = [0; 16];
    let Some(segment) = number else { return fault };
    if log
        .read(Position { segment, offset: 0 }, &mut read)
        .is_err()
    {
        return fault;
    }
    let expected = frame::segment_header(segment);
    single_difference(&fault.file, 0, &read, &expected).unwrap_or(fault)
}

/// The fault where exactly one byte differs.
pub fn single_difference(file: &str, start: u64, read: &[u8], expected: &[u8]) -> Option<Fault> {
    if read.len() != expected.len() {
        return None;
    }
    let mut differing = read
        .iter()
        .zip(expected)
        .enumerate()
        .filter(|(_, (a, b))| a != b);
    let (place, (read, expected)) = differing.next()?;
    differing.next().is_none().then(|| Fault {
        file: file.to_owned(),
        offset: Some(start + place as u64),
        byte: Some((*read, *expected)),
        what: "one byte was changed".to_owned(),
    })
}
