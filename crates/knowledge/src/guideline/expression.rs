//! Rules as FHIRPath (HL7 FHIRPath 2.0), so that programs of others can follow a guideline.
//!
//! An expression is evaluated on a `QuestionnaireResponse` whose `linkId`s are the names of the questions. It
//! gives true, false, or nothing where an answer is missing, as the engine here does.

use super::{Condition, Derivation, Guideline, HitPolicy, Rule, Table};
use crate::{Input, Kind, catalogue};

impl Guideline {
    /// For whom the guideline was made: true where none of its exceptions holds.
    pub(super) fn scope_fhirpath(&self) -> Vec<String> {
        let holds = |outside: &super::Outside| format!("({}).not()", self.all_of(&outside.when));
        self.outside.iter().map(holds).collect()
    }

    /// When this rule of the table gives the table's value.
    pub(super) fn rule_fhirpath(&self, table: &Table, rule: &Rule) -> String {
        let own = self.all_of(&rule.when);
        if table.hit != HitPolicy::First {
            return own;
        }
        let before = table.rules.iter().take_while(|other| other.id != rule.id);
        let not_before = before.map(|other| format!("({}).not()", self.all_of(&other.when)));
        let mut all: Vec<String> = not_before.collect();
        all.push(own);
        all.join(" and ")
    }

    fn all_of(&self, when: &std::collections::BTreeMap<String, Condition>) -> String {
        if when.is_empty() {
            return "true".to_owned();
        }
        let all: Vec<String> = when
            .iter()
            .map(|(name, condition)| self.condition(name, condition))
            .collect();
        all.join(" and ")
    }

    fn condition(&self, name: &str, condition: &Condition) -> String {
        let value = self.value(name);
        let equals = |choice: &String| format!("{value} = {}", quoted(choice));
        match condition {
            Condition::YesNo(yes) => format!("({value} = {yes})"),
            Condition::Choice(choice) => format!("({})", equals(choice)),
            Condition::OneOf(choices) => {
                let any: Vec<String> = choices.iter().map(equals).collect();
                format!("({})", any.join(" or "))
            }
            Condition::Within(interval) => {
                let limits = [
                    (">=", interval.from),
                    (">", interval.above),
                    ("<=", interval.up_to),
                    ("<", interval.below),
                ];
                let within: Vec<String> = limits
                    .iter()
                    .filter_map(|(sign, limit)| {
                        Some(format!("{value} {sign} {}", decimal((*limit)?)))
                    })
                    .collect();
                // Without a limit any number will do.
                if within.is_empty() {
                    return format!("({value}.exists())");
                }
                format!("({})", within.join(" and "))
            }
        }
    }

    fn value(&self, name: &str) -> String {
        if let Some(table) = self.tables.iter().find(|table| table.name == name) {
            // A table with one value for each rule; nothing where it is open which holds.
            let rules = table.rules.iter();
            let values = rules.map(|rule| {
                let holds = self.rule_fhirpath(table, rule);
                format!("iif({holds}, {}, {{}})", quoted(&rule.is))
            });
            return format!("({})", values.collect::<Vec<_>>().join(" | "));
        }
        if let Some(derived) = self.derived.iter().find(|derived| derived.name == name) {
            return match &derived.by {
                Derivation::Rounded { from, decimals } => {
                    format!("({}).round({decimals})", self.value(from))
                }
                Derivation::GrowthPercent { before, now } => {
                    let [before, now] = [before, now].map(|name| self.value(name));
                    format!("(({now} / {before} - 1) * 100)")
                }
                Derivation::DoublingTime { before, now, days } => {
                    let [before, now, days] = [before, now, days].map(|name| self.value(name));
                    format!("({days} * (2.0).ln() / ({now} / {before}).ln())")
                }
            };
        }
        let item = format!("%resource.item.where(linkId={}).answer.value", quoted(name));
        match catalogue::inputs().get(name) {
            Some(Input {
                kind: Kind::Choice(_),
                ..
            }) => format!("{item}.code"),
            _ => item,
        }
    }
}

/// A FHIRPath string.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A FHIRPath number; always with a point, so that whole limits compare with decimals everywhere.
fn decimal(number: f64) -> String {
    format!("{number:?}")
}

#[cfg(test)]
mod tests {
    use crate::find_guideline;

    fn rule(guideline: &str, rule: &str) -> String {
        let guideline = find_guideline(guideline).unwrap();
        let table = guideline.tables.last().unwrap();
        let rule = table.rules.iter().find(|one| one.id == rule).unwrap();
        guideline.rule_fhirpath(table, rule)
    }

    #[test]
    fn a_rule_reads_as_its_conditions() {
        assert_eq!(
            rule("fleischner-2017", "solid, single, > 8 mm"),
            "((%resource.item.where(linkId='mean_diameter_mm').answer.value).round(0) > 8.0) \
             and (%resource.item.where(linkId='nodule_count').answer.value <= 1.0) \
             and (%resource.item.where(linkId='nodule_type').answer.value.code = 'solid')"
        );
    }

    #[test]
    fn what_an_earlier_table_gives_is_written_out() {
        let text = rule("fleischner-2017", "solid, single, low risk, < 6 mm");
        assert!(
            text.contains(
                "((iif((%resource.item.where(linkId='malignancy_probability').answer.value < 5.0), 'low', {}) \
                 | iif((%resource.item.where(linkId='malignancy_probability').answer.value >= 5.0), 'high', {})) = 'low')"
            ),
            "{text}"
        );
    }
}
