//! A hospital to put people into: one of its own, or one that runs somewhere.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::Result;

/// The password of a hospital that is started for this alone.
const PASSWORD: &str = "load-password-1";
/// How long a demo hospital may take until it is ready.
const PATIENCE: Duration = Duration::from_mins(10);
/// Who asks for a consultation, and who is asked.
const PEOPLE: [&str; 2] = ["li.terminal", "chen.expert"];

/// How many seats one of them has in a room: two people stand for all who are there.
const SEATS_EACH: &str = "64";

/// A hospital that takes people in.
pub struct Hospital {
    pub address: String,
    /// Its process, where it is known.
    pub pid: Option<String>,
    password: String,
    own: Option<Own>,
}

/// One that runs for this alone, and ends with it.
struct Own {
    server: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Hospital {
    /// One that runs already, with the password of its demo accounts. It lets two accounts have as many seats in a room
    /// as there are people (`room_seats_each`).
    pub fn at(address: String, password: String, pid: Option<String>) -> Self {
        Self {
            address,
            pid,
            password,
            own: None,
        }
    }

    /// Starts a demo hospital on loopback, from the program that was built beside this one.
    pub fn start() -> Result<Self> {
        let program = beside()?;
        let folder = tempfile::tempdir()?;
        let http = format!("127.0.0.1:{}", free_port()?);
        let dicom = format!("127.0.0.1:{}", free_port()?);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let said = folder.path().join("said");
        let server = Command::new(&program)
            .args(["demo", "--demo-password", PASSWORD, "--mqtt", "off"])
            .args(["--http", &http, "--dicom", &dicom])
            .arg("--data")
            .arg(folder.path().join("data"))
            .arg("--demo-files")
            .arg(root.join("demo"))
            .env("YUANYI_ROOM_SEATS_EACH", SEATS_EACH)
            .stdin(Stdio::null())
            .stdout(File::create(&said)?)
            .stderr(File::create(folder.path().join("errors"))?)
            .spawn()
            .map_err(|error| format!("start {}: {error}", program.display()))?;
        let mut own = Own {
            server,
            _folder: folder,
        };
        let began = Instant::now();
        while !std::fs::read_to_string(&said)?.contains("ready after") {
            if began.elapsed() > PATIENCE || own.server.try_wait()?.is_some() {
                return Err("the demo hospital does not open".into());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(Self {
            address: http,
            pid: Some(own.server.id().to_string()),
            password: PASSWORD.to_owned(),
            own: Some(own),
        })
    }

    /// Whether it was started for this alone.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Opens so many consultations about the first patient with a CT, a room each. Answers the ids of the rooms and
    /// the cookies of those who may be in them, who have agreed to the rules of conduct.
    pub fn rooms(&self, count: usize) -> Result<(Vec<String>, Vec<String>)> {
        let mut sessions = Vec::new();
        for who in PEOPLE {
            let session = Session::open(&self.address, who, &self.password)?;
            session.agree()?;
            sessions.push(session);
        }
        let [asking, asked] = sessions.as_slice() else {
            return Err("two people make a consultation".into());
        };
        let (patient, series) = first_scan(&asking.get("/api/home")?.1)
            .ok_or("find a patient with a CT whom li.terminal treats")?;
        let mut rooms = Vec::new();
        for _ in 0..count {
            let scenario = "/api/scenarios/remote-consult";
            let ask = json!({"patient": patient, "series": series, "expert": PEOPLE[1], "reason": "load"});
            let case = asking.post(&format!("{scenario}/requests"), &ask)?;
            let id = case["id"].as_str().ok_or("read the id of a case")?;
            asked.post(&format!("{scenario}/cases/{id}/accept"), &json!({}))?;
            rooms.push(
                case["room"]
                    .as_str()
                    .ok_or("read the room of a case")?
                    .to_owned(),
            );
        }
        while asking.get(&format!("/api/series/{series}/volume"))?.0 == 202 {
            std::thread::sleep(Duration::from_millis(500));
        }
        let cookies = sessions.into_iter().map(|session| session.cookie);
        Ok((rooms, cookies.collect()))
    }
}

/// The `yuanyi` of the build that this program is of.
fn beside() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let built = own.parent().and_then(Path::parent);
    let program = built.ok_or("find the built programs")?.join("yuanyi");
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!("find {}: build it first", program.display()).into())
    }
}

