//! A process that keeps readings is killed at random moments, and a disk runs full. What was acknowledged is
//! there, once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use std::{collections::BTreeMap, env, fs, io::Write, path::Path, sync::Arc, time::Duration};

use record::{Arrived, Readings, RecordError, Room, Signals};
use storage::{EmbeddedSignals, SignalOptions, verify};
use vocabulary::Timestamp;

#[path = "shared/disk.rs"]
mod disk;
#[path = "shared/killed.rs"]
mod killed;
#[path = "shared/readings.rs"]
mod readings;
mod shared;

use disk::small_disk;
use killed::{acknowledged_until_killed, random_moments};
use readings::{arrived, content, open_both, read_all, tiny};
use shared::{all, object_bytes};

const KILLS: u64 = 20;
const DEVICES: u64 = 4;
const FOLDER: &str = "YUANYI_TEST_SENDER_FOLDER";
const ROUND: &str = "YUANYI_TEST_SENDER_ROUND";

/// Piece `number` of a device in a round: five values a second apart, the first of which is the last of the
/// piece before, as a device sends that is not sure what arrived.
fn piece(device: u64, round: u64, number: u64) -> Arrived {
    let start = (round * 1_000_000 + number * 4) * 1000;
    let values = (0..5).map(|place| value(round, number * 4 + place));
    let readings = Readings::Regular {
        start: Timestamp(start.cast_signed()),
        period_us: 1_000_000,
        values: values.collect(),
    };
    arrived(device, readings)
}

fn value(round: u64, second: u64) -> f64 {
    f64::from(u32::try_from(round * 31 + second * 7 % 1009).unwrap()) / 10.0
}

/// Not a test by itself: the process that is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sender() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let round: u64 = env::var(ROUND).unwrap().parse().unwrap();
    let (_record, signals) = open_both(Path::new(&folder), tiny());
    let signals = Arc::new(signals);
    let tasks: Vec<_> = (0..DEVICES)
        .map(|device| {
            let signals = Arc::clone(&signals);
            tokio::spawn(async move {
                for number in 0.. {
                    signals
                        .append(vec![piece(device, round, number)])
                        .await
                        .unwrap();
                    // Straight to the pipe: what stands there was acknowledged.
                    let line = format!("acknowledged {device} {number}\n");
                    std::io::stdout().write_all(line.as_bytes()).unwrap();
                }
            })
        })
        .collect();
    // They end only with an error, or with the process.
    let mut tasks = tasks.into_iter();
    tasks.next().unwrap().await.unwrap();
}

