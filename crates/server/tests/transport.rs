//! Poses by WebTransport at the door of a running hospital: who hears whom, who is turned away, and when it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails, and tells one story"
)]

mod hospital;
#[path = "hospital/poses.rs"]
mod poses;
#[path = "hospital/web_transport.rs"]
mod web_transport;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hospital::{Hospital, Inside, refusal, send};
use poses::{aside, x_mm};
use room::wire::{ClientFrame, ServerFrame};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, time::timeout};
use web_transport::Client;

const PATIENCE: Duration = Duration::from_secs(20);

fn opened() -> (tempfile::TempDir, Hospital) {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(&folder.path().join("data"));
    hospital.admit_patient();
    (folder, hospital)
}

fn seat(inside: &mut Inside) -> u16 {
    inside.hear_until(|frame| match frame {
        ServerFrame::Welcome { participant, .. } => Some(*participant),
        _ => None,
    })
}

fn ask(hospital: &Hospital, token: &str, room: &str, participant: u16) -> (u16, Value) {
    let path = format!("/api/rooms/{room}/poses/transport");
    let body = json!({"participant": participant});
    send(&hospital.address, token, "POST", &path, &body)
}

/// Where to come, and the fingerprints by which the door is known.
fn door(answer: &Value) -> (String, Vec<[u8; 32]>) {
    let hashes = answer["certificate_hashes"].as_array().unwrap();
    let hash = |hash: &Value| {
        let bytes = STANDARD.decode(hash.as_str().unwrap()).unwrap();
        bytes.try_into().unwrap()
    };
    let url = answer["url"].as_str().unwrap().to_owned();
    (url, hashes.iter().map(hash).collect())
}

async fn connect(url: &str, hashes: &[[u8; 32]]) -> Option<Client> {
    let rest = url.strip_prefix("https://").unwrap();
    let (server, path) = rest.split_at(rest.find('/').unwrap());
    let opening = Client::open(server.parse().unwrap(), path, hashes);
    timeout(PATIENCE, opening).await.ok()?
}

