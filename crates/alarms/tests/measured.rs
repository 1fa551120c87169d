//! How the ward's rules and the forecasts do on real recordings: the tables of `docs/conformance/alarms.md`.
//! `YUANYI_WRITE_TABLES=1` writes them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

#[path = "measured/recordings.rs"]
mod recordings;

use std::{fmt::Write as _, sync::Arc};

use alarms::{Changed, Method, RuleSet, Sample, Scored, Watch, score_forecasts, ward_rules};
use recordings::{Line, Recording};
use vocabulary::Timestamp;

const TABLE: &str = "../../docs/conformance/alarms.md";
const START: i64 = 1_700_000_000_000;
/// A value of a slower recording is repeated this often, as a monitor shows it.
const SHOWN_MS: i64 = 10_000;

/// What the rules made of it.
#[derive(Clone, Copy, Default)]
struct Counted {
    raised: usize,
    /// Raised while another sensor that measures the same said the opposite.
    contradicted: usize,
    disbelieved: usize,
    urgent: usize,
}

fn replay(rules: &Arc<RuleSet>, recording: &Recording) -> Counted {
    let mut counted = Counted::default();
    for piece in &recording.pieces {
        replay_piece(rules, recording.step_ms, piece, &mut counted);
    }
    counted
}

fn replay_piece(rules: &Arc<RuleSet>, step_ms: i64, lines: &[Line], counted: &mut Counted) {
    let mut watch = Watch::new(rules.clone());
    let steps = lines.iter().map(|line| line.values.len()).max().unwrap();
    let shown = (step_ms / SHOWN_MS).max(1);
    for step in 0..steps {
        let began = START + i64::try_from(step).unwrap() * step_ms;
        for time in 0..shown {
            let at = Timestamp(began + time * SHOWN_MS);
            for line in lines {
                if let Some(value) = line.at(step) {
                    let signal = line.signal.to_owned();
                    watch.sample(Sample { signal, at, value }).unwrap();
                }
            }
            let late = i64::from(rules.lateness_s) * 1000;
            for change in watch.advance(Timestamp(at.0 + late)) {
                let step = usize::try_from((change.at.0 - START) / step_ms).unwrap();
                match change.changed {
                    Changed::Began { .. } => {
                        counted.raised += 1;
                        counted.contradicted +=
                            usize::from(is_contradicted(&change.rule, lines, step));
                        let rule = rules.rule(&change.rule).unwrap();
                        counted.urgent += usize::from(rule.priority == alarms::Priority::High);
                    }
                    Changed::Disbelieved { .. } => counted.disbelieved += 1,
                    Changed::Ended => {}
                }
            }
        }
    }
}

