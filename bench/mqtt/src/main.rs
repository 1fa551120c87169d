//! Devices that send readings over MQTT 3.1.1 at QoS 1 to whatever server, and one who listens to all of them.
//!
//! The first line of the standard input is the listener, each further one a device, as JSON. What is printed is one
//! line of JSON: what was acknowledged after how long, and whether the listener heard all of it, once.

mod device;
mod figures;
mod listener;
mod wire;

use std::{
    error::Error,
    io::BufRead,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::{Parser, ValueEnum};
use serde::Deserialize;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};

use figures::{Delays, Heard, Said};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Connections that are being opened at once.
const OPENING: usize = 64;
/// How long the listener may take to hear what was acknowledged, after the last acknowledgement.
const HEARS_WITHIN: Duration = Duration::from_secs(20);

/// Devices that send, and one who listens.
#[derive(Parser)]
struct Ask {
    /// The server, as ADDR:PORT.
    #[arg(long)]
    address: String,
    /// How long devices send, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Once a second each, and pieces of waves as they are done, or the next as soon as the last was acknowledged.
    #[arg(long, value_enum, default_value = "steady")]
    pace: Pace,
    /// How many messages of one device may wait for their acknowledgement, where it sends as soon as it may.
    #[arg(long, default_value_t = 1)]
    in_flight: u16,
    /// In so many seconds before that each device says something first, one after the other, which counts for nothing but
    /// whether it was kept.
    #[arg(long, default_value_t = 3)]
    warm_up: u64,
    /// Nobody listens.
    #[arg(long)]
    unheard: bool,
    /// Where to write which messages were acknowledged: the device's place and the time of the reading, a line each.
    #[arg(long)]
    acknowledged: Option<std::path::PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pace {
    Steady,
    Closed,
}

/// Who listens, and to what.
#[derive(Deserialize)]
pub struct ListenerLine {
    pub id: String,
    pub user: String,
    pub password: String,
    pub filter: String,
}

/// A device and what it measures.
#[derive(Deserialize)]
pub struct DeviceLine {
    pub id: String,
    pub password: String,
    pub topic: String,
    pub code: String,
    pub unit: String,
    /// The middle of its values, and how far they go from it.
    pub middle: f64,
    pub swing: f64,
    /// What it sends instead, where that is a wave.
    pub wave: Option<Wave>,
}

/// A trace that is sent in pieces, over and over.
#[derive(Deserialize)]
pub struct Wave {
    pub values: Vec<f64>,
    pub period_ms: u64,
    /// How many samples a message has.
    pub samples: usize,
}

impl Wave {
    /// How long a piece of it is, in milliseconds.
    pub fn piece_ms(&self) -> u64 {
        self.period_ms * self.samples as u64
    }
}

/// What all connections share.
pub struct Shared {
    pub address: String,
    pub pace: Pace,
    pub in_flight: u16,
    /// How many devices there are.
    pub devices: usize,
    pub warm_up: Duration,
    pub length: Duration,
    /// When the first message left that counts, in milliseconds since 1970.
    pub begun_ms: AtomicU64,
    /// From a message's leaving to its acknowledgement.
    pub acknowledged: Delays,
    /// How late a message left that had its time.
    pub late: Delays,
    /// From the time of a reading to the listener's hearing it, to the millisecond.
    pub heard: Delays,
    pub opening: Semaphore,
    /// How many messages came to the listener.
    pub hearings: AtomicU64,
}

impl Shared {
    fn new(ask: &Ask, devices: usize) -> Self {
        Self {
            address: ask.address.clone(),
            pace: ask.pace,
            in_flight: ask.in_flight.max(1),
            devices,
            warm_up: Duration::from_secs(ask.warm_up),
            length: Duration::from_secs(ask.seconds),
            begun_ms: AtomicU64::new(u64::MAX),
            acknowledged: Delays::default(),
            late: Delays::default(),
            heard: Delays::default(),
            opening: Semaphore::new(OPENING),
            hearings: AtomicU64::new(0),
        }
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

fn lines() -> Result<(ListenerLine, Vec<DeviceLine>)> {
    let mut lines = std::io::stdin().lock().lines();
    let first = lines.next().ok_or("a line that says who listens")??;
    let listener = serde_json::from_str(&first)?;
    let mut devices = Vec::new();
    for line in lines {
        devices.push(serde_json::from_str(&line?)?);
    }
    Ok((listener, devices))
}

#[tokio::main]
async fn main() -> Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let ask = Ask::parse();
    let (listener, devices) = lines()?;
    let topics: Vec<String> = devices.iter().map(|one| one.topic.clone()).collect();
    let shared = Arc::new(Shared::new(&ask, devices.len()));
    let (stop, stopped) = watch::channel(false);
    let hears = if ask.unheard {
        None
    } else {
        let hears = listener::open(&shared, &listener, &topics).await?;
        Some(tokio::spawn(hears.listen(stopped)))
    };

    let mut opening = Vec::new();
    for (place, line) in devices.into_iter().enumerate() {
        opening.push(tokio::spawn(device::open(Arc::clone(&shared), line, place)));
    }
    let mut open = Vec::new();
    for one in opening {
        open.push(one.await??);
    }
    // All begin together, once the last has come in.
    let warm_up = Instant::now() + Duration::from_millis(500);
    let begin = warm_up + shared.warm_up + Duration::from_millis(500);
    let sending: Vec<_> = open
        .into_iter()
        .map(|device| tokio::spawn(device.send(warm_up, begin)))
        .collect();
    tokio::time::sleep_until(begin).await;
    shared.begun_ms.store(now_ms(), Ordering::Relaxed);
    let heard_before = shared.hearings.load(Ordering::Relaxed);
    sleep(shared.length).await;
    let heard_in_time = shared.hearings.load(Ordering::Relaxed) - heard_before;
    let mut said = Vec::new();
    for one in sending {
        said.push(one.await?);
    }
    let heard = match hears {
        Some(hears) => Some(heard_all(&shared, hears, &stop, &said).await?),
        None => None,
    };
    if let Some(path) = &ask.acknowledged {
        write_times(path, &said)?;
    }
    let figures = figures::all(&shared, &said, heard.as_ref(), heard_in_time);
    println!("{figures}");
    Ok(())
}

/// What the listener heard, once it has had the time to hear all that was acknowledged.
async fn heard_all(
    shared: &Shared,
    hears: JoinHandle<Heard>,
    stop: &watch::Sender<bool>,
    said: &[Said],
) -> Result<Heard> {
    let acknowledged: u64 = said.iter().map(|one| one.times_ms.len() as u64).sum();
    let patience = Instant::now() + HEARS_WITHIN;
    while shared.hearings.load(Ordering::Relaxed) < acknowledged
        && Instant::now() < patience
        && !hears.is_finished()
    {
        sleep(Duration::from_millis(20)).await;
    }
    // What came twice comes right behind.
    sleep(Duration::from_millis(300)).await;
    // One that was put out listens no more.
    stop.send_replace(true);
    Ok(hears.await?)
}

fn write_times(path: &std::path::Path, said: &[Said]) -> Result<()> {
    use std::io::Write as _;
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for (place, one) in said.iter().enumerate() {
        for at in &one.times_ms {
            writeln!(file, "{place} {at}")?;
        }
    }
    file.flush()?;
    Ok(())
}
