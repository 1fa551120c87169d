//! What the room allows, what it refuses, and what it remembers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails"
)]

mod stage;

use proptest::prelude::*;
use room::{
    Act, AtDoor, Door, Entity, Farewell, Held, Pose, Refusal, Reply, ResumeToken, Room, Seat,
    Standing, limits,
    wire::{ClientFrame, ServerFrame, VERSION},
};
use serde_json::{Value, json};
use stage::{Stage, at, hologram, nowhere};
use vocabulary::{Assessed, Timestamp};

fn refusals() -> Vec<(&'static str, Value, Refusal)> {
    let set = |patch: Value| json!({"act": "set", "id": 1, "patch": patch});
    let moved = |position: Value, rotation: Value, scale: Value| {
        let transform = json!({"position_m": position, "rotation": rotation, "scale": scale});
        set(json!({"type": "hologram", "transform": transform}))
    };
    let note = |text: &str, at: Value| {
        let entity = json!({"type": "annotation", "hologram": 1, "at_lps_mm": at, "text": text});
        json!({"act": "add", "entity": entity})
    };
    let measure = |kind: &str, points: Value| {
        let entity =
            json!({"type": "measure", "hologram": 1, "kind": kind, "points_lps_mm": points});
        json!({"act": "add", "entity": entity})
    };
    let here = json!([0, 0, 0]);
    let upright = json!([0, 0, 0, 1]);
    let mut other_series = json!({"act": "add", "entity": stage::hologram_act()});
    other_series["entity"]["series"] = json!("9.9");
    vec![
        ("no such act", json!({"act": "dance"}), Refusal::Malformed),
        ("no act at all", json!(3), Refusal::Malformed),
        (
            "a field too many",
            json!({"act": "grab", "id": 1, "by": "me"}),
            Refusal::Malformed,
        ),
        (
            "a field that is not the hologram's",
            set(json!({"type": "hologram", "text": "x"})),
            Refusal::Malformed,
        ),
        (
            "a value by the client",
            json!({"act": "add", "entity": {"type": "measure", "hologram": 1,
            "kind": "hu", "points_lps_mm": [[0, 0, 0]], "value": 3}}),
            Refusal::Malformed,
        ),
        (
            "no such entity",
            json!({"act": "remove", "id": 99}),
            Refusal::UnknownEntity,
        ),
        (
            "the patch of another type",
            set(json!({"type": "annotation", "text": "x"})),
            Refusal::WrongType,
        ),
        (
            "too far",
            moved(json!([12, 12, 12]), upright.clone(), json!(1)),
            Refusal::TooFarAway,
        ),
        (
            "too large",
            moved(here.clone(), upright.clone(), json!(20.1)),
            Refusal::ScaleOutOfRange,
        ),
        (
            "too small",
            moved(here.clone(), upright, json!(0.049)),
            Refusal::ScaleOutOfRange,
        ),
        (
            "no rotation",
            moved(here.clone(), json!([0, 0, 0, 0]), json!(1)),
            Refusal::NotUnitLength,
        ),
        (
            "no window",
            set(json!({"type": "hologram", "window": {"centre_hu": 0, "width_hu": 0}})),
            Refusal::ValueOutOfRange,
        ),
        (
            "opacity",
            set(json!({"type": "hologram", "layers": {"lung": {"visible": true, "opacity": 1.1}}})),
            Refusal::ValueOutOfRange,
        ),
        (
            "nameless layer",
            set(json!({"type": "hologram", "layers": {"": {"visible": true, "opacity": 1}}})),
            Refusal::TooManyLayers,
        ),
        (
            "slanted normal",
            set(json!({"type": "hologram", "clip": {"normal_lps": [1, 1, 1], "offset_mm": 0}})),
            Refusal::NotUnitLength,
        ),
        (
            "cursor outside",
            set(json!({"type": "hologram", "cursor_lps_mm": [0, 0, 100.5]})),
            Refusal::OutsideVolume,
        ),
        ("another's series", other_series, Refusal::UnknownSeries),
        (
            "note outside",
            note("x", json!([0, -101, 0])),
            Refusal::OutsideVolume,
        ),
        (
            "nodule outside",
            json!({"act": "add", "entity": {"type": "nodule", "hologram": 1, "at_lps_mm": [0, -101, 0]}}),
            Refusal::OutsideVolume,
        ),
        (
            "nodule with an outline of the client's",
            json!({"act": "add", "entity": {"type": "nodule", "hologram": 1, "at_lps_mm": [0, 0, 0], "mask": []}}),
            Refusal::Malformed,
        ),
        ("empty note", note(" \n", here.clone()), Refusal::EmptyText),
        (
            "long note",
            note(&"肺".repeat(501), here.clone()),
            Refusal::TextTooLong,
        ),
        (
            "length of one point",
            measure("length", json!([here])),
            Refusal::WrongNumberOfPoints,
        ),
        (
            "value of two points",
            measure("hu", json!([here, here])),
            Refusal::WrongNumberOfPoints,
        ),
        (
            "length that leaves",
            measure("length", json!([here, [0, 0, 999]])),
            Refusal::OutsideVolume,
        ),
        (
            "letting go of what is not held",
            json!({"act": "release", "id": 1}),
            Refusal::NotHeld,
        ),
    ]
}

