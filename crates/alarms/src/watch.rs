//! One bed under watch: samples in, changes out, at steps of the samples' own time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knowledge::{Answer, AnswerValue};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Timestamp;

use crate::{Reading, Rule, RuleSet, history::History};

/// One value of a signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The signal.
    pub signal: String,
    /// When it was measured.
    pub at: Timestamp,
    /// What was measured.
    pub value: f64,
}

/// A sample that came after its moment had been judged. If it is the newest of its signal it counts from the next
/// moment on, such as a pressure that a nurse enters minutes later; moments that were judged stay as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("judge a sample that came too late")]
pub struct Late;

/// What happened to a rule's condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "what")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Changed {
    /// It holds, for as long as the rule asks.
    Began {
        /// What was looked at.
        read: Vec<Reading>,
    },
    /// It holds no more, for as long as the rule asks.
    Ended,
    /// It would hold, but the value is not believed.
    Disbelieved {
        /// What was looked at.
        read: Vec<Reading>,
    },
}

/// A change of one rule at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Change {
    /// When, in the samples' time.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// The rule.
    pub rule: String,
    /// What happened.
    #[serde(flatten)]
    pub changed: Changed,
}

/// Where a rule stands between raising and clearing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Standing {
    #[default]
    Quiet,
    /// It has held since then, but not yet for as long as the rule asks.
    Pending(Timestamp),
    Active,
    /// It has been false since then.
    Clearing(Timestamp),
}

#[derive(Clone, Debug, Default)]
struct RuleState {
    standing: Standing,
    /// That the value is not believed was said in this episode.
    disbelieved: bool,
    /// When what holds in this episode was measured first.
    onset: Option<Timestamp>,
    /// When it was seen to hold last.
    held_at: Option<Timestamp>,
    /// It held only by what was taken back since.
    is_groundless: bool,
}

/// Stands among what waits where a sensor found nothing to measure.
const NONE: f64 = f64::NAN;

/// How much of each signal some rule looks at, in seconds.
fn reach_of(rules: &RuleSet) -> Arc<BTreeMap<String, u32>> {
    let signals = rules.signals.iter();
    let reach = signals.map(|signal| (signal.id.clone(), rules.reach_s(&signal.id)));
    Arc::new(reach.collect())
}

/// One bed under watch.
#[derive(Clone, Debug)]
pub struct Watch {
    rules: Arc<RuleSet>,
    histories: BTreeMap<String, History>,
    seen: BTreeMap<String, (Timestamp, Answer)>,
    states: BTreeMap<String, RuleState>,
    /// What came and is not yet judged, by time, signal and the value's bits: the order of arrival is gone.
    waiting: BTreeSet<(Timestamp, String, u64)>,
    judged_until: Option<Timestamp>,
    /// What was measured until then is known, but was never judged.
    begun: Option<Timestamp>,
    /// Until when the rules had been looked at when a signal came for the first time. Where a device catches up after
    /// a while without a line, its first value is older than that: it was not silent here before it was here.
    first_heard: BTreeMap<String, Option<Timestamp>>,
    late: u64,
    /// How much of each signal some rule looks at, in seconds.
    reach_s: Arc<BTreeMap<String, u32>>,
}

