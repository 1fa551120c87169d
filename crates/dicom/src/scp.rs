//! The storage and verification provider: takes associations on a socket and hands objects to a sink.

mod association;

use std::{future::Future, io, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use crate::{ParsedObject, Status};

/// Why a sink did not take an object. The comment goes to the sender: it must hold no health data.
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
    /// The sender may not store this.
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

/// Where received objects go. When `store` returns `Ok`, the object is acknowledged to the sender: it must
/// be on disk by then.
#[async_trait]
pub trait Sink: Send + Sync + 'static {
    /// Keeps one object.
    async fn store(&self, calling_ae: &str, object: ParsedObject) -> Result<(), Refused>;
}

/// What a provider takes on at once.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Associations at the same time; more are rejected for the moment.
    pub associations: usize,
    /// Largest PDU that is taken, in bytes.
    pub pdu_bytes: u32,
    /// Largest object that is taken, in bytes.
    pub object_bytes: usize,
    /// How long a peer may be silent, and how long it may take to accept an answer.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            associations: 256,
            pdu_bytes: 128 * 1024,
            object_bytes: 2 * 1024 * 1024 * 1024,
            idle: Duration::from_mins(1),
        }
    }
}

/// A storage provider.
pub struct StorageScp {
    /// The application entity title that must be called.
    pub title: String,
    /// Titles that may call; any where it is `None`.
    pub callers: Option<Vec<String>>,
    /// What is taken on at once.
    pub limits: Limits,
    /// Where objects go.
    pub sink: Arc<dyn Sink>,
}

/// How long running associations may go on once the provider is to stop.
const GRACE: Duration = Duration::from_secs(5);

impl StorageScp {
    /// Serves associations until `stop` is ready; then waits shortly for those that are under way.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let provider = Arc::new(self);
        let places = Arc::new(Semaphore::new(provider.limits.associations));
        let mut running = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let stream = tokio::select! {
                () = &mut stop => break,
                Some(_) = running.join_next() => continue,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // Out of file descriptors, or the peer was gone before it was accepted: the listener
                        // itself is sound, so that waiting helps.
                        tracing::warn!(%error, "could not accept a DICOM connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            let place: Option<OwnedSemaphorePermit> = Arc::clone(&places).try_acquire_owned().ok();
            let provider = Arc::clone(&provider);
            running.spawn(async move {
                let busy = place.is_none();
                if let Err(error) = association::run(&provider, stream, busy).await {
                    tracing::info!(%error, "a DICOM association ended early");
                }
                drop(place);
            });
        }
        drop(listener);
        let rest = async { while running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, rest).await;
        Ok(())
    }
}
