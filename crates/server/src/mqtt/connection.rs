//! One connection, from its first byte to its last.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{broadcast, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use vocabulary::{DeviceId, Digest};

use super::{
    Broker,
    guest::Asked,
    last_will::LastWill,
    messages::{self, NotKept, Pending},
    session::{Session, Waiting},
    topic,
    welcome::{self, Known},
    wire::{Broke, Filter, Heard, Introduction, No, Publish, Will, Wire},
};
use crate::{clock, devices::Registered, places::OfAddress};

/// Who does not introduce itself within this is gone.
const INTRODUCTION: Duration = Duration::from_secs(10);
/// The most bytes before somebody has introduced itself.
const MOST_UNKNOWN: usize = 8 << 10;
/// A connection reads so many bytes at once; one that sends more, more.
const BUFFER: usize = 4 << 10;
const BUFFER_OF_MANY: usize = 64 << 10;
/// Who does not take what it is told within this is gone.
const TAKES: Duration = Duration::from_secs(30);
/// Who sends much waits no longer than this for who hears of it and is far behind.
const WAITS: Duration = Duration::from_secs(5);
/// Where there is no room a device is listened to for so long before it is put out, so that it sends again what was not
/// acknowledged: what it measures meanwhile is judged.
const WITHOUT_ROOM: Duration = Duration::from_secs(10);
/// Who is connected is looked at again after this: tokens run out, and accounts are closed.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// So many messages, and about so many bytes, go out before it is read again. Among thousands of connections the turn of
/// one who hears them all must be worth it.
const AT_ONCE: usize = 512;
const BYTES_AT_ONCE: usize = 64 << 10;

/// The other side.
pub struct Peer {
    pub from: SocketAddr,
    /// The digest of its certificate, which the door has checked.
    pub certificate: Option<Digest>,
    /// Counts for its address until it is known who it is.
    pub stranger: Option<OfAddress>,
}

/// A connection whose other side is known.
pub(super) struct Client<S> {
    pub(super) stream: S,
    pub(super) wire: Wire,
    pub(super) broker: Arc<Broker>,
    pub(super) session: Arc<Session>,
    pub(super) number: u64,
    /// Where the other side is.
    pub(super) from: SocketAddr,
    /// The other side, and when it was looked at.
    pub(super) known: Known,
    pub(super) looked: Instant,
    /// The most messages that may be unacknowledged on their way out.
    pub(super) most_unacknowledged: u16,
    pub(super) expiry_s: u32,
    pub(super) will: Option<Will>,
    /// What a guest may hear, as decided when.
    pub(super) decided: HashMap<Asked, (bool, Instant)>,
    /// When the policies did not permit commands.
    pub(super) commands_refused: Option<Instant>,
    /// Nothing more is read before this, since too much came.
    pub(super) resume: Option<Instant>,
    /// When the other side is put out, since there was no room for what it sent. Nothing is acknowledged to it any more:
    /// acknowledgements come in the order of messages.
    pub(super) no_room: Option<Instant>,
    /// Whether the other side is gone, and not put out.
    pub(super) is_gone: bool,
}

