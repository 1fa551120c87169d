//! `import` of nights: recordings and the card of a therapy device, into a patient's follow-up at home, by the way that
//! its page sends them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use policy::{Action, Object};
use record::{Match, ResourceQuery, Term};
use scenario::{Method, Request};
use serde_json::{Value, json};

use crate::{
    cli::{
        door::{OpenDoor, text},
        import::{Target, inside},
    },
    hospital::{Hospital, program},
    scenarios::InHospital,
};

const FOLLOW_UP: &str = "follow-up";
/// Endings of recordings.
const RECORDINGS: [&str; 3] = ["edf", "bdf", "rec"];
const STATISTICS: &str = "STR.edf";
const MACHINE: &str = "Identification.tgt";
const NIGHTS: &str = "DATALOG";
/// What belongs to a card, whatever its ending; check sums lie beside.
const OF_CARD: [&str; 6] = [
    "STR",
    "DATALOG",
    "Identification",
    "SETTINGS",
    "CurrentSettings",
    "JOURNAL",
];
const CHECK_SUM: &str = "crc";
/// Flow and cycles of breathing stay on the card: they are by far the largest, and nothing is reckoned of them.
const STAYING: [&str; 2] = ["_BRP.edf", "_CSL.edf"];

/// Whether a file is a recording.
pub fn is_recording(file: &Path) -> bool {
    let ending = file.extension().unwrap_or_default();
    RECORDINGS
        .iter()
        .any(|one| ending.eq_ignore_ascii_case(one))
}

/// Whether a folder is the card of a therapy device.
pub fn is_card(folder: &Path) -> bool {
    folder.join(STATISTICS).is_file() || folder.join(NIGHTS).is_dir()
}

/// Whether what lies in the folder of a card belongs to it.
pub fn is_of_card(path: &Path) -> bool {
    let name = name_of(path);
    let stem = name.split('.').next().unwrap_or_default();
    let ending = path.extension().unwrap_or_default();
    OF_CARD.contains(&stem) || ending.eq_ignore_ascii_case(CHECK_SUM)
}

/// Files that go together: a recording, or of a card its statistics or one night.
pub struct Bundle {
    /// What people know it by.
    pub name: String,
    /// Each by its path below the card.
    files: Vec<(String, PathBuf)>,
}

impl Bundle {
    /// A recording.
    pub fn of_recording(file: PathBuf) -> Self {
        Self {
            name: file.display().to_string(),
            files: vec![(name_of(&file), file)],
        }
    }

    /// The statistics of a card, then its nights. Which machine wrote it is said with each.
    pub fn of_card(card: &Path) -> std::io::Result<Vec<Self>> {
        let named = |name: &str| {
            let file = card.join(name);
            file.is_file().then(|| (name.to_owned(), file))
        };
        let bundle = |of: &Path, mut files: Vec<(String, PathBuf)>| {
            files.extend(named(MACHINE));
            Self {
                name: of.display().to_string(),
                files,
            }
        };
        let statistics = named(STATISTICS);
        let mut all: Vec<Self> = statistics
            .into_iter()
            .map(|statistics| bundle(&statistics.1.clone(), vec![statistics]))
            .collect();
        let nights = card.join(NIGHTS);
        if !nights.is_dir() {
            return Ok(all);
        }
        for night in inside(&nights)?.iter().filter(|night| night.is_dir()) {
            let files = inside(night)?.into_iter().filter(|file| {
                let name = name_of(file);
                is_recording(file) && !STAYING.iter().any(|ending| name.ends_with(ending))
            });
            let files = files.map(|file| {
                let path = format!("{NIGHTS}/{}/{}", name_of(night), name_of(&file));
                (path, file)
            });
            let files: Vec<_> = files.collect();
            if !files.is_empty() {
                all.push(bundle(night, files));
            }
        }
        Ok(all)
    }

    /// As the page sends it: a recording goes with its saturation only. What is none, is said by who takes it.
    fn read(&self) -> Result<Value> {
        let is_one = self.files.len() == 1;
        let (mut files, mut cut) = (Vec::new(), Vec::new());
        for (path, file) in &self.files {
            let mut bytes =
                std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            if is_one && let Ok(Some(thin)) = signals::saturation_only(&bytes) {
                bytes = thin.file;
                cut.extend(thin.cut.map(|cut| {
                    json!({"path": path, "missing_s": cut.missing_s, "left_out_s": cut.left_out_s})
                }));
            }
            files.push(json!({"path": path, "base64": STANDARD.encode(bytes)}));
        }
        Ok(json!({"files": files, "cut": cut}))
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The follow-ups of one patient that count nights.
pub struct FollowUps<'a> {
    target: &'a Target,
    ids: Vec<String>,
}

impl<'a> FollowUps<'a> {
    /// Finds those of the patient with this identifier, `VALUE` or `SYSTEM|VALUE`.
    pub async fn find(target: &'a Target, patient: Option<&str>) -> Result<Self> {
        let identifier = patient.context("tell whose nights these are: give --patient")?;
        let patients = patients(target, identifier).await?;
        let patient = match patients.as_slice() {
            [one] => one,
            [] => bail!("no patient whom you may see has the identifier {identifier}"),
            _ => bail!(
                "tell which patient is meant: several have the identifier {identifier}; give SYSTEM|VALUE"
            ),
        };
        let mut ids = Vec::new();
        let all = ask(target, format!("patients/{patient}/courses"), None).await?;
        for row in all.as_array().into_iter().flatten() {
            let Some(id) = text(row, "id") else { continue };
            let one = ask(target, format!("courses/{id}"), None).await?;
            if one.get("nights").is_some_and(|nights| !nights.is_null()) {
                ids.push(id.to_owned());
            }
        }
        if ids.is_empty() {
            bail!("this patient has no follow-up that counts nights: begin one before");
        }
        Ok(Self { target, ids })
    }

