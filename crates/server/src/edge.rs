//! An edge: this program beside the devices, which works alone and sends what it keeps to the hospital in the cloud
//! as far as there is a line.
//!
//! Steps of its alarms go out first, in their order: after days without a line nobody should act on what was so then. What
//! people wrote down goes out between the readings; what the cloud knows of the ward comes down, and with it what people
//! in the cloud ask of these alarms.
//!
//! A reading is acknowledged once it is in the edge's own record and in the outbox. What waits goes out in its
//! order, and leaves the outbox when the cloud says that it is on disk there. What goes out twice, since that word
//! was lost, is one reading in the cloud.

mod line;
mod maintained;
mod outbox;
mod packages;
mod registry;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use parking_lot::Mutex;
use policy::Permit;
use record::{
    Arrived, ReadingPage, RecordError, RollUp, Room, SeriesQuery, SeriesSummary, Signals,
    SpanQuery, Taken,
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, broadcast, watch},
    time::{Instant, sleep, sleep_until},
};
use vocabulary::Timestamp;

use crate::{
    clock,
    config::Config,
    edges::{Skew, SkewShown},
    tls, upgrades,
};
pub use line::{follow_journal, hold};
pub use maintained::is_to_install;
pub use outbox::{Aside, OUTBOX};
use outbox::{Batch, Outbox, Waits, What};
pub use packages::follow as follow_packages;
use packages::{Packages, UnderWay};

/// So many readings go out at once, about.
const AT_ONCE: usize = 2_000;
/// How long it is waited after a failure, at first and at most.
const AGAIN: Duration = Duration::from_millis(500);
const AGAIN_AT_MOST: Duration = Duration::from_secs(30);
/// How long the cloud may take to answer.
const ANSWERS: Duration = Duration::from_mins(1);

/// The cloud's words for a body that it will not take however often it comes.
const CANNOT_READ: [u16; 3] = [400, 413, 422];

/// The edge's side of the line.
pub struct Edge {
    outbox: Outbox,
    agent: ureq::Agent,
    cloud: String,
    token: String,
    /// How many bytes may go out in a second; as many as the line takes where it is not set.
    bytes_per_s: Option<u64>,
    /// How many readings go out at once: fewer after a batch that did not get through, down to a single arrival.
    at_once: AtomicUsize,
    /// Wakes who sends.
    wake: watch::Sender<u64>,
    line: Mutex<Line>,
    /// Why the registry of the cloud is not taken over now.
    registry_fault: Mutex<Option<String>>,
    /// How the clock of this machine differs from the cloud's, and when that was found last.
    skew: Mutex<Option<(Skew, Timestamp)>>,
    /// Whether the cloud takes how old is what waits here, as it said last.
    takes_behind: AtomicBool,
    /// What is fetched for devices.
    packages: Mutex<Packages>,
    package_wanted: Notify,
    /// Where packages lie that are not whole.
    parts: PathBuf,
}

/// How the line is.
#[derive(Clone, Debug, Default, Serialize)]
struct Line {
    /// When the cloud took something last.
    last_sent: Option<Timestamp>,
    /// Why nothing goes out now.
    fault: Option<String>,
}

/// What the edge says of itself.
#[derive(Debug, Serialize)]
pub struct EdgeState {
    cloud: String,
    #[serde(flatten)]
    line: Line,
    waiting: Waits,
    /// Why the cloud does not take some of it, the latest first.
    not_taken: Vec<Aside>,
    registry: RegistryState,
    clock: ClockState,
    /// How much room this machine has for readings.
    room: Room,
    /// The package for devices that is fetched now.
    package: Option<UnderWay>,
}

/// How the edge stands with what the cloud hands down.
#[derive(Debug, Serialize)]
struct RegistryState {
    /// When it was taken over last.
    at: Option<Timestamp>,
    /// Why it is not now.
    fault: Option<String>,
}

/// How the clock of this machine is.
#[derive(Debug, Serialize)]
struct ClockState {
    /// How it differs from the cloud's.
    skew: Option<SkewShown>,
    /// When that was found, since this program was started.
    at: Option<Timestamp>,
    /// Whether it says an earlier time than when something was written down here: it is wrong, whatever it was before.
    is_behind: bool,
}

