//! What is installed: software of a kind of device, or a new version of its profile, signed by who publishes it.
//!
//! A package is a signed note (C2SP `signed-note`, Ed25519) that says what it holds, and the bytes themselves, of which
//! the note has the digest. Whoever has the note and the publisher's key needs to trust nobody on the way.

use ledger::{Signer, Verifier};
use serde::{Deserialize, Serialize};
use vocabulary::{Digest, Text, Timestamp};

use crate::{Profile, ProfileError, Profiles};

/// The first line of the note: what it is. Other notes of the same key are none.
const KIND: &str = "yuanyi device package v1";
/// What stands between note and bytes in a file; no note holds it.
const BETWEEN: u8 = 0;
/// The longest note, in bytes: it fits into a command to a device.
pub const MOST_NOTE: usize = 6 << 10;
/// The most bytes that a package may hold.
pub const MOST_PACKAGE: usize = 64 << 20;
/// The longest version, and the longest note of what is new, in bytes.
const LONGEST_VERSION: usize = 32;
const LONGEST_NEWS: usize = 1000;

/// What a package holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contents {
    /// What runs on the device.
    Software,
    /// How the hospital reads what the device sends: a file as those in `profiles`.
    Profile,
}

/// What a publisher says of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What it holds.
    pub contents: Contents,
    /// For which kind of device: the id of its profile.
    pub profile: String,
    /// The version: of software as `1.4.0` (semantic versioning), of a profile its number.
    pub version: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Their digest.
    pub sha256: Digest,
    /// When it was made.
    pub made: Timestamp,
    /// What is new, for people.
    pub news: Text,
}

/// A package whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// What it holds.
    pub manifest: Manifest,
    /// Who signed it.
    pub publisher: String,
    /// What was signed, with the signature.
    pub note: String,
}

/// Why a package is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// It is none.
    #[error("read the package: {0}")]
    Malformed(&'static str),
    /// Nobody who is trusted signed it, or not this.
    #[error("trust the package: no publisher that is known signed it as it is")]
    NotTrusted,
    /// The bytes are others than those that were signed.
    #[error("use the package: its bytes are not those that were signed")]
    OtherBytes,
    /// It is for another kind of device.
    #[error("install it here: it is for another kind of device")]
    OtherDevice,
    /// There is no such kind of device.
    #[error("find the kind of device that it is for")]
    NoSuchProfile,
    /// It is not newer than what is there.
    #[error("install it: version {there} is there already, and only a newer one replaces it")]
    NotNewer {
        /// The version that is there.
        there: String,
    },
    /// Its version is none.
    #[error("read its version: software has one as 1.4.0, a profile a number")]
    Version,
    /// The profile in it cannot be used.
    #[error("use the profile in it: {0}")]
    Profile(String),
}

impl From<ProfileError> for PackageError {
    fn from(error: ProfileError) -> Self {
        Self::Profile(error.to_string())
    }
}

impl PackageError {
    /// The reason for people.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Malformed(_) => "这不是升级包，或文件不完整".to_owned(),
            Self::NotTrusted => "签名无效：没有任何受信任的发布者签署过它".to_owned(),
            Self::OtherBytes => "内容与签名时不同".to_owned(),
            Self::OtherDevice => "它用于另一种设备".to_owned(),
            Self::NoSuchProfile => "没有这种设备".to_owned(),
            Self::NotNewer { there } => format!("已有版本 {there}，只有更新的版本才能替换它"),
            Self::Version => "版本号无法识别：软件如 1.4.0，配置文件为整数".to_owned(),
            Self::Profile(_) => "其中的设备配置文件不能使用".to_owned(),
        };
        Text::new(zh, format!("Could not {self}"))
    }
}

/// Whether one version is newer than another; nothing where either is none.
pub fn is_newer(contents: Contents, version: &str, than: &str) -> Option<bool> {
    match contents {
        Contents::Software => {
            let read = |text: &str| semver::Version::parse(text).ok();
            Some(read(version)? > read(than)?)
        }
        Contents::Profile => {
            let read = |text: &str| text.parse::<u32>().ok();
            Some(read(version)? > read(than)?)
        }
    }
}

