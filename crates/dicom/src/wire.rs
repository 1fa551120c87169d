//! A connection on which PDUs come and go, and the messages that they are put together to.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::BytesMut;
use dicom_ul::{
    Pdu,
    pdu::{
        AbortRQServiceProviderReason as Reason, AbortRQSource, PDataValue, PDataValueType,
        read_pdu, write_pdu,
    },
};
use futures::FutureExt as _;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, timeout},
};

use crate::{
    dimse::Command,
    receive::{Arriving, Memory},
};

/// A command set is a few hundred bytes.
const COMMAND_BYTES: usize = 64 * 1024;
/// Requests for an association are not bound by the length that is agreed on for data.
const SMALLEST_LIMIT: u32 = 128 * 1024;
/// What is sent at once where the peer sets no limit.
const SENT_PDU_BYTES: usize = 128 * 1024;
/// Type, a reserved byte, and the length.
const PDU_HEADER: usize = 6;
/// Length, presentation context and control header of a value within P-DATA.
const PDV_HEADER: usize = 6;

/// A connection, with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for T {}

/// Why an association ended early.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("the peer was silent for too long")]
    Silent,
    #[error("the connection failed")]
    Connection,
    #[error("the association was rejected: {0}")]
    Rejected(String),
    #[error("the peer aborted the association")]
    Aborted,
    #[error("the peer broke the protocol: {0}")]
    Protocol(&'static str),
}

/// What bounds a peer's use of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// Largest PDU that is taken.
    pub pdu_bytes: u32,
    /// Largest data set that is taken.
    pub object_bytes: u64,
    /// What data sets take of memory while they arrive.
    pub memory: Arc<Memory>,
    /// How long a PDU may take to arrive, or to be accepted.
    pub idle: Duration,
    /// How long a message may take to arrive.
    pub message: Duration,
}

/// A message: a command set, and the data set that belongs to it.
#[derive(Debug)]
pub(crate) struct Message {
    pub context: u8,
    pub command: Command,
    /// None where the command has none, or it was not kept.
    pub data_set: Option<Arriving>,
    /// The data set was larger than is taken, and was not kept.
    pub too_large: bool,
}

/// The largest data set of anything but an object: identifiers and lists of references.
const IDENTIFIER_BYTES: u64 = 16 << 20;

impl Message {
    /// The data set in memory, where it is no object; `None` where it is too large for that.
    pub async fn identifier(&mut self) -> Option<Vec<u8>> {
        let Some(data_set) = self.data_set.take() else {
            return (!self.too_large).then(Vec::new);
        };
        if data_set.length() > IDENTIFIER_BYTES {
            return None;
        }
        let held = data_set.whole(&[]).await.ok()?;
        Some(held.bytes.to_vec())
    }
}

/// What came in.
#[derive(Debug)]
pub(crate) enum Received {
    Message(Box<Message>),
    /// The peer wants to end the association in order.
    Release,
}

/// How long a peer may take to close a connection after the last word.
const ARTIM: Duration = Duration::from_secs(2);

/// A connection and what has arrived on it in part.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    buffer: BytesMut,
    bounds: Bounds,
    /// The longest PDU that the peer takes.
    sent_pdu_bytes: usize,
    values: VecDeque<PDataValue>,
    incoming: Incoming,
}

