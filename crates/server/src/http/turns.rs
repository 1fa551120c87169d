//! Turns at work that takes a processor, and memory, as long as it lasts: on pixels, masks and meshes.

use std::{
    num::NonZeroUsize,
    sync::{Arc, LazyLock},
};

use tokio::{sync::Semaphore, task::spawn_blocking};

use super::Problem;

/// More at once than there are processors would be no faster, and a frame may take much memory while it is decoded.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(processors())));

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Work outside of the async threads, when it is its turn. It must wait for nobody, such as who reads an answer.
pub async fn in_turn<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let turn = Arc::clone(&TURNS).acquire_owned().await;
    let turn = turn.map_err(|error| Problem::internal(&error))?;
    // The turn is over with the work, also where nobody waits for it any more.
    let job = move || {
        let _turn = turn;
        job()
    };
    spawn_blocking(job)
        .await
        .map_err(|error| Problem::internal(&error))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_is_worked_on_at_once_than_there_are_processors() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..processors() * 8).map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            in_turn(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                now.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for done in futures::future::join_all(jobs).await {
            done.unwrap();
        }
        let most = most.load(Ordering::SeqCst);
        assert!((1..=processors()).contains(&most), "{most} at once");
    }
}
