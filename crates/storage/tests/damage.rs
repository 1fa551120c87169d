//! One byte is flipped anywhere; the check names it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use record::{Indexer, Record};
use storage::{StorageError, conformance::TestIndexer, rebuild, verify, verify_with_terms};

mod shared;
use shared::{all, commit, filled, object, object_bytes, open, resource, small};

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir.join("journal"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Flips bits of one byte; gives back the value that was written.
fn flip(file: &Path, offset: usize, bits: u8) -> u8 {
    let mut bytes = fs::read(file).unwrap();
    let written = bytes[offset];
    bytes[offset] ^= bits;
    fs::write(file, bytes).unwrap();
    written
}

#[tokio::test]
async fn the_first_flipped_byte_of_the_log_is_named() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 20).await;
    let sound = verify(folder.path(), true).unwrap();
    assert!(sound.is_sound(), "{:?}", sound.fault);
    assert_eq!((sound.entries, sound.objects, sound.signed), (40, 20, 40));
    let files = segments(folder.path());
    assert!(files.len() > 2, "the test wants several segments");
    let mut places: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (number, file) in files.iter().enumerate() {
        let length = usize::try_from(fs::metadata(file).unwrap().len()).unwrap();
        // Segment header, first frame's header, around block borders, the end, and anywhere.
        places
            .extend([0, 9, 15, 16, 20, 24, 32, 60, 75, 79, 80, 4175, 4176].map(|at| (number, at)));
        places.extend([(number, length - 1), (number, length - 200)]);
        let anywhere = object_bytes(number as u64 + 77, 24);
        places.extend(anywhere.chunks(3).map(|three| {
            let at = three
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (number, at % length)
        }));
    }
    for (number, offset) in places {
        let written = flip(&files[number], offset, 0x41);
        let report = verify(folder.path(), true).unwrap();
        let fault = report
            .fault
            .unwrap_or_else(|| panic!("{number}:{offset} was not noticed"));
        assert_eq!(fault.file, format!("journal/{:08}.log", number + 1));
        assert_eq!(fault.offset, Some(offset as u64), "{fault}");
        assert_eq!(fault.byte, Some((written ^ 0x41, written)), "{fault}");
        flip(&files[number], offset, 0x41);
    }
    assert!(verify(folder.path(), true).unwrap().is_sound());
}

#[tokio::test]
async fn damage_that_is_no_single_byte_is_noticed_too() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 6).await;
    let file = segments(folder.path()).remove(0);
    let bytes = fs::read(&file).unwrap();
    let noticed = |changed: &[u8]| {
        fs::write(&file, changed).unwrap();
        let report = verify(folder.path(), true).unwrap();
        fs::write(&file, &bytes).unwrap();
        report.fault.expect("the damage was not noticed")
    };
    let mut changed = bytes.clone();
    changed[100..108].copy_from_slice(&[0xEE; 8]);
    assert_eq!(noticed(&changed).offset, Some(80), "the block is named");
    noticed(&bytes[..bytes.len() - 1]);
    noticed(&bytes[..20_000]);
    // One that reads the damaged object is told, and never given wrong bytes.
    fs::write(&file, &changed).unwrap();
    let record = open(folder.path(), small()).unwrap();
    let sop = vocabulary::Uid::new("1.9.0").unwrap();
    let instance = record.instance(&all(), &sop).await.unwrap().unwrap();
    let read = record.object(&all(), &instance, None).await;
    assert!(
        matches!(read, Err(record::RecordError::Damaged(_))),
        "{read:?}"
    );
    assert!(
        record
            .object(&all(), &instance, Some(5000..6000))
            .await
            .is_ok(),
        "another block"
    );
}

