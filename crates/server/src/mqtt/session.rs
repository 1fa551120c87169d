//! Who hears what: sessions with their wishes, what waits for them, and what was kept. What outlives its connection
//! lies on disk as well ([`Disk`]).

mod behind;

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, oneshot};
use vocabulary::{ActorId, DeviceId, PatientId, Timestamp};

use super::{
    stored::{Disk, Stored},
    topic,
    wire::{Filter, Introduction, Kept, No, Told},
};

/// So many messages, and bytes, may wait for a device that is slow or away: it hears of itself only.
const MOST_FOR_DEVICE: (usize, usize) = (2048, 1 << 20);
/// And for a person or program, who may hear every device: a few seconds of ten thousand of them.
const MOST_FOR_GUEST: (usize, usize) = (32_768, 8 << 20);
/// So many messages may be on their way to a device, unacknowledged.
const MOST_OUT_TO_DEVICE: u16 = 256;
/// And to a person or program: who hears ten thousand devices acknowledges late what comes at once.
const MOST_OUT_TO_GUEST: u16 = 2048;
/// And not more than so many bytes to either, but for one message.
const MOST_BYTES_OUT: usize = 4 << 20;
/// So many wishes one may have.
const MOST_FILTERS: usize = 64;
/// So many sessions of people and programs there may be.
const MOST_GUESTS: usize = 256;
/// And so many of one account.
const MOST_OF_ACCOUNT: usize = 16;
/// A session is kept no longer than this after its owner left, in seconds.
const LONGEST_S: u32 = 7 * 24 * 3600;

/// Who is connected.
#[derive(Clone, Debug)]
pub enum Who {
    /// A device, which may send below its own id.
    Device(DeviceId),
    /// A person or program with an account, who hears what the policies permit.
    Guest(ActorId),
}

impl Who {
    /// How many messages and bytes may wait for them.
    const fn most_waiting(&self) -> (usize, usize) {
        match self {
            Self::Device(_) => MOST_FOR_DEVICE,
            Self::Guest(_) => MOST_FOR_GUEST,
        }
    }

    /// How many messages may be unacknowledged on their way to them.
    pub const fn most_unacknowledged(&self) -> u16 {
        match self {
            Self::Device(_) => MOST_OUT_TO_DEVICE,
            Self::Guest(_) => MOST_OUT_TO_GUEST,
        }
    }

    /// What sessions are kept under. A guest cannot take a device's.
    fn key(&self, client: &str) -> String {
        match self {
            Self::Device(device) => format!("device {device}"),
            Self::Guest(account) => format!("guest {account} {client}"),
        }
    }
}

/// A message on its way to one who wishes to hear it, and whom it is about.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub told: Told,
    pub about: Option<PatientId>,
    /// Its identifier, where it went out before and was not acknowledged.
    pub again: Option<u16>,
    /// Where it lies on disk, where it does.
    pub place: Option<i64>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.told.bytes()
    }
}

/// What outlives a connection.
pub struct Session {
    key: String,
    pub who: Who,
    disk: Arc<Disk>,
    state: Mutex<State>,
    /// Something waits, or the session was taken over.
    pub wake: Notify,
    /// It is not far behind any more.
    room: Notify,
}

#[derive(Default)]
struct State {
    filters: Vec<Filter>,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    unacknowledged: VecDeque<(u16, Waiting)>,
    bytes_out: usize,
    /// Counts connections: one with an older number was taken over.
    connection: u64,
    connected: bool,
    /// How long it is kept after its owner left, in seconds; on disk where that is not at once.
    expiry_s: u32,
    /// After this nobody will come back for it.
    until: Option<Timestamp>,
    overflowed: bool,
    lost: u64,
}

/// What a connection finds of its session.
pub struct Attached {
    pub session: Arc<Session>,
    pub connection: u64,
    pub present: bool,
    pub expiry_s: u32,
}

