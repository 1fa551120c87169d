//! What is wrong with a guideline's file.

use super::{Condition, Guideline, Table, cells};
use crate::{Kind, catalogue};

/// What a name in a condition stands for.
enum Named<'a> {
    Number,
    YesNo,
    Choices(Vec<&'a str>),
}

impl Guideline {
    /// Everything that is wrong with it, in words for its author; empty where it can be used.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if catalogue::evidence(&self.evidence).is_none() {
            faults.push(format!("its source `{}` is not known", self.evidence));
        }
        for derived in &self.derived {
            for name in derived.needs() {
                if !matches!(self.named(name, 0), Some(Named::Number)) {
                    faults.push(format!(
                        "`{}` needs `{name}`, which is no number",
                        derived.name
                    ));
                }
            }
        }
        for (name, model) in &self.computed_by {
            if catalogue::find(model).is_none() || !catalogue::inputs().contains_key(name) {
                faults.push(format!("`{name}` cannot be computed by `{model}`"));
            }
        }
        for outside in &self.outside {
            for (name, condition) in &outside.when {
                faults.extend(self.condition_fault(name, condition, 0));
            }
        }
        for (at, table) in self.tables.iter().enumerate() {
            faults.extend(self.table_faults(at, table));
        }
        if self.tables.is_empty() {
            faults.push("it has no table".to_owned());
        }
        let used = |outcome: &str| {
            let last = self.tables.last();
            last.is_some_and(|table| table.rules.iter().any(|rule| rule.is == outcome))
        };
        let idle = self.outcomes.keys().filter(|outcome| !used(outcome));
        faults.extend(idle.map(|outcome| format!("no rule leads to its outcome `{outcome}`")));
        faults
    }

    fn table_faults(&self, at: usize, table: &Table) -> Vec<String> {
        let mut faults = Vec::new();
        let is_last = at + 1 == self.tables.len();
        for rule in &table.rules {
            for (name, condition) in &rule.when {
                faults.extend(self.condition_fault(name, condition, at));
            }
            let known = if is_last {
                self.outcomes.contains_key(&rule.is)
            } else {
                table.values.contains_key(&rule.is)
            };
            if !known {
                faults.push(format!(
                    "its rule `{}` gives `{}`, which is not described",
                    rule.id, rule.is
                ));
            }
        }
        // Gaps and overlaps make sense only once every condition does.
        if faults.is_empty() {
            let domain = |name: &str| match self.named(name, at)? {
                Named::Choices(choices) => Some(choices.into_iter().map(str::to_owned).collect()),
                Named::Number | Named::YesNo => None,
            };
            faults.extend(cells::fault(table, domain));
        }
        faults
    }

    fn condition_fault(&self, name: &str, condition: &Condition, at: usize) -> Option<String> {
        let Some(named) = self.named(name, at) else {
            return Some(format!(
                "`{name}` is no question, derived value or earlier table"
            ));
        };
        let fits = match (condition, &named) {
            (Condition::YesNo(_), Named::YesNo) | (Condition::Within(_), Named::Number) => true,
            (Condition::Choice(choice), Named::Choices(all)) => all.contains(&choice.as_str()),
            (Condition::OneOf(choices), Named::Choices(all)) => {
                choices.iter().all(|choice| all.contains(&choice.as_str()))
            }
            _ => false,
        };
        (!fits).then(|| format!("a condition on `{name}` does not fit its kind"))
    }

    /// What a name stands for before the table at this place.
    fn named(&self, name: &str, before: usize) -> Option<Named<'_>> {
        if self.derived.iter().any(|derived| derived.name == name) {
            return Some(Named::Number);
        }
        let earlier = self.tables.iter().take(before);
        if let Some(table) = earlier.into_iter().find(|table| table.name == name) {
            let choices = table.values.keys().map(String::as_str).collect();
            return Some(Named::Choices(choices));
        }
        Some(match &catalogue::inputs().get(name)?.kind {
            Kind::Number { .. } => Named::Number,
            Kind::YesNo => Named::YesNo,
            Kind::Choice(options) => {
                Named::Choices(options.iter().map(|option| option.id.as_str()).collect())
            }
        })
    }
}
