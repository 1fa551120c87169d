//! Makes the demo hospital's data from the open originals.

use std::path::Path;

/// Reads the originals below `shared` and writes the demo data below `out`.
pub fn run(_shared: &Path, _out: &Path) -> anyhow::Result<()> {
    anyhow::bail!("make demo data: no originals are known")
}
