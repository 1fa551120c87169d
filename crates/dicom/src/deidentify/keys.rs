use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use vocabulary::Uid;

use crate::create::uid_of_digest;

/// The letters of pseudonyms: those of Crockford's base 32, in which nothing is mistaken for another.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Dates go back by at least one day and at most ten years, so that none is left where it was.
const MOST_DAYS: u64 = 3650;

/// The secret of one research project.
///
/// Everything that must be the same across a project's copies, and be guessed by nobody, is a keyed hash
/// (HMAC-SHA-256) under it: pseudonyms, UIDs and the days by which dates are moved. Two projects share
/// nothing, so their copies cannot be laid side by side.
#[derive(Clone)]
pub struct ProjectKey([u8; 32]);

impl fmt::Debug for ProjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProjectKey(…)")
    }
}

impl ProjectKey {
    /// The key of a project, from a secret of the hospital.
    pub fn derive(secret: &[u8; 32], project: &str) -> Self {
        Self(keyed(secret, &["research project", project]))
    }

    /// What a patient is called in this project, such as `R-7QX4M2K9TD`. `subject` is how the hospital
    /// knows the patient, whatever the objects say.
    pub fn pseudonym(&self, subject: &str) -> String {
        let hash = keyed(&self.0, &["pseudonym", subject]);
        // Ten letters hold fifty bits: two of a million patients meet with a chance of one in two thousand.
        let letters = hash.iter().take(10).map(|byte| {
            let letter = LETTERS.get(usize::from(byte % 32)).copied();
            char::from(letter.unwrap_or(b'0'))
        });
        format!("R-{}", letters.collect::<String>())
    }

    /// The UID that stands for `uid` in this project.
    pub fn uid(&self, uid: &str) -> Uid {
        let hash = keyed(&self.0, &["uid", uid]);
        let mut bytes = [0; 16];
        for (byte, digest) in bytes.iter_mut().zip(hash) {
            *byte = digest;
        }
        uid_of_digest(bytes)
    }

    /// By how many days all dates of a patient are moved: between −3650 and −1.
    pub fn days(&self, subject: &str) -> i64 {
        let hash = keyed(&self.0, &["days", subject]);
        let mut bytes = [0; 8];
        for (byte, digest) in bytes.iter_mut().zip(hash) {
            *byte = digest;
        }
        let days = u64::from_be_bytes(bytes) % MOST_DAYS + 1;
        -i64::try_from(days).unwrap_or(1)
    }
}

/// HMAC over the parts, each with its length in front, so that parts cannot run into each other.
fn keyed(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("a key of 32 bytes")
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_patient_is_the_same_within_a_project_only() {
        let one = ProjectKey::derive(&[7; 32], "lung");
        let two = ProjectKey::derive(&[7; 32], "liver");
        assert_eq!(one.pseudonym("p"), one.pseudonym("p"));
        assert_ne!(one.pseudonym("p"), one.pseudonym("q"));
        assert_ne!(one.pseudonym("p"), two.pseudonym("p"));
        assert_ne!(one.uid("1.2.3"), two.uid("1.2.3"));
        assert_ne!(
            ProjectKey::derive(&[8; 32], "lung").pseudonym("p"),
            one.pseudonym("p")
        );
        assert!(one.uid("1.2.3").as_str().starts_with("2.25."));
        assert_eq!(one.pseudonym("p").len(), 12);
    }

    #[test]
    fn no_date_stays_where_it_was() {
        let key = ProjectKey::derive(&[1; 32], "lung");
        let days: Vec<i64> = (0..1000).map(|n| key.days(&n.to_string())).collect();
        assert!(days.iter().all(|days| (-3650..=-1).contains(days)));
        let distinct: std::collections::BTreeSet<_> = days.iter().collect();
        assert!(distinct.len() > 800, "{}", distinct.len());
    }
}
