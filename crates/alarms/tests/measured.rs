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
    Change, Changed, Measured, Method, RuleSet, Sample, Scored, Watch, chosen_forecast,
    error_sizes, forecast_of, score_forecasts, summed_up, ward_rules,
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

const SIGNALS: [&str; 4] = ["heart-rate", "pulse", "respiratory-rate", "spo2"];
const AHEAD: [usize; 2] = [5, 15];
const LEVEL: f64 = 0.8;

/// The minutes of a signal, piece by piece; none where the recording has no such signal.
fn minutes(recording: &Recording, signal: &str) -> Vec<Vec<Option<f64>>> {
    let lines = recording.pieces.iter().flatten();
    let of = lines.filter(|line| line.signal == signal);
    of.map(|line| line.by_minute(recording.step_ms)).collect()
}

fn scored(
    recording: &Recording,
    (signal, ahead): (&str, usize),
    method: Method,
    recorded: &[f64],
) -> Scored {
    let mut sum = Scored::default();
    for piece in minutes(recording, signal) {
        let one = score_forecasts(&piece, ahead, method, (LEVEL, recorded));
        sum.count += one.count;
        sum.absolute_errors += one.absolute_errors;
        sum.shown += one.shown;
        sum.held += one.held;
        sum.widths += one.widths;
    }
    sum
}

/// The errors of a method on all recordings but this one.
fn errors_but(
    recordings: &[Recording],
    but: Option<&Recording>,
    (signal, ahead): (&str, usize),
    method: Method,
) -> Vec<f64> {
    let others = recordings
        .iter()
        .filter(|one| but.is_none_or(|but| but.name != one.name));
    let pieces = others.flat_map(|one| minutes(one, signal));
    summed_up(
        pieces
            .flat_map(|piece| error_sizes(&piece, ahead, method))
            .collect(),
    )
}

/// The method that did better on all recordings together, and how; intervals of each recording begin with the errors of
/// the others.
fn better(recordings: &[Recording], of: (&str, usize)) -> (Method, Measured) {
    let all = |method| {
        let each = recordings.iter().map(|one| scored(one, of, method, &[]));
        each.fold((0, 0.0), |sum, one| {
            (sum.0 + one.count, sum.1 + one.absolute_errors)
        })
    };
    let ((forecasts, stays), (_, trend)) = (all(Method::Persistence), all(Method::DampedTrend));
    let (method, error) = if trend < stays {
        (Method::DampedTrend, trend)
    } else {
        (Method::Persistence, stays)
    };
    let mean = |sum: f64| (sum / forecasts as f64 * 100.0).round() / 100.0;
    let mut measured = Measured {
        forecasts,
        stays: mean(stays),
        error: mean(error),
        shown: 0,
        held: 0,
    };
    for recording in recordings {
        let recorded = errors_but(recordings, Some(recording), of, method);
        let one = scored(recording, of, method, &recorded);
        measured.shown += one.shown;
        measured.held += one.held;
    }
    (method, measured)
}

/// Which method did better for each signal, on all recordings together.
fn chosen_file(recordings: &[Recording]) -> String {
    let mut text = CHOSEN_HEAD.to_owned();
    for signal in SIGNALS {
        for ahead in AHEAD {
            let (method, measured) = better(recordings, (signal, ahead));
            let errors = errors_but(recordings, None, (signal, ahead), method);
            let Measured {
                forecasts,
                stays,
                error,
                shown,
                held,
            } = measured;
            let name = match method {
                Method::Persistence => "persistence",
                Method::DampedTrend => "damped-trend",
            };
            write!(
                text,
                "
[[forecast]]
signal = \"{signal}\"
ahead-min = {ahead}
method = \"{name}\"
measured = {{ forecasts = {forecasts}, stays = {stays:.2}, error = {error:.2}, shown = {shown}, held = {held} }}
errors = {errors:?}
"
            )
            .unwrap();
        }
    }
    text
}

