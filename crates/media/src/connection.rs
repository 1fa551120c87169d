//! One person's media connection: what they send, and the places through which they hear and see others.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use room::{Sending, Slot, Source};
use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcError,
    bwe::{Bitrate, BweKind},
    change::{SdpAnswer, SdpOffer},
    media::{Direction, KeyframeRequestKind, MediaData, MediaKind, Mid, Rid},
};
use vocabulary::RoomId;

use crate::{
    budget::Budget,
    clock::SlotClock,
    forwarder::{Attendance, Datagram},
    limits::{
        AROUND_BYTES_PER_S, CAMERA_BYTES_PER_S, FIRST_ESTIMATE_BPS, KEYFRAME_EVERY, MEASURE_AGAIN,
        OFFER_BYTES, PICTURES, REORDER_AUDIO, REORDER_VIDEO, SCREEN_BYTES_PER_S, SECTIONS, SOURCES,
        SPEAKING_DBOV, SPEAKING_HOLD, VOICE_BYTES_PER_S, VOICES,
    },
    slots::{Rates, Size, lay},
    turn::crypto,
};

/// What a client offers: a session description, and which of its sections are sources.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// The session description (RFC 8866).
    pub sdp: String,
    /// The section of the microphone.
    pub microphone: Option<String>,
    /// The section of the camera.
    pub camera: Option<String>,
    /// The section of the shared screen.
    pub screen: Option<String>,
    /// The section of the picture of all around.
    pub around: Option<String>,
}

/// Why an offer was not taken. What it holds is not repeated.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// It is longer than [`OFFER_BYTES`].
    #[error("take the offer: it is longer than {OFFER_BYTES} bytes")]
    TooLong,
    /// It is no session description that can be answered.
    #[error("understand the offer as a session description of WebRTC")]
    Unreadable,
    /// A section that it names is not there, or not for that.
    #[error("find the section that the offer names for the {0:?}")]
    NoSuchSection(Source),
    /// More places than anybody needs.
    #[error(
        "take the offer: it has more than {VOICES} places for voices or {PICTURES} for pictures"
    )]
    TooManyPlaces,
    /// More sections than anybody needs, or more sources than there are.
    #[error(
        "take the offer: it has more than {SECTIONS} sections, or sends by more than {SOURCES}"
    )]
    TooManySections,
    /// They have offered again and again.
    #[error("answer so many offers of one person: wait a moment")]
    TooSoon,
    /// The room has as many by media as it may.
    #[error("let more people of this room take part by media")]
    Full,
}

/// Reads an offer and has a stack answer it.
pub(crate) fn answered(rtc: &mut Rtc, offer: &str) -> Result<SdpAnswer, JoinError> {
    if !means_one_thing(offer) {
        return Err(JoinError::Unreadable);
    }
    let offer = SdpOffer::from_sdp_string(offer).map_err(|_| JoinError::Unreadable)?;
    // The stack asserts what it counts on in an offer. What is not known yet of that costs nobody else their voice.
    let answer = catch_unwind(AssertUnwindSafe(|| rtc.sdp_api().accept_offer(offer)));
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) | Err(_) => Err(JoinError::Unreadable),
    }
}

/// Whether a payload type means one thing in all sections of an offer, as it must where they share a connection
/// (RFC 8843, 10.1.2): the stack gives each of its own to one codec.
fn means_one_thing(offer: &str) -> bool {
    let mut everywhere: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let sections = offer.split("\nm=").skip(1).map(|section| {
        let mut here: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for line in section.lines() {
            let meaning = line
                .strip_prefix("a=rtpmap:")
                .or_else(|| line.strip_prefix("a=fmtp:"));
            if let Some((payload_type, meaning)) = meaning.and_then(|said| said.split_once(' ')) {
                here.entry(payload_type).or_default().push(meaning.trim());
            }
        }
        here
    });
    sections.flatten().all(|(payload_type, meaning)| {
        let before = everywhere.entry(payload_type);
        *before.or_insert_with(|| meaning.clone()) == meaning
    })
}

