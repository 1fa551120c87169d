//! Captions by a speech service, behind the interface that many speak: `POST …/audio/transcriptions` as `OpenAI`
//! describes it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use serde::Deserialize;

use crate::config::Config;

/// How long the service may take; captions that come later are of no use.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A speech service that the operator has named.
pub struct Speech {
    url: String,
    model: String,
    key: Option<String>,
    agent: ureq::Agent,
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
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .build();
        Ok(Some(Self {
            url: format!("{}/audio/transcriptions", url.trim_end_matches('/')),
            model: config.speech_model.clone(),
            key: key.transpose()?.map(|key| key.trim().to_owned()),
            agent: agent.into(),
        }))
    }

    /// What is said in a piece of sound. It waits for the service.
    pub fn write_down(&self, sound: &Bytes, kind: &str, language: &str) -> Result<String> {
        let boundary = format!("yuanyi-{:032x}", rand::random::<u128>());
        let body = form(&boundary, &self.model, language, kind, sound);
        let mut request = self.agent.post(&self.url).header(
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
