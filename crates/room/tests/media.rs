//! Who is heard and seen by what they are in the room, and how that is ended.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{
    Door, Refusal, Reply, Room, Seat, Sending, Showing, Standing, limits,
    wire::{ClientFrame, Participant},
};
use serde_json::{Value, json};
use stage::Stage;

const ALL: Sending = Sending {
    microphone: true,
    camera: true,
    screen: true,
    around: false,
    echo: false,
};

/// Whether their voice, their camera and their screen go to the others.
fn heard_and_seen(stage: &Stage, seat: Seat) -> (bool, bool, bool) {
    let through = stage.room.lets_through(seat, ALL).unwrap();
    (through.microphone, through.camera, through.screen)
}

fn writes(stage: &mut Stage, seat: Seat) -> bool {
    let text = "a question".to_owned();
    let reply = stage.frame(seat, &ClientFrame::Caption { text });
    matches!(reply, Reply::ToAll(_))
}

fn person(stage: &Stage, seat: Seat) -> Participant {
    let mut people = stage.room.people().into_iter();
    people.find(|one| one.id == seat.participant).unwrap()
}

fn appoint(whom: Seat, standing: &str) -> Value {
    json!({"act": "appoint", "participant": whom.participant, "standing": standing})
}

fn word(act: &str, whom: Seat) -> Value {
    json!({"act": act, "participant": whom.participant})
}

fn end(whom: Seat, what: &str) -> Value {
    json!({"act": "end-showing", "participant": whom.participant, "what": what, "reason": "a name is to be read"})
}

fn patient() -> Door {
    Door {
        standing: Standing::Patient,
        may_host: false,
        treats: false,
        ..Door::default()
    }
}

#[test]
fn each_is_heard_and_seen_by_what_they_are() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    let (zhao, _) = stage.come("zhao.patient", patient());
    let trainee = stage.enter_as("zhou.trainee", false);
    for who in [host, chen] {
        assert_eq!(heard_and_seen(&stage, who), (true, true, true));
    }
    assert_eq!(heard_and_seen(&stage, zhao), (true, true, false));
    assert_eq!(heard_and_seen(&stage, trainee), (false, false, false));
    assert!(writes(&mut stage, zhao) && !writes(&mut stage, trainee));
    stage.accepted(host, appoint(chen, "supervisor"));
    assert_eq!(heard_and_seen(&stage, chen), (true, true, false));
    stage.accepted(host, appoint(chen, "observer"));
    assert_eq!(heard_and_seen(&stage, chen), (false, false, false));
    // The way there and back is checked with nobody else.
    let check = Sending { echo: true, ..ALL };
    assert!(stage.room.lets_through(chen, check).unwrap().echo);
}

#[test]
fn who_watches_is_given_the_word_and_it_is_taken_back() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    let trainee = stage.enter_as("zhou.trainee", false);
    for who in [chen, trainee] {
        let refused = stage.refused(who, word("give-word", trainee));
        assert_eq!(refused, Some(Refusal::KeepsNoOrder));
    }
    stage.accepted(trainee, json!({"act": "raise-hand"}));
    stage.accepted(host, word("give-word", trainee));
    assert_eq!(heard_and_seen(&stage, trainee), (true, true, false));
    assert!(writes(&mut stage, trainee));
    let seen = person(&stage, trainee);
    assert!(seen.has_word && seen.hand_since.is_none() && !seen.may_act);
    let mute = json!({"act": "mute", "participant": trainee.participant, "reason": "noise"});
    stage.accepted(host, mute);
    assert_eq!(heard_and_seen(&stage, trainee), (false, true, false));
    stage.accepted(host, word("unmute", trainee));
    assert_eq!(
        stage.refused(chen, word("take-word", trainee)),
        Some(Refusal::KeepsNoOrder)
    );
    // One gives one's own back; it is no fact.
    let kept = stage.journal.len();
    stage.accepted(trainee, word("take-word", trainee));
    assert_eq!(heard_and_seen(&stage, trainee), (false, false, false));
    assert_eq!(stage.journal.len(), kept);
    // Whom the host makes an observer keeps no word from before.
    stage.accepted(host, word("give-word", chen));
    stage.accepted(host, appoint(chen, "observer"));
    assert_eq!(heard_and_seen(&stage, chen), (false, false, false));
    assert_eq!(
        stage.refused(
            host,
            word(
                "give-word",
                Seat {
                    participant: 99,
                    connection: 1
                }
            )
        ),
        Some(Refusal::NobodyThere)
    );
}

