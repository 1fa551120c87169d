//! What keeps an alarm back, and for how long at most: a sensor that fell silent, a jump that stays and an input that
//! is missing keep nothing back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod bed;

use alarms::{Board, Change, Changed, Priority, RuleSet, Watch, escalation, ward_rules};
use bed::{at, give, until};
use knowledge::{AnswerValue, AtLeast};
use vocabulary::Assessed;

/// When the heart, or the breath, stops.
const STOPS: i64 = 60;

/// Seconds from the onset until a rule began, or that it did not within three minutes.
fn delay(changes: &[String], rule: &str, onset: i64) -> Option<i64> {
    let wanted = format!(" {rule} began");
    let line = changes.iter().find(|line| line.ends_with(&wanted))?;
    let second: i64 = line.split(' ').next()?.parse().ok()?;
    Some(second - onset)
}

/// A heart that stops: the electrodes say so, and the oximeter sends what is given until it sends nothing.
fn arrest(pulse: impl Fn(i64) -> Option<f64>) -> Vec<String> {
    let mut watch = Watch::new(ward_rules());
    for second in 0..STOPS + 180 {
        let beats = second < STOPS;
        give(
            &mut watch,
            "heart-rate",
            second,
            if beats { 76.0 } else { 0.0 },
        );
        let pulse = if beats {
            Some(75.0)
        } else {
            pulse(second - STOPS)
        };
        if let Some(pulse) = pulse {
            give(&mut watch, "pulse", second, pulse);
        }
    }
    until(&mut watch, STOPS + 179)
}

#[test]
fn a_heart_that_stops_is_told_whatever_becomes_of_the_pulse() {
    let settings = ward_rules();
    let rule = settings.rule("no-heart-beat").unwrap();
    let own = i64::from(rule.delay_s);
    let counts = i64::from(settings.signal("pulse").unwrap().contradicts_s);
    // Both stop together: the oximeter says that it finds none, or falls silent.
    assert_eq!(delay(&arrest(|_| Some(0.0)), &rule.id, STOPS), Some(own));
    assert_eq!(delay(&arrest(|_| None), &rule.id, STOPS), Some(own));
    // The oximeter averages over some seconds: it goes on for a while, and then finds none or falls silent.
    for goes_on in 1..30 {
        let zero = arrest(|since| Some(if since < goes_on { 75.0 } else { 0.0 }));
        assert_eq!(
            delay(&zero, &rule.id, STOPS),
            Some(goes_on + own),
            "{goes_on}"
        );
        let silent = arrest(|since| (since < goes_on).then_some(75.0));
        let late = delay(&silent, &rule.id, STOPS).unwrap();
        assert!(late <= goes_on + counts + own, "{goes_on}: {late}");
    }
}

#[test]
fn electrodes_that_fall_off_are_no_arrest_while_the_pulse_goes_on() {
    let changes = arrest(|_| Some(75.0));
    assert_eq!(delay(&changes, "no-heart-beat", STOPS), None);
    assert!(changes.contains(&format!("{STOPS} no-heart-beat disbelieved")));
    assert_eq!(delay(&changes, "ecg-disagrees", STOPS), Some(60));
    // An oximeter that misses a second now and then goes on all the same.
    let misses = arrest(|since| (since % 4 != 0).then_some(75.0));
    assert_eq!(delay(&misses, "no-heart-beat", STOPS), None);
}

/// A value of a signal from one second on, beside a heart rate, and a pulse that falls silent then.
fn beside_a_stale_pulse(signal: &str, value: f64) -> Vec<String> {
    let mut watch = Watch::new(ward_rules());
    for second in 0..STOPS + 180 {
        let before = second < STOPS;
        let known = [("heart-rate", 76.0), ("spo2", 97.0)];
        for (name, calm) in known {
            let is_it = name == signal && !before;
            give(&mut watch, name, second, if is_it { value } else { calm });
        }
        if before {
            // Far enough from the heart rate to contradict a saturation, were it of now.
            give(
                &mut watch,
                "pulse",
                second,
                if signal == "spo2" { 120.0 } else { 75.0 },
            );
        }
    }
    until(&mut watch, STOPS + 179)
}

