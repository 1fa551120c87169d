//! How the ward's rules and the forecasts do on a real intensive-care recording: the tables of
//! `docs/conformance/alarms.md`. `YUANYI_WRITE_TABLES=1` writes them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use alarms::{Changed, Method, RuleSet, Sample, Watch, score_forecasts, ward_rules};
use vocabulary::Timestamp;

const TABLE: &str = "../../docs/conformance/alarms.md";
/// Numerics of record s25047 of the MIMIC-III waveforms, a value a minute.
const NUMERICS: &str = "ecg/wfdb/multi-segment/s25047/3234460n.dat";
/// Its channels in the order of the header, with how many steps make a unit.
const CHANNELS: [(&str, f64); 7] = [
    ("heart-rate", 10.0),
    ("pulse", 10.0),
    ("respiratory-rate", 10.0),
    ("spo2", 10.0),
    ("systolic", 1.0),
    ("diastolic", 1.0),
    ("mean", 1.0),
];
/// The mark for a value that was not measured, in this format.
const NONE: i16 = i16::MIN;
const START: i64 = 1_700_000_000_000;
const MINUTE_MS: i64 = 60_000;

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("YUANYI_TEST_DATA").map(PathBuf::from);
    let beside = PathBuf::from("../../../shared/data");
    let folder = named.unwrap_or(beside);
    if folder.join(NUMERICS).is_file() {
        return Some(folder);
    }
    eprintln!("skipped: no shared data");
    None
}

/// Minutes by channels; `None` where nothing was measured.
fn numerics(folder: &std::path::Path) -> Vec<Vec<Option<f64>>> {
    let bytes = std::fs::read(folder.join(NUMERICS)).unwrap();
    let values: Vec<i16> = bytes
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let value =
        |(raw, (_, steps)): (&i16, &(&str, f64))| (*raw != NONE).then(|| f64::from(*raw) / steps);
    let minutes = values.chunks_exact(CHANNELS.len());
    minutes
        .map(|minute| minute.iter().zip(&CHANNELS).map(value).collect())
        .collect()
}

/// What the rules made of it.
struct Counted {
    raised: usize,
    /// Raised while another sensor that measures the same said the opposite.
    contradicted: usize,
    disbelieved: usize,
    urgent: usize,
}

/// Each value stands for its minute, as the monitor shows it: it is repeated every ten seconds.
fn replay(rules: &Arc<RuleSet>, minutes: &[Vec<Option<f64>>]) -> Counted {
    let mut watch = Watch::new(rules.clone());
    let mut counted = Counted {
        raised: 0,
        contradicted: 0,
        disbelieved: 0,
        urgent: 0,
    };
    for (minute, values) in (0_i64..).zip(minutes) {
        for ten_seconds in 0..6 {
            let at = Timestamp(START + minute * MINUTE_MS + ten_seconds * 10_000);
            for ((signal, _), value) in CHANNELS.iter().zip(values) {
                if let Some(value) = value {
                    let sample = Sample {
                        signal: (*signal).to_owned(),
                        at,
                        value: *value,
                    };
                    watch.sample(sample).unwrap();
                }
            }
            let late = i64::from(rules.lateness_s) * 1000;
            for change in watch.advance(Timestamp(at.0 + late)) {
                let minute = usize::try_from((change.at.0 - START) / MINUTE_MS).unwrap();
                match change.changed {
                    Changed::Began { .. } => {
                        counted.raised += 1;
                        counted.contradicted +=
                            usize::from(is_contradicted(&change.rule, &minutes[minute]));
                        let rule = rules.rule(&change.rule).unwrap();
                        counted.urgent += usize::from(rule.priority == alarms::Priority::High);
                    }
                    Changed::Disbelieved { .. } => counted.disbelieved += 1,
                    Changed::Ended => {}
                }
            }
        }
    }
    counted
}

/// Whether the other sensor of the same minute says the opposite of the alarm.
fn is_contradicted(rule: &str, minute: &[Option<f64>]) -> bool {
    let known = |channel: usize| minute[channel].filter(|value| *value > 0.0);
    let (heart, pulse) = (known(0), known(1));
    let far = heart
        .zip(pulse)
        .is_some_and(|(heart, pulse)| (heart - pulse).abs() >= 30.0);
    match rule {
        // The electrodes say nothing, the oximeter counts a pulse.
        "no-heart-beat" => heart.is_none() && pulse.is_some(),
        "pulse-high" => heart
            .zip(pulse)
            .is_some_and(|(h, p)| (h >= 131.0) != (p >= 131.0)),
        "pulse-low" => heart
            .zip(pulse)
            .is_some_and(|(h, p)| (h <= 40.0) != (p <= 40.0)),
        // A saturation beside a pulse that the heart does not have.
        "spo2-low" | "spo2-falling" | "worse-together" => far,
        _ => false,
    }
}

