//! Rules as their file says them.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

use crate::{Origin, Plan, SwitchedOff};

/// The file of the rules that come with the program.
pub const SHIPPED_RULES: &str = include_str!("../rules/ward.toml");

static WARD_RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| {
    Arc::new(RuleSet::read(SHIPPED_RULES).unwrap_or_else(|error| unreachable!("{error}")))
});

/// The rules of the ward that are in force.
pub fn ward_rules() -> Arc<RuleSet> {
    crate::settings::in_force().rules.clone()
}

/// The rules of the ward that come with the program.
pub(crate) fn shipped() -> Arc<RuleSet> {
    WARD_RULES.clone()
}

/// Why a file of rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It is not well formed, or has a field that no rule has.
    #[error("read the rules: {0}")]
    NotWellFormed(#[from] toml::de::Error),
    /// It contradicts itself.
    #[error("use the rule `{rule}`: {why}")]
    Inconsistent {
        /// The rule's id.
        rule: String,
        /// What is wrong with it.
        why: String,
    },
}

/// How fast somebody must come: by the harm and by how soon it comes, not by the kind of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Priority {
    /// Be aware of it.
    Low,
    /// Come promptly.
    Medium,
    /// Come at once.
    High,
}

/// What an alarm is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Kind {
    /// The patient.
    Physiological,
    /// A device, a sensor or the line.
    Technical,
    /// The room.
    Environmental,
}

/// A signal that rules look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Signal {
    /// Its name in rules.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// UCUM unit.
    pub unit: String,
    /// Codes that a stream of it may have: LOINC, or context-free codes of ISO/IEEE 11073.
    pub codes: Vec<String>,
    /// A value older than this says nothing about now, in seconds.
    pub fresh_s: u32,
    /// Its values may contradict another signal in an `unless` for so long after they were measured, in seconds.
    #[serde(default = "just_now_s")]
    pub contradicts_s: u32,
    /// What can be at all; a value outside is no value.
    pub plausible: [f64; 2],
    /// This number means that the sensor finds nothing to measure: what it measured before counts no more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub none_is: Option<f64>,
    /// The question of a score that it answers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub answers: Option<String>,
    /// To how many decimals it is shown and scored.
    #[serde(default)]
    pub decimals: u8,
    /// Where several devices of a bed send it, the lowest value counts.
    #[serde(default)]
    pub lowest_counts: bool,
}

