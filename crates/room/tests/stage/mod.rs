//! A room on a small stage: one chest, people who come in, a journal that is a list.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "an act is written where it is asked for"
)]

use std::collections::BTreeMap;

use room::{
    Act, Bounds, Door, EntityId, Hologram, HologramPatch, Joined, KeptAct, Mode, NewEntity,
    NewMeasure, Patch, Person, Placement, Plane, Pose, Probe, Refusal, Reply, ResumeToken, Room,
    Sanction, Seat, Standing, Threshold, Transform, Window, World,
    wire::{ClientFrame, Holding, Participant, ServerFrame, VERSION},
};
use serde_json::{Value, json};
use vocabulary::{ActorId, Place, RoomId, Timestamp, Uid};

/// Two chests of 20 cm, the first one with structures: the value at a point is 400 times its first coordinate, and nothing is known beyond.
pub struct Chest;

impl Probe for Chest {
    fn bounds(&self, series: &Uid) -> Option<Bounds> {
        ["1.2.3", "1.2.4"]
            .contains(&series.as_str())
            .then_some(Bounds {
                min_lps_mm: [-100.0; 3],
                max_lps_mm: [100.0; 3],
            })
    }

    fn layers(&self, series: &Uid) -> Vec<String> {
        let names: &[&str] = match series.as_str() {
            "1.2.3" => &["lungs", "aorta", "gone"],
            _ => &[],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// What is inside of `gone` cannot be read any more.
    fn inside_of(&self, _: &Uid, layer: &str) -> Option<(f64, [f64; 3])> {
        (layer != "gone").then_some((2_500_000.0, [0.0, 0.0, 5.0]))
    }

    #[expect(clippy::cast_possible_truncation)]
    fn hu_at(&self, _: &Uid, [l, _, _]: [f64; 3]) -> Option<i16> {
        (l.abs() < 80.0).then_some((400.0 * l) as i16)
    }
}

/// A point within the box where no value is to be had.
pub fn nowhere() -> Value {
    json!([[90, 0, 0]])
}

pub fn at(ms: i64) -> Timestamp {
    Timestamp(ms)
}

/// Repeatable chance (`SplitMix64`).
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub fn in_percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A number between −1 and 1 with all its digits.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    pub fn point(&mut self, size: f64) -> [f64; 3] {
        [
            self.share() * size,
            self.share() * size,
            self.share() * size,
        ]
    }
}

pub fn hospital() -> ActorId {
    ActorId::new("hospital").unwrap()
}

pub fn hologram() -> Hologram {
    Hologram {
        series: Uid::new("1.2.3").unwrap(),
        transform: Transform {
            position_m: [0.0, 1.0, 0.0],
            rotation: [0.0, 0.0, 0.0, 1.0],
            scale: 1.0,
        },
        window: Window {
            centre_hu: 40.0,
            width_hu: 400.0,
        },
        mode: Mode::Volume,
        layers: BTreeMap::new(),
        clip: None,
        cursor_lps_mm: [0.0; 3],
        crop: None,
        within: None,
        only: None,
        apart: 0.0,
        shelved: false,
    }
}

/// The hologram as an act says it.
pub fn hologram_act() -> Value {
    serde_json::to_value(NewEntity::Hologram(hologram())).unwrap()
}

/// Puts up a board, of which a room holds many.
pub fn board() -> Value {
    let entity = json!({"type": "board", "transform": hologram().transform, "title": "plan"});
    json!({"act": "add", "entity": entity})
}

pub fn note(text: &str) -> Value {
    let entity = json!({"type": "annotation", "hologram": 1, "at_lps_mm": [0, 0, 0], "text": text});
    json!({"act": "add", "entity": entity})
}

pub fn pose(x: f64) -> Pose {
    let head = Placement {
        position_m: [x, 1.6, 0.0],
        rotation: [0.0, 0.0, 0.0, 1.0],
    };
    Pose {
        at_ms: 0,
        head,
        left: None,
        right: None,
        pointer: None,
        held: None,
        mouth: None,
    }
}

/// Some act of a tool that came later.
fn any_tool(chance: &mut Chance, tool: usize, id: EntityId, transform: Transform) -> Act {
    match tool {
        23 => Act::AskFor { id },
        24 => Act::Give { id, to: 1 },
        25 => Act::KeepHold { id },
        26 => Act::TakeOver { id },
        // Mostly things are free: a room in which all is locked shows little.
        27 if chance.in_percent(10) => Act::Lock {
            id,
            marks: chance.in_percent(50),
        },
        27..=29 => Act::Unlock { id },
        30 => Act::LookLike {
            figure: u8::try_from(chance.below(7)).unwrap(),
        },
        31 => Act::Add {
            entity: NewEntity::Page(room::Page {
                transform,
                path: ["/imaging", "/patients/p1", "//elsewhere"][chance.below(3)].to_owned(),
                title: String::new(),
            }),
        },
        33 => Act::Add {
            entity: NewEntity::Line(room::Line {
                points_m: (0..chance.below(6)).map(|_| chance.point(12.0)).collect(),
            }),
        },
        32 => Act::Set {
            id,
            patch: Patch::Page(room::PagePatch {
                transform: Some(transform),
                ..room::PagePatch::default()
            }),
        },
        17 => Act::Add {
            entity: NewEntity::Board(room::Board {
                transform,
                title: "plan".to_owned(),
            }),
        },
        18 => Act::Add {
            entity: NewEntity::Ink(room::Ink {
                board: id,
                points: vec![[0.0, 0.5], [0.5 + chance.share(), 1.0]],
            }),
        },
        19 => Act::Add {
            entity: NewEntity::BoardNote(room::BoardNote {
                board: id,
                at: [0.25, 0.5],
                text: format!("step {}", chance.below(9)),
            }),
        },
        20 => Act::Take {
            series: Uid::new(["1.2.3", "1.2.4", "1.2.5"][chance.below(3)]).unwrap(),
        },
        21 => Act::Wear {
            colour: ["#e69f00", "#56b4e9", "#009e73", "red"][chance.below(4)].to_owned(),
        },
        22 => Act::Set {
            id,
            patch: Patch::Board(room::BoardPatch {
                transform: Some(transform),
                title: None,
            }),
        },
        12 | 13 => Act::Add {
            entity: NewEntity::Stroke(room::Stroke {
                hologram: id,
                points_lps_mm: (0..chance.below(6)).map(|_| chance.point(101.0)).collect(),
            }),
        },
        14 => Act::Add {
            entity: NewEntity::Landmark(room::Landmark {
                hologram: id,
                at_lps_mm: chance.point(100.0),
                name: format!("place {}", chance.below(9)),
            }),
        },
        15 => Act::Add {
            entity: NewEntity::Measure(NewMeasure {
                hologram: id,
                kind: room::MeasureKind::Angle,
                points_lps_mm: (0..3).map(|_| chance.point(100.0)).collect(),
                layer: None,
            }),
        },
        _ => Act::Lead {
            view: chance.in_percent(70).then_some(room::View {
                yaw_rad: chance.share(),
                pitch_rad: 0.1,
                distance_m: 1.0,
            }),
        },
    }
}

/// What of a hologram is to be cut out or moved apart.
fn any_parts(chance: &mut Chance) -> HologramPatch {
    HologramPatch {
        crop: chance.in_percent(20).then(|| {
            chance.in_percent(60).then_some(room::CropBox {
                min_lps_mm: [-50.0; 3],
                max_lps_mm: [50.0 + chance.share() * 60.0, 60.0, 70.0],
            })
        }),
        within: chance
            .in_percent(20)
            .then(|| chance.in_percent(60).then(|| "lungs".to_owned())),
        only: chance
            .in_percent(20)
            .then(|| chance.in_percent(60).then(|| "aorta".to_owned())),
        apart: chance.in_percent(20).then(|| chance.share().abs()),
        ..HologramPatch::default()
    }
}

/// Some act, mostly one that makes sense.
pub fn any_act(chance: &mut Chance, world: &World) -> Act {
    let ids: Vec<EntityId> = world.entities().keys().copied().collect();
    let id = if ids.is_empty() {
        1
    } else {
        ids[chance.below(ids.len())]
    };
    let tilt = chance.share();
    let transform = Transform {
        position_m: chance.point(3.0),
        rotation: [0.0, tilt.sin(), 0.0, tilt.cos()],
        scale: 1.0 + chance.share() / 2.0,
    };
    match chance.below(34) {
        tool @ 12.. => any_tool(chance, tool, id, transform),
        0 => Act::Add {
            entity: NewEntity::Hologram(Hologram {
                transform,
                ..hologram()
            }),
        },
        1 | 2 => Act::Add {
            entity: NewEntity::Measure(NewMeasure {
                hologram: id,
                kind: room::MeasureKind::Length,
                points_lps_mm: vec![chance.point(110.0), chance.point(100.0)],
                layer: None,
            }),
        },
        4 => Act::Add {
            entity: NewEntity::Nodule(room::NoduleSeed {
                hologram: id,
                at_lps_mm: chance.point(110.0),
            }),
        },
        3 => Act::Add {
            entity: NewEntity::Annotation(room::Annotation {
                hologram: id,
                at_lps_mm: chance.point(100.0),
                text: format!("note {}", chance.next()),
            }),
        },
        5 => Act::Remove { id },
        6 => Act::Undo,
        7 => Act::Grab { id },
        8 => Act::Release {
            id,
            transform: chance.in_percent(50).then_some(transform),
        },
        _ => {
            let width_hu = 400.0 + chance.share() * 300.0;
            let plane = Plane {
                normal_lps: [0.0, 0.0, 1.0],
                offset_mm: chance.share() * 100.0,
            };
            let patch = HologramPatch {
                transform: chance.in_percent(40).then_some(transform),
                window: chance.in_percent(40).then_some(Window {
                    centre_hu: 40.0,
                    width_hu,
                }),
                clip: chance
                    .in_percent(40)
                    .then(|| chance.in_percent(50).then_some(plane)),
                cursor_lps_mm: chance.in_percent(30).then(|| chance.point(100.0)),
                ..any_parts(chance)
            };
            Act::Set {
                id,
                patch: Patch::Hologram(patch),
            }
        }
    }
}

/// A patient at the door, who was not asked in.
pub fn patient(needs_companion: bool) -> Door {
    Door {
        standing: Standing::Patient,
        is_asked: false,
        may_host: false,
        treats: false,
        may_accompany: false,
        needs_companion,
        needs_licence: false,
    }
}

/// What the frame tells somebody at the door.
pub fn threshold(frame: &ServerFrame) -> &Threshold {
    match frame {
        ServerFrame::Threshold { threshold } => threshold,
        other => panic!("not at the door: {other:?}"),
    }
}

pub fn first_hello() -> Vec<u8> {
    ClientFrame::Hello {
        version: VERSION,
        resume: None,
        next_event: 0,
    }
    .encode()
}

/// An appeal against one's own sanction, or an answer to one that waits, where there is any.
pub fn any_appeal(chance: &mut Chance, own: &ActorId, sanctions: &[Sanction]) -> Option<Value> {
    let unsaid = |one: &&Sanction| one.actor == *own && one.appeal.is_none();
    let act = match (
        sanctions.iter().find(unsaid),
        sanctions.iter().find(|one| one.is_open()),
    ) {
        (Some(own), _) => json!({"act": "appeal", "against": own.grade, "reason": "because"}),
        (None, Some(open)) => json!({
            "act": "answer-appeal", "whom": open.actor, "against": open.grade,
            "grants": chance.in_percent(50), "reason": "because",
        }),
        (None, None) => return None,
    };
    chance.in_percent(50).then_some(act)
}

/// Some act by which order is kept, on somebody inside or at the door.
pub fn any_order(chance: &mut Chance, inside: &[u16], waiting: &[u16]) -> Value {
    let some = |chance: &mut Chance, of: &[u16]| match of {
        [] => 1,
        _ => of[chance.below(of.len())],
    };
    let (participant, at_door) = (some(chance, inside), some(chance, waiting));
    let reason = if chance.in_percent(95) {
        "because"
    } else {
        " "
    };
    let standing = ["host", "supervisor", "speaker", "observer", "patient"][chance.below(5)];
    // Mostly people are let in: a room from which everybody is put out shows little.
    let what = ["camera", "screen"][chance.below(2)];
    let grade = [
        "muted",
        "camera-ended",
        "screen-ended",
        "put-out",
        "blocked",
    ][chance.below(5)];
    match chance.below(52) {
        44 => json!({
            "act": "answer-appeal", "whom": format!("actor{}", chance.below(6)), "against": grade,
            "grants": true, "reason": reason,
        }),
        40 => json!({"act": "give-word", "participant": participant}),
        41 => json!({"act": "take-word", "participant": participant}),
        42 => {
            json!({"act": "end-showing", "participant": participant, "what": what, "reason": reason})
        }
        43 => json!({"act": "let-show", "participant": participant, "what": what}),
        0 | 1 => json!({"act": "raise-hand"}),
        2 => json!({"act": "lower-hand"}),
        3 => json!({"act": "lower-hand", "participant": participant}),
        4..=18 => json!({"act": "admit", "waiting": at_door, "companion": participant}),
        19 => json!({"act": "turn-away", "waiting": at_door, "reason": reason}),
        20..=23 => json!({"act": "lift", "whom": format!("actor{}", chance.below(6))}),
        24 => json!({"act": "warn", "participant": participant, "reason": reason}),
        25 | 45..=47 => json!({"act": "mute", "participant": participant, "reason": reason}),
        26 => json!({"act": "unmute", "participant": participant}),
        27 => json!({"act": "put-out", "participant": participant, "reason": reason}),
        28 => json!({"act": "block", "participant": participant, "reason": reason}),
        29 | 30 => {
            json!({"act": "appoint", "participant": participant, "standing": standing})
        }
        31 => json!({"act": "let-stay", "participant": participant, "reason": reason}),
        32..=38 => json!({"act": "come-urgently", "reason": reason}),
        _ => json!({"act": "appeal", "against": grade, "reason": reason}),
    }
}

/// Some act about a recording.
pub fn any_recording(chance: &mut Chance) -> Value {
    match chance.below(10) {
        0 | 1 => json!({"act": "ask-to-record"}),
        2 => json!({"act": "stop-recording"}),
        3 => json!({"act": "answer-recording", "agrees": false}),
        _ => json!({"act": "answer-recording", "agrees": true}),
    }
}

/// What somebody sees who looks at a recording: the same frames, read the same way as by one who is inside.
#[derive(Default)]
pub struct Replay {
    pub entities: BTreeMap<EntityId, room::Placed>,
    pub people: Vec<Participant>,
    pub holds: Vec<Holding>,
    pub poses: BTreeMap<u16, Pose>,
    pub place: Option<Place>,
    next_event: u64,
}

impl Replay {
    pub fn show(&mut self, frame: &[u8]) {
        match ServerFrame::decode(frame).unwrap() {
            ServerFrame::Welcome {
                next_event,
                entrance,
                ..
            } => {
                assert!(entrance.waiting.is_empty() && entrance.events.is_empty());
                *self = Self {
                    people: entrance.people,
                    holds: entrance.holds,
                    place: entrance.place,
                    next_event,
                    ..Self::default()
                };
                for change in entrance.snapshot.unwrap() {
                    self.entities.insert(change.id, change.placed.unwrap());
                }
            }
            ServerFrame::Tick {
                news, poses, acks, ..
            } => {
                assert!(acks.is_empty() && news.waiting.is_none());
                for event in news.events.unwrap_or_default() {
                    if event.number < self.next_event {
                        continue;
                    }
                    assert_eq!(event.number, self.next_event, "the recording has a gap");
                    self.next_event += 1;
                    self.place = event.place.or(self.place);
                    for change in event.changes {
                        match change.placed {
                            Some(placed) => self.entities.insert(change.id, placed),
                            None => self.entities.remove(&change.id),
                        };
                    }
                }
                self.people = news.people.unwrap_or(std::mem::take(&mut self.people));
                self.holds = news.holds.unwrap_or(std::mem::take(&mut self.holds));
                let poses = poses.into_iter().map(|one| (one.participant, one.pose));
                self.poses.extend(poses);
            }
            other => panic!("{other:?}"),
        }
    }
}

pub struct Stage {
    pub room: Room,
    pub parcels: Vec<room::Parcel>,
    pub now: Timestamp,
    pub journal: Vec<KeptAct>,
    /// Frames for a recording.
    pub recorded: Vec<Vec<u8>>,
    /// The token that the last one to enter was given.
    pub token: ResumeToken,
    /// Whether who enters now may see the patient's images.
    pub sees_images: bool,
    seq: u32,
}

impl Stage {
    pub fn new() -> Self {
        Self {
            room: Room::open(RoomId::new("r1").unwrap(), []).unwrap(),
            parcels: Vec::new(),
            now: at(1_000_000),
            journal: Vec::new(),
            recorded: Vec::new(),
            token: ResumeToken([0; 16]),
            sees_images: true,
            seq: 0,
        }
    }

