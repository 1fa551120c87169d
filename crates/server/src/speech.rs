//! Captions and orders by a speech service, behind the interface that many speak: `POST …/audio/transcriptions` as `OpenAI`
//! describes it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use parking_lot::Mutex;
use serde::Deserialize;
use vocabulary::ActorId;

use crate::{config::Config, tls};

/// Nobody waits longer for it; most wait less long.
const LONGEST: Duration = Duration::from_mins(1);
/// The longest answer that is read.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A speech service that the operator has named.
pub struct Speech {
    url: String,
    model: String,
    key: Option<String>,
    agent: ureq::Agent,
    /// How many wait for it, by who they are.
    waiting: Mutex<HashMap<ActorId, usize>>,
}

/// So many wait for it at once, and so many of one account: each holds a thread until it answers.
const AT_ONCE: usize = 8;
const AT_ONCE_OF_ONE: usize = 2;

/// A place among those who wait for the service, until this is dropped.
pub struct Turn {
    speech: Arc<Speech>,
    who: ActorId,
}

impl std::ops::Deref for Turn {
    type Target = Speech;

    fn deref(&self) -> &Speech {
        &self.speech
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.speech.waiting.lock();
        if let Some(count) = waiting.get_mut(&self.who) {
            *count -= 1;
        }
        waiting.retain(|_, count| *count > 0);
    }
}

/// Why nothing was written down; the causes name the service, and nothing of what was said.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// It took longer than anybody waits.
    #[error("hear the speech service in time: {0:#}")]
    Late(anyhow::Error),
    /// It cannot be reached, refuses, or answers what cannot be understood.
    #[error("get an answer of the speech service: {0:#}")]
    NoAnswer(anyhow::Error),
}

/// The part of the answer that is used.
#[derive(Deserialize)]
struct Heard {
    text: String,
}

impl Speech {
    /// The service of the configuration, if it names one.
    pub fn of(config: &Config) -> Result<Option<Self>> {
        let Some(url) = &config.speech_url else {
            return Ok(None);
        };
        let is_safe = url.starts_with("https://");
        ensure!(
            is_safe || url.starts_with("http://"),
            "use speech_url = {url:?}: write https://NAME/v1, or http://ADDR:PORT/v1 of a service on this machine"
        );
        ensure!(
            !is_safe || config.speech_ca.is_some(),
            "trust the speech service: set speech_ca to a file with who signed its certificate"
        );
        // What is said in a room is heard by whoever hears the line.
        ensure!(
            is_safe || config.speech_in_the_clear || tls::is_on_this_machine(url),
            "send what is said in the clear: write https:// and set speech_ca, or set speech_in_the_clear where nobody else is on the network"
        );
        let authorities = config.speech_ca.as_deref().filter(|_| is_safe);
        let key = config.speech_key_file.as_ref().map(|file| {
            let key = std::fs::read_to_string(file);
            key.with_context(|| format!("read the speech service's key from {}", file.display()))
        });
        Ok(Some(Self {
            url: format!("{}/audio/transcriptions", url.trim_end_matches('/')),
            model: config.speech_model.clone(),
            key: key.transpose()?.map(|key| key.trim().to_owned()),
            agent: tls::agent(LONGEST, authorities)?,
            waiting: Mutex::default(),
        }))
    }

    /// A place for somebody, where one is free.
    pub fn turn(self: &Arc<Self>, who: &ActorId) -> Option<Turn> {
        let mut waiting = self.waiting.lock();
        if waiting.values().sum::<usize>() >= AT_ONCE {
            return None;
        }
        let count = waiting.entry(who.clone()).or_default();
        if *count >= AT_ONCE_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Turn {
            speech: Arc::clone(self),
            who: who.clone(),
        })
    }

    /// What is said in a piece of sound. It waits for the service, so long.
    pub fn write_down(
        &self,
        sound: &Bytes,
        kind: &str,
        language: &str,
        patience: Duration,
    ) -> Result<String, SpeechError> {
        let written = self.ask(sound, kind, language, patience);
        written.map_err(|error| match error.downcast_ref() {
            Some(ureq::Error::Timeout(_)) => SpeechError::Late(error),
            _ => SpeechError::NoAnswer(error),
        })
    }

    fn ask(&self, sound: &Bytes, kind: &str, language: &str, patience: Duration) -> Result<String> {
        let boundary = format!("yuanyi-{:032x}", rand::random::<u128>());
        let body = form(&boundary, &self.model, language, kind, sound);
        let request = self.agent.post(&self.url).config();
        let request = request.timeout_global(Some(patience)).build();
        let mut request = request.header(
            "content-type",
            format!("multipart/form-data; boundary={boundary}"),
        );
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut answer = request.send(&body[..]).context("ask the speech service")?;
        let status = answer.status();
        ensure!(status.is_success(), "ask the speech service: {status}");
        let answer = answer.body_mut().with_config().limit(ANSWER_BYTES);
        let answer = answer
            .read_to_string()
            .context("hear the speech service out")?;
        let heard: Heard =
            serde_json::from_str(&answer).context("understand the speech service")?;
        Ok(heard.text.trim().to_owned())
    }
}

