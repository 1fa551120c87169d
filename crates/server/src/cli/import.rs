//! `import`: files, folders and archives into a hospital.

use std::{
    fmt,
    fs::File,
    io::{IsTerminal, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use clap::Args;
use dicom::scu::{self, Peer};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    cli::{
        Place,
        archive::{self, Source},
        door::reason,
        nights::{self, Bundle, FollowUps, InArchive},
    },
    hospital::Hospital,
    intake,
};

/// Arguments of `yuanyi import`.
#[derive(Args)]
pub struct Import {
    /// DICOM files, FHIR bundles or resources (JSON), results of devices (HL7 v2, .hl7), folders of them, or archives
    /// (.zip, .tar.zst, .zst); nights at home as recordings (EDF, BDF), as the folder of a therapy device's card, or as a
    /// ZIP of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Whose nights these are: a patient's identifier, as VALUE or SYSTEM|VALUE. They go into the follow-up at home that
    /// counts nights.
    #[arg(long, value_name = "IDENTIFIER")]
    patient: Option<String>,
    /// A running hospital, `http://ADDR:PORT`; else the data folder is opened directly.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The bearer token for --to, from `yuanyi token new`.
    #[arg(long, env = "YUANYI_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Print the name of each item once it is safely kept.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    place: Place,
}

/// What became of the items of an import.
#[derive(Default)]
pub struct Summary {
    taken: usize,
    refused: Vec<(String, String)>,
    left_out: Vec<(String, String)>,
}

impl Summary {
    /// Notes what became of an item: what was left out of it, or why it was refused.
    fn note(&mut self, name: String, outcome: Result<Vec<String>>) {
        match outcome {
            Ok(left_out) => {
                self.taken += 1;
                let left_out = left_out.into_iter();
                let of = left_out.map(|what| (name.clone(), what));
                self.left_out.extend(of);
            }
            Err(error) => self.refused.push((name, format!("{error:#}"))),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "taken: {}, refused: {}", self.taken, self.refused.len())?;
        self.refused
            .iter()
            .try_for_each(|(name, why)| write!(f, "\nrefused {name}: {why}"))?;
        self.left_out
            .iter()
            .try_for_each(|(name, why)| write!(f, "\nleft out of {name}: {why}"))
    }
}

/// Where an import goes.
pub enum Target {
    /// A hospital of this process.
    Here(Arc<Hospital>),
    /// A running hospital, by its HTTP address and a token.
    There {
        /// `http://ADDR:PORT`
        base: String,
        /// A bearer token.
        token: String,
    },
    /// A DICOM application entity.
    Modality {
        /// Where it listens.
        address: SocketAddr,
        /// Its AE title.
        title: String,
    },
}

impl Import {
    /// Imports and reports.
    pub fn run(self) -> Result<()> {
        crate::block_on(async {
            let target = match self.to {
                Some(base) => {
                    let token = self
                        .token
                        .context("send to a running hospital without a token: give --token")?;
                    Target::There {
                        base: base.trim_end_matches('/').to_owned(),
                        token,
                    }
                }
                None => Target::Here(Hospital::open(self.place.config()?)?),
            };
            let kept = |name: &str| {
                if self.list {
                    println!("kept {name}");
                }
            };
            let summary = import(&self.paths, &target, self.patient.as_deref(), &kept).await?;
            if let Target::Here(hospital) = &target {
                hospital.devices.save()?;
            }
            println!("{summary}");
            if summary.taken == 0 && !summary.refused.is_empty() {
                bail!("take any of it");
            }
            Ok(())
        })
    }
}

/// Sends everything below `paths` to `target`, nights into a follow-up of this patient; `kept` hears of each item that is
/// safely there. A broken item costs that item only.
pub async fn import(
    paths: &[PathBuf],
    target: &Target,
    patient: Option<&str>,
    kept: &dyn Fn(&str),
) -> Result<Summary> {
    let mut found = Found::default();
    for path in paths {
        let collected = found.collect(path);
        collected.with_context(|| format!("read {}", path.display()))?;
    }
    let progress = Progress::new(found.files.len() + found.nights.len());
    let mut summary = Summary::default();
    for (name, why) in found.refused {
        summary.note(name, Err(why));
    }
    for (name, source) in found.files {
        let opened = tokio::task::spawn_blocking({
            let name = name.clone();
            move || items(name, &source).map(one_by_one)
        })
        .await?;
        match opened {
            Ok(items) => {
                let (strays, items): (Vec<_>, Vec<_>) = items
                    .into_iter()
                    .partition(|(name, _)| nights::is_recording(Path::new(name)));
                for (name, _) in strays {
                    let why = "look for nights in archives other than ZIP: unpack it before";
                    summary.note(name, Err(anyhow::anyhow!(why)));
                }
                for (name, outcome) in target.take(items, kept).await {
                    summary.note(name, outcome);
                }
            }
            Err(error) => summary.note(name, Err(error)),
        }
        progress.step(summary.taken);
    }
    if found.nights.is_empty() {
        return Ok(summary);
    }
    let theirs = FollowUps::find(target, patient).await;
    for bundle in found.nights {
        let name = bundle.name.clone();
        let outcome = match &theirs {
            Ok(theirs) => theirs.take(bundle).await,
            Err(why) => Err(anyhow::anyhow!("{why:#}")),
        };
        if outcome.is_ok() {
            kept(&name);
        }
        summary.note(name, outcome);
        progress.step(summary.taken);
    }
    Ok(summary)
}

impl Target {
    /// A DICOM application entity.
    pub fn modality(address: SocketAddr, title: &str) -> Self {
        Self::Modality {
            address,
            title: title.to_owned(),
        }
    }

    /// Hands over the items of one file; says of each what became of it.
    async fn take(
        &self,
        items: Vec<(String, Bytes)>,
        kept: &dyn Fn(&str),
    ) -> Vec<(String, Result<Vec<String>>)> {
        if let Self::Modality { address, title } = self {
            let sent = send(*address, title, items).await.into_iter();
            let nothing =
                |(name, outcome): (String, Result<()>)| (name, outcome.map(|()| Vec::new()));
            return sent.map(nothing).collect();
        }
        let mut outcomes = Vec::with_capacity(items.len());
        for (name, bytes) in items {
            let outcome = match self {
                Self::Here(hospital) => intake::take(hospital, bytes).await,
                Self::There { base, token } => {
                    let (base, token) = (base.clone(), token.clone());
                    let posted =
                        tokio::task::spawn_blocking(move || post(&base, &token, &bytes)).await;
                    posted.map_err(Into::into).flatten()
                }
                Self::Modality { .. } => Ok(Vec::new()),
            };
            if outcome.is_ok() {
                kept(&name);
            }
            outcomes.push((name, outcome));
        }
        outcomes
    }
}

/// Sends objects by C-STORE over one association.
async fn send(
    address: SocketAddr,
    title: &str,
    items: Vec<(String, Bytes)>,
) -> Vec<(String, Result<()>)> {
    let peer = Peer {
        address: address.to_string(),
        called: title.to_owned(),
        calling: "YUANYI-DEMO".to_owned(),
        timeout: Duration::from_mins(1),
        encryption: None,
        memory: std::sync::Arc::default(),
    };
    let (names, files): (Vec<String>, Vec<Bytes>) = items.into_iter().unzip();
    match scu::send(&peer, &files, |_| {}).await {
        Ok(mut sent) => {
            sent.sort_by_key(|one| one.index);
            let outcomes = sent
                .into_iter()
                .map(|one| one.outcome.map_err(anyhow::Error::msg));
            names.into_iter().zip(outcomes).collect()
        }
        Err(error) => names
            .into_iter()
            .map(|name| (name, Err(anyhow::anyhow!("{error}"))))
            .collect(),
    }
}

/// Sends one item to a running hospital: DICOM by STOW-RS, messages of HL7 v2 as results of devices, anything else as
/// FHIR; what was left out of it.
fn post(base: &str, token: &str, bytes: &Bytes) -> Result<Vec<String>> {
    let (url, kind, body) = if intake::is_dicom(bytes) {
        let boundary = "yuanyi-import-part";
        let mut body =
            format!("--{boundary}\r\nContent-Type: application/dicom\r\n\r\n").into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/related; type=\"application/dicom\"; boundary={boundary}");
        (format!("{base}/dicom-web/studies"), kind, body)
    } else if intake::is_hl7(bytes) {
        (
            format!("{base}/api/devices/results"),
            "x-application/hl7-v2+er7".to_owned(),
            bytes.to_vec(),
        )
    } else {
        (
            format!("{base}/fhir"),
            "application/fhir+json".to_owned(),
            bytes.to_vec(),
        )
    };
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut answer = agent
        .post(&url)
        .header("Authorization", &format!("Bearer {token}"))
        .header("Content-Type", &kind)
        .send(&body[..])
        .with_context(|| format!("reach {base}"))?;
    if !answer.status().is_success() {
        let said = answer.body_mut().read_to_string().unwrap_or_default();
        let body: Value = serde_json::from_str(&said).unwrap_or_default();
        let why = reason(&body).unwrap_or("it gives no reason");
        bail!("send it ({}): {why}", answer.status());
    }
    if !intake::is_hl7(bytes) {
        return Ok(Vec::new());
    }
    let said = answer.body_mut().read_to_string()?;
    let Taken { left_out } = serde_json::from_str(&said).context("read the answer")?;
    Ok(left_out)
}