/// What is looked for in the signals. What cannot be judged, since a value is missing or too old, is neither
/// true nor false.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Condition {
    /// The newest value is at most this.
    AtMost {
        /// The signal.
        signal: String,
        /// The limit.
        value: f64,
    },
    /// The newest value is at least this.
    AtLeast {
        /// The signal.
        signal: String,
        /// The limit.
        value: f64,
    },
    /// The newest values of two signals that measure the same are at least so far apart.
    Apart {
        /// One signal.
        one: String,
        /// The other.
        other: String,
        /// The distance.
        by: f64,
    },
    /// A straight line through the last `within_s` seconds falls by at least so much.
    #[serde(rename_all(deserialize = "kebab-case"))]
    Falls {
        /// The signal.
        signal: String,
        /// The fall over the whole window.
        by: f64,
        /// The window.
        within_s: u32,
    },
    /// A straight line through the last `within_s` seconds rises by at least so much.
    #[serde(rename_all(deserialize = "kebab-case"))]
    Rises {
        /// The signal.
        signal: String,
        /// The rise over the whole window.
        by: f64,
        /// The window.
        within_s: u32,
    },
    /// Two neighbouring values within so many seconds are further apart than a body changes, and the signal came back
    /// after them. A value that jumps and stays is believed.
    #[serde(rename_all(deserialize = "kebab-case"))]
    Jumps {
        /// The signal.
        signal: String,
        /// The distance.
        by: f64,
        /// How long a jump counts.
        within_s: u32,
    },
    /// No value for so long, though the signal was there or is expected.
    #[serde(rename_all(deserialize = "kebab-case"))]
    Absent {
        /// The signal.
        signal: String,
        /// How long.
        for_s: u32,
    },
    /// The newest value is young enough to say something about now. Never open.
    Known {
        /// The signal.
        signal: String,
    },
    /// A person said so at the bedside. What nobody said is not so; what was said too long ago is open.
    Said {
        /// The question.
        input: String,
        /// The answer.
        #[ts(type = "boolean | number | string")]
        is: knowledge::AnswerValue,
    },
    /// A score's sum lies in one of these bands; or comes to one of them at least, while some of it is missing.
    Score {
        /// The score.
        id: String,
        /// Its bands.
        bands: Vec<String>,
    },
    /// All of them.
    All(Vec<Condition>),
    /// Any of them.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// How fast somebody must come.
    pub priority: Priority,
    /// What it is about.
    pub kind: Kind,
    /// What raises it.
    pub when: Condition,
    /// While one of these holds, the value is not believed and nothing is raised; that is kept as an event. It holds by
    /// values alone that were measured since what they contradict began, and not longer ago than `contradicts-s` of
    /// their signal.
    #[serde(default)]
    pub unless: Vec<Condition>,
    /// It must have held so long, in seconds.
    #[serde(default)]
    pub delay_s: u32,
    /// It must have been false so long before it counts as gone, in seconds.
    #[serde(default)]
    pub clear_s: u32,
    /// Whether light and sound go on after the condition is gone, until somebody takes it. Of high priority all do.
    #[serde(default)]
    pub latching: bool,
    /// The plan that it offers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub plan: Option<String>,
    /// Key of the source of its limits; without one they are the hospital's settings.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub evidence: Option<String>,
    /// Whether somebody has yet to confirm its limits for this hospital.
    pub needs_confirmation: bool,
    /// Who confirmed limits that are the hospital's own, and when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub confirmed_by: Option<String>,
    /// Where it comes from.
    #[serde(skip_deserializing)]
    pub origin: Origin,
}

/// A file of rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleSet {
    /// Its name.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// How far apart the moments are at which rules are looked at, in milliseconds of the samples' time.
    pub step_ms: i64,
    /// A sample may come so late, in seconds; rules are looked at so much behind the clock.
    pub lateness_s: u32,
    /// How long what a person saw at the bedside counts, in seconds.
    pub seen_fresh_s: u32,
    /// How long a result of the laboratory counts, in seconds.
    #[serde(default = "a_day_s")]
    pub lab_fresh_s: u32,
    /// The signals.
    #[serde(rename = "signal")]
    pub signals: Vec<Signal>,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// Rules that the hospital switched off.
    #[serde(skip)]
    pub off: Vec<SwitchedOff>,
}

/// As long as a sensor that measures each second may miss some values.
fn just_now_s() -> u32 {
    5
}

fn a_day_s() -> u32 {
    86_400
}

impl Condition {
    /// The conditions within it, itself included.
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().for_each(|one| one.walk(visit)),
            Self::Not(inner) => inner.walk(visit),
            _ => {}
        }
    }

    /// The signals that it names itself.
    pub fn signals(&self) -> Vec<&str> {
        match self {
            Self::AtMost { signal, .. }
            | Self::AtLeast { signal, .. }
            | Self::Falls { signal, .. }
            | Self::Rises { signal, .. }
            | Self::Jumps { signal, .. }
            | Self::Known { signal }
            | Self::Absent { signal, .. } => vec![signal],
            Self::Apart { one, other, .. } => vec![one, other],
            Self::Said { .. } | Self::Score { .. } | Self::All(_) | Self::Any(_) | Self::Not(_) => {
                Vec::new()
            }
        }
    }

    /// How far back it looks, in seconds.
    fn reach_s(&self) -> u32 {
        match self {
            Self::Falls { within_s, .. }
            | Self::Rises { within_s, .. }
            | Self::Jumps { within_s, .. } => *within_s,
            _ => 0,
        }
    }
}

