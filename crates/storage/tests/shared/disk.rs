//! A small disk, which fills, for one test and what it starts.

use std::{
    env,
    ffi::OsStr,
    path::PathBuf,
    process::{Command, Output},
};

/// Tells the test where its disk is.
const DISK: &str = "YUANYI_TEST_DISK";
/// Mounts so much at a place and runs the rest of its words.
const MOUNT: &str = r#"mount -t tmpfs -o "size=$1" yuanyi-test "$2" && shift 2 && exec "$@""#;
/// Where one may mount for oneself alone: as who may mount anyhow, else as a user who is that in a namespace of their own.
const NAMESPACES: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

/// Where the disk of the test of this name is, as large as it is told to be.
///
/// The test is run once more in a process that has it; nothing in the one that was started first, which has no more to do.
pub fn small_disk(test: &str, size: &str) -> Option<PathBuf> {
    if let Some(disk) = env::var_os(DISK) {
        return Some(disk.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let with_disk = |namespace: &[&str], rest: &[&OsStr]| -> Option<Output> {
        Command::new("unshare")
            .args(namespace)
            .args(["sh", "-c", MOUNT, "sh", size])
            .arg(folder.path())
            .args(rest)
            .env(DISK, folder.path())
            .output()
            .ok()
    };
    let may_mount = |namespace: &&&[&str]| {
        with_disk(namespace, &[OsStr::new("true")]).is_some_and(|done| done.status.success())
    };
    let Some(namespace) = NAMESPACES.iter().find(may_mount) else {
        println!("not run: this user may not mount a file system, not even for itself");
        return None;
    };
    let program = env::current_exe().unwrap();
    let mut words = vec![program.as_os_str()];
    words.extend(["--exact", test, "--nocapture"].map(OsStr::new));
    let done = with_disk(namespace, &words).unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}{errors}");
    // A name that no test has is run by nobody, and succeeds.
    assert!(said.contains("1 passed"), "{said}");
    None
}
