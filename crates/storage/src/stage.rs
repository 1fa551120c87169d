//! One batch: its preconditions checked, its facts numbered, its entries made.

use bytes::Bytes;
use ledger::Frontier;
use record::{
    DeletedImages, DeletedObject, Entry, ErasedRecording, Fact, FactBody, Images, Indexer,
    Instance, NewFact, Precondition, PurgedImages, PurgedSignals, RecordError, RecordedChunk,
    ResourceKey, RoomAct, Sealed, SealedRecording, SealedSignals, SignalKind, SignalPart,
    StoredObject,
};
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde_json::{Map, Value};
use vocabulary::{ActorId, Digest, PatientId, RoomId, Timestamp};

use crate::{
    StorageError,
    frame::{self, Header, Kind},
    imaging_query,
    index::{self, Located, from_sql},
    log::Position,
    purge::{self, Erased},
    reader, recordings, resources,
    signals::chunks,
    writer::NewFrame,
};

/// A fact whose object, if it has one, is hashed.
pub struct Prepared {
    fact: NewFact,
    precondition: Precondition,
    table: Bytes,
    /// The checksums of a second object.
    second: Bytes,
}

impl Prepared {
    /// Hashes the fact's object. This is done outside of the writing thread, so that many can be hashed at
    /// a time.
    pub fn new(mut fact: NewFact, precondition: Precondition) -> Self {
        let (mut table, mut second) = (Bytes::new(), Bytes::new());
        match &mut fact {
            NewFact::StoreInstance { instance, bytes } => {
                instance.digest = Digest::of(bytes);
                instance.size = bytes.len() as u64;
                table = Bytes::from(frame::table(bytes));
            }
            NewFact::SealSignals {
                sealed,
                readings,
                rollup,
            } => {
                sealed.digest = Digest::of(readings);
                sealed.size = readings.len() as u64;
                sealed.rollup_digest = Digest::of(rollup);
                sealed.rollup_size = rollup.len() as u64;
                table = Bytes::from(frame::table(readings));
                second = Bytes::from(frame::table(rollup));
            }
            NewFact::RecordChunk { chunk, bytes, .. } => {
                chunk.digest = Digest::of(bytes);
                chunk.size = bytes.len() as u64;
                table = Bytes::from(frame::table(bytes));
            }
            _ => {}
        }
        Self {
            fact,
            precondition,
            table,
            second,
        }
    }
}

/// A batch in the making.
pub struct Staging<'a> {
    /// The index, with all earlier batches of the group in its open transaction.
    pub connection: &'a Connection,
    /// Says by what resources are found.
    pub indexer: &'a dyn Indexer,
    /// Who causes the batch.
    pub actor: &'a ActorId,
    /// The time of the batch.
    pub now: Timestamp,
    /// The group's number.
    pub group: u64,
    /// Where the next frame goes.
    pub position: Position,
    /// Number of the next entry.
    pub size: u64,
    /// The edge of the ledger's tree.
    pub frontier: Frontier,
    /// Frames of this batch.
    pub frames: Vec<NewFrame>,
    /// What is to be erased once this batch is on disk.
    pub erased: Vec<Erased>,
}

type Done = Result<Sealed, Refused>;

/// Why a fact was not taken.
enum Refused {
    /// Its precondition does not hold.
    Conflict(&'static str),
    /// The store failed.
    Store(StorageError),
}

impl<E: Into<StorageError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

impl Staging<'_> {
    /// Takes all facts, or says which one cannot be taken.
    pub fn batch(&mut self, facts: Vec<Prepared>) -> Result<Vec<Sealed>, RecordError> {
        let mut sealed = Vec::with_capacity(facts.len());
        for (index, prepared) in facts.into_iter().enumerate() {
            match self.fact(prepared) {
                Ok(one) => sealed.push(one),
                Err(Refused::Conflict(why)) => return Err(RecordError::Conflict { index, why }),
                Err(Refused::Store(error)) => return Err(error.into()),
            }
        }
        Ok(sealed)
    }

    /// Bytes of this batch's frames.
    pub fn length(&self) -> u64 {
        self.frames
            .iter()
            .filter_map(|frame| frame.header.frame_length())
            .sum()
    }

