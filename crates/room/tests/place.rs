//! Which place of the hospital a room is: its host says so, and everybody sees it, also who comes later or looks on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{Checkpoint, Door, Refusal, Room, Seat, wire::ServerFrame};
use serde_json::{Value, json};
use stage::{Replay, Stage, hologram_act};
use vocabulary::{ActorId, Digest, Place, RoomId};

fn set(place: &str) -> Value {
    json!({"act": "set-place", "place": place})
}

/// What somebody is told who comes in now.
fn told(stage: &mut Stage, who: &str) -> (Seat, Option<Place>) {
    let (seat, frame) = stage.come(who, Door::default());
    let ServerFrame::Welcome { entrance, .. } = frame else {
        panic!("{frame:?}");
    };
    (seat, entrance.place)
}

#[test]
fn the_host_has_the_room_be_another_place_for_who_is_there_and_who_comes() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (chen, place) = told(&mut stage, "chen.expert");
    assert_eq!(place, None, "nobody has said so yet");
    assert_eq!(stage.act(host, set("operating")), None);
    let unkept = stage.room.take_unkept();
    assert_eq!(unkept.len(), 1);
    assert_eq!(
        unkept[0].act,
        json!({"act": "place", "changes": [], "place": "operating"})
    );
    assert_eq!(stage.room.world().place(), None, "it is not kept yet");
    stage.room.kept(unkept[0].number);
    stage.journal.extend(unkept);
    let tick = stage.room.tick(stage.now);
    let (_, packet) = tick.packets().find(|(seat, _)| *seat == chen).unwrap();
    let ServerFrame::Tick { news, .. } = ServerFrame::decode(&packet).unwrap() else {
        panic!("no tick");
    };
    assert_eq!(news.events.unwrap()[0].place, Some(Place::Operating));
    assert_eq!(told(&mut stage, "zhao.expert").1, Some(Place::Operating));
    // What it is already needs not be kept.
    stage.accepted(host, set("operating"));
    assert_eq!(stage.journal.len(), 1);
}

#[test]
fn a_room_of_the_hospital_itself_is_in_its_place_until_the_host_says_another() {
    let mut stage = Stage::new();
    stage.room.stand_in(Place::Teaching);
    let (host, place) = told(&mut stage, "li.terminal");
    assert_eq!(place, Some(Place::Teaching));
    stage.accepted(host, set("teaching"));
    assert!(stage.journal.is_empty(), "it is there already");
    stage.accepted(host, set("ward"));
    stage.accepted(host, set("teaching"));
    assert_eq!(told(&mut stage, "chen.expert").1, Some(Place::Teaching));
    assert_eq!(stage.journal.len(), 2);
    // A recording begins with where it is, whether somebody has said so or not.
    let mut bare = Stage::new();
    bare.room.stand_in(Place::Research);
    bare.enter("li.terminal");
    let mut replay = Replay::default();
    for frame in bare.room.key_frames() {
        replay.show(&frame);
    }
    assert_eq!(replay.place, Some(Place::Research));
}

#[test]
fn nobody_but_the_host_says_which_place_it_is_and_only_those_that_there_are() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    let trainee = stage.enter_as("zhou.trainee", false);
    for seat in [chen, trainee] {
        assert_eq!(
            stage.refused(seat, set("ward")),
            Some(Refusal::NotForYourStanding)
        );
    }
    let supervisor =
        json!({"act": "appoint", "participant": chen.participant, "standing": "supervisor"});
    stage.accepted(host, supervisor);
    assert_eq!(
        stage.refused(chen, set("ward")),
        Some(Refusal::NotForYourStanding)
    );
    assert_eq!(stage.refused(host, set("moon")), Some(Refusal::Malformed));
    let waiting = Door {
        is_asked: false,
        may_host: false,
        ..Door::default()
    };
    let (wang, _) = stage.come("wang.nurse", waiting);
    assert_eq!(stage.refused(wang, set("ward")), Some(Refusal::NotInside));
    assert_eq!(stage.room.world().place(), None);
}

#[test]
fn undoing_and_a_disk_that_is_full_leave_the_place_as_it_was_kept() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    stage.done(host, json!({"act": "add", "entity": hologram_act()}));
    stage.accepted(host, set("research"));
    stage.done(host, json!({"act": "undo"}));
    assert!(stage.room.world().entities().is_empty());
    assert_eq!(stage.act(host, set("teaching")), None);
    stage.room.take_unkept();
    assert_eq!(stage.room.lost().len(), 1);
    assert_eq!(stage.room.world().place(), Some(Place::Research));
    // What was lost is asked for anew, and is not taken for what it is already.
    stage.accepted(host, set("teaching"));
    assert_eq!(stage.room.world().place(), Some(Place::Teaching));
}

#[test]
fn a_room_that_is_opened_anew_is_the_place_that_it_was() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    stage.accepted(host, set("operating"));
    stage.accepted(host, set("management"));
    let id = RoomId::new("r1").unwrap();
    let again = Room::open(id.clone(), stage.journal.clone()).unwrap();
    assert_eq!(again.world(), stage.room.world());
    let made = Checkpoint::new(id, None, Digest::of(b"an entry"), again.world().clone());
    let world = Checkpoint::decode(&made.encode()).unwrap().into_world();
    assert_eq!(world.place(), Some(Place::Management));
}

#[test]
fn who_looks_at_a_recording_sees_the_place_that_it_was_at_each_moment() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    stage.accepted(host, set("operating"));
    stage.accepted(host, json!({"act": "ask-to-record"}));
    let hospital = ActorId::new("hospital").unwrap();
    let step = stage.room.recording_due(stage.now).unwrap();
    stage.room.record_step(stage.now, &hospital, step);
    stage.round();
    let mut replay = Replay::default();
    for frame in stage.room.key_frames() {
        replay.show(&frame);
    }
    assert_eq!(replay.place, Some(Place::Operating));
    stage.recorded.clear();
    stage.accepted(host, set("ward"));
    for frame in std::mem::take(&mut stage.recorded) {
        replay.show(&frame);
    }
    assert_eq!(replay.place, Some(Place::Ward));
}
