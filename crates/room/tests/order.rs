//! Who comes in, who keeps order, and what it comes to.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{
    AtDoor, Door, Farewell, Refusal, Reply, Room, Seat, Standing, Stays, limits,
    wire::{ClientFrame, Participant, ServerFrame},
};
use serde_json::{Value, json};
use stage::{Stage, hologram_act, note, patient, threshold};

fn nurse() -> Door {
    Door {
        is_asked: false,
        may_host: false,
        ..Door::default()
    }
}

fn said(act: &str, participant: u16) -> Value {
    json!({"act": act, "participant": participant, "reason": "shouts"})
}

fn appoint(participant: u16, standing: &str) -> Value {
    json!({"act": "appoint", "participant": participant, "standing": standing})
}

fn to(parcels: &[(Seat, ServerFrame)], seat: Seat) -> Vec<&ServerFrame> {
    let theirs = parcels.iter().filter(|(of, _)| *of == seat);
    theirs.map(|(_, frame)| frame).collect()
}

fn person(stage: &Stage, seat: Seat) -> Participant {
    let mut people = stage.room.people().into_iter();
    people.find(|one| one.id == seat.participant).unwrap()
}

#[test]
fn who_was_not_asked_in_waits_and_sees_nothing_until_the_host_lets_them_in() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    stage.done(host, json!({"act": "add", "entity": hologram_act()}));
    let (wang, frame) = stage.come("wang.nurse", nurse());
    let told = threshold(&frame);
    assert_eq!(
        (told.state, told.host.as_deref()),
        (AtDoor::Waiting, Some("li.terminal"))
    );
    assert_eq!(stage.room.people().len(), 1);
    assert_eq!(stage.room.knocking(stage.now)[0].name, "wang.nurse");
    // From the door nothing can be done to what stands inside.
    assert_eq!(stage.refused(wang, note("hello")), Some(Refusal::NotInside));
    assert_eq!(
        stage.refused(wang, json!({"act": "undo"})),
        Some(Refusal::NotInside)
    );
    let own = json!({"act": "admit", "waiting": wang.participant});
    assert_eq!(stage.refused(wang, own.clone()), Some(Refusal::NotInside));
    stage.accepted(host, own);
    let parcels = std::mem::take(&mut stage.parcels);
    let welcome = parcels.iter().find(|parcel| parcel.seat == wang).unwrap();
    let ServerFrame::Welcome { entrance, .. } = ServerFrame::decode(&welcome.frame).unwrap() else {
        panic!("{welcome:?}");
    };
    assert_eq!(entrance.snapshot.unwrap().len(), 1);
    assert_eq!(stage.room.people().len(), 2);
    // Who was let in comes and goes.
    stage.room.leave(stage.now, wang);
    stage.wait(limits::RESUME_MS);
    stage.round();
    assert!(matches!(
        stage.come("wang.nurse", nurse()).1,
        ServerFrame::Welcome { .. }
    ));
}

#[test]
fn who_is_turned_away_is_told_why_and_may_knock_again() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (wang, _) = stage.come("wang.nurse", nurse());
    let act =
        |reason: &str| json!({"act": "turn-away", "waiting": wang.participant, "reason": reason});
    assert_eq!(stage.refused(host, act("  ")), Some(Refusal::ReasonNeeded));
    let long = "x".repeat(limits::REASON_CHARACTERS + 1);
    assert_eq!(stage.refused(host, act(&long)), Some(Refusal::TextTooLong));
    assert_eq!(stage.act(host, act("we are nearly done")), None);
    let parcels = stage.parcels();
    let [
        ServerFrame::Bye {
            reason, why, again, ..
        },
    ] = to(&parcels, wang)[..]
    else {
        panic!("{parcels:?}");
    };
    assert_eq!((reason, again), (&Farewell::TurnedAway, &false));
    assert_eq!(why.as_deref(), Some("we are nearly done"));
    stage.wait(1);
    assert_eq!(
        threshold(&stage.come("wang.nurse", nurse()).1).state,
        AtDoor::Waiting
    );
}

