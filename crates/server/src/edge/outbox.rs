//! Readings that wait for the line to the cloud, in the order in which they came. One file, that a kill does not
//! hurt: what [`Outbox::put`] has returned for is on disk.

use std::path::Path;

use anyhow::{Context, Result};
use parking_lot::Mutex;
use record::Arrived;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use vocabulary::Timestamp;

use crate::clock;

/// The file below the data folder.
pub const OUTBOX: &str = "edge.sqlite";
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS waiting (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, readings INTEGER NOT NULL,
        body BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS refused (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, why TEXT NOT NULL,
        body BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS sent (id INTEGER PRIMARY KEY CHECK (id = 0), readings INTEGER NOT NULL) STRICT;
    INSERT OR IGNORE INTO sent (id, readings) VALUES (0, 0);";
/// How hard it is tried to make a body small.
const LEVEL: i32 = 1;

/// How the outbox stands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Waits {
    /// Readings that wait.
    pub readings: u64,
    /// When the oldest of them came.
    pub oldest: Option<Timestamp>,
    /// Readings that the cloud has, since this edge was set up.
    pub sent: u64,
    /// Arrivals that the cloud does not take, which are kept here.
    pub refused: u64,
}

/// What goes out at once.
#[derive(Debug)]
pub struct Batch {
    /// The sequence of its last row.
    pub until: i64,
    /// The readings, in their order.
    pub arrived: Vec<Arrived>,
    /// Whether it cannot be made smaller: it came here in one piece.
    pub is_least: bool,
}

/// The outbox.
pub struct Outbox {
    database: Mutex<Connection>,
}

/// Whether there was no room.
pub fn is_full(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<rusqlite::Error>()
        .is_some_and(|error| {
            matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure)
            )
        })
}

impl Outbox {
    /// Opens it below the data folder.
    pub fn open(data: &Path) -> Result<Self> {
        let file = data.join(OUTBOX);
        let database =
            Connection::open(&file).with_context(|| format!("open {}", file.display()))?;
        database
            .execute_batch(SCHEMA)
            .with_context(|| format!("prepare {}", file.display()))?;
        Ok(Self {
            database: Mutex::new(database),
        })
    }

    /// Puts readings behind what waits.
    pub fn put(&self, arrived: &[Arrived]) -> Result<()> {
        if arrived.is_empty() {
            return Ok(());
        }
        let readings: usize = arrived.iter().map(|one| one.readings.count()).sum();
        let body = zstd::encode_all(&*serde_json::to_vec(arrived)?, LEVEL)?;
        self.database.lock().execute(
            "INSERT INTO waiting (at_ms, readings, body) VALUES (?1, ?2, ?3)",
            params![clock::now().0, i64::try_from(readings)?, body],
        )?;
        Ok(())
    }

    /// The oldest readings that wait, about so many; none where nothing waits.
    pub fn oldest(&self, readings: usize) -> Result<Option<Batch>> {
        let database = self.database.lock();
        let mut query =
            database.prepare_cached("SELECT sequence, body FROM waiting ORDER BY sequence")?;
        let mut rows = query.query([])?;
        let mut batch: Option<Batch> = None;
        let mut count = 0;
        while count < readings
            && let Some(row) = rows.next()?
        {
            let (sequence, body): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let arrived: Vec<Arrived> = serde_json::from_slice(&zstd::decode_all(&*body)?)?;
            count += arrived
                .iter()
                .map(|one| one.readings.count())
                .sum::<usize>();
            let batch = match &mut batch {
                Some(batch) => {
                    batch.is_least = false;
                    batch
                }
                none => none.insert(Batch {
                    until: sequence,
                    arrived: Vec::new(),
                    is_least: true,
                }),
            };
            batch.until = sequence;
            batch.arrived.extend(arrived);
        }
        Ok(batch)
    }

    /// Forgets what the cloud has; what it does not take is put aside with its reason.
    pub fn sent(&self, batch: &Batch, refused: &[(Arrived, String)]) -> Result<()> {
        let mut database = self.database.lock();
        let transaction = database.transaction()?;
        for (arrived, why) in refused {
            let body = zstd::encode_all(&*serde_json::to_vec(arrived)?, LEVEL)?;
            transaction.execute(
                "INSERT INTO refused (at_ms, why, body) VALUES (?1, ?2, ?3)",
                params![clock::now().0, why, body],
            )?;
        }
        let went = |all: i64, one: &Arrived| all + i64::try_from(one.readings.count()).unwrap_or(0);
        let stayed = refused.iter().map(|(one, _)| one).fold(0, went);
        transaction.execute(
            "UPDATE sent SET readings = readings + ?1",
            [batch.arrived.iter().fold(0, went) - stayed],
        )?;
        transaction.execute("DELETE FROM waiting WHERE sequence <= ?1", [batch.until])?;
        transaction.commit()?;
        Ok(())
    }

    /// How it stands.
    pub fn waits(&self) -> Result<Waits> {
        let database = self.database.lock();
        let count = |query: &str| -> Result<u64> {
            let number: Option<i64> = database
                .query_row(query, [], |row| row.get(0))
                .optional()?
                .flatten();
            Ok(u64::try_from(number.unwrap_or(0))?)
        };
        let oldest: Option<i64> =
            database.query_row("SELECT min(at_ms) FROM waiting", [], |row| row.get(0))?;
        Ok(Waits {
            readings: count("SELECT sum(readings) FROM waiting")?,
            oldest: oldest.map(Timestamp),
            sent: count("SELECT readings FROM sent")?,
            refused: count("SELECT count(*) FROM refused")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use record::{Readings, StreamKey};
    use vocabulary::{Coding, DeviceId};

    use super::*;

    fn reading(at: i64) -> Arrived {
        Arrived {
            stream: StreamKey {
                device: DeviceId::new("d").unwrap(),
                stream: "s".to_owned(),
            },
            subject: None,
            coding: Coding::new("x", "y"),
            unit: "1".to_owned(),
            readings: Readings::One {
                at: Timestamp(at),
                value: 0.1,
            },
            received: Timestamp(at),
            quality: vec![],
        }
    }

    #[test]
    fn what_waits_comes_in_its_order_until_it_was_sent_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        for at in 0..10 {
            outbox.put(&[reading(at), reading(at + 100)]).unwrap();
        }
        let first = outbox.oldest(5).unwrap().unwrap();
        let times: Vec<i64> = first.arrived.iter().map(|one| one.received.0).collect();
        assert_eq!(times, [0, 100, 1, 101, 2, 102]);
        // Nothing was said of it: it comes again.
        drop(outbox);
        let outbox = Outbox::open(folder.path()).unwrap();
        let again = outbox.oldest(5).unwrap().unwrap();
        assert_eq!(again.arrived, first.arrived);
        outbox
            .sent(&again, &[(reading(100), "no such device".to_owned())])
            .unwrap();
        let waits = outbox.waits().unwrap();
        assert_eq!((waits.readings, waits.sent, waits.refused), (14, 5, 1));
        let rest = outbox.oldest(1000).unwrap().unwrap();
        assert_eq!(
            (rest.arrived.len(), rest.arrived[0].received),
            (14, Timestamp(3))
        );
        outbox.sent(&rest, &[]).unwrap();
        assert!(outbox.oldest(1).unwrap().is_none());
    }
}
