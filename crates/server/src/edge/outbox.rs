//! Readings, alarms and what people wrote down that wait for the line to the cloud, and what the cloud handed down. Steps
//! of alarms go first, since people act on them, in their order; behind them all else in the order in which it came.
//! One file, that a kill does not hurt: what [`Outbox::put`] has returned for is on disk.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::Result;
use parking_lot::Mutex;
use record::Arrived;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use vocabulary::{DeviceId, Digest, Timestamp};

use crate::{
    clock, sqlite,
    ward::{Told, Written},
};

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
        id INTEGER PRIMARY KEY CHECK (id = 0), revision TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;";
/// Under this word packages with profiles stand among what the cloud handed down.
pub const PACKAGE: &str = "package";
/// Steps of alarms are found without a look at what waits before them.
const INDEX: &str =
    "CREATE INDEX IF NOT EXISTS waiting_alarms ON waiting (sequence) WHERE alarms > 0;";
/// What waits, each lane in its order: nothing of the second goes out while something of the first waits.
const LANES: [&str; 2] = [
    "SELECT sequence, body, true, false FROM waiting INDEXED BY waiting_alarms WHERE alarms > 0 ORDER BY sequence",
    "SELECT sequence, body, false, written > 0 FROM waiting WHERE alarms = 0 ORDER BY sequence",
];
/// When the oldest of each lane came.
const OLDEST: [&str; 2] = [
    "SELECT at_ms FROM waiting INDEXED BY waiting_alarms WHERE alarms > 0 ORDER BY sequence LIMIT 1",
    "SELECT at_ms FROM waiting WHERE alarms = 0 ORDER BY sequence LIMIT 1",
];
/// How hard it is tried to make a body small.
const LEVEL: i32 = 1;
/// As how many readings an alarm, or what somebody wrote down, counts at least in what goes out at once.
const STEP_WEIGHS: usize = 20;

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

/// What the cloud does not take for one reason.
#[derive(Debug, PartialEq, Serialize)]
pub struct Aside {
    /// Why, as a fragment that completes "could not …".
    pub why: String,
    /// How many pieces.
    pub times: u64,
    /// When the last one was put aside.
    pub at: Timestamp,
}

/// So many reasons are told.
const REASONS: i64 = 20;
/// So many pieces that were not taken are put back at once.
const PAGE: i64 = 500;

/// What goes out at once.
#[derive(Debug)]
pub struct Batch {
    /// Its rows.
    pub rows: Vec<i64>,
    /// What it is, in its order.
    pub what: What,
    /// Whether it cannot be made smaller: it came here in one piece.
    pub is_least: bool,
}

/// Of one kind, so that each door of the cloud gets its own.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Readings.
    Readings(Vec<Arrived>),
    /// Versions of alarms.
    Alarms(Vec<Told>),
    /// What people wrote down.
    Written(Vec<Written>),
}

/// What is told of an entry of the journal.
#[derive(Debug)]
pub enum Step {
    /// A version of an alarm.
    Alarm(Box<Told>),
    /// What somebody wrote down.
    Written(Written),
}

impl What {
    /// Takes more of the same kind; whether it was of the same kind.
    fn extend(&mut self, more: Self) -> bool {
        match (self, more) {
            (Self::Readings(all), Self::Readings(more)) => all.extend(more),
            (Self::Alarms(all), Self::Alarms(more)) => all.extend(more),
            (Self::Written(all), Self::Written(more)) => all.extend(more),
            _ => return false,
        }
        true
    }

    /// How many readings these are; an alarm is none.
    fn readings(&self) -> i64 {
        match self {
            Self::Readings(all) => all.iter().map(readings_of).sum(),
            Self::Alarms(_) | Self::Written(_) => 0,
        }
    }

    /// As how many readings it counts for a batch: an alarm has its samples and its steps.
    fn weighs(&self) -> Result<usize> {
        Ok(match self {
            Self::Readings(_) => usize::try_from(self.readings())?,
            Self::Alarms(_) | Self::Written(_) => self.len() * STEP_WEIGHS,
        })
    }

