//! The `yuanyi` program: an open metaverse hospital.

mod access;
mod accounts;
mod arrivals;
mod cli;
mod clock;
mod config;
mod derived;
mod devices;
mod dimse;
mod edge;
mod edges;
mod entities;
mod events;
mod gateway;
mod gatherings;
mod guidelines;
mod hospital;
mod http;
mod https;
mod inference;
mod intake;
mod keys;
mod listen;
mod marked;
mod masks;
mod media;
mod mllp;
mod mqtt;
mod nodules;
mod own;
mod pacs;
mod pixels;
mod places;
mod poses;
mod pseudonyms;
mod purge;
mod quality;
mod relations;
mod reminders;
mod research;
mod rooms;
mod scenarios;
mod speech;
mod sqlite;
mod teaching;
mod tls;
mod transport;
mod twins;
mod upgrades;
mod vitals;
mod volumes;
mod ward;
mod web;
mod witness;
mod zone;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// The exit code for a bug of ours.
const BUG: u8 = 70;

fn main() -> ExitCode {
    allocator::give_back_soon();
    let filter = EnvFilter::try_from_env("YUANYI_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let program = cli::Program::parse();
    std::panic::catch_unwind(|| cli::run(program)).unwrap_or(ExitCode::from(BUG))
}

/// How long work that can be made again, such as a volume, may hold up the end of a subcommand.
const LAST_CALL: std::time::Duration = std::time::Duration::from_secs(1);

/// Does a subcommand's work to its end. What was acknowledged is on disk by then; what else is still under
/// way is left.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Runtime::new().context("start the runtime")?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_CALL);
    done
}
