use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use vocabulary::{ActorId, Digest, Timestamp};

/// What opens the door again without a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BearerKind {
    /// A browser's session: ends after 30 minutes without use, and after 12 hours in any case.
    Session,
    /// A program's token: ends at its time.
    Token,
}

/// The secret itself, as it is given out once. Only its digest is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer(String);

impl Bearer {
    /// 256 random bits in base64url.
    fn new() -> Self {
        let mut bytes = [0_u8; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The text to send.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bearer(…)")
    }
}

/// An open session or token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Whose it is.
    pub account: ActorId,
    /// Browser's session or program's token.
    pub kind: BearerKind,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// When it ends in any case.
    pub ends: Timestamp,
}

impl Session {
    fn is_open(&self, now: Timestamp) -> bool {
        let idle = self.kind == BearerKind::Session && now.0 - self.used.0 >= IDLE_MS;
        now < self.ends && !idle
    }
}

/// A browser's session ends after this long without use.
const IDLE_MS: i64 = 30 * 60_000;
/// A browser's session ends after this long in any case.
const LONGEST_SESSION_MS: i64 = 12 * 3_600_000;
/// So many at once for one account; past it the one unused for longest ends.
const MAX_FOR_ACCOUNT: usize = 50;

/// All open sessions and tokens, by the SHA-256 of their secret. Can be written to a file and read again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionStore {
    open: HashMap<Digest, Session>,
}

impl SessionStore {
    /// Opens a browser's session.
    pub fn open(&mut self, account: &ActorId, now: Timestamp) -> Bearer {
        self.insert(account, BearerKind::Session, now, LONGEST_SESSION_MS)
    }

    /// Makes a token for a program, good for `ttl_ms`.
    pub fn token(&mut self, account: &ActorId, ttl_ms: i64, now: Timestamp) -> Bearer {
        self.insert(account, BearerKind::Token, now, ttl_ms.max(0))
    }

    fn insert(&mut self, account: &ActorId, kind: BearerKind, now: Timestamp, ms: i64) -> Bearer {
        self.open.retain(|_, session| session.is_open(now));
        let of_account = self.open.iter().filter(|(_, s)| s.account == *account);
        if of_account.clone().count() >= MAX_FOR_ACCOUNT {
            let oldest = of_account
                .min_by_key(|(_, s)| s.used)
                .map(|(digest, _)| *digest);
            oldest.map(|digest| self.open.remove(&digest));
        }
        let bearer = Bearer::new();
        let ends = Timestamp(now.0.saturating_add(ms));
        let session = Session {
            account: account.clone(),
            kind,
            opened: now,
            used: now,
            ends,
        };
        self.open.insert(Digest::of(bearer.0.as_bytes()), session);
        bearer
    }

    /// Whose secret this is, if it is open; counts as use.
    pub fn account_of(&mut self, secret: &str, now: Timestamp) -> Option<ActorId> {
        let digest = Digest::of(secret.as_bytes());
        let (kept, session) = self.open.get_key_value(&digest)?;
        // The map's own comparison may stop early; what it tells is about the digest, not the secret.
        if !bool::from(kept.0.ct_eq(&digest.0)) {
            return None;
        }
        if !session.is_open(now) {
            self.open.remove(&digest);
            return None;
        }
        let session = self.open.get_mut(&digest)?;
        session.used = session.used.max(now);
        Some(session.account.clone())
    }

    /// Ends one session or token. Whether there was one.
    pub fn sign_out(&mut self, secret: &str) -> bool {
        self.open.remove(&Digest::of(secret.as_bytes())).is_some()
    }

    /// Ends everything of an account: after a changed password, or when it is closed. Returns how many.
    pub fn revoke_all(&mut self, account: &ActorId) -> usize {
        let before = self.open.len();
        self.open.retain(|_, session| session.account != *account);
        before - self.open.len()
    }

    /// What is open now, without secrets.
    pub fn sessions(&self, now: Timestamp) -> impl Iterator<Item = &Session> {
        self.open
            .values()
            .filter(move |session| session.is_open(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn li() -> ActorId {
        ActorId::new("li.terminal").unwrap()
    }

    #[test]
    fn a_session_ends_when_idle_and_after_twelve_hours() {
        let mut store = SessionStore::default();
        let bearer = store.open(&li(), Timestamp(0));
        let mut now = 0;
        while now < 12 * 60 * MINUTE {
            assert_eq!(
                store.account_of(bearer.as_str(), Timestamp(now)),
                Some(li())
            );
            now += 29 * MINUTE;
        }
        assert_eq!(store.account_of(bearer.as_str(), Timestamp(now)), None);
        let idle = store.open(&li(), Timestamp(0));
        assert_eq!(
            store.account_of(idle.as_str(), Timestamp(30 * MINUTE)),
            None
        );
        assert_eq!(
            store.account_of(idle.as_str(), Timestamp(1)),
            None,
            "an ended session stays ended"
        );
    }

    #[test]
    fn a_token_survives_a_restart_until_its_time_and_its_secret_is_not_kept() {
        let mut store = SessionStore::default();
        let bearer = store.token(&li(), 60 * MINUTE, Timestamp(0));
        let written = serde_json::to_string(&store).unwrap();
        assert!(!written.contains(bearer.as_str()));
        let mut again: SessionStore = serde_json::from_str(&written).unwrap();
        assert_eq!(
            again.account_of(bearer.as_str(), Timestamp(59 * MINUTE)),
            Some(li())
        );
        assert_eq!(
            again.account_of(bearer.as_str(), Timestamp(60 * MINUTE)),
            None
        );
    }

    #[test]
    fn signing_out_ends_one_and_revoking_ends_all() {
        let mut store = SessionStore::default();
        let now = Timestamp(0);
        let (one, two) = (store.open(&li(), now), store.token(&li(), MINUTE, now));
        assert_ne!(one, two);
        assert!(store.sign_out(one.as_str()));
        assert!(!store.sign_out(one.as_str()));
        assert_eq!(store.account_of(one.as_str(), now), None);
        assert_eq!(store.account_of(two.as_str(), now), Some(li()));
        assert_eq!(store.revoke_all(&li()), 1);
        assert_eq!(store.account_of(two.as_str(), now), None);
        assert_eq!(store.account_of("", now), None);
    }

    #[test]
    fn one_account_cannot_fill_the_store() {
        let mut store = SessionStore::default();
        for n in 0..200 {
            store.open(&li(), Timestamp(n));
        }
        assert_eq!(store.sessions(Timestamp(200)).count(), MAX_FOR_ACCOUNT);
    }
}
