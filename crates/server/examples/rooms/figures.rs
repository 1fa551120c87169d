//! What is counted, and what comes out of it.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use serde_json::{Value, json};

use crate::{Result, seats};

/// Delays are counted in steps of this many microseconds, up to the last step and above.
const STEP_US: u32 = 250;
const STEPS: usize = 16_000;
/// The steps of `/proc/PID/stat` a second, which Linux promises to programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// Delays, counted in steps, by all at once.
pub struct Delays(Vec<AtomicU64>);

impl Default for Delays {
    fn default() -> Self {
        Self((0..STEPS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Delays {
    pub fn note(&self, microseconds: u32) {
        let step = (microseconds / STEP_US) as usize;
        if let Some(count) = self.0.get(step.min(STEPS - 1)) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub fn count(&self) -> u64 {
        self.0.iter().map(|count| count.load(Relaxed)).sum()
    }

    pub fn quantile_ms(&self, share: f64) -> f64 {
        let mut left = share * self.count() as f64;
        let step = self.0.iter().position(|count| {
            left -= count.load(Relaxed) as f64;
            left <= 0.0
        });
        (step.unwrap_or(0) + 1) as f64 * f64::from(STEP_US) / 1000.0
    }
}

/// The delays of everybody together.
#[derive(Default)]
pub struct All {
    /// How late each pose left that counts.
    pub sent: Delays,
    /// How old each was when it came.
    pub poses: Delays,
    /// From an act to its answer.
    pub answers: Delays,
}

/// What one person has sent, heard and seen.
#[derive(Default)]
pub struct Heard {
    /// Poses sent that count.
    pub poses: u64,
    /// Acts sent.
    pub acts: u64,
    /// Acts that were refused.
    pub refused: u64,
    /// Acts of which nobody knows what became.
    pub unanswered: u64,
    /// Events that came out of order or left a gap, and acts that were kept in another order than they were sent.
    pub disordered: u64,
    /// The event after the last that they know.
    pub next_event: u64,
    /// When the connection was lost before its time, why.
    pub lost: Option<String>,
}

/// What became of the acts of one room: who did what when, and who saw it when, in microseconds.
#[derive(Default)]
pub struct RoomLog {
    pub acted: BTreeMap<u64, u32>,
    pub seen: Vec<(u64, u32)>,
}

impl RoomLog {
    /// Notes the times from one's act to the others' sight.
    pub fn note(&self, sights: &Delays) {
        for (event, at) in &self.seen {
            if let Some(acted) = self.acted.get(event) {
                sights.note(at.saturating_sub(*acted));
            }
        }
    }
}

/// What a process has cost.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    pub cpu_s: f64,
    pub memory_mib: f64,
    pub peak_mib: f64,
}

impl Cost {
    /// Of a process so far.
    pub fn of(pid: &str) -> Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("read the cost of the server")?;
        let mut ticks = 0.0;
        for field in fields.split_whitespace().skip(11).take(2) {
            ticks += field.parse::<f64>()?;
        }
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let mib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|rest| rest.split_whitespace().nth(1));
            kib.and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
        };
        Ok(Self {
            cpu_s: ticks / TICKS_PER_SECOND,
            memory_mib: mib("VmRSS"),
            peak_mib: mib("VmHWM"),
        })
    }
}

/// All that was found in one run.
pub struct Found<'a> {
    pub all: &'a All,
    /// Where people stand in each room.
    pub spots: &'a [[f64; 2]],
    pub people: Vec<Heard>,
    pub rooms: Vec<RoomLog>,
    /// How many of `people` are in each room, in order.
    pub sizes: Vec<usize>,
    pub length_s: f64,
    /// What the server has cost meanwhile, where its process is known.
    pub cost: Option<Cost>,
}

impl Found<'_> {
    pub fn figures(&self) -> Value {
        let All {
            sent,
            poses,
            answers,
        } = self.all;
        let mut ideal = 0.0;
        let mut left = self.people.iter();
        for size in &self.sizes {
            let sent: u64 = left.by_ref().take(*size).map(|one| one.poses).sum();
            let others = size.saturating_sub(1) as f64;
            ideal += sent as f64 * others * seats::due(self.spots, *size);
        }
        let sights = Delays::default();
        for room in &self.rooms {
            room.note(&sights);
        }
        let delivered = poses.count();
        let mut figures = json!({
            "share_delivered": delivered as f64 / f64::max(ideal, 1.0),
            "deliveries_per_s": delivered as f64 / self.length_s,
            "delay_p50_ms": poses.quantile_ms(0.5),
            "delay_p99_ms": poses.quantile_ms(0.99),
            // Where the senders themselves were late, the machine was too busy to say anything of delays.
            "sender_late_p99_ms": sent.quantile_ms(0.99),
            "people_lost": self.people.iter().filter(|one| one.lost.is_some()).count(),
        });
        if let Some(cost) = self.cost {
            figures["cpu_s_per_million"] = json!(cost.cpu_s / delivered.max(1) as f64 * 1e6);
            figures["cores"] = json!(cost.cpu_s / self.length_s);
            figures["memory_mib"] = json!(cost.memory_mib);
            figures["memory_peak_mib"] = json!(cost.peak_mib);
        }
        let sum = |of: fn(&Heard) -> u64| self.people.iter().map(of).sum::<u64>();
        if sum(|one| one.acts) > 0 {
            figures["acts"] = json!({
                "sent": sum(|one| one.acts),
                "kept": self.rooms.iter().map(|room| room.acted.len()).sum::<usize>(),
                "refused": sum(|one| one.refused),
                "unanswered": sum(|one| one.unanswered),
                "out_of_order": sum(|one| one.disordered),
                "people_behind": self.behind(),
                "answer_p50_ms": answers.quantile_ms(0.5),
                "answer_p99_ms": answers.quantile_ms(0.99),
                "sight_p50_ms": sights.quantile_ms(0.5),
                "sight_p99_ms": sights.quantile_ms(0.99),
            });
        }
        figures
    }

    /// How many of those still there do not know all events that others of their room know.
    fn behind(&self) -> usize {
        let mut left = self.people.iter();
        let mut behind = 0;
        for size in &self.sizes {
            let there = left.by_ref().take(*size).filter(|one| one.lost.is_none());
            let known: Vec<_> = there.map(|one| one.next_event).collect();
            let last = known.iter().max().copied().unwrap_or(0);
            behind += known.iter().filter(|next| **next < last).count();
        }
        behind
    }
}