#[tokio::test]
async fn changed_checkpoints_keys_and_indexes_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 6).await;
    let dir = folder.path();
    let indexer: Arc<dyn Indexer> = Arc::new(TestIndexer);
    let note = dir.join("checkpoint");
    for offset in [0, 20, 23, 70, fs::read(&note).unwrap().len() - 1] {
        let written = flip(&note, offset, 1);
        let fault = verify(dir, false).unwrap().fault.unwrap();
        assert_eq!(
            (fault.file.as_str(), fault.offset),
            ("checkpoint", Some(offset as u64)),
            "{fault}"
        );
        assert_eq!(fault.byte, Some((written ^ 1, written)));
        flip(&note, offset, 1);
    }
    for key in ["keys/ledger.vkey", "keys/ledger.key"] {
        // One bit makes another digit of some, and no digit of others.
        for (offset, bits) in [(30, 1), (30, 0x80), (31, 1), (31, 2), (31, 0x40)] {
            flip(&dir.join(key), offset, bits);
            let fault = verify(dir, false).unwrap().fault.unwrap();
            assert!(fault.file.starts_with("keys/"), "{fault}");
            flip(&dir.join(key), offset, bits);
        }
    }
    for (change, table) in [
        (
            "UPDATE resources SET subject = 'p9' WHERE rid = 3",
            "resources",
        ),
        ("UPDATE terms SET text = 'x' WHERE rid = 3", "terms"),
        (
            "UPDATE nodes SET hash = zeroblob(32) WHERE level = 2",
            "nodes",
        ),
        (
            "DELETE FROM acts; DELETE FROM instances WHERE sop = '1.9.2'",
            "instances",
        ),
    ] {
        let index = rusqlite::Connection::open(dir.join("index.sqlite")).unwrap();
        index.execute_batch(change).unwrap();
        drop(index);
        let fault = verify_with_terms(dir, &indexer).unwrap().fault.unwrap();
        assert_eq!(fault.file, "index.sqlite");
        assert!(fault.what.contains(&format!("table {table} ")), "{fault}");
        assert_eq!(rebuild(dir, &indexer).unwrap(), 12);
        let report = verify_with_terms(dir, &indexer).unwrap();
        assert!(report.is_sound(), "{:?}", report.fault);
    }
    let mut pages = fs::read(dir.join("index.sqlite")).unwrap();
    let length = pages.len();
    pages[8192..length.min(20_000)].fill(0xA5);
    fs::write(dir.join("index.sqlite"), pages).unwrap();
    assert_eq!(
        verify(dir, true).unwrap().fault.unwrap().file,
        "index.sqlite"
    );
}

#[tokio::test]
async fn a_journal_that_was_rewritten_or_cut_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 12).await;
    let dir = folder.path();
    // Without the index, the log alone must show it.
    let forget = || {
        for file in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
            let _ = fs::remove_file(dir.join(file));
        }
    };
    forget();
    let last = segments(dir).pop().unwrap();
    let whole = fs::read(&last).unwrap();
    fs::write(&last, &whole[..whole.len() - 10]).unwrap();
    let refused = open(dir, small()).unwrap_err();
    assert!(matches!(refused, StorageError::Damaged { .. }), "{refused}");
    assert_eq!(
        fs::read(&last).unwrap().len(),
        whole.len() - 10,
        "nothing was cut off"
    );
    fs::write(&last, &whole).unwrap();

    let first = segments(dir).remove(0);
    flip(&first, 300, 1);
    forget();
    let refused = open(dir, small()).unwrap_err();
    assert!(
        refused.to_string().contains("journal/00000001.log"),
        "{refused}"
    );
    flip(&first, 300, 1);
    let record = open(dir, small()).unwrap();
    assert_eq!(*record.feed().borrow(), 24);
}

#[tokio::test]
async fn a_torn_tail_is_cut_off_and_told() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3).await;
    let last = segments(folder.path()).pop().unwrap();
    let whole = fs::read(&last).unwrap();
    // What a crash leaves: the start of a next group.
    let mut torn = whole.clone();
    torn.extend(&whole[16..5000]);
    fs::write(&last, &torn).unwrap();
    let report = verify(folder.path(), true).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
    assert_eq!(report.torn.unwrap().bytes, 4984);
    let record = open(folder.path(), small()).unwrap();
    let cut = record.torn_tail().unwrap();
    assert_eq!((cut.offset, cut.bytes), (whole.len() as u64, 4984));
    assert_eq!(*record.feed().borrow(), 6);
    commit(&record, vec![object(100, 10), resource(100)])
        .await
        .unwrap();
    drop(record);
    assert!(verify(folder.path(), true).unwrap().is_sound());
}
