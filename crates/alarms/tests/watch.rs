//! Rules over samples: delays, what is missing, what is not believed, and scores with what is too old.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod bed;

use std::sync::Arc;

use alarms::{Changed, Priority, RuleSet, Sample, Watch, ward_rules};
use bed::{at, give, until};
use knowledge::AnswerValue;
use vocabulary::Assessed;

fn rules(text: &str) -> Arc<RuleSet> {
    Arc::new(RuleSet::read(&format!("{HEAD}{text}")).unwrap())
}

const HEAD: &str = r#"
id = "test"
version = "1"
step-ms = 1000
lateness-s = 2
seen-fresh-s = 3600
[[signal]]
id = "spo2"
label = { zh = "血氧", en = "SpO2" }
unit = "%"
codes = ["59408-5"]
fresh-s = 10
plausible = [0, 100]
none-is = 0
[[signal]]
id = "pulse"
label = { zh = "脉率", en = "Pulse" }
unit = "/min"
codes = ["149530"]
fresh-s = 10
plausible = [0, 350]
"#;

fn low(extra: &str) -> Arc<RuleSet> {
    rules(&format!(
        r#"
[[rule]]
id = "low"
title = {{ zh = "低", en = "Low" }}
priority = "medium"
kind = "physiological"
when = {{ at-most = {{ signal = "spo2", value = 91 }} }}
needs-confirmation = true
{extra}
"#
    ))
}

#[test]
fn a_limit_is_exact_and_a_delay_is_waited_for() {
    let mut watch = Watch::new(low("delay-s = 5\nclear-s = 3"));
    for second in 0..20 {
        let value = match second {
            // One second below the limit is not five.
            3 | 6..=13 => 91.0,
            _ => 92.0,
        };
        give(&mut watch, "spo2", second, value);
    }
    assert_eq!(until(&mut watch, 19), ["11 low began", "17 low ended"]);
}

#[test]
fn without_a_delay_it_is_raised_at_once() {
    let mut watch = Watch::new(low(""));
    give(&mut watch, "spo2", 0, 92.0);
    give(&mut watch, "spo2", 1, 91.0);
    give(&mut watch, "spo2", 2, 92.0);
    assert_eq!(until(&mut watch, 2), ["1 low began", "2 low ended"]);
}

#[test]
fn a_sensor_that_falls_off_neither_raises_nor_ends_anything() {
    let mut watch = Watch::new(low("delay-s = 5"));
    give(&mut watch, "spo2", 0, 90.0);
    // The value is fresh for ten seconds, which is longer than the delay.
    assert_eq!(until(&mut watch, 30), ["5 low began"]);
    // Nothing arrives for an hour: it is not over, because nobody knows.
    assert!(until(&mut watch, 3600).is_empty());
    give(&mut watch, "spo2", 3604, 97.0);
    assert_eq!(until(&mut watch, 3604), ["3604 low ended"]);
    // An unknown value that was low before the delay was over raises nothing.
    let mut watch = Watch::new(low("delay-s = 20"));
    give(&mut watch, "spo2", 0, 90.0);
    assert!(until(&mut watch, 3600).is_empty());
}

#[test]
fn no_value_is_no_low_value() {
    let mut watch = Watch::new(low(""));
    give(&mut watch, "spo2", 0, 97.0);
    give(&mut watch, "spo2", 1, 0.0);
    give(&mut watch, "spo2", 2, -3.0);
    give(&mut watch, "spo2", 3, f64::NAN);
    assert!(until(&mut watch, 5).is_empty());
}

#[test]
fn what_is_not_believed_is_said_once_and_raised_when_it_can_be_believed() {
    let mut watch = Watch::new(low(
        "unless = [{ at-least = { signal = \"pulse\", value = 200 } }]",
    ));
    for second in 0..10 {
        give(&mut watch, "spo2", second, 80.0);
        give(
            &mut watch,
            "pulse",
            second,
            if second < 6 { 250.0 } else { 80.0 },
        );
    }
    assert_eq!(until(&mut watch, 9), ["0 low disbelieved", "6 low began"]);
    // Once it stands, doubt does not take it back.
    give(&mut watch, "pulse", 12, 250.0);
    give(&mut watch, "spo2", 12, 80.0);
    assert!(until(&mut watch, 13).is_empty());
}

fn absent() -> Arc<RuleSet> {
    rules(
        r#"
[[rule]]
id = "gone"
title = { zh = "中断", en = "Gone" }
priority = "low"
kind = "technical"
when = { absent = { signal = "spo2", for-s = 30 } }
needs-confirmation = true
"#,
    )
}

