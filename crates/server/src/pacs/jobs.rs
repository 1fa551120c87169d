//! Jobs for other application entities, on disk.

use std::{collections::HashSet, path::Path};

use anyhow::Result;
use dicom::{commitment::CommitmentReport, scp::Selected};
use parking_lot::Mutex;
use policy::{Actor, Role};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use vocabulary::PatientId;

use crate::{clock, sqlite};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, title TEXT NOT NULL, task TEXT NOT NULL,
    actor TEXT NOT NULL, made_at INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL, note TEXT NOT NULL, total INTEGER NOT NULL, done INTEGER NOT NULL,
    failed INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (state, next_at);
CREATE TABLE IF NOT EXISTS items (job TEXT NOT NULL, place INTEGER NOT NULL, class TEXT NOT NULL,
    sop TEXT NOT NULL, syntax TEXT NOT NULL, outcome TEXT, PRIMARY KEY (job, place)) WITHOUT ROWID;
";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Send the job's objects.
    Send {
        /// Whom they show.
        patient: PatientId,
    },
    /// Fetch a study, or some of it.
    Retrieve {
        /// Study instance UID.
        study: String,
        /// Series instance UID.
        series: Option<String>,
        /// Patient ID, where the other is asked by the Patient Root model.
        patient_id: Option<String>,
    },
    /// Report a storage commitment.
    Report(CommitmentReport),
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Waits for its time.
    Waiting,
    /// Is being done.
    Running,
    /// Everything that could be done is done; what the other refused is counted as failed.
    Done,
    /// Given up after many attempts.
    Failed,
    /// Ended by a person.
    Cancelled,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn of(word: &str) -> Self {
        [Self::Running, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.word() == word)
            .unwrap_or(Self::Waiting)
    }
}

/// A job.
#[derive(Clone, Debug, Serialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// The application entity that it is about.
    pub title: String,
    /// What is to be done.
    #[serde(skip)]
    pub task: Task,
    /// On whose behalf.
    #[serde(skip)]
    pub actor: Actor,
    /// How far it is.
    pub state: State,
    /// How often it was tried.
    pub attempts: u32,
    /// Objects in all, done and failed.
    pub total: u64,
    /// Done.
    pub done: u64,
    /// Failed for good.
    pub failed: u64,
    /// Why it waits or failed; holds no health data.
    pub note: String,
}

/// The jobs of a hospital.
pub struct Jobs {
    connection: Mutex<Connection>,
    /// Application entities for which a job is being done.
    busy: Mutex<HashSet<String>>,
    added: Notify,
}

/// So many jobs of one person with one system are open at a time, those that wait for it to come back among them; programs
/// bring those of everybody.
const MOST_OF_ONE: i64 = 16;
/// A job is given up after this many attempts, about a day after the first.
const MOST_ATTEMPTS: u32 = 100;
/// The first wait between attempts, and the longest.
const WAIT_MS: (i64, i64) = (5_000, 15 * 60_000);

fn job_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Job>> {
    let (task, actor): (String, String) = (row.get("task")?, row.get("actor")?);
    let (Ok(task), Ok(actor)) = (serde_json::from_str(&task), serde_json::from_str(&actor)) else {
        return Ok(None);
    };
    let count = |name: &str| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(name)?).unwrap_or(0))
    };
    Ok(Some(Job {
        id: row.get("id")?,
        title: row.get("title")?,
        task,
        actor,
        state: State::of(&row.get::<_, String>("state")?),
        attempts: row.get("attempts")?,
        total: count("total")?,
        done: count("done")?,
        failed: count("failed")?,
        note: row.get("note")?,
    }))
}

/// The file of the jobs, below the data folder.
pub const JOBS: &str = "pacs.sqlite";

impl Jobs {
    /// Opens the jobs below the data folder. Those that were being done when the program ended wait again.
    pub fn open(data: &Path) -> Result<Self> {
        let connection = sqlite::open(data, JOBS, SCHEMA)?;
        connection.execute(
            "UPDATE jobs SET state = 'waiting', next_at = 0 WHERE state = 'running'",
            [],
        )?;
        Ok(Self {
            connection: Mutex::new(connection),
            busy: Mutex::default(),
            added: Notify::new(),
        })
    }

