//! `verify` and `backup`.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result, bail};
use clap::Args;
use storage::{Embedded, SystemClock};

use crate::cli::Place;

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
            "{} entries, {} objects, {} MiB; the signed checkpoint covers {} entries{}",
            report.entries,
            report.objects,
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
        match report.fault {
            None => {
                println!("sound");
                Ok(())
            }
            Some(fault) => bail!("confirm the record: {fault}"),
        }
    }
}

/// Arguments of `yuanyi backup`.
#[derive(Args)]
pub struct Backup {
    /// Where to copy the hospital's data; must not exist yet.
    to: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    /// Copies.
    pub fn run(self) -> Result<()> {
        let data = self.place.config()?.data;
        let open = Embedded::open(&data, Arc::new(fhir::SearchIndexer), Arc::new(SystemClock));
        let record =
            open.with_context(|| format!("open {}: stop the server first", data.display()))?;
        let copied = crate::runtime()?.block_on(record.backup(&self.to));
        let bytes = copied.with_context(|| format!("copy {}", data.display()))?;
        println!(
            "copied {} MiB from {} to {}",
            bytes >> 20,
            data.display(),
            self.to.display()
        );
        Ok(())
    }
}
