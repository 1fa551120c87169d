//! A guideline as FHIR R4 `PlanDefinition` and `ActivityDefinition`s, for programs of others.

use serde_json::{Map, Value, json};

use super::{Arrangement, Guideline, Outcome, Rule, Step, Table};
use crate::{
    Evidence, catalogue,
    questionnaire::{self, translated},
};

impl Guideline {
    /// The canonical URL of its `PlanDefinition`, with its version.
    pub fn canonical(&self) -> String {
        format!("{}|{}", self.url(), self.version)
    }

    fn url(&self) -> String {
        format!("urn:yuanyi:guideline:{}", self.id)
    }

    /// All that it is in FHIR: its plan, what it asks, and each step that it arranges.
    pub fn resources(&self) -> Vec<Value> {
        let mut resources = vec![self.plan_definition(), questionnaire::questionnaire(self)];
        let mut steps: Vec<&Arrangement> = Vec::new();
        for step in self.outcomes.values().flat_map(|outcome| &outcome.arrange) {
            let name = self.activity_id(step);
            if !steps.iter().any(|other| self.activity_id(other) == name) {
                steps.push(step);
            }
        }
        resources.extend(steps.iter().map(|step| self.activity_definition(step)));
        resources
    }

    /// The `PlanDefinition`: one action for each rule of the last table, which applies where its conditions
    /// do. They are FHIRPath on an answered questionnaire.
    pub fn plan_definition(&self) -> Value {
        let scope = self.scope_fhirpath();
        let actions = self.tables.last().into_iter().flat_map(|table| {
            table.rules.iter().filter_map(|rule| {
                let outcome = self.outcomes.get(&rule.is)?;
                Some(self.action(table, rule, outcome, &scope))
            })
        });
        let mut related = vec![json!({
            "type": "depends-on",
            "resource": format!("{}|{}", questionnaire::url(self), self.version),
        })];
        let source = catalogue::evidence(&self.evidence);
        related.extend(source.map(citation));
        let confirmation = if self.confidence.needs_confirmation() {
            " Its tables need confirmation by a person who has the source."
        } else {
            ""
        };
        json!({
            "resourceType": "PlanDefinition",
            "id": self.id,
            "url": self.url(),
            "version": self.version,
            "title": self.title.en,
            "_title": translated(&self.title),
            "type": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/plan-definition-type", "code": "eca-rule",
            }]},
            "status": "active",
            "experimental": true,
            "description": format!("{}.{confirmation}", self.population.en),
            "usage": catalogue::notice().en,
            "copyright": source.map(|source| source.licence.clone()),
            "relatedArtifact": related,
            "action": actions.collect::<Vec<_>>(),
        })
    }

    fn action(&self, table: &Table, rule: &Rule, outcome: &Outcome, scope: &[String]) -> Value {
        let condition = |expression: String| {
            json!({
                "kind": "applicability",
                "expression": {"language": "text/fhirpath", "expression": expression},
            })
        };
        let mut conditions: Vec<Value> = scope.iter().cloned().map(condition).collect();
        conditions.push(condition(self.rule_fhirpath(table, rule)));
        let mut action = json!({
            "title": rule.id,
            "description": outcome.advice.en,
            "_description": translated(&outcome.advice),
            "textEquivalent": outcome.patient.en,
            "_textEquivalent": translated(&outcome.patient),
            "condition": conditions,
        });
        let fields = action.as_object_mut();
        if let (Some(fields), Some(category)) = (fields, &outcome.category) {
            fields.insert("prefix".to_owned(), json!(category));
        }
        if let (Some(fields), false) = (action.as_object_mut(), outcome.arrange.is_empty()) {
            let steps = outcome.arrange.iter().map(|step| self.step(step));
            fields.insert("action".to_owned(), steps.collect());
        }
        action
    }

    fn step(&self, step: &Arrangement) -> Value {
        let words = step.words();
        let mut action = json!({
            "title": words.en,
            "_title": translated(&words),
            "requiredBehavior": if step.optional { "could" } else { "must-unless-documented" },
            "definitionCanonical": self.activity_canonical(step),
        });
        if let Some(fields) = action.as_object_mut() {
            within(fields, step);
        }
        action
    }

    fn activity_definition(&self, step: &Arrangement) -> Value {
        let words = step.words();
        let mut definition = json!({
            "resourceType": "ActivityDefinition",
            "id": self.activity_id(step),
            "url": self.activity_url(step),
            "version": self.version,
            "title": words.en,
            "_title": translated(&words),
            "status": "active",
            "experimental": true,
            "kind": "ServiceRequest",
            "intent": "order",
            "code": {"text": step.step.words().en},
        });
        if let Some(fields) = definition.as_object_mut() {
            within(fields, step);
        }
        definition
    }

    /// The canonical URL of a step's `ActivityDefinition`, with its version.
    pub fn activity_canonical(&self, step: &Arrangement) -> String {
        format!("{}|{}", self.activity_url(step), self.version)
    }

    fn activity_id(&self, step: &Arrangement) -> String {
        let kind = match step.step {
            Step::Ct => "ct",
            Step::PetCt => "pet-ct",
            Step::Tissue => "tissue",
            Step::Surgery => "surgery",
            Step::Referral => "referral",
        };
        let months = match step.months {
            None => "now".to_owned(),
            Some([from, to]) => format!("{from}-{to}"),
        };
        let every = step.every_months.map(|months| format!("-every-{months}"));
        format!("{}-{kind}-{months}{}", self.id, every.unwrap_or_default())
    }

    fn activity_url(&self, step: &Arrangement) -> String {
        format!("urn:yuanyi:activity:{}", self.activity_id(step))
    }
}

