//! All alarms of a ward. None leaves the board but by a person who took it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use vocabulary::Timestamp;

use crate::{
    Alarm, AlarmId, Change, Changed, Closed, Escalation, Outcome, Presence, Reading, Refused,
    RuleSet, Step, Taken,
};

/// What a person does with an alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "act", deny_unknown_fields)]
pub enum Act {
    /// Answers for it from now on.
    Take,
    /// Gives it back.
    GiveBack,
    /// Pauses its sound.
    Pause {
        /// For how long, in seconds.
        for_s: u32,
    },
    /// Starts a plan from it.
    StartPlan {
        /// The plan.
        plan: String,
        /// Whether it is an exercise.
        drill: bool,
    },
    /// Ends it.
    Close {
        /// How.
        outcome: Outcome,
    },
}

/// New words of a device are taken no sooner after the last, in milliseconds: some never say the same twice.
const WORDS_EVERY_MS: i64 = 30_000;

/// What an alarm is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The bed.
    pub bed: &'a str,
    /// One of its devices, which has alarms of its own.
    pub device: Option<&'a str>,
    /// Who lies there.
    pub patient: Option<&'a str>,
}

/// The alarms of a ward.
#[derive(Clone, Debug)]
pub struct Board {
    escalation: Escalation,
    alarms: BTreeMap<AlarmId, Alarm>,
    /// Those that are led elsewhere.
    led: BTreeSet<AlarmId>,
}

impl Board {
    /// A board without alarms.
    pub fn new(escalation: Escalation) -> Self {
        Self {
            escalation,
            alarms: BTreeMap::new(),
            led: BTreeSet::new(),
        }
    }

    /// Escalates by another list from now on.
    pub fn escalate_by(&mut self, escalation: Escalation) {
        self.escalation = escalation;
    }

    /// Shows an alarm as it stands where it is led. Nothing happens to it here: no rule, no clock, no person.
    pub fn show(&mut self, alarm: Alarm) {
        self.led.insert(alarm.id.clone());
        self.alarms.insert(alarm.id.clone(), alarm);
    }

    /// Leads an alarm here from now on, because nobody else does any more: what stands before is what was last known.
    pub fn lead(&mut self, id: &str, now: Timestamp) {
        if self.led.remove(id)
            && let Some(alarm) = self.alarms.get_mut(id)
            && alarm.closed.is_none()
            && !alarm.is_unheard()
        {
            alarm.note(now, Step::Unheard);
        }
    }

    /// Goes on here with an alarm that is led elsewhere and that nobody is known to have taken, since nothing is heard
    /// from there. Gives it as it was told last, where it did not go on here before.
    pub fn go_on(&mut self, id: &str, now: Timestamp) -> Option<Alarm> {
        if !self.led.contains(id) {
            return None;
        }
        let alarm = self.alarms.get_mut(id)?;
        if alarm.taken.is_some() || alarm.closed.is_some() || alarm.is_unheard() {
            return None;
        }
        let told = alarm.clone();
        alarm.note(now, Step::Unheard);
        Some(told)
    }

    /// Whether an alarm goes on here: it is led here, or nothing is heard from where it is led.
    pub fn goes_on_here(&self, id: &str) -> bool {
        !self.led.contains(id) || self.alarms.get(id).is_some_and(Alarm::is_unheard)
    }

    /// Whether an alarm is led elsewhere.
    pub fn is_led_elsewhere(&self, id: &str) -> bool {
        self.led.contains(id)
    }

    /// Puts back an alarm that was kept. One that the board already has stays as it is.
    pub fn restore(&mut self, alarm: Alarm) {
        self.alarms.entry(alarm.id.clone()).or_insert(alarm);
    }

    /// The alarm with this name.
    pub fn alarm(&self, id: &str) -> Option<&Alarm> {
        self.alarms.get(id)
    }

    /// All alarms that nobody has ended: the most urgent first, then the oldest.
    pub fn open(&self) -> Vec<&Alarm> {
        let mut open: Vec<&Alarm> = self
            .alarms
            .values()
            .filter(|alarm| alarm.closed.is_none())
            .collect();
        open.sort_by(|a, b| {
            let urgent = b.priority.cmp(&a.priority);
            urgent
                .then(a.raised_at.cmp(&b.raised_at))
                .then(a.id.cmp(&b.id))
        });
        open
    }

    /// Every alarm.
    pub fn all(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.values()
    }

    /// Forgets alarms that ended before this; they are kept elsewhere.
    pub fn forget_closed_before(&mut self, before: Timestamp) {
        let led = &self.led;
        self.alarms.retain(|id, alarm| {
            let closed = alarm.closed.as_ref();
            // What was ended here may be open where it is led.
            let is_open_there = alarm.is_unheard() && led.contains(id);
            closed.is_none_or(|closed| closed.at >= before) || is_open_there
        });
        let alarms = &self.alarms;
        self.led.retain(|id| alarms.contains_key(id));
    }

