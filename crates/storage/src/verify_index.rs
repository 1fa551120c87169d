//! Compares the index to what the log says.

use std::path::Path;

use record::{IndexTerm, Indexer};
use rusqlite::{Connection, ErrorCode, types::Value};

use crate::{
    StorageError,
    index::{self, INDEX},
    log::{Log, Position},
    replay,
    verify::{Fault, Stop},
};

/// What is compared, each in the order of its key.
const TABLES: &[(&str, &str)] = &[
    ("entries", "sequence"),
    ("nodes", "level, position"),
    ("blobs", "digest"),
    ("resources", "rid"),
    ("versions", "rid, version"),
    ("studies", "id"),
    ("series", "id"),
    ("instances", "sequence"),
    ("study_terms", "path, text, owner"),
    ("series_terms", "path, text, owner"),
    ("instance_terms", "path, text, owner"),
    ("acts", "room, number"),
    ("deleted", "sequence"),
    ("purged", "segment, offset"),
    ("signal_series", "id"),
    ("signal_chunks", "sequence"),
    ("recordings", "room, recording"),
    ("recorded_chunks", "room, recording, number"),
];

/// The search terms, which depend on the indexer.
const TERMS: (&str, &str) = ("terms", "rid, parameter, class, system, text, low, high");

/// Checks the index of data folder `root` against a log that was found sound up to `end`, with `size`
/// entries.
pub fn check(
    root: &Path,
    deep: bool,
    indexer: Option<&dyn Indexer>,
    (end, size, running): (Position, u64, bool),
) -> Result<(), Stop> {
    let unreadable = |error: StorageError| match error {
        StorageError::Index(error) => wrong(&format!("it cannot be read: {error}")),
        other => other.into(),
    };
    let connection = index::open_reader(root).map_err(unreadable)?;
    match connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)) {
        Ok(index::SCHEMA_VERSION) => {}
        // A crash left it half made, or in need of a recovery that only the next start can do.
        Ok(_) => return Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => return Ok(()),
        Err(error) => return Err(unreadable(error.into())),
    }
    // One state of the index, whatever a running server does meanwhile.
    let snapshot = connection
        .unchecked_transaction()
        .map_err(|e| unreadable(e.into()))?;
    let applied = index::applied(&snapshot).map_err(unreadable)?;
    if !running && (applied.position > end || applied.size > size) {
        return Err(wrong(&format!(
            "it knows {} entries, the log has {size}",
            applied.size
        )));
    }
    if !deep {
        return Ok(());
    }
    let state: String = snapshot
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| unreadable(error.into()))?;
    if state != "ok" {
        return Err(wrong(&state));
    }
    // Make it again, up to the same place, in a temporary file that SQLite removes.
    let again = Connection::open("").map_err(StorageError::from)?;
    index::prepare(&again)?;
    let no_terms = NoTerms;
    // A running server may have begun new segments since the log was looked at.
    let log = Log::open(root, false)?;
    replay::catch_up_to(&log, &again, indexer.unwrap_or(&no_terms), applied.size)?;
    let terms = indexer.map(|_| &TERMS);
    for (table, order) in TABLES.iter().chain(terms) {
        compare(&snapshot, &again, table, order)?;
    }
    Ok(())
}

/// Indexes nothing.
struct NoTerms;

impl Indexer for NoTerms {
    fn terms(&self, _kind: &str, _body: &serde_json::Value) -> Vec<IndexTerm> {
        Vec::new()
    }
}

fn wrong(what: &str) -> Stop {
    let what = format!("{what}; the log is sound, and the index can be rebuilt from it");
    Stop::Fault(Fault {
        file: INDEX.to_owned(),
        offset: None,
        byte: None,
        what,
    })
}

fn compare(kept: &Connection, again: &Connection, table: &str, order: &str) -> Result<(), Stop> {
    let sql = format!("SELECT * FROM {table} ORDER BY {order}");
    let unreadable =
        |error: rusqlite::Error| wrong(&format!("table {table} cannot be read: {error}"));
    let mut kept = kept.prepare(&sql).map_err(unreadable)?;
    let mut again = again.prepare(&sql).map_err(StorageError::from)?;
    let columns = again.column_count();
    let mut kept = kept.query([]).map_err(unreadable)?;
    let mut again = again.query([]).map_err(StorageError::from)?;
    for number in 1_u64.. {
        let kept = values(kept.next().map_err(unreadable)?, columns).map_err(unreadable)?;
        let again = values(again.next().map_err(StorageError::from)?, columns)
            .map_err(StorageError::from)?;
        if kept != again {
            return Err(wrong(&format!(
                "row {number} of table {table} is not what the log says"
            )));
        }
        if again.is_none() {
            break;
        }
    }
    Ok(())
}

fn values(row: Option<&rusqlite::Row<'_>>, columns: usize) -> rusqlite::Result<Option<Vec<Value>>> {
    row.map(|row| (0..columns).map(|column| row.get(column)).collect())
        .transpose()
}
