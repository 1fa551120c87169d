//! Sessions on disk: wishes, and messages of `QoS` 1 that are not acknowledged, outlive the program (MQTT 5,
//! section 4.1).
//!
//! What changes is noted in memory, and written before anybody hears that it was taken: a connection waits for
//! [`Disk::kept`] before it sends. A message lies there as the packet that it is.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use mqtt_protocol_core::mqtt::packet::{Property, Qos, v5_0};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use vocabulary::{ActorId, DeviceId, PatientId, Timestamp};

use super::{
    form,
    session::{Waiting, Who},
    wire::{Filter, Told},
};
use crate::sqlite;

/// The file below the data folder.
pub const SESSIONS: &str = "mqtt.sqlite";
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS session (
        key TEXT PRIMARY KEY, kind TEXT NOT NULL, who TEXT NOT NULL, filters TEXT NOT NULL,
        expiry_s INTEGER NOT NULL, until_ms INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS message (
        place INTEGER PRIMARY KEY, session TEXT NOT NULL, packet BLOB NOT NULL, about TEXT,
        until_ms INTEGER, id INTEGER) STRICT;
    CREATE INDEX IF NOT EXISTS message_of ON message (session, place);";

/// A session as it lies on disk.
#[derive(Clone)]
pub struct Stored {
    pub key: String,
    pub who: Who,
    pub filters: Vec<Filter>,
    /// How long it is kept after its owner left, in seconds.
    pub expiry_s: u32,
    /// Until when, where its owner has left.
    pub until: Option<Timestamp>,
}

/// Something that is to be written.
enum Change {
    Session(Stored),
    /// A session is over.
    Over(String),
    /// What waits for a session is thrown away.
    Emptied(String),
    Message(i64, String, Waiting),
    /// A message went out under an identifier.
    Sent(i64, u16),
    /// A message was acknowledged, or is told to nobody.
    Done(i64),
}

/// The sessions on disk.
pub struct Disk {
    file: Mutex<Connection>,
    changes: Mutex<Vec<Change>>,
    /// How many changes there were, and how many of them are written.
    noted: AtomicU64,
    written: AtomicU64,
    next: AtomicI64,
    /// One writes at a time; who comes meanwhile waits without a thread.
    turn: tokio::sync::Mutex<()>,
}

impl Disk {
    /// Opens it below the data folder.
    pub fn open(data: &Path) -> Result<Self> {
        let database = sqlite::open(data, SESSIONS, SCHEMA)?;
        let last: Option<i64> = database
            .query_row("SELECT MAX(place) FROM message", [], |row| row.get(0))
            .optional()?
            .flatten();
        Ok(Self {
            file: Mutex::new(database),
            changes: Mutex::default(),
            noted: AtomicU64::new(0),
            written: AtomicU64::new(0),
            next: AtomicI64::new(last.unwrap_or(0) + 1),
            turn: tokio::sync::Mutex::default(),
        })
    }

    fn note(&self, change: Change) {
        let mut changes = self.changes.lock();
        changes.push(change);
        self.noted.fetch_add(1, Ordering::SeqCst);
    }

    /// A session began, has other wishes, or was left.
    pub fn session(&self, session: Stored) {
        self.note(Change::Session(session));
    }

    /// A session is over.
    pub fn over(&self, key: &str) {
        self.note(Change::Over(key.to_owned()));
    }

    /// What waited for a session is thrown away.
    pub fn emptied(&self, key: &str) {
        self.note(Change::Emptied(key.to_owned()));
    }

    /// A message waits for a session; the place where it lies.
    pub fn message(&self, key: &str, message: &Waiting) -> i64 {
        let place = self.next.fetch_add(1, Ordering::SeqCst);
        self.note(Change::Message(place, key.to_owned(), message.clone()));
        place
    }

    /// A message went out under this identifier.
    pub fn sent(&self, place: i64, id: u16) {
        self.note(Change::Sent(place, id));
    }

    /// A message needs nothing more.
    pub fn done(&self, place: i64) {
        self.note(Change::Done(place));
    }

    fn is_written(&self, wanted: u64) -> bool {
        self.written.load(Ordering::SeqCst) >= wanted
    }

    /// As [`Disk::keep`], on a thread that may wait for the disk.
    pub async fn kept(self: &Arc<Self>) -> Result<()> {
        let wanted = self.noted.load(Ordering::SeqCst);
        if self.is_written(wanted) {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        // Who wrote meanwhile may have written this, too.
        if self.is_written(wanted) {
            return Ok(());
        }
        let disk = Arc::clone(self);
        tokio::task::spawn_blocking(move || disk.keep()).await?
    }

    /// Writes what is not written. Once this returns without an error all that was noted before is on disk.
    pub fn keep(&self) -> Result<()> {
        let wanted = self.noted.load(Ordering::SeqCst);
        if self.is_written(wanted) {
            return Ok(());
        }
        // Who comes while another writes waits until that is on disk, since it may be theirs.
        let mut file = self.file.lock();
        let changes = std::mem::take(&mut *self.changes.lock());
        let write = |file: &mut Connection| -> Result<()> {
            let transaction = file.transaction()?;
            for change in &changes {
                change.write(&transaction)?;
            }
            Ok(transaction.commit()?)
        };
        match write(&mut file) {
            Ok(()) => {
                let count = u64::try_from(changes.len())?;
                self.written.fetch_add(count, Ordering::SeqCst);
                Ok(())
            }
            Err(error) => {
                let mut later = self.changes.lock();
                let since = std::mem::replace(&mut *later, changes);
                later.extend(since);
                Err(error.context("keep what waits for MQTT sessions"))
            }
        }
    }

    /// All sessions, with what waits for them in its order.
    pub fn all(&self) -> Result<Vec<(Stored, Vec<Waiting>)>> {
        let file = self.file.lock();
        let mut sessions = file.prepare(
            "SELECT key, kind, who, filters, expiry_s, until_ms FROM session ORDER BY key",
        )?;
        let mut messages = file.prepare(
            "SELECT place, packet, about, until_ms, id FROM message WHERE session = ?1
             ORDER BY id IS NULL, place",
        )?;
        let mut found = Vec::new();
        let mut rows = sessions.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, who): (String, String) = (row.get(1)?, row.get(2)?);
            let filters: String = row.get(3)?;
            let stored = Stored {
                key: row.get(0)?,
                who: match kind.as_str() {
                    "device" => Who::Device(DeviceId::new(who)?),
                    _ => Who::Guest(ActorId::new(who)?),
                },
                filters: serde_json::from_str(&filters)?,
                expiry_s: row.get(4)?,
                until: row.get::<_, Option<i64>>(5)?.map(Timestamp),
            };
            let mut waiting = Vec::new();
            let mut rows = messages.query([&stored.key])?;
            while let Some(row) = rows.next()? {
                let packet: Vec<u8> = row.get(1)?;
                let until = row.get::<_, Option<i64>>(3)?.map(Timestamp);
                let told = read(&packet, until).context("read a message that waits")?;
                let about: Option<String> = row.get(2)?;
                waiting.push(Waiting {
                    told,
                    about: about.map(PatientId::new).transpose()?,
                    again: row.get(4)?,
                    place: Some(row.get(0)?),
                });
            }
            found.push((stored, waiting));
        }
        Ok(found)
    }
}

