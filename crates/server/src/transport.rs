//! Lines for poses by WebTransport: one QUIC endpoint, and a task for each line.
//!
//! Who may have one is told by HTTP where it is, by which certificate to know it, and a token that works once and
//! soon no more. What comes without such a token is turned away before anything of it is kept.

mod http3;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use http3::{ALPN, Asking, Session};
use media::{
    Attendance,
    limits::{POSE_BYTES, POSES_FRAME_BYTES},
};
use parking_lot::Mutex;
use quinn::{
    Endpoint, EndpointConfig, Incoming, TokioRuntime, congestion::BbrConfig,
    crypto::rustls::QuicServerConfig,
};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, PKCS_ECDSA_P256_SHA256};
use room::Seat;
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, timeout},
};
use tokio_rustls::rustls::{
    self,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::{
    clock, https,
    media::{Ear, MediaNews},
    places::Places,
    poses::Poses,
};

/// A token with which nobody has come for so long is worth nothing.
const TOKEN_GOOD: Duration = Duration::from_secs(10);
/// From the first datagram to the request, and from its answer to the open line, it takes no longer than this.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// So many open a line at the same time without having shown that they can be reached where they say they are, and
/// so many of one address. Where more come they are asked to show it first.
const STRANGERS: usize = 256;
const STRANGERS_OF_ONE: usize = 64;
/// The same of those who have.
const HANDSHAKES: usize = 1024;
const HANDSHAKES_OF_ONE: usize = 128;
/// The server says something each second, and so does who hears it.
const SILENCE: Duration = Duration::from_secs(15);
/// What may wait to be sent by one line, beside the next tick's frames: two datagrams.
const WAITING_BYTES: usize = 2 * (POSES_FRAME_BYTES + 100);
/// What may wait to be heard by one line; the oldest is left out.
const UNHEARD_BYTES: usize = 4096;
/// The streams of HTTP/3 itself, and some that mean nothing, as clients may open them (RFC 9114, 6.2): nothing is read
/// of them. Both ways goes the request, and nothing else.
const STREAMS_OF_ONE_WAY: u32 = 8;
const STREAMS_OF_BOTH_WAYS: u32 = 1;
const STREAM_BYTES: u32 = 16 * 1024;

/// A certificate is good for so long from the day before it was made: browsers take a fortnight at most of one that
/// they know by its fingerprint.
const GOOD_FOR_DAYS: i64 = 13;
/// The next is made after so long, and told together with it for an hour before it is shown.
const NEXT_AFTER_DAYS: i64 = 5;
const LOOK_AGAIN: Duration = Duration::from_hours(1);
const DAY_S: i64 = 86_400;

type Token = [u8; 16];
/// A name or address, and a port where that differs.
type Outer = (String, Option<u16>);
type Frames = Arc<Vec<Vec<u8>>>;
/// Where a line is come for; the token follows.
const PATH: &str = "/poses/";

/// Where clients find the door.
#[derive(Clone, Debug)]
struct Told {
    bound: SocketAddr,
    /// By which name or address people reach it, and at which port, where the page's own name does not lead there.
    outer: Option<Outer>,
    fingerprints: Vec<[u8; 32]>,
}

/// The way of the rooms to their lines by WebTransport.
#[derive(Default)]
pub struct Transport {
    told: Mutex<Option<Told>>,
    awaited: Mutex<HashMap<Token, (Instant, Arc<Line>)>>,
}

/// Somebody's line by WebTransport. It ends with this value: whatever takes a connection out of its room takes its
/// line out too.
pub struct Carried {
    /// Which.
    pub id: Attendance,
    line: Arc<Line>,
    /// The frames that are to go next; later ones take the place of those that have not gone.
    next: watch::Sender<Frames>,
}

struct Line {
    id: Attendance,
    seat: Seat,
    ear: Ear,
    poses: Poses,
    next: watch::Receiver<Frames>,
    state: Mutex<State>,
}

enum State {
    Awaited,
    Open(Session),
    Ended,
}

impl Carried {
    /// Sends frames, in place of earlier ones that the line has not taken: they would be late.
    pub fn send(&self, frames: Vec<Vec<u8>>) {
        self.next.send_replace(Arc::new(frames));
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.line.end();
    }
}

impl Transport {
    /// Whether there is a door.
    pub fn is_open(&self) -> bool {
        self.told.lock().is_some()
    }

    /// Has clients be told of a door.
    fn tell(&self, door: &Door, outer: Option<Outer>) {
        *self.told.lock() = Some(Told {
            bound: door.bound,
            outer,
            fingerprints: door.fingerprints(),
        });
    }

    /// Where a page that was opened by this name finds the door, as `HOST:PORT`.
    pub fn authority(&self, page: Option<&str>) -> Option<String> {
        let told = self.told.lock();
        let told = told.as_ref()?;
        let (outer, port) = match &told.outer {
            Some((host, port)) => (Some(host.as_str()), *port),
            None => (page, None),
        };
        let host = outer.map_or_else(|| bracketed(told.bound.ip()), str::to_owned);
        Some(format!("{host}:{}", port.unwrap_or(told.bound.port())))
    }

    /// The SHA-256 of the certificates that the door shows now or soon.
    pub fn fingerprints(&self) -> Vec<[u8; 32]> {
        let told = self.told.lock();
        told.as_ref()
            .map(|told| told.fingerprints.clone())
            .unwrap_or_default()
    }

    /// Lets somebody have a line whom the room has seated; they come for it with the path that is answered.
    pub fn expect(
        &self,
        id: Attendance,
        (seat, poses): (Seat, Poses),
        ear: Ear,
    ) -> (Carried, String) {
        let (next, frames) = watch::channel(Frames::default());
        let line = Arc::new(Line {
            id,
            seat,
            ear,
            poses,
            next: frames,
            state: Mutex::new(State::Awaited),
        });
        let token: Token = rand::random();
        let now = Instant::now();
        let mut awaited = self.awaited.lock();
        awaited.retain(|_, (until, line)| *until > now && line.is_awaited());
        awaited.insert(token, (now + TOKEN_GOOD, Arc::clone(&line)));
        let path = format!("{PATH}{}", hex::encode(token));
        (Carried { id, line, next }, path)
    }

    /// The line for which somebody comes. Its token is used up.
    fn take(&self, path: &str) -> Option<Arc<Line>> {
        let mut token = Token::default();
        hex::decode_to_slice(path.strip_prefix(PATH)?, &mut token).ok()?;
        let (until, line) = self.awaited.lock().remove(&token)?;
        (until > Instant::now()).then_some(line)
    }
}

fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// A name or address by which people reach the door, with a port where that differs: `HOST` or `HOST:PORT`.
pub fn outer(text: &str) -> Option<Outer> {
    let authority: axum::http::uri::Authority = text.parse().ok()?;
    let is_plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c));
    let (host, port) = (authority.host(), authority.port_u16());
    // A port that is none is no address.
    let is_whole = port.is_some() || host.len() == text.len();
    (is_plain && is_whole && !host.is_empty()).then(|| (host.to_owned(), port))
}

