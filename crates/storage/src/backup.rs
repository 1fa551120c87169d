//! Copies of the whole hospital, how they are laid down again, and the index made again.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use record::{Indexer, Record, RecordError};

use crate::{
    Embedded, Report, StorageError, embedded,
    folder::own_folder,
    index, keys,
    log::{Log, Position},
    purge,
    reader::Reader,
    replay,
    signals::arrivals::FOLDER,
};

impl Embedded {
    /// Copies the hospital, as it is at one moment, into the empty folder `target`; facts may come in
    /// meanwhile. Returns the number of entries. To restore, open the copy.
    pub async fn backup(&self, target: impl AsRef<Path>) -> Result<u64, RecordError> {
        // The checkpoint must not be newer than the copy.
        let checkpoint = self.checkpoint().await?;
        let root = self.folder().to_owned();
        let target = target.as_ref().to_owned();
        let (from, to) = (root.clone(), target.clone());
        let copying = tokio::task::spawn_blocking(move || copy_arrivals(&from, &to));
        copying
            .await
            .map_err(|error| RecordError::Store(Box::new(error)))??;
        self.readers()
            .read(move |reader| Ok(copy(reader, &root, &target, &checkpoint)?))
            .await
    }
}

/// Copies the hospital in data folder `root` into the empty folder `target`, from outside: a server may work on
/// the folder and take facts in meanwhile. All that was acknowledged before is in the copy. Returns the number
/// of entries.
pub fn backup(root: impl AsRef<Path>, target: impl AsRef<Path>) -> Result<u64, StorageError> {
    let root = root.as_ref();
    // The checkpoint must not be newer than the copy, so it is read first.
    let verifier = keys::verifier(root)?;
    let checkpoint = keys::checkpoint(root, &verifier)?.ok_or_else(|| {
        let what = "there is none yet: nothing was ever acknowledged here";
        StorageError::damaged(keys::CHECKPOINT, 0, what)
    })?;
    copy_arrivals(root, target.as_ref())?;
    let connection = index::open_reader(root)?;
    // One state of the index, however long the copying takes; it begins with the first question. Segments
    // that the log begins later are not in it.
    let snapshot = connection.unchecked_transaction()?;
    index::applied(&snapshot)?;
    let log = Log::open(root, false)?;
    let reader = Reader {
        connection: &snapshot,
        log: &log,
    };
    copy(&reader, root, target.as_ref(), &checkpoint)
}

/// Lays the copy in `from` down as data folder `target`, which must not exist yet, and checks every byte of it
/// before it gets its name. What lies beside the record in the copy comes along. Returns what the check found.
pub fn restore(
    from: impl AsRef<Path>,
    target: impl AsRef<Path>,
    indexer: &Arc<dyn Indexer>,
) -> Result<Report, StorageError> {
    let (from, target) = (from.as_ref(), target.as_ref());
    if target.exists() {
        let error = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(StorageError::io(target)(error));
    }
    let mut name = target.as_os_str().to_owned();
    name.push(".unfinished");
    let unfinished = Path::new(&name);
    // What an interrupted attempt has left.
    if unfinished.exists() {
        fs::remove_dir_all(unfinished).map_err(StorageError::io(unfinished))?;
    }
    let checked =
        copy_folder(from, unfinished).and_then(|()| crate::verify_with_terms(unfinished, indexer));
    if !checked.as_ref().is_ok_and(Report::is_sound) {
        // The reason is what counts; the rest of the attempt goes with the next one.
        let _ = fs::remove_dir_all(unfinished);
        return checked;
    }
    fs::rename(unfinished, target).map_err(StorageError::io(target))?;
    sync_folder(&target.join(".."))?;
    checked
}

/// Copies a folder with all that is in it, into one that does not exist yet.
fn copy_folder(from: &Path, to: &Path) -> Result<(), StorageError> {
    if to.exists() {
        let error = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(StorageError::io(to)(error));
    }
    own_folder(to)?;
    for item in fs::read_dir(from).map_err(StorageError::io(from))? {
        let item = item.map_err(StorageError::io(from))?;
        let (source, copy) = (item.path(), to.join(item.file_name()));
        if source.is_dir() {
            copy_folder(&source, &copy)?;
        } else {
            // Copies the file's mode too.
            fs::copy(&source, &copy).map_err(StorageError::io(&source))?;
            let file = File::open(&copy).map_err(StorageError::io(&copy))?;
            file.sync_all().map_err(StorageError::io(&copy))?;
        }
    }
    sync_folder(to)
}

fn sync_folder(folder: &Path) -> Result<(), StorageError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(StorageError::io(folder))
}

/// Makes the folder of a copy and copies the readings that are not sealed. This comes before the rest: what is sealed
/// meanwhile is then in both copies, and is one when they are opened; the other way round it might be in none.
fn copy_arrivals(root: &Path, target: &Path) -> Result<(), StorageError> {
    own_folder(target)?;
    let from = root.join(FOLDER);
    if !from.exists() {
        return Ok(());
    }
    let to = target.join(FOLDER);
    fs::create_dir_all(&to).map_err(StorageError::io(&to))?;
    let mut names = Vec::new();
    for item in fs::read_dir(&from).map_err(StorageError::io(&from))? {
        names.push(item.map_err(StorageError::io(&from))?.file_name());
    }
    for name in names {
        let copied = fs::copy(from.join(&name), to.join(&name));
        match copied {
            // It was sealed since its name was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other.map_err(StorageError::io(to.join(&name)))?,
        };
        File::open(to.join(&name))
            .and_then(|file| file.sync_all())
            .map_err(StorageError::io(to.join(&name)))?;
    }
    sync_folder(&to)
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
    let purged = purge::count(reader.connection)?;
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
    // Bytes that were removed meanwhile would be missing from a copy that does not know why.
    if purge::count(&index::open_reader(root)?)? != purged {
        let error = io::Error::other("images were purged while they were copied; copy again");
        return Err(StorageError::io(root)(error));
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
    sync_folder(target)?;
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