impl Manifest {
    /// What would be said of these bytes.
    pub fn of(
        contents: Contents,
        (profile, version): (&str, &str),
        bytes: &[u8],
        made: Timestamp,
        news: Text,
    ) -> Result<Self, PackageError> {
        let manifest = Self {
            contents,
            profile: profile.to_owned(),
            version: version.to_owned(),
            bytes: bytes.len() as u64,
            sha256: Digest::of(bytes),
            made,
            news,
        };
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), PackageError> {
        let is_version = is_newer(self.contents, &self.version, &self.version).is_some();
        if !is_version || self.version.len() > LONGEST_VERSION {
            return Err(PackageError::Version);
        }
        if self.news.zh.len().max(self.news.en.len()) > LONGEST_NEWS {
            return Err(PackageError::Malformed("what it says is new is too long"));
        }
        if !(1..=MOST_PACKAGE as u64).contains(&self.bytes) {
            return Err(PackageError::Malformed(
                "it holds nothing, or more than 64 MiB",
            ));
        }
        Ok(())
    }

    /// The note that a publisher signs.
    pub fn signed_by(&self, publisher: &Signer) -> String {
        let said = serde_json::to_string(self).unwrap_or_default();
        publisher.note(&format!("{KIND}\n{said}\n"))
    }

    /// Whether these are the bytes that were signed.
    pub fn is_of(&self, bytes: &[u8]) -> Result<(), PackageError> {
        let same = self.bytes == bytes.len() as u64 && self.sha256 == Digest::of(bytes);
        same.then_some(()).ok_or(PackageError::OtherBytes)
    }

    /// Whether it may take the place of what is there, on a device of this kind.
    pub fn replaces(&self, profile: &str, there: &str) -> Result<(), PackageError> {
        if self.profile != profile {
            return Err(PackageError::OtherDevice);
        }
        match is_newer(self.contents, &self.version, there) {
            Some(true) => Ok(()),
            Some(false) => Err(PackageError::NotNewer {
                there: there.to_owned(),
            }),
            None => Err(PackageError::Version),
        }
    }

    /// The profile that the bytes are; it is one that the hospital could use, and the one that the manifest names.
    pub fn read_profile(&self, bytes: &[u8]) -> Result<Profile, PackageError> {
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|_| PackageError::Malformed("its profile is no text"))?;
        let profile = Profiles::default().add(text)?.clone();
        if profile.id != self.profile || profile.version.to_string() != self.version {
            return Err(PackageError::Profile(
                "it has another id or version than the package".to_owned(),
            ));
        }
        Ok(profile)
    }
}

impl Package {
    /// Reads a note, which one of the trusted publishers must have signed.
    pub fn open(note: &str, trusted: &[Verifier]) -> Result<Self, PackageError> {
        if note.len() > MOST_NOTE {
            return Err(PackageError::Malformed("its note is too long"));
        }
        let mut found = trusted.iter().filter_map(|key| {
            let text = key.read(note).ok()?;
            Some((key.origin(), text))
        });
        let (publisher, text) = found.next().ok_or(PackageError::NotTrusted)?;
        let mut lines = text.lines();
        let (Some(KIND), Some(said), None) = (lines.next(), lines.next(), lines.next()) else {
            return Err(PackageError::Malformed("its note is another kind of note"));
        };
        let manifest: Manifest = serde_json::from_str(said)
            .map_err(|_| PackageError::Malformed("its note lacks something, or has more"))?;
        manifest.check()?;
        Ok(Self {
            manifest,
            publisher: publisher.to_owned(),
            note: note.to_owned(),
        })
    }

