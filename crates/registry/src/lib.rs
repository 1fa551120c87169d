//! The scenarios of the hospital: those that are open, and those that are planned.
//!
//! `cargo xtask new-scenario` adds a new one here and to this crate's manifest.

use std::sync::LazyLock;

use scenario::Scenario;
use serde::{Deserialize, Serialize};
use vocabulary::{Place, Text};

static OPEN: LazyLock<Vec<Box<dyn Scenario>>> = LazyLock::new(|| {
    vec![
        remote_consult::scenario(),
        screening::scenario(),
        ward_twin::scenario(),
        follow_up::scenario(),
        // The next one goes here.
    ]
});

/// The scenarios that are open.
pub fn all() -> &'static [Box<dyn Scenario>] {
    &OPEN
}

/// The open scenario with this id.
pub fn find(id: &str) -> Option<&'static dyn Scenario> {
    all()
        .iter()
        .map(AsRef::as_ref)
        .find(|scenario| scenario.manifest().id == id)
}

/// A scenario as the home page lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Its id.
    pub id: String,
    /// Which of the six rooms it belongs to.
    pub room: Place,
    /// What people call it.
    pub title: Text,
    /// `open`, or `planned`.
    pub state: &'static str,
}

#[derive(Deserialize)]
struct List {
    scenario: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    room: Place,
    title: Text,
}

/// All scenarios, in the order of the rooms.
pub fn cards() -> Vec<Card> {
    let list: List = toml::from_str(include_str!("scenarios.toml"))
        .unwrap_or_else(|error| unreachable!("the list of scenarios: {error}"));
    let card = |row: Row| Card {
        state: if find(&row.id).is_some() {
            "open"
        } else {
            "planned"
        },
        id: row.id,
        room: row.room,
        title: row.title,
    };
    list.scenario.into_iter().map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_scenarios_are_listed_and_the_open_ones_agree_with_their_manifests() {
        let cards = cards();
        assert_eq!(cards.len(), 23);
        for scenario in all() {
            let manifest = scenario.manifest();
            let card = cards
                .iter()
                .find(|card| card.id == manifest.id)
                .expect("is listed");
            assert_eq!((card.room, &card.title), (manifest.room, &manifest.title));
            assert_eq!(card.state, "open");
        }
    }
}
