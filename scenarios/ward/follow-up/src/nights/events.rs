//! What happened in a night, one by one: what the machine scored, and the falls of the saturation. They are a fact of
//! their own beside the night, since lists of patients need the night's figures and not these.

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
};
use policy::Permit;
use record::{NewFact, Precondition};
use scenario::{Context, Problem, is_of, read};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signals::{
    cpap::{self, EventKind},
    oximetry::Desaturation,
};

use super::joined::{Counts, Span, merged};
use crate::{
    course::FollowUp,
    facts::{self, own, read_own},
};

/// The most of each kind of list that are kept: a night has some hundreds.
const MOST: usize = 3000;

/// What the machine scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Scored {
    /// When the machine wrote it down, by its clock.
    at: DateTime,
    lasts_s: f64,
    kind: EventKind,
}

/// A fall of the saturation by 3 points or more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fall {
    /// When it began, by the device's clock.
    at: DateTime,
    lasts_s: u64,
    /// The mean before it, in per cent.
    baseline: f64,
    lowest: f64,
}

/// What happened in a night. A list that is none was not recorded, which is not the same as nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Events {
    /// The spans in which something was recorded.
    recorded: Vec<Span>,
    scored: Option<Vec<Scored>>,
    falls: Option<Vec<Fall>>,
    /// Whether there were more than are kept.
    #[serde(default)]
    is_cut: bool,
}

fn falls(all: impl Iterator<Item = (DateTime, Desaturation)>) -> Vec<Fall> {
    all.map(|(at, fall)| Fall {
        at,
        lasts_s: fall.lasts_s,
        baseline: (fall.baseline * 10.0).round() / 10.0,
        lowest: fall.lowest,
    })
    .collect()
}

/// From when to when a machine recorded.
pub fn sessions(night: &cpap::Night) -> Vec<Span> {
    let recorded = night.sessions.iter().filter_map(|session| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a session has less than 2^63 seconds"
        )]
        let seconds = (session.minutes * 60.0) as i64;
        let end = session.start.checked_add(seconds.seconds()).ok()?;
        Some([session.start, end])
    });
    recorded.collect()
}

/// Two lists of one night in order, what stands in both once.
fn both<T: PartialEq>(
    new: Option<Vec<T>>,
    before: Option<Vec<T>>,
    at: impl Fn(&T) -> DateTime,
) -> Option<Vec<T>> {
    let (mut new, mut all) = match (new, before) {
        (Some(new), Some(before)) => (new, before),
        (new, before) => return new.or(before),
    };
    new.retain(|one| !all.contains(one));
    all.extend(new);
    all.sort_by_key(at);
    Some(all)
}

impl Events {
    /// Of a night on a card, with its saturation where that is long enough; none where it holds neither scored events nor
    /// such a saturation.
    pub fn of_card(night: &cpap::Night, has_saturation: bool) -> Option<Self> {
        let scored = night.events.as_ref().map(|events| {
            let scored = events.iter().map(|event| Scored {
                at: event.at,
                lasts_s: event.lasts_s,
                kind: event.kind,
            });
            scored.collect()
        });
        let fallen = has_saturation.then(|| falls(night.falls().into_iter()));
        Self::new(sessions(night), scored, fallen)
    }

    /// Of one recording of a saturation, which began then and lasted so long.
    pub fn of_oximetry(start: DateTime, seconds: u64, all: &[Desaturation]) -> Option<Self> {
        let after = |seconds: u64| {
            let seconds = i64::try_from(seconds).ok()?;
            start.checked_add(seconds.seconds()).ok()
        };
        let timed = all
            .iter()
            .filter_map(|fall| Some((after(fall.start_s)?, *fall)));
        Self::new(vec![[start, after(seconds)?]], None, Some(falls(timed)))
    }

