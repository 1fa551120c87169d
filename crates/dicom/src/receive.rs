//! What objects that arrive may take of memory, over all doors together.
//!
//! An object is kept in memory while it is small and there is room; else it goes to a file, and is read
//! once it is its turn to be stored. So many senders at once make files and waiting times, and no more
//! memory than was set.

use std::{
    fs, io,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{JoinHandle, spawn_blocking},
};

/// Larger objects go to a file.
const IN_MEMORY: usize = 4 << 20;
/// So much of each object is not counted: buffers that any conversation has.
const FREE: usize = 64 << 10;
/// Bytes are written to a file in pieces of this size.
const PIECE: usize = 128 << 10;
/// Room is counted in these.
const KIB: usize = 1 << 10;
/// Where nothing else is said.
const USUAL_BYTES: u64 = 512 << 20;

/// Memory for objects that arrive. A third of it is for those that are still arriving, a half for those that are
/// being stored: they come to an end without waiting for a sender. The rest is for what deflated ones become: those
/// that wait for it have what they need of the other parts, and those that have it wait for nobody.
#[derive(Debug)]
pub struct Memory {
    folder: PathBuf,
    arriving: Pool,
    storing: Pool,
    inflating: Pool,
    peak_kib: AtomicUsize,
}

#[derive(Debug)]
struct Pool {
    kib: usize,
    free: Arc<Semaphore>,
}

impl Pool {
    fn new(kib: usize) -> Self {
        let kib = kib.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        let free = Arc::new(Semaphore::new(kib));
        Self { kib, free }
    }

    fn used_kib(&self) -> usize {
        self.kib.saturating_sub(self.free.available_permits())
    }
}

impl Default for Memory {
    /// The usual room, with files in the system's own folder for them.
    fn default() -> Self {
        Self::of(std::env::temp_dir(), USUAL_BYTES)
    }
}

impl Memory {
    /// Room of so many bytes, and a folder for what does not fit, which is made. What an earlier run left
    /// there is removed.
    pub fn new(folder: &Path, bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        for left in fs::read_dir(folder)? {
            let path = left?.path();
            if path.is_file() {
                fs::remove_file(path)?;
            }
        }
        Ok(Self::of(folder.to_owned(), bytes))
    }

    fn of(folder: PathBuf, bytes: u64) -> Self {
        let kib = usize::try_from(bytes).unwrap_or(usize::MAX) / KIB;
        Self {
            folder,
            arriving: Pool::new(kib / 3),
            storing: Pool::new(kib / 2),
            inflating: Pool::new(kib - kib / 3 - kib / 2),
            peak_kib: AtomicUsize::new(0),
        }
    }

    /// Begins to take an object in.
    pub fn arriving(self: &Arc<Self>) -> Arriving {
        Arriving {
            memory: Arc::clone(self),
            length: 0,
            bytes: Vec::new(),
            room: None,
            file: None,
            failed: None,
        }
    }

    /// Bytes in use now.
    pub fn used(&self) -> u64 {
        (self.used_kib() * KIB) as u64
    }

    fn used_kib(&self) -> usize {
        let pools = [&self.arriving, &self.storing, &self.inflating];
        pools.into_iter().map(Pool::used_kib).sum()
    }

    /// The most bytes that were in use at a time.
    pub fn peak(&self) -> u64 {
        (self.peak_kib.load(Ordering::Relaxed) * KIB) as u64
    }

    fn note(&self) {
        self.peak_kib.fetch_max(self.used_kib(), Ordering::Relaxed);
    }

    /// Waits for room to store so many bytes. What is larger than all the room has it alone.
    pub async fn room(&self, bytes: u64) -> Room {
        self.room_in(&self.storing, bytes).await
    }

    /// Waits for room to inflate so many bytes, likewise.
    pub(crate) async fn room_to_inflate(&self, bytes: u64) -> Room {
        self.room_in(&self.inflating, bytes).await
    }

