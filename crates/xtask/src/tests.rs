//! `./yuanyi test`: everything that the tests need, and all tests.

use std::{fs, path::PathBuf, process::Command, thread, time::Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::{self, install_client_packages, is_there, program, root, target, watch};

/// How many tests passed and failed.
#[derive(Clone, Copy, Default)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn one(ok: bool) -> Self {
        Self {
            passed: u64::from(ok),
            failed: u64::from(!ok),
        }
    }
}

type Stage = (&'static str, fn() -> Result<Count>);

/// One row after the other; the stages of a row run side by side.
const STAGES: &[&[Stage]] = &[
    &[("packages", packages)],
    &[("format", format)],
    &[("tidy", tidy)],
    &[("client-build", client_build)],
    &[("client-tests", client_tests)],
    &[("client-lint", client_lint)],
    &[("clippy", clippy)],
    &[("rust-tests", rust_tests)],
    &[("stage", stage)],
    // Clients wait for answers most of the time, which leaves the processor to the browsers.
    &[("conformance", conformance), ("journeys", journeys)],
];

/// Runs all stages, or those whose name holds `only`; ends with the line `N passed, N failed`.
pub fn run(only: Option<&str>) -> Result<()> {
    let mut all = Count::default();
    for row in STAGES {
        let wanted = |stage: &&Stage| only.is_none_or(|part| stage.0.contains(part));
        let counts: Vec<Count> = thread::scope(|scope| {
            let running: Vec<_> = row
                .iter()
                .filter(wanted)
                .map(|stage| scope.spawn(|| run_one(*stage)))
                .collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended
                .map(|count| count.unwrap_or(Count::one(false)))
                .collect()
        });
        for count in counts {
            all.passed += count.passed;
            all.failed += count.failed;
        }
    }
    println!("{} passed, {} failed", all.passed, all.failed);
    if all.failed > 0 {
        bail!("{} failed", all.failed);
    }
    Ok(())
}

fn run_one((name, stage): Stage) -> Count {
    let started = Instant::now();
    println!("── {name}");
    let count = stage().unwrap_or_else(|error| {
        println!("{name}: {error:#}");
        Count::one(false)
    });
    println!(
        "── {name}: {} passed, {} failed, {:.0} s",
        count.passed,
        count.failed,
        started.elapsed().as_secs_f64()
    );
    count
}

/// Debian packages, npm packages and the Python peers that the tests talk to.
fn packages() -> Result<Count> {
    let wanted = [
        ("chromium", "chromium"),
        ("storescu", "dcmtk"),
        ("fc-list", "fontconfig"),
        ("faketime", "faketime"),
        ("mosquitto_pub", "mosquitto-clients"),
        ("turnserver", "coturn"),
    ];
    let mut missing: Vec<&str> = wanted
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(_, package)| *package)
        .collect();
    if !PathBuf::from("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists() {
        missing.push("fonts-noto-cjk");
    }
    // Chromium draws by Mesa's llvmpipe in the tests.
    if !PathBuf::from("/usr/share/glvnd/egl_vendor.d/50_mesa.json").exists() {
        missing.extend(["libegl1", "libegl-mesa0", "libgl1-mesa-dri"]);
    }
    install_from_debian(&missing)?;
    install_client_packages()?;
    python_peers()?;
    orthanc()?;
    Ok(Count::default())
}

fn install_from_debian(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    shell::run(&mut program("apt-get", ["update", "-qq"]))?;
    let mut install = program(
        "apt-get",
        ["install", "-y", "-qq", "--no-install-recommends"],
    );
    shell::run(
        install
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// Orthanc goes into a folder of its own, which takes root; without it the tests that talk to it say that
/// they were not run.
fn orthanc() -> Result<()> {
    let asked = Command::new("id").arg("-u").output();
    let is_root = asked.is_ok_and(|answer| answer.stdout.trim_ascii() == b"0");
    if is_root && !is_there("debootstrap") {
        install_from_debian(&["debootstrap"])?;
    }
    let mut install = Command::new(peers_python());
    install.arg(root().join("tests/conformance/orthanc.py"));
    if !watch(&mut install, |_| {})? {
        println!("the conversations with Orthanc will not be run");
    }
    Ok(())
}

/// The Python that holds the peers of `tests/conformance/requirements.txt`.
fn peers_python() -> PathBuf {
    target().join("peers/bin/python")
}

fn python_peers() -> Result<()> {
    let list = root().join("tests/conformance/requirements.txt");
    let stamp = target().join("peers/installed.txt");
    let wanted = fs::read_to_string(&list).context("read tests/conformance/requirements.txt")?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(target())?;
    let folder = target().join("peers");
    shell::run(program("python3", ["-m", "venv"]).arg(&folder))?;
    let mut pip = Command::new(peers_python());
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
    Ok(())
}

fn format() -> Result<Count> {
    Ok(Count::one(watch(
        &mut program("cargo", ["fmt", "--all", "--check"]),
        |_| {},
    )?))
}

fn tidy() -> Result<Count> {
    crate::tidy::run()?;
    Ok(Count::one(true))
}

fn clippy() -> Result<Count> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "--deny",
        "warnings",
    ];
    Ok(Count::one(watch(&mut program("cargo", arguments), |_| {})?))
}

