//! The allocator of the program that links this crate: mimalloc, which keeps the small things of many threads apart
//! and gives back what is free (ADR 91).

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`: for how many milliseconds free pages are kept. The binding does not name it; the test
/// below fails if it comes to mean something else.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Gives free pages back to the system at once, also of threads that have nothing more to do. Called first of all.
pub fn give_back_at_once() {
    // SAFETY: sets one number in mimalloc's table of options, which is there from the start and may be set at any
    // time and from any thread. It reads and writes no memory of ours.
    #[expect(unsafe_code, reason = "the binding has no safe form")]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, 0);
    }
}

#[cfg(test)]
mod tests {
    /// What the program holds in memory, in bytes.
    fn resident() -> usize {
        let text = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = text.lines().find(|line| line.starts_with("RssAnon:"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<usize>().unwrap() << 10
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_free_goes_back_at_once_also_of_a_thread_that_waits() {
        super::give_back_at_once();
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
        let left = resident().saturating_sub(before);
        assert!(left < 8 << 20, "{left} bytes are kept");
        drop(done);
        busy.join().unwrap();
    }
}