    async fn room_in(&self, pool: &Pool, bytes: u64) -> Room {
        let kib = usize::try_from(bytes.div_ceil(KIB as u64)).unwrap_or(usize::MAX);
        let kib = u32::try_from(kib.clamp(1, pool.kib)).unwrap_or(u32::MAX);
        let free = Arc::clone(&pool.free);
        // The semaphore is never closed.
        let room = free.acquire_many_owned(kib).await.ok();
        self.note();
        Room { _room: room }
    }
}

/// A file that is being written, or waits for the next piece.
#[derive(Debug)]
enum Spool {
    Idle(fs::File),
    Busy(JoinHandle<io::Result<fs::File>>),
}

/// An object that is arriving. Take bytes with [`Arriving::push`], and call [`Arriving::settle`] before the
/// next ones.
#[derive(Debug)]
pub struct Arriving {
    memory: Arc<Memory>,
    length: u64,
    /// All bytes so far, or those that are not in the file yet.
    bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
    file: Option<Spool>,
    failed: Option<io::Error>,
}

/// Room that is taken, and given back when this is dropped.
#[derive(Debug)]
pub struct Room {
    _room: Option<OwnedSemaphorePermit>,
}

/// A whole object in memory, and its room.
#[derive(Debug)]
pub struct Held {
    /// The bytes.
    pub bytes: Bytes,
    _room: Room,
}

