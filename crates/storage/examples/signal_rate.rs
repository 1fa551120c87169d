//! How many readings the store keeps, with its promise: devices that send one a second, and as many as it takes.
//! One JSON line for each run.
//!
//! `signal_rate [--devices N,N,…] [--seconds S] [--folder DIR]`
//!
//! - `steady`: so many devices send one reading a second, each in a message of its own that is acknowledged by
//!   itself; how long an acknowledgement takes, and what the process takes of memory.
//! - `closed`: as many devices send their next reading as soon as the last one was acknowledged.
//! - `waveform`: eight channels of 500 Hz a bed, in pieces of a second.
//! - `import`: a night of 25 Hz on ten channels, as an EDF file has it, in one piece a channel and hour.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use record::{Arrived, IndexTerm, Indexer, Readings, Signals, StreamKey};
use serde_json::json;
use storage::{Clock, Embedded, EmbeddedSignals, SignalOptions, SystemClock};
use vocabulary::{Coding, DeviceId, PatientId, Timestamp};

struct NoTerms;

impl Indexer for NoTerms {
    fn terms(&self, _kind: &str, _body: &serde_json::Value) -> Vec<IndexTerm> {
        Vec::new()
    }
}

fn arrived(device: u64, channel: u64, readings: Readings) -> Arrived {
    Arrived {
        stream: StreamKey {
            device: DeviceId::new(format!("device-{device}")).unwrap(),
            stream: format!("stream-{channel}"),
        },
        subject: Some(PatientId::new(format!("patient-{device}")).unwrap()),
        coding: Coding::new("http://loinc.org", "8867-4"),
        unit: "/min".to_owned(),
        readings,
        received: SystemClock.now(),
        quality: vec![],
        message: None,
    }
}

/// A value that moves as a pulse does: by whole numbers, seldom far.
fn value(device: u64, number: u64) -> f64 {
    let wave = ((number + device * 13) as f64 / 40.0).sin() * 8.0;
    (72.0 + wave).round()
}

fn one(device: u64, number: u64) -> Arrived {
    let at = Timestamp(SystemClock.now().0);
    let value = value(device, number);
    arrived(device, 0, Readings::One { at, value })
}

fn piece(device: u64, channel: u64, start_ms: i64, period_us: u64, count: u64) -> Arrived {
    let values = (0..count).map(|n| {
        let turn = (n + channel * 31) as f64 / 50.0;
        (turn.sin() * 1000.0 + (turn * 7.3).sin() * 120.0).round() / 1000.0
    });
    let readings = Readings::Regular {
        start: Timestamp(start_ms),
        period_us,
        values: values.collect(),
    };
    arrived(device, channel, readings)
}

/// A line of `/proc/self/status`, in MiB.
fn memory_mib(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|found| {
        found
            .strip_prefix(line)?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    kib.unwrap_or(0.0_f64) / 1024.0
}

fn bytes(folder: &Path) -> u64 {
    let mut total = 0;
    for item in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = item.path();
        total += if path.is_dir() {
            bytes(&path)
        } else {
            item.metadata().map_or(0, |found| found.len())
        };
    }
    total
}

struct Run {
    folder: PathBuf,
    signals: Arc<EmbeddedSignals>,
    _kept: Option<tempfile::TempDir>,
}

fn open(place: Option<&Path>) -> Run {
    let kept = place
        .map_or_else(tempfile::tempdir, tempfile::tempdir_in)
        .unwrap();
    let folder = kept.path().join("data");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let record = Embedded::open(&folder, Arc::new(NoTerms), Arc::clone(&clock)).unwrap();
    let options = SignalOptions::default();
    let signals = EmbeddedSignals::open(Arc::new(record), clock, options).unwrap();
    Run {
        folder,
        signals: Arc::new(signals),
        _kept: Some(kept),
    }
}