#[test]
fn what_is_out_of_bounds_is_refused_with_its_reason_and_changes_nothing() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    let before = stage.room.world().clone();
    for (name, act, reason) in refusals() {
        stage.wait(1_000);
        assert_eq!(stage.refused(chen, act), Some(reason), "{name}");
    }
    assert_eq!(*stage.room.world(), before);
}

#[test]
fn texts_at_the_bound_are_taken() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    stage.done(chen, stage::note(&"肺".repeat(500)));
}

#[test]
fn lengths_and_values_are_the_servers() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    let mut measure = |kind: &str, points: Value| {
        let entity =
            json!({"type": "measure", "hologram": 1, "kind": kind, "points_lps_mm": points});
        let id = stage.done(chen, json!({"act": "add", "entity": entity}));
        match stage.room.entity(id).map(|placed| placed.entity.clone()) {
            Some(Entity::Measure(measure)) => (measure.value, measure.unit),
            other => panic!("{other:?}"),
        }
    };
    let assessed = |value| Assessed::Assessed { value };
    let length = measure("length", json!([[0, 0, 0], [3, 4, 12]]));
    assert_eq!(length, (assessed(13.0), "mm".to_owned()));
    let value = measure("hu", json!([[-2, 0, 0]]));
    assert_eq!(value, (assessed(-800.0), "[hnsf'U]".to_owned()));
    let (none, _) = measure("hu", nowhere());
    assert!(matches!(none, Assessed::NotAssessable { .. }), "{none:?}");
}

#[test]
fn a_person_takes_back_their_own_steps_only_and_not_what_others_changed_since() {
    let mut stage = Stage::new();
    let (chen, li) = (stage.enter("chen.expert"), stage.enter("li.terminal"));
    let id = stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    let window = |width: u32| {
        let window = json!({"centre_hu": 40, "width_hu": width});
        json!({"act": "set", "id": id, "patch": {"type": "hologram", "window": window}})
    };
    let mode = json!({"act": "set", "id": id, "patch": {"type": "hologram", "mode": "surfaces"}});
    stage.done(chen, window(1000));
    stage.done(li, mode);
    stage.done(chen, json!({"act": "undo"}));
    let Some(Entity::Hologram(now)) = stage.room.entity(id).map(|p| p.entity.clone()) else {
        panic!("the hologram is gone");
    };
    assert_eq!(
        (now.window.width_hu, now.mode),
        (400.0, room::Mode::Surfaces)
    );
    // Li's window came last; Chen's older one is no longer there to take back, and the hologram carries a mark of Li.
    stage.done(chen, window(1200));
    stage.done(li, window(1300));
    stage.done(li, stage::note("here"));
    assert_eq!(
        stage.refused(chen, json!({"act": "undo"})),
        Some(Refusal::NothingToUndo)
    );
    for _ in 0..3 {
        stage.done(li, json!({"act": "undo"}));
    }
    assert_eq!(
        stage.refused(li, json!({"act": "undo"})),
        Some(Refusal::NothingToUndo)
    );
    stage.done(chen, json!({"act": "undo"}));
    stage.done(chen, json!({"act": "undo"}));
    assert!(stage.room.world().entities().is_empty());
}

