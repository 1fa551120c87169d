//! `settings`: a hospital's own rules, plans, escalation and kinds of devices. No hospital needs to run.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};

use crate::{cli::Place, own};

/// What to do with them.
#[derive(Subcommand)]
pub enum OwnSettings {
    /// Name everything that is wrong with a folder of own settings, each with its file, its line and what to do; or
    /// say what it adds, replaces and switches off.
    Check {
        /// The folder; the one of the configuration where none is given.
        folder: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Print what comes with the program, as a file to start from.
    Shipped {
        /// What.
        what: Shipped,
    },
}

/// What comes with the program.
#[derive(Clone, Copy, ValueEnum)]
pub enum Shipped {
    /// The rules of the wards, with their signals.
    Rules,
    /// The plans, one after the other.
    Plans,
    /// Who is told when nobody takes an alarm.
    Escalation,
    /// The kinds of devices, one after the other.
    Profiles,
}

impl OwnSettings {
    /// Does it and prints what came of it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Check { folder, place } => check(folder, &place),
            Self::Shipped { what } => {
                let texts: &[&str] = match what {
                    Shipped::Rules => &[alarms::SHIPPED_RULES],
                    Shipped::Plans => alarms::SHIPPED_PLANS,
                    Shipped::Escalation => &[alarms::SHIPPED_ESCALATION],
                    Shipped::Profiles => ::devices::SHIPPED_PROFILES,
                };
                print!("{}", texts.join("\n# --------\n"));
                Ok(())
            }
        }
    }
}

fn check(folder: Option<PathBuf>, place: &Place) -> Result<()> {
    let config = place.config()?;
    // Questions and sources that the hospital's own guidelines bring may be named by its rules.
    if let Some(guidelines) = &config.guidelines {
        crate::guidelines::add(guidelines)?;
    }
    let folder = folder.or(config.own_settings);
    let folder = folder.context("find own settings: name a folder, or set own_settings")?;
    match own::read(&folder)? {
        Ok(own) => {
            for line in own.lines() {
                println!("{line}");
            }
            println!(
                "{} rules, {} plans, {} kinds of devices: all can be used",
                own.settings.rules.rules.len(),
                own.settings.plans.len(),
                own.profiles.all().count()
            );
            Ok(())
        }
        Err(faults) => {
            for fault in &faults {
                println!("{fault}");
            }
            bail!("use {}: it has {} faults", folder.display(), faults.len())
        }
    }
}
