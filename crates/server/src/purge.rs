//! Removes the bytes of deleted images, once the setting `image_purge_days` lets it, and readings of devices
//! whose time is over by `signal_reading_days`, `signal_waveform_days`, `signal_environment_days` and
//! `signal_rollup_days`, and recordings of rooms by
//! `recording_days`: by the hour in a running hospital, or by `yuanyi purge`.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ::devices::{Profiles, Sampling};
use policy::{Action, Permit};
use record::{Batch, FactBody, NewFact, Precondition, Record, RecordError, SignalKind, SignalPart};
use tokio::sync::watch;
use vocabulary::Timestamp;

use crate::{
    clock,
    config::Config,
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
    let deleted_before = days_ago(days);
    let fact = NewFact::PurgeImages {
        deleted_before,
        most: AT_ONCE,
    };
    repeat(record, permit, &fact).await
}

/// Purges one part of the readings that are older than so many days.
pub async fn run_signals(
    record: &dyn Record,
    permit: &Permit,
    part: SignalPart,
    of: SignalKind,
    days: u32,
) -> Result<Purged, RecordError> {
    let fact = NewFact::PurgeSignals {
        part,
        of,
        ended_before: days_ago(days),
        most: AT_ONCE,
    };
    repeat(record, permit, &fact).await
}

/// Erases recordings of rooms that ended more than so many days ago.
pub async fn run_recordings(
    record: &dyn Record,
    permit: &Permit,
    days: u32,
) -> Result<Purged, RecordError> {
    let ended_before = days_ago(days);
    let mut purged = Purged::default();
    for found in record.recordings(permit, None).await? {
        let ended = found.started.0.saturating_add(i64::from(found.duration_ms));
        if found.erased.is_some() || found.sealed.is_none() || ended >= ended_before.0 {
            continue;
        }
        let fact = NewFact::EraseRecording {
            room: found.room,
            recording: found.recording,
            reason: format!("older than {days} days"),
        };
        let batch = Batch {
            actor: hospital_actor(),
            facts: vec![(fact, Precondition::None)],
        };
        match record.commit(batch).await {
            // Somebody has erased it meanwhile.
            Err(RecordError::Conflict { .. }) => continue,
            erased => erased?,
        };
        purged.objects += found.chunks;
        purged.bytes += found.bytes;
    }
    Ok(purged)
}

fn days_ago(days: u32) -> Timestamp {
    Timestamp(clock::now().0.saturating_sub(i64::from(days) * DAY_MS))
}

/// Commits a purge until there is nothing left for it.
async fn repeat(
    record: &dyn Record,
    permit: &Permit,
    fact: &NewFact,
) -> Result<Purged, RecordError> {
    let mut purged = Purged::default();
    loop {
        let fact = fact.clone();
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
            let objects = match entry.fact.body {
                FactBody::PurgedImages(done) => done.objects,
                FactBody::PurgedSignals(done) => done.objects,
                _ => continue,
            };
            purged.objects += objects.len() as u64;
            purged.bytes += objects.iter().map(|object| object.size).sum::<u64>();
        }
    }
}

/// Purges by the hour until the hospital closes, where a setting lets it.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let config = &hospital.config;
    let days = [
        config.image_purge_days,
        config.signal_reading_days,
        config.signal_waveform_days,
        config.signal_environment_days,
        config.signal_rollup_days,
        config.recording_days,
    ];
    if days.iter().all(Option::is_none) {
        return;
    }
    loop {
        match once(&hospital).await {
            Ok(Purged { objects: 0, .. }) => {}
            Ok(Purged { objects, bytes }) => {
                tracing::info!(objects, bytes, "removed what need not be kept any more");
            }
            Err(error) => tracing::error!(%error, "what need not be kept could not be purged"),
        }
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn once(hospital: &Hospital) -> anyhow::Result<Purged> {
    let permit = hospital
        .own_permit("purge what need not be kept", Action::ReadRecord)
        .await?;
    Ok(all(
        &*hospital.record,
        &permit,
        &hospital.config,
        hospital.devices.profiles(),
    )
    .await?)
}

/// The codes of what devices sample as waveforms.
fn waveforms(profiles: &Profiles) -> Vec<String> {
    let streams = profiles.all().flat_map(|profile| &profile.streams);
    let waves = streams.filter(|stream| matches!(stream.sampling, Sampling::WaveformHz(_)));
    let codes: BTreeSet<String> = waves.map(|stream| stream.code.coding().code).collect();
    codes.into_iter().collect()
}

/// Purges all that the settings let go.
pub async fn all(
    record: &dyn Record,
    permit: &Permit,
    config: &Config,
    profiles: &Profiles,
) -> Result<Purged, RecordError> {
    let mut purged = Purged::default();
    let mut add = |more: Purged| {
        purged.objects += more.objects;
        purged.bytes += more.bytes;
    };
    if let Some(days) = config.image_purge_days {
        add(run(record, permit, days).await?);
    }
    let waveforms = waveforms(profiles);
    let readings = config.signal_reading_days;
    let values = SignalKind::Values {
        but: waveforms.clone(),
    };
    let kinds = [
        (
            SignalPart::Readings,
            SignalKind::Waveforms(waveforms),
            config.signal_waveform_days.or(readings),
        ),
        (SignalPart::Readings, values, readings),
        (
            SignalPart::Readings,
            SignalKind::Environment,
            config.signal_environment_days.or(readings),
        ),
        (
            SignalPart::RollUps,
            SignalKind::Any,
            config.signal_rollup_days,
        ),
    ];
    for (part, of, days) in kinds {
        if let Some(days) = days {
            add(run_signals(record, permit, part, of, days).await?);
        }
    }
    if let Some(days) = config.recording_days {
        add(run_recordings(record, permit, days).await?);
    }
    Ok(purged)
}
