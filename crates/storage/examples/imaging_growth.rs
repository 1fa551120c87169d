//! How long searches take while the index grows: fills a record with made-up studies, asks typical searches at
//! 10³, 10⁴, … images, and checks that each finds what it must. One JSON line for each search and size.
//!
//! `imaging_growth [MOST_IMAGES]`, by default 100 000.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use std::time::{Duration, Instant};

use record::Record;
use serde_json::json;
use storage::Embedded;

const TIMES: usize = 200;

async fn ask(record: &Embedded, images: u64) {
    let permit = synthetic::permit();
    let studies = images / synthetic::IMAGES_A_STUDY;
    for search in synthetic::SEARCHES {
        let mut took: Vec<Duration> = Vec::with_capacity(TIMES);
        for number in 0..TIMES as u64 {
            let query = search.query(number.wrapping_mul(7919) % studies);
            let since = Instant::now();
            record.imaging(&permit, &query).await.unwrap();
            took.push(since.elapsed());
        }
        took.sort();
        let ms = |at: usize| took[at].as_secs_f64() * 1000.0;
        let line = json!({
            "images": images, "search": search.name,
            "p50_ms": ms(TIMES / 2), "p99_ms": ms(TIMES * 99 / 100),
        });
        println!("{line}");
    }
}

#[tokio::main]
async fn main() {
    let most: u64 = std::env::args()
        .nth(1)
        .map_or(100_000, |most| most.parse().unwrap());
    let folder = tempfile::tempdir_in(".").unwrap();
    let record = synthetic::open(folder.path());
    let mut size = 1000;
    let mut filled = 0;
    while size <= most {
        let since = Instant::now();
        let before = filled;
        synthetic::fill(&record, before, size).await;
        filled = size;
        let rate = (filled - before) as f64 / since.elapsed().as_secs_f64();
        eprintln!("{filled} images, {rate:.0} images/s");
        ask(&record, size).await;
        synthetic::check(&record, size).await;
        eprintln!("{filled} images: every search finds what it must");
        size *= 10;
    }
}
