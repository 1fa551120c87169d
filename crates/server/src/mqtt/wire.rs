//! One connection's protocol state, without its socket: bytes in, what was said out; and the other way.
//!
//! MQTT 3.1.1 and 5 become one here. The library knows packets, identifiers and timers; what is acknowledged, and
//! when, is decided outside.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event, TimerKind},
    packet::{
        AssignedClientIdentifier, GenericPacketTrait as _, MessageExpiryInterval, Packet,
        Properties, Property, Qos, ReasonString, ReceiveMaximum, SessionExpiryInterval,
        SharedSubscriptionAvailable, SubscriptionIdentifierAvailable, TopicAliasMaximum, v3_1_1,
        v5_0,
    },
    result_code::{
        ConnectReasonCode, ConnectReturnCode, DisconnectReasonCode, MqttError, PubackReasonCode,
        PubrecReasonCode, SubackReasonCode, SubackReturnCode, UnsubackReasonCode,
    },
    role,
};
use serde::{Deserialize, Serialize};
use vocabulary::{Text, Timestamp};

use super::{
    form::{self, Fault},
    said::said,
};
use crate::clock;

/// The most bytes of one packet: a payload, and what stands around it.
pub const MOST_PACKET: u32 = 132 << 10;
/// So many messages of the other side may be unacknowledged (MQTT 5; 3.1.1 has the bytes of one reading).
pub const IN_FLIGHT: u16 = 256;
/// The answer of 3.1.1 to who speaks another level of the protocol; older and newer clients read it as well.
const ANOTHER_LEVEL: [u8; 4] = [0x20, 0x02, 0x00, 0x01];

/// What the other side said.
pub enum Heard {
    /// It introduces itself.
    Connect(Box<Introduction>),
    /// A message.
    Publish(Publish),
    /// It wants to hear these.
    Subscribe {
        id: u16,
        filters: Vec<Filter>,
        /// Whether they are to be told under a number.
        numbered: bool,
    },
    /// It does not want to hear these any more.
    Unsubscribe { id: u16, filters: Vec<String> },
    /// It has this message.
    Acknowledged { id: u16 },
    /// It will not send this message (of `QoS` 2) again.
    Released { id: u16 },
    /// It goes in order; with its will where it asks for that.
    Leaves {
        /// Whether its will is to be told.
        with_will: bool,
        /// How long its session is to be kept from now on, in seconds, where it changed its mind.
        expiry_s: Option<u32>,
    },
}

/// Who connects, and how.
pub struct Introduction {
    /// The name that it calls itself.
    pub client: String,
    /// The name of an account, where one is given.
    pub user: Option<String>,
    /// A token.
    pub password: Option<Vec<u8>>,
    /// Whether it begins anew.
    pub clean: bool,
    /// How long its session is kept after it left, in seconds.
    pub expiry_s: u32,
    /// What is told when it goes without a word.
    pub will: Option<Will>,
    /// How many messages it takes at once.
    pub receive_maximum: u16,
    /// The most bytes of a packet that it takes.
    pub most_packet: u32,
    /// Whether it wants to hear why something was not taken.
    pub wants_words: bool,
    /// Whether it would show who it is in another way than by a token or certificate.
    pub other_method: bool,
}

/// What is told when somebody goes without a word.
#[derive(Clone)]
pub struct Will {
    pub topic: String,
    pub payload: Bytes,
    /// Whether it is told with acknowledgement.
    pub acknowledged: bool,
    pub retain: bool,
    pub beside: Beside,
    /// After so many seconds.
    pub delay_s: u32,
}

/// A message that came.
pub struct Publish {
    pub topic: String,
    pub payload: Bytes,
    pub quality: Quality,
    pub retain: bool,
    /// Whether it may have been sent before.
    pub again: bool,
    pub beside: Beside,
}

/// What stands beside a message of MQTT 5, and goes with it as it came.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Its properties but for its time, in their order.
    pub properties: Arc<[Property]>,
    /// For how many seconds it is worth telling.
    pub seconds: Option<u32>,
}