#[test]
fn a_block_keeps_out_longer_each_time_and_ends() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    for (times, lasts_ms) in limits::BLOCK_MS.into_iter().enumerate() {
        let chen = stage.enter("chen.expert");
        let before = stage.now;
        assert_eq!(
            stage.act(host, said("block", chen.participant)),
            None,
            "{times}"
        );
        let parcels = stage.parcels();
        assert!(matches!(
            to(&parcels, chen)[..],
            [ServerFrame::Bye {
                reason: Farewell::PutOut,
                ..
            }]
        ));
        assert_eq!(stage.room.people().len(), 1);
        let (again, frame) = stage.come(
            "chen.expert",
            Door {
                treats: false,
                ..Door::default()
            },
        );
        let told = threshold(&frame);
        assert_eq!(
            (told.state, told.reason.as_deref()),
            (AtDoor::Blocked, Some("shouts"))
        );
        assert_eq!(told.until.unwrap().0 - before.0, lasts_ms);
        let admit = json!({"act": "admit", "waiting": again.participant});
        assert_eq!(
            stage.refused(host, admit.clone()),
            Some(Refusal::StillBlocked)
        );
        let urgent = json!({"act": "come-urgently", "reason": "x"});
        assert_eq!(stage.refused(again, urgent), Some(Refusal::NotInside));
        stage.wait(lasts_ms);
        stage.round();
        // The block is over; the host still lets them in anew. Meanwhile the host's own line held.
        stage.accepted(host, admit);
        assert_eq!(stage.room.people().len(), 2);
        stage.room.put_out(stage.now, &"chen.expert".parse_actor());
    }
}

trait ParseActor {
    fn parse_actor(&self) -> vocabulary::ActorId;
}

trait ParseRoom {
    fn parse_room(&self) -> vocabulary::RoomId;
}

impl ParseRoom for str {
    fn parse_room(&self) -> vocabulary::RoomId {
        vocabulary::RoomId::new(self).unwrap()
    }
}

impl ParseActor for str {
    fn parse_actor(&self) -> vocabulary::ActorId {
        vocabulary::ActorId::new(self).unwrap()
    }
}

#[test]
fn who_treats_the_patient_comes_in_urgently_even_when_blocked_and_it_is_kept() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    stage.accepted(host, said("block", chen.participant));
    let (again, frame) = stage.come("chen.expert", Door::default());
    assert!(threshold(&frame).may_come_urgently);
    let urgent = |why: &str| json!({"act": "come-urgently", "reason": why});
    assert_eq!(
        stage.refused(again, urgent("")),
        Some(Refusal::ReasonNeeded)
    );
    stage.accepted(again, urgent("the patient bleeds"));
    assert_eq!(stage.room.people().len(), 2);
    let kept = &stage.journal.last().unwrap().act;
    assert_eq!(kept["order"]["did"], "came-in-urgently");
    assert_eq!(kept["order"]["reason"], "the patient bleeds");
    let replayed = Room::replay(stage.journal.clone()).unwrap();
    assert_eq!(&replayed, stage.room.world());
}

