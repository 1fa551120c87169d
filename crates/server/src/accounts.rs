//! Accounts and tokens, in a small SQLite file of their own: passwords do not belong in an append-only journal.
//!
//! A browser session and an API client's bearer token are the same thing, a random token of which only the
//! digest is kept; they differ in how long they live. The command line writes the same file while a server
//! runs, so a token made there works at once and a revoked one stops at once.

pub mod by_hand;
mod reach;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use policy::{Actor, PasswordHash, RateLimit, Role};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use tokio::{runtime::Handle, sync::Semaphore};
use vocabulary::{ActorId, Digest, PatientId, Timestamp};

pub use reach::Reach;

use crate::{clock, pseudonyms, sqlite};

/// A session ends after this long without a request.
const IDLE_MS: i64 = 30 * 60 * 1000;
/// A session ends after this long in any case.
const SESSION_MS: i64 = 12 * 3600 * 1000;
/// `last_seen` is written at most this often.
const SEEN_EVERY_MS: i64 = 60 * 1000;

/// What came of an attempt to sign in.
pub enum SignIn {
    /// Signed in.
    Done {
        /// Who.
        actor: Actor,
        /// The session's token; only its digest is kept.
        token: String,
    },
    /// The account or the password is wrong; which one is not said.
    Wrong,
    /// Too many attempts.
    Wait {
        /// Try again after this long.
        seconds: u64,
    },
}

/// A session or token, by the digest that is kept of it; nobody can come in with that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session(Digest);

impl Session {
    /// The session of a token.
    pub fn of(token: &str) -> Self {
        Self(Digest::of(token.as_bytes()))
    }
}

/// The accounts of one hospital.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    /// Each request asks whose it is: who reads waits for nobody who writes, and for no disk by that.
    reads: Mutex<Connection>,
    writes: Mutex<Connection>,
    limit: Mutex<RateLimit>,
    /// Checking a password is meant to take time and memory: a crowd at the door waits, and takes neither from others.
    checks: Semaphore,
}

/// So many passwords are checked at once.
const CHECKS_AT_ONCE: usize = 4;