impl Line {
    fn is_awaited(&self) -> bool {
        matches!(*self.state.lock(), State::Awaited)
    }

    /// Ends the line at once, wherever it stands.
    fn end(&self) {
        let state = std::mem::replace(&mut *self.state.lock(), State::Ended);
        if let State::Open(session) = state {
            session.close();
        }
    }

    /// Takes the line to be open, unless it has ended meanwhile.
    fn open(&self, session: &Session) -> bool {
        let mut state = self.state.lock();
        let is_awaited = matches!(*state, State::Awaited);
        if is_awaited {
            *state = State::Open(session.clone());
            self.poses.lock().opened();
        }
        is_awaited
    }

    /// Hears poses until the session ends.
    async fn hear(&self, session: &Session) {
        while let Some(frame) = session.hear().await {
            if frame.len() <= POSE_BYTES {
                self.poses.lock().by_line(frame);
            } else {
                self.poses.lock().sign();
            }
        }
    }

    /// Sends what the room has, as fast as the line takes it.
    async fn tell(&self, session: &Session) {
        let mut next = self.next.clone();
        while next.changed().await.is_ok() {
            let frames = Frames::clone(&next.borrow_and_update());
            for frame in frames.iter() {
                if session.send(frame).await.is_none() {
                    return;
                }
            }
        }
    }
}

