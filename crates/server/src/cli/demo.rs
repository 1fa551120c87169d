//! `demo`: a hospital with demo data, which enters through its own doors.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use ::devices::{Contents, Manifest, Package};
use anyhow::{Context, Result, bail};
use clap::Args;
use parking_lot::Mutex;
use policy::{Actor, PasswordHash, PasswordRule, Role};
use serde::Deserialize;
use vocabulary::{ActorId, PatientId, Text};

use crate::{
    cli::{
        at_home,
        door::OpenDoor,
        import::{Target, import},
        recordings::Recording,
        serve::Ports,
        simulate::Replay,
        simulated::Software,
    },
    clock,
    config::Config,
    devices::{self, NewDevice},
    hospital::{Hospital, hospital_actor, program},
    listen::{self, Doors},
};

/// Arguments of `yuanyi demo`.
#[derive(Args)]
pub struct Demo {
    /// Where to keep the demo hospital; a fresh temporary folder where none is given.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// One password for all demo accounts, instead of made ones.
    #[arg(long = "demo-password", value_name = "PASSWORD")]
    password: Option<String>,
    /// The folder of demo data.
    #[arg(long = "demo-files", value_name = "DIR")]
    files: Option<PathBuf>,
    #[command(flatten)]
    ports: Ports,
}

/// One account of `demo/accounts.toml`.
#[derive(Deserialize)]
struct DemoAccount {
    name: Text,
    roles: BTreeSet<Role>,
    patient: Option<PatientId>,
}

/// The account that demo data is sent under.
const IMPORTER: &str = "importer";

impl Demo {
    /// Serves the demo until interrupted.
    pub fn run(self) -> Result<()> {
        let started = Instant::now();
        let files = demo_files(self.files.as_deref())?;
        let temporary = match self.data {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("yuanyi-demo-").tempdir()?),
        };
        let mut config = Config::read(None)?;
        config.data = match (&self.data, &temporary) {
            (Some(data), _) => data.clone(),
            (None, Some(folder)) => folder.path().to_owned(),
            (None, None) => bail!("choose a data folder"),
        };
        // A demo takes images from whoever brings some.
        if config.calling_ae_titles.is_empty() {
            config.calling_ae_titles.push("*".to_owned());
        }
        config.receivers = ["li.terminal", "chen.expert"].map(str::to_owned).to_vec();
        config.issuers.insert(
            "YUANYI-DEMO".to_owned(),
            "https://demo.yuanyi.example/mrn".to_owned(),
        );
        self.ports.apply(&mut config);
        // Several demos may run beside each other; devices of this one are told the port.
        if config.mqtt == Config::default().mqtt
            && std::net::TcpListener::bind(&config.mqtt).is_err()
        {
            "127.0.0.1:0".clone_into(&mut config.mqtt);
        }
        crate::block_on(async move {
            let hospital = Hospital::open(config)?;
            let passwords = put_accounts(&hospital, &files, self.password.as_deref())?;
            let doors = listen::open(&hospital).await?;
            if hospital.is_new().await? {
                fill(&hospital, &doors, &files).await?;
                offer_upgrade(&hospital, &doors).await?;
                at_home::begin(&hospital, &doors, &files).await?;
            }
            begin_ward(&hospital, &doors, &files).await?;
            welcome(&hospital, &doors, &passwords, started);
            doors.until_interrupted(&hospital).await
        })
    }
}

/// The folder of demo data: as given, below the current folder, or where the program was built.
fn demo_files(given: Option<&Path>) -> Result<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let places = given.map_or_else(
        || vec![PathBuf::from("demo"), built],
        |given| vec![given.to_owned()],
    );
    let found = places
        .into_iter()
        .find(|place| place.join("accounts.toml").is_file());
    found.context("find the demo data: name its folder with --demo-files")
}