#[test]
fn a_signal_is_absent_when_it_was_there_or_is_expected() {
    let absent = absent();
    let mut watch = Watch::new(absent.clone());
    give(&mut watch, "pulse", 0, 80.0);
    assert!(until(&mut watch, 100).is_empty());
    give(&mut watch, "spo2", 101, 98.0);
    assert_eq!(until(&mut watch, 140), ["131 gone began"]);
    give(&mut watch, "spo2", 150, 98.0);
    assert_eq!(until(&mut watch, 150), ["150 gone ended"]);
    // Expected, but it never came.
    let mut watch = Watch::new(absent);
    watch.expect("spo2", at(0));
    assert_eq!(until(&mut watch, 40), ["30 gone began"]);
}

#[test]
fn what_comes_first_and_is_old_is_absent_only_after_as_long_as_the_rule_says() {
    // A device that catches up: its first values are an hour old when they come.
    let mut watch = Watch::new(absent());
    watch.begin_at(at(1000));
    give(&mut watch, "pulse", 3600, 80.0);
    assert!(until(&mut watch, 3600).is_empty());
    for second in 0..10 {
        let old = Sample {
            signal: "spo2".to_owned(),
            at: at(second),
            value: 98.0,
        };
        // Those from before the watch began are known, and none of them is late.
        watch.sample(old).unwrap();
    }
    assert!(until(&mut watch, 3629).is_empty());
    // Nothing newer came: it is absent, from when it was first heard of.
    assert_eq!(until(&mut watch, 3640), ["3630 gone began"]);
    give(&mut watch, "spo2", 3641, 98.0);
    assert_eq!(until(&mut watch, 3641), ["3641 gone ended"]);
    // From then on it counts from what was measured last.
    assert_eq!(until(&mut watch, 3680), ["3671 gone began"]);

    // What the watch was told when it began had fallen silent before.
    let mut watch = Watch::new(absent());
    watch.begin_at(at(1000));
    give(&mut watch, "spo2", 0, 98.0);
    watch.was_known();
    assert_eq!(until(&mut watch, 1001), ["1001 gone began"]);

    // Expected, and then only old values come: it counts from when they came.
    let mut watch = Watch::new(absent());
    watch.begin_at(at(1000));
    watch.expect("spo2", at(1000));
    assert!(until(&mut watch, 1020).is_empty());
    give(&mut watch, "spo2", 10, 98.0);
    assert!(until(&mut watch, 1049).is_empty());
    assert_eq!(until(&mut watch, 1050), ["1050 gone began"]);
}

#[test]
fn a_trend_needs_most_of_its_window() {
    let falling = rules(
        r#"
[[rule]]
id = "falling"
title = { zh = "下降", en = "Falling" }
priority = "low"
kind = "physiological"
when = { falls = { signal = "spo2", by = 4, within-s = 60 } }
needs-confirmation = true
"#,
    );
    let mut watch = Watch::new(falling.clone());
    for second in 0..=120 {
        give(&mut watch, "spo2", second, 99.0 - second as f64 / 10.0);
    }
    // Two thirds of the window must be there: 40 s.
    assert_eq!(until(&mut watch, 120), ["40 falling began"]);
    let mut watch = Watch::new(falling);
    for second in 0..=120 {
        give(&mut watch, "spo2", second, 99.0 - second as f64 / 20.0);
    }
    assert!(until(&mut watch, 120).is_empty());
}

#[test]
fn a_late_sample_counts_from_the_next_moment_if_it_is_the_newest() {
    let late = |seconds: i64| Sample {
        signal: "spo2".to_owned(),
        at: at(seconds),
        value: 70.0,
    };
    let mut watch = Watch::new(low(""));
    give(&mut watch, "spo2", 5, 97.0);
    assert!(until(&mut watch, 10).is_empty());
    // Older than what is known: it says nothing about now.
    assert!(watch.sample(late(4)).is_err());
    assert!(until(&mut watch, 12).is_empty());
    assert!(watch.sample(late(9)).is_err());
    assert_eq!(until(&mut watch, 14), ["13 low began"]);
    assert_eq!(watch.late(), 2);
}

#[test]
fn what_was_measured_before_it_began_is_known_and_raises_nothing_about_the_past() {
    let mut watch = Watch::new(low("clear-s = 0"));
    watch.begin_at(at(100));
    give(&mut watch, "spo2", 50, 80.0);
    give(&mut watch, "spo2", 95, 85.0);
    assert_eq!(watch.late(), 0);
    // Still fresh when it begins: it is judged from there on.
    assert_eq!(until(&mut watch, 102), ["101 low began"]);
    // An alarm that was open before ends when its condition does.
    let mut watch = Watch::new(low(""));
    watch.begin_at(at(100));
    watch.stands("low");
    give(&mut watch, "spo2", 101, 97.0);
    assert_eq!(until(&mut watch, 102), ["101 low ended"]);
}

