//! Frames that no client sends: those of the contract with bytes changed, cut and put in, and acts of every kind.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on fails"
)]

mod strangers;

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use serde_json::Value;

/// A step of `strangers::frames`: what, by whom, and its bytes.
fn step(kind: u8, who: u8, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().min(255);
    let mut step = vec![kind * 3 + who, length as u8];
    step.extend(&bytes[..length]);
    step
}

/// The frames that clients send, each as a step, and the acts that there are.
fn sound() -> Vec<Vec<u8>> {
    let fixtures = include_str!("../../../contract/fixtures/room-frames.json");
    let fixtures: Value = serde_json::from_str(fixtures).unwrap();
    let hexes = fixtures["client"].as_array().unwrap().iter();
    let hexes = hexes.filter_map(|one| one["hex"].as_str());
    let mut all: Vec<_> = hexes.map(|hex| step(1, 0, &bytes_of(hex))).collect();
    assert!(all.len() > 5, "the contract has frames of clients");
    for act in [
        r#"{"act":"raise-hand"}"#,
        r#"{"act":"undo"}"#,
        r##"{"act":"wear","colour":"#56b4e9"}"##,
        r#"{"act":"look-like","figure":2}"#,
        r#"{"act":"lead","view":{"yaw_rad":0.5,"pitch_rad":0.1,"distance_m":1.5}}"#,
        r#"{"act":"show-around","shows":true}"#,
        r#"{"act":"show-around","shows":false}"#,
        r#"{"act":"set-place","place":"operating"}"#,
        r#"{"act":"set-place","place":"ward"}"#,
        r#"{"act":"admit","waiting":2}"#,
        r#"{"act":"admit","waiting":3,"companion":1}"#,
        r#"{"act":"put-out","participant":2,"reason":"x"}"#,
        r#"{"act":"block","participant":2,"reason":"x"}"#,
        r#"{"act":"appoint","participant":2,"standing":"host"}"#,
        r#"{"act":"mute","participant":2,"reason":"x"}"#,
        r#"{"act":"ask-to-record"}"#,
        r#"{"act":"answer-recording","agrees":true}"#,
        r#"{"act":"stop-recording"}"#,
        r#"{"act":"take","series":"1.2.3"}"#,
        r#"{"act":"add","entity":{"type":"board","transform":{"position_m":[0,1,0],"rotation":[0,0,0,1],"scale":1},"title":"x"}}"#,
        r#"{"act":"add","entity":{"type":"page","transform":{"position_m":[0,1,0],"rotation":[0,0,0,1],"scale":1},"path":"/imaging","title":""}}"#,
        r#"{"act":"add","entity":{"type":"line","points_m":[[0,1,0],[0.5,1.5,-1]]}}"#,
        r#"{"act":"grab","id":1}"#,
        r#"{"act":"grab","id":2}"#,
        r#"{"act":"ask-for","id":1}"#,
        r#"{"act":"give","id":1,"to":2}"#,
        r#"{"act":"take-over","id":1}"#,
        r#"{"act":"release","id":1}"#,
        r#"{"act":"remove","id":1}"#,
        r#"{"act":"come-urgently","reason":"x"}"#,
    ] {
        all.push(step(3, 0, act.as_bytes()));
    }
    all
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks_exact(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

/// Changes, cuts or puts in some bytes.
fn change(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    for _ in 0..chance.random_range(0..4) {
        let at = chance.random_range(0..=bytes.len());
        match chance.random_range(0..4) {
            0 => bytes.truncate(at.max(2)),
            1 => bytes.insert(at, chance.random()),
            _ => {
                if let Some(place) = bytes.get_mut(at) {
                    *place = chance.random();
                }
            }
        }
    }
}

#[test]
fn a_room_survives_frames_that_no_client_sends() {
    let sound = sound();
    for seed in 0..400 {
        println!("seed {seed}");
        let mut chance = StdRng::seed_from_u64(seed);
        let mut bytes = Vec::new();
        for _ in 0..chance.random_range(1..40) {
            if chance.random_bool(0.3) {
                // Time passes, somebody is put out, acts are kept or lost.
                let kind = chance.random_range(4..10);
                let mut any = [0; 3];
                chance.fill_bytes(&mut any);
                bytes.extend(step(kind, any[0] % 3, &any[..usize::from(any[1] % 3)]));
                continue;
            }
            let mut one = sound[chance.random_range(0..sound.len())].clone();
            one[0] += chance.random_range(0..3);
            if chance.random_bool(0.5) {
                change(&mut one, &mut chance);
            }
            bytes.extend(one);
        }
        strangers::frames(&bytes);
    }
}
