//! A room where no WebSocket opens, as a browser has it: the hospital's frames come as a stream of events, and one's own
//! go by one request after the other, each with all that was said while the one before was under way.

use std::collections::VecDeque;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::rngs::StdRng;
use room::wire::ClientFrame;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

use crate::{
    Result,
    bot::Door,
    line::{Conditions, Stream},
    web_socket::{connect, end_of},
};

/// A stream of events, and what sends requests.
pub struct Requests {
    door: Door,
    events: TcpStream,
    asking: TcpStream,
    /// What has come by them and is not read yet.
    told: Vec<u8>,
    answered: Vec<u8>,
    /// What names the stream, once it is open.
    name: Option<String>,
    /// Frames that wait for the next request.
    waiting: Vec<Vec<u8>>,
    count: u32,
    is_under_way: bool,
    up: Stream<Vec<u8>>,
    back: Stream<()>,
    down: Stream<Vec<u8>>,
    pub arrived: VecDeque<Vec<u8>>,
}

impl Requests {
    /// Connects; the first frame opens the stream.
    pub async fn open(
        door: &Door,
        line: Conditions,
        mut chance: impl FnMut() -> StdRng,
    ) -> Result<Self> {
        Ok(Self {
            events: connect(&door.address).await?,
            asking: connect(&door.address).await?,
            door: door.clone(),
            told: Vec::new(),
            answered: Vec::new(),
            name: None,
            waiting: Vec::new(),
            count: 0,
            is_under_way: false,
            up: Stream::new(line, chance()),
            back: Stream::new(line, chance()),
            down: Stream::new(line, chance()),
            arrived: VecDeque::new(),
        })
    }

    pub async fn say(&mut self, frame: &[u8]) -> Result<()> {
        if self.name.is_none() {
            return self.begin(frame).await;
        }
        // A pose that still waits is overtaken by the next.
        let is_overtaken = |last: &Vec<u8>| ClientFrame::is_pose(last);
        if ClientFrame::is_pose(frame) && self.waiting.last().is_some_and(is_overtaken) {
            self.waiting.pop();
        }
        self.waiting.push(frame.to_vec());
        self.go_on().await
    }

    /// Opens the stream. By HTTP/1.0 its events come as they are, and not in chunks.
    async fn begin(&mut self, hello: &[u8]) -> Result<()> {
        let request = self.request("stream HTTP/1.0", "", hello);
        self.events.write_all(&request).await?;
        let head = self.told_until(b"\r\n\r\n").await?;
        if !head.starts_with(b"HTTP/1.0 200") {
            return Err(format!("no stream: {}", String::from_utf8_lossy(&head)).into());
        }
        let name = String::from_utf8(self.told_until(b"\n\n").await?)?;
        let name = name.strip_prefix("event: line\ndata: ");
        self.name = Some(name.ok_or("read what names a stream")?.trim().to_owned());
        Ok(())
    }

    async fn told_until(&mut self, mark: &[u8]) -> Result<Vec<u8>> {
        loop {
            if let Some(end) = end_of(&self.told, mark) {
                return Ok(self.told.drain(..end).collect());
            }
            if self.events.read_buf(&mut self.told).await? == 0 {
                return Err("the server closed instead of answering".into());
            }
        }
    }

