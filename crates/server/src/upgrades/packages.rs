//! Packages: taken where a trusted publisher signed them, kept as a fact and a file.

use std::{fs, io::Write, path::Path};

use ::devices::{Contents, Package, PackageError, Profile};
use anyhow::{Context, Result};
use bytes::Bytes;
use vocabulary::{ActorId, Digest};

use super::{
    NotTaken, Published, UpgradeError, Upgrades,
    facts::{self, KeptPackage},
    folder_in,
};
use crate::{clock, devices::Devices, hospital::Hospital};

/// Takes a package's file; its id. What is not taken is kept with the reason.
pub async fn publish(
    hospital: &Hospital,
    actor: &ActorId,
    file: &Bytes,
) -> Result<Digest, UpgradeError> {
    let upgrades = &hospital.upgrades;
    let read = Package::read(file, &upgrades.trusted).and_then(|(package, bytes)| {
        Ok((use_of(&hospital.devices, &package, bytes)?, package, bytes))
    });
    let (profile, package, bytes) = match read {
        Ok(read) => read,
        Err(error) => {
            let refused = NotTaken {
                at: clock::now(),
                by: actor.to_string(),
                sha256: Digest::of(file),
                why: error.text(),
            };
            facts::keep_refused(hospital, actor, &refused).await?;
            upgrades.note_refused(refused);
            return Err(error.into());
        }
    };
    let id = package.id();
    if upgrades.package(&id).is_some() {
        return Ok(id);
    }
    let (folder, to) = (
        upgrades.folder.clone(),
        upgrades.file(&package.manifest.sha256),
    );
    let body = file.slice_ref(bytes);
    let written = tokio::task::spawn_blocking(move || write(&folder, &to, &body)).await;
    written.map_err(anyhow::Error::from)??;
    let (by, at) = (actor.to_string(), clock::now());
    let kept = KeptPackage {
        note: package.note.clone(),
        by: by.clone(),
        at,
    };
    facts::keep_package(hospital, actor, &id, &kept).await?;
    upgrades.take_in(
        &hospital.devices,
        id,
        Published { package, by, at },
        profile,
    );
    Ok(id)
}

/// Whether the hospital could use what is in a package; the profile, where it is one.
fn use_of(
    devices: &Devices,
    package: &Package,
    bytes: &[u8],
) -> Result<Option<Profile>, PackageError> {
    let manifest = &package.manifest;
    let shipped = devices.profiles().get(&manifest.profile);
    let shipped = shipped.ok_or(PackageError::NoSuchProfile)?;
    if manifest.contents == Contents::Software {
        return Ok(None);
    }
    let profile = manifest.read_profile(bytes)?;
    manifest.replaces(&shipped.id, &shipped.version.to_string())?;
    if let Some(stream) = profile.lost_stream(shipped) {
        return Err(PackageError::Profile(format!(
            "its stream `{}` is not there, or has another code or unit than before",
            stream.name
        )));
    }
    let known = devices.profile(&profile.id, Some(profile.version));
    if known.is_some_and(|known| known.version == profile.version && *known != profile) {
        return Err(PackageError::Profile(
            "there is another profile of this version".to_owned(),
        ));
    }
    Ok(Some(profile))
}

/// Writes a package's bytes, whole or not at all.
fn write(folder: &Path, file: &Path, bytes: &[u8]) -> Result<()> {
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
    unfinished.write_all(bytes)?;
    unfinished.as_file().sync_all()?;
    unfinished
        .persist(file)
        .with_context(|| format!("write {}", file.display()))?;
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

impl Upgrades {
    fn take_in(
        &self,
        devices: &Devices,
        id: Digest,
        published: Published,
        profile: Option<Profile>,
    ) {
        if let Some(profile) = profile {
            devices.add_profile(profile);
        }
        self.packages.write().insert(id, published);
    }

    /// Takes in what the record has. A package whose bytes are not there as they were signed, or whose publisher is not
    /// trusted any more, is left out.
    pub(super) fn take_kept(&self, devices: &Devices, kept: KeptPackage) {
        let read = || -> Result<(Package, Option<Profile>)> {
            let package = Package::open(&kept.note, &self.trusted)?;
            let file = self.file(&package.manifest.sha256);
            let bytes = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
            package.manifest.is_of(&bytes)?;
            let profile = use_of(devices, &package, &bytes)?;
            Ok((package, profile))
        };
        match read() {
            Ok((package, profile)) => {
                let (id, by, at) = (package.id(), kept.by, kept.at);
                self.take_in(devices, id, Published { package, by, at }, profile);
            }
            Err(error) => tracing::error!(%error, "a package for devices is left out"),
        }
    }
}

/// Copies the packages below one data folder into another.
pub fn copy_packages(data: &Path, to: &Path) -> Result<()> {
    let (from, to) = (folder_in(data), folder_in(to));
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(&to).with_context(|| format!("make the folder {}", to.display()))?;
    for file in fs::read_dir(&from)? {
        let file = file?;
        let name = file.file_name();
        // What is being written has a name that is no digest.
        if name.to_string_lossy().parse::<Digest>().is_err() {
            continue;
        }
        let copy = to.join(name);
        fs::copy(file.path(), &copy).with_context(|| format!("copy {}", file.path().display()))?;
        fs::File::open(&copy)?.sync_all()?;
    }
    Ok(())
}