/// What the cloud says to a batch: all that is not named here is on its disk.
#[derive(Debug, Deserialize, Serialize)]
pub struct CloudAnswer {
    /// By their places in the batch.
    pub refused: Vec<NotTaken>,
}

/// Something that the cloud does not take, also when it comes again.
#[derive(Debug, Deserialize, Serialize)]
pub struct NotTaken {
    /// Its place in the batch.
    pub index: usize,
    /// Why, as a fragment that completes "could not …".
    pub why: String,
}

impl Edge {
    /// The edge of the configuration; nothing where it is none.
    pub fn open(config: &Config) -> Result<Option<Arc<Self>>> {
        let Some(cloud) = &config.cloud else {
            return Ok(None);
        };
        let Some(file) = &config.cloud_token else {
            bail!("send to the cloud without a token: set cloud_token to a file that holds one");
        };
        let token = std::fs::read_to_string(file)
            .with_context(|| format!("read the cloud's token in {}", file.display()))?;
        storage::own_folder(&config.data)?;
        Ok(Some(Arc::new(Self {
            outbox: Outbox::open(&config.data)?,
            agent: agent(cloud, config.cloud_ca.as_deref())?,
            cloud: cloud.trim_end_matches('/').to_owned(),
            token: token.trim().to_owned(),
            bytes_per_s: config.cloud_kbit_s.map(|kbit| u64::from(kbit.max(1)) * 125),
            at_once: AtomicUsize::new(AT_ONCE),
            wake: watch::channel(0).0,
            line: Mutex::default(),
            registry_fault: Mutex::default(),
            skew: Mutex::default(),
            takes_behind: AtomicBool::default(),
            packages: Mutex::default(),
            package_wanted: Notify::new(),
            parts: upgrades::folder_in(&config.data),
        })))
    }

    /// Puts behind what waits what may have been kept and not put there when the program ended: what the cloud has
    /// already is there once.
    pub fn put_again(&self, last: &[Arrived]) {
        // Without room it starts all the same: it watches its beds.
        if let Err(error) = self.outbox.put_now(last) {
            tracing::error!(%error, "the last readings could not be put into the outbox");
        }
    }

    /// How it stands, with so much room for readings.
    pub fn state(&self, room: Room) -> Result<EdgeState> {
        let taken_over = self.outbox.revision()?.map(|(_, at)| at);
        let waiting = self.outbox.waits()?;
        let found = self.skew.lock().map(|(skew, at)| (skew.shown(), at));
        let is_behind = is_behind(clock::now(), [taken_over, waiting.newest], found);
        let (skew, at) = found.unzip();
        Ok(EdgeState {
            cloud: self.cloud.clone(),
            line: self.line.lock().clone(),
            waiting,
            not_taken: self.outbox.aside()?,
            clock: ClockState {
                skew,
                at,
                is_behind,
            },
            registry: RegistryState {
                at: taken_over,
                fault: self.registry_fault.lock().clone(),
            },
            room,
            package: self.package_under_way(),
        })
    }

    /// How it stands, for who must not wait for the disk.
    pub async fn stands(self: &Arc<Self>, room: Room) -> Result<EdgeState> {
        let edge = Arc::clone(self);
        tokio::task::spawn_blocking(move || edge.state(room)).await?
    }

    /// Sends one batch; how many bytes it had. One that a slow line or the cloud does not take is tried in smaller
    /// pieces; the arrival in it that the cloud cannot read is put aside, so that the others go on.
    fn send(&self, batch: &Batch) -> Result<usize> {
        let sent = self.send_whole(batch);
        let at_once = self.at_once.load(Ordering::Relaxed);
        let next = match &sent {
            Ok(_) => (at_once * 2).min(AT_ONCE),
            Err(_) => (at_once / 2).max(1),
        };
        self.at_once.store(next, Ordering::Relaxed);
        sent
    }

