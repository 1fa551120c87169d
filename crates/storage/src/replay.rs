//! Brings the index up to the log: after a crash, or from nothing.

use ledger::{Checkpoint, Frontier};
use record::{Entry, Indexer};
use rusqlite::Connection;
use vocabulary::Digest;

use crate::{
    StorageError,
    frame::{self, FIXED, FRAME_MAGIC, Header, Kind, SEGMENT_HEADER},
    index::{self, Applied, IndexNodes, Located},
    log::{Found, Log, Position, segment_name},
    purge::Purges,
};

/// Bytes of the log that are taken into the index in one transaction.
const TRANSACTION: u64 = 64 << 20;
/// Bytes of a blob that are checked at a time.
const PIECE: u64 = 4 << 20;

/// What a crash left behind the last group that was acknowledged, and was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment's file, below the data folder.
    pub file: String,
    /// Where it was cut, in bytes.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// An index that is as far as the log.
#[derive(Debug)]
pub struct CaughtUp {
    /// How far that is.
    pub applied: Applied,
    /// The edge of the ledger's tree.
    pub frontier: Frontier,
    /// What was not whole at the end of the log, and still stands there.
    pub torn: Option<TornTail>,
}

/// Checks that all segments start as they must.
pub fn check_segment_headers(log: &Log) -> Result<(), StorageError> {
    for segment in log.first().max(1)..=log.last() {
        // A crash may have left the last one without its header; the next start writes it.
        if segment == log.last() && log.length(segment)? < SEGMENT_HEADER {
            break;
        }
        let mut bytes = [0; 16];
        log.read(Position { segment, offset: 0 }, &mut bytes)?;
        let expected = frame::segment_header(segment);
        let wrong = bytes
            .iter()
            .zip(expected)
            .position(|(seen, expected)| *seen != expected);
        if let Some(offset) = wrong {
            let what = "the segment's header is not as written";
            return Err(StorageError::damaged(
                log.name_of(segment),
                offset as u64,
                what,
            ));
        }
    }
    Ok(())
}

/// Takes all groups that the index does not have yet from the log.
pub fn catch_up(
    log: &Log,
    connection: &Connection,
    indexer: &dyn Indexer,
) -> Result<CaughtUp, StorageError> {
    catch_up_to(log, connection, indexer, u64::MAX)
}

/// Takes groups from the log until there are `size` entries.
pub fn catch_up_to(
    log: &Log,
    connection: &Connection,
    indexer: &dyn Indexer,
    size: u64,
) -> Result<CaughtUp, StorageError> {
    let applied = index::applied(connection)?;
    check_known_end(log, connection, &applied)?;
    let frontier = Frontier::load(applied.size, &IndexNodes(connection))?;
    let mut replay = Replay {
        purges: Purges::read(log, applied.position)?,
        log,
        connection,
        indexer,
        applied,
        frontier,
        until: size,
    };
    let torn = replay.run()?;
    Ok(CaughtUp {
        applied: replay.applied,
        frontier: replay.frontier,
        torn,
    })
}

/// The log must reach to where the index ends, and hold the entry that the index knows as the last.
fn check_known_end(
    log: &Log,
    connection: &Connection,
    applied: &Applied,
) -> Result<(), StorageError> {
    let Position { segment, offset } = applied.position;
    let length = if segment <= log.last() {
        log.length(segment)?
    } else {
        0
    };
    if length < offset {
        let what = format!(
            "the file ends here, but {} entries were acknowledged",
            applied.size
        );
        return Err(StorageError::damaged(segment_name(segment), length, what));
    }
    let Some(last) = applied.size.checked_sub(1) else {
        return Ok(());
    };
    let Some(located) = index::locate(connection, last)? else {
        return Err(StorageError::damaged(
            index::INDEX,
            0,
            "the last entry is missing",
        ));
    };
    match log.frame_at(located.position)? {
        Found::Frame(header) if header.digest == located.digest => Ok(()),
        _ => Err(StorageError::damaged(
            segment_name(located.position.segment),
            located.position.offset,
            "this is not the last entry that was acknowledged",
        )),
    }
}

/// Checks that the log goes at least as far as the signed checkpoint, and to the same root.
pub fn check_checkpoint(
    connection: &Connection,
    end: &CaughtUp,
    checkpoint: &Checkpoint,
) -> Result<(), StorageError> {
    if checkpoint.size > end.applied.size {
        let what = format!(
            "only {} entries are whole up to here, and {} were signed",
            end.applied.size, checkpoint.size
        );
        let Position { segment, offset } = end.applied.position;
        return Err(StorageError::damaged(segment_name(segment), offset, what));
    }
    if ledger::root(checkpoint.size, &IndexNodes(connection))? != checkpoint.root {
        let what = "the signed root is not that of the journal's entries";
        return Err(StorageError::damaged(crate::keys::CHECKPOINT, 0, what));
    }
    Ok(())
}

struct Replay<'a> {
    log: &'a Log,
    /// What later entries say was removed.
    purges: Purges,
    connection: &'a Connection,
    indexer: &'a dyn Indexer,
    applied: Applied,
    frontier: Frontier,
    /// The number of entries to stop at.
    until: u64,
}

