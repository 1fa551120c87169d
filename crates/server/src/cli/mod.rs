//! The program's subcommands.

mod accounts;
mod archive;
mod assess;
mod at_home;
mod deidentify;
mod demo;
mod device;
mod door;
mod edge;
mod guideline;
mod import;
mod made_up;
mod model;
mod nights;
mod package;
mod pacs;
mod recorded;
mod recordings;
mod serve;
mod settings;
mod simulate;
mod simulated;
mod spirometry;
mod upkeep;

pub use accounts::gate;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::config::Config;

/// Yuanyi (元医): an open metaverse hospital. For research and education; not a medical device.
#[derive(Parser)]
#[command(name = "yuanyi", version)]
pub struct Program {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Start a hospital with demo data, which enters through its own ports.
    Demo(demo::Demo),
    /// Start the hospital.
    Serve(serve::Serve),
    /// Send files, folders or archives into a hospital: DICOM, FHIR, HL7 v2, nights at home.
    Import(import::Import),
    /// Check the ledger, and with --deep every byte kept; name the first thing that is wrong.
    Verify(upkeep::Verify),
    /// Remove the bytes of images that were deleted long enough ago; a running hospital does that by itself.
    Purge(upkeep::Purge),
    /// Copy the hospital's data, also while it runs.
    Backup(upkeep::Backup),
    /// Lay such a copy down as a hospital's data, after checking every byte of it.
    Restore(upkeep::Restore),
    /// Ask, fetch from and send to the hospital's other DICOM systems.
    Pacs {
        #[command(subcommand)]
        task: pacs::Pacs,
    },
    /// People's accounts.
    User {
        #[command(subcommand)]
        task: accounts::User,
    },
    /// API clients' bearer tokens.
    Token {
        #[command(subcommand)]
        task: accounts::Token,
    },
    /// Devices: the registry of a running hospital, tokens, commands, kinds.
    Device {
        #[command(subcommand)]
        task: device::Device,
    },
    /// The edges of a running hospital: for which places each works.
    Edge {
        #[command(subcommand)]
        task: edge::Edge,
    },
    /// Check the access policies and explain decisions.
    Policy {
        #[command(subcommand)]
        task: accounts::Policy,
    },
    /// Make a de-identified copy of a DICOM, EDF or BDF file, under a research project's pseudonym.
    Deidentify(deidentify::Deidentify),
    /// Run one guideline or model on given answers; no hospital needed.
    Assess(assess::Assess),
    /// For authors of guidelines: check a file, see which past cases a change decides otherwise, print it as FHIR.
    Guideline {
        #[command(subcommand)]
        task: guideline::Author,
    },
    /// The hospital's own rules, plans, escalation and kinds of devices: check a folder of them, print shipped ones.
    Settings {
        #[command(subcommand)]
        task: settings::OwnSettings,
    },
    /// For those who install models that others trained: check one, ask one about a scan.
    Model {
        #[command(subcommand)]
        task: model::Install,
    },
    /// Volume, structures and measurements of a scan, or what recorded signals say, as JSON; no hospital needed.
    Measure(assess::Measure),
    /// The scenarios with their state.
    Scenarios,
}

/// Which hospital a subcommand is about.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// The hospital's data folder.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The hospital's configuration.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    /// The configuration, with the data folder of the command line.
    pub fn config(&self) -> Result<Config> {
        let mut config = Config::read(self.config.as_deref())?;
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}

/// Runs the subcommand. Exit codes: 0 done, 1 refused input or failed job, 2 wrong usage, 70 a bug.
pub fn run(program: Program) -> ExitCode {
    let done = match program.task {
        Task::Demo(task) => task.run(),
        Task::Serve(task) => task.run(),
        Task::Import(task) => task.run(),
        Task::Verify(task) => task.run(),
        Task::Purge(task) => task.run(),
        Task::Backup(task) => task.run(),
        Task::Restore(task) => task.run(),
        Task::Pacs { task } => task.run(),
        Task::User { task } => task.run(),
        Task::Token { task } => task.run(),
        Task::Device { task } => task.run(),
        Task::Edge { task } => task.run(),
        Task::Policy { task } => task.run(),
        Task::Deidentify(task) => task.run(),
        Task::Assess(task) => task.run(),
        Task::Guideline { task } => task.run(),
        Task::Settings { task } => task.run(),
        Task::Model { task } => task.run(),
        Task::Measure(task) => task.run(),
        Task::Scenarios => {
            assess::scenarios();
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yuanyi: could not {error:#}");
            ExitCode::FAILURE
        }
    }
}
