use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use vocabulary::Digest;

use crate::LedgerError;

/// The signature type byte that C2SP `signed-note` gives to Ed25519.
const ED25519: u8 = 1;

/// A signed statement: the tree of `size` leaves has this root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Number of leaves.
    pub size: u64,
    /// Root hash by RFC 6962 section 2.1.
    pub root: Digest,
    /// The signed note (C2SP `tlog-checkpoint`).
    pub note: String,
}

/// Signs checkpoints in the name of one log. The key does not print.
pub struct Signer {
    origin: String,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer from the log's name and an Ed25519 seed.
    pub fn new(origin: impl Into<String>, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        let origin = origin.into();
        check_origin(&origin)?;
        Ok(Self {
            origin,
            key: SigningKey::from_bytes(seed),
        })
    }

    /// Signs that the tree of `size` leaves has this root.
    pub fn sign(&self, size: u64, root: Digest) -> Checkpoint {
        let note = self.note(&checkpoint_text(&self.origin, size, &root));
        Checkpoint { size, root, note }
    }

    /// A text with this key's signature below it, as a C2SP `signed-note`. A text has whole lines, none of them
    /// empty, and says in its first line what it is, so that one kind of note is never taken for another.
    pub fn note(&self, text: &str) -> String {
        let mut signature = self.verifier().key_id().to_vec();
        signature.extend(self.key.sign(text.as_bytes()).to_bytes());
        format!(
            "{text}\n\u{2014} {} {}\n",
            self.origin,
            BASE64.encode(signature)
        )
    }

    /// What others check the signatures with.
    pub fn verifier(&self) -> Verifier {
        Verifier {
            origin: self.origin.clone(),
            key: self.key.verifying_key(),
        }
    }
}

/// What a checkpoint says, without its signatures.
pub fn checkpoint_text(origin: &str, size: u64, root: &Digest) -> String {
    format!("{origin}\n{size}\n{}\n", BASE64.encode(root.0))
}

/// Checks checkpoints of one log. Written and read as a C2SP `signed-note` verifier key:
/// `name+keyid+base64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    origin: String,
    key: VerifyingKey,
}

impl Verifier {
    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The first four bytes of SHA-256 over name, newline, signature type and public key.
    fn key_id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(self.origin.as_bytes())
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        let mut id = [0; 4];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        id
    }

    /// Reads a signed note and checks its name and this key's signature; other signatures may stand
    /// beside it.
    pub fn open(&self, note: &str) -> Result<Checkpoint, LedgerError> {
        let (text, signatures) = note.split_once("\n\n").ok_or(LedgerError::Malformed(
            "no empty line before the signatures",
        ))?;
        let mut lines = text.lines();
        if lines.next() != Some(self.origin.as_str()) {
            return Err(LedgerError::Malformed("it is another log's"));
        }
        let size = lines
            .next()
            .and_then(parse_size)
            .ok_or(LedgerError::Malformed("no size"))?;
        let root = lines
            .next()
            .and_then(|line| BASE64.decode(line).ok()?.try_into().ok())
            .map(Digest)
            .ok_or(LedgerError::Malformed("no root hash"))?;
        self.check(&format!("{text}\n"), signatures)?;
        Ok(Checkpoint {
            size,
            root,
            note: note.to_owned(),
        })
    }

    /// The text of a signed note that bears this key's signature.
    pub fn read<'n>(&self, note: &'n str) -> Result<&'n str, LedgerError> {
        let end = note.find("\n\n").ok_or(LedgerError::Malformed(
            "no empty line before the signatures",
        ))?;
        let (text, signatures) = note.split_at(end + 1);
        self.check(text, signatures.trim_start_matches('\n'))?;
        Ok(text)
    }

    fn check(&self, text: &str, signatures: &str) -> Result<(), LedgerError> {
        let prefix = format!("\u{2014} {} ", self.origin);
        for line in signatures.lines() {
            let Some(encoded) = line.strip_prefix(&prefix) else {
                continue;
            };
            let bytes = BASE64
                .decode(encoded)
                .map_err(|_| LedgerError::Malformed("a signature that is no base64"))?;
            let Some((id, signature)) = bytes.split_first_chunk::<4>() else {
                continue;
            };
            if *id != self.key_id() {
                continue;
            }
            let signature =
                Signature::from_slice(signature).map_err(|_| LedgerError::BadSignature)?;
            return self
                .key
                .verify_strict(text.as_bytes(), &signature)
                .map_err(|_| LedgerError::BadSignature);
        }
        Err(LedgerError::NotSigned)
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.key_id());
        let mut key = vec![ED25519];
        key.extend(self.key.to_bytes());
        write!(f, "{}+{id:08x}+{}", self.origin, BASE64.encode(key))
    }
}

impl FromStr for Verifier {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let malformed = LedgerError::Malformed("no verifier key");
        // Base64 may hold a plus, a name and a key id may not.
        let mut parts = text.trim_end().splitn(3, '+');
        let (Some(origin), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed);
        };
        check_origin(origin)?;
        let bytes = BASE64.decode(key).map_err(|_| malformed.clone())?;
        let Some((&ED25519, key)) = bytes.split_first() else {
            return Err(malformed);
        };
        let key: &[u8; 32] = key.try_into().map_err(|_| malformed.clone())?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| malformed.clone())?;
        let verifier = Self {
            origin: origin.to_owned(),
            key,
        };
        let expected = format!("{:08x}", u32::from_be_bytes(verifier.key_id()));
        if id == expected {
            Ok(verifier)
        } else {
            Err(malformed)
        }
    }
}

fn check_origin(origin: &str) -> Result<(), LedgerError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if origin.is_empty() || origin.contains(bad) {
        return Err(LedgerError::Malformed(
            "a log's name has no space and no plus",
        ));
    }
    Ok(())
}

/// A decimal number without sign or leading zeros.
fn parse_size(line: &str) -> Option<u64> {
    let size: u64 = line.parse().ok()?;
    (size.to_string() == line).then_some(size)
}
