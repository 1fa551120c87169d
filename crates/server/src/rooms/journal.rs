//! What goes from a room into the record: its acts, and what stands beside them in the audit.

use std::{future::pending, sync::Arc};

use futures::future::BoxFuture;
use policy::{Object, Permit};
use record::{Batch, NewFact, Precondition, Record, RecordError, ResourceKey, RoomAct, Sealed};
use room::{Farewell, KeptAct, Pictured, Refusal};
use tokio::{sync::oneshot, time::timeout};
use vocabulary::ActorId;

use super::{About, Command, EnterError, Host, Outgoing, Rooms, TICK};
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

/// A batch on which the record works.
pub(super) struct Keeping {
    /// The number of its last act, and where that is in it.
    last: u64,
    place_of_last: usize,
    /// Who waits for it.
    noted: Vec<oneshot::Sender<Noted>>,
    kept: BoxFuture<'static, Kept>,
}

/// What came of a batch.
type Kept = Result<Vec<Sealed>, RecordError>;

/// Waits for what comes of the batch on which the record works; without end where there is none.
pub(super) async fn kept(keeping: &mut Option<Keeping>) -> Kept {
    match keeping {
        Some(keeping) => (&mut keeping.kept).await,
        None => pending().await,
    }
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

    /// Commits what was accepted since the last tick; only then does anyone see it. A disk that takes longer than a
    /// tick holds up acts and nothing else: people go on moving and talking, and who has to go goes.
    ///
    /// Answers whether the room may go on: where it is not known whether acts are on disk, the room starts
    /// over from its journal.
    pub(super) async fn keep(&mut self) -> bool {
        if !self.hand_over() {
            return true;
        }
        match timeout(TICK, kept(&mut self.keeping)).await {
            Ok(kept) => self.settle(kept),
            Err(_) => true,
        }
    }

    /// Commits all that was accepted, however long it takes.
    pub(super) async fn keep_all(&mut self) {
        while self.keeping.is_some() || self.hand_over() {
            let kept = kept(&mut self.keeping).await;
            if !self.settle(kept) {
                return;
            }
        }
    }

    /// Hands what was accepted to the record, unless it works on an earlier batch; whether it did.
    fn hand_over(&mut self) -> bool {
        if self.keeping.is_some() {
            return false;
        }
        let unkept = self.room.take_unkept();
        let Some(last) = unkept.last().map(|act| act.number) else {
            return false;
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
        let record = Arc::clone(&self.record);
        self.keeping = Some(Keeping {
            last,
            place_of_last,
            noted: std::mem::take(&mut self.noted),
            kept: Box::pin(async move { record.commit(batch).await }),
        });
        true
    }

    /// Takes in what came of the batch on which the record worked; whether the room may go on.
    pub(super) fn settle(&mut self, kept: Kept) -> bool {
        let Some(Keeping {
            last,
            place_of_last,
            noted,
            ..
        }) = self.keeping.take()
        else {
            return true;
        };
        match kept {
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
                // What was accepted meanwhile is taken back with it.
                self.noted.clear();
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt as _;
    use policy::Action;
    use room::{
        Door, Licence, Person,
        wire::{Ack, ClientFrame, ServerFrame, VERSION},
    };
    use serde_json::json;
    use tokio::{sync::mpsc, time::sleep};
    use vocabulary::RoomId;

    use super::*;
    use crate::{
        accounts::Session,
        hospital::{Hospital, hospital_actor},
        rooms::{Ended, Entered, Visitor, outbox},
    };

    async fn next(heard: &mut mpsc::Receiver<Outgoing>) -> ServerFrame {
        let (Outgoing::Frame(bytes) | Outgoing::Last(bytes)) = heard.recv().await.unwrap();
        ServerFrame::decode(&bytes).unwrap()
    }

    /// Waits for the answer to an act.
    async fn acked(heard: &mut mpsc::Receiver<Outgoing>) -> Vec<Ack> {
        let acked = async {
            loop {
                if let ServerFrame::Tick { acks, .. } = next(heard).await
                    && !acks.is_empty()
                {
                    break acks;
                }
            }
        };
        timeout(Duration::from_secs(20), acked).await.unwrap()
    }

    fn about(hospital: &Hospital) -> About {
        About {
            id: RoomId::new("r1").unwrap(),
            patient: None,
            host: hospital_actor(),
            furnish: Arc::new(|| None),
            probe: hospital.volumes.probe(None),
        }
    }

    fn visitor(who: &str) -> (Visitor, mpsc::Receiver<Outgoing>) {
        let account = ActorId::new(who).unwrap();
        let hello = ClientFrame::Hello {
            version: VERSION,
            resume: None,
            next_event: 0,
        };
        let (sender, heard) = outbox();
        let visitor = Visitor {
            person: Person {
                actor: account.clone(),
                name: who.to_owned(),
                role: "expert".to_owned(),
                may_act: true,
                licence: Licence::Valid,
                sees_images: false,
                door: Door::default(),
            },
            account,
            session: Session::of(who),
            hello: hello.encode().into(),
            outbox: sender,
        };
        (visitor, heard)
    }

    /// Draws a line in the air.
    async fn draw(entered: &Entered) {
        let line = json!({"type": "line", "points_m": [[0, 1, 0], [0, 1.5, 0]]});
        let act = json!({"act": "add", "entity": line});
        let act = ClientFrame::Act { seq: 1, act }.encode();
        assert!(entered.frame(act.into()).await);
    }

    /// While another writes into its index the record waits, as it does for a disk that is slow.
    #[tokio::test]
    async fn a_room_goes_on_while_the_disk_is_slow_and_acknowledges_nothing_meanwhile() {
        let (folder, hospital) = Hospital::of_test();
        let permit = hospital.own_permit("open rooms", Action::EnterRoom);
        let (permit, about) = (permit.await.unwrap(), about(&hospital));
        let (li, mut heard) = visitor("li");
        let entered = hospital.rooms.enter(&hospital.record, &permit, &about, li);
        let entered = entered.await.unwrap();
        let index = rusqlite::Connection::open(folder.path().join("index.sqlite")).unwrap();
        index.execute_batch("BEGIN IMMEDIATE").unwrap();
        draw(&entered).await;
        sleep(4 * TICK).await;
        let ping = ClientFrame::Ping { nonce: 7 }.encode();
        assert!(entered.frame(ping.into()).await);
        let pong = async {
            loop {
                match next(&mut heard).await {
                    ServerFrame::Pong { nonce, .. } => break nonce,
                    ServerFrame::Tick { acks, news, .. } => {
                        assert!(acks.is_empty() && news.events.is_none());
                    }
                    _ => {}
                }
            }
        };
        assert_eq!(timeout(Duration::from_secs(2), pong).await.unwrap(), 7);
        index.execute_batch("COMMIT").unwrap();
        let event = Some(0);
        assert_eq!(acked(&mut heard).await, [Ack { seq: 1, event }]);
    }

    #[tokio::test]
    async fn who_comes_while_a_room_is_opened_is_in_the_same_room() {
        let (_folder, hospital) = Hospital::of_test();
        let permit = hospital.own_permit("open rooms", Action::EnterRoom);
        let (permit, about) = (permit.await.unwrap(), about(&hospital));
        let (chen, mut seen) = visitor("chen");
        // Chen opens the room, and has read its empty journal.
        let opening = hospital
            .rooms
            .enter(&hospital.record, &permit, &about, chen);
        let mut opening = Box::pin(opening);
        for _ in 0..2 {
            assert!((&mut opening).now_or_never().is_none());
            sleep(2 * TICK).await;
        }
        // Meanwhile Li comes, draws, and goes again.
        let li = async {
            let (li, mut heard) = visitor("li");
            let entered = hospital.rooms.enter(&hospital.record, &permit, &about, li);
            let entered = entered.await.unwrap();
            draw(&entered).await;
            acked(&mut heard).await;
            entered.leave(Ended::Left).await;
        };
        let chen = async {
            sleep(10 * TICK).await;
            opening.await.unwrap()
        };
        let (_chen, ()) = tokio::join!(chen, li);
        let drawn = async {
            loop {
                let is_there = match next(&mut seen).await {
                    ServerFrame::Welcome { entrance, .. } => {
                        entrance.snapshot.is_some_and(|all| !all.is_empty())
                    }
                    ServerFrame::Tick { news, .. } => news.events.is_some(),
                    _ => false,
                };
                if is_there {
                    break;
                }
            }
        };
        timeout(Duration::from_secs(5), drawn).await.unwrap();
    }
}
