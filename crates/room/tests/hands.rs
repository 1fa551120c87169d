//! What is in somebody's hand: asking for it, giving it, taking it, and locking it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{Door, Held, Refusal, Seat, limits, wire::ClientFrame};
use serde_json::{Value, json};
use stage::{Stage, hologram, hologram_act, note};
use vocabulary::ActorId;

fn grab() -> Value {
    json!({"act": "grab", "id": 1})
}

fn about(act: &str) -> Value {
    json!({"act": act, "id": 1})
}

fn give(to: Seat) -> Value {
    json!({"act": "give", "id": 1, "to": to.participant})
}

fn appoint(whom: Seat, standing: &str) -> Value {
    json!({"act": "appoint", "participant": whom.participant, "standing": standing})
}

/// Where what stands there stands, as the record has it.
fn x(stage: &Stage) -> f64 {
    let placed = stage.room.entity(1).unwrap();
    placed.entity.transform().unwrap().position_m[0]
}

/// Who has hold of it, who asks for it, and where it is in the hand.
fn hand(stage: &Stage) -> Option<(u16, Vec<u16>, f64)> {
    let holding = stage.room.holdings().into_iter().next()?;
    let transform = holding.transform?;
    Some((holding.participant, holding.asked, transform.position_m[0]))
}

fn carry(stage: &mut Stage, seat: Seat, at_ms: u32, x: f64) {
    let mut pose = stage::pose(x);
    pose.at_ms = at_ms;
    let mut transform = hologram().transform;
    transform.position_m = [x, 1.0, 0.0];
    pose.held = Some(Held {
        entity: 1,
        transform,
    });
    stage.frame(seat, &ClientFrame::Pose { pose });
}

/// A host, two who work there, and a hologram.
fn three() -> (Stage, Seat, Seat, Seat) {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (chen, wu) = (stage.enter("chen.expert"), stage.enter("wu.expert"));
    stage.done(host, json!({"act": "add", "entity": hologram_act()}));
    (stage, host, chen, wu)
}

#[test]
fn what_is_asked_for_is_given_where_it_is_or_kept() {
    let (mut stage, _, chen, wu) = three();
    assert_eq!(
        stage.refused(wu, about("ask-for")),
        Some(Refusal::NobodyHolds)
    );
    assert_eq!(stage.refused(chen, give(wu)), Some(Refusal::NotHeld));
    stage.accepted(chen, grab());
    carry(&mut stage, chen, 50, 2.0);
    stage.accepted(wu, about("ask-for"));
    stage.accepted(wu, about("ask-for"));
    let asked = Some((chen.participant, vec![wu.participant], 2.0));
    assert_eq!(hand(&stage), asked);
    assert_eq!(
        stage.refused(wu, about("keep-hold")),
        Some(Refusal::NotHeld)
    );
    stage.accepted(chen, about("keep-hold"));
    assert_eq!(hand(&stage), Some((chen.participant, vec![], 2.0)));
    stage.accepted(wu, about("ask-for"));
    stage.done(chen, give(wu));
    // It does not jump: the record has it where Chen had it, and so has Wu.
    assert_eq!(x(&stage), 2.0);
    assert_eq!(hand(&stage), Some((wu.participant, vec![], 2.0)));
    assert_eq!(stage.journal.last().unwrap().actor.as_str(), "chen.expert");
    carry(&mut stage, chen, 100, 9.0);
    assert_eq!(hand(&stage), Some((wu.participant, vec![], 2.0)));
    stage.accepted(wu, grab());
    assert_eq!(hand(&stage), Some((wu.participant, vec![], 2.0)));
    carry(&mut stage, wu, 50, 3.0);
    stage.done(wu, about("release"));
    assert_eq!((x(&stage), hand(&stage)), (3.0, None));
    // What Wu did with it since is not Chen's to take back.
    assert_eq!(
        stage.refused(chen, json!({"act": "undo"})),
        Some(Refusal::NothingToUndo)
    );
}

