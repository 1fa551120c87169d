//! Modalities that store into a hospital of its own process, and what became of what they stored.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail the test"
)]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use dicom::{
    Grid,
    create::{CtSeries, Person, Study, ct_series, derived_uid},
    scu::{self, Peer},
};
use parking_lot::Mutex;
use policy::{Action, Decision, Permit, Witness, WitnessError};
use record::Record;
use storage::{Embedded, SystemClock};
use vocabulary::Uid;

pub const MODALITIES: usize = 4;
pub const SLICES: usize = 60;

/// A number that a test is told, such as its seed.
pub fn told(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Numbers that can be had again from the seed.
pub struct Numbers(pub u64);

impl Numbers {
    /// The next, by a linear congruential step.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

pub fn free_port() -> u16 {
    let probe = TcpListener::bind("127.0.0.1:0").unwrap();
    probe.local_addr().unwrap().port()
}

/// A hospital with a DICOM door; it is killed when it goes out of scope.
/// A workstation that may fetch images; whoever else calls may store them.
const READER: &str = "[[ae]]\ntitle = \"READER\"\nmay = [\"query\", \"retrieve\"]\n";

pub struct Hospital {
    pub port: u16,
    server: Child,
}

impl Hospital {
    /// Opens the hospital in `data`, with settings as they are named in the environment.
    pub fn open(data: &Path, settings: &[(&str, &str)]) -> Self {
        let port = free_port();
        let config = data.with_extension("toml");
        std::fs::write(&config, READER).unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_yuanyi"))
            .env("YUANYI_CALLING_AE_TITLES", r#"["*"]"#)
            .envs(settings.iter().copied())
            .args(["serve", "--http", "127.0.0.1:0", "--mqtt", "off", "--dicom"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("--data")
            .arg(data)
            .arg("--config")
            .arg(&config)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = server.stderr.take().unwrap();
        let (ready, waited) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            // Read on to the end, so that the server never waits for someone to read.
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if line.starts_with("ready") {
                    let _ = ready.send(());
                }
            }
        });
        waited.recv().expect("the hospital did not open");
        Self { port, server }
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Drop for Hospital {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The hospital as a modality calls it.
pub fn peer(number: usize, port: u16) -> Peer {
    Peer {
        address: format!("127.0.0.1:{port}"),
        called: "YUANYI".to_owned(),
        calling: format!("CT{number}"),
        timeout: Duration::from_secs(10),
        encryption: None,
        memory: Arc::default(),
    }
}

/// The series of one modality: a study and the files of its images.
pub fn series(modality: usize) -> (Uid, Vec<Bytes>) {
    let person = Person {
        id: format!("KILL{modality}"),
        issuer: "TEST".to_owned(),
        name: "Test^Phantom".to_owned(),
        birth_date: "19600229".to_owned(),
        sex: "O".to_owned(),
    };
    let study = Study {
        uid: derived_uid(&["killed", &modality.to_string()]),
        date: "20200102".to_owned(),
        time: "030405".to_owned(),
        id: "1".to_owned(),
        accession: format!("K{modality}"),
        description: "Chest".to_owned(),
    };
    let grid = Grid {
        size: [128, 128, SLICES],
        spacing_mm: [0.5, 0.5, 1.0],
        origin_lps_mm: [0.0; 3],
        direction_lps: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
    };
    let voxels: Vec<i16> = (0..grid.len())
        .map(|voxel| i16::try_from(voxel % 3000).unwrap() - 1000)
        .collect();
    let images = CtSeries {
        uid: derived_uid(&["killed series", &modality.to_string()]),
        number: 1,
        description: "Thin".to_owned(),
        derivation: String::new(),
        window_hu: [40, 400],
    };
    let made = ct_series(&person, &study, &images, &grid, &voxels).unwrap();
    let files = made.files.into_iter().map(|(_, file)| file.into());
    (Uid::new(study.uid).unwrap(), files.collect())
}

/// What a modality was told is stored.
pub type Done = Arc<Mutex<Vec<Bytes>>>;

/// Sends the files that are not acknowledged yet, until all are or the connection is gone. Answers what
/// was said of those that were refused.
pub async fn send(called: Peer, files: Vec<Bytes>, done: Done) -> Vec<String> {
    let left: Vec<Bytes> = {
        let done = done.lock();
        let is_left = |file: &Bytes| !done.contains(file);
        files.into_iter().filter(is_left).collect()
    };
    let refused = Mutex::new(Vec::new());
    // Where the association breaks off, what was acknowledged before counts.
    let _ = scu::send(&called, &left, |sent| match &sent.outcome {
        Ok(()) => done.lock().extend(left.get(sent.index).cloned()),
        Err(why) => refused.lock().push(why.clone()),
    })
    .await;
    refused.into_inner()
}

pub fn count(done: &[Done]) -> usize {
    done.iter().map(|done| done.lock().len()).sum()
}

struct Nobody;

#[async_trait]
impl Witness for Nobody {
    async fn witness(&self, _decision: &Decision) -> Result<(), WitnessError> {
        Ok(())
    }
}

/// Every acknowledged file must be there, byte for byte.
pub async fn check(data: &Path, acknowledged: &BTreeMap<Uid, Vec<Bytes>>) {
    let indexer = Arc::new(fhir::SearchIndexer);
    let record = Embedded::open(data, indexer, Arc::new(SystemClock)).unwrap();
    let permit = Permit::for_hospital("look after a kill", Action::ReadImaging, &Nobody)
        .await
        .unwrap();
    for (study, files) in acknowledged {
        let stored = record.stored(&permit, study, None, None).await.unwrap();
        let mut kept = Vec::new();
        for object in &stored {
            kept.push(record.bytes_of(&permit, object, None).await.unwrap());
        }
        for file in files {
            let data_set = dicom::data_set_bytes(file).unwrap();
            let is_kept = kept
                .iter()
                .any(|kept| dicom::data_set_bytes(kept) == Some(data_set));
            assert!(is_kept, "an acknowledged image of study {study} is lost");
        }
    }
}

/// Runs `verify --deep`, which must find nothing wrong; answers what it said.
pub fn verify(data: &Path) -> String {
    let verified = Command::new(env!("CARGO_BIN_EXE_yuanyi"))
        .args(["verify", "--deep", "--data"])
        .arg(data)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success(), "{said}{wrong}");
    said
}
