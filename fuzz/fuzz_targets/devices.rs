//! Any bytes as messages of devices of every kind: refused with a reason, or readings that can be true; the same
//! again is a duplicate. And any bytes as MQTT, from the first and behind a sound introduction.
#![no_main]

use devices::{Acknowledgement, Intake, Mark, Profiles, Samples, State};
use libfuzzer_sys::fuzz_target;
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event},
    packet::GenericPacketTrait,
    role,
};
use vocabulary::Timestamp;

const NOW: Timestamp = Timestamp(1_795_680_000_000);
const CONNECT: &[u8] = b"\x10\x11\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x04dev1";

fn payload(profile: usize, topic: usize, bytes: &[u8]) {
    let all: Vec<_> = Profiles::shipped().all().collect();
    let profile = all[profile % all.len()];
    let streams = profile.streams.iter().map(|stream| stream.name.as_str());
    let topics: Vec<_> = streams.chain(profile.groups.iter().map(|group| group.name.as_str())).collect();
    let topic = topics[topic % topics.len()];
    let mut intake = Intake::default();
    let taken = match intake.take(profile, topic, bytes, NOW) {
        Ok(taken) => taken,
        Err(refusal) => {
            assert!(!refusal.code().is_empty() && !refusal.text().zh.is_empty());
            return;
        }
    };
    let mut timed = true;
    for reading in &taken.readings {
        let stream = profile.stream(&reading.stream).expect("a stream of the profile");
        let values = match &reading.samples {
            Samples::One { value, .. } => std::slice::from_ref(value),
            Samples::Regular { values, .. } => values,
        };
        assert!(!values.is_empty() && values.iter().all(|value| stream.is_plausible(*value)));
        assert_eq!(reading.unit, stream.unit);
        timed &= !reading.marks.contains(&Mark::ClockAbsent);
    }
    let again = intake.take(profile, topic, bytes, NOW).expect("taken before");
    assert!(!timed || again.readings.is_empty());
}

fn wire(introduced: bool, bytes: &[u8]) {
    let options = ConnectionOptions::new().maximum_packet_size_recv(4096);
    let mut connection = Connection::<role::Server>::with_options(Version::Undetermined, options);
    connection.set_auto_ping_response(true);
    let start: &[u8] = if introduced { CONNECT } else { b"" };
    for part in [start, bytes] {
        let mut cursor = Cursor::new(part);
        while cursor.position() < part.len() as u64 {
            for event in connection.recv(&mut cursor) {
                match event {
                    Event::RequestSendPacket { packet, .. } => drop(packet.to_continuous_buffer()),
                    Event::NotifyError(_) | Event::RequestClose => return,
                    _ => {}
                }
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [which, topic, rest @ ..] = bytes else { return };
    match which % 4 {
        0 => wire(topic % 2 == 0, rest),
        1 => {
            let _ = State::read(rest);
            let _ = Acknowledgement::read(rest);
        }
        _ => payload(usize::from(which / 4), usize::from(*topic), rest),
    }
});
