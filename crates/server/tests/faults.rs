//! Nothing that was acknowledged is lost, whatever happens to the program.
#![allow(clippy::unwrap_used)] // Helpers of tests fail the test.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

fn yuanyi() -> Command {
    Command::new(env!("CARGO_BIN_EXE_yuanyi"))
}

fn demo_images() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/imaging/chest-nodule.tar.zst")
}

/// Runs `verify --deep`; answers whether it found the record sound, and what it said.
fn verify(data: &Path) -> (bool, String) {
    let out = yuanyi()
        .args(["verify", "--deep", "--data"])
        .arg(data)
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (out.status.success(), said)
}

fn objects(said: &str) -> usize {
    let front = said.split(" objects").next().unwrap();
    front.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn an_import_killed_twenty_times_loses_nothing_that_it_acknowledged() {
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_120_u64);
    println!("SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut kept = BTreeSet::new();
    let mut state = seed;
    for round in 0..20 {
        let mut import = yuanyi()
            .args(["import", "--list"])
            .arg(demo_images())
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A linear congruential step, so that the moments can be had again from the seed.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let wait = Duration::from_millis(50 + (state >> 33) % 900);
        let out = import.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            BufReader::new(out)
                .lines()
                .map_while(Result::ok)
                .collect::<Vec<_>>()
        });
        std::thread::sleep(wait);
        import.kill().unwrap();
        import.wait().unwrap();
        let lines = reader.join().unwrap();
        kept.extend(lines.into_iter().filter(|line| line.starts_with("kept ")));
        if !data.join("journal").exists() {
            continue;
        }
        let (sound, said) = verify(&data);
        assert!(sound, "round {round}, seed {seed}: {said}");
        assert!(
            objects(&said) >= kept.len(),
            "round {round}, seed {seed}: {} kept, {said}",
            kept.len()
        );
    }
    // What was cut short goes on where it stopped.
    let done = yuanyi()
        .arg("import")
        .arg(demo_images())
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let (sound, said) = verify(&data);
    assert!(sound && objects(&said) == 49, "{said}");
}

#[test]
fn a_flipped_byte_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let done = yuanyi()
        .arg("import")
        .arg(demo_images())
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let segment = data.join("journal/00000001.log");
    let mut bytes = std::fs::read(&segment).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 0x10;
    std::fs::write(&segment, &bytes).unwrap();
    let (sound, said) = verify(&data);
    assert!(!sound);
    assert!(
        said.contains("00000001.log") && said.contains(&at.to_string()),
        "byte {at}: {said}"
    );
}

#[test]
fn a_second_program_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut first = yuanyi()
        .args([
            "serve",
            "--http",
            "127.0.0.1:0",
            "--dicom",
            "off",
            "--mqtt",
            "off",
            "--data",
        ])
        .arg(&data)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(first.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("ready")));
    let second = yuanyi()
        .arg("import")
        .arg(demo_images())
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(
        said.contains("in use") || said.contains("another"),
        "{said}"
    );
}

#[test]
fn a_full_disk_refuses_new_facts_and_keeps_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let config = folder.path().join("yuanyi.toml");
    std::fs::write(&config, format!("data = {data:?}\nmax_bytes = 8000000\n")).unwrap();
    let full = yuanyi()
        .arg("import")
        .arg(demo_images())
        .arg("--config")
        .arg(&config)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&full.stdout);
    assert!(said.contains("the disk is full"), "{said}");
    let (sound, said) = verify(&data);
    assert!(sound && objects(&said) > 5, "{said}");
}