#[test]
fn who_keeps_order_ends_a_screen_or_a_camera_and_lets_it_be_shown_again() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    let wang = stage.enter("wang.nurse");
    assert_eq!(
        stage.refused(wang, end(chen, "screen")),
        Some(Refusal::KeepsNoOrder)
    );
    stage.accepted(host, appoint(wang, "supervisor"));
    assert_eq!(
        stage.refused(wang, end(host, "screen")),
        Some(Refusal::AboveYou)
    );
    let mut unsaid = end(chen, "screen");
    unsaid["reason"] = json!(" ");
    assert_eq!(stage.refused(wang, unsaid), Some(Refusal::ReasonNeeded));
    let sound = end(chen, "microphone");
    assert_eq!(stage.refused(wang, sound), Some(Refusal::Malformed));
    stage.accepted(wang, end(chen, "screen"));
    assert_eq!(heard_and_seen(&stage, chen), (true, true, false));
    assert_eq!(person(&stage, chen).ended, [Showing::Screen]);
    stage.accepted(host, end(chen, "camera"));
    assert_eq!(heard_and_seen(&stage, chen), (true, false, false));
    // It holds for the person, on whatever line they come, and in a room that is opened again.
    let again = stage.enter("chen.expert");
    assert_eq!(heard_and_seen(&stage, again), (true, false, false));
    stage.room = Room::open(stage.room.id().clone(), stage.journal.clone()).unwrap();
    let (host, chen) = (stage.enter("li.terminal"), stage.enter("chen.expert"));
    assert_eq!(heard_and_seen(&stage, chen), (true, false, false));
    for what in ["screen", "camera"] {
        let act = json!({"act": "let-show", "participant": chen.participant, "what": what});
        assert_eq!(
            stage.refused(chen, act.clone()),
            Some(Refusal::KeepsNoOrder)
        );
        stage.accepted(host, act);
    }
    assert_eq!(heard_and_seen(&stage, chen), (true, true, true));
    // Nothing of it keeps anybody from what they came for.
    stage.accepted(host, end(chen, "camera"));
    stage.accepted(host, appoint(chen, "observer"));
    stage.accepted(chen, json!({"act": "come-urgently", "reason": "bleeds"}));
    assert_eq!(heard_and_seen(&stage, chen), (true, true, true));
}

#[test]
fn whose_line_was_lost_has_the_word_when_they_are_back_and_not_in_a_new_seat() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let trainee = stage.enter_as("zhou.trainee", false);
    let resume = Some(stage.token);
    stage.accepted(host, word("give-word", trainee));
    stage.room.leave(stage.now, trainee);
    stage.wait(limits::RESUME_MS - 1);
    let hello = ClientFrame::Hello {
        version: room::wire::VERSION,
        resume,
        next_event: 0,
    };
    let back = stage.join("zhou.trainee", false, &hello.encode()).unwrap();
    assert_eq!(heard_and_seen(&stage, back.seat), (true, true, false));
    let other = stage.enter_as("zhou.trainee", false);
    assert_eq!(heard_and_seen(&stage, other), (false, false, false));
}

#[test]
fn offers_of_media_and_of_lines_for_poses_are_counted_apart() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    for _ in 0..limits::OFFERS_AT_ONCE {
        assert!(stage.room.takes_line(stage.now, host));
    }
    assert!(!stage.room.takes_line(stage.now, host));
    assert!(stage.room.takes_media(stage.now, host));
}
