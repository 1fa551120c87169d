//! A session of WebTransport for poses, as a browser has it. Where the line is bad, QUIC's datagrams go through a
//! socket of the bot's own that loses and delays them in both directions.

#[path = "../../tests/hospital/web_transport.rs"]
mod web_transport;

use std::{net::SocketAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::rngs::StdRng;
use tokio::{
    net::UdpSocket,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use web_transport::Client;

use crate::{
    Result,
    hospital::Session,
    line::{Conditions, DATAGRAM_BYTES, Datagrams},
};

/// A browser goes on to the next way after so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open session.
pub struct Transport {
    client: Client,
    _line: Option<AbortOnDropHandle<()>>,
}

impl Transport {
    /// Asks the hospital where to come for somebody's seat, and comes. The question goes by a good line.
    pub async fn open(
        session: Session,
        room: String,
        participant: u16,
        line: Conditions,
        chances: [StdRng; 2],
    ) -> Result<Self> {
        let ask = move || session.ask_for_transport(&room, participant);
        let (url, hashes) = tokio::task::spawn_blocking(ask).await??;
        let rest = url.strip_prefix("https://").ok_or("read an address")?;
        let (server, path) = rest.split_once('/').ok_or("read an address")?;
        let server: SocketAddr = server.parse()?;
        let (through, line) = if line.is_perfect() {
            (server, None)
        } else {
            let (at, task) = bad_line(line, chances, server).await?;
            (at, Some(task))
        };
        let known = hashes.iter().map(|hash| -> Result<[u8; 32]> {
            let hash = STANDARD.decode(hash)?;
            Ok(hash.try_into().map_err(|_| "read a fingerprint")?)
        });
        let known = known.collect::<Result<Vec<_>>>()?;
        let path = format!("/{path}");
        let client = timeout(PATIENCE, Client::open(through, &path, &known)).await?;
        Ok(Self {
            client: client.ok_or("open a session of WebTransport")?,
            _line: line,
        })
    }

    /// Waits for a frame.
    pub async fn hear(&mut self) -> Result<Vec<u8>> {
        let frame = self.client.session.hear().await;
        Ok(frame.ok_or("a line for poses has ended")?.to_vec())
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &[u8]) -> Result<()> {
        if self.client.send(frame) {
            Ok(())
        } else {
            Err("a line for poses has ended".into())
        }
    }
}

/// A bad line to the hospital: where it begins, and the task that carries what goes over it.
async fn bad_line(
    line: Conditions,
    [up, down]: [StdRng; 2],
    server: SocketAddr,
) -> Result<(SocketAddr, AbortOnDropHandle<()>)> {
    let near = UdpSocket::bind("127.0.0.1:0").await?;
    let far = UdpSocket::bind("127.0.0.1:0").await?;
    far.connect(server).await?;
    let at = near.local_addr()?;
    let ways = [Datagrams::new(line, up), Datagrams::new(line, down)];
    let task = tokio::spawn(carry(near, far, ways));
    Ok((at, AbortOnDropHandle::new(task)))
}

async fn carry(near: UdpSocket, far: UdpSocket, [mut up, mut down]: [Datagrams<Vec<u8>>; 2]) {
    let mut client = None;
    let (mut sent, mut answered) = (vec![0; DATAGRAM_BYTES], vec![0; DATAGRAM_BYTES]);
    loop {
        let wakes_at = [up.wakes_at(), down.wakes_at()].into_iter().flatten().min();
        tokio::select! {
            Ok((length, from)) = near.recv_from(&mut sent) => {
                client = Some(from);
                up.push(Instant::now(), sent.get(..length).unwrap_or_default().to_vec());
            }
            Ok(length) = far.recv(&mut answered) => {
                down.push(Instant::now(), answered.get(..length).unwrap_or_default().to_vec());
            }
            () = sleep_until(wakes_at.unwrap_or_else(Instant::now)), if wakes_at.is_some() => {}
            else => return,
        }
        let now = Instant::now();
        while let Some(bytes) = up.pop(now) {
            // What a socket cannot take is lost, as on any line.
            let _ = far.try_send(&bytes);
        }
        while let (Some(client), Some(bytes)) = (client, down.pop(now)) {
            let _ = near.try_send_to(&bytes, client);
        }
    }
}