    fn fact(&mut self, prepared: Prepared) -> Done {
        let Prepared {
            fact,
            precondition,
            table,
            second,
        } = prepared;
        match fact {
            NewFact::PutResource { key, subject, body } => {
                self.put(key, subject, body, &precondition)
            }
            NewFact::DeleteResource { key } => self.delete(key, &precondition),
            NewFact::StoreInstance { instance, bytes } => self.store(*instance, bytes, table),
            NewFact::DeleteImages {
                images,
                reason,
                stored_before,
            } => self.delete_images(images, reason, stored_before),
            NewFact::PurgeImages {
                deleted_before,
                most,
            } => self.purge_images(deleted_before, most),
            NewFact::SealSignals {
                sealed,
                readings,
                rollup,
            } => self.seal_signals(sealed, [(readings, table), (rollup, second)]),
            NewFact::PurgeSignals {
                part,
                of,
                ended_before,
                most,
            } => self.purge_signals(part, &of, (ended_before, most)),
            NewFact::RecordChunk {
                chunk,
                subject,
                bytes,
            } => self.record_chunk(chunk, subject, (bytes, table)),
            NewFact::SealRecording { sealed, subject } => self.seal_recording(sealed, subject),
            NewFact::EraseRecording {
                room,
                recording,
                reason,
            } => self.erase_recording(room, recording, reason),
            NewFact::RoomAct { act, subject } => self.act(act, subject),
        }
    }

    fn put(
        &mut self,
        key: ResourceKey,
        subject: Option<PatientId>,
        body: Value,
        precondition: &Precondition,
    ) -> Done {
        let current = resources::current(self.connection, &key)?;
        check(precondition, current.as_ref())?;
        let version = current.map_or(0, |current| current.version) + 1;
        let Value::Object(mut body) = body else {
            return Err(Refused::Conflict("a resource is a JSON object"));
        };
        body.insert("id".to_owned(), Value::String(key.id.clone()));
        let meta = body
            .entry("meta")
            .or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(meta) = meta else {
            return Err(Refused::Conflict(
                "the meta element of a resource is a JSON object",
            ));
        };
        meta.insert("versionId".to_owned(), Value::String(version.to_string()));
        meta.insert(
            "lastUpdated".to_owned(),
            Value::String(self.now.to_string()),
        );
        let body = Some(Value::Object(body));
        self.entry(subject, FactBody::Resource { key, version, body }, version)
    }

    fn delete(&mut self, key: ResourceKey, precondition: &Precondition) -> Done {
        let current = resources::current(self.connection, &key)?;
        check(precondition, current.as_ref())?;
        let Some(current) = current.filter(|current| !current.deleted) else {
            return Err(Refused::Conflict("there is no such resource"));
        };
        let subject = current
            .subject
            .and_then(|subject| PatientId::new(subject).ok());
        let version = current.version + 1;
        self.entry(
            subject,
            FactBody::Resource {
                key,
                version,
                body: None,
            },
            version,
        )
    }

