//! What the tests of nodules share: where the shared data lie, and tables in `docs/`.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may stop"
)]

pub mod digital;
pub mod lidc;

use std::path::PathBuf;

/// A file of the shared data, or none, which it says.
pub fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("YUANYI_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(path);
    if !path.exists() {
        println!("skipped: no shared data");
        return None;
    }
    Some(path)
}

/// Compares a table with what `docs/conformance` holds, or writes it where that is asked for.
pub fn write_table(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/conformance")
        .join(name);
    if std::env::var_os("YUANYI_WRITE_TABLES").is_some() {
        std::fs::write(path, text).unwrap();
    }
}
