//! The HL7 v2 door (MLLP): results of devices are acknowledged once they are in the record.
//!
//! A connection is answered message by message; meanwhile nothing more is read from it, so that who sends faster
//! than the hospital keeps fills its own socket.

mod results;

pub use results::take_from_file;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Result, bail};
use hl7v2::{Frames, framed};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::watch,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use crate::{
    config::Config,
    hospital::Hospital,
    places::{Places, next_at},
    tls::{self, Shows},
};

/// Connections at the same time.
const MOST: usize = 256;
/// And so many of one address.
const MOST_OF_ONE: usize = 64;
/// A message may be so long, in bytes.
const LONGEST: usize = 1 << 20;
/// The first message is whole within this.
const FIRST: Duration = Duration::from_mins(1);
/// How long a connection may say nothing, or no whole message, after that.
const SILENCE: Duration = Duration::from_hours(1);
/// How long an answer may take to be read.
const TAKES: Duration = Duration::from_secs(30);
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What is read at once, in bytes.
const BUFFER: usize = 16 << 10;

/// How the encrypted door is set up. Senders have no token: where an authority is named, they must show a certificate.
pub fn tls_server(config: &Config) -> Result<Arc<ServerConfig>> {
    let (Some(certificate), Some(key)) = (&config.mllp_certificate, &config.mllp_key) else {
        bail!("encrypt the HL7 door: set mllp_certificate and mllp_key to files in PEM form");
    };
    let shows = config
        .mllp_client_ca
        .as_deref()
        .map_or(Shows::Nothing, Shows::Must);
    tls::server(certificate, key, shows)
}

/// The places of both doors.
pub fn places() -> Arc<Places> {
    Places::new(MOST, MOST_OF_ONE)
}

/// Takes connections until the hospital closes.
pub async fn serve(
    listener: TcpListener,
    encrypted: Option<Arc<ServerConfig>>,
    places: Arc<Places>,
    hospital: Arc<Hospital>,
    mut closed: watch::Receiver<bool>,
) {
    let encrypted = encrypted.map(TlsAcceptor::from);
    while let Some((stream, from)) = next_at(&listener, &mut closed, "an HL7").await {
        // Who may send from nowhere near takes no place.
        let senders = &hospital.config.hl7_senders;
        if !senders.iter().any(|sender| sender.is_at(from.ip())) {
            results::turned_away(&hospital, from.ip());
            continue;
        }
        // Who finds no place is not kept waiting; it tries again.
        let Some(place) = places.take(from.ip()) else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (hospital, mut closed) = (Arc::clone(&hospital), closed.clone());
        let encrypted = encrypted.clone();
        tokio::spawn(async move {
            let talks = async {
                match encrypted {
                    None => talk(stream, from, &hospital).await,
                    Some(tls) => {
                        let shaken = timeout(HANDSHAKE, tls.accept(stream)).await;
                        if let Ok(Ok(stream)) = shaken {
                            talk(stream, from, &hospital).await;
                        } else {
                            results::turned_away(&hospital, from.ip());
                        }
                    }
                }
            };
            tokio::select! {
                _ = closed.wait_for(|closed| *closed) => {}
                () = talks => {}
            }
            drop(place);
        });
    }
}

/// Answers until the other side leaves, is silent for long, or sends what is no message.
async fn talk<S>(mut stream: S, from: SocketAddr, hospital: &Hospital)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut frames = Frames::new(LONGEST);
    let mut buffer = vec![0; BUFFER];
    let mut until = Instant::now() + FIRST;
    loop {
        let Ok(Ok(read @ 1..)) = timeout_at(until, stream.read(&mut buffer)).await else {
            return;
        };
        let messages = match frames.feed(buffer.get(..read).unwrap_or_default()) {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(%error, "an HL7 connection was ended");
                return;
            }
        };
        for message in messages {
            let answer = results::take(hospital, from.ip(), &message).await;
            let sent = timeout(TAKES, stream.write_all(&framed(&answer))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
            until = Instant::now() + SILENCE;
        }
    }
}
