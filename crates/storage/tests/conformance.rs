//! The embedded record against the suite for all backends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use std::sync::Arc;

use record::Record;
use storage::{
    Embedded, SystemClock,
    conformance::{TestIndexer, record_conformance},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_record_does_what_a_record_must() {
    let folder = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    record_conformance(|| {
        number.set(number.get() + 1);
        let dir = folder.path().join(number.get().to_string());
        let record: Arc<dyn Record> =
            Arc::new(Embedded::open(dir, Arc::new(TestIndexer), Arc::new(SystemClock)).unwrap());
        record
    })
    .await;
}