    pub fn wait(&mut self, ms: i64) {
        self.now.0 += ms;
    }

    pub fn join(
        &mut self,
        who: &str,
        may_act: bool,
        hello: &[u8],
    ) -> Result<Joined, room::Farewell> {
        self.join_by(who, may_act, Door::default(), hello)
    }

    pub fn join_by(
        &mut self,
        who: &str,
        may_act: bool,
        door: Door,
        hello: &[u8],
    ) -> Result<Joined, room::Farewell> {
        let actor = ActorId::new(who).unwrap();
        let person = Person {
            name: who.to_owned(),
            role: "expert".to_owned(),
            actor,
            may_act,
            licence: room::Licence::Valid,
            sees_images: self.sees_images,
            door,
        };
        self.seq += 1;
        self.token.0[..4].copy_from_slice(&self.seq.to_be_bytes());
        self.room.join(self.now, person, hello, self.token)
    }

    pub fn enter_as(&mut self, who: &str, may_act: bool) -> Seat {
        self.join(who, may_act, &first_hello()).unwrap().seat
    }

    /// Comes to the door; the frame says whether they are inside.
    pub fn come(&mut self, who: &str, door: Door) -> (Seat, ServerFrame) {
        let joined = self.join_by(who, true, door, &first_hello()).unwrap();
        (joined.seat, ServerFrame::decode(&joined.welcome).unwrap())
    }

