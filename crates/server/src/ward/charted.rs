//! What people and other systems wrote down about a patient, as samples and as what was seen.

use alarms::{RuleSet, Sample};
use knowledge::{AnswerValue, Kind};
use serde::Serialize;
use serde_json::{Value, json};
use vocabulary::{PatientId, Text, Timestamp};

use super::{
    State,
    written::{author, edge_of, may_be_taken_back},
};

/// Codes an answer to a question of a score, such as the level of consciousness.
pub const INPUT_URI: &str = "urn:yuanyi:input";
const LOINC: &str = "http://loinc.org";
/// What an observation says has this before its id, where it stands among what devices sent.
pub const OBSERVATION: &str = "Observation/";

/// What an `Observation` says.
#[derive(Clone, Debug, PartialEq)]
pub enum Charted {
    /// A value of a signal.
    Value(Sample),
    /// An answer to a question.
    Answer {
        input: String,
        value: AnswerValue,
        at: Timestamp,
    },
}

/// What somebody wrote down, as its list shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entered {
    /// The id of its `Observation`.
    id: String,
    at: Timestamp,
    /// The account of who did.
    by: String,
    said: Vec<Said>,
    /// Whether it is corrected at an edge alone.
    at_edge: bool,
}

/// A value or an answer in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    label: Text,
    value: Text,
    unit: String,
}

/// What an observation and its components say, in the units of the rules; what is in another unit says nothing.
pub fn charted(body: &Value, rules: &RuleSet) -> Vec<Charted> {
    let is_true = body
        .get("status")
        .and_then(Value::as_str)
        .is_some_and(|status| matches!(status, "final" | "amended" | "corrected" | "preliminary"));
    let at = [
        "/effectiveDateTime",
        "/effectiveInstant",
        "/effectivePeriod/end",
    ]
    .iter()
    .find_map(|path| body.pointer(path)?.as_str()?.parse().ok());
    let Some(at) = at.filter(|_| is_true) else {
        return Vec::new();
    };
    let parts = body
        .get("component")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    [body]
        .into_iter()
        .chain(parts)
        .filter_map(|part| one(part, at, rules))
        .collect()
}

fn one(part: &Value, at: Timestamp, rules: &RuleSet) -> Option<Charted> {
    let codings = part.pointer("/code/coding")?.as_array()?;
    let code = |coding: &Value| coding.get("code")?.as_str().map(str::to_owned);
    let own = codings
        .iter()
        .find(|coding| coding.get("system").and_then(Value::as_str) == Some(INPUT_URI));
    if let Some(input) = own.and_then(code) {
        let value = part
            .get("valueBoolean")
            .and_then(Value::as_bool)
            .map(AnswerValue::YesNo)
            .or_else(|| {
                let text = part.get("valueString")?.as_str()?;
                Some(AnswerValue::Choice(text.to_owned()))
            })?;
        knowledge::inputs().get(&input)?;
        return Some(Charted::Answer { input, value, at });
    }
    let unit = part.pointer("/valueQuantity/code")?.as_str()?;
    let of_lab = codings
        .iter()
        .filter(|coding| coding.get("system").and_then(Value::as_str) == Some(LOINC))
        .filter_map(code)
        .find_map(|code| knowledge::answered_by_lab(&code, unit));
    if let Some(input) = of_lab {
        let value = part.pointer("/valueQuantity/value")?.as_f64()?;
        return Some(Charted::Answer {
            input: input.to_owned(),
            value: AnswerValue::Number(value),
            at,
        });
    }
    let signal = codings
        .iter()
        .filter_map(code)
        .find_map(|code| rules.signal_of_code(&code))?;
    if unit != signal.unit {
        return None;
    }
    Some(Charted::Value(Sample {
        signal: signal.id.clone(),
        at,
        value: part.pointer("/valueQuantity/value")?.as_f64()?,
    }))
}

impl State {
    /// Who lies in a bed of a ward.
    pub fn lying(&self, ward: &str, bed: &str) -> Option<PatientId> {
        let bed = self.places.beds.get(bed).filter(|bed| bed.ward == ward)?;
        Some(bed.patient.as_ref()?.id.clone())
    }

    /// An observation as somebody wrote it down by hand; none where a device or a program did, where nobody signed it, or
    /// where it counts for nothing at a bed.
    pub fn entered(&self, id: &str, body: &Value) -> Option<Entered> {
        let edge = edge_of(body);
        if edge.is_none() && !may_be_taken_back(body) {
            return None;
        }
        let all = charted(body, &self.rules);
        let at = match all.first()? {
            Charted::Value(sample) => sample.at,
            Charted::Answer { at, .. } => *at,
        };
        Some(Entered {
            id: id.to_owned(),
            at,
            by: author(body)?,
            said: all.iter().filter_map(|one| self.said(one)).collect(),
            at_edge: edge.is_some(),
        })
    }

