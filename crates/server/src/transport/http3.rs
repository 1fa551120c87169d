//! As much of HTTP/3 as a session of WebTransport needs that has datagrams alone: settings, one request, and its
//! answer. Other streams of a client's are never read; the limits of the connection bound them.

use bytes::{BufMut as _, Bytes, BytesMut};
use quinn::{Connection, RecvStream, SendStream};
use wtransport_proto::{
    frame::{Frame, FrameKind},
    headers::Headers,
    session::{SessionRequest, SessionResponse},
    settings::Settings,
    stream_header::StreamHeader,
    varint::VarInt,
};

/// How ALPN calls it.
pub const ALPN: &[u8] = b"h3";
/// The longest request or answer, in bytes.
const HEADERS_BYTES: usize = 8 * 1024;
/// The number of the session before each datagram: a connection has one, by its first stream.
const SESSION: u8 = 0;

/// An open session.
#[derive(Clone)]
pub struct Session(Connection);

/// The streams that are open as long as a session is.
pub struct Streams {
    _control: SendStream,
    /// What this end says of the session.
    answer: SendStream,
    /// What the other end says of it.
    request: RecvStream,
}

/// Somebody who asks for a session.
pub struct Asking {
    connection: Connection,
    streams: Streams,
    path: String,
}

impl Asking {
    /// Hears what a new connection asks for; `None` where it is no session.
    pub async fn hear(connection: Connection) -> Option<Self> {
        let control = open_control(&connection).await?;
        let (answer, mut request) = connection.accept_bi().await.ok()?;
        let asked = SessionRequest::try_from(read_headers(&mut request).await?).ok()?;
        let path = asked.path().to_owned();
        Some(Self {
            connection,
            streams: Streams {
                _control: control,
                answer,
                request,
            },
            path,
        })
    }

    /// The path of the request.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Opens the session.
    pub async fn accept(mut self) -> Option<(Session, Streams)> {
        let answer = SessionResponse::ok().headers().generate_frame();
        write(&mut self.streams.answer, &answer).await?;
        Some((Session(self.connection), self.streams))
    }

    /// Answers that there is no such thing.
    pub async fn not_found(mut self) -> Option<()> {
        let answer = SessionResponse::not_found().headers().generate_frame();
        write(&mut self.streams.answer, &answer).await?;
        self.streams.answer.finish().ok()?;
        self.streams.answer.stopped().await.ok()?;
        Some(())
    }
}

impl Streams {
    /// Waits until the other end has no more to say, and ends the session.
    pub async fn end(&mut self) {
        let mut said = [0; 256];
        while let Ok(Some(_)) = self.request.read(&mut said).await {}
    }
}

impl Session {
    /// Waits for a datagram; `None` once the session has ended, or one comes that is of no session here.
    pub async fn hear(&self) -> Option<Bytes> {
        let mut datagram = self.0.read_datagram().await.ok()?;
        let is_ours = datagram.first() == Some(&SESSION);
        is_ours.then(|| datagram.split_off(1))
    }

    /// Sends a datagram when the line takes it; `None` once the session has ended.
    pub async fn send(&self, payload: &[u8]) -> Option<()> {
        let mut datagram = BytesMut::with_capacity(1 + payload.len());
        datagram.put_u8(SESSION);
        datagram.put_slice(payload);
        self.0.send_datagram_wait(datagram.freeze()).await.ok()
    }

    /// Ends the session at once.
    pub fn close(&self) {
        self.0.close(0_u32.into(), b"");
    }
}

/// Asks for a session, as a client.
#[allow(
    dead_code,
    reason = "the server is asked; tests and people of the load ask"
)]
pub async fn ask(connection: Connection, url: &str) -> Option<(Session, Streams)> {
    let control = open_control(&connection).await?;
    let (mut request, mut answer) = connection.open_bi().await.ok()?;
    let asked = SessionRequest::new(url).ok()?.headers().generate_frame();
    write(&mut request, &asked).await?;
    let answered = SessionResponse::try_from(read_headers(&mut answer).await?).ok()?;
    let streams = Streams {
        _control: control,
        answer: request,
        request: answer,
    };
    answered
        .code()
        .is_successful()
        .then_some((Session(connection), streams))
}