    /// One round of the server; what went to single connections.
    pub fn parcels(&mut self) -> Vec<(Seat, ServerFrame)> {
        self.round();
        let parcels = std::mem::take(&mut self.parcels).into_iter();
        parcels
            .map(|parcel| (parcel.seat, ServerFrame::decode(&parcel.frame).unwrap()))
            .collect()
    }

    pub fn enter(&mut self, who: &str) -> Seat {
        self.enter_as(who, true)
    }

    /// Everybody's line breaks, and somebody enters when their seats are free again.
    pub fn enter_after(&mut self, ms: i64) -> Seat {
        for person in self.room.people() {
            self.room.leave(
                self.now,
                Seat {
                    participant: person.id,
                    connection: 1,
                },
            );
        }
        self.wait(ms);
        self.enter("chen.expert")
    }

    pub fn frame(&mut self, seat: Seat, frame: &ClientFrame) -> Reply {
        self.room.receive(self.now, seat, &frame.encode(), &Chest)
    }

    /// Asks for an act; says why it was refused, if it was at once.
    pub fn act(&mut self, seat: Seat, act: Value) -> Option<Refusal> {
        self.seq += 1;
        match self.frame(seat, &ClientFrame::Act { seq: self.seq, act }) {
            Reply::Nothing | Reply::ToAll(_) | Reply::Sending(_) => None,
            Reply::Send(frame) => match ServerFrame::decode(&frame) {
                Ok(ServerFrame::Refused { reason, seq, .. }) if seq == self.seq => Some(reason),
                other => panic!("{other:?}"),
            },
            Reply::Close(reason, _) => panic!("{reason:?}"),
        }
    }

