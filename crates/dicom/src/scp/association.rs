//! One association, from its request to its end.

use bytes::BytesMut;
use dicom_ul::{
    Pdu,
    association::read_pdu_from_wire_async,
    pdu::{
        AbortRQServiceProviderReason, AbortRQSource, AssociationAC, AssociationRJ,
        AssociationRJResult, AssociationRJServiceProviderPresentationReason,
        AssociationRJServiceUserReason, AssociationRJSource, AssociationRQ, PDataValue,
        PDataValueType, PresentationContextProposed, PresentationContextResult,
        PresentationContextResultReason, UserVariableItem, write_pdu,
    },
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

use super::{Limits, Refused, StorageScp};
use crate::{
    Status, create,
    dimse::{Operation, Request},
    file_of_data_set, is_storage_class, parse,
    syntax::TRANSFER_SYNTAXES,
};

const VERIFICATION: &str = dicom_dictionary_std::uids::VERIFICATION;
const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";
/// A command set is a few hundred bytes.
const COMMAND_BYTES: usize = 64 * 1024;

/// Why an association ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("the peer was silent for too long")]
    Silent,
    #[error("the connection failed")]
    Connection,
    #[error("the association was rejected: {0}")]
    Rejected(&'static str),
    #[error("the peer aborted the association")]
    Aborted,
    #[error("the peer broke the protocol: {0}")]
    Protocol(&'static str),
}

/// A presentation context that was accepted.
struct Context {
    id: u8,
    class: String,
    transfer_syntax: String,
}

/// A connection on which PDUs come and go.
struct Wire<'a> {
    stream: TcpStream,
    buffer: BytesMut,
    limits: &'a Limits,
}

impl Wire<'_> {
    async fn receive(&mut self) -> Result<Pdu, Ended> {
        let read = read_pdu_from_wire_async(
            &mut self.stream,
            &mut self.buffer,
            self.limits.pdu_bytes,
            true,
        );
        match timeout(self.limits.idle, read).await {
            Ok(Ok(pdu)) => Ok(pdu),
            Ok(Err(dicom_ul::association::Error::ReceivePdu { source, .. }))
                if !matches!(source, dicom_ul::pdu::ReadError::ReadPdu { .. }) =>
            {
                self.abort(AbortRQServiceProviderReason::InvalidPduParameter)
                    .await;
                Err(Ended::Protocol("a PDU is not well formed or too large"))
            }
            Ok(Err(_)) => Err(Ended::Connection),
            Err(_) => {
                self.abort(AbortRQServiceProviderReason::ReasonNotSpecified)
                    .await;
                Err(Ended::Silent)
            }
        }
    }

    async fn send(&mut self, pdu: &Pdu) -> Result<(), Ended> {
        let mut bytes = Vec::new();
        write_pdu(&mut bytes, pdu)
            .map_err(|_| Ended::Protocol("an answer could not be written"))?;
        match timeout(self.limits.idle, self.stream.write_all(&bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ended::Connection),
            Err(_) => Err(Ended::Silent),
        }
    }

    /// Tells the peer that the association is over. The connection may be gone already.
    async fn abort(&mut self, reason: AbortRQServiceProviderReason) {
        let pdu = Pdu::AbortRQ {
            source: AbortRQSource::ServiceProvider(reason),
        };
        let _ = self.send(&pdu).await;
    }
}

/// Runs one association. With `busy` it is rejected for the moment.
pub(super) async fn run(provider: &StorageScp, stream: TcpStream, busy: bool) -> Result<(), Ended> {
    // Answers are small and awaited one by one; waiting to fill packets would halve the rate.
    stream.set_nodelay(true).map_err(|_| Ended::Connection)?;
    let mut wire = Wire {
        stream,
        buffer: BytesMut::new(),
        limits: &provider.limits,
    };
    let Pdu::AssociationRQ(request) = wire.receive().await? else {
        wire.abort(AbortRQServiceProviderReason::UnexpectedPdu)
            .await;
        return Err(Ended::Protocol(
            "it did not begin with an association request",
        ));
    };
    let calling = request.calling_ae_title.clone();
    if let Err((rejection, why)) = admit(provider, &request, busy) {
        wire.send(&Pdu::AssociationRJ(rejection)).await?;
        return Err(Ended::Rejected(why));
    }
    let (contexts, answer) = negotiate(provider, request);
    wire.send(&Pdu::AssociationAC(answer)).await?;
    serve(provider, &mut wire, &contexts, &calling).await
}

