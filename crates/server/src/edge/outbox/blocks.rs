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
/// So many rows are looked at for that at once.
const LOOKED_AT: i64 = 1_024;

/// Readings that lie in one row: the JSON of a list of pieces, without its end.
#[derive(Default)]
struct Block {
    json: Vec<u8>,
    readings: usize,
}

impl Block {
    fn has_room(&self, readings: usize) -> bool {
        self.readings + readings <= MOST
    }

    /// Takes pieces behind those that it has, as JSON with commas between them.
    fn add(&mut self, pieces: &[u8], readings: usize) {
        let before = if self.json.is_empty() { b'[' } else { b',' };
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

/// Readings as rows hold them, in their order, each with how many it has.
fn packed<'a>(all: impl Iterator<Item = &'a Arrived>) -> Result<Vec<(i64, Vec<u8>)>> {
    let mut blocks: Vec<Block> = Vec::new();
    for one in all {
        let (json, readings) = (serde_json::to_vec(one)?, one.readings.count());
        if let Some(block) = blocks.last_mut().filter(|block| block.has_room(readings)) {
            block.add(&json, readings);
        } else {
            let mut block = Block::default();
            block.add(&json, readings);
            blocks.push(block);
        }
    }
    blocks.into_iter().map(Block::packed).collect()
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
    block: Block,
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
        for run in runs.into_iter().filter(|run| run.rows > 1) {
            let Run {
                first, last, block, ..
            } = run;
            let (readings, body) = block.packed()?;
            transaction
                .prepare_cached("UPDATE waiting SET readings = ?2, body = ?3 WHERE sequence = ?1")?
                .execute(params![first, readings, body])?;
            transaction
                .prepare_cached("DELETE FROM waiting WHERE sequence > ?1 AND sequence <= ?2")?
                .execute([first, last])?;
        }
        transaction.commit()?;
        Ok(last)
    }
}

/// What can become one row each, how many rows were looked at, and the last of them. Whatever is no reading stays where it
/// is, between the readings of before it and behind it.
fn runs_after(database: &Connection, from: i64) -> Result<(Vec<Run>, usize, i64)> {
    let mut query = database.prepare_cached(
        "SELECT sequence, readings, body, alarms + written > 0 FROM waiting WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let mut found = query.query([from, LOOKED_AT])?;
    let (mut runs, mut rows, mut last): (Vec<Run>, _, _) = (Vec::new(), 0, from);
    let mut goes_on = false;
    while let Some(row) = found.next()? {
        let (sequence, readings): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (body, is_step): (Vec<u8>, bool) = (row.get(2)?, row.get(3)?);
        let readings = usize::try_from(readings)?;
        (rows, last) = (rows + 1, sequence);
        let json = if is_step {
            Vec::new()
        } else {
            zstd::decode_all(&*body)?
        };
        let pieces = json
            .strip_prefix(b"[")
            .and_then(|json| json.strip_suffix(b"]"));
        let Some(pieces) = pieces.filter(|pieces| !pieces.is_empty()) else {
            goes_on = false;
            continue;
        };
        let open = runs
            .last_mut()
            .filter(|run| goes_on && run.block.has_room(readings));
        if let Some(run) = open {
            run.block.add(pieces, readings);
            (run.rows, run.last) = (run.rows + 1, sequence);
        } else {
            let mut block = Block::default();
            block.add(pieces, readings);
            runs.push(Run {
                first: sequence,
                last: sequence,
                rows: 1,
                block,
            });
        }
        goes_on = true;
    }
    Ok((runs, rows, last))
}