/// What a running hospital answers to a message of HL7 v2.
#[derive(Deserialize)]
struct Taken {
    left_out: Vec<String>,
}

/// What lies below the paths of an import.
#[derive(Default)]
struct Found {
    /// Each by its name.
    files: Vec<(String, Source)>,
    nights: Vec<Bundle>,
    /// Cards without nights, and archives that cannot be read.
    refused: Vec<(String, anyhow::Error)>,
}

impl Found {
    /// Takes all files below a path, in a steady order; of a card its nights.
    fn collect(&mut self, path: &Path) -> std::io::Result<()> {
        if path.is_dir() {
            let mut all = inside(path)?;
            if nights::is_card(path) {
                let name = path.join("").display().to_string();
                let of_card = Bundle::of_card(&name, &nights::on_card(path)?);
                if of_card.is_empty() {
                    self.without_nights(path.display().to_string());
                }
                self.nights.extend(of_card);
                all.retain(|path| !nights::is_of_card(path));
            }
            return all.iter().try_for_each(|path| self.collect(path));
        }
        path.metadata()?;
        let name = path.display().to_string();
        if archive::is_zip(path) {
            match archive::listed(path) {
                Ok(files) => self.take_archive(&name, files),
                Err(why) => self.refused.push((name, why)),
            }
            return Ok(());
        }
        let source = Source::File(path.to_owned());
        if nights::is_recording(path) {
            self.nights.push(Bundle::of_recording(name, path, source));
        } else {
            self.files.push((name, source));
        }
        Ok(())
    }

