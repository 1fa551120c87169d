//! `import` of nights: recordings and the card of a therapy device, into a patient's follow-up at home, by the way that
//! its page sends them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
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
        archive::Source,
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

/// What of a card may be read, each file by its path below it.
pub fn on_card(card: &Path) -> std::io::Result<Vec<(String, Source)>> {
    let at_top = [STATISTICS, MACHINE].map(|name| (name.to_owned(), card.join(name)));
    let mut files: Vec<_> = at_top
        .into_iter()
        .filter(|(_, file)| file.is_file())
        .collect();
    let nights = card.join(NIGHTS);
    if nights.is_dir() {
        for night in inside(&nights)?.iter().filter(|night| night.is_dir()) {
            let of_night = inside(night)?.into_iter().map(|file| {
                let path = format!("{NIGHTS}/{}/{}", name_of(night), name_of(&file));
                (path, file)
            });
            files.extend(of_night);
        }
    }
    let files = files
        .into_iter()
        .map(|(path, file)| (path, Source::File(file)));
    Ok(files.collect())
}

/// The folder of its night, where a file of a card tells something of one.
fn night_of(path: &str) -> Option<&str> {
    let (folder, file) = path.rsplit_once('/')?;
    let night = folder.strip_prefix(NIGHTS)?.strip_prefix('/')?;
    let stays = STAYING.iter().any(|ending| file.ends_with(ending));
    let is_told = !night.contains('/') && is_recording(Path::new(file)) && !stays;
    is_told.then_some(folder)
}

/// What lies in an archive.
#[derive(Default)]
pub struct InArchive {
    /// Its recordings, and what its cards hold.
    pub nights: Vec<Bundle>,
    /// Cards without nights, by their names.
    pub empty: Vec<String>,
    /// What is none of it, by its name.
    pub others: Vec<(String, Source)>,
}

impl InArchive {
    /// Looks which files of an archive are nights, by their paths in it.
    pub fn of(archive: &str, files: Vec<(String, Source)>) -> Self {
        let paths = files.iter().filter_map(|(path, _)| card_of(path));
        let cards: BTreeSet<String> = paths.map(str::to_owned).collect();
        let mut on_cards: BTreeMap<&str, Vec<(String, Source)>> = BTreeMap::new();
        let mut found = Self::default();
        for (path, source) in files {
            let card = steps(&path)
                .find(|(above, part)| cards.contains(*above) && is_of_card(Path::new(part)))
                .and_then(|(above, _)| cards.get(above));
            let name = format!("{archive}:{path}");
            if let Some(card) = card {
                let below = path.strip_prefix(card.as_str()).unwrap_or(&path);
                let on_card = on_cards.entry(card).or_default();
                on_card.push((below.to_owned(), source));
            } else if is_recording(Path::new(&path)) {
                let recording = Bundle::of_recording(name, Path::new(&path), source);
                found.nights.push(recording);
            } else {
                found.others.push((name, source));
            }
        }
        for (card, files) in on_cards {
            let name = format!("{archive}:{card}");
            let of_card = Bundle::of_card(&name, &files);
            if of_card.is_empty() {
                found.empty.push(name);
            }
            found.nights.extend(of_card);
        }
        found
    }
}

/// Each folder that a path goes through, as what the path begins with, and what comes next in it.
fn steps(path: &str) -> impl Iterator<Item = (&str, &str)> {
    path.split_inclusive('/').scan(0_usize, move |at, part| {
        let above = path.get(..*at)?;
        *at += part.len();
        Some((above, part))
    })
}

/// What the path of a file begins with that lies on a card.
fn card_of(path: &str) -> Option<&str> {
    let mut steps = steps(path);
    let card =
        steps.find(|(_, part)| *part == STATISTICS || part.strip_suffix('/') == Some(NIGHTS));
    card.map(|(above, _)| above)
}