/// All sessions, and what was kept.
pub struct Sessions {
    disk: Arc<Disk>,
    all: Mutex<HashMap<String, Arc<Session>>>,
    /// Who has a wish about one device.
    by_device: RwLock<HashMap<DeviceId, Vec<Arc<Session>>>>,
    /// Who has a wish about several.
    wide: RwLock<Vec<Arc<Session>>>,
    /// What devices said of themselves.
    kept: RwLock<HashMap<DeviceId, (bytes::Bytes, Option<PatientId>)>>,
    /// Wills that are not told yet, one for each device: whoever drops one takes it back.
    wills: Mutex<HashMap<DeviceId, oneshot::Sender<()>>>,
    /// Who sends much, one after the other.
    turn: tokio::sync::Mutex<()>,
}

impl Sessions {
    /// The sessions that lie below the data folder. Whose owner was there when the program ended is kept from now
    /// on as long as was agreed.
    pub fn open(data: &Path, now: Timestamp) -> anyhow::Result<Self> {
        let disk = Arc::new(Disk::open(data)?);
        let sessions = Self {
            disk: Arc::clone(&disk),
            all: Mutex::default(),
            by_device: RwLock::default(),
            wide: RwLock::default(),
            kept: RwLock::default(),
            wills: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        };
        for (stored, waiting) in disk.all()? {
            let until = stored
                .until
                .unwrap_or(Timestamp(now.0 + i64::from(stored.expiry_s) * 1000));
            let state = State {
                bytes: waiting.iter().map(Waiting::bytes).sum(),
                waiting: waiting.into(),
                filters: stored.filters.clone(),
                expiry_s: stored.expiry_s,
                until: Some(until),
                ..State::default()
            };
            let session = Arc::new(Session {
                key: stored.key.clone(),
                who: stored.who,
                disk: Arc::clone(&disk),
                state: Mutex::new(state),
                wake: Notify::new(),
                room: Notify::new(),
            });
            for filter in &stored.filters {
                sessions.join(&session, &filter.filter);
            }
            session.note(&session.state.lock());
            sessions.all.lock().insert(stored.key, session);
        }
        disk.keep()?;
        Ok(sessions)
    }

    /// Writes what changed of the sessions that outlive their connection.
    pub async fn write(&self) -> anyhow::Result<()> {
        self.disk.kept().await
    }

    /// Takes up or begins a session; who else was connected to it is put out.
    pub fn attach(
        &self,
        who: Who,
        introduction: &Introduction,
        now: Timestamp,
    ) -> Result<Attached, No> {
        let expiry_s = introduction.expiry_s.min(LONGEST_S);
        let key = who.key(&introduction.client);
        if let Who::Device(device) = &who {
            self.wills.lock().remove(device);
        }
        let mut all = self.all.lock();
        let before = all.get(&key).cloned();
        let present = before.as_ref().is_some_and(|session| {
            let state = session.state.lock();
            let in_time = state.until.is_none_or(|until| now < until);
            !introduction.clean && !state.overflowed && in_time
        });
        if before.is_none() && !has_place(&all, &who) {
            return Err(No::Quota);
        }
        let connection = before.as_ref().map_or(1, |session| {
            let mut state = session.state.lock();
            state.connection += 1;
            session.wake.notify_one();
            state.connection
        });
        let session = match before {
            Some(session) if present => session,
            before => {
                if let Some(before) = before {
                    self.forget(&before);
                }
                let session = Arc::new(Session {
                    key: key.clone(),
                    who,
                    disk: Arc::clone(&self.disk),
                    state: Mutex::default(),
                    wake: Notify::new(),
                    room: Notify::new(),
                });
                all.insert(key, Arc::clone(&session));
                session
            }
        };
        let mut state = session.state.lock();
        state.connection = connection;
        state.connected = true;
        state.until = None;
        state.begin_again();
        let lay_there = state.expiry_s > 0;
        state.expiry_s = expiry_s;
        session.remember(&mut state, lay_there);
        drop(state);
        Ok(Attached {
            session,
            connection,
            present,
            expiry_s,
        })
    }

