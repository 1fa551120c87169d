//! The software of a simulated device: it fetches packages, checks them, installs them beside what runs, checks itself,
//! and goes back where that fails, as a real device would.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    time::Duration,
};

use ::devices::{Acknowledgement, Answer, Contents, Package};
use anyhow::{Context, Result, bail};
use ledger::Verifier;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;

/// So many bytes are fetched at once.
const PIECE: u64 = 64 << 10;
/// How often a piece is asked for before it is given up, and how long it is waited meanwhile.
const TRIES: u32 = 5;
const AGAIN: Duration = Duration::from_millis(400);
/// So many lines of its log it remembers, and so many answers.
const LOG: usize = 50;
const ANSWERS: usize = 50;

/// What runs, and what ran before: it stays installed, so that there is a way back.
#[derive(Clone, Serialize, Deserialize)]
struct Installed {
    version: String,
    program: Program,
}

/// A simulated device's software: how its self-check will go.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Program {
    /// Devices on which the self-check fails; `*`: on all.
    fails_on: Vec<String>,
    /// Devices that find a fault only while they work.
    faulty_on: Vec<String>,
    /// What they say then.
    reason: String,
}

impl Program {
    fn hits(of: &[String], device: &str) -> bool {
        of.iter().any(|one| one == device || one == "*")
    }
}

/// What a device keeps while it is switched off.
#[derive(Clone, Serialize, Deserialize)]
struct Memory {
    running: Installed,
    before: Option<Installed>,
    answers: BTreeMap<String, Acknowledgement>,
    order: VecDeque<String>,
}

/// The software of a simulated device.
pub struct Software {
    device: String,
    profile: String,
    token: String,
    /// Where the hospital's HTTP door is.
    http: String,
    /// Whose packages it takes.
    trusted: Vec<Verifier>,
    /// Where it keeps what outlives it; nowhere, where it is not set.
    file: Option<PathBuf>,
    memory: Memory,
    log: VecDeque<String>,
}

/// A command, as it comes.
#[derive(Deserialize)]
pub struct Command {
    id: String,
    #[serde(rename = "command")]
    what: String,
    #[serde(default)]
    parameters: Value,
}

/// Why a package is not installed: it will not, or it could not.
enum Failed {
    Refused(String),
    Failed(String),
}

impl Software {
    /// As it comes from its maker, or as it was when it was switched off.
    pub fn new(
        (device, profile, token): (&str, &str, &str),
        http: &str,
        trusted: Vec<Verifier>,
        version: &str,
        file: Option<PathBuf>,
    ) -> Result<Self> {
        let fresh = Memory {
            running: Installed {
                version: version.to_owned(),
                program: Program::default(),
            },
            before: None,
            answers: BTreeMap::new(),
            order: VecDeque::new(),
        };
        let memory = match &file {
            Some(file) if file.exists() => serde_json::from_slice(&std::fs::read(file)?)
                .with_context(|| format!("understand {}", file.display()))?,
            _ => fresh,
        };
        let mut software = Self {
            device: device.to_owned(),
            profile: profile.to_owned(),
            token: token.to_owned(),
            http: http.trim_end_matches('/').to_owned(),
            trusted,
            file,
            memory,
            log: VecDeque::new(),
        };
        software.note("switched on");
        Ok(software)
    }

    fn note(&mut self, what: &str) {
        if self.log.len() == LOG {
            self.log.pop_front();
        }
        let version = &self.memory.running.version;
        self.log
            .push_back(format!("{} {version} {what}", clock::now()));
    }