/// When a step is due: a range of months from the scan, or a timing where it comes again and again.
fn within(fields: &mut Map<String, Value>, step: &Arrangement) {
    let months = |number: u16| {
        json!({
            "value": number, "unit": "months", "system": "http://unitsofmeasure.org", "code": "mo",
        })
    };
    let Some([from, to]) = step.months else {
        return;
    };
    let range = json!({"low": months(from), "high": months(to)});
    match step.every_months {
        None => fields.insert("timingRange".to_owned(), range),
        Some(every) => fields.insert(
            "timingTiming".to_owned(),
            json!({"repeat": {"boundsRange": range, "period": every, "periodUnit": "mo"}}),
        ),
    };
}

fn citation(source: &Evidence) -> Value {
    let mut related = json!({"type": "citation", "citation": source.citation});
    if let (Some(fields), Some(doi)) = (related.as_object_mut(), &source.doi) {
        fields.insert("url".to_owned(), json!(format!("https://doi.org/{doi}")));
    }
    related
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn each_step_of_each_plan_has_its_definition_once() {
        for guideline in crate::guidelines() {
            let resources = guideline.resources();
            let ids: BTreeSet<(&str, &str)> = resources
                .iter()
                .map(|one| {
                    (
                        one["resourceType"].as_str().unwrap(),
                        one["id"].as_str().unwrap(),
                    )
                })
                .collect();
            assert_eq!(ids.len(), resources.len(), "{}", guideline.id);
            let defined: BTreeSet<String> = resources
                .iter()
                .filter(|one| one["resourceType"] == "ActivityDefinition")
                .map(|one| format!("{}|{}", one["url"].as_str().unwrap(), guideline.version))
                .collect();
            let plan = &resources[0];
            let named: BTreeSet<String> = plan["action"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|action| action["action"].as_array())
                .flatten()
                .map(|step| step["definitionCanonical"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(named, defined, "{}", guideline.id);
            assert_eq!(
                plan["action"].as_array().unwrap().len(),
                guideline.tables.last().unwrap().rules.len()
            );
        }
    }
}
