//! What the cloud did not take: kept here with the reason, and tried once more when somebody says so.

use anyhow::Result;
use rusqlite::params;
use serde::Serialize;
use vocabulary::Timestamp;

use super::{LEVEL, Outbox, pieces::kind_of};
use crate::clock;

/// So many reasons are told.
const REASONS: i64 = 20;
/// So many pieces that were not taken are put back at once.
pub(super) const PAGE: i64 = 500;

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

impl Outbox {
    /// Puts what the cloud did not take behind what waits: it may have by now what it lacked. How much that is.
    pub fn try_again(&self) -> Result<u64> {
        // What is not taken once more meanwhile waits for the next time.
        let query = "SELECT COALESCE(MAX(sequence), 0) FROM refused";
        let until: i64 = self
            .shared
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
    pub(super) fn try_page_again(&self, after: i64, until: i64, count: u64) -> Result<(i64, u64)> {
        let mut database = self.shared.database.lock();
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
        let database = self.shared.database.lock();
        let mut query = database
            .prepare_cached("SELECT why, times, at_ms FROM reasons ORDER BY at_ms DESC LIMIT ?1")?;
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
}
