//! True events that are planted into recordings: whether the rules tell them, and how late.

use std::sync::Arc;

use alarms::{Change, Changed, RuleSet};

use super::{
    START,
    recordings::{Line, Recording},
    walk,
};

/// What becomes of a patient, as the sensors send it, and the rule that must tell it.
struct Event {
    name: &'static str,
    rule: &'static str,
    sent: &'static [(&'static str, Option<f64>)],
}

const EVENTS: [Event; 4] = [
    Event {
        name: "the heart stops, the oximeter falls silent",
        rule: "no-heart-beat",
        sent: &[("heart-rate", Some(0.0)), ("pulse", None)],
    },
    Event {
        name: "the heart stops, the oximeter finds no pulse",
        rule: "no-heart-beat",
        sent: &[("heart-rate", Some(0.0)), ("pulse", Some(0.0))],
    },
    Event {
        name: "breathing stops",
        rule: "no-breathing",
        sent: &[("respiratory-rate", Some(0.0))],
    },
    Event {
        name: "the saturation falls to 80 %",
        rule: "spo2-low",
        sent: &[("spo2", Some(80.0))],
    },
];

/// The first event after this, then one each, at most so many; and how long one lasts.
const FIRST_MS: i64 = 180_000;
const EACH_MS: i64 = 720_000;
const MOST: i64 = 20;
const LASTS_MS: i64 = 120_000;

/// What became of the events of one kind.
pub struct Planted {
    pub event: &'static str,
    /// Seconds from the onset until it was told; none where it was not, while it lasted.
    told_after_s: Vec<Option<i64>>,
}

impl Planted {
    pub fn count(&self) -> usize {
        self.told_after_s.len()
    }

    pub fn kept_back(&self) -> usize {
        self.told_after_s.iter().filter(|one| one.is_none()).count()
    }

    pub fn latest_s(&self) -> Option<i64> {
        self.told_after_s.iter().flatten().copied().max()
    }
}

/// The event that lasts at this time of a piece.
fn event_at(since_ms: i64) -> Option<i64> {
    let after = since_ms - FIRST_MS;
    let event = after.div_euclid(EACH_MS);
    let lasts = after.rem_euclid(EACH_MS) < LASTS_MS;
    (lasts && (0..MOST).contains(&event)).then_some(event)
}

/// Plants each kind of event whose signals a recording has into its longest piece. An event whose alarm stood already
/// is none.
pub fn tell(rules: &Arc<RuleSet>, recording: &Recording) -> Vec<Planted> {
    let length = |lines: &[Line]| lines.iter().map(|line| line.values.len()).max();
    let longest = recording.pieces.iter().max_by_key(|lines| length(lines));
    let lines = longest.unwrap();
    let has = |signal: &str| lines.iter().any(|line| line.signal == signal);
    // A sensor that is not there falls silent by itself.
    let can = |event: &&Event| {
        let mut sent = event.sent.iter();
        sent.all(|(signal, value)| value.is_none() || has(signal))
    };
    EVENTS
        .iter()
        .filter(can)
        .map(|event| plant(rules, recording.step_ms, lines, event))
        .collect()
}

fn plant(rules: &Arc<RuleSet>, step_ms: i64, lines: &[Line], event: &Event) -> Planted {
    let length_ms = i64::try_from(lines[0].values.len()).unwrap() * step_ms;
    let count = (0..MOST)
        .take_while(|n| FIRST_MS + n * EACH_MS + LASTS_MS <= length_ms)
        .count();
    let mut told: Vec<Option<i64>> = vec![None; count];
    let mut stood = vec![false; count];
    let sent = |line: &Line, step: usize, since_ms: i64| {
        let planted = event.sent.iter().find(|(signal, _)| *signal == line.signal);
        match (event_at(since_ms), planted) {
            (Some(_), Some((_, value))) => *value,
            _ => line.at(step),
        }
    };
    let mut stands = false;
    let mut seen = 0;
    walk(rules, step_ms, lines, &sent, |change: &Change, _| {
        let since_ms = change.at.0 - START;
        // Whether it stood when an event began is known once something later happens.
        while seen < count && FIRST_MS + i64::try_from(seen).unwrap() * EACH_MS <= since_ms {
            stood[seen] = stands;
            seen += 1;
        }
        if change.rule == event.rule {
            match change.changed {
                Changed::Began { .. } => {
                    stands = true;
                    let place = event_at(since_ms).and_then(|place| usize::try_from(place).ok());
                    if let Some(place) = place.filter(|place| *place < count) {
                        let onset = FIRST_MS + i64::try_from(place).unwrap() * EACH_MS;
                        told[place].get_or_insert((since_ms - onset) / 1000);
                    }
                }
                Changed::Ended => stands = false,
                Changed::Disbelieved { .. } => {}
            }
        }
        seen < count || since_ms < FIRST_MS + i64::try_from(count).unwrap() * EACH_MS
    });
    while seen < count {
        stood[seen] = stands;
        seen += 1;
    }
    let told = told.into_iter().zip(stood);
    Planted {
        event: event.name,
        told_after_s: told
            .filter(|(_, stood)| !stood)
            .map(|(told, _)| told)
            .collect(),
    }
}