    fn send_whole(&self, batch: &Batch) -> Result<usize> {
        let body = zstd::encode_all(&*batch.what.json()?, 3)?;
        let door = match batch.what {
            What::Readings(_) => "readings",
            What::Alarms(_) => "alarms",
            What::Written(_) => "written",
        };
        let sent = self
            .agent
            .post(format!("{}/api/edge/{door}", self.cloud))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/zstd")
            .send(&body[..]);
        let mut answer = sent.context("reach the cloud")?;
        let status = answer.status();
        if CANNOT_READ.contains(&status.as_u16()) && batch.is_least {
            let why = format!("be read by the cloud, which answers {status}");
            let aside: Vec<_> = (0..batch.what.len())
                .map(|index| (index, why.clone()))
                .collect();
            tracing::warn!(%status, "the cloud cannot read what it was sent; it is kept here");
            self.outbox.sent(batch, &aside)?;
            return Ok(body.len());
        }
        if !status.is_success() {
            bail!("send to the cloud: it answers {status}");
        }
        let said = answer.body_mut().read_to_string();
        let said: CloudAnswer = serde_json::from_str(&said.context("hear the cloud's answer")?)
            .context("understand the cloud's answer")?;
        let refused: Vec<(usize, String)> = said
            .refused
            .into_iter()
            .map(|one| (one.index, one.why))
            .collect();
        if !refused.is_empty() {
            tracing::warn!(
                count = refused.len(),
                "the cloud does not take some of what it was sent; it is kept here"
            );
        }
        self.outbox.sent(batch, &refused)?;
        Ok(body.len())
    }

    /// Tries once more what the cloud did not take, which may have by now what it lacked. How much that is.
    pub fn try_again(&self) -> Result<u64> {
        let count = self.outbox.try_again()?;
        self.wake.send_modify(|count| *count += 1);
        Ok(count)
    }

    /// Sends what goes out next; whether there was something.
    async fn send_next(self: &Arc<Self>) -> Result<Option<usize>> {
        let edge = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let at_once = edge.at_once.load(Ordering::Relaxed);
            let Some(batch) = edge.outbox.next(at_once)? else {
                return Ok(None);
            };
            edge.send(&batch).map(Some)
        })
        .await?
    }
}

/// Whether it is earlier than when something was written down here. What was while the clock was ahead says nothing once
/// it was found right.
fn is_behind(
    now: Timestamp,
    written: [Option<Timestamp>; 2],
    found: Option<(SkewShown, Timestamp)>,
) -> bool {
    let is_right = found.is_some_and(|(skew, _)| !skew.is_wrong());
    let written = written.into_iter().filter(|_| !is_right);
    let mut all = written.chain([found.map(|(_, at)| at)]).flatten();
    all.any(|written| now < written)
}

/// Who speaks with the cloud; over TLS the cloud must show a certificate that one of these has signed.
fn agent(cloud: &str, authorities: Option<&Path>) -> Result<ureq::Agent> {
    if authorities.is_none() {
        // Registries, hashes of passwords and the edge's own token go over it.
        if cloud.starts_with("http:") && !tls::is_on_this_machine(cloud) {
            bail!(
                "speak with the cloud in the clear: write https:// and set cloud_ca, or end a tunnel on this machine"
            );
        }
        if cloud.starts_with("https:") {
            bail!("trust the cloud: set cloud_ca to a file with who signed its certificate");
        }
    }
    tls::agent(ANSWERS, authorities)
}

/// Sends until the hospital closes.
pub async fn follow(edge: Arc<Edge>, mut closed: watch::Receiver<bool>) {
    let tries = Arc::clone(&edge);
    // The program may be another by now, as may the cloud's.
    let tried = tokio::task::spawn_blocking(move || tries.try_again()).await;
    if let Ok(Err(error)) = tried {
        tracing::error!(%error, "what the cloud did not take could not be put into the outbox");
    }
    let mut wake = edge.wake.subscribe();
    let mut pause = AGAIN;
    let mut may_send = Instant::now();
    loop {
        wake.borrow_and_update();
        let sent = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            sent = async {
                sleep_until(may_send).await;
                edge.send_next().await
            } => sent,
        };
        match sent {
            Ok(Some(bytes)) => {
                pause = AGAIN;
                let mut line = edge.line.lock();
                line.last_sent = Some(clock::now());
                line.fault = None;
                drop(line);
                if let Some(rate) = edge.bytes_per_s {
                    may_send = Instant::now() + Duration::from_secs_f64(bytes as f64 / rate as f64);
                }
            }
            Ok(None) => {
                tokio::select! {
                    _ = closed.wait_for(|closed| *closed) => return,
                    _ = wake.changed() => {}
                }
            }
            Err(error) => {
                let is_new = {
                    let mut line = edge.line.lock();
                    line.fault.replace(format!("{error:#}")).is_none()
                };
                if is_new {
                    tracing::warn!(%error, "the line to the cloud is down; readings wait");
                }
                tokio::select! {
                    _ = closed.wait_for(|closed| *closed) => return,
                    () = sleep(pause) => {}
                }
                pause = (pause * 2).min(AGAIN_AT_MOST);
            }
        }
    }
}