#[test]
fn who_has_no_licence_waits_until_they_have_one_unless_the_patient_needs_them() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let unlicensed = || Door {
        needs_licence: true,
        ..Door::default()
    };
    let (chen, frame) = stage.come("chen.expert", unlicensed());
    let told = threshold(&frame);
    assert_eq!(
        (told.state, told.may_come_urgently),
        (AtDoor::Licence, true)
    );
    let knock = &stage.room.knocking(stage.now)[0];
    assert!(knock.needs_licence);
    // That the host lets them in does not license them.
    stage.accepted(host, json!({"act": "admit", "waiting": chen.participant}));
    assert_eq!(stage.room.people().len(), 1);
    let urgent = json!({"act": "come-urgently", "reason": "the patient bleeds"});
    stage.accepted(chen, urgent);
    assert_eq!(stage.room.people().len(), 2);
    let kept = &stage.journal.last().unwrap().act;
    assert_eq!(kept["order"]["did"], "came-in-urgently");
    // An emergency is over at some time.
    stage.wait(limits::ADMITTED_MS + 1);
    stage.round();
    let (_, frame) = stage.come("chen.expert", unlicensed());
    assert_eq!(threshold(&frame).state, AtDoor::Licence);
    // With the licence they come as who was asked in.
    let (_, frame) = stage.come("chen.expert", Door::default());
    assert!(matches!(frame, ServerFrame::Welcome { .. }), "{frame:?}");
}

#[test]
fn each_standing_does_what_is_its_own_and_no_more() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    stage.done(host, json!({"act": "add", "entity": hologram_act()}));
    let chen = stage.enter("chen.expert");
    let (zhao, _) = stage.come("zhao.patient", patient(false));
    stage.accepted(host, json!({"act": "admit", "waiting": zhao.participant}));
    let grab = json!({"act": "grab", "id": 1});
    let remove = json!({"act": "remove", "id": 1});
    // A patient notes what hurts, and takes it away again; the images stay.
    for act in [&grab, &remove] {
        assert_eq!(
            stage.refused(zhao, act.clone()),
            Some(Refusal::NotForYourStanding)
        );
    }
    let own = stage.done(zhao, note("here it hurts"));
    stage.accepted(zhao, json!({"act": "remove", "id": own}));
    // Nobody but host and supervisor keeps order, and only the host says who is what.
    for who in [chen, zhao] {
        for act in ["warn", "mute", "put-out", "block"] {
            let refused = stage.refused(who, said(act, host.participant));
            assert_eq!(refused, Some(Refusal::KeepsNoOrder), "{act}");
        }
    }
    stage.accepted(host, appoint(chen.participant, "supervisor"));
    assert_eq!(
        stage.refused(chen, note("x")),
        Some(Refusal::NotForYourStanding)
    );
    assert_eq!(
        stage.refused(chen, said("mute", host.participant)),
        Some(Refusal::AboveYou)
    );
    assert_eq!(
        stage.refused(chen, said("mute", chen.participant)),
        Some(Refusal::NotYourself)
    );
    assert_eq!(
        stage.refused(chen, appoint(zhao.participant, "observer")),
        Some(Refusal::KeepsNoOrder)
    );
    stage.accepted(chen, said("mute", zhao.participant));
    assert!(person(&stage, zhao).muted);
    stage.accepted(
        chen,
        json!({"act": "unmute", "participant": zhao.participant}),
    );
    assert!(!person(&stage, zhao).muted);
    stage.accepted(host, appoint(chen.participant, "observer"));
    assert_eq!(stage.refused(chen, note("x")), Some(Refusal::WatchingOnly));
    for (whom, standing) in [
        (zhao, "speaker"),
        (zhao, "host"),
        (chen, "patient"),
        (chen, "host"),
    ] {
        let refused = stage.refused(host, appoint(whom.participant, standing));
        assert_eq!(refused, Some(Refusal::CannotBe), "{standing}");
    }
    assert_eq!(
        stage.refused(host, said("warn", 999)),
        Some(Refusal::NobodyThere)
    );
}

