//! Sealed chunks in the index: which there are, and where they lie.

use std::fmt::Write as _;

use record::{
    PurgedObject, PurgedSignals, QualityMark, Reading, SealedSignals, SeriesId, SeriesQuery,
    SignalKind, SignalPart, SignalSeries, StreamKey,
};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter, types::Value};
use vocabulary::{DeviceId, Digest, PatientId};

use crate::{
    StorageError,
    index::{self, Covered, INDEX, from_sql, to_sql},
    log::Log,
    purge::Erased,
};

use super::{chunk, rollups::Spans};

/// The tables of the index.
pub const SCHEMA: &str = "
CREATE TABLE signal_series (id INTEGER PRIMARY KEY, name TEXT NOT NULL, device TEXT NOT NULL,
    stream TEXT NOT NULL, system TEXT NOT NULL, code TEXT NOT NULL, unit TEXT NOT NULL, subject TEXT,
    display TEXT, chunks INTEGER, count INTEGER, first_us INTEGER, last_us INTEGER, last_value REAL,
    last_marks TEXT);
CREATE UNIQUE INDEX signal_series_name ON signal_series (name);
CREATE INDEX signal_series_device ON signal_series (device, stream);
CREATE INDEX signal_series_subject ON signal_series (subject);
CREATE TABLE signal_chunks (sequence INTEGER PRIMARY KEY, series INTEGER NOT NULL, number INTEGER NOT NULL,
    first_us INTEGER, last_us INTEGER, readings BLOB, rollup BLOB, rollup_us INTEGER, corrects INTEGER);
CREATE UNIQUE INDEX signal_chunks_key ON signal_chunks (series, number);
CREATE INDEX signal_chunks_span ON signal_chunks (series, last_us, first_us);
CREATE INDEX signal_chunks_end ON signal_chunks (last_us);
";

/// A series as the index knows it.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its row.
    pub row: i64,
    /// Its name.
    pub id: SeriesId,
    /// What it is.
    pub series: SignalSeries,
    /// What the code means.
    pub display: Option<String>,
    /// How many chunks it has.
    pub chunks: u64,
    /// How many readings these have.
    pub count: u64,
    /// The time of the first, in microseconds since 1970.
    pub first_us: i64,
    /// The one with the latest time.
    pub last: Reading,
}

/// A chunk as the index knows it.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The time of the first reading, in microseconds since 1970.
    pub first_us: i64,
    /// The time of the last reading, in microseconds since 1970.
    pub last_us: i64,
    /// How long the spans of its roll-up are, in microseconds.
    pub rollup_us: i64,
    /// Digest of its readings.
    pub readings: Digest,
    /// Digest of its roll-up.
    pub rollup: Digest,
    /// Whether the readings are there; else they were removed.
    pub has_readings: bool,
    /// Whether the roll-up is there; else it was removed.
    pub has_rollup: bool,
    /// Whether there are corrections among the readings.
    pub corrects: bool,
}

/// Takes a sealed chunk into the index.
pub fn apply(
    connection: &Connection,
    sequence: u64,
    sealed: &SealedSignals,
) -> Result<(), StorageError> {
    let series = &sealed.series;
    let marks = serde_json::to_string(&sealed.last_marks).unwrap_or_default();
    let subject = series.subject.as_ref().map(PatientId::as_str);
    let row: i64 = connection
        .prepare_cached(
            "INSERT INTO signal_series (name, device, stream, system, code, unit, subject, display, chunks, \
             count, first_us, last_us, last_value, last_marks) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?10, ?11, ?12, ?13) \
             ON CONFLICT (name) DO UPDATE SET chunks = chunks + 1, count = count + excluded.count, \
             display = coalesce(excluded.display, display), first_us = min(first_us, excluded.first_us), \
             last_value = iif(excluded.last_us >= last_us, excluded.last_value, last_value), \
             last_marks = iif(excluded.last_us >= last_us, excluded.last_marks, last_marks), \
             last_us = max(last_us, excluded.last_us) RETURNING id",
        )?
        .query_row(
            params![
                series.id().as_str(),
                series.stream.device.as_str(),
                series.stream.stream,
                series.system,
                series.code,
                series.unit,
                subject,
                sealed.display,
                to_sql(sealed.count),
                sealed.first_us,
                sealed.last_us,
                sealed.last_value,
                marks,
            ],
            |row| row.get(0),
        )?;
    connection
        .prepare_cached("INSERT INTO signal_chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            to_sql(sequence),
            row,
            to_sql(sealed.number),
            sealed.first_us,
            sealed.last_us,
            sealed.digest.0,
            sealed.rollup_digest.0,
            sealed.rollup_us,
            QualityMark::correction(&sealed.marks).is_some(),
        ])?;
    Ok(())
}

