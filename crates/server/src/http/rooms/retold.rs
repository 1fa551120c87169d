//! What the frames of a recording say of its room, for programs that read none: who sat where, what stood there at
//! the beginning, and where people were. It is no more than what a replay shows.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    iter::Peekable,
    slice,
};

use room::{
    Change, Chunk, EntityId, Leading, Moment, Placed, Pose, Standing,
    wire::{Entrance, Holding, Participant, PoseOf, ServerFrame},
};
use serde::Serialize;
use serde_json::json;
use vocabulary::{ActorId, Place};

use super::recorded_acts::RecordedAct;

/// Somebody in a seat, as everybody inside saw them; who came by a pseudonym is known by it alone.
#[derive(Debug, PartialEq, Serialize)]
struct Who {
    participant: u16,
    actor: ActorId,
    name: String,
    role: String,
    standing: Standing,
    colour: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    figure: Option<u8>,
    place: u16,
    away: bool,
}

impl From<Participant> for Who {
    fn from(seen: Participant) -> Self {
        Self {
            participant: seen.id,
            actor: seen.actor,
            name: seen.name,
            role: seen.role,
            standing: seen.standing,
            colour: seen.colour,
            figure: seen.figure,
            place: seen.place,
            away: seen.away,
        }
    }
}

/// Somebody in a seat for as long as nothing of it changed, in milliseconds since the recording began.
#[derive(Debug, Serialize)]
pub(super) struct Sat {
    #[serde(flatten)]
    who: Who,
    from_ms: u32,
    to_ms: u32,
}

/// What stood in the room when a part began.
#[derive(Debug, Serialize)]
pub(super) struct Start {
    part: u64,
    at_ms: u32,
    /// The first act that is not in it.
    next_act: u64,
    place: Option<Place>,
    snapshot: Vec<Change>,
    leading: Vec<Leading>,
    holds: Vec<Holding>,
}

/// The parts of a recording, heard one after the other.
pub(super) struct Retold<'a> {
    /// Acts that the world has not taken in yet.
    acts: Peekable<slice::Iter<'a, RecordedAct>>,
    /// What the first start and the acts since have made of the room.
    entities: BTreeMap<EntityId, Placed>,
    place: Option<Place>,
    starts: Vec<Start>,
    here: BTreeMap<u16, Sat>,
    sat: Vec<Sat>,
    /// Where each was said to be last.
    poses: BTreeMap<u16, Pose>,
    to_ms: u32,
}

impl<'a> Retold<'a> {
    /// Nothing heard yet of a recording in which this was done, in order.
    pub fn new(acts: &'a [RecordedAct]) -> Self {
        Self {
            acts: acts.iter().peekable(),
            entities: BTreeMap::new(),
            place: None,
            starts: Vec::new(),
            here: BTreeMap::new(),
            sat: Vec::new(),
            poses: BTreeMap::new(),
            to_ms: 0,
        }
    }