/// Makes the demo accounts; says each one's name, roles and password.
fn put_accounts(
    hospital: &Hospital,
    files: &Path,
    password: Option<&str>,
) -> Result<Vec<(ActorId, String, String)>> {
    let text =
        std::fs::read_to_string(files.join("accounts.toml")).context("read the demo accounts")?;
    let demo: BTreeMap<ActorId, DemoAccount> =
        toml::from_str(&text).context("understand demo/accounts.toml")?;
    let mut made = Vec::new();
    // Hashing is meant to be slow; one password for all is hashed once.
    let one = password
        .map(|password| PasswordHash::of(password, PasswordRule::Demo))
        .transpose()
        .context("use --demo-password")?;
    for (
        id,
        DemoAccount {
            name,
            roles,
            patient,
        },
    ) in demo
    {
        let actor = Actor {
            id,
            name: format!("{} {}", name.zh, name.en),
            roles,
            patient,
        };
        let (shown, hash) = if let (Some(hash), Some(password)) = (&one, password) {
            (password.to_owned(), hash.clone())
        } else {
            let password = policy::random_password();
            let hash =
                PasswordHash::of(&password, PasswordRule::Demo).context("hash a password")?;
            (password, hash)
        };
        hospital.accounts.put(&actor, &hash)?;
        made.push((actor.id, actor.name, shown));
    }
    let importer = program(IMPORTER);
    let unknown = PasswordHash::of(&policy::random_password(), PasswordRule::Hospital)?;
    hospital.accounts.put(&importer, &unknown)?;
    Ok(made)
}

/// Sends the demo data to the hospital's own ports, as a PACS and an EHR would.
async fn fill(hospital: &Arc<Hospital>, doors: &Doors, files: &Path) -> Result<()> {
    eprintln!("filling the demo hospital through its own ports");
    let importer = ActorId::new(IMPORTER)?;
    let token = hospital.accounts.issue(&importer, 600_000, None)?;
    let there = Target::There {
        base: doors.http_url(),
        token,
    };
    let people = import(&[files.join("fhir")], &there, None, &|_| {}).await?;
    eprintln!("  FHIR: {people}");
    if let Some(address) = doors.dicom_address() {
        let modality = Target::modality(address, &hospital.config.ae_title);
        let images = import(&[files.join("imaging")], &modality, None, &|_| {}).await?;
        eprintln!("  DICOM: {images}");
    }
    Ok(())
}

/// Publishes new software for the ward's monitors, over the hospital's own door, for a technician to roll out.
async fn offer_upgrade(hospital: &Arc<Hospital>, doors: &Doors) -> Result<()> {
    let technician = ActorId::new("he.technician")?;
    if hospital.accounts.find(&technician)?.is_none() {
        return Ok(());
    }
    // The software of a simulated device; it finds nothing wrong on any.
    let bytes = b"{}";
    let news = Text::new(
        "模拟监护仪的示例更新",
        "An example for the simulated monitors",
    );
    let named = ("bedside-monitor", "1.1.0");
    let made = clock::now();
    let manifest = Manifest::of(Contents::Software, named, bytes, made, news)?;
    let package = Package::file(&manifest.signed_by(hospital.keys.publisher()), bytes);
    let token = hospital.accounts.issue(&technician, 600_000, None)?;
    let door = OpenDoor::new(doors.http_url(), token);
    let publish = move || door.post_bytes("/devices/packages", &package);
    tokio::task::spawn_blocking(publish).await??;
    Ok(())
}

/// What the demo's ward has for devices: `demo/devices/ward.toml`.
#[derive(Deserialize)]
struct Ward {
    device: Vec<WardDevice>,
}

/// One of its devices.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct WardDevice {
    id: vocabulary::DeviceId,
    profile: String,
    name: String,
    patient: Option<PatientId>,
    location: Option<String>,
    carrier: Option<String>,
    #[serde(flatten)]
    sends: Sends,
}

/// What a device of the ward sends.
#[derive(Deserialize)]
#[serde(untagged, rename_all_fields = "kebab-case")]
enum Sends {
    /// A recording, from a place of it on.
    Recorded { recording: String, from_s: u64 },
    /// Values that nobody measured, so often.
    MadeUp { made_up_every_s: u32 },
}

/// What simulated devices come with.
const FIRST_SOFTWARE: &str = "1.0.0";
/// Recorded minutes go by so many times faster, so that a visitor sees something happen.
const WARD_SPEED: f64 = 10.0;

