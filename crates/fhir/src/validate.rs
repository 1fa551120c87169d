use serde_json::{Map, Value};

use crate::{
    Issue,
    definitions::{self, Element},
    primitive,
};

/// Past this many issues a resource is wrong enough.
const MAX_ISSUES: usize = 50;
/// Deeper than any real resource; a limit against input made to exhaust the stack.
const MAX_DEPTH: usize = 60;

/// Checks a resource against the structure definitions of R4: type, known elements, cardinality, formats of
/// primitives, codes of required value sets. Empty where it is well formed.
///
/// Not checked: invariants, terminology beyond required codes, what references lead to.
pub fn validate(resource: &Value) -> Vec<Issue> {
    let mut issues = Vec::new();
    let Some(kind) = resource.get("resourceType").and_then(Value::as_str) else {
        issues.push(Issue::at(
            "required",
            "resourceType",
            "缺少 resourceType；请填写资源类型，例如 Patient。",
            "resourceType is missing; name the type of the resource, such as Patient.",
        ));
        return issues;
    };
    if !definitions::is_supported(kind) {
        issues.push(unsupported());
        return issues;
    }
    Check {
        issues: &mut issues,
    }
    .resource(kind, resource, kind, 0);
    issues
}

/// The resource type is not kept here.
pub(crate) fn unsupported() -> Issue {
    Issue::at(
        "not-supported",
        "resourceType",
        "不支持该资源类型；支持的类型见 metadata。",
        "this resource type is not kept here; see metadata for those that are.",
    )
}

struct Check<'a> {
    issues: &'a mut Vec<Issue>,
}

