//! Packages that devices of an edge are read by or are to install: fetched from the cloud beside all else that goes over
//! the line, a piece at a time and no faster than the line may carry, kept where it broke off, and looked at once whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use ::devices::{Contents, MOST_NOTE, MOST_PACKAGE, Package, PackageError};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use ureq::{Body, http::Response};
use vocabulary::Digest;

use super::{AGAIN, AGAIN_AT_MOST, Edge};
use crate::{
    hospital::{Hospital, hospital_actor},
    upgrades::{self, UpgradeError},
};

/// The most bytes that are asked for at once.
const PIECE: u64 = 256 << 10;
/// Where the line has a bound, so much is asked for at once as it carries in this time, and at least this.
const PIECE_S: u64 = 2;
const LEAST_PIECE: u64 = 4 << 10;
/// A package's file has no more bytes.
const MOST: u64 = (MOST_PACKAGE + MOST_NOTE + 1) as u64;

/// What is to be fetched.
#[derive(Default)]
pub struct Packages {
    /// What devices are to install and is not here.
    wanted: BTreeSet<Digest>,
    /// Why something is not taken that was fetched.
    refused: BTreeMap<Digest, String>,
    /// What was not whole when it seemed to be, and was begun anew.
    begun_anew: BTreeSet<Digest>,
    /// How far it is.
    under_way: Option<UnderWay>,
}

/// How far a package has been fetched.
#[derive(Clone, Debug, Serialize)]
pub struct UnderWay {
    package: Digest,
    bytes: u64,
    /// How many it has, once that is known.
    of: Option<u64>,
    /// Why it does not go on now.
    fault: Option<String>,
}

/// What an answer of the cloud holds.
enum Piece {
    /// From this byte on, of so many.
    From(u64, Option<u64>),
    /// Nothing more: all is here.
    Nothing,
}

