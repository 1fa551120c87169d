//! What is counted, and what comes out of it.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use serde_json::{Value, json};

use crate::Shared;

/// Delays are counted in steps of this many microseconds, up to the last step and above.
const STEP_US: u64 = 50;
const STEPS: usize = 200_000;

/// Delays, counted in steps, by all at once.
pub struct Delays(Vec<AtomicU64>);

impl Default for Delays {
    fn default() -> Self {
        Self((0..STEPS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Delays {
    pub fn note(&self, delay: Duration) {
        let step = usize::try_from(delay.as_micros() / u128::from(STEP_US)).unwrap_or(STEPS);
        if let Some(count) = self.0.get(step.min(STEPS - 1)) {
            count.fetch_add(1, Relaxed);
        }
    }

    fn quantile_ms(&self, share: f64) -> f64 {
        let all: u64 = self.0.iter().map(|count| count.load(Relaxed)).sum();
        if all == 0 {
            return 0.0;
        }
        let mut left = share * all as f64;
        let step = self.0.iter().position(|count| {
            left -= count.load(Relaxed) as f64;
            left <= 0.0
        });
        ((step.unwrap_or(0) + 1) as u64 * STEP_US) as f64 / 1000.0
    }
}

/// What became of what one device said.
#[derive(Default)]
pub struct Said {
    pub sent: u64,
    /// How many acknowledgements came after the first message's.
    pub count: u64,
    /// The times of the readings that were acknowledged.
    pub times_ms: Vec<u64>,
    /// Where the connection was lost, why.
    pub lost: Option<String>,
}

/// What the listener heard.
pub struct Heard {
    /// The times of the readings of each device, in the order of their coming.
    pub times_ms: Vec<Vec<u64>>,
    /// Where the connection was lost, why.
    pub lost: Option<String>,
}

/// How many acknowledged messages were never heard, and how many messages came more than once.
fn compare(said: &[Said], heard: &Heard) -> (usize, usize) {
    let (mut missing, mut doubled) = (0, 0);
    for (said, heard) in said.iter().zip(&heard.times_ms) {
        let mut once = heard.clone();
        once.sort_unstable();
        once.dedup();
        doubled += heard.len() - once.len();
        let never = |at: &&u64| once.binary_search(at).is_err();
        missing += said.times_ms.iter().filter(never).count();
    }
    (missing, doubled)
}

pub fn all(shared: &Shared, said: &[Said], heard: Option<&Heard>, heard_in_time: u64) -> Value {
    let (missing, doubled) = heard.map(|heard| compare(said, heard)).unwrap_or_default();
    let listener_lost = heard.and_then(|heard| heard.lost.as_ref());
    let acknowledged: usize = said.iter().map(|one| one.times_ms.len()).sum();
    let counted: u64 = said.iter().map(|one| one.count).sum();
    let sent: u64 = said.iter().map(|one| one.sent).sum();
    let lost = said.iter().filter_map(|one| one.lost.as_ref());
    for why in lost.clone().take(3).chain(listener_lost) {
        eprintln!("{why}");
    }
    let Shared {
        acknowledged: delays,
        late,
        heard: ages,
        ..
    } = shared;
    json!({
        "sent": sent,
        "acknowledged": acknowledged,
        "acknowledged_per_s": counted as f64 / shared.length.as_secs_f64(),
        "acknowledged_never_heard": missing,
        "heard_twice": doubled,
        "heard_per_s": heard_in_time as f64 / shared.length.as_secs_f64(),
        "ack_p50_ms": delays.quantile_ms(0.5),
        "ack_p99_ms": delays.quantile_ms(0.99),
        "heard_after_p50_ms": ages.quantile_ms(0.5),
        "heard_after_p99_ms": ages.quantile_ms(0.99),
        "sender_late_p99_ms": late.quantile_ms(0.99),
        "devices_lost": lost.count(),
        "listener_lost": listener_lost,
    })
}
