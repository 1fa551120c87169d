//! `verify`, `backup` and `restore`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use policy::Action;
use rusqlite::{Connection, OpenFlags};
use storage::{Embedded, StorageError, SystemClock};

use crate::{
    accounts::{ACCOUNTS, Accounts},
    cli::Place,
    edge::OUTBOX,
    gateway::CALLS,
    hospital::Hospital,
    keys::Keys,
    mqtt::SESSIONS,
    pacs::JOBS,
    purge,
    upgrades::copy_packages,
};

/// Arguments of `yuanyi verify`.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// Also read every byte kept and compare it with its digest.
    #[arg(long)]
    deep: bool,
}

impl Verify {
    /// Checks and reports.
    pub fn run(self) -> Result<()> {
        let data = self.place.config()?.data;
        let report = if self.deep {
            let indexer: Arc<dyn record::Indexer> = Arc::new(fhir::SearchIndexer);
            storage::verify_with_terms(&data, &indexer)
        } else {
            storage::verify(&data, false)
        };
        let report = report.with_context(|| format!("verify {}", data.display()))?;
        println!(
            "{} entries, {} objects{}, {} MiB; the signed checkpoint covers {} entries{}",
            report.entries,
            report.objects,
            match report.purged {
                0 => String::new(),
                purged => format!(" ({purged} of them purged)"),
            },
            report.bytes >> 20,
            report.signed,
            if report.running {
                "; a server is running, so the check ends there"
            } else {
                ""
            }
        );
        if let Some(torn) = &report.torn {
            println!(
                "{}: the next start cuts off {} bytes that a crash left behind",
                torn.file, torn.bytes
            );
        }
        if report.to_erase > 0 {
            println!(
                "the bytes of {} purged objects are still there; the next start removes them",
                report.to_erase
            );
        }
        match report.fault {
            None => {
                println!("sound");
                Ok(())
            }
            Some(fault) => bail!("confirm the record: {fault}"),
        }
    }
}

/// Arguments of `yuanyi purge`.
#[derive(Args)]
pub struct Purge {
    #[command(flatten)]
    place: Place,
}

impl Purge {
    /// Removes what the settings `image_purge_days`, `signal_reading_days`, `signal_waveform_days`,
    /// `signal_environment_days`, `signal_rollup_days` and `recording_days` let it.
    pub fn run(self) -> Result<()> {
        let config = self.place.config()?;
        let days = [
            config.image_purge_days,
            config.signal_reading_days,
            config.signal_waveform_days,
            config.signal_environment_days,
            config.signal_rollup_days,
            config.recording_days,
        ];
        if days.iter().all(Option::is_none) {
            bail!(
                "purge: none of image_purge_days, signal_reading_days, signal_waveform_days, signal_environment_days, signal_rollup_days and recording_days is set, so that everything stays"
            );
        }
        let data = config.data.clone();
        if !data.join("journal").is_dir() {
            bail!("find a hospital in {}", data.display());
        }
        let purged = crate::block_on(async move {
            let hospital = Hospital::open(config)?;
            let permit = hospital
                .own_permit("purge what need not be kept", Action::ReadRecord)
                .await?;
            let purged = purge::all(
                &*hospital.record,
                &permit,
                &hospital.config,
                hospital.devices.profiles(),
            )
            .await?;
            hospital.record.checkpoint().await?;
            anyhow::Ok(purged)
        })?;
        println!(
            "removed the bytes of {} deleted images, {} MiB",
            purged.objects,
            purged.bytes >> 20
        );
        Ok(())
    }
}

/// Arguments of `yuanyi backup`.
#[derive(Args)]
pub struct Backup {
    /// Where to copy the hospital to; must not exist yet.
    to: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    /// Copies record, accounts, keys and what is still to be sent to anybody, also while a server works on them. What can be made again, volumes
    /// for example, is left out.
    pub fn run(self) -> Result<()> {
        let (data, to) = (self.place.config()?.data, self.to);
        if !data.join("journal").is_dir() {
            bail!("find a hospital in {}", data.display());
        }
        if to.exists() {
            bail!("write {}: it exists already", to.display());
        }
        match Embedded::open(&data, Arc::new(fhir::SearchIndexer), Arc::new(SystemClock)) {
            // Opening has brought the index up to the journal; a running server has done that itself.
            Ok(record) => record.close(),
            Err(StorageError::InUse(_)) => {}
            Err(error) => return Err(error).with_context(|| format!("open {}", data.display())),
        }
        let mut name = to.as_os_str().to_owned();
        name.push(".unfinished");
        let unfinished = PathBuf::from(name);
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished)
                .with_context(|| format!("remove {}", unfinished.display()))?;
        }
        let entries = storage::backup(&data, &unfinished)
            .with_context(|| format!("copy {}", data.display()))?;
        Keys::copy(&data, &unfinished)?;
        Accounts::open(&data)?.copy_to(&unfinished.join(ACCOUNTS))?;
        // After the record: what an edge acknowledges meanwhile is in one of the two, or in the cloud.
        for database in [JOBS, SESSIONS, OUTBOX, CALLS] {
            copy_database(&data.join(database), &unfinished.join(database))?;
        }
        copy_packages(&data, &unfinished)?;
        std::fs::rename(&unfinished, &to).with_context(|| format!("write {}", to.display()))?;
        println!(
            "copied {entries} entries from {} to {}",
            data.display(),
            to.display()
        );
        Ok(())
    }
}

/// Copies a database as it is at one moment, while a server may write into it; nothing where there is none yet.
fn copy_database(file: &Path, to: &Path) -> Result<()> {
    if !file.exists() {
        return Ok(());
    }
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|database| database.backup("main", to, None::<fn(rusqlite::backup::Progress)>))
        .with_context(|| format!("copy {}", file.display()))?;
    std::fs::set_permissions(to, std::fs::metadata(file)?.permissions())
        .with_context(|| format!("protect {}", to.display()))
}

/// Arguments of `yuanyi restore`.
#[derive(Args)]
pub struct Restore {
    /// The copy that `yuanyi backup` made.
    from: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Restore {
    /// Lays the copy down as a data folder, which must not exist yet, after every byte of it was checked.
    pub fn run(self) -> Result<()> {
        let data = self.place.config()?.data;
        if !self.from.join("journal").is_dir() {
            bail!("find a copy of a hospital in {}", self.from.display());
        }
        let indexer: Arc<dyn record::Indexer> = Arc::new(fhir::SearchIndexer);
        let report = storage::restore(&self.from, &data, &indexer)
            .with_context(|| format!("restore {}", data.display()))?;
        if let Some(fault) = report.fault {
            bail!("restore {}: the copy is damaged: {fault}", data.display());
        }
        println!(
            "{}: {} entries, {} objects, sound",
            data.display(),
            report.entries,
            report.objects
        );
        Ok(())
    }
}
