//! Bytes of deleted images that are removed for good.
//!
//! A purge is a fact first: the journal says which objects' bytes are gone before the first of them is
//! touched. The log's frames stay where they are, so that everything behind them does too; what they held is
//! given back to the disk and reads as zeros. A crash in between is made good at the next start.

use std::collections::HashMap;

use record::{Entry, FactBody, PurgedImages, PurgedObject};
use rusqlite::{Connection, params};
use vocabulary::{Digest, Timestamp};

use crate::{
    StorageError,
    frame::Kind,
    index::{self, INDEX, from_sql, to_sql},
    log::{Found, Log, Position},
};

/// Where bytes were, and how many.
pub type Erased = (Position, u64);

/// Objects that were deleted before this and are not kept under any other deletion or UID: at most so many,
/// the longest deleted first.
pub fn due(
    connection: &Connection,
    deleted_before: Timestamp,
    most: usize,
) -> Result<Vec<PurgedObject>, StorageError> {
    let mut statement = connection.prepare_cached(
        "SELECT d.digest, b.length FROM deleted d JOIN blobs b ON b.digest = d.digest \
         WHERE NOT EXISTS (SELECT 1 FROM instances i WHERE i.digest = d.digest) \
         GROUP BY d.digest HAVING max(d.at) < ? ORDER BY max(d.at), min(d.sequence) LIMIT ?",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found = statement.query_map(params![deleted_before.0, most], |row| {
        Ok(PurgedObject {
            digest: Digest(row.get(0)?),
            size: from_sql(row.get(1)?),
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Takes a purge into the index; answers where the bytes were.
pub fn apply(connection: &Connection, purged: &PurgedImages) -> Result<Vec<Erased>, StorageError> {
    let damaged = |what: &str| StorageError::damaged(INDEX, 0, what);
    let mut erased = Vec::with_capacity(purged.objects.len());
    for object in &purged.objects {
        let digest = object.digest.0;
        let is_kept: bool = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM instances WHERE digest = ?)")?
            .query_row([digest], |row| row.get(0))?;
        if is_kept {
            return Err(damaged("an object that is kept was purged"));
        }
        let (at, length) = index::blob(connection, &object.digest)?
            .ok_or_else(|| damaged("an object that was purged is missing"))?;
        connection
            .prepare_cached("INSERT INTO purged VALUES (?, ?, ?)")?
            .execute(params![at.segment, to_sql(at.offset), to_sql(length)])?;
        for table in ["blobs", "deleted"] {
            connection
                .prepare_cached(&format!("DELETE FROM {table} WHERE digest = ?"))?
                .execute([digest])?;
        }
        erased.push((at, length));
    }
    Ok(erased)
}

/// Everything that was ever purged.
pub fn all(connection: &Connection) -> Result<Vec<Erased>, StorageError> {
    let mut statement = connection.prepare_cached("SELECT segment, offset, length FROM purged")?;
    let rows = statement.query_map([], |row| {
        let at = Position {
            segment: row.get(0)?,
            offset: from_sql(row.get(1)?),
        };
        Ok((at, from_sql(row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many objects were ever purged.
pub fn count(connection: &Connection) -> Result<u64, StorageError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM purged")?;
    Ok(from_sql(statement.query_row([], |row| row.get(0))?))
}

/// The purges that a part of the log tells of.
#[derive(Debug, Default)]
pub struct Purges {
    /// The last place at which the journal says that these bytes are gone.
    last: HashMap<Digest, Position>,
}

/// An entry says what it is at its beginning, so that the others need not be taken apart.
const BEGINNING: usize = 1024;
const WORDS: [&[u8]; 3] = [
    b"\"purged-images\"",
    b"\"purged-signals\"",
    b"\"erased-recording\"",
];

impl Purges {
    /// Reads the entries from a place on, as far as they are whole; what is not is found out elsewhere.
    pub fn read(log: &Log, from: Position) -> Result<Self, StorageError> {
        let mut purges = Self::default();
        let mut at = from;
        loop {
            match log.frame_at(at)? {
                Found::Frame(header) => {
                    if header.kind == Kind::Entry {
                        purges.entry(log, at, header.length)?;
                    }
                    at.offset = at
                        .offset
                        .saturating_add(header.frame_length().unwrap_or(u64::MAX));
                }
                Found::End if at.segment < log.last() => {
                    at = Position {
                        segment: at.segment + 1,
                        offset: crate::frame::SEGMENT_HEADER,
                    };
                }
                Found::End | Found::Broken => return Ok(purges),
            }
        }
    }

    fn entry(&mut self, log: &Log, at: Position, length: u64) -> Result<(), StorageError> {
        let sound = |read: Result<_, StorageError>| match read {
            Err(StorageError::Damaged { .. }) => Ok(None),
            other => other.map(Some),
        };
        let end = length.min(BEGINNING as u64);
        let Some(beginning) = sound(log.payload_range(at, length, 0, end))? else {
            return Ok(());
        };
        let holds = |word: &[u8]| beginning.windows(word.len()).any(|found| found == word);
        if !WORDS.into_iter().any(holds) {
            return Ok(());
        }
        let Some(bytes) = sound(log.payload(at, length))? else {
            return Ok(());
        };
        let Ok(entry) = serde_json::from_slice::<Entry>(&bytes) else {
            return Ok(());
        };
        let objects = match entry.fact.body {
            FactBody::PurgedImages(purged) => purged.objects,
            FactBody::PurgedSignals(purged) => purged.objects,
            FactBody::ErasedRecording(erased) => erased.objects,
            _ => return Ok(()),
        };
        let objects = objects.into_iter();
        self.last.extend(objects.map(|object| (object.digest, at)));
        Ok(())
    }

    /// Whether the bytes of this object, at this place, may be gone.
    pub fn cover(&self, digest: &Digest, at: Position) -> bool {
        self.last.get(digest).is_some_and(|last| at < *last)
    }
}
