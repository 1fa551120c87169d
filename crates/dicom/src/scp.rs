//! The provider of verification, storage, query and retrieval, worklist and storage commitment: takes
//! associations on a socket and asks its services.

mod association;
mod commit;
mod find;
mod negotiate;
mod retrieve;
mod store;

pub(crate) use commit::report_request;
pub(crate) use retrieve::{choose, prepared};

use std::{future::Future, io, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use record::{ImagingQuery, ImagingRow, Page};
use serde_json::{Map, Value};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls};
use vocabulary::Digest;

use crate::{
    ParsedObject, Status,
    commitment::{CommitmentReport, CommitmentRequest},
    query::Keys,
    receive::Memory,
    scu::Peer,
    wire::{Bounds, Ended, Stream},
};

/// Why a service did not do what was asked. The words go to the peer: they must hold no health data.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// There is no room, or too much is under way.
    #[error("out of resources")]
    OutOfResources,
    /// The object contradicts its class or what is kept under the same UID.
    #[error("does not match: {0}")]
    Mismatch(&'static str),
    /// The object cannot be filed.
    #[error("cannot be understood: {0}")]
    NotUnderstood(&'static str),
    /// The peer may not do this.
    #[error("not authorized")]
    NotAuthorized,
}

impl Refused {
    /// The status of the response.
    pub fn status(&self) -> Status {
        match self {
            Self::OutOfResources => Status::OUT_OF_RESOURCES,
            Self::Mismatch(_) => Status::MISMATCH,
            Self::NotUnderstood(_) => Status::NOT_UNDERSTOOD,
            Self::NotAuthorized => Status::NOT_AUTHORIZED,
        }
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its AE title.
    pub title: String,
    /// Where the connection comes from.
    pub address: IpAddr,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// The SHA-256 digest of the certificate that the caller has shown.
    pub certificate: Option<Digest>,
}

/// What a caller may ask for. Verification is always offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each service is offered or not, independently"
)]
pub struct Offers {
    /// C-STORE.
    pub store: bool,
    /// C-FIND.
    pub query: bool,
    /// C-MOVE and C-GET.
    pub retrieve: bool,
    /// C-FIND of the modality worklist.
    pub worklist: bool,
    /// Storage commitment.
    pub commitment: bool,
}

/// An object that is to be sent to a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// SOP class UID.
    pub class: String,
    /// SOP instance UID.
    pub sop: String,
    /// The transfer syntax that it is kept in.
    pub transfer_syntax: String,
}

/// What stands behind the provider. What a caller is not offered is not asked of the services.
#[async_trait]
pub trait Services: Send + Sync + 'static {
    /// What a caller may ask for; `None` where it is unknown and the association is rejected.
    fn offers(&self, caller: &Caller) -> Option<Offers>;

    /// Keeps one object. When it returns `Ok`, the object is acknowledged to the sender: it must be on disk
    /// by then.
    async fn store(&self, _caller: &Caller, _object: ParsedObject) -> Result<(), Refused> {
        Err(Refused::NotAuthorized)
    }

    /// A page of what matches.
    async fn find(
        &self,
        _caller: &Caller,
        _query: &ImagingQuery,
    ) -> Result<Page<ImagingRow>, Refused> {
        Err(Refused::NotAuthorized)
    }

    /// The scheduled examinations in the DICOM JSON model, narrowed by `keys` where that is cheap; the
    /// provider matches them all.
    async fn worklist(
        &self,
        _caller: &Caller,
        _keys: &Keys,
    ) -> Result<Vec<Map<String, Value>>, Refused> {
        Err(Refused::NotAuthorized)
    }

    /// The objects that a retrieval asks for, if the caller may have them all.
    async fn select(
        &self,
        _caller: &Caller,
        _query: &ImagingQuery,
    ) -> Result<Vec<Selected>, Refused> {
        Err(Refused::NotAuthorized)
    }

    /// The file of one object.
    async fn object(&self, _caller: &Caller, _sop: &str) -> Result<Bytes, Refused> {
        Err(Refused::NotAuthorized)
    }

    /// Where a C-MOVE may send to under this title.
    fn destination(&self, _caller: &Caller, _title: &str) -> Option<Peer> {
        None
    }

    /// Looks which objects are kept.
    async fn commit(
        &self,
        _caller: &Caller,
        _request: CommitmentRequest,
    ) -> Result<CommitmentReport, Refused> {
        Err(Refused::NotAuthorized)
    }

    /// Reports a commitment over an association of its own, since the one that it was asked on has ended.
    async fn report_later(&self, _caller: &Caller, _report: CommitmentReport) {}
}

