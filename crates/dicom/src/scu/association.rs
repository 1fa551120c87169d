use bytes::Bytes;
use dicom_dictionary_std::uids;
use dicom_ul::{
    Pdu,
    pdu::{
        AssociationAC, AssociationRJSource, AssociationRQ, PresentationContextProposed,
        PresentationContextResultReason, RequestorRoles, UserVariableItem,
    },
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use super::{Peer, SendError};
use crate::{
    Status, create,
    dimse::{Command, Operation, Request, Response},
    scp::{Selected, choose, prepared},
    transcode::FALLBACK,
    wire::{Bounds, Ended, Message, Received, Stream, Wire},
};

const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";
/// Contexts have odd numbers below 256.
const CONTEXTS: usize = 128;
/// A larger PDU than the usual 16 KiB, which most peers accept.
const PDU_BYTES: u32 = 128 * 1024;
/// The largest object that is taken.
const OBJECT_BYTES: u64 = 2 << 30;

/// A presentation context to ask for.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub class: String,
    pub transfer_syntaxes: Vec<String>,
    /// We act as the class's provider, and not as its user.
    pub we_provide: bool,
}

impl Proposal {
    pub fn of(class: &str, transfer_syntaxes: &[&str]) -> Self {
        Self {
            class: class.to_owned(),
            transfer_syntaxes: transfer_syntaxes.iter().map(|&s| s.to_owned()).collect(),
            we_provide: false,
        }
    }
}

/// A context that was agreed on.
#[derive(Clone, Debug)]
pub(crate) struct Agreed {
    pub id: u8,
    pub class: String,
    pub transfer_syntax: String,
}

/// An association that we asked for.
pub(crate) struct Association {
    pub wire: Wire,
    pub contexts: Vec<Agreed>,
    message: u16,
    /// It broke off: nothing more can be sent.
    broken: bool,
}

impl From<Ended> for SendError {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Silent => Self::Silent,
            Ended::Connection => Self::Broken("the connection failed"),
            Ended::Aborted => Self::Broken("the peer aborted the association"),
            Ended::Rejected(why) => Self::Associate(why),
            Ended::Protocol(why) => Self::Broken(why),
        }
    }
}

impl Association {
    /// Connects and associates.
    pub async fn request(peer: &Peer, proposals: Vec<Proposal>) -> Result<Self, SendError> {
        let bounds = Bounds {
            pdu_bytes: PDU_BYTES,
            object_bytes: OBJECT_BYTES,
            memory: std::sync::Arc::clone(&peer.memory),
            idle: peer.timeout,
            message: peer.timeout.saturating_mul(30),
        };
        let connected = timeout(peer.timeout, connect(peer)).await;
        let stream = connected.map_err(|_| SendError::Silent)??;
        let mut wire = Wire::new(stream, bounds);
        let proposed = numbered(&proposals);
        wire.send_pdu(&Pdu::AssociationRQ(request_of(peer, &proposals, &proposed)))
            .await?;
        let accepted = match wire.pdu(peer.timeout).await? {
            Pdu::AssociationAC(accepted) => accepted,
            Pdu::AssociationRJ(rejection) => {
                let why = format!("it was rejected: {}", reason(&rejection.source));
                return Err(SendError::Associate(why));
            }
            Pdu::AbortRQ { .. } => return Err(Ended::Aborted.into()),
            _ => return Err(SendError::Broken("a PDU came out of order")),
        };
        wire.peer_takes(peer_pdu_bytes(&accepted));
        let contexts = agreed(&proposed, &accepted);
        Ok(Self {
            wire,
            contexts,
            message: 0,
            broken: false,
        })
    }

    /// Associates for sending these objects: each class in the syntaxes that its objects are kept in, and in
    /// plain ones, into which most can be put.
    pub async fn for_sending(peer: &Peer, selected: &[Selected]) -> Result<Self, SendError> {
        Self::request(peer, proposals(selected)).await
    }

