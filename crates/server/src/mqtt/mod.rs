//! The MQTT doors (3.1.1 and 5): what devices send is acknowledged once it is in the record.
//!
//! A connection takes one reading of its socket at a time: all messages in it are checked, appended together,
//! acknowledged together. Meanwhile nothing more is read, so that a flood fills its own socket and nothing else.

mod claimed;
mod connection;
mod form;
mod guest;
mod last_will;
mod messages;
mod said;
mod session;
mod stored;
#[cfg(test)]
mod tests;
mod tls;
mod topic;
mod welcome;
mod wire;

use std::{path::Path, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch, time::MissedTickBehavior};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use vocabulary::Digest;

pub use claimed::Noting;
pub use stored::SESSIONS;
pub use tls::{certificate, server as tls_server};

use crate::{
    clock,
    hospital::Hospital,
    places::{Places, next_at},
};
use connection::Peer;
use session::Sessions;

/// So many connections of one address may be there that have not said yet who they are.
pub const STRANGERS_OF_ONE: usize = 1024;
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How often sessions are looked at whose time may be over.
const SWEEP: Duration = Duration::from_secs(30);

/// What all connections of the doors share.
pub struct Broker {
    hospital: Arc<Hospital>,
    sessions: Sessions,
}

/// A listener of an MQTT door, with what encrypts it.
pub struct Listening {
    /// The socket.
    pub listener: TcpListener,
    /// Set where connections are encrypted.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Broker {
    /// The broker of a hospital, which knows what devices said of themselves before.
    pub fn new(hospital: Arc<Hospital>, data: &Path) -> anyhow::Result<Arc<Self>> {
        let sessions = Sessions::open(data, clock::now())?;
        for (device, payload) in hospital.devices.kept.states()? {
            if let Ok(state) = ::devices::State::read(&payload) {
                hospital.devices.with_quality(&device, |quality| {
                    quality.state.get_or_insert(state);
                });
            }
        }
        for (device, payload) in hospital.devices.kept.retained()? {
            let known = hospital.devices.find(&device);
            let about = known.and_then(|known| known.patient.clone());
            sessions.keep(&device, &payload.into(), about);
        }
        Ok(Arc::new(Self { hospital, sessions }))
    }
}

/// Ends sessions whose time is over, and passes commands on to devices, until the hospital closes.
pub async fn follow(broker: Arc<Broker>, mut closed: watch::Receiver<bool>) {
    let mut commands = broker.hospital.devices.commands();
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            _ = sweep.tick() => broker.sessions.sweep(clock::now()),
            // One that was missed is sent when the device comes the next time.
            command = commands.recv() => if let Ok(command) = command {
                messages::send_command(&broker, &command);
            },
        }
        wrote(&broker).await;
    }
}

/// Writes what nobody waits for.
async fn wrote(broker: &Broker) {
    if let Err(error) = broker.sessions.write().await {
        tracing::error!(%error, "MQTT sessions could not be written; it is tried again");
    }
}

/// Takes connections until the hospital closes.
pub async fn serve(
    listening: Listening,
    broker: Arc<Broker>,
    places: Arc<Places>,
    mut closed: watch::Receiver<bool>,
) {
    let Listening { listener, tls } = listening;
    let tls = tls.map(TlsAcceptor::from);
    while let Some((stream, from)) = next_at(&listener, &mut closed, "an MQTT").await {
        // Who finds no place is not kept waiting; it tries again.
        let Some(place) = places.take(from.ip()) else {
            continue;
        };
        let (place, stranger) = place.apart();
        let _ = stream.set_nodelay(true);
        let (broker, closed, tls) = (Arc::clone(&broker), closed.clone(), tls.clone());
        tokio::spawn(async move {
            let peer = |certificate| Peer {
                from,
                certificate,
                stranger: Some(stranger),
            };
            match tls {
                None => connection::run(stream, peer(None), broker, closed).await,
                Some(tls) => {
                    let handshake = tokio::time::timeout(HANDSHAKE, tls.accept(stream));
                    let (shaken, claim) = claimed::with_claim(handshake).await;
                    if let Ok(Ok(stream)) = shaken {
                        let shown = stream.get_ref().1.peer_certificates();
                        let certificate = shown.and_then(|chain| chain.first());
                        let certificate = certificate.map(|shown| Digest::of(shown));
                        connection::run(stream, peer(certificate), broker, closed).await;
                    } else {
                        welcome::not_shaken(&broker, from, claim);
                    }
                }
            }
            drop(place);
        });
    }
}