#[test]
fn a_pulse_that_is_not_of_now_keeps_nothing_back() {
    for (signal, value, rule) in [
        ("heart-rate", 35.0, "pulse-low"),
        ("heart-rate", 150.0, "pulse-high"),
        ("spo2", 80.0, "spo2-low"),
    ] {
        let own = i64::from(ward_rules().rule(rule).unwrap().delay_s);
        let changes = beside_a_stale_pulse(signal, value);
        let late = delay(&changes, rule, STOPS).unwrap_or_else(|| panic!("{rule}: {changes:?}"));
        assert!(late <= own + 5, "{rule}: {late}");
    }
}

#[test]
fn a_sensor_that_finds_nothing_says_nothing_about_now() {
    let mut watch = Watch::new(ward_rules());
    give(&mut watch, "pulse", 0, 75.0);
    give(&mut watch, "pulse", 1, 0.0);
    assert!(until(&mut watch, 2).is_empty());
    let fresh = |watch: &Watch, second| {
        let mut vitals = watch.vitals(at(second)).into_iter();
        let pulse = vitals.find(|vital| vital.signal == "pulse").unwrap();
        (pulse.value, pulse.fresh)
    };
    assert_eq!(fresh(&watch, 2), (Some(75.0), false));
    let Assessed::NotAssessable { missing } = watch.score("news2", at(2)).unwrap().result else {
        panic!("nothing else was measured");
    };
    let why = missing.iter().find(|one| one.input == "pulse_per_min");
    assert!(why.unwrap().why.en.contains("finds none now"), "{why:?}");
    // It finds one again. Of two sensors in the same moment the one that measures counts.
    give(&mut watch, "pulse", 3, 76.0);
    give(&mut watch, "pulse", 3, 0.0);
    assert!(until(&mut watch, 4).is_empty());
    assert_eq!(fresh(&watch, 4), (Some(76.0), true));
}

/// Breathing by seconds from the onset on.
fn breathing(rate: impl Fn(i64) -> f64, until_s: i64) -> Vec<String> {
    let mut watch = Watch::new(ward_rules());
    for second in 0..STOPS + until_s {
        let rate = if second < STOPS {
            20.0
        } else {
            rate(second - STOPS)
        };
        give(&mut watch, "respiratory-rate", second, rate);
    }
    until(&mut watch, STOPS + until_s - 1)
}

#[test]
fn breathing_that_stops_at_once_is_told_at_once() {
    let changes = breathing(|_| 0.0, 60);
    assert_eq!(delay(&changes, "respiration-low", STOPS), Some(15));
    assert_eq!(delay(&changes, "no-breathing", STOPS), Some(10));
    let settings = ward_rules();
    let rule = settings.rule("no-breathing").unwrap();
    assert_eq!(rule.priority, Priority::High);
    assert!(rule.needs_confirmation && rule.evidence.is_none());
    // After a movement, too.
    let moved = breathing(
        |since| {
            if since < 3 {
                45.0
            } else if since < 6 {
                20.0
            } else {
                0.0
            }
        },
        60,
    );
    assert_eq!(delay(&moved, "no-breathing", STOPS + 6), Some(10));
    assert_eq!(delay(&moved, "respiration-low", STOPS + 6), Some(15));
    // A pause that is shorter than the hold raises nothing.
    assert!(breathing(|since| if since < 9 { 0.0 } else { 20.0 }, 60).is_empty());
}

