use dicom_core::Tag;
use dicom_dictionary_std::uids;
use serde_json::{Map, Value};

use super::{Association, Peer, Proposal, SendError};
use crate::{
    ParsedObject, Status,
    dimse::{Command, Counts, Operation, Request, Response},
    file_head, parse_within,
    query::{Level, Root, encode, own_identifier, rows_of},
    receive::{Arriving, Held},
    syntax::TRANSFER_SYNTAXES,
    transcode::FALLBACK,
};

/// Which service of a peer's information model is asked.
pub type Model = Root;

/// What a query found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The rows in the DICOM JSON model.
    pub rows: Vec<Map<String, Value>>,
    /// There may be more: the query was ended after as many as were wanted.
    pub is_cut: bool,
}

/// What a retrieval came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retrieved {
    /// The last response's status.
    pub status: Status,
    /// Sub-operations, as the peer counts them.
    pub counts: Counts,
}

/// Storage classes that a C-GET asks for at most, with the find context below the 128 there may be.
const MOST_CLASSES: usize = 120;

/// Compressed transfer syntaxes in common use.
const COMPRESSED: &[&str] = &[
    uids::JPEG_BASELINE8_BIT,
    uids::JPEG_EXTENDED12_BIT,
    uids::JPEG_LOSSLESS_SV1,
    uids::JPEGLS_LOSSLESS,
    uids::JPEG2000_LOSSLESS,
    uids::JPEG2000,
    uids::HTJ2K_LOSSLESS,
    uids::RLE_LOSSLESS,
];

fn class(model: Model, operation: Operation) -> &'static str {
    match (model, operation) {
        (Root::Patient, Operation::Move) => {
            uids::PATIENT_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_MOVE
        }
        (Root::Patient, Operation::Get) => uids::PATIENT_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_GET,
        (Root::Patient, _) => uids::PATIENT_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_FIND,
        (Root::Study, Operation::Move) => uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_MOVE,
        (Root::Study, Operation::Get) => uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_GET,
        (Root::Study, _) => uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_FIND,
    }
}

/// Why the peer refused, in its words.
fn refused(response: &Response) -> SendError {
    let text = format!("{:04X} {}", response.status.0, response.comment);
    SendError::Refused(text.trim_end().to_owned())
}

/// Queries a peer (C-FIND) for at most `most` rows.
pub async fn find(
    peer: &Peer,
    model: Model,
    level: Level,
    keys: &[(Tag, String)],
    most: usize,
) -> Result<Found, SendError> {
    let class = class(model, Operation::Find);
    let mut association = Association::request(peer, vec![Proposal::of(class, FALLBACK)]).await?;
    let context = association
        .context(class)
        .ok_or(SendError::NotOffered("queries of this kind"))?;
    let identifier = encode(&own_identifier(level, keys), &context.transfer_syntax)
        .ok_or(SendError::Broken("the identifier could not be written"))?;
    let message = association.next_message();
    let request = Request::new(Operation::Find, message, class);
    association
        .ask(context.id, &request, Some(&identifier))
        .await?;
    let mut found = Found::default();
    loop {
        let (response, data_set) = association.response(message).await?;
        if !response.status.is_pending() {
            association.release().await;
            return match response.status {
                Status::SUCCESS | Status::CANCELED => Ok(found),
                _ => Err(refused(&response)),
            };
        }
        if found.rows.len() < most {
            let row = rows_of(&data_set, &context.transfer_syntax)
                .map_err(|_| SendError::Broken("an answer is not well formed"))?;
            found.rows.push(row);
        } else if !found.is_cut {
            found.is_cut = true;
            let cancel = Request::new(Operation::Cancel, message, class);
            association.ask(context.id, &cancel, None).await?;
        }
    }
}

/// Has a peer send objects to another application entity (C-MOVE), such as ourselves. `progress` hears of
/// each count, and is waited for.
pub async fn r#move<F>(
    peer: &Peer,
    model: Model,
    level: Level,
    keys: &[(Tag, String)],
    destination: &str,
    mut progress: impl FnMut(Counts) -> F,
) -> Result<Retrieved, SendError>
where
    F: Future<Output = ()>,
{
    let class = class(model, Operation::Move);
    let mut association = Association::request(peer, vec![Proposal::of(class, FALLBACK)]).await?;
    let context = association
        .context(class)
        .ok_or(SendError::NotOffered("C-MOVE"))?;
    let identifier = encode(&own_identifier(level, keys), &context.transfer_syntax)
        .ok_or(SendError::Broken("the identifier could not be written"))?;
    let message = association.next_message();
    let request = Request {
        destination: destination.to_owned(),
        ..Request::new(Operation::Move, message, class)
    };
    association
        .ask(context.id, &request, Some(&identifier))
        .await?;
    loop {
        let (response, _) = association.response(message).await?;
        let counts = response.counts.unwrap_or_default();
        progress(counts).await;
        if response.status.is_pending() {
            continue;
        }
        association.release().await;
        return ended(&response, counts);
    }
}

