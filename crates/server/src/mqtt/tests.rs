//! What a device is told, where what it sent cannot be kept.

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use policy::{Actor, PasswordHash, PasswordRule, Permit, Role};
use record::{
    Arrived, Batch, NewFact, Precondition, ReadingPage, RecordError, ResourceKey, RollUp, Room,
    SeriesQuery, SeriesSummary, Signals, SpanQuery, Taken,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    sync::{broadcast, mpsc, oneshot, watch},
};
use vocabulary::{ActorId, DeviceId, Digest, Timestamp};

use super::{
    Broker,
    connection::{self, Peer},
    messages::{self, send_command},
    session::Waiting,
    topic,
    wire::{Beside, Publish, Quality, Told},
};
use crate::{
    accounts::ACCOUNTS,
    clock,
    devices::{self, NewDevice},
    hospital::{Hospital, hospital_actor},
};

/// A record of readings that keeps or refuses each append as it is told.
struct Gated {
    inner: Arc<dyn Signals>,
    asked: mpsc::UnboundedSender<oneshot::Sender<bool>>,
}

#[async_trait]
impl Signals for Gated {
    async fn append(&self, arrived: Vec<Arrived>) -> Result<Vec<Taken>, RecordError> {
        let (gate, opens) = oneshot::channel();
        self.asked.send(gate).unwrap();
        match opens.await {
            Ok(true) => self.inner.append(arrived).await,
            _ => Err(RecordError::Full),
        }
    }

    fn live(&self, permit: &Permit) -> Result<broadcast::Receiver<Arc<Arrived>>, RecordError> {
        self.inner.live(permit)
    }

    fn unkept(&self, permit: &Permit) -> Result<broadcast::Receiver<Arc<Arrived>>, RecordError> {
        self.inner.unkept(permit)
    }

    fn room(&self) -> Room {
        self.inner.room()
    }

    async fn series(
        &self,
        permit: &Permit,
        query: &SeriesQuery,
    ) -> Result<Vec<SeriesSummary>, RecordError> {
        self.inner.series(permit, query).await
    }

    async fn read(
        &self,
        permit: &Permit,
        span: &SpanQuery,
        limit: usize,
    ) -> Result<ReadingPage, RecordError> {
        self.inner.read(permit, span, limit).await
    }

    async fn rollup(
        &self,
        permit: &Permit,
        span: &SpanQuery,
        points: usize,
    ) -> Result<RollUp, RecordError> {
        self.inner.rollup(permit, span, points).await
    }

    async fn seal(&self) -> Result<(), RecordError> {
        self.inner.seal().await
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&length, text.as_bytes()].concat()
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut length = body.len();
    let mut packet = vec![first];
    while length > 127 {
        packet.push(u8::try_from(length % 128).unwrap() | 0x80);
        length /= 128;
    }
    packet.push(u8::try_from(length).unwrap());
    packet.extend(body);
    packet
}

/// An introduction in MQTT 3.1.1.
fn introduction(device: &str, token: &str) -> Vec<u8> {
    let names = [text(device), text(device), text(token)].concat();
    let introduction = [text("MQTT"), vec![4, 0xc2, 0, 60], names].concat();
    packet(0x10, &introduction)
}

/// A message of `QoS` 1.
fn message(device: &str, payload: &str) -> Vec<u8> {
    let topic = text(&format!("yuanyi/v1/{device}/spo2"));
    let message = [topic, vec![0, 7], payload.as_bytes().to_vec()].concat();
    packet(0x32, &message)
}

async fn connects(
    broker: &Arc<Broker>,
    closed: &watch::Receiver<bool>,
    says: &[u8],
) -> DuplexStream {
    let (mut ours, theirs) = duplex(1 << 16);
    let peer = Peer {
        from: "127.0.0.1:1".parse().unwrap(),
        certificate: None,
        stranger: None,
    };
    tokio::spawn(connection::run(
        theirs,
        peer,
        Arc::clone(broker),
        closed.clone(),
    ));
    ours.write_all(says).await.unwrap();
    let mut welcome = [0; 4];
    ours.read_exact(&mut welcome).await.unwrap();
    assert_eq!(welcome, [0x20, 2, 0, 0]);
    ours
}

