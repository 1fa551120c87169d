//! What is in force: the rules, plans and escalation that come with the program, and a hospital's own over them.
//!
//! A hospital's file adds what has a new id, stands in the place of what has a known one, and switches off by name.
//! Nothing of it is taken unless all of it can be used, and every fault is named with its file and line.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};
use toml::Spanned;
use ts_rs::TS;
use vocabulary::{Digest, Text};

use crate::{Escalation, Plan, Rule, RuleError, RuleSet, Signal, escalation, plan, rules};

/// All that was ever in force, the newest last: a plan under way stays the one that was started.
static IN_FORCE: RwLock<Vec<&'static Settings>> = RwLock::new(Vec::new());

/// Where a rule, a plan or the escalation comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "from")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Origin {
    /// It came with the program.
    #[default]
    Shipped,
    /// The hospital wrote it.
    Hospital {
        /// In this file of its own settings.
        file: String,
        /// Whether it stands in the place of one that came with the program.
        replaces: bool,
    },
}

/// A rule that came with the program and that the hospital does not want.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct SwitchedOff {
    /// The rule.
    pub rule: String,
    /// What it is called.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// Why it is not wanted.
    #[ts(type = "{ zh: string, en: string }")]
    pub why: Text,
    /// The file that says so.
    pub file: String,
}

/// A file of a hospital's own settings.
#[derive(Clone, Debug)]
pub struct OwnFile {
    /// Its name, as people find it.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// The files of a hospital's own settings.
#[derive(Clone, Debug, Default)]
pub struct OwnFiles {
    /// Rules, the signals that they look at, and what is switched off.
    pub rules: Vec<OwnFile>,
    /// Plans, one in each file.
    pub plans: Vec<OwnFile>,
    /// Who is told when nobody takes an alarm.
    pub escalation: Option<OwnFile>,
}

/// What is wrong with a file, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Fault {
    /// A fault at a place of a file's text, counted in bytes.
    pub fn at(file: &str, text: &str, place: Option<usize>, what: impl Into<String>) -> Self {
        let line = place.map(|place| {
            let before = text.as_bytes().iter().take(place);
            before.filter(|byte| **byte == b'\n').count() + 1
        });
        Self {
            file: file.to_owned(),
            line,
            what: what.into(),
        }
    }

    /// A file that is not well formed.
    pub fn not_well_formed(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let place = error.span().map(|span| span.start);
        Self::at(file, text, place, error.message())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.file, self.what),
            None => write!(out, "{}: {}", self.file, self.what),
        }
    }
}

/// All rules, plans and the escalation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rules of the wards.
    pub rules: Arc<RuleSet>,
    /// The plans.
    pub plans: Vec<Plan>,
    /// Who is told when nobody takes an alarm.
    pub escalation: Escalation,
}

/// What is in force.
pub(crate) fn in_force() -> &'static Settings {
    let known = IN_FORCE.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(settings) = known.last() {
        return settings;
    }
    drop(known);
    let mut known = IN_FORCE.write().unwrap_or_else(PoisonError::into_inner);
    // Somebody may have been faster.
    if known.is_empty() {
        known.push(Box::leak(Box::new(Settings::shipped())));
    }
    drop(known);
    in_force()
}

/// All that was ever in force, the newest first.
pub(crate) fn ever_in_force() -> Vec<&'static Settings> {
    // What comes with the program is in force where nobody adopted anything.
    in_force();
    let known = IN_FORCE.read().unwrap_or_else(PoisonError::into_inner);
    known.iter().rev().copied().collect()
}

/// A file of rules, as a hospital writes it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OwnRules {
    #[serde(rename = "signal", default)]
    signals: Vec<Spanned<Signal>>,
    #[serde(rename = "rule", default)]
    rules: Vec<Spanned<Rule>>,
    #[serde(default)]
    off: Vec<Spanned<Off>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Off {
    rule: String,
    why: Text,
}

/// Where something of the hospital's own stands.
struct Stands<'f> {
    file: &'f OwnFile,
    place: usize,
}

impl Stands<'_> {
    fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::at(
            &self.file.name,
            &self.file.text,
            Some(self.place),
            what.into(),
        )
    }
}

impl Settings {
    /// Those that come with the program.
    pub fn shipped() -> Self {
        Self {
            rules: rules::shipped(),
            plans: plan::shipped().to_vec(),
            escalation: escalation::shipped().clone(),
        }
    }

