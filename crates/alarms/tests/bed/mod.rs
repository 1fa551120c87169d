//! A bed whose samples come second by second.

use alarms::{Changed, Sample, Watch};
use vocabulary::Timestamp;

const START: i64 = 1_700_000_000_000;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp(START + seconds * 1000)
}

pub fn give(watch: &mut Watch, signal: &str, seconds: i64, value: f64) {
    let sample = Sample {
        signal: signal.to_owned(),
        at: at(seconds),
        value,
    };
    watch.sample(sample).unwrap();
}

/// What changed until then, as `second rule word`.
pub fn until(watch: &mut Watch, seconds: i64) -> Vec<String> {
    // The bound for late samples is waited for.
    let late = i64::from(watch.rules().lateness_s);
    let changes = watch.advance(at(seconds + late));
    let word = |changed: &Changed| match changed {
        Changed::Began { .. } => "began",
        Changed::Ended => "ended",
        Changed::Disbelieved { .. } => "disbelieved",
    };
    let line = |c: &alarms::Change| {
        format!(
            "{} {} {}",
            (c.at.0 - START) / 1000,
            c.rule,
            word(&c.changed)
        )
    };
    changes.iter().map(line).collect()
}
