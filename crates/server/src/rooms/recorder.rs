//! What is recorded of a room goes to the record in parts of some seconds, beside the room's own way: a slow disk
//! or a full one holds up the recording and never the room.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use bytes::Bytes;
use parking_lot::Mutex;
use record::{Batch, NewFact, Precondition, Record, RecordError, RecordedChunk, SealedRecording};
use room::{ChunkHead, ChunkWriter, Moment, StopReason};
use tokio::{sync::mpsc, task::JoinHandle};
use vocabulary::{ActorId, Digest, PatientId, RoomId, Timestamp};

use crate::clock;

/// What may wait to be taken in. Where more comes, the recording ends; packets of voices are then left out.
const WAITING: usize = 4096;
/// How hard parts are pressed: they are made while people talk.
const LEVEL: i32 = 3;
/// The most bytes of one recording, as they are kept.
const MOST_BYTES: u64 = 2 << 30;

/// Which recording, of what, and by whom it is kept.
#[derive(Clone)]
pub struct Of {
    /// The room.
    pub room: RoomId,
    /// The recording.
    pub recording: u64,
    /// When it began.
    pub started: Timestamp,
    /// The patient met in the room.
    pub patient: Option<PatientId>,
    /// Who answers for it.
    pub actor: ActorId,
}

enum Take {
    /// Begin a part with these.
    Part(u32, Vec<Moment>),
    Moment(u32, Moment),
    End(String),
}

