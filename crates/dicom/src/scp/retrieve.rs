//! C-MOVE and C-GET: objects are sent to another application entity, or back over the same association.

use std::sync::Arc;

use bytes::Bytes;
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{
    Selected,
    association::{Association, cancels, is_cancelled, unless_cancelled},
    negotiate::Context,
};
use crate::{
    Status, data_set_bytes,
    dimse::{Command, Counts, Operation, Request, Response},
    pixels,
    query::{self, Root},
    scu,
    transcode::{self, FALLBACK, is_native},
    wire::{Ended, Received},
};

/// Where objects go.
enum Route {
    /// To another application entity.
    Elsewhere(Box<scu::Association>),
    /// Back to who asked, over contexts on which it takes objects.
    Back,
}

/// What became of one sub-operation: the answer's status, or why there was none.
type Outcome = Result<Status, String>;

/// What a retrieval has come to.
struct Progress {
    counts: Counts,
    failed: Vec<String>,
    /// Why the first that failed did.
    reason: String,
}

impl Progress {
    fn note(&mut self, one: &Selected, outcome: Outcome) {
        self.counts.remaining = self.counts.remaining.saturating_sub(1);
        let reason = match outcome {
            Ok(status) if status.is_warning() => {
                self.counts.warning = self.counts.warning.saturating_add(1);
                return;
            }
            Ok(Status::SUCCESS) => {
                self.counts.completed = self.counts.completed.saturating_add(1);
                return;
            }
            Ok(status) => format!("the receiver answered {:04X}", status.0),
            Err(reason) => reason,
        };
        self.counts.failed = self.counts.failed.saturating_add(1);
        self.failed.push(one.sop.clone());
        if self.reason.is_empty() {
            self.reason = reason;
        }
    }

    fn status(&self, cancelled: bool) -> Status {
        match self.counts {
            _ if cancelled => Status::CANCELED,
            Counts { failed: 0, .. } => Status::SUCCESS,
            Counts {
                completed: 0,
                warning: 0,
                ..
            } => Status::CANNOT_PERFORM,
            _ => Status::SOME_FAILED,
        }
    }
}

impl Association {
    /// Answers a C-MOVE or C-GET.
    pub(super) async fn retrieve(
        &mut self,
        context: &Context,
        root: Root,
        request: &Request,
        data_set: &[u8],
    ) -> Result<(), Ended> {
        let relational = context.relational;
        let selection = query::selection(root, relational, data_set, &context.transfer_syntax);
        let selection = match selection {
            Ok(selection) => selection,
            Err(error) => {
                let status = Status::MISMATCH;
                return self
                    .done(context, request, status, &error.to_string())
                    .await;
            }
        };
        let destination = match request.operation {
            Operation::Move => {
                let found = self
                    .services
                    .destination(&self.caller, &request.destination);
                let Some(peer) = found else {
                    let status = Status::DESTINATION_UNKNOWN;
                    return self.done(context, request, status, "").await;
                };
                Some(peer)
            }
            _ => None,
        };
        let (services, caller) = (Arc::clone(&self.services), self.caller.clone());
        let selected = services.select(&caller, &selection.query);
        let selected = match unless_cancelled(&mut self.wire, request.message, selected).await? {
            None => return self.done(context, request, Status::CANCELED, "").await,
            Some(Ok(selected)) => selected,
            Some(Err(refused)) => {
                let status = match refused.status() {
                    Status::OUT_OF_RESOURCES => Status::CANNOT_COUNT,
                    other => other,
                };
                let why = refused.to_string();
                return self.done(context, request, status, &why).await;
            }
        };
        let route = match destination {
            None => Route::Back,
            // Nobody is called for nothing.
            Some(_) if selected.is_empty() => Route::Back,
            Some(peer) => {
                let called = scu::Association::for_sending(&peer, &selected);
                match unless_cancelled(&mut self.wire, request.message, called).await? {
                    None => return self.done(context, request, Status::CANCELED, "").await,
                    Some(Ok(association)) => Route::Elsewhere(Box::new(association)),
                    Some(Err(error)) => {
                        return self
                            .unreachable(context, request, &selected, &error.to_string())
                            .await;
                    }
                }
            }
        };
        self.send_all(context, request, &selected, route).await
    }

    /// Answers where the destination could not be called: everything failed.
    async fn unreachable(
        &mut self,
        context: &Context,
        request: &Request,
        selected: &[Selected],
        why: &str,
    ) -> Result<(), Ended> {
        let mut progress = Progress::over(selected);
        for one in selected {
            progress.note(one, Err(why.to_owned()));
        }
        self.finish(context, request, &progress, false).await
    }

