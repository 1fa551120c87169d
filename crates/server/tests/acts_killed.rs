//! Two people act in a room of a hospital that is killed again and again, and by lines that break: what they were told
//! is done is in the journal, in order, once.
//!
//! Three kills by default; `KILLS=20` for the long form, `SEED` for other moments.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use hospital::{Heard, Hospital, Inside};
use policy::{Action, Decision, Permit, Witness, WitnessError};
use record::{Record, RoomAct};
use room::{
    Change, Entity, ResumeToken,
    wire::{ClientFrame, ServerFrame},
};
use serde_json::{Value, json};
use storage::{Embedded, SystemClock};
use vocabulary::RoomId;

/// Between two acts of one person: the room takes forty a second.
const PACE: Duration = Duration::from_millis(30);
/// Acts of one person that wait for an answer.
const AT_ONCE: usize = 8;

/// Somebody who acts, and what they know of it.
struct Person {
    who: &'static str,
    bearer: String,
    line: Inside,
    resume: Option<ResumeToken>,
    next_event: u64,
    last_seq: u32,
    /// The board whose title each act changes.
    board: Option<u32>,
    acts: usize,
    pending: BTreeMap<u32, Value>,
    /// What was acknowledged: the number of its event, and the title.
    done: Vec<(u64, String)>,
    acted_at: Instant,
}

impl Person {
    fn comes(hospital: &Hospital, who: &'static str, room: &str) -> Self {
        hospital.agree(who);
        let bearer = hospital.token(who);
        let line = hospital.enter_by(&bearer, room).unwrap();
        let mut person = Self {
            who,
            bearer,
            line,
            resume: None,
            next_event: 0,
            last_seq: 0,
            board: None,
            acts: 0,
            pending: BTreeMap::new(),
            done: Vec::new(),
            acted_at: Instant::now(),
        };
        assert!(!person.is_welcomed(), "a seat before the first");
        person
    }

    /// Comes back by the token of their seat; acts that nobody has answered are sent again where it is the old seat.
    fn comes_back(&mut self, hospital: &Hospital, room: &str, still_there: bool) {
        let back = hospital.come_back(&self.bearer, room, self.resume, self.next_event);
        self.line = back.unwrap();
        assert_eq!(self.is_welcomed(), still_there, "{}", self.who);
        if !still_there {
            // In a new seat nobody knows what became of them.
            self.pending.clear();
        }
        for (seq, act) in self.pending.clone() {
            self.line.say(&ClientFrame::Act { seq, act });
        }
    }

    /// Hears the welcome; whether it is to the seat that they had.
    fn is_welcomed(&mut self) -> bool {
        let frame = self.line.hear().unwrap();
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
        self.resume = Some(resume);
        self.last_seq = self.last_seq.max(last_seq);
        if let Some(snapshot) = entrance.snapshot {
            self.see(snapshot);
        }
        for event in entrance.events {
            self.see(event.changes);
        }
        self.next_event = next_event;
        resumed
    }

    fn see(&mut self, changes: Vec<Change>) {
        for Change { id, placed } in changes {
            if let Some(Entity::Board(board)) = placed.map(|placed| placed.entity)
                && board.title.starts_with(self.who)
            {
                self.board = Some(id);
            }
        }
    }

    /// Acts, if it is time to.
    fn goes_on(&mut self) {
        // Until the board stands there is nothing else to do.
        let may = self.board.is_some() || self.pending.is_empty();
        if !may || self.pending.len() >= AT_ONCE || self.acted_at.elapsed() < PACE {
            return;
        }
        self.acted_at = Instant::now();
        let title = format!("{} {}", self.who, self.acts);
        self.acts += 1;
        let transform = json!({"position_m": [0, 1, 0], "rotation": [0, 0, 0, 1], "scale": 1});
        let act = match self.board {
            Some(id) => json!({"act": "set", "id": id, "patch": {"type": "board", "title": title}}),
            None => json!({
                "act": "add",
                "entity": {"type": "board", "transform": transform, "title": title},
            }),
        };
        self.last_seq += 1;
        self.pending.insert(self.last_seq, act.clone());
        let seq = self.last_seq;
        self.line.say(&ClientFrame::Act { seq, act });
    }

    /// Takes in what has come; `false` where the line has ended.
    fn hears(&mut self, wait: Duration) -> bool {
        let frame = match self.line.hear_within(wait) {
            Heard::Frame(frame) => frame,
            Heard::Nothing => return true,
            Heard::Ended => return false,
        };
        match frame {
            ServerFrame::Tick { news, acks, .. } => {
                for event in news.events.into_iter().flatten() {
                    assert!(event.number <= self.next_event, "a gap before {event:?}");
                    self.next_event = self.next_event.max(event.number + 1);
                    self.see(event.changes);
                }
                for ack in acks {
                    // One that was sent again while it was being kept may be answered twice.
                    if let Some(act) = self.pending.remove(&ack.seq) {
                        self.done.push((ack.event.unwrap(), title_of(&act)));
                    }
                }
            }
            ServerFrame::Refused { reason, .. } => panic!("{}: {reason:?}", self.who),
            ServerFrame::Bye { reason, .. } => panic!("{}: {reason:?}", self.who),
            _ => {}
        }
        true
    }
}