    /// The piece at a place, as it is kept aside, and how many readings it has.
    fn piece(&self, index: usize) -> Option<(Result<Vec<u8>, serde_json::Error>, i64)> {
        match self {
            Self::Readings(all) => {
                let one = all.get(index)?;
                Some((serde_json::to_vec(one), readings_of(one)))
            }
            Self::Alarms(all) => Some((serde_json::to_vec(all.get(index)?), 0)),
            Self::Written(all) => Some((serde_json::to_vec(all.get(index)?), 0)),
        }
    }

    /// How many pieces it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Readings(all) => all.len(),
            Self::Alarms(all) => all.len(),
            Self::Written(all) => all.len(),
        }
    }

    /// It as the cloud reads it.
    pub fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Readings(all) => serde_json::to_vec(all),
            Self::Alarms(all) => serde_json::to_vec(all),
            Self::Written(all) => serde_json::to_vec(all),
        }
    }
}

fn readings_of(arrived: &Arrived) -> i64 {
    i64::try_from(arrived.readings.count()).unwrap_or(0)
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
        let database = sqlite::open(data, OUTBOX, SCHEMA)?;
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
        database.execute_batch(INDEX)?;
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

    /// Puts steps of alarms and what people wrote down behind what waits, and notes up to where the journal was read
    /// for them: both or neither, so that a kill neither loses nor doubles one.
    pub fn put_steps(&self, steps: &[Step], next: u64) -> Result<()> {
        let mut database = self.database.lock();
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
        let database = self.database.lock();
        let next: Option<i64> = database
            .query_row("SELECT next FROM journal", [], |row| row.get(0))
            .optional()?;
        Ok(next.map(u64::try_from).transpose()?)
    }

    /// The devices that somebody connected or disconnected here, as waits to go out.
    pub fn devices(&self) -> Result<BTreeSet<String>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached("SELECT body FROM waiting WHERE written > 0")?;
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
        let database = self.database.lock();
        let mut query = database.prepare_cached("SELECT kind, id, digest FROM handed")?;
        let rows = query.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that these are the cloud's, before they are taken over.
    pub fn claim<'a>(&self, keys: impl Iterator<Item = &'a (String, String)>) -> Result<()> {
        let mut database = self.database.lock();
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
        let mut database = self.database.lock();
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
        let database = self.database.lock();
        let found = database.query_row("SELECT revision, at_ms FROM registry", [], |row| {
            Ok((row.get(0)?, Timestamp(row.get(1)?)))
        });
        Ok(found.optional()?)
    }

    /// The registry is to be handed down once more.
    pub fn forget_revision(&self) -> Result<()> {
        self.database.lock().execute("DELETE FROM registry", [])?;
        Ok(())
    }

    /// The packages with profiles that the cloud handed down.
    pub fn packages(&self) -> Result<BTreeSet<Digest>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached("SELECT id FROM handed WHERE kind = ?1")?;
        let rows = query.query_map([PACKAGE], |row| row.get::<_, String>(0))?;
        rows.map(|row| Ok(row?.parse()?)).collect()
    }

    /// Notes a command of the cloud, so that it hears what its device answers.
    pub fn put_command(&self, id: &str, device: &DeviceId) -> Result<()> {
        self.database.lock().execute(
            "INSERT OR IGNORE INTO command (id, device, told) VALUES (?1, ?2, '')",
            params![id, device.as_str()],
        )?;
        Ok(())
    }

    /// The commands of the cloud that are not over, each with its device and the answer that was told last.
    pub fn commands(&self) -> Result<Vec<(String, DeviceId, String)>> {
        let database = self.database.lock();
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
        let database = self.database.lock();
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
        let database = self.database.lock();
        for lane in LANES {
            let batch = next_of(&database, lane, readings)?;
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }

    /// When the oldest step of an alarm came that waits, and the oldest of all else.
    pub fn waits_since(&self) -> Result<[Option<Timestamp>; 2]> {
        let database = self.database.lock();
        let mut found = [None; 2];
        for (oldest, query) in found.iter_mut().zip(OLDEST) {
            let at = database.query_row(query, [], |row| row.get(0)).optional()?;
            *oldest = at.map(Timestamp);
        }
        Ok(found)
    }

    /// Forgets what the cloud has; what it does not take is put aside with its reason, by its place in the batch.
    pub fn sent(&self, batch: &Batch, refused: &[(usize, String)]) -> Result<()> {
        let mut database = self.database.lock();
        let transaction = database.transaction()?;
        let mut went = batch.what.readings();
        for (index, why) in refused {
            let Some((body, readings)) = batch.what.piece(*index) else {
                continue;
            };
            went -= readings;
            let body = zstd::encode_all(&*body?, LEVEL)?;
            transaction.execute(
                "INSERT INTO refused (at_ms, why, body) VALUES (?1, ?2, ?3)",
                params![clock::now().0, why, body],
            )?;
        }
        transaction.execute("UPDATE sent SET readings = readings + ?1", [went])?;
        for row in &batch.rows {
            transaction.execute("DELETE FROM waiting WHERE sequence = ?1", [row])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Puts what the cloud did not take behind what waits: it may have by now what it lacked. How much that is.
    pub fn try_again(&self) -> Result<u64> {
        // What is not taken once more meanwhile waits for the next time.
        let query = "SELECT COALESCE(MAX(sequence), 0) FROM refused";
        let until: i64 = self
            .database
            .lock()
            .query_row(query, [], |row| row.get(0))?;
        let (mut after, mut moved) = (0, 0);
        // After days that may be much: what is measured meanwhile is kept between the pages.
        while after < until {
            (after, moved) = self.try_page_again(after, until, moved)?;
        }
        Ok(moved)
    }

    /// One page of it; up to where that is, and how much it is by now.
    fn try_page_again(&self, after: i64, until: i64, count: u64) -> Result<(i64, u64)> {
        let mut database = self.database.lock();
        let transaction = database.transaction()?;
        let (mut last, mut moved) = (until, Vec::new());
        {
            let mut query = transaction.prepare_cached(
                "SELECT sequence, body FROM refused WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?3",
            )?;
            let mut rows = query.query([after, until, PAGE])?;
            let mut read = 0;
            while let Some(row) = rows.next()? {
                let (sequence, body): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
                read += 1;
                if read == PAGE {
                    last = sequence;
                }
                let piece = zstd::decode_all(&*body)?;
                let Some((readings, is_alarm, is_written)) = kind_of(&piece) else {
                    continue;
                };
                let body = zstd::encode_all(&*[&b"["[..], &piece, b"]"].concat(), LEVEL)?;
                transaction.execute(
                    "INSERT INTO waiting (at_ms, readings, body, alarms, written) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![clock::now().0, readings, body, is_alarm, is_written],
                )?;
                moved.push(sequence);
            }
        }
        for sequence in &moved {
            transaction.execute("DELETE FROM refused WHERE sequence = ?1", [sequence])?;
        }
        transaction.commit()?;
        Ok((last, count + u64::try_from(moved.len())?))
    }

    /// Why some of what was sent was put aside, the latest first.
    pub fn aside(&self) -> Result<Vec<Aside>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(
            "SELECT why, count(*), max(at_ms) FROM refused GROUP BY why ORDER BY max(at_ms) DESC LIMIT ?1",
        )?;
        let rows = query.query_map([REASONS], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?, Timestamp(row.get(2)?)))
        })?;
        rows.map(|row| {
            let (why, times, at) = row?;
            let times = u64::try_from(times)?;
            Ok(Aside { why, times, at })
        })
        .collect()
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
        let (oldest, newest): (Option<i64>, Option<i64>) =
            database.query_row("SELECT min(at_ms), max(at_ms) FROM waiting", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(Waits {
            readings: count("SELECT sum(readings) FROM waiting")?,
            alarms: count("SELECT sum(alarms) FROM waiting")?,
            written: count("SELECT sum(written) FROM waiting")?,
            oldest: oldest.map(Timestamp),
            newest: newest.map(Timestamp),
            sent: count("SELECT readings FROM sent")?,
            refused: count("SELECT count(*) FROM refused")?,
        })
    }
}