    fn said(&self, one: &Charted) -> Option<Said> {
        let same = |text: &str| Text::new(text, text);
        Some(match one {
            Charted::Value(sample) => {
                let signal = self.rules.signal(&sample.signal)?;
                let decimals = usize::from(signal.decimals);
                Said {
                    label: signal.label.clone(),
                    value: same(&format!("{:.decimals$}", sample.value)),
                    unit: signal.unit.clone(),
                }
            }
            Charted::Answer { input, value, .. } => {
                let question = knowledge::inputs().get(input)?;
                let unit = match &question.kind {
                    Kind::Number { unit, .. } => unit.as_str(),
                    Kind::YesNo | Kind::Choice(_) => "1",
                };
                let value = match (value, &question.kind) {
                    (AnswerValue::YesNo(true), _) => Text::new("是", "yes"),
                    (AnswerValue::YesNo(false), _) => Text::new("否", "no"),
                    (AnswerValue::Number(number), _) => same(&number.to_string()),
                    (AnswerValue::Choice(id), Kind::Choice(options)) => {
                        let label = &options.iter().find(|option| option.id == *id)?.label;
                        let with_id = |label: &str| format!("{id} · {label}");
                        Text::new(with_id(&label.zh), with_id(&label.en))
                    }
                    (AnswerValue::Choice(id), _) => same(id),
                };
                Said {
                    label: question.label.clone(),
                    value,
                    unit: unit.to_owned(),
                }
            }
        })
    }

    /// What somebody saw, as an `Observation` without its patient and time; or why it cannot be one.
    pub fn observation(&self, input: &str, value: &Value) -> Result<Value, String> {
        let unknown = || format!("没有此项 · there is no question `{input}`");
        let question = knowledge::inputs().get(input).ok_or_else(unknown)?;
        let answer: knowledge::Answer =
            serde_json::from_value(value.clone()).map_err(|_| unknown())?;
        let value = question
            .take(input, &answer)
            .map_err(|missing| format!("{} · {}", missing.why.zh, missing.why.en))?;
        let signal = self
            .rules
            .signals
            .iter()
            .find(|s| s.answers.as_deref() == Some(input));
        let mut body = json!({
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "vital-signs",
            }]}],
            "code": {"text": question.label.en},
        });
        let own = json!({"system": INPUT_URI, "code": input});
        let coding = question.coding.as_ref().map_or(own, |coding| json!(coding));
        let said = match (value, signal) {
            (AnswerValue::YesNo(yes), _) => ("valueBoolean", json!(yes)),
            (AnswerValue::Choice(chosen), _) => ("valueString", json!(chosen)),
            (AnswerValue::Number(number), Some(signal)) => {
                let [low, high] = signal.plausible;
                if !(low..=high).contains(&number) {
                    return Err(format!(
                        "超出可能范围 {low}–{high} · outside of {low} to {high}"
                    ));
                }
                let unit = json!({"value": number, "unit": signal.unit, "code": signal.unit,
                    "system": "http://unitsofmeasure.org"});
                ("valueQuantity", unit)
            }
            (AnswerValue::Number(_), None) => return Err(unknown()),
        };
        if let Some(fields) = body.as_object_mut() {
            fields.insert(said.0.to_owned(), said.1);
        }
        if let Some(code) = body.get_mut("code").and_then(Value::as_object_mut) {
            code.insert("coding".to_owned(), json!([coding]));
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use alarms::ward_rules;

    use super::*;

    #[test]
    fn a_pressure_has_two_values_and_a_wrong_unit_none() {
        let part = |code: &str, value: f64, unit: &str| {
            json!({"code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueQuantity": {"value": value, "code": unit}})
        };
        let body = |unit: &str| {
            json!({"status": "final", "effectiveDateTime": "2026-01-01T00:00:00Z",
                "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
                "component": [part("8480-6", 120.0, unit), part("8462-4", 80.0, "mm[Hg]")]})
        };
        assert_eq!(charted(&body("mm[Hg]"), &ward_rules()).len(), 2);
        assert_eq!(charted(&body("kPa"), &ward_rules()).len(), 1);
        let mut wrong = body("mm[Hg]");
        wrong["status"] = json!("entered-in-error");
        assert!(charted(&wrong, &ward_rules()).is_empty());
        wrong["status"] = json!("final");
        wrong["effectiveDateTime"] = json!("2026");
        assert!(charted(&wrong, &ward_rules()).is_empty());
    }

    #[test]
    fn a_result_of_the_laboratory_answers_in_its_own_unit_alone() {
        let result = |code: &str, unit: &str| {
            json!({"status": "final", "effectiveDateTime": "2026-01-01T00:00:00Z",
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueQuantity": {"value": 7.2, "code": unit}})
        };
        let found = charted(&result("22664-7", "mmol/L"), &ward_rules());
        assert!(
            matches!(&found[..], [Charted::Answer { input, value: AnswerValue::Number(7.2), .. }]
                if input == "urea_mmol_l")
        );
        assert!(charted(&result("22664-7", "mg/dL"), &ward_rules()).is_empty());
        assert!(charted(&result("3094-0", "mmol/L"), &ward_rules()).is_empty());
    }

    #[test]
    fn what_was_seen_answers_a_question_that_there_is() {
        let seen = |code: &str| {
            json!({"status": "final", "effectiveDateTime": "2026-01-01T00:00:00Z",
                "code": {"coding": [{"system": INPUT_URI, "code": code}]}, "valueString": "V"})
        };
        let found = charted(&seen("consciousness"), &ward_rules());
        let expected = AnswerValue::Choice("V".to_owned());
        assert!(matches!(&found[..], [Charted::Answer { value, .. }] if *value == expected));
        assert!(charted(&seen("mood"), &ward_rules()).is_empty());
    }
}
