//! `rooms KIND ADDR:PORT PID SECONDS`: people in rooms who send their pose 20 times a second, as
//! `bench/rooms.py` counts them.
//!
//! KIND is `merged` for a hospital, whose packets hold the poses of one tick, or `relayed` for a server
//! that passes on every message as it is. PID is the server's process. Each line of the standard input is
//! one connection: a path, which stands for a room, and the session cookie to open it with.

use std::{
    collections::BTreeMap,
    error::Error,
    io::BufRead,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use room::{
    Placement, Pose,
    wire::{ClientFrame, ServerFrame, VERSION},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const POSES_PER_SECOND: u32 = 20;
/// From the last one's coming in to the first pose that counts.
const WARM_UP: Duration = Duration::from_secs(2);
/// From the last pose that counts to the end of listening.
const GRACE: Duration = Duration::from_secs(1);
/// Delays are counted in steps of this many microseconds, up to the last step and above.
const STEP_US: u32 = 250;
const STEPS: usize = 8000;
/// The steps of `/proc/PID/stat` a second, which Linux promises to programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// What all connections know.
struct Bench {
    merged: bool,
    started: Instant,
    /// When poses count: microseconds from `started`, the end not included.
    window_us: OnceLock<[u32; 2]>,
}

impl Bench {
    fn now_us(&self) -> u32 {
        u32::try_from(self.started.elapsed().as_micros()).unwrap_or(u32::MAX)
    }

    fn counts(&self, at_us: u32) -> bool {
        let window = self.window_us.get();
        window.is_some_and(|[from, to]| (*from..*to).contains(&at_us))
    }
}

/// Delays, counted in steps.
struct Delays(Vec<u64>);

impl Delays {
    fn new() -> Self {
        Self(vec![0; STEPS])
    }

    fn note(&mut self, microseconds: u32) {
        let step = (microseconds / STEP_US) as usize;
        if let Some(count) = self.0.get_mut(step.min(STEPS - 1)) {
            *count += 1;
        }
    }

    /// Notes a pose that was sent at this time and has come now.
    fn note_pose(&mut self, bench: &Bench, at_us: u32) {
        if bench.counts(at_us) {
            self.note(bench.now_us().saturating_sub(at_us));
        }
    }

    fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(&other.0) {
            *count += more;
        }
    }

    fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    fn quantile_ms(&self, share: f64) -> f64 {
        let mut left = share * self.count() as f64;
        let step = self.0.iter().position(|count| {
            left -= *count as f64;
            left <= 0.0
        });
        (step.unwrap_or(0) + 1) as f64 * f64::from(STEP_US) / 1000.0
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, address, pid, seconds] = arguments.as_slice() else {
        return Err("usage: rooms merged|relayed ADDR:PORT PID SECONDS".into());
    };
    let length = Duration::from_secs(seconds.parse()?);
    let bench = Arc::new(Bench {
        merged: kind == "merged",
        started: Instant::now(),
        window_us: OnceLock::new(),
    });
    let mut people: BTreeMap<String, u64> = BTreeMap::new();
    let mut senders: Vec<(String, JoinHandle<Result<Delays>>)> = Vec::new();
    let mut receivers = Vec::new();
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line?;
        let (path, cookie) = line.split_once(' ').ok_or("a line without a cookie")?;
        let (rest, from, to) = open(&bench, address, path, cookie).await?;
        *people.entry(path.to_owned()).or_default() += 1;
        let id = u16::try_from(number)?;
        senders.push((
            path.to_owned(),
            tokio::spawn(send(Arc::clone(&bench), to, id)),
        ));
        receivers.push(tokio::spawn(receive(Arc::clone(&bench), from, rest)));
    }
    tokio::time::sleep(WARM_UP).await;
    let from = bench.now_us();
    let to = from.saturating_add(u32::try_from(length.as_micros())?);
    bench.window_us.get_or_init(|| [from, to]);
    let before = cpu_s(pid)?;
    tokio::time::sleep(length).await;
    let cpu_s = cpu_s(pid)? - before;
    tokio::time::sleep(GRACE).await;

    let (mut ideal, mut late) = (0, Delays::new());
    for (path, sender) in senders {
        let others = people.get(&path).copied().unwrap_or(1) - 1;
        let sent = sender.await??;
        ideal += sent.count() * others;
        late.add(&sent);
    }
    let mut delays = Delays::new();
    for receiver in receivers {
        delays.add(&receiver.await??);
    }
    print(&delays, &late, ideal, cpu_s, length);
    Ok(())
}

fn print(delays: &Delays, late: &Delays, ideal: u64, cpu_s: f64, length: Duration) {
    let delivered = delays.count();
    let figures = serde_json::json!({
        "share_delivered": delivered as f64 / ideal.max(1) as f64,
        "deliveries_per_s": delivered as f64 / length.as_secs_f64(),
        "delay_p50_ms": delays.quantile_ms(0.5),
        "delay_p99_ms": delays.quantile_ms(0.99),
        "cpu_s_per_million": cpu_s / delivered.max(1) as f64 * 1e6,
        "cores": cpu_s / length.as_secs_f64(),
        // Where the senders themselves were late, the machine was too busy to say anything of delays.
        "sender_late_p99_ms": late.quantile_ms(0.99),
    });
    println!("{figures}");
}