/// How many pieces of each device were acknowledged before the kill.
fn send_and_kill(folder: &Path, round: u64, after: Duration) -> BTreeMap<u64, u64> {
    let told = [
        (FOLDER, folder.to_str().unwrap()),
        (ROUND, &round.to_string()),
    ];
    let lines = acknowledged_until_killed("sender", &told, after);
    let pieces = lines.iter().filter_map(|words| {
        let [device, number] = &words[..] else {
            return None;
        };
        Some((device.parse().ok()?, number.parse::<u64>().ok()? + 1))
    });
    // The last one of each device counts.
    pieces.collect()
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_process_is_killed() {
    let delays = random_moments(KILLS);
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    let mut torn = 0;
    for (round, delay) in (0..KILLS).zip(delays) {
        let after = Duration::from_millis(50 + 2 * u64::from(delay));
        for (device, pieces) in send_and_kill(folder.path(), round, after) {
            acknowledged.insert((device, round), pieces);
        }
        if !folder.path().join("signals/00000001.log").exists() && acknowledged.is_empty() {
            // Killed before there was a hospital.
            continue;
        }
        let report = verify(folder.path(), true).unwrap();
        assert!(
            report.is_sound(),
            "after kill {round}: {}",
            report.fault.unwrap()
        );
        let (_record, signals) = open_both(folder.path(), tiny());
        torn += u32::from(signals.torn_tail().is_some());
        for device in 0..DEVICES {
            let kept = read_all(&signals, &all(), device).await;
            let times: Vec<i64> = kept.iter().map(|one| one.at_us).collect();
            assert!(
                times.is_sorted_by(|a, b| a < b),
                "device {device} has a reading twice after kill {round}"
            );
            for earlier in 0..=round {
                check(
                    &kept,
                    earlier,
                    acknowledged.get(&(device, earlier)).copied().unwrap_or(0),
                );
            }
        }
    }
    let total: u64 = acknowledged.values().sum();
    println!("{total} acknowledged pieces over {KILLS} kills, {torn} torn tails cut");
    assert!(
        total > 100,
        "the sender sent too little for the test to mean anything"
    );
}

/// All seconds of a round that were acknowledged are there with their values, and what else is there has the
/// value that was sent.
fn check(kept: &[record::Reading], round: u64, pieces: u64) {
    let start_us = (round * 1_000_000_000_000).cast_signed();
    let of_round: BTreeMap<i64, f64> = kept
        .iter()
        .filter(|one| (start_us..start_us + 1_000_000_000_000).contains(&one.at_us))
        .map(|one| ((one.at_us - start_us) / 1_000_000, one.value))
        .collect();
    let seconds = if pieces == 0 { 0 } else { pieces * 4 + 1 };
    for second in 0..seconds {
        assert!(
            of_round.contains_key(&second.cast_signed()),
            "second {second} of round {round} is lost"
        );
    }
    for (second, found) in of_round {
        let sent = value(round, second.cast_unsigned());
        assert_eq!(
            found.to_bits(),
            sent.to_bits(),
            "second {second} of round {round}"
        );
    }
}

/// Values that cannot be compressed, so that the disk fills.
fn noise(number: u64) -> Arrived {
    let bytes = object_bytes(number, 16_000);
    let values = bytes
        .chunks(8)
        .map(|eight| f64::from_bits(u64::from_le_bytes(eight.try_into().unwrap()) >> 2));
    let readings = Readings::Regular {
        start: Timestamp((number * 4_000_000).cast_signed()),
        period_us: 2000,
        values: values.collect(),
    };
    arrived(0, readings)
}

async fn fill(signals: &EmbeddedSignals, from: u64) -> u64 {
    for number in from.. {
        match signals.append(vec![noise(number)]).await {
            Ok(taken) => assert_eq!(taken[0].new, 2000),
            Err(RecordError::Full) => return number,
            Err(other) => panic!("{other}"),
        }
        assert!(number < 10_000, "the disk does not fill");
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_serves_on_and_takes_on_once_there_is_room() {
    let test = "a_full_disk_refuses_and_serves_on_and_takes_on_once_there_is_room";
    let Some(disk) = small_disk(test, "16m") else {
        return;
    };
    let data = disk.join("data");
    let filler = disk.join("filler");
    fs::write(&filler, vec![1; 8 << 20]).unwrap();
    let options = SignalOptions {
        segment_bytes: 256 << 10,
        segments: 2,
        chunk_readings: 4000,
        unsealed_readings: 20_000,
        ..SignalOptions::default()
    };
    let (record, signals) = open_both(&data, options.clone());
    let mut unkept = signals.unkept(&all()).unwrap();
    let sent = fill(&signals, 0).await;
    assert!(sent > 10, "{sent} pieces before the disk was full");
    // Who judges what is so now hears what had no room, and that alone.
    let heard = unkept.try_recv().unwrap();
    assert_eq!(heard.readings, noise(sent).readings);
    assert!(unkept.try_recv().is_err());
    assert_eq!(signals.room(), Room::Full);
    // What is kept can be read on a full disk.
    assert_eq!(
        read_all(&signals, &all(), 0).await.len() as u64,
        sent * 2000
    );
    // Somebody makes room; nobody starts anything again.
    fs::remove_file(&filler).unwrap();
    let sent = fill(&signals, sent).await.max(sent + 1);
    let kept = content(&signals, 1).await;
    drop((signals, record));
    let report = verify(&data, true).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
    let (_record, signals) = open_both(&data, options);
    assert_eq!(content(&signals, 1).await, kept);
    assert_eq!(kept[&0].len() as u64 % 2000, 0);
    assert!(sent > 30, "{sent} pieces");
}