    /// Adds a job with the objects that it is about; its id, or `None` where a person has as many already as one may.
    pub fn add(
        &self,
        title: &str,
        task: &Task,
        actor: &Actor,
        items: &[Selected],
    ) -> Result<Option<String>> {
        let id = uuid::Uuid::now_v7().to_string();
        let mut connection = self.connection.lock();
        let batch = connection.transaction()?;
        if !actor.roles.contains(&Role::System) {
            let open: i64 = batch.query_row(
                "SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running') AND title = ? AND actor ->> 'id' = ?",
                [title, actor.id.as_str()],
                |row| row.get(0),
            )?;
            if open >= MOST_OF_ONE {
                return Ok(None);
            }
        }
        batch.execute(
            "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, 'waiting', 0, 0, '', ?, 0, 0)",
            params![
                id,
                title,
                serde_json::to_string(task)?,
                serde_json::to_string(actor)?,
                clock::now().0,
                i64::try_from(items.len())?,
            ],
        )?;
        for (place, item) in items.iter().enumerate() {
            batch
                .prepare_cached("INSERT INTO items VALUES (?, ?, ?, ?, ?, NULL)")?
                .execute(params![
                    id,
                    i64::try_from(place)?,
                    item.class,
                    item.sop,
                    item.transfer_syntax
                ])?;
        }
        batch.commit()?;
        drop(connection);
        self.added.notify_one();
        Ok(Some(id))
    }

    /// Adds the report of a commitment to the entity that asked for it.
    pub fn add_report(&self, title: &str, report: &CommitmentReport) -> Result<()> {
        let actor = crate::hospital::program("modality");
        self.add(title, &Task::Report(report.clone()), &actor, &[])
            .map(drop)
    }

    /// Wakes when a job was added.
    pub async fn added(&self) {
        self.added.notified().await;
    }

    /// Takes the jobs whose time has come, at most one for each application entity.
    pub fn take_due(&self) -> Result<Vec<Job>> {
        let connection = self.connection.lock();
        let mut statement = connection.prepare_cached(
            "SELECT * FROM jobs WHERE state = 'waiting' AND next_at <= ? ORDER BY next_at, id LIMIT 100",
        )?;
        let due = statement
            .query_map([clock::now().0], job_of)?
            .collect::<Result<Vec<_>, _>>()?;
        let mut busy = self.busy.lock();
        let mut taken = Vec::new();
        for job in due.into_iter().flatten() {
            if busy.insert(job.title.clone()) {
                connection.execute("UPDATE jobs SET state = 'running' WHERE id = ?", [&job.id])?;
                taken.push(job);
            }
        }
        Ok(taken)
    }