/// Whatever becomes of somebody who came for a line, their room is told when it is over.
struct Coming(Arc<Line>);

impl Drop for Coming {
    fn drop(&mut self) {
        let line = &self.0;
        line.end();
        let _ = line.ear.send(MediaNews::Ended(line.seat, line.id));
    }
}

/// Opens a line to who shows the token of one, and carries it until it ends.
async fn come_in(transport: Arc<Transport>, incoming: Incoming, place: impl Send) {
    let asked = timeout(HANDSHAKE, async {
        let connection = incoming.await.ok()?;
        Asking::hear(connection).await
    });
    let Ok(Some(asking)) = asked.await else {
        return;
    };
    let Some(line) = transport.take(asking.path()) else {
        let _ = timeout(HANDSHAKE, asking.not_found()).await;
        return;
    };
    let coming = Coming(line);
    let Ok(Some((session, mut streams))) = timeout(HANDSHAKE, asking.accept()).await else {
        return;
    };
    drop(place);
    let line = &coming.0;
    if line.open(&session) {
        tokio::select! {
            () = line.hear(&session) => {}
            () = line.tell(&session) => {}
            () = streams.end() => {}
        }
    }
    session.close();
}

/// A certificate of the hospital's own, whose key is in memory alone.
struct Shown {
    made_s: i64,
    fingerprint: [u8; 32],
    config: quinn::ServerConfig,
}

impl Shown {
    fn certificate(now_s: i64) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut about = CertificateParams::new(vec!["localhost".to_owned()])?;
        about.distinguished_name.push(DnType::CommonName, "Yuanyi");
        about.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let from_s = now_s - DAY_S;
        https::is_good(&mut about, from_s, from_s + GOOD_FOR_DAYS * DAY_S)?;
        let certificate = about.self_signed(&pair)?.der().clone();
        let key = PrivatePkcs8KeyDer::from(pair.serialize_der());
        Ok((certificate, key.into()))
    }

    fn make(now_s: i64) -> Result<Self> {
        let (certificate, key) = Self::certificate(now_s)?;
        let fingerprint = Sha256::digest(&certificate).into();
        let mut tls =
            rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_protocol_versions(&[&rustls::version::TLS13])?
                .with_no_client_auth()
                .with_single_cert(vec![certificate], key)?;
        tls.alpn_protocols = vec![ALPN.to_vec()];
        let mut config =
            quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
        config.transport_config(Arc::new(limits()?));
        Ok(Self {
            made_s: now_s,
            fingerprint,
            config,
        })
    }
}

/// What one connection may take.
fn limits() -> Result<quinn::TransportConfig> {
    let mut limits = quinn::TransportConfig::default();
    limits
        .max_idle_timeout(Some(SILENCE.try_into()?))
        .max_concurrent_uni_streams(STREAMS_OF_ONE_WAY.into())
        .max_concurrent_bidi_streams(STREAMS_OF_BOTH_WAYS.into())
        .stream_receive_window(STREAM_BYTES.into())
        .receive_window((STREAM_BYTES * 4).into())
        .send_window(u64::from(STREAM_BYTES))
        .datagram_receive_buffer_size(Some(UNHEARD_BYTES))
        .datagram_send_buffer_size(WAITING_BYTES)
        .mtu_discovery_config(None)
        // One lost packet in twenty says nothing of how full a line is.
        .congestion_controller_factory(Arc::new(BbrConfig::default()));
    Ok(limits)
}

/// The door, and the certificates that it shows.
pub struct Door {
    endpoint: Endpoint,
    bound: SocketAddr,
    shown: Shown,
    next: Option<Shown>,
}

