//! Running other programs.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap_or_else(|_| ".".into())
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program, to be run in the project's root.
pub fn program<S: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).args(arguments);
    command
}

/// Runs a program to its end; fails with its name when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("start {name}: is it installed?"))?;
    if !status.success() {
        bail!("{name} failed with {status}");
    }
    Ok(())
}

/// Runs a program, shows what it prints and hands each line to `watch`. Says whether it succeeded.
pub fn watch(command: &mut Command, mut watch: impl FnMut(&str)) -> Result<bool> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {name}: is it installed?"))?;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            let line = line?;
            println!("{line}");
            watch(&line);
        }
    }
    Ok(child.wait()?.success())
}

/// Whether a program can be found.
pub fn is_there(name: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Installs the client's packages where they are missing or older than the lock file.
pub fn install_client_packages() -> Result<()> {
    if !is_there("npm") {
        bail!("find npm: install Node.js 20 or newer");
    }
    let written = |path: &Path| path.metadata().and_then(|found| found.modified()).ok();
    let installed = written(&root().join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < written(&root().join("package-lock.json")) {
        run(&mut program("npm", ["ci", "--no-audit", "--no-fund"]))?;
    }
    Ok(())
}