/// An answer, if a client can read it: of a section for which there is no codec in common none can.
pub(crate) fn readable(answer: String) -> Result<String, JoinError> {
    match SdpAnswer::from_sdp_string(&answer) {
        Ok(_) => Ok(answer),
        Err(_) => Err(JoinError::Unreadable),
    }
}

/// A source of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub from: Attendance,
    pub source: Source,
}

/// The names of the two sizes of a picture that a client may send by one section (RFC 8851).
const LARGE: &str = "h";
const SMALL: &str = "l";

/// What a client sends by one section.
#[derive(Debug)]
struct Sent {
    mid: Mid,
    budget: Budget,
    large: Layer,
    small: Layer,
}

/// One size of what a client sends.
#[derive(Debug)]
struct Layer {
    /// Its name, where the client sends more than one.
    rid: Option<Rid>,
    /// What comes of it.
    count: Budget,
    /// When it was last asked for a whole picture.
    asked: Option<Instant>,
}

impl Layer {
    fn new(bytes_per_s: u64, now: Instant) -> Self {
        Self {
            rid: None,
            count: Budget::new(bytes_per_s, now),
            asked: None,
        }
    }
}

impl Sent {
    fn new(mid: Mid, bytes_per_s: u64, now: Instant) -> Self {
        Self {
            mid,
            budget: Budget::new(bytes_per_s, now),
            large: Layer::new(bytes_per_s, now),
            small: Layer::new(bytes_per_s, now),
        }
    }

    fn layer(&mut self, size: Size) -> &mut Layer {
        match size {
            Size::Large => &mut self.large,
            Size::Small => &mut self.small,
        }
    }
}

/// In what size a picture comes; `None` for one of a name that nobody offers.
fn size_of(data: &MediaData) -> Option<Size> {
    match data.rid {
        None => Some(Size::Large),
        Some(rid) if rid == Rid::from(LARGE) => Some(Size::Large),
        Some(rid) if rid == Rid::from(SMALL) => Some(Size::Small),
        Some(_) => None,
    }
}

/// A section through which a client hears or sees somebody.
#[derive(Debug)]
struct Place {
    mid: Mid,
    from: Option<Origin>,
    /// In what size it is sent on, and in what it should be.
    size: Size,
    wanted: Size,
    clock: SlotClock,
    /// A picture that is not whole means nothing to who has not seen those before it.
    waits_for_whole: bool,
}

/// What a connection brings about elsewhere.
#[derive(Debug)]
pub(crate) enum Happening {
    /// Something was sent.
    Media(Box<MediaData>),
    /// Who sees this section asks for a whole picture.
    WholePicture(Mid),
}

/// One person's media connection.
pub(crate) struct Connection {
    pub room: RoomId,
    pub participant: u16,
    pub sending: Sending,
    pub joined: Instant,
    /// When it wants to be woken.
    pub timeout: Instant,
    /// Whether it was ever made.
    pub connected: bool,
    /// What the line to them carries, in bits a second, as far as it is known.
    pub estimate_bps: u64,
    /// The places as they were last told to the client.
    pub told: Vec<Slot>,
    rtc: Rtc,
    sources: BTreeMap<Source, Sent>,
    hearing: Vec<Place>,
    seeing: Vec<Place>,
    loud_at: Option<Instant>,
    /// When something of others was last sent on.
    passed_at: Instant,
}

