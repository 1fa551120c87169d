use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc},
};
use rand::seq::IndexedRandom as _;
use serde::{Deserialize, Serialize};

/// Why a password could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is shorter than the rule allows.
    #[error("set the password: it has fewer than {least} characters")]
    TooShort {
        /// The least number of characters.
        least: usize,
    },
    /// It is longer than anyone types; hashing it would only cost time.
    #[error("set the password: it has more than {MAX_BYTES} bytes")]
    TooLong,
    /// The stored text is no argon2 hash in PHC form.
    #[error("read a stored password hash: it is not in PHC form")]
    NotAHash,
    /// The hash could not be computed.
    #[error("compute the password hash")]
    NotComputed,
}

const MAX_BYTES: usize = 1024;

/// What passwords a hospital accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRule {
    /// At least eight characters.
    Hospital,
    /// Any that is not empty: a demo's data is nobody's.
    Demo,
}

/// A password as it is kept: argon2id with salt and parameters, as a PHC string.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password. Takes tens of milliseconds and 19 MiB on purpose.
    pub fn of(password: &str, rule: PasswordRule) -> Result<Self, PasswordError> {
        let least = match rule {
            PasswordRule::Hospital => 8,
            PasswordRule::Demo => 1,
        };
        if password.chars().count() < least {
            return Err(PasswordError::TooShort { least });
        }
        if password.len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        hasher()?
            .hash_password(password.as_bytes())
            .map(|hash| Self(hash.to_string()))
            .map_err(|_| PasswordError::NotComputed)
    }

    /// Whether `password` is the one. Where the account is unknown there is no hash; the answer is then
    /// no, after the same work.
    pub fn check(hash: Option<&Self>, password: &str) -> bool {
        let (Some(against), Ok(hasher)) = (hash.or_else(Self::of_nobody), hasher()) else {
            return false;
        };
        let matches = password.len() <= MAX_BYTES
            && phc::PasswordHash::new(&against.0)
                .is_ok_and(|parsed| hasher.verify_password(password.as_bytes(), &parsed).is_ok());
        matches && hash.is_some()
    }

    /// What a password is compared with where the account is unknown.
    fn of_nobody<'a>() -> Option<&'a Self> {
        static NOBODY: LazyLock<Option<PasswordHash>> =
            LazyLock::new(|| PasswordHash::of(&random_password(), PasswordRule::Hospital).ok());
        NOBODY.as_ref()
    }

    /// The PHC string, for storing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The OWASP cheat sheet's first choice of argon2id: 19 MiB, two passes, one lane.
fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|_| PasswordError::NotComputed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = PasswordError;
    fn try_from(text: String) -> Result<Self, PasswordError> {
        let is_argon2id = phc::PasswordHash::new(&text).is_ok() && text.starts_with("$argon2id$");
        if is_argon2id {
            Ok(Self(text))
        } else {
            Err(PasswordError::NotAHash)
        }
    }
}

impl From<PasswordHash> for String {
    fn from(hash: PasswordHash) -> Self {
        hash.0
    }
}

/// A password that a person can read out and type: four groups of consonant, vowel, consonant, vowel and
/// two digits, about 65 bits.
pub fn random_password() -> String {
    const CONSONANTS: &[u8] = b"bdfghjkmnprstvwz";
    const VOWELS: &[u8] = b"aeiu";
    const DIGITS: &[u8] = b"23456789";
    const PATTERN: &[&[u8]] = &[CONSONANTS, VOWELS, CONSONANTS, VOWELS, DIGITS];
    let mut random = rand::rng();
    let mut group = || -> String {
        PATTERN
            .iter()
            .filter_map(|of| of.choose(&mut random))
            .map(|byte| char::from(*byte))
            .collect()
    };
    [group(), group(), group(), group()].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let hash = PasswordHash::of("correct horse", PasswordRule::Hospital).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(PasswordHash::check(Some(&hash), "correct horse"));
        assert!(!PasswordHash::check(Some(&hash), "correct horsf"));
        assert!(!PasswordHash::check(None, "correct horse"));
        let kept: PasswordHash =
            serde_json::from_str(&serde_json::to_string(&hash).unwrap()).unwrap();
        assert!(PasswordHash::check(Some(&kept), "correct horse"));
        assert!(!format!("{kept:?}").contains("argon2id"));
    }

    #[test]
    fn short_long_and_foreign_are_refused() {
        assert!(matches!(
            PasswordHash::of("seven77", PasswordRule::Hospital),
            Err(PasswordError::TooShort { least: 8 })
        ));
        assert!(PasswordHash::of("x", PasswordRule::Demo).is_ok());
        assert!(PasswordHash::of("", PasswordRule::Demo).is_err());
        assert!(PasswordHash::of(&"x".repeat(1025), PasswordRule::Hospital).is_err());
        assert!(serde_json::from_str::<PasswordHash>("\"plain\"").is_err());
    }

    #[test]
    fn an_unknown_account_costs_the_work_of_a_wrong_password() {
        let work = |hash: &PasswordHash| {
            let parsed = phc::PasswordHash::new(hash.as_str()).unwrap();
            let length = |part: Option<usize>| part.unwrap();
            (
                (parsed.algorithm, parsed.version, parsed.params.clone()),
                length(parsed.salt.map(|salt| salt.len())),
                length(parsed.hash.map(|hash| hash.len())),
            )
        };
        let hash = PasswordHash::of("correct horse", PasswordRule::Hospital).unwrap();
        assert_eq!(work(PasswordHash::of_nobody().unwrap()), work(&hash));
        assert!(!PasswordHash::check(None, "correct horse"));
    }

    #[test]
    fn random_passwords_differ_and_can_be_read_out() {
        let (one, two) = (random_password(), random_password());
        assert_ne!(one, two);
        assert_eq!(one.len(), 4 * 5 + 3);
        assert!(
            one.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        );
    }
}