#[test]
fn what_is_given_and_not_taken_up_is_free_again() {
    let (mut stage, _, chen, wu) = three();
    stage.accepted(chen, grab());
    carry(&mut stage, chen, 50, 2.0);
    stage.done(chen, give(wu));
    stage.wait(limits::HOLD_MS);
    stage.round();
    assert_eq!((x(&stage), hand(&stage)), (2.0, None));
}

#[test]
fn a_pose_from_outside_of_the_room_moves_nothing_and_keeps_no_hold() {
    let (mut stage, _, chen, _) = three();
    stage.accepted(chen, grab());
    carry(&mut stage, chen, 50, 2.0);
    let far_m = limits::POSITION_M + 1.0;
    let mut pose = stage::pose(far_m);
    pose.at_ms = 100;
    let mut transform = hologram().transform;
    transform.position_m = [3.0, 1.0, 0.0];
    pose.held = Some(Held {
        entity: 1,
        transform,
    });
    stage.wait(limits::HOLD_MS - 1);
    stage.frame(chen, &ClientFrame::Pose { pose });
    assert_eq!(hand(&stage), Some((chen.participant, vec![], 2.0)));
    stage.wait(1);
    stage.round();
    stage.round();
    assert_eq!((x(&stage), hand(&stage)), (2.0, None));
}

#[test]
fn nothing_is_given_to_one_who_only_watches_or_has_gone_and_they_ask_for_nothing() {
    let (mut stage, host, chen, wu) = three();
    stage.accepted(host, appoint(wu, "observer"));
    assert_eq!(
        stage.refused(wu, about("ask-for")),
        Some(Refusal::WatchingOnly)
    );
    stage.accepted(chen, grab());
    assert_eq!(stage.refused(chen, give(wu)), Some(Refusal::CannotHold));
    stage.accepted(host, about("ask-for"));
    stage.room.leave(stage.now, host);
    stage.round();
    assert!(hand(&stage).unwrap().1.is_empty());
    assert_eq!(stage.refused(chen, give(host)), Some(Refusal::CannotHold));
}

#[test]
fn who_keeps_order_takes_it_and_it_stays_where_it_is() {
    let (mut stage, host, chen, wu) = three();
    stage.accepted(chen, grab());
    carry(&mut stage, chen, 50, 2.0);
    assert_eq!(
        stage.refused(wu, about("take-over")),
        Some(Refusal::KeepsNoOrder)
    );
    stage.accepted(host, about("take-over"));
    stage.round();
    assert_eq!(hand(&stage).unwrap().0, host.participant);
    assert_eq!((x(&stage), hand(&stage).unwrap().2), (2.0, 2.0));
    let order = stage
        .journal
        .iter()
        .filter(|kept| kept.act["act"] == "order");
    let order: Vec<_> = order.map(|kept| kept.act["order"].clone()).collect();
    let taken =
        json!({"whom": "chen.expert", "name": "chen.expert", "did": "taken-from", "entity": 1});
    assert_eq!(order, [taken]);
    // A supervisor takes nothing from the host, and only has others let go.
    stage.accepted(host, appoint(wu, "supervisor"));
    assert_eq!(
        stage.refused(wu, about("take-over")),
        Some(Refusal::AboveYou)
    );
    stage.accepted(host, give(chen));
    carry(&mut stage, chen, 100, 4.0);
    stage.accepted(wu, about("take-over"));
    stage.round();
    assert_eq!((x(&stage), hand(&stage)), (4.0, None));
}