/// The signals of an edge: what they acknowledge is in the outbox as well.
pub struct Forwarded {
    /// The edge's own.
    own: Arc<dyn Signals>,
    /// Where they go.
    edge: Arc<Edge>,
}

impl Forwarded {
    /// The signals as they are, but for an edge.
    pub fn where_an_edge(own: impl Signals, edge: Option<&Arc<Edge>>) -> Arc<dyn Signals> {
        let own: Arc<dyn Signals> = Arc::new(own);
        match edge {
            None => own,
            Some(edge) => Arc::new(Self {
                own,
                edge: Arc::clone(edge),
            }),
        }
    }
}

/// Does something to its end, also where nobody waits for it any more.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, RecordError>> + Send + 'static,
) -> Result<T, RecordError> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| RecordError::Store(Box::new(error)))?
}

#[async_trait]
impl Signals for Forwarded {
    async fn append(&self, arrived: Vec<Arrived>) -> Result<Vec<Taken>, RecordError> {
        let (own, edge) = (Arc::clone(&self.own), Arc::clone(&self.edge));
        // What the record takes goes out, also where who sent it goes meanwhile and does not come again.
        to_its_end(async move {
            let taken = own.append(arrived.clone()).await?;
            // Also what the record knew: a first try may have ended between the record and the outbox.
            edge.outbox.put(arrived).await?;
            edge.wake.send_modify(|count| *count += 1);
            Ok(taken)
        })
        .await
    }

    fn live(&self, permit: &Permit) -> Result<broadcast::Receiver<Arc<Arrived>>, RecordError> {
        self.own.live(permit)
    }

    fn unkept(&self, permit: &Permit) -> Result<broadcast::Receiver<Arc<Arrived>>, RecordError> {
        self.own.unkept(permit)
    }

    fn room(&self) -> Room {
        self.own.room()
    }

    async fn series(
        &self,
        permit: &Permit,
        query: &SeriesQuery,
    ) -> Result<Vec<SeriesSummary>, RecordError> {
        self.own.series(permit, query).await
    }

    async fn read(
        &self,
        permit: &Permit,
        span: &SpanQuery,
        limit: usize,
    ) -> Result<ReadingPage, RecordError> {
        self.own.read(permit, span, limit).await
    }

    async fn rollup(
        &self,
        permit: &Permit,
        span: &SpanQuery,
        points: usize,
    ) -> Result<RollUp, RecordError> {
        self.own.rollup(permit, span, points).await
    }

    async fn seal(&self) -> Result<(), RecordError> {
        self.own.seal().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An edge of a cloud that does not answer.
    pub(super) fn config(data: &Path) -> Config {
        let token = data.join("cloud-token");
        std::fs::write(&token, "token").unwrap();
        Config {
            data: data.join("data"),
            cloud: Some("http://127.0.0.1:9".to_owned()),
            cloud_token: Some(token),
            ..Config::default()
        }
    }

    #[test]
    fn what_was_written_down_while_the_clock_was_ahead_says_nothing_once_it_was_found_right() {
        let off = |ahead_ms| {
            let doubt_ms = 30;
            Some(Skew { ahead_ms, doubt_ms }.shown())
        };
        let (now, later) = (Timestamp(1_000), Some(Timestamp(3_600_000)));
        for (skew, expected) in [(None, true), (off(-3_600_000), true), (off(20), false)] {
            let found = skew.map(|skew| (skew, Timestamp(500)));
            assert_eq!(is_behind(now, [later, None], found), expected);
            assert_eq!(is_behind(now, [None, later], found), expected);
            assert!(!is_behind(now, [None, None], found));
        }
        let found = off(20).map(|skew| (skew, Timestamp(2_000)));
        assert!(is_behind(now, [None, None], found));
    }
}