/// A recording that goes on.
pub struct Recorder {
    /// Which recording.
    pub number: u64,
    started: Timestamp,
    sender: mpsc::Sender<Take>,
    failed: Arc<Mutex<Option<StopReason>>>,
    lost: Arc<AtomicU64>,
    /// Whether voices are taken in, for the taps that were given out last.
    is_open: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

/// Where packets of voices go.
#[derive(Clone)]
pub struct VoiceTap {
    started: Timestamp,
    sender: mpsc::Sender<Take>,
    lost: Arc<AtomicU64>,
    is_open: Arc<AtomicBool>,
}

impl VoiceTap {
    /// Takes a packet in, unless somebody does not agree any more. `clock` is the sender's own, 48,000 a second.
    pub fn take(&self, participant: u16, clock: u32, packet: Vec<u8>) {
        if !self.is_open.load(Ordering::Acquire) {
            return;
        }
        let moment = Moment::Voice {
            participant,
            clock,
            packet,
        };
        let at_ms = since(self.started);
        if self.sender.try_send(Take::Moment(at_ms, moment)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn since(started: Timestamp) -> u32 {
    u32::try_from(clock::now().0.saturating_sub(started.0)).unwrap_or(0)
}

impl Recorder {
    /// Begins; nothing is kept before the first part begins.
    pub fn begin(record: Arc<dyn Record>, of: Of) -> Self {
        let (sender, inbox) = mpsc::channel(WAITING);
        let (failed, lost) = (Arc::default(), Arc::default());
        let (number, started) = (of.recording, of.started);
        let keeper = Keeper {
            record,
            of,
            failed: Arc::clone(&failed),
            lost: Arc::clone(&lost),
            writer: None,
            parts: 0,
            bytes: 0,
            to_ms: 0,
        };
        Self {
            number,
            started,
            sender,
            failed,
            lost,
            is_open: Arc::default(),
            task: tokio::spawn(keeper.run(inbox)),
        }
    }

    /// Where packets of voices go, until the taps are closed.
    pub fn tap(&mut self) -> VoiceTap {
        self.close_taps();
        self.is_open = Arc::new(AtomicBool::new(true));
        VoiceTap {
            is_open: Arc::clone(&self.is_open),
            started: self.started,
            sender: self.sender.clone(),
            lost: Arc::clone(&self.lost),
        }
    }

    /// No packet of a voice is taken in from now on, whatever is still on its way here.
    pub fn close_taps(&self) {
        self.is_open.store(false, Ordering::Release);
    }

    /// Why it cannot go on, if so.
    pub fn failed(&self) -> Option<StopReason> {
        *self.failed.lock()
    }

    /// Begins a part with what is in the room.
    pub fn part(&self, moments: Vec<Moment>) {
        self.take(Take::Part(since(self.started), moments));
    }

    /// Adds what was seen.
    pub fn add(&self, frame: Vec<u8>) {
        let at_ms = since(self.started);
        self.take(Take::Moment(at_ms, Moment::Frame(frame)));
    }

    fn take(&self, take: Take) {
        if self.sender.try_send(take).is_err() {
            fail(&self.failed, StopReason::Failed);
        }
    }

    /// Ends it; what waits is still kept, and then it is sealed.
    pub fn end(self, why: String) -> JoinHandle<()> {
        self.close_taps();
        let Self { sender, task, .. } = self;
        tokio::spawn(async move {
            let _ = sender.send(Take::End(why)).await;
            drop(sender);
            let _ = task.await;
        })
    }
}

fn fail(failed: &Mutex<Option<StopReason>>, why: StopReason) {
    failed.lock().get_or_insert(why);
}

/// The task behind a recorder.
struct Keeper {
    record: Arc<dyn Record>,
    of: Of,
    failed: Arc<Mutex<Option<StopReason>>>,
    lost: Arc<AtomicU64>,
    writer: Option<ChunkWriter>,
    parts: u64,
    bytes: u64,
    to_ms: u32,
}

impl Keeper {
    async fn run(mut self, mut inbox: mpsc::Receiver<Take>) {
        let mut why = "interrupted".to_owned();
        while let Some(take) = inbox.recv().await {
            match take {
                Take::Part(at_ms, moments) => {
                    self.keep_part().await;
                    self.begin_part(at_ms, moments);
                }
                Take::Moment(at_ms, moment) => {
                    let taken = self
                        .writer
                        .as_mut()
                        .map(|writer| writer.add(at_ms, &moment));
                    if taken == Some(false) {
                        fail(&self.failed, StopReason::Failed);
                        self.keep_part().await;
                    }
                }
                Take::End(reason) => {
                    why = reason;
                    break;
                }
            }
        }
        self.keep_part().await;
        self.seal(why).await;
    }

    fn begin_part(&mut self, at_ms: u32, moments: Vec<Moment>) {
        if self.failed.lock().is_some() {
            return;
        }
        let head = ChunkHead {
            room: self.of.room.clone(),
            recording: self.of.recording,
            number: self.parts,
        };
        let mut writer = ChunkWriter::new(&head, at_ms);
        for moment in moments {
            if !writer.add(at_ms, &moment) {
                return fail(&self.failed, StopReason::Failed);
            }
        }
        self.writer = Some(writer);
    }

    /// Keeps the part that was begun, if it can be kept.
    async fn keep_part(&mut self) {
        let Some(writer) = self.writer.take() else {
            return;
        };
        let (from_ms, to_ms) = writer.span_ms();
        let (bytes, speakers) = writer.finish();
        let pressed =
            tokio::task::spawn_blocking(move || zstd::bulk::compress(&bytes, LEVEL)).await;
        let Ok(Ok(bytes)) = pressed else {
            return fail(&self.failed, StopReason::Failed);
        };
        let size = bytes.len() as u64;
        if self.bytes.saturating_add(size) > MOST_BYTES {
            return fail(&self.failed, StopReason::Longest);
        }
        let chunk = RecordedChunk {
            room: self.of.room.clone(),
            recording: self.of.recording,
            number: self.parts,
            started: self.of.started,
            from_ms,
            to_ms,
            speakers,
            digest: Digest([0; 32]),
            size,
        };
        let fact = NewFact::RecordChunk {
            chunk,
            subject: self.of.patient.clone(),
            bytes: Bytes::from(bytes),
        };
        match self.commit(fact).await {
            Ok(()) => {
                self.parts += 1;
                self.bytes += size;
                self.to_ms = to_ms;
            }
            Err(RecordError::Full) => fail(&self.failed, StopReason::Full),
            Err(error) => {
                tracing::warn!(%error, "a part of a recording could not be kept");
                fail(&self.failed, StopReason::Failed);
            }
        }
    }

    async fn seal(&self, why: String) {
        let sealed = SealedRecording {
            room: self.of.room.clone(),
            recording: self.of.recording,
            started: self.of.started,
            duration_ms: self.to_ms,
            why,
            lost_packets: self.lost.load(Ordering::Relaxed),
            chunks: Vec::new(),
        };
        let subject = self.of.patient.clone();
        if let Err(error) = self
            .commit(NewFact::SealRecording { sealed, subject })
            .await
        {
            // The next start of the hospital seals it.
            tracing::warn!(%error, "a recording could not be sealed");
        }
    }

    async fn commit(&self, fact: NewFact) -> Result<(), RecordError> {
        let batch = Batch {
            actor: self.of.actor.clone(),
            facts: vec![(fact, Precondition::None)],
        };
        self.record.commit(batch).await.map(drop)
    }
}

/// Seals what a crash has left open, up to its last whole part.
pub async fn seal_interrupted(
    record: &dyn Record,
    permit: &policy::Permit,
    actor: &ActorId,
) -> Result<u64, RecordError> {
    let mut count = 0;
    for found in record.recordings(permit, None).await? {
        if found.sealed.is_some() {
            continue;
        }
        let sealed = SealedRecording {
            room: found.room,
            recording: found.recording,
            started: found.started,
            duration_ms: found.duration_ms,
            why: "interrupted".to_owned(),
            lost_packets: 0,
            chunks: Vec::new(),
        };
        let fact = NewFact::SealRecording {
            sealed,
            subject: found.subject,
        };
        let batch = Batch {
            actor: actor.clone(),
            facts: vec![(fact, Precondition::None)],
        };
        record.commit(batch).await?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_voice_is_taken_in_once_the_taps_are_closed() {
        let (sender, mut inbox) = mpsc::channel(8);
        let mut recorder = Recorder {
            number: 1,
            started: clock::now(),
            sender,
            failed: Arc::default(),
            lost: Arc::default(),
            is_open: Arc::default(),
            task: tokio::spawn(async {}),
        };
        let mut taken = || std::iter::from_fn(|| inbox.try_recv().ok()).count();
        let tap = recorder.tap();
        tap.take(1, 0, vec![1]);
        assert_eq!(taken(), 1);
        recorder.close_taps();
        // What the task that forwards had in hand comes now.
        tap.take(1, 960, vec![1]);
        assert_eq!(taken(), 0);
        let next = recorder.tap();
        tap.take(1, 1920, vec![1]);
        assert_eq!(taken(), 0, "an earlier tap stays closed");
        next.take(1, 1920, vec![1]);
        assert_eq!(taken(), 1);
        assert_eq!(recorder.lost.load(Ordering::Relaxed), 0);
    }
}
