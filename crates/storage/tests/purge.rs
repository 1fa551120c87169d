//! Bytes of deleted objects are removed for good, and nothing else is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod shared;

use std::{fs, os::unix::fs::MetadataExt, path::Path, sync::Arc};

use record::{FactBody, Images, NewFact, Record, RecordError};
use shared::{all, commit, object, object_bytes, open, resource, small};
use storage::{Options, Report, conformance::TestIndexer, verify_with_terms};
use vocabulary::{Timestamp, Uid};

const LENGTH: usize = 40_000;

fn uid(text: &str) -> Uid {
    Uid::new(text).unwrap()
}

/// Deletes the object of this number.
fn delete(number: u64) -> NewFact {
    let NewFact::StoreInstance { instance, .. } = object(number, 1) else {
        unreachable!("an object");
    };
    NewFact::DeleteImages {
        images: Images {
            subject: instance.subject,
            study: instance.study,
            series: Some(instance.series),
            instance: Some(instance.sop),
        },
        reason: "no longer kept".to_owned(),
        stored_before: Timestamp(i64::MAX),
    }
}

/// The same bytes as those of object `number`, under another UID.
fn copy_of(number: u64) -> NewFact {
    let NewFact::StoreInstance {
        mut instance,
        bytes,
    } = object(number, LENGTH)
    else {
        unreachable!("an object");
    };
    instance.sop = uid(&format!("1.8.{number}"));
    NewFact::StoreInstance { instance, bytes }
}

fn purge() -> NewFact {
    NewFact::PurgeImages {
        deleted_before: Timestamp(i64::MAX),
        most: 100,
    }
}

fn check(dir: &Path) -> Report {
    let indexer: Arc<dyn record::Indexer> = Arc::new(TestIndexer);
    verify_with_terms(dir, &indexer).unwrap()
}

/// Whether the bytes of an object stand anywhere in the journal.
fn is_there(dir: &Path, number: u64) -> bool {
    let bytes = object_bytes(number, LENGTH);
    let beginning = &bytes[..64];
    fs::read_dir(dir.join("journal")).unwrap().any(|segment| {
        let segment = fs::read(segment.unwrap().path()).unwrap();
        segment.windows(64).any(|window| window == beginning)
    })
}

async fn filled(dir: &Path, options: Options) -> storage::Embedded {
    let record = open(dir, options).unwrap();
    for number in 0..6 {
        let facts = vec![object(number, LENGTH), resource(number)];
        commit(&record, facts).await.unwrap();
    }
    // Object 2 is kept under another UID too; object 3 is stored again after its deletion.
    commit(&record, vec![copy_of(2)]).await.unwrap();
    for number in [1, 2, 3] {
        commit(&record, vec![delete(number)]).await.unwrap();
    }
    commit(&record, vec![object(3, LENGTH)]).await.unwrap();
    record
}