/// Hears until a pose with this x comes; answers all that came, and says that it hears.
async fn hear_until(line: &Client, x: i64) -> Vec<i64> {
    let mut seen = Vec::new();
    timeout(PATIENCE, async {
        while !seen.contains(&x) {
            seen.extend(hear(line).await);
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{x} did not come, but {seen:?}"));
    seen
}

async fn hear(line: &Client) -> Vec<i64> {
    let datagram = line.session.hear().await.expect("the line is open");
    assert!(datagram.len() <= 1_100, "{}", datagram.len());
    let ping = ClientFrame::Ping { nonce: 1 };
    line.send(&ping.encode());
    match ServerFrame::decode(&datagram).unwrap() {
        ServerFrame::Tick {
            news, poses, acks, ..
        } => {
            assert!(acks.is_empty() && news == room::wire::News::default());
            poses.iter().map(|one| x_mm(&one.pose)).collect()
        }
        other => panic!("{other:?} came by a line for poses"),
    }
}

async fn ends(line: &Client) {
    let closed = timeout(PATIENCE, line.closed()).await;
    closed.expect("the line ends");
}

#[test]
fn poses_go_both_ways_and_only_who_sits_there_has_a_line() {
    let (_folder, hospital) = opened();
    let runtime = Runtime::new().unwrap();
    let (room, other) = (hospital.consult(), hospital.consult());
    let (li_token, chen_token) = (hospital.token("li.terminal"), hospital.token("chen.expert"));
    let mut li = hospital.enter_as("li.terminal", &li_token, &room);
    let mut chen = hospital.enter_as("chen.expert", &chen_token, &room);
    let (li_seat, chen_seat) = (seat(&mut li), seat(&mut chen));

    // It is for one's own seat, by the session by which one sits there.
    let status = |token: &str, seat: u16| ask(&hospital, token, &room, seat).0;
    assert_eq!(status(&chen_token, li_seat), 409, "somebody else's seat");
    let other_session = hospital.token("li.terminal");
    assert_eq!(status(&other_session, li_seat), 409, "another session");
    let manager = hospital.token("sun.manager");
    assert_eq!(status(&manager, li_seat), 403, "not let into the room");

    let (li_url, hashes) = door(&ask(&hospital, &li_token, &room, li_seat).1);
    let (chen_url, _) = door(&ask(&hospital, &chen_token, &room, chen_seat).1);
    let mut elsewhere = hospital.enter_by(&li_token, &other).unwrap();
    let other_seat = seat(&mut elsewhere);
    let (other_url, _) = door(&ask(&hospital, &li_token, &other, other_seat).1);
    let [to_li, to_chen, to_other] = [&li_url, &chen_url, &other_url]
        .map(|url| runtime.block_on(connect(url, &hashes)).unwrap());

    runtime.block_on(async {
        assert!(to_li.send(&aside(1_000, 1).encode()));
        hear_until(&to_chen, 1).await;
        assert!(to_chen.send(&aside(7, 2).encode()));
        hear_until(&to_li, 2).await;
        // A token works once, a wrong one never, nor does a certificate that was not told.
        assert!(connect(&li_url, &hashes).await.is_none());
        let (wrong, _) = li_url.rsplit_once('/').unwrap();
        for path in ["00000000000000000000000000000000", "", "x", "%00/.."] {
            let url = format!("{wrong}/{path}");
            assert!(connect(&url, &hashes).await.is_none(), "{url}");
        }
    });
    let (fresh, _) = door(&ask(&hospital, &li_token, &other, other_seat).1);
    assert!(runtime.block_on(connect(&fresh, &[[7; 32]])).is_none());
    // Asking for another ended the one that there was.
    runtime.block_on(ends(&to_other));
    let to_other = runtime.block_on(connect(&fresh, &hashes)).unwrap();

    // Nobody moves in the other room. What is older moves nobody; acts and what is no frame are not heard, and
    // what is too long, or comes in a flood, harms nobody else.
    runtime.block_on(async {
        assert!(to_li.send(&aside(900, 3).encode()));
        let act = json!({"act": "raise-hand"});
        let act = ClientFrame::Act { seq: 1, act };
        for odd in [act.encode(), vec![2; 1_000], vec![]] {
            assert!(to_li.send(&odd));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(to_li.send(&aside(2_000, 5).encode()));
        let seen = hear_until(&to_chen, 5).await;
        assert!(!seen.contains(&3), "{seen:?}");
        let second = Duration::from_millis(1_500);
        let heard = timeout(second, async {
            loop {
                assert_eq!(hear(&to_other).await, Vec::<i64>::new());
            }
        });
        assert!(heard.await.is_err());
        for at in 0..5_000_u32 {
            to_other.send(&aside(at, 9).encode());
            if at % 100 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        assert!(to_li.send(&aside(3_000, 6).encode()));
        hear_until(&to_chen, 6).await;
        // A line has no streams: none is given.
        let stream = timeout(Duration::from_millis(300), to_li.open_stream());
        assert!(stream.await.is_err());
    });
    li.say(&ClientFrame::Ping { nonce: 9 });
    li.hear_until(|frame| matches!(frame, ServerFrame::Pong { nonce: 9, .. }).then_some(()));

    // Put out, Chen's line ends with the seat.
    assert_eq!(hospital.put("importer", &refusal("no", "chen.expert")), 201);
    chen.hear_until(|frame| matches!(frame, ServerFrame::Bye { .. }).then_some(()));
    runtime.block_on(ends(&to_chen));
}

#[test]
fn a_line_ends_with_the_rooms_connection_and_a_token_after_seconds() {
    let (_folder, hospital) = opened();
    let runtime = Runtime::new().unwrap();
    let room = hospital.consult();
    let token = hospital.token("li.terminal");
    let mut li = hospital.enter_as("li.terminal", &token, &room);
    let (url, hashes) = door(&ask(&hospital, &token, &room, seat(&mut li)).1);
    let line = runtime.block_on(connect(&url, &hashes)).unwrap();
    drop(li);
    runtime.block_on(ends(&line));

    let mut li = hospital.enter_as("li.terminal", &token, &room);
    let own = seat(&mut li);
    let (late, _) = door(&ask(&hospital, &token, &room, own).1);
    std::thread::sleep(Duration::from_millis(10_500));
    assert!(runtime.block_on(connect(&late, &hashes)).is_none());
    let (gone, _) = door(&ask(&hospital, &token, &room, own).1);
    drop(li);
    std::thread::sleep(Duration::from_millis(500));
    assert!(runtime.block_on(connect(&gone, &hashes)).is_none());
}

#[test]
fn where_it_is_off_or_elsewhere_clients_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(Hospital::found(&data));
    let settings = [
        ("YUANYI_TRANSPORT", "127.0.0.1:0"),
        ("YUANYI_TRANSPORT_ADDRESS", "hospital.example:4433"),
    ];
    let hospital = Hospital::open_with(&data, &settings);
    hospital.admit_patient();
    let room = hospital.consult();
    let token = hospital.token("li.terminal");
    let mut li = hospital.enter_as("li.terminal", &token, &room);
    let own = seat(&mut li);
    let (url, _) = door(&ask(&hospital, &token, &room, own).1);
    assert!(
        url.starts_with("https://hospital.example:4433/poses/"),
        "{url}"
    );
    let page = ureq::get(format!("http://{}/healthz", hospital.address))
        .call()
        .unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("connect-src 'self' blob: https://hospital.example:4433;"),
        "{policy}"
    );
    drop((li, hospital));

    let hospital = Hospital::open_with(&data, &[("YUANYI_TRANSPORT", "off")]);
    let mut li = hospital.enter_as("li.terminal", &token, &room);
    assert_eq!(ask(&hospital, &token, &room, seat(&mut li)).0, 503);
    let page = ureq::get(format!("http://{}/healthz", hospital.address))
        .call()
        .unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("connect-src 'self' blob:;"), "{policy}");
}
