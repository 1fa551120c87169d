//! Who may stay: access is decided at the door, and again when what it was decided by has changed.

use std::{sync::Arc, time::Duration};

use policy::{Action, Actor, Licence, Object, Role};
use record::FactBody;
use room::{Farewell, Person};
use scenario::Stage;
use tokio::{
    sync::{broadcast, watch},
    time::MissedTickBehavior,
};
use vocabulary::{ActorId, PatientId};

use crate::{
    accounts::Session,
    hospital::Hospital,
    http::{
        Problem,
        rooms::{door, object_of},
    },
    rooms::Entered,
};

/// An invitation may also end by itself, at a time that it names; so may an account or a licence. Somebody inside
/// is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// Changes that may wait for one who listens; who has missed some looks again too.
const WAITING: usize = 64;
/// What says that a patient needs somebody beside them in a room, beside what decides who sees them: that those who
/// treat them find so, and when they were born.
const COMPANION_TYPES: [&str; 2] = ["Flag", "Patient"];

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

/// Follows the record, and says about whom a care team, consent, relative, request or task was written, and whose licence,
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
                let kind = key.kind.as_str();
                if (fhir::ACCESS_TYPES.contains(&kind) || COMPANION_TYPES.contains(&kind))
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
/// session has ended by which they came, or the door would let them in as something else now, that connection ends.
pub async fn look_after(
    hospital: Arc<Hospital>,
    actor: ActorId,
    session: Session,
    (mut stage, was): (Stage, Person),
    entered: Entered,
) {
    let object = object_of(&stage);
    // Listening begins before the first look, so that nothing falls between the door and the seat.
    let mut changes = hospital.access.listen();
    let mut time = tokio::time::interval(LOOK_AGAIN);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            changed = changes.recv() => {
                if changed.is_ok_and(|changed| !is_about(&hospital, &object, &actor, session, &changed)) {
                    continue;
                }
                stage = as_it_is(&hospital, &actor, stage).await;
            }
            // The first tick comes at once.
            _ = time.tick() => {}
        }
        let reason = match hospital.still_may(&actor, Action::EnterRoom, &object).await {
            Ok(true) => match hospital.accounts.lasts(session) {
                Ok(true) if comes_as(&hospital, &actor, &stage, &was).await => continue,
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

/// Waits until a session is over: nobody who signed out, or whose token or account has ended, goes on hearing.
pub async fn is_over(hospital: Arc<Hospital>, session: Session) {
    // Listening begins before the first look, so that nothing falls between them.
    let mut changes = hospital.access.listen();
    let mut time = tokio::time::interval(LOOK_AGAIN);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Where it cannot be decided nobody goes on; they come again, and are answered at the door.
    while hospital.accounts.lasts(session).unwrap_or(false) {
        loop {
            tokio::select! {
                changed = changes.recv() => match changed {
                    Ok(Changed::Session(ended)) if ended != session => {}
                    Ok(Changed::Patient(_) | Changed::Account(_)) => {}
                    Ok(Changed::Session(_)) | Err(_) => break,
                },
                _ = time.tick() => break,
            }
        }
    }
}

/// What a room is about now: who is asked into it can have changed.
async fn as_it_is(hospital: &Arc<Hospital>, actor: &ActorId, stage: Stage) -> Stage {
    let Ok(Some(account)) = hospital.accounts.find(actor) else {
        return stage;
    };
    let found = hospital.room(&account, &stage.id).await;
    found.ok().flatten().map_or(stage, |(_, stage)| stage)
}

/// Whether the door would let somebody in as what they are inside.
async fn comes_as(hospital: &Hospital, actor: &ActorId, stage: &Stage, was: &Person) -> bool {
    let Ok(Some(account)) = hospital.accounts.find(actor) else {
        return false;
    };
    let now = door::person(hospital, &account, stage).await;
    now.is_ok_and(|now| {
        (now.may_act, now.sees_images, &now.door) == (was.may_act, was.sees_images, &was.door)
    })
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

fn is_about(
    hospital: &Hospital,
    object: &Object,
    actor: &ActorId,
    session: Session,
    changed: &Changed,
) -> bool {
    match changed {
        Changed::Session(ended) => *ended == session,
        Changed::Account(account) => account == actor.as_str(),
        Changed::Patient(changed) => {
            if let Object::Room {
                patient: Some(patient),
                ..
            } = object
            {
                return patient == changed;
            }
            // Where nobody's twin stands, each patient is there with what their own record says.
            let account = hospital.accounts.find(actor).ok().flatten();
            account.is_some_and(|account| account.patient.as_ref() == Some(changed))
        }
    }
}