    /// Takes a change of a rule at a bed. Gives the alarm that it touched.
    pub fn apply(
        &mut self,
        bed: &str,
        patient: Option<&str>,
        change: &Change,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Option<AlarmId> {
        let device = None;
        let about = About {
            bed,
            device,
            patient,
        };
        self.apply_about(about, change, rules, now)
    }

    /// Takes a change of a rule at a bed or of one of its devices. Gives the alarm that it touched.
    pub fn apply_about(
        &mut self,
        about: About<'_>,
        change: &Change,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Option<AlarmId> {
        match &change.changed {
            Changed::Began { read } => self.begin(about, change, read, rules, now),
            Changed::Ended => {
                let alarm = self.open_of(about, &change.rule)?;
                if alarm.presence != Presence::Present {
                    return None;
                }
                alarm.presence = Presence::Gone { at: change.at };
                alarm.note(now, Step::Gone);
                Some(alarm.id.clone())
            }
            Changed::Disbelieved { .. } => None,
        }
    }

    /// Takes what a device says of itself, for its open alarm by a rule, whose condition holds. Nobody is called by that
    /// anew: who has taken the alarm has taken the device. Gives the alarm where the words are new.
    pub fn say(
        &mut self,
        about: About<'_>,
        rule: &str,
        words: &[String],
        now: Timestamp,
    ) -> Option<AlarmId> {
        let alarm = self.open_of(about, rule)?;
        if alarm.presence != Presence::Present || words.is_empty() || alarm.said == words {
            return None;
        }
        let mut steps = alarm.steps.iter().rev();
        let last = steps.find(|stepped| matches!(stepped.step, Step::Said { .. }));
        if last.is_some_and(|last| now.0 - last.at.0 < WORDS_EVERY_MS) {
            return None;
        }
        alarm.said = words.to_vec();
        let words = alarm.said.clone();
        alarm.note(now, Step::Said { words });
        Some(alarm.id.clone())
    }

    /// Says that the patient left a bed: the conditions of its alarms are over. They stay until somebody ends them.
    pub fn leave(&mut self, bed: &str, now: Timestamp) -> Vec<AlarmId> {
        let mut touched = Vec::new();
        let led = &self.led;
        let own = self.alarms.values_mut();
        for alarm in own.filter(|alarm| !led.contains(&alarm.id)) {
            if alarm.bed == bed && alarm.closed.is_none() && alarm.presence == Presence::Present {
                alarm.presence = Presence::Gone { at: now };
                alarm.note(now, Step::Gone);
                touched.push(alarm.id.clone());
            }
        }
        touched
    }

    /// Says that who took an alarm is there no more: it calls again, unless it would call nobody. Whether it does is
    /// said.
    pub fn let_go(&mut self, id: &str, now: Timestamp) -> bool {
        if !self.goes_on_here(id) {
            return false;
        }
        let Some(alarm) = self.alarms.get_mut(id) else {
            return false;
        };
        if alarm.taken.is_none() || alarm.closed.is_some() || !alarm.holds() {
            return false;
        }
        let levels = &self.escalation.of(alarm.priority).levels;
        alarm.lapse(levels.first(), now);
        true
    }

    /// The open alarm whose condition holds, or else the one about who lies there now: what is over of somebody before
    /// stays theirs.
    fn open_of(&mut self, about: About<'_>, rule: &str) -> Option<&mut Alarm> {
        let led = &self.led;
        let own = self.alarms.values_mut().filter(|alarm| {
            let is_present = alarm.presence == Presence::Present;
            alarm.bed == about.bed
                && alarm.device.as_deref() == about.device
                && alarm.rule == rule
                && alarm.closed.is_none()
                && !led.contains(&alarm.id)
                && (is_present || alarm.patient.as_deref() == about.patient)
        });
        own.max_by_key(|alarm| alarm.presence == Presence::Present)
    }

    /// An alarm that nobody has ended yet comes back instead of standing there twice, as long as the same patient lies
    /// there. Where somebody has taken it, and it was over for long enough to be another episode, it calls anew.
    fn begin(
        &mut self,
        about: About<'_>,
        change: &Change,
        read: &[Reading],
        rules: &RuleSet,
        now: Timestamp,
    ) -> Option<AlarmId> {
        let rule = rules.rule(&change.rule)?;
        let escalation = self.escalation.of(rule.priority);
        let first = escalation.levels.first()?.clone();
        let episode_s = escalation.episode_s(rule);
        if let Some(alarm) = self.open_of(about, &rule.id) {
            let Presence::Gone { at: gone } = alarm.presence else {
                return None;
            };
            alarm.presence = Presence::Present;
            alarm.note(
                now,
                Step::Back {
                    read: read.to_vec(),
                },
            );
            if alarm.taken.is_none() {
                alarm.untaken_since = now;
                alarm.level = 0;
                alarm.note(
                    now,
                    Step::Told {
                        level: 0,
                        to: first.to,
                    },
                );
            } else if change.at.0 - gone.0 >= i64::from(episode_s) * 1000 {
                // Whoever paused it did so for the episode before.
                if alarm.paused_until.take().is_some() {
                    alarm.note(now, Step::PauseEnded);
                }
                alarm.lapse(Some(&first), now);
            }
            return Some(alarm.id.clone());
        }
        let about_id: Vec<&str> = [about.bed].into_iter().chain(about.device).collect();
        let id = format!("{}.{}.{}", about_id.join("."), rule.id, change.at.0);
        let mut alarm = Alarm {
            id: id.clone(),
            bed: about.bed.to_owned(),
            device: about.device.map(str::to_owned),
            said: Vec::new(),
            patient: about.patient.map(str::to_owned),
            rule: rule.id.clone(),
            version: rules.version.clone(),
            title: rule.title.clone(),
            priority: rule.priority,
            kind: rule.kind,
            // Who must come at once is called until somebody comes, also when it seems over.
            latching: rule.latching || rule.priority == crate::Priority::High,
            needs_confirmation: rule.needs_confirmation,
            plan: rule.plan.clone(),
            raised_at: change.at,
            presence: Presence::Present,
            level: 0,
            untaken_since: now,
            taken: None,
            paused_until: None,
            closed: None,
            steps: Vec::new(),
        };
        alarm.note(
            change.at,
            Step::Raised {
                read: read.to_vec(),
            },
        );
        alarm.note(
            now,
            Step::Told {
                level: 0,
                to: first.to,
            },
        );
        self.alarms.insert(id.clone(), alarm);
        Some(id)
    }

    /// Lets time pass: pauses end, what nobody took escalates and is heard by all again, what was taken and not ended is open again.
    /// Gives the alarms that something happened to.
    pub fn tick(&mut self, now: Timestamp) -> Vec<AlarmId> {
        let after = |since: Timestamp, seconds: u32| now.0 - since.0 >= i64::from(seconds) * 1000;
        let mut touched = Vec::new();
        let led = &self.led;
        let all = self.alarms.values_mut();
        let goes_on = |alarm: &&mut Alarm| {
            alarm.closed.is_none() && (!led.contains(&alarm.id) || alarm.is_unheard())
        };
        for alarm in all.filter(goes_on) {
            let steps = alarm.steps.len();
            let rules = self.escalation.of(alarm.priority);
            if let Some(until) = alarm.paused_until.filter(|until| *until <= now) {
                alarm.paused_until = None;
                alarm.note(until, Step::PauseEnded);
            }
            let holds = alarm.holds();
            if let Some(taken) = &alarm.taken
                && holds
                && after(taken.at, rules.lapse_s)
            {
                alarm.lapse(rules.levels.first(), now);
            }
            while alarm.taken.is_none()
                && holds
                && let Some(next) = rules.levels.get(alarm.level + 1)
                && after(alarm.untaken_since, next.after_s)
            {
                alarm.level += 1;
                // Who paused it did so for themselves, and not for who is told now.
                if alarm.paused_until.take().is_some() {
                    alarm.note(now, Step::PauseEnded);
                }
                let step = Step::Told {
                    level: alarm.level,
                    to: next.to.clone(),
                };
                alarm.note(now, step);
            }
            if alarm.steps.len() != steps {
                touched.push(alarm.id.clone());
            }
        }
        touched
    }

    /// What a person does with an alarm.
    pub fn act(&mut self, id: &str, act: Act, by: &str, now: Timestamp) -> Result<&Alarm, Refused> {
        let alarm = self.alarms.get_mut(id).ok_or(Refused::Unknown)?;
        if alarm.closed.is_some() {
            return Err(Refused::Ended);
        }
        let by = by.to_owned();
        match act {
            Act::Take => {
                alarm.taken = Some(Taken {
                    by: by.clone(),
                    at: now,
                });
                alarm.note(now, Step::Taken { by });
            }
            Act::GiveBack => {
                if alarm.taken.as_ref().is_none_or(|taken| taken.by != by) {
                    return Err(Refused::NotYours);
                }
                alarm.taken = None;
                alarm.untaken_since = now;
                alarm.level = 0;
                alarm.note(now, Step::GivenBack { by });
            }
            Act::Pause { for_s } => {
                let at_most_s = self.escalation.of(alarm.priority).pause_at_most_s;
                if for_s == 0 || for_s > at_most_s {
                    return Err(Refused::TooLong { at_most_s });
                }
                if alarm.was_paused() {
                    return Err(Refused::PausedBefore);
                }
                let until = Timestamp(now.0 + i64::from(for_s) * 1000);
                alarm.paused_until = Some(until);
                alarm.note(now, Step::Paused { by, until });
            }
            Act::StartPlan { plan, drill } => {
                alarm.note(now, Step::PlanStarted { plan, by, drill });
            }
            Act::Close { outcome } => {
                match &alarm.taken {
                    None => return Err(Refused::NotTaken),
                    Some(taken) if taken.by != by => return Err(Refused::NotYours),
                    Some(_) => {}
                }
                alarm.paused_until = None;
                alarm.closed = Some(Closed {
                    by: by.clone(),
                    at: now,
                    outcome,
                });
                alarm.note(now, Step::Closed { by, outcome });
            }
        }
        Ok(alarm)
    }
}
