//! Messages: from a device into the record and to who wishes to hear them; commands to devices.

use std::sync::Arc;

use ::devices::{Acknowledgement, Remembered, State};
use bytes::Bytes;
use policy::Actor;
use record::{Arrived, RecordError};
use serde_json::{Value, json};
use vocabulary::{DeviceId, PatientId, Text, Timestamp};

use super::{
    Broker,
    session::{Session, Waiting},
    topic::{self, Place},
    wire::{No, Publish, Quality, Told},
};
use crate::{
    clock,
    devices::{Command, CommandError, Registered, Sent},
    http::Problem,
    upgrades, ward,
};

/// A message that was looked at and is not yet acknowledged.
pub struct Pending {
    pub quality: Quality,
    pub refused: Option<(No, String)>,
    device: DeviceId,
    subject: Option<PatientId>,
    payload: Bytes,
    arrived: Vec<Arrived>,
    remembered: Remembered,
    tell: Option<Waiting>,
    /// The place that the device said by its name, and when that came.
    place: Option<(String, Timestamp)>,
    /// What it said of its device could not be kept.
    lost: bool,
    /// It went to a topic to which the device may not send, which is more than a mistake in a payload.
    pub is_foreign: bool,
}

impl Pending {
    /// Whether the device is told that it is on disk, and sends it again where it is not told.
    pub fn waits(&self) -> bool {
        self.quality != Quality::AtMostOnce
    }

    fn refused(device: &Registered, publish: &Publish, no: No, why: &Text) -> Self {
        Self {
            quality: publish.quality,
            refused: Some((no, why.en.clone())),
            device: device.id.clone(),
            subject: device.patient.clone(),
            payload: Bytes::new(),
            arrived: Vec::new(),
            remembered: Remembered::default(),
            tell: None,
            place: None,
            lost: false,
            is_foreign: false,
        }
    }
}

/// Looks at a message of a device, and keeps what it says of the device itself.
pub async fn examine(broker: &Broker, device: &Registered, publish: &Publish) -> Pending {
    let devices = &broker.hospital.devices;
    let received = clock::now();
    let place = topic::read(&publish.topic);
    let Some((_, place)) = place.filter(|(of, place)| *of == device.id && *place != Place::Command)
    else {
        let why = Text::new(
            "只能发布到设备自己的主题之下",
            "A device may send below its own id only",
        );
        devices.with_quality(&device.id, |quality| {
            quality.heard(received);
            let bytes = publish.payload.len();
            quality.refused(received, "", bytes, "foreign-topic", why.clone());
        });
        return Pending {
            is_foreign: true,
            ..Pending::refused(device, publish, No::NotAuthorized, &why)
        };
    };
    match place {
        Place::Stream(stream) => stream_message(broker, device, stream, publish, received),
        Place::State => state_message(broker, device, publish, received).await,
        Place::Answer | Place::Command => answer_message(broker, device, publish, received).await,
    }
}

fn told(publish: &Publish, about: Option<PatientId>, received: Timestamp) -> Waiting {
    Waiting {
        told: Told {
            topic: publish.topic.clone(),
            payload: publish.payload.clone(),
            acknowledged: publish.quality != Quality::AtMostOnce,
            retain: publish.retain,
            properties: Arc::clone(&publish.beside.properties),
            until: (publish.beside.seconds)
                .map(|seconds| Timestamp(received.0 + i64::from(seconds) * 1000)),
        },
        about,
        again: None,
        place: None,
    }
}

fn stream_message(
    broker: &Broker,
    device: &Registered,
    stream: &str,
    publish: &Publish,
    received: Timestamp,
) -> Pending {
    let sent = match publish.quality {
        Quality::AtLeastOnce(packet) => Some(Sent {
            packet,
            again: publish.again,
        }),
        _ => None,
    };
    let devices = &broker.hospital.devices;
    let taken = devices.take(device, stream, &publish.payload, sent, received);
    if let Some(refusal) = taken.refused {
        return Pending::refused(device, publish, No::BadPayload, &refusal.text());
    }
    // Nobody is told what is nobody's.
    let is_new = !taken.arrived.is_empty() && !device.is_left_behind;
    Pending {
        quality: publish.quality,
        refused: None,
        device: device.id.clone(),
        subject: device.patient.clone(),
        payload: publish.payload.clone(),
        arrived: taken.arrived,
        remembered: taken.remembered,
        tell: is_new.then(|| told(publish, device.patient.clone(), received)),
        place: None,
        lost: false,
        is_foreign: false,
    }
}