impl Wire {
    pub fn new(stream: Box<dyn Stream>, bounds: Bounds) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            bounds,
            sent_pdu_bytes: 16 * 1024,
            values: VecDeque::new(),
            incoming: Incoming::default(),
        }
    }

    /// Sets what the peer said about the longest PDU that it takes; 0: any.
    pub fn peer_takes(&mut self, pdu_bytes: u32) {
        let bytes = usize::try_from(pdu_bytes).unwrap_or(usize::MAX);
        self.sent_pdu_bytes =
            if bytes == 0 { SENT_PDU_BYTES } else { bytes }.clamp(PDV_HEADER + 2, SENT_PDU_BYTES);
    }

    /// Waits for the peer to close the connection, as whoever has the last word does (PS3.8 section 9.2,
    /// ARTIM timer): closing first could take back what was just sent.
    pub async fn until_closed(&mut self) {
        let mut rest = [0_u8; 1024];
        let closed = async { while matches!(self.stream.read(&mut rest).await, Ok(1..)) {} };
        let _ = timeout(ARTIM, closed).await;
    }

    /// The next PDU, within a time. What was read in part stays for the next call, so that a call may be
    /// given up.
    pub async fn pdu(&mut self, within: Duration) -> Result<Pdu, Ended> {
        match timeout(within, self.next_pdu()).await {
            Ok(Err(ended @ Ended::Protocol(_))) => {
                self.abort(Reason::InvalidPduParameter).await;
                Err(ended)
            }
            Ok(read) => read,
            Err(_) => {
                self.abort(Reason::ReasonNotSpecified).await;
                Err(Ended::Silent)
            }
        }
    }

    async fn next_pdu(&mut self) -> Result<Pdu, Ended> {
        let limit = self.bounds.pdu_bytes.max(SMALLEST_LIMIT);
        loop {
            if let Some(length) = length_of(&self.buffer, limit)? {
                if self.buffer.len() >= length {
                    let frame = self.buffer.split_to(length);
                    return match read_pdu(&mut &frame[..], limit, true) {
                        Ok(Some(pdu)) => Ok(pdu),
                        _ => Err(Ended::Protocol("a PDU is not well formed")),
                    };
                }
                self.buffer.reserve(length - self.buffer.len());
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                _ => return Err(Ended::Connection),
            }
        }
    }

    /// The next message, or the peer's wish to end.
    pub async fn receive(&mut self) -> Result<Received, Ended> {
        loop {
            if let Some(message) = self.assemble().await? {
                return Ok(Received::Message(message));
            }
            let pdu = self.pdu(self.bounds.idle).await?;
            if let Some(received) = self.take(pdu).await? {
                return Ok(received);
            }
        }
    }

    /// As [`Wire::receive`], without a limit on how long the peer is silent: for while it waits for us.
    pub async fn interrupted(&mut self) -> Result<Received, Ended> {
        loop {
            if let Some(message) = self.assemble().await? {
                return Ok(Received::Message(message));
            }
            let pdu = self.next_pdu().await?;
            if let Some(received) = self.take(pdu).await? {
                return Ok(received);
            }
        }
    }

    /// What has arrived by now, without waiting.
    pub async fn arrived(&mut self) -> Result<Option<Received>, Ended> {
        loop {
            if let Some(message) = self.assemble().await? {
                return Ok(Some(Received::Message(message)));
            }
            let Some(pdu) = self.next_pdu().now_or_never() else {
                return Ok(None);
            };
            if let Some(received) = self.take(pdu?).await? {
                return Ok(Some(received));
            }
        }
    }

    async fn take(&mut self, pdu: Pdu) -> Result<Option<Received>, Ended> {
        match pdu {
            Pdu::PData { data } => {
                self.values.extend(data);
                Ok(None)
            }
            Pdu::ReleaseRQ => Ok(Some(Received::Release)),
            Pdu::AbortRQ { .. } => Err(Ended::Aborted),
            _ => {
                self.abort(Reason::UnexpectedPdu).await;
                Err(Ended::Protocol("a PDU came out of order"))
            }
        }
    }

    /// Puts what has arrived together, up to the end of a message.
    async fn assemble(&mut self) -> Result<Option<Box<Message>>, Ended> {
        // Where the last call was given up in the middle.
        self.incoming.settle().await;
        while let Some(value) = self.values.pop_front() {
            match self.incoming.take(value, &self.bounds) {
                Ok(None) => self.incoming.settle().await,
                Ok(Some(message)) => return Ok(Some(Box::new(message))),
                Err(why) => {
                    self.abort(Reason::UnexpectedPduParameter).await;
                    return Err(Ended::Protocol(why));
                }
            }
        }
        Ok(None)
    }

    /// Sends a PDU.
    pub async fn send_pdu(&mut self, pdu: &Pdu) -> Result<(), Ended> {
        let mut bytes = Vec::new();
        write_pdu(&mut bytes, pdu)
            .map_err(|_| Ended::Protocol("an answer could not be written"))?;
        self.write(&bytes).await
    }

    /// Sends a message in as many PDUs as the peer's limit asks for.
    pub async fn send(
        &mut self,
        context: u8,
        command: &[u8],
        data_set: Option<&[u8]>,
    ) -> Result<(), Ended> {
        let mut bytes = Vec::new();
        // Fragments have even lengths (PS3.8 section 9.3.5.1).
        let longest = (self.sent_pdu_bytes - PDV_HEADER) & !1;
        let parts = [(0x01, Some(command)), (0x00, data_set)];
        for (kind, part) in parts {
            let Some(part) = part else { continue };
            let mut rest = part;
            loop {
                let (now, after) = rest.split_at(rest.len().min(longest));
                let control = kind | if after.is_empty() { 0x02 } else { 0x00 };
                push_value(&mut bytes, context, control, now);
                // Small messages travel in one packet, large ones do not pile up.
                if bytes.len() >= SENT_PDU_BYTES {
                    self.write(&bytes).await?;
                    bytes.clear();
                }
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
        }
        self.write(&bytes).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(self.bounds.idle, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ended::Connection),
            Err(_) => Err(Ended::Silent),
        }
    }

    /// Waits for the answer to our wish to end.
    pub async fn released(&mut self) -> Result<(), Ended> {
        loop {
            match self.pdu(self.bounds.idle).await? {
                Pdu::ReleaseRP => return Ok(()),
                // A message that was under way.
                Pdu::PData { .. } => {}
                _ => return Err(Ended::Protocol("a PDU came out of order")),
            }
        }
    }

    /// Tells the peer that the association is over. The connection may be gone already.
    pub async fn abort(&mut self, reason: Reason) {
        let pdu = Pdu::AbortRQ {
            source: AbortRQSource::ServiceProvider(reason),
        };
        let _ = self.send_pdu(&pdu).await;
    }
}

