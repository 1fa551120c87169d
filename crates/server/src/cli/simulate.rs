//! Simulated devices: each replays a recording over MQTT, as the device that it stands for would send it.

use std::{collections::VecDeque, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use clap::Args;
use ledger::Verifier;
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::Event,
    packet::{GenericPacketTrait as _, Packet, Qos, SubEntry, SubOpts, v5_0},
    result_code::ConnectReasonCode,
    role,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};

use super::{
    recordings::Recording,
    simulated::{Command, Software},
};
use crate::clock;

/// So long a device waits before it connects again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long it looks whether a command came.
const LOOKS: Duration = Duration::from_millis(20);

/// Arguments of `yuanyi device simulate`.
#[derive(Args)]
pub struct Simulate {
    /// The recording: EDF, WFDB (its .hea), or a file as `demo/devices` holds them.
    #[arg(required_unless_present = "made_up")]
    recording: Option<PathBuf>,
    /// Send values that nobody measured, where there is no recording.
    #[arg(long, requires = "profile", conflicts_with = "recording")]
    made_up: bool,
    /// As which kind of device; a file as `demo/devices` holds them names its own.
    #[arg(long)]
    profile: Option<String>,
    /// The same seed makes up the same values.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The hospital's own settings, where the kind of device is one of these.
    #[arg(long, value_name = "DIR")]
    own_settings: Option<PathBuf>,
    /// The device that it stands for, registered with the same profile.
    #[arg(long)]
    device: String,
    /// The device's token.
    #[arg(long, env = "YUANYI_DEVICE_TOKEN", hide_env_values = true)]
    token: String,
    /// The hospital's MQTT port.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:1883")]
    mqtt: SocketAddr,
    /// Where in the recording to begin, in seconds.
    #[arg(long, default_value_t = 0)]
    from_s: u64,
    /// How fast single values go by; waveforms keep their speed.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// The hospital's HTTP address, from which it fetches packages.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    http: String,
    /// Whose packages it installs: a verifier key, as `yuanyi device key` prints it; may be given again.
    #[arg(long, value_name = "KEY")]
    trust: Vec<Verifier>,
    /// The version of the software that it comes with.
    #[arg(long, default_value = "1.0.0")]
    software: String,
    /// Where it keeps what it installed while it is switched off.
    #[arg(long, value_name = "FILE")]
    memory: Option<PathBuf>,
    /// End after so many seconds; never, where none is given.
    #[arg(long)]
    seconds: Option<u64>,
}

impl Simulate {
    /// Replays until its time is over or it is interrupted.
    pub fn run(self) -> Result<()> {
        let profiles = crate::own::taken(self.own_settings.as_deref())?.profiles;
        let wanted = self.profile.as_deref();
        let recording = if let Some(file) = &self.recording {
            Recording::read(file, wanted, &profiles)?
        } else {
            let profile = wanted.and_then(|id| profiles.get(id));
            let profile = profile.context("find the kind of device")?;
            Recording::made_up(profile, self.seed)
        };
        println!("sends as a {}: {}", recording.profile, recording.source);
        let software = Software::new(
            (&self.device, &recording.profile, &self.token),
            &self.http,
            self.trust,
            &self.software,
            self.memory,
        )?;
        crate::block_on(async move {
            let replay = Replay {
                recording,
                software: Arc::new(Mutex::new(software)),
                device: self.device,
                token: self.token,
                mqtt: self.mqtt,
                from_s: self.from_s,
                speed: self.speed,
            };
            tokio::select! {
                sent = replay.run(self.seconds) => {
                    println!("sent and acknowledged: {}", sent?);
                    Ok(())
                }
                interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
            }
        })
    }
}

/// A device that replays a recording.
pub struct Replay {
    /// What it sends.
    pub recording: Recording,
    /// What runs on it.
    pub software: Arc<Mutex<Software>>,
    /// Who it is.
    pub device: String,
    /// Its token.
    pub token: String,
    /// Where it sends to.
    pub mqtt: SocketAddr,
    /// Where in the recording it begins, in seconds.
    pub from_s: u64,
    /// How fast single values go by.
    pub speed: f64,
}

