//! People and programs: who they are now, what they may hear, and the commands that they send.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use policy::{Action, Actor, Object};
use tokio::time::Instant;
use vocabulary::{DeviceId, PatientId};

use super::{
    connection::Client,
    messages,
    topic::{self, Place},
    welcome::Known,
    wire::{No, Publish, Quality},
};
use crate::hospital::Hospital;

/// What a guest may hear is decided again after this; so long a refusal of a command stands.
const DECIDED: Duration = Duration::from_mins(1);
/// Of so many patients it is decided at once.
const DECIDED_AT_ONCE: usize = 128;
/// A guest may send one message in this time; what comes more is read later.
const GUEST_PAUSE: Duration = Duration::from_millis(100);

/// What is asked before a guest hears something: to do what, about which patient, or about the hospital.
pub(super) type Asked = (Action, Option<PatientId>);

impl<S> Client<S> {
    /// Ends the connection where what the other side has shown counts no more. A guest is from now on who their
    /// account says.
    pub(super) fn look_again(&mut self) {
        self.looked = Instant::now();
        let hospital = &self.broker.hospital;
        let stays = match &mut self.known {
            Known::Device(device, shown) => hospital.devices.may_send(device, *shown),
            Known::Guest(actor, token) => match hospital.accounts.whose(*token) {
                Ok(Some(now)) if now.id == actor.id => {
                    if *actor != now {
                        *actor = now;
                        self.decided.clear();
                        self.commands_refused = None;
                    }
                    true
                }
                // Where it cannot be decided nobody stays; who connects anew is answered at the door.
                _ => false,
            },
        };
        if !stays {
            self.wire.end(No::Revoked);
        }
    }

    pub(super) async fn guest_says(&mut self, publish: Publish) {
        self.look_again();
        if self.wire.closing {
            return;
        }
        let from = self.resume.unwrap_or_else(Instant::now);
        self.resume = from.checked_add(GUEST_PAUSE);
        let said = match messages::command_for(&publish) {
            Ok(_) if !self.may_command().await => {
                let why = "the policies do not permit commands";
                Err((No::NotAuthorized, why.to_owned()))
            }
            Ok(device) => self.command(device, &publish).await,
            Err(no) => Err(no),
        };
        match said {
            Err(_) if !self.wire.is_five() => self.wire.closing = true,
            Err(_) if publish.quality == Quality::AtMostOnce => self.wire.end(No::NotAuthorized),
            said => self.wire.acknowledge(publish.quality, said.err()),
        }
    }

    async fn command(&self, device: DeviceId, publish: &Publish) -> Result<(), (No, String)> {
        match &self.known {
            Known::Guest(actor, _) => messages::command(&self.broker, actor, device, publish).await,
            Known::Device(..) => Err((No::NotAuthorized, String::new())),
        }
    }

    /// Whether a guest may send commands. A refusal is in the ledger, and stands for a while without a further entry.
    async fn may_command(&mut self) -> bool {
        let Known::Guest(actor, _) = &self.known else {
            return false;
        };
        let lately = self.commands_refused;
        if lately.is_some_and(|at| at.elapsed() < DECIDED) {
            return false;
        }
        let hospital = &self.broker.hospital;
        let asked = hospital.ask(actor, Action::Administer, &Object::Hospital);
        let may = asked.await.is_ok();
        self.commands_refused = (!may).then(Instant::now);
        may
    }

    /// Whether a guest may hear what goes to a topic about somebody or about nobody; a device what is told to it. Where
    /// one of the staff is, is theirs to hear, and what devices are asked to do, for who may ask them.
    pub(super) async fn may_hear_at(&mut self, topic: &str, about: Option<PatientId>) -> bool {
        let Known::Guest(actor, _) = &self.known else {
            return true;
        };
        let devices = &self.broker.hospital.devices;
        let device = topic::device_of(topic);
        if device.is_some_and(|device| devices.is_of_another(&device, &actor.id)) {
            return false;
        }
        if matches!(topic::read(topic), Some((_, Place::Command)))
            && !self.may(Action::MaintainDevices, None).await
            && !self.may(Action::Administer, None).await
        {
            return false;
        }
        self.may(Action::ReadRecord, about).await
    }

    /// Whether a guest may hear what is for those who may do this about a patient, or about the hospital's rooms and
    /// things.
    async fn may(&mut self, action: Action, patient: Option<PatientId>) -> bool {
        let Known::Guest(actor, _) = &self.known else {
            return true;
        };
        let asked = (action, patient);
        let before = self.decided.get(&asked).copied();
        if let Some(may) = before.and_then(in_time) {
            return may;
        }
        let may = decide(&self.broker.hospital, actor, &asked, before).await;
        self.decided.insert(asked, (may, Instant::now()));
        may
    }

    /// Decides what a guest may hear of all whom the next messages are about, at once: their grants are one write to the
    /// ledger, where each by itself would have who hears of thousands fall behind.
    pub(super) async fn decide_ahead(&mut self, messages: usize) {
        let Known::Guest(actor, _) = &self.known else {
            return;
        };
        let before = |asked: &Asked| self.decided.get(asked).copied();
        let is_open = |patient: &Option<PatientId>| {
            let asked = (Action::ReadRecord, patient.clone());
            before(&asked).and_then(in_time).is_none()
        };
        let whom = self.session.about_whom(messages, is_open).into_iter();
        let whom = whom.take(DECIDED_AT_ONCE);
        let asked: Vec<Asked> = whom.map(|patient| (Action::ReadRecord, patient)).collect();
        let broker = Arc::clone(&self.broker);
        let decided = asked
            .iter()
            .map(|asked| decide(&broker.hospital, actor, asked, before(asked)));
        let decided = join_all(decided).await;
        let now = Instant::now();
        let decided = decided.into_iter().map(|may| (may, now));
        self.decided.extend(asked.into_iter().zip(decided));
    }
}

/// What was decided, while it holds.
fn in_time((may, at): (bool, Instant)) -> Option<bool> {
    (at.elapsed() < DECIDED).then_some(may)
}

/// Whether somebody may hear what is for those who may do this about a patient, or about the hospital; `before` is what
/// was decided before.
async fn decide(
    hospital: &Hospital,
    actor: &Actor,
    (action, patient): &Asked,
    before: Option<(bool, Instant)>,
) -> bool {
    let (action, object) = (*action, patient.clone());
    let object = object.map_or(Object::Hospital, Object::Patient);
    // A grant is in the ledger once; that it goes on is looked at without a further entry.
    if let Some((true, _)) = before {
        let still = hospital.still_may(&actor.id, action, &object);
        return still.await.unwrap_or(false);
    }
    // Nobody has asked for this one by name, so that a refusal is no attempt to be written down.
    hospital.ask_where_granted(actor, action, &object).await
}
