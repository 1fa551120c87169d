//! Copies of the whole hospital, and the index made again.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use record::{Indexer, Record, RecordError};

use crate::{
    Embedded, StorageError, embedded, index, keys,
    log::{Log, Position},
    reader::Reader,
    replay,
};

impl Embedded {
    /// Copies the hospital, as it is at one moment, into the empty folder `target`; facts may come in
    /// meanwhile. Returns the number of entries. To restore, open the copy.
    pub async fn backup(&self, target: impl AsRef<Path>) -> Result<u64, RecordError> {
        // The checkpoint must not be newer than the copy.
        let checkpoint = self.checkpoint().await?;
        let root = self.folder().to_owned();
        let target = target.as_ref().to_owned();
        self.readers()
            .read(move |reader| Ok(copy(reader, &root, &target, &checkpoint)?))
            .await
    }
}

fn copy(
    reader: &Reader<'_>,
    root: &Path,
    target: &Path,
    checkpoint: &ledger::Checkpoint,
) -> Result<u64, StorageError> {
    fs::create_dir_all(target.join("keys")).map_err(StorageError::io(target))?;
    fs::create_dir_all(target.join("journal")).map_err(StorageError::io(target))?;
    let mut there = fs::read_dir(target.join("journal")).map_err(StorageError::io(target))?;
    if there.next().is_some() {
        let error = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(StorageError::io(target)(error));
    }
    // The log up to where this state of the index ends; what follows came later.
    let applied = index::applied(reader.connection)?;
    let Position {
        segment: last,
        offset,
    } = applied.position;
    for segment in 1..=last {
        let from = reader.log.path(segment);
        let to = target.join(crate::log::segment_name(segment));
        let length = if segment == last {
            offset
        } else {
            reader.log.length(segment)?
        };
        copy_start(&from, &to, length).map_err(StorageError::io(&to))?;
    }
    for name in [keys::SEED, keys::PUBLIC] {
        let to = target.join(name);
        // Copies the file's mode too.
        fs::copy(root.join(name), &to).map_err(StorageError::io(&to))?;
    }
    let index = target.join(index::INDEX);
    reader
        .connection
        .backup("main", &index, None::<fn(rusqlite::backup::Progress)>)?;
    keys::keep_checkpoint(target, checkpoint)?;
    File::open(target)
        .and_then(|folder| folder.sync_all())
        .map_err(StorageError::io(target))?;
    Ok(applied.size)
}

fn copy_start(from: &Path, to: &Path, length: u64) -> io::Result<()> {
    let mut source = File::open(from)?.take(length);
    let mut copy = File::create_new(to)?;
    let copied = io::copy(&mut source, &mut copy)?;
    if copied != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    copy.sync_all()
}

/// Makes the index of data folder `dir` again from the log. Returns the number of entries. Refused while a
/// server works on the folder.
pub fn rebuild(dir: impl AsRef<Path>, indexer: &Arc<dyn Indexer>) -> Result<u64, StorageError> {
    let root = dir.as_ref();
    let _lock = embedded::lock(root)?;
    let log = Log::open(root, true)?;
    replay::check_segment_headers(&log)?;
    index::remove(root)?;
    let (connection, _) = index::open(root)?;
    Ok(replay::catch_up(&log, &connection, &**indexer)?
        .applied
        .size)
}