#[test]
fn a_hospital_sets_how_long_a_stay_and_a_rest_are() {
    let mut stage = Stage::new();
    let (stay_ms, rest_ms) = (60_000, 5_000);
    stage.room.keep_stays(Stays { stay_ms, rest_ms });
    let host = stage.enter("li.terminal");
    let (zhao, _) = stage.come("zhao.patient", patient(false));
    stage.accepted(host, json!({"act": "admit", "waiting": zhao.participant}));
    let (sun, _) = stage.come("sun.patient", patient(false));
    stage.accepted(host, json!({"act": "admit", "waiting": sun.participant}));
    let ends = person(&stage, sun).stays_until.unwrap();
    assert_eq!(ends.0 - person(&stage, sun).joined.0, stay_ms);
    stage.wait(stay_ms - 1_000);
    let let_stay = json!({"act": "let-stay", "participant": sun.participant, "reason": "a result"});
    stage.accepted(host, let_stay);
    stage.wait(1_000);
    stage.round();
    assert_eq!(person(&stage, host).stays_until, None);
    assert!(person(&stage, sun).stays_until.unwrap() > ends);
    let is_there = |stage: &Stage, who: Seat| {
        let mut people = stage.room.people().into_iter();
        people.any(|one| one.id == who.participant)
    };
    assert!(!is_there(&stage, zhao));
    let hello = stage::first_hello();
    let early = stage.join_by("zhao.patient", true, patient(false), &hello);
    assert_eq!(early.unwrap_err(), Farewell::StayIsOver);
    stage.wait(rest_ms);
    stage.round();
    let rested = stage.join_by("zhao.patient", true, patient(false), &hello);
    assert!(rested.is_ok());
    stage.wait(stay_ms - rest_ms);
    stage.round();
    assert!(!is_there(&stage, sun));
}

#[test]
fn a_stay_ends_but_for_those_who_treat_and_the_host_can_let_somebody_stay() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (zhao, _) = stage.come("zhao.patient", patient(false));
    stage.accepted(host, json!({"act": "admit", "waiting": zhao.participant}));
    let (sun, _) = stage.come("sun.patient", patient(false));
    stage.accepted(host, json!({"act": "admit", "waiting": sun.participant}));
    assert_eq!(person(&stage, host).stays_until, None);
    let ends = person(&stage, sun).stays_until.unwrap();
    assert_eq!(ends.0 - person(&stage, sun).joined.0, limits::STAY_MS);
    let let_stay =
        |reason: &str| json!({"act": "let-stay", "participant": sun.participant, "reason": reason});
    assert_eq!(
        stage.refused(host, let_stay(" ")),
        Some(Refusal::ReasonNeeded)
    );
    assert_eq!(
        stage.refused(zhao, let_stay("x")),
        Some(Refusal::KeepsNoOrder)
    );
    stage.wait(limits::STAY_MS - 1);
    stage.accepted(host, let_stay("the results are just in"));
    stage.wait(1);
    let parcels = stage.parcels();
    assert!(matches!(
        to(&parcels, zhao).last(),
        Some(ServerFrame::Bye {
            reason: Farewell::StayIsOver,
            ..
        })
    ));
    assert_eq!(stage.room.people().len(), 2);
    let hello = || stage::first_hello();
    let door = patient(false);
    let again = stage.join_by("zhao.patient", true, door.clone(), &hello());
    assert_eq!(again.unwrap_err(), Farewell::StayIsOver);
    stage.wait(limits::REST_MS);
    stage.round();
    let rested = stage.join_by("zhao.patient", true, door, &hello());
    assert!(rested.is_ok());
    stage.wait(limits::STAY_MS - limits::REST_MS);
    stage.round();
    // Who was let stay stays once more as long, and no longer.
    assert!(
        !stage
            .room
            .people()
            .iter()
            .any(|one| one.id == sun.participant)
    );
    assert!(
        stage
            .room
            .people()
            .iter()
            .any(|one| one.id == host.participant)
    );
}

