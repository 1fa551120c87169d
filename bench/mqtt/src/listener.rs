//! Who hears all that the devices say.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use mqttbytes::{
    QoS,
    v4::{Packet, PubAck, Publish, Subscribe, SubscribeReasonCode},
};
use tokio::sync::watch;

use crate::{ListenerLine, Result, Shared, figures::Heard, now_ms, wire::Line};

/// Listens.
pub struct Listener {
    shared: Arc<Shared>,
    line: Line,
    places: HashMap<String, usize>,
    heard: Heard,
}

/// Opens the connection and says what it wishes to hear, at QoS 1.
pub async fn open(
    shared: &Arc<Shared>,
    says: &ListenerLine,
    topics: &[String],
) -> Result<Listener> {
    let mut line = Line::open(&shared.address, &says.id, &says.user, &says.password).await?;
    let mut wish = Subscribe::new(&says.filter, QoS::AtLeastOnce);
    wish.pkid = 1;
    wish.write(&mut line.out).map_err(crate::wire::wire)?;
    line.flush().await?;
    let granted = loop {
        line.read().await?;
        if let Some(packet) = line.next()? {
            break packet;
        }
    };
    let Packet::SubAck(granted) = granted else {
        return Err(format!("the wish was not granted: {granted:?}").into());
    };
    let at_least_once = SubscribeReasonCode::Success(QoS::AtLeastOnce);
    if granted.return_codes != [at_least_once] {
        return Err(format!("the wish was not granted: {granted:?}").into());
    }
    Ok(Listener {
        shared: Arc::clone(shared),
        line,
        places: topics.iter().cloned().zip(0..).collect(),
        heard: Heard {
            times_ms: vec![Vec::new(); topics.len()],
            lost: None,
        },
    })
}

impl Listener {
    /// Listens until it is stopped; what it heard.
    pub async fn listen(mut self, mut stopped: watch::Receiver<bool>) -> Heard {
        loop {
            let told = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => break,
                told = self.more() => told,
            };
            if let Err(why) = told {
                self.heard.lost = Some(why.to_string());
                break;
            }
        }
        self.heard
    }

    async fn more(&mut self) -> Result<()> {
        self.line.read().await?;
        let mut count = 0;
        while let Some(packet) = self.line.next()? {
            if let Packet::Publish(told) = packet {
                self.note(&told);
                count += 1;
                if told.qos == QoS::AtLeastOnce {
                    let taken = PubAck::new(told.pkid);
                    taken.write(&mut self.line.out).map_err(crate::wire::wire)?;
                }
            }
        }
        self.shared.hearings.fetch_add(count, Ordering::Relaxed);
        self.line.flush().await
    }

    fn note(&mut self, told: &Publish) {
        let times = self
            .places
            .get(&told.topic)
            .and_then(|place| self.heard.times_ms.get_mut(*place));
        if let (Some(times), Some(at_ms)) = (times, time_of(&told.payload)) {
            times.push(at_ms);
            if at_ms >= self.shared.begun_ms.load(Ordering::Relaxed) {
                let age = now_ms().saturating_sub(at_ms);
                self.shared.heard.note(Duration::from_millis(age));
            }
        }
    }
}

/// The time that a reading begins with.
fn time_of(payload: &[u8]) -> Option<u64> {
    let rest = payload.strip_prefix(br#"{"t":"#)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}
