//! Who may be in a room only beside somebody who looks after them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{AtDoor, Door, Refusal, Seat, Stays, limits, wire::ServerFrame};
use serde_json::{Value, json};
use stage::{Stage, patient, threshold};
use vocabulary::ActorId;

fn child() -> Door {
    patient(true)
}

fn admit(waiting: Seat, companion: Option<u16>) -> Value {
    json!({"act": "admit", "waiting": waiting.participant, "companion": companion})
}

fn put_out(stage: &mut Stage, who: &str) {
    stage.room.put_out(stage.now, &ActorId::new(who).unwrap());
}

fn is_inside(stage: &Stage, who: Seat) -> bool {
    let mut people = stage.room.people().into_iter();
    people.any(|one| one.id == who.participant)
}

#[test]
fn a_child_is_inside_only_beside_somebody_who_looks_after_them() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (zhao, frame) = stage.come("zhao.patient", child());
    assert_eq!(threshold(&frame).state, AtDoor::Companion);
    for nobody in [None, Some(99)] {
        assert_eq!(
            stage.refused(host, admit(zhao, nobody)),
            Some(Refusal::CompanionNeeded)
        );
    }
    let wang = stage.enter("wang.nurse");
    stage.accepted(host, admit(zhao, Some(wang.participant)));
    assert_eq!(stage.room.people().len(), 3);
    stage.parcels.clear();
    // The nurse leaves for good: the child is at the door again, and sees no more of the room.
    put_out(&mut stage, "wang.nurse");
    let parcels = stage.parcels();
    let (_, told) = parcels.iter().find(|(seat, _)| *seat == zhao).unwrap();
    assert_eq!(threshold(told).state, AtDoor::Companion);
    assert_eq!(stage.room.people().len(), 1);
    // When the nurse is back, so is the child.
    stage.enter("wang.nurse");
    stage.round();
    assert_eq!(stage.room.people().len(), 3);
}

#[test]
fn who_was_let_in_beside_somebody_knocks_on_another_day_though_that_one_is_there() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (zhao, _) = stage.come("zhao.patient", child());
    stage.accepted(host, admit(zhao, Some(host.participant)));
    let comes = |stage: &mut Stage| {
        put_out(stage, "zhao.patient");
        stage.come("zhao.patient", child())
    };
    stage.wait(limits::ADMITTED_MS - 1);
    let (_, frame) = comes(&mut stage);
    assert!(matches!(frame, ServerFrame::Welcome { .. }), "{frame:?}");
    stage.wait(1);
    let (zhao, frame) = comes(&mut stage);
    assert_eq!(threshold(&frame).state, AtDoor::Companion);
    stage.round();
    assert!(!is_inside(&stage, zhao));
    assert!(stage.room.knocking(stage.now)[0].needs_companion);
    stage.accepted(host, admit(zhao, Some(host.participant)));
    assert!(is_inside(&stage, zhao));
}

#[test]
fn the_clock_alone_sends_nobody_back_to_the_door() {
    let mut stage = Stage::new();
    stage.room.keep_stays(Stays {
        stay_ms: 2 * limits::ADMITTED_MS,
        rest_ms: limits::REST_MS,
    });
    let host = stage.enter("li.terminal");
    let wang = stage.enter("wang.nurse");
    let (zhao, _) = stage.come("zhao.patient", child());
    stage.accepted(host, admit(zhao, Some(wang.participant)));
    stage.wait(limits::ADMITTED_MS + 1);
    stage.round();
    assert!(is_inside(&stage, zhao));
    // Who looks after them leaves; when they are back, the child has to be let in anew.
    put_out(&mut stage, "wang.nurse");
    stage.round();
    assert!(!is_inside(&stage, zhao));
    let wang = stage.enter("wang.nurse");
    stage.round();
    assert!(!is_inside(&stage, zhao));
    stage.accepted(host, admit(zhao, Some(wang.participant)));
    assert!(is_inside(&stage, zhao));
}