#[test]
fn an_admission_is_for_the_day_and_a_host_who_was_appointed_is_the_host_again() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    let (wang, _) = stage.come("wang.nurse", nurse());
    stage.accepted(host, json!({"act": "admit", "waiting": wang.participant}));
    stage.accepted(host, appoint(chen.participant, "host"));
    assert_eq!(person(&stage, chen).standing, Standing::Host);
    // The server goes down and comes back: the journal alone tells who is who.
    stage.room = Room::open("r".parse_room(), stage.journal.clone()).unwrap();
    let li = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    assert_eq!(person(&stage, li).standing, Standing::Host);
    assert_eq!(person(&stage, chen).standing, Standing::Speaker);
    stage.room = Room::open("r".parse_room(), stage.journal.clone()).unwrap();
    let chen = stage.enter("chen.expert");
    stage.enter("li.terminal");
    assert_eq!(person(&stage, chen).standing, Standing::Host);
    assert!(matches!(
        stage.come("wang.nurse", nurse()).1,
        ServerFrame::Welcome { .. }
    ));
    stage.room.put_out(stage.now, &"wang.nurse".parse_actor());
    stage.wait(limits::ADMITTED_MS);
    stage.round();
    let again = stage.come("wang.nurse", nurse());
    assert_eq!(threshold(&again.1).state, AtDoor::Waiting);
}

#[test]
fn who_is_put_out_leaves_what_they_held_where_it_was_last_seen() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    stage.done(host, json!({"act": "add", "entity": hologram_act()}));
    let chen = stage.enter("chen.expert");
    stage.accepted(chen, json!({"act": "grab", "id": 1}));
    let mut moved = stage::pose(0.0);
    let mut transform = stage::hologram().transform;
    transform.position_m = [1.5, 1.0, 0.0];
    moved.held = Some(room::Held {
        entity: 1,
        transform,
    });
    stage.frame(chen, &room::wire::ClientFrame::Pose { pose: moved });
    stage.round();
    stage.accepted(host, said("put-out", chen.participant));
    stage.round();
    stage.round();
    let room::Entity::Hologram(stands) = &stage.room.entity(1).unwrap().entity else {
        panic!("the hologram is gone");
    };
    let off_m = (stands.transform.position_m[0] - 1.5).abs();
    assert!(off_m < 0.01, "it jumped back: {stands:?}");
    stage.accepted(host, json!({"act": "grab", "id": 1}));
    let replayed = Room::replay(stage.journal.clone()).unwrap();
    assert_eq!(&replayed, stage.room.world());
}

#[test]
fn places_at_the_door_are_kept_for_those_who_treat_and_poses_are_believed_within_reason() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    for number in 0..limits::WAITING {
        stage.come(&format!("stranger{number}"), patient(false));
    }
    let full = stage.join_by("one.more", true, patient(false), &stage::first_hello());
    assert_eq!(full.unwrap_err(), Farewell::RoomFull);
    let (wang, _) = stage.come("wang.nurse", nurse());
    stage.accepted(wang, json!({"act": "come-urgently", "reason": "bleeds"}));
    assert_eq!(stage.room.people().len(), 2);
    // Arms reach only so far, and nobody is outside of the room.
    let mut long = stage::pose(0.0);
    let fingers = room::Fingers {
        curls: [0.0, 0.0, 1.0, 1.0, 1.0],
        spread: 0.0,
    };
    let hand = |x: f64| room::Hand {
        position_m: [x, 1.6, 0.0],
        rotation: [0.0, 0.0, 0.0, 1.0],
        fingers: Some(fingers),
    };
    (long.left, long.right) = (Some(hand(5.0)), Some(hand(0.5)));
    stage.frame(wang, &room::wire::ClientFrame::Pose { pose: long });
    let seen = stage.round();
    let to_host = &seen.iter().find(|(seat, _)| *seat == host).unwrap().1;
    // A hand that is left out takes its fingers along; the other is seen as it is.
    assert_eq!(to_host[0].left, None);
    assert_eq!(to_host[0].right.unwrap().fingers, Some(fingers));
    let mut far = stage::pose(limits::POSITION_M + 1.0);
    far.at_ms = 50;
    stage.frame(wang, &room::wire::ClientFrame::Pose { pose: far });
    assert!(
        stage
            .round()
            .iter()
            .all(|(seat, poses)| *seat != host || poses.is_empty())
    );
    // Somebody who knocks again and again can be kept out from inside.
    let knocking = stage.room.knocking(stage.now)[0].clone();
    stage.accepted(host, said("block", knocking.id));
    assert_eq!(stage.room.sanctions(stage.now)[0].actor, knocking.actor);
}

