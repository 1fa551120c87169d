//! The HTTP doors: whom they take, and how long somebody may be silent there.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpListener,
    sync::watch,
    time::{Sleep, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_service::Service as _;

use crate::{
    https::Shown,
    places::{Places, next_at},
};

/// So many connections at the same time over all HTTP doors. One that became a WebSocket no longer counts: whose it is
/// is known by then, and counted by rooms.
const CONNECTIONS: usize = 16_384;
/// That there is no place is said once in so long.
const SAID_AGAIN: Duration = Duration::from_mins(1);
/// A TLS handshake takes no longer than this.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long whoever comes may take.
#[derive(Clone, Copy)]
struct Patience {
    /// From the connection, or from the answer before, until the head of a request is whole.
    head: Duration,
    /// Between two pieces of a body.
    piece: Duration,
    /// In which nothing of an answer is taken that waits to be sent.
    taking: Duration,
}

const PATIENCE: Patience = Patience {
    head: Duration::from_secs(75),
    piece: Duration::from_mins(1),
    // A slow line takes seconds for what the system sends before it asks for more.
    taking: Duration::from_mins(2),
};

/// The places of all HTTP doors, where the program may have so many descriptors: a quarter of them, so that what comes
/// here keeps no other door and no file shut. Three quarters of the places may be one address's, which a proxy's or a
/// whole building's may be.
pub fn places(descriptors: u64) -> Arc<Places> {
    let all = usize::try_from(descriptors / 4).map_or(CONNECTIONS, |part| part.min(CONNECTIONS));
    Places::new(all, all - all / 4)
}

/// A door that is listened at: with TLS where it shows a certificate.
pub struct Door {
    /// Where.
    pub listener: TcpListener,
    /// What it shows.
    pub shown: Option<Shown>,
}

/// Serves until the hospital closes, and until what was asked before is answered.
pub async fn serve(door: Door, routes: Router, places: Arc<Places>, closed: watch::Receiver<bool>) {
    serve_for(PATIENCE, door, routes, places, closed).await;
}

async fn serve_for(
    patience: Patience,
    mut door: Door,
    routes: Router,
    places: Arc<Places>,
    mut closed: watch::Receiver<bool>,
) {
    let routes = routes.layer(RequestBodyTimeoutLayer::new(patience.piece));
    let connections = TaskTracker::new();
    let mut full_said: Option<Instant> = None;
    while let Some((stream, from)) = next_at(&door.listener, &mut closed, "an HTTP").await {
        // Who finds no place is not kept waiting; it tries again.
        let Some(place) = places.take(from.ip()) else {
            if full_said.is_none_or(|at| at.elapsed() >= SAID_AGAIN) {
                full_said = Some(Instant::now());
                tracing::warn!("no place for more HTTP connections, or for more of one address");
            }
            continue;
        };
        // Rooms send small packets, which must not wait for acknowledgements.
        let _ = stream.set_nodelay(true);
        let stream = Line::new(stream, patience.taking);
        let tls = door
            .shown
            .as_mut()
            .map(|shown| TlsAcceptor::from(shown.tls()));
        let (routes, closed) = (routes.clone(), closed.clone());
        connections.spawn(async move {
            match tls {
                None => talk(stream, (from, routes), patience, closed).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                        talk(stream, (from, routes), patience, closed).await;
                    }
                }
            }
            drop(place);
        });
    }
    connections.close();
    connections.wait().await;
}

/// One connection, until it ends or becomes a WebSocket.
async fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    (from, routes): (SocketAddr, Router),
    patience: Patience,
    mut closed: watch::Receiver<bool>,
) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut routes = routes.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(from));
            let answered: Result<Response, Infallible> = routes.call(request).await;
            answered
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades();
    let mut connection = pin!(connection);
    // Whoever is gone is told nothing.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = closes(&mut closed) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// A connection that ends where the other end takes nothing of what waits to be sent. How long an answer is, or how long
/// there is nothing to say, does not count.
struct Line<S> {
    stream: S,
    taking: Duration,
    /// Until when something must be taken; `None` while nothing waits.
    waits: Option<Pin<Box<Sleep>>>,
}

impl<S> Line<S> {
    fn new(stream: S, taking: Duration) -> Self {
        Self {
            stream,
            taking,
            waits: None,
        }
    }

