//! Files of SQLite below the data folder, beside the record: queues and secrets, which are no facts.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use rusqlite::Connection;

/// How long is waited for another connection that writes.
const WAITS: Duration = Duration::from_secs(5);

/// Opens a file of the data folder with these tables. A transaction that has ended is on disk, and outlives a kill.
pub fn open(data: &Path, name: &str, tables: &str) -> Result<Connection> {
    let file = data.join(name);
    let database = Connection::open(&file).with_context(|| format!("open {}", file.display()))?;
    database.busy_timeout(WAITS)?;
    database
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        .and_then(|()| database.execute_batch(tables))
        .with_context(|| format!("prepare {}", file.display()))?;
    Ok(database)
}
