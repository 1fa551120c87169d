//! Captions by a speech service that speaks the interface of `OpenAI`'s transcriptions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc,
};

use hospital::Hospital;
use room::wire::{ClientFrame, ServerFrame};

/// A service on this machine: answers each call what it is told to, and hands on its head and body.
fn service(answers: &'static [&'static str]) -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (calls, called) = mpsc::channel();
    std::thread::spawn(move || {
        for (stream, answer) in listener.incoming().zip(answers) {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(stream.read_line(&mut head).unwrap() > 0);
            }
            let lower = head.to_lowercase();
            let (_, length) = lower.split_once("content-length: ").unwrap();
            let length = length.split_once('\r').unwrap().0.parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            calls.send((head, body)).unwrap();
            let stream = stream.get_mut();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                answer.len()
            )
            .unwrap();
        }
    });
    (format!("http://{address}/v1"), called)
}

/// Sends sound as a browser does; answers the status.
fn speak(hospital: &Hospital, token: &str, room: &str, participant: u16, kind: &str) -> u16 {
    speak_as("caption", hospital, token, room, participant, kind).0
}

/// The same as an order, or as a caption; answers status and body.
fn speak_as(
    purpose: &str,
    hospital: &Hospital,
    token: &str,
    room: &str,
    participant: u16,
    kind: &str,
) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let path =
        format!("/api/rooms/{room}/speech?participant={participant}&language=zh&as={purpose}");
    let url = format!("http://{}{path}", hospital.address);
    let request = agent
        .post(url)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", kind);
    let mut answer = request.send(&b"\x1a\x45\xdf\xa3 sound"[..]).unwrap();
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), body)
}

#[test]
fn what_is_said_is_written_down_for_the_room_and_only_by_those_in_it() {
    let (url, called) = service(&[
        r#"{"text": " 测长度 "}"#,
        r#"{"text": " 右上叶结节 "}"#,
        r#"{"text": ""}"#,
    ]);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let key = folder.path().join("key");
    std::fs::write(&key, "north\n").unwrap();
    // The people are there before; the service is named when the hospital opens again.
    Hospital::found(&data).kill();
    let key = key.to_str().unwrap();
    let settings = [
        ("YUANYI_SPEECH_URL", url.as_str()),
        ("YUANYI_SPEECH_KEY_FILE", key),
    ];
    let hospital = Hospital::open_with(&data, &settings);
    hospital.admit_patient();
    let room = hospital.consult();
    let (own, wang) = (hospital.token("li.terminal"), hospital.token("wang.nurse"));
    assert_eq!(speak(&hospital, &own, &room, 1, "audio/webm"), 409);
    let mut li = hospital.enter_as("li.terminal", &own, &room);
    let seat = li.hear_until(|frame| match frame {
        ServerFrame::Welcome { participant, .. } => Some(*participant),
        _ => None,
    });
    let mut chen = hospital.enter("chen.expert", &room).unwrap();
    // Neither a foreign seat, nor one's own by another session, nor what is no sound reaches the service.
    let other = hospital.token("li.terminal");
    assert_eq!(speak(&hospital, &other, &room, seat, "audio/webm"), 409);
    assert_eq!(speak(&hospital, &wang, &room, seat, "audio/webm"), 409);
    assert_eq!(speak(&hospital, &own, &room, seat, "text/plain"), 400);
    let order =
        |token: &str, seat, kind: &str| speak_as("order", &hospital, token, &room, seat, kind);
    assert_eq!(order(&other, seat, "audio/webm").0, 409);
    assert_eq!(order(&own, seat, "text/plain").0, 400);
    assert!(called.try_recv().is_err());
    // An order comes back to who gave it.
    let kind = "audio/webm;codecs=opus";
    let (status, body) = order(&own, seat, kind);
    assert_eq!((status, body.as_str()), (200, r#"{"text":"测长度"}"#));
    called.recv().unwrap();
    assert_eq!(speak(&hospital, &own, &room, seat, kind), 204);
    let (head, body) = called.recv().unwrap();
    assert!(head.starts_with("POST /v1/audio/transcriptions "), "{head}");
    assert!(head.contains("Bearer north"));
    let body = String::from_utf8_lossy(&body);
    for part in [
        "name=\"model\"\r\n\r\nwhisper-1",
        "name=\"language\"\r\n\r\nzh",
        "filename=\"speech.webm\"",
        " sound\r\n--",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let said = chen.hear_until(|frame| match frame {
        ServerFrame::Said {
            participant,
            text,
            heard,
        } => Some((*participant, text.clone(), *heard)),
        _ => None,
    });
    // The first that anybody else hears is the caption: nobody was told of the order.
    assert_eq!(said, (seat, "右上叶结节".to_owned(), true));

    // Who is muted says nothing to the room, and may give orders all the same.
    let expert = hospital.token("chen.expert");
    let mut chen = hospital.enter_as("chen.expert", &expert, &room);
    let muted = chen.hear_until(|frame| match frame {
        ServerFrame::Welcome { participant, .. } => Some(*participant),
        _ => None,
    });
    let act = serde_json::json!({"act": "mute", "participant": muted, "reason": "noise"});
    li.say(&ClientFrame::Act { seq: 1, act });
    chen.hear_until(|frame| match frame {
        ServerFrame::Tick { news, .. } => {
            let mut people = news.people.iter().flatten();
            people.any(|one| one.muted).then_some(())
        }
        _ => None,
    });
    assert_eq!(speak(&hospital, &expert, &room, muted, kind), 409);
    let (status, body) = order(&expert, muted, kind);
    assert_eq!((status, body.as_str()), (200, r#"{"text":""}"#));
    assert_eq!(order("nobody", muted, kind).0, 401);
}
