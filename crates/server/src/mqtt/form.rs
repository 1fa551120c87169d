//! What a packet must look like where the library does not look (MQTT 3.1.1 and 5): where it ends, the bits of its
//! first byte, the flags of a CONNECT, what must not stand in texts.

use mqtt_protocol_core::mqtt::packet::{MqttString, Packet, Property, Qos, SubEntry};

use super::wire::{MOST_PACKET, No};

/// The longest header of a packet: its first byte, and its length.
const LONGEST_HEADER: usize = 5;

/// What is wrong with the bytes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It introduces itself in another level of the protocol.
    Level,
    /// It is no packet.
    Malformed,
}

/// How long the packet is that begins here, as far as that is known; nothing also where its length is none.
pub fn length(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (place, byte) in bytes.iter().skip(1).take(LONGEST_HEADER - 1).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(2 + place + length);
        }
    }
    None
}

/// How many of these bytes are one packet; nothing where it is not whole. Of one that is too large, or has no
/// length, the header is enough to say so.
pub fn whole(bytes: &[u8]) -> Option<usize> {
    match length(bytes) {
        Some(length) if length > MOST_PACKET as usize => Some(bytes.len().min(LONGEST_HEADER)),
        Some(length) => (length <= bytes.len()).then_some(length),
        None => (bytes.len() >= LONGEST_HEADER).then_some(LONGEST_HEADER),
    }
}

/// What is wrong with a whole packet's first byte ([MQTT-2.1.3-1]), or with a CONNECT.
pub fn fault(packet: &[u8]) -> Option<Fault> {
    let first = *packet.first()?;
    let (kind, flags) = (first >> 4, first & 0x0F);
    let wanted = match kind {
        3 => return None,
        6 | 8 | 10 => 2,
        _ => 0,
    };
    if flags != wanted {
        return Some(Fault::Malformed);
    }
    if kind != 1 {
        return None;
    }
    let header = packet.iter().skip(1).take_while(|byte| **byte & 0x80 != 0);
    introduction(packet.get(2 + header.count()..)?)
}

/// What is wrong with the variable header of a CONNECT ([MQTT-3.1.2-1] to [MQTT-3.1.2-13]).
fn introduction(header: &[u8]) -> Option<Fault> {
    let Some(&[0, 4, b'M', b'Q', b'T', b'T', level, flags]) = header.first_chunk::<8>() else {
        return Some(Fault::Malformed);
    };
    if !matches!(level, 4 | 5) {
        return Some(Fault::Level);
    }
    let (will, quality_and_retain) = (flags & 0x04 != 0, flags & 0x38);
    let (name, password) = (flags & 0x80 != 0, flags & 0x40 != 0);
    let contradicts = flags & 0x01 != 0
        || (!will && quality_and_retain != 0)
        || flags & 0x18 == 0x18
        || (level == 4 && password && !name);
    contradicts.then_some(Fault::Malformed)
}

/// Where a CONNECT of MQTT 5 says that its sender takes no topic alias, which it may (section 3.1.2.11.5): the place of
/// that number's last byte. The library takes none for a mistake.
pub fn no_alias(packet: &[u8]) -> Option<usize> {
    // Behind the header stand the name, the level, the flags and the keep-alive.
    const LEVEL: usize = 6;
    const PROPERTIES: usize = 10;
    let header = 2 + packet
        .iter()
        .skip(1)
        .take_while(|byte| **byte & 0x80 != 0)
        .count();
    if packet.first()? >> 4 != 1 || *packet.get(header + LEVEL)? != 5 {
        return None;
    }
    let two = |at: usize| {
        Some(usize::from(u16::from_be_bytes([
            *packet.get(at)?,
            *packet.get(at + 1)?,
        ])))
    };
    let (mut left, mut at) = (0, header + PROPERTIES);
    for place in 0..4 {
        let byte = *packet.get(at)?;
        left |= usize::from(byte & 0x7F) << (7 * place);
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let end = at + left;
    while at < end {
        let length = match *packet.get(at)? {
            0x22 if two(at + 1)? == 0 => return Some(at + 2),
            0x17 | 0x19 => 1,
            0x21 | 0x22 => 2,
            0x11 | 0x27 => 4,
            0x15 | 0x16 => 2 + two(at + 1)?,
            0x26 => {
                let key = 2 + two(at + 1)?;
                key + 2 + two(at + 1 + key)?
            }
            _ => return None,
        };
        at += 1 + length;
    }
    None
}

/// What is wrong with what a packet says.
pub fn wrong(packet: &Packet) -> Option<No> {
    match packet {
        Packet::V3_1_1Connect(connect) => null([
            connect.client_id(),
            connect.user_name().unwrap_or_default(),
            connect.will_topic().unwrap_or_default(),
        ]),
        Packet::V5_0Connect(connect) => null([
            connect.client_id(),
            connect.user_name().unwrap_or_default(),
            connect.will_topic().unwrap_or_default(),
        ])
        .or_else(|| connect.will_props().iter().find_map(property)),
        Packet::V3_1_1Publish(publish) => {
            topic(publish.topic_name()).or_else(|| again_for_nothing(publish.qos(), publish.dup()))
        }
        Packet::V5_0Publish(publish) => topic(publish.topic_name())
            .or_else(|| again_for_nothing(publish.qos(), publish.dup()))
            .or_else(|| publish.props().iter().find_map(property)),
        Packet::V3_1_1Subscribe(subscribe) => filters(
            subscribe.packet_id(),
            subscribe.entries().iter().map(SubEntry::topic_filter),
        ),
        Packet::V5_0Subscribe(subscribe) => filters(
            subscribe.packet_id(),
            subscribe.entries().iter().map(SubEntry::topic_filter),
        ),
        Packet::V3_1_1Unsubscribe(unsubscribe) => filters(
            unsubscribe.packet_id(),
            unsubscribe.entries().iter().map(MqttString::as_str),
        ),
        Packet::V5_0Unsubscribe(unsubscribe) => filters(
            unsubscribe.packet_id(),
            unsubscribe.entries().iter().map(MqttString::as_str),
        ),
        // Who has named no method has nothing to show by one ([MQTT-4.12.0-7]).
        Packet::V5_0Auth(_) => Some(No::Protocol),
        _ => None,
    }
}

/// U+0000 stands in no text ([MQTT-1.5.4-2]).
fn null<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<No> {
    let mut texts = texts.into_iter();
    texts
        .any(|text| text.contains('\0'))
        .then_some(No::Malformed)
}

/// A message goes to one topic ([MQTT-3.3.2-2]).
fn topic(topic: &str) -> Option<No> {
    null([topic]).or_else(|| topic.contains(['#', '+']).then_some(No::BadTopic))
}

/// What nobody acknowledges is not sent again ([MQTT-3.3.1-2]).
fn again_for_nothing(qos: Qos, again: bool) -> Option<No> {
    (again && qos == Qos::AtMostOnce).then_some(No::Malformed)
}

fn filters<'t>(id: u16, filters: impl IntoIterator<Item = &'t str>) -> Option<No> {
    // [MQTT-2.2.1-3]
    (id == 0).then_some(No::Malformed).or_else(|| null(filters))
}

