//! Checkpoints of rooms: what they hold, and of which nothing is taken. That a room opened by one is the room that its
//! whole journal makes, `simulation` looks at.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{Checkpoint, KeptAct, World};
use serde_json::{Value, json};
use vocabulary::{ActorId, Digest, PatientId, RoomId, Timestamp};

/// A journal with something of all that acts can leave behind.
fn journal() -> Vec<KeptAct> {
    let placed = |entity: Value| json!({"by": "li.terminal", "at": "2026-03-02T08:00:00Z", "entity": entity});
    let board = json!({"type": "board", "transform": stage::hologram().transform, "title": "plan"});
    let note = json!({"type": "board-note", "board": 2, "at": [0.25, 0.1], "text": "first"});
    let order = |did: Value| {
        let mut order = json!({"whom": "wang.nurse", "name": "Wang"});
        order
            .as_object_mut()
            .unwrap()
            .extend(did.as_object().unwrap().clone());
        json!({"act": "order", "changes": [], "order": order})
    };
    let recording =
        |did: &str| json!({"act": "recording", "changes": [], "recording": {"did": did}});
    let acts = [
        json!({"act": "add", "changes": [{"id": 1, "placed": placed(stage::hologram_act())}]}),
        json!({"act": "add", "changes": [{"id": 2, "placed": placed(board)}]}),
        json!({"act": "add", "changes": [{"id": 3, "placed": placed(note)}]}),
        json!({"act": "remove", "changes": [{"id": 3, "placed": null}]}),
        order(json!({"did": "admitted", "companion": "li.terminal"})),
        order(json!({"did": "appointed", "standing": "observer"})),
        order(json!({"did": "muted", "reason": "shouts"})),
        order(json!({"did": "appealed", "against": "muted", "reason": "I was asked"})),
        order(
            json!({"did": "appeal-refused", "against": "muted", "reason": "no", "decider": "Chen"}),
        ),
        order(json!({"did": "turned-away", "reason": "later"})),
        order(json!({"did": "blocked", "reason": "again", "until": "2026-03-02T09:00:00Z"})),
        order(json!({"did": "stays", "reason": "needed", "until": "2026-03-02T12:00:00Z"})),
        order(json!({"did": "came-in-urgently", "reason": "bleeds"})),
        recording("asked"),
        recording("agreed"),
        recording("started"),
        json!({"act": "place", "changes": [], "place": "operating"}),
    ];
    let acts = acts.into_iter().zip(0..);
    acts.map(|(act, number)| KeptAct {
        number,
        actor: ActorId::new("li.terminal").unwrap(),
        at: Timestamp(1_000 * i64::try_from(number).unwrap()),
        act,
    })
    .collect()
}

fn checkpoint(world: World) -> Checkpoint {
    let patient = Some(PatientId::new("p1").unwrap());
    Checkpoint::new(
        RoomId::new("r1").unwrap(),
        patient,
        Digest::of(b"an entry"),
        world,
    )
}

#[test]
fn a_checkpoint_holds_all_that_acts_left() {
    let whole = World::default().replay(journal()).unwrap();
    for upto in 0..=journal().len() {
        let world = World::default()
            .replay(journal().into_iter().take(upto))
            .unwrap();
        let read = Checkpoint::decode(&checkpoint(world).encode()).unwrap();
        assert_eq!(read.last(), (upto as u64).checked_sub(1));
        let later = journal().into_iter().skip(upto);
        assert_eq!(read.into_world().replay(later).unwrap(), whole, "{upto}");
    }
}

#[test]
fn acts_that_do_not_follow_a_checkpoint_are_refused() {
    let world = World::default()
        .replay(journal().into_iter().take(5))
        .unwrap();
    let read = Checkpoint::decode(&checkpoint(world).encode()).unwrap();
    assert!(
        read.into_world()
            .replay(journal().into_iter().skip(6))
            .is_err()
    );
}

#[test]
fn of_one_that_is_damaged_or_of_another_version_nothing_is_taken() {
    let bytes = checkpoint(World::default().replay(journal()).unwrap()).encode();
    assert!(Checkpoint::decode(&bytes).is_some());
    for cut in [0, 31, 32, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(Checkpoint::decode(&bytes[..cut]), None, "{cut}");
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(Checkpoint::decode(&changed), None, "{at}");
    }
    let again = |change: &dyn Fn(&mut Value)| {
        let mut body: Value = serde_json::from_slice(&bytes[32..]).unwrap();
        change(&mut body);
        let body = serde_json::to_vec(&body).unwrap();
        Checkpoint::decode(&[Digest::of(&body).0.as_slice(), &body].concat())
    };
    assert!(again(&|_| {}).is_some());
    assert_eq!(again(&|body| body["version"] = json!(0)), None);
    assert_eq!(again(&|body| body["more"] = json!(1)), None);
}

/// Old checkpoints are taken as long as the version stays: where this fails, raise it in `checkpoint.rs`, and then say
/// here what the new one makes of the same acts.
#[test]
fn the_same_acts_make_the_same_checkpoint_as_long_as_its_version_stays() {
    let bytes = checkpoint(World::default().replay(journal()).unwrap()).encode();
    let body: Value = serde_json::from_slice(&bytes[32..]).unwrap();
    assert_eq!(body["version"], json!(1));
    let world = body["world"].as_object().unwrap();
    let fields: Vec<&String> = world.keys().collect();
    let known = [
        "entities",
        "next_entity",
        "next_number",
        "steps",
        "order",
        "recording",
        "place",
    ];
    assert_eq!(fields, known);
    assert_eq!(world["place"], "operating");
    assert_eq!(
        (&world["next_entity"], &world["next_number"]),
        (&json!(4), &json!(17))
    );
    let entities: Vec<&String> = world["entities"].as_object().unwrap().keys().collect();
    assert_eq!(entities, ["1", "2"]);
    let steps = world["steps"]["li.terminal"].as_array().unwrap();
    let numbers: Vec<&Value> = steps.iter().map(|step| &step["number"]).collect();
    assert_eq!(numbers, [&json!(0), &json!(1), &json!(2), &json!(3)]);
    let at = |s: u8| format!("1970-01-01T00:00:{s:02}.000Z");
    let sanction = |number: u8, grade: &str, reason: &str, until: Value, appeal: Value| {
        json!({
            "number": number, "actor": "wang.nurse", "name": "Wang", "grade": grade, "reason": reason,
            "by": "li.terminal", "since": at(number), "until": until, "over": at(12), "appeal": appeal,
        })
    };
    let answer = json!({
        "granted": false, "reason": "no", "by": "li.terminal", "name": "Chen", "at": at(8),
    });
    let appeal = json!({"reason": "I was asked", "at": at(7), "answer": answer});
    let until = json!("2026-03-02T09:00:00.000Z");
    let order = json!({
        "admitted": {"wang.nurse": [at(12), null]},
        "turned_away": {"wang.nurse": [at(9), "later"]},
        "sanctions": {"wang.nurse": {
            "muted": sanction(6, "muted", "shouts", Value::Null, appeal),
            "blocked": sanction(10, "blocked", "again", until, Value::Null),
        }},
        "appointed": {},
        "urgent": {"wang.nurse": at(12)},
        "times_blocked": {"wang.nurse": 1},
        "stays": {"wang.nurse": "2026-03-02T12:00:00.000Z"},
    });
    assert_eq!(world["order"], order);
    let running = json!({
        "number": 13, "by": "li.terminal", "since": at(15), "agreed": ["li.terminal"],
    });
    assert_eq!(world["recording"], json!({"Running": running}));
}
