//! Recordings of rooms: kept part by part, sealed, found, proven, and erased for good.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod shared;

use std::{fs, path::Path, sync::Arc};

use bytes::Bytes;
use policy::{Action, Permit, Scope};
use record::{FactBody, NewFact, Record, RecordError, RecordedChunk, RoomAct, SealedRecording};
use serde_json::json;
use shared::{actor, all, commit, object_bytes, open, small};
use storage::{Embedded, Options, conformance::TestIndexer, verify_with_terms};
use vocabulary::{Digest, PatientId, RoomId, Timestamp};

const LENGTH: usize = 20_000;

fn room() -> RoomId {
    RoomId::new("consult-1").unwrap()
}

fn patient() -> PatientId {
    PatientId::new("p1").unwrap()
}

fn part(number: u64) -> Bytes {
    object_bytes(1_000 + number, LENGTH)
}

fn chunk(number: u64) -> NewFact {
    let at = u32::try_from(number).unwrap() * 10_000;
    NewFact::RecordChunk {
        chunk: RecordedChunk {
            room: room(),
            recording: 7,
            number,
            started: Timestamp(1_000),
            from_ms: at,
            to_ms: at + 9_950,
            speakers: vec![1],
            digest: Digest([0; 32]),
            size: 0,
        },
        subject: Some(patient()),
        bytes: part(number),
    }
}

fn seal() -> NewFact {
    NewFact::SealRecording {
        sealed: SealedRecording {
            room: room(),
            recording: 7,
            started: Timestamp(1_000),
            duration_ms: 19_950,
            why: "asked".to_owned(),
            lost_packets: 0,
            chunks: Vec::new(),
        },
        subject: Some(patient()),
    }
}

fn erase() -> NewFact {
    NewFact::EraseRecording {
        room: room(),
        recording: 7,
        reason: "asked to".to_owned(),
    }
}

async fn refused(record: &Embedded, fact: NewFact) -> bool {
    let refused = commit(record, vec![fact]).await;
    matches!(refused, Err(RecordError::Conflict { .. }))
}

fn check(dir: &Path) -> Result<storage::Report, storage::StorageError> {
    let indexer: Arc<dyn record::Indexer> = Arc::new(TestIndexer);
    verify_with_terms(dir, &indexer)
}

#[tokio::test]
async fn parts_are_kept_in_order_sealed_with_their_digests_and_erased_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let record = open(dir, small()).unwrap();
    assert!(refused(&record, chunk(1)).await, "the first is missing");
    commit(&record, vec![chunk(0)]).await.unwrap();
    assert!(refused(&record, chunk(0)).await, "it is kept already");
    assert!(refused(&record, erase()).await, "it still goes on");
    commit(&record, vec![chunk(1)]).await.unwrap();
    let found = record.recordings(&all(), Some(&room())).await.unwrap();
    assert_eq!((found[0].chunks, found[0].sealed), (2, None));
    assert_eq!(found[0].duration_ms, 19_950);

    let sealed = commit(&record, vec![seal()]).await.unwrap();
    assert!(refused(&record, chunk(2)).await, "nothing is added to it");
    assert!(refused(&record, seal()).await, "nor sealed twice");
    let entry = &record.entries(&all(), sealed[0].sequence, 1).await.unwrap()[0];
    let FactBody::SealedRecording(sealed) = &entry.fact.body else {
        panic!("{entry:?}");
    };
    let digests = [Digest::of(&part(0)), Digest::of(&part(1))];
    assert_eq!(sealed.chunks, digests);
    for number in 0..2 {
        let bytes = record.recorded_bytes(&all(), &room(), 7, number).await;
        assert_eq!(bytes.unwrap(), Some(part(number)));
    }
    // Whom it is about decides who finds it, and who reads it.
    let other = PatientId::new("p2").unwrap();
    let scope = Scope::Patients(Arc::new([other].into()));
    let other = Permit::for_test(actor(), Action::ReadRecord, scope);
    assert!(record.recordings(&other, None).await.unwrap().is_empty());
    let bytes = record.recorded_bytes(&other, &room(), 7, 0).await;
    assert!(matches!(bytes, Err(RecordError::NotPermitted)));

    let erased = commit(&record, vec![erase()]).await.unwrap()[0].sequence;
    assert!(refused(&record, erase()).await, "it is gone already");
    let bytes = record.recorded_bytes(&all(), &room(), 7, 0).await.unwrap();
    assert_eq!(bytes, None);
    let beginning = part(1).slice(..64);
    for segment in fs::read_dir(dir.join("journal")).unwrap() {
        let segment = fs::read(segment.unwrap().path()).unwrap();
        assert!(
            !segment
                .windows(64)
                .any(|window| window == beginning.as_ref())
        );
    }
    record.checkpoint().await.unwrap();
    drop(record);
    let report = check(dir).unwrap();
    assert!(report.fault.is_none() && report.purged == 2, "{report:?}");
    // An index that is made again knows the same.
    fs::remove_file(dir.join("index.sqlite")).unwrap();
    let record = open(dir, small()).unwrap();
    let found = record.recordings(&all(), None).await.unwrap();
    assert_eq!((found[0].erased, found[0].chunks), (Some(erased), 2));
    assert!(found[0].sealed.is_some());
}

#[tokio::test]
async fn a_changed_byte_of_a_part_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let record = open(dir, small()).unwrap();
    commit(&record, vec![chunk(0), chunk(1), seal()])
        .await
        .unwrap();
    record.checkpoint().await.unwrap();
    drop(record);
    assert!(check(dir).unwrap().fault.is_none());
    let beginning = part(1).slice(..64);
    let mut changed = 0;
    for segment in fs::read_dir(dir.join("journal")).unwrap() {
        let path = segment.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes
            .windows(64)
            .position(|window| window == beginning.as_ref());
        if let Some(at) = at {
            bytes[at + LENGTH / 2] ^= 1;
            fs::write(&path, bytes).unwrap();
            changed += 1;
        }
    }
    assert_eq!(changed, 1);
    assert!(check(dir).unwrap().fault.is_some());
}

#[tokio::test]
async fn a_full_disk_ends_a_recording_and_not_the_room() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        max_bytes: Some(400_000),
        ..small()
    };
    let record = open(folder.path(), options).unwrap();
    let mut kept = 0;
    let full = loop {
        match commit(&record, vec![chunk(kept)]).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, RecordError::Full), "{full:?}");
    assert!(kept > 10, "only {kept} parts were kept");
    let act = RoomAct {
        room: room(),
        number: 0,
        actor: actor(),
        at: Timestamp(2_000),
        act: json!({"act": "add", "changes": []}),
    };
    let subject = Some(patient());
    let act = NewFact::RoomAct { act, subject };
    commit(&record, vec![act, seal()]).await.unwrap();
    let found = record.recordings(&all(), None).await.unwrap();
    assert_eq!(found[0].chunks, kept);
    assert!(found[0].sealed.is_some());
}
