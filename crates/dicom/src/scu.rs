//! The storage and verification user: sends objects to another application entity.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use dicom_dictionary_std::uids;
use dicom_ul::{
    ClientAssociationOptions, Pdu,
    association::client::AsyncClientAssociation,
    pdu::{PDataValue, PDataValueType, PresentationContextResultReason},
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    ParseError, Status, data_set_bytes,
    dimse::{Operation, Request, Response},
    parse,
};

/// Why objects could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The peer could not be reached or did not accept the association.
    #[error("associate with the peer: {0}")]
    Associate(String),
    /// The association broke off.
    #[error("talk to the peer: {0}")]
    Broken(&'static str),
    /// The peer was silent for too long.
    #[error("talk to the peer: it did not answer in time")]
    Silent,
}

/// Whom to send to, and as whom.
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
}

/// What became of one object.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The place of the object among those given.
    pub index: usize,
    /// What the peer answered, or why the object was not sent.
    pub outcome: Result<(), String>,
}

/// Contexts have odd numbers below 256.
const CONTEXTS: usize = 128;
/// A larger PDU than the usual 16 KiB, which most peers accept.
const PDU_BYTES: u32 = 128 * 1024;

/// An object to be sent: its place among those given, its SOP instance UID and its file.
type Outgoing = (usize, String, Bytes);
type Association = AsyncClientAssociation<TcpStream>;

/// Asks the peer whether it is there (C-ECHO).
pub async fn echo(peer: &Peer) -> Result<Status, SendError> {
    let contexts = [(
        uids::VERIFICATION.to_owned(),
        uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned(),
    )];
    let mut association = associate(peer, &contexts).await?;
    let request = Request {
        operation: Operation::Echo,
        message: 1,
        class: uids::VERIFICATION.to_owned(),
        instance: String::new(),
        has_data_set: false,
    };
    let context = accepted(
        &association,
        uids::VERIFICATION,
        uids::IMPLICIT_VR_LITTLE_ENDIAN,
    )
    .ok_or_else(|| SendError::Associate("it does not offer verification".to_owned()))?;
    command(&mut association, peer, context, &request).await?;
    let response = response(&mut association, peer).await?;
    let _ = tokio::time::timeout(peer.timeout, association.release()).await;
    Ok(response.status)
}

/// Sends objects, each as it is, over as few associations as their classes and transfer syntaxes allow.
/// `progress` hears of each as it is done. An object that cannot be read or is refused does not hold up
/// the others.
pub async fn send(
    peer: &Peer,
    files: &[Bytes],
    mut progress: impl FnMut(&Sent),
) -> Result<Vec<Sent>, SendError> {
    let mut sent = Vec::with_capacity(files.len());
    let mut note = |sent: &mut Vec<Sent>, index, outcome| {
        let one = Sent { index, outcome };
        progress(&one);
        sent.push(one);
    };
    // Which objects go over which context.
    let mut by_context: BTreeMap<(String, String), Vec<Outgoing>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        match parse(file.clone()) {
            Ok(object) => {
                let context = (
                    String::from(object.class.clone()),
                    String::from(object.transfer_syntax.clone()),
                );
                let sop = String::from(object.sop.clone());
                by_context
                    .entry(context)
                    .or_default()
                    .push((index, sop, object.file));
            }
            Err(error) => note(&mut sent, index, Err(error.to_string())),
        }
    }
    let groups: Vec<_> = by_context.into_iter().collect();
    for groups in groups.chunks(CONTEXTS) {
        let contexts: Vec<_> = groups.iter().map(|(context, _)| context.clone()).collect();
        let mut association = associate(peer, &contexts).await?;
        let mut message = 0_u16;
        for ((class, syntax), objects) in groups {
            let context = accepted(&association, class, syntax);
            for (index, instance, file) in objects {
                let Some(context) = context else {
                    note(
                        &mut sent,
                        *index,
                        Err("the peer takes no such objects".to_owned()),
                    );
                    continue;
                };
                message = message.wrapping_add(1);
                let request = Request {
                    operation: Operation::Store,
                    message,
                    class: class.clone(),
                    instance: instance.clone(),
                    has_data_set: true,
                };
                let outcome = store(&mut association, peer, context, &request, file).await?;
                note(&mut sent, *index, outcome);
            }
        }
        let _ = tokio::time::timeout(peer.timeout, association.release()).await;
    }
    Ok(sent)
}

