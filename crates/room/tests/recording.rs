//! A room is recorded only while everybody in it agrees, and what was recorded shows what was there.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{
    AtDoor, Chunk, ChunkHead, ChunkWriter, Door, Moment, Pose, Recording, RecordingState,
    RecordingStep, Refusal, Room, Seat, Standing, StopReason, limits,
    wire::{ClientFrame, ServerFrame},
};
use serde_json::{Value, json};
use stage::{Replay, Stage, hologram_act, note, pose};
use vocabulary::{ActorId, RoomId};

fn hospital() -> ActorId {
    ActorId::new("hospital").unwrap()
}

fn patient(needs_companion: bool) -> Door {
    Door {
        standing: Standing::Patient,
        may_host: false,
        treats: false,
        needs_companion,
        ..Door::default()
    }
}

fn ask() -> Value {
    json!({"act": "ask-to-record"})
}

fn answer(agrees: bool) -> Value {
    json!({"act": "answer-recording", "agrees": agrees})
}

/// One round of a server that takes the steps that are due.
fn round(stage: &mut Stage) {
    if let Some(step) = stage.room.recording_due(stage.now) {
        stage.room.record_step(stage.now, &hospital(), step);
    }
    stage.round();
}

/// The steps that the journal has, with whose they were.
fn steps(stage: &Stage) -> Vec<(String, RecordingStep)> {
    let acts = stage.journal.iter();
    let steps = acts.filter_map(|kept| {
        let step = kept.act.get("recording")?.clone();
        Some((
            kept.actor.to_string(),
            serde_json::from_value(step).unwrap(),
        ))
    });
    steps.collect()
}

fn stopped(why: StopReason) -> RecordingStep {
    RecordingStep::Stopped { why }
}

/// A host and a patient who have both agreed, and are recorded.
fn recorded() -> (Stage, Seat, Seat) {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (zhao, _) = stage.come("zhao.patient", patient(false));
    stage.accepted(host, ask());
    round(&mut stage);
    assert_eq!(stage.room.is_recorded(), None, "the patient has not agreed");
    stage.accepted(zhao, answer(true));
    round(&mut stage);
    assert_eq!(stage.room.is_recorded(), Some(0));
    (stage, host, zhao)
}

#[test]
fn a_recording_begins_when_all_agree_and_ends_when_one_takes_it_back() {
    let (mut stage, host, zhao) = recorded();
    assert_eq!(
        stage.refused(zhao, json!({"act": "stop-recording"})),
        Some(Refusal::KeepsNoOrder)
    );
    // From the moment of the act nothing is recorded, though the journal has not got it yet.
    assert_eq!(stage.act(zhao, answer(false)), None);
    assert_eq!(stage.room.is_recorded(), None);
    round(&mut stage);
    assert_eq!(*stage.room.world().recording(), Recording::Off);
    let expected = [
        ("li.terminal", RecordingStep::Asked),
        ("zhao.patient", RecordingStep::Agreed),
        ("hospital", RecordingStep::Started),
        ("zhao.patient", RecordingStep::Withdrew),
    ];
    let expected = expected.map(|(who, step)| (who.to_owned(), step));
    assert_eq!(steps(&stage), expected);
    // What is asked anew is answered anew.
    stage.accepted(host, ask());
    round(&mut stage);
    assert_eq!(stage.room.is_recorded(), None);
    stage.accepted(zhao, answer(false));
    assert_eq!(*stage.room.world().recording(), Recording::Off);
    assert_eq!(stage.refused(zhao, answer(true)), Some(Refusal::NotAsked));
}

