//! What one account can do to a room by many seats, by many acts, or by one that changes much.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{Door, Farewell, Refusal, Reply, Room, Stay, Stays, limits, wire::ClientFrame};
use serde_json::{Value, json};
use stage::{Stage, board, first_hello, hologram_act, note};

fn guest() -> Door {
    Door {
        treats: false,
        may_host: false,
        ..Door::default()
    }
}

fn add(series: &str) -> Value {
    let mut entity = hologram_act();
    entity["series"] = json!(series);
    json!({"act": "add", "entity": entity})
}

#[test]
fn one_account_has_so_many_seats_and_leaves_places_to_others() {
    let mut stage = Stage::new();
    let mut seats = Vec::new();
    for _ in 0..limits::SEATS_EACH {
        seats.push(stage.enter("chen.expert"));
    }
    let one_more = stage.join("chen.expert", true, &first_hello());
    assert_eq!(one_more.unwrap_err(), Farewell::TooManySeats);
    stage.enter("li.terminal");
    // A seat whose line is broken is given up for another.
    stage.room.leave(stage.now, seats[0]);
    stage.enter("chen.expert");
    assert_eq!(stage.room.people().len(), limits::SEATS_EACH + 1);
    stage.room.keep_seats(limits::SEATS_EACH + 1);
    stage.enter("chen.expert");
    let one_more = stage.join("chen.expert", true, &first_hello());
    assert_eq!(one_more.unwrap_err(), Farewell::TooManySeats);
}

#[test]
fn many_seats_say_no_more_than_one_nor_does_who_comes_anew() {
    let mut stage = Stage::new();
    let (one, other) = (stage.enter("chen.expert"), stage.enter("chen.expert"));
    let li = stage.enter("li.terminal");
    stage.done(li, json!({"act": "add", "entity": hologram_act()}));
    let mut said = 0;
    for seat in [one, other].into_iter().cycle().take(100) {
        said += u32::from(stage.act(seat, note("x")).is_none());
    }
    assert_eq!(said, limits::ACTS_PER_SECOND);
    stage.room.leave(stage.now, one);
    let anew = stage.enter("chen.expert");
    assert_eq!(stage.act(anew, note("x")), Some(Refusal::TooFast));
    // Others are heard as before.
    assert_eq!(stage.act(li, note("x")), None);
    // Frames are counted alike: those of the acts above are among them.
    let ping = ClientFrame::Ping { nonce: 1 };
    let ends = |reply: Reply| matches!(reply, Reply::Close(Farewell::TooFast, _));
    let mut pings = 101;
    while !ends(stage.frame(if pings % 2 == 0 { other } else { anew }, &ping)) {
        pings += 1;
    }
    assert_eq!(pings, limits::FRAMES_PER_SECOND);
    stage.wait(2_000);
    assert_eq!(stage.act(other, note("x")), None);
}

#[test]
fn few_holograms_stand_in_a_room_and_fewer_of_one_series() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    for _ in 0..limits::HOLOGRAMS_OF_SERIES {
        stage.done(chen, add("1.2.3"));
    }
    let too_many = Some(Refusal::TooManyHolograms);
    assert_eq!(stage.refused(chen, add("1.2.3")), too_many);
    // What is taken back is not brought back beside another.
    stage.accepted(chen, json!({"act": "remove", "id": 1}));
    let li = stage.enter("li.terminal");
    stage.done(li, add("1.2.3"));
    assert_eq!(
        stage.refused(chen, json!({"act": "undo"})),
        None,
        "an earlier step is taken back instead"
    );
    let of_series = stage.room.world().entities().len();
    assert!(of_series <= limits::HOLOGRAMS_OF_SERIES);
    stage.wait(1_000);
    stage.done(chen, add("1.2.4"));
}

