//! Any bytes as the bodies of requests by which frames come where no WebSocket opens, numbered in any order and more
//! than once: a body is whole frames or nothing, and of each line each request is heard once and in its turn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use room::{
    limits::CLIENT_FRAME_BYTES,
    requests::{Turn, Turns, split},
    wire::ClientFrame,
};

fuzz_target!(|bytes: &[u8]| {
    if let Some(frames) = split(bytes) {
        let mut again = Vec::new();
        for frame in frames {
            assert!((1..=CLIENT_FRAME_BYTES).contains(&frame.len()));
            let _ = ClientFrame::decode(frame);
            again.extend(u16::try_from(frame.len()).expect("a frame is short").to_le_bytes());
            again.extend_from_slice(frame);
        }
        assert!(again == bytes, "the frames make another body");
    }
    // The same bytes as the numbers of requests, as they come.
    let (mut turns, mut heard) = (Turns::default(), 0);
    for number in bytes.iter().copied().map(u32::from) {
        if turns.of(number) == Turn::Now {
            assert!(number == heard + 1, "{number} was heard after {heard}");
            heard = number;
            turns.heard();
        }
    }
});
