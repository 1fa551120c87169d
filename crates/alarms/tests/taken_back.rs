//! What was entered in error is taken back: it holds nothing any more, and what was known before counts again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bed;

use alarms::{Sample, Watch, ward_rules};
use bed::{at, give, until};
use knowledge::AnswerValue;

fn take_back(watch: &mut Watch, signal: &str, seconds: i64, value: f64) -> bool {
    watch.take_back(&Sample {
        signal: signal.to_owned(),
        at: at(seconds),
        value,
    })
}

fn value(watch: &Watch, signal: &str, seconds: i64) -> Option<f64> {
    let vitals = watch.vitals(at(seconds)).into_iter();
    vitals
        .filter(|vital| vital.signal == signal && vital.fresh)
        .find_map(|vital| vital.value)
}

#[test]
fn what_was_measured_before_counts_again() {
    let mut watch = Watch::new(ward_rules());
    give(&mut watch, "systolic", 0, 120.0);
    give(&mut watch, "systolic", 600, 60.0);
    assert_eq!(until(&mut watch, 605), ["600 systolic-low began"]);
    // Another value, and another time, are none that was taken.
    assert!(!take_back(&mut watch, "systolic", 600, 61.0));
    assert!(!take_back(&mut watch, "systolic", 601, 60.0));
    assert_eq!(until(&mut watch, 606), [""; 0]);
    assert!(take_back(&mut watch, "systolic", 600, 60.0));
    assert_eq!(until(&mut watch, 610), ["607 systolic-low ended"]);
    assert_eq!(value(&watch, "systolic", 610), Some(120.0));
}

#[test]
fn an_alarm_does_not_stand_because_nothing_is_left_to_end_it() {
    let mut watch = Watch::new(ward_rules());
    give(&mut watch, "systolic", 0, 60.0);
    assert_eq!(until(&mut watch, 5), ["0 systolic-low began"]);
    assert!(take_back(&mut watch, "systolic", 0, 60.0));
    assert_eq!(until(&mut watch, 10), ["6 systolic-low ended"]);
    assert_eq!(watch.newest_at("systolic"), None);
    // What comes after it counts as ever.
    give(&mut watch, "systolic", 20, 70.0);
    assert_eq!(until(&mut watch, 25), ["20 systolic-low began"]);
}

#[test]
fn what_came_and_is_not_judged_yet_is_taken_back_too() {
    let mut watch = Watch::new(ward_rules());
    give(&mut watch, "systolic", 0, 120.0);
    give(&mut watch, "systolic", 3, 60.0);
    assert!(take_back(&mut watch, "systolic", 3, 60.0));
    assert_eq!(until(&mut watch, 10), [""; 0]);
}

#[test]
fn an_alarm_that_stands_on_other_values_goes_on_standing() {
    let mut watch = Watch::new(ward_rules());
    give(&mut watch, "temperature", 0, 37.0);
    for second in 0..=20 {
        give(&mut watch, "spo2", second, 85.0);
    }
    assert_eq!(until(&mut watch, 20), ["15 spo2-low began"]);
    // The sensor fell off: that ends nothing, and neither does a temperature that was another's.
    assert_eq!(until(&mut watch, 300), ["170 spo2-absent began"]);
    assert!(take_back(&mut watch, "temperature", 0, 37.0));
    assert_eq!(until(&mut watch, 400), [""; 0]);
}

#[test]
fn an_answer_that_is_taken_back_leaves_the_score_and_ends_what_it_raised() {
    let mut watch = Watch::new(ward_rules());
    let said = |text: &str| AnswerValue::Choice(text.to_owned());
    for input in ["on_oxygen", "spo2_scale_2"] {
        watch.see(input, AnswerValue::YesNo(false), at(0));
    }
    watch.see("consciousness", said("A"), at(0));
    for (signal, value) in [
        ("respiratory-rate", 26.0),
        ("spo2", 97.0),
        ("systolic", 120.0),
        ("heart-rate", 118.0),
        ("temperature", 37.0),
    ] {
        give(&mut watch, signal, 0, value);
    }
    watch.see("consciousness", said("V"), at(1));
    let changes = until(&mut watch, 20);
    assert!(
        changes.contains(&"10 news2-high began".to_owned()),
        "{changes:?}"
    );
    assert!(!watch.take_back_seen("consciousness", &said("P"), at(1)));
    assert!(watch.take_back_seen("consciousness", &said("V"), at(1)));
    let changes = until(&mut watch, 25);
    for rule in ["news2-high", "consciousness-altered"] {
        assert!(changes.contains(&format!("21 {rule} ended")), "{changes:?}");
    }
    // What was said before it is for the hospital to say again.
    assert_eq!(watch.last_seen("consciousness"), None);
}

#[test]
fn a_device_that_is_expected_is_awaited_as_before() {
    let mut watch = Watch::new(ward_rules());
    watch.expect("heart-rate", at(0));
    give(&mut watch, "heart-rate", 100, 80.0);
    assert_eq!(until(&mut watch, 120), [""; 0]);
    assert!(take_back(&mut watch, "heart-rate", 100, 80.0));
    assert_eq!(until(&mut watch, 160), ["150 heart-rate-absent began"]);
}