    /// A device's will is to be told later. It resolves at once when another takes its place, or its owner comes
    /// back.
    pub fn will(&self, device: &DeviceId) -> oneshot::Receiver<()> {
        let (taken_back, resolves) = oneshot::channel();
        self.wills.lock().insert(device.clone(), taken_back);
        resolves
    }

    /// Leaves a session; it is kept for so many seconds.
    pub fn detach(&self, session: &Arc<Session>, connection: u64, expiry_s: u32, now: Timestamp) {
        let mut state = session.state.lock();
        if state.connection != connection {
            return;
        }
        state.connected = false;
        session.room.notify_one();
        let expiry_s = expiry_s.min(LONGEST_S);
        state.until = Some(Timestamp(now.0 + i64::from(expiry_s) * 1000));
        let lay_there = state.expiry_s > 0;
        state.expiry_s = expiry_s;
        session.remember(&mut state, lay_there);
        let over = expiry_s == 0 || state.overflowed;
        drop(state);
        if over {
            let mut all = self.all.lock();
            if all
                .get(&session.key)
                .is_some_and(|known| Arc::ptr_eq(known, session))
            {
                all.remove(&session.key);
            }
            self.forget(session);
        }
    }

    /// Ends sessions whose time is over.
    pub fn sweep(&self, now: Timestamp) {
        let mut gone = Vec::new();
        let mut all = self.all.lock();
        all.retain(|_, session| {
            let over = session.state.lock().until.is_some_and(|until| until < now);
            if over {
                gone.push(Arc::clone(session));
            }
            !over
        });
        // Nobody begins one of the same name before this is noted.
        for session in gone {
            self.forget(&session);
        }
        drop(all);
    }

    fn forget(&self, session: &Arc<Session>) {
        {
            let mut state = session.state.lock();
            if state.expiry_s > 0 {
                self.disk.over(&session.key);
            }
            // What comes to it from now on is nobody's.
            state.expiry_s = 0;
        }
        let others = |list: &mut Vec<Arc<Session>>| list.retain(|s| !Arc::ptr_eq(s, session));
        others(&mut self.wide.write());
        self.by_device.write().retain(|_, list| {
            others(list);
            !list.is_empty()
        });
    }

    /// Adds a wish; what was kept of its topics is told where the wish says so.
    pub fn subscribe(&self, session: &Arc<Session>, filter: &Filter) -> Result<bool, No> {
        let acknowledged = filter.acknowledged;
        let new = {
            let mut state = session.state.lock();
            let before = state.filters.iter_mut().find(|f| f.filter == filter.filter);
            if let Some(before) = before {
                *before = filter.clone();
                false
            } else {
                if state.filters.len() == MOST_FILTERS {
                    return Err(No::Quota);
                }
                state.filters.push(filter.clone());
                true
            }
        };
        session.note(&session.state.lock());
        self.join(session, &filter.filter);
        let tell = match filter.kept {
            Kept::Always => true,
            Kept::WhenNew => new,
            Kept::Never => false,
        };
        if tell {
            for (device, (payload, about)) in &*self.kept.read() {
                let topic = topic::state(device);
                if topic::matches(&filter.filter, &topic) {
                    let told = Told {
                        topic,
                        payload: payload.clone(),
                        acknowledged,
                        retain: true,
                        properties: Arc::default(),
                        until: None,
                    };
                    session.push(Waiting {
                        told,
                        about: about.clone(),
                        again: None,
                        place: None,
                    });
                }
            }
        }
        Ok(acknowledged)
    }

    /// A session has a wish about a device, or about several.
    fn join(&self, session: &Arc<Session>, filter: &str) {
        let join = |list: &mut Vec<Arc<Session>>| {
            if !list.iter().any(|s| Arc::ptr_eq(s, session)) {
                list.push(Arc::clone(session));
            }
        };
        match topic::device_of(filter) {
            Some(device) => join(self.by_device.write().entry(device).or_default()),
            None => join(&mut self.wide.write()),
        }
    }

