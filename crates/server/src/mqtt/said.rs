//! What the packets of MQTT 3.1.1 and 5 say, in the same words.

use bytes::Bytes;
use mqtt_protocol_core::mqtt::{
    packet::{Packet, Property, Qos, RetainHandling, v5_0},
    result_code::DisconnectReasonCode,
};

use super::wire::{Beside, Filter, Heard, Introduction, Kept, Publish, Quality, Will};

/// What a packet says. Pings are answered by the library.
pub fn said(packet: Packet) -> Option<Heard> {
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
                    acknowledged: connect.will_qos() != Qos::AtMostOnce,
                    retain: connect.will_retain(),
                    beside: Beside::default(),
                    delay_s: 0,
                }),
                receive_maximum: u16::MAX,
                most_packet: u32::MAX,
                wants_words: true,
                other_method: false,
            }))
        }
        Packet::V5_0Connect(connect) => introduced(&connect),
        Packet::V3_1_1Publish(publish) => Heard::Publish(Publish {
            topic: publish.topic_name().to_owned(),
            payload: Bytes::copy_from_slice(publish.payload().as_slice()),
            quality: quality(publish.qos(), publish.packet_id()),
            retain: publish.retain(),
            again: publish.dup(),
            beside: Beside::default(),
        }),
        Packet::V5_0Publish(publish) => Heard::Publish(Publish {
            topic: publish.topic_name().to_owned(),
            payload: Bytes::copy_from_slice(publish.payload().as_slice()),
            quality: quality(publish.qos(), publish.packet_id()),
            retain: publish.retain(),
            again: publish.dup(),
            beside: beside(publish.props()),
        }),
        Packet::V3_1_1Subscribe(subscribe) => Heard::Subscribe {
            id: subscribe.packet_id(),
            filters: subscribe.entries().iter().map(filter).collect(),
            numbered: false,
        },
        Packet::V5_0Subscribe(subscribe) => Heard::Subscribe {
            id: subscribe.packet_id(),
            filters: subscribe.entries().iter().map(filter).collect(),
            numbered: (subscribe.props.iter())
                .any(|prop| matches!(prop, Property::SubscriptionIdentifier(_))),
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
    let (mut wants_words, mut other_method) = (true, false);
    for prop in connect.props() {
        match prop {
            Property::SessionExpiryInterval(expiry) => expiry_s = expiry.val(),
            Property::ReceiveMaximum(most) => receive_maximum = most.val(),
            Property::MaximumPacketSize(most) => most_packet = most.val(),
            Property::RequestProblemInformation(wants) => wants_words = wants.val() != 0,
            Property::AuthenticationMethod(_) => other_method = true,
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
            acknowledged: connect.will_qos() != Qos::AtMostOnce,
            retain: connect.will_retain(),
            beside: beside(connect.will_props()),
            delay_s: delay_s.unwrap_or(0),
        }),
        receive_maximum,
        most_packet,
        wants_words,
        other_method,
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

/// What goes with a message to who hears it ([MQTT-3.3.2-4] to [MQTT-3.3.2-20]).
fn beside(props: &[Property]) -> Beside {
    let seconds = props.iter().find_map(|prop| match prop {
        Property::MessageExpiryInterval(expiry) => Some(expiry.val()),
        _ => None,
    });
    let goes_along = |prop: &&Property| {
        matches!(
            prop,
            Property::PayloadFormatIndicator(_)
                | Property::ContentType(_)
                | Property::ResponseTopic(_)
                | Property::CorrelationData(_)
                | Property::UserProperty(_)
        )
    };
    Beside {
        properties: props.iter().filter(goes_along).cloned().collect(),
        seconds,
    }
}