impl Watch {
    /// A bed of which nothing is known yet.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        Self {
            reach_s: reach_of(&rules),
            rules,
            histories: BTreeMap::new(),
            seen: BTreeMap::new(),
            states: BTreeMap::new(),
            waiting: BTreeSet::new(),
            judged_until: None,
            begun: None,
            first_heard: BTreeMap::new(),
            late: 0,
        }
    }

    /// Its rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// How many samples came after their moment had been judged.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Until when the rules were looked at.
    pub fn judged_until(&self) -> Option<Timestamp> {
        self.judged_until
    }

    pub(crate) fn history(&self, signal: &str) -> Option<&History> {
        self.histories.get(signal)
    }

    pub(crate) fn seen(&self) -> &BTreeMap<String, (Timestamp, Answer)> {
        &self.seen
    }

    /// Takes a sample. Values that cannot be are no values: the signal is absent then. One that says that nothing was
    /// measured is none either, and ends what was known.
    pub fn sample(&mut self, mut sample: Sample) -> Result<(), Late> {
        let Some(signal) = self.rules.signal(&sample.signal) else {
            return Ok(());
        };
        let [low, high] = signal.plausible;
        let nothing = signal.is_none(sample.value);
        if !nothing && !(low..=high).contains(&sample.value) {
            return Ok(());
        }
        if nothing {
            // Where it never measured anything, there is nothing to end.
            sample.value = NONE;
        } else {
            self.first_heard
                .entry(sample.signal.clone())
                .or_insert(self.judged_until);
        }
        let is_before = self.begun.is_some_and(|begun| sample.at <= begun);
        if !is_before && self.judged_until.is_some_and(|until| sample.at <= until) {
            self.late += 1;
            self.waiting
                .insert((sample.at, sample.signal, sample.value.to_bits()));
            return Err(Late);
        }
        self.waiting
            .insert((sample.at, sample.signal, sample.value.to_bits()));
        Ok(())
    }

    /// Judges nothing until then: what is older is known, and raises nothing about the past.
    pub fn begin_at(&mut self, moment: Timestamp) {
        let step = self.rules.step_ms;
        let on_grid = Timestamp(moment.0.div_euclid(step) * step);
        self.judged_until = Some(on_grid);
        self.begun = Some(on_grid);
    }

    /// Says that all that came so far was known before this watch began: what has been silent since then has been so
    /// from its own time on.
    pub fn was_known(&mut self) {
        for heard in self.first_heard.values_mut() {
            *heard = None;
        }
    }

    /// Since when nothing came of a signal that was here or is expected: not since longer than it is known here.
    pub(crate) fn awaited_since(&self, signal: &str) -> Option<Timestamp> {
        let since = self.history(signal)?.awaited_since?;
        let heard = self.first_heard.get(signal).copied().flatten();
        Some(heard.map_or(since, |heard| since.max(heard)))
    }

    /// Whether no rule holds or is about to, and all that is known and waits is 0.
    pub fn is_at_rest(&self) -> bool {
        let mut states = self.states.values();
        let mut waiting = self.waiting.iter();
        let mut newest = self.histories.values().filter_map(History::newest);
        states.all(|state| state.standing == Standing::Quiet)
            && waiting.all(|(_, _, bits)| f64::from_bits(*bits) == 0.0)
            && newest.all(|(_, value)| value == 0.0)
    }

    /// Says that a rule's condition held when this watch began, since its alarm is still open.
    pub fn stands(&mut self, rule: &str) {
        self.states.entry(rule.to_owned()).or_default().standing = Standing::Active;
    }

    /// Says that a signal should come from now on, because its device was put to the bed.
    pub fn expect(&mut self, signal: &str, since: Timestamp) {
        let history = self.histories.entry(signal.to_owned()).or_default();
        history.expected_since.get_or_insert(since);
        history.awaited_since.get_or_insert(since);
    }

    /// Says that a signal is not awaited any more, because its device was taken from the bed.
    pub fn dismiss(&mut self, signal: &str) {
        self.histories.remove(signal);
        self.first_heard.remove(signal);
    }

    /// Says that nothing comes of a signal any more, because what measured it was taken from the bed: what still waits of
    /// it is not looked at either.
    pub fn forget(&mut self, signal: &str) {
        self.dismiss(signal);
        self.waiting.retain(|(_, waits, _)| waits != signal);
    }

    /// Takes what a person saw at the bedside, such as the level of consciousness.
    pub fn see(&mut self, input: &str, value: AnswerValue, at: Timestamp) {
        let newer = self.seen.get(input).is_none_or(|(known, _)| *known <= at);
        if newer {
            self.seen.insert(input.to_owned(), (at, Answer::new(value)));
        }
    }

    /// Takes a sample back, since it was none of who lies here: what was measured before it counts again. Whether it
    /// was known here.
    pub fn take_back(&mut self, sample: &Sample) -> bool {
        let Some(signal) = self.rules.signal(&sample.signal) else {
            return false;
        };
        let is_none = signal.is_none(sample.value);
        let value = if is_none { NONE } else { sample.value };
        let held = self.held();
        let waited = (sample.at, sample.signal.clone(), value.to_bits());
        let waited = self.waiting.remove(&waited);
        let history = self.histories.get_mut(&sample.signal);
        let counted = history.is_some_and(|history| history.take_back(sample.at, value));
        let is_left = self
            .history(&sample.signal)
            .is_some_and(|history| history.newest().is_some() || history.awaited_since.is_some());
        if counted && !is_left {
            self.dismiss(&sample.signal);
        }
        self.look_back(&held);
        waited || counted
    }

    /// Takes back what a person saw, since it was not so. Whether it counted here.
    pub fn take_back_seen(&mut self, input: &str, value: &AnswerValue, at: Timestamp) -> bool {
        let is_it = |(known, answer): &(Timestamp, Answer)| *known == at && answer.value == *value;
        let counted = self.seen.get(input).is_some_and(is_it);
        if counted {
            let held = self.held();
            self.seen.remove(input);
            self.look_back(&held);
        }
        counted
    }

    /// When the newest value of a signal was measured.
    pub fn newest_at(&self, signal: &str) -> Option<Timestamp> {
        Some(self.history(signal)?.newest()?.0)
    }

    /// The rules that were seen to hold last by what is known now.
    fn held(&self) -> BTreeSet<String> {
        let held = self.rules.rules.iter().filter(|rule| {
            let state = self.states.get(&rule.id);
            let held_at = state.and_then(|state| state.held_at);
            held_at.is_some_and(|at| self.judge(&rule.when, at, &mut Vec::new()) == Some(true))
        });
        held.map(|rule| rule.id.clone()).collect()
    }

    /// What held, and would not have without what was just taken back, is over with the next step that does not see it
    /// hold: that no value is left is no reason for it to stand.
    fn look_back(&mut self, held: &BTreeSet<String>) {
        let still = self.held();
        for rule in held.difference(&still) {
            if let Some(state) = self.states.get_mut(rule) {
                state.is_groundless = true;
            }
        }
    }

    /// Looks at all rules at each step until `now` less the bound for late samples.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Change> {
        let step = self.rules.step_ms;
        let until = now.0 - i64::from(self.rules.lateness_s) * 1000;
        let first = self.waiting.first().map(|(at, ..)| at.0);
        let awaited = self
            .histories
            .values()
            .filter_map(|history| history.awaited_since);
        // The first step is the first one of the grid that holds a sample, whenever this is called.
        let Some(start) = self.judged_until.map(|at| at.0 + step).or_else(|| {
            Some(
                first
                    .into_iter()
                    .chain(awaited.map(|at| at.0))
                    .min()?
                    .div_euclid(step)
                    * step,
            )
        }) else {
            return Vec::new();
        };
        let rules = self.rules.clone();
        let mut changes = Vec::new();
        let mut at = start;
        while at <= until {
            let moment = Timestamp(at);
            self.take_until(moment);
            for rule in &rules.rules {
                changes.extend(self.step(rule, moment));
            }
            self.judged_until = Some(moment);
            at += step;
        }
        changes
    }

    fn take_until(&mut self, moment: Timestamp) {
        while let Some((at, _, _)) = self.waiting.first()
            && *at <= moment
        {
            let Some((at, signal, bits)) = self.waiting.pop_first() else {
                return;
            };
            let value = f64::from_bits(bits);
            if value.is_nan() {
                if let Some(history) = self.histories.get_mut(&signal) {
                    history.none(at);
                }
                continue;
            }
            let reach_s = self.reach_s.get(&signal).copied().unwrap_or(0);
            let history = self.histories.entry(signal).or_default();
            history.push(at, value, reach_s);
        }
    }

    /// Looks at one rule at one moment.
    fn step(&mut self, rule: &Rule, at: Timestamp) -> Option<Change> {
        let mut read = Vec::new();
        let holds = self.judge(&rule.when, at, &mut read);
        let onset = match holds {
            Some(true) => self.onset(&rule.id, at, &read),
            _ => at,
        };
        let disbelieved = holds == Some(true)
            && rule
                .unless
                .iter()
                .any(|one| self.contradicts(one, onset, at, &mut read));
        let state = self.states.entry(rule.id.clone()).or_default();
        if holds == Some(true) {
            state.onset = Some(onset);
            state.held_at = Some(at);
            state.is_groundless = false;
        }
        let long = |since: Timestamp, seconds: u32| at.0 - since.0 >= i64::from(seconds) * 1000;
        let change = |changed| {
            Some(Change {
                at,
                rule: rule.id.clone(),
                changed,
            })
        };
        match (state.standing, holds) {
            // A value that is not believed raises nothing, but takes nothing back either.
            (Standing::Quiet | Standing::Pending(_), Some(true)) if disbelieved => {
                state.standing = Standing::Quiet;
                if std::mem::replace(&mut state.disbelieved, true) {
                    return None;
                }
                change(Changed::Disbelieved { read })
            }
            (Standing::Quiet, Some(true)) if rule.delay_s > 0 => {
                state.standing = Standing::Pending(at);
                None
            }
            (Standing::Pending(since), Some(true)) if !long(since, rule.delay_s) => None,
            (Standing::Quiet | Standing::Pending(_), Some(true)) => {
                state.standing = Standing::Active;
                change(Changed::Began { read })
            }
            (Standing::Quiet | Standing::Pending(_), Some(false)) => {
                *state = RuleState::default();
                None
            }
            (Standing::Clearing(_), Some(true)) => {
                state.standing = Standing::Active;
                None
            }
            (Standing::Active | Standing::Clearing(_), None | Some(false))
                if state.is_groundless =>
            {
                *state = RuleState::default();
                change(Changed::Ended)
            }
            (Standing::Active, Some(false)) if rule.clear_s > 0 => {
                state.standing = Standing::Clearing(at);
                None
            }
            (Standing::Clearing(since), Some(false)) if !long(since, rule.clear_s) => None,
            (Standing::Active | Standing::Clearing(_), Some(false)) => {
                *state = RuleState::default();
                change(Changed::Ended)
            }
            // Open: nothing is raised on a guess, and nothing that stands is dropped because a sensor fell off.
            (_, None) | (Standing::Active, Some(true)) => None,
        }
    }
}