#[test]
fn one_drag_is_one_step() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    let id = stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    for width in 500..520 {
        stage.wait(100);
        let window = json!({"centre_hu": 40, "width_hu": width});
        stage.done(
            chen,
            json!({"act": "set", "id": id, "patch": {"type": "hologram", "window": window}}),
        );
    }
    stage.done(chen, json!({"act": "undo"}));
    let entity = stage.room.entity(id).map(|placed| placed.entity.clone());
    assert!(matches!(entity, Some(Entity::Hologram(h)) if h.window.width_hu == 400.0));
}

#[test]
fn marks_are_their_authors() {
    let mut stage = Stage::new();
    let (chen, li) = (stage.enter("chen.expert"), stage.enter("li.terminal"));
    stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    let note = stage.done(chen, stage::note("nodule"));
    // Who comes when they have gone reads who it was.
    let author = stage.room.entity(note).unwrap().name.clone();
    assert_eq!(author.as_deref(), Some("chen.expert"));
    let change =
        json!({"act": "set", "id": note, "patch": {"type": "annotation", "text": "nothing"}});
    assert_eq!(stage.refused(li, change), Some(Refusal::NotYours));
    assert_eq!(
        stage.refused(li, json!({"act": "remove", "id": note})),
        Some(Refusal::NotYours)
    );
    let all = json!({"act": "remove", "id": 1});
    assert_eq!(
        stage.refused(li, all.clone()),
        Some(Refusal::CarriesMarksOfOthers)
    );
    stage.done(chen, all);
    assert!(stage.room.world().entities().is_empty());
    stage.done(chen, json!({"act": "undo"}));
    assert_eq!(stage.room.world().entities().len(), 2);
}

#[test]
fn the_host_takes_away_a_board_whoever_drew_on_it_and_no_mark_of_others_on_images() {
    let mut stage = Stage::new();
    let (host, chen) = (stage.enter("li.terminal"), stage.enter("chen.expert"));
    let add = |entity: Value| json!({"act": "add", "entity": entity});
    stage.done(host, add(stage::hologram_act()));
    let transform = hologram().transform;
    let board = stage.done(
        chen,
        add(json!({"type": "board", "transform": transform, "title": "plan"})),
    );
    let ink = add(json!({"type": "ink", "board": board, "points": [[0, 0], [1, 1]]}));
    let line = stage.done(chen, ink);
    let words = stage.done(
        chen,
        add(json!({"type": "board-note", "board": board, "at": [0.5, 0.5], "text": "x"})),
    );
    let note = stage.done(chen, stage::note("nodule"));
    let remove = |id: u32| json!({"act": "remove", "id": id});

    stage.accepted(host, remove(line));
    assert!(stage.room.entity(line).is_none() && stage.room.entity(words).is_some());
    let lock = json!({"act": "lock", "id": board, "marks": true});
    stage.accepted(chen, lock);
    for id in [words, board] {
        assert_eq!(stage.refused(host, remove(id)), Some(Refusal::Locked));
    }
    stage.accepted(chen, json!({"act": "unlock", "id": board}));
    stage.accepted(host, remove(board));
    assert!(stage.room.entity(words).is_none() && stage.room.entity(board).is_none());
    // What was theirs is theirs again.
    stage.accepted(host, json!({"act": "undo"}));
    let back = stage.room.entity(words).map(|placed| placed.by.clone());
    assert_eq!(back.unwrap().as_str(), "chen.expert");

    assert_eq!(stage.refused(host, remove(note)), Some(Refusal::NotYours));
    assert_eq!(
        stage.refused(host, remove(1)),
        Some(Refusal::CarriesMarksOfOthers)
    );
}