impl Run {
    async fn tell(
        &self,
        what: &str,
        devices: u64,
        readings: u64,
        took: Duration,
        mut ms: Vec<f64>,
    ) {
        ms.sort_by(f64::total_cmp);
        let at = |share: f64| ms.get((ms.len() as f64 * share) as usize).copied();
        let unsealed_mib = memory_mib("VmRSS:");
        let sealing = Instant::now();
        self.signals.seal().await.unwrap();
        let line = json!({
            "run": what, "devices": devices, "readings": readings,
            "seconds": took.as_secs_f64(), "readings_per_s": readings as f64 / took.as_secs_f64(),
            "ack_ms_median": at(0.5), "ack_ms_p99": at(0.99), "ack_ms_most": ms.last(),
            "memory_mib": unsealed_mib, "memory_most_mib": memory_mib("VmHWM:"),
            "seal_s": sealing.elapsed().as_secs_f64(),
            "journal_bytes_per_reading": bytes(&self.folder.join("journal")) as f64 / readings as f64,
        });
        println!("{line}");
    }
}

async fn steady(place: Option<&Path>, devices: u64, seconds: u64) {
    let run = open(place);
    let since = Instant::now();
    let tasks: Vec<_> = (0..devices)
        .map(|device| {
            let signals = Arc::clone(&run.signals);
            tokio::spawn(async move {
                let mut ms = Vec::new();
                // Devices are not in step.
                let first = Duration::from_micros(device * 1_000_000 / devices.max(1));
                tokio::time::sleep(first).await;
                let mut tick = tokio::time::interval(Duration::from_secs(1));
                for number in 0..seconds {
                    tick.tick().await;
                    let sent = Instant::now();
                    signals.append(vec![one(device, number)]).await.unwrap();
                    ms.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                ms
            })
        })
        .collect();
    let mut ms = Vec::new();
    for task in tasks {
        ms.extend(task.await.unwrap());
    }
    run.tell("steady", devices, ms.len() as u64, since.elapsed(), ms)
        .await;
}

async fn closed(place: Option<&Path>, devices: u64, seconds: u64) {
    let run = open(place);
    let since = Instant::now();
    let sent = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..devices)
        .map(|device| {
            let (signals, sent) = (Arc::clone(&run.signals), Arc::clone(&sent));
            tokio::spawn(async move {
                let mut ms = Vec::new();
                let mut number = 0_u64;
                while since.elapsed() < Duration::from_secs(seconds) {
                    // Times a second apart, as if a second had gone by.
                    let at = Timestamp(1_700_000_000_000 + (number * 1000).cast_signed());
                    let value = value(device, number);
                    let reading = arrived(device, 0, Readings::One { at, value });
                    let began = Instant::now();
                    signals.append(vec![reading]).await.unwrap();
                    ms.push(began.elapsed().as_secs_f64() * 1000.0);
                    sent.fetch_add(1, Ordering::Relaxed);
                    number += 1;
                }
                ms
            })
        })
        .collect();
    let mut ms = Vec::new();
    for task in tasks {
        ms.extend(task.await.unwrap());
    }
    let readings = sent.load(Ordering::Relaxed);
    run.tell("closed", devices, readings, since.elapsed(), ms)
        .await;
}

/// Pieces, one after the other.
async fn pieces(
    place: Option<&Path>,
    what: &str,
    devices: u64,
    pieces: impl Iterator<Item = Arrived>,
) {
    let run = open(place);
    let (mut readings, mut ms) = (0, Vec::new());
    let since = Instant::now();
    for piece in pieces {
        readings += piece.readings.count() as u64;
        let began = Instant::now();
        run.signals.append(vec![piece]).await.unwrap();
        ms.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    run.tell(what, devices, readings, since.elapsed(), ms).await;
}

#[tokio::main]
async fn main() {
    let (mut devices, mut seconds, mut place) = (vec![1000], 10, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let says = words.next().unwrap();
        match word.as_str() {
            "--devices" => devices = says.split(',').map(|n| n.parse().unwrap()).collect(),
            "--seconds" => seconds = says.parse().unwrap(),
            "--folder" => place = Some(PathBuf::from(says)),
            other => panic!("{other} is no option"),
        }
    }
    let place = place.as_deref();
    for count in &devices {
        steady(place, *count, seconds).await;
    }
    for count in &devices {
        closed(place, *count, seconds).await;
    }
    let beds = (0..seconds.cast_signed()).flat_map(|second| {
        (0..8).flat_map(move |bed| {
            (0..8).map(move |channel| piece(bed, channel, second * 1000, 2000, 500))
        })
    });
    pieces(place, "waveform", 8, beds).await;
    let night = (0..8).flat_map(|hour| {
        (0..10).map(move |channel| piece(0, channel, hour * 3_600_000, 40_000, 90_000))
    });
    pieces(place, "import", 1, night).await;
}
