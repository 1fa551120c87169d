//! Who may stay: access is decided at the door, and again when what it was decided by has changed.

use std::{sync::Arc, time::Duration};

use policy::{Action, Object};
use record::FactBody;
use room::Farewell;
use tokio::{
    sync::{broadcast, watch},
    time::MissedTickBehavior,
};
use vocabulary::{ActorId, PatientId};

use crate::{hospital::Hospital, rooms::Entered};

/// An invitation may also end by itself, at a time that it names; so may an account. Somebody inside is
/// looked at this often.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// Changes that may wait for one who listens; who has missed some looks again too.
const WAITING: usize = 64;

/// Where it is said whose access may have changed.
pub struct AccessChanges(broadcast::Sender<PatientId>);

impl Default for AccessChanges {
    fn default() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

impl AccessChanges {
    /// Hears from now on about whom access may have changed.
    pub fn listen(&self) -> broadcast::Receiver<PatientId> {
        self.0.subscribe()
    }
}

/// Follows the record, and says about whom a care team, consent, request or task was written, as long as
/// somebody listens.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let Ok(permit) = hospital
        .own_permit("see whose access changes", Action::ReadRecord)
        .await
    else {
        return;
    };
    let changes = &hospital.access.0;
    let mut feed = hospital.record.feed();
    let mut next = *feed.borrow();
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            changed = feed.changed() => if changed.is_err() { return },
        }
        // Who begins to listen looks for themselves first, so nothing is missed by not reading now.
        if changes.receiver_count() == 0 {
            next = *feed.borrow();
            continue;
        }
        loop {
            let Ok(entries) = hospital.record.entries(&permit, next, 500).await else {
                break;
            };
            let Some(last) = entries.last() else { break };
            next = last.sequence + 1;
            for entry in entries {
                if let FactBody::Resource { key, .. } = &entry.fact.body
                    && fhir::ACCESS_TYPES.contains(&key.kind.as_str())
                    && let Some(patient) = entry.fact.subject
                {
                    let _ = changes.send(patient);
                }
            }
        }
    }
}

/// Looks after one who is in a room, and has them put out once they may not be there any more.
pub async fn look_after(hospital: Arc<Hospital>, actor: ActorId, object: Object, entered: Entered) {
    // Listening begins before the first look, so that nothing falls between the door and the seat.
    let mut changes = hospital.access.0.subscribe();
    let mut time = tokio::time::interval(LOOK_AGAIN);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            changed = changes.recv() => if changed.is_ok_and(|patient| !is_about(&object, &patient)) { continue },
            // The first tick comes at once.
            _ = time.tick() => {}
        }
        let reason = match hospital.still_may(&actor, Action::EnterRoom, &object).await {
            Ok(true) => continue,
            Ok(false) => Farewell::NotPermitted,
            // Where it cannot be decided nobody stays; they knock again, and are answered at the door.
            Err(_) => Farewell::Restarted,
        };
        entered.put_out(actor, reason).await;
        return;
    }
}

fn is_about(object: &Object, changed: &PatientId) -> bool {
    matches!(object, Object::Room { patient: Some(patient), .. } if patient == changed)
}
