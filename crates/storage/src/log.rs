//! An append-only log: segment files `journal/00000001.log` and so on, the ground state of the hospital. The
//! readings of devices have another one, `signals`, until they are sealed in the journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::RwLock;
use vocabulary::Digest;

use crate::{
    StorageError,
    frame::{self, BLOCK, FIXED, Header, SEGMENT_HEADER},
    space::Disk,
};

/// Where a frame starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Number of the segment, from 1.
    pub segment: u32,
    /// Offset in its file, in bytes.
    pub offset: u64,
}

/// The folder of the journal, below the data folder.
const JOURNAL: &str = "journal";

/// The name of a segment's file of the journal, below the data folder.
pub fn segment_name(segment: u32) -> String {
    format!("{JOURNAL}/{segment:08}.log")
}

/// What [`Log::frame_at`] found.
#[derive(Debug)]
pub enum Found {
    /// A frame with a sound header that fits into its file.
    Frame(Header),
    /// The segment ends here.
    End,
    /// Bytes that are no whole frame.
    Broken,
}

/// The segment files, for reading at any place and for appending at the end.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    /// The folder, below the data folder.
    name: &'static str,
    files: RwLock<BTreeMap<u32, Arc<File>>>,
}

impl Log {
    /// The journal below data folder `root`. Makes the first segment where there is none and `writable`.
    pub fn open(root: &Path, writable: bool) -> Result<Self, StorageError> {
        let log = Self::open_in(root, JOURNAL, writable)?;
        log.check_numbers(1)?;
        Ok(log)
    }

    /// The log in folder `name` of data folder `root`, of which old segments may have been removed.
    pub fn open_in(root: &Path, name: &'static str, writable: bool) -> Result<Self, StorageError> {
        let folder = root.join(name);
        if writable {
            fs::create_dir_all(&folder).map_err(StorageError::io(&folder))?;
        }
        let mut files = BTreeMap::new();
        for item in fs::read_dir(&folder).map_err(StorageError::io(&folder))? {
            let path = item.map_err(StorageError::io(&folder))?.path();
            let file = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or("");
            let Some(number) = file
                .strip_suffix(".log")
                .and_then(|n| n.parse::<u32>().ok())
            else {
                continue;
            };
            let file = OpenOptions::new()
                .read(true)
                .write(writable)
                .open(&path)
                .map_err(StorageError::io(&path))?;
            files.insert(number, Arc::new(file));
        }
        let log = Self {
            folder,
            name,
            files: RwLock::new(files),
        };
        log.check_numbers(log.first())?;
        if writable {
            log.finish_last_header()?;
        }
        Ok(log)
    }

    fn check_numbers(&self, first: u32) -> Result<(), StorageError> {
        let files = self.files.read();
        for (expected, number) in (first..).zip(files.keys()) {
            if *number != expected {
                return Err(StorageError::damaged(
                    self.name_of(expected),
                    0,
                    "the segment is missing",
                ));
            }
        }
        Ok(())
    }

    /// A crash may have left the last segment without its header; nothing can have been in it.
    fn finish_last_header(&self) -> Result<(), StorageError> {
        let last = self.last();
        if last == 0 {
            return self.create(1);
        }
        if self.length(last)? < SEGMENT_HEADER {
            self.truncate(Position {
                segment: last,
                offset: 0,
            })?;
            let file = self.file(last)?;
            let name = self.path(last);
            file.write_all_at(&frame::segment_header(last), 0)
                .map_err(StorageError::io(&name))?;
            file.sync_all().map_err(StorageError::io(&name))?;
        }
        Ok(())
    }

    /// The name of a segment's file, below the data folder.
    pub fn name_of(&self, segment: u32) -> String {
        format!("{}/{segment:08}.log", self.name)
    }

    /// Number of the first segment; 0 where there is none.
    pub fn first(&self) -> u32 {
        self.files.read().keys().next().copied().unwrap_or(0)
    }

    /// Removes all segments before `segment`.
    pub fn remove_before(&self, segment: u32) -> Result<(), StorageError> {
        let mut removed = false;
        while self.first() < segment.min(self.last()) {
            let first = self.first();
            let path = self.path(first);
            fs::remove_file(&path).map_err(StorageError::io(&path))?;
            self.files.write().remove(&first);
            removed = true;
        }
        if removed {
            File::open(&self.folder)
                .and_then(|folder| folder.sync_all())
                .map_err(StorageError::io(&self.folder))?;
        }
        Ok(())
    }

