//! Calls on disk: whom something calls, and what became of it. What is to go to the gateway outlives a kill.
//!
//! No address is kept here: where somebody is reached is asked of their account when a call goes out.

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use vocabulary::{ActorId, Timestamp};

use super::{Calling, TEST};
use crate::{clock, sqlite};

/// The file below the data folder.
pub const CALLS: &str = "calls.sqlite";
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS call (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, about TEXT NOT NULL, account TEXT NOT NULL,
        priority TEXT NOT NULL, place TEXT, path TEXT NOT NULL, since_ms INTEGER NOT NULL,
        called_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL, state TEXT NOT NULL,
        round INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
        next_ms INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '') STRICT;
    CREATE INDEX IF NOT EXISTS call_about ON call (about);
    CREATE INDEX IF NOT EXISTS call_state ON call (state, next_ms);";
/// The first wait between tries, and the longest, in milliseconds.
const WAIT_MS: (i64, i64) = (2_000, 60_000);
/// A test is given up after so many tries; a call that somebody is waited for is not.
const TEST_TRIES: u32 = 5;
/// Whoever was told of a fact is not told of the same again for so long, in milliseconds: an alarm that comes and goes
/// is no flood of messages.
const QUIET_MS: i64 = 60_000;
/// So many go out at the same time.
const AT_ONCE: usize = 16;
/// How long what is over is kept, in milliseconds: 90 days.
const KEPT_MS: i64 = 90 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// So many troubles are listed.
const TROUBLES: usize = 20;

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// An open page of theirs has a moment to show it.
    New,
    /// A page of theirs has shown it.
    Shown,
    /// They have said nowhere how they are reached.
    NoAddress,
    /// Is to go to the gateway.
    Waiting,
    /// The gateway has it.
    Handed,
    /// The gateway does not take it.
    Refused,
    /// It was taken, or ended, before it went out.
    Over,
}

const STATES: [(State, &str); 7] = [
    (State::New, "new"),
    (State::Shown, "shown"),
    (State::NoAddress, "no-address"),
    (State::Waiting, "waiting"),
    (State::Handed, "handed"),
    (State::Refused, "refused"),
    (State::Over, "over"),
];

impl State {
    fn word(self) -> &'static str {
        let found = STATES.iter().find(|(state, _)| *state == self);
        found.map_or("over", |(_, word)| word)
    }

    fn of(text: &str) -> Self {
        let found = STATES.iter().find(|(_, word)| *word == text);
        found.map_or(Self::Over, |(state, _)| *state)
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    pub id: String,
    pub kind: String,
    pub about: String,
    pub to: ActorId,
    pub priority: String,
    #[serde(skip)]
    pub place: Option<String>,
    #[serde(skip)]
    pub path: String,
    /// Since when what calls is untaken.
    pub since: Timestamp,
    /// When this person was called.
    pub called: Timestamp,
    /// When it came to its state.
    pub at: Timestamp,
    pub state: State,
    /// How often the gateway did not take it.
    pub tries: u32,
    /// Why it did not: `late`, `unreachable`, or the status of its answer.
    pub why: String,
    /// How often they had been told before.
    #[serde(skip)]
    pub round: u32,
}

impl Call {
    /// By which the gateway tells it from others: the same with each try.
    pub fn sent_as(&self) -> String {
        if self.round == 0 {
            return self.id.clone();
        }
        format!("{}-{}", self.id, self.round)
    }
}

/// The gateway did not take a call.
#[derive(Debug)]
pub struct Refused {
    pub why: String,
    /// Whether it is of no use to try again.
    pub for_good: bool,
}

/// How the gateway stands.
#[derive(Debug)]
pub struct Figures {
    /// Calls that are to go out, and since when the oldest of them waits.
    pub waiting: u64,
    pub oldest: Option<Timestamp>,
    /// Calls of the last 24 hours that the gateway has, does not take, and that had no address.
    pub handed: u64,
    pub refused: u64,
    pub no_address: u64,
    /// The last that did not go as they should.
    pub troubles: Vec<Call>,
}

/// The calls of a hospital.
pub struct Outbox {
    database: Mutex<Connection>,
}

