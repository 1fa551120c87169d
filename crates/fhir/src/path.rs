//! The part of `FHIRPath` that the official search parameters are written in.

use serde_json::Value;

/// A search parameter's expression: values found by any of the alternatives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    alternatives: Vec<Vec<Step>>,
    /// `X.exists() and X != false`: whether there is a value other than `false`.
    pub(crate) is_presence: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// `.name`, through arrays, and to `nameType` for a choice.
    Field(String),
    /// `[n]`
    Index(usize),
    /// `as(Type)`, `ofType(Type)`
    As(String),
    /// `where(resolve() is Type)`
    RefersTo(String),
    /// `where(name='value')`
    Where(String, String),
}

/// A value that was found, and its type where a choice named it.
#[derive(Clone, Copy, Debug)]
struct Found<'a> {
    value: &'a Value,
    kind: Option<&'a str>,
}

impl Expression {
    /// Parses an expression; `None` where it uses more of `FHIRPath` than is understood here.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((left, right)) = text.split_once(" and ") {
            let path = left.trim().strip_suffix(".exists()")?;
            let same = right.trim().strip_suffix("!= false")?.trim() == path;
            return same.then_some(Self {
                alternatives: vec![steps(path)?],
                is_presence: true,
            });
        }
        let alternatives: Option<Vec<_>> = text.split('|').map(|part| steps(part.trim())).collect();
        Some(Self {
            alternatives: alternatives?,
            is_presence: false,
        })
    }

    /// The values that the expression finds in a resource.
    pub(crate) fn values<'a>(&self, resource: &'a Value) -> Vec<&'a Value> {
        let mut all = Vec::new();
        for alternative in &self.alternatives {
            let mut found = vec![Found {
                value: resource,
                kind: None,
            }];
            for step in alternative {
                found = step.apply(&found);
            }
            all.extend(found.into_iter().map(|found| found.value));
        }
        all
    }
}

/// One alternative, such as `(Observation.value as CodeableConcept).text`.
fn steps(text: &str) -> Option<Vec<Step>> {
    if let Some(rest) = text.strip_prefix('(') {
        let (inner, after) = rest.split_once(')')?;
        let mut all = cast(inner)?;
        if let Some(after) = after.strip_prefix('.') {
            all.extend(path(after)?);
        } else if !after.is_empty() {
            return None;
        }
        return Some(all);
    }
    cast(text)
}

/// `Type.path` or `Type.path as Type`. The leading resource type is left out.
fn cast(text: &str) -> Option<Vec<Step>> {
    let (text, kind) = match text.split_once(" as ") {
        Some((path, kind)) => (path, Some(kind.trim())),
        None => (text, None),
    };
    let mut all = match text.trim().split_once('.') {
        Some((_, rest)) => path(rest)?,
        None => Vec::new(),
    };
    all.extend(kind.map(|kind| Step::As(kind.to_owned())));
    Some(all)
}

fn path(text: &str) -> Option<Vec<Step>> {
    let mut all = Vec::new();
    for part in split_outside_parentheses(text) {
        if let Some((name, arguments)) = part.strip_suffix(')').and_then(|p| p.split_once('(')) {
            all.push(call(name, arguments)?);
        } else if let Some((name, index)) = part.strip_suffix(']').and_then(|p| p.split_once('[')) {
            all.push(Step::Field(name.to_owned()));
            all.push(Step::Index(index.parse().ok()?));
        } else if !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()) {
            all.push(Step::Field(part.to_owned()));
        } else {
            return None;
        }
    }
    Some(all)
}

fn call(name: &str, arguments: &str) -> Option<Step> {
    match name {
        "as" | "ofType" => Some(Step::As(arguments.trim().to_owned())),
        "where" => {
            if let Some(kind) = arguments.strip_prefix("resolve() is ") {
                return Some(Step::RefersTo(kind.trim().to_owned()));
            }
            let (field, value) = arguments.split_once('=')?;
            Some(Step::Where(
                field.trim().to_owned(),
                value.trim().trim_matches('\'').to_owned(),
            ))
        }
        _ => None,
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == '.' && depth == 0
    })
    .collect()
}

impl Step {
    fn apply<'a>(&self, from: &[Found<'a>]) -> Vec<Found<'a>> {
        match self {
            Self::Field(name) => from
                .iter()
                .flat_map(|found| field(found.value, name))
                .collect(),
            Self::Index(index) => from.iter().skip(*index).take(1).copied().collect(),
            Self::As(kind) => {
                let fits =
                    |found: &&Found<'a>| found.kind.is_none_or(|is| is.eq_ignore_ascii_case(kind));
                from.iter().filter(fits).copied().collect()
            }
            Self::RefersTo(kind) => from
                .iter()
                .filter(|found| refers_to(found.value, kind))
                .copied()
                .collect(),
            Self::Where(name, value) => {
                let fits = |found: &&Found<'a>| {
                    found.value.get(name).and_then(Value::as_str) == Some(value)
                };
                from.iter().filter(fits).copied().collect()
            }
        }
    }
}