#[test]
fn hands_go_up_and_down() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter_as("zhou.trainee", false);
    let (raise, lower) = (json!({"act": "raise-hand"}), json!({"act": "lower-hand"}));
    stage.accepted(chen, raise.clone());
    assert_eq!(person(&stage, chen).hand_since, Some(stage.now));
    stage.accepted(chen, lower);
    assert_eq!(person(&stage, chen).hand_since, None);
    stage.accepted(chen, raise.clone());
    stage.accepted(
        host,
        json!({"act": "lower-hand", "participant": chen.participant}),
    );
    assert_eq!(person(&stage, chen).hand_since, None);
    stage.accepted(host, raise);
    let other = json!({"act": "lower-hand", "participant": host.participant});
    assert_eq!(stage.refused(chen, other), Some(Refusal::KeepsNoOrder));
    assert!(stage.journal.is_empty(), "a hand is no fact");
}

#[test]
fn when_the_host_leaves_the_one_who_came_first_of_those_who_may_takes_over() {
    let mut stage = Stage::new();
    let li = stage.enter("li.terminal");
    let watcher = stage.enter_as("zhou.trainee", false);
    stage.wait(10);
    let chen = stage.enter("chen.expert");
    stage.wait(10);
    let third = stage.enter("wu.expert");
    let standing = |stage: &Stage, seat| person(stage, seat).standing;
    assert_eq!(standing(&stage, li), Standing::Host);
    // A short break changes nothing; a long one does, and the seat is still kept.
    stage.room.leave(stage.now, li);
    stage.wait(limits::HOST_AWAY_MS - 1);
    stage.round();
    assert_eq!(standing(&stage, li), Standing::Host);
    stage.wait(1);
    stage.round();
    assert_eq!(standing(&stage, chen), Standing::Host);
    assert_eq!(standing(&stage, li), Standing::Speaker);
    assert_eq!(standing(&stage, watcher), Standing::Observer);
    stage.accepted(chen, appoint(third.participant, "host"));
    assert_eq!(standing(&stage, third), Standing::Host);
    assert_eq!(standing(&stage, chen), Standing::Speaker);
}

#[test]
fn where_nobody_can_let_anybody_in_one_who_may_be_host_comes_in() {
    let mut stage = Stage::new();
    let door = Door {
        is_asked: false,
        ..Door::default()
    };
    let (doctor, frame) = stage.come("wu.doctor", door.clone());
    assert!(matches!(frame, ServerFrame::Welcome { .. }));
    assert_eq!(person(&stage, doctor).standing, Standing::Host);
    // The next one finds a host, and waits.
    assert_eq!(
        threshold(&stage.come("xu.doctor", door).1).state,
        AtDoor::Waiting
    );
}

#[test]
fn who_waits_hears_of_a_line_that_is_well() {
    let mut stage = Stage::new();
    stage.enter("li.terminal");
    let (wang, _) = stage.come("wang.nurse", nurse());
    let mut quiet = 0;
    for _ in 0..2 * limits::QUIET_TICKS {
        quiet += to(&stage.parcels(), wang).len();
    }
    assert_eq!(quiet, 2);
    // The same account at the door once more takes the place of the older one.
    let (newer, _) = stage.come("wang.nurse", nurse());
    let parcels = stage.parcels();
    assert!(matches!(
        to(&parcels, wang)[..],
        [ServerFrame::Bye {
            reason: Farewell::Replaced,
            ..
        }]
    ));
    assert_eq!(stage.room.knocking(stage.now)[0].id, newer.participant);
    stage.room.leave(stage.now, newer);
    assert!(stage.room.knocking(stage.now).is_empty());
}

