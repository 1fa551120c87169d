//! Removes the bytes of deleted images, once the setting `image_purge_days` lets it: by the hour in a running
//! hospital, or by `yuanyi purge`.

use std::{sync::Arc, time::Duration};

use policy::{Action, Permit};
use record::{Batch, FactBody, NewFact, Precondition, Record, RecordError};
use tokio::sync::watch;
use vocabulary::Timestamp;

use crate::{
    clock,
    hospital::{Hospital, hospital_actor},
};

/// How often it is looked for what may go.
const LOOK: Duration = Duration::from_hours(1);
/// Objects of one fact.
const AT_ONCE: usize = 1000;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// What a purge came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Objects whose bytes are gone.
    pub objects: u64,
    /// How many bytes they were.
    pub bytes: u64,
}

/// Purges what was deleted more than so many days ago.
pub async fn run(record: &dyn Record, permit: &Permit, days: u32) -> Result<Purged, RecordError> {
    let deleted_before = Timestamp(clock::now().0.saturating_sub(i64::from(days) * DAY_MS));
    let mut purged = Purged::default();
    loop {
        let fact = NewFact::PurgeImages {
            deleted_before,
            most: AT_ONCE,
        };
        let batch = Batch {
            actor: hospital_actor(),
            facts: vec![(fact, Precondition::None)],
        };
        let sealed = match record.commit(batch).await {
            // Nothing is left that may go.
            Err(RecordError::Conflict { .. }) => return Ok(purged),
            sealed => sealed?,
        };
        let Some(sealed) = sealed.first() else {
            return Ok(purged);
        };
        for entry in record.entries(permit, sealed.sequence, 1).await? {
            if let FactBody::PurgedImages(done) = entry.fact.body {
                purged.objects += done.objects.len() as u64;
                purged.bytes += done.objects.iter().map(|object| object.size).sum::<u64>();
            }
        }
    }
}

/// Purges by the hour until the hospital closes, where the setting lets it.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let Some(days) = hospital.config.image_purge_days else {
        return;
    };
    loop {
        match once(&hospital, days).await {
            Ok(Purged { objects: 0, .. }) => {}
            Ok(Purged { objects, bytes }) => {
                tracing::info!(objects, bytes, "removed the bytes of deleted images");
            }
            Err(error) => tracing::error!(%error, "deleted images could not be purged"),
        }
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn once(hospital: &Hospital, days: u32) -> anyhow::Result<Purged> {
    let permit = hospital
        .own_permit("purge deleted images", Action::ReadRecord)
        .await?;
    Ok(run(&*hospital.record, &permit, days).await?)
}
