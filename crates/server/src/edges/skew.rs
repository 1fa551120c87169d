//! How the clock of an edge differs from this hospital's. The edge measures it each time that it asks what is new, as NTP
//! does: by when the question went and came, and when the answer did.

use alarms::{Condition, ward_rules};
use serde::{Deserialize, Serialize};
use vocabulary::Timestamp;

/// The rule that raises an alarm where the clock of an edge is wrong.
const WRONG: &str = "edge-clock-wrong";
/// A clock that is off by more is wrong, in seconds, where the hospital has no such rule: as far as that of a bedside
/// monitor may be ahead.
const WRONG_S: f64 = 5.0;

/// How far a clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skew {
    /// How far the edge's clock is ahead of this hospital's, in milliseconds.
    pub ahead_ms: i64,
    /// By how much that may be off: half of the time that question and answer were under way.
    pub doubt_ms: i64,
}

/// A clock that is off, for people.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SkewShown {
    #[serde(flatten)]
    skew: Skew,
    is_wrong: bool,
}

impl SkewShown {
    /// Whether the clock is wrong beyond doubt.
    pub fn is_wrong(self) -> bool {
        self.is_wrong
    }
}

impl Skew {
    /// By the edge's clock a question went and its answer was there at the first two, by this hospital's the question
    /// came and the answer went at the others.
    pub fn measured(
        (asked, answered): (Timestamp, Timestamp),
        (came, went): (Timestamp, Timestamp),
    ) -> Self {
        let under_way_ms = (answered.0 - asked.0) - (went.0 - came.0);
        Self {
            ahead_ms: i64::midpoint(asked.0 - came.0, answered.0 - went.0),
            doubt_ms: under_way_ms.max(0) / 2,
        }
    }

    /// So far the clock is off beyond doubt, in seconds.
    pub fn beyond_doubt_s(self) -> f64 {
        let ms = self.ahead_ms.saturating_abs().saturating_sub(self.doubt_ms);
        ms.max(0) as f64 / 1000.0
    }

    /// It for people: wrong as the rule in force has it that calls somebody then.
    pub fn shown(self) -> SkewShown {
        let rules = ward_rules();
        let limit_s = match rules.rule(WRONG).map(|rule| &rule.when) {
            Some(Condition::AtLeast { value, .. }) => *value,
            _ => WRONG_S,
        };
        SkewShown {
            skew: self,
            is_wrong: self.beyond_doubt_s() >= limit_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_by_what_the_way_there_and_back_does_not_explain() {
        let measured = |ahead_ms: i64, there_ms: i64, back_ms: i64| {
            let (came, went) = (1_790_000_000_000, 1_790_000_005_000);
            Skew::measured(
                (
                    Timestamp(came - there_ms + ahead_ms),
                    Timestamp(went + back_ms + ahead_ms),
                ),
                (Timestamp(came), Timestamp(went)),
            )
        };
        let right = measured(0, 40, 60);
        assert_eq!((right.ahead_ms, right.doubt_ms), (10, 50));
        assert!(!right.shown().is_wrong && right.beyond_doubt_s() == 0.0);
        // An answer that took its time over a thin line says little, and nothing wrong.
        let thin = measured(0, 100, 30_000);
        assert_eq!((thin.ahead_ms, thin.doubt_ms), (14_950, 15_050));
        assert!(!thin.shown().is_wrong);
        for ahead_ms in [-7_000, 7_000, -3_600_000, -1_790_000_000_000] {
            let wrong = measured(ahead_ms, 40, 60);
            assert_eq!(wrong.ahead_ms, ahead_ms + 10);
            assert!(wrong.shown().is_wrong, "{ahead_ms}");
        }
        assert!(!measured(4_000, 40, 60).shown().is_wrong);
    }
}
