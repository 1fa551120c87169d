//! The HTTP door of a running hospital, for subcommands that ask it.

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use vocabulary::ActorId;

use crate::{accounts::Accounts, cli::Place};

/// Where the running hospital is, and as whom it is asked.
#[derive(Args)]
pub struct Door {
    /// The running hospital; its configuration's HTTP address where none is given.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// A bearer token, from `yuanyi token new`.
    #[arg(long, env = "YUANYI_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// On the hospital's own machine: the account to act as, without a token.
    #[arg(long = "as", value_name = "USER", conflicts_with = "token")]
    user: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// The hospital's HTTP door, open.
pub struct OpenDoor {
    base: String,
    token: String,
    agent: ureq::Agent,
}

/// How long the token lives that is made for one run of this program.
const TOKEN_MS: i64 = 24 * 3_600_000;

type Answer = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

impl Door {
    /// Opens it.
    pub fn open(self) -> Result<OpenDoor> {
        let config = self.place.config()?;
        let token = match (self.token, self.user) {
            (Some(token), _) => token,
            (None, Some(user)) => {
                let id = ActorId::new(user.as_str())?;
                Accounts::open(&config.data)?.issue_by_hand(&id, TOKEN_MS)?
            }
            (None, None) => bail!("ask the hospital without a token: give --token or --as"),
        };
        let base = match self.to {
            Some(base) => base.trim_end_matches('/').to_owned(),
            None => format!("http://{}", config.http_address()?),
        };
        Ok(OpenDoor::new(base, token))
    }
}

impl OpenDoor {
    /// The door of the hospital at `base`, for the holder of a token.
    pub fn new(base: String, token: String) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self { base, token, agent }
    }

    fn answer(&self, answer: Answer) -> Result<Value> {
        let mut answer = answer.with_context(|| format!("reach {}", self.base))?;
        let said = answer.body_mut().read_to_string().unwrap_or_default();
        let body: Value = serde_json::from_str(&said).unwrap_or_default();
        if answer.status().is_success() {
            return Ok(body);
        }
        let detail = reason(&body).unwrap_or("it gives no reason");
        bail!("get what was asked for ({}): {detail}", answer.status())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api{path}", self.base)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// Gets what is at a path below `/api`.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(self.url(path));
        self.answer(request.header("Authorization", self.bearer()).call())
    }

    /// Searches resources of a kind below `/fhir`.
    pub fn search(&self, kind: &str, (name, value): (&str, &str)) -> Result<Value> {
        let request = self.agent.get(format!("{}/fhir/{kind}", self.base));
        let request = request.query(name, value);
        self.answer(request.header("Authorization", self.bearer()).call())
    }

    /// Posts JSON to a path below `/api`.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.agent.post(self.url(path));
        let request = request
            .header("Authorization", self.bearer())
            .header("Content-Type", "application/json");
        self.answer(request.send(body.to_string()))
    }

    /// Posts plain text to a path below `/api`.
    pub fn post_text(&self, path: &str, body: &str) -> Result<Value> {
        let request = self.agent.post(self.url(path));
        let request = request
            .header("Authorization", self.bearer())
            .header("Content-Type", "text/plain");
        self.answer(request.send(body))
    }

    /// Posts bytes to a path below `/api`.
    pub fn post_bytes(&self, path: &str, body: &[u8]) -> Result<Value> {
        let request = self.agent.post(self.url(path));
        let request = request
            .header("Authorization", self.bearer())
            .header("Content-Type", "application/octet-stream");
        self.answer(request.send(body))
    }

    /// Puts JSON at a path below `/api`.
    pub fn put(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.agent.put(self.url(path));
        let request = request
            .header("Authorization", self.bearer())
            .header("Content-Type", "application/json");
        self.answer(request.send(body.to_string()))
    }

    /// Deletes what is at a path below `/api`.
    pub fn delete(&self, path: &str) -> Result<Value> {
        let request = self.agent.delete(self.url(path));
        self.answer(request.header("Authorization", self.bearer()).call())
    }
}

/// Why a door of the hospital refused something: what a problem (RFC 9457) or a FHIR `OperationOutcome` says.
pub fn reason(body: &Value) -> Option<&str> {
    let of_outcome = || body.pointer("/issue/0/details/text")?.as_str();
    text(body, "detail").or_else(of_outcome)
}

/// A text of an answer.
pub fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