impl Check<'_> {
    fn say(&mut self, code: &'static str, at: &str, zh: impl Into<String>, en: impl Into<String>) {
        if self.issues.len() < MAX_ISSUES {
            self.issues.push(Issue::at(code, at, zh, en));
        }
    }

    fn resource(&mut self, kind: &str, value: &Value, at: &str, depth: usize) {
        if let Some(id) = value.get("id")
            && !id.as_str().is_some_and(primitive::is_id)
        {
            self.say(
                "value",
                &format!("{at}.id"),
                "id 只能由 1–64 个字母、数字、“-”或“.”组成。",
                "id must be 1 to 64 letters, digits, '-' or '.'.",
            );
        }
        self.object(kind, value, at, depth);
    }

    /// An object of a complex type, backbone element or resource.
    fn object(&mut self, kind: &str, value: &Value, at: &str, depth: usize) {
        let Some(object) = value.as_object() else {
            return self.say(
                "structure",
                at,
                "此处应为 JSON 对象。",
                "a JSON object is needed here.",
            );
        };
        let Some(elements) = definitions::elements(kind) else {
            return;
        };
        if depth > MAX_DEPTH {
            return self.say("too-long", at, "嵌套过深。", "this is nested too deeply.");
        }
        for key in object.keys() {
            self.known(kind, key, at);
        }
        for (name, element) in elements {
            match &element.choice {
                Some(choice) => self.choice(choice, element, object, at, depth),
                None => self.element(name, element, element.types.first(), object, at, depth),
            }
        }
    }

    fn known(&mut self, kind: &str, key: &str, at: &str) {
        let name = key.strip_prefix('_').unwrap_or(key);
        let is_known = name == "resourceType"
            || name == "fhir_comments"
            || definitions::elements(kind).is_some_and(|elements| {
                elements.contains_key(name)
                    || elements.values().any(|element| is_choice_of(element, name))
            });
        if !is_known {
            // An element's name is structure; a long or odd one might hold content.
            let shown = if name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                name
            } else {
                "…"
            };
            self.say(
                "structure",
                &format!("{at}.{shown}"),
                "R4 中没有此元素；请删除它或改用扩展。",
                "R4 has no such element; remove it or use an extension.",
            );
        }
    }

    fn choice(
        &mut self,
        choice: &str,
        element: &Element,
        object: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) {
        let mut given = 0;
        for kind in &element.types {
            let name = choice_name(choice, kind);
            if object.contains_key(&name) || object.contains_key(&format!("_{name}")) {
                given += 1;
                self.element(&name, element, Some(kind), object, at, depth);
            }
        }
        let at = format!("{at}.{choice}[x]");
        if given == 0 && element.required {
            self.say(
                "required",
                &at,
                "缺少必填元素。",
                "this element is required.",
            );
        } else if given > 1 {
            self.say(
                "structure",
                &at,
                "只能填写其中一种类型。",
                "only one of its types may be given.",
            );
        }
    }

    fn element(
        &mut self,
        name: &str,
        element: &Element,
        kind: Option<&String>,
        object: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) {
        let at = format!("{at}.{name}");
        let Some(value) = object.get(name) else {
            let has_extension_only = object.contains_key(&format!("_{name}"));
            if element.required && element.choice.is_none() && !has_extension_only {
                self.say(
                    "required",
                    &at,
                    "缺少必填元素。",
                    "this element is required.",
                );
            }
            return;
        };
        match (value, element.repeats) {
            (Value::Array(items), true) if items.is_empty() => {
                self.say(
                    "structure",
                    &at,
                    "数组不能为空；请删除它。",
                    "an array must not be empty; leave it out.",
                );
            }
            (Value::Array(items), true) => {
                for (index, item) in items.iter().enumerate() {
                    // In an array of primitives, null stands where only an extension is given.
                    if !(item.is_null() && object.contains_key(&format!("_{name}"))) {
                        self.value(element, kind, item, &format!("{at}[{index}]"), depth);
                    }
                }
            }
            (_, true) => self.say(
                "structure",
                &at,
                "此处应为数组。",
                "an array is needed here.",
            ),
            (Value::Array(_), false) => {
                self.say(
                    "structure",
                    &at,
                    "此处只能有一个值，不能是数组。",
                    "one value is needed here, not an array.",
                );
            }
            (value, false) => self.value(element, kind, value, &at, depth),
        }
    }

    fn value(
        &mut self,
        element: &Element,
        kind: Option<&String>,
        value: &Value,
        at: &str,
        depth: usize,
    ) {
        let Some(kind) = kind else {
            return;
        };
        if let Some(path) = kind.strip_prefix('#') {
            self.object(path, value, at, depth + 1);
        } else if kind == "Resource" {
            self.contained(value, at, depth + 1);
        } else if kind.starts_with(char::is_uppercase) {
            self.object(kind, value, at, depth + 1);
        } else if !primitive::is_well_formed(kind, value) {
            let (zh, en) = primitive::what_is_needed(kind);
            self.say("value", at, zh, en);
        } else if let Some(codes) = element.codes.as_deref().and_then(definitions::codes) {
            let code = value.as_str().unwrap_or_default();
            if codes
                .binary_search_by(|known| known.as_str().cmp(code))
                .is_err()
            {
                let some: Vec<&str> = codes.iter().take(30).map(String::as_str).collect();
                let some = some.join(", ");
                self.say(
                    "code-invalid",
                    at,
                    format!("代码不在规定的值集中；可用：{some}"),
                    format!("this code is not in the required value set; use one of: {some}"),
                );
            }
        }
    }

    /// A resource inside another. Types that are not kept on their own may be contained.
    fn contained(&mut self, value: &Value, at: &str, depth: usize) {
        match value.get("resourceType").and_then(Value::as_str) {
            Some(kind) => self.resource(kind, value, at, depth),
            None => self.say(
                "required",
                &format!("{at}.resourceType"),
                "缺少 resourceType。",
                "resourceType is missing.",
            ),
        }
    }
}

fn is_choice_of(element: &Element, name: &str) -> bool {
    let Some(choice) = &element.choice else {
        return false;
    };
    name.starts_with(choice.as_str())
        && element
            .types
            .iter()
            .any(|kind| choice_name(choice, kind) == name)
}

