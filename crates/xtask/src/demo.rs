//! `./yuanyi demo`: from a clone to a running hospital.

use std::time::Instant;

use anyhow::Result;

use crate::shell::{self, install_client_packages, program, target};

/// Builds client and server and starts the demo in the foreground.
pub fn run(arguments: &[String]) -> Result<()> {
    let started = Instant::now();
    step("1/3 the client's packages");
    install_client_packages()?;
    step("2/3 the client");
    shell::run(&mut program("npm", ["run", "--silent", "build"]))?;
    step("3/3 the server (the first build takes some minutes)");
    shell::run(&mut program(
        "cargo",
        ["build", "--release", "--package", "server"],
    ))?;
    eprintln!("built in {:.1} min", started.elapsed().as_secs_f64() / 60.0);
    let yuanyi = target()
        .join("release/yuanyi")
        .to_string_lossy()
        .into_owned();
    let mut command = program(&yuanyi, ["demo"]);
    command.args(arguments);
    shell::run(&mut command)
}

fn step(what: &str) {
    eprintln!("building {what}");
}
