//! Files of a series in which any bytes are changed, cut or replaced: a volume or an error, never a panic.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../../crates/volume/tests/phantom/mod.rs"]
mod phantom;

fn sound() -> &'static [Vec<u8>] {
    static SOUND: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SOUND.get_or_init(|| phantom::files(&phantom::series_of(3)))
}

fuzz_target!(|bytes: &[u8]| {
    let mut files = sound().to_vec();
    // A step: what to do, to which file, where, and with which byte.
    for step in bytes.chunks_exact(5) {
        let [what, file, low, high, byte] = *step else { break };
        let index = usize::from(file) % files.len();
        let at = usize::from(u16::from_le_bytes([low, high]));
        match what % 4 {
            0 | 1 => {
                if let Some(place) = files[index].get_mut(at) {
                    *place = byte;
                }
            }
            2 => files[index].truncate(at),
            _ => {
                let at = at.min(files[index].len());
                files[index].insert(at, byte);
            }
        }
    }
    let _ = volume::series::from_files(&files);
    let _ = volume::series::from_files(&[bytes]);
});
