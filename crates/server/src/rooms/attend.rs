//! Who takes part by voice and picture, or has a line for poses beside their socket.

use std::sync::Arc;

use media::{JoinError, Offer};
use room::{Seat, Sending};
use tokio::sync::oneshot;
use vocabulary::ActorId;

use super::{Connection, Host, lines::Line};
use crate::{accounts::Session, clock, poses::Poses};

/// Somebody wants to take part by voice or picture, or to have a line for poses.
pub(super) struct Attend {
    pub actor: ActorId,
    pub session: Session,
    pub participant: u16,
    pub offer: Offered,
    pub answer: oneshot::Sender<Result<String, JoinError>>,
}

/// What somebody offers.
pub enum Offered {
    /// Voice and picture.
    Media(Offer),
    /// A line for poses by WebRTC, by its session description.
    Poses(String),
    /// To come for a line for poses by WebTransport; the answer is the path by which to come.
    Transport,
}

/// Why somebody cannot take part by voice or picture.
#[derive(Debug)]
pub enum AttendError {
    /// They are not in the room.
    NotSeated,
    /// Their offer was not taken.
    Offer(JoinError),
}

impl Connection {
    /// Ends the line for poses that there was; what another one needs of its seat.
    fn without_line(&mut self, seat: Seat) -> (Seat, Poses) {
        self.line = None;
        self.poses.lock().line_ended();
        (seat, Arc::clone(&self.poses))
    }
}

impl Host {
    /// Lets somebody take part by media whom the room knows to be here, by the connection that they are here by.
    pub(super) fn attend(&mut self, attend: Attend) {
        let actor = self.known_as(&attend.actor);
        let Some(seat) = self.room.seated(attend.participant, actor) else {
            return;
        };
        let is_theirs = |connection: &&mut Connection| connection.session == attend.session;
        let Some(connection) = self.connections.get_mut(&seat).filter(is_theirs) else {
            return;
        };
        let is_taken = match attend.offer {
            Offered::Media(_) => self.room.takes_media(clock::now(), seat),
            Offered::Poses(_) | Offered::Transport => self.room.takes_line(clock::now(), seat),
        };
        if !is_taken {
            let _ = attend.answer.send(Err(JoinError::TooSoon));
            return;
        }
        let ear = self.ear.clone();
        match attend.offer {
            Offered::Media(offer) => {
                // What they had before ends first.
                connection.attending = None;
                let id = self.about.id.clone();
                let attending = self.media.join(id, seat, ear, offer, attend.answer);
                connection.let_through = Sending::default();
                attending.sends(connection.let_through);
                connection.attending = Some(attending);
            }
            Offered::Poses(sdp) => {
                let own = connection.without_line(seat);
                let room = &self.about.id;
                let line = self.media.join_poses(room, own, ear, sdp, attend.answer);
                connection.line = Some(Line::Channel(line));
            }
            Offered::Transport => {
                let own = connection.without_line(seat);
                let (line, path) = self.transport.expect(self.media.number(), own, ear);
                connection.line = Some(Line::Transport(line));
                let _ = attend.answer.send(Ok(path));
            }
        }
        self.mind_media();
    }
}
