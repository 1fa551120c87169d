//! The way into a room where no WebSocket opens: the server's frames as a stream of events (server-sent events, HTML),
//! the client's by requests of their own. The frames, the checks and the seat are those of the socket.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Weak},
};

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event, Sse},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::{SinkExt as _, StreamExt as _, channel::mpsc};
use parking_lot::Mutex;
use room::{
    Farewell,
    requests::{Turn, Turns, split},
    wire::ServerFrame,
};
use vocabulary::{ActorId, RoomId};

use super::{attend, conduct, door, enter, is_same_origin};
use crate::{
    accounts::Session,
    hospital::Hospital,
    http::{Caller, Problem},
    rooms::{Heard, Said},
};

/// The longest body of one request: some frames.
pub const BODY_BYTES: usize = 64 * 1024;
/// Frames that may wait for the room, and for the client beside those of its outbox.
const UP: usize = 64;
const DOWN: usize = 4;
/// In so many rooms one account may have all its seats by streams.
const ROOMS_OF_ONE_ACCOUNT: usize = 2;
/// And so many streams at least: one that broke counts until the hospital has noticed.
const LEAST_OF_ONE_ACCOUNT: usize = 16;

/// What names an open stream to who sends frames for it: 16 random bytes as hexadecimal digits.
const LINE: HeaderName = HeaderName::from_static("x-yuanyi-line");
/// Says which of its requests one is, counted from 1.
const NUMBER: HeaderName = HeaderName::from_static("x-yuanyi-number");

/// The streams that are open now.
pub struct Streams {
    open: Mutex<HashMap<u128, Open>>,
    of_one_account: usize,
}

/// An open stream: whose it is, and where their frames go.
struct Open {
    actor: ActorId,
    session: Session,
    room: RoomId,
    heard: Arc<tokio::sync::Mutex<Requests>>,
}

/// What was heard of a stream's requests, one after the other.
struct Requests {
    turns: Turns,
    heard: mpsc::Sender<Heard>,
}

/// A stream is open as long as this is kept.
struct Kept {
    line: u128,
    streams: Weak<Streams>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(streams) = self.streams.upgrade() {
            streams.open.lock().remove(&self.line);
        }
    }
}

impl Streams {
    /// No streams yet, where one account may have so many seats in a room.
    pub fn new(seats_each: usize) -> Self {
        let seats = seats_each.saturating_mul(ROOMS_OF_ONE_ACCOUNT);
        Self {
            open: Mutex::default(),
            of_one_account: seats.max(LEAST_OF_ONE_ACCOUNT),
        }
    }

    /// Opens one, unless the account has too many.
    fn open(self: &Arc<Self>, line: u128, one: Open) -> Option<Kept> {
        let mut open = self.open.lock();
        let theirs = open.values().filter(|other| other.actor == one.actor);
        if theirs.count() >= self.of_one_account {
            return None;
        }
        open.insert(line, one);
        Some(Kept {
            line,
            streams: Arc::downgrade(self),
        })
    }

    /// Where requests for a stream go, if it is the caller's, by the session by which it was opened.
    fn find(
        &self,
        line: u128,
        caller: &Caller,
        room: &str,
    ) -> Option<Arc<tokio::sync::Mutex<Requests>>> {
        let open = self.open.lock();
        let one = open.get(&line)?;
        let is_theirs = one.actor == caller.actor.id
            && one.session == caller.session
            && one.room.as_str() == room;
        is_theirs.then(|| Arc::clone(&one.heard))
    }
}

/// `POST /rooms/{id}/stream`, the first frame as the body: the answer is the stream. Its first event names the line.
pub async fn open(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    hello: Bytes,
) -> Result<Response, Problem> {
    if !is_same_origin(&headers) {
        return Err(Problem::forbidden(
            "open the stream from the hospital's own page",
        ));
    }
    let (_, stage, permit) = enter(&hospital, &caller, &id).await?;
    let person = door::person(&hospital, &caller.actor, &stage).await?;
    let has_agreed = conduct::agreed(&hospital, &caller.actor).await?.is_some();
    let (mut down, frames_down) = mpsc::channel(DOWN);
    let line: u128 = rand::random();
    if has_agreed {
        let (mut up, frames_up) = mpsc::channel(UP);
        let _ = up.try_send(Heard::Frame(hello));
        let one = Open {
            actor: caller.actor.id.clone(),
            session: caller.session,
            room: stage.id.clone(),
            heard: Arc::new(tokio::sync::Mutex::new(Requests {
                turns: Turns::default(),
                heard: up,
            })),
        };
        let kept = hospital.streams.open(line, one).ok_or_else(too_many)?;
        let who = (caller.actor.id, person, caller.session);
        tokio::spawn(async move {
            attend(hospital, stage, permit, who, (down, frames_up)).await;
            drop(kept);
        });
    } else {
        let bye = ServerFrame::bye(Farewell::ConductNotAgreed).encode();
        let _ = down.try_send(Said::Frame(bye.into()));
    }
    let name = Event::default().event("line").data(format!("{line:032x}"));
    let frame = |said: Said| match said {
        Said::Frame(bytes) => Event::default().data(STANDARD.encode(bytes)),
        // Who is still there says so by requests; a comment shows whether the stream still opens.
        Said::Ask => Event::default().comment(""),
    };
    let events = futures::stream::once(std::future::ready(name)).chain(frames_down.map(frame));
    let mut answer = Sse::new(events.map(Ok::<_, Infallible>)).into_response();
    let kept = [
        (header::CACHE_CONTROL, "no-store"),
        // Some proxies gather an answer until it is whole, unless they are told not to.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    for (name, value) in kept {
        let value = HeaderValue::from_static(value);
        answer.headers_mut().insert(name, value);
    }
    Ok(answer)
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many streams",
        "请先离开其他房间 · leave another room first",
    )
    .retry_after(5)
}