/// `value` and `dateTime` make `valueDateTime`.
fn choice_name(choice: &str, kind: &str) -> String {
    let mut rest = kind.chars();
    let first = rest
        .next()
        .map(|c| c.to_ascii_uppercase())
        .unwrap_or_default();
    format!("{choice}{first}{}", rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(resource: &Value, expect: &[(&str, &str)]) {
        let issues = validate(resource);
        let found: Vec<(&str, &str)> = issues
            .iter()
            .map(|issue| (issue.code, issue.location.as_str()))
            .collect();
        assert_eq!(found, expect, "{resource}");
    }

    fn observation(change: &Value) -> Value {
        let mut resource = json!({
            "resourceType": "Observation", "status": "final", "code": {"text": "x"},
            "valueQuantity": {"value": 1.5, "unit": "mm"},
        });
        for (key, value) in change.as_object().unwrap() {
            resource[key] = value.clone();
        }
        resource
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        check(&observation(&json!({})), &[]);
        check(
            &observation(&json!({"status": "SECRET"})),
            &[("code-invalid", "Observation.status")],
        );
        check(
            &observation(&json!({"valueString": "x"})),
            &[("structure", "Observation.value[x]")],
        );
        check(
            &observation(&json!({"category": {"text": "x"}})),
            &[("structure", "Observation.category")],
        );
        check(
            &observation(&json!({"category": []})),
            &[("structure", "Observation.category")],
        );
        check(
            &observation(&json!({"code": [{"text": "x"}]})),
            &[("structure", "Observation.code")],
        );
        check(
            &observation(&json!({"colour": "red"})),
            &[("structure", "Observation.colour")],
        );
        check(
            &observation(&json!({"issued": "2020-01-01"})),
            &[("value", "Observation.issued")],
        );
        check(
            &observation(&json!({"component": [{"valueInteger": "1"}]})),
            &[
                ("required", "Observation.component[0].code"),
                ("value", "Observation.component[0].valueInteger"),
            ],
        );
        check(
            &observation(&json!({"id": "a/b"})),
            &[("value", "Observation.id")],
        );
        check(
            &observation(&json!({"contained": [{"resourceType": "Patient", "gender": "x"}]})),
            &[("code-invalid", "Observation.contained[0].gender")],
        );
        check(
            &observation(&json!({"contained": [{"id": "x"}]})),
            &[("required", "Observation.contained[0].resourceType")],
        );
        check(
            &json!({"resourceType": "Observation"}),
            &[
                ("required", "Observation.code"),
                ("required", "Observation.status"),
            ],
        );
        check(
            &json!({"resourceType": "RiskAssessment", "status": "final"}),
            &[("required", "RiskAssessment.subject")],
        );
        check(
            &json!({"resourceType": "Provenance", "target": [], "agent": [{}]}),
            &[
                ("required", "Provenance.agent[0].who"),
                ("required", "Provenance.recorded"),
                ("structure", "Provenance.target"),
            ],
        );
        check(
            &json!({"resourceType": "Spaceship"}),
            &[("not-supported", "resourceType")],
        );
        check(&json!([]), &[("required", "resourceType")]);
    }

    #[test]
    fn issues_do_not_repeat_content() {
        let issues = validate(&observation(
            &json!({"status": "Zhao Min", "Zhao Min": 1, "issued": "Zhao Min"}),
        ));
        assert_eq!(issues.len(), 3);
        assert!(!format!("{issues:?}").contains("Zhao"));
    }

    #[test]
    fn primitives_may_be_given_by_an_extension_only() {
        let extension = json!({"extension": [{"url": "http://x", "valueCode": "unknown"}]});
        check(
            &json!({"resourceType": "Observation", "_status": extension.clone(), "code": {"text": "x"}}),
            &[],
        );
        check(
            &json!({"resourceType": "Patient", "name": [{"given": [null, "A"], "_given": [extension, null]}]}),
            &[],
        );
    }

    #[test]
    fn input_made_to_exhaust_the_stack_is_refused() {
        let mut extension = json!({"url": "x"});
        for _ in 0..100 {
            extension = json!({"url": "x", "extension": [extension]});
        }
        let issues = validate(&json!({"resourceType": "Patient", "extension": [extension]}));
        assert_eq!(issues.first().map(|issue| issue.code), Some("too-long"));
    }
}