impl Door {
    /// Opens the door at a socket.
    pub fn open(socket: UdpSocket) -> Result<Self> {
        let bound = socket.local_addr()?;
        let shown = Shown::make(clock::now().0 / 1000).context("make a certificate for poses")?;
        let config = Some(shown.config.clone());
        let runtime = Arc::new(TokioRuntime);
        let endpoint = Endpoint::new(EndpointConfig::default(), config, socket, runtime)?;
        Ok(Self {
            endpoint,
            bound,
            shown,
            next: None,
        })
    }

    /// The SHA-256 of the certificates that are shown now or soon.
    fn fingerprints(&self) -> Vec<[u8; 32]> {
        let shown = [Some(&self.shown), self.next.as_ref()];
        shown
            .into_iter()
            .flatten()
            .map(|one| one.fingerprint)
            .collect()
    }

    /// Makes the next certificate when it is time, or shows the one that has been told for a while. Lines that are
    /// open go on.
    fn look_again(&mut self, now_s: i64) -> Result<()> {
        if let Some(next) = self.next.take() {
            self.endpoint.set_server_config(Some(next.config.clone()));
            self.shown = next;
        } else if now_s - self.shown.made_s >= NEXT_AFTER_DAYS * DAY_S {
            self.next = Some(Shown::make(now_s)?);
        }
        Ok(())
    }
}

/// Takes who comes from now on until the hospital closes.
pub fn serve(
    door: Door,
    outer: Option<Outer>,
    transport: Arc<Transport>,
    closed: watch::Receiver<bool>,
) -> JoinHandle<()> {
    transport.tell(&door, outer.clone());
    tokio::spawn(take_all(door, outer, transport, closed))
}

async fn take_all(
    mut door: Door,
    outer: Option<Outer>,
    transport: Arc<Transport>,
    mut closed: watch::Receiver<bool>,
) {
    let strangers = Places::new(STRANGERS, STRANGERS_OF_ONE);
    let known = Places::new(HANDSHAKES, HANDSHAKES_OF_ONE);
    let mut hours = tokio::time::interval(LOOK_AGAIN);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Were this task to fail, nobody would be sent to a door at which nobody listens.
    let open = Open(Arc::clone(&transport));
    loop {
        let incoming = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => break,
            incoming = door.endpoint.accept() => match incoming {
                Some(incoming) => incoming,
                None => break,
            },
            _ = hours.tick() => {
                if let Err(error) = door.look_again(clock::now().0 / 1000) {
                    tracing::warn!(error = format!("{error:#}"), "a certificate for poses could not be renewed");
                }
                transport.tell(&door, outer.clone());
                continue;
            }
        };
        let is_known = incoming.remote_address_validated();
        let places = if is_known { &known } else { &strangers };
        match places.take(incoming.remote_address().ip()) {
            Some(place) => {
                tokio::spawn(come_in(Arc::clone(&transport), incoming, place));
            }
            None if is_known => incoming.refuse(),
            // One that has shown it already is known.
            None => drop(incoming.retry()),
        }
    }
    drop(open);
    door.endpoint.close(0_u32.into(), b"");
}

/// Nobody is sent to the door once this is dropped.
struct Open(Arc<Transport>);

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.told.lock() = None;
    }
}

