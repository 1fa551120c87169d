//! What somebody took and did not end: whom it calls again, and when.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use alarms::{Act, Alarm, Board, Change, Changed, Step, escalation, ward_rules};
use vocabulary::Timestamp;

const START: i64 = 1_700_000_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp(START + seconds * 1000)
}

fn change(rule: &str, seconds: i64, changed: Changed) -> Change {
    Change {
        at: at(seconds),
        rule: rule.to_owned(),
        changed,
    }
}

fn board_with(rule: &str) -> (Board, String) {
    let mut board = Board::new(escalation().clone());
    let began = change(rule, 0, Changed::Began { read: Vec::new() });
    let id = board.apply("bed-1", Some("p1"), &began, &ward_rules(), at(0));
    (board, id.unwrap())
}

/// Its condition is over.
fn end(board: &mut Board, rule: &str, seconds: i64) {
    let over = change(rule, seconds, Changed::Ended);
    let touched = board.apply("bed-1", Some("p1"), &over, &ward_rules(), at(seconds));
    assert!(touched.is_some());
}

/// When whom was told last.
fn told_last(alarm: &Alarm) -> Option<(i64, &str)> {
    let mut last_first = alarm.steps.iter().rev();
    last_first.find_map(|stepped| match &stepped.step {
        Step::Told { to, .. } => Some(((stepped.at.0 - START) / 1000, to.as_str())),
        _ => None,
    })
}

/// Takes a high alarm, ends its condition where that is asked, and looks whom it calls once it is forgotten.
fn forgotten(is_over: bool) {
    let (mut board, id) = board_with("news2-high");
    board.act(&id, Act::Take, "wang.nurse", at(10)).unwrap();
    if is_over {
        end(&mut board, "news2-high", 20);
    }
    let lapse = i64::from(escalation().high.lapse_s);
    board.tick(at(10 + lapse - 1));
    assert!(board.alarm(&id).unwrap().taken.is_some());
    board.tick(at(10 + lapse));
    let alarm = board.alarm(&id).unwrap();
    assert!(alarm.taken.is_none() && alarm.calls(at(10 + lapse)));
    assert_eq!(told_last(alarm).unwrap().1, "bed-nurse");
}

#[test]
fn who_took_it_and_forgot_it_has_not_taken_it() {
    forgotten(false);
}

#[test]
fn what_was_taken_and_forgotten_calls_again_though_its_condition_is_over() {
    forgotten(true);
    // One that does not latch is over with its condition: nobody is called by it.
    let (mut board, id) = board_with("spo2-low");
    board.act(&id, Act::Take, "wang.nurse", at(10)).unwrap();
    end(&mut board, "spo2-low", 20);
    let lapse = i64::from(escalation().medium.lapse_s);
    board.tick(at(10 + lapse));
    assert!(board.alarm(&id).unwrap().taken.is_some());
}

#[test]
fn what_somebody_holds_calls_again_when_they_are_there_no_more() {
    let (mut board, id) = board_with("news2-high");
    assert!(!board.let_go(&id, at(5)), "nobody holds it");
    board.act(&id, Act::Take, "wang.nurse", at(10)).unwrap();
    assert!(board.let_go(&id, at(40)));
    let alarm = board.alarm(&id).unwrap();
    assert!(alarm.taken.is_none() && alarm.calls(at(40)));
    assert_eq!(told_last(alarm), Some((40, "bed-nurse")));
    assert_eq!(alarm.as_of(at(40)).as_ref(), Some(alarm));
    assert!(!board.let_go(&id, at(41)));
    // It goes from one to the next as any other.
    board.tick(at(70));
    let last = told_last(board.alarm(&id).unwrap());
    assert_eq!(last, Some((70, "ward-nurse")));
}