    /// Reads a package's file: the note, and the bytes that it is about.
    pub fn read<'f>(
        file: &'f [u8],
        trusted: &[Verifier],
    ) -> Result<(Self, &'f [u8]), PackageError> {
        let end = file.iter().take(MOST_NOTE + 1).position(|b| *b == BETWEEN);
        let end = end.ok_or(PackageError::Malformed("it has no note"))?;
        let (note, bytes) = file.split_at(end);
        let bytes = bytes.get(1..).unwrap_or_default();
        let note = std::str::from_utf8(note);
        let note = note.map_err(|_| PackageError::Malformed("its note is no text"))?;
        let package = Self::open(note, trusted)?;
        package.manifest.is_of(bytes)?;
        Ok((package, bytes))
    }

    /// A package's file.
    pub fn file(note: &str, bytes: &[u8]) -> Vec<u8> {
        [note.as_bytes(), &[BETWEEN], bytes].concat()
    }

    /// Its id: what was signed, signature included.
    pub fn id(&self) -> Digest {
        Digest::of(self.note.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> Signer {
        Signer::new("maker.example", &[seed; 32]).unwrap()
    }

    fn manifest(bytes: &[u8]) -> Manifest {
        let news = Text::new("新\n内容", "new\n\nthings");
        let of = ("pulse-oximeter", "1.4.0");
        Manifest::of(Contents::Software, of, bytes, Timestamp(0), news).unwrap()
    }

    #[test]
    fn what_was_signed_is_read_again() {
        let maker = signer(1);
        let made = manifest(b"code");
        let file = Package::file(&made.signed_by(&maker), b"code");
        let (package, bytes) = Package::read(&file, &[maker.verifier()]).unwrap();
        assert_eq!((package.manifest, bytes), (made, &b"code"[..]));
        assert_eq!(package.publisher, "maker.example");
    }

    #[test]
    fn nothing_else_is_trusted() {
        let (maker, other) = (signer(1), signer(2));
        let note = manifest(b"code").signed_by(&maker);
        let file = Package::file(&note, b"code");
        let trusted = [maker.verifier()];
        let read = |file: &[u8]| Package::read(file, &trusted).map(drop);
        assert_eq!(
            Package::read(&file, &[other.verifier()]).map(drop),
            Err(PackageError::NotTrusted)
        );
        assert_eq!(
            Package::read(&file, &[]).map(drop),
            Err(PackageError::NotTrusted)
        );
        let changed = note.replace("1.4.0", "9.4.0");
        assert_eq!(
            read(&Package::file(&changed, b"code")),
            Err(PackageError::NotTrusted)
        );
        assert_eq!(
            read(&Package::file(&note, b"c0de")),
            Err(PackageError::OtherBytes)
        );
        assert_eq!(
            read(&Package::file(&note, b"code and more")),
            Err(PackageError::OtherBytes)
        );
        for cut in 0..file.len() {
            assert!(read(&file[..cut]).is_err(), "{cut}");
        }
        // A checkpoint of the same key is signed as well, and is no package.
        let checkpoint = maker.sign(1, Digest([0; 32])).note;
        let checkpoint = Package::file(&checkpoint, b"code");
        assert!(matches!(read(&checkpoint), Err(PackageError::Malformed(_))));
    }

    #[test]
    fn only_what_is_newer_and_for_this_kind_replaces() {
        let made = manifest(b"code");
        assert_eq!(made.replaces("pulse-oximeter", "1.3.9"), Ok(()));
        assert_eq!(
            made.replaces("scale", "1.3.9"),
            Err(PackageError::OtherDevice)
        );
        for there in ["1.4.0", "1.10.0"] {
            let refused = made.replaces("pulse-oximeter", there);
            assert_eq!(
                refused,
                Err(PackageError::NotNewer {
                    there: there.to_owned()
                })
            );
        }
        assert_eq!(
            made.replaces("pulse-oximeter", "old"),
            Err(PackageError::Version)
        );
        assert_eq!(is_newer(Contents::Profile, "10", "9"), Some(true));
        assert_eq!(is_newer(Contents::Profile, "1.0.0", "9"), None);
    }

    #[test]
    fn a_profile_is_the_one_that_the_package_names() {
        let text = include_str!("../profiles/pulse-oximeter.toml");
        let second = text.replacen("version = 1", "version = 2", 1);
        let of = |version, text: &str| {
            let named = ("pulse-oximeter", version);
            let news = Text::new("", "");
            let made = Manifest::of(
                Contents::Profile,
                named,
                text.as_bytes(),
                Timestamp(0),
                news,
            );
            made.unwrap().read_profile(text.as_bytes())
        };
        assert_eq!(of("2", &second).unwrap().version, 2);
        assert!(matches!(of("3", &second), Err(PackageError::Profile(_))));
        let broken = second.replacen("[0, 100]", "[100, 0]", 1);
        assert!(matches!(of("2", &broken), Err(PackageError::Profile(_))));
    }
}