    async fn send_all(
        &mut self,
        context: &Context,
        request: &Request,
        selected: &[Selected],
        mut route: Route,
    ) -> Result<(), Ended> {
        let mut progress = Progress::over(selected);
        let mut cancelled = false;
        for one in selected {
            cancelled = cancelled || is_cancelled(&mut self.wire, request.message).await?;
            if cancelled {
                break;
            }
            let outcome = match self.services.object(&self.caller, &one.sop).await {
                Err(refused) => Err(refused.to_string()),
                Ok(file) => match &mut route {
                    Route::Elsewhere(other) => {
                        let originator = (self.caller.title.clone(), request.message);
                        other.send(one, &file, Some(originator)).await
                    }
                    Route::Back => {
                        self.send_back(one, &file, request.message, &mut cancelled)
                            .await?
                    }
                },
            };
            progress.note(one, outcome);
            if progress.counts.remaining > 0 && !cancelled {
                let response = Response {
                    status: Status::PENDING,
                    counts: Some(progress.counts),
                    ..Response::default()
                };
                self.respond(context, request, response, None).await?;
            }
        }
        if let Route::Elsewhere(other) = route {
            other.release().await;
        }
        self.finish(context, request, &progress, cancelled).await
    }

    /// The last response: how many sub-operations came to what, and which failed.
    async fn finish(
        &mut self,
        context: &Context,
        request: &Request,
        progress: &Progress,
        cancelled: bool,
    ) -> Result<(), Ended> {
        let response = Response {
            status: progress.status(cancelled),
            comment: progress.reason.clone(),
            counts: Some(progress.counts),
            ..Response::default()
        };
        let failed = (!progress.failed.is_empty()).then(|| {
            let list = PrimitiveValue::Strs(progress.failed.iter().cloned().collect());
            InMemDicomObject::from_element_iter([DataElement::new(
                tags::FAILED_SOP_INSTANCE_UID_LIST,
                VR::UI,
                list,
            )])
        });
        self.respond(context, request, response, failed.as_ref())
            .await
    }

    /// Sends one object over this association, and waits for what the peer says to it. A cancellation that
    /// comes between is noted.
    async fn send_back(
        &mut self,
        one: &Selected,
        file: &Bytes,
        retrieval: u16,
        cancelled: &mut bool,
    ) -> Result<Outcome, Ended> {
        let contexts = Arc::clone(&self.contexts);
        let offered = contexts
            .iter()
            .filter(|context| context.peer_takes && context.class == one.class)
            .map(|context| (context.id, context.transfer_syntax.as_str()));
        let Some((id, syntax)) = choose(offered, &one.transfer_syntax) else {
            let why = "the receiver takes no such class or transfer syntax";
            return Ok(Err(why.to_owned()));
        };
        let data_set = match prepared(file, &one.transfer_syntax, syntax).await {
            Ok(data_set) => data_set,
            Err(why) => return Ok(Err(why)),
        };
        let message = self.next_message();
        let store = Request {
            instance: one.sop.clone(),
            ..Request::new(Operation::Store, message, &one.class)
        };
        self.wire.send(id, &store.bytes(), Some(&data_set)).await?;
        loop {
            let received = self.wire.receive().await?;
            if let Received::Message(answer) = &received
                && let Command::Response(response) = &answer.command
                && response.message == message
            {
                return Ok(Ok(response.status));
            }
            *cancelled |= cancels(&received, retrieval)?;
        }
    }
}

impl Progress {
    fn over(selected: &[Selected]) -> Self {
        Self {
            counts: Counts {
                remaining: u16::try_from(selected.len()).unwrap_or(u16::MAX),
                ..Counts::default()
            },
            failed: Vec::new(),
            reason: String::new(),
        }
    }
}

/// The context over which an object is sent: one for the syntax that it is kept in, else one for a plain
/// syntax. Some receivers name many syntaxes in one context, of which only one can be agreed on.
#[expect(
    clippy::needless_pass_by_value,
    reason = "an iterator is given away, and gone through twice"
)]
pub(crate) fn choose<'a>(
    offered: impl Iterator<Item = (u8, &'a str)> + Clone,
    kept: &str,
) -> Option<(u8, &'a str)> {
    let as_kept = offered.clone().find(|(_, syntax)| *syntax == kept);
    let plain = || {
        FALLBACK
            .iter()
            .find_map(|plain| offered.clone().find(|(_, syntax)| syntax == plain))
    };
    as_kept.or_else(plain)
}

/// The data set of a file for a context: the bytes as they are kept, where its syntax is the same; else
/// decoded, where they are compressed and can be.
pub(crate) async fn prepared(file: &Bytes, kept: &str, wanted: &str) -> Result<Bytes, String> {
    if kept == wanted {
        let data_set = data_set_bytes(file).ok_or("the object could not be read")?;
        return Ok(file.slice_ref(data_set));
    }
    let (file, kept, wanted) = (file.clone(), kept.to_owned(), wanted.to_owned());
    let work = tokio::task::spawn_blocking(move || plain(&file, &kept, &wanted));
    match work.await {
        Ok(data_set) => data_set,
        Err(_) => Err("the object could not be read".to_owned()),
    }
}

/// The data set in a plain syntax.
fn plain(file: &Bytes, kept: &str, wanted: &str) -> Result<Bytes, String> {
    let explicit = uids::EXPLICIT_VR_LITTLE_ENDIAN;
    let file = if is_native(kept) {
        file.clone()
    } else {
        pixels::transcode(file, explicit).map_err(|error| error.to_string())?
    };
    if !is_native(kept) && wanted == explicit {
        let data_set = data_set_bytes(&file).ok_or("the object could not be read")?;
        return Ok(file.slice_ref(data_set));
    }
    let data_set = transcode::data_set_in(&file, wanted).map_err(|error| error.to_string())?;
    Ok(data_set.into())
}
