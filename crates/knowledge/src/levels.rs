//! The levels of graded care, between which patients are referred.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use vocabulary::Text;

static LADDER: LazyLock<Ladder> = LazyLock::new(|| {
    toml::from_str(include_str!("../levels.toml"))
        .unwrap_or_else(|error| unreachable!("the levels: {error}"))
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ladder {
    level: Vec<Level>,
}

/// A level of care.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Its name in facts.
    pub id: String,
    /// What people call it.
    pub label: Text,
}

/// Up to a higher level, or down to a lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To a higher level.
    Up,
    /// To a lower level.
    Down,
}

impl Direction {
    /// From one level to another; none where they are the same, or one is no level.
    pub fn between(from: &str, to: &str) -> Option<Self> {
        let rank = |id: &str| levels().iter().position(|level| level.id == id);
        match rank(to)?.cmp(&rank(from)?) {
            std::cmp::Ordering::Greater => Some(Self::Up),
            std::cmp::Ordering::Less => Some(Self::Down),
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// The levels, from the lowest.
pub fn levels() -> &'static [Level] {
    &LADDER.level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referral_goes_up_or_down_between_two_levels() {
        assert_eq!(levels().len(), 3);
        for (from, to, found) in [
            ("community", "county", Some(Direction::Up)),
            ("community", "centre", Some(Direction::Up)),
            ("centre", "county", Some(Direction::Down)),
            ("county", "county", None),
            ("county", "moon", None),
            ("", "centre", None),
        ] {
            assert_eq!(Direction::between(from, to), found, "{from} {to}");
        }
    }
}
