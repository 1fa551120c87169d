//! The engine: answers in, one outcome with its trace out, or why there is none.
//!
//! A condition holds, does not hold, or is open because an answer is missing. A rule can be ruled out by one
//! condition that does not hold, so that a missing answer matters only where it could change the outcome.

use std::collections::BTreeMap;

use vocabulary::{Assessed, Missing, Text};

use super::{
    Because, Condition, Decided, Guideline, HitPolicy, Recommendation, Rule, Table, Verdict,
};
use crate::{
    Answer, AnswerValue, Answers, InputUsed, Kind, Source,
    assess::{input_used, not_answered},
    catalogue, check,
};

/// What is known while the tables are gone through.
struct Known {
    values: BTreeMap<String, AnswerValue>,
    /// Why a name has no value.
    missing: BTreeMap<String, Vec<Missing>>,
    used: Vec<InputUsed>,
}

impl Guideline {
    /// What the guideline says about the answers.
    pub fn recommend(&self, answers: &Answers) -> Recommendation {
        let mut known = self.known(answers);
        let mut trace = Vec::new();
        let result = match self.scope(&known) {
            Some(verdict) => verdict,
            None => self.decide(&mut known, &mut trace),
        };
        if !matches!(result, Verdict::Recommended { .. }) {
            trace.clear();
        }
        let evidence = catalogue::evidence(&self.evidence);
        Recommendation {
            guideline: self.id.clone(),
            version: self.version.clone(),
            title: self.title.clone(),
            result,
            trace,
            inputs: known.used,
            population: self.population.clone(),
            traps: self.traps.clone(),
            citation: evidence.map(|e| e.citation.clone()).unwrap_or_default(),
            doi: evidence.and_then(|e| e.doi.clone()),
            year: self.year,
            evidence: self.evidence.clone(),
            confidence: self.confidence,
            needs_confirmation: self.confidence.needs_confirmation(),
            notice: catalogue::notice(),
        }
    }

    /// Answers in their questions' own kind and unit, and what is derived from them.
    fn known(&self, answers: &Answers) -> Known {
        let mut known = Known {
            values: BTreeMap::new(),
            missing: BTreeMap::new(),
            used: Vec::new(),
        };
        for name in self.input_names() {
            let answer = match answers.get(name) {
                Some(answer) => Ok(answer.clone()),
                None => self.computed(name, answers),
            };
            let taken = answer.and_then(|answer| {
                let input = catalogue::inputs()
                    .get(name)
                    .ok_or_else(|| vec![not_answered(name)])?;
                let value = check::in_own_unit(name, input, &answer).map_err(|why| vec![why])?;
                check::agrees(name, input, &value, answers).map_err(|why| vec![why])?;
                Ok((input, value, answer.source))
            });
            match taken {
                Ok((input, value, source)) => {
                    known
                        .used
                        .push(input_used(name, input, value.clone(), source));
                    known.values.insert(name.to_owned(), value);
                }
                Err(missing) => {
                    known.missing.insert(name.to_owned(), missing);
                }
            }
        }
        for derived in &self.derived {
            let number = |name: &str| match known.values.get(name) {
                Some(AnswerValue::Number(number)) => Some(*number),
                _ => None,
            };
            if let Some(value) = derived.value(number) {
                known
                    .values
                    .insert(derived.name.clone(), AnswerValue::Number(value));
                continue;
            }
            let mut missing: Vec<Missing> = derived
                .needs()
                .into_iter()
                .filter_map(|name| known.missing.get(name))
                .flatten()
                .cloned()
                .collect();
            if missing.is_empty() {
                missing.push(check::unusable(
                    &derived.name,
                    format!("{}无法由所给数值得出", derived.label.zh),
                    format!("{} is not defined for these values", derived.label.en),
                ));
            }
            known.missing.insert(derived.name.clone(), missing);
        }
        known
    }

