//! Many readings in one row. A row of its own for each message of a device would take ten times the room: what is said
//! of a reading beside its value is much the same from one to the next.

use std::sync::atomic::Ordering;

use anyhow::Result;
use record::Arrived;
use rusqlite::{Connection, params};

use super::{LEVEL, Shared};
use crate::clock;

/// About so many readings lie in one row.
const MOST: usize = 2_000;
/// So many rows that came one by one are made one.
pub const LOOSE: usize = 256;
/// So many rows are looked at for that at once, one block of them in memory at a time.
const LOOKED_AT: i64 = 1_024;

/// Readings that lie in one row: the JSON of a list of pieces, without its end.
#[derive(Default)]
struct Block {
    json: Vec<u8>,
    readings: usize,
}

impl Block {
    fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    fn has_room(&self, readings: usize) -> bool {
        self.readings + readings <= MOST
    }

    /// Takes pieces behind those that it has, as JSON with commas between them.
    fn add(&mut self, pieces: &[u8], readings: usize) {
        let before = if self.is_empty() { b'[' } else { b',' };
        self.json.push(before);
        self.json.extend_from_slice(pieces);
        self.readings += readings;
    }

    /// How many readings, and they as the row holds them.
    fn packed(mut self) -> Result<(i64, Vec<u8>)> {
        self.json.push(b']');
        let body = zstd::encode_all(&*self.json, LEVEL)?;
        Ok((i64::try_from(self.readings)?, body))
    }
}

/// Readings as rows hold them, in their order, each with how many it has. Each row is packed as soon as it is full, so
/// that no more than one lies in memory as JSON.
fn packed<'a>(all: impl Iterator<Item = &'a Arrived>) -> Result<Vec<(i64, Vec<u8>)>> {
    let (mut rows, mut block) = (Vec::new(), Block::default());
    for one in all {
        let (json, readings) = (serde_json::to_vec(one)?, one.readings.count());
        if !block.is_empty() && !block.has_room(readings) {
            rows.push(std::mem::take(&mut block).packed()?);
        }
        block.add(&json, readings);
    }
    if !block.is_empty() {
        rows.push(block.packed()?);
    }
    Ok(rows)
}

/// Readings as one row holds them, however many they are, and how many that is; nothing where there are none.
pub fn whole(all: &[Arrived]) -> Result<Option<(i64, Vec<u8>)>> {
    let mut block = Block::default();
    for one in all {
        block.add(&serde_json::to_vec(one)?, one.readings.count());
    }
    (!all.is_empty()).then(|| block.packed()).transpose()
}

/// Rows one behind the other that become one.
struct Run {
    first: i64,
    last: i64,
    rows: usize,
    readings: usize,
}

impl Shared {
    /// Puts readings behind what waits, all or none, on disk when this returns; in how many rows.
    pub fn put<'a>(&self, all: impl Iterator<Item = &'a Arrived>) -> Result<usize> {
        // Packed before the database is taken, for which others wait.
        let rows = packed(all)?;
        let mut database = self.database.lock();
        let transaction = database.transaction()?;
        for (readings, body) in &rows {
            transaction
                .prepare_cached("INSERT INTO waiting (at_ms, readings, body) VALUES (?1, ?2, ?3)")?
                .execute(params![clock::now().0, readings, body])?;
        }
        transaction.commit()?;
        Ok(rows.len())
    }

    /// Makes one row of many that came one by one after a row; up to which row that is done. What is under way to the
    /// cloud stays as it is, since it leaves by its rows.
    pub fn join(&self, after: i64) -> Result<i64> {
        let mut database = self.database.lock();
        let from = after.max(self.under_way.load(Ordering::Relaxed));
        let (runs, rows, last) = runs_after(&database, from)?;
        if rows < LOOSE / 2 {
            return Ok(after);
        }
        let transaction = database.transaction()?;
        for run in runs.iter().filter(|run| run.rows > 1) {
            make_one(&transaction, run)?;
        }
        transaction.commit()?;
        Ok(last)
    }
}

/// What can become one row each, how many rows were looked at, and the last of them. Whatever is no reading stays where it
/// is, between the readings of before it and behind it.
fn runs_after(database: &Connection, from: i64) -> Result<(Vec<Run>, usize, i64)> {
    let mut query = database.prepare_cached(
        "SELECT sequence, readings, alarms + written > 0 FROM waiting WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let mut found = query.query([from, LOOKED_AT])?;
    let (mut runs, mut rows, mut last): (Vec<Run>, _, _) = (Vec::new(), 0, from);
    let mut goes_on = false;
    while let Some(row) = found.next()? {
        let (sequence, readings): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (readings, is_step): (_, bool) = (usize::try_from(readings)?, row.get(2)?);
        (rows, last) = (rows + 1, sequence);
        if is_step {
            goes_on = false;
            continue;
        }
        let open = runs
            .last_mut()
            .filter(|run| goes_on && run.readings + readings <= MOST);
        if let Some(run) = open {
            (run.rows, run.last) = (run.rows + 1, sequence);
            run.readings += readings;
        } else {
            runs.push(Run {
                first: sequence,
                last: sequence,
                rows: 1,
                readings,
            });
        }
        goes_on = true;
    }
    Ok((runs, rows, last))
}

/// Makes a run its first row. Where one of it cannot be read, all of it stays as it is.
fn make_one(database: &Connection, run: &Run) -> Result<()> {
    let Some(block) = block_of(database, run)? else {
        tracing::warn!(row = run.first, "what waits cannot be read and stays");
        return Ok(());
    };
    let (readings, body) = block.packed()?;
    database
        .prepare_cached("UPDATE waiting SET readings = ?2, body = ?3 WHERE sequence = ?1")?
        .execute(params![run.first, readings, body])?;
    database
        .prepare_cached("DELETE FROM waiting WHERE sequence > ?1 AND sequence <= ?2")?
        .execute([run.first, run.last])?;
    Ok(())
}

/// What the rows of a run hold; nothing where one of them is no list of pieces.
fn block_of(database: &Connection, run: &Run) -> Result<Option<Block>> {
    let mut query = database.prepare_cached(
        "SELECT readings, body FROM waiting WHERE sequence >= ?1 AND sequence <= ?2 ORDER BY sequence",
    )?;
    let mut rows = query.query([run.first, run.last])?;
    let mut block = Block::default();
    while let Some(row) = rows.next()? {
        let (readings, body): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let json = zstd::decode_all(&*body).unwrap_or_default();
        let pieces = json
            .strip_prefix(b"[")
            .and_then(|json| json.strip_suffix(b"]"));
        let Some(pieces) = pieces.filter(|pieces| !pieces.is_empty()) else {
            return Ok(None);
        };
        block.add(pieces, usize::try_from(readings)?);
    }
    Ok(Some(block))
}