#[test]
fn an_observer_whom_the_host_has_left_behind_takes_over_and_is_heard() {
    let mut stage = Stage::new();
    let li = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    stage.accepted(li, said("mute", chen.participant));
    stage.accepted(li, appoint(chen.participant, "observer"));
    assert_eq!(stage.refused(chen, note("x")), Some(Refusal::WatchingOnly));
    stage.room.leave(stage.now, li);
    stage.wait(limits::HOST_AWAY_MS);
    stage.round();
    assert_eq!(person(&stage, chen).standing, Standing::Host);
    let own = json!({"act": "unmute", "participant": chen.participant});
    stage.accepted(chen, own);
    assert!(!person(&stage, chen).muted);
}

#[test]
fn who_treats_the_patient_works_again_by_saying_why_whatever_the_host_made_them() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    stage.accepted(host, said("mute", chen.participant));
    stage.accepted(host, appoint(chen.participant, "observer"));
    let urgent = json!({"act": "come-urgently", "reason": "the patient bleeds"});
    stage.accepted(chen, urgent);
    let seen = person(&stage, chen);
    assert_eq!((seen.standing, seen.muted), (Standing::Speaker, false));
}

#[test]
fn who_is_made_an_observer_holds_nothing_any_more() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    stage.done(host, json!({"act": "add", "entity": hologram_act()}));
    let chen = stage.enter("chen.expert");
    let grab = json!({"act": "grab", "id": 1});
    assert_eq!(stage.act(chen, grab.clone()), None);
    assert_eq!(
        stage.refused(host, grab.clone()),
        Some(Refusal::HeldByAnother)
    );
    stage.accepted(host, appoint(chen.participant, "observer"));
    assert_eq!(stage.act(host, grab), None);
}

#[test]
fn who_comes_urgently_finds_a_place_in_a_full_room() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    stage.accepted(host, said("block", chen.participant));
    for number in stage.room.people().len()..limits::PARTICIPANTS {
        stage.enter(&format!("wu{number}.expert"));
    }
    let (chen, _) = stage.come("chen.expert", Door::default());
    // From the door nobody's hand is lowered.
    let lower = json!({"act": "lower-hand", "participant": host.participant});
    assert_eq!(stage.refused(chen, lower), Some(Refusal::NotInside));
    let urgent = json!({"act": "come-urgently", "reason": "the patient bleeds"});
    stage.accepted(chen, urgent);
    assert_eq!(stage.room.people().len(), limits::PARTICIPANTS + 1);
}

/// A room in which every place but those kept for emergencies is taken.
fn full() -> Stage {
    let mut stage = Stage::new();
    stage.enter("li.terminal");
    for number in 1..limits::PARTICIPANTS {
        stage.enter(&format!("wu{number}.expert"));
    }
    stage
}

#[test]
fn who_treats_the_patient_waits_at_the_door_of_a_full_room_until_somebody_leaves() {
    let mut stage = full();
    let (chen, frame) = stage.come("chen.expert", Door::default());
    assert_eq!(threshold(&frame).state, AtDoor::Full);
    stage.round();
    assert!(!stage.room.is_current(chen));
    stage.room.put_out(stage.now, &"wu1.expert".parse_actor());
    stage.round();
    assert!(stage.room.is_current(chen));
}

