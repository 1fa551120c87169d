//! Files of an import: on the disk, or in a ZIP archive, out of which each is unpacked when its turn comes.

use std::{
    borrow::Cow,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use parking_lot::Mutex;
use zip::{ZipArchive, result::ZipError};

use crate::cli::import::read;

/// The most files that an archive may hold.
const MOST_FILES: usize = 100_000;
/// What computers of one kind add to archives, beside what people put in.
const ASIDE: &str = "__MACOSX/";
/// Endings of archives. What lies in an archive within an archive is not looked for.
const ARCHIVES: [&str; 7] = ["zip", "zst", "tar", "gz", "tgz", "7z", "rar"];

/// A file that is read when its turn comes.
#[derive(Clone)]
pub enum Source {
    /// On the disk.
    File(PathBuf),
    /// In a ZIP archive, at this place of its directory.
    Packed {
        archive: Arc<Mutex<ZipArchive<File>>>,
        at: usize,
    },
}

impl Source {
    /// Its bytes.
    pub fn read(&self) -> Result<Bytes> {
        match self {
            Self::File(path) => {
                let file = File::open(path).map_err(Into::into).and_then(read);
                file.with_context(|| format!("read {}", path.display()))
            }
            Self::Packed { archive, at } => unpacked(&mut archive.lock(), *at),
        }
    }
}

fn unpacked(archive: &mut ZipArchive<File>, at: usize) -> Result<Bytes> {
    let number = at + 1;
    let entry = match archive.by_index(at) {
        Ok(entry) => entry,
        Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
            bail!("unpack file {number} of the archive: it has a password; pack it without one")
        }
        Err(error) => {
            return Err(error).with_context(|| format!("unpack file {number} of the archive"));
        }
    };
    // What unpacks to more than it says, or has another check sum, is refused by the reader itself.
    read(entry).with_context(|| format!("unpack file {number} of the archive"))
}

/// Whether a file is a ZIP archive by its name.
pub fn is_zip(path: &Path) -> bool {
    ends_with(path, &["zip"])
}

/// Whether a file is an archive of any kind by its name.
pub fn is_archive(path: &Path) -> bool {
    ends_with(path, &ARCHIVES)
}

fn ends_with(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().unwrap_or_default();
    endings.iter().any(|one| ending.eq_ignore_ascii_case(one))
}

/// The files of a ZIP archive by their paths in it, in a steady order; hidden ones left out. Nothing is unpacked yet.
pub fn listed(path: &Path) -> Result<Vec<(String, Source)>> {
    let archive = ZipArchive::new(File::open(path)?).context("unpack it")?;
    if archive.len() > MOST_FILES {
        bail!("unpack it: it holds more than {MOST_FILES} files; make several archives of it");
    }
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index_data(at).context("unpack it")?;
        if entry.is_file() {
            let name = entry.name();
            let name = name.map_or_else(|_| (at + 1).to_string(), Cow::into_owned);
            // Some programs write paths as their system does.
            files.push((name.replace('\\', "/"), at));
        }
    }
    files.retain(|(name, _)| !is_hidden(name));
    files.sort();
    let archive = Arc::new(Mutex::new(archive));
    let packed = files.into_iter().map(|(name, at)| {
        let archive = Arc::clone(&archive);
        (name, Source::Packed { archive, at })
    });
    Ok(packed.collect())
}

fn is_hidden(path: &str) -> bool {
    let mut parts = path.split('/');
    let is_dotted = |part: &str| part.starts_with('.') && part != "." && part != "..";
    path.starts_with(ASIDE) || parts.any(is_dotted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_computers_add_is_left_out() {
        for (path, expected) in [
            ("card/STR.edf", false),
            ("./card/../STR.edf", false),
            ("card/.DS_Store", true),
            (".Trashes/STR.edf", true),
            ("__MACOSX/card/STR.edf", true),
        ] {
            assert_eq!(is_hidden(path), expected, "{path}");
        }
    }

    #[test]
    fn archives_are_known_by_their_endings() {
        assert!(is_zip(Path::new("nights.ZIP")) && !is_zip(Path::new("nights.tar.zst")));
        assert!(is_archive(Path::new("nights.7z")) && !is_archive(Path::new("night.edf")));
    }
}
