//! A data channel of WebRTC for poses, as a browser has it.

use std::{net::SocketAddr, sync::Arc};

use rand::rngs::StdRng;
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::SdpAnswer,
    channel::{ChannelConfig, ChannelId, Reliability},
    net::{Protocol, Receive},
};
use tokio::{net::UdpSocket, time::Instant};

use crate::{
    Result,
    hospital::Session,
    line::{Conditions, DATAGRAM_BYTES, Datagrams},
};

/// A connection with one channel.
pub struct Channel {
    socket: UdpSocket,
    address: SocketAddr,
    rtc: Rtc,
    id: ChannelId,
    timeout: Instant,
    up: Datagrams<(SocketAddr, Vec<u8>)>,
    down: Datagrams<(SocketAddr, Vec<u8>)>,
    pub received: Vec<Vec<u8>>,
}

impl Channel {
    /// Offers a channel to the hospital for somebody's seat. The offer itself goes by a good line.
    pub async fn open(
        session: Session,
        room: String,
        participant: u16,
        line: Conditions,
        [up, down]: [StdRng; 2],
    ) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        let mut rtc = Rtc::builder()
            .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
            .build(std::time::Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        let mut change = rtc.sdp_api();
        let channel = change.add_channel_with_config(ChannelConfig {
            label: "poses".into(),
            ordered: false,
            reliability: Reliability::MaxRetransmits { retransmits: 0 },
            ..ChannelConfig::default()
        });
        let (sdp, pending) = change.apply().ok_or("offer a channel")?;
        let sdp = sdp.to_sdp_string();
        let offer = move || session.offer_poses(&room, participant, &sdp);
        let answer = tokio::task::spawn_blocking(offer).await??;
        rtc.sdp_api()
            .accept_answer(pending, SdpAnswer::from_sdp_string(&answer)?)?;
        Ok(Self {
            socket,
            address,
            rtc,
            id: channel,
            timeout: Instant::now(),
            up: Datagrams::new(line, up),
            down: Datagrams::new(line, down),
            received: Vec::new(),
        })
    }

    /// When to go on, if nothing comes before.
    pub fn wakes_at(&self) -> Instant {
        let ways = [self.up.wakes_at(), self.down.wakes_at()];
        ways.into_iter().flatten().fold(self.timeout, Instant::min)
    }

    /// Waits for a datagram and puts it on the line.
    pub async fn hear(&mut self) -> Result<()> {
        let mut bytes = vec![0; DATAGRAM_BYTES];
        let (length, from) = self.socket.recv_from(&mut bytes).await?;
        bytes.truncate(length);
        self.down.push(Instant::now(), (from, bytes));
        Ok(())
    }

    /// Has everything arrive that is due, and sends what there is.
    pub fn go_on(&mut self) -> Result<()> {
        let now = Instant::now();
        while let Some((from, bytes)) = self.down.pop(now) {
            if let Ok(received) = Receive::new(Protocol::Udp, from, self.address, &bytes) {
                self.rtc
                    .handle_input(Input::Receive(now.into_std(), received))?;
                self.poll(now)?;
            }
        }
        if self.timeout <= now {
            self.rtc.handle_input(Input::Timeout(now.into_std()))?;
            self.poll(now)?;
        }
        while let Some((to, bytes)) = self.up.pop(now) {
            // What the socket cannot take is lost, as on any line.
            let _ = self.socket.try_send_to(&bytes, to);
        }
        Ok(())
    }

    fn poll(&mut self, now: Instant) -> Result<()> {
        while self.rtc.is_alive() {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.timeout = Instant::from_std(at);
                    return Ok(());
                }
                Output::Transmit(transmit) => self
                    .up
                    .push(now, (transmit.destination, transmit.contents.to_vec())),
                Output::Event(Event::ChannelData(data)) => {
                    self.received.push(data.data);
                }
                Output::Event(_) => {}
            }
        }
        Err("a line for poses has ended".into())
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &[u8]) -> Result<()> {
        if let Some(mut channel) = self.rtc.channel(self.id) {
            // A frame that is not taken now would be late.
            let _ = channel.write(true, frame)?;
        }
        self.poll(Instant::now())
    }
}
