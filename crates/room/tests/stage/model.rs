//! A model of a client, as `client/room/room-client.ts` is one.

use std::collections::{BTreeMap, VecDeque};

use room::{
    Change, Door, Event, KeptAct, Knocking, Leading, Placed, Pose, Refusal, ResumeToken, Sanction,
    Seat, Standing,
    wire::{ClientFrame, Holding, Participant, PoseOf, ServerFrame},
};
use serde_json::Value;
use vocabulary::ActorId;

use crate::network::Way;

/// What a client knows of an act of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Open,
    Done(Option<u64>),
    Refused(Refusal),
    /// It was sent from a seat that is lost.
    Unknown,
}

/// The same state machine as the client's.
#[derive(Default)]
pub struct Model {
    pub entities: BTreeMap<u32, Placed>,
    pub next_event: u64,
    pub token: Option<ResumeToken>,
    pub last_seq: u32,
    pub pending: BTreeMap<u32, usize>,
    /// Every act that it ever asked for.
    pub acts: Vec<(Value, Fate)>,
    pub seat: Option<Seat>,
    /// Whether it is inside; else it is at the door, or nowhere.
    pub inside: bool,
    pub people: Vec<Participant>,
    pub waiting: Vec<Knocking>,
    pub sanctions: Vec<Sanction>,
    pub leading: Vec<Leading>,
    pub holds: Vec<Holding>,
    /// The clock of its poses, and the last one.
    pub at_ms: u32,
    pub pose: Option<Pose>,
    /// Where the others were seen last.
    pub seen: BTreeMap<u16, Pose>,
    /// How its frames go, and by which line now.
    pub way: Way,
    pub line: u64,
    /// Requests sent by this line, and whether one waits for its answer.
    pub requests: u32,
    pub is_sending: bool,
    pub inbox: VecDeque<Vec<u8>>,
    pub outbox: VecDeque<Vec<u8>>,
}

impl Model {
    pub fn act(&mut self, act: Value) {
        self.last_seq += 1;
        self.pending.insert(self.last_seq, self.acts.len());
        self.outbox.push_back(
            ClientFrame::Act {
                seq: self.last_seq,
                act: act.clone(),
            }
            .encode(),
        );
        self.acts.push((act, Fate::Open));
    }

    pub fn settle(&mut self, seq: u32, fate: Fate) {
        if let Some(index) = self.pending.remove(&seq) {
            self.acts[index].1 = fate;
        }
    }

    pub fn apply(&mut self, changes: Vec<Change>) {
        for Change { id, placed } in changes {
            match placed {
                Some(placed) => self.entities.insert(id, placed),
                None => self.entities.remove(&id),
            };
        }
    }

    /// Takes in events; `false` where one is missing. None may come before the journal has it.
    pub fn events(&mut self, events: Vec<Event>, journal: &[KeptAct]) -> bool {
        for event in events {
            let number = usize::try_from(event.number).unwrap();
            assert!(
                number < journal.len(),
                "event {number} is seen before it is kept"
            );
            if event.number > self.next_event {
                return false;
            }
            if event.number == self.next_event {
                self.next_event += 1;
                self.apply(event.changes);
            }
        }
        true
    }

    pub fn welcome(&mut self, frame: ServerFrame, journal: &[KeptAct]) {
        let ServerFrame::Welcome {
            resume,
            resumed,
            last_seq,
            next_event,
            entrance,
            ..
        } = frame
        else {
            panic!("{frame:?}");
        };
        self.inside = true;
        self.seen.clear();
        self.people = entrance.people;
        self.waiting = entrance.waiting;
        self.sanctions = entrance.sanctions;
        self.leading = entrance.leading;
        self.holds = entrance.holds;
        self.token = Some(resume);
        self.last_seq = self.last_seq.max(last_seq);
        if let Some(snapshot) = entrance.snapshot {
            self.entities.clear();
            self.apply(snapshot);
            self.next_event = next_event;
        } else {
            assert!(
                self.events(entrance.events, journal),
                "the welcome leaves a gap"
            );
            assert_eq!(self.next_event, next_event);
        }
        if !resumed {
            for index in std::mem::take(&mut self.pending).into_values() {
                self.acts[index].1 = Fate::Unknown;
            }
        }
        for (seq, index) in &self.pending {
            let act = self.acts[*index].0.clone();
            self.outbox
                .push_back(ClientFrame::Act { seq: *seq, act }.encode());
        }
    }

    /// Takes a place at the door: nothing is seen from there, and nobody knows what became of older acts.
    pub fn at_door(&mut self) {
        self.entities.clear();
        self.next_event = 0;
        (self.people, self.waiting) = (Vec::new(), Vec::new());
        self.sanctions.clear();
        self.holds.clear();
        self.seen.clear();
        self.inside = false;
        for index in std::mem::take(&mut self.pending).into_values() {
            self.acts[index].1 = Fate::Unknown;
        }
    }