impl Watch {
    /// When what holds now was measured first: in this episode, or just now, by the newest value that was looked at.
    fn onset(&self, rule: &str, at: Timestamp, read: &[Reading]) -> Timestamp {
        let known = self.states.get(rule).and_then(|state| state.onset);
        known.unwrap_or_else(|| read.iter().map(|reading| reading.at).max().unwrap_or(at))
    }

    /// Goes on by other rules: what is known stays. The rules are told whose condition held and that are none any
    /// more.
    pub fn follow(&mut self, rules: Arc<RuleSet>) -> Vec<String> {
        self.histories.retain(|id, _| rules.signal(id).is_some());
        self.first_heard.retain(|id, _| rules.signal(id).is_some());
        self.waiting
            .retain(|(_, signal, _)| rules.signal(signal).is_some());
        let is_none = |rule: &str| rules.rule(rule).is_none();
        let held = self.states.iter().filter(|(rule, state)| {
            is_none(rule) && matches!(state.standing, Standing::Active | Standing::Clearing(_))
        });
        let gone = held.map(|(rule, _)| rule.clone()).collect();
        self.states.retain(|rule, _| !is_none(rule));
        self.reach_s = reach_of(&rules);
        self.rules = rules;
        gone
    }

    /// Forgets that a rule's condition holds, since somebody ended its alarm: if it holds still, it is raised
    /// again after its delay.
    pub fn look_again(&mut self, rule: &str) {
        self.states.remove(rule);
    }
}
