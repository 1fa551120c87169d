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
mod channel;
mod connection;
mod figures;
mod hospital;
mod line;
mod pose_line;
mod requests;
mod seats;
mod transport;
mod web_socket;

use std::{
    collections::BTreeMap,
    error::Error,
    io::BufRead,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use clap::{Args, Parser, ValueEnum as _};
use parking_lot::Mutex;
use rand::RngExt as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use bot::{Bot, Door, Plan};
use figures::{All, Cost, Found, RoomLog};
use hospital::Hospital;
use line::Conditions;
use pose_line::Way;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// From the last one's coming in to the first pose that counts.
const WARM_UP: Duration = Duration::from_secs(2);
/// A pose older than this is late where the line is good: two ticks, and as much again.
const HELD_MS: f64 = 200.0;
/// People who are later than this themselves say nothing of the hospital.
const LATE_MS: f64 = 25.0;
/// How long the seats of those who have gone are kept, and a little more.
const SEATS_EMPTY: Duration = Duration::from_secs(65);
/// How long lines for poses may take to open.
const LINES_OPEN: Duration = Duration::from_secs(30);
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
    /// How far apart people stand in a square, in metres. Without it they stand around a table, as the client has them.
    #[arg(long)]
    apart: Option<f64>,
    /// How long is measured, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The share of packets that the line loses, in percent, in each direction.
    #[arg(long, default_value_t = 0.0)]
    loss: f64,
    /// There and back over the line, in milliseconds.
    #[arg(long, default_value_t = 0)]
    round_trip: u64,
    /// By which way poses go where it opens, or people are in their rooms at all.
    #[arg(long, value_enum, default_value = "transport")]
    way: Way,
    /// What chance begins with; printed, so that a run can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// Fill more and more rooms, up to `rooms`, and say the most that this machine holds.
    #[arg(long)]
    grow: bool,
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
        // Nobody is so far away that a hospital would leave out what a relay passes on.
        spots: seats::spots(Some(0.2)),
        line,
        way: Way::Socket,
        lines_open: AtomicUsize::new(0),
        transports_open: AtomicUsize::new(0),
        lines_ended: AtomicUsize::new(0),
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
        let room = path.trim_start_matches("/api/rooms/");
        let room = room.trim_end_matches("/socket");
        let people = rooms.entry(room.to_owned()).or_default();
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
    let hospital = match load.address.clone() {
        Some(address) => Hospital::at(address, load.password.clone(), load.pid.clone()),
        None => Hospital::start()?,
    };
    let found = if load.grow {
        grow(&load, &hospital, seed).await?
    } else {
        fill(&load, &hospital, seed, load.rooms).await?
    };
    let figures = json!({
        "settings": {
            "rooms": load.rooms, "people": load.people, "poses_per_s": load.hz, "acts_per_min": load.acts,
            "apart_m": load.apart, "seconds": load.seconds, "loss_percent": load.loss,
            "round_trip_ms": load.round_trip, "seed": seed, "way": load.way.to_possible_value().map(|v| v.get_name().to_owned()),
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

/// Puts people into so many rooms and says how they fared.
async fn fill(load: &Load, hospital: &Hospital, seed: u64, rooms: usize) -> Result<Value> {
    let line = Conditions {
        loss: (load.loss / 100.0).clamp(0.0, 0.9),
        round_trip: Duration::from_millis(load.round_trip),
    };
    let (rooms, cookies) = hospital.rooms(rooms)?;
    let plan = Arc::new(Plan {
        acts_per_min: load.acts,
        spots: seats::spots(load.apart),
        way: load.way,
        ..plan(true, load.hz, line, seed)
    });
    let people = |room: String| {
        let cookies = cookies.iter().cycle().take(usize::from(load.people));
        (room, cookies.cloned().collect())
    };
    let rooms: Vec<_> = rooms.into_iter().map(people).collect();
    let length = Duration::from_secs(load.seconds);
    let pid = hospital.pid.as_deref();
    run(&plan, &hospital.address, &rooms, length, pid).await
}

/// Fills more and more rooms until the machine does not hold them, people and hospital together.
async fn grow(load: &Load, hospital: &Hospital, seed: u64) -> Result<Value> {
    let (mut steps, mut most, mut too_many) = (Vec::new(), 0, None);
    let mut rooms = 5.min(load.rooms);
    // First by doubling, then half way between what was held and what was not.
    while rooms > most && too_many.is_none_or(|many| rooms < many) {
        let found = fill(load, hospital, seed, rooms).await?;
        let holds = holds(&found);
        println!(
            "{rooms} rooms: {} {found}",
            if holds { "held" } else { "not held" }
        );
        steps.push(json!({"rooms": rooms, "held": holds, "found": found}));
        if holds {
            most = rooms;
        } else {
            too_many = Some(rooms);
        }
        rooms = match too_many {
            Some(many) if many - most > 1 + most / 8 => usize::midpoint(most, many),
            Some(_) => break,
            None => (2 * rooms).min(load.rooms),
        };
        // Seats are kept for a minute.
        tokio::time::sleep(SEATS_EMPTY).await;
    }
    Ok(json!({"most_rooms_held": most, "steps": steps}))
}

/// Whether everybody stayed, heard in time, and had every act done; where the people themselves were late, nobody
/// can say.
fn holds(found: &Value) -> bool {
    let at_most = |name: &str, most: f64| found[name].as_f64().is_some_and(|is| is <= most);
    let acts = &found["acts"];
    let none = |name: &str| acts[name].as_u64().unwrap_or(0) == 0;
    at_most("people_lost", 0.0)
        && at_most("delay_p99_ms", HELD_MS)
        && at_most("sender_late_p99_ms", LATE_MS)
        && none("unanswered")
        && none("out_of_order")
        && none("people_behind")
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
    for (room, cookies) in rooms {
        let log = Arc::new(Mutex::new(RoomLog::default()));
        for (place, cookie) in (0..).zip(cookies) {
            let numbers = [u32::try_from(people.len())?, place];
            let door = Door {
                address: address.to_owned(),
                room: room.clone(),
                cookie: cookie.clone(),
            };
            let bot = Bot::open(plan, &log, door, numbers).await?;
            people.push(tokio::spawn(bot.live()));
            tokio::time::sleep(COME_IN_EVERY).await;
        }
        logs.push(log);
    }
    let began = Instant::now();
    while plan.way.has_line()
        && plan.lines_open.load(Ordering::Relaxed) < people.len()
        && began.elapsed() < LINES_OPEN
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
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
        spots: &plan.spots,
        people: heard,
        rooms: logs
            .iter()
            .map(|log| std::mem::take(&mut *log.lock()))
            .collect(),
        sizes: rooms.iter().map(|(_, people)| people.len()).collect(),
        length_s: length.as_secs_f64(),
        cost,
    };
    let mut figures = found.figures();
    if plan.way.has_line() {
        figures["lines_open"] = json!(plan.lines_open.load(Ordering::Relaxed));
        figures["transports_open"] = json!(plan.transports_open.load(Ordering::Relaxed));
        figures["lines_ended"] = json!(plan.lines_ended.load(Ordering::Relaxed));
    }
    Ok(figures)
}
