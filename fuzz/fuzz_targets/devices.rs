//! Any bytes as messages of devices of every kind: refused with a reason, or readings that can be true; the same
//! again is a duplicate. And any bytes as MQTT, from the first and behind a sound introduction; and as HL7 v2, from the
//! first and behind a sound header.
#![no_main]

use devices::{Acknowledgement, Intake, Mark, Profiles, State};
use libfuzzer_sys::fuzz_target;
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event},
    packet::GenericPacketTrait,
    role,
};
use vocabulary::{Readings, Timestamp};

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
            Readings::One { value, .. } => std::slice::from_ref(value),
            Readings::Regular { values, .. } => values,
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

const HEADER: &[u8] = b"MSH|^~\\&|A|B|C|D|20261126080000+0800||ORU^R01^ORU_R01|1|P|2.6\rOBR|1\r";

fn hl7(framed: bool, bytes: &[u8]) {
    let messages = if framed {
        hl7v2::Frames::new(4096).feed(bytes).unwrap_or_default()
    } else {
        vec![[HEADER, bytes].concat()]
    };
    // In a file each message begins with its header, and nothing comes that was not there.
    let in_file = hl7v2::messages(bytes);
    assert!(in_file.iter().all(|message| message.starts_with(b"MSH")));
    assert!(in_file.iter().map(Vec::len).sum::<usize>() <= bytes.len() + 1);
    for message in messages {
        let (header, read) = hl7v2::Results::read(&message, |_| Ok(None));
        let faults = match read {
            Ok(results) => {
                assert!(results.measured.iter().all(|one| one.value.is_finite() && !one.units.is_empty()));
                vec![]
            }
            Err(refusal) => vec![refusal],
        };
        let answer = hl7v2::acknowledge(header.as_ref(), hl7v2::Answer::Error, &faults, "1", NOW);
        assert_eq!(answer.matches('\r').count(), 2 + faults.len(), "no text of others makes a segment");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [which, topic, rest @ ..] = bytes else { return };
    match which % 6 {
        4 | 5 => hl7(which % 6 == 4, bytes),
        0 => wire(topic % 2 == 0, rest),
        1 => {
            let _ = State::read(rest);
            let _ = Acknowledgement::read(rest);
        }
        _ => payload(usize::from(which / 4), usize::from(*topic), rest),
    }
});