impl Signal {
    /// Whether this number means that the sensor finds nothing to measure.
    pub fn is_none(&self, value: f64) -> bool {
        self.none_is
            .is_some_and(|none| none.to_bits() == value.to_bits())
    }
}

impl RuleSet {
    /// Reads a file of rules and checks it against itself, the signals and the scores.
    pub fn read(text: &str) -> Result<Self, RuleError> {
        let set: Self = toml::from_str(text)?;
        let inconsistent = |rule: &str, why: String| RuleError::Inconsistent {
            rule: rule.to_owned(),
            why,
        };
        if set.step_ms < 1 {
            return Err(inconsistent(
                "",
                "steps must be at least 1 ms apart".to_owned(),
            ));
        }
        for signal in &set.signals {
            if let Some(name) = &signal.answers
                && !knowledge::inputs().contains_key(name)
            {
                return Err(inconsistent(
                    &signal.id,
                    format!("`{name}` is no question of a score"),
                ));
            }
        }
        let mut seen = BTreeSet::new();
        for rule in &set.rules {
            if !seen.insert(&rule.id) {
                return Err(inconsistent(&rule.id, "its id is there twice".to_owned()));
            }
            if let Some(why) = set.contradiction(rule, crate::plan::shipped()) {
                return Err(inconsistent(&rule.id, why));
            }
        }
        Ok(set)
    }

    /// What contradicts itself in a rule, or is not there, and what to do.
    pub(crate) fn contradiction(&self, rule: &Rule, plans: &[Plan]) -> Option<String> {
        if rule.title.zh.trim().is_empty() || rule.title.en.trim().is_empty() {
            return Some("its title lacks a language: give zh and en".to_owned());
        }
        if let Some(key) = &rule.evidence
            && knowledge::evidence(key).is_none()
        {
            return Some(format!(
                "its source `{key}` is not known: leave `evidence` out, and say in `confirmed-by` who set the limits"
            ));
        }
        if rule.evidence.is_none() && rule.confirmed_by.is_none() && !rule.needs_confirmation {
            return Some(
                "limits without a source need confirmation: give `confirmed-by`, or set `needs-confirmation = true`"
                    .to_owned(),
            );
        }
        if let Some(plan) = &rule.plan
            && !plans.iter().any(|one| one.id == *plan)
        {
            let known: Vec<&str> = plans.iter().map(|plan| plan.id.as_str()).collect();
            return Some(format!(
                "there is no plan `{plan}`: name one of {}, or write it",
                known.join(", ")
            ));
        }
        let mut why = None;
        for condition in [&rule.when].into_iter().chain(&rule.unless) {
            condition.walk(&mut |one| {
                for name in one.signals() {
                    if self.signal(name).is_none() {
                        why = Some(format!(
                            "there is no signal `{name}`: `yuanyi settings shipped rules` prints all, and [[signal]] adds one"
                        ));
                    }
                }
                if let Condition::Said { input, .. } = one
                    && !knowledge::inputs().contains_key(input)
                {
                    why = Some(format!("there is no question `{input}`"));
                }
                if let Condition::Score { id, bands } = one {
                    let known = knowledge::point_score(id).is_some_and(|score| {
                        let has = |band: &String| score.bands.iter().any(|b| b.id == *band);
                        bands.iter().all(has)
                    });
                    if !known {
                        why = Some(format!("there is no such score or band: `{id}`"));
                    }
                }
            });
        }
        why
    }