fn calm(watch: &mut Watch, second: i64) {
    for (signal, value) in [
        ("heart-rate", 72.0),
        ("spo2", 98.0),
        ("respiratory-rate", 16.0),
        ("systolic", 120.0),
        ("temperature", 37.0),
    ] {
        give(watch, signal, second, value);
    }
}

fn missing(watch: &Watch, second: i64) -> Vec<(String, String)> {
    match watch.score("news2", at(second)).unwrap().result {
        Assessed::Assessed { value } => panic!("the sum is {value}"),
        Assessed::NotAssessable { missing } => {
            missing.into_iter().map(|m| (m.input, m.why.en)).collect()
        }
    }
}

#[test]
fn news2_says_what_is_missing_and_what_is_too_old() {
    let mut watch = Watch::new(ward_rules());
    calm(&mut watch, 0);
    assert!(until(&mut watch, 1).is_empty());
    let mut names: Vec<String> = missing(&watch, 1)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names.sort();
    assert_eq!(names, ["consciousness", "on_oxygen", "spo2_scale_2"]);
    watch.see("on_oxygen", AnswerValue::YesNo(false), at(0));
    watch.see("spo2_scale_2", AnswerValue::YesNo(false), at(0));
    watch.see("consciousness", AnswerValue::Choice("A".to_owned()), at(0));
    let found = watch.score("news2", at(1)).unwrap();
    assert_eq!(found.result, Assessed::Assessed { value: 0 });
    // Ten minutes later the monitor's values are too old; what a person saw still counts.
    let old = missing(&watch, 601);
    assert_eq!(old.len(), 3);
    assert!(
        old.iter()
            .all(|(_, why)| why.contains("too old: 10 min ago")),
        "{old:?}"
    );
    // A day later nothing counts but what stands by order.
    assert_eq!(missing(&watch, 86_401).len(), 7);
}

#[test]
fn a_high_news2_is_an_urgent_alarm_with_the_samples_it_stands_on() {
    let mut watch = Watch::new(ward_rules());
    watch.see("on_oxygen", AnswerValue::YesNo(true), at(0));
    watch.see("spo2_scale_2", AnswerValue::YesNo(false), at(0));
    watch.see("consciousness", AnswerValue::Choice("A".to_owned()), at(0));
    for second in 0..30 {
        give(&mut watch, "heart-rate", second, 118.0);
        give(&mut watch, "pulse", second, 117.0);
        give(&mut watch, "spo2", second, 93.0);
        give(&mut watch, "respiratory-rate", second, 22.0);
    }
    give(&mut watch, "systolic", 5, 105.0);
    give(&mut watch, "temperature", 5, 38.4);
    let late = i64::from(watch.rules().lateness_s);
    let changes = watch.advance(at(29 + late));
    let high = changes
        .iter()
        .find(|change| change.rule == "news2-high")
        .unwrap();
    // What is known at once comes to 8: the pressure and the temperature need not be waited for.
    assert_eq!(high.at, at(10));
    let Changed::Began { read } = &high.changed else {
        panic!("{high:?}")
    };
    let signals: Vec<&str> = read.iter().map(|r| r.signal.as_str()).collect();
    for signal in [
        "heart-rate",
        "spo2",
        "respiratory-rate",
        "systolic",
        "temperature",
    ] {
        assert!(signals.contains(&signal), "{signals:?}");
    }
    assert_eq!(
        ward_rules().rule("news2-high").unwrap().priority,
        Priority::High
    );
}

#[test]
fn electrodes_that_fall_off_are_no_asystole_while_the_oximeter_counts_a_pulse() {
    for (pulse, expected) in [
        (
            Some(75.0),
            vec!["10 no-heart-beat disbelieved", "70 ecg-disagrees began"],
        ),
        (None, vec!["15 no-heart-beat began"]),
    ] {
        let mut watch = Watch::new(ward_rules());
        for second in 0..=80 {
            give(
                &mut watch,
                "heart-rate",
                second,
                if second < 10 { 76.0 } else { 0.0 },
            );
            if let Some(pulse) = pulse {
                give(&mut watch, "pulse", second, pulse);
            }
        }
        assert_eq!(until(&mut watch, 80), expected);
    }
}

