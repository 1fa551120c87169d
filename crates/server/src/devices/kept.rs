//! Tokens of devices, their commands, what they said of themselves, and their counts. Tokens do not belong in an
//! append-only journal; they lie beside those of people, so that a backup holds both, and only as digests.

use std::path::Path;

use anyhow::Result;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::{DeviceId, Digest, Timestamp};

use super::{Quality, commands::MOST_WAITING};
use crate::{accounts::ACCOUNTS, clock, sqlite};

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS device_token (
        digest BLOB PRIMARY KEY, device TEXT NOT NULL, issued_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS device_token_of ON device_token (device);
    CREATE TABLE IF NOT EXISTS device_certificate (
        digest BLOB PRIMARY KEY, device TEXT NOT NULL, added_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS device_state (
        device TEXT PRIMARY KEY, payload BLOB NOT NULL, at_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS device_quality (device TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS file_quality (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS device_command (
        id TEXT PRIMARY KEY, device TEXT NOT NULL, body TEXT NOT NULL, by TEXT NOT NULL,
        at_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT,
        detail TEXT) STRICT;
    CREATE INDEX IF NOT EXISTS device_command_of ON device_command (device, state);
    CREATE TABLE IF NOT EXISTS device_position (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT;";

/// How the ids of a roll-out's commands begin.
pub const ORDER: &str = "r-";

/// What a device is asked to do.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the word of the topic")]
pub struct Command {
    /// Its id.
    pub id: String,
    /// The device.
    #[serde(skip)]
    pub device: DeviceId,
    /// What to do, in the words of the device's kind.
    pub command: String,
    /// With what.
    pub parameters: Value,
    /// After this it is not to be done any more.
    pub until: Timestamp,
    /// Who asks.
    #[serde(skip)]
    pub by: String,
}

/// How a command stands.
#[derive(Clone, Debug, Serialize)]
pub struct CommandState {
    /// The command.
    #[serde(flatten)]
    pub command: Command,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// `waiting`, or what the device answered.
    pub state: String,
    /// Why, where it was refused or failed.
    pub reason: Option<String>,
    /// What the device sent along.
    pub detail: Option<Value>,
}

/// What a device has shown, by its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A token.
    Token(Digest),
    /// A certificate, in its DER form.
    Certificate(Digest),
}

/// What is kept of devices outside the record.
pub struct Kept {
    database: Mutex<Connection>,
}

/// 256 random bits.
pub fn new_token() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

impl Kept {
    /// Opens it below the hospital's data folder.
    pub fn open(data: &Path) -> Result<Self> {
        let database = sqlite::open(data, ACCOUNTS, SCHEMA)?;
        // A file of before has no place for what a device sends along.
        let has_detail: bool = database.query_row(
            "SELECT COUNT(*) > 0 FROM pragma_table_info('device_command') WHERE name = 'detail'",
            [],
            |row| row.get(0),
        )?;
        if !has_detail {
            database.execute_batch("ALTER TABLE device_command ADD COLUMN detail TEXT")?;
        }
        // A file of before took each state for one that is to be told to who comes later.
        let has_retained: bool = database.query_row(
            "SELECT COUNT(*) > 0 FROM pragma_table_info('device_state') WHERE name = 'retained'",
            [],
            |row| row.get(0),
        )?;
        if !has_retained {
            database.execute_batch(
                "BEGIN; ALTER TABLE device_state ADD COLUMN retained BLOB;
                 UPDATE device_state SET retained = payload; COMMIT;",
            )?;
        }
        // A file of before does not know until when a certificate is good.
        let has_until: bool = database.query_row(
            "SELECT COUNT(*) > 0 FROM pragma_table_info('device_certificate') WHERE name = 'until_ms'",
            [],
            |row| row.get(0),
        )?;
        if !has_until {
            database.execute_batch("ALTER TABLE device_certificate ADD COLUMN until_ms INTEGER")?;
        }
        Ok(Self {
            database: Mutex::new(database),
        })
    }

    /// Makes a token for a device; the caller gets it once.
    pub fn issue(&self, device: &DeviceId) -> Result<String> {
        let token = new_token();
        self.add_token(device, &token)?;
        Ok(token)
    }

    /// Takes a token, of [`new_token`], as a device's.
    pub fn add_token(&self, device: &DeviceId, token: &str) -> Result<()> {
        self.database.lock().execute(
            "INSERT INTO device_token (digest, device, issued_ms) VALUES (?1, ?2, ?3)",
            params![
                Digest::of(token.as_bytes()).0,
                device.as_str(),
                clock::now().0
            ],
        )?;
        Ok(())
    }

    /// Ends all tokens and certificates of a device; says how many there were.
    pub fn revoke(&self, device: &DeviceId) -> Result<usize> {
        let database = self.database.lock();
        let tokens = database.execute(
            "DELETE FROM device_token WHERE device = ?1",
            [device.as_str()],
        )?;
        let certificates = database.execute(
            "DELETE FROM device_certificate WHERE device = ?1",
            [device.as_str()],
        )?;
        Ok(tokens + certificates)
    }

    /// Takes a certificate, by the digest of its DER form, as a device's, with until when it is good.
    pub fn add_certificate(
        &self,
        device: &DeviceId,
        certificate: Digest,
        until: Timestamp,
    ) -> Result<()> {
        self.database.lock().execute(
            "INSERT OR REPLACE INTO device_certificate (digest, device, added_ms, until_ms)
             VALUES (?1, ?2, ?3, ?4)",
            params![certificate.0, device.as_str(), clock::now().0, until.0],
        )?;
        Ok(())
    }

    /// Until when a device has a certificate that is good, where that is known here.
    pub fn certificate_until(&self, device: &DeviceId) -> Result<Option<Timestamp>> {
        let database = self.database.lock();
        let mut query = database
            .prepare_cached("SELECT MAX(until_ms) FROM device_certificate WHERE device = ?1")?;
        let until: Option<i64> = query.query_row([device.as_str()], |row| row.get(0))?;
        Ok(until.map(Timestamp))
    }

    /// The device that a token or certificate belongs to, as long as it is not revoked.
    pub fn whose(&self, credential: Credential) -> Result<Option<DeviceId>> {
        let (query, digest) = match credential {
            Credential::Token(digest) => {
                ("SELECT device FROM device_token WHERE digest = ?1", digest)
            }
            Credential::Certificate(digest) => (
                "SELECT device FROM device_certificate WHERE digest = ?1",
                digest,
            ),
        };
        let database = self.database.lock();
        let mut query = database.prepare_cached(query)?;
        let found: Option<String> = query.query_row([digest.0], |row| row.get(0)).optional()?;
        Ok(found.map(DeviceId::new).transpose()?)
    }

    /// What a device may show.
    pub fn shown_by(&self, device: &DeviceId) -> Result<Vec<Credential>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(
            "SELECT digest, 0 FROM device_token WHERE device = ?1
             UNION ALL SELECT digest, 1 FROM device_certificate WHERE device = ?1 ORDER BY 2, 1",
        )?;
        let rows = query.query_map([device.as_str()], |row| {
            let (digest, is_certificate) = (Digest(row.get(0)?), row.get(1)?);
            Ok(if is_certificate {
                Credential::Certificate(digest)
            } else {
                Credential::Token(digest)
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes what a device may show, by its digest: it was issued where this is an edge of.
    pub fn add_shown(&self, device: &DeviceId, credential: Credential) -> Result<()> {
        let (query, digest) = match credential {
            Credential::Token(digest) => (
                "INSERT OR REPLACE INTO device_token (digest, device, issued_ms) VALUES (?1, ?2, ?3)",
                digest,
            ),
            Credential::Certificate(digest) => (
                "INSERT OR REPLACE INTO device_certificate (digest, device, added_ms) VALUES (?1, ?2, ?3)",
                digest,
            ),
        };
        let of = params![digest.0, device.as_str(), clock::now().0];
        self.database.lock().execute(query, of)?;
        Ok(())
    }

    /// Ends one token or certificate.
    pub fn end_shown(&self, credential: Credential) -> Result<()> {
        let (query, digest) = match credential {
            Credential::Token(digest) => ("DELETE FROM device_token WHERE digest = ?1", digest),
            Credential::Certificate(digest) => {
                ("DELETE FROM device_certificate WHERE digest = ?1", digest)
            }
        };
        self.database.lock().execute(query, [digest.0])?;
        Ok(())
    }

    /// How many tokens and certificates a device has.
    pub fn credentials(&self, device: &DeviceId) -> Result<u32> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(
            "SELECT (SELECT COUNT(*) FROM device_token WHERE device = ?1)
                  + (SELECT COUNT(*) FROM device_certificate WHERE device = ?1)",
        )?;
        Ok(query.query_row([device.as_str()], |row| row.get(0))?)
    }

    /// Keeps what a device said of itself, and where it says so for who comes later.
    pub fn put_state(
        &self,
        device: &DeviceId,
        payload: &[u8],
        retain: bool,
        at: Timestamp,
    ) -> Result<()> {
        let kept = (retain && !payload.is_empty()).then_some(payload);
        self.database.lock().execute(
            "INSERT INTO device_state (device, payload, at_ms, retained) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (device) DO UPDATE SET payload = ?2, at_ms = ?3,
                 retained = CASE WHEN ?5 THEN ?4 ELSE retained END",
            params![device.as_str(), payload, at.0, kept, retain],
        )?;
        Ok(())
    }

    /// What devices said of themselves.
    pub fn states(&self) -> Result<Vec<(DeviceId, Vec<u8>)>> {
        self.said("SELECT device, payload FROM device_state WHERE payload <> x'' ORDER BY device")
    }

    /// What of it is told to who comes later.
    pub fn retained(&self) -> Result<Vec<(DeviceId, Vec<u8>)>> {
        self.said(
            "SELECT device, retained FROM device_state WHERE retained IS NOT NULL ORDER BY device",
        )
    }

    fn said(&self, query: &str) -> Result<Vec<(DeviceId, Vec<u8>)>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(query)?;
        let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        rows.map(|row| {
            let (device, payload) = row?;
            Ok((DeviceId::new(device)?, payload))
        })
        .collect()
    }

    /// Keeps a command until it is done or its time is over.
    pub fn add_command(&self, command: &Command) -> Result<()> {
        self.database.lock().execute(
            "INSERT OR IGNORE INTO device_command (id, device, body, by, at_ms, until_ms, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting')",
            params![
                command.id,
                command.device.as_str(),
                serde_json::to_string(command)?,
                command.by,
                clock::now().0,
                command.until.0
            ],
        )?;
        Ok(())
    }

    /// The commands that wait for a device.
    pub fn waiting_commands(&self, device: &DeviceId) -> Result<Vec<String>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(
            "SELECT body FROM device_command
             WHERE device = ?1 AND until_ms > ?2
               AND (state = 'waiting' OR (state = 'accepted' AND id LIKE ?4)) ORDER BY at_ms LIMIT ?3",
        )?;
        let most = i64::try_from(MOST_WAITING)?;
        let now = clock::now().0;
        // A device that was switched off while it installed hears of it again.
        let orders = format!("{ORDER}%");
        let of = params![device.as_str(), now, most, orders];
        let rows = query.query_map(of, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes a device's answer to a command; whether there is such a command.
    pub fn answer(&self, device: &DeviceId, answer: &::devices::Acknowledgement) -> Result<bool> {
        let state = serde_json::to_value(answer.answer)?;
        let changed = self.database.lock().execute(
            "UPDATE device_command SET state = ?3, reason = ?4, detail = ?5 WHERE id = ?1 AND device = ?2",
            params![
                answer.id,
                device.as_str(),
                state.as_str(),
                answer.reason,
                answer.detail.as_ref().map(Value::to_string)
            ],
        )?;
        Ok(changed == 1)
    }

    /// How a command stands, and why; nothing where there is no such command.
    pub fn standing(&self, id: &str) -> Result<Option<(String, Option<String>)>> {
        let database = self.database.lock();
        let mut query =
            database.prepare_cached("SELECT state, reason FROM device_command WHERE id = ?1")?;
        let found = query.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// What a device answered to a command; nothing where it has not.
    pub fn answered(&self, id: &str) -> Result<Option<::devices::Acknowledgement>> {
        let database = self.database.lock();
        let mut query = database
            .prepare_cached("SELECT state, reason, detail FROM device_command WHERE id = ?1")?;
        let found = query.query_row([id], |row| {
            let (state, detail): (String, Option<String>) = (row.get(0)?, row.get(2)?);
            Ok((state, row.get(1)?, detail))
        });
        let Some((state, reason, detail)) = found.optional()? else {
            return Ok(None);
        };
        // One that waits, or was taken back, has no answer.
        let answer = serde_json::from_value(Value::String(state)).ok();
        Ok(answer.map(|answer| ::devices::Acknowledgement {
            id: id.to_owned(),
            answer,
            reason,
            detail: detail.and_then(|detail| serde_json::from_str(&detail).ok()),
        }))
    }

    /// Takes back a command that no device has answered yet.
    pub fn withdraw(&self, id: &str) -> Result<()> {
        self.database.lock().execute(
            "UPDATE device_command SET state = 'withdrawn'
             WHERE id = ?1 AND state IN ('waiting', 'accepted')",
            [id],
        )?;
        Ok(())
    }

    /// The latest commands of a device, the newest first.
    pub fn commands(&self, device: &DeviceId) -> Result<Vec<CommandState>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(
            "SELECT id, body, by, at_ms, until_ms, state, reason, detail FROM device_command
             WHERE device = ?1 ORDER BY at_ms DESC LIMIT 50",
        )?;
        let rows = query.query_map([device.as_str()], |row| {
            let body: String = row.get(1)?;
            let body: Value = serde_json::from_str(&body).unwrap_or_default();
            Ok(CommandState {
                command: Command {
                    id: row.get(0)?,
                    device: device.clone(),
                    command: body
                        .get("command")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned(),
                    parameters: body.get("parameters").cloned().unwrap_or_default(),
                    until: Timestamp(row.get(4)?),
                    by: String::new(),
                },
                by: row.get(2)?,
                at: Timestamp(row.get(3)?),
                state: row.get(5)?,
                reason: row.get(6)?,
                detail: row
                    .get::<_, Option<String>>(7)?
                    .and_then(|detail| serde_json::from_str(&detail).ok()),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How far something has read the journal: the entry that it reads next.
    pub fn position(&self, name: &str) -> Result<u64> {
        let database = self.database.lock();
        let mut query =
            database.prepare_cached("SELECT next FROM device_position WHERE name = ?1")?;
        let next: Option<i64> = query.query_row([name], |row| row.get(0)).optional()?;
        Ok(u64::try_from(next.unwrap_or(0))?)
    }

    /// Keeps how far it has read.
    pub fn put_position(&self, name: &str, next: u64) -> Result<()> {
        self.database.lock().execute(
            "INSERT OR REPLACE INTO device_position (name, next) VALUES (?1, ?2)",
            params![name, i64::try_from(next)?],
        )?;
        Ok(())
    }

    /// The counts of all devices, as they were saved.
    pub fn qualities(&self) -> Result<Vec<(DeviceId, Quality)>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached("SELECT device, body FROM device_quality")?;
        let rows = query.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (device, body) = row?;
            Ok((DeviceId::new(device)?, serde_json::from_str(&body)?))
        })
        .collect()
    }

    /// The counts of files of no known device.
    pub fn quality_of_files(&self) -> Result<Quality> {
        let database = self.database.lock();
        let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let found = database
            .query_row("SELECT body FROM file_quality", [], read)
            .optional()?;
        Ok(found.map_or_else(
            || Ok(Quality::default()),
            |body| serde_json::from_str(&body),
        )?)
    }

    /// Saves the counts of all devices, and of files of none.
    pub fn save_qualities(&self, all: &[(DeviceId, Quality)], files: &Quality) -> Result<()> {
        let mut database = self.database.lock();
        let transaction = database.transaction()?;
        for (device, quality) in all {
            transaction.execute(
                "INSERT OR REPLACE INTO device_quality (device, body) VALUES (?1, ?2)",
                params![device.as_str(), serde_json::to_string(quality)?],
            )?;
        }
        transaction.execute(
            "INSERT OR REPLACE INTO file_quality (one, body) VALUES (1, ?1)",
            params![serde_json::to_string(files)?],
        )?;
        transaction.commit()?;
        Ok(())
    }
}
