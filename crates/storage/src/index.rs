//! The index: everything that can be made again from the log, in one SQLite file.

use std::path::Path;

use ledger::{Frontier, LedgerError, Nodes};
use record::{Entry, FactBody, Indexer};
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig, params};
use vocabulary::{Digest, Timestamp};

use crate::{StorageError, imaging, log::Position, purge, recordings, resources, signals::chunks};

/// The index's file below the data folder.
pub const INDEX: &str = "index.sqlite";
/// The version of [`SCHEMA`]; another one on disk is made again from the log.
pub const SCHEMA_VERSION: i64 = 7;

pub const SCHEMA: &str = "
CREATE TABLE applied (one INTEGER PRIMARY KEY CHECK (one = 1), segment INTEGER, offset INTEGER,
    size INTEGER, entry_group INTEGER, at INTEGER);
INSERT INTO applied VALUES (1, 1, 16, 0, 0, 0);
CREATE TABLE entries (sequence INTEGER PRIMARY KEY, segment INTEGER, offset INTEGER, length INTEGER,
    digest BLOB, at INTEGER, subject TEXT);
CREATE TABLE nodes (level INTEGER, position INTEGER, hash BLOB, PRIMARY KEY (level, position))
    WITHOUT ROWID;
CREATE TABLE blobs (digest BLOB PRIMARY KEY, segment INTEGER, offset INTEGER, length INTEGER)
    WITHOUT ROWID;

CREATE TABLE resources (rid INTEGER PRIMARY KEY, kind TEXT, id TEXT, version INTEGER, at INTEGER,
    subject TEXT, sequence INTEGER, deleted INTEGER);
CREATE UNIQUE INDEX resources_key ON resources (kind, id);
CREATE INDEX resources_newest ON resources (kind, deleted, sequence);
CREATE INDEX resources_subject ON resources (subject, kind);
CREATE TABLE versions (rid INTEGER, version INTEGER, at INTEGER, subject TEXT, sequence INTEGER,
    deleted INTEGER, PRIMARY KEY (rid, version)) WITHOUT ROWID;
CREATE TABLE terms (rid INTEGER, kind TEXT, parameter TEXT, class INTEGER, system TEXT, text TEXT,
    low, high);
CREATE INDEX terms_text ON terms (kind, parameter, text, class);
CREATE INDEX terms_low ON terms (kind, parameter, low) WHERE low IS NOT NULL;
CREATE INDEX terms_resource ON terms (rid, parameter);

CREATE TABLE studies (id INTEGER PRIMARY KEY, study TEXT NOT NULL, subject TEXT NOT NULL,
    date TEXT NOT NULL, time TEXT NOT NULL, series_count INTEGER, instance_count INTEGER,
    attributes TEXT);
CREATE UNIQUE INDEX studies_key ON studies (study, subject);
CREATE INDEX studies_newest ON studies (date DESC, time DESC, study);
CREATE INDEX studies_subject ON studies (subject, date DESC, time DESC, study);
CREATE TABLE series (id INTEGER PRIMARY KEY, study_id INTEGER NOT NULL, series TEXT NOT NULL,
    modality TEXT, number INTEGER, instance_count INTEGER, attributes TEXT);
CREATE UNIQUE INDEX series_key ON series (study_id, series);
CREATE INDEX series_uid ON series (series);
CREATE TABLE instances (sequence INTEGER PRIMARY KEY, sop TEXT NOT NULL, series_id INTEGER NOT NULL,
    study_id INTEGER NOT NULL, class TEXT, syntax TEXT, digest BLOB, size INTEGER, at INTEGER,
    number INTEGER, attributes TEXT);
CREATE UNIQUE INDEX instances_sop ON instances (sop);
CREATE INDEX instances_series ON instances (series_id);
CREATE INDEX instances_class ON instances (study_id, class);
CREATE INDEX instances_digest ON instances (digest);
CREATE TABLE deleted (sequence INTEGER PRIMARY KEY, digest BLOB, at INTEGER);
CREATE INDEX deleted_digest ON deleted (digest);
CREATE TABLE purged (segment INTEGER, offset INTEGER, length INTEGER, PRIMARY KEY (segment, offset))
    WITHOUT ROWID;
CREATE TABLE study_terms (path TEXT, text TEXT, owner INTEGER, vr TEXT,
    PRIMARY KEY (path, text, owner)) WITHOUT ROWID;
CREATE TABLE series_terms (path TEXT, text TEXT, owner INTEGER, vr TEXT,
    PRIMARY KEY (path, text, owner)) WITHOUT ROWID;
CREATE TABLE instance_terms (path TEXT, text TEXT, owner INTEGER, vr TEXT,
    PRIMARY KEY (path, text, owner)) WITHOUT ROWID;

CREATE TABLE acts (room TEXT, number INTEGER, subject TEXT, sequence INTEGER,
    PRIMARY KEY (room, number)) WITHOUT ROWID;
";

/// How far the index has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Where the next frame will start.
    pub position: Position,
    /// Number of entries.
    pub size: u64,
    /// The last group of frames.
    pub group: u64,
    /// The time of the last entry.
    pub at: Timestamp,
}

