//! A process that commits is killed at random moments. What it had acknowledged must be there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use std::{
    env,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use record::Record;
use storage::{Options, verify};
use vocabulary::{Digest, Uid};

#[path = "shared/killed.rs"]
mod killed;
mod shared;

use killed::{acknowledged_until_killed, random_moments};
use shared::{all, commit, object, object_bytes, open, resource};

const KILLS: u64 = 20;
const FOLDER: &str = "YUANYI_TEST_WRITER_FOLDER";
const FIRST: &str = "YUANYI_TEST_WRITER_FIRST";

fn options() -> Options {
    Options {
        segment_bytes: 4 << 20,
        ..Options::default()
    }
}

fn length(number: u64) -> usize {
    usize::try_from(number.wrapping_mul(7919) % 40_000).unwrap()
}

/// Not a test by itself: the process that is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writer() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let first: u64 = env::var(FIRST).unwrap().parse().unwrap();
    let record = Arc::new(open(Path::new(&folder), options()).unwrap());
    let next = Arc::new(AtomicU64::new(first));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (record, next) = (Arc::clone(&record), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let facts = vec![object(number, length(number)), resource(number)];
                    let sealed = commit(&record, facts).await.unwrap();
                    // Straight to the pipe: what stands there was acknowledged.
                    let line = format!(
                        "acknowledged {number} {} {} {}\n",
                        sealed[0].sequence, sealed[0].digest, sealed[1].digest
                    );
                    std::io::stdout().write_all(line.as_bytes()).unwrap();
                }
            })
        })
        .collect();
    // They end only with an error, or with the process.
    let mut tasks = tasks.into_iter();
    tasks.next().unwrap().await.unwrap();
}

struct Acknowledged {
    number: u64,
    sequence: u64,
    digests: [Digest; 2],
}

fn write_and_kill(folder: &Path, first: u64, after: Duration) -> Vec<Acknowledged> {
    let told = [
        (FOLDER, folder.to_str().unwrap()),
        (FIRST, &first.to_string()),
    ];
    let lines = acknowledged_until_killed("writer", &told, after);
    let lines = lines.iter().filter_map(|words| {
        let [number, sequence, object, resource] = &words[..] else {
            return None;
        };
        Some(Acknowledged {
            number: number.parse().ok()?,
            sequence: sequence.parse().ok()?,
            digests: [object.parse().ok()?, resource.parse().ok()?],
        })
    });
    lines.collect()
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let delays = random_moments(KILLS);
    let folder = tempfile::tempdir().unwrap();
    let (mut total, mut torn) = (0, 0);
    for (kill, delay) in (0..KILLS).zip(delays) {
        let after = Duration::from_millis(30 + u64::from(delay));
        let acknowledged = write_and_kill(folder.path(), kill * 1_000_000, after);
        total += acknowledged.len();
        if acknowledged.is_empty() && !folder.path().join("journal/00000001.log").exists() {
            // Killed before there was a hospital.
            continue;
        }
        let report = verify(folder.path(), false).unwrap();
        assert!(
            report.is_sound(),
            "after kill {kill}: {}",
            report.fault.unwrap()
        );
        let record = open(folder.path(), options()).unwrap();
        torn += u32::from(record.torn_tail().is_some());
        for one in &acknowledged {
            for (sequence, digest) in (one.sequence..).zip(one.digests) {
                let bytes = record.entry_bytes(&all(), sequence).await.unwrap();
                let bytes =
                    bytes.unwrap_or_else(|| panic!("entry {sequence} is gone after kill {kill}"));
                assert_eq!(
                    Digest::of(&bytes),
                    digest,
                    "entry {sequence} after kill {kill}"
                );
            }
            let sop = Uid::new(format!("1.9.{}", one.number)).unwrap();
            let instance = record.instance(&all(), &sop).await.unwrap().unwrap();
            let bytes = record.object(&all(), &instance, None).await.unwrap();
            assert!(
                bytes == object_bytes(one.number, length(one.number)),
                "object {}",
                one.number
            );
        }
        drop(record);
        let report = verify(folder.path(), true).unwrap();
        assert!(
            report.is_sound(),
            "after kill {kill}: {}",
            report.fault.unwrap()
        );
        assert_eq!(report.signed, report.entries, "a close signs everything");
    }
    println!("{total} acknowledged commits over {KILLS} kills, {torn} torn tails cut");
    assert!(
        total > 100,
        "the writer wrote too little for the test to mean anything"
    );
}