#[test]
fn places_for_those_who_come_urgently_are_theirs_as_long_as_who_was_let_in_comes_and_goes() {
    let mut stage = full();
    // Who treats the patient is kept at the door of a full room, and says why.
    let (chen, frame) = stage.come("chen.expert", Door::default());
    assert_eq!(threshold(&frame).state, AtDoor::Full);
    assert!(threshold(&frame).may_come_urgently);
    let urgent = json!({"act": "come-urgently", "reason": "the patient bleeds"});
    stage.accepted(chen, urgent.clone());
    let chen = "chen.expert".parse_actor();
    for (later_ms, comes_in) in [(limits::ADMITTED_MS - 1, true), (1, false)] {
        stage.room.put_out(stage.now, &chen);
        stage.wait(later_ms);
        // A room that is opened again comes to the same.
        let kept = Room::replay(stage.journal.clone()).unwrap();
        assert_eq!(&kept, stage.room.world());
        let (_, frame) = stage.come("chen.expert", Door::default());
        let is_inside = matches!(frame, ServerFrame::Welcome { .. });
        assert_eq!(is_inside, comes_in, "{frame:?}");
    }
    // The patient may need it again.
    let (chen, _) = stage.come("chen.expert", Door::default());
    stage.accepted(chen, urgent);
    assert_eq!(stage.room.people().len(), limits::PARTICIPANTS + 1);
}

#[test]
fn who_is_put_out_keeps_order_no_more() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let chen = stage.enter("chen.expert");
    stage.accepted(host, appoint(chen.participant, "supervisor"));
    stage.accepted(host, said("put-out", chen.participant));
    let (chen, _) = stage.come("chen.expert", Door::default());
    stage.accepted(host, json!({"act": "admit", "waiting": chen.participant}));
    assert_eq!(person(&stage, chen).standing, Standing::Speaker);
}

#[test]
fn who_waits_at_the_door_sends_no_faster_than_who_is_inside() {
    let mut stage = Stage::new();
    stage.enter("li.terminal");
    let door = Door {
        is_asked: false,
        may_host: false,
        ..Door::default()
    };
    let (wang, frame) = stage.come("wang.nurse", door.clone());
    assert!(matches!(frame, ServerFrame::Threshold { .. }), "{frame:?}");
    let within = limits::FRAMES_PER_SECOND - 1;
    assert_eq!(
        stage.room.overtaken(stage.now, wang, within),
        Reply::Nothing
    );
    let ends = |reply: Reply| matches!(reply, Reply::Close(Farewell::TooFast, _));
    assert!(ends(stage.room.overtaken(stage.now, wang, 2)));
    let (wu, _) = stage.come("wu.expert", door);
    let ping = ClientFrame::Ping { nonce: 1 };
    let flood = (0..=limits::FRAMES_PER_SECOND).find(|_| ends(stage.frame(wu, &ping)));
    assert_eq!(flood, Some(limits::FRAMES_PER_SECOND));
}

#[test]
fn where_nobody_is_treated_nobody_comes_urgently_and_staff_accompany_all_the_same() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let here = Door {
        treats: false,
        ..nurse()
    };
    let (wang, frame) = stage.come("wang.nurse", here);
    assert!(!threshold(&frame).may_come_urgently);
    let urgently = json!({"act": "come-urgently", "reason": "now"});
    assert_eq!(stage.refused(wang, urgently), Some(Refusal::NotInside));
    stage.accepted(host, json!({"act": "admit", "waiting": wang.participant}));
    let seen = person(&stage, wang);
    assert!(seen.may_accompany && seen.stays_until.is_some());
    let (child, _) = stage.come("zhao.patient", patient(true));
    let admit =
        json!({"act": "admit", "waiting": child.participant, "companion": wang.participant});
    stage.accepted(host, admit);
    assert_eq!(stage.room.people().len(), 3);
}

#[test]
fn who_is_let_into_a_full_room_is_told_that_it_is_full() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (wang, _) = stage.come("wang.nurse", nurse());
    for number in stage.room.people().len()..limits::PARTICIPANTS {
        stage.enter(&format!("doctor.{number}"));
    }
    stage.parcels.clear();
    stage.accepted(host, json!({"act": "admit", "waiting": wang.participant}));
    let parcels = stage.parcels();
    let told = to(&parcels, wang);
    assert!(told.iter().any(|frame| matches!(frame, ServerFrame::Threshold { threshold } if threshold.state == AtDoor::Full)));
}