#[test]
fn a_layer_is_one_of_its_series_or_of_all() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    stage.done(chen, add("1.2.3"));
    let layer = |name: &str| {
        let layers = json!({name: {"visible": false, "opacity": 1}});
        json!({"act": "set", "id": 1, "patch": {"type": "hologram", "layers": layers}})
    };
    for name in ["aorta", "volume", "lesions", "skin"] {
        stage.accepted(chen, layer(name));
    }
    let refused = stage.refused(chen, layer("anything at all"));
    assert_eq!(refused, Some(Refusal::UnknownLayer));
    let mut other = add("1.2.4");
    other["entity"]["layers"] = json!({"aorta": {"visible": true, "opacity": 1}});
    assert_eq!(stage.refused(chen, other), Some(Refusal::UnknownLayer));
}

#[test]
fn an_act_counts_by_what_it_changes() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    stage.done(chen, add("1.2.3"));
    for _ in 0..200 {
        stage.wait(100);
        stage.done(chen, note("x"));
    }
    stage.wait(60_000);
    // The hologram goes with its 200 notes and comes back with them, but not again and again.
    let remove = || json!({"act": "remove", "id": 1});
    let undo = || json!({"act": "undo"});
    stage.accepted(chen, remove());
    stage.accepted(chen, undo());
    assert_eq!(stage.refused(chen, remove()), Some(Refusal::TooFast));
    let li = stage.enter("li.terminal");
    assert_eq!(stage.act(li, note("others are heard")), None);
    stage.wait(3_000);
    assert_eq!(stage.act(chen, note("and so are they")), None);
}

#[test]
fn neither_another_seat_nor_another_room_begins_a_stay_anew() {
    let stays = Stays {
        stay_ms: 60_000,
        rest_ms: 20_000,
    };
    let opened = |now| {
        let mut stage = Stage::new();
        stage.room.keep_stays(stays);
        stage.now = now;
        stage
    };
    let hello = first_hello();
    let mut stage = opened(stage::at(1_000_000));
    let (sun, _) = stage.come("sun.patient", guest());
    stage.wait(40_000);
    stage.round();
    // They leave for a while that is no rest, and come in another seat.
    stage.room.leave(stage.now, sun);
    stage
        .room
        .put_out(stage.now, &vocabulary::ActorId::new("sun.patient").unwrap());
    stage.wait(10_000);
    let (sun, _) = stage.come("sun.patient", guest());
    stage.round();
    let people = stage.room.people();
    let until = people.iter().find(|one| one.id == sun.participant).unwrap();
    assert_eq!(until.stays_until.unwrap().0 - stage.now.0, 20_000);
    stage.wait(20_000);
    stage.round();
    assert!(stage.room.people().is_empty() && stage.room.is_empty());
    // The room is dropped and opened anew, or it is another.
    let known: Vec<_> = stage
        .room
        .stayed()
        .map(|(who, stay)| (who.clone(), stay))
        .collect();
    assert_eq!(known.len(), 1);
    let mut other = opened(stage.now);
    for (who, stay) in &known {
        other.room.has_stayed(who, *stay);
    }
    let early = other.join_by("sun.patient", true, guest(), &hello);
    assert_eq!(early.unwrap_err(), Farewell::StayIsOver);
    other.wait(stays.rest_ms);
    for (who, stay) in &known {
        other.room.has_stayed(who, *stay);
    }
    let (sun, _) = other.come("sun.patient", guest());
    other.round();
    let people = other.room.people();
    let until = people.iter().find(|one| one.id == sun.participant).unwrap();
    assert_eq!(until.stays_until.unwrap().0 - other.now.0, stays.stay_ms);
    let anew = Room::open(other.room.id().clone(), []).unwrap();
    assert_eq!(anew.stayed().count(), 0);
}