#[test]
fn what_somebody_held_stays_where_it_was_seen_when_they_have_to_go() {
    type End = fn(&mut Stage, Seat, Seat);
    let ends: [End; 3] = [
        |stage, _, chen| {
            let actor = ActorId::new("chen.expert").unwrap();
            assert_eq!(stage.room.put_out(stage.now, &actor), [chen]);
        },
        |stage, host, chen| stage.accepted(host, appoint(chen, "observer")),
        |stage, host, chen| {
            let out = json!({"act": "put-out", "participant": chen.participant, "reason": "x"});
            stage.accepted(host, out);
        },
    ];
    for end in ends {
        let (mut stage, host, chen, _) = three();
        stage.accepted(chen, grab());
        carry(&mut stage, chen, 50, 2.0);
        end(&mut stage, host, chen);
        // In no tick was it shown anywhere else.
        for _ in 0..3 {
            assert!(x(&stage) == 2.0 || hand(&stage).is_some_and(|(.., x)| x == 2.0));
            stage.round();
        }
        assert_eq!((x(&stage), hand(&stage)), (2.0, None));
    }
}

#[test]
fn what_a_child_held_stays_when_it_is_sent_back_to_the_door() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let wang = stage.enter("wang.nurse");
    stage.done(host, json!({"act": "add", "entity": hologram_act()}));
    let door = Door {
        needs_companion: true,
        treats: false,
        may_host: false,
        ..Door::default()
    };
    let (child, _) = stage.come("zhao.patient", door);
    let admit =
        json!({"act": "admit", "waiting": child.participant, "companion": wang.participant});
    stage.accepted(host, admit);
    stage.round();
    stage.accepted(child, grab());
    carry(&mut stage, child, 50, 2.0);
    stage.room.leave(stage.now, wang);
    stage.wait(limits::HOST_AWAY_MS);
    stage.round();
    stage.round();
    assert_eq!((x(&stage), hand(&stage)), (2.0, None));
}

#[test]
fn what_somebody_held_stays_when_a_seat_of_theirs_is_given_up_for_another() {
    let (mut stage, _, chen, _) = three();
    stage.room.keep_seats(1);
    stage.accepted(chen, grab());
    carry(&mut stage, chen, 50, 2.0);
    // The line breaks, and a page that knows nothing of the seat comes at once.
    stage.room.leave(stage.now, chen);
    let again = stage.enter("chen.expert");
    assert_ne!(again.participant, chen.participant);
    stage.round();
    assert_eq!((x(&stage), hand(&stage)), (2.0, None));
    stage.accepted(again, grab());
}

#[test]
fn nobody_moves_what_is_locked_until_it_is_unlocked() {
    let (mut stage, host, chen, wu) = three();
    stage.done(
        chen,
        json!({"act": "set", "id": 1, "patch": {"type": "hologram", "transform": {
            "position_m": [1, 1, 0], "rotation": [0, 0, 0, 1], "scale": 1,
        }}}),
    );
    stage.done(chen, about("lock"));
    let locked = stage.room.entity(1).unwrap().locked.clone().unwrap();
    assert_eq!(
        (locked.by.as_str(), locked.name.as_str()),
        ("chen.expert", "chen.expert")
    );
    let moved = json!({"act": "set", "id": 1, "patch": {"type": "hologram", "transform": hologram().transform}});
    let other = json!({"act": "take", "series": "1.2.4"});
    for act in [grab(), moved, about("remove"), other] {
        for who in [host, chen, wu] {
            assert_eq!(
                stage.refused(who, act.clone()),
                Some(Refusal::Locked),
                "{act}"
            );
        }
    }
    // How it is shown, and what is noted on it, is another matter.
    let window = json!({"centre_hu": 50, "width_hu": 500});
    stage.done(
        wu,
        json!({"act": "set", "id": 1, "patch": {"type": "hologram", "window": window}}),
    );
    let noted = stage.done(wu, note("free"));
    stage.done(chen, json!({"act": "lock", "id": 1, "marks": true}));
    assert_eq!(stage.refused(wu, note("closed")), Some(Refusal::Locked));
    assert_eq!(
        stage.refused(wu, json!({"act": "remove", "id": noted})),
        Some(Refusal::Locked)
    );
    assert_eq!(
        stage.refused(wu, about("unlock")),
        Some(Refusal::LockedByAnother)
    );
    assert_eq!(
        stage.refused(wu, about("lock")),
        Some(Refusal::LockedByAnother)
    );
    // Neither what was done before is taken back: only the lock itself, by who made it.
    let undo = json!({"act": "undo"});
    stage.done(wu, undo.clone());
    assert!(stage.room.entity(noted).is_some(), "the note is closed");
    stage.done(chen, undo.clone());
    let marks = |stage: &Stage| {
        stage
            .room
            .entity(1)
            .unwrap()
            .locked
            .as_ref()
            .map(|is| is.marks)
    };
    assert_eq!(marks(&stage), Some(false));
    stage.done(chen, undo.clone());
    assert_eq!(marks(&stage), None);
    stage.done(chen, undo);
    assert_eq!(x(&stage), 0.0);
    // Who keeps order unlocks what others locked.
    stage.done(wu, about("lock"));
    stage.done(host, about("unlock"));
    stage.accepted(host, appoint(chen, "supervisor"));
    stage.done(wu, about("lock"));
    assert_eq!(
        stage.refused(chen, about("lock")),
        Some(Refusal::NotForYourStanding)
    );
    stage.done(chen, about("unlock"));
    assert_eq!(
        room::Room::replay(stage.journal.clone()).unwrap(),
        *stage.room.world()
    );
}

