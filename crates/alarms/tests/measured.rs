//! How the ward's rules and the forecasts do on real recordings: the tables of `docs/conformance/alarms.md`.
//! `YUANYI_WRITE_TABLES=1` writes them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

#[path = "measured/planted.rs"]
mod planted;
#[path = "measured/recordings.rs"]
mod recordings;

use std::{fmt::Write as _, sync::Arc};

use alarms::{
    Change, Changed, Method, RuleSet, Sample, Scored, Watch, chosen_forecast, score_forecasts,
    ward_rules,
};
use planted::Planted;
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
    for lines in &recording.pieces {
        let sent = |line: &Line, step: usize, _| line.at(step);
        walk(rules, recording.step_ms, lines, &sent, |change, step| {
            match change.changed {
                Changed::Began { .. } => {
                    counted.raised += 1;
                    counted.contradicted += usize::from(is_contradicted(&change.rule, lines, step));
                    let rule = rules.rule(&change.rule).unwrap();
                    counted.urgent += usize::from(rule.priority == alarms::Priority::High);
                }
                Changed::Disbelieved { .. } => counted.disbelieved += 1,
                Changed::Ended => {}
            }
            true
        });
    }
    counted
}

/// Sends a piece as its sensors would, second by second, until nobody wants to hear more.
fn walk(
    rules: &Arc<RuleSet>,
    step_ms: i64,
    lines: &[Line],
    sent: &dyn Fn(&Line, usize, i64) -> Option<f64>,
    mut each: impl FnMut(&Change, usize) -> bool,
) {
    let mut watch = Watch::new(rules.clone());
    let steps = lines.iter().map(|line| line.values.len()).max().unwrap();
    let shown = (step_ms / SHOWN_MS).max(1);
    for step in 0..steps {
        let began = i64::try_from(step).unwrap() * step_ms;
        for time in 0..shown {
            let since = began + time * SHOWN_MS;
            let at = Timestamp(START + since);
            for line in lines {
                if let Some(value) = sent(line, step, since) {
                    let signal = line.signal.to_owned();
                    watch.sample(Sample { signal, at, value }).unwrap();
                }
            }
            let late = i64::from(rules.lateness_s) * 1000;
            for change in watch.advance(Timestamp(at.0 + late)) {
                let step = usize::try_from((change.at.0 - START) / step_ms).unwrap();
                if !each(&change, step) {
                    return;
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
        let (mut contradicted, mut told) = (Vec::new(), Vec::new());
        for (name, rules) in [
            ("limits alone", Arc::new(whole.limits_alone())),
            ("with delays", Arc::new(whole.without_combinations())),
            ("with delays and combinations", whole.clone()),
        ] {
            let counted = replay(&rules, recording);
            let planted = planted::tell(&rules, recording);
            writeln!(
                text,
                "| {} | {:.3} | {name} | {} | {} | {} | {} | {:.0} | {:.0} | {} | {} |",
                recording.name,
                bed_days,
                counted.raised,
                counted.urgent,
                counted.contradicted,
                counted.disbelieved,
                counted.raised as f64 / bed_days,
                counted.contradicted as f64 / bed_days,
                planted.iter().map(Planted::count).sum::<usize>(),
                kept_or_late(&planted),
            )
            .unwrap();
            contradicted.push(counted.contradicted);
            told.push(planted);
        }
        none_is_kept_back(&told[1], &told[2], recording.name);
        // Combinations are there to raise fewer that another sensor contradicts.
        assert!(contradicted[2] <= contradicted[1], "{}", recording.name);
        assert!(
            contradicted[1] == 0 || contradicted[2] < contradicted[1],
            "{}",
            recording.name
        );
    }
}

/// How many true events were never told, and how late the last of the others was.
fn kept_or_late(planted: &[Planted]) -> String {
    let kept: usize = planted.iter().map(Planted::kept_back).sum();
    let latest = planted.iter().filter_map(Planted::latest_s).max();
    match (planted.is_empty(), latest) {
        (true, _) => "–".to_owned(),
        (false, None) => format!("{kept}"),
        (false, Some(latest)) => format!("{kept}; {latest} s"),
    }
}

/// What keeps false alarms back may keep no true one back, and make none later than a counter-sensor counts.
fn none_is_kept_back(without: &[Planted], with: &[Planted], name: &str) {
    for (without, with) in without.iter().zip(with) {
        assert_eq!(with.kept_back(), 0, "{name}: {}", with.event);
        let later = with.latest_s().unwrap_or(0) - without.latest_s().unwrap_or(0);
        assert!(
            later <= SHOWN_MS / 1000 + 5,
            "{name}: {}, {later} s",
            with.event
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

/// Which method did better for each signal, on all recordings together.
fn chosen_file(recordings: &[Recording]) -> String {
    let mut text = CHOSEN_HEAD.to_owned();
    for signal in ["heart-rate", "pulse", "respiratory-rate", "spo2"] {
        for ahead in [5, 15] {
            let all = |method| {
                let of = recordings
                    .iter()
                    .filter(|one| one.signals().any(|has| has == signal));
                let each = of.map(|one| scored(one, signal, ahead, method));
                each.fold((0, 0.0), |sum, one| {
                    (sum.0 + one.count, sum.1 + one.absolute_errors)
                })
            };
            let ((count, stays), (_, trend)) = (all(Method::Persistence), all(Method::DampedTrend));
            let (method, error) = if trend < stays {
                ("damped-trend", trend)
            } else {
                ("persistence", stays)
            };
            let mean = |sum: f64| sum / count as f64;
            write!(
                text,
                "
[[forecast]]
signal = \"{signal}\"
ahead-min = {ahead}
method = \"{method}\"
measured = {{ forecasts = {count}, stays = {:.2}, error = {:.2} }}
",
                mean(stays),
                mean(error),
            )
            .unwrap();
        }
    }
    text
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

const CHOSEN: &str = "rules/forecast.toml";

const CHOSEN_HEAD: &str = "# How each signal is forecast at a bed: of two methods the one with the smaller mean error on all recordings of
# docs/conformance/alarms.md together; where they do alike, that the last value stays. `tests/measured.rs` writes this
# file with YUANYI_WRITE_TABLES=1, and fails where it is not what the recordings give.
";

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
no more. What is kept back is shown at the bed all the same.

So that what is kept back is not praised alone, true events are planted into the same recordings, three minutes after
the begin and then each twelve minutes, twenty at most, for two minutes each: the heart stops while the oximeter falls
silent, or while it finds no pulse; breathing stops; the saturation falls to 80 %. Each must be told by its rule: the
last columns say how many were not told while they lasted, and how late the last of the others was, the rule's own
delay included. An event whose alarm stood already is not counted. A combination may keep none back, and may be later
than the delay by a few seconds only. The alarm that experts called false is raised by limits and
delays, and kept back by the combination.

## Alarms

| recording | bed-days | rules | alarms | of high priority | contradicted | kept back | alarms per bed-day | contradicted per bed-day | true alarms planted | kept back; told after at most |
|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

const FORECAST: &str = "
## Forecasts

Each forecast is made from the values before it alone. *Stays* is that the last value stays; *trend* is a level with a
trend that fades. The page shows, for each signal, the one with the smaller mean error on all recordings together
(`crates/alarms/rules/forecast.toml`), and says how much better than *stays* that was. Intervals are those of *stays*. An interval
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
        std::fs::write(CHOSEN, chosen_file(&recordings)).unwrap();
    }
    let kept = std::fs::read_to_string(CHOSEN).unwrap_or_default();
    assert_eq!(
        kept,
        chosen_file(&recordings),
        "run with YUANYI_WRITE_TABLES=1"
    );
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
            let method = chosen_forecast(signal, 15).unwrap().method;
            let one = scored(recording, signal, 15, method);
            shown += one.shown;
            held += one.held;
        }
    }
    assert!(shown >= 100, "{shown} are shown");
    let share = held as f64 / shown as f64;
    assert!((0.72..=0.9).contains(&share), "{held} of {shown}");
}