/// Serves a connection to its end.
pub async fn run<S: AsyncRead + AsyncWrite + Unpin + Send>(
    mut stream: S,
    peer: Peer,
    broker: Arc<Broker>,
    closed: watch::Receiver<bool>,
) {
    let mut wire = Wire::default();
    let met = timeout(INTRODUCTION, meet(&mut stream, &mut wire)).await;
    let Ok(Some((mut introduction, rest))) = met else {
        // Who only looked whether the door is there said nothing.
        if let Some((broke, _)) = wire.broke() {
            welcome::no_introduction(&broker, peer.from, broke);
        }
        let _ = write(&mut stream, &wire.out).await;
        return;
    };
    // Listening begins before it is decided, so that no revocation falls between.
    let revoked = broker.hospital.devices.revocations();
    // 3.1.1 gives no name to who wants a session kept under it ([MQTT-3.1.3-8] there).
    let nameless = introduction.client.is_empty() && !introduction.clean && !wire.is_five();
    let known = if nameless {
        Err(No::BadClientId)
    } else {
        welcome::who(&broker, &introduction, peer.certificate, peer.from)
    };
    let name = welcome::name(&introduction);
    introduction.client = name.clone().unwrap_or(introduction.client);
    let attached = known.and_then(|known| {
        let who = known.who();
        let attached = broker.sessions.attach(who, &introduction, clock::now())?;
        Ok((known, attached))
    });
    let (known, attached) = match attached {
        Ok(found) => found,
        Err(no) => {
            wire.turn_away(no);
            sleep(welcome::TURNED_AWAY_AFTER).await;
            let _ = write(&mut stream, &wire.out).await;
            return;
        }
    };
    let from = peer.from;
    drop(peer.stranger);
    wire.most_packet = introduction.most_packet;
    wire.wants_words = introduction.wants_words;
    wire.welcome(attached.present, attached.expiry_s, name.as_deref());
    let most_unacknowledged = attached.session.who.most_unacknowledged();
    let most_unacknowledged = most_unacknowledged.min(introduction.receive_maximum);
    let mut client = Client {
        stream,
        wire,
        session: attached.session,
        number: attached.connection,
        from,
        known,
        looked: Instant::now(),
        most_unacknowledged,
        expiry_s: attached.expiry_s,
        will: introduction.will.clone(),
        decided: HashMap::new(),
        commands_refused: None,
        resume: None,
        no_room: None,
        is_gone: false,
        broker,
    };
    client.begin();
    client.heard(rest).await;
    client.serve(revoked, closed).await;
    let broker = Arc::clone(&client.broker);
    let stream = client.leave();
    super::wrote(&broker).await;
    // Who sees the line end finds what it leaves on disk.
    drop(stream);
}

