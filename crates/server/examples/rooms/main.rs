//! People in rooms who move and act, and what it costs the server.
//!
//! `rooms load` puts people into rooms of a hospital, as `cargo xtask load` runs it. `rooms merged ADDR:PORT PID
//! SECONDS` and `rooms relayed …` are how `bench/rooms.py` compares a hospital, whose packets hold the poses of one
//! tick, with a server that passes on every message as it is: each line of the standard input is one connection, a
//! path, which stands for a room, and the session cookie to open it with.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON alone is indexed here: what is not there is null"
)]

mod bot;
mod figures;
mod hospital;
mod line;
mod web_socket;

use std::{
    collections::BTreeMap,
    error::Error,
    io::BufRead,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use clap::{Args, Parser};
use parking_lot::Mutex;
use rand::RngExt as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use bot::{Bot, Plan};
use figures::{All, Cost, Found, RoomLog};
use hospital::Hospital;
use line::Conditions;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// From the last one's coming in to the first pose that counts.
const WARM_UP: Duration = Duration::from_secs(2);
/// How fast people come in, at most. Everybody in a room is told of each who comes.
const COME_IN_EVERY: Duration = Duration::from_micros(500);

/// People in rooms.
#[derive(Parser)]
enum Ask {
    /// Puts people into rooms of a hospital and says how they fared.
    Load(Load),
    /// A hospital, by connections named on the standard input.
    Merged(Connections),
    /// A server that passes on every message, likewise.
    Relayed(Connections),
}

#[derive(Args)]
struct Connections {
    address: String,
    pid: String,
    seconds: u64,
}

#[derive(Args)]
struct Load {
    /// The hospital, as ADDR:PORT. Without it a demo hospital is started on loopback.
    #[arg(long)]
    address: Option<String>,
    /// The password of its demo accounts.
    #[arg(long, requires = "address", default_value = "")]
    password: String,
    /// Its process, so that its cost is measured.
    #[arg(long, requires = "address")]
    pid: Option<String>,
    /// Rooms.
    #[arg(long, default_value_t = 10)]
    rooms: usize,
    /// People in each.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(2..=60))]
    people: u16,
    /// Poses a second of each.
    #[arg(long, default_value_t = 20.0)]
    hz: f64,
    /// Acts a minute of each.
    #[arg(long, default_value_t = 6.0)]
    acts: f64,
    /// How far apart people stand, in metres.
    #[arg(long, default_value_t = 0.8)]
    apart: f64,
    /// How long is measured, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The share of packets that the line loses, in percent, in each direction.
    #[arg(long, default_value_t = 0.0)]
    loss: f64,
    /// There and back over the line, in milliseconds.
    #[arg(long, default_value_t = 0)]
    round_trip: u64,
    /// What chance begins with; printed, so that a run can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// Where to write the figures as JSON as well.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    match Ask::parse() {
        Ask::Load(load) => load_rooms(load).await,
        Ask::Merged(connections) => compare(true, connections).await,
        Ask::Relayed(connections) => compare(false, connections).await,
    }
}

fn plan(merged: bool, poses_per_s: f64, line: Conditions, seed: u64) -> Plan {
    Plan {
        merged,
        started: Instant::now(),
        window_us: OnceLock::new(),
        poses_per_s,
        acts_per_min: 0.0,
        apart_m: 0.2,
        line,
        seed,
        all: All::default(),
    }
}

async fn compare(merged: bool, connections: Connections) -> Result<()> {
    let line = Conditions {
        loss: 0.0,
        round_trip: Duration::ZERO,
    };
    let plan = Arc::new(plan(merged, 20.0, line, 1));
    let mut rooms: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (path, cookie) = line.split_once(' ').ok_or("a line without a cookie")?;
        let people = rooms.entry(path.to_owned()).or_default();
        people.push(cookie.to_owned());
    }
    let rooms: Vec<_> = rooms.into_iter().collect();
    let length = Duration::from_secs(connections.seconds);
    let figures = run(
        &plan,
        &connections.address,
        &rooms,
        length,
        Some(&connections.pid),
    )
    .await?;
    println!("{figures}");
    Ok(())
}

