//! The edges of this hospital: for which places each works, what each was handed of the registry, and what people here
//! ask of the alarms that it leads.
//!
//! An edge is an account without any role: its token opens the doors of edges and nothing else.

mod behind;
mod handed;
mod maintained;
mod skew;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use alarms::{Condition, Refused, ward_rules};
use anyhow::Result;
use parking_lot::Mutex;
use policy::{Action, Permit};
use record::{RecordError, written_by};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::{Notify, OnceCell, oneshot},
    time::{Instant, timeout},
};
use vocabulary::{ActorId, DeviceId, PatientId, Timestamp};

use crate::{
    accounts::ACCOUNTS,
    clock,
    edge::{Aside, NotTaken},
    hospital::Hospital,
    sqlite, vitals,
    ward::{Acted, NotDone, Wish},
};

pub use behind::{AsOf, Behind};
use handed::{Belongings, Facts};
pub use handed::{Handed, HandedCredential, HandedPerson, KINDS, Registry};
pub use maintained::{Answered, DeviceNow, Maintained, Order, ToMaintain};
pub use skew::{Skew, SkewShown};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS edge (account TEXT PRIMARY KEY, locations TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS edge_given (
        account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
        PRIMARY KEY (account, kind, id)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS edge_said (
        account TEXT NOT NULL, device TEXT NOT NULL, sequence INTEGER NOT NULL, since_ms INTEGER NOT NULL,
        PRIMARY KEY (account, device)) STRICT, WITHOUT ROWID;";
/// How long an edge is waited for that is asked to do something. What it did not fetch by then is not done.
pub const ANSWERS: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 8_000 });
/// How long an edge's question stays open while there is nothing new.
const NOTHING_NEW: Duration = Duration::from_secs(5);
/// The rule that raises an alarm where an edge is silent.
const SILENCE: &str = "edge-silent";
/// An edge that was silent for longer is not there, in milliseconds, where the hospital has no such rule.
const SILENT_MS: i64 = 60_000;
/// So much may wait for one edge.
const MOST_ASKED: usize = 100;

/// Something that an edge is asked to do with an alarm that it leads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// By which it is answered.
    pub id: String,
    /// The alarm or errand, by the id of its fact; empty where it is to begin.
    pub alarm: String,
    /// Who asks.
    pub by: ActorId,
    /// What.
    pub wish: Wish,
}

/// What became of it: the alarm or errand as it is now, once that is on the edge's disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// What was asked.
    pub id: String,
    /// What came of it.
    pub result: Result<Acted, Refused>,
}

/// What an edge says, again and again.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Up {
    /// Which registry it has.
    #[serde(default)]
    pub revision: Option<String>,
    /// What it has done of what it was asked.
    #[serde(default)]
    pub done: Vec<Done>,
    /// How its devices stand, and what they answered.
    #[serde(default)]
    pub maintained: Maintained,
    /// How its clock differs from that of who is asked here, as it was found last. Only a hospital that says the time is
    /// told, since one of before takes no more than it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<Skew>,
    /// How old is what waits there, where that is not from just now. Only a hospital that says that it takes this is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<Behind>,
}

/// What it is answered, at the latest when nothing was new for a while.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Down {
    /// What it is to do.
    #[serde(default)]
    pub asked: Vec<Asked>,
    /// What its devices are to do.
    #[serde(default)]
    pub to_maintain: ToMaintain,
    /// The registry, where it is another than the edge has.
    #[serde(default)]
    pub registry: Option<Registry>,
    /// Which that is.
    #[serde(default)]
    pub revision: Option<String>,
    /// When the question came, and when the answer went.
    #[serde(default)]
    pub clock: Option<(Timestamp, Timestamp)>,
    /// Whether an edge may say here how old is what waits there.
    #[serde(default)]
    pub takes_behind: bool,
}

/// An edge, for who administers the hospital.
#[derive(Debug, Serialize)]
pub struct EdgeRow {
    id: ActorId,
    /// The locations that it works for, with all that lies within them.
    locations: Vec<String>,
    /// When it was heard last, since this program was started.
    last_heard: Option<Timestamp>,
    /// How its clock differs, as it said last.
    skew: Option<SkewShown>,
    /// Until when is known here what it has.
    #[serde(flatten)]
    as_of: AsOf,
    /// Why some of what it sent was not taken, since this program was started, the latest first.
    not_taken: Vec<Aside>,
}

