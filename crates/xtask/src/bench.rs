//! `cargo xtask bench NAME`: ratios against named peers, from one run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::shell::{self, install_client_packages, program, root, target};

/// Runs one bench, with the words that follow its name, or all of them.
pub fn run(name: Option<&str>, words: &[String]) -> Result<()> {
    let folder = root().join("bench");
    let mut benches: Vec<String> = fs::read_dir(&folder)?
        .filter_map(|found| bench_of(&found.ok()?.path()))
        .collect();
    benches.sort();
    if let Some(name) = name {
        benches.retain(|bench| bench == name);
        if benches.is_empty() {
            bail!("find the bench {name}: bench/README.md names all");
        }
    }
    // What people see in a browser is measured too; the server carries the client in itself.
    install_client_packages()?;
    shell::run(&mut program("npm", ["run", "--silent", "build"]))?;
    shell::run(&mut program(
        "cargo",
        [
            "build",
            "--release",
            "--package",
            "server",
            "--bins",
            "--examples",
            "--package",
            "volume",
            "--package",
            "signals",
        ],
    ))?;
    let python = python(&folder)?;
    for bench in benches {
        println!("── {bench}");
        let mut command = Command::new(&python);
        command
            .arg(folder.join(format!("{bench}.py")))
            .args(words)
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", target());
        shell::run(&mut command)?;
    }
    Ok(())
}

/// The bench that a file of `bench/` is; none where it only helps others.
fn bench_of(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let is_bench =
        path.extension()? == "py" && !["hospital", "measure", "imaging_peers"].contains(&stem);
    is_bench.then(|| stem.to_owned())
}

/// The Python that holds the peers of `bench/requirements.txt`.
fn python(folder: &Path) -> Result<PathBuf> {
    let place = target().join("bench-peers/python");
    let stamp = place.join("installed.txt");
    let list = folder.join("requirements.txt");
    let wanted = fs::read_to_string(&list).context("read bench/requirements.txt")?;
    let python = place.join("bin/python");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    shell::run(program("python3", ["-m", "venv"]).arg(&place))?;
    let mut pip = Command::new(&python);
    shell::run(
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(&list),
    )?;
    fs::write(stamp, wanted)?;
    Ok(python)
}