#[test]
fn who_keeps_order_asks_and_ends_it_and_nobody_else() {
    let (mut stage, host, _) = recorded();
    let chen = stage.come("chen.expert", Door::default()).0;
    assert_eq!(stage.refused(chen, ask()), Some(Refusal::NotInside));
    stage.accepted(host, json!({"act": "stop-recording"}));
    assert_eq!(steps(&stage).last().unwrap().1, stopped(StopReason::Asked));
    assert_eq!(stage.refused(chen, ask()), Some(Refusal::KeepsNoOrder));
    assert!(steps(&stage).iter().all(|(who, _)| who != "chen.expert"));
}

#[test]
fn who_comes_later_agrees_at_the_door_or_stays_outside() {
    let (mut stage, _, _) = recorded();
    let (chen, frame) = stage.come("chen.expert", Door::default());
    let ServerFrame::Threshold { threshold } = frame else {
        panic!("{frame:?}");
    };
    assert_eq!(threshold.state, AtDoor::Recorded);
    stage.accepted(chen, answer(false));
    round(&mut stage);
    assert_eq!(
        stage.room.people().len(),
        2,
        "not agreeing ends nothing and opens nothing"
    );
    assert_eq!(stage.room.is_recorded(), Some(0));
    stage.accepted(chen, answer(true));
    round(&mut stage);
    assert_eq!(stage.room.people().len(), 3);
    assert_eq!(stage.room.is_recorded(), Some(0));
    // Who agreed comes back without being asked again.
    stage.room.leave(stage.now, chen);
    stage.wait(limits::RESUME_MS);
    let zhao = stage.room.people().len();
    round(&mut stage);
    assert!(stage.room.people().len() < zhao);
    let again = stage.come("chen.expert", Door::default()).1;
    assert!(matches!(again, ServerFrame::Welcome { .. }));
}

#[test]
fn who_has_to_come_in_without_agreeing_ends_the_recording() {
    let (mut stage, _, _) = recorded();
    let (wang, _) = stage.come("wang.nurse", Door::default());
    let urgent = json!({"act": "come-urgently", "reason": "the patient bleeds"});
    assert_eq!(stage.act(wang, urgent), None);
    stage.round();
    assert_eq!(stage.room.people().len(), 3);
    assert_eq!(
        stage.room.is_recorded(),
        None,
        "not even one tick of theirs"
    );
    round(&mut stage);
    assert_eq!(
        steps(&stage).last().unwrap().1,
        stopped(StopReason::NotAgreed)
    );
}

#[test]
fn nobody_is_recorded_who_cannot_agree_by_themselves() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (child, _) = stage.come("child", patient(true));
    let waiting = child.participant;
    let admit = json!({"act": "admit", "waiting": waiting, "companion": host.participant});
    stage.accepted(host, admit.clone());
    assert_eq!(stage.room.people().len(), 2);
    assert_eq!(stage.refused(host, ask()), Some(Refusal::CannotAgree));
    stage.accepted(
        host,
        json!({"act": "put-out", "participant": waiting, "reason": "later"}),
    );
    stage.accepted(host, ask());
    round(&mut stage);
    assert!(stage.room.is_recorded().is_some());
    let (child, _) = stage.come("child", patient(true));
    let admit =
        json!({"act": "admit", "waiting": child.participant, "companion": host.participant});
    stage.accepted(host, admit);
    round(&mut stage);
    assert_eq!(
        stage.room.people().len(),
        1,
        "they wait until the recording is over"
    );
    assert_eq!(
        stage.refused(child, answer(true)),
        Some(Refusal::CannotAgree)
    );
    stage.accepted(host, json!({"act": "stop-recording"}));
    round(&mut stage);
    assert_eq!(stage.room.people().len(), 2);
}

#[test]
fn a_recording_ends_with_the_last_who_is_there_and_after_the_longest_time() {
    let (mut stage, host, zhao) = recorded();
    for seat in [host, zhao] {
        stage.room.leave(stage.now, seat);
    }
    stage.wait(limits::RESUME_MS);
    stage.round();
    assert!(
        !stage.room.is_empty(),
        "the end of the recording is not kept yet"
    );
    round(&mut stage);
    assert_eq!(steps(&stage).last().unwrap().1, stopped(StopReason::Nobody));
    assert!(stage.room.is_empty());

    let (mut stage, _, _) = recorded();
    stage.wait(limits::RECORDING_MS);
    round(&mut stage);
    assert_eq!(
        steps(&stage).last().unwrap().1,
        stopped(StopReason::Longest)
    );
}