#[test]
fn who_treats_goes_from_room_to_room_without_a_rest_and_no_stay_of_theirs_ends() {
    let stays = Stays {
        stay_ms: 60_000,
        rest_ms: 20_000,
    };
    let li = vocabulary::ActorId::new("li.terminal").unwrap();
    let since = |stage: &Stage| stage.room.people()[0].unrested_since.unwrap();
    let mut now = stage::at(1_000_000);
    let mut known: Option<Stay> = None;
    // So many rooms, one after the other, each for longer than a stay lasts, and on the way for no rest.
    for rooms in 0..3 {
        let mut stage = Stage::new();
        stage.room.keep_stays(stays);
        stage.now = now;
        if let Some(stay) = known {
            stage.room.has_stayed(&li, stay);
        }
        stage.enter("li.terminal");
        stage.round();
        assert_eq!(stage.now.0 - since(&stage).0, rooms * 70_000);
        stage.wait(70_000);
        stage.round();
        assert_eq!(stage.now.0 - since(&stage).0, (rooms + 1) * 70_000);
        assert_eq!(stage.room.people()[0].stays_until, None);
        known = stage.room.stayed().map(|(_, stay)| stay).next();
        now = stage::at(stage.now.0 + 10_000);
    }
    // Where they treat nobody they stay as long as others do: having treated somebody takes nothing of that.
    let mut stage = Stage::new();
    stage.room.keep_stays(stays);
    stage.now = now;
    stage.room.has_stayed(&li, known.unwrap());
    stage.come("li.terminal", guest());
    stage.round();
    let until = stage.room.people()[0].stays_until.unwrap();
    assert_eq!(until.0 - stage.now.0, stays.stay_ms);
    assert_eq!(stage.now.0 - since(&stage).0, 210_000);
    // After a rest it begins anew.
    stage.room.put_out(stage.now, &li);
    stage.wait(stays.rest_ms);
    stage.enter("li.terminal");
    stage.round();
    assert_eq!(since(&stage), stage.now);
}

#[test]
fn what_is_done_while_the_record_works_on_earlier_acts_follows_them_or_goes_with_them() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    stage.done(chen, json!({"act": "add", "entity": hologram_act()}));
    let first = |stage: &mut Stage, text: &str| {
        assert_eq!(stage.act(chen, note(text)), None);
        let unkept = stage.room.take_unkept();
        assert_eq!(unkept.len(), 1, "only what came since");
        unkept
    };
    let one = first(&mut stage, "one");
    let two = first(&mut stage, "two");
    assert_eq!(stage.room.world().entities().len(), 1);
    stage.room.kept(one[0].number);
    assert_eq!(stage.room.world().entities().len(), 2);
    stage.room.kept(two[0].number);
    stage.journal.extend([one, two].concat());
    assert_eq!(
        Room::replay(stage.journal.clone()).unwrap(),
        *stage.room.world()
    );
    // What stands on what was lost is lost with it, and all are told.
    first(&mut stage, "three");
    assert_eq!(stage.act(chen, note("four")), None);
    assert_eq!(stage.room.lost().len(), 2);
    assert!(stage.room.take_unkept().is_empty());
    stage.done(chen, note("five"));
}

#[test]
fn a_record_that_keeps_nothing_for_long_holds_up_so_many_acts_and_no_more() {
    let mut stage = Stage::new();
    let (chen, li) = (stage.enter("chen.expert"), stage.enter("li.terminal"));
    let id = stage.done(chen, board());
    stage.accepted(chen, json!({"act": "grab", "id": id}));
    for number in 0..limits::UNKEPT {
        stage.wait(25);
        let title = json!({"type": "board", "title": format!("plan {number}")});
        let set = json!({"act": "set", "id": id, "patch": title});
        assert_eq!(stage.act(chen, set), None, "{number}");
    }
    stage.wait(25);
    assert_eq!(stage.act(li, board()), Some(Refusal::NotKept));
    // Whoever holds something lets go of it, and order is kept.
    let free = json!({"act": "release", "id": id});
    assert_eq!(stage.act(chen, free), None);
    let mute = json!({"act": "mute", "participant": li.participant, "reason": "noise"});
    assert_eq!(stage.act(chen, mute), None);
    stage.round();
    assert_eq!(stage.act(li, board()), None);
}