/// A message that is no measurement: nothing of it goes to the record of signals.
fn plain(device: &Registered, publish: &Publish, received: Timestamp) -> Pending {
    Pending {
        quality: publish.quality,
        refused: None,
        device: device.id.clone(),
        subject: device.patient.clone(),
        payload: publish.payload.clone(),
        arrived: Vec::new(),
        remembered: Remembered::default(),
        tell: Some(told(publish, device.patient.clone(), received)),
        place: None,
        lost: false,
        is_foreign: false,
    }
}

/// A message that cannot be kept now: it is not acknowledged, and comes again.
fn lost(device: &Registered, publish: &Publish, error: &anyhow::Error) -> Pending {
    tracing::error!(%error, "what a device said could not be kept; it is to say it again");
    Pending {
        tell: None,
        lost: true,
        ..plain(device, publish, clock::now())
    }
}

fn refuse(
    broker: &Broker,
    device: &Registered,
    publish: &Publish,
    topic: &str,
    refusal: &::devices::Refusal,
) -> Pending {
    let text = refusal.text();
    let (at, bytes) = (clock::now(), publish.payload.len());
    broker.hospital.devices.with_quality(&device.id, |quality| {
        quality.refused(at, topic, bytes, refusal.code(), text.clone());
    });
    Pending::refused(device, publish, No::BadPayload, &text)
}

async fn state_message(
    broker: &Broker,
    device: &Registered,
    publish: &Publish,
    received: Timestamp,
) -> Pending {
    let devices = &broker.hospital.devices;
    devices.with_quality(&device.id, |quality| quality.heard(received));
    let state = if publish.payload.is_empty() {
        None
    } else {
        match State::read(&publish.payload) {
            Ok(state) => Some(state),
            Err(refusal) => return refuse(broker, device, publish, "state", &refusal),
        }
    };
    let (id, payload, retain) = (device.id.clone(), publish.payload.clone(), publish.retain);
    let kept = broker.hospital.aside(move |hospital| {
        let kept = &hospital.devices.kept;
        kept.put_state(&id, &payload, retain, received)
    });
    if let Err(error) = kept.await {
        return lost(device, publish, &error);
    }
    let place = state.as_ref().and_then(|state| state.place.clone());
    devices.with_quality(&device.id, |quality| {
        quality.state = state;
        quality.state_at = Some(received);
    });
    if publish.retain {
        let about = device.patient.clone();
        broker.sessions.keep(&device.id, &publish.payload, about);
    }
    Pending {
        place: place.map(|place| (place, received)),
        ..plain(device, publish, received)
    }
}

async fn answer_message(
    broker: &Broker,
    device: &Registered,
    publish: &Publish,
    received: Timestamp,
) -> Pending {
    let devices = &broker.hospital.devices;
    devices.with_quality(&device.id, |quality| quality.heard(received));
    let answer = match Acknowledgement::read(&publish.payload) {
        Ok(answer) => answer,
        Err(refusal) => return refuse(broker, device, publish, "command/ack", &refusal),
    };
    let id = device.id.clone();
    let kept = broker
        .hospital
        .aside(move |hospital| hospital.devices.kept.answer(&id, &answer));
    match kept.await {
        Ok(true) => plain(device, publish, received),
        Ok(false) => {
            let why = Text::new("没有这条指令", "There is no such command");
            let bytes = publish.payload.len();
            devices.with_quality(&device.id, |quality| {
                quality.refused(
                    received,
                    "command/ack",
                    bytes,
                    "command-unknown",
                    why.clone(),
                );
            });
            Pending::refused(device, publish, No::BadPayload, &why)
        }
        Err(error) => lost(device, publish, &error),
    }
}