    fn store(&mut self, mut instance: Instance, bytes: Bytes, table: Bytes) -> Done {
        let mut statement = self.connection.prepare_cached(
            "SELECT i.digest, st.subject, i.sequence FROM instances i \
             JOIN studies st ON st.id = i.study_id WHERE i.sop = ?",
        )?;
        let kept: Option<([u8; 32], String, i64)> = statement
            .query_row([instance.sop.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        if let Some((digest, subject, sequence)) = kept {
            if digest != instance.digest.0 {
                return Err(Refused::Conflict(
                    "an object with this UID and other content is kept already",
                ));
            }
            if subject != instance.subject.as_str() {
                return Err(Refused::Conflict(
                    "this object is kept already for another patient",
                ));
            }
            return self.again(from_sql(sequence));
        }
        if index::blob(self.connection, &instance.digest)?.is_none() {
            index::add_blob(
                self.connection,
                &instance.digest,
                self.position,
                instance.size,
            )?;
            self.push(Kind::Blob, instance.digest, bytes, table);
        }
        instance.sequence = self.size;
        self.entry(
            Some(instance.subject.clone()),
            FactBody::Instance(instance),
            1,
        )
    }

    fn delete_images(&mut self, images: Images, reason: String, before: Timestamp) -> Done {
        let sql = imaging_query::stored(
            &images.study,
            images.series.as_ref(),
            images.instance.as_ref(),
        );
        let mut statement = self.connection.prepare_cached(&sql.text)?;
        let found: Vec<Option<StoredObject>> = statement
            .query_map(params_from_iter(&sql.values), reader::stored)?
            .collect::<Result<_, _>>()?;
        let of_patient = |object: &StoredObject| object.subject == images.subject;
        let found: Vec<StoredObject> = found.into_iter().flatten().filter(of_patient).collect();
        if found.is_empty() {
            return Err(Refused::Conflict("there are no such images"));
        }
        if found.iter().any(|object| object.at >= before) {
            return Err(Refused::Conflict("the images must still be kept"));
        }
        let objects = found.into_iter().map(|object| DeletedObject {
            sop: object.sop,
            digest: object.digest,
            sequence: object.sequence,
        });
        let subject = images.subject.clone();
        let deleted = DeletedImages {
            objects: objects.collect(),
            images,
            reason,
        };
        self.entry(Some(subject), FactBody::DeletedImages(deleted), 1)
    }

    fn purge_images(&mut self, deleted_before: Timestamp, most: usize) -> Done {
        // Nothing was deleted before all times or later than now, and the journal holds no such times.
        let latest = self.now.0.saturating_add(1);
        let deleted_before = Timestamp(deleted_before.0.clamp(0, latest.max(0)));
        let objects = purge::due(self.connection, deleted_before, most)?;
        if objects.is_empty() {
            return Err(Refused::Conflict("there is nothing to purge"));
        }
        for object in &objects {
            self.erased
                .extend(index::blob(self.connection, &object.digest)?);
        }
        let purged = PurgedImages {
            deleted_before,
            objects,
        };
        self.entry(None, FactBody::PurgedImages(purged), 1)
    }

    /// `objects` are the readings and the roll-up, each with its checksums.
    fn seal_signals(&mut self, sealed: Box<SealedSignals>, objects: [(Bytes, Bytes); 2]) -> Done {
        if sealed.number != chunks::count(self.connection, &sealed.series.id())? {
            return Err(Refused::Conflict(
                "the chunk's number is not the series' next",
            ));
        }
        let digests = [sealed.digest, sealed.rollup_digest];
        for (digest, (bytes, table)) in digests.into_iter().zip(objects) {
            if index::blob(self.connection, &digest)?.is_none() {
                let length = bytes.len() as u64;
                index::add_blob(self.connection, &digest, self.position, length)?;
                self.push(Kind::Blob, digest, bytes, table);
            }
        }
        let subject = sealed.series.subject.clone();
        self.entry(subject, FactBody::SealedSignals(sealed), 1)
    }

    fn purge_signals(
        &mut self,
        part: SignalPart,
        of: &SignalKind,
        (ended_before, most): (Timestamp, usize),
    ) -> Done {
        let before_us = ended_before.0.saturating_mul(1000);
        let objects = chunks::due(self.connection, part, of, (before_us, most))?;
        if objects.is_empty() {
            return Err(Refused::Conflict("there is nothing to purge"));
        }
        for object in &objects {
            self.erased
                .extend(index::blob(self.connection, &object.digest)?);
        }
        let purged = PurgedSignals {
            part,
            ended_before,
            objects,
        };
        self.entry(None, FactBody::PurgedSignals(purged), 1)
    }

    /// `object` is the chunk's bytes with their checksums.
    fn record_chunk(
        &mut self,
        chunk: RecordedChunk,
        subject: Option<PatientId>,
        (bytes, table): (Bytes, Bytes),
    ) -> Done {
        let found = recordings::find(self.connection, &chunk.room, chunk.recording)?;
        if found.as_ref().is_some_and(|found| found.sealed.is_some()) {
            return Err(Refused::Conflict("the recording is sealed"));
        }
        if chunk.number != found.map_or(0, |found| found.chunks) {
            return Err(Refused::Conflict(
                "the chunk's number is not the recording's next",
            ));
        }
        // A chunk names itself in its bytes: those of another object would go when it is erased.
        if index::blob(self.connection, &chunk.digest)?.is_some() {
            return Err(Refused::Conflict(
                "an object with these bytes is kept already",
            ));
        }
        index::add_blob(self.connection, &chunk.digest, self.position, chunk.size)?;
        self.push(Kind::Blob, chunk.digest, bytes, table);
        self.entry(subject, FactBody::RecordedChunk(chunk), 1)
    }

    fn seal_recording(&mut self, mut sealed: SealedRecording, subject: Option<PatientId>) -> Done {
        let found = recordings::find(self.connection, &sealed.room, sealed.recording)?;
        if found.is_some_and(|found| found.sealed.is_some()) {
            return Err(Refused::Conflict("the recording is sealed"));
        }
        let objects = recordings::objects(self.connection, &sealed.room, sealed.recording)?;
        sealed.chunks = objects.into_iter().map(|object| object.digest).collect();
        self.entry(subject, FactBody::SealedRecording(sealed), 1)
    }

    fn erase_recording(&mut self, room: RoomId, recording: u64, reason: String) -> Done {
        let found = recordings::find(self.connection, &room, recording)?;
        let Some(found) = found.filter(|found| found.erased.is_none()) else {
            return Err(Refused::Conflict("there is no such recording"));
        };
        if found.sealed.is_none() {
            return Err(Refused::Conflict("the recording still goes on"));
        }
        let objects = recordings::objects(self.connection, &room, recording)?;
        for object in &objects {
            self.erased
                .extend(index::blob(self.connection, &object.digest)?);
        }
        let erased = ErasedRecording {
            room,
            recording,
            reason,
            objects,
        };
        self.entry(found.subject, FactBody::ErasedRecording(erased), 1)
    }

    /// Acknowledges an entry that stands already.
    fn again(&self, sequence: u64) -> Done {
        let located = index::locate(self.connection, sequence)?.ok_or_else(|| {
            StorageError::damaged(index::INDEX, 0, format!("entry {sequence} is missing"))
        })?;
        Ok(Sealed {
            sequence,
            digest: located.digest,
            at: located.at,
            version: 1,
        })
    }

    fn act(&mut self, act: RoomAct, subject: Option<PatientId>) -> Done {
        if act.number != index::act_count(self.connection, &act.room)? {
            return Err(Refused::Conflict("the act's number is not the room's next"));
        }
        self.entry(subject, FactBody::RoomAct(act), 1)
    }

    /// Makes the fact's entry, lines up its frame and takes it into the index.
    fn entry(&mut self, subject: Option<PatientId>, body: FactBody, version: u64) -> Done {
        let salt: [u8; 16] = rand::random();
        let entry = Entry {
            sequence: self.size,
            at: self.now,
            actor: self.actor.clone(),
            salt: hex::encode(salt),
            fact: Fact { subject, body },
        };
        let Ok(bytes) = serde_json::to_vec(&entry) else {
            return Err(Refused::Conflict("the fact cannot be written as JSON"));
        };
        let located = Located {
            position: self.position,
            length: bytes.len() as u64,
            digest: Digest::of(&bytes),
            at: self.now,
        };
        index::apply(
            self.connection,
            &mut self.frontier,
            self.indexer,
            &entry,
            &located,
        )?;
        let table = Bytes::from(frame::table(&bytes));
        self.push(Kind::Entry, located.digest, Bytes::from(bytes), table);
        self.size += 1;
        Ok(Sealed {
            sequence: entry.sequence,
            digest: located.digest,
            at: self.now,
            version,
        })
    }

    fn push(&mut self, kind: Kind, digest: Digest, payload: Bytes, table: Bytes) {
        let length = payload.len() as u64;
        let header = Header {
            kind,
            end_of_group: false,
            length,
            digest,
            group: self.group,
        };
        self.position.offset += header.frame_length().unwrap_or(0);
        self.frames.push(NewFrame {
            header,
            payload,
            table,
        });
    }
}

/// A deleted resource has a version, and there is none.
fn check(precondition: &Precondition, current: Option<&resources::Current>) -> Result<(), Refused> {
    let holds = match (precondition, current) {
        (Precondition::None, _) | (Precondition::Version(0), None) => true,
        (Precondition::Version(wanted), None) => *wanted == 0,
        (Precondition::Version(wanted), Some(current)) => {
            *wanted == current.version || (*wanted == 0 && current.deleted)
        }
    };
    if holds {
        Ok(())
    } else {
        Err(Refused::Conflict("the resource has another version"))
    }
}