/// Whether the other sensor says the opposite of the alarm at that time.
fn is_contradicted(rule: &str, lines: &[Line], step: usize) -> bool {
    let known = |signal: &str| {
        let line = lines.iter().find(|line| line.signal == signal)?;
        line.at(step).filter(|value| *value > 0.0)
    };
    let (heart, pulse) = (known("heart-rate"), known("pulse"));
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

fn alarm_rows(text: &mut String, recordings: &[Recording]) {
    let whole = ward_rules();
    for recording in recordings {
        let bed_days = recording.bed_days();
        let mut contradicted = Vec::new();
        for (name, rules) in [
            ("limits alone", Arc::new(whole.limits_alone())),
            ("with delays", Arc::new(whole.without_combinations())),
            ("with delays and combinations", whole.clone()),
        ] {
            let counted = replay(&rules, recording);
            writeln!(
                text,
                "| {} | {:.3} | {name} | {} | {} | {} | {} | {:.0} | {:.0} |",
                recording.name,
                bed_days,
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
        assert!(contradicted[2] <= contradicted[1], "{}", recording.name);
        assert!(
            contradicted[1] == 0 || contradicted[2] < contradicted[1],
            "{}",
            recording.name
        );
    }
}

fn scored(recording: &Recording, signal: &str, ahead: usize, method: Method) -> Scored {
    let mut sum = Scored::default();
    for piece in &recording.pieces {
        let line = piece.iter().find(|line| line.signal == signal).unwrap();
        let one = score_forecasts(&line.by_minute(recording.step_ms), ahead, method, 0.8);
        sum.count += one.count;
        sum.absolute_errors += one.absolute_errors;
        sum.shown += one.shown;
        sum.held += one.held;
        sum.widths += one.widths;
    }
    sum
}

fn forecast_rows(text: &mut String, recordings: &[Recording]) {
    for recording in recordings {
        for signal in recording.signals() {
            for ahead in [5, 15] {
                let stays = scored(recording, signal, ahead, Method::Persistence);
                let trend = scored(recording, signal, ahead, Method::DampedTrend);
                assert_eq!(stays.count, trend.count);
                if stays.count == 0 {
                    continue;
                }
                let mean = |sum: f64, count: usize| match count {
                    0 => "none".to_owned(),
                    _ => format!("{:.1}", sum / count as f64),
                };
                let share = |scored: &Scored| match scored.shown {
                    0 => "none".to_owned(),
                    of => format!("{:.0} %", scored.held as f64 / of as f64 * 100.0),
                };
                writeln!(
                    text,
                    "| {} | {signal} | {ahead} min | {} | {} | {} | {} | {} | {} |",
                    recording.name,
                    stays.count,
                    mean(stays.absolute_errors, stays.count),
                    mean(trend.absolute_errors, trend.count),
                    stays.shown,
                    share(&stays),
                    mean(stays.widths, stays.shown),
                )
                .unwrap();
            }
        }
    }
}

const HEAD: &str = "# Alarms and forecasts on real recordings

Made by `crates/alarms/tests/measured.rs`.

| recording | what it is | what the rules are told |
|---|---|---|
| s25047 | MIMIC-III waveforms (PhysioNet): one intensive-care patient for 72 minutes who gets worse, electrodes that come off, an oximeter that loses its pulse | the monitor's own numbers, one a minute, shown every ten seconds |
| a103l | PhysioNet/CinC Challenge 2015: five and a half minutes around an alarm for asystole which experts called **false** | heart rate of the electrocardiogram, pulse of the oximeter's wave, each second |
| 03700181 | MIMIC database, record 037: ten minutes of intensive care | heart rate of the electrocardiogram, pulse of the arterial pressure wave, each second |
| 100 | MIT-BIH Arrhythmia Database: half an hour of an outpatient whose every beat two cardiologists marked | heart rate of the electrocardiogram, each second |
| nights | an AirSense 10 at home: the nights of one sleeper with apnoeas, no patient of a ward | the device's respiratory rate, every two seconds |

Heart rates come from the beats that `signals::ecg` finds: the mean of the last four intervals, zero where none came
for four seconds. A pulse comes from the steep rises of its wave by the same method, and is unknown where none came.

**All this is a day and a quarter of five people: rates per bed-day are given as asked for, and say little about a
ward.** Except for a103l nobody marked which alarms are true. An alarm is called *contradicted* where another sensor
that measures the same said the opposite at that time: no heart beat while a pulse is counted; a fast or slow rate
that the other sensor does not have; a saturation beside a pulse at least 30 /min away from the heart rate. The rules
that keep an alarm back look at the same pairs of sensors, so that the last row of each shows what they keep back, and
no more. What is kept back is shown at the bed all the same. The alarm that experts called false is raised by limits and
delays, and kept back by the combination.

## Alarms

| recording | bed-days | rules | alarms | of high priority | contradicted | kept back | alarms per bed-day | contradicted per bed-day |
|---|--:|---|--:|--:|--:|--:|--:|--:|
";

const FORECAST: &str = "
## Forecasts

Each forecast is made from the values before it alone. *Stays* is that the last value stays; *trend* is a level with a
trend that fades. *Stays* is what the page shows: the trend has no smaller error on most of these lines. Its interval
is to hold 80 %; it comes from its own earlier errors, is widened where it missed and narrowed where it held, and is
shown only where at least four of five before it held (five at least, twenty at most are looked at). A patient who
gets worse is not foreseen by the hour before: there no interval is shown, and the page says why.

| recording | signal | ahead | forecasts | mean error, stays | mean error, trend | intervals shown | of these held | mean width |
|---|---|---|--:|--:|--:|--:|--:|--:|
";

#[test]
fn the_tables_are_what_the_rules_and_the_forecasts_give() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let mut text = HEAD.to_owned();
    alarm_rows(&mut text, &recordings);
    text.push_str(FORECAST);
    forecast_rows(&mut text, &recordings);
    if std::env::var_os("YUANYI_WRITE_TABLES").is_some() {
        std::fs::write(TABLE, &text).unwrap();
    }
    let kept = std::fs::read_to_string(TABLE).unwrap_or_default();
    assert_eq!(kept, text, "run with YUANYI_WRITE_TABLES=1");
}

/// What the page shows, all recordings together: an interval that is shown must hold about as often as it says.
#[test]
fn an_interval_that_is_shown_holds_about_as_often_as_it_says() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let (mut shown, mut held) = (0_usize, 0_usize);
    for recording in &recordings {
        for signal in recording.signals() {
            let one = scored(recording, signal, 15, Method::Persistence);
            shown += one.shown;
            held += one.held;
        }
    }
    assert!(shown >= 100, "{shown} are shown");
    let share = held as f64 / shown as f64;
    assert!((0.72..=0.9).contains(&share), "{held} of {shown}");
}
