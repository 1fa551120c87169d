//! A hospital that is killed while four modalities store loses nothing that it acknowledged.
//!
//! Five times by default; `KILLS=50` for the long form.
#![allow(clippy::unwrap_used)] // Helpers of tests fail the test.

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

const MODALITIES: usize = 4;
const SLICES: usize = 60;

fn free_port() -> u16 {
    let probe = TcpListener::bind("127.0.0.1:0").unwrap();
    probe.local_addr().unwrap().port()
}

fn serve(data: &Path, port: u16) -> Child {
    let mut server = Command::new(env!("CARGO_BIN_EXE_yuanyi"))
        .env("YUANYI_CALLING_AE_TITLES", r#"["*"]"#)
        .args(["serve", "--http", "127.0.0.1:0", "--dicom"])
        .arg(format!("127.0.0.1:{port}"))
        .arg("--data")
        .arg(data)
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
    waited.recv().unwrap();
    server
}

/// The series of one modality: a study and the files of its images.
fn series(modality: usize) -> (Uid, Vec<Bytes>) {
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

/// Sends the files that are not acknowledged yet, until they are or the server is gone.
async fn modality(number: usize, port: u16, files: Vec<Bytes>, done: Arc<Mutex<Vec<Bytes>>>) {
    let left: Vec<Bytes> = {
        let done = done.lock();
        let is_left = |file: &Bytes| !done.contains(file);
        files.into_iter().filter(is_left).collect()
    };
    let peer = Peer {
        address: format!("127.0.0.1:{port}"),
        called: "YUANYI".to_owned(),
        calling: format!("CT{number}"),
        timeout: Duration::from_secs(10),
        encryption: None,
        memory: std::sync::Arc::default(),
    };
    // The association breaks off with the server; what was acknowledged before counts.
    let _ = scu::send(&peer, &left, |sent| {
        if sent.outcome.is_ok() {
            done.lock().extend(left.get(sent.index).cloned());
        }
    })
    .await;
}

fn count(done: &[Arc<Mutex<Vec<Bytes>>>]) -> usize {
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
async fn check(data: &Path, acknowledged: &BTreeMap<Uid, Vec<Bytes>>) {
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

#[tokio::test(flavor = "multi_thread")]
async fn what_four_modalities_were_told_is_stored_survives_each_kill() {
    let told = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let seed = told("SEED").unwrap_or(20_261_125);
    println!("SEED={seed}");
    let kills = told("KILLS").unwrap_or(5);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut generation = 0;
    let mut all: Vec<(Uid, Vec<Bytes>)> = (0..MODALITIES).map(series).collect();
    let done: Vec<Arc<Mutex<Vec<Bytes>>>> = (0..MODALITIES).map(|_| Arc::default()).collect();
    let mut state = seed;
    for round in 0..kills {
        let port = free_port();
        let mut server = serve(&data, port);
        let sending: Vec<_> = all
            .iter()
            .zip(&done)
            .enumerate()
            .map(|(number, ((_, files), done))| {
                tokio::spawn(modality(number, port, files.clone(), Arc::clone(done)))
            })
            .collect();
        // A linear congruential step, so that the moments can be had again from the seed.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let before = count(&done);
        let enough = before + 1 + usize::try_from((state >> 33) % 80).unwrap();
        while count(&done) < enough && !sending.iter().all(tokio::task::JoinHandle::is_finished) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill().unwrap();
        server.wait().unwrap();
        for task in sending {
            task.await.unwrap();
        }
        let acknowledged: BTreeMap<Uid, Vec<Bytes>> = all
            .iter()
            .zip(&done)
            .map(|((study, _), done)| (study.clone(), done.lock().clone()))
            .collect();
        let stored = count(&done);
        println!("round {round}: {stored} acknowledged so far");
        assert!(stored > before, "the modalities could store nothing");
        check(&data, &acknowledged).await;
        let verified = Command::new(env!("CARGO_BIN_EXE_yuanyi"))
            .args(["verify", "--deep", "--data"])
            .arg(&data)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verified.stdout);
        assert!(
            verified.status.success(),
            "round {round}, seed {seed}: {said}"
        );
        if stored == MODALITIES * SLICES {
            // All is stored: the next rounds begin with images that are not known yet.
            generation += 1;
            let first = generation * MODALITIES;
            all = (first..first + MODALITIES).map(series).collect();
            for done in &done {
                done.lock().clear();
            }
        }
    }
}
