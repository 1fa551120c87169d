//! Any datagrams, messages, voices and pictures by lines that came about: nothing goes to strangers, and all ends.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/media/tests/strangers/mod.rs"]
mod strangers;

fuzz_target!(|bytes: &[u8]| strangers::line(bytes));
