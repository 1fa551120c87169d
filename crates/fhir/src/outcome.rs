use serde_json::{Value, json};
use vocabulary::Text;

use crate::json::set;

/// One thing that is wrong, for an `OperationOutcome`. Texts never repeat a content value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// A code of FHIR's `IssueType`, such as `required`.
    pub code: &'static str,
    /// Where, as a FHIRPath-like location; empty where it is no element.
    pub location: String,
    /// What is wrong, and what to do.
    pub text: Text,
}

impl Issue {
    /// An issue at an element.
    pub fn at(
        code: &'static str,
        location: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            code,
            location: location.into(),
            text: Text::new(zh, en),
        }
    }
}

/// An `OperationOutcome` of errors.
pub fn operation_outcome(issues: &[Issue]) -> Value {
    let issues: Vec<Value> = issues
        .iter()
        .map(|issue| {
            let mut json = json!({
                "severity": "error",
                "code": issue.code,
                "details": {"text": issue.text.en},
                "diagnostics": format!("{} / {}", issue.text.en, issue.text.zh),
            });
            if !issue.location.is_empty() {
                set(&mut json, "expression", json!([issue.location]));
            }
            json
        })
        .collect();
    json!({"resourceType": "OperationOutcome", "issue": issues})
}

/// An `OperationOutcome` that says that all is well.
pub fn all_ok() -> Value {
    json!({"resourceType": "OperationOutcome", "issue": [{
        "severity": "information",
        "code": "informational",
        "details": {"text": "All OK"},
    }]})
}
