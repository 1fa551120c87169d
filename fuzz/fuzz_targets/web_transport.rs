//! Any bytes as what somebody sends who asks for a session of WebTransport, in pieces of any size: a request, the
//! beginning of one, or none, however they are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../crates/server/src/transport/http3.rs"]
mod http3;
#[path = "../../crates/server/tests/strangers/request.rs"]
mod strangers;

fuzz_target!(|bytes: &[u8]| strangers::request(bytes));
