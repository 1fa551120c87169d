//! What is done to accounts and tokens at the command line. It works on the file alone, beside a server that may be
//! running; so it leaves a note in the file, which the hospital takes into the ledger as soon as it can.

use std::{os::unix::fs::MetadataExt as _, sync::Arc, time::Duration};

use anyhow::{Result, bail};
use rusqlite::params;
use tokio::{sync::watch, time::MissedTickBehavior};
use vocabulary::{ActorId, Digest, Timestamp};

use super::Accounts;
use crate::{clock, hospital::Hospital};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS note (
        n INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, act TEXT NOT NULL, account TEXT NOT NULL,
        token TEXT, user TEXT NOT NULL) STRICT;";

/// How often the hospital looks for notes.
const EVERY: Duration = Duration::from_secs(5);
/// So many characters of a token's digest name it.
const NAMED_BY: usize = 12;

/// Something done at the command line.
#[derive(Clone, Copy, Debug)]
pub enum Act<'a> {
    /// An account was added or changed.
    Put,
    /// An account was closed.
    Disable,
    /// A token was made.
    Token(&'a Token),
    /// A token was ended.
    Revoke(&'a Token),
}

impl Act<'_> {
    fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Put => ("put", None),
            Self::Disable => ("disable", None),
            Self::Token(token) => ("token", Some(&token.id)),
            Self::Revoke(token) => ("revoke", Some(&token.id)),
        }
    }
}

/// A program's token, as the file has it: nobody can come in with that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The beginning of its digest, which names it.
    pub id: String,
    /// Whose.
    pub account: ActorId,
    /// When it ends.
    pub ends: Timestamp,
    /// When it was used last, or made.
    pub seen: Timestamp,
}

/// A note that waits for the ledger.
struct Note {
    n: i64,
    at: Timestamp,
    act: String,
    account: ActorId,
    token: Option<String>,
    user: String,
}

impl Accounts {
    /// Notes what is about to be done to an account, for the ledger.
    pub fn note(&self, act: Act<'_>, account: &ActorId) -> Result<()> {
        let (act, token) = act.parts();
        self.inner.writes.lock().execute(
            "INSERT INTO note (at_ms, act, account, token, user) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![clock::now().0, act, account.as_str(), token, local_user()],
        )?;
        Ok(())
    }

    /// Makes a program's token, and notes it.
    pub fn issue_by_hand(&self, account: &ActorId, lifetime_ms: i64) -> Result<String> {
        if self.find(account)?.is_none() {
            bail!("find the account {account}: `yuanyi user list` names all");
        }
        let token = self.issue(account, lifetime_ms, None)?;
        let id = named(&Digest::of(token.as_bytes()));
        let made = self.tokens()?.into_iter().find(|made| made.id == id);
        match made {
            Some(made) => self.note(Act::Token(&made), account)?,
            None => bail!("use this lifetime: the token has ended"),
        }
        Ok(token)
    }

    /// The tokens of programs that have not ended, by account, the first to end first.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        let database = self.inner.reads.lock();
        let mut query = database.prepare_cached(
            "SELECT digest, account, expires_ms, seen_ms FROM token
             WHERE idle_ms IS NULL AND expires_ms > ?1 ORDER BY account, expires_ms",
        )?;
        let rows = query.query_map([clock::now().0], |row| {
            Ok((
                row.get(0)?,
                row.get::<_, String>(1)?,
                row.get(2)?,
                row.get(3)?,
            ))
        })?;
        rows.map(|row| {
            let (digest, account, ends, seen) = row?;
            Ok(Token {
                id: named(&Digest(digest)),
                account: ActorId::new(account)?,
                ends: Timestamp(ends),
                seen: Timestamp(seen),
            })
        })
        .collect()
    }

    /// Ends one program's token, by the id that the list has, and notes it; says whose it was.
    pub fn revoke_by_hand(&self, id: &str) -> Result<ActorId> {
        let Some(token) = self.tokens()?.into_iter().find(|token| token.id == id) else {
            bail!("find the token {id}: `yuanyi token list` names all");
        };
        self.note(Act::Revoke(&token), &token.account)?;
        self.inner.writes.lock().execute(
            "DELETE FROM token WHERE idle_ms IS NULL AND instr(lower(hex(digest)), ?1) = 1",
            params![token.id],
        )?;
        Ok(token.account)
    }

    /// What waits for the ledger, oldest first.
    fn notes(&self) -> Result<Vec<Note>> {
        let database = self.inner.reads.lock();
        let mut query = database
            .prepare_cached("SELECT n, at_ms, act, account, token, user FROM note ORDER BY n")?;
        let rows = query.query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get::<_, String>(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })?;
        rows.map(|row| {
            let (n, at, act, account, token, user) = row?;
            Ok(Note {
                n,
                at: Timestamp(at),
                act,
                account: ActorId::new(account)?,
                token,
                user,
            })
        })
        .collect()
    }

    fn forget_note(&self, note: &Note) -> Result<()> {
        let writes = self.inner.writes.lock();
        writes.execute("DELETE FROM note WHERE n = ?1", [note.n])?;
        Ok(())
    }
}

