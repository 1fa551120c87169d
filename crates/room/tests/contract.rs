//! The contract with the client: types and bytes. `UPDATE_CONTRACT=1 cargo test -p room --test contract`
//! writes it anew; the client's tests read the same files.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails"
)]

mod sanctioned;

use std::{collections::BTreeMap, fs, path::PathBuf};

use room::{
    Act, ActKind, Annotation, AtDoor, Change, CropBox, Did, Entity, Event, Farewell, Fingers, Hand,
    Held, Hologram, HologramPatch, Knocking, Layer, Leading, Licence, Line, Locked, Measure,
    MeasureKind, Mode, NewEntity, Ordered, Patch, Placed, Placement, Plane, Pointer, Pose,
    RecordingNow, RecordingState, RecordingStep, Refusal, ResumeToken, Sending, Slot, Source,
    Standing, StopReason, Threshold, Transform, View, Voice, Window,
    wire::{Ack, ClientFrame, Entrance, Holding, News, Participant, PoseOf, ServerFrame, VERSION},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use ts_rs::TS as _;
use vocabulary::{ActorId, Assessed, Timestamp, Uid};

fn contract(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../contract")
        .join(name)
}

/// Compares a file of the contract with what it should be, or writes it when asked to.
fn check(name: &str, expected: &str) {
    let path = contract(name);
    if std::env::var_os("UPDATE_CONTRACT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "contract/{name} is not what crate `room` says; run with UPDATE_CONTRACT=1 and look at the change"
    );
}

#[test]
fn the_types_of_the_client_are_those_of_the_room() {
    let directory = tempfile::tempdir().unwrap();
    let config = ts_rs::Config::new().with_out_dir(directory.path());
    ClientFrame::export_all(&config).unwrap();
    ServerFrame::export_all(&config).unwrap();
    Act::export_all(&config).unwrap();
    let types = fs::read_to_string(directory.path().join("room.ts")).unwrap();
    check("room.ts", &types);
}

#[derive(Serialize, Deserialize)]
struct Golden<F> {
    name: String,
    hex: String,
    frame: F,
}

#[derive(Serialize, Deserialize)]
struct Broken {
    name: String,
    hex: String,
}

#[derive(Serialize, Deserialize)]
struct Fixtures {
    client: Vec<Golden<ClientFrame>>,
    server: Vec<Golden<ServerFrame>>,
    /// Bytes that the server refuses.
    broken_client: Vec<Broken>,
    /// Bytes that the client refuses.
    broken_server: Vec<Broken>,
}

#[test]
fn the_bytes_are_those_of_the_fixtures() {
    let fixtures = Fixtures {
        client: client_frames()
            .into_iter()
            .map(|(name, frame)| {
                let hex = hex::encode(frame.encode());
                // What is packed loses digits: the fixture says what arrives.
                let frame = ClientFrame::decode(&frame.encode()).unwrap();
                Golden {
                    name: name.to_owned(),
                    hex,
                    frame,
                }
            })
            .collect(),
        server: server_frames()
            .into_iter()
            .map(|(name, frame)| {
                let hex = hex::encode(frame.encode());
                let frame = ServerFrame::decode(&frame.encode()).unwrap();
                Golden {
                    name: name.to_owned(),
                    hex,
                    frame,
                }
            })
            .collect(),
        broken_client: broken(&broken_client_frames()),
        broken_server: broken(&broken_server_frames()),
    };
    let json = serde_json::to_string_pretty(&fixtures).unwrap() + "\n";
    check("fixtures/room-frames.json", &json);
}

#[test]
fn fixtures_are_read_and_written_back_and_the_broken_ones_refused() {
    let json = fs::read_to_string(contract("fixtures/room-frames.json")).unwrap();
    let fixtures: Fixtures = serde_json::from_str(&json).unwrap();
    for Golden { name, hex, frame } in &fixtures.client {
        let bytes = hex::decode(hex).unwrap();
        assert_eq!(ClientFrame::decode(&bytes).as_ref(), Ok(frame), "{name}");
        assert_eq!(hex::encode(frame.encode()), *hex, "{name}");
        refuses_cuts(name, &bytes, |cut| ClientFrame::decode(cut).is_ok());
    }
    for Golden { name, hex, frame } in &fixtures.server {
        let bytes = hex::decode(hex).unwrap();
        assert_eq!(ServerFrame::decode(&bytes).as_ref(), Ok(frame), "{name}");
        assert_eq!(hex::encode(frame.encode()), *hex, "{name}");
        refuses_cuts(name, &bytes, |cut| ServerFrame::decode(cut).is_ok());
    }
    for Broken { name, hex } in &fixtures.broken_client {
        assert!(
            ClientFrame::decode(&hex::decode(hex).unwrap()).is_err(),
            "{name}"
        );
    }
    for Broken { name, hex } in &fixtures.broken_server {
        assert!(
            ServerFrame::decode(&hex::decode(hex).unwrap()).is_err(),
            "{name}"
        );
    }
}

/// No frame is complete before its end, and none goes on after it.
fn refuses_cuts(name: &str, bytes: &[u8], is_read: impl Fn(&[u8]) -> bool) {
    if name.contains("another version") {
        return;
    }
    for length in 0..bytes.len() {
        assert!(!is_read(&bytes[..length]), "{name} cut to {length} bytes");
    }
    assert!(
        !is_read(&[bytes, b"x"].concat()),
        "{name} with a byte too many"
    );
}

fn broken(frames: &[(&str, Vec<u8>)]) -> Vec<Broken> {
    let broken = frames.iter();
    broken
        .map(|(name, bytes)| Broken {
            name: (*name).to_owned(),
            hex: hex::encode(bytes),
        })
        .collect()
}

fn placement(x: f64) -> Placement {
    Placement {
        position_m: [x, 1.62, -0.5],
        rotation: [0.0, 0.6, 0.0, 0.8],
    }
}

fn transform() -> Transform {
    Transform {
        position_m: [0.25, 1.1, -1.5],
        rotation: [0.5, -0.5, 0.5, -0.5],
        scale: 1.25,
    }
}

fn full_pose() -> Pose {
    Pose {
        at_ms: 4_000_000_000,
        head: placement(-32.5),
        left: Some(Hand {
            position_m: placement(0.001).position_m,
            rotation: placement(0.001).rotation,
            fingers: None,
        }),
        right: Some(Hand {
            position_m: [-0.3, 1.2, 40.0],
            rotation: [-0.9, 0.1, 0.3, 0.2],
            fingers: Some(Fingers {
                curls: [0.25, 0.0, 1.0, 0.9, 0.5],
                spread: 0.3,
            }),
        }),
        pointer: Some(Pointer {
            origin_m: [0.1, 1.2, 0.3],
            hit_m: [0.0, 1.0, -2.0],
            on: true,
        }),
        held: Some(Held {
            entity: 7,
            transform: transform(),
        }),
        mouth: Some(0.6),
    }
}

fn line() -> Line {
    Line {
        points_m: vec![[0.0, 1.25, -0.5], [0.125, 1.5, 0.0]],
    }
}

fn small_pose() -> Pose {
    Pose {
        at_ms: 0,
        head: placement(0.0),
        left: None,
        right: None,
        pointer: None,
        held: None,
        mouth: None,
    }
}

fn client_frames() -> Vec<(&'static str, ClientFrame)> {
    let act = |seq, act| ClientFrame::Act {
        seq,
        act: serde_json::to_value::<Act>(act).unwrap(),
    };
    let patch = HologramPatch {
        window: Some(Window {
            centre_hu: -600.0,
            width_hu: 1500.0,
        }),
        clip: Some(None),
        ..HologramPatch::default()
    };
    let pointing = Pose {
        pointer: Some(Pointer {
            origin_m: [0.0; 3],
            hit_m: [1.0; 3],
            on: false,
        }),
        ..small_pose()
    };
    vec![
        (
            "hello",
            ClientFrame::Hello {
                version: VERSION,
                resume: None,
                next_event: 0,
            },
        ),
        (
            "hello of one who comes back",
            ClientFrame::Hello {
                version: VERSION,
                resume: Some(ResumeToken([0xa5; 16])),
                next_event: 1 << 40,
            },
        ),
        (
            "hello in another version",
            ClientFrame::Hello {
                version: 99,
                resume: None,
                next_event: 0,
            },
        ),
        ("pose of a head", ClientFrame::Pose { pose: small_pose() }),
        (
            "pose with everything",
            ClientFrame::Pose { pose: full_pose() },
        ),
        (
            "pose with a hidden pointer",
            ClientFrame::Pose { pose: pointing },
        ),
        (
            "act set",
            act(
                1,
                Act::Set {
                    id: 3,
                    patch: Patch::Hologram(patch),
                },
            ),
        ),
        (
            "act release",
            act(
                2,
                Act::Release {
                    id: 3,
                    transform: Some(transform()),
                },
            ),
        ),
        (
            "act add line",
            act(
                9,
                Act::Add {
                    entity: NewEntity::Line(line()),
                },
            ),
        ),
        ("act undo", act(u32::MAX, Act::Undo)),
        ("act ask for", act(3, Act::AskFor { id: 1 })),
        ("act give", act(4, Act::Give { id: 1, to: 2 })),
        ("act lock", act(5, Act::Lock { id: 1, marks: true })),
        (
            "act admit",
            act(
                5,
                Act::Admit {
                    waiting: 2,
                    companion: Some(1),
                },
            ),
        ),
        (
            "act put out",
            act(
                6,
                Act::PutOut {
                    participant: 3,
                    reason: "请先休息".to_owned(),
                },
            ),
        ),
        ("act appeal", act(7, sanctioned::appeal())),
        ("act answer appeal", act(8, sanctioned::answer())),
        (
            "act that means nothing",
            ClientFrame::Act {
                seq: 4,
                act: json!({"act": "dance"}),
            },
        ),
        ("ping", ClientFrame::Ping { nonce: 0xdead_beef }),
        (
            "sending",
            ClientFrame::Sending {
                sending: Sending {
                    microphone: true,
                    ..Sending::default()
                },
            },
        ),
        (
            "caption",
            ClientFrame::Caption {
                text: "右上叶 9 mm".into(),
            },
        ),
    ]
}

fn broken_client_frames() -> Vec<(&'static str, Vec<u8>)> {
    let hello = ClientFrame::Hello {
        version: VERSION,
        resume: None,
        next_event: 0,
    }
    .encode();
    let mut odd_flag = hello.clone();
    odd_flag[3] = 2;
    let mut beyond = hello.clone();
    beyond[11] = 1;
    let mut handless = ClientFrame::Pose { pose: small_pose() }.encode();
    handless[5] = 0x20;
    let mut contorted = ClientFrame::Pose { pose: full_pose() }.encode();
    // Kind, time and parts, then head and both hands: the last byte of the right fingers.
    contorted[45] = 0xff;
    let mut endless = ClientFrame::Pose { pose: full_pose() }.encode();
    // The last byte is the mouth's.
    let scale = endless.len() - 5;
    endless[scale..scale + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    vec![
        ("nothing", vec![]),
        ("unknown kind", vec![0x7f, 0, 0]),
        ("a server's frame", vec![0x85, 1, 0, 0, 0, 1, 0, 0, 0]),
        ("flag that is neither yes nor no", odd_flag),
        ("event number above 2^53", beyond),
        ("fingers without a hand", handless),
        ("fingers bent beyond a fist", contorted),
        ("scale that is no number", endless),
        ("act that is not JSON", vec![0x03, 1, 0, 0, 0, b'{']),
        (
            "act that is not UTF-8",
            vec![0x03, 1, 0, 0, 0, b'"', 0xff, b'"'],
        ),
        (
            "frame too long",
            [vec![0x03, 1, 0, 0, 0], vec![b' '; 16 * 1024]].concat(),
        ),
    ]
}

fn chen() -> ActorId {
    ActorId::new("chen.expert").unwrap()
}

fn at() -> Timestamp {
    Timestamp(1_795_000_000_123)
}

fn placed(entity: Entity) -> Placed {
    Placed {
        by: chen(),
        name: None,
        at: at(),
        entity,
        locked: None,
    }
}

fn hologram() -> Hologram {
    let lung = Layer {
        visible: true,
        opacity: 0.35,
    };
    Hologram {
        series: Uid::new("1.2.826.0.1.3680043.8.498.1").unwrap(),
        transform: transform(),
        window: Window {
            centre_hu: 40.0,
            width_hu: 400.0,
        },
        mode: Mode::Both,
        layers: BTreeMap::from([("lung".to_owned(), lung)]),
        clip: Some(Plane {
            normal_lps: [0.0, 0.0, 1.0],
            offset_mm: -120.5,
        }),
        cursor_lps_mm: [1.5, -20.25, 300.0],
        crop: Some(CropBox {
            min_lps_mm: [-50.0; 3],
            max_lps_mm: [50.0, 60.0, 320.0],
        }),
        within: Some("lung".to_owned()),
        only: None,
        apart: 0.25,
        shelved: false,
    }
}

fn events() -> Vec<Event> {
    let measure = Measure {
        hologram: 1,
        kind: MeasureKind::Length,
        points_lps_mm: vec![[0.0; 3], [3.0, 4.0, 0.0]],
        layer: None,
        value: Assessed::Assessed { value: 5.0 },
        unit: "mm".to_owned(),
    };
    let annotation = Annotation {
        hologram: 1,
        at_lps_mm: [1.0, 2.0, 3.0],
        text: "右上叶结节 → 9 mm".to_owned(),
    };
    vec![
        Event {
            number: 41,
            actor: chen(),
            at: at(),
            act: ActKind::Add,
            changes: vec![Change {
                id: 2,
                placed: Some(placed(Entity::Measure(measure))),
            }],
            order: None,
            recording: None,
            pictured: None,
            place: None,
        },
        Event {
            number: 42,
            actor: chen(),
            at: at(),
            act: ActKind::Undo,
            changes: vec![
                Change {
                    id: 2,
                    placed: None,
                },
                Change {
                    id: 3,
                    placed: Some(placed(Entity::Annotation(annotation))),
                },
                Change {
                    id: 4,
                    placed: Some(placed(Entity::Line(line()))),
                },
            ],
            order: None,
            recording: None,
            pictured: None,
            place: None,
        },
        Event {
            number: 43,
            actor: chen(),
            at: at(),
            act: ActKind::Order,
            changes: vec![],
            order: Some(Ordered {
                whom: ActorId::new("wang.nurse").unwrap(),
                name: "王护士".to_owned(),
                did: Did::Blocked {
                    reason: "再三打断 interrupts".to_owned(),
                    until: at(),
                },
            }),
            recording: None,
            pictured: None,
            place: None,
        },
        Event {
            number: 44,
            actor: chen(),
            at: at(),
            act: ActKind::Order,
            changes: vec![],
            order: Some(sanctioned::refused()),
            recording: None,
            pictured: None,
            place: None,
        },
        Event {
            number: 45,
            actor: chen(),
            at: at(),
            act: ActKind::Recording,
            changes: vec![],
            order: None,
            recording: Some(RecordingStep::Stopped {
                why: StopReason::NotAgreed,
            }),
            pictured: None,
            place: None,
        },
    ]
}

fn people() -> Vec<Participant> {
    vec![Participant {
        id: 1,
        actor: chen(),
        name: "陈医生".to_owned(),
        role: "expert".to_owned(),
        licence: Licence::Valid,
        colour: "#e69f00".to_owned(),
        figure: Some(3),
        place: 7,
        may_act: true,
        standing: Standing::Host,
        hand_since: Some(at()),
        has_word: false,
        muted: false,
        ended: Vec::new(),
        may_accompany: true,
        stays_until: Some(at()),
        unrested_since: Some(at()),
        joined: at(),
        away: false,
    }]
}

fn waiting() -> Vec<Knocking> {
    vec![Knocking {
        id: 2,
        actor: ActorId::new("zhao.patient").unwrap(),
        name: "赵".to_owned(),
        role: "patient".to_owned(),
        since: at(),
        needs_companion: true,
        needs_licence: false,
        blocked_until: Some(at()),
    }]
}

fn recording() -> RecordingNow {
    RecordingNow {
        state: RecordingState::Running,
        number: Some(40),
        by: Some(chen()),
        since: Some(at()),
        agreed: vec![chen()],
    }
}

fn leading() -> Leading {
    Leading {
        participant: 1,
        view: View {
            yaw_rad: 0.5,
            pitch_rad: -0.25,
            distance_m: 1.75,
        },
    }
}

fn threshold() -> Threshold {
    Threshold {
        state: AtDoor::Blocked,
        since: at(),
        host: Some("陈医生".to_owned()),
        reason: Some("再三打断 interrupts".to_owned()),
        until: Some(at()),
        may_come_urgently: true,
        sanction: sanctioned::sanctions().into_iter().next(),
    }
}

fn server_frames() -> Vec<(&'static str, ServerFrame)> {
    let welcome = |resumed, next_event, entrance| ServerFrame::Welcome {
        version: VERSION,
        participant: 1,
        resume: ResumeToken([0x5a; 16]),
        resumed,
        tick: 77,
        last_seq: 8,
        next_event,
        entrance,
    };
    let tick = |news, poses, acks| ServerFrame::Tick {
        tick: 78,
        news,
        poses,
        acks,
    };
    let holds = vec![Holding {
        entity: 1,
        participant: 1,
        asked: vec![2],
        transform: Some(hologram().transform),
    }];
    let snapshot = Some(vec![Change {
        id: 1,
        placed: Some(Placed {
            locked: Some(Locked {
                by: chen(),
                name: "陈医生".to_owned(),
                at: at(),
                marks: true,
            }),
            ..placed(Entity::Hologram(hologram()))
        }),
    }]);
    let begun = Entrance {
        snapshot,
        people: people(),
        ..Entrance::default()
    };
    let missed = Entrance {
        snapshot: None,
        events: events(),
        people: people(),
        leading: vec![leading()],
        waiting: waiting(),
        sanctions: sanctioned::sanctions(),
        holds: holds.clone(),
        recording: recording(),
        place: None,
    };
    let news = News {
        people: Some(people()),
        leading: Some(vec![]),
        gather: Some(leading()),
        waiting: Some(waiting()),
        sanctions: Some(sanctioned::sanctions()),
        holds: Some(holds),
        events: Some(events()),
        recording: Some(recording()),
    };
    let poses = vec![
        PoseOf {
            participant: 2,
            pose: small_pose(),
        },
        PoseOf {
            participant: 65535,
            pose: full_pose(),
        },
    ];
    let acks = vec![
        Ack {
            seq: 9,
            event: Some(42),
        },
        Ack {
            seq: 10,
            event: None,
        },
    ];
    vec![
        ("welcome with a snapshot", welcome(false, 41, begun)),
        ("welcome to one who comes back", welcome(true, 45, missed)),
        ("tick with nothing", tick(News::default(), vec![], vec![])),
        ("tick with everything", tick(news, poses, acks)),
        ("refused", ServerFrame::refused(9, Refusal::OutsideVolume)),
        ("bye", ServerFrame::bye(Farewell::VersionMismatch)),
        ("bye for now", ServerFrame::bye(Farewell::Closing)),
        (
            "bye with what was said",
            ServerFrame::bye_because(Farewell::PutOut, Some("请先休息".to_owned())),
        ),
        (
            "threshold",
            ServerFrame::Threshold {
                threshold: threshold(),
            },
        ),
        (
            "pong",
            ServerFrame::Pong {
                nonce: 0xdead_beef,
                tick: 78,
            },
        ),
        (
            "voices",
            ServerFrame::Voices {
                voices: vec![Voice {
                    participant: 2,
                    muted: false,
                    speaking: true,
                    camera: false,
                    screen: true,
                    around: false,
                }],
            },
        ),
        (
            "slots",
            ServerFrame::Slots {
                slots: vec![Slot {
                    mid: "3".into(),
                    participant: 2,
                    source: Source::Microphone,
                }],
            },
        ),
        (
            "said",
            ServerFrame::Said {
                participant: 2,
                text: "右上叶 9 mm".into(),
                heard: true,
            },
        ),
    ]
}

fn broken_server_frames() -> Vec<(&'static str, Vec<u8>)> {
    let tick = [0x82, 1, 0, 0, 0];
    vec![
        ("nothing", vec![]),
        ("a client's frame", vec![0x04, 1, 0, 0, 0]),
        (
            "news longer than the frame",
            [&tick[..], &[0xff, 0xff, 0xff, 0xff, b'{', b'}']].concat(),
        ),
        (
            "news that are not JSON",
            [&tick[..], &[1, 0, 0, 0, b'{', 0, 0, 0]].concat(),
        ),
        (
            "more poses than the frame holds",
            [&tick[..], &[0, 0, 0, 0, 200, 1, 0]].concat(),
        ),
        (
            "refusal without a reason",
            vec![0x83, 1, 0, 0, 0, b'{', b'}'],
        ),
    ]
}

#[test]
fn every_reason_has_a_text_in_both_languages() {
    let texts = Refusal::ALL.iter().map(|reason| reason.text());
    for text in texts.chain(Farewell::ALL.iter().map(|reason| reason.text())) {
        assert!(!text.en.is_empty() && !text.zh.is_ascii(), "{text:?}");
    }
}