fn title_of(act: &Value) -> String {
    let title = &act["patch"]["title"];
    let title = title.as_str().or(act["entity"]["title"].as_str());
    title.unwrap().to_owned()
}

struct Nobody;

#[async_trait]
impl Witness for Nobody {
    async fn witness(&self, _decision: &Decision) -> Result<(), WitnessError> {
        Ok(())
    }
}

/// The journal of the room, as it is on disk.
async fn journal(data: &Path, room: &str) -> Vec<RoomAct> {
    let indexer = Arc::new(fhir::SearchIndexer);
    let record = Embedded::open(data, indexer, Arc::new(SystemClock)).unwrap();
    let permit = Permit::for_hospital("look after a kill", Action::ReadRecord, &Nobody);
    let permit = permit.await.unwrap();
    let room = RoomId::new(room).unwrap();
    record.room_acts(&permit, &room, None, 0).await.unwrap()
}

/// The title that an act of the journal has put on a board.
fn title_in(act: &RoomAct) -> Option<String> {
    let placed = &act.act["changes"][0]["placed"];
    let entity = placed.get("entity").unwrap_or(placed);
    let title = entity.get("title")?.as_str()?;
    Some(title.to_owned())
}

fn check(journal: &[RoomAct], people: &[Person]) {
    for (number, act) in journal.iter().enumerate() {
        assert_eq!(act.number, number as u64, "the journal has a gap");
    }
    for person in people {
        let own = |act: &&RoomAct| act.actor.as_str() == person.who;
        let titles: Vec<_> = journal.iter().filter(own).filter_map(title_in).collect();
        let number =
            |title: &String| -> usize { title.rsplit(' ').next().unwrap().parse().unwrap() };
        let numbers: Vec<usize> = titles.iter().map(number).collect();
        assert!(
            numbers.is_sorted_by(|one, next| one < next),
            "{} acted in another order, or twice: {numbers:?}",
            person.who
        );
        for (event, title) in &person.done {
            let act = &journal[usize::try_from(*event).unwrap()];
            assert!(own(&act), "{title} is another's act");
            assert_eq!(title_in(act).as_ref(), Some(title), "event {event}");
        }
    }
}

/// A linear congruential step, so that the moments can be had again from the seed.
fn below(state: &mut u64, bound: usize) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap() % bound
}

#[test]
fn what_two_people_were_told_is_done_survives_each_kill_and_each_broken_line() {
    let told = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let mut state = told("SEED").unwrap_or(20_261_127);
    println!("SEED={state}");
    let kills = told("KILLS").unwrap_or(3);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut hospital = Hospital::found(&data);
    hospital.admit_patient();
    let room = hospital.consult();
    let mut people = ["li.terminal", "chen.expert"].map(|who| Person::comes(&hospital, who, &room));
    let later = tokio::runtime::Runtime::new().unwrap();
    for round in 0..kills {
        let done = |people: &[Person]| people.iter().map(|one| one.done.len()).sum::<usize>();
        let before = done(&people);
        let enough = before + 10 + below(&mut state, 60);
        let began = Instant::now();
        while done(&people) < enough {
            assert!(
                began.elapsed() < Duration::from_mins(2),
                "nothing is done any more"
            );
            for person in &mut people {
                person.goes_on();
                assert!(person.hears(Duration::from_millis(2)), "a line has ended");
            }
            if below(&mut state, 150) == 0 {
                // A line breaks in the middle; what was sent by it may have come or not.
                let who = below(&mut state, 2);
                people[who].goes_on();
                people[who].comes_back(&hospital, &room, true);
            }
        }
        // In the middle of acts: some are on their way, and some answers not yet read.
        for person in &mut people {
            person.acted_at = Instant::now().checked_sub(PACE).unwrap();
            person.goes_on();
        }
        std::thread::sleep(Duration::from_millis(below(&mut state, 60) as u64));
        hospital.kill();
        for person in &mut people {
            while person.hears(Duration::from_secs(5)) {}
        }
        let kept = later.block_on(journal(&data, &room));
        println!(
            "round {round}: {} acts kept, {} acknowledged",
            kept.len(),
            done(&people)
        );
        check(&kept, &people);
        hospital = Hospital::open(&data);
        for person in &mut people {
            person.comes_back(&hospital, &room, false);
            assert_eq!(person.next_event, kept.len() as u64, "{}", person.who);
        }
    }
}
