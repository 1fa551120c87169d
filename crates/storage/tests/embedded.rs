//! What only the embedded record promises.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use record::{Record, RecordError};
use storage::{
    Options, StorageError, conformance::TestIndexer, rebuild, verify, verify_with_terms,
};
use vocabulary::Uid;

mod shared;
use shared::{all, commit, filled, object, object_bytes, open, resource, small};

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let record = open(folder.path(), small()).unwrap();
    let refused = open(folder.path(), small()).unwrap_err();
    assert!(matches!(refused, StorageError::InUse(_)), "{refused}");
    assert!(matches!(
        rebuild(folder.path(), &test_indexer()),
        Err(StorageError::InUse(_))
    ));
    record.close();
    let late = commit(&record, vec![resource(1)]).await;
    assert!(matches!(late, Err(RecordError::Store(_))), "{late:?}");
    open(folder.path(), small()).unwrap();
}

fn test_indexer() -> Arc<dyn record::Indexer> {
    Arc::new(TestIndexer)
}

#[tokio::test]
async fn a_full_disk_refuses_new_facts_and_keeps_serving() {
    let folder = tempfile::tempdir().unwrap();
    let limited = Options {
        max_bytes: Some(300_000),
        ..small()
    };
    let record = open(folder.path(), limited).unwrap();
    let mut kept = 0;
    while commit(&record, vec![object(kept, 20_000)]).await.is_ok() {
        kept += 1;
    }
    assert!((10..15).contains(&kept), "{kept}");
    let refused = commit(&record, vec![object(kept, 20_000)]).await;
    assert!(matches!(refused, Err(RecordError::Full)), "{refused:?}");
    // A batch too large leaves nothing, a small one still fits, what is kept stays readable.
    assert_eq!(*record.feed().borrow(), kept);
    commit(&record, vec![resource(1)]).await.unwrap();
    commit(&record, vec![object(0, 20_000)])
        .await
        .expect("what is kept is acknowledged again");
    let sop = Uid::new("1.9.0").unwrap();
    let instance = record.instance(&all(), &sop).await.unwrap().unwrap();
    assert_eq!(
        record.object(&all(), &instance, None).await.unwrap(),
        object_bytes(0, 20_000)
    );
    drop(record);
    assert!(verify(folder.path(), true).unwrap().is_sound());
    let record = open(folder.path(), small()).unwrap();
    commit(&record, vec![object(kept, 20_000)]).await.unwrap();
}

#[tokio::test]
async fn the_index_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 12).await;
    fs::remove_file(folder.path().join("index.sqlite")).unwrap();
    let record = open(folder.path(), small()).unwrap();
    assert_eq!(*record.feed().borrow(), 24);
    let checkpoint = record.checkpoint().await.unwrap();
    let proof = record.inclusion(5, 24).await.unwrap().unwrap();
    let leaf = record.leaves(5..6).await.unwrap()[0];
    proof.verify(&leaf, &checkpoint.root).unwrap();
    assert_eq!(
        record.verifier().open(&checkpoint.note).unwrap(),
        checkpoint
    );
    drop(record);
    let report = verify_with_terms(folder.path(), &test_indexer()).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
}

#[tokio::test]
async fn a_running_hospital_can_be_checked_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    filled(folder.path(), 12).await;
    let record = Arc::new(open(folder.path(), small()).unwrap());
    let writer = {
        let record = Arc::clone(&record);
        tokio::spawn(async move {
            for number in 100..160 {
                commit(&record, vec![object(number, 9_000), resource(number)])
                    .await
                    .unwrap();
            }
        })
    };
    let dir = folder.path().to_owned();
    let report = tokio::task::spawn_blocking(move || verify(dir, true))
        .await
        .unwrap()
        .unwrap();
    assert!(report.is_sound() && report.running, "{:?}", report.fault);
    assert!(report.entries >= 24);
    let copied = record.backup(copy.path()).await.unwrap();
    writer.await.unwrap();
    assert!(
        record.backup(copy.path()).await.is_err(),
        "a copy is not written over"
    );
    let report = verify_with_terms(copy.path(), &test_indexer()).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
    assert_eq!(report.entries, copied);
    let restored = open(copy.path(), small()).unwrap();
    assert_eq!(*restored.feed().borrow(), copied);
    commit(&restored, vec![resource(7)]).await.unwrap();
    drop(restored);
    // From outside too, as another process does it.
    let outside = tempfile::tempdir().unwrap();
    let (copy, laid) = (outside.path().join("copy"), outside.path().join("laid"));
    let size = *record.feed().borrow();
    assert_eq!(storage::backup(folder.path(), &copy).unwrap(), size);
    let report = storage::restore(&copy, &laid, &test_indexer()).unwrap();
    assert!(report.is_sound() && report.deep && report.entries == size);
    assert_eq!(*open(&laid, small()).unwrap().feed().borrow(), size);
    assert!(
        storage::restore(&copy, &laid, &test_indexer()).is_err(),
        "not written over"
    );
    // A copy with one wrong byte is not laid down.
    let segment = copy.join("journal/00000002.log");
    let mut bytes = fs::read(&segment).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let other = outside.path().join("other");
    let report = storage::restore(&copy, &other, &test_indexer()).unwrap();
    assert_eq!(report.fault.unwrap().file, "journal/00000002.log");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2);
    let mode = fs::metadata(laid.join("keys/ledger.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}