    fn request(&self, to: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let Door {
            address,
            room,
            cookie,
        } = &self.door;
        let head = format!(
            "POST /api/rooms/{room}/{to}\r\nHost: {address}\r\nCookie: {cookie}\r\nX-Yuanyi-Client: 1\r\n\
             Content-Type: application/octet-stream\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    pub async fn hear(&mut self) -> Result<()> {
        let read = tokio::select! {
            read = self.events.read_buf(&mut self.told) => read?,
            read = self.asking.read_buf(&mut self.answered) => read?,
        };
        if read == 0 {
            return Err("the server closed a connection".into());
        }
        Ok(())
    }

    pub async fn go_on(&mut self) -> Result<()> {
        loop {
            let now = Instant::now();
            self.send_what_waits(now);
            while let Some(request) = self.up.pop(now) {
                self.asking.write_all(&request).await?;
            }
            while let Some(end) = end_of(&self.answered, b"\r\n\r\n") {
                let head: Vec<u8> = self.answered.drain(..end).collect();
                if !head.starts_with(b"HTTP/1.1 204") {
                    let head = String::from_utf8_lossy(&head);
                    return Err(format!("a request was refused: {head}").into());
                }
                self.back.push(now, end, ());
            }
            if self.back.pop(now).is_none() {
                break;
            }
            self.is_under_way = false;
        }
        while let Some(end) = end_of(&self.told, b"\n\n") {
            let event: Vec<u8> = self.told.drain(..end).collect();
            // A comment shows that the stream still opens.
            if let Some(data) = event.strip_prefix(b"data:") {
                let frame = STANDARD.decode(data.trim_ascii())?;
                self.down.push(Instant::now(), end, frame);
            }
        }
        while let Some(frame) = self.down.pop(Instant::now()) {
            self.arrived.push_back(frame);
        }
        Ok(())
    }

    fn send_what_waits(&mut self, now: Instant) {
        let Some(name) = self.name.as_ref().filter(|_| !self.is_under_way) else {
            return;
        };
        if self.waiting.is_empty() {
            return;
        }
        self.count += 1;
        let headers = format!(
            "X-Yuanyi-Line: {name}\r\nX-Yuanyi-Number: {}\r\n",
            self.count
        );
        let mut body = Vec::new();
        for frame in self.waiting.drain(..) {
            let length = u16::try_from(frame.len()).unwrap_or(u16::MAX);
            body.extend(length.to_le_bytes());
            body.extend(frame);
        }
        let request = self.request("frames HTTP/1.1", &headers, &body);
        self.up.push(now, request.len(), request);
        self.is_under_way = true;
    }

    pub fn wakes_at(&self) -> Option<Instant> {
        let ways = [
            self.up.wakes_at(),
            self.back.wakes_at(),
            self.down.wakes_at(),
        ];
        ways.into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand::SeedableRng as _;
    use tokio::{net::TcpListener, time::timeout};

    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    /// A request and its body, once they are whole.
    async fn asked(by: &mut TcpStream) -> (String, Vec<u8>) {
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = end_of(&bytes, b"\r\n\r\n") {
                let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
                let mut lines = head.lines();
                let length = lines.find_map(|line| line.strip_prefix("Content-Length: "));
                let length: usize = length.unwrap().parse().unwrap();
                if bytes.len() == end + length {
                    return (head, bytes.split_off(end));
                }
            }
            assert_ne!(by.read_buf(&mut bytes).await.unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn frames_go_by_one_request_after_the_other() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = Door {
            address: listener.local_addr().unwrap().to_string(),
            room: "r".into(),
            cookie: "c=1".into(),
        };
        let line = Conditions {
            loss: 0.0,
            round_trip: Duration::ZERO,
        };
        let opened = Requests::open(&door, line, || StdRng::seed_from_u64(1));
        let mut person = opened.await.unwrap();
        let (mut events, _) = listener.accept().await.unwrap();
        let (mut requests, _) = listener.accept().await.unwrap();
        let serve = async {
            let (head, hello) = asked(&mut events).await;
            assert!(
                head.starts_with("POST /api/rooms/r/stream HTTP/1.0\r\n"),
                "{head}"
            );
            assert_eq!(hello, [1, 7]);
            let answer = b"HTTP/1.0 200 OK\r\n\r\nevent: line\ndata: 0a\n\ndata: AQI=\n\n:\n\ndata";
            events.write_all(answer).await.unwrap();
        };
        let (said, ()) = tokio::join!(person.say(&[1, 7]), serve);
        said.unwrap();
        events.write_all(b": Aw==\n\n").await.unwrap();
        while person.arrived.len() < 2 {
            person.hear().await.unwrap();
            person.go_on().await.unwrap();
        }
        assert_eq!(person.arrived, [vec![1, 2], vec![3]]);

        person.say(&[3, 1]).await.unwrap();
        let (head, body) = asked(&mut requests).await;
        assert!(
            head.contains("X-Yuanyi-Line: 0a\r\nX-Yuanyi-Number: 1\r\n"),
            "{head}"
        );
        assert_eq!(body, [2, 0, 3, 1]);
        // A pose that waits is overtaken by the next, and nothing goes before there is an answer.
        for frame in [[3, 2], [2, 1], [2, 2]] {
            person.say(&frame).await.unwrap();
        }
        let early = timeout(SOON, requests.peek(&mut [0])).await;
        assert!(early.is_err());
        let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
        requests.write_all(answer).await.unwrap();
        person.hear().await.unwrap();
        person.go_on().await.unwrap();
        let (head, body) = asked(&mut requests).await;
        assert!(head.contains("X-Yuanyi-Number: 2\r\n"), "{head}");
        assert_eq!(body, [2, 0, 3, 2, 2, 0, 2, 2]);

        let refused = b"HTTP/1.1 409 Conflict\r\n\r\n";
        requests.write_all(refused).await.unwrap();
        person.hear().await.unwrap();
        assert!(person.go_on().await.is_err());
    }
}
