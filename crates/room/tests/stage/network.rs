//! What a network does to frames. By a socket they come in order or not at all; datagrams and requests come late,
//! twice, in another order, or never.

use room::{
    Seat,
    requests::{Turns, split},
};

use crate::stage::Chance;

/// How somebody's frames go to the hospital and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// By a socket.
    #[default]
    Socket,
    /// The same, and poses beside it as datagrams.
    Datagrams,
    /// By requests, each of them some frames.
    Requests,
}

/// Something under way by somebody's line.
#[derive(Clone, Debug)]
pub struct OnTheWay {
    pub who: usize,
    pub line: u64,
    /// Which of the line's requests it is; of no meaning for datagrams.
    pub number: u32,
    pub bytes: Vec<u8>,
}

/// A line as the hospital knows it.
pub struct Line {
    pub seat: Seat,
    pub turns: Turns,
}

/// What is under way in no order.
#[derive(Default)]
pub struct Air {
    under_way: Vec<OnTheWay>,
    /// How often something came twice, overtook something older, or was lost.
    pub twice: usize,
    pub overtook: usize,
    pub lost: usize,
}

/// As much is under way at once; what is older is lost.
const MOST: usize = 300;

impl Air {
    pub fn push(&mut self, one: OnTheWay) {
        if self.under_way.len() == MOST {
            self.under_way.remove(0);
        }
        self.under_way.push(one);
    }

    pub fn clear(&mut self) {
        self.under_way.clear();
    }

    /// Something comes: any of what is under way, which may come once more. `Err` has what was lost.
    pub fn next(&mut self, chance: &mut Chance) -> Option<Result<OnTheWay, OnTheWay>> {
        let index = match self.under_way.len() {
            0 => return None,
            // Mostly the older ones come first.
            length => chance.below(length).min(chance.below(length)),
        };
        let one = self.under_way[index].clone();
        let mut older = self.under_way[..index].iter();
        let is_late = older.any(|other| other.line == one.line);
        if chance.in_percent(15) {
            self.twice += 1;
        } else {
            self.under_way.remove(index);
        }
        if chance.in_percent(5) {
            self.lost += 1;
            return Some(Err(one));
        }
        self.overtook += usize::from(is_late);
        Some(Ok(one))
    }
}

/// Some frames as the body of one request.
pub fn body(frames: &[Vec<u8>]) -> Vec<u8> {
    let framed = frames.iter().flat_map(|frame| {
        let length = u16::try_from(frame.len()).unwrap().to_le_bytes();
        length.into_iter().chain(frame.iter().copied())
    });
    let body: Vec<u8> = framed.collect();
    assert_eq!(split(&body).unwrap(), frames);
    body
}