impl Replay {
    /// Sends for so many seconds, or until nobody waits for it any more; says how much was acknowledged.
    pub async fn run(&self, seconds: Option<u64>) -> Result<u64> {
        let (mut second, mut acknowledged) = (0, 0);
        // What goes out at a second was measured within it.
        let second_s = Duration::from_secs(1);
        let mut tick = interval_at(Instant::now() + second_s, second_s);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut line = Line::open(self).await?;
        let mut ended = None;
        while seconds.is_none_or(|seconds| second < seconds) {
            tick.tick().await;
            let now = second_after(ended, clock::now().0);
            ended = Some(now);
            let sent = match line.send_all(self, now, second).await {
                Ok(taken) => line.obey(self).await.map(|()| taken),
                Err(error) => Err(error),
            };
            match sent {
                Ok(taken) => acknowledged += taken,
                Err(error) if seconds.is_some() => return Err(error),
                Err(error) => {
                    tracing::info!(%error, "a simulated device connects again");
                    sleep(AGAIN).await;
                    if let Ok(opened) = Line::open(self).await {
                        line = opened;
                    }
                }
            }
            second += 1;
        }
        line.close().await?;
        Ok(acknowledged)
    }
}

/// When a second of a device ends that follows another one: its clock goes on by seconds, whatever the machine does that
/// plays it, and is set anew where it has fallen behind. No sample is measured before the one before it.
fn second_after(last: Option<i64>, now: i64) -> i64 {
    match last.map(|last| last + 1000) {
        Some(next) if now < next + 500 => next,
        _ => now,
    }
}

/// A device's connection.
struct Line {
    stream: TcpStream,
    connection: Connection<role::Client>,
    /// What it was told to do and has not done yet.
    commands: VecDeque<Command>,
}

impl Line {
    async fn open(replay: &Replay) -> Result<Self> {
        let stream = TcpStream::connect(replay.mqtt).await;
        let stream = stream.with_context(|| format!("reach {}", replay.mqtt))?;
        stream.set_nodelay(true)?;
        let mut connection = Connection::new(Version::V5_0);
        connection.set_auto_pub_response(true);
        let mut line = Self {
            stream,
            connection,
            commands: VecDeque::new(),
        };
        let state = format!("yuanyi/v1/{}/state", replay.device);
        let offline = json!({"online": false}).to_string();
        let connect = v5_0::Connect::builder()
            .client_id(&replay.device)
            .and_then(|connect| connect.user_name(&replay.device))
            .and_then(|connect| connect.password(replay.token.as_bytes().to_vec()))
            .and_then(|connect| {
                connect.will_message(&state, offline.clone().into_bytes(), Qos::AtLeastOnce, true)
            })
            .and_then(|connect| connect.clean_start(true).keep_alive(30).build());
        let connect =
            connect.map_err(|error| anyhow::anyhow!("introduce the device: {error:?}"))?;
        line.send(connect.into()).await?;
        match line.next().await? {
            Packet::V5_0Connack(answer) if answer.reason_code() == ConnectReasonCode::Success => {}
            Packet::V5_0Connack(answer) => {
                bail!("connect as {}: {:?}", replay.device, answer.reason_code())
            }
            _ => bail!(
                "connect as {}: the hospital answers something else",
                replay.device
            ),
        }
        let online = replay.software.lock().state();
        line.publish(&state, &online, true).await?;
        line.subscribe(&format!("yuanyi/v1/{}/command", replay.device))
            .await?;
        Ok(line)
    }

    async fn subscribe(&mut self, topic: &str) -> Result<()> {
        let told = |error| anyhow::anyhow!("ask to hear commands: {error:?}");
        let id = self.connection.acquire_packet_id().map_err(told)?;
        let options = SubOpts::new().set_qos(Qos::AtLeastOnce);
        let entry = SubEntry::new(topic, options).map_err(told)?;
        let subscribe = v5_0::Subscribe::builder()
            .packet_id(id)
            .entries(vec![entry])
            .build()
            .map_err(told)?;
        self.send(subscribe.into()).await?;
        while !matches!(self.next().await?, Packet::V5_0Suback(_)) {}
        Ok(())
    }

