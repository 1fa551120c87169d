//! What somebody took, was over and comes back: another episode calls anew, a flicker calls nobody.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use alarms::{Act, Alarm, Board, Change, Changed, Step, escalation, ward_rules};
use vocabulary::Timestamp;

const NURSE: &str = "wang.nurse";
const HEART: &str = "no-heart-beat";

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_700_000_000_000 + seconds * 1000)
}

fn apply(board: &mut Board, rule: &str, changed: Changed, seconds: i64) -> String {
    let change = Change {
        at: at(seconds),
        rule: rule.to_owned(),
        changed,
    };
    let rules = ward_rules();
    let touched = board.apply("bed-1", Some("p1"), &change, &rules, at(seconds));
    touched.unwrap()
}

fn begin(board: &mut Board, rule: &str, seconds: i64) -> String {
    apply(board, rule, Changed::Began { read: Vec::new() }, seconds)
}

/// An alarm that was raised, paused, taken after 10 s and over after 20 s.
fn over(rule: &str) -> (Board, String) {
    let mut board = Board::new(escalation().clone());
    let id = begin(&mut board, rule, 0);
    let pause = Act::Pause { for_s: 120 };
    board.act(&id, pause, NURSE, at(5)).unwrap();
    board.act(&id, Act::Take, NURSE, at(10)).unwrap();
    apply(&mut board, rule, Changed::Ended, 20);
    (board, id)
}

fn last_steps(alarm: &Alarm, many: usize) -> Vec<String> {
    let words = alarm.steps.iter().map(|stepped| match &stepped.step {
        Step::Told { to, .. } => format!("told {to}"),
        Step::Taken { by } => format!("taken by {by}"),
        Step::PauseEnded => "pause ended".to_owned(),
        Step::Lapsed => "lapsed".to_owned(),
        Step::Gone => "over".to_owned(),
        Step::Back { .. } => "back".to_owned(),
        other => format!("{other:?}"),
    });
    let words: Vec<String> = words.collect();
    words[words.len() - many..].to_vec()
}

#[test]
fn a_heart_that_stops_again_calls_again_and_escalates_from_the_first() {
    let (mut board, id) = over(HEART);
    // Neither the pause of the first time nor the take is left of it, and who took it is named.
    assert_eq!(begin(&mut board, HEART, 60), id);
    let alarm = board.alarm(&id).unwrap();
    assert!(alarm.calls(at(60)));
    assert_eq!((alarm.taken.as_ref(), alarm.untaken_since), (None, at(60)));
    let steps = [
        "taken by wang.nurse",
        "over",
        "back",
        "pause ended",
        "lapsed",
        "told bed-nurse",
    ];
    assert_eq!(last_steps(alarm, steps.len()), steps);
    assert_eq!(alarm.as_of(at(60)).as_ref(), Some(alarm));
    board.tick(at(89));
    assert_eq!(board.alarm(&id).unwrap().level, 0);
    board.tick(at(90));
    let alarm = board.alarm(&id).unwrap();
    assert_eq!(last_steps(alarm, 1), ["told ward-nurse"]);
    // Whoever takes it now has all the time that anybody has who takes one.
    board.act(&id, Act::Take, NURSE, at(95)).unwrap();
    board.tick(at(620));
    assert!(board.alarm(&id).unwrap().taken.is_some());
}

#[test]
fn what_was_not_over_for_long_enough_stays_with_who_took_it() {
    // Of high priority as long as the rule takes itself; else at least until the next would be told.
    for (rule, enough_s) in [
        (HEART, 10),
        ("no-breathing", 15),
        ("news2-high", 70),
        ("nobody-watches", 30),
        ("spo2-low", 120),
        ("systolic-low", 120),
        ("worse-together", 150),
        ("temperature-high", 900),
    ] {
        for (after_s, is_episode) in [(enough_s - 1, false), (enough_s, true)] {
            let (mut board, id) = over(rule);
            let came = 20 + after_s;
            begin(&mut board, rule, came);
            let alarm = board.alarm(&id).unwrap();
            let by = alarm.taken.as_ref().map(|taken| taken.by.as_str());
            let expected = (!is_episode).then_some(NURSE);
            assert_eq!(by, expected, "{rule} after {after_s} s");
            let calls = alarm.calls(at(came));
            assert_eq!(calls, is_episode, "{rule} after {after_s} s");
        }
    }
}

#[test]
fn a_flicker_calls_nobody_again() {
    let (mut board, id) = over("nobody-watches");
    for second in (22..300).step_by(2) {
        begin(&mut board, "nobody-watches", second);
        board.tick(at(second));
        apply(&mut board, "nobody-watches", Changed::Ended, second + 1);
    }
    let alarm = board.alarm(&id).unwrap();
    assert!(alarm.taken.is_some());
    let told = |step: &Step| matches!(step, Step::Told { .. });
    let told = alarm.steps.iter().filter(|stepped| told(&stepped.step));
    assert_eq!(told.count(), 1);
}
