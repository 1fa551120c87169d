//! What somebody says against a sanction, who decides about it, and what it comes to.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{
    AtDoor, Door, Grade, KeptAct, Refusal, Room, Sanction, SanctionHistory, Seat, Threshold,
    limits, wire::ServerFrame,
};
use serde_json::{Value, json};
use stage::{Stage, threshold};
use vocabulary::ActorId;

const LI: &str = "li.terminal";
const CHEN: &str = "chen.expert";
const WANG: &str = "wang.nurse";

fn who(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn against(act: &str, participant: u16) -> Value {
    json!({"act": act, "participant": participant, "reason": "shouts"})
}

fn appeal(grade: &str, words: &str) -> Value {
    json!({"act": "appeal", "against": grade, "reason": words})
}

fn answer(whom: &str, grade: &str, grants: bool) -> Value {
    json!({
        "act": "answer-appeal", "whom": whom, "against": grade, "grants": grants,
        "reason": "I heard both",
    })
}

/// The host, a supervisor, and somebody else.
fn three() -> (Stage, [Seat; 3]) {
    let mut stage = Stage::new();
    let [li, chen, wang] = [LI, CHEN, WANG].map(|name| stage.enter(name));
    stage.accepted(
        li,
        json!({"act": "appoint", "participant": chen.participant, "standing": "supervisor"}),
    );
    (stage, [li, chen, wang])
}

fn only(stage: &Stage) -> Sanction {
    let mut all = stage.room.sanctions(stage.now);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// The last thing that somebody at the door was told.
fn told(stage: &mut Stage, seat: Seat) -> Threshold {
    let parcels = stage.parcels();
    let theirs = parcels.iter().filter(|(of, _)| *of == seat);
    let mut said = theirs.filter_map(|(_, frame)| match frame {
        ServerFrame::Threshold { threshold } => Some(threshold.clone()),
        _ => None,
    });
    said.next_back().unwrap()
}

fn is_muted(stage: &Stage, seat: Seat) -> bool {
    let mut people = stage.room.people().into_iter();
    people.find(|one| one.id == seat.participant).unwrap().muted
}

#[test]
fn who_is_muted_appeals_and_another_than_who_muted_them_decides() {
    let (mut stage, [li, chen, wang]) = three();
    stage.accepted(li, against("mute", wang.participant));
    let given = only(&stage);
    assert_eq!((given.grade, &given.by), (Grade::Muted, &who(LI)));
    assert_eq!(
        stage.refused(wang, appeal("muted", " ")),
        Some(Refusal::ReasonNeeded)
    );
    // There is no appeal yet that could be answered.
    assert_eq!(
        stage.refused(chen, answer(WANG, "muted", true)),
        Some(Refusal::NoAppeal)
    );
    stage.accepted(wang, appeal("muted", "I read out the result"));
    let kept = stage.journal.len();
    stage.accepted(wang, appeal("muted", "again"));
    assert_eq!(stage.journal.len(), kept, "each is spoken against once");
    assert!(only(&stage).is_open());
    // Neither whom it is about nor who gave it decides; nor does one who keeps no order.
    assert_eq!(
        stage.refused(wang, answer(WANG, "muted", true)),
        Some(Refusal::KeepsNoOrder)
    );
    for grants in [true, false] {
        assert_eq!(
            stage.refused(li, answer(WANG, "muted", grants)),
            Some(Refusal::OwnSanction)
        );
    }
    stage.accepted(chen, answer(WANG, "muted", false));
    let refused = only(&stage);
    let said = refused.appeal.unwrap().answer.unwrap();
    assert_eq!(
        (
            said.granted,
            said.by,
            said.name.as_str(),
            said.reason.as_str()
        ),
        (false, who(CHEN), CHEN, "I heard both")
    );
    assert!(is_muted(&stage, wang));
    assert_eq!(
        stage.refused(chen, answer(WANG, "muted", true)),
        Some(Refusal::NoAppeal),
        "it is decided once"
    );
    // Who gave it may take it back; the next one is spoken against anew, and granted.
    stage.accepted(
        li,
        json!({"act": "unmute", "participant": wang.participant}),
    );
    assert!(stage.room.sanctions(stage.now).is_empty());
    stage.accepted(li, against("mute", wang.participant));
    stage.accepted(wang, appeal("muted", "I was asked"));
    stage.accepted(chen, answer(WANG, "muted", true));
    assert!(!is_muted(&stage, wang));
    assert!(stage.room.sanctions(stage.now).is_empty());
    let replayed = Room::replay(stage.journal.clone()).unwrap();
    assert_eq!(&replayed, stage.room.world());
}

#[test]
fn a_picture_that_was_ended_is_shown_again_by_an_appeal() {
    let (mut stage, [li, chen, wang]) = three();
    let mut end = against("end-showing", wang.participant);
    end["what"] = json!("screen");
    stage.accepted(li, end);
    stage.accepted(wang, appeal("screen-ended", "it is the plan"));
    stage.accepted(chen, answer(WANG, "screen-ended", true));
    let mut people = stage.room.people().into_iter();
    let wang = people.find(|one| one.id == wang.participant).unwrap();
    assert!(wang.ended.is_empty());
}

#[test]
fn who_was_put_out_appeals_from_the_door_and_hears_what_came_of_it() {
    let (mut stage, [li, chen, wang]) = three();
    stage.accepted(li, against("put-out", wang.participant));
    let (again, frame) = stage.come(WANG, Door::default());
    let at_door = threshold(&frame).clone();
    assert_eq!(at_door.state, AtDoor::PutOut);
    assert_eq!(at_door.sanction.unwrap().grade, Grade::PutOut);
    stage.accepted(again, appeal("put-out", "it was somebody else"));
    assert!(told(&mut stage, again).sanction.unwrap().is_open());
    // A harder sanction does not wipe out the question.
    assert_eq!(
        stage.refused(li, against("block", again.participant)),
        Some(Refusal::AppealOpen)
    );
    assert_eq!(
        stage.refused(again, answer(WANG, "put-out", true)),
        Some(Refusal::NotInside)
    );
    stage.accepted(chen, answer(WANG, "put-out", false));
    let said = told(&mut stage, again).sanction.unwrap().appeal.unwrap();
    assert!(!said.answer.unwrap().granted);
    assert_eq!(stage.room.people().len(), 2);
    // Once it is decided, who keeps order goes on as before.
    stage.accepted(li, json!({"act": "admit", "waiting": again.participant}));
    assert_eq!(stage.room.people().len(), 3);
}

#[test]
fn a_granted_block_ends_and_makes_the_next_one_no_longer() {
    let (mut stage, [li, chen, wang]) = three();
    stage.accepted(li, against("block", wang.participant));
    let (again, _) = stage.come(WANG, Door::default());
    stage.accepted(again, appeal("blocked", "I was asked to speak up"));
    // Who has gone from the door is read and answered all the same.
    stage.room.leave(stage.now, again);
    stage.round();
    assert!(stage.room.knocking(stage.now).is_empty());
    stage.accepted(chen, answer(WANG, "blocked", true));
    let wang = stage.enter(WANG);
    let before = stage.now;
    stage.accepted(li, against("block", wang.participant));
    let next = only(&stage);
    assert_eq!(next.until.unwrap().0 - before.0, limits::BLOCK_MS[0]);
    assert_eq!(next.appeal, None);
}

#[test]
fn whoever_waits_at_the_door_learns_that_their_appeal_was_granted() {
    let (mut stage, [li, chen, wang]) = three();
    let uncalled = Door {
        is_asked: false,
        may_host: false,
        ..Door::default()
    };
    stage.accepted(li, against("block", wang.participant));
    let (again, _) = stage.come(WANG, uncalled.clone());
    stage.accepted(again, appeal("blocked", "it was somebody else"));
    stage.accepted(chen, answer(WANG, "blocked", true));
    let at_door = told(&mut stage, again);
    assert_eq!((at_door.state, at_door.until), (AtDoor::Waiting, None));
    let answer = at_door.sanction.unwrap().appeal.unwrap().answer.unwrap();
    assert!(answer.granted);
    // Whoever comes later is told nothing of what is over.
    stage.room.leave(stage.now, again);
    stage.wait(1);
    let (_, frame) = stage.come(WANG, uncalled);
    assert_eq!(threshold(&frame).sanction, None);
}

#[test]
fn an_appeal_against_a_block_that_has_run_out_is_still_answered() {
    let (mut stage, [li, chen, wang]) = three();
    stage.accepted(li, against("block", wang.participant));
    let (again, _) = stage.come(WANG, Door::default());
    stage.accepted(again, appeal("blocked", "it was somebody else"));
    stage.room.leave(stage.now, again);
    stage.wait(limits::BLOCK_MS[0]);
    stage.round();
    assert!(only(&stage).is_open());
    stage.accepted(chen, answer(WANG, "blocked", false));
    assert!(stage.room.sanctions(stage.now).is_empty());
}

#[test]
fn the_hospital_answers_where_nobody_else_in_the_room_may() {
    let mut stage = Stage::new();
    let li = stage.enter(LI);
    let wang = stage.enter(WANG);
    stage.accepted(li, against("block", wang.participant));
    let number = only(&stage).number;
    let (again, _) = stage.come(WANG, Door::default());
    let now = stage.now;
    let by = |stage: &mut Stage, name: &str, number: u64, why: &str| {
        stage
            .room
            .answer_from_outside(now, (who(name), "Zhou"), number, (true, why))
    };
    let none = by(&mut stage, "admin", number, "x");
    assert_eq!(none, Err(Refusal::NoAppeal));
    stage.accepted(again, appeal("blocked", "it was somebody else"));
    assert_eq!(
        by(&mut stage, LI, number, "x"),
        Err(Refusal::OwnSanction),
        "who gave it does not decide from outside either"
    );
    assert_eq!(by(&mut stage, WANG, number, "x"), Err(Refusal::NotYourself));
    assert_eq!(
        by(&mut stage, "admin", number, ""),
        Err(Refusal::ReasonNeeded)
    );
    assert_eq!(
        by(&mut stage, "admin", number + 1, "x"),
        Err(Refusal::NoAppeal)
    );
    by(&mut stage, "admin", number, "nobody shouted").unwrap();
    stage.round();
    assert_eq!(stage.room.people().len(), 2, "they were asked, and come in");
    let kept = &stage.journal.last().unwrap();
    assert_eq!(kept.actor, who("admin"));
    assert_eq!(kept.act["order"]["did"], "appeal-granted");
    assert_eq!(kept.act["order"]["decider"], "Zhou");
}

#[test]
fn the_history_of_a_room_tells_all_that_was_given_and_how_it_ended() {
    let (mut stage, [li, chen, wang]) = three();
    stage.accepted(li, against("mute", wang.participant));
    stage.accepted(
        chen,
        json!({"act": "unmute", "participant": wang.participant}),
    );
    stage.accepted(li, against("mute", wang.participant));
    stage.accepted(li, against("put-out", wang.participant));
    let (again, _) = stage.come(WANG, Door::default());
    stage.accepted(li, against("block", again.participant));
    stage.accepted(again, appeal("blocked", "it was somebody else"));
    let read = |acts: &[KeptAct]| {
        let mut history = SanctionHistory::default();
        for act in acts {
            history.read(act.clone()).unwrap();
        }
        let all: Vec<_> = history.all().cloned().collect();
        all
    };
    let all = read(&stage.journal);
    let ended: Vec<_> = all
        .iter()
        .map(|one| (one.grade, one.over.is_some()))
        .collect();
    assert_eq!(
        ended,
        [
            (Grade::Muted, true),
            (Grade::Muted, false),
            (Grade::PutOut, true),
            (Grade::Blocked, false),
        ]
    );
    assert!(all[3].is_open() && all[..3].iter().all(|one| one.appeal.is_none()));
    assert!(
        SanctionHistory::default()
            .read(stage.journal[1].clone())
            .is_err()
    );
}

#[test]
fn what_older_journals_have_against_a_block_is_still_read() {
    let (mut stage, [li, _, wang]) = three();
    stage.accepted(li, against("block", wang.participant));
    let mut older = stage.journal.clone();
    let last = older.last().unwrap().clone();
    older.push(KeptAct {
        number: last.number + 1,
        actor: who(WANG),
        at: last.at,
        act: json!({"act": "order", "changes": [], "order": {
            "whom": WANG, "name": WANG, "did": "appealed", "reason": "I was asked",
        }}),
    });
    let room = Room::open(vocabulary::RoomId::new("r").unwrap(), older).unwrap();
    let open = room.sanctions(stage.now);
    assert!(open[0].is_open(), "{open:?}");
}
