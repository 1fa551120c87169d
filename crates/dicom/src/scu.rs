//! The user of others' services: verifies, sends, queries and retrieves.

mod association;
mod query;
mod send;

use std::{sync::Arc, time::Duration};

use dicom_dictionary_std::uids;
use tokio_rustls::rustls;

pub(crate) use association::{Association, Proposal};
pub use query::{Found, Model, Retrieved, find, get, r#move};
pub use send::{Sending, Sent, send};

use crate::{
    Status,
    commitment::{self, CommitmentReport},
    dimse::{Operation, Request},
    query::encode,
    receive::Memory,
    scp::report_request,
};

/// Why a peer could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The peer could not be reached or did not accept the association.
    #[error("associate with the peer: {0}")]
    Associate(String),
    /// The peer does not offer what is needed.
    #[error("associate with the peer: it does not offer {0}")]
    NotOffered(&'static str),
    /// The association broke off.
    #[error("talk to the peer: {0}")]
    Broken(&'static str),
    /// The peer was silent for too long.
    #[error("talk to the peer: it did not answer in time")]
    Silent,
    /// The peer refused.
    #[error("get it from the peer: it answered {0}")]
    Refused(String),
}

/// How to encrypt a connection to a peer.
#[derive(Clone, Debug)]
pub struct Encryption {
    /// Whom to trust, and our own certificate.
    pub config: Arc<rustls::ClientConfig>,
    /// The name that the peer's certificate must be for.
    pub name: String,
}

/// Whom to talk to, and as whom.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Host and port.
    pub address: String,
    /// The title that is called.
    pub called: String,
    /// The title that calls.
    pub calling: String,
    /// How long to wait for each answer.
    pub timeout: Duration,
    /// Set where the connection is to be encrypted.
    pub encryption: Option<Encryption>,
    /// What objects that it sends take of memory while they arrive.
    pub memory: Arc<Memory>,
}

/// Asks the peer whether it is there (C-ECHO).
pub async fn echo(peer: &Peer) -> Result<Status, SendError> {
    let proposal = Proposal::of(uids::VERIFICATION, &[uids::IMPLICIT_VR_LITTLE_ENDIAN]);
    let mut association = Association::request(peer, vec![proposal]).await?;
    let context = association
        .context(uids::VERIFICATION)
        .ok_or(SendError::NotOffered("verification"))?;
    let message = association.next_message();
    let request = Request::new(Operation::Echo, message, uids::VERIFICATION);
    association.ask(context.id, &request, None).await?;
    let (response, _) = association.response(message).await?;
    association.release().await;
    Ok(response.status)
}

/// Reports a commitment that the peer has asked for over an association of its own (PS3.4 section J.3.3): we
/// remain the provider of the class.
pub async fn report(peer: &Peer, report: &CommitmentReport) -> Result<(), SendError> {
    let proposal = Proposal {
        we_provide: true,
        ..Proposal::of(commitment::CLASS, crate::transcode::FALLBACK)
    };
    let mut association = Association::request(peer, vec![proposal]).await?;
    let context = association
        .context(commitment::CLASS)
        .ok_or(SendError::NotOffered("storage commitment"))?;
    let message = association.next_message();
    let data_set = encode(&report.data_set(), &context.transfer_syntax)
        .ok_or(SendError::Broken("a report could not be written"))?;
    let request = report_request(message, report);
    association
        .ask(context.id, &request, Some(&data_set))
        .await?;
    let (response, _) = association.response(message).await?;
    association.release().await;
    if response.status == Status::SUCCESS {
        Ok(())
    } else {
        Err(SendError::Refused(format!("{:04X}", response.status.0)))
    }
}