/// `POST /rooms/{id}/frames`: the client's frames for its stream, in order, each with its length before it (`u16`,
/// little endian). The room counts them as it counts those of a socket. A request that comes twice is answered and not
/// heard again; one that has overtaken another is refused, and the client opens its stream anew.
pub async fn frames(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let requests = requests(&hospital, &caller, &id, &headers)?;
    let number = headers.get(NUMBER).and_then(|number| number.to_str().ok());
    let number = number.and_then(|number| number.parse().ok());
    let number: u32 =
        number.ok_or_else(|| Problem::bad_input("say which of the stream's requests it is"))?;
    let frames = split(&body).ok_or_else(|| {
        Problem::bad_input("send frames of the room, each after its length in two bytes")
    })?;
    let frames = frames.into_iter().map(|frame| body.slice_ref(frame));
    let frames: Vec<_> = frames.collect();
    match requests.lock().await.hear(number, frames).await {
        Some(Turn::Now | Turn::Before) => Ok(StatusCode::NO_CONTENT),
        Some(Turn::Early) => Err(Problem::new(
            StatusCode::CONFLICT,
            "A request is missing",
            "one before it has not come: open the stream anew",
        )),
        None => Err(gone()),
    }
}

/// `DELETE /rooms/{id}/stream`: the client leaves on purpose. A stream that ends without this has broken, and the seat
/// is kept.
pub async fn leave(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let requests = requests(&hospital, &caller, &id, &headers)?;
    let left = requests.lock().await.heard.send(Heard::Left).await;
    left.map_err(|_| gone())?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is heard of the caller's stream that a request names.
fn requests(
    hospital: &Hospital,
    caller: &Caller,
    room: &str,
    headers: &HeaderMap,
) -> Result<Arc<tokio::sync::Mutex<Requests>>, Problem> {
    let line = headers.get(LINE).and_then(|line| line.to_str().ok());
    let line = line.and_then(|line| u128::from_str_radix(line, 16).ok());
    let found = line.and_then(|line| hospital.streams.find(line, caller, room));
    found.ok_or_else(gone)
}

fn gone() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "No such stream",
        "it has ended, or is not yours: open it anew",
    )
}

impl Requests {
    /// Hands the frames of a request on, if it is its turn; `None` where the stream has ended.
    async fn hear(&mut self, number: u32, frames: Vec<Bytes>) -> Option<Turn> {
        let turn = self.turns.of(number);
        if turn != Turn::Now {
            return Some(turn);
        }
        // A request can break off while its frames wait. What was heard of it is not heard again with the same number.
        self.turns.heard();
        for frame in frames {
            self.heard.send(Heard::Frame(frame)).await.ok()?;
        }
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn an_account_with_few_seats_comes_back_beside_streams_that_broke() {
        assert_eq!(Streams::new(1).of_one_account, LEAST_OF_ONE_ACCOUNT);
        assert_eq!(Streams::new(64).of_one_account, 128);
    }

    #[test]
    fn a_request_that_broke_off_is_not_heard_again() {
        let (up, mut heard) = mpsc::channel(4);
        let mut requests = Requests {
            turns: Turns::default(),
            heard: up,
        };
        let frames = |count: u8| -> Vec<Bytes> {
            let all = (0..count).map(|one| Bytes::from(vec![one]));
            all.collect()
        };
        // The room does not keep up, and the client gives the request up while its frames wait.
        let broken = requests.hear(1, frames(9)).now_or_never();
        assert_eq!(broken, None, "it waits");
        let again = requests.hear(1, frames(9)).now_or_never();
        assert_eq!(again, Some(Some(Turn::Before)));
        let mut once = Vec::new();
        while let Some(Some(Heard::Frame(frame))) = heard.next().now_or_never() {
            once.extend(frame);
        }
        let is_once = once.is_sorted_by(|one, next| one < next);
        assert!(is_once && (1..9).contains(&once.len()), "{once:?}");
        let next = requests.hear(2, frames(1)).now_or_never();
        assert_eq!(next, Some(Some(Turn::Now)));
        drop(heard);
        assert_eq!(requests.hear(3, frames(1)).now_or_never(), Some(None));
    }
}
