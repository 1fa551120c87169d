//! A connection: MQTT 3.1.1 over TCP.

use bytes::BytesMut;
use mqttbytes::{
    Error as WireError,
    v4::{Connect, ConnectReturnCode, Packet},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Result;

/// The longest packet that is taken.
const LONGEST: usize = 64 << 10;
/// Longer than any run: nobody sends pings.
const KEEP_ALIVE_S: u16 = 3600;

/// A connection that was let in.
pub struct Line {
    stream: TcpStream,
    came: BytesMut,
    /// What goes out with the next flush.
    pub out: BytesMut,
}

impl Line {
    /// Connects, introduces itself and waits for the welcome.
    pub async fn open(address: &str, id: &str, user: &str, password: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut line = Self {
            stream,
            came: BytesMut::with_capacity(1024),
            out: BytesMut::with_capacity(1024),
        };
        let mut hello = Connect::new(id);
        hello.keep_alive = KEEP_ALIVE_S;
        hello.clean_session = true;
        hello.set_login(user, password);
        hello.write(&mut line.out).map_err(wire)?;
        line.flush().await?;
        loop {
            line.read().await?;
            match line.next()? {
                Some(Packet::ConnAck(welcome)) if welcome.code == ConnectReturnCode::Success => {
                    return Ok(line);
                }
                Some(other) => return Err(format!("{id} was turned away: {other:?}").into()),
                None => {}
            }
        }
    }

    /// Sends what waits.
    pub async fn flush(&mut self) -> Result<()> {
        if !self.out.is_empty() {
            self.stream.write_all(&self.out).await?;
            self.out.clear();
        }
        Ok(())
    }

    /// Waits for bytes. Nothing is lost where it is given up.
    pub async fn read(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.came).await? == 0 {
            return Err("the server ended the connection".into());
        }
        Ok(())
    }

    /// The next packet that has come as a whole.
    pub fn next(&mut self) -> Result<Option<Packet>> {
        match mqttbytes::v4::read(&mut self.came, LONGEST) {
            Ok(packet) => Ok(Some(packet)),
            Err(WireError::InsufficientBytes(_)) => Ok(None),
            Err(error) => Err(wire(error)),
        }
    }
}

/// An error of the wire format, which knows no standard trait.
pub fn wire(error: WireError) -> Box<dyn std::error::Error + Send + Sync> {
    format!("{error:?}").into()
}
