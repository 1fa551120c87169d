//! Which facts the hospital wrote itself, so that no other door changes them.

use serde_json::{Map, Value, json};

/// The system of the tag (`meta.tag`) on each resource that a scenario writes; its code is the scenario's id.
pub const WRITTEN_BY: &str = "urn:yuanyi:written-by";

/// The scenario that wrote a resource, by its tag.
///
/// The tag can be believed, since the FHIR door neither takes a resource that bears one nor changes one that
/// does.
pub fn written_by(body: &Value) -> Option<&str> {
    let tags = body.pointer("/meta/tag")?.as_array()?;
    let ours = tags
        .iter()
        .find(|tag| tag.get("system").and_then(Value::as_str) == Some(WRITTEN_BY))?;
    Some(ours.get("code").and_then(Value::as_str).unwrap_or_default())
}

/// Tags a resource as written by a scenario.
pub fn mark_written_by(body: &mut Map<String, Value>, scenario: &str) {
    let meta = body.entry("meta").or_insert_with(|| json!({}));
    if let Some(meta) = meta.as_object_mut() {
        let tag = json!([{"system": WRITTEN_BY, "code": scenario}]);
        meta.insert("tag".to_owned(), tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tag_of_our_system_counts() {
        let mut body =
            json!({"resourceType": "Task", "meta": {"tag": [{"system": "x", "code": "y"}]}});
        assert_eq!(written_by(&body), None);
        mark_written_by(body.as_object_mut().unwrap(), "remote-consult");
        assert_eq!(written_by(&body), Some("remote-consult"));
        // A tag without a code is one all the same.
        assert_eq!(
            written_by(&json!({"meta": {"tag": [{"system": WRITTEN_BY}]}})),
            Some("")
        );
        assert_eq!(written_by(&json!({"meta": {"tag": "odd"}})), None);
    }
}
