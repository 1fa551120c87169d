//! Passes for a TURN relay, for people whose network lets no other way through.

use std::sync::OnceLock;

use str0m::crypto::CryptoProvider;

/// A relay that the operator runs, and the secret that it shares with the hospital.
#[derive(Clone)]
pub struct Relay {
    /// Where it is, such as `turns:relay.example:443?transport=tcp`.
    pub urls: Vec<String>,
    /// `static-auth-secret` of coturn.
    pub secret: String,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// What one person shows the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayPass {
    /// When it ends, and a word that says nothing about who has it.
    pub username: String,
    /// The proof that the hospital gave it, raw.
    pub credential: [u8; 20],
}

impl Relay {
    /// A pass until a moment, in seconds since 1970, by the REST API for access to TURN services
    /// (draft-uberti-behave-turn-rest-00), which coturn and others speak.
    pub fn pass(&self, until_s: i64, word: &str) -> RelayPass {
        let username = format!("{until_s}:{word}");
        let credential = crypto()
            .sha1_hmac_provider
            .sha1_hmac(self.secret.as_bytes(), &[username.as_bytes()]);
        RelayPass {
            username,
            credential,
        }
    }
}

/// The cryptography that media stand on.
pub(crate) fn crypto() -> &'static CryptoProvider {
    static CRYPTO: OnceLock<CryptoProvider> = OnceLock::new();
    CRYPTO.get_or_init(str0m::crypto::from_feature_flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `openssl dgst -sha1 -hmac` says it.
    #[test]
    fn a_pass_is_what_a_relay_computes_itself() {
        let relay = Relay {
            urls: vec!["turn:relay.example".into()],
            secret: "north".into(),
        };
        let pass = relay.pass(1_800_000_000, "x");
        assert_eq!(pass.username, "1800000000:x");
        let hex = pass.credential.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hex, "8398aaf668baf0a2977296e4302b09440e2c485e");
        assert!(!format!("{relay:?}").contains("north"));
    }
}