    /// The context for a class.
    pub fn context(&self, class: &str) -> Option<Agreed> {
        let found = self.contexts.iter().find(|context| context.class == class);
        found.cloned()
    }

    /// The number of the next request.
    pub fn next_message(&mut self) -> u16 {
        self.message = self.message.wrapping_add(1).max(1);
        self.message
    }

    /// Sends a request.
    pub async fn ask(
        &mut self,
        context: u8,
        request: &Request,
        data_set: Option<&[u8]>,
    ) -> Result<(), SendError> {
        Ok(self.wire.send(context, &request.bytes(), data_set).await?)
    }

    /// The next message.
    pub async fn next(&mut self) -> Result<Message, SendError> {
        match self.wire.receive().await? {
            Received::Message(message) => Ok(*message),
            Received::Release => Err(SendError::Broken("the peer ended the association")),
        }
    }

    /// The next response to a request, with its data set.
    pub async fn response(&mut self, message: u16) -> Result<(Response, Vec<u8>), SendError> {
        let mut received = self.next().await?;
        let data_set = received.identifier().await;
        let data_set = data_set.ok_or(SendError::Broken("an answer is too large"))?;
        match received.command {
            Command::Response(response) if response.message == message => Ok((response, data_set)),
            _ => Err(SendError::Broken("an answer belongs to another message")),
        }
    }

    /// Sends one object. The error says why this object was not sent; the association may go on.
    pub async fn send(
        &mut self,
        one: &Selected,
        file: &Bytes,
        originator: Option<(String, u16)>,
    ) -> Result<Status, String> {
        if self.broken {
            return Err("the association with the receiver broke off".to_owned());
        }
        let offered = self
            .contexts
            .iter()
            .filter(|context| context.class == one.class)
            .map(|context| (context.id, context.transfer_syntax.as_str()));
        let Some((id, syntax)) = choose(offered, &one.transfer_syntax) else {
            return Err("the receiver takes no such class or transfer syntax".to_owned());
        };
        let data_set = prepared(file, &one.transfer_syntax, syntax).await?;
        let message = self.next_message();
        let request = Request {
            instance: one.sop.clone(),
            originator,
            ..Request::new(Operation::Store, message, &one.class)
        };
        let answer = async {
            self.ask(id, &request, Some(&data_set)).await?;
            self.response(message).await
        };
        match answer.await {
            Ok((response, _)) => Ok(response.status),
            Err(error) => {
                self.broken = true;
                Err(error.to_string())
            }
        }
    }

    /// Whether it broke off.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Ends the association in order, as far as the peer goes along.
    pub async fn release(mut self) {
        if self.broken || self.wire.send_pdu(&Pdu::ReleaseRQ).await.is_err() {
            return;
        }
        // The answer is waited for, since some peers take a connection that closes early for a failure.
        let _ = self.wire.released().await;
    }
}

/// Why the peer did not accept, in the standard's words.
fn reason(source: &AssociationRJSource) -> String {
    match source {
        AssociationRJSource::ServiceUser(reason) => reason.to_string(),
        AssociationRJSource::ServiceProviderASCE(reason) => reason.to_string(),
        AssociationRJSource::ServiceProviderPresentation(reason) => reason.to_string(),
    }
}

async fn connect(peer: &Peer) -> Result<Box<dyn Stream>, SendError> {
    let stream = TcpStream::connect(&peer.address)
        .await
        .map_err(|error| SendError::Associate(format!("{}: {error}", peer.address)))?;
    // Commands are small and awaited one by one.
    let _ = stream.set_nodelay(true);
    let Some(encryption) = &peer.encryption else {
        return Ok(Box::new(stream));
    };
    let name = ServerName::try_from(encryption.name.clone())
        .map_err(|_| SendError::Associate("its name is none that a certificate has".to_owned()))?;
    let connector = TlsConnector::from(std::sync::Arc::clone(&encryption.config));
    let stream = connector
        .connect(name, stream)
        .await
        .map_err(|error| SendError::Associate(format!("TLS: {error}")))?;
    Ok(Box::new(stream))
}

