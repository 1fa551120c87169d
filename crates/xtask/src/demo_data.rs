//! Makes the demo hospital's data from the open originals.

use std::path::Path;

use anyhow::Result;

use crate::shell::{self, program};

/// Reads the originals below `shared` and writes the demo data below `out`. The work is done by a program
/// of its own, `demo-data/main.rs`, so that the other tasks are built without what it stands on.
pub fn run(shared: &Path, out: &Path) -> Result<()> {
    let build = [
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        "demo-data",
        "--bin",
        "demo-data",
        "--",
    ];
    shell::run(program("cargo", build).arg(shared).arg(out))
}