/// How the line to an edge is that was here once.
#[derive(Clone, Debug)]
pub struct LineNow {
    /// The edge.
    pub edge: ActorId,
    /// The locations that it works for.
    pub locations: Vec<String>,
    /// When it was heard last, since this program was started.
    pub heard: Option<Timestamp>,
    /// Whether that is too long ago.
    pub is_silent: bool,
    /// How its clock differs, as it said last.
    pub skew: Option<Skew>,
    /// Until when is known here what it has.
    pub as_of: AsOf,
}

type Answer = oneshot::Sender<Result<Acted, Refused>>;

/// What is under way with one edge.
#[derive(Default)]
struct Line {
    news: Notify,
    state: Mutex<LineState>,
}

#[derive(Default)]
struct LineState {
    waiting: VecDeque<(Instant, Asked)>,
    under_way: HashMap<String, Answer>,
    last_heard: Option<Timestamp>,
    /// How its clock differs.
    skew: Option<Skew>,
    /// Until when is known what it has, as far as it says.
    as_of: AsOf,
    /// For which reasons what it sent was not taken: how often, and when last.
    not_taken: BTreeMap<String, (u64, Timestamp)>,
    /// Commands for its devices that are on its disk.
    got: BTreeSet<String>,
    /// Commands that wait there until what they name is fetched.
    fetching: BTreeSet<String>,
    /// When what belongs to it was looked up last, because it sent something that had not been handed to it.
    looked_up: Option<Instant>,
    /// What the record says that belongs to it, as it was found last.
    found: Option<Found>,
    /// What was written down here about who lies in its beds, as it was found last.
    written: Option<(WrittenSign, Arc<Facts>)>,
}

/// What the record says that belongs to an edge, with what it was found by.
struct Found {
    by: Sign,
    facts: Arc<Facts>,
}

/// As long as this is the same, the record says the same.
#[derive(PartialEq)]
struct Sign {
    changes: u64,
    locations: Vec<String>,
    /// Whom open alarms are about that the edge leads.
    patients: BTreeSet<PatientId>,
}

/// As long as these are the same, so is what was written down: how often something was, and on what watches stand.
type WrittenSign = (u64, BTreeSet<(PatientId, String)>);

/// The edges of one hospital.
pub struct Edges {
    database: Mutex<Connection>,
    lines: Mutex<BTreeMap<ActorId, Arc<Line>>>,
    permit: OnceCell<Permit>,
    /// Since when edges can be heard.
    since: Timestamp,
    /// How often something of a kind that is handed to edges was written.
    changes: AtomicU64,
    /// How often somebody wrote down something here.
    written: AtomicU64,
}

impl Edges {
    /// Opens what is kept of them beside the accounts.
    pub fn open(data: &Path) -> Result<Self> {
        let database = sqlite::open(data, ACCOUNTS, SCHEMA)?;
        Ok(Self {
            database: Mutex::new(database),
            lines: Mutex::default(),
            permit: OnceCell::new(),
            since: clock::now(),
            changes: AtomicU64::new(0),
            written: AtomicU64::new(0),
        })
    }