/// The whole length of the PDU at the start of a buffer, once its header is there.
fn length_of(buffer: &[u8], limit: u32) -> Result<Option<usize>, Ended> {
    match buffer {
        [0x01..=0x07, _, a, b, c, d, ..] => {
            let length = u32::from_be_bytes([*a, *b, *c, *d]);
            if length > limit {
                return Err(Ended::Protocol("a PDU is too large"));
            }
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Ok(Some(length.saturating_add(PDU_HEADER)))
        }
        [] | [0x01..=0x07, ..] => Ok(None),
        _ => Err(Ended::Protocol("what came is no PDU")),
    }
}

/// One P-DATA-TF with one value.
fn push_value(bytes: &mut Vec<u8>, context: u8, control: u8, value: &[u8]) {
    let length = u32::try_from(value.len() + 2).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&[0x04, 0x00]);
    bytes.extend_from_slice(&length.saturating_add(4).to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&[context, control]);
    bytes.extend_from_slice(value);
}

/// A message that is coming in.
#[derive(Default)]
struct Incoming {
    /// The context that it began on, and when.
    began: Option<(u8, Instant)>,
    command: Vec<u8>,
    read: Option<Command>,
    data_set: Option<Arriving>,
    too_large: bool,
}

impl Incoming {
    /// Brings a large data set to its file.
    async fn settle(&mut self) {
        if let Some(data_set) = &mut self.data_set {
            data_set.settle().await;
        }
    }

    /// Adds a fragment; gives the message once it is complete.
    fn take(
        &mut self,
        value: PDataValue,
        bounds: &Bounds,
    ) -> Result<Option<Message>, &'static str> {
        let (context, since) = *self
            .began
            .get_or_insert_with(|| (value.presentation_context_id, Instant::now()));
        if context != value.presentation_context_id {
            return Err("a message changed its presentation context");
        }
        if since.elapsed() > bounds.message {
            return Err("a message took too long");
        }
        let complete = match (value.value_type, &self.read) {
            (PDataValueType::Command, None) => {
                if self.command.len() + value.data.len() > COMMAND_BYTES {
                    return Err("a command set is too large");
                }
                self.command.extend_from_slice(&value.data);
                if !value.is_last {
                    return Ok(None);
                }
                let command =
                    Command::read(&self.command).ok_or("a command set is not well formed")?;
                let has_data_set = match &command {
                    Command::Request(request) => request.has_data_set,
                    Command::Response(response) => response.has_data_set,
                };
                self.read = Some(command);
                !has_data_set
            }
            (PDataValueType::Data, Some(_)) => {
                let data_set = self
                    .data_set
                    .get_or_insert_with(|| bounds.memory.arriving());
                let length = data_set.length().saturating_add(value.data.len() as u64);
                self.too_large |= length > bounds.object_bytes;
                if self.too_large {
                    // Nothing is kept of it, and its length is not counted again.
                    self.data_set = None;
                } else {
                    data_set.push(&value.data);
                }
                value.is_last
            }
            _ => return Err("command and data set came out of order"),
        };
        if !complete {
            return Ok(None);
        }
        let whole = std::mem::take(self);
        Ok(whole.read.map(|command| Message {
            context,
            command,
            data_set: whole.data_set,
            too_large: whole.too_large,
        }))
    }
}
