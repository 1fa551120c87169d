//! A hospital as its own process, with people, one patient and sockets to its rooms.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

use std::{
    io::{BufRead, BufReader, ErrorKind, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use room::{
    ResumeToken,
    wire::{ClientFrame, ServerFrame, VERSION},
};
use serde_json::{Value, json};
use tungstenite::{ClientRequestBuilder, Message, WebSocket};

/// The people of this hospital and their roles.
const PEOPLE: [(&str, &str); 6] = [
    ("li.terminal", "terminal-doctor"),
    ("chen.expert", "expert"),
    ("wang.nurse", "nurse"),
    ("sun.manager", "manager"),
    ("admin", "admin"),
    ("importer", "system"),
];

/// Those who meet patients as their work, and are licensed to do so in rooms.
const STAFF: [&str; 3] = ["li.terminal", "chen.expert", "wang.nurse"];

pub fn yuanyi() -> Command {
    Command::new(env!("CARGO_BIN_EXE_yuanyi"))
}

/// Runs a subcommand that must succeed; answers what it printed.
pub fn run(command: &mut Command) -> String {
    let out = command.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}: {said}");
    String::from_utf8(out.stdout).unwrap()
}

pub struct Hospital {
    pub data: PathBuf,
    pub address: String,
    /// The server's process.
    pub server: Child,
}

impl Hospital {
    /// A new hospital in `data` with its people.
    pub fn found(data: &Path) -> Self {
        for (who, role) in PEOPLE {
            let mut put = yuanyi();
            put.args(["user", "put", who, "--name", who, "--role", role, "--data"]);
            let mut put = put.arg(data).stdin(Stdio::piped()).spawn().unwrap();
            let password = b"a password of some length 7";
            put.stdin.take().unwrap().write_all(password).unwrap();
            assert!(put.wait().unwrap().success());
        }
        let hospital = Self::open(data);
        for who in STAFF {
            assert_eq!(hospital.put("importer", &licensed(who)), 201);
        }
        hospital
    }

    /// The hospital that is kept in `data`.
    pub fn open(data: &Path) -> Self {
        Self::open_with(data, &[])
    }

    /// The same with settings from the environment.
    pub fn open_with(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut server = yuanyi()
            .args([
                "serve",
                "--http",
                "127.0.0.1:0",
                "--dicom",
                "off",
                "--mqtt",
                "off",
                "--data",
            ])
            .arg(data)
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the server has ended").unwrap();
            if let Some((_, url)) = line.split_once("ready: http://") {
                break url.split(' ').next().unwrap().to_owned();
            }
            eprintln!("{line}");
        };
        // What the server says later is passed on, so that it never waits for a reader.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("{line}");
            }
        });
        Self {
            data: data.to_owned(),
            address,
            server,
        }
    }

    /// Stops the server at once, as a power cut does.
    pub fn kill(mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// A bearer token of one of the people.
    pub fn token(&self, who: &str) -> String {
        let mut new = yuanyi();
        new.args(["token", "new", "--as", who, "--data"])
            .arg(&self.data);
        run(&mut new).trim().to_owned()
    }

    /// Sends a request; answers status and body.
    pub fn send(&self, who: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        send(&self.address, &self.token(who), method, path, body)
    }

    /// Puts a resource under its own id; answers the status.
    pub fn put(&self, who: &str, resource: &Value) -> u16 {
        let (kind, id) = (&resource["resourceType"], &resource["id"]);
        let path = format!("/fhir/{}/{}", kind.as_str().unwrap(), id.as_str().unwrap());
        self.send(who, "PUT", &path, resource).0
    }

    /// Patient `p`, in the care of `li.terminal` and `wang.nurse`.
    pub fn admit_patient(&self) {
        let patient = json!({"resourceType": "Patient", "id": "p", "name": [{"text": "赵敏"}]});
        assert_eq!(self.put("importer", &patient), 201);
        let team = care_team("team", &["li.terminal", "wang.nurse"]);
        assert_eq!(self.put("importer", &team), 201);
    }

    /// `li.terminal` asks `chen.expert` about patient `p`, who accepts. Answers the case's id, which is also
    /// the room's.
    pub fn consult(&self) -> String {
        let scenario = "/api/scenarios/remote-consult";
        let ask = json!({"patient": "p", "expert": "chen.expert", "reason": "a nodule"});
        let (status, case) =
            self.send("li.terminal", "POST", &format!("{scenario}/requests"), &ask);
        assert_eq!(status, 201, "{case}");
        let id = case["id"].as_str().unwrap().to_owned();
        assert_eq!(case["room"].as_str(), Some(id.as_str()));
        let accept = format!("{scenario}/cases/{id}/accept");
        assert_eq!(self.send("chen.expert", "POST", &accept, &json!({})).0, 200);
        id
    }

    /// Opens the socket of a room and says hello; the HTTP status where the door stays shut.
    pub fn enter(&self, who: &str, room: &str) -> Result<Inside, u16> {
        self.agree(who);
        self.knock(who, room)
    }

    /// Agrees to the rules of conduct, as everybody does once.
    pub fn agree(&self, who: &str) {
        let rules = self.send(who, "GET", "/api/conduct", &Value::Null).1;
        let agree = json!({"version": rules["version"]});
        assert_eq!(self.send(who, "POST", "/api/conduct", &agree).0, 204);
    }

    /// The same by a token that is used for more than the socket.
    pub fn enter_as(&self, who: &str, token: &str, room: &str) -> Inside {
        self.agree(who);
        self.enter_by(token, room).unwrap()
    }

    /// Comes to a room's door, whether the rules were agreed to or not.
    pub fn knock(&self, who: &str, room: &str) -> Result<Inside, u16> {
        self.enter_by(&self.token(who), room)
    }

    /// Comes to a room's door by a session or token.
    pub fn enter_by(&self, token: &str, room: &str) -> Result<Inside, u16> {
        self.come_back(token, room, None, 0)
    }

    /// The same by one who has a seat there, or had one, and has seen so many events.
    pub fn come_back(
        &self,
        token: &str,
        room: &str,
        resume: Option<ResumeToken>,
        next_event: u64,
    ) -> Result<Inside, u16> {
        let mut inside = self.connect(token, room)?;
        inside.say(&ClientFrame::Hello {
            version: VERSION,
            resume,
            next_event,
        });
        Ok(inside)
    }

    /// Opens the socket of a room, and says nothing yet.
    pub fn connect(&self, token: &str, room: &str) -> Result<Inside, u16> {
        let uri = format!("ws://{}/api/rooms/{room}/socket", self.address);
        let request = ClientRequestBuilder::new(uri.parse().unwrap())
            .with_header("authorization", format!("Bearer {token}"));
        let stream = TcpStream::connect(&self.address).unwrap();
        let (socket, _) = tungstenite::client(request, stream).map_err(|error| match error {
            tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer)) => {
                answer.status().as_u16()
            }
            other => panic!("{other}"),
        })?;
        Ok(Inside(socket))
    }
}