fn call_of(row: &Row<'_>) -> rusqlite::Result<Option<Call>> {
    let Ok(to) = ActorId::new(row.get::<_, String>("account")?) else {
        return Ok(None);
    };
    let time = |name: &str| -> rusqlite::Result<Timestamp> { Ok(Timestamp(row.get(name)?)) };
    Ok(Some(Call {
        id: row.get("id")?,
        kind: row.get("kind")?,
        about: row.get("about")?,
        to,
        priority: row.get("priority")?,
        place: row.get("place")?,
        path: row.get("path")?,
        since: time("since_ms")?,
        called: time("called_ms")?,
        at: time("at_ms")?,
        state: State::of(&row.get::<_, String>("state")?),
        tries: row.get("tries")?,
        why: row.get("why")?,
        round: row.get("round")?,
    }))
}

fn insert(database: &Connection, one: &Calling, state: State, now: Timestamp) -> Result<()> {
    database.execute(
        "INSERT INTO call (id, kind, about, account, priority, place, path, since_ms, called_ms, at_ms, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10)",
        params![
            one.id(),
            one.kind,
            one.about,
            one.to.as_str(),
            one.priority,
            one.place,
            one.path,
            one.since.0,
            now.0,
            state.word()
        ],
    )?;
    Ok(())
}

impl Outbox {
    /// Opens it below the data folder.
    pub fn open(data: &Path) -> Result<Self> {
        Ok(Self {
            database: Mutex::new(sqlite::open(data, CALLS, TABLES)?),
        })
    }

