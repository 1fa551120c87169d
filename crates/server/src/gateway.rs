//! The way to people who have no page open: the hospital's own message gateway is told by an HTTP webhook that somebody
//! is called, and passes it on by short message, work messenger or pager.
//!
//! Webhooks have the form of Standard Webhooks. What is told names no patient, no bed unless the hospital wishes it,
//! and nothing that was measured.

mod follow;
mod now;
mod outbox;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::Sha256;
use vocabulary::{ActorId, Digest, Text, Timestamp};

use crate::{accounts::Reach, clock, config::Config, tls};
pub use follow::follow;
pub use now::CallsNow;
pub use outbox::{CALLS, Call};
use outbox::{Figures, Outbox, Refused};

/// The kind of a message that somebody sends to themselves.
pub const TEST: &str = "test";
/// The fewest bytes of a secret, by Standard Webhooks.
const SECRET_BYTES: usize = 24;
const ID_LENGTH: usize = 40;
/// The words of a gateway for what it will not take however often it comes; the rest may pass.
const FOR_GOOD: [u16; 3] = [400, 410, 422];

/// Somebody who is called until somebody takes what calls them.
#[derive(Clone, Debug, PartialEq)]
pub struct Calling {
    /// `alarm`, `errand`, or the scenario.
    pub kind: String,
    /// The fact that calls.
    pub about: String,
    pub to: ActorId,
    /// Since when it is untaken.
    pub since: Timestamp,
    pub priority: String,
    pub place: Option<String>,
    /// The page where it is taken.
    pub path: String,
}

impl Calling {
    /// The same whenever the same call is found: by it a gateway knows what it has had, and a page asks for it.
    pub fn id(&self) -> String {
        let named = format!("{}\n{}\n{}\n{}", self.kind, self.about, self.to, self.since);
        let mut digest = Digest::of(named.as_bytes()).to_string();
        digest.truncate(ID_LENGTH);
        format!("c-{digest}")
    }
}

/// A page of somebody that is open, while this lives.
pub struct Page {
    pages: Arc<Mutex<BTreeMap<ActorId, usize>>>,
    of: ActorId,
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut pages = self.pages.lock();
        match pages.get_mut(&self.of) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                pages.remove(&self.of);
            }
        }
    }
}

/// The gateway that the operator has named.
pub struct Gateway {
    url: String,
    key: Vec<u8>,
    link: String,
    with_place: bool,
    after_ms: i64,
    repeat_ms: Option<i64>,
    /// Whom an alarm calls where nobody is on duty on its ward.
    fallback: Vec<ActorId>,
    agent: ureq::Agent,
    outbox: Outbox,
    pages: Arc<Mutex<BTreeMap<ActorId, usize>>>,
}

impl Gateway {
    /// The gateway of the configuration, if it names one.
    pub fn of(config: &Config) -> Result<Option<Self>> {
        let Some(url) = &config.gateway_url else {
            return Ok(None);
        };
        let link = config.gateway_link.as_deref();
        let link = link.context(
            "use gateway_url: set gateway_link too, the address by which people open this hospital",
        )?;
        for (setting, address) in [("gateway_url", url.as_str()), ("gateway_link", link)] {
            ensure!(
                address.starts_with("http://") || address.starts_with("https://"),
                "use {setting} = {address:?}: write http://… or https://…"
            );
        }
        if config.gateway_ca.is_none() && url.starts_with("https:") {
            bail!("trust the gateway: set gateway_ca to a file with who signed its certificate");
        }
        let file = config.gateway_secret_file.as_ref().context(
            "use gateway_url: set gateway_secret_file too, a file with a secret that both know",
        )?;
        let secret = std::fs::read_to_string(file);
        let secret = secret.with_context(|| format!("read {}", file.display()))?;
        let key = key_of(&secret).with_context(|| format!("use {}", file.display()))?;
        let fallback = config.gateway_fallback.iter().map(ActorId::new);
        let fallback = fallback.collect::<Result<Vec<_>, _>>();
        let patience = Duration::from_secs(u64::from(config.gateway_timeout_s.max(1)));
        let ms = |seconds: u32| i64::from(seconds) * 1000;
        Ok(Some(Self {
            url: url.clone(),
            key,
            link: link.trim_end_matches('/').to_owned(),
            with_place: config.gateway_place,
            after_ms: ms(config.gateway_after_s),
            repeat_ms: (config.gateway_repeat_s > 0).then(|| ms(config.gateway_repeat_s)),
            fallback: fallback.context("use gateway_fallback: name accounts of this hospital")?,
            agent: tls::agent(patience, config.gateway_ca.as_deref())?,
            outbox: Outbox::open(&config.data)?,
            pages: Arc::default(),
        }))
    }

    /// Notes that a page of somebody is open.
    pub fn page_of(&self, account: &ActorId) -> Page {
        *self.pages.lock().entry(account.clone()).or_default() += 1;
        Page {
            pages: Arc::clone(&self.pages),
            of: account.clone(),
        }
    }

    fn has_page(&self, account: &ActorId) -> bool {
        self.pages.lock().contains_key(account)
    }

    /// A page has shown these to whom they call: they need no gateway.
    pub fn shown(&self, ids: &[String], to: &ActorId) -> Result<()> {
        self.outbox.shown(ids, to, clock::now())
    }