/// How a message is to be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the standard's words")]
pub enum Quality {
    /// Not at all.
    AtMostOnce,
    /// By PUBACK.
    AtLeastOnce(u16),
    /// By PUBREC, PUBREL and PUBCOMP.
    ExactlyOnce(u16),
}

/// A wish to hear messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the standard's word")]
pub struct Filter {
    pub filter: String,
    /// Whether with acknowledgement.
    pub acknowledged: bool,
    /// Whether not what comes from itself.
    pub not_own: bool,
    /// Whether a message says that it is a kept one, also when it is new.
    pub as_published: bool,
    /// Whether kept messages are told now.
    pub kept: Kept,
}

/// When kept messages are told to who subscribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    Always,
    WhenNew,
    Never,
}

/// A message that goes out.
#[derive(Clone, Debug)]
pub struct Told {
    pub topic: String,
    pub payload: Bytes,
    pub acknowledged: bool,
    pub retain: bool,
    /// What stands beside it.
    pub properties: Arc<[Property]>,
    /// After this it is told to nobody.
    pub until: Option<Timestamp>,
}

impl Told {
    /// Whether it is too late for it.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        self.payload.len() + self.topic.len() + self.property_bytes()
    }

    fn property_bytes(&self) -> usize {
        let time = if self.until.is_some() { 5 } else { 0 };
        time + self.properties.iter().map(Property::size).sum::<usize>()
    }

    /// Its properties, with what is left of its time.
    fn beside(&self, now: Timestamp) -> Properties {
        let mut all = self.properties.to_vec();
        // Who would get a message that is worth a part of a second gets it as worth one.
        let left = self.until.map(|until| (until.0 - now.0 + 999) / 1000);
        let left = left.and_then(|left| u32::try_from(left).ok());
        all.extend(left.and_then(|left| MessageExpiryInterval::new(left).ok().map(Property::from)));
        all
    }
}

/// Why a message is not taken, a wish not granted, a connection not made or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    NotAuthorized,
    WrongPassword,
    BadClientId,
    BadTopic,
    BadPayload,
    Busy,
    Quota,
    TakenOver,
    Revoked,
    Silent,
    Closing,
    Malformed,
    Protocol,
    Method,
    Shared,
    Numbered,
}

/// How a connection broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broke {
    /// In the middle of a packet.
    CutOff,
    /// With bytes that are no packet.
    Malformed,
    /// With a packet that has no place there.
    Protocol,
    /// With a packet that is larger than the door takes.
    TooLarge,
}

impl Broke {
    fn of(event: &Event) -> Option<Self> {
        let Event::NotifyError(error) = event else {
            return None;
        };
        Some(match error {
            MqttError::PacketTooLarge => Self::TooLarge,
            MqttError::MalformedPacket => Self::Malformed,
            _ => Self::Protocol,
        })
    }

    /// Its short name, as counts are kept by it.
    pub fn code(self) -> &'static str {
        match self {
            Self::CutOff => "packet-cut-off",
            Self::Malformed => "packet-malformed",
            Self::Protocol => "protocol-error",
            Self::TooLarge => "packet-too-large",
        }
    }

    /// In words for people.
    pub fn text(self) -> Text {
        match self {
            Self::CutOff => Text::new(
                "连接在一个数据包中途断开",
                "The connection broke off in the middle of a packet",
            ),
            Self::Malformed => Text::new(
                "不是 MQTT 数据包，或数据包已损坏",
                "No packet of MQTT, or one that is torn",
            ),
            Self::Protocol => Text::new(
                "数据包违反 MQTT 协议，连接已断开",
                "A packet against the protocol of MQTT ended the connection",
            ),
            Self::TooLarge => Text::new(
                "数据包超过允许的大小，连接已断开",
                "A packet larger than may be ended the connection",
            ),
        }
    }
}