    /// Sends files of nights to each; what was left out of them, which is the same for all.
    pub async fn take(&self, bundle: Bundle) -> Result<Vec<String>> {
        let body = tokio::task::spawn_blocking(move || bundle.read()).await??;
        let mut left_out = Vec::new();
        for id in &self.ids {
            let path = format!("courses/{id}/nights");
            let said = ask(self.target, path, Some(body.clone())).await?;
            let broken = said.pointer("/read/broken").and_then(Value::as_array);
            let broken = broken.into_iter().flatten().filter_map(|file| {
                let why = file.pointer("/why/en").and_then(Value::as_str)?;
                Some(format!("{}: {why}", text(file, "path")?))
            });
            let short = said.pointer("/read/short").and_then(Value::as_array);
            let short = short.into_iter().flatten().filter_map(|night| {
                let why = night.pointer("/why/en").and_then(Value::as_str)?;
                Some(format!("night of {}: {why}", text(night, "date")?))
            });
            left_out = broken.chain(short).collect();
        }
        Ok(left_out)
    }
}

/// Reads at a path below the follow-ups' own where nothing is given, else posts it.
async fn ask(target: &Target, path: String, body: Option<Value>) -> Result<Value> {
    match target {
        Target::Here(hospital) => {
            let scenario = registry::find(FOLLOW_UP);
            let scenario = scenario.context("find the follow-ups of this hospital")?;
            let request = Request {
                method: body.as_ref().map_or(Method::Get, |_| Method::Post),
                path: path.split('/').map(str::to_owned).collect(),
                actor: program("importer"),
                body: body.unwrap_or_default(),
            };
            let context = InHospital(Arc::clone(hospital));
            Ok(scenario.handle(&context, request).await?.body)
        }
        Target::There { base, token } => {
            let door = OpenDoor::new(base.clone(), token.clone());
            let path = format!("/scenarios/{FOLLOW_UP}/{path}");
            let asked = move || match body {
                Some(body) => door.post(&path, &body),
                None => door.get(&path),
            };
            tokio::task::spawn_blocking(asked).await?
        }
        Target::Modality { .. } => bail!("send nights by DICOM"),
    }
}

/// The patients who have this identifier.
async fn patients(target: &Target, identifier: &str) -> Result<Vec<String>> {
    match target {
        Target::Here(hospital) => known_here(hospital, identifier).await,
        Target::There { base, token } => {
            let door = OpenDoor::new(base.clone(), token.clone());
            let identifier = identifier.to_owned();
            let found = move || door.search("Patient", ("identifier", identifier.as_str()));
            let bundle = tokio::task::spawn_blocking(found).await??;
            let entries = bundle.get("entry").and_then(Value::as_array);
            let ids = entries.into_iter().flatten().filter_map(|entry| {
                let id = entry.pointer("/resource/id").and_then(Value::as_str)?;
                Some(id.to_owned())
            });
            Ok(ids.collect())
        }
        Target::Modality { .. } => bail!("find patients by DICOM"),
    }
}

async fn known_here(hospital: &Hospital, identifier: &str) -> Result<Vec<String>> {
    let actor = program("importer");
    let permit = hospital.ask(&actor, Action::ReadRecord, &Object::Everyone);
    let permit = permit.await?;
    let (system, code) = match identifier.split_once('|') {
        Some((system, code)) => (Some(system.to_owned()), code),
        None => (None, identifier),
    };
    let query = ResourceQuery {
        kind: "Patient".to_owned(),
        terms: vec![Term {
            parameter: "identifier".to_owned(),
            any_of: vec![Match::Token {
                system,
                code: Some(code.to_owned()),
            }],
        }],
        sort: vec![],
        limit: 2,
        offset: 0,
    };
    let found = hospital.record.search(&permit, &query).await?;
    Ok(found.rows.into_iter().map(|row| row.key.id).collect())
}