fn client_build() -> Result<Count> {
    Ok(Count::one(watch(
        &mut program("npm", ["run", "--silent", "build"]),
        |_| {},
    )?))
}

fn client_lint() -> Result<Count> {
    Ok(Count::one(watch(
        &mut program("npm", ["run", "--silent", "lint"]),
        |_| {},
    )?))
}

fn client_tests() -> Result<Count> {
    let report = target().join("vitest.json");
    let mut vitest = program(
        "npx",
        ["vitest", "run", "--reporter=default", "--reporter=json"],
    );
    vitest.arg(format!("--outputFile.json={}", report.display()));
    let ok = watch(&mut vitest, |_| {})?;
    let found = read_json(&report)?;
    let number = |name: &str| found.get(name).and_then(Value::as_u64).unwrap_or(0);
    settle(
        Count {
            passed: number("numPassedTests"),
            failed: number("numFailedTests"),
        },
        ok,
    )
}

fn rust_tests() -> Result<Count> {
    let mut count = Count::default();
    let mut tests = program("cargo", ["test", "--workspace", "--no-fail-fast"]);
    tests.env("YUANYI_BIN", target().join("debug/yuanyi"));
    let ok = watch(&mut tests, |line| {
        if let Some(rest) = line.strip_prefix("test result: ") {
            count.passed += number_before(rest, " passed");
            count.failed += number_before(rest, " failed");
        }
    })?;
    settle(count, ok)
}

/// The number that stands before `word` in one of cargo's closing lines.
fn number_before(line: &str, word: &str) -> u64 {
    line.split(word)
        .next()
        .and_then(|front| front.rsplit(' ').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// Builds as the tests do: any other choice of packages would build what they stand on once more.
fn build() -> Result<()> {
    shell::run(&mut program(
        "cargo",
        ["test", "--quiet", "--workspace", "--no-run"],
    ))
}

/// Clients that others wrote, against the built program.
fn conformance() -> Result<Count> {
    build()?;
    let mut count = Count::default();
    // After the browsers, which run at the same time and draw for people who wait.
    let mut pytest = program("nice", ["-n", "5"]);
    pytest
        .arg(peers_python())
        .args([
            "-m",
            "pytest",
            "-q",
            // What was not run is told with its reason.
            "-rs",
            "-p",
            "no:cacheprovider",
            "tests/conformance",
        ])
        .env("YUANYI_BIN", target().join("debug/yuanyi"));
    let ok = watch(&mut pytest, |line| {
        let counts = [" passed", " failed", " error"];
        if line.contains(" in ") && counts.iter().any(|word| line.contains(word)) {
            count.passed += number_before(line, " passed");
            // A test whose preparation failed is told apart, and has failed all the same.
            count.failed += number_before(line, " failed") + number_before(line, " error");
        }
    })?;
    settle(count, ok)
}

/// The stage alone in a browser, on a made-up chest.
fn stage() -> Result<Count> {
    in_browser("tests/stage/playwright.config.ts")
}

/// People's ways through the hospital in a browser.
fn journeys() -> Result<Count> {
    build()?;
    in_browser("tests/journeys/playwright.config.ts")
}

fn in_browser(config: &str) -> Result<Count> {
    let report = target().join("playwright.json");
    let mut playwright = program("npx", ["playwright", "test", "--reporter=list,json"]);
    playwright
        .args(["--config", config])
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report)
        .env("YUANYI_BIN", target().join("debug/yuanyi"));
    let ok = watch(&mut playwright, |_| {})?;
    let stats = read_json(&report)?;
    let number = |name: &str| {
        let found = stats.pointer(&format!("/stats/{name}"));
        found.and_then(Value::as_u64).unwrap_or(0)
    };
    let passed = number("expected") + number("flaky");
    settle(
        Count {
            passed,
            failed: number("unexpected"),
        },
        ok,
    )
}

/// A program that failed without counting a failure still failed once.
fn settle(mut count: Count, ok: bool) -> Result<Count> {
    if !ok && count.failed == 0 {
        count.failed = 1;
    }
    if ok && count.passed == 0 {
        bail!("ran no test");
    }
    Ok(count)
}

fn read_json(path: &PathBuf) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("understand {}", path.display()))
}
