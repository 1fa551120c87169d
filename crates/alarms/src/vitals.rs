//! What is known of a bed now, and scores of it with what is missing or too old.

use knowledge::{Answer, AnswerValue, Answers, ScoreFound, Source};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Assessed, Missing, Text, Timestamp};

use crate::{Condition, watch::Watch};

/// The newest value of a signal, and whether it still says something about now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct VitalNow {
    /// The signal.
    pub signal: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// UCUM unit.
    pub unit: String,
    /// To how many decimals it is shown.
    pub decimals: u8,
    /// The newest value, however old; none where there never was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub value: Option<f64>,
    /// When it was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional, type = "string")]
    pub at: Option<Timestamp>,
    /// Whether it is young enough to say something about now.
    pub fresh: bool,
}

/// A limit of a rule, for drawing it beside a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Limit {
    /// The rule.
    pub rule: String,
    /// The limit.
    pub value: f64,
    /// Whether values above it are the ones that matter.
    pub above: bool,
}

impl Watch {
    /// The newest value of each signal.
    pub fn vitals(&self, now: Timestamp) -> Vec<VitalNow> {
        let signals = self.rules().signals.iter();
        let vital = |signal: &crate::Signal| {
            let newest = self
                .history(&signal.id)
                .and_then(crate::history::History::newest);
            VitalNow {
                signal: signal.id.clone(),
                label: signal.label.clone(),
                unit: signal.unit.clone(),
                decimals: signal.decimals,
                value: newest.map(|(_, value)| value),
                at: newest.map(|(at, _)| at),
                fresh: self.fresh_value(&signal.id, now).is_some(),
            }
        };
        signals.map(vital).collect()
    }

    /// The limits that rules set for a signal by themselves.
    pub fn limits(&self, signal: &str) -> Vec<Limit> {
        let of = |rule: &crate::Rule| match &rule.when {
            Condition::AtMost {
                signal: name,
                value,
            } if name == signal => Some((*value, false)),
            Condition::AtLeast {
                signal: name,
                value,
            } if name == signal => Some((*value, true)),
            _ => None,
        };
        let rules = self.rules().rules.iter();
        rules
            .filter_map(|rule| {
                let (value, above) = of(rule)?;
                Some(Limit {
                    rule: rule.id.clone(),
                    value,
                    above,
                })
            })
            .collect()
    }

    /// What a score says now. An input whose newest value is too old is missing, and it is said how old it is.
    pub fn score(&self, id: &str, now: Timestamp) -> Option<ScoreFound> {
        let (answers, too_old) = self.answers(now);
        let mut found = knowledge::point_score(id)?.score(&answers);
        let because = |missing: &mut Vec<Missing>| {
            for missing in missing {
                // The same in two units is one question.
                let mut names = missing.input.split(" | ");
                if let Some(old) =
                    names.find_map(|name| too_old.iter().find(|old| old.input == name))
                {
                    missing.why = old.why.clone();
                }
            }
        };
        if let Assessed::NotAssessable { missing } = &mut found.result {
            because(missing);
        }
        for parameter in &mut found.parameters {
            because(&mut parameter.missing);
        }
        Some(found)
    }

    /// The answers that are young enough, and those that are not.
    fn answers(&self, now: Timestamp) -> (Answers, Vec<Missing>) {
        let (mut answers, mut too_old) = (Answers::new(), Vec::new());
        for signal in &self.rules().signals {
            let history = self.history(&signal.id);
            let newest = history.and_then(crate::history::History::newest);
            let (Some(input), Some((newest, _))) = (&signal.answers, newest) else {
                continue;
            };
            let Some((at, value)) = self.fresh_value(&signal.id, now) else {
                let none = history.and_then(crate::history::History::none_since);
                too_old.push(match none {
                    Some(_) => not_found(input, &signal.label),
                    None => old(input, &signal.label, newest, now),
                });
                continue;
            };
            // The score's table has the digits that a chart shows.
            let scale = 10_f64.powi(i32::from(signal.decimals));
            let answer = Answer::from((value * scale).round() / scale).from_source(Source {
                reference: format!("signal/{}", signal.id),
                how: None,
                at: Some(at.to_string()),
            });
            // Of two signals that answer the same question the first in the list counts.
            answers.entry(input.clone()).or_insert(answer);
        }
        for (input, (at, answer)) in self.seen() {
            let question = knowledge::inputs().get(input);
            let of_lab = question.is_some_and(|question| !question.lab.is_empty());
            let label = question.map(|question| &question.label);
            if self.still_counts(input, *at, now) {
                let answer = answer.clone().from_source(Source {
                    reference: if of_lab { "laboratory" } else { "seen" }.to_owned(),
                    how: None,
                    at: Some(at.to_string()),
                });
                answers.insert(input.clone(), answer);
            } else if let Some(label) = label {
                too_old.push(old(input, label, *at, now));
            }
        }
        too_old.retain(|missing| !answers.contains_key(&missing.input));
        (answers, too_old)
    }

    /// Whether what was said at a moment still counts.
    pub(crate) fn still_counts(&self, input: &str, at: Timestamp, now: Timestamp) -> bool {
        let question = knowledge::inputs().get(input);
        let stands = question.is_some_and(|question| question.stands)
            // No scale asks for these: the record knows them.
            || matches!(input, "age_years" | "female");
        let fresh_s = if question.is_some_and(|question| !question.lab.is_empty()) {
            self.rules().lab_fresh_s
        } else {
            self.rules().seen_fresh_s
        };
        stands || now.0 - at.0 <= i64::from(fresh_s) * 1000
    }

    /// What was last seen of an input at the bedside.
    pub fn last_seen(&self, input: &str) -> Option<(Timestamp, &AnswerValue)> {
        self.seen()
            .get(input)
            .map(|(at, answer)| (*at, &answer.value))
    }
}

fn not_found(input: &str, label: &Text) -> Missing {
    Missing {
        input: input.to_owned(),
        why: Text::new(
            format!("{}：传感器此刻测不到", label.zh),
            format!("{}: the sensor finds none now", label.en),
        ),
    }
}

fn old(input: &str, label: &Text, at: Timestamp, now: Timestamp) -> Missing {
    let minutes = (now.0 - at.0) / 60_000;
    let (zh, en) = match minutes {
        ..=299 => (format!("{minutes} 分钟前"), format!("{minutes} min ago")),
        300..=2879 => (
            format!("{} 小时前", minutes / 60),
            format!("{} h ago", minutes / 60),
        ),
        _ => (
            format!("{} 天前", minutes / 1440),
            format!("{} days ago", minutes / 1440),
        ),
    };
    Missing {
        input: input.to_owned(),
        why: Text::new(
            format!("{}太旧：{zh}", label.zh),
            format!("{} is too old: {en}", label.en),
        ),
    }
}