fn field<'a>(value: &'a Value, name: &str) -> Vec<Found<'a>> {
    let Some(object) = value.as_object() else {
        return Vec::new();
    };
    if let Some(value) = object.get(name) {
        return flat(value, None);
    }
    let choice = object.iter().find_map(|(key, value)| {
        let kind = key.strip_prefix(name)?;
        is_type_name(kind).then_some((value, kind))
    });
    choice.map_or_else(Vec::new, |(value, kind)| flat(value, Some(kind)))
}

fn flat<'a>(value: &'a Value, kind: Option<&'a str>) -> Vec<Found<'a>> {
    match value {
        Value::Array(items) => items.iter().map(|value| Found { value, kind }).collect(),
        Value::Null => Vec::new(),
        value => vec![Found { value, kind }],
    }
}

/// Whether this is a type's name as it ends a choice element, such as `Quantity` in `valueQuantity`.
pub(crate) fn is_type_name(text: &str) -> bool {
    const PRIMITIVES: [&str; 18] = [
        "Base64Binary",
        "Boolean",
        "Canonical",
        "Code",
        "Date",
        "DateTime",
        "Decimal",
        "Id",
        "Instant",
        "Integer",
        "Markdown",
        "Oid",
        "PositiveInt",
        "String",
        "Time",
        "UnsignedInt",
        "Uri",
        "Url",
    ];
    PRIMITIVES.contains(&text) || text == "Uuid" || crate::definitions::elements(text).is_some()
}

/// Whether a reference is to a resource of this type, as far as it says so itself.
fn refers_to(reference: &Value, kind: &str) -> bool {
    if reference.get("type").and_then(Value::as_str) == Some(kind) {
        return true;
    }
    let text = reference
        .get("reference")
        .and_then(Value::as_str)
        .unwrap_or_default();
    type_and_id(text).is_some_and(|(is, _)| is == kind)
}

/// The type and id at the end of a literal reference, relative or absolute, versioned or not.
pub(crate) fn type_and_id(reference: &str) -> Option<(&str, &str)> {
    let reference = reference
        .split_once("/_history/")
        .map_or(reference, |(before, _)| before);
    let mut parts = reference.rsplit('/');
    let (id, kind) = (parts.next()?, parts.next()?);
    let is_type = kind.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.bytes().all(|b| b.is_ascii_alphabetic());
    (is_type && !id.is_empty() && !id.contains([':', '?', '#'])).then_some((kind, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(expression: &str, resource: &Value, expect: &[Value]) {
        let expression = Expression::parse(expression).unwrap();
        let found: Vec<Value> = expression.values(resource).into_iter().cloned().collect();
        assert_eq!(found, expect, "{expression:?}");
    }

    #[test]
    fn the_forms_of_official_expressions_find_their_values() {
        let observation = json!({
            "valueCodeableConcept": {"text": "yes"},
            "subject": {"reference": "Patient/1"},
            "component": [{"valueQuantity": {"value": 1}}, {"valueString": "x"}],
        });
        let patient = json!({"telecom": [{"system": "phone", "value": "1"}, {"system": "email"}]});
        check("Observation.value", &observation, &[json!({"text": "yes"})]);
        check(
            "(Observation.value as CodeableConcept).text",
            &observation,
            &[json!("yes")],
        );
        check("(Observation.value as Quantity)", &observation, &[]);
        check(
            "(Observation.component.value as Quantity)",
            &observation,
            &[json!({"value": 1})],
        );
        check(
            "Observation.subject.where(resolve() is Patient)",
            &observation,
            &[json!({"reference": "Patient/1"})],
        );
        check(
            "Observation.subject.where(resolve() is Group)",
            &observation,
            &[],
        );
        check(
            "Patient.telecom.where(system='email')",
            &patient,
            &[json!({"system": "email"})],
        );
        check(
            "Condition.onset.as(dateTime) | Condition.onset.as(Period)",
            &json!({"onsetDateTime": "2000"}),
            &[json!("2000")],
        );
        check(
            "Bundle.entry[0].resource",
            &json!({"entry": [{"resource": 1}, {"resource": 2}]}),
            &[json!(1)],
        );
        assert_eq!(Expression::parse("Patient.name.select(given)"), None);
    }

    #[test]
    fn references_name_type_and_id() {
        for (text, expect) in [
            ("Patient/1", Some(("Patient", "1"))),
            (
                "https://x.org/fhir/Patient/1/_history/2",
                Some(("Patient", "1")),
            ),
            ("urn:uuid:5", None),
            ("#p", None),
            ("Practitioner?identifier=x", None),
        ] {
            assert_eq!(type_and_id(text), expect, "{text}");
        }
    }
}