/// Lets the ward's devices send over the hospital's MQTT port, as long as the demo runs.
async fn begin_ward(hospital: &Arc<Hospital>, doors: &Doors, files: &Path) -> Result<()> {
    let folder = files.join("devices");
    let list = folder.join("ward.toml");
    let (Some(mqtt), true) = (doors.mqtt_address(), list.is_file()) else {
        return Ok(());
    };
    let ward: Ward = toml::from_str(&std::fs::read_to_string(list)?)
        .context("understand demo/devices/ward.toml")?;
    for (seed, one) in (1..).zip(ward.device) {
        let new = NewDevice {
            profile: one.profile,
            name: Some(one.name),
            patient: one.patient,
            location: one.location,
            serial: None,
            carrier: one.carrier,
            said_by: None,
            since: None,
        };
        let known = hospital.devices.find(&one.id).is_some();
        if !known
            && let Err(error) = devices::register(hospital, &hospital_actor(), &one.id, &new).await
        {
            // Other demo data, without this ward.
            eprintln!("  {}: could not {error}", one.id);
            continue;
        }
        hospital.devices.kept.revoke(&one.id)?;
        let token = hospital.devices.kept.issue(&one.id)?;
        let profiles = hospital.devices.profiles();
        let (recording, from_s, speed) = match &one.sends {
            Sends::Recorded { recording, from_s } => {
                let file = folder.join(recording);
                let read = Recording::read(&file, None, profiles)?;
                (read, *from_s, WARD_SPEED)
            }
            Sends::MadeUp { made_up_every_s } => {
                let profile = profiles.get(&new.profile);
                let profile = profile.context("find the kind of a device of the demo")?;
                let made_up = Recording::made_up(profile, seed);
                (made_up.seldom(*made_up_every_s), 0, 1.0)
            }
        };
        let software = Software::new(
            (one.id.as_str(), &new.profile, &token),
            &doors.http_url(),
            hospital.upgrades.trusted.clone(),
            FIRST_SOFTWARE,
            None,
        )?;
        let replay = Replay {
            recording,
            software: Arc::new(Mutex::new(software)),
            token,
            device: one.id.to_string(),
            mqtt,
            from_s,
            speed,
        };
        tokio::spawn(async move {
            if let Err(error) = replay.run(None).await {
                tracing::warn!(%error, "a simulated device ended");
            }
        });
    }
    Ok(())
}

fn welcome(
    hospital: &Hospital,
    doors: &Doors,
    passwords: &[(ActorId, String, String)],
    started: Instant,
) {
    println!();
    println!("元医 Yuanyi — a metaverse hospital for research and education; not a medical device");
    println!();
    println!("  open       {}", doors.http_url());
    println!("  with TLS   {}", doors.https_text());
    println!(
        "  DICOM      {} AE {}",
        doors.dicom_text(),
        hospital.config.ae_title
    );
    println!("  MQTT       {}", doors.mqtt_text());
    println!("  voice      {}", doors.media_text());
    println!("  data       {}", hospital.config.data.display());
    println!(
        "  follow-up  {}/scenarios/follow-up: li.terminal's work list; what wu.patient answers, on a phone",
        doors.http_url()
    );
    println!();
    for (id, name, password) in passwords {
        println!("  {:<16} {password:<24} {name}", id.as_str());
    }
    println!();
    println!(
        "ready after {:.1} s, at {}; stop with Ctrl-C",
        started.elapsed().as_secs_f64(),
        clock::now()
    );
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Whoever comes with a patient is let in by the record alone, and beside somebody who can sign in too.
    #[test]
    fn each_relative_comes_with_a_patient_who_has_an_account() {
        let files = demo_files(None).unwrap();
        let read = |name: &str| std::fs::read_to_string(files.join(name)).unwrap();
        let accounts: BTreeMap<ActorId, DemoAccount> =
            toml::from_str(&read("accounts.toml")).unwrap();
        let sent: Value = serde_json::from_str(&read("fhir/hospital.json")).unwrap();
        let entries = sent["entry"].as_array().unwrap();
        let with = |account: &ActorId| {
            let mut resources = entries.iter().map(|entry| &entry["resource"]);
            let person = resources.find(|one| {
                one["resourceType"] == "RelatedPerson"
                    && one["active"] == true
                    && one["identifier"][0]["system"] == "urn:yuanyi:account"
                    && one["identifier"][0]["value"] == account.as_str()
            });
            person.and_then(|one| one["patient"]["reference"].as_str())
        };
        let own: BTreeSet<String> = accounts
            .values()
            .filter_map(|one| one.patient.as_ref())
            .map(|patient| format!("Patient/{patient}"))
            .collect();
        let relatives: Vec<&ActorId> = accounts
            .iter()
            .filter(|(_, one)| one.roles.contains(&Role::RelatedPerson))
            .map(|(account, _)| account)
            .collect();
        assert_eq!(relatives.len(), 1);
        for account in relatives {
            let patient = with(account);
            assert!(
                patient.is_some_and(|patient| own.contains(patient)),
                "{account}: {patient:?}"
            );
        }
    }
}
