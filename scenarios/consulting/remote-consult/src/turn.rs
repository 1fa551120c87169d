//! The round of speaking: who has the floor follows from when the round began and from the clock of the
//! server alone, so that everybody sees the same.

use policy::{Action, Object};
use scenario::{Context, Problem, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use crate::{
    case::{Case, Person},
    minutes::{self, Act, Entry},
    step::{self, TaskChange},
};

/// The shortest and longest time for each person.
const MINUTES: std::ops::RangeInclusive<u32> = 1..=60;

/// A round: each speaks once, in this order, for so many minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub order: Vec<Person>,
    pub minutes: u32,
    pub since: Timestamp,
}

/// One person's time to speak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slot {
    #[serde(flatten)]
    pub person: Person,
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Turn {
    /// Each one's time.
    pub fn slots(&self) -> Vec<Slot> {
        let length = i64::from(self.minutes).saturating_mul(60_000);
        let mut from = self.since;
        let slot = |person: &Person| {
            let until = Timestamp(from.0.saturating_add(length));
            let slot = Slot {
                person: person.clone(),
                from,
                until,
            };
            from = until;
            slot
        };
        self.order.iter().map(slot).collect()
    }

    /// Who of the order speaks at a time; nobody once the round is over.
    pub fn speaker(&self, now: Timestamp) -> Option<usize> {
        self.slots().iter().position(|slot| now < slot.until)
    }

    /// The round from the next speaker on, beginning now; nothing where there is none.
    fn next(&self, now: Timestamp) -> Option<Self> {
        let order: Vec<Person> = self.order.get(self.speaker(now)? + 1..)?.to_vec();
        (!order.is_empty()).then_some(Self {
            order,
            minutes: self.minutes,
            since: now,
        })
    }
}

/// `PUT cases/{id}/turn`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "act")]
enum Wish {
    /// Everyone speaks for so many minutes, `first` before the others.
    Start {
        minutes: u32,
        #[serde(default)]
        first: Option<ActorId>,
    },
    /// The next one speaks now.
    Next,
    /// The round is over.
    Stop,
}

/// Begins a round, passes the floor on, or ends the round.
pub async fn put(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let object = Object::Patient(case.patient.clone());
    context
        .permit(&request.actor, Action::Vote, &object)
        .await?;
    step::must_go_on(case)?;
    let now = context.now();
    let by = case.person(&request.actor.id)?;
    let going = case
        .minutes
        .turn
        .as_ref()
        .filter(|turn| turn.speaker(now).is_some());
    let (turn, entry) = match (wish, going) {
        (Wish::Start { minutes, first }, _) => {
            let text = format!("{minutes} min");
            let turn = started(case, minutes, first.as_ref(), now)?;
            (
                Some(turn),
                Some(Entry::act(Act::RoundStarted, text, by, now)),
            )
        }
        (_, None) => {
            return Err(Problem::out_of_order(
                "现在没有轮流发言；请先开始",
                "there is no round of speaking now: begin one",
            ));
        }
        (Wish::Next, Some(turn)) => (turn.next(now), None),
        (Wish::Stop, Some(_)) => (None, Some(Entry::act(Act::RoundStopped, "", by, now))),
    };
    let mut minutes = case.minutes.with(entry);
    minutes.turn = turn;
    let fact = minutes::fact(case, &minutes, now, false);
    let actor = &request.actor.id;
    step::commit(context, case, actor, vec![fact], TaskChange::GOING_ON).await?;
    Ok(())
}

fn started(
    case: &Case,
    minutes: u32,
    first: Option<&ActorId>,
    now: Timestamp,
) -> Result<Turn, Problem> {
    if !MINUTES.contains(&minutes) {
        return Err(Problem::invalid(
            "每人发言时间须为 1 至 60 分钟",
            "each speaks for 1 to 60 minutes",
        ));
    }
    let mut order: Vec<Person> = case.voters().map(|(_, person)| person.clone()).collect();
    if let Some(first) = first {
        let at = order.iter().position(|person| person.id == *first);
        let at = at.ok_or_else(|| {
            Problem::invalid(
                "此人不在本次会诊中",
                "the one who is to speak first takes no part in the consultation",
            )
        })?;
        order.rotate_left(at);
    }
    Ok(Turn {
        order,
        minutes,
        since: now,
    })
}

/// The round as everybody sees it, with the server's time by which clients count.
pub fn view(case: &Case, now: Timestamp) -> Option<Value> {
    let turn = case.minutes.turn.as_ref()?;
    let speaker = turn.speaker(now)?;
    Some(json!({
        "minutes": turn.minutes,
        "now": now,
        "slots": turn.slots().get(speaker..).unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn() -> Turn {
        let person = |id: &str| Person {
            id: ActorId::new(id).unwrap(),
            name: id.to_owned(),
        };
        Turn {
            order: vec![person("a"), person("b"), person("c")],
            minutes: 2,
            since: Timestamp(1_000_000),
        }
    }

    #[test]
    fn the_floor_passes_by_the_clock_alone() {
        let turn = turn();
        for (after_s, expected) in [
            (0, Some(0)),
            (119, Some(0)),
            (120, Some(1)),
            (359, Some(2)),
            (360, None),
        ] {
            let now = Timestamp(turn.since.0 + after_s * 1000);
            assert_eq!(turn.speaker(now), expected, "after {after_s} s");
        }
    }

    #[test]
    fn who_is_done_early_passes_the_floor_on() {
        let turn = turn();
        let now = Timestamp(turn.since.0 + 30_000);
        let next = turn.next(now).unwrap();
        assert_eq!((next.order.len(), next.since), (2, now));
        let last = next.next(now).unwrap();
        assert_eq!(last.next(now), None);
    }
}
