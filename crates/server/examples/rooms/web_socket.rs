//! Just so much of a WebSocket client as people in rooms need: it costs less than what it measures.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

use crate::{
    Result,
    bot::Door,
    line::{Conditions, Stream},
};

/// An open WebSocket.
pub struct WebSocket {
    stream: TcpStream,
    bytes: Vec<u8>,
    /// Frames on their way, where the line takes time.
    up: Option<Stream<Vec<u8>>>,
    down: Option<Stream<Vec<u8>>>,
    pub arrived: VecDeque<Vec<u8>>,
}

impl WebSocket {
    pub async fn open(
        door: &Door,
        line: Conditions,
        mut chance: impl FnMut() -> StdRng,
    ) -> Result<Self> {
        let (stream, bytes) = open(door).await?;
        let mut direction = || (!line.is_perfect()).then(|| Stream::new(line, chance()));
        Ok(Self {
            stream,
            bytes,
            up: direction(),
            down: direction(),
            arrived: VecDeque::new(),
        })
    }

    pub async fn say(&mut self, frame: &[u8]) -> Result<()> {
        let framed = framed(frame);
        match &mut self.up {
            Some(up) => up.push(Instant::now(), framed.len(), framed),
            None => self.stream.write_all(&framed).await?,
        }
        Ok(())
    }

    pub async fn hear(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.bytes).await? == 0 {
            return Err("the server closed a connection".into());
        }
        Ok(())
    }

    pub async fn go_on(&mut self) -> Result<()> {
        self.read();
        while let Some(frame) = self.up.as_mut().and_then(|up| up.pop(Instant::now())) {
            self.stream.write_all(&frame).await?;
        }
        while let Some(frame) = self.down.as_mut().and_then(|down| down.pop(Instant::now())) {
            self.arrived.push_back(frame);
        }
        Ok(())
    }

    /// Takes whole messages off what has come.
    fn read(&mut self) {
        let mut at = 0;
        while let Some((content, next)) = message(self.bytes.get(at..).unwrap_or_default()) {
            if let Some(content) = content {
                match &mut self.down {
                    Some(down) => down.push(Instant::now(), next, content.to_vec()),
                    None => self.arrived.push_back(content.to_vec()),
                }
            }
            at += next;
        }
        self.bytes.drain(..at);
    }

    pub fn wakes_at(&self) -> Option<Instant> {
        let ways = [self.up.as_ref(), self.down.as_ref()].into_iter();
        ways.filter_map(|way| way?.wakes_at()).min()
    }
}

/// A connection for small packets.
pub async fn connect(address: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Where a mark ends that stands in bytes.
pub fn end_of(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let mut places = bytes.windows(mark.len());
    Some(places.position(|place| place == mark)? + mark.len())
}

/// Opens a WebSocket; answers what came after the head as well.
async fn open(door: &Door) -> Result<(TcpStream, Vec<u8>)> {
    let Door {
        address,
        room,
        cookie,
    } = door;
    let mut stream = connect(address).await?;
    let request = format!(
        "GET /api/rooms/{room}/socket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::with_capacity(1 << 12);
    let head = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("the server closed instead of answering".into());
        }
        if let Some(end) = end_of(&bytes, b"\r\n\r\n") {
            break end;
        }
    };
    let rest = bytes.split_off(head);
    if !bytes.starts_with(b"HTTP/1.1 101") {
        return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&bytes)).into());
    }
    Ok((stream, rest))
}

/// A binary message of a client, with a mask that changes nothing.
fn framed(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82];
    match u8::try_from(message.len()) {
        Ok(length) if length < 126 => frame.push(0x80 | length),
        _ => {
            // With a mask, and its length in the next two bytes.
            frame.push(0xfe);
            let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend_from_slice(message);
    frame
}

/// The first whole message of `bytes` if it is a binary one, and where the next begins.
fn message(bytes: &[u8]) -> Option<(Option<&[u8]>, usize)> {
    let [first, short, ..] = bytes else {
        return None;
    };
    let (head, length) = match short & 0x7f {
        126 => (
            4,
            usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        ),
        127 => (
            10,
            usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?,
        ),
        short => (2, usize::from(short)),
    };
    let content = bytes.get(head..head + length)?;
    Some(((first & 0x0f == 2).then_some(content), head + length))
}