/// What a piece is that was put aside: how many readings, whether a step of an alarm, whether it was written down.
fn kind_of(piece: &[u8]) -> Option<(i64, bool, bool)> {
    if let Ok(arrived) = serde_json::from_slice::<Arrived>(piece) {
        return Some((readings_of(&arrived), false, false));
    }
    let is_alarm = serde_json::from_slice::<Told>(piece).is_ok();
    let is_written = !is_alarm && serde_json::from_slice::<Written>(piece).is_ok();
    (is_alarm || is_written).then_some((0, is_alarm, is_written))
}

fn next_of(database: &Connection, lane: &str, readings: usize) -> Result<Option<Batch>> {
    let mut query = database.prepare_cached(lane)?;
    let mut rows = query.query([])?;
    let mut batch: Option<Batch> = None;
    let mut count = 0;
    while count < readings
        && let Some(row) = rows.next()?
    {
        let (sequence, body): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let body = zstd::decode_all(&*body)?;
        let what = if row.get(2)? {
            What::Alarms(serde_json::from_slice(&body)?)
        } else if row.get(3)? {
            What::Written(serde_json::from_slice(&body)?)
        } else {
            What::Readings(serde_json::from_slice(&body)?)
        };
        let weighs = what.weighs()?;
        match &mut batch {
            Some(batch) => {
                if !batch.what.extend(what) {
                    break;
                }
                batch.is_least = false;
                batch.rows.push(sequence);
            }
            none => {
                *none = Some(Batch {
                    rows: vec![sequence],
                    what,
                    is_least: true,
                });
            }
        }
        count += weighs;
    }
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use record::{Readings, StreamKey};
    use serde_json::json;
    use vocabulary::{Coding, PatientId};

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
            message: None,
        }
    }

    fn step(sequence: u64) -> Told {
        let errand = json!({
            "sequence": sequence, "mission": {
                "id": "m", "ward": "w", "bed": "b", "by": "nurse", "at": "2026-11-27T08:00:00Z", "sent": [],
            },
        });
        serde_json::from_value(errand).unwrap()
    }

    fn written(sequence: u64) -> Written {
        Written {
            sequence,
            id: format!("o-{sequence}"),
            patient: PatientId::new("p").ok(),
            body: json!({"resourceType": if sequence == 4 { "Device" } else { "Observation" }}),
        }
    }

    #[test]
    fn what_waits_comes_in_its_order_until_it_was_sent_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        for at in 0..10 {
            outbox.put(&[reading(at), reading(at + 100)]).unwrap();
        }
        let first = outbox.next(5).unwrap().unwrap();
        let times = |batch: &Batch| match &batch.what {
            What::Readings(all) => all.iter().map(|one| one.received.0).collect::<Vec<_>>(),
            What::Alarms(_) | What::Written(_) => panic!("only readings were put"),
        };
        let first_times = times(&first);
        assert_eq!(first_times, [0, 100, 1, 101, 2, 102]);
        // Nothing was said of it: it comes again.
        drop(outbox);
        let outbox = Outbox::open(folder.path()).unwrap();
        let again = outbox.next(5).unwrap().unwrap();
        assert_eq!(again.what, first.what);
        outbox
            .sent(&again, &[(1, "no such device".to_owned())])
            .unwrap();
        let waits = outbox.waits().unwrap();
        assert_eq!((waits.readings, waits.sent, waits.refused), (14, 5, 1));
        let [aside] = outbox.aside().unwrap().try_into().unwrap();
        assert_eq!((aside.why.as_str(), aside.times), ("no such device", 1));
        let rest = outbox.next(1000).unwrap().unwrap();
        let rest_times = times(&rest);
        assert_eq!((rest_times.len(), rest_times[0]), (14, 3));
        outbox.sent(&rest, &[]).unwrap();
        assert!(outbox.next(1).unwrap().is_none());
    }

    #[test]
    fn what_the_cloud_did_not_take_is_tried_once_more_behind_what_waits_as_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        let steps = [Step::Alarm(Box::new(step(5))), Step::Written(written(7))];
        outbox.put(&[reading(1), reading(2)]).unwrap();
        outbox.put_steps(&steps, 8).unwrap();
        let go_out = |is_taken: bool| {
            let mut went = Vec::new();
            while let Some(batch) = outbox.next(1000).unwrap() {
                let refused = (0..batch.what.len()).map(|index| (index, "find it".to_owned()));
                let refused: Vec<_> = refused.filter(|_| !is_taken).collect();
                outbox.sent(&batch, &refused).unwrap();
                went.push(batch.what);
            }
            went
        };
        let refused = go_out(false);
        assert_eq!(outbox.waits().unwrap().refused, 4);
        assert_eq!(outbox.try_again().unwrap(), 4);
        let waits = outbox.waits().unwrap();
        assert_eq!((waits.readings, waits.alarms, waits.written), (2, 1, 1));
        assert_eq!((waits.refused, outbox.aside().unwrap().len()), (0, 0));
        assert_eq!(go_out(true), refused);
        assert_eq!(outbox.try_again().unwrap(), 0);
    }

    #[test]
    fn much_that_the_cloud_did_not_take_is_put_back_page_by_page_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        let all: Vec<Arrived> = (0..=2 * PAGE).map(reading).collect();
        outbox.put(&all).unwrap();
        let batch = outbox.next(all.len()).unwrap().unwrap();
        let refused: Vec<_> = (0..all.len())
            .map(|index| (index, "find it".to_owned()))
            .collect();
        outbox.sent(&batch, &refused).unwrap();
        let (until, moved) = outbox.try_page_again(0, 2 * PAGE + 1, 0).unwrap();
        assert_eq!((until, moved), (PAGE, 500));
        assert_eq!(outbox.try_again().unwrap(), 501);
        assert_eq!(outbox.waits().unwrap().refused, 0);
        let again = outbox.next(all.len()).unwrap().unwrap();
        assert_eq!(again.what, What::Readings(all));
    }

    #[test]
    fn steps_of_alarms_go_out_before_what_waited_longer_and_leave_it_there() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        let put = |sequence: u64| {
            let steps = [Step::Alarm(Box::new(step(sequence)))];
            outbox.put_steps(&steps, sequence + 1).unwrap();
        };
        for at in 0..4 {
            outbox.put(&[reading(at)]).unwrap();
        }
        put(5);
        outbox.put(&[reading(4)]).unwrap();
        put(7);
        assert!(outbox.waits_since().unwrap().iter().all(Option::is_some));
        let first = outbox.next(1000).unwrap().unwrap();
        assert_eq!(first.what, What::Alarms(vec![step(5), step(7)]));
        outbox.sent(&first, &[]).unwrap();
        assert!(outbox.waits_since().unwrap()[0].is_none());
        let readings = outbox.next(2).unwrap().unwrap();
        // What comes while a batch is under way stays when that has gone.
        put(9);
        outbox.sent(&readings, &[]).unwrap();
        let mut went = Vec::new();
        while let Some(batch) = outbox.next(1000).unwrap() {
            outbox.sent(&batch, &[]).unwrap();
            went.push(batch.what);
        }
        let rest = vec![reading(2), reading(3), reading(4)];
        assert_eq!(went, [What::Alarms(vec![step(9)]), What::Readings(rest)]);
        assert_eq!(outbox.waits_since().unwrap(), [None, None]);
    }

    #[test]
    fn what_somebody_wrote_down_goes_between_the_readings_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        let steps = [Step::Written(written(3)), Step::Written(written(4))];
        assert!(outbox.devices().unwrap().is_empty());
        outbox.put(&[reading(1)]).unwrap();
        outbox.put_steps(&steps, 5).unwrap();
        outbox.put(&[reading(2)]).unwrap();
        assert_eq!(outbox.journal().unwrap(), Some(5));
        assert_eq!(outbox.waits().unwrap().written, 2);
        assert_eq!(
            outbox.devices().unwrap(),
            BTreeSet::from(["o-4".to_owned()])
        );
        let mut went = Vec::new();
        while let Some(batch) = outbox.next(1000).unwrap() {
            outbox.sent(&batch, &[]).unwrap();
            went.push(batch.what);
        }
        let expected = [
            What::Readings(vec![reading(1)]),
            What::Written(vec![written(3), written(4)]),
            What::Readings(vec![reading(2)]),
        ];
        assert_eq!(went, expected);
        assert_eq!(outbox.waits().unwrap().written, 0);
        assert!(outbox.devices().unwrap().is_empty());
    }
}
