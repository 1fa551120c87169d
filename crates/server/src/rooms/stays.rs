//! How long people were in rooms since they last rested, over all rooms of the hospital. It outlives the program, and is
//! forgotten once they have rested. Who treats patients is counted too: their stay ends nowhere, but they are reminded
//! to rest.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use anyhow::Result;
use parking_lot::Mutex;
use room::{Spent, Stay, Stays};
use rusqlite::{Connection, params};
use tokio::runtime::Handle;
use vocabulary::{ActorId, Timestamp};

use super::Host;
use crate::{clock, sqlite};

/// The file; it is no part of a backup.
const STAYS: &str = "stays.sqlite";
/// By account the time in all rooms, and the time in those where a stay ends.
const SCHEMA: &str = "
    PRAGMA secure_delete = ON;
    CREATE TABLE IF NOT EXISTS inside (
        account TEXT PRIMARY KEY, spent_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS stay (
        account TEXT PRIMARY KEY, spent_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL) STRICT;";
/// How often it is written while somebody has not rested: a kill costs no more than this of their stay.
const EVERY: Duration = Duration::from_secs(20);

/// What every room of a hospital keeps to.
#[derive(Clone, Copy)]
pub struct HouseRules {
    /// How long people stay and rest.
    pub stays: Stays,
    /// How many seats one account may have in one room.
    pub seats_each: usize,
}

/// By account, whatever name a room knows it by.
pub struct Stayed {
    rules: Stays,
    /// How often it is written.
    every: Duration,
    now: Mutex<Now>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Now {
    stays: HashMap<ActorId, Stay>,
    /// Whether they are written now and then.
    is_minded: bool,
}

struct Kept {
    file: Connection,
    stays: HashMap<ActorId, Stay>,
}

impl Stayed {
    /// Opens it below the hospital's data folder.
    pub fn open(data: &Path, rules: Stays) -> Result<Arc<Self>> {
        Self::open_with(data, rules, EVERY)
    }

    fn open_with(data: &Path, rules: Stays, every: Duration) -> Result<Arc<Self>> {
        let file = sqlite::open(data, STAYS, SCHEMA)?;
        let stays = kept_stays(&file, clock::now())?;
        let stayed = Arc::new(Self {
            rules,
            every,
            now: Mutex::new(Now {
                stays: stays.clone(),
                is_minded: false,
            }),
            kept: Mutex::new(Kept { file, stays }),
        });
        stayed.keep(clock::now());
        stayed.mind();
        Ok(stayed)
    }

    fn of(&self, account: &ActorId) -> Option<Stay> {
        self.now.lock().stays.get(account).copied()
    }

    fn note<'a>(
        self: &Arc<Self>,
        stays: impl Iterator<Item = (&'a ActorId, Stay)>,
        now: Timestamp,
    ) {
        {
            let mut all = self.now.lock();
            for (account, stay) in stays {
                let known = all.stays.entry(account.clone()).or_insert(stay);
                *known = known.and(stay, self.rules);
            }
            let rules = self.rules;
            all.stays.retain(|_, stay| stay.forget_rested(now, rules));
        }
        self.mind();
    }

    /// Has it written now and then, until all have rested.
    fn mind(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        {
            let mut all = self.now.lock();
            if all.is_minded || all.stays.is_empty() {
                return;
            }
            all.is_minded = true;
        }
        let stayed = Arc::clone(self);
        runtime.spawn(async move {
            let mut goes_on = true;
            while goes_on {
                tokio::time::sleep(stayed.every).await;
                let stayed = Arc::clone(&stayed);
                let kept = tokio::task::spawn_blocking(move || stayed.keep(clock::now()));
                goes_on = kept.await.unwrap_or(false);
            }
        });
    }

    /// Writes who has not rested; whether there is anybody.
    pub(super) fn keep(&self, now: Timestamp) -> bool {
        let mut kept = self.kept.lock();
        let stays = {
            let mut all = self.now.lock();
            let rules = self.rules;
            all.stays.retain(|_, stay| stay.forget_rested(now, rules));
            all.is_minded &= !all.stays.is_empty();
            all.stays.clone()
        };
        let is_anybody = !stays.is_empty();
        if stays != kept.stays {
            match kept.write(&stays) {
                Ok(()) => kept.stays = stays,
                Err(error) => tracing::error!(%error, "how long people stay was not kept"),
            }
        }
        is_anybody
    }
}

/// What was kept when the program last ended.
fn kept_stays(file: &Connection, now: Timestamp) -> Result<HashMap<ActorId, Stay>> {
    let all = kept_times(file, "SELECT account, spent_ms, seen_ms FROM inside", now)?;
    let ending = kept_times(file, "SELECT account, spent_ms, seen_ms FROM stay", now)?;
    let stays = all.into_iter().map(|(account, inside)| {
        let ending = ending.get(&account).copied();
        (account, Stay { inside, ending })
    });
    let mut stays: HashMap<_, _> = stays.collect();
    // An earlier version kept no more than the stays that end.
    for (account, spent) in &ending {
        stays.entry(account.clone()).or_insert(Stay {
            inside: *spent,
            ending: Some(*spent),
        });
    }
    Ok(stays)
}

fn kept_times(file: &Connection, select: &str, now: Timestamp) -> Result<HashMap<ActorId, Spent>> {
    let mut times = HashMap::new();
    let mut rows = file.prepare(select)?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(account) = ActorId::new(row.get::<_, String>(0)?) else {
            continue;
        };
        // A clock that was set back makes nobody rest for longer.
        let seen_at = Timestamp(row.get(2)?).min(now);
        let ms = row.get(1)?;
        times.insert(account, Spent { ms, seen_at });
    }
    Ok(times)
}

impl Kept {
    fn write(&mut self, stays: &HashMap<ActorId, Stay>) -> Result<()> {
        let transaction = self.file.transaction()?;
        transaction.execute_batch("DELETE FROM inside; DELETE FROM stay")?;
        {
            let mut inside = transaction.prepare("INSERT INTO inside VALUES (?1, ?2, ?3)")?;
            let mut ending = transaction.prepare("INSERT INTO stay VALUES (?1, ?2, ?3)")?;
            for (account, stay) in stays {
                let spent = stay.inside;
                inside.execute(params![account.as_str(), spent.ms, spent.seen_at.0])?;
                if let Some(spent) = stay.ending {
                    ending.execute(params![account.as_str(), spent.ms, spent.seen_at.0])?;
                }
            }
        }
        transaction.commit()?;
        // Nor does what was written before remain beside the file.
        if stays.is_empty() {
            self.file.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        Ok(())
    }
}

impl Host {
    /// Tells the room how long somebody was in others who comes in.
    pub(super) fn tell_stay(&mut self, account: &ActorId, known_as: &ActorId) {
        if let Some(stay) = self.stayed.of(account) {
            self.room.has_stayed(known_as, stay);
        }
    }

    /// Notes how long those have been in rooms who are here.
    pub(super) fn note_stays(&self) {
        let mut stays = self.room.stayed().peekable();
        if stays.peek().is_none() {
            return;
        }
        let accounts = self.pseudonyms.iter();
        let accounts: HashMap<_, _> = accounts
            .map(|(account, known_as)| (known_as, account))
            .collect();
        let stays = stays.map(|(actor, stay)| (*accounts.get(actor).unwrap_or(&actor), stay));
        self.stayed.note(stays, clock::now());
    }
}

#[cfg(test)]
mod tests {
    use room::Room;
    use vocabulary::RoomId;

    use super::*;

    /// Of somebody who treats nobody.
    fn stay(ms: i64, seen_at: Timestamp) -> Stay {
        let spent = Spent { ms, seen_at };
        Stay {
            inside: spent,
            ending: Some(spent),
        }
    }

    #[test]
    fn what_one_room_noted_another_is_told() {
        let rules = Stays {
            stay_ms: 1_000,
            rest_ms: 500,
        };
        let who = ActorId::new("zhao.patient").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let stayed = Stayed::open(folder.path(), rules).unwrap();
        let now = Timestamp(1_000_000);
        let mut room = Room::open(RoomId::new("r1").unwrap(), []).unwrap();
        room.keep_stays(rules);
        let person = room::Person {
            actor: who.clone(),
            name: String::new(),
            role: String::new(),
            may_act: true,
            licence: room::Licence::NotRecorded,
            sees_images: false,
            door: room::Door {
                treats: false,
                ..room::Door::default()
            },
        };
        let hello = room::wire::ClientFrame::Hello {
            version: room::wire::VERSION,
            resume: None,
            next_event: 0,
        };
        let token = room::ResumeToken([1; 16]);
        room.join(now, person.clone(), &hello.encode(), token)
            .unwrap();
        let over = Timestamp(now.0 + rules.stay_ms);
        room.tick(over);
        assert!(room.is_empty(), "alone, they are put out");
        stayed.note(room.stayed(), over);
        // The room is dropped in the same moment.
        let join = |at: i64| {
            let mut next = Room::open(RoomId::new("r2").unwrap(), []).unwrap();
            next.keep_stays(rules);
            if let Some(stay) = stayed.of(&who) {
                next.has_stayed(&who, stay);
            }
            let at = Timestamp(at);
            next.join(at, person.clone(), &hello.encode(), token)
                .is_ok()
        };
        assert!(!join(over.0 + rules.rest_ms - 1));
        assert!(join(over.0 + rules.rest_ms));
        let nobody = std::iter::empty();
        stayed.note(nobody, Timestamp(over.0 + rules.rest_ms));
        assert_eq!(stayed.of(&who), None, "nothing is kept of who has rested");
    }

    #[tokio::test]
    async fn what_rooms_noted_is_written_before_long() {
        let folder = tempfile::tempdir().unwrap();
        let every = Duration::from_millis(20);
        let stayed = Stayed::open_with(folder.path(), Stays::default(), every).unwrap();
        let (who, now) = (ActorId::new("zhao").unwrap(), clock::now());
        for spent_ms in [1_000, 2_000, 3_000] {
            stayed.note([(&who, stay(spent_ms, now))].into_iter(), now);
        }
        // As after a kill; only while it is written the file is another's.
        let kept = || {
            let again = Stayed::open(folder.path(), Stays::default());
            again.ok().and_then(|again| again.of(&who))
        };
        for _ in 0..500 {
            if kept().is_some() {
                break;
            }
            tokio::time::sleep(every).await;
        }
        assert_eq!(kept(), Some(stay(3_000, now)));
    }

    #[test]
    fn a_stay_outlives_the_program_and_is_forgotten_after_a_rest() {
        let rules = Stays {
            stay_ms: 7_200_000,
            rest_ms: 900_000,
        };
        let folder = tempfile::tempdir().unwrap();
        let who = |name: &str| ActorId::new(name).unwrap();
        let now = clock::now();
        let before = |ms: i64| Timestamp(now.0 - ms);
        let rows = || {
            let file = Connection::open(folder.path().join(STAYS)).unwrap();
            let count = "SELECT COUNT(*) FROM stay";
            file.query_row(count, [], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        {
            let stayed = Stayed::open(folder.path(), rules).unwrap();
            let here = stay(5_400_000, before(60_000));
            let rested = stay(5_400_000, before(899_000));
            let stays = [(&who("zhao"), here), (&who("li"), rested)];
            stayed.note(stays.into_iter(), now);
            assert_eq!(
                rows(),
                0,
                "what is noted at each step of a room is no write"
            );
            assert!(stayed.keep(now));
            assert_eq!(rows(), 2);
            // Killed here.
        }
        let stayed = Stayed::open(folder.path(), rules).unwrap();
        let zhao = stayed.of(&who("zhao")).unwrap();
        assert_eq!(zhao, stay(5_400_000, before(60_000)));
        let mut room = Room::open(RoomId::new("r1").unwrap(), []).unwrap();
        room.keep_stays(rules);
        room.has_stayed(&who("zhao"), zhao);
        assert_eq!(room.stayed().next(), Some((&who("zhao"), zhao)));
        assert!(stayed.keep(Timestamp(now.0 + 2_000)), "one has not rested");
        assert_eq!((rows(), stayed.of(&who("li"))), (1, None));
        assert!(!stayed.keep(Timestamp(now.0 + 900_000)));
        assert_eq!(rows(), 0, "nothing is kept of who has rested");
        drop(stayed);
        // Of a clock that was set back since nobody is kept out.
        {
            let stayed = Stayed::open(folder.path(), rules).unwrap();
            let ahead = Timestamp(now.0 + 86_400_000);
            let spent = stay(7_200_000, ahead);
            stayed.note([(&who("zhao"), spent)].into_iter(), ahead);
            assert!(stayed.keep(ahead));
        }
        let stayed = Stayed::open(folder.path(), rules).unwrap();
        let zhao = stayed.of(&who("zhao")).unwrap();
        assert!(zhao.inside.seen_at <= clock::now());
    }

    #[test]
    fn of_who_treats_it_outlives_the_program_how_long_they_have_not_rested_and_ends_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (who, now) = (ActorId::new("li.terminal").unwrap(), clock::now());
        let treats = Stay {
            inside: Spent {
                ms: 10_800_000,
                seen_at: now,
            },
            ending: None,
        };
        {
            let stayed = Stayed::open(folder.path(), Stays::default()).unwrap();
            stayed.note([(&who, treats)].into_iter(), now);
            assert!(stayed.keep(now));
        }
        let stayed = Stayed::open(folder.path(), Stays::default()).unwrap();
        assert_eq!(stayed.of(&who), Some(treats));
    }
}