    /// Hears the next part. One line goes to `poses` for each time that somebody was seen anew or moved; where who
    /// stands still is, each part says again, and a line only once.
    pub fn part(&mut self, poses: &mut impl Write, part: Chunk) -> io::Result<()> {
        let number = part.head.number;
        for (at_ms, moment) in part.moments {
            self.to_ms = self.to_ms.max(at_ms);
            let (Moment::Key(frame) | Moment::Frame(frame)) = moment else {
                continue;
            };
            match ServerFrame::decode(&frame) {
                Ok(ServerFrame::Welcome {
                    next_event,
                    entrance,
                    ..
                }) => self.begins((number, at_ms), next_event, entrance),
                Ok(ServerFrame::Tick {
                    news, poses: seen, ..
                }) => {
                    if let Some(people) = news.people {
                        self.people(at_ms, people);
                    }
                    for one in &seen {
                        self.pose(poses, at_ms, one)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Who sat where, and what stood there at the beginning; once more only where the acts since do not say it.
    pub fn finish(self) -> (Vec<Sat>, Vec<Start>) {
        let Self {
            mut sat,
            here,
            starts,
            to_ms,
            ..
        } = self;
        sat.extend(here.into_values().map(|one| Sat { to_ms, ..one }));
        sat.sort_by_key(|one| (one.from_ms, one.who.participant));
        (sat, starts)
    }

    /// A part begins with everything that is in the room.
    fn begins(&mut self, (part, at_ms): (u64, u32), next_act: u64, entrance: Entrance) {
        let Entrance {
            snapshot,
            people,
            leading,
            holds,
            place,
            ..
        } = entrance;
        self.people(at_ms, people);
        while let Some(act) = self.acts.next_if(|act| act.number < next_act) {
            for Change { id, placed } in &act.changes {
                match placed {
                    Some(placed) => self.entities.insert(*id, placed.clone()),
                    None => self.entities.remove(id),
                };
            }
            self.place = act.place.or(self.place);
        }
        let snapshot = snapshot.unwrap_or_default();
        let stood = snapshot.iter();
        let stood = stood.filter_map(|change| Some((change.id, change.placed.clone()?)));
        let stood: BTreeMap<_, _> = stood.collect();
        if !self.starts.is_empty() && stood == self.entities && place == self.place {
            return;
        }
        self.entities = stood;
        self.place = place;
        self.starts.push(Start {
            part,
            at_ms,
            next_act,
            place,
            snapshot,
            leading,
            holds,
        });
    }

    fn people(&mut self, at_ms: u32, people: Vec<Participant>) {
        let seated = |seen: Participant| {
            let sat = Sat {
                who: Who::from(seen),
                from_ms: at_ms,
                to_ms: at_ms,
            };
            (sat.who.participant, sat)
        };
        let mut now: BTreeMap<u16, Sat> = people.into_iter().map(seated).collect();
        for (seat, was) in std::mem::take(&mut self.here) {
            let is = now.get_mut(&seat);
            // Who left, or was away, is seen anew when they or another sit there.
            let stays = |is: &&mut Sat| !is.who.away && is.who.actor == was.who.actor;
            if !is.as_ref().is_some_and(stays) {
                self.poses.remove(&seat);
            }
            let to_ms = at_ms;
            match is {
                Some(is) if is.who == was.who => is.from_ms = was.from_ms,
                _ => self.sat.push(Sat { to_ms, ..was }),
            }
        }
        self.here = now;
    }

    fn pose(&mut self, out: &mut impl Write, at_ms: u32, seen: &PoseOf) -> io::Result<()> {
        let PoseOf { participant, pose } = seen;
        let last = self.poses.insert(*participant, *pose);
        if last.is_some_and(|last| last.is_still(pose)) {
            return Ok(());
        }
        let line = json!({"at_ms": at_ms, "participant": participant, "pose": pose});
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use room::{
        ActKind, ChunkHead, Placement,
        wire::{News, ResumeToken, VERSION},
    };
    use serde_json::Value;
    use vocabulary::RoomId;

    use super::*;

    const SINCE: &str = "2026-11-26T08:00:00Z";

    fn person(id: u16, actor: &str, figure: Option<u8>) -> Participant {
        let mut seen = json!({
            "id": id, "actor": actor, "name": actor.to_uppercase(), "role": "expert", "licence": "valid",
            "colour": "#e69f00", "place": 0, "may_act": true, "standing": "speaker", "hand_since": null,
            "muted": false, "may_accompany": true, "stays_until": null, "joined": SINCE, "away": false,
        });
        if let Some(figure) = figure {
            seen["figure"] = json!(figure);
        }
        serde_json::from_value(seen).unwrap()
    }

    fn board(id: EntityId, title: &str) -> Change {
        let transform = json!({"position_m": [0, 1, 0], "rotation": [0, 0, 0, 1], "scale": 1});
        let entity = json!({"type": "board", "transform": transform, "title": title});
        let placed = json!({"by": "li", "at": SINCE, "entity": entity});
        serde_json::from_value(json!({"id": id, "placed": placed})).unwrap()
    }

    fn act(number: u64, changes: Vec<Change>, place: Option<Place>) -> RecordedAct {
        RecordedAct {
            number,
            actor: ActorId::new("li").unwrap(),
            name: "LI".to_owned(),
            at_ms: 0,
            act: ActKind::Set,
            changes,
            order: None,
            recording: None,
            place,
        }
    }

    fn at(participant: u16, x: f64, sent_ms: u32) -> PoseOf {
        let head = Placement {
            position_m: [x, 1.5, 0.0],
            rotation: [0.0, 0.0, 0.0, 1.0],
        };
        let pose = Pose {
            at_ms: sent_ms,
            head,
            left: None,
            right: None,
            pointer: None,
            held: None,
            mouth: None,
        };
        PoseOf { participant, pose }
    }

    fn welcome(next_event: u64, entrance: Entrance) -> Moment {
        let frame = ServerFrame::Welcome {
            version: VERSION,
            participant: 0,
            resume: ResumeToken([0; 16]),
            resumed: false,
            tick: 1,
            last_seq: 0,
            next_event,
            entrance,
        };
        Moment::Key(frame.encode())
    }

    fn entrance(snapshot: Vec<Change>, people: Vec<Participant>) -> Entrance {
        Entrance {
            snapshot: Some(snapshot),
            people,
            ..Entrance::default()
        }
    }

    fn tick(people: Option<Vec<Participant>>, poses: Vec<PoseOf>) -> Vec<u8> {
        let news = News {
            people,
            ..News::default()
        };
        let frame = ServerFrame::Tick {
            tick: 1,
            news,
            poses,
            acks: Vec::new(),
        };
        frame.encode()
    }

    fn part(number: u64, moments: Vec<(u32, Moment)>) -> Chunk {
        let head = ChunkHead {
            room: RoomId::new("consult-1").unwrap(),
            recording: 7,
            number,
        };
        Chunk { head, moments }
    }

    /// Who was where and when, and what else is told.
    fn told(acts: &[RecordedAct], parts: Vec<Chunk>) -> (Vec<(u64, u64, f64)>, Value, Value) {
        let mut retold = Retold::new(acts);
        let mut lines: Vec<u8> = Vec::new();
        for part in parts {
            retold.part(&mut lines, part).unwrap();
        }
        let lines = serde_json::Deserializer::from_slice(&lines);
        let poses = lines.into_iter::<Value>().map(|line| {
            let line = line.unwrap();
            let x = &line["pose"]["head"]["position_m"][0];
            let number = |name: &str| line[name].as_u64().unwrap();
            (number("at_ms"), number("participant"), x.as_f64().unwrap())
        });
        let poses = poses.collect();
        let (people, starts) = retold.finish();
        (poses, json!(people), json!(starts))
    }

    #[test]
    fn who_stands_still_is_told_once_and_who_moves_each_time() {
        let people = || vec![person(1, "li", None), person(2, "chen", None)];
        let key = |poses| Moment::Key(tick(None, poses));
        let seen = |poses| Moment::Frame(tick(None, poses));
        let first = vec![
            (0, welcome(3, entrance(Vec::new(), people()))),
            (0, key(vec![at(1, 0.0, 10), at(2, 2.0, 90)])),
            // The tick with which a part begins says again what was new in it.
            (0, seen(vec![at(1, 0.0, 10)])),
            (50, seen(vec![at(1, 0.5, 60)])),
        ];
        let second = vec![
            (10_000, welcome(3, entrance(Vec::new(), people()))),
            // The clock of who stands still goes on.
            (10_000, key(vec![at(1, 0.5, 9_960), at(2, 2.0, 9_990)])),
            (10_050, seen(vec![at(2, 1.5, 10_040)])),
        ];
        let (poses, _, _) = told(&[], vec![part(0, first), part(1, second)]);
        assert_eq!(
            poses,
            [(0, 1, 0.0), (0, 2, 2.0), (50, 1, 0.5), (10_050, 2, 1.5)]
        );
    }

    #[test]
    fn a_seat_names_who_sat_there_and_when() {
        let news = |people| Moment::Frame(tick(Some(people), Vec::new()));
        let li = |figure| person(1, "pseudonym.4f7", figure);
        let away = Participant {
            away: true,
            ..person(2, "chen", None)
        };
        let voice = Moment::Voice {
            participant: 1,
            clock: 0,
            packet: vec![1],
        };
        let moments = vec![
            (0, welcome(0, entrance(Vec::new(), vec![li(None)]))),
            (100, news(vec![li(None), person(2, "chen", None)])),
            (200, news(vec![li(Some(3)), away])),
            (300, news(vec![li(Some(3))])),
            (400, voice),
        ];
        let (_, people, _) = told(&[], vec![part(0, moments)]);
        let said = |row: &Value| {
            let words = ["actor", "figure", "away", "from_ms", "to_ms"];
            json!(words.map(|word| row[word].clone()))
        };
        let rows: Vec<Value> = people.as_array().unwrap().iter().map(said).collect();
        let expected = json!([
            ["pseudonym.4f7", null, false, 0, 200],
            ["chen", null, false, 100, 200],
            ["pseudonym.4f7", 3, false, 200, 400],
            ["chen", null, true, 200, 300],
        ]);
        assert_eq!(json!(rows), expected);
        assert_eq!(people[1]["name"], "CHEN");
        assert_eq!(people[1]["participant"], 2);
        // Nothing goes along that a replay does not show.
        assert_eq!(people[1].get("stays_until"), None);
    }

    #[test]
    fn who_comes_back_to_their_seat_is_seen_anew() {
        let people = |people| Moment::Frame(tick(Some(people), Vec::new()));
        let seen = |poses| Moment::Frame(tick(None, poses));
        let li = || person(1, "li", None);
        let away = Participant {
            away: true,
            ..person(1, "li", None)
        };
        let moments = vec![
            (0, welcome(0, entrance(Vec::new(), vec![li()]))),
            (50, seen(vec![at(1, 0.5, 10)])),
            (100, people(vec![away])),
            (200, people(vec![li()])),
            (250, seen(vec![at(1, 0.5, 20)])),
        ];
        let (poses, _, _) = told(&[], vec![part(0, moments)]);
        assert_eq!(poses, [(50, 1, 0.5), (250, 1, 0.5)]);
    }

    #[test]
    fn what_stood_there_is_told_with_the_first_part_and_where_acts_do_not_give_it() {
        let gone = Change {
            id: 1,
            placed: None,
        };
        let acts = [
            // It has left what it did in the start.
            act(4, vec![board(1, "first")], None),
            act(5, vec![board(2, "changed")], Some(Place::Operating)),
            act(6, vec![gone], None),
        ];
        let begins = |number: u64, next_act, snapshot, place| {
            let entrance = Entrance {
                place,
                ..entrance(snapshot, Vec::new())
            };
            let at_ms = 10_000 * u32::try_from(number).unwrap();
            part(number, vec![(at_ms, welcome(next_act, entrance))])
        };
        let operating = Some(Place::Operating);
        let parts = vec![
            begins(0, 5, vec![board(1, "first"), board(2, "second")], None),
            begins(1, 7, vec![board(2, "changed")], operating),
            // What no act tells is told by the part.
            begins(2, 7, vec![board(3, "unheard of")], operating),
        ];
        let (_, _, starts) = told(&acts, parts);
        let said = |start: &Value| {
            let words = ["part", "at_ms", "next_act", "place"];
            json!(words.map(|word| start[word].clone()))
        };
        let rows: Vec<Value> = starts.as_array().unwrap().iter().map(said).collect();
        let expected = json!([[0, 0, 5, null], [2, 20_000, 7, "operating"]]);
        assert_eq!(json!(rows), expected);
        let first = json!([board(1, "first"), board(2, "second")]);
        assert_eq!(starts[0]["snapshot"], first);
    }
}
