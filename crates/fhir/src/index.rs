use record::{IndexTerm, Indexer, TermValue};
use serde_json::Value;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{
    date,
    definitions::{self, Parameter, ParameterType},
    path,
};

/// Finds the searchable values of FHIR resources by the official search parameters.
#[derive(Clone, Copy, Debug, Default)]
pub struct SearchIndexer;

impl Indexer for SearchIndexer {
    fn terms(&self, kind: &str, body: &Value) -> Vec<IndexTerm> {
        if kind == WORK_ITEM {
            return work_item_terms(body);
        }
        let Some(parameters) = definitions::parameters(kind) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (name, parameter) in parameters {
            for value in values_of(parameter, body) {
                let term = IndexTerm {
                    parameter: name.clone(),
                    value,
                };
                if !all.contains(&term) {
                    all.push(term);
                }
            }
        }
        all
    }
}

/// Work items of DICOM's worklist service are kept beside the resources of FHIR, as DICOM JSON.
const WORK_ITEM: &str = "UnifiedProcedureStep";

/// A work item is found by its state.
fn work_item_terms(body: &Value) -> Vec<IndexTerm> {
    let state = body.pointer("/00741000/Value/0").and_then(Value::as_str);
    let term = state.map(|state| IndexTerm {
        parameter: "state".to_owned(),
        value: TermValue::Token {
            system: String::new(),
            code: state.to_owned(),
        },
    });
    term.into_iter().collect()
}

fn values_of(parameter: &Parameter, body: &Value) -> Vec<TermValue> {
    let found = parameter.path.values(body);
    if parameter.path.is_presence {
        let present = found.iter().any(|value| **value != Value::Bool(false));
        return vec![token("", if present { "true" } else { "false" })];
    }
    found
        .into_iter()
        .flat_map(|value| terms_of(parameter.kind, value))
        .collect()
}

fn terms_of(kind: ParameterType, value: &Value) -> Vec<TermValue> {
    match kind {
        ParameterType::Token => tokens(value),
        ParameterType::Uri => value
            .as_str()
            .map(|uri| token("", uri))
            .into_iter()
            .collect(),
        ParameterType::String => {
            let mut texts = Vec::new();
            collect_texts(value, &mut texts);
            texts
                .into_iter()
                .map(|text| TermValue::String(fold(text)))
                .collect()
        }
        ParameterType::Date => dates(value),
        ParameterType::Reference => reference(value).into_iter().collect(),
        ParameterType::Quantity | ParameterType::Number => number(value).into_iter().collect(),
    }
}

fn token(system: &str, code: &str) -> TermValue {
    TermValue::Token {
        system: system.to_owned(),
        code: code.to_owned(),
    }
}

