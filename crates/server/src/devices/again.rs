//! By what a message of a device is known when it comes again: what the readings themselves do not tell.

use std::collections::{HashMap, VecDeque};

use record::{Arrived, LATELY, MessageId, QualityMark};
use vocabulary::{DeviceId, Digest, PatientId, Timestamp};

use super::Live;

/// In the place of the packet identifier of a message that is known by the time which it says. No packet has it.
const ANY_PACKET: u16 = 0;

/// What is kept at once came within this time, in milliseconds.
const AT_ONCE_MS: i64 = 2_000;

/// How a message was sent, where its sender waits for an acknowledgement.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Its packet identifier.
    pub packet: u16,
    /// Whether it was sent before.
    pub again: bool,
}

/// A message as it came.
pub(super) struct Message<'a> {
    /// Whose values it holds.
    pub subject: Option<&'a PatientId>,
    pub topic: &'a str,
    pub payload: &'a [u8],
    pub sent: Option<Sent>,
}

impl Message<'_> {
    /// By how it was sent: a message without a time that is sent anew is another measurement.
    fn as_sent(&self) -> Option<MessageId> {
        self.sent.map(|sent| by(sent.packet, self.payload))
    }

    /// By what it says, of whom, and at what time by its device, however it was sent.
    fn as_said(&self) -> MessageId {
        let subject = self.subject.map_or("", PatientId::as_str);
        let parts = [subject.as_bytes(), self.topic.as_bytes(), self.payload];
        by(ANY_PACKET, &parts.join(&b'\n'))
    }

    /// Names the message at those of its readings that do not tell it from another: where the device has no clock, and
    /// where it has a wrong one, since nobody may remember by how much its time was moved.
    pub fn name(&self, arrived: &mut [Arrived]) {
        let (mut as_sent, mut as_said) = (None, None);
        for one in arrived {
            one.message = if one.quality.iter().any(is_moved) {
                Some(*as_said.get_or_insert_with(|| self.as_said()))
            } else if one.quality.iter().any(QualityMark::is_without_time) {
                *as_sent.get_or_insert_with(|| self.as_sent())
            } else {
                None
            };
        }
    }
}

/// By what the latest messages of a device are known.
#[derive(Default)]
pub(super) struct Before {
    /// How they were sent, of those that were acknowledged.
    sent: VecDeque<MessageId>,
    /// What they said, of those that came before the program opened and whose time was moved.
    said: VecDeque<MessageId>,
    /// How they were sent and when they came, of those that have no other time and were not acknowledged yet.
    came: VecDeque<(MessageId, Timestamp)>,
}

impl Before {
    /// Whether a message came before.
    pub fn knows(&self, message: &Message<'_>) -> bool {
        // Sent again, since its acknowledgement was lost.
        let is_again = message.sent.is_some_and(|sent| sent.again);
        let as_sent = message.as_sent().filter(|_| is_again);
        as_sent.is_some_and(|sent| self.sent.contains(&sent))
            || (!self.said.is_empty() && self.said.contains(&message.as_said()))
    }

    /// When a message came first that was not acknowledged then: some of it may have been kept all the same, at an edge
    /// whose outbox had no room.
    pub fn came_first(&self, message: &Message<'_>) -> Option<Timestamp> {
        let is_again = message.sent.is_some_and(|sent| sent.again) && !self.came.is_empty();
        let as_sent = message.as_sent().filter(|_| is_again)?;
        let mut came = self.came.iter();
        came.find(|(known, _)| *known == as_sent).map(|(_, at)| *at)
    }

    /// Remembers when a message came whose readings have no other time.
    pub fn came(&mut self, arrived: &[Arrived]) {
        let mut all = arrived.iter();
        let named = all.find_map(|one| {
            let message = one.message.filter(|message| message.packet != ANY_PACKET)?;
            Some((message, one.received))
        });
        let Some((message, at)) = named else { return };
        self.came.retain(|(known, _)| *known != message);
        if self.came.len() == LATELY {
            self.came.pop_front();
        }
        self.came.push_back((message, at));
    }

    /// Remembers a message that was acknowledged.
    pub fn acknowledged(&mut self, packet: u16, payload: &[u8]) {
        let message = by(packet, payload);
        self.came.retain(|(known, _)| *known != message);
        self.remember(message);
    }