#[test]
fn a_question_about_a_nodule_is_everybodys_to_take_away_and_the_askers_to_take_back() {
    let mut stage = Stage::new();
    let (chen, li) = (stage.enter("chen.expert"), stage.enter("li.terminal"));
    stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    let ask =
        json!({"act": "add", "entity": {"type": "nodule", "hologram": 1, "at_lps_mm": [1, 2, 3]}});
    let asked = stage.done(chen, ask.clone());
    // Somebody else keeps what lies there, or sees that there is none.
    stage.done(li, json!({"act": "remove", "id": asked}));
    assert_eq!(stage.room.world().entities().len(), 1);
    stage.done(chen, ask);
    assert_eq!(stage.room.world().entities().len(), 2);
    stage.done(chen, json!({"act": "undo"}));
    assert_eq!(stage.room.world().entities().len(), 1);
}

fn holding(entity: u32, x: f64) -> ClientFrame {
    let mut pose = stage::pose(x);
    let mut transform = hologram().transform;
    transform.position_m = [x, 1.0, 0.0];
    pose.held = Some(Held { entity, transform });
    ClientFrame::Pose { pose }
}

#[test]
fn a_hologram_is_in_one_hand_at_a_time_and_rests_where_it_was_left() {
    let mut stage = Stage::new();
    let (chen, li) = (stage.enter("chen.expert"), stage.enter("li.terminal"));
    let id = stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    let x = |stage: &Stage| match stage.room.entity(id).map(|placed| placed.entity.clone()) {
        Some(Entity::Hologram(hologram)) => hologram.transform.position_m[0],
        other => panic!("{other:?}"),
    };
    let grab = json!({"act": "grab", "id": id});
    stage.accepted(chen, grab.clone());
    assert_eq!(
        stage.refused(li, grab.clone()),
        Some(Refusal::HeldByAnother)
    );
    stage.frame(chen, &holding(id, 2.0));
    stage.frame(li, &holding(id, -2.0));
    let Some((_, poses)) = stage.round().into_iter().find(|(seat, _)| *seat == li) else {
        panic!("Li got no packet");
    };
    let held: Vec<Option<Held>> = poses.into_iter().map(|pose: Pose| pose.held).collect();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].map(|held| held.transform.position_m[0]), Some(2.0));
    assert_eq!(x(&stage), 0.0, "what is in hand is not kept");
    // Chen's line breaks: after a while the hologram is free, where Chen last had it.
    stage.room.leave(stage.now, chen);
    stage.wait(limits::HOLD_MS);
    stage.round();
    stage.round();
    assert_eq!(x(&stage), 2.0);
    stage.accepted(li, grab);
    let transform = json!({"position_m": [3, 1, 0], "rotation": [0, 0, 0, 1], "scale": 1});
    stage.done(
        li,
        json!({"act": "release", "id": id, "transform": transform}),
    );
    assert_eq!(x(&stage), 3.0);
    assert_eq!(
        stage.refused(li, json!({"act": "release", "id": id})),
        Some(Refusal::NotHeld)
    );
}

#[test]
fn who_only_watches_does_not_act_and_who_acts_too_fast_waits() {
    let mut stage = Stage::new();
    let zhao = stage.enter_as("zhao.patient", false);
    let add = stage::board();
    assert_eq!(
        stage.refused(zhao, add.clone()),
        Some(Refusal::WatchingOnly)
    );
    let chen = stage.enter("chen.expert");
    let count = (0..60)
        .filter(|_| stage.act(chen, add.clone()).is_none())
        .count();
    assert_eq!(count, limits::ACTS_PER_SECOND as usize);
    stage.wait(1_000);
    assert_eq!(stage.refused(chen, add), None);
}

#[test]
fn a_room_holds_only_so_much() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    for _ in 1..limits::ENTITIES {
        stage.wait(25);
        stage.done(chen, stage::note("one of many"));
    }
    stage.wait(25);
    let one_more = stage::note("one too many");
    assert_eq!(
        stage.refused(chen, one_more),
        Some(Refusal::TooManyEntities)
    );
}