async fn load_rooms(load: Load) -> Result<()> {
    let seed = load.seed.unwrap_or_else(|| rand::rng().random());
    println!("seed {seed}");
    let line = Conditions {
        loss: (load.loss / 100.0).clamp(0.0, 0.9),
        round_trip: Duration::from_millis(load.round_trip),
    };
    let hospital = match load.address.clone() {
        Some(address) => Hospital::at(address, load.password.clone(), load.pid.clone()),
        None => Hospital::start()?,
    };
    let (rooms, cookies) = hospital.rooms(load.rooms)?;
    let plan = Arc::new(Plan {
        acts_per_min: load.acts,
        apart_m: load.apart,
        ..plan(true, load.hz, line, seed)
    });
    let people = |room: String| {
        let cookies = cookies.iter().cycle().take(usize::from(load.people));
        (
            format!("/api/rooms/{room}/socket"),
            cookies.cloned().collect(),
        )
    };
    let rooms: Vec<_> = rooms.into_iter().map(people).collect();
    let length = Duration::from_secs(load.seconds);
    let found = run(
        &plan,
        &hospital.address,
        &rooms,
        length,
        hospital.pid.as_deref(),
    )
    .await?;
    let figures = json!({
        "settings": {
            "rooms": load.rooms, "people": load.people, "poses_per_s": load.hz, "acts_per_min": load.acts,
            "apart_m": load.apart, "seconds": load.seconds, "loss_percent": load.loss,
            "round_trip_ms": load.round_trip, "seed": seed, "poses_by": "socket",
            "own_hospital": hospital.is_own(), "development_build": cfg!(debug_assertions),
        },
        "found": found,
    });
    println!("{}", serde_json::to_string_pretty(&figures)?);
    if let Some(path) = load.json {
        std::fs::write(path, serde_json::to_string_pretty(&figures)? + "\n")?;
    }
    Ok(())
}

/// Has everybody come in, move and act for so long, and says what was found.
async fn run(
    plan: &Arc<Plan>,
    address: &str,
    rooms: &[(String, Vec<String>)],
    length: Duration,
    pid: Option<&str>,
) -> Result<Value> {
    let (mut people, mut logs) = (Vec::new(), Vec::new());
    for (path, cookies) in rooms {
        let log = Arc::new(Mutex::new(RoomLog::default()));
        for (place, cookie) in (0..).zip(cookies) {
            let opened = web_socket::open(address, path, cookie).await?;
            let numbers = [u32::try_from(people.len())?, place];
            people.push(tokio::spawn(Bot::new(plan, &log, numbers, opened).live()));
            tokio::time::sleep(COME_IN_EVERY).await;
        }
        logs.push(log);
    }
    tokio::time::sleep(WARM_UP + 3 * plan.line.round_trip).await;
    let from = plan.now_us();
    let to = from.saturating_add(u32::try_from(length.as_micros())?);
    plan.window_us.get_or_init(|| [from, to]);
    let before = pid.map(Cost::of).transpose()?.unwrap_or_default();
    tokio::time::sleep(length).await;
    let cost = pid.map(Cost::of).transpose()?.map(|after| Cost {
        cpu_s: after.cpu_s - before.cpu_s,
        ..after
    });
    let mut heard = Vec::new();
    for person in people {
        heard.push(person.await?);
    }
    if let Some(why) = heard.iter().find_map(|one| one.lost.as_ref()) {
        eprintln!("somebody was lost: {why}");
    }
    let found = Found {
        all: &plan.all,
        people: heard,
        rooms: logs
            .iter()
            .map(|log| std::mem::take(&mut *log.lock()))
            .collect(),
        sizes: rooms.iter().map(|(_, people)| people.len()).collect(),
        length_s: length.as_secs_f64(),
        cost,
    };
    Ok(found.figures())
}