    fn remember(&mut self, message: MessageId) {
        let all = match message.packet {
            ANY_PACKET => &mut self.said,
            _ => &mut self.sent,
        };
        // The readings of one message stand together.
        if all.back() == Some(&message) {
            return;
        }
        if all.len() == LATELY {
            all.pop_front();
        }
        all.push_back(message);
    }
}

/// What of devices is known again from the log of arrivals, when the program opens: a message that was kept is known when
/// it comes again, also where its readings are sealed; and while these lie unsealed, the times of a wrong clock are moved
/// as before.
#[derive(Default)]
pub struct Recalled {
    pub(super) live: HashMap<DeviceId, Live>,
    /// What each device sent last of what is known again by its message.
    last: HashMap<DeviceId, Vec<Arrived>>,
}

impl Recalled {
    /// What was perhaps kept and not acknowledged when the program ended. It is known when it comes again, so whoever
    /// keeps it elsewhere too must do so now.
    pub fn last(&self) -> Vec<Arrived> {
        self.last.values().flatten().cloned().collect()
    }

    /// Takes up by what a message is known whose readings are sealed.
    pub fn know(&mut self, device: &DeviceId, message: MessageId) {
        let live = self.live.entry(device.clone()).or_default();
        live.before.remember(message);
    }

    /// Takes readings up, in the order in which they came.
    pub fn hear(&mut self, arrived: &Arrived) {
        // Who wrote these down vouched for their time.
        if arrived.quality.contains(&QualityMark::FromObservation) {
            return;
        }
        let device = &arrived.stream.device;
        let live = self.live.entry(device.clone()).or_default();
        if let Some(message) = arrived.message {
            live.before.remember(message);
            let last = self.last.entry(device.clone()).or_default();
            last.retain(|one| arrived.received.0 - one.received.0 <= AT_ONCE_MS);
            last.push(arrived.clone());
        }
        if arrived.quality.iter().any(QualityMark::is_without_time) {
            return;
        }
        let corrected = arrived.quality.iter().find_map(|mark| match mark {
            QualityMark::ClockCorrected { by_ms, doubt_ms } if *by_ms != 0 => {
                Some((*by_ms, *doubt_ms))
            }
            _ => None,
        });
        let stream = &arrived.stream.stream;
        live.intake(arrived.subject.as_ref())
            .recall(stream, &arrived.readings, corrected);
    }
}

/// Whether the time of a reading is another than its device said.
fn is_moved(mark: &QualityMark) -> bool {
    matches!(mark, QualityMark::ClockCorrected { by_ms, .. } if *by_ms != 0)
}

