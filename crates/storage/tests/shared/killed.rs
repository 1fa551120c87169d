//! A process that is killed at a random moment, and what it had acknowledged by then.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use super::shared::object_bytes;

/// As many random numbers as there are kills. The seed is told, so that a failure can be had again.
pub fn random_moments(kills: u64) -> Bytes {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed =
        env::var("YUANYI_SEED").map_or(u64::from(now.subsec_nanos()), |seed| seed.parse().unwrap());
    println!("YUANYI_SEED={seed}");
    object_bytes(seed, usize::try_from(kills).unwrap())
}

/// Runs one test of this program as a process of its own and kills it. Returns the words behind `acknowledged`
/// in each line that it printed; the last line may be cut off.
pub fn acknowledged_until_killed(
    test: &str,
    told: &[(&str, &str)],
    after: Duration,
) -> Vec<Vec<String>> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .envs(told.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let killer = std::thread::spawn(move || {
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    let lines = output.lines().map_while(Result::ok);
    let acknowledged = lines
        .filter_map(|line| {
            let words = line.strip_prefix("acknowledged ")?.split(' ');
            Some(words.map(str::to_owned).collect())
        })
        .collect();
    killer.join().unwrap();
    acknowledged
}