#[test]
fn a_bed_with_an_oximeter_alone_is_watched_too() {
    let mut watch = Watch::new(ward_rules());
    for second in 0..=30 {
        give(&mut watch, "pulse", second, 140.0);
        give(&mut watch, "spo2", second, 90.0);
    }
    let changes = until(&mut watch, 30);
    assert_eq!(changes, ["10 pulse-high began", "15 spo2-low began"]);
}

#[test]
fn a_patient_with_a_target_of_88_to_92_has_other_limits() {
    let mut watch = Watch::new(ward_rules());
    watch.see("spo2_scale_2", AnswerValue::YesNo(true), at(0));
    for second in 0..=60 {
        give(
            &mut watch,
            "spo2",
            second,
            if second < 30 { 89.0 } else { 83.0 },
        );
    }
    assert_eq!(until(&mut watch, 60), ["45 spo2-low-scale-2 began"]);
}

#[test]
fn limits_without_a_source_say_that_they_need_confirmation() {
    for rule in &ward_rules().rules {
        assert!(
            rule.evidence.is_some() || rule.needs_confirmation,
            "{}",
            rule.id
        );
    }
    let good = include_str!("../rules/ward.toml");
    for (from, to) in [
        ("id = \"news2-medium\"", "id = \"news2-high\""),
        ("bands = [\"high\"]", "bands = [\"very-high\"]"),
        (
            "signal = \"systolic\", value = 90",
            "signal = \"sistolic\", value = 90",
        ),
        ("plan = \"emergency-response\"", "plan = \"panic\""),
        (
            "evidence = \"rcp-news2-2017\"\nneeds-confirmation = false",
            "needs-confirmation = false",
        ),
        ("evidence = \"rcp-news2-2017\"", "evidence = \"hearsay\""),
        ("step-ms = 1000", "step-ms = 0"),
        ("answers = \"spo2_percent\"", "answers = \"saturation\""),
        ("delay-s = 10", "delay = 10"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(RuleSet::read(&good.replacen(from, to, 1)).is_err(), "{to}");
    }
}

#[test]
fn what_leaves_the_ward_is_told_after_a_while_and_so_is_a_tag_that_falls_silent() {
    let mut watch = Watch::new(ward_rules());
    for second in 0..10 {
        give(&mut watch, "thing-outside", second, 0.0);
    }
    assert!(until(&mut watch, 9).is_empty());
    // At the door, within what the rule leaves open, and then beyond it.
    give(&mut watch, "thing-outside", 10, 1.9);
    for second in 11..40 {
        give(&mut watch, "thing-outside", second, 6.5);
    }
    assert_eq!(until(&mut watch, 39), ["26 thing-outside began"]);
    for second in 40..60 {
        give(&mut watch, "thing-outside", second, 0.0);
    }
    assert_eq!(until(&mut watch, 59), ["55 thing-outside ended"]);
    assert_eq!(until(&mut watch, 700), ["659 thing-tag-silent began"]);
    let rules = ward_rules();
    for rule in [
        "patient-outside",
        "thing-outside",
        "patient-tag-silent",
        "thing-tag-silent",
    ] {
        let rule = rules.rule(rule).unwrap();
        assert!(
            rule.needs_confirmation && rule.evidence.is_none(),
            "{}",
            rule.id
        );
    }
}

#[test]
fn a_result_of_the_laboratory_counts_longer_than_what_was_seen_and_an_illness_stands() {
    let mut watch = Watch::new(ward_rules());
    watch.see("urea_mmol_l", AnswerValue::Number(8.0), at(0));
    watch.see("new_confusion", AnswerValue::YesNo(false), at(0));
    watch.see("heart_failure", AnswerValue::YesNo(true), at(0));
    let missing = |score: &str, second: i64, input: &str| {
        let found = watch.score(score, at(second)).unwrap();
        let Assessed::NotAssessable { missing } = found.result else {
            panic!("something is always missing here");
        };
        // The same in two units is one question.
        let is_it = |one: &vocabulary::Missing| one.input.split(" | ").any(|name| name == input);
        let why = missing.into_iter().find(is_it);
        why.map(|one| one.why.en)
    };
    let hours = 3600;
    assert_eq!(missing("curb-65", hours, "urea_mmol_l"), None);
    assert_eq!(missing("curb-65", hours, "new_confusion"), None);
    let old = missing("curb-65", 20 * hours, "new_confusion").unwrap();
    assert!(old.contains("too old: 20 h ago"), "{old}");
    assert_eq!(missing("curb-65", 20 * hours, "urea_mmol_l"), None);
    let old = missing("curb-65", 80 * hours, "urea_mmol_l").unwrap();
    assert!(old.contains("too old: 3 days ago"), "{old}");
    assert_eq!(missing("psi", 9000 * hours, "heart_failure"), None);
}