/// Takes what is done at the command line into the ledger.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let mut time = tokio::time::interval(EVERY);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            _ = time.tick() => {}
        }
        // What could not be kept now waits for the next time.
        if let Err(error) = take_notes(&hospital).await {
            tracing::warn!(%error, "what was done at the command line is not in the ledger yet");
        }
    }
}

/// Whoever is killed in between keeps a note twice, and never loses one.
async fn take_notes(hospital: &Hospital) -> Result<()> {
    for note in hospital.accounts.notes()? {
        let about = (&note.account, note.token.as_deref());
        let event = fhir::account_event(&note.user, &note.act, about, note.at);
        hospital
            .note(&crate::hospital::hospital_actor(), event)
            .await?;
        hospital.accounts.forget_note(&note)?;
    }
    Ok(())
}

fn named(digest: &Digest) -> String {
    digest.to_string().chars().take(NAMED_BY).collect()
}

/// The user of the machine that this program runs as, by number.
fn local_user() -> String {
    std::fs::metadata("/proc/self").map_or_else(
        |_| "unknown".to_owned(),
        |this| format!("uid {}", this.uid()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::tests::accounts;

    #[test]
    fn one_token_of_an_account_ends_and_the_others_live() {
        let (_folder, accounts, actor) = accounts();
        let day = 86_400_000;
        let first = accounts.issue_by_hand(&actor.id, day).unwrap();
        let second = accounts.issue_by_hand(&actor.id, 2 * day).unwrap();
        let session = accounts.issue(&actor.id, day, Some(day)).unwrap();
        let listed = accounts.tokens().unwrap();
        let whose: Vec<_> = listed.iter().map(|token| &token.account).collect();
        assert_eq!(whose, [&actor.id, &actor.id], "a person's session is none");
        assert!(!format!("{listed:?}").contains(&first), "it opens nothing");
        assert_eq!(accounts.revoke_by_hand(&listed[0].id).unwrap(), actor.id);
        assert_eq!(accounts.who_holds(&first).unwrap(), None);
        assert!(accounts.who_holds(&second).unwrap().is_some());
        assert!(accounts.who_holds(&session).unwrap().is_some());
        let again = accounts.revoke_by_hand(&listed[0].id).unwrap_err();
        assert!(again.to_string().contains("yuanyi token list"), "{again}");
        let nobody = accounts.revoke_by_hand("").unwrap_err();
        assert!(nobody.to_string().contains("token list"), "{nobody}");
    }

    #[tokio::test]
    async fn what_was_done_by_hand_is_in_the_ledger_once() {
        let (_folder, hospital) = Hospital::of_test();
        let id = ActorId::new("robot").unwrap();
        let robot = policy::Actor {
            id: id.clone(),
            name: "Robot".into(),
            roles: std::collections::BTreeSet::from([policy::Role::System]),
            patient: None,
        };
        let password = policy::PasswordHash::of("a good password", policy::PasswordRule::Hospital);
        hospital.accounts.note(Act::Put, &id).unwrap();
        hospital.accounts.put(&robot, &password.unwrap()).unwrap();
        let token = hospital.accounts.issue_by_hand(&id, 60_000).unwrap();
        let listed = hospital.accounts.tokens().unwrap();
        hospital.accounts.revoke_by_hand(&listed[0].id).unwrap();
        hospital.accounts.note(Act::Disable, &id).unwrap();
        hospital.accounts.disable(&id).unwrap();
        take_notes(&hospital).await.unwrap();
        take_notes(&hospital).await.unwrap();

        let permit = hospital.finding().await.unwrap();
        let query = record::ResourceQuery {
            kind: "AuditEvent".into(),
            terms: vec![],
            sort: vec![],
            limit: 100,
            offset: 0,
        };
        let found = hospital.record.search(permit, &query).await.unwrap();
        let events: Vec<_> = found.rows.into_iter().filter_map(|row| row.body).collect();
        let mut acts: Vec<_> = events
            .iter()
            .filter(|event| event["subtype"][0]["system"] == "urn:yuanyi:account-act")
            .map(|event| event["subtype"][0]["code"].as_str().unwrap())
            .collect();
        acts.sort_unstable();
        assert_eq!(acts, ["disable", "put", "revoke", "token"]);
        let text = serde_json::to_string(&events).unwrap();
        assert!(text.contains(&listed[0].id) && !text.contains(&token));
    }
}