/// How many chunks a series has: the number of its next.
pub fn count(connection: &Connection, id: &SeriesId) -> Result<u64, StorageError> {
    let found = connection
        .prepare_cached("SELECT chunks FROM signal_series WHERE name = ?")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(found.map_or(0, from_sql))
}

/// Takes the removal of parts of chunks into the index; answers where the bytes were.
pub fn purge(connection: &Connection, purged: &PurgedSignals) -> Result<Vec<Erased>, StorageError> {
    let mut erased = Vec::with_capacity(purged.objects.len());
    for object in &purged.objects {
        let (at, length) = index::blob(connection, &object.digest)?.ok_or_else(|| {
            StorageError::damaged(INDEX, 0, "a part of a chunk that was purged is missing")
        })?;
        connection
            .prepare_cached("INSERT INTO purged VALUES (?, ?, ?)")?
            .execute(params![at.segment, to_sql(at.offset), to_sql(length)])?;
        connection
            .prepare_cached("DELETE FROM blobs WHERE digest = ?")?
            .execute([object.digest.0])?;
        erased.push((at, length));
    }
    Ok(erased)
}

/// Parts of chunks whose readings are all from before this, at most so many, the oldest first.
pub fn due(
    connection: &Connection,
    part: SignalPart,
    of: &SignalKind,
    (ended_before_us, most): (i64, usize),
) -> Result<Vec<PurgedObject>, StorageError> {
    let column = match part {
        SignalPart::Readings => "readings",
        SignalPart::RollUps => "rollup",
    };
    let none = Vec::new();
    let (kind, codes) = match of {
        SignalKind::Any => ("?3 IS NOT NULL", &none),
        SignalKind::Waveforms(codes) => (
            "s.subject IS NOT NULL AND s.code IN (SELECT value FROM json_each(?3))",
            codes,
        ),
        SignalKind::Values { but } => (
            "s.subject IS NOT NULL AND s.code NOT IN (SELECT value FROM json_each(?3))",
            but,
        ),
        SignalKind::Environment => ("s.subject IS NULL AND ?3 IS NOT NULL", &none),
    };
    let codes = serde_json::to_string(codes).unwrap_or_default();
    let sql = format!(
        "SELECT b.digest, b.length FROM signal_chunks c JOIN blobs b ON b.digest = c.{column} \
         JOIN signal_series s ON s.id = c.series WHERE c.last_us < ?1 AND {kind} \
         ORDER BY c.last_us, c.sequence LIMIT ?2"
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map(params![ended_before_us, most, codes], |row| {
        Ok(PurgedObject {
            digest: Digest(row.get(0)?),
            size: from_sql(row.get(1)?),
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

const KNOWN: &str = "SELECT id, name, device, stream, system, code, unit, subject, display, chunks, count, \
    first_us, last_us, last_value, last_marks FROM signal_series";

/// The series that match, as far as `covered` lets them be seen.
pub fn series(
    connection: &Connection,
    query: &SeriesQuery,
    covered: Option<Covered>,
) -> Result<Vec<Known>, StorageError> {
    let mut sql = format!("{KNOWN} WHERE 1");
    let mut values: Vec<Value> = Vec::new();
    let conditions = [
        ("subject", query.subject.as_ref().map(PatientId::as_str)),
        ("device", query.device.as_ref().map(DeviceId::as_str)),
        ("name", query.id.as_ref().map(SeriesId::as_str)),
    ];
    for (column, value) in conditions {
        if let Some(value) = value {
            let _ = write!(sql, " AND {column} = ?");
            values.push(Value::Text(value.to_owned()));
        }
    }
    if let Some(covered) = covered {
        let (condition, patients) = covered.condition("subject");
        let _ = write!(sql, " AND (subject IS NULL OR {condition})");
        values.push(patients);
    }
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(&values), known)?;
    rows.filter_map(Result::transpose)
        .map(|row| Ok(row?))
        .collect()
}

/// All series of one stream, of one kind and unit, whomever they are about.
pub fn of_channel(
    connection: &Connection,
    series: &SignalSeries,
) -> Result<Vec<Known>, StorageError> {
    let sql =
        format!("{KNOWN} WHERE device = ? AND stream = ? AND system = ? AND code = ? AND unit = ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let key = [
        series.stream.device.as_str(),
        &series.stream.stream,
        &series.system,
        &series.code,
        &series.unit,
    ];
    let rows = statement.query_map(key, known)?;
    rows.filter_map(Result::transpose)
        .map(|row| Ok(row?))
        .collect()
}

/// A row of [`KNOWN`]; `None` where it holds what cannot be.
fn known(row: &Row<'_>) -> rusqlite::Result<Option<Known>> {
    let name: String = row.get(1)?;
    let subject: Option<String> = row.get(7)?;
    let subject = subject.map(PatientId::new).transpose();
    let (Ok(id), Ok(device), Ok(subject)) = (
        name.parse(),
        DeviceId::new(row.get::<_, String>(2)?),
        subject,
    ) else {
        return Ok(None);
    };
    let marks: String = row.get(14)?;
    let marks: Vec<QualityMark> = serde_json::from_str(&marks).unwrap_or_default();
    Ok(Some(Known {
        row: row.get(0)?,
        id,
        series: SignalSeries {
            stream: StreamKey {
                device,
                stream: row.get(3)?,
            },
            system: row.get(4)?,
            code: row.get(5)?,
            unit: row.get(6)?,
            subject,
        },
        display: row.get(8)?,
        chunks: from_sql(row.get(9)?),
        count: from_sql(row.get(10)?),
        first_us: row.get(11)?,
        last: Reading {
            at_us: row.get(12)?,
            value: row.get(13)?,
            marks: marks.into(),
        },
    }))
}

/// The chunks of a series with readings within `from_us..to_us`, of those before number `before`, in the order
/// of their first readings.
pub fn within(
    connection: &Connection,
    row: i64,
    (from_us, to_us): (i64, i64),
    before: u64,
) -> Result<Vec<Chunk>, StorageError> {
    let mut statement = connection.prepare_cached(
        "SELECT first_us, last_us, rollup_us, readings, rollup, \
         EXISTS (SELECT 1 FROM blobs b WHERE b.digest = c.readings), \
         EXISTS (SELECT 1 FROM blobs b WHERE b.digest = c.rollup), corrects \
         FROM signal_chunks c WHERE series = ? AND last_us >= ? AND first_us < ? AND number < ? \
         ORDER BY first_us, number",
    )?;
    let rows = statement.query_map(params![row, from_us, to_us, to_sql(before)], |row| {
        Ok(Chunk {
            first_us: row.get(0)?,
            last_us: row.get(1)?,
            rollup_us: row.get(2)?,
            readings: Digest(row.get(3)?),
            rollup: Digest(row.get(4)?),
            has_readings: row.get(5)?,
            has_rollup: row.get(6)?,
            corrects: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The readings of a chunk; `None` where they were removed.
pub fn readings(
    connection: &Connection,
    log: &Log,
    chunk: &Chunk,
) -> Result<Option<Vec<Reading>>, StorageError> {
    let Some((at, length)) = index::blob(connection, &chunk.readings)? else {
        return Ok(None);
    };
    let bytes = log.payload(at, length)?;
    let readings = chunk::decode(&bytes).map_err(|_| {
        StorageError::damaged(
            log.name_of(at.segment),
            at.offset,
            "this is no chunk of readings",
        )
    })?;
    Ok(Some(readings))
}

/// The roll-up of a chunk; `None` where it was removed.
pub fn rollup(
    connection: &Connection,
    log: &Log,
    chunk: &Chunk,
) -> Result<Option<Spans>, StorageError> {
    let Some((at, length)) = index::blob(connection, &chunk.rollup)? else {
        return Ok(None);
    };
    let bytes = log.payload(at, length)?;
    let spans = Spans::decode(&bytes).map_err(|_| {
        StorageError::damaged(log.name_of(at.segment), at.offset, "this is no roll-up")
    })?;
    Ok(Some(spans))
}