    /// The answer that a model gives where nobody else did.
    fn computed(&self, name: &str, answers: &Answers) -> Result<Answer, Vec<Missing>> {
        let model = self
            .computed_by
            .get(name)
            .and_then(|id| catalogue::find(id));
        let Some(model) = model else {
            return Err(vec![not_answered(name)]);
        };
        let assessment = model.assess(answers);
        match assessment.result {
            Assessed::Assessed { value } => {
                let mut answer = Answer::from(value).from_source(Source {
                    reference: format!("model/{}", model.id),
                    how: Some(format!("computed, version {}", model.version)),
                    at: None,
                });
                answer.unit = Some("1".to_owned());
                Ok(answer)
            }
            Assessed::NotAssessable { missing } => Err(missing),
        }
    }

    /// Whether the guideline was made for such a patient: a verdict where it was not, or where that is open.
    fn scope(&self, known: &Known) -> Option<Verdict> {
        let mut why = Vec::new();
        let mut missing = Vec::new();
        for outside in &self.outside {
            match known.all_hold(&outside.when) {
                Some(true) => why.push(outside.why.clone()),
                Some(false) => {}
                None => missing.extend(known.open(&outside.when)),
            }
        }
        if !why.is_empty() {
            return Some(Verdict::NotApplicable { why });
        }
        (!missing.is_empty()).then(|| Verdict::NotAssessable {
            missing: once(missing),
        })
    }

    fn decide(&self, known: &mut Known, trace: &mut Vec<Decided>) -> Verdict {
        let mut given = None;
        for (at, table) in self.tables.iter().enumerate() {
            let is_last = at + 1 == self.tables.len();
            match table.decide(known) {
                Ok(rule) => {
                    trace.push(self.decided(table, rule, known, is_last));
                    if is_last {
                        given = self.outcomes.get_key_value(&rule.is);
                    } else {
                        let value = AnswerValue::Choice(rule.is.clone());
                        known.values.insert(table.name.clone(), value);
                    }
                }
                Err(missing) if is_last => {
                    return Verdict::NotAssessable {
                        missing: once(missing),
                    };
                }
                // It may not matter to the outcome.
                Err(missing) => {
                    known.missing.insert(table.name.clone(), missing);
                }
            }
        }
        match given {
            Some((id, outcome)) => Verdict::Recommended {
                outcome: id.clone(),
                category: outcome.category.clone(),
                advice: outcome.advice.clone(),
                patient: outcome.patient.clone(),
                arrange: outcome.arrange.clone(),
            },
            None => Verdict::NotAssessable { missing: vec![] },
        }
    }

    fn decided(&self, table: &Table, rule: &Rule, known: &Known, is_last: bool) -> Decided {
        let gave = if is_last {
            self.outcomes
                .get(&rule.is)
                .map(|outcome| outcome.advice.clone())
        } else {
            table.values.get(&rule.is).cloned()
        };
        let because = rule.when.iter().filter_map(|(name, condition)| {
            let value = known.values.get(name)?.clone();
            Some(Because {
                label: self.label(name),
                shown: self.shown(name, &value),
                limits: condition.limits(),
                name: name.clone(),
                value,
            })
        });
        Decided {
            table: table.name.clone(),
            label: table.label.clone(),
            rule: rule.id.clone(),
            gave: gave.unwrap_or_else(|| Text::new(rule.is.as_str(), rule.is.as_str())),
            because: because.collect(),
        }
    }

    /// What people call a name.
    fn label(&self, name: &str) -> Text {
        let derived = self.derived.iter().find(|derived| derived.name == name);
        let table = self.tables.iter().find(|table| table.name == name);
        let input = catalogue::inputs().get(name);
        derived
            .map(|derived| &derived.label)
            .or(table.map(|table| &table.label))
            .or(input.map(|input| &input.label))
            .cloned()
            .unwrap_or_else(|| Text::new(name, name))
    }