    /// Number of the last segment; 0 where there is none.
    pub fn last(&self) -> u32 {
        self.files.read().keys().next_back().copied().unwrap_or(0)
    }

    /// The file system that it lies on, where that can be asked.
    pub fn disk(&self) -> Option<Disk> {
        let said = rustix::fs::statvfs(&self.folder).ok()?;
        Some(Disk {
            whole: said.f_blocks.saturating_mul(said.f_frsize),
            free: said.f_bavail.saturating_mul(said.f_frsize),
        })
    }

    /// Where segment `segment` has its file.
    pub fn path(&self, segment: u32) -> PathBuf {
        self.folder.join(format!("{segment:08}.log"))
    }

    /// The open file of a segment.
    pub fn file(&self, segment: u32) -> Result<Arc<File>, StorageError> {
        let known = self.files.read().get(&segment).cloned();
        known.ok_or_else(|| {
            StorageError::damaged(self.name_of(segment), 0, "the segment is missing")
        })
    }

    /// Length of a segment in bytes.
    pub fn length(&self, segment: u32) -> Result<u64, StorageError> {
        let file = self.file(segment)?;
        Ok(file
            .metadata()
            .map_err(StorageError::io(self.path(segment)))?
            .len())
    }

    /// Length of all segments in bytes.
    pub fn total_length(&self) -> Result<u64, StorageError> {
        let segments: Vec<u32> = self.files.read().keys().copied().collect();
        segments
            .into_iter()
            .map(|segment| self.length(segment))
            .sum()
    }