/// A connection's protocol state.
pub struct Wire {
    connection: Connection<role::Server>,
    /// What is to be sent.
    pub out: Vec<u8>,
    /// Whether the connection ends once `out` is sent.
    pub closing: bool,
    /// After how long a silence it ends.
    pub silence: Option<Duration>,
    /// The most bytes of a packet that the other side takes.
    pub most_packet: u32,
    /// Whether the other side wants to hear why something was not taken.
    pub wants_words: bool,
    /// What was wrong, where the other side said what is none of MQTT.
    broke: Option<Broke>,
    /// A packet that is not whole yet.
    begun: Vec<u8>,
    welcomed: bool,
}

impl Default for Wire {
    fn default() -> Self {
        let options = ConnectionOptions::new().maximum_packet_size_recv(MOST_PACKET);
        let mut connection = Connection::with_options(Version::Undetermined, options);
        connection.set_auto_ping_response(true);
        Self {
            connection,
            out: Vec::new(),
            closing: false,
            silence: None,
            most_packet: u32::MAX,
            wants_words: true,
            broke: None,
            begun: Vec::new(),
            welcomed: false,
        }
    }
}

impl Wire {
    /// Takes bytes; says what was said in them.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() && !self.closing {
            if self.begun.is_empty()
                && let Some((packet, after)) =
                    form::whole(rest).and_then(|end| rest.split_at_checked(end))
            {
                self.packet(packet, &mut heard);
                rest = after;
                continue;
            }
            // A packet in several readings.
            let length = form::length(&self.begun);
            let missing = length.map_or(1, |length| length.saturating_sub(self.begun.len()).max(1));
            let (more, after) = rest.split_at(missing.min(rest.len()));
            self.begun.extend_from_slice(more);
            rest = after;
            if form::whole(&self.begun).is_some() {
                let packet = std::mem::take(&mut self.begun);
                self.packet(&packet, &mut heard);
            }
        }
        heard
    }

    /// How it broke off and with how many bytes, where the other side is gone or what it said is none of MQTT.
    pub fn broke(&self) -> Option<(Broke, usize)> {
        let cut_off = (!self.begun.is_empty()).then_some(Broke::CutOff);
        Some((self.broke.or(cut_off)?, self.begun.len()))
    }

    fn packet(&mut self, packet: &[u8], heard: &mut Vec<Heard>) {
        match form::fault(packet) {
            Some(Fault::Level) => {
                self.broke = Some(Broke::Protocol);
                self.out.extend(ANOTHER_LEVEL);
                self.closing = true;
            }
            Some(Fault::Malformed) => self.end(No::Malformed),
            None => {
                // The door makes no alias, so that one more or less that its peer takes is all the same.
                let changed = form::no_alias(packet).map(|place| {
                    let mut packet = packet.to_vec();
                    packet.splice(place..=place, [1]);
                    packet
                });
                let packet = changed.as_deref().unwrap_or(packet);
                let events = self.connection.recv(&mut Cursor::new(packet));
                self.broke = self.broke.or_else(|| events.iter().find_map(Broke::of));
                self.handle(events, heard);
            }
        }
    }

    /// Whether it speaks MQTT 5.
    pub fn is_five(&self) -> bool {
        self.connection.get_protocol_version() == Version::V5_0
    }

    fn handle(&mut self, events: Vec<Event>, heard: &mut Vec<Heard>) {
        for event in events {
            match event {
                Event::NotifyPacketReceived(packet) => match form::wrong(&packet) {
                    Some(no) => self.end(no),
                    None => heard.extend(said(packet)),
                },
                Event::RequestSendPacket { packet, .. } => {
                    self.out.extend(packet.to_continuous_buffer());
                }
                Event::RequestTimerReset {
                    kind: TimerKind::PingreqRecv,
                    duration_ms,
                } => self.silence = Some(Duration::from_millis(duration_ms)),
                // Whatever is against the protocol ends the connection.
                Event::NotifyError(_) => {
                    // 3.1.1 has no answer to an introduction that is none ([MQTT-3.1.4-1] there).
                    if !self.welcomed && !self.is_five() {
                        self.out.clear();
                    }
                    self.closing = true;
                }
                Event::RequestClose => self.closing = true,
                Event::RequestTimerReset { .. }
                | Event::RequestTimerCancel(_)
                | Event::NotifyPacketIdReleased(_) => {}
            }
        }
    }

    fn send(&mut self, packet: impl Into<Packet>) {
        let events = self.connection.send(packet.into());
        self.handle(events, &mut Vec::new());
    }

    /// Welcomes who connected; `name` is what it is called from now on, where it had no name.
    pub fn welcome(&mut self, session_present: bool, expiry_s: u32, name: Option<&str>) {
        self.welcomed = true;
        if self.is_five() {
            let mut props: Properties = vec![];
            // Numbers that the standard allows, all of them.
            props.extend(ReceiveMaximum::new(IN_FLIGHT).ok().map(Property::from));
            props.extend(TopicAliasMaximum::new(16).ok().map(Property::from));
            props.extend(SharedSubscriptionAvailable::new(0).ok().map(Property::from));
            props.extend(
                SubscriptionIdentifierAvailable::new(0)
                    .ok()
                    .map(Property::from),
            );
            props.extend(
                SessionExpiryInterval::new(expiry_s)
                    .ok()
                    .map(Property::from),
            );
            let name = name.and_then(|name| AssignedClientIdentifier::new(name).ok());
            props.extend(name.map(Property::from));
            let built = v5_0::Connack::builder()
                .session_present(session_present)
                .reason_code(ConnectReasonCode::Success)
                .props(props)
                .build();
            self.built(built);
        } else {
            let built = v3_1_1::Connack::builder()
                .session_present(session_present)
                .return_code(ConnectReturnCode::Accepted)
                .build();
            self.built(built);
        }
    }

    /// Sends a packet that was put together; one that cannot be is a bug that must not hold others up.
    fn built<P: Into<Packet>, E: std::fmt::Debug>(&mut self, packet: Result<P, E>) {
        match packet {
            Ok(packet) => self.send(packet),
            Err(error) => {
                tracing::error!(?error, "an MQTT packet could not be put together");
                self.closing = true;
            }
        }
    }

    /// Turns away who wants to connect.
    pub fn turn_away(&mut self, no: No) {
        if self.is_five() {
            let built = v5_0::Connack::builder()
                .session_present(false)
                .reason_code(no.connect())
                .build();
            self.built(built);
        } else {
            let code = match no {
                No::WrongPassword => ConnectReturnCode::BadUserNameOrPassword,
                No::BadClientId => ConnectReturnCode::IdentifierRejected,
                No::NotAuthorized | No::Revoked => ConnectReturnCode::NotAuthorized,
                _ => ConnectReturnCode::ServerUnavailable,
            };
            let built = v3_1_1::Connack::builder()
                .session_present(false)
                .return_code(code)
                .build();
            self.built(built);
        }
        self.closing = true;
    }

    /// Ends the connection, with a reason where the protocol has words for it.
    pub fn end(&mut self, no: No) {
        match no {
            No::Malformed => self.broke = Some(Broke::Malformed),
            No::Protocol => self.broke = Some(Broke::Protocol),
            _ => {}
        }
        if self.is_five() && self.welcomed && !self.closing {
            let built = v5_0::Disconnect::builder()
                .reason_code(no.disconnect())
                .build();
            self.built(built);
        }
        self.closing = true;
    }

    /// Whether a message is no larger than the other side takes.
    pub fn fits(&self, told: &Told) -> bool {
        // The lengths of topic and properties, and an identifier.
        let identifier = if told.acknowledged { 2 } else { 0 };
        let properties = told.property_bytes();
        let properties = properties + usize::from(properties >= 128) * 2 + 1;
        let rest = 2 + told.topic.len() + identifier + properties + told.payload.len();
        let length = match rest {
            ..128 => 1,
            128..16_384 => 2,
            16_384..2_097_152 => 3,
            _ => 4,
        };
        1 + length + rest <= self.most_packet as usize
    }

    /// Why, in words for who looks at the traffic, where it fits.
    fn because(&self, why: &str) -> Properties {
        let fits = self.wants_words && why.len() + 16 <= self.most_packet as usize;
        let reason = fits.then(|| ReasonString::new(why).ok()).flatten();
        reason.map(Property::from).into_iter().collect()
    }

    /// Acknowledges a message: taken, or refused with a reason.
    pub fn acknowledge(&mut self, quality: Quality, refused: Option<(No, String)>) {
        match (quality, self.is_five()) {
            (Quality::AtMostOnce, _) => {}
            (Quality::AtLeastOnce(id), false) => {
                let built = v3_1_1::Puback::builder().packet_id(id).build();
                self.built(built);
            }
            (Quality::AtLeastOnce(id), true) => {
                let mut builder = v5_0::Puback::builder().packet_id(id);
                if let Some((no, why)) = refused {
                    builder = builder.reason_code(no.puback()).props(self.because(&why));
                }
                self.built(builder.build());
            }
            (Quality::ExactlyOnce(id), false) => {
                let built = v3_1_1::Pubrec::builder().packet_id(id).build();
                self.built(built);
            }
            (Quality::ExactlyOnce(id), true) => {
                let mut builder = v5_0::Pubrec::builder().packet_id(id);
                if let Some((no, why)) = refused {
                    builder = builder.reason_code(no.pubrec()).props(self.because(&why));
                }
                self.built(builder.build());
            }
        }
    }

    /// Ends the exchange about a message of `QoS` 2.
    pub fn complete(&mut self, id: u16) {
        if self.is_five() {
            let built = v5_0::Pubcomp::builder().packet_id(id).build();
            self.built(built);
        } else {
            let built = v3_1_1::Pubcomp::builder().packet_id(id).build();
            self.built(built);
        }
    }

    /// Says which wishes are granted, and how.
    pub fn subscribed(&mut self, id: u16, granted: &[Result<bool, No>]) {
        if self.is_five() {
            let codes: Vec<SubackReasonCode> = granted
                .iter()
                .map(|granted| match granted {
                    Ok(false) => SubackReasonCode::GrantedQos0,
                    Ok(true) => SubackReasonCode::GrantedQos1,
                    Err(No::BadTopic) => SubackReasonCode::TopicFilterInvalid,
                    Err(No::Quota) => SubackReasonCode::QuotaExceeded,
                    Err(_) => SubackReasonCode::NotAuthorized,
                })
                .collect();
            let built = v5_0::Suback::builder()
                .packet_id(id)
                .reason_codes(codes)
                .build();
            self.built(built);
        } else {
            let codes: Vec<SubackReturnCode> = granted
                .iter()
                .map(|granted| match granted {
                    Ok(false) => SubackReturnCode::SuccessMaximumQos0,
                    Ok(true) => SubackReturnCode::SuccessMaximumQos1,
                    Err(_) => SubackReturnCode::Failure,
                })
                .collect();
            let built = v3_1_1::Suback::builder()
                .packet_id(id)
                .return_codes(codes)
                .build();
            self.built(built);
        }
    }

    /// Says which wishes are taken back.
    pub fn unsubscribed(&mut self, id: u16, there: &[bool]) {
        if self.is_five() {
            let code = |there: &bool| match there {
                true => UnsubackReasonCode::Success,
                false => UnsubackReasonCode::NoSubscriptionExisted,
            };
            let built = v5_0::Unsuback::builder()
                .packet_id(id)
                .reason_codes(there.iter().map(code).collect())
                .build();
            self.built(built);
        } else {
            let built = v3_1_1::Unsuback::builder().packet_id(id).build();
            self.built(built);
        }
    }

    /// A free identifier for a message that is to be acknowledged.
    pub fn identifier(&mut self) -> Option<u16> {
        self.connection.acquire_packet_id().ok()
    }

    /// Tells a message; `sent` is its identifier where it is acknowledged, and whether it was sent before.
    pub fn tell(&mut self, told: &Told, sent: Option<(u16, bool)>) {
        let qos = match sent {
            Some(_) => Qos::AtLeastOnce,
            None => Qos::AtMostOnce,
        };
        let (id, again) = sent.map_or((None, false), |(id, again)| (Some(id), again));
        if again {
            // It was free, since this connection is new.
            let _ = id.map(|id| self.connection.register_packet_id(id));
        }
        let payload = told.payload.to_vec();
        if self.is_five() {
            let builder = v5_0::Publish::builder().topic_name(&told.topic);
            let built = builder.and_then(|builder| {
                builder
                    .qos(qos)
                    .retain(told.retain)
                    .dup(again)
                    .packet_id(id)
                    .props(told.beside(clock::now()))
                    .payload(payload)
                    .build()
            });
            self.built(built);
        } else {
            let builder = v3_1_1::Publish::builder().topic_name(&told.topic);
            let built = builder.and_then(|builder| {
                builder
                    .qos(qos)
                    .retain(told.retain)
                    .dup(again)
                    .packet_id(id)
                    .payload(payload)
                    .build()
            });
            self.built(built);
        }
    }
}