#[test]
fn what_one_holds_is_locked_where_it_is_and_what_another_holds_is_not() {
    let (mut stage, host, chen, _) = three();
    stage.accepted(chen, grab());
    carry(&mut stage, chen, 50, 2.0);
    assert_eq!(
        stage.refused(host, about("lock")),
        Some(Refusal::HeldByAnother)
    );
    stage.done(chen, about("lock"));
    assert_eq!((x(&stage), hand(&stage)), (2.0, None));
    assert!(stage.room.entity(1).unwrap().locked.is_some());
    assert_eq!(
        stage.refused(host, json!({"act": "lock", "id": 7})),
        Some(Refusal::UnknownEntity)
    );
    let mark = stage.done(host, note("x"));
    assert_eq!(
        stage.refused(host, json!({"act": "lock", "id": mark})),
        Some(Refusal::WrongType)
    );
}

/// A board, and a page, in the place of the images.
fn boards_and_pages() -> [Value; 2] {
    let transform = hologram().transform;
    [
        json!({"type": "board", "transform": transform, "title": "plan"}),
        json!({"type": "page", "transform": transform, "path": "/imaging", "title": ""}),
    ]
}

#[test]
fn a_board_or_page_is_seen_while_it_is_carried_and_goes_from_hand_to_hand() {
    for entity in boards_and_pages() {
        let mut stage = Stage::new();
        let host = stage.enter("li.terminal");
        let (chen, wu) = (stage.enter("chen.expert"), stage.enter("wu.expert"));
        stage.done(host, json!({"act": "add", "entity": entity}));
        let patch = |x: f64| {
            let mut transform = hologram().transform;
            transform.position_m = [x, 1.0, 0.0];
            json!({"act": "set", "id": 1, "patch": {"type": entity["type"], "transform": transform}})
        };
        stage.accepted(chen, grab());
        carry(&mut stage, chen, 50, 2.0);
        // The others see it where the hand has it; the record has it where it stood.
        assert_eq!(
            (x(&stage), hand(&stage)),
            (0.0, Some((chen.participant, vec![], 2.0)))
        );
        for act in [grab(), patch(5.0), about("remove"), about("lock")] {
            assert_eq!(
                stage.refused(host, act.clone()),
                Some(Refusal::HeldByAnother),
                "{act}"
            );
        }
        stage.accepted(wu, about("ask-for"));
        stage.done(chen, give(wu));
        assert_eq!(
            (x(&stage), hand(&stage)),
            (2.0, Some((wu.participant, vec![], 2.0)))
        );
        // Who holds it may also set it somewhere: it is then in hand there.
        stage.done(wu, patch(3.0));
        assert_eq!(hand(&stage).unwrap().2, 3.0);
        stage.accepted(host, about("take-over"));
        stage.round();
        assert_eq!(hand(&stage).unwrap().0, host.participant);
        carry(&mut stage, host, 50, 4.0);
        stage.done(host, about("lock"));
        assert_eq!((x(&stage), hand(&stage)), (4.0, None));
        assert_eq!(stage.refused(chen, grab()), Some(Refusal::Locked));
        // Each undoes their own part, where nobody has moved it since.
        stage.done(host, json!({"act": "undo"}));
        assert_eq!(x(&stage), 3.0);
        assert_eq!(
            stage.refused(chen, json!({"act": "undo"})),
            Some(Refusal::NothingToUndo)
        );
        stage.done(wu, json!({"act": "undo"}));
        assert_eq!(x(&stage), 2.0);
        stage.done(chen, json!({"act": "undo"}));
        assert_eq!(x(&stage), 0.0);
        assert_eq!(
            room::Room::replay(stage.journal.clone()).unwrap(),
            *stage.room.world()
        );
    }
}