impl Arriving {
    /// How many bytes have arrived.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Takes bytes. Where there is no place for them, [`Arriving::whole`] will say so.
    pub fn push(&mut self, bytes: &[u8]) {
        self.length = self.length.saturating_add(bytes.len() as u64);
        if self.failed.is_some() {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        if self.file.is_none() && (self.bytes.len() > IN_MEMORY || !self.has_room()) {
            self.room = None;
            match tempfile::tempfile_in(&self.memory.folder) {
                Ok(file) => self.file = Some(Spool::Idle(file)),
                Err(error) => self.fail(error),
            }
        }
    }

    /// Whether what is in memory is paid for. Room is only taken where it is free: one who waited for more
    /// while holding some could wait for ever.
    fn has_room(&mut self) -> bool {
        let wanted = self.bytes.capacity().saturating_sub(FREE).div_ceil(KIB);
        let held = self
            .room
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = wanted.checked_sub(held).filter(|more| *more > 0) else {
            return true;
        };
        let free = Arc::clone(&self.memory.arriving.free);
        let more = u32::try_from(more).map(|more| free.try_acquire_many_owned(more));
        let Ok(Ok(more)) = more else {
            return false;
        };
        match &mut self.room {
            Some(room) => room.merge(more),
            None => self.room = Some(more),
        }
        self.memory.note();
        true
    }

    fn fail(&mut self, error: io::Error) {
        (self.bytes, self.file, self.room) = (Vec::new(), None, None);
        self.failed = Some(error);
    }

    /// Brings what has piled up to the file. May be given up and called again.
    pub async fn settle(&mut self) {
        if self.file.is_some() && self.bytes.len() >= PIECE {
            self.write().await;
        }
    }

    /// Waits until the file is idle, and begins to write what there is.
    async fn write(&mut self) {
        if let Err(error) = self.idle().await {
            self.fail(error);
            return;
        }
        if let Some(Spool::Idle(mut file)) = self.file.take() {
            let bytes = std::mem::take(&mut self.bytes);
            self.file = Some(Spool::Busy(spawn_blocking(move || {
                file.write_all(&bytes).map(|()| file)
            })));
        }
    }

    async fn idle(&mut self) -> io::Result<()> {
        if let Some(Spool::Busy(writing)) = &mut self.file {
            let file = writing.await.map_err(io::Error::other)??;
            self.file = Some(Spool::Idle(file));
        }
        Ok(())
    }

    /// The whole object behind `head`, once there is room for it.
    pub async fn whole(mut self, head: &[u8]) -> io::Result<Held> {
        let file = self.finish().await?;
        let room = if file.is_some() {
            let size = self.length.saturating_add(head.len() as u64);
            self.memory.room(size).await
        } else {
            Room {
                _room: self.room.take(),
            }
        };
        Ok(Held {
            bytes: self.read(file, head).await?,
            _room: room,
        })
    }

    /// The whole object, for one who has taken [`Memory::room`] for it.
    pub async fn uncounted(mut self) -> io::Result<Bytes> {
        let file = self.finish().await?;
        self.read(file, &[]).await
    }

    /// Writes what is left; the file, where there is one.
    async fn finish(&mut self) -> io::Result<Option<fs::File>> {
        if self.file.is_some() {
            self.write().await;
        }
        self.idle().await?;
        match (self.failed.take(), self.file.take()) {
            (Some(error), _) => Err(error),
            (None, Some(Spool::Idle(file))) => Ok(Some(file)),
            (None, _) => Ok(None),
        }
    }

    async fn read(self, file: Option<fs::File>, head: &[u8]) -> io::Result<Bytes> {
        let Some(mut file) = file else {
            return Ok(if head.is_empty() {
                self.bytes.into()
            } else {
                [head, &self.bytes].concat().into()
            });
        };
        // Memory is asked for here and not in the other thread: allocators keep what was freed by thread, and
        // there are many of those.
        let size = usize::try_from(self.length).unwrap_or_default();
        let mut bytes = Vec::with_capacity(head.len().saturating_add(size));
        bytes.extend_from_slice(head);
        let read = spawn_blocking(move || {
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(bytes.into())
        });
        read.await.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn byte(object: usize, at: usize) -> u8 {
        ((object * 31 + at / 7) % 251).to_le_bytes()[0]
    }

    /// Many large objects at once are all taken whole, and memory stays within its bounds.
    #[tokio::test]
    async fn many_senders_stay_within_the_room_there_is() {
        const ROOM: u64 = 12 << 20;
        let folder = tempfile::tempdir().unwrap();
        let memory = Arc::new(Memory::new(folder.path(), ROOM).unwrap());
        let mut senders = tokio::task::JoinSet::new();
        for object in 0..64 {
            let memory = Arc::clone(&memory);
            senders.spawn(async move {
                let size = [100, 300 << 10, 3 << 20, 6 << 20][object % 4] + object;
                let all: Vec<u8> = (0..size).map(|at| byte(object, at)).collect();
                let mut arriving = memory.arriving();
                for piece in all.chunks(50_000) {
                    arriving.push(piece);
                    arriving.settle().await;
                    tokio::task::yield_now().await;
                }
                assert_eq!(arriving.length(), size as u64);
                let held = arriving.whole(b"head").await.unwrap();
                assert_eq!(&held.bytes[..4], b"head");
                assert!(held.bytes[4..] == all, "object {object}");
                assert!(memory.used() <= ROOM);
            });
        }
        while let Some(done) = senders.join_next().await {
            done.unwrap();
        }
        assert!(memory.peak() <= ROOM, "{}", memory.peak());
        assert!(memory.peak() > ROOM / 3, "the room is used");
        assert_eq!(memory.used(), 0, "and given back");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// One object may be larger than all the room; it is stored alone.
    #[tokio::test]
    async fn what_is_larger_than_the_room_has_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Arc::new(Memory::new(folder.path(), 1 << 20).unwrap());
        let mut arriving = memory.arriving();
        let all = vec![7; 8 << 20];
        for piece in all.chunks(1 << 20) {
            arriving.push(piece);
            arriving.settle().await;
        }
        let held = arriving.whole(b"").await.unwrap();
        assert_eq!(held.bytes, all);
        let room = memory.room(1);
        tokio::pin!(room);
        let waits = futures::poll!(&mut room).is_pending();
        assert!(waits, "nothing else is stored meanwhile");
        drop(held);
        room.await;
    }

    #[tokio::test]
    async fn a_full_disk_costs_the_object_only_and_old_files_go() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("left"), b"by a crash").unwrap();
        let memory = Arc::new(Memory::new(folder.path(), 1 << 20).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::remove_dir(folder.path()).unwrap();
        let mut arriving = memory.arriving();
        for _ in 0..8 {
            arriving.push(&vec![1; 1 << 20]);
            arriving.settle().await;
        }
        assert!(arriving.whole(b"").await.is_err());
        let mut small = memory.arriving();
        small.push(b"small");
        assert_eq!(small.whole(b"").await.unwrap().bytes, "small");
        assert_eq!(memory.used(), 0);
    }
}