    /// Where a call is taken, for whom it called.
    pub fn path_of(&self, id: &str, account: &ActorId) -> Result<Option<String>> {
        let found = self.outbox.find(id)?.filter(|call| call.to == *account);
        Ok(found.map(|call| call.path))
    }

    /// Who was called by a fact, and what became of each call.
    pub fn about(&self, about: &str) -> Result<Vec<Call>> {
        self.outbox.about(about)
    }

    /// How it stands.
    pub fn figures(&self) -> Result<Figures> {
        self.outbox.figures(clock::now())
    }

    /// The last message that somebody sent to themselves.
    pub fn last_test(&self, account: &ActorId) -> Result<Option<Call>> {
        Ok(self.outbox.about(&test_of(account))?.pop())
    }

    /// Sends somebody a message that says that it is a test.
    pub fn test(&self, account: &ActorId) -> Result<()> {
        let now = clock::now();
        let calling = Calling {
            kind: TEST.to_owned(),
            about: test_of(account),
            to: account.clone(),
            since: now,
            priority: "routine".to_owned(),
            place: None,
            path: "/licence".to_owned(),
        };
        self.outbox.add_test(&calling, now)
    }

    /// Tells the gateway of a call. What goes wrong is said without what was sent.
    fn hand_over(&self, call: &Call, reach: &Reach) -> Result<(), Refused> {
        let again = |why: &str| Refused {
            why: why.to_owned(),
            for_good: false,
        };
        let body = self.body(call, reach).to_string();
        let (id, at) = (call.sent_as(), (clock::now().0 / 1000).to_string());
        let request = self.agent.post(&self.url).config();
        let request = request
            .max_redirects(0)
            .build()
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", &at)
            .header("webhook-signature", signature(&self.key, &id, &at, &body));
        match request.send(body.as_bytes()) {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                let status = answer.status().as_u16();
                Err(Refused {
                    why: format!("HTTP {status}"),
                    for_good: FOR_GOOD.contains(&status),
                })
            }
            Err(ureq::Error::Timeout(_)) => Err(again("late")),
            Err(_) => Err(again("unreachable")),
        }
    }

    fn body(&self, call: &Call, reach: &Reach) -> Value {
        json!({
            "type": call.kind,
            "timestamp": call.called,
            "data": {
                "id": call.id,
                "priority": call.priority,
                "to": call.to,
                "address": reach.address,
                "language": reach.language,
                "text": words(&call.kind).in_language(reach.language),
                "link": format!("{}/called/{}", self.link, call.id),
                "since": call.since,
                "place": call.place.as_ref().filter(|_| self.with_place),
            },
        })
    }
}

fn test_of(account: &ActorId) -> String {
    format!("{TEST}-{account}")
}

/// What a gateway that makes no words of its own can pass on.
fn words(kind: &str) -> Text {
    match kind {
        "alarm" => Text::new(
            "元医：有报警呼叫您，请打开链接处理。",
            "Yuanyi: an alarm calls you. Open the link.",
        ),
        "errand" => Text::new(
            "元医：请您前往协助，请打开链接答复。",
            "Yuanyi: you are asked to come. Open the link to answer.",
        ),
        TEST => Text::new(
            "元医：这是您请求的测试消息。",
            "Yuanyi: this is the test message that you asked for.",
        ),
        _ => Text::new(
            "元医：有事项等您处理，请打开链接。",
            "Yuanyi: something waits for you. Open the link.",
        ),
    }
}

/// The secret of a file: as Standard Webhooks writes it, or any text that is long enough.
fn key_of(secret: &str) -> Result<Vec<u8>> {
    let secret = secret.trim();
    let key = match secret.strip_prefix("whsec_") {
        Some(encoded) => STANDARD.decode(encoded).context("read its base64")?,
        None => secret.as_bytes().to_vec(),
    };
    ensure!(
        key.len() >= SECRET_BYTES,
        "a secret has {SECRET_BYTES} bytes at least"
    );
    Ok(key)
}

/// The signature of a webhook by Standard Webhooks, version 1.
fn signature(key: &[u8], id: &str, at: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn the_signature_is_the_one_of_standard_webhooks() {
        let key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert!(key_of("short").is_err() && key_of("whsec_!").is_err());
    }

    #[test]
    fn a_gateway_is_named_with_all_that_it_needs() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "a secret of twenty-four bytes").unwrap();
        let whole = Config {
            data: folder.path().to_owned(),
            gateway_url: Some("http://127.0.0.1:9".to_owned()),
            gateway_link: Some("https://hospital.example/".to_owned()),
            gateway_secret_file: Some(secret),
            ..Config::default()
        };
        assert!(Gateway::of(&Config::default()).unwrap().is_none());
        assert!(Gateway::of(&whole).unwrap().is_some());
        let without = [
            Config {
                gateway_link: None,
                ..whole.clone()
            },
            Config {
                gateway_secret_file: None,
                ..whole.clone()
            },
            Config {
                gateway_url: Some("https://gateway.example".to_owned()),
                ..whole
            },
        ];
        for config in without {
            let Err(error) = Gateway::of(&config) else {
                panic!("it was taken")
            };
            assert!(error.to_string().contains("set gateway_"), "{error:#}");
        }
    }

    #[test]
    fn the_text_of_every_kind_is_in_both_languages() {
        for kind in ["alarm", "errand", "follow-up", "remote-consult", TEST] {
            let said = words(kind);
            assert!(!said.zh.is_empty() && said.zh != said.en);
        }
    }
}