    /// Something of a kind that is handed to edges was written.
    pub fn note_change(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// An observation was written; none: deleted. Edges know what devices measured.
    pub fn note_written(&self, body: Option<&Value>) {
        if body.is_none_or(|body| written_by(body) != Some(vitals::WRITTEN_BY)) {
            self.written.fetch_add(1, Ordering::Release);
        }
    }

    /// Makes an account an edge for these locations, or changes them.
    pub fn put(&self, edge: &ActorId, locations: &[String]) -> Result<()> {
        self.database.lock().execute(
            "INSERT OR REPLACE INTO edge (account, locations) VALUES (?1, ?2)",
            params![edge.as_str(), serde_json::to_string(locations)?],
        )?;
        self.line(edge).news.notify_one();
        Ok(())
    }

    /// An account is an edge no more; whether it was one.
    pub fn remove(&self, edge: &ActorId) -> Result<bool> {
        let database = self.database.lock();
        database.execute("DELETE FROM edge_given WHERE account = ?1", [edge.as_str()])?;
        database.execute("DELETE FROM edge_said WHERE account = ?1", [edge.as_str()])?;
        let removed = database.execute("DELETE FROM edge WHERE account = ?1", [edge.as_str()])?;
        // What it was given once, it must be given anew.
        self.lines.lock().remove(edge);
        Ok(removed == 1)
    }

    /// The locations that an edge works for; nothing where it is none.
    pub fn locations(&self, edge: &ActorId) -> Result<Option<Vec<String>>> {
        let database = self.database.lock();
        let mut query = database.prepare_cached("SELECT locations FROM edge WHERE account = ?1")?;
        let found: Option<String> = query
            .query_row([edge.as_str()], |row| row.get(0))
            .optional()?;
        Ok(found.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// Whether an account is an edge.
    pub fn is_edge(&self, account: &ActorId) -> bool {
        self.locations(account).is_ok_and(|found| found.is_some())
    }

    /// Whether an edge was not heard for so long that what it said last may be so no more.
    pub fn is_silent(&self, edge: &ActorId) -> bool {
        let last = self.line(edge).state.lock().last_heard;
        last.is_none_or(|last| clock::now().0 - last.0 > silent_ms())
    }

    /// Notes that an edge was heard just now.
    pub fn hear(&self, edge: &ActorId) {
        self.line(edge).state.lock().last_heard = Some(clock::now());
    }

    /// Notes what is not taken of what an edge sends.
    pub fn note_not_taken(&self, edge: &ActorId, refused: &[NotTaken]) {
        let (line, now) = (self.line(edge), clock::now());
        let mut state = line.state.lock();
        for one in refused {
            let (times, at) = state.not_taken.entry(one.why.clone()).or_insert((0, now));
            *times += 1;
            *at = now;
        }
    }

    /// The lines to all edges that were here once: one that was only registered is not missed.
    pub fn lines(&self) -> Result<Vec<LineNow>> {
        let known = self.rows("EXISTS (SELECT 1 FROM edge_given WHERE account = edge.account)")?;
        let lines = known.into_iter().map(|(edge, locations)| {
            let line = self.line(&edge);
            let state = line.state.lock();
            let (heard, skew) = (state.last_heard, state.skew);
            let is_silent = self.is_long_ago(heard);
            LineNow {
                skew,
                edge,
                locations,
                heard,
                is_silent,
                as_of: state.as_of.of(heard, is_silent),
            }
        });
        Ok(lines.collect())
    }

    /// Whether an edge that was here once is silent, by when it was heard last since this program was started.
    fn is_long_ago(&self, heard: Option<Timestamp>) -> bool {
        clock::now().0 - heard.unwrap_or(self.since).0 > silent_ms()
    }

    fn rows(&self, which: &str) -> Result<Vec<(ActorId, Vec<String>)>> {
        let database = self.database.lock();
        let query = format!("SELECT account, locations FROM edge WHERE {which} ORDER BY account");
        let mut query = database.prepare_cached(&query)?;
        let rows = query.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (id, locations) = row?;
            Ok((ActorId::new(id)?, serde_json::from_str(&locations)?))
        })
        .collect()
    }

    /// All edges.
    pub fn all(&self) -> Result<Vec<EdgeRow>> {
        let rows = self.rows("true")?.into_iter();
        let rows = rows.map(|(id, locations)| {
            let line = self.line(&id);
            let state = line.state.lock();
            let last_heard = state.last_heard;
            EdgeRow {
                last_heard,
                skew: state.skew.map(Skew::shown),
                as_of: state.as_of.of(last_heard, self.is_long_ago(last_heard)),
                not_taken: not_taken(&state),
                locations,
                id,
            }
        });
        Ok(rows.collect())
    }

    /// Notes what belongs to an edge. What belonged to it once may still be on its way here.
    fn give(&self, edge: &ActorId, facts: &Facts) -> Result<()> {
        let mut database = self.database.lock();
        let transaction = database.transaction()?;
        for one in &facts.resources {
            transaction.execute(
                "INSERT OR IGNORE INTO edge_given (account, kind, id) VALUES (?1, ?2, ?3)",
                params![edge.as_str(), one.key.kind, one.key.id],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn is_given(&self, edge: &ActorId, kind: &str, id: &str) -> Result<bool> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM edge_given WHERE account = ?1 AND kind = ?2 AND id = ?3)",
        )?;
        Ok(query.query_row(params![edge.as_str(), kind, id], |row| row.get(0))?)
    }

    /// Whether what an edge says of a device was heard before, by its entry in the journal there and since when it holds.
    /// An edge that has lost its data counts entries from the beginning again, at a later time.
    pub fn was_said(
        &self,
        edge: &ActorId,
        device: &DeviceId,
        (sequence, since): (u64, Timestamp),
    ) -> Result<bool> {
        let database = self.database.lock();
        let mut query = database.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM edge_said WHERE account = ?1 AND device = ?2 AND sequence >= ?3 AND since_ms >= ?4)",
        )?;
        let asked = params![
            edge.as_str(),
            device.as_str(),
            i64::try_from(sequence)?,
            since.0
        ];
        Ok(query.query_row(asked, |row| row.get(0))?)
    }

    /// What an edge says of a device is done.
    pub fn note_said(
        &self,
        edge: &ActorId,
        device: &DeviceId,
        (sequence, since): (u64, Timestamp),
    ) -> Result<()> {
        self.database.lock().execute(
            "INSERT OR REPLACE INTO edge_said (account, device, sequence, since_ms) VALUES (?1, ?2, ?3, ?4)",
            params![edge.as_str(), device.as_str(), i64::try_from(sequence)?, since.0],
        )?;
        Ok(())
    }

    fn line(&self, edge: &ActorId) -> Arc<Line> {
        let mut lines = self.lines.lock();
        Arc::clone(lines.entry(edge.clone()).or_default())
    }

    /// Asks an edge to do something, and waits until it has.
    pub async fn ask(
        &self,
        edge: &ActorId,
        alarm: &str,
        wish: Wish,
        by: &ActorId,
    ) -> Result<Acted, NotDone> {
        let line = self.line(edge);
        let id = uuid::Uuid::new_v4().to_string();
        let (answer, answered) = oneshot::channel();
        {
            let mut state = line.state.lock();
            if state.waiting.len() >= MOST_ASKED {
                return Err(NotDone::NoLine);
            }
            let asked = Asked {
                id: id.clone(),
                alarm: alarm.to_owned(),
                by: by.clone(),
                wish,
            };
            state.waiting.push_back((Instant::now(), asked));
            state.under_way.insert(id.clone(), answer);
        }
        line.news.notify_one();
        let said = timeout(ANSWERS, answered).await;
        let mut state = line.state.lock();
        state.waiting.retain(|(_, asked)| asked.id != id);
        state.under_way.remove(&id);
        match said {
            Ok(Ok(result)) => Ok(result?),
            _ => Err(NotDone::NoLine),
        }
    }

    /// What an edge is to do, each once. What waited for too long has nobody any more who waits for it.
    fn fetch(&self, edge: &ActorId) -> Vec<Asked> {
        let line = self.line(edge);
        let mut state = line.state.lock();
        state.last_heard = Some(clock::now());
        let waiting = std::mem::take(&mut state.waiting).into_iter();
        waiting
            .filter(|(since, _)| since.elapsed() < ANSWERS)
            .map(|(_, asked)| asked)
            .collect()
    }

    fn take_done(&self, edge: &ActorId, done: Vec<Done>) {
        let line = self.line(edge);
        let mut state = line.state.lock();
        for Done { id, result } in done {
            if let Some(answer) = state.under_way.remove(&id) {
                // Who asked may have left.
                let _ = answer.send(result);
            }
        }
    }
}