    /// Makes an empty segment and makes that durable.
    pub fn create(&self, segment: u32) -> Result<(), StorageError> {
        let path = self.path(segment);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(StorageError::io(&path))?;
        let made = file
            .write_all_at(&frame::segment_header(segment), 0)
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(&self.folder)?.sync_all());
        if let Err(error) = made {
            // An empty file would only be finished on the next start; without it the log is as before.
            let _ = fs::remove_file(&path);
            return Err(StorageError::io(&path)(error));
        }
        self.files.write().insert(segment, Arc::new(file));
        Ok(())
    }

    /// Writes pieces one after the other from `at` on and makes them durable.
    pub fn append(&self, at: Position, pieces: &[Bytes]) -> Result<(), StorageError> {
        let file = self.file(at.segment)?;
        let write = || -> io::Result<()> {
            let mut writer = BufWriter::with_capacity(
                1 << 18,
                Offset {
                    file: &file,
                    at: at.offset,
                },
            );
            for piece in pieces {
                writer.write_all(piece)?;
            }
            writer.flush()?;
            file.sync_data()
        };
        write().map_err(StorageError::io(self.path(at.segment)))
    }

    /// Cuts the log off at `at`, and makes that durable.
    pub fn truncate(&self, at: Position) -> Result<(), StorageError> {
        let file = self.file(at.segment)?;
        file.set_len(at.offset)
            .and_then(|()| file.sync_all())
            .map_err(StorageError::io(self.path(at.segment)))
    }

    /// Removes what frames hold, and makes that durable: their payloads and checksums read as zeros, and their
    /// place on the disk is given back where the file system can do that. Doing it twice does no harm.
    pub fn erase(&self, frames: &[(Position, u64)]) -> Result<(), StorageError> {
        let mut segments = BTreeSet::new();
        for (at, length) in frames {
            let file = self.file(at.segment)?;
            let length = length.saturating_add(frame::table_length(*length).unwrap_or(0));
            erase(&file, at.offset.saturating_add(FIXED as u64), length)
                .map_err(StorageError::io(self.path(at.segment)))?;
            segments.insert(at.segment);
        }
        for segment in segments {
            let file = self.file(segment)?;
            file.sync_data()
                .map_err(StorageError::io(self.path(segment)))?;
        }
        Ok(())
    }

    /// Whether what the frame at `at` held reads as zeros.
    pub fn is_erased(&self, at: Position, length: u64) -> Result<bool, StorageError> {
        let end = length.saturating_add(frame::table_length(length).unwrap_or(0));
        let mut done = 0;
        while done < end {
            let piece = (end - done).min(1 << 20);
            let mut bytes = vec![0; usize::try_from(piece).unwrap_or(0)];
            let offset = at.offset + FIXED as u64 + done;
            self.read(Position { offset, ..at }, &mut bytes)?;
            if bytes.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            done += piece;
        }
        Ok(true)
    }

    /// Looks at the frame that starts at `at`.
    pub fn frame_at(&self, at: Position) -> Result<Found, StorageError> {
        let length = self.length(at.segment)?;
        if at.offset >= length {
            return Ok(Found::End);
        }
        if length - at.offset < FIXED as u64 {
            return Ok(Found::Broken);
        }
        let mut fixed = [0; FIXED];
        self.read(at, &mut fixed)?;
        let Some(header) = Header::decode(&fixed) else {
            return Ok(Found::Broken);
        };
        let fits = header
            .frame_length()
            .and_then(|frame| at.offset.checked_add(frame))
            .is_some_and(|end| end <= length);
        Ok(if fits {
            Found::Frame(header)
        } else {
            Found::Broken
        })
    }

    /// Fills `bytes` from `at` on.
    pub fn read(&self, at: Position, bytes: &mut [u8]) -> Result<(), StorageError> {
        let read = self.file(at.segment)?.read_exact_at(bytes, at.offset);
        read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                StorageError::damaged(self.name_of(at.segment), at.offset, "the file ends here")
            }
            _ => StorageError::io(self.path(at.segment))(error),
        })
    }

    /// The whole payload of the frame at `at`, checked against its checksums.
    pub fn payload(&self, at: Position, length: u64) -> Result<Bytes, StorageError> {
        self.payload_range(at, length, 0, length)
    }

    /// The bytes `begin..end` of a payload of `length` bytes, checked against their checksums.
    pub fn payload_range(
        &self,
        at: Position,
        length: u64,
        begin: u64,
        end: u64,
    ) -> Result<Bytes, StorageError> {
        let block = BLOCK as u64;
        // Whole blocks are read, since a checksum covers a whole block.
        let first = begin / block;
        let from = first * block;
        let to = end.div_ceil(block).saturating_mul(block).min(length);
        let start = at.offset + FIXED as u64;
        let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(0)];
        self.read(
            Position {
                offset: start + from,
                ..at
            },
            &mut bytes,
        )?;
        let mut sums = vec![0; bytes.len().div_ceil(BLOCK) * 4];
        self.read(
            Position {
                offset: start + length + first * 4,
                ..at
            },
            &mut sums,
        )?;
        for (number, (block, sum)) in bytes.chunks(BLOCK).zip(sums.chunks(4)).enumerate() {
            if crc32c::crc32c(block).to_le_bytes() != *sum {
                let offset = start + from + (number * BLOCK) as u64;
                return Err(StorageError::damaged(
                    self.name_of(at.segment),
                    offset,
                    "a block of 4096 bytes does not fit its checksum; `yuanyi verify --deep` finds the byte",
                ));
            }
        }
        let skip = usize::try_from(begin - from).unwrap_or(0);
        let keep = usize::try_from(end.saturating_sub(begin)).unwrap_or(0);
        bytes.truncate(skip + keep);
        let bytes = Bytes::from(bytes);
        Ok(bytes.slice(skip.min(bytes.len())..))
    }

    /// The payload of the entry at `at`, checked against its digest.
    pub fn entry(&self, at: Position, length: u64, digest: &Digest) -> Result<Bytes, StorageError> {
        let bytes = self.payload(at, length)?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        let what = "the entry is not the one that was committed";
        Err(StorageError::damaged(
            self.name_of(at.segment),
            at.offset,
            what,
        ))
    }
}

/// Makes a part of a file read as zeros.
fn erase(file: &File, from: u64, length: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        if fallocate(file, flags, from, length).is_ok() {
            return Ok(());
        }
    }
    // Where there are no holes, zeros are written.
    let zeros = vec![0; 1 << 20];
    let mut done = 0;
    while done < length {
        let piece = usize::try_from(length - done)
            .unwrap_or(usize::MAX)
            .min(zeros.len());
        file.write_all_at(zeros.get(..piece).unwrap_or(&zeros), from + done)?;
        done += piece as u64;
    }
    Ok(())
}

/// Writes at growing offsets, whatever the file's own position.
struct Offset<'a> {
    file: &'a File,
    at: u64,
}

impl Write for Offset<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write_at(bytes, self.at)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