/// Why messages are not kept. They are to come again.
#[derive(Debug, PartialEq, Eq)]
pub enum NotKept {
    /// There is no room for them. What they measured is judged all the same.
    NoRoom,
    /// Something failed.
    Failed,
}

/// Keeps messages in the record: all of them, or none. Once this returns without an error they are on disk.
pub async fn keep(broker: &Broker, pending: &mut [Pending]) -> Result<(), NotKept> {
    let devices = &broker.hospital.devices;
    let values: Vec<u64> = pending
        .iter()
        .map(|one| {
            let counts = one.arrived.iter().map(|one| one.readings.count() as u64);
            counts.sum()
        })
        .collect();
    let forget = |pending: &[Pending]| {
        for (one, values) in pending.iter().zip(&values) {
            devices.forget(&one.device, one.subject.as_ref(), &one.remembered);
            devices.with_quality(&one.device, |quality| quality.were_not_kept(*values));
        }
    };
    if pending.iter().any(|one| one.lost) {
        forget(pending);
        return Err(NotKept::Failed);
    }
    for one in pending.iter_mut() {
        if place_it(broker, one).await.is_err() {
            tracing::error!("where a device is could not be kept; it is to say it again");
            forget(pending);
            return Err(NotKept::Failed);
        }
    }
    let arrived: Vec<Arrived> = pending
        .iter_mut()
        .flat_map(|pending| std::mem::take(&mut pending.arrived))
        .collect();
    if arrived.is_empty() {
        return Ok(());
    }
    match broker.hospital.signals.append(arrived).await {
        Ok(taken) => {
            // All messages of a connection are of one device.
            let known = taken.iter().map(|taken| taken.known as u64).sum::<u64>();
            if let Some(first) = pending.first() {
                devices.with_quality(&first.device, |quality| quality.were_known(known));
            }
            Ok(())
        }
        // The store has said so once.
        Err(RecordError::Full) => {
            forget(pending);
            let measured = pending.iter().zip(&values);
            for (one, _) in measured.filter(|(_, values)| **values > 0) {
                let (at, bytes) = (clock::now(), one.payload.len());
                devices.with_quality(&one.device, |quality| quality.had_no_room(at, 1, bytes));
            }
            Err(NotKept::NoRoom)
        }
        Err(error) => {
            tracing::error!(%error, "readings could not be kept; the device is to send them again");
            forget(pending);
            Err(NotKept::Failed)
        }
    }
}

/// Makes a reading of the place that a device said, where the hospital has such a location.
async fn place_it(broker: &Broker, one: &mut Pending) -> Result<(), Problem> {
    let Some((place, at)) = one.place.take() else {
        return Ok(());
    };
    let permit = broker.hospital.finding().await?;
    if broker.hospital.is_location(permit, &place).await? {
        let (device, subject) = (one.device.clone(), one.subject.clone());
        one.arrived
            .push(ward::saying_place(device, subject, &place, at));
    } else {
        let devices = &broker.hospital.devices;
        devices.with_quality(&one.device, crate::devices::Quality::place_unknown);
    }
    Ok(())
}

/// Tells a message that was kept to who wishes to hear it.
pub fn tell(broker: &Broker, from: &Arc<Session>, pending: &Pending) {
    if let Quality::AtLeastOnce(id) = pending.quality {
        let devices = &broker.hospital.devices;
        devices.acknowledged(&pending.device, id, &pending.payload);
    }
    if let Some(message) = &pending.tell {
        broker.sessions.tell(Some(from), &pending.device, message);
    }
}

/// Tells a device's will, as if it had sent it.
pub async fn will(broker: &Broker, device: &Registered, publish: &Publish) {
    let _turn = broker.hospital.devices.turn(&device.id).await;
    let mut all = [examine(broker, device, publish).await];
    if keep(broker, &mut all).await.is_ok() {
        let [pending] = &all;
        if let Some(message) = &pending.tell {
            broker.sessions.tell(None, &device.id, message);
        }
        super::wrote(broker).await;
    }
}