#[test]
fn an_act_that_the_record_cannot_keep_did_not_happen() {
    let mut stage = Stage::new();
    let chen = stage.enter("chen.expert");
    stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    let before = stage.room.world().clone();
    assert_eq!(stage.act(chen, stage::note("lost")), None);
    assert_eq!(stage.room.take_unkept().len(), 1);
    let frames: Vec<_> = stage
        .room
        .lost()
        .into_iter()
        .map(|(_, f)| ServerFrame::decode(&f))
        .collect();
    assert!(
        matches!(
            frames[..],
            [Ok(ServerFrame::Refused {
                reason: Refusal::NotKept,
                ..
            })]
        ),
        "{frames:?}"
    );
    assert_eq!(*stage.room.world(), before);
    stage.done(chen, stage::note("kept"));
    assert_eq!(
        Room::replay(stage.journal.clone()).unwrap(),
        *stage.room.world()
    );
}

#[test]
fn connections_that_do_not_speak_the_protocol_end_with_a_reason() {
    let mut stage = Stage::new();
    let hello = |version| {
        ClientFrame::Hello {
            version,
            resume: None,
            next_event: 0,
        }
        .encode()
    };
    let mut came = 0;
    let mut join = |bytes: &[u8]| {
        came += 1;
        let who = format!("actor{came}");
        stage.join(&who, true, bytes).map(|_| ())
    };
    assert_eq!(join(&hello(VERSION + 1)), Err(Farewell::VersionMismatch));
    assert_eq!(join(&[]), Err(Farewell::HelloExpected));
    assert_eq!(
        join(&ClientFrame::Ping { nonce: 1 }.encode()),
        Err(Farewell::HelloExpected)
    );
    for _ in 0..limits::PARTICIPANTS {
        assert_eq!(join(&hello(VERSION)), Ok(()));
    }
    let visitor = Door {
        treats: false,
        ..Door::default()
    };
    let more = stage.join_by("one.more", true, visitor, &hello(VERSION));
    assert_eq!(more.unwrap_err(), Farewell::RoomFull);
    let seat = stage.enter_after(limits::RESUME_MS);
    let mut close = |bytes: &[u8]| match stage.room.receive(stage.now, seat, bytes, &stage::Chest) {
        Reply::Close(reason, _) => Some(reason),
        _ => None,
    };
    assert_eq!(close(&hello(VERSION)), Some(Farewell::HelloExpected));
    assert_eq!(close(&[0xff]), Some(Farewell::Malformed));
    assert_eq!(
        close(&vec![3; limits::CLIENT_FRAME_BYTES + 1]),
        Some(Farewell::TooLong)
    );
    let flood = (0..300).find_map(|_| close(&ClientFrame::Ping { nonce: 1 }.encode()));
    assert_eq!(flood, Some(Farewell::TooFast));
}

#[test]
fn who_is_put_out_holds_nothing_and_does_not_come_back_to_their_seat() {
    let mut stage = Stage::new();
    let (li, chen) = (stage.enter("li.terminal"), stage.enter("chen.expert"));
    let elsewhere = stage.enter("chen.expert");
    let id = stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    stage.done(chen, stage::note("stays"));
    stage.accepted(chen, json!({"act": "grab", "id": id}));
    assert_eq!(
        stage.refused(li, json!({"act": "grab", "id": id})),
        Some(Refusal::HeldByAnother)
    );
    // One of the two lines is broken; its seat is kept, and goes all the same.
    stage.room.leave(stage.now, elsewhere);
    let before = stage.room.world().clone();
    let actor = vocabulary::ActorId::new("chen.expert").unwrap();
    assert_eq!(stage.room.put_out(stage.now, &actor), [chen, elsewhere]);
    assert_eq!(stage.room.put_out(stage.now, &actor), []);
    assert_eq!(*stage.room.world(), before);
    let people: Vec<_> = stage.room.people().into_iter().map(|one| one.id).collect();
    assert_eq!(people, [li.participant]);
    assert!(matches!(
        stage.frame(chen, &ClientFrame::Ping { nonce: 1 }),
        Reply::Close(Farewell::Replaced, _)
    ));
    stage.accepted(li, json!({"act": "grab", "id": id}));
    let hello = ClientFrame::Hello {
        version: VERSION,
        resume: Some(stage.token),
        next_event: 0,
    };
    let again = stage.join("chen.expert", true, &hello.encode()).unwrap();
    assert!(again.seat.participant != elsewhere.participant && again.seat.connection == 1);
}

