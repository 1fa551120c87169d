//! `pacs`: asks, fetches from and sends to the other DICOM systems of a running hospital.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::door::{Door, OpenDoor, text};

/// What to fetch or send.
#[derive(Args)]
pub struct Images {
    /// The other system's AE title.
    title: String,
    /// Study instance UID.
    #[arg(long)]
    study: String,
    /// Series instance UID, for one series only.
    #[arg(long)]
    series: Option<String>,
    /// Do not wait for the end: print the job and leave it to the hospital.
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    door: Door,
}

/// Tasks of `yuanyi pacs`.
#[derive(Subcommand)]
pub enum Pacs {
    /// Name the systems of the configuration that can be called.
    List {
        #[command(flatten)]
        door: Door,
    },
    /// Ask a system whether it is there (C-ECHO).
    Echo {
        /// Its AE title.
        title: String,
        #[command(flatten)]
        door: Door,
    },
    /// Query a system (C-FIND); prints rows in the DICOM JSON model.
    Find {
        /// Its AE title.
        title: String,
        /// patient, study, series or instance.
        #[arg(long, default_value = "study")]
        level: String,
        /// What must match: `PatientID=…`, `StudyDate=20260101-`, … by keyword or tag.
        #[arg(long = "key", value_name = "NAME=VALUE")]
        keys: Vec<String>,
        /// The patient of this hospital whom it is about; needed unless you are one of its programs.
        #[arg(long)]
        patient: Option<String>,
        /// At most this many rows.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        door: Door,
    },
    /// Fetch a study or series from a system (C-GET or C-MOVE, as configured) into the record.
    Get {
        #[command(flatten)]
        images: Images,
        /// The patient of this hospital whom it is about; needed unless you are one of its programs.
        #[arg(long)]
        patient: Option<String>,
    },
    /// Send a study or series to a system (C-STORE).
    Send {
        #[command(flatten)]
        images: Images,
    },
    /// Name the jobs for other systems, the newest first.
    Jobs {
        #[command(flatten)]
        door: Door,
    },
    /// End a job.
    Cancel {
        /// The job's id.
        id: String,
        #[command(flatten)]
        door: Door,
    },
}

/// Waits for the end of a job. Interrupted, the job goes on.
fn wait(hospital: &OpenDoor, id: &str) -> Result<()> {
    let mut said = String::new();
    loop {
        let job = hospital.get(&format!("/pacs/jobs/{id}"))?;
        let count = |name: &str| job.get(name).and_then(Value::as_u64).unwrap_or(0);
        let state = text(&job, "state").unwrap_or_default();
        let line = format!(
            "{state}: {} of {} done, {} failed {}",
            count("done"),
            count("total"),
            count("failed"),
            text(&job, "note").unwrap_or_default()
        );
        if line != said {
            eprintln!("{}", line.trim_end());
            said = line;
        }
        match state {
            "done" if count("failed") == 0 => return Ok(()),
            "waiting" | "running" => std::thread::sleep(Duration::from_millis(300)),
            _ => bail!("do all of the job {id}"),
        }
    }
}

fn print(value: &Value) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

fn started(hospital: &OpenDoor, answer: &Value, no_wait: bool) -> Result<()> {
    let id = text(answer, "job").context("read the job's id")?;
    println!("{id}");
    if no_wait {
        return Ok(());
    }
    wait(hospital, id)
}

/// A title as part of a path.
fn in_path(title: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    title
        .chars()
        .map(|c| {
            if plain(c) {
                c.to_string()
            } else {
                format!("%{:02X}", u32::from(c))
            }
        })
        .collect()
}

impl Pacs {
    /// Does it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::List { door } => print(&door.open()?.get("/pacs")?),
            Self::Echo { title, door } => print(
                &door
                    .open()?
                    .post(&format!("/pacs/{}/echo", in_path(&title)), &json!({}))?,
            ),
            Self::Find {
                title,
                level,
                keys,
                patient,
                limit,
                door,
            } => {
                let keys: BTreeMap<&str, &str> = keys
                    .iter()
                    .map(|key| key.split_once('=').context("use a --key: write NAME=VALUE"))
                    .collect::<Result<_>>()?;
                let body =
                    json!({"level": level, "keys": keys, "patient": patient, "limit": limit});
                print(
                    &door
                        .open()?
                        .post(&format!("/pacs/{}/find", in_path(&title)), &body)?,
                )
            }
            Self::Get { images, patient } => {
                let hospital = images.door.open()?;
                let body =
                    json!({"study": images.study, "series": images.series, "patient": patient});
                let path = format!("/pacs/{}/retrieve", in_path(&images.title));
                started(&hospital, &hospital.post(&path, &body)?, images.no_wait)
            }
            Self::Send { images } => {
                let hospital = images.door.open()?;
                let body = json!({"study": images.study, "series": images.series});
                let path = format!("/pacs/{}/send", in_path(&images.title));
                started(&hospital, &hospital.post(&path, &body)?, images.no_wait)
            }
            Self::Jobs { door } => print(&door.open()?.get("/pacs/jobs")?),
            Self::Cancel { id, door } => {
                door.open()?.delete(&format!("/pacs/jobs/{id}"))?;
                println!("cancelled");
                Ok(())
            }
        }
    }
}
