//! Any bytes, as frames of several connections to one room: the room reads or refuses them, never panics,
//! and its journal always makes the same room again. The fuzz target `room_protocol` runs the same.

use room::{
    Bounds, Door, KeptAct, Licence, Person, Probe, Reply, ResumeToken, Room, Seat, Standing,
    wire::{ClientFrame, ServerFrame, VERSION},
};
use vocabulary::{ActorId, RoomId, Timestamp, Uid};

/// Knows every series, and a value in half of its box.
struct Chest;

impl Probe for Chest {
    fn bounds(&self, _: &Uid) -> Option<Bounds> {
        Some(Bounds {
            min_lps_mm: [-100.0; 3],
            max_lps_mm: [100.0; 3],
        })
    }

    fn layers(&self, _: &Uid) -> Vec<String> {
        vec!["lungs".to_owned()]
    }

    fn inside_of(&self, _: &Uid, _: &str) -> Option<(f64, [f64; 3])> {
        Some((1000.0, [0.0; 3]))
    }

    fn hu_at(&self, _: &Uid, [l, _, _]: [f64; 3]) -> Option<i16> {
        (l < 0.0).then_some(40)
    }
}

fn actor(who: usize) -> ActorId {
    ActorId::new(format!("actor{who}")).unwrap()
}

/// A doctor who was asked in, a nurse who waits at the door, and a child who may not be alone.
fn door(who: usize) -> Door {
    let standing = if who == 2 {
        Standing::Patient
    } else {
        Standing::Speaker
    };
    Door {
        standing,
        is_asked: who == 0,
        may_host: who == 0,
        treats: who < 2,
        may_accompany: who < 2,
        needs_companion: who == 2,
        needs_licence: false,
    }
}

struct Hospital {
    room: Room,
    now: Timestamp,
    journal: Vec<KeptAct>,
    seats: [Option<Seat>; 3],
    next_seq: u32,
}

impl Hospital {
    fn join(&mut self, who: usize, hello: &[u8]) {
        let actor = actor(who);
        let person = Person {
            name: "a".into(),
            role: "expert".into(),
            may_act: true,
            licence: Licence::Valid,
            sees_images: true,
            actor,
            door: door(who),
        };
        let token = ResumeToken([who as u8; 16]);
        if let Ok(joined) = self.room.join(self.now, person, hello, token) {
            ServerFrame::decode(&joined.welcome).unwrap();
            self.seats[who] = Some(joined.seat);
        }
    }

    fn receive(&mut self, who: usize, frame: &[u8]) {
        let Some(seat) = self.seats[who] else { return };
        let reply = self.room.receive(self.now, seat, frame, &Chest);
        self.answer(who, seat, &reply);
    }

    fn answer(&mut self, who: usize, seat: Seat, reply: &Reply) {
        match reply {
            Reply::Nothing | Reply::Sending(_) => {}
            Reply::Send(answer) | Reply::ToAll(answer) => {
                drop(ServerFrame::decode(answer).unwrap());
            }
            Reply::Close(_, answer) => {
                ServerFrame::decode(answer).unwrap();
                self.room.leave(self.now, seat);
                self.seats[who] = None;
            }
        }
    }

    fn overtaken(&mut self, who: usize, poses: u8) {
        let Some(seat) = self.seats[who] else { return };
        let reply = self.room.overtaken(self.now, seat, u32::from(poses));
        self.answer(who, seat, &reply);
    }

    fn put_out(&mut self, who: usize) {
        self.room.put_out(self.now, &actor(who));
        self.seats[who] = None;
    }

    fn round(&mut self, keeps: bool) {
        let unkept = self.room.take_unkept();
        if let Some(last) = unkept.last() {
            let through = last.number;
            if keeps {
                self.journal.extend(unkept);
                self.room.kept(through);
            } else {
                self.room.lost();
            }
        }
        let tick = self.room.tick(self.now);
        for parcel in self.room.take_parcels() {
            ServerFrame::decode(&parcel.frame).unwrap();
            let gone = self
                .seats
                .iter_mut()
                .find(|seat| parcel.is_last && **seat == Some(parcel.seat));
            gone.map(Option::take);
        }
        for (_, packet) in tick.packets() {
            ServerFrame::decode(&packet).unwrap();
        }
    }
}

/// Has three people come to a room and send what the bytes say.
pub fn frames(bytes: &[u8]) {
    let _ = ClientFrame::decode(bytes);
    let _ = ServerFrame::decode(bytes);
    let mut hospital = Hospital {
        room: Room::open(RoomId::new("r1").unwrap(), []).unwrap(),
        now: Timestamp(0),
        journal: Vec::new(),
        seats: [None; 3],
        next_seq: 1,
    };
    let hello = ClientFrame::Hello {
        version: VERSION,
        resume: None,
        next_event: 0,
    }
    .encode();
    for who in 0..3 {
        hospital.join(who, &hello);
    }
    // A step is a byte that says what, one that says how long, and so many bytes.
    let mut rest = bytes;
    while let [what, length, tail @ ..] = rest {
        let (part, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        let who = usize::from(*what) % 3;
        match what / 3 % 10 {
            0 => hospital.join(who, part),
            1 => hospital.receive(who, part),
            2 => hospital.receive(who, &[&[2], part].concat()),
            3 | 4 => {
                let seq = hospital.next_seq.to_le_bytes();
                hospital.next_seq += 1;
                hospital.receive(who, &[&[3], &seq[..], part].concat());
            }
            5 => hospital.now.0 += i64::from(*length) * 50,
            6 => hospital.put_out(who),
            7 => hospital.overtaken(who, *length),
            8 => hospital.round(true),
            _ => hospital.round(false),
        }
    }
    hospital.round(true);
    let again = Room::replay(hospital.journal).unwrap();
    assert!(
        again == *hospital.room.world(),
        "the journal makes another room"
    );
}
