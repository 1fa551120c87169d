//! What no client sends: offers of browsers with lines and bytes changed, and bytes by lines that came about.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on fails"
)]

mod strangers;

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

/// An offer as Chromium writes it for a microphone, a camera, a screen, a picture of all around and two places.
const CHROMIUM: &str = include_str!("strangers/chromium.sdp");
/// One for a channel alone.
const CHANNEL: &str = include_str!("strangers/channel.sdp");

#[test]
fn offers_of_any_text_are_answered_or_refused_and_leave_nothing() {
    for sound in [CHROMIUM, CHANNEL] {
        strangers::offer(sound.replace('\n', "\r\n").as_bytes());
    }
    for seed in 0..600 {
        println!("seed {seed}");
        let mut chance = StdRng::seed_from_u64(seed);
        let sound = if seed % 3 == 0 { CHANNEL } else { CHROMIUM };
        let mut lines: Vec<Vec<u8>> = sound.lines().map(|line| line.as_bytes().to_vec()).collect();
        for _ in 0..chance.random_range(1..6) {
            let at = chance.random_range(0..lines.len());
            let other = lines[chance.random_range(0..lines.len())].clone();
            match chance.random_range(0..5) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, other),
                2 => lines[at] = other,
                _ => {
                    let line = &mut lines[at];
                    let place = chance.random_range(0..=line.len());
                    match chance.random_range(0..3) {
                        0 => line.truncate(place),
                        1 => line.insert(place, chance.random()),
                        _ if place < line.len() => line[place] = b"0:;,=a9\xff "[seed as usize % 9],
                        _ => {}
                    }
                }
            }
        }
        strangers::offer(&lines.join(&b"\r\n"[..]));
    }
}

#[test]
fn a_payload_type_that_is_two_things_in_two_sections_ends_no_media() {
    let h264 =
        "a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\n";
    let last = CHROMIUM.rfind(h264).unwrap();
    let (before, after) = CHROMIUM.split_at(last);
    let after = after.strip_prefix(h264).unwrap();
    for other in [
        h264.replace("packetization-mode", "packetization4mode"),
        h264.replace("42001f", "42e01f"),
        // As if nothing were said of it here.
        String::new(),
        // By letters that mean the same to who reads numbers.
        h264.replace("103", "0103"),
    ] {
        let offer = format!("{before}{other}{after}");
        strangers::offer(offer.replace('\n', "\r\n").as_bytes());
    }
}

#[test]
fn bytes_by_a_line_that_came_about_end_nothing_but_the_line() {
    for seed in 0..40 {
        println!("seed {seed}");
        let mut chance = StdRng::seed_from_u64(seed);
        let mut bytes = Vec::new();
        for _ in 0..chance.random_range(1..60) {
            let mut part = vec![0; chance.random_range(0..100)];
            chance.fill_bytes(&mut part);
            // Often it begins as something does: STUN, DTLS, RTP or RTCP (RFC 7983).
            let begins = [0, 1, 20, 22, 23, 63, 128, 144, 191, 200];
            if let Some(first) = part.first_mut() {
                *first = begins[chance.random_range(0..begins.len())];
            }
            bytes.extend([chance.random(), part.len() as u8]);
            bytes.extend(part);
        }
        strangers::line(&bytes);
    }
}