    /// Takes what an archive holds; each of its files is an item by itself.
    fn take_archive(&mut self, name: &str, files: Vec<(String, Source)>) {
        let held = InArchive::of(name, files);
        for card in held.empty {
            self.without_nights(card);
        }
        self.nights.extend(held.nights);
        self.files.extend(held.others);
    }

    fn without_nights(&mut self, card: String) {
        let why = anyhow::anyhow!("there are no nights on this card");
        self.refused.push((card, why));
    }
}

/// What a folder holds, in a steady order; hidden ones left out.
pub fn inside(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut inside: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|found| found.map(|found| found.path()))
        .collect::<Result<_, _>>()?;
    inside.retain(|path| {
        path.file_name()
            .is_some_and(|name| !name.as_encoded_bytes().starts_with(b"."))
    });
    inside.sort();
    Ok(inside)
}

/// The most bytes that one item may have.
const LARGEST: u64 = 2 << 30;

/// The items of a file: itself, or those of the archive that it is.
fn items(name: String, source: &Source) -> Result<Vec<(String, Bytes)>> {
    let path = match source {
        Source::File(path) => path,
        Source::Packed { .. } if archive::is_archive(Path::new(&name)) => {
            bail!("look into an archive that lies in another: unpack it before")
        }
        Source::Packed { .. } => return Ok(vec![(name, source.read()?)]),
    };
    let file = File::open(path)?;
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".tar.zst") {
        return tar_items(&name, zstd::Decoder::new(file).context("unpack it")?);
    }
    if path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("zst"))
    {
        let bytes = read(zstd::Decoder::new(file).context("unpack it")?)?;
        return Ok(vec![(name, bytes)]);
    }
    if path.extension().is_some_and(|ending| ending == "ndjson") {
        let lines = read(file)?;
        let lines = lines
            .split(|byte| *byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.is_empty());
        return Ok(lines
            .map(|(at, line)| (format!("{name}:{}", at + 1), Bytes::copy_from_slice(line)))
            .collect());
    }
    Ok(vec![(name, read(file)?)])
}