    /// One round of the server. Says who got which poses.
    pub fn round(&mut self) -> Vec<(Seat, Vec<Pose>)> {
        let unkept = self.room.take_unkept();
        if let Some(last) = unkept.last() {
            let through = last.number;
            self.journal.extend(unkept);
            self.room.kept(through);
        }
        let tick = self.room.tick(self.now);
        self.parcels.extend(self.room.take_parcels());
        self.recorded.extend(tick.recorded().map(<[u8]>::to_vec));
        let packets = tick
            .packets()
            .map(|(seat, packet)| match ServerFrame::decode(&packet) {
                Ok(ServerFrame::Tick { poses, .. }) => {
                    (seat, poses.into_iter().map(|one| one.pose).collect())
                }
                other => panic!("{other:?}"),
            });
        packets.collect()
    }

    pub fn refused(&mut self, seat: Seat, act: Value) -> Option<Refusal> {
        let refusal = self.act(seat, act);
        self.round();
        refusal
    }

    pub fn accepted(&mut self, seat: Seat, act: Value) {
        assert_eq!(self.refused(seat, act.clone()), None, "{act}");
    }

    /// Does an act that has to be kept; answers the first entity that it touched.
    pub fn done(&mut self, seat: Seat, act: Value) -> EntityId {
        let before = self.journal.len();
        self.accepted(seat, act.clone());
        let kept = self
            .journal
            .get(before)
            .unwrap_or_else(|| panic!("not kept: {act}"));
        kept.act["changes"][0]["id"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap()
    }
}