impl Connection {
    /// Answers an offer.
    pub fn answer(
        now: Instant,
        room: RoomId,
        participant: u16,
        offer: &Offer,
        addresses: &[SocketAddr],
    ) -> Result<(Self, String), JoinError> {
        if offer.sdp.len() > OFFER_BYTES {
            return Err(JoinError::TooLong);
        }
        // Reading costs more with each section.
        let is_section = |line: &&str| line.starts_with("m=");
        if offer.sdp.lines().filter(is_section).count() > SECTIONS {
            return Err(JoinError::TooManySections);
        }
        // The client finds the server; the server never knocks at addresses that a client names.
        let mut rtc = Rtc::builder()
            .set_crypto_provider(Arc::new(crypto().clone()))
            .set_ice_lite(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_h264(true)
            .set_reordering_timeout_audio(Some(REORDER_AUDIO))
            .set_reordering_timeout_video(Some(REORDER_VIDEO))
            .enable_bwe(Some(Bitrate::bps(FIRST_ESTIMATE_BPS)))
            .build(now);
        for address in addresses {
            if let Ok(candidate) = Candidate::host(*address, "udp") {
                rtc.add_local_candidate(candidate);
            }
        }
        let answer = answered(&mut rtc, &offer.sdp)?;
        let mut connection = Self {
            room,
            participant,
            sending: Sending::default(),
            joined: now,
            timeout: now,
            connected: false,
            estimate_bps: FIRST_ESTIMATE_BPS,
            told: Vec::new(),
            rtc,
            sources: BTreeMap::new(),
            hearing: Vec::new(),
            seeing: Vec::new(),
            loud_at: None,
            passed_at: now,
        };
        let answer = readable(answer.to_sdp_string())?;
        connection.sections(now, offer, &answer)?;
        Ok((connection, answer))
    }

    /// Learns what each section of the offer is for, by the answer to it.
    fn sections(&mut self, now: Instant, offer: &Offer, answer: &str) -> Result<(), JoinError> {
        let mut arriving = BTreeMap::new();
        for named in answer
            .lines()
            .filter_map(|line| line.strip_prefix("a=mid:"))
        {
            let mid = Mid::from(named);
            let Some(media) = self.rtc.media(mid) else {
                continue;
            };
            match media.direction() {
                Direction::SendOnly => {
                    let place = Place {
                        mid,
                        from: None,
                        size: Size::Large,
                        wanted: Size::Large,
                        clock: SlotClock::default(),
                        waits_for_whole: false,
                    };
                    match media.kind() {
                        MediaKind::Audio => self.hearing.push(place),
                        MediaKind::Video => self.seeing.push(place),
                    }
                }
                Direction::RecvOnly | Direction::SendRecv => {
                    arriving.insert(named, (mid, media.kind()));
                }
                Direction::Inactive => {}
            }
        }
        if arriving.len() > SOURCES {
            return Err(JoinError::TooManySections);
        }
        if self.hearing.len() > VOICES || self.seeing.len() > PICTURES {
            return Err(JoinError::TooManyPlaces);
        }
        for (source, named, kind, bytes_per_s) in [
            (
                Source::Microphone,
                &offer.microphone,
                MediaKind::Audio,
                VOICE_BYTES_PER_S,
            ),
            (
                Source::Camera,
                &offer.camera,
                MediaKind::Video,
                CAMERA_BYTES_PER_S,
            ),
            (
                Source::Screen,
                &offer.screen,
                MediaKind::Video,
                SCREEN_BYTES_PER_S,
            ),
            (
                Source::Around,
                &offer.around,
                MediaKind::Video,
                AROUND_BYTES_PER_S,
            ),
        ] {
            let Some(named) = named else { continue };
            let (mid, _) = arriving
                .remove(named.as_str())
                .filter(|(_, found)| *found == kind)
                .ok_or(JoinError::NoSuchSection(source))?;
            let sent = Sent::new(mid, bytes_per_s, now);
            self.sources.insert(source, sent);
        }
        Ok(())
    }

    pub fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    /// Ends the connection.
    pub fn end(&mut self) {
        self.rtc.disconnect();
    }

    pub fn accepts(&self, input: &Input<'_>) -> bool {
        self.rtc.accepts(input)
    }

    /// Takes in a datagram or the time.
    pub fn take(&mut self, input: Input<'_>) {
        if self.rtc.is_alive() && self.rtc.handle_input(input).is_err() {
            self.rtc.disconnect();
        }
    }

    /// Gives out what has come of it, until it waits for the next input.
    pub fn poll(&mut self, out: &mut VecDeque<Datagram>, happened: &mut VecDeque<Happening>) {
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.timeout = at;
                    return;
                }
                Ok(Output::Transmit(transmit)) => out.push_back(Datagram {
                    to: transmit.destination,
                    bytes: transmit.contents.to_vec(),
                }),
                Ok(Output::Event(event)) => self.note(event, happened),
                Err(_) => self.rtc.disconnect(),
            }
        }
    }

    fn note(&mut self, event: Event, happened: &mut VecDeque<Happening>) {
        match event {
            Event::Connected => self.connected = true,
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                self.rtc.disconnect();
            }
            Event::MediaData(data) => happened.push_back(Happening::Media(Box::new(data))),
            Event::KeyframeRequest(request) => {
                happened.push_back(Happening::WholePicture(request.mid));
            }
            Event::EgressBitrateEstimate(
                BweKind::Twcc { estimate, .. } | BweKind::Remb { estimate, .. },
            ) => self.estimate_bps = estimate.as_u64(),
            _ => {}
        }
    }

    /// What a source is that has sent something which others may get, and in what size; `None` for what the sender has switched
    /// off and for what is more than it may send.
    pub fn sent(&mut self, now: Instant, data: &MediaData) -> Option<(Source, Size)> {
        let by_section = |(_, sent): &(&Source, &mut Sent)| sent.mid == data.mid;
        let (source, sent) = self.sources.iter_mut().find(by_section)?;
        let is_on = match source {
            Source::Microphone => self.sending.microphone || self.sending.echo,
            Source::Camera => self.sending.camera,
            Source::Screen => self.sending.screen,
            Source::Around => self.sending.around,
        };
        let size = size_of(data)?;
        if !is_on || !sent.budget.take(now, data.data.len()) {
            return None;
        }
        let layer = sent.layer(size);
        layer.rid = data.rid;
        layer.count.take(now, data.data.len());
        let is_loud = |level: i8| level >= SPEAKING_DBOV;
        if *source == Source::Microphone && data.ext_vals.audio_level.is_some_and(is_loud) {
            self.loud_at = Some(now);
        }
        Some((*source, size))
    }

    /// Whether they offer this source and have it switched on for others.
    pub fn shows(&self, source: Source) -> bool {
        let is_on = match source {
            Source::Microphone => self.sending.microphone && !self.sending.echo,
            Source::Camera => self.sending.camera,
            Source::Screen => self.sending.screen,
            Source::Around => self.sending.around,
        };
        is_on && self.sources.contains_key(&source)
    }

    /// What comes of a source in each size. A client whose own line is narrow sends the small one alone.
    pub fn rates(&self, now: Instant, source: Source) -> Rates {
        let comes = |layer: &Layer| Some(layer.count.bps(now)).filter(|bps| *bps > 0);
        let sent = self.sources.get(&source);
        let (large, small) = sent.map_or((None, None), |sent| {
            (comes(&sent.large), comes(&sent.small))
        });
        // Of what has only begun nothing has come yet.
        let large = large.or(small.is_none().then_some(0));
        Rates { large, small }
    }

    /// In what size somebody's picture comes by a place here; `None` where it comes by none.
    pub fn size(&self, origin: Origin) -> Option<Size> {
        let place = self.seeing.iter().find(|place| place.from == Some(origin));
        place.map(|place| place.wanted)
    }

    /// Has pictures come in such sizes from now on; answers those of which a whole one is needed for that.
    pub fn resize(&mut self, pictures: &[(Origin, Size)]) -> Vec<(Origin, Size)> {
        let mut fresh = Vec::new();
        for (origin, size) in pictures {
            let place = self.seeing.iter_mut().find(|p| p.from == Some(*origin));
            if let Some(place) = place.filter(|place| place.wanted != *size) {
                place.wanted = *size;
                fresh.push((*origin, *size));
            }
        }
        fresh
    }

    /// When they last spoke; the greater, the later.
    pub fn loud_at(&self) -> Option<Instant> {
        self.loud_at
    }

    pub fn speaks(&self, now: Instant) -> bool {
        let is_fresh = |at: Instant| now.saturating_duration_since(at) < SPEAKING_HOLD;
        self.shows(Source::Microphone) && self.loud_at.is_some_and(is_fresh)
    }

    /// Lays others into the places; answers which pictures came into one, and must be whole to begin with.
    pub fn lay(&mut self, voices: &[Origin], pictures: &[Origin]) -> Vec<Origin> {
        let mut fresh = Vec::new();
        for (places, wanted) in [(&mut self.hearing, voices), (&mut self.seeing, pictures)] {
            let mut laid: Vec<_> = places.iter().map(|place| place.from).collect();
            lay(&mut laid, wanted);
            for (place, from) in places.iter_mut().zip(laid) {
                if place.from == from {
                    continue;
                }
                place.from = from;
                (place.size, place.wanted) = (Size::Large, Size::Large);
                place.clock.another();
                place.waits_for_whole = from.is_some_and(|o| o.source != Source::Microphone);
                fresh.extend(from.filter(|_| place.waits_for_whole));
            }
        }
        fresh
    }

    pub fn voice_places(&self) -> usize {
        self.hearing.len()
    }

    /// The places in use, each with its section.
    pub fn laid(&self) -> impl Iterator<Item = (Mid, Origin)> {
        let places = self.hearing.iter().chain(&self.seeing);
        places.filter_map(|place| place.from.map(|from| (place.mid, from)))
    }

    /// Whose picture comes by a section, and in what size.
    pub fn origin(&self, mid: Mid) -> Option<(Origin, Size)> {
        let place = self.seeing.iter().find(|place| place.mid == mid)?;
        place.from.map(|from| (from, place.size))
    }

    /// Passes on what somebody has sent, if they have a place here; `false` where a whole picture is needed
    /// first.
    pub fn pass(&mut self, now: Instant, (origin, size): (Origin, Size), data: &MediaData) -> bool {
        let places = match origin.source {
            Source::Microphone => &mut self.hearing,
            Source::Camera | Source::Screen | Source::Around => &mut self.seeing,
        };
        let Some(place) = places.iter_mut().find(|place| place.from == Some(origin)) else {
            return true;
        };
        if origin.source != Source::Microphone {
            if size == place.wanted && size != place.size {
                // The other size goes on until a whole one of this has come.
                if !data.is_keyframe() {
                    return false;
                }
                place.size = size;
                place.clock.another();
            }
            if size != place.size {
                return true;
            }
            place.waits_for_whole |= !data.contiguous;
            place.waits_for_whole &= !data.is_keyframe();
            if place.waits_for_whole {
                return false;
            }
        }
        let Some(time) = place.clock.time(now, data.time) else {
            return true;
        };
        let Some(mut writer) = self.rtc.writer(place.mid) else {
            return true;
        };
        let Some(pt) = writer.match_params(data.params) else {
            return true;
        };
        if let Some(turned) = data.ext_vals.video_orientation {
            writer = writer.video_orientation(turned);
        }
        // Before the connection is made what is written is dropped; nothing else of it can go wrong for good.
        match writer.write(pt, data.network_time, time, Arc::clone(&data.data)) {
            Ok(()) => self.passed_at = now,
            Err(RtcError::WriteWithoutPoll) => {}
            Err(_) => self.rtc.disconnect(),
        }
        true
    }

    /// Takes a line for somewhat broader than it is known to be, where it carries no picture and nothing else has gone
    /// by it for a while: with nothing sent nothing is measured, and what was said of it last would stand for ever.
    pub fn measure_anew(&mut self, now: Instant, least_bps: u64) {
        let rests = now.saturating_duration_since(self.passed_at) >= MEASURE_AGAIN;
        if self.estimate_bps < least_bps && rests {
            self.estimate_bps = 2 * least_bps;
            self.rtc.bwe().reset(Bitrate::bps(2 * least_bps));
            self.passed_at = now;
        }
    }

    /// Asks the sender for a whole picture, not too often.
    pub fn ask_whole(&mut self, now: Instant, source: Source, size: Size) {
        let Some(sent) = self.sources.get_mut(&source) else {
            return;
        };
        let mid = sent.mid;
        let layer = sent.layer(size);
        let is_soon = |at: Instant| now.saturating_duration_since(at) < KEYFRAME_EVERY;
        if layer.asked.is_some_and(is_soon) {
            return;
        }
        if let Some(mut writer) = self.rtc.writer(mid)
            && writer
                .request_keyframe(layer.rid, KeyframeRequestKind::Pli)
                .is_ok()
        {
            layer.asked = Some(now);
        }
    }

    /// What the line should carry in the end, so that it is found out whether it does.
    pub fn wish_bps(&mut self, bps: u64) {
        self.rtc.bwe().set_desired_bitrate(Bitrate::bps(bps));
    }
}
