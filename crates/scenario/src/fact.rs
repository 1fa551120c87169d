//! Facts that scenarios write and read again.

use policy::{Actor, Permit};
use record::{
    NewFact, Record, RecordError, ResourceKey, ResourceVersion, mark_written_by, written_by,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, PatientId, Timestamp};

use crate::{Attestation, Context};

/// The extension of a Provenance that holds the statement which was signed.
pub const STATEMENT_URI: &str = "urn:yuanyi:signed-statement";
const KEY_URI: &str = "urn:yuanyi:signing-key";

/// Someone who takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The account.
    pub id: ActorId,
    /// What people call them.
    pub name: String,
}

impl From<&Actor> for Person {
    fn from(actor: &Actor) -> Self {
        Self {
            id: actor.id.clone(),
            name: actor.name.clone(),
        }
    }
}

impl Person {
    /// The FHIR reference to them.
    pub fn reference(&self) -> Value {
        json!({"reference": format!("Practitioner/{}", self.id), "display": self.name})
    }

    /// Reads such a reference.
    pub fn referred(reference: &Value) -> Option<Self> {
        let id = text(reference, "/reference")?;
        Some(Self {
            id: ActorId::new(id.strip_prefix("Practitioner/")?).ok()?,
            name: text(reference, "/display").unwrap_or_default(),
        })
    }
}

/// The text at a JSON pointer.
pub fn text(body: &Value, path: &str) -> Option<String> {
    body.pointer(path)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

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

/// The current version of a resource; none where the permit does not cover it, as if it did not exist.
pub async fn read(
    record: &dyn Record,
    permit: &Permit,
    key: ResourceKey,
) -> Result<Option<ResourceVersion>, RecordError> {
    match record.resource(permit, &key, None).await {
        Err(RecordError::NotPermitted) => Ok(None),
        found => found,
    }
}

/// Whether a scenario wrote a resource. What bears the id of one of its facts but came by another door is
/// none of them.
pub fn is_of(scenario: &str, version: &ResourceVersion) -> bool {
    version.body.as_ref().and_then(written_by) == Some(scenario)
}

/// The FHIR Provenance of a signature: the hospital's, over the bytes of the statement. It has yet to get its
/// type and id.
pub fn signed(
    context: &dyn Context,
    target: &Value,
    signer: &Person,
    statement: &str,
    at: Timestamp,
) -> Value {
    let Attestation {
        key_name,
        public_key,
        signature,
    } = context.attest(statement.as_bytes());
    json!({
        "extension": [
            {"url": STATEMENT_URI, "valueString": statement},
            {"url": KEY_URI, "valueString": format!("{key_name} ed25519 {public_key}")},
        ],
        "target": [target],
        "recorded": at,
        "agent": [{"who": signer.reference()}],
        "signature": [{
            "type": [{
                "system": "urn:iso-astm:E1762-95:2013",
                "code": "1.2.840.10065.1.12.1.1",
                "display": "Author's Signature",
            }],
            "when": at,
            "who": signer.reference(),
            "data": signature,
        }],
    })
}
