//! One association, from its request to its end.

use std::{collections::HashMap, sync::Arc};

use dicom_object::InMemDicomObject;
use dicom_ul::{Pdu, pdu::AbortRQServiceProviderReason as Reason};

use super::{
    Caller, Scp, Services,
    negotiate::{Context, Service, admit, negotiate, peer_pdu_bytes},
};
use crate::{
    Status,
    commitment::CommitmentReport,
    dimse::{Command, Operation, Request, Response},
    query,
    receive::Memory,
    wire::{Ended, Message, Received, Stream, Wire},
};

/// An association that was accepted.
pub(super) struct Association {
    pub wire: Wire,
    pub contexts: Arc<[Context]>,
    pub caller: Caller,
    pub services: Arc<dyn Services>,
    /// What objects take of memory.
    pub memory: Arc<Memory>,
    /// The title that was called.
    pub title: String,
    /// The most answers to one query.
    pub most_answers: usize,
    /// The number of our last request.
    message: u16,
    /// Reports that the peer has not confirmed, by the number of the request that brought them.
    pub reports: HashMap<u16, CommitmentReport>,
}

/// Runs one association. With `busy` it is rejected for the moment.
pub(super) async fn run(
    provider: &Scp,
    stream: Box<dyn Stream>,
    mut caller: Caller,
    busy: bool,
) -> Result<(), Ended> {
    let mut wire = Wire::new(stream, provider.limits.bounds());
    let Pdu::AssociationRQ(request) = wire.pdu(provider.limits.handshake).await? else {
        wire.abort(Reason::UnexpectedPdu).await;
        return Err(Ended::Protocol(
            "it did not begin with an association request",
        ));
    };
    caller.title.clone_from(&request.calling_ae_title);
    let offers = match admit(provider, &request, &caller, busy) {
        Ok(offers) => offers,
        Err((rejection, why)) => {
            wire.send_pdu(&Pdu::AssociationRJ(rejection)).await?;
            wire.until_closed().await;
            return Err(Ended::Rejected(why.to_owned()));
        }
    };
    wire.peer_takes(peer_pdu_bytes(&request.user_variables));
    let (contexts, answer) = negotiate(&provider.limits, offers, &request);
    wire.send_pdu(&Pdu::AssociationAC(answer)).await?;
    let mut association = Association {
        wire,
        contexts: contexts.into(),
        caller,
        services: Arc::clone(&provider.services),
        memory: Arc::clone(&provider.limits.memory),
        title: provider.title.clone(),
        most_answers: provider.limits.answers,
        message: 0,
        reports: HashMap::new(),
    };
    let ended = association.serve().await;
    // What the peer did not hear on this association it hears on another.
    for (_, report) in association.reports.drain() {
        let services = Arc::clone(&association.services);
        services.report_later(&association.caller, report).await;
    }
    ended
}

impl Association {
    /// Takes messages until the peer releases the association.
    async fn serve(&mut self) -> Result<(), Ended> {
        loop {
            match self.wire.receive().await? {
                Received::Message(message) => self.answer(*message).await?,
                Received::Release => {
                    self.wire.send_pdu(&Pdu::ReleaseRP).await?;
                    self.wire.until_closed().await;
                    return Ok(());
                }
            }
        }
    }

    /// Does what a message asks for, and answers it.
    async fn answer(&mut self, mut message: Message) -> Result<(), Ended> {
        let contexts = Arc::clone(&self.contexts);
        let context = contexts
            .iter()
            .find(|context| context.id == message.context);
        let Some(context) = context else {
            self.wire.abort(Reason::InvalidPduParameter).await;
            return Err(Ended::Protocol(
                "a message came on a context that was not accepted",
            ));
        };
        let request = match &message.command {
            Command::Request(request) => request.clone(),
            Command::Response(response) => {
                if response.status == Status::SUCCESS {
                    self.reports.remove(&response.message);
                }
                return Ok(());
            }
        };
        if (request.operation, context.service) == (Operation::Store, Service::Storage)
            && context.peer_sends
            && !message.too_large
        {
            return self.store(context, &request, message.data_set).await;
        }
        if request.operation == Operation::Store && !context.peer_sends {
            return self
                .done(context, &request, Status::NOT_AUTHORIZED, "")
                .await;
        }
        let Some(data_set) = message.identifier().await else {
            let status = Status::OUT_OF_RESOURCES;
            return self
                .done(context, &request, status, "data set too large")
                .await;
        };
        match (request.operation, context.service) {
            // What is to be cancelled is over already.
            (Operation::Cancel, _) => Ok(()),
            (Operation::Echo, _) => self.done(context, &request, Status::SUCCESS, "").await,
            (Operation::Find, Service::Find(root)) => {
                self.find(context, root, &request, &data_set).await
            }
            (Operation::Find, Service::Worklist) => {
                self.worklist(context, &request, &data_set).await
            }
            (Operation::Move, Service::Move(root)) | (Operation::Get, Service::Get(root)) => {
                self.retrieve(context, root, &request, &data_set).await
            }
            (Operation::Action, Service::Commitment) => {
                self.commit(context, &request, &data_set).await
            }
            _ => {
                self.done(context, &request, Status::UNKNOWN_OPERATION, "")
                    .await
            }
        }
    }

    /// Answers a request for good.
    pub async fn done(
        &mut self,
        context: &Context,
        request: &Request,
        status: Status,
        comment: &str,
    ) -> Result<(), Ended> {
        let response = Response {
            status,
            comment: comment.to_owned(),
            ..Response::default()
        };
        self.respond(context, request, response, None).await
    }

    /// Answers a request, with a data set where there is one.
    pub async fn respond(
        &mut self,
        context: &Context,
        request: &Request,
        mut response: Response,
        data_set: Option<&InMemDicomObject>,
    ) -> Result<(), Ended> {
        let data_set = match data_set {
            None => None,
            Some(object) => {
                let encoded = query::encode(object, &context.transfer_syntax);
                Some(encoded.ok_or(Ended::Protocol("an answer could not be written"))?)
            }
        };
        response.has_data_set = data_set.is_some();
        let command = request.answered(&response);
        self.wire
            .send(context.id, &command, data_set.as_deref())
            .await
    }

    /// The number of the next request of ours.
    pub fn next_message(&mut self) -> u16 {
        self.message = self.message.wrapping_add(1).max(1);
        self.message
    }
}

/// Whether what came in cancels the operation of this number. Anything else must wait for its end, since one
/// operation at a time was agreed on.
pub(super) fn cancels(received: &Received, message: u16) -> Result<bool, Ended> {
    match received {
        Received::Message(received) => match &received.command {
            Command::Request(request) if request.operation == Operation::Cancel => {
                Ok(request.message == message)
            }
            _ => Err(Ended::Protocol(
                "a message came before the last one was answered",
            )),
        },
        Received::Release => Err(Ended::Protocol(
            "a release came before the last message was answered",
        )),
    }
}

/// Waits for `work`; `None` where the peer cancels it first.
pub(super) async fn unless_cancelled<T>(
    wire: &mut Wire,
    message: u16,
    work: impl Future<Output = T>,
) -> Result<Option<T>, Ended> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Ok(Some(done)),
            received = wire.interrupted() => {
                if cancels(&received?, message)? {
                    return Ok(None);
                }
            }
        }
    }
}

/// Whether a cancellation has arrived by now.
pub(super) async fn is_cancelled(wire: &mut Wire, message: u16) -> Result<bool, Ended> {
    while let Some(received) = wire.arrived().await? {
        if cancels(&received, message)? {
            return Ok(true);
        }
    }
    Ok(false)
}
