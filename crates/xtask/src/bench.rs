//! `cargo xtask bench NAME`: ratios against named peers, from one run.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::shell::{self, program, root, target};

/// Runs one bench, or all of them.
pub fn run(name: Option<&str>) -> Result<()> {
    let folder = root().join("bench");
    let mut benches: Vec<String> = fs::read_dir(&folder)?
        .filter_map(|found| Some(found.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .filter(|stem| is_bench(stem))
        .collect();
    benches.sort();
    if let Some(name) = name {
        benches.retain(|bench| bench == name);
        if benches.is_empty() {
            bail!("find the bench {name}: bench/README.md names all");
        }
    }
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
        ],
    ))?;
    let python = python(&folder)?;
    for bench in benches {
        println!("── {bench}");
        let mut command = Command::new(&python);
        command
            .arg(folder.join(format!("{bench}.py")))
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", target());
        shell::run(&mut command)?;
    }
    Ok(())
}

/// What lies in `bench/` and is no bench itself.
fn is_bench(stem: &str) -> bool {
    ![
        "measure",
        "imaging_peers",
        "README",
        "requirements",
        "results",
        "peers",
        "__pycache__",
    ]
    .contains(&stem)
}

/// The Python that holds the peers of `bench/requirements.txt`.
fn python(folder: &std::path::Path) -> Result<PathBuf> {
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