#[test]
fn a_room_that_failed_while_it_was_recorded_tells_that_it_is_so_no_more() {
    let (stage, _, _) = recorded();
    let mut again = Stage::new();
    again.room = Room::open(RoomId::new("r1").unwrap(), stage.journal).unwrap();
    let why = StopReason::Interrupted;
    again.room.record_step(again.now, &hospital(), stopped(why));
    assert_eq!(again.room.is_recorded(), None);
    let (li, frame) = again.come("li.terminal", Door::default());
    let ServerFrame::Welcome { entrance, .. } = frame else {
        panic!("{frame:?}");
    };
    assert_eq!(entrance.recording.state, RecordingState::Running);
    let unkept = again.room.take_unkept();
    again.room.kept(unkept[0].number);
    let tick = again.room.tick(again.now);
    let packets = tick.packets().find(|(seat, _)| *seat == li);
    let ServerFrame::Tick { news, .. } = ServerFrame::decode(&packets.unwrap().1).unwrap() else {
        panic!("no tick");
    };
    assert_eq!(news.recording.unwrap().state, RecordingState::Off);
}

/// Moments of a recording as a server takes them, and what was in the room at each.
struct Recorder {
    chunks: Vec<Vec<u8>>,
    writer: Option<ChunkWriter>,
    live: Vec<(u32, Live)>,
}

/// The room as it is at a time.
#[derive(Debug, PartialEq)]
struct Live {
    entities: Vec<u32>,
    world: std::collections::BTreeMap<u32, room::Placed>,
    people: Vec<room::wire::Participant>,
    poses: Vec<(u16, Pose)>,
}

impl Recorder {
    fn begin(&mut self, room: &Room, at_ms: u32) {
        self.end();
        let head = ChunkHead {
            room: room.id().clone(),
            recording: room.is_recorded().unwrap(),
            number: self.chunks.len() as u64,
        };
        let mut writer = ChunkWriter::new(&head, at_ms);
        for frame in room.key_frames() {
            assert!(writer.add(at_ms, &Moment::Key(frame)));
        }
        self.writer = Some(writer);
    }

    fn end(&mut self) {
        self.chunks
            .extend(self.writer.take().map(|writer| writer.finish().0));
    }
}

/// Everything that a recording shows at a time.
fn shown(chunks: &[Vec<u8>], at_ms: u32) -> Live {
    let chunks: Vec<Chunk> = chunks.iter().map(|one| Chunk::read(one).unwrap()).collect();
    let chunk = chunks.iter().rev().find(|one| one.moments[0].0 <= at_ms);
    let mut replay = Replay::default();
    for (at, moment) in &chunk.unwrap().moments {
        if *at <= at_ms
            && let Moment::Key(frame) | Moment::Frame(frame) = moment
        {
            replay.show(frame);
        }
    }
    Live {
        entities: replay.entities.keys().copied().collect(),
        world: replay.entities,
        people: replay.people,
        poses: replay.poses.into_iter().collect(),
    }
}