#[test]
fn a_jump_keeps_back_only_where_the_breathing_came_back() {
    // Fast from one second to the next, and it stays: that is believed.
    let stays = breathing(|_| 40.0, 60);
    assert_eq!(delay(&stays, "respiration-high", STOPS), Some(15));
    // There and back again: movement, which may come again.
    let moves = breathing(|since| if since % 30 < 10 { 20.0 } else { 40.0 }, 120);
    assert_eq!(delay(&moves, "respiration-high", STOPS), Some(25));
    assert_eq!(
        moves.iter().filter(|line| line.ends_with("began")).count(),
        1
    );
    let shakes = breathing(|since| if since % 20 < 10 { 40.0 } else { 20.0 }, 120);
    assert_eq!(
        delay(&shakes, "respiration-high", STOPS),
        None,
        "{shakes:?}"
    );
    assert!(shakes.iter().any(|line| line.ends_with("disbelieved")));
}

/// A bed of which all but some is known: a saturation, a pressure and a pulse that are worth three points each.
fn ill(without: &[&str], seen: &[(&str, AnswerValue)]) -> Watch {
    let mut watch = Watch::new(ward_rules());
    for (input, value) in seen {
        watch.see(input, value.clone(), at(0));
    }
    for second in 0..60 {
        for (signal, value) in [
            ("heart-rate", 135.0),
            ("respiratory-rate", 22.0),
            ("systolic", 88.0),
            ("spo2", 90.0),
            ("temperature", 37.0),
        ] {
            if !without.contains(&signal) {
                give(&mut watch, signal, second, value);
            }
        }
    }
    watch
}

fn at_least(watch: &Watch) -> AtLeast {
    let found = watch.score("news2", at(40)).unwrap();
    assert!(matches!(found.result, Assessed::NotAssessable { .. }));
    assert!(found.band.is_none());
    found.at_least.unwrap()
}

#[test]
fn a_high_score_is_told_though_something_is_missing() {
    // 3 + 2 + 3, and 2 or 3 of the saturation by either scale; temperature, oxygen and consciousness are missing.
    let mut watch = ill(&["temperature"], &[]);
    let changes = until(&mut watch, 40);
    assert_eq!(delay(&changes, "news2-high", 0), Some(10));
    assert_eq!(delay(&changes, "news2-medium", 0), None);
    let least = at_least(&watch);
    assert_eq!((least.points, least.band.unwrap().id.as_str()), (8, "high"));

    // 3 + 2: a medium alarm at least; it may be more, which nobody knows.
    let mut watch = ill(&["temperature", "systolic", "spo2"], &[]);
    let changes = until(&mut watch, 40);
    assert_eq!(delay(&changes, "news2-medium", 0), Some(10));
    assert_eq!(delay(&changes, "news2-high", 0), None);
    let least = at_least(&watch);
    assert_eq!(
        (least.points, least.band.unwrap().id.as_str()),
        (5, "medium")
    );

    // 2 alone say nothing yet.
    let mut watch = ill(&["temperature", "systolic", "spo2", "heart-rate"], &[]);
    assert!(until(&mut watch, 40).is_empty());
    let least = at_least(&watch);
    assert_eq!((least.points, least.band), (2, None));
}

#[test]
fn a_score_that_may_still_be_high_ends_no_alarm() {
    let calm = [
        ("on_oxygen", AnswerValue::YesNo(false)),
        ("spo2_scale_2", AnswerValue::YesNo(false)),
        ("consciousness", AnswerValue::Choice("A".to_owned())),
    ];
    let mut watch = ill(&[], &calm);
    assert_eq!(delay(&until(&mut watch, 50), "news2-high", 0), Some(10));
    // The monitor falls silent: the pressure alone, of hours ago, is worth three.
    let changes = until(&mut watch, 3600);
    assert!(
        !changes.iter().any(|line| line.contains("news2-high")),
        "{changes:?}"
    );
}