    /// Takes a wish back; whether it was there.
    pub fn unsubscribe(&self, session: &Arc<Session>, filter: &str) -> bool {
        let about = topic::device_of(filter);
        let (was_there, others) = {
            let mut state = session.state.lock();
            let before = state.filters.len();
            state.filters.retain(|known| known.filter != filter);
            let mut left = state.filters.iter();
            let others = left.any(|known| topic::device_of(&known.filter) == about);
            session.note(&state);
            (before != state.filters.len(), others)
        };
        // Nothing is left behind where nobody has a wish any more.
        match about {
            _ if others => {}
            None => self.wide.write().retain(|s| !Arc::ptr_eq(s, session)),
            Some(device) => {
                let mut by_device = self.by_device.write();
                if let Some(list) = by_device.get_mut(&device) {
                    list.retain(|s| !Arc::ptr_eq(s, session));
                    if list.is_empty() {
                        by_device.remove(&device);
                    }
                }
            }
        }
        was_there
    }

    /// Keeps what a device says of itself, for those who come later.
    pub fn keep(&self, device: &DeviceId, payload: &bytes::Bytes, about: Option<PatientId>) {
        let mut kept = self.kept.write();
        if payload.is_empty() {
            kept.remove(device);
        } else {
            kept.insert(device.clone(), (payload.clone(), about));
        }
    }

    /// Tells a message about a device to everybody who wishes to hear it.
    pub fn tell(&self, from: Option<&Arc<Session>>, device: &DeviceId, message: &Waiting) {
        self.each_about(device, |session| session.hear(from, message));
    }

    /// Tells a message to the device that it is for, and in its place another to everybody else who wishes to hear it.
    pub fn tell_apart(&self, device: &DeviceId, own: &Waiting, others: &Waiting) {
        self.each_about(device, |session| {
            let is_own = matches!(&session.who, Who::Device(one) if one == device);
            session.hear(None, if is_own { own } else { others });
        });
    }

    fn each_about(&self, device: &DeviceId, hears: impl Fn(&Arc<Session>)) {
        let one = self.by_device.read().get(device).cloned();
        let one = one.unwrap_or_default();
        for session in &one {
            hears(session);
        }
        for session in &*self.wide.read() {
            // Who has wishes of both kinds hears it once.
            if !one.iter().any(|known| Arc::ptr_eq(known, session)) {
                hears(session);
            }
        }
    }
}

/// Whether there may be one more session of somebody: of each device there is one.
fn has_place(all: &HashMap<String, Arc<Session>>, who: &Who) -> bool {
    let Who::Guest(account) = who else {
        return true;
    };
    let (mut guests, mut own) = (0, 0);
    for session in all.values() {
        if let Who::Guest(other) = &session.who {
            guests += 1;
            own += usize::from(other == account);
        }
    }
    guests < MOST_GUESTS && own < MOST_OF_ACCOUNT
}

impl State {
    /// What went out on the connection before and was not acknowledged goes out first.
    fn begin_again(&mut self) {
        while let Some((id, mut message)) = self.unacknowledged.pop_back() {
            message.again = Some(id);
            self.bytes += message.bytes();
            self.waiting.push_front(message);
        }
        self.bytes_out = 0;
    }
}

impl Session {
    /// Notes how it stands, where it outlives its connection.
    fn note(&self, state: &State) {
        if state.expiry_s > 0 {
            self.disk.session(Stored {
                key: self.key.clone(),
                who: self.who.clone(),
                filters: state.filters.clone(),
                expiry_s: state.expiry_s,
                until: state.until,
            });
        }
    }