impl Replay<'_> {
    fn run(&mut self) -> Result<Option<TornTail>, StorageError> {
        let before = self.applied;
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let answer = self.groups();
        // What was taken is right whatever came after it. Where there was nothing, nothing is written: a
        // hospital on a full disk opens too.
        if self.applied != before {
            index::set_applied(self.connection, &self.applied)?;
        }
        self.connection.execute_batch("COMMIT")?;
        answer
    }

    fn groups(&mut self) -> Result<Option<TornTail>, StorageError> {
        let mut taken = 0;
        while self.applied.size < self.until {
            let before = self.applied.position;
            self.connection.execute_batch("SAVEPOINT one_group")?;
            let (applied, frontier) = (self.applied, self.frontier.clone());
            let group = self.group();
            if !matches!(group, Ok(Ended::Group)) {
                self.connection.execute_batch("ROLLBACK TO one_group")?;
                (self.applied, self.frontier) = (applied, frontier);
            }
            self.connection.execute_batch("RELEASE one_group")?;
            match group? {
                Ended::Group => {
                    taken += self.applied.position.offset.abs_diff(before.offset);
                    if taken > TRANSACTION {
                        taken = 0;
                        index::set_applied(self.connection, &self.applied)?;
                        self.connection.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
                    }
                }
                Ended::Segment => {
                    let segment = before.segment + 1;
                    self.applied.position = Position {
                        segment,
                        offset: SEGMENT_HEADER,
                    };
                }
                Ended::Log => return Ok(None),
                Ended::Broken(at) => return self.torn(at).map(Some),
            }
        }
        Ok(None)
    }

    /// Takes the next group.
    fn group(&mut self) -> Result<Ended, StorageError> {
        let start = self.applied.position;
        loop {
            let at = self.applied.position;
            let header = match self.log.frame_at(at)? {
                Found::Frame(header) => header,
                Found::End if at != start => return Ok(Ended::Broken(at)),
                Found::End if at.segment < self.log.last() => return Ok(Ended::Segment),
                Found::End => return Ok(Ended::Log),
                Found::Broken => return Ok(Ended::Broken(at)),
            };
            match self.frame(at, &header) {
                Err(StorageError::Damaged { .. }) => return Ok(Ended::Broken(at)),
                other => other?,
            }
            let length = header.frame_length().unwrap_or(0);
            self.applied.position.offset = at.offset.saturating_add(length);
            self.applied.group = header.group;
            if header.end_of_group {
                return Ok(Ended::Group);
            }
        }
    }

    fn frame(&mut self, at: Position, header: &Header) -> Result<(), StorageError> {
        match header.kind {
            Kind::Blob => {
                // Bytes that were removed cannot be checked; that they were is checked with the entry that
                // says so.
                let gone = self.purges.cover(&header.digest, at);
                let mut begin = if gone { header.length } else { 0 };
                while begin < header.length {
                    let end = header.length.min(begin + PIECE);
                    self.log.payload_range(at, header.length, begin, end)?;
                    begin = end;
                }
                index::add_blob(self.connection, &header.digest, at, header.length)
            }
            Kind::Readings => Err(StorageError::damaged(
                segment_name(at.segment),
                at.offset,
                "readings that are not sealed stand in the journal",
            )),
            Kind::Entry => {
                let bytes = self.log.entry(at, header.length, &header.digest)?;
                self.entry(at, &bytes, header.digest)
            }
        }
    }

    fn entry(&mut self, at: Position, bytes: &[u8], digest: Digest) -> Result<(), StorageError> {
        let damaged =
            |what: String| StorageError::damaged(segment_name(at.segment), at.offset, what);
        let entry: Entry = serde_json::from_slice(bytes)
            .map_err(|error| damaged(format!("no journal entry: {error}")))?;
        if entry.sequence != self.applied.size {
            return Err(damaged(format!(
                "entry {} stands in the place of entry {}",
                entry.sequence, self.applied.size
            )));
        }
        let located = Located {
            position: at,
            length: bytes.len() as u64,
            digest,
            at: entry.at,
        };
        index::apply(
            self.connection,
            &mut self.frontier,
            self.indexer,
            &entry,
            &located,
        )?;
        self.applied.size += 1;
        self.applied.at = entry.at;
        Ok(())
    }

    /// Decides what bytes at `at` are that are no whole frame. A crash leaves such bytes in the last group
    /// only, which was not acknowledged; if a later group stands behind them, this one was.
    fn torn(&self, at: Position) -> Result<TornTail, StorageError> {
        let damaged = |what: &str| StorageError::damaged(segment_name(at.segment), at.offset, what);
        if at.segment < self.log.last() {
            return Err(damaged("no whole frame, and more of the log follows"));
        }
        if later_group(self.log, at, self.applied.group + 1)? {
            return Err(damaged("no whole frame, and later facts follow"));
        }
        let start = self.applied.position;
        let bytes = self.log.length(start.segment)?.saturating_sub(start.offset);
        Ok(TornTail {
            file: segment_name(start.segment),
            offset: start.offset,
            bytes,
        })
    }
}

/// How the search for the next group ended.
enum Ended {
    /// It was taken.
    Group,
    /// The segment is over.
    Segment,
    /// The log is over.
    Log,
    /// There is something at this place that is no whole frame.
    Broken(Position),
}

/// Whether a frame of a group after `group` stands anywhere behind `at` in its segment.
pub fn later_group(log: &Log, at: Position, group: u64) -> Result<bool, StorageError> {
    let length = log.length(at.segment)?;
    let mut from = at.offset + 1;
    while from + (FIXED as u64) <= length {
        // Pieces overlap, so that no header falls between two of them.
        let piece = (length - from).min(1 << 20);
        let mut bytes = vec![0; usize::try_from(piece).unwrap_or(0)];
        log.read(Position { offset: from, ..at }, &mut bytes)?;
        let found = bytes.windows(FIXED).any(|window| {
            window.starts_with(&FRAME_MAGIC)
                && window
                    .first_chunk()
                    .and_then(Header::decode)
                    .is_some_and(|header| header.group > group)
        });
        if found {
            return Ok(true);
        }
        from += piece.saturating_sub(FIXED as u64 - 1).max(1);
    }
    Ok(false)
}