impl Change {
    fn write(&self, to: &Transaction<'_>) -> Result<()> {
        match self {
            Self::Session(session) => {
                let (kind, who) = match &session.who {
                    Who::Device(device) => ("device", device.as_str()),
                    Who::Guest(account) => ("guest", account.as_str()),
                };
                to.prepare_cached(
                    "INSERT OR REPLACE INTO session (key, kind, who, filters, expiry_s, until_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    session.key,
                    kind,
                    who,
                    serde_json::to_string(&session.filters)?,
                    session.expiry_s,
                    session.until.map(|until| until.0)
                ])?;
            }
            Self::Over(key) => {
                to.execute("DELETE FROM session WHERE key = ?1", [key])?;
                to.execute("DELETE FROM message WHERE session = ?1", [key])?;
            }
            Self::Emptied(key) => {
                to.execute("DELETE FROM message WHERE session = ?1", [key])?;
            }
            Self::Message(place, key, message) => {
                to.prepare_cached(
                    "INSERT INTO message (place, session, packet, about, until_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    place,
                    key,
                    packet(&message.told)?,
                    message.about.as_ref().map(PatientId::as_str),
                    message.told.until.map(|until| until.0)
                ])?;
            }
            Self::Sent(place, id) => {
                to.prepare_cached("UPDATE message SET id = ?2 WHERE place = ?1")?
                    .execute(params![place, id])?;
            }
            Self::Done(place) => {
                to.prepare_cached("DELETE FROM message WHERE place = ?1")?
                    .execute([place])?;
            }
        }
        Ok(())
    }
}