/// Sends a command to a device, where it is there and wishes to hear it.
pub fn send_command(broker: &Broker, command: &Command) {
    let Ok(payload) = serde_json::to_vec(command) else {
        return;
    };
    let device = &command.device;
    let known = broker.hospital.devices.find(device);
    let about = known.and_then(|known| known.patient.clone());
    let message = |payload: Bytes| Waiting {
        told: Told {
            topic: topic::command(device),
            payload,
            acknowledged: true,
            retain: false,
            properties: Arc::default(),
            until: Some(command.until),
        },
        about: about.clone(),
        again: None,
        place: None,
    };
    let own = with_pass(broker, device, &payload).map(message);
    let others = message(payload.into());
    let own = own.as_ref().unwrap_or(&others);
    broker.sessions.tell_apart(device, own, &others);
}

/// A command with what lets the device fetch what it is to install, where it has a certificate; nobody else hears that.
fn with_pass(broker: &Broker, device: &DeviceId, command: &[u8]) -> Option<Bytes> {
    let mut command: Value = serde_json::from_slice(command).ok()?;
    let pass = upgrades::pass_for(&broker.hospital, device, &command)?;
    let parameters = command.get_mut("parameters")?.as_object_mut()?;
    parameters.insert("token".to_owned(), json!(pass));
    serde_json::to_vec(&command).ok().map(Bytes::from)
}

/// Puts a device's waiting commands where it hears them.
pub fn send_waiting_commands(broker: &Broker, session: &Session, device: &DeviceId) {
    match broker.hospital.devices.kept.waiting_commands(device) {
        Ok(waiting) => {
            for body in waiting {
                let own = with_pass(broker, device, body.as_bytes());
                session.whisper(Told {
                    topic: topic::command(device),
                    payload: own.unwrap_or_else(|| body.into()),
                    acknowledged: true,
                    retain: false,
                    properties: Arc::default(),
                    until: None,
                });
            }
        }
        Err(error) => tracing::error!(%error, "a device's commands could not be read"),
    }
}

/// The device that a guest's message is a command for. They send nothing else.
pub fn command_for(publish: &Publish) -> Result<DeviceId, (No, String)> {
    let Some((device, Place::Command)) = topic::read(&publish.topic) else {
        let why = "people and programs send commands only, to yuanyi/v1/{device}/command";
        return Err((No::NotAuthorized, why.to_owned()));
    };
    Ok(device)
}

/// Takes a command of a guest who may administer.
pub async fn command(
    broker: &Broker,
    actor: &Actor,
    device: DeviceId,
    publish: &Publish,
) -> Result<(), (No, String)> {
    if broker.hospital.devices.find(&device).is_none() {
        return Err((No::BadTopic, "there is no such device".to_owned()));
    }
    let body: Value = serde_json::from_slice(&publish.payload).unwrap_or_default();
    let Some(name) = body.get("command").and_then(Value::as_str) else {
        let why = "a command is JSON: {\"command\": …, \"parameters\": {…}}";
        return Err((No::BadPayload, why.to_owned()));
    };
    let devices = &broker.hospital.devices;
    let parameters = body.get("parameters").cloned();
    let command = devices
        .new_command(
            device,
            name,
            parameters.unwrap_or_else(|| json!({})),
            &actor.id,
        )
        .map_err(|error| no_command(&error))?;
    let noted = broker.hospital.note_device(
        &actor.id,
        &command.device,
        "command",
        Some(("command", &command.id)),
    );
    if noted.await.is_err() {
        let why = "the command could not be written to the ledger";
        return Err((No::Quota, why.to_owned()));
    }
    let kept = broker
        .hospital
        .aside(move |hospital| hospital.devices.command(command));
    let kept = kept.await.map_err(CommandError::NotKept);
    kept.map_err(|error| no_command(&error))
}

fn no_command(error: &CommandError) -> (No, String) {
    let no = match error {
        CommandError::Name | CommandError::Parameters => No::BadPayload,
        CommandError::Many | CommandError::NotKept(_) => No::Quota,
    };
    if let CommandError::NotKept(error) = error {
        tracing::error!(%error, "a command could not be kept");
        return (no, "the command could not be kept".to_owned());
    }
    (no, format!("could not {error}"))
}
