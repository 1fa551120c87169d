//! Reading: a small pool of read-only connections, and what is read over them.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use policy::Permit;
use record::{
    Entry, FactBody, Instance, Page, RecordError, RecordedChunk, RecordingFound, ResourceKey,
    ResourceQuery, ResourceVersion, RoomAct, Sealed, StoredObject,
};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter, types::Value};
use tokio::sync::Semaphore;
use vocabulary::{Digest, PatientId, RoomId, Timestamp, Uid};

use crate::{
    StorageError,
    index::{self, Located, from_sql, scope, to_sql},
    log::{Log, segment_name},
    recordings,
    resources::{self, Sql},
};

/// The most readings at a time; more would wait for the same disk.
const READERS: usize = 6;

/// A pool of read-only connections to the index, and the log.
#[derive(Debug)]
pub struct Readers {
    root: PathBuf,
    log: Arc<Log>,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// A pool over data folder `root`. Connections are opened when first needed.
    pub fn new(root: PathBuf, log: Arc<Log>) -> Arc<Self> {
        let turns = Arc::new(Semaphore::new(READERS));
        Arc::new(Self {
            root,
            log,
            idle: Mutex::new(Vec::new()),
            turns,
        })
    }

    /// Runs `work` on one state of the index, outside of the async threads.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Reader<'_>) -> Result<T, RecordError> + Send + 'static,
    ) -> Result<T, RecordError> {
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| StorageError::Closed)?;
        let pool = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            pool.read_now(work)
        });
        reading
            .await
            .map_err(|error| RecordError::Store(Box::new(error)))?
    }

    /// Runs `work` on one state of the index, here.
    pub fn read_now<T>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => index::open_reader(&self.root)?,
        };
        let snapshot = connection
            .unchecked_transaction()
            .map_err(StorageError::from)?;
        let answer = work(&Reader {
            connection: &snapshot,
            log: &self.log,
        });
        drop(snapshot);
        self.idle.lock().push(connection);
        answer
    }
}

/// One state of the index, and the log.
pub struct Reader<'a> {
    /// The index.
    pub connection: &'a Connection,
    /// The log.
    pub log: &'a Log,
}

/// A row of the tables of facts: whose, and which entry.
type Owned = (Option<String>, u64);

fn owned(row: &Row<'_>) -> rusqlite::Result<Owned> {
    Ok((row.get(0)?, from_sql(row.get(1)?)))
}

/// A row that [`imaging_query::stored`](crate::imaging_query::stored) finds.
pub fn stored(row: &Row<'_>) -> rusqlite::Result<Option<StoredObject>> {
    let uid = |column: usize| -> rusqlite::Result<Option<Uid>> {
        Ok(Uid::new(row.get::<_, String>(column)?).ok())
    };
    let subject = PatientId::new(row.get::<_, String>(0)?).ok();
    let (Some(subject), Some(study), Some(series)) = (subject, uid(2)?, uid(3)?) else {
        return Ok(None);
    };
    let (Some(sop), Some(class), Some(transfer_syntax)) = (uid(4)?, uid(5)?, uid(6)?) else {
        return Ok(None);
    };
    Ok(Some(StoredObject {
        subject,
        study,
        series,
        sop,
        class,
        transfer_syntax,
        digest: Digest(row.get(7)?),
        size: from_sql(row.get(8)?),
        at: Timestamp(row.get(9)?),
        sequence: from_sql(row.get(1)?),
    }))
}

/// Whether the permit covers a subject as the index keeps it.
fn covers(permit: &Permit, subject: Option<&str>) -> bool {
    match subject {
        None => permit.covers(None),
        Some(subject) => PatientId::new(subject).is_ok_and(|patient| permit.covers(Some(&patient))),
    }
}