impl Drop for Hospital {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Sends a request; answers status and body.
pub fn send(address: &str, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(if method == "GET" {
            String::new()
        } else {
            body.to_string()
        })
        .unwrap();
    let mut answer = agent.run(request).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (answer.status().as_u16(), body)
}

/// Somebody with a licence to practise in virtual rooms.
pub fn licensed(who: &str) -> Value {
    let code = json!({"coding": [{"system": "urn:yuanyi:licence", "code": "virtual-room"}]});
    json!({
        "resourceType": "Practitioner", "id": who, "active": true, "name": [{"text": who}],
        "qualification": [{"code": code, "period": {"start": "2025-01-01"}}],
    })
}

/// A care team of patient `p`.
pub fn care_team(id: &str, members: &[&str]) -> Value {
    let member = |who: &&str| json!({"member": {"reference": format!("Practitioner/{who}")}});
    json!({
        "resourceType": "CareTeam", "id": id, "status": "active",
        "subject": {"reference": "Patient/p"},
        "participant": members.iter().map(member).collect::<Vec<_>>(),
    })
}

/// Patient `p` refuses that `who` sees their record.
pub fn refusal(id: &str, who: &str) -> Value {
    let code = |system: &str, code: &str| json!({"coding": [{"system": system, "code": code}]});
    let actor = json!({
        "role": code("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "PRCP"),
        "reference": {"reference": format!("Practitioner/{who}")},
    });
    json!({
        "resourceType": "Consent", "id": id, "status": "active",
        "scope": code("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [code("http://loinc.org", "59284-0")],
        "patient": {"reference": "Patient/p"},
        "policyRule": code("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
        "provision": {"type": "deny", "actor": [actor]},
    })
}

/// Somebody in a room.
pub struct Inside(WebSocket<TcpStream>);

/// What comes within some time.
#[allow(
    clippy::large_enum_variant,
    reason = "one at a time is held, and looked into at once"
)]
pub enum Heard {
    Frame(ServerFrame),
    Nothing,
    Ended,
}

impl Inside {
    pub fn say(&mut self, frame: &ClientFrame) {
        self.0.send(Message::binary(frame.encode())).unwrap();
    }

    /// Says what may be no frame; `false` where nobody takes it any more.
    pub fn utter(&mut self, message: Message) -> bool {
        self.0.send(message).is_ok()
    }

    /// The next frame, if one comes within that time.
    pub fn hear_within(&mut self, wait: Duration) -> Heard {
        let line = self.0.get_ref();
        line.set_read_timeout(Some(wait)).unwrap();
        let heard = loop {
            match self.0.read() {
                Ok(Message::Binary(bytes)) => {
                    break Heard::Frame(ServerFrame::decode(&bytes).unwrap());
                }
                Ok(Message::Close(_)) => break Heard::Ended,
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    break Heard::Nothing;
                }
                Err(_) => break Heard::Ended,
            }
        };
        self.0.get_ref().set_read_timeout(None).unwrap();
        heard
    }

    /// The next frame; `None` once the server has closed.
    pub fn hear(&mut self) -> Option<ServerFrame> {
        let bytes = self.hear_bytes()?;
        Some(ServerFrame::decode(&bytes).unwrap())
    }

    /// The next frame as it came; `None` once the server has closed.
    pub fn hear_bytes(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.0.read() {
                Ok(Message::Binary(bytes)) => return Some(bytes.to_vec()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Hears until a frame for which `sought` has an answer.
    pub fn hear_until<T>(&mut self, sought: impl Fn(&ServerFrame) -> Option<T>) -> T {
        loop {
            let frame = self.hear().expect("the connection ended before");
            if let Some(found) = sought(&frame) {
                return found;
            }
        }
    }
}
