use record::{NewFact, ResourceKey, mark_written_by};
use serde_json::{Value, json};
use vocabulary::PatientId;

/// A resource of a patient, ready to be committed. It gets its type and id here, and the scenario's tag, by
/// which everyone knows that it was not written by another door.
pub fn put(scenario: &str, key: ResourceKey, subject: &PatientId, mut body: Value) -> NewFact {
    if let Some(fields) = body.as_object_mut() {
        fields.shift_insert(0, "resourceType".to_owned(), json!(key.kind));
        fields.shift_insert(1, "id".to_owned(), json!(key.id));
        mark_written_by(fields, scenario);
    }
    NewFact::PutResource {
        key,
        subject: Some(subject.clone()),
        body,
    }
}
