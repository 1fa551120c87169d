//! Recordings of rooms in the index: which there are, and where their chunks lie.

use record::{ErasedRecording, PurgedObject, RecordedChunk, RecordingFound, SealedRecording};
use rusqlite::{Connection, OptionalExtension, Row, params};
use vocabulary::{Digest, PatientId, RoomId, Timestamp};

use crate::{
    StorageError,
    index::{self, INDEX, from_sql, to_sql},
    purge::Erased,
};

/// The tables of the index.
pub const SCHEMA: &str = "
CREATE TABLE recordings (room TEXT, recording INTEGER, subject TEXT, started INTEGER, duration_ms INTEGER,
    chunks INTEGER, bytes INTEGER, sealed INTEGER, erased INTEGER, PRIMARY KEY (room, recording)) WITHOUT ROWID;
CREATE TABLE recorded_chunks (room TEXT, recording INTEGER, number INTEGER, sequence INTEGER, digest BLOB,
    size INTEGER, PRIMARY KEY (room, recording, number)) WITHOUT ROWID;
";

/// Takes a chunk into the index.
pub fn apply(
    connection: &Connection,
    sequence: u64,
    subject: Option<&PatientId>,
    chunk: &RecordedChunk,
) -> Result<(), StorageError> {
    connection
        .prepare_cached(
            "INSERT INTO recordings VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, NULL, NULL) \
             ON CONFLICT (room, recording) DO UPDATE SET chunks = chunks + 1, \
             bytes = bytes + excluded.bytes, duration_ms = excluded.duration_ms",
        )?
        .execute(params![
            chunk.room.as_str(),
            to_sql(chunk.recording),
            subject.map(PatientId::as_str),
            chunk.started.0,
            chunk.to_ms,
            to_sql(chunk.size),
        ])?;
    connection
        .prepare_cached("INSERT INTO recorded_chunks VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![
            chunk.room.as_str(),
            to_sql(chunk.recording),
            to_sql(chunk.number),
            to_sql(sequence),
            chunk.digest.0,
            to_sql(chunk.size),
        ])?;
    Ok(())
}

/// Takes the end of a recording into the index. One of which no chunk was kept is a recording too.
pub fn seal(
    connection: &Connection,
    sequence: u64,
    subject: Option<&PatientId>,
    sealed: &SealedRecording,
) -> Result<(), StorageError> {
    connection
        .prepare_cached(
            "INSERT INTO recordings VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, NULL) \
             ON CONFLICT (room, recording) DO UPDATE SET sealed = excluded.sealed, \
             duration_ms = excluded.duration_ms",
        )?
        .execute(params![
            sealed.room.as_str(),
            to_sql(sealed.recording),
            subject.map(PatientId::as_str),
            sealed.started.0,
            sealed.duration_ms,
            to_sql(sequence),
        ])?;
    Ok(())
}

/// Takes the removal of a recording's bytes into the index; answers where they were.
pub fn erase(
    connection: &Connection,
    sequence: u64,
    gone: &ErasedRecording,
) -> Result<Vec<Erased>, StorageError> {
    let mut erased = Vec::with_capacity(gone.objects.len());
    for object in &gone.objects {
        let (at, length) = index::blob(connection, &object.digest)?.ok_or_else(|| {
            StorageError::damaged(
                INDEX,
                0,
                "a chunk of a recording that was erased is missing",
            )
        })?;
        connection
            .prepare_cached("INSERT INTO purged VALUES (?, ?, ?)")?
            .execute(params![at.segment, to_sql(at.offset), to_sql(length)])?;
        connection
            .prepare_cached("DELETE FROM blobs WHERE digest = ?")?
            .execute([object.digest.0])?;
        erased.push((at, length));
    }
    connection
        .prepare_cached("UPDATE recordings SET erased = ? WHERE room = ? AND recording = ?")?
        .execute(params![
            to_sql(sequence),
            gone.room.as_str(),
            to_sql(gone.recording)
        ])?;
    Ok(erased)
}

/// Digest and size of each chunk of a recording, in order.
pub fn objects(
    connection: &Connection,
    room: &RoomId,
    recording: u64,
) -> Result<Vec<PurgedObject>, StorageError> {
    let mut statement = connection.prepare_cached(
        "SELECT digest, size FROM recorded_chunks WHERE room = ? AND recording = ? ORDER BY number",
    )?;
    let found = statement.query_map(params![room.as_str(), to_sql(recording)], |row| {
        Ok(PurgedObject {
            digest: Digest(row.get(0)?),
            size: from_sql(row.get(1)?),
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

const FOUND: &str = "SELECT room, recording, subject, started, duration_ms, chunks, bytes, sealed, erased FROM recordings";

/// One recording, whomever it is about.
pub fn find(
    connection: &Connection,
    room: &RoomId,
    recording: u64,
) -> Result<Option<RecordingFound>, StorageError> {
    let sql = format!("{FOUND} WHERE room = ? AND recording = ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let key = params![room.as_str(), to_sql(recording)];
    Ok(statement.query_row(key, found).optional()?.flatten())
}

/// All recordings, or those of one room.
pub fn list(
    connection: &Connection,
    room: Option<&RoomId>,
) -> Result<Vec<RecordingFound>, StorageError> {
    let sql = format!("{FOUND} WHERE ?1 IS NULL OR room = ?1 ORDER BY room, recording");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([room.map(RoomId::as_str)], found)?;
    rows.filter_map(Result::transpose)
        .map(|row| Ok(row?))
        .collect()
}

/// A row of [`FOUND`]; `None` where it holds what cannot be.
fn found(row: &Row<'_>) -> rusqlite::Result<Option<RecordingFound>> {
    let subject: Option<String> = row.get(2)?;
    let subject = subject.map(PatientId::new).transpose();
    let (Ok(room), Ok(subject)) = (RoomId::new(row.get::<_, String>(0)?), subject) else {
        return Ok(None);
    };
    let (sealed, erased): (Option<i64>, Option<i64>) = (row.get(7)?, row.get(8)?);
    Ok(Some(RecordingFound {
        room,
        recording: from_sql(row.get(1)?),
        subject,
        started: Timestamp(row.get(3)?),
        duration_ms: row.get(4)?,
        chunks: from_sql(row.get(5)?),
        bytes: from_sql(row.get(6)?),
        sealed: sealed.map(from_sql),
        erased: erased.map(from_sql),
    }))
}
