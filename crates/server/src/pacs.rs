//! The hospital as a user of other application entities: asks them, fetches from them and sends to them.
//!
//! What takes long is a job. Jobs are kept on disk, are tried again after a while where the other is away, and
//! go on after a restart.

mod jobs;
mod work;

use std::{sync::Arc, time::Duration};

use dicom::scu::{Encryption, Peer};
use tokio::sync::watch;

pub use jobs::{JOBS, Job, Jobs, Task};

use crate::{dimse, entities::ApplicationEntity, hospital::Hospital};

/// How long another application entity may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often jobs are looked for whose time has come.
const LOOK: Duration = Duration::from_secs(1);

/// How to call an application entity of the configuration; `None` where it is unknown or has no address.
pub fn peer(hospital: &Hospital, title: &str) -> Option<Peer> {
    let entity = hospital.config.entity(title)?;
    match peer_of(hospital, entity) {
        Ok(peer) => peer,
        Err(error) => {
            tracing::error!(%error, "an application entity cannot be called encrypted");
            None
        }
    }
}

fn peer_of(hospital: &Hospital, entity: &ApplicationEntity) -> anyhow::Result<Option<Peer>> {
    let Some(address) = entity.address.clone() else {
        return Ok(None);
    };
    let host = address.rsplit_once(':').map_or("", |(host, _)| host);
    let encryption = if entity.tls {
        Some(Encryption {
            config: dimse::tls_client(&hospital.config)?,
            name: entity.tls_name.clone().unwrap_or_else(|| host.to_owned()),
        })
    } else {
        None
    };
    Ok(Some(Peer {
        address,
        called: entity.title.trim().to_owned(),
        calling: hospital.config.ae_title.clone(),
        timeout: PATIENCE,
        encryption,
        memory: Arc::clone(&hospital.memory),
    }))
}

/// Does jobs as their time comes, one at a time for each application entity, until the hospital closes.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let stop = {
        let mut closed = closed.clone();
        async move {
            let _ = closed.wait_for(|closed| *closed).await;
        }
    };
    tokio::pin!(stop);
    let mut running = tokio::task::JoinSet::new();
    loop {
        match hospital.aside(|hospital| hospital.pacs.take_due()).await {
            Ok(due) => {
                for job in due {
                    let hospital = Arc::clone(&hospital);
                    running.spawn(async move { work::run(&hospital, job).await });
                }
            }
            Err(error) => tracing::error!(%error, "the jobs for other systems cannot be read"),
        }
        tokio::select! {
            () = &mut stop => break,
            Some(_) = running.join_next() => {}
            () = hospital.pacs.added() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    // What is under way is left as it is: it goes on after the next start.
    running.shutdown().await;
    let _ = closed.wait_for(|closed| *closed).await;
}