async fn associate(peer: &Peer, contexts: &[(String, String)]) -> Result<Association, SendError> {
    let mut options = ClientAssociationOptions::new()
        .calling_ae_title(peer.calling.clone())
        .called_ae_title(peer.called.clone())
        .max_pdu_length(PDU_BYTES)
        .connection_timeout(peer.timeout)
        .read_timeout(peer.timeout)
        .write_timeout(peer.timeout);
    for (class, syntax) in contexts {
        options = options.with_presentation_context(class.clone(), vec![syntax.clone()]);
    }
    let mut association = options
        .establish_with_async(&peer.address)
        .await
        .map_err(|error| SendError::Associate(error.to_string()))?;
    // Commands are small and awaited one by one.
    let _ = association.inner_stream().set_nodelay(true);
    Ok(association)
}

/// The number of the context that was accepted for a class with this transfer syntax.
fn accepted(association: &Association, class: &str, syntax: &str) -> Option<u8> {
    association
        .presentation_contexts()
        .iter()
        .find(|context| {
            context.reason == PresentationContextResultReason::Acceptance
                && context.abstract_syntax == class
                && context.transfer_syntax == syntax
        })
        .map(|context| context.id)
}

/// Sends one object; the inner result says whether the peer took it.
async fn store(
    association: &mut Association,
    peer: &Peer,
    context: u8,
    request: &Request,
    file: &[u8],
) -> Result<Result<(), String>, SendError> {
    let Some(data_set) = data_set_bytes(file) else {
        return Ok(Err(ParseError::NotDicom.to_string()));
    };
    command(association, peer, context, request).await?;
    let write = async {
        let mut writer = association.send_pdata(context);
        writer.write_all(data_set).await?;
        writer.finish().await
    };
    timed(peer, write)
        .await?
        .map_err(|_| SendError::Broken("the connection failed"))?;
    let response = response(association, peer).await?;
    if response.message != request.message {
        return Err(SendError::Broken("an answer belongs to another message"));
    }
    if response.status.is_stored() {
        return Ok(Ok(()));
    }
    Ok(Err(format!(
        "status {:04X} {}",
        response.status.0, response.comment
    )
    .trim_end()
    .to_owned()))
}

async fn command(
    association: &mut Association,
    peer: &Peer,
    context: u8,
    request: &Request,
) -> Result<(), SendError> {
    let value = PDataValue {
        presentation_context_id: context,
        value_type: PDataValueType::Command,
        is_last: true,
        data: request.bytes(),
    };
    let pdu = Pdu::PData { data: vec![value] };
    timed(peer, association.send(&pdu))
        .await?
        .map_err(|_| SendError::Broken("the connection failed"))
}

/// The next response, put together from its fragments.
async fn response(association: &mut Association, peer: &Peer) -> Result<Response, SendError> {
    let mut command = Vec::new();
    loop {
        let pdu = timed(peer, association.receive()).await?;
        let Ok(Pdu::PData { data }) = pdu else {
            return Err(SendError::Broken("the peer ended the association"));
        };
        for value in data {
            command.extend_from_slice(&value.data);
            if value.is_last {
                return Response::read(&command)
                    .ok_or(SendError::Broken("an answer is not well formed"));
            }
        }
    }
}

async fn timed<T>(peer: &Peer, work: impl Future<Output = T>) -> Result<T, SendError> {
    tokio::time::timeout(peer.timeout, work)
        .await
        .map_err(|_| SendError::Silent)
}
