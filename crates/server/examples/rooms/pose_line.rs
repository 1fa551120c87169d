//! Somebody's line for poses beside the socket, as a browser has it, over the same bad line as everything else of
//! theirs.

use std::time::Duration;

use clap::ValueEnum;
use rand::rngs::StdRng;
use room::wire::ClientFrame;
use tokio::time::Instant;

use crate::{Result, channel::Channel, hospital::Session, line::Conditions, transport::Transport};

/// A line by which nothing was heard for so long is not used.
const SILENCE: Duration = Duration::from_millis(2_500);
const PING_EVERY: Duration = Duration::from_secs(1);

/// By which way poses go where it opens.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Way {
    /// As a client has it: by WebTransport, else by a data channel, else by the socket.
    Transport,
    /// By a data channel of WebRTC, else by the socket.
    Channel,
    /// By the socket alone.
    Socket,
    /// As where no WebSocket opens and no datagram goes through: all by events and requests. Two accounts stand for all,
    /// and have 256 streams together.
    Requests,
}

impl Way {
    /// Whether poses have a line of their own.
    pub fn has_line(self) -> bool {
        matches!(self, Self::Transport | Self::Channel)
    }
}

enum Carrier {
    Channel(Box<Channel>),
    Transport(Transport),
}

/// A line for poses.
pub struct PoseLine {
    carrier: Carrier,
    heard_at: Option<Instant>,
    pinged_at: Option<Instant>,
    received: Vec<Vec<u8>>,
}

impl PoseLine {
    /// Opens a line to the hospital for somebody's seat, the best that opens; none where it is not wanted.
    pub async fn open(
        way: Way,
        session: Session,
        (room, seat): (String, u16),
        line: Conditions,
        mut chance: impl FnMut() -> StdRng,
    ) -> Result<Option<Self>> {
        let mut directions = || [chance(), chance()];
        let carrier = match way {
            Way::Socket | Way::Requests => return Ok(None),
            Way::Channel => None,
            Way::Transport => {
                let opened =
                    Transport::open(session.clone(), room.clone(), seat, line, directions());
                opened.await.ok().map(Carrier::Transport)
            }
        };
        let carrier = if let Some(carrier) = carrier {
            carrier
        } else {
            let channel = Channel::open(session, room, seat, line, directions()).await?;
            Carrier::Channel(Box::new(channel))
        };
        Ok(Some(Self {
            carrier,
            heard_at: None,
            pinged_at: None,
            received: Vec::new(),
        }))
    }

    pub fn is_transport(&self) -> bool {
        matches!(self.carrier, Carrier::Transport(_))
    }

    /// Whether it carries poses now.
    pub fn carries(&self) -> bool {
        self.heard_at.is_some_and(|at| at.elapsed() < SILENCE)
    }

    /// When to go on, if nothing comes before.
    pub fn wakes_at(&self) -> Option<Instant> {
        match &self.carrier {
            Carrier::Channel(channel) => Some(channel.wakes_at()),
            Carrier::Transport(_) => None,
        }
    }

    /// Waits for a datagram.
    pub async fn hear(&mut self) -> Result<()> {
        match &mut self.carrier {
            Carrier::Channel(channel) => channel.hear().await,
            Carrier::Transport(transport) => {
                self.received.push(transport.hear().await?);
                Ok(())
            }
        }
    }

    /// Has everything arrive that is due, and sends what there is.
    pub fn go_on(&mut self) -> Result<()> {
        if let Carrier::Channel(channel) = &mut self.carrier {
            channel.go_on()?;
            self.received.append(&mut channel.received);
        }
        Ok(())
    }

    /// What has come.
    pub fn take(&mut self) -> Vec<Vec<u8>> {
        if !self.received.is_empty() {
            self.heard_at = Some(Instant::now());
        }
        std::mem::take(&mut self.received)
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &[u8]) -> Result<()> {
        match &mut self.carrier {
            Carrier::Channel(channel) => channel.send(frame),
            Carrier::Transport(transport) => transport.send(frame),
        }
    }

    /// Says now and then that it is heard, and how far.
    pub fn confirm(&mut self, tick: u32) -> Result<()> {
        if self.pinged_at.is_some_and(|at| at.elapsed() < PING_EVERY) {
            return Ok(());
        }
        self.pinged_at = Some(Instant::now());
        self.send(&ClientFrame::Ping { nonce: tick }.encode())
    }
}