    fn save(&self) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let unfinished = file.with_extension("new");
        std::fs::write(&unfinished, serde_json::to_vec(&self.memory)?)?;
        std::fs::rename(unfinished, file)?;
        Ok(())
    }

    /// What it says of itself.
    pub fn state(&self) -> Value {
        let running = &self.memory.running;
        let faulty = Program::hits(&running.program.faulty_on, &self.device);
        let faults: &[String] = if faulty {
            std::slice::from_ref(&running.program.reason)
        } else {
            &[]
        };
        let check = self.self_check(running);
        json!({
            "online": true,
            "battery": {"percent": 100, "charging": true},
            "software": running.version,
            "self_check": {"passed": check.is_ok(), "reason": check.err()},
            "faults": faults,
        })
    }

    fn self_check(&self, what: &Installed) -> Result<(), String> {
        if Program::hits(&what.program.fails_on, &self.device) {
            return Err(what.program.reason.clone());
        }
        Ok(())
    }

    /// The version that runs.
    pub fn version(&self) -> &str {
        &self.memory.running.version
    }

    /// What was answered to a command that came before: it is done once.
    pub fn answered(&self, command: &Command) -> Option<Acknowledgement> {
        self.memory.answers.get(&command.id).cloned()
    }

    /// That it will do something that takes a while.
    pub fn accepts(command: &Command) -> Option<Acknowledgement> {
        (command.what == "install").then(|| Acknowledgement {
            id: command.id.clone(),
            answer: Answer::Accepted,
            reason: None,
            detail: None,
        })
    }

    /// Does what it is told; what it answers.
    pub fn obey(&mut self, command: &Command) -> Acknowledgement {
        let mut detail = None;
        let done = match command.what.as_str() {
            "install" => self.install(&command.parameters),
            "put-back" => self.put_back(&command.parameters),
            "self-check" => {
                detail = self.state().get("self_check").cloned();
                Ok(())
            }
            "send-log" => {
                detail = Some(json!({"lines": self.log}));
                Ok(())
            }
            _ => Err(Failed::Refused("unknown command".to_owned())),
        };
        let (answer, reason) = match done {
            Ok(()) => (Answer::Done, None),
            Err(Failed::Refused(why)) => (Answer::Refused, Some(why)),
            Err(Failed::Failed(why)) => (Answer::Failed, Some(why)),
        };
        self.note(&match &reason {
            Some(why) => format!("{}: {why}", command.what),
            None => format!("{}: done", command.what),
        });
        let answer = Acknowledgement {
            id: command.id.clone(),
            answer,
            reason,
            detail,
        };
        self.remember(&answer);
        answer
    }

    fn remember(&mut self, answer: &Acknowledgement) {
        let memory = &mut self.memory;
        memory.answers.insert(answer.id.clone(), answer.clone());
        memory.order.push_back(answer.id.clone());
        if memory.order.len() > ANSWERS
            && let Some(oldest) = memory.order.pop_front()
        {
            memory.answers.remove(&oldest);
        }
        if let Err(error) = self.save() {
            tracing::warn!(%error, "a simulated device could not keep its memory");
        }
    }

    fn install(&mut self, parameters: &Value) -> Result<(), Failed> {
        let text = |name: &str| parameters.get(name).and_then(Value::as_str);
        let note = text("note").unwrap_or_default();
        let refused = |error: ::devices::PackageError| Failed::Refused(error.to_string());
        let package = Package::open(note, &self.trusted).map_err(refused)?;
        let manifest = &package.manifest;
        if manifest.contents != Contents::Software {
            return Err(Failed::Refused("it is no software".to_owned()));
        }
        manifest
            .replaces(&self.profile, &self.memory.running.version)
            .map_err(refused)?;
        let failed = |error: anyhow::Error| Failed::Failed(format!("{error:#}"));
        let path = text("path").unwrap_or_default();
        let token = text("token").unwrap_or(&self.token);
        let fetched = self.fetch((path, token), manifest.bytes);
        let bytes = fetched.map_err(failed)?;
        manifest
            .is_of(&bytes)
            .map_err(|error| Failed::Failed(error.to_string()))?;
        let program: Program = serde_json::from_slice(&bytes)
            .map_err(|_| Failed::Failed("the software does not start".to_owned()))?;
        let new = Installed {
            version: manifest.version.clone(),
            program,
        };
        // What runs stays beside it, and runs again where the new one is not well.
        if let Err(why) = self.self_check(&new) {
            let running = &self.memory.running.version;
            let why = format!(
                "the self-check of {} failed: {why}; {running} runs again",
                new.version
            );
            return Err(Failed::Failed(why));
        }
        let before = std::mem::replace(&mut self.memory.running, new);
        self.memory.before = Some(before);
        Ok(())
    }

    fn put_back(&mut self, parameters: &Value) -> Result<(), Failed> {
        let wanted = parameters.get("version").and_then(Value::as_str);
        if wanted == Some(self.version()) {
            return Ok(());
        }
        let fits = |one: &Installed| wanted.is_none_or(|wanted| one.version == wanted);
        match self.memory.before.take() {
            Some(before) if fits(&before) => {
                self.memory.running = before;
                Ok(())
            }
            other => {
                self.memory.before = other;
                Err(Failed::Refused("that version is not here".to_owned()))
            }
        }
    }

    /// Fetches the bytes piece by piece, each again where the line is broken.
    fn fetch(&self, of: (&str, &str), bytes: u64) -> Result<Vec<u8>> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .new_agent();
        let mut all = Vec::new();
        while (all.len() as u64) < bytes {
            let first = all.len() as u64;
            let last = (first + PIECE).min(bytes) - 1;
            let mut tries = 0;
            loop {
                match self.piece(&agent, of, first, last) {
                    Ok(piece) => {
                        all.extend(piece);
                        break;
                    }
                    Err(error) if tries >= TRIES => return Err(error),
                    Err(_) => {
                        tries += 1;
                        std::thread::sleep(AGAIN * tries);
                    }
                }
            }
        }
        Ok(all)
    }

    fn piece(
        &self,
        agent: &ureq::Agent,
        (path, token): (&str, &str),
        first: u64,
        last: u64,
    ) -> Result<Vec<u8>> {
        let mut answer = agent
            .get(format!("{}{path}", self.http))
            .header("Authorization", format!("Bearer {token}"))
            .header("Range", format!("bytes={first}-{last}"))
            .call()
            .context("reach the hospital to fetch the package")?;
        if answer.status() != 206 {
            bail!(
                "fetch the package: the hospital answers {}",
                answer.status()
            );
        }
        let piece = answer.body_mut().read_to_vec()?;
        if piece.len() as u64 != last - first + 1 {
            bail!("fetch the package: a piece of it is cut off");
        }
        Ok(piece)
    }
}
