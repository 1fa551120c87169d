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
use room::wire::ServerFrame;

/// A service on this machine: answers what it is told to, and hands on each call, head and body.
fn service(answer: &'static str) -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (calls, called) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
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
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let path = format!("/api/rooms/{room}/speech?participant={participant}&language=zh");
    let url = format!("http://{}{path}", hospital.address);
    let request = agent
        .post(url)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", kind);
    let answer = request.send(&b"\x1a\x45\xdf\xa3 sound"[..]).unwrap();
    answer.status().as_u16()
}

#[test]
fn what_is_said_is_written_down_for_the_room_and_only_by_those_in_it() {
    let (url, called) = service(r#"{"text": " 右上叶结节 "}"#);
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
    assert!(called.try_recv().is_err());
    let kind = "audio/webm;codecs=opus";
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
    assert_eq!(said, (seat, "右上叶结节".to_owned(), true));
}
