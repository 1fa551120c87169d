//! What goes from a room into the record: its acts, and what stands beside them in the audit.

use std::sync::Arc;

use policy::{Object, Permit};
use record::{Batch, NewFact, Precondition, Record, RecordError, ResourceKey, RoomAct};
use room::{Farewell, KeptAct, Pictured, Refusal};
use tokio::sync::oneshot;
use vocabulary::ActorId;

use super::{About, Command, EnterError, Host, Outgoing, Rooms};
use crate::clock;

/// How often a room that closes at this moment is opened again for what is to be noted in it.
const OPENED_AGAIN: usize = 5;

/// Whether what was to be noted is in the record, or why the room has not taken it.
pub(super) type Noted = Result<(), Refusal>;

/// Somebody decides about an appeal from outside of the room.
#[derive(Clone)]
pub(super) struct Answering {
    pub by: (ActorId, String),
    /// The number of the act by which the sanction was given.
    pub sanction: u64,
    pub grants: bool,
    pub reason: String,
}

/// An act as the room reads it.
pub fn kept_act(act: RoomAct) -> KeptAct {
    KeptAct {
        number: act.number,
        actor: act.actor,
        at: act.at,
        act: act.act,
    }
}

impl Rooms {
    /// Notes in a room's journal that somebody has kept a picture of its stage; everybody inside hears of it.
    pub async fn pictured(
        &self,
        record: &Arc<dyn Record>,
        permit: &Permit,
        about: &About,
        (actor, pictured): (ActorId, Pictured),
    ) -> Result<(), EnterError> {
        let note = |answer| Command::Pictured(actor.clone(), pictured.clone(), answer);
        self.note((record, permit, about), note).await.map(drop)
    }

    /// Grants or refuses an appeal for one who keeps order over all rooms; everybody inside hears of it.
    pub async fn answer_appeal(
        &self,
        room: (&Arc<dyn Record>, &Permit, &About),
        by: (ActorId, String),
        sanction: u64,
        (grants, reason): (bool, String),
    ) -> Result<Result<(), Refusal>, EnterError> {
        let answering = Answering {
            by,
            sanction,
            grants,
            reason,
        };
        let note = |answer| Command::AnswerAppeal(Box::new(answering.clone()), answer);
        self.note(room, note).await
    }

    async fn note(
        &self,
        (record, permit, about): (&Arc<dyn Record>, &Permit, &About),
        note: impl Fn(oneshot::Sender<Noted>) -> Command,
    ) -> Result<Noted, EnterError> {
        // A room in which nobody is closes at any moment, and is opened again.
        for _ in 0..OPENED_AGAIN {
            let room = self.find_or_open(record, permit, about).await?;
            let (answer, answered) = oneshot::channel();
            if room.send(note(answer)).await.is_ok() {
                return answered.await.map_err(|_| EnterError::Closing);
            }
        }
        Err(EnterError::Closing)
    }
}

impl Host {
    /// Has the room judge what somebody decided from outside; they hear of it once it is kept.
    pub(super) fn answer_appeal(&mut self, answering: Answering, answer: oneshot::Sender<Noted>) {
        let Answering {
            by: (actor, name),
            sanction,
            grants,
            reason,
        } = answering;
        let (by, with) = ((actor, name.as_str()), (grants, reason.as_str()));
        let judged = self
            .room
            .answer_from_outside(clock::now(), by, sanction, with);
        match judged {
            Ok(_) => self.noted.push(answer),
            Err(refusal) => {
                let _ = answer.send(Err(refusal));
            }
        }
    }

    /// Commits what was accepted since the last tick; only then does anyone see it.
    ///
    /// Answers whether the room may go on: where it is not known whether acts are on disk, the room starts
    /// over from its journal.
    pub(super) async fn keep(&mut self) -> bool {
        let unkept = self.room.take_unkept();
        let Some(last) = unkept.last().map(|act| act.number) else {
            return true;
        };
        let audit = unkept.iter().filter_map(|kept| self.audit(kept));
        let recording = unkept.iter().flat_map(|kept| self.recording_facts(kept));
        let audit: Vec<_> = audit.chain(recording).collect();
        self.note_steps(&unkept);
        let place_of_last = unkept.len() - 1;
        let facts = unkept.into_iter().map(|kept| {
            let act = RoomAct {
                room: self.about.id.clone(),
                number: kept.number,
                actor: kept.actor,
                at: kept.at,
                act: kept.act,
            };
            (
                NewFact::RoomAct {
                    act,
                    subject: self.about.patient.clone(),
                },
                Precondition::None,
            )
        });
        let batch = Batch {
            actor: self.about.host.clone(),
            facts: facts.chain(audit).collect(),
        };
        let noted = std::mem::take(&mut self.noted);
        match self.record.commit(batch).await {
            Ok(sealed) => {
                self.room.kept(last);
                if let Some(entry) = sealed.get(place_of_last) {
                    self.mind_checkpoint(entry.digest);
                }
                for answer in noted {
                    let _ = answer.send(Ok(()));
                }
            }
            Err(RecordError::Full) => {
                for (seat, frame) in self.room.lost() {
                    self.send(seat, Outgoing::Frame(frame.into()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a room starts over from its journal");
                self.say_farewell(Farewell::Restarted);
                return false;
            }
        }
        true
    }

    /// An act by which order is kept stands in the audit too.
    fn audit(&self, kept: &KeptAct) -> Option<(NewFact, Precondition)> {
        let order = kept.act.get("order")?;
        let did = order.get("did")?.as_str()?;
        let whom = ActorId::new(order.get("whom")?.as_str()?).ok()?;
        let room = Object::Room {
            room: self.about.id.clone(),
            patient: self.about.patient.clone(),
        };
        let fact = NewFact::PutResource {
            key: ResourceKey {
                kind: "AuditEvent".into(),
                id: uuid::Uuid::now_v7().to_string(),
            },
            subject: self.about.patient.clone(),
            body: fhir::order_event(&kept.actor, (did, &whom), &room, kept.at),
        };
        Some((fact, Precondition::None))
    }
}