#[test]
fn who_missed_a_little_gets_the_events_and_who_missed_much_a_snapshot() {
    let mut stage = Stage::new();
    let (chen, li) = (stage.enter("chen.expert"), stage.enter("li.terminal"));
    stage.done(chen, json!({"act": "add", "entity": stage::hologram_act()}));
    let token = ResumeToken(std::array::from_fn(|i| u8::from(i == 3)));
    let mut come_back_after = |acts: usize, next_event: u64| {
        for _ in 0..acts {
            stage.wait(50);
            let note = stage.done(li, stage::note("x"));
            stage.done(li, json!({"act": "remove", "id": note}));
        }
        let resume = Some(token);
        let hello = ClientFrame::Hello {
            version: VERSION,
            resume,
            next_event,
        }
        .encode();
        let joined = stage.join("chen.expert", true, &hello).unwrap();
        match ServerFrame::decode(&joined.welcome) {
            Ok(ServerFrame::Welcome {
                resumed: true,
                participant: 1,
                entrance,
                ..
            }) => (
                entrance.snapshot.map(|all| all.len()),
                entrance.events.len(),
            ),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(come_back_after(3, 1), (None, 6));
    assert_eq!(come_back_after(0, 7), (None, 0));
    assert_eq!(
        come_back_after(limits::MISSED_EVENTS / 2 + 1, 7),
        (Some(1), 0)
    );
    assert_eq!(come_back_after(0, u64::from(u32::MAX)), (Some(1), 0));
}

#[test]
fn a_foreign_account_does_not_take_a_seat_with_a_stolen_token() {
    let mut stage = Stage::new();
    stage.enter("chen.expert");
    let token = stage.token;
    let hello = ClientFrame::Hello {
        version: VERSION,
        resume: Some(token),
        next_event: 0,
    }
    .encode();
    let li = stage.join("li.terminal", true, &hello).unwrap();
    assert_eq!((li.seat.participant, li.replaces), (2, None));
    let chen = stage.join("chen.expert", true, &hello).unwrap();
    assert_eq!(chen.seat.participant, 1);
    assert_eq!(chen.replaces.map(|seat| seat.connection), Some(1));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ClientFrame::decode(&bytes);
        let _ = ServerFrame::decode(&bytes);
        let mut stage = Stage::new();
        let chen = stage.enter("chen.expert");
        stage.room.receive(at(1), chen, &bytes, &stage::Chest);
        let mut act = vec![3, 1, 0, 0, 0];
        act.extend(&bytes);
        stage.room.receive(at(2), chen, &act, &stage::Chest);
        stage.room.tick(Timestamp(i64::MAX));
    }

    #[test]
    fn a_room_opened_again_is_the_room_that_was(seed in any::<u64>()) {
        let mut stage = Stage::new();
        let seats = [stage.enter("chen.expert"), stage.enter("li.terminal")];
        let mut chance = stage::Chance(seed);
        for _ in 0..120 {
            let act: Act = stage::any_act(&mut chance, stage.room.world());
            let seat = seats[chance.below(2)];
            let through_text = serde_json::to_value(&act).unwrap();
            stage.wait(30);
            stage.act(seat, through_text);
            stage.round();
        }
        // The journal is text on disk; every digit has to survive that.
        let text: Vec<String> = stage.journal.iter().map(|kept| kept.act.to_string()).collect();
        let read = stage.journal.iter().zip(text).map(|(kept, text)| room::KeptAct {
            act: serde_json::from_str(&text).unwrap(),
            ..kept.clone()
        });
        // A room in which hardly anything was accepted says nothing; too many of them fail the test.
        prop_assume!(stage.journal.len() > 5);
        prop_assert_eq!(&Room::replay(read).unwrap(), stage.room.world());
    }
}

#[test]
fn nobody_fills_a_room_by_coming_and_going() {
    let mut stage = Stage::new();
    let first = stage.enter("li.terminal");
    for _ in 0..2 * limits::PARTICIPANTS {
        stage.wait(10);
        let seat = stage.enter("wang.nurse");
        stage.room.leave(stage.now, seat);
    }
    assert_eq!(stage.room.people().len(), 1 + limits::SEATS_EACH);
    assert!(stage.room.is_current(first));
    stage.enter("chen.expert");
}

#[test]
fn whose_licence_went_while_the_line_was_down_comes_back_to_the_door() {
    let mut stage = Stage::new();
    stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    let hello = ClientFrame::Hello {
        version: VERSION,
        resume: Some(stage.token),
        next_event: 0,
    };
    let unlicensed = Door {
        needs_licence: true,
        ..Door::default()
    };
    stage.room.leave(stage.now, chen);
    let back = stage
        .join_by("chen.expert", true, unlicensed, &hello.encode())
        .unwrap();
    let frame = ServerFrame::decode(&back.welcome).unwrap();
    let waits = matches!(&frame, ServerFrame::Threshold { threshold } if threshold.state == AtDoor::Licence);
    assert!(waits, "they came in");
    // With a licence they come back as who they were.
    let back = stage.join_by("chen.expert", true, Door::default(), &hello.encode());
    assert_eq!(back.unwrap().seat.participant, chen.participant);
}

#[test]
fn who_leaves_on_purpose_is_gone_at_once_and_what_they_held_lies_where_it_is() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    let id = stage.done(host, json!({"act": "add", "entity": stage::hologram_act()}));
    stage.accepted(host, json!({"act": "grab", "id": id}));
    stage.room.leave_for_good(stage.now, host);
    stage.round();
    let people = stage.room.people();
    let [only] = &people[..] else {
        panic!("{people:?}")
    };
    assert_eq!((only.id, only.standing), (chen.participant, Standing::Host));
    stage.accepted(chen, json!({"act": "grab", "id": id}));
    // A connection that another has replaced ends nobody's seat.
    let older = Seat {
        connection: chen.connection - 1,
        ..chen
    };
    stage.room.leave_for_good(stage.now, older);
    assert_eq!(stage.room.people().len(), 1);
    // One whose line breaks keeps theirs.
    stage.room.leave(stage.now, chen);
    stage.round();
    assert!(stage.room.people()[0].away);
}