    /// Does what it was told since it last looked.
    async fn obey(&mut self, replay: &Replay) -> Result<()> {
        // Commands that have come lie in the socket.
        while let Ok(packet) = timeout(LOOKS, self.next()).await {
            if matches!(packet?, Packet::V5_0Disconnect(_)) {
                bail!("stay connected: the hospital ends it");
            }
        }
        let topic = format!("yuanyi/v1/{}/command/ack", replay.device);
        while let Some(command) = self.commands.pop_front() {
            let known = replay.software.lock().answered(&command);
            let was = replay.software.lock().version().to_owned();
            let answer = if let Some(known) = known {
                known
            } else {
                if let Some(accepts) = Software::accepts(&command) {
                    self.publish(&topic, &json!(accepts), false).await?;
                }
                let software = Arc::clone(&replay.software);
                tokio::task::spawn_blocking(move || software.lock().obey(&command)).await?
            };
            if replay.software.lock().version() != was {
                // It starts anew with what was installed, and says so before it answers.
                let waiting = std::mem::take(&mut self.commands);
                let mut anew = Box::pin(Self::open(replay)).await?;
                anew.commands.extend(waiting);
                *self = anew;
            }
            self.publish(&topic, &json!(answer), false).await?;
        }
        Ok(())
    }

    /// Sends what is due at a second; each is acknowledged before the next goes out.
    async fn send_all(&mut self, replay: &Replay, now: i64, second: u64) -> Result<u64> {
        let mut acknowledged = 0;
        for (stream, payload) in replay
            .recording
            .at(now, second, replay.from_s, replay.speed)
        {
            let topic = format!("yuanyi/v1/{}/{stream}", replay.device);
            acknowledged += u64::from(self.publish(&topic, &payload, false).await?);
        }
        Ok(acknowledged)
    }

    /// Publishes and waits for the acknowledgement; whether it was taken.
    async fn publish(&mut self, topic: &str, payload: &Value, retain: bool) -> Result<bool> {
        let told = |error| anyhow::anyhow!("put a message together: {error:?}");
        let id = self.connection.acquire_packet_id().map_err(told)?;
        let publish = v5_0::Publish::builder()
            .topic_name(topic)
            .and_then(|publish| {
                publish
                    .qos(Qos::AtLeastOnce)
                    .retain(retain)
                    .packet_id(id)
                    .payload(payload.to_string())
                    .build()
            })
            .map_err(told)?;
        self.send(publish.into()).await?;
        loop {
            match self.next().await? {
                Packet::V5_0Puback(puback) if puback.packet_id() == id => {
                    return Ok(puback.reason_code().is_none_or(|code| code.is_success()));
                }
                Packet::V5_0Disconnect(_) => bail!("stay connected: the hospital ends it"),
                _ => {}
            }
        }
    }

    async fn close(mut self) -> Result<()> {
        let leave = v5_0::Disconnect::builder().build();
        let leave = leave.map_err(|error| anyhow::anyhow!("leave: {error:?}"))?;
        self.send(leave.into()).await
    }

    async fn send(&mut self, packet: Packet) -> Result<()> {
        for event in self.connection.send(packet) {
            match event {
                Event::RequestSendPacket { packet, .. } => {
                    let bytes = packet.to_continuous_buffer();
                    self.stream.write_all(&bytes).await?;
                }
                Event::NotifyError(error) => bail!("send a message: {error:?}"),
                _ => {}
            }
        }
        Ok(())
    }

    /// The next packet of the hospital.
    async fn next(&mut self) -> Result<Packet> {
        let mut byte = [0; 1];
        loop {
            // One byte at a time ends exactly at the packet's end; these packets have four or so.
            if self.stream.read(&mut byte).await? == 0 {
                bail!("stay connected: the hospital is gone");
            }
            let mut cursor = Cursor::new(&byte[..]);
            let mut found = None;
            for event in self.connection.recv(&mut cursor) {
                match event {
                    Event::NotifyPacketReceived(Packet::V5_0Publish(publish)) => {
                        let said = publish.payload().as_slice().to_vec();
                        self.commands
                            .extend(serde_json::from_slice::<Command>(&said).ok());
                    }
                    Event::NotifyPacketReceived(packet) => found = Some(packet),
                    Event::RequestSendPacket { packet, .. } => {
                        let bytes = packet.to_continuous_buffer();
                        self.stream.write_all(&bytes).await?;
                    }
                    Event::NotifyError(error) => bail!("understand the hospital: {error:?}"),
                    _ => {}
                }
            }
            if let Some(packet) = found {
                return Ok(packet);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::second_after;

    #[test]
    fn seconds_of_a_device_follow_each_other_whatever_the_tick_does() {
        assert_eq!(second_after(None, 5_000), 5_000);
        for now in [5_999, 6_000, 6_004, 6_499] {
            assert_eq!(second_after(Some(5_000), now), 6_000);
        }
        assert_eq!(second_after(Some(5_000), 9_000), 9_000);
    }
}