/// Where an entry is and what the ledger says of it.
#[derive(Clone, Copy, Debug)]
pub struct Located {
    /// Where its frame starts.
    pub position: Position,
    /// Length of its bytes.
    pub length: u64,
    /// Digest of its bytes.
    pub digest: Digest,
    /// When it was committed.
    pub at: Timestamp,
}

/// Opens the index for writing. One of another version, or one that cannot be read, is thrown away: the
/// second value says whether it starts empty.
pub fn open(root: &Path) -> Result<(Connection, bool), StorageError> {
    let path = root.join(INDEX);
    if path.exists() {
        match open_existing(&path) {
            Ok(Some(connection)) => return Ok((connection, false)),
            Ok(None) => tracing::info!("the index has another version; making it again"),
            Err(error) => tracing::warn!(%error, "the index cannot be read; making it again"),
        }
    }
    remove(root)?;
    let connection = Connection::open(&path)?;
    prepare(&connection)?;
    Ok((connection, true))
}

/// Removes the index.
pub fn remove(root: &Path) -> Result<(), StorageError> {
    for ending in ["", "-wal", "-shm"] {
        let path = root.join(format!("{INDEX}{ending}"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StorageError::io(&path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn open_existing(path: &Path) -> Result<Option<Connection>, StorageError> {
    let connection = Connection::open(path)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != SCHEMA_VERSION {
        return Ok(None);
    }
    applied(&connection)?;
    set_up(&connection)?;
    Ok(Some(connection))
}

/// Gives an empty database the tables.
pub fn prepare(connection: &Connection) -> Result<(), StorageError> {
    set_up(connection)?;
    connection.execute_batch(SCHEMA)?;
    connection.execute_batch(chunks::SCHEMA)?;
    connection.execute_batch(recordings::SCHEMA)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(())
}

fn set_up(connection: &Connection) -> Result<(), StorageError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What a power cut takes from the index, the log gives back.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    keep_statements(connection)
}

/// Keeps prepared statements as they were prepared. Without that SQLite looks at the number bound to a `LIMIT ?` and
/// prepares the statement anew for each, which took longer than reading.
fn keep_statements(connection: &Connection) -> Result<(), StorageError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Opens the index for reading only.
pub fn open_reader(root: &Path) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(root.join(INDEX), flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// A count as SQLite keeps it.
pub fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A count that SQLite kept.
pub fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// How far the index has come.
pub fn applied(connection: &Connection) -> Result<Applied, StorageError> {
    let mut statement =
        connection.prepare_cached("SELECT segment, offset, size, entry_group, at FROM applied")?;
    Ok(statement.query_row([], |row| {
        Ok(Applied {
            position: Position {
                segment: row.get(0)?,
                offset: from_sql(row.get(1)?),
            },
            size: from_sql(row.get(2)?),
            group: from_sql(row.get(3)?),
            at: Timestamp(row.get(4)?),
        })
    })?)
}

/// Notes how far the index has come.
pub fn set_applied(connection: &Connection, applied: &Applied) -> Result<(), StorageError> {
    let mut statement = connection.prepare_cached(
        "UPDATE applied SET segment = ?, offset = ?, size = ?, entry_group = ?, at = ?",
    )?;
    statement.execute(params![
        applied.position.segment,
        to_sql(applied.position.offset),
        to_sql(applied.size),
        to_sql(applied.group),
        applied.at.0,
    ])?;
    Ok(())
}

/// Notes where a blob is.
pub fn add_blob(
    connection: &Connection,
    digest: &Digest,
    at: Position,
    length: u64,
) -> Result<(), StorageError> {
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO blobs VALUES (?, ?, ?, ?)")?;
    statement.execute(params![
        digest.0,
        at.segment,
        to_sql(at.offset),
        to_sql(length)
    ])?;
    Ok(())
}

/// Where a blob is, and its length.
pub fn blob(
    connection: &Connection,
    digest: &Digest,
) -> Result<Option<(Position, u64)>, StorageError> {
    let mut statement =
        connection.prepare_cached("SELECT segment, offset, length FROM blobs WHERE digest = ?")?;
    let found = statement.query_row([digest.0], |row| {
        let at = Position {
            segment: row.get(0)?,
            offset: from_sql(row.get(1)?),
        };
        Ok((at, from_sql(row.get(2)?)))
    });
    Ok(found.optional()?)
}

/// Takes an entry into the index: its place, its leaf, and what its fact says.
pub fn apply(
    connection: &Connection,
    frontier: &mut Frontier,
    indexer: &dyn Indexer,
    entry: &Entry,
    located: &Located,
) -> Result<(), StorageError> {
    connection
        .prepare_cached("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            to_sql(entry.sequence),
            located.position.segment,
            to_sql(located.position.offset),
            to_sql(located.length),
            located.digest.0,
            located.at.0,
            entry
                .fact
                .subject
                .as_ref()
                .map(vocabulary::PatientId::as_str),
        ])?;
    let mut insert = connection.prepare_cached("INSERT INTO nodes VALUES (?, ?, ?)")?;
    for node in frontier.append(ledger::leaf_hash(&located.digest.0)) {
        // The leaves' hashes follow from the entries' digests.
        if node.level > 0 {
            insert.execute(params![node.level, to_sql(node.index), node.hash.0])?;
        }
    }
    match &entry.fact.body {
        FactBody::Resource { key, version, body } => {
            resources::apply(connection, indexer, entry, key, *version, body.as_ref())
        }
        FactBody::Instance(instance) => {
            imaging::apply(connection, entry.sequence, entry.at, instance)
        }
        FactBody::DeletedImages(deleted) => imaging::delete(connection, entry.at, deleted),
        FactBody::PurgedImages(purged) => purge::apply(connection, purged).map(drop),
        FactBody::SealedSignals(sealed) => chunks::apply(connection, entry.sequence, sealed),
        FactBody::PurgedSignals(purged) => chunks::purge(connection, purged).map(drop),
        FactBody::RecordedChunk(chunk) => {
            let subject = entry.fact.subject.as_ref();
            recordings::apply(connection, entry.sequence, subject, chunk)
        }
        FactBody::SealedRecording(sealed) => {
            let subject = entry.fact.subject.as_ref();
            recordings::seal(connection, entry.sequence, subject, sealed)
        }
        FactBody::ErasedRecording(erased) => {
            recordings::erase(connection, entry.sequence, erased).map(drop)
        }
        FactBody::RoomAct(act) => {
            let mut insert = connection.prepare_cached("INSERT INTO acts VALUES (?, ?, ?, ?)")?;
            insert.execute(params![
                act.room.as_str(),
                to_sql(act.number),
                entry
                    .fact
                    .subject
                    .as_ref()
                    .map(vocabulary::PatientId::as_str),
                to_sql(entry.sequence),
            ])?;
            Ok(())
        }
    }
}

/// The number of acts that a room has.
pub fn act_count(connection: &Connection, room: &vocabulary::RoomId) -> Result<u64, StorageError> {
    let mut statement = connection
        .prepare_cached("SELECT coalesce(max(number) + 1, 0) FROM acts WHERE room = ?")?;
    Ok(from_sql(
        statement.query_row([room.as_str()], |row| row.get(0))?,
    ))
}

/// Where an entry is.
pub fn locate(connection: &Connection, sequence: u64) -> Result<Option<Located>, StorageError> {
    let mut statement = connection.prepare_cached(
        "SELECT segment, offset, length, digest, at FROM entries WHERE sequence = ?",
    )?;
    Ok(statement
        .query_row([to_sql(sequence)], located)
        .optional()?)
}

/// Reads the columns segment, offset, length, digest, at.
pub fn located(row: &rusqlite::Row<'_>) -> rusqlite::Result<Located> {
    Ok(Located {
        position: Position {
            segment: row.get(0)?,
            offset: from_sql(row.get(1)?),
        },
        length: from_sql(row.get(2)?),
        digest: Digest(row.get(3)?),
        at: Timestamp(row.get(4)?),
    })
}

/// The ledger's hashes, as the index keeps them.
pub struct IndexNodes<'a>(pub &'a Connection);

impl Nodes for IndexNodes<'_> {
    fn node(&self, level: u8, index: u64) -> Result<Digest, LedgerError> {
        let find = || -> rusqlite::Result<Digest> {
            if level == 0 {
                let mut statement = self
                    .0
                    .prepare_cached("SELECT digest FROM entries WHERE sequence = ?")?;
                let digest: [u8; 32] = statement.query_row([to_sql(index)], |row| row.get(0))?;
                return Ok(ledger::leaf_hash(&digest));
            }
            let mut statement = self
                .0
                .prepare_cached("SELECT hash FROM nodes WHERE level = ? AND position = ?")?;
            statement.query_row(params![level, to_sql(index)], |row| Ok(Digest(row.get(0)?)))
        };
        find().map_err(|_| LedgerError::MissingNode { level, index })
    }
}

/// The patients whom a permit covers, as SQL compares them.
#[derive(Clone, Debug)]
pub struct Covered {
    /// `IN`, or `NOT IN` where the permit covers all but these.
    operator: &'static str,
    /// A JSON array of patients.
    patients: String,
}

impl Covered {
    /// The condition on a column of subjects, with its value.
    pub fn condition(self, column: &str) -> (String, rusqlite::types::Value) {
        let Self { operator, patients } = self;
        let text = format!("{column} {operator} (SELECT value FROM json_each(?))");
        (text, rusqlite::types::Value::Text(patients))
    }
}

/// The scope of a permit; `None` where it covers all.
pub fn scope(permit: &policy::Permit) -> Option<Covered> {
    let (operator, patients) = match permit.scope() {
        policy::Scope::All => return None,
        policy::Scope::Patients(patients) => ("IN", patients),
        policy::Scope::AllBut(refusing) => ("NOT IN", refusing),
    };
    let patients: Vec<&str> = patients.iter().map(vocabulary::PatientId::as_str).collect();
    Some(Covered {
        operator,
        patients: serde_json::json!(patients).to_string(),
    })
}