    fn those(&self, which: &str, with: impl rusqlite::Params) -> Result<Vec<Call>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(&format!("SELECT * FROM call WHERE {which}"))?;
        let rows = query.query_map(with, call_of)?;
        Ok(rows
            .collect::<rusqlite::Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    /// Takes over whom something calls now: who was not called before is, and what calls nobody any more need not go
    /// out.
    pub fn settle(&self, calling: &[Calling], now: Timestamp) -> Result<()> {
        let mut database = self.database.lock();
        let transaction = database.transaction()?;
        let mut called = BTreeSet::new();
        for one in calling {
            let id = one.id();
            let state: Option<String> = transaction
                .prepare_cached("SELECT state FROM call WHERE id = ?1")?
                .query_row([&id], |row| row.get(0))
                .optional()?;
            match state.as_deref() {
                None => {
                    insert(&transaction, one, State::New, now)?;
                    transaction.execute("DELETE FROM call WHERE at_ms < ?1", [now.0 - KEPT_MS])?;
                }
                // It was paused, or not known yet while the hospital started.
                Some("over") => {
                    transaction.execute(
                        "UPDATE call SET state = 'new', called_ms = ?2, at_ms = ?2, tries = 0, why = '' WHERE id = ?1",
                        params![id, now.0],
                    )?;
                }
                Some(_) => {}
            }
            called.insert(id);
        }
        let pending: Vec<String> = transaction
            .prepare_cached(
                "SELECT id FROM call WHERE state IN ('new', 'no-address', 'waiting') AND kind != ?1",
            )?
            .query_map([TEST], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for id in pending.iter().filter(|id| !called.contains(*id)) {
            transaction.execute(
                "UPDATE call SET state = 'over', at_ms = ?2 WHERE id = ?1",
                params![id, now.0],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Lets go out what no page has shown in the time that it has, to those who have an address.
    pub fn ripen(
        &self,
        now: Timestamp,
        grace_ms: impl Fn(&ActorId) -> i64,
        has_address: impl Fn(&ActorId) -> bool,
    ) -> Result<()> {
        for call in self.those("state IN ('new', 'no-address')", [])? {
            if call.called.0 + grace_ms(&call.to) > now.0 || self.was_told(&call, now)? {
                continue;
            }
            let next = if has_address(&call.to) {
                State::Waiting
            } else {
                State::NoAddress
            };
            if next != call.state {
                self.database.lock().execute(
                    "UPDATE call SET state = ?2, at_ms = ?3, next_ms = ?3 WHERE id = ?1 AND state = ?4",
                    params![call.id, next.word(), now.0, call.state.word()],
                )?;
            }
        }
        Ok(())
    }

    fn was_told(&self, call: &Call, now: Timestamp) -> Result<bool> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM call WHERE about = ?1 AND account = ?2 AND kind = ?3
             AND state = 'handed' AND at_ms > ?4)",
        )?;
        let since = now.0 - QUIET_MS;
        let with = params![call.about, call.to.as_str(), call.kind, since];
        Ok(query.query_row(with, |row| row.get(0))?)
    }

    /// Tells once more who was told so long ago and is called still.
    pub fn repeat<'c>(
        &self,
        calling: impl Iterator<Item = &'c Calling>,
        after_ms: i64,
        now: Timestamp,
    ) -> Result<()> {
        let database = self.database.lock();
        for one in calling {
            database
                .prepare_cached(
                    "UPDATE call SET state = 'waiting', round = round + 1, tries = 0, at_ms = ?2, next_ms = ?2
                     WHERE id = ?1 AND state = 'handed' AND at_ms + ?3 <= ?2",
                )?
                .execute(params![one.id(), now.0, after_ms])?;
        }
        Ok(())
    }

    /// What is to go out now.
    pub fn due(&self, now: Timestamp) -> Result<Vec<Call>> {
        let which = format!("state = 'waiting' AND next_ms <= ?1 ORDER BY next_ms LIMIT {AT_ONCE}");
        self.those(&which, [now.0])
    }

    /// Keeps what came of a try; whether it was the last of this call, and how it ended.
    pub fn tried(
        &self,
        call: &Call,
        came: Result<(), &Refused>,
        now: Timestamp,
    ) -> Result<Option<State>> {
        let tries = call.tries + 1;
        let (state, why) = match came {
            Ok(()) => (State::Handed, ""),
            Err(refused) => {
                let is_last = refused.for_good || (call.kind == TEST && tries >= TEST_TRIES);
                let state = if is_last {
                    State::Refused
                } else {
                    State::Waiting
                };
                (state, refused.why.as_str())
            }
        };
        let next = now.0 + clock::wait_ms(WAIT_MS, call.tries);
        // What the gateway has, it has, even where it was taken meanwhile; what it refused may need it no more.
        self.database.lock().execute(
            "UPDATE call SET state = ?2, why = ?3, tries = ?4, at_ms = ?5, next_ms = ?6
             WHERE id = ?1 AND (?2 = 'handed' OR state = 'waiting')",
            params![
                call.id,
                state.word(),
                why,
                if why.is_empty() { call.tries } else { tries },
                now.0,
                next
            ],
        )?;
        Ok((state != State::Waiting).then_some(state))
    }

    /// Whom it calls has no address any more.
    pub fn has_no_address(&self, id: &str, now: Timestamp) -> Result<()> {
        self.database.lock().execute(
            "UPDATE call SET state = 'no-address', at_ms = ?2 WHERE id = ?1 AND state = 'waiting'",
            params![id, now.0],
        )?;
        Ok(())
    }

    /// A page has shown these to whom they call.
    pub fn shown(&self, ids: &[String], to: &ActorId, now: Timestamp) -> Result<()> {
        let mut database = self.database.lock();
        let transaction = database.transaction()?;
        for id in ids {
            transaction.execute(
                "UPDATE call SET state = 'shown', at_ms = ?3
                 WHERE id = ?1 AND account = ?2 AND kind != ?4 AND state IN ('new', 'no-address', 'waiting')",
                params![id, to.as_str(), now.0, TEST],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Keeps a message that somebody sends to themselves.
    pub fn add_test(&self, calling: &Calling, now: Timestamp) -> Result<()> {
        insert(&self.database.lock(), calling, State::Waiting, now)
    }

    /// One call.
    pub fn find(&self, id: &str) -> Result<Option<Call>> {
        Ok(self.those("id = ?1", [id])?.pop())
    }

    /// Who was called by a fact, in order.
    pub fn about(&self, about: &str) -> Result<Vec<Call>> {
        self.those("about = ?1 ORDER BY called_ms, account", [about])
    }

    /// How the gateway stands.
    pub fn figures(&self, now: Timestamp) -> Result<Figures> {
        let waiting = self.those("state = 'waiting' ORDER BY called_ms", [])?;
        let day = self.those("state != 'waiting' AND at_ms >= ?1", [now.0 - DAY_MS])?;
        let count = |state: State| day.iter().filter(|call| call.state == state).count() as u64;
        let troubled = format!(
            "why != '' OR state IN ('refused', 'no-address') ORDER BY at_ms DESC LIMIT {TROUBLES}"
        );
        Ok(Figures {
            waiting: waiting.len() as u64,
            oldest: waiting.first().map(|call| call.called),
            handed: count(State::Handed),
            refused: count(State::Refused),
            no_address: count(State::NoAddress),
            troubles: self.those(&troubled, [])?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calling(to: &str, since: i64) -> Calling {
        Calling {
            kind: "alarm".to_owned(),
            about: "a-1".to_owned(),
            to: ActorId::new(to).unwrap(),
            since: Timestamp(since),
            priority: "high".to_owned(),
            place: None,
            path: "/".to_owned(),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    fn states(outbox: &Outbox) -> Vec<State> {
        let all = outbox.about("a-1").unwrap().into_iter();
        all.map(|call| call.state).collect()
    }

    fn refused(why: &str, for_good: bool) -> Refused {
        Refused {
            why: why.to_owned(),
            for_good,
        }
    }

    #[test]
    fn a_call_goes_out_once_by_its_id_however_often_it_is_tried_and_opened() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        let all = [calling("nurse", 0)];
        outbox.settle(&all, at(0)).unwrap();
        outbox.ripen(at(0), |_| 0, |_| true).unwrap();
        let first = outbox.due(at(0)).unwrap().remove(0);
        let busy = refused("HTTP 503", false);
        assert_eq!(outbox.tried(&first, Err(&busy), at(0)).unwrap(), None);
        assert!(outbox.due(at(1)).unwrap().is_empty(), "it waits");
        drop(outbox);
        let outbox = Outbox::open(folder.path()).unwrap();
        // While the hospital starts, nobody is known to be called yet.
        outbox.settle(&[], at(1)).unwrap();
        assert_eq!(states(&outbox), [State::Over]);
        outbox.settle(&all, at(2)).unwrap();
        outbox.ripen(at(2), |_| 0, |_| true).unwrap();
        let again = outbox.due(at(2)).unwrap().remove(0);
        assert_eq!(again.sent_as(), first.sent_as());
        let ended = outbox.tried(&again, Ok(()), at(2)).unwrap();
        assert_eq!(ended, Some(State::Handed));
        outbox.settle(&[], at(3)).unwrap();
        outbox.settle(&all, at(4)).unwrap();
        outbox.ripen(at(99), |_| 0, |_| true).unwrap();
        assert!(outbox.due(at(99)).unwrap().is_empty());
        // Given back, it calls anew, and not at once again.
        outbox.settle(&[calling("nurse", 5)], at(40)).unwrap();
        for (second, state) in [(40, State::New), (63, State::Waiting)] {
            outbox.ripen(at(second), |_| 0, |_| true).unwrap();
            assert_eq!(states(&outbox), [State::Handed, state]);
        }
    }

    #[test]
    fn who_is_shown_it_is_not_told_and_who_has_no_address_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        let all = [calling("a", 0), calling("b", 0), calling("c", 0)];
        outbox.settle(&all, at(0)).unwrap();
        let has_page = |who: &ActorId| if who.as_str() == "c" { 0 } else { 10_000 };
        let has_address = |who: &ActorId| who.as_str() != "c";
        outbox.ripen(at(9), has_page, has_address).unwrap();
        assert_eq!(states(&outbox), [State::New, State::New, State::NoAddress]);
        // Nobody says for somebody else that it was shown.
        for to in ["b", "a"] {
            let to = ActorId::new(to).unwrap();
            outbox.shown(&[all[0].id()], &to, at(9)).unwrap();
        }
        outbox.ripen(at(10), has_page, |_| true).unwrap();
        assert_eq!(
            states(&outbox),
            [State::Shown, State::Waiting, State::Waiting]
        );
    }

    #[test]
    fn what_is_refused_for_good_is_said_and_what_waits_is_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        let all = [calling("a", 0), calling("b", 0)];
        outbox.settle(&all, at(0)).unwrap();
        outbox.ripen(at(0), |_| 0, |_| true).unwrap();
        let due = outbox.due(at(0)).unwrap();
        let never = refused("HTTP 422", true);
        let came = outbox.tried(&due[0], Err(&never), at(1)).unwrap();
        assert_eq!(came, Some(State::Refused));
        outbox.tried(&due[1], Ok(()), at(1)).unwrap();
        let figures = outbox.figures(at(2)).unwrap();
        assert_eq!(
            (figures.handed, figures.refused, figures.waiting),
            (1, 1, 0)
        );
        assert_eq!(figures.troubles[0].why, "HTTP 422");
        outbox.repeat(all.iter(), 60_000, at(60)).unwrap();
        assert!(outbox.due(at(60)).unwrap().is_empty());
        outbox.repeat(all.iter(), 60_000, at(61)).unwrap();
        let again = outbox.due(at(61)).unwrap();
        assert_eq!(again.len(), 1, "who refused is not told again");
        assert_ne!(again[0].sent_as(), due[1].sent_as());
    }
}