#[test]
fn what_is_replayed_is_what_was_there_at_every_moment() {
    let (mut stage, host, zhao) = recorded();
    let hologram = stage.done(host, json!({"act": "add", "entity": hologram_act()}));
    let began = stage.now;
    let mut poses = std::collections::BTreeMap::new();
    let mut recorder = Recorder {
        chunks: Vec::new(),
        writer: None,
        live: Vec::new(),
    };
    recorder.begin(&stage.room, 0);
    stage.recorded.clear();
    for step in 0..200_u32 {
        stage.wait(limits::TICK_MS);
        for (seat, x) in [(host, 0.0), (zhao, 2.0)] {
            if (step + u32::from(seat.participant)).is_multiple_of(3) {
                let mut pose = pose(x + f64::from(step) / 1000.0);
                pose.at_ms = 50 + step * 50;
                let frame = ClientFrame::Pose { pose };
                stage.frame(seat, &frame);
                // What is packed loses digits, for those inside too.
                let Ok(ClientFrame::Pose { pose }) = ClientFrame::decode(&frame.encode()) else {
                    panic!("{frame:?}");
                };
                poses.insert(seat.participant, pose);
            }
        }
        match step % 20 {
            3 => stage.accepted(zhao, note(&format!("note {step}"))),
            7 => stage.accepted(host, json!({"act": "grab", "id": hologram})),
            11 => {
                let transform = json!({"position_m": [f64::from(step) / 300.0, 1.0, 0.0],
                    "rotation": [0.0, 0.0, 0.0, 1.0], "scale": 1.0});
                stage.accepted(
                    host,
                    json!({"act": "release", "id": hologram, "transform": transform}),
                );
            }
            13 => stage.accepted(host, json!({"act": "undo"})),
            17 => stage.accepted(zhao, json!({"act": "raise-hand"})),
            _ => {}
        }
        let at_ms = u32::try_from(stage.now.0 - began.0).unwrap();
        round(&mut stage);
        for frame in stage.recorded.drain(..) {
            let moment = Moment::Frame(frame);
            assert!(recorder.writer.as_mut().unwrap().add(at_ms, &moment));
        }
        if step % 40 == 39 {
            recorder.begin(&stage.room, at_ms);
        }
        let world = stage.room.world().entities().clone();
        let live = Live {
            entities: world.keys().copied().collect(),
            world,
            people: stage.room.people(),
            poses: poses.iter().map(|(who, pose)| (*who, *pose)).collect(),
        };
        recorder.live.push((at_ms, live));
    }
    recorder.end();
    assert_eq!(recorder.chunks.len(), 6);
    for (at_ms, live) in &recorder.live {
        assert_eq!(&shown(&recorder.chunks, *at_ms), live, "at {at_ms} ms");
    }
    // The journal comes to the same as the recording's end.
    let world = Room::replay(stage.journal.clone()).unwrap();
    assert_eq!(&shown(&recorder.chunks, u32::MAX).world, world.entities());
    let head = Chunk::read(&recorder.chunks[1]).unwrap().head;
    assert_eq!((head.number, head.room), (1, RoomId::new("r1").unwrap()));
}

#[test]
fn who_cannot_agree_waits_until_the_recording_is_over() {
    let (mut stage, host, _) = recorded();
    let (child, _) = stage.come("wu.patient", patient(true));
    let admit =
        json!({"act": "admit", "waiting": child.participant, "companion": host.participant});
    stage.accepted(host, admit);
    round(&mut stage);
    let waiting = |stage: &mut Stage| {
        let mut told = stage
            .parcels()
            .into_iter()
            .filter_map(|(seat, frame)| match frame {
                room::wire::ServerFrame::Threshold { threshold } if seat == child => {
                    Some(threshold.state)
                }
                _ => None,
            });
        told.next_back()
    };
    assert_eq!(waiting(&mut stage), Some(AtDoor::WhileRecorded));
    stage.accepted(host, json!({"act": "stop-recording"}));
    round(&mut stage);
    assert_eq!(stage.room.people().len(), 3);
}

#[test]
fn nobody_waits_for_the_answer_of_one_who_has_left() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (zhao, _) = stage.come("zhao.patient", patient(false));
    stage.accepted(host, ask());
    stage.room.leave_for_good(stage.now, zhao);
    round(&mut stage);
    assert_eq!(stage.room.is_recorded(), Some(0));
}