/// A message by its packet identifier and what tells its bytes from others.
fn by(packet: u16, bytes: &[u8]) -> MessageId {
    let digest = Digest::of(bytes).0;
    let mut first = [0; 8];
    first.copy_from_slice(digest.get(..8).unwrap_or(&[0; 8]));
    MessageId {
        packet,
        payload: u64::from_le_bytes(first),
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use ::devices::Profiles;
    use record::Signals as _;

    use super::{super::*, *};

    const NOW: i64 = 1_795_680_000_000;

    /// The thermometer of a home, which has no clock, after the program was opened with this in its log.
    fn opened(folder: &Path, log: &[Arrived]) -> (Devices, Registered) {
        let mut recalled = Recalled::default();
        for arrived in log {
            recalled.hear(arrived);
        }
        let profiles = Profiles::shipped().clone();
        let profile = Arc::clone(profiles.get("thermometer").unwrap());
        let devices = Devices::open(folder, profiles, recalled).unwrap();
        let thermometer = Registered {
            id: DeviceId::new("fever-1").unwrap(),
            name: String::new(),
            profile,
            patient: PatientId::new("p").ok(),
            since: None,
            location: None,
            serial: None,
            carrier: None,
            active: true,
            is_left_behind: false,
        };
        (devices, thermometer)
    }

    #[test]
    fn what_was_kept_and_not_acknowledged_before_a_crash_is_known_when_it_comes_again() {
        let folder = tempfile::tempdir().unwrap();
        let payload = br#"{"code":"150364","value":38.4,"unit":"Cel"}"#;
        let sent = |packet, again| Some(Sent { packet, again });
        let (devices, device) = opened(folder.path(), &[]);
        let first = devices.take(
            &device,
            "temperature",
            payload,
            sent(7, false),
            Timestamp(NOW),
        );
        assert_eq!(first.arrived.len(), 1);
        // The program was killed here: the reading is on disk.
        let (devices, device) = opened(folder.path(), &first.arrived);
        let later = Timestamp(NOW + 20_000);
        let again = devices.take(&device, "temperature", payload, sent(7, true), later);
        assert!(again.arrived.is_empty() && again.refused.is_none());
        // Another message that says the same is another measurement.
        for other in [sent(8, true), sent(7, false), None] {
            let taken = devices.take(&device, "temperature", payload, other, later);
            assert_eq!(taken.arrived.len(), 1, "{other:?}");
        }
    }

    #[test]
    fn what_a_live_device_sends_without_a_time_was_measured_when_it_came() {
        let folder = tempfile::tempdir().unwrap();
        for (kind, stream, payload, mark) in [
            (
                "thermometer",
                "temperature",
                &br#"{"code":"150364","value":38.4,"unit":"Cel"}"#[..],
                QualityMark::ClockUnknown,
            ),
            (
                "bedside-monitor",
                "spo2",
                br#"{"code":"150456","value":97,"unit":"%"}"#,
                QualityMark::ArrivalTime,
            ),
        ] {
            let (devices, mut device) = opened(folder.path(), &[]);
            device.profile = Arc::clone(Profiles::shipped().get(kind).unwrap());
            let sent = Some(Sent {
                packet: 7,
                again: false,
            });
            let taken = devices.take(&device, stream, payload, sent, Timestamp(NOW));
            assert_eq!(taken.arrived[0].quality, [mark]);
            // Nothing else would tell it when it comes again.
            assert!(taken.arrived[0].message.is_some());
        }
    }

    #[tokio::test]
    async fn what_an_edge_kept_and_had_not_put_behind_what_waits_goes_to_the_cloud_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        {
            let (_record, signals, _) = readings(folder.path());
            let (devices, device) = opened(folder.path(), &[]);
            for (packet, seconds) in [(6, 0), (7, 60)] {
                let payload = br#"{"code":"150364","value":38.4,"unit":"Cel"}"#;
                let sent = Some(Sent {
                    packet,
                    again: false,
                });
                let at = Timestamp(NOW + seconds * 1000);
                let taken = devices.take(&device, "temperature", payload, sent, at);
                signals.append(taken.arrived).await.unwrap();
            }
        }
        let token = folder.path().join("token");
        std::fs::write(&token, "secret").unwrap();
        let config = crate::config::Config {
            data: folder.path().to_owned(),
            cloud: Some("http://127.0.0.1:9".to_owned()),
            cloud_token: Some(token),
            ..crate::config::Config::default()
        };
        let hospital = crate::hospital::Hospital::open(config).unwrap();
        let state = hospital.edge.as_ref().unwrap();
        let state = state.state(hospital.signals.room()).unwrap();
        let state = serde_json::to_value(state).unwrap();
        assert_eq!(state["waiting"]["readings"], 1);
    }

    #[tokio::test]
    async fn what_was_kept_and_not_acknowledged_comes_again_at_the_time_when_it_came_first() {
        let folder = tempfile::tempdir().unwrap();
        let (_record, signals, _) = readings(folder.path());
        let (devices, device) = opened(folder.path(), &[]);
        let payload = br#"{"code":"150364","value":38.4,"unit":"Cel"}"#;
        let take = |packet, again, seconds: i64| {
            let sent = Some(Sent { packet, again });
            let at = Timestamp(NOW + seconds * 1000);
            devices
                .take(&device, "temperature", payload, sent, at)
                .arrived
        };
        // It is in the record; an outbox behind that had no room.
        let first = take(7, false, 0);
        assert_eq!(signals.append(first.clone()).await.unwrap()[0].new, 1);
        for seconds in [20, 40] {
            let again = take(7, true, seconds);
            assert_eq!(again, first);
            assert_eq!(signals.append(again).await.unwrap()[0].known, 1);
        }
        // Another message that says the same is another measurement, and so is one by the same name once this one was
        // acknowledged.
        assert_ne!(take(8, true, 50), first);
        devices.acknowledged(&device.id, 7, payload);
        assert!(take(7, true, 60).is_empty());
        assert_ne!(take(7, false, 70), first);
    }

    /// The hospital's readings in a log whose segments are full at once, and what of devices is known when it opens.
    fn readings(folder: &Path) -> (Arc<storage::Embedded>, storage::EmbeddedSignals, Recalled) {
        let clock = Arc::new(storage::SystemClock);
        let indexer = Arc::new(fhir::SearchIndexer);
        let record = storage::Embedded::open(folder, indexer, clock.clone());
        let record = Arc::new(record.unwrap());
        let options = storage::SignalOptions {
            segment_bytes: 1,
            ..storage::SignalOptions::default()
        };
        let mut recalled = Recalled::default();
        let show = |shown: storage::Shown<'_>| match shown {
            storage::Shown::Arrived(arrived) => recalled.hear(arrived),
            storage::Shown::Message(device, message) => recalled.know(device, message),
        };
        let signals =
            storage::EmbeddedSignals::open_with(Arc::clone(&record), clock, options, show);
        (record, signals.unwrap(), recalled)
    }

    /// Others send on: the segments that held what is sealed are removed.
    async fn others_send(
        folder: &Path,
        (signals, devices): (&storage::EmbeddedSignals, &Devices),
        from_ms: i64,
    ) {
        let (_, mut other) = opened(folder, &[]);
        other.id = DeviceId::new("fever-2").unwrap();
        let payload = br#"{"code":"150364","value":36.6,"unit":"Cel"}"#;
        for step in 0..4 {
            let at = Timestamp(from_ms + step);
            let taken = devices.take(&other, "temperature", payload, None, at);
            signals.append(taken.arrived).await.unwrap();
            signals.seal().await.unwrap();
        }
        let left = std::fs::read_dir(folder.join("signals")).unwrap();
        assert_eq!(left.count(), 1);
    }

    #[tokio::test]
    async fn what_is_sealed_and_not_acknowledged_before_a_crash_is_known_when_it_comes_again() {
        let folder = tempfile::tempdir().unwrap();
        let sent = |packet, again| Some(Sent { packet, again });
        // One has no clock, the other's is at 1970.
        let messages = [
            &br#"{"code":"150364","value":38.4,"unit":"Cel"}"#[..],
            br#"{"t":5000,"code":"150364","value":37.1,"unit":"Cel"}"#,
        ];
        {
            let (_record, signals, _) = readings(folder.path());
            let (devices, device) = opened(folder.path(), &[]);
            for (packet, payload) in (1..).zip(messages) {
                let at = Timestamp(NOW + i64::from(packet) * 10_000);
                let taken = devices.take(&device, "temperature", payload, sent(packet, false), at);
                assert_eq!(signals.append(taken.arrived).await.unwrap()[0].new, 1);
            }
            signals.seal().await.unwrap();
            others_send(folder.path(), (&signals, &devices), NOW + 30_000).await;
        }
        // Killed twice, so that what was carried on is carried on again.
        for _ in 0..2 {
            let (_record, signals, recalled) = readings(folder.path());
            let profiles = Profiles::shipped().clone();
            let devices = Devices::open(folder.path(), profiles, recalled).unwrap();
            let (_, device) = opened(folder.path(), &[]);
            let later = Timestamp(NOW + 90_000);
            for (packet, payload) in (1..).zip(messages) {
                let taken =
                    devices.take(&device, "temperature", payload, sent(packet, true), later);
                assert!(taken.arrived.is_empty() && taken.refused.is_none());
            }
            // Another message that says the same is another measurement.
            let another = devices.take(&device, "temperature", messages[0], sent(8, true), later);
            assert_eq!(another.arrived.len(), 1);
            let (_, mut other) = opened(folder.path(), &[]);
            other.id = DeviceId::new("fever-3").unwrap();
            let taken = devices.take(&other, "temperature", messages[0], None, later);
            signals.append(taken.arrived).await.unwrap();
            signals.seal().await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_a_wrong_clock_said_is_known_under_another_packet_identifier() {
        let folder = tempfile::tempdir().unwrap();
        let sent = |packet, again| Some(Sent { packet, again });
        let says = |t_ms: i64, value: f64| {
            format!(r#"{{"t":{t_ms},"code":"150364","value":{value},"unit":"Cel"}}"#)
        };
        let messages = [says(5_000, 37.1), says(6_000, 37.2), says(7_000, 37.3)];
        {
            let (_record, signals, _) = readings(folder.path());
            let (devices, device) = opened(folder.path(), &[]);
            // The second was faster on its way, so that times are moved by less from then on.
            for (packet, payload, late_ms) in [
                (1, &messages[0], 900),
                (2, &messages[1], 0),
                (3, &messages[2], 0),
            ] {
                let at = Timestamp(NOW + i64::from(packet) * 1_000 + late_ms);
                let payload = payload.as_bytes();
                let taken = devices.take(&device, "temperature", payload, sent(packet, false), at);
                assert_eq!(signals.append(taken.arrived).await.unwrap()[0].new, 1);
            }
            signals.seal().await.unwrap();
            others_send(folder.path(), (&signals, &devices), NOW + 30_000).await;
        }
        // Killed twice, so that what was carried on is carried on again.
        for killed in 1..=2_u8 {
            let (_record, signals, recalled) = readings(folder.path());
            let profiles = Profiles::shipped().clone();
            let devices = Devices::open(folder.path(), profiles, recalled).unwrap();
            let (_, device) = opened(folder.path(), &[]);
            let minutes = Timestamp(NOW + i64::from(killed) * 600_000);
            // Neither the packet identifiers nor the order are those of before, nor does it say that it sends again.
            for (packet, payload) in (40_u16..).zip([&messages[2], &messages[0], &messages[1]]) {
                let payload = payload.as_bytes();
                for sent in [sent(packet, false), sent(packet, true), None] {
                    let taken = devices.take(&device, "temperature", payload, sent, minutes);
                    assert!(taken.arrived.is_empty() && taken.refused.is_none());
                }
            }
            // What it says at another time, of another patient or in other values is another measurement, and what
            // came again has not shifted its clock.
            let (_, mut handed_on) = opened(folder.path(), &[]);
            handed_on.patient = PatientId::new("q").ok();
            for (device, payload) in [
                (&device, says(8_000 + i64::from(killed), 37.1)),
                (&device, says(5_000, 37.9 + f64::from(killed))),
                (&handed_on, messages[0].clone()),
            ] {
                let payload = payload.as_bytes();
                let taken = devices.take(device, "temperature", payload, None, minutes);
                assert_eq!(taken.arrived.len(), 1);
                let doubt_ms = taken.arrived[0].quality.iter().find_map(|mark| match mark {
                    QualityMark::ClockCorrected { doubt_ms, .. } => Some(*doubt_ms),
                    _ => None,
                });
                assert!(
                    doubt_ms.is_some_and(|doubt_ms| doubt_ms <= 5_000),
                    "{doubt_ms:?}"
                );
            }
            let none = devices.take(&device, "temperature", b"{}", None, minutes);
            assert!(none.refused.is_some());
            others_send(folder.path(), (&signals, &devices), minutes.0).await;
        }
    }

    #[test]
    fn a_message_is_kept_only_where_nothing_else_tells_it_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let (devices, device) = opened(folder.path(), &[]);
        let payload = format!(r#"{{"t":{NOW},"code":"150364","value":101.1,"unit":"[degF]"}}"#);
        let sent = Some(Sent {
            packet: 7,
            again: false,
        });
        let at = Timestamp(NOW);
        let taken = devices.take(&device, "temperature", payload.as_bytes(), sent, at);
        let [arrived] = &taken.arrived[..] else {
            panic!("one reading")
        };
        assert_eq!(arrived.message, None);
        let converted = QualityMark::Converted {
            from: "[degF]".to_owned(),
            sent: Some("101.1".to_owned()),
        };
        assert_eq!(arrived.quality, [converted]);
        assert!(fhir::is_trustworthy(&arrived.quality));
    }
}