    /// Notes how it stands from now on, with what waits where that lay nowhere; or that nothing of it is left there.
    fn remember(&self, state: &mut State, lay_there: bool) {
        if state.expiry_s > 0 {
            self.note(state);
            for message in state
                .waiting
                .iter_mut()
                .filter(|message| message.told.acknowledged)
            {
                if message.place.is_none() {
                    message.place = Some(self.disk.message(&self.key, message));
                }
            }
        } else if lay_there {
            self.disk.over(&self.key);
            for message in &mut state.waiting {
                message.place = None;
            }
        }
    }

    /// Takes a message that one of the wishes is about.
    fn hear(self: &Arc<Self>, from: Option<&Arc<Self>>, message: &Waiting) {
        let own = from.is_some_and(|from| Arc::ptr_eq(from, self));
        let wish = {
            let state = self.state.lock();
            let fitting = state.filters.iter().filter(|filter| {
                topic::matches(&filter.filter, &message.told.topic) && !(own && filter.not_own)
            });
            // The strongest of overlapping wishes holds, once.
            fitting.max_by_key(|filter| filter.acknowledged).cloned()
        };
        let Some(wish) = wish else { return };
        let mut message = message.clone();
        message.told.acknowledged &= wish.acknowledged;
        message.told.retain &= wish.as_published;
        self.push(message);
    }