/// Fetches what is wanted until the hospital closes.
pub async fn follow(hospital: Arc<Hospital>, edge: Arc<Edge>, mut closed: watch::Receiver<bool>) {
    let mut pause = AGAIN;
    let mut may_ask = Instant::now();
    loop {
        let fetched = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            fetched = async {
                sleep_until(may_ask).await;
                fetch_next(&hospital, &edge).await
            } => fetched,
        };
        match fetched {
            Ok(Some(bytes)) => {
                pause = AGAIN;
                if let Some(rate) = edge.bytes_per_s {
                    may_ask = Instant::now() + Duration::from_secs_f64(bytes as f64 / rate as f64);
                }
            }
            Ok(None) => tokio::select! {
                _ = closed.wait_for(|closed| *closed) => return,
                () = edge.package_wanted.notified() => {}
            },
            Err(error) => {
                tracing::warn!(%error, "a package for devices waits for the line");
                if let Some(under_way) = &mut edge.packages.lock().under_way {
                    under_way.fault = Some(format!("{error:#}"));
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

/// Fetches one more piece; how many bytes, or nothing where nothing is to be fetched.
async fn fetch_next(hospital: &Arc<Hospital>, edge: &Arc<Edge>) -> Result<Option<u64>> {
    let Some(package) = edge.next_package(hospital)? else {
        edge.packages.lock().under_way = None;
        return Ok(None);
    };
    let asks = Arc::clone(edge);
    let (bytes, is_whole) =
        tokio::task::spawn_blocking(move || asks.fetch_piece(&package)).await??;
    if is_whole {
        look_at(hospital, edge, package).await?;
    }
    Ok(Some(bytes))
}

/// Looks at a package that seems to be whole, and takes it where somebody signed it who is trusted here.
async fn look_at(hospital: &Hospital, edge: &Edge, package: Digest) -> Result<()> {
    let part = edge.part(&package);
    let file = tokio::fs::read(&part).await.context("read a package")?;
    let file = Bytes::from(file);
    let read = Package::read(&file, &hospital.upgrades.trusted);
    let read = read.map(|(read, _)| (read.id() == package, read.manifest.contents));
    // What went to disk just before the power failed may be something else.
    let is_damaged = matches!(
        read,
        Ok((false, _)) | Err(PackageError::OtherBytes | PackageError::Malformed(_))
    );
    if is_damaged && edge.packages.lock().begun_anew.insert(package) {
        return Ok(fs::remove_file(part)?);
    }
    let refused = match read {
        Ok((false, _)) => Some("the edge was given another package".to_owned()),
        _ => match upgrades::publish(hospital, &hospital_actor(), &file).await {
            Ok(_) => None,
            Err(UpgradeError::Package(error)) => {
                let why = error.text();
                Some(format!("{} · {}", why.zh, why.en))
            }
            Err(error) => return Err(error.into()),
        },
    };
    if let Some(why) = refused {
        tracing::warn!(%package, why, "a package of the cloud is not taken");
        edge.packages.lock().refused.insert(package, why);
    } else if matches!(read, Ok((true, Contents::Profile))) {
        // Its devices are taken over again, to be read by it.
        edge.outbox.forget_revision()?;
    }
    edge.let_package_go(&package)
}

impl Edge {
    /// Whether a package is here that a device is to install, or why the edge does not take it; nothing while it is
    /// fetched.
    pub fn package(&self, hospital: &Hospital, package: Digest) -> Option<Result<(), String>> {
        if hospital.upgrades.package(&package).is_some() {
            return Some(Ok(()));
        }
        let mut packages = self.packages.lock();
        if let Some(why) = packages.refused.get(&package) {
            return Some(Err(why.clone()));
        }
        packages.wanted.insert(package);
        self.package_wanted.notify_one();
        None
    }

    /// No device is to install it any more, or it is here.
    pub fn let_package_go(&self, package: &Digest) -> Result<()> {
        self.packages.lock().wanted.remove(package);
        match fs::remove_file(self.part(package)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whoever was to install it knows that it is not taken: who orders it once more has it fetched once more.
    pub fn forget_refused(&self, package: &Digest) {
        self.packages.lock().refused.remove(package);
    }

    /// Whether nothing more is fetched of a package: it is here, or not taken.
    pub fn has_looked_at(&self, hospital: &Hospital, package: &Digest) -> bool {
        hospital.upgrades.package(package).is_some()
            || self.packages.lock().refused.contains_key(package)
    }

    /// How far what is fetched now is.
    pub fn package_under_way(&self) -> Option<UnderWay> {
        self.packages.lock().under_way.clone()
    }

    fn next_package(&self, hospital: &Hospital) -> Result<Option<Digest>> {
        let profiles = self.outbox.packages()?;
        let packages = self.packages.lock();
        // What a device is to install first: somebody waits for it.
        let mut all = packages.wanted.iter().chain(&profiles);
        let next = all.find(|one| {
            hospital.upgrades.package(one).is_none() && !packages.refused.contains_key(*one)
        });
        Ok(next.copied())
    }

    /// Where a package lies that is not whole. What has such a name is no package yet.
    fn part(&self, package: &Digest) -> PathBuf {
        self.parts.join(format!("{package}.part"))
    }

    /// Fetches one more piece of a package; how many bytes, and whether it is whole now. What came before the line broke
    /// stays.
    fn fetch_piece(&self, package: &Digest) -> Result<(u64, bool)> {
        let part = self.part(package);
        let have = fs::metadata(&part).map_or(0, |known| known.len());
        let piece = self
            .bytes_per_s
            .map_or(PIECE, |rate| (rate * PIECE_S).clamp(LEAST_PIECE, PIECE));
        self.note_package(package, have, None);
        let asked = self
            .agent
            .get(format!("{}/api/edge/packages/{package}", self.cloud))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Range", format!("bytes={have}-{}", have + piece - 1))
            .call();
        let mut answer = asked.context("reach the cloud")?;
        let (first, of) = match piece_of(&answer, have)? {
            Piece::From(first, of) => (first, of),
            Piece::Nothing => return Ok((0, true)),
        };
        if of.is_some_and(|of| of > MOST) {
            bail!("fetch a package: it has more bytes than a package may have");
        }
        let mut file = OpenOptions::new();
        let mut file = file.create(true).append(true).open(&part)?;
        file.set_len(first)?;
        let (mut came, mut buffer) = (0, [0; 16 << 10]);
        let mut body = answer.body_mut().as_reader().take(MOST + 1 - first);
        let broke = loop {
            match body.read(&mut buffer) {
                Ok(0) => break None,
                Ok(count) => {
                    file.write_all(buffer.get(..count).unwrap_or_default())?;
                    came += count as u64;
                    self.note_package(package, first + came, of);
                }
                Err(error) => break Some(error),
            }
        };
        file.sync_all()?;
        let is_whole = of.map_or(broke.is_none(), |of| first + came >= of);
        match broke {
            Some(error) if came == 0 => Err(error).context("fetch a package from the cloud"),
            _ => Ok((came, is_whole)),
        }
    }

    fn note_package(&self, package: &Digest, bytes: u64, of: Option<u64>) {
        let mut packages = self.packages.lock();
        let known = packages.under_way.take();
        let known = known.filter(|known| known.package == *package);
        packages.under_way = Some(UnderWay {
            package: *package,
            bytes,
            of: of.or_else(|| known.and_then(|known| known.of)),
            fault: None,
        });
    }
}

/// Which part of a package an answer holds to who has so many bytes of it.
fn piece_of(answer: &Response<Body>, have: u64) -> Result<Piece> {
    let text = |name: &str| answer.headers().get(name)?.to_str().ok();
    match answer.status().as_u16() {
        206 => {
            let range = text("content-range").and_then(|range| {
                let (part, of) = range.strip_prefix("bytes ")?.split_once('/')?;
                let (first, _) = part.split_once('-')?;
                Some((first.parse().ok()?, of.parse().ok()?))
            });
            match range {
                Some((first, of)) if first == have => Ok(Piece::From(first, Some(of))),
                _ => bail!(
                    "fetch a package: the cloud answers with another part than it was asked for"
                ),
            }
        }
        // A cloud that knows no parts begins anew.
        200 => {
            let of = text("content-length").and_then(|length| length.parse().ok());
            Ok(Piece::From(0, of))
        }
        416 if have > 0 => Ok(Piece::Nothing),
        status => bail!("fetch a package from the cloud: it answers {status}"),
    }
}