/// What a provider takes on at once.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Associations at the same time; more are rejected for the moment.
    pub associations: usize,
    /// Largest PDU that is taken, in bytes.
    pub pdu_bytes: u32,
    /// Largest object that is taken, in bytes.
    pub object_bytes: u64,
    /// What objects take of memory while they arrive; several doors may share it.
    pub memory: Arc<Memory>,
    /// How long a peer may be silent, and how long it may take to accept an answer.
    pub idle: Duration,
    /// How long a peer may take from the connection to its whole association request.
    pub handshake: Duration,
    /// How long one message may take to arrive.
    pub message: Duration,
    /// The most answers to one C-FIND.
    pub answers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            associations: 256,
            pdu_bytes: 128 * 1024,
            object_bytes: 2 * 1024 * 1024 * 1024,
            memory: Arc::default(),
            idle: Duration::from_mins(1),
            handshake: Duration::from_secs(15),
            message: Duration::from_mins(30),
            answers: 10_000,
        }
    }
}

impl Limits {
    fn bounds(&self) -> Bounds {
        Bounds {
            pdu_bytes: self.pdu_bytes,
            object_bytes: self.object_bytes,
            memory: Arc::clone(&self.memory),
            idle: self.idle,
            message: self.message,
        }
    }
}

/// A provider.
#[derive(Clone)]
pub struct Scp {
    /// The application entity title that must be called.
    pub title: String,
    /// What is taken on at once.
    pub limits: Limits,
    /// What stands behind it.
    pub services: Arc<dyn Services>,
}

/// How long running associations may go on once the provider is to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Connections that are told that there is no place for them; more are closed without a word.
const TURNED_AWAY: usize = 64;

impl Scp {
    /// Serves associations until `stop` is ready; then waits shortly for those that are under way. With
    /// `tls` every connection is encrypted. `place` gives a place to who comes from an address, as long as there is one
    /// for it; it is free again once that is dropped.
    pub async fn serve<P: Send + 'static>(
        self,
        listener: TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
        place: impl Fn(IpAddr) -> Option<P>,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let provider = Arc::new(self);
        let acceptor = tls.map(TlsAcceptor::from);
        let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
        let mut running = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let (stream, from) = tokio::select! {
                () = &mut stop => break,
                Some(_) = running.join_next() => continue,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file descriptors, or the peer was gone before it was accepted: the listener
                        // itself is sound, so that waiting helps.
                        tracing::warn!(%error, "could not accept a DICOM connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            let place = match place(from.ip()) {
                Some(place) => Ok(place),
                None => match Arc::clone(&turned_away).try_acquire_owned() {
                    Ok(told) => Err(told),
                    Err(_) => continue,
                },
            };
            let busy = place.is_err();
            let (provider, acceptor) = (Arc::clone(&provider), acceptor.clone());
            running.spawn(async move {
                let run = provider.run(stream, from.ip(), acceptor, busy);
                if let Err(error) = run.await {
                    tracing::info!(%error, "a DICOM association ended early");
                }
                drop(place);
            });
        }
        drop(listener);
        let rest = async { while running.join_next().await.is_some() {} };
        let _ = timeout(GRACE, rest).await;
        Ok(())
    }

    /// Runs one association over a connection in the clear that is there already, to its end, whatever it
    /// is a connection of.
    pub async fn converse<S>(&self, stream: S, address: IpAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
    {
        let caller = Caller {
            title: String::new(),
            address,
            is_encrypted: false,
            certificate: None,
        };
        if let Err(error) = association::run(self, Box::new(stream), caller, false).await {
            tracing::info!(%error, "a DICOM association ended early");
        }
    }

    /// Runs one connection.
    async fn run(
        &self,
        stream: TcpStream,
        address: IpAddr,
        acceptor: Option<TlsAcceptor>,
        busy: bool,
    ) -> Result<(), Ended> {
        // Answers are small and awaited one by one; waiting to fill packets would halve the rate.
        stream.set_nodelay(true).map_err(|_| Ended::Connection)?;
        let mut caller = Caller {
            title: String::new(),
            address,
            is_encrypted: acceptor.is_some(),
            certificate: None,
        };
        let stream: Box<dyn Stream> = match acceptor {
            None => Box::new(stream),
            Some(acceptor) => {
                let shaken = timeout(self.limits.handshake, acceptor.accept(stream)).await;
                let stream = shaken
                    .map_err(|_| Ended::Silent)?
                    .map_err(|_| Ended::Protocol("no TLS connection came about"))?;
                let shown = stream.get_ref().1.peer_certificates();
                let own = shown.and_then(|chain| chain.first());
                caller.certificate = own.map(|certificate| Digest::of(certificate));
                Box::new(stream)
            }
        };
        association::run(self, stream, caller, busy).await
    }
}