#[tokio::test(flavor = "current_thread")]
async fn a_copy_is_not_acknowledged_before_the_first_is_on_disk() {
    let (folder, mut hospital) = Hospital::of_test();
    let (asked, mut gates) = mpsc::unbounded_channel();
    let inner = Arc::clone(&hospital.signals);
    Arc::get_mut(&mut hospital).unwrap().signals = Arc::new(Gated { inner, asked });
    let device = DeviceId::new("ox-1").unwrap();
    let new: NewDevice = serde_json::from_str(r#"{"profile": "pulse-oximeter"}"#).unwrap();
    devices::register(&hospital, &hospital_actor(), &device, &new)
        .await
        .unwrap();
    let token = hospital.devices.kept.issue(&device).unwrap();
    let broker = Broker::new(Arc::clone(&hospital), folder.path()).unwrap();
    let (_close, closed) = watch::channel(false);
    let payload = r#"{"t": 1790000000000, "code": "150456", "value": 97, "unit": "%"}"#;
    let (introduction, says) = (introduction("ox-1", &token), message("ox-1", payload));

    let mut first = connects(&broker, &closed, &introduction).await;
    first.write_all(&says).await.unwrap();
    let first_gate = gates.recv().await.unwrap();
    // It lost patience, and sends the same on another connection.
    let mut second = connects(&broker, &closed, &introduction).await;
    second.write_all(&says).await.unwrap();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    first_gate.send(false).unwrap();
    let second_gate = tokio::select! {
        gate = gates.recv() => gate.unwrap(),
        said = second.read_u8() => panic!("acknowledged, and not on disk: {said:?}"),
    };
    second_gate.send(true).unwrap();
    let mut acknowledged = [0; 4];
    second.read_exact(&mut acknowledged).await.unwrap();
    assert_eq!(acknowledged, [0x40, 2, 0, 7]);
    let quality = hospital
        .devices
        .with_quality(&device, |quality| quality.clone());
    assert_eq!(quality.duplicates, 0);
}

#[tokio::test(flavor = "current_thread")]
async fn what_has_no_room_is_listened_to_and_not_acknowledged() {
    let (folder, mut hospital) = Hospital::of_test();
    let (asked, mut gates) = mpsc::unbounded_channel();
    let inner = Arc::clone(&hospital.signals);
    Arc::get_mut(&mut hospital).unwrap().signals = Arc::new(Gated { inner, asked });
    let device = DeviceId::new("ox-1").unwrap();
    let new: NewDevice = serde_json::from_str(r#"{"profile": "pulse-oximeter"}"#).unwrap();
    devices::register(&hospital, &hospital_actor(), &device, &new)
        .await
        .unwrap();
    let token = hospital.devices.kept.issue(&device).unwrap();
    let broker = Broker::new(Arc::clone(&hospital), folder.path()).unwrap();
    let (_close, closed) = watch::channel(false);
    let mut own = connects(&broker, &closed, &introduction("ox-1", &token)).await;
    // It goes on being heard, and once there is room again nothing is acknowledged before what came first.
    for (value, has_room) in [(97, false), (62, false), (63, true)] {
        let t = 1_790_000_000_000_i64;
        let payload = json!({"t": t, "code": "150456", "value": value, "unit": "%"});
        let says = message("ox-1", &payload.to_string());
        own.write_all(&says).await.unwrap();
        gates.recv().await.unwrap().send(has_room).unwrap();
    }
    let said = tokio::time::timeout(Duration::from_millis(300), own.read_u8()).await;
    assert!(said.is_err(), "{said:?}");
    let quality = hospital
        .devices
        .with_quality(&device, |quality| quality.clone());
    assert_eq!(quality.refusals, [("no-room".to_owned(), 2)].into());
    assert_eq!((quality.messages, quality.accepted), (3, 1));
}

/// A message of a device, about no patient.
fn says(topic: String) -> Waiting {
    Waiting {
        told: Told {
            topic,
            payload: "{}".into(),
            acknowledged: false,
            retain: false,
            properties: Arc::default(),
            until: None,
        },
        about: None,
        again: None,
        place: None,
    }
}

/// The first byte of the next packet, and its body.
async fn next(from: &mut DuplexStream) -> (u8, Vec<u8>) {
    let first = from.read_u8().await.unwrap();
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = from.read_u8().await.unwrap();
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await.unwrap();
    (first, body)
}

/// What comes of a wish to hear.
async fn wishes(to: &mut DuplexStream, filter: &str) -> u8 {
    let wish = [vec![0, 1], text(filter), vec![0]].concat();
    to.write_all(&packet(0x82, &wish)).await.unwrap();
    let (first, body) = next(to).await;
    assert_eq!((first, body.len()), (0x90, 3));
    body[2]
}

#[tokio::test(flavor = "current_thread")]
async fn where_staff_are_and_commands_are_not_for_everybody() {
    let (folder, hospital) = Hospital::of_test();
    let password = PasswordHash::of("a password of some length 7", PasswordRule::Hospital).unwrap();
    for (who, role) in [
        ("wang.nurse", Role::Nurse),
        ("li.terminal", Role::TerminalDoctor),
        ("admin", Role::Admin),
    ] {
        let actor = Actor {
            id: ActorId::new(who).unwrap(),
            name: who.to_owned(),
            roles: [role].into(),
            patient: None,
        };
        hospital.accounts.put(&actor, &password).unwrap();
    }
    let [tag, kit] = ["tag-1", "kit-1"].map(|id| DeviceId::new(id).unwrap());
    for (id, new) in [
        (
            &tag,
            json!({"profile": "location-tag", "carrier": "Practitioner/wang.nurse"}),
        ),
        (&kit, json!({"profile": "pulse-oximeter"})),
    ] {
        let new: NewDevice = serde_json::from_value(new).unwrap();
        devices::register(&hospital, &hospital_actor(), id, &new)
            .await
            .unwrap();
    }
    let broker = Broker::new(Arc::clone(&hospital), folder.path()).unwrap();
    let (_close, closed) = watch::channel(false);
    let (state, asked) = (topic::state, topic::command);
    for (who, heard) in [
        ("wang.nurse", vec![state(&tag), state(&kit)]),
        ("li.terminal", vec![state(&kit)]),
        ("admin", vec![asked(&kit), state(&kit)]),
    ] {
        let id = ActorId::new(who).unwrap();
        let token = hospital.accounts.issue(&id, 60_000, None).unwrap();
        let mut guest = connects(&broker, &closed, &introduction(who, &token)).await;
        let is_own = if who == "wang.nurse" { 0 } else { 0x80 };
        assert_eq!(wishes(&mut guest, "yuanyi/v1/tag-1/+").await, is_own);
        let may_ask = if who == "admin" { 0 } else { 0x80 };
        assert_eq!(wishes(&mut guest, &asked(&kit)).await, may_ask);
        assert_eq!(wishes(&mut guest, "yuanyi/v1/#").await, 0);
        broker.sessions.tell(None, &tag, &says(state(&tag)));
        let parameters = json!({});
        let command = hospital
            .devices
            .new_command(kit.clone(), "locate", parameters, &id)
            .unwrap();
        send_command(&broker, &command);
        broker.sessions.tell(None, &kit, &says(state(&kit)));
        for expected in heard {
            let (first, body) = next(&mut guest).await;
            assert_eq!(first & 0xf0, 0x30, "{who}");
            let length = usize::from(body[1]);
            let told = String::from_utf8(body[2..2 + length].to_vec()).unwrap();
            assert_eq!(told, expected, "{who}");
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn only_the_device_hears_what_lets_it_fetch_a_package() {
    let (folder, hospital) = Hospital::of_test();
    let password = PasswordHash::of("a password of some length 7", PasswordRule::Hospital).unwrap();
    let admin = Actor {
        id: ActorId::new("admin").unwrap(),
        name: "admin".to_owned(),
        roles: [Role::Admin].into(),
        patient: None,
    };
    hospital.accounts.put(&admin, &password).unwrap();
    let device = DeviceId::new("ox-1").unwrap();
    let new: NewDevice = serde_json::from_str(r#"{"profile": "pulse-oximeter"}"#).unwrap();
    devices::register(&hospital, &hospital_actor(), &device, &new)
        .await
        .unwrap();
    let kept = &hospital.devices.kept;
    let until = Timestamp(clock::now().0 + 60_000);
    kept.add_certificate(&device, Digest::of(b"certificate"), until)
        .unwrap();
    let token = kept.issue(&device).unwrap();
    let bearer = hospital.accounts.issue(&admin.id, 60_000, None).unwrap();
    let broker = Broker::new(Arc::clone(&hospital), folder.path()).unwrap();
    let (_close, closed) = watch::channel(false);
    let mut own = connects(&broker, &closed, &introduction("ox-1", &token)).await;
    let mut other = connects(&broker, &closed, &introduction("admin", &bearer)).await;
    let asked = topic::command(&device);
    assert_eq!(wishes(&mut own, &asked).await, 0);
    assert_eq!(wishes(&mut other, &asked).await, 0);
    let path = format!("/api/devices/packages/{}/bytes", Digest::of(b"package"));
    let parameters = json!({"path": path});
    let command = hospital
        .devices
        .new_command(device.clone(), "install", parameters, &admin.id)
        .unwrap();
    send_command(&broker, &command);
    for (hears, has_pass) in [(&mut own, true), (&mut other, false)] {
        let (_, body) = next(hears).await;
        let told: Value = serde_json::from_slice(&body[2 + asked.len()..]).unwrap();
        assert_eq!(told["parameters"]["path"], json!(path));
        assert_eq!(told["parameters"]["token"].is_string(), has_pass, "{told}");
    }
}

/// A hospital's broker, and a tag that is registered.
async fn with_a_tag(hospital: &Arc<Hospital>, folder: &Path) -> (DeviceId, Arc<Broker>) {
    let tag = DeviceId::new("tag-1").unwrap();
    let new: NewDevice = serde_json::from_str(r#"{"profile": "location-tag"}"#).unwrap();
    devices::register(hospital, &hospital_actor(), &tag, &new)
        .await
        .unwrap();
    (tag, Broker::new(Arc::clone(hospital), folder).unwrap())
}

/// What a device says of itself.
fn state_of(device: &DeviceId, state: &Value) -> Publish {
    Publish {
        topic: topic::state(device),
        payload: state.to_string().into(),
        quality: Quality::AtMostOnce,
        retain: true,
        again: false,
        beside: Beside::default(),
    }
}

#[tokio::test]
async fn a_place_in_a_state_is_a_reading_where_there_is_such_a_location() {
    let (folder, hospital) = Hospital::of_test();
    let room = NewFact::PutResource {
        key: ResourceKey {
            kind: "Location".to_owned(),
            id: "room-2".to_owned(),
        },
        subject: None,
        body: json!({"resourceType": "Location", "id": "room-2"}),
    };
    let batch = Batch {
        actor: hospital_actor(),
        facts: vec![(room, Precondition::None)],
    };
    hospital.record.commit(batch).await.unwrap();
    let (tag, broker) = with_a_tag(&hospital, folder.path()).await;
    let known = hospital.devices.find(&tag).unwrap();
    for place in ["room-2", "moon"] {
        let state = state_of(&tag, &json!({"place": place}));
        let pending = messages::examine(&broker, &known, &state).await;
        assert!(pending.refused.is_none(), "a device may say how it is");
        assert_eq!(messages::keep(&broker, &mut [pending]).await, Ok(()));
    }
    let permit = hospital.finding().await.unwrap();
    let query = SeriesQuery {
        device: Some(tag.clone()),
        ..SeriesQuery::default()
    };
    let kept = hospital.signals.series(permit, &query).await.unwrap();
    let codes: Vec<_> = kept.iter().map(|one| one.series.code.as_str()).collect();
    assert_eq!(codes, ["tag-place:room-2"]);
    let marks = hospital
        .devices
        .with_quality(&tag, |quality| quality.marks.clone());
    assert_eq!(marks, [("place-unknown".to_owned(), 1)].into());
}

#[tokio::test]
async fn others_are_served_while_what_a_device_says_of_itself_goes_to_disk() {
    let (folder, hospital) = Hospital::of_test();
    let (tag, broker) = with_a_tag(&hospital, folder.path()).await;
    let known = hospital.devices.find(&tag).unwrap();
    let state = state_of(&tag, &json!({"online": true}));
    // Another program writes the file.
    let other = rusqlite::Connection::open(folder.path().join(ACCOUNTS)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let examined = messages::examine(&broker, &known, &state);
    tokio::pin!(examined);
    tokio::select! {
        _ = &mut examined => panic!("another writes"),
        () = tokio::time::sleep(Duration::from_millis(50)) => {}
    }
    other.execute_batch("COMMIT").unwrap();
    assert!(examined.await.refused.is_none());
    let kept = hospital.devices.kept.states().unwrap();
    assert_eq!(kept, [(tag, state.payload.to_vec())]);
}