#[test]
fn who_left_without_a_line_gives_the_seat_up_by_what_would_let_them_come_back() {
    let mut stage = Stage::new();
    let li = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    let token = stage.token;
    let mut gives_up = |who: &str, token| {
        let who = vocabulary::ActorId::new(who).unwrap();
        let seat = stage.room.give_up_seat(stage.now, &who, token);
        (seat, stage.room.people().len())
    };
    assert_eq!(gives_up("li.terminal", token), (None, 2));
    assert_eq!(gives_up("chen.expert", ResumeToken([9; 16])), (None, 2));
    // The hospital need not know yet that their line is broken.
    assert_eq!(gives_up("chen.expert", token), (Some(chen), 1));
    assert_eq!(gives_up("chen.expert", token), (None, 1));
    // Where it knows, the others are told all the same.
    let chen = stage.enter("chen.expert");
    let token = stage.token;
    stage.room.leave(stage.now, chen);
    stage.round();
    let who = vocabulary::ActorId::new("chen.expert").unwrap();
    stage.room.give_up_seat(stage.now, &who, token).unwrap();
    let tick = stage.room.tick(stage.now);
    let told: Vec<_> = tick
        .packets()
        .filter_map(|(seat, packet)| match ServerFrame::decode(&packet) {
            Ok(ServerFrame::Tick { news, .. }) => Some((seat, news.people?.len())),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(li, 1)]);
}

#[test]
fn who_leaves_on_purpose_at_the_door_waits_no_more() {
    let mut stage = Stage::new();
    stage.enter("li.terminal");
    let asks = Door {
        is_asked: false,
        may_host: false,
        ..Door::default()
    };
    let (wang, _) = stage.come("wang.nurse", asks);
    stage.room.leave_for_good(stage.now, wang);
    assert!(stage.room.knocking(stage.now).is_empty());
}
