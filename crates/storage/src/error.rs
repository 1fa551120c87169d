use std::{io, path::PathBuf};

use record::RecordError;

/// Why a hospital's data folder could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another process works on the folder.
    #[error("open {0}: another process is using it; stop that one first")]
    InUse(PathBuf),
    /// Something on disk is not what was written.
    #[error("read {file} at byte {offset}: {what}")]
    Damaged {
        /// The file, below the data folder.
        file: String,
        /// Offset in that file, in bytes.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The folder was written by a newer program.
    #[error("read {file}: it was written by a newer version of Yuanyi")]
    Newer {
        /// The file, below the data folder.
        file: String,
    },
    /// The disk, or the part of it that the hospital may use, is full.
    #[error("write: the disk is full")]
    Full,
    /// The file system failed.
    #[error("reach {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The index failed.
    #[error("use the index (it can be rebuilt from the journal): {0}")]
    Index(#[from] rusqlite::Error),
    /// The ledger's hashes or keys do not fit.
    #[error("use the ledger: {0}")]
    Ledger(#[from] ledger::LedgerError),
    /// The store was closed, or stopped after an error of the disk.
    #[error("write: the store is closed")]
    Closed,
}

impl StorageError {
    /// An error of the file system at `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| {
            if is_full(&source) {
                Self::Full
            } else {
                Self::Io { path, source }
            }
        }
    }

    /// Damage in a file of the data folder.
    pub(crate) fn damaged(file: impl Into<String>, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged {
            file: file.into(),
            offset,
            what: what.into(),
        }
    }

    /// Whether there is no space left.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Full => true,
            Self::Index(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            _ => false,
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

impl From<StorageError> for RecordError {
    fn from(error: StorageError) -> Self {
        match error {
            error if error.is_full() => Self::Full,
            StorageError::Damaged { .. } => Self::Damaged(error.to_string()),
            error => Self::Store(Box::new(error)),
        }
    }
}
