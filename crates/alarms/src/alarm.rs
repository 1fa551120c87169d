//! An alarm and its steps.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Text, Timestamp};

use crate::{Kind, Level, Priority, Reading};

/// The name of an alarm: its bed, its rule and when it was raised.
pub type AlarmId = String;

/// Whether the condition still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Presence {
    /// It holds.
    Present,
    /// It ended.
    Gone {
        /// When.
        #[ts(type = "string")]
        at: Timestamp,
    },
}

/// Who answers for an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Taken {
    /// The account.
    pub by: String,
    /// Since when.
    #[ts(type = "string")]
    pub at: Timestamp,
}

/// How an alarm ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Outcome {
    /// Something was done for the patient.
    Treated,
    /// It was true, and nothing had to be done.
    NothingNeeded,
    /// It was not true.
    FalseAlarm,
    /// A device or a sensor was the trouble.
    Technical,
    /// An exercise.
    Drill,
}

/// Who ended an alarm, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Closed {
    /// The account.
    pub by: String,
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// How.
    pub outcome: Outcome,
}

/// Something that happened to an alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "step")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Step {
    /// It was raised.
    Raised {
        /// The samples that it stands on.
        read: Vec<Reading>,
    },
    /// Those of a level of escalation were told.
    Told {
        /// The level, from 0.
        level: usize,
        /// The role.
        to: String,
    },
    /// Somebody answers for it now.
    Taken {
        /// The account.
        by: String,
    },
    /// Who had taken it gave it back.
    GivenBack {
        /// The account.
        by: String,
    },
    /// Who had taken it did not end it in time, or before it came back as another episode: it is open again.
    Lapsed,
    /// Its sound is paused.
    Paused {
        /// The account.
        by: String,
        /// When the pause ends.
        #[ts(type = "string")]
        until: Timestamp,
    },
    /// The pause is over.
    PauseEnded,
    /// The condition holds no more.
    Gone,
    /// The condition holds again.
    Back {
        /// The samples that say so.
        read: Vec<Reading>,
    },
    /// A plan was started from it.
    PlanStarted {
        /// The plan.
        plan: String,
        /// The account.
        by: String,
        /// Whether it is an exercise.
        drill: bool,
    },
    /// Somebody ended it.
    Closed {
        /// The account.
        by: String,
        /// How.
        outcome: Outcome,
    },
    /// Nothing is heard from where it is led: what stands before is what was last known, and it goes on here.
    Unheard,
    /// Something is heard from there again: what is said there holds.
    HeardAgain,
    /// The device that it is about says this of itself now.
    Said {
        /// In its own words.
        words: Vec<String>,
    },
}

/// A step with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Stepped {
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub step: Step,
}

/// An alarm. It is open until somebody closes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Alarm {
    /// Its name.
    pub id: AlarmId,
    /// The bed.
    pub bed: String,
    /// The device there, where it is about one of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub device: Option<String>,
    /// What that device says of itself, in its own words.
    #[serde(default)]
    pub said: Vec<String>,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub patient: Option<String>,
    /// The rule.
    pub rule: String,
    /// Version of the rule's file.
    pub version: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// How fast somebody must come.
    pub priority: Priority,
    /// What it is about.
    pub kind: Kind,
    /// Whether light and sound go on after the condition is gone.
    pub latching: bool,
    /// Whether somebody has yet to confirm the rule's limits.
    pub needs_confirmation: bool,
    /// The plan that its rule offers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub plan: Option<String>,
    /// When it was raised.
    #[ts(type = "string")]
    pub raised_at: Timestamp,
    /// Whether the condition still holds.
    pub presence: Presence,
    /// The level of escalation that was told last.
    pub level: usize,
    /// Since when nobody answers for it, by the hospital's clock.
    #[ts(type = "string")]
    pub untaken_since: Timestamp,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub taken: Option<Taken>,
    /// Until when its sound is paused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional, type = "string")]
    pub paused_until: Option<Timestamp>,
    /// Who ended it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub closed: Option<Closed>,
    /// All that happened to it.
    pub steps: Vec<Stepped>,
}

impl Alarm {
    /// Whether light and sound call for somebody now.
    pub fn calls(&self, now: Timestamp) -> bool {
        self.closed.is_none() && self.taken.is_none() && self.holds() && !self.is_paused(now)
    }