    /// Takes in the answer to a hello.
    pub fn enter(&mut self, bytes: &[u8], journal: &[KeptAct]) {
        match ServerFrame::decode(bytes).unwrap() {
            ServerFrame::Threshold { .. } => self.at_door(),
            frame => self.welcome(frame, journal),
        }
    }

    /// Of two poses the later one counts, whichever comes first.
    pub fn see(&mut self, poses: Vec<PoseOf>) {
        for PoseOf { participant, pose } in poses {
            let seen = self.seen.get(&participant);
            if seen.is_none_or(|seen| Pose::is_older(seen.at_ms, pose.at_ms)) {
                self.seen.insert(participant, pose);
            }
        }
    }

    /// Reads what came beside the socket: where people are, of those who are known to be inside.
    pub fn datagram(&mut self, bytes: &[u8]) {
        let ServerFrame::Tick { poses, acks, .. } = ServerFrame::decode(bytes).unwrap() else {
            panic!("something else than a tick came beside the socket");
        };
        assert!(acks.is_empty(), "an answer came beside the socket");
        let is_known = |pose: &PoseOf| self.people.iter().any(|one| one.id == pose.participant);
        let poses = poses.into_iter().filter(is_known).collect();
        if self.inside {
            self.see(poses);
        }
    }

    /// Says where one is, by the clock of one's page.
    pub fn say_pose(&mut self, pose: &Pose) -> Vec<u8> {
        self.at_ms = self.at_ms.wrapping_add(50);
        let pose = Pose {
            at_ms: self.at_ms,
            ..*pose
        };
        self.pose = Some(pose);
        ClientFrame::Pose { pose }.encode()
    }

    /// The page is loaded anew: the token is all that it still has.
    pub fn reload(&mut self, at_ms: u32) {
        for index in std::mem::take(&mut self.pending).into_values() {
            self.acts[index].1 = Fate::Unknown;
        }
        self.entities.clear();
        (self.next_event, self.last_seq, self.at_ms) = (0, 0, at_ms);
    }

    /// What was said of acts, in the order in which they were asked for, with the numbers of those in the journal.
    pub fn done(&self) -> impl Iterator<Item = u64> {
        let acts = self.acts.iter();
        acts.filter_map(|(_, fate)| match fate {
            Fate::Done(event) => *event,
            _ => None,
        })
    }

    /// Reads one frame; `false` where the connection is of no more use.
    pub fn receive(&mut self, bytes: &[u8], journal: &[KeptAct]) -> bool {
        match ServerFrame::decode(bytes).unwrap() {
            ServerFrame::Tick {
                news, poses, acks, ..
            } => {
                if !self.events(news.events.unwrap_or_default(), journal) {
                    return false;
                }
                self.people = news.people.unwrap_or(std::mem::take(&mut self.people));
                self.see(poses);
                let people = &self.people;
                self.seen
                    .retain(|id, _| people.iter().any(|one| one.id == *id && !one.away));
                self.leading = news.leading.unwrap_or(std::mem::take(&mut self.leading));
                self.holds = news.holds.unwrap_or(std::mem::take(&mut self.holds));
                self.waiting = news.waiting.unwrap_or(std::mem::take(&mut self.waiting));
                self.sanctions = news
                    .sanctions
                    .unwrap_or(std::mem::take(&mut self.sanctions));
                for ack in acks {
                    self.settle(ack.seq, Fate::Done(ack.event));
                }
                true
            }
            ServerFrame::Refused { seq, reason, .. } => {
                self.settle(seq, Fate::Refused(reason));
                true
            }
            ServerFrame::Bye { .. } => false,
            ServerFrame::Threshold { .. } => {
                if self.inside {
                    self.at_door();
                }
                true
            }
            // Somebody who waited is let in; a frame that comes twice says it once.
            frame @ ServerFrame::Welcome { .. } => {
                if !self.inside {
                    self.welcome(frame, journal);
                }
                true
            }
            _ => true,
        }
    }
}

/// Whose account a client is: two share one, as somebody with two screens does.
pub fn actor(who: usize) -> ActorId {
    ActorId::new(format!("actor{}", who / 2)).unwrap()
}

/// A client, each by another way than the one before.
pub fn client(who: usize) -> Model {
    Model {
        way: [Way::Socket, Way::Datagrams, Way::Requests][who % 3],
        ..Model::default()
    }
}

/// How the hospital sends each client: two who may be host, a nurse, a patient, and a child.
pub fn door(who: usize) -> Door {
    let asked = who < 4;
    let is_patient = who >= 6;
    Door {
        standing: if is_patient {
            Standing::Patient
        } else {
            Standing::Speaker
        },
        is_asked: asked,
        may_host: asked,
        treats: !is_patient,
        may_accompany: !is_patient,
        needs_companion: who >= 8,
        needs_licence: false,
    }
}