/// Opens a WebSocket and, in a hospital, says hello. Answers what came after the head as well.
async fn open(
    bench: &Bench,
    address: &str,
    path: &str,
    cookie: &str,
) -> Result<(Vec<u8>, OwnedReadHalf, OwnedWriteHalf)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut from, mut to) = stream.into_split();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n"
    );
    to.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::with_capacity(1 << 16);
    let head = loop {
        if from.read_buf(&mut bytes).await? == 0 {
            return Err("the server closed instead of answering".into());
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let rest = bytes.split_off(head);
    if !bytes.starts_with(b"HTTP/1.1 101") {
        return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&bytes)).into());
    }
    if bench.merged {
        let hello = ClientFrame::Hello {
            version: VERSION,
            resume: None,
            next_event: 0,
        };
        to.write_all(&framed(&hello.encode())).await?;
    }
    Ok((rest, from, to))
}

/// A binary WebSocket message of a client: at most 125 bytes, with a mask that changes nothing.
fn framed(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![
        0x82,
        0x80 | u8::try_from(message.len()).unwrap_or(0),
        0,
        0,
        0,
        0,
    ];
    frame.extend_from_slice(message);
    frame
}

/// Takes the first whole message off `bytes`: the range of its content, and where the next one begins.
fn message(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let short = usize::from(bytes.get(1)? & 0x7f);
    let (head, length) = match short {
        126 => (
            4,
            usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        ),
        127 => (
            10,
            usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?,
        ),
        _ => (2, short),
    };
    Some((bytes.get(head..head + length)?, head + length))
}

/// Sends poses until the window is over; answers how late each was that counts.
async fn send(bench: Arc<Bench>, mut to: OwnedWriteHalf, id: u16) -> Result<Delays> {
    let between = Duration::from_secs(1) / POSES_PER_SECOND;
    // People do not move in step: each begins at another moment of the tick.
    let offset = between * (u32::from(id) * 37 % 100) / 100;
    let mut times = tokio::time::interval_at(tokio::time::Instant::now() + offset, between);
    let mut sent = Delays::new();
    loop {
        let due = times.tick().await;
        let at_us = bench.now_us();
        if bench.window_us.get().is_some_and(|[_, to]| at_us >= *to) {
            // The connection stays open for those who still listen.
            tokio::time::sleep(2 * GRACE).await;
            return Ok(sent);
        }
        let pose = pose(at_us);
        let bytes = if bench.merged {
            ClientFrame::Pose { pose }.encode()
        } else {
            let mut bytes = id.to_le_bytes().to_vec();
            pose.write(&mut bytes);
            bytes
        };
        to.write_all(&framed(&bytes)).await?;
        if bench.counts(at_us) {
            sent.note(u32::try_from(due.elapsed().as_micros())?);
        }
    }
}

/// A head and two hands on the move.
fn pose(at_us: u32) -> Pose {
    let turn = f64::from(at_us) / 1e6;
    let placed = |height: f64| Placement {
        position_m: [turn.sin(), height, turn.cos()],
        rotation: [0.0, (turn / 2.0).sin(), 0.0, (turn / 2.0).cos()],
    };
    Pose {
        at_ms: at_us,
        head: placed(1.6),
        left: Some(placed(1.1)),
        right: Some(placed(1.2)),
        pointer: None,
        held: None,
    }
}

/// Receives until some time after the window; a connection that breaks before is an error.
async fn receive(bench: Arc<Bench>, mut from: OwnedReadHalf, rest: Vec<u8>) -> Result<Delays> {
    let mut received = Delays::new();
    let mut bytes = rest;
    loop {
        let mut at = 0;
        while let Some((content, next)) = message(bytes.get(at..).unwrap_or_default()) {
            let opcode = bytes.get(at).copied().unwrap_or_default() & 0x0f;
            if opcode == 2 {
                take(&bench, &mut received, content)?;
            }
            at += next;
        }
        bytes.drain(..at);
        let grace_us = u32::try_from(GRACE.as_micros())? / 2;
        let over = |[_, to]: &[u32; 2]| bench.now_us() > to + grace_us;
        if bench.window_us.get().is_some_and(over) {
            return Ok(received);
        }
        match tokio::time::timeout(GRACE, from.read_buf(&mut bytes)).await {
            Ok(Ok(0)) => return Err("the server closed a connection".into()),
            Ok(Err(error)) => return Err(error.into()),
            Ok(Ok(_)) | Err(_) => {}
        }
    }
}

fn take(bench: &Bench, received: &mut Delays, content: &[u8]) -> Result<()> {
    if !bench.merged {
        let at = content.get(2..).and_then(|rest| rest.first_chunk());
        received.note_pose(bench, u32::from_le_bytes(*at.ok_or("a short message")?));
        return Ok(());
    }
    match ServerFrame::decode(content)? {
        ServerFrame::Tick { poses, .. } => {
            for other in poses {
                received.note_pose(bench, other.pose.at_ms);
            }
            Ok(())
        }
        ServerFrame::Bye { reason, .. } => Err(format!("put out: {reason:?}").into()),
        _ => Ok(()),
    }
}

/// User and system time of a process so far.
fn cpu_s(pid: &str) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').ok_or("read the cost of the server")?;
    let mut ticks = 0.0;
    for field in fields.split_whitespace().skip(11).take(2) {
        ticks += field.parse::<f64>()?;
    }
    Ok(ticks / TICKS_PER_SECOND)
}