fn not_taken(state: &LineState) -> Vec<Aside> {
    let all = state.not_taken.iter();
    let all = all.map(|(why, (times, at))| Aside {
        why: why.clone(),
        times: *times,
        at: *at,
    });
    let mut all: Vec<Aside> = all.collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.at));
    all
}

/// How long an edge may say nothing: as the rule in force has it that calls somebody then.
fn silent_ms() -> i64 {
    let rules = ward_rules();
    let rule = rules.rule(SILENCE).map(|rule| &rule.when);
    match rule {
        Some(Condition::Absent { for_s, .. }) => i64::from(*for_s) * 1000,
        _ => SILENT_MS,
    }
}

impl Hospital {
    /// Hears an edge, and answers as soon as there is something for it.
    pub async fn hear_edge(&self, edge: &ActorId, up: Up) -> Result<Down, RecordError> {
        let store = |error: anyhow::Error| RecordError::Store(error.into());
        let came = clock::now();
        // One of before does not know which observations are its own, and would put those of here in their place.
        let knows_its_own = up.maintained.fetching.is_some();
        self.edges.take_done(edge, up.done);
        self.take_maintained(edge, up.maintained).map_err(store)?;
        let line = self.edges.line(edge);
        {
            let mut state = line.state.lock();
            state.skew = up.skew;
            state.as_of = AsOf::when_said(up.behind, came);
        }
        let mut commanded = self.devices.commands();
        let mut asked = self.edges.fetch(edge);
        let mut down = Down {
            to_maintain: self.to_maintain(edge).map_err(store)?,
            takes_behind: true,
            ..Down::default()
        };
        let may_wait = up.revision.is_some() || !self.ward.is_read();
        if asked.is_empty() && down.to_maintain.is_empty() && may_wait {
            tokio::select! {
                () = line.news.notified() => {}
                _ = commanded.recv() => {}
                () = tokio::time::sleep(NOTHING_NEW) => {}
            }
            asked = self.edges.fetch(edge);
            down.to_maintain = self.to_maintain(edge).map_err(store)?;
        }
        // Before that an edge would be told that nothing was written down here.
        if asked.is_empty() && self.ward.is_read() {
            let registry = self.belongings(edge, knows_its_own).await?;
            let revision = registry.revision();
            if up.revision.as_ref() == Some(&revision) {
                self.ward.leave_to(edge, registry.written());
            } else {
                self.note_edge(edge, edge, "edge-registry", &revision)
                    .await?;
                down.registry = Some(registry.into_registry());
                down.revision = Some(revision);
            }
        }
        down.asked = asked;
        down.clock = Some((came, clock::now()));
        Ok(down)
    }

