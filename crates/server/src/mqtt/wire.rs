//! One connection's protocol state, without its socket: bytes in, what was said out; and the other way.
//!
//! MQTT 3.1.1 and 5 become one here. The library knows packets, identifiers and timers; what is acknowledged, and
//! when, is decided outside.

use std::time::Duration;

use bytes::Bytes;
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event, TimerKind},
    packet::{
        GenericPacketTrait as _, Packet, Properties, Property, Qos, ReasonString, ReceiveMaximum,
        RetainHandling, SessionExpiryInterval, SharedSubscriptionAvailable,
        SubscriptionIdentifierAvailable, TopicAliasMaximum, v3_1_1, v5_0,
    },
    result_code::{
        ConnectReasonCode, ConnectReturnCode, DisconnectReasonCode, PubackReasonCode,
        PubrecReasonCode, SubackReasonCode, SubackReturnCode, UnsubackReasonCode,
    },
    role,
};

/// The most bytes of one packet: a payload, and what stands around it.
pub const MOST_PACKET: u32 = 132 << 10;
/// So many messages may be unacknowledged in each direction (MQTT 5; 3.1.1 has the bytes of one reading).
const IN_FLIGHT: u16 = 256;

/// What the other side said.
pub enum Heard {
    /// It introduces itself.
    Connect(Box<Introduction>),
    /// A message.
    Publish(Publish),
    /// It wants to hear these.
    Subscribe { id: u16, filters: Vec<Filter> },
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
}

/// What is told when somebody goes without a word.
#[derive(Clone)]
pub struct Will {
    pub topic: String,
    pub payload: Bytes,
    pub retain: bool,
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        }
    }
}