/// A message as a packet of MQTT 5. Its identifier stands for none.
fn packet(told: &Told) -> Result<Vec<u8>> {
    let no = |error| anyhow::anyhow!("put a message together: {error:?}");
    let packet = v5_0::Publish::builder()
        .topic_name(&told.topic)
        .map_err(no)?
        .qos(Qos::AtLeastOnce)
        .retain(told.retain)
        .packet_id(Some(1))
        .props(told.properties.to_vec())
        .payload(told.payload.to_vec())
        .build()
        .map_err(no)?;
    Ok(packet.to_continuous_buffer())
}

/// The message of such a packet.
fn read(packet: &[u8], until: Option<Timestamp>) -> Option<Told> {
    let flags = packet.first()? & 0x0F;
    let length = form::length(packet)?;
    let header = packet.iter().skip(1).take_while(|byte| **byte & 0x80 != 0);
    let body: Arc<[u8]> = packet.get(2 + header.count()..length)?.into();
    let (publish, _) = v5_0::Publish::parse(flags, body).ok()?;
    let properties: &[Property] = publish.props();
    Some(Told {
        topic: publish.topic_name().to_owned(),
        payload: bytes::Bytes::copy_from_slice(publish.payload().as_slice()),
        acknowledged: true,
        retain: publish.retain(),
        properties: properties.into(),
        until,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::mqtt::wire::Kept;

    fn told(topic: &str, payload: usize) -> Waiting {
        let user = mqtt_protocol_core::mqtt::packet::UserProperty::new("from", "the ward");
        Waiting {
            told: Told {
                topic: topic.to_owned(),
                payload: vec![7; payload].into(),
                acknowledged: true,
                retain: payload == 0,
                properties: [Property::from(user.unwrap())].into(),
                until: Some(Timestamp(9)),
            },
            about: PatientId::new("p").ok(),
            again: None,
            place: None,
        }
    }

    #[test]
    fn a_session_lies_on_disk_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let stored = Stored {
            key: "device ox-1".to_owned(),
            who: Who::Device(DeviceId::new("ox-1").unwrap()),
            filters: vec![Filter {
                filter: "yuanyi/v1/ox-1/#".to_owned(),
                acknowledged: true,
                not_own: true,
                as_published: false,
                kept: Kept::WhenNew,
            }],
            expiry_s: 60,
            until: None,
        };
        let messages = [
            told("a", 0),
            told("b", 200),
            told("c", 20_000),
            told("d", 1),
        ];
        let places = {
            let disk = Disk::open(folder.path()).unwrap();
            disk.session(stored.clone());
            let places = messages
                .each_ref()
                .map(|one| disk.message(&stored.key, one));
            // The last was sent before the second; the first was acknowledged.
            disk.sent(places[3], 5);
            disk.done(places[0]);
            disk.keep().unwrap();
            places
        };
        let disk = Disk::open(folder.path()).unwrap();
        let [(session, waiting)] = &disk.all().unwrap()[..] else {
            panic!("one session")
        };
        assert_eq!((&session.key, session.expiry_s), (&stored.key, 60));
        assert_eq!(session.filters, stored.filters);
        let found: Vec<_> = waiting.iter().map(|one| (one.place, one.again)).collect();
        let [_, second, third, last] = places.map(Some);
        assert_eq!(found, [(last, Some(5)), (second, None), (third, None)]);
        assert_eq!(waiting[2].told.payload, messages[2].told.payload);
        assert_eq!(waiting[2].told.properties, messages[2].told.properties);
        assert_eq!(waiting[2].told.until, Some(Timestamp(9)));
        assert_eq!(waiting[2].about, PatientId::new("p").ok());
        // Places go on, and what is over leaves nothing behind.
        assert!(disk.message(&stored.key, &messages[0]) > places[3]);
        disk.over(&stored.key);
        disk.keep().unwrap();
        assert!(disk.all().unwrap().is_empty());
        let left: i64 = disk
            .file
            .lock()
            .query_row("SELECT COUNT(*) FROM message", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0);
    }

    #[tokio::test]
    async fn who_waits_for_the_disk_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(Disk::open(folder.path()).unwrap());
        disk.over("nobody");
        let other = Connection::open(folder.path().join(SESSIONS)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let kept = disk.kept();
        tokio::pin!(kept);
        tokio::select! {
            _ = &mut kept => panic!("another writes"),
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
        other.execute_batch("COMMIT").unwrap();
        kept.await.unwrap();
        assert!(disk.is_written(1));
    }
}
