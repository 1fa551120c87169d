//! The allocator of the program that links this crate: mimalloc, which keeps the small things of many threads apart
//! and gives back what is free (ADR 91).

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`: for how many milliseconds free pages are kept. The binding does not name it; the test
/// below fails if it comes to mean something else.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Long enough for a page that is taken and freed with each message of a device to be had again, instead of costing two
/// calls of the system; too short for memory to gather.
const KEPT_MS: std::ffi::c_long = 10;

/// Gives free pages back to the system soon, also of threads that have nothing more to do. Called first of all.
pub fn give_back_soon() {
    // SAFETY: sets one number in mimalloc's table of options, which is there from the start and may be set at any
    // time and from any thread. It reads and writes no memory of ours.
    #[expect(unsafe_code, reason = "the binding has no safe form")]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, KEPT_MS);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    /// What the program holds in memory, in bytes.
    fn resident() -> usize {
        let text = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = text.lines().find(|line| line.starts_with("RssAnon:"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<usize>().unwrap() << 10
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_free_goes_back_soon_also_of_a_thread_that_waits() {
        super::give_back_soon();
        let before = resident();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let (full, filled) = std::sync::mpsc::channel();
        let (free, freed) = std::sync::mpsc::channel();
        let busy = std::thread::spawn(move || {
            let many: Vec<Vec<u8>> = (0..200_000).map(|of| vec![1; 200 + of % 400]).collect();
            full.send(resident()).unwrap();
            drop(many);
            free.send(()).unwrap();
            let _ = wait.recv();
        });
        let most = filled.recv().unwrap() - before;
        assert!(most > 64 << 20, "{most}");
        freed.recv().unwrap();
        // Whoever works on, if ever so little, gives back what others have left.
        let patience = Instant::now() + Duration::from_secs(30);
        let kept = || {
            drop(vec![1_u8; 100_000]);
            resident().saturating_sub(before)
        };
        while kept() >= 8 << 20 && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
        let kept = kept();
        assert!(kept < 8 << 20, "{kept} bytes are kept");
        drop(done);
        busy.join().unwrap();
    }
}