impl Wire {
    /// Takes bytes; says what was said in them.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut cursor = Cursor::new(bytes);
        while cursor.position() < bytes.len() as u64 && !self.closing {
            let events = self.connection.recv(&mut cursor);
            self.handle(events, &mut heard);
        }
        heard
    }

    /// Whether it speaks MQTT 5.
    pub fn is_five(&self) -> bool {
        self.connection.get_protocol_version() == Version::V5_0
    }

    fn handle(&mut self, events: Vec<Event>, heard: &mut Vec<Heard>) {
        for event in events {
            match event {
                Event::NotifyPacketReceived(packet) => heard.extend(said(packet)),
                Event::RequestSendPacket { packet, .. } => {
                    self.out.extend(packet.to_continuous_buffer());
                }
                Event::RequestTimerReset {
                    kind: TimerKind::PingreqRecv,
                    duration_ms,
                } => self.silence = Some(Duration::from_millis(duration_ms)),
                // Whatever is against the protocol ends the connection.
                Event::NotifyError(_) | Event::RequestClose => self.closing = true,
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

    /// Welcomes who connected.
    pub fn welcome(&mut self, session_present: bool, expiry_s: u32) {
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
        if self.is_five() && !self.closing {
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
        let rest = 2 + told.topic.len() + identifier + 1 + told.payload.len();
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
        let fits = why.len() + 16 <= self.most_packet as usize;
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

/// What a packet says. Pings are answered by the library.
fn said(packet: Packet) -> Option<Heard> {
    Some(match packet {
        Packet::V3_1_1Connect(connect) => {
            let clean = connect.clean_session();
            Heard::Connect(Box::new(Introduction {
                client: connect.client_id().to_owned(),
                user: connect.user_name().map(str::to_owned),
                password: connect.password().map(<[u8]>::to_vec),
                clean,
                // A session that is not clean has no end in 3.1.1; the hospital gives it one.
                expiry_s: if clean { 0 } else { u32::MAX },
                will: connect.will_topic().map(|topic| Will {
                    topic: topic.to_owned(),
                    payload: Bytes::copy_from_slice(connect.will_payload().unwrap_or_default()),
                    retain: connect.will_retain(),
                    delay_s: 0,
                }),
                receive_maximum: IN_FLIGHT,
                most_packet: u32::MAX,
            }))
        }
        Packet::V5_0Connect(connect) => introduced(&connect),
        Packet::V3_1_1Publish(publish) => Heard::Publish(Publish {
            topic: publish.topic_name().to_owned(),
            payload: Bytes::copy_from_slice(publish.payload().as_slice()),
            quality: quality(publish.qos(), publish.packet_id()),
            retain: publish.retain(),
            again: publish.dup(),
        }),
        Packet::V5_0Publish(publish) => Heard::Publish(Publish {
            topic: publish.topic_name().to_owned(),
            payload: Bytes::copy_from_slice(publish.payload().as_slice()),
            quality: quality(publish.qos(), publish.packet_id()),
            retain: publish.retain(),
            again: publish.dup(),
        }),
        Packet::V3_1_1Subscribe(subscribe) => Heard::Subscribe {
            id: subscribe.packet_id(),
            filters: subscribe.entries().iter().map(filter).collect(),
        },
        Packet::V5_0Subscribe(subscribe) => Heard::Subscribe {
            id: subscribe.packet_id(),
            filters: subscribe.entries().iter().map(filter).collect(),
        },
        Packet::V3_1_1Unsubscribe(unsubscribe) => Heard::Unsubscribe {
            id: unsubscribe.packet_id(),
            filters: (unsubscribe.entries().iter())
                .map(|entry| entry.as_str().to_owned())
                .collect(),
        },
        Packet::V5_0Unsubscribe(unsubscribe) => Heard::Unsubscribe {
            id: unsubscribe.packet_id(),
            filters: (unsubscribe.entries().iter())
                .map(|entry| entry.as_str().to_owned())
                .collect(),
        },
        Packet::V3_1_1Puback(puback) => Heard::Acknowledged {
            id: puback.packet_id(),
        },
        Packet::V5_0Puback(puback) => Heard::Acknowledged {
            id: puback.packet_id(),
        },
        Packet::V3_1_1Pubrel(pubrel) => Heard::Released {
            id: pubrel.packet_id(),
        },
        Packet::V5_0Pubrel(pubrel) => Heard::Released {
            id: pubrel.packet_id(),
        },
        Packet::V3_1_1Disconnect(_) => Heard::Leaves {
            with_will: false,
            expiry_s: None,
        },
        Packet::V5_0Disconnect(disconnect) => {
            let expiry_s = disconnect
                .props()
                .iter()
                .flatten()
                .find_map(|prop| match prop {
                    Property::SessionExpiryInterval(expiry) => Some(expiry.val()),
                    _ => None,
                });
            Heard::Leaves {
                with_will: disconnect.reason_code()
                    == Some(DisconnectReasonCode::DisconnectWithWillMessage),
                expiry_s,
            }
        }
        _ => return None,
    })
}

fn introduced(connect: &v5_0::Connect) -> Heard {
    let (mut expiry_s, mut receive_maximum, mut most_packet) = (0, u16::MAX, u32::MAX);
    for prop in connect.props() {
        match prop {
            Property::SessionExpiryInterval(expiry) => expiry_s = expiry.val(),
            Property::ReceiveMaximum(most) => receive_maximum = most.val(),
            Property::MaximumPacketSize(most) => most_packet = most.val(),
            _ => {}
        }
    }
    let delay_s = connect.will_props().iter().find_map(|prop| match prop {
        Property::WillDelayInterval(delay) => Some(delay.val()),
        _ => None,
    });
    Heard::Connect(Box::new(Introduction {
        client: connect.client_id().to_owned(),
        user: connect.user_name().map(str::to_owned),
        password: connect.password().map(<[u8]>::to_vec),
        clean: connect.clean_start(),
        expiry_s,
        will: connect.will_topic().map(|topic| Will {
            topic: topic.to_owned(),
            payload: Bytes::copy_from_slice(connect.will_payload().unwrap_or_default()),
            retain: connect.will_retain(),
            delay_s: delay_s.unwrap_or(0),
        }),
        receive_maximum: receive_maximum.min(IN_FLIGHT),
        most_packet,
    }))
}

fn quality(qos: Qos, id: Option<u16>) -> Quality {
    match (qos, id) {
        (Qos::AtLeastOnce, Some(id)) => Quality::AtLeastOnce(id),
        (Qos::ExactlyOnce, Some(id)) => Quality::ExactlyOnce(id),
        _ => Quality::AtMostOnce,
    }
}

fn filter(entry: &mqtt_protocol_core::mqtt::packet::SubEntry) -> Filter {
    let options = entry.sub_opts();
    Filter {
        filter: entry.topic_filter().to_owned(),
        acknowledged: options.qos() != Qos::AtMostOnce,
        not_own: options.nl(),
        as_published: options.rap(),
        kept: match options.rh() {
            RetainHandling::SendRetained => Kept::Always,
            RetainHandling::SendRetainedIfNotExists => Kept::WhenNew,
            RetainHandling::DoNotSendRetained => Kept::Never,
        },
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