#[test]
fn two_things_are_in_two_hands_of_one() {
    let (mut stage, _, chen, _) = three();
    let [board, _] = boards_and_pages();
    let id = stage.done(chen, json!({"act": "add", "entity": board}));
    stage.accepted(chen, grab());
    stage.accepted(chen, json!({"act": "grab", "id": id}));
    // A pose says where one of them is; by turns it says it of both.
    for step in 0..80_u32 {
        let mut pose = stage::pose(0.0);
        pose.at_ms = 50 * (step + 1);
        let mut transform = hologram().transform;
        transform.position_m = [f64::from(step + 1) / 100.0, 1.0, 0.0];
        let entity = if step % 2 == 0 { 1 } else { id };
        pose.held = Some(Held { entity, transform });
        stage.frame(chen, &ClientFrame::Pose { pose });
        stage.wait(limits::TICK_MS);
        stage.round();
    }
    let held = stage.room.holdings();
    let places = held
        .iter()
        .map(|one| one.transform.unwrap().position_m[0])
        .collect::<Vec<_>>();
    assert_eq!(places, [0.79, 0.8]);
}

#[test]
fn a_board_that_is_taken_away_is_in_nobodys_hand() {
    for entity in boards_and_pages() {
        let mut stage = Stage::new();
        let host = stage.enter("li.terminal");
        let chen = stage.enter("chen.expert");
        stage.done(chen, json!({"act": "add", "entity": entity}));
        stage.accepted(chen, grab());
        assert_eq!(
            stage.refused(host, about("remove")),
            Some(Refusal::HeldByAnother)
        );
        stage.done(chen, about("remove"));
        assert_eq!(hand(&stage), None);
        assert_eq!(
            stage.refused(chen, about("release")),
            Some(Refusal::NotHeld)
        );
    }
}

#[test]
fn a_board_is_locked_like_what_stands_beside_it() {
    let (mut stage, host, chen, _) = three();
    let board = json!({"type": "board", "transform": hologram().transform, "title": "plan"});
    let id = stage.done(chen, json!({"act": "add", "entity": board}));
    stage.done(host, json!({"act": "lock", "id": id, "marks": true}));
    let mut there = hologram().transform;
    there.position_m = [1.0, 1.0, 1.0];
    let moved = json!({"act": "set", "id": id, "patch": {"type": "board", "transform": there}});
    assert_eq!(stage.refused(chen, moved), Some(Refusal::Locked));
    let ink = json!({"type": "ink", "board": id, "points": [[0.1, 0.1], [0.2, 0.2]]});
    assert_eq!(
        stage.refused(chen, json!({"act": "add", "entity": ink})),
        Some(Refusal::Locked)
    );
    stage.done(
        chen,
        json!({"act": "set", "id": id, "patch": {"type": "board", "title": "steps"}}),
    );
}
