//! Until when is known here what an edge has: one that was cut off sends the steps of its alarms first, and then what was
//! measured, which may take hours.

use serde::{Deserialize, Serialize};
use vocabulary::Timestamp;

/// How old the oldest is that waits at an edge, in milliseconds: its clock may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// Of steps of alarms; none where none waits.
    #[serde(default)]
    pub alarms_ms: Option<i64>,
    /// Of what was measured and written down.
    #[serde(default)]
    pub values_ms: Option<i64>,
}

/// Until when is known here what an edge has; none: until now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// Of its alarms.
    pub alarms_as_of: Option<Timestamp>,
    /// Of what was measured and written down there.
    pub values_as_of: Option<Timestamp>,
}

impl Behind {
    /// What waits there since then; none where nothing waits for longer than `at_least_ms`.
    pub fn since(
        waiting: [Option<Timestamp>; 2],
        now: Timestamp,
        at_least_ms: i64,
    ) -> Option<Self> {
        let age = |since: Timestamp| Some(now.0 - since.0).filter(|age| *age >= at_least_ms);
        let [alarms_ms, values_ms] = waiting.map(|since| since.and_then(age));
        (alarms_ms.is_some() || values_ms.is_some()).then_some(Self {
            alarms_ms,
            values_ms,
        })
    }
}

impl AsOf {
    /// By what an edge said at a moment.
    pub(super) fn when_said(behind: Option<Behind>, at: Timestamp) -> Self {
        let before = |ms: i64| Timestamp(at.0.saturating_sub(ms.max(0)));
        Self {
            alarms_as_of: behind.and_then(|said| said.alarms_ms).map(before),
            values_as_of: behind.and_then(|said| said.values_ms).map(before),
        }
    }

    /// It while nothing is heard of the edge: nothing later than when something was.
    pub(super) fn of(self, heard: Option<Timestamp>, is_silent: bool) -> Self {
        let until = |said: Option<Timestamp>| said.or(heard.filter(|_| is_silent));
        Self {
            alarms_as_of: until(self.alarms_as_of),
            values_as_of: until(self.values_as_of),
        }
    }

    /// Whether something of it is not known until now.
    pub fn is_old(self) -> bool {
        self != Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_at_an_edge_is_known_here_until_then_and_of_a_silent_one_until_it_was_heard() {
        let at = |second: i64| Timestamp(1_790_000_000_000 + second * 1000);
        let said = |waiting| Behind::since(waiting, at(1000), 30_000);
        assert_eq!(said([None, Some(at(990))]), None, "it goes out just now");
        let behind = said([Some(at(999)), Some(at(100))]);
        // The edge's clock is an hour behind: here it is as long ago.
        let known = AsOf::when_said(behind, at(4600));
        let expected = AsOf {
            alarms_as_of: None,
            values_as_of: Some(at(3700)),
        };
        assert_eq!(known, expected);
        assert_eq!(known.of(Some(at(4600)), false), expected);
        let silent = known.of(Some(at(4600)), true);
        assert_eq!(silent.alarms_as_of, Some(at(4600)));
        assert_eq!(silent.values_as_of, Some(at(3700)));
        let drained = AsOf::when_said(said([None, None]), at(4700));
        assert!(!drained.of(Some(at(4700)), false).is_old());
    }
}
