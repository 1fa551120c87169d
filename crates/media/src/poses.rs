//! One person's line for poses: datagrams beside the room's socket.
//!
//! It is a data channel of WebRTC without order and without repetition, alone in a connection of its own: no
//! microphone is asked for, and it comes and goes without touching voice and picture. A pose that is lost is lost;
//! the next one says more than the last one did.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Instant};

use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc,
    channel::{ChannelId, Reliability},
};

use crate::{
    connection::{JoinError, answered, readable},
    forwarder::Datagram,
    limits::{OFFER_BYTES, POSE_BYTES, POSES_UNDER_WAY_BYTES, POSES_UNDER_WAY_TICKS},
    turn::crypto,
};

/// What has come of a line.
#[derive(Debug)]
pub(crate) enum Came {
    /// Its channel is open.
    Opened,
    /// Bytes of the client's.
    Bytes(Vec<u8>),
}

/// One person's line for poses.
pub(crate) struct PoseLine {
    pub joined: Instant,
    /// When it wants to be woken.
    pub timeout: Instant,
    rtc: Rtc,
    channel: Option<ChannelId>,
}

impl PoseLine {
    /// Answers an offer of one channel.
    pub fn answer(
        now: Instant,
        sdp: &str,
        addresses: &[SocketAddr],
    ) -> Result<(Self, String), JoinError> {
        if sdp.len() > OFFER_BYTES {
            return Err(JoinError::TooLong);
        }
        // One section, and that one of data: voice and picture have a connection of their own.
        let mut sections = sdp.lines().filter(|line| line.starts_with("m="));
        let is_data = |line: &&str| line.starts_with("m=application");
        if !sections.next().as_ref().is_some_and(is_data) {
            return Err(JoinError::Unreadable);
        }
        if sections.next().is_some() {
            return Err(JoinError::TooManySections);
        }
        let mut rtc = Rtc::builder()
            .set_crypto_provider(Arc::new(crypto().clone()))
            .set_ice_lite(true)
            .build(now);
        for address in addresses {
            if let Ok(candidate) = Candidate::host(*address, "udp") {
                rtc.add_local_candidate(candidate);
            }
        }
        let answer = answered(&mut rtc, sdp)?;
        let line = Self {
            joined: now,
            timeout: now,
            rtc,
            channel: None,
        };
        Ok((line, readable(answer.to_sdp_string())?))
    }

    pub fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    pub fn is_open(&self) -> bool {
        self.channel.is_some()
    }

    /// Ends the line.
    pub fn end(&mut self) {
        self.rtc.disconnect();
    }

    pub fn accepts(&self, input: &Input<'_>) -> bool {
        self.rtc.accepts(input)
    }

    /// Takes in a datagram or the time.
    pub fn take(&mut self, input: Input<'_>) {
        if self.rtc.is_alive() && self.rtc.handle_input(input).is_err() {
            self.rtc.disconnect();
        }
    }

    /// Sends frames, as far as the line takes them now: what it does not take would be late.
    pub fn send(&mut self, frames: &[Vec<u8>]) {
        let Some(id) = self.channel else { return };
        let bytes: usize = frames.iter().map(Vec::len).sum();
        let (least, most) = POSES_UNDER_WAY_BYTES.into_inner();
        let under_way = (bytes * POSES_UNDER_WAY_TICKS).clamp(least, most);
        for frame in frames {
            let Some(mut channel) = self.rtc.channel(id) else {
                return;
            };
            if channel.buffered_amount() > under_way {
                return;
            }
            if channel.write(true, frame).is_err() {
                self.rtc.disconnect();
                return;
            }
        }
    }

    /// Gives out what has come of it, until it waits for the next input.
    pub fn poll(&mut self, out: &mut VecDeque<Datagram>, came: &mut Vec<Came>) {
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.timeout = at;
                    return;
                }
                Ok(Output::Transmit(transmit)) => out.push_back(Datagram {
                    to: transmit.destination,
                    bytes: transmit.contents.to_vec(),
                }),
                Ok(Output::Event(event)) => self.note(event, came),
                Err(_) => self.rtc.disconnect(),
            }
        }
    }

    fn note(&mut self, event: Event, came: &mut Vec<Came>) {
        match event {
            Event::ChannelOpen(id, _) => {
                // A channel that keeps everything until it has come would be the socket once more, and memory without
                // bounds.
                let channel = self.rtc.channel(id);
                let config = channel.and_then(|channel| channel.config().cloned());
                let loses = config.is_some_and(|config| {
                    !config.ordered
                        && config.reliability == Reliability::MaxRetransmits { retransmits: 0 }
                });
                if loses && self.channel.is_none() {
                    self.channel = Some(id);
                    came.push(Came::Opened);
                } else {
                    self.rtc.disconnect();
                }
            }
            Event::ChannelData(data)
                if Some(data.id) == self.channel && data.data.len() <= POSE_BYTES =>
            {
                came.push(Came::Bytes(data.data));
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected)
            | Event::ChannelClose(_)
            | Event::Closed => self.rtc.disconnect(),
            _ => {}
        }
    }
}