    /// Writes to the ledger what somebody does with an edge, or what it is handed.
    pub async fn note_edge(
        &self,
        by: &ActorId,
        edge: &ActorId,
        act: &str,
        with: &str,
    ) -> Result<(), RecordError> {
        let device = DeviceId::new(edge.as_str());
        let device = device.map_err(|error| RecordError::Store(Box::new(error)))?;
        let with = Some((act, with));
        self.note_device(by, &device, act, with).await
    }

    /// The permit for what edges send and are handed.
    pub async fn for_edges(&self) -> Result<&Permit, RecordError> {
        let make = || self.own_permit("know what belongs to an edge", Action::ReadRecord);
        let permit = self.edges.permit.get_or_try_init(make);
        permit.await.map_err(|_| RecordError::NotPermitted)
    }

    /// What belongs to an edge now. Edges ask again and again: what the record says is found anew where it has changed.
    async fn belongings(
        &self,
        edge: &ActorId,
        knows_its_own: bool,
    ) -> Result<Belongings, RecordError> {
        let facts = self.facts_for(edge).await?;
        let written = if knows_its_own {
            self.written_for(edge).await?
        } else {
            Arc::default()
        };
        handed::with_beside(self, facts, written)
    }

    async fn written_for(&self, edge: &ActorId) -> Result<Arc<Facts>, RecordError> {
        let locations = self.edges.locations(edge);
        let locations = locations.map_err(|error| RecordError::Store(error.into()))?;
        let locations = locations.unwrap_or_default();
        let by = (
            self.edges.written.load(Ordering::Acquire),
            self.ward.look(|state| state.written_within(&locations)),
        );
        let line = self.edges.line(edge);
        let known = line.state.lock().written.clone();
        if let Some((_, written)) = known.filter(|(known, _)| *known == by) {
            return Ok(written);
        }
        let permit = self.for_edges().await?;
        let written = Arc::new(handed::written(self, permit, edge, &by.1).await?);
        line.state.lock().written = Some((by, Arc::clone(&written)));
        Ok(written)
    }

    async fn facts_for(&self, edge: &ActorId) -> Result<Arc<Facts>, RecordError> {
        let store = |error: anyhow::Error| RecordError::Store(error.into());
        let by = Sign {
            changes: self.edges.changes.load(Ordering::Acquire),
            locations: self
                .edges
                .locations(edge)
                .map_err(store)?
                .unwrap_or_default(),
            patients: self.ward.look(|state| state.patients_led_by(edge)),
        };
        let line = self.edges.line(edge);
        let now = clock::now();
        let is_so = |found: &&Found| {
            let until = found.facts.until;
            found.by == by && until.is_none_or(|until| now <= until)
        };
        let known = line
            .state
            .lock()
            .found
            .as_ref()
            .filter(is_so)
            .map(|found| Arc::clone(&found.facts));
        if let Some(known) = known {
            return Ok(known);
        }
        let permit = self.for_edges().await?;
        let found = handed::find(self, permit, &by.locations, by.patients.clone()).await?;
        let facts = Arc::new(found);
        self.edges.give(edge, &facts).map_err(store)?;
        line.state.lock().found = Some(Found {
            by,
            facts: Arc::clone(&facts),
        });
        Ok(facts)
    }

    /// Whether something belongs to an edge, or did once.
    pub async fn was_given(
        &self,
        edge: &ActorId,
        kind: &str,
        id: &str,
    ) -> Result<bool, RecordError> {
        let store = |error: anyhow::Error| RecordError::Store(error.into());
        if self.edges.is_given(edge, kind, id).map_err(store)? {
            return Ok(true);
        }
        {
            let line = self.edges.line(edge);
            let mut state = line.state.lock();
            let lately = |at: Instant| at.elapsed() < NOTHING_NEW;
            if state.looked_up.is_some_and(lately) {
                return Ok(false);
            }
            state.looked_up = Some(Instant::now());
            // What it may have heard of is not yet known to have changed.
            state.found = None;
        }
        self.facts_for(edge).await?;
        self.edges.is_given(edge, kind, id).map_err(store)
    }
}

#[cfg(test)]
mod tests;
