//! Any bytes, as frames of several connections to one room: the room reads or refuses them, never panics,
//! and its journal always makes the same room again.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/room/tests/strangers/mod.rs"]
mod strangers;

fuzz_target!(|bytes: &[u8]| strangers::frames(bytes));