fn ended(response: &Response, counts: Counts) -> Result<Retrieved, SendError> {
    match response.status {
        Status::SUCCESS | Status::SOME_FAILED | Status::CANCELED | Status::CANNOT_PERFORM => {
            Ok(Retrieved {
                status: response.status,
                counts,
            })
        }
        _ => Err(refused(response)),
    }
}

/// Fetches objects over the same association (C-GET). `classes` are those that the objects may have; `keep`
/// gets each object, and what it returns goes to the peer.
pub async fn get<F>(
    peer: &Peer,
    model: Model,
    level: Level,
    keys: &[(Tag, String)],
    classes: &[String],
    mut keep: impl FnMut(ParsedObject) -> F,
) -> Result<Retrieved, SendError>
where
    F: Future<Output = Status>,
{
    let class = class(model, Operation::Get);
    let mut proposals = vec![Proposal::of(class, FALLBACK)];
    proposals.extend(receiving(classes));
    let mut association = Association::request(peer, proposals).await?;
    let context = association
        .context(class)
        .ok_or(SendError::NotOffered("C-GET"))?;
    let identifier = encode(&own_identifier(level, keys), &context.transfer_syntax)
        .ok_or(SendError::Broken("the identifier could not be written"))?;
    let message = association.next_message();
    let request = Request::new(Operation::Get, message, class);
    association
        .ask(context.id, &request, Some(&identifier))
        .await?;
    loop {
        let received = association.next().await?;
        match received.command {
            Command::Response(response) if response.message == message => {
                if response.status.is_pending() {
                    continue;
                }
                association.release().await;
                return ended(&response, response.counts.unwrap_or_default());
            }
            Command::Request(store) if store.operation == Operation::Store => {
                let context = association
                    .contexts
                    .iter()
                    .find(|context| context.id == received.context && context.class == store.class)
                    .cloned();
                let context =
                    context.ok_or(SendError::Broken("an object came on a wrong context"))?;
                let status = match received.data_set {
                    None if received.too_large => Status::OUT_OF_RESOURCES,
                    None => Status::MISMATCH,
                    Some(data_set) => {
                        let syntax = &context.transfer_syntax;
                        match read(&store, syntax, peer, data_set).await {
                            // The room of the object is held until it is kept.
                            Ok((object, _held)) => keep(object).await,
                            Err(status) => status,
                        }
                    }
                };
                let answer = store.answered(&Response {
                    status,
                    ..Response::default()
                });
                association.wire.send(context.id, &answer, None).await?;
            }
            _ => return Err(SendError::Broken("a message came out of order")),
        }
    }
}

/// Contexts for receiving objects. Where there are numbers enough, each class gets one for each transfer
/// syntax in common use, since a peer that may choose among several in one context often takes the plain one,
/// and cannot send what it keeps compressed.
fn receiving(classes: &[String]) -> Vec<Proposal> {
    let each = |class: &String, syntaxes: &[&str]| Proposal {
        we_provide: true,
        ..Proposal::of(class, syntaxes)
    };
    if classes.len() * (COMPRESSED.len() + 1) > MOST_CLASSES {
        let all = classes.iter().take(MOST_CLASSES);
        return all.map(|class| each(class, TRANSFER_SYNTAXES)).collect();
    }
    let contexts = classes.iter().flat_map(|class| {
        let compressed = COMPRESSED.iter().map(move |syntax| each(class, &[*syntax]));
        std::iter::once(each(class, FALLBACK)).chain(compressed)
    });
    contexts.collect()
}

/// The object of a C-STORE sub-operation, and the room that it takes.
async fn read(
    store: &Request,
    transfer_syntax: &str,
    peer: &Peer,
    data_set: Arriving,
) -> Result<(ParsedObject, Held), Status> {
    let unreadable = Status::NOT_UNDERSTOOD;
    let head = file_head(&store.class, &store.instance, transfer_syntax, &peer.called);
    let held = data_set.whole(&head.map_err(|_| unreadable)?).await;
    let held = held.map_err(|_| Status::OUT_OF_RESOURCES)?;
    let parsed = parse_within(held.bytes.clone(), &peer.memory);
    let object = parsed.await.map_err(|_| unreadable)?;
    if object.class.as_str() == store.class && object.sop.as_str() == store.instance {
        Ok((object, held))
    } else {
        Err(unreadable)
    }
}
