//! Looks for damage and names the first wrong byte.

use std::{collections::HashMap, fmt, fs::File, path::Path, sync::Arc};

use ledger::{Checkpoint, Tree};
use record::{Entry, FactBody, Indexer, SealedSignals};
use vocabulary::Digest;

use crate::{
    StorageError, TornTail,
    diagnose::{self, Payload},
    frame::{Header, Kind, SEGMENT_HEADER},
    index, keys,
    log::{Found, Log, Position, segment_name},
    purge::Purges,
    replay, signals, verify_index,
};

/// Something on disk that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, below the data folder.
    pub file: String,
    /// The offset in that file, in bytes, where it is known.
    pub offset: Option<u64>,
    /// For a single wrong byte: its value, and the value that was written.
    pub byte: Option<(u8, u8)>,
    /// What is wrong.
    pub what: String,
}

impl Fault {
    pub(crate) fn at(file: impl Into<String>, offset: u64, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            offset: Some(offset),
            byte: None,
            what: what.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(offset) = self.offset {
            write!(f, ", byte {offset}")?;
        }
        if let Some((read, expected)) = self.byte {
            write!(f, " is 0x{read:02x}, should be 0x{expected:02x}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries that were read and are as written.
    pub entries: u64,
    /// Stored objects that were met; their bytes were read in a deep check only.
    pub objects: u64,
    /// Objects among these whose bytes were removed, as the journal says.
    pub purged: u64,
    /// Objects among the purged whose bytes are still there, which a deep check tells: a crash came between.
    /// The next start removes them.
    pub to_erase: u64,
    /// Bytes of the log that were looked at.
    pub bytes: u64,
    /// Readings of devices that are not sealed in the log yet, and are as written; a deep check counts them.
    pub unsealed: u64,
    /// How many entries the newest signed checkpoint covers.
    pub signed: u64,
    /// Whether every byte was read and the index compared.
    pub deep: bool,
    /// Whether a server worked on the folder meanwhile; then the check ends at the checkpoint.
    pub running: bool,
    /// What a crash left at the end; the next start cuts it off. This is no damage.
    pub torn: Option<TornTail>,
    /// The first wrong thing.
    pub fault: Option<Fault>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }
}

/// Checks the data folder `dir`: the chain of entries and the Merkle root against the signed checkpoint;
/// with `deep`, also every byte of every stored object, and the index against the log, except for the
/// resources' search terms. Reads only; a server may be running.
pub fn verify(dir: impl AsRef<Path>, deep: bool) -> Result<Report, StorageError> {
    Check::new(dir.as_ref(), deep, None)?.run()
}

/// The deep check of [`verify`], with the search terms compared to what `indexer` says.
pub fn verify_with_terms(
    dir: impl AsRef<Path>,
    indexer: &Arc<dyn Indexer>,
) -> Result<Report, StorageError> {
    Check::new(dir.as_ref(), true, Some(&**indexer))?.run()
}

/// How a step ended that did not end well.
pub(crate) enum Stop {
    /// Something is wrong.
    Fault(Fault),
    /// It could not be looked at.
    Error(StorageError),
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Damaged { file, offset, what } => {
                Self::Fault(Fault::at(file, offset, what))
            }
            other => Self::Error(other),
        }
    }
}

struct Check<'a> {
    root: &'a Path,
    indexer: Option<&'a dyn Indexer>,
    log: Log,
    purges: Purges,
    tree: Tree,
    /// Stored objects, and where they lie.
    objects: HashMap<Digest, Position>,
    signed: Option<Checkpoint>,
    /// Where the next frame starts.
    at: Position,
    /// The last group that is whole, where it ends, and how many entries there are up to there.
    group: (u64, Position, u64),
    report: Report,
}

impl<'a> Check<'a> {
    fn new(
        root: &'a Path,
        deep: bool,
        indexer: Option<&'a dyn Indexer>,
    ) -> Result<Self, StorageError> {
        let start = Position {
            segment: 1,
            offset: SEGMENT_HEADER,
        };
        let log = Log::open(root, false)?;
        Ok(Self {
            root,
            indexer,
            purges: Purges::read(&log, start)?,
            log,
            tree: Tree::default(),
            objects: HashMap::new(),
            signed: None,
            at: start,
            group: (0, start, 0),
            report: Report {
                entries: 0,
                objects: 0,
                purged: 0,
                to_erase: 0,
                bytes: 0,
                unsealed: 0,
                signed: 0,
                deep,
                running: is_running(root),
                torn: None,
                fault: None,
            },
        })
    }

    fn run(mut self) -> Result<Report, StorageError> {
        match self.steps() {
            Ok(()) => {}
            Err(Stop::Fault(fault)) => self.report.fault = Some(fault),
            Err(Stop::Error(error)) => return Err(error),
        }
        Ok(self.report)
    }