    /// The unit of a number as people write it; empty for a pure number.
    fn unit_shown(&self, name: &str) -> Text {
        let derived = self.derived.iter().find(|derived| derived.name == name);
        let input = catalogue::inputs().get(name);
        let (unit, shown) = match (derived, input.map(|input| (&input.kind, input))) {
            (Some(derived), _) => (derived.unit.as_str(), &derived.unit_shown),
            (None, Some((Kind::Number { unit, .. }, input))) => (unit.as_str(), &input.unit_shown),
            _ => ("1", &None),
        };
        match shown {
            Some(shown) => shown.clone(),
            None if unit == "1" => Text::new("", ""),
            None => Text::new(unit, unit),
        }
    }

    /// A value as people read it.
    fn shown(&self, name: &str, value: &AnswerValue) -> Text {
        match value {
            AnswerValue::YesNo(true) => Text::new("是", "yes"),
            AnswerValue::YesNo(false) => Text::new("否", "no"),
            AnswerValue::Number(number) => {
                let number = (number * 100.0).round() / 100.0;
                let unit = self.unit_shown(name);
                let with = |unit: &str| format!("{number} {unit}").trim_end().to_owned();
                Text::new(with(&unit.zh), with(&unit.en))
            }
            AnswerValue::Choice(chosen) => {
                let table = self.tables.iter().find(|table| table.name == name);
                let of_table = table.and_then(|table| table.values.get(chosen));
                let of_input = match catalogue::inputs().get(name).map(|input| &input.kind) {
                    Some(Kind::Choice(options)) => {
                        let option = options.iter().find(|option| option.id == *chosen);
                        option.map(|option| &option.label)
                    }
                    _ => None,
                };
                of_table
                    .or(of_input)
                    .cloned()
                    .unwrap_or_else(|| Text::new(chosen.as_str(), chosen.as_str()))
            }
        }
    }
}

impl Table {
    /// The rule that holds; else everything that would have to be known.
    fn decide(&self, known: &Known) -> Result<&Rule, Vec<Missing>> {
        let mut possible: Vec<&Rule> = Vec::new();
        for rule in &self.rules {
            match known.all_hold(&rule.when) {
                Some(false) => {}
                Some(true) => {
                    possible.push(rule);
                    // Later rules of a first-hit table no longer count.
                    if self.hit == HitPolicy::First {
                        break;
                    }
                }
                None => possible.push(rule),
            }
        }
        // Open rules that would all give the same leave nothing open.
        let (Some(first), Some(last)) = (possible.first(), possible.last()) else {
            return Err(Vec::new());
        };
        let same = possible.iter().all(|rule| rule.is == first.is);
        if same && known.all_hold(&last.when) == Some(true) {
            return Ok(last);
        }
        if possible.len() == 1 {
            // A table has no gap: where one rule is left, it holds, whatever the open answers are.
            return Ok(first);
        }
        Err(possible
            .iter()
            .flat_map(|rule| known.open(&rule.when))
            .collect())
    }
}

impl Known {
    /// Whether all conditions hold; `None` where that is open.
    fn all_hold(&self, when: &BTreeMap<String, Condition>) -> Option<bool> {
        let mut open = false;
        for (name, condition) in when {
            match self.values.get(name) {
                Some(value) if condition.holds(value) => {}
                Some(_) => return Some(false),
                None => open = true,
            }
        }
        (!open).then_some(true)
    }

    /// What is missing for the conditions that are open.
    fn open(&self, when: &BTreeMap<String, Condition>) -> Vec<Missing> {
        when.keys()
            .filter(|name| !self.values.contains_key(*name))
            .flat_map(|name| {
                let why = self.missing.get(name).cloned();
                why.unwrap_or_else(|| vec![not_answered(name)])
            })
            .collect()
    }
}

/// Each missing question once.
fn once(missing: Vec<Missing>) -> Vec<Missing> {
    let mut kept: Vec<Missing> = Vec::new();
    for one in missing {
        if !kept.iter().any(|known| known.input == one.input) {
            kept.push(one);
        }
    }
    kept
}
