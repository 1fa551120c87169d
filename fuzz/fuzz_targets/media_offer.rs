//! Any text as an offer of WebRTC, for voice and for poses: answered by what can be read, or refused without a rest.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/media/tests/strangers/mod.rs"]
mod strangers;

fuzz_target!(|bytes: &[u8]| strangers::offer(bytes));