    /// What became of writing, or that it was waited for too long.
    fn within(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.waits = None;
            return written;
        }
        let taking = self.taking;
        let waits = self.waits.get_or_insert_with(|| Box::pin(sleep(taking)));
        ready!(waits.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.within(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

async fn closes(closed: &mut watch::Receiver<bool>) {
    let _ = closed.wait_for(|closed| *closed).await;
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Bytes,
        routing::{get, post},
    };
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;

    const SHORT: Patience = Patience {
        head: Duration::from_millis(300),
        piece: Duration::from_millis(300),
        // Long enough that a busy machine, which lets nobody run for a while, is not taken for a reader who takes nothing.
        taking: Duration::from_millis(1500),
    };
    /// More than two systems keep of what one sends and the other does not read.
    const MUCH: usize = 64 << 20;

    /// A door with a few places, and what closes it.
    async fn open(most: usize) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (close, closed) = watch::channel(false);
        let routes = Router::new()
            .route(
                "/length",
                post(|body: Bytes| async move { body.len().to_string() }),
            )
            .route("/much", get(|| async { Bytes::from(vec![0; MUCH]) }));
        let door = Door {
            listener,
            shown: None,
        };
        let places = Places::new(most, most);
        let serving = tokio::spawn(serve_for(SHORT, door, routes, places, closed));
        (at, close, serving)
    }

    async fn said(at: SocketAddr, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all).await;
        String::from_utf8(all).unwrap()
    }

    const WHOLE: &[u8] =
        b"POST /length HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 4\r\n\r\nfour";

    #[tokio::test]
    async fn who_is_silent_is_let_go_and_leaves_the_place_to_others() {
        let (at, _close, _serving) = open(2).await;
        let mut waiting = Vec::new();
        for begun in [&b""[..], b"POST /length HTTP/1.1\r\nhost:"] {
            let mut stream = TcpStream::connect(at).await.unwrap();
            stream.write_all(begun).await.unwrap();
            waiting.push(stream);
        }
        // Both places are taken: who comes now is sent away without an answer.
        assert_eq!(said(at, WHOLE).await, "");
        for mut stream in waiting {
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.unwrap();
            let all = String::from_utf8(all).unwrap();
            assert!(!all.contains(" 200 "), "{all}");
        }
        let answer = said(at, WHOLE).await;
        assert!(
            answer.contains(" 200 ") && answer.ends_with('4'),
            "{answer}"
        );
        // Whoever asked once and asks no more is let go too.
        let kept = String::from_utf8(WHOLE.to_vec()).unwrap();
        let kept = kept.replace("connection: close\r\n", "");
        assert!(said(at, kept.as_bytes()).await.ends_with('4'));
    }

    #[tokio::test]
    async fn a_body_that_stops_is_no_longer_waited_for() {
        let (at, _close, _serving) = open(2).await;
        let begun = b"POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nfour";
        let answer = said(at, begun).await;
        assert!(!answer.contains(" 200 "), "{answer}");
    }

    /// Reads an answer of [`MUCH`], pausing before each piece; answers how much of it came.
    async fn read_much(mut stream: TcpStream, pauses: impl Fn(usize) -> Duration) -> usize {
        let asked = b"GET /much HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        stream.write_all(asked).await.unwrap();
        let mut piece = vec![0; 4 << 20];
        let mut came = 0;
        for turn in 0.. {
            tokio::time::sleep(pauses(turn)).await;
            let mut filled = 0;
            while filled < piece.len() {
                match stream.read(&mut piece[filled..]).await {
                    Ok(more) if more > 0 => filled += more,
                    _ => return came + filled,
                }
            }
            came += filled;
        }
        came
    }

    #[tokio::test]
    async fn who_takes_nothing_of_an_answer_is_let_go_and_a_slow_reader_is_not() {
        let (at, _close, _serving) = open(1).await;
        let stream = TcpStream::connect(at).await.unwrap();
        let first = |turn: usize| SHORT.taking * if turn == 0 { 3 } else { 0 };
        assert!(read_much(stream, first).await < MUCH);
        // The only place is free again.
        let answer = said(at, WHOLE).await;
        assert!(answer.ends_with('4'), "{answer}");
        // Who always takes a little may be at it for longer than one may take nothing.
        let (at, _close, _serving) = open(1).await;
        let (begun, stream) = (Instant::now(), TcpStream::connect(at).await.unwrap());
        assert!(read_much(stream, |_| SHORT.taking / 10).await > MUCH);
        assert!(begun.elapsed() > SHORT.taking);
    }

    #[tokio::test]
    async fn the_door_closes_once_what_was_asked_is_answered() {
        let (at, close, serving) = open(2).await;
        let mut stream = TcpStream::connect(at).await.unwrap();
        let (head, rest) = WHOLE.split_at(WHOLE.len() - 2);
        stream.write_all(head).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        close.send(true).unwrap();
        stream.write_all(rest).await.unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        assert!(all.ends_with('4'), "{all}");
        serving.await.unwrap();
        assert!(TcpStream::connect(at).await.is_err());
    }

    #[test]
    fn a_program_of_few_descriptors_leaves_most_of_them_to_other_doors() {
        let taken = |descriptors, from: &str| {
            let places = places(descriptors);
            let from = from.parse().unwrap();
            let all: Vec<_> = std::iter::from_fn(|| places.take(from)).collect();
            all.len()
        };
        assert_eq!(taken(1024, "10.0.0.1"), 192);
        assert_eq!(taken(u64::MAX, "10.0.0.1"), CONNECTIONS - CONNECTIONS / 4);
    }
}
