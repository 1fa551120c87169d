//! Captions and orders by a speech service, behind the interface that many speak: `POST …/audio/transcriptions` as `OpenAI`
//! describes it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use serde::Deserialize;

use crate::config::Config;

/// The longest answer that is read.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A speech service that the operator has named.
pub struct Speech {
    url: String,
    model: String,
    key: Option<String>,
    agent: ureq::Agent,
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
        ensure!(
            url.starts_with("http://"),
            "use speech_url = {url:?}: write http://ADDR:PORT/v1 of a service on this machine or in the hospital's own network"
        );
        let key = config.speech_key_file.as_ref().map(|file| {
            let key = std::fs::read_to_string(file);
            key.with_context(|| format!("read the speech service's key from {}", file.display()))
        });
        Ok(Some(Self {
            url: format!("{}/audio/transcriptions", url.trim_end_matches('/')),
            model: config.speech_model.clone(),
            key: key.transpose()?.map(|key| key.trim().to_owned()),
            agent: ureq::Agent::new_with_defaults(),
        }))
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