/// Files that go together: a recording, or of a card its statistics or one night.
pub struct Bundle {
    /// What people know it by.
    pub name: String,
    /// Each by its path below the card.
    files: Vec<(String, Source)>,
}

impl Bundle {
    /// A recording.
    pub fn of_recording(name: String, file: &Path, source: Source) -> Self {
        Self {
            name,
            files: vec![(name_of(file), source)],
        }
    }

    /// The statistics of a card, then its nights. Which machine wrote it is said with each. The card's name is what
    /// theirs begin with.
    pub fn of_card(card: &str, files: &[(String, Source)]) -> Vec<Self> {
        let named = |name: &'static str| files.iter().filter(move |(path, _)| path == name);
        let machine: Vec<_> = named(MACHINE).cloned().collect();
        let bundle = |of: &str, mut files: Vec<(String, Source)>| {
            files.extend(machine.iter().cloned());
            Self {
                name: format!("{card}{of}"),
                files,
            }
        };
        let statistics = named(STATISTICS).map(|one| bundle(STATISTICS, vec![one.clone()]));
        let mut all: Vec<Self> = statistics.collect();
        let mut nights: BTreeMap<&str, Vec<(String, Source)>> = BTreeMap::new();
        for (path, source) in files {
            if let Some(night) = night_of(path) {
                let of_night = nights.entry(night).or_default();
                of_night.push((path.clone(), source.clone()));
            }
        }
        let nights = nights.into_iter();
        all.extend(nights.map(|(night, files)| bundle(night, files)));
        all
    }

    /// As the page sends it: a recording goes with its saturation only. What is none, is said by who takes it.
    fn read(&self) -> Result<Value> {
        let is_one = self.files.len() == 1;
        let (mut files, mut cut) = (Vec::new(), Vec::new());
        for (path, source) in &self.files {
            let mut bytes = source.read()?;
            if is_one && let Ok(Some(thin)) = signals::saturation_only(&bytes) {
                bytes = thin.file.into();
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn an_archive_is_cards_recordings_and_what_else_lies_in_it() {
        let paths = [
            "Zhao/DATALOG/20230821/20230822_001118_BRP.edf",
            "Zhao/DATALOG/20230821/20230822_001118_PLD.edf",
            "Zhao/DATALOG/20230822/20230823_001118_PLD.edf",
            "Zhao/DATALOG/20230822/deeper/20230823_001118_PLD.edf",
            "Zhao/Identification.crc",
            "Zhao/Identification.tgt",
            "Zhao/SETTINGS/a.tgt",
            "Zhao/STR.edf",
            "flow/DATALOG/20230821/20230822_001118_BRP.edf",
            "flow/letter.txt",
            "nights/1.EDF",
        ];
        let file = |path: &str| (path.to_owned(), Source::File(PathBuf::new()));
        let found = InArchive::of("all.zip", paths.map(file).into());
        let nights = found.nights.iter().map(|bundle| {
            let paths = bundle.files.iter().map(|(path, _)| path.as_str());
            (bundle.name.as_str(), paths.collect::<Vec<_>>())
        });
        let machine = "Identification.tgt";
        let expected = [
            ("all.zip:nights/1.EDF", vec!["1.EDF"]),
            ("all.zip:Zhao/STR.edf", vec!["STR.edf", machine]),
            (
                "all.zip:Zhao/DATALOG/20230821",
                vec!["DATALOG/20230821/20230822_001118_PLD.edf", machine],
            ),
            (
                "all.zip:Zhao/DATALOG/20230822",
                vec!["DATALOG/20230822/20230823_001118_PLD.edf", machine],
            ),
        ];
        assert_eq!(nights.collect::<Vec<_>>(), expected);
        assert_eq!(found.empty, ["all.zip:flow/"]);
        let others = found.others.iter().map(|(name, _)| name.as_str());
        assert_eq!(others.collect::<Vec<_>>(), ["all.zip:flow/letter.txt"]);
    }
}
