use bytes::Bytes;

use super::{Association, Peer, SendError};
use crate::{ParsedObject, Status, parse, scp::Selected};

/// An association over which objects are sent one by one.
pub struct Sending(Association);

impl Sending {
    /// Associates for sending these objects.
    pub async fn begin(peer: &Peer, selected: &[Selected]) -> Result<Self, SendError> {
        Association::for_sending(peer, selected).await.map(Self)
    }

    /// Sends one of them; the answer's status, or why this object was not sent.
    pub async fn send(&mut self, one: &Selected, file: &Bytes) -> Result<Status, String> {
        self.0.send(one, file, None).await
    }

    /// Whether the association broke off, so that nothing more can be sent over it.
    pub fn is_broken(&self) -> bool {
        self.0.is_broken()
    }

    /// Ends the association.
    pub async fn end(self) {
        self.0.release().await;
    }
}

/// What became of one object.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The place of the object among those given.
    pub index: usize,
    /// What the peer answered, or why the object was not sent.
    pub outcome: Result<(), String>,
}

/// Contexts of one association; each class and transfer syntax takes up to three.
const CLASSES_AT_ONCE: usize = 40;

/// Sends objects, each as it is where the peer takes it so, over as few associations as their classes and
/// transfer syntaxes allow. `progress` hears of each as it is done. An object that cannot be read or is
/// refused does not hold up the others.
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
    let mut objects: Vec<(usize, Selected, Bytes)> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match parse(file.clone()) {
            Ok(object) => objects.push((index, selected(&object), object.file)),
            Err(error) => note(&mut sent, index, Err(error.to_string())),
        }
    }
    let context = |one: &Selected| (one.class.clone(), one.transfer_syntax.clone());
    objects.sort_by_key(|(index, one, _)| (context(one), *index));
    let mut rest = objects.as_slice();
    while let Some((_, first, _)) = rest.first() {
        // As many objects as go over one association.
        let mut contexts = vec![context(first)];
        let mut now = 0;
        for (_, one, _) in rest {
            let context = context(one);
            if contexts.last() != Some(&context) {
                if contexts.len() == CLASSES_AT_ONCE {
                    break;
                }
                contexts.push(context);
            }
            now += 1;
        }
        let (group, after) = rest.split_at(now);
        rest = after;
        let all: Vec<Selected> = group.iter().map(|(_, one, _)| one.clone()).collect();
        let mut association = Association::for_sending(peer, &all).await?;
        for (index, one, file) in group {
            let outcome = association.send(one, file, None).await;
            if association.is_broken() {
                return Err(SendError::Broken("the association broke off"));
            }
            let outcome = outcome.and_then(|status| {
                if status.is_stored() {
                    Ok(())
                } else {
                    Err(format!("status {:04X}", status.0))
                }
            });
            note(&mut sent, *index, outcome);
        }
        association.release().await;
    }
    Ok(sent)
}

fn selected(object: &ParsedObject) -> Selected {
    Selected {
        class: object.class.as_str().to_owned(),
        sop: object.sop.as_str().to_owned(),
        transfer_syntax: object.transfer_syntax.as_str().to_owned(),
    }
}