    /// Why a limit of a rule can never be reached: it lies outside what its signal can be at all.
    pub(crate) fn never_holds(&self, rule: &Rule) -> Option<String> {
        let mut why = None;
        rule.when.walk(&mut |one| {
            let (Condition::AtMost { signal, value } | Condition::AtLeast { signal, value }) = one
            else {
                return;
            };
            let Some(known) = self.signal(signal) else {
                return;
            };
            let [low, high] = known.plausible;
            if !(low..=high).contains(value) {
                why = Some(format!(
                    "its limit {value} lies outside what `{signal}` can be ({low} to {high} {}): correct the number or its unit",
                    known.unit
                ));
            }
        });
        why
    }

    /// What contradicts itself in a signal, and what to do.
    pub(crate) fn signal_contradiction(&self, signal: &Signal) -> Option<String> {
        let [low, high] = signal.plausible;
        if low.partial_cmp(&high) != Some(std::cmp::Ordering::Less) {
            return Some(
                "what is plausible ends before it begins: write [lowest, highest]".to_owned(),
            );
        }
        if signal.fresh_s == 0 {
            return Some("no value of it would ever count: give `fresh-s` in seconds".to_owned());
        }
        if let Some(name) = &signal.answers
            && !knowledge::inputs().contains_key(name)
        {
            return Some(format!(
                "`{name}` is no question of a score: leave `answers` out"
            ));
        }
        let taken = signal.codes.iter().find_map(|code| {
            let owner = self.signal_of_code(code)?;
            (owner.id != signal.id).then(|| (code, owner.id.clone()))
        });
        if let Some((code, owner)) = taken {
            return Some(format!(
                "its code `{code}` belongs to the signal `{owner}`: use that one, or another code"
            ));
        }
        signal
            .codes
            .is_empty()
            .then(|| "it has no code: give the one by which devices send it".to_owned())
    }

    /// The signal with this name.
    pub fn signal(&self, id: &str) -> Option<&Signal> {
        self.signals.iter().find(|signal| signal.id == id)
    }

    /// The signal that a code stands for.
    pub fn signal_of_code(&self, code: &str) -> Option<&Signal> {
        let has = |signal: &&Signal| signal.codes.iter().any(|known| known == code);
        self.signals.iter().find(has)
    }

    /// The rule with this name.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Whether a rule is about a room, and not about a bed or who lies in it.
    pub fn is_of_room(&self, id: &str) -> bool {
        self.rule(id)
            .is_some_and(|rule| rule.kind == Kind::Environmental)
    }

    /// The signals that a rule names, and whether it also looks at what people saw at the bedside.
    pub fn looks_at(&self, id: &str) -> (BTreeSet<&str>, bool) {
        let mut signals = BTreeSet::new();
        let mut asks_people = false;
        if let Some(rule) = self.rule(id) {
            rule.when.walk(&mut |one| {
                signals.extend(one.signals());
                asks_people |= matches!(one, Condition::Said { .. } | Condition::Score { .. });
            });
        }
        (signals, asks_people)
    }

    /// How much of a signal must be kept, in seconds.
    pub(crate) fn reach_s(&self, signal: &str) -> u32 {
        let mut reach = self.signal(signal).map_or(0, |signal| signal.fresh_s);
        for rule in &self.rules {
            for condition in [&rule.when].into_iter().chain(&rule.unless) {
                condition.walk(&mut |one| {
                    if one.signals().contains(&signal) {
                        reach = reach.max(one.reach_s());
                    }
                });
            }
        }
        reach
    }

    /// The same rules without delays and without what keeps them from being raised: limits alone.
    #[must_use]
    pub fn limits_alone(&self) -> Self {
        let mut bare = self.clone();
        for rule in &mut bare.rules {
            rule.delay_s = 0;
            rule.clear_s = 0;
            rule.unless.clear();
        }
        bare
    }

    /// The same rules with their delays, but without what keeps them from being raised.
    #[must_use]
    pub fn without_combinations(&self) -> Self {
        let mut plain = self.clone();
        for rule in &mut plain.rules {
            rule.unless.clear();
        }
        plain
    }
}