    /// The newest jobs.
    pub fn list(&self, most: u32) -> Result<Vec<Job>> {
        let connection = self.connection.lock();
        let mut statement =
            connection.prepare_cached("SELECT * FROM jobs ORDER BY id DESC LIMIT ?")?;
        let found = statement
            .query_map([most], job_of)?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    /// One job.
    pub fn find(&self, id: &str) -> Result<Option<Job>> {
        let connection = self.connection.lock();
        let found = connection
            .query_row("SELECT * FROM jobs WHERE id = ?", [id], job_of)
            .optional()?;
        Ok(found.flatten())
    }

    /// Whether a job is still to be done: a person may have ended it.
    pub fn is_wanted(&self, id: &str) -> bool {
        self.find(id)
            .ok()
            .flatten()
            .is_some_and(|job| job.state == State::Running)
    }

    /// Ends a job that is not over.
    pub fn cancel(&self, id: &str) -> Result<bool> {
        let connection = self.connection.lock();
        let changed = connection.execute(
            "UPDATE jobs SET state = 'cancelled' WHERE id = ? AND state IN ('waiting', 'running')",
            [id],
        )?;
        Ok(changed > 0)
    }

    /// The next objects of a job that nothing has come of yet, with their places.
    pub fn open_items(&self, id: &str, most: u32) -> Result<Vec<(i64, Selected)>> {
        let connection = self.connection.lock();
        let mut statement = connection.prepare_cached(
            "SELECT place, class, sop, syntax FROM items WHERE job = ? AND outcome IS NULL \
             ORDER BY class, syntax, place LIMIT ?",
        )?;
        let found = statement.query_map(params![id, most], |row| {
            let one = Selected {
                class: row.get(1)?,
                sop: row.get(2)?,
                transfer_syntax: row.get(3)?,
            };
            Ok((row.get(0)?, one))
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Keeps what became of one object.
    pub fn note_item(&self, id: &str, place: i64, refused: Option<&str>) -> Result<()> {
        let connection = self.connection.lock();
        connection
            .prepare_cached("UPDATE items SET outcome = ? WHERE job = ? AND place = ?")?
            .execute(params![refused.unwrap_or("sent"), id, place])?;
        let column = if refused.is_some() { "failed" } else { "done" };
        connection.execute(
            &format!("UPDATE jobs SET {column} = {column} + 1, note = ? WHERE id = ?"),
            params![refused.unwrap_or_default(), id],
        )?;
        Ok(())
    }

    /// Keeps how many objects a retrieval has brought.
    pub fn note_counts(&self, id: &str, total: u64, done: u64, failed: u64) -> Result<()> {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.connection.lock().execute(
            "UPDATE jobs SET total = ?, done = ?, failed = ? WHERE id = ?",
            params![whole(total), whole(done), whole(failed), id],
        )?;
        Ok(())
    }

    /// Ends an attempt: done, refused for good (`Some(Err)` with `again` unset), or to be tried again later.
    pub fn end(&self, job: &Job, outcome: Result<(), (String, bool)>) -> Result<()> {
        self.busy.lock().remove(&job.title);
        let attempts = job.attempts + 1;
        let (state, note, next_at) = match outcome {
            Ok(()) => (State::Done, String::new(), 0),
            Err((why, true)) if attempts < MOST_ATTEMPTS => {
                let next_at = clock::now()
                    .0
                    .saturating_add(clock::wait_ms(WAIT_MS, job.attempts));
                (State::Waiting, why, next_at)
            }
            Err((why, _)) => (State::Failed, why, 0),
        };
        // What the other refused of a job that is done otherwise stays told.
        self.connection.lock().execute(
            "UPDATE jobs SET state = ?, attempts = ?, next_at = ?, \
             note = CASE WHEN ? = '' THEN note ELSE ? END WHERE id = ? AND state = 'running'",
            params![state.word(), attempts, next_at, note, note, job.id],
        )?;
        self.added.notify_one();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Selected {
        Selected {
            class: "1.2".to_owned(),
            sop: "1.2.3".to_owned(),
            transfer_syntax: "1.2.840.10008.1.2".to_owned(),
        }
    }

    fn send() -> Task {
        Task::Send {
            patient: PatientId::new("p").unwrap(),
        }
    }

    #[test]
    fn a_job_goes_on_after_a_restart_with_what_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let actor = crate::hospital::program("importer");
        let jobs = Jobs::open(folder.path()).unwrap();
        let id = jobs
            .add("PACS", &send(), &actor, &[one(), one(), one()])
            .unwrap()
            .unwrap();
        assert_eq!(jobs.take_due().unwrap().len(), 1);
        jobs.note_item(&id, 0, None).unwrap();
        drop(jobs);
        let jobs = Jobs::open(folder.path()).unwrap();
        let due = jobs.take_due().unwrap();
        assert_eq!((due.len(), due[0].done, &due[0].task), (1, 1, &send()));
        let left = jobs.open_items(&id, 10).unwrap();
        assert_eq!(
            left.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
            [1, 2]
        );
    }

    #[test]
    fn a_person_has_few_jobs_open_and_others_are_not_held_up_by_them() {
        let folder = tempfile::tempdir().unwrap();
        let person = |id: &str| Actor {
            id: vocabulary::ActorId::new(id).unwrap(),
            name: id.to_owned(),
            roles: [Role::Patient].into(),
            patient: None,
        };
        let jobs = Jobs::open(folder.path()).unwrap();
        let add = |who: &str| jobs.add("PACS", &send(), &person(who), &[one()]).unwrap();
        let all: Vec<_> = (0..MOST_OF_ONE).map(|_| add("zhao").unwrap()).collect();
        assert_eq!(jobs.take_due().unwrap().len(), 1, "one of them runs");
        assert_eq!(add("zhao"), None);
        assert!(add("qian").is_some());
        assert!(jobs.cancel(&all[3]).unwrap());
        assert!(add("zhao").is_some(), "one is over");
        let program = crate::hospital::program("importer");
        for _ in 0..=MOST_OF_ONE {
            assert!(jobs.add("PACS", &send(), &program, &[]).unwrap().is_some());
        }
    }

    #[test]
    fn one_job_at_a_time_for_each_entity_and_waits_grow() {
        let folder = tempfile::tempdir().unwrap();
        let actor = crate::hospital::program("importer");
        let jobs = Jobs::open(folder.path()).unwrap();
        for title in ["A", "A", "B"] {
            jobs.add(title, &send(), &actor, &[]).unwrap();
        }
        let first = jobs.take_due().unwrap();
        assert_eq!(first.len(), 2);
        assert!(jobs.take_due().unwrap().is_empty());
        jobs.end(&first[0], Err(("away".to_owned(), true))).unwrap();
        let next = jobs.take_due().unwrap();
        assert_eq!(next.len(), 1, "the other job of this entity");
        assert_ne!(next[0].id, first[0].id);
        let waiting = jobs.find(&first[0].id).unwrap().unwrap();
        assert_eq!((waiting.state, waiting.attempts), (State::Waiting, 1));
        assert!(jobs.cancel(&waiting.id).unwrap() && !jobs.cancel(&waiting.id).unwrap());
        assert_eq!(clock::wait_ms(WAIT_MS, 0), 5_000);
        assert_eq!(clock::wait_ms(WAIT_MS, 3), 40_000);
        assert_eq!(clock::wait_ms(WAIT_MS, 90), 15 * 60_000);
    }
}
