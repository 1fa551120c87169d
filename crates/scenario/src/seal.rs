use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest as _, Sha256};

/// What was sealed cannot be opened: another key, another place, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("open what was sealed: it was sealed with another key, for another place, or was changed")]
pub struct SealError;

/// Hides a content in the record until the scenario opens it (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha).
///
/// The journal keeps facts for ever and shows them to all who may read the patient. A blind vote is such a
/// fact, so it is kept sealed until all have voted.
pub struct Seal {
    cipher: XChaCha20Poly1305,
    nonce_key: [u8; 32],
}

/// Contents are padded to a multiple of this, so that their length tells nothing.
const BLOCK: usize = 4096;

impl Seal {
    /// A seal from a secret of the hospital. The secret itself is not the key, so that one secret may
    /// serve several purposes.
    pub fn from_secret(secret: &[u8]) -> Self {
        let derive = |purpose: &[u8]| {
            Sha256::new()
                .chain_update(purpose)
                .chain_update(secret)
                .finalize()
        };
        let key: [u8; 32] = derive(b"yuanyi scenario seal v1: content\0").into();
        Self {
            cipher: XChaCha20Poly1305::new(&key.into()),
            nonce_key: derive(b"yuanyi scenario seal v1: nonce\0").into(),
        }
    }

    /// Seals `content` for one place, such as the resource that will hold it; base64.
    ///
    /// The nonce is a keyed hash of place and content: needs no randomness, never serves two contents, and
    /// cannot be guessed without the key.
    pub fn close(&self, place: &str, content: &[u8]) -> String {
        let nonce = Sha256::new()
            .chain_update(self.nonce_key)
            .chain_update((place.len() as u64).to_be_bytes())
            .chain_update(place)
            .chain_update(content)
            .finalize();
        let nonce: [u8; 24] = std::array::from_fn(|at| nonce.get(at).copied().unwrap_or_default());
        let mut padded = (content.len() as u64).to_be_bytes().to_vec();
        padded.extend(content);
        padded.resize(padded.len().next_multiple_of(BLOCK), 0);
        let payload = Payload {
            msg: &padded,
            aad: place.as_bytes(),
        };
        // Encryption fails only past 256 GiB.
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed.unwrap_or_default());
        STANDARD.encode(bytes)
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let bytes = STANDARD.decode(sealed).map_err(|_| SealError)?;
        let (nonce, sealed) = bytes.split_first_chunk::<24>().ok_or(SealError)?;
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        let padded = self
            .cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| SealError)?;
        let (length, rest) = padded.split_first_chunk::<8>().ok_or(SealError)?;
        let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| SealError)?;
        Ok(rest.get(..length).ok_or(SealError)?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_place_open_it() {
        let seal = Seal::from_secret(b"one");
        let sealed = seal.close("vote/1", b"malignant");
        assert_eq!(seal.open("vote/1", &sealed).unwrap(), b"malignant");
        assert_eq!(seal.open("vote/2", &sealed), Err(SealError));
        assert_eq!(
            Seal::from_secret(b"two").open("vote/1", &sealed),
            Err(SealError)
        );
        assert_eq!(seal.open("vote/1", "AAAA"), Err(SealError));
        assert_eq!(seal.close("vote/1", b"benign").len(), sealed.len());
        let mut bytes = STANDARD.decode(&sealed).unwrap();
        bytes[30] ^= 1;
        assert_eq!(seal.open("vote/1", &STANDARD.encode(bytes)), Err(SealError));
    }
}
