//! `device`: the registry of a running hospital, tokens, and simulated devices.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    Place,
    door::{Door, OpenDoor, text},
};

/// Tasks of `yuanyi device`.
#[derive(Subcommand)]
pub enum Device {
    /// Register a device, or change it; prints a new token where it has none.
    Add {
        /// Its id, which is its MQTT client id.
        id: String,
        /// What kind it is of: `yuanyi device profiles` names all.
        #[arg(long)]
        profile: String,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
        /// Whose values it measures, by the FHIR id.
        #[arg(long)]
        patient: Option<String>,
        /// Where it is: the FHIR id of a Location.
        #[arg(long)]
        location: Option<String>,
        /// Its maker's number.
        #[arg(long)]
        serial: Option<String>,
        /// Who or what carries it, where it is a tag: Practitioner/ACCOUNT or Device/ID.
        #[arg(long)]
        carrier: Option<String>,
        #[command(flatten)]
        door: Door,
    },
    /// List the devices, when each was heard, and what was refused.
    List {
        #[command(flatten)]
        door: Door,
    },
    /// Print a new token for a device and nothing else.
    Token {
        /// The device.
        id: String,
        #[command(flatten)]
        door: Door,
    },
    /// Take a certificate in PEM form as a device's.
    Certificate {
        /// The device.
        id: String,
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        door: Door,
    },
    /// End all tokens and certificates of a device; it is put out at once.
    Revoke {
        /// The device.
        id: String,
        /// Also take it out of service.
        #[arg(long)]
        retire: bool,
        #[command(flatten)]
        door: Door,
    },
    /// Put a device back into service that was taken out of it, as nobody's; prints its new token and nothing else.
    Reinstate {
        /// The device.
        id: String,
        #[command(flatten)]
        door: Door,
    },
    /// Ask a device to do something.
    Command {
        /// The device.
        id: String,
        /// What, in the words of its kind.
        command: String,
        /// With what, as JSON.
        #[arg(long, default_value = "{}")]
        parameters: String,
        #[command(flatten)]
        door: Door,
    },
    /// Make a key that signs packages for devices, and print the key that others check them with.
    Key(super::package::NewKey),
    /// Make a signed package of software, or of a new version of a profile.
    Pack(super::package::Pack),
    /// Publish a package; it goes to no device by that.
    Publish {
        /// The package, of `yuanyi device pack`.
        package: PathBuf,
        #[command(flatten)]
        door: Door,
    },
    /// Replay a recording as a device, over MQTT.
    Simulate(super::simulate::Simulate),
    /// List the kinds of devices with their streams; no hospital needed.
    Profiles {
        #[command(flatten)]
        place: Place,
    },
}

impl Device {
    /// Does it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Add {
                id,
                profile,
                name,
                patient,
                location,
                serial,
                carrier,
                door,
            } => {
                let hospital = door.open()?;
                let new = json!({
                    "profile": profile, "name": name, "patient": patient,
                    "location": location, "serial": serial, "carrier": carrier,
                });
                let device = hospital.put(&path(&id, "")?, &new)?;
                if device.get("credentials").and_then(Value::as_u64) == Some(0) {
                    println!("{}", new_token(&hospital, &id, "/token")?);
                }
                Ok(())
            }
            Self::List { door } => {
                list(&door.open()?.get("/devices")?);
                Ok(())
            }
            Self::Token { id, door } => {
                println!("{}", new_token(&door.open()?, &id, "/token")?);
                Ok(())
            }
            Self::Certificate { id, file, door } => {
                let pem = std::fs::read_to_string(&file)
                    .with_context(|| format!("read {}", file.display()))?;
                let taken = door.open()?.post_text(&path(&id, "/certificate")?, &pem)?;
                println!("sha256 {}", text(&taken, "sha256").unwrap_or_default());
                println!("until {}", text(&taken, "valid_until").unwrap_or_default());
                Ok(())
            }
            Self::Revoke { id, retire, door } => {
                let end = if retire { "" } else { "/token" };
                let ended = door.open()?.delete(&path(&id, end)?)?;
                let count = ended.get("revoked").and_then(Value::as_u64).unwrap_or(0);
                println!("revoked: {count}");
                Ok(())
            }
            Self::Reinstate { id, door } => {
                println!("{}", new_token(&door.open()?, &id, "/reinstate")?);
                Ok(())
            }
            Self::Command {
                id,
                command,
                parameters,
                door,
            } => {
                let parameters: Value =
                    serde_json::from_str(&parameters).context("read --parameters as JSON")?;
                let asked = json!({"command": command, "parameters": parameters});
                let kept = door.open()?.post(&path(&id, "/commands")?, &asked)?;
                println!("{}", text(&kept, "id").unwrap_or_default());
                Ok(())
            }
            Self::Key(task) => task.run(),
            Self::Pack(task) => task.run(),
            Self::Publish { package, door } => {
                let file = std::fs::read(&package)
                    .with_context(|| format!("read {}", package.display()))?;
                let taken = door.open()?.post_bytes("/devices/packages", &file)?;
                println!("{}", text(&taken, "id").unwrap_or_default());
                Ok(())
            }
            Self::Simulate(task) => task.run(),
            Self::Profiles { place } => {
                let own = crate::own::taken(place.config()?.own_settings.as_deref())?;
                profiles(&own.profiles);
                Ok(())
            }
        }
    }
}

/// The path of a device, which must be one.
fn path(id: &str, end: &str) -> Result<String> {
    let id = vocabulary::DeviceId::new(id).context("use this id")?;
    Ok(format!("/devices/{id}{end}"))
}

fn new_token(hospital: &OpenDoor, id: &str, end: &str) -> Result<String> {
    let issued = hospital.post(&path(id, end)?, &json!({}))?;
    let Some(token) = text(&issued, "token") else {
        bail!("get a token from the hospital's answer");
    };
    Ok(token.to_owned())
}

fn list(answer: &Value) {
    let none = Vec::new();
    let devices = answer.get("devices").and_then(Value::as_array);
    for device in devices.unwrap_or(&none) {
        let quality = device.get("quality").cloned().unwrap_or_default();
        let refused: u64 = quality
            .get("refusals")
            .and_then(Value::as_object)
            .map_or(0, |all| all.values().filter_map(Value::as_u64).sum());
        println!(
            "{:<24} {:<18} last {:<24} accepted {:<10} refused {:<6} {}",
            text(device, "id").unwrap_or_default(),
            device
                .pointer("/profile/id")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            text(&quality, "last_heard").unwrap_or("never"),
            quality.get("accepted").and_then(Value::as_u64).unwrap_or(0),
            refused,
            text(device, "name").unwrap_or_default(),
        );
    }
}

fn profiles(profiles: &::devices::Profiles) {
    for profile in profiles.all() {
        println!(
            "{:<16} {} {}",
            profile.id, profile.title.zh, profile.title.en
        );
        for stream in &profile.streams {
            let code = stream.code.coding();
            let range = match (stream.range, stream.not_below) {
                (Some([low, high]), _) => format!("{low}–{high}"),
                (None, Some(low)) => format!("≥ {low}"),
                (None, None) => String::new(),
            };
            let none = stream.none_is;
            let none = none.map_or_else(String::new, |none| format!(", {none} = none"));
            println!(
                "  {:<18} {:<28} {:<8} {range}{none}",
                stream.name, code.code, stream.unit
            );
        }
        for group in &profile.groups {
            println!("  {:<18} = {}", group.name, group.streams.join(" + "));
        }
    }
}
