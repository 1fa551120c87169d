//! Who may stay: access is decided at the door, and again when what it was decided by has changed.

use std::{sync::Arc, time::Duration};

use policy::{Action, Actor, Licence, Object, Role};
use record::FactBody;
use room::Farewell;
use tokio::{
    sync::{broadcast, watch},
    time::MissedTickBehavior,
};
use vocabulary::{ActorId, PatientId};

use crate::{accounts::Session, hospital::Hospital, http::Problem, rooms::Entered};

/// An invitation may also end by itself, at a time that it names; so may an account or a licence. Somebody inside
/// is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// Changes that may wait for one who listens; who has missed some looks again too.
const WAITING: usize = 64;

/// Where it is said whose access may have changed.
pub struct AccessChanges(broadcast::Sender<Changed>);

/// What access may have changed.
#[derive(Clone, Debug)]
pub enum Changed {
    /// That to a patient.
    Patient(PatientId),
    /// That of an account.
    Account(String),
    /// That by a session, which has ended.
    Session(Session),
}

impl Default for AccessChanges {
    fn default() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

impl AccessChanges {
    /// Hears from now on what access may have changed.
    pub fn listen(&self) -> broadcast::Receiver<Changed> {
        self.0.subscribe()
    }

    /// Says that somebody has signed out.
    pub fn session_ended(&self, session: Session) {
        let _ = self.0.send(Changed::Session(session));
    }
}

/// Follows the record, and says about whom a care team, consent, request or task was written, and whose licence,
/// as long as somebody listens.
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
                let FactBody::Resource { key, .. } = &entry.fact.body else {
                    continue;
                };
                if fhir::ACCESS_TYPES.contains(&key.kind.as_str())
                    && let Some(patient) = entry.fact.subject
                {
                    let _ = changes.send(Changed::Patient(patient));
                } else if key.kind == fhir::LICENCE_TYPE {
                    let _ = changes.send(Changed::Account(key.id.clone()));
                }
            }
        }
    }
}

/// Looks after one who is in a room, and has them put out once they may not be there any more; where only the
/// session has ended by which they came, or what they may see of the images, or whether they are licensed, is no longer
/// what it was, that connection ends.
pub async fn look_after(
    hospital: Arc<Hospital>,
    actor: ActorId,
    session: Session,
    (object, was): (Object, (bool, bool)),
    entered: Entered,
) {
    // Listening begins before the first look, so that nothing falls between the door and the seat.
    let mut changes = hospital.access.listen();
    let mut time = tokio::time::interval(LOOK_AGAIN);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            changed = changes.recv() => if changed.is_ok_and(|changed| !is_about(&object, &actor, session, &changed)) { continue },
            // The first tick comes at once.
            _ = time.tick() => {}
        }
        let reason = match hospital.still_may(&actor, Action::EnterRoom, &object).await {
            Ok(true) => match hospital.accounts.lasts(session) {
                Ok(true) if as_it_is(&hospital, &actor, &object).await == was => continue,
                // They come back by themselves, as what they are now.
                Ok(true) => return entered.end(Farewell::Restarted).await,
                Ok(false) => return entered.end(Farewell::SignedOut).await,
                Err(_) => Farewell::Restarted,
            },
            Ok(false) => why_not(&hospital, &actor).await,
            // Where it cannot be decided nobody stays; they knock again, and are answered at the door.
            Err(_) => Farewell::Restarted,
        };
        entered.put_out(actor, reason).await;
        return;
    }
}

/// Whether somebody sees the images of a room's patient, and whether they have yet to earn a licence.
async fn as_it_is(hospital: &Hospital, actor: &ActorId, room: &Object) -> (bool, bool) {
    let account = hospital.accounts.find(actor).ok().flatten();
    let needs_licence = match account {
        Some(account) => needs_licence(hospital, &account).await.unwrap_or(true),
        None => true,
    };
    (sees_images(hospital, actor, room).await, needs_licence)
}

async fn sees_images(hospital: &Hospital, actor: &ActorId, object: &Object) -> bool {
    match object {
        Object::Room {
            patient: Some(patient),
            ..
        } => hospital.sees_images(actor, patient).await.unwrap_or(false),
        _ => false,
    }
}

/// Who meets patients as their work, and needs a licence to do so in rooms.
pub fn practises(actor: &Actor) -> bool {
    let roles = [Role::Expert, Role::TerminalDoctor, Role::Nurse];
    roles.iter().any(|role| actor.roles.contains(role))
}

/// Whether somebody has yet to earn the licence to practise in virtual rooms. Whose licence has ended the gate keeps
/// away from the door.
pub async fn needs_licence(hospital: &Hospital, actor: &Actor) -> Result<bool, Problem> {
    let is_licensed = hospital.relations(actor).await?.licence == Licence::Valid;
    Ok(practises(actor) && !is_licensed)
}

/// What to tell one who may not be in a room any more.
async fn why_not(hospital: &Hospital, actor: &ActorId) -> Farewell {
    let known = hospital.accounts.find(actor).ok().flatten();
    let licence = match &known {
        Some(actor) => hospital.relations(actor).await.map(|is| is.licence).ok(),
        None => None,
    };
    if licence == Some(Licence::Ended) {
        Farewell::LicenceEnded
    } else {
        Farewell::NotPermitted
    }
}

fn is_about(object: &Object, actor: &ActorId, session: Session, changed: &Changed) -> bool {
    match changed {
        Changed::Session(ended) => *ended == session,
        Changed::Account(account) => account == actor.as_str(),
        Changed::Patient(changed) => {
            matches!(object, Object::Room { patient: Some(patient), .. } if patient == changed)
        }
    }
}