    fn new(
        recorded: Vec<Span>,
        scored: Option<Vec<Scored>>,
        falls: Option<Vec<Fall>>,
    ) -> Option<Self> {
        let mut made = Self {
            recorded: merged(recorded),
            scored,
            falls,
            is_cut: false,
        };
        if let Some(scored) = &mut made.scored {
            made.is_cut |= scored.len() > MOST;
            scored.truncate(MOST);
        }
        if let Some(falls) = &mut made.falls {
            made.is_cut |= falls.len() > MOST;
            falls.truncate(MOST);
        }
        (made.scored.is_some() || made.falls.is_some()).then_some(made)
    }

    /// The spans in which something was recorded.
    pub fn recorded(&self) -> &[Span] {
        &self.recorded
    }

    /// With what was known before: the falls are those of the saturation that counts, what the machine scored adds up.
    fn with(self, before: Option<Self>, counts: Counts) -> Option<Self> {
        let before = before.unwrap_or(Self {
            recorded: Vec::new(),
            scored: None,
            falls: None,
            is_cut: false,
        });
        let was_cut = self.is_cut || before.is_cut;
        let mut recorded = Vec::new();
        if counts != Counts::Before || self.scored.is_some() {
            recorded.extend(self.recorded);
        }
        if counts != Counts::New || before.scored.is_some() {
            recorded.extend(before.recorded);
        }
        let falls = match counts {
            Counts::New => self.falls,
            Counts::Before => before.falls,
            Counts::Both => {
                let new = self.falls.as_deref().unwrap_or_default();
                let mut known = before.falls;
                // A file that broke off within a fall may have come again whole.
                if let Some(known) = &mut known {
                    known.retain(|one| !new.iter().any(|new| new.at == one.at && new != one));
                }
                both(self.falls, known, |fall| fall.at)
            }
        };
        let scored = both(self.scored, before.scored, |event| event.at);
        let made = Self::new(recorded, scored, falls)?;
        Some(Self {
            is_cut: made.is_cut || was_cut,
            ..made
        })
    }
}

async fn kept(
    context: &dyn Context,
    permit: &Permit,
    course: &FollowUp,
    date: Date,
) -> Result<Option<(Events, u64)>, Problem> {
    let key = facts::night_events_key(&course.id, date);
    let found = read(context.record(), permit, key).await?;
    let found = found.filter(|found| is_of(facts::SCENARIO, found));
    Ok(found.and_then(|found| Some((read_own(found.body.as_ref()?)?, found.version))))
}

/// The fact that keeps them, where it would be news.
pub async fn fact(
    context: &dyn Context,
    permit: &Permit,
    course: &FollowUp,
    (date, events, counts): (Date, Events, Counts),
) -> Result<Option<(NewFact, Precondition)>, Problem> {
    let (before, condition) = match kept(context, permit, course, date).await? {
        Some((before, version)) => (Some(before), Precondition::Version(version)),
        None => (None, Precondition::Version(0)),
    };
    let all = events.with(before.clone(), counts);
    let Some(events) = all.filter(|all| before.as_ref() != Some(all)) else {
        return Ok(None);
    };
    let night = facts::night_key(&course.id, date);
    let body = json!({
        "extension": own(&events),
        "status": "final",
        "code": {"text": "Events of a night at home"},
        "subject": facts::patient(&course.patient),
        "effectiveDateTime": date,
        "issued": context.now(),
        "derivedFrom": [{"reference": format!("Observation/{}", night.id)}],
    });
    let key = facts::night_events_key(&course.id, date);
    let fact = facts::put(key, &course.patient, body);
    Ok(Some((fact, condition)))
}

/// `GET courses/{id}/nights/{date}`: what happened in a night.
pub async fn get(
    context: &dyn Context,
    permit: &Permit,
    course: &FollowUp,
    date: &str,
) -> Result<Value, Problem> {
    let date: Date = date.parse().map_err(|_| Problem::not_found())?;
    let (events, _) = kept(context, permit, course, date)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(json!({
        "date": date,
        "recorded": events.recorded,
        "scored": events.scored,
        "falls": events.falls,
        "is_cut": events.is_cut,
    }))
}