fn forecast_rows(text: &mut String, recordings: &[Recording]) {
    for recording in recordings {
        for signal in recording.signals() {
            for ahead in AHEAD {
                let of = (signal, ahead);
                let (method, _) = better(recordings, of);
                let recorded = errors_but(recordings, Some(recording), of, method);
                let shown = scored(recording, of, method, &recorded);
                if shown.count == 0 {
                    continue;
                }
                let stays = scored(recording, of, Method::Persistence, &[]);
                let trend = scored(recording, of, Method::DampedTrend, &[]);
                let mean = |sum: f64, count: usize| match count {
                    0 => "none".to_owned(),
                    _ => format!("{:.1}", sum / count as f64),
                };
                let share = match shown.shown {
                    0 => "none".to_owned(),
                    of => format!("{:.0} %", shown.held as f64 / of as f64 * 100.0),
                };
                writeln!(
                    text,
                    "| {} | {signal} | {ahead} min | {} | {} | {} | {} | {share} | {} |",
                    recording.name,
                    shown.count,
                    mean(stays.absolute_errors, stays.count),
                    mean(trend.absolute_errors, trend.count),
                    shown.shown,
                    mean(shown.widths, shown.shown),
                )
                .unwrap();
            }
        }
    }
}

/// For each signal and horizon, whether the page shows intervals.
fn belief_rows(text: &mut String, recordings: &[Recording]) {
    for signal in SIGNALS {
        for ahead in AHEAD {
            let (_, measured) = better(recordings, (signal, ahead));
            let Measured { shown, held, .. } = measured;
            let page = if measured.is_believed(LEVEL) {
                "shows them"
            } else {
                "shows none, and says why"
            };
            writeln!(
                text,
                "| {signal} | {ahead} min | {shown} | {held} | {page} |"
            )
            .unwrap();
        }
    }
}

const CHOSEN: &str = "rules/forecast.toml";

const CHOSEN_HEAD: &str = "# How each signal is forecast at a bed: of two methods the one with the smaller mean error on all recordings of
# docs/conformance/alarms.md together; where they do alike, that the last value stays. `errors`: how large its errors
# were there, fifty of them at most, with which intervals begin; `shown` and `held`: how intervals did that began with the
# errors of the other recordings. `tests/measured.rs` writes this file with YUANYI_WRITE_TABLES=1, and fails where it is
# not what the recordings give.
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
(`crates/alarms/rules/forecast.toml`), and says how much better than *stays* that was. An interval is to hold 80 %. It
begins with the errors of recordings, here always of the *other* ones, and goes by the bed's own from twenty of these on;
it is widened where it missed and narrowed where it held, and rests where fewer than seven of ten before it held (five at
least, twenty at most are looked at). Step and rest were set on the respiratory rates below. A patient who gets worse is
not foreseen by the hour before.

| recording | signal | ahead | forecasts | mean error, stays | mean error, trend | intervals shown | of these held | mean width |
|---|---|---|--:|--:|--:|--:|--:|--:|
";

const BELIEF: &str = "
Intervals are shown for a signal and a time ahead only where they held on all recordings together as often as they say,
72 to 88 %, and thirty of them at least could be judged.

| signal | ahead | intervals | held | the page |
|---|---|--:|--:|---|
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
    text.push_str(BELIEF);
    belief_rows(&mut text, &recordings);
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

/// What the page shows: an interval of a signal must hold about as often as it says, each time ahead by itself.
#[test]
fn an_interval_is_shown_only_where_such_ones_held_on_recordings() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let calm = vec![Some(20.0); 60];
    for signal in SIGNALS {
        for ahead in AHEAD {
            let (method, measured) = better(&recordings, (signal, ahead));
            let chosen = chosen_forecast(signal, ahead).unwrap();
            assert_eq!((chosen.method, chosen.measured), (method, measured));
            let made = forecast_of(signal, &calm, ahead, LEVEL).unwrap();
            let share = measured.held as f64 / measured.shown as f64;
            let holds = measured.shown >= 30 && (0.72..=0.88).contains(&share);
            assert_eq!(made.is_believed, holds, "{signal} {ahead}: {measured:?}");
            assert_eq!(made.band.is_some(), holds, "{signal} {ahead}");
        }
    }
    // From the first minutes on, and for most of the time.
    for ahead in AHEAD {
        let (_, measured) = better(&recordings, ("respiratory-rate", ahead));
        assert!(measured.is_believed(LEVEL), "{ahead}: {measured:?}");
        assert!(measured.shown * 4 > measured.forecasts * 3, "{measured:?}");
        let first = forecast_of("respiratory-rate", &[Some(16.0)], ahead, LEVEL);
        assert!(first.unwrap().band.is_some(), "{ahead}");
    }
}
