//! The connection by which somebody is in a room, over a line good or bad.

use rand::rngs::StdRng;
use tokio::time::Instant;

use crate::{
    Result, bot::Door, line::Conditions, pose_line::Way, requests::Requests, web_socket::WebSocket,
};

/// A WebSocket, or a stream of events and requests beside it.
pub enum Connection {
    Socket(Box<WebSocket>),
    Requests(Box<Requests>),
}

impl Connection {
    /// Goes to a hospital. The way there is a good line.
    pub async fn open(
        door: &Door,
        way: Way,
        line: Conditions,
        chance: impl FnMut() -> StdRng,
    ) -> Result<Self> {
        Ok(if way == Way::Requests {
            Self::Requests(Box::new(Requests::open(door, line, chance).await?))
        } else {
            Self::Socket(Box::new(WebSocket::open(door, line, chance).await?))
        })
    }

    /// Sends a frame.
    pub async fn say(&mut self, frame: &[u8]) -> Result<()> {
        match self {
            Self::Socket(socket) => socket.say(frame).await,
            Self::Requests(requests) => requests.say(frame).await,
        }
    }

    /// Waits until something has come.
    pub async fn hear(&mut self) -> Result<()> {
        match self {
            Self::Socket(socket) => socket.hear().await,
            Self::Requests(requests) => requests.hear().await,
        }
    }

    /// Has everything go and arrive that is due.
    pub async fn go_on(&mut self) -> Result<()> {
        match self {
            Self::Socket(socket) => socket.go_on().await,
            Self::Requests(requests) => requests.go_on().await,
        }
    }

    /// The next frame that has arrived.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Socket(socket) => socket.arrived.pop_front(),
            Self::Requests(requests) => requests.arrived.pop_front(),
        }
    }

    /// When to go on, if nothing comes before.
    pub fn wakes_at(&self) -> Option<Instant> {
        match self {
            Self::Socket(socket) => socket.wakes_at(),
            Self::Requests(requests) => requests.wakes_at(),
        }
    }
}