    fn push(&self, mut message: Waiting) {
        let mut state = self.state.lock();
        if !state.connected && !message.told.acknowledged {
            return;
        }
        let bytes = message.bytes();
        let (most, most_bytes) = self.who.most_waiting();
        let full = state.waiting.len() >= most || state.bytes + bytes > most_bytes;
        if full && !message.told.acknowledged {
            state.lost += 1;
            return;
        }
        if full {
            // A gap that nobody hears of is worse than an end: the session is over, and its owner told so.
            state.overflowed = true;
            state.waiting.clear();
            state.bytes = 0;
            self.disk.emptied(&self.key);
            self.room.notify_one();
        }
        if !state.overflowed {
            if state.expiry_s > 0 && message.told.acknowledged {
                message.place = Some(self.disk.message(&self.key, &message));
            }
            state.bytes += bytes;
            state.waiting.push_back(message);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Puts a message where only this session hears it, unless it is on its way already.
    pub fn whisper(&self, told: Told) {
        let is_it =
            |known: &Waiting| known.told.topic == told.topic && known.told.payload == told.payload;
        let on_its_way = {
            let state = self.state.lock();
            let out = state.unacknowledged.iter().map(|(_, known)| known);
            state.waiting.iter().chain(out).any(is_it)
        };
        if !on_its_way {
            self.push(Waiting {
                told,
                about: None,
                again: None,
                place: None,
            });
        }
    }

    /// Why the connection of this number must end, if it must.
    pub fn must_end(&self, connection: u64) -> Option<No> {
        let state = self.state.lock();
        if state.connection != connection {
            return Some(No::TakenOver);
        }
        state.overflowed.then_some(No::Quota)
    }

    /// About whom the next messages are that wait, each once, as far as that is asked.
    pub fn about_whom(
        &self,
        next: usize,
        is_asked: impl Fn(&Option<PatientId>) -> bool,
    ) -> Vec<Option<PatientId>> {
        let state = self.state.lock();
        let mut found = Vec::new();
        for message in state.waiting.iter().take(next) {
            if is_asked(&message.about) && !found.contains(&message.about) {
                found.push(message.about.clone());
            }
        }
        found
    }

    /// The next message that waits, where one more may be unacknowledged.
    pub fn next(&self, most_unacknowledged: u16) -> Option<Waiting> {
        let mut state = self.state.lock();
        let full = state.unacknowledged.len() >= usize::from(most_unacknowledged)
            || state.bytes_out >= MOST_BYTES_OUT;
        if full && state.waiting.front()?.told.acknowledged {
            return None;
        }
        let was_behind = state.is_behind(&self.who);
        let next = state.waiting.pop_front()?;
        state.bytes = state.bytes.saturating_sub(next.bytes());
        if was_behind && !state.is_behind(&self.who) {
            self.room.notify_one();
        }
        Some(next)
    }

    /// A message went out and is to be acknowledged.
    pub fn sent(&self, id: u16, message: Waiting) {
        if let Some(place) = message.place.filter(|_| message.again.is_none()) {
            self.disk.sent(place, id);
        }
        let mut state = self.state.lock();
        state.bytes_out += message.bytes();
        state.unacknowledged.push_back((id, message));
    }

    /// A message is told to nobody.
    pub fn leave_out(&self, message: &Waiting) {
        if let Some(place) = message.place {
            self.disk.done(place);
        }
    }

    /// A message was acknowledged.
    pub fn acknowledged(&self, id: u16) {
        let mut state = self.state.lock();
        // They are acknowledged in their order: it is the first.
        let place = state
            .unacknowledged
            .iter()
            .position(|(known, _)| *known == id);
        if let Some((_, message)) = place.and_then(|place| state.unacknowledged.remove(place)) {
            state.bytes_out = state.bytes_out.saturating_sub(message.bytes());
            self.leave_out(&message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn message(of: u32, bytes: usize) -> Waiting {
        Waiting {
            told: Told {
                topic: format!("yuanyi/v1/d-{of}/spo2"),
                payload: vec![b'x'; bytes].into(),
                acknowledged: true,
                retain: false,
                properties: Arc::default(),
                until: None,
            },
            about: PatientId::new(format!("p-{}", of / 5)).ok(),
            again: None,
            place: None,
        }
    }

    pub fn attach(sessions: &Sessions, who: Who) -> Arc<Session> {
        let introduction = Introduction {
            client: "listener".to_owned(),
            user: None,
            password: None,
            clean: true,
            expiry_s: 0,
            will: None,
            receive_maximum: u16::MAX,
            most_packet: u32::MAX,
            wants_words: true,
            other_method: false,
        };
        let attached = sessions.attach(who, &introduction, Timestamp(0));
        attached.ok().unwrap().session
    }

    /// How many messages of these go out before one is acknowledged, and after.
    fn out(who: Who, count: u32, bytes: usize) -> (usize, usize) {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(folder.path(), Timestamp(0)).unwrap();
        let most = who.most_unacknowledged();
        let session = attach(&sessions, who);
        for of in 0..count {
            session.push(message(of, bytes));
        }
        let mut id = 0;
        let mut all = || {
            let before = id;
            while let Some(next) = session.next(most) {
                id += 1;
                session.sent(id, next);
            }
            usize::from(id - before)
        };
        let before = all();
        // Those in the middle may be acknowledged before the first.
        session.acknowledged(2);
        session.acknowledged(1);
        (before, all())
    }

    #[test]
    fn more_is_on_its_way_to_who_hears_everything_and_never_more_than_some_bytes() {
        let device = || Who::Device(DeviceId::new("d").unwrap());
        let guest = || Who::Guest(ActorId::new("li").unwrap());
        assert_eq!(out(device(), 1000, 100), (256, 2));
        assert_eq!(out(guest(), 5000, 100), (2048, 2));
        let (before, after) = out(guest(), 60, 128 << 10);
        assert_eq!((before, after), (32, 2));
    }

    #[test]
    fn about_whom_it_is_to_be_decided_is_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(folder.path(), Timestamp(0)).unwrap();
        let session = Session {
            key: String::new(),
            who: Who::Guest(ActorId::new("li").unwrap()),
            disk: Arc::clone(&sessions.disk),
            state: Mutex::default(),
            wake: Notify::new(),
            room: Notify::new(),
        };
        for of in 0..20 {
            session.push(message(of, 10));
        }
        let patient = |name: &str| PatientId::new(name).ok();
        let known = patient("p-1");
        let found = session.about_whom(14, |about| *about != known);
        assert_eq!(found, [patient("p-0"), patient("p-2")]);
    }
}
