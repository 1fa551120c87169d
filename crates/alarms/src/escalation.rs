//! Who is told when nobody takes an alarm, and how it is seen and heard.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

use crate::{Priority, Rule};

/// The file of the escalation that comes with the program.
pub const SHIPPED_ESCALATION: &str = include_str!("../rules/escalation.toml");

static SHIPPED: LazyLock<Escalation> = LazyLock::new(|| {
    Escalation::read(SHIPPED_ESCALATION).unwrap_or_else(|error| unreachable!("{error}"))
});

/// The escalation that is in force.
pub fn escalation() -> &'static Escalation {
    &crate::settings::in_force().escalation
}

/// The escalation that comes with the program.
pub(crate) fn shipped() -> &'static Escalation {
    &SHIPPED
}

/// One level of escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Level {
    /// How long after the alarm nobody had taken it, in seconds.
    pub after_s: u32,
    /// The role that is told, as the duty roster names it.
    pub to: String,
}

/// How an alarm of a priority is seen and heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Signalling {
    /// Its colour by name; never the only sign.
    pub colour: String,
    /// How often its light flashes, in hertz; 0 is steady.
    pub flash_hz: f64,
    /// Groups of pulses in a burst.
    pub pulses: Vec<u8>,
    /// From one burst to the next, in seconds.
    pub burst_every_s: u32,
    /// Its word.
    #[ts(type = "{ zh: string, en: string }")]
    pub word: Text,
    /// Its shape.
    pub shape: String,
}

/// What holds for one priority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct PriorityRules {
    /// Who is told, the first at once.
    pub levels: Vec<Level>,
    /// A pause is at most so long, in seconds.
    pub pause_at_most_s: u32,
    /// Who took it and did not end it for so long has not taken it, in seconds.
    pub lapse_s: u32,
    /// Somebody who is sent accepts within so long, or the next one is asked, in seconds.
    pub accept_within_s: u32,
    /// How it is seen and heard.
    pub signalling: Signalling,
}

impl PriorityRules {
    /// For how long an alarm that somebody took must have been over for its return to be another episode, which calls
    /// anew, in seconds: as long as its rule takes to raise it and to find it over. Of lower priority, and where the rule
    /// takes no time, at least as long as who is told first has before the next is told.
    pub(crate) fn episode_s(&self, rule: &Rule) -> u32 {
        let own = rule.delay_s.saturating_add(rule.clear_s);
        if rule.priority == Priority::High && own > 0 {
            return own;
        }
        let next_s = self.levels.get(1).map_or(0, |next| next.after_s);
        own.max(next_s)
    }

    /// Among which duties somebody is looked for who comes, when nobody of `role` has for so long, in seconds: those of
    /// the levels whose time has come, the last one first, then the wanted one, and where that has nobody left, the
    /// levels above. A duty that is no level has no times: all levels are above it.
    pub fn duties(&self, role: &str, waited_s: i64) -> Vec<String> {
        let own = self.levels.iter().position(|level| level.to == role);
        let begin_s = own.and_then(|own| self.levels.get(own));
        let begin_s = begin_s.map(|level| i64::from(level.after_s));
        let above = self.levels.iter().skip(own.map_or(0, |own| own + 1));
        let is_due = |level: &&Level| {
            begin_s.is_some_and(|begin_s| waited_s >= i64::from(level.after_s) - begin_s)
        };
        let (due, later): (Vec<&Level>, Vec<&Level>) = above.partition(is_due);
        let name = |level: &Level| level.to.clone();
        let first = due.into_iter().rev().map(name);
        first
            .chain([role.to_owned()])
            .chain(later.into_iter().map(name))
            .collect()
    }
}

/// Escalation of all priorities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Escalation {
    /// Version of the file.
    pub version: String,
    /// Whether somebody has yet to confirm the times for this hospital.
    pub needs_confirmation: bool,
    /// Come at once.
    pub high: PriorityRules,
    /// Come promptly.
    pub medium: PriorityRules,
    /// Be aware of it.
    pub low: PriorityRules,
    /// Where it comes from.
    #[serde(skip_deserializing)]
    pub origin: crate::Origin,
}

impl Escalation {
    /// Reads the file and checks that somebody is told at once, and that later levels come later.
    pub fn read(text: &str) -> Result<Self, crate::RuleError> {
        let read: Self = toml::from_str(text)?;
        for (name, rules) in [
            ("high", &read.high),
            ("medium", &read.medium),
            ("low", &read.low),
        ] {
            let times: Vec<u32> = rules.levels.iter().map(|level| level.after_s).collect();
            let rising = times
                .iter()
                .zip(times.iter().skip(1))
                .all(|(one, next)| one < next);
            if times.first() != Some(&0) || !rising || rules.pause_at_most_s == 0 {
                return Err(crate::RuleError::Inconsistent {
                    rule: name.to_owned(),
                    why: "its first level is at once, later ones come later, and a pause has a length"
                        .to_owned(),
                });
            }
        }
        Ok(read)
    }

    /// What holds for this priority.
    pub fn of(&self, priority: Priority) -> &PriorityRules {
        match priority {
            Priority::High => &self.high,
            Priority::Medium => &self.medium,
            Priority::Low => &self.low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errand_goes_up_by_the_times_of_the_levels_or_where_nobody_is_left() {
        let medium = &shipped().medium;
        let duties = |role: &str, waited_s| medium.duties(role, waited_s).join(" ");
        let above = "bed-nurse ward-nurse charge-nurse doctor-on-duty";
        assert_eq!(duties("bed-nurse", 0), above);
        assert_eq!(
            duties("bed-nurse", 300),
            "charge-nurse ward-nurse bed-nurse doctor-on-duty"
        );
        // Its own time is where the level of its duty begins.
        assert_eq!(duties("charge-nurse", 299), "charge-nurse doctor-on-duty");
        assert_eq!(duties("charge-nurse", 300), "doctor-on-duty charge-nurse");
        assert_eq!(duties("doctor-on-duty", 9999), "doctor-on-duty");
        assert_eq!(duties("porter", 9999), format!("porter {above}"));
    }
}