    /// Whether somebody must come until it is ended: its condition holds, or it calls also after that is over.
    pub(crate) fn holds(&self) -> bool {
        self.presence == Presence::Present || self.latching
    }

    /// Whether it is led elsewhere, nothing is heard from there, and it goes on here.
    pub fn is_unheard(&self) -> bool {
        self.steps
            .iter()
            .any(|stepped| stepped.step == Step::Unheard)
    }

    /// Whether its sound is paused now.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    /// Whether its sound was paused since somebody was told of it last. Only who is told next opens the way to another
    /// pause: pauses in a row would be a silence without end.
    pub fn was_paused(&self) -> bool {
        let begins = |step: &Step| matches!(step, Step::Told { .. } | Step::GivenBack { .. });
        let latest = self.steps.iter().rev();
        let mut latest = latest.take_while(|stepped| !begins(&stepped.step));
        latest.any(|stepped| matches!(stepped.step, Step::Paused { .. }))
    }

    /// The alarm as it stood at a moment, by its steps; none where it had not been raised yet.
    #[must_use]
    pub fn as_of(&self, at: Timestamp) -> Option<Self> {
        let mut then = Self {
            presence: Presence::Present,
            level: 0,
            untaken_since: self.raised_at,
            taken: None,
            paused_until: None,
            closed: None,
            said: Vec::new(),
            steps: Vec::new(),
            ..self.clone()
        };
        for stepped in self.steps.iter().filter(|stepped| stepped.at <= at) {
            then.take_step(stepped);
            then.steps.push(stepped.clone());
        }
        then.paused_until = then.paused_until.filter(|until| at < *until);
        (self.raised_at <= at && !then.steps.is_empty()).then_some(then)
    }

    fn take_step(&mut self, stepped: &Stepped) {
        let at = stepped.at;
        match &stepped.step {
            Step::Raised { .. } | Step::PlanStarted { .. } | Step::Unheard | Step::HeardAgain => {}
            Step::Told { level, .. } => {
                if *level == 0 {
                    self.untaken_since = at;
                }
                self.level = *level;
            }
            Step::Taken { by } => {
                let by = by.clone();
                self.taken = Some(Taken { by, at });
            }
            Step::GivenBack { .. } | Step::Lapsed => {
                self.taken = None;
                self.untaken_since = at;
                self.level = 0;
            }
            Step::Paused { until, .. } => self.paused_until = Some(*until),
            Step::PauseEnded => self.paused_until = None,
            Step::Said { words } => self.said.clone_from(words),
            Step::Gone => self.presence = Presence::Gone { at },
            Step::Back { .. } => self.presence = Presence::Present,
            Step::Closed { by, outcome } => {
                self.paused_until = None;
                self.closed = Some(Closed {
                    by: by.clone(),
                    at,
                    outcome: *outcome,
                });
            }
        }
    }

    /// Opens it again, though somebody had taken it: those of the first level are told.
    pub(crate) fn lapse(&mut self, first: Option<&Level>, now: Timestamp) {
        self.taken = None;
        self.untaken_since = now;
        self.level = 0;
        self.note(now, Step::Lapsed);
        if let Some(level) = first {
            let to = level.to.clone();
            self.note(now, Step::Told { level: 0, to });
        }
    }

    pub(crate) fn note(&mut self, at: Timestamp, step: Step) {
        self.steps.push(Stepped { at, step });
    }
}

/// Why an act on an alarm is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Refused {
    /// There is no such alarm.
    #[error("find the alarm")]
    Unknown,
    /// It has ended.
    #[error("change an alarm that has ended")]
    Ended,
    /// Somebody must answer for it first.
    #[error("end an alarm that nobody has taken: take it first")]
    NotTaken,
    /// Only who answers for it gives it back.
    #[error("give back an alarm that another has taken")]
    NotYours,
    /// Pauses have an end.
    #[error("pause for so long: at most {at_most_s} s are allowed")]
    TooLong {
        /// The longest pause, in seconds.
        at_most_s: u32,
    },
    /// One pause until the next person is told.
    #[error("pause again before the next person is told")]
    PausedBefore,
}