fn free_port() -> Result<u16> {
    let probe = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(probe.local_addr()?.port())
}

fn first_scan(home: &Value) -> Option<(String, String)> {
    let is_ct = |of: &Value| of.get("modality").is_none_or(|found| found == "CT");
    home["patients"].as_array()?.iter().find_map(|patient| {
        let studies = patient["studies"].as_array()?.iter().filter(|s| is_ct(s));
        let mut series = studies.flat_map(|study| study["series"].as_array().into_iter().flatten());
        let uid = series.find(|one| is_ct(one))?["uid"].as_str()?;
        Some((patient["id"].as_str()?.to_owned(), uid.to_owned()))
    })
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

/// Somebody's session.
#[derive(Clone)]
pub struct Session {
    address: String,
    cookie: String,
    agent: ureq::Agent,
}

impl Session {
    fn open(address: &str, user: &str, password: &str) -> Result<Self> {
        let mut session = Self::of(address, "");
        let body = json!({"user": user, "password": password});
        let answer = session.send("POST", "/api/session", Some(&body))?;
        let cookie = answer.headers().get("set-cookie");
        let cookie = cookie.and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        let refused = || format!("sign in as {user}: {}", answer.status());
        cookie.ok_or_else(refused)?.clone_into(&mut session.cookie);
        Ok(session)
    }

    /// The session that a cookie is of.
    pub fn of(address: &str, cookie: &str) -> Self {
        Self {
            address: address.to_owned(),
            cookie: cookie.to_owned(),
            agent: agent(),
        }
    }

    /// Offers a line for poses; the answer to it.
    pub fn offer_poses(&self, room: &str, participant: u16, sdp: &str) -> Result<String> {
        let offer = json!({"participant": participant, "sdp": sdp});
        let answer = self.post(&format!("/api/rooms/{room}/poses"), &offer)?;
        let answer = answer["sdp"].as_str();
        Ok(answer.ok_or("read the answer to an offer")?.to_owned())
    }

    /// Asks where to come for poses by WebTransport: the address, and the certificates that it may show.
    pub fn ask_for_transport(&self, room: &str, participant: u16) -> Result<(String, Vec<String>)> {
        let path = format!("/api/rooms/{room}/poses/transport");
        let answer = self.post(&path, &json!({"participant": participant}))?;
        let hashes = answer["certificate_hashes"]
            .as_array()
            .into_iter()
            .flatten();
        let hashes = hashes.filter_map(|hash| hash.as_str().map(str::to_owned));
        let url = answer["url"].as_str().ok_or("read where to come")?;
        Ok((url.to_owned(), hashes.collect()))
    }

    /// Agrees to the rules of conduct, as everybody does once.
    fn agree(&self) -> Result<()> {
        let rules = self.get("/api/conduct")?.1;
        self.post("/api/conduct", &json!({"version": rules["version"]}))?;
        Ok(())
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<ureq::http::Response<ureq::Body>> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("x-yuanyi-client", "1")
            .header("content-type", "application/json")
            .header("cookie", &self.cookie)
            .body(body.map(Value::to_string).unwrap_or_default())?;
        Ok(self.agent.run(request)?)
    }

    fn get(&self, path: &str) -> Result<(u16, Value)> {
        let mut answer = self.send("GET", path, None)?;
        let text = answer.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok((answer.status().as_u16(), body))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let mut answer = self.send("POST", path, Some(body))?;
        let text = answer.body_mut().read_to_string()?;
        if !answer.status().is_success() {
            return Err(format!("{path}: {} {text}", answer.status()).into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}
