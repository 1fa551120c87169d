//! `cargo xtask load`: people in rooms who move and act, over lines good and bad.

use anyhow::Result;

use crate::shell::{self, program, target};

/// Builds the hospital and those who go into its rooms, and has them go.
pub fn run(is_development: bool, arguments: &[String]) -> Result<()> {
    // The development build takes the whole workspace's features, so that nothing is built twice for it.
    let (profile, build) = if is_development {
        (
            "debug",
            ["build", "--workspace", "--bin", "yuanyi"].as_slice(),
        )
    } else {
        (
            "release",
            [
                "build",
                "--release",
                "--package",
                "server",
                "--bin",
                "yuanyi",
            ]
            .as_slice(),
        )
    };
    shell::run(program("cargo", build).args(["--example", "rooms", "--quiet"]))?;
    let rooms = target().join(profile).join("examples/rooms");
    shell::run(program(&rooms.to_string_lossy(), ["load"]).args(arguments))
}
