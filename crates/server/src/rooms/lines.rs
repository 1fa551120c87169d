//! Which way poses go to each, and how often.

use media::{Attendance, limits::POSES_FRAME_BYTES};
use room::{Seat, Tick, Wants};

use super::{Connection, Host, OUTBOX};
use crate::{media::Attending, transport::Carried};

/// Where more frames than these wait for one connection, its line does not carry what is sent: poses are left out,
/// so that acts and their answers come through.
const POSES_WAIT: usize = 4;

/// Where more frames than these wait for one connection, words for those who read along are left out.
const WORDS_WAIT: usize = OUTBOX / 2;

/// Somebody's line for poses, by what carries it. It ends with this value.
pub(super) enum Line {
    /// A data channel of WebRTC.
    Channel(Attending),
    /// A session of WebTransport.
    Transport(Carried),
}

impl Line {
    /// Which.
    pub(super) fn id(&self) -> Attendance {
        match self {
            Self::Channel(line) => line.id,
            Self::Transport(line) => line.id,
        }
    }
}

fn is_behind(connection: &Connection, frames: usize) -> bool {
    connection.outbox.max_capacity() - connection.outbox.capacity() > frames
}

impl Host {
    /// Whether so much waits for a connection that words are left out.
    pub(super) fn is_behind(&self, seat: Seat) -> bool {
        let connection = self.connections.get(&seat);
        connection.is_some_and(|connection| is_behind(connection, WORDS_WAIT))
    }

    /// Has poses be sent less often while ticks come late.
    pub(super) fn mind_pace(&mut self, due: tokio::time::Instant) {
        let late_ms = i64::try_from(due.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.room.shed(self.pace.tick(late_ms));
    }

    /// Which poses somebody gets by their socket: none while they come beside it, and none while so much waits there
    /// that a pose would be old when it is read. What was left out is made good when both are over.
    pub(super) fn wants(&self, seat: Seat, is_due: bool) -> Wants {
        let Some(connection) = self.connections.get(&seat) else {
            return Wants::New;
        };
        let by_line = connection.line.is_some() && connection.poses.lock().hears_by_line();
        if by_line || is_behind(connection, POSES_WAIT) {
            connection.left_out.set(true);
            return Wants::Nothing;
        }
        if is_due && connection.left_out.take() {
            return Wants::All;
        }
        Wants::New
    }

    /// Sends poses to those who have a line for them; now and then also to those who do not seem to hear there.
    pub(super) fn send_poses(&self, tick: &Tick) {
        let mut by_channel = Vec::new();
        for (seat, connection) in &self.connections {
            let Some(line) = &connection.line else {
                continue;
            };
            let is_wanted = tick.is_due() || connection.poses.lock().hears_by_line();
            let frames = tick.datagrams(*seat, POSES_FRAME_BYTES);
            if !is_wanted || frames.is_empty() {
                continue;
            }
            match line {
                Line::Channel(line) => by_channel.push((line.id, frames)),
                Line::Transport(line) => line.send(frames),
            }
        }
        if !by_channel.is_empty() {
            self.media.send_poses(&self.about.id, by_channel);
        }
    }
}
