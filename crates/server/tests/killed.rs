//! A hospital that is killed while four modalities store loses nothing that it acknowledged.
//!
//! Five times by default; `KILLS=50` for the long form.
#![allow(clippy::unwrap_used)] // Helpers of tests fail the test.

mod modality;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use modality::{
    Done, Hospital, MODALITIES, Numbers, SLICES, check, count, peer, send, series, told, verify,
};
use vocabulary::Uid;

#[tokio::test(flavor = "multi_thread")]
async fn what_four_modalities_were_told_is_stored_survives_each_kill() {
    let seed = told("SEED").unwrap_or(20_261_125);
    println!("SEED={seed}");
    let kills = told("KILLS").unwrap_or(5);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut generation = 0;
    let mut all: Vec<(Uid, Vec<Bytes>)> = (0..MODALITIES).map(series).collect();
    let done: Vec<Done> = (0..MODALITIES).map(|_| Arc::default()).collect();
    let mut numbers = Numbers(seed);
    for round in 0..kills {
        let hospital = Hospital::open(&data, &[]);
        let sending: Vec<_> = all
            .iter()
            .zip(&done)
            .enumerate()
            .map(|(number, ((_, files), done))| {
                let called = peer(number, hospital.port);
                tokio::spawn(send(called, files.clone(), Arc::clone(done)))
            })
            .collect();
        let before = count(&done);
        let enough = before + 1 + usize::try_from(numbers.below(80)).unwrap();
        while count(&done) < enough && !sending.iter().all(tokio::task::JoinHandle::is_finished) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        hospital.kill();
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
        verify(&data);
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
