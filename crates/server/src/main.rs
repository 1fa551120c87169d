//! The `yuanyi` program: an open metaverse hospital.

mod access;
mod accounts;
mod arrivals;
mod cli;
mod clock;
mod config;
mod dimse;
mod entities;
mod events;
mod hospital;
mod http;
mod intake;
mod keys;
mod listen;
mod marked;
mod pacs;
mod pixels;
mod relations;
mod research;
mod rooms;
mod scenarios;
mod twins;
mod volumes;
mod witness;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// The exit code for a bug of ours.
const BUG: u8 = 70;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("YUANYI_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let program = cli::Program::parse();
    std::panic::catch_unwind(|| cli::run(program)).unwrap_or(ExitCode::from(BUG))
}

/// The runtime that a subcommand works on.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().context("start the runtime")
}