/// The file of the accounts, below the data folder.
pub const ACCOUNTS: &str = "accounts.sqlite";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS account (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, patient TEXT,
        password TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE TABLE IF NOT EXISTS token (
        digest BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account (id),
        expires_ms INTEGER NOT NULL, idle_ms INTEGER, seen_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS token_of_account ON token (account);
    CREATE TABLE IF NOT EXISTS reach (
        account TEXT PRIMARY KEY REFERENCES account (id), address TEXT NOT NULL, is_on INTEGER NOT NULL,
        language TEXT NOT NULL) STRICT;";

/// A token that ends soon.
#[derive(Debug, Serialize)]
pub struct Ending {
    pub account: String,
    pub at: Timestamp,
}

impl Accounts {
    /// Opens the accounts below the hospital's data folder.
    pub fn open(data: &Path) -> Result<Self> {
        storage::own_folder(data).with_context(|| format!("make the folder {}", data.display()))?;
        let file = data.join(ACCOUNTS);
        // Before anything is in it: what the database writes beside it is then as private as the file.
        private(&file)?;
        for beside in ["-wal", "-shm"] {
            let beside = data.join(format!("{ACCOUNTS}{beside}"));
            if beside.exists() {
                private(&beside)?;
            }
        }
        let writes = sqlite::open(data, ACCOUNTS, &[SCHEMA, by_hand::SCHEMA].concat())?;
        let inner = Inner {
            reads: Mutex::new(sqlite::open(data, ACCOUNTS, "")?),
            writes: Mutex::new(writes),
            limit: Mutex::default(),
            checks: Semaphore::new(CHECKS_AT_ONCE),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Copies all accounts, as they are at one moment, into a new file; a server may work on them meanwhile.
    pub fn copy_to(&self, file: &Path) -> Result<()> {
        let writes = self.inner.writes.lock();
        writes
            .backup("main", file, None::<fn(rusqlite::backup::Progress)>)
            .with_context(|| format!("write {}", file.display()))?;
        private(file)
    }

    /// Adds an account, or changes it where it exists; all its sessions and tokens end.
    pub fn put(&self, actor: &Actor, password: &PasswordHash) -> Result<()> {
        ensure!(
            !actor.id.as_str().starts_with(pseudonyms::PREFIX),
            "use this id: only pseudonyms in rooms begin with `{}`",
            pseudonyms::PREFIX
        );
        let roles = serde_json::to_string(&actor.roles)?;
        let patient = actor.patient.as_ref().map(PatientId::as_str);
        let mut writes = self.inner.writes.lock();
        let change = writes.transaction()?;
        change.execute(
            "INSERT INTO account (id, name, roles, patient, password) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET name = ?2, roles = ?3, patient = ?4, password = ?5, disabled = 0",
            params![actor.id.as_str(), actor.name, roles, patient, password.as_str()],
        )?;
        change.execute("DELETE FROM token WHERE account = ?1", [actor.id.as_str()])?;
        Ok(change.commit()?)
    }

    /// The hash of an open account's password, for an edge where its holder is on duty.
    pub fn password_of(&self, account: &ActorId) -> Result<Option<String>> {
        let database = self.inner.reads.lock();
        let mut query = database
            .prepare_cached("SELECT password FROM account WHERE id = ?1 AND disabled = 0")?;
        let found = query.query_row([account.as_str()], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// Closes an account: nobody can sign in to it, its sessions and tokens end, and where its holder is reached is forgotten.
    pub fn disable(&self, account: &ActorId) -> Result<bool> {
        let mut writes = self.inner.writes.lock();
        let change = writes.transaction()?;
        change.execute("DELETE FROM token WHERE account = ?1", [account.as_str()])?;
        change.execute("DELETE FROM reach WHERE account = ?1", [account.as_str()])?;
        let changed = change.execute(
            "UPDATE account SET disabled = 1 WHERE id = ?1",
            [account.as_str()],
        )?;
        change.commit()?;
        Ok(changed == 1)
    }

    /// All open accounts.
    pub fn list(&self) -> Result<Vec<Actor>> {
        let database = self.inner.reads.lock();
        let mut query = database.prepare_cached(
            "SELECT id, name, roles, patient FROM account WHERE disabled = 0 ORDER BY id",
        )?;
        let rows = query.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        rows.map(|row| actor(row?)).collect()
    }

    /// Whether there is any account yet.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.list()?.is_empty())
    }

    /// One open account.
    pub fn find(&self, account: &ActorId) -> Result<Option<Actor>> {
        let database = self.inner.reads.lock();
        let mut query = database.prepare_cached(
            "SELECT id, name, roles, patient FROM account WHERE id = ?1 AND disabled = 0",
        )?;
        let found = query.query_row([account.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        });
        found.optional()?.map(actor).transpose()
    }

    /// Whether there is such an account, open or closed.
    pub fn is_known(&self, account: &ActorId) -> Result<bool> {
        let database = self.inner.reads.lock();
        let found = database
            .query_row(
                "SELECT 1 FROM account WHERE id = ?1",
                [account.as_str()],
                |_| Ok(()),
            )
            .optional()?;
        Ok(found.is_some())
    }

    /// Checks name and password, within the limits on attempts per account and per source.
    pub async fn sign_in(&self, user: &str, password: &str, source: &str) -> Result<SignIn> {
        // Whoever waited here is counted with all who were wrong meanwhile.
        let _turn = self.inner.checks.acquire().await?;
        let now = clock::now();
        if let Err(wait) = self.inner.limit.lock().check(user, source, now) {
            return Ok(SignIn::Wait {
                seconds: wait.retry_after_s,
            });
        }
        let this = self.clone();
        let (account, password) = (user.to_owned(), password.to_owned());
        let signed = tokio::task::spawn_blocking(move || -> Result<_> {
            let Some(actor) = this.check(&account, &password)? else {
                return Ok(None);
            };
            let token = this.issue(&actor.id, SESSION_MS, Some(IDLE_MS))?;
            Ok(Some((actor, token)))
        });
        let Some((actor, token)) = signed.await?? else {
            self.inner.limit.lock().failed(user, source, now);
            return Ok(SignIn::Wrong);
        };
        self.inner.limit.lock().succeeded(user, source);
        Ok(SignIn::Done { actor, token })
    }

    fn check(&self, user: &str, password: &str) -> Result<Option<Actor>> {
        let found = {
            let database = self.inner.reads.lock();
            database
                .query_row(
                    "SELECT password FROM account WHERE id = ?1 AND disabled = 0",
                    [user],
                    |row| row.get::<_, String>(0),
                )
                .optional()?
        };
        let kept = found.map(PasswordHash::try_from).transpose()?;
        // An unknown account costs the same time as a wrong password.
        if !PasswordHash::check(kept.as_ref(), password) {
            return Ok(None);
        }
        self.find(&ActorId::new(user)?)
    }

    /// Makes a token for an account; the caller gets it once, the file keeps its digest.
    pub fn issue(
        &self,
        account: &ActorId,
        lifetime_ms: i64,
        idle_ms: Option<i64>,
    ) -> Result<String> {
        let token = random_token();
        let now = clock::now().0;
        let writes = self.inner.writes.lock();
        writes.execute("DELETE FROM token WHERE expires_ms < ?1", [now])?;
        writes.execute(
            "INSERT INTO token (digest, account, expires_ms, idle_ms, seen_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![digest(&token), account.as_str(), now.saturating_add(lifetime_ms), idle_ms, now],
        )?;
        Ok(token)
    }

    /// The tokens that programs hold and that end before a moment, the first to end first: whose, and when.
    pub fn ending(&self, before_ms: i64) -> Result<Vec<Ending>> {
        let database = self.inner.reads.lock();
        let mut query = database.prepare_cached(
            "SELECT account, expires_ms FROM token WHERE idle_ms IS NULL AND expires_ms > ?1
             AND expires_ms < ?2 ORDER BY expires_ms LIMIT 200",
        )?;
        let rows = query.query_map([clock::now().0, before_ms], |row| {
            Ok(Ending {
                account: row.get(0)?,
                at: Timestamp(row.get(1)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The account that a live token belongs to.
    pub fn who_holds(&self, token: &str) -> Result<Option<Actor>> {
        self.whose(Digest::of(token.as_bytes()))
    }

    /// As [`Accounts::who_holds`], by the token's digest: for who looks again and need not keep the token.
    pub fn whose(&self, token: Digest) -> Result<Option<Actor>> {
        let Timestamp(now) = clock::now();
        let database = self.inner.reads.lock();
        let mut query = database.prepare_cached(
            "SELECT seen_ms, id, name, roles, patient FROM token JOIN account ON account.id = token.account
             WHERE digest = ?1 AND disabled = 0 AND expires_ms > ?2 AND (idle_ms IS NULL OR seen_ms + idle_ms > ?2)",
        )?;
        let found = query
            .query_row(params![token.0, now], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?),
                ))
            })
            .optional()?;
        let Some((seen, row)) = found else {
            return Ok(None);
        };
        if now - seen > SEEN_EVERY_MS {
            self.note_seen(token, now);
        }
        actor(row).map(Some)
    }

    /// Notes that a token is used. Each request asks whose it is by, so that none waits for the disk by this.
    fn note_seen(&self, token: Digest, now: i64) {
        let inner = Arc::clone(&self.inner);
        let note = move || {
            let noted = inner.writes.lock().execute(
                "UPDATE token SET seen_ms = ?2 WHERE digest = ?1 AND seen_ms < ?2 - ?3",
                params![token.0, now, SEEN_EVERY_MS],
            );
            if let Err(error) = noted {
                tracing::warn!(%error, "it was not noted when a token was used");
            }
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(note)),
            Err(_) => note(),
        }
    }

    /// As [`Accounts::who_holds`], by the session: for a request that was long on its way.
    pub fn who_came_by(&self, session: Session) -> Result<Option<Actor>> {
        self.whose(session.0)
    }

    /// Whether a session still lasts: nobody has signed out of it, its account is open, and it is not too old. It
    /// need not have been used lately, for who sits in a room sends no requests.
    pub fn lasts(&self, session: Session) -> Result<bool> {
        let Timestamp(now) = clock::now();
        let database = self.inner.reads.lock();
        let mut query = database.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM token JOIN account ON account.id = token.account
             WHERE digest = ?1 AND disabled = 0 AND expires_ms > ?2)",
        )?;
        Ok(query.query_row(params![session.0.0, now], |row| row.get(0))?)
    }

    /// Ends a session or token.
    pub fn revoke(&self, token: &str) -> Result<()> {
        self.inner.writes.lock().execute(
            "DELETE FROM token WHERE digest = ?1",
            params![digest(token)],
        )?;
        Ok(())
    }
}

type Row = (String, String, String, Option<String>);

fn actor((id, name, roles, patient): Row) -> Result<Actor> {
    let roles: BTreeSet<Role> = serde_json::from_str(&roles)?;
    Ok(Actor {
        id: ActorId::new(id)?,
        name,
        roles,
        patient: patient.map(PatientId::new).transpose()?,
    })
}

/// 256 random bits.
fn random_token() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

fn digest(token: &str) -> [u8; 32] {
    Digest::of(token.as_bytes()).0
}

/// Makes the file, if it is not there; only its owner may read it.
fn private(file: &Path) -> Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let mut open = std::fs::OpenOptions::new();
    let open = open.append(true).create(true).mode(0o600).open(file);
    open.and_then(|file| file.set_permissions(std::fs::Permissions::from_mode(0o600)))
        .with_context(|| format!("protect {}", file.display()))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn accounts() -> (tempfile::TempDir, Accounts, Actor) {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(folder.path()).unwrap();
        let actor = Actor {
            id: ActorId::new("chen.expert").unwrap(),
            name: "陈专家".into(),
            roles: BTreeSet::from([Role::Expert]),
            patient: None,
        };
        accounts
            .put(
                &actor,
                &PasswordHash::of("a good password", policy::PasswordRule::Hospital).unwrap(),
            )
            .unwrap();
        (folder, accounts, actor)
    }

    #[test]
    fn nobody_else_reads_what_lies_beside_the_file_either() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(format!("{ACCOUNTS}-wal")), b"").unwrap();
        let accounts = Accounts::open(folder.path()).unwrap();
        assert!(accounts.is_empty().unwrap());
        let files = std::fs::read_dir(folder.path()).unwrap();
        let modes: Vec<_> = files
            .map(|file| file.unwrap().metadata().unwrap().permissions().mode() & 0o777)
            .collect();
        assert_eq!(modes, vec![0o600; 3], "the file, and two beside it");
    }

    #[tokio::test]
    async fn a_session_lives_until_it_is_ended() {
        let (_folder, accounts, actor) = accounts();
        let SignIn::Done { token, .. } = accounts
            .sign_in("chen.expert", "a good password", "1")
            .await
            .unwrap()
        else {
            panic!("refused")
        };
        assert_eq!(accounts.who_holds(&token).unwrap().as_ref(), Some(&actor));
        accounts.revoke(&token).unwrap();
        assert_eq!(accounts.who_holds(&token).unwrap(), None);
    }

    #[tokio::test]
    async fn whose_a_request_is_waits_for_nobody_who_writes_and_its_use_is_noted() {
        let (folder, accounts, actor) = accounts();
        let token = accounts.issue(&actor.id, 600_000, None).unwrap();
        let other = Connection::open(folder.path().join(ACCOUNTS)).unwrap();
        let before = "UPDATE token SET seen_ms = seen_ms - 300000";
        other.execute(before, []).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (signs_in, id) = (accounts.clone(), actor.id.clone());
        let issued = tokio::task::spawn_blocking(move || signs_in.issue(&id, 600_000, None));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert_eq!(accounts.who_holds(&token).unwrap(), Some(actor.clone()));
        other.execute_batch("COMMIT").unwrap();
        let issued = issued.await.unwrap().unwrap();
        assert_eq!(accounts.who_holds(&issued).unwrap(), Some(actor));
        let noted = || {
            let seen = "SELECT min(seen_ms) FROM token";
            let seen: i64 = other.query_row(seen, [], |row| row.get(0)).unwrap();
            clock::now().0 - seen < SEEN_EVERY_MS
        };
        for _ in 0..500 {
            if noted() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(noted());
    }

    #[tokio::test]
    async fn a_token_of_another_process_works_and_expires() {
        let (folder, accounts, actor) = accounts();
        let other = Accounts::open(folder.path()).unwrap();
        let token = other.issue(&actor.id, 60_000, None).unwrap();
        let stale = other.issue(&actor.id, -1, None).unwrap();
        assert_eq!(accounts.who_holds(&token).unwrap(), Some(actor.clone()));
        assert_eq!(accounts.who_holds(&stale).unwrap(), None);
        assert!(other.disable(&actor.id).unwrap());
        assert_eq!(accounts.who_holds(&token).unwrap(), None);
    }

    #[tokio::test]
    async fn wrong_attempts_are_slowed_down_for_known_and_unknown_accounts_alike() {
        let (_folder, accounts, _) = accounts();
        for user in ["chen.expert", "nobody"] {
            let mut waits = false;
            for _ in 0..20 {
                match accounts.sign_in(user, "wrong", user).await.unwrap() {
                    SignIn::Done { .. } => panic!("signed in"),
                    SignIn::Wrong => {}
                    SignIn::Wait { seconds } => {
                        assert!(seconds > 0);
                        waits = true;
                        break;
                    }
                }
            }
            assert!(waits, "{user}");
        }
        let elsewhere = accounts.sign_in("chen.expert", "a good password", "1");
        let elsewhere = elsewhere.await.unwrap();
        assert!(
            matches!(elsewhere, SignIn::Done { .. }),
            "nobody is kept out by who is wrong in their name"
        );
    }
}