/// Reads until somebody has introduced itself; also what it said after that.
async fn meet<S: AsyncRead + Unpin>(
    stream: &mut S,
    wire: &mut Wire,
) -> Option<(Introduction, Vec<Heard>)> {
    let mut buffer = [0; 1024];
    let mut bytes = 0;
    loop {
        let read = stream
            .read(&mut buffer)
            .await
            .ok()
            .filter(|read| *read > 0)?;
        bytes += read;
        let mut heard = wire.feed(buffer.get(..read)?).into_iter();
        match heard.next() {
            Some(Heard::Connect(introduction)) => return Some((*introduction, heard.collect())),
            Some(_) => return None,
            None if wire.closing || bytes > MOST_UNKNOWN => return None,
            None => {}
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Client<S> {
    fn device(&self) -> Option<DeviceId> {
        match &self.known {
            Known::Device(device, _) => Some(device.clone()),
            Known::Guest(..) => None,
        }
    }

    /// What is due at once. What was not acknowledged before waits in the session, as commands do, or these come
    /// when the device wishes to hear them.
    fn begin(&self) {
        if let Some(device) = self.device() {
            let devices = &self.broker.hospital.devices;
            devices.with_quality(&device, |quality| quality.connected = true);
        }
    }

    async fn serve(
        &mut self,
        mut revoked: broadcast::Receiver<DeviceId>,
        mut closed: watch::Receiver<bool>,
    ) {
        let me = self.device();
        let mut access = self.broker.hospital.access.listen();
        let mut buffer = vec![0; BUFFER];
        let mut last_heard = Instant::now();
        loop {
            if let Some(no) = self.session.must_end(self.number) {
                self.wire.end(no);
            }
            let more = self.tell_what_waits().await;
            self.write_sessions().await;
            let sent = timeout(TAKES, write(&mut self.stream, &self.wire.out)).await;
            if !matches!(sent, Ok(Ok(()))) || self.wire.closing {
                return;
            }
            self.wire.out.clear();
            self.wire.out.shrink_to(BUFFER_OF_MANY);
            let silence = self.wire.silence.unwrap_or(Duration::MAX);
            let until = last_heard.checked_add(silence);
            let resume = self.resume.filter(|resume| *resume > Instant::now());
            self.resume = resume;
            let session = Arc::clone(&self.session);
            tokio::select! {
                () = closes(&mut closed) => self.wire.end(No::Closing),
                device = revoked.recv() => {
                    // Who has missed some looks for itself.
                    let mine = device.map_or(true, |device| me.as_ref() == Some(&device));
                    if mine {
                        self.look_again();
                    }
                }
                _ = access.recv(), if me.is_none() => {
                    self.decided.clear();
                    self.look_again();
                }
                () = sleep_until(self.looked + LOOK_AGAIN) => self.look_again(),
                () = silent(self.no_room) => self.wire.end(No::Busy),
                () = session.wake.notified() => {}
                // Reading has its turn before more is told.
                () = tokio::task::yield_now(), if more => {}
                () = silent(until), if resume.is_none() => {
                    self.is_gone = true;
                    self.wire.end(No::Silent);
                }
                read = read_after(&mut self.stream, &mut buffer, resume) => {
                    last_heard = Instant::now();
                    let Ok(read @ 1..) = read else {
                        self.is_gone = true;
                        return;
                    };
                    self.take(&buffer, read).await;
                    // Who sends more than its kind may is read in small pieces.
                    if self.resume.is_some_and(|resume| resume > Instant::now()) {
                        buffer = vec![0; BUFFER];
                    } else if read == buffer.len() && read < BUFFER_OF_MANY {
                        buffer.resize(BUFFER_OF_MANY, 0);
                    }
                }
            }
        }
    }

    /// What is said next is on disk first, as far as it outlives connections. Where that is not possible nothing is
    /// said but why: it comes again.
    async fn write_sessions(&mut self) {
        if let Err(error) = self.broker.sessions.write().await {
            tracing::error!(%error, "MQTT sessions could not be written; the connection is to try again");
            self.wire.out.clear();
            self.wire.end(No::Busy);
        }
    }

    async fn take(&mut self, buffer: &[u8], read: usize) {
        let heard = self.wire.feed(buffer.get(..read).unwrap_or_default());
        self.heard(heard).await;
    }

    /// Takes what was said, in its order.
    async fn heard(&mut self, all: Vec<Heard>) {
        let broker = Arc::clone(&self.broker);
        let devices = &broker.hospital.devices;
        let device = self.device();
        let known = device.and_then(|device| devices.find(&device));
        let known = known.map(|known| devices.as_it_stands(known));
        let mut pending = Vec::new();
        // Taken with the first message: a welcome and a ping are answered also while another's is kept.
        let mut turn = None;
        for heard in all {
            match heard {
                Heard::Publish(publish) => match &known {
                    Some(known) => {
                        if turn.is_none() {
                            turn = Some(devices.turn(&known.id).await);
                        }
                        self.look_at(known, &publish, &mut pending).await;
                    }
                    None => self.guest_says(publish).await,
                },
                other => {
                    self.settle(&mut pending, known.as_deref()).await;
                    turn = None;
                    self.other(other).await;
                }
            }
            if self.wire.closing {
                break;
            }
        }
        self.settle(&mut pending, known.as_deref()).await;
    }

    async fn look_at(&mut self, known: &Registered, publish: &Publish, pending: &mut Vec<Pending>) {
        let one = messages::examine(&self.broker, known, publish).await;
        // MQTT 3.1.1 has no words for it: it takes such a message, or ends.
        if one.is_foreign && !self.wire.is_five() {
            self.wire.closing = true;
        } else {
            pending.push(one);
        }
    }

    /// Keeps what was looked at, and acknowledges it then.
    async fn settle(&mut self, pending: &mut Vec<Pending>, known: Option<&Registered>) {
        if pending.is_empty() {
            return;
        }
        let kept = messages::keep(&self.broker, pending).await;
        if kept == Err(NotKept::Failed) {
            pending.clear();
            self.wire.end(No::Busy);
            return;
        }
        let broker = Arc::clone(&self.broker);
        let mut turn = None;
        if let Some(known) = known {
            let devices = &broker.hospital.devices;
            let wait_ms = devices.pace(known, pending.len(), clock::now());
            self.resume = Instant::now().checked_add(Duration::from_millis(wait_ms));
        }
        if kept == Err(NotKept::NoRoom) {
            // Who waits for no acknowledgement sends nothing again, and stays.
            if pending.iter().any(Pending::waits) {
                self.no_room
                    .get_or_insert_with(|| Instant::now() + WITHOUT_ROOM);
            }
            pending.clear();
            return;
        }
        if let Some(known) = known {
            let room = broker
                .sessions
                .room(&self.session, &known.id, pending.len(), WAITS);
            turn = room.await;
        }
        for one in pending.drain(..) {
            messages::tell(&broker, &self.session, &one);
            if self.no_room.is_none() {
                self.wire.acknowledge(one.quality, one.refused);
            }
        }
        drop(turn);
    }

    async fn other(&mut self, heard: Heard) {
        match heard {
            Heard::Subscribe {
                id,
                filters,
                numbered,
            } => {
                if let Some(no) = self.cannot(&filters, numbered) {
                    self.wire.end(no);
                    return;
                }
                let mut granted = Vec::new();
                for filter in filters {
                    granted.push(self.subscribe(filter).await);
                }
                self.wire.subscribed(id, &granted);
            }
            Heard::Unsubscribe { id, filters } => {
                let sessions = &self.broker.sessions;
                let gone = |filter: &String| sessions.unsubscribe(&self.session, filter);
                let there: Vec<bool> = filters.iter().map(gone).collect();
                self.wire.unsubscribed(id, &there);
            }
            Heard::Acknowledged { id } => self.session.acknowledged(id),
            Heard::Released { id } => self.wire.complete(id),
            Heard::Leaves {
                with_will,
                expiry_s,
            } => {
                // Who agreed that nothing is kept does not change its mind when it goes (MQTT 5, section 3.14.2.2.2).
                if self.expiry_s == 0 && expiry_s.is_some_and(|expiry_s| expiry_s > 0) {
                    self.wire.end(No::Protocol);
                    return;
                }
                if !with_will {
                    self.will = None;
                }
                if let Some(expiry_s) = expiry_s {
                    self.expiry_s = expiry_s;
                }
                self.wire.closing = true;
            }
            // A second introduction is against the protocol; the library has said so.
            Heard::Connect(_) | Heard::Publish(_) => self.wire.closing = true,
        }
    }

    /// What the door said that it does not do, and is asked for all the same.
    fn cannot(&self, filters: &[Filter], numbered: bool) -> Option<No> {
        let shared = filters
            .iter()
            .find(|filter| topic::is_shared(&filter.filter));
        match shared {
            Some(_) if !self.wire.is_five() => None,
            // [MQTT-3.8.3-4]
            Some(shared) if shared.not_own => Some(No::Protocol),
            Some(_) => Some(No::Shared),
            None => numbered.then_some(No::Numbered),
        }
    }

    /// Grants a wish, or not. A device hears what is below its own id; a guest what the policies permit.
    async fn subscribe(&mut self, filter: Filter) -> Result<bool, No> {
        if !topic::is_filter(&filter.filter) || topic::is_shared(&filter.filter) {
            return Err(No::BadTopic);
        }
        let about = topic::device_of(&filter.filter);
        match (self.device(), &about) {
            (Some(me), about) if about.as_ref() != Some(&me) => return Err(No::NotAuthorized),
            (None, Some(device)) => {
                let known = self.broker.hospital.devices.find(device);
                let patient = known.and_then(|known| known.patient.clone());
                if !self.may_hear_at(&filter.filter, patient).await {
                    return Err(No::NotAuthorized);
                }
            }
            // One about several devices is granted; what comes of each is decided when it comes.
            _ => {}
        }
        let topic = filter.filter.clone();
        let granted = self.broker.sessions.subscribe(&self.session, &filter)?;
        if let Some(me) = self.device()
            && topic::matches(&topic, &topic::command(&me))
        {
            messages::send_waiting_commands(&self.broker, &self.session, &me);
        }
        Ok(granted)
    }

    /// Puts what waits into what is to be sent; whether more waits.
    async fn tell_what_waits(&mut self) -> bool {
        self.decide_ahead(AT_ONCE).await;
        for _ in 0..AT_ONCE {
            if self.wire.closing {
                return false;
            }
            if self.wire.out.len() >= BYTES_AT_ONCE {
                break;
            }
            let Some(message) = self.session.next(self.most_unacknowledged) else {
                return false;
            };
            let about = message.about.clone();
            if self.may_hear_at(&message.told.topic, about).await {
                self.tell(message);
            } else {
                self.session.leave_out(&message);
            }
        }
        true
    }

    fn tell(&mut self, message: Waiting) {
        // What the other side said it cannot take is done with (MQTT 5, section 3.1.2.11.4).
        let late = message.told.is_over(clock::now());
        if late || !self.wire.fits(&message.told) {
            self.session.leave_out(&message);
            return;
        }
        if !message.told.acknowledged {
            self.wire.tell(&message.told, None);
            return;
        }
        let sent = match message.again {
            Some(id) => Some((id, true)),
            None => self.wire.identifier().map(|id| (id, false)),
        };
        if let Some((id, _)) = sent {
            self.wire.tell(&message.told, sent);
            self.session.sent(id, message);
        }
    }

    /// Counts a connection that was cut in a packet, or said what is none of MQTT. Whom the door put out in the middle
    /// of a packet has done nothing wrong.
    fn note_how_it_broke(&self) {
        let Some((broke, bytes)) = self.wire.broke() else {
            return;
        };
        if broke == Broke::CutOff && !self.is_gone {
            return;
        }
        let devices = &self.broker.hospital.devices;
        match &self.known {
            Known::Device(device, _) => devices.with_quality(device, |quality| {
                quality.refused(clock::now(), "", bytes, broke.code(), broke.text());
            }),
            Known::Guest(..) => welcome::no_introduction(&self.broker, self.from, broke),
        }
    }

    /// Leaves the session, and tells the will where the other side went without a word; the stream is still open.
    fn leave(self) -> S {
        self.note_how_it_broke();
        let Self {
            stream,
            broker,
            session,
            number,
            known,
            expiry_s,
            will,
            ..
        } = self;
        let taken_over = session.must_end(number) == Some(No::TakenOver);
        broker
            .sessions
            .detach(&session, number, expiry_s, clock::now());
        if taken_over {
            // What woke this connection may have been meant for the next one. A will is not told: its owner is there.
            session.wake.notify_one();
            return stream;
        }
        let Known::Device(device, shown) = known else {
            return stream;
        };
        let delay_s = will.as_ref().map_or(0, |will| will.delay_s.min(expiry_s));
        let devices = &broker.hospital.devices;
        devices.with_quality(&device, |quality| quality.connected = false);
        let delay = Duration::from_secs(u64::from(delay_s));
        if let (Some(will), Some(left)) = (will, devices.find(&device)) {
            let will = LastWill {
                will,
                left,
                shown,
                session,
                number,
            };
            let taken_back = broker.sessions.will(&device);
            tokio::spawn(will.tell(broker, delay, taken_back));
        }
        stream
    }
}

/// Writes all, also what an encrypted stream would hold back.
async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Reads, after a pause: what comes meanwhile waits in the socket.
async fn read_after<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut [u8],
    resume: Option<Instant>,
) -> std::io::Result<usize> {
    if let Some(resume) = resume {
        sleep_until(resume).await;
    }
    stream.read(buffer).await
}

async fn closes(closed: &mut watch::Receiver<bool>) {
    let _ = closed.wait_for(|closed| *closed).await;
}

async fn silent(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