/// Whether the association may be, else how it is rejected.
fn admit(
    provider: &StorageScp,
    request: &AssociationRQ,
    busy: bool,
) -> Result<(), (AssociationRJ, &'static str)> {
    use AssociationRJServiceUserReason as Reason;
    let permanent = |reason, why| {
        let source = AssociationRJSource::ServiceUser(reason);
        Err((
            AssociationRJ {
                result: AssociationRJResult::Permanent,
                source,
            },
            why,
        ))
    };
    if busy {
        let source = AssociationRJSource::ServiceProviderPresentation(
            AssociationRJServiceProviderPresentationReason::LocalLimitExceeded,
        );
        return Err((
            AssociationRJ {
                result: AssociationRJResult::Transient,
                source,
            },
            "too many at once",
        ));
    }
    if request.application_context_name != APPLICATION_CONTEXT {
        return permanent(
            Reason::ApplicationContextNameNotSupported,
            "unknown application context",
        );
    }
    if request.called_ae_title != provider.title {
        return permanent(
            Reason::CalledAETitleNotRecognized,
            "called AE title not recognized",
        );
    }
    let caller = &request.calling_ae_title;
    if provider
        .callers
        .as_ref()
        .is_some_and(|callers| !callers.contains(caller))
    {
        return permanent(
            Reason::CallingAETitleNotRecognized,
            "calling AE title not recognized",
        );
    }
    Ok(())
}

/// Chooses for each proposed context the first transfer syntax that can be kept: what the sender would
/// rather send is what it has.
fn negotiate(provider: &StorageScp, request: AssociationRQ) -> (Vec<Context>, AssociationAC) {
    let mut accepted = Vec::new();
    let mut results = Vec::new();
    for proposed in request.presentation_contexts {
        let (reason, transfer_syntax) = match choose(&proposed) {
            Ok(syntax) => {
                accepted.push(Context {
                    id: proposed.id,
                    class: trimmed(&proposed.abstract_syntax).to_owned(),
                    transfer_syntax: syntax.to_owned(),
                });
                (PresentationContextResultReason::Acceptance, syntax)
            }
            Err(reason) => (
                reason,
                dicom_dictionary_std::uids::IMPLICIT_VR_LITTLE_ENDIAN,
            ),
        };
        results.push(PresentationContextResult {
            id: proposed.id,
            reason,
            transfer_syntax: transfer_syntax.to_owned(),
        });
    }
    let answer = AssociationAC {
        protocol_version: 1,
        calling_ae_title: request.calling_ae_title,
        called_ae_title: request.called_ae_title,
        application_context_name: request.application_context_name,
        presentation_contexts: results,
        user_variables: vec![
            UserVariableItem::MaxLength(provider.limits.pdu_bytes),
            UserVariableItem::ImplementationClassUID(create::IMPLEMENTATION_CLASS_UID.to_owned()),
            UserVariableItem::ImplementationVersionName(create::IMPLEMENTATION_VERSION.to_owned()),
        ],
    };
    (accepted, answer)
}

fn choose(
    proposed: &PresentationContextProposed,
) -> Result<&'static str, PresentationContextResultReason> {
    let class = trimmed(&proposed.abstract_syntax);
    if class != VERIFICATION && !is_storage_class(class) {
        return Err(PresentationContextResultReason::AbstractSyntaxNotSupported);
    }
    let known = |syntax: &String| {
        TRANSFER_SYNTAXES
            .iter()
            .find(|known| **known == trimmed(syntax))
    };
    let chosen = proposed.transfer_syntaxes.iter().find_map(known);
    chosen
        .copied()
        .ok_or(PresentationContextResultReason::TransferSyntaxesNotSupported)
}

fn trimmed(uid: &str) -> &str {
    uid.trim_matches([' ', '\0'])
}

/// A message that is coming in.
#[derive(Default)]
struct Incoming {
    /// The context that it began on.
    context: Option<u8>,
    command: Vec<u8>,
    request: Option<Request>,
    data_set: Vec<u8>,
    /// The data set was larger than is taken, and is not kept any more.
    too_large: bool,
}

/// Takes messages until the peer releases the association.
async fn serve(
    provider: &StorageScp,
    wire: &mut Wire<'_>,
    contexts: &[Context],
    calling: &str,
) -> Result<(), Ended> {
    let mut incoming = Incoming::default();
    loop {
        match wire.receive().await? {
            Pdu::PData { data } => {
                for value in data {
                    let complete = match incoming.take(value, provider.limits.object_bytes) {
                        Ok(complete) => complete,
                        Err(why) => {
                            wire.abort(AbortRQServiceProviderReason::UnexpectedPduParameter)
                                .await;
                            return Err(Ended::Protocol(why));
                        }
                    };
                    if complete {
                        let message = std::mem::take(&mut incoming);
                        answer(provider, wire, contexts, calling, message).await?;
                    }
                }
            }
            Pdu::ReleaseRQ => return wire.send(&Pdu::ReleaseRP).await,
            Pdu::AbortRQ { .. } => return Err(Ended::Aborted),
            _ => {
                wire.abort(AbortRQServiceProviderReason::UnexpectedPdu)
                    .await;
                return Err(Ended::Protocol("a PDU came out of order"));
            }
        }
    }
}