/// Each message of HL7 v2 is an item by itself, also where a file holds many.
fn one_by_one(items: Vec<(String, Bytes)>) -> Vec<(String, Bytes)> {
    let each = |(name, bytes): (String, Bytes)| {
        let ending = Path::new(&name).extension();
        if !ending.is_some_and(|ending| ending.eq_ignore_ascii_case("hl7")) {
            return vec![(name, bytes)];
        }
        let messages = hl7v2::messages(&bytes);
        // What holds none is refused by its name.
        if messages.is_empty() {
            return vec![(name, bytes)];
        }
        let is_one = messages.len() == 1;
        let named = messages.into_iter().enumerate().map(|(at, message)| {
            let name = if is_one {
                name.clone()
            } else {
                format!("{name}:{}", at + 1)
            };
            (name, Bytes::from(message))
        });
        named.collect()
    };
    items.into_iter().flat_map(each).collect()
}

/// All bytes of a source that has no more than an item may have.
pub fn read(source: impl Read) -> Result<Bytes> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        bail!("read it: it has more than {} GiB", LARGEST >> 30);
    }
    Ok(bytes.into())
}

fn tar_items(name: &str, source: impl Read) -> Result<Vec<(String, Bytes)>> {
    let mut found = Vec::new();
    for entry in tar::Archive::new(source).entries().context("unpack it")? {
        let entry = entry.context("unpack it")?;
        if entry.header().entry_type().is_file() {
            let inside = format!("{name}:{}", entry.path()?.display());
            found.push((inside, read(entry)?));
        }
    }
    Ok(found)
}

/// A bar on a terminal, a line each ten seconds otherwise.
struct Progress {
    bar: Option<ProgressBar>,
    files: usize,
    said: std::cell::Cell<Instant>,
    done: std::cell::Cell<usize>,
}

impl Progress {
    fn new(files: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("importing {wide_bar} {pos}/{len} files, {eta} left");
            ProgressBar::new(files as u64)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self {
            bar,
            files,
            said: Instant::now().into(),
            done: 0.into(),
        }
    }

    fn step(&self, taken: usize) {
        self.done.set(self.done.get() + 1);
        if let Some(bar) = &self.bar {
            bar.inc(1);
        } else if self.said.get().elapsed() > Duration::from_secs(10) {
            self.said.set(Instant::now());
            eprintln!(
                "importing: {} of {} files, {taken} items taken",
                self.done.get(),
                self.files
            );
        }
    }
}