/// Proposals with their context numbers.
fn numbered(proposals: &[Proposal]) -> Vec<(u8, &Proposal)> {
    (0..CONTEXTS)
        .filter_map(|n| u8::try_from(2 * n + 1).ok())
        .zip(proposals)
        .collect()
}

fn request_of(peer: &Peer, all: &[Proposal], proposed: &[(u8, &Proposal)]) -> AssociationRQ {
    let mut items = vec![
        UserVariableItem::MaxLength(PDU_BYTES),
        UserVariableItem::ImplementationClassUID(create::IMPLEMENTATION_CLASS_UID.to_owned()),
        UserVariableItem::ImplementationVersionName(create::IMPLEMENTATION_VERSION.to_owned()),
    ];
    let mut named: Vec<&str> = Vec::new();
    for proposal in all.iter().filter(|proposal| proposal.we_provide) {
        if !named.contains(&proposal.class.as_str()) {
            named.push(&proposal.class);
            let roles = RequestorRoles {
                scu: false,
                scp: true,
            };
            let class = proposal.class.clone();
            items.push(UserVariableItem::ScuScpRoleSelectionSubItem(class, roles));
        }
    }
    AssociationRQ {
        protocol_version: 1,
        calling_ae_title: peer.calling.clone(),
        called_ae_title: peer.called.clone(),
        application_context_name: APPLICATION_CONTEXT.to_owned(),
        presentation_contexts: proposed
            .iter()
            .map(|(id, proposal)| PresentationContextProposed {
                id: *id,
                abstract_syntax: proposal.class.clone(),
                transfer_syntaxes: proposal.transfer_syntaxes.clone(),
            })
            .collect(),
        user_variables: items,
    }
}

fn peer_pdu_bytes(accepted: &AssociationAC) -> u32 {
    let length = accepted.user_variables.iter().find_map(|item| match item {
        UserVariableItem::MaxLength(length) => Some(*length),
        _ => None,
    });
    length.unwrap_or(0)
}

fn agreed(proposed: &[(u8, &Proposal)], accepted: &AssociationAC) -> Vec<Agreed> {
    let roles = |class: &str| {
        accepted.user_variables.iter().find_map(|item| match item {
            UserVariableItem::ScuScpRoleSelectionSubItem(of, roles) if of == class => Some(*roles),
            _ => None,
        })
    };
    let mut contexts = Vec::new();
    for result in &accepted.presentation_contexts {
        let Some((id, proposal)) = proposed.iter().find(|(id, _)| *id == result.id) else {
            continue;
        };
        let accepted = result.reason == PresentationContextResultReason::Acceptance;
        let may_provide = roles(&proposal.class).is_some_and(|roles| roles.scp);
        if accepted && (!proposal.we_provide || may_provide) {
            contexts.push(Agreed {
                id: *id,
                class: proposal.class.clone(),
                transfer_syntax: result.transfer_syntax.trim_matches([' ', '\0']).to_owned(),
            });
        }
    }
    contexts
}

/// One context for each class and syntax that objects are kept in, then plain ones for each class, as
/// many as there are numbers for.
fn proposals(selected: &[Selected]) -> Vec<Proposal> {
    let mut kept: Vec<(&str, &str)> = Vec::new();
    for one in selected {
        let context = (one.class.as_str(), one.transfer_syntax.as_str());
        if !kept.contains(&context) {
            kept.push(context);
        }
    }
    let plain: Vec<(&str, &str)> = kept
        .iter()
        .flat_map(|(class, _)| FALLBACK.iter().map(|plain| (*class, *plain)))
        .collect();
    for context in plain {
        if !kept.contains(&context) {
            kept.push(context);
        }
    }
    // Peers must know this one; it is the last resort, and dear to none.
    debug_assert!(FALLBACK.contains(&uids::IMPLICIT_VR_LITTLE_ENDIAN));
    kept.truncate(CONTEXTS);
    kept.into_iter()
        .map(|(class, syntax)| Proposal::of(class, &[syntax]))
        .collect()
}