    /// Those that come with the program, with a hospital's own over them.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub fn with(own: &OwnFiles) -> Result<Self, Vec<Fault>> {
        let mut settings = Self::shipped();
        let mut faults = Vec::new();
        settings.add_plans(&own.plans, &mut faults);
        settings.add_rules(&own.rules, &mut faults);
        if let Some(file) = &own.escalation {
            match Escalation::read(&file.text) {
                Ok(mut read) => {
                    read.origin = Origin::Hospital {
                        file: file.name.clone(),
                        replaces: true,
                    };
                    settings.escalation = read;
                }
                Err(error) => faults.push(of_error(file, &error)),
            }
        }
        if faults.is_empty() {
            Ok(settings)
        } else {
            Err(faults)
        }
    }

    /// What is in force.
    pub fn now() -> &'static Self {
        in_force()
    }

    /// Puts them in force. Those before them stay in memory: somebody changes settings some times a year, and
    /// what refers to them lives on.
    pub fn adopt(self) {
        let mut known = IN_FORCE.write().unwrap_or_else(PoisonError::into_inner);
        known.push(Box::leak(Box::new(self)));
    }

    fn add_plans(&mut self, files: &[OwnFile], faults: &mut Vec<Fault>) {
        let mut own: BTreeMap<String, String> = BTreeMap::new();
        for file in files {
            let mut plan = match Plan::read(&file.text) {
                Ok(plan) => plan,
                Err(error) => {
                    faults.push(of_error(file, &error));
                    continue;
                }
            };
            if let Some(other) = own.insert(plan.id.clone(), file.name.clone()) {
                let what = format!(
                    "the plan `{}` is in {other} too: keep one of them, or give this one another id",
                    plan.id
                );
                faults.push(Fault::at(&file.name, &file.text, Some(0), what));
                continue;
            }
            let known = self.plans.iter().position(|one| one.id == plan.id);
            plan.origin = Origin::Hospital {
                file: file.name.clone(),
                replaces: known.is_some(),
            };
            match known.and_then(|place| self.plans.get_mut(place)) {
                Some(before) => *before = plan,
                None => self.plans.push(plan),
            }
        }
    }

    fn add_rules(&mut self, files: &[OwnFile], faults: &mut Vec<Fault>) {
        let mut set = (*self.rules).clone();
        let mut own: BTreeMap<String, Stands<'_>> = BTreeMap::new();
        let mut signals: BTreeMap<String, Stands<'_>> = BTreeMap::new();
        let mut all = Digest::of(b"").to_string();
        let mut off = Vec::new();
        for file in files {
            all = Digest::of(format!("{all}{}", file.text).as_bytes()).to_string();
            let read: OwnRules = match toml::from_str(&file.text) {
                Ok(read) => read,
                Err(error) => {
                    faults.push(Fault::not_well_formed(&file.name, &file.text, &error));
                    continue;
                }
            };
            for signal in read.signals {
                let stands = Stands {
                    file,
                    place: signal.span().start,
                };
                let signal = signal.into_inner();
                let id = signal.id.clone();
                match set.signals.iter_mut().find(|one| one.id == id) {
                    Some(_) if signals.contains_key(&id) => faults.push(twice(&stands, &id)),
                    Some(before) => *before = signal,
                    None => set.signals.push(signal),
                }
                signals.entry(id).or_insert(stands);
            }
            for rule in read.rules {
                let stands = Stands {
                    file,
                    place: rule.span().start,
                };
                let mut rule = rule.into_inner();
                let id = rule.id.clone();
                let known = set.rules.iter_mut().find(|one| one.id == id);
                rule.origin = Origin::Hospital {
                    file: file.name.clone(),
                    replaces: known.is_some(),
                };
                match known {
                    Some(_) if own.contains_key(&id) => faults.push(twice(&stands, &id)),
                    Some(before) => *before = rule,
                    None => set.rules.push(rule),
                }
                own.entry(id).or_insert(stands);
            }
            off.extend(read.off.into_iter().map(|off| {
                let place = off.span().start;
                (Stands { file, place }, off.into_inner())
            }));
        }
        for (stands, wanted) in off {
            match switch_off(&mut set, &own, &stands, wanted) {
                Ok(off) => set.off.push(off),
                Err(what) => faults.push(stands.fault(what)),
            }
        }
        for (id, stands) in &signals {
            let signal = set.signal(id);
            let why = signal.and_then(|signal| set.signal_contradiction(signal));
            faults.extend(why.map(|why| stands.fault(format!("in the signal `{id}`, {why}"))));
        }
        for rule in &set.rules {
            let Some(stands) = own.get(&rule.id) else {
                continue;
            };
            let why = set.contradiction(rule, &self.plans);
            let why = why.or_else(|| set.never_holds(rule));
            faults.extend(why.map(|why| stands.fault(format!("in the rule `{}`, {why}", rule.id))));
        }
        if !files.is_empty() {
            // Which rules raised an alarm can be told years later.
            let digest: String = all.chars().take(8).collect();
            set.version = format!("{}+{digest}", set.version);
        }
        self.rules = Arc::new(set);
    }
}

fn twice(stands: &Stands<'_>, id: &str) -> Fault {
    stands.fault(format!(
        "`{id}` is there twice: keep one of them, or give this one another id"
    ))
}

fn switch_off(
    set: &mut RuleSet,
    own: &BTreeMap<String, Stands<'_>>,
    stands: &Stands<'_>,
    off: Off,
) -> Result<SwitchedOff, String> {
    if own.contains_key(&off.rule) {
        return Err(format!(
            "`{}` is switched off and written anew: do one of both",
            off.rule
        ));
    }
    if off.why.zh.trim().is_empty() || off.why.en.trim().is_empty() {
        return Err(format!(
            "say why `{}` is switched off, as `why = {{ zh = \"…\", en = \"…\" }}`",
            off.rule
        ));
    }
    let place = set.rules.iter().position(|rule| rule.id == off.rule);
    let Some(place) = place else {
        return Err(format!(
            "there is no rule `{}` to switch off: `yuanyi settings shipped rules` prints all",
            off.rule
        ));
    };
    let rule = set.rules.remove(place);
    Ok(SwitchedOff {
        rule: rule.id,
        title: rule.title,
        why: off.why,
        file: stands.file.name.clone(),
    })
}

fn of_error(file: &OwnFile, error: &RuleError) -> Fault {
    match error {
        RuleError::NotWellFormed(error) => Fault::not_well_formed(&file.name, &file.text, error),
        RuleError::Inconsistent { rule, why } => {
            // A priority of the escalation is a table of its own.
            let place = file.text.find(&format!("[{rule}]"));
            let what = format!("in `{rule}`, {why}");
            Fault::at(&file.name, &file.text, place.or(Some(0)), what)
        }
    }
}