#[tokio::test]
async fn only_what_nothing_keeps_is_purged() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let record = filled(dir, small()).await;
    let blocks = || -> u64 {
        let segments = fs::read_dir(dir.join("journal")).unwrap();
        segments
            .map(|s| s.unwrap().metadata().unwrap().blocks())
            .sum()
    };
    let before = blocks();
    let early = NewFact::PurgeImages {
        deleted_before: Timestamp(0),
        most: 100,
    };
    let refused = commit(&record, vec![early]).await.unwrap_err();
    assert!(
        matches!(refused, RecordError::Conflict { .. }),
        "the time has not come"
    );
    assert!(is_there(dir, 1));

    let sealed = commit(&record, vec![purge()]).await.unwrap();
    let entry = &record.entries(&all(), sealed[0].sequence, 1).await.unwrap()[0];
    let FactBody::PurgedImages(purged) = &entry.fact.body else {
        panic!("a purge is a fact: {entry:?}");
    };
    assert_eq!(purged.objects.len(), 1);
    assert_eq!(purged.objects[0].size, LENGTH as u64);
    assert!(!is_there(dir, 1), "what is acknowledged as purged is gone");
    for kept in [0, 2, 3, 4, 5] {
        assert!(is_there(dir, kept), "{kept}");
    }
    assert!(blocks() < before, "the disk has its blocks back");
    let nothing = commit(&record, vec![purge()]).await.unwrap_err();
    assert!(matches!(nothing, RecordError::Conflict { .. }));

    // What is kept is read as before, and the journal is sound with and without its index.
    for number in [0, 2, 3, 4, 5] {
        let sop = if number == 2 {
            "1.8.2".to_owned()
        } else {
            format!("1.9.{number}")
        };
        let instance = record.instance(&all(), &uid(&sop)).await.unwrap().unwrap();
        let bytes = record.object(&all(), &instance, None).await.unwrap();
        assert_eq!(bytes, object_bytes(number, LENGTH));
    }
    record.close();
    let report = check(dir);
    assert_eq!(report.fault, None);
    assert_eq!((report.purged, report.to_erase), (1, 0));
    fs::remove_file(dir.join("index.sqlite")).unwrap();
    let record = open(dir, small()).unwrap();
    assert!(record.torn_tail().is_none());

    // It may be stored again, and purged again.
    commit(&record, vec![object(1, LENGTH)]).await.unwrap();
    assert!(is_there(dir, 1));
    commit(&record, vec![delete(1), purge()]).await.unwrap();
    assert!(!is_there(dir, 1));
    record.close();
    let report = check(dir);
    assert_eq!((report.fault, report.purged), (None, 2));
}

/// A crash between the entry and the deed: the next start removes the bytes.
#[tokio::test]
async fn an_interrupted_purge_is_made_good() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let record = filled(dir, small()).await;
    record.close();
    let segments: Vec<_> = fs::read_dir(dir.join("journal"))
        .unwrap()
        .map(|segment| segment.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    let record = open(dir, small()).unwrap();
    commit(&record, vec![purge()]).await.unwrap();
    record.close();
    // Puts back what the purge removed, as if it had not come to that.
    for (path, before) in &segments {
        let mut now = fs::read(path).unwrap();
        for (byte, was) in now.iter_mut().zip(before) {
            *byte = *was;
        }
        fs::write(path, now).unwrap();
    }
    assert!(is_there(dir, 1));
    let report = check(dir);
    assert_eq!((report.fault, report.purged, report.to_erase), (None, 1, 1));
    open(dir, small()).unwrap().close();
    assert!(!is_there(dir, 1));
    assert_eq!(check(dir).to_erase, 0);
}

/// Zeros where the journal tells of no purge are damage.
#[tokio::test]
async fn lost_bytes_are_not_taken_for_purged_ones() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let record = filled(dir, Options::default()).await;
    commit(&record, vec![purge()]).await.unwrap();
    record.close();
    let path = dir.join("journal/00000001.log");
    let mut log = fs::read(&path).unwrap();
    let bytes = object_bytes(4, LENGTH);
    let at = log
        .windows(64)
        .position(|window| window == &bytes[..64])
        .unwrap();
    log[at..at + LENGTH].fill(0);
    fs::write(&path, log).unwrap();
    let fault = check(dir).fault.unwrap();
    assert!(
        fault.offset.is_some_and(|offset| offset >= at as u64),
        "{fault}"
    );
}

/// A copy of a hospital with purged images is as sound as it is.
#[tokio::test]
async fn copies_know_of_purges() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, copy) = (folder.path().join("a"), folder.path().join("b"));
    let record = filled(&dir, small()).await;
    commit(&record, vec![purge()]).await.unwrap();
    record.backup(&copy).await.unwrap();
    record.close();
    let report = check(&copy);
    assert_eq!((report.fault, report.purged, report.to_erase), (None, 1, 0));
}
