//! Readings, alarms and what people wrote down that wait for the line to the cloud, and what the cloud handed down. Steps
//! of alarms go first, since people act on them, in their order; behind them all else in the order in which it came.
//! One file, that a kill does not hurt: what [`Outbox::put`] has returned for is on disk.
//!
//! It carries a ward for days: whatever is done while devices wait for their acknowledgements, or again and again, takes
//! no longer with what waits. `writer` makes readings durable, all that came meanwhile together; `blocks` has many of them
//! in one row; `pieces` is what goes out; `aside` what the cloud did not take.

mod aside;
mod blocks;
mod pieces;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::Result;
use parking_lot::Mutex;
use record::{Arrived, RecordError};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use vocabulary::{DeviceId, Digest, Timestamp};

use crate::{clock, sqlite, ward::Written};
pub use aside::Aside;
pub use pieces::{Batch, Step, What};
use pieces::{Kind, Row, STEP_WEIGHS};
use writer::Writing;

/// The file below the data folder.
pub const OUTBOX: &str = "edge.sqlite";
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS waiting (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, readings INTEGER NOT NULL,
        body BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS refused (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, why TEXT NOT NULL,
        body BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS sent (id INTEGER PRIMARY KEY CHECK (id = 0), readings INTEGER NOT NULL) STRICT;
    INSERT OR IGNORE INTO sent (id, readings) VALUES (0, 0);
    CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY CHECK (id = 0), next INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS handed (
        kind TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS command (
        id TEXT PRIMARY KEY, device TEXT NOT NULL, told TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS registry (
        id INTEGER PRIMARY KEY CHECK (id = 0), revision TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS totals (
        id INTEGER PRIMARY KEY CHECK (id = 0), readings INTEGER NOT NULL, alarms INTEGER NOT NULL,
        written INTEGER NOT NULL, newest_ms INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS reasons (
        why TEXT PRIMARY KEY, times INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;";
/// Under this word packages with profiles stand among what the cloud handed down.
pub const PACKAGE: &str = "package";
/// Steps of alarms, and what people wrote down, are found without a look at what waits before them.
const INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS waiting_alarms ON waiting (sequence) WHERE alarms > 0;
    CREATE INDEX IF NOT EXISTS waiting_written ON waiting (sequence) WHERE written > 0;";
/// From here on the file itself counts what is put and what leaves, in the transaction in which that is done, so that
/// nobody has to look at all that waits. What waits already is counted now, once. When the newest came is known until
/// nothing waits.
const COUNTED: &str = "
    CREATE TRIGGER waiting_put AFTER INSERT ON waiting BEGIN
        UPDATE totals SET readings = readings + new.readings, alarms = alarms + new.alarms,
            written = written + new.written, newest_ms = max(new.at_ms, coalesce(newest_ms, new.at_ms));
    END;
    CREATE TRIGGER waiting_cut AFTER UPDATE OF readings ON waiting BEGIN
        UPDATE totals SET readings = readings + new.readings - old.readings;
    END;
    CREATE TRIGGER waiting_gone AFTER DELETE ON waiting BEGIN
        UPDATE totals SET readings = readings - old.readings, alarms = alarms - old.alarms,
            written = written - old.written,
            newest_ms = CASE WHEN EXISTS (SELECT 1 FROM waiting) THEN newest_ms END;
    END;
    CREATE TRIGGER refused_put AFTER INSERT ON refused BEGIN
        INSERT INTO reasons (why, times, at_ms) VALUES (new.why, 1, new.at_ms)
            ON CONFLICT (why) DO UPDATE SET times = times + 1, at_ms = max(at_ms, excluded.at_ms);
    END;
    CREATE TRIGGER refused_gone AFTER DELETE ON refused BEGIN
        UPDATE reasons SET times = times - 1 WHERE why = old.why;
        DELETE FROM reasons WHERE why = old.why AND times = 0;
    END;
    INSERT INTO totals (id, readings, alarms, written, newest_ms)
        SELECT 0, coalesce(sum(readings), 0), coalesce(sum(alarms), 0), coalesce(sum(written), 0), max(at_ms)
        FROM waiting;
    INSERT INTO reasons (why, times, at_ms) SELECT why, count(*), max(at_ms) FROM refused GROUP BY why;";
/// What waits, each lane in its order: nothing of the second goes out while something of the first waits.
const LANES: [&str; 2] = [
    "SELECT sequence, body, readings, true, false FROM waiting INDEXED BY waiting_alarms WHERE alarms > 0 ORDER BY sequence",
    "SELECT sequence, body, readings, false, written > 0 FROM waiting WHERE alarms = 0 ORDER BY sequence",
];
/// When the oldest of each lane came.
const OLDEST: [&str; 2] = [
    "SELECT at_ms FROM waiting INDEXED BY waiting_alarms WHERE alarms > 0 ORDER BY sequence LIMIT 1",
    "SELECT at_ms FROM waiting WHERE alarms = 0 ORDER BY sequence LIMIT 1",
];
/// How hard it is tried to make a body small.
const LEVEL: i32 = 1;

/// How the outbox stands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Waits {
    /// Readings that wait.
    pub readings: u64,
    /// When the oldest of them came.
    pub oldest: Option<Timestamp>,
    /// When the newest of them came.
    #[serde(skip)]
    pub newest: Option<Timestamp>,
    /// Steps of alarms that wait.
    pub alarms: u64,
    /// What people wrote down and waits.
    pub written: u64,
    /// Readings that the cloud has, since this edge was set up.
    pub sent: u64,
    /// Arrivals that the cloud does not take, which are kept here.
    pub refused: u64,
}

/// The outbox.
pub struct Outbox {
    shared: Arc<Shared>,
    writing: Writing,
}

/// What it and its writing thread share.
pub struct Shared {
    database: Mutex<Connection>,
    /// The last row with readings that is under way to the cloud, or was.
    under_way: AtomicI64,
}

impl Outbox {
    /// Opens it below the data folder.
    pub fn open(data: &Path) -> Result<Self> {
        let mut database = sqlite::open(data, OUTBOX, SCHEMA)?;
        // A file of before held readings only, or these and alarms.
        for kind in ["alarms", "written"] {
            let is_there: bool = database.query_row(
                "SELECT COUNT(*) > 0 FROM pragma_table_info('waiting') WHERE name = ?1",
                [kind],
                |row| row.get(0),
            )?;
            if !is_there {
                database.execute_batch(&format!(
                    "ALTER TABLE waiting ADD COLUMN {kind} INTEGER NOT NULL DEFAULT 0"
                ))?;
            }
        }
        database.execute_batch(INDEXES)?;
        count_from_now_on(&mut database)?;
        let query = "SELECT COALESCE(MAX(sequence), 0) FROM waiting";
        let last: i64 = database.query_row(query, [], |row| row.get(0))?;
        let shared = Arc::new(Shared {
            database: Mutex::new(database),
            under_way: AtomicI64::new(0),
        });
        Ok(Self {
            writing: Writing::start(&shared, last)?,
            shared,
        })
    }

    /// Puts readings behind what waits, together with what others put meanwhile.
    pub async fn put(&self, arrived: Vec<Arrived>) -> Result<(), RecordError> {
        self.writing.put(arrived).await
    }

    /// Puts readings behind what waits, as long as nobody else puts any.
    pub fn put_now(&self, arrived: &[Arrived]) -> Result<()> {
        if !arrived.is_empty() {
            self.shared.put(arrived.iter())?;
        }
        Ok(())
    }

    /// Puts steps of alarms and what people wrote down behind what waits, and notes up to where the journal was read
    /// for them: both or neither, so that a kill neither loses nor doubles one.
    pub fn put_steps(&self, steps: &[Step], next: u64) -> Result<()> {
        let mut database = self.shared.database.lock();
        let transaction = database.transaction()?;
        for step in steps {
            let (json, is_alarm) = match step {
                Step::Alarm(told) => (serde_json::to_vec(&[told])?, true),
                Step::Written(written) => (serde_json::to_vec(&[written])?, false),
            };
            let body = zstd::encode_all(&*json, LEVEL)?;
            transaction.execute(
                "INSERT INTO waiting (at_ms, readings, body, alarms, written) VALUES (?1, 0, ?2, ?3, ?4)",
                params![clock::now().0, body, is_alarm, !is_alarm],
            )?;
        }
        transaction.execute(
            "INSERT OR REPLACE INTO journal (id, next) VALUES (0, ?1)",
            [i64::try_from(next)?],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// The entry of the journal that is read next for these; none where it was never read.
    pub fn journal(&self) -> Result<Option<u64>> {
        let database = self.shared.database.lock();
        let next: Option<i64> = database
            .query_row("SELECT next FROM journal", [], |row| row.get(0))
            .optional()?;
        Ok(next.map(u64::try_from).transpose()?)
    }

    /// The devices that somebody connected or disconnected here, as waits to go out.
    pub fn devices(&self) -> Result<BTreeSet<String>> {
        let database = self.shared.database.lock();
        let mut query = database.prepare_cached(
            "SELECT body FROM waiting INDEXED BY waiting_written WHERE written > 0",
        )?;
        let mut rows = query.query([])?;
        let mut found = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let body: Vec<u8> = row.get(0)?;
            let all: Vec<Written> = serde_json::from_slice(&zstd::decode_all(&*body)?)?;
            let devices = all.into_iter().filter(Written::is_device);
            found.extend(devices.map(|one| one.id));
        }
        Ok(found)
    }

    /// What the cloud handed down, as kind and id with what tells a version from others.
    pub fn handed(&self) -> Result<BTreeMap<(String, String), String>> {
        let database = self.shared.database.lock();
        let mut query = database.prepare_cached("SELECT kind, id, digest FROM handed")?;
        let rows = query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that these are the cloud's, before they are taken over.
    pub fn claim<'a>(&self, keys: impl Iterator<Item = &'a (String, String)>) -> Result<()> {
        let mut database = self.shared.database.lock();
        let transaction = database.transaction()?;
        for (kind, id) in keys {
            transaction.execute(
                "INSERT OR IGNORE INTO handed (kind, id, digest) VALUES (?1, ?2, 'not yet')",
                params![kind, id],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Notes that all of this was taken over, and nothing else is the cloud's any more.
    pub fn put_handed(
        &self,
        handed: &BTreeMap<(String, String), String>,
        revision: &str,
    ) -> Result<()> {
        let mut database = self.shared.database.lock();
        let transaction = database.transaction()?;
        transaction.execute("DELETE FROM handed", [])?;
        for ((kind, id), digest) in handed {
            transaction.execute(
                "INSERT INTO handed (kind, id, digest) VALUES (?1, ?2, ?3)",
                params![kind, id, digest],
            )?;
        }
        transaction.execute(
            "INSERT OR REPLACE INTO registry (id, revision, at_ms) VALUES (0, ?1, ?2)",
            params![revision, clock::now().0],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Which registry was taken over last, and when.
    pub fn revision(&self) -> Result<Option<(String, Timestamp)>> {
        let database = self.shared.database.lock();
        let found = database.query_row("SELECT revision, at_ms FROM registry", [], |row| {
            Ok((row.get(0)?, Timestamp(row.get(1)?)))
        });
        Ok(found.optional()?)
    }

    /// The registry is to be handed down once more.
    pub fn forget_revision(&self) -> Result<()> {
        let database = self.shared.database.lock();
        database.execute("DELETE FROM registry", [])?;
        Ok(())
    }

    /// The packages with profiles that the cloud handed down.
    pub fn packages(&self) -> Result<BTreeSet<Digest>> {
        let database = self.shared.database.lock();
        let mut query = database.prepare_cached("SELECT id FROM handed WHERE kind = ?1")?;
        let rows = query.query_map([PACKAGE], |row| row.get::<_, String>(0))?;
        rows.map(|row| Ok(row?.parse()?)).collect()
    }

    /// Notes a command of the cloud, so that it hears what its device answers.
    pub fn put_command(&self, id: &str, device: &DeviceId) -> Result<()> {
        self.shared.database.lock().execute(
            "INSERT OR IGNORE INTO command (id, device, told) VALUES (?1, ?2, '')",
            params![id, device.as_str()],
        )?;
        Ok(())
    }

    /// The commands of the cloud that are not over, each with its device and the answer that was told last.
    pub fn commands(&self) -> Result<Vec<(String, DeviceId, String)>> {
        let database = self.shared.database.lock();
        let mut query = database.prepare_cached("SELECT id, device, told FROM command")?;
        let rows = query.query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
        })?;
        rows.map(|row| {
            let (id, device, told) = row?;
            Ok((id, DeviceId::new(device)?, told))
        })
        .collect()
    }

    /// The cloud knows this answer to a command; whether it is the last.
    pub fn command_told(&self, id: &str, answer: &str, is_last: bool) -> Result<()> {
        let database = self.shared.database.lock();
        if is_last {
            database.execute("DELETE FROM command WHERE id = ?1", [id])?;
        } else {
            database.execute(
                "UPDATE command SET told = ?2 WHERE id = ?1",
                params![id, answer],
            )?;
        }
        Ok(())
    }

    /// What goes out next and is of one kind: of readings about so many; none where nothing waits.
    pub fn next(&self, readings: usize) -> Result<Option<Batch>> {
        // Unpacked once others may have the database.
        let rows = self.rows(readings)?;
        Batch::of(&rows, readings)
    }

    /// The rows of what goes out next.
    fn rows(&self, readings: usize) -> Result<Vec<Row>> {
        let database = self.shared.database.lock();
        for lane in LANES {
            let rows = rows_of(&database, lane, readings)?;
            if let Some(last) = rows.last() {
                if last.kind == Kind::Readings {
                    self.shared
                        .under_way
                        .store(last.sequence, Ordering::Relaxed);
                }
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    /// When the oldest step of an alarm came that waits, and the oldest of all else.
    pub fn waits_since(&self) -> Result<[Option<Timestamp>; 2]> {
        let database = self.shared.database.lock();
        let mut found = [None; 2];
        for (oldest, query) in found.iter_mut().zip(OLDEST) {
            let at = database.query_row(query, [], |row| row.get(0)).optional()?;
            *oldest = at.map(Timestamp);
        }
        Ok(found)
    }

    /// Forgets what the cloud has; what it does not take is put aside with its reason, by its place in the batch.
    pub fn sent(&self, batch: &Batch, refused: &[(usize, String)]) -> Result<()> {
        let mut went = batch.what.readings();
        let mut aside = Vec::new();
        for (index, why) in refused {
            let Some((body, readings)) = batch.what.piece(*index) else {
                continue;
            };
            went -= readings;
            aside.push((why, zstd::encode_all(&*body?, LEVEL)?));
        }
        let rest = blocks::whole(&batch.rest)?;
        let mut database = self.shared.database.lock();
        let transaction = database.transaction()?;
        for (why, body) in &aside {
            transaction
                .prepare_cached("INSERT INTO refused (at_ms, why, body) VALUES (?1, ?2, ?3)")?
                .execute(params![clock::now().0, why, body])?;
        }
        transaction.execute("UPDATE sent SET readings = readings + ?1", [went])?;
        for row in &batch.rows {
            // What did not fit into the batch stays in its place.
            if let Some((readings, body)) = &rest {
                transaction.execute(
                    "UPDATE waiting SET readings = ?2, body = ?3 WHERE sequence = ?1",
                    params![row, readings, body],
                )?;
            } else {
                transaction
                    .prepare_cached("DELETE FROM waiting WHERE sequence = ?1")?
                    .execute([row])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// How it stands.
    pub fn waits(&self) -> Result<Waits> {
        let database = self.shared.database.lock();
        let count = |query: &str| -> Result<u64> {
            let number: i64 = database.query_row(query, [], |row| row.get(0))?;
            Ok(u64::try_from(number)?)
        };
        let at = |query: &str| -> Result<Option<Timestamp>> {
            let at = database.query_row(query, [], |row| row.get::<_, Option<i64>>(0));
            Ok(at.optional()?.flatten().map(Timestamp))
        };
        Ok(Waits {
            readings: count("SELECT readings FROM totals")?,
            alarms: count("SELECT alarms FROM totals")?,
            written: count("SELECT written FROM totals")?,
            oldest: at("SELECT at_ms FROM waiting ORDER BY sequence LIMIT 1")?,
            newest: at("SELECT newest_ms FROM totals")?,
            sent: count("SELECT readings FROM sent")?,
            refused: count("SELECT coalesce(sum(times), 0) FROM reasons")?,
        })
    }
}

/// Has the file count, where it does not yet.
fn count_from_now_on(database: &mut Connection) -> Result<()> {
    let query = "SELECT COUNT(*) > 0 FROM totals";
    let does_count: bool = database.query_row(query, [], |row| row.get(0))?;
    if !does_count {
        let transaction = database.transaction()?;
        transaction.execute_batch(COUNTED)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The first rows of a lane that are of one kind, with about so many readings.
fn rows_of(database: &Connection, lane: &str, readings: usize) -> Result<Vec<Row>> {
    let mut query = database.prepare_cached(lane)?;
    let mut found = query.query([])?;
    let mut rows: Vec<Row> = Vec::new();
    let mut count = 0;
    while count < readings
        && let Some(row) = found.next()?
    {
        let (sequence, body): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let held: i64 = row.get(2)?;
        let (is_alarm, is_written): (bool, bool) = (row.get(3)?, row.get(4)?);
        let kind = match (is_alarm, is_written) {
            (true, _) => Kind::Alarm,
            (false, true) => Kind::Written,
            (false, false) => Kind::Readings,
        };
        if rows.last().is_some_and(|last| last.kind != kind) {
            break;
        }
        let weighs = match kind {
            Kind::Readings => usize::try_from(held)?.max(1),
            Kind::Alarm | Kind::Written => STEP_WEIGHS,
        };
        // A full row behind a small one goes by itself: a line that takes so many, and no more, would take neither.
        if !rows.is_empty() && count + weighs > readings + readings / 2 {
            break;
        }
        count += weighs;
        rows.push(Row {
            sequence,
            kind,
            body,
        });
    }
    Ok(rows)
}
