//! How many commits a second the record keeps, beside plain SQLite with the same promise
//! (WAL, `synchronous = FULL`), in one run on one disk.
#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Instant};

use record::{Batch, NewFact, Precondition, Record, ResourceKey};
use serde_json::json;
use storage::{Embedded, SystemClock};
use vocabulary::ActorId;

const COMMITS: u32 = 500;
const AT_ONCE: u32 = 64;

struct NoTerms;

impl record::Indexer for NoTerms {
    fn terms(&self, _kind: &str, _body: &serde_json::Value) -> Vec<record::IndexTerm> {
        Vec::new()
    }
}

fn batch(number: u32) -> Batch {
    let key = ResourceKey {
        kind: "Observation".to_owned(),
        id: format!("o{number}"),
    };
    let body = json!({"resourceType": "Observation", "note": "x".repeat(400)});
    let fact = NewFact::PutResource {
        key,
        subject: None,
        body,
    };
    Batch {
        actor: ActorId::new("bench").unwrap(),
        facts: vec![(fact, Precondition::None)],
    }
}

fn tell(what: &str, commits: u32, since: Instant) {
    let rate = f64::from(commits) / since.elapsed().as_secs_f64();
    println!("{what:<44} {rate:>9.0} commits/s");
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let plain = rusqlite::Connection::open(folder.path().join("plain.sqlite")).unwrap();
    plain.pragma_update(None, "journal_mode", "WAL").unwrap();
    plain.pragma_update(None, "synchronous", "FULL").unwrap();
    plain
        .execute_batch("CREATE TABLE facts (id INTEGER PRIMARY KEY, body TEXT)")
        .unwrap();
    let since = Instant::now();
    for _ in 0..COMMITS {
        plain
            .execute("INSERT INTO facts (body) VALUES (?)", ["x".repeat(600)])
            .unwrap();
    }
    tell("plain SQLite, one after the other", COMMITS, since);

    let dir = folder.path().join("hospital");
    let record = Arc::new(Embedded::open(dir, Arc::new(NoTerms), Arc::new(SystemClock)).unwrap());
    let since = Instant::now();
    for number in 0..COMMITS {
        record.commit(batch(number)).await.unwrap();
    }
    tell("the record, one after the other", COMMITS, since);

    let since = Instant::now();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|task| {
            let record = Arc::clone(&record);
            tokio::spawn(async move {
                for number in 0..COMMITS / 4 {
                    record
                        .commit(batch(1_000_000 + task * 10_000 + number))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    tell(
        &format!("the record, {AT_ONCE} at a time"),
        AT_ONCE * (COMMITS / 4),
        since,
    );
}