#[cfg(test)]
#[path = "../tests/hospital/web_transport.rs"]
mod client;
#[cfg(test)]
#[path = "../tests/strangers/request.rs"]
mod strangers;

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
    use room::wire::ClientFrame;
    use tokio::sync::mpsc;
    use wtransport_proto::session::SessionRequest;
    use x509_cert::{Certificate, der::Decode as _};

    use super::{client::Client, http3::headers_of, *};

    fn door() -> Door {
        Door::open(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap()
    }

    /// Somebody who comes to a door that they know by a fingerprint.
    async fn come(
        door: &Door,
        transport: &Arc<Transport>,
        path: &str,
        known: [u8; 32],
    ) -> Option<Client> {
        let taken = async {
            let incoming = door.endpoint.accept().await.unwrap();
            tokio::spawn(come_in(Arc::clone(transport), incoming, ()));
        };
        let known = [known];
        let (opened, ()) = tokio::join!(Client::open(door.bound, path, &known), taken);
        opened
    }

    fn expected(transport: &Transport) -> (Carried, Poses, String) {
        let (ear, _) = mpsc::unbounded_channel();
        let poses = Poses::default();
        let seat = Seat {
            participant: 1,
            connection: 1,
        };
        let own = (seat, Arc::clone(&poses));
        let (carried, path) = transport.expect(Attendance(1), own, ear);
        (carried, poses, path)
    }

    #[tokio::test]
    async fn the_next_certificate_is_told_before_it_is_shown_and_open_lines_go_on() {
        let transport = Arc::new(Transport::default());
        let mut door = door();
        let now_s = clock::now().0 / 1000;
        door.look_again(now_s).unwrap();
        let [first] = door.fingerprints()[..] else {
            panic!("one certificate");
        };
        let (_line, poses, path) = expected(&transport);
        let open = come(&door, &transport, &path, first).await.unwrap();

        door.shown.made_s -= NEXT_AFTER_DAYS * DAY_S;
        door.look_again(now_s).unwrap();
        let [shown, second] = door.fingerprints()[..] else {
            panic!("two certificates");
        };
        assert_eq!(shown, first);
        let (_early, _, path) = expected(&transport);
        assert!(come(&door, &transport, &path, second).await.is_none());
        assert!(come(&door, &transport, &path, first).await.is_some());

        door.look_again(now_s).unwrap();
        assert_eq!(door.fingerprints(), [second]);
        let (_late, _, path) = expected(&transport);
        assert!(come(&door, &transport, &path, first).await.is_none());
        assert!(come(&door, &transport, &path, second).await.is_some());
        poses.lock().line_ended();
        let ping = ClientFrame::Ping { nonce: 1 }.encode();
        while !poses.lock().hears_by_line() {
            assert!(open.send(&ping));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn what_a_line_has_not_taken_is_replaced_by_what_comes_later() {
        let transport = Arc::new(Transport::default());
        let door = door();
        let (line, _, path) = expected(&transport);
        for number in 0..100 {
            line.send(vec![vec![number; 5]]);
        }
        let known = door.fingerprints()[0];
        let open = come(&door, &transport, &path, known).await.unwrap();
        assert_eq!(open.session.hear().await.unwrap().to_vec(), [99; 5]);
        drop(line);
        open.closed().await;
    }

    #[test]
    fn a_token_works_once_for_seconds_and_while_it_is_somebodys() {
        let transport = Transport::default();
        let (line, _, path) = expected(&transport);
        for wrong in ["", "/", "/poses/", "/poses/00", "/poses/zz", &path[1..]] {
            assert!(transport.take(wrong).is_none(), "{wrong}");
        }
        assert!(
            transport
                .take(&path)
                .is_some_and(|found| found.is_awaited())
        );
        assert!(transport.take(&path).is_none());
        drop(line);
        let (_line, _, path) = expected(&transport);
        for (until, _) in transport.awaited.lock().values_mut() {
            *until -= TOKEN_GOOD;
        }
        assert!(transport.take(&path).is_none());
        // What nobody came for is not kept.
        let (gone, ..) = expected(&transport);
        drop(gone);
        let _last = expected(&transport);
        assert_eq!(transport.awaited.lock().len(), 1);
    }

    #[test]
    fn a_certificate_is_one_that_browsers_take_by_its_fingerprint() {
        let now_s = clock::now().0 / 1000;
        let made = Shown::certificate(now_s).unwrap().0;
        let read = Certificate::from_der(&made).unwrap().tbs_certificate;
        let [from, until] = [read.validity.not_before, read.validity.not_after]
            .map(|time| i64::try_from(time.to_unix_duration().as_secs()).unwrap());
        assert!(until - from <= 14 * DAY_S);
        assert!(from < now_s && until - now_s > 2 * NEXT_AFTER_DAYS * DAY_S);
        let curve = read.subject_public_key_info.algorithm.parameters.unwrap();
        let curve: x509_cert::der::asn1::ObjectIdentifier = curve.decode_as().unwrap();
        assert_eq!(curve.to_string(), "1.2.840.10045.3.1.7");
    }

    #[test]
    fn people_are_sent_by_the_name_of_their_page_or_the_one_that_is_set() {
        assert_eq!(
            outer("hospital.example"),
            Some(("hospital.example".into(), None))
        );
        assert_eq!(outer("[::1]:9"), Some(("[::1]".into(), Some(9))));
        for wrong in ["", ":9", "a;b", "a b", "a,b:1", "u@h:1", "h/x", "h:99999"] {
            assert_eq!(outer(wrong), None, "{wrong}");
        }
        let transport = Transport::default();
        assert_eq!(transport.authority(Some("h")), None);
        let tell = |outer| {
            *transport.told.lock() = Some(Told {
                bound: "127.0.0.1:8443".parse().unwrap(),
                outer,
                fingerprints: Vec::new(),
            });
        };
        tell(None);
        assert_eq!(transport.authority(Some("h")).unwrap(), "h:8443");
        assert_eq!(transport.authority(None).unwrap(), "127.0.0.1:8443");
        tell(Some(("outer".into(), Some(443))));
        assert_eq!(transport.authority(Some("h")).unwrap(), "outer:443");
    }

    fn asked() -> Vec<u8> {
        let asked = SessionRequest::new("https://127.0.0.1:8443/poses/00").unwrap();
        let mut bytes = Vec::new();
        let frame = asked.headers().generate_frame();
        frame.write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_request_is_whole_or_waited_for() {
        let whole = asked();
        for cut in 0..whole.len() {
            let mut part = whole[..cut].to_vec();
            assert!(matches!(headers_of(&mut part), Ok(None)), "{cut}");
        }
        let headers = headers_of(&mut whole.clone()).unwrap().unwrap();
        let read = SessionRequest::try_from(headers).unwrap();
        assert_eq!(read.path(), "/poses/00");
    }

    fn is_read(fields: &[u8]) -> bool {
        let mut bytes = vec![1, u8::try_from(fields.len()).unwrap()];
        bytes.extend(fields);
        matches!(headers_of(&mut bytes), Ok(Some(_)))
    }

    #[test]
    fn a_request_with_a_number_that_does_not_end_is_none() {
        assert!(!is_read(&[&[0, 0, 0x27][..], &[0xf1; 20], &[1]].concat()));
    }

    #[test]
    fn fields_need_no_table_that_grows() {
        // `:method: GET` by its index, `:path: a` by its name's index, `a: b`.
        let of_no_table = [&[0xd1][..], &[0x51, 1, b'a'], &[0x21, b'a', 1, b'b']];
        for field in of_no_table {
            assert!(is_read(&[&[0, 0][..], field].concat()), "{field:x?}");
            for (inserted, base) in [(1, 0), (0, 0x80), (2, 0x80), (0xff, 0)] {
                let fields = [&[inserted, base][..], field].concat();
                assert!(!is_read(&fields), "{fields:x?}");
            }
        }
        let of_the_table = [
            &[0x80][..],      // indexed
            &[0x10],          // indexed, counted on from the base
            &[0x40, 1, b'a'], // a name
            &[0x00, 1, b'a'], // a name, counted on from the base
        ];
        for field in of_the_table {
            assert!(!is_read(&[&[0, 0][..], field].concat()), "{field:x?}");
        }
    }

    #[test]
    fn whatever_bytes_come_are_a_request_or_none_however_they_are_cut() {
        let whole = asked();
        let mut chance = StdRng::seed_from_u64(3);
        for _ in 0..50_000 {
            let mut bytes = whole.clone();
            for _ in 0..chance.random_range(0..6) {
                let place = chance.random_range(0..bytes.len());
                bytes[place] = chance.random();
            }
            bytes.truncate(chance.random_range(0..=bytes.len()));
            bytes.insert(0, chance.random_range(0..16));
            strangers::request(&bytes);
        }
    }
}