/// The fields of the call as `multipart/form-data` (RFC 7578).
fn form(boundary: &str, model: &str, language: &str, kind: &str, sound: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(sound.len() + 1024);
    let fields = [
        ("model", model),
        ("language", language),
        ("response_format", "json"),
    ];
    for (name, value) in fields {
        let field = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend(field.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"speech.webm\"\r\ncontent-type: {kind}\r\n\r\n"
    );
    body.extend(head.as_bytes());
    body.extend(sound);
    body.extend(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

#[cfg(test)]
mod tests {
    use std::{io::Write, net::TcpListener};

    use super::*;

    /// A service that answers this to one call, or nothing at all.
    fn speech_of(answer: Option<&'static str>) -> Speech {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            if let Some(answer) = answer {
                let head =
                    format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(head.as_bytes()).unwrap();
            }
            // Nothing ends the line before the other side has given up.
            std::io::copy(&mut stream, &mut std::io::sink()).ok();
        });
        let config = Config {
            speech_url: Some(url),
            ..Config::default()
        };
        Speech::of(&config).unwrap().unwrap()
    }

    #[test]
    fn what_is_said_goes_in_the_clear_only_where_it_may() {
        let refused = |url: &str, ca: bool, in_the_clear| {
            let config = Config {
                speech_url: Some(url.to_owned()),
                speech_ca: ca.then(|| "no-such-file.pem".into()),
                speech_in_the_clear: in_the_clear,
                ..Config::default()
            };
            Speech::of(&config).err().map(|error| format!("{error:#}"))
        };
        assert_eq!(refused("http://127.0.0.1:9000/v1", false, false), None);
        assert_eq!(refused("http://[::1]:9000/v1", false, false), None);
        assert_eq!(refused("http://speech.hospital/v1", false, true), None);
        for (url, ca, in_the_clear, why) in [
            ("http://speech.hospital/v1", false, false, "in the clear"),
            ("http://speech.hospital/v1", true, false, "in the clear"),
            ("http://127.0.0.1.example/v1", false, false, "in the clear"),
            ("https://speech.hospital/v1", false, true, "speech_ca"),
            // It is the file that is read now.
            (
                "https://speech.hospital/v1",
                true,
                false,
                "no-such-file.pem",
            ),
            ("ftp://speech.hospital/v1", true, true, "write https://"),
        ] {
            let error = refused(url, ca, in_the_clear).unwrap();
            assert!(error.contains(why), "{url}: {error}");
        }
    }

    #[test]
    fn nobody_takes_all_places() {
        let speech = Arc::new(speech_of(None));
        let who = |number: usize| ActorId::new(format!("someone-{number}")).unwrap();
        let mut turns: Vec<_> = (0..AT_ONCE_OF_ONE).map(|_| speech.turn(&who(0))).collect();
        assert!(turns.iter().all(Option::is_some));
        assert!(speech.turn(&who(0)).is_none(), "one has its share");
        turns.extend((AT_ONCE_OF_ONE..AT_ONCE).map(|number| speech.turn(&who(number))));
        assert!(turns.iter().all(Option::is_some));
        assert!(speech.turn(&who(99)).is_none(), "all places are taken");
        drop(turns);
        assert!(
            speech.turn(&who(0)).is_some(),
            "who had an answer may ask again"
        );
    }

    #[test]
    fn a_service_that_is_late_is_told_from_one_that_fails() {
        let sound = Bytes::from_static(b"sound");
        let asked = |speech: &Speech, patience_ms| {
            let patience = Duration::from_millis(patience_ms);
            speech.write_down(&sound, "audio/webm", "en", patience)
        };
        let late = asked(&speech_of(None), 100);
        assert!(matches!(late, Err(SpeechError::Late(_))), "{late:?}");
        let failed = asked(&speech_of(Some("500 Internal Server Error")), 5_000);
        assert!(
            matches!(failed, Err(SpeechError::NoAnswer(_))),
            "{failed:?}"
        );
        let unclear = asked(&speech_of(Some("200 OK")), 5_000);
        assert!(
            matches!(unclear, Err(SpeechError::NoAnswer(_))),
            "{unclear:?}"
        );
    }
}