impl Incoming {
    /// Adds a fragment; says whether the message is complete.
    fn take(&mut self, value: PDataValue, object_bytes: usize) -> Result<bool, &'static str> {
        if *self.context.get_or_insert(value.presentation_context_id)
            != value.presentation_context_id
        {
            return Err("a message changed its presentation context");
        }
        match (value.value_type, &self.request) {
            (PDataValueType::Command, None) => {
                if self.command.len() + value.data.len() > COMMAND_BYTES {
                    return Err("a command set is too large");
                }
                self.command.extend_from_slice(&value.data);
                if !value.is_last {
                    return Ok(false);
                }
                let request =
                    Request::read(&self.command).ok_or("a command set is not well formed")?;
                let complete = !request.has_data_set;
                self.request = Some(request);
                Ok(complete)
            }
            (PDataValueType::Data, Some(_)) => {
                self.too_large |= self.data_set.len() + value.data.len() > object_bytes;
                if self.too_large {
                    self.data_set = Vec::new();
                } else {
                    self.data_set.extend_from_slice(&value.data);
                }
                Ok(value.is_last)
            }
            _ => Err("command and data set came out of order"),
        }
    }
}

/// Does what a message asks for, and answers it.
async fn answer(
    provider: &StorageScp,
    wire: &mut Wire<'_>,
    contexts: &[Context],
    calling: &str,
    message: Incoming,
) -> Result<(), Ended> {
    let context = contexts
        .iter()
        .find(|context| Some(context.id) == message.context);
    let (Some(context), Some(request)) = (context, message.request) else {
        wire.abort(AbortRQServiceProviderReason::InvalidPduParameter)
            .await;
        return Err(Ended::Protocol(
            "a message came on a context that was not accepted",
        ));
    };
    let (status, comment) = match request.operation {
        Operation::Cancel => return Ok(()),
        Operation::Echo => (Status::SUCCESS, String::new()),
        Operation::Store if message.too_large => {
            (Status::OUT_OF_RESOURCES, "object too large".to_owned())
        }
        Operation::Store => store(provider, context, calling, &request, message.data_set).await,
        Operation::Other(_) => (Status::UNKNOWN_OPERATION, String::new()),
    };
    let value = PDataValue {
        presentation_context_id: context.id,
        value_type: PDataValueType::Command,
        is_last: true,
        data: request.answered(status, &comment),
    };
    wire.send(&Pdu::PData { data: vec![value] }).await
}

/// Stores one object; the answer's status and comment.
async fn store(
    provider: &StorageScp,
    context: &Context,
    calling: &str,
    request: &Request,
    data_set: Vec<u8>,
) -> (Status, String) {
    if request.class != context.class {
        return (
            Status::MISMATCH,
            "class differs from the presentation context".to_owned(),
        );
    }
    let (class, instance) = (request.class.clone(), request.instance.clone());
    let (syntax, caller) = (context.transfer_syntax.clone(), calling.to_owned());
    // Hashing and parsing large objects would hold up other associations of this thread.
    let parsed = tokio::task::spawn_blocking(move || {
        parse(file_of_data_set(
            &class, &instance, &syntax, &caller, &data_set,
        )?)
    })
    .await;
    let object = match parsed {
        Ok(Ok(object)) => object,
        Ok(Err(error)) => return (Status::NOT_UNDERSTOOD, error.to_string()),
        Err(_) => {
            return (
                Status::NOT_UNDERSTOOD,
                "the object could not be read".to_owned(),
            );
        }
    };
    if object.class.as_str() != request.class || object.sop.as_str() != request.instance {
        return (
            Status::MISMATCH,
            "data set is another object than announced".to_owned(),
        );
    }
    match provider.sink.store(calling, object).await {
        Ok(()) => (Status::SUCCESS, String::new()),
        Err(refused) => {
            let comment = match &refused {
                Refused::Mismatch(why) | Refused::NotUnderstood(why) => (*why).to_owned(),
                other => other.to_string(),
            };
            (refused.status(), comment)
        }
    }
}