/// A code, boolean, `Coding`, `CodeableConcept`, `Identifier` or `ContactPoint`.
fn tokens(value: &Value) -> Vec<TermValue> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match value {
        Value::String(code) => vec![token("", code)],
        Value::Bool(flag) => vec![token("", if *flag { "true" } else { "false" })],
        Value::Object(object) => {
            if let Some(codings) = object.get("coding").and_then(Value::as_array) {
                return codings.iter().flat_map(tokens).collect();
            }
            let system = text("system").unwrap_or_default();
            let code = text("code").or_else(|| text("value"));
            code.map(|code| token(system, code)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The parts of names, addresses and concepts that people search by.
fn collect_texts<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    const PARTS: [&str; 12] = [
        "text",
        "family",
        "given",
        "prefix",
        "suffix",
        "line",
        "city",
        "district",
        "state",
        "postalCode",
        "country",
        "display",
    ];
    match value {
        Value::String(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, into)),
        Value::Object(object) => {
            PARTS
                .iter()
                .filter_map(|part| object.get(*part))
                .for_each(|part| collect_texts(part, into));
        }
        _ => {}
    }
}

/// A date, `Period` or `Timing`.
fn dates(value: &Value) -> Vec<TermValue> {
    let range = |value: Option<&Value>| value.and_then(Value::as_str).and_then(date::range_ms);
    let of = |(low, high)| TermValue::Date { low, high };
    if value.is_string() {
        return range(Some(value)).map(of).into_iter().collect();
    }
    if let Some(events) = value.get("event").and_then(Value::as_array) {
        return events
            .iter()
            .filter_map(|event| range(Some(event)).map(of))
            .collect();
    }
    let period = value.pointer("/repeat/boundsPeriod").unwrap_or(value);
    let (start, end) = (range(period.get("start")), range(period.get("end")));
    if start.is_none() && end.is_none() {
        return Vec::new();
    }
    // A period without a start began in the unknown past; one without an end goes on.
    let low = start.map_or(i64::MIN, |(low, _)| low);
    let high = end.map_or(i64::MAX, |(_, high)| high);
    if low <= high {
        vec![of((low, high))]
    } else {
        Vec::new()
    }
}

fn reference(value: &Value) -> Option<TermValue> {
    let text = match value {
        Value::String(canonical) => canonical.as_str(),
        _ => value.get("reference").and_then(Value::as_str)?,
    };
    normal_reference(text).map(TermValue::Reference)
}

/// A reference without its version. What is contained cannot be found from outside.
pub(crate) fn normal_reference(text: &str) -> Option<String> {
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let text = text
        .split_once("/_history/")
        .map_or(text, |(before, _)| before);
    Some(text.to_owned())
}

fn number(value: &Value) -> Option<TermValue> {
    let number = value
        .as_f64()
        .or_else(|| value.get("value").and_then(Value::as_f64))?;
    let unit = ["code", "unit", "currency"]
        .iter()
        .find_map(|name| value.get(*name).and_then(Value::as_str))
        .unwrap_or_default();
    Some(TermValue::Number {
        value: number,
        unit: unit.to_owned(),
    })
}

/// Text as it is compared: lower case, without accents, single spaces.
pub fn fold(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The type and id of each literal reference that a parameter of a resource finds.
pub(crate) fn referred<'a>(
    kind: &str,
    parameter: &str,
    body: &'a Value,
) -> Vec<(&'a str, &'a str)> {
    let Some(parameter) = definitions::parameters(kind).and_then(|all| all.get(parameter)) else {
        return Vec::new();
    };
    let text = |value: &'a Value| value.get("reference").and_then(Value::as_str);
    parameter
        .path
        .values(body)
        .into_iter()
        .filter_map(text)
        .filter_map(path::type_and_id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(kind: &str, body: &Value, parameter: &str) -> Vec<TermValue> {
        let terms = SearchIndexer.terms(kind, body).into_iter();
        terms
            .filter(|term| term.parameter == parameter)
            .map(|term| term.value)
            .collect()
    }

    #[test]
    fn a_patient_is_found_by_name_birth_date_identifier_and_death() {
        let patient = json!({
            "resourceType": "Patient",
            "name": [{"family": "Mejía", "given": ["Gustavo  André"]}],
            "birthDate": "1970-01-01",
            "identifier": [{"system": "urn:mrn", "value": "7"}],
            "deceasedBoolean": false,
        });
        assert_eq!(
            found("Patient", &patient, "name"),
            [
                TermValue::String("mejia".into()),
                TermValue::String("gustavo andre".into())
            ]
        );
        assert_eq!(
            found("Patient", &patient, "birthdate"),
            [TermValue::Date {
                low: 0,
                high: 86_399_999
            }]
        );
        assert_eq!(
            found("Patient", &patient, "identifier"),
            [token("urn:mrn", "7")]
        );
        assert_eq!(found("Patient", &patient, "deceased"), [token("", "false")]);
        let dead = json!({"deceasedDateTime": "2001"});
        assert_eq!(found("Patient", &dead, "deceased"), [token("", "true")]);
    }

    #[test]
    fn an_observation_is_found_by_code_patient_and_period() {
        let observation = json!({
            "code": {"coding": [{"system": "http://loinc.org", "code": "1"}, {"code": "2"}]},
            "subject": {"reference": "Patient/p/_history/3"},
            "effectivePeriod": {"start": "1970-01-01T00:00:00Z"},
            "valueQuantity": {"value": 2.5, "code": "mm"},
        });
        let of = |parameter| found("Observation", &observation, parameter);
        assert_eq!(of("code"), [token("http://loinc.org", "1"), token("", "2")]);
        assert_eq!(of("patient"), [TermValue::Reference("Patient/p".into())]);
        assert_eq!(
            of("date"),
            [TermValue::Date {
                low: 0,
                high: i64::MAX
            }]
        );
        assert_eq!(
            of("value-quantity"),
            [TermValue::Number {
                value: 2.5,
                unit: "mm".into()
            }]
        );
    }
}