#[test]
fn an_input_out_of_range_does_not_silence_the_rest() {
    for (signal, value, input) in [
        ("spo2", 45.0, "spo2_percent"),
        ("heart-rate", 320.0, "pulse_per_min"),
    ] {
        let mut watch = ill(&[signal, "temperature"], &[]);
        for second in 0..60 {
            give(&mut watch, signal, second, value);
        }
        let changes = until(&mut watch, 40);
        let score = watch.score("news2", at(40)).unwrap();
        let Assessed::NotAssessable { missing } = score.result else {
            panic!("{signal} is in no row of the table");
        };
        let why = missing
            .iter()
            .find(|one| one.input == input && one.why.en.contains("outside the range"));
        assert!(why.is_some(), "{missing:?}");
        let band = score.at_least.unwrap().band.unwrap().id;
        assert!(
            delay(&changes, &format!("news2-{band}"), 0).is_some(),
            "{changes:?}"
        );
    }
}

#[test]
fn three_points_of_one_parameter_ask_for_a_review_whichever_it_is() {
    for level in ["C", "V", "P", "U"] {
        let mut watch = Watch::new(ward_rules());
        give(&mut watch, "temperature", 0, 37.0);
        watch.see(
            "consciousness",
            AnswerValue::Choice(level.to_owned()),
            at(0),
        );
        assert_eq!(
            until(&mut watch, 5),
            ["0 consciousness-altered began"],
            "{level}"
        );
        watch.see("consciousness", AnswerValue::Choice("A".to_owned()), at(6));
        assert_eq!(
            until(&mut watch, 9),
            ["6 consciousness-altered ended"],
            "{level}"
        );
    }
    for (percent, oxygen, told) in [
        (97.0, true, true),
        (96.0, true, false),
        (99.0, false, false),
    ] {
        let mut watch = Watch::new(ward_rules());
        watch.see("spo2_scale_2", AnswerValue::YesNo(true), at(0));
        watch.see("on_oxygen", AnswerValue::YesNo(oxygen), at(0));
        for second in 0..30 {
            give(&mut watch, "spo2", second, percent);
        }
        let changes = until(&mut watch, 29);
        let expected = told.then_some(15);
        assert_eq!(
            delay(&changes, "spo2-high-scale-2", 0),
            expected,
            "{percent} {oxygen}"
        );
    }
}

#[test]
fn what_was_said_too_long_ago_raises_nothing_and_ends_nothing() {
    let mut watch = Watch::new(ward_rules());
    give(&mut watch, "temperature", 0, 37.0);
    watch.see("consciousness", AnswerValue::Choice("V".to_owned()), at(0));
    assert_eq!(until(&mut watch, 5), ["0 consciousness-altered began"]);
    let half_a_day = i64::from(ward_rules().seen_fresh_s);
    assert!(until(&mut watch, half_a_day + 60).is_empty());
    watch.look_again("consciousness-altered");
    assert!(until(&mut watch, half_a_day + 120).is_empty());
}

#[test]
fn every_alarm_of_high_priority_goes_on_calling() {
    let shipped = ward_rules();
    for rule in &shipped.rules {
        let is_high = rule.priority == Priority::High;
        assert!(rule.latching || !is_high, "{}", rule.id);
    }
    // Also where a hospital's rule does not say so.
    let mut own = RuleSet::clone(&shipped);
    for rule in &mut own.rules {
        rule.latching = false;
    }
    for (rule, calls) in [("no-heart-beat", true), ("systolic-low", false)] {
        let mut board = Board::new(escalation().clone());
        let mut change = Change {
            at: at(0),
            rule: rule.to_owned(),
            changed: Changed::Began { read: vec![] },
        };
        let id = board
            .apply("bed-1", Some("p"), &change, &own, at(0))
            .unwrap();
        change.changed = Changed::Ended;
        board
            .apply("bed-1", Some("p"), &change, &own, at(10))
            .unwrap();
        board.tick(at(700));
        let alarm = board.alarm(&id).unwrap();
        assert_eq!(
            (alarm.calls(at(700)), alarm.level > 0),
            (calls, calls),
            "{rule}"
        );
        // Either stays until somebody takes and ends it.
        assert_eq!(board.open().len(), 1, "{rule}");
    }
}
