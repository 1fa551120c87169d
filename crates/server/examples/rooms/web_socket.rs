//! Just so much of a WebSocket client as people in rooms need: it costs less than what it measures.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Result;

/// Opens a WebSocket; answers what came after the head as well.
pub async fn open(address: &str, path: &str, cookie: &str) -> Result<(TcpStream, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::with_capacity(1 << 12);
    let head = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("the server closed instead of answering".into());
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let rest = bytes.split_off(head);
    if !bytes.starts_with(b"HTTP/1.1 101") {
        return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&bytes)).into());
    }
    Ok((stream, rest))
}

/// A binary message of a client, with a mask that changes nothing.
pub fn framed(message: &[u8]) -> Vec<u8> {
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
pub fn message(bytes: &[u8]) -> Option<(Option<&[u8]>, usize)> {
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