    fn steps(&mut self) -> Result<(), Stop> {
        // The keys and the checkpoint come first: without them the rest proves nothing.
        let verifier = keys::verifier(self.root)?;
        match keys::read_signer(self.root, verifier.origin()) {
            Ok(signer) if signer.verifier() != verifier => {
                let what = "the public key is not that of keys/ledger.key; one of both was changed";
                return Err(Stop::Fault(Fault::at(keys::PUBLIC, 0, what)));
            }
            // One who only checks need not have the secret key.
            Ok(_) | Err(StorageError::Io { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let checkpoint = keys::checkpoint(self.root, &verifier);
        if let Ok(Some(checkpoint)) = &checkpoint {
            self.report.signed = checkpoint.size;
            self.signed = Some(checkpoint.clone());
        }
        // The log, frame by frame.
        self.segments()?;
        // The root that was signed.
        if let Err(error) = checkpoint {
            return Err(self
                .diagnose_checkpoint(&verifier)
                .map_or(error.into(), Stop::Fault));
        }
        self.compare_root()?;
        // What is not sealed yet.
        if self.report.deep {
            let unsealed = signals::check::unsealed(self.root, self.report.running)?;
            self.report.unsealed = unsealed.readings;
            self.report.bytes += unsealed.bytes;
        }
        // What is derived.
        if index_exists(self.root) {
            let expected = (self.group.1, self.tree.size(), self.report.running);
            verify_index::check(self.root, self.report.deep, self.indexer, expected)?;
        }
        Ok(())
    }

    fn segments(&mut self) -> Result<(), Stop> {
        replay::check_segment_headers(&self.log).map_err(|error| match Stop::from(error) {
            Stop::Fault(fault) => Stop::Fault(diagnose::segment_header(&self.log, fault)),
            other @ Stop::Error(_) => other,
        })?;
        loop {
            match self.log.frame_at(self.at)? {
                Found::Frame(header) => {
                    if let Err(stop) = self.frame(&header) {
                        match stop {
                            Stop::Fault(fault) => return self.torn_or(fault),
                            other @ Stop::Error(_) => return Err(other),
                        }
                    }
                    let length = header.frame_length().unwrap_or(0);
                    self.at.offset += length;
                    self.report.bytes += length;
                    if header.end_of_group {
                        self.group = (header.group, self.at, self.tree.size());
                    }
                }
                Found::End if self.at != self.group.1 && self.at.offset > SEGMENT_HEADER => {
                    return self.torn_or(Fault::at(
                        segment_name(self.at.segment),
                        self.at.offset,
                        "the file ends within a group of facts",
                    ));
                }
                Found::End if self.at.segment < self.log.last() => {
                    self.at = Position {
                        segment: self.at.segment + 1,
                        offset: SEGMENT_HEADER,
                    };
                    self.group.1 = self.at;
                }
                Found::End => return Ok(()),
                Found::Broken => {
                    let fault = diagnose::header(&self.log, self.at)?;
                    return self.torn_or(fault);
                }
            }
        }
    }

    /// Tells a torn tail, which a crash may leave behind all that was acknowledged, from damage.
    fn torn_or(&mut self, fault: Fault) -> Result<(), Stop> {
        let (group, end, entries) = self.group;
        let signed = self.report.signed;
        if self.report.running && entries >= signed {
            // The server is just writing here.
            return Ok(());
        }
        let known = index::open_reader(self.root)
            .and_then(|connection| index::applied(&connection))
            .is_ok_and(|applied| applied.position > end);
        let last = self.at.segment == self.log.last();
        if !last || known || entries < signed || replay::later_group(&self.log, self.at, group + 1)?
        {
            return Err(Stop::Fault(fault));
        }
        let bytes = self.log.length(end.segment)?.saturating_sub(end.offset);
        self.report.torn = Some(TornTail {
            file: segment_name(end.segment),
            offset: end.offset,
            bytes,
        });
        Ok(())
    }

    fn frame(&mut self, header: &Header) -> Result<(), Stop> {
        match header.kind {
            Kind::Blob => {
                self.objects.insert(header.digest, self.at);
                self.report.objects += 1;
                if self.purges.cover(&header.digest, self.at) {
                    self.report.purged += 1;
                    if self.report.deep && !self.log.is_erased(self.at, header.length)? {
                        self.report.to_erase += 1;
                    }
                } else if self.report.deep {
                    let sound = Payload::new(&self.log, self.at, header).check();
                    if sound.is_err() && self.was_just_purged(header)? {
                        self.report.purged += 1;
                        return Ok(());
                    }
                    sound?;
                }
                Ok(())
            }
            Kind::Readings => {
                let file = segment_name(self.at.segment);
                let what = "readings that are not sealed stand in the journal";
                Err(Stop::Fault(Fault::at(file, self.at.offset, what)))
            }
            Kind::Entry => {
                Payload::new(&self.log, self.at, header).check()?;
                let bytes = self.log.entry(self.at, header.length, &header.digest)?;
                self.entry(&bytes, &header.digest)
            }
        }
    }

    /// Whether a running server has removed these bytes since the purges were read.
    fn was_just_purged(&mut self, header: &Header) -> Result<bool, Stop> {
        if !self.report.running {
            return Ok(false);
        }
        let start = Position {
            segment: 1,
            offset: SEGMENT_HEADER,
        };
        self.purges = Purges::read(&Log::open(self.root, false)?, start)?;
        Ok(self.purges.cover(&header.digest, self.at))
    }

    fn entry(&mut self, bytes: &[u8], digest: &Digest) -> Result<(), Stop> {
        let wrong = |what: String| {
            Stop::Fault(Fault::at(
                segment_name(self.at.segment),
                self.at.offset,
                what,
            ))
        };
        let entry: Entry = serde_json::from_slice(bytes)
            .map_err(|error| wrong(format!("this is no journal entry: {error}")))?;
        if entry.sequence != self.tree.size() {
            let what = format!(
                "entry {} stands where entry {} must",
                entry.sequence,
                self.tree.size()
            );
            return Err(wrong(what));
        }
        let objects = match &entry.fact.body {
            FactBody::Instance(instance) => vec![instance.digest],
            FactBody::SealedSignals(sealed) => vec![sealed.digest, sealed.rollup_digest],
            FactBody::RecordedChunk(chunk) => vec![chunk.digest],
            FactBody::SealedRecording(sealed) => sealed.chunks.clone(),
            _ => Vec::new(),
        };
        if objects
            .iter()
            .any(|digest| !self.objects.contains_key(digest))
        {
            return Err(wrong(
                "the bytes of this entry's object are missing".to_owned(),
            ));
        }
        if let FactBody::SealedSignals(sealed) = &entry.fact.body
            && self.report.deep
        {
            self.chunk(sealed)?;
        }
        self.tree.append(&digest.0);
        self.report.entries += 1;
        Ok(())
    }

    /// Compares what a chunk holds to what its entry says.
    fn chunk(&self, sealed: &SealedSignals) -> Result<(), Stop> {
        type Check = fn(&SealedSignals, &[u8]) -> Result<(), &'static str>;
        let parts: [(&Digest, u64, Check); 2] = [
            (&sealed.digest, sealed.size, signals::check::readings),
            (
                &sealed.rollup_digest,
                sealed.rollup_size,
                signals::check::rollup,
            ),
        ];
        for (digest, size, check) in parts {
            let Some(at) = self.objects.get(digest).copied() else {
                continue;
            };
            if self.purges.cover(digest, at) {
                continue;
            }
            let bytes = self.log.payload(at, size)?;
            check(sealed, &bytes).map_err(|what| {
                Stop::Fault(Fault::at(segment_name(at.segment), at.offset, what))
            })?;
        }
        Ok(())
    }

    fn compare_root(&self) -> Result<(), Stop> {
        let Some(signed) = &self.signed else {
            return Ok(());
        };
        if signed.size > self.tree.size() {
            let what = format!(
                "the log ends here with {} entries, and {} were signed",
                self.tree.size(),
                signed.size
            );
            return Err(Stop::Fault(Fault::at(
                segment_name(self.at.segment),
                self.at.offset,
                what,
            )));
        }
        let root = ledger::root(signed.size, &self.tree).map_err(StorageError::from)?;
        if root != signed.root {
            let what =
                "the signed root is not that of the journal's entries: the journal was rewritten";
            return Err(Stop::Fault(Fault::at(keys::CHECKPOINT, 0, what)));
        }
        Ok(())
    }

    /// Signatures are deterministic: signing again shows which byte of the checkpoint was changed.
    fn diagnose_checkpoint(&self, verifier: &ledger::Verifier) -> Option<Fault> {
        let signer = keys::read_signer(self.root, verifier.origin()).ok()?;
        let read = std::fs::read(self.root.join(keys::CHECKPOINT)).ok()?;
        (0..=self.tree.size()).rev().take(100_000).find_map(|size| {
            let root = ledger::root(size, &self.tree).ok()?;
            // Signing is dear: only where what is signed looks like what was read.
            let text = ledger::checkpoint_text(verifier.origin(), size, &root);
            let far = text.bytes().zip(&read).filter(|(a, b)| a != *b).count() > 1;
            let note = (!far).then(|| signer.sign(size, root).note)?;
            diagnose::single_difference(keys::CHECKPOINT, 0, &read, note.as_bytes())
        })
    }
}

fn index_exists(root: &Path) -> bool {
    root.join(index::INDEX).exists()
}

/// Whether another process holds the folder's lock.
fn is_running(root: &Path) -> bool {
    let Ok(file) = File::open(root.join("lock")) else {
        return false;
    };
    matches!(
        file.try_lock_shared(),
        Err(std::fs::TryLockError::WouldBlock)
    )
}