fn property(property: &Property) -> Option<No> {
    match property {
        Property::ResponseTopic(one) => {
            null([one.val()]).or_else(|| one.val().contains(['#', '+']).then_some(No::Protocol))
        }
        Property::ContentType(one) => null([one.val()]),
        Property::UserProperty(one) => null([one.key(), one.val()]),
        // The door gives none, and a client never does ([MQTT-3.3.4-6]).
        Property::SubscriptionIdentifier(_) => Some(No::Protocol),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_ends_where_its_length_says() {
        let check = |bytes: &[u8], is| assert_eq!(length(bytes), is, "{bytes:?}");
        check(&[], None);
        check(&[0xC0], None);
        check(&[0xC0, 0x00], Some(2));
        check(&[0x30, 0x80], None);
        check(&[0x30, 0x80, 0x01], Some(3 + 128));
        check(&[0x30, 0xFF, 0xFF, 0xFF, 0x7F], Some(5 + 268_435_455));
        check(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], None);
        assert_eq!(whole(&[0xC0, 0x00, 0xC0, 0x00]), Some(2));
        assert_eq!(whole(&[0x30, 0x03, 0x00]), None);
        // Too large, and no length: the header says so.
        assert_eq!(whole(&[0x30, 0xFF, 0xFF, 0x7F]), Some(4));
        assert_eq!(whole(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]), Some(5));
    }

    #[test]
    fn who_takes_no_alias_is_found() {
        let connect = |level: u8, properties: &[u8]| {
            let head = [0, 4, b'M', b'Q', b'T', b'T', level, 2, 0, 60];
            let length = u8::try_from(properties.len()).unwrap();
            let body = [head.as_slice(), &[length], properties, &[0, 0]].concat();
            let first = [0x10, u8::try_from(body.len()).unwrap()];
            let whole = [first.as_slice(), body.as_slice()].concat();
            no_alias(&whole)
        };
        let user = [0x26, 0, 1, b'a', 0, 3, 0x22, 0, 0];
        assert_eq!(connect(5, &[]), None);
        assert_eq!(connect(5, &[0x22, 0, 10]), None);
        assert_eq!(connect(5, &[0x22, 0, 0]), Some(15));
        assert_eq!(connect(4, &[0x22, 0, 0]), None);
        assert_eq!(connect(5, &[0x21, 0, 2, 0x22, 0, 0]), Some(18));
        assert_eq!(connect(5, &user), None);
        assert_eq!(connect(5, &[&user[..], &[0x22, 0, 0]].concat()), Some(24));
        assert_eq!(connect(5, &[0x26, 0, 200]), None);
        assert_eq!(no_alias(&[0x10]), None);
    }

    #[test]
    fn flags_say_what_they_may() {
        let connect = |level: u8, flags: u8| {
            fault(&[0x10, 10, 0, 4, b'M', b'Q', b'T', b'T', level, flags, 0, 0])
        };
        for level in [4, 5] {
            assert_eq!(connect(level, 0b1100_0010), None);
            assert_eq!(connect(level, 0b0011_0110), None);
            for bad in [
                0b0000_0011,
                0b0001_1110,
                0b0000_1010,
                0b0001_0010,
                0b0010_0010,
            ] {
                assert_eq!(connect(level, bad), Some(Fault::Malformed), "{bad:b}");
            }
        }
        assert_eq!(connect(5, 0b0100_0010), None, "a token without a name");
        assert_eq!(connect(4, 0b0100_0010), Some(Fault::Malformed));
        assert_eq!(connect(3, 2), Some(Fault::Level));
        assert_eq!(fault(&[0x10, 2, 0, 4]), Some(Fault::Malformed));
        for (first, good) in [(0x82, true), (0x80, false), (0xC0, true), (0xC1, false)] {
            assert_eq!(fault(&[first, 0]).is_none(), good, "{first:x}");
        }
    }
}