impl Reader<'_> {
    fn bytes_at(&self, located: &Located) -> Result<Bytes, StorageError> {
        let bytes = self
            .log
            .entry(located.position, located.length, &located.digest)?;
        Ok(bytes)
    }

    fn parse(located: &Located, bytes: &[u8]) -> Result<Entry, StorageError> {
        serde_json::from_slice(bytes).map_err(|error| {
            let file = segment_name(located.position.segment);
            StorageError::damaged(
                file,
                located.position.offset,
                format!("no journal entry: {error}"),
            )
        })
    }

    fn entry_at(&self, sequence: u64) -> Result<Entry, StorageError> {
        let located = index::locate(self.connection, sequence)?.ok_or_else(|| {
            StorageError::damaged(index::INDEX, 0, format!("entry {sequence} is missing"))
        })?;
        Self::parse(&located, &self.bytes_at(&located)?)
    }

    /// The instance that entry `sequence` holds.
    pub fn instance_at(&self, sequence: u64) -> Result<Instance, StorageError> {
        match self.entry_at(sequence)?.fact.body {
            FactBody::Instance(instance) => Ok(instance),
            _ => Err(StorageError::damaged(
                index::INDEX,
                0,
                format!("entry {sequence} is no instance"),
            )),
        }
    }

    fn version_at(&self, sequence: u64) -> Result<ResourceVersion, StorageError> {
        let entry = self.entry_at(sequence)?;
        match entry.fact.body {
            FactBody::Resource { key, version, body } => Ok(ResourceVersion {
                key,
                version,
                at: entry.at,
                subject: entry.fact.subject,
                body,
                sequence,
            }),
            _ => Err(StorageError::damaged(
                index::INDEX,
                0,
                format!("entry {sequence} is no resource"),
            )),
        }
    }

    /// Entries from `from` on that the permit covers.
    pub fn entries(
        &self,
        permit: &Permit,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, RecordError> {
        let mut text =
            "SELECT segment, offset, length, digest, at FROM entries WHERE sequence >= ?"
                .to_owned();
        let mut values = vec![Value::Integer(to_sql(from))];
        if let Some(scope) = scope(permit) {
            let (condition, patients) = scope.condition("subject");
            text.push_str(" AND (subject IS NULL OR ");
            text.push_str(&condition);
            text.push(')');
            values.push(patients);
        }
        text.push_str(" ORDER BY sequence LIMIT ?");
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let found = self.rows(&text, params_from_iter(&values), index::located)?;
        let entries = found
            .iter()
            .map(|located| Self::parse(located, &self.bytes_at(located)?));
        Ok(entries.collect::<Result<_, StorageError>>()?)
    }

    fn rows<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StorageError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement
            .query_map(values, read)?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The bytes of one entry.
    pub fn entry_bytes(
        &self,
        permit: &Permit,
        sequence: u64,
    ) -> Result<Option<Bytes>, RecordError> {
        let Some(located) = index::locate(self.connection, sequence)? else {
            return Ok(None);
        };
        let subject: Option<String> = self
            .connection
            .prepare_cached("SELECT subject FROM entries WHERE sequence = ?")
            .and_then(|mut statement| statement.query_row([to_sql(sequence)], |row| row.get(0)))
            .map_err(StorageError::from)?;
        if !covers(permit, subject.as_deref()) {
            return Err(RecordError::NotPermitted);
        }
        Ok(Some(self.bytes_at(&located)?))
    }

    /// One version of a resource, or the current one.
    pub fn resource(
        &self,
        permit: &Permit,
        key: &ResourceKey,
        version: Option<u64>,
    ) -> Result<Option<ResourceVersion>, RecordError> {
        let Some(current) = resources::current(self.connection, key)? else {
            return Ok(None);
        };
        let wanted = version.unwrap_or(current.version);
        let found = self.rows(
            "SELECT subject, sequence FROM versions WHERE rid = ? AND version = ?",
            params![current.rid, to_sql(wanted)],
            owned,
        )?;
        let Some((subject, sequence)) = found.first() else {
            return Ok(None);
        };
        if !covers(permit, subject.as_deref()) {
            return Err(RecordError::NotPermitted);
        }
        Ok(Some(self.version_at(*sequence)?))
    }

    /// All versions of a resource, newest first.
    pub fn history(
        &self,
        permit: &Permit,
        key: &ResourceKey,
    ) -> Result<Vec<ResourceVersion>, RecordError> {
        let Some(current) = resources::current(self.connection, key)? else {
            return Ok(Vec::new());
        };
        let found = self.rows(
            "SELECT subject, sequence FROM versions WHERE rid = ? ORDER BY version DESC",
            [current.rid],
            owned,
        )?;
        let covered = Self::covered(permit, found)?;
        let versions = covered
            .into_iter()
            .map(|sequence| self.version_at(sequence));
        Ok(versions.collect::<Result<_, StorageError>>()?)
    }

    /// The entries of all versions of a patient's resources of these types, in order.
    pub fn versions_about(
        &self,
        permit: &Permit,
        subject: &PatientId,
        kinds: &[String],
    ) -> Result<Vec<Entry>, RecordError> {
        if !permit.covers(Some(subject)) {
            return Err(RecordError::NotPermitted);
        }
        let places = vec!["?"; kinds.len()].join(", ");
        let text = format!(
            "SELECT v.sequence FROM resources r JOIN versions v ON v.rid = r.rid \
             WHERE r.subject = ? AND r.kind IN ({places}) AND v.subject = r.subject \
             ORDER BY v.sequence"
        );
        let values = std::iter::once(subject.as_str()).chain(kinds.iter().map(String::as_str));
        let values: Vec<Value> = values.map(|value| Value::Text(value.to_owned())).collect();
        let found = self.rows(&text, params_from_iter(&values), |row| {
            Ok(from_sql(row.get(0)?))
        })?;
        let entries = found.into_iter().map(|sequence| self.entry_at(sequence));
        Ok(entries.collect::<Result<_, StorageError>>()?)
    }

    /// The resources of a type as they were at a moment.
    pub fn as_of(
        &self,
        permit: &Permit,
        kind: &str,
        at: Timestamp,
    ) -> Result<Vec<ResourceVersion>, RecordError> {
        let found = self.rows(
            "SELECT v.subject, v.sequence FROM resources r JOIN versions v ON v.rid = r.rid \
             WHERE r.kind = ?1 AND v.deleted = 0 AND v.version = \
             (SELECT max(w.version) FROM versions w WHERE w.rid = r.rid AND w.at <= ?2) \
             ORDER BY v.sequence",
            params![kind, at.0],
            owned,
        )?;
        Ok(self.versions_covered(permit, found)?)
    }

    /// The resources of a type that were written since entry `from`, as they are now.
    pub fn changed_since(
        &self,
        permit: &Permit,
        kind: &str,
        from: u64,
    ) -> Result<Vec<ResourceVersion>, RecordError> {
        // With both states named the index finds them at once.
        let found = self.rows(
            "SELECT subject, sequence FROM resources \
             WHERE kind = ? AND deleted IN (0, 1) AND sequence >= ? ORDER BY sequence",
            params![kind, to_sql(from)],
            owned,
        )?;
        Ok(self.versions_covered(permit, found)?)
    }

    /// Those of the versions that the permit covers.
    fn versions_covered(
        &self,
        permit: &Permit,
        found: Vec<Owned>,
    ) -> Result<Vec<ResourceVersion>, StorageError> {
        let covered = found
            .into_iter()
            .filter(|(subject, _)| covers(permit, subject.as_deref()));
        covered
            .map(|(_, sequence)| self.version_at(sequence))
            .collect()
    }

    /// The entries that the permit covers; refused where there are some and it covers none.
    fn covered(permit: &Permit, found: Vec<Owned>) -> Result<Vec<u64>, RecordError> {
        let any = !found.is_empty();
        let covered: Vec<u64> = found
            .into_iter()
            .filter(|(subject, _)| covers(permit, subject.as_deref()))
            .map(|(_, sequence)| sequence)
            .collect();
        if any && covered.is_empty() {
            Err(RecordError::NotPermitted)
        } else {
            Ok(covered)
        }
    }

    /// Current resources that match.
    pub fn search(
        &self,
        permit: &Permit,
        query: &ResourceQuery,
    ) -> Result<Page<ResourceVersion>, RecordError> {
        let mut sql = resources::condition(query, scope(permit));
        let count = format!("SELECT count(*) FROM resources r{}", sql.text);
        let total = self.rows(&count, params_from_iter(&sql.values), |row| {
            row.get::<_, i64>(0)
        })?;
        let order = resources::order(query);
        sql.push(&order.text, order.values);
        let limits = [query.limit, query.offset];
        let limits = limits.map(|n| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX)));
        sql.push(" LIMIT ? OFFSET ?", limits);
        let text = format!("SELECT r.sequence FROM resources r{}", sql.text);
        let found = self.rows(&text, params_from_iter(&sql.values), |row| {
            row.get::<_, i64>(0)
        })?;
        let rows = found
            .into_iter()
            .map(|sequence| self.version_at(from_sql(sequence)));
        Ok(Page {
            rows: rows.collect::<Result<_, _>>()?,
            total: total
                .first()
                .and_then(|n| usize::try_from(*n).ok())
                .unwrap_or(0),
        })
    }

    /// The instances of a series, in the order they were stored.
    pub fn series_instances(
        &self,
        permit: &Permit,
        series: &Uid,
    ) -> Result<Vec<Instance>, RecordError> {
        let found = self.rows(
            "SELECT st.subject, i.sequence FROM series se JOIN studies st ON st.id = se.study_id \
             JOIN instances i ON i.series_id = se.id WHERE se.series = ? ORDER BY i.sequence",
            [series.as_str()],
            owned,
        )?;
        let covered = Self::covered(permit, found)?;
        let instances = covered
            .into_iter()
            .map(|sequence| self.instance_at(sequence));
        Ok(instances.collect::<Result<_, StorageError>>()?)
    }

    /// One instance.
    pub fn instance(&self, permit: &Permit, sop: &Uid) -> Result<Option<Instance>, RecordError> {
        let found = self.rows(
            "SELECT st.subject, i.sequence FROM instances i JOIN studies st ON st.id = i.study_id \
             WHERE i.sop = ?",
            [sop.as_str()],
            owned,
        )?;
        let covered = Self::covered(permit, found)?;
        Ok(covered
            .first()
            .map(|sequence| self.instance_at(*sequence))
            .transpose()?)
    }

    /// Stored objects that `sql` finds.
    pub fn stored(&self, permit: &Permit, sql: &Sql) -> Result<Vec<StoredObject>, RecordError> {
        let found = self.rows(&sql.text, params_from_iter(&sql.values), |row| {
            Ok((owned(row)?, stored(row)?))
        })?;
        let any = !found.is_empty();
        let covered: Vec<StoredObject> = found
            .into_iter()
            .filter(|((subject, _), _)| covers(permit, subject.as_deref()))
            .filter_map(|(_, object)| object)
            .collect();
        if any && covered.is_empty() {
            Err(RecordError::NotPermitted)
        } else {
            Ok(covered)
        }
    }

    /// The bytes of a stored object, or a part of them.
    pub fn object(
        &self,
        permit: &Permit,
        sop: &Uid,
        digest: &Digest,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<Bytes, RecordError> {
        // The description comes from outside: only an object that is kept for this patient is read.
        let kept: Option<(String, [u8; 32])> = self
            .connection
            .prepare_cached(
                "SELECT st.subject, i.digest FROM instances i JOIN studies st ON st.id = i.study_id \
                 WHERE i.sop = ?",
            )
            .and_then(|mut statement| {
                statement
                    .query_row([sop.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .map_err(StorageError::from)?;
        let Some((subject, kept)) = kept else {
            return Err(RecordError::NotPermitted);
        };
        if !covers(permit, Some(&subject)) || kept != digest.0 {
            return Err(RecordError::NotPermitted);
        }
        let Some((at, length)) = index::blob(self.connection, digest)? else {
            return Err(
                StorageError::damaged(index::INDEX, 0, "an object's place is missing").into(),
            );
        };
        let range = range.unwrap_or(0..length);
        let end = range.end.min(length);
        Ok(self
            .log
            .payload_range(at, length, range.start.min(end), end)?)
    }

    /// The acts of a room.
    pub fn room_acts(
        &self,
        permit: &Permit,
        room: &RoomId,
        patient: Option<&PatientId>,
        from: u64,
    ) -> Result<Vec<RoomAct>, RecordError> {
        if !permit.covers(patient) {
            return Err(RecordError::NotPermitted);
        }
        let found = self.rows(
            "SELECT subject, sequence FROM acts WHERE room = ? AND number >= ? ORDER BY number",
            params![room.as_str(), to_sql(from)],
            owned,
        )?;
        // A room's acts only make sense whole.
        if found
            .iter()
            .any(|(subject, _)| !covers(permit, subject.as_deref()))
        {
            return Err(RecordError::NotPermitted);
        }
        found
            .into_iter()
            .map(|(_, sequence)| Ok(self.act_at(sequence)?))
            .collect()
    }

    /// What the ledger has of one act of a room.
    pub fn room_act_sealed(
        &self,
        permit: &Permit,
        room: &RoomId,
        patient: Option<&PatientId>,
        number: u64,
    ) -> Result<Option<Sealed>, RecordError> {
        if !permit.covers(patient) {
            return Err(RecordError::NotPermitted);
        }
        let found = self.rows(
            "SELECT subject, sequence FROM acts WHERE room = ? AND number = ?",
            params![room.as_str(), to_sql(number)],
            owned,
        )?;
        let Some((subject, sequence)) = found.into_iter().next() else {
            return Ok(None);
        };
        if !covers(permit, subject.as_deref()) {
            return Err(RecordError::NotPermitted);
        }
        let located = index::locate(self.connection, sequence)?;
        Ok(located.map(|located| Sealed {
            sequence,
            digest: located.digest,
            at: located.at,
            version: 1,
        }))
    }

    /// The recordings of a room, or of all, as far as the permit covers them.
    pub fn recordings(
        &self,
        permit: &Permit,
        room: Option<&RoomId>,
    ) -> Result<Vec<RecordingFound>, RecordError> {
        let mut found = recordings::list(self.connection, room)?;
        found.retain(|one| permit.covers(one.subject.as_ref()));
        Ok(found)
    }

    /// The chunks of a recording.
    pub fn recorded_chunks(
        &self,
        permit: &Permit,
        room: &RoomId,
        recording: u64,
    ) -> Result<Vec<(u64, RecordedChunk)>, RecordError> {
        self.may_replay(permit, room, recording)?;
        let found = self.rows(
            "SELECT sequence FROM recorded_chunks WHERE room = ? AND recording = ? ORDER BY number",
            params![room.as_str(), to_sql(recording)],
            |row| Ok(from_sql(row.get(0)?)),
        )?;
        let chunk = |sequence: u64| match self.entry_at(sequence)?.fact.body {
            FactBody::RecordedChunk(chunk) => Ok((sequence, chunk)),
            _ => Err(StorageError::damaged(
                index::INDEX,
                0,
                format!("entry {sequence} is no chunk of a recording"),
            )),
        };
        Ok(found
            .into_iter()
            .map(chunk)
            .collect::<Result<_, StorageError>>()?)
    }

    /// The bytes of one chunk of a recording.
    pub fn recorded_bytes(
        &self,
        permit: &Permit,
        room: &RoomId,
        recording: u64,
        number: u64,
    ) -> Result<Option<Bytes>, RecordError> {
        self.may_replay(permit, room, recording)?;
        let digest: Option<[u8; 32]> = self
            .connection
            .prepare_cached(
                "SELECT digest FROM recorded_chunks WHERE room = ? AND recording = ? AND number = ?",
            )
            .and_then(|mut statement| {
                let key = params![room.as_str(), to_sql(recording), to_sql(number)];
                statement.query_row(key, |row| row.get(0)).optional()
            })
            .map_err(StorageError::from)?;
        let Some(digest) = digest.map(Digest) else {
            return Ok(None);
        };
        let Some((at, length)) = index::blob(self.connection, &digest)? else {
            return Ok(None);
        };
        Ok(Some(self.log.payload(at, length)?))
    }

    /// Whether the permit covers whom a recording is about.
    fn may_replay(
        &self,
        permit: &Permit,
        room: &RoomId,
        recording: u64,
    ) -> Result<(), RecordError> {
        let found = recordings::find(self.connection, room, recording)?;
        match found {
            Some(found) if !permit.covers(found.subject.as_ref()) => Err(RecordError::NotPermitted),
            _ => Ok(()),
        }
    }

    fn act_at(&self, sequence: u64) -> Result<RoomAct, StorageError> {
        match self.entry_at(sequence)?.fact.body {
            FactBody::RoomAct(act) => Ok(act),
            _ => Err(StorageError::damaged(
                index::INDEX,
                0,
                format!("entry {sequence} is no act of a room"),
            )),
        }
    }
}