impl No {
    fn connect(self) -> ConnectReasonCode {
        match self {
            Self::WrongPassword => ConnectReasonCode::BadUserNameOrPassword,
            Self::BadClientId => ConnectReasonCode::ClientIdentifierNotValid,
            Self::NotAuthorized | Self::Revoked => ConnectReasonCode::NotAuthorized,
            Self::BadTopic => ConnectReasonCode::TopicNameInvalid,
            Self::BadPayload => ConnectReasonCode::PayloadFormatInvalid,
            Self::Quota => ConnectReasonCode::QuotaExceeded,
            Self::Method => ConnectReasonCode::BadAuthenticationMethod,
            Self::Malformed => ConnectReasonCode::MalformedPacket,
            Self::Protocol | Self::Shared | Self::Numbered => ConnectReasonCode::ProtocolError,
            Self::Busy | Self::TakenOver | Self::Silent | Self::Closing => {
                ConnectReasonCode::ServerBusy
            }
        }
    }

    fn disconnect(self) -> DisconnectReasonCode {
        match self {
            Self::NotAuthorized | Self::WrongPassword | Self::BadClientId | Self::Revoked => {
                DisconnectReasonCode::NotAuthorized
            }
            Self::BadTopic => DisconnectReasonCode::TopicNameInvalid,
            Self::BadPayload => DisconnectReasonCode::PayloadFormatInvalid,
            Self::Busy => DisconnectReasonCode::ServerBusy,
            Self::Quota => DisconnectReasonCode::QuotaExceeded,
            Self::TakenOver => DisconnectReasonCode::SessionTakenOver,
            Self::Silent => DisconnectReasonCode::KeepAliveTimeout,
            Self::Closing => DisconnectReasonCode::ServerShuttingDown,
            Self::Malformed => DisconnectReasonCode::MalformedPacket,
            Self::Protocol | Self::Method => DisconnectReasonCode::ProtocolError,
            Self::Shared => DisconnectReasonCode::SharedSubscriptionsNotSupported,
            Self::Numbered => DisconnectReasonCode::SubscriptionIdentifiersNotSupported,
        }
    }

    fn puback(self) -> PubackReasonCode {
        match self {
            Self::BadTopic => PubackReasonCode::TopicNameInvalid,
            Self::BadPayload => PubackReasonCode::PayloadFormatInvalid,
            Self::Quota => PubackReasonCode::QuotaExceeded,
            _ => PubackReasonCode::NotAuthorized,
        }
    }

    fn pubrec(self) -> PubrecReasonCode {
        match self {
            Self::BadTopic => PubrecReasonCode::TopicNameInvalid,
            Self::BadPayload => PubrecReasonCode::PayloadFormatInvalid,
            Self::Quota => PubrecReasonCode::QuotaExceeded,
            _ => PubrecReasonCode::NotAuthorized,
        }
    }
}