fn forecast_rows(text: &mut String, minutes: &[Vec<Option<f64>>]) {
    for (channel, name) in [
        (0, "heart rate"),
        (1, "pulse"),
        (2, "respiratory rate"),
        (3, "SpO2"),
    ] {
        // Zero is how this monitor writes that nothing was measured.
        let line: Vec<Option<f64>> = minutes
            .iter()
            .map(|minute| minute[channel].filter(|value| *value > 0.0))
            .collect();
        for ahead in [5, 15] {
            let stays = score_forecasts(&line, ahead, Method::Persistence, 0.8);
            let trend = score_forecasts(&line, ahead, Method::DampedTrend, 0.8);
            let (Some(stays), Some(trend)) = (stays, trend) else {
                writeln!(text, "| {name} | {ahead} min | too few values | | | | | |").unwrap();
                continue;
            };
            assert_eq!(stays.count, trend.count);
            let better = 1.0 - trend.interval_score / stays.interval_score;
            writeln!(
                text,
                "| {name} | {ahead} min | {} | {:.1} | {:.1} | {:.0} % | {:.0} % | {:+.0} % |",
                stays.count,
                stays.mean_absolute_error,
                trend.mean_absolute_error,
                stays.coverage * 100.0,
                trend.coverage * 100.0,
                better * 100.0,
            )
            .unwrap();
        }
    }
}

const HEAD: &str = "# Alarms and forecasts on a real recording

Made by `crates/alarms/tests/measured.rs`. The recording is the numerics of record s25047 of the MIMIC-III
waveforms (PhysioNet), one intensive-care patient for 72 minutes with a value a minute: a patient who gets worse,
electrodes that come off, and an oximeter that loses its pulse. **It is the only recording of numerics at hand: 0.05
bed-days of one patient. Rates per bed-day are given as asked for, and say little about a ward.**

Nobody marked which alarms are true. An alarm is called *contradicted* where another sensor that measures the same
said the opposite in that minute: no heart beat while the oximeter counts a pulse; a fast or slow rate that the other
sensor does not have; a saturation beside a pulse at least 30 /min away from the heart rate. The rules that keep an
alarm back look at the same pairs of sensors, so that the last row shows what they keep back, and no more: whether
what was kept back was true, this recording cannot tell. What is kept back is shown at the bed all the same.

## Alarms

| rules | alarms | of high priority | contradicted | kept back | alarms per bed-day | contradicted per bed-day |
|---|--:|--:|--:|--:|--:|--:|
";

const FORECAST: &str = "
## Forecasts

Each forecast is made from the values before it alone, with an interval for 80 % from its own earlier errors.
*Stays* is that the last value stays; *trend* is a level with a trend that fades. Better is the interval score
(smaller is better): positive where the trend beats *stays*.

| signal | ahead | forecasts | mean error, stays | mean error, trend | inside, stays | inside, trend | trend better by |
|---|---|--:|--:|--:|--:|--:|--:|
";

#[test]
fn the_tables_are_what_the_rules_and_the_forecasts_give() {
    let Some(folder) = shared() else { return };
    let minutes = numerics(&folder);
    assert_eq!(minutes.len(), 72);
    let mut text = HEAD.to_owned();
    let bed_days = minutes.len() as f64 / (24.0 * 60.0);
    let whole = ward_rules();
    let mut contradicted = Vec::new();
    for (name, rules) in [
        ("limits alone", Arc::new(whole.limits_alone())),
        ("with delays", Arc::new(whole.without_combinations())),
        ("with delays and combinations", whole),
    ] {
        let counted = replay(&rules, &minutes);
        writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {:.0} | {:.0} |",
            counted.raised,
            counted.urgent,
            counted.contradicted,
            counted.disbelieved,
            counted.raised as f64 / bed_days,
            counted.contradicted as f64 / bed_days,
        )
        .unwrap();
        contradicted.push(counted.contradicted);
    }
    // Combinations are there to raise fewer that another sensor contradicts.
    assert!(contradicted[2] < contradicted[1], "{contradicted:?}");
    text.push_str(FORECAST);
    forecast_rows(&mut text, &minutes);
    if std::env::var_os("YUANYI_WRITE_TABLES").is_some() {
        std::fs::write(TABLE, &text).unwrap();
    }
    let kept = std::fs::read_to_string(TABLE).unwrap_or_default();
    assert_eq!(kept, text, "run with YUANYI_WRITE_TABLES=1");
}