/// Says what this end takes.
async fn open_control(connection: &Connection) -> Option<SendStream> {
    let settings = Settings::builder()
        .qpack_max_table_capacity(VarInt::from_u32(0))
        .qpack_blocked_streams(VarInt::from_u32(0))
        .enable_connect_protocol()
        .enable_webtransport()
        .enable_h3_datagrams()
        .webtransport_max_sessions(VarInt::from_u32(1))
        .build();
    let mut control = connection.open_uni().await.ok()?;
    let mut bytes = Vec::new();
    StreamHeader::new_control().write(&mut bytes).ok()?;
    control.write_all(&bytes).await.ok()?;
    write(&mut control, &settings.generate_frame()).await?;
    Some(control)
}

async fn write(stream: &mut SendStream, frame: &Frame<'_>) -> Option<()> {
    let mut bytes = Vec::new();
    frame.write(&mut bytes).ok()?;
    stream.write_all(&bytes).await.ok()
}

async fn read_headers(stream: &mut RecvStream) -> Option<Headers> {
    let mut bytes = Vec::new();
    while bytes.len() <= HEADERS_BYTES {
        if let Some(headers) = headers_of(&mut bytes).ok()? {
            return Some(headers);
        }
        let more = stream.read_chunk(HEADERS_BYTES, true).await.ok()??;
        bytes.extend_from_slice(&more.bytes);
    }
    None
}

/// Bytes that are no request and no answer, nor the beginning of one.
#[derive(Debug)]
pub struct NoHeaders;

/// The headers with which these bytes begin, once they are whole. Frames that mean nothing may stand before them, and
/// are taken off.
pub fn headers_of(bytes: &mut Vec<u8>) -> Result<Option<Headers>, NoHeaders> {
    loop {
        let mut left = bytes.as_slice();
        let Some(frame) = Frame::read(&mut left).map_err(|_| NoHeaders)? else {
            return Ok(None);
        };
        match frame.kind() {
            FrameKind::Headers => {
                Fields(frame.payload()).check().ok_or(NoHeaders)?;
                let headers = Headers::with_frame(&frame);
                return headers.map(Some).map_err(|_| NoHeaders);
            }
            FrameKind::Exercise(_) => {}
            _ => return Err(NoHeaders),
        }
        drop(frame);
        let read = bytes.len() - left.len();
        bytes.drain(..read);
    }
}

/// The fields of a request or answer as QPACK has them (RFC 9204). What decodes them shifts a number that does not end
/// by more bits than it has, and passes over what is said of a table that grows.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// Whether these are fields that can come where the table that grows has no room: they need nothing of it and name
    /// nothing in it, and numbers are such as a request of this length can have.
    fn check(mut self) -> Option<()> {
        // Of that table nothing was put in, and what is named counts from there: not from before it.
        let inserted = self.number(8)?;
        let is_before = self.0.first()? & 0x80 != 0;
        self.number(7)?;
        if inserted != 0 || is_before {
            return None;
        }
        while let Some(first) = self.0.first() {
            match (first.leading_zeros(), first) {
                (0, first) if first & 0x40 != 0 => drop(self.number(6)?),
                (1, first) if first & 0x10 != 0 => {
                    self.number(4)?;
                    self.text(7)?;
                }
                (2, _) => {
                    self.text(3)?;
                    self.text(7)?;
                }
                // A field or a name of the table that grows.
                _ => return None,
            }
        }
        Some(())
    }

    fn byte(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(*first))
    }

    /// A number that begins with the last so many bits of a byte.
    fn number(&mut self, bits: u32) -> Option<usize> {
        let most = (1 << bits) - 1;
        let begun = self.byte()? & most;
        if begun < most {
            return Some(begun);
        }
        let mut more = 0;
        for shift in [0, 7, 14] {
            let byte = self.byte()?;
            more += (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(most + more);
            }
        }
        None
    }

    /// A text whose length is such a number.
    fn text(&mut self, bits: u32) -> Option<()> {
        let length = self.number(bits)?;
        self.0 = self.0.get(length..)?;
        Some(())
    }
}
