//! What is told of a device that went without a word.

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::sleep};

use super::{
    Broker, messages,
    session::Session,
    wire::{No, Publish, Quality, Will},
};
use crate::devices::{Credential, Registered};

/// A will, and how things were when its owner left.
pub struct LastWill {
    pub will: Will,
    pub left: Arc<Registered>,
    pub shown: Credential,
    pub session: Arc<Session>,
    pub number: u64,
}

impl LastWill {
    /// Tells it after a delay, unless its owner comes back.
    pub async fn tell(
        self,
        broker: Arc<Broker>,
        delay: Duration,
        taken_back: oneshot::Receiver<()>,
    ) {
        tokio::select! {
            biased;
            _ = taken_back => return,
            () = sleep(delay) => {}
        }
        let Self {
            will,
            left,
            shown,
            session,
            number,
        } = self;
        // As things are now: another's token or patient is not spoken for.
        let devices = &broker.hospital.devices;
        let now = devices.find(&left.id);
        let same = now.filter(|now| now.since == left.since);
        let is_back = session.must_end(number) == Some(No::TakenOver);
        let (Some(known), false) = (same, is_back) else {
            return;
        };
        if !devices.may_send(&known.id, shown) {
            return;
        }
        let publish = Publish {
            topic: will.topic,
            payload: will.payload,
            // Nobody is there to acknowledge it to: the identifier stands for none.
            quality: if will.acknowledged {
                Quality::AtLeastOnce(0)
            } else {
                Quality::AtMostOnce
            },
            retain: will.retain,
            again: false,
            beside: will.beside,
        };
        messages::will(&broker, &known, &publish).await;
    }
}
