//! A device: it sends readings, each in a message of its own, and waits for their acknowledgements.

use std::{collections::VecDeque, fmt::Write as _, sync::Arc, time::Duration};

use mqttbytes::{
    QoS,
    v4::{Packet, Publish},
};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    DeviceLine, Pace, Result, Shared, Wave,
    figures::Said,
    now_ms,
    wire::{Line, wire},
};

/// How long acknowledgements may take after the last message.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);

/// A device that was let in.
pub struct Device {
    shared: Arc<Shared>,
    line: Line,
    says: DeviceLine,
    place: usize,
    /// Messages that are not acknowledged yet, the oldest first: identifier, time of the reading, when it left.
    open: VecDeque<(u16, u64, Instant)>,
    /// How many were sent.
    sent: u64,
    last_ms: u64,
    /// The first message counts for nothing.
    counts: bool,
    said: Said,
}

/// Opens its connection.
pub async fn open(shared: Arc<Shared>, says: DeviceLine, place: usize) -> Result<Device> {
    let opening = shared.opening.acquire().await?;
    let line = Line::open(&shared.address, &says.id, &says.id, &says.password).await?;
    drop(opening);
    Ok(Device {
        shared,
        line,
        says,
        place,
        open: VecDeque::new(),
        sent: 0,
        last_ms: 0,
        counts: false,
        said: Said::default(),
    })
}

impl Device {
    /// Sends until the time is over and all is acknowledged; what became of it.
    pub async fn send(mut self, warm_up: Instant, begin: Instant) -> Said {
        let done = self.all(warm_up, begin).await;
        self.said.sent = self.sent;
        self.said.lost = done.err().map(|why| format!("{}: {why}", self.says.id));
        self.said
    }

    async fn all(&mut self, warm_up: Instant, begin: Instant) -> Result<()> {
        sleep_until(warm_up + self.shared.warm_up.mul_f64(self.turn())).await;
        self.publish()?;
        self.line.flush().await?;
        self.rest().await?;
        self.counts = true;
        match self.shared.pace {
            Pace::Steady => self.steady(begin).await,
            Pace::Closed => self.closed(begin).await,
        }
    }

    /// When it is this device's turn, as a share of the time in which each has one.
    fn turn(&self) -> f64 {
        self.place as f64 / self.shared.devices.max(1) as f64
    }

    /// A reading each second, or each piece of a wave once it is done. Devices are not in step.
    async fn steady(&mut self, begin: Instant) -> Result<()> {
        let end = begin + self.shared.length;
        let wave = self.says.wave.as_ref();
        let between = wave.map_or(SECOND, |wave| Duration::from_millis(wave.piece_ms()));
        let mut due = begin + between.mul_f64(self.turn());
        while due < end {
            tokio::select! {
                () = sleep_until(due) => {
                    self.shared.late.note(due.elapsed());
                    self.publish()?;
                    self.line.flush().await?;
                    due += between;
                }
                read = self.line.read() => {
                    read?;
                    self.acknowledgements()?;
                }
            }
        }
        self.rest().await
    }

    /// The next reading as soon as there is a place for it.
    async fn closed(&mut self, begin: Instant) -> Result<()> {
        sleep_until(begin).await;
        let end = begin + self.shared.length;
        while Instant::now() < end {
            while self.open.len() < usize::from(self.shared.in_flight) {
                self.publish()?;
            }
            self.line.flush().await?;
            if let Ok(read) = timeout_at(end, self.line.read()).await {
                read?;
                self.acknowledgements()?;
            }
        }
        self.rest().await
    }

    /// Waits for what is not acknowledged yet.
    async fn rest(&mut self) -> Result<()> {
        let until = Instant::now() + ACKNOWLEDGED_WITHIN;
        while !self.open.is_empty() {
            timeout_at(until, self.line.read()).await??;
            self.acknowledgements()?;
        }
        Ok(())
    }

    fn publish(&mut self) -> Result<()> {
        // Each reading has a time of its own, which tells it from all others of its device.
        let at_ms = self.next_ms();
        self.last_ms = at_ms;
        let value = self.value()?;
        self.sent += 1;
        let mut payload = String::with_capacity(80);
        let DeviceLine { code, unit, .. } = &self.says;
        write!(
            payload,
            r#"{{"t":{at_ms},"code":"{code}","value":{value},"unit":"{unit}""#
        )?;
        if let Some(wave) = &self.says.wave {
            write!(payload, r#","period_ms":{}"#, wave.period_ms)?;
        }
        payload.push('}');
        let id = u16::try_from(self.sent % 65_535)? + 1;
        let mut message = Publish::new(&self.says.topic, QoS::AtLeastOnce, payload);
        message.pkid = id;
        message.write(&mut self.line.out).map_err(wire)?;
        self.open.push_back((id, at_ms, Instant::now()));
        Ok(())
    }

    /// When the next reading was; a piece of a wave begins where the last one ended or later, and ends now.
    fn next_ms(&self) -> u64 {
        let piece_ms = self.says.wave.as_ref().map_or(0, Wave::piece_ms);
        let now = now_ms().saturating_sub(piece_ms);
        now.max(self.last_ms + piece_ms.max(1))
    }

    /// What the next message says, as JSON.
    fn value(&self) -> Result<String> {
        let Some(wave) = &self.says.wave else {
            let turn = (self.sent as f64 + self.place as f64 * 13.0) / 40.0;
            let value = (self.says.middle + turn.sin() * self.says.swing).round();
            return Ok(value.to_string());
        };
        let begin = usize::try_from(self.sent)? * wave.samples % wave.values.len().max(1);
        let piece = wave.values.iter().cycle().skip(begin).take(wave.samples);
        let piece: Vec<_> = piece.map(f64::to_string).collect();
        Ok(format!("[{}]", piece.join(",")))
    }

    fn acknowledgements(&mut self) -> Result<()> {
        while let Some(packet) = self.line.next()? {
            let Packet::PubAck(acknowledged) = packet else {
                return Err(format!("an answer that nobody asked for: {packet:?}").into());
            };
            let place = self
                .open
                .iter()
                .position(|(id, ..)| *id == acknowledged.pkid);
            let found = place.and_then(|place| self.open.remove(place));
            let (_, at_ms, left) = found.ok_or("an acknowledgement that nobody waits for")?;
            if self.counts {
                self.shared.acknowledged.note(left.elapsed());
                self.said.count += 1;
            }
            self.said.times_ms.push(at_ms);
        }
        Ok(())
    }
}
